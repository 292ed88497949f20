"""A segment: the derived columns of a run of passages, as one immutable file. Knows nothing of which passages are alive.

Segments are made by commits, joined by later commits, and made again from the truth when a file is damaged. All
positions inside are rows 0..n-1, in ascending order of passage id.

Columns: `ids`, `documents` (n,); `vectors` (n, d) float16; `sentence.at` (n + 1,), `sentence.vectors` (m, d) float16;
`piece.at` (n + m + 1,), `piece.flat` token ids, where each passage has one group for its context and then one for each
sentence; and the postings of `rag.store.lexical`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.store import dense, lexical, schema
from rag.store.files import Array, Columns, Damaged, open_columns, write_columns
from rag.store.lexical import Vocabulary
from rag.store.schema import SegmentRow

Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Batch:
    """What is known of a run of new passages before it is a segment; grows document by document.

    `rows` are those for SQLite, of passages and of vectors, for each document.
    """

    dimension: int
    ids: list[int]
    documents: list[int]
    texts: list[str]
    vectors: list[Array]
    counts: list[Array]
    sentence_vectors: list[Array]
    piece_lengths: list[Array]
    piece_flat: list[Array]
    rows: list[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]]

    @classmethod
    def empty(cls, dimension: int) -> Batch:
        return cls(dimension, [], [], [], [], [], [], [], [], [])

    def columns(self, vocabulary: Vocabulary) -> dict[str, Array]:
        """The columns of these passages."""
        d = self.dimension
        counts = _join(self.counts, np.int64)
        lengths = _join(self.piece_lengths, np.int64)
        return {
            "ids": np.asarray(self.ids, dtype=np.int64),
            "documents": np.asarray(self.documents, dtype=np.int64),
            "vectors": _join(self.vectors, np.float16).reshape(-1, d),
            "sentence.at": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            "sentence.vectors": _join(self.sentence_vectors, np.float16).reshape(-1, d),
            "piece.at": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            "piece.flat": _join(self.piece_flat, np.uint32),
            **lexical.build(self.texts, vocabulary),
        }


def _join(parts: Sequence[Array], kind: Any) -> Array:
    return np.concatenate(parts).astype(kind, copy=False) if parts else np.empty(0, dtype=kind)


class Segment:
    """A run of passages ready to be searched. Safe to use from many threads."""

    def __init__(self, row: SegmentRow, columns: Columns, about: Mapping[str, Any] | None = None) -> None:
        self.row = row
        self.columns = columns
        self.count = columns.shape("ids")[0]
        self.about: Mapping[str, Any] = about or {}

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        return self.columns.whole("ids")

    @cached_property
    def passages(self) -> dense.Matrix:
        """The passage vectors, as something that can be searched."""
        return dense.Matrix(self.columns, "vectors", self.about.get("faiss"))

    @cached_property
    def sentences(self) -> dense.Matrix:
        """The sentence vectors, as something that can be searched."""
        return dense.Matrix(self.columns, "sentence.vectors", self.about.get("faiss"))

    @cached_property
    def sentence_owner(self) -> NDArray[np.int32]:
        """Row of the passage that each sentence belongs to."""
        at = self.columns.whole("sentence.at")
        return np.repeat(np.arange(self.count, dtype=np.int32), np.diff(at))

    def rows_of(self, ids: Array) -> Array:
        """Rows of passage ids that lie in this segment."""
        if self.count and int(self.ids[-1]) - int(self.ids[0]) + 1 == self.count:
            return np.asarray(ids - self.ids[0])
        return np.searchsorted(self.ids, ids)


def open_segment(folder: Path, row: SegmentRow) -> Segment:
    """Map a segment's file. Raises FileNotFoundError or Damaged."""
    columns, about = open_columns(folder / row.name, row.size, row.total)
    if (about.get("first"), about.get("last"), about.get("count"), about.get("edition")) != (
        row.first,
        row.last,
        row.count,
        row.edition,
    ):
        raise Damaged(row.name, "belongs to other passages")
    segment = Segment(row, columns, about)
    if segment.count != row.count:
        raise Damaged(row.name, "wrong number of passages")
    return segment


def write_segment(
    folder: Path, name: str, edition: int, first: int, last: int, generation: int, arrays: dict[str, Array]
) -> SegmentRow:
    """Write the columns as a file and return what the truth must remember of it."""
    count = len(arrays["ids"])
    cells, measured = _cells(arrays)
    about = {
        "first": first,
        "last": last,
        "count": count,
        "edition": edition,
        "generation": generation,
        "faiss": measured,
    }
    size, total = write_columns(folder / name, {**arrays, **cells}, about)
    return SegmentRow(name, edition, first, last, count, size, total)


def _cells(arrays: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, dict[str, float]]]:
    """Inverted files over the large columns of vectors, and what was measured of each."""
    columns: dict[str, Array] = {}
    measured: dict[str, dict[str, float]] = {}
    for name, other in (("vectors", "sentence.vectors"), ("sentence.vectors", "vectors")):
        if len(arrays[name]) >= dense.CELLS_FROM and len(arrays[other]):
            # Vectors of the other kind stand for questions: like them, they are near to these rows but none of them.
            pick = np.random.default_rng(7).choice(len(arrays[other]), min(200, len(arrays[other])), replace=False)
            made = dense.make_cells(arrays[name], arrays[other][np.sort(pick)])
            if made is not None:
                columns[dense.cells_name(name)] = made.data
                measured[name] = {"probes": made.probes, "cells": made.cells, "recall@10": made.recall}
    return columns, measured


def read_all(columns: Columns) -> dict[str, Array]:
    """Every column, checked. Raises Damaged."""
    return {name: columns.whole(name) for name in columns.names() if not name.startswith("faiss.")}


def merge(parts: Sequence[tuple[dict[str, Array], Mask | None]]) -> dict[str, Array]:
    """Join the columns of adjacent segments, leaving out the rows whose mask is False."""
    if len(parts) == 1 and (parts[0][1] is None or bool(parts[0][1].all())):
        return parts[0][0]
    out = lexical.merge(parts)
    for name in ("ids", "documents", "vectors"):
        out[name] = np.concatenate([p[name] if alive is None else p[name][alive] for p, alive in parts])
    sentence_counts, sentence_rows, piece_counts, piece_flat = [], [], [], []
    for part, alive in parts:
        at, piece_at = part["sentence.at"], part["piece.at"]
        counts, lengths = np.diff(at), np.diff(piece_at)
        rows, flat = part["sentence.vectors"], part["piece.flat"]
        if alive is not None and not alive.all():
            groups = np.repeat(alive, counts + 1)
            rows = rows[np.repeat(alive, counts)]
            flat = flat[np.repeat(groups, lengths)]
            counts, lengths = counts[alive], lengths[groups]
        sentence_counts.append(counts)
        sentence_rows.append(rows)
        piece_counts.append(lengths)
        piece_flat.append(flat)
    out["sentence.at"] = np.concatenate([[0], np.cumsum(np.concatenate(sentence_counts))]).astype(np.int64)
    out["sentence.vectors"] = np.concatenate(sentence_rows)
    out["piece.at"] = np.concatenate([[0], np.cumsum(np.concatenate(piece_counts))]).astype(np.int64)
    out["piece.flat"] = np.concatenate(piece_flat)
    return out


def from_truth(
    link: sqlite3.Connection, path: Path, edition: int, first: int, last: int, dimension: int
) -> dict[str, Array]:
    """Make the columns of the living passages with first <= id <= last again from SQLite, without any embedder.

    Raises IndexDamaged when the truth itself is damaged.
    """
    batch = Batch.empty(dimension)
    cursor = link.execute(
        f"{schema.PASSAGE_SELECT} WHERE edition = ? AND id BETWEEN ? AND ? ORDER BY id", (edition, first, last)
    )
    held: tuple[int, Any] = (-1, None)
    # Read in one go: a second statement on the same connection runs in between.
    for row in cursor.fetchall():
        if held[0] != row[2]:
            found = link.execute(f"{schema.DOCUMENT_SELECT} WHERE id = ?", (row[2],)).fetchone()
            if found is None:
                raise IndexDamaged(f"{path}: the document of passage {row[0]} is gone; restore the file from a copy")
            held = (row[2], schema.to_document(found, path))
        passage = schema.to_passage(row, held[1], path)
        stored = link.execute(f"{schema.VECTOR_SELECT} WHERE passage = ?", (row[0],)).fetchone()
        if stored is None:
            raise IndexDamaged(f"{path}: the vectors of passage {row[0]} are gone; restore the file from a copy")
        schema.check_vectors(stored, path)
        flat, lengths = schema.unpack_pieces(stored[4])
        sentences = np.frombuffer(stored[3], dtype=np.float16).reshape(-1, dimension)
        batch.ids.append(row[0])
        batch.documents.append(row[2])
        batch.texts.append(passage.indexed_text)
        batch.vectors.append(np.frombuffer(stored[2], dtype=np.float16)[None, :])
        batch.counts.append(np.asarray([len(sentences)]))
        batch.sentence_vectors.append(sentences)
        batch.piece_lengths.append(lengths)
        batch.piece_flat.append(flat)
    return batch.columns(Vocabulary())


def to_merge(sizes: Sequence[tuple[int, int]], incoming: int, *, finishing: bool = False) -> int:
    """How many of the last segments a commit of `incoming` passages should absorb.

    `sizes` gives (passages, living passages) of each, oldest first. During a long ingest eight segments of a kind are
    joined, so a passage is copied once per power of eight; when an ingest ends, sizes are made to fall by a factor of
    three, so that few segments are searched. Segments that lost a quarter of their passages are made anew.
    """
    taken, total, tier, run = 0, incoming, _tier(incoming), 1
    for position, (count, alive) in enumerate(reversed(sizes), start=1):
        if finishing:
            absorb = alive < 3 * total
        else:
            level = _tier(alive)
            run = run + 1 if level <= tier else 2
            tier = max(level, tier)
            absorb = run >= 8
        if absorb or count - alive > count // 4:
            taken = position
        total += alive
    return taken


def _tier(count: int) -> int:
    return max(count // 256, 1).bit_length() // 3
