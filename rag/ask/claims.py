"""Does a passage bear out a claim? Values, names and polarity must stand in it; the rest must be said in similar words.

Works on two strings (or a passage with its title and date) and knows nothing of answers, markers or models: an optional
``scorer`` adds the similarity of sentences. What is checked, in this order:

1. every number, percentage, date, document number, person, place and organisation of the claim stands in the passage,
   after normalisation (13.570 triệu = 13,57 tỷ; 15/8/2022 = August 15, 2022; Ha Tinh = Hà Tĩnh);
2. none of them stands there in another one's place ("133 tổ cấp xã" where the passage has 59 of these);
3. what the passage denies is not affirmed, nor the other way round, and directions (tăng, giảm) agree;
4. enough of the claim's content words are in the passage, or the sentences are close in meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from rag.ask import glossary
from rag.ask.facts import Reading, Unit, Value, matches, read
from rag.text.abbreviations import TABLE, learn
from rag.text.names import canonical_place
from rag.text.normalise import canonical, fold
from rag.types import Passage, Span


class SentenceSimilarity(Protocol):
    """What ``scorer`` may be: arrays of one similarity a sentence, by channel; "dense" is a cosine."""

    def score(self, question: str, sentences: Sequence[str]) -> Mapping[str, Any]: ...


Scorer = SentenceSimilarity | Callable[[str, Sequence[str]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``supported`` is the decision; ``reasons`` name what does not stand ("number 60", "date 3/2020", "person Lê A",
    "negation", "little support"); ``score`` in [0, 1] is the support of the wording."""

    supported: bool
    reasons: tuple[str, ...] = ()
    score: float = 1.0

    def __bool__(self) -> bool:
        return self.supported


# Fitted on parallel news, retold articles and swaps made from them; see tests/ask/test_claims.py.
SUPPORT = {"same": 0.34, "across": 0.25, "with_values": 0.2}
SWAP_MARGIN = 0.9
SEMANTIC = 0.45

_HONORIFICS = frozenset("ong ba anh chi co chu bac em cu thay gs pgs ts ths bs ks mr mrs ms dr dong chi prof".split())
_TYPES = frozenset(
    "tinh huyen xa phuong quan thon xom ap ban lang thanh pho tp tx thi tran province district commune ward city town hamlet village "
    "department ministry office committee the of so bo ban cuc phong nha may river song mount street duong".split()
)
_SYLLABLE = re.compile(r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?\Z")
_WORD = re.compile(r"[^\W_]+")
_ROLE_KINDS = ("person", "place")


def check_claim(
    claim: str, passage: str | Passage, language: str | None = None, scorer: Scorer | None = None
) -> Verdict:
    """Whether ``passage`` supports ``claim``. ``language`` of the claim is detected where it is None.

    A Passage lends its title, heading and date as context: they may supply a place, organisation or date that the text
    leaves unsaid, never a number.
    """
    if isinstance(passage, Passage):
        return check(claim, (passage.text,), context=passage.context, language=language, scorer=scorer)
    return check(claim, (passage,), language=language, scorer=scorer)


def check(
    claim: str, passages: Sequence[str], *, context: str = "", language: str | None = None, scorer: Scorer | None = None
) -> Verdict:
    """``check_claim`` against several passages together, with ``context`` as what goes without saying."""
    c = read(claim.strip())
    if not c.units and not c.numbers and not c.dates:
        return Verdict(True)
    p, extra = read("\n".join(passages)), read(context)
    reasons: list[str] = []
    matched: list[tuple[Value, list[Value]]] = []
    for value in c.numbers:
        found = _numbers_like(value, c, p)
        if found is None:
            reasons.append(f"number {value.text}")
        else:
            matched.append((value, found))
    for value in c.dates:
        found = _dates_like(value, p, extra)
        if found is None:
            reasons.append(f"date {value.text}")
        else:
            matched.append((value, found))
    names = _named(c)
    for value in names:
        state = _name_state(value, c, p, extra)
        if state is False:
            reasons.append(f"{value.kind} {value.text}")
        elif value.kind in _ROLE_KINDS and state is True:
            matched.append((value, _names_like(value, p)))
    if not reasons:
        reasons += [
            f"{value.kind} {value.text} in another's place" for value, found in matched if _swapped(value, found, c, p)
        ]
    best, best_score = _best_window(c, p)
    if not reasons and _denied(c, p, best):
        reasons.append("negation")
    if not reasons and (turned := _turned(c, p, best)):
        reasons.append(f"opposite of {turned}")
    hard = sum(1 for v, f in matched if f and (v.kind != "place"))
    score = best_score
    if not reasons:
        score = _support(c, p, extra, best_score)
        needed = _needed(c, p, hard)
        if score < needed:
            near = _similarity(claim, p, scorer)
            if near is None and not _comparable(c, p):
                near = 1.0 if hard else 0.0
            if near is None or near < SEMANTIC:
                reasons.append("little support")
    return Verdict(not reasons, tuple(reasons), round(min(max(score, 0.0), 1.0), 3))


# numbers


def _numbers_like(value: Value, c: Reading, p: Reading) -> list[Value] | None:
    """The passage's numbers that bear out ``value``; empty where something else does; None where nothing does."""
    number = value.number
    assert number is not None
    if value.word and number.value == 1:
        return []
    same = [q for q in p.numbers if _same_amount(value, q)]
    if same:
        agreeing = [q for q in same if not _hedges_clash(value, q)]
        return agreeing or None
    if any(_stands_in_document(number.value, q) for q in p.names if q.kind == "document"):
        return []
    for q in p.numbers:
        assert q.number is not None
        unit = q.number.unit
        if unit.startswith("/") and not number.percent and Decimal(unit[1:]) == number.value:
            return [q]
        if (
            number.percent
            and unit.startswith("/")
            and Decimal(unit[1:])
            and _close(q.number.value * 100 / Decimal(unit[1:]), number.value, "0.006")
        ):
            return [q]
    if number.unit.startswith("/") and any(q.amount == number.value for q in p.numbers):
        return [q for q in p.numbers if q.amount == number.value]
    for kind, said in p.more_numbers():
        if kind == "half" and number.percent and number.value == 50:
            return []
        if kind == "all" and number.percent and number.value == 100:
            return []
        if (
            kind in ("two", "three")
            and said == number.value
            and (value.word or number.unit in ("lần", "times", "fold"))
        ):
            return []
        if kind == "one" and number.ordinal and number.value == 1:
            return []
    if value.hedge:
        rounded = [q for q in p.numbers if _rounded(value, q)]
        if rounded:
            return rounded
    if _derived(value, c, p):
        return []
    if value.word and number.value <= 10 and not _counted_otherwise(value, c, p):
        return []
    return None


def _same_amount(a: Value, b: Value) -> bool:
    assert a.number is not None and b.number is not None
    if a.number.percent != b.number.percent:
        return False
    if a.measure and b.measure and a.measure != b.measure:
        return False
    if a.number.unit.startswith("/") and b.number.unit.startswith("/") and a.number.unit != b.number.unit:
        return False
    return a.amount == b.amount or (a.measure != b.measure and a.number.value == b.number.value)


def _hedges_clash(a: Value, b: Value) -> bool:
    return {a.hedge, b.hedge} == {"over", "under"}


def _rounded(a: Value, b: Value) -> bool:
    """ "Khoảng 13,6 tỷ" of 13.570 triệu; "hơn 13 tỷ" likewise, on the right side of it."""
    assert a.number is not None and b.number is not None
    if a.number.percent != b.number.percent or not b.amount or (a.measure and b.measure and a.measure != b.measure):
        return False
    if a.hedge == "over":
        return b.amount * Decimal("0.9") <= a.amount < b.amount
    if a.hedge == "under":
        return b.amount < a.amount <= b.amount * Decimal("1.1")
    return _close(a.amount, b.amount, "0.02")


def _close(a: Decimal, b: Decimal, share: str) -> bool:
    return abs(a - b) <= abs(b) * Decimal(share)


def _stands_in_document(amount: Decimal, document: Value) -> bool:
    found = re.search(r"\d+", document.text)
    return found is not None and Decimal(found.group()) == amount


_TOTAL = re.compile(r"\b(?:tổng|cộng lại|tất cả|tong|in total|total|altogether|combined|in all)\b")
_CHANGE = re.compile(
    r"\b(?:tăng|giảm|chênh|hơn|kém|nhiều hơn|ít hơn|thêm|tang|giam|increase[ds]?|rose|risen|fell|decrease[ds]?|more|fewer|less|difference|up|down|"
    r"dropped|climbed|improved|gain(?:ed)?|jumped)\b"
)


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
    low, high = value.end, value.end + 24
    counted = [u for u in c.units if low <= u.start < high][:2]
    for q in p.numbers:
        near = p.bag(q.end, min(len(p.text), q.end + 30))
        if q.amount != value.amount and counted and matches(counted[0], near):
            return True
    return not counted


# dates


def _dates_like(value: Value, p: Reading, extra: Reading) -> list[Value] | None:
    found = [q for q in p.dates if _date_covers(value, q)]
    if found:
        return found
    d = value.date
    assert d is not None
    if d.first.startswith("-"):
        return None
    year = d.first[:4]
    years = {q.date.first[:4] for q in (*p.dates, *extra.dates) if q.date} | {
        q.date.last[:4] for q in (*p.dates, *extra.dates) if q.date
    }
    if d.precision == "range" and d.first.endswith("-01-01") and d.last.endswith("-12-31"):
        if {year, d.last[:4]} <= {q.date.first[:4] for q in p.dates if q.date}:
            return []
    # "ngày 10/10" of a passage whose year stands elsewhere in it or in its title
    bare = [
        q
        for q in p.dates
        if q.date and q.date.first.startswith("-") and (q.date.first[1:], q.date.last[1:]) == (d.first[4:], d.last[4:])
    ]
    if not bare:
        bare = [
            q
            for q in p.dates
            if q.date
            and q.date.first[-6:] == d.first[-6:]
            and q.date.last[-6:] == d.last[-6:]
            and q.date.first[0] == "-"
        ]
    if bare and year in years:
        return bare
    if any(_date_covers(value, q) for q in extra.dates):
        # the document's own date may be said, unless the passage dates the same thing otherwise
        rivals = [
            q
            for q in p.dates
            if q.date and q.date.precision in ("day", "month", "quarter", "half", "part") and d.precision != "year"
        ]
        rivals += [q for q in p.dates if d.precision == "year" and len(p.sentences) == 1]
        return None if rivals else []
    return None


def _date_covers(claimed: Value, found: Value) -> bool:
    a, b = claimed.date, found.date
    assert a is not None and b is not None
    if a.first.startswith("-") or b.first.startswith("-"):
        if a.first.startswith("-"):
            return a.first[-6:] == b.first[-6:] and a.last[-6:] == b.last[-6:]
        return False
    if a.first <= b.first and b.last <= a.last:
        return (
            a.precision not in ("range", "decade", "century")
            or a.precision == b.precision
            or (a.first, a.last) == (b.first, b.last)
        )
    if a.precision == "year" and b.precision == "range" and a.first[:4] in (b.first[:4], b.last[:4]):
        return True
    if a.precision == "part" and b.precision == "year" and a.first[:4] == b.first[:4]:
        return True
    return a.first == a.last == b.last and b.precision in ("month", "quarter", "half", "year")


# names


def _named(c: Reading) -> list[Value]:
    """The names to check: those found as names, and places written in small letters, none twice."""
    out = list(c.names)
    for place in c.places:
        if not any(n.start < place.end and place.start < n.end for n in out):
            out.append(place)
    return out


def _name_state(value: Value, c: Reading, p: Reading, extra: Reading) -> bool | None:
    """True: it stands in the passage (or its context); False: it does not; None: cannot be told, the wording decides."""
    if value.kind == "document":
        return _document_stands(value.text, p, extra)
    if _stands(value, c, p):
        return True
    if value.kind == "place" or value.kind == "other":
        place = canonical_place(value.text)
        if any(canonical_place(q.text) == place for q in p.places):
            return True
    if _stands(value, c, extra) and not (value.kind == "person"):
        return True if not _contradicting_place(value, p) else False
    folded = fold(value.text)
    forms = _spelled_out(value.text, p.text + " " + extra.text)
    if any(f in p.folded or f in extra.folded for f in forms):
        return True
    tokens = [t for t in re.findall(r"[^\W_]+", folded) if t not in _HONORIFICS]
    if not tokens:
        return None
    if c.english != p.english:
        return _translated(tokens, value, c, p, extra)
    if c.english and value.kind in ("other", "organisation"):
        known = [t for t in tokens if t not in _TYPES]
        hit = [t for t in known if f" {glossary.stem(t)} " in p.bag() or f" {t} " in p.bag()]
        return True if known and len(hit) == len(known) else False
    if value.kind == "other" and len(tokens) == 1:
        return True if f" {tokens[0]} " in p.bag() + extra.bag() else (None if tokens[0] in _GENERIC else False)
    if value.kind in ("other", "organisation"):
        if all(f" {t} " in p.bag() or f" {t} " in extra.bag() for t in tokens):
            return True
    return False


_GENERIC = frozenset(
    "tinh nha dang trung chinh quoc bi chu so bo uy hoi nguoi nhan dan nuoc internet app website".split()
)


def _stands(value: Value, c: Reading, p: Reading) -> bool:
    """The name's words in a row in the passage; accents count where both texts carry them."""
    accents = p.accented and (c.accented or not value.text.isascii())
    words = [w for w in re.findall(r"[^\W_]+", canonical(value.text)) if fold(w) not in _HONORIFICS]
    if value.kind in ("place", "organisation") and len(words) > 1:
        while len(words) > 1 and fold(words[0]) in _TYPES and value.kind == "place":
            words = words[1:]
        while len(words) > 1 and fold(words[-1]) in ("province", "city", "district", "commune", "ward", "town"):
            words = words[:-1]
    if not words:
        return True
    if accents and any(not w.isascii() for w in words):
        return f" {' '.join(words)} " in _row(p.canon)
    flat = " ".join(fold(w) for w in words)
    if f" {flat} " in _row(p.folded):
        return True
    joined = flat.replace(" ", "")
    return len(joined) >= 5 and (len(words) > 1 or c.english) and joined in p.compact


@lru_cache(maxsize=4096)
def _row(text: str) -> str:
    return f" {' '.join(_WORD.findall(text))} "


def _document_stands(text: str, p: Reading, extra: Reading) -> bool:
    m = re.search(r"\d{1,5}(?:[-/][\wĐđ&-]+)*", text)
    if not m:
        return True
    code = fold(m.group())
    for reading in (p, extra):
        for q in re.finditer(r"(?<![\d.,])\d{1,5}(?:[-/][\w&-]+)*", reading.folded):
            if q.group() == code or (code.isdigit() and re.match(rf"{code}(?!\d)", q.group())):
                return True
    return False


def _contradicting_place(value: Value, p: Reading) -> bool:
    """A place taken from the title while the passage itself names other provinces only."""
    return False


@lru_cache(maxsize=1024)
def _learnt(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((s, long) for s, long in learn(text).items())


def _spelled_out(name: str, text: str) -> list[str]:
    """Folded forms of a name with its short forms spelled out, or its long ones shortened."""
    forms = []
    for short, long in (*TABLE.items(), *_learnt(text)):
        if re.search(rf"(?<![\w&]){re.escape(short)}(?![\w&])", name):
            forms.append(fold(re.sub(rf"(?<![\w&]){re.escape(short)}(?![\w&])", long, name)))
        elif fold(long) in fold(name):
            forms.append(fold(name).replace(fold(long), fold(short)))
    return forms


def _translated(tokens: list[str], value: Value, c: Reading, p: Reading, extra: Reading) -> bool | None:
    """A name in the other language: proper parts must stand as they are, common words as the glossary has them."""
    bag = p.bag() + "|" + extra.bag()
    phrase = canonical(value.text)
    whole = glossary.vietnamese(phrase)
    if whole:
        return True if any(f" {v} " in bag for v in whole) else False
    proper, known, hit = [], 0, 0
    rest = phrase
    for m in glossary.english_phrases().finditer(phrase):
        known += 1
        hit += any(f" {v} " in bag for v in glossary.vietnamese(m.group()))
        rest = rest.replace(m.group(), " ")
    for t in re.findall(r"[^\W_]+", fold(rest)):
        if t in _HONORIFICS or t in ("the", "of", "and", "for", "in", "s"):
            continue
        forms = glossary.vietnamese(t)
        if f" {t} " in bag:
            proper.append(True)
        elif forms:
            known += 1
            hit += any(f" {v} " in bag for v in forms)
        elif _SYLLABLE.match(t):
            proper.append(t in p.compact and len(t) > 4)
    if proper and not all(proper):
        return False
    if value.kind == "person":
        return bool(proper) or None
    if known and hit * 2 < known:
        return False
    return True if proper or (known and hit == known) else None


def _names_like(value: Value, p: Reading) -> list[Value]:
    wanted = fold(value.text)
    pool = p.names if value.kind == "person" else [*p.names, *p.places]
    return [q for q in pool if fold(q.text) in wanted or wanted in fold(q.text)]


# one value in another's place


def _swapped(value: Value, found: list[Value], c: Reading, p: Reading) -> bool:
    """Whether the words around ``value`` in the claim fit another value of the passage clearly better than its own."""
    if not found:
        return False
    if value.kind == "number":
        pool = [q for q in p.numbers if q.number and value.number and q.number.percent == value.number.percent]
        pool = [q for q in pool if not (q.measure and value.measure and q.measure != value.measure)]
        mine = c.numbers
    elif value.kind == "date":
        pool = [q for q in p.dates if q.date and value.date and q.date.precision == value.date.precision]
        mine = c.dates
    elif value.kind == "person":
        pool, mine = [q for q in p.names if q.kind == "person"], [q for q in c.names if q.kind == "person"]
    else:
        return False
    own = {(q.start, q.end) for q in found}
    rivals = [q for q in pool if (q.start, q.end) not in own and not _equal(q, value)]
    if not rivals:
        return False
    low, high = c.segment(value, mine)
    mine_spans = [(v.start, v.end) for v in mine]
    near, far = [], []
    sentence = c.sentence_of(value.start)
    for u in c.units:
        if any(s < u.end and u.start < e for s, e in mine_spans):
            continue
        if low <= u.start and u.end <= high:
            near.append(u)
        elif sentence[0] <= u.start < sentence[1]:
            far.append(u)
    if not near:
        return False
    here = max(_fit(near, far, q, pool, p) for q in found)
    there = max(_fit(near, far, q, pool, p) for q in rivals)
    return there - here >= SWAP_MARGIN


def _equal(a: Value, b: Value) -> bool:
    if a.number is not None and b.number is not None:
        return a.amount == b.amount
    if a.date is not None and b.date is not None:
        return _date_covers(a, b) or _date_covers(b, a)
    return fold(a.text) in fold(b.text) or fold(b.text) in fold(a.text)


def _fit(near: list[Unit], far: list[Unit], q: Value, pool: list[Value], p: Reading) -> float:
    """How many words of the claim stand around a value of the passage; those in its own run of words count most."""
    low, high = p.segment(q, pool)
    start, end = p.sentence_of(q.start)
    inner, outer = p.bag(low, high), p.bag(start, end)
    weighted = [(u, 1.0) for u in near] + [(u, 0.3) for u in far]
    return sum(w * (1.0 if matches(u, inner) else 0.35 if matches(u, outer) else 0.0) for u, w in weighted)


# wording


def _best_window(c: Reading, p: Reading) -> tuple[Span, float]:
    """The passage's sentence, alone or with the next, that holds most of the claim's content, and that share."""
    if not p.sentences:
        return (0, len(p.text)), 0.0
    best, best_score = p.sentences[0], -1.0
    for i, (start, end) in enumerate(p.sentences):
        for stop, penalty in ((end, 0.0), (p.sentences[min(i + 1, len(p.sentences) - 1)][1], 0.04)):
            score = _coverage(c.units, p.bag(start, stop), c.english == p.english or not c.english) - penalty
            inside = [v for v in (*p.numbers, *p.dates) if start <= v.start < stop]
            score += 0.15 * sum(
                1 for v in (*c.numbers, *c.dates) if any(_equal(v, w) for w in inside if v.kind == w.kind)
            )
            if score > best_score + 1e-9:
                best, best_score = (start, stop), score
    return best, max(0.0, min(1.0, best_score))


def _coverage(units: Iterable[Unit], bag: str, everything: bool) -> float:
    """Share of the units that stand in the bag; across languages those the glossary does not know are left out."""
    known = [u for u in units if everything or len(u.forms) > 1 or matches(u, bag)]
    if not known:
        return 0.0
    return sum(1 for u in known if matches(u, bag)) / len(known)


def _support(c: Reading, p: Reading, extra: Reading, best_score: float) -> float:
    whole = _coverage(c.units, p.bag() + "|" + extra.bag(), c.english == p.english or not c.english)
    return max(best_score, 0.8 * whole)


def _comparable(c: Reading, p: Reading) -> bool:
    """Whether wording can be compared without a model: one language, or enough words that the glossary knows."""
    if c.english == p.english:
        return True
    return sum(1 for u in c.units if len(u.forms) > 1) >= 3


def _needed(c: Reading, p: Reading, hard: int) -> float:
    if hard:
        return SUPPORT["with_values"]
    return SUPPORT["same"] if c.english == p.english else SUPPORT["across"]


def _similarity(claim: str, p: Reading, scorer: Scorer | None) -> float | None:
    if scorer is None:
        return None
    sentences = [p.text[s:e] for s, e in p.sentences] or [p.text]
    told: Any = scorer.score(claim, sentences) if hasattr(scorer, "score") else scorer(claim, sentences)
    if isinstance(told, Mapping):
        told = told.get("dense")
    return max((float(x) for x in told), default=0.0) if told is not None else None


# polarity


def _denied(c: Reading, p: Reading, best: Span) -> bool:
    """One side denies what the other affirms."""
    there = [n for n in p.negations if best[0] <= n.start < best[1]]
    bag = p.bag(*best)
    for n in c.negations:
        meant = [u for u in n.scope if matches(u, bag)]
        if not meant:
            continue
        if not any(any(matches(u, _forms_bag(m.scope)) for u in meant[:2]) for m in there) and not _antonym_there(
            n.scope, bag
        ):
            return True
    claimed = c.bag()
    for m in there:
        scope = m.scope[:3]
        said = [u for u in scope if matches(u, claimed)]
        if len(scope) >= 2 and len(said) == len(scope) and not c.negations and not _antonym_there(m.scope, claimed):
            return True
        if len(scope) == 1 and said and not c.negations and c.english == p.english:
            return True
    return False


def _forms_bag(units: Iterable[Unit]) -> str:
    return "|".join(f" {f} " for u in units for f in u.forms)


def _antonym_there(scope: Iterable[Unit], bag: str) -> bool:
    """ "không tăng" is borne out by "giảm"."""
    words = _forms_bag(scope)
    for left, right in glossary.opposites():
        for a, b in ((left, right), (right, left)):
            if any(f" {x} " in words for x in a) and any(f" {x} " in bag for x in b):
                return True
    return False


def _turned(c: Reading, p: Reading, best: Span) -> str:
    """The word of the claim whose contrary, and not itself, stands in the best window."""
    claimed, bag = _row(c.folded), _row(p.folded[best[0] : best[1]])
    whole = _row(p.folded)
    for left, right in glossary.opposites():
        for a, b in ((left, right), (right, left)):
            mine = next((x for x in a if f" {x} " in claimed), "")
            if not mine or any(f" {x} " in claimed for x in b) or c.negations:
                continue
            if any(f" {x} " in bag for x in b) and not any(f" {x} " in whole for x in a):
                return mine
    return ""
