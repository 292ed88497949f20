"""What a reader hands to the verifier, and the numbering of its citation markers.

Knows nothing of readers, models or indexes. Two kinds of draft exist:

* extractive: ``citations`` is filled and marker [n] in ``text`` means the citation whose ``n`` that is;
* from a language model: ``citations`` is empty and marker [n] means the n-th hit that the model was shown (from 1).
  ``cite.verify`` turns it into the first kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from rag.types import Citation

MARKER = re.compile(r"\[(\d{1,3})\]")
_EMPTY: Mapping[str, float] = MappingProxyType({})
_NO_USAGE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer on its way out.

    ``text`` holds [n] markers and no other markup. ``short`` the shortest answer strings. ``language`` is "vi" or "en".
    ``signals`` are the reader's evidence, by name, for ``abstain.decide``. ``complete`` is False for a cut stream.
    ``refused`` is True where the reader itself found no answer. ``notes`` are remarks on what verification changed.
    """

    text: str
    short: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    language: str = "vi"
    signals: Mapping[str, float] = field(default_factory=lambda: _EMPTY)
    usage: Mapping[str, int] = field(default_factory=lambda: _NO_USAGE)
    complete: bool = True
    refused: bool = False
    notes: tuple[str, ...] = ()


def markers(text: str) -> list[int]:
    """The numbers of the [n] markers in ``text``, in order, repeats kept."""
    return [int(m.group(1)) for m in MARKER.finditer(text)]


def renumber(text: str, citations: Iterable[Citation]) -> tuple[str, tuple[Citation, ...]]:
    """Number markers 1, 2, … by first appearance; drop citations without a marker and markers without a citation.

    Idempotent: a text that is numbered already comes back unchanged. Two citations of the same span share one number.
    """
    known: dict[int, Citation] = {}
    for citation in citations:
        known.setdefault(citation.n, citation)
    order: dict[tuple[str, int, int], int] = {}
    out: list[Citation] = []
    for n in markers(text):
        found = known.get(n)
        if found is None:
            continue
        key = (found.source, found.start, found.end)
        if key not in order:
            order[key] = len(order) + 1
            out.append(replace(found, n=order[key]))

    def new_marker(match: re.Match[str]) -> str:
        found = known.get(int(match.group(1)))
        return "" if found is None else f"[{order[(found.source, found.start, found.end)]}]"

    changed = MARKER.sub(new_marker, text)
    if changed != text:
        changed = re.sub(r"(\[\d{1,3}\])(?:\s*\1)+", r"\1", changed)
        changed = re.sub(r"[ \t]+([.,;:!?])", r"\1", changed)
        changed = re.sub(r"[ \t]{2,}", " ", changed).strip()
    return changed, tuple(out)
