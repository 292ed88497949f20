"""A question of several parts taken apart: two questions in one, one question of two things, a comparison.

Each part is a question of its own, so that it can be searched and answered from its own source. Rules over the words of
the question; knows nothing of documents.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from rag.ask import pairs
from rag.ask.answer_types import SEVERAL_MAY, Wanted, view, wanted
from rag.ask.compared import AT_FIRST, Compared, as_typed, tidy
from rag.ask.guarded import guarded
from rag.text.dates import find_dates
from rag.text.names import find_names, find_places
from rag.text.normalise import fold
from rag.types import Span

MAX_PARTS = 4
SHORT = 5
LONGEST = 300  # characters of a question that is looked at for set ways of asking of two things

_JOIN = re.compile(r"\s*(?:,\s*|;\s*|\s)(?:và|còn|đồng thời|and|va|con)\s+|\s*[;]\s+|,\s+", re.IGNORECASE)
_AND = re.compile(
    r"\s*(?:,\s*)?(?:\b(?:và|với|hay|hoặc|and|or|versus|vs\.?|than|va|voi|hoac)\b|so với|so voi|compared (?:with|to)|,|&)\s*(?:\bcủa\b|\bở\b|\btại\b|\bof\b|\bin\b|\bcua\b|\btai\b)?\s*",
    re.IGNORECASE,
)
_VI_QUESTION = rf"bao nhiêu|{SEVERAL_MAY}|khi nào|bao giờ|lúc nào|\bai\b|\bđâu\b|\bnào\b|\bgì\b|vì sao|tại sao|như thế nào|thế nào|ra sao|bao lâu"
_FOLDED_QUESTION = r"bao nhieu|\bmay\b|khi nao|bao gio|luc nao|^ai\b|\bla ai\b|\bai (?:la|da|giu|lam)\b|o dau|tai dau|\bnao\b|\bgi\b|vi sao|tai sao|nhu the nao|the nao|ra sao|bao lau"
_EN_QUESTION = (
    r"how many|how much|how long|how far|\bhow\b|\bwhen\b|\bwho\b|\bwhom\b|\bwhere\b|\bwhich\b|\bwhat\b|\bwhy\b"
)
_DOCUMENT = re.compile(
    r"\b(?:Nghị quyết|Quyết định|Kế hoạch|Chỉ thị|Nghị định|Thông tư|Đề án|Luật|Resolution|Decision|Plan|Decree)(?: số)? \d[\w/-]*(?: (?:của|of)(?: [A-ZĐÁÂÊÔƠƯ][\wÀ-ỹ]*)+)?"
)
_LEVEL = re.compile(
    r"\bcấp (?:tỉnh|huyện|xã|thôn|phường|trung ương|ấp|bản|cơ sở)\b|\bcap (?:tinh|huyen|xa|thon|phuong|trung uong|ap)\b|\b(?:provincial|district|commune|hamlet|village|ward)(?:[- ]level)?\b",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"\b(?:Sở|Bộ|Ban|Phòng|Cục|Công ty|HTX|Hợp tác xã|Trường|Bệnh viện)\s+[A-ZĐÀ-Ỹ&][\wÀ-ỹ&]*(?:(?:\s+|,\s+|\s*&\s*|\s+và\s+|\s+-\s+)(?=[A-ZĐÀ-Ỹ&])[\wÀ-ỹ&]+)*"
)


def _marks(text: str, language: str) -> list[Span]:
    """Spans of the question words, non-overlapping, in order."""
    shown, folded = view(text, language)
    pattern = _EN_QUESTION if language == "en" else (_FOLDED_QUESTION if folded else _VI_QUESTION)
    return [m.span() for m in re.finditer(pattern, shown)]


# what follows a comparison and asks for nothing new
GIVE_FIGURES = r"[?.;,]\s*(?:please )?(?:give|state|name|list) (?:the |both |each |exact )*(?:figures?|numbers?|dates?|values?|years?)[\s?.!]*$"
_NO_QUESTION = re.compile(
    rf"{GIVE_FIGURES}|"
    r"[?.;]\s*(?:hãy )?(?:nêu|cho biết|cho tôi|cho xin|ghi) (?:rõ )?(?:các |từng |hai )?(?:con số|số liệu|ngày|mốc thời gian)"
    r"(?: (?:cụ thể|(?:của )?(?:từng|mỗi|hai) (?:loại|bên|nơi|tỉnh|cái|thứ)))?[\s?.!]*$",
    re.IGNORECASE,
)


def split(question: str, language: str) -> tuple[str, ...]:
    """The single questions inside ``question`` (NFC), at least one, at most MAX_PARTS; the question itself when single."""
    question = _NO_QUESTION.sub("?", question)
    if told := _told_of_one(question, language) or _more_than(question, language) or _told_to(question, language):
        return told
    main, hint = pairs.main_sentence(question, language)
    if both := pairs.pair_of(question, language, main, hint):
        return both
    question = main or question
    sentences = _sentences(question)
    if len(sentences) > 1:
        out: list[str] = []
        for sentence in sentences:
            shared = _shared_context(sentences[0], sentence, language) if out else ""
            for part in split(sentence, language):
                out.append(_with_context(part, shared))
        return tuple(out[:MAX_PARTS])
    if rating := _COMPARE_IN.match(question.strip()):
        question = f"What is the {rating['what']} of {rating['sides']}?"
    want = wanted(question, language)
    if want.kind == "comparison":
        return (
            _shaped(question, language, want) or _alternatives(question, language) or _compared(question, language)
        )[:MAX_PARTS]
    return (
        _shaped(question, language, want)
        or _of_them(_of_topic(_coordinated(question, language), language), language)
        or _same_head(question)
        or _two_things(question, language, want)
        or (question,)
    )[:MAX_PARTS]


# "Ký số ở Thanh Hóa đạt 98%, còn ở Hậu Giang bao nhiêu?": a figure told of the one, asked of the other
_TOLD = re.compile(
    r"^(?P<of>[^,?]{6,90}?) (?P<verb>có|được|đạt|là|thu|bán được|lên|co|duoc|dat|la|len) (?P<n>(?:hơn |gần |khoảng |trên |hon |gan |khoang |tren )?\d[\d.,]*%?)(?P<rest>(?: [^,?]{0,60})?),? (?:còn|thế còn|vậy còn|con) (?P<other>[^?]{4,90}\b(?:bao nhiêu|mấy|thì sao|thế nào|bao nhieu|may|thi sao|the nao)\b[^?]{0,40})\??",
    re.IGNORECASE,
)


def _told_of_one(question: str, language: str) -> tuple[str, ...]:
    """Both halves of a question that tells a figure of the one and asks it of the other, the first asked too."""
    found = _TOLD.match(question.strip()) if language in ("vi", "vi-folded") else None
    if found is None or re.match(r"(?:năm|tháng|nam|thang)\b", found["rest"].strip()):
        return ()
    many = as_typed("bao nhiêu", question)
    percent = as_typed(" phần trăm", question) if found["n"].endswith("%") else ""
    return (tidy(f"{found['of']} {found['verb']} {many}{percent}{found['rest']}") + "?", tidy(found["other"]) + "?")


# "Name the director, and say which commune she is from"
_TOLD_TO = re.compile(
    r"^(?P<verb>name|give|state|say|identify|tell me) (?P<a>[^?.]{4,100}?),? and (?:then |also )?(?:say|state|tell me|give|name|explain|describe|list) (?P<b>[^?.]{6,140})[?.]*$",
    re.IGNORECASE,
)


def _told_to(question: str, language: str) -> tuple[str, ...]:
    """Two orders in one, each as a question."""
    found = _TOLD_TO.match(question.strip()) if language == "en" else None
    if found is None:
        return ()
    asks = _marks(found["a"], language) or found["verb"].lower() not in ("name", "identify")
    first = found["a"] if asks else f"What is the name of {found['a']}"
    return (tidy(first) + "?", tidy(found["b"]) + "?")


# "App X có đông người cài hơn số dân Y không?"
_MORE_THAN = re.compile(
    r"^(?P<a>[^,?]{3,60}?) (?P<has>có|đưa|bán|nhận|thu|co|dua|ban|nhan)(?: (?:được|duoc))? (?:nhiều|đông|ít|lắm|nhieu|dong|it) (?P<n>[^,?]{3,50}?) (?:hơn|hon)(?: (?:so với|so voi))? (?P<b>[^,?]{3,80}?) (?:không|khong|phải không|phai khong)\W*$",
    re.IGNORECASE,
)


def _more_than(question: str, language: str) -> tuple[str, ...]:
    """Whether the one has more of something than the other, as how many of each."""
    found = _MORE_THAN.match(question.strip()) if language in ("vi", "vi-folded") else None
    if found is None:
        return ()
    many = as_typed("bao nhiêu", question)
    of_other = (
        f"{found['b']} {as_typed('là', question)} {many}?"
        if _COUNTED_SIDE.match(found["b"])
        else f"{found['b']} {found['has']} {many} {found['n']}?"
    )
    return (f"{found['a']} {found['has']} {many} {found['n']}?", of_other)


_AMONG = re.compile(
    r"^(?:trong (?:đó|số đó)|so ra thì|trong do|trong so do)?,?\s*(?:mới |chỉ |đã |moi |chi |da )?(?P<many>bao nhiêu|mấy|bao nhieu|may) (?:nơi|cái|chỗ|đơn vị|noi|cai|cho|don vi)(?= )",
    re.IGNORECASE,
)


# "lúc thí điểm có mấy xã, giờ lên bao nhiêu rồi": the same asked of now
_BY_NOW = re.compile(
    r"^(?:còn |thế |con |the )?(?:giờ|bây giờ|hiện nay|hiện tại|đến nay|nay|gio|bay gio|hien nay|hien tai|den nay)\b(?: (?:thì|lên|tới|đến|là|được|có|còn|đã|thi|len|toi|den|duoc|co|da))* (?:bao nhiêu|mấy|bao nhieu|may)(?: (?:rồi|nơi|cái|chỗ|roi|noi))?\b(?! \w)",
    re.IGNORECASE,
)


def _of_them(parts: tuple[str, ...], language: str) -> tuple[str, ...]:
    """ "… bao nhiêu xã, trong đó bao nhiêu nơi …": what is counted in the first part said in the next."""
    if len(parts) != 2 or language == "en":
        return parts
    if (begun := Compared(parts[0], language).search(rf"\b(?:{AT_FIRST})\b")) and _BY_NOW.match(parts[1]):
        now = as_typed("hiện nay", parts[0])
        return (parts[0], f"{parts[0][: begun.start()]}{now}{parts[0][begun.end() :]}")
    if not (among := _AMONG.match(parts[1])):
        return parts
    noun = wanted(parts[0], language).focus
    if not noun:
        return parts
    return (parts[0], f"{among['many']} {noun}{parts[1][among.end() :]}")


_TOPIC = re.compile(
    r"^(?P<topic>(?:[^\s:,?]+ ){0,9}[^\s:,?]+): (?=\S+ \S)|^(?P<about>(?:xét |nói |tính |xet |noi |tinh )?(?:về|theo|ve) (?:[^\s:,?]+ ){1,8}?)(?:thì|thi) (?=\S+ \S)",
    re.IGNORECASE,
)


def _of_topic(parts: tuple[str, ...], language: str) -> tuple[str, ...]:
    """What stands before a colon said in every part: "Phòng họp không giấy: Hà Tĩnh làm đến đâu còn Hậu Giang làm đến đâu"."""
    found = _TOPIC.match(parts[0]) if len(parts) > 1 else None
    topic = (found["topic"] or found["about"]).strip() if found else ""
    if not topic or _marks(topic, language) or find_places(topic):
        return parts
    return (parts[0], *(f"{topic}: {part}" for part in parts[1:]))


def _sentences(question: str) -> list[str]:
    pieces = [p.strip() for p in re.split(r"(?<=\?)\s+", question.strip()) if p.strip(" ?!.")]
    return pieces if len(pieces) > 1 and all(len(p.split()) > 1 for p in pieces) else [question.strip()]


def _shared_context(first: str, second: str, language: str) -> str:
    """The places the first question names, where the second has none of its own."""
    named = [n for n in find_names(second) if len(n.text) > 3 and not n.text.isupper()]
    said = [m.group() for m in _QUOTED.finditer(first)] if not _QUOTED.search(second) else []
    if find_places(second) or any(not _ANY_OFFICE.match(n.text) for n in named):
        return ""
    shared = [p.text for p in find_places(first)[:1]] or [m.group().strip() for m in _SEAT.finditer(first)][:1]
    if named:
        return ", ".join(shared)  # "giám đốc Sở TT&TT": of the province spoken of
    if len(second.split()) <= 8:
        shared += [
            n.text
            for n in find_names(first)
            if n.kind in ("other", "document", "organisation", "place", "person") and n.text not in shared
        ][:2]
    return ", ".join([*shared, *said[:1]])


_QUOTED = re.compile(r"[“\"][^“”\"]{2,40}[”\"]")
_SEAT = re.compile(
    r"\b(?:(?<!tác )[Xx]ã|[Hh]uyện|[Pp]hường|[Tt]hị trấn)(?: [A-ZĐ][^\W\d_]*)+|\b(?:[A-ZĐ][^\W\d_]* ){1,3}(?:commune|district|ward|township)\b"
)
# offices that each province or district has
_ANY_OFFICE = re.compile(
    r"(?:Sở|Phòng|Ban|Cục|Chi cục|UBND|HĐND|Ủy ban|Tỉnh ủy|Huyện ủy|Đảng ủy|Công an|Trung tâm|Department|People['’]s|Party Committee)\b(?!.*\b(?:tỉnh|huyện|xã) [A-ZĐ])"
)


def _with_context(part: str, context: str) -> str:
    if not context or context.lower() in part.lower():
        return part
    return f"{part.rstrip(' ?.!')} ({context})?"


def _coordinated(question: str, language: str) -> tuple[str, ...]:
    """ "… bao nhiêu … và … bao nhiêu …?": cut at the connector before the second question word's clause."""
    marks = _marks(question, language)
    if len(marks) < 2:
        return ()
    plain = guarded(question)
    cuts: list[Span] = []
    for (_, left_end), (right_start, _) in pairwise(marks):
        joins = [m for m in _JOIN.finditer(plain, left_end, right_start + 1) if m.end() <= right_start]
        strong = [m for m in joins if m.group().strip(" ,;")] or joins
        if not strong:
            continue
        cuts.append(strong[0].span() if language != "en" else strong[-1].span())
    if not cuts:
        return ()
    pieces, at = [], 0
    for start, end in cuts:
        pieces.append(question[at:start].strip())
        at = end
    pieces.append(question[at:].strip())
    pieces = [pieces[0], *(_CHANGES.sub(_how_much, _AGAINST.sub("", p)) for p in pieces[1:])]
    if any(len(p.split()) < 2 for p in pieces) or not all(_marks(p, language) for p in pieces):
        return ()
    first = pieces[0]
    lead = first[: marks[0][0]].strip()
    out = [first.rstrip(" ?") + "?"]
    for piece in pieces[1:]:
        own = _marks(piece, language)
        if (
            own
            and own[0][0] == 0
            and lead
            and language != "en"
            and len(piece.split()) <= 12
            and not _starts_clause(piece, language)
        ):
            piece = f"{lead} {piece}"
        elif further := _FURTHER.match(piece):  # a question of its own
            piece = piece[further.end() :]
            piece = _with_context(_named(first, piece), _about(first, piece, language))
        elif subject := _same_subject(first, piece):
            piece = subject
        elif elliptic := _of_the_same(first, piece):
            piece = elliptic
        else:
            piece = _with_context(_named(first, piece), _about(first, piece, language))
        out.append(piece.rstrip(" ?") + "?")
    return tuple(out)


_AGAINST = re.compile(
    r"^(?:so với|so voi|khác với|khac voi|khác gì|trong khi(?: đó)?|trong khi do|còn|compared (?:with|to)|while|whereas)\s+",
    re.IGNORECASE,
)
_FURTHER = re.compile(
    r"^(?:(?:với lại|vả lại|ngoài ra|thêm nữa|nữa là|đồng thời|tiện thể|cho (?:\w+ )?hỏi(?: thêm)?|voi lai|va lai|ngoai ra|them nua|dong thoi|tien the),?\s+)+(?=\S+ \S)",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"^(?:thay đổi|biến động|thay doi|bien dong) (?:ra sao|thế nào|như thế nào|the nao)", re.IGNORECASE
)
_OWN_VERB = re.compile(r"(?:đứng|xếp|đạt|dung|xep|dat)\b", re.IGNORECASE)


def _how_much(found: re.Match[str]) -> str:
    return as_typed("tăng hay giảm bao nhiêu", found.string)


def _same_subject(first: str, piece: str) -> str:
    """A later part that begins with the verb of the first, with the subject of the first: "đứng vị trí nào trong vùng"; "" for others."""
    verb = _OWN_VERB.match(piece)
    subject = re.match(rf"(.{{3,40}}?) {verb.group()}\b", first, re.IGNORECASE) if verb else None
    return f"{subject[1]} {piece}" if subject else ""


_SAID_ALL_THE_SAME = frozenset(
    "con thi o tai cua tinh huyen xa co duoc dat la bao nhieu may dang da hien nay so".split()
)
_HOW_MANY_OF = re.compile(
    r"^(?:(?:còn|thì|con|thi)\s+)?(?:[^?]*?\s)?(?:(?:thì |thi )?(?:có|được|đạt|là|co|duoc|dat|la)\s+)?(?:bao nhiêu|mấy|bao nhieu|may)\s*\??$",
    re.IGNORECASE,
)


def _of_the_same(first: str, piece: str) -> str:
    """ "… và Hậu Giang có bao nhiêu?" after "Thanh Hóa có bao nhiêu sản phẩm OCOP": the same asked of the other place; "" where it is none."""
    here, there = find_places(piece), find_places(first)
    if len(here) != 1 or len(there) != 1 or not _HOW_MANY_OF.match(piece.strip()):
        return ""
    own = fold(piece[: here[0].start] + piece[here[0].end :])
    if not set(re.findall(r"\w+", own)) <= _SAID_ALL_THE_SAME:
        return ""  # "… còn kế hoạch của Thanh Hóa theo quyết định số mấy" asks something else
    return first[: there[0].start] + here[0].text + first[there[0].end :]


_THIS = re.compile(r"\b([^\W\d_]+) (?:này|đó|ấy|nay|do|ay)\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"^(?:thì )?(?:ông|ổng|bà|bả|anh|ảnh|chị|họ|cô|ong|ba|ho|he|she|they|it)(?: (?:ấy|ta|này|ay|nay))?\b(?! [A-ZĐÀ-Ỹ])",
    re.IGNORECASE,
)


# bodies and places spoken of again without their name: "hợp tác xã", after "HTX Tân Long"
_AGAIN = re.compile(
    r"\b(?P<kind>htx|hợp tác xã|công ty|hãng|xã|huyện|thôn|phường|trung tâm|nhà máy)\b(?! (?:này|đó|ấy|hội|viên))",
    re.IGNORECASE,
)
_AGAIN_EN = re.compile(r"\bthe (?P<kind>commune|district|ward|township|cooperative|company|group|village)\b(?! of\b)")
_SAME_BODY = {
    "htx": "htx|hợp tác xã",
    "hợp tác xã": "htx|hợp tác xã",
    "hãng": "hãng|công ty",
    "công ty": "hãng|công ty",
}


def _in_full(first: str, piece: str) -> str:
    """A body or place of a later part by the name the first gives it: "chủ tịch xã tên gì" after "Xã Cẩm Lĩnh …"."""
    if (known := _AGAIN_EN.search(piece)) and (
        whole := re.search(rf"\b((?:[A-ZĐ][^\W\d_]* ){{1,3}}){known['kind']}\b", first)
    ):
        return f"{piece[: known.start()]}the {whole[1]}{known['kind']}{piece[known.end() :]}"
    again = _AGAIN.search(piece)
    if not again or any(n.start for n in find_names(piece)) or find_places(piece):
        return piece
    kinds = _SAME_BODY.get(again["kind"].lower(), again["kind"].lower())
    whole = re.search(
        rf"\b(?:{kinds})((?: (?!(?:là|có|ở|được|đã|do|của|và|thì|bán|thu|đang|giữ|tên)\b)[^\s,?]+){{1,6}})",
        first,
        re.IGNORECASE,
    )
    name = whole[1].split() if whole else []
    while name and not name[-1][:1].isupper():
        name.pop()
    return f"{piece[: again.end()]} {' '.join(name)}{piece[again.end() :]}" if name else piece


_IT = re.compile(r"\b(?:it|its|they|their|them)\b", re.IGNORECASE)
_THE_ONE = re.compile(r"\bthe (?:one|ones)\b(?= (?:in|of|at|from)\b)", re.IGNORECASE)


def _named(first: str, piece: str) -> str:
    """ "hãng này" of a later part by its full name: "hãng Yến sào Xứ Thanh"; "the one in X" by what the first asks about."""
    if one := _THE_ONE.search(piece):
        thing = re.search(r"\bthe (?!one)([^?]+?) (?:in|of|at|from) (?=[A-ZĐ][^ ]*(?: [A-ZĐ][^ ]*)?\W*$)", first)
        return piece[: one.start()] + "the " + thing[1] + piece[one.end() :] if thing else piece
    this = _THIS.search(piece)
    if not this:
        return _in_full(first, piece)
    whole = re.search(
        rf"\b{re.escape(this[1])}((?: (?!là\b|có\b|ở\b|được\b|đã\b|do\b|của\b)[^\s,?]+){{1,6}})", first, re.IGNORECASE
    )
    if not whole or not any(w[:1].isupper() for w in whole[1].split()):
        return piece
    return piece[: this.start()] + whole[0] + piece[this.end() :]


def _about(first: str, piece: str, language: str) -> str:
    """What a later part leaves unsaid: all the first says where it is but "tổng cộng bao nhiêu tờ", else its place or names."""
    marks = _marks(first, language)
    unnamed = bool(marks) and not find_places(piece) and not find_names(piece)
    if unnamed and (len(piece.split()) <= SHORT or (language == "en" and (_IT.search(piece) or _HE.search(piece)))):
        said = tidy(re.sub(r"\b(?:mang )?số\s*$", "", first[: marks[0][0]]) + " " + first[marks[0][1] :].strip(" ?."))
        return _thing_of(said) if language == "en" else said
    return _shared_context(first, piece, language) or _meant(first, piece)


_HE = re.compile(r"\b(?:he|she)\b")
_AUXILIARY = re.compile(r"^(?:was|is|are|were|did|does|do|will|has|have|had|can)\s+", re.IGNORECASE)


def _thing_of(said: str) -> str:
    """What an English question is about without its auxiliary and its dates, which belong to it alone: "Hau Giang's DTI rank"."""
    for date in reversed(find_dates(said)):
        said = re.sub(r"\s*\b(?:in|for|of|by|on|since)\s*$", "", said[: date.start]) + said[date.end :]
    return tidy(_AUXILIARY.sub("", said))


def _meant(first: str, piece: str) -> str:
    """What a later part that begins with a pronoun is about: the names of the first."""
    if not _PRONOUN.match(piece) and not (_THERE.search(piece) and not find_names(piece)):
        return ""
    return ", ".join(n.text for n in find_names(first) if n.text not in piece)[:120]


_THERE = re.compile(
    r"\b(?:(?:ở|tại|nơi|chỗ|bên|xưởng|nhà máy|đơn vị|cơ quan|hợp tác xã|htx|công ty|tổ chức|xã|thôn|o|tai|noi|cho|ben) (?:đó|này|ấy|do|nay|ay))\b",
    re.IGNORECASE,
)
_PREDICATE = re.compile(
    r"\s(?:lần lượt |đều |tương ứng |lan luot )?(?:là|la|có|co|đạt|dat|đứng|dung|xếp|xep|are|is|have|has)\s.*$",
    re.IGNORECASE,
)


def _same_head(question: str) -> tuple[str, ...]:
    """ "Chủ tịch xã A và chủ tịch xã B là những ai?": the same noun before two names, one predicate for both."""
    for join in re.finditer(r"\s(?:và|va|and)\s+(?:the\s+)?", question):
        left, right = question[: join.start()], question[join.end() :]
        words, others = left.split(), right.split()
        n = next((n for n in (4, 3, 2) if [w.lower() for w in words[:n]] == [w.lower() for w in others[:n]]), 0)
        tail = _PREDICATE.search(right)
        if n and tail and len(right[: tail.start()].split()) > n:
            ends = re.sub(r"\s(?:lần lượt|những|lan luot|nhung)\b", "", tail.group())
            return (tidy(left + ends), tidy(right[: tail.start()] + ends))
    return ()


def _starts_clause(piece: str, language: str) -> bool:
    """A piece that opens with its own subject word ("ai là …", "vì sao …", "khi nào …") needs no lead."""
    shown, _ = view(piece, language)
    return bool(
        re.match(r"(?:ai|vì sao|tại sao|khi nào|bao giờ|vi sao|tai sao|khi nao|bao gio|who|when|where|why)\b", shown)
    )


def _slots(question: str) -> list[tuple[str, list[Span]]]:
    """Spans of like things by kind, kinds in the order a pair is looked for."""
    plain = guarded(question)
    places = [(p.start, p.end) for p in find_places(question) if "_" not in plain[p.start : p.end]]
    offices = [(n.start, n.end) for n in find_names(question) if n.kind == "organisation"] or [
        m.span() for m in _OFFICE.finditer(question)
    ]
    levels = [m.span() for m in _LEVEL.finditer(question)]
    dates = [(d.start, d.end) for d in find_dates(question)]
    other = [
        (n.start - len(_ADDRESS.search(question[: n.start])[0]), n.end)  # type: ignore[index]
        for n in find_names(question)
        if n.kind in ("person", "organisation", "other")
    ]
    documents = [m.span() for m in _DOCUMENT.finditer(question)]
    return [
        ("document", documents),
        ("place", _bare(question, places)),
        ("office", offices),
        ("name", other),
        ("level", levels),
        ("date", dates),
    ]


_ADDRESS = re.compile(
    r"(?:\b(?:ông|bà|anh|chị|đồng chí|[Mm]rs?\.?|[Mm]s\.?) )?$"
)  # goes with the name it stands before


def _bare(question: str, places: list[Span]) -> list[Span]:
    """Drop a place that stands inside a longer one."""
    return [p for p in places if not any(q != p and q[0] <= p[0] and p[1] <= q[1] for q in places)]


def _adjacent(question: str, spans: list[Span]) -> list[Span]:
    """The longest run of spans joined by "và", "hay", "or", a comma …; empty when shorter than two."""
    spans = sorted(set(spans))
    best: list[Span] = []
    run: list[Span] = []
    for span in spans:
        gap = question[run[-1][1] : span[0]] if run else ""
        if run:
            gap = _without_common_end(gap, question[: run[0][0]])
        gap = re.sub(
            r"\b(?:tỉnh|huyện|xã|thành phố|tp\.?|sở|năm|tháng|province|district|the|tinh|huyen|thanh pho|so|nam)\b",
            "",
            gap,
            flags=re.I,
        )
        if run and _AND.fullmatch(gap if gap.strip() else "?"):
            run.append(span)
        else:
            run = [span]
        if len(run) > len(best):
            best = list(run)
    return best if len(best) > 1 else []


def _without_common_end(gap: str, before: str) -> str:
    """What joins two things without the words that stand before both: "của Tỉnh ủy Hà Tĩnh và [của Tỉnh ủy] Hậu Giang"."""
    words, first = gap.split(), before.split()
    while len(words) > 1 and first and words[-1].lower() == first[-1].lower():
        words.pop()
        first.pop()
    return f" {' '.join(words)} " if words else gap


def _two_things(question: str, language: str, want: Wanted) -> tuple[str, ...]:
    """ "Hà Tĩnh và Hậu Giang xếp thứ mấy?": one question, once for each of the things joined."""
    if want.kind in ("list", "definition", "yesno", "other", "reason") or not (
        want.end or want.kind in ("percent", "rank", "number", "amount")
    ):
        return ()
    for kind, spans in _slots(question):
        if kind in ("level", "date", "name") and not (kind == "name" and want.kind == "role"):
            continue  # mostly one sentence holds them together
        run = _adjacent(guarded(question), spans)  # "Information and Communications" is one name
        if run:
            return _each(question, run)
    return ()


def _each(question: str, run: list[Span]) -> tuple[str, ...]:
    start, end = run[0][0], run[-1][1]
    return tuple(tidy(question[:start] + question[s:e] + question[end:]) for s, e in run)


def _compared(question: str, language: str) -> tuple[str, ...]:
    """One plain question for each thing compared; the comparing words are taken out."""
    percent = re.search(r"phần trăm|%", question) is not None
    for kind, spans in _slots(question):
        run = _adjacent(question, spans)
        if run:
            return tuple(_plain(part, language, kind, percent) for part in _each(question, run))
        distinct = sorted({question[s:e].lower(): (s, e) for s, e in reversed(spans)}.values())
        if len(distinct) == 2:
            (s1, e1), (s2, e2) = distinct
            joint = re.search(
                r"(?:\b(?:gấp|gap) (?:mấy|bao nhiêu|may|bao nhieu)(?: (?:lần|lan))?(?: so với)?|\bhơn\b(?: so với)?|so với|\bvới\b|\bthan\b|compared (?:with|to)|\bhay\b|\bor\b|\bvà\b|\band\b|\bhon\b(?: so voi)?|so voi|\bva\b)\s*(?:của|ở|tại|in|of|tỉnh|năm|cua|tai)?\s*$",
                question[:s2],
                re.I,
            )
            cut = joint.start() if joint and joint.start() >= e1 else s2
            base = question[:cut] + " " + question[e2:]
            other = base[:s1] + question[s2:e2] + base[e1:]
            return (_plain(base, language, kind, percent), _plain(other, language, kind, percent))
    return (question,)


_WHICH = r"(?:bên|nơi|cái|đơn vị|chỗ|loại|nhóm|mô hình|xã|huyện|tỉnh|ben|noi|cai|don vi|cho|loai|nhom|mo hinh|xa|huyen|tinh) (?:nào|nao)"
_SIDES = re.compile(
    rf"^(?P<a>.+?) (?:so với|so voi|(?:và|với|va|voi)(?= (?:số|tỷ lệ|mức|doanh thu|so|ty le|muc)\b)) (?P<b>.+?),?\s*(?:thì |thi )?{_WHICH}\b[^?]*$",
    re.IGNORECASE,
)
_SET_AGAINST = re.compile(
    r"^(?:(?:hãy )?so (?:sánh )?(?P<a>.+?) (?:với|và|voi|va)|(?P<c>.+?) (?:so với|so voi)) (?P<b>(?!cùng kỳ|năm |tháng |quý |trước|mục tiêu|kế hoạch|chỉ tiêu).+?)(?:,? (?:thì |thi )?(?:như )?(?:thế nào|ra sao|the nao))?$",
    re.IGNORECASE,
)
_COUNTED_SIDE = re.compile(
    r"^(?:số|tỷ lệ|tỉ lệ|tổng số|mức|doanh thu|(?:số )?tiền|thu nhập|so|ty le|ti le|tong so|muc|tien|thu nhap)\b",
    re.IGNORECASE,
)
_OR = re.compile(
    r"^(?P<lead>(?:which|who|what)\b.*?)(?:,|:)\s*(?P<a>[^,:]+?),?\s+or\s+(?P<b>[^?]+?)\s*\?*$", re.IGNORECASE
)
_EACH_MORE = re.compile(
    r"^(?:were|are|was|is|did|do|does|have|has)?\s*(?P<lead>.*?)\s*\b(?:(?:were|are|was|is|did|have|has) (?:there )?)?(?:more|fewer) (?P<a>[^?]+?),? or (?:more|fewer) (?P<b>[^?]+?)\s*\?*$",
    re.IGNORECASE,
)
_EARLIER = re.compile(r"\b(?:earlier|later|first|before|sooner)\b", re.IGNORECASE)
_DEGREE = re.compile(
    r"^(?:which|who|what)(?: (?:one|of them|of the two))?\s+|\b(?:more|less|higher|larger|greater|bigger|lower|fewer|most|better)\b",
    re.IGNORECASE,
)


_COMPARE_IN = re.compile(
    r"^how (?:do|does|did) (?P<sides>.+?) compare (?:in|on|by|for|with regard to|in terms of) (?:the |their |its )?(?P<what>[^?]+?)\s*\?*$",
    re.IGNORECASE,
)
_MORE_OF = re.compile(
    r"^(?P<lead>[^?]*?)\b(?:nhiều|nhieu) (?P<a>(?!hơn|hon)[^?]+?) (?:hay|hoặc là|hay là) (?:nhiều |nhieu )?(?P<b>[^?]+?) (?:hơn|hon)\s*\?*$",
    re.IGNORECASE,
)
_AMOUNT = r"(?:số|tỷ lệ|tỉ lệ|tổng|doanh thu|giá trị|thu nhập|kinh phí|khoản(?: thu| tiền)?|(?:mức|nguồn|tiền) thu)\b"
_TWO_AMOUNTS = re.compile(
    rf"^(?P<a>{_AMOUNT}.+?),? (?:với|và|cùng|cùng với|so với) (?P<b>{_AMOUNT}.+?)"
    r"(?: (?:là |lần lượt là |đạt |lần lượt )?(?:bao nhiêu|mấy|(?:ở |là |đạt )?mức nào))\s*\?*$",
    re.IGNORECASE,
)
_THEN_AGAINST = re.compile(
    r"^(?P<a>[^?]*\b(?:bao nhiêu|mấy)\b[^?]*?), so với (?P<b>(?:số|tỷ lệ|tỉ lệ|tổng|doanh thu|giá trị)\b[^?]+?)(?:,? (?:thì )?(?:sao|thế nào|ra sao|thì sao|bao nhiêu))?\s*\?*$",
    re.IGNORECASE,
)


def _shaped(question: str, language: str, want: Wanted) -> tuple[str, ...]:
    """The parts of a question of two things put in one of a few set ways; () for any other, and for one too long to be such."""
    if len(question) > LONGEST:  # matching takes time with the cube of the length
        return ()
    if want.kind == "comparison":
        return (
            _then_against(question, language)
            or _two_people(question, language)
            or _two_papers(question)
            or _more_of(question)
        )
    return _more_of(question) or _two_amounts(question, language) or _two_people(question, language)


def _more_of(question: str) -> tuple[str, ...]:
    """ "… đưa lên sàn nhiều hàng OCOP hay nông sản hơn?": how many of each."""
    found = _MORE_OF.match(question.strip())
    if not found or len(found["a"].split()) > 6 or len(found["b"].split()) > 6:
        return ()
    many = as_typed("bao nhiêu", question)
    return tuple(tidy(f"{found['lead']} {many} {found[side]}") + "?" for side in "ab")


def _two_amounts(question: str, language: str) -> tuple[str, ...]:
    """ "Doanh thu của A với tổng giá trị giao dịch ở B là bao nhiêu?", "Bao nhiêu người …, so với số người …?": each amount by itself."""
    if language != "vi":
        return ()
    if found := _TWO_AMOUNTS.match(question.strip()):
        return tuple(tidy(found[side]) + " là bao nhiêu?" for side in "ab")
    return _then_against(question, language)


def _then_against(question: str, language: str) -> tuple[str, ...]:
    found = _THEN_AGAINST.match(question.strip()) if language == "vi" else None
    return (tidy(found["a"]) + "?", tidy(found["b"]) + " là bao nhiêu?") if found else ()


_ADDRESSED = re.compile(r"ông|bà|anh|chị|đồng chí|HTX|Hợp tác xã|Công ty", re.IGNORECASE)


@cache
def _two_people_pattern() -> re.Pattern[str]:
    """Made when a question first begins as such a one does: the many capital letters take 6 ms to compile."""
    # ranges over the accented capital letters hold small ones too
    capital = f"[{''.join(c for c in map(chr, range(0x41, 0x1EFA)) if c.isupper())}]"
    somebody = (
        rf"(?i:{_ADDRESSED.pattern})(?: {capital}\w*){{1,5}}"
        rf"(?: (?:ở|tại|của)(?: (?:xã|huyện|tỉnh|phường|thôn))?(?: {capital}\w*){{1,4}})?"
        r"(?: \([^()?]{2,20}\)| (?:bán|trồng|làm|nuôi|sản xuất)(?: [^\s,?]+){1,3}(?=,? (?:và|với|cùng)\b)| (?:bán|trồng|làm|nuôi|sản xuất)(?: [^\s,?]+){1,2} \([^()?]{2,20}\))?"
    )
    return re.compile(
        rf"^(?P<a>{somebody}),? (?:và|với|cùng) (?P<b>{somebody}),? (?:(?:thì|cùng|đều|lần lượt) )?(?P<rest>[^?]+?)\s*\?*$"
    )


_EACH_OF = re.compile(r",?\s*(?:vậy |thì )?\b(?:mỗi|từng) (?:bên|người|nơi|ông|bà|chị|anh)\b")
_WHICH_FIRST = r",? (?:cái|bên|văn bản|quyết định|nghị quyết) nào (?:(?:có|ra|được ban hành|ban hành|ra đời) )?(?:trước|sau|sớm|muộn)(?: hơn)?\s*\?*$"
_TWO_OF_A_KIND = re.compile(
    rf"^(?P<what>quyết định|nghị quyết|kế hoạch|chỉ thị|đề án) của (?P<a>[^,]+?) (?:và|với) (?P=what) của (?P<b>[^,]+?){_WHICH_FIRST}",
    re.IGNORECASE,
)
_TWO_PAPERS = re.compile(
    rf"^(?:Hai|hai) (?P<what>(?:quyết định|nghị quyết|kế hoạch|chỉ thị|văn bản|đề án)\b.*?) của (?P<a>.+?) (?:và|với)(?: của)? (?P<b>.+?){_WHICH_FIRST}"
)


def _two_people(question: str, language: str) -> tuple[str, ...]:
    """ "Chị A ở xã X và chị B ở xã Y bán gì?": the same asked of each."""
    question = question.strip()
    if language != "vi" or not _ADDRESSED.match(question) or not (found := _two_people_pattern().match(question)):
        return ()
    rest = _EACH_OF.sub(",", found["rest"]).replace(" ,", ",")
    rest = re.sub(r"^,\s*|^(?:mỗi|từng) (?:bên|người|nơi) ", "", rest)
    return tuple(tidy(f"{found[side]} {rest}") + "?" for side in "ab")


def _two_papers(question: str) -> tuple[str, ...]:
    """ "Hai quyết định năm 2020 của A và của B, cái nào ra trước?": when each was issued."""
    found = _TWO_PAPERS.match(question.strip()) or _TWO_OF_A_KIND.match(question.strip())
    return tuple(f"{found['what']} của {found[side]} ban hành ngày nào?" for side in "ab") if found else ()


def _alternatives(question: str, language: str) -> tuple[str, ...]:
    """Two things compared that are no like names: "Số A ở X so với số B ở Y thì bên nào đông hơn", "Who sells more, A or B?"."""
    asked = question.strip(" ?.!")
    if language != "en":
        if not (found := _SIDES.match(asked) or _SET_AGAINST.match(asked)):
            return ()
        first, second = found["a"] or found.groupdict().get("c") or "", found["b"]
        if not _COUNTED_SIDE.match(first):
            return ()
        if not _COUNTED_SIDE.match(second):
            if not (head := re.match(r"(.+?)\s(?:ở|của|tại|trong|o|cua|tai)\s", first)):
                return ()
            second = f"{head[1]} {'' if re.match(r'(?:ở|của|tại|o|cua|tai) ', second) else 'ở '}{second}"
        ends = " la bao nhieu?" if language == "vi-folded" else " là bao nhiêu?"
        return tuple(tidy(side) + ends for side in (first, second))
    if found := _EACH_MORE.match(asked):
        lead = f" ({tidy(found['lead'])})" if found["lead"].strip() else ""
        return tuple(f"How many {tidy(found[side])}{lead}?" for side in "ab")
    if not (found := _OR.match(asked)):
        return ()
    sides = [tidy(re.sub(r"^(?:the|a|an) ", "", found[side].strip(), flags=re.IGNORECASE)) for side in "ab"]
    if min(len(side.split()) for side in sides) < 3 and all(find_places(side) for side in sides):
        return ()  # "…, Thanh Hoa or Hau Giang?": one question of two places
    if _EARLIER.search(found["lead"]):
        return tuple(f"When was {side} issued?" for side in sides)
    return tuple(f"{side} {tidy(_DEGREE.sub(' ', found['lead']))}?" for side in sides)


_COMPARING = re.compile(
    r",?\s*(?:thì |thi )?(?:thì sao|ra sao|thi sao)[^\w]*$|,?\s*\b(?:ai|đâu)\b(?= (?:xếp|đứng|cao|thấp|nhiều|ít|lớn|nhanh|có|được|đạt))|,?\s*(?:cụ thể (?:từng|mỗi) (?:bên|nơi|cấp)|từng bên|mỗi bên).*$|^(?:hãy )?so sánh\s*(?:về\s*)?|^compare\s*|^hay so sanh\s*|^so sanh\s*|\b(?:both|between)\b|\bgiữa\b|\bgiua\b|,?\s*(?:thì\s+)?(?:tỉnh|nơi|bên|địa phương|đơn vị|sở|cấp|cái|huyện|xã|tinh|noi|ben|dia phuong|don vi|huyen|xa) (?:nào|nao)|"
    r",?\s*(?:năm|nam) (?:nào|nao)|\bwhich (?:province|one|of them|of the two|department|level|place|city|year)?|\bđâu là\b|\bkhác nhau (?:như )?thế nào\b|\bkhac nhau (?:nhu )?the nao\b|\b(?:như )?thế nào\b|"
    r"\b(?:hơn|hon)\b(?: nhau)?|\bthan\b|\bdifference in\b|\bchênh lệch\b|\bchenh lech\b|(?:\bchênh|\bhơn kém|\bchenh|\bhon kem)(?: nhau)?(?: bao nhiêu| mấy| bao nhieu)?\b|\bnhất trong hai\b",
    re.IGNORECASE,
)
_MUCH = re.compile(r"\bcó (?:nhiều|ít)\b|\bnhiều\b|\bít\b|\bcao\b|\bthấp\b|\blớn\b", re.IGNORECASE)


_OF_HUNDRED = re.compile(r"\bbao nhiêu\b(?!.*(?:phần trăm|%))")


def _plain(part: str, language: str, kind: str, percent: bool = False) -> str:
    """A comparison's words taken out of one part, and a "how many" put in where no question word is left."""
    text = tidy(_COMPARING.sub(" ", part).replace("?", " "))
    if re.search(r"(?:trước|sau|sớm hơn|muộn hơn|truoc|earlier|later)[^\w]*$", part.strip(" ?")) and language != "en":
        bare = re.sub(
            r"[,\s]*(?:văn bản|bên|cái|việc)?\s*(?:nào)?\s*(?:có|ra đời|được ban hành|ban hành)?\s*(?:trước|sau|sớm|muộn)(?: hơn)?\s*$",
            "",
            part.strip(" ?"),
        )
        return tidy(_COMPARING.sub(" ", bare)) + " ban hành ngày nào?"
    if _marks(text, language):
        return (_OF_HUNDRED.sub(r"\g<0> phần trăm", text) if language == "vi" and percent else text) + "?"
    if language == "en":
        return (
            re.sub(
                r"\b(?:has|have|had) (?:more|fewer|less)\b",
                "has how many",
                re.sub(r"\b(?:more|higher|larger|lower|fewer|bigger|greater)\b(?=.*\bmore\b)", "", text),
            )
            + "?"
        )
    if language == "vi":
        text, changed = _MUCH.subn(
            lambda m: "có bao nhiêu" if m.group().lower().startswith("có") else "bao nhiêu", text, count=1
        )
        text = tidy(text + ("" if changed else " là bao nhiêu"))
        return (_OF_HUNDRED.sub(r"\g<0> phần trăm", text) if percent else text) + "?"
    text, changed = re.subn(r"\bco (?:nhieu|it)\b", "co bao nhieu", text, count=1)
    return tidy(text + ("" if changed else " la bao nhieu")) + "?"
