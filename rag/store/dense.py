"""Nearest vectors by inner product: numpy for small sets, FAISS beyond. Knows nothing of passages or documents.

Rows are unit-length float16; scores are float32 inner products, that is cosines. Three ways, by the number of rows:
a matrix product in numpy (so that a small index never pays for importing FAISS), FAISS over the same float16 values
(exact), and an inverted file of 8-bit codes whose candidates are scored again with the float16 rows. The last one is
kept only if it finds 97 % of the true ten nearest, measured when it is made.
"""

from __future__ import annotations

import logging
import math
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.store.files import Array, Columns

log = logging.getLogger(__name__)
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

FAISS_FROM = 20_000
CELLS_FROM = 200_000
RECALL = 0.97
_FEW = 4_000


class Matrix:
    """A column of vectors that can be searched and gathered from. Safe to use from many threads."""

    def __init__(self, columns: Columns, name: str, about: dict[str, Any] | None = None) -> None:
        self._columns = columns
        self._name = name
        self._probes = int((about or {}).get(name, {}).get("probes", 0))
        self._floats: Floats | None = None
        self._faiss: Any = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._columns.shape(self._name)[0]

    @property
    def way(self) -> str:
        """How this column is searched: "numpy", "exact" (FAISS) or "cells" (FAISS inverted file)."""
        if len(self) < FAISS_FROM:
            return "numpy"
        return "cells" if self._probes and cells_name(self._name) in self._columns else "exact"

    def gather(self, rows: Array) -> Floats:
        """The given rows as float32 (n, d)."""
        held = self._floats
        if held is not None:
            return held[rows]
        return self._columns.touch(self._name, rows, rows + 1)[rows].astype(np.float32)

    def search(self, query: Floats, k: int, alive: Mask | None = None) -> tuple[Array, Floats]:
        """Rows and scores of the `k` best among the rows whose mask is True, best first, ties by row."""
        if k <= 0 or not len(self):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        if alive is not None and not self._all_floats_held():
            allowed = np.flatnonzero(alive)
            if len(allowed) < _FEW:
                # So few that going through all of them is exact and quick.
                rows, scores = top(self.gather(allowed) @ query, k)
                return allowed[rows], scores
        way = self.way
        if way == "numpy":
            return top(self._matrix() @ query, k, alive)
        wanted = min(len(self), k if way == "exact" else max(2 * k, k + 64))
        rows = _faiss_search(self._index(way), query, wanted, self._probes if way == "cells" else 0, alive)
        chosen, scores = top(self.gather(rows) @ query, k)
        return rows[chosen], scores

    def _all_floats_held(self) -> bool:
        return self._floats is not None

    def _matrix(self) -> Floats:
        with self._lock:
            if self._floats is None:
                self._floats = self._columns.whole(self._name).astype(np.float32)
            return self._floats

    def _index(self, way: str) -> Any:
        with self._lock:
            if self._faiss is None:
                if way == "cells":
                    faiss = _library()
                    self._faiss = faiss.deserialize_index(self._columns.whole(cells_name(self._name)))
                else:
                    self._faiss = exact(self._columns.whole(self._name))
            return self._faiss


def _library() -> Any:
    """FAISS, imported when the first large column needs it: it takes a quarter of a second."""
    import faiss

    return faiss


def cells_name(name: str) -> str:
    """The column that holds the inverted file over the column `name`."""
    return f"faiss.{name}"


def top(scores: Floats, k: int, alive: Mask | None = None) -> tuple[Array, Floats]:
    """Positions and values of the `k` largest scores, best first, ties by position, leaving out what is not alive."""
    places = None
    if alive is not None:
        places = np.flatnonzero(alive)
        scores = scores[places]
    k = min(k, len(scores))
    if k <= 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    if k < len(scores):
        edge = np.partition(scores, len(scores) - k)[len(scores) - k]
        chosen = np.flatnonzero(scores >= edge)
    else:
        chosen = np.arange(len(scores))
    # Positions ascend, so a stable sort leaves ties in their order.
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")][:k]
    return (chosen if places is None else places[chosen]), scores[chosen]


def exact(rows: Array) -> Any:
    """A FAISS index over float16 rows (n, d) that scores each of them. Its codes are the rows themselves."""
    faiss = _library()
    index = faiss.IndexScalarQuantizer(rows.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True
    index.ntotal = len(rows)
    faiss.copy_array_to_vector(np.ascontiguousarray(rows).view(np.uint8).reshape(-1), index.codes)
    return index


def _faiss_search(index: Any, query: Floats, k: int, probes: int, alive: Mask | None) -> Array:
    """Rows of the `k` best, ascending; fewer when there are fewer."""
    faiss = _library()
    # One question is answered by one thread; more would wait for each other, and for the threads of other questions.
    faiss.omp_set_num_threads(1)
    chosen: dict[str, Any] = {}
    if alive is not None:
        bits = np.packbits(alive, bitorder="little")
        chosen["sel"] = faiss.IDSelectorBitmap(bits)
    if probes:
        parameters = faiss.SearchParametersIVF(nprobe=probes, **chosen)
    else:
        parameters = faiss.SearchParameters(**chosen) if chosen else None
    _, rows = index.search(query[None, :], k, params=parameters)
    # A place that could not be filled has number -1.
    return np.sort(rows[0][rows[0] >= 0])


@dataclass(frozen=True, slots=True)
class Cells:
    """An inverted file as bytes, how many cells to look into, and the recall@10 that was measured with that."""

    data: Array
    probes: int
    cells: int
    recall: float


def make_cells(rows: Array, queries: Array) -> Cells | None:
    """An inverted file over float16 rows (n, d), or None when it would miss too much.

    `queries` (m, d) are vectors such as will be asked; the number of cells looked into is the least power of two that
    finds RECALL of the ten rows nearest to each.
    """
    faiss = _library()
    n, d = rows.shape
    cells = 1 << round(math.log2(1.5 * math.sqrt(n)))
    centres = faiss.IndexFlatIP(d)
    index = faiss.IndexIVFScalarQuantizer(centres, d, cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter = 6
    index.cp.max_points_per_centroid = 40
    index.cp.min_points_per_centroid = 1
    index.cp.seed = 1
    index.cp.spherical = True
    pick = np.random.default_rng(1)
    sample = rows[np.sort(pick.choice(n, min(n, 40 * cells), replace=False))].astype(np.float32)
    index.train(sample)
    for i in range(0, n, 50_000):
        index.add(rows[i : i + 50_000].astype(np.float32))
    asked = np.ascontiguousarray(queries, dtype=np.float32)
    truth = exact(rows).search(asked, 10)[1]
    probes = 4
    while probes <= max(cells // 4, 16):
        found = [_faiss_search(index, q, 84, probes, None) for q in asked]
        hits = 0
        for q, candidates, right in zip(asked, found, truth, strict=True):
            best, _ = top(rows[candidates].astype(np.float32) @ q, 10)
            hits += len(np.intersect1d(candidates[best], right))
        recall = hits / truth.size
        if recall >= RECALL:
            data = np.asarray(faiss.serialize_index(index), dtype=np.uint8)
            log.debug("%d rows, %d cells, %d probes, recall@10 %.3f", n, cells, probes, recall)
            return Cells(data, probes, cells, round(recall, 4))
        probes *= 2
    log.info("no inverted file over %d rows: recall@10 stays at %.3f", n, recall)
    return None
