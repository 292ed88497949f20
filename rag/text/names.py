"""Names in running text: people, places, organisations, official documents. Rules and small lists, no model.

Knows nothing of questions. Precision matters more than recall: the verifier asks of every name whether it stands in
the cited text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rag.text.normalise import canonical, fold

CAPITAL = r"[^\W\d_a-zà-ỹđ]"
"""A capital letter at the beginning of a name, for patterns over text as it is typed."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written; ``kind`` is "person", "place", "organisation", "document" or "other"."""

    start: int
    end: int
    text: str
    kind: str


PROVINCES: tuple[str, ...] = (
    "An Giang", "Bà Rịa - Vũng Tàu", "Bạc Liêu", "Bắc Giang", "Bắc Kạn", "Bắc Ninh", "Bến Tre", "Bình Dương", "Bình Định", "Bình Phước",
    "Bình Thuận", "Cà Mau", "Cao Bằng", "Cần Thơ", "Đà Nẵng", "Đắk Lắk", "Đắk Nông", "Điện Biên", "Đồng Nai", "Đồng Tháp", "Gia Lai",
    "Hà Giang", "Hà Nam", "Hà Nội", "Hà Tĩnh", "Hải Dương", "Hải Phòng", "Hậu Giang", "Hòa Bình", "Thành phố Hồ Chí Minh", "Hưng Yên",
    "Khánh Hòa", "Kiên Giang", "Kon Tum", "Lai Châu", "Lạng Sơn", "Lào Cai", "Lâm Đồng", "Long An", "Nam Định", "Nghệ An", "Ninh Bình",
    "Ninh Thuận", "Phú Thọ", "Phú Yên", "Quảng Bình", "Quảng Nam", "Quảng Ngãi", "Quảng Ninh", "Quảng Trị", "Sóc Trăng", "Sơn La", "Tây Ninh",
    "Thái Bình", "Thái Nguyên", "Thanh Hóa", "Thừa Thiên Huế", "Tiền Giang", "Trà Vinh", "Tuyên Quang", "Vĩnh Long", "Vĩnh Phúc", "Yên Bái",
)  # fmt: skip
"""Provinces and centrally run cities of Vietnam as of 2024, which is when most texts speak."""
_ALIASES = {"TP.HCM": "Thành phố Hồ Chí Minh", "TP HCM": "Thành phố Hồ Chí Minh", "TPHCM": "Thành phố Hồ Chí Minh", "TP. HCM": "Thành phố Hồ Chí Minh",
            "TP. Hồ Chí Minh": "Thành phố Hồ Chí Minh", "TP Hồ Chí Minh": "Thành phố Hồ Chí Minh", "Hồ Chí Minh City": "Thành phố Hồ Chí Minh",
            "Sài Gòn": "Thành phố Hồ Chí Minh", "Saigon": "Thành phố Hồ Chí Minh", "HCMC": "Thành phố Hồ Chí Minh", "TP.Hồ Chí Minh": "Thành phố Hồ Chí Minh",
            "Bà Rịa-Vũng Tàu": "Bà Rịa - Vũng Tàu", "Bà Rịa Vũng Tàu": "Bà Rịa - Vũng Tàu", "Thừa Thiên-Huế": "Thừa Thiên Huế",
            "Hanoi": "Hà Nội", "Danang": "Đà Nẵng", "Haiphong": "Hải Phòng", "Đak Lak": "Đắk Lắk", "Đắc Lắk": "Đắk Lắk", "Đak Nông": "Đắk Nông",
            "Đắc Nông": "Đắk Nông", "Kontum": "Kon Tum", "Vũng Tàu": "Bà Rịa - Vũng Tàu", "Huế": "Thừa Thiên Huế", "Thừa Thiên - Huế": "Thừa Thiên Huế",
            "Đắc Lắc": "Đắk Lắk", "Đăk Lăk": "Đắk Lắk", "Đăk Nông": "Đắk Nông", "Bắc Cạn": "Bắc Kạn"}  # fmt: skip
_OTHER_PLACES = ("Việt Nam", "Trung Quốc", "Hoa Kỳ", "Nhật Bản", "Hàn Quốc", "Thái Lan", "Lào", "Campuchia", "Singapore", "Pháp", "Nga", "Đức",
                 "Hà Lan", "Ấn Độ", "Úc", "Israel", "Cuba")  # fmt: skip
# As common words these mean peace, fat, dragon…: small letters in accented text are then no place.
_WORDS_TOO = frozenset(
    ["hòa bình", "long an", "thái bình", "lào", "nga", "đức", "pháp", "úc", "huế", "bình định", "cao bằng"]
)
PROVINCES_FOLDED = frozenset(fold(p) for p in PROVINCES)
_KEYS = {canonical(p): p for p in (*PROVINCES, *_OTHER_PLACES)} | {canonical(a): full for a, full in _ALIASES.items()}
_FOLDED_KEYS = {fold(k): v for k, v in _KEYS.items()}
# Looked up token by token: an alternation of a hundred names would cost more to compile than a question to answer.
_PLACE_TOKENS = {tuple(re.findall(r"\w+", k)): k for k in _FOLDED_KEYS}
_LONGEST: dict[str, int] = {}
for _tokens in _PLACE_TOKENS:
    _LONGEST[_tokens[0]] = max(_LONGEST.get(_tokens[0], 0), len(_tokens))
# Before these words in small letters they are places all the same.
_LEADS = frozenset("tỉnh tp ở tại phố".split())
_FOLDED_LEADS = frozenset("tinh tp o tai pho".split())
# Folded text: (words before, words after) that say another word is meant, "diễn biến mới", "đánh giá lại", "an ninh, bình ổn".
_FOLDED_OTHER: dict[str, tuple[str, str]] = {
    "dien bien": ("nhung cac moi theo truoc co", "dich phuc moi cua thoi tinh xau nhanh"),
    "gia lai": ("danh dinh tham don tri xem", ""),
    "son la": ("", "ai gi nguoi"),
    "cao bang": ("bao quang nang", ""),
    "ninh binh": ("an", ""),
    "hoa binh": ("trong nen vi su gin giu", ""),
    "nam dinh": ("", "huong muc"),
    "dong thap": ("hoat lao bien van tac", ""),
    "hai phong": ("", "hoc ngu kham"),
    "can tho": ("", "may xay"),
}
_BETWEEN = frozenset([" ", "\u00a0", "  ", ".", ". ", " - ", "-", " – ", "–"])


def canonical_place(name: str) -> str:
    """The usual full name of a province, city or country in any spelling ("TP.HCM", "thanh hoa"), else ``name``."""
    return _KEYS.get(canonical(name)) or _FOLDED_KEYS.get(fold(name)) or name


def find_places(text: str) -> list[Name]:
    """Provinces, big cities and countries named in ``text``, also folded or in small letters ("ha tinh")."""
    folded = fold(text)
    if len(folded) != len(text):
        return []
    out: list[Name] = []
    plain = text.isascii()
    spans = [m.span() for m in re.finditer(r"\w+", folded)]
    i = -1
    while i + 1 < len(spans):
        i += 1
        longest = _LONGEST.get(folded[spans[i][0] : spans[i][1]], 0)
        for n in range(min(longest, len(spans) - i), 0, -1):
            run = spans[i : i + n]
            if tuple(folded[a:b] for a, b in run) in _PLACE_TOKENS and all(
                folded[x[1] : y[0]] in _BETWEEN for x, y in pairwise(run)
            ):
                break
        else:
            continue
        start, end = spans[i][0], spans[i + n - 1][1]
        found = _place(text, start, end, plain)
        if found:
            out.append(found)
            i += n - 1
    return out


def _word_before(text: str, start: int) -> str:
    before = re.search(r"(\w+)\W{1,2}$", text[max(0, start - 16) : start])
    return before[1].lower() if before else ""


def _place(text: str, start: int, end: int, plain: bool) -> Name | None:
    """The place at this span, unless its accents or small letters say that it is another word."""
    written = text[start:end]
    key = canonical(written)
    if key in _KEYS:
        if written[0].islower() and not plain and key in _WORDS_TOO and _word_before(text, start) not in _LEADS:
            return None
    elif not written.isascii() or (not plain and written[0].islower()):
        return None  # other accents make another word: "bạc liêu" is the province, "bác liễu" is not
    if plain and written.islower() and len(written) <= 4:
        return None  # "nga", "lao", "hue", "uc" in text without marks are too often other words
    if plain and written.islower() and key in _FOLDED_OTHER:
        before, after = _FOLDED_OTHER[key]
        following = re.match(r"\s+(\w+)", text[end : end + 16])
        previous = _word_before(text, start)
        if previous in before.split() or (
            following and following[1] in after.split() and previous not in _FOLDED_LEADS
        ):
            return None
    return Name(start, end, written, "place")


_TOKEN = re.compile(r"[^\W_]+(?:[&.'’\-][^\W_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:;\n“\"(]\s*|[-–•]\s+)$")
_FAMILY = frozenset(
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh trịnh đoàn đào mai lâm tô hà cao tạ lưu châu thái tăng quách "
    "vương trương lương đậu đồng nghiêm thạch kiều la văn đàm hứa lại phùng tống triệu chu thân khúc mạc quan từ uông viên".split()
)
_HONORIFICS = frozenset(
    "ông bà anh chị cô chú bác em cụ thầy gs pgs ts ths bs ks mr mrs ms dr president minister director chairman".split()
)
_TITLE_TAIL = re.compile(
    r"(?:đồng chí|chủ tịch|bí thư|giám đốc|bộ trưởng|thủ tướng|trưởng thôn|trưởng phòng|cục trưởng|nghệ sĩ|nhà thơ|vua|tướng)\s*$"
)
# Vietnamese writes only the first syllable of each word of a ministry's name large, so these are listed.
_FIELDS = (
    "Thông tin|Truyền thông|Công Thương|Công thương|Khoa học|Công nghệ|Văn hóa|Thể thao|Du lịch|Nông nghiệp|Phát triển nông thôn|Tài nguyên|"
    "Môi trường|Giáo dục|Đào tạo|Kế hoạch|Đầu tư|Nội vụ|Tư pháp|Y tế|Tài chính|Xây dựng|Giao thông vận tải|Giao thông|Lao động|Thương binh|"
    "Xã hội|Ngoại giao|Quốc phòng|Công an|Dân tộc|Tôn giáo|Ngoại vụ|Chuyển đổi số Quốc gia|Chuyển đổi số|TT&TT|NN&PTNT|KH&CN|KH&ĐT|GD&ĐT|TN&MT"
)
_OFFICE = rf"\b(?:Sở|Bộ|Ngành|Cục|Vụ|Phòng|Ty)\s+(?:{_FIELDS})(?:(?:\s*,\s*|\s+và\s+|\s*-\s*)(?:{_FIELDS}))*(?!\w)"
_ORG_FIRST = ("sở", "bộ", "ubnd", "hđnd", "htx", "ban", "cục", "phòng", "trung tâm", "viện", "trường", "bệnh viện", "công ty", "tập đoàn", "ngân hàng",
              "đài", "tổng cục", "hội", "liên đoàn", "mttq", "tòa án", "văn phòng", "đảng", "hợp tác xã", "ủy ban", "hội đồng", "liên minh",
              "ministry", "department", "university", "company", "bank", "committee", "institute")  # fmt: skip
_PLACE_HEADS = frozenset(
    "tỉnh huyện xã phường quận thôn ấp thị thành tp phố làng bản sông núi đảo khu đường district province commune city river".split()
)
_DOCUMENT = (
    r"(?:(?:Nghị quyết|Quyết định|Nghị định|Thông tư|Chỉ thị|Kế hoạch|Công văn|Đề án|Luật|Bộ luật|Pháp lệnh|Công điện|Chương trình|"
    r"nghị quyết|quyết định|nghị định|thông tư|chỉ thị|kế hoạch|công văn|đề án|resolution|decision|decree|circular|Resolution|Decision|Decree|Circular)"
    r"\s+(?:số\s+|No\.?\s*)?\d{1,5}(?:[-/][\wĐđ&-]+)*|\b\d{1,5}(?:/\d{4})?[/-][A-ZĐ]{1,6}(?:[-/&][A-ZĐa-z]{1,8})*)"
)
_COMMON_STARTS = frozenset(
    """trên theo tại trong ngoài bên đây đó các những nhưng sau trước khi ông bà anh chị do vì từ đến hiện đồng mặc riêng với để và nhờ tuy về qua cùng năm
    ngày tháng đặc nhiều một hai ba mỗi việc người tỉnh đã có không là được thời nhìn xác nghị quyết hỗ thực tổ cụ hơn góp phấn tập ứng giải người dân
    the a an in on at it he she they this that these those when while after before according however although since by for from with as if there what
    who how where which why is are was were did does do has have can""".split()
)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# Small words follow, so only "Cổng Dịch" would be left: the portal is a thing, no person and no office.
_PORTAL = (
    r"\bCổng (?:Dịch [Vv]ụ [Cc]ông|[Tt]hông tin|[Tt]hanh toán)(?: [Đđ]iện tử)?(?: [Tt]rực tuyến)?(?: [Qq]uốc gia)?"
)
_UNIT_HEADS = frozenset("huyện xã phường quận thôn ấp".split())


def find_names(text: str) -> list[Name]:
    """Names of ``text`` in order, none overlapping: official documents, offices, then runs of capitalised words.

    A single capitalised word that opens a sentence is not taken for a name unless it is a known place or all capitals.
    """
    out = [Name(m.start(), m.end(), m.group(), "document") for m in _compiled(_DOCUMENT).finditer(text)]
    out += [Name(m.start(), m.end(), m.group(), "organisation") for m in _compiled(_OFFICE).finditer(text)]
    taken = [(n.start, n.end) for n in out] + [m.span() for m in _compiled(_PORTAL).finditer(text)]
    places = {(n.start, n.end) for n in find_places(text) if n.text[0].isupper()}
    tokens = [m.span() for m in _TOKEN.finditer(text)]
    i = 0
    while i < len(tokens):
        start = tokens[i][0]
        if not text[start].isupper():
            i += 1
            continue
        j = i
        while j + 1 < len(tokens) and text[tokens[j][1] : tokens[j + 1][0]] in (" ", " - ", "\u00a0"):
            following = text[tokens[j + 1][0]]
            if (
                not (following.isupper() or (following.isdigit() and j > i))
                or " - " in text[tokens[j][1] : tokens[j + 1][0]]
            ):
                break
            j += 1
        run = [t for t in tokens[i : j + 1] if not any(a <= t[0] < b for a, b in taken)]
        i = j + 1
        if not run:
            continue
        opens = _SENTENCE_START.search(text[max(0, run[0][0] - 4) : run[0][0]]) is not None
        while run and opens and (len(run) > 1 or not text[run[0][0] : run[0][1]].isupper()):
            word = text[run[0][0] : run[0][1]].lower()
            if word in _COMMON_STARTS and not _known(text, run, places):
                run = run[1:]
                opens = False
                continue
            break
        if opens and len(run) > 2 and text[run[0][0] : run[0][1]].lower() in _UNIT_HEADS:
            if text[run[0][0] : run[0][1]].istitle() and text[run[1][0] : run[1][1]].lower() not in (
                "hội",
                "đội",
                "trưởng",
            ):
                run = run[1:]  # "Xã Cẩm Bình có": the name is "Cẩm Bình", as in the middle of a sentence
                opens = False
        if not run:
            continue
        for part in _place_then_person(text, run, places):
            name = _named(text, part, opens, taken, places)
            if name:
                out.append(name)
            opens = False
    out.sort(key=lambda n: n.start)
    return out


def _named(
    text: str, run: list[tuple[int, int]], opens: bool, taken: list[tuple[int, int]], places: set[tuple[int, int]]
) -> Name | None:
    if text[: run[-1][1]].endswith(("'s", "’s")) and run[-1][1] - run[-1][0] > 2:
        run = [*run[:-1], (run[-1][0], run[-1][1] - 2)]  # "Lê Văn Dũng's job"
    s, e = run[0][0], run[-1][1]
    if any(a < e and s < b for a, b in taken) or _ROMAN.fullmatch(text, s, e):
        return None
    if (s, e) not in places:
        if len(run) == 1 and ((opens and not (text[s:e].isupper() and e - s > 1)) or _half_word(text, s, e)):
            return None
        goes_on = text[e : e + 1] == " " and text[e + 1 : e + 2].islower()
        first = text[s : run[0][1]]
        if (
            goes_on
            and first.lower() in _HEADS
            and not first.isupper()
            and not (len(run) > 2 and first.lower() in _FAMILY)
        ):
            return None
    return Name(s, e, text[s:e], _kind(text, s, e, run, places))


def _known(text: str, run: list[tuple[int, int]], places: set[tuple[int, int]]) -> bool:
    return any(a == run[0][0] and b <= run[-1][1] for a, b in places)


_ROMAN = re.compile(r"[IVXLC]+")
# First syllables of words that titles, offices and headings begin with: "Phó Giám đốc", "Khu công nghệ", "Kinh tế số".
_HEADS = frozenset(
    "phó trưởng giám chủ cổng ngày trung khu kinh hội đảng ban tổ chương hệ cơ văn thủ bộ phòng tổng quốc nhà chính xã công sở đề dự luật bí cục viện".split()
)


def _place_then_person(
    text: str, run: list[tuple[int, int]], places: set[tuple[int, int]]
) -> list[list[tuple[int, int]]]:
    """Split "TT&TT Hà Tĩnh Đậu Tùng Lâm": short forms, a known place, a family name with at least one more name."""
    for k in range(len(run) - 2):
        if k and not text[run[k - 1][0] : run[k - 1][1]].isupper():
            break
        for i in range(k + 1, len(run) - 1):
            if (run[k][0], run[i - 1][1]) in places and text[run[i][0] : run[i][1]].lower() in _FAMILY:
                return [part for part in (run[:k], run[k:i], run[i:]) if part]
    return [run]


def _half_word(text: str, s: int, e: int) -> bool:
    """ "Giám" of "Giám đốc": one capital syllable of a word that goes on small, no name by itself."""
    word = text[s:e]
    if word.isupper() and len(word) > 1:
        return False
    following = text[e + 1 : e + 2]
    vietnamese = not word.isascii() or word.lower() in _FAMILY
    return len(word) == 1 or (vietnamese and text[e : e + 1] == " " and following.islower())


_BODIES_EN = frozenset("department committee ministry council".split())  # "Hà Tĩnh Department": nobody of the name Hà


def _kind(text: str, s: int, e: int, run: list[tuple[int, int]], places: set[tuple[int, int]]) -> str:
    before = text[max(0, s - 24) : s].lower()
    previous = before.split()[-1].strip('(.,“"') if before.split() else ""
    name = text[s:e].lower()
    first = text[run[0][0] : run[0][1]].lower()
    family = first in _FAMILY and all(text[a:b].isalpha() and not text[a:b].isupper() for a, b in run)
    if (
        family
        and 3 <= len(run) <= 4
        and previous in ("xã", "huyện", "tỉnh", "thôn", "ấp", "tp")
        and (s, e) not in places
    ):
        return "person"  # "Chủ tịch UBND xã Nguyễn Như Hùng": the office, then who holds it
    if (s, e) in places or name.startswith(("tp ", "tp.")) or (previous in _PLACE_HEADS and not text[s:e].isupper()):
        return "place"
    if name.startswith(_ORG_FIRST) or text[run[-1][0] : run[-1][1]].lower() in _BODIES_EN:
        return "organisation"
    if previous in _HONORIFICS or _TITLE_TAIL.search(before):
        return "person"
    if family and 2 <= len(run) <= 4:
        return "person"
    return "other"
