"""A question that sets two things beside each other, taken apart: what is asked of each, as a question of its own.

"Số A ở X so với số B ở Y, bên nào đông hơn?", "Who earns more, A or B?", "Chủ tịch xã A và chủ tịch xã B tên gì?". The two
things are found by what joins them ("so với", "hay", "và", "or", "than") and by being built alike: the same first word, first
words of one sort, or names of one kind. Rules over the words of the question; knows nothing of documents.

Patterns are written with diacritics; for a question typed without them the folded pattern is used on the folded text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.ask import pairs_en, pairs_vi
from rag.ask.answer_types import NUMERIC, wanted
from rag.ask.compared import (
    BOTH,
    BOTH_OF,
    COUNTED,
    DEGREE,
    EACH,
    QUESTION,
    SET_APART,
    THING,
    WHICH,
    Compared,
    Sides,
    kind_wanted,
)
from rag.text.dates import find_dates
from rag.text.names import find_names, find_places
from rag.text.normalise import fold
from rag.types import Span

LONGEST = 320  # characters of a question that is looked at: matching takes time with the square of the length
MOST_WORDS = 24  # of one of the two things
ENOUGH = 2.75  # how sure it must be that these are two things set beside each other

# what stands before and after the question itself
_ME = r"(?:em|tôi|mình|tui|tớ|cháu|bọn em|chúng tôi|bọn mình|i)"
_ABOUT_ME = rf"^{_ME} [^,?]{{1,40}}, (?:{_ME} )?(?=(?:muốn|cần|xin|cho|nhờ|đang|hỏi)\b)"
_FRONT = (
    rf"^(?:(?:xin|vui lòng|làm ơn|nhờ|đề nghị|hãy|giúp|cho|hộ|dùm|giùm|(?:ad|anh|chị|bạn|shop)(?= (?:ơi|cho|giúp|ạ)\b)|{_ME}|muốn|cần|đang|hỏi|biết|xem|so sánh|so|đối chiếu|chào|ạ|ơi|thử)\b(?! với\b)[ ,:]*)+"
    r"(?:giữa\b )?"
)
_BACK = (
    r"(?:(?:[,;.](?: (?:để|vì|nhằm|do|mà|nếu|giùm|giúp|cho|hộ))?| (?:để|giùm|giúp|hộ)(?: cho)?) (?:em|tôi|mình|tui|tớ|chúng tôi|bọn em|bọn mình)\b [^?]*|"
    rf"(?:,? (?:so sánh|đối chiếu|giúp|hộ|giùm|dùm|cho|với|nhé|ạ|nhỉ|vậy|thế(?! nào)|hả|nha|{_ME}|biết|xem|cái|đi))+)[\s?.!]*$"
)
_FRONT_EN = r"^(?:(?:please|hi|hello|hey|can you|could you|would you|i(?:'d| would) like (?:you )?to|i want to|i need to|help me(?: to)?|tell me|know|say|show me|let me know|so)\b[ ,:]*)+"
_BACK_EN = r"(?:,? (?:please|for me|thanks|thank you)|[:,;]\s*(?:and )?(?:which|who)(?: (?:one|share|number|figure|side|of (?:them|the two)))? (?:is|was|has|comes?|came) (?:the )?(?:bigger|larger|higher|lower|greater|smaller|more|older|newer|earlier|first|later|ahead))[\s?.!]*$"

_ASKS = rf"{QUESTION}(?!.*\bhơn\b)"
# what joins two things, and how much it says that they are set against each other
_JOINTS = (
    (r"(?:khi |nếu |đem |mà )?so (?:sánh )?với|đối chiếu với|khác (?:gì|thế nào|ra sao|bao nhiêu)(?: (?:so )?với)?|khác (?:so )?với|versus|vs\.?|compared (?:with|to)|in comparison (?:with|to)|against", 2.0),
    (rf"(?:có )?{DEGREE} hơn(?: so với)?(?! hay\b)|khác", 1.0),
    (r"hay(?: là)?|hoặc(?: là)?|or", 1.5),
    (r"than", 1.5),
    (r"và|với|cùng(?: với)?|and|with|&", 0.0),
)  # fmt: skip
# after "so với" these say since when something grew, and compare nothing
_NO_SIDE = r"\s*(?:cùng kỳ|năm (?:trước|ngoái)|(?:năm )?\d{4}\b(?!.*\b(?:và|với|hay)\b)|tháng|quý|trước|kế hoạch|mục tiêu|chỉ tiêu|đầu năm|hồi|the same|last|the previous|a year)\b"
_NO_HEADS = frozenset("thi la co duoc dat cac nhung mot a an is are was were to and or not khong da se do".split())
_PREPOSITIONS = frozenset("cua o tai trong of in at by from for the".split())
# first words of one sort (folded)
_SORTS = tuple(
    frozenset(words.split("|"))
    for words in (
        "quyet dinh|nghi quyet|ke hoach|de an|chi thi|chuong trinh|van ban|decision|resolution|plan|decree|programme|program|scheme",
        "ong|ba|anh|chi|chu|bac|co|dong chi|mr|mrs|ms",
        "so|ty le|ti le|tong|tong so|doanh thu|gia tri|thu nhap|kinh phi|luong|muc|ty trong|doanh so|tien|so tien",
        "htx|hop tac xa|cong ty|to hop tac|doanh nghiep|co so|to",
        "luc|khi|hoi|bay gio|hien nay|hien tai|ve sau|ban dau|sau nay|now|today",
    )
)
# where the second thing ends
_END = (
    r",?\s+(?=(?:thì|là (?:bao nhiêu|mấy|ai|gì|những)|mỗi (?:bên|nơi|cái|cấp|tỉnh|người)|từng (?:bên|nơi|cái|cấp)|lần lượt|đều|khác|chênh|hơn|giống|ra sao|thế nào|bao nhiêu|mấy|"
    rf"(?:có )?{DEGREE} (?:hơn|nhất)|không$|(?:{THING}|(?!như |thế )[^\s,]+) nào|ai (?:nhiều|cao|lớn|đông|xếp|đứng|hơn)|đâu (?:nhiều|cao|lớn)|mang số|tên (?:là )?gì|each|respectively|both|differ|have in common)(?!\w))"
)


def pair(question: str, language: str) -> tuple[str, ...]:
    """Two questions, one for each of the two things ``question`` sets beside each other; () where it sets none."""
    if len(question) > LONGEST or (
        language == "en" and re.search(r"\w \bcompares?\b (?:in|on|by|for|with|to)\b", question)
    ):
        return ()
    main, hint = main_sentence(_turned(question.strip(), language), language)
    text = Compared(_bare(main, language), language)
    each = bool(hint) or wanted(main, language).kind == "comparison" or text.search(SET_APART) is not None
    compared = re.match(r"\W*(?:hay |xin )?(?:so sanh|so |doi chieu|compare)", fold(main)) is not None
    sides = max(_sides(text, each, compared), key=lambda s: s.worth, default=None)
    if sides is None or sides.worth < ENOUGH:
        return ()
    return pairs_en.questions(text, sides, hint) if language == "en" else pairs_vi.questions(text, sides, hint)


_AGAINST_FIRST = r"^so với (?P<a>[^,?]{2,60}?)(?:,| thì) (?P<b>[^?]+)"
_SAME_TOO = r",?\s*\b(?:có|thì) (?:giống|khác)(?: gì)?(?: nhau)?(?: không)?(?=\W*$)"


def _turned(question: str, language: str) -> str:
    """ "So với A thì B …" as "B so với A …" where both are of one kind; "…, có giống nhau không" left out."""
    text = Compared(question, language).sub(_SAME_TOO, "")
    found = text.match(_AGAINST_FIRST) if language != "en" else None
    if found:
        first, rest = (text.text[slice(*found.span(side))] for side in "ab")
        here = _named(text.of(first))
        twins = [n for n in _named(text.of(rest)) if here and n[2] == here[-1][2]]
        if twins:
            return f"{rest[: twins[0][1]]} so với {first}{rest[twins[0][1] :]}"
    return text.text


def main_sentence(question: str, language: str) -> tuple[str, str]:
    """``question`` without later sentences that ask for nothing new ("Mỗi bên bao nhiêu phần trăm?", "Please give both positions."),
    and the kind of answer these ask of both: "percent", "date", "rank", "decision", "number" or ""."""
    pieces = [p.strip() for p in re.split(r"(?<=[?.!])\s+(?=[^\d\s])", question) if p.strip(" ?.!")]
    hint = ""
    while len(pieces) > 1 and _asks_of_both(Compared(pieces[-1], language)):
        hint = kind_wanted(Compared(pieces.pop(), language)) or hint
    return " ".join(pieces).strip(), hint


def _asks_of_both(sentence: Compared) -> bool:
    if len(sentence.text.split()) > 9 or find_places(sentence.text):
        return False
    if any(n.start for n in find_names(sentence.text)):
        return False
    compares = sentence.match(rf"\W*{WHICH}\b.*\bhơn\W*$") or sentence.match(
        r"\W*which (?:one )?is (?:more|higher|bigger|larger|lower)\b"
    )
    return compares is not None or sentence.search(BOTH) is not None


def _bare(question: str, language: str) -> str:
    """``question`` without greetings, requests and what the asker says of himself."""
    text = question.strip(" ?.!")
    for pattern in (_FRONT_EN, _BACK_EN) if language == "en" else (_ABOUT_ME, _FRONT, _BACK):
        here = Compared(text, language)
        found = here.search(pattern)
        if not found:
            continue
        rest = text[found.end() :] if found.start() == 0 else text[: found.start()]
        if len(rest.split()) >= 4 and not (pattern is _BACK and here.of(text[found.start() :]).search(QUESTION)):
            text = rest.strip(" ,;:")
    return text


def _sides(text: Compared, each: bool, compared: bool) -> Iterator[Sides]:
    """Every way to see two things joined in ``text``."""
    plain = _guarded(text.text)
    names = _named(text)
    kind = wanted(text.text, text.language).kind
    asks_each = each or kind == "comparison" or text.search(BOTH_OF) is not None
    typed = asks_each or kind in NUMERIC or kind in ("date", "person", "organisation", "place", "decision", "role")
    for joint, strength in _joints(text):
        start, end = joint
        if "_" in plain[start - 1 : end + 1] or (strength == 2.0 and text.match(_NO_SIDE, end)):
            continue
        begins = re.compile(r"\W*").match(text.shown, end)
        second_at = begins.end() if begins else end
        if second_at >= len(text.shown) or not start:
            continue
        second = (second_at, _ends(text, plain, start, second_at, names))
        for first, alike in _firsts(text, start, second, names):
            if compared and not strength:
                alike += 2.8 if text.shown[start:end].split()[0] in ("with", "với", "voi", "to") else 1.0
            yield from _weighed(text, first, joint, second, strength + alike, names, typed, asks_each)


def _weighed(
    text: Compared,
    first: Span,
    joint: Span,
    second: Span,
    worth: float,
    names: list[tuple[int, int, str]],
    typed: bool,
    each: bool,
) -> Iterator[Sides]:
    if text.text[first[1] : joint[0]].strip(
        " ,;)("
    ):  # the second alone stands for the first: "X có bao nhiêu …, so với Y"
        ends = second[1]
    else:
        ends = _twin_end(text, first, second, names)
    second = (second[0], ends)
    sizes = [len(text.text[a:b].split()) for a, b in (first, second)]
    if not all(sizes) or max(sizes) > MOST_WORDS or first[1] > joint[0]:
        return
    counted = [text.match(COUNTED, at) is not None for at, _ in (first, second)]
    ends_named = [any(n[1] in (b, b - 1) for n in names) for b in (first[1], second[1])]
    if ends_named[1] and not ends_named[0] and text.language == "en" and _kinds(names, first):
        worth -= 1.0
    worth += 1.5 * bool(_kinds(names, first) & _kinds(names, second)) + 1.5 * all(counted)
    before, after = text.of(text.text[: first[1]]), text.of(text.text[second[0] :])
    if before.search(_ASKS) and after.search(_ASKS) and not after.search(BOTH):
        worth -= 3.0  # two questions, each with its own question word: "Ai là giám đốc Sở A và Sở B ở đâu?"
    if text.match(rf",?\s*(?:thì )?(?:trong (?:hai|đó)[^,]*, )?{WHICH}\b", second[1]):
        worth += 1.5  # "A và B, bên nào …"
    elif text.search(rf"\b{EACH}\b", second[1]):
        worth += 1.0
    if worth < 4.5 and not typed:
        worth -= 1.0
    if not each and not text.search(QUESTION) and not all(counted):
        worth -= 1.0
    yield Sides(first, joint, second, worth - 0.02 * max(sizes))


def _joints(text: Compared) -> Iterator[tuple[Span, float]]:
    """Spans of what may join two things, with their strength."""
    taken: list[Span] = []
    for pattern, strength in _JOINTS:
        for found in text.pattern(rf"(?<!\w)(?:{pattern})(?!\w)").finditer(text.shown):
            if not any(a < found.end() and found.start() < b for a, b in taken):
                taken.append(found.span())
                yield found.span(), strength


def _firsts(
    text: Compared, joint: int, second: Span, names: list[tuple[int, int, str]]
) -> Iterator[tuple[Span, float]]:
    """What the first thing may be, by what the second begins with, and how alike they are."""
    folded = fold(text.text)
    right = [m.group() for m in re.finditer(r"\w+", folded[second[0] : second[0] + 60])][:3]
    left = list(re.finditer(r"\w+", folded[:joint]))
    stop = len(folded[:joint].rstrip(" ,;"))
    if not right or not left:
        return
    if right[0] in ("the", "a", "an") and len(right) > 1:
        right = right[1:]
    word = right[0]
    if word not in _NO_HEADS:
        same = next(
            (
                i
                for i in range(len(left) - 1, -1, -1)
                if left[i].group() == word and not (i and _digital(left[i - 1], word))
            ),
            None,
        )
        if same is not None:
            more = sum(a == b.group() for a, b in zip(right[1:], left[same + 1 : same + 3]))
            named = any(n[0] in (second[0] + len(word) + 1, second[0]) for n in names)
            yield (left[same].start(), stop), 1.5 + 0.5 * more - 0.5 * (word in _PREPOSITIONS and not named)
    heads = (word, " ".join(right[:2]))
    for sort in _SORTS:
        if sort.isdisjoint(heads):
            continue
        for i in range(len(left)):
            two = f"{left[i].group()} {left[i + 1].group()}" if i + 1 < len(left) else ""
            if two in sort or (
                left[i].group() in sort
                and left[i].group() != word
                and not (i and _digital(left[i - 1], left[i].group()))
            ):
                opens = not i or text.text[left[i].start() - 2] in ",:;"
                yield (left[i].start(), stop), 1.3 + 0.5 * opens
    here = next((n for n in names if n[0] == second[0]), None)
    if here:
        for name in names:
            if name[1] <= joint and name[2] == here[2]:
                beside = re.fullmatch(r"[\s,;)]*(?:\([^()]*\))?[\s,;]*", text.text[name[1] : joint]) is not None
                yield (name[0], name[1] if not beside else stop), 1.5 if beside else 0.3
    comma = max(folded.rfind(", ", 0, joint), folded.rfind(": ", 0, joint))
    if comma > 0:
        alternatives = Compared(text.text[:comma], text.language)
        asked = alternatives.search(rf"{WHICH}\b.*(?:hơn|trước|sau|nhất)\W*$") or (
            text.language == "en" and alternatives.search(r"\b(?:which|who|what)\b")
        )
        yield (comma + 2, stop), 1.8 if asked else 0.0
    yield (0, stop), 0.0


def _digital(before: re.Match[str], word: str) -> bool:
    """Whether "số" only says "digital" of the word before it: "chuyển đổi số", "chữ ký số"."""
    return word == "so" and before.group() in (
        "doi",
        "ky",
        "dan",
        "tong",
        "te",
        "hoi",
        "quyen",
        "tang",
        "nghe",
        "nghiep",
    )


def _ends(text: Compared, plain: str, joint: int, second: int, names: list[tuple[int, int, str]]) -> int:
    """Where the second thing ends: where something else begins."""
    shown = Compared(plain, text.language)
    stop = shown.search(_END, second)
    if stop and not re.search(r"[:;?]", plain[second : stop.start()]):
        return stop.start()
    stop = shown.search(r"\s*[,:;?(]\s*", second)
    return stop.start() if stop else len(text.text)


def _twin_end(text: Compared, first: Span, second: Span, names: list[tuple[int, int, str]]) -> int:
    """The end of the second thing, right after a name where the first ends with one of the same kind."""
    here = [n for n in names if first[0] <= n[0] and n[1] <= first[1]]
    there = [n for n in names if second[0] <= n[0] and n[1] <= second[1]]
    if not here or here[-1][1] < first[1] - 1:
        return second[1]
    at = len(here) - 1
    alike = (
        there[at : at + 1]
        if len(there) > at and there[at][2] == here[-1][2]
        else [n for n in there if n[2] == here[-1][2]]
    )
    if not alike:
        return second[1]
    rest = re.match(
        r" (?:tỉnh|huyện|xã|phường|thành phố)\b(?! nào)(?: [^\W\d_a-zà-ỹ]\w*)*", text.text[alike[0][1] : second[1]]
    )
    return alike[0][1] + (rest.end() if rest else 0)


_LEVEL = r"\b(?:xã|thôn|huyện|tỉnh)(?= (?:nhiều|ít|hay|hoặc) )|\bcấp (?:tỉnh|huyện|xã|thôn|phường|trung ương|ấp|bản|cơ sở)\b|\b(?:provincial|district|commune|hamlet|village|ward)(?:[- ]level)?\b"
_MOMENT = r"\b(?:(?:lúc|khi|hồi|thời) (?:mới )?(?:thí điểm|làm thử|thử|ban đầu|bắt đầu|triển khai|đầu)|bây giờ|hiện nay|hiện tại|về sau|sau này|ban đầu|lúc đầu|now|today)\b"
_CODE = r"\b\d+g\b|\b[a-z]+\d+\b"


def _named(text: Compared) -> list[tuple[int, int, str]]:
    """Names, places, dates, levels, moments and codes of ``text`` in order, the longer of two that overlap: (start, end, kind)."""
    found = [(p.start, p.end, "place") for p in find_places(text.text)]
    found += [(n.start, n.end, n.kind) for n in find_names(text.text)]
    found += [(d.start, d.end, "date") for d in find_dates(text.text)]
    for kind, pattern in (("level", _LEVEL), ("moment", _MOMENT), ("code", _CODE)):
        found += [(*m.span(), kind) for m in text.pattern(pattern).finditer(text.shown)]
    out: list[tuple[int, int, str]] = []
    for one in sorted(found, key=lambda n: (n[0] - n[1], n[2] != "place")):
        if not any(a < one[1] and one[0] < b for a, b, _ in out):
            out.append(one)
    return sorted(out)


def _kinds(names: list[tuple[int, int, str]], span: Span) -> set[str]:
    return {kind for start, end, kind in names if span[0] <= start and end <= span[1]}


def _guarded(text: str) -> str:
    from rag.ask.parts import guarded

    return guarded(text)
