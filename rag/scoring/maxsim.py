"""Late interaction over static token vectors: each question token looks for its best match among a text's tokens.

MaxSim follows Khattab and Zaharia, "ColBERT", SIGIR 2020. Two changes suit static vectors: a token weighs as much as
a power of its vector's length (training makes telling tokens long and common ones short), and cosines under 0.3 count as
no match. Within one language the square is best, better than the length times a rarity counted in the index: the rare
word is there or it is not. Across languages no word is certain to have its like, and the length itself is better.
Knows nothing of models or storage: arrays in, arrays out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rag.scoring.products import products

FLOOR = 0.3
POWER = 2.0
POWER_ACROSS = 1.0

Floats = NDArray[np.float32]


def importance(norms: Floats, across: bool = False) -> Floats:
    """Weights of question tokens (t,) from the lengths of their vectors; `across` for texts in another language."""
    return np.asarray(norms ** (POWER_ACROSS if across else POWER), dtype=np.float32)


def best_cosines(query_vectors: Floats, flat_unit_vectors: Floats, starts: NDArray[np.integer]) -> Floats:
    """Per text and question token the highest cosine, (n, t).

    `query_vectors` (t, d) and `flat_unit_vectors` (m, d) hold unit rows; text i owns rows starts[i] to starts[i + 1].
    Raises ValueError for a text without rows (give it one zero row).
    """
    _check(starts, len(flat_unit_vectors))
    return _reduce(products(flat_unit_vectors, query_vectors), starts)


def best_cosines_of_pieces(
    query_vectors: Floats, table: NDArray[np.floating], flat_pieces: NDArray[np.integer], starts: NDArray[np.integer]
) -> Floats:
    """As `best_cosines` for texts given as rows `flat_pieces` (m,) of `table` (V, d): each distinct row is multiplied once."""
    _check(starts, len(flat_pieces))
    if not len(starts):
        return np.zeros((0, len(query_vectors)), dtype=np.float32)
    cosines, place = _distinct(query_vectors, table, flat_pieces)
    return _reduce(cosines[place], starts)


def best_cosines_of_groups(
    query_vectors: Floats, table: NDArray[np.floating], flat_pieces: NDArray[np.integer], bounds: NDArray[np.integer]
) -> Floats:
    """As `best_cosines_of_pieces` for n groups between n + 1 `bounds`, any of which may be empty and then scores 0."""
    return best_of_groups(*_distinct(query_vectors, table, flat_pieces), bounds)


def distinct(flat_pieces: NDArray[np.integer], rows: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The distinct ones (u,) of `flat_pieces` (m,), each below `rows`, ascending; and the place (m,) of each in them."""
    seen = np.zeros(rows, dtype=bool)
    seen[flat_pieces] = True
    numbers = np.flatnonzero(seen)
    place = np.empty(rows, dtype=np.int32)
    place[numbers] = np.arange(len(numbers), dtype=np.int32)
    return numbers, place[flat_pieces]


def best_of_groups(
    cosines: Floats, place: NDArray[np.integer], bounds: NDArray[np.integer], floor: float | None = None
) -> Floats:
    """Highest cosines (n, t) of n groups between n + 1 `bounds`, 0 for empty ones; row `place`[i] of `cosines` (u, t) is
    that of piece i.

    With `floor` any highest cosine under it may come out as another number under it: most pieces are like no token of
    the question, and are passed over.
    """
    out = np.zeros((len(bounds) - 1, cosines.shape[1]), dtype=np.float32)
    if floor is not None:
        rows = np.flatnonzero((cosines >= floor).any(axis=1).take(place))
        place, bounds = place[rows], np.searchsorted(rows, bounds)
    filled = np.flatnonzero(np.diff(bounds))
    if len(filled):
        # Empty groups own no rows, so the filled ones lie side by side.
        out[filled] = _reduce(cosines.take(place, axis=0), bounds[:-1][filled])
    return out


def reverse(
    cosines: Floats,
    weights: Floats,
    place: NDArray[np.integer],
    bounds: NDArray[np.integer],
    floor: float = FLOOR,
) -> Floats:
    """MaxSim the other way round, (n,): how much of each text the question says, the weighted mean over the text's pieces
    of their best cosine with any question token, cosines under `floor` counted as 0.

    `cosines` (u, t) and `weights` (u,) are those of the distinct pieces, `place` and `bounds` as in `best_of_groups`.
    Empty texts score 0, as do all where t is 0. With `weighted` it stands as precision to recall (Zhang et al.,
    "BERTScore", ICLR 2020).
    """
    if not cosines.shape[1]:
        return np.zeros(len(bounds) - 1, dtype=np.float32)
    best = cosines.max(axis=1)
    said = np.where(best >= floor, best, np.float32(0.0)) * weights

    def sums(values: Floats) -> NDArray[np.float64]:
        total = np.concatenate([[0.0], np.cumsum(values[place], dtype=np.float64)])
        return np.asarray(total[bounds[1:]] - total[bounds[:-1]])

    whole = sums(weights)
    return np.asarray(np.where(whole > 1e-9, sums(said) / np.maximum(whole, 1e-9), 0.0), dtype=np.float32)


def f1(precision: Floats, recall: Floats) -> Floats:
    """The harmonic mean of two scores (n,) that are not negative; 0 where both are."""
    return np.asarray(2 * precision * recall / np.maximum(precision + recall, 1e-6), dtype=np.float32)


def weighted(best: Floats, query_weights: Floats, floor: float = FLOOR) -> Floats:
    """Weighted mean over question tokens of the best cosines (n, t), those under `floor` counted as 0: (n,) in [0, 1].

    The weights are not negative; when they are all 0 so is the score.
    """
    total = float(query_weights.sum())
    if total <= 0.0:
        return np.zeros(len(best), dtype=np.float32)
    kept = np.where(best >= floor, best, np.float32(0.0))
    return np.asarray(kept @ (query_weights / np.float32(total)).astype(np.float32), dtype=np.float32)


def maxsim(
    query_vectors: Floats,
    query_weights: Floats,
    flat_unit_vectors: Floats,
    starts: NDArray[np.integer],
    floor: float = FLOOR,
) -> Floats:
    """Score (n,) of n texts: Σ_t w_t · max_s cos(t, s) / Σ_t w_t, cosines under `floor` ignored."""
    return weighted(best_cosines(query_vectors, flat_unit_vectors, starts), query_weights, floor)


def maxsim_of_pieces(
    query_vectors: Floats,
    query_weights: Floats,
    table: NDArray[np.floating],
    flat_pieces: NDArray[np.integer],
    starts: NDArray[np.integer],
    floor: float = FLOOR,
) -> Floats:
    """`maxsim` for texts given as piece ids into `table` (V, d) of unit rows."""
    return weighted(best_cosines_of_pieces(query_vectors, table, flat_pieces, starts), query_weights, floor)


def group_max(values: Floats, starts: NDArray[np.integer]) -> Floats:
    """Highest of each group along the first axis; group i is values[starts[i] : starts[i + 1]]."""
    _check(starts, len(values))
    return _reduce(values, starts)


def _distinct(
    query_vectors: Floats, table: NDArray[np.floating], flat_pieces: NDArray[np.integer]
) -> tuple[Floats, NDArray[np.int32]]:
    """Cosines (u, t) of the u distinct pieces, and the row of each piece in them."""
    numbers, place = distinct(flat_pieces, len(table))
    return products(np.asarray(table[numbers], dtype=np.float32), query_vectors), place


def _reduce(values: Floats, starts: NDArray[np.integer]) -> Floats:
    if not len(starts):
        return np.zeros((0, *values.shape[1:]), dtype=np.float32)
    return np.asarray(np.maximum.reduceat(values, starts, axis=0), dtype=np.float32)


def _check(starts: NDArray[np.integer], rows: int) -> None:
    """reduceat would silently repeat a neighbour's row for an empty group."""
    if len(starts) and (starts[0] != 0 or np.any(np.diff(starts) <= 0) or starts[-1] >= rows):
        raise ValueError(f"each of the {len(starts)} groups needs at least one of the {rows} rows, in order from row 0")
