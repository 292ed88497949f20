"""What a text states that can be checked: numbers, dates, names, negations, and the words around each.

Knows nothing of answers or citations; ``claims`` compares two of these readings. Vietnamese and English texts are brought
into one space of folded words, English ones through the glossary, so that a claim in one language meets a source in the
other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from rag.ask import glossary
from rag.text.dates import DateSpan, find_dates
from rag.text.language import detect
from rag.text.names import Name, find_names, find_places
from rag.text.normalise import canonical, fold, nfc
from rag.text.numbers import Number, find_numbers
from rag.text.sentences import sentence_spans
from rag.text.stopwords import STOPWORDS_EN, STOPWORDS_VI, STOPWORDS_VI_FOLDED
from rag.types import Span

_WORD = re.compile(r"[^\W_]+(?:[&'’][^\W_]+)*")
_BREAK = re.compile(r"[;:()\[\]\n!?–—\"“”]|,(?!\d)|\.(?!\d)|\s-\s")
_JOIN = re.compile(
    r"\b(?:và|va|còn|trong khi|and|while|whereas|with|plus|but|or|hoặc|đến|tới|lên|to|so với|compared)\b", re.IGNORECASE
)
_ENGLISH_HINTS = frozenset(
    "the of and in to is are was were for with by on at has have had that from as an be it its this not".split()
)

# Units of one kind, with the factor to the smallest of them (grams, metres, square metres, minutes).
_SCALES: dict[str, tuple[str, Decimal]] = {}
for _kind, _table in {
    "mass": "gram 1 gam 1 g 1 kg 1000 kilogram 1000 kilograms 1000 kí 1000 ký 1000 yến 10000 tạ 100000 tấn 1000000 ton 1000000 tons 1000000 tonne 1000000 tonnes 1000000",
    "length": "m 1 mét 1 metre 1 metres 1 meter 1 meters 1 cm 0.01 km 1000 kilomet 1000 kilometre 1000 kilometres 1000 kilometer 1000 kilometers 1000 kilômét 1000",
    "area": "m2 1 m² 1 ha 10000 hecta 10000 héc 10000 hectare 10000 hectares 10000 km2 1000000 km² 1000000",
}.items():
    _parts = _table.split()
    for _unit, _factor in zip(_parts[::2], _parts[1::2], strict=True):
        _SCALES[_unit] = (_kind, Decimal(_factor))
_CURRENCY = {"đồng": "vnd", "dong": "vnd", "vnd": "vnd", "vnđ": "vnd", "đ": "vnd", "usd": "usd", "đô": "usd", "dollars": "usd", "dollar": "usd",
             "euro": "eur", "euros": "eur", "eur": "eur", "yên": "jpy", "yen": "jpy"}  # fmt: skip
_MORE_NUMBERS = re.compile(
    r"(?P<two>\bgấp đôi\b|\btwice\b|\bdouble[ds]?\b)|(?P<three>\bgấp ba\b|\btriple[ds]?\b)|(?P<half>\b(?:một )?nửa\b|\bhalf\b)"
    r"|(?P<one>\bđầu tiên\b|\blần đầu\b|\bhạng nhất\b|\bquán quân\b|\bđứng đầu\b|\bdẫn đầu\b|\btop spot\b|\branks? top\b)"
    r"|(?P<all>\btất cả\b|\btoàn bộ\b|\b(?:100 )?phần trăm\b|\ball\b|\bevery\b|\bentire\b)",
    re.IGNORECASE,
)
_EXTRA = {"two": Decimal(2), "three": Decimal(3), "half": Decimal(50), "one": Decimal(1), "all": Decimal(100)}

# Turns of phrase with a negative word that deny nothing.
_IDIOMS = re.compile(
    r"không (?:dùng|sử dụng) tiền mặt|không (?:chỉ|những|riêng|ngừng|ít|kém|gian|khí|quân|lực|tặc|kể|sao|thể không|thể thiếu)|hàng không|trên không"
    r"|không biết (?:bao nhiêu|chừng)|chưa (?:đầy|tới|đến)|khong (?:dung|su dung) tien mat|khong (?:chi|nhung|ngung|it|kem|gian|khi|quan)|hang khong"
    r"|not only|not just|not merely|no less than|no fewer than|no more than|not least|non-?cash|without cash|cashless|no\.\s*\d+|nothing but"
)
_NEGATION = re.compile(
    r"\b(?:không|chưa|chẳng|chả|đừng|khong|chua|chang|not|no|never|none|neither|nor|without|cannot|lacks?|lacked|fail(?:s|ed)? to)\b|n['’]t\b"
)
_HEDGE_OVER = re.compile(
    r"(?:\bhơn|\btrên|\bquá|\bvượt|\bít nhất|\bover|\bmore than|\babove|\bat least|\bexceed(?:s|ed|ing)?|\bhon|\btren)\s+(?:[^\W\d]+\s+)?$"
)
_HEDGE_UNDER = re.compile(
    r"(?:\bgần|\bdưới|\bchưa đến|\bchưa đầy|\bnearly|\balmost|\bunder|\bless than|\bbelow|\bfewer than|\bgan|\bduoi)\s+(?:[^\W\d]+\s+)?$"
)
_HEDGE_ABOUT = re.compile(
    r"(?:\bkhoảng|\bchừng|\bxấp xỉ|\bước|\babout|\baround|\bapproximately|\broughly|\bsome|\bkhoang)\s+(?:[^\W\d]+\s+)?$"
)


@dataclass(frozen=True, slots=True)
class Value:
    """A checkable value. ``kind`` is number, date, person, place, organisation, document or other."""

    kind: str
    start: int
    end: int
    text: str
    number: Number | None = None
    date: DateSpan | None = None
    amount: Decimal = Decimal(0)
    measure: str = ""
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

    __slots__ = ("_bags", "accented", "canon", "compact", "dates", "english", "folded", "names", "negations", "numbers", "places",
                 "sentences", "text", "tokens", "units")  # fmt: skip

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
        self.sentences = sentence_spans(text)
        dates = find_dates(text)
        self.dates = [Value("date", d.start, d.end, d.text, date=d) for d in dates]
        names = find_names(text)
        documents = [(n.start, n.end) for n in names if n.kind == "document"]
        self.numbers = list(self._numbers([*((d.start, d.end) for d in dates), *documents]))
        self.names = [Value(n.kind, n.start, n.end, n.text) for n in self._own_names(names)]
        self.places = [Value("place", p.start, p.end, p.text) for p in find_places(text)]
        self.units = list(self._units())
        self.negations = list(self._negations())
        self._bags: dict[Span, str] = {}

    def _is_english(self) -> bool:
        if self.accented:
            return False
        words = [w for _, _, w in self.tokens]
        return any(w in _ENGLISH_HINTS for w in words) or (bool(words) and detect(self.text) == "en")

    def _own_names(self, names: list[Name]) -> Iterator[Name]:
        """Names without those that are dates ("August") or numbers."""
        for n in names:
            if any(d.start < n.end and n.start < d.end for d in self.dates):
                continue
            yield n

    def _numbers(self, skip: list[Span]) -> Iterator[Value]:
        taken: list[Span] = list(skip)
        for n in find_numbers(self.text, skip=skip):
            before = self.canon[max(0, n.start - 24) : n.start]
            hedge = "over" if _HEDGE_OVER.search(before) else "under" if _HEDGE_UNDER.search(before) else ""
            if not hedge and _HEDGE_ABOUT.search(before):
                hedge = "about"
            amount, measure = n.value, "%" if n.percent else ""
            unit = self.text[n.end :].lstrip()[:3].rstrip(" ,.;") if n.unit in ("m", "km") else n.unit
            if unit in _SCALES and not n.percent:
                measure, factor = _SCALES[unit]
                amount *= factor
            elif n.unit in _CURRENCY:
                measure = _CURRENCY[n.unit]
            elif n.start and self.text[n.start - 1] == "$":
                measure = "usd"
            yield Value(
                "number",
                n.start,
                n.end,
                n.text,
                number=n,
                amount=amount,
                measure=measure,
                hedge=hedge,
                word=not n.text[:1].isdigit(),
            )
            taken.append((n.start, n.end))

    def more_numbers(self) -> Iterator[tuple[str, Decimal]]:
        """Quantities said otherwise: gấp đôi, half, toàn bộ; as (kind, value)."""
        for m in _MORE_NUMBERS.finditer(self.canon):
            name = m.lastgroup or ""
            yield name, _EXTRA[name]

    def _units(self) -> Iterator[Unit]:
        """Content units outside numbers and dates."""
        skip = [(v.start, v.end) for v in (*self.numbers, *self.dates)]
        if self.english:
            covered: list[Span] = []
            for m in glossary.english_phrases().finditer(self.canon):
                if not _overlaps(skip, m.start(), m.end()):
                    covered.append(m.span())
                    yield Unit(m.start(), m.end(), frozenset((m.group(), *glossary.vietnamese(m.group()))))
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
            limit = min((b.start() for b in _BREAK.finditer(self.text, m.end())), default=len(self.text))
            scope = tuple(u for u in self.units if m.end() <= u.start < limit)[:4]
            yield Negation(m.start(), m.end(), scope)

    def bag(self, start: int = 0, end: int | None = None) -> str:
        """The folded words of a span as " a b c ", for English followed by what they may be called in Vietnamese."""
        end = len(self.text) if end is None else end
        key = (start, end)
        if key not in self._bags:
            words = " ".join(self.folded[s:e] for s, e, _ in self.tokens if start <= s and e <= end)
            parts = [f" {words} "]
            if self.english:
                parts += [f" {f} " for u in self.units if start <= u.start and u.end <= end for f in u.forms]
                content = [
                    self.folded[s:e] for s, e, w in self.tokens if start <= s and e <= end and w not in STOPWORDS_EN
                ]
                parts[0] = f" {' '.join(content)} "
            self._bags[key] = "|".join(parts)
        return self._bags[key]

    def sentence_of(self, at: int) -> Span:
        """The span of the sentence that holds position ``at``."""
        for start, end in self.sentences:
            if start <= at < end:
                return start, end
        return 0, len(self.text)

    def segment(self, value: Value, rivals: list[Value]) -> Span:
        """The run of words that belongs to ``value``: cut at punctuation, and between it and its neighbours of the same kind."""
        low, high = self.sentence_of(value.start)
        for m in _BREAK.finditer(self.text, low, high):
            if m.end() <= value.start:
                low = m.end()
            elif m.start() >= value.end:
                high = m.start()
                break
        for other in rivals:
            if other.end <= value.start and other.end > low:
                joins = [j.start() for j in _JOIN.finditer(self.text, other.end, value.start)]
                low = joins[-1] if joins else value.start
            elif other.start >= value.end and other.start < high:
                joins = [j.start() for j in _JOIN.finditer(self.text, value.end, other.start)]
                high = joins[0] if joins else other.start
        return low, high


def _overlaps(spans: list[Span], start: int, end: int) -> bool:
    return any(s < end and start < e for s, e in spans)


def matches(unit: Unit, bag: str) -> bool:
    """Whether a content unit of one text stands in the bag of words of another."""
    return any(f" {form} " in bag for form in unit.forms)


@lru_cache(maxsize=2048)
def read(text: str) -> Reading:
    """The reading of ``text``; passages come back for every sentence of an answer, so they are kept."""
    return Reading(text)
