"""A bilingual dictionary of pieces, aligned in the parallel text. Knows id sequences; knows nothing of vectors.

IBM Model 1 (Brown et al. 1993) in both directions over the same sentence pairs; a pair of pieces is kept when both
directions agree on it. Pieces may be superwords, so "transformation" meets "chuyển▁đổi" as a unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.training.ragged import Index, Ragged

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Dictionary:
    """Aligned pieces: `english[i]` ~ `vietnamese[i]` with `score[i]` = sqrt(p(v|e) p(e|v)), seen together `count[i]` times."""

    english: Index
    vietnamese: Index
    score: Floats
    forward: Floats
    count: Floats

    def translations(self) -> dict[int, tuple[list[int], list[float]]]:
        """Vietnamese id -> (English ids, weights p(e|v))."""
        table: dict[int, tuple[list[int], list[float]]] = {}
        for e, v, p in zip(self.english.tolist(), self.vietnamese.tolist(), self.forward.tolist(), strict=True):
            ids, weights = table.setdefault(v, ([], []))
            ids.append(e)
            weights.append(p)
        return table


def mine(
    english: Ragged,
    vietnamese: Ragged,
    size: int,
    longest: int = 28,
    rounds: int = 4,
    least: float = 0.1,
    min_count: float = 1.5,
) -> Dictionary:
    """Align pieces of sentence pairs (row i of one is the translation of row i of the other); `size` is the vocabulary's size."""
    keep = np.flatnonzero((english.lengths <= longest) & (vietnamese.lengths <= longest))
    e, v = english.take(keep), vietnamese.take(keep)
    le, lv = e.lengths, v.lengths
    sentence = np.repeat(np.arange(len(keep)), le * lv)
    first = np.concatenate([[0], (le * lv).cumsum()])[:-1]
    within = np.arange(len(sentence)) - first[sentence]
    at_e = (e.starts[:-1][sentence] + within // lv[sentence]).astype(np.int32)
    at_v = (v.starts[:-1][sentence] + within % lv[sentence]).astype(np.int32)
    del sentence, within
    pair, cell = np.unique(e.flat[at_e].astype(np.int64) * size + v.flat[at_v], return_inverse=True)
    pair_e, pair_v = pair // size, pair % size

    def model(own: NDArray[np.int32], given: Index) -> tuple[Floats, Floats]:
        """t(own piece | given piece) per pair and its expected count, by expectation-maximisation."""
        t = np.ones(len(pair), np.float32)
        counts = t
        for _ in range(rounds):
            weight = t[cell]
            weight /= np.bincount(own, weight)[own]
            counts = np.bincount(cell, weight, minlength=len(pair)).astype(np.float32)
            t = (counts / (np.bincount(given, counts)[given] + 0.5)).astype(np.float32)
        return t, counts

    given_e, count_e = model(at_v, pair_e)  # p(v|e): each Vietnamese position is explained by the English ones
    given_v, count_v = model(at_e, pair_v)  # p(e|v)
    score, count = np.sqrt(given_e * given_v), np.sqrt(count_e * count_v)
    good = np.flatnonzero((score > least) & (count > min_count) & (pair_e != pair_v))
    return Dictionary(pair_e[good], pair_v[good], score[good], given_v[good], count[good])
