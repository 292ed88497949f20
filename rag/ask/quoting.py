"""Exact stretches of the sources: cut where a clause ends, brackets and quotation marks kept whole.

Knows nothing of why a stretch is quoted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.ask.evidence import Asked, Sentence
from rag.ask.found import Found
from rag.ask.mismatch import NUMBERED
from rag.ask.pieces import pieces
from rag.ask.short import candidates
from rag.types import Hit, Span


@dataclass(frozen=True, slots=True)
class Quote:
    """An exact stretch of a hit's document, and whether its sentence was cut before it."""

    hit: int
    start: int
    end: int
    text: str
    cut: bool


def quote(sentence: Sentence, start: int, end: int) -> Quote:
    """The stretch ``start`` … ``end`` (in the document) of a sentence, brackets and stops kept whole."""
    end = _closed(sentence, start, end)
    start = _opened(sentence, start, end)
    text = sentence.text[start - sentence.start : end - sentence.start]
    return Quote(sentence.hit, start, end, text, start > sentence.start)


def sentence_of(found: Quote, sentences: Sequence[Sentence]) -> Sentence:
    """The sentence a quotation was cut from."""
    return next(s for s in sentences if s.hit == found.hit and s.start <= found.start and found.end <= s.end)


def _opened(sentence: Sentence, start: int, end: int) -> int:
    """The start of a stretch, moved back to the bracket it closes, or past an opening quotation mark that it never closes."""
    text = sentence.text
    inner = text[start - sentence.start : end - sentence.start]
    close, opening = inner.find(")"), inner.find("(")
    if close >= 0 and (opening < 0 or close < opening):
        at = text.rfind("(", 0, start - sentence.start)
        if (
            at >= 0
            and ")" not in text[at : start - sentence.start]
            and len(text[at : start - sentence.start].split()) <= 12
        ):
            return sentence.start + at
    if inner.startswith("“") and inner.count("“") > inner.count("”") and "”" not in inner[: inner.find("“", 1)]:
        return start + 1
    return start


def _closed(sentence: Sentence, start: int, end: int) -> int:
    """The end of a stretch, moved past a bracket or closing stop that belongs to it."""
    text = sentence.text
    inner = text[start - sentence.start : end - sentence.start]
    rest = text[end - sentence.start :]
    if rest[:1] == ")" and inner.count("(") > inner.count(")"):
        return end + 1
    if rest in (".", "!", "?", "…", "...", ".”", '."'):
        return end + len(rest)
    return end


def inside(found: list[tuple[Found, float]], shown: Quote, sentence: Sentence) -> list[tuple[Found, float]]:
    """The answer strings of a sentence that lie in its quotation."""
    low, high = shown.start - sentence.start, shown.end - sentence.start
    return [(f, s) for f, s in found if low <= f.start and f.end <= high]


def covers(a: Quote, a_hit: Hit, b: Quote, b_hit: Hit) -> bool:
    """Whether quotation ``a`` holds all of ``b``."""
    return a_hit.source == b_hit.source and a.start <= b.start and b.end <= a.end


def with_items(shown: Quote, sentence: Sentence, items: Sequence[Found], room: int) -> Quote:
    """The quotation stretched over the enumeration that it touches, where at most ``room`` further tokens do it."""
    if not items:
        return shown
    low, high = sentence.start + items[0].start, sentence.start + items[-1].end
    if shown.end <= low or high <= shown.start or (shown.start <= low and high <= shown.end):
        return shown
    whole = quote(sentence, min(low, shown.start), max(high, shown.end))
    return whole if len(whole.text.split()) - len(shown.text.split()) <= room else shown


def with_paper(asked: Asked, shown: Quote, sentence: Sentence, budget: int) -> Quote:
    """The stretch from the name of the paper asked about on, where the sentence holds it and the quotation does not: what is said of
    "Quyết định số 1656" stands right behind it."""
    wanted = {m[1].lstrip("0") for m in NUMBERED.finditer(asked.text)}
    if len(wanted) != 1:
        return shown
    here = next((m for m in NUMBERED.finditer(sentence.text) if m[1].lstrip("0") in wanted), None)
    if here is None or shown.start <= sentence.start + here.start() < shown.end:
        return shown
    own = pieces(sentence.text)
    first = next((i for i, (a, b) in enumerate(own) if a <= here.start() < b), -1)
    if first < 0:
        return shown
    last = first
    while last + 1 < len(own) and len(sentence.text[own[first][0] : own[last + 1][1]].split()) <= budget:
        last += 1
    return quote(sentence, sentence.start + own[first][0], sentence.start + own[last][1])


def around(shown: Quote, sentence: Sentence, asked: Asked) -> Quote:
    """The piece of the sentence that holds an answer string, where the quotation holds none."""
    for found in candidates(asked, sentence.text):
        for start, end in pieces(sentence.text):
            if start <= found.start < end:
                return quote(sentence, sentence.start + start, sentence.start + end)
    return shown


def around_answer(sentence: Sentence, found: Sequence[Found], own: Sequence[Span], budget: int) -> Quote | None:
    """The pieces ``own`` of a sentence around its best answer string, as many as ``budget`` tokens allow, those before first:
    they name what it is said of. None where the piece that holds it is longer by half, or none holds one."""
    best = max(found, key=lambda f: f.fit, default=None)
    if best is None:
        return None
    first = last = next((i for i, (a, b) in enumerate(own) if a <= best.start < b), -1)
    while 0 <= first and last + 1 < len(own) and own[last][1] < best.end:
        last += 1

    def tokens(start: int, end: int) -> int:
        return len(sentence.text[own[start][0] : own[end][1]].split())

    if first < 0 or tokens(first, last) > 1.5 * budget:
        return None
    while first > 0 and tokens(first - 1, last) <= budget:
        first -= 1
    while last + 1 < len(own) and tokens(first, last + 1) <= budget:
        last += 1
    return quote(sentence, sentence.start + own[first][0], sentence.start + own[last][1])
