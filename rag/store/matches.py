"""BM25 of one question over a view: the best passages, and the score of any, without weighing common words everywhere.

A word that stands in a tenth of all passages adds little to a score, and takes most of the time, since it adds that little
to so many. So what it adds to each passage is remembered as a byte, rounded up. The sum of these bytes and of the rare
terms bounds every score from above, within a few hundredths; only the passages that may be among the k best by it are
weighed. Bounds instead of scores are the idea of Turtle and Flood, "Query evaluation: strategies and optimizations", IPM
1995 (MaxScore), here passage by passage. Every score that is given out is the same to the bit as if all were weighed.
Knows nothing of how postings are stored.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.store.files import Array, distinct

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
# Rows that are weighed at a time: what is worked on stays in the nearest caches.
_RUN = 1 << 15
# Sums of a few dozen float32 numbers, and shares of them, are within this of each other; what is closer is not told apart.
_SLACK = 1e-5
# What a byte counts in: common terms have a rarity below log(1 + 16), about 2.8, and add less than that.
_UNIT = 1 / 90
# So many bytes cannot overflow a sum of 16 bits.
_MOST_SUMMED = 256


class Kept:
    """Arrays that are worked out when first asked for, the last used of them kept up to `most` bytes. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, Array] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Array | None:
        """The array if it is kept."""
        with self._lock:
            held = self._held.get(key)
            if held is not None:
                self._held.move_to_end(key)
            return held

    def once(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """The array, made if it is not kept."""
        held = self.get(key)
        if held is not None:
            return held
        made = make()
        with self._lock:
            if key not in self._held:
                self._held[key] = made
                self._bytes += made.nbytes
            while self._bytes > self._most and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1].nbytes
        return made


@dataclass(frozen=True, slots=True)
class Common:
    """A term of many passages: its posting lists (first row, rows from there ascending, counts) and its rarity.

    `name` tells it from the view's other terms; `kept` is where its columns are remembered. `again`: it has been asked
    for before, so that a column of its counts will be worth making.
    """

    lists: Sequence[tuple[int, Array, Array]]
    rarity: Any
    norms: Floats
    name: tuple[str, int]
    kept: Kept
    again: bool = False

    def counts(self) -> Array:
        """(n,) how often the term stands in each row."""

        def make() -> Array:
            out = np.zeros(len(self.norms), dtype=np.result_type(*(counts.dtype for _, _, counts in self.lists)))
            for first, rows, counts in self.lists:
                out[first:][rows] = counts
            return out

        return self.kept.once(("counts", *self.name), make)

    def bounds(self) -> NDArray[np.uint8]:
        """(n,) what the term adds to each row's score, in units, rounded up."""

        def make() -> Array:
            out = np.zeros(len(self.norms), dtype=np.uint8)
            for first, rows, counts in self.lists:
                tf = counts.astype(np.float32)
                added = tf / (tf + self.norms[first:][rows]) * self.rarity
                out[first:][rows] = np.ceil(added / np.float32(_UNIT) + np.float32(1e-3))
            return out

        return self.kept.once(("bounds", *self.name), make)

    def at(self, rows: Rows) -> Array:
        """(m,) how often the term stands in these rows."""
        held = self.counts() if self.again else self.kept.get(("counts", *self.name))
        if held is not None:
            return held[rows]
        bounds = self.kept.get(("bounds", *self.name))
        places = np.arange(len(rows)) if bounds is None else bounds.take(rows).nonzero()[0]
        out = np.zeros(len(rows), dtype=np.float32)
        if len(self.lists) == 1:
            first, there, counts = self.lists[0]
            out[places] = _looked_up(rows[places] - first, there, counts)
            return out
        for first, there, counts in self.lists:
            inside = places[(rows[places] >= first) & (rows[places] <= first + int(there[-1]))]
            out[inside] = _looked_up(rows[inside] - first, there, counts)
        return out


def _looked_up(rows: Rows, there: Array, counts: Array) -> Array:
    """(m,) the counts of a posting list, whose rows `there` ascend, at `rows` (m,) that its type can hold."""
    wanted = rows.astype(there.dtype)
    place = there.searchsorted(wanted)
    found = there.take(place, mode="clip") == wanted
    return np.asarray(counts.take(place, mode="clip") * found)


class Matches:
    """The scores of one question. `norms` (n,) are the length norms of all rows.

    `rows` ascending are those that hold a rare term and `sums` what these terms add up to there. `places` (N,) are the
    rows of the living passages, or None where all are alive.
    """

    def __init__(
        self, commons: Sequence[Common], rows: Rows, sums: Floats, norms: Floats, places: Rows | None = None
    ) -> None:
        self._commons = commons
        self._rows, self._sums = rows, sums
        self._norms = norms
        self._places = places
        self._whole: Floats | None = None
        # What has been weighed already: positions, ascending, and their scores.
        self._told: tuple[Rows, Floats] = np.empty(0, np.int64), np.empty(0, np.float32)

    def everywhere(self) -> Floats:
        """(N,) the score of every living passage."""
        if self._whole is None:
            out = np.zeros(len(self._norms), dtype=np.float32)
            _add_weighed(out, [(common.counts(), common.rarity) for common in self._commons], self._norms)
            out[self._rows] += self._sums
            self._whole = out if self._places is None else out[self._places]
        return self._whole

    def at(self, positions: Array) -> Floats:
        """(m,) the scores of the living passages at these positions."""
        if self._whole is not None:
            return self._whole[positions]
        told, scores = self._told
        if not len(told):
            return self._weighed(positions)
        near = np.minimum(told.searchsorted(positions), len(told) - 1)
        out = scores[near]
        new = (told[near] != positions).nonzero()[0]
        out[new] = self._weighed(positions[new])
        return out

    def _weighed(self, positions: Array) -> Floats:
        rows = positions if self._places is None else self._places[positions]
        out = np.zeros(len(rows), dtype=np.float32)
        _add_weighed(out, [(common.at(rows), common.rarity) for common in self._commons], self._norms[rows])
        if len(self._rows):
            near = np.minimum(np.searchsorted(self._rows, rows), len(self._rows) - 1)
            found = np.flatnonzero(self._rows[near] == rows)
            out[found] += self._sums[near[found]]
        return out

    def best(self, k: int) -> tuple[Rows, Floats]:
        """Positions, ascending, and scores of at least the `k` best living passages and all that are level with them.

        "Level" allows for rounding: whatever could share the k-th place once scores are divided by another number.
        """
        if self._whole is None and 0 < k and len(self._commons) <= _MOST_SUMMED:
            positions = self._may_be_best(k)
            if positions is not None:
                self._told = positions, self._weighed(positions)
                return _level(*self._told, k)
        scores = self.everywhere()
        return _level(np.arange(len(scores)), scores, k)

    def _may_be_best(self, k: int) -> Rows | None:
        """Positions, ascending, of all that can be among the k best; None where that is not told without weighing all."""
        rows, sums = self._rows, self._sums
        if self._places is not None:
            alive = self._living(rows)
            rows, sums = rows[alive], sums[alive]
        if k > len(rows):
            return None
        most = np.zeros(len(self._norms), dtype=np.uint16)
        for common in self._commons:
            np.add(most, common.bounds(), out=most)
        high = sums + most[rows] * np.float32(_UNIT)
        # The k-th best scores no less than this: each byte is too high by a unit and a thousandth at most.
        least = float(np.partition(high, len(high) - k)[len(high) - k]) - 1.01 * _UNIT * len(self._commons)
        least *= 1 - 3 * _SLACK
        others = np.flatnonzero(most >= np.uint16(min(max(int(least / _UNIT), 1), 0xFFFF)))
        if least <= 0 or len(others) > len(most) // 8:
            return None
        found = rows[high >= np.float32(least)]
        if len(others):
            if self._places is not None:
                others = others[self._living(others)]
            found = distinct(np.concatenate([found, others]))
        return found if self._places is None else np.searchsorted(self._places, found)

    def _living(self, rows: Rows) -> NDArray[np.bool_]:
        places = self._places
        assert places is not None
        if not len(places):
            return np.zeros(len(rows), dtype=bool)
        return np.asarray(places[np.minimum(np.searchsorted(places, rows), len(places) - 1)] == rows)


def _level(positions: Rows, scores: Floats, k: int) -> tuple[Rows, Floats]:
    if not 0 < k < len(scores):
        return positions, scores
    edge = float(np.partition(scores, len(scores) - k)[len(scores) - k])
    kept = np.flatnonzero(scores >= np.float32(edge * (1 - _SLACK)))
    return positions[kept], scores[kept]


def _add_weighed(out: Floats, columns: Sequence[tuple[Array, Any]], norms: Floats) -> None:
    """Add rarity · tf / (tf + norm) of each (counts (n,), rarity) to `out` (n,), column by column in their order."""
    if not columns or not len(out):
        return
    tf, weight = np.empty((2, min(_RUN, len(out))), dtype=np.float32)
    for start in range(0, len(out), _RUN):
        end = min(start + _RUN, len(out))
        n, total, norm = end - start, out[start:end], norms[start:end]
        for counts, rarity in columns:
            tf[:n] = counts[start:end]
            np.add(tf[:n], norm, out=weight[:n])
            np.divide(tf[:n], weight[:n], out=weight[:n])
            np.multiply(weight[:n], rarity, out=weight[:n])
            np.add(total, weight[:n], out=total)
