"""Which language a question or a document is in: Vietnamese, Vietnamese typed without diacritics, English, other.

Knows nothing beyond letters and small word lists; made for telling these few apart, not for naming every language.
"""

from __future__ import annotations

import re

from rag.text.normalise import VIETNAMESE_LETTERS, fold, nfc
from rag.text.stopwords import STOPWORDS_EN

# Letters no other common Latin-script language has; "à", "é", "ô" prove nothing alone.
_ONLY_VIETNAMESE = frozenset(c for c in VIETNAMESE_LETTERS if c not in "àáâãèéêìíòóôõùúý")
_SURE = re.compile("[" + "".join(sorted(_ONLY_VIETNAMESE)) + "]")
_TOKEN = re.compile(r"[^\W\d_]+")
# Frequent Vietnamese syllables without marks that are not English words.
_FOLDED = frozenset(
    """la cua va co duoc khong nhung cac nguoi trong mot cho voi da nay den bao nhieu gi nao dau khi nam thang ngay tinh huyen xa phuong
    thanh pho quan chu tich giam doc so chuyen doi cong dong truc tuyen nghi quyet dinh thuoc ong ba anh chi hai bon tam chin muoi tram nghin trieu
    ty dong thu tuc hanh chinh ban nha nuoc viet hoa kinh te xa hoi ke hoach muc tieu phan to cap thon lang ap dai hoc truong benh vien bo ve tai theo
    the thi ma nhu hon sau truoc tren duoi ngoai vao ra len xuong lam viec biet hay hoi ai sao vi nen neu roi cung rat qua dang se phai can moi nhat
    dieu luat khoan quy trinh ho dan quoc gia doanh nghiep san pham nong nghiep dich vu ung dung he thong thong tin truyen nghe tieng gio gia tien
    xin chao cam on bang khoang ty le dat tang giam xep hang thu ten tuoi sinh mat dia chi o dau chu ky don vi""".split()
)
_FOLDED_STRONG = frozenset(
    """cua duoc khong nhung nguoi nhieu nao nguoi huyen phuong thanh giam chuyen cong dong truc tuyen quyet thuoc nghin trieu hanh
    chinh nuoc viet kinh hoach phan thon truong benh vien truoc duoi ngoai xuong viec biet phai nhat dieu luat khoan quoc doanh nghiep pham nong
    dich thong truyen nghe tieng khoang giam xin chao""".split()
)
_AMBIGUOUS = frozenset(
    "la va co da so to the ma an ban hai ba nay ai ra hay do in cho can dan no may long song on den tin them than nam".split()
)

# How a Vietnamese syllable is built, without its marks: an onset and one of the rimes there are.
_ONSET = "(?:ngh?|gh|gi|[kpc]h|nh|qu|t[hr]|[bcdghklmnprstvx])?"
_RIME = (
    "(?:a(?:c|ch|i|m|n|ng|nh|o|p|t|u|y)?|e(?:c|ch|m|n|ng|nh|o|p|t|u)?|i(?:a|ch|ec|em|en|eng|ep|et|eu|m|n|nh|p|t|u)?"
    "|o(?:a(?:c|ch|i|m|n|ng|nh|o|p|t|y)?|c|e(?:n|o|t)?|i|m|n|ng|ong|oc|p|t)?"
    "|u(?:a(?:n|ng|t|y)?|c|e(?:ch|n|nh|t)?|i|m|n|ng|o(?:c|i|m|n|ng|p|t|u)?|p|t|u|y(?:a|ch|en|et|nh|t|u)?)?"
    "|y(?:em|en|eng|et|eu|nh|t)?)"
)
_SYLLABLE = re.compile(_ONSET + _RIME)
_ENDINGS = ("ing", "tion", "ed", "ly", "ment", "ness", "able", "ous", "ive", "er", "est", "al", "s")


def built_vietnamese(word: str) -> bool:
    """Whether a folded word is built as a Vietnamese syllable is: "thanh", but not "kuznetsov"."""
    return _SYLLABLE.fullmatch(word) is not None


_OPENS_EN = frozenset("what who whom whose where when which how why did does was were has have is are".split())

_ASKS_EN = frozenset("what who whose where when which how does did".split())  # wherever they stand


def detect(text: str) -> str:
    """``"vi"``, ``"vi-folded"`` (Vietnamese without diacritics), ``"en"`` or ``"other"`` for a question.

    Text without any letter is "other".
    """
    text = nfc(text)
    lowered = text.lower()
    letters = [c for c in lowered if c.isalpha()]
    if not letters:
        return "other"
    latin = sum(1 for c in letters if c < "\u0250" or "\u1e00" <= c <= "\u1eff")
    if latin * 2 < len(letters):
        return "other"
    tokens = _TOKEN.findall(lowered)
    english = sum(1 for t in tokens if t in STOPWORDS_EN and t not in _AMBIGUOUS)
    vietnamese = sum(1 for t in tokens if not t.isascii() and not _ONLY_VIETNAMESE.isdisjoint(t))
    accented = sum(1 for t in tokens if not t.isascii())
    folded_vi = sum(
        1
        for t in tokens
        if not t.isascii() and all(c in VIETNAMESE_LETTERS or c.isascii() for c in t) and fold(t) in _FOLDED
    )
    if vietnamese or folded_vi:
        # "How many teams did Hà Tĩnh have?" is English with Vietnamese names in it.
        # However long the names are, a question that opens with an English question word is no Vietnamese one.
        if english and (tokens[0] in _OPENS_EN or ((english * 2 >= accented or english >= 3) and _names_only(text))):
            return "en"
        if not _ASKS_EN.isdisjoint(tokens) and _names_only(text):
            return "en"  # "Mỹ Lộc (Lê Vạn Hải) and Bình Thành (Võ Văn Trưng): which fruit does each farmer grow?"
        small = sum(1 for t in _TOKEN.findall(text) if not t.isascii() and t[0].islower())
        if not _ASKS_EN.isdisjoint(tokens) and english >= 2 * small + 1:
            return "en"  # "… which commune is Nguyễn Thị Sửu, the nhút mít seller, from?"
        if vietnamese + folded_vi >= 1 and (vietnamese >= english or accented * 3 >= len(tokens)):
            return "vi"
        return "en" if english else "vi"
    if accented and not english:
        return "other"
    frequent = sum(1 for t in tokens if t in _FOLDED and t not in _AMBIGUOUS)
    hits = frequent + 0.5 * sum(1 for t in tokens if t in _AMBIGUOUS)
    strong = sum(1 for t in tokens if t in _FOLDED_STRONG)
    if not accented and len(tokens) >= 3:
        # Nearly every word of Vietnamese is built like a syllable of it; of English every third one, and few of "what,
        # which, were" are. "Thanh Hoa" in an English question is no Vietnamese, however many such names there are.
        built = sum(1 for t in tokens if _SYLLABLE.fullmatch(t)) / len(tokens)
        surely_english = any(t in STOPWORDS_EN and not _SYLLABLE.fullmatch(t) for t in tokens)
        if surely_english and built < 0.75:
            return "en"
        foreign = sum(1 for t in tokens if t in STOPWORDS_EN) * 3 > len(tokens)
        inflected = any(len(t) > 3 and t.endswith(_ENDINGS[:9]) and not _SYLLABLE.fullmatch(t) for t in tokens)
        rather = not english and len(tokens) >= 4 and built >= 0.8
        if not (surely_english or foreign or inflected) and (rather or (frequent and built >= 0.7)):
            return "vi-folded"
    if hits + strong > 2 * english and (strong or hits >= 0.5 * len(tokens)):
        return "vi-folded"
    if english or len(tokens) <= 3:
        return "en"
    return "en" if _looks_english(tokens) else "other"


def _names_only(text: str) -> bool:
    """Whether every accented word of ``text`` is capitalised, as Vietnamese names in an English sentence are."""
    return all(t[0].isupper() for t in _TOKEN.findall(text) if not t.isascii())


def _looks_english(tokens: list[str]) -> bool:
    return sum(1 for t in tokens if len(t) > 3 and t.endswith(_ENDINGS)) * 5 >= len(tokens)


def detect_document(text: str) -> str:
    """Primary language tag of a document: "vi" (also when typed without diacritics), "en", or "" when neither."""
    sample = text[:360]
    # Vietnamese prose has one such letter in eight or so: one pass over the opening settles nearly every document.
    if len(_SURE.findall(sample)) * 20 > len(sample) > 60:
        return "vi"
    if sample.isascii() and len(sample) > 200:
        opening = sample.lower().split()
        if sum(1 for t in opening if t in STOPWORDS_EN and t not in _AMBIGUOUS) * 4 > len(opening):
            return "en"
    sample = text[:4000]
    lowered = nfc(sample).lower()
    tokens = _TOKEN.findall(lowered)
    if not tokens:
        return ""
    vietnamese = sum(1 for t in tokens if not t.isascii() and not _ONLY_VIETNAMESE.isdisjoint(t))
    if vietnamese * 6 >= len(tokens):
        return "vi"
    english = sum(1 for t in tokens if t in STOPWORDS_EN and t not in _AMBIGUOUS)
    if english * 6 >= len(tokens) and english > vietnamese:
        return "en"
    found = detect(sample[:1500])
    return {"vi": "vi", "vi-folded": "vi", "en": "en"}.get(found, "")
