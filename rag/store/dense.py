"""Nearest vectors by inner product: numpy for small sets, FAISS beyond. Knows nothing of passages or documents.

Rows are unit-length float16; scores are float32 inner products, that is cosines. Three ways, by the number of rows:
a matrix product in numpy (so that a small index never pays for importing FAISS), FAISS over 8-bit codes of all rows whose
best are scored again with the float16 rows until none that was left out can be better (exact, at half the memory traffic),
and an inverted file of product codes, half a byte for two numbers, whose best are scored again likewise. The last one is
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

from rag.scoring.products import products
from rag.store.files import Array, Columns

log = logging.getLogger(__name__)
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

FAISS_FROM = 20_000
CELLS_FROM = 200_000
RECALL = 0.97
_FEW = 4_000
_BLOCK = 1_024


class Matrix:
    """A column of vectors that can be searched and gathered from. Safe to use from many threads."""

    def __init__(self, columns: Columns, name: str, about: dict[str, Any] | None = None) -> None:
        self._columns = columns
        self._name = name
        self._probes = int((about or {}).get(name, {}).get("probes", 0))
        self._floats: Floats | None = None
        self._faiss: Any = None
        self._codes: Codes | None = None
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
        return widen(self._columns.touch(self._name, rows, rows + 1)[rows])

    def search(self, query: Floats, k: int, alive: Mask | None = None) -> tuple[Array, Floats]:
        """Rows and scores of the `k` best among the rows whose mask is True, best first, ties by row."""
        if k <= 0 or not len(self):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        if alive is not None and not self._all_floats_held():
            allowed = np.flatnonzero(alive)
            if len(allowed) < _FEW:
                # So few that going through all of them is exact and quick.
                return self._best_of(allowed, query, k)
        way = self.way
        if way == "numpy":
            return top(self._matrix() @ query, k, alive)
        if way == "exact":
            return self._exact(query, k, alive)
        rows, _ = _faiss_search(self._cells(), query, min(len(self), _screened(k)), self._probes, alive)
        return self._best_of(rows, query, k)

    def _best_of(self, rows: Array, query: Floats, k: int) -> tuple[Array, Floats]:
        """The `k` best of these rows, by their float16 numbers."""
        chosen, scores = top(products(self.gather(rows), query), k)
        return rows[chosen], scores

    def _exact(self, query: Floats, k: int, alive: Mask | None) -> tuple[Array, Floats]:
        """The best by their codes, more and more of them until the k-th best cannot be beaten by any that is left out."""
        codes = self._screen()
        asked, scale, off = _coded(query)
        # |q·x - q̂·x̂| <= |q| |x - x̂| + |q - q̂| |x̂|, for x of length 1
        off = codes.error * float(np.linalg.norm(query)) + off * (1.0 + codes.error)
        wanted = 4 * k + 100
        while True:
            rows, least = _faiss_search(codes.index, asked, min(wanted, len(self)), 0, alive)
            best, scores = self._best_of(rows, query, k)
            # A row that was left out scores at most `least` by its codes.
            if len(rows) < wanted or float(scores[-1]) > least / (codes.scale * scale) + off:
                return best, scores
            wanted *= 8

    def _all_floats_held(self) -> bool:
        return self._floats is not None

    def _matrix(self) -> Floats:
        with self._lock:
            if self._floats is None:
                self._floats = widen(self._columns.whole(self._name))
            return self._floats

    def _cells(self) -> Any:
        with self._lock:
            if self._faiss is None:
                self._faiss = _library().deserialize_index(self._columns.whole(cells_name(self._name)))
            return self._faiss

    def _screen(self) -> Codes:
        with self._lock:
            if self._codes is None:
                self._codes = encode(self._columns.whole(self._name))
            return self._codes


def _library() -> Any:
    """FAISS, imported when the first large column needs it: it takes a quarter of a second."""
    import faiss

    return faiss


def widen(halves: Array) -> Floats:
    """Finite float16 numbers as float32, the same to the bit as `astype` gives them in a third of the time.

    The sign goes to its place, exponent and fraction to theirs, and the exponent's offset is made up for by a product.
    """
    bits = np.ascontiguousarray(halves).view(np.int16).astype(np.int32)
    np.left_shift(bits, 13, out=bits)
    np.bitwise_and(bits, np.int32(-0x70002000), out=bits)
    floats: Floats = bits.view(np.float32)
    np.multiply(floats, np.float32(2.0**112), out=floats)
    return floats


def cells_name(name: str) -> str:
    """The column that holds the inverted file over the column `name`."""
    return f"faiss.products.{name}"


def _screened(k: int) -> int:
    """How many rows an inverted file proposes so that the `k` best are among them: its codes are coarse."""
    return max(10 * k, k + 490)


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


@dataclass(frozen=True, slots=True)
class Codes:
    """Rows x as whole numbers x̂ = round(x · `scale`) / `scale`, to be searched; `error` is the greatest |x - x̂|."""

    index: Any
    scale: float
    error: float


def encode(rows: Array) -> Codes:
    """Codes of float16 rows (n, d), a byte for each number."""
    faiss = _library()
    n, d = rows.shape
    scale = _scale(rows)
    codes = np.empty((n, d), dtype=np.uint8)
    worst = 0.0
    for i in range(0, n, _BLOCK):
        exact = widen(rows[i : i + _BLOCK])
        exact *= np.float32(scale)
        whole = np.rint(exact)
        exact -= whole
        whole += np.float32(128)
        codes[i : i + _BLOCK] = whole
        worst = max(worst, float(np.einsum("ij,ij->i", exact, exact).max(initial=0.0)))
    index = faiss.IndexScalarQuantizer(d, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True
    index.ntotal = n
    faiss.copy_array_to_vector(codes.reshape(-1), index.codes)
    return Codes(index, scale, math.sqrt(worst) / scale)


def _coded(query: Floats) -> tuple[Floats, float, float]:
    """A question's vector as whole numbers, as such codes are asked for; its scale, and how far off it is.

    FAISS would cut the numbers off otherwise: where the processor can, it multiplies bytes with bytes.
    """
    scale = _scale(query[None, :])
    whole = np.rint(query * np.float32(scale))
    return whole, scale, float(np.linalg.norm(whole / np.float32(scale) - query)) + 1e-5


def _scale(rows: Array) -> float:
    """What brings the largest number of the rows to 127, the largest that a signed byte holds."""
    most = 0.0
    for i in range(0, len(rows), _BLOCK):
        block = rows[i : i + _BLOCK] if rows.dtype == np.float32 else widen(rows[i : i + _BLOCK])
        most = max(most, float(block.max()), -float(block.min()))
    return 127.0 / most if most > 0.0 else 1.0


def _faiss_search(index: Any, query: Floats, k: int, probes: int, alive: Mask | None) -> tuple[Array, float]:
    """Rows of the `k` best, ascending, and the least of their scores; fewer when there are fewer."""
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
    scores, rows = index.search(query[None, :], k, params=parameters)
    # A place that could not be filled has number -1.
    filled = rows[0] >= 0
    return np.sort(rows[0][filled]), float(scores[0][filled].min(initial=np.inf))


@dataclass(frozen=True, slots=True)
class Cells:
    """An inverted file as bytes, how many cells to look into, and the recall@10 that was measured with that."""

    data: Array
    probes: int
    cells: int
    recall: float


def make_cells(rows: Array, queries: Array) -> Cells | None:
    """An inverted file over float16 rows (n, d), or None when it would miss too much or d is odd.

    `queries` (m, d) are vectors such as will be asked; the number of cells looked into is the least power of two that
    finds RECALL of the ten rows nearest to each.
    """
    faiss = _library()
    n, d = rows.shape
    if d % 2:
        return None
    cells = 1 << round(math.log2(1.5 * math.sqrt(n)))
    # Products of codes are looked up in registers, a row in a nanosecond or so: André et al., "Accelerated Nearest
    # Neighbor Search with Quick ADC", ICMR 2017. Whole vectors are coded, not what they differ from their centre by, so
    # that one table serves all cells.
    index = faiss.IndexIVFPQFastScan(faiss.IndexFlatIP(d), d, cells, d // 2, 4, faiss.METRIC_INNER_PRODUCT)
    index.by_residual = False
    index.pq.cp.niter = 10
    index.pq.cp.seed = 1
    index.cp.niter = 6
    index.cp.max_points_per_centroid = 40
    index.cp.min_points_per_centroid = 1
    index.cp.seed = 1
    index.cp.spherical = True
    pick = np.random.default_rng(1)
    index.train(widen(rows[np.sort(pick.choice(n, min(n, 40 * cells), replace=False))]))
    for i in range(0, n, 32 * _BLOCK):
        index.add(widen(rows[i : i + 32 * _BLOCK]))
    asked = np.ascontiguousarray(queries, dtype=np.float32)
    truth = _nearest(rows, asked, 10)
    probes = 4
    while probes <= max(cells // 2, 16):
        hits = 0
        for q, right in zip(asked, truth, strict=True):
            candidates, _ = _faiss_search(index, q, _screened(10), probes, None)
            best, _ = top(products(widen(rows[candidates]), q), 10)
            hits += len(np.intersect1d(candidates[best], right))
        recall = hits / truth.size
        if recall >= RECALL:
            data = np.asarray(faiss.serialize_index(index), dtype=np.uint8)
            log.debug("%d rows, %d cells, %d probes, recall@10 %.3f", n, cells, probes, recall)
            return Cells(data, probes, cells, round(recall, 4))
        probes *= 2
    log.info("no inverted file over %d rows: recall@10 stays at %.3f", n, recall)
    return None


def _nearest(rows: Array, queries: Floats, k: int) -> Array:
    """The `k` nearest rows (m, k) to each of the queries (m, d), by one product of matrices after another."""
    best = np.empty((len(queries), 0), dtype=np.int64)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    for i in range(0, len(rows), 8 * _BLOCK):
        found = queries @ widen(rows[i : i + 8 * _BLOCK]).T
        few = min(k, found.shape[1])
        part = np.argpartition(found, -few, axis=1)[:, -few:]
        scores = np.concatenate([scores, np.take_along_axis(found, part, axis=1)], axis=1)
        best = np.concatenate([best, part + i], axis=1)
        if scores.shape[1] > k:
            kept = np.argpartition(scores, -k, axis=1)[:, -k:]
            scores, best = np.take_along_axis(scores, kept, axis=1), np.take_along_axis(best, kept, axis=1)
    return best
