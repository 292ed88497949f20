"""The gate that lets a CI decide: floors, ceilings and allowed drops over the figures of a summary.

Knows gate files and summaries; nothing of how either came about.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rag.errors import EvaluationError
from rag.evaluation.summary import LOWER_IS_BETTER, metric_of

KINDS = ("floor", "ceiling", "max_drop")
SECTIONS = ("claims",)


@dataclass(frozen=True, slots=True)
class Gate:
    """Bounds by metric. A metric is a name of the summary, or ``group/metric`` ("en/contains").

    ``baseline`` is the run folder that ``max_drop`` counts from, as the file names it, relative to the file.
    """

    floor: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    ceiling: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    max_drop: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    baseline: Path | None = None


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


def read_gate(path: str | os.PathLike[str], section: str = "") -> Gate:
    """Read a gate file: ``[floor]``, ``[ceiling]`` and ``[max_drop]`` tables of metric = number, and ``baseline``.

    With ``section`` the tables below that name are read ("claims" → ``[claims.floor]`` …). Raises EvaluationError for
    anything else that stands in the file, and for a gate without any bound, which would pass whatever comes.
    """
    where = f"gate file {str(path)!r}"
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as exc:
        raise EvaluationError(f"{where}: {exc.strerror}; give a TOML file with [floor], [ceiling], [max_drop]") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise EvaluationError(f"{where} is not valid TOML: {exc}") from exc
    parts = {"": {k: v for k, v in table.items() if k not in SECTIONS}}
    parts |= {name: table.get(name, {}) for name in SECTIONS}
    for name, part in parts.items():
        _checked(part, f"{where}, [{name}]" if name else where)
    if section not in parts:
        raise EvaluationError(f"{where}: unknown section {section!r}; known: {', '.join(SECTIONS)}")
    chosen = parts[section]
    if not any(chosen.get(kind) for kind in KINDS):
        raise EvaluationError(f"{where} sets no bound{f' for {section}' if section else ''}; write {', '.join(KINDS)}")
    baseline = chosen.get("baseline")
    return Gate(
        floor=dict(chosen.get("floor", {})),
        ceiling=dict(chosen.get("ceiling", {})),
        max_drop=dict(chosen.get("max_drop", {})),
        baseline=Path(path).parent / baseline if baseline else None,
    )


def _checked(table: Any, where: str) -> None:
    if not isinstance(table, dict):
        raise EvaluationError(f"{where}: expected a table")
    for kind, values in table.items():
        if kind == "baseline":
            if not isinstance(values, str):
                raise EvaluationError(f"{where}: baseline = {values!r} is no folder name")
            continue
        if kind not in KINDS or not isinstance(values, dict):
            raise EvaluationError(f"{where}: unknown table {kind!r}; use {', '.join(KINDS)} or baseline")
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise EvaluationError(f"{where}: {kind}.{name} = {value!r} is no number; quote names with @ or /")


def check_gate(gate: Gate, summary: Mapping[str, Any], baseline: Mapping[str, Any] | None = None) -> list[GateCheck]:
    """Check a summary against floors and ceilings, and against a baseline's summary for allowed drops.

    A drop counts towards the worse: for metrics where smaller is better a rise is the drop. A metric without a value
    fails its check, loudly.
    """
    checks = []
    for kind, bounds, sign in (("floor", gate.floor, 1.0), ("ceiling", gate.ceiling, -1.0)):
        for name, bound in bounds.items():
            value = metric_of(summary, name)
            passed = value is not None and sign * (value - bound) >= -1e-9
            checks.append(GateCheck(name, f"{kind} {bound:g}", value, passed))
    for name, allowed in gate.max_drop.items():
        value = metric_of(summary, name)
        before = metric_of(baseline, name) if baseline is not None else None
        if value is None or before is None:
            checks.append(GateCheck(name, f"max_drop {allowed:g}, but there is no baseline value", value, False))
            continue
        drop = value - before if name.split("/")[-1] in LOWER_IS_BETTER else before - value
        checks.append(GateCheck(name, f"max_drop {allowed:g} from {before:.4f}", value, drop <= allowed + 1e-9))
    return checks
