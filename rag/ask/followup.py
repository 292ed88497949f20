"""A follow-up made whole by rule: "Thế còn Thanh Hóa?" after "Hà Tĩnh có bao nhiêu tổ …?" asks the same of Thanh Hóa.

Three things a follow-up leaves out are put back: a slot that changed (place, level, date, office, any noun), a pronoun, and
the topic of a question without one. A question that names its own topic is left as it is. Knows nothing of documents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from rag.ask.answer_types import view, wanted
from rag.ask.courtesy import bare
from rag.ask.name_fit import companies
from rag.text.dates import find_dates
from rag.text.language import detect
from rag.text.names import CAPITAL, Name, find_names, find_places
from rag.text.normalise import canonical, fold, nfc, strip_markers
from rag.text.stopwords import content_words
from rag.types import Span

_WORD = re.compile(r"\w+")
_SWITCH = re.compile(
    r"^(?:(?:thế|vậy|thế thì|vậy thì|à|ừ|và|rồi)\s+)*(?:còn|thế còn|vậy còn|đối với|với|riêng|tương tự(?: với| cho)?)\s+(?P<new>.+?)(?:\s+thì)?(?:\s+(?:sao|thế nào|ra sao|như thế nào|là bao nhiêu|bao nhiêu|thì sao|thì thế nào))?\s*[?.!]*$|"
    r"^(?:(?:thế|vậy|còn|và)\s+)*(?P<new4>[^?]{2,40}?)\s+(?:thì\s+)(?:(?:được|có|là|đạt)\s+)?(?:mấy|bao nhiêu)(?:\s+(?:cái|người|thứ|nơi|chỗ|bao nhiêu))?\s*[?.!]*$|"
    r"^(?:thế|vậy|còn|và|thế còn|vậy còn)\s+(?:bên|ở|tại|phía|bên phía)\s+(?P<new5>[^?]{2,40}?)\s*[?.!]*$|"
    r"^(?:thế|vậy|và)\s+(?P<new2>[^?]{2,60}?)\s+(?:thì\s+)?(?:sao|thế nào|ra sao)\s*[?.!]*$|"
    r"^(?P<new3>[^?]{2,60}?)\s+(?:thì sao|thì thế nào|thì ra sao)\s*[?.!]*$",
)
_SWITCH_EN = re.compile(
    r"^(?:(?:and|but|ok|okay|so)[, ]+)?(?:what|how) about\s+(?P<new>.+?)\s*[?.!]*$|^and\s+(?P<new2>(?:(?:at|in|for|by|of|on|during)\s+)?(?:the\s+)?[\w\- ]{2,50}?)\s*[?.!]*$|"
    r"^(?P<new3>(?:at|in|for|during)\s+[\w\- ]{2,40}?)\s*\?+$",
)
# "Ông được trao danh hiệu gì?", "quê của chị?": an address without a name
_BARE = (
    r"^(?:ông|bà|anh|chị|cô)(?=\s+(?:được|có(?! thể)|đã|là|giữ|nói|cho|từng|đang|làm|sinh|quê|học|nhận|thuộc|bao|sẽ|muốn|cần|thu|bán|trồng|tên|mấy)\b)"
    r"|(?<=[,;] )(?:ông|bà|anh|chị|cô)(?=\s+(?:còn|đã|đang|giữ|là|có|kiêm|nói|làm|thu|bán|trồng|từng|được)\b)"
    r"|(?<=nhà )(?:ông|bà|anh|chị|cô|bác)(?=\s+(?:đăng|bán|làm|có|trồng|ở|được|đưa)\b)|(?<=của )(?:ông|bà|anh|chị|cô)(?=\s*(?:(?:là|có|được|bán|làm|đưa|gồm)\b|[?,.]|$))|(?<=theo )(?:ông|bà|anh|chị|cô)(?=\s*(?:thì\b|[?,.]|$))"
)
_PERSON = (
    _BARE
    + r"|\b(?:ông ấy|ông ta|ông này|ông đó|bà ấy|bà ta|bà này|anh ấy|anh ta|chị ấy|cô ấy|người này|người đó|người ấy|vị này|đồng chí này|he|she|him|his|her)\b"
)
_PLACE = r"\b(?:(?:ở|tại|nơi) (?:đó|đây|đấy)|(?:tỉnh|huyện|xã|địa phương|thành phố|nơi|vùng|nước|thôn|khu vực|thị trấn)(?: này| đó| ấy)|there|(?:this|that) (?:province|district|commune|city|country|village|place|locality)|the (?:province|district|commune|city|village)(?! of\b|['’]s? \w+ of\b))\b"
_ORGAN = r"\b(?:bên|chỗ|hãng|nơi) (?:đó|ấy|này)\b|\b(?:(?:sở|cơ quan|đơn vị|công ty|htx|hợp tác xã|tổ chức|doanh nghiệp|trung tâm|trường)(?: này| đó| ấy)|(?:this|that) (?:department|agency|company|cooperative|organisation|organization|office))\b"
_DOCUMENT = r"\b(?:(?:quyết định|nghị quyết|đề án|kế hoạch|văn bản|chương trình|luật)(?: này| đó| ấy)|(?:this|that) (?:decision|resolution|plan|scheme|document|law))\b"
_ITS_NUMBER = r"\bnumber\b|\bsố (?:mấy|bao nhiêu|hiệu|nào|là)"
_TIME = r"\b(?:(?:năm|thời điểm|thời gian|lúc|khi|tháng|ngày|giai đoạn) (?:đó|này|ấy)|(?:that|this) (?:year|time|month|day|period)|then)\b"
_THING = r"\b(?:(?:cái|điều|việc|chuyện|thông tin|tin|số|chúng|họ|nó|con số|kết quả|mô hình|sản phẩm|ứng dụng|nền tảng|chỉ số|tỷ lệ|sự kiện|chiến dịch|cuộc chiến)(?: này| đó| ấy)|\bnó\b|\bhọ\b|\bchúng\b|\bđó\b|it|its|they|them|their|this|that|those|these|the one(?= [a-z]+ [a-z]* ?(?:issued|put out|released)))\b"
_THAT_FIGURE = r"\b(?:con số|tỷ lệ|tỉ lệ|mức|số liệu|số lượng) (?:đó|này|ấy|tương ứng)\b|\btương ứng\b|\bthat (?:figure|number|share|rate|percentage|total|amount)\b|\bthe (?:figure|corresponding (?:\w+ )?(?:figure|number|share|rate))\b|\b(?:nhờ|như|vì) (?:vậy|thế|đó)\b|\btương đương\b|\b(?:cương vị|chức vụ|chức|vai trò|vị trí) (?:ấy|đó|này)\b|\b(?:subsequently|afterwards|after that)\b"
_REFERS = (
    r"\b(?:nó|họ|chúng|(?:cái|số|nhóm|tổ|đội|cách|con số|bánh|món|hàng|mạng|trang|máy|thứ|loại|sản phẩm|dự án|mô hình|bên|chỗ|người|nhà) (?:đó|này|ấy|đấy|kia))\b|"
    r"^(?:quy|tính|đổi) (?:ra|thành)\b|^(?:nặng|cân nặng|dài|rộng)\b|\btrong (?:số|đó)\b|\b(?:it|its|they|their|them|those|these)\b"
)
_LEVELS = {
    "tỉnh": ("tỉnh", "provincial", "province"),
    "huyện": ("huyện", "district"),
    "xã": ("xã", "phường", "commune", "ward"),
    "thôn": ("thôn", "ấp", "bản", "hamlet", "village"),
}
_LEVEL = re.compile(
    r"\bcấp (?:trung ương|tỉnh|huyện|xã, phường|xã|phường|thôn|ấp|bản|cơ sở)\b|\bcap (?:trung uong|tinh|huyen|xa|phuong|thon|ap|ban)\b|"
    r"\b(?:provincial|district|commune|ward|hamlet|village)(?:[- ]level)?\b",
)
_LEAD_VI = re.compile(
    r"^(?:thế thì|vậy thì|thế|vậy|và|à|ừ|rồi|còn|nhưng|(?:giờ|bây giờ|lúc này|nay) thì|thì)\s+", re.IGNORECASE
)


def complete(question: str, history: Sequence[tuple[str, str]]) -> str:
    """``question`` as one that stands alone. ``history`` holds (question, answer) pairs, oldest first.

    Earlier follow-ups are completed first, so that chains work. Returns the question itself when it needs nothing.
    """
    whole = answer = told = said = ""
    for earlier, earlier_answer in history:
        earlier = nfc(earlier).strip()
        if earlier:
            whole = complete_one(earlier, whole, answer, said) if whole else bare(earlier, _language(earlier))
            answer = strip_markers(nfc(earlier_answer or ""))
            said += f" {whole} {answer}"
            told = _thing_told(whole, answer) or told
    question = re.sub(r"\s+", " ", nfc(question)).strip()
    if not whole:
        return question
    plain = bare(question, _language(question))
    made = complete_one(plain, whole, answer, said)
    if made == plain:
        return question
    # what the question before got for an answer is what is spoken of now
    if told and made.startswith(_LEAD_VI.sub("", plain).rstrip(" ?.!") + " (") and fold(told) not in fold(made):
        made = re.sub(r"\)\W*$", f": {told})?", made)
    return made


def _thing_told(question: str, answer: str) -> str:
    """The thing that answered an open question in few words ("Bánh lá răng bừa Nam Hương"); "" for figures and long answers."""
    language = _language(question)
    if wanted(question, language).kind not in ("other", "list"):
        return ""
    first = re.split(r"[.;\n]|, ", answer.strip(), maxsplit=1)[0].strip(' .,“”"')
    return first if 0 < len(first.split()) <= 8 and not re.search(r"\d", first) else ""


def only_added(question: str, whole: str) -> bool:
    """Whether ``whole`` is the question with an earlier topic behind it, nothing of it replaced, and it has words of its own."""
    bare = _LEAD_VI.sub("", re.sub(r"\s+", " ", nfc(question)).strip()).rstrip(" ?.!")
    return whole.startswith(f"{bare} (") and len(content_words(topic_of(bare), _language(bare))) >= 2


def refers(question: str) -> bool:
    """Whether a question refers back by its words: "nó", "nhóm đó", "quy ra …", "its"."""
    plain = _LEAD_VI.sub("", nfc(question).strip())
    return any(_find(pattern, plain) for pattern in (_REFERS, _THAT_FIGURE, _BY_NOW))


def of_what_was_said(question: str) -> bool:
    """Whether a question asks of what was said before ("chuyện này"), and means nothing without it."""
    return _find(_SAID, _LEAD_VI.sub("", nfc(question).strip())) is not None


# "Giờ lên tới bao nhiêu rồi?", "how many by now": of the present, whatever was asked of a beginning
_BY_NOW = (
    r"^(?:(?:đến|tới|cho đến|tính đến|thế|vậy|còn) )*(?:giờ|bây giờ|hiện nay|hiện tại|nay|lúc này)\b[^?]*\b(?:bao nhiêu|mấy|chừng nào)\b|"
    r"\bhow many\b[^?]*\b(?:now|today|by now|so far)\b|^(?:and )?(?:now|today)\b"
)
_AT_FIRST = r"\b(?:ban đầu|lúc đầu|hồi đầu|thời gian đầu|bước đầu|khởi đầu|(?:bắt đầu|lúc|khi|mới) (?:làm )?(?:thí điểm|thử|thử nghiệm)|thí điểm|làm thử|bắt đầu|at first|initially|at the (?:start|beginning)|(?:was |were )?first (?:tried|piloted|tested)|(?:was |were )?piloted)\b ?"
_SAID = r"\b(?:chuyện|việc|điều|thông tin|tin) (?:này|đó|ấy)\b|\b(?:of|by|about|from) (?:that|this)\b(?! \w+ing\b)"


def complete_one(question: str, previous: str, answer: str, said: str = "") -> str:
    """``question`` completed from one ``previous`` self-contained question and its ``answer``; ``said`` is all that was said before."""
    if further := _further(question, previous):
        return further
    new = _switched(question)
    if new:
        return _substituted(new, previous, question)
    if _find(_THAT_FIGURE, question) and _level_slots(question) and _level_slots(previous):
        return _substituted(question[slice(*_level_slots(question)[0])], previous, question)
    replaced = _pronouns(question, previous, answer, said)
    if replaced != question:
        return replaced
    if _incomplete(question, previous):
        return _with_topic(question, previous)
    return question


_FURTHER = re.compile(
    r"^(?:(?:thế|vậy|còn|rồi|và|and|what about|the) )*(?:(?:việc|điều|điểm|vấn đề|cái|viec|dieu|diem|van de|cai) )?"
    r"(?P<n>(?:thứ|thu) (?:hai|ba|tư|tu|năm|nam|\d)(?:(?:,| và| va)? (?:thứ|thu) (?:ba|tư|tu|năm|nam|\d))*|(?:second|third|fourth)(?:(?:,| and) (?:third|fourth|fifth))*)"
    r"(?: (?:one|ones|thing|things))?(?: (?:thì|thi))?(?: (?:là gì|la gi|là|la|sao|thế nào|the nao))*\W*$",
    re.IGNORECASE,
)
_FIRST = r"\b(?:đầu tiên|trước tiên|trước nhất|trước hết|thứ nhất|first)\b"


def _further(question: str, previous: str) -> str:
    """ "Thứ hai là gì?" after a question for the first of several things: the same asked of the ones named; "" for any other."""
    found, first = _FURTHER.match(question), _find(_FIRST, previous)
    return _tidy(previous[: first[0]] + found["n"] + previous[first[1] :]) if found and first else ""


def _lower(text: str) -> str:
    return canonical(text)


def _switched(question: str) -> str:
    """What "Thế còn X?", "X thì sao?", "What about X?" and a bare "Cấp huyện?" ask about; "" for any other question."""
    alone = _LEAD_VI.sub("", question).strip(" ?.!")
    if len(alone.split()) <= 5:
        for slot in (_level_slots, _place_slots, _date_slots):
            spans = slot(alone)
            rest = alone[: spans[0][0]] + alone[spans[-1][1] :] if spans else alone
            if spans and not re.sub(r"\b(?:ở|tại|in|at|the|tỉnh|năm)\b", "", rest).strip(" ,"):
                return alone
    folded_pattern = _folded(_SWITCH.pattern)
    for pattern, text in ((_SWITCH, _lower(question)), (folded_pattern, fold(question)), (_SWITCH_EN, fold(question))):
        found = pattern.match(text)
        if found is None:
            continue
        name = next((n for n in ("new", "new2", "new3", "new4", "new5") if found.groupdict().get(n)), None)
        if name is None:
            continue
        start, end = found.span(name)
        new = question[start:end].strip(" ,.?!")
        # "Còn bao nhiêu …?" with a verb of its own is a question, not a switch
        if len(new.split()) <= 9 and not _has_predicate(new):
            return (
                re.sub(
                    r"^(?:về|ở|tại|với|của|đối với|cho|ve|o|tai|in|at|for|of)\s+(?=\S)", "", new, flags=re.IGNORECASE
                )
                if pattern is not _SWITCH_EN
                else re.sub(r"^(?:in|at|for|of|on|by)\s+", "", new)
            )
    return ""


_FOLDED_PATTERNS: dict[str, re.Pattern[str]] = {}


def _folded(pattern: str) -> re.Pattern[str]:
    if pattern not in _FOLDED_PATTERNS:
        _FOLDED_PATTERNS[pattern] = re.compile(_fold_pattern(pattern))
    return _FOLDED_PATTERNS[pattern]


def _fold_pattern(pattern: str) -> str:
    """A pattern without diacritics; escapes such as \\W keep their case."""
    return "".join(fold(c) if not c.isascii() else c for c in pattern)


def _has_predicate(text: str) -> bool:
    """Whether a phrase holds a question word and a verb, i.e. is a question of its own."""
    language = _language(text)
    want = wanted(text, language)
    words = text.split()
    return want.end > 0 and len(words) > 4


def _language(text: str) -> str:
    found = detect(text)
    return found if found in ("vi", "vi-folded", "en") else ("vi-folded" if text.isascii() else "vi")


def _substituted(new: str, previous: str, question: str) -> str:
    """``previous`` with the slot of ``new``'s kind replaced; where it has none, ``new`` is added."""
    if _level_slots(previous) and re.fullmatch(_BARE_LEVEL, _lower(new)):
        new = f"cấp {new}"
    elif _level_slots(previous) and new.isascii() and re.fullmatch(fold(_BARE_LEVEL), fold(new)):
        new = f"cap {new}"
    if aimed := _goal(new, previous) or _other_paper(new, previous):
        return aimed
    for slot in (_level_slots, _date_slots, _place_slots, _office_slots, _person_slots):
        fresh = slot(new)
        if not fresh:
            continue
        value = new[fresh[0][0] : fresh[0][1]] if slot is not _level_slots else new
        old = slot(previous)
        if old:
            start, end = old[0]
            rest = previous[end:]
            # "59 … cấp xã và cấp thôn": further slots of the kind go with the first
            for s, e in reversed(old[1:]):
                gap = previous[end:s]
                if re.fullmatch(r"\s*(?:,|và|hay|and|or|va)\s*", gap):
                    rest = previous[e:]
            value = value if slot is not _level_slots else new[fresh[0][0] : fresh[0][1]].lower()
            made = _tidy(previous[:start] + value + rest)
            papers, before = _document_slots(new), _document_slots(made)
            if papers and before:  # "And Hau Giang's Resolution No. 02?"
                return _tidy(made[: before[0][0]] + new[slice(*papers[0])] + made[before[0][1] :])
            if slot is _place_slots and len(new.split()) > len(value.split()) + 3:
                break
            return made
        return _added(previous, new)
    return _other_office(new, previous) or _aligned(new, previous) or _onwards(new, previous) or _added(previous, new)


def _other_paper(new: str, previous: str) -> str:
    """ "Còn nghị quyết số 25?": the same asked of another numbered paper, without what the first one is about; "" for any other."""
    fresh, old = _document_slots(new), _document_slots(previous)
    if not fresh or not old or len(new.split()) > 6 or _place_slots(new):
        return ""
    rest = re.sub(
        r"^ (?:về|on|about) [^,?]{3,60}?(?= (?:của|do|được|ban hành|ra|là|mang|of|by|was|is)\b|[,?])",
        "",
        previous[old[0][1] :],
    )
    return _tidy(previous[: old[0][0]] + new[slice(*fresh[0])] + rest)


_GOAL_EN = re.compile(r"(?:the |its |their )?(?:goal|target|aim|plan)s?(?: (?:for|by|in) \d{4})?", re.IGNORECASE)


def _goal(new: str, previous: str) -> str:
    """ "And the goal for 2025?": what is aimed at, of the topic before."""
    if not _GOAL_EN.fullmatch(new) or re.search(r"\b(?:goal|target|aim)", previous, re.IGNORECASE):
        return ""
    return f"What is {new} ({topic_of(previous)})?"


_TITLE = r"\b(?:phó |vice |deputy )?(?:tổng )?(?:chủ tịch|giám đốc|bí thư|trưởng phòng|trưởng ban|trưởng thôn|cục trưởng|chairman|chairwoman|chair|director|secretary|head)\b"


def _other_office(new: str, previous: str) -> str:
    """ "Thế còn Chủ tịch?" after a question for the deputy: the office exchanged, whatever it is of kept."""
    asked, old = _find(_TITLE, new), _find(_TITLE, previous)
    if asked is None or old is None or len(new.split()) > 4 or _lower(new) == _lower(previous[slice(*old)]):
        return ""
    return _tidy(previous[: old[0]] + new + previous[old[1] :])


def _onwards(new: str, previous: str) -> str:
    """``previous`` with its end replaced from the word ``new`` begins with: "dịch vụ kết nối nội tỉnh" by "kết nối ra bên ngoài"."""
    fresh = [fold(w) for w in _WORD.findall(new)]
    spans = [m.span() for m in _WORD.finditer(previous)]
    old = [fold(previous[s:e]) for s, e in spans]
    for i in range(len(old) - 1, 0, -1):
        if len(fresh) > 1 and old[i : i + 2] == fresh[:2] and len(old) - i <= 8:
            return _tidy(f"{previous[: spans[i][0]]}{new}?")
    return ""


_BARE_LEVEL = r"(?:tỉnh|huyện|xã|phường|thôn|ấp)(?:(?:,| và| hay) (?:tỉnh|huyện|xã|phường|thôn|ấp))*"


def _added(previous: str, new: str) -> str:
    base = previous.rstrip(" ?.!")
    return f"{base} ({new})?"


def _level_slots(text: str) -> list[Span]:
    return [m.span() for m in _LEVEL.finditer(_lower(text))]


def _date_slots(text: str) -> list[Span]:
    return [(d.start, d.end) for d in find_dates(text)]


def _place_slots(text: str) -> list[Span]:
    spans = [(p.start, p.end) for p in find_places(text)]
    spans += [
        (n.start, n.end)
        for n in find_names(text)
        if n.kind == "place" and not any(s < n.end and n.start < e for s, e in spans)
    ]
    out: list[Span] = []
    for start, end in sorted(spans):
        if not any(s < end and start < e for s, e in out):
            out.append((start, end))
    return out


def _office_slots(text: str) -> list[Span]:
    return [(n.start, n.end) for n in find_names(text) if n.kind == "organisation"]


_PAPER = re.compile(
    r"\b(?:quyết định|nghị quyết|kế hoạch|chỉ thị|nghị định|thông tư|decision|resolution|plan|decree|directive)(?: số| no\.?| number)? \d[\w/-]*",
    re.IGNORECASE,
)


def _document_slots(text: str) -> list[Span]:
    return [m.span() for m in _PAPER.finditer(text)]


def _person_slots(text: str) -> list[Span]:
    return [(n.start, n.end) for n in find_names(text) if n.kind == "person"]


def _aligned(new: str, previous: str) -> str:
    """Replace the stretch of ``previous`` most like ``new`` ("hóa đơn điện tử" by "hợp đồng điện tử"); "" when none is."""
    fresh = [fold(w) for w in _WORD.findall(new)]
    spans = [m.span() for m in _WORD.finditer(previous)]
    old = [fold(previous[s:e]) for s, e in spans]
    n = len(fresh)
    best, where = 0, -1
    for i in range(len(old) - n + 1):
        shared = sum(a == b for a, b in zip(fresh, old[i : i + n]))
        if shared > best:
            best, where = shared, i
    if where < 0 or n < 2 or best * 2 < n:
        return ""
    return _tidy(previous[: spans[where][0]] + new + previous[spans[where + n - 1][1] :])


def _tidy(text: str) -> str:
    return re.sub(r"\s+([?.,!])", r"\1", re.sub(r"\s{2,}", " ", text)).strip()


# pronouns


def _pronouns(question: str, previous: str, answer: str, said: str = "") -> str:
    """``question`` with a pronoun replaced by what it stands for; the question itself when there is none."""
    for pattern, kinds in (
        (_PERSON, ("person",)),
        (_PLACE, ("place",)),
        (_ORGAN, ("organisation",)),
        (_DOCUMENT, ("document",)),
    ):
        found = _find(pattern, question)
        if found is None:
            continue
        if kinds == ("document",) and _find(_ITS_NUMBER, question):
            return _with_topic(question, previous)  # its number is what is asked for
        if (
            kinds in (("place",), ("organisation",))
            and find_places(question)
            and not re.search(
                r"sở|công ty|htx|hợp tác xã|compan|cooperative|department", question[slice(*found)].lower()
            )
        ):
            continue  # "the province" may be the one it names
        meant = _of_level(question[slice(*found)], previous, answer) if kinds == ("place",) else ""
        if kinds == ("place",) and not meant and _find(_TITLE, question) and (bodies := companies(previous)):
            meant = bodies[0].text  # "Giám đốc ở đó là ai" after "HTX Gia Phúc ở huyện nào"
        meant = meant or _antecedent(kinds, previous, answer, person=kinds == ("person",))
        if not meant and kinds in (("person",), ("organisation",)):  # spoken of further back
            meant = _antecedent(kinds, said, "", person=kinds == ("person",))
        if meant:
            start, end = found
            before = question[:start]
            written = question[start:end].lower()
            value = meant
            if kinds == ("place",) and written.split()[0] in ("ở", "tại", "o", "tai", "nơi", "noi"):
                value = f"{question[start:end].split()[0]} {meant}"
            elif kinds == ("place",) and written == "there":
                value = f"in {meant}"
            elif written in ("his", "her", "its", "their"):
                value = f"{meant}'s"
            replaced = _tidy(before + value + question[end:])
            return replaced if _topical(replaced, previous) else _with_topic(replaced, previous)
        return _with_topic(question, previous)
    found = _find(_TIME, question)
    if found:
        dates = find_dates(previous) or find_dates(answer)
        if dates:
            return _with_topic(_tidy(question[: found[0]] + dates[0].text + question[found[1] :]), previous)
        return _with_topic(question, previous)
    if _find(_THING, question) or (_find(_THAT_FIGURE, question) and not _names_somebody(question)):
        return _with_topic(question, previous)
    return question


def _names_somebody(question: str) -> bool:
    """Whether a question names a place, person or body of its own, of which it may speak alone."""
    return bool(find_places(question)) or any(n.kind in ("person", "organisation") for n in find_names(question))


_AUXILIARY = "is|are|was|were|has|have|had|did|does|do|can|could|will|would|come|came|go|went"


def _find(pattern: str, text: str) -> Span | None:
    found = re.search(pattern, _lower(text))
    if found is None and text.isascii() and detect(text) != "en":
        found = re.search(_fold_pattern(pattern), fold(text))
    if (
        found
        and found.group() in ("this", "that", "those", "these")
        and re.match(rf"\s+(?!(?:{_AUXILIARY})\b)\w+", text[found.end() :])
        and re.search(r"\bthat\b", found.group())
    ):
        return None
    return found.span() if found else None


_LEVEL_NAMES = {
    "xã": "xã",
    "huyện": "huyện",
    "thôn": "thôn",
    "thị trấn": "thị trấn",
    "commune": "xã",
    "district": "huyện",
    "village": "thôn",
}


def _of_level(written: str, previous: str, answer: str) -> str:
    """The commune, district or hamlet that "xã này", "that district" stands for, with its level's word; "" where none was named."""
    words = _lower(written).split()
    level = next((vi for word, vi in _LEVEL_NAMES.items() if word in (words[0], words[-1], " ".join(words[:2]))), "")
    if not level:
        return ""
    for text in (answer, previous):
        for found in re.finditer(rf"(?<!\w)({level}) ((?:\w+ ?){{1,4}})", text, re.IGNORECASE):
            name = list(takewhile(lambda word: word[:1].isupper(), found[2].split()))
            if name:
                return " ".join([found[1], *name])
    return ""


# "chị Hường", "Ms Hường": somebody by the given name alone
_ADDRESSED = re.compile(
    rf"\b(?:[Mm]rs?|[Mm]s|[Mm]iss|[Cc]hị|[Aa]nh|[ÔÓôó]ng|[Bb]à|[Cc]ô|[Cc]hú|[Bb]ác|[Đđ]ồng chí)\.? (?:{CAPITAL}\w*)(?: {CAPITAL}\w*)*"
)


def _antecedent(kinds: tuple[str, ...], previous: str, answer: str, person: bool) -> str:
    """The last thing of the kind spoken of: for persons the answer first ("ai là …?" was asked), else the question first."""
    texts = (answer, previous) if person and not _of_kind(kinds, previous) else (previous, answer)
    for text in texts:
        names = _of_kind(kinds, text)
        if names:
            return names[0].text
    if kinds == ("organisation",):
        for text in texts:
            if whole := companies(text):
                return whole[0].text
    if person:
        for text in texts:
            if called := _ADDRESSED.search(text):
                return called.group()
        # a name typed without diacritics is told from other names by its length alone
        loose = [
            n
            for text in texts
            for n in find_names(text)
            if n.kind == "other" and len(n.text.split()) in (2, 3, 4) and not _IN_PLACE.search(text[: n.start])
        ]
        return loose[0].text if loose else ""
    return ""


_IN_PLACE = re.compile(r"(?:\b(?:in|at|from|near|ở|tại|xã|huyện|thôn|tỉnh|phường))\s$", re.IGNORECASE)


def _of_kind(kinds: tuple[str, ...], text: str) -> list[Name]:
    if kinds == ("place",):
        places = find_places(text)
        return places or [n for n in find_names(text) if n.kind == "place"]
    return [n for n in find_names(text) if n.kind in kinds]


# ellipsis


def _topical(question: str, previous: str) -> bool:
    """Whether a question holds enough words of its own to stand alone."""
    return len(content_words(question, _language(question))) >= 4


def _incomplete(question: str, previous: str) -> bool:
    """Whether a question leaves out what it is about: no name, place or topic words, or it opens with "còn", "vậy"."""
    language = _language(question)
    want = wanted(question, language)
    names = [n for n in find_names(question) if n.kind != "other" or len(n.text) > 3]
    places = find_places(question)
    shown, _ = view(question, language)
    telling = [w for w in content_words(question, language) if not w.isdigit() and fold(w) not in _EMPTY]
    if places or [n for n in names if n.kind in ("person", "organisation", "document", "place")]:
        return bool(_LEAD_VI.match(question)) and len(telling) <= 3
    shared = {fold(w) for w in telling} & {fold(w) for w in content_words(previous, _language(previous))}
    if _LEAD_VI.match(question) or re.match(r"(?:and|but|so)\b", shown):
        return True
    if not telling or re.match(_WHEN_ONLY, shown):
        return True
    # "Tăng bao nhiêu bậc so với năm 2020?", "Vì sao?", "Khi nào hoàn thành?"
    starts_bare = want.end > 0 and re.match(
        r"(?:tăng|giảm|đạt|chiếm|gồm|bao gồm|với|trong đó|cụ thể|vì sao|tại sao|khi nào|bao giờ|ở đâu|do ai|ai|bao nhiêu|mấy|so với|tang|giam|dat|chiem|gom|trong do|cu the|vi sao|tai sao|khi nao|o dau|bao nhieu|so voi|by how|how many of|why|when|where|who|compared)",
        shown,
    )
    if not names and len(telling) <= 6 and len(shared) >= 2 and not find_dates(question):
        return True
    limit = 5 if starts_bare else 3
    return len(telling) <= limit and (len(shared) == 0 or len(telling) <= 2 or bool(starts_bare)) and not names


# "Có từ khi nào?", "ban hành ngày nào?"
_WHEN_ONLY = r"(?:(?:có|bắt đầu|diễn ra|ban hành|ra đời|ra|thành lập|mở|ký|co|bat dau|dien ra|ra doi|thanh lap|mo|ky) )?(?:(?:từ|vào|hồi|lúc|tu|vao|hoi|luc) )?(?:khi nào|bao giờ|năm nào|lúc nào|hồi nào|ngày nào|khi nao|bao gio|nam nao|luc nao|hoi nao|ngay nao)\W*$"
_EMPTY = frozenset(
    fold(w)
    for w in "năm ngày tháng số bậc tỷ lệ phần trăm so với tăng giảm đạt cụ thể trong thời gian hiện nay year date number percent compared more than".split()
)


def _with_topic(question: str, previous: str) -> str:
    """``question`` with the topic of ``previous``: its words without those that ask."""
    if find_dates(question):
        for date in reversed(find_dates(previous)):
            previous = previous[: date.start] + previous[date.end :]
    # of a follow-up that was itself put before an earlier topic, that topic is what both are about
    behind = re.search(r" \(([^()]{12,})\)\W*$", previous)
    now = _find(_BY_NOW, question) is not None
    counted = wanted(previous, _language(previous)).focus if behind and now else ""
    topic = f"{counted} {behind.group(1)}".strip() if behind else topic_of(previous)
    if not topic:
        return question
    if _ADDRESSED.search(question):  # somebody else is asked about now
        topic = _tidy(_ADDRESSED.sub("", topic))
    title = _find(_TITLE, question)
    other = _find(_TITLE, topic)
    if now:
        topic = _without(_AT_FIRST, topic)
        for date in reversed(find_dates(topic)):
            topic = topic[: date.start] + topic[date.end :]
        topic = _tidy(topic)
    if title and other and _lower(question[slice(*title)]) != _lower(topic[slice(*other)]):
        # "phó chủ tịch … (UBND tỉnh X)", whoever was asked about before
        topic = _tidy(topic[: other[0]] + topic[other[1] :])
    missing = {fold(w) for w in _WORD.findall(topic)} - {fold(w) for w in _WORD.findall(question)}
    if not missing:
        return question
    # "giờ thì được bao nhiêu rồi" is asked of now
    bare = question if now else _LEAD_VI.sub("", question)
    return f"{bare.rstrip(' ?.!')} ({topic})?"


def _without(pattern: str, text: str) -> str:
    """``text`` without what ``pattern`` finds in it, with or without diacritics."""
    while found := _find(pattern, text):
        text = text[: found[0]] + text[found[1] :]
    return text


def topic_of(question: str) -> str:
    """What a question is about: its text without the question word and the courtesies around it."""
    language = _language(question)
    want = wanted(question, language)
    text = question.rstrip(" ?.!")
    if want.end and want.start:
        text = text[: want.start] + " " + text[want.end :]
    elif want.end:  # "Quyết định 1656 là về cái gì": what is asked for stands first
        asks = r"\s+(?:là|la)? ?(?:về|ve)? ?(?:(?:cái|việc|điều|chuyện|cai|viec|dieu|chuyen) )?(?:gì|gi|nào|nao)\s*$"
        shorter = re.sub(asks, "", text, flags=re.IGNORECASE)
        text = shorter if shorter != text else text[: want.start] + " " + text[want.end :]
    if language == "en":
        text = re.sub(
            r"^\s*(?:is|are|was|were|does|do|did|has|have|the)\s+|\b(?:does|did|do)\b", " ", text, flags=re.IGNORECASE
        )
    else:
        text = re.sub(
            r"\s(?:là của (?:nhà|ai)?|là|có|la|được|đạt|bị|của|do|thuộc)\s*$|^\s*(?:là|la)\s",
            " ",
            text,
            flags=re.IGNORECASE,
        )
    return _tidy(text).strip(" ,;:")
