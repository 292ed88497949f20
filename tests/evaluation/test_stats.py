"""Intervals, percentiles and paired tests against scipy, numpy and hand values."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from rag.evaluation.stats import bootstrap_interval, mean, percentile, permutation_p, wilson


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 20), (7, 20), (20, 20), (133, 192), (284, 284)])
def test_wilson_equals_scipy(k: int, n: int) -> None:
    theirs = reference.binomtest(k, n).proportion_ci(method="wilson")
    assert wilson(k, n) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(0, 100))
def test_percentile_equals_numpy(values: list[float], q: float) -> None:
    assert percentile(values, q) == pytest.approx(float(np.percentile(values, q)), rel=1e-9, abs=1e-6)


def test_percentile_and_mean_of_nothing() -> None:
    assert percentile([], 50) == 0.0
    assert mean([None, None]) is None and mean([None, 1.0, 0.0]) == 0.5


@pytest.mark.parametrize(
    "deltas",
    [[1, -1], [1, 1, 1], [1, 1, 1, -1, 0, 0], [0.5, 0.25, -0.125, 1, 1, 0, -1, 0.3], [1] * 8 + [-1] * 3 + [0] * 50],
    ids=str,
)
def test_exact_permutation_equals_scipy(deltas: list[float]) -> None:
    zero = np.zeros(len(deltas))
    theirs = reference.permutation_test(
        (np.array([d for d in deltas if d]), zero[: sum(map(bool, deltas))]),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    )
    assert permutation_p(deltas) == pytest.approx(theirs.pvalue, abs=1e-9)


def test_sampled_permutation_is_close_to_the_binomial_sign_test() -> None:
    deltas = [1.0] * 28 + [-1.0] * 12
    assert permutation_p(deltas) == pytest.approx(reference.binomtest(28, 40).pvalue, abs=0.005)


def test_permutation_of_no_difference() -> None:
    assert permutation_p([0.0, 0.0]) == 1.0 and permutation_p([]) == 1.0
    assert permutation_p([1.0] * 30) == pytest.approx(1 / 10_001), "never 0 when sampled"


def test_bootstrap_is_close_to_scipy() -> None:
    rnd = random.Random(1)
    deltas = [rnd.choice([-1.0, 0.0, 0.0, 1.0, 1.0, 0.5]) for _ in range(150)]
    theirs = reference.bootstrap((deltas,), np.mean, method="percentile", n_resamples=20_000, rng=3).confidence_interval
    assert bootstrap_interval(deltas) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_bootstrap_is_reproducible() -> None:
    deltas = [1.0, 0.0, -1.0, 1.0]
    assert bootstrap_interval(deltas, seed=4) == bootstrap_interval(deltas, seed=4)
    assert bootstrap_interval([0.0, 0.0]) == (0.0, 0.0)
