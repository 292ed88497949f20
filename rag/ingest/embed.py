"""Vectors and token ids of the passages of documents, taken from the stored version where a passage has not changed.

Knows nothing of how an embedder works, of files or of storage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


def embed_all(
    embedder: Embeds, chunked: Sequence[tuple[Document, tuple[Passage, ...]]], olds: Mapping[str, Old] | None = None
) -> list[Put]:
    """A Put for each document, its vectors taken from the stored version where a passage has not changed.

    All texts of the batch go to the embedder together. Raises EmbedderError naming the document.
    """
    kept: dict[tuple[int, int], _Vectors] = {}
    fresh: list[tuple[int, int, Passage]] = []
    for i, (document, passages) in enumerate(chunked):
        old = olds.get(document.source) if olds else None
        for j, passage in enumerate(passages):
            found = old.by_text.get(_key(passage)) if old else None
            if found is not None:
                kept[i, j] = found
            else:
                fresh.append((i, j, passage))
    new = _embed(embedder, chunked, fresh)
    puts: list[Put] = []
    for i, (document, passages) in enumerate(chunked):
        parts = [kept[i, j] if (i, j) in kept else new[i, j] for j in range(len(passages))]
        puts.append(_put(document, passages, parts, embedder))
    return puts


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


def _embed(
    embedder: Embeds,
    chunked: Sequence[tuple[Document, tuple[Passage, ...]]],
    fresh: Sequence[tuple[int, int, Passage]],
) -> dict[tuple[int, int], _Vectors]:
    if not fresh:
        return {}
    sentences: list[str] = []
    at = [0]
    for i, _, passage in fresh:
        text = chunked[i][0].text
        sentences += [text[s:e] for s, e in passage.sentences]
        at.append(len(sentences))

    def where_passage(row: int) -> Passage:
        return fresh[row][2]

    def where_sentence(row: int) -> Passage:
        return fresh[int(np.searchsorted(at, row, side="right")) - 1][2]

    vectors = _vectors(embedder, [p.indexed_text for _, _, p in fresh], where_passage)
    rows = _vectors(embedder, sentences, where_sentence)
    none: Pieces = np.empty(0, dtype=np.uint32)
    pieces: Sequence[Pieces] = ()
    contexts: dict[str, Pieces] = {}
    if embedder.has_tokens:
        pieces = embedder.pieces(sentences)
        texts = list(dict.fromkeys(p.context for _, _, p in fresh))
        contexts = dict(zip(texts, embedder.pieces(texts), strict=True))
    out = {}
    for n, (i, j, passage) in enumerate(fresh):
        lo, hi = at[n], at[n + 1]
        out[i, j] = _Vectors(
            vectors[n], rows[lo:hi], tuple(pieces[lo:hi]), contexts[passage.context] if embedder.has_tokens else none
        )
    return out


def _vectors(embedder: Embeds, texts: Sequence[str], where: Callable[[int], Passage]) -> NDArray[np.float32]:
    if not texts:
        return np.empty((0, embedder.dimension), dtype=np.float32)
    try:
        return embedder.embed_passages(texts)
    except EmbedderError as exc:
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
