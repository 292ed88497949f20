"""Bytes to text: Unicode in its usual forms, the Vietnamese code pages, and the pre-Unicode TCVN3 and VNI fonts.

Knows nothing of files. Nothing is ever replaced by U+FFFD: text decodes whole, or a DocumentError says why not.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from rag.errors import DocumentError
from rag.text.normalise import VIETNAMESE_LETTERS, fold

# TCVN 5712-3 ("ABC" fonts such as .VnTime): byte → letter.
_TCVN3 = dict(zip(
    bytes.fromhex("a1a2a3a4a5a6a7a8a9aaabacadaeb5b6b7b8b9bbbcbdbec6c7c8c9cacbcccecfd0d1d2d3d4d5d6d7d8dcdddedfe1e2e3e4e5e6e7e8e9eaebecedee"
                  "eff1f2f3f4f5f6f7f8f9fafbfcfdfe"),
    "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ", strict=True))  # fmt: skip

# VNI for Windows: most letters are a base followed by a byte for the marks; a few are one byte.
_TONES = {0xF9: "\u0301", 0xF8: "\u0300", 0xFB: "\u0309", 0xF5: "\u0303", 0xEF: "\u0323"}
_HATS = {0xE2: "\u0302", 0xE1: "\u0302\u0301", 0xE0: "\u0302\u0300", 0xE5: "\u0302\u0309", 0xE3: "\u0302\u0303", 0xE4: "\u0302\u0323",
         0xEA: "\u0306", 0xE9: "\u0306\u0301", 0xE8: "\u0306\u0300", 0xFA: "\u0306\u0309", 0xFC: "\u0306\u0303", 0xEB: "\u0306\u0323"}  # fmt: skip
_VNI_SINGLE = {0xF1: "đ", 0xF4: "ơ", 0xF6: "ư", 0xED: "í", 0xEC: "ì", 0xE6: "ỉ", 0xF3: "ĩ", 0xF2: "ị", 0xEE: "ỵ"}

_SYLLABLE_END = "(?:ng|nh|ch|[cmnpt])?"
_ONSET = "(?:ngh|ng|nh|kh|gh|gi|ph|th|tr|ch|qu|[bcdđghklmnprstvx])?"
_NUCLEUS = ("(?:iê|yê|uyê|uya|uô|ươ|oai|oay|oao|oeo|uây|uôi|ươi|ươu|iêu|yêu|oa|oă|oe|uâ|uê|uơ|uy|uyu|ai|ao|au|ay|âu|ây|eo|êu|ia|iu|oi|ôi|ơi|"
            "ua|ui|ưa|ưi|ưu|oo|a|ă|â|e|ê|i|o|ô|ơ|u|ư|y)")  # fmt: skip
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_PROSE_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13, 27}


@cache
def _syllable() -> re.Pattern[str]:
    return re.compile(f"{_ONSET}{_NUCLEUS}{_SYLLABLE_END}$")


@cache
def _toneless() -> dict[int, str]:
    table: dict[int, str] = {}
    for letter in VIETNAMESE_LETTERS:
        marks = unicodedata.normalize("NFD", letter)
        table[ord(letter)] = unicodedata.normalize(
            "NFC", "".join(c for c in marks if c not in "\u0300\u0301\u0303\u0309\u0323")
        )
    return table


def vietnamese_share(text: str) -> tuple[float, int]:
    """(share of the words with non-ASCII letters that are well-formed Vietnamese syllables, number of such words)."""
    tokens = [t for t in re.findall(r"[^\W\d_]+", text[:20_000].lower()) if not t.isascii()]
    if not tokens:
        return 0.0, 0
    good = sum(1 for t in tokens if _syllable().match(t.translate(_toneless())))
    return good / len(tokens), len(tokens)


def from_tcvn3(data: bytes) -> str:
    """TCVN3 (ABC) bytes as Unicode; bytes below 0x80 and unknown ones as in cp1252."""
    return "".join(_TCVN3.get(b) or (chr(b) if b < 128 else _cp1252(b)) for b in data)


def from_vni(data: bytes) -> str:
    """VNI-Windows bytes as Unicode, NFC."""
    out: list[str] = []
    for b in data:
        lower = b + 32 if 0xC0 <= b <= 0xDE else b
        last = out[-1] if out else ""
        base = fold(last[0]) if last else ""
        if lower in _TONES and base in "aeiouy" and base and len(last) == 1:
            out[-1] = last + _TONES[lower]
        elif lower in _HATS and base in ("a", "e", "o") and len(last) == 1 and last.isascii():
            out[-1] = last + _HATS[lower]
        elif lower in _VNI_SINGLE:
            letter = _VNI_SINGLE[lower]
            out.append(letter.upper() if lower != b else letter)
        else:
            out.append(chr(b) if b < 128 else _cp1252(b))
    return unicodedata.normalize("NFC", "".join(out))


def _cp1252(b: int) -> str:
    try:
        return bytes([b]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(b)


def decode(data: bytes) -> tuple[str, str]:
    """``data`` as text, with the name of the encoding it was in ("utf-8", "cp1258", "TCVN3", "VNI"…).

    Raises DocumentError for an empty or binary file, and for bytes that fit no known encoding.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise DocumentError("empty file" if not data else "nothing but white space")
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"),
                       (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):  # fmt: skip
        if data.startswith(mark):
            try:
                return _checked(data.decode(name)), name.removesuffix("-sig")
            except UnicodeDecodeError as exc:
                raise DocumentError(
                    f"begins as {name} but byte {exc.start} does not fit it; save the file as UTF-8"
                ) from exc
    if b"\0" in data[:4096]:
        return _without_mark(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as exc:
        return _legacy(data, exc.start)
    _checked(text)
    if not text.isascii():
        repair = font_repairer(text)
        if repair:
            return repair.convert(text), f"{repair.name} font"
    return text, "utf-8"


@dataclass(frozen=True, slots=True)
class FontRepair:
    """How to turn text typed with a pre-Unicode font into real letters; ``name`` is "TCVN3" or "VNI"."""

    name: str

    def convert(self, text: str) -> str:
        """``text`` in real letters; a piece that does not fit the font's code page stays as it is."""
        way = from_tcvn3 if self.name == "TCVN3" else from_vni
        try:
            return way(text.encode("cp1252"))
        except UnicodeEncodeError:
            return "".join(way(c) if c else p for p, c in ((p, _try_cp1252(p)) for p in re.split(r"(\s+)", text)))


def _try_cp1252(piece: str) -> bytes:
    try:
        return piece.encode("cp1252")
    except UnicodeEncodeError:
        return b""


def font_repairer(text: str) -> FontRepair | None:
    """The repair for Unicode text typed with TCVN3 or VNI fonts ("ViÖt Nam", "Vieät Nam"), or None for sound text."""
    if text.isascii() or any(c in text for c in "ạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉọỏốồổỗộớờởỡợụủứừửữựỳỷỹ"):
        return None
    data = b" ".join(filter(None, map(_try_cp1252, text[:20_000].split())))
    share, count = vietnamese_share(text)
    if count < 5:
        return None
    best = _best(data, (("TCVN3", from_tcvn3), ("VNI", from_vni)))
    return FontRepair(best[2]) if best and best[0] > max(0.9, share + 0.1) else None


def _checked(text: str) -> str:
    controls = len(_CONTROLS.findall(text[:20_000]))
    if controls > 2 + len(text[:20_000]) // 200:
        raise DocumentError("binary data, not text; give a .txt file of text, or the document in its own format")
    return text


def _without_mark(data: bytes) -> tuple[str, str]:
    """UTF-16 without a byte-order mark has NULs on one side only; anything else with NULs is binary."""
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    for name, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if high * 3 > len(sample) // 2 and low * 20 < len(sample):
            try:
                text = data.decode(name)
            except UnicodeDecodeError:
                continue
            if sum(c.isprintable() or c.isspace() for c in text[:2000]) > 0.95 * len(text[:2000]):
                return text, name
    raise DocumentError("binary data, not text; give a .txt file of text, or the document in its own format")


def _best(data: bytes, ways: tuple[tuple[str, object], ...]) -> tuple[float, str, str] | None:
    found: list[tuple[float, str, str]] = []
    for name, way in ways:
        text = way(data)  # type: ignore[operator]
        share, count = vietnamese_share(text)
        if count >= 3 or (count and share == 1.0):
            found.append((share, text, name))
    return max(found, key=lambda f: f[0]) if found else None


def _from_cp1258(data: bytes) -> str:
    # Python leaves six bytes of the page undefined; none of them is a letter.
    return unicodedata.normalize("NFC", data.decode("cp1258", errors="strict"))


def _western(data: bytes) -> str | None:
    """``data`` as cp1252 when it reads as French, German, Spanish…: common letters only, in mostly ASCII words."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    odd = [c for c in text if not c.isascii()]
    letters = sum(c in "àâäáãåæçèéêëíìîïñóòôöõøœúùûüýÿßÀÂÄÁÃÅÆÇÈÉÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÝŸ" for c in odd)
    marks = sum(c in "\u00a0«»“”‘’–—…°€£§²³·¿¡" for c in odd)
    capitals_inside = len(re.findall(r"[a-zß-ÿ][À-Þ]", text))
    return (
        text
        if letters + marks == len(odd) and letters * 3 <= sum(map(str.isalpha, text)) and not capitals_inside
        else None
    )


def _legacy(data: bytes, bad: int) -> tuple[str, str]:
    if sum(data[:20_000].count(c) for c in _PROSE_CONTROLS) > 2 + len(data[:20_000]) // 200:
        raise DocumentError("binary data, not text; give a .txt file of text, or the document in its own format")
    ways: list[tuple[str, object]] = [("TCVN3", from_tcvn3), ("VNI", from_vni)]
    try:
        _from_cp1258(data)
        ways.insert(0, ("cp1258", _from_cp1258))
    except UnicodeDecodeError:
        pass
    best = _best(data, tuple(ways))
    if best and best[0] >= 0.85:
        return best[1], best[2]
    valid = len(data.decode("utf-8", errors="ignore"))
    if valid and not data[:bad].isascii():
        raise DocumentError(
            f"invalid UTF-8 at byte {bad}; the rest is UTF-8: remove the damaged byte or save the file as UTF-8"
        )
    western = _western(data)
    if western:
        return western, "cp1252"
    from charset_normalizer import from_bytes

    match = from_bytes(data).best()
    if match is None or match.chaos > 0.1 or not match.encoding:
        raise DocumentError(f"invalid UTF-8 at byte {bad}, and no other encoding fits; save the file as UTF-8")
    text = str(match)
    if "\ufffd" in text:
        raise DocumentError(f"invalid UTF-8 at byte {bad}, and no other encoding fits; save the file as UTF-8")
    return text, match.encoding
