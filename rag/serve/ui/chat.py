"""What happens on the chat tab: asking, stopping, choosing sources, conversations, feedback, export.

Knows the service, the kept conversations and how to render them; components and their wiring are in `page`. Every
method takes the visitor's request and touches only what belongs to that visitor.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from rag.errors import RagError, redact
from rag.serve.chats import Turn
from rag.serve.saved import keep, restore
from rag.serve.service import Busy, Choice, Service
from rag.serve.ui import export, render
from rag.serve.ui.labels import Labels
from rag.serve.ui.people import labels, person
from rag.serve.ui.suggest import Suggestions
from rag.types import Answer, Event, Retrieved, Token

FRAME = 0.05
RESTORE_SECONDS = 12 * 3600.0
LEAVE_SECONDS = 2.0
_END = object()


class Frame(NamedTuple):
    """What the page shows at one moment of an answer; ``done`` once nothing of the answer itself is to come.

    ``left``: the visitor has gone on to another conversation or question, so that none of it is to be shown.
    """

    log: str
    sources: str
    conversation: str
    done: bool
    left: bool = False


class _Asking:
    """An answer one page is waiting for."""

    __slots__ = ("left", "over", "stop")

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.left = threading.Event()
        self.over = threading.Event()


class Chat:
    """The chat tab's behaviour. Methods return HTML and plain values; generators yield frames."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.chats = service.chats
        self.suggestions = Suggestions(service)
        self.keys: dict[str, str] = {}
        self._running: dict[str, _Asking] = {}
        self._stamp = itertools.count(1)

    # showing

    def conversation(self, request: Any, conversation: str) -> tuple[str, str]:
        """The log and sources panel of a conversation ("" for a new one)."""
        t, who = labels(request), person(request)
        turns = self.chats.turns(who, conversation) if conversation else []
        if not turns:
            return self._welcome(t), render.sources(None, "", t)
        last = restore(turns[-1].answer)
        return render.log(_rendered(turns, t), t), render.sources(last, turns[-1].id, t)

    def latest(self, request: Any) -> str:
        """The conversation to come back to after a reload: the last one, unless it is long ago."""
        found = self.chats.conversations(person(request), 1)
        return found[0].id if found and time.time() - found[0].updated < RESTORE_SECONDS else ""

    def listing(self, request: Any, current: str) -> str:
        """The list of the visitor's conversations."""
        return render.conversations(self.chats.conversations(person(request)), current, labels(request))

    def sources(self, request: Any, turn: Any, n: Any = None, hit: Any = None) -> str | None:
        """The sources panel of an earlier answer; None when there is no such turn."""
        found = self.chats.turn(person(request), _number(turn))
        if found is None:
            return None
        focus, rank = _number(n) or None, _number(hit) or None
        return render.sources(restore(found.answer), found.id, labels(request), focus, rank)

    def document(self, request: Any, source: str, start: Any = 0, end: Any = 0) -> str:
        """The viewer, open at a place."""
        try:
            document = self.service.document(source)
        except RagError:
            document = None
        return render.viewer(document, _number(start), _number(end), next(self._stamp), labels(request))

    # asking

    def ask(self, request: Any, question: str, conversation: str) -> Iterator[Frame]:
        """Ask and stream. The turn is kept when it ends, however it ends."""
        t, who = labels(request), person(request)
        question = question.strip()
        if question:
            self.leave(request)
        if not self.chats.owns(who, conversation):
            conversation = ""
        turns = self.chats.turns(who, conversation) if conversation else []
        earlier = _rendered(turns, t)
        history = [(turn.question, str(turn.answer.get("answer", ""))) for turn in turns]
        if not question:
            return
        most = self.service.settings.max_question_chars
        if len(question) > most:
            short = question[:80] + "…"
            refused = Answer(short, "", "failed", error=t("too_long", n=most))
            yield self._frame(earlier, short, refused, t, conversation, live=False)
            return
        asking = _Asking()
        stop, key = asking.stop, self._key(request)
        self._running[key] = asking
        live = Answer(question, question, "answered", language=t.language)
        note = t["searching"]
        yield self._frame(earlier, question, live, t, conversation, note=note)
        answer: Answer | None = None
        shown, last = "", 0.0
        hits: tuple[Any, ...] = ()
        try:
            for event in _pumped(self.service, question, history, self.choice(who), stop):
                if isinstance(event, Answer):
                    answer = event
                    break
                if isinstance(event, Retrieved):
                    hits, note = event.hits, t("reading", n=len(event.hits))
                at_once = not shown  # what was found and the first words; after that a frame now and then
                if isinstance(event, Token):
                    shown, note = shown + event.text, ""
                live = Answer(question, question, "answered", text=shown, language=t.language, hits=hits)
                if at_once or time.monotonic() - last >= FRAME:
                    last = time.monotonic()
                    yield self._frame(earlier, question, live, t, conversation, note=note)
        except Exception as exc:
            answer = self._failure(question, exc, t)
        finally:
            stop.set()
            if self._running.get(key) is asking:
                del self._running[key]
            stopped = answer is None  # or the visitor went away: what there is is kept, marked as cut short
            if answer is None:
                answer = Answer(
                    question, question, "answered", text=shown, language=t.language, hits=hits, complete=False
                )
            if not conversation:
                conversation = self.chats.start(who, question)
            number = self.chats.add(who, conversation, question, keep(answer))
            asking.over.set()
        if asking.left.is_set():
            yield Frame("", "", conversation, done=True, left=True)
            return
        note = t["stopped"] if stopped else ""
        kept = number if number is not None else "lost"
        if number is not None:  # what was rated meanwhile
            earlier = _rendered([turn for turn in self.chats.turns(who, conversation) if turn.id != number], t)
        yield self._frame(earlier, question, answer, t, conversation, kept, note=note, live=False)

    def leave(self, request: Any) -> None:
        """The visitor turns to something else: what this page is being answered ends, is kept as far as it has come,
        and shows nothing more. Waits until it has ended, so that nothing of it arrives after what is shown next.
        """
        if asking := self._running.get(self._key(request)):
            asking.left.set()
            asking.stop.set()
            asking.over.wait(LEAVE_SECONDS)

    def is_answering(self, request: Any) -> bool:
        """Whether an answer is being written on this page."""
        return self._key(request) in self._running

    def followups(self, request: Any, conversation: str) -> str | None:
        """Questions to ask next, for the last answer of a conversation; None when there are none to offer."""
        t, who = labels(request), person(request)
        turns = self.chats.turns(who, conversation)
        if not turns:
            return None
        try:
            offered = self.suggestions.after(restore(turns[-1].answer), t)
        except RagError:
            return None
        return render.followups(turns[-1].id, offered, t) if offered else None

    def again(self, request: Any, turn: Any, conversation: str) -> Iterator[Frame]:
        """Ask a turn's question once more; it and what followed are replaced."""
        self.leave(request)
        question = self.chats.cut(person(request), _number(turn))
        if question:
            yield from self.ask(request, question, conversation)

    def edit(self, request: Any, turn: Any) -> str | None:
        """Take a turn back to change its question; returns the question."""
        return self.chats.cut(person(request), _number(turn))

    def stop(self, request: Any) -> None:
        """Stop what this page is being answered."""
        if asking := self._running.get(self._key(request)):
            asking.stop.set()

    def choice(self, who: str) -> Choice:
        """What the visitor set for their questions."""
        values = dict(self.chats.choices(who))
        if not self.may_choose_model:
            values.pop("llm", None)
            values.pop("llm_base_url", None)
        choice = Choice.of(values)
        if choice.llm and who in self.keys:
            choice = Choice(**{**{f: getattr(choice, f) for f in choice.__slots__}, "llm_api_key": self.keys[who]})
        return choice

    @property
    def may_choose_model(self) -> bool:
        """Only on a machine of one's own: elsewhere a visitor could point the server at any address."""
        from rag.serve.access import is_loopback

        return is_loopback(self.service.settings.host) and not self.service.settings.allow_open

    # conversations and feedback

    def forget(self, request: Any, conversation: str) -> bool:
        """Delete a conversation of the visitor's."""
        return self.chats.delete(person(request), conversation)

    def rate(self, request: Any, turn: Any, good: bool, comment: str | None = None) -> bool:
        """Keep a verdict; a comment given earlier stays when none comes with it."""
        who, number = person(request), _number(turn)
        found = self.chats.turn(who, number)
        if found is None:
            return False
        return self.chats.rate(who, number, good, found.comment if comment is None else comment)

    def export(self, request: Any, conversation: str, kind: str) -> str:
        """A file to save, as JSON {name, type, text}: kind is md, json or feedback."""
        t, who = labels(request), person(request)
        if kind == "feedback":
            return export.package("feedback.jsonl", "application/jsonl", self._feedback(who))
        turns = self.chats.turns(who, conversation)
        if kind == "md":
            return export.package("conversation.md", "text/markdown", export.markdown(turns, t))
        return export.package("conversation.json", "application/json", export.as_json(turns))

    # parts

    def _feedback(self, who: str) -> str:
        return export.question_set([(turn, self.chats.before(who, turn.id)) for turn in self.chats.rated(who)])

    def _welcome(self, t: Labels) -> str:
        try:
            return render.welcome(self.suggestions.examples(t.language), len(self.service.documents()), t)
        except RagError as exc:
            return render.message(t("error", message=redact(str(exc), self.service.settings.secrets())), "bad")

    def _frame(
        self,
        earlier: list[str],
        question: str,
        answer: Answer,
        t: Labels,
        conversation: str,
        number: int | str = "live",
        *,
        note: str = "",
        live: bool = True,
    ) -> Frame:
        turn = render.turn(number, question, answer, t, note=note, live=live)
        panel = render.sources(answer if answer.hits else None, number, t)
        return Frame(render.log([*earlier, turn], t), panel, conversation, done=not live)

    def _failure(self, question: str, exc: Exception, t: Labels) -> Answer:
        message = t["busy"] if isinstance(exc, Busy) else redact(f"{type(exc).__name__}: {exc}", self._secrets())
        return Answer(question, question, "failed", language=t.language, error=message)

    def _secrets(self) -> tuple[str, ...]:
        return (*self.service.settings.secrets(), *self.keys.values())

    def _key(self, request: Any) -> str:
        return f"{person(request)}/{getattr(request, 'session_hash', '')}"


def _rendered(turns: list[Turn], t: Labels) -> list[str]:
    return [render.saved_turn(turn, t) for turn in turns]


def _pumped(
    service: Service, question: str, history: list[tuple[str, str]], choice: Choice, stop: threading.Event
) -> Iterator[Event]:
    """The events of an answer worked on in another thread, so that a stop is heard while a model is silent."""
    events: queue.Queue[Any] = queue.Queue()

    def work() -> None:
        try:
            for event in service.stream(question, history, choice, stop=stop):
                events.put(event)
            events.put(_END)
        except Exception as exc:
            events.put(exc)

    threading.Thread(target=work, name="rag-page", daemon=True).start()
    deadline = time.monotonic() + service.settings.request_timeout
    while not stop.is_set():
        try:
            item = events.get(timeout=0.1)
        except queue.Empty:
            if time.monotonic() > deadline:
                raise RagError(f"no whole answer within {service.settings.request_timeout:g} s") from None
            continue
        if item is _END:
            return
        if isinstance(item, Exception):
            raise item
        yield item


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
