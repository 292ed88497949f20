"""Check an answer against its passages and make its citations exact.

An extractive draft brings citations of its own: its quotes are compared with the passages and its figures with its quotes,
which costs next to nothing. Whatever a language model wrote goes claim by claim through ``check.Checker``, which is loaded
only then. Knows nothing of prompts or models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.ask.draft import MARKER, Draft, renumber
from rag.settings import Settings
from rag.types import Citation, Hit

if TYPE_CHECKING:
    from rag.ask.claims import Scorer

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")


def verify(draft: Draft, hits: Sequence[Hit], settings: Settings, scorer: Scorer | None = None) -> Draft:
    """The draft with every claim checked and every citation exact.

    A draft that brings citations (extractive) is only checked for exactness. ``notes`` of the result names each claim that
    no passage supports; ``signals`` gains "claims" and "supported", how many were checked and borne out.
    """
    if draft.citations:
        quick = _exact(draft, hits)
        if quick is not None:
            return quick
        draft = replace(draft, text=_markers_as_hits(draft, hits), citations=())
    from rag.ask.check import Checker

    checker = Checker(hits, settings, draft.language, scorer)
    checker.feed(draft.text)
    checker.end()
    return checker.draft(draft)


# drafts that bring their own citations


def _exact(draft: Draft, hits: Sequence[Hit]) -> Draft | None:
    """An extractive draft whose quotes are exact and whose figures all stand in its quotes; None where it is neither."""
    kept = [c for c in draft.citations if _quoted(c, hits)]
    if len(kept) != len(draft.citations):
        return None
    known = set()
    for text in (*(c.quote for c in kept), *(c.title for c in kept), *(c.date or "" for c in kept)):
        known.update(_DIGITS.findall(text))
    parts = {p for k in known for p in re.split(r"[.,]", k)} | {
        p.lstrip("0") for k in known for p in re.split(r"[.,]", k)
    }
    for figure in _DIGITS.findall(MARKER.sub(" ", draft.text)):
        if figure not in known and not all(p in parts or p.lstrip("0") in parts for p in re.split(r"[.,]", figure)):
            return None
    text, citations = renumber(draft.text, kept)
    return replace(draft, text=text, citations=citations)


def _quoted(c: Citation, hits: Sequence[Hit]) -> bool:
    """Whether the quote is what the document says there, as far as the hits show it."""
    if c.end - c.start != len(c.quote):
        return False
    for hit in hits:
        p = hit.passage
        if p.source == c.source and p.start <= c.start and c.end <= p.end:
            return p.text[c.start - p.start : c.end - p.start] == c.quote
    return True


def _markers_as_hits(draft: Draft, hits: Sequence[Hit]) -> str:
    """Markers of citations turned into numbers of the hits that hold them, for the full check."""
    where: dict[int, int] = {}
    for c in draft.citations:
        for i, hit in enumerate(hits, 1):
            if hit.source == c.source and hit.start <= c.start and c.end <= hit.end:
                where.setdefault(c.n, i)
    return MARKER.sub(lambda m: f"[{where[int(m.group(1))]}]" if int(m.group(1)) in where else "", draft.text)
