"""Normal forms of text: NFC, folding without diacritics, one tone-mark placement, and the form answers are compared in.

Knows nothing of documents or questions. ``fold`` and ``canonical`` preserve length over NFC input, so offsets found in
their output hold in the input. Both run on every passage, hence the code-page trick in :func:`fold`.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache

_BASES = {"a": "aàáảãạăằắẳẵặâầấẩẫậ", "e": "eèéẻẽẹêềếểễệ", "i": "iìíỉĩị", "o": "oòóỏõọôồốổỗộơờớởỡợ",
          "u": "uùúủũụưừứửữự", "y": "yỳýỷỹỵ", "d": "dđ"}  # fmt: skip
VIETNAMESE_LETTERS = "".join(letters[1:] for letters in _BASES.values())
"""Every lower-case letter of Vietnamese that plain ASCII lacks."""

_WORD = re.compile(r"\w+")
_MARKERS = re.compile(r"[ \t]*\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]")


def nfc(s: str) -> str:
    """Unicode normal form C: "tiếng" is one code point a letter, never a letter and loose marks."""
    if s.isascii() or unicodedata.is_normalized("NFC", s):
        return s
    return unicodedata.normalize("NFC", s)


# ---- fold -----------------------------------------------------------------------------------------------------------
# A passage is almost always ASCII, Vietnamese letters and a little typography: fewer than 256 characters in all. Such
# text goes through a private 8-bit code page, encoded and decoded in C (about 3 µs for 500 characters, against 30 for
# str.translate); any other character sends the whole string down the slow path, with the same result.
_TYPOGRAPHY = "“”‘’«»–—…•·°×§¼½¾²³€£\u00a0"


def _codepage() -> tuple[object, str]:
    page = [chr(i) for i in range(128)] + list(VIETNAMESE_LETTERS) + list(_TYPOGRAPHY)
    page += ["\ufffe"] * (256 - len(page))
    folded = [_fold_letter(c) for c in page]
    return codecs.charmap_build("".join(page)), "".join(folded)


_FOLD_CACHE: dict[str, str] = {}


def _fold_letter(c: str) -> str:
    """One code point, lower case without marks; a letter that has no one-letter base stays as it is."""
    got = _FOLD_CACHE.get(c)
    if got is None:
        lowered = c.lower()
        if len(lowered) != 1:
            lowered = c
        if lowered == "đ":
            got = "d"
        else:
            base = "".join(x for x in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(x))
            got = base if len(base) == 1 else lowered
        if len(_FOLD_CACHE) < 100_000:
            _FOLD_CACHE[c] = got
    return got


_ENCODE, _FOLD_PAGE = _codepage()
_charmap_encode = codecs.charmap_encode
_charmap_decode = codecs.charmap_decode


def fold(s: str) -> str:
    """Lower case without diacritics, đ→d; as long as its input, which must be NFC for words to come out right."""
    if s.isascii():
        return s.lower()
    lowered = s.lower()
    if len(lowered) == len(s):
        try:
            return _charmap_decode(_charmap_encode(lowered, "strict", _ENCODE)[0], "strict", _FOLD_PAGE)[0]  # type: ignore[arg-type]
        except UnicodeEncodeError:
            pass
    return "".join([_fold_letter(c) for c in s])


def is_plain(s: str) -> bool:
    """Whether ``s`` is made of ASCII, Vietnamese letters and common typography only: nothing invisible can hide in it."""
    if s.isascii():
        return True
    try:
        _charmap_encode(s.lower(), "strict", _ENCODE)  # type: ignore[arg-type]
    except UnicodeEncodeError:
        return False
    return True


# ---- canonical ------------------------------------------------------------------------------------------------------
_TONES = {"o": {"à": "òa", "á": "óa", "ả": "ỏa", "ã": "õa", "ạ": "ọa", "è": "òe", "é": "óe", "ẻ": "ỏe", "ẽ": "õe", "ẹ": "ọe"},
          "u": {"ỳ": "ùy", "ý": "úy", "ỷ": "ủy", "ỹ": "ũy", "ỵ": "ụy"}}  # fmt: skip
_PLACES = {first + second: out for first, table in _TONES.items() for second, out in table.items()}
# In "quý" the u belongs to the onset: there the mark stays on y, and a misplaced one ("qúy") is moved to it.
_PLACES |= {"q" + out: "qu" + second for second, out in _TONES["u"].items()}
# One character class up front keeps the search fast; what it finds is looked up in the table.
_TONE = re.compile("[oqu][àáảãạèéẻẽẹỳýỷỹỵùúủũụ]y?(?!\\w)")


def _place(match: re.Match[str]) -> str:
    found = match.group()
    at = match.start()
    if at and found[0] != "q" and match.string[at - 1] == "q":
        return found
    return _PLACES.get(found, found)


def canonical(s: str) -> str:
    """Lower case, tone marks placed one way (hoà→hòa, thuý→thúy, qúy→quý); as long as its NFC input."""
    lowered = s.lower()
    if lowered.isascii():
        return lowered
    if len(lowered) != len(s):  # "İ" alone grows when lowered
        lowered = "".join([c.lower() if len(c.lower()) == 1 else c for c in s])
    return _TONE.sub(_place, lowered)


def words(s: str) -> list[str]:
    """Lower-case canonical word tokens, ``\\w+`` over NFC; Vietnamese gives one token a syllable."""
    return _WORD.findall(canonical(nfc(s)))


def word_spans(s: str) -> list[tuple[int, int]]:
    """Spans (start, end) of the tokens of :func:`words` in ``s``, which must be NFC."""
    return [m.span() for m in _WORD.finditer(s)]


def strip_markers(s: str) -> str:
    """``s`` without its citation markers "[1]", "[2, 3]" and the blanks before them."""
    return _MARKERS.sub("", s)


# ---- answer_normal --------------------------------------------------------------------------------------------------
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
MONTHS = (
    {name: i for i, name in enumerate(_MONTHS, 1)} | {name[:3]: i for i, name in enumerate(_MONTHS, 1)} | {"sept": 9}
)
"""English month names and their three-letter forms, lower case → 1..12."""
_MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\.?"
_D, _M, _Y = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])", r"((?:1\d|20|21)\d\d)"
_N0, _N1 = r"(?<![\w.,/-])", r"(?![\w/]|[.,-]\d)"
_DATES: tuple[tuple[str, str], ...] = (
    (rf"{_N0}{_Y}-{_M}-{_D}(?!\w)", "ymd"),
    (rf"(?:\bngày\s+)?{_N0}{_D}\s*([/.-])\s*{_M}\s*\2\s*{_Y}{_N1}", "d-my"),
    (rf"(?:\bngày\s+)?{_N0}{_D}\s+tháng\s+{_M}(?:\s*,?\s*năm\s+|\s*[/-]\s*|\s+){_Y}{_N1}", "dmy"),
    (rf"(?:\bngày\s+)?{_N0}{_D}\s+tháng\s+{_M}{_N1}", "dm"),
    (rf"\bngày\s+{_D}\s*[/-]\s*{_M}{_N1}", "dm"),
    (rf"\btháng\s+{_M}(?:\s*,?\s*năm\s+|\s*[/-]\s*|\s+){_Y}{_N1}", "my"),
    (rf"{_N0}{_M}\s*[/-]\s*{_Y}{_N1}", "my"),
    (rf"\b({_MONTH})\s+{_D}(?:st|nd|rd|th)?\s*,?\s+{_Y}\b", "Mdy"),
    (rf"{_N0}{_D}(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\s*,?\s+{_Y}\b", "dMy"),
    (rf"\b({_MONTH})\s+{_D}(?:st|nd|rd|th)?\b(?![.,]\d)", "Md"),
    (rf"{_N0}{_D}(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})(?!\w)", "dM"),
    (rf"\b({_MONTH})\s*,?\s+(?:of\s+)?{_Y}\b", "My"),
    (rf"\bnăm\s+{_Y}\b", "y"),
)


@cache
def _date_patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), order) for pattern, order in _DATES)


_NUMBER = re.compile(r"\d+(?:[.,]\d+)+")
_PERCENT = re.compile(r"\s*%|\bphần\s+trăm\b|\bper\s?cent\b")
_TY = re.compile(r"\btỉ\b")
_DROP = re.compile(r"[^\w.%]+|\.(?!\d)|(?<!\d)\.|_+")
_HAS_DATE = re.compile(r"\d\s*[/.-]\s*\d|tháng|năm|ngày|" + _MONTH)


def _date_words(match: re.Match[str], order: str) -> str:
    groups = match.groups()
    values: dict[str, str] = {}
    for kind, value in zip(order, groups, strict=True):
        if kind == "-":
            continue
        values[kind.lower()] = str(MONTHS[value.rstrip(".")]) if kind == "M" else value.lstrip("0")
    return " " + " ".join(values[k] for k in "dmy" if k in values) + " "


def parse_number(digits: str) -> str:
    """A run of digits with marks as a plain decimal: "1.200" and "1,200" → "1200", "99,15" → "99.15".

    The last mark is the decimal one unless every group after a mark has three digits and the number does not begin
    with a lone 0; a mark that occurs twice separates thousands.
    """
    marks = [c for c in digits if c in ".,"]
    if not marks:
        return digits
    groups = re.split("[.,]", digits)
    if len(set(marks)) == 2:
        cut = max(digits.rfind("."), digits.rfind(","))
        if digits.count(digits[cut]) == 1:
            return _plain(re.sub("[.,]", "", digits[:cut]), digits[cut + 1 :])
        return "".join(groups)
    thousands = all(len(g) == 3 for g in groups[1:]) and 1 <= len(groups[0]) <= 3 and groups[0] != "0"
    if thousands or (len(marks) > 1 and len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])):
        return "".join(groups)
    return _plain(groups[0], groups[1]) if len(marks) == 1 else digits.replace(",", ".")


def _plain(whole: str, fraction: str) -> str:
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def answer_normal(s: str) -> str:
    """The form in which answers are compared: tokens separated by one space.

    NFC, lower case, one tone placement, tỉ = tỷ, thousands and decimal marks (1.200 = 1,200 = 1200; 99,15 = 99.15),
    dates as "day month year" numbers (15/08/2022 = August 15, 2022 = ngày 15 tháng 8 năm 2022), % = phần trăm =
    percent, punctuation dropped. A shorter date is contained in a longer one: "8 2022" in "15 8 2022".
    """
    s = canonical(nfc(s))
    if _HAS_DATE.search(s):
        for pattern, order in _date_patterns():
            s = pattern.sub(lambda m, o=order: _date_words(m, o), s)  # type: ignore[misc]
    s = _NUMBER.sub(lambda m: parse_number(m.group()), s)
    s = _PERCENT.sub(" % ", s)
    s = _TY.sub("tỷ", s)
    return " ".join(_DROP.sub(" ", s).split())


def contains_answer(text: str, alternative: str) -> bool:
    """Whether ``alternative`` stands in ``text`` on token boundaries, both after :func:`answer_normal`.

    An alternative of punctuation only is compared as it is.
    """
    wanted = answer_normal(alternative)
    if not wanted:
        return bool(alternative.strip()) and alternative.strip() in text
    return f" {wanted} " in f" {answer_normal(text)} "
