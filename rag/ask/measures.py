"""What a number measures: money, mass, length, area, time, and the period of a rate; with factors between units.

Pure; knows nothing of claims. The measure "" is a count of things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from rag.text.numbers import Number

# unit → (kind, factor to the kind's smallest unit). Days and months do not convert into each other.
MEASURE: dict[str, tuple[str, Decimal]] = {}
for _kind, _line in {
    "mass": "g 1 gram 1 gam 1 kg 1000 kilogram 1000 kilograms 1000 kilogam 1000 ký 1000 cân 1000 yến 10000 tạ 100000 quintal 100000 quintals 100000 "
    "tấn 1000000 ton 1000000 tons 1000000 tonne 1000000 tonnes 1000000",
    "length": "mm 0.001 cm 0.01 m 1 mét 1 metre 1 metres 1 meter 1 meters 1 km 1000 kilomet 1000 kilometre 1000 kilometres 1000 kilometer 1000 kilometers 1000 ki-lô-mét 1000 cây 0",
    "area": "m2 1 m² 1 ha 10000 hecta 10000 héc-ta 10000 héc 10000 hectare 10000 hectares 10000 km2 1000000 km² 1000000",
    "time": "phút 1 minute 1 minutes 1 giờ 60 tiếng 60 hour 60 hours 60 ngày 1440 day 1440 days 1440 tuần 10080 week 10080 weeks 10080",
    "months": "tháng 1 month 1 months 1 năm 12 year 12 years 12",
}.items():
    _parts = _line.split()
    for _unit, _factor in zip(_parts[::2], _parts[1::2], strict=True):
        if _factor != "0":
            MEASURE[_unit] = (_kind, Decimal(_factor))
_CURRENCY = {"đồng": "vnd", "dong": "vnd", "vnd": "vnd", "vnđ": "vnd", "đ": "vnd", "usd": "usd", "đô": "usd", "dollars": "usd", "dollar": "usd",
             "euro": "eur", "euros": "eur", "eur": "eur", "yên": "jpy", "yen": "jpy", "tệ": "cny", "yuan": "cny", "won": "krw"}  # fmt: skip
_SQUARE = re.compile(
    r"\s*(?:(?:square|sq\.?)\s*(?P<en>kilomet(?:re|er)s?|km|met(?:re|er)s?|m)\b|(?P<vi>km|kilomet|m|mét)(?:\s*(?:vuông\b|[2²])))"
)
_UNIT = re.compile(r"\s?(?:-\s?)?([^\W\d_]+[²2]?)")
_PERIODS = {
    "year": "năm|year|annum|annually|yearly",
    "month": "tháng|month|monthly",
    "week": "tuần|week|weekly",
    "day": "ngày|day|daily",
    "hour": "giờ|hour|hourly",
}
_AFTER = re.compile(
    r"^[^,.;()\d]{0,24}?(?:/|\b(?:một|mỗi|hằng|hàng|a|an|per|each|every)\s+)(?P<p>"
    + "|".join(_PERIODS.values())
    + r")\b|^[^,.;()\d]{0,16}?\b(?P<q>annually|yearly|monthly|weekly|daily)\b"
)
_BEFORE = re.compile(
    r"\b(?:mỗi|một|hằng|hàng|per|each|every)\s+(?P<p>năm|tháng|tuần|ngày|giờ|year|month|week|day|hour)\b[^,.;()\d]{0,18}$"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """The kind of quantity, the factor to its smallest unit, and the period it is a rate for ("" for none)."""

    measure: str
    factor: Decimal
    per: str


def measure_at(canon: str, n: Number, text: str) -> Measured:
    """What the number ``n`` of a canonical text measures."""
    measure, factor = "", Decimal(1)
    rest = canon[n.end : n.end + 30]
    square = _SQUARE.match(rest)
    found = _UNIT.match(rest)
    word = found.group(1) if found else ""
    if square:
        big = (square["en"] or square["vi"])[0] == "k"
        measure, factor = "area", Decimal(1_000_000 if big else 1)
    elif word in MEASURE and not (word == "năm" and re.match(r"\s?năm\s+(?:1[5-9]|20)\d\d", rest)):
        measure, factor = MEASURE[word]
    elif word in _CURRENCY:
        measure = _CURRENCY[word]
    elif n.start and text[n.start - 1] in "$€¥":
        measure = {"$": "usd", "€": "eur", "¥": "jpy"}[text[n.start - 1]]
    return Measured(measure, factor, _period(canon, n))


def _period(canon: str, n: Number) -> str:
    m = _AFTER.match(canon[n.end : n.end + 44]) or _BEFORE.search(canon[max(0, n.start - 36) : n.start])
    if not m:
        return ""
    word = m.groupdict().get("p") or m.groupdict().get("q") or ""
    return next((name for name, words in _PERIODS.items() if word in words.split("|")), "")
