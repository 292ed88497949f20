"""Retrieval evaluation on a folder in the BEIR layout, every stage of the retriever measured in one run.

The folder holds ``corpus.jsonl`` (_id, title, text), ``queries.jsonl`` (_id, text) and ``qrels/*.tsv`` (query-id,
corpus-id, score). The corpus goes into a new index through the ordinary ingest, each row as one passage: rows are what is
judged, and cutting them up would only put them together again. (Rows beyond 4,000 words are cut; the best part counts.) Uses the public door of the package and its retrieval measures.
"""

from __future__ import annotations

import functools
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag import Document, Index, Retriever, Settings
from rag.errors import EvaluationError
from rag.evaluation import retrieval_metrics as rm

if TYPE_CHECKING:
    from os import PathLike

    from rag.retrieve.retriever import Scored
    from rag.retrieve.wording import Wording
    from rag.store import Snapshot

DEPTH = 100
# Queries of such sets may be whole documents: the limit for people's questions does not apply.
ROWS_WHOLE: dict[str, Any] = {"chunk_tokens": 2000, "max_question_chars": 100_000}
STAGES = {
    "lexical": "BM25 over words and word pairs without diacritics, alone",
    "exact": "BM25 over words and word pairs as written",
    "dense": "passage vectors",
    "sentences": "best sentence vector of a passage",
    "maxsim": "token vectors, over the candidates",
    "fusion": "the full default pipeline",
    "rerank": "the full pipeline with the reranker",
}


@dataclass(frozen=True, slots=True)
class BeirSet:
    """A retrieval set in memory. ``missing`` counts judged documents that the corpus lacks: they can never be found."""

    name: str
    corpus: Mapping[str, tuple[str, str]]
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]
    missing: int = 0


@dataclass(frozen=True, slots=True)
class StageResult:
    """Means over the queries, latencies in milliseconds, and nDCG@10 query by query."""

    measures: Mapping[str, float]
    p50_ms: float
    p95_ms: float
    ndcg: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BeirResult:
    """What one run measured. ``stages`` is in the order of STAGES, without the stages that do not apply."""

    name: str
    documents: int
    passages: int
    queries: int
    missing: int
    embedder: str
    reranker: str
    index_seconds: float
    stages: Mapping[str, StageResult]

    def to_json(self) -> dict[str, Any]:
        """Plain data, JSON-ready."""
        return asdict(self)


# ---- reading the folder


def load(folder: str | PathLike[str]) -> BeirSet:
    """Read a folder in the BEIR layout; queries without judgements are left out.

    With several files of judgements ``test.tsv`` is used. Raises EvaluationError with file and line for anything
    malformed: no JSON, a missing field, an id twice, a judgement twice, a judged query that is not there.
    """
    root = Path(folder)
    if not root.is_dir():
        raise EvaluationError(f"{root}: no such folder; it must hold corpus.jsonl, queries.jsonl and qrels/*.tsv")
    corpus: dict[str, tuple[str, str]] = {}
    for where, row in _records(root / "corpus.jsonl"):
        _once(where, _text(where, row, "_id"), corpus)
        corpus[row["_id"]] = (_text(where, row, "title", ""), _text(where, row, "text"))
    asked: dict[str, str] = {}
    for where, row in _records(root / "queries.jsonl"):
        _once(where, _text(where, row, "_id"), asked)
        asked[row["_id"]] = _text(where, row, "text")
        if not asked[row["_id"]].strip():
            raise EvaluationError(f"{where}: query {row['_id']!r} is empty")
    qrels, missing = _judgements(_qrels_file(root), asked, corpus)
    if not corpus or not qrels:
        raise EvaluationError(f"{root}: {'corpus.jsonl is' if not corpus else 'the judgements are'} empty")
    return BeirSet(root.resolve().name, corpus, {q: asked[q] for q in sorted(qrels)}, qrels, missing)


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, line in _lines(path):
        try:
            row = json.loads(line)
        except ValueError as exc:
            raise EvaluationError(f"{where}: not JSON ({exc})") from exc
        if not isinstance(row, dict):
            raise EvaluationError(f"{where}: expected an object, got {type(row).__name__}")
        yield where, row


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield f"{path}:{number}", line.rstrip("\r\n")
    except FileNotFoundError as exc:
        raise EvaluationError(
            f"{path}: no such file; the folder must hold corpus.jsonl, queries.jsonl, qrels/*.tsv"
        ) from exc
    except (UnicodeDecodeError, OSError) as exc:
        raise EvaluationError(f"{path}: cannot be read as UTF-8 text ({exc})") from exc


def _text(where: str, row: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if not isinstance(value, str):
        raise EvaluationError(f"{where}: field {name!r} must be a text, got {value!r}")
    if name == "_id" and not value:
        raise EvaluationError(f"{where}: field '_id' is empty")
    return value


def _once(where: str, name: str, seen: Mapping[str, Any]) -> None:
    if name in seen:
        raise EvaluationError(f"{where}: id {name!r} is there twice")


def _qrels_file(root: Path) -> Path:
    files = sorted((root / "qrels").glob("*.tsv"))
    named = [f for f in files if f.name == "test.tsv"] or files
    if len(named) != 1:
        told = ", ".join(f.name for f in files) or "none"
        raise EvaluationError(f"{root / 'qrels'}: expected test.tsv or one .tsv file of judgements, found {told}")
    return named[0]


def _judgements(
    path: Path, asked: Mapping[str, str], corpus: Mapping[str, Any]
) -> tuple[dict[str, dict[str, int]], int]:
    qrels: dict[str, dict[str, int]] = {}
    missing = 0
    for i, (where, line) in enumerate(_lines(path)):
        parts = line.split("\t")
        if i == 0 and parts[-1].strip().lower() in ("score", "relevance", "rel", "label"):
            continue
        if len(parts) != 3:
            raise EvaluationError(
                f"{where}: expected query-id, corpus-id and score separated by tabs, got {line[:80]!r}"
            )
        query, document, told = parts
        try:
            relevance = int(told)
        except ValueError as exc:
            raise EvaluationError(f"{where}: score {told!r} is not a whole number") from exc
        if query not in asked:
            raise EvaluationError(f"{where}: query {query!r} is not in queries.jsonl")
        if document in qrels.get(query, {}):
            raise EvaluationError(f"{where}: document {document!r} is judged twice for query {query!r}")
        missing += document not in corpus
        qrels.setdefault(query, {})[document] = relevance
    return qrels, missing


# ---- running


def evaluate_beir(
    folder: str | PathLike[str],
    settings: Settings | None = None,
    out: str | PathLike[str] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> BeirResult:
    """Index the folder's corpus, ask its queries, measure every stage; write JSON and TSV under `out` if given.

    Raises EvaluationError for a malformed folder.
    """
    data = load(folder)
    settings = (settings or Settings()).with_(**ROWS_WHOLE)
    with tempfile.TemporaryDirectory(prefix="rag-beir-") as place:
        begin = time.perf_counter()
        index = Index.create(Path(place) / "index", settings)
        try:
            index.add([Document(source=i, text=text, title=title) for i, (title, text) in data.corpus.items()])
            seconds = time.perf_counter() - begin
            result = _measure(data, index, settings, seconds, progress)
        finally:
            index.close()
    if out is not None:
        write(result, out)
    return result


def _measure(
    data: BeirSet, index: Index, settings: Settings, seconds: float, progress: Callable[[int, int, str], None] | None
) -> BeirResult:
    snapshot = index.store.snapshot()
    sources = [p.source for i in range(0, len(snapshot), 1000) for p in snapshot.passages(snapshot.ids[i : i + 1000])]
    probe = _Probe(index, Retriever(index, settings.with_(reranker="")), snapshot, sources)
    reranking = Retriever(index, settings) if settings.reranker else None
    runs: dict[str, dict[str, dict[str, float]]] = {}
    times: dict[str, list[float]] = {}
    for number, (query, text) in enumerate(data.queries.items()):
        stages = probe.stages(text)
        if reranking is not None:
            stages["rerank"] = functools.partial(_reranked, reranking, text)
        for name, run in stages.items():
            begin = time.perf_counter()
            found = run()
            times.setdefault(name, []).append((time.perf_counter() - begin) * 1000)
            runs.setdefault(name, {})[query] = found
        if progress is not None:
            progress(number + 1, len(data.queries), data.name)
    results = {}
    for name in STAGES:
        if name in runs:
            values = rm.per_query(runs[name], data.qrels)
            p50, p95 = np.percentile(times[name], [50, 95]).tolist()
            ndcg = {q: round(v["ndcg@10"], 6) for q, v in values.items()}
            means = {m: round(v, 6) for m, v in rm.mean(values).items()}
            results[name] = StageResult(means, round(p50, 3), round(p95, 3), ndcg)
    return BeirResult(
        name=data.name,
        documents=len(data.corpus),
        passages=len(snapshot),
        queries=len(data.queries),
        missing=data.missing,
        embedder=index.embedder.name,
        reranker=settings.reranker,
        index_seconds=round(seconds, 2),
        stages=results,
    )


def _reranked(retriever: Retriever, text: str) -> dict[str, float]:
    """{source: score of its best passage} of the hits."""
    best: dict[str, float] = {}
    for hit in retriever.search(text, DEPTH):
        best.setdefault(hit.source, hit.score)
    return best


class _Probe:
    """Runs the retriever's stages one at a time, each to {source: score} of at most DEPTH documents."""

    def __init__(self, index: Index, retriever: Retriever, snapshot: Snapshot, sources: Sequence[str]) -> None:
        self.index, self.retriever, self.snapshot, self.sources = index, retriever, snapshot, sources
        self.scored: Scored | None = None

    def stages(self, text: str) -> dict[str, Callable[[], dict[str, float]]]:
        snapshot, embedder = self.snapshot, self.index.embedder
        asked = self.retriever.wording(text, snapshot)
        out: dict[str, Callable[[], dict[str, float]]] = {
            "lexical": lambda: self._best(snapshot.bm25("folded", text)),
            "exact": lambda: self._best(snapshot.bm25("exact", text)),
            "dense": lambda: self._named(*snapshot.search_vectors(embedder.embed_queries([text])[0], 3 * DEPTH)),
            "sentences": lambda: self._named(
                *snapshot.search_sentences(embedder.embed_queries([text])[0], 5 * DEPTH)[::2]
            ),
            "fusion": lambda: self._fused(asked),
        }
        if embedder.has_tokens:
            # What MaxSim alone would order the candidates like; its time is part of the fusion's.
            out["maxsim"] = self._late
        return out

    def _fused(self, asked: Wording) -> dict[str, float]:
        self.scored = self.retriever.score(self.snapshot, asked, DEPTH)
        return self._rows(self.scored.positions, self.scored.fused)

    def _late(self) -> dict[str, float]:
        assert self.scored is not None
        return self._rows(self.scored.positions, self.scored.channels["maxsim"])

    def _best(self, scores: Any) -> dict[str, float]:
        order = np.argsort(-scores, kind="stable")[: 3 * DEPTH]
        order = order[scores[order] > 0]
        return self._rows(order, scores[order])

    def _named(self, ids: Any, scores: Any) -> dict[str, float]:
        return self._rows(np.searchsorted(self.snapshot.ids, ids), scores)

    def _rows(self, positions: Any, scores: Any) -> dict[str, float]:
        best: dict[str, float] = {}
        for i in np.argsort(-scores, kind="stable").tolist():
            best.setdefault(self.sources[int(positions[i])], float(scores[i]))
            if len(best) == DEPTH:
                break
        return best


# ---- telling


def format_table(result: BeirResult) -> str:
    """One line per stage, ready for a terminal."""
    head = ["stage", *rm.MEASURES, "p50 ms", "p95 ms"]
    rows = [head]
    for name, stage in result.stages.items():
        figures = [f"{stage.measures[m]:.4f}" for m in rm.MEASURES]
        rows.append([name, *figures, f"{stage.p50_ms:.2f}", f"{stage.p95_ms:.2f}"])
    widths = [max(len(r[i]) for r in rows) for i in range(len(head))]
    lines = ["  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, widths))) for r in rows]
    told = (
        f"{result.name}: {result.queries} queries, {result.documents} documents in {result.passages} passages, "
        f"embedder {result.embedder}, indexed in {result.index_seconds:.1f} s"
    )
    if result.missing:
        lines.append(f"note: {result.missing} judged documents are not in the corpus and count as not found")
    return "\n".join([told, *lines])


def write(result: BeirResult, out: str | PathLike[str]) -> tuple[Path, Path]:
    """Write NAME.json (everything) and NAME.tsv (the table) into the folder `out`, made if need be; their paths."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"{result.name}.tsv"
    full = folder / f"{result.name}.json"
    full.write_text(json.dumps(result.to_json(), ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    lines = ["\t".join(["stage", *rm.MEASURES, "p50_ms", "p95_ms"])]
    for name, stage in result.stages.items():
        figures = [f"{stage.measures[m]:.6f}" for m in rm.MEASURES]
        lines.append("\t".join([name, *figures, f"{stage.p50_ms:.3f}", f"{stage.p95_ms:.3f}"]))
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return full, table
