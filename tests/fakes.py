"""Stand-ins that tests share: models whose answers are known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from rag.ingest.changes import Fingerprint, Put
from rag.text.normalise import words
from rag.types import Document, Passage


class FakeEmbedder:
    """Each word has a random direction fixed by its hash; a text is the normalised sum of its words."""

    has_tokens = True

    def __init__(self, dimension: int = 32, name: str = "fake", prefix: str = "") -> None:
        self.name = name
        self.dimension = dimension
        self.prefix = prefix
        self.embedded: list[str] = []
        self._known: dict[str, np.ndarray] = {}

    @property
    def fingerprint(self) -> str:
        return f"{self.name}:{self.dimension}:{self.prefix}"

    def _word(self, word: str) -> np.ndarray:
        found = self._known.get(word)
        if found is None:
            seed = int.from_bytes(hashlib.blake2b((self.name + word).encode(), digest_size=8).digest(), "little")
            found = self._known[word] = np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)
        return found

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            row += sum((self._word(w) for w in words(text)), self._word("#") * 0.01)
            row /= np.linalg.norm(row)
        return out

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        self.embedded += texts
        return self._embed([self.prefix + t for t in texts])

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self._embed(texts)

    def pieces(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [
            np.asarray(
                [int.from_bytes(hashlib.blake2b(w.encode(), digest_size=2).digest(), "little") for w in words(t)],
                np.uint32,
            )
            for t in texts
        ]


def chunk_lines(document: Document) -> tuple[Passage, ...]:
    """One passage a line, one sentence a passage, two where the line holds '. '."""
    out: list[Passage] = []
    at = 0
    for line in document.text.split("\n"):
        if line.strip():
            cut = line.find(". ")
            spans = ((at, at + len(line)),) if cut < 0 else ((at, at + cut + 1), (at + cut + 2, at + len(line)))
            spans = tuple(s for s in spans if s[1] > s[0])
            out.append(
                Passage(
                    document.source,
                    at,
                    at + len(line),
                    line,
                    title=document.title,
                    date=document.date,
                    language=document.language,
                    sentences=spans,
                    metadata=document.metadata,
                )
            )
        at += len(line) + 1
    return tuple(out)


def put(document: Document, embedder: FakeEmbedder) -> Put:
    """A Put of the lines of a document."""
    from rag.ingest.pipeline import embed_all

    return embed_all(embedder, [(document, chunk_lines(document))])[0]


def fingerprint_of(embedder: FakeEmbedder) -> Fingerprint:
    return Fingerprint(embedder.fingerprint, "lines", "none", embedder.dimension)
