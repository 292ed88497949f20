"""Vectors and token ids of the passages of documents, taken from the stored version where a passage has not changed.

Knows nothing of how an embedder works, of files or of storage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import EmbedderError
from rag.ingest.changes import Floats, Pieces, Put
from rag.types import Document, Passage

if TYPE_CHECKING:
    from rag.store import Snapshot


class Embeds(Protocol):
    """What ingest needs of an embedder (see rag.models.embedders)."""

    has_tokens: bool

    @property
    def fingerprint(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    def embed_passages(self, texts: Sequence[str]) -> Floats: ...
    def pieces(self, texts: Sequence[str]) -> list[Pieces]: ...


@dataclass(frozen=True, slots=True)
class _Vectors:
    """What is kept of one passage: its vector, its sentences' vectors (m, d) and token ids, its context's token ids."""

    vector: Floats
    sentences: Floats
    pieces: tuple[Pieces, ...]
    context: Pieces


@dataclass(frozen=True, slots=True)
class Old:
    """The stored vectors of a document's present version, by what they were made from."""

    by_text: Mapping[tuple[str, tuple[tuple[int, int], ...]], _Vectors]

    @classmethod
    def of(cls, snapshot: Snapshot, source: str) -> Old:
        passages = snapshot.passages_of(source)
        if not passages:
            return cls({})
        ids = np.asarray([p.id for p in passages], dtype=np.int64)
        vectors = snapshot.vectors(ids)
        rows, starts = snapshot.sentence_vectors(ids)
        flat, at, first = snapshot.pieces(ids)
        context, context_at = snapshot.context_pieces(ids)
        held = {}
        for i, passage in enumerate(passages):
            pieces = tuple(flat[at[j] : at[j + 1]] for j in range(int(first[i]), int(first[i + 1])))
            held[_key(passage)] = _Vectors(
                vectors[i], rows[starts[i] : starts[i + 1]], pieces, context[context_at[i] : context_at[i + 1]]
            )
        return cls(held)


def _key(passage: Passage) -> tuple[str, tuple[tuple[int, int], ...]]:
    return passage.indexed_text, tuple((s - passage.start, e - passage.start) for s, e in passage.sentences)


@dataclass(frozen=True, slots=True)
class Texts:
    """What an embedder is asked: the indexed texts of passages, their sentences, their different contexts."""

    passages: list[str]
    sentences: list[str]
    contexts: list[str]


@dataclass(frozen=True, slots=True)
class Made:
    """What it answered: unit rows of passages and sentences, and token ids of sentences and contexts: all of a kind in
    one array, and where each begins. Without token vectors there are none."""

    vectors: Floats
    sentences: Floats
    pieces: Pieces
    piece_at: NDArray[np.int64]
    contexts: Pieces
    context_at: NDArray[np.int64]


# Gives the passage that a row belongs to.
Where = Callable[[int], Passage]


def made(embedder: Embeds, texts: Texts, passage: Where | None = None, sentence: Where | None = None) -> Made:
    """The answer of an embedder. Raises EmbedderError, which names the document where the passage of a row is told."""
    tokens = embedder.has_tokens and bool(texts.passages)
    return Made(
        _vectors(embedder, texts.passages, passage),
        _vectors(embedder, texts.sentences, sentence),
        *_joined(embedder.pieces(texts.sentences) if tokens else ()),
        *_joined(embedder.pieces(texts.contexts) if tokens else ()),
    )


def _joined(pieces: Sequence[Pieces]) -> tuple[Pieces, NDArray[np.int64]]:
    at = np.cumsum([0, *map(len, pieces)], dtype=np.int64)
    flat = np.concatenate(pieces) if len(pieces) else np.empty(0, dtype=np.uint32)
    return flat.astype(np.uint32, copy=False), at


class Portion:
    """Some chunked documents on their way to Puts: `texts` are those whose vectors are not yet known."""

    def __init__(
        self,
        embedder: Embeds,
        chunked: Sequence[tuple[Document, tuple[Passage, ...]]],
        olds: Mapping[str, Old] | None = None,
    ) -> None:
        self._embedder, self._chunked = embedder, chunked
        self._kept: dict[tuple[int, int], _Vectors] = {}
        self._fresh: list[tuple[int, int, Passage]] = []
        for i, (document, passages) in enumerate(chunked):
            old = olds.get(document.source) if olds else None
            for j, passage in enumerate(passages):
                found = old.by_text.get(_key(passage)) if old else None
                if found is not None:
                    self._kept[i, j] = found
                else:
                    self._fresh.append((i, j, passage))
        sentences: list[str] = []
        self._at = [0]
        for i, _, passage in self._fresh:
            text = chunked[i][0].text
            sentences += [text[s:e] for s, e in passage.sentences]
            self._at.append(len(sentences))
        contexts = dict.fromkeys(p.context for _, _, p in self._fresh) if embedder.has_tokens else ()
        self.texts = Texts([p.indexed_text for _, _, p in self._fresh], sentences, list(contexts))

    def made(self) -> Made:
        """What the embedder says to the texts. Raises EmbedderError naming the document."""

        def sentence(row: int) -> Passage:
            return self._fresh[int(np.searchsorted(self._at, row, side="right")) - 1][2]

        return made(self._embedder, self.texts, lambda row: self._fresh[row][2], sentence)

    def puts(self, answer: Made) -> list[Put]:
        """A Put for each document, of what the texts were answered and of what was known."""
        pieces = _cut(answer.pieces, answer.piece_at)
        contexts = dict(zip(self.texts.contexts, _cut(answer.contexts, answer.context_at), strict=True))
        none: Pieces = np.empty(0, dtype=np.uint32)
        parts = dict(self._kept)
        for n, (i, j, passage) in enumerate(self._fresh):
            lo, hi = self._at[n], self._at[n + 1]
            parts[i, j] = _Vectors(
                answer.vectors[n],
                answer.sentences[lo:hi],
                tuple(pieces[lo:hi]),
                contexts[passage.context] if contexts else none,
            )
        return [
            _put(document, passages, [parts[i, j] for j in range(len(passages))], self._embedder)
            for i, (document, passages) in enumerate(self._chunked)
        ]


def _cut(flat: Pieces, at: NDArray[np.int64]) -> list[Pieces]:
    places = at.tolist()
    return [flat[a:b] for a, b in pairwise(places)]


def embed_all(
    embedder: Embeds, chunked: Sequence[tuple[Document, tuple[Passage, ...]]], olds: Mapping[str, Old] | None = None
) -> list[Put]:
    """A Put for each document, its vectors taken from the stored version where a passage has not changed.

    All texts of the batch go to the embedder together. Raises EmbedderError naming the document.
    """
    portion = Portion(embedder, chunked, olds)
    return portion.puts(portion.made())


def _put(document: Document, passages: tuple[Passage, ...], parts: Sequence[_Vectors], embedder: Embeds) -> Put:
    d = embedder.dimension
    empty: Floats = np.empty((0, d), dtype=np.float32)
    return Put(
        document=document,
        passages=passages,
        vectors=np.stack([p.vector for p in parts]) if parts else empty,
        sentence_vectors=np.concatenate([p.sentences for p in parts]) if parts else empty,
        sentence_counts=[len(p.sentences) for p in parts],
        pieces=[g for p in parts for g in p.pieces] if embedder.has_tokens else (),
        context_pieces=[p.context for p in parts] if embedder.has_tokens else (),
    )


def _vectors(embedder: Embeds, texts: Sequence[str], where: Where | None) -> NDArray[np.float32]:
    if not texts:
        return np.empty((0, embedder.dimension), dtype=np.float32)
    try:
        return embedder.embed_passages(texts)
    except EmbedderError as exc:
        if where is None:
            raise
        # A bad vector is told with the beginning of its text, and then the passage can be named; a failure of the whole
        # batch (a server gone) is not.
        told = str(exc)
        row = next((i for i, text in enumerate(texts) if repr(text[:60]) in told), None)
        if row is None:
            first, last = where(0).source, where(len(texts) - 1).source
            raise EmbedderError(
                f"{exc} (in the batch from {first!r} to {last!r}; what was committed before is kept)"
            ) from exc
        passage = where(row)
        raise EmbedderError(f"{exc} (in {passage.source!r} [{passage.start}:{passage.end}])") from exc
