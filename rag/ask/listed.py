"""Answer strings that are no figure, date or name of a kind: the items of an enumeration, and the names of things.

"… gồm những gì", "ba việc gì", "which channels" want the items that a text lines up; "tên gì", "danh hiệu gì", "app nào" want what
stands in quotation marks or as a name beside the noun asked for. Rules over one sentence; knows nothing of how sentences are chosen.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rag.ask.evidence import Asked, names_of, per_question, words_of
from rag.ask.found import Found
from rag.ask.guarded import guarded
from rag.text.normalise import canonical, fold

MOST_ITEMS = 8
ITEM_WORDS = 14  # a longer stretch between two commas is a clause, not an item
LEAD_WORDS = 6  # so long an item may be a clause that leads up to the items after it
_COUNTS = {
    "hai": 2, "ba": 3, "bốn": 4, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10, "bon": 4,
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_NUMBER_WORD = r"\d{1,2}|" + "|".join(_COUNTS)
_COUNT_ASKED = re.compile(
    rf"\b(?P<n>{_NUMBER_WORD})\s+(?:cái\s+|cai\s+)?[\"“'‘]?(?!(?:tháng|năm|ngày|huyện|xã|tỉnh|người|thang|nam|ngay|huyen|xa|tinh|nguoi|months?|years?)\b)"
    rf"[^\W\d]+(?=[^?]{{0,80}}(?:\b(?:gì|gi|nào|nao|what|which|là|la)\b|$))|\b(?:what|which)\b[^?]{{0,20}}\b(?P<m>two|three|four|five|six|\d)\b"
)
# words before the first item of an enumeration
_INTRODUCES = re.compile(
    r"(?:như là|như|gồm có|bao gồm|gồm|đó là|là|nhất là|khắp|tới tận|đến tận|tại|qua|trên|trong|về|với|lên|cho|đối với|ở|từ|including|such as|namely|are|is|on|of|at|with)\s*:?\s+|:\s+",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"(?:như là|như|gồm có|bao gồm|gồm|đó là|including|such as|namely)\s*:?\s+|:\s+|(?<=\s)là\s+", re.IGNORECASE
)
_SEPARATOR = re.compile(
    r"\s*[,;]\s+(?:và|hay|hoặc|and|or)\s+|\s*[,;]\s+|\s+(?:và|hay|hoặc|cùng|and|or)\s+", re.IGNORECASE
)
_GOES_ON = re.compile(r"\s(?:đã|đang|sẽ|được|đạt|vẫn|là|có|has|have|is|are|was|were|will)\s", re.IGNORECASE)
_CONNECTIVES = frozenset(
    "ben canh do|tuy nhien|ngoai ra|dac biet|trong do|vi vay|do do|theo do|dong thoi|mat khac|hien nay|den nay|thuc te|vi the|nho do|moi day|thoi gian qua".split(
        "|"
    )
)
_BREAK = re.compile(r"[.!?…](?=\s|$|[\"”])|[()“”\"]")
_ORDINAL = re.compile(
    r"(?:vấn đề|việc|điều|điểm|là)?\s*(?:đầu tiên|thứ nhất|thứ hai|thứ ba|thứ tư|thứ năm|một là|hai là|ba là|bốn là|năm là|first|second|third|fourth|firstly|secondly|thirdly)\b"
    r"(?:\s+(?:cần|phải|nên|chúng ta)[^,;.]{0,30}?)?\s*(?:[,:]|là\b|chúng ta\b)?\s*",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“([^“”]{2,120})”|\"([^\"“”]{2,120})\"|‘([^‘’]{2,120})’")
_NAME_ASKED = re.compile(
    r"\bten (?:la |goi (?:la )?)?gi\b|\bdanh hieu\b|\bkhau hieu\b|\bslogan\b|\btinh than\b|\bphuong cham\b|\bchu de\b|\bthong diep\b|\bgoi la gi\b|\bmang ten\b|\bten cua\b"
    r"|\bcalled\b|\bnamed?\b|\btitle\b|\bmotto\b|\btheme\b|\bhonou?r\b|\bphong trao nao\b|\bmo hinh nao\b"
)


@lru_cache(maxsize=512)
def count_asked(question: str) -> int:
    """How many things a question asks for by number ("ba việc gì", "three pillars"); 0 where it gives none."""
    found = _COUNT_ASKED.search(canonical(question))
    if found is None:
        return 0
    word = found.group("n") or found.group("m")
    n = int(word) if word.isdigit() else _COUNTS.get(word, 0)
    return n if 2 <= n <= 10 else 0


@per_question
def wants_items(asked: Asked) -> bool:
    """Whether several things that are no figures are asked for."""
    return asked.want.kind in ("list", "other", "definition") and (
        asked.want.several or asked.want.kind == "list" or count_asked(asked.text) > 0
    )


@lru_cache(maxsize=4096)
def enumerations(text: str) -> tuple[list[Found], ...]:
    """The enumerations of a sentence: ordinal ones first ("thứ nhất … thứ hai …"), then those of commas and "và".

    Cached, since the same passages come again and again; not to be changed by who gets them.
    """
    out = []
    ordinal = _by_ordinals(text)
    if ordinal:
        out.append(ordinal)
    at = 0
    for stop in [*(m.start() for m in _BREAK.finditer(text)), len(text)]:
        if stop - at > 3:
            out += _runs(text, at, stop)
        at = stop + 1
    return tuple(out)


@lru_cache(maxsize=4096)
def _by_ordinals(text: str) -> list[Found]:
    marks = list(_ORDINAL.finditer(text))
    if len(marks) < 2:
        return []
    out = []
    for mark, following in zip(marks, [*(m.start() for m in marks[1:]), None]):
        end = following if following is not None else _stop(text, mark.end())
        item = _trimmed(text, mark.end(), end)
        if item:
            out.append(item)
    return out if len(out) > 1 else []


def _stop(text: str, start: int) -> int:
    found = re.compile(r"[.;!?…”\"]").search(text, start)
    return found.start() if found else len(text)


def _runs(text: str, start: int, stop: int) -> list[list[Found]]:
    """Enumerations inside one stretch without brackets or full stops."""
    cuts = list(_SEPARATOR.finditer(guarded(text), start, stop))
    if not cuts:
        return []
    edges = [start, *(e for c in cuts for e in c.span()), stop]
    parts = [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2)]
    joined = [bool(re.search(r"\w", c.group())) for c in cuts]  # "và" and its like close an enumeration
    strong = ["," in c.group() or ";" in c.group() for c in cuts]
    out: list[list[Found]] = []
    i = 0
    while i < len(parts) - 1:
        last = i + 1
        while last < len(parts) - 1 and not (joined[last - 1] and any(strong[i : last - 1])):
            if _length(text, parts[last]) > ITEM_WORDS or _before_verb(text, *parts[last]) != parts[last]:
                break
            if _STRONG.search(text, *parts[last]):
                break  # "…, bán hàng qua các kênh như: Facebook": another enumeration begins
            last += 1
        out += _run(text, parts[i : last + 1])
        i = last
    return out


def _run(text: str, parts: list[tuple[int, int]]) -> list[list[Found]]:
    out = [
        [_trimmed(text, *_after_introduction(text, *parts[n])), *(_trimmed(text, a, b) for a, b in parts[n + 1 :])]
        for n in range(1, len(parts) - 1)
        if _length(text, parts[n]) > LEAD_WORDS
    ]
    first = parts[0] if text[: parts[0][0]].endswith("(") else _after_introduction(text, *parts[0])
    spans = [first, *parts[1:-1], _before_verb(text, *parts[-1])]
    out.append([_trimmed(text, a, b) for a, b in spans])
    runs = [[i for i in run if i is not None] for run in out]
    return [run for run in runs if len(run) > 1 and all(len(i.text.split()) <= ITEM_WORDS for i in run[:-1])]


def _before_verb(text: str, start: int, end: int) -> tuple[int, int]:
    """The last item without the sentence that goes on after it ("BHXH đã trở thành điểm sáng")."""
    found = _GOES_ON.search(text, start, end)
    return (start, found.start()) if found and len(text[start : found.start()].split()) <= 8 else (start, end)


def _length(text: str, part: tuple[int, int]) -> int:
    return len(text[part[0] : part[1]].split())


def _after_introduction(text: str, start: int, end: int) -> tuple[int, int]:
    """The first item without the words that lead up to it ("bán hàng qua các kênh như: Facebook")."""
    strong = [m.end() for m in _STRONG.finditer(text, start, end)]
    weak = strong or [m.end() for m in _INTRODUCES.finditer(text, start, end)]
    return (weak[-1] if weak and weak[-1] < end else start), end


def _trimmed(text: str, start: int, end: int) -> Found | None:
    inner = text[start:end]
    lead = len(inner) - len(inner.lstrip(" \t-–:,;"))
    inner = inner.strip(" \t-–:,;")
    inner = re.sub(r"\s+(?:và|hay|hoặc|and|or)$", "", inner)
    if not inner or not any(map(str.isalnum, inner)):
        return None
    return Found(start + lead, start + lead + len(inner), inner, 1.0)


def items(asked: Asked, text: str) -> list[Found]:
    """The enumeration of ``text`` that answers best; empty where none does."""
    return best_run(asked, text)[1]


@per_question
def best_run(asked: Asked, text: str) -> tuple[float, list[Found]]:
    """How sure the best enumeration of ``text`` is one (about 0 to 1.5), and its items.

    The number asked for, the noun asked for close before the first item, an introduction and items the question does not hold
    speak for an enumeration among others of the sentence.
    """
    wanted = count_asked(asked.text)
    focus = set(asked.focus)
    best: tuple[float, float, list[Found]] = (-9.0, 0.0, [])
    ordinal = _by_ordinals(text)
    for run in enumerations(text):
        shown = [i for i in (_uncounted(asked, i) for i in run) if i and not _stated(asked, i.text)]
        if len(shown) < 2 or fold(shown[0].text) in _CONNECTIVES:
            continue
        sure = quality(text, shown) if run != ordinal else 1.2
        before = set(words_of(text[max(0, shown[0].start - 60) : shown[0].start]).folded)
        score = sure + 0.2 * min(len(shown), 5)
        score += 1.5 * (len(run) == wanted) - 0.5 * bool(wanted and len(run) != wanted)
        score += len(focus & before) / len(focus) if focus else 0.0
        score += 0.6 * len(before & set(asked.terms)) / max(1, len(asked.terms))
        if score > best[0]:
            best = (score, sure, shown[:MOST_ITEMS])
    return best[1], best[2]


def quality(text: str, run: list[Found]) -> float:
    """How much a run of stretches between commas looks like an enumeration: introduced, of like length, of like beginnings."""
    lengths = [len(i.text.split()) for i in run]
    lead = text[max(0, run[0].start - 14) : run[0].start].rstrip(' “"')
    firsts = [fold(i.text.split()[0]) for i in run]
    alike = max(firsts.count(w) for w in firsts) / len(firsts)
    out = 0.5 * bool(lead.endswith((":", "(")) or _STRONG.search(text[max(0, run[0].start - 14) : run[0].start]))
    out += 0.6 * (alike > 0.6)
    out += 0.4 * (max(lengths) - min(lengths) <= 3 and max(lengths) <= 6)
    out += 0.2 * (len(run) > 2)
    out -= 0.6 * any(_GOES_ON.search(f" {i.text} ") for i in run[:-1])
    return out - 0.05 * (max(lengths) - min(lengths))


def _uncounted(asked: Asked, item: Found) -> Found | None:
    """An item without the count and the noun asked for before it ("3 trụ cột chính quyền số")."""
    found = re.match(rf"(?:{_NUMBER_WORD})\s+", item.text, re.IGNORECASE)
    if found is None:
        return item
    at = found.end()
    for word in re.finditer(r"\w+", item.text[at:]):
        if fold(word.group()) not in asked.terms and fold(word.group()) not in asked.focus:
            return _trimmed_item(item, found.end() + word.start())
    return item


def _trimmed_item(item: Found, at: int) -> Found:
    return Found(item.start + at, item.end, item.text[at:], 1.0)


def lined_up(text: str, one: Found) -> list[Found]:
    """The items of the enumeration of ``text`` that ``one`` is part of; [] where it stands alone."""
    holding = [
        (len(i.text), run) for run in enumerations(text) for i in run if i.start <= one.start and one.end <= i.end
    ]
    return min(holding, key=lambda held: held[0], default=(0, []))[1]


def _stated(asked: Asked, text: str) -> bool:
    words = words_of(text).folded
    return bool(words) and all(w in asked.words for w in words)


def things(asked: Asked, text: str) -> list[Found]:
    """What a question for the name of a thing wants: a quotation, or the name after the noun asked for; at most one."""
    folded = fold(asked.text)
    if _NAME_ASKED.search(folded):
        for m in _QUOTED.finditer(text):
            inner = m.group(1) or m.group(2) or m.group(3)
            if not _stated(asked, inner):
                return [Found(m.start() + 1, m.end() - 1, inner, 1.0)]
    named = [
        n
        for n in names_of(text)
        if n.kind in ("other", "organisation", "document") and not _stated(asked, n.text) and len(n.text) > 2
    ]
    if not named or not (asked.focus or _NAME_ASKED.search(folded)):
        return []
    terms = set(asked.terms) | set(asked.focus)
    scored = []
    for name in named:
        beside = words_of(text[max(0, name.start - 50) : name.start]).folded[-5:]
        head = asked.focus and beside[-1:] and beside[-1] in asked.focus
        scored.append((sum(w in terms for w in beside) + 2 * bool(head), -name.start, name))
    weight, _, name = max(scored, key=lambda s: s[:2])
    if weight < 2:
        return []
    return [Found(name.start, name.end, name.text, 1.0)]
