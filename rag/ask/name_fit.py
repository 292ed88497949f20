"""Names as answers: which persons, organisations and places of a sentence fit what is asked, and which belong together.

Works on one sentence; knows nothing of scores or of how sentences are chosen.
"""

from __future__ import annotations

import re

from rag.ask.evidence import Asked, names_of, per_question, places_of, words_of
from rag.ask.found import Found
from rag.ask.guarded import guarded
from rag.text.abbreviations import TABLE
from rag.text.names import PROVINCES_FOLDED, Name
from rag.text.normalise import fold

_LEVELS = frozenset("huyen xa phuong thon quan ap lang ban tinh cho".split())
_COUNTRY = frozenset({"nuoc", "gia", "country"})  # "quốc gia" ends in "gia"
# countries as Vietnamese and English texts call them, folded
_COUNTRIES = frozenset(
    "viet nam|vietnam|trung quoc|china|hoa ky|my|usa|united states|nhat ban|nhat|japan|han quoc|south korea|korea|trieu tien|dai loan|taiwan|hong kong|thai lan|thailand|lao|laos|campuchia|cambodia|"
    "singapore|malaysia|indonesia|philippines|myanmar|brunei|an do|india|pakistan|bangladesh|sri lanka|nepal|mong co|mongolia|kazakhstan|uzbekistan|iran|iraq|israel|tho nhi ky|turkey|a rap xe ut|"
    "saudi arabia|qatar|uae|kuwait|phap|france|duc|germany|anh|vuong quoc anh|united kingdom|britain|england|y|italia|italy|tay ban nha|spain|bo dao nha|portugal|ha lan|netherlands|bi|belgium|"
    "luxembourg|ao|austria|thuy si|switzerland|thuy dien|sweden|na uy|norway|dan mach|denmark|phan lan|finland|iceland|ireland|ba lan|poland|sec|cong hoa sec|czech republic|slovakia|hungary|romania|"
    "bulgaria|hy lap|greece|croatia|serbia|ukraine|belarus|nga|russia|estonia|latvia|litva|lithuania|uc|australia|new zealand|canada|mexico|cuba|brazil|argentina|chile|peru|colombia|venezuela|"
    "ai cap|egypt|maroc|morocco|algeria|nigeria|ghana|kenya|ethiopia|tanzania|nam phi|south africa|chau au|europe|eu|asean|trung dong".split(
        "|"
    )
)
_INTO = re.compile(r"\b(?:nuoc|quoc gia|vuong quoc|cong hoa|republic of|kingdom of)\s*$")
_CITY = frozenset({"tp", "pho", "city"})
_LEVEL_WORD = re.compile(
    r"\b(xa|phuong|thi tran|huyen|quan|tinh|tp\.?|thanh pho|thi xa|thon|ap|lang|ban|cho|dao|song)\s*$"
)
_ANY_BODY = frozenset({"co quan", "don vi", "to chuc", "luc luong", "agency", "organisation", "organization", "body"})
_COMPANIES = frozenset({"company", "firm", "enterprise", "cong", "tap", "hang"})
_PUBLIC = re.compile(
    r"(?:Bộ|Sở|Cục|Tổng cục|UBND|HĐND|Ủy ban|Hội đồng|Tỉnh ủy|Huyện ủy|Đảng|Ban|Công an|Chính phủ|Quốc hội)\b"
)
_JOINS = frozenset(
    "va hay hoac cung and or xa phuong thi tran huyen cho tinh thon ap tp thanh pho quan ong ba anh chi dong chi so bo the mr ms".split()
)


_COMPANY = re.compile(r"\b(?:Công ty|Tập đoàn|Tổng công ty|Hợp tác xã|HTX|Xí nghiệp|Nhà máy)\s+")
_COMPANY_END = re.compile(
    r"[,.;:()“”\"]|\s(?:đã|đang|sẽ|là|có|cho|được|do|của|tại|ở|và|với|mới|vừa|cũng|còn|muốn|nói|chia|thì|bán|đưa|nằm|đóng)\s"
)
_WORD = re.compile(r"[\wÀ-ỹ&-]+")
_DOMAIN = re.compile(r"\.(?:vn|com|net|org|gov|edu|info|io)\b", re.IGNORECASE)  # "PostMart.vn" is no place, nor anybody


def companies(text: str) -> list[Found]:
    """Companies and cooperatives by their whole name, which goes on in small letters ("Công ty TNHH … Yến sào xứ Thanh")."""
    out = []
    plain = guarded(text)
    for head in _COMPANY.finditer(text):
        stop = _COMPANY_END.search(plain, head.end())
        end = stop.start() if stop else len(text)
        capitals = [w for w in _WORD.finditer(text, head.end(), end) if w.group()[0].isupper()]
        if capitals and len(text[head.start() : capitals[-1].end()].split()) <= 16:
            out.append(Found(head.start(), capitals[-1].end(), text[head.start() : capitals[-1].end()], 1.0))
    return out


# a body that issues a paper, by the whole of its name, which goes on in small letters: "Ban Chấp hành Đảng bộ tỉnh"
_ISSUER = re.compile(
    r"((?:UBND|HĐND|[ỦU]y ban [Nn]hân dân|Hội đồng [Nn]hân dân|Tỉnh [ủu]y|Huyện [ủu]y|Thành [ủu]y|Đảng [ủu]y|Ban [Cc]hấp hành|BCH|Ban [Tt]hường vụ|(?:Thủ tướng )?Chính phủ|"
    r"Thủ tướng|Quốc hội|Bộ [A-ZĐ]\w+|Sở [A-ZĐ]\w+)(?: (?!đã\b|cũng\b|vừa\b|mới\b|ban hành)[\wÀ-ỹ&]+){0,8}?)(?: \([^()]*\))?(?: (?:đã|cũng|vừa|mới))*"
    r" (?:ký )?(?:ban hành|thông qua|phê duyệt|(?:ra|có) (?=Nghị quyết|Quyết định|Kế hoạch|Chỉ thị))"
)
_ISSUED = re.compile(
    r"\b(?:ban hanh|phe duyet|thong qua|ky|ra|issue[sd]?|approve[sd]?|adopt(?:ed|s)?|pass(?:ed|es)?|release[sd]?|put out|came from)\b"
)
_PAPER = re.compile(r"\b(?:quyet dinh|nghi quyet|ke hoach|chi thi|de an|decision|resolution|plan|directive|scheme)s?\b")


@per_question
def _issuer_asked(asked: Asked) -> bool:
    """Whether a question asks who issued a paper."""
    folded = fold(asked.text)
    return _PAPER.search(folded) is not None and _ISSUED.search(folded) is not None


def _issuers(asked: Asked, text: str) -> list[Found]:
    """The bodies that a sentence says issue a paper, those of the very paper asked about first in fit."""
    out = []
    numbers = {w for w in asked.sequence if w.isdigit()}
    found = list(_ISSUER.finditer(text))
    for place, one in enumerate(found):
        stop = found[place + 1].start() if place + 1 < len(found) else len(text)
        own = set(words_of(text[one.end() : min(stop, one.end() + 160)]).folded)
        out.append(Found(*one.span(1), one[1], 1.0 if not numbers or numbers & own else 0.4))
    return out


def named(asked: Asked, text: str, kind: str) -> list[Found]:
    """The names of ``text`` that may answer a question for a person, an organisation or a place, in order."""
    whole = [c for c in companies(text) if not _stated(asked, c.text)] if kind == "organisation" else []
    headed = False
    out: list[Found] = [c for c in whole if asked.focus[:1] != ("so",)]
    if kind == "organisation" and _issuer_asked(asked) and (issuers := _issuers(asked, text)):
        return issuers
    for name in names_of(text):
        if (
            any(c.start <= name.start < c.end for c in whole)
            or _stated(asked, name.text)
            or (name.text in TABLE and kind != "place")
            or _DOMAIN.search(name.text)
        ):
            continue
        if kind == "person":
            if _TRADE.search(name.text):
                continue
            fit = 1.0 if name.kind == "person" else (0.25 if name.kind == "other" and " " in name.text else 0.0)
        elif kind == "organisation":
            fit = _body_fit(asked, text, name)
        else:
            fit = 1.0 if name.kind == "place" else (0.4 if name.kind == "other" and not name.text.isupper() else 0.0)
            fit = _level_fit(asked, text, name.start, name.text, fit)
            if name.kind != "person" and _after_focus(asked, text, name.start):
                fit, headed = 1.0, True
        if fit:
            end = _whole(text, name)
            out.append(Found(name.start, end, text[name.start : end], fit))
    if kind == "place":
        taken = [(f.start, f.end) for f in out]
        for place in places_of(text):
            if not _stated(asked, place.text) and not any(s < place.end and place.start < e for s, e in taken):
                out.append(
                    Found(place.start, place.end, place.text, _level_fit(asked, text, place.start, place.text, 1.0))
                )
    if headed:  # beside "chợ Sông Cau" another place hardly is the market asked for
        out = [f if _after_focus(asked, text, f.start) else Found(f.start, f.end, f.text, 0.6 * f.fit) for f in out]
    return sorted(out, key=lambda f: f.start)


def _after_focus(asked: Asked, text: str, start: int) -> bool:
    """Whether the noun asked for stands right before: "chợ nào", "chợ Quảng Thắng"."""
    before = words_of(text[max(0, start - 24) : start]).folded
    return bool(asked.focus) and asked.language != "en" and before[-1:] == asked.focus[-1:]


def _whole(text: str, name: Name) -> int:
    """The end of a name that goes on in small letters: "Ban Chấp hành Đảng bộ tỉnh"."""
    rest = re.match(r" bộ(?: (?:tỉnh|huyện|xã|thành phố))?\b", text[name.end :]) if name.text.endswith("Đảng") else None
    return name.end + rest.end() if rest else name.end


def _stated(asked: Asked, text: str) -> bool:
    words = [w for w in words_of(text).folded if w not in _BODY_WORDS] or words_of(text).folded
    return bool(words) and all(w in asked.words for w in words)


_TRADE = re.compile(r"\b(?:TNHH|CP|MTV|JSC|LLC)\b")  # in the name of nobody
_BODY_WORDS = frozenset(("htx", "hop", "tac", "xa"))  # of which English questions speak in English


def _body_fit(asked: Asked, text: str, name: Name) -> float:
    """A name of the very kind of body asked for, or right after its noun ("HTX Gia Phúc"), fits best."""
    focus = asked.focus
    if _after_focus(asked, text, name.start):
        return 1.0
    if focus and asked.language != "en" and words_of(name.text).folded[: len(focus)] == focus:
        return 1.0
    if set(focus) & _COMPANIES and _PUBLIC.match(name.text):
        return 0.05  # a ministry is no company
    if name.kind == "organisation":
        return 0.9 if not focus or " ".join(focus) in _ANY_BODY or asked.language == "en" else 0.7
    return 0.3 if name.kind == "other" else 0.15 if name.kind == "place" else 0.0


def asks_level(asked: Asked) -> bool:
    """Whether a Vietnamese question asks for a place of a kind that a text names ("xã nào", "nước nào")."""
    if asked.want.kind != "place" or "cap" in asked.sequence:  # "thủ tục cấp xã nào"
        return False
    if asked.language == "en":
        return not {"country", "countries", "market", "markets"}.isdisjoint(asked.sequence)
    return bool(set(asked.focus) & (_LEVELS | {"nuoc"}))


_BESIDES = re.compile(
    r"\b(?:besides|other than|apart from|which other|what other)\b|\bngoai (?:tinh )?_*\w+.*\bnua\b|\bnao nua\b"
)


def another_asked(asked: Asked) -> bool:
    """Whether a question asks for a place beside one it names: "which other province", "ngoài Hậu Giang thì tỉnh nào nữa"."""
    return asked.want.kind == "place" and _BESIDES.search(fold(asked.text)) is not None


def _level_fit(asked: Asked, text: str, start: int, name: str, fit: float) -> float:
    """``fit`` for a place of the level asked for ("huyện nào", "which country"), less for one of no or another level."""
    focus = set(asked.focus)
    before = _LEVEL_WORD.search(fold(text[max(0, start - 12) : start]))
    own = before.group(1).rstrip(".") if before else ""
    first = fold(name).split()[:1]
    if not own and first and first[0] in _LEVELS:
        own = first[0]
    if focus & _COUNTRY and not focus & _LEVELS:
        known = fold(name) in _COUNTRIES
        if not known and (
            own or fold(name) in PROVINCES_FOLDED or not _INTO.search(fold(text[max(0, start - 12) : start]))
        ):
            return 0.05 * fit  # "Lazada" is no country
        return max(fit, 0.9) if known else fit
    if focus & _CITY:
        return fit if own in ("tp", "thanh pho") else 0.5 * fit
    levels = _LEVELS & focus
    if not levels:
        return fit
    if own:
        return max(fit, 0.9) if own in levels else 0.45 * fit
    return 0.9 * fit if "tinh" in levels and fold(name) in PROVINCES_FOLDED else 0.45 * fit


def together(text: str, found: list[Found], top: Found) -> list[Found]:
    """``top`` and the names lined up with it ("chợ Điện Biên, chợ Quảng Thắng"; brackets between them do not part them)."""
    alike = [f for f in found if f.fit >= top.fit - 0.1]
    at = alike.index(top)
    out = [top]
    for step in (1, -1):
        i, here = at, top
        while 0 <= i + step < len(alike):
            i += step
            low, high = (here, alike[i]) if step > 0 else (alike[i], here)
            if not _joined(text[low.end : high.start]):
                break
            here = alike[i]
            out.append(here)
    return sorted(out, key=lambda f: f.start)


def _joined(gap: str) -> bool:
    bare = re.sub(r"\([^()]*\)", " ", gap)
    words = words_of(bare).folded
    return (
        len(words) <= 5
        and all(w in _JOINS for w in words)
        and bool("," in bare or ";" in bare or set(words) & {"va", "hay", "hoac", "cung", "and", "or"})
    )
