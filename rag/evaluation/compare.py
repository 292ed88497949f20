"""Comparing two runs question by question. Knows run folders, not how they came about.

Significance: a paired bootstrap of the mean difference (95 % percentile interval) and a two-sided paired sign-flip
permutation test, both of :mod:`rag.evaluation.stats` and with a fixed seed, so that a comparison is reproducible.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rag.errors import EvaluationError
from rag.evaluation.metrics import Score
from rag.evaluation.stats import bootstrap_interval, permutation_p
from rag.evaluation.summary import LOWER_IS_BETTER, MEANS

_TEXT = ("id", "status", "stage")


@dataclass(frozen=True, slots=True)
class Difference:
    """B minus A of one metric over the questions both runs score. ``p`` is the permutation test's two-sided value."""

    metric: str
    a: float
    b: float
    n: int
    low: float
    high: float
    p: float

    @property
    def significant(self) -> bool:
        """Whether p is below 0.05 (of this metric alone: of twenty metrics one is, by chance)."""
        return self.p < 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """A question that one run gets right and the other does not. ``a`` and ``b`` are (stage, answer)."""

    id: str
    question: str
    a: tuple[str, str]
    b: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences by metric, the questions that B wins and loses, and those only one run has."""

    differences: tuple[Difference, ...]
    wins: tuple[Change, ...]
    losses: tuple[Change, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run folder as read back: scores and questions by id in file order, answers, summary and configuration."""

    folder: Path
    scores: Mapping[str, Score]
    questions: Mapping[str, str]
    summary: Mapping[str, Any]
    config: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))


def read_run(folder: str | os.PathLike[str]) -> StoredRun:
    """Read a run folder; ``config.json`` and ``answers.jsonl`` may lack, as in a committed baseline.

    Raises EvaluationError naming the file that is missing or damaged.
    """
    folder = Path(folder)
    scores: dict[str, Score] = {}
    questions: dict[str, str] = {}
    answers: dict[str, Any] = {}
    name = "scores.csv"
    try:
        with open(folder / name, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                scores[row["id"]] = _score(row)
                questions[row["id"]] = row["question"]
        name = "summary.json"
        summary = _json(folder / name)
        name = "config.json"
        config = _json(folder / name) if (folder / name).is_file() else {}
        name = "answers.jsonl"
        if (folder / name).is_file():
            lines = (folder / name).read_text(encoding="utf-8").split("\n")
            answers = {str(line["id"]): line for line in map(json.loads, filter(str.strip, lines))}
    except OSError as exc:
        path = exc.filename or str(folder)
        raise EvaluationError(f"{path}: {exc.strerror}; give a folder made by 'rag eval run --out DIR'") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise EvaluationError(f"{folder / name} is damaged ({exc!r}); run the evaluation again") from exc
    return StoredRun(folder, scores, questions, summary, config, answers)


def _json(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _score(row: Mapping[str, str]) -> Score:
    values: dict[str, Any] = {name: row[name] for name in _TEXT}
    for name in Score.__slots__:
        if name in ("milliseconds", *_TEXT):
            continue
        cell = row[name]
        if name == "evidence_ranks":
            values[name] = tuple(None if r == "-" else int(r) for r in cell.split())
        elif name == "channel_ranks":
            values[name] = tuple((c, int(r)) for c, _, r in (part.rpartition(":") for part in cell.split()))
        elif name == "tokens":
            values[name] = int(cell)
        else:
            values[name] = float(cell) if cell else None
    return Score(**values)


def compare(a: StoredRun, b: StoredRun, seed: int = 0) -> Comparison:
    """Compare two runs over the questions they share. Raises EvaluationError when they share none."""
    shared = [i for i in a.scores if i in b.scores]
    if not shared:
        raise EvaluationError(f"{a.folder} and {b.folder} share no question id; compare runs of the same question set")
    # ``contains`` is None exactly where the documents do not answer.
    metrics: dict[str, Callable[[Score], float | None]] = {
        **MEANS,
        "false_answer": lambda s: float(s.status == "answered") if s.contains is None else None,
        "false_refusal": lambda s: float(s.status == "abstained") if s.contains is not None else None,
    }
    differences = []
    for name, of in metrics.items():
        pairs = [(of(a.scores[i]), of(b.scores[i])) for i in shared]
        kept = [(x, y) for x, y in pairs if x is not None and y is not None]
        if kept:
            differences.append(_difference(name, kept, seed))
    wins: list[Change] = []
    losses: list[Change] = []
    for i in shared:
        change = b.scores[i].correct - a.scores[i].correct
        if change:
            entry = Change(i, b.questions[i], _outcome(a, i), _outcome(b, i))
            (wins if change > 0 else losses).append(entry)
    return Comparison(
        tuple(differences),
        tuple(wins),
        tuple(losses),
        tuple(i for i in a.scores if i not in b.scores),
        tuple(i for i in b.scores if i not in a.scores),
    )


def _outcome(run: StoredRun, id: str) -> tuple[str, str]:
    return run.scores[id].stage, str(run.answers.get(id, {}).get("answer", ""))


def _difference(metric: str, pairs: Sequence[tuple[float, float]], seed: int) -> Difference:
    n = len(pairs)
    deltas = [y - x for x, y in pairs]
    low, high = bootstrap_interval(deltas, seed)
    return Difference(
        metric,
        math.fsum(x for x, _ in pairs) / n,
        math.fsum(y for _, y in pairs) / n,
        n,
        low,
        high,
        permutation_p(deltas, seed),
    )


def format_comparison(result: Comparison, most: int = 20) -> str:
    """The comparison as text: one line a metric, then wins and losses."""
    lines = [f"{'metric':20s} {'n':>5s} {'A':>8s} {'B':>8s} {'B-A':>8s}   95 % interval        p"]
    for d in result.differences:
        star = "" if not d.significant else " worse" if (d.b < d.a) != (d.metric in LOWER_IS_BETTER) else " better"
        lines.append(
            f"{d.metric:20s} {d.n:5d} {d.a:8.4f} {d.b:8.4f} {d.b - d.a:+8.4f}   [{d.low:+.4f}, {d.high:+.4f}]  {d.p:.4f}{star}"
        )
    for name, entries in (("B wins", result.wins), ("B loses", result.losses)):
        lines.append(f"{name}: {len(entries)}")
        for e in entries[:most]:
            lines.append(f"  {e.id}: {e.question}")
            lines += [f"      {side} {stage}: {_short(answer)}" for side, (stage, answer) in (("A", e.a), ("B", e.b))]
        if len(entries) > most:
            lines.append(f"  … and {len(entries) - most} more; --json lists all")
    if result.only_a or result.only_b:
        lines.append(f"not compared: {len(result.only_a)} only in A, {len(result.only_b)} only in B")
    return "\n".join(lines)


def _short(text: str, most: int = 140) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
