"""What the reader looks at: the question's telling words with their rarity, and the sentences of the hits.

Knows nothing of weights or of how an answer is written. Words are compared folded (without diacritics) and exactly;
abbreviations are spelled out on both sides, so that "CĐS" meets "chuyển đổi số".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from itertools import pairwise
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from rag.ask import glossary
from rag.ask.answer_types import Wanted, wanted
from rag.ask.parts import GIVE_FIGURES
from rag.text.abbreviations import Abbreviations
from rag.text.dates import DateSpan, find_dates
from rag.text.names import Name, canonical_place, find_names, find_places
from rag.text.normalise import canonical, fold
from rag.text.numbers import Number, find_numbers
from rag.text.stopwords import content_words
from rag.types import Hit, Query

_UNKNOWN = object()
P = ParamSpec("P")
R = TypeVar("R")
_WORD = re.compile(r"\w+")
# words of a question that no answer repeats
_ASKING = frozenset(
    fold(w)
    for w in (
        "bao nhiêu mấy nào gì ai đâu sao khi giờ hãy cho biết kể tên liệt nêu thế so sánh hơn tổng hỏi xin vui lòng "
        "how many much what which who whom whose when where why does do did is are was were the of in at list name tell me about please"
    ).split()
)
BRAND = re.compile(r"\b[A-Z][a-z]+[A-Z]\w*")  # a name whatever its letters mean: "VinES"
_SHORT_FORM = re.compile(r"\b[A-ZĐƯ][A-ZĐƯƠÂÊÔĂ&]+[A-ZĐƯƠ]\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """One single question, ready to be compared with sentences.

    ``terms`` maps each folded content word to its weight (rarity, idf); ``exact`` holds the canonical form where
    diacritics were typed; ``pairs`` folded neighbours; ``names`` the folded words of each named thing; ``focus`` the folded words of
    the noun phrase that is counted or asked for, ``heads`` the words it may begin with in a text. ``others`` holds further wordings of a term
    (an English word's Vietnamese ones), ``lookup`` the term that a folded word of a text belongs to. ``without`` are answer strings
    (canonical) that are not to be given again.
    """

    text: str
    language: str
    want: Wanted
    terms: Mapping[str, float]
    exact: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    names: tuple[tuple[str, ...], ...]
    places: tuple[str, ...]
    dates: tuple[tuple[str, str], ...]
    numbers: frozenset[str]
    focus: tuple[str, ...]
    heads: frozenset[str]
    words: frozenset[str]
    sequence: tuple[str, ...]
    others: Mapping[str, tuple[tuple[str, ...], ...]]
    lookup: Mapping[str, str]
    without: frozenset[str] = frozenset()
    weight: float = field(init=False, repr=False, compare=False)
    memo: dict[tuple[Any, ...], Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", sum(self.terms.values()) or 1.0)


def per_question(function: Callable[Concatenate[Asked, P], R]) -> Callable[Concatenate[Asked, P], R]:
    """Remember with the question what was found out about it: the same sentence is looked at from many sides.

    What is remembered is handed out again, so it must not be changed by who gets it.
    """

    @wraps(function)
    def remembered(asked: Asked, /, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (function, *args, *kwargs.values())
        found = asked.memo.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = asked.memo[key] = function(asked, *args, **kwargs)
        return cast(R, found)

    return remembered


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text: folded, exact, spans, and the folded words its abbreviations stand for."""

    folded: tuple[str, ...]
    exact: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    folded_set: frozenset[str]
    exact_set: frozenset[str]
    pairs: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A candidate: sentence ``ordinal`` of hit ``hit`` (its place in the list); ``start`` and ``end`` in the document."""

    hit: int
    ordinal: int
    start: int
    end: int
    text: str
    before: str
    context: str


@lru_cache(maxsize=16384)
def words_of(text: str) -> Words:
    """Words of ``text`` (NFC), cached: the same passages come again and again."""
    folded_text, exact_text = fold(text), canonical(text)
    spans = tuple(m.span() for m in _WORD.finditer(text))
    folded = tuple(folded_text[s:e] for s, e in spans)
    exact = tuple(exact_text[s:e] for s, e in spans)
    return Words(folded, exact, spans, frozenset(folded), frozenset(exact), frozenset(pairwise(folded)))


@lru_cache(maxsize=4096)
def names_of(text: str) -> tuple[Name, ...]:
    """``find_names``, cached."""
    return tuple(find_names(text))


@lru_cache(maxsize=4096)
def places_of(text: str) -> tuple[Name, ...]:
    """``find_places``, cached."""
    return tuple(find_places(text))


@lru_cache(maxsize=4096)
def folded_places_of(text: str) -> frozenset[str]:
    """The places of a text, folded and one spelling each, cached."""
    return frozenset(fold(canonical_place(p.text)) for p in places_of(text))


@lru_cache(maxsize=4096)
def numbers_of(text: str) -> tuple[Number, ...]:
    """Numbers of ``text`` that are no part of a date or of a document's number."""
    skip = [(d.start, d.end) for d in dates_of(text)] + [
        m.span() for m in re.finditer(r"\d+(?:/\d+)?[/-](?:[A-ZĐ]{2,}[\w-]*)(?:/[A-ZĐ\w-]+)?", text)
    ]
    return tuple(n for n in find_numbers(text, skip))


@lru_cache(maxsize=4096)
def dates_of(text: str) -> tuple[DateSpan, ...]:
    return tuple(find_dates(text))


@lru_cache(maxsize=16384)
def _short_forms(text: str) -> tuple[str, ...]:
    return tuple(_SHORT_FORM.findall(text))


class Abbreviated:
    """Spells out abbreviations for comparison. ``table`` maps short forms to long ones."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._words = {short: tuple(_WORD.findall(fold(long))) for short, long in table.items() if len(short) > 1}
        self.spelled = Abbreviations(table).expand

    def extra(self, text: str) -> tuple[str, ...]:
        """Folded words of the long forms of the abbreviations in ``text`` (upper case there)."""
        out: list[str] = []
        for token in _short_forms(text):
            out += self._words.get(token, ())
        return tuple(out)


# what only asks for care: "…, con số cụ thể?", ". Give the figures."
_ASIDE = re.compile(
    r"[,;.?]\s*(?:(?:con số|số liệu|so lieu|con so) )?(?:cụ thể|cu the|chính xác|chinh xac)(?: (?:là )?(?:bao nhiêu|thế nào|bao nhieu|the nao))?[\s?.!]*$|"
    rf"{GIVE_FIGURES}",
    re.IGNORECASE,
)
# where it is to be found, which dates tell as well: "trong bài đầu năm 2023", "(bài tháng 4/2024)"
_SOURCE = re.compile(
    r"\s*[(,]?\s*\b(?:(?:trong|theo|ở|tại) )?(?:bài|bài báo|bài viết|bản tin)(?: (?:đầu|cuối|giữa))?(?: (?:năm|tháng) [\d/]+)+\s*[),]?"
    r"|\s*\b(?:lúc|hồi|khi|thời điểm) (?:bấy giờ|ấy|đó)\b"
    r"|\s*\b(?:được|duoc) (?:nhắc(?: tên)?|đề cập|nêu(?: tên)?|nói|kể|nhac|de cap|neu ten)(?: (?:tới|đến|toi|den))?(?: (?:trong|ở|tại) (?:các )?(?:bài(?: báo| viết)?|tài liệu|văn bản))?(?= (?:là|la|có|tên|ten)\b|\s*[?.!]*$)"
    r"|\s*[(,]?\s*\b(?:trong|theo|in|according to) (?:bài báo|bài viết|bản tin|tài liệu|the (?:article|document|text))(?: này)?\b\s*[),]?",
    re.IGNORECASE,
)
# who heads an office holds the title that the texts give, and offices are named in full there
_HEADING = (
    (
        re.compile(
            r"\b(?:người )?(?:đứng đầu|cầm đầu|lãnh đạo cao nhất của)(?: của)? (?=(?:Sở|Cục|Chi cục|Công ty|HTX|Hợp tác xã|hãng)\b)",
            re.IGNORECASE,
        ),
        "giám đốc ",
    ),
    (
        re.compile(
            r"\b(?:người )?(?:đứng đầu|cầm đầu)(?: của)? (?:chính quyền )?(?=(?:UBND|Ủy ban|ủy ban|tỉnh|huyện|xã|phường)\b)",
            re.IGNORECASE,
        ),
        "chủ tịch ",
    ),
    (re.compile(r"\b(?:người )?(?:đứng đầu|cầm đầu|phụ trách)(?: của)? ngành (?=\w)", re.IGNORECASE), "giám đốc Sở "),
    (
        re.compile(
            r"\b(thông tin|khoa học|giáo dục|tài nguyên|kế hoạch|công nghiệp)(?: -|,)? (truyền thông|công nghệ|đào tạo|môi trường|đầu tư|thương mại)\b",
            re.IGNORECASE,
        ),
        r"\1 và \2",
    ),
)


def ask(query: Query, text: str, rarity: Callable[[str], float], abbreviated: Abbreviated) -> Asked:
    """``text`` (the query's or one of its parts) as ``Asked``; ``rarity`` gives the weight of a folded word."""
    language = query.language
    reading = "vi-folded" if language == "other" and text.isascii() else ("vi" if language == "other" else language)
    spelled = _ASIDE.sub("?", _SOURCE.sub(" ", abbreviated.spelled(text)))
    for heading, office in _HEADING:
        spelled = heading.sub(office, spelled)
    # a question whose diacritics were put back is understood by them, and compared without them: some will be wrong
    typed = "vi" if reading == "vi-folded" and not text.isascii() else reading
    want = wanted(spelled, typed)
    mark = {fold(w) for w in _WORD.findall(spelled[want.start : want.end])}
    names = tuple(dict.fromkeys(tuple(_WORD.findall(fold(n.text))) for n in names_of(spelled)))
    sequence = [fold(w) for w in _WORD.findall(spelled)]
    names = tuple(dict.fromkeys((*names, *_offices_named(spelled, sequence, reading))))
    focus = tuple(_WORD.findall(fold(want.focus)))
    terms: dict[str, float] = {}
    others: dict[str, tuple[tuple[str, ...], ...]] = {}
    exact: frozenset[str] = frozenset()
    pairs: frozenset[tuple[str, str]] = frozenset()
    while len(focus) > 1 and focus[0] in ("nghin", "ngan", "trieu", "ty", "tram", "chuc"):
        focus = focus[1:]
    heads = frozenset(focus[:1]) | frozenset(b for a, b in pairwise(focus) if a == "cap")
    if reading == "en":
        terms, others = _english_terms(spelled, mark, rarity)
        brands = {tuple(_WORD.findall(fold(n.text))) for n in names_of(spelled) if BRAND.search(n.text)}
        proper = [n if n[0] == "so" or n in brands else tuple(_english_name(n, rarity)) for n in names]
        names = tuple(dict.fromkeys(n for n in proper if n))
        pairs = frozenset(p for n in names for p in pairwise(n))
        heads, focus = _english_focus(focus, heads)
    else:
        kept = content_words(spelled, typed) or _WORD.findall(spelled)
        for word in kept:
            folded = fold(word)
            if (
                (folded in _ASKING and not word[:1].isdigit())
                or folded in mark
                or (len(folded) < 2 and not folded.isdigit())
            ):
                continue
            terms.setdefault(folded, rarity(folded))
        exact = frozenset(canonical(w) for w in kept) if reading == "vi" else frozenset()
        pairs = frozenset(
            (a, b) for a, b in pairwise(sequence) if a in terms or b in terms if a not in _ASKING and b not in _ASKING
        )
    lookup = {
        w: t for t, alternatives in others.items() for alternative in alternatives for w in alternative if len(w) > 1
    }
    return Asked(
        text=text,
        language=reading,
        want=want,
        terms=terms,
        exact=exact,
        pairs=pairs,
        names=names,
        places=tuple(dict.fromkeys(fold(p.text) for p in places_of(text))),
        dates=tuple((d.first, d.last) for d in dates_of(text) if not _document_number(text, d)),
        numbers=frozenset(str(n.value) for n in numbers_of(text)),
        focus=focus,
        heads=heads,
        words=frozenset(sequence),
        sequence=tuple(sequence),
        others=others,
        lookup={**lookup, **{t: t for t in terms}},
    )


_DEPARTMENTS = {
    ("y", "te"): "health", ("cong", "thuong"): "industry and trade", ("tai", "chinh"): "finance", ("noi", "vu"): "home affairs",
    ("xay", "dung"): "construction", ("tu", "phap"): "justice", ("giao", "duc"): "education", ("giao", "thong"): "transport",
    ("nong", "nghiep"): "agriculture", ("tai", "nguyen"): "natural resources", ("ke", "hoach"): "planning",
    ("khoa", "hoc"): "science", ("van", "hoa"): "culture", ("lao", "dong"): "labour", ("thong", "tin"): "information", ("du", "lich"): "tourism",
}  # fmt: skip
_ENGLISH_NAMES = frozenset(
    "department people committee ministry health province provincial district commune party resolution decision chairman director id it "
    "january february march april may june july august september october november december".split()
)
_TITLES_OF_ADDRESS = frozenset("mr mrs ms miss dr prof sir madam s".split())
_HEADED = re.compile(
    r"^(?:Xã|Huyện|Phường|Thị trấn|Thôn|Quận|Ông|Bà|Chị|Anh|HTX|Hợp tác xã|Công ty|Chợ)((?: [A-ZĐÀ-Ỹ][\wÀ-ỹ]*){1,4})"
)


def _english_name(name: tuple[str, ...], rarity: Callable[[str], float]) -> tuple[str, ...]:
    """The words of an English question's name that a Vietnamese text would hold: "Tan Long" of "Tan Long Cooperative"; () where none is proper.

    A word that the glossary translates is a name's only where the documents hold it as it stands.
    """
    unknown = rarity("") - 1e-9
    kept = tuple(
        w
        for w in name
        if w not in _TITLES_OF_ADDRESS
        and not ((glossary.vietnamese(w) or w in _ENGLISH_NAMES) and (rarity(w) >= unknown or len(name) == 1))
    )
    proper = [w for w in kept if not glossary.vietnamese(w) and w not in _ENGLISH_NAMES]
    return kept if len(proper) > 1 or any(rarity(w) < unknown or len(name) == 1 for w in proper) else ()


def _english_focus(focus: tuple[str, ...], heads: frozenset[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The Vietnamese words of an English noun phrase: those its rendering may begin with, and all of them.

    The longest end of the phrase that the glossary holds as a whole counts before its single words ("health facilities").
    """
    for start in range(len(focus) - 1):
        whole = glossary.vietnamese(" ".join(focus[start:]))
        if whole:
            return frozenset(w.split()[0] for w in whole), tuple(dict.fromkeys(w for v in whole[:2] for w in v.split()))
    # nouns lined up ("communes, wards and townships") are plural, what tells more of the last one is not ("traceability stamps")
    counted = [w for w in focus[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss")] + list(focus[-1:])
    first = frozenset(alternative.split()[0] for word in counted for alternative in glossary.vietnamese(word))
    words = (
        w for word in reversed(focus) for alternative in glossary.vietnamese(word)[:2] for w in alternative.split()
    )
    return first or heads, tuple(dict.fromkeys(words)) or focus


def _offices_named(text: str, sequence: list[str], language: str) -> list[tuple[str, ...]]:
    """Names that capitals alone do not tell: at the front of a question, and departments typed small or in English."""
    out: list[tuple[str, ...]] = []
    headed = _HEADED.match(text)
    if headed:
        out.append(tuple(_WORD.findall(fold(headed.group(1)))))
    joined = f" {' '.join(sequence)} "
    for words, english in _DEPARTMENTS.items():
        if language == "en":
            if re.search(rf" department of {english} | {english}(?: and \w+){{0,2}} department", joined):
                out.append(("so", *words))
        elif (
            language == "vi-folded"
            and f" so {' '.join(words)} " in joined
            and f" co so {' '.join(words)} " not in joined
        ):
            out.append(("so", *words))
    return out


def _document_number(text: str, date: DateSpan) -> bool:
    """Whether what looks like a year is the number of a decision: "Quyết định 1656"."""
    before = fold(text[max(0, date.start - 16) : date.start]).rstrip()
    return date.text.isdigit() and before.endswith(
        ("dinh", "quyet", "so", "thong tu", "decision", "resolution", "no.", "de an")
    )


_KIND_OF = re.compile(r"\b(what|which|the) (?:kinds?|types?|sorts?) of\b")


def _english_terms(
    text: str, mark: set[str], rarity: Callable[[str], float]
) -> tuple[dict[str, float], dict[str, tuple[tuple[str, ...], ...]]]:
    """The telling words and phrases of an English question with their Vietnamese wordings.

    A word without one weighs little, unless the documents hold it (names, figures, brands).
    """
    lowered = re.sub(r"\bIT\b", "information technology", text).lower()
    lowered = _KIND_OF.sub(r"\1", lowered)
    phrases = glossary.english_phrases(lowered)
    rest = glossary.without_phrases(lowered, phrases)
    terms: dict[str, float] = {}
    others: dict[str, tuple[tuple[str, ...], ...]] = {}
    for item in [*(phrase.text for phrase in phrases), *content_words(rest, "en")]:
        key = fold(item)
        if key in _ASKING or key in mark or key in _TITLES_OF_ADDRESS or (len(key) < 2 and not key.isdigit()):
            continue
        key = key.removesuffix("'s").removesuffix("’s")
        found = tuple(tuple(_WORD.findall(v)) for v in glossary.vietnamese(item))
        own = rarity(key) if " " not in key else 0.0
        if found:
            others[key] = found
            terms[key] = max(max(rarity(w) for w in words) for words in found)
        else:
            terms[key] = own if own < rarity("") - 1e-9 else 0.5
    return terms, others


def sentences_of(hits: Sequence[Hit]) -> list[Sentence]:
    """Every sentence of the hits once, in rank order. A sentence without a letter or digit is left out."""
    out: list[Sentence] = []
    seen: set[tuple[str, int]] = set()
    for index, hit in enumerate(hits):
        passage = hit.passage
        spans = passage.sentences or ((passage.start, passage.end),)
        texts = tuple(passage.text[start - passage.start : end - passage.start] for start, end in spans)
        said_by = speakers(texts)
        before = ""
        for ordinal, ((start, end), text) in enumerate(zip(spans, texts, strict=True)):
            if (passage.source, start) not in seen and any(map(str.isalnum, text)):
                seen.add((passage.source, start))
                near = f"{before} {said_by[ordinal]}" if said_by[ordinal] else before
                out.append(Sentence(index, ordinal, start, end, text, near, passage.context))
            before = text
    return out


_SAYS = r"(?:nói|chia sẻ|cho biết|cho hay|tâm sự|kể|khẳng định|bày tỏ|nhấn mạnh|góp chuyện|phấn khởi|said|says|told)"
_SAID_AFTER = re.compile(rf"[”\"»],?\s+(?P<who>[^.“”\"»]{{3,90}}?)\s{_SAYS}\b")
_SAID_BEFORE = re.compile(rf"(?P<who>[^.“”\"]{{3,140}}?),?\s(?:đã |cũng )?{_SAYS}\b[^.“”\"]{{0,40}}:\s*(?:[“\"]|$)")


@lru_cache(maxsize=4096)
def speakers(sentences: tuple[str, ...]) -> tuple[str, ...]:
    """Of the sentences of one passage, who says each of those within a quotation of several; "" for all others.

    The speaker stands before the quotation ("Chị X chia sẻ: “…") or after it ("…”, chị X nói").
    """
    out = [""] * len(sentences)
    for i, text in enumerate(sentences):
        if before := _SAID_BEFORE.search(text):
            for j in range(i + 1, len(sentences)):
                if sentences[j - 1].rstrip(" .…").endswith(("”", '"')) and j > i + 1:
                    break
                out[j] = before["who"].strip()
        if after := _SAID_AFTER.search(text):
            opening = next((j for j in range(i, -1, -1) if sentences[j].lstrip().startswith(("“", '"', "«"))), i)
            for j in range(opening, i):
                out[j] = after["who"].strip()
    return tuple(out)


def coverage(asked: Asked, found: frozenset[str] | set[str]) -> float:
    """Share of the question's weight whose words stand in ``found`` (folded), in [0, 1]."""
    if asked.others:
        return sum(w for t, w in asked.terms.items() if t in found or _otherwise(asked, t, found)) / asked.weight
    return sum(w for t, w in asked.terms.items() if t in found) / asked.weight


def holds(asked: Asked, term: str, found: frozenset[str] | set[str]) -> bool:
    """Whether a term, or another wording of it, stands in ``found``."""
    return term in found or _otherwise(asked, term, found)


def _otherwise(asked: Asked, term: str, found: frozenset[str] | set[str]) -> bool:
    return any(found.issuperset(words) for words in asked.others.get(term, ()))


def idf(frequency: int, passages: int) -> float:
    """Rarity of a word that stands in ``frequency`` of ``passages`` texts: log(1 + (N - n + .5) / (n + .5))."""
    return math.log1p((passages - frequency + 0.5) / (frequency + 0.5)) if frequency <= passages else 0.1
