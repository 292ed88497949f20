"""How well the check of claims tells supported from unsupported: ``eval/claims.jsonl`` and its figures.

Knows the format of claim sets; the check itself comes in as a plain callable.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import EvaluationError
from rag.evaluation.stats import wilson

Judge = Callable[[str, str, str], bool]
"""(claim, passage, language) → supported?"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, the passage it stands against, and whether the passage supports it. ``kind`` says how it was made."""

    id: str
    claim: str
    passage: str
    language: str
    supported: bool
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Claims with the judge's verdicts, in file order, and their summary."""

    claims: tuple[Claim, ...]
    verdicts: tuple[bool, ...]
    summary: Mapping[str, Any]


def load(path: str | os.PathLike[str]) -> tuple[Claim, ...]:
    """Read a claim set. Raises EvaluationError naming file and line of the first line that is not of the format."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise EvaluationError(f"claim set {str(path)!r}: {exc.strerror}; give a JSONL file of claims") from exc
    except UnicodeDecodeError as exc:
        raise EvaluationError(f"claim set {str(path)!r} is not UTF-8 (byte {exc.start}); save it as UTF-8") from exc
    claims: list[Claim] = []
    seen: dict[str, int] = {}
    for number, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            item = json.loads(raw)
            claim = Claim(
                id=item["id"],
                claim=item["claim"],
                passage=item["passage"],
                language=item["language"],
                supported=item["supported"],
                kind=item.get("kind", ""),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise EvaluationError(
                f"{path}:{number}: not a claim ({exc}); needs id, claim, passage, language and supported"
            ) from exc
        if not all(isinstance(x, str) and x.strip() for x in (claim.id, claim.claim, claim.passage, claim.language)):
            raise EvaluationError(f"{path}:{number}: id, claim, passage and language must be non-empty strings")
        if not isinstance(claim.supported, bool):
            raise EvaluationError(f"{path}:{number}: supported must be true or false, found {claim.supported!r}")
        if claim.id in seen:
            raise EvaluationError(f"{path}:{number}: duplicate id {claim.id!r}, first used on line {seen[claim.id]}")
        seen[claim.id] = number
        claims.append(claim)
    if not claims:
        raise EvaluationError(f"claim set {str(path)!r} is empty; write one claim object a line")
    return tuple(claims)


def judge_all(claims: Sequence[Claim], judge: Judge) -> Verdicts:
    """Ask the judge of every claim."""
    verdicts = tuple(bool(judge(c.claim, c.passage, c.language)) for c in claims)
    pairs = list(zip(claims, verdicts))
    summary: dict[str, Any] = {"all": figures(pairs), "languages": {}, "kinds": {}}
    for language in sorted({c.language for c in claims}):
        summary["languages"][language] = figures([p for p in pairs if p[0].language == language])
    for kind in sorted({(c.supported, c.kind) for c in claims}, key=lambda k: (not k[0], k[1])):
        chosen = [v for c, v in pairs if (c.supported, c.kind) == kind]
        right = sum(v == kind[0] for v in chosen)
        summary["kinds"][f"{'supported' if kind[0] else 'unsupported'}: {kind[1]}"] = {
            "claims": len(chosen),
            "right": round(right / len(chosen), 6),
        }
    return Verdicts(tuple(claims), verdicts, summary)


def figures(pairs: Sequence[tuple[Claim, bool]]) -> dict[str, Any]:
    """What the verdicts are worth. "Caught" is an unsupported claim that was called so.

    ``precision`` caught / called unsupported; ``recall`` caught / unsupported; ``false_alarm`` supported claims called
    unsupported / supported; ``accuracy`` right / all; ``intervals`` their 95 % Wilson intervals.
    """
    caught = sum(not c.supported and not v for c, v in pairs)
    alarms = sum(c.supported and not v for c, v in pairs)
    unsupported = sum(not c.supported for c, _ in pairs)
    supported = len(pairs) - unsupported
    counts = {
        "precision": (caught, caught + alarms),
        "recall": (caught, unsupported),
        "false_alarm": (alarms, supported),
        "accuracy": (sum(c.supported == v for c, v in pairs), len(pairs)),
    }
    out: dict[str, Any] = {"claims": len(pairs), "supported": supported}
    out |= {name: round(k / n, 6) if n else None for name, (k, n) in counts.items()}
    out["intervals"] = {name: [round(x, 6) for x in wilson(k, n)] for name, (k, n) in counts.items() if n}
    return out


def format_verdicts(result: Verdicts, most: int = 0) -> str:
    """The figures as text, with the first ``most`` wrong verdicts."""
    lines = [f"{'':22s}{'claims':>8s}{'precision':>11s}{'recall':>9s}{'false alarm':>13s}{'accuracy':>10s}"]
    for name, row in [("all", result.summary["all"]), *result.summary["languages"].items()]:
        cells = ["–" if row[k] is None else f"{row[k]:.3f}" for k in ("precision", "recall", "false_alarm", "accuracy")]
        lines.append(f"{name:22s}{row['claims']:8d}{cells[0]:>11s}{cells[1]:>9s}{cells[2]:>13s}{cells[3]:>10s}")
    for name, row in result.summary["kinds"].items():
        lines.append(f"  {name:32s}{row['claims']:4d}  right {row['right']:.3f}")
    wrong = [(c, v) for c, v in zip(result.claims, result.verdicts) if c.supported != v]
    for c, v in wrong[:most]:
        said = "supported" if v else "unsupported"
        lines.append(f"{c.id} [{c.kind}] called {said}: {c.claim}\n    passage: {c.passage}")
    return "\n".join(lines)


def checker() -> Judge:
    """The check that every answer of the package goes through."""
    from rag.ask.claims import check_claim

    return lambda claim, passage, language: bool(check_claim(claim, passage, language=language).supported)
