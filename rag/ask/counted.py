"""Whether the figures quoted count another thing than the question does: "133 tổ" for members, "98 điểm cầu" for computers.

Words first, then meaning by the embedder. Knows nothing of weights or of how quotations are chosen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.ask import synonyms
from rag.ask.evidence import Asked, words_of
from rag.ask.short import candidates
from rag.ask.similar import Similar
from rag.text.normalise import fold

_WEIGHED = re.compile(
    r"\s?(?:nghìn |triệu |tỷ |tỉ )?(?:tấn|tạ|kg|ki-?lô-?gam|gam|lít|m3|m³|mét khối|thùng|ounce|carat)\b", re.IGNORECASE
)
_SHARED = re.compile(r"\b(?:phan tram|ty le|ti le|share|percent\w*|rate|much)\b|%")
FITS = 0.5  # the least fit of a figure that counts the very thing
FAR = 16  # words before a figure that may name what it counts where the figure is said of them
ALIKE = 0.45  # the least cosine of the thing asked for and the words beside a figure
_WORD = re.compile(r"[^\W_]+")
_IS = re.compile(
    r"\b(?:là|đạt|lên|tới|đến)(?: (?:tới|đến|hơn|gần|trên|khoảng|được|hon|gan|tren|khoang)){0,2} $", re.IGNORECASE
)
_STOP = re.compile(r"[.,;:()“”\"!?]|\d")
# said of whatever was named before; then what is measured, not counted: its unit stands in the text instead of its name
_CLASSIFIERS = frozenset("chiec cai con nguoi vi qua bo loai vu ca truong lan nhom".split())
_MEASURED = frozenset(
    "thời thoi lâu xa tuổi năm tháng ngày giờ phút giây tuần lần phần trăm tiền đồng độ chiều bề kích mức tầm quãng khoảng diện dung công sản "
    "lau xa tuoi nam thang ngay gio phut giay tuan lan phan tram tien dong do chieu be kich muc tam quang khoang dien dung cong san "
    "tang giảm giam year month day hour minute time age percent money long far old high large big deep wide heavy amount size length "
    "tỷ triệu nghìn ty trieu nghin bậc bac điểm diem số so con".split()
)


def another(asked: Asked, quotes: Sequence[str], similar: Similar) -> bool:
    """Whether every figure in the ``quotes`` counts something else than what ``asked`` counts. False where nothing is counted."""
    focus = asked.want.focus
    if asked.want.kind != "number" or not focus or focus.split()[0] in _MEASURED:
        return False
    beside: list[str] = []
    otherwise = _wordings(asked)
    for text in quotes:
        spans = words_of(text).spans
        for found in candidates(asked, text):
            if found.fit >= FITS:
                return False
            if _WEIGHED.match(text, found.end) or _WEIGHED.search(found.text):
                return False  # "1 tỷ tấn" measures what is no count of pieces
            if "%" in found.text and not _SHARED.search(fold(asked.text)):
                continue  # a share is no count
            stop = _STOP.search(text, found.end)
            after = _WORD.findall(text[found.end : stop.start() if stop else len(text)])[:5]
            before = [text[a:b] for a, b in spans if b <= found.start]
            # "số người dân cài ứng dụng … là hơn 67.500": what is counted may stand far before
            before = before[-FAR:] if _IS.search(text[: found.start]) else before[-6:]
            if after and fold(after[0]) in _CLASSIFIERS and len(after) < 3:
                return False  # "115 chiếc": whatever was spoken of before
            bag = frozenset(map(fold, [*after, *before]))
            if any(bag.issuperset(words) for words in otherwise):
                return False
            beside += [" ".join(after[:n]) for n in range(1, len(after) + 1)]
            beside += [" ".join(before[-n:]) for n in (2, 4, 6) if len(before) >= n]
    return bool(beside) and float(similar.likeness(focus, beside).dense.max()) < ALIKE


def _wordings(asked: Asked) -> list[tuple[str, ...]]:
    """Other wordings of what is counted: everyday and official ones, and the Vietnamese of an English question."""
    heads = {word[:4] for word in fold(asked.want.focus).split()}
    wide = synonyms.widen(asked)
    same = [words for term, ways in wide.others.items() if term[:4] in heads for words in ways]
    return [*synonyms.counted(asked), *same]
