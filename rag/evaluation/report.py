"""Reports of a run: JUnit XML and a Markdown summary; the page is in :mod:`rag.evaluation.page`.

Pure functions from a Run to text, but for :func:`write`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from rag.errors import EvaluationError, UsageError
from rag.evaluation.page import html
from rag.evaluation.runs import Run
from rag.evaluation.sets import Question

COLUMNS: Mapping[str, str] = {
    "correct": "right",
    "contains": "answer holds gold",
    "short_contains": "short holds gold",
    "exact": "EM",
    "f1": "F1",
    "citation_precision": "citation precision",
    "citation_recall": "citation recall",
    "first_citation": "first citation right",
    "alce_precision": "ALCE precision",
    "alce_recall": "ALCE recall",
    "recall@1": "recall@1",
    "recall@10": "recall@10",
    "false_answer": "false answers",
    "false_refusal": "false refusals",
}
_CONTROL = {c: None for c in (*range(32), 0xFFFE, 0xFFFF) if c not in (9, 10, 13)}


def write(run: Run) -> list[Path]:
    """Write report.html, summary.md and junit.xml into the run's folder; returns the paths.

    Raises UsageError for a run without a folder, EvaluationError where a file cannot be written.
    """
    if run.folder is None:
        raise UsageError("this run has no folder; give one with out=… to keep its reports")
    paths = []
    for name, text in (("report.html", html(run)), ("summary.md", markdown(run)), ("junit.xml", junit(run))):
        path = run.folder / name
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as exc:
            raise EvaluationError(f"{path}: {exc.strerror}; give a folder that can be written") from exc
        paths.append(path)
    return paths


def junit(run: Run) -> str:
    """JUnit XML: one test case a question; a wrong answer is a failure, a failed one an error. Holds no time."""
    failures = sum(not s.correct and s.status != "failed" for s in run.scores)
    errors = sum(s.status == "failed" for s in run.scores)
    name = quoteattr(_xml(str(run.config["questions"]["name"])))
    out = ['<?xml version="1.0" encoding="UTF-8"?>']
    out.append(f'<testsuite name={name} tests="{len(run.scores)}" failures="{failures}" errors="{errors}">')
    for q, s, line in zip(run.questions, run.scores, run.lines, strict=True):
        case = f"  <testcase classname={name} name={quoteattr(_xml(f'{q.id}: {q.question}'))}"
        if s.correct:
            out.append(case + "/>")
            continue
        kind = "error" if s.status == "failed" else "failure"
        body = f"gold: {gold_text(q)}\nanswer: {line['answer'] or line['error']}"
        out.append(f"{case}>\n    <{kind} message={quoteattr(s.stage)}>{escape(_xml(body))}</{kind}>\n  </testcase>")
    out.append("</testsuite>")
    return "\n".join(out) + "\n"


def _xml(text: str) -> str:
    """XML 1.0 has no place for most control characters."""
    return text.translate(_CONTROL)


def gold_text(question: Question) -> str:
    """The gold answers in words: alternatives by "/", requirements by ";"."""
    return "; ".join(" / ".join(a) for a in question.answers) if question.answerable else "(not in the documents)"


def markdown(run: Run) -> str:
    """A short summary with a table by language, answerability and tag. Holds no time."""
    out = [f"# Evaluation: {run.config['questions']['name']}", ""]
    settings = run.config["settings"]
    out.append(
        f"{len(run.questions)} questions, index `{run.config['index']['content_hash'][:12]}`, "
        f"reader `{settings['llm']}`, embedder `{settings['embedder']}`. Intervals are 95 % (Wilson)."
    )
    everything = run.summary["all"]
    out += ["", "| metric | value | 95 % interval |", "|---|---|---|"]
    for name, label in COLUMNS.items():
        interval = everything["intervals"].get(name)
        shown = f"{interval[0]:.3f} – {interval[1]:.3f}" if interval else ""
        out.append(f"| {label} | {_cell(everything[name])} | {shown} |")
    out += ["", "| where they went | questions |", "|---|---|"]
    out += [f"| {stage} | {count} |" for stage, count in everything["stages"].items()]
    out += ["", "| group | n | " + " | ".join(COLUMNS.values()) + " |", "|" + "---|" * (len(COLUMNS) + 2)]
    for name, row in groups(run.summary):
        out.append(f"| {name} | {row['questions']} | " + " | ".join(_cell(row[c]) for c in COLUMNS) + " |")
    return "\n".join(out) + "\n"


def groups(summary: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """All groups of a summary in the order reports show them, each once: all, languages, answerability, tags."""
    rows: dict[str, Mapping[str, Any]] = {"all": summary["all"]}
    for kind in ("languages", "answerability", "tags"):
        for name, row in summary[kind].items():
            rows.setdefault(name, row)
    return list(rows.items())


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
