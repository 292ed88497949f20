"""Numbers with their unit, in Vietnamese and English text: digits in either notation, multipliers, percentages, words.

Reads no dates: pass their spans in ``skip`` so that "15/8/2022" is not read as three numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from rag.text.dates import BIG_WORD, numbers_a_document
from rag.text.normalise import canonical, fold, parse_number
from rag.types import Span


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written. ``value`` has multipliers applied ("6 tỷ" is 6000000000); ``unit`` is the canonical word
    after it ("tổ", "đồng"), "/63" for the whole of a rank "17/63", or "". ``end`` covers the multiplier or per cent
    sign, not the unit.
    """

    start: int
    end: int
    text: str
    value: Decimal
    unit: str = ""
    percent: bool = False
    ordinal: bool = False


_MULTIPLIERS = {"nghìn": 3, "ngàn": 3, "nghin": 3, "ngan": 3, "vạn": 4, "triệu": 6, "trieu": 6, "tỷ": 9, "tỉ": 9, "ty": 9,
                "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "bn": 9, "mn": 6}  # fmt: skip
# "tỷ lệ", "tỷ trọng", "triệu tập", "ngân hàng" only begin like a multiplier. Without marks "ty trong" may be "tỷ trong"
# (in), and is a share only after what may be a year: see ``_no_sum``.
_OTHER_WORD = (
    r"(?!\s+(?:(?<=[tT][yỷỉ]\s)(?:lệ|le|suất|suat|phú|phu|trọng|giá|số|mỉ|dụ)|(?<=triệu\s)(?:tập(?!\s+(?:tin|sách|vở))|hồi|chứng|phú)"
    r"|(?<=trieu\s)(?:tap(?!\s+(?:tin|sach|vo))|phu)|(?<=ngan\s)(?:hang|sach|quy|ha)|(?<=vạn\s)(?:vật|sự))\b)"
)
_MULT = (
    r"(?:\s+(nghìn\s+tỷ|nghìn\s+tỉ|triệu\s+tỷ|"
    + "|".join(_MULTIPLIERS)
    + rf")\b{_OTHER_WORD}(?:\s+(tỷ|tỉ|triệu)\b{_OTHER_WORD})?)?"
)
_DIGITS = re.compile(
    r"(?<![\w])(?<!\d[.,/])(?P<n>\d+(?:[.,]\d+)*)(?:(?P<pct>\s?[-–]\s?(?=\d+(?:[.,]\d+)*\s?%)|\s?%|\s+phần\s+trăm\b|\s+phan\s+tram\b|\s+per\s?cent\b)"
    r"|(?P<th>st|nd|rd|th)\b|/(?P<of>\d+(?:[.,]\d+)*)(?![\w/])|" + _MULT + ")",
    re.IGNORECASE,
)
_DOCUMENT_TAIL = re.compile(r"[-/][A-ZĐ&-]{2,}")
# measures and multipliers written onto the figure: "3m", "45km2", "20tr", but not "5G", "4K", "14B"
_GLUED = re.compile(
    r"(?:(km2|m2|m3|km|cm|mm|m|kg|ha|mw|kw|kwh|gb|mb|tb|ml|tấn|tạ|lít|usd|đồng|tuổi|người)|(triệu|tỷ|tỉ|nghìn|ngàn|tr))(?!\w)"
)
_GLUED_POWER = {"triệu": 6, "tr": 6, "tỷ": 9, "tỉ": 9, "nghìn": 3, "ngàn": 3}
_TWO_WORDS = re.compile(r"\s+([^\W\d_]+)(?:\s+([^\W\d_]+))?")
_YEARLIKE = re.compile(r"1[5-9]\d\d|2[01]\d\d")
_UNIT = re.compile(r"\s+([^\W\d_]+)")

_UNITS_VI = {"một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "nhăm": 5, "sáu": 6, "bảy": 7, "bẩy": 7,
             "tám": 8, "chín": 9}  # fmt: skip
_UNITS_EN = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
             "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
             "nineteen": 19}  # fmt: skip
_TENS_EN = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_ORD_EN = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
}
_ORD_VI = (
    {"nhất": 1, "nhì": 2}
    | {k: v for k, v in _UNITS_VI.items() if k not in ("một", "mốt", "lăm", "nhăm")}
    | {"mười": 10}
)
_U = "|".join(k for k in _UNITS_VI if k != "năm")  # "hai mươi năm" is twenty years: five after a ten is "lăm"
_WORDS = (
    rf"\b(?:(?P<ord>thứ)\s+(?P<ordw>{'|'.join(_ORD_VI)})\b"
    rf"|(?:(?P<tens>hai|ba|bốn|năm|sáu|bảy|tám|chín)\s+(?:mươi|chục)|(?P<ten>mười))(?:\s+(?P<unit>{_U})\b)?"
    rf"|(?P<hundred>một\s+trăm|one\s+hundred|a\s+hundred)\b"
    rf"|(?P<one>hai|ba|bốn|năm|sáu|bảy|tám|chín)\b"
    rf"|(?P<entens>{'|'.join(_TENS_EN)})(?:[\s-](?P<enunit>one|two|three|four|five|six|seven|eight|nine))?\b"
    rf"|(?P<en>{'|'.join(k for k in _UNITS_EN if k != 'one')})\b"
    rf"|(?P<enord>{'|'.join(_ORD_EN)})\b)"
    rf"{_MULT}(?P<pct>\s+phần\s+trăm\b|\s+per\s?cent\b)?"
)
# A lone "ba", "năm", "chín" is a number only before a word that is counted; elsewhere it is father, year, ripe.
_COUNTED = frozenset(
    "đạo tỉnh huyện xã phường quận thôn ấp người bài nhóm loại trụ nhiệm mục điểm ngày tháng tuần giờ lần sản chỉ giải đơn cơ dịch thành vị "
    "con cái chiếc cuốn quyển bộ sở ban cấp khu vùng dự đề doanh trường lớp đội tổ đoàn phần yếu lĩnh nội bước giai mô hình hộ gia nền "
    "đại nước quốc châu bên năm triệu tỷ nghìn ngàn trăm thập tầng hạng bậc đặc văn nghị quyết hội câu cách nguyên kênh ngành đối".split()
)
# Counted as well, but "chín cây" (ripe on the tree) and the like are not; see ``_is_count``.
_COUNTED_TOO = frozenset(
    "mũi sàn viên hộp cây chợ trạm tuyến căn nhà phòng giường ca máy xe tàu thuyền camera app ứng phương tiêu chí chương trang quả trái bông lít "
    "cân tạ tấn kg km mét hecta ha sào mẫu đợt vòng lượt buổi khóa kỳ học sinh giáo bác y kỹ cán công chuyên nhân chị anh em cháu cụ ông bà phụ nông "
    "ngư hợp cửa gói lô túi bao chai thùng thẻ tờ bức ảnh video phút giây thế dòng chữ trung cụm nhánh hướng kho giống vụ lứa đàn trại vườn hồ "
    "sông núi đảo làng bản khối quyền mức dạng kiểu hình quy thủ lý nguyên vấn ý kiến câu kết thách khó hạn biện tác nghệ đại thí cầu trận bàn "
    "huy danh bằng di lễ phiên liều mặt tòa tổng thửa ngôi thành thiết hệ kết nút bến cảng sân".split()
)
# After "năm" these speak of a year: "năm học", "năm sinh", "năm công bố", "năm nhà nước".
_NOT_AFTER_YEAR = frozenset(
    "học công nhà vụ kỳ khóa anh em dạng mức sinh ca lý phương kết thế vấn thủ tiêu tổng bà ông bác chị cụ cháu phụ y hợp kiến thiết đại tác "
    "hình chuyên khó ý quy hạn cầu bằng danh di".split()
)
_NOT_AFTER_FATHER = frozenset("anh em cháu cụ ông bà bác chị y công".split())
_NOT_AFTER_RIPE = frozenset("cây vườn quả trái bông".split())
_YEAR_OF = frozenset(
    ["bao nhiêu", "thành lập", "thành công", "thành hôn", "sản xuất", "ban hành", "đầu tư", "lần đầu", "bước vào", "bước ngoặt", "phần lớn", "hội nhập",
     "giải phóng", "giải thể", "đổi mới", "đối với", "dự kiến", "bản lề", "nội chiến",
     "cách mạng", "trung bình", "hướng tới", "hướng đến", "giáo dục", "nguyên thủ"]
)  # fmt: skip
_TRUE_COUNT = frozenset(["bác sĩ", "anh em", "chị em", "ông bà", "bà mẹ", "cụ già", "cháu bé", "em bé", "em học", "y sĩ", "y tá", "y bác", "công trình",
                         "công ty", "công nhân", "công cụ", "công nghệ", "công dân"])  # fmt: skip
_NOT_BEFORE_FIVE = frozenset(
    "trong cuối đầu giữa mỗi hàng những nhiều các từng mấy vài đến từ hằng một qua sau trước suốt cả".split()
)


@cache
def _word_pattern() -> re.Pattern[str]:
    return re.compile(_WORDS)


def find_numbers(text: str, skip: Iterable[Span] = ()) -> list[Number]:
    """Numbers of ``text`` in order. Number words count up to one hundred; a lone "một" or "one" is an article, not a
    number; "424" of "424/QĐ-UBND" and the year-like 1656 of "Quyết định 1656" are documents' names and are left out. ``skip`` spans (dates) are ignored.
    """
    lowered = canonical(text)
    if len(lowered) != len(text):
        lowered = text.lower()
    taken = list(skip)
    out: list[Number] = []
    for m in _DIGITS.finditer(lowered):
        start, end = m.span()
        glued = _GLUED.match(lowered, end)
        if glued is None and lowered[end : end + 1].isalpha():  # "5G", "4k": part of a name
            continue
        if m["pct"] and m["pct"].strip() in ("-", "–"):
            end = m.end("n")
        if _clashes(taken, start, end) or _DOCUMENT_TAIL.match(text, m.end("n")):
            continue
        if start and text[start - 1] == "-" and start > 1 and text[start - 2].isalpha():
            continue
        value = Decimal(_digits(m["n"]))
        unit = ""
        if m["of"]:
            unit = "/" + _digits(m["of"])
        elif not m["pct"] and _YEARLIKE.fullmatch(m["n"]):
            before = fold(lowered[max(0, start - 32) : start])
            if numbers_a_document(before, fold(lowered[end : end + 12])):
                continue
        if m[5] and _no_sum(m, lowered):
            end = m.end("n")
        else:
            value *= Decimal(10) ** _power(m[5], m[6])
        if glued and glued[2]:
            value, end = value * Decimal(10) ** _GLUED_POWER[glued[2]], glued.end()
        if not unit and not m["pct"]:
            unit = glued[1] if glued and glued[1] else _unit(lowered, end)
        ordinal = bool(m["th"]) or bool(re.search(r"(?:thứ|hạng|vị trí|số)\s+$", lowered[max(0, start - 10) : start]))
        out.append(Number(start, end, text[start:end], value, unit, bool(m["pct"]), ordinal))
        taken.append((start, end))
    for m in _word_pattern().finditer(lowered):
        start, end = m.span()
        word = _word_value(m, lowered)
        if word is None or _clashes(taken, start, end):
            continue
        count, ordinal = word
        power = _power(m[m.re.groups - 2], m[m.re.groups - 1])
        out.append(Number(start, end, text[start:end], Decimal(count) * Decimal(10) ** power,
                          "" if m["pct"] else _unit(lowered, end), bool(m["pct"]), ordinal))  # fmt: skip
    out.sort(key=lambda n: n.start)
    return out


def same_number(a: Number, b: Number) -> bool:
    """Whether two numbers state the same value; 70% is not 70, and units are not compared."""
    return a.value == b.value and a.percent == b.percent


def _no_sum(m: re.Match[str], lowered: str) -> bool:
    """Whether the multiplier after this year belongs to the next word, in text without marks ("nam 2022 ty trong")."""
    if not m[5].isascii() or not _YEARLIKE.fullmatch(m["n"]):
        return False
    return re.match(rf"\s+{BIG_WORD}\b", fold(lowered[m.end("n") : m.end() + 24])) is None


def _digits(written: str) -> str:
    plain = parse_number(written)
    return plain if plain.count(".") <= 1 else plain.replace(".", "")


def _power(first: str | None, second: str | None) -> int:
    if not first:
        return 0
    return sum(_MULTIPLIERS.get(w, 0) for w in first.split()) + (_MULTIPLIERS.get(second, 0) if second else 0)


def _unit(lowered: str, end: int) -> str:
    m = _UNIT.match(lowered, end)
    return m.group(1) if m else ""


def _clashes(taken: list[Span], start: int, end: int) -> bool:
    return any(s < end and start < e for s, e in taken)


def _is_count(word: str, lowered: str, end: int) -> bool:
    """Whether the words after a lone "hai", "ba", "năm"... are counted by it."""
    m = _TWO_WORDS.match(lowered, end)
    if not m:
        return False
    noun, both = m[1], f"{m[1]} {m[2]}"
    if word == "năm" and (both in _YEAR_OF or (noun in _MULTIPLIERS and noun not in ("vạn",))):
        return False  # a multiplier that counts has been read with the number
    if noun in _COUNTED:
        return True
    if noun not in _COUNTED_TOO:
        return False
    if word == "năm":
        return noun not in _NOT_AFTER_YEAR
    if (word == "ba" and noun in _NOT_AFTER_FATHER) or both == "bà trưng":
        return both in _TRUE_COUNT
    return not (word == "chín" and noun in _NOT_AFTER_RIPE)


def _word_value(m: re.Match[str], lowered: str) -> tuple[int, bool] | None:
    if m["ord"]:
        return _ORD_VI[m["ordw"]], True
    if m["tens"] or m["ten"]:
        value = 10 if m["ten"] else _UNITS_VI[m["tens"]] * 10
        if m["unit"]:
            value += _UNITS_VI[m["unit"]]
        return value, False
    if m["hundred"]:
        return 100, False
    if m["one"]:
        before = lowered[: m.start()].rsplit(None, 1)
        previous = before[-1] if before else ""
        if not m[m.re.groups - 2] and not _is_count(m["one"], lowered, m.end()):
            return None
        if m["one"] == "năm" and (
            previous in _NOT_BEFORE_FIVE or previous[:1].isdigit() or previous in _UNITS_VI or previous == "mươi"
        ):
            return None
        if previous in ("thứ", "mươi", "phần"):
            return None
        return _UNITS_VI[m["one"]], False
    if m["entens"]:
        return _TENS_EN[m["entens"]] + (_UNITS_EN[m["enunit"]] if m["enunit"] else 0), False
    if m["en"]:
        return _UNITS_EN[m["en"]], False
    return _ORD_EN[m["enord"]], True
