"""Word documents (.docx) through python-docx: paragraphs, headings, lists, tables as rows of "header: value".

The archive is checked before any part of it is inflated, and no part with a document type declaration is parsed.
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
from typing import Any

from rag.errors import DocumentError
from rag.ingest.clean import stated_date
from rag.ingest.formats.blocks import Block, Parsed, table_rows
from rag.ingest.formats.plain import heading_level

MAX_ENTRIES = 3000
MAX_RATIO = 150
MAX_BYTES = 250_000_000
_SMALL = 1_000_000
_HEADING = re.compile(r"(?:heading|tiêu đề|überschrift|titre)\s*(\d)", re.IGNORECASE)


def check_archive(path: str | os.PathLike[str]) -> None:
    """Refuse a zip bomb by what its directory says, before anything is inflated.

    Raises DocumentError for too many entries, too high a ratio, too large a total, sizes that the local headers
    contradict, overlapping entries, encryption, and parts with a DTD.
    """
    try:
        with zipfile.ZipFile(path) as archive, open(path, "rb") as raw:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise DocumentError(f"{len(entries)} parts, over the limit of {MAX_ENTRIES}; not an ordinary document")
            if sum(e.file_size for e in entries) > MAX_BYTES:
                raise DocumentError(f"inflates to over {MAX_BYTES // 1_000_000} MB; not an ordinary document")
            end = 0
            for entry in sorted(entries, key=lambda e: e.header_offset):
                _check_entry(entry, raw, end)
                end = entry.header_offset + 30 + entry.compress_size
            names = {e.filename for e in entries}
            if "word/document.xml" not in names and not any(n.endswith(".xml") and "document" in n for n in names):
                raise DocumentError("a zip archive but no Word document in it; give a .docx")
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels", ".vml")):
                    _check_part(archive, entry)
    except zipfile.BadZipFile as exc:
        raise DocumentError(f"not a .docx, or damaged: {exc}") from exc
    except (NotImplementedError, RuntimeError, EOFError, struct.error) as exc:
        raise DocumentError(f"damaged .docx: {exc}") from exc


def _check_entry(entry: zipfile.ZipInfo, raw: Any, end: int) -> None:
    name = entry.filename[:60]
    if entry.flag_bits & 1:
        raise DocumentError("encrypted; save it without protection")
    if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
        raise DocumentError(
            f"part {name} inflates {entry.file_size // max(1, entry.compress_size)}:1, over {MAX_RATIO}:1; not an ordinary document"
        )
    if entry.header_offset < end:
        raise DocumentError(f"part {name} overlaps another; not an ordinary document")
    raw.seek(entry.header_offset)
    header = raw.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise DocumentError(f"damaged .docx: part {name} has no header")
    flags, packed, size = struct.unpack("<H", header[6:8])[0], *struct.unpack("<II", header[18:26])
    if not flags & 8 and 0xFFFFFFFF not in (packed, size) and (packed, size) != (entry.compress_size, entry.file_size):
        raise DocumentError(f"part {name} states two different sizes; damaged or hostile")


def _check_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    with archive.open(entry) as part:  # never gives more than the stated size, and fails on a wrong checksum
        data = part.read(entry.file_size + 1)
    head = data[:200_000].replace(b"\0", b"")
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise DocumentError(f"part {entry.filename[:60]} declares a document type, which Word never writes; refused")


def parse(path: str | os.PathLike[str]) -> Parsed:
    """Blocks of the document's body in reading order. Raises DocumentError for what is no sound .docx."""
    check_archive(path)
    from docx import Document as open_docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table
    from lxml.etree import XMLSyntaxError

    try:
        document = open_docx(os.fspath(path))
        blocks: list[Block] = []
        title = ""
        for item in document.iter_inner_content():
            if isinstance(item, Table):
                blocks += _table(item)
                continue
            text = item.text.strip()
            if not text:
                continue
            level, listed, titled = _style(item)
            if titled and not title:
                title, level = text, 1
            level = level or heading_level(text)
            tight = listed and bool(blocks) and blocks[-1].text.startswith("- ")
            blocks.append(Block(f"- {text}" if listed and not level else text, level=level, tight=tight))
        core = document.core_properties
        stated = (core.title or "").strip()
        if not title:
            tops = [b.text for b in blocks if b.level == 1]
            title = (
                stated
                if len(stated.split()) > 1 and not stated.lower().startswith("microsoft word")
                else (tops[0] if tops else "")
            )
        metadata: dict[str, Any] = {}
        if core.author and core.author not in ("python-docx", "Administrator", "Admin", "User"):
            metadata["author"] = core.author
        if core.created:
            metadata["created"] = core.created.date().isoformat()
        return Parsed(tuple(blocks), title, stated_date(b.text for b in blocks[:14]), "", metadata)
    except (PackageNotFoundError, XMLSyntaxError, KeyError, ValueError, AttributeError, zipfile.BadZipFile) as exc:
        raise DocumentError(f"damaged .docx: {type(exc).__name__}: {exc}"[:300]) from exc


def _style(paragraph: Any) -> tuple[int, bool, bool]:
    """(heading level or 0, whether it is a list item, whether it is the title)."""
    style = paragraph.style
    name = (style.name or "") if style is not None else ""
    found = _HEADING.match(name)
    level = int(found.group(1)) if found else 0
    properties = paragraph._p.pPr
    if properties is not None and not level:
        outline = properties.find("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}outlineLvl")
        if outline is not None:
            value = outline.get("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}val", "9")
            level = int(value) + 1 if value.isdigit() and int(value) < 9 else 0
    numbered = properties is not None and properties.numPr is not None
    return level, not level and (numbered or name.lower().startswith("list")), name.lower() in ("title", "tiêu đề")


def _table(table: Any, depth: int = 0) -> list[Block]:
    rows: list[list[str]] = []
    for row in table.rows:
        cells: list[str] = []
        seen: list[Any] = []
        for cell in row.cells:
            if any(cell._tc is s for s in seen):  # a merged cell is given once for each column it spans
                cells.append("")
                continue
            seen.append(cell._tc)
            parts = (
                [cell.text]
                if depth or not cell.tables
                else [cell.text, *(b.text for t in cell.tables for b in _table(t, depth + 1))]
            )
            cells.append(" ".join(p for p in parts if p))
        rows.append(cells)
    rows = [r for r in rows if any(c.strip() for c in r)]
    if not rows:
        return []
    if len(rows) == 1 or len(rows[0]) == 1:  # used for layout
        return [Block(c) for r in rows for c in r if c.strip()]
    return [Block(line, tight=n > 0) for n, line in enumerate(table_rows(rows[0], rows[1:]))]
