"""Short forms and what they stand for: a table, definitions learnt from texts, and rewordings of a question.

Knows nothing of retrieval; :meth:`Abbreviations.variants` only rewrites text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from rag.text.normalise import canonical, fold, nfc

TABLE: Mapping[str, str] = {
    "CĐS": "chuyển đổi số", "CNTT": "công nghệ thông tin", "TT&TT": "Thông tin và Truyền thông", "TTTT": "Thông tin và Truyền thông",
    "UBND": "Ủy ban nhân dân", "HĐND": "Hội đồng nhân dân", "HTX": "hợp tác xã", "MTTQ": "Mặt trận Tổ quốc", "TTHC": "thủ tục hành chính",
    "DVC": "dịch vụ công", "DVCTT": "dịch vụ công trực tuyến", "TMĐT": "thương mại điện tử", "BHYT": "bảo hiểm y tế", "BHXH": "bảo hiểm xã hội",
    "BHTN": "bảo hiểm thất nghiệp", "CCCD": "căn cước công dân", "CMND": "chứng minh nhân dân", "NN&PTNT": "Nông nghiệp và Phát triển nông thôn",
    "NTM": "nông thôn mới", "KHCN": "khoa học công nghệ", "KH&CN": "Khoa học và Công nghệ", "KH&ĐT": "Kế hoạch và Đầu tư",
    "GD&ĐT": "Giáo dục và Đào tạo", "GDĐT": "giáo dục đào tạo", "LĐTBXH": "Lao động, Thương binh và Xã hội",
    "LĐ-TB&XH": "Lao động, Thương binh và Xã hội", "TN&MT": "Tài nguyên và Môi trường", "VHTTDL": "Văn hóa, Thể thao và Du lịch",
    "VH-TT&DL": "Văn hóa, Thể thao và Du lịch", "GTVT": "giao thông vận tải", "ĐBSCL": "đồng bằng sông Cửu Long", "ĐBSH": "đồng bằng sông Hồng",
    "TP.HCM": "Thành phố Hồ Chí Minh", "TPHCM": "Thành phố Hồ Chí Minh", "TP": "thành phố", "KT-XH": "kinh tế - xã hội", "QPAN": "quốc phòng an ninh",
    "DNNVV": "doanh nghiệp nhỏ và vừa", "DN": "doanh nghiệp", "CBCC": "cán bộ công chức", "CSDL": "cơ sở dữ liệu", "CQĐT": "chính quyền điện tử",
    "CQS": "chính quyền số", "KTS": "kinh tế số", "XHS": "xã hội số", "BCH": "ban chấp hành", "BCĐ": "ban chỉ đạo", "THPT": "trung học phổ thông",
    "THCS": "trung học cơ sở", "ĐH": "đại học", "ATTT": "an toàn thông tin", "ANM": "an ninh mạng", "KCN": "khu công nghiệp",
    "KKT": "khu kinh tế", "GRDP": "tổng sản phẩm trên địa bàn", "GDP": "tổng sản phẩm quốc nội", "VBQPPL": "văn bản quy phạm pháp luật",
    "QSDĐ": "quyền sử dụng đất", "BLDS": "Bộ luật Dân sự", "BLHS": "Bộ luật Hình sự", "TNHH": "trách nhiệm hữu hạn", "KHKT": "khoa học kỹ thuật",
    "CNH": "công nghiệp hóa", "HĐH": "hiện đại hóa", "VN": "Việt Nam", "TW": "trung ương", "TƯ": "trung ương", "QĐ": "quyết định",
    "NQ": "nghị quyết", "KH": "kế hoạch", "XĐGN": "xóa đói giảm nghèo", "LHQ": "Liên Hợp Quốc", "ĐVHC": "đơn vị hành chính",
    "NHNN": "Ngân hàng Nhà nước", "TTXVN": "Thông tấn xã Việt Nam", "VBĐLQG": "văn bản định danh", "PCCC": "phòng cháy chữa cháy",
    "HĐĐT": "hóa đơn điện tử", "CKS": "chữ ký số", "ĐMST": "đổi mới sáng tạo", "KTXH": "kinh tế - xã hội",
    "HĐLĐ": "hợp đồng lao động", "GTGT": "giá trị gia tăng", "SXKD": "sản xuất kinh doanh",
    "TTHCC": "trung tâm hành chính công", "NLĐ": "người lao động", "NNPTNT": "nông nghiệp phát triển nông thôn",
}  # fmt: skip
"""Common Vietnamese short forms → long forms."""

_SHORT = r"[A-ZĐ][A-ZĐƯƠÂÊÔĂa-z]{0,3}(?:[A-ZĐƯƠ&.\-]|[A-ZĐƯƠ][a-z])*[A-ZĐƯƠ]"
_PAREN = rf"\(\s*(?:viết tắt là|gọi tắt là|sau đây gọi (?:tắt )?là|tên tắt|abbreviated as)?\s*:?\s*[\"“]?({_SHORT})[\"”]?\s*\)"
_REVERSE = rf"(?<![\w&])({_SHORT})\s*\(([^()\n]{{5,80}})\)"
_WORD = re.compile(r"[^\W_]+")
_SMALL = frozenset("và của các cho về trên trong theo the of and for in on to".split())


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def learn(text: str) -> dict[str, str]:
    """Definitions a text gives itself, short → long: "chuyển đổi số (CĐS)", "TMĐT (thương mại điện tử)".

    The letters of the short form must be the initials of the words before (or inside) the brackets.
    """
    found: dict[str, str] = {}
    if "(" not in text:
        return found
    for m in _compiled(_PAREN).finditer(text):
        short = m.group(1)
        if short not in found:
            long = _before(text[max(0, m.start() - 120) : m.start()], short)
            if long:
                found[short] = long
    for m in _compiled(_REVERSE).finditer(text):
        short = m.group(1)
        if short not in found:
            inside = m.group(2).strip()
            if _before(inside, short) == inside:
                found[short] = inside
    return found


def _before(window: str, short: str) -> str | None:
    """The run of words at the end of ``window`` whose initials spell ``short``, small words skipped, or None."""
    letters = [c for c in short.lower() if c.isalpha()]
    if len(letters) < 2:
        return None
    if not window[-1:].strip():
        window = window.rstrip()
    spans = [m.span() for m in _WORD.finditer(window)]
    if not spans or window[spans[-1][1] :].strip(" \"”'"):
        return None
    i = len(letters) - 1
    for start, _ in reversed(spans):
        if re.search(r"[.;:!?()\n]", window[start : spans[-1][1]]):
            return None
        word = window[start:].lower()
        if word[0] == letters[i] or fold(word[0]) == fold(letters[i]) != "d":
            i -= 1
            if i < 0:
                return window[start : spans[-1][1]].strip(" \"“”'")
        elif _WORD.match(word).group() not in _SMALL:  # type: ignore[union-attr]
            return None
    return None


class Abbreviations:
    """Rewrites text with short forms spelled out, and long ones shortened. ``table`` maps short → long."""

    def __init__(self, table: Mapping[str, str] = TABLE) -> None:
        self.table: dict[str, str] = dict(table)
        self._long: dict[str, str] = {}
        self._short: dict[str, str] = {}
        for short, long in self.table.items():
            self._long.setdefault(canonical(nfc(long)), short)
            self._short[canonical(nfc(short))] = long
            bare = fold(nfc(short))
            # "cds", "ubnd": typed small without marks; short forms that read as a word stay upper case only.
            if len(bare) >= 3 and (len(bare) >= 4 or not set(bare) & set("aeiouy")):
                self._short.setdefault(bare, long)
        self._folded_long = {fold(k): v for k, v in self._long.items()}

    def with_(self, learnt: Mapping[str, str] | Iterable[tuple[str, str]]) -> Abbreviations:
        """A copy whose table also has ``learnt``, which wins over what was there."""
        return Abbreviations({**self.table, **dict(learnt)})

    def expand(self, text: str) -> str:
        """``text`` with its short forms spelled out; the same string when there are none."""

        def replace(m: re.Match[str]) -> str:
            token = m.group()
            key = canonical(token)
            long = self._short.get(key)
            if long is None or (token.islower() and len(token) < 3):
                return token
            if token.islower() and len(fold(token)) == 3 and set(fold(token)) & set("aeiouy"):
                return token
            return long

        return _TOKENS.sub(replace, nfc(text))

    def shorten(self, text: str) -> str:
        """``text`` with long forms that have a short one shortened, longest first; accents may be missing in ``text``."""
        text = nfc(text)
        plain = text.isascii()
        lowered = fold(text) if plain else canonical(text)
        table = self._folded_long if plain else self._long
        spans = [m.span() for m in _WORD.finditer(lowered)]
        out: list[str] = []
        here = i = 0
        while i < len(spans):
            for n in range(min(8, len(spans) - i), 1, -1):
                start, end = spans[i][0], spans[i + n - 1][1]
                short = table.get(lowered[start:end])
                if short:
                    out += [text[here:start], fold(short) if plain else short]
                    here, i = end, i + n
                    break
            else:
                i += 1
        return "".join(out) + text[here:]

    def variants(self, text: str) -> tuple[str, ...]:
        """Other wordings of ``text``: short forms spelled out, long forms shortened; empty when nothing changes."""
        text = nfc(text)
        out: list[str] = []
        for variant in (self.expand(text), self.shorten(text)):
            if variant != text and variant not in out:
                out.append(variant)
        return tuple(out)


_TOKENS = re.compile(r"[^\W\d_]+(?:[&.\-][^\W\d_]+)*")
