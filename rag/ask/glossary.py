"""A small English-Vietnamese glossary, opposites and turns of phrase that the verifier knows.

The entries stand in ``data/glossary.txt``, written by hand for the vocabulary of public administration, economy and reference texts,
and are read at the first look-up. They let an English claim be compared with a Vietnamese source without a model. Knows nothing of
claims or passages. Vietnamese is given folded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from rag.text.normalise import fold

_WORD = re.compile(r"\w+")
_OFFICE = re.compile(r"(department|ministry) of (.+)")
# Pairs that turn a statement round; both sides in folded Vietnamese and English.
_OPPOSITES = """
nâng, tăng, raise, raised, increase, increased, increases, increasing, rose, rise, risen, grew, grow, growth, climbed | hạ, giảm, cut, lowered, decrease, decreased, decreases, decreasing, fell, fall, fallen, dropped, drop, declined, decline, reduced
cao nhất, highest | thấp nhất, lowest
lớn nhất, largest, biggest | nhỏ nhất, bé nhất, smallest
nhiều nhất, most | ít nhất, fewest
cao hơn, higher | thấp hơn, lower
nhiều hơn, more than | ít hơn, less than, fewer than
đúng hạn, on time, on schedule | quá hạn, trễ hạn, overdue, late
đầu tiên, first | cuối cùng, last
bắt buộc, compulsory, mandatory | tự nguyện, không bắt buộc, theo nhu cầu, tùy chọn, voluntary, optional
thành công, success, succeeded, successful | thất bại, failure, failed, unsuccessful
xuất khẩu, export, exports, exported | nhập khẩu, import, imports, imported
trước khi, before | sau khi, after
trong nước, domestic | nước ngoài, foreign
thừa, dư, surplus, excess | thiếu, shortage, lack
ban ngày, daytime | ban đêm, night, nighttime
thắng, won, win, victory | thua, lost, defeat
mở cửa, khai trương, opened | đóng cửa, closed
bổ nhiệm, appointed | miễn nhiệm, bãi nhiệm, cách chức, dismissed
được phép, allowed, permitted | bị cấm, nghiêm cấm, cấm, prohibited, banned, forbidden
đồng ý, tán thành, agreed, approved | phản đối, bác bỏ, từ chối, opposed, rejected, refused
tối đa, maximum | tối thiểu, minimum
trực tiếp, directly | gián tiếp, indirectly
có lãi, profit | thua lỗ, lỗ, loss
sớm hơn, earlier | muộn hơn, later
địa phương, local | trung ương, central
nông thôn, rural | thành thị, urban
nam giới, male | nữ giới, female
"""


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in text.split(",") if p.strip())


@lru_cache(maxsize=1)
def english() -> Mapping[str, tuple[str, ...]]:
    """English word or phrase (lower case) → Vietnamese alternatives as they are written; ``vietnamese`` gives them folded."""
    table: dict[str, tuple[str, ...]] = {}
    for line in (files("rag.ask") / "data" / "glossary.txt").read_text(encoding="utf-8").splitlines():
        if "=" not in line or line.startswith("#"):
            continue
        left, right = line.split("=", 1)
        written = _phrases(right)
        for word in _phrases(left):
            table[word] = (*table.get(word, ()), *written)
            if turned := _OFFICE.fullmatch(word):  # "department of health" is the "health department" too
                table.setdefault(f"{turned[2]} {turned[1]}", written)
    return table


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of the glossary as it stands in a text."""

    start: int
    end: int
    text: str


def english_phrases(text: str) -> list[Phrase]:
    """The glossary's English phrases of more than one word in ``text`` (lower case), none overlapping, the longest at each place.

    One may carry a plural s. Looked up by their first words: as one pattern the phrases would take longer to compile than all
    else a question needs.
    """
    table, out, at = _phrases_by_word(), [], 0
    for word in _WORD.finditer(text):
        start = word.start()
        if start < at:
            continue
        for phrase in table.get(word.group(), ()):
            if not text.startswith(phrase, start):
                continue
            end = start + len(phrase)
            end += text.startswith("s", end)
            if text[end : end + 1].isalnum() or text[end : end + 1] == "_":
                continue
            out.append(Phrase(start, end, text[start:end]))
            at = end
            break
    return out


def without_phrases(text: str, phrases: Sequence[Phrase] | None = None) -> str:
    """``text`` with a blank in the place of every phrase of the glossary; ``phrases`` are these where they are known."""
    out, at = [], 0
    for phrase in english_phrases(text) if phrases is None else phrases:
        out += [text[at : phrase.start], " "]
        at = phrase.end
    return "".join([*out, text[at:]])


@lru_cache(maxsize=1)
def _phrases_by_word() -> Mapping[str, tuple[str, ...]]:
    """First word → the phrases that begin with it, longest first."""
    table: dict[str, list[str]] = {}
    for phrase in sorted((w for w in english() if " " in w), key=len, reverse=True):
        first = _WORD.match(phrase)
        if first:
            table.setdefault(first.group(), []).append(phrase)
    return {first: tuple(phrases) for first, phrases in table.items()}


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """An English word without its commonest endings, so that "teams", "installed" and "installing" meet their entries."""
    table = english()
    if word in table or len(word) < 4:
        return word
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("es", ""), ("es", "e"), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"),
                                ("ing", ""), ("ing", "e"), ("ly", ""), ("'s", ""), ("al", ""), ("er", ""), ("ers", "")):  # fmt: skip
        if word.endswith(ending):
            cut = word[: -len(ending)] + replacement
            if cut in table:
                return cut
    doubled = re.fullmatch(r"(\w+)([bdgmnprt])\2(?:ed|ing|er)", word)  # "transferred", "winning"
    if doubled and doubled.group(1) + doubled.group(2) in table:
        return doubled.group(1) + doubled.group(2)
    for ending in ("ies", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


@lru_cache(maxsize=65536)
def vietnamese(word: str) -> tuple[str, ...]:
    """Folded Vietnamese alternatives of an English word or phrase; empty where the glossary has none."""
    found = english().get(word) or english().get(stem(word), ())
    return tuple(dict.fromkeys(map(fold, found)))


@lru_cache(maxsize=1)
def opposites() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Pairs of sets of folded phrases that state the contrary of each other, Vietnamese and English joined where they meet."""
    pairs = []
    for line in _OPPOSITES.strip().splitlines():
        left, right = line.split("|")
        pairs.append((frozenset(fold(p) for p in _phrases(left)), frozenset(fold(p) for p in _phrases(right))))
    return tuple(pairs)
