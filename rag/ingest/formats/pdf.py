"""PDF: the text layer, page by page, through pypdf in a capped child process; lines joined back into paragraphs.

``extract`` runs in the child and only reads; ``parse`` runs here and only joins.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import Any

from rag.errors import DocumentError
from rag.ingest import sandbox
from rag.ingest.clean import clean_lines, stated_date
from rag.ingest.decode import font_repairer
from rag.ingest.formats.blocks import Block, Parsed
from rag.ingest.formats.plain import heading_level
from rag.text.normalise import canonical

MAX_PAGES = 5000
_STOPPED = re.compile(r"[.!?…:;][\"”’')\]]*$")
_ITEM = re.compile(r"(?:[-–—•*●▪◦]\s|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zđ]|[ivx]{1,5})[.)]\s)")
_PAGE_NUMBER = re.compile(
    r"(?:[-–—\s]*(?:trang|page|p\.)?\s*\d{1,4}(?:\s*(?:/|of|trên)\s*\d{1,4})?[-–—\s]*|[ivxlc]{1,6})", re.IGNORECASE
)
_JUNK_TITLE = re.compile(
    r"microsoft word|untitled|\.(?:docx?|pdf|indd|qxd|odt|rtf|tex)\b|^\W*$|^(?:document|slide|powerpoint|print)\b",
    re.IGNORECASE,
)


def extract(path: str) -> dict[str, Any]:
    """{"pages": text of each page, "info": title, author, created as the file states them}. Raises DocumentError."""
    import logging

    logging.disable(logging.CRITICAL)
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    try:
        reader = PdfReader(path, strict=False)
        if reader.is_encrypted:
            try:
                opened = reader.decrypt("")
            except DependencyError as exc:
                raise DocumentError("encrypted with AES; save it without protection") from exc
            if not opened:
                raise DocumentError("protected by a password; save it without protection")
        count = len(reader.pages)
        if count > MAX_PAGES:
            raise DocumentError(f"{count} pages, over the limit of {MAX_PAGES}; split the file")
        pages: list[str] = []
        failed = 0
        reason = ""
        for page in reader.pages:
            try:
                pages.append(page.extract_text() or "")
            except (PyPdfError, KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError) as exc:
                pages.append("")
                failed += 1
                reason = reason or f"{type(exc).__name__}: {exc}"[:200]
        if failed and failed == count:
            raise DocumentError(f"damaged or hostile PDF: no page can be read ({reason})")
        return {"pages": pages, "info": _info(reader), "failed": failed}
    except PyPdfError as exc:
        raise DocumentError(f"damaged PDF: {exc}"[:300]) from exc


def _info(reader: Any) -> dict[str, str]:
    try:
        meta = reader.metadata or {}
        found = {"title": meta.get("/Title"), "author": meta.get("/Author"), "created": meta.get("/CreationDate")}
    except Exception:  # a broken information dictionary is no reason to lose the text
        return {}
    return {k: str(v)[:500] for k, v in found.items() if v}


def parse(path: str | os.PathLike[str]) -> Parsed:
    """Blocks with page numbers. Running heads, page numbers and hyphens at line ends are taken out.

    Raises DocumentError: no text layer, password, damage, or a cap of the child process.
    """
    raw = sandbox.run("pdf", path)
    texts: list[str] = raw["pages"]
    letters = sum(c.isalnum() for t in texts for c in t)
    if letters < 4 * max(1, len(texts)) or not letters:
        raise DocumentError(
            f"no text layer ({len(texts)} pages of images); run OCR over it first, for instance ocrmypdf"
        )
    whole = "\n".join(texts)
    unmapped = whole.count("\ufffd") + sum(0xE000 <= ord(c) < 0xF900 for c in whole)
    if unmapped * 50 > letters:
        raise DocumentError(
            "its fonts do not say which letters they draw, so the text cannot be read; run OCR over it, for instance ocrmypdf --force-ocr"
        )
    repair = font_repairer(whole)
    metadata: dict[str, Any] = {"pages": len(texts)}
    if unmapped:
        metadata["unmapped_characters"] = unmapped
        texts = [re.sub("[\ufffd\ue000-\uf8ff]", "", t) for t in texts]
    if repair:
        texts = [repair.convert(t) for t in texts]
        metadata["encoding"] = f"{repair.name} font"
    if raw.get("failed"):
        metadata["unreadable_pages"] = raw["failed"]
    pages = [clean_lines(t).split("\n") for t in texts]
    pages = _without_running_heads(pages)
    blocks = _joined(pages)
    info: dict[str, str] = raw["info"]
    created = re.match(r"D:(\d{4})(\d\d)(\d\d)", info.get("created", ""))
    if created:
        metadata["created"] = "-".join(created.groups())
    if info.get("author") and len(info["author"]) < 80:
        metadata["author"] = clean_lines(info["author"])
    return Parsed(
        tuple(blocks), _title(info.get("title", ""), blocks), stated_date(b.text for b in blocks[:14]), "", metadata
    )


def _title(stated: str, blocks: list[Block]) -> str:
    stated = " ".join(clean_lines(stated).split())
    if stated and not _JUNK_TITLE.search(stated) and len(stated.split()) >= 2 and "\ufffd" not in stated:
        return stated
    for block in blocks[:4]:
        if block.level and len(block.text.split()) >= 3:
            return block.text
    return ""


def _without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """Drop page numbers, and first or last lines that come back on half the pages (digits aside)."""

    def key(line: str) -> str:
        return re.sub(r"\d+", "#", canonical(line))

    edges: Counter[str] = Counter()
    for lines in pages:
        filled = [line for line in lines if line]
        edges.update({key(line) for line in (*filled[:2], *filled[-2:])})
    often = {k for k, n in edges.items() if n >= max(3, len(pages) // 2)}
    out: list[list[str]] = []
    for lines in pages:
        places = [i for i, line in enumerate(lines) if line]
        drop = {i for i in (*places[:2], *places[-2:]) if key(lines[i]) in often}
        drop |= {i for i in (*places[:1], *places[-1:]) if _PAGE_NUMBER.fullmatch(lines[i])}
        out.append([line for i, line in enumerate(lines) if i not in drop])
    return out


def _joined(pages: list[list[str]]) -> list[Block]:
    blocks: list[Block] = []
    widths = sorted(len(line) for lines in pages for line in lines if line)
    width = widths[int(len(widths) * 0.9)] if widths else 0
    current = ""
    began = 1
    last_length = 0

    def flush() -> None:
        nonlocal current
        if current:
            level = heading_level(current)
            blocks.append(Block(current, level=level, page=began))
            current = ""

    for number, lines in enumerate(pages, 1):
        for n, line in enumerate(lines):
            if not line:
                # a blank line inside a sentence is only layout
                if _STOPPED.search(current) or not _goes_on(lines, n):
                    flush()
                continue
            ends = bool(_STOPPED.search(current)) and last_length < 0.85 * width
            short = last_length < 0.6 * width and not line[:1].islower()
            if current and (
                ends
                or short
                or _ITEM.match(line)
                or heading_level(line)
                or (heading_level(current) and line[:1].isupper())
            ):
                flush()
            if not current:
                current, began = line, number
            elif current.endswith(("-", "\u2010")) and current[-2:-1].isalpha() and line[:1].islower():
                current = current[:-1] + line
            else:
                current = f"{current} {line}"
            last_length = len(line)
        if _STOPPED.search(current) or heading_level(current):
            flush()
    flush()
    return _looks(blocks)


def _goes_on(lines: list[str], n: int) -> bool:
    following = next((line for line in lines[n + 1 :] if line), "")
    return following[:1].islower()


def _looks(blocks: list[Block]) -> list[Block]:
    """Short lines without a stop before a longer block are headings."""
    out: list[Block] = []
    for i, block in enumerate(blocks):
        following = blocks[i + 1].text if i + 1 < len(blocks) else ""
        count = len(block.text.split())
        if (
            not block.level
            and not stated_date([block.text])
            and 1 < count <= 16
            and not re.search(r"[.!…;:,][\"”’')\]]*$", block.text)
            and len(following.split()) >= max(12, 1.5 * count)
        ):
            first = next((c for c in block.text if c.isalnum()), "")
            if first.isupper() or first.isdigit():
                block = Block(block.text, level=7 if out else 1, page=block.page)
        out.append(block)
    return out
