"""Web pages: the article, its title, date and author through trafilatura; tables as rows of "header: value".

Nothing is fetched: neither external entities nor images, styles or frames.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import DocumentError
from rag.ingest.clean import clean_inline, stated_date
from rag.ingest.decode import decode
from rag.ingest.formats.blocks import Block, Parsed, table_rows
from rag.text.dates import parse_date

_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w-]+)", re.IGNORECASE
)
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*\[.*?\]\s*>", re.DOTALL | re.IGNORECASE)
_NEVER = "script style noscript template svg math head nav footer aside form button select iframe object embed".split()
_BLOCK = frozenset(
    "p div section article main blockquote pre dd dt figcaption address caption td th li h1 h2 h3 h4 h5 h6 table ul ol tr body header details summary".split()
)
_HEADINGS = {f"h{i}": i for i in range(1, 7)}


def _decoded(data: bytes) -> str:
    found = _CHARSET.search(data[:4096])
    named = (found.group(1) or found.group(2)).decode("ascii").lower() if found else ""
    if named and named not in ("utf-8", "utf8") and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode(named)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)[0]


def parse(path: str | os.PathLike[str]) -> Parsed:
    """Blocks of the page's article. Raises DocumentError when the page has no text."""
    # an internal DTD subset is of no use to a page and is where entity tricks live
    text = _DOCTYPE.sub("<!DOCTYPE html>", _decoded(Path(path).read_bytes()))
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    if not text.strip():
        raise DocumentError("nothing but white space")
    from lxml import html as lxml_html
    from lxml.etree import LxmlError
    from trafilatura import bare_extraction

    try:
        tree = lxml_html.document_fromstring(
            text, parser=lxml_html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
        )
    except (LxmlError, ValueError) as exc:
        raise DocumentError(f"not an HTML page: {exc}"[:200]) from exc
    own = list(_walk(tree))
    found: Any = None
    try:
        found = bare_extraction(
            text,
            include_comments=False,
            include_tables=True,
            favor_recall=True,
            with_metadata=True,
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except Exception:  # whatever it trips over, the plain walk over the page stands
        found = None
    blocks = list(_article(found.body)) if found is not None and found.body is not None else []
    size, whole = _size(blocks), _size(own)
    # on short pages the article finder sees too little to tell article from frame
    if whole and (size < 250 or size < 0.25 * whole) and whole > size:
        blocks = own
    if not blocks:
        raise DocumentError("no text in the page")
    blocks = _with_lost_tables(blocks, own)
    return _parsed(blocks, found, tree)


def _parsed(blocks: list[Block], found: Any, tree: Any) -> Parsed:
    title = clean_inline(getattr(found, "title", None) or "") if found is not None else ""
    if not title:
        stated = tree.findtext(".//title") or tree.findtext(".//h1") or ""
        title = clean_inline(stated)
    title = " ".join(title.split())
    date = parse_date(found.date) if found is not None and found.date else stated_date(b.text for b in blocks[:10])
    metadata: dict[str, Any] = {}
    for name in ("author", "sitename", "url"):
        value = getattr(found, name, None) if found is not None else None
        if isinstance(value, str) and value:
            metadata[name] = value[:300]
    language = (tree.get("lang") or "").lower().split("-")[0]
    return Parsed(tuple(blocks), title, date, language if re.fullmatch("[a-z]{2,3}", language) else "", metadata)


def _size(blocks: list[Block]) -> int:
    return sum(len(b.text) for b in blocks)


def _with_lost_tables(blocks: list[Block], own: list[Block]) -> list[Block]:
    """Add the rows of data tables that the article finder dropped, at the end of the section they follow."""
    have = {b.text for b in blocks}
    text = "\n".join(have)
    out = list(blocks)
    previous = ""
    for block in own:
        if "; " in block.text and ": " in block.text and block.text.startswith("\u2063") and block.text[1:] not in text:
            at = next((i + 1 for i, b in enumerate(out) if b.text == previous), None)
            if at is not None:
                out.insert(at, Block(block.text[1:], tight=out[at - 1].tight))
                previous = block.text[1:]
                continue
        previous = block.text.lstrip("\u2063")
    return [Block(b.text.lstrip("\u2063"), b.level, b.page, b.tight) for b in out]


def _article(body: Any) -> Iterator[Block]:
    """Blocks of trafilatura's tree: p, head, list/item, table/row/cell, quote, code."""
    for node in body:
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag == "head":
            level = node.get("rend", "h2")[-1:]
            yield Block(_text(node), level=int(level) if level.isdigit() else 2)
        elif tag == "table":
            rows = [[_text(cell) for cell in row.iter("cell")] for row in node.iter("row")]
            yield from _rows(rows)
        elif tag == "list":
            for n, item in enumerate(node.iter("item")):
                yield Block(f"- {_text(item)}", tight=n > 0)
        elif (
            len(node) and tag in ("quote", "div", "body") and any(c.tag in ("p", "list", "head", "table") for c in node)
        ):
            yield from _article(node)
        else:
            yield Block(_text(node))
        if node.tail and node.tail.strip():
            yield Block(node.tail)


def _rows(rows: list[list[str]], mark: str = "") -> list[Block]:
    rows = [r for r in rows if any(c.strip() for c in r)]
    if not rows:
        return []
    if len(rows) == 1 or max(map(len, rows)) == 1:
        return [Block(" ".join(c for c in r if c)) for r in rows]
    lines = table_rows(rows[0], rows[1:])
    return [Block(mark + line, tight=n > 0) for n, line in enumerate(lines)]


def _text(node: Any) -> str:
    parts: list[str] = []
    for piece in node.iter():
        if piece.tag in ("lb", "br"):
            parts.append("\n")
        if isinstance(piece.tag, str) and piece.text:
            parts.append(piece.text)
        if piece is not node and piece.tail:
            parts.append(piece.tail)
    return "\n".join(" ".join(line.split()) for line in "".join(parts).split("\n")).strip()


def _walk(tree: Any) -> Iterator[Block]:
    """Every block of the page in order, without scripts, navigation and the like; the way for pages too small to judge."""
    for tag in _NEVER:
        for node in list(tree.iter(tag)):
            if node.getparent() is not None and not (tag == "head" and node is tree):
                node.drop_tree()
    body = tree.find("body")
    yield from _inside(tree if body is None else body)


def _inside(node: Any) -> Iterator[Block]:
    line: list[str] = [node.text or ""]

    def flush() -> Iterator[Block]:
        text = clean_inline(" ".join("".join(line).split()))
        line.clear()
        if text:
            yield Block(text)

    for piece in node:
        tag = piece.tag if isinstance(piece.tag, str) else ""
        if tag == "br":
            yield from flush()
        elif tag == "table":
            yield from flush()
            rows = [[_text(c) for c in row.iter("td", "th")] for row in piece.iter("tr")]
            yield from _rows(rows, "\u2063")
        elif tag in ("ul", "ol"):
            yield from flush()
            for n, item in enumerate(piece.iter("li")):
                yield Block(f"- {' '.join(_text(item).split())}", tight=n > 0)
        elif tag in _HEADINGS:
            yield from flush()
            yield Block(" ".join(_text(piece).split()), level=_HEADINGS[tag])
        elif tag in _BLOCK:
            yield from flush()
            yield from _inside(piece)
        else:
            line.append(_text_inline(piece))
        line.append(piece.tail or "")
    yield from flush()


def _text_inline(node: Any) -> str:
    return "".join(node.itertext()) if isinstance(node.tag, str) else ""
