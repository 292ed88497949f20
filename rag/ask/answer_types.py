"""What kind of answer a question wants, and which words name it.

Rules over the question's words alone, Vietnamese with and without diacritics and English. Knows nothing of documents.
Patterns are written with diacritics; for a question typed without them the folded pattern is used on the folded text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from rag.ask.kinds_en import degree, told
from rag.ask.question_heads import HEADS, NUMBERED_EN
from rag.text.names import find_places
from rag.text.normalise import canonical, fold, nfc

NUMERIC = frozenset({"number", "amount", "percent", "rank"})
# kinds whose answer is a string that can be told by what it is, and those whose answer is whatever is said
TYPED = NUMERIC | {"date", "person", "organisation", "place", "decision", "role"}
OPEN = frozenset({"list", "reason", "definition", "other", "yesno"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """``kind`` is an answer type of ``Query``; ``focus`` the noun phrase asked for, lower case ("tổ chuyển đổi số", "năm").

    ``start``/``end`` delimit the question word in the question (0, 0 when none was found); ``several`` is True where the
    wording asks for more than one item.
    """

    kind: str
    focus: str = ""
    start: int = 0
    end: int = 0
    several: bool = False


_PERCENT = r"phần trăm|%|tỷ lệ|tỉ lệ|tỷ trọng|tỉ trọng|percent(?:age)?|(?<!to )(?<!and )\bshare\b(?! with\b| their\b| experience)|\bportion\b|\bfraction\b|proportion|\brates?\b"
_MONEY = (
    r"(?<!tính )\btiền\b|lợi nhuận|\blãi\b(?! suất)|\blời\b(?= (?:được |khoảng )?(?:bao nhiêu|mấy))|\bprofits?\b|(?<!cộng )(?<!hợp )(?<!hội )\bđồng\b(?! chí| bào| bằng| đội| hồ| bộ| thời| ý| nghiệp| hành| nhất| loạt| ruộng| phục)|\btỷ đồng|\btriệu đồng|doanh thu|kinh phí|giá trị|thu nhập|\bvốn\b|\bgiá\b|\bphí\b|ngân sách|doanh số|\busd\b|đô la|\beuro\b|\bkiếm (?:được|về)|\bthu về|"
    r"money|revenue|budget|turnover|\bprice|\bcosts?\b|income|\bvnd\b|\bdong\b|\bvalue|\bfee\b|\bearn"
)
_RANK = (
    r"(?:đứng|xếp) (?:ở )?vị trí (?:nào|bao nhiêu|mấy)|(?:xếp|đứng|vị trí|ở) (?:vị trí |ở )?(?:thứ|hạng) ?(?:hạng |mấy|bao nhiêu|nào)?|thứ hạng|xếp hạng (?:mấy|bao nhiêu|thứ)|thứ mấy|hạng mấy|hạng bao nhiêu|"
    r"tốp mấy|tốp bao nhiêu|top mấy|nhóm mấy|(?:trong|thuộc|vào|lọt) (?:nhóm|tốp|top) (?:bao nhiêu|mấy)|where (?:did|does|do) .{1,60}\b(?:stand|rank|(?:come|finish|place)(?=[^\w]*$| (?:among|in|on|nationally|nationwide|overall)\b))\b|(?:what|which) (?:rank|place|position)|\brank(?:ed|s|ing)?\b"
)
# typed without marks most single syllables of money are other words too ("gia": già, "lai": lại, "dong": đông)
_MONEY_FOLDED = (
    r"\b(?<!tinh )tien\b|loi nhuan|ty dong|trieu dong|nghin dong|doanh thu|kinh phi|gia tri|gia ca|gia ban|muc gia|gia ve|thu nhap|tien von|ngan sach|"
    r"doanh so|\busd\b|do la\b|\beuro\b|\bkiem (?:duoc|ve)\b|\bthu ve\b"
)
OPENING = 600  # characters of a question in which a comparison is looked for
# words that end the noun phrase after "bao nhiêu"
_STOP = frozenset(
    "một mỗi hàng hằng được đã đang sẽ có trong tại ở của vào trên cho là để với từ đến theo tham dùng sử sử_dụng mà và hay hoặc thì bị khi tính so cả nằm do nhờ về ra "
    "thuộc xét đạt chưa không vẫn còn giữa qua sau trước bằng làm tăng giảm trở đăng triển hoạt".split()
)
_VERBS = frozenset(
    "get gets got go goes went put puts onto into via through over helped registered reached received sign signed signing came come appear appeared take takes make makes made grow grew "
    "cài cai mua nhận nhan ký ky biết biet live lives living work works working sell sells sold accept accepts install installed join".split()
)
_STOP_EN = frozenset(
    "are is was were did do does has have had in at on of by for from to with that who which been will can there the a an it its "
    "per as than and or use used took take".split()
)
# "mấy thứ đó", "mấy ông ấy" are several things, and no question
SEVERAL_MAY = r"\bmấy\b(?! [^\s,?]+(?: [^\s,?]+)? (?:này|đó|ấy|kia|nọ)\b)"
_HOW_MUCH = r"(?:bao )?\bnhiêu\b|bao lâu|bao xa|bao tuổi"
_VI_MARKS = (
    (
        "reason",
        r"^(?:mà |thế |vậy |ủa |ơ )?sao (?=.*\b(?:lại|mà|phải|không|chưa|vẫn|cứ|đều)\b)|vì sao|tại sao|vì lẽ gì|do đâu|nhờ đâu|sao lại|cớ sao|vì cái gì|vì điều gì|lý do|lí do|nguyên nhân",
    ),
    (
        "count",
        rf"{_HOW_MUCH}|{SEVERAL_MAY}|(?:được|cao|dài|rộng|nặng|sâu|lớn|nhiều) (?:chừng|cỡ|tới chừng|khoảng) nào",
    ),
    ("date", r"khi nào|bao giờ|lúc nào|hồi nào|vào dịp nào"),
    ("person", r"(?<!không có )(?<!chẳng có )(?<!chưa có )\bai\b|những ai"),
    ("place", r"ở đâu|tại đâu|nơi đâu|từ đâu|đến đâu|đi đâu|là đâu|chỗ nào|\bđâu\b"),
    ("what", r"\bnào\b|\bgì\b"),
)
_EN_MARKS = (
    ("reason", r"\bwhy\b|\breasons?\b|\bhow come\b"),
    ("count", r"how many|how much|how long|how far|how old|how high|how large|how big"),
    ("date", r"\bwhen\b|since when|by when"),
    ("person", r"\bwho\b|\bwhom\b|\bwhose\b"),
    ("place", r"\bwhere\b"),
    ("what", r"\bwhich\b|\bwhat\b"),
)
# the holder of an office asked for by name: "Bí thư Tỉnh ủy … tên là gì"
_NAMED_OFFICE = (
    r"(?:^\W*(?:\w+ ){0,2}?(?:sếp|lãnh đạo|thủ trưởng|người|nông dân|chủ hộ|chủ cơ sở|nghệ nhân|bác|chú|ông|bà|anh|chị)\b|"
    r"(?:giám đốc|chủ tịch|bí thư|trưởng phòng|trưởng ban|trưởng thôn|bộ trưởng|thủ tướng|hiệu trưởng|cục trưởng)\b).* tên (?:là |gọi là )?gì[^\w]*$"
)
# "làm đến đâu rồi" asks how far something has come
_PROGRESS = r"\b(?:làm|thực hiện|triển khai|hoàn thành|tiến (?:độ|triển|hành)|phát triển|chuẩn bị|xây dựng|thí điểm|áp dụng|chuyển đổi số|phủ|phủ sóng|xuống)\b[^?]{0,60}\b(?:đến|tới) đâu\b"
# "cái khó nhất nằm ở đâu", "where does the electricity come from": no place
_ABSTRACT = r"\b(?:cái khó|khó khăn|khó nhất|vướng mắc|trở ngại|thách thức|mấu chốt|vấn đề|điểm yếu|điểm mạnh|lợi thế|nguyên nhân|bí quyết|chìa khóa)\b[^?]{0,60}$"
_NO_PLACE_EN = r"\bwhere (?:does|do|did) (?:the |its |their |his |her )?(?:electricity|power|energy|money|funding|water|data|income|revenue)\b|\bwhere (?:does|do|did|can|is|are) [^?]{3,60}? (?:sell|sold|advertise[sd]?|promoted?|marketed|buy|order) (?:\w+ )?(?:online|on the (?:web|internet))\b"
# "về thứ hạng chuyển đổi số thì … đang ở đâu"
_IN_ORDER = r"\b(?:thứ hạng|thứ bậc|xếp hạng|bảng xếp hạng)\b"
# who issues a paper is a body: "Quyết định 4216 do ai ban hành", "Who issued Resolution 02"
_ISSUER = (
    r"\b(?:quyết định|nghị quyết|kế hoạch|chỉ thị)\b[^,?]*\b(?:do|bởi) ai (?:đã )?(?:ban hành|ra|thông qua|phê duyệt)|\bai (?:là người |đã )?(?:ban hành|ra|thông qua|phê duyệt) (?:ra )?(?:quyết định|nghị quyết|kế hoạch|chỉ thị)|"
    r"\bwho (?:has |had )?(?:issued?|adopted|passed|approved|put out|released) (?:the )?(?:[\w-]+ ){0,6}?(?:decision|resolution|plan|directive|scheme)|\bwho (?:was|were) (?:the )?(?:\w+ ){0,6}?(?:decision|resolution|plan|directive|scheme)\b[^?]*\b(?:issued|adopted|passed|approved) by"
)
_PLURAL_EN = r"\b(?:which|what) (?:[a-z-]+ ){0,2}?[a-z]{3,}(?<!ss)(?<!us)(?<!is)s (?:are|do|does|did|were|has|have|can|will|should|in|of|on|that)\b"
_SEVERAL_COUNTED = r"\b(?:hai|ba|bốn|\d)\s+(?!tháng|năm|ngày|giờ|tuần|months|years|days)[^\W\d]+(?:\s+[^\W\d]+){0,2}\s+(?:nào|gì)\b|\b(?:which|what) (?:two|three|four|five|six)\b"
_COMPARE = (
    r"^(?:hãy )?so (?:tiền|số|tỷ lệ|tỉ lệ|mức|doanh thu|thu nhập) .* (?:với|và) |"
    r"^(?:số|tỷ lệ|tỉ lệ|mức|doanh thu|thu nhập) .* so với (?!cùng kỳ|năm |tháng |quý |trước|mục tiêu|kế hoạch|chỉ tiêu)[^?]*(?:thế nào|ra sao)[^\w]*$|"
    r"bao nhiêu[^?]*,? so với [^?]*(?:thì sao|thế nào|ra sao)[^\w]*$|\bvới\b .*\b(?:ai|bên nào|nơi nào|tỉnh nào|đâu)\b[^?]*\bhơn\b|"
    r"^(?:số|tỷ lệ|tỉ lệ|mức|doanh thu|thu nhập) .* và (?:số|tỷ lệ|tỉ lệ|mức|doanh thu|thu nhập) [^?]*\bnào\b[^?]*\bhơn\b|"
    r"gấp (?:mấy|bao nhiêu)(?: lần)? (?:so với )?[^\s?]|so sánh|khác nhau|giống nhau|(?:tỉnh|nơi|bên|địa phương|cấp|sở|năm|đơn vị|cái|ai|huyện|xã)(?: nào)? .*(?:\bhơn\b|nhất trong hai|nhiều nhất|cao nhất) .*(?:\bhay\b|\bvà\b|\bgiữa\b)|"
    r"(?:\bhay\b|\bvà\b|\bgiữa\b) .*(?:nào|đâu|bên nào|ai) .*\bhơn\b|\bhơn\b .*\bhay\b|chênh lệch|chênh nhau|\bhơn nhau\b|(?:cao|nhiều|lớn|thấp|ít|nhanh|sớm|muộn|dài|rộng|đông) hơn[^,?]* so với .*(?:nào|không)|"
    r"(?:cao|nhiều|lớn|thấp|ít|nhanh|sớm|muộn|dài|rộng|đông) hơn .*bao nhiêu|\bvà\b.*,.*\bnào\b.* (?:trước|sau)(?: hơn)?[^\w]*$|\bhay\b[^?]*\b(?:nhiều|ít|cao|thấp|lớn|nhỏ|sớm|muộn|nhanh|chậm) hơn|so với [^?]*\bnào (?:có )?(?:nhiều|ít|cao|thấp|lớn|nhỏ|đông|dài|rộng|sớm|muộn|nhanh|chậm|đắt|rẻ|mạnh) hơn|\bvới\b.*(?:tỉnh|nơi|bên|địa phương) nào.*(?:thứ hạng|ra sao|thế nào)"
)
_COMPARE_EN = (
    r"\bcompare(?!d (?:with|to) (?:the )?(?:same|previous|year|last|\d{4}))|comparison|difference between|\bversus\b|\bvs\b|(?:more|higher|larger|lower|fewer|better|earlier|later|bigger|greater|less)\b.*\b(?:or|than(?! (?:what|how|which)\b)|between)\b|"
    r"(?:or|between)\b.*\b(?:more|higher|larger|lower|fewer|better|earlier|later|bigger|greater)\b"
)


@cache
def _compiled(pattern: str, folded: bool) -> re.Pattern[str]:
    return re.compile(fold(pattern) if folded else canonical(pattern))


def _head_table(folded: bool) -> dict[str, str]:
    return _HEAD_TABLES[folded]


_HEAD_TABLES: dict[bool, dict[str, str]] = {
    folded: {(fold(h) if folded else canonical(h)): kind for kind, heads in HEADS.items() for h in heads}
    for folded in (False, True)
}


def view(question: str, language: str) -> tuple[str, bool]:
    """The text the patterns run on (same length as the NFC question) and whether it is folded."""
    text = nfc(question)
    return (fold(text), True) if language in ("vi-folded", "en") else (canonical(text), False)


_CARRIED = re.compile(r"(?<=\w)\s+\([^()]*\)[\s?.!]*$")
_PARTICLES = re.compile(r"(?:\s+(?:vậy|nhỉ|hả|ạ|thế|nhé|đấy|cơ|rồi|vay|nhi|roi))+[\s?.!]*$")


def wanted(question: str, language: str) -> Wanted:
    """The answer type, focus and question word of one single question in ``language`` (a code of ``Query``)."""
    text, folded = view(question, language)
    english = language == "en"
    for place in find_places(nfc(question)):  # "Đồng Nai" is no money
        text = text[: place.start] + "_" * (place.end - place.start) + text[place.end :]
    if found := _CARRIED.search(text):  # what a follow-up is about asks for nothing
        if english and (
            number := re.search(r"\bnumbers?\b(?! of (?!(?:the|that) (?:one|other)\b))", text[: found.start()])
        ):
            if spoken_of := re.search(rf"\b(?:{NUMBERED_EN})\b", found.group()):
                return Wanted("decision", spoken_of.group(), *number.span())
        text = text[: found.start()] + " " * (len(text) - found.start())
    if found := _PARTICLES.search(text):  # "bao nhiêu người vậy ạ?", "lên tới bao nhiêu rồi"
        text = text[: found.start()] + " " * (len(text) - found.start())
    several = bool(
        _compiled(
            r"những|\bcác\b|gồm|kể tên|liệt kê|nêu|\blist\b|name (?:the|all|some)|what are|which are|những ai|lần lượt",
            folded,
        ).search(text)
        or _compiled(_SEVERAL_COUNTED, folded).search(text)
        or (english and re.search(_PLURAL_EN, text) is not None)
    )
    if english and (known := degree(text)):
        return Wanted(*known, several)
    # of a long text only the opening: these patterns take time with the cube of the length
    if _compiled(_COMPARE_EN if english else _COMPARE, folded).search(text[:OPENING]):
        return Wanted("comparison", several=several)
    if english and (known := told(text)):
        return Wanted(*known, several)
    if short := _compiled(r"\b(?:tên )?viết tắt (?:của|cho)\b|\b(?:stands?|short) for\b", folded).search(text):
        return Wanted("definition", "", *short.span(), several)
    if not english and _compiled(_NAMED_OFFICE, folded).search(text):
        return Wanted("person", "", several=several)
    if not english and (
        listed := _compiled(
            r"^(?:hãy |xin |nhờ )?(?:kể|liệt kê|nêu)\b(?![^?]*bao nhiêu)[^?]*?\b(?:mấy|các|những)\b", folded
        ).search(text)
    ):
        return Wanted("list", "", 0, listed.end(), True)
    if english and (
        core := re.search(
            r"\bwho (?:forms?|makes? up|made up|are|is) the (?:core|backbone|main force|core force|mainstay)\b", text
        )
    ):
        return Wanted("other", "force", core.start(), core.start() + 3, several)
    if english and (
        far := re.search(r"\bhow far\b(?= [^?]*\b(?:got|gotten|come|gone|progressed|advanced|along|reached)\b)", text)
    ):
        return Wanted("other", "", *far.span(), several)
    thing_first = english and re.match(
        r"\W*(?:(?:in|with|by|for|to|of|on|from|at|under|besides?) )?(?:what|which)\b", text
    )
    for mark, pattern in _EN_MARKS if english else _VI_MARKS:
        if thing_first and mark in ("date", "person", "place"):
            continue  # "What can patients show when they see a doctor?"
        found = _compiled(pattern, folded).search(text)
        if folded and not english and mark in ("person", "place", "count", "what"):
            found = _folded_mark(mark, text) or (None if mark in ("place", "person", "count") else found)
        if found is None:
            continue
        start, end = found.span()
        if mark == "count" and not english and _plural_may(text, start, end, folded):
            found = _compiled(_HOW_MUCH, folded).search(text)
            if found is None:
                continue  # "mấy chợ nào làm kiểu chợ 4.0": any number of them
            start, end = found.span()
        if mark == "count" and _compiled(r"\b(?:nào|gì|ai|đâu)\b.*\b(?:trong|của|ở|với|cho) mấy$", folded).search(
            text[:end]
        ):
            continue  # "lực lượng nào làm nòng cốt trong mấy tổ ở đó": any number of them
        if mark == "place" and not english and _compiled(_ABSTRACT, folded).search(text[:start]):
            return Wanted("other", "", start, end, several)
        if mark == "place" and english and re.search(_NO_PLACE_EN, text):
            return Wanted("other", "", start, end, several)
        if mark == "place" and not english and _compiled(_IN_ORDER, folded).search(text[:start]):
            return Wanted("rank", "", start, end, several)
        if mark == "place" and _compiled(_PROGRESS, folded).search(text):
            return Wanted("other", "", start, end, several)
        if mark == "count":
            return _counted(text, start, end, folded, english, several)
        if mark == "place" and english and _compiled(_RANK, folded).search(text):
            return Wanted("rank", "", start, end, several)
        if mark == "what" and text[:start].endswith(("thế ", "the ")):
            continue  # "như thế nào" asks for no thing
        if mark == "what":
            kind, focus, start = _what(text, start, end, folded, english)
            if kind == "number" and focus in ("số", "so") and (paper := _document_kind(text[:start])) and not english:
                return Wanted("decision", paper, start, end, several)
            if kind == "place" and (
                (focus.startswith("vị trí") and _compiled(_RANK, folded).search(text))
                or _compiled(r"thứ hạng|xếp hạng", folded).search(text[end:])
            ):
                kind = "rank"
            if kind == "other":
                kind = _untyped(text, folded, english, several)
            return Wanted("list" if several and kind in ("other", "definition") else kind, focus, start, end, several)
        if (
            mark == "person"
            and not english
            and _compiled(r"\b(?:lực lượng|thành phần|đối tượng)\b[^,?]* là (?:những )?ai\b", folded).search(text)
        ):
            return Wanted("other", "lực lượng" if not folded else "luc luong", start, end, several)
        if (
            mark == "person"
            and not english
            and _compiled(r"(?:ông|bà|anh|chị|đồng chí)?.{3,40} là ai[^\w]*$", folded).search(text)
            and _is_named_is_who(text)
        ):
            return Wanted("role", "", start, end, several)
        if (
            mark == "person"
            and english
            and re.match(r"who (?:is|was) (?!the |a |an )", text)
            and _is_a_name(question.split(" (")[0])
        ):
            return Wanted("role", "", start, end, several)
        if mark == "person" and (
            _compiled(_ISSUER, folded).search(text)
            or (
                _compiled(r"\bai (?:đã |là người )?(?:ban hành|phê duyệt|thông qua|ra)[^\w]*$", folded).search(text)
                and _document_kind(fold(question) if folded else canonical(nfc(question)))
            )
        ):
            mark = "organisation"
        return Wanted(mark, "", start, end, several)
    kind = _without_mark(text, folded, english, several)
    focus = _counted_noun(text, folded) if kind == "number" and not english else ""
    return Wanted(kind, _document_kind(text) if kind == "decision" else focus, several=several)


def _plural_may(text: str, start: int, end: int, folded: bool) -> bool:
    """Whether "mấy" only says that there are several of what another word asks for: "mấy tổ ở thôn lấy đoàn thể nào làm nòng cốt"."""
    if text[start:end] != "mấy" or re.search(
        r"\b(?:thứ|hạng|tốp|top|trí|số|ngày|tháng|năm|lúc|nhóm|có|gồm|được|tới|đến|lên)\s*$", text[:start]
    ):
        return False
    others = re.search(r"\b(?:nào|gì)\b", text) or re.search(r"\bbao nhiêu\b", text[end:])
    return others is not None and re.match(r"\s*(?:giờ|năm|tháng|ngày|lần)\b", text[end:]) is None


def _counted_noun(text: str, folded: bool) -> str:
    """The noun phrase after "số", "tổng số" in a question without a question word: "Số đơn vị cấp xã của …?"."""
    found = _compiled(r"(?:tổng số|tổng lượng|số lượng|số lượt|\bsố)\s+((?:[^0-9\s,.?]+ ?){1,5})", folded).search(text)
    stop = _FOLDED_STOP if folded else _STOP
    words: list[str] = []
    for word in found.group(1).split() if found else []:
        if word in stop:
            break
        words.append(word)
    return " ".join(words)


def _folded_mark(mark: str, text: str) -> re.Match[str] | None:
    """Question words that are other words too once folded ("dau", "ai", "may", "gi"): take them only in a question's places."""
    patterns = {
        "place": r"\b(?:o|tai|noi|tu|den|di|la) dau\b",
        "person": r"^ai\b|\b(?:la|do|boi|cho|cua|nhung|voi|va|ten|gap|theo) ai\b|\bai (?:la|da|dang|se|duoc|giu|lam|noi|cho|co|ky|dung|lanh|phat|chia)\b|\bai[^\w]*$",
        "count": r"bao nhieu|bao lau|bao xa|bao tuoi|(?!may [^\s,?]+(?: [^\s,?]+)? (?:nay|do|ay|kia|no)\b)(?<!\bnha )(?<!\bxe )(?<!\bnguoi )(?<!\bdien )(?<!\bdung )\bmay (?!tinh\b|tre\b|moc\b|bay\b|in\b)(?!.*(?:\bnao\b|\bgi\b|bao nhieu|bao lau|bao xa|khi nao))",
        "what": r"\bnao\b|\bgi\b",
    }
    return re.search(patterns[mark], text)


def _is_a_name(question: str) -> bool:
    """ "Who is X?" with nothing but a name for X."""
    return (
        re.fullmatch(
            r"[Ww]ho (?:is|was)(?: (?:Mr|Mrs|Ms|Dr)\.?)?(?: [^\W\d_a-zà-ỹ][^\W\d_]*){2,4}(?: (?:in|of|from)(?: [^\W\d_a-zà-ỹ][^\W\d_]*){1,3})?\s*\??",
            question.strip(),
        )
        is not None
    )


def _is_named_is_who(text: str) -> bool:
    """ "X là ai" asks for a role when X names somebody, i.e. is not itself an office ("Giám đốc Sở … là ai")."""
    return not re.search(
        r"giám đốc|chủ (?:cơ sở|cửa hàng|hộ|quán|xưởng|nhiệm|tịch)|chu (?:co so|cua hang|ho|quan|xuong|nhiem)|bí thư|trưởng|người|giam doc|chu tich|bi thu|truong|nguoi|tác giả|tac gia|vua|thủ tướng|thu tuong|tổng thống|tong thong|đạo diễn|lãnh đạo",
        text,
    )


# nouns whose second syllable is a stop word: "mặt hàng", "máy tính", "thiết bị"
_COMPOUNDS = frozenset(
    (way(a), way(b))
    for pair in "mặt hàng|khách hàng|cửa hàng|nhà hàng|ngân hàng|đơn hàng|gian hàng|lô hàng|máy tính|người dùng|thiết bị|việc làm|lịch sử|nhà ở|chỗ ở|văn bằng".split(
        "|"
    )
    for a, b in [pair.split()]
    for way in (str, fold)
)
_MONEY_EN = frozenset("money revenue revenues income turnover budget profit earnings".split())
_HUNDREDS = frozenset(
    "năm tháng ngày tuần trăm nghìn chục triệu quý nam thang ngay tuan tram nghin chuc trieu quy".split()
)
# nouns whose first syllable is a stop word once folded: "cơ sở", "cơ quan"
_FOLDED_NOUNS = frozenset({("co", "so"), ("co", "quan"), ("co", "hoi"), ("co", "che")})


_ANYTHING = frozenset("cái cai thứ thu món mon loại loai".split())
# what is taken up in figures of its own: "chiếm bao nhiêu ha"
_MEASURED = frozenset("m m2 km km2 ha hecta người nguoi hộ ho chỗ cho giờ gio tấn tan tỷ ty triệu trieu".split())


def _counted(text: str, start: int, end: int, folded: bool, english: bool, several: bool) -> Wanted:
    """Which number "how many / bao nhiêu" asks for, told from the words around it."""
    mark, after = text[start:end], text[end:].split("(")[0]  # a follow-up carries what it is about in brackets
    if english:  # "how many of Thanh Hoa's 27 districts"
        after = re.sub(
            r"^\s*of (?:the|its|their|these|those|all(?: the)?|(?:\S+ ){0,2}?\S+['’]s?)(?: \d+)? ", " ", after
        )
    words = re.findall(r"[\w%]+", after)
    stop = _STOP_EN if english else (_FOLDED_STOP if folded else _STOP)
    focus: list[str] = []
    for word, following in zip(words[:8], [*words[1:8], ""]):
        if not word.strip("_"):
            break  # a place
        if not focus and word in ("hàng", "hang") and following and following not in _HUNDREDS:
            focus.append(word)  # "bao nhiêu hàng OCOP", but "bao nhiêu hàng năm"
            continue
        if (focus and (focus[-1], word) in _COMPOUNDS) or (folded and (word, following) in _FOLDED_NOUNS):
            focus.append(word)
            continue
        if (
            english
            and word == "and"
            and 0 < len(focus) < 4
            and following
            and following not in stop
            and following not in _VERBS
        ):
            continue  # "how many OCOP and local products", "how many communes, wards and towns"
        if english and focus and focus[-1].endswith("s") and word.endswith("ed"):
            break  # "how many invoices generated from"
        if word in stop or (focus and word in _VERBS):
            break
        focus.append(word)
    if not english and (not focus or (len(focus) == 1 and focus[0] in _ANYTHING)):
        thing = f"{focus[0]} " if focus else ""
        if of := re.match(rf"\W*{thing}(?:là|la|thuộc|thuoc) ((?:\w+ ?){{1,3}})", after):
            focus = of[1].split()  # "mấy cái là OCOP", "trong số ấy có bao nhiêu là sản phẩm OCOP"
        elif focus and not after.split()[1:]:
            noun = re.match(r"(?:\W*(?:các|những|cac|nhung) )?(\w+ \w+)\b", text[:start])
            focus = noun[1].split() if noun else focus  # "Thủ tục cấp xã … thì có mấy cái"
    phrase = " ".join(focus)
    before = re.findall(r"\w+", text[:start])[-3:]
    near = " ".join(before)
    kind = "number"
    if (
        before[-1:]
        and before[-1] in ("số", "so")
        and _compiled(
            r"(?:quyết định|nghị quyết|kế hoạch|chỉ thị|nghị định|thông tư|công văn|văn bản|đề án|luật)[^,?]"
            # "số mấy" counts nothing, however far from it the document is named: "Nghị quyết của Tỉnh ủy về … mang số mấy"
            + ("{0,120}$" if not focus else "{0,12}$"),
            folded,
        ).search(text[:start])
    ):
        return Wanted("decision", _document_kind(text[:start]), start, end, several)
    if (
        before[-1:]
        and before[-1] in ("tăng", "giảm", "tang", "giam")
        and not _compiled(r"^[^\w]*(?:phần trăm|%)", folded).search(after)
    ):
        return Wanted("number", " ".join([before[-1], *focus]), start, end, several)
    if mark in ("bao lâu", "bao lau", "how long", "how old", "how far", "bao xa", "bao tuổi", "bao tuoi"):
        kind = "number"
    elif (
        before[-1:]
        and (
            before[-1] in ("thứ", "hạng", "tốp", "top", "trí")
            or (
                folded
                and before[-1] in ("thu", "hang")
                and before[-2:-1] not in (["doanh"], ["mat"], ["khach"], ["cua"])
            )
        )
    ) or (
        before[-1:] in (["nhóm"], ["nhom"])
        and focus[:1]
        and focus[0] in ("địa", "tỉnh", "huyện", "nước", "dia", "tinh", "huyen", "nuoc")
    ):
        kind = "rank"
    elif (
        before[-1:]
        and before[-1] in ("ngày", "tháng", "năm", "ngay", "thang", "nam", "lúc", "luc")
        and before[-2:-1] not in (["mỗi"], ["hằng"], ["hàng"], ["một"], ["moi"], ["hang"], ["mot"])
        and not focus
    ):
        kind = "date"
    elif focus[:1] and focus[0] in ("giờ", "gio") and mark in ("mấy", "may"):
        kind = "date"
    elif before[-2:] and {"chiếm", "chiem"} & set(before[-2:]) and not (focus and focus[0] in _MEASURED):
        kind = "percent"  # "chiếm khoảng bao nhiêu doanh số"
    elif _compiled(
        r"^[^\w]*(?:phần (?:trăm|diện tích|doanh|số|tổng|thu|giá|sản|dân|hồ|lượng|trong|của)|%|percent)", folded
    ).search(after) or _compiled(_PERCENT, folded).search(near):
        kind = "percent"
    elif (english and focus[-1:] and focus[-1] in _MONEY_EN) or _compiled(
        r"\b(?:bán|giá) (?:được |với giá )?(?:bao nhiêu|mấy)(?: nghìn| ngàn| đồng)? (?:một|mỗi) (?:chục|chiếc|cái|hộp|cân|kg|ký|quả|gói|con|bộ|chai|lọ|tấn|ly|đôi)\b",
        folded,
    ).search(text):
        kind = "amount"
    elif focus and not _compiled(
        r"^(?:(?:trăm |chục |nghìn )?(?:tỷ|triệu)$|tiền|đồng|doanh thu|doanh số|kinh phí|thu nhập|lợi nhuận|ngân sách|(?:nghìn )?(?:tỷ|triệu)(?: đồng| usd| đô la|$)|usd|đô la|euro|money|revenue|dong|vnd)",
        folded,
    ).search(phrase):
        kind = "number"
    elif (
        focus
        and _compiled(r"(?:^|\s)(?:tỷ|triệu)$", folded).search(phrase)
        and not _compiled(r"\b(?:tổng số|số lượng|số lượt|số)\s", folded).search(text[:start])
    ):
        kind = "amount"
    elif _compiled(_PERCENT, folded).search(text):
        kind = "percent"
    elif _compiled(_MONEY_FOLDED if folded and not english else _MONEY, folded).search(text) or mark == "how much":
        kind = "amount"
    elif _compiled(_RANK, folded).search(text):
        kind = "rank"
    if not focus and english:
        phrase = _counted_before(text[:start], after)
    if not focus and not english:
        # "số tổ công nghệ … là bao nhiêu": the noun stands before
        head = _compiled(
            r"(?:tổng số|số lượng|số lượt|\bsố)\s+(?!(?:ấy|đó|này|kia|nào)\b)([\w ]{2,40}?(?:, [\w ]{2,20}?)?)\s+(?:của|tại|ở|trong|trên|được|đã|là|đạt|có)\b",
            folded,
        ).search(text[:start])
        digital = head is not None and not _DIGITAL.isdisjoint(text[: head.start()].split()[-1:])
        phrase = head.group(1).replace(",", "").strip() if head and not digital else ""
        if not phrase and kind == "number" and not after.strip(" ?.!"):
            phrase = _begun_with(text[:start])
    return Wanted(kind, phrase, start, end, several)


_THINGS_FIRST = r"^\W*(?:(?:về|ve|số|so|các|cac) )?((?:sản phẩm|san pham|nông sản|nong san|hàng|hang|mặt hàng|mat hang|ocop|tài khoản|tai khoan|giao dịch|giao dich|thủ tục|thu tuc|hóa đơn|hoa don|doanh nghiệp|doanh nghiep|văn bản|van ban|tổ|xã|xa)\b(?: (?:ocop|nông sản|nong san|chuyển đổi số|cấp \w+|hành chính))?)(?= )"


def _begun_with(before: str) -> str:
    """The thing counted where a question begins with it and ends with "bao nhiêu": "Nông sản lên sàn của Thanh Hóa bao nhiêu?"."""
    found = re.match(_THINGS_FIRST, before)
    return found[1] if found else ""


_TOPIC_EN = re.compile(
    r"^(?:(?:of|among|as for|regarding) )?(?:the |all )?(?:\S+['’]s )?(?P<noun>[\w-]+(?: [\w-]+){0,2}?)(?: (?:in|on|at|of|that|which|put|from|sold|listed|registered|by|under|with|for)\b.*)?\s*[,:]\s*$"
)


def _counted_before(before: str, after: str) -> str:
    """What an English question counts that says it elsewhere: "Of the products sold online, how many are OCOP", "Traceability stamps in …,
    how many were stuck on"."""
    if told := re.match(r"\s*(?:are|were) (?!(?:there|in|on|at|from|now|listed|sold|made|put)\b)([\w-]+)\W*$", after):
        return told[1]
    found = _TOPIC_EN.match(before)
    return found["noun"] if found else ""


_FOLDED_STOP = frozenset(fold(w) for w in _STOP) - {"co", "do", "ra", "va", "qua", "lam", "con", "ca", "ve"} | {
    "co",
    "va",
}


_THINGS_EN = frozenset(
    "model system network app application platform product service channel method technology device database programme slogan".split()
)


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _document_kind(before: str) -> str:
    """The last kind of document named before the question word: "quyết định", "nghị quyết" …"""
    found = re.findall(
        r"quyết định|nghị quyết|kế hoạch|chỉ thị|nghị định|thông tư|công văn|văn bản|đề án|luật|quyet dinh|nghi quyet|ke hoach|chi thi|nghi dinh|thong tu|cong van|van ban|de an|luat",
        before,
    )
    return found[-1] if found else ""


def _what(text: str, start: int, end: int, folded: bool, english: bool) -> tuple[str, str, int]:
    """(type, focus noun, start) for "X nào", "X gì", "which X", "what X"."""
    table = _head_table(folded)
    if english:
        words = [m for m in re.finditer(r"\w+", text[end:])][:6]
        numbered = re.match(
            rf"[^\w]*(?:is|was) the (?:official )?number of (?:the )?[^?]{{0,70}}?\b({NUMBERED_EN})\b|[^\w]*(?:\w+ ){{0,2}}?({NUMBERED_EN}) numbers?\b",
            text[end:],
        )
        if numbered:
            return "decision", numbered[1] or numbered[2], start
        # the head of an English noun phrase is its last noun: "which Party resolution"
        head = ""
        for word in words:
            if word.group() in _STOP_EN:
                break
            head = _singular(word.group()) if _singular(word.group()) in table else head
        if head == "day" and re.match(r"\W*(?:national|international|world|special) ", text[end:]):
            return "other", head, start  # what a day is called
        nouns = [w.group() for w in takewhile(lambda w: w.group() not in _STOP_EN, words)]
        if head and nouns[-1] in _THINGS_EN:
            return "other", nouns[-1], start  # "which cashless market model"
        if head:
            return table[head], head, start
        if words and words[0].group() in ("is", "are", "was", "were", "s"):
            found = ""
            for word in [m for m in re.finditer(r"\w+", text[end:])][1:9]:
                if word.group() in ("of", "in", "for", "by", "that", "which", "on", "at"):
                    break
                found = word.group() if word.group() in table else found
            if found:
                return table[found], found, start
        focus = ""
        for word in words[:3]:
            if word.group() in _STOP_EN:
                break
            focus = word.group()
        return "other", _singular(focus), start
    before = [m for m in re.finditer(r"\w+", text[:start])]
    if re.search(r"\b(?:tên|ten)(?: (?:là|gọi|la|goi)){0,2}\s*$", text[:start]):
        return "other", "", start
    for length in (3, 2, 1):
        if len(before) >= length:
            phrase = " ".join(m.group() for m in before[-length:])
            if phrase in ("thứ", "thu", "ngày", "ngay") and text[start:end] in ("gì", "gi"):
                break  # "thứ gì" asks for a thing, "hưởng ứng ngày gì" for what a day is called
            if (
                folded
                and phrase == "so"
                and text[start:end] == "nao"
                and not set(m.group() for m in before[-2:-1]) - {"cac", "nhung", "o", "thi"}
            ):
                # "sở nào": what asks for a number says "con số nào"
                return "organisation", phrase, before[-length].start()
            if phrase in ("nước", "nuoc") and before[-2:-1] and before[-2].group() in ("tịch", "tich"):
                break  # "Phó Chủ tịch nước" is no country
            if phrase in ("năm", "nam") and [m.group() for m in before[-3:-1]] in (
                ["ngày", "tháng"],
                ["ngay", "thang"],
            ):
                return "date", ("ngay" if folded else "ngày"), before[-3].start()
            if phrase in ("số hiệu", "so hieu"):
                return "decision", _document_kind(text[:start]), before[-length].start()
            if phrase in ("số", "so") and len(before) > 1 and before[-2].group() in _DIGITAL:
                continue  # "chuyển đổi số nào" asks for no number
            if phrase in table:
                return table[phrase], phrase, before[-length].start()
            if phrase in _ANY_KIND[folded]:
                return "other", phrase, before[-length].start()
    # the noun may carry an attribute: "cơ quan nhà nước nào", "quyết định số nào", "huyện miền núi nào"
    for back in range(2, min(6, len(before)) + 1 if text[start:end] in ("nào", "nao") else 2):
        for length in (2, 1):
            chunk = before[-back : len(before) - back + length]
            if len(before) > back and f"{before[-back - 1].group()} {chunk[0].group()}" in ("cơ sở", "co so"):
                continue  # "cơ sở dữ liệu nào" asks for no department
            phrase = " ".join(m.group() for m in chunk)
            if phrase in table and (
                table[phrase] in ("decision", "organisation", "place", "person", "role")
                or phrase in ("thời gian", "thoi gian")
            ):
                between = {m.group() for m in before[len(before) - back + length :]}
                if not between & _NOT_ATTRIBUTE:
                    return table[phrase], phrase, chunk[0].start()
    # the noun comes first: "Mục tiêu của … là gì", "Quyết định phê duyệt … là quyết định nào", "Chức vụ của ông … là gì"
    if text[end:].strip(" ?.!") == "" and re.search(r"\bla\b|\blà\b", text[:start]):
        lead = re.findall(r"\w+", text)[:2]
        for phrase in (" ".join(lead), lead[0] if lead else ""):
            if phrase in table and table[phrase] in ("role", "reason", "amount", "percent", "rank", "decision"):
                return table[phrase], phrase, 0
        return "other", "", start
    return "other", before[-1].group() if before else "", start


# nouns of which any kind of thing may be told: no place is asked for by "ở xã Cẩm Lĩnh thì lực lượng nào là chủ lực"
_ANY_KIND = tuple(
    frozenset(
        way(p)
        for p in "lực lượng|thành phần|đối tượng|hình thức|phương thức|công nghệ|thiết bị|ứng dụng|sản phẩm|mặt hàng|kênh|nền tảng|hệ thống|loại|kiểu|cách|môn|nội dung|chủ đề|tinh thần".split(
            "|"
        )
    )
    for way in (canonical, fold)
)
# what "số" says "digital" of: "chuyển đổi số", "kinh tế số", "chữ ký số"
_DIGITAL = frozenset(
    "đổi tế hội quyền phủ tảng ký liệu dân năng nghệ nghiệp viện doi te hoi quyen phu tang ky lieu dan nang nghe nghiep vien".split()
)
_NOT_ATTRIBUTE = frozenset(
    "những nhung các dựa dua nhằm muốn muon cần can giúp phải phai nên nen là được đã có của trong ở tại cho và với để về do la duoc da cua trong tai cho voi ve làm gọi nhận bị sử dùng theo đưa thực lam goi nhan bi su dung".split()
)


def _untyped(text: str, folded: bool, english: bool, several: bool) -> str:
    """What "gì" / "what" asks for when no head noun tells."""
    if _compiled(_RANK, folded).search(text) and english:
        return "rank"
    if _compiled(_PERCENT, folded).search(text) and english:
        return "percent"
    if english and re.search(r"\bwhat (?:is|was|are|were) the (?:total )?(?:number|count)\b", text):
        return "number"
    if _compiled(
        r"(?:nghĩa là gì|là cái gì|là viết tắt của|what does .* (?:mean|stand for)|what is meant by|thế nào là)", folded
    ).search(text):
        return "definition"
    words = re.findall(r"\w+", text)
    if (
        english
        and len(words) <= 7
        and re.match(r"what (?:is|are) (?:an? |the )?[\w\- ]+[^\w]*$", text)
        and " of " not in text
    ):
        return "definition"
    if (
        not english
        and len(words) <= 8
        and re.search(r"\blà gì[^\w]*$|\bla gi[^\w]*$", text)
        and not re.search(r"\b(?:của|cua|để|de|tên|ten)\b", text)
    ):
        return "definition"
    return "list" if several else "other"


def _without_mark(text: str, folded: bool, english: bool, several: bool) -> str:
    """The type of a question without a question word: "cho biết tỷ lệ …", "có … không", a bare phrase."""
    if english:
        if re.match(r"(?:is|are|does|do|did|has|have|was|were|can|will|could|should)\b", text):
            return "yesno"
        if re.match(
            r"(?:the )?total (?!(?:value|revenue|income|turnover|amount|cost|sum|sales)\b)(?:number of )?[a-z-]+", text
        ):
            return "number"
        if re.search(r"\bhow\b", text):
            return "rank" if _compiled(_RANK, True).search(text) else "other"
    elif _compiled(
        r"có (?:phải )?.*không[^\w]*$|phải không[^\w]*$|đúng không[^\w]*$|hay không[^\w]*$|\bchưa[^\w]*$|có đúng",
        folded,
    ).search(text):
        return "yesno"
    if _compiled(r"thế nào là|định nghĩa|giải thích .* là|\bdefin(?:e|ition)\b", folded).search(text):
        return "definition"
    if not english and _compiled(r"\bsố hiệu\b", folded).search(text):
        return "decision"
    if _compiled(_RANK, folded).search(text):
        return "rank"
    if _compiled(_PERCENT, folded).search(text):
        return "percent"
    if _compiled(
        r"doanh thu|tổng giá trị|thu nhập|kinh phí|doanh số|giá trị|\b(?:revenue|income|turnover|earnings|(?:transaction|trade|total|market) value|value of)\b",
        folded,
    ).search(text):
        return "amount"
    if _compiled(
        r"số lượng|tổng số|tổng lượng|tổng lượt|^(?:có )?số (?!hóa|hiệu)\w+|\bsố (?:đơn vị|người|hộ|lượt|xã|huyện|sản phẩm|doanh nghiệp|tài khoản|thủ tục|tổ|thẻ)|\bnumber of\b",
        folded,
    ).search(text):
        return "number"
    return "list" if several else "other"
