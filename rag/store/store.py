"""The index folder: open it, read a version of it, write the next one, check it. Knows nothing of embedders.

Layout of the folder: `rag.sqlite3` (the truth), `segments/*.seg` (derived from it), `write.lock`. Nothing else is read.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np

from rag.errors import IndexDamaged, IndexError_, IndexMismatch, IndexReadOnly, NotAnIndex, UsageError
from rag.ingest.changes import Fingerprint, Floats, digest
from rag.store import schema
from rag.store.files import Columns, Damaged, locked, writing
from rag.store.schema import LOCK, SEGMENTS, SegmentRow, State
from rag.store.segment import Segment, from_truth, open_segment
from rag.store.snapshot import Snapshot
from rag.store.view import View
from rag.store.writer import Step, Writer

log = logging.getLogger(__name__)
# What an index folder may hold before there is an index in it.
_OURS = (LOCK, SEGMENTS, "README.md", schema.FILE + ".new", schema.FILE + ".new-wal", schema.FILE + ".new-shm")


class Store:
    """An index folder. Safe to share between threads; other processes may read, and one may write, at the same time."""

    def __init__(self, folder: Path, state: State, read_only: bool) -> None:
        self.path = folder
        self.read_only = read_only
        self.file = folder / schema.FILE
        self.segments_folder = folder / SEGMENTS
        self._fingerprint_text = state.fingerprint
        self._fingerprint = _parsed(state.fingerprint, self.file)
        self._lock = threading.Lock()
        self._free: list[sqlite3.Connection] = []
        self._closed = False
        self._view: View | None = None
        self._segments: dict[str, Segment] = {}
        self._repaired: dict[str, str] = {}

    # ---- opening --------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: str | os.PathLike[str], fingerprint: Fingerprint) -> Self:
        """Make an index in a new or empty folder, or open the one there.

        Raises NotAnIndex for a folder that holds anything else, IndexMismatch for an index of another fingerprint,
        IndexReadOnly or IndexFull when it cannot be made.
        """
        folder = cls.check_place(path)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        if not (folder / schema.FILE).is_file():
            with locked(folder / LOCK, 10.0), writing(folder):
                schema.create(folder, fingerprint.to_json())
        return cls.open(folder, fingerprint)

    @staticmethod
    def check_place(path: str | os.PathLike[str]) -> Path:
        """The folder, if an index is there or may be made there. Raises NotAnIndex."""
        folder = Path(path)
        if folder.exists() and not folder.is_dir():
            raise NotAnIndex(f"{folder} is a file, not a folder; give a new or empty folder")
        others = sorted(p.name for p in folder.iterdir() if p.name not in _OURS) if folder.is_dir() else []
        if others and schema.FILE not in others:
            raise NotAnIndex(
                f"{folder} is not empty and is no index (it holds {others[0]!r}); give a new or empty folder"
            )
        return folder

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], fingerprint: Fingerprint | None = None, read_only: bool = False
    ) -> Self:
        """Open an index. A `fingerprint` that is given must be the stored one.

        Raises IndexMissing, NotAnIndex, IndexDamaged, or IndexMismatch naming the command that rebuilds.
        """
        folder = Path(path)
        cls.check_place(folder)
        read_only = read_only or not os.access(folder, os.W_OK)
        link = schema.connect(folder, read_only=True)
        try:
            state = schema.read_state(link, folder / schema.FILE)
            store = cls(folder, state, read_only)
        except BaseException:
            link.close()
            raise
        store._free.append(link)
        if fingerprint is not None:
            try:
                store.require(fingerprint)
            except IndexMismatch:
                store.close()
                raise
        return store

    def require(self, fingerprint: Fingerprint) -> None:
        """Raise IndexMismatch, naming the command that rebuilds, unless the index was made with this fingerprint."""
        if fingerprint != self.fingerprint:
            raise IndexMismatch(
                f"{self.path} was made differently: {self.fingerprint.differences(fingerprint)}; open it with the "
                f"settings it was made with, or re-embed its stored texts: rag index rebuild --index {self.path}"
            )

    def close(self) -> None:
        """Let go of every file. Snapshots that are still held stay readable."""
        with self._lock:
            self._closed = True
            links, self._free = self._free, []
            self._view = None
            self._segments = {}
        for link in links:
            link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def fingerprint(self) -> Fingerprint:
        """What the stored vectors were made with."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._fingerprint.dimension

    def check_query(self, q: Floats) -> Floats:
        """`q` as float32 (d,). Raises UsageError for another shape or values that are not finite."""
        query = np.asarray(q, dtype=np.float32)
        if query.shape != (self.dimension,) or not np.isfinite(query).all():
            raise UsageError(
                f"a query vector of shape {np.shape(q)} was given; needed are {self.dimension} finite numbers"
            )
        return query

    def learn(self, text: str) -> dict[str, str]:
        """Short forms that a text defines, by `rag.text.abbreviations`."""
        from rag.text.abbreviations import learn

        return dict(learn(text))

    # ---- reading --------------------------------------------------------------------------------------------------

    def _connection(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise UsageError(f"the index {self.path} was closed; open it again")
            if self._free:
                return self._free.pop()
        return schema.connect(self.path, read_only=True)

    def _give_back(self, link: sqlite3.Connection) -> None:
        try:
            if link.in_transaction:
                link.execute("ROLLBACK")
        except sqlite3.Error:
            link.close()
            return
        with self._lock:
            if not self._closed and len(self._free) < 8:
                self._free.append(link)
                return
        link.close()

    def snapshot(self) -> Snapshot:
        """The newest committed version. Costs microseconds while nothing new was committed.

        Raises IndexMismatch when another program has meanwhile rebuilt the index for another model, IndexDamaged when
        the truth cannot be read.
        """
        for attempt in range(20):
            link = self._connection()
            try:
                with schema.sqlite_errors(self.file):
                    link.execute("BEGIN")
                    state = schema.read_state(link, self.file)
                    if state.fingerprint != self._fingerprint_text:
                        raise IndexMismatch(
                            f"{self.path} has been rebuilt for another model since it was opened; open it again"
                        )
                    view = self._view
                    if view is None or view.generation != state.generation:
                        view = self._load(link, state, patient=attempt < 19)
                if view is not None:
                    return Snapshot(self, view, link)
            except BaseException:
                self._give_back(link)
                raise
            self._give_back(link)
        raise IndexDamaged(f"{self.path}: no consistent version could be read")

    def _load(self, link: sqlite3.Connection, state: State, patient: bool) -> View | None:
        """The view of a generation; None when a newer commit took its files away, so that one must look again."""
        rows = schema.segment_rows(link, state.edition)
        dead = link.execute("SELECT passage FROM tombstones WHERE edition = ? ORDER BY passage", (state.edition,))
        tombstones = np.asarray([r[0] for r in dead], dtype=np.int64)
        segments: list[Segment] = []
        for row in rows:
            try:
                segment = self._opened(row)
                segment.ids  # noqa: B018 - checked now: everything is looked up by it
            except (FileNotFoundError, Damaged) as exc:
                if isinstance(exc, FileNotFoundError) and patient and self._newer(state.generation):
                    return None
                segment = self._again(link, row, exc)
            segments.append(segment)
        view = View(state, segments, tombstones)
        if len(view.ids) != state.passages:
            raise IndexDamaged(
                f"{self.file}: {state.passages} passages are recorded, {len(view.ids)} are indexed; "
                "restore the file from a copy, or ingest into a new folder"
            )
        with self._lock:
            if not self._closed and (self._view is None or self._view.generation < view.generation):
                self._view = view
                names = {s.row.name for s in segments}
                self._segments = {k: v for k, v in self._segments.items() if k in names}
        return view

    def _opened(self, row: SegmentRow) -> Segment:
        """The segment of this row, mapped once for all snapshots. Raises FileNotFoundError or Damaged."""
        with self._lock:
            held = self._segments.get(row.name)
        if held is not None and held.row == row:
            return held
        segment = open_segment(self.segments_folder, row)
        with self._lock:
            self._segments[row.name] = segment
        return segment

    def _newer(self, generation: int) -> bool:
        link = self._connection()
        try:
            return schema.read_state(link, self.file).generation > generation
        finally:
            self._give_back(link)

    def _again(self, link: sqlite3.Connection, row: SegmentRow, why: Exception) -> Segment:
        """A damaged segment made again in memory from the truth."""
        log.warning("derived file made again from the stored truth: %s", why)
        arrays = from_truth(link, self.file, row.edition, row.first, row.last, self.dimension)
        count = len(arrays["ids"])
        segment = Segment(
            SegmentRow(row.name, row.edition, row.first, row.last, count, row.size, row.total),
            Columns(row.name, arrays),
        )
        with self._lock:
            self._segments[row.name] = segment
            self._repaired[row.name] = str(why)
        return segment

    def _repair(self, snapshot: Snapshot, damage: Damaged) -> None:
        """Replace a segment found damaged in the middle of a question: the snapshot goes on with a new one."""
        view = snapshot._view
        row = next((s.row for s in view.segments if s.row.name == damage.name), None)
        if row is None:
            raise IndexDamaged(f"{self.path}: {damage}") from damage
        with snapshot._lock, schema.sqlite_errors(self.file):
            if snapshot._link is None:
                raise UsageError("this snapshot is closed; take another one with store.snapshot()")
            segment = self._again(snapshot._link, row, damage)
        fresh = View(
            view.state, [segment if s.row.name == row.name else s for s in view.segments], np.empty(0, np.int64)
        )
        fresh = _with_dead(fresh, view)
        snapshot._view = fresh
        with self._lock:
            if self._view is view:
                self._view = fresh

    # ---- writing --------------------------------------------------------------------------------------------------

    @contextmanager
    def writer(self, timeout: float = 10.0, step: Step | None = None) -> Iterator[Writer]:
        """The one writer. Damaged derived files are made again first.

        Raises IndexLocked when another writer holds on for `timeout` seconds, IndexReadOnly when the folder cannot be
        written. `step` is called with the name of each step of a commit, for tests of what a kill there leaves.
        """
        if self.read_only:
            raise IndexReadOnly(
                f"{self.path} was opened for reading or cannot be written; give the folder write permission"
            )
        with locked(self.path / LOCK, timeout):
            link = schema.connect(self.path, read_only=False)
            try:
                writer = Writer(self, link, step)
                self._mend(writer)
                yield writer
            finally:
                try:
                    # Leaves the folder as one plain file plus segments, readable also without write permission.
                    # Not worth waiting for readers, who hold the log while they read.
                    link.execute("PRAGMA busy_timeout = 0")
                    link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                except sqlite3.Error as exc:
                    log.debug("no checkpoint: %s", exc)
                link.close()

    def _mend(self, writer: Writer) -> None:
        state = writer.state
        if state.fingerprint != self._fingerprint_text:
            raise IndexMismatch(f"{self.path} has been rebuilt for another model since it was opened; open it again")
        broken = []
        for row in schema.segment_rows(writer._link, state.edition):
            path = self.segments_folder / row.name
            if row.name in self._repaired or not path.is_file() or path.stat().st_size != row.size:
                broken.append(row.name)
        if broken:
            writer.repair(broken)
            with self._lock:
                for name in broken:
                    self._repaired.pop(name, None)
                    self._segments.pop(name, None)

    def _adopt(self, state: State) -> None:
        """Take over the fingerprint of an edition that this store has just finished."""
        with self._lock:
            self._fingerprint_text = state.fingerprint
            self._fingerprint = _parsed(state.fingerprint, self.file)
            self._view = None
            self._segments = {}

    def info(self) -> dict[str, Any]:
        """Plain data: generation, counts, fingerprint, bytes on disk."""
        with self.snapshot() as snapshot:
            state = snapshot._view.state
            documents = snapshot._query("SELECT count(*) FROM documents")[0][0]
            segments = snapshot._view.segments
            rows = [s.row for s in segments]
            ways = {s.passages.way for s in segments} | {s.sentences.way for s in segments}
            recalls = [m["recall@10"] for s in segments for m in s.about.get("faiss", {}).values()]
        return {
            "generation": state.generation,
            "documents": documents,
            "passages": state.passages,
            "segments": len(rows),
            "vector_search": sorted(ways),
            "recall@10": min(recalls, default=1.0),
            "fingerprint": json.loads(state.fingerprint),
            "format": schema.FORMAT,
            "bytes": self.file.stat().st_size + sum(r.size for r in rows),
            "read_only": self.read_only,
            "rebuilding": state.pending_edition is not None,
        }

    # ---- checking -------------------------------------------------------------------------------------------------

    def content_hash(self) -> str:
        """Hash over what is indexed (sources, texts, spans, fingerprint), whatever the order it was added in."""
        with self.snapshot() as snapshot:
            marks = sorted(r[0] for r in snapshot._query("SELECT digest FROM documents"))
        return digest(self._fingerprint_text, *marks)

    def verify(self) -> list[str]:
        """Read everything and say what is wrong, one line a problem; an empty list means whole."""
        from rag.store.verify import problems

        try:
            return problems(self)
        except (IndexError_, sqlite3.Error) as exc:
            return [str(exc)]


def _with_dead(fresh: View, old: View) -> View:
    """A repaired segment holds only living rows; the others keep their masks."""
    dead = np.concatenate(
        [np.empty(0, np.int64), *(s.ids[~m] for s, m in zip(old.segments, old.alive, strict=True) if m is not None)]
    )
    return View(fresh.state, fresh.segments, dead)


def _parsed(text: str, path: Path) -> Fingerprint:
    try:
        return Fingerprint.from_json(text)
    except (ValueError, KeyError, TypeError) as exc:
        raise IndexDamaged(f"{path}: its fingerprint cannot be read; restore the file from a copy") from exc
