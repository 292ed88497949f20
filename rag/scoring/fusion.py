"""One score from several channels. Pure arithmetic over arrays; knows nothing of models, storage or question sets.

Each channel is first brought to a scale that means the same for every question and every collection: BM25 as a share of
the best BM25 that the question gets anywhere, MaxSim as the weighted mean of best cosines, vectors as cosines. Then one
linear rule, whose weights depend only on what the program knows: whether question and passage are in one language or in
two, whether the question was typed without diacritics, and whether it is a question at all. The weights stand in ``fusion.json``, written by
`rag.training.fit_fusion`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.scoring.products import products

Floats = NDArray[np.float32]

SAME, FOLDED, CROSS, STATEMENT = "same", "folded", "cross", "statement"
"""Question and passage in one language; the same, the question without its diacritics; in two languages; in two, where
what is searched for is no question but says what the passage would."""
PAIRS = (SAME, FOLDED, CROSS, STATEMENT)

LEXICAL = ("folded", "exact")
DENSE = ("dense", "sentence", "sentence_pair")
TOKENS = ("maxsim", "maxsim_sentence", "maxsim_pair")
REVERSE = ("maxsim_reverse", "maxsim_f1")
"""How much of the passage's best sentence the question says, and the harmonic mean of this and MaxSim."""
PROXIMITY = ("window", "lead")
"""The share of the question's words that stands together, and at the passage's beginning."""
NEIGHBOURS = "neighbours"
"""The score of passages that are like this one."""
# Cosine from which passages are like each other; and the best passages, whose likeness alone is looked at.
LIKE = 0.6
MOST_ALIKE = 256
# How many scores make a group of which only the peak is looked at first, when there are very many.
_RUN = 64
CHANNELS = (*LEXICAL, *DENSE, *TOKENS, *REVERSE, *PROXIMITY, NEIGHBOURS)


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight per channel for each pair of languages; a channel that is not named weighs nothing.

    The channels of `standardised` are first brought to mean 0 and deviation 1 over the candidates: cosines of an
    arbitrary embedder have a scale of their own.
    """

    pairs: Mapping[str, Mapping[str, float]]
    standardised: tuple[str, ...] = ()

    def of(self, pair: str) -> Mapping[str, float]:
        """The weights of one of PAIRS."""
        return self.pairs[pair]


@lru_cache(maxsize=4)
def load(name: str = "tokens") -> Weights:
    """The fitted weights: "tokens" for embedders with token vectors, "vectors" for those without."""
    table = json.loads(Path(__file__).with_name("fusion.json").read_text(encoding="utf-8"))[name]
    return Weights({pair: dict(table[pair]) for pair in PAIRS}, tuple(table.get("standardised", ())))


def share(scores: Floats, allowed: NDArray[np.bool_] | None = None) -> Floats:
    """Scores (n,) that are not negative as shares of the highest, or of the highest that is `allowed`; 0 when that is 0."""
    chosen = scores if allowed is None else scores[allowed]
    best = float(chosen.max(initial=0.0))
    return np.asarray(scores / np.float32(best) if best > 0.0 else np.zeros_like(scores), dtype=np.float32)


def standardise(values: Floats) -> Floats:
    """Values (n,) with mean 0 and deviation 1; all 0 where they do not differ."""
    if not len(values):
        return values
    centred = values - values.mean(dtype=np.float32)
    deviation = float(centred.std())
    return np.asarray(centred / np.float32(deviation) if deviation > 1e-9 else np.zeros_like(values), dtype=np.float32)


def fuse(
    channels: Mapping[str, Floats], cross: NDArray[np.bool_], weights: Weights, home: str = SAME, away: str = CROSS
) -> Floats:
    """The score (n,) of n passages: Σ weight · channel, with the weights that each passage's language calls for.

    `channels` holds (n,) arrays by name; `cross` (n,) is True where the passage's language is not the question's;
    `home` is the pair, SAME or FOLDED, for the passages where it is, `away`, CROSS or STATEMENT, for the others.
    """
    total = np.zeros(len(cross), dtype=np.float32)
    here, there = weights.of(home), weights.of(away)
    mixed, other = bool(cross.any()), bool(cross.all())
    for name, values in channels.items():
        weight: Floats | np.float32 = np.float32((there if other else here).get(name, 0.0))
        if mixed and not other:
            weight = np.where(cross, np.float32(there.get(name, 0.0)), weight)
        total += weight * (standardise(values) if name in weights.standardised else values)
    return total


def smoothed(scores: Floats, vectors: Floats) -> Floats:
    """Of each of n passages the mean score of the others that are like it, weighed by their cosines; its own where none is.

    `scores` (n,), `vectors` (n, d) unit rows. Passages that say the same are right or wrong together (Diaz, "Regularizing
    ad hoc retrieval scores", CIKM 2005). Only the MOST_ALIKE best are looked at: their number counts twice in the time.
    """
    out = np.array(scores, dtype=np.float32)
    best = np.sort(top(out, MOST_ALIKE))
    rows = vectors[best]
    alike = products(rows, rows)
    np.fill_diagonal(alike, 0.0)
    alike[alike <= LIKE] = 0.0
    total = alike.sum(axis=1)
    some = total > 0.0
    out[best[some]] = (alike[some] @ out[best]) / total[some]
    return out


def neighbours(
    channels: Mapping[str, Floats], cross: NDArray[np.bool_], weights: Weights, vectors: Floats, home: str = SAME
) -> Floats:
    """The channel NEIGHBOURS (n,): the other channels' score, fused as `fuse` does and divided by what they weigh, smoothed
    over the passages (n, d) in the question's language; 0 for those in another."""
    here = np.flatnonzero(~cross)
    told = weights.of(home)
    rest = {name: values[here] for name, values in channels.items() if name != NEIGHBOURS}
    whole = sum(told.get(name, 0.0) for name in rest)
    rough = fuse(rest, cross[here], weights, home) / np.float32(max(whole, 1e-9))
    out = np.zeros(len(cross), dtype=np.float32)
    out[here] = smoothed(rough, vectors[here])
    return out


def order(scores: NDArray[np.floating], sources: Sequence[str], starts: Sequence[int]) -> list[int]:
    """Positions best first: by score, then source, then start, so that equal scores always come in the same order."""
    return sorted(range(len(scores)), key=lambda i: (-float(scores[i]), sources[i], starts[i]))


def top(scores: Floats, k: int) -> NDArray[np.int64]:
    """Positions of the `k` highest scores in no particular order, ties at the edge by position; all when k >= n."""
    n = len(scores)
    if k >= n:
        return np.arange(n)
    if k <= 0:
        return np.empty(0, dtype=np.int64)
    if n > _RUN * 4 * k:
        # Of groups of scores the k-th highest peak is no more than the k-th highest of all: few scores get that far.
        whole = n - n % _RUN
        peaks = scores[:whole].reshape(_RUN, -1).max(axis=0)
        least = np.partition(peaks, len(peaks) - k)[len(peaks) - k]
        places = np.flatnonzero(scores >= least)
        return np.asarray(places[top(scores[places], k)]) if len(places) < n // 2 else _top(scores, k)
    return _top(scores, k)


def _top(scores: Floats, k: int) -> NDArray[np.int64]:
    n = len(scores)
    edge = np.partition(scores, n - k)[n - k]
    above = np.flatnonzero(scores > edge)
    return np.concatenate([above, np.flatnonzero(scores == edge)[: k - len(above)]])
