"""Figures of a text that may answer a question, each with how well what it counts or measures fits.

Knows nothing of other kinds of answers or of which figure is chosen.
"""

from __future__ import annotations

import re
from itertools import pairwise

from rag.ask import synonyms
from rag.ask.evidence import Asked, numbers_of, per_question
from rag.ask.found import Found
from rag.text.names import CAPITAL
from rag.text.normalise import canonical, fold

_MONEY_AFTER = re.compile(
    r"\s*(?:tỷ|tỉ|triệu|nghìn|ngàn)?\s*(?:đồng|đô la|usd|vnđ|vnd|euro|đ\b|\$)|\s*(?:tỷ|triệu)\b", re.IGNORECASE
)
# millions of things, not of money: "342,78 triệu hóa đơn"
_COUNTED_MILLIONS = re.compile(
    r"[\d.,]+\s*(?:tỷ|tỉ|triệu|nghìn|ngàn)\s+(?:lượt|hóa|hoá|người|sản|hồ|giao|tài|bản|văn|thẻ|đơn|con|cây|tấn|ha|hộ|khách|km|lít|mét|thuê|doanh|tin|lao|"
    r"people|invoices|users|products|accounts|tonnes|visitors|transactions)\b",
    re.IGNORECASE,
)
# units that belong to the answer string itself ("6 tỷ đồng", "1,7 tấn", "22 ngày")
_SHOWN_UNIT = re.compile(
    r"\s?(?:(?:nghìn |ngàn |triệu |tỷ |tỉ )*(?:đồng|đô la(?: Mỹ)?|USD|VNĐ|VND|euro|km²|km2|m²|m2|km|mét|m|cm|mm|ha|hecta|kg|tấn|tạ|lít|tuổi|bậc|giờ|phút|giây|sao|ngày|tháng|năm|tuần|độ|°C|MW|kWh|GB|MB|thế kỷ|"
    r"years?|months?|days?|hours?|minutes?|kilometres?|kilometers?|metres?|meters?|tonnes?|tons?|people|dollars?)\b)",
    re.IGNORECASE,
)
# what follows the figure that answers "bao lâu", "how far", "how old"
_SPAN = r"[\s-]?(?:rưỡi )?(?:giây|phút|giờ|tiếng|ngày|đêm|tuần|tháng|quý|năm|thập kỷ|thập niên|thế kỷ|seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies))\b"
_LENGTH = r"\s?(?:km|ki ?lô ?mét|cây số|cm|mm|m|mét|dặm|hải lý|miles?|kilomet(?:re|er)s?|met(?:re|er)s?|feet|ft)\b"
_UNITS_OF = {
    "bao lâu": _SPAN, "bao lau": _SPAN, "how long": f"(?:{_SPAN}|{_LENGTH})", "bao xa": _LENGTH, "how far": _LENGTH,
    "bao tuổi": r"\s?tuổi\b", "bao tuoi": r"\s?tuổi\b", "how old": r"\s?(?:tuổi\b|years?\b|-year)",
}  # fmt: skip


_KILOMETRES = re.compile(r"\s?(?:nghìn |triệu )?(?:km|ki ?lô ?mét|cây số|kilomet(?:re|er)s?)\b", re.IGNORECASE)
_KILOMETRES_ASKED = re.compile(r"\b(?:bao nhieu|may) (?:km|cay so|ki ?lo ?met)\b|\bhow many (?:km|kilomet(?:re|er)s)\b")
_WEIGHT = re.compile(
    r"\s?(?:(?:nghìn|ngàn|triệu|vạn) )?(?:tấn|tạ|yến|kg|ki ?lô ?gam|cân|gam|gram|tonnes?|tons?|kilos?|kilograms?|pounds?|lbs?|ounces?|carats?|mg)\b",
    re.IGNORECASE,
)
_WEIGHT_ASKED = re.compile(
    r"\b(?:can nang|trong luong|khoi luong|nang (?:\w+ ){0,2}(?:bao nhieu|may|khoang)|how heavy|(?:bao nhieu|may) (?:tan|ta|kg|ky|yen)|in (?:tonnes?|tons?|kilos?|kg|kilograms?)|how many (?:tonnes?|tons?|kilos?|kg|kilograms?)|(?:in|by) weight|what weight|weighs?)\b"
)


_AGE_ASKED, _AGE = re.compile(r"\b(?:bao nhieu|may) tuoi\b"), re.compile(r"\s?tuổi\b", re.IGNORECASE)
_AREA_ASKED = re.compile(r"\brong (?:bao nhieu|may|co nao)\b|\bhow many hectares\b|\bin hectares\b")
_AREA = re.compile(
    r"\s?(?:nghìn |triệu )?(?:ha|héc ?ta|hecta|m2|m²|km2|km²|(?:ki ?lô ?)?mét vuông|cây số vuông|dặm vuông|sq mi|mẫu|sào|công|hectares?)\b",
    re.IGNORECASE,
)
# "how far does it cut disease" asks for no distance
_DEGREE = re.compile(
    r"\b(?:cuts?|reduced?s?|lower(?:s|ed)?|limit(?:s|ed)?|curb(?:s|ed)?|increased?s?|improved?s?)\b", re.IGNORECASE
)


@per_question
def units_asked(asked: Asked) -> re.Pattern[str] | None:
    """The units in which "bao lâu", "how far", "how old" are answered; None for other questions."""
    mark = asked.text[asked.want.start : asked.want.end].lower()
    if mark in _UNITS_OF and not (mark == "how far" and _DEGREE.search(asked.text)):
        return re.compile(_UNITS_OF[mark], re.IGNORECASE)
    question = fold(asked.text)
    if _KILOMETRES_ASKED.search(question):
        return _KILOMETRES
    if _AGE_ASKED.search(question) and not re.search(
        r"\btuoi tho\b|\bdo tuoi\b|\bsong (?:duoc|den|toi|trung binh)\b", question
    ):
        return _AGE
    if _AREA_ASKED.search(question):
        return _AREA
    return _WEIGHT if _WEIGHT_ASKED.search(question) else None


_TIMES = re.compile(r"\blan thu $")  # "cuộc cách mạng lần thứ 4" counts nothing
_TOP = re.compile(r"\b(?:tốp|top)\s+$", re.IGNORECASE)
_VERSION = re.compile(r"\d\.0")  # "chợ 4.0"


# a name of two words right before a small number is the name of a place
_NAMED = re.compile(rf"\b(?:thôn|ấp|khu|khu vực|tổ|bản|phường|quận) (?:{CAPITAL}\w* ){{1,3}}$")
_STARS = re.compile(r"\b(?:sao|stars?)\b")
# what numbers a paper or a place in an order, and counts nothing: "Nghị quyết số 25", "tốp 20"
_NUMBERING = re.compile(
    r"\b(?:(?:quyet dinh|nghi quyet|ke hoach|chi thi|nghi dinh|thong tu|cong van|de an|van ban|luat|decision|resolution|decree)(?: (?:so|no\.?))?|top)\s*$"
)


def figures_in(asked: Asked, text: str) -> list[Found]:
    """The figures of ``text`` that the question does not state itself, in order; ``fit`` in [0, 1]."""
    kind, focus = asked.want.kind, asked.focus
    out: list[Found] = []
    folded = fold(text)
    measured = units_asked(asked)
    for number in numbers_of(text):
        if str(number.value) in asked.numbers or _TIMES.search(folded, max(0, number.start - 8), number.start):
            continue
        if kind != "rank" and _VERSION.fullmatch(number.text):
            continue
        if kind in ("number", "amount") and _NAMED.search(text[max(0, number.start - 24) : number.start]):
            continue  # "thôn Tân Ngữ 2"
        if kind in ("number", "amount", "percent") and _NUMBERING.search(
            folded, max(0, number.start - 24), number.start
        ):
            continue
        end = number.end
        slash = re.match(r"/\d+", text[end:]) if number.unit.startswith("/") else None
        end += slash.end() if slash else 0
        after = words_after(folded, end)
        if asked.language == "vi" and asked.exact:
            after = _as_typed(asked, after, text, end)
        fit = 0.3
        if kind == "number" and measured is not None:
            fit = 1.0 if measured.match(text, end) else 0.1
        elif kind == "percent":
            fit = 1.0 if number.percent else 0.05
        elif kind == "amount":
            money = (
                (_MONEY_AFTER.match(text, end) and not _COUNTED_MILLIONS.match(text, number.start))
                or (
                    re.search(r"(?:tỷ|tỉ|triệu|nghìn|billion|million)\b", number.text, re.IGNORECASE)
                    and not _COUNTED_MILLIONS.match(text, number.start)
                )
                or text[: number.start].rstrip().endswith("$")
            )
            fit = 1.0 if money else 0.1
        elif kind == "rank":
            near = folded[max(0, number.start - 14) : number.start]
            here = re.split(r"[\d,;]", near)[-1]  # what is said of the figure before is not said of this one
            told = number.ordinal or re.search(r"thu|hang|top|nhom|vi tri|rank|bac|xep|dung", here)
            # "10/27 huyện" has no place in any order
            fit = 1.0 if told else 0.6 if number.unit.startswith("/") else 0.1
            if re.search(r"\b(?:top|nhom)\s*$", near) and not re.search(r"\b(?:top|nhom|group)\b", fold(asked.text)):
                fit = 0.8  # "thứ 17/63" says more than "tốp 20"
            if after[:1] == ("sao",) and not _STARS.search(fold(asked.text)):
                fit = 0.05  # "xếp hạng OCOP 3 sao" ranks nothing among others
            if focus[:1] == ("bac",):
                fit = 1.0 if after[:1] == ("bac",) else 0.2
        elif focus[:1] in (("tang",), ("giam",)):
            fit = 1.0 if CHANGED.search(folded[max(0, number.start - 36) : number.start]) else 0.3
        elif number.percent:
            fit = 0.1 if kind == "number" and focus else 0.5
        elif focus:
            fit = max(_unit_fit(asked, after), 0.0 if after else _counted_before(asked, folded[: number.start]))
            if (units := _units_counted(asked)) and not units & set(
                after[:4:3] if after[:1] == ("don",) else after[:1]
            ):
                fit *= 0.15  # "133 tổ … cấp thôn" counts no hamlets, "3.000 người dân" no households
        elif kind in ("number", "comparison"):
            fit = 0.5
        shown = _SHOWN_UNIT.match(text, end) if not number.percent else None
        if shown:
            end = shown.end()
        if number.unit.startswith("/") and kind != "rank" and len(set(number.text.split("/"))) > 1:
            placed = re.search(r"\b(?:thu|hang|vi tri|xep|dung)\b[^\d,;]{0,12}$", folded[: number.start])
            if placed or fit < 0.7:
                fit *= 0.8  # "đứng thứ 17/63 tỉnh", but "10/27 huyện"; "679/679" is all there are
        start = number.start
        if kind == "rank" and (top := _TOP.search(text, max(0, start - 6), start)):
            start = top.start()  # "tốp 15" says more than "15"
        span = re.search(r"\d[\d.,]*\s?[-–]\s?$", text[:start])  # "50-60%"
        if span and out and out[-1].end >= span.start() and not number.text.startswith("-"):
            start = out.pop().start
        out.append(Found(start, end, text[start:end], fit))
    if kind == "number" and focus and asked.language != "en" and not any(f.fit >= 0.5 for f in out):
        # a number word that is another word too ("năm đạo luật", "hai phái") is one before what is counted
        out = sorted([*out, *_in_words(asked, text, folded)], key=lambda f: f.start)
    if _times_asked(asked):
        times = [Found(m.start(), m.end(), m.group(), 1.0) for m in _TIMES_MORE.finditer(text)]
        out = sorted(
            [f for f in out if not any(t.start <= f.start < t.end for t in times)] + times, key=lambda f: f.start
        )
    return out


_UNITS = frozenset("xa phuong thon huyen ap ho quan".split())
_UNITS_EN = {
    "communes": "xa", "wards": "phuong", "hamlets": "thon", "villages": "thon", "districts": "huyen", "households": "ho",
}  # fmt: skip


@per_question
def _units_counted(asked: Asked) -> frozenset[str]:
    """The units of administration, or households, that are counted, where nothing else is: "bao nhiêu thôn", "how many communes and wards"."""
    if asked.language == "en":
        words = re.findall(r"[a-z]+", asked.want.focus.lower())
        named = [_UNITS_EN[w] for w in words if w in _UNITS_EN]
        return frozenset(named) if named and all(w in _UNITS_EN or w in ("and", "or") for w in words) else frozenset()
    focus = [w for w in asked.focus if w not in ("dan", "gia", "dinh", "va", "thi", "tran")]
    return frozenset(focus) if focus and _UNITS.issuperset(focus) else frozenset()


_IN_WORDS = re.compile(r"\b(?:hai|ba|bon|nam|sau|bay|tam|chin|muoi|hai muoi|ba muoi)(?= (?P<noun>\w+))")


def _in_words(asked: Asked, text: str, folded: str) -> list[Found]:
    """Numbers in words right before a word of what is counted, which nothing else tells to be numbers."""
    nouns = (set(asked.focus) | asked.heads) - {"cai", "nguoi"}
    return [
        Found(m.start(), m.end(), text[m.start() : m.end()], 0.9)
        for m in _IN_WORDS.finditer(folded)
        if m["noun"] in nouns and text[m.start() : m.end()].lower() in _NUMBER_WORDS
    ]


_NUMBER_WORDS = frozenset("hai ba bốn năm sáu bảy tám chín mười".split()) | {"hai mươi", "ba mươi"}
_TIMES_ASKED = re.compile(r"\bhow many times (?:more|higher|as|the|bigger|larger|greater)\b")


@per_question
def _times_asked(asked: Asked) -> bool:
    return asked.focus == ("lan",) or _TIMES_ASKED.search(fold(asked.text)) is not None


_TIMES_MORE = re.compile(
    r"\bgấp (?:đôi|ba|bốn|năm|sáu|bảy|tám|chín|mười|rưỡi|hai|(?:[\d,.]+(?: ?[-–] ?[\d,.]+)?|nhiều|hàng chục)(?= lần))(?: lần)?\b|\b(?:double|twice|triple|twofold|threefold)\b",
    re.IGNORECASE,
)


CHANGED = re.compile(
    r"\b(?:tang|giam|them)\s*(?:\w+\s+){0,2}$|\b(?:tang|giam|hon)\b(?: so voi)?(?: (?:cung ky|nam|thang|quy|nam truoc|ky truoc))?[\s\d/]*(?:\w+ )?(?:la|toi|den|len|khoang|them)?\s*$"
)


def words_after(folded: str, end: int) -> tuple[str, ...]:
    """Up to nine words of a folded text from ``end`` to the next stop or figure."""
    stop = re.search(r"[.,;:()]|\d", folded[end : end + 90])
    return tuple(re.findall(r"[^\W_]+", folded[end : end + (stop.start() if stop else 90)])[:9])


def _as_typed(asked: Asked, after: tuple[str, ...], text: str, end: int) -> tuple[str, ...]:
    """``after`` without the words that equal the counted noun's only when diacritics are dropped ("hộp" for "hợp")."""
    exact = words_after(canonical(text), end)
    if len(exact) != len(after) or text[end : end + 90].isascii():
        return after
    focus = asked.heads | set(asked.focus)
    return tuple(w if w not in focus or e in asked.exact or e.isascii() else "" for w, e in zip(after, exact))


def _counted_before(asked: Asked, folded: str) -> float:
    """The fit of a number that ends its clause after the noun it counts: "Số sản phẩm OCOP … là 429", "Số xã: 12"."""
    found = re.search(
        r"\b(?:tong so|so luong|so luot|so)\s+([^.;:]{2,120}?)\s*(?:\bla|\bdat|\blen|\btoi|\bkhoang|\bgan|\bhon|\btren|:|;)?\s*$",
        folded,
    )
    if found is None:
        return 0.0
    words = re.findall(r"\w+", found.group(1))
    shared = len(set(asked.focus) & set(words)) / len(asked.focus)
    return 0.6 + 0.4 * shared if words[0] in asked.heads else 0.15 + 0.5 * shared


def _unit_fit(asked: Asked, after: tuple[str, ...]) -> float:
    """How the words after a number match what is counted: its first word beside the number is worth most."""
    if not after:
        return 0.1
    focus = set(asked.focus)
    shared = len(focus & set(after)) / len(focus)
    if len(asked.focus) == 2 and asked.focus not in pairwise(after):
        shared = 0.0  # half of a compound is another word: "đơn" of "đơn vị" in "hóa đơn"
    if len(asked.focus) == 2 and asked.focus in pairwise(after[:5]) and after[0] not in asked.heads:
        return 0.85  # "87.271 sản phẩm nông sản"
    if after[0] in asked.heads:
        return 0.7 + 0.3 * shared
    if any(after[: len(words)] == words for words in synonyms.counted(asked)):
        return 0.7 + 0.2 * shared
    return 0.15 + 0.5 * shared
