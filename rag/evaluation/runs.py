"""One evaluation run: ask every question, keep every answer line, score, and write the results into a folder.

A run folder holds ``config.json`` (what was asked of what), ``answers.jsonl`` (the batch lines in question order),
``summary.json`` (metrics), ``scores.csv`` and ``timings.json``; the reports stand beside them. Two runs of the same
configuration give the same bytes but for ``timings.json`` and the ``timings_ms`` inside ``answers.jsonl``.
``cache/<key>.jsonl`` keeps each answer as soon as it is there, by configuration: an interrupted run resumes, and a set
that grew asks only what is new. Knows the public door of the package and the check of claims.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import platform
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rag.errors import EvaluationError, RagError, redact
from rag.evaluation import metrics
from rag.evaluation.citations import Entails
from rag.evaluation.sets import Question, QuestionSet, find_quote
from rag.evaluation.summary import latency, summarise
from rag.wire import answer_dict, failed_line

if TYPE_CHECKING:
    from rag.ask.pipeline import Rag
    from rag.index import Index

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
_IRRELEVANT = {
    *("index", "host", "port", "api_keys", "users", "allow_open", "llm_api_key", "seeds", "lock_timeout", "max_upload_mb"),
    *("max_upload_files", "rate_per_minute", "max_concurrency", "request_timeout", "commit_documents", "max_file_mb"),
}  # fmt: skip
#: Parts of the package that cannot change an answer.
_OUTSIDE = {"evaluation", "serve", "training", "cli.py", "doctor.py", "langchain.py", "__main__.py"}
#: Columns of scores.csv, after question and tags.
COLUMNS = (
    "id", "status", "stage", "correct", "contains", "short_contains", "exact", "f1", "citation_precision",
    "citation_recall", "first_citation", "alce_precision", "alce_recall", "quote_exact", "supported",
    "evidence_ranks", "channel_ranks", "tokens", "confidence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its questions, answer lines and scores in question order, and the aggregates.

    ``missing_evidence`` names the questions some of whose evidence is not in the index; ``texts`` are its documents,
    for reports that show passages (good only while the index is open, but for texts already fetched).
    """

    folder: Path | None
    config: Mapping[str, Any]
    questions: tuple[Question, ...]
    lines: tuple[Mapping[str, Any], ...]
    scores: tuple[metrics.Score, ...]
    summary: Mapping[str, Any]
    latency: Mapping[str, Mapping[str, float]]
    missing_evidence: tuple[str, ...] = ()
    texts: metrics.Texts | None = None


class IndexTexts:
    """The stored texts of an index, each fetched once. Serves as :class:`rag.evaluation.metrics.Texts`."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._texts: dict[str, str | None] = {}
        self._spans: dict[tuple[str, str], list[tuple[int, int]]] = {}

    def text(self, source: str) -> str | None:
        """The cleaned text of a document, None when there is none of that name."""
        if source not in self._texts:
            try:
                self._texts[source] = self._index.document(source).text
            except (RagError, KeyError):
                self._texts[source] = None
        return self._texts[source]

    def spans(self, source: str, quote: str) -> list[tuple[int, int]]:
        """Every place where ``quote`` stands in the text of ``source``."""
        key = (source, quote)
        if key not in self._spans:
            self._spans[key] = find_quote(self.text(source) or "", quote)
        return self._spans[key]


def configuration(questions: QuestionSet, rag: Rag) -> dict[str, Any]:
    """What the answers depend on, as plain data. Holds no secret, no path and no time."""
    body = "".join(json.dumps(q.as_dict(), ensure_ascii=False, sort_keys=True) + "\n" for q in questions.questions)
    settings = {k: v for k, v in rag.settings.public().items() if k not in _IRRELEVANT}
    settings["llm"] = llm_name(rag)
    return {
        "questions": {"name": questions.name, "count": len(questions), "sha256": _sha(body)},
        "index": {"content_hash": rag.index.content_hash, "embedder": rag.index.embedder.fingerprint},
        "settings": settings,
        "packages": {name: _version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "code": code_hash(),
        "commit": commit(),
    }


def llm_name(rag: Rag) -> str:
    """What reads the answers: "extractive" or the name of the model in use."""
    llm = getattr(rag, "llm", None)
    name = "extractive" if llm is None else str(getattr(llm, "name", type(llm).__name__))
    return redact(name, rag.settings.secrets())


def key_of(config: Mapping[str, Any]) -> str:
    """The cache key of a configuration: equal keys mean that answers to the same question may be reused.

    The code and the package versions count, since either can change an answer; the questions and the commit do not,
    since every answer is kept by its question and the code's hash says more than a commit.
    """
    kept = {k: v for k, v in config.items() if k not in ("questions", "commit")}
    return _sha(json.dumps(kept, sort_keys=True, ensure_ascii=False))[:16]


def run(
    questions: QuestionSet,
    rag: Rag,
    *,
    out: str | os.PathLike[str] | None = None,
    workers: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    fresh: bool = False,
    entails: Entails | None = None,
) -> Run:
    """Ask every question of ``rag`` and score the answers.

    With ``out``, answers kept there under the same configuration are not asked for again (failed ones are) unless
    ``fresh``. ``workers`` > 1 asks in parallel, worth it for a hosted LLM; the order of the results does not change.
    ``entails(passage, claim)`` judges statements against what they cite; None takes the check that answers go through.
    Raises EvaluationError when ``cancelled`` turns true (what was answered is kept), when ``out`` cannot be written,
    and when none of the set's evidence is in the index, which means that it is the wrong one.
    """
    if workers < 1:
        raise EvaluationError(f"workers={workers}: ask for at least 1")
    twice = [id for id, n in Counter(q.id for q in questions.questions).items() if n > 1]
    if twice:
        raise EvaluationError(f"question set {questions.name!r}: id {twice[0]!r} is used twice")
    texts = IndexTexts(rag.index)
    missing = _missing_evidence(questions, texts)
    config = configuration(questions, rag)
    key = key_of(config)
    folder = Path(out) if out is not None else None
    cache: Path | None = None
    if folder is not None:
        cache = folder / "cache" / f"{key}.jsonl"
        try:
            cache.parent.mkdir(parents=True, exist_ok=True)
            _write_json(folder / "config.json", {"key": key, **config})
        except OSError as exc:
            raise EvaluationError(f"--out {str(folder)!r}: {exc.strerror}; give a folder that can be written") from exc
    known = {} if fresh or cache is None else _cached(cache)
    done: dict[str, Mapping[str, Any]] = {}
    todo: list[Question] = []
    for q in questions.questions:
        line = known.get(_asked(q))
        if line is None:
            todo.append(q)
        else:
            done[q.id] = {**line, "id": q.id}
    log = open(cache, "w" if fresh else "a", encoding="utf-8") if cache is not None else None
    try:
        for count, (q, line) in enumerate(_answers(rag, todo, workers), 1):
            done[q.id] = line
            if log is not None:
                _keep(log, q, line)
            if progress:
                progress(count + len(questions) - len(todo), len(questions), q.id)
            if cancelled():
                raise EvaluationError(f"cancelled after {count} of {len(todo)} questions; run it again to resume")
    finally:
        if log is not None:
            log.close()
    lines = tuple(done[q.id] for q in questions.questions)
    judge = entails or claim_judge()
    scores = tuple(metrics.score(q, line, texts, judge) for q, line in zip(questions.questions, lines, strict=True))
    summary = summarise(questions.questions, scores)
    result = Run(folder, config, questions.questions, lines, scores, summary, latency(lines), missing, texts)
    if folder is not None:
        _write_results(result)
    return result


def claim_judge() -> Entails:
    """The deterministic check that answers go through, as a judge of (passage, claim)."""
    from rag.ask.claims import check_claim

    return lambda passage, claim: bool(check_claim(claim, passage).supported)


def _answers(rag: Rag, todo: Sequence[Question], workers: int) -> Iterator[tuple[Question, dict[str, Any]]]:
    """Each question with its answer line, as they come."""
    if workers == 1:
        for q in todo:
            yield q, _ask(rag, q)
        return
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="eval")
    try:
        asked = {pool.submit(_ask, rag, q): q for q in todo}
        for future in as_completed(asked):
            yield asked[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _ask(rag: Rag, question: Question) -> dict[str, Any]:
    try:
        answer = rag.ask(question.question, history=question.history)
    except Exception as exc:  # a crash is a failed answer; it must not cost the answers of the other questions
        message = redact(f"{type(exc).__name__}: {exc}", rag.settings.secrets())
        return failed_line(question.id, question.question, message)
    line = answer_dict(answer, question.id)
    if any(h.channels for h in answer.hits):
        line["channels"] = [{name: round(float(v), 6) for name, v in h.channels.items()} for h in answer.hits]
    confidence = getattr(answer, "confidence", None)
    return line if confidence is None else {**line, "confidence": round(float(confidence), 6)}


def _missing_evidence(questions: QuestionSet, texts: IndexTexts) -> tuple[str, ...]:
    """Ids of questions some of whose evidence is not in the index."""
    with_evidence = [q for q in questions.questions if q.evidence]
    lost = [q for q in with_evidence if not all(texts.spans(e.source, e.quote) for e in q.evidence)]
    if with_evidence and not any(texts.spans(e.source, e.quote) for q in with_evidence for e in q.evidence):
        e = with_evidence[0].evidence[0]
        raise EvaluationError(
            f"none of the evidence of question set {questions.name!r} is in this index (first: {e.source!r}, "
            f"{e.quote[:50]!r}); give the corpus the questions are about with --corpus or --index"
        )
    return tuple(q.id for q in lost)


def _asked(question: Question) -> str:
    return _sha(json.dumps([question.question, question.history], ensure_ascii=False))[:24]


def _keep(log: IO[str], question: Question, line: Mapping[str, Any]) -> None:
    log.write(json.dumps({"asked": _asked(question), **line}, ensure_ascii=False) + "\n")
    log.flush()


def _cached(path: Path) -> dict[str, dict[str, Any]]:
    """Answer lines by what was asked. A line that a kill cut short is dropped, so that new ones start on their own."""
    kept: dict[str, dict[str, Any]] = {}
    if not path.is_file():
        return kept
    text = path.read_text(encoding="utf-8", errors="replace")
    for raw in text.split("\n"):
        try:
            line = json.loads(raw)
            if line["status"] in ("answered", "abstained"):
                kept[str(line["asked"])] = {k: v for k, v in line.items() if k != "asked"}
        except (ValueError, KeyError, TypeError):
            continue
    if not text.endswith("\n"):
        _replace(path, "".join(json.dumps({"asked": k, **v}, ensure_ascii=False) + "\n" for k, v in kept.items()))
    return kept


def _write_results(result: Run) -> None:
    folder = result.folder
    assert folder is not None
    lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in result.lines)
    _replace(folder / "answers.jsonl", lines)
    _write_json(folder / "summary.json", result.summary)
    _write_json(folder / "timings.json", result.latency)
    _replace(folder / "scores.csv", scores_csv(result))


def scores_csv(result: Run) -> str:
    """One row a question: its text, tags and every metric but the time; "-" is evidence that was not retrieved."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["question", "tags", *COLUMNS])
    for q, s in zip(result.questions, result.scores, strict=True):
        cells: list[Any] = [q.question, " ".join(q.tags)]
        for name in COLUMNS:
            value = getattr(s, name)
            if name == "evidence_ranks":
                value = " ".join("-" if r is None else str(r) for r in value)
            elif name == "channel_ranks":
                value = " ".join(f"{channel}:{rank}" for channel, rank in value)
            elif isinstance(value, float):
                value = f"{value:.6g}"
            cells.append("" if value is None else value)
        writer.writerow(cells)
    return buffer.getvalue()


def format_summary(summary: Mapping[str, Any], times: Mapping[str, Mapping[str, float]] | None = None) -> str:
    """The summary as a table for the terminal."""
    columns = {
        "questions": "n", "correct": "right", "contains": "contains", "short_contains": "short", "f1": "F1",
        "citation_precision": "cite P", "citation_recall": "cite R", "alce_recall": "backed", "recall@1": "rec@1",
        "recall@10": "rec@10", "false_answer": "false ans", "false_refusal": "false ref",
    }  # fmt: skip
    rows = [("all", summary["all"]), *summary["languages"].items(), *summary["answerability"].items()]
    rows += [(name, row) for name, row in summary["tags"].items() if name not in summary["languages"]]
    width = max(len(name) for name, _ in rows)
    lines = [" " * width + "".join(f"{label:>10s}" for label in columns.values())]
    for name, row in rows:
        cells = [
            f"{row[c]:10d}" if c == "questions" else f"{row[c]:10.3f}" if row[c] is not None else f"{'-':>10s}"
            for c in columns
        ]
        lines.append(f"{name:<{width}s}" + "".join(cells))
    lines.append("where they went: " + ", ".join(f"{k} {v}" for k, v in summary["all"]["stages"].items()))
    if times and "total" in times:
        lines.append("milliseconds a question: " + ", ".join(f"{k} {v:.1f}" for k, v in times["total"].items()))
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


@lru_cache(maxsize=1)
def code_hash() -> str:
    """A hash of the package's own code, word lists and fitted weights, as far as they can change an answer."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".json", ".txt")):
        relative = path.relative_to(root)
        if relative.parts[0] not in _OUTSIDE:
            digest.update(f"{relative.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def commit() -> str | None:
    """The commit of the checkout this package runs from, "+" when its code was changed since; None outside one."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + (
            "+" if git("status", "--porcelain", "--", "rag", "seeds", "eval/*.jsonl") else ""
        )
    except (OSError, subprocess.SubprocessError):
        return None
