"""Plain text: an article typed or copied from a page, a law, notes. Headings are told by their looks.

Knows nothing of files; takes decoded text.
"""

from __future__ import annotations

import re

from rag.ingest.clean import clean_lines, page, stated_date
from rag.ingest.formats.blocks import Block, Parsed
from rag.ingest.formats.matter import split_matter

_LAW = re.compile(
    r"(?P<label>phần|chương|mục|tiểu mục|điều|phụ lục|part|chapter|section|article)\s+(?:thứ\s+\w+|[\dIVXLC]+[a-zđ]?)(?P<rest>\s*[.:–-]\s*.*|\s+\S.*)?$",
    re.IGNORECASE,
)
_LAW_LEVEL = {
    "phần": 1,
    "part": 1,
    "phụ lục": 1,
    "chương": 2,
    "chapter": 2,
    "mục": 3,
    "section": 3,
    "tiểu mục": 4,
    "điều": 5,
    "article": 5,
}
_ITEM = re.compile(r"(?:[-–—•*+●▪◦]\s|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zđ]|[ivx]{1,5})[.)]\s|\|)")
_STOPPED = re.compile(r"[.!…;:,][\"”’')\]]*$")
_NUMBERED = re.compile(r"(?:[IVX]{1,5}|\d{1,2}(?:\.\d{1,2}){0,3})[.)]?\s+\S")


def parse(text: str, *, stem: str = "") -> Parsed:
    """Blocks of a plain text, without the noise of the page it was copied from."""
    matter, body = split_matter(text)
    found = page(clean_lines(body))
    metadata: dict[str, object] = dict(found.metadata)
    lines = _unwrapped(list(found.lines))
    blocks: list[Block] = []
    filled = [i for i, line in enumerate(lines) if line]
    title = matter.title or found.title
    joined = False
    for n, i in enumerate(filled):
        if joined:
            joined = False
            continue
        line = lines[i]
        previous = filled[n - 1] if n else -1
        following = lines[filled[n + 1]] if n + 1 < len(filled) else ""
        apart = n == 0 or previous < i - 1
        if n == 0 and found.title and line == found.title:
            blocks.append(Block(line, level=1))
            continue
        law = _LAW.match(line)
        if (
            law
            and len(line.split()) <= 30
            and (law["rest"] is None or law["rest"].lstrip()[:1] in (".", ":", "–", "-") or not _STOPPED.search(line))
        ):
            if (
                law["rest"] is None
                and following
                and len(following.split()) <= 25
                and not _LAW.match(following)
                and not _ITEM.match(following)
            ):
                line, joined = f"{line}. {following}", True
            blocks.append(Block(line, level=_LAW_LEVEL[law["label"].lower()] + 1))
            continue
        if _is_heading(line, lines, i, following, apart):
            blocks.append(Block(line, level=7))
            continue
        tight = (
            not apart
            and (_ITEM.match(line) is not None or (len(line) < 60 and len(lines[previous]) < 60))
            and not (blocks and blocks[-1].level)
        )
        blocks.append(Block(line, tight=tight))
    metadata |= matter.metadata
    return Parsed(tuple(blocks), title, matter.date or found.date, matter.language, metadata, cleaned=True)


def heading_level(line: str) -> int:
    """Depth of a line such as "Chương II" or "Điều 5. Đối tượng áp dụng", 0 for anything else."""
    law = _LAW.match(line)
    if not law or len(line.split()) > 30:
        return 0
    if law["rest"] is not None and law["rest"].lstrip()[:1] not in (".", ":", "–", "-") and _STOPPED.search(line):
        return 0
    return _LAW_LEVEL[law["label"].lower()] + 1


def _is_heading(line: str, lines: list[str], i: int, following: str, apart: bool) -> bool:
    count = line.count(" ") + 1
    if not 1 <= count <= 20 or _STOPPED.search(line) or not following or not any(map(str.isalpha, line)):
        return False
    if _ITEM.match(line) and not _NUMBERED.match(line):
        return False
    first = next((c for c in line if c.isalnum()), "")
    if stated_date([line]):
        return False
    if not (first.isupper() or first.isdigit()):
        return False
    longer = following.count(" ") + 1
    spaced = apart and i + 1 < len(lines) and not lines[i + 1]
    return longer >= max(12, 1.5 * count) and (spaced or apart or (bool(_STOPPED.search(lines[i - 1])) and count <= 12))


def _unwrapped(lines: list[str]) -> list[str]:
    """Join the lines of paragraphs that were broken at a fixed width, as e-mails and old text files are."""
    groups: list[list[str]] = [[]]
    for line in lines:
        if line:
            groups[-1].append(line)
        else:
            groups.append([])
    out: list[str] = []
    for group in groups:
        if len(group) >= 2 and _wrapped(group):
            joined = [group[0]]
            for line in group[1:]:
                if _ITEM.match(line):
                    joined.append(line)
                elif joined[-1].endswith("-") and joined[-1][-2:-1].isalpha() and line[:1].islower():
                    joined[-1] = joined[-1][:-1] + line
                else:
                    joined[-1] += " " + line
            group = joined
        out += [*group, ""]
    return out[:-1]


def _wrapped(group: list[str]) -> bool:
    width = max(map(len, group))
    body = group[:-1]
    if not 40 <= width <= 120 or any(len(line) < 0.6 * width for line in body):
        return False
    running = sum(1 for line in body if not re.search(r"[.!?:;…][\"”’')]*$", line))
    return running * 10 >= len(body) * 6
