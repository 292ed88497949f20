"""What a text states that can be checked: numbers, dates, names, negations, and the words around each.

Knows nothing of answers or citations; ``claims`` compares two of these readings. Vietnamese and English texts are brought
into one space of folded words, English ones through the glossary, so that a claim in one language meets a source in the
other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from rag.ask import glossary
from rag.ask.measures import MEASURE, measure_at
from rag.ask.moments import Clock, all_dates, clocks
from rag.text.abbreviations import TABLE, learn
from rag.text.dates import DateSpan
from rag.text.language import detect
from rag.text.names import Name, find_names, find_places
from rag.text.normalise import canonical, fold, nfc
from rag.text.numbers import Number, find_numbers
from rag.text.sentences import sentence_spans
from rag.text.stopwords import STOPWORDS_EN, STOPWORDS_VI, STOPWORDS_VI_FOLDED
from rag.types import Span

_WORD = re.compile(r"[^\W_]+(?:[&'’][^\W_]+)*")
_RUN = re.compile(r"[^\W_]+")
_BREAK = re.compile(r"[;:()\[\]\n!?–—\"“”|]|,(?!\d)|\.(?!\d)|\s-\s")
_STRONG_JOIN = re.compile(r"\b(?:và|còn|trong khi|riêng|nhưng|and|while|whereas|but|plus)\b")
_WEAK_JOIN = re.compile(r"\b(?:với|hoặc|or|with)\b")
_RANGE_JOIN = re.compile(r"\W*(?:đến|tới|lên|lên tới|lên đến|xuống|xuống còn|còn|to|up to|down to|and|và|-|–|—)\W*\Z")
_ENGLISH_HINTS = frozenset(
    "the of and in to is are was were for with by on at has have had that from as an be it its this not".split()
)
_MONEY = re.compile(r"(?:VN[ĐD]|US|USD|CA|AU|EUR|JPY|CNY|HK)\$?\s?\d")
_RANGE = re.compile(r"\s?[-–—]\s?|\s+(?:đến|tới|to)\s+")

# Turns of phrase with a negative word that deny nothing.
_IDIOMS = re.compile(
    r"không (?:dùng|sử dụng) tiền mặt|không (?:chỉ|những|riêng|ngừng|ít|kém|gian|khí|quân|lực|tặc|kể|sao|thể không|thể thiếu|người lái|ngờ|may|lưu|chiến|kích|quá|dưới|trung)"
    r"|(?:phòng|hàng|trên|hư|đường|hay|hoặc|nếu|bầu|tập) không\b|không biết (?:bao nhiêu|chừng)|chưa (?:đầy|tới|đến|kể|bao lâu)|chẳng (?:hạn|những)|krong no"
    r"|khong (?:dung|su dung) tien mat|khong (?:chi|nhung|ngung|it|kem|gian|khi|quan)|(?:phong|hang) khong|chang han|không\s*\?"
    r"|not only|not just|not merely|not yet only|no less than|no fewer than|no more than|not least|not more than|non-?cash|without cash|cashless|no\.\s*\d+|nothing but|krong no|no doubt"
)
_NEGATION = re.compile(r"\b(?:không|chưa|chẳng|chả|khong|chua|not|no|never|none|neither|nor|cannot)\b|n['’]t\b")
_HEDGE_OVER = re.compile(
    r"(?:\bhơn|\btrên|\bquá|\bvượt|\bít nhất|\btối thiểu|\bover|\bmore than|\babove|\bat least|\bexceed(?:s|ed|ing)?|\bhon|\btren|\bkhông dưới)\s+(?:[^\W\d]+\s+)?$"
)
_HEDGE_UNDER = re.compile(
    r"(?:\bgần|\bdưới|\bít hơn|\bthấp hơn|\bnhỏ hơn|\bkém|\bchưa đến|\bchưa đầy|\bchưa tới|\btối đa|\bkhông quá|\bnearly|\balmost|\bunder|\bless than|\bbelow|\bfewer than|\bat most|\bup to|\bgan|\bduoi"
    r"|\bno more than)\s+(?:[^\W\d]+\s+)?$"
)
_HEDGE_ABOUT = re.compile(
    r"(?:\bkhoảng|\bchừng|\bxấp xỉ|\bước|\babout|\baround|\bapproximately|\broughly|\bsome|\bkhoang|\btầm|\bngót)\s+(?:[^\W\d]+\s+)?$"
)
_STRICT_UNDER = re.compile(
    r"(?:\bdưới|\bthấp hơn|\bnhỏ hơn|\bít hơn|\bkém|\bless than|\bfewer than|\bunder|\bbelow|\byounger than|\bshorter than|\blower than)\s+(?:đủ\s+)?$"
)


@dataclass(frozen=True, slots=True)
class Value:
    """A checkable value. ``kind`` is number, date, time, person, place, organisation, document or other.

    ``amount`` is a number in its measure's smallest unit, ``also`` another reading of it ("1,535 km"); ``measure`` is "",
    "%", a currency or a kind of quantity; ``per`` the period of a rate ("year"); ``hedge`` over, under or about; ``word``
    a number in words.
    """

    kind: str
    start: int
    end: int
    text: str
    number: Number | None = None
    date: DateSpan | None = None
    clock: Clock | None = None
    amount: Decimal = Decimal(0)
    also: Decimal | None = None
    measure: str = ""
    per: str = ""
    hedge: str = ""
    word: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A content word or phrase: its span and the folded forms under which it may stand in a source of either language."""

    start: int
    end: int
    forms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Negation:
    """A negative word and the content units it governs."""

    start: int
    end: int
    scope: tuple[Unit, ...]


class Reading:
    """A text analysed once. All offsets refer to ``text`` (NFC)."""

    __slots__ = ("_bags", "_expanded", "accented", "breaks", "canon", "compact", "dates", "english", "folded", "names", "negations",
                 "numbers", "places", "row", "sentences", "text", "times", "tokens", "units")  # fmt: skip

    def __init__(self, text: str) -> None:
        self.text = text = nfc(text)
        self.canon = canonical(text)
        self.folded = fold(text)
        self.accented = not text.isascii() and self.canon != self.folded
        self.tokens: list[tuple[int, int, str]] = [
            (m.start(), m.end(), self.canon[m.start() : m.end()]) for m in _WORD.finditer(text)
        ]
        self.english = self._is_english()
        self.compact = re.sub(r"[\W_]+", "", self.folded)
        self.row = flat(self.folded)
        self.sentences = sentence_spans(text)
        self.breaks = [(m.start(), m.end(), m.group()) for m in _BREAK.finditer(text)]
        found = [_uncut(n, text) for n in find_names(text)]
        documents = [(n.start, n.end) for n in found if n.kind == "document"]
        dates = [d for d in all_dates(text) if not _overlaps(documents, d.start, d.end)]
        self.dates = [Value("date", d.start, d.end, d.text, date=d) for d in dates]
        spans = [(d.start, d.end) for d in dates]
        names = [
            part
            for n in found
            if not _overlaps(spans, n.start, n.end) and not _MONEY.match(n.text)
            for part in _parted(n)
        ]
        taken = [
            *((d.start, d.end) for d in dates),
            *((n.start, n.end) for n in names if n.kind == "document" or _holds_digit(n)),
        ]
        self.times = [Value("time", t.start, t.end, t.text, clock=t) for t in clocks(text, taken)]
        taken += [(t.start, t.end) for t in self.times]
        self.numbers = self._ranges(list(self._numbers(taken)))
        self.names = [Value(n.kind, n.start, n.end, n.text) for n in names] + (
            [] if self.english else list(self._capitals(names, taken))
        )
        self.places = [Value("place", p.start, p.end, p.text) for p in find_places(text)]
        self.units = list(self._units())
        self.negations = list(self._negations())
        self._bags: dict[Span, str] = {}
        self._expanded: str | None = None

    def _is_english(self) -> bool:
        words = [w for _, _, w in self.tokens]
        hints = sum(w in _ENGLISH_HINTS for w in words)
        if self.accented and hints * 8 < len(words):
            return False
        return bool(hints) or (bool(words) and detect(self.text) == "en")

    def _numbers(self, skip: list[Span]) -> Iterator[Value]:
        for n in find_numbers(self.text, skip=skip):
            before = self.canon[max(0, n.start - 24) : n.start]
            if re.search(r"[^\W\d][\u2010-\u2015\u2212-]$", self.text[max(0, n.start - 2) : n.start]):
                continue  # COVID-19
            hedge = "under" if _HEDGE_UNDER.search(before) else "over" if _HEDGE_OVER.search(before) else ""
            if not hedge and _HEDGE_ABOUT.search(before):
                hedge = "about"
            found = measure_at(self.canon, n, self.text)
            also = None
            if re.fullmatch(r"\d{1,3}[.,]\d{3}", n.text.split()[0]) and (n.text.split()[0][-4] == ".") == self.english:
                also = n.value / 1000 * found.factor  # "1,535 km" in Vietnamese, "1.535 km" in English
            measure = "%" if n.percent else found.measure
            amount = n.value * (1 if n.percent else found.factor)
            yield Value("number", n.start, n.end, n.text, number=n, amount=amount, also=also, measure=measure, per=found.per, hedge=hedge,
                        word=not n.text[:1].isdigit())  # fmt: skip

    def _capitals(self, names: list[Name], taken: list[Span]) -> Iterator[Value]:
        """Single capitalised words inside a sentence that no name holds: "người Mông"."""
        opening = {s for s, _ in self.sentences}
        for start, end, _ in self.tokens:
            word = self.text[start:end]
            before = self.text[max(0, start - 2) : start]
            if (
                start in opening
                or len(word) < 2
                or not word[0].isupper()
                or not word[1:].islower()
                or not before.endswith(" ")
                or before[:1] in ".:!?-–"
            ):
                continue
            if not any(n.start < end and start < n.end for n in names) and not _overlaps(taken, start, end):
                yield Value("other", start, end, word)

    def _ranges(self, numbers: list[Value]) -> list[Value]:
        """ "36-37 percent", "8,5-17 tỷ đồng": the first number takes over the second one's measure."""
        out = list(numbers)
        for i in range(len(out) - 1):
            a, b = out[i], out[i + 1]
            if (
                a.measure
                or not b.measure
                or a.number is None
                or b.number is None
                or not _RANGE.fullmatch(self.canon[a.end : b.start])
            ):
                continue
            scale = b.amount / b.number.value if b.number.value and a.number.value < 1000 else Decimal(1)
            out[i] = replace(
                a,
                amount=a.number.value * scale,
                measure=b.measure,
                number=replace(a.number, percent=b.number.percent, unit=b.number.unit),
            )
        return out

    def _units(self) -> Iterator[Unit]:
        """Content units outside numbers, dates and times."""
        skip = [(v.start, v.end) for v in (*self.numbers, *self.dates, *self.times)]
        if self.english:
            covered: list[Span] = []
            for one in glossary.english_phrases(self.canon):
                if not _overlaps(skip, one.start, one.end):
                    covered.append((one.start, one.end))
                    yield Unit(one.start, one.end, frozenset((one.text, *glossary.vietnamese(one.text))))
            for start, end, word in self.tokens:
                word = re.sub(r"['’]s?$", "", word)
                if (
                    word in STOPWORDS_EN
                    or len(word) < 2
                    or _overlaps(covered, start, end)
                    or _overlaps(skip, start, end)
                ):
                    continue
                yield Unit(start, end, frozenset((fold(word), glossary.stem(word), *glossary.vietnamese(word))))
            return
        stop = STOPWORDS_VI if self.accented else STOPWORDS_VI_FOLDED
        for start, end, word in self.tokens:
            if word in stop or _overlaps(skip, start, end) or (len(word) < 2 and not word.isdigit()):
                continue
            yield Unit(start, end, frozenset((self.folded[start:end],)))

    def _negations(self) -> Iterator[Negation]:
        idioms = [m.span() for m in _IDIOMS.finditer(self.canon)]
        for m in _NEGATION.finditer(self.canon):
            if _overlaps(idioms, m.start(), m.end()):
                continue
            if self.text[m.start()].isupper() and m.group() == "no" and m.start():
                continue
            limit = min((s for s, _, _ in self.breaks if s >= m.end()), default=len(self.text))
            scope = tuple(u for u in self.units if m.end() <= u.start < limit)[:4]
            yield Negation(m.start(), m.end(), scope)

    def bag(self, start: int = 0, end: int | None = None) -> str:
        """The folded words of a span as " a b c ", for English followed by what they may be called in Vietnamese."""
        end = len(self.text) if end is None else end
        key = (start, end)
        if key not in self._bags:
            inside = [(s, e, w) for s, e, w in self.tokens if start <= s and e <= end]
            parts = [
                f" {' '.join(self.folded[s:e] for s, e, w in inside if not self.english or w not in STOPWORDS_EN)} "
            ]
            if self.english:
                parts += [f" {f} " for u in self.units if start <= u.start and u.end <= end for f in u.forms]
            self._bags[key] = "|".join(parts)
        return self._bags[key]

    def expanded(self) -> str:
        """The folded words in a row, then the long forms of the short ones in it, and the short forms of the long ones."""
        if self._expanded is None:
            parts = [self.row]
            learnt = learn(self.text)
            shorts = {m.group() for m in _short_forms().finditer(self.text)} | set(learnt)
            parts += [flat(fold(learnt.get(s) or TABLE[s])) for s in shorts]
            parts += [short for short, long in _long_forms() if long in self.row]
            self._expanded = "|".join(parts)
        return self._expanded

    def sentence_of(self, at: int) -> Span:
        """The span of the sentence that holds position ``at``."""
        for start, end in self.sentences:
            if start <= at < end:
                return start, end
        return 0, len(self.text)

    def segment(self, value: Value, pool: Iterable[Value]) -> Span:
        """The run of words that belongs to ``value``: cut between it and its neighbours of ``pool`` at the strongest mark
        there is, and for numbers and names at any comma. The two ends of "from X to Y" share their run."""
        low, high = self.sentence_of(value.start)
        wide = value.kind == "date"
        for start, end, mark in self.breaks:
            if wide and mark not in ";\n":
                continue
            if low < end <= value.start:
                low = end
            elif value.end <= start < high:
                high = start
        before = max((v for v in pool if v.end <= value.start and v.end > low), key=lambda v: v.end, default=None)
        after = min((v for v in pool if v.start >= value.end and v.start < high), key=lambda v: v.start, default=None)
        if before is not None and not self._one_range(before.end, value.start):
            low = max(low, self._cut(before.end, value.start, wide))
        if after is not None and not self._one_range(value.end, after.start):
            high = min(high, self._cut(value.end, after.start, wide))
        return low, high

    def _one_range(self, start: int, end: int) -> bool:
        between = self.canon[start:end]
        return (
            len(between) < 40
            and sum(1 for u in self.units if start <= u.start < end) <= 2
            and _RANGE_JOIN.search(between) is not None
            and "," not in between
        )

    def _cut(self, start: int, end: int, wide: bool) -> int:
        """Where the words between two values part."""
        if wide:
            commas = [s for s, _, mark in self.breaks if start <= s < end and mark == ","]
            if commas:
                return commas[-1]
        for pattern in (_STRONG_JOIN, _WEAK_JOIN):
            joins = [m.start() for m in pattern.finditer(self.canon, start, end)]
            if joins:
                return joins[0]
        stop = min((s for s, _, _ in self.breaks if s >= end), default=len(self.text))
        between = [u for u in self.units if start <= u.start < end]
        if len(between) >= 2 and not any(u.start >= end and u.end <= stop for u in self.units):
            return between[len(between) // 2].start  # "… mức độ 4.": with no word after it, those before it are its own
        return end


@lru_cache(maxsize=1)
def _short_forms() -> re.Pattern[str]:
    return re.compile(
        r"(?<![\w&])(?:" + "|".join(re.escape(s) for s in sorted(TABLE, key=len, reverse=True)) + r")(?![\w&])"
    )


@lru_cache(maxsize=1)
def _long_forms() -> tuple[tuple[str, str], ...]:
    return tuple((flat(fold(short)), flat(fold(long))) for short, long in TABLE.items())


def flat(text: str) -> str:
    """The words of a text in a row, as " a b c "."""
    return f" {' '.join(_RUN.findall(text))} "


def _parted(name: Name) -> list[Name]:
    """ "Ha Tinh's Huong Khe District" as two names."""
    parts, at = [], 0
    for m in re.finditer(r"['’]s(?=\s|\Z)\s*", name.text):
        parts.append(Name(name.start + at, name.start + m.start(), name.text[at : m.start()], name.kind))
        at = m.end()
    if at < len(name.text):
        parts.append(Name(name.start + at, name.end, name.text[at:], name.kind))
    return parts if len(parts) > 1 else [name]


_FIGURE = re.compile(
    r"[.,]\d|\s?(?:%|km|m|ha|kg|cm|tấn|tạ|lít|tỷ|tỉ|triệu|nghìn|ngàn|người|hộ|đồng|usd|lần|ngày|tháng|năm|percent|people|million|billion|tonnes)\b"
)


def _uncut(name: Name, text: str) -> Name:
    """ "sang Việt Nam 1,2 triệu tấn", "cách Đông Hà 83 km": a name does not end inside a number."""
    m = re.search(r"\s+\d+(?:-\d+)?\Z", name.text)
    if m is None or ("-" not in m.group() and not _FIGURE.match(text, name.end)):
        return name
    return Name(name.start, name.start + m.start(), name.text[: m.start()], name.kind)


def _holds_digit(name: Name) -> bool:
    return any(c.isdigit() for c in name.text)


def _overlaps(spans: list[Span], start: int, end: int) -> bool:
    return any(s < end and start < e for s, e in spans)


def matches(unit: Unit, bag: str) -> bool:
    """Whether a content unit of one text stands in the bag of words of another."""
    return any(f" {form} " in bag for form in unit.forms)


def strict_bound(reading: Reading, value: Value) -> bool:
    """Whether a number is a bound that is not reached: "dưới 14 tuổi", "less than 5"."""
    return _STRICT_UNDER.search(reading.canon[max(0, value.start - 18) : value.start]) is not None


@lru_cache(maxsize=2048)
def read(text: str) -> Reading:
    """The reading of ``text``; passages come back for every sentence of an answer, so they are kept."""
    return Reading(text)


__all__ = ["MEASURE", "Negation", "Reading", "Unit", "Value", "flat", "matches", "read", "strict_bound"]
