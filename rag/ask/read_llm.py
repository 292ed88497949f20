"""Read an answer with a language model: ask with numbered passages, stream what comes back, tell a refusal from an answer.

Knows nothing of verification (``cite``) or of how models are called (``models.llms``). Everything here raises
``rag.errors.LLMError`` subclasses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from rag.ask import context, followup
from rag.ask.facts import read
from rag.errors import LLMBadOutput, LLMError, LLMIncomplete
from rag.settings import Settings
from rag.text.language import detect
from rag.text.normalise import fold, nfc, strip_markers
from rag.types import Hit, Query


class _Piece(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def finish(self) -> str: ...
    @property
    def usage(self) -> Mapping[str, int]: ...


class Model(Protocol):
    """What this module needs of a model; ``rag.models.llms.ChatModel`` is one."""

    name: str

    def stream(self, messages: Sequence[tuple[str, str]], *, deadline: Any = None) -> Iterator[_Piece]: ...


_REFUSALS = re.compile(
    r"^\W*(?:xin loi|rat tiec|sorry|unfortunately|i'm sorry|i am sorry)?[,.\s]*(?:"
    r"(?:cac |nhung )?(?:tai lieu|doan tai lieu|doan trich|doan van|nguon|thong tin|ngu canh)\b.{0,60}\bkhong\b.{0,20}\b(?:co|chua|nhac|neu|de cap|cung cap|cho biet|noi)\b"
    r"|(?:toi )?khong (?:tim thay|co|du)\b.{0,30}\b(?:thong tin|du lieu|cau tra loi|tai lieu)\b"
    r"|(?:toi )?khong the (?:tra loi|tim thay)\b"
    r"|the (?:provided |given )?(?:documents?|passages?|sources?|context|texts?|information)\b.{0,30}\b(?:do(?:es)? not|don't|doesn't|did not)\b"
    r"|(?:i |we )?(?:could not|couldn't|cannot|can't|do not|don't) (?:find|answer|have)\b|there is no (?:information|mention|answer)\b|no information\b"
    r"|(?:i |we )(?:am|are) (?:unable|not able)\b)"
)


def is_refusal(text: str) -> bool:
    """Whether the model says that the passages hold no answer: the agreed sentence, or another short way of saying it."""
    plain = " ".join(fold(nfc(strip_markers(text))).split()).strip(" .!\"'*")
    if not plain:
        return False
    for sentence in context.SENTINEL.values():
        if plain.startswith(fold(sentence).rstrip(".")) and len(plain) < 400:
            return True
    if len(plain) > 350 or not _REFUSALS.search(plain):
        return False
    # "Tài liệu không nêu X, nhưng có Y [1]": a figure with a citation is an answer
    return not ("[" in text and any(v for v in read(strip_markers(text)).numbers))


def stream(
    query: Query,
    hits: Sequence[Hit],
    llm: Model,
    settings: Settings,
    *,
    complaint: str = "",
    usage: dict[str, int] | None = None,
    deadline: Any = None,
) -> Iterator[str]:
    """Pieces of the model's answer as they come; marker [n] means the n-th of ``hits``. Adds token counts to ``usage``.

    A model's thinking aloud (<think>…</think>) is left out. Raises LLMIncomplete after the last piece where the answer
    was cut, by the connection or by ``llm_max_tokens``.
    """
    language = context.answer_language(query, settings.answer_language)
    messages = context.answer_messages(query, hits, settings.context_tokens, language, complaint)
    thoughts, finish, said = Thoughts(), "", False
    for piece in llm.stream(messages, deadline=deadline):
        if usage is not None:
            for name, count in piece.usage.items():
                usage[name] = usage.get(name, 0) + int(count)
        finish = piece.finish or finish
        text = thoughts.feed(piece.text)
        if text:
            said = said or bool(text.strip())
            yield text
    rest = thoughts.end()
    if rest:
        said = said or bool(rest.strip())
        yield rest
    if finish in ("length", "max_tokens", "MAX_TOKENS"):
        raise LLMIncomplete(
            f"{llm.name}: the answer reached llm_max_tokens={settings.llm_max_tokens}; raise it for longer answers"
        )
    if not said:
        raise LLMBadOutput(
            f"{llm.name}: the model thought aloud and gave no answer; raise llm_max_tokens={settings.llm_max_tokens}"
        )


class Thoughts:
    """Takes <think>…</think> out of a stream, also where a tag arrives in pieces."""

    def __init__(self) -> None:
        self._held, self._inside = "", False

    def feed(self, text: str) -> str:
        """What of the text so far may be shown."""
        self._held += text
        out = ""
        while True:
            tag = re.search(r"</think(?:ing)?>" if self._inside else r"<think(?:ing)?>", self._held)
            if tag:
                out += "" if self._inside else self._held[: tag.start()]
                self._held, self._inside = self._held[tag.end() :], not self._inside
                continue
            if self._inside:
                self._held = self._held[-12:]
                return out
            keep = re.search(r"<(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?)?\Z", self._held)
            cut = keep.start() if keep else len(self._held)
            out, self._held = out + self._held[:cut], self._held[cut:]
            return out

    def end(self) -> str:
        """What was held back when the stream ended."""
        rest, self._held = ("" if self._inside else self._held), ""
        return rest


def condense(
    question: str,
    history: Sequence[tuple[str, str]],
    llm: Model,
    settings: Settings,
    usage: dict[str, int] | None = None,
) -> str:
    """The follow-up made whole by the model; by rule where the model fails or adds what nobody said. Never raises LLMError."""
    by_rule = followup.complete(question, history)
    language = "en" if detect(question) == "en" else "vi"
    from rag.models.llm_calls import Deadline

    text = ""
    try:
        for piece in llm.stream(
            context.condense_messages(question, history, language), deadline=Deadline(settings.llm_timeout / 3)
        ):
            text += piece.text
            if usage is not None:
                for name, count in piece.usage.items():
                    usage[name] = usage.get(name, 0) + int(count)
            if len(text) > 4 * settings.max_question_chars:
                break
    except LLMError:
        return by_rule
    thoughts = Thoughts()
    text = thoughts.feed(text) + thoughts.end()
    line = next((part.strip() for part in text.strip().splitlines() if part.strip()), "")
    line = re.sub(
        r"^(?:câu hỏi(?: mới nhất| độc lập)?|latest question|question|rewritten question)\s*:\s*",
        "",
        line,
        flags=re.IGNORECASE,
    )
    line = strip_markers(line).strip().strip("\"“”'`*").strip()
    if (
        not line
        or len(line) > settings.max_question_chars
        or is_refusal(line)
        or not _nothing_new(line, question, history)
    ):
        return by_rule
    return line


def _nothing_new(line: str, question: str, history: Sequence[tuple[str, str]]) -> bool:
    """Every figure, date and most other words of the rewritten question were said before, in it or in the conversation."""
    said = read("\n".join((question, *(f"{q}\n{a}" for q, a in history))))
    new = read(line)
    amounts = {v.amount for v in said.numbers} | {v.number.value for v in said.numbers if v.number}
    if any(v.amount not in amounts for v in new.numbers if not v.word):
        return False
    if any(not any(d.date and v.date and d.date.iso == v.date.iso for d in said.dates) for v in new.dates):
        return False
    if any(fold(v.text).replace(" ", "") not in said.compact for v in new.names):
        return False
    bag = said.bag()
    known = sum(1 for u in new.units if any(f" {f} " in bag for f in u.forms))
    return not new.units or known * 2 >= len(new.units)
