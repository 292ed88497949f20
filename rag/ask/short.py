"""Answer strings inside a sentence: numbers with their unit, dates, persons, places, offices, documents.

``candidates`` lists the strings of the wanted kind that the question does not already hold; ``rank`` says how well each
sits with the question's words around it. Knows nothing of how sentences are chosen or shown.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from rag.ask.answer_types import NUMERIC
from rag.ask.evidence import Asked, Words, dates_of, names_of, per_question, words_of
from rag.ask.figure_fit import CHANGED, figures_in, words_after
from rag.ask.found import Found as Found
from rag.ask.listed import items, lined_up, things, wants_items
from rag.ask.name_fit import named, together
from rag.ask.question_heads import DOCUMENTS_EN
from rag.text.dates import DateSpan
from rag.text.normalise import canonical, fold

_THINGS = frozenset({"list", "other", "definition"})
# what the question's words beside a candidate count, the nearer the more, and wherever they stand
NEAR, HELD = 2.2, 0.3
REACH = 12  # words on either side that may belong to a candidate
_ROLE = re.compile(
    r"(?:(?:Nguyên|Cựu|Quyền)\s+)?(?:Phó\s+)?(?:Tổng\s+)?(?:Giám đốc|Chủ tịch|Bí thư|Trưởng phòng|Trưởng Phòng|Trưởng ban|Trưởng thôn|Trưởng ấp|Cục trưởng|Vụ trưởng|Bộ trưởng|Thứ trưởng|Thủ tướng|Tổng thống|Chánh [Vv]ăn phòng|"
    r"Viện trưởng|Hiệu trưởng|Tổ trưởng|Tổng [Bb]í thư|Đô đốc|Đại tướng|Thống đốc|Toàn quyền|Hoàng đế|Nhà vua|chủ tịch|giám đốc|bí thư|trưởng thôn|phó giám đốc|phó chủ tịch|thủ tướng|tổng thống|"
    r"Director|Deputy Director|Chairman|Chairwoman|Chair|Vice Chairman|Vice Chair|Head|Deputy Head|Secretary|Minister|President)(?:\s+(?:[^\s,.;:()\"“”]+))*",
)
_DOCUMENT_NUMBER = re.compile(
    r"(?:Quyết định|Nghị quyết|Kế hoạch|Chỉ thị|Nghị định|Thông tư|Công văn|Luật|Đề án|Chương trình|Decision|Resolution|Plan|Decree)(?:\s+(?:số|No\.?))?\s*(?:\d+(?:[/-][A-ZĐ\d][\wĐ/-]*)?|[“\"][^”\"]{3,120}[”\"])",
    re.IGNORECASE,
)


_ADDRESS = re.compile(
    r"(?:https?://)?(?:[a-z0-9-]+\.)+(?:vn|com|net|org|gov|edu|info|io)(?:/[^\s,;)]*)?", re.IGNORECASE
)
_ADDRESS_ASKED = re.compile(
    r"\b(?:trang web|website|web|dia chi (?:mang|web|internet|trang|cong)|duong link|url|ten mien|web address|domain)\b"
)


@per_question
def candidates(asked: Asked, text: str) -> list[Found]:
    """Strings of the wanted kind in ``text`` that the question does not state itself, in order."""
    found = _strings(asked, text)
    return [f for f in found if canonical(f.text) not in asked.without] if asked.without else found


def _strings(asked: Asked, text: str) -> list[Found]:
    kind = asked.want.kind
    if kind in ("place", "other", "list", "definition") and address_asked(asked):
        return [Found(m.start(), m.end(), m.group().rstrip(".,;)"), 1.0) for m in _ADDRESS.finditer(text)]
    if kind in NUMERIC or kind == "comparison":
        if term := _TERM_ASKED.search(fold(asked.text)):
            counted = [m for m in _TERM.finditer(text) if fold(m.group()).startswith(term[1].split()[-1])]
            return [Found(m.start(), m.end(), m.group(), 1.0) for m in counted]
        return figures_in(asked, text)
    if kind == "date":
        out = [Found(d.start, d.end, d.text, _date_fit(asked, text, d)) for d in dates_of(text)]
        return [f for f in out if not _stated(asked, f.text)]
    if kind in ("person", "organisation", "place"):
        return named(asked, text, kind)
    if kind == "decision":
        found = [
            Found(m.start(), m.end(), m.group().strip(), _document_fit(asked, m.group()))
            for m in _DOCUMENT_NUMBER.finditer(text)
        ]
        return [f for f in found if not _stated(asked, f.text)]
    if kind == "role":
        return [_trimmed(text, m.start(), m.group()) for m in _ROLE.finditer(text)]
    return []


# terms of office and congresses are counted in Roman figures: "khóa XIX"
_TERM_ASKED = re.compile(r"\b(khoa|nhiem ky|dai hoi (?:\w+ ){0,4}?lan)(?: thu)? (?:may|bao nhieu|nao)\b")
_TERM = re.compile(r"\b(?:[Kk]h[óo]a|[Kk]hoá|lần thứ|nhiệm kỳ)\s+(?:[IVXLC]+|\d+)\b")


_GOAL = re.compile(r"\b(?:den|toi|truoc|dinh huong|tam nhin|giai doan|until|by)\s*(?:het\s+)?$")
_PLANNED = re.compile(r"\b(?:muc tieu|phan dau|dat dich|huong toi|den nam|se (?:dat|thuoc|vao|co)|target|aims?)\b")
_GOAL_ASKED = re.compile(
    r"\b(?:den|toi|truoc|khi nao thi|muc tieu|phan dau|giai doan|dinh huong|until|by what|by which|by when|period|thoi gian)\b"
)


def planned(before: str) -> bool:
    """Whether what stands before a figure says that it is aimed at."""
    return _PLANNED.search(fold(before)) is not None


def goal_asked(asked: Asked) -> bool:
    """Whether a question asks for something that is aimed at, or runs to a year."""
    return _asked_for(asked)[0]


_PERIOD_ASKED = re.compile(r"^(?:giai doan|thoi ky|period)\b")
_UNTIL_ASKED = re.compile(
    r"\b(?:den|toi) (?:het )?nam (?:nao|bao nhieu)\b|\b(?:until|to|by) (?:what|which) year\b|\buntil when\b"
)


def _date_fit(asked: Asked, text: str, date: DateSpan) -> float:
    """A day fits a question for a day best; a period, and the year a plan runs to ("đến năm 2030"), answer less unless asked for."""
    focus, question = fold(asked.want.focus), fold(asked.text)
    goal = _GOAL_ASKED.search(question) is not None
    if _PERIOD_ASKED.search(focus) and date.precision != "range":
        return 0.6
    if _UNTIL_ASKED.search(question):  # "đến năm nào": neither since when nor when it was issued
        before = fold(text[max(0, date.start - 16) : date.start])
        return 1.0 if _GOAL.search(before) else 0.9 if date.precision == "range" else 0.5
    if date.precision == "range" and not goal:
        return 0.5
    if not goal and _GOAL.search(fold(text[max(0, date.start - 16) : date.start])):
        return 0.55
    if focus in ("ngay", "date", "day", "hom") and date.precision != "day":
        return 0.7
    return 1.0


@per_question
def address_asked(asked: Asked) -> bool:
    """Whether a web address is what the question asks for."""
    return _ADDRESS_ASKED.search(fold(asked.text)) is not None


_NUMBER_ASKED = re.compile(r"\bso (?:may|bao nhieu|nao|hieu|gi)\b|\bnumber")


def _document_fit(asked: Asked, text: str) -> float:
    """A numbered document of the very kind asked for fits best; a title in quotation marks answers less than a number."""
    folded = fold(text)
    titled = folded.startswith(("de an", "chuong trinh")) and not _NUMBER_ASKED.search(fold(asked.text))
    numbered = 1.0 if titled or any(c.isdigit() for c in folded[:30]) else 0.6
    kind = DOCUMENTS_EN.get(asked.want.focus, "") if asked.language == "en" else " ".join(asked.focus)
    if not kind or folded.startswith(kind) or kind.startswith("van"):
        return numbered
    return numbered * 0.6


def _trimmed(text: str, start: int, role: str) -> Found:
    """A role's words up to the holder's name: "Giám đốc Sở TT&TT cho biết" → "Giám đốc Sở TT&TT"."""
    cut = re.search(
        r"\s(?:cho|đã|nói|chia sẻ|khẳng định|nhấn mạnh|lưu ý|nhận định|là|kể|cùng|said|told|has|is|was)\b|\s[-–]\s",
        role,
    )
    end = start + (cut.start() if cut else len(role))
    for name in names_of(text):
        if name.kind == "person" and start + 3 < name.start < end and len(name.text.split()) > 1:
            end = name.start
            break
    shown = text[start:end].rstrip(" -–,")
    return Found(start, start + len(shown), shown, 1.0)


def _stated(asked: Asked, text: str) -> bool:
    words = [fold(w) for w in re.findall(r"\w+", text)]
    return bool(words) and all(w in asked.words for w in words)


_CHANGE_ASKED = re.compile(r"\b(?:tang|giam|hon|them|chenh|thay doi|more|less|grow|rise|increase|than)\b")
# a place in an order of part of the country
_REGION = re.compile(r"\b(?:dong bang|khu vuc|vung|dbscl|mien (?:tay|nam|bac|trung)|mekong|delta|region)\b")
_OWN = re.compile(r"\s\(.*\)")  # a follow-up carries what it is about in brackets


def rank(asked: Asked, text: str, found: list[Found]) -> list[float]:
    """A score per candidate: its fit, the question's words beside it up to the next candidate, and slots that agree or clash.

    Vietnamese counts "59 tổ … cấp xã, 133 tổ … cấp thôn": what follows a number up to the next one belongs to it, while
    a percentage or a value mostly ends its clause ("Sở Công Thương đạt 99,15%").
    """
    if not found:
        return []
    words = words_of(text)
    numeric = asked.want.kind in NUMERIC or asked.want.kind == "comparison"
    levels = question_levels(asked)
    dates = dates_of(text) if asked.dates and asked.want.kind != "date" else ()
    folded = fold(text)
    goal, change, bodies = _asked_for(asked)
    region = asked.want.kind == "rank" and _REGION.search(fold(own_text(asked))) is not None
    scores: list[float] = []
    for i, candidate in enumerate(found):
        left_edge = found[i - 1].end if i else 0
        right_edge = found[i + 1].start if i + 1 < len(found) else len(text)
        if numeric and (
            asked.want.kind in ("percent", "amount") or candidate.text.endswith("%")
        ):  # "đạt 99,15%, các Sở …": what follows belongs to the next value
            stop = re.search(r"^,\s|;\s|\s(?:và|and)\s(?=[^,;]*$)", text[candidate.end : right_edge])
            right_edge = candidate.end + stop.start() if stop else right_edge
        counted = numeric and asked.want.kind != "rank" and re.match(r"\s+[^\W\d_]", text[candidate.end :]) is not None
        left, right = ((0.55, 1.0) if counted else (1.0, 0.4)) if numeric else (0.85, 0.85)
        if asked.want.kind == "rank":
            left, right = 0.8, 0.8
        near, held = _beside(asked, words, candidate, left_edge, right_edge, left, right)
        score = 1.6 * candidate.fit + NEAR * near + HELD * held
        if levels:
            score += _level_agrees(levels, text, candidate, left_edge, right_edge)
        if dates:
            score += _date_agrees(asked, dates, candidate)
        elif numeric and not goal and _PLANNED.search(folded, max(left_edge, candidate.start - 60), candidate.start):
            score -= 0.8
        if numeric and not change and asked.focus[:1] != ("tang",) and candidate.fit > 0.2:
            score -= 0.6 * (CHANGED.search(folded[max(0, candidate.start - 36) : candidate.start]) is not None)
        if asked.want.kind == "rank" and region:
            score += 0.9 * (_REGION.search(folded, candidate.end, min(right_edge, candidate.end + 40)) is not None)
        if bodies and numeric:
            score += 0.9 * any(set(b) <= set(words_of(text[left_edge : candidate.start]).folded) for b in bodies)
        scores.append(score)
    return scores


def own_text(asked: Asked) -> str:
    """The question without the brackets a follow-up carries."""
    return _OWN.sub("", asked.text)


@per_question
def _asked_for(asked: Asked) -> tuple[bool, bool, list[tuple[str, ...]]]:
    """Whether a goal and whether a change is asked for, and the named things that are no places."""
    own = fold(own_text(asked))
    return (
        _GOAL_ASKED.search(own) is not None,
        _CHANGE_ASKED.search(own) is not None,
        [n for n in asked.names if " ".join(n) not in asked.places and len(n) > 1],
    )


@per_question
def _own_words(asked: Asked) -> frozenset[str] | None:
    """The question's words outside the brackets a follow-up carries; None where it carries none."""
    bare = _OWN.sub("", asked.text)
    return words_of(bare).folded_set if bare != asked.text else None


def _beside(
    asked: Asked, words: Words, candidate: Found, left_edge: int, right_edge: int, left: float, right: float
) -> tuple[float, float]:
    """Shares of the question's weight beside the candidate, nearer words counting more and all alike; ``left`` and ``right`` weigh the sides."""
    at = bisect_left(words.spans, (candidate.start, 0))
    last = bisect_left(words.spans, (candidate.end, 0))
    best: dict[str, float] = {}
    held: dict[str, float] = {}
    own = _own_words(asked)
    for i in range(max(0, at - REACH), min(len(words.spans), last + REACH)):
        if at <= i < last:
            continue
        start, end = words.spans[i]
        if (i < at and start < left_edge) or (i >= last and end > right_edge):
            continue
        term = asked.lookup.get(words.folded[i], "")
        weight = asked.terms.get(term)
        if weight is None:
            continue
        weight *= 1.0 if own is None or set(term.split()) <= own else 0.4
        distance, side = (at - i, left) if i < at else (i - last + 1, right)
        best[term] = max(best.get(term, 0.0), weight * side / (1.0 + distance / 6.0))
        held[term] = max(held.get(term, 0.0), weight * side)
    return sum(best.values()) / asked.weight, sum(held.values()) / asked.weight


_LEVEL = re.compile(r"\bcap (tinh|huyen|xa|phuong|thon|ap|ban|trung uong)\b")
_LEVEL_ACCENTED = re.compile(r"\bcấp (tỉnh|huyện|xã|phường|thôn|ấp|bản|trung ương)\b")
_LEVELS_EN = {
    "hamlet": "thon",
    "hamlets": "thon",
    "village": "thon",
    "commune": "xa",
    "ward": "phuong",
    "district": "huyen",
    "provincial": "tinh",
    "province": "tinh",
}


@per_question
def question_levels(asked: Asked) -> frozenset[str]:
    """The administrative levels a question names: {"xa"} for "cấp xã", "at commune level"."""
    folded = fold(asked.text)
    own = _OWN.sub("", asked.text)
    found = levels_in(own, asked.language == "vi") or levels_in(asked.text, asked.language == "vi")
    if asked.language == "en" and ("level" in folded or "provincial" in folded):
        found |= {
            _LEVELS_EN[w]
            for w in asked.sequence
            if w in _LEVELS_EN and (w != "province" or "province level" in folded.replace("-", " "))
        }
    return frozenset(found)


def levels_in(text: str, accented: bool = True) -> set[str]:
    """The levels a text names, folded; ``accented`` tells "cấp tỉnh" from "cấp, tính"."""
    if accented and not text.isascii():
        return {fold(level) for level in _LEVEL_ACCENTED.findall(canonical(text))}
    return set(_LEVEL.findall(fold(text)))


def _level_agrees(levels: frozenset[str], text: str, candidate: Found, left_edge: int, right_edge: int) -> float:
    """What is added when the level beside a candidate is the one asked about, taken off when it is another."""
    stop = re.search(r"[,;.]\s|\s(?:và|and)\s", text[candidate.end : right_edge])
    right = levels_in(text[candidate.end : candidate.end + stop.start() if stop else right_edge][:90])
    near = right or _last_level(text[max(left_edge, candidate.start - 60) : candidate.start])
    if near & levels:
        return 0.8
    return -0.8 if near else 0.0


def _last_level(text: str) -> set[str]:
    """The level named last, with the ones joined to it ("cấp xã, phường")."""
    at = max((m.start() for m in _LEVEL.finditer(fold(text))), default=-1)
    return levels_in(text[at:]) if at >= 0 else set()


def _date_agrees(asked: Asked, dates: tuple[DateSpan, ...], candidate: Found) -> float:
    """The same for the nearest date of the sentence, the one before the candidate first."""
    nearest = min(
        dates,
        key=lambda d: candidate.start - d.end if d.end <= candidate.start else 1.6 * (d.start - candidate.end),
        default=None,
    )
    if nearest is None:
        return 0.0
    agrees = any(nearest.first <= last and first <= nearest.last for first, last in asked.dates)
    return 0.5 if agrees else -0.5


def pick(asked: Asked, text: str, limit: int = 3) -> list[tuple[Found, float]]:
    """The best candidate of ``text`` and those that answer as well as it does, in order of appearance."""
    if asked.want.kind in _THINGS and not address_asked(asked):
        chosen_items = (items(asked, text) if wants_items(asked) else []) or things(asked, text)
        return [(item, 1.0) for item in chosen_items]
    found = candidates(asked, text)
    if any(f.fit >= 0.5 for f in found):
        found = [f for f in found if f.fit >= 0.5]
    scores = rank(asked, text, found)
    if not scores:
        return []
    best = max(scores)
    several = asked.want.several or asked.want.kind in ("number", "list")
    chosen: list[tuple[Found, float]] = []
    top = found[scores.index(best)]
    parts = _parts_by_level(asked, text, found, top)
    if asked.want.kind in ("person", "organisation", "place"):
        parts, several = together(text, found, top), False
        if asked.want.several:
            run = lined_up(text, top)
            parts += [f for f in found if f not in parts and any(i.start <= f.start and f.end <= i.end for i in run)]
    for candidate, score in zip(found, scores):
        same = candidate is top or (
            several
            and score >= best - (0.4 if not asked.want.several else 0.8)
            and candidate.fit > top.fit - 0.099
            and _same_noun(text, candidate, top)
        )
        same = same or candidate in parts
        if same and canonical(candidate.text) not in {canonical(c.text) for c, _ in chosen}:
            chosen.append((candidate, score))
    if len(chosen) > limit and not parts:
        chosen = sorted(sorted(chosen, key=lambda c: -c[1])[:limit], key=lambda c: c[0].start)
    return chosen


def _parts_by_level(asked: Asked, text: str, found: list[Found], top: Found) -> list[Found]:
    """The parts a sentence gives of a count asked as a whole: "59 tổ … cấp xã và 133 tổ ở cấp thôn".

    Only where the question names no level: each part counts the same noun as the best candidate, names a level of its own, and
    stands beside the part before it in the same clause.
    """
    if asked.want.kind != "number" or question_levels(asked) or not top.text[:1].isdigit():
        return []
    edges = [*(f.start for f in found[1:]), len(text)]
    levels = [frozenset(levels_in(text[f.end : min(edge, f.end + 90)])) for f, edge in zip(found, edges)]
    at = found.index(top)
    if not levels[at]:
        return []
    out = [top]
    for i in [*range(at - 1, -1, -1), *range(at + 1, len(found))]:
        other = found[i]
        low, high = (other, top) if i < at else (top, other)
        apart = text[low.end : high.start]
        if (
            levels[i]
            and levels[i] != levels[at]
            and _same_noun(text, other, top)
            and not re.search(r"[.;:!?]\s", apart)
        ):
            out.append(other)
    return out if len(out) > 1 else []


def _same_noun(text: str, a: Found, b: Found) -> bool:
    """Two numbers count the same thing when the same word follows both; other kinds always may stand together."""
    if not (a.text[:1].isdigit() and b.text[:1].isdigit()):
        return True
    first = words_after(fold(text), a.end)
    second = words_after(fold(text), b.end)
    return bool(first and second and first[0] == second[0])
