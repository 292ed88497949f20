"""Meaning beside words: how near sentences are to a question by the embedder's vectors and token vectors.

Knows the embedder alone. Sentences come again from question to question, so their vectors and pieces are kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.scoring import maxsim

if TYPE_CHECKING:
    from rag.models.embedders import Embedder

Floats = NDArray[np.float32]
KEPT = 8192


@dataclass(frozen=True, slots=True)
class Likeness:
    """``dense`` (n,) cosines with the question; ``tokens`` (n, t) best cosine per question token; ``weights`` (t,) their weights.

    ``t`` is 0 for embedders without token vectors.
    """

    dense: Floats
    tokens: Floats
    weights: Floats

    def maxsim(self, rows: Floats | None = None) -> Floats:
        """Weighted mean of the best cosines (n,), those under the floor counted as nothing; zeros without tokens."""
        best = self.tokens if rows is None else rows
        return maxsim.weighted(best, self.weights) if len(self.weights) else np.zeros(len(best), dtype=np.float32)

    def part(self, first: int, last: int) -> Likeness:
        """The likeness of texts ``first`` … ``last`` - 1."""
        return Likeness(self.dense[first:last], self.tokens[first:last], self.weights)


class Similar:
    """Compares texts with a question. Safe to use from several threads."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._kept: OrderedDict[str, tuple[Floats, NDArray[np.uint32]]] = OrderedDict()
        self._lock = threading.Lock()

    def likeness(self, question: str, texts: Sequence[str]) -> Likeness:
        """How near each of ``texts`` (n) is to ``question``."""
        n = len(texts)
        query = self.embedder.embed_queries([question])[0]
        held = self._held(texts)
        dense = np.array([row @ query for row, _ in held], dtype=np.float32) if n else np.zeros(0, dtype=np.float32)
        if not self.embedder.has_tokens or not n:
            return Likeness(dense, np.zeros((n, 0), dtype=np.float32), np.zeros(0, dtype=np.float32))
        units, norms = self.embedder.token_table()
        asked = self.embedder.pieces([question])[0].astype(np.int64)
        vectors, weights = np.asarray(units[asked], dtype=np.float32), np.asarray(norms[asked], dtype=np.float32)
        pieces = [p for _, p in held]
        bounds = np.cumsum([0, *(len(p) for p in pieces)])
        flat = np.concatenate(pieces) if bounds[-1] else np.zeros(0, dtype=np.uint32)
        best = maxsim.best_cosines_of_groups(vectors, units, flat, bounds)
        return Likeness(dense, np.asarray(best, dtype=np.float32), weights)

    def _held(self, texts: Sequence[str]) -> list[tuple[Floats, NDArray[np.uint32]]]:
        with self._lock:
            new = list(dict.fromkeys(t for t in texts if t not in self._kept))
            found = {t: self._kept[t] for t in texts if t in self._kept}
        if new:
            shown = [t if t.strip() else "." for t in new]
            rows = self.embedder.embed_passages(shown)
            pieces = (
                self.embedder.pieces(shown) if self.embedder.has_tokens else [np.zeros(0, dtype=np.uint32)] * len(new)
            )
            fresh = {
                t: (np.asarray(row, dtype=np.float32), np.asarray(p, dtype=np.uint32))
                for t, row, p in zip(new, rows, pieces)
            }
            found |= fresh
            with self._lock:
                self._kept.update(fresh)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return [found[t] for t in texts]
