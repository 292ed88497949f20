"""The results table of ``eval/README.md``: one row a commit, made by ``rag eval table``.

Knows the sets of ``eval/`` and any BEIR-layout folders it is given; nothing of how they were made.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import EvaluationError
from rag.evaluation import claims, runs, sets
from rag.evaluation.summary import metric_of

if TYPE_CHECKING:
    from rag.index import Index
    from rag.settings import Settings

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
FIGURES = {
    "right": "correct",
    "holds gold": "contains",
    "F1": "f1",
    "cite P": "citation_precision",
    "cite R": "citation_recall",
    "ALCE R": "alce_recall",
    "recall@1": "recall@1",
    "recall@10": "recall@10",
    "false answers": "false_answer",
    "false refusals": "false_refusal",
}
BASELINE = ("summary.json", "scores.csv", "config.json")


def measure(
    folder: Path, index: Index, settings: Settings, beir: Sequence[str] = (), *, baseline: bool = False
) -> dict[str, str]:
    """The figures of this commit, by column: the seeds questions, the claims, nDCG@10 of each BEIR folder.

    ``folder`` holds ``seeds.jsonl`` and ``claims.jsonl``. A BEIR folder may also be a folder of such folders. With
    ``baseline`` the run also becomes ``baselines/seeds``. Raises EvaluationError for a set or folder that is malformed.
    """
    from rag.ask.pipeline import Rag

    rag = Rag(index, llm=settings.llm, settings=settings)
    questions = sets.load(folder / "seeds.jsonl")
    with tempfile.TemporaryDirectory(prefix="rag-eval-") as out:
        result = runs.run(questions, rag, out=out)
        if baseline:
            keep_baseline(Path(out), folder / "baselines" / "seeds")
    verdicts = claims.judge_all(claims.load(folder / "claims.jsonl"), claims.checker()).summary
    commit = result.config["commit"] or "unknown"
    row = {"commit": f"{commit[:9]}{'+' if commit.endswith('+') else ''}", "embedder": settings.embedder}
    row["reader"] = result.config["settings"]["llm"]
    row |= {label: _shown(metric_of(result.summary, name)) for label, name in FIGURES.items()}
    row["p50 ms"] = f"{result.latency['total']['p50']:.0f}" if "total" in result.latency else "–"
    for name in ("precision", "recall", "false_alarm"):
        row[f"claims {name.replace('_', ' ')}"] = _shown(metric_of(verdicts, name))
    for name, value in beir_figures(beir, settings).items():
        row[f"{name} nDCG@10"] = _shown(value)
    return row


def keep_baseline(run: Path, to: Path) -> None:
    """Copy what a baseline needs of a run folder."""
    to.mkdir(parents=True, exist_ok=True)
    for name in BASELINE:
        shutil.copyfile(run / name, to / name)


def beir_figures(folders: Sequence[str], settings: Settings) -> dict[str, float]:
    """nDCG@10 of the whole retrieval on each BEIR folder, by its name."""
    from rag.evaluation.beir import evaluate_beir

    out: dict[str, float] = {}
    for folder in folders:
        for path in beir_folders(Path(folder)):
            stages = evaluate_beir(path, settings).stages
            last = stages[list(stages)[-1]]
            out[path.name] = last.measures["ndcg@10"]
    return out


def beir_folders(path: Path) -> list[Path]:
    """``path`` itself when it holds a corpus, else every folder in it that does. Raises EvaluationError for neither."""
    if (path / "corpus.jsonl").is_file():
        return [path]
    found = sorted(p.parent for p in path.glob("*/corpus.jsonl")) if path.is_dir() else []
    if not found:
        raise EvaluationError(f"--beir {str(path)!r}: no corpus.jsonl in it or its folders; give a BEIR-layout folder")
    return found


def add_row(path: Path, row: dict[str, str]) -> None:
    """Add a row to the table between the markers of ``path``; the row of the same commit and models is replaced.

    Columns that the table lacks are added at its right; cells that are not known show "–". Raises EvaluationError when the
    file or its markers are not there.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise EvaluationError(f"{str(path)!r}: {exc.strerror}; give the folder of the sets with --eval") from exc
    if BEGIN not in text or END not in text:
        raise EvaluationError(f"{path}: no place for the table; put the lines {BEGIN} and {END} into it")
    before, rest = text.split(BEGIN, 1)
    table, after = rest.split(END, 1)
    rows = _read(table)
    same = ("commit", "embedder", "reader")
    rows = [r for r in rows if any(r.get(k) != row.get(k) for k in same)] + [row]
    columns = list(dict.fromkeys(k for r in rows for k in r))
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(r.get(c, "–") for c in columns) + " |" for r in rows]
    path.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after, encoding="utf-8")


def _read(table: str) -> list[dict[str, str]]:
    lines = [
        re.split(r"\s*\|\s*", x.strip().strip("|").strip()) for x in table.split("\n") if x.strip().startswith("|")
    ]
    return [dict(zip(lines[0], cells)) for cells in lines[2:]] if len(lines) > 2 else []


def _shown(value: Any) -> str:
    return "–" if value is None else f"{value:.3f}"
