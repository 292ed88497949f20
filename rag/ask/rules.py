"""What is added to a sentence's fitted score: offices, names, documents, dates, enumerations and places, which an encyclopaedic set cannot teach.

Works on the sentences' feature rows; knows nothing of how sentences are quoted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.ask import features, glossary, mismatch
from rag.ask.answer_types import NUMERIC, OPEN
from rag.ask.evidence import Abbreviated, Asked, Sentence, folded_places_of, holds, per_question, words_of
from rag.ask.goods import goods_asked, goods_told
from rag.ask.listed import best_run, count_asked, wants_items
from rag.ask.short import address_asked, candidates, goal_asked, own_text, planned
from rag.text.names import CAPITAL, canonical_place
from rag.text.normalise import canonical, fold
from rag.types import Hit

Floats = NDArray[np.float64]
About = Callable[[str], frozenset[str]]  # the places a document is about, by its source
OTHER_OFFICE = 2.5  # taken off where somebody else's office stands and another sentence holds the one asked about
FAR_PLACE = 8.0  # the score taken off where a document does not speak of the place asked about
OFFICE = 1.0  # added where the office asked about stands, taken off where only its deputy does
PERSON_OFFICE = 3.5  # the same where a person is asked for
# taken off where no numbered document of the kind asked for stands though another sentence holds one
DOCUMENT_KIND = 3.0
ADDRESS = 4.0  # the same where a web address is asked for
FOCUS = 0.5  # taken off where what is asked for ("which database") is not named that another sentence names
NAME = 2.0  # taken off where names of an English or open question are missing that other sentences hold
NO_DAY = 1.2  # where no date stands and one is asked for that stands elsewhere
GOODS = 4.5  # added where goods are named and what somebody sells or grows is asked
IN_PASSAGE = 0.7  # what a name counts that stands elsewhere in the passage
DOCUMENT_DATE = 1.6  # added where the question's month is the document's
PLANNED = 1.5  # where only a rank that is aimed at stands, for a question that asks for none
TOP_ONLY = 1.2  # taken off where only a top ("tốp 20") stands, no rank
OTHER_YEAR = 1.5  # taken off a figure of another time where a sentence tells of the one asked about
OTHER_QUANTITY = 2.0  # and a figure where the quantity is not named that another sentence names
SPELLED_OUT = 5.0  # added where a short form stands in brackets after what it stands for, and that is asked
SAID_NOW = 1.0  # added where a sentence speaks of the present that a question for a figure asks about
SAID_FIRST = 1.5  # added where it speaks of a beginning that is asked about, taken off where it speaks of the present
IN_LINE = 2.2  # added where a sentence speaks of the first, second … of several things and that is asked
SURE_RUN = 0.5  # how sure an enumeration must be one
ITEMS = 0.8  # added where things are lined up for a question that wants several
ITEMS_COUNTED = 2.0  # and where they are as many as it says
REFERRED, REFERRED_ITEMS = 1.2, -0.3  # how far below the sentence before a sentence that refers back to it may fall
# what a sentence after the one that holds the names says more, at least; how far below that it may fall; what saying more counts
SAYS_MORE, SPOKEN_OF, SPOKEN_GAIN = 0.15, 0.6, 2.0
OTHER_PLACE = 0.7  # and where a sentence names another place


def offsets(
    asked: Asked,
    sentences: Sequence[Sentence],
    hits: Sequence[Hit],
    rows: Floats,
    about: About,
    abbreviated: Abbreviated,
) -> Floats:
    """What an encyclopaedic set cannot teach: offices, names, the date of the document, the place asked about."""
    office = rows[:, features.SENTENCE.index("office")]
    out = office * (PERSON_OFFICE if asked.want.kind == "person" else OFFICE)
    if asked.want.kind == "person" and (office > 0.0).any():
        out = out - OTHER_OFFICE * np.array([features.other_office(asked, words_of(s.text).folded) for s in sentences])
    if asked.want.kind == "decision" or (asked.want.kind in ("place", "other", "definition") and address_asked(asked)):
        kinds = np.array([any(f.fit >= 0.95 for f in candidates(asked, s.text)) for s in sentences])
        out = out - (DOCUMENT_KIND if asked.want.kind == "decision" else ADDRESS) * (kinds.any() & ~kinds)
    names = [n for n in asked.names if " ".join(n) not in asked.places]
    near = [features.bags_of(s.text, s.before, s.context, abbreviated)[1] for s in sentences]
    if names and (asked.language == "en" or asked.want.kind in OPEN or asked.want.kind == "organisation"):
        whole = [words_of(hits[s.hit].passage.text).folded_set for s in sentences]
        named = np.array(
            [
                sum(1.0 if here.issuperset(n) else IN_PASSAGE * far.issuperset(n) for n in names) / len(names)
                for here, far in zip(near, whole, strict=True)
            ]
        )
        out = out - NAME * (named.max() - named)
    if asked.want.kind in OPEN and (called := _called(asked)):
        exact = [
            words_of(s.text).exact_set | words_of(s.before).exact_set | words_of(s.context).exact_set for s in sentences
        ]
        here = np.array([sum(name in around for name in called) / len(called) for around in exact])
        out = out - NAME * (here.max() - here)
    if asked.want.kind in ("other", "list") and (wordings := _focus_called(asked)):
        held = np.array([any(map(words_of(s.text).folded_set.issuperset, wordings)) for s in sentences])
        out = out - FOCUS * (held.any() & ~held)
    if asked.want.kind == "date":
        days = np.array([any(f.fit >= 0.7 for f in candidates(asked, s.text)) for s in sentences])
        out = out - NO_DAY * (days.any() & ~days)
    if asked.want.kind in NUMERIC - {"rank"} and asked.dates:
        met, clash, typed = (rows[:, features.SENTENCE.index(name)] for name in ("dates", "dates_clash", "typed"))
        if ((met >= 1.0) & (typed > 0.0)).any():
            out = out - OTHER_YEAR * clash
    if asked.want.kind in NUMERIC and _NOW.search(fold(asked.text)):
        out = out + SAID_NOW * np.array([_NOW.search(fold(s.text)) is not None for s in sentences])
    if asked.want.kind in NUMERIC and _AT_FIRST.search(fold(own_text(asked))):
        out = out + SAID_FIRST * np.array(
            [
                float(_TRIED.search(fold(s.text)) is not None) - float(_NOW.search(fold(s.text)) is not None)
                for s in sentences
            ]
        )
    if asked.want.kind == "rank":
        fits = np.array([max((f.fit for f in candidates(asked, s.text)), default=0.0) for s in sentences])
        if not goal_asked(asked):
            out = out - PLANNED * np.array([_only_planned(asked, s.text) for s in sentences])
        here = np.array([not is_far(asked, s, hits, about) for s in sentences])
        if here.any():
            fits = np.where(here, fits, 0.0)
        # "tốp 20" where a rank stands too; "10/27 huyện" where any of the two does
        out = (
            out
            - TOP_ONLY * ((fits > 0.7) & (fits < min(0.95, fits.max())))
            - TOP_ONLY * ((fits <= 0.7) & (fits.max() > 0.7))
        )
    if asked.want.kind in OPEN and (wanted_place := _in_line(own_text(asked))):
        out = out + IN_LINE * np.array([bool(wanted_place & _in_line(s.text)) for s in sentences])
    if short_asked(asked):
        out = out + SPELLED_OUT * np.array([float(spelled_out(asked, s.text)) for s in sentences])
    told = [mismatch.names_quantity(asked, f"{s.context}. {s.before} {s.text}") for s in sentences]
    if True in told:
        out = out - OTHER_QUANTITY * np.array([one is False for one in told])
    if goods_asked(asked):
        named_near = [all(around.issuperset(n) for n in names) for around in near]
        out = out + GOODS * np.array(
            [float(here and goods_told(asked, s.text)) for here, s in zip(named_near, sentences, strict=True)]
        )
    if wants_items(asked):
        out = out + np.array([_lined_up(asked, s.text) for s in sentences])
    months = {first[:7] for first, last in asked.dates if first[:7] == last[:7]}
    if months:
        out = out + np.array([DOCUMENT_DATE * ((hits[s.hit].date or "")[:7] in months) for s in sentences])
    return np.asarray(out + _place_rule(asked, sentences, hits, about), dtype=np.float64)


_IN_LINE = (
    ("first", re.compile(r"\b(?:dau tien|truoc tien|truoc het|truoc nhat|thu nhat|first|first of all)\b")),
    ("second", re.compile(r"\b(?:thu hai|second|secondly)\b")),
    ("third", re.compile(r"\b(?:thu ba|third|thirdly)\b")),
    (
        "hardest",
        re.compile(r"\b(?:kho(?: khan)? nhat|hardest|most difficult|biggest (?:difficulty|challenge|obstacle))\b"),
    ),
)


def _in_line(text: str) -> frozenset[str]:
    """Which of several things a text speaks of by its place among them."""
    folded = fold(text)
    return frozenset(name for name, pattern in _IN_LINE if pattern.search(folded))


def _focus_called(asked: Asked) -> tuple[tuple[str, ...], ...]:
    """The wordings, folded, by which texts name what is asked for; a single Vietnamese syllable tells too little."""
    if asked.language == "en":
        return tuple(tuple(w.split()) for w in glossary.vietnamese(asked.want.focus)) if asked.focus else ()
    return (asked.focus,) if len(asked.focus) > 1 else ()


_SHORT_ASKED = re.compile(r"\bviet tat (?:cua|cho)\b|\b(?:stands?|short) for\b")
_SHORT = re.compile(r"\b(?=\w*[A-ZĐ])[A-ZĐ&][\wĐ&-]{1,9}\b")


@per_question
def short_asked(asked: Asked) -> tuple[str, ...]:
    """The short forms of which a question asks what they stand for."""
    if not _SHORT_ASKED.search(fold(asked.text)):
        return ()
    return tuple(m.group() for m in _SHORT.finditer(asked.text) if sum(c.isupper() for c in m.group()) > 1)


def spelled_out(asked: Asked, text: str) -> bool:
    """Whether a sentence spells out a short form asked about: "Viện hòa bình quốc tế Stockholm (SIPRI)"."""
    return any(
        re.search(rf"\w \(\s*{re.escape(short)}\s*\)|\b{re.escape(short)} \(\w", text) for short in short_asked(asked)
    )


_ADDRESS = rf"\b(?P<address>[Cc]hị|[Aa]nh|[ÔÓôó]ng|[Bb]à|[Cc]ô|[Cc]hú|[Bb]ác) (?P<name>{CAPITAL}[^\W\d_]*)"
_ADDRESSED, _CALLED = re.compile(_ADDRESS), re.compile(rf"{_ADDRESS}(?! {CAPITAL})")


@per_question
def _called(asked: Asked) -> tuple[str, ...]:
    """Given names by which people are called without the rest ("chị Hằng"), exact: folded they are many other words too."""
    if asked.language != "vi":
        return ()
    return tuple(canonical(m["name"]) for m in _CALLED.finditer(asked.text))


def _only_planned(asked: Asked, text: str) -> bool:
    """Whether the first rank of a sentence is one that is aimed at: "Với mục tiêu đến năm 2025 … thuộc nhóm 10 tỉnh"."""
    first = next((f for f in candidates(asked, text) if f.fit > 0.7), None)
    return first is not None and planned(text[: first.start])


def is_far(asked: Asked, sentence: Sentence, hits: Sequence[Hit], about: About) -> bool:
    """Whether neither a sentence nor its passage nor its document speaks of the place asked about."""
    hit, wanted = hits[sentence.hit], _places_asked(asked)
    return bool(wanted) and not (
        wanted & folded_places_of(sentence.text)
        or wanted & about(hit.source)
        or wanted & folded_places_of(f"{hit.passage.context}. {hit.passage.text}")
    )


def _place_rule(asked: Asked, sentences: Sequence[Sentence], hits: Sequence[Hit], about: About) -> Floats:
    """What is taken off sentences whose document does not speak of the place asked about, or which name another one."""
    out = np.zeros(len(sentences))
    if not asked.places:
        return out
    for i, sentence in enumerate(sentences):
        here = folded_places_of(sentence.text)
        if is_far(asked, sentence, hits, about):
            out[i] = -FAR_PLACE
        elif here and not here & _places_asked(asked):
            out[i] = -OTHER_PLACE
    return out


@per_question
def _places_asked(asked: Asked) -> frozenset[str]:
    return frozenset(fold(canonical_place(p)) for p in asked.places)


_NOW = re.compile(
    r"\b(?:den nay|toi nay|hien nay|hien tai|hien da|hien co|nay da|hien dang|now|currently|to date|so far)\b"
)

_AT_FIRST = re.compile(
    r"\b(?:ban dau|luc dau|thoi gian dau|buoc dau|dau tien (?:thi diem|lam|ap dung|trien khai)|(?:thi diem|lam|ap dung|trien khai) (?:dau tien|lan dau)|lam thu|"
    r"at first|at the (?:start|outset|beginning)|initially|originally|first (?:pilot|tri|test|start|appl|introduc|launch|try|put)\w*|"
    r"(?:pilot|tri|test|start|launch|introduc)\w+ first)\b"
)
_TRIED = re.compile(r"\b(?:thi diem|ban dau|luc dau|buoc dau|khoi dau|lan dau|lam thu|pilot\w*|at first|initially)\b")


def _lined_up(asked: Asked, text: str) -> float:
    sure, found = best_run(asked, text)
    wanted = count_asked(asked.text)
    if not found or sure < SURE_RUN:
        return 0.0
    return ITEMS_COUNTED * min(1.0, sure) if len(found) == wanted else 0.0 if wanted else ITEMS * min(1.0, sure)


_REFERS = re.compile(
    r"^[“\"'\s-]*(?:Ông|Bà|Anh|Chị|Họ|Nó|Đây|Đó|Chúng|Điều (?:này|đó)|Việc (?:này|đó)|Theo đó|Trong đó|Tại đây|Ở đây|Nhờ (?:đó|vậy)|Do đó|Vì vậy|Vì thế|Từ đó|Qua đó|Cụ thể|"
    r"(?:Một|Hai|Ba|Bốn|Cả) [\wÀ-ỹ]+ (?:này|đó)|Vấn đề đầu tiên|Thứ nhất|Một là|He|She|They|It|This|These|Those|First)\b|^[^,.;:]{0,50}\b(?:này|đó|ấy|nói trên|nêu trên)\b"
)


def refers(text: str) -> bool:
    """Whether a sentence begins with something that the sentence before it names ("Mô hình này …", "Nòng cốt của những tổ này …")."""
    return _REFERS.search(text) is not None


def carried(asked: Asked, sentences: Sequence[Sentence], scores: Floats) -> Floats:
    """The scores, where a sentence that refers back stands close to the sentence before it: the words of the question are there, the
    answer is here. Of a figure, date or name only where it is here and not there."""
    out = scores.copy()
    typed = asked.want.kind not in OPEN
    for i in range(1, len(sentences)):
        here, before = sentences[i], sentences[i - 1]
        if here.hit != before.hit or here.ordinal != before.ordinal + 1 or not refers(here.text):
            continue
        if typed and (_fits(asked, before.text) or not _fits(asked, here.text)):
            continue
        lined = wants_items(asked) and _lined_up(asked, here.text) > 0.0
        out[i] = max(out[i], out[i - 1] - (REFERRED_ITEMS if lined else REFERRED))
    return out if typed else _spoken_of(asked, sentences, out)


def _spoken_of(asked: Asked, sentences: Sequence[Sentence], scores: Floats) -> Floats:
    """The scores, where a sentence that comes after the one that names who or what is asked about, and says more of what is asked,
    stands close to it: "HTX Gia Phúc … . HTX đang ứng dụng công nghệ tưới …" for how that cooperative waters."""
    named = {w for name in asked.names for w in name} | _addresses(asked)
    core = {t: w for t, w in asked.terms.items() if named.isdisjoint(t.split())}
    total = sum(core.values())
    if not asked.names or not total:
        return scores
    bags = [words_of(s.text).folded_set for s in sentences]
    said = [sum(w for t, w in core.items() if holds(asked, t, bag)) / total for bag in bags]
    out = scores.copy()
    for i, name in enumerate(sentences):
        if not any(bags[i].issuperset(n) for n in asked.names):
            continue
        for j in range(i + 1, len(sentences)):
            if sentences[j].hit != name.hit:
                break
            if said[j] - said[i] >= SAYS_MORE and (not goods_asked(asked) or goods_told(asked, sentences[j].text)):
                out[j] = max(out[j], scores[i] - SPOKEN_OF + SPOKEN_GAIN * (said[j] - said[i]))
    return out


_ADDRESSES = frozenset("ong ba anh chi co chu bac".split())


@per_question
def _addresses(asked: Asked) -> frozenset[str]:
    """How people are addressed in a question, and the given names that stand alone behind it ("ông Hải"), folded."""
    if asked.language == "vi-folded":
        firsts = {name[0] for name in asked.names}
        return frozenset(a for a, b in pairwise(asked.sequence) if a in _ADDRESSES and b in firsts)
    return frozenset(fold(part) for m in _ADDRESSED.finditer(asked.text) for part in (m["address"], m["name"]))


def _fits(asked: Asked, text: str) -> bool:
    return any(f.fit >= 0.5 for f in candidates(asked, text))
