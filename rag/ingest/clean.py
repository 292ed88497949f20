"""Cleaning: invisible characters, line breaks, and the page noise that comes along when an article is copied from a site.

Knows nothing of files or formats. What is taken out is only what says nothing of the article's subject: buttons, links,
players, lists of other articles, by-lines. The title and the date a page states are kept apart before that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from rag.text.dates import find_dates, parse_date
from rag.text.normalise import canonical, nfc

# Zero-width and bidirectional controls, soft hyphen, tags, variation selectors, private and interlinear marks, BOM.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_BREAKS = re.compile(r"\r\n?|\x85|\u2028|\u2029|\x0c|\x0b")
_OTHER_BLANKS = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


def strip_invisible(text: str) -> str:
    """``text`` without zero-width, bidirectional, tag and control characters."""
    return _INVISIBLE.sub("", text) if not text.isascii() or _INVISIBLE.search(text) else text


def count_invisible(text: str) -> int:
    """How many characters :func:`strip_invisible` would take out."""
    return len(_INVISIBLE.findall(text))


def clean_lines(text: str) -> str:
    """NFC, one kind of line break and blank, nothing invisible; lines trimmed, at most one blank line in a row."""
    if any(c in text for c in "\r\x0b\x0c\x85\u2028\u2029"):
        text = _BREAKS.sub("\n", text)
    text = nfc(strip_invisible(text))
    for blank in _OTHER_BLANKS:  # plain searches, a hundred times as fast as one pattern for them all
        if blank in text:
            text = text.replace(blank, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    text = text.replace(" \n", "\n").replace("\n ", "\n")
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


def clean_inline(text: str) -> str:
    """One block of text on as few lines as it has, cleaned like :func:`clean_lines`, without blank lines."""
    return re.sub(r"\n+", "\n", clean_lines(text))


def newlines(text: str) -> str:
    """NFC and one kind of line break, nothing else: for texts that are taken as they are."""
    return nfc(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)


@dataclass(frozen=True, slots=True)
class Page:
    """What was found on a copied page: its own lines, and what stood around them. ``noise`` are the lines taken out."""

    lines: tuple[str, ...]
    title: str = ""
    date: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    noise: tuple[str, ...] = ()


# Lines that are buttons, counters or players, wherever they stand (compared in lower case, bullets stripped).
_BUTTONS = re.compile(
    r"(?:click để (?:copy|xem|nghe|phóng to).*|bấm (?:để|vào đây).{0,40}|xem thêm\W*|xem tiếp\W*|đọc thêm\W*|đọc tiếp\W*|xem chi tiết\W*|"
    r"sao chép liên kết\W*|copy link\W*|lưu bài viết\W*|gửi (?:bình luận|phản hồi)\W*|viết bình luận.{0,15}|bình luận \(\d+\)|ý kiến bạn đọc(?: \(?\d+\)?)?\W*|"
    r"về (?:trang chủ|đầu trang)\W*|lên đầu trang\W*|nghe (?:podcast|audio|đọc bài|bài viết|báo nói)\W*|\d+(?:[.,]\d+)? lượt (?:xem|đọc)|lượt xem:? ?\d.*|cỡ chữ.*|"
    r"a- ?a\+|theo dõi (?:chúng tôi|.{0,30} trên google news)\W*|(?:từ khóa|tags?|chủ đề)\s*:.{0,200}|read more\W*|click (?:here|to copy).*|advertisement\W*|"
    r">>+\s*.{0,120}|đánh giá bài viết.*)"
)
# The same, but words that a list of channels or a glossary may hold too: noise only beside another button.
_MAYBE_BUTTONS = re.compile(
    r"(?:chia sẻ|sao chép|copy|in (?:bài viết|trang)|gửi email|bình luận|ý kiến|thích(?: \d+)?|like|share|tweet|print|facebook|zalo|twitter|x|email|quay lại|trang chủ|"
    r"podcast|audio|play|aa|theo dõi|google news|từ khóa|tags?|see also|quảng cáo|đăng nhập|đăng ký|subscribe|sign (?:in|up)|cookies?(?: settings| policy)?|bình chọn|lưu bài)\W*"
)
_MEDIA = re.compile(
    r"(?:https?://\S+|/?[\w./\- %()]*?/[^\n]{0,200}?)\.(?:mp3|mp4|m4a|wav|ogg|avi|mov|jpe?g|png|gif|webp|svg)(?:\?\S*)?",
    re.IGNORECASE,
)
# From such a line on, a page lists other articles.
_OTHERS = re.compile(
    r"(?:tin|bài|các tin|các bài|những tin|video|ảnh)(?: tức| viết| bài)?\s*(?:mới(?: nhất| hơn| cập nhật)?|khác|liên quan|cùng (?:chuyên mục|chủ đề|tác giả|chuyên đề)|cũ hơn|nổi bật|nóng|"
    r"đọc nhiều(?: nhất)?|xem nhiều(?: nhất)?|đã đưa)\W*|có thể bạn quan tâm\W*|đọc nhiều(?: nhất)?\W*|xem nhiều(?: nhất)?\W*|"
    r"related (?:articles|news|posts|stories)\W*|more (?:news|stories|from .{1,30})\W*|most (?:read|viewed|popular)\W*|latest news\W*|you may also like\W*"
)
_BYLINE = re.compile(
    r"(?:\(?\s*(?P<label>bài và ảnh|tin và ảnh|bài, ảnh|tin, ảnh|tin, bài|ảnh và bài|bài|tin|ảnh|tác giả|thực hiện|biên tập|nguồn tin|nguồn|theo|người viết|photos?|by|author|source)"
    r"\s*:\s*(?P<name>[^.!?]{2,60}?)\s*\)?|\((?:theo|nguồn|ảnh)\s*:?\s+(?P<name2>[^)]{2,60})\))",
    re.IGNORECASE,
)
_DATE_LINE = re.compile(
    r"[\s|,;:•·()–-]*(?:(?:ngày đăng|đăng ngày|cập nhật(?: lúc| lần cuối)?|thứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật|xuất bản|published|updated|posted(?: on)?|date|"
    r"mon|tues?|wed(?:nes)?|thurs?|fri|satur|sat|sun)(?:day)?\b[\s|,;:.•·()–-]*){0,3}$",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b\d{1,2}\s?[:hg]\s?\d{2}(?::\d{2})?\b|\bGMT\s?[+-]\s?\d+\b|\(GMT[^)]*\)|\b(?:AM|PM|SA|CH)\b|\blúc\b",
    re.IGNORECASE,
)
_DATE_PREFIX = re.compile(
    r"\s*(?:date|ngày đăng|ngày)\s*:?\s+(?P<date>\d[\d/.-]{3,9})\s+(?P<rest>\S.{5,})$", re.IGNORECASE
)
_PLACE_DATE = re.compile(r"[^\n,]{2,40},\s*ngày\s+\d{1,2}\s+tháng\s+\d{1,2}\s+năm\s+\d{4}\.?$", re.IGNORECASE)
_BULLET = re.compile(r"^[\s•·*+\-–—►▶»|#○●]+")
_STOPPED = re.compile(r"[.!?…;:,][\"”’')\]]*$")
_SENTENCE_END = re.compile(r"[.!?…][\"”’')\]]*$")


def date_line(line: str) -> str | None:
    """The ISO date of a line that holds a date and nothing else ("25/01/2023 | 06:06 GMT+7"), or None."""
    if len(line) > 80 or not any(map(str.isdigit, line)):
        return None
    rest = _CLOCK.sub(" ", line)
    dates = [d for d in find_dates(rest) if not d.first.startswith("-") and d.precision in ("day", "month", "year")]
    if len(dates) != 1 or (dates[0].precision == "year" and _count(line) > 2):
        return None
    outside = rest[: dates[0].start] + " " + rest[dates[0].end :]
    return dates[0].iso if _DATE_LINE.match(" ".join(outside.split())) else None


def stated_date(lines: Iterable[str]) -> str | None:
    """The date that one of these opening lines states: a line of its own, or an official "Hà Nội, ngày … tháng … năm …"."""
    for line in lines:
        iso = date_line(line)
        if iso:
            return iso
        if len(line) < 120 and _PLACE_DATE.match(line):
            return parse_date(line[line.index(",") :])
    return None


def page(text: str) -> Page:
    """Tell an article from the page around it. ``text`` has gone through :func:`clean_lines`.

    The title is a first line that reads like one (short, no full stop, longer text below), or what follows a leading
    date on the first line; the date is a line of its own near the top. Without page noise all lines come back.
    """
    lines = text.split("\n")
    noise: list[str] = []
    metadata: dict[str, str] = {}
    kept = _cut_others(lines, noise)
    kept = _without_buttons(kept, noise)
    title, date, kept = _head(kept, noise)
    kept = _tail(kept, noise, metadata)
    kept = _repeated(kept, title, noise)
    while kept and not kept[0]:
        kept.pop(0)
    while kept and not kept[-1]:
        kept.pop()
    return Page(tuple(kept), title, date, metadata, tuple(noise))


def _count(line: str) -> int:
    """Words of a cleaned line."""
    return line.count(" ") + 1 if line else 0


def _bare(line: str) -> str:
    return _BULLET.sub("", line).strip().lower()


def _without_buttons(lines: list[str], noise: list[str]) -> list[str]:
    kinds: list[int] = []  # 2 a button, 1 perhaps one, 0 text
    for line in lines:
        bare = _bare(line) if len(line) <= 220 else ""
        if not bare or line.startswith(("- ", "* ", "+ ")):
            kinds.append(2 if line and len(line) <= 220 and _MEDIA.fullmatch(line) else 0)
        elif _BUTTONS.fullmatch(bare) or _MEDIA.fullmatch(line):
            kinds.append(2)
        else:
            kinds.append(1 if _MAYBE_BUTTONS.fullmatch(bare) else 0)
    if not any(kinds):
        return lines
    filled = [i for i, line in enumerate(lines) if line]
    drop: set[int] = set()
    for n, i in enumerate(filled):
        beside = [kinds[j] for j in (*filled[max(0, n - 1) : n], *filled[n + 1 : n + 2])]
        if kinds[i] == 2 or (kinds[i] == 1 and any(beside)):
            drop.add(i)
            noise.append(lines[i])
    return [line for i, line in enumerate(lines) if i not in drop]


def _cut_others(lines: list[str], noise: list[str]) -> list[str]:
    """Drop the list of other articles and all that follows it, when it stands in the later part of the page."""
    filled = [i for i, line in enumerate(lines) if line]
    for n, i in enumerate(filled):
        if len(lines[i]) > 60 or not _OTHERS.fullmatch(_bare(lines[i])):
            continue
        before = sum(len(line) for line in lines[:i])
        after = [lines[j] for j in filled[n + 1 :]]
        teasers = any(a == b for a, b in pairwise(after)) or all(_count(a) < 30 for a in after)
        if before > 400 and (teasers or sum(map(len, after)) < before // 2):
            noise.extend(line for line in lines[i:] if line)
            return lines[:i]
    return lines


def _head(lines: list[str], noise: list[str]) -> tuple[str, str | None, list[str]]:
    title, date = "", None
    out = list(lines)
    filled = [i for i, line in enumerate(out) if line]
    if not filled:
        return "", None, out
    first = filled[0]
    prefixed = _DATE_PREFIX.match(out[first])
    if prefixed:
        iso = parse_date(prefixed["date"])
        if iso:
            date = iso
            noise.append(out[first][: prefixed.start("rest")].strip())
            out[first] = prefixed["rest"].strip()
    drop: list[int] = []
    for i in filled[:8]:
        iso = date_line(out[i])
        if iso:
            date = date or iso
            drop.append(i)
            noise.append(out[i])
    if date is None:
        for i in filled[:12]:
            if _PLACE_DATE.match(out[i]):
                date = parse_date(out[i][out[i].index(",") :])
                break
    rest = [i for i in filled if i not in drop]
    if len(rest) >= 2:
        line, following = out[rest[0]], out[rest[1]]
        separate = (
            rest[1] > rest[0] + 1 or any(rest[0] < d < rest[1] for d in drop) or _count(following) > 2 * _count(line)
        )
        if _looks_like_title(line) and separate and any(_count(out[i]) > 1.5 * _count(line) for i in rest[1:4]):
            title = _BULLET.sub("", line).strip()
            out[rest[0]] = title
    return title, date, [line for i, line in enumerate(out) if i not in drop]


def _looks_like_title(line: str) -> bool:
    count = _count(line)
    return (
        2 <= count <= 30
        and not re.search(r"[.;:,…][\"”’')\]]*$", line)
        and any(map(str.isalpha, line))
        and not line.startswith(("|", "- ", "* ", "http"))
    )


def _tail(lines: list[str], noise: list[str], metadata: dict[str, str]) -> list[str]:
    out = list(lines)
    for _ in range(6):
        while out and not out[-1]:
            out.pop()
        if len(out) < 2:
            break
        last = out[-1]
        byline = _BYLINE.fullmatch(last)
        above = next((line for line in reversed(out[:-1]) if line), "")
        if byline:
            metadata.setdefault("author", (byline["name"] or byline["name2"]).strip())
        elif date_line(last) and len(out) > 4:
            pass
        elif _is_person_line(last) and (_SENTENCE_END.search(above) or _count(above) >= 15):
            metadata.setdefault("author", last.strip(" ()"))
        else:
            break
        noise.append(out.pop())
    return out


def _is_person_line(line: str) -> bool:
    """Two to five capitalised words and nothing else, as a reporter signs."""
    words = re.split(r"\s+|\s*[-–,]\s*", line.strip(" ()"))
    if not 2 <= len(words) <= 5 or _STOPPED.search(line):
        return False
    return all(w.isalpha() and w[0].isupper() for w in words)


def _repeated(lines: list[str], title: str, noise: list[str]) -> list[str]:
    """Drop captions that only repeat: the title again, or a sentence of a neighbouring paragraph."""
    out: list[str] = []
    seen_title = False
    plain = [canonical(line).rstrip(" .…!") for line in lines]
    wanted = canonical(title).rstrip(" .…!")
    for i, line in enumerate(lines):
        if title and plain[i] == wanted:
            if seen_title:
                noise.append(line)
                continue
            seen_title = True
        elif line and (_SENTENCE_END.search(line) or _count(line) >= 12) and 6 <= _count(line) <= 40:
            near = [
                p
                for j, p in enumerate(plain[max(0, i - 6) : i + 7], max(0, i - 6))
                if j != i and len(p) > len(plain[i])
            ]
            twin = plain[i] in plain[max(0, i - 2) : i]
            if twin or any(plain[i] in p for p in near):
                noise.append(line)
                continue
        out.append(line)
    return out
