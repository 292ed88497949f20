"""Quotations made longer where there is room: towards the rest of their sentence, and past a colon that only announces what is said.

Knows nothing of questions; which clause is worth more is asked of the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.ask.evidence import Sentence, sentences_of
from rag.ask.quoting import Quote, quote
from rag.ask.spans import Clause
from rag.types import Hit

Weigh = Callable[[Sentence], Sequence[Clause]]  # the clauses of a sentence with what each is worth


def widened(shown: Quote, hit: Hit, room: int, weigh: Weigh) -> Quote:
    """``shown`` with the clauses beside it, those of most worth that at most ``room`` further tokens hold; ``shown`` where none fits."""
    sentences = [replace(s, hit=shown.hit) for s in sentences_of([hit])]
    at = next((i for i, s in enumerate(sentences) if s.start <= shown.start and shown.end <= s.end), -1)
    if at < 0 or room <= 0:
        return shown
    budget = len(shown.text.split()) + room
    own = sentences[at]
    clauses = weigh(own)
    held = [i for i, c in enumerate(clauses) if c.start < shown.end and shown.start < c.end]
    wider = shown
    if held:
        best = -1.0
        for first in range(held[0] + 1):
            for last in range(held[-1], len(clauses)):
                found = quote(own, clauses[first].start, clauses[last].end)
                mass = sum(c.mass for c in clauses[first : last + 1])
                if len(found.text.split()) <= budget and mass > best and found.start <= shown.start:
                    best, wider = mass, found
    if wider.end >= own.end - 1 and own.text.rstrip().endswith(":") and at + 1 < len(sentences):
        return _said(wider, sentences[at + 1], hit, budget, weigh)
    return wider


def _said(shown: Quote, following: Sentence, hit: Hit, budget: int, weigh: Weigh) -> Quote:
    """``shown``, which ends with a colon, with what is said after it, as much as fits."""
    for clause in reversed(weigh(following)):
        end = quote(following, following.start, clause.end).end
        text = hit.passage.text[shown.start - hit.passage.start : end - hit.passage.start]
        if len(text.split()) <= budget:
            return Quote(shown.hit, shown.start, end, text, shown.cut)
    return shown
