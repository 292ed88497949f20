"""Commits: changes in, one new version out. Knows nothing of embedders or of how documents are read.

A commit writes one new segment file, then one SQLite transaction that holds the rows, the list of segments and the new
generation. Until that transaction is durable nothing refers to the file; after it nothing refers to the files it
replaced. A kill at any point therefore leaves the old version or the new one, and at most an orphaned file, which the
next writer clears away.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import IndexDamaged, UsageError
from rag.ingest.changes import Change, Fingerprint, Put, digest
from rag.store import schema
from rag.store.files import Array, Damaged, writing
from rag.store.lexical import Vocabulary
from rag.store.schema import SegmentRow, State
from rag.store.segment import Batch, Mask, from_truth, merge, read_all, to_merge, write_segment
from rag.types import Document

if TYPE_CHECKING:
    from rag.store.store import Store

log = logging.getLogger(__name__)
Step = Callable[[str], None]


class Writer:
    """Holds the lock of an index for as long as it lives; get one from `Store.writer`."""

    def __init__(self, store: Store, link: sqlite3.Connection, step: Step | None = None) -> None:
        self._store = store
        self._link = link
        self._vocabulary = Vocabulary()
        self._step: Step = step or (lambda name: None)
        self._clear_orphans()

    @property
    def state(self) -> State:
        """The last committed state, which nobody else can change while this writer lives."""
        return schema.read_state(self._link, self._store.file)

    # ---- commits --------------------------------------------------------------------------------------------------

    def commit(self, changes: Iterable[Change], *, finishing: bool = True) -> int:
        """Make all `changes`, in order, as one new version. Returns its generation; the same one for no changes.

        `finishing` False tells that more commits follow at once, so that joining segments can wait.
        Raises UsageError or EmbedderError for a change that cannot be made, IndexFull when the disk is full,
        IndexDamaged when the truth cannot be read. Nothing has changed then.
        """
        last: dict[str, Change] = {}
        for change in changes:
            if isinstance(change, Put):
                change.check(self._store.dimension)
                source = change.document.source
            else:
                source = change.source
            # Within one commit the last word on a source counts.
            last.pop(source, None)
            last[source] = change
        if not last:
            return self.state.generation
        return self._transaction(lambda state: self._apply(state, list(last.values()), finishing))

    def finish(self) -> int:
        """Join what segments a long run of commits has left. Returns the generation."""
        state = self.state
        sizes = self._sizes(schema.segment_rows(self._link, state.edition))
        if to_merge(sizes, 0, finishing=True) < 2:
            return state.generation
        return self._transaction(lambda s: self._segments(s, s.edition, Batch.empty(self._store.dimension), True))

    def repair(self, names: Iterable[str]) -> int:
        """Make the named segments again from the truth, without any embedder. Returns the generation."""
        wanted = set(names)

        def work(state: State) -> State:
            for row in schema.segment_rows(self._link, state.edition):
                if row.name in wanted:
                    arrays = from_truth(
                        self._link, self._store.file, row.edition, row.first, row.last, self._store.dimension
                    )
                    self._forget([row])
                    if len(arrays["ids"]):
                        state = self._write(state, row.edition, row.first, row.last, arrays)
            return state

        return self._transaction(work)

    def _transaction(self, work: Callable[[State], State]) -> int:
        self._replaced: list[str] = []
        self._made: list[str] = []
        path = self._store.file
        with schema.sqlite_errors(path):
            self._link.execute("BEGIN IMMEDIATE")
            try:
                state = work(schema.read_state(self._link, path))
                state = replace(state, generation=state.generation + 1)
                schema.write_state(self._link, state)
                self._step("before commit")
                self._link.execute("COMMIT")
            except BaseException:
                if self._link.in_transaction:
                    self._link.execute("ROLLBACK")
                self._unlink(self._made)
                raise
        self._step("after commit")
        self._unlink(self._replaced)
        return state.generation

    def _apply(self, state: State, changes: list[Change], finishing: bool) -> State:
        for change in changes:
            source = change.document.source if isinstance(change, Put) else change.source
            state = self._remove(state, source)
        batch = Batch.empty(self._store.dimension)
        for change in changes:
            if isinstance(change, Put):
                state = self._put(state, change, batch)
        self._insert(batch)
        self._step("rows written")
        return self._segments(state, state.edition, batch, finishing)

    # ---- rows -----------------------------------------------------------------------------------------------------

    def _remove(self, state: State, source: str) -> State:
        link = self._link
        found = link.execute("SELECT id FROM documents WHERE source = ?", (source,)).fetchone()
        if found is None:
            return state
        rows = link.execute("SELECT id, edition FROM passages WHERE document = ?", found).fetchall()
        link.executemany("INSERT INTO tombstones (passage, edition) VALUES (?, ?)", rows)
        link.executemany("DELETE FROM vectors WHERE passage = ?", [(r[0],) for r in rows])
        for table, column in (
            ("passages", "document"),
            ("abbreviations", "document"),
            ("redone", "document"),
            ("documents", "id"),
        ):
            link.execute(f"DELETE FROM {table} WHERE {column} = ?", found)
        return replace(state, passages=state.passages - sum(r[1] == state.edition for r in rows))

    def _put(self, state: State, put: Put, batch: Batch) -> State:
        number = state.next_document
        document = put.document
        spans = "|".join(f"{p.start}:{p.end}" for p in put.passages)
        content = put.content_hash or digest(*(str(v) for v in schema.document_values(document)))
        mark = digest(document.source, content, spans)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        values = (number, content, put.text_hash, mark, put.origin, now, *schema.document_values(document))
        self._link.execute(schema.DOCUMENT_INSERT, values)
        learnt = self._store.learn(document.text)
        if learnt:
            rows = [(number, short, long) for short, long in sorted(learnt.items())]
            self._link.executemany("INSERT INTO abbreviations (document, short, long) VALUES (?, ?, ?)", rows)
        count = self._put_passages(state, state.edition, number, document, put, batch)
        return replace(
            state,
            next_document=number + 1,
            next_passage=state.next_passage + count,
            passages=state.passages + count,
        )

    def _put_passages(self, state: State, edition: int, number: int, document: Document, put: Put, batch: Batch) -> int:
        n, first = len(put.passages), state.next_passage
        if not n:
            return 0
        vectors = np.ascontiguousarray(put.vectors, dtype=np.float16)
        sentences = np.ascontiguousarray(put.sentence_vectors, dtype=np.float16)
        counts = np.asarray(put.sentence_counts, dtype=np.int64)
        at = np.concatenate([[0], np.cumsum(counts)])
        groups = at + np.arange(n + 1)
        lengths = np.zeros(int(groups[-1]), dtype=np.int64)
        flat = np.empty(0, dtype=np.uint32)
        if put.context_pieces:
            # A passage's groups are its context and then its sentences.
            ordered: list[Array] = [flat] * len(lengths)
            owners = np.repeat(np.arange(n), counts)
            for place, context in zip(groups[:-1].tolist(), put.context_pieces, strict=True):
                ordered[place] = context
            for place, piece in zip((np.arange(int(at[-1])) + owners + 1).tolist(), put.pieces, strict=True):
                ordered[place] = piece
            lengths = np.fromiter(map(len, ordered), dtype=np.int64, count=len(ordered))
            flat = np.concatenate(ordered).astype(np.uint32, copy=False)
        packed = schema.pack_pieces(flat, lengths, groups.tolist())
        width = 2 * vectors.shape[1]
        raw, raw_sentences = vectors.tobytes(), sentences.tobytes()
        bounds = (at * width).tolist()
        passage_rows, vector_rows = [], []
        for i, passage in enumerate(put.passages):
            own = raw[i * width : (i + 1) * width]
            rows = raw_sentences[bounds[i] : bounds[i + 1]]
            vector_rows.append(schema.vector_values(first + i, own, rows, packed[i]))
            passage_rows.append(schema.passage_values(first + i, number, edition, passage, document))
            batch.texts.append(passage.indexed_text)
        batch.rows.append((passage_rows, vector_rows))
        batch.piece_lengths.append(lengths)
        batch.piece_flat.append(flat)
        batch.ids.extend(range(first, first + n))
        batch.documents.extend([number] * n)
        batch.vectors.append(vectors)
        batch.sentence_vectors.append(sentences)
        batch.counts.append(counts)
        return n

    def _insert(self, batch: Batch) -> None:
        """Write the rows of a batch, all of a table in one statement."""
        self._link.executemany(schema.PASSAGE_INSERT, (row for rows, _ in batch.rows for row in rows))
        self._link.executemany(schema.VECTOR_INSERT, (row for _, rows in batch.rows for row in rows))

    # ---- segments -------------------------------------------------------------------------------------------------

    def _sizes(self, rows: Sequence[SegmentRow]) -> list[tuple[int, int]]:
        dead = np.asarray(
            [r[0] for r in self._link.execute("SELECT passage FROM tombstones ORDER BY passage")], np.int64
        )
        return [
            (r.count, r.count - int(np.searchsorted(dead, r.last, "right") - np.searchsorted(dead, r.first, "left")))
            for r in rows
        ]

    def _segments(self, state: State, edition: int, batch: Batch, finishing: bool) -> State:
        """Write one segment for the new passages and the last segments they absorb."""
        rows = schema.segment_rows(self._link, edition)
        taken = to_merge(self._sizes(rows), len(batch.ids), finishing=finishing)
        absorbed = rows[len(rows) - taken :]
        parts = [self._living(row) for row in absorbed]
        if batch.ids:
            parts.append((batch.columns(self._vocabulary), None))
        if not parts:
            return state
        first = absorbed[0].first if absorbed else batch.ids[0]
        last = batch.ids[-1] if batch.ids else absorbed[-1].last
        arrays = merge(parts)
        self._forget(absorbed)
        self._link.execute(
            "DELETE FROM tombstones WHERE edition = ? AND passage BETWEEN ? AND ?", (edition, first, last)
        )
        if not len(arrays["ids"]):
            return state
        return self._write(state, edition, first, last, arrays)

    def _living(self, row: SegmentRow) -> tuple[dict[str, Array], Mask | None]:
        """The columns of a segment and which of its rows are alive; made again from the truth when its file is damaged."""
        store = self._store
        try:
            arrays = read_all(store._opened(row).columns)
        except (Damaged, FileNotFoundError) as exc:
            log.warning("derived file made again from the stored truth: %s", exc)
            return from_truth(self._link, store.file, row.edition, row.first, row.last, store.dimension), None
        dead = self._link.execute(
            "SELECT passage FROM tombstones WHERE edition = ? AND passage BETWEEN ? AND ?",
            (row.edition, row.first, row.last),
        ).fetchall()
        if not dead:
            return arrays, None
        return arrays, np.isin(arrays["ids"], np.asarray([r[0] for r in dead], dtype=np.int64), invert=True)

    def _write(self, state: State, edition: int, first: int, last: int, arrays: dict[str, Array]) -> State:
        folder = self._store.segments_folder
        name = f"{state.next_segment:08d}.seg"
        with writing(folder):
            folder.mkdir(exist_ok=True)
        self._made.append(name)
        row = write_segment(folder, name, edition, first, last, state.generation + 1, arrays)
        self._step("segment written")
        self._link.execute(
            "INSERT INTO segments (name, edition, first, last, count, size, total) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row.name, row.edition, row.first, row.last, row.count, row.size, row.total),
        )
        return replace(state, next_segment=state.next_segment + 1)

    def _forget(self, rows: Sequence[SegmentRow]) -> None:
        self._link.executemany("DELETE FROM segments WHERE name = ?", [(r.name,) for r in rows])
        self._replaced.extend(r.name for r in rows)

    def _unlink(self, names: Iterable[str]) -> None:
        folder = self._store.segments_folder
        for name in names:
            (folder / name).unlink(missing_ok=True)

    def _clear_orphans(self) -> None:
        folder = self._store.segments_folder
        if not folder.is_dir():
            return
        with schema.sqlite_errors(self._store.file):
            known = {r[0] for r in self._link.execute("SELECT name FROM segments")}
        for path in folder.iterdir():
            # Only what this program writes: a foreign file is neither read nor removed.
            if path.name not in known and path.name.endswith((".seg", ".seg.tmp")):
                path.unlink(missing_ok=True)

    # ---- another edition ------------------------------------------------------------------------------------------

    def begin_edition(self, fingerprint: Fingerprint) -> tuple[int, list[int]]:
        """Start, or go on with, re-embedding everything for another fingerprint.

        Returns the edition being made and the numbers of the documents still to do. Readers keep the old edition.
        """
        state = self.state
        if state.pending_fingerprint != fingerprint.to_json():

            def start(state: State) -> State:
                if state.pending_edition is not None:
                    self._drop_edition(state.pending_edition)
                edition = max(state.edition, state.pending_edition or 0) + 1
                return replace(state, pending_edition=edition, pending_fingerprint=fingerprint.to_json())

            self._transaction(start)
            state = self.state
        todo = self._link.execute(
            "SELECT id FROM documents WHERE id NOT IN (SELECT document FROM redone) ORDER BY id"
        ).fetchall()
        return int(state.pending_edition or 0), [r[0] for r in todo]

    def stored(self, number: int) -> Document:
        """The document with this number. Raises IndexDamaged."""
        with schema.sqlite_errors(self._store.file):
            row = self._link.execute(f"{schema.DOCUMENT_SELECT} WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise IndexDamaged(f"{self._store.file}: document number {number} is gone; restore the file from a copy")
        return schema.to_document(row, self._store.file)

    def commit_edition(self, edition: int, puts: Sequence[tuple[int, Put]], dimension: int) -> int:
        """Add the passages of (document number, Put) pairs to the edition being made."""
        for _, put in puts:
            put.check(dimension)

        def work(state: State) -> State:
            if state.pending_edition != edition:
                raise UsageError(f"edition {edition} is not being made; start again with begin_edition")
            batch = Batch.empty(dimension)
            for number, put in puts:
                count = self._put_passages(state, edition, number, put.document, put, batch)
                state = replace(state, next_passage=state.next_passage + count)
                self._link.execute("INSERT OR REPLACE INTO redone (document) VALUES (?)", (number,))
            self._insert(batch)
            if not batch.ids:
                return state
            arrays = batch.columns(self._vocabulary)
            return self._write(state, edition, batch.ids[0], batch.ids[-1], arrays)

        return self._transaction(work)

    def finish_edition(self, edition: int) -> int:
        """Make the new edition the one that is read, and drop the old one. Raises UsageError when documents are missing."""

        def work(state: State) -> State:
            left = self._link.execute(
                "SELECT count(*) FROM documents WHERE id NOT IN (SELECT document FROM redone)"
            ).fetchone()[0]
            if state.pending_edition != edition or left:
                raise UsageError(f"edition {edition} is not whole: {left} documents are still to be embedded")
            self._drop_edition(state.edition)
            self._link.execute("DELETE FROM redone")
            count = self._link.execute("SELECT count(*) FROM passages WHERE edition = ?", (edition,)).fetchone()[0]
            # The spans may differ under another chunker, so the documents' marks are made anew.
            self._remark(edition)
            fingerprint = state.pending_fingerprint or ""
            return replace(
                state,
                edition=edition,
                fingerprint=fingerprint,
                passages=count,
                pending_edition=None,
                pending_fingerprint=None,
            )

        self._transaction(work)
        self._store._adopt(self.state)
        self.finish()
        return self.state.generation

    def _remark(self, edition: int) -> None:
        spans: dict[int, list[str]] = {}
        for number, start, end in self._link.execute(
            'SELECT document, start, "end" FROM passages WHERE edition = ? ORDER BY id', (edition,)
        ):
            spans.setdefault(number, []).append(f"{start}:{end}")
        rows = self._link.execute("SELECT id, source, content_hash FROM documents").fetchall()
        marks = [(digest(source, content, "|".join(spans.get(number, []))), number) for number, source, content in rows]
        self._link.executemany("UPDATE documents SET digest = ? WHERE id = ?", marks)

    def _drop_edition(self, edition: int) -> None:
        link = self._link
        self._forget([r for r in schema.segment_rows(link, edition)])
        link.execute("DELETE FROM vectors WHERE passage IN (SELECT id FROM passages WHERE edition = ?)", (edition,))
        link.execute("DELETE FROM passages WHERE edition = ?", (edition,))
        link.execute("DELETE FROM tombstones WHERE edition = ?", (edition,))
        link.execute("DELETE FROM redone")
