"""The fit of the fusion's weights, on made candidates."""

from __future__ import annotations

import numpy as np
import pytest

from rag.evaluation.retrieval_metrics import ndcg
from rag.scoring import fusion
from rag.training import fit_fusion

WIDTH = len(fusion.CHANNELS)


def questions(seed: int, telling: int, number: int = 40) -> list[fit_fusion.Question]:
    """Candidates of which column `telling` alone tells the judged one."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(number):
        channels = rng.random((20, WIDTH))
        gold = int(rng.integers(20))
        channels[gold, telling] += 0.6
        sources = tuple(f"d{i}" for i in range(20))
        out.append(fit_fusion.Question(channels, sources, {f"d{gold}": 1, "d99": 1}, fusion.SAME))
    return out


def test_the_telling_channel_weighs_most_and_nothing_is_negative():
    made = questions(0, 3)
    weights = fit_fusion.learn([(made, fit_fusion.Packed.of(made))], range(WIDTH))
    assert int(np.argmax(weights)) == 3 and weights[3] > 0.4 and (weights >= 0).all()
    assert weights.sum() == pytest.approx(1.0)


def test_channels_that_may_not_be_used_weigh_nothing():
    made = questions(1, 3)
    weights = fit_fusion.learn([(made, fit_fusion.Packed.of(made))], [0, 3])
    assert set(np.flatnonzero(weights)) <= {0, 3}


def test_climbing_never_lowers_the_measure():
    sets = [questions(2, 1), questions(3, 4, 25)]
    packed = [fit_fusion.Packed.of(q) for q in sets]
    start = np.full(WIDTH, 1 / WIDTH)
    after = fit_fusion.ascend(packed, start, range(WIDTH))
    assert np.mean([p.ndcg(after) for p in packed]) >= np.mean([p.ndcg(start) for p in packed])


def test_the_packed_measure_is_the_ordinary_one():
    made, rng = questions(4, 2), np.random.default_rng(5)
    packed = fit_fusion.Packed.of(made)
    for _ in range(5):
        weights = rng.random(WIDTH)
        told = [
            ndcg([q.sources[i] for i in np.argsort(-(q.channels @ weights), kind="stable")], q.gains, 10) for q in made
        ]
        assert packed.ndcg(weights) == pytest.approx(np.mean(told), abs=1e-5)


def test_each_pair_is_fitted_with_the_channels_that_it_has():
    told = {pair: {fusion.CHANNELS[i] for i in fit_fusion.columns(fusion.CHANNELS, pair)} for pair in fusion.PAIRS}
    assert set.union(*told.values()) == set(fusion.CHANNELS)
    assert told[fusion.SAME] == told[fusion.FOLDED] == set(fusion.CHANNELS) - set(fusion.REVERSE)
    assert told[fusion.STATEMENT] - told[fusion.CROSS] == set(fusion.REVERSE)
    for rule, names in fit_fusion.RULES.items():
        for pair in fusion.PAIRS:
            weighed = set(fusion.load(rule).of(pair))
            assert weighed <= {fusion.CHANNELS[i] for i in fit_fusion.columns(names, pair)}
    assert fit_fusion.columns(fusion.CHANNELS, fusion.SAME, ["exact", "maxsim_f1"]) == [1]
