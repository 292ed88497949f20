"""How rare the words of a question are in an index, remembered for as long as the index does not change.

Knows the snapshot's counts; knows nothing of scores. Questions share most of their words, so most look-ups are of a dict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.scoring import bm25

if TYPE_CHECKING:
    from rag.store import Snapshot

MOST_REMEMBERED = 200_000


class Rarities:
    """Document frequencies and rarities of words and word pairs in one generation of an index. Shared by threads."""

    def __init__(self, generation: int = -1) -> None:
        self.generation = generation
        self._counts: dict[tuple[str, bool], int] = {}

    def counts(self, snapshot: Snapshot, terms: Sequence[str], folded: bool) -> list[int]:
        """In how many passages each word or pair stands; `snapshot` must be of this generation."""
        held = self._counts
        if len(held) > MOST_REMEMBERED:
            held.clear()
        found = {term: held.get((term, folded)) for term in terms}
        missing = [term for term, count in found.items() if count is None]
        if missing:
            found.update(zip(missing, snapshot.document_frequencies(missing, folded), strict=True))
            held.update(((term, folded), found[term] or 0) for term in missing)
        return [found[term] or 0 for term in terms]

    def of(self, snapshot: Snapshot, terms: Sequence[str], folded: bool) -> NDArray[np.float32]:
        """BM25's idf of each term (n,)."""
        return bm25.idf(self.counts(snapshot, terms, folded), max(len(snapshot), 1))

    def ceiling(self, snapshot: Snapshot, text: str, folded: bool) -> float:
        """The most that BM25 can give a passage for `text`: the rarities of its distinct terms, summed."""
        terms = sorted(set(bm25.terms(text, folded)))
        return bm25.ceiling(self.of(snapshot, terms, folded)) if terms else 0.0
