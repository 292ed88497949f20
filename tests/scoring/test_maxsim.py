"""MaxSim against the double loop of its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.scoring import maxsim


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def slow(q: np.ndarray, w: np.ndarray, texts: list[np.ndarray], floor: float) -> list[float]:
    out = []
    for rows in texts:
        total = 0.0
        for vector, weight in zip(q, w):
            best = max(float(vector @ r) for r in rows)
            total += weight * (best if best >= floor else 0.0)
        out.append(total / w.sum())
    return out


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.lists(st.integers(1, 7), min_size=1, max_size=8))
def test_equals_the_definition(seed: int, t: int, sizes: list[int]):
    r = np.random.default_rng(seed)
    table, pieces = unit(r.normal(size=(30, 5))), [r.integers(0, 30, n) for n in sizes]
    q, w = unit(r.normal(size=(t, 5))), r.random(t).astype(np.float32) + 0.1
    flat, starts = np.concatenate(pieces), np.cumsum([0, *sizes[:-1]])
    wanted = slow(q, w, [table[p] for p in pieces], maxsim.FLOOR)
    np.testing.assert_allclose(maxsim.maxsim(q, w, table[flat], starts), wanted, atol=1e-5)
    np.testing.assert_allclose(maxsim.maxsim_of_pieces(q, w, table, flat, starts), wanted, atol=1e-5)


def test_a_text_scores_one_against_itself_and_nothing_under_the_floor():
    table = unit(np.array([[1, 0], [0, 1], [0.29, 1]]))
    w = np.array([2.0, 1.0], dtype=np.float32)
    got = maxsim.maxsim_of_pieces(table[:2], w, table, np.array([0, 1, 2]), np.array([0, 2]))
    assert got[0] == pytest.approx(1.0)
    assert got[1] == pytest.approx(float(table[2] @ table[1]) / 3)  # .28 with the first token is no match


def test_weights_of_zero_score_zero():
    table = unit(np.eye(2))
    assert maxsim.maxsim(table, np.zeros(2, np.float32), table, np.array([0])).tolist() == [0.0]


def test_no_texts_no_scores():
    none = np.zeros(0, dtype=np.int64)
    q = np.zeros((2, 3), np.float32)
    assert maxsim.maxsim_of_pieces(q, np.ones(2, np.float32), np.zeros((4, 3), np.float32), none, none).shape == (0,)
    assert maxsim.best_cosines(q, np.zeros((0, 3), np.float32), none).shape == (0, 2)


@pytest.mark.parametrize("starts", [[1], [0, 0], [0, 3], [0, 2, 1]])
def test_a_text_without_pieces_is_refused(starts: list[int]):
    with pytest.raises(ValueError, match="at least one"):
        maxsim.group_max(np.zeros((3, 1), np.float32), np.array(starts))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 4), st.lists(st.integers(0, 6), min_size=1, max_size=8))
def test_the_reverse_is_maxsim_with_text_and_question_exchanged(seed: int, t: int, sizes: list[int]):
    r = np.random.default_rng(seed)
    table, pieces = unit(r.normal(size=(30, 5))), [r.integers(0, 30, n) for n in sizes]
    q, w = unit(r.normal(size=(t, 5))), r.random(30).astype(np.float32) + 0.1
    flat, bounds = np.concatenate(pieces).astype(np.int64), np.cumsum([0, *sizes])
    numbers, place = maxsim.distinct(flat, 30)
    assert numbers.tolist() == sorted(set(flat.tolist())) and numbers[place].tolist() == flat.tolist()
    cosines = np.asarray(table[numbers] @ q.T, np.float32)
    wanted = [slow(table[p], w[p], [q], maxsim.FLOOR)[0] if len(p) and t else 0.0 for p in pieces]
    got = maxsim.reverse(cosines, w[numbers], place, bounds)
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    np.testing.assert_allclose(
        maxsim.best_of_groups(cosines, place, bounds), maxsim.best_cosines_of_groups(q, table, flat, bounds), atol=1e-6
    )


def test_the_harmonic_mean():
    one, other = np.array([0, 0.5, 1, 0.2], np.float32), np.array([0, 0.5, 0, 0.6], np.float32)
    np.testing.assert_allclose(maxsim.f1(one, other), [0, 0.5, 0, 0.3], atol=1e-6)
