"""What the reader looks at: the question's telling words with their rarity, and the sentences of the hits.

Knows nothing of weights or of how an answer is written. Words are compared folded (without diacritics) and exactly;
abbreviations are spelled out on both sides, so that "CĐS" meets "chuyển đổi số".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.ask.answer_types import Wanted, wanted
from rag.text.abbreviations import Abbreviations
from rag.text.dates import DateSpan, find_dates
from rag.text.names import find_names, find_places
from rag.text.normalise import canonical, fold
from rag.text.numbers import Number, find_numbers
from rag.text.stopwords import content_words
from rag.types import Hit, Query

_WORD = re.compile(r"\w+")
# words of a question that no answer repeats
_ASKING = frozenset(
    fold(w)
    for w in (
        "bao nhiêu mấy nào gì ai đâu sao khi giờ hãy cho biết kể tên liệt nêu thế so sánh hơn tổng hỏi xin vui lòng "
        "how many much what which who whom whose when where why does do did is are was were the of in at list name tell me about please"
    ).split()
)
_SHORT_FORM = re.compile(r"\b[A-ZĐƯ][A-ZĐƯƠÂÊÔĂ&]+[A-ZĐƯƠ]\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """One single question, ready to be compared with sentences.

    ``terms`` maps each folded content word to its weight (rarity, idf); ``exact`` holds the canonical form where
    diacritics were typed; ``pairs`` folded neighbours; ``names`` the folded words of each named thing; ``focus`` the folded words of
    the noun phrase that is counted or asked for.
    """

    text: str
    language: str
    want: Wanted
    terms: Mapping[str, float]
    exact: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    names: tuple[tuple[str, ...], ...]
    places: tuple[str, ...]
    dates: tuple[tuple[str, str], ...]
    numbers: frozenset[str]
    focus: tuple[str, ...]
    words: frozenset[str]

    @property
    def weight(self) -> float:
        return sum(self.terms.values()) or 1.0


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text: folded, exact, spans, and the folded words its abbreviations stand for."""

    folded: tuple[str, ...]
    exact: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    folded_set: frozenset[str]
    exact_set: frozenset[str]
    pairs: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A candidate: sentence ``ordinal`` of hit ``hit`` (its place in the list); ``start`` and ``end`` in the document."""

    hit: int
    ordinal: int
    start: int
    end: int
    text: str
    before: str
    context: str


@lru_cache(maxsize=16384)
def words_of(text: str) -> Words:
    """Words of ``text`` (NFC), cached: the same passages come again and again."""
    folded_text, exact_text = fold(text), canonical(text)
    spans = tuple(m.span() for m in _WORD.finditer(text))
    folded = tuple(folded_text[s:e] for s, e in spans)
    exact = tuple(exact_text[s:e] for s, e in spans)
    return Words(folded, exact, spans, frozenset(folded), frozenset(exact), frozenset(pairwise(folded)))


@lru_cache(maxsize=4096)
def numbers_of(text: str) -> tuple[Number, ...]:
    """Numbers of ``text`` that are no part of a date or of a document's number."""
    skip = [(d.start, d.end) for d in dates_of(text)] + [m.span() for m in re.finditer(r"\d+(?:/\d+)?[/-](?:[A-ZĐ]{2,}[\w-]*)(?:/[A-ZĐ\w-]+)?", text)]
    return tuple(n for n in find_numbers(text, skip))


@lru_cache(maxsize=4096)
def dates_of(text: str) -> tuple[DateSpan, ...]:
    return tuple(find_dates(text))


class Abbreviated:
    """Spells out abbreviations for comparison. ``table`` maps short forms to long ones."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._words = {short: tuple(_WORD.findall(fold(long))) for short, long in table.items() if len(short) > 1}
        self.spelled = Abbreviations(table).expand

    def extra(self, text: str) -> tuple[str, ...]:
        """Folded words of the long forms of the abbreviations in ``text`` (upper case there)."""
        out: list[str] = []
        for token in _SHORT_FORM.findall(text):
            out += self._words.get(token, ())
        return tuple(out)


def ask(query: Query, text: str, rarity: Callable[[str], float], abbreviated: Abbreviated) -> Asked:
    """``text`` (the query's or one of its parts) as ``Asked``; ``rarity`` gives the weight of a folded word."""
    language = query.language
    reading = "vi-folded" if language == "other" and text.isascii() else ("vi" if language == "other" else language)
    spelled = abbreviated.spelled(text)
    want = wanted(spelled, reading)
    kept = content_words(spelled, reading) or _WORD.findall(spelled)
    mark = {fold(w) for w in _WORD.findall(spelled[want.start : want.end])}
    terms: dict[str, float] = {}
    for word in kept:
        folded = fold(word)
        if (folded in _ASKING and not word[:1].isdigit()) or (folded in mark) or (len(folded) < 2 and not folded.isdigit()):
            continue
        terms.setdefault(folded, rarity(folded))
    exact = frozenset(canonical(w) for w in kept) if reading == "vi" else frozenset()
    sequence = [fold(w) for w in _WORD.findall(spelled)]
    telling = set(terms)
    pairs = frozenset((a, b) for a, b in pairwise(sequence) if a in telling or b in telling if a not in _ASKING and b not in _ASKING)
    names = tuple(dict.fromkeys(tuple(fold(n.text).split()) for n in find_names(text)))
    return Asked(
        text=text,
        language=reading,
        want=want,
        terms=terms,
        exact=exact,
        pairs=pairs,
        names=names,
        places=tuple(dict.fromkeys(fold(p.text) for p in find_places(text))),
        dates=tuple((d.first, d.last) for d in dates_of(text)),
        numbers=frozenset(str(n.value) for n in numbers_of(text)),
        focus=tuple(fold(want.focus).split()),
        words=frozenset(sequence),
    )


def sentences_of(hits: Sequence[Hit]) -> list[Sentence]:
    """Every sentence of the hits once, in rank order. A sentence without a letter or digit is left out."""
    out: list[Sentence] = []
    seen: set[tuple[str, int]] = set()
    for index, hit in enumerate(hits):
        passage = hit.passage
        spans = passage.sentences or ((passage.start, passage.end),)
        before = ""
        for ordinal, (start, end) in enumerate(spans):
            text = passage.text[start - passage.start : end - passage.start]
            if (passage.source, start) not in seen and any(map(str.isalnum, text)):
                seen.add((passage.source, start))
                out.append(Sentence(index, ordinal, start, end, text, before, passage.context))
            before = text
    return out


def coverage(asked: Asked, found: frozenset[str] | set[str]) -> float:
    """Share of the question's weight whose words stand in ``found`` (folded), in [0, 1]."""
    return sum(w for t, w in asked.terms.items() if t in found) / asked.weight


def idf(frequency: int, passages: int) -> float:
    """Rarity of a word that stands in ``frequency`` of ``passages`` texts: log(1 + (N - n + .5) / (n + .5))."""
    return math.log1p((passages - frequency + 0.5) / (frequency + 0.5)) if frequency <= passages else 0.1
