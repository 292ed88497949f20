"""The fusion rule: weights by language pair, scales, and the total order."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.scoring import fusion

WEIGHTS = fusion.Weights({"same": {"folded": 0.5, "maxsim": 0.25}, "folded": {"folded": 2.0}, "cross": {"maxsim": 1.0}})


def test_weights_follow_the_language_of_each_passage():
    channels = {
        "folded": np.array([1, 1], np.float32),
        "maxsim": np.array([1, 2], np.float32),
        "other": np.ones(2, np.float32),
    }
    got = fusion.fuse(channels, np.array([False, True]), WEIGHTS)
    assert got.tolist() == [0.75, 2.0] and got.dtype == np.float32
    assert fusion.fuse(channels, np.array([False, True]), WEIGHTS, fusion.FOLDED).tolist() == [2.0, 2.0]
    assert WEIGHTS.of("cross") == {"maxsim": 1.0} and WEIGHTS.of("same")["folded"] == 0.5


def test_a_standardised_channel_forgets_its_scale():
    weights = fusion.Weights({"same": {"dense": 1.0}, "cross": {}}, ("dense",))
    values = np.array([0.7, 0.8, 0.9], np.float32)
    same = np.zeros(3, dtype=bool)
    first = fusion.fuse({"dense": values}, same, weights)
    np.testing.assert_allclose(first, fusion.fuse({"dense": values * 10 + 3}, same, weights), atol=1e-4)
    assert first.mean() == pytest.approx(0, abs=1e-6) and first.std() == pytest.approx(1, abs=1e-5)
    assert fusion.standardise(np.full(4, 0.3, np.float32)).tolist() == [0, 0, 0, 0]
    assert fusion.standardise(np.zeros(0, np.float32)).shape == (0,)


@pytest.mark.parametrize("rule", ["tokens", "vectors"])
def test_the_fitted_weights(rule: str):
    weights = fusion.load(rule)
    for pair in fusion.PAIRS:
        told = weights.of(pair)
        assert told and set(told) <= set(fusion.CHANNELS) and all(w > 0 for w in told.values())
    assert set(weights.of("same")) & set(fusion.LEXICAL)
    if rule == "vectors":
        assert not any(set(weights.of(p)) & set(fusion.TOKENS) for p in fusion.PAIRS)
    # words say less where the languages differ
    lexical = [sum(weights.of(p).get(c, 0) for c in fusion.LEXICAL) for p in fusion.PAIRS]
    assert lexical[2] < lexical[0]


def test_shares_are_of_the_highest():
    scores = np.array([0, 1, 4], np.float32)
    assert fusion.share(scores).tolist() == [0, 0.25, 1]
    assert fusion.share(scores, np.array([True, True, False])).tolist() == [0, 1, 4]
    assert fusion.share(np.zeros(2, np.float32)).tolist() == [0, 0]
    assert fusion.share(scores, np.zeros(3, dtype=bool)).tolist() == [0, 0, 0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 30))
def test_scores_are_smoothed_over_passages_that_are_alike(seed: int, n: int):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = rng.random(n).astype(np.float32)
    got = fusion.smoothed(scores, vectors)
    for i in range(n):
        like = [(float(vectors[i] @ vectors[j]), float(scores[j])) for j in range(n) if j != i]
        like = [(c, s) for c, s in like if c > fusion.LIKE]
        wanted = sum(c * s for c, s in like) / sum(c for c, _ in like) if like else float(scores[i])
        assert got[i] == pytest.approx(wanted, abs=1e-5)


def test_of_very_many_only_the_best_are_smoothed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fusion, "MOST_ALIKE", 3)
    scores = np.array([0.1, 0.9, 0.8, 0.2, 0.7], np.float32)
    got = fusion.smoothed(scores, np.ones((5, 1), np.float32))
    assert got == pytest.approx([0.1, 0.75, 0.8, 0.2, 0.85])


def test_neighbours_are_those_in_the_questions_language():
    weights = fusion.Weights({"same": {"exact": 0.6, "maxsim": 0.2, "neighbours": 0.2}, "cross": {"exact": 1.0}})
    channels = {"exact": np.array([1, 0, 0, 1], np.float32), "maxsim": np.array([0, 1, 0, 1], np.float32)}
    cross = np.array([False, False, False, True])
    vectors = np.array([[1, 0], [1, 0], [0, 1], [1, 0]], np.float32)
    got = fusion.neighbours(channels, cross, weights, vectors)
    assert got == pytest.approx([0.25, 0.75, 0.0, 0.0])  # of .75, .25 and 0; the last is in another language
    assert fusion.neighbours({**channels, "neighbours": got}, cross, weights, vectors) == pytest.approx(got)


def test_the_order_is_total():
    rows = [(1.0, "b", 0), (1.0, "a", 5), (1.0, "a", 2), (2.0, "z", 9), (-1.0, "a", 0)]
    wanted = [(2.0, "z", 9), (1.0, "a", 2), (1.0, "a", 5), (1.0, "b", 0), (-1.0, "a", 0)]
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        ranked = fusion.order(np.array([r[0] for r in rows]), [r[1] for r in rows], [r[2] for r in rows])
        assert [rows[i] for i in ranked] == wanted


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), max_size=30), st.integers(0, 40))
def test_top_holds_the_highest(values: list[float], k: int):
    scores = np.array(values, dtype=np.float32)
    chosen = fusion.top(scores, k)
    assert len(chosen) == len(set(chosen.tolist())) == min(k, len(values))
    assert sorted(scores[chosen], reverse=True) == sorted(values, reverse=True)[:k]


@pytest.mark.parametrize("levels", [3, 40, 1 << 20])
@pytest.mark.parametrize("n", [500, 12_801, 40_000])
def test_the_top_of_very_many_is_that_of_sorting_them(n: int, levels: int) -> None:
    scores = (np.random.default_rng(n).integers(0, levels, n) / levels).astype(np.float32)
    for k in (1, 7, 50):
        expected = np.lexsort((np.arange(n), -scores))[:k]
        assert sorted(fusion.top(scores, k).tolist()) == sorted(expected.tolist())
