"""Near-misses that wording alone gives away: the text speaks of the sibling of what is asked, or never of the quantity asked.

Rules over the question and the words around the quotation, for the cases where likeness deceives: "công nghiệp" for "nông nghiệp", a
count of people where the population is asked, the chairman of another commune. Knows nothing of weights or of how quotations are chosen.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import takewhile

from rag.ask import synonyms
from rag.ask.answer_types import NUMERIC
from rag.ask.evidence import BRAND, Asked, coverage, dates_of, holds, names_of, per_question, places_of, words_of
from rag.ask.figure_fit import units_asked
from rag.ask.moments import clocks
from rag.ask.short import candidates
from rag.text.abbreviations import TABLE, Abbreviations
from rag.text.language import built_vietnamese
from rag.text.names import CAPITAL, PROVINCES_FOLDED
from rag.text.normalise import canonical, fold

# siblings: a question for one is not answered by a text that speaks of another and not of it; Vietnamese and English forms of one in a group
_SIBLINGS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("nông nghiệp", "agriculture", "agricultural"), ("công nghiệp", "industry", "industrial"), ("lâm nghiệp", "forestry")),
    (("xuất khẩu", "export(?:er|ing|ed)?"), ("nhập khẩu", "import(?:er|ing|ed)?")),
    (("iphone", "ios"), ("android",)),
    (("người bán", "sellers?"), ("người mua", "buyers?")),
    (("hợp đồng", "contracts?"), ("hóa đơn", "invoices?")),
    (("bỏ ra", "chi phí", "kinh phí", "ngân sách", "budget", "funding", "chi hết", "đầu tư hết", "tốn", "pay", "paid", "spend", "spent", "cost"),
     ("thu về", "thu nhập", "doanh thu", "lợi nhuận", "tiền lãi", "earn", "income", "revenue", "profit")),
    (("tiểu học", "primary school"), ("trung học", "secondary school", "high school"), ("đại học", "university")),
    (("đứng đầu", "dẫn đầu", "hạng nhất", "thứ nhất", "đứng nhất", "ranks? first", "ranked first", "(?:came|come|comes|finished) first", "top of"),
     ("đứng thứ hai", "xếp thứ hai", "hạng hai", "vị trí thứ hai", "đứng thứ 2", "xếp thứ 2", "hạng nhì", "thứ nhì", "ranked second", "ranks second", r"thứ hạng \d{2,}", r"hạng \d{2,}")),
    (("đường sắt", "railway"), ("đường bộ", "road"), ("hàng không", "aviation")),
)  # fmt: skip
_TRADERS = next(group for group in _SIBLINGS if "người bán" in group[0])
# quantities that a text must name before it can give them: the question's forms, then the text's
_QUANTITIES: tuple[tuple[str, str], ...] = (
    (r"(?<!trăm )(?<!% )(?<!công )dân số|bao nhiêu dân\b(?! (?:cài|đã|sử|tham|được|biết|mua|đăng|dùng))|(?<!adult )(?<!working )(?<!of the )(?<!of its )population|people live|\binhabitants\b(?! (?:there )?(?:use|using|used|ha[sd]|have|install|who|that|know|regist|are using))|how many people are there", r"(?<!công )dân số|sinh sống|cư dân|số dân|nhân khẩu|vạn dân|triệu dân|nghìn dân|(?:[\d.,]+|triệu) (?:người )?dân\b(?! (?:cài|đã|sử|tham|được|biết|mua|đăng|dùng))|population|inhabitants|people"),
    (r"\bgiá (?:của |một |mỗi |bán|cả|vé|tiền|bao|trị của một|là)|\bgiá\b(?! trị).{0,60}bao nhiêu|\bprices?\b|how much (?:does|do|is|are) .{0,60}\bcosts?\b", r"\bgiá\b|đồng/|đồng (?:một|mỗi)|nghìn/|\bprice|\bcost"),
    (r"diện tích|how large is|land area|surface area", r"diện tích|\bha\b|km2|km²|hecta|rộng|\barea\b|square|mẫu"),
    (r"\blương\b|\bsalary|\bwages?\b", r"lương|thù lao|thu nhập|salary|wage|income|paid"),
    (r"nhiệt độ|temperature", r"nhiệt độ|°|độ c\b|temperature|degrees"),
    (r"ai ký|do ai ký|người ký|ký tên|who signed", r"\bký\b|signed|\bkt\."),
    (r"số điện thoại|đường dây nóng|hotline|phone number", r"\b0\d{2,3}[\d. ]{5,}|\b1[89]00[\d. ]{4,}|\+84|\b11\d\b"),
    (r"\be-?mail\b|hòm thư|hộp thư", r"@|e-?mail|hòm thư|hộp thư"),
    (r"\biphone\b|\bios\b", r"iphone|\bios\b|apple"),
    (r"\bandroid\b", r"android"),
)  # fmt: skip
# the same of a question typed without diacritics, where "gia" alone is giá, già or gia
_QUANTITIES_FOLDED = (
    (
        r"(?<!tram )(?<!% )(?<!cong )dan so|bao nhieu dan\b(?! (?:cai|da|su|tham|duoc|biet|mua|dang|dung))",
        _QUANTITIES[0][1],
    ),
    (r"\bgia (?:cua|mot|moi|ban|ca|ve|tien|bao nhieu)\b", _QUANTITIES[1][1]),
    (r"dien tich", _QUANTITIES[2][1]),
    (r"(?:tien|muc) luong|luong (?:thang|bao nhieu|cua)\b", _QUANTITIES[3][1]),
    (r"nhiet do", _QUANTITIES[4][1]),
    (r"do ai ky|nguoi ky|ky ten", _QUANTITIES[5][1]),
    (r"so dien thoai|duong day nong|hotline", _QUANTITIES[6][1]),
)
# events that a text must speak of before it can date them
_EVENTS = (
    (r"(?:được )?thành lập|ra đời|duoc thanh lap|founded|established|set up", r"thành lập|ra đời|lập |ban hành|xây dựng|khởi|founded|established|set up|thí điểm"),
    (r"sinh (?:năm|ngày)|\bborn\b", r"\bsinh\b|tuổi|\bborn\b"),
)  # fmt: skip
_QUANTIFIED = NUMERIC | {"person", "other", "list"}
_LEVEL = re.compile(
    r"\b(?:(?<!tác )[Xx]ã|[Hh]uyện|[Pp]hường|[Tt]hị xã|[Tt]hị trấn|[Tt]hôn|[Tt]ỉnh|[Tt]hành phố|TP\.?|[Qq]uận)\s+((?:[^\W\d_]+\s?){1,4})"
)


@cache
def _pattern(text: str, folded: bool) -> re.Pattern[str]:
    return re.compile(fold(text) if folded else canonical(text))


def _common(text: str) -> str:
    """A text without its capitalised words: "Đô Lương" is no wage."""
    return re.sub(r"(?<!^)\b[^\W\d_a-zà-ỹđ]\w*", " ", text)


@lru_cache(maxsize=256)
def _plain(text: str) -> str:
    return fold(text) if text.isascii() else canonical(text)


@lru_cache(maxsize=8192)
def _says(pattern: str, text: str) -> bool:
    return _pattern(pattern, text.isascii()).search(_plain(text)) is not None


@lru_cache(maxsize=4096)
def _siblings_in(text: str) -> tuple[tuple[int, ...], ...]:
    """Of each group of siblings which of them a text speaks of."""
    return tuple(
        tuple(i for i, forms in enumerate(group) if any(_says(rf"\b{f}s?\b", text) for f in forms))
        for group in _SIBLINGS
    )


# plates, models, flights, contracts, error numbers: letters and figures in one word, "38C-045.12", "PB-204", "17/2024/HĐ-XD"
_CODE = re.compile(r"(?<![\w/.-])(?=[\w/.-]*\d)(?=[\w/.-]*[^\W\d_])\w+(?:[-/.]\w+)*(?![\w/-])")
_COMPOUND = re.compile(r"\d+(?:st|nd|rd|th)?(?:-[a-zà-ỹ]+)+")  # "3-no", "14th-term", "6-month"
_NO_CODE = re.compile(
    r"\d+(?:st|nd|rd|th|s|h|g|k|m|km|kg|ha|cm|mm|tr|x|km2|m2|m3|kw|mw|gb|mb|ph|p)\d{0,2}|\d+h\d+|[ivxlcdm]+|q[1-4]|h[12]|t\d{1,2}|covid-19|\d+(?:[.,]\d+)?%?",
    re.IGNORECASE,
)


def codes_of(text: str) -> list[str]:
    """Words of ``text`` that name one thing by letters and figures together, dates and measures left out."""
    dates = [(d.start, d.end) for d in dates_of(text)]
    return [
        m.group()
        for m in _CODE.finditer(text)
        if _NO_CODE.fullmatch(m.group()) is None
        and _COMPOUND.fullmatch(m.group()) is None
        and not any(s < m.end() and m.start() < e for s, e in dates)
    ]


@cache
def _code_pattern(code: str) -> re.Pattern[str]:
    """Matches a folded code however its parts are joined: "PB204", "pb-204", and what adds a letter to it ("F-15E")."""
    parts = re.findall(r"[^\W\d_]+|\d+", fold(code))
    return re.compile(
        (r"(?<!\d)" if parts[0].isdigit() else r"(?<![^\W_])")
        + r"[\W_]{0,2}".join(map(re.escape, parts))
        + (r"(?!\d)" if parts[-1].isdigit() else r"(?![^\W_])")
    )


def _shape(code: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", "a", fold(code)))


def _other_code(asked: Asked, near: str, passage: str) -> bool:
    """Whether a code of the question stands nowhere in the passage, or the sentence speaks of another code of its kind instead."""
    mine = codes_of(_typed(asked))
    around, whole = fold(near), fold(f"{near} {passage}")
    if _other_acronym(asked, whole):
        return True
    if not mine:
        return False
    if not any(_code_pattern(c).search(whole) for c in mine):
        return True
    shapes = {_shape(c) for c in mine}
    return not any(_code_pattern(c).search(around) for c in mine) and any(_shape(c) in shapes for c in codes_of(near))


_ACRONYM = re.compile(r"(?<![\w-])[A-ZĐ]{3,6}(?![\w-])")
# known to everybody, and told in other words
_EVERYDAYS = frozenset(
    "GDP USD VND VNĐ CEO FDI ODA APP API LED SMS ATM VIP TIVI WIFI USA LHQ NGO WHO AND THE FOR CNTT CĐS THPT THCS TTHC".split()
)
_LONG = Abbreviations(TABLE)


def _other_acronym(asked: Asked, whole: str) -> bool:
    """Whether the question names something by capitals ("GRDP", "PCI") that a text holds neither so nor spelled out."""
    if _typed(asked).isupper():
        return False
    for short in _ACRONYM.findall(_typed(asked)):
        if short in _EVERYDAYS or re.search(rf"\b{fold(short)}", whole):
            continue
        long = fold(_LONG.expand(short))
        if long == fold(short):
            if asked.language == "en":
                continue  # an English one may stand for what a Vietnamese text spells out
        elif long in whole:
            continue
        return True
    return False


def mismatch(asked: Asked, sentence: str, before: str, context: str, passage: str) -> str:
    """Why the sentence cannot answer, in two words, or "". ``before`` is the sentence before it, ``context`` the headings above."""
    near = f"{context}. {before} {sentence}"
    for group, mine, held in zip(_SIBLINGS, _siblings_in(_typed(asked)), _siblings_in(near), strict=True):
        if len(mine) == 1 and held and mine[0] not in held:
            if (
                asked.want.kind == "number"
                and group is _TRADERS
                and not any(_says(rf"\b{f}\b", asked.want.focus) for f in group[mine[0]])
            ):
                continue  # "transactions made by sellers" counts no sellers
            return "sibling"
    common = _common(_typed(asked))
    if asked.want.kind == "date":
        for wanted, named in _EVENTS:
            if _says(wanted, common) and not _says(named, near):
                return "another quantity"
    if names_quantity(asked, near) is False:
        return "another quantity"
    if _other_code(asked, near, passage):
        return "another code"
    if _other_person(asked, sentence, f"{context}. {before}"):
        return "another person"
    if _other_document(asked, near):
        return "another document"
    if _other_locality(asked, sentence, f"{near} {passage}"):
        return "another place"
    if asked.want.kind in _OF_BODIES and _other_cooperative(asked, f"{near} {passage}"):
        return "another body"
    if asked.want.kind == "date" and _yet_to_come(asked, sentence):
        return "another time"
    if asked.want.kind == "person":
        seated = _SEAT_ASKED.search(fold(_typed(asked))) is not None
        if (seated and _other_place(asked, sentence)) or _other_level(asked, sentence):
            return "another place"
        if seated and asked.language == "en" and _other_seat(asked, near):
            return "another place"
        if _other_body(asked, sentence) or _other_council(asked, sentence):
            return "another body"
    if asked.want.kind in _OF_DEPARTMENTS and _other_department(asked, near, passage):
        return "another department"
    if asked.want.kind in ("rank", "percent", "amount", "number") and _other_year(asked, sentence, before):
        return "another year"
    return ""


def names_quantity(asked: Asked, text: str) -> bool | None:
    """Whether a text names the quantity a question asks for ("dân số", "giá"); None where it asks for none that must be named."""
    named = _quantities_asked(asked)
    return all(_says(pattern, text) for pattern in named) if named else None


@per_question
def _quantities_asked(asked: Asked) -> tuple[str, ...]:
    """How texts name the quantities a question asks for, a pattern for each."""
    if asked.want.kind not in _QUANTIFIED:
        return ()
    if asked.want.kind == "percent":
        return ()  # "bao nhiêu phần diện tích": a share of it
    common = _common(_typed(asked))
    table = _QUANTITIES_FOLDED if asked.language == "vi-folded" else _QUANTITIES
    return tuple(named for wanted, named in table if _says(wanted, common))


def _other_person(asked: Asked, sentence: str, before: str) -> bool:
    """Whether the question names somebody in full and the sentence only others, nor is that person named ``before`` it, in the sentence there or the headings."""
    mine, theirs = _full_names(_typed(asked)), _full_names(sentence)
    if len(mine) != 1 or not theirs or asked.want.kind not in (*NUMERIC, "date", "place", "role"):
        return False
    near = words_of(f"{before} {sentence}")
    if asked.language == "vi":  # "chị Hằng" is not "bán hàng"
        return canonical(mine[0]).split()[-1] not in near.exact_set
    given = fold(mine[0]).removesuffix("'s").removesuffix("’s").split()[-1]
    return given not in near.folded_set and not any(fold(name).split()[-1] == given for name in theirs)


def _full_names(text: str) -> list[str]:
    return [n.text for n in names_of(text) if n.kind == "person" and len(n.text.split()) > 2]


_HOUR = re.compile(r"\b(?:mấy giờ|may gio|giờ nào|gio nao|what time|at what hour)\b")
# times that are no dates: days of the week, seasons, ages, and what is told by another event
_TIME = re.compile(
    r"\b(?:thứ (?:hai|ba|tư|năm|sáu|bảy)|chủ nhật|(?:hằng|hàng) (?:ngày|tuần|tháng|năm)|mùa (?:xuân|hè|hạ|thu|đông|mưa|khô)|thế kỷ|thời kỳ|"
    r"(?:sau|trước|trong|từ|kể từ) khi|khi|buổi|\d+ tuổi|nửa đêm|giữa trưa|rạng sáng|bình minh|hoàng hôn|midnight|noon|dawn|dusk|ban (?:ngày|đêm)|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|every (?:day|week|month|year)|spring|summer|autumn|winter|century|when|after|before)\b"
)
LEAST = 0.2  # of the question's weight that a figure's passage must hold
MOST = 0.8  # and must hold where a name stands only elsewhere in the document
SURE, MUCH = 0.9, 0.5  # the fit of a figure that is one of the very thing; the share of the weight that then is enough
MONEY_FIT = 0.3  # a sum of money is told by its currency, a length of time by its unit: any other figure is none


@per_question
def _typed(asked: Asked) -> str:
    """The question without the diacritics that were put back into it: a wrong one must not excuse a mismatch."""
    return fold(asked.text) if asked.language == "vi-folded" else asked.text


# how much of something is saved, lost or won is told as a share
_SHARED = re.compile(
    r"\b(?:tiet kiem|giam|tang|han che|chiem|bot|do ton|hao|them|thay doi|so voi|phan|ty le|ti le|ty trong|muc|save|saves|saved|cut|cuts|reduce|reduces|reduced|limit|limits|share|rise|rose|percent|percentage|much)\b"
)


def told(asked: Asked, quote: str, near: str, passage: str, document: str) -> bool:
    """Whether a quotation gives a figure or date of what is asked: a string of the wanted kind, where the text around it speaks of the
    things named and of enough else. ``near`` is the sentence with the one before it and its headings, ``document`` the folded words of
    the whole document between blanks."""
    if _HOUR.search(canonical(_typed(asked))):  # a day is no hour
        return bool(clocks(quote, [])) or _TIME.search(canonical(quote)) is not None
    if asked.want.kind == "date" and _TIME.search(canonical(quote)):
        return True
    found = candidates(asked, quote)
    if asked.want.kind == "number" and asked.focus and not _SHARED.search(fold(asked.text)):
        found = [f for f in found if "%" not in f.text]  # a share is no count
    if max((f.fit for f in found), default=0.0) < (
        MONEY_FIT if asked.want.kind == "amount" or units_asked(asked) is not None else 0.01
    ):
        return False
    if asked.want.kind == "date" and asked.want.focus in _DAYS and not _a_day(quote):
        return False
    if asked.want.kind == "date" and _other_document(asked, near):
        return False
    if asked.want.kind in NUMERIC and (_other_province(asked, near, quote) or _nothing_of(asked, near)):
        return False
    around = words_of(near).folded_set | words_of(passage).folded_set
    if asked.want.kind in _OF_BODIES and not around.issuperset(_body_named(asked)):
        return False
    typed = fold(_typed(asked))  # names as typed: an abbreviation spelled out may stand short in the text
    names = [
        n
        for n in asked.names
        if (len(n) > 1 or (asked.language == "en" and len(n[0]) > 3 and BRAND.search(asked.text) is not None))
        and all(w in typed and w.isalpha() for w in n)
        and not any(" ".join(n).endswith(place) for place in asked.places)
    ]
    cover = coverage(synonyms.widen(asked), around)
    fit = max((f.fit for f in found), default=0.0)
    # the name may stand paragraphs before where all else is here; that of a place where most is, and a figure of the very thing
    far = cover >= MOST
    near_enough = fit >= SURE and cover >= MUCH
    districts = _whereabouts(asked) if near_enough else frozenset()

    def held(name: tuple[str, ...]) -> bool:
        if all(w in around for w in name) or ((far or name in districts) and f" {' '.join(name)} " in document):
            return True
        if typed.startswith(" ".join(name)) and (len(name) == 2 or name[0] in _KINDS) and set(name[1:]) <= around:
            return True  # the capital a question begins with says nothing: "Kênh Phản hồi", "Vùng Puglia"
        # "Admiral Kuznetsov" is "Đô đốc Kuznetsov"
        return asked.language == "en" and any(len(w) > 4 and w in around and not built_vietnamese(w) for w in name)

    if names and not (all if asked.language == "en" else any)(map(held, names)):
        return False
    return asked.language == "en" or cover >= LEAST


# what stands before a name and is none
_KINDS = frozenset(
    "vung huyen tinh thanh bao dinh song nui ho dao tuong vua hoang nha nhac mo cau lang quan nuoc kenh bien chua den thap doi clb hang tau ga san loai cay nhom giai phim truyen sach".split()
)
_AT = re.compile(r"\b(?:ở|tại|in|at|o|tai) $", re.IGNORECASE)


@per_question
def _whereabouts(asked: Asked) -> frozenset[tuple[str, ...]]:
    """The names a question gives as places, folded."""
    return frozenset(
        tuple(fold(n.text).split())
        for n in names_of(asked.text)
        if n.kind == "place" or _AT.search(asked.text[: n.start])
    )


_FIRM = re.compile(
    r"\b(?:cong ty|co so|nha may|htx|hop tac xa|tap doan|xuong)\s+(?:(?:san xuat|che bien|tnhh|co phan|may tre dan|san xuat va thuong mai)\s+)*(\w+) (\w+)"
)
# what follows a firm that is not named
_UNNAMED = frozenset(
    "do nay ay tren duoc co la da dang se cua o tai thu ban moi mot nam nao gi may bao nhieu kinh doanh san xuat y te giao duc dung hang thi va hay hoac con voi trong cho hien du ket thuoc nhan tham lam dat toan dong".split()
)


@per_question
def _body_named(asked: Asked) -> frozenset[str]:
    """The first two words of the name of a firm a Vietnamese question is about, however it is written: "công ty yến sào xứ Thanh"."""
    found = _FIRM.search(fold(asked.text)) if asked.language != "en" else None
    return frozenset(found.groups()) if found and _UNNAMED.isdisjoint(found.groups()) else frozenset()


_DAYS = frozenset(("ngày", "ngay", "hôm", "hom", "date", "day"))


def _a_day(text: str) -> bool:
    """Whether a text that is to give a day gives one, or the month at least."""
    return any(d.precision not in ("year", "range", "decade", "century") or "/" in d.text for d in dates_of(text))


def _nothing_of(asked: Asked, near: str) -> bool:
    """Whether no word of a question but places and figures stands near, in whatever wording."""
    placed = {w for place in asked.places for w in place.split()}
    here = words_of(near).folded_set
    telling = [t for t in asked.terms if t not in placed and t not in _MEASURING and not t.isdigit()]
    if asked.language == "en":
        telling = [t for t in telling if t in asked.others]
    wide = synonyms.widen(asked)
    return len(telling) > 1 and not any(holds(wide, t, here) for t in telling)


# words of a question for a figure that tell nothing of what it is of
_MEASURING = frozenset(
    "ty le ti so luong muc tong phan tram chiem dat percentage percent share rate number total proportion figure".split()
)


def _other_province(asked: Asked, near: str, quote: str) -> bool:
    """Whether the figure is said of other provinces alone: the quotation names some, and those asked about stand nowhere near."""
    mine = {fold(p) for p in asked.places} & PROVINCES_FOLDED
    theirs = {fold(p.text) for p in places_of(quote)} & PROVINCES_FOLDED
    around = fold(near)
    return bool(mine and theirs) and not mine & theirs and not any(p in around for p in mine)


def _other_locality(asked: Asked, sentence: str, around: str) -> bool:
    """Whether the question names a commune, district … that stands nowhere around, where the sentence names another of that level."""
    mine, theirs = _localities(_typed(asked)), _localities(sentence)
    folded = fold(around)
    return any(level == other and name not in folded for level, name in mine for other, _ in theirs)


@lru_cache(maxsize=4096)
def _localities(text: str) -> tuple[tuple[str, str], ...]:
    """(level, folded name) of what stands after a level: ("xa", "cam linh")."""
    persons = [n.start for n in names_of(text) if n.kind == "person"]
    out = []
    for found in _LEVEL.finditer(text):
        name = list(takewhile(lambda word: word[:1].isupper(), found.group(1).split()))
        if name and found.start(1) not in persons:
            out.append((fold(found.group()).split()[0], fold(" ".join(name))))
    return tuple(out)


_OF_BODIES = NUMERIC | {"person", "date"}
_COOPERATIVE = re.compile(
    rf"\b(?:[Hh]ợp tác xã|HTX|[Cc]ooperative) ((?:{CAPITAL}[^\W\d_]*\s?){{1,4}})|\b((?:{CAPITAL}[^\W\d_]* ){{1,4}})(?:[Cc]ooperative|[Cc]o-op|HTX)\b"
)


def _other_cooperative(asked: Asked, around: str) -> bool:
    """Whether the question names a cooperative that is not named around: a figure or a chairman there is another one's."""
    mine = [fold(a or b).strip().removeprefix("the ") for a, b in _COOPERATIVE.findall(_typed(asked))]
    folded = fold(around)
    return bool(mine) and not any(name in folded for name in mine)


_TO_COME = re.compile(
    r"\bwill\b|\b(?:khi nào|bao giờ|lúc nào|năm nào|ngày nào)\b.*\b(?:xong|hoàn thành|khánh thành|phủ sóng|phủ hết|mở cửa|đi vào|khai trương|vận hành)\b|\b(?:sẽ|dự kiến)\b.*\b(?:khi nào|bao giờ|lúc nào)\b"
)
_COMING = re.compile(
    r"\b(?:sẽ|dự kiến|phấn đấu|mục tiêu|giai đoạn|kế hoạch|sắp tới|đến (?:hết |cuối )?(?:năm|tháng|quý)|tới năm|trước năm|hoàn thành|khánh thành|khai trương|will|by|until)\b"
)


def _yet_to_come(asked: Asked, sentence: str) -> bool:
    """Whether the question asks when something will be and the sentence dates only what has been."""
    return _TO_COME.search(canonical(_typed(asked))) is not None and _COMING.search(canonical(sentence)) is None


def later_than(asked: Asked, sentence: str, before: str, document: str | None) -> bool:
    """Whether the question asks for a year after the document's own date that the text does not name: it cannot tell of it."""
    if not document or len(asked.dates) != 1 or asked.want.kind not in NUMERIC:
        return False
    first = asked.dates[0][0][:4]
    named = (*dates_of(sentence), *dates_of(before))
    return first > document[:4] and not any(d.first[:4] <= first <= d.last[:4] for d in named)


def earlier_than(asked: Asked, near: str, passage: str, document: str | None) -> bool:
    """Whether a figure is asked of a year well before the document's own date which its passage does not name: it tells of its own time."""
    if (
        not document
        or len(asked.dates) != 1
        or asked.want.kind not in NUMERIC
        or _AGAINST_YEAR.search(_typed(asked).lower())
    ):
        return False
    last = asked.dates[0][1][:4]
    if not (last.isdigit() and document[:4].isdigit()):
        return False
    return int(last) < int(document[:4]) - 1 and last not in f"{near} {passage}"


_OF_DEPARTMENTS = NUMERIC | {"person"}


def _other_department(asked: Asked, near: str, passage: str) -> bool:
    """Whether the question names a department that stands nowhere in the passage, in full or shortened."""
    departments = [n for n in asked.names if len(n) > 1 and n[0] in ("so", "cuc")]
    joined = f" {' '.join(words_of(f'{near} {passage}').folded)} "
    return (
        bool(departments)
        and not any(re.search(rf"(?<! co) {' '.join(n)} ", joined) for n in departments)  # "cơ sở y tế" is no "Sở Y tế"
        and not _short(departments, f"{near} {passage}")
    )


def _short(departments: list[tuple[str, ...]], text: str) -> bool:
    """Whether a department stands abbreviated: "Sở TT&TT"."""
    return any(re.search(rf"\b{n[0]} [a-z]*{n[1][:1]}[a-z]*&", fold(text)) is not None for n in departments)


def _other_place(asked: Asked, sentence: str) -> bool:
    """Whether question and sentence both say "xã X", "huyện Y" of an office, and no place of the question is in the sentence."""
    mine = _placed(_typed(asked))
    folded = fold(sentence)
    return bool(mine) and bool(_placed(sentence)) and not any(m in folded for m in mine)


_OFFICE_LEVEL = re.compile(
    r"\b(?:chu tich|bi thu)\s+(?:(?:ubnd|uy ban nhan dan|hdnd|hoi dong nhan dan|dang bo)\s+)?(tinh|huyen|xa|phuong|thi tran|thi xa|thanh pho|quan|nuoc)\b"
)


def _other_level(asked: Asked, sentence: str) -> bool:
    """Whether the question asks for the chairman or secretary of one level and the sentence names only those of others."""
    wanted = set(_OFFICE_LEVEL.findall(fold(_typed(asked)))) or _seat_level(asked)
    held = set(_OFFICE_LEVEL.findall(fold(sentence)))
    return bool(wanted and held and not wanted & held)


# who holds an office, which belongs to one place
_SEAT_ASKED = re.compile(
    r"\b(?:chu tich|bi thu|giam doc|truong|pho|lanh dao|dung dau|sep|chair\w*|secretary|director|heads?|headed|leads?|led|leaders?|chief|deputy|vice|in charge|runs?|boss|mayor|president)\b"
)
_BODIES = {
    "so": ("so", "department"), "cong an": ("cong an", "police"), "cong ty": ("cong ty", "company"), "htx": ("htx", "hop tac xa", "cooperative"),
    "trung tam": ("trung tam", "centre", "center"), "benh vien": ("benh vien", "hospital"), "ngan hang": ("ngan hang", "bank"), "truong": ("truong", "school"),
    "dai": ("dai", "station"), "kho bac": ("kho bac", "treasury"), "nha may": ("nha may", "factory", "plant"), "bao hiem": ("bao hiem", "insurance agency"),
}  # fmt: skip
_BODY = {name: body for body, names in _BODIES.items() for name in names}
_HEADED_BODY = re.compile(rf"\b(?:giam doc|truong|hieu truong|sep|dung dau)(?: cua)? ({'|'.join(_BODY)})\b")
_BODY_EN = re.compile(rf"\b({'|'.join(n for n in _BODY if n not in _BODIES)})\b")


def _other_body(asked: Asked, sentence: str) -> bool:
    """Whether the question asks who heads a body of one sort ("giám đốc công an") and the sentence only tells who heads others."""
    question = fold(_typed(asked))
    mine = {_BODY[name] for name in _HEADED_BODY.findall(question)}
    if asked.language == "en":
        mine = {_BODY[name] for name in _BODY_EN.findall(question)} if "director" in asked.sequence else set()
    theirs = {_BODY[name] for name in _HEADED_BODY.findall(fold(sentence))}
    return bool(mine and theirs) and not mine & theirs


_COUNCIL = re.compile(r"\b(?:hdnd|hoi dong nhan dan|people['’]?s council)\b")
_COMMITTEE = re.compile(r"\b(?:ubnd|uy ban nhan dan|people['’]?s committee)\b")


def _other_council(asked: Asked, sentence: str) -> bool:
    """Whether the question asks for somebody of a People's Council and the sentence speaks of a People's Committee alone, or the reverse."""
    question, text = fold(_typed(asked)), fold(sentence)
    for mine, theirs in ((_COUNCIL, _COMMITTEE), (_COMMITTEE, _COUNCIL)):
        if mine.search(question) and not theirs.search(question) and theirs.search(text) and not mine.search(text):
            return True
    return False


NUMBERED = re.compile(
    r"\b(?:quyết định|nghị quyết|kế hoạch|chỉ thị|nghị định|thông tư|công văn|quyet dinh|nghi quyet|ke hoach|chi thi|nghi dinh|thong tu|cong van|"
    r"decision|resolution|plan|directive|decree|circular)(?: (?:số|so|no\.?|number))? (\d{1,5})(?![\d.,]*\d)(?! ?(?:năm|tháng|ngày))",
    re.IGNORECASE,
)


def _other_document(asked: Asked, near: str) -> bool:
    """Whether the question is about a numbered document and another one stands near, that one not."""
    mine = set(NUMBERED.findall(_typed(asked)))
    theirs = set(NUMBERED.findall(near))
    return bool(mine and theirs) and not {n.lstrip("0") for n in mine} & {n.lstrip("0") for n in theirs}


_SEAT = re.compile(r"\b((?:[A-ZĐÀ-Ỹ][\wÀ-ỹ]* ){1,3})(?:[Cc]ommune|[Dd]istrict|[Ww]ard|[Tt]ownship|[Tt]own)\b")


def _other_seat(asked: Asked, near: str) -> bool:
    """Whether an English question is about the office of a commune or district that is not named near, where others are."""
    mine = [fold(name).strip() for name in _SEAT.findall(asked.text)]
    around = f" {' '.join(words_of(near).folded)} "
    return bool(mine) and bool(_placed(near)) and not any(f" {m} " in around for m in mine)


_BELOW_LEVELS = {"commune": "xa", "district": "huyen", "ward": "phuong"}
_BELOW = frozenset("district commune ward township town city hamlet village".split())


def _seat_level(asked: Asked) -> set[str]:
    """{"tinh"} where an English question asks for the chairman or secretary of a province."""
    words = frozenset(asked.sequence)
    if asked.language != "en" or words.isdisjoint(_SEATED):
        return set()
    if below := [level for word, level in _BELOW_LEVELS.items() if word in words]:
        return set(below)
    if not words.isdisjoint(_BELOW):
        return set()
    named = not words.isdisjoint(("province", "provincial")) or not PROVINCES_FOLDED.isdisjoint(asked.places)
    return {"tinh"} if named else set()


_SEATED = frozenset("chairs chair chairman chairwoman chairperson president secretary".split())


def _placed(text: str) -> list[str]:
    """Folded names that stand after a level ("xã Cẩm Lĩnh"), persons' names left out ("Chủ tịch xã Nguyễn Như Hùng")."""
    return [name for _, name in _localities(text)]


_COMPARED = re.compile(
    r"(?:so với|so voi|hơn|cùng kỳ|kể từ|từ|đến|compared with|than|since|from|by|until)\s*(?:\w+\s){0,3}$"
)

_SINCE = re.compile(
    r"(?:so với|so voi|cùng kỳ|cung ky|compared (?:with|to)|than in)\s*(?:cùng kỳ |cung ky |the same period (?:of|in) )?(?:năm |nam )?$"
)


_BOUND = re.compile(r"\b(?:từ|đến|tới|from|to|until|through)\s*(?:\w+\s){0,2}$")
# the year a change is counted from, which the sentence need not be about
_AGAINST_YEAR = re.compile(
    r"\b(?:so với|so voi|hơn|kể từ|ke tu|compared (?:with|to)|than|over|since|from)\s(?:\w+\s){0,3}\d{4}"
)


def _other_year(asked: Asked, sentence: str, before: str) -> bool:
    """Whether the question asks for one plain year and the sentence dates its figure by another one alone."""
    years = {
        first[:4]
        for first, last in asked.dates
        if first[5:] == "01-01" and last[5:] == "12-31" and first[:4] == last[:4]
    }
    if not years or len(asked.dates) != 1 or _AGAINST_YEAR.search(_typed(asked).lower()):
        return False
    wanted = next(iter(years))
    own = [d for d in dates_of(sentence) if _COMPARED.search(sentence[: d.start].lower()) is None]
    if not own:
        ends = [d for d in dates_of(sentence) if _BOUND.search(sentence[: d.start].lower())]
        if len(ends) > 1:  # "từ tháng 12/2021 đến tháng 12/2023"
            return not min(d.first for d in ends)[:4] <= wanted <= max(d.last for d in ends)[:4]
        # "tăng 20% so với năm 2023" is said of 2024, or of later years
        since = [d.last[:4] for d in dates_of(sentence) if _SINCE.search(sentence[: d.start].lower())]
        return (
            bool(since)
            and (wanted <= min(since) or int(wanted) > int(max(since)) + 1)
            and not any(d.first[:4] <= wanted <= d.last[:4] for d in dates_of(before))
        )
    around = [*dates_of(sentence), *dates_of(before)]
    return not any(d.first[:4] <= wanted <= d.last[:4] for d in around)
