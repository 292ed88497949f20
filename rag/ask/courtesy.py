"""What people say around a question: greetings, requests, forms of address and what they tell of themselves.

Taken away where a question is split or put behind a follow-up, so that it is not searched for. Knows nothing of what is asked.
"""

from __future__ import annotations

import re

from rag.ask.compared import QUESTION, Compared
from rag.text.names import find_names, find_places

_ME = r"(?:em|tôi|mình|tui|tớ|cháu|con|bác|bọn em|chúng tôi|bọn mình|i)"
_YOU = r"(?:cháu|con|em|anh|chị|bác|chú|cô|bạn|ad|shop|mọi người|các bạn)"
_FRONT = (
    rf"^(?:(?:dạ|vâng|thưa|ơi|à|ừ|này|alo|chào)(?: {_YOU})?(?: (?:ạ|ơi))?[,.!]?\s+)+|"
    rf"^(?:(?:xin|vui lòng|làm ơn|nhờ|ad|{_YOU})\s+(?:ơi,?\s+)?)*(?:(?:cho|giúp)\s+)(?:{_ME}\s+)?(?:xin\s+)?(?:hỏi|biết)(?:\s+(?:là|với|chút|một chút|thêm|thử))?(?:\s+ạ)?\s*[,:]?\s+|"
    rf"^(?:{_ME} )?(?:muốn|cần|xin) (?:hỏi|biết|tìm hiểu)(?: (?:là|thêm|về))?\s*[,:]?\s+|"
    rf"^{_ME} [^,?]{{1,40}}, (?:{_ME} )?(?:muốn|cần|xin|cho|nhờ|đang) (?:hỏi|biết|xem)\s*[,:]?\s+"
)
# what somebody tells of himself, or of what it is for, before he asks
_ABOUT_ME = (
    rf"^{_ME} (?:là|đang|học|làm|viết|cần|muốn|tính|định|chuẩn bị|phải)\b[^,:;?]{{0,60}}[,:;]\s+(?=\S+ \S+ \S)|"
    r"^(?:(?:a |the )?(?:reporter|student|journalist|official|teacher|researcher|villager|farmer|visitor|citizen|resident|clerk) here|"
    r"i(?:'m| am) (?:an?|the|writing|preparing|doing|working|studying)\b[^,:;?]{0,60}|(?:just )?(?:a |one )?quick question|"
    r"for (?:my|an?|our|the|this) (?:\w+ ){0,3}?(?:report|essay|article|homework|paper|story|thesis|class|project|assignment|presentation))\s*[,:;.]\s+(?=\S+ \S+ \S)"
)
_FIGURES_PLEASE = r"^(?:cần|xin|muốn có) (?:số liệu|thông tin|con số|dữ liệu)(?: về)?\s*[,:]?\s+(?=\S+ \S+ \S)"
_PARTICLES = rf"\s+(?:bạn|ad|shop|mọi người) (?:nhỉ|nhé|ạ|ơi|ha)(?=\s*[,?.!;]|\s*$)|\s+(?:ạ|hả|hở|nhỉ|nhé|nha|vậy|thế|đấy)(?:\s+{_YOU})?(?:\s+ạ)?(?=\s*[,?.!;]|\s*$)"
_FRONT_EN = r"^(?:(?:please|pls|plz|kindly|hi|hello|hey|excuse me|can you|could you|would you|i(?:'d| would) like (?:you )?to|i want to|i need to|help me(?: to)?|tell me|know|say|show me|let me know|so)\b[ ,:!]*)+"
_OF_MYSELF = r"\b(?:tôi|em|mình|tui|tớ|cháu|con|chị|bác|i|my|me)\b"


def bare(question: str, language: str) -> str:
    """``question`` without its courtesies and without whole sentences that only tell of the one who asks; itself where nothing would be left."""
    text = Compared(question.strip(), language)
    pieces = [p for p in re.split(r"(?<=[?.!])\s+", text.text) if p.strip()]
    if len(pieces) > 1 and any("?" in p for p in pieces):
        kept = [p for p in pieces if "?" in p or not text.of(p).search(_OF_MYSELF) or text.of(p).search(QUESTION)]
        text = text.of(" ".join(kept))
    text = _asked_only(text)
    if language == "en":
        found = text.match(_FRONT_EN)
        left = text.text[found.end() :] if found else text.text
    else:
        left = text.text
        while found := text.of(left).match(_FRONT):
            left = left[found.end() :]
        left = text.of(left).sub(_PARTICLES, "").text
        left = text.of(left).sub(_FIGURES_PLEASE, "").text
    return left if len(left.split()) >= 3 else question


def _asked_only(text: Compared) -> Compared:
    """The question without what its asker tells of himself first, unless that names something or asks."""
    found = text.match(_ABOUT_ME)
    if not found or text.search(QUESTION, 0, found.end()):
        return text
    told = text.text[: found.end()]
    return text if find_places(told) or any(n.start for n in find_names(told)) else text.of(text.text[found.end() :])
