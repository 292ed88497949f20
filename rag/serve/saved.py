"""Answers as they are kept in a conversation: everything needed to show them again with their sources.

Knows the frozen types and the shared JSON shapes only; nothing of SQLite or the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.types import Answer, Citation, Hit, Passage
from rag.wire import answer_dict, hit_dict


def keep(answer: Answer) -> dict[str, Any]:
    """The answer as plain JSON: a batch line, with the texts of its passages, token counts and completeness."""
    line = answer_dict(answer)
    line["answer"] = answer.text
    line["retrieved"] = [hit_dict(h) for h in answer.hits]
    line["usage"] = dict(answer.usage)
    line["complete"] = answer.complete
    return line


def restore(data: Mapping[str, Any]) -> Answer:
    """The answer that ``keep`` wrote; unknown fields are ignored, so older conversations stay readable."""
    return Answer(
        question=str(data.get("question", "")),
        query=str(data.get("query", "")),
        status=data.get("status", "failed"),
        text=str(data.get("answer", "")),
        short=tuple(data.get("short", ())),
        language=str(data.get("language", "vi")),
        citations=tuple(_citation(c) for c in data.get("citations", ())),
        hits=tuple(_hit(h) for h in data.get("retrieved", ())),
        timings=dict(data.get("timings_ms", {})),
        usage=dict(data.get("usage", {})),
        error=data.get("error"),
        complete=bool(data.get("complete", True)),
    )


def _citation(data: Mapping[str, Any]) -> Citation:
    return Citation(
        n=int(data["n"]),
        source=str(data["source"]),
        title=str(data.get("title") or ""),
        date=data.get("date"),
        quote=str(data["quote"]),
        start=int(data["start"]),
        end=int(data["end"]),
        supported=bool(data.get("supported", True)),
    )


def _hit(data: Mapping[str, Any]) -> Hit:
    passage = Passage(
        source=str(data["source"]),
        start=int(data["start"]),
        end=int(data["end"]),
        text=str(data.get("text", "")),
        title=str(data.get("title") or ""),
        heading=str(data.get("heading") or ""),
        date=data.get("date"),
        page=data.get("page"),
    )
    return Hit(passage=passage, score=float(data.get("score", 0.0)), rank=int(data.get("rank", 0)))
