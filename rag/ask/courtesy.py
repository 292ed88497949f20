"""What people say around a question: greetings, requests, forms of address and what they tell of themselves.

Taken away where a question is split or put behind a follow-up, so that it is not searched for. Knows nothing of what is asked.
"""

from __future__ import annotations

import re

from rag.ask.compared import QUESTION, Compared

_ME = r"(?:em|tôi|mình|tui|tớ|cháu|con|bác|bọn em|chúng tôi|bọn mình|i)"
_YOU = r"(?:cháu|con|em|anh|chị|bác|chú|cô|bạn|ad|shop|mọi người|các bạn)"
_FRONT = (
    rf"^(?:(?:dạ|vâng|thưa|ơi|à|ừ|này|alo|chào)(?: {_YOU})?(?: (?:ạ|ơi))?[,.!]?\s+)+|"
    rf"^(?:(?:xin|vui lòng|làm ơn|nhờ|ad|{_YOU})\s+(?:ơi,?\s+)?)*(?:(?:cho|giúp)\s+)(?:{_ME}\s+)?(?:xin\s+)?(?:hỏi|biết)(?:\s+(?:là|với|chút|một chút|thêm|thử))?(?:\s+ạ)?\s*[,:]?\s+|"
    rf"^{_ME} (?:muốn|cần|xin) (?:hỏi|biết|tìm hiểu)(?: (?:là|thêm|về))?\s*[,:]?\s+|"
    rf"^{_ME} [^,?]{{1,40}}, (?:{_ME} )?(?:muốn|cần|xin|cho|nhờ|đang) (?:hỏi|biết|xem)\s*[,:]?\s+"
)
_PARTICLES = rf"\s+(?:ạ|hả|hở|nhỉ|nhé|nha|vậy|thế|đấy)(?:\s+{_YOU})?(?:\s+ạ)?(?=\s*[,?.!;]|\s*$)"
_FRONT_EN = r"^(?:(?:please|hi|hello|hey|excuse me|can you|could you|would you|i(?:'d| would) like (?:you )?to|i want to|i need to|help me(?: to)?|tell me|know|say|show me|let me know|so)\b[ ,:!]*)+"
_OF_MYSELF = r"\b(?:tôi|em|mình|tui|tớ|cháu|con|chị|bác|i|my|me)\b"


def bare(question: str, language: str) -> str:
    """``question`` without its courtesies and without whole sentences that only tell of the one who asks; itself where nothing would be left."""
    text = Compared(question.strip(), language)
    pieces = [p for p in re.split(r"(?<=[?.!])\s+", text.text) if p.strip()]
    if len(pieces) > 1 and any("?" in p for p in pieces):
        kept = [p for p in pieces if "?" in p or not text.of(p).search(_OF_MYSELF) or text.of(p).search(QUESTION)]
        text = text.of(" ".join(kept))
    if language == "en":
        found = text.match(_FRONT_EN)
        left = text.text[found.end() :] if found else text.text
    else:
        left = text.text
        while found := text.of(left).match(_FRONT):
            left = left[found.end() :]
        left = text.of(left).sub(_PARTICLES, "").text
    return left if len(left.split()) >= 3 else question
