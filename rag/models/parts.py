"""The words that the pieces of a vocabulary are made of, as numbers that do not tell diacritics apart.

A vocabulary has pieces of several words ("chuyển▁đổi") beside those of one, so the same word comes in many pieces. Here each
piece is a run of parts: itself, or where it is of several words the pieces of these. Two pieces that differ in nothing but
diacritics have the same number. Knows nothing of vectors, files or indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.models.unigram import MARK
from rag.text.normalise import fold


@dataclass(frozen=True, slots=True, eq=False)
class WordParts:
    """`numbers` (P,) of the parts, piece by piece, all below `size`; piece i has those from bounds[i] to bounds[i + 1], at
    least one. `bounds` is (V + 1,)."""

    numbers: NDArray[np.uint32]
    bounds: NDArray[np.int64]

    @property
    def size(self) -> int:
        """One more than the highest number there can be: there are no more numbers than pieces."""
        return len(self.bounds) - 1

    def of(self, pieces: NDArray[np.integer]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The parts (p,) of the pieces (n,) one after the other, and (n + 1,) where each piece's begin."""
        first = self.bounds[pieces]
        counts = self.bounds[np.asarray(pieces, dtype=np.int64) + 1] - first
        starts = np.zeros(len(counts) + 1, dtype=np.int64)
        np.cumsum(counts, out=starts[1:])
        return self.numbers[np.repeat(first - starts[:-1], counts) + np.arange(starts[-1])], starts


def word_parts(pieces: Sequence[str], cut: Callable[[list[str]], Iterable[Sequence[int]]]) -> WordParts:
    """The parts of a vocabulary, its `pieces` in order of id; `cut` gives the ids of the pieces of each of some words."""
    split = {i: piece.split(MARK) for i, piece in enumerate(pieces) if MARK in piece[1:]}
    several = {i: kept for i, found in split.items() if len(kept := [word for word in found if word]) > 1}
    single = sorted({word for found in several.values() for word in found})
    known = dict(zip(single, cut(single), strict=True))
    seen: dict[str, int] = {}
    own = [seen.setdefault(fold(piece), len(seen)) for piece in pieces]
    numbers: list[int] = []
    bounds = [0]
    for i, number in enumerate(own):
        ids = [part for word in several.get(i, ()) for part in known[word]]
        numbers += [own[part] for part in ids] or [number]
        bounds.append(len(numbers))
    return WordParts(np.array(numbers, dtype=np.uint32), np.array(bounds, dtype=np.int64))
