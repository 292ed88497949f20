"""Fitting of small scorers: listwise softmax over candidates, and logistic regression; numpy only, seeded, deterministic.

Knows nothing of what the columns mean. The loss of a list is -Σ target · log softmax(score): the conditional logit of
McFadden (1974), as ListNet (Cao et al., ICML 2007) uses it for ranking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.ask.weigh import Scorer

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Listed:
    """One question's candidates: feature ``rows`` (n, d) and ``target`` (n,), how much each is an answer (sums to 1); ``offset`` (n,) is
    what rules add to each one's score, which is not fitted."""

    rows: Floats
    target: Floats
    group: str = ""
    weight: float = 1.0
    offset: Floats | None = None


def standard(rows: Floats) -> tuple[Floats, Floats]:
    """Mean and scale (d,) of feature rows; a constant column keeps scale 1."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    return mean, np.where(scale < 1e-6, 1.0, scale)


class _Adam:
    """Adam (Kingma & Ba 2015) over named arrays, changed in place; the rate falls to zero over the second half."""

    def __init__(self, params: dict[str, Floats], steps: int, rate: float) -> None:
        self.params, self.steps, self.rate = params, steps, rate
        self.first = {k: np.zeros_like(v) for k, v in params.items()}
        self.second = {k: np.zeros_like(v) for k, v in params.items()}

    def step(self, step: int, grads: dict[str, Floats]) -> None:
        """Step number ``step``, counted from 1."""
        params, first, second = self.params, self.first, self.second
        pace = self.rate * min(1.0, 2.0 * (1 - step / (self.steps + 1)))
        for key, grad in grads.items():
            first[key] = 0.9 * first[key] + 0.1 * grad
            second[key] = 0.999 * second[key] + 0.001 * grad**2
            params[key] -= pace * (first[key] / (1 - 0.9**step)) / (np.sqrt(second[key] / (1 - 0.999**step)) + 1e-9)


def _hidden_gradients(
    x: Floats, active: Floats, gradient: Floats, params: dict[str, Floats], l2: float
) -> dict[str, Floats]:
    """Gradients of the hidden layer: of its outputs' weights, its inputs' weights and its thresholds."""
    back = np.outer(gradient, params["v"]) * (1 - active**2)
    return {
        "v": active.T @ gradient + l2 * params["v"],
        "h": back.T @ x + l2 * params["h"],
        "c": back.sum(axis=0),
    }


def fit_lists(
    lists: Sequence[Listed],
    names: Sequence[str],
    l2: float = 1e-3,
    hidden: int = 0,
    steps: int = 250,
    rate: float = 0.05,
    seed: int = 0,
) -> Scorer:
    """A Scorer for which softmax over each list comes near the targets; ``hidden`` tanh units are added to the linear part."""
    rows = np.concatenate([one.rows for one in lists])
    mean, scale = standard(rows)
    x = (rows - mean) / scale
    starts = np.cumsum([0, *(len(one.rows) for one in lists)])
    owner = np.repeat(np.arange(len(lists)), np.diff(starts))
    target = np.concatenate([one.target for one in lists])
    given = np.concatenate([np.zeros(len(one.rows)) if one.offset is None else one.offset for one in lists])
    weight = np.array([one.weight for one in lists])
    weight = weight / weight.sum()
    rng = np.random.default_rng(seed)
    d = x.shape[1]
    params = {"w": np.zeros(d)}
    if hidden:
        params |= {
            "h": rng.normal(0, 0.3 / np.sqrt(d), (hidden, d)),
            "c": np.zeros(hidden),
            "v": rng.normal(0, 0.1, hidden),
        }
    adam = _Adam(params, steps, rate)
    for step in range(1, steps + 1):
        active = np.tanh(x @ params["h"].T + params["c"]) if hidden else None
        score = given + x @ params["w"] + (active @ params["v"] if active is not None else 0.0)
        peak = np.maximum.reduceat(score, starts[:-1])
        e = np.exp(score - peak[owner])
        p = e / np.add.reduceat(e, starts[:-1])[owner]
        gradient = (p - target) * weight[owner]
        grads = {"w": x.T @ gradient + l2 * params["w"]}
        if active is not None:
            grads |= _hidden_gradients(x, active, gradient, params, l2)
        adam.step(step, grads)
    if hidden:
        return Scorer(tuple(names), mean, scale, params["w"], 0.0, params["h"], params["c"], params["v"])
    return Scorer(tuple(names), mean, scale, params["w"])


def fit_logistic(
    rows: Floats,
    labels: Floats,
    names: Sequence[str],
    l2: float = 1e-2,
    weights: Floats | None = None,
    hidden: int = 0,
    steps: int = 400,
    rate: float = 0.05,
    seed: int = 0,
    signs: Floats | None = None,
) -> Scorer:
    """A Scorer whose logistic is the chance of label 1. ``weights`` (n,) count the rows; ``signs`` (d,) of 1 and -1 hold a linear
    weight on that side of zero, so that no column comes to speak against its meaning."""
    mean, scale = standard(rows)
    x = (rows - mean) / scale
    weight = np.ones(len(x)) if weights is None else weights
    weight = weight / weight.sum()
    rng = np.random.default_rng(seed)
    d = x.shape[1]
    params: dict[str, Floats] = {"w": np.zeros(d), "b": np.zeros(1)}
    if hidden:
        params |= {
            "h": rng.normal(0, 0.3 / np.sqrt(d), (hidden, d)),
            "c": np.zeros(hidden),
            "v": rng.normal(0, 0.1, hidden),
        }
    adam = _Adam(params, steps, rate)
    for step in range(1, steps + 1):
        active = np.tanh(x @ params["h"].T + params["c"]) if hidden else None
        score = x @ params["w"] + params["b"][0] + (active @ params["v"] if active is not None else 0.0)
        gradient = (1.0 / (1.0 + np.exp(-np.clip(score, -30, 30))) - labels) * weight
        grads = {"w": x.T @ gradient + l2 * params["w"], "b": np.array([gradient.sum()])}
        if active is not None:
            grads |= _hidden_gradients(x, active, gradient, params, l2)
        adam.step(step, grads)
        if signs is not None:
            params["w"] = np.where(signs * params["w"] < 0, 0.0, params["w"])
    extra = (params["h"], params["c"], params["v"]) if hidden else (None, None, None)
    return Scorer(tuple(names), mean, scale, params["w"], float(params["b"][0]), *extra)
