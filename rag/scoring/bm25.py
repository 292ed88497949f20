"""BM25 in pieces: terms of a text, weight of a term, weight of its occurrences. Knows nothing of how postings are stored.

Robertson, Walker: "Some simple effective approximations to the 2-Poisson model for probabilistic weighted retrieval",
SIGIR 1994; the idf with +1 inside the logarithm (never negative) is Lucene's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.text.normalise import fold, words

K1 = 1.2
B = 0.75
# Joins the two syllables of a bigram; no word holds it, since words are runs of \w without it between them.
JOINER = " "

Floats = NDArray[np.float32]


def terms(text: str, folded: bool = False, bigrams: bool = True) -> list[str]:
    """Words of `text` in order, then its pairs of neighbours ("chuyển đổi"), with repetitions.

    Vietnamese words are mostly two syllables written apart, so pairs are what single words are elsewhere.
    With `folded` the diacritics are gone (and đ is d).
    """
    singles = words(text)
    if folded:
        singles = [fold(word) for word in singles]
    if not bigrams:
        return singles
    return singles + [f"{a}{JOINER}{b}" for a, b in pairwise(singles)]


def idf(frequencies: NDArray[np.generic] | Sequence[int], documents: int) -> Floats:
    """Rarity of terms that stand in `frequencies` of `documents` texts: log(1 + (N - n + .5) / (n + .5))."""
    n = np.asarray(frequencies, dtype=np.float64)
    return np.asarray(np.log1p((documents - n + 0.5) / (n + 0.5)), dtype=np.float32)


def saturation(
    counts: NDArray[np.generic], lengths: NDArray[np.generic], mean_length: float, k1: float = K1, b: float = B
) -> Floats:
    """Weight of `counts` occurrences in texts of `lengths` terms: tf / (tf + k1 (1 - b + b length / mean)), below 1."""
    tf = np.asarray(counts, dtype=np.float32)
    norm = k1 * (1.0 - b + b * np.asarray(lengths, dtype=np.float32) / np.float32(max(mean_length, 1e-9)))
    return np.asarray(tf / (tf + norm), dtype=np.float32)


def ceiling(rarities: NDArray[np.generic]) -> float:
    """What a text would score that held each term so often that it saturates: the sum of the terms' rarities.

    Dividing a BM25 score by it gives the share of the question that is met, in [0, 1), whatever the corpus.
    """
    return float(np.sum(np.asarray(rarities, dtype=np.float64)))
