"""The part of a version that is held in memory: its segments, which of their rows are alive, and BM25 over all of them.

Knows nothing of the truth in SQLite. Shared by all snapshots of a generation, and by threads.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.scoring.bm25 import idf
from rag.store import lexical, schema
from rag.store.files import Array, distinct
from rag.store.matches import Common, Kept, Matches
from rag.store.segment import Mask, Segment
from rag.types import Document

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
R = TypeVar("R")
# Terms that stand in more than one passage of this many are kept as columns over all rows, of a byte each: one of bounds,
# and one of counts if they are asked for again.
_DENSE_SHARE = 16
_COMMON_FROM = 1000
_COLUMNS_KEPT_BYTES = 128 << 20
_COLUMNS_KEPT_A_ROW = 256
_LISTS_KEPT = 10_000
_DOCUMENT_CHARACTERS = 1 << 23


class Documents:
    """Documents that were read lately, by number: some are large, and their passages are found again and again."""

    def __init__(self, most: int = _DOCUMENT_CHARACTERS) -> None:
        self._most = most
        self._held: OrderedDict[int, Document] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def get(self, numbers: Iterable[int]) -> dict[int, Document]:
        """Those of the numbers that are remembered."""
        found = {}
        with self._lock:
            for number in numbers:
                document = self._held.get(number)
                if document is not None:
                    self._held.move_to_end(number)
                    found[number] = document
        return found

    def keep(self, found: Mapping[int, Document]) -> None:
        """Remember these, and forget what was not asked for longest."""
        with self._lock:
            for number, document in found.items():
                if number not in self._held:
                    self._held[number] = document
                    self._characters += len(document.text)
            while self._characters > self._most:
                self._characters -= len(self._held.popitem(last=False)[1].text)


class View:
    """The segments of a generation, which of their rows are alive, and what is worked out from them when first asked."""

    def __init__(self, state: schema.State, segments: Sequence[Segment], tombstones: Ids) -> None:
        self.state = state
        self.generation = state.generation
        self.segments = list(segments)
        self.starts = np.concatenate([[0], np.cumsum([s.count for s in segments])]).astype(np.int64)
        self.firsts = np.asarray([s.row.first for s in segments], dtype=np.int64)
        self.alive: list[Mask | None] = []
        for segment in segments:
            dead = tombstones[(tombstones >= segment.row.first) & (tombstones <= segment.row.last)]
            mask: Mask | None = None
            if len(dead):
                mask = np.isin(segment.ids, dead, invert=True)
                mask = None if mask.all() else mask
            self.alive.append(mask)
        parts = [s.ids if m is None else s.ids[m] for s, m in zip(segments, self.alive, strict=True)]
        self.ids: Ids = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
        self.ids.flags.writeable = False
        self.everywhere = not any(m is not None for m in self.alive)
        self.lock = threading.RLock()
        self._columns = Kept(max(_COLUMNS_KEPT_BYTES, _COLUMNS_KEPT_A_ROW * int(self.starts[-1])))
        # The posting lists of common terms that have been found whole: parts of the mapped files.
        self._common_lists: dict[tuple[str, int], list[tuple[int, Array, Array]]] = {}
        self.documents = Documents()
        self._free: list[NDArray[np.float64]] = []
        self.memo: dict[str, Any] = {}

    def once(self, name: str, make: Callable[[], R]) -> R:
        """What `make` gives, worked out once for this generation."""
        with self.lock:
            if name not in self.memo:
                self.memo[name] = make()
            found: R = self.memo[name]
            return found

    def living_lengths(self) -> tuple[list[Array], int, float]:
        """Terms per row of each segment, living passages, and their mean number of terms."""

        def make() -> tuple[list[Array], int, float]:
            lengths = [s.columns.whole("lengths") for s in self.segments]
            pairs = zip(lengths, self.alive, strict=True)
            total = sum(int((x if m is None else x[m]).sum(dtype=np.int64)) for x, m in pairs)
            return lengths, len(self.ids), total / max(len(self.ids), 1)

        return self.once("lengths", make)

    def norms(self) -> Floats:
        """BM25's length norm of every row."""

        def make() -> Floats:
            lengths, _, mean = self.living_lengths()
            return np.concatenate([lexical.norms(x, mean) for x in lengths] or [np.empty(0, np.float32)])

        return self.once("norms", make)

    def living(self, scores: Floats) -> Floats:
        """Values of all rows, brought down to the living ones."""
        if self.everywhere:
            return scores
        return scores[self.once("rows alive", self._rows_alive)]

    def _rows_alive(self) -> Mask:
        return np.concatenate(
            [np.ones(s.count, bool) if m is None else m for s, m in zip(self.segments, self.alive, strict=True)]
        )

    # ---- BM25 -----------------------------------------------------------------------------------------------------

    def bm25(self, channel: str, text: str) -> Floats:
        """(N,) BM25 of every living passage for the words and word pairs of `text`. Raises Damaged."""
        return self.matches(channel, text).everywhere()

    def matches(self, channel: str, text: str) -> Matches:
        """BM25 for the words and word pairs of `text`, to be asked of any living passages. Raises Damaged."""
        terms = lexical.query_terms(text, channel)
        norms = self.norms()
        places = None if self.everywhere else self.once("places alive", lambda: np.flatnonzero(self._rows_alive()))
        nowhere = Matches([], np.empty(0, np.int64), np.empty(0, np.float32), norms, places)
        if not len(terms) or not len(self.ids):
            return nowhere
        ranges = [lexical.ranges(s.columns, channel, terms) for s in self.segments]
        df = self.frequencies(channel, terms, ranges)
        rarity = idf(df, len(self.ids))
        common = df > max(len(self.ids) // _DENSE_SHARE, _COMMON_FROM)
        commons = []
        for i in np.flatnonzero(common).tolist():
            name = channel, int(terms[i])
            lists = self._common_lists.get(name)
            again = lists is not None
            if lists is None:
                lists = self._lists(channel, [(int(a[i]), int(b[i])) for a, b in ranges])
                if len(self._common_lists) > _LISTS_KEPT:
                    self._common_lists.clear()
                self._common_lists[name] = lists
            commons.append(Common(lists, rarity[i], norms, name, self._columns, again))
        rare = ~common & (df > 0)
        found: list[tuple[Array, Array]] = []
        for number, (segment, (starts, ends)) in enumerate(zip(self.segments, ranges, strict=True)):
            first, last = starts[rare], ends[rare]
            rows, counts = lexical.gather(segment.columns, channel, first, last)
            if len(rows):
                tf = counts.astype(np.float32)
                rows = np.add(rows, self.starts[number], dtype=np.int64)
                found.append((rows, np.repeat(rarity[rare], last - first) * (tf / (tf + norms[rows]))))
        if not found:
            return Matches(commons, np.empty(0, np.int64), np.empty(0, np.float32), norms, places)
        with self._zeros() as total:
            for rows, weights in found:
                # Summed in float64 in the order of the terms: the same total however the passages are split into segments.
                np.add.at(total, rows, weights.astype(np.float64))
            held = distinct(np.concatenate([rows for rows, _ in found]))
            sums = total[held].astype(np.float32)
            total[held] = 0.0
        return Matches(commons, held, sums, norms, places)

    @contextmanager
    def _zeros(self) -> Iterator[NDArray[np.float64]]:
        """Room for a sum for each row, all 0, and all 0 again afterwards: taking it from the system anew costs more than using it."""
        with self.lock:
            free = self._free.pop() if self._free else None
        room = np.zeros(int(self.starts[-1])) if free is None else free
        yield room
        with self.lock:
            self._free.append(room)

    def frequencies(self, channel: str, terms: lexical.Hashes, places: Sequence[tuple[Array, Array]]) -> Ids:
        """In how many living passages each term stands; `places` says where its lists are in each segment."""
        df = np.zeros(len(terms), dtype=np.int64)
        for segment, alive, (starts, ends) in zip(self.segments, self.alive, places, strict=True):
            widths = ends - starts
            if alive is None:
                df += widths
            elif int(widths.sum()):
                rows, _ = lexical.gather(segment.columns, channel, starts, ends)
                owner = np.repeat(np.arange(len(terms)), widths)
                df += np.bincount(owner, weights=alive[rows], minlength=len(terms)).astype(np.int64)
        return df

    def _lists(self, channel: str, places: Sequence[tuple[int, int]]) -> list[tuple[int, Array, Array]]:
        """The checked posting lists of a term: the first row of each segment, rows from there, and counts. Raises Damaged."""
        lists = []
        for start, segment, (first, last) in zip(self.starts.tolist(), self.segments, places, strict=False):
            if last > first:
                begin, end = np.asarray([first]), np.asarray([last])
                rows = segment.columns.touch(f"{channel}.rows", begin, end)[first:last]
                lists.append((start, rows, segment.columns.touch(f"{channel}.counts", begin, end)[first:last]))
        return lists
