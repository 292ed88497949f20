"""Fitting of the reader's and the refusal's weights, on made data; the making of near-misses."""

from __future__ import annotations

import numpy as np
import pytest

from rag.training.fit_abstain import operating_point, reliability, swapped
from rag.training.listwise import Listed, fit_lists, fit_logistic


@pytest.mark.parametrize("hidden", [0, 3])
def test_lists_learn_which_column_tells(hidden: int) -> None:
    rng = np.random.default_rng(0)
    lists = []
    for _ in range(60):
        rows = rng.normal(size=(6, 3))
        target = np.zeros(6)
        target[int(np.argmax(rows[:, 1]))] = 1.0
        lists.append(Listed(rows, target))
    scorer = fit_lists(lists, ["a", "b", "c"], hidden=hidden)
    right = sum(int(np.argmax(scorer(one.rows))) == int(np.argmax(one.target)) for one in lists)
    assert right >= 55


def test_fitting_is_deterministic() -> None:
    rows = np.random.default_rng(1).normal(size=(50, 2))
    labels = (rows[:, 0] > 0).astype(float)
    first, second = (fit_logistic(rows, labels, ["a", "b"], hidden=2, seed=4) for _ in range(2))
    assert np.array_equal(first.weights, second.weights) and first.bias == second.bias


def test_signs_keep_a_column_from_speaking_against_its_meaning() -> None:
    rows = np.random.default_rng(2).normal(size=(200, 2))
    labels = (rows[:, 0] - rows[:, 1] > 0).astype(float)
    scorer = fit_logistic(rows, labels, ["a", "b"], signs=np.array([1.0, 1.0]))
    assert scorer.weights[0] > 0.5 and scorer.weights[1] == 0.0


def test_near_misses_change_one_thing() -> None:
    question = "Hà Tĩnh có bao nhiêu tổ cộng đồng cấp xã vào năm 2022?"
    made: dict[str, str] = {}
    rng = np.random.default_rng(3)
    for _ in range(10):
        made |= dict(swapped(question, rng, ["Lê Văn Dũng"]))
    assert {"place", "year", "office", "thing"} <= set(made)
    assert "Hà Tĩnh" not in made["place"] and "2022" not in made["year"] and "cấp xã" not in made["office"]


def test_operating_point_and_reliability() -> None:
    chance = np.linspace(0, 1, 101)
    label = (chance > 0.3).astype(float)
    assert operating_point(chance, label, 0.1) == pytest.approx(0.38, abs=0.02)
    bins = reliability(chance, label)
    assert sum(b["n"] for b in bins) == 101 and bins[-1]["answerable"] == 1.0
