"""JSON lines and tables of records: one document a line, its text taken as it is.

Knows nothing of files; takes decoded text and yields records. A table without a text column is one document of rows.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rag.errors import DocumentError
from rag.ingest.clean import newlines
from rag.ingest.formats.blocks import Block, Parsed, table_rows
from rag.ingest.formats.matter import Matter, from_values

_IDS = ("_id", "id", "doc_id", "docid", "document_id", "pid", "key")
_TEXTS = ("text", "contents", "content", "body", "passage", "document", "paragraph", "context", "noi_dung", "nội dung")


@dataclass(frozen=True, slots=True)
class Record:
    """One line: ``id`` as text, ``text`` NFC with one kind of line break, else untouched."""

    id: str
    text: str
    matter: Matter


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A line that is no record: its id or number, and why."""

    id: str
    reason: str


def json_lines(text: str) -> Iterator[Record | BadRecord]:
    """Records of a JSON-lines text. An id is ``_id``, ``id``… or else the line's number."""
    loads = json.loads
    number = 0
    for line in text.split("\n"):
        number += 1
        if not line or line.isspace():
            continue
        try:
            values = loads(line)
        except ValueError as exc:
            yield BadRecord(f"line {number}", f"not JSON: {exc}")
            continue
        if not isinstance(values, dict):
            yield BadRecord(f"line {number}", f"expected a JSON object, found {type(values).__name__}")
            continue
        yield _record(values, number)


def _record(values: Mapping[str, Any], number: int) -> Record | BadRecord:
    rest = dict(values)
    identity = next((str(rest.pop(k)) for k in _IDS if rest.get(k) not in (None, "")), str(number))
    key = next((k for k in _TEXTS if isinstance(rest.get(k), str)), None)
    if key is None:
        return BadRecord(identity, f"no text: expected one of the fields {', '.join(_TEXTS[:6])}")
    text = newlines(rest.pop(key))
    nested = rest.pop("metadata", None)
    if isinstance(nested, dict):
        rest = {**nested, **rest}
    elif nested is not None:
        rest["metadata"] = nested
    matter = from_values(rest) if rest else Matter()
    if not text.strip():
        if not matter.title:
            return BadRecord(identity, "empty text")
        text = matter.title
    return Record(identity, text, matter)


def rows(text: str) -> Iterator[Record | BadRecord] | Parsed:
    """Records of a comma-, semicolon- or tab-separated text with a header, or the whole as one table of rows.

    Raises DocumentError when it is no such table.
    """
    csv.field_size_limit(1 << 30)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False))
    except csv.Error as exc:
        raise DocumentError(f"not a CSV table: {exc}") from exc
    table = [row for row in table if any(cell.strip() for cell in row)]
    if not table:
        raise DocumentError("nothing but white space")
    header = [h.strip().lstrip("\ufeff") for h in table[0]]
    lowered = [h.lower() for h in header]
    if any(name in lowered for name in _TEXTS):
        return _records(header, table[1:])
    lines = table_rows(header, table[1:]) or [delimiter.join(header)]
    return Parsed(tuple(Block(line, tight=n > 0) for n, line in enumerate(lines)))


def _records(header: list[str], table: list[list[str]]) -> Iterator[Record | BadRecord]:
    names = [h.lower() if h.lower() in (*_IDS, *_TEXTS, "title", "date") else h for h in header]
    for number, row in enumerate(table, 1):
        if len(row) > len(names):
            yield BadRecord(
                f"row {number}", f"{len(row)} cells under {len(names)} headers; quote cells that hold the separator"
            )
            continue
        yield _record({n: v for n, v in zip(names, row, strict=False) if n and v != ""}, number)
