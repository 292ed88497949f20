"""Dates and periods in Vietnamese (with or without diacritics) and English text.

Knows nothing of documents or of today's date: a date without its year comes out with ISO's "--MM-DD" days.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from rag.text.normalise import MONTHS, fold, nfc


@dataclass(frozen=True, slots=True)
class DateSpan:
    """A date or period as written. ``first`` and ``last`` are its first and last day, ISO ("2022-10-01"), or
    "--10-01" when the text gives no year. ``precision``: day, month, quarter, half, part, year, range, decade, century.
    """

    start: int
    end: int
    text: str
    first: str
    last: str
    precision: str

    @property
    def iso(self) -> str:
        """The shortest ISO form: "2022", "2022-10", "2022-10-05", or "first/last" for other periods."""
        if self.first == self.last:
            return self.first
        if self.precision == "month":
            return self.first[:-3]
        if self.precision == "year":
            return self.first[:4]
        return f"{self.first}/{self.last}"


_D, _M, _Y = r"(?P<d>0?[1-9]|[12]\d|3[01])", r"(?P<m>0?[1-9]|1[0-2])", r"(?P<y>1[5-9]\d\d|20\d\d|21\d\d)"
# a year of old is one only after "năm": "năm 938", "tháng 3 năm 1288"
_NO_COUNT = r"(?![\w/]|[.,-]\d|\s*(?:%|nguoi|ho|met|m|km|kg|tan|ha|dong|trieu|ty|nghin|ngan|luot|don|lan|cai|con|people|men|women|soldiers|years|days|miles)\b)"
_OLD = r"(?P<y>1[0-4]\d\d|[1-9]\d\d)" + _NO_COUNT
_MON = "(?P<mon>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_L, _R = r"(?<![\w.,/-])", r"(?![\w/]|[.,-]\d)"
_ORD = r"(?:st|nd|rd|th)?"
_COUNTS = {"mot": 1, "hai": 2, "ba": 3, "bon": 4, "sau": 6, "tam": 8, "chin": 9, "two": 2, "three": 3, "four": 4, "six": 6,
           "eight": 8, "nine": 9}  # fmt: skip
_COUNT = r"(?P<n>\d{1,2}|" + "|".join(_COUNTS) + ")"
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4, "first": 1, "second": 2, "third": 3, "fourth": 4,
             "mot": 1, "hai": 2, "ba": 3, "tu": 4}  # fmt: skip
_YEAR_SEP = r"(?:\s*,?\s*nam\s+|\s*[/.-]\s*|\s+)"

Period = tuple[str, str, str] | None


def _day(y: str | None, m: int, d: int) -> str | None:
    if y is None:
        return f"--{m:02d}-{d:02d}" if d <= monthrange(2024, m)[1] else None
    return f"{y}-{m:02d}-{d:02d}" if d <= monthrange(int(y), m)[1] else None


def _months(y: str | None, first: int, last: int) -> tuple[str, str]:
    if not 1 <= first <= last <= 12:
        raise ValueError("no such months")
    end = monthrange(int(y) if y else 2024, last)[1]
    year = y if y is not None else "-"
    return f"{year}-{first:02d}-01", f"{year}-{last:02d}-{end:02d}"


def _group(match: re.Match[str], name: str) -> str | None:
    return match.groupdict().get(name)


def _month_of(match: re.Match[str]) -> int:
    name = _group(match, "mon")
    return MONTHS[name] if name else int(match["m"])


def _year(match: re.Match[str]) -> str | None:
    """The year with four digits, as ISO 8601 writes it; None where none stands."""
    year = _group(match, "y")
    return year.zfill(4) if year else None


def _as_day(match: re.Match[str]) -> Period:
    day = _day(_year(match), _month_of(match), int(match["d"]))
    return (day, day, "day") if day else None


def _as_day_range(match: re.Match[str]) -> Period:
    first = _day(_group(match, "y"), _month_of(match), int(match["d0"]))
    last = _day(_group(match, "y"), _month_of(match), int(match["d"]))
    return (first, last, "range") if first and last and first <= last else None


def _as_month(match: re.Match[str]) -> Period:
    month = _month_of(match)
    return (*_months(_year(match), month, month), "month")


def _as_quarter(match: re.Match[str]) -> Period:
    quarter = _QUARTERS[match["q"]]
    return (*_months(_group(match, "y"), quarter * 3 - 2, quarter * 3), "quarter")


def _as_months_part(match: re.Match[str]) -> Period:
    n = _COUNTS.get(match["n"]) or int(match["n"])
    if not 1 <= n <= 11:
        return None
    early = match["part"] in ("dau", "dau tien", "first")
    return (*_months(_group(match, "y"), 1 if early else 13 - n, n if early else 12), "half" if n == 6 else "part")


def _as_half(match: re.Match[str]) -> Period:
    early = match["part"] in ("dau", "first", "1")
    return (*_months(_group(match, "y"), 1 if early else 7, 6 if early else 12), "half")


_PARTS = {"dau": (1, 4), "giua": (5, 8), "cuoi": (9, 12), "early": (1, 4), "mid": (5, 8), "late": (9, 12), "end of": (9, 12),
          "the end of": (9, 12), "beginning of": (1, 4), "the beginning of": (1, 4), "middle of": (5, 8)}  # fmt: skip


def _as_part(match: re.Match[str]) -> Period:
    part = re.sub(r"\s+", " ", match["part"])
    return (*_months(match["y"], *_PARTS[part]), "part")


def _as_year(match: re.Match[str]) -> Period:
    year = match["y"].zfill(4)
    return f"{year}-01-01", f"{year}-12-31", "year"


def _as_years(match: re.Match[str]) -> Period:
    if int(match["y0"]) >= int(match["y"]):
        return None
    return f"{match['y0'].zfill(4)}-01-01", f"{match['y'].zfill(4)}-12-31", "range"


def _as_decade(match: re.Match[str]) -> Period:
    decade = match["y"][:3]
    return f"{decade}0-01-01", f"{decade}9-12-31", "decade"


_ROMAN = {"i": 1, "v": 5, "x": 10}


def _as_century(match: re.Match[str]) -> Period:
    written = match["c"]
    if written.isdigit():
        century = int(written)
    else:
        values = [_ROMAN[c] for c in written]
        century = sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
    if not 1 <= century <= 22:
        return None
    return f"{century - 1:02d}01-01-01", f"{century:02d}00-12-31", "century"


_Y0 = _Y.replace("<y>", "<y0>")
# "2022 ty le" is a year and a ratio, not 2022 thousand millions: words that only begin like a multiplier. "trong" is also
# "in", so "2000 ty trong nam" stays a sum.
BIG_WORD = (
    r"(?:ty(?!\s+(?:le|suat|phu|trong(?!\s+(?:nam|thang|quy|giai|do|khi|tong|dot|tuan|ngay|\d))|gia(?!\s+(?:tri|dinh|tang))"
    r"|so(?!\s+voi))\b)|trieu(?!\s+(?:tap(?!\s+(?:tin|sach|vo))|phu|chung(?!\s+(?:cu|toi|ta|khoan|chi)))\b)|nghin)"
)
"""Multiplier words as a pattern for folded text after a number that may be a year."""
# (what the folded text must hold, pattern, reader), in falling order of preference. Patterns are compiled when a text
# first needs them: together they would cost more than the rest of a question's start-up.
_RULES: tuple[tuple[str, str, Callable[[re.Match[str]], Period]], ...] = (
    ("1", rf"{_L}{_Y}-{_M}-{_D}(?!\w)", _as_day),
    ("1", rf"(?:\bngay\s+)?{_L}{_D.replace('<d>', '<d0>')}\s*[-–]\s*{_D}\s*/\s*{_M}\s*/\s*{_Y}{_R}", _as_day_range),
    ("1", rf"(?:\bngay\s+)?{_L}{_D}\s*(?P<s>[/.-])\s*{_M}\s*(?P=s)\s*{_Y}{_R}", _as_day),
    ("thang", rf"(?:\bngay\s+)?{_L}{_D}\s+thang\s+{_M}{_YEAR_SEP}{_Y}{_R}", _as_day),
    ("mon", rf"\b{_MON}\s+{_D}{_ORD}\s*,?\s+{_Y}{_R}", _as_day),
    ("mon", rf"{_L}{_D}{_ORD}\s+(?:of\s+)?{_MON}\s*,?\s+{_Y}{_R}", _as_day),
    ("thang", rf"(?:\bngay\s+)?{_L}{_D}\s+thang\s+{_M}\s*,?\s*nam\s+{_OLD}", _as_day),
    ("thang", rf"\bthang\s+{_M}\s*,?\s*nam\s+{_OLD}", _as_month),
    ("thang", rf"{_L}{_COUNT}\s+thang\s+(?P<part>dau(?: tien)?|cuoi)(?:\s+(?:cua\s+)?(?:nam\s+)?{_Y}(?![.,]?\d))?\b", _as_months_part),
    ("months", rf"\b(?P<part>first|last)\s+{_COUNT}\s+months(?:\s+of\s+(?:the\s+year\s+)?{_Y})?\b", _as_months_part),
    ("nua", rf"\bnua\s+(?P<part>dau|cuoi)\s+(?:cua\s+)?(?:nam\s+)?{_Y}{_R}", _as_half),
    ("h", rf"\bh(?P<part>[12])\s*[/,-]?\s*{_Y}{_R}", _as_half),
    ("half", rf"\b(?P<part>first|second)\s+half\s+of\s+{_Y}{_R}", _as_half),
    ("quy", rf"\bquy\s+(?P<q>iv|i{{1,3}}|[1-4]|mot|hai|ba|tu)(?:{_YEAR_SEP}{_Y}{_R}|(?![\w-]))", _as_quarter),
    ("q", rf"\bq(?P<q>[1-4])(?:\s*[/,-]?\s*{_Y})?{_R}", _as_quarter),
    ("quarter", rf"\b(?P<q>first|second|third|fourth)\s+quarter(?:\s+(?:of\s+)?{_Y})?\b", _as_quarter),
    ("ngay", rf"\bngay\s+{_D}\s*[/-]\s*{_M}{_R}", _as_day),
    ("thang", rf"(?:\bngay\s+)?{_L}{_D}\s+thang\s+{_M}{_R}", _as_day),
    ("thang", rf"\bthang\s+{_M}{_YEAR_SEP}{_Y}{_R}", _as_month),
    ("1", rf"{_L}{_M}\s?[/-]\s?{_Y}{_R}", _as_month),
    ("1", rf"{_L}{_Y}-(?P<m>0[1-9]|1[0-2])(?![\w-])", _as_month),
    ("mon", rf"\b{_MON}\s*,?\s+(?:of\s+)?{_Y}{_R}", _as_month),
    ("mon", rf"\b{_MON}\s+{_D}{_ORD}(?![\w,.]*\d)\b", _as_day),
    ("mon", rf"{_L}{_D}{_ORD}\s+(?:of\s+)?{_MON}(?!\w)", _as_day),
    ("thang", rf"\bthang\s+{_M}{_R}", _as_month),
    ("1", rf"(?:\b(?:giai\s+doan|tu\s+nam|nhung\s+nam|nam|from)\s+)?{_L}{_Y0}\s*(?:[-–—]|den\s+nam|den|toi|to)\s*{_Y}{_R}", _as_years),
    ("nam", rf"\b(?P<part>dau|giua|cuoi)\s+nam\s+{_Y}{_R}", _as_part),
    (" ", rf"\b(?P<part>early|mid|late|(?:the\s+)?end\s+of|(?:the\s+)?beginning\s+of|middle\s+of)[\s-]+{_Y}{_R}", _as_part),
    ("0", rf"\b(?:thap\s+nien|nhung\s+nam)\s+{_Y[:-1]})(?![\d/-])", _as_decade),
    ("0s", rf"{_L}{_Y}s\b", _as_decade),
    ("ky", r"\bthe\s+ky\s+(?:thu\s+)?(?P<c>[ivx]{1,5}|\d{1,2})\b", _as_century),
    ("century", r"\b(?P<c>\d{1,2})(?:st|nd|rd|th)\s+century\b", _as_century),
    ("nam", rf"\b(?:tu\s+)?nam\s+(?P<y0>[1-9]\d{{2,3}})\s*(?:[-–—]|den\s+nam|den|toi)\s*{_OLD}", _as_years),
    ("nam", rf"\bnam\s+{_Y}{_R}", _as_year),
    ("nam", rf"\bnam\s+{_OLD}", _as_year),
    ("in ", rf"(?<=\bin )(?P<y>1[0-4]\d\d){_NO_COUNT}", _as_year),
    ("1", rf"{_L}{_Y}{_R}(?!\s*(?:%|\$|dong|{BIG_WORD}|nguoi|ho|met|m|km|kg|tan|ha|don|san|luot|xa|doanh|lan|bai|ca|may|usd|vnd|people|"
         r"million|billion|thousand|units|years|nam)\b)", _as_year),
)  # fmt: skip
_HINT = re.compile(r"\d|\bthe\s+ky\b|\bquy\b|thang\s|quarter|half|months")
_MONTH_HINT = re.compile("jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# "may" and "mar" are words; they count as months only beside a day or a year, which every rule above asks for. Folded
# Vietnamese has "25 may" (machines) and "12 sep" (bosses) too: in small letters and without a year, English must lead.
_ALSO_VIETNAMESE = ("may", "sep")
_ENGLISH_BEFORE = re.compile(
    r"\b(?:on|by|of|from|until|till|to|since|before|after|in|the|and|between|around|was|is|born|date|dated)\s+$"
)
_NUMBERED = (
    r"(?:quyet\s+dinh|nghi\s+dinh|thong\s+tu|cong\s+van|cong\s+dien|to\s+trinh|decision|decree|circular|dispatch)"
)
_NUMBERED_OR_DATED = (
    r"(?:nghi\s+quyet|chi\s+thi|ke\s+hoach|chuong\s+trinh|de\s+an|phap\s+lenh|luat|thong\s+bao|van\s+ban|bao\s+cao|sac\s+lenh|huong\s+dan|"
    r"resolution|directive|plan|law|order)"
)
_DOCUMENT_BEFORE = rf"\b(?:(?:{_NUMBERED}|{_NUMBERED_OR_DATED})\s+(?:so|no\.?|number)(?:\s*:)?|{_NUMBERED})\s*$"


def numbers_a_document(before: str, after: str = "") -> bool:
    """Whether a figure between these folded texts is a document's number: "quyet dinh so" 1656, "decision no." 1656.

    Resolutions, plans and laws go by their year too ("ke hoach 2022"), so those need their "so".
    """
    return (
        _compiled(_DOCUMENT_BEFORE).search(before[-32:]) is not None
        and _compiled(r"\s+(?:la|lam)\s+nam\b").match(after) is None
    )


def _other_word(match: re.Match[str], folded: str, text: str) -> bool:
    """Whether the month of this match is another word: written with marks ("máy"), or small in folded Vietnamese."""
    if not (name := _group(match, "mon")):
        return False
    start, end = match.span("mon")
    if len(folded) != len(text):
        return False
    written = text[start:end]
    if not written.isascii():
        return True
    if name not in _ALSO_VIETNAMESE or not written.islower() or _group(match, "y"):
        return False
    ordinal = re.search(r"\d(?:st|nd|rd|th)\b|\bof\b", match.group()) is not None
    return not ordinal and _ENGLISH_BEFORE.search(folded, 0, match.start()) is None


def find_dates(text: str) -> list[DateSpan]:
    """Dates and periods of ``text`` in order, none overlapping; the longest reading wins. Never raises."""
    folded = fold(text)
    if not _HINT.search(folded):
        return []
    taken = bytearray(len(folded))
    found: list[DateSpan] = []
    english = _MONTH_HINT.search(folded) is not None
    digit = any(map(str.isdigit, folded))
    for needs, pattern, make in _RULES:
        if not (english and digit if needs == "mon" else digit if needs == "1" else needs in folded):
            continue
        for match in _compiled(pattern).finditer(folded):
            start, end = match.span()
            if any(taken[start:end]):
                continue
            try:
                period = make(match)
            except ValueError:
                continue
            if period is None or (period[2] == "century" and start and folded[start - 1] == "-"):
                continue
            if _other_word(match, folded, text):
                continue
            if folded.startswith("nam", start) and text[start : start + 3].lower() != (
                "nam" if text.isascii() else "năm"
            ):
                continue  # "phía nam 300 km", "nam 120 người"
            if make is _as_year and start == match.start("y") and numbers_a_document(folded[:start], folded[end:]):
                continue
            taken[start:end] = b"\1" * (end - start)
            found.append(DateSpan(start, end, text[start:end], *period))
    found.sort(key=lambda s: s.start)
    return found


def parse_date(text: str) -> str | None:
    """``text`` as an ISO date at the precision it states ("2022", "2022-10", "2022-10-05"), or None.

    Accepts anything :func:`find_dates` reads, and ISO time stamps; of several dates the first counts.
    """
    text = nfc(str(text)).strip()
    stamp = re.match(r"((?:1[5-9]|20|21)\d\d)(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?(?=$|[T ]\d\d:)", text)
    if stamp:
        return "-".join(g for g in stamp.groups() if g)
    for span in find_dates(text):
        if span.first.startswith("-"):
            continue
        if span.precision in ("day", "month", "year"):
            return span.iso
        return span.last[:7] if span.precision in ("part", "half", "quarter") else span.last[:4]
    return None
