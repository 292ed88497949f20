"""Text variants that people type: folded diacritics, tone-mark placement, y/i, abbreviations, question-shaped sentences.

Pure functions over strings and a `random.Random`; knows nothing of tokens or models.
"""

from __future__ import annotations

import random
import re
import unicodedata

_FOLD = {ord("đ"): "d", ord("Đ"): "D"}
# oa, oe, uy carry their tone mark on either vowel at the end of a syllable: hòa = hoà, khỏe = khoẻ, thúy = thuý.
_NEW, _OLD = "òóỏõọùúủũụ", "oououououou"
_PAIRS = [
    (a + plain, base + b)
    for base, plain, first, second in (
        ("o", "a", "òóỏõọ", "àáảãạ"),
        ("o", "e", "òóỏõọ", "èéẻẽẹ"),
        ("u", "y", "ùúủũụ", "ỳýỷỹỵ"),
    )
    for a, b in zip(first, second, strict=True)
]
_TO_SECOND = dict(_PAIRS)
_TO_FIRST = {b: a for a, b in _PAIRS}
_TONED = re.compile("(?<![qQ])(" + "|".join([*_TO_SECOND, *_TO_FIRST]) + r")(?!\w)")
_YI = re.compile(r"\b([hklmstHKLMST])([yýỳỷỹỵiíìỉĩị])\b")
_Y, _I = "yýỳỷỹỵ", "iíìỉĩị"

VI_LEADS = (
    "ai", "ai là người", "khi nào", "vào năm nào", "ở đâu", "tại sao", "vì sao", "như thế nào", "bao nhiêu", "có bao nhiêu",
    "cái gì", "điều gì", "loại nào", "nước nào", "theo bài viết,", "hãy cho biết", "tên của", "kể tên", "những gì", "nơi nào",
)  # fmt: skip
VI_TAILS = (
    "là gì", "là ai", "khi nào", "ở đâu", "bao nhiêu", "là bao nhiêu", "như thế nào", "vào năm nào", "là người nào", "ra sao",
    "nào", "gì", "thế nào", "do đâu", "vì sao", "từ khi nào", "vào thời gian nào", "có đúng không", "mấy", "đâu",
)  # fmt: skip
EN_LEADS = (
    "what is", "what was", "who", "who was", "when did", "when was", "where is", "where did", "why did", "why is", "how many",
    "how much", "how did", "which", "what kind of", "what type of", "in what year did", "what did", "what does", "how long",
    "in which", "what are", "who did", "what percentage of", "what country", "on what date", "how are", "what happened to",
    "what do", "for what", "to what", "what were", "what city", "name the", "what else", "along with", "besides",
)  # fmt: skip


def fold(text: str) -> str:
    """The text without diacritics: `Đường Thủy` -> `Duong Thuy`."""
    stripped = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return stripped.translate(_FOLD)


def respell(text: str, rng: random.Random) -> str:
    """The other placement of the tone mark in oa, oe, uy, and y for i after h, k, l, m, s, t, each with chance one half."""
    if rng.random() < 0.7:
        text = _TONED.sub(lambda m: _TO_SECOND.get(m[1]) or _TO_FIRST[m[1]], text)
    if rng.random() < 0.5:
        text = _YI.sub(lambda m: m[1] + (_I[_Y.index(m[2])] if m[2] in _Y else _Y[_I.index(m[2])]), text)
    return text


class Abbreviator:
    """Replaces expansions by their short forms and the other way round, case-insensitively."""

    def __init__(self, table: tuple[tuple[str, str], ...]) -> None:
        self._short: dict[str, list[str]] = {}
        self._long: dict[str, list[str]] = {}
        for short, expansion in table:
            self._short.setdefault(expansion.lower(), []).append(short)
            self._long.setdefault(short, []).append(expansion)

        def pattern(words: dict[str, list[str]], flags: int) -> re.Pattern[str]:
            options = "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))
            return re.compile(rf"(?<!\w)(?:{options or '(?!)'})(?!\w)", flags)

        self._find_long, self._find_short = pattern(self._short, re.IGNORECASE), pattern(self._long, 0)

    def swap(self, text: str, rng: random.Random) -> str:
        """The text with every known expansion shortened, or, where there is none, every short form expanded."""
        shorter = self._find_long.sub(lambda m: rng.choice(self._short[m[0].lower()]), text)
        return shorter if shorter != text else self._find_short.sub(lambda m: rng.choice(self._long[m[0]]), text)


def ask(sentence: str, rng: random.Random, english: bool = False) -> str:
    """A sentence made to look like a question about itself: some of its words, in order, with question words around them.

    What a question keeps of its sentence is mostly names and content; which words those are is learnt from the other
    kinds of pairs, so words are dropped in one run (the answer) and at random.
    """
    words = sentence.split()[:40]
    if len(words) > 6:
        hole = rng.randint(1, max(1, len(words) // 3))
        start = rng.randint(0, len(words) - hole)
        words = words[:start] + words[start + hole :]
    keep = rng.uniform(0.5, 1.0)
    words = [w for w in words if rng.random() < keep] or words
    if len(words) > 14:
        start = rng.randint(0, len(words) - 12)
        words = words[start : start + 12]
    if english:
        return f"{rng.choice(EN_LEADS)} {' '.join(words)}?"
    text = " ".join(words).rstrip(".,;:!? ")
    return f"{rng.choice(VI_LEADS)} {text}?" if rng.random() < 0.4 else f"{text} {rng.choice(VI_TAILS)}?"
