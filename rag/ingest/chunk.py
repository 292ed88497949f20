"""Cuts a document into passages of whole sentences, with exact offsets.

Knows nothing of files or storage. A passage never cuts a sentence (unless one is far beyond the target on its own) or a
number; it carries its heading path, the document's title and date, and the page it begins on.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from rag.text.sentences import clause_spans, sentence_spans
from rag.types import Document, Heading, Passage, Span

CHUNKER_VERSION = "1"
NORMALISER_VERSION = "1"

_FIGURE_OR_VERB = re.compile(r"\d|\b(?:là|được|đạt|có|thuộc|nằm|is|are|was|were|has)\b")
_TABLE_ROW = re.compile(r"[^\n:;]{1,80}: [^\n;]*; [^\n:;]{1,80}: ")
_LIST_ITEM = re.compile(r"(?:[-–—•*+●▪]\s|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zđA-ZĐ]|[ivx]{1,5})[.)]\s)")
_HEADING_JOIN = " > "


@dataclass(slots=True)
class _Unit:
    """Sentences that should stay together: a paragraph, a list item, a table row."""

    sentences: list[Span]
    tokens: int
    glued: bool  # ends in ":" - what it announces should follow in the same passage
    row: bool


def chunk_document(document: Document, tokens: int = 160) -> tuple[Passage, ...]:
    """Passages of ``document`` in order, none overlapping, aimed at ``tokens`` whitespace-separated tokens each.

    A document of up to twice the target in one paragraph, or one and a half times in several, stays whole.
    ``document.text[p.start:p.end] == p.text`` and every sentence span lies inside its passage.
    """
    text = document.text
    total = text.count(" ") + text.count("\n") + 1  # never less than the whitespace-separated tokens of ordinary text
    sentences = sentence_spans(text)
    if not sentences:
        return ()
    headings = [h for h in document.headings if h.end > h.start]
    inner = [h for h in headings if h.text != document.title or h.start > sentences[0][0]]
    if total <= 2 * tokens and not inner and (total <= 1.5 * tokens or "\n" not in text.strip()):
        title_spans = {(h.start, h.end) for h in headings}
        body = [s for s in sentences if s not in title_spans] or sentences
        return (_passage(document, body, ""),)
    out: list[Passage] = []
    for path, body in _sections(document, sentences, headings):
        for group in _groups(text, body, tokens):
            out.append(_passage(document, group, path))
    return tuple(out)


def _passage(document: Document, sentences: list[Span], heading: str) -> Passage:
    start, end = sentences[0][0], sentences[-1][1]
    page = bisect_right(document.pages, start) if document.pages else None
    return Passage(
        source=document.source,
        start=start,
        end=end,
        text=document.text[start:end],
        title=document.title,
        heading=heading,
        date=document.date,
        language=document.language,
        page=page or (1 if document.pages else None),
        sentences=tuple(sentences),
        metadata=document.metadata,
    )


def _sections(document: Document, sentences: list[Span], headings: list[Heading]) -> list[tuple[str, list[Span]]]:
    """(heading path, sentences) of each stretch between headings.

    A heading that states something itself (it has a figure or a verb) is a sentence of its section too, so that it can
    be cited; so is one that nothing follows.
    """
    if not headings:
        return [("", sentences)]
    out: list[tuple[str, list[Span]]] = []
    stack: list[Heading] = []
    body: list[Span] = []
    i = 0
    opened: Span | None = None

    def close() -> None:
        nonlocal body, opened
        if (
            not body
            and opened is not None
            and (len(stack) > 1 or stack[-1].text != document.title or len(headings) == 1)
        ):
            body = [opened] if not _leads(stack[-1], headings) else []
        if body:
            names = [h.text for h in stack if h.text != document.title]
            out.append((_HEADING_JOIN.join(names), body))
        body, opened = [], None

    for heading in sorted(headings, key=lambda h: h.start):
        while i < len(sentences) and sentences[i][0] < heading.start:
            body.append(sentences[i])
            i += 1
        close()
        while stack and stack[-1].level >= heading.level:
            stack.pop()
        stack.append(heading)
        own: list[Span] = []
        while i < len(sentences) and sentences[i][0] < heading.end:
            own.append(sentences[i])
            i += 1
        if own:
            opened = (own[0][0], own[-1][1])
            if (
                heading.text != document.title
                and len(heading.text.split()) >= 8
                and _FIGURE_OR_VERB.search(heading.text)
            ):
                body = own
    body += sentences[i:]
    close()
    return out


def _leads(heading: Heading, headings: list[Heading]) -> bool:
    """Whether the next heading stands below this one, which then needs no passage of its own."""
    later = [h for h in headings if h.start > heading.start]
    return bool(later) and min(later, key=lambda h: h.start).level > heading.level


def _units(text: str, sentences: list[Span], tokens: int) -> list[_Unit]:
    units: list[_Unit] = []
    last = -1
    for start, end in sentences:
        count = text.count(" ", start, end) + text.count("\n", start, end) + 1
        pieces = [(start, end)] if count <= 4 * tokens else _cut_long(text, start, end, tokens)
        for piece in pieces:
            size = count if len(pieces) == 1 else len(text[piece[0] : piece[1]].split())
            if units and last >= 0 and "\n" not in text[last : piece[0]]:
                units[-1].sentences.append(piece)
                units[-1].tokens += size
            else:
                row = _TABLE_ROW.match(text, piece[0], piece[1]) is not None
                units.append(_Unit([piece], size, False, row or _LIST_ITEM.match(text, piece[0]) is not None))
            units[-1].glued = text[piece[1] - 1] == ":"
            last = piece[1]
    return _lists(units, tokens)


def _lists(units: list[_Unit], tokens: int) -> list[_Unit]:
    """Make one unit of a list or table and the line that announces it, where they fit into one passage together."""
    out: list[_Unit] = []
    i = 0
    while i < len(units):
        j = i + 1 if units[i].glued or units[i].row else i
        while j < len(units) and units[j].row:
            j += 1
        size = sum(u.tokens for u in units[i:j])
        if j - i > 1 and size <= 1.5 * tokens:
            out.append(_Unit([s for u in units[i:j] for s in u.sentences], size, False, True))
            i = j
        else:
            out.append(units[i])
            i += 1
    return out


def _cut_long(text: str, start: int, end: int, tokens: int) -> list[Span]:
    """A run without stops far beyond the target, cut at clauses, or at blanks where there are none."""
    cuts = [s for s, _ in clause_spans(text, start, end)][1:]
    blanks = [m.end() for m in re.finditer(r"\s+", text[start:end])]
    out: list[Span] = []
    here = start
    while True:
        ahead = [start + b for b in blanks if start + b > here]
        if len(ahead) <= 2 * tokens:
            break
        limit = ahead[2 * tokens - 1]
        near = ahead[tokens // 2]
        good = [c for c in cuts if near < c <= limit]
        cut = good[-1] if good else limit
        # a bracket or quote that opens the next clause goes with it
        while cut > here and text[cut - 1] in '([“"‘':
            cut -= 1
        stop = cut
        while stop > here and text[stop - 1].isspace():
            stop -= 1
        out.append((here, stop))
        here = cut
    out.append((here, end))
    return [(s + len(text[s:e]) - len(text[s:e].lstrip()), e) for s, e in out if text[s:e].strip()]


def _groups(text: str, sentences: list[Span], tokens: int) -> list[list[Span]]:
    """Units packed up to the target; a unit beyond one and a half targets is split evenly between its sentences."""
    groups: list[tuple[list[Span], int]] = []
    current: list[Span] = []
    size = 0
    glued = False
    limit = int(1.25 * tokens)
    for unit in _units(text, sentences, tokens):
        if current and not glued and size + unit.tokens > limit and not (unit.row and size < tokens // 4):
            groups.append((current, size))
            current, size = [], 0
        if size + unit.tokens > 1.5 * tokens and len(unit.sentences) > 1:
            parts = _split(text, current + unit.sentences, tokens)
            groups += parts[:-1]
            current, size = parts[-1]
        else:
            current = current + unit.sentences if current else list(unit.sentences)
            size += unit.tokens
        glued = unit.glued
    if current:
        groups.append((current, size))
    merged: list[tuple[list[Span], int]] = []
    for group, count in groups:
        if merged and count < 0.3 * tokens and merged[-1][1] + count <= 1.6 * tokens:
            merged[-1] = (merged[-1][0] + group, merged[-1][1] + count)
        else:
            merged.append((group, count))
    return [g for g, _ in merged]


def _split(text: str, sentences: list[Span], tokens: int) -> list[tuple[list[Span], int]]:
    counts = [text.count(" ", s, e) + 1 for s, e in sentences]
    total = sum(counts)
    parts = max(1, round(total / tokens))
    out: list[tuple[list[Span], int]] = []
    group: list[Span] = []
    size = done = 0
    for span, count in zip(sentences, counts, strict=True):
        # close the group where that lands nearest to an even share of the whole
        goal = total * (len(out) + 1) / parts
        if group and len(out) + 1 < parts and done + count / 2 > goal:
            out.append((group, size))
            group, size = [], 0
        group.append(span)
        size += count
        done += count
    out.append((group, size))
    return out
