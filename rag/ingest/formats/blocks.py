"""What every parser returns: blocks of text in reading order, and what the file says of itself.

Knows nothing of any format. ``assemble`` lays the blocks out as the document's text and computes every offset from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.ingest.clean import clean_inline
from rag.types import Heading


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, list item or table row. ``level`` is a heading's depth, 0 for all else; ``page`` counts from
    1, 0 for unpaged text; ``tight`` blocks follow the one before on the next line, without a blank line.
    """

    text: str
    level: int = 0
    page: int = 0
    tight: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed file; empty title, date and language mean that the file does not state them. ``cleaned`` blocks have gone
    through ``clean_lines`` already.
    """

    blocks: tuple[Block, ...] = ()
    title: str = ""
    date: str | None = None
    language: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    cleaned: bool = False


@dataclass(frozen=True, slots=True)
class Laid:
    """Text as stored, with headings and page starts that refer to it."""

    text: str
    headings: tuple[Heading, ...] = ()
    pages: tuple[int, ...] = ()


def assemble(blocks: Iterable[Block], cleaned: bool = False) -> Laid:
    """Join cleaned blocks: a blank line between them, a line break between tight ones."""
    parts: list[str] = []
    headings: list[Heading] = []
    pages: list[int] = []
    at = 0
    for block in blocks:
        text = block.text if cleaned else clean_inline(block.text)
        if not text:
            continue
        if parts:
            gap = "\n" if block.tight else "\n\n"
            parts.append(gap)
            at += len(gap)
        while block.page > len(pages):
            pages.append(at if pages else 0)
        if block.level:
            headings.append(Heading(at, at + len(text), text, block.level))
        parts.append(text)
        at += len(text)
    return Laid("".join(parts), tuple(headings), tuple(pages))


def table_rows(header: list[str], rows: Iterable[list[str]]) -> list[str]:
    """Each row as one line "header: value; header: value"; empty cells are left out, an unnamed column has its value only."""
    out: list[str] = []
    for row in rows:
        cells = []
        for i, value in enumerate(row):
            value = " ".join(value.split())
            name = " ".join(header[i].split()) if i < len(header) else ""
            if value:
                cells.append(f"{name}: {value}" if name and name != value else value)
        if cells:
            out.append("; ".join(cells))
    return out
