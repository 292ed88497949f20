"""A question that sets two things beside each other, taken apart: what is asked of each, as a question of its own.

"Số A ở X so với số B ở Y, bên nào đông hơn?", "Who earns more, A or B?", "Chủ tịch xã A và chủ tịch xã B tên gì?". The two
things are found by what joins them ("so với", "hay", "và", "or", "than") and by being built alike: the same first word, first
words of one sort, or names of one kind. Rules over the words of the question; knows nothing of documents.

Patterns are written with diacritics; for a question typed without them the folded pattern is used on the folded text.
"""

from __future__ import annotations

import re

from rag.ask import pairs_en, pairs_vi
from rag.ask.answer_types import wanted
from rag.ask.compared import (
    AT_FIRST,
    BOTH,
    DEGREE,
    QUESTION,
    SET_APART,
    WHICH,
    Compared,
    as_typed,
    kind_wanted,
)
from rag.ask.courtesy import bare
from rag.ask.pair_finder import Finder, named
from rag.ask.pairs_set import set_ways
from rag.text.dates import find_dates
from rag.text.names import find_names, find_places
from rag.text.normalise import fold

LONGEST = 320  # characters of a question that is looked at: matching takes time with the square of the length
ENOUGH = 2.75  # how sure it must be that these are two things set beside each other

# what stands before and after a comparison, where ``courtesy.bare`` has left it
_ME = r"(?:em|tôi|mình|tui|tớ|cháu|bọn em|chúng tôi|bọn mình|i)"
_ABOUT_ME = rf"^{_ME} [^,?]{{1,40}}, (?:{_ME} )?(?=(?:muốn|cần|xin|cho|nhờ|đang|hỏi)\b)"
_FRONT = (
    rf"^(?:(?:xin|vui lòng|làm ơn|nhờ|đề nghị|hãy|giúp|cho|hộ|dùm|giùm|(?:ad|anh|chị|bạn|shop)(?= (?:ơi|cho|giúp|ạ)\b)|{_ME}|muốn|cần|đang|hỏi|biết|xem|so sánh|so(?= (?:giùm|giúp|hộ|tiền|tỷ|tỉ|mức|số|hàng|sản phẩm|lượng|doanh)\b)|đối chiếu|phân biệt|chào|ạ|ơi|thử)\b(?! với\b)[ ,:]*)+"
    r"(?:giữa\b )?"
)
_BACK = (
    r"(?:[,;.] (?:đừng|kẻo|không thì) [^?]*|(?:[,;.](?: (?:để|vì|nhằm|do|mà|nếu|giùm|giúp|cho|hộ))?| (?:để|giùm|giúp|hộ)(?: cho)?) (?:em|tôi|mình|tui|tớ|chúng tôi|bọn em|bọn mình)\b [^?]*|"
    rf"(?:,? (?:so sánh|đối chiếu|giúp|hộ|giùm|dùm|cho|với|nhé|ạ|nhỉ|vậy|thế(?! nào)|hả|nha|{_ME}|biết|xem|cái|đi))+)[\s?.!]*$"
)
_BACK_EN = r"(?:,? (?:please|for me|thanks|thank you)|[:,;]\s*(?:and )?(?:which|who)(?: (?:one|share|number|figure|side|of (?:them|the two)))? (?:is|was|has|comes?|came) (?:the )?(?:bigger|larger|higher|lower|greater|smaller|more|older|newer|earlier|first|later|ahead))[\s?.!]*$"


def pair(question: str, language: str) -> tuple[str, ...]:
    """Two questions, one for each of the two things ``question`` sets beside each other; () where it sets none."""
    return pair_of(question, language, *main_sentence(question, language))


def pair_of(question: str, language: str, main: str, hint: str) -> tuple[str, ...]:
    """``pair`` where the ``main_sentence`` of ``question`` and what is asked of both are known already."""
    if len(question) > LONGEST:
        return ()
    text = Compared(_bare(main, language), language)
    if language == "en":
        hint = hint or _kind_compared(main, text)
        if known := set_ways(text.text, hint):
            return known
    if language != "en" and (known := _by_time(text) or _from_to(text)):
        return known
    if re.search(r"\?\s+\w+(?:\s+\w+){5}", main):  # "… đều có à? A làm ở chợ nào, còn B …": questions of their own
        return ()
    if language == "en" and re.search(
        r"\w \bcompares?\b (?:in|on|by|for|with|to)\b|^\W*(?:of|among|out of) (?!these\b|the two\b)[^,?]*, how many\b",
        question,
        re.IGNORECASE,
    ):
        return ()
    differ = Compared(question, language).search(f"{_SAME_TOO}|{_AND_HOW}|{_NOT_ALIKE}|{_MORE_OR_LESS}") is not None
    each = (
        bool(hint)
        or differ
        or wanted(main, language).kind == "comparison"
        or text.search(f"{SET_APART}|{_AS_MUCH}") is not None
    )
    compared = re.match(r"\W*(?:hay |xin )?(?:so sanh|so |doi chieu|phan biet|compare)", fold(main)) is not None
    if compared and language == "en":
        text = text.sub(r"^compare (?!how\b|what\b)", "")
    sides = Finder(text, each, compared, differ).best()
    if sides is None or sides.worth < ENOUGH:
        return ()
    return pairs_en.questions(text, sides, hint) if language == "en" else pairs_vi.questions(text, sides, hint)


def _kind_compared(main: str, kept: Compared) -> str:
    """The kind of answer that what was left off at the end of ``main`` speaks of: ", which share is higher"."""
    at = main.find(kept.text)
    return kind_wanted(kept.of(main[at + len(kept.text) :])) if at >= 0 else ""


# "Kế hoạch A ra trước hay sau Nghị quyết B?"
_BEFORE_OR_AFTER = r"^(?P<a>.+?)(?: (?:được ban hành|ban hành|ra đời|ra|có|được phê duyệt|ký))? (?:trước|sớm hơn) hay (?:sau|muộn hơn) (?P<b>[^?]+?)\W*$"
# "mở rộng từ bao nhiêu lên bao nhiêu xã": how many at first and how many now, or in the two years that are named
_FROM_TO = r"^(?P<a>.*?)(?:,? (?:đã|được))*(?: (?:mở rộng|nhân rộng|tăng|giảm|phát triển|thay đổi|đi))? từ (?:bao nhiêu|mấy)(?P<n> [^?]{2,50}?)? (?:lên|xuống|thành|tới|đến|ra) (?:bao nhiêu|mấy)(?P<m> [^?]{2,40}?)?\W*$"
_BY_NOW = r"\b(?:đến nay|hiện nay|hiện tại|bây giờ|giờ|nay)\b"


def _by_time(text: Compared) -> tuple[str, ...]:
    """When each of two papers was issued, of which it is asked whether the one came before or after the other; () for any other."""
    found = text.match(_BEFORE_OR_AFTER)
    if not found:
        return ()
    asks = as_typed(" ban hành ngày nào?", text.text)
    return tuple(text.text[slice(*found.span(side))].strip(" ,") + asks for side in "ab")


def _from_to(text: Compared) -> tuple[str, ...]:
    """How many in each of two years, or at first and by now, where it is asked from how many to how many; () for any other."""
    found = text.match(_FROM_TO)
    if not found:
        return ()
    nouns = [text.of(text.text[slice(*found.span(n))]) for n in "mn" if found[n]]
    told = [n.sub(rf"\s*\b(?:lúc |khi )?(?:{AT_FIRST})\b", "").sub(_BY_NOW, "").text.strip() for n in nouns]
    noun = next((f" {n}" for n in told if n), "")
    rest = text.of(text.text[slice(*found.span("a"))].strip(" ,"))
    years = sorted(d.first[:4] for d in find_dates(rest.text) if d.precision == "year")
    if len(years) == 2:
        bare = rest.sub(rf"(?:\bso với )?\b(?:năm )?(?:{'|'.join(years)})\b", "").text.strip(" ,")
        return tuple(f"{bare} {as_typed(f'năm {year} là bao nhiêu', text.text)}{noun}?" for year in years)
    bare = rest.sub(rf"\b(?:so với )?(?:{AT_FIRST}),?", "").sub(_BY_NOW, "").text.strip(" ,")
    if len(bare.split()) < 2:
        return ()
    ways = ("lúc thí điểm ban đầu có bao nhiêu", "đến nay có bao nhiêu")
    return tuple(f"{bare} {as_typed(way, text.text)}{noun}?" for way in ways)


# "bán hai mặt hàng khác nhau, là gì"
_TWO_APART = r"\b(?:hai|mấy|những) (?P<what>[^\s,]+(?: [^\s,]+)?) khác nhau,? (?:đó )?là (?:những )?(?P<asks>gì)\b"
# "bên nào nhiều" for "bên nào nhiều hơn"
_WHICH_MUCH = rf"\b{WHICH} (?:thì |có )?{DEGREE}(?=\W*$)"
# "Hậu Giang mấy sản phẩm, Thanh Hóa mấy sản phẩm, ai hơn"
_THEN_WHICH = rf",\s*(?:thì |vậy |thế )?{WHICH}\b(?: (?!hơn\b)[^\s,?]+){{0,3}} hơn(?=\W*$)"
# "… thì thấp hay cao hơn"
_MORE_OR_LESS = rf",?\s*(?:thì |là )?{DEGREE} hay (?:là )?{DEGREE}(?: hơn)?(?=\W*$)"
# "…, cái nào ra trước, ngày nào"
_AND_WHEN = rf",\s*{WHICH}\b[^,?]*\b(?:trước|sau|sớm hơn|muộn hơn)(?P<when>(?:,| và)\s*(?:(?:mỗi|từng|hai) (?:cái|bên|văn bản|thứ) )?(?:vào |là |ra )?(?:những |các )?(?:ngày nào|khi nào|bao giờ|lúc nào|năm nào)(?:(?:,| và| với) (?:ngày nào|khi nào|lúc nào))?\W*)$"
# "…, và con số của từng tỉnh ra sao", "…, với số liệu cụ thể của mỗi bên"
_AND_FIGURES = r",\s*(?:và |với |kèm |cùng )?(?:con số|số liệu)(?: cụ thể)?(?: (?:của )?(?:từng|mỗi|hai) [^\s,?]+)(?: (?:là bao nhiêu|ra sao|thế nào|bao nhiêu))?(?=\W*$)"
# "…, mỗi bên tính theo tháng hay theo năm"
_BY_WHICH = r",?\s*(?:mỗi|từng) (?:bên|người|nơi) (?:tính )?theo \w+ hay (?:theo )?\w+"
_AGAINST_FIRST = r"^so với (?P<a>[^,?]{2,60}?)(?:,| thì) (?P<b>[^?]+)"
_SAME_TOO = r",?\s*\b(?:có|thì) (?:giống|khác|trùng)(?: gì)?(?: nhau)?(?: không)?(?=\W*$)|,?\s*\bcó phải (?:là )?cùng [^,?]{1,40}không(?: ạ)?(?=\W*$)"
_NOT_ALIKE = r"\b(?:khác|giống) nhau\b"
_AS_MUCH = r"\bcó (?:bằng|ngang|giống|trùng)\b(?! nhau).*không\W*$"
_AND_HOW = r",\s*(?:giống hay khác|khác hay giống)(?: nhau)?(?=\W*$)|,\s*(?:hai )?(?:cái|bên|thứ) (?:này|kia|đó) (?:khác|giống|hơn)[^,?]*(?=\W*$)|,\s*(?:thì |có )?(?:gì )?(?:khác|giống)(?: gì)?(?: nhau)?(?: (?:ở )?(?:chỗ nào|điểm nào|gì|thế nào|như thế nào|ra sao))?(?: không)?(?=\W*$)"


def _turned(question: str, language: str) -> str:
    """ "So với A thì B …" as "B so với A …" where both are of one kind; "…, có giống nhau không" left out."""
    text = Compared(question, language).sub(_SAME_TOO, "").sub(_AND_FIGURES, "").sub(_BY_WHICH, "")
    text = text.sub(r"\b(?:chiếm ưu thế|chiếm thế hơn|nhỉnh hơn|trội hơn|vượt trội hơn|vượt trội)\b", "nhiều hơn")
    text = text.sub(r"\bmặt hàng khác nhau (?:như )?(?:thế nào|ra sao|chỗ nào|gì)\b", "mặt hàng gì")
    text = text.sub(r"\bkhác gì nhau\b", "khác nhau thế nào").sub(
        rf"(?:,? thì)?(?:,? {WHICH})? \b(?:đa dạng|phong phú) hơn\b", " gồm những gì"
    )
    if alike := text.search(_TWO_APART):
        text = text.of(
            f"{text.text[: alike.start()]} {text.text[alike.start('what') : alike.end('what')]} {text.text[alike.start('asks') :]}"
        )
    if much := text.search(_WHICH_MUCH):
        text = text.of(f"{text.text[: much.end()]} {as_typed('hơn', question)}")
    if text.search(r"\bso với\b|\bvới\b|\bvà\b"):
        text = text.sub(_MORE_OR_LESS, "")
    if (ends := text.search(_THEN_WHICH)) and len(
        list(text.pattern(QUESTION).finditer(text.shown, 0, ends.start()))
    ) > 1:
        text = text.of(text.text[: ends.start()])
    if asks := text.search(_AND_WHEN):
        text = text.of(text.text[: asks.start("when")])
    if (ends := text.search(_AND_HOW)) and text.search(QUESTION, 0, ends.start()):
        text = text.of(text.text[: ends.start()])  # "… bán trên kênh nào, khác nhau chỗ nào"
    found = text.match(_AGAINST_FIRST) if language != "en" else None
    if found:
        first, rest = (text.text[slice(*found.span(side))] for side in "ab")
        here = named(text.of(first))
        twins = [n for n in named(text.of(rest)) if here and n[2] == here[-1][2]]
        if twins:
            return f"{rest[: twins[0][1]]} so với {first}{rest[twins[0][1] :]}"
    return text.text


def main_sentence(question: str, language: str) -> tuple[str, str]:
    """``question`` without later sentences that ask for nothing new ("Mỗi bên bao nhiêu phần trăm?", "Please give both positions."),
    and the kind of answer these ask of both: "percent", "date", "rank", "decision", "number" or ""."""
    whole = bare(question, language)
    pieces = _pieces(whole)
    while len(pieces) > 1 and _of_them(Compared(pieces[-1], language)):
        pieces.pop()
        whole = " ".join(pieces)
    pieces = _pieces(_turned(whole, language))
    hint = ""
    while len(pieces) > 1 and _asks_of_both(Compared(pieces[-1], language)):
        hint = kind_wanted(Compared(pieces.pop(), language)) or hint
    return " ".join(pieces).strip(), hint


# "So sánh giúp hai mạng này", "Cách quảng bá có giống nhau không?"
_COMPARE_THEM = r"\W*(?:hãy |bạn |nhờ |xin |giúp |mình )*(?:so sánh|đối chiếu|phân biệt)\b"
_ALIKE = (
    r"\b(?:giống|khác|trùng|khớp)(?: gì)? nhau\b(?: (?:không|chỗ nào|ở đâu|thế nào|ra sao|gì))*\W*$|"
    r"^\W*(?:(?:is it|are they|are these|are the two) )?(?:the )?(?:same|different|similar)\b[^,]*$"
)


def _pieces(text: str) -> list[str]:
    return [p.strip() for p in re.split(r"(?<=[?.!])\s+(?=[^\d\s])", text) if p.strip(" ?.!")]


def _of_them(sentence: Compared) -> bool:
    """Whether a sentence only asks to compare what was named before it."""
    short = len(sentence.text.split()) <= 9 and not any(n.start for n in find_names(sentence.text))
    return short and bool(sentence.match(_COMPARE_THEM) or sentence.search(_ALIKE))


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
    for pattern in (_BACK_EN,) if language == "en" else (_ABOUT_ME, _FRONT, _BACK):
        here = Compared(text, language)
        found = here.search(pattern)
        if not found:
            continue
        rest = text[found.end() :] if found.start() == 0 else text[: found.start()]
        if len(rest.split()) >= 4 and not (pattern is _BACK and here.of(text[found.start() :]).search(QUESTION)):
            text = rest.strip(" ,;:")
    return text
