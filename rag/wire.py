"""Answers and hits as plain JSON values: the one shape the terminal, HTTP, evaluation and batch files share.

Knows nothing of where the values go. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rag.types import Answer, Citation, DocumentInfo, Hit, IngestReport


def citation_dict(citation: Citation) -> dict[str, Any]:
    """The eight fields of a citation, in the order the contract names them."""
    return {
        "n": citation.n,
        "source": citation.source,
        "title": citation.title,
        "date": citation.date,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "supported": citation.supported,
    }


def retrieved_dict(hit: Hit) -> dict[str, Any]:
    """A retrieved passage as a batch line lists it."""
    return {"source": hit.source, "start": hit.start, "end": hit.end, "score": round(float(hit.score), 6)}


def hit_dict(hit: Hit) -> dict[str, Any]:
    """A hit with its text and the score of each channel."""
    passage = hit.passage
    return {
        "rank": hit.rank,
        "score": round(float(hit.score), 6),
        "source": hit.source,
        "title": hit.title,
        "date": hit.date,
        "heading": passage.heading,
        "page": passage.page,
        "start": hit.start,
        "end": hit.end,
        "text": hit.text,
        "channels": {name: round(float(value), 6) for name, value in hit.channels.items()},
    }


def answer_dict(answer: Answer, id: Any = None) -> dict[str, Any]:
    """One answer line of a batch: every key always present, ``answer`` always a string.

    ``answer`` is "" when failed; ``citations`` are empty unless answered; times are milliseconds, rounded to 0.01.
    """
    return {
        "id": id,
        "question": answer.question,
        "query": answer.query,
        "status": answer.status,
        "answer": "" if answer.status == "failed" else answer.text,
        "short": list(answer.short),
        "language": answer.language,
        "citations": [citation_dict(c) for c in answer.citations] if answer.status == "answered" else [],
        "retrieved": [retrieved_dict(h) for h in answer.hits],
        "timings_ms": {name: round(float(value), 2) for name, value in answer.timings.items()},
        "error": answer.error,
    }


def failed_line(id: Any, question: str, error: str) -> dict[str, Any]:
    """The answer line of a batch item that could not even be asked."""
    return answer_dict(Answer(question=question, query=question, status="failed", error=error), id)


def report_dict(report: IngestReport) -> dict[str, Any]:
    """An ingest report as plain data."""
    return {
        "added": list(report.added),
        "updated": list(report.updated),
        "unchanged": list(report.unchanged),
        "removed": list(report.removed),
        "skipped": [{"path": s.path, "reason": s.reason} for s in report.skipped],
        "passages": report.passages,
        "seconds": round(report.seconds, 3),
    }


def document_dict(info: DocumentInfo) -> dict[str, Any]:
    """A row of the document list as plain data."""
    return {
        "source": info.source,
        "title": info.title,
        "date": info.date,
        "language": info.language,
        "passages": info.passages,
        "characters": info.characters,
        "added": info.added,
        "metadata": dict(info.metadata),
    }


def answer_text(answer: Answer, hits: Iterable[Hit] | None = None) -> str:
    """The answer as a person reads it in a terminal: text, then one line for each citation or nearest passage."""
    lines = [answer.text if answer.status != "failed" else f"failed: {answer.error}"]
    if answer.citations:
        lines.append("")
    for c in answer.citations:
        where = f"{c.title} ({c.date})" if c.date else c.title
        mark = "" if c.supported else " [?]"
        lines.append(f"[{c.n}] {where} — {c.source}:{c.start}-{c.end}{mark}\n    “{c.quote}”")
    if answer.status == "abstained":
        for hit in list(hits if hits is not None else answer.hits)[:3]:
            lines.append(f"  · {hit.title or hit.source} — {' '.join(hit.text.split())[:110]}…")
    return "\n".join(lines)
