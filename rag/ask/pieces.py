"""A sentence cut into pieces short enough to quote alone: its clauses, and long clauses cut further at commas and joints.

Knows nothing of questions. Pieces are in order, do not overlap and together hold every word of the sentence.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rag.text.sentences import clause_spans
from rag.types import Span

LONG = 24
LONGEST = 36
ENCLOSED = 24  # words of a quotation or bracket that is not cut
_ENCLOSED = re.compile(r"“[^“”]*”|\"[^\"“”]*\"|\([^()]*\)")
_COMMA = re.compile(r",\s+")
_JOINT = re.compile(
    r"\s+(?=(?:và|với|để|nhằm|theo|trong|tại|từ|khi|do|vì|nhờ|mà|như|and|with|to|in|at|for|because|when|which|that|by)\s)"
)


@lru_cache(maxsize=8192)
def pieces(text: str) -> tuple[Span, ...]:
    """Spans of the pieces of the sentence ``text``; at least one for a text with a word."""
    out: list[Span] = []
    for start, end in clause_spans(text, 0, len(text)) or [(0, len(text))]:
        out += _cut(text, start, end, (_COMMA, LONG), (_JOINT, LONGEST))
    return _kept_together(text, out)


def _kept_together(text: str, spans: list[Span]) -> tuple[Span, ...]:
    """Pieces joined again where the cut lay inside a short quotation or bracket ("đến năm 2025, định hướng đến năm 2030”)."""
    inside = [m.span() for m in _ENCLOSED.finditer(text) if len(m.group().split()) <= ENCLOSED]
    if not inside:
        return tuple(spans)
    joined: list[Span] = []
    for start, end in spans:
        if joined and any(a < joined[-1][1] and start < b for a, b in inside):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    out: list[Span] = []
    for start, end in joined:
        if (start, end) in spans:
            out.append((start, end))
            continue
        here = start  # a joined piece is cut again at the commas outside
        for comma in _COMMA.finditer(text, start, end):
            if not any(a < comma.start() < b for a, b in inside) and len(text[here : comma.start()].split()) >= 6:
                if len(text[comma.end() : end].split()) >= 4:
                    out.append((here, comma.start()))
                    here = comma.end()
        out.append((here, end))
    return tuple(out)


def _cut(text: str, start: int, end: int, *rules: tuple[re.Pattern[str], int]) -> list[Span]:
    if not rules or len(text[start:end].split()) <= rules[0][1]:
        return (
            [(start, end)]
            if not rules or len(text[start:end].split()) <= rules[0][1] or len(rules) == 1
            else _cut(text, start, end, *rules[1:])
        )
    pattern, _ = rules[0]
    out: list[Span] = []
    here = start
    for found in pattern.finditer(text, start, end):
        if len(text[here : found.start()].split()) >= 6 and len(text[found.end() : end].split()) >= 4:
            out.append((here, found.start()))
            here = found.end()
    out.append((here, end))
    return [p for s, e in out for p in (_cut(text, s, e, *rules[1:]) if rules[1:] else [(s, e)])]
