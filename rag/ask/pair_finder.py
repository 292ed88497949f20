"""Which two things a question sets beside each other: spans of its text, found by what joins them and by being built alike.

Alike are two things that begin with the same word, with words of one sort ("quyết định", "kế hoạch"), or that hold names of one
kind. Knows nothing of what is asked of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from rag.ask.answer_types import TYPED, wanted
from rag.ask.compared import BOTH, BOTH_OF, COUNTED, DEGREE, EACH, QUESTION, THING, WHICH, Compared, Sides
from rag.ask.guarded import guarded
from rag.text.dates import find_dates
from rag.text.names import PROVINCES_FOLDED, find_names, find_places
from rag.text.normalise import fold
from rag.types import Span

MOST_WORDS = 24  # of one of the two things
# after these the two things begin: "Bán qua mạng thì A và B", "What do A and B each grow"
_OPENING = r"\bthì\s+|\b(?:do|does|did)\s+(?=[^.?]*\b(?:each|both)\b)"
OPENING = 0.8  # what it adds that the first thing begins a clause
Name = tuple[int, int, str]

_ASKS = rf"{QUESTION}(?!.*\bhơn\b)"
# what joins two things, and how much it says that they are set against each other
_JOINTS = (
    (r"(?:khi |nếu |đem |mà )?so (?:sánh )?với|đối chiếu với|khác (?:gì|thế nào|ra sao|bao nhiêu)(?: (?:so )?với)?|khác (?:so )?với|compared (?:with|to)|in comparison (?:with|to)|against", 2.0),
    (r"versus|vs\.?", 2.2),
    (rf"(?:có )?{DEGREE} hơn(?: so với)?(?! hay\b)|khác(?! nhau\b)", 1.0),
    (r"có (?:bằng|ngang|giống|trùng)(?: (?:với|như|bằng))?(?! nhau\b)(?=.*không$)", 2.0),
    (r"hay(?: là)?|hoặc(?: là)?|or", 1.5),
    (r"than", 1.5),
    (r"và|với|cùng(?: với)?|and|with|&", 0.0),
)  # fmt: skip
# after "so với" these say since when something grew, and compare nothing
_NO_SIDE = r"\s*(?:cùng kỳ|năm (?:trước|ngoái)|(?:năm )?\d{4}\b(?!.*\b(?:và|với|hay)\b)|tháng|quý|trước|kế hoạch|mục tiêu|chỉ tiêu|đầu năm|hồi|the same|last|the previous|a year)\b"
_NO_HEADS = frozenset("thi la co duoc dat cac nhung mot a an is are was were to and or not khong da se do".split())
_PREPOSITIONS = frozenset("cua o tai trong of in at by from for the".split())
# first words of one sort
_SORTS = tuple(
    frozenset(words.split("|"))
    for words in (
        "quyết định|nghị quyết|kế hoạch|đề án|chỉ thị|chương trình|văn bản|decision|resolution|plan|decree|programme|program|scheme",
        "ông|bà|anh|chị|chú|bác|cô|đồng chí|mr|mrs|ms",
        "số|lượt|tỷ lệ|tỉ lệ|tổng|tổng số|doanh thu|giá trị|thu nhập|kinh phí|lượng|mức|tỷ trọng|doanh số|tiền|số tiền",
        "htx|hợp tác xã|công ty|tổ hợp tác|doanh nghiệp|cơ sở|tổ",
        "lúc|khi|hồi|bây giờ|hiện nay|hiện tại|về sau|ban đầu|sau này|now|today",
    )
)
_SORTS_FOLDED = tuple(frozenset(fold(word) for word in sort) for sort in _SORTS)
_PEOPLE, _BODIES = _SORTS[1], _SORTS[3]
# what somebody does, after the name: "công ty Yến sào xứ Thanh | bán online qua …"
_DEED = (
    r",?\s+(?=(?:cùng |đều |thì |đang |đã )*(?:bán|trồng|nuôi|làm|dùng|ứng dụng|sử dụng|áp dụng|nói|cho biết|cho rằng|khuyên|đưa|có|được|đạt|giữ|xếp|nằm|vướng|gặp|mang|nhận|"
    r"thu về|kiếm|tưới|quảng bá|giới thiệu|quảng cáo|kinh doanh|sản xuất|cung cấp|lo|phụ trách|chuyên|tham gia|chia sẻ|đứng|ở (?=đâu)|là )\b)"
)
# words before "số" of which it says that they are digital: "chuyển đổi số", "chữ ký số"
_DIGITAL = frozenset("doi ky dan tong te hoi quyen tang nghe nghiep".split())
# where the second thing ends
_END = (
    r",?\s+(?:(?:vậy|thế) )?(?=(?:thì|là (?:bao nhiêu|mấy|ai|gì|những)|mỗi (?:bên|nơi|cái|cấp|tỉnh|người)|từng (?:bên|nơi|cái|cấp)|lần lượt|đều|(?:có )?gì (?:khác|giống)|có (?:khác|giống)|khác|chênh|hơn|giống|ra sao|thế nào|bao nhiêu|mấy|"
    rf"(?:có )?{DEGREE} (?:hơn|nhất)|không$|(?:{THING}|(?:do )?(?:cơ quan|đơn vị|nơi) nào|(?!như |thế )[^\s,]+) nào|(?:do )?cơ quan nào|ai (?:nhiều|cao|lớn|đông|xếp|đứng|hơn)|đâu (?:nhiều|cao|lớn)|mang số|tên (?:là )?gì|được \w+(?: \w+){0, 2} (?:ngày nào|khi nào|năm nào|lúc nào|bao giờ)|each|respectively|both|differ|have in common)(?!\w))"
)
_LEVEL = r"\b(?:xã|thôn|huyện|tỉnh)(?= (?:nhiều|ít|hay|hoặc) )|\bcấp (?:tỉnh|huyện|xã|thôn|phường|trung ương|ấp|bản|cơ sở)\b|\b(?:provincial|district|commune|hamlet|village|ward)(?:[- ]level)?\b"
_MOMENT = r"\b(?:(?:lúc|khi|hồi|thời) (?:mới )?(?:thí điểm|làm thử|thử|ban đầu|bắt đầu|triển khai|đầu)|bây giờ|hiện nay|hiện tại|về sau|sau này|ban đầu|lúc đầu|trước kia|trước đây|ngày trước|ngày xưa|hồi xưa|now|today|in the past|formerly)\b"
_SAME_LEVEL = tuple(
    frozenset(words.split())
    for words in ("commune communes ward wards township townships", "xã phường xa phuong", "thôn ấp bản thon ap")
)
_LOCALITY = re.compile(r"\b(?:[Xx]ã|[Hh]uyện|[Tt]hôn|[Pp]hường|[Tt]hị trấn|[Tt]hị xã) (?=((?:\w+ ?){1,4}))")
_CODE = r"\b\d+g\b|\b[a-z]+\d+\b"


class Finder:
    """Looks for two things in one question. ``each`` tells that something else in it asks of both, ``compared`` that it says to compare,
    ``differ`` that it asks how two things differ or whether they are alike."""

    def __init__(self, text: Compared, each: bool, compared: bool, differ: bool = False) -> None:
        self.text, self.compared, self.differ = text, compared, differ
        self.plain = text.of(guarded(text.text))
        self.names = named(text)
        kind = wanted(text.text, text.language).kind
        self.each = each or kind == "comparison" or text.search(BOTH_OF) is not None
        self.typed = self.each or kind in TYPED

    def best(self) -> Sides | None:
        """The two things that are surest to be set beside each other."""
        return max(self._all(), key=lambda s: s.worth, default=None)

    def _all(self) -> Iterator[Sides]:
        text = self.text
        for joint, strength in self._joints():
            start, end = joint
            at = end + len(text.text[end:]) - len(text.text[end:].lstrip(' ,;:("“'))
            if "_" in self.plain.text[start - 1 : end + 1] or not start or at >= len(text.shown):
                continue
            if strength == 2.0 and text.match(_NO_SIDE, end):
                continue
            if self.compared and not strength:
                joins = text.shown[start:end].split()[0] in ("with", "với", "voi", "to")
                strength = 2.8 if joins else 1.0 if text.search(r"\b(?:với|with|to)\b") else 2.2
            second = (at, self._end(at))
            for first, alike in self._firsts(start, second):
                found = self._weighed(first, joint, second, strength, alike)
                if found:
                    yield found

    def _joints(self) -> Iterator[tuple[Span, float]]:
        """Spans of what may join two things, with their strength."""
        taken: list[Span] = []
        for pattern, strength in _JOINTS:
            for found in self.text.pattern(rf"(?<!\w)(?:{pattern})(?!\w)").finditer(self.text.shown):
                if not any(a < found.end() and found.start() < b for a, b in taken):
                    taken.append(found.span())
                    yield found.span(), strength

    def _firsts(self, joint: int, second: Span) -> Iterator[tuple[Span, float]]:
        """What the first thing may be, by what the second begins with, and how alike they are."""
        right = [m.group() for m in re.finditer(r"\w+", self.text.shown[second[0] : second[0] + 60])][:3]
        left = list(re.finditer(r"\w+", self.text.shown[:joint]))
        stop = len(self.text.text[:joint].rstrip(" ,;"))
        if not right or not left:
            return
        if right[0] in ("the", "a", "an") and len(right) > 1:
            right = right[1:]
        yield from self._same_head(left, right, second, stop)
        yield from self._same_sort(left, right, stop)
        yield from self._same_kind(joint, second, stop)
        comma = max(self.text.text.rfind(mark, 0, stop) for mark in (", ", ": "))
        if comma > 0:
            which = self.text.search(rf"{WHICH}\b.*(?:hơn|trước|sau|nhất)\W*$", 0, comma) or (
                self.text.language == "en" and self.text.search(r"\b(?:which|who|what)\b", 0, comma)
            )
            yield (comma + 2, stop), 1.8 if which else 0.0
        for opening in self.text.pattern(_OPENING).finditer(self.text.shown, 0, joint):
            yield (opening.end(), stop), 1.4 if self.text.language == "en" else 0.2
        yield (0, stop), 0.0

    def _same_head(
        self, left: list[re.Match[str]], right: list[str], second: Span, stop: int
    ) -> Iterator[tuple[Span, float]]:
        """From the last word before the joint that the second thing begins with."""
        word = right[0]
        places = [i for i, m in enumerate(left) if m.group() == word and not self._digital(left, i)]
        if fold(word) in _NO_HEADS or not places:
            return
        more = sum(a == b.group() for a, b in zip(right[1:], left[places[-1] + 1 : places[-1] + 3]))
        bare = fold(word) in _PREPOSITIONS and not any(
            n[0] in (second[0], second[0] + len(word) + 1) for n in self.names
        )
        yield (left[places[-1]].start(), stop), 1.5 + 0.5 * more - 0.5 * bare

    def _same_sort(self, left: list[re.Match[str]], right: list[str], stop: int) -> Iterator[tuple[Span, float]]:
        """From words of the same sort as the second thing's first."""
        for sort in _SORTS_FOLDED if self.text.folded else _SORTS:
            if sort.isdisjoint((right[0], " ".join(right[:2]))):
                continue
            for i, match in enumerate(left):
                two = f"{match.group()} {left[i + 1].group()}" if i + 1 < len(left) else ""
                one = match.group() in sort and match.group() != right[0] and not self._digital(left, i)
                if two in sort or one:
                    yield (match.start(), stop), 1.3 + 0.5 * self._opens(match.start())

    def _same_kind(self, joint: int, second: Span, stop: int) -> Iterator[tuple[Span, float]]:
        """Names of the kind that the second thing begins with; one further off is put in its place."""
        here = next((n for n in self.names if n[0] == second[0]), None)
        for name in self.names:
            if here and name[1] <= joint and name[2] == here[2]:
                beside = re.fullmatch(r"[\s,;)]*(?:\([^()]*\))?[\s,;]*", self.text.text[name[1] : joint]) is not None
                yield (name[0], stop if beside else name[1]), 1.5 if beside else 0.3

    def _digital(self, words: list[re.Match[str]], i: int) -> bool:
        return fold(words[i].group()) == "so" and i > 0 and fold(words[i - 1].group()) in _DIGITAL

    def _opens(self, start: int) -> bool:
        """Whether a clause begins at ``start``."""
        before = self.text.text[:start].rstrip()
        return not before or before[-1] in ",:;" or self.text.search(r"\b(?:thì|nhưng|mà)$", 0, len(before)) is not None

    def _weighed(self, first: Span, joint: Span, second: Span, strength: float, alike: float) -> Sides | None:
        """The two things with how sure it is that they are set beside each other; None where one is empty or too long."""
        text = self.text
        # where something stands between, the second is put in the place of the first: "X có …, so với Y"
        if not text.text[first[1] : joint[0]].strip(" ,;)("):
            second = (second[0], self._twin_end(first, second))
        sizes = [len(text.text[a:b].split()) for a, b in (first, second)]
        if not all(sizes) or max(sizes) > MOST_WORDS or first[1] > joint[0]:
            return None
        heads = [text.shown[a:b].split()[0] for a, b in (first, second)]
        if heads[0] != heads[1] and any(level.issuperset(heads) for level in _SAME_LEVEL):
            return None  # "commune and ward level procedures"
        worth = strength + alike - 0.015 * max(sizes)
        kinds = [self._kinds(span) for span in (first, second)]
        ends = [any(n[1] in (b, b - 1) for n in self.names) for b in (first[1], second[1])]
        if text.language == "en" and kinds[0] and ends[1] and not ends[0]:
            worth -= 1.0
        counted = all(text.match(COUNTED, at) is not None for at, _ in (first, second))
        worth += 1.5 * bool(kinds[0] & kinds[1]) + 1.5 * counted
        # two provinces are told of in two places
        worth += 1.0 * all(fold(text.text[a:b]).split(" ", 1)[-1] in PROVINCES_FOLDED for a, b in (first, second))
        at = second[0]
        if text.search(_ASKS, 0, joint[0]) and text.search(_ASKS, at) and not text.search(BOTH, at):
            worth -= 3.0  # two questions, each with its own question word: "Ai là giám đốc Sở A và Sở B ở đâu?"
        opens = OPENING * self._opens(first[0])
        if text.match(rf",?\s*(?:thì )?(?:trong (?:hai|đó)[^,]*, )?{WHICH}\b", second[1]):
            worth += 2.2 + opens  # "A và B, bên nào …"
        elif text.match(r",?\s*(?:thì )?(?:con số |số liệu )?(?:mỗi|từng|hai|cả hai) bên\b", second[1]):
            worth += 2.2 + opens
        elif text.match(rf",?\s*(?:thì )?{EACH}\b", second[1]):
            worth += 1.5 + opens
        elif text.search(rf",\s*(?:thì )?{WHICH}\b[^,]*\b(?:trước|sau|hơn)\W*$", second[1]):
            worth += 1.5 + opens
        elif self.differ:
            worth += 1.5 + opens
        elif text.search(rf"\b{EACH}\b", second[1]):
            worth += 1.0
        elif strength >= 2.0:
            worth += opens
        if worth < 4.5 and not self.typed:
            worth -= 1.0
        if not self.each and not counted and not text.search(QUESTION):
            worth -= 1.0
        return Sides(first, joint, second, worth)

    def _end(self, second: int) -> int:
        """Where the second thing ends: where something else begins."""
        plain = self.plain
        stop = plain.search(_END, second)
        if not stop or re.search(r"[:;?]", plain.text[second : stop.start()]):
            stop = plain.search(r"\s*[,:;?(]\s*", second)
            if stop and plain.match(COUNTED, second) and not plain.search(rf"{QUESTION}|\b{EACH}\b", stop.end()):
                stop = None  # "số doanh nghiệp, hộ kinh doanh dùng …"
        end = stop.start() if stop else len(plain.text)
        somebody = any(
            plain.match(rf"(?:{'|'.join(sort)})\b", second) for sort in (_PEOPLE, _BODIES) if plain.language != "en"
        )
        for deed in plain.pattern(_DEED).finditer(plain.shown, second, end) if somebody else ():
            name = plain.text[second : deed.start()].split()[1:]
            if name and (plain.folded or any(word[0].isupper() for word in name)):
                return deed.start()
        return end

    def _twin_end(self, first: Span, second: Span) -> int:
        """The end of the second thing, right after a name where the first ends with one of the same kind."""
        here = [n for n in self.names if first[0] <= n[0] and n[1] <= first[1]]
        there = [n for n in self.names if second[0] <= n[0] and n[1] <= second[1]]
        if not here or here[-1][1] < first[1] - 1:
            return second[1]
        at, kind = len(here) - 1, here[-1][2]
        if here[-1][2] == "document" and re.search(r"\d/\w*[A-ZĐ]", self.text.text[slice(*first)]):
            return second[1]  # "749/QĐ-TTg" is whose it is
        twin = there[at] if len(there) > at and there[at][2] == kind else next((n for n in there if n[2] == kind), None)
        if not twin:
            return second[1]
        rest = re.match(
            r" (?:tỉnh|huyện|xã|phường|thành phố)\b(?! nào)(?: [^\W\d_a-zà-ỹ]\w*)*", self.text.text[twin[1] : second[1]]
        )
        end = twin[1] + (rest.end() if rest else 0)
        closes = self.text.text[end : end + 1] == ")" and "(" in self.text.text[second[0] : end]
        return end + closes

    def _kinds(self, span: Span) -> set[str]:
        return {kind for start, end, kind in self.names if span[0] <= start and end <= span[1]}


def named(text: Compared) -> list[Name]:
    """Names, places, dates, levels, moments and codes of ``text`` in order, the longer of two that overlap: (start, end, kind)."""
    found = [(p.start, p.end, "place") for p in find_places(text.text)]
    found += [(n.start, n.end, n.kind) for n in find_names(text.text)]
    found += [(d.start, d.end, "date") for d in find_dates(text.text)]
    for m in _LOCALITY.finditer(text.text):
        name = list(takewhile(lambda word: word[:1].isupper(), m.group(1).split()))
        if name:
            found.append((m.start(), m.start(1) + len(" ".join(name)), "locality"))
    for kind, pattern in (("level", _LEVEL), ("moment", _MOMENT), ("code", _CODE)):
        found += [(*m.span(), kind) for m in text.pattern(pattern).finditer(text.shown)]
    out: list[Name] = []
    for one in sorted(found, key=lambda n: (n[0] - n[1], n[2] != "place")):
        if not any(a < one[1] and one[0] < b for a, b, _ in out):
            out.append(one)
    return sorted(out)
