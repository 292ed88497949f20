"""What somebody sells, grows or makes: whether a question asks for it and where a text tells it.

Rules over words; knows nothing of scores.
"""

from __future__ import annotations

import re

from rag.ask.evidence import Asked, per_question
from rag.text.normalise import canonical, fold

_ASKED = re.compile(
    r"\b(?:ban|trong|nuoi|san xuat|lam ra|kinh doanh|buon|che bien|danh bat)(?: (?:ra|nhung|cac|mat|hang|cay|con|san|pham|dac|mon|loai|nong|thu|qua|giong|hang hoa)){0,4} gi\b|"
    r"\b(?:mat hang|san pham|dac san|mon hang|cay|loai cay|loai qua|trai cay|nong san|hang) (?:gi|nao)\b|\b(?:mat hang|hang hoa)(?: (?:ban|cua|tren|o)\b[^?]*)? (?:la gi|the nao|ra sao)|"
    r"\bwhat(?: (?:kind|sort|type)s? of)?(?: [\w-]+){0,2}? (?:does|do|did|is|are)\b[^?]*\b(?:sell|sells|sold|selling|grow|grows|growing|make|makes|produce|produces|raise|raises|farm)\b|"
    r"\bwhich (?:products?|goods|crops?|fruits?|items?|plants?)\b"
)
_GROWN_ASKED = re.compile(
    r"\b(?:trong|cay|nuoi|trai cay|loai qua|grow|grows|growing|crop|crops|fruit|fruits|plant|raise|raises)\b"
)
# "các loại sản phẩm mây tre đan", "bán các mặt hàng tiêu dùng"
_GOODS = re.compile(
    r"\b(?:sản phẩm|mặt hàng|đặc sản|nông sản)(?: (?:chủ lực|chính|truyền thống))? (?!của\b|được\b|lên\b|đã\b|qua\b|này\b|đó\b|ấy\b|tại\b|trên\b|để\b|ra\b|và\b|do\b|có\b|là\b|từ\b|đến\b|bằng\b|nhờ\b|tiêu thụ\b|mới\b|ở\b|các\b|nông\b|giá\b|đạt\b|ocop\b|số\b|đặc\b|khác\b|chất\b|dịch\b|với\b|trong\b|sẽ\b|đều\b|cho\b|tốt\b|sạch\b|an toàn\b|chủ\b|hàng\b)[^\W\d_]+|"
    r"\b(?:hộp|chai|lọ|gói|cân|tấn|tạ|kg|quả|cây|con|đồi|vườn|ruộng|giàn|trang trại|canh tác|trồng|nuôi|thu hoạch) (?!trồng\b|người\b|số\b|nông\b|đường\b|này\b|đó\b|và\b|được\b|của\b|cháu\b|em\b|trai\b|gái\b|tôi\b|nuôi\b|trọt\b|lúc\b|trong\b)[^\W\d_]+"
)
_GROWN = frozenset(
    "cam quýt bưởi chanh dưa xoài mít ổi nhãn vải chuối khóm dứa lúa ngô khoai sắn chè tiêu điều mía lạc đậu rau nấm hoa tôm cá lợn gà bò dê vịt trâu ong hươu sầu thanh nho táo lê mận đào hồng bơ ca cà cao".split()
)


@per_question
def goods_asked(asked: Asked) -> bool:
    """Whether a question asks what somebody sells, grows or makes."""
    return asked.want.kind in ("other", "list", "definition") and _ASKED.search(fold(asked.text)) is not None


@per_question
def _grown_asked(asked: Asked) -> bool:
    return _GROWN_ASKED.search(fold(asked.text)) is not None


def goods_told(asked: Asked, text: str) -> bool:
    """Whether a sentence names goods, and for a question for what is grown something that grows."""
    found = [m.group().split()[-1] for m in _GOODS.finditer(canonical(text))]
    if _grown_asked(asked):
        return any(word in _GROWN for word in found)
    return bool(found)
