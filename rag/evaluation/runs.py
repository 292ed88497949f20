"""One evaluation run: ask every question, keep every answer line, score, and write the results of a folder.

A run folder holds ``config.json`` (what was asked of what), ``answers.jsonl`` (the batch lines, appended as they come,
so that an interrupted run resumes), ``summary.json`` (metrics; identical bytes for identical answers), ``scores.csv``
and ``timings.json`` (the only file that differs between reruns besides the timings inside ``answers.jsonl``).
Knows only the public door of the package.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import EvaluationError, RagError
from rag.evaluation import metrics
from rag.evaluation.sets import Question, QuestionSet
from rag.wire import answer_dict

if TYPE_CHECKING:
    from rag.ask.pipeline import Rag
    from rag.index import Index
    from rag.settings import Settings

_PACKAGES = (
    "hoidap",
    "numpy",
    "faiss-cpu",
    "tokenizers",
    "sentence-transformers",
    "torch",
    "langchain",
    "langchain-core",
)
#: Settings that cannot change an answer and so take no part in a run's key.
_IRRELEVANT = {"index", "host", "port", "api_keys", "users", "allow_open", "llm_api_key", "seeds", "lock_timeout"}


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its questions, answer lines and scores in question order, and the aggregates."""

    folder: Path | None
    config: Mapping[str, Any]
    questions: tuple[Question, ...]
    lines: tuple[Mapping[str, Any], ...]
    scores: tuple[metrics.Score, ...]
    summary: Mapping[str, Any]
    latency: Mapping[str, float]


def configuration(questions: QuestionSet, index: Index, settings: Settings) -> dict[str, Any]:
    """What the answers depend on, as plain data. Holds no secret, no path and no time."""
    body = "".join(json.dumps(q.as_dict(), ensure_ascii=False, sort_keys=True) + "\n" for q in questions.questions)
    public = {k: v for k, v in settings.public().items() if k not in _IRRELEVANT}
    return {
        "questions": {"name": questions.name, "count": len(questions), "sha256": _sha(body)},
        "index": {"content_hash": index.content_hash, "embedder": index.embedder.fingerprint},
        "settings": public,
        "packages": {name: _version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "commit": _commit(),
    }


def key_of(config: Mapping[str, Any]) -> str:
    """The cache key of a configuration: equal keys mean answers may be reused.

    The commit and the package versions count too, since either can change an answer.
    """
    return _sha(json.dumps(config, sort_keys=True, ensure_ascii=False))[:16]


def run(
    questions: QuestionSet,
    rag: Rag,
    *,
    out: str | os.PathLike[str] | None = None,
    workers: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Run:
    """Ask every question of ``rag`` and score the answers.

    With ``out``, lines already there under the same configuration key are not asked again. ``workers`` > 1 asks in
    parallel (worth it for a hosted LLM); the order of the results does not change. Raises EvaluationError when
    ``cancelled`` turns true (what was answered is kept) or ``out`` cannot be written.
    """
    config = configuration(questions, rag.index, rag.settings)
    key = key_of(config)
    folder = Path(out) if out is not None else None
    done: dict[str, dict[str, Any]] = {}
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise EvaluationError(f"--out {str(folder)!r}: {exc.strerror}; give a folder that can be written") from exc
        done = _reusable(folder, key)
        _write_json(folder / "config.json", {"key": key, **config})
    todo = [q for q in questions.questions if q.id not in done]
    log = open(folder / "answers.jsonl", "a" if done else "w", encoding="utf-8") if folder is not None else None
    try:
        with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
            ask = lambda q: _ask(rag, q)  # noqa: E731
            for count, (q, line) in enumerate(zip(todo, pool.map(ask, todo) if workers > 1 else map(ask, todo)), 1):
                done[q.id] = {"key": key, **line}
                if log is not None:
                    log.write(json.dumps(done[q.id], ensure_ascii=False) + "\n")
                    log.flush()
                if progress:
                    progress(count + len(questions) - len(todo), len(questions), q.id)
                if cancelled():
                    pool.shutdown(cancel_futures=True)
                    raise EvaluationError(f"cancelled after {count} of {len(todo)} questions; run it again to resume")
    finally:
        if log is not None:
            log.close()
    lines = tuple({k: v for k, v in done[q.id].items() if k != "key"} for q in questions.questions)
    result = _scored(questions, lines, rag.index, config, folder)
    if folder is not None:
        _write_results(result, key)
    return result


def _ask(rag: Rag, question: Question) -> dict[str, Any]:
    return answer_dict(rag.ask(question.question, history=question.history), question.id)


def _scored(
    questions: QuestionSet,
    lines: Sequence[Mapping[str, Any]],
    index: Index,
    config: Mapping[str, Any],
    folder: Path | None,
) -> Run:
    texts: dict[str, str | None] = {}

    def span_of(source: str, quote: str) -> tuple[int, int] | None:
        if source not in texts:
            try:
                texts[source] = index.document(source).text
            except (RagError, KeyError):
                texts[source] = None
        text = texts[source]
        at = text.find(quote) if text else -1
        return (at, at + len(quote)) if at >= 0 else None

    scores = tuple(metrics.score(q, line, span_of) for q, line in zip(questions.questions, lines, strict=True))
    summary = {
        "all": metrics.aggregate(questions.questions, scores),
        "tags": metrics.by_tag(questions.questions, scores),
    }
    return Run(folder, config, questions.questions, tuple(lines), scores, summary, metrics.latency(scores))


def _reusable(folder: Path, key: str) -> dict[str, dict[str, Any]]:
    path = folder / "answers.jsonl"
    kept: dict[str, dict[str, Any]] = {}
    if path.is_file():
        for raw in path.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(raw)
            except json.JSONDecodeError:
                continue  # the line a kill cut short: that question is asked again
            if isinstance(line, dict) and line.get("key") == key and line.get("status") != "failed":
                kept[str(line.get("id"))] = line
        if kept:
            whole = "".join(json.dumps(v, ensure_ascii=False) + "\n" for v in kept.values())
            _replace(path, whole)
    return kept


def _write_results(result: Run, key: str) -> None:
    folder = result.folder
    assert folder is not None
    lines = "".join(json.dumps({"key": key, **line}, ensure_ascii=False) + "\n" for line in result.lines)
    _replace(folder / "answers.jsonl", lines)
    _write_json(folder / "summary.json", result.summary)
    _write_json(folder / "timings.json", result.latency)
    buffer = io.StringIO()
    names = [n for n in metrics.Score.__slots__ if n != "milliseconds"]
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["question", "tags", *names])
    for q, s in zip(result.questions, result.scores, strict=True):
        writer.writerow(
            [q.question, " ".join(q.tags), *("" if getattr(s, n) is None else getattr(s, n) for n in names)]
        )
    _replace(folder / "scores.csv", buffer.getvalue())


def format_summary(summary: Mapping[str, Any], latency: Mapping[str, float] | None = None) -> str:
    """The summary as a table for the terminal."""
    columns = (
        "questions",
        "correct",
        "contains",
        "short_contains",
        "f1",
        "first_citation",
        "recall@1",
        "false_answer",
        "false_refusal",
    )
    rows = [("all", summary["all"]), *summary["tags"].items()]
    width = max(len(name) for name, _ in rows)
    lines = [" " * width + "  " + "  ".join(f"{c[:14]:>14s}" for c in columns)]
    for name, row in rows:
        cells = [
            f"{row[c]:14d}" if c == "questions" else f"{row[c]:14.3f}" if row[c] is not None else " " * 13 + "-"
            for c in columns
        ]
        lines.append(f"{name:<{width}s}  " + "  ".join(cells))
    lines.append("stages: " + ", ".join(f"{k} {v}" for k, v in summary["all"]["stages"].items()))
    if latency:
        lines.append("milliseconds a question: " + ", ".join(f"{k} {v:.1f}" for k, v in latency.items()))
    return "\n".join(lines)


def _write_json(path: Path, value: Any) -> None:
    _replace(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def _replace(path: Path, text: str) -> None:
    """Write beside and rename, so that a reader never sees half a file."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the checkout this package runs from, None outside one."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
