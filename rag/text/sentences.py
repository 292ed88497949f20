"""Where sentences and clauses begin and end, for Vietnamese and English news, encyclopaedia and law text.

Knows nothing of documents. Spans are trimmed, in order and never overlap; what lies between them is white space.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from rag.types import Span

# Shortened words that end in a stop without ending a sentence (compared in lower case, without the stop).
_ABBREVIATIONS = frozenset(
    "tp ts pgs gs ths bs ks cn ncs tskh nsnd nsưt ths kts ls đ/c đc tx tt q p h x st tr đt ông/bà "
    "mr mrs ms dr prof gen col sgt lt capt gov sen rep hon rev st jr sr no nos fig figs eq vol ed eds pp vs "
    "dept inc ltd co corp bros est approx ca cf al art sec ch jan feb mar apr jun jul aug sep sept oct nov dec "
    "e.g i.e u.k ph.d".split()
)  # fmt: skip
# These also end sentences now and then: "v.v. Ngoài ra", "etc. The".
_MAYBE = frozenset(
    ["v.v", "etc", "inc", "co", "ltd", "corp", "jr", "sr", "u.s", "u.k", "st", "x", "p", "h", "q", "tr", "al", "no"]
)
_STARTERS = frozenset(
    "the it he she they we this that these those in on at after before however but and for as when while there its his her "
    "theo tại trong ngoài bên đây đó các những nhưng sau trước khi ông bà anh chị do vì từ đến hiện đồng mặc riêng".split()
)
_LABELS = frozenset(
    "điều chương mục khoản phần bài hình bảng tiểu phụ quyển câu bước article section chapter part figure table step".split()
)
# Begins with one character class, which keeps the search over plain text fast; the rest is decided in code.
_STOP = re.compile(r"""[.!?…。！？\n](?:(?<!\n)[.!?…。！？]*["”’»')\]」』）]*)?""")
_STUCK = re.compile(r"""["“]?[A-ZÀ-ỸĐ][^\W\d_A-ZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐƠƯ]*[ ,]""")
_FIRST_WORD = re.compile(r"[^\W_]+")
_LIST_ITEM = re.compile(r"\s*(?:[-–—•*+●▪◦·■o✓]\s|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zđA-ZĐ]|[ivxIVX]{1,5})[.)]\s|\|)")
_ITEM_NUMBER = re.compile(r"[\s#>*_\-+•–]*(?:\d{1,3}(?:\.\d{1,3})*|[A-ZĐa-zđ]|[IVX]{1,6})$")
_LABEL_LINE = re.compile(r"[\s#>*_]*(\w+)\s+(?:\w+\s+)?(?:\d{1,4}[a-zđ]?(?:\.\d{1,3})*|[IVXLC]+)$")
_LABELLED = re.compile(
    r"(?:điều|khoản|điểm|chương|mục|phần|bài|hình|bảng|số|tháng|ngày|năm|quý|lớp|cấp|mức|hạng|nhóm|loại|thứ|vòng|tập|trang|khóa|độ|tuổi|đường|quận|phường|tổ|"
    r"no|article|chapter|section|part|figure|table|page|step|level|grade|day|version|\d[\d.,]*|và|đến|and|to|,)$",
    re.IGNORECASE,
)
_SPACE = " \t\n\r\f\v\u00a0"


def sentence_spans(text: str) -> list[Span]:
    """Spans of the sentences of ``text``. A blank line always ends one; so does a line break, unless the next line
    goes on in lower case after no stop. "Điều 5.", "1." and "a)" stay with what they number.
    """
    spans: list[Span] = []
    start = item = 0
    for match in _STOP.finditer(text):
        at, end = match.span()
        c = text[at]
        if c == "." and at and text[at - 1].isdigit() and end - at == 1 and text[end : end + 1] == " ":
            found = _inline_item(text, start, at, item)
            if found:
                begin, item = found
                _add(spans, text, start, begin)
                start = begin
                continue
        if c == "\n":
            if not _line_ends(text, at):
                continue
        elif not _sentence_ends(text, start, at, end):
            continue
        _add(spans, text, start, end)
        start = end
    _add(spans, text, start, len(text))
    return spans


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start >= end:
        return
    # stray closing marks belong to what they close
    if (
        end - start < 8
        and spans
        and not any(map(str.isalnum, text[start:end]))
        and "\n" not in text[spans[-1][1] : start]
    ):
        spans[-1] = (spans[-1][0], end)
        return
    spans.append((start, end))


def _line_ends(text: str, at: int) -> bool:
    after = at + 1
    n = len(text)
    while after < n and text[after] in " \t\u00a0":
        after += 1
    if after >= n or text[after] == "\n":
        return True
    before = at - 1
    while before >= 0 and text[before] in _SPACE:
        before -= 1
    if before < 0 or text[before] in ".!?:;…。！？|":
        return True
    following = text[after]
    if not (following.islower() or (text[before] == "," and following not in "-–—•*+●▪◦|")):
        return True
    return _LIST_ITEM.match(text, after) is not None


def _sentence_ends(text: str, start: int, at: int, end: int) -> bool:
    c = text[at]
    if c in "。！？":
        return True
    n = len(text)
    if end >= n:
        return True
    if not text[end].isspace():
        return _stuck(text, at, end)
    after = end
    while after < n and text[after] in " \t\u00a0":
        after += 1
    if after >= n or text[after] == "\n":
        return True
    following = text[after]
    if following.islower() or following in ",;:)…":
        return False
    if c != "." or (end - at > 1 and text[at + 1] == "."):  # "!", "?", "…", "..."
        return True
    # one full stop, perhaps with closing marks after it
    blank = max(text.rfind(" ", start, at), text.rfind("\n", start, at), start - 1)
    token = text[blank + 1 : at].lstrip("([“\"‘'\u00a0\t")
    if len(token) > 2 and at - start > 40 and token.isalpha() and token not in _ABBREVIATIONS and token.islower():
        return True
    window = text[max(start, at - 40) : at]
    if end - at > 1 and not token.endswith((".", "v")):  # a closing quote or bracket after the stop
        return True
    if not token:
        return True
    lowered = token.lower()
    line_start = max(start, text.rfind("\n", 0, at) + 1)
    head = text[line_start:at]
    if len(head) <= 40:
        if _ITEM_NUMBER.match(head):
            return False
        label = _LABEL_LINE.match(head)
        if label and label.group(1).lower() in _LABELS:
            return False
    if lowered in _MAYBE or lowered.rstrip(".") in _MAYBE:
        word = _FIRST_WORD.match(text, after)
        if lowered == "v.v":
            return True
        if lowered == "no":
            return not following.isdigit()
        if len(lowered) == 1 and not token.isupper():
            return True
        return word is not None and word.group().lower() in _STARTERS
    if lowered in _ABBREVIATIONS:
        # "mar", "co" written small are words; titles are written "TS", "Dr", "TP".
        return not (
            token[0].isupper() or lowered in ("e.g", "i.e", "vs", "pp", "no", "fig", "approx", "cf", "ca", "đ/c")
        )
    if len(token) == 1 and token.isupper():
        if text[after + 1 : after + 2] == ".":  # "E. O. Wilson"
            return False
        before = window[: -len(token)].rstrip()
        word_before = before.rsplit(None, 1)[-1] if before else ""
        # "George W. Bush" goes on; "huyện Châu Thành A. Sau đó" and "vitamin C. Người" do not.
        return not (not word_before or (word_before.isascii() and word_before[0].isupper()))
    if len(token) <= 8 and "." in token and all(len(p) == 1 and p.isalpha() for p in token.split(".")):
        word = _FIRST_WORD.match(text, after)
        return word is not None and word.group().lower() in _STARTERS
    return True


def _inline_item(text: str, start: int, at: int, last: int) -> Span | None:
    """(start, number) of the list number that ends at ``at`` in running text, as laws are often flattened to:
    "… căn cứ sau đây: 1. Hợp đồng; 2. Hành vi pháp lý …". ``last`` is the number of the item before.
    """
    begin = at - 1
    while begin > start and text[begin - 1].isdigit() and at - begin < 3:
        begin -= 1
    if at - begin > 2 or (begin > start and not text[begin - 1].isspace()):
        return None
    number = int(text[begin:at])
    head = text[start:begin].rstrip()
    if not head:
        return None  # it opens the sentence already
    if head[-1] in ";:" or (number == last + 1 and number > 1 and not _LABELLED.search(head)):
        return begin, number
    # "Hiệu trưởng 1. Hiệu trưởng là …": an article's title, then its first item
    if number == 1 and len(head) <= 120 and head[-1].isalpha() and not _LABELLED.search(head):
        return begin, number
    return None


def _stuck(text: str, at: int, end: int) -> bool:
    """A stop with no blank after it ("về dân cư…Chuyển đổi số có", "kết thúc.Sau đó"), not "VnExpress.net" or "3.000"."""
    if text[at] == "…" or text[at : at + 2] == "..":
        return text[end].isupper()
    return (
        end - at == 1
        and at >= 2
        and text[at - 2 : at].isalpha()
        and text[at - 1].islower()
        and _STUCK.match(text, end) is not None
    )


# ---- clauses --------------------------------------------------------------------------------------------------------
_CONJUNCTIONS = (
    "và|còn|trong khi|nhưng|song|tuy nhiên|đồng thời|trong đó|nhờ đó|nhờ vậy|từ đó|qua đó|theo đó|do đó|vì vậy|vì thế|bên cạnh đó|"
    "ngoài ra|riêng|đặc biệt|cụ thể|đạt|tăng|giảm|chiếm|gồm|bao gồm|với mục tiêu|định hướng|kể cả|"
    "while|whereas|but|and|so|which|who|where|although|though|because|including|with|compared|making|up from|down from"
)
_CUT = re.compile(
    r"(?P<semi>;)|(?P<dash>\s[-–—]\s)|(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,(?=\s))|(?P<colon>:(?=\s))"
    r"|(?P<and>\s(?:và|and|còn)\s(?=(?:hơn |trên |gần |khoảng |over |about |nearly )?\d))"
)
_CONJUNCTION = re.compile(rf"\s*(?:{_CONJUNCTIONS})\b", re.IGNORECASE)
_QUANTITY = re.compile(
    r"\s*(?:(?:hơn|trên|gần|khoảng|dưới|ít nhất|đạt|có|được|với|và|còn|about|over|nearly|some|more than|and)\s+){0,2}\d[\d.,/]*\s*(?:%|\w)",
    re.IGNORECASE,
)
_HAS_QUANTITY = re.compile(r"\d[\d.,]*\s*(?:%|[^\W\d])")
_ENDS_IN_FIGURE = re.compile(r"\d[\d.,]*\s?%?$")
_VERB = re.compile(
    r"\b(?:là|đã|đang|sẽ|được|bị|có|đạt|gồm|thuộc|ban hành|cho biết|tổ chức|triển khai|thực hiện|xây dựng|phải|cần|nằm|giúp|đưa|lọt|đứng|xếp|"
    r"is|are|was|were|has|have|had|will|would|can|could|did|does|became|won|made)\b",
    re.IGNORECASE,
)


def clause_spans(text: str, start: int, end: int) -> list[Span]:
    """Spans of the clauses of ``text[start:end]`` (one sentence), in order, trimmed, without the marks between them.

    Cuts at ``;``, at a dash between blanks, at brackets that hold more than three words or a quantity, at a comma
    before a conjunction or between parts that each have a verb of their own, and between the members of an
    enumeration of quantities ("496 thủ tục cấp tỉnh, 131 thủ tục cấp huyện và 67 thủ tục cấp xã").
    """
    cuts: list[tuple[int, int]] = []
    opened: list[int] = []
    closing: dict[int, int] = {}
    marks = list(_CUT.finditer(text, start, end))
    for m in marks:
        if m.lastgroup == "open":
            opened.append(m.start())
        elif m.lastgroup == "close" and opened:
            closing[opened.pop()] = m.start()
    inside = [(o, c) for o, c in sorted(closing.items())]
    kept = [(o, c) for o, c in inside if len(text[o + 1 : c].split()) > 3 or _HAS_QUANTITY.search(text, o + 1, c)]
    small = [s for s in inside if s not in kept]
    last = start
    for m in marks:
        at, stop = m.span()
        kind = m.lastgroup
        if kind in ("open", "close"):
            if any(at in pair for pair in kept):
                cuts.append((at, stop))
                last = stop
            continue
        if _within(small, at):
            continue
        if kind == "semi" or (kind == "dash" and not (text[at - 1].isdigit() and text[stop : stop + 1].isdigit())):
            if kind == "dash" and not _dash_cuts(text, last, at, stop, end):
                continue
            cuts.append((at, stop))
        elif kind == "and":
            if not _HAS_QUANTITY.search(text, last, at):
                continue
            cuts.append((at, at + 1))
        elif kind == "comma":
            if not _comma_cuts(text, last, at, stop, _next_mark(marks, stop, end), end):
                continue
            cuts.append((at, stop))
        elif kind == "colon":
            if len(text[last:at].split()) < 3:
                continue
            cuts.append((stop, stop))
        else:
            continue
        last = stop
    spans: list[Span] = []
    here = start
    for at, stop in [*cuts, (end, end)]:
        piece = text[here:at]
        stripped = piece.strip(" \t\n\u00a0,;")
        if stripped and any(map(str.isalnum, stripped)):
            left = here + piece.index(stripped)
            spans.append((left, left + len(stripped)))
        here = stop
    return spans


def _within(pairs: list[tuple[int, int]], at: int) -> bool:
    i = bisect_right(pairs, (at, at)) - 1
    return i >= 0 and pairs[i][0] < at < pairs[i][1]


def _next_mark(marks: list[re.Match[str]], at: int, end: int) -> int:
    for m in marks:
        if m.start() >= at and m.lastgroup != "and":
            return m.start()
    return end


def _dash_cuts(text: str, last: int, at: int, stop: int, end: int) -> bool:
    """A dash joins "kinh tế - xã hội" and a person with an office; it separates two clauses with verbs of their own."""
    left, right = text[last:at], text[stop : min(end, stop + 80)]
    return len(left.split()) >= 3 and len(right.split()) >= 4 and bool(_VERB.search(left) and _VERB.search(right))


def _comma_cuts(text: str, last: int, at: int, stop: int, following: int, end: int) -> bool:
    left, right = text[last:at], text[stop:following]
    if len(left.split()) < 2:
        return False
    if _HAS_QUANTITY.search(left):
        if _QUANTITY.match(text, stop, following):
            return True
        # "... đạt 99,15%, các Sở A, B và C đạt trên 85%": a clause that ended in its figure
        if _ENDS_IN_FIGURE.search(left) and _HAS_QUANTITY.search(text, stop, end):
            return True
    right_words = len(right.split())
    if right_words < 3:
        return False
    if _CONJUNCTION.match(text, stop):
        return True
    left = left[left.rfind(", ") + 1 :]
    return len(left.split()) >= 4 and right_words >= 4 and bool(_VERB.search(left)) and bool(_VERB.search(right))
