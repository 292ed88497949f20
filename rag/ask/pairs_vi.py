"""What a Vietnamese question that compares asks of each of the two things, as a question of its own.

Knows nothing of how the two things are found.
"""

from __future__ import annotations

import re

from rag.ask.compared import (
    BOTH,
    BOTH_OF,
    COUNTED,
    DEGREE,
    QUESTION,
    SET_APART,
    WHICH,
    WHICH_OF,
    Compared,
    Sides,
    kind_wanted,
    own_time,
    tidy,
)
from rag.text.dates import find_dates
from rag.text.names import find_names, find_places
from rag.text.normalise import fold


def questions(text: Compared, sides: Sides, hint: str) -> tuple[str, ...]:
    """What is asked of each of the two; ``hint`` is the kind of answer that another sentence asks of both, "" for none."""
    asked = text.text
    tail = asked[sides.second[1] :].strip()
    hint = hint or (kind_wanted(text.of(tail)) if text.of(tail).search(BOTH) else "")
    between = asked[sides.first[1] : sides.joint[0]].strip(" ,;()")
    lead = text.of(asked[: sides.first[0]].strip(" ,;")).sub(r"^(?:hai|cả hai|các) (?=[^\W\d])", "").text
    things = [asked[a:b].strip(" ,;:") for a, b in (sides.first, sides.second)]
    things = [text.of(t).sub(rf"\s*(?:có )?\b{DEGREE} hơn$", "").text for t in things]
    if own := own_time(asked, sides, between, text.of(things[1])):
        things[0], between = f"{things[0]} {own}", ""
    if not between and (deed := _DEED_OF_BOTH.search(text.of(things[1]).shown)) and _is_longer(things[1], things[0]):
        if not _DEED_OF_BOTH.search(text.of(things[0]).shown):  # "ngành A hay ngành B | đạt tỷ lệ … cao hơn"
            things[1], tail = things[1][: deed.start()], f"{things[1][deed.start() :].strip()} {tail}"
    if between:  # the second stands in the place of the first
        tail = f"{between} {tail}"
    else:
        things[1] = _completed(text, *things)
    shared = _place_of_other(things, f"{lead} {tail}")
    return tuple(
        _with_place(_of_one(text, lead, thing, tail, hint), place) for thing, place in zip(things, shared, strict=True)
    )


_DEED_OF_BOTH = re.compile(r"\s(?=(?:đạt|có|được|đưa|xếp|đứng|thu|nhận|dat|duoc|xep) )")


def _is_longer(second: str, first: str) -> bool:
    return len(second.split()) >= len(re.sub(r"\([^()]*\)", "", first).split()) + 3


_SOMEWHERE = re.compile(r"\b(?:o|tai|xa|huyen|thon|tinh) ")
_PAPER = re.compile(r"(?:quyet dinh|nghi quyet|ke hoach|chi thi|nghi dinh|de an)\b")


def _place_of_other(things: list[str], rest: str) -> list[str]:
    """For each of two things of one sort the place that only the other names: "thứ hạng hiện có và thứ hạng Thanh Hóa hướng tới"."""
    places = [find_places(thing) for thing in things]
    if (
        find_places(rest)
        or len([p for p in places if p]) != 1
        or things[0].split()[:1] == []
        or fold(things[0].split()[0]) != fold(things[1].split()[0])
    ):
        return ["", ""]
    if _PAPER.match(fold(things[0])) or any(
        n.kind in ("person", "organisation") for thing in things for n in find_names(thing)
    ):
        return ["", ""]
    if any(_SOMEWHERE.search(fold(thing)) for thing, own in zip(things, places, strict=True) if not own):
        return ["", ""]
    told = (places[0] or places[1])[0].text
    return ["" if places[i] else told for i in (0, 1)]


def _with_place(asked: str, place: str) -> str:
    return f"{asked.rstrip(' ?')} ({place})?" if place else asked


def _completed(text: Compared, first: str, second: str) -> str:
    """The second thing with the words it shares with the first and leaves out: "[Đảng bộ tỉnh] Hà Tĩnh", "[tỷ lệ hồ sơ ở] các nơi …"."""
    here, there = text.of(first), text.of(second)
    if here.match(COUNTED) and not there.match(COUNTED):
        head = here.search(r"^.+?(?=\s(?:ở|của|tại|trong)\s)")
        if head:
            joint = "" if there.match(r"(?:ở|của|tại|trong)\s") else f"{first[head.end() :].split()[0]} "
            return f"{first[: head.end()]} {joint}{second}"
    places = find_places(first)
    own = find_places(second)
    if len(own) == 1 and own[0].end == len(second) and places and places[-1].end == len(first):
        if not own[0].start or first.startswith(second[: own[0].start]):
            return first[: places[-1].start] + own[0].text
    return second


def _of_one(text: Compared, lead: str, thing: str, tail: str, hint: str) -> str:
    """The question asked of one of two things."""
    if (found := text.of(tail).match(_OF_WHICH)) and find_places(thing):
        sentence = f"{lead} {tail[found.start(1) : found.end(1)]} {thing} {tail[found.end() :]}"
    elif found := text.of(lead).match(rf"{WHICH}(?= )"):  # "Ai ban hành … trước, A hay B": A in the place of who
        sentence = f"{thing} {lead[found.end() :].strip(' ,')} {tail}"
    else:
        sentence = f"{lead} {thing} {tail}"
    if _same_person(text.of(thing)) and text.of(tail).search(
        r"\bchức(?: vụ| danh)?(?: của)? (?:mỗi|từng|hai) (?:người|ông|bà|vị|bên)\b"
    ):
        return f"{thing} giữ chức vụ gì?"
    whole = text.of(tidy(sentence)).sub(BOTH_OF, " ")
    if (ends := whole.search(_AND_WHICH)) and whole.search(QUESTION, 0, ends.start()):
        whole = text.of(whole.text[: ends.start()])  # "giữ chức gì, ai chức to hơn"
    if whole.search(rf"{SET_APART}|\bhơn\b") or whole.search(_FIRST):
        whole = whole.sub(WHICH_OF, " ")
    whole = (
        whole.sub(r"\s+không\W*$", "")
        .sub(r"\s+và(?= là (?:bao nhiêu|mấy))", "")
        .sub(rf"\b({DEGREE} hơn)(?:,? \1)+\b", "nhiều hơn")
    )
    return _unknown(text.of(tidy(_asking(whole, hint, text.of(thing))).rstrip(" ?.,;") + "?"))


def _unknown(asked: Compared) -> str:
    """A figure that is told of the one is asked of both: "Hậu Giang có 1.506 nông sản lên sàn rồi thì sao" → "… có bao nhiêu nông sản …"."""
    ends = asked.search(r"(?:\s+rồi)?\s+(?:thì sao|thế nào|ra sao|bao nhiêu)\?$|(?:\s+rồi)?\?$")
    told = asked.search(
        rf"\b(?:có|được|đạt|là|bán|đưa|hỗ trợ|thu)(?: (?:hơn|gần|khoảng|trên|tới|được))? (?P<n>\d[\d.,]*)(?= {_COUNTABLE})"
    )
    if not ends or not told or asked.search(QUESTION, 0, ends.start()):
        return asked.text
    at, to = told.span("n")
    before = asked.of(asked.text[:at]).sub(r"\s(?:hơn|gần|khoảng|trên|tới)\s*$", " ").text
    return tidy(f"{before} bao nhiêu{asked.text[to : ends.start()]}") + "?"


_COUNTABLE = r"(?!năm\b|tháng\b|ngày\b|giờ\b)[^\W\d]"  # "có 5 năm kinh nghiệm" tells no count
_OF_WHICH = r"[,\s]*((?:(?!thì|là|những|các|ở|tại|đến|thuộc)[^\s,]+ ){1,3})(?:tỉnh|huyện|xã|nơi|bên|địa phương) nào\b"  # "Đảng bộ tỉnh nào"
_AND_WHICH = rf",\s*{WHICH}\b[^,]*\bhơn\W*$"
_FIRST = r"[,\s]*\b(?:có |ra đời |ra |được ban hành |được phê duyệt )?(?:trước|sau|sớm|muộn)(?: hơn)?(?: cả)?\W*$"
_STANDS = rf"\b(?:(?:bao )?{DEGREE} )?{DEGREE} (?:hơn|nhất)(?: nhau)?\b|\bhơn(?: nhau)?(?=\W*$)"
_MANY = r"(?<!bao )\b(?:nhiều|ít)(?= (?!hơn\b)\w)"
_APART = r"\b(?:hơn kém|chênh(?: lệch)?|cách|hơn|kém|gấp)(?: nhau)?(?: (?:bao nhiêu|mấy|nhiều|thế nào|ra sao)(?: lần)?)?(?: không)?\W*$"
_DIFFER = r"\b(?:có gì )?(?:(?:giống (?:và |hay )?)?khác|thay đổi|biến động)(?: nhau)?(?: (?:gì|ở chỗ nào|chỗ nào|ở điểm nào|điểm nào|như thế nào|thế nào|ra sao|không))?(?: nhau)?\b"
_NO_AMOUNT = r"(?:phủ|sóng|hoàn thành|triển khai|sẵn sàng|ứng dụng|áp dụng|phát triển|tiến triển|hoàn thiện|quan tâm)\b"
_LEANS = r"\b(?:nhờ|phụ thuộc|lệ thuộc|trông cậy|trông|dựa)\b(?: (?:vào|nhiều))*"
_HOW = r"\s*\b(?:thì )?(?:như )?(?:thế nào|ra sao|thì sao)\W*$"
_RANKED = r"\b(?:xếp(?! loại)|đứng|thứ hạng|vị trí|bậc)\b|\bhạng (?:mấy|nhất|nhì|bao nhiêu|cao|thấp)"


def _asking(sentence: Compared, hint: str, thing: Compared) -> str:
    """``sentence`` with its comparing words turned into a question word."""
    ranked = sentence.search(_RANKED) is not None
    much = {"percent": "bao nhiêu phần trăm", "date": "ngày nào", "rank": "thứ mấy", "decision": "số mấy"}.get(hint, "")
    if not much and sentence.search(_LEANS):
        much = "bao nhiêu phần trăm"  # "bên nào nhờ kênh online nhiều hơn"
    much = much or ("thứ mấy" if ranked else "bao nhiêu")
    sentence = sentence.sub(rf"\bcấp {DEGREE} hơn\b", "cấp nào")
    counted = thing.match(COUNTED) is not None or sentence.search(rf"(?:^|[,:] ){COUNTED[1:]}") is not None
    text = sentence.text
    if (found := sentence.search(_FIRST)) and not sentence.search(QUESTION, 0, found.start()):
        issued = sentence.search(
            r"ban hành|phê duyệt|ra (?:nghị quyết|quyết định|kế hoạch)|thành lập|khánh thành|diễn ra|bắt đầu",
            0,
            found.start(),
        )
        return f"{text[: found.start()]} {'' if issued else 'ban hành '}ngày nào"
    if (found := sentence.search(_DIFFER)) and sentence.search(QUESTION, 0, found.start()):
        return text[: found.start()]  # "… trồng cây gì khác nhau"
    if found and _same_person(thing) and sentence.search(r"\bchức(?: vụ| danh)?\b(?! năng)", 0, found.start()):
        return f"{thing.text} giữ chức vụ gì"
    if found and sentence.search(QUESTION, found.end()):
        if not sentence.match(r"\s*(?:về |ở )?(?:[^\s,]+ ){0,5}(?:thế nào|ra sao|gì|bao nhiêu|mấy)\b", found.end()):
            return text[: found.start()] + text[found.end() :]  # "… khác nhau chỗ nào, mỗi người bán gì"
    if found:
        after = (
            sentence.of(tidy(text[found.end() :]))
            .sub(r"^(?:về|ở|giữa|trong|từ)\s+", "")
            .sub(_HOW, "")
            .sub(r"\s*(?:gì|không)\W*$", "")
        )
        noun = after.sub(r"^(?:bao nhiêu|mấy)\s*", "").text
        before = text[: found.start()]
        if any(d.start == 0 for d in find_dates(noun)):  # "thay đổi thế nào giữa 2023 và 2024"
            before, noun = f"{before} {noun}", ""
        if sentence.search(r"bao nhiêu|\bmấy\b", found.start()):
            return f"{before} bao nhiêu {noun}" if noun else f"{before} là {much}"
        if noun and sentence.of(noun).match(rf"mức (?:độ )?{_NO_AMOUNT}"):
            return f"{before} {noun} thế nào"
        if noun and sentence.of(noun).match(COUNTED):
            return f"{before} {noun} là {much}"
        if noun and len(noun.split()) <= 5:
            return f"{before} {noun} {'nào' if hint == 'decision' else 'gì'}"
        if sentence.match(r"(?:chức vụ|chức danh|chức|tên|địa chỉ|nội dung)\b(?! (?:tổ|nghiệp))"):
            return f"{before} là gì"
        if not hint and sentence.match(r"(?:hai|ba|bốn|năm|\d) [^\s,]+"):
            return f"{before} gồm những gì"
        if not hint and sentence.match(rf"(?:về )?mức (?:độ )?{_NO_AMOUNT}"):
            return f"{before} thế nào"
        return f"{before} là {much}" if counted or hint or ranked else f"{before} thế nào"
    if many := sentence.search(_MANY):
        more = sentence.search(
            r"\s+hơn(?: nhau)?(?=\W*$|,| không\b| bao nhiêu| mấy| là | và | trên | ở | tại | qua )", many.end()
        )
        if more and not sentence.search(QUESTION, 0, many.start()):
            left = sentence.of(text[more.end() :]).sub(
                r"^[\s,]*(?:và (?:con số|số liệu) )?(?:là )?(?:bao nhiêu|mấy|không|ra sao|thế nào)\b.*$", ""
            )
            return f"{text[: many.start()]}bao nhiêu{text[many.end() : more.start()]} {left.text}"
    if found := sentence.search(_STANDS):
        rest = (
            sentence.of(tidy(text[: found.start()] + " " + text[found.end() :]))
            .sub(r"\s*\bkhông\W*$", "")
            .sub(_HOW, "")
        )
        if rest.search(QUESTION):
            return _of_hundred(rest, hint)
        said = sentence.of(text[: found.start()])
        if said.search(r"\b(?:chức|chức vụ|cấp bậc)\s*$"):
            return f"{said.text} gì {text[found.end() :]}"
        verb = not counted or said.search(
            r"\b(?:có|được|đạt|là|lên|tới|khoảng|nhận|bán|thu|chiếm|đưa|hỗ trợ|xếp|đứng|hạng)\s*$"
        )
        if counted:
            said = said.sub(r"\s*\bcó\s*$", "")
        left = sentence.of(text[found.end() :]).sub(r"\s*\bkhông\W*$", "").sub(_HOW, "")
        return f"{said.text} {'' if verb and said.text.strip() != thing.text else 'là '}{much} {left.text}"
    if found := sentence.search(_APART):
        before = text[: found.start()]
        told = not counted and sentence.of(before).search(r"(?:có|được|đạt|là)\s*$")
        return f"{before} {'' if told else 'là '}{much}"
    if found := sentence.search(_HOW):
        if sentence.search(QUESTION, 0, found.start()):
            return text[: found.start()]
        return f"{text[: found.start()]} là {much}" if counted or hint else text
    if not sentence.search(QUESTION):
        if thing.match(r"(?:quyết định|nghị quyết|kế hoạch|chỉ thị|nghị định|thông tư|công văn)\b") and not hint:
            return f"{text} về việc gì"
        if sentence.match(r"(?:chức vụ|chức danh|chức|tên|địa chỉ|số hiệu|nhiệm vụ|nội dung)\b(?! (?:tổ|nghiệp))"):
            return f"{text} là gì"
        if not hint and sentence.match(rf"(?:về )?mức (?:độ )?{_NO_AMOUNT}"):
            return f"{text} thế nào"
        if not hint and sentence.match(r"(?:hai|ba|bốn|năm|\d) [^\s,]+"):
            return f"{text} gồm những gì"
        return f"{text} là {much}" if counted or hint else f"{text} thế nào"
    return _of_hundred(sentence, hint)


def _same_person(thing: Compared) -> bool:
    return thing.match(r"(?:ông|bà|anh|chị|cô|chú|bác|đồng chí) \w") is not None


def _of_hundred(sentence: Compared, hint: str) -> str:
    if hint == "percent" and not sentence.search(r"phần trăm|%"):
        return sentence.sub(r"bao nhiêu\W*$", "bao nhiêu phần trăm").text
    return sentence.text
