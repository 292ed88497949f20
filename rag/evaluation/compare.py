"""Comparing two runs question by question, and the gate that lets a CI decide. Knows run folders, not how they came about.

Significance: a paired bootstrap of the mean difference (Efron & Tibshirani 1993; 95 % percentile interval) and a
two-sided paired sign-flip permutation test (Fisher 1935). Both use a fixed seed, so a comparison is reproducible.
"""

from __future__ import annotations

import csv
import json
import math
import os
import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import EvaluationError

METRICS = (
    "correct", "contains", "short_contains", "exact", "f1", "citation_precision", "citation_recall", "first_citation",
    "supported", "recall@1", "recall@5", "mrr@10",
)  # fmt: skip
#: Metrics of a summary for which smaller is better.
LOWER_IS_BETTER = frozenset({"false_answer", "false_refusal", "failed", "tokens"})
RESAMPLES = 2000


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
        return self.p < 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences by metric, and the questions that B wins and loses by ``correct``."""

    differences: tuple[Difference, ...]
    wins: tuple[Mapping[str, Any], ...]
    losses: tuple[Mapping[str, Any], ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run folder as read back: rows by question id, the summary and the configuration."""

    folder: Path
    rows: Mapping[str, Mapping[str, Any]]
    answers: Mapping[str, Mapping[str, Any]]
    summary: Mapping[str, Any]
    config: Mapping[str, Any]


def read_run(folder: str | os.PathLike[str]) -> StoredRun:
    """Read a run folder. Raises EvaluationError naming the file that is missing or damaged."""
    folder = Path(folder)
    try:
        with open(folder / "scores.csv", encoding="utf-8", newline="") as file:
            rows = {row["id"]: _typed(row) for row in csv.DictReader(file)}
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        config = _optional(folder / "config.json")
        answers = {}
        if (folder / "answers.jsonl").is_file():
            for raw in (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines():
                line = json.loads(raw)
                answers[str(line["id"])] = line
    except OSError as exc:
        name = exc.filename or str(folder)
        raise EvaluationError(f"{name}: {exc.strerror}; give a folder made by 'rag eval run --out DIR'") from exc
    except (ValueError, KeyError) as exc:
        raise EvaluationError(f"run folder {str(folder)!r} is damaged ({exc}); run the evaluation again") from exc
    return StoredRun(folder, rows, answers, summary, config)


def _optional(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _typed(row: Mapping[str, str]) -> dict[str, Any]:
    text = ("id", "question", "tags", "status", "stage")
    out: dict[str, Any] = {k: v if k in text else (float(v) if v != "" else None) for k, v in row.items()}
    rank = out.get("evidence_rank")
    has_evidence = rank is not None or out.get("stage") in ("not retrieved",)
    for name, value in (
        ("recall@1", float(rank == 1)),
        ("recall@5", float(rank is not None and rank <= 5)),
        ("mrr@10", 1 / rank if rank and rank <= 10 else 0.0),
    ):
        out[name] = value if has_evidence else None
    return out


def compare(a: StoredRun, b: StoredRun, seed: int = 0) -> Comparison:
    """Compare two runs over the questions they share. Raises EvaluationError when they share none."""
    shared = [i for i in a.rows if i in b.rows]
    if not shared:
        raise EvaluationError(f"{a.folder} and {b.folder} share no question id; compare runs of the same question set")
    differences = []
    for metric in METRICS:
        pairs = [(a.rows[i].get(metric), b.rows[i].get(metric)) for i in shared]
        kept = [(x, y) for x, y in pairs if x is not None and y is not None]
        if kept:
            differences.append(_difference(metric, kept, seed))
    wins, losses = [], []
    for i in shared:
        change = (b.rows[i]["correct"] or 0.0) - (a.rows[i]["correct"] or 0.0)
        if change:
            entry = {
                "id": i,
                "question": b.rows[i]["question"],
                "a": {"stage": a.rows[i]["stage"], "answer": a.answers.get(i, {}).get("answer", "")},
                "b": {"stage": b.rows[i]["stage"], "answer": b.answers.get(i, {}).get("answer", "")},
            }
            (wins if change > 0 else losses).append(entry)
    return Comparison(
        tuple(differences),
        tuple(wins),
        tuple(losses),
        tuple(i for i in a.rows if i not in b.rows),
        tuple(i for i in b.rows if i not in a.rows),
    )


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


def bootstrap_interval(deltas: Sequence[float], seed: int = 0, resamples: int = RESAMPLES) -> tuple[float, float]:
    """95 % percentile interval of the mean of paired differences."""
    if not any(deltas):
        return (0.0, 0.0)
    rnd = random.Random(seed)
    n = len(deltas)
    means = sorted(math.fsum(rnd.choices(deltas, k=n)) / n for _ in range(resamples))
    return (means[int(0.025 * resamples)], means[min(resamples - 1, int(0.975 * resamples))])


def permutation_p(deltas: Sequence[float], seed: int = 0, resamples: int = RESAMPLES) -> float:
    """Two-sided p of the mean difference under random sign flips: exact up to 12 non-zero pairs, sampled beyond."""
    moved = [abs(d) for d in deltas if d]
    if not moved:
        return 1.0
    observed = abs(math.fsum(deltas)) - 1e-12
    if len(moved) <= 12:
        total = 2 ** len(moved)
        hits = sum(
            abs(math.fsum(d if bits >> i & 1 else -d for i, d in enumerate(moved))) >= observed for bits in range(total)
        )
        return hits / total
    rnd = random.Random(seed)
    hits = 0
    for _ in range(resamples):
        bits = rnd.getrandbits(len(moved))
        hits += abs(math.fsum(d if bits >> i & 1 else -d for i, d in enumerate(moved))) >= observed
    return (hits + 1) / (resamples + 1)


# ---------------------------------------------------------------- gate
@dataclass(frozen=True, slots=True)
class GateCheck:
    """One floor, ceiling or allowed drop and whether it holds."""

    name: str
    rule: str
    value: float | None
    passed: bool

    def __str__(self) -> str:
        shown = "no value" if self.value is None else f"{self.value:.4f}"
        return f"{'ok  ' if self.passed else 'FAIL'} {self.name}: {shown} ({self.rule})"


def read_gate(path: str | os.PathLike[str]) -> dict[str, dict[str, float]]:
    """Read a gate file: ``[floor]``, ``[ceiling]`` and ``[max_drop]`` tables of metric = number.

    A metric is a name of the summary, or ``tag/metric`` ("en/contains"). Raises EvaluationError for anything else.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as exc:
        raise EvaluationError(f"gate file {str(path)!r}: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise EvaluationError(f"gate file {str(path)!r} is not valid TOML: {exc}") from exc
    kinds = ("floor", "ceiling", "max_drop")
    for kind, values in table.items():
        if kind not in kinds or not isinstance(values, dict):
            raise EvaluationError(f"gate file {str(path)!r}: unknown table {kind!r}; use {', '.join(kinds)}")
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise EvaluationError(f"gate file {str(path)!r}: {kind}.{name} = {value!r} is no number")
    return {kind: dict(table.get(kind, {})) for kind in kinds}


def check_gate(
    gate: Mapping[str, Mapping[str, float]], summary: Mapping[str, Any], baseline: Mapping[str, Any] | None
) -> list[GateCheck]:
    """Check a summary against floors and ceilings, and against a baseline's summary for allowed drops.

    A drop counts towards the worse: for metrics where smaller is better a rise is the drop. A metric without a value
    fails its check, loudly.
    """
    checks = []
    for kind, sign in (("floor", 1.0), ("ceiling", -1.0)):
        for name, bound in gate.get(kind, {}).items():
            value = metric_of(summary, name)
            passed = value is not None and sign * (value - bound) >= -1e-9
            checks.append(GateCheck(name, f"{kind} {bound:g}", value, passed))
    for name, allowed in gate.get("max_drop", {}).items():
        value = metric_of(summary, name)
        before = metric_of(baseline, name) if baseline is not None else None
        if value is None or before is None:
            checks.append(GateCheck(name, f"max_drop {allowed:g} from a baseline that has no value", value, False))
            continue
        drop = value - before if name.split("/")[-1] in LOWER_IS_BETTER else before - value
        checks.append(GateCheck(name, f"max_drop {allowed:g} from {before:.4f}", value, drop <= allowed + 1e-9))
    return checks


def metric_of(summary: Mapping[str, Any], name: str) -> float | None:
    """``metric`` of all questions or ``tag/metric``; None where the summary has no such value."""
    tag, _, metric = name.rpartition("/")
    row = summary["tags"].get(tag) if tag else summary["all"]
    value = row.get(metric) if row else None
    return float(value) if value is not None else None


def format_comparison(result: Comparison, most: int = 20) -> str:
    """The comparison as text: one line a metric, then wins and losses."""
    lines = [f"{'metric':20s} {'A':>8s} {'B':>8s} {'B-A':>8s}   95 % interval        p"]
    for d in result.differences:
        star = "*" if d.significant else " "
        lines.append(
            f"{d.metric:20s} {d.a:8.4f} {d.b:8.4f} {d.b - d.a:+8.4f}   [{d.low:+.4f}, {d.high:+.4f}]  {d.p:.4f}{star}"
        )
    for name, entries in (("B wins", result.wins), ("B loses", result.losses)):
        lines.append(f"{name}: {len(entries)}")
        for e in entries[:most]:
            lines.append(f"  {e['id']}: {e['question']}")
            lines.append(f"      A {e['a']['stage']}: {_short(e['a']['answer'])}")
            lines.append(f"      B {e['b']['stage']}: {_short(e['b']['answer'])}")
    if result.only_a or result.only_b:
        lines.append(f"not compared: {len(result.only_a)} only in A, {len(result.only_b)} only in B")
    return "\n".join(lines)


def _short(text: str, most: int = 140) -> str:
    flat = " ".join(str(text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
