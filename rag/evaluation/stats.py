"""Intervals, percentiles and paired tests over plain numbers. Knows nothing of questions, runs or files.

Everything random takes a seed, so that the same numbers always give the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

RESAMPLES = 10_000
EXACT_PAIRS = 14


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of what is not None; None of nothing."""
    kept = [v for v in values if v is not None]
    return math.fsum(kept) / len(kept) if kept else None


def wilson(successes: float, n: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """The Wilson score interval of a proportion (Wilson, JASA 1927), 95 % by default; (0, 1) of nothing.

    For a mean of values inside [0, 1] pass their sum: their variance is at most p(1 - p), so the interval is then
    wider than it need be, never narrower.
    """
    if n == 0:
        return (0.0, 1.0)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(max(0.0, p * (1 - p)) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return (max(0.0, centre - half), min(1.0, centre + half))


def percentile(values: Sequence[float], q: float) -> float:
    """Linear-interpolated percentile, q in [0, 100]; 0.0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    at = (len(ordered) - 1) * q / 100
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def bootstrap_interval(deltas: Sequence[float], seed: int = 0, resamples: int = RESAMPLES) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean (Efron and Tibshirani 1993). (0, 0) when nothing differs."""
    if not any(deltas):
        return (0.0, 0.0)
    values = np.asarray(deltas, dtype=np.float64)
    rng = np.random.default_rng(seed)
    means = np.concatenate(
        [
            values[rng.integers(0, len(values), (1000, len(values)))].mean(axis=1)
            for _ in range(max(1, resamples // 1000))
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return (float(low), float(high))


def permutation_p(deltas: Sequence[float], seed: int = 0, resamples: int = RESAMPLES) -> float:
    """Two-sided p of a paired mean difference under random sign flips (Fisher 1935).

    Exact up to EXACT_PAIRS pairs that differ, sampled beyond (then with the observed one counted in, so never 0).
    """
    moved = np.abs(np.asarray([d for d in deltas if d], dtype=np.float64))
    if not len(moved):
        return 1.0
    # A flip that only re-orders the same sum must count as equal in spite of rounding.
    observed = abs(math.fsum(deltas)) - 1e-9 * float(moved.sum())
    if len(moved) <= EXACT_PAIRS:
        bits = np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved)) & 1
        return float(np.mean(np.abs((2 * bits - 1) @ moved) >= observed))
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(max(1, resamples // 1000)):
        signs = 2 * rng.integers(0, 2, (1000, len(moved))) - 1
        hits += int(np.sum(np.abs(signs @ moved) >= observed))
    return (hits + 1) / (max(1, resamples // 1000) * 1000 + 1)
