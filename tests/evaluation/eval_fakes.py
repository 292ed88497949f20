"""A small Rag with the real one's signatures and real values: word overlap finds, the best sentence answers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from rag.errors import IndexError_
from rag.settings import Settings
from rag.text.normalise import words
from rag.text.sentences import sentence_spans
from rag.types import Answer, Citation, Document, Hit, Passage

DOCUMENTS = (
    Document(
        "ha-tinh.md",
        "Hà Tĩnh đã lập 59 tổ cấp xã và 133 tổ cấp thôn.\nGiám đốc Sở là ông Lê Văn Dũng.\nTỷ lệ hồ sơ đạt 99,15% trong quý này.",
        title="Hà Tĩnh chuyển đổi số",
        date="2022-10",
        language="vi",
    ),
    Document(
        "lake.md",
        "The lake covers 1,200 hectares. It froze on August 15, 2022. Fishing is allowed in winter.",
        title="The lake",
        date="2023",
        language="en",
    ),
)


class FakeIndex:
    """The parts of Index that evaluation uses."""

    def __init__(self, documents: Sequence[Document] = DOCUMENTS) -> None:
        self._documents = {d.source: d for d in documents}
        self.content_hash = f"fake-{len(self._documents)}"
        self.embedder = SimpleNamespace(fingerprint="fake-embedder", name="fake")
        self.settings = Settings()

    def document(self, source: str) -> Document:
        if source not in self._documents:
            raise IndexError_(f"no document {source!r}")
        return self._documents[source]

    def documents(self) -> list[Any]:
        return [SimpleNamespace(source=s) for s in self._documents]

    def hits(self) -> list[Passage]:
        out = []
        for d in self._documents.values():
            for start, end in sentence_spans(d.text):
                out.append(Passage(d.source, start, end, d.text[start:end], d.title, "", d.date, d.language))
        return out


class FakeRag:
    """Answers with the sentence that shares most words with the question; refuses when fewer than ``least`` are shared.

    Counts what it was asked. ``crash`` names questions that raise, ``fail`` ones that give a failed Answer.
    """

    def __init__(self, index: FakeIndex | None = None, settings: Settings | None = None, least: int = 2) -> None:
        self.index = index or FakeIndex()
        self.settings = settings or self.index.settings
        self.llm: Any = None
        self.least = least
        self.asked: list[str] = []
        self.crash: set[str] = set()
        self.fail: set[str] = set()
        self.clock = 0.0
        self._lock = threading.Lock()

    def ask(self, question: str, history: Sequence[tuple[str, str]] = (), k: int | None = None) -> Answer:
        with self._lock:
            self.asked.append(question)
            self.clock += 1.5
            spent = self.clock
        if question in self.crash:
            raise RuntimeError("boom")
        timings = {"retrieve": spent / 3, "total": spent}
        wanted = set(words(question)) | {w for q, _ in history for w in words(q)}
        scored = [(len(wanted & set(words(p.text))), p) for p in self.index.hits()]
        scored.sort(key=lambda x: (-x[0], x[1].source, x[1].start))
        hits = tuple(Hit(p, float(s), i) for i, (s, p) in enumerate(scored[: k or self.settings.k], 1))
        if question in self.fail:
            return Answer(question, question, "failed", hits=hits, timings=timings, error="LLMTimeout: too late")
        if not hits or hits[0].score < self.least:
            return Answer(question, question, "abstained", "Không có trong tài liệu.", hits=hits, timings=timings)
        return self.answer(question, hits, timings)

    def answer(self, question: str, hits: tuple[Hit, ...], timings: dict[str, float]) -> Answer:
        best = hits[0]
        citation = Citation(1, best.source, best.title, best.date, best.text, best.start, best.end)
        short = tuple(w for w in best.text.replace(".", " ").split() if any(c.isdigit() for c in w))[:1]
        return Answer(question, question, "answered", f"“{best.text}” [1]", short, "vi", (citation,), hits, timings)


def entails(passage: str, claim: str) -> bool:
    """Every word of the claim stands in the passage."""
    return set(words(claim)) <= set(words(passage))
