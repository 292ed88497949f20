"""Fitted weights: loaded once from the package's JSON files, applied to feature rows.

Knows nothing of what the features mean; a file whose column names are not the ones the code computes is refused.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import RagError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scorer:
    """A linear score, optionally with one hidden tanh layer added: w·x + b + v·tanh(Hx + c), x standardised."""

    names: tuple[str, ...]
    mean: Floats
    scale: Floats
    weights: Floats
    bias: float = 0.0
    hidden: Floats | None = None
    hidden_bias: Floats | None = None
    out: Floats | None = None

    def __call__(self, rows: Floats) -> Floats:
        """Scores (n,) of feature rows (n, d)."""
        x = (rows - self.mean) / self.scale
        score = x @ self.weights + self.bias
        if self.hidden is not None and self.hidden_bias is not None and self.out is not None:
            score = score + np.tanh(x @ self.hidden.T + self.hidden_bias) @ self.out
        return np.asarray(score, dtype=np.float64)


@cache
def table(name: str) -> dict[str, Any]:
    """The JSON file ``rag/ask/weights/<name>.json`` as data."""
    loaded: dict[str, Any] = json.loads((files("rag.ask") / "weights" / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def scorer(file: str, part: str, names: Sequence[str]) -> Scorer:
    """The scorer stored as ``part`` of weight file ``file``. Raises RagError when its columns are not ``names``."""
    data = table(file)[part]
    if tuple(data["names"]) != tuple(names):
        raise RagError(
            f"weights/{file}.json, {part}: made for columns {data['names']}, the code computes {list(names)}; run the fit again"
        )
    return from_data(data)


def from_data(data: dict[str, Any]) -> Scorer:
    """A Scorer from plain data (see ``to_data``)."""
    arrays = {
        k: np.asarray(data[k], dtype=np.float64)
        for k in ("mean", "scale", "weights", "hidden", "hidden_bias", "out")
        if k in data
    }
    return Scorer(tuple(data["names"]), bias=float(data.get("bias", 0.0)), **arrays)


def to_data(scorer: Scorer) -> dict[str, Any]:
    """Plain data, rounded to what matters, for a JSON file."""
    out: dict[str, Any] = {"names": list(scorer.names), "bias": round(scorer.bias, 5)}
    for key in ("mean", "scale", "weights", "hidden", "hidden_bias", "out"):
        value = getattr(scorer, key)
        if value is not None:
            out[key] = np.round(value, 5).tolist()
    return out


def softmax(scores: Floats) -> Floats:
    """Probabilities (n,) that sum to 1."""
    if not len(scores):
        return scores
    e = np.exp(scores - scores.max())
    return np.asarray(e / e.sum(), dtype=np.float64)
