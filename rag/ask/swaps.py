"""Values of a passage in each other's place: "133 tổ cấp xã" where the passage has 59 of these.

Compares the words around a value in the claim with those around every value of its kind in the passage. Fires only where
the words fit another value clearly better, and where an exchange of two claimed values would set both right. Knows nothing
of whether a value stands in the passage at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.ask.facts import Reading, Unit, Value, matches
from rag.ask.figures import equal
from rag.text.normalise import fold

Matched = tuple[Value, list[Value]]
MARGIN = 0.75
_PART_OF = re.compile(r"\b(?:trong (?:tổng )?số|trên tổng số|of the|of its|out of)\s*$")
_OF_WHICH = re.compile(r"\W*(?:trong đó|of which|including|bao gồm|gồm)\b")
_RESPECTIVELY = re.compile(r"\b(?:lần lượt|tương ứng|respectively|theo thứ tự)\b")


def misplaced(matched: Sequence[Matched], c: Reading, p: Reading) -> Value | None:
    """The first value of the claim that stands in another one's place, or None."""
    if _RESPECTIVELY.search(c.canon) or _RESPECTIVELY.search(p.canon):
        return None
    for value, found in matched:
        if found and not value.word and _swapped(value, found, matched, c, p):
            return value
    return None


def _pool(value: Value, p: Reading) -> list[Value]:
    if value.kind == "number":
        assert value.number is not None
        pool = [
            q for q in p.numbers if q.number is not None and q.number.percent == value.number.percent and not q.word
        ]
        return [q for q in pool if not value.measure or q.measure == value.measure]
    if value.kind == "date":
        return [q for q in p.dates if q.date and value.date and q.date.precision == value.date.precision]
    return [q for q in p.names if q.kind == value.kind]


def _claimed(value: Value, c: Reading) -> list[Value]:
    if value.kind == "number":
        return c.numbers
    return c.dates if value.kind == "date" else [n for n in c.names if n.kind == value.kind]


def _same(a: Value, b: Value) -> bool:
    if a.kind not in ("number", "date"):
        x, y = fold(a.text), fold(b.text)
        return x in y or y in x
    return equal(a, b)


def _swapped(value: Value, found: list[Value], matched: Sequence[Matched], c: Reading, p: Reading) -> bool:
    pool = _pool(value, p)
    own = {(q.start, q.end) for q in found}
    rivals = [q for q in pool if (q.start, q.end) not in own and not _same(q, value)]
    if not rivals:
        return False
    mine = _claimed(value, c)
    near, far = _around(value, mine, c)
    if not near:
        return False
    here = max(_fit(near, far, q, pool, p, c) for q in found)
    unknown = sum(1 for u in near if not matches(u, p.bag())) if c.english != p.english else 0
    for rival in rivals:
        gain = _fit(near, far, rival, pool, p, c) - here - 0.75 * unknown
        if gain < MARGIN:
            continue
        other = next(
            ((v, f) for v, f in matched if v is not value and v.kind == value.kind and f and _same(v, rival)), None
        )
        if other is None:
            if value.kind in ("number", "date", "person") or gain >= 2 * MARGIN:
                return True
            continue
        # both are claimed: an exchange must suit the other as well
        near2, far2 = _around(other[0], mine, c)
        back = max(_fit(near2, far2, q, pool, p, c) for q in found) - max(
            _fit(near2, far2, q, pool, p, c) for q in other[1]
        )
        if gain + back >= MARGIN and back > 0.3:
            return True
    return False


def _around(value: Value, mine: list[Value], c: Reading) -> tuple[list[Unit], list[Unit]]:
    """The content units of the claim in the run of ``value``, and those elsewhere in its sentence."""
    low, high = c.segment(value, mine)
    start, end = c.sentence_of(value.start)
    spans = [(v.start, v.end) for v in mine]
    near, far = [], []
    for u in c.units:
        if any(s < u.end and u.start < e for s, e in spans):
            continue
        if low <= u.start and u.end <= high:
            near.append(u)
        elif start <= u.start < end:
            far.append(u)
    return near, far


def _fit(near: list[Unit], far: list[Unit], q: Value, pool: list[Value], p: Reading, claimed: Reading) -> float:
    """How many words of the claim stand around a value of the passage; those in its own run of words count most, those
    before the first value of its sentence, which speak of all of them, nearly as much."""
    low, high = p.segment(q, pool)
    start, end = p.sentence_of(q.start)
    first = min((v.start for v in pool if start <= v.start < end), default=q.start)
    inner, outer = p.bag(low, high), p.bag(start, end)
    shared = 0.8
    if _PART_OF.search(p.canon, max(start, q.start - 24), q.start):
        shared = 0.35  # "3 trong số 28 cơ sở": what is said is said of the 3
    elif _OF_WHICH.match(p.canon, low):
        first = low  # "…, trong đó 500": what stands before it speaks of it as well
    elif q.start > first:
        label = [u for u in p.units if low <= u.start < q.start]
        if len(label) >= 2 and not any(form in claimed.bag() for u in label for form in (f" {f} " for f in u.forms)):
            shared = 0.35  # it has a name of its own: "lợi nhuận 64 tỷ"
    head = p.bag(start, first) if sum(1 for u in p.units if start <= u.start < first) >= 4 else ""
    weighted = [(u, 1.0) for u in near] + [(u, 0.25) for u in far]
    return sum(
        w * (1.0 if matches(u, inner) else shared if head and matches(u, head) else 0.35 if matches(u, outer) else 0.0)
        for u, w in weighted
    )
