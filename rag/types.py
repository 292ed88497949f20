"""The frozen values that stages hand to each other.

Knows nothing of files, models or storage; imports only the standard library, so every module may import it.
Offsets are counted in Unicode code points of the cleaned, NFC-normalised document text that is stored and shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Status = Literal["answered", "abstained", "failed"]
Span = tuple[int, int]

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a document: its own span, its text and its depth (1 is the highest)."""

    start: int
    end: int
    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """One text a person would call a document.

    ``source`` names it (path relative to the ingested folder, ``file.jsonl#id`` or any unique name); ``text`` is what
    all offsets refer to. ``date`` is ISO at whatever precision is known ("2022", "2022-10", "2022-10-05") or None.
    ``language`` is a BCP-47 primary tag such as "vi" or "en". ``pages`` holds the start offset of each page (PDF),
    empty for unpaged text. ``metadata`` holds JSON values only.
    """

    source: str
    text: str
    title: str = ""
    date: str | None = None
    language: str = ""
    metadata: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    headings: tuple[Heading, ...] = ()
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one document: ``document.text[start:end] == text``, always.

    ``sentences`` are absolute spans inside [start, end) of the document text. ``id`` is given by the store (0 before).
    """

    source: str
    start: int
    end: int
    text: str
    title: str = ""
    heading: str = ""
    date: str | None = None
    language: str = ""
    page: int | None = None
    sentences: tuple[Span, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    id: int = 0

    @property
    def context(self) -> str:
        """What a paragraph leaves unsaid: the document's title, the heading path and the date, in one line."""
        parts = [self.title]
        if self.heading and self.heading != self.title:
            parts.append(self.heading)
        if self.date and self.date[:4] not in self.title:
            parts.append(self.date)
        return ". ".join(p for p in parts if p)

    @property
    def indexed_text(self) -> str:
        """The text both channels index: context, a full stop, and the passage itself."""
        context = self.context
        return f"{context}. {self.text}" if context else self.text


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query. ``rank`` counts from 1; ``channels`` holds each channel's raw score by name."""

    passage: Passage
    score: float
    rank: int
    channels: Mapping[str, float] = field(default_factory=lambda: _EMPTY)

    @property
    def source(self) -> str:
        return self.passage.source

    @property
    def title(self) -> str:
        return self.passage.title

    @property
    def date(self) -> str | None:
        return self.passage.date

    @property
    def text(self) -> str:
        return self.passage.text

    @property
    def start(self) -> int:
        return self.passage.start

    @property
    def end(self) -> int:
        return self.passage.end


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a claim stands: ``document.text[start:end] == quote``. ``n`` is the marker's number in the answer."""

    n: int
    source: str
    title: str
    date: str | None
    quote: str
    start: int
    end: int
    supported: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """A question as understood. Every field is plain data; nothing here has been looked up in an index.

    ``original`` is what the person typed, ``text`` the self-contained question used for retrieval (a follow-up made
    whole). ``language`` is "vi", "vi-folded" (Vietnamese without diacritics), "en" or "other". ``parts`` are the
    questions of a multi-part question (at least one). ``expansions`` are further wordings for the lexical channel
    (abbreviations spelled out or shortened). ``answer_type`` is one of: number, amount, percent, rank, date, person,
    role, place, organisation, decision, list, definition, comparison, yesno, reason, other. ``chitchat`` marks
    greetings and small talk.
    """

    original: str
    text: str
    language: str = "vi"
    answer_type: str = "other"
    parts: tuple[str, ...] = ()
    expansions: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    numbers: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    chitchat: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question got. ``answer.status`` tells an honest refusal ("abstained") from a fault ("failed").

    ``text`` holds markers [1] [2] numbered by first appearance and no other markup; ``short`` the shortest answer
    strings, possibly empty; ``timings`` milliseconds by stage; ``usage`` token counts where an LLM reports them.
    """

    question: str
    query: str
    status: Status
    text: str = ""
    short: tuple[str, ...] = ()
    language: str = "vi"
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    timings: Mapping[str, float] = field(default_factory=lambda: _EMPTY)
    usage: Mapping[str, int] = field(default_factory=lambda: _EMPTY)
    error: str | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an answer that may be shown at once while streaming."""

    text: str


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Streamed before the first token: the hits the answer will be read from."""

    query: str
    hits: tuple[Hit, ...]


Event = Token | Retrieved | Answer


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input that was left out, by name and reason."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ``Index.add`` did. All but ``skipped`` hold sources."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    passages: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """One row of ``Index.documents()``."""

    source: str
    title: str
    date: str | None
    language: str
    passages: int
    characters: int
    added: str
    metadata: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
