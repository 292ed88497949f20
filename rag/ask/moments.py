"""Dates and times of day that only a comparison needs: "7/9", "tháng Tám", "5 p.m." = "17 giờ".

Adds to ``rag.text.dates`` what is too ambiguous to be read anywhere else. Knows nothing of claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.dates import DateSpan, find_dates
from rag.text.normalise import canonical
from rag.types import Span

_MONTHS = {"giêng": 1, "một": 1, "hai": 2, "ba": 3, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9, "mười": 10,
           "mười một": 11, "mười hai": 12, "chạp": 12}  # fmt: skip
_WORDED = re.compile(
    r"(?:(?:ngày\s+)?(?P<d>0?[1-9]|[12]\d|3[01])\s+)?\btháng\s+(?P<m>mười\s+một|mười\s+hai|"
    + "|".join(k for k in _MONTHS if " " not in k)
    + r")\b"
    r"(?:(?:\s*,?\s*năm)?\s*,?\s*(?P<y>1[5-9]\d\d|20\d\d))?"
)
_SLASHED = re.compile(
    r"(?<![\w.,/-])(?P<d>0?[1-9]|[12]\d|3[01])\s?(?P<s>[/-])\s?(?P<m>0?[1-9]|1[0-2])(?![\w/-]|[.,]\d|\s*(?:%|phần))"
)
_TIME_WORD = re.compile(
    r"(?:ngày|từ|vào|sáng|trưa|chiều|tối|đêm|khuya|hôm|đến|tới|hết|cuối|trước|sau|qua|thứ \w+|chủ nhật|nay|since|on|until|by|\()\s*\(?$"
)
_CLOCK = re.compile(
    r"(?<![\d.,:/])(?P<h>[01]?\d|2[0-4])\s?(?:(?P<sep>:|giờ|h|g)\s?(?P<min>[0-5]\d)?(?![\d])(?:\s?phút)?)?\s*(?P<half>a\.?m\b\.?|p\.?m\b\.?|sáng|trưa|chiều|tối|đêm|o'clock)?"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day: minutes since midnight, and whether it may be twelve hours later as well."""

    start: int
    end: int
    text: str
    minutes: int
    either_half: bool


def all_dates(text: str) -> list[DateSpan]:
    """``find_dates`` and, where they do not overlap these, months in words and days like "7/9" after a word of time."""
    lowered = canonical(text)
    found: list[DateSpan] = []
    taken: list[Span] = []
    for m in _WORDED.finditer(lowered):
        name = " ".join(m["m"].split())
        bare = not (m["d"] or m["y"])
        if bare and not text[m.start("m")].isupper():
            continue  # "ba tháng tám ngày" and "tháng năm" are as often lengths of time
        found += _add(taken, text, m.start(), m.end(), m["y"], _MONTHS[name], m["d"])
    for d in find_dates(text):
        if not _modal_may(text, d) and not any(s < d.end and d.start < e for s, e in taken):
            found.append(d)
            taken.append((d.start, d.end))
    for m in _SLASHED.finditer(lowered):
        if _TIME_WORD.search(lowered[max(0, m.start() - 14) : m.start()]):
            found += _add(taken, text, m.start(), m.end(), None, int(m["m"]), m["d"])
    found.sort(key=lambda d: d.start)
    return found


def possible_days(text: str) -> Iterator[tuple[int, int]]:
    """Every "d/m" of a text as (day, month): what a source may mean by a day, said or not."""
    for m in _SLASHED.finditer(text):
        yield int(m["d"]), int(m["m"])


def _modal_may(text: str, d: DateSpan) -> bool:
    """ "People under 14 may …" and "25 máy bay" are no dates."""
    if re.search(r"\bm[àáảãạ]y\b", canonical(d.text)):
        return True
    return re.search(r"\d\s+may$|^may\s+\d", d.text) is not None and "May" not in text[d.start : d.end]


def _add(
    taken: list[Span], text: str, start: int, end: int, year: str | None, month: int, day: str | None
) -> list[DateSpan]:
    if any(s < end and start < e for s, e in taken):
        return []
    taken.append((start, end))
    head = year if year else "-"
    if day:
        iso = f"{head}-{month:02d}-{int(day):02d}"
        return [DateSpan(start, end, text[start:end], iso, iso, "day")]
    last = {2: 29 if year and int(year) % 4 == 0 else 28, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)
    return [DateSpan(start, end, text[start:end], f"{head}-{month:02d}-01", f"{head}-{month:02d}-{last:02d}", "month")]


def clocks(text: str, skip: list[Span]) -> list[Clock]:
    """Times of day: "17 giờ 30", "17h30", "5:30 p.m.", "9 giờ tối". A bare number is none, and "7 giờ" may be a duration."""
    lowered = canonical(text)
    out = []
    for m in _CLOCK.finditer(lowered):
        start, end = m.span()
        while lowered[end - 1].isspace():
            end -= 1
        if not (m["sep"] or m["half"]) or any(s < end and start < e for s, e in skip):
            continue
        if not m["half"] and not m["min"] and not (m["sep"] == "h" and not lowered[end : end + 1].isalpha()):
            continue
        if m["sep"] == "g" and not m["min"]:
            continue
        if lowered[end : end + 1].isalpha() and not m["half"]:
            continue
        half = (m["half"] or "").replace(".", "")
        hours, minutes = int(m["h"]), int(m["min"] or 0)
        if half in ("sáng", "am") and hours == 12:
            hours = 0
        if half in ("pm", "chiều", "tối") and hours < 12:
            hours += 12
        either = half not in ("am", "pm", "sáng", "chiều", "tối") and hours <= 12
        out.append(Clock(start, end, text[start:end], hours * 60 + minutes, either))
    return out


def same_time(a: Clock, b: Clock) -> bool:
    """Whether two times of day may be one."""
    gap = abs(a.minutes - b.minutes)
    return gap == 0 or (gap == 720 and (a.either_half or b.either_half))
