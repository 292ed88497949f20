"""The SQLite file that is the truth: its tables, connections, row formats and checksums. Knows nothing of searching.

Every row that an answer may be read from carries a CRC-32 of its own, since SQLite notices damage to its structure but
not to the content of a page.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import IndexDamaged, IndexFull, IndexLocked, IndexMissing, IndexReadOnly, NotAnIndex, RagError
from rag.store.files import Array
from rag.types import Document, Heading, Passage, Span

FORMAT = 1
FILE = "rag.sqlite3"
SEGMENTS = "segments"
LOCK = "write.lock"
_APPLICATION = 0x52414731

_TABLES = """
CREATE TABLE state (
  one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER NOT NULL, generation INTEGER NOT NULL,
  fingerprint TEXT NOT NULL, edition INTEGER NOT NULL, passages INTEGER NOT NULL,
  next_passage INTEGER NOT NULL, next_document INTEGER NOT NULL, next_segment INTEGER NOT NULL,
  pending_edition INTEGER, pending_fingerprint TEXT, crc INTEGER NOT NULL);
CREATE TABLE documents (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, title TEXT NOT NULL, date TEXT, language TEXT NOT NULL,
  text TEXT NOT NULL, headings TEXT NOT NULL, pages TEXT NOT NULL, metadata TEXT NOT NULL,
  content_hash TEXT NOT NULL, text_hash TEXT NOT NULL, digest TEXT NOT NULL, origin TEXT NOT NULL, added TEXT NOT NULL,
  characters INTEGER NOT NULL, crc INTEGER NOT NULL);
CREATE INDEX documents_by_text ON documents (text_hash);
CREATE TABLE passages (
  id INTEGER PRIMARY KEY, document INTEGER NOT NULL, edition INTEGER NOT NULL, start INTEGER NOT NULL,
  "end" INTEGER NOT NULL, heading TEXT NOT NULL, page INTEGER, sentences BLOB NOT NULL, extra TEXT, crc INTEGER NOT NULL);
CREATE INDEX passages_by_document ON passages (document);
CREATE TABLE vectors (
  passage INTEGER PRIMARY KEY, vector BLOB NOT NULL, sentences BLOB NOT NULL, pieces BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE abbreviations (document INTEGER NOT NULL, short TEXT NOT NULL, long TEXT NOT NULL);
CREATE INDEX abbreviations_by_document ON abbreviations (document);
CREATE TABLE segments (
  name TEXT PRIMARY KEY, edition INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  count INTEGER NOT NULL, size INTEGER NOT NULL, total INTEGER NOT NULL);
CREATE TABLE tombstones (passage INTEGER PRIMARY KEY, edition INTEGER NOT NULL);
CREATE TABLE redone (document INTEGER PRIMARY KEY);
"""


@dataclass(frozen=True, slots=True)
class State:
    """The one row that every commit replaces."""

    generation: int
    fingerprint: str
    edition: int
    passages: int
    next_passage: int
    next_document: int
    next_segment: int
    pending_edition: int | None = None
    pending_fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A derived file as the truth remembers it. It covers the passages with first <= id <= last of one edition."""

    name: str
    edition: int
    first: int
    last: int
    count: int
    size: int
    total: int


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Map sqlite3's exceptions to the error tree."""
    try:
        yield
    except sqlite3.Error as exc:
        raise translated(exc, path) from exc


def translated(exc: sqlite3.Error, path: Path) -> RagError:
    """The typed error for what SQLite says."""
    name = getattr(exc, "sqlite_errorname", "") or ""
    if name == "SQLITE_FULL" or name.startswith(("SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE")):
        return IndexFull(
            f"no space left while writing {path} ({exc}); the last committed version is intact: free some space and run it again"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return IndexReadOnly(f"{path} cannot be written ({exc}); give the folder write permission")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return IndexLocked(f"{path} is in use by another program ({exc}); try again when it is done")
    if isinstance(exc, (sqlite3.ProgrammingError, sqlite3.InterfaceError)):
        return RagError(f"{path}: {exc}; was the index closed?")
    return IndexDamaged(
        f"{path} is damaged ({exc}); restore it from a copy, or ingest the documents into a new index folder"
    )


def connect(folder: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection without implicit transactions. Raises IndexMissing, IndexDamaged or IndexReadOnly."""
    path = folder / FILE
    if not path.is_file():
        raise IndexMissing(f"no index at {folder}; make one with: rag ingest PATH... --index {folder}")
    mode = "rw"
    if read_only and not os.access(folder, os.W_OK):
        # Without write permission SQLite cannot make the shared-memory file of a WAL database. What lies there cannot
        # change either, so it may be read as it is, unless a log is left that must be replayed.
        log = path.with_name(FILE + "-wal")
        mode = "ro" if log.is_file() and log.stat().st_size else "ro&immutable=1"
    with sqlite_errors(path):
        link = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=10.0,
        )
        try:
            link.execute("PRAGMA cache_size = -8192")
            link.execute("PRAGMA mmap_size = 1073741824")
            if not read_only:
                link.execute("PRAGMA synchronous = FULL")
                link.execute("PRAGMA wal_autocheckpoint = 4000")
        except sqlite3.Error:
            link.close()
            raise
    return link


def create(folder: Path, fingerprint: str) -> None:
    """Make an empty index in `folder`, which is there. A kill midway leaves no index or a whole one.

    Raises IndexFull or IndexReadOnly.
    """
    path, temporary = folder / FILE, folder / (FILE + ".new")
    if path.exists():
        return
    temporary.unlink(missing_ok=True)
    with sqlite_errors(path):
        link = sqlite3.connect(temporary, isolation_level=None)
        try:
            link.execute("PRAGMA page_size = 8192")
            link.execute("PRAGMA journal_mode = WAL")
            link.execute("PRAGMA synchronous = FULL")
            link.execute(f"PRAGMA application_id = {_APPLICATION}")
            link.execute("BEGIN IMMEDIATE")
            for statement in _TABLES.split(";"):
                link.execute(statement)
            write_state(link, State(0, fingerprint, 1, 0, 1, 1, 1))
            link.execute("COMMIT")
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            link.close()
    temporary.rename(path)


_STATE = "generation, fingerprint, edition, passages, next_passage, next_document, next_segment, pending_edition, pending_fingerprint"


def read_state(link: sqlite3.Connection, path: Path) -> State:
    """The state row in the view of this connection. Raises IndexDamaged or NotAnIndex."""
    with sqlite_errors(path):
        try:
            row = link.execute(f"SELECT format, crc, {_STATE} FROM state").fetchone()
        except sqlite3.OperationalError as exc:
            if "no such table" in str(exc) or "no such column" in str(exc):
                raise NotAnIndex(f"{path} is a database but no index of this program; give another folder") from exc
            raise
    if row is None or row[1] != _crc(*row[2:]):
        raise IndexDamaged(
            f"{path}: the state row is damaged; restore the file from a copy, or ingest into a new folder"
        )
    if row[0] != FORMAT:
        raise NotAnIndex(f"{path} has format {row[0]}, this program reads format {FORMAT}; ingest into a new folder")
    return State(*row[2:])


def write_state(link: sqlite3.Connection, state: State) -> None:
    """Replace the state row, inside the caller's transaction."""
    values = tuple(getattr(state, name.strip()) for name in _STATE.split(","))
    link.execute(
        f"INSERT OR REPLACE INTO state (one, format, crc, {_STATE}) VALUES (1, ?, ?{', ?' * len(values)})",
        (FORMAT, _crc(*values), *values),
    )


def segment_rows(link: sqlite3.Connection, edition: int) -> list[SegmentRow]:
    """The derived files of an edition, by passage id."""
    rows = link.execute(
        "SELECT name, edition, first, last, count, size, total FROM segments WHERE edition = ? ORDER BY first",
        (edition,),
    )
    return [SegmentRow(*row) for row in rows]


def _crc(*values: Any) -> int:
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# ---- documents ------------------------------------------------------------------------------------------------------

_DOCUMENT = "source, title, date, language, text, headings, pages, metadata"


def document_values(document: Document) -> tuple[Any, ...]:
    """Values for the columns of `_DOCUMENT`, the number of characters and the checksum."""
    headings = _json([[h.start, h.end, h.text, h.level] for h in document.headings])
    values = (
        document.source,
        document.title,
        document.date,
        document.language,
        document.text,
        headings,
        _json(list(document.pages)),
        _json(dict(document.metadata)),
    )
    return (*values, len(document.text), _document_crc(values))


def _document_crc(values: Sequence[Any]) -> int:
    # The text is long: its repr would cost more than all the rest.
    text = values[4].encode("utf-8", "surrogatepass")
    return zlib.crc32(text, _crc(*values[:4], *values[5:]))


DOCUMENT_INSERT = (
    f"INSERT INTO documents (id, content_hash, text_hash, digest, origin, added, {_DOCUMENT}, characters, crc) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
DOCUMENT_SELECT = f"SELECT id, crc, {_DOCUMENT} FROM documents"


def to_document(row: Sequence[Any], path: Path) -> Document:
    """A document from a row of DOCUMENT_SELECT. Raises IndexDamaged when the row is not what was written."""
    if row[1] != _document_crc(row[2:]):
        raise IndexDamaged(
            f"{path}: the stored text of {row[2]!r} is damaged; remove that document and ingest it again, or restore the file from a copy"
        )
    source, title, date, language, text, headings, pages, metadata = row[2:]
    return Document(
        source=source,
        text=text,
        title=title,
        date=date,
        language=language,
        metadata=json.loads(metadata),
        headings=tuple(Heading(*h) for h in json.loads(headings)),
        pages=tuple(json.loads(pages)),
    )


# ---- passages -------------------------------------------------------------------------------------------------------

PASSAGE_INSERT = (
    'INSERT INTO passages (id, document, edition, start, "end", heading, page, sentences, extra, crc) '
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
PASSAGE_SELECT = 'SELECT id, crc, document, start, "end", heading, page, sentences, extra FROM passages'


def passage_values(
    number: int, document_number: int, edition: int, passage: Passage, document: Document
) -> tuple[Any, ...]:
    """A row for PASSAGE_INSERT. What equals the document's own value is not stored again."""
    spans = np.asarray(passage.sentences, dtype=np.int64).reshape(-1, 2) - passage.start
    sentences = spans.astype(np.int32).tobytes()
    same = passage.title == document.title and passage.date == document.date and passage.language == document.language
    extra = None
    if not same or (passage.metadata is not document.metadata and passage.metadata != document.metadata):
        extra = _json([passage.title, passage.date, passage.language, dict(passage.metadata)])
    values = (document_number, passage.start, passage.end, passage.heading, passage.page, sentences, extra)
    return (number, document_number, edition, *values[1:], _crc(*values))


def to_passage(row: Sequence[Any], document: Document, path: Path) -> Passage:
    """A passage from a row of PASSAGE_SELECT and its document. Raises IndexDamaged when the row is damaged."""
    number, crc, _, start, end, heading, page, sentences, extra = row
    if crc != _crc(*row[2:]):
        raise IndexDamaged(
            f"{path}: passage {number} of {document.source!r} is damaged; remove that document and ingest it again"
        )
    title, date, language, metadata = document.title, document.date, document.language, document.metadata
    if extra is not None:
        title, date, language, metadata = json.loads(extra)
    flat = (np.frombuffer(sentences, dtype=np.int32).astype(np.int64) + start).tolist()
    spans: tuple[Span, ...] = tuple(zip(flat[::2], flat[1::2], strict=True))
    return Passage(
        source=document.source,
        start=start,
        end=end,
        text=document.text[start:end],
        title=title,
        heading=heading,
        date=date,
        language=language,
        page=page,
        sentences=spans,
        metadata=metadata,
        id=number,
    )


# ---- vectors --------------------------------------------------------------------------------------------------------

VECTOR_INSERT = "INSERT INTO vectors (passage, vector, sentences, pieces, crc) VALUES (?, ?, ?, ?, ?)"
VECTOR_SELECT = "SELECT passage, crc, vector, sentences, pieces FROM vectors"


def vector_values(number: int, vector: bytes, sentences: bytes, pieces: bytes) -> tuple[Any, ...]:
    """A row for VECTOR_INSERT from the bytes of the float16 rows and of the packed pieces."""
    return (number, vector, sentences, pieces, zlib.crc32(pieces, zlib.crc32(sentences, zlib.crc32(vector))))


def check_vectors(row: Sequence[Any], path: Path) -> None:
    """Raise IndexDamaged when a row of VECTOR_SELECT is not what was written."""
    if row[1] != zlib.crc32(row[4], zlib.crc32(row[3], zlib.crc32(row[2]))):
        raise IndexDamaged(
            f"{path}: the vectors of passage {row[0]} are damaged; run: rag index rebuild --index {path.parent}"
        )


def pack_pieces(flat: Array, lengths: Array, groups: Sequence[int]) -> list[bytes]:
    """Token ids of a run of passages as bytes, one value for each passage.

    `lengths` are those of all groups of ids in `flat`, `groups` (n + 1,) where each passage's groups begin. The bytes
    hold the width of an id (3, or 4 where one needs it), the number of groups, their lengths, and the ids.
    """
    width = 3 if int(flat.max(initial=0)) < 1 << 24 else 4
    body = np.ascontiguousarray(flat.astype("<u4", copy=False).view(np.uint8).reshape(-1, 4)[:, :width]).tobytes()
    told = lengths.astype("<u4").tobytes()
    at = (np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]) * width).tolist()
    first = bytes([width])
    out = []
    for a, b in pairwise(groups):
        out.append(first + (b - a).to_bytes(4, "little") + told[4 * a : 4 * b] + body[at[a] : at[b]])
    return out


def unpack_pieces(data: bytes) -> tuple[Array, Array]:
    """(flat ids, lengths of the groups), the inverse of `pack_pieces`."""
    width, count = data[0], int.from_bytes(data[1:5], "little")
    lengths = np.frombuffer(data, dtype=np.uint32, count=count, offset=5)
    body = np.frombuffer(data, dtype=np.uint8, offset=5 + 4 * count).reshape(-1, width)
    flat = np.zeros((len(body), 4), dtype=np.uint8)
    flat[:, :width] = body
    return flat.reshape(-1).view(np.uint32), lengths


def metadata_of(text: str) -> Mapping[str, Any]:
    """Parsed metadata of a document row."""
    data: Mapping[str, Any] = json.loads(text)
    return data
