"""Nearest vectors by inner product, exact for small sets. Knows nothing of passages or documents.

Rows are unit-length float16; scores are float32 inner products, that is cosines.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from rag.store.files import Array, Columns

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


class Matrix:
    """A column of vectors that can be searched and gathered from."""

    def __init__(self, columns: Columns, name: str) -> None:
        self._columns = columns
        self._name = name
        self._floats: Floats | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._columns.shape(self._name)[0]

    def gather(self, rows: Array) -> Floats:
        """The given rows as float32 (n, d)."""
        held = self._floats
        if held is not None:
            return held[rows]
        return self._columns.touch(self._name, rows, rows + 1)[rows].astype(np.float32)

    def search(self, query: Floats, k: int, alive: NDArray[np.bool_] | None = None) -> tuple[Array, Floats]:
        """Rows and scores of the `k` best among the rows whose mask is True, best first, ties by row."""
        return top(self.scores(query), k, alive)

    def scores(self, query: Floats) -> Floats:
        """The exact score of every row."""
        held = self._floats
        if held is None:
            with self._lock:
                held = self._floats
                if held is None:
                    held = self._floats = self._columns.whole(self._name).astype(np.float32)
        return held @ query


def top(scores: Floats, k: int, alive: NDArray[np.bool_] | None = None) -> tuple[Array, Floats]:
    """Positions and values of the `k` largest scores, best first, ties by position, leaving out what is not alive."""
    if alive is not None:
        places = np.flatnonzero(alive)
        scores = scores[places]
    else:
        places = None
    k = min(k, len(scores))
    if k <= 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    if k < len(scores):
        edge = np.partition(scores, len(scores) - k)[len(scores) - k]
        chosen = np.flatnonzero(scores >= edge)
    else:
        chosen = np.arange(len(scores))
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")][:k]
    return (chosen if places is None else places[chosen]), scores[chosen]
