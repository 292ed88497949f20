"""A small reader and index with the public signatures, for tests of the page and the API that need no model.

Finds the paragraph that shares most words with the question and answers with its best sentence.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rag import Settings
from rag.errors import UsageError
from rag.serve.service import Choice, Service
from rag.types import (
    Answer,
    Citation,
    Document,
    DocumentInfo,
    Event,
    Hit,
    IngestReport,
    Passage,
    Retrieved,
    Skipped,
    Token,
)


class SimpleIndex:
    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self.texts = {d.source: d for d in documents}
        snapshot = SimpleNamespace(abbreviations=lambda: {"CĐS": "chuyển đổi số"})
        self.store = SimpleNamespace(snapshot=lambda: nullcontext(snapshot))

    def documents(self) -> list[DocumentInfo]:
        return [
            DocumentInfo(d.source, d.title, d.date, "vi", len(list(passages(d))), len(d.text), "2026-11-22T01:00:00Z")
            for d in self.texts.values()
        ]

    def document(self, source: str) -> Document:
        if source not in self.texts:
            raise UsageError(f"no document {source!r}")
        return self.texts[source]

    def add(self, inputs: Iterable[Any], progress: Any = None, prune: bool = False) -> IngestReport:
        added, updated, skipped = [], [], []
        for item in inputs:
            if not isinstance(item, Document):
                text = Path(item).read_text(encoding="utf-8")
                if not text.strip():
                    skipped.append(Skipped(str(item), "empty"))
                    continue
                item = Document(Path(item).name, text, title=Path(item).stem)
            (updated if item.source in self.texts else added).append(item.source)
            self.texts[item.source] = item
        return IngestReport(tuple(added), tuple(updated), skipped=tuple(skipped), passages=len(added))

    def remove(self, sources: Iterable[str]) -> IngestReport:
        removed = tuple(s for s in sources if self.texts.pop(s, None))
        return IngestReport(removed=removed)

    def close(self) -> None:
        pass


def passages(document: Document) -> Iterator[Passage]:
    heading = ""
    for found in re.finditer(r"[^\n]+", document.text):
        if found[0].startswith("#"):
            heading = found[0].lstrip("# ")
            continue
        yield Passage(document.source, found.start(), found.end(), found[0], document.title, heading, document.date)


def words(text: str) -> set[str]:
    return {w for w in re.findall(r"\w+", text.lower()) if len(w) > 2}


class SimpleRag:
    def __init__(self, index: SimpleIndex, settings: Settings, pause: float = 0.0) -> None:
        self.index, self.settings, self.pause = index, settings, pause
        self.llm: Any = None
        self.retriever = SimpleNamespace(search=self.search)
        self.gate = threading.Event()
        self.gate.set()

    def search(self, question: str, k: int | None = None, **filters: Any) -> list[Hit]:
        wanted = words(question)
        found = [(len(wanted & words(p.text)), p) for d in self.index.texts.values() for p in passages(d)]
        found = sorted((f for f in found if f[0] >= 2), key=lambda f: (-f[0], f[1].source, f[1].start))
        return [Hit(p, float(score), rank + 1) for rank, (score, p) in enumerate(found[: k or 8])]

    def stream(self, question: str, history: Any = (), k: int | None = None) -> Iterator[Event]:
        if not question.strip():
            yield Answer(question, question, "failed", error="UsageError: the question is empty: type one")
            return
        if "explode" in question:
            yield Answer(question, question, "failed", error="LLMUnavailable: the model is down")
            return
        query = question if not history else f"{history[-1][0]} {question}"
        hits = tuple(self.search(query, k))
        yield Retrieved(query, hits)
        self.gate.wait(20)
        enough = hits and hits[0].score > 0.6 * len(words(question))
        if not enough:
            yield Answer(question, query, "abstained", "Không có trong tài liệu.", hits=hits, timings={"total": 1.0})
            return
        passage = hits[0].passage
        best = max(re.finditer(r"[^.!?]+[.!?]*", passage.text), key=lambda m: len(words(m[0]) & words(question)))
        quote = best[0].strip()
        start = passage.start + best.start() + len(best[0]) - len(best[0].lstrip())
        text = f"{quote} [1]"
        for piece in re.findall(r"\S+\s*", text):
            time.sleep(self.pause)
            yield Token(piece)
        citation = Citation(1, passage.source, passage.title, passage.date, quote, start, start + len(quote))
        yield Answer(
            question, query, "answered", text, ("59",), "vi", (citation,), hits, {"retrieve": 1.5, "total": 3.0}
        )

    def ask(self, question: str, history: Any = (), k: int | None = None) -> Answer:
        *_, answer = self.stream(question, history, k)
        assert isinstance(answer, Answer)
        return answer


class SimpleService(Service):
    """The real service over the small index."""

    def __init__(self, settings: Settings, documents: Iterable[Document] = (), pause: float = 0.0) -> None:
        super().__init__(settings)
        self._documents = tuple(documents)
        self.pause = pause
        self.rag: SimpleRag | None = None

    def _open_index(self) -> Any:
        return SimpleIndex(self._documents)

    def reader(self, choice: Choice) -> Any:
        if self.rag is None:
            self.rag = SimpleRag(self.wait(0), self.settings, self.pause)  # type: ignore[arg-type]
        return self.rag

    def _warm_up(self, index: Any) -> None:
        pass


def sample_documents() -> list[Document]:
    """The sample corpus as the small index reads it: front matter cut off."""
    out = []
    for path in sorted((Path(__file__).parents[2] / "seeds").glob("[a-z]*.md")):
        _, head, text = path.read_text(encoding="utf-8").split("---\n", 2)
        fields = dict(re.findall(r'^(\w+): "?(.*?)"?$', head, re.M))
        out.append(Document(path.name, text.strip(), fields["title"], fields["date"], "vi"))
    return out
