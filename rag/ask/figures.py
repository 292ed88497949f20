"""Do the numbers, dates and times of a claim stand in a passage, whatever their notation?

Each function returns the passage's values that bear the claim's out, an empty list where something else does (a sum, a
document's number, "toàn bộ"), or None where nothing does. Knows nothing of names or wording.
"""

from __future__ import annotations

import re
from decimal import Decimal

from rag.ask.facts import Reading, Value, matches, strict_bound
from rag.ask.moments import Clock, possible_days, same_time

_MORE = re.compile(
    r"(?P<two>\bgấp đôi\b|\btwice\b|\bdoubl(?:e[ds]?|ing)\b)|(?P<three>\bgấp ba\b|\btripl(?:e[ds]?|ing)\b)|(?P<half>\b(?:một )?nửa\b|\bhalf\b)"
    r"|(?P<one>\bđầu tiên\b|\blần đầu\b|\bhạng nhất\b|\bquán quân\b|\bđứng đầu\b|\bdẫn đầu\b|\btop spot\b|\branks? top\b|\bfirst\b|\bmột\b|\bone\b|\ban?\b|\bmot\b|\bsingle\b)"
    r"|(?P<all>\btất cả\b|\btoàn bộ\b|\ball\b|\bevery\b|\bentire\b|\btoàn thể\b)"
)
_EXTRA = {"two": Decimal(2), "three": Decimal(3), "half": Decimal(50), "one": Decimal(1), "all": Decimal(100)}
# Small numbers said as words where no counted noun follows; "ba" and "năm" are too often other words.
_SMALL = {
    2: "hai two both",
    3: "three",
    4: "bốn four",
    5: "five",
    6: "sáu six",
    7: "bảy bẩy seven",
    8: "tám eight",
    9: "chín nine",
    10: "mười ten",
}
_SMALL_TOO = {3: "ba", 5: "năm"}
_TOTAL = re.compile(
    r"\b(?:tổng|cộng lại|cộng|tất cả|cả thảy|tong|in total|total(?:s|ling|ed)?|altogether|combined|in all|sum)\b"
)
_CHANGE = re.compile(
    r"\b(?:tăng|giảm|chênh|hơn|kém|thêm|cách|tang|giam|increase[ds]?|rose|risen|fell|decrease[ds]?|more|fewer|less|difference|up|down|dropped|climbed|improved|"
    r"gain(?:ed)?|jumped|higher|lower)\b"
)


def numbers_like(value: Value, c: Reading, p: Reading) -> list[Value] | None:
    """The passage's numbers that state what ``value`` states."""
    number = value.number
    assert number is not None
    if value.word and number.value == 1:
        return []
    same = [q for q in p.numbers if same_amount(value, q)]
    if same:
        agreeing = [q for q in same if {value.hedge, q.hedge} != {"over", "under"}]
        return agreeing or None
    if value.measure == "time" and any(_hour(value, q) for q in p.times):
        return []
    if number.value == number.value.to_integral_value() and any(_year_of(q) == number.value for q in p.dates):
        return []
    if any(q.kind == "document" and _in_name(number.value, q.text) for q in p.names):
        return []
    if not value.measure and not number.unit.startswith("/") and any(_hour(value, q, 60) for q in p.times):
        return []
    ratio = _ratio(value, p)
    if ratio is not None:
        return ratio
    if _said_otherwise(value, c, p):
        return []
    if value.hedge:
        rounded = [q for q in p.numbers if _rounded(value, q)]
        if rounded:
            return rounded
    if _below_bound(value, p) or _derived(value, c, p):
        return []
    if value.word and number.value <= 10 and not value.measure and not _counted_otherwise(value, c, p):
        return []
    return None


def same_amount(a: Value, b: Value) -> bool:
    """Whether two numbers state one quantity: their values agree in some unit, and measure and period do not clash."""
    assert a.number is not None and b.number is not None
    if a.number.percent != b.number.percent or (a.per and b.per and a.per != b.per):
        return False
    if a.number.unit.startswith("/") and b.number.unit.startswith("/") and a.number.unit != b.number.unit:
        return False
    if a.measure and b.measure and a.measure != b.measure:
        return False
    if a.measure == b.measure:
        return a.amount == b.amount or (bool(a.measure) and (a.also == b.amount or a.amount == b.also))
    return a.number.value == b.number.value or a.amount == b.amount


def _hour(value: Value, q: Value, minutes: int = 1) -> bool:
    at = int(value.amount) * minutes
    return q.clock is not None and at <= 1440 and same_time(q.clock, Clock(0, 0, "", at, minutes == 60))


def times_like(value: Value, p: Reading) -> list[Value] | None:
    """The passage's times of day, or its hours ("17 giờ"), that ``value`` may be."""
    assert value.clock is not None
    found = [q for q in p.times if q.clock is not None and same_time(value.clock, q.clock)]
    if found:
        return found
    hours = [
        q
        for q in p.numbers
        if q.measure == "time" and same_time(value.clock, Clock(0, 0, "", int(q.amount), q.amount <= 720))
    ]
    return hours or None


def _year_of(q: Value) -> int | None:
    return int(q.date.first[:4]) if q.date is not None and q.text.strip().isdigit() else None


def _in_name(amount: Decimal, name: str) -> bool:
    """Whether the number is that of a document ("Quyết định 749")."""
    return any(Decimal(d) == amount for d in re.findall(r"\d+", name)[:1])


def _ratio(value: Value, p: Reading) -> list[Value] | None:
    """ "17/63" of "thứ 17 trong 63", and per cent of a fraction."""
    number = value.number
    assert number is not None
    for q in p.numbers:
        assert q.number is not None
        if not q.number.unit.startswith("/"):
            continue
        whole = Decimal(q.number.unit[1:])
        if not number.percent and whole == number.value:
            return [q]
        if number.percent and whole and _close(q.number.value * 100 / whole, number.value, "0.006"):
            return [q]
    if number.unit.startswith("/") and any(q.amount == number.value for q in p.numbers):
        return [q for q in p.numbers if q.amount == number.value]
    return None


def _said_otherwise(value: Value, c: Reading, p: Reading) -> bool:
    number = value.number
    assert number is not None
    for m in _MORE.finditer(p.canon):
        kind = m.lastgroup or ""
        if _EXTRA[kind] != number.value:
            continue
        if kind in ("half", "all") and number.percent:
            return True
        if kind in ("two", "three") and (value.word or number.unit in ("lần", "times", "fold")):
            return True
        if kind == "one" and not number.percent and (number.ordinal or m.group() not in ("first",)):
            return True
    small = int(number.value) if number.value == number.value.to_integral_value() and 2 <= number.value <= 10 else 0
    clash = any(q.number is not None and q.number.value == number.value and q.amount != value.amount for q in p.numbers)
    if small and not number.percent and not clash:
        said = _SMALL.get(small, "") + (" " + _SMALL_TOO.get(small, "") if value.word else "")
        return any(w in said.split() for _, _, w in p.tokens)
    return False


def _rounded(a: Value, b: Value) -> bool:
    """ "Khoảng 13,6 tỷ" of 13.570 triệu; "hơn 13 tỷ" likewise, on the right side of it."""
    assert a.number is not None and b.number is not None
    if a.number.percent != b.number.percent or not b.amount or (a.measure and b.measure and a.measure != b.measure):
        return False
    if _digits(a) >= _digits(b):
        return False  # 827.000 is no rounding of 854.000
    if a.hedge == "over":
        return b.amount * Decimal("0.9") <= a.amount < b.amount
    if a.hedge == "under":
        return b.amount < a.amount <= b.amount * Decimal("1.1")
    return _close(a.amount, b.amount, "0.02")


def _digits(v: Value) -> int:
    """Significant digits of a number as written."""
    assert v.number is not None
    return len(format(v.number.value.normalize(), "f").replace(".", "").strip("0"))


def _close(a: Decimal, b: Decimal, share: str) -> bool:
    return abs(a - b) <= abs(b) * Decimal(share)


_AGE = re.compile(r"\s*(?:tuổi|years?|year-old|-year)")


def _below_bound(value: Value, p: Reading) -> bool:
    """ "Trẻ 10 tuổi" falls under "dưới 14 tuổi": an example inside a stated bound of the same unit."""
    assert value.number is not None
    if value.hedge or not value.number.unit:
        return False
    for q in p.numbers:
        if (
            q.number is not None
            and q.number.unit == value.number.unit == "tuổi"
            and strict_bound(p, q)
            and value.amount < q.amount
        ):
            return True
    return False


def _derived(value: Value, c: Reading, p: Reading) -> bool:
    """A sum or a difference that the claim announces as such, of two or three numbers of one sentence with one unit."""
    number = value.number
    assert number is not None
    low, high = c.sentence_of(value.start)
    total, change = _TOTAL.search(c.canon, low, high), _CHANGE.search(c.canon, low, high)
    if value.word or number.ordinal or not (total or change):
        return False
    for start, end in p.sentences:
        inside = [
            q
            for q in p.numbers
            if start <= q.start < end and q.number is not None and q.number.percent == number.percent
        ]
        if (
            any(q.number is not None and q.number.unit == number.unit and q.number.unit for q in inside)
            and change
            and not total
        ):
            # where the passage itself says "tăng 5 bậc", another difference of "bậc" is not to be worked out
            if any(
                _CHANGE.search(p.canon, max(start, q.start - 12), q.start)
                for q in inside
                if q.number and q.number.unit == number.unit
            ):
                continue
        for i, a in enumerate(inside):
            for j in range(i + 1, len(inside)):
                b = inside[j]
                if not _one_unit(a, b):
                    continue
                if total and (
                    a.amount + b.amount == value.amount
                    or any(a.amount + b.amount + x.amount == value.amount for x in inside[j + 1 :])
                ):
                    return True
                if change and abs(a.amount - b.amount) == value.amount:
                    return True
    return False


def _one_unit(a: Value, b: Value) -> bool:
    assert a.number is not None and b.number is not None
    return a.measure == b.measure and (a.number.unit == b.number.unit or not a.number.unit or not b.number.unit)


def _counted_otherwise(value: Value, c: Reading, p: Reading) -> bool:
    """Whether the passage gives another number of what the claim counts in words ("ba sàn" of "2 sàn")."""
    counted = [u for u in c.units if value.end <= u.start < value.end + 24][:2]
    if not counted:
        return True
    if any(q.amount != value.amount and matches(counted[0], p.bag(q.end, q.end + 30)) for q in p.numbers):
        return True
    other = {w: n for n, ws in (*_SMALL.items(), *_SMALL_TOO.items()) for w in ws.split() if Decimal(n) != value.amount}
    return any(w in other and matches(counted[0], p.bag(end, end + 16)) for _, end, w in p.tokens)


# dates


def dates_like(value: Value, c: Reading, p: Reading, extra: Reading) -> list[Value] | None:
    """The passage's dates that state ``value`` or something inside it; ``extra`` is the document's title and date."""
    found = [q for q in p.dates if date_covers(value, q)]
    if found:
        return found
    d = value.date
    assert d is not None
    year = d.first[:4]
    if d.precision == "day":
        day = (int(d.first[-2:]), int(d.first[-5:-3]))
        years = {q.date.first[:4] for q in (*p.dates, *extra.dates) if q.date} | {
            q.date.last[:4] for q in (*p.dates, *extra.dates) if q.date
        }
        said = [q for q in p.dates if q.date and q.date.precision == "day" and q.date.first[-5:] == d.first[-5:]]
        if d.first.startswith("-"):
            return said or ([] if day in possible_days(p.text) else None)
        undated = [q for q in said if q.date and q.date.first.startswith("-")]
        # the year may stand elsewhere in the passage or its title; where no year stands at all, the day must do
        if (undated or day in possible_days(p.text)) and (year in years or not any(y.isdigit() for y in years)):
            return undated
    if d.precision == "month":
        undated = [
            q
            for q in p.dates
            if q.date
            and q.date.first.startswith("-")
            and q.date.first[-5:-3] == d.first[-5:-3]
            and q.date.precision == "month"
        ]
        years = {q.date.first[:4] for q in (*p.dates, *extra.dates) if q.date and q.date.first[0] != "-"}
        if undated and (year in years or d.first.startswith("-") or not years):
            return undated
    if d.first.startswith("-"):
        return None
    if d.precision == "range" and d.first.endswith("-01-01") and d.last.endswith("-12-31"):
        if {year, d.last[:4]} <= {q.date.first[:4] for q in p.dates if q.date}:
            return []
    if value.text.strip().isdigit() and any(q.amount == Decimal(value.text.strip()) for q in p.numbers):
        return []
    if any(date_covers(value, q) for q in extra.dates):
        # the document's own date may be said, unless the passage dates the same thing otherwise
        if d.precision == "year":
            rivals = [q for q in p.dates if q.date and q.date.first[0] != "-" and q.date.first[:4] != year]
        else:
            rivals = [q for q in p.dates if q.date and q.date.precision in ("day", "month", "quarter", "half", "part")]
        return None if rivals else []
    return None


def date_covers(claimed: Value, found: Value) -> bool:
    """Whether a date of the passage bears out a claimed one: equal, or finer and inside it, or an end of a period."""
    a, b = claimed.date, found.date
    assert a is not None and b is not None
    if a.first.startswith("-") or b.first.startswith("-"):
        return a.first.startswith("-") and a.first[-5:] == b.first[-5:] and a.last[-5:] == b.last[-5:]
    if a.first <= b.first and b.last <= a.last:
        return a.precision not in ("range", "decade", "century") or (a.first, a.last) == (b.first, b.last)
    if a.precision == "year" and b.precision == "range" and a.first[:4] in (b.first[:4], b.last[:4]):
        return True
    if a.precision == "part" and b.precision == "year" and a.first[:4] == b.first[:4]:
        return True
    return a.first == a.last == b.last and b.precision in ("month", "quarter", "half", "year")


def equal(a: Value, b: Value) -> bool:
    """Whether two values of one kind state the same."""
    if a.number is not None and b.number is not None:
        return same_amount(a, b)
    if a.date is not None and b.date is not None:
        return date_covers(a, b) or date_covers(b, a)
    if a.clock is not None and b.clock is not None:
        return same_time(a.clock, b.clock)
    return False
