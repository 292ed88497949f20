"""Markdown: headings, paragraphs, lists; tables become rows of "header: value"; markup goes, code stays.

Knows nothing of files; takes decoded text.
"""

from __future__ import annotations

import re

from rag.ingest.clean import clean_lines
from rag.ingest.formats.blocks import Block, Parsed, table_rows
from rag.ingest.formats.matter import split_matter

_ATX = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_SETEXT = re.compile(r" {0,3}(=+|-{3,})\s*$")
_RULE = re.compile(r" {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
_DIVIDER = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])")
_LINK = re.compile(r"\[([^\]\n]+)\]\((?:<[^>\n]*>|[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)")
_REFERENCE = re.compile(r"\[([^\]\n]+)\]\[[^\]\n]*\]")
_DEFINITION = re.compile(r" {0,3}\[[^\]\n]+\]:\s+\S+.*$")
_FOOTNOTE = re.compile(r"\[\^[^\]\n]+\]:?")
_AUTO = re.compile(r"<((?:https?://|mailto:)[^>\s]+)>")
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>\n]*)?/?>")
_STRONG = re.compile(r"(\*\*\*|\*\*|\*)(?=\S)(.+?)(?<=\S)\1")
_UNDER = re.compile(r"(?<!\w)(___|__|_)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_STRIKE = re.compile(r"~~(?=\S)(.+?)(?<=\S)~~")
_CODE = re.compile(r"(`+)(.+?)\1")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~])")


def parse(text: str, *, stem: str = "") -> Parsed:
    """Blocks of a Markdown text. The title is the front matter's, else the first heading when it is the only top one."""
    matter, body = split_matter(text)
    lines = clean_lines(_COMMENT.sub("", body.replace("\r\n", "\n"))).split("\n")
    blocks: list[Block] = []
    paragraph: list[str] = []
    fence = ""
    after_item = False

    def flush() -> None:
        nonlocal paragraph
        if paragraph:
            blocks.append(Block(inline(" ".join(paragraph))))
            paragraph = []

    i = 0
    while i < len(lines):
        line = lines[i]
        i += 1
        mark = _FENCE.match(line)
        if fence:
            if mark and mark.group(1)[0] == fence[0] and len(mark.group(1)) >= len(fence):
                fence = ""
            elif line:
                blocks.append(Block(line, tight=True))
            continue
        if mark:
            flush()
            fence = mark.group(1)
            continue
        line = re.sub(r"^(?:\s*>)+\s?", "", line)
        if not line.strip() or _DEFINITION.match(line):
            flush()
            after_item = False
            continue
        atx = _ATX.match(line)
        if atx:
            flush()
            blocks.append(Block(inline(atx.group(2)), level=len(atx.group(1))))
            continue
        if paragraph and _SETEXT.match(line):
            heading = inline(" ".join(paragraph))
            paragraph = []
            blocks.append(Block(heading, level=1 if "=" in line else 2))
            continue
        if _RULE.match(line):
            flush()
            continue
        if (
            "|" in line
            and i < len(lines)
            and "|" in lines[i] + "|"
            and "-" in lines[i]
            and _DIVIDER.match(lines[i])
            and _cells(lines[i])
        ):
            flush()
            header = _cells(line)
            i += 1
            rows: list[list[str]] = []
            while i < len(lines) and "|" in lines[i] and lines[i].strip():
                rows.append(_cells(lines[i]))
                i += 1
            for n, row in enumerate(table_rows(header, rows)):
                blocks.append(Block(row, tight=n > 0))
            continue
        if _ITEM.match(line):
            flush()
            blocks.append(Block(re.sub(r"^\s*[*+]\s+", "- ", inline(line)), tight=after_item))
            after_item = True
            continue
        if after_item and blocks:
            blocks[-1] = Block(f"{blocks[-1].text} {inline(line)}", tight=blocks[-1].tight)
            continue
        paragraph.append(line)
    flush()
    title = matter.title
    tops = [b for b in blocks if b.level == 1]
    if not title and tops and (len(tops) == 1 or blocks[0].level == 1):
        title = tops[0].text
    return Parsed(tuple(blocks), title, matter.date, matter.language, matter.metadata)


def inline(text: str) -> str:
    """One line of Markdown as plain text: link and image targets go, emphasis marks go, code keeps its letters."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group(2).strip() if match.lastindex == 2 else match.group(1))
        return f"\x02{len(kept) - 1}\x02"

    text = _CODE.sub(keep, text)
    text = _ESCAPE.sub(keep, text)
    text = _IMAGE.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _REFERENCE.sub(r"\1", text)
    text = _FOOTNOTE.sub("", text)
    text = _AUTO.sub(r"\1", text)
    text = _TAG.sub(" ", text) if "<" in text else text
    for _ in range(2):
        text = _STRONG.sub(r"\2", text)
        text = _UNDER.sub(r"\2", text)
    text = _STRIKE.sub(r"\1", text)
    if "&" in text and ";" in text:
        from html import unescape

        text = unescape(text)
    return re.sub("\x02(\\d+)\x02", lambda m: kept[int(m.group(1))], text).strip()


def _cells(line: str) -> list[str]:
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [inline(c.replace("\\|", "|").strip()) for c in re.split(r"(?<!\\)\|", line)]
