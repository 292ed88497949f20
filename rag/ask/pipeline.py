"""The asking flow: understand → complete the follow-up → retrieve → read → verify → abstain → Answer.

The only module that knows the order of these stages; it knows nothing of how any of them works. The extractive path
imports no language-model library: ``read_llm`` and ``models.llms`` are imported only when a model is configured.

What the language-model side provides (all raise ``rag.errors.LLMError`` subclasses):

* ``models.llms.as_llm(name or model, settings) -> ChatModel``
* ``ask.read_llm.condense(question, history, llm, settings) -> str`` the follow-up made whole by the model;
* ``ask.read_llm.stream(query, hits, llm, settings, *, complaint, usage, deadline) -> Iterator[str]`` raw pieces of text with
  markers [n] that mean the n-th of ``hits``; ``complaint`` names claims to mend when it is asked once more; ``usage`` is a
  dict the stream adds its token counts to;
* ``ask.read_llm.is_refusal(text) -> bool`` the model says it is not in the passages;
* ``ask.check.Checker`` checks the growing text sentence by sentence; ``ask.cite.verify`` does both readers' whole drafts.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rag.ask import abstain, cite, followup, synonyms
from rag.ask.draft import Draft
from rag.ask.evidence import coverage, words_of
from rag.ask.query import understand
from rag.ask.read_extractive import ExtractiveReader, hits_read
from rag.ask.short import pick
from rag.errors import LLMError, LLMIncomplete, LLMTimeout, RagError, UsageError, redact
from rag.text.language import built_vietnamese
from rag.text.names import PROVINCES_FOLDED, find_names
from rag.text.normalise import fold, strip_markers
from rag.text.sentences import sentence_spans
from rag.types import Answer, Event, Hit, Query, Retrieved, Token

if TYPE_CHECKING:
    from rag.index import Index
    from rag.settings import Settings

History = Sequence[tuple[str, str]]
MAX_HISTORY = 8
REFUSAL_CHARS = 60  # a shorter beginning of a model's answer may still turn into a refusal
# passages that hold a name asked about, and the place from which they stand among the hits
NAMED_HITS, NAMED_AT = 3, 4
_NAME = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){1,4}")
OWN = 0.3  # share of its own words that the answer to a completed question must hold


class Rag:
    """Ask questions of an index.

    ``llm`` is "extractive" (the sources' own sentences), a model name such as "openai:gpt-…", or a ready chat model;
    None means ``settings.llm``. Raises UsageError for an unknown name, MissingDependency where a package is needed.
    Safe to use from several threads. Every failure while answering becomes an ``Answer`` with status "failed".
    """

    def __init__(self, index: Index, llm: Any = None, settings: Settings | None = None) -> None:
        from rag.retrieve import Retriever

        self.index = index
        self.settings = settings or index.settings
        self.retriever = Retriever(index, self.settings)
        self.reader = ExtractiveReader(index, self.settings)
        name = self.settings.llm if llm is None else llm
        self.llm: Any = None
        if name != "extractive":
            from rag.models.llms import as_llm

            self.llm = as_llm(name, self.settings)

    def ask(self, question: str, history: History = (), k: int | None = None) -> Answer:
        """One question, one Answer. ``history`` holds (question, answer) pairs, oldest first; ``k`` passages returned."""
        answer: Answer | None = None
        for event in self.stream(question, history, k):
            if isinstance(event, Answer):
                answer = event
        assert answer is not None
        return answer

    def stream(self, question: str, history: History = (), k: int | None = None) -> Iterator[Event]:
        """Yield ``Retrieved``, then ``Token``s, then the ``Answer``. Never raises for a failure of answering."""
        clock = _Clock()
        state = _State(question if isinstance(question, str) else str(question))
        try:
            yield from self._flow(state, history, k, clock)
        except Exception as exc:  # the one place where a crash becomes a typed failure, never a refusal
            yield self._failed(state, exc, clock)

    async def aask(self, question: str, history: History = (), k: int | None = None) -> Answer:
        """``ask`` off the event loop."""
        import asyncio  # a twentieth of the time until a first answer, and only needed here

        return await asyncio.to_thread(self.ask, question, history, k)

    async def astream(self, question: str, history: History = (), k: int | None = None) -> AsyncIterator[Event]:
        """``stream`` off the event loop; closing it early ends the work at the next piece."""
        import asyncio

        iterator = self.stream(question, history, k)
        done = object()
        try:
            while (event := await asyncio.to_thread(next, iterator, done)) is not done:
                yield event  # type: ignore[misc]
        finally:
            await asyncio.to_thread(iterator.close)  # type: ignore[attr-defined]

    def batch(self, items: Iterable[Mapping[str, Any] | str], k: int | None = None) -> Iterator[Answer]:
        """One Answer per item, in order. An item is a question or {"question", "history"?}."""
        for item in items:
            if isinstance(item, str):
                yield self.ask(item, k=k)
            else:
                history = [(str(q), str(a)) for q, a in item.get("history") or ()]
                yield self.ask(item.get("question", ""), history, k)

    def found(self, question: str, history: History = ()) -> tuple[Query, tuple[Hit, ...], list[list[Hit]]]:
        """What ``ask`` reads of: the question as it is read, its hits, and those of each of its parts where it has several."""
        query = self._understand(question, tuple(history))
        return self._read_of(query, hits_read(query))

    # the flow

    def _flow(self, state: _State, history: History, k: int | None, clock: _Clock) -> Iterator[Event]:
        settings = self.settings
        question = _checked(state.question, settings)
        history = tuple((str(q), str(a)) for q, a in history)[-MAX_HISTORY:]
        query = self._understand(question, history)
        state.query = query
        clock.lap("understand")
        k = settings.k if k is None else k
        if k < 1:
            raise UsageError(f"k={k}: ask for at least 1 passage")
        if query.chitchat:
            yield Retrieved(query.text, ())
            yield self._abstained(state, abstain.small_talk(query, settings), (), clock)
            return
        most = max(k, settings.context_passages, hits_read(query))
        if self.llm is None:
            found, draft, decision = self._extract(query, most, clock)
            alone = None if followup.of_what_was_said(question) else self._alone(question, query)
            if (
                alone is not None
                and decision.answer
                and not followup.refers(question)
                and not self._about(alone, draft)
            ):
                decision = abstain.Decision(False, decision.probability, "topic alone")
            if alone is not None and not decision.answer:
                # what looked like the rest of the earlier question may be a question of its own
                second = self._extract(alone, most, clock)
                if second[2].answer:
                    query = state.query = alone
                    found, draft, decision = second
            state.hits = found[:k]
            yield Retrieved(query.text, state.hits)
        else:
            found, _ = self._search(query, most)
            state.hits = found[:k]
            clock.lap("retrieve")
            yield Retrieved(query.text, state.hits)
            draft = yield from self._read_llm(query, found[: settings.context_passages])
            clock.lap("read")
            decision = abstain.decide(query, found, draft, by_model=True)
            clock.lap("decide")
        if not decision.answer:
            refusal = abstain.refusal(query, found, settings)
            yield replace(
                self._abstained(state, refusal, state.hits, clock), usage=dict(draft.usage), complete=draft.complete
            )
            return
        if self.llm is None:
            yield Token(draft.text)
        yield Answer(
            question=question,
            query=query.text,
            status="answered",
            text=draft.text,
            short=draft.short,
            language=draft.language,
            citations=draft.citations,
            hits=state.hits,
            timings=clock.timings(),
            usage=dict(draft.usage),
            complete=draft.complete,
        )

    def _extract(
        self, query: Query, most: int, clock: _Clock, in_parts: bool = True
    ) -> tuple[tuple[Hit, ...], Draft, abstain.Decision]:
        """Search, read, verify and decide with the sources' own sentences. A second round's times add to the first's."""
        reading, found, by_part = self._read_of(query, most, in_parts)
        clock.lap("retrieve")
        draft = self.reader.read(reading, found, by_part)
        clock.lap("read")
        if draft.text:
            draft = cite.verify(draft, found, self.settings)
        clock.lap("verify")
        decision = abstain.decide(reading, found, draft)
        clock.lap("decide")
        if not decision.answer and len(reading.parts) > 1:
            # parts that find nothing one by one may be told in one breath, or were no parts
            whole = self._extract(query, most, clock, in_parts=False)
            return whole if whole[2].answer and _of_each(reading.parts, whole[1]) else (found, draft, decision)
        return found, draft, decision

    def _read_of(
        self, query: Query, most: int, in_parts: bool = True
    ) -> tuple[Query, tuple[Hit, ...], list[list[Hit]]]:
        """A query as it is read, its hits, and those of each of its parts where it has several and they are asked one by one."""
        reading = self._accented(query)
        if not in_parts:
            reading = replace(reading, parts=(reading.text,))
        return reading, *self._search(reading if len(reading.parts) > 1 else query, most)

    def _accented(self, query: Query) -> Query:
        """A question typed without diacritics as it is read: with those it most likely has. Shown and kept is what was typed."""
        if query.language != "vi-folded":
            return query
        whole = self._query(self.retriever.accented(query.text), query.original)
        return replace(whole, language="vi-folded") if whole.language == "vi" else query

    def _about(self, alone: Query, draft: Draft) -> bool:
        """Whether a draft speaks of what the question itself names, and not only of the topic that was put behind it."""
        asked, _ = self.reader.asked(alone, alone.text)
        held = words_of(" ".join(f"{c.title} {c.quote}" for c in draft.citations)).folded_set
        return coverage(synonyms.widen(asked), held) >= OWN

    def _alone(self, question: str, query: Query) -> Query | None:
        """The question as it was typed, where the earlier topic was only put behind it and it has words of its own."""
        if not followup.only_added(question, query.text):
            return None
        return self._query(question, question)

    def _search(self, query: Query, k: int) -> tuple[tuple[Hit, ...], list[list[Hit]]]:
        """The hits of a query; of several parts each is searched by itself and the lists are interleaved."""
        if len(query.parts) < 2:
            return tuple(self._with_named(query.text, self.retriever.search(query, k=k), query.language)), []
        by_part = [self._with_named(p, self.retriever.search(p, k=k), query.language) for p in query.parts]
        merged: list[Hit] = []
        seen: set[tuple[str, int, int]] = set()
        for place in range(k):
            for hits in by_part:
                if place < len(hits) and (key := (hits[place].source, hits[place].start, hits[place].end)) not in seen:
                    seen.add(key)
                    merged.append(hits[place])
        return tuple(replace(hit, rank=n) for n, hit in enumerate(merged[:k], 1)), by_part

    def _with_named(self, text: str, hits: list[Hit], language: str) -> list[Hit]:
        """Of an English question about somebody with a Vietnamese name, the passages that hold this name among the first hits: across
        languages likeness outweighs a name."""
        names = [
            n.text
            for n in (find_names(text) if language == "en" else ())
            if (n.kind != "place" or fold(n.text) not in PROVINCES_FOLDED)
            and _NAME.fullmatch(n.text)
            and all(map(built_vietnamese, fold(n.text).split()))
        ]
        out = list(hits)
        for name in dict.fromkeys(names):
            held = [
                h
                for h in self.retriever.search(name, k=NAMED_HITS)
                if f" {fold(name)} " in f" {' '.join(words_of(h.text).folded)} "
            ]
            if any((h.source, h.start) == (g.source, g.start) for h in held for g in out[:NAMED_AT]):
                continue
            keys = {(h.source, h.start) for h in held}
            out = [*out[:NAMED_AT], *held, *(g for g in out[NAMED_AT:] if (g.source, g.start) not in keys)]
        return [replace(hit, rank=n) for n, hit in enumerate(out[: len(hits)], 1)]

    def _understand(self, question: str, history: History) -> Query:
        whole = question
        if history:
            if self.llm is not None:
                from rag.ask import read_llm

                whole = read_llm.condense(question, history, self.llm, self.settings)
            else:
                # "xin chào" asks nothing, whatever was asked before
                asked = self._query(question, question)
                if asked.chitchat or (whole := followup.complete(question, history)) == question:
                    return asked
        return self._query(whole, question)

    def _query(self, text: str, question: str) -> Query:
        """``text`` understood, as what was made of ``question``."""
        learnt = self.index.store.snapshot().abbreviations()
        return replace(understand(text, abbreviations=learnt), original=question)

    def _read_llm(self, query: Query, hits: tuple[Hit, ...]) -> Generator[Event, None, Draft]:
        """Stream through verification: each whole sentence is checked before it is shown. Returns the checked Draft."""
        from rag.ask import context, read_llm
        from rag.ask.check import Checker
        from rag.models.llm_calls import Deadline

        if not hits:
            return Draft("", language=_language(query), refused=True)
        language = context.answer_language(query, self.settings.answer_language)
        again = self.settings.verification == "retry"
        deadline = Deadline(self.settings.llm_timeout)
        draft, usage = Draft("", language=language), dict[str, int]()
        for attempt in range(2 if again else 1):
            # with "retry" the first attempt may be thrown away, so nothing of it is shown
            checker = Checker(hits, self.settings, language, self._near if self.index.embedder.has_tokens else None)
            text, complete, shown = "", True, ""
            complaint = "; ".join(draft.notes)
            try:
                for piece in read_llm.stream(
                    query, hits, self.llm, self.settings, complaint=complaint, usage=usage, deadline=deadline
                ):
                    text += piece
                    checker.feed(piece)
                    # nothing is shown until it is long enough to be told from a refusal
                    if not again and len(text) >= REFUSAL_CHARS and not read_llm.is_refusal(text):
                        if len(checker.text) > len(shown):
                            yield Token(checker.text[len(shown) :])
                            shown = checker.text
            except (LLMIncomplete, LLMTimeout):
                if not text.strip():
                    raise
                complete = False  # cut midway, or too slow to end: what there is goes out, marked incomplete
            except LLMError:
                if not attempt:
                    raise
                break  # the first answer, its unsupported claims marked, is better than none
            if read_llm.is_refusal(text):
                return Draft("", language=language, usage=usage, refused=True, complete=complete)
            checker.end()
            draft = checker.draft(Draft("", language=language, usage=usage, complete=complete))
            if not draft.notes:
                break
        draft = replace(draft, short=self._short(query, draft, hits))
        if len(draft.text) > len(shown):
            yield Token(draft.text[len(shown) :])
        return draft

    def _near(self, claim: str, sentences: Sequence[str]) -> Sequence[float]:
        """How near each sentence is in meaning to a claim, as a cosine; for claims that share few words with their source."""
        return [float(x) for x in self.reader.similar.likeness(claim, sentences).dense]

    def _short(self, query: Query, draft: Draft, hits: tuple[Hit, ...]) -> tuple[str, ...]:
        """The shortest answer strings of a model's checked text; unsupported sentences give none."""
        from rag.ask.check import MARKS

        asked = self.reader.rows(query, query.text, hits)[0]
        spans = [draft.text[start:end] for start, end in sentence_spans(draft.text)]
        sound = " ".join(s for s in spans if not any(mark in s for mark in MARKS.values()))
        return tuple(dict.fromkeys(found.text for found, _ in pick(asked, strip_markers(sound))))

    def _abstained(self, state: _State, text: str, hits: tuple[Hit, ...], clock: _Clock) -> Answer:
        query = state.query
        return Answer(
            question=state.question,
            query=query.text if query else state.question,
            status="abstained",
            text=text,
            language=_language(query) if query else "vi",
            hits=hits,
            timings=clock.timings(),
        )

    def _failed(self, state: _State, exc: Exception, clock: _Clock) -> Answer:
        kind = type(exc).__name__ if isinstance(exc, RagError) else f"InternalError ({type(exc).__name__})"
        message = redact(f"{kind}: {exc}", self.settings.secrets())
        return Answer(
            question=state.question[: self.settings.max_question_chars],
            query=state.query.text if state.query else "",
            status="failed",
            language=_language(state.query) if state.query else "vi",
            hits=state.hits,
            timings=clock.timings(),
            error=message,
            complete=False,
        )


def _of_each(parts: Sequence[str], draft: Draft) -> bool:
    """Whether a draft speaks of each part: its quotations hold a word that only this part asks with. A half answer is no answer."""
    held = words_of(" ".join(f"{c.title} {c.quote}" for c in draft.citations)).folded_set
    words = [words_of(part).folded_set for part in parts]
    own = [mine.difference(*(other for j, other in enumerate(words) if j != i)) for i, mine in enumerate(words)]
    return all(not mine or mine & held for mine in own)


class _State:
    """What is known so far of one question, kept for the failure's Answer."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.query: Query | None = None
        self.hits: tuple[Hit, ...] = ()


class _Clock:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self._first = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = self._laps.get(name, 0.0) + (now - self._last) * 1000
        self._last = now

    def timings(self) -> dict[str, float]:
        total = (time.perf_counter() - self._first) * 1000
        return {**{k: round(v, 3) for k, v in self._laps.items()}, "total": round(total, 3)}


def _checked(question: str, settings: Settings) -> str:
    text = question.strip()
    if not text:
        raise UsageError("the question is empty: type one")
    if len(text) > settings.max_question_chars:
        raise UsageError(
            f"the question has {len(text)} characters; at most {settings.max_question_chars} are allowed: shorten it or raise max_question_chars"
        )
    return text


def _language(query: Query) -> str:
    return "en" if query.language == "en" else "vi"
