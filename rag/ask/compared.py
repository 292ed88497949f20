"""The text of a question that compares, as patterns see it, and what is said in it of both things alike.

Patterns are written with diacritics; for a question typed without them the folded pattern is used on the folded text. Knows
nothing of how the two things are found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from rag.ask.answer_types import view
from rag.text.dates import find_dates
from rag.text.normalise import canonical, fold
from rag.types import Span

# what a sentence or clause holds that asks for nothing new but says what is wanted of both
EACH = r"(?:mỗi|từng|cả hai|hai|các)\s+(?:bên|nơi|tỉnh|cấp|loại|số|thứ|cái|đơn vị|huyện|xã|người|con số|ông|chị|anh|bà|sở|văn bản|nghị quyết|quyết định|mô hình|htx|chỗ|mức|tỷ lệ|phía|khoản)"
BOTH = (
    rf"\b{EACH}\b|\bcả hai\b|\bcụ thể\b|\bcon số\b|\bsố liệu\b|"
    r"\b(?:both|each|respective|respectively|the two|figures?|numbers?|percentages?|dates?|positions?|ranks?|shares?|rates?|amounts?)\b"
)
HINTS = (
    ("percent", r"%|phần trăm|\btỷ lệ\b|\btỉ lệ\b|percent|\bshares?\b|\brates?\b"),
    ("date", r"\bngày\b|\bkhi nào\b|\blúc nào\b|\bbao giờ\b|\bnăm nào\b|mốc thời gian|\bdates?\b|\bwhen\b"),
    ("rank", r"\bthứ hạng\b|\bhạng mấy\b|\bthứ mấy\b|\bvị trí\b|\bpositions?\b|\branks?\b"),
    ("decision", r"\bsố hiệu\b|\bsố mấy\b"),
    ("number", r"\bbao nhiêu\b|\bmấy\b|\bcon số\b|\bsố liệu\b|\bhow (?:many|much)\b|\bfigures?\b|\bnumbers?\b|\bamounts?\b"),
)  # fmt: skip
QUESTION = (
    r"bao nhiêu|\bmấy\b|khi nào|bao giờ|lúc nào|(?<!không có )\bai\b|\bđâu\b|\bnào\b|\bgì\b|vì sao|tại sao|thế nào|ra sao|thì sao|bao lâu|"
    r"\bhow\b|\bwhen\b|\bwho\b|\bwhere\b|\bwhich\b|\bwhat\b"
)
DEGREE = r"(?:nhiều|ít|nhỉnh|cao|thấp|lớn|nhỏ|đông|dài|ngắn|rộng|nhanh|chậm|mạnh|tốt|khá|kém|rẻ|xa|gần)"
THING = r"(?:bên|nơi|cái|con số|số|đơn vị|chỗ|loại|nhóm|mô hình|xã|huyện|tỉnh|địa phương|cấp|tỷ lệ|mức|người|ông|bà|văn bản|hệ thống|htx|hợp tác xã|công ty|nghị quyết|quyết định|phần|phía|thứ|khoản|năm|sở|nền tảng)"
WHICH = rf"(?:{THING} nào|ai|đâu|ở đâu)"
WHICH_OF = rf",?\s*(?:thì |trong (?:hai|đó)[^,]*?,? ?)?\b{WHICH}\b(?= )"
COUNTED = r"^(?:tổng )?(?:số|lượt|tỷ lệ|tỉ lệ|tổng|doanh thu|giá trị|thu nhập|kinh phí|lượng|mức|tỷ trọng|doanh số|số tiền|tiền|dân số|diện tích|nguồn thu)\b(?! (?:hóa|hiệu))"
BOTH_OF = rf"(?<=\w) của (?:cả )?hai (?:bên|nơi|tỉnh|huyện|xã|người|ông|bà|anh|chị|cô|chú|bác|sở|htx|hợp tác xã|công ty|cơ sở|mô hình|cái|thứ|đơn vị)\b|(?<=\w),?\s*\b(?:(?:cụ thể|thì|và) )*{EACH}\b(?! (?:ở|tại|của) )|,?\s*\bcụ thể\b|\blần lượt\b|\bđều\b(?= (?:là|có|đứng|trong|làm|tưới|dùng))|\b(?:respectively|each)\b"
SET_APART = rf"\bkhác (?!nào\b)|\b{DEGREE} hơn\b|\bhơn(?: nhau)?(?=\W*$)"


# "lúc mới thí điểm", "ban đầu"
AT_FIRST = r"(?:lúc|khi|hồi) (?:mới )?(?:thí điểm|làm thử|bắt đầu|ban đầu|đầu)|ban đầu|lúc đầu"


@dataclass(frozen=True, slots=True)
class Sides:
    """Spans of the two things and of what joins them, and how sure it is that these are they."""

    first: Span
    joint: Span
    second: Span
    worth: float


class Compared:
    """A question's text with the view that patterns run on (same length)."""

    def __init__(self, text: str, language: str) -> None:
        self.text, self.language = text, language
        self.shown, self.folded = view(text, language)
        if len(self.shown) != len(text):  # letters that fold to several: nothing is looked for
            self.shown, self.folded = "", True

    def pattern(self, pattern: str) -> re.Pattern[str]:
        """``pattern``, written with diacritics, for the view of this text."""
        return _compiled(pattern, self.folded)

    def search(self, pattern: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """The first place of ``pattern`` between ``start`` and ``end``."""
        return self.pattern(pattern).search(self.shown, start, len(self.shown) if end is None else end)

    def match(self, pattern: str, start: int = 0) -> re.Match[str] | None:
        """``pattern`` right at ``start``."""
        return self.pattern(pattern.removeprefix("^")).match(self.shown, start)

    def of(self, text: str) -> Compared:
        """Another text of the same language."""
        return Compared(text, self.language)

    def sub(self, pattern: str, by: str) -> Compared:
        """The text with what ``pattern`` finds replaced."""
        out, at = [], 0
        for found in self.pattern(pattern).finditer(self.shown):
            out += [self.text[at : found.start()], by]
            at = found.end()
        return self.of(tidy("".join(out) + self.text[at:]))


@cache
def _compiled(pattern: str, folded: bool) -> re.Pattern[str]:
    # escapes ("\\W") and names of groups keep their capitals
    kept = re.split(r"(\\[A-Za-z]|\(\?P<\w+>)", pattern)
    return re.compile("".join(p if i % 2 else (fold(p) if folded else canonical(p)) for i, p in enumerate(kept)))


def kind_wanted(text: Compared) -> str:
    """The kind of answer a text speaks of: "percent", "date", "rank", "decision", "number" or ""."""
    return next((kind for kind, pattern in HINTS if text.search(pattern)), "")


def as_typed(words: str, question: str) -> str:
    """``words`` without diacritics where ``question`` has none."""
    return fold(words) if question.isascii() else words


def tidy(text: str) -> str:
    """One blank between words, none before punctuation, no punctuation at the ends but a closing mark."""
    text = re.sub(r"\s+([,.;:?!])", r"\1", re.sub(r"\s{2,}", " ", text))
    return re.sub(r"^[\s,.;:]+|[\s,;:]+$", "", text)


_PRESENT = r"\b(?:hiện nay|hiện tại|hiện giờ|bây giờ|đến nay|now|today|at present|currently|by now)\b"


def own_time(asked: str, sides: Sides, between: str, second: Compared) -> str:
    """What of the words ``between`` two things belongs to the first alone: a bracket, or a date where the second has its own ("A năm
    2021 và B năm 2024"); "" for what is said of both."""
    if not between:
        return ""
    if asked[sides.first[1] :].lstrip().startswith("("):
        return f"({between})"
    own = find_dates(second.text) or second.search(_PRESENT)
    return between if own and find_dates(between) else ""
