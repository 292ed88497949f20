"""Do the names of a claim stand in a passage, across accents, short forms and translation?

Knows nothing of numbers or wording.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from rag.ask import glossary
from rag.ask.facts import Reading, Value, flat
from rag.text.abbreviations import TABLE
from rag.text.names import Name, canonical_place, find_places
from rag.text.normalise import canonical, fold
from rag.text.stopwords import STOPWORDS_EN

_RUN = re.compile(r"[^\W_]+")
_HONORIFICS = frozenset(
    "ông bà anh chị cô chú bác em cụ thầy gs pgs ts ths bs ks ong mr mrs ms dr prof sir madam".split()
)
_BEFORE_NAMES = frozenset(
    "ở tại theo của trong với từ đến tới và các những về do bởi cho vì nhờ riêng tính sau trước khi gồm là cùng qua".split()
)
_TITLES = frozenset(
    "president minister prime deputy vice chairman chairwoman director head secretary general chief ceo professor doctor king queen governor "
    "mayor senator officer chair manager spokesman spokesperson press foreign former".split()
)
_ARTICLES = frozenset(("the", "a", "an"))
_COUNTS = frozenset(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty "
    "thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen several many most some all both each every".split()
)
_TYPES_EN = frozenset(
    "province district commune ward city town hamlet village the of street river lake bay island islands mountain road bridge port beach cape".split()
)
_TYPES_VI = frozenset("tỉnh huyện xã phường quận thôn xóm ấp làng thành phố tp tx thị trấn".split()) | _TYPES_EN
_TYPES = frozenset(fold(w) for w in _TYPES_VI)
_GENERIC = frozenset(
    "tinh nha dang trung chinh quoc bi chu so bo uy hoi nguoi nhan dan nuoc internet app website online covid".split()
)
_SYLLABLE = re.compile(r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?\Z")


def named(c: Reading) -> list[Value]:
    """The names to check: those found as names, and places written in small letters, none twice."""
    out = list(c.names)
    for place in c.places:
        if not any(n.start < place.end and place.start < n.end for n in out):
            out.append(place)
    return out


def state(value: Value, c: Reading, p: Reading, extra: Reading) -> bool | None:
    """True: the name stands in the passage (or, but for persons, in its context); False: it does not; None: it cannot be
    told, as for a foreign name that may have been translated; the wording decides then."""
    if value.kind == "document":
        return _document(value.text, p, extra)
    words = _words(value, c)
    if not words:
        return None
    if _stands(words, value, c, p):
        return True
    if value.kind != "person" and _stands(words, value, c, extra):
        return True
    if value.kind in ("place", "other", "organisation"):
        place = canonical_place(value.text)
        if any(canonical_place(q.text) == place for q in (*p.places, *extra.places)):
            return True
    if any(_absent_place(q, p, extra) for q in find_places(value.text)):
        return False
    if value.text.isupper() and _initials(value.text, p):
        return True
    if c.english != p.english and p.english:
        return _in_english(words, value, p, extra)
    if c.english != p.english:
        if len(words) > 1 and _stranger(words, value, c, p, extra):
            return False
        return _translated(words, value, p, extra)
    name = flat(fold(value.text))
    accents = p.accented and c.accented
    # where both texts carry accents, "Hưng" is not "Hùng": only a name that was spelled out or shortened counts
    for form in _spelled(name, value.text)[1 if accents else 0 :]:
        if form in p.expanded() or form in extra.expanded():
            return True
    if accents and flat(canonical(value.text)) in flat(p.canon) + flat(extra.canon):
        return True
    if accents and value.text.isascii() and name in p.expanded():
        return True
    if c.english:
        known = [w for w in words if w not in _TYPES_EN]
        return bool(known) and all(
            f" {glossary.stem(w)} " in p.bag() or f" {w} " in p.bag() + extra.bag() for w in known
        )
    if value.kind == "other" and len(words) == 1:
        word = words[0]
        if f" {fold(word)} " in p.bag() + extra.bag() + p.expanded():
            return True
        return None if fold(word) in _GENERIC else False
    if value.kind in ("other", "organisation") and not accents:
        return all(f" {fold(w)} " in p.bag() + "|" + extra.bag() for w in words)
    if value.kind in ("other", "organisation"):
        there = flat(p.canon) + "|" + flat(extra.canon)
        return all(f" {w} " in there for w in words)
    return False


def _absent_place(place: Name, p: Reading, extra: Reading) -> bool:
    """Whether a province inside a longer name ("Hue University") stands nowhere in the passage."""
    full = canonical_place(place.text)
    if full == "Việt Nam" or flat(fold(place.text)) in p.row + extra.row:
        return False
    if flat(fold(full)) in p.bag():  # "French" for "Pháp"
        return False
    return not any(canonical_place(q.text) == full for q in (*p.places, *extra.places))


def _words(value: Value, c: Reading) -> list[str]:
    """The words of a name that must stand somewhere: without honorifics, titles, and the kind of place it is."""
    words = _RUN.findall(re.sub(r"['’]s\b", "", canonical(value.text)))
    while words and (words[0] in _HONORIFICS or (len(words) > 1 and words[0] in _BEFORE_NAMES)):
        words = words[1:]
    if c.english:
        # inside a sentence only an article may stand before a name: "Can Loc" is a district
        opening = any(start == value.start for start, _ in c.sentences)
        loose = STOPWORDS_EN | {"according"} if opening else _ARTICLES
        while words and (words[0] in _TITLES or words[0] in loose or words[0] in _COUNTS):
            words = words[1:]
        if len(words) == 1 and (words[0] in STOPWORDS_EN or words[0] in _TITLES):
            return []
    if value.kind in ("place", "other", "person"):
        # "Tran Minh Quan" is no town called Minh, nor Phương a ward
        types = _TYPES_EN if c.english or value.kind == "person" else _TYPES_VI if c.accented else _TYPES
        while len(words) > 1 and (words[0] in types or words[0] in ("tp", "tx")):
            words = words[1:]
        while len(words) > 1 and words[-1] in _TYPES_EN and words[-1].isascii() and c.english:
            words = words[:-1]
    return words


def _stands(words: list[str], value: Value, c: Reading, p: Reading) -> bool:
    """The name's words in a row in the passage; accents count where both texts carry them."""
    exact = p.accented and (c.accented or any(not w.isascii() for w in words))
    if exact and any(not w.isascii() for w in words):
        return f" {' '.join(words)} " in flat(p.canon)
    row = " ".join(fold(w) for w in words)
    if f" {row} " in p.row:
        return True
    joined = row.replace(" ", "")
    return len(joined) >= 5 and (len(words) > 1 or c.english) and joined in p.compact


def _document(text: str, p: Reading, extra: Reading) -> bool:
    m = re.search(r"\d{1,5}(?:[-/][\wĐđ&-]+)*", text)
    if not m:
        return True
    code = re.sub(r"\W", "", fold(m.group()))
    for reading in (p, extra):
        for q in re.finditer(r"(?<![\d.,])\d{1,5}(?:[-/][\w&-]+)*", reading.folded):
            whole = re.sub(r"\W", "", q.group())
            if whole == code or (code.isdigit() and re.match(rf"{code}(?!\d)", q.group())):
                return True
    return False


def _spelled(name: str, written: str) -> list[str]:
    """A folded name with its short forms spelled out, or its long ones shortened; the name itself first."""
    forms = [name]
    for short, long in TABLE.items():
        if re.search(rf"(?<![\w&]){re.escape(short)}(?![\w&])", written):
            forms.append(flat(fold(re.sub(rf"(?<![\w&]){re.escape(short)}(?![\w&])", long, written))))
        elif flat(fold(long)) in name:
            forms.append(name.replace(flat(fold(long)).strip(), flat(fold(short)).strip()))
    return forms


def _translated(words: list[str], value: Value, p: Reading, extra: Reading) -> bool | None:
    """A name in the other language: proper parts must stand as they are, common words as the glossary has them."""
    bag = p.bag() + "|" + extra.bag() + "|" + p.expanded()
    phrase = " ".join(words)
    whole = glossary.vietnamese(phrase)
    if whole:
        return any(f" {v} " in bag for v in whole)
    if len(words) > 1 and value.kind in ("person", "other") and _other_half(words, p, extra):
        return False
    strict = value.kind in ("person", "place")
    known = hit = found = 0
    rest = phrase
    for one in glossary.english_phrases(phrase):
        known += 1
        hit += any(f" {v} " in bag for v in glossary.vietnamese(one.text))
        rest = rest.replace(one.text, " ")
    missing = unknown = 0
    run: list[str] = []
    for w in [*_RUN.findall(rest), ""]:
        f = fold(w)
        forms = glossary.vietnamese(w) if w else ()
        common = not w or bool(forms) or w in STOPWORDS_EN or w in _TITLES
        if not common and f" {f} " not in bag and (_SYLLABLE.match(f) or not w.isascii()):
            run.append(f)
            continue
        if run:
            joined = "".join(run)
            if len(joined) > 4 and joined in p.compact + " " + extra.compact:
                found += 1
            elif len(run) > 1 or strict:
                missing += 1
            else:
                unknown += 1
            run = []
        if common and not forms:
            continue
        if f" {f} " in bag:
            found += 1
        elif forms:
            known += 1
            hit += any(f" {v} " in bag for v in forms)
        else:
            unknown += 1
    if missing:
        return False
    if value.kind == "place" and not found and not hit:
        return False
    if known >= 2 and hit * 2 < known and not found:
        return False if value.kind == "organisation" else None
    if unknown >= 2 and not found and not known and value.kind == "person":
        return False  # a foreign person's name is spelled alike in both languages
    if unknown:
        return True if found else None
    return True if found or (known and hit == known) else None


def _stranger(words: list[str], value: Value, c: Reading, p: Reading, extra: Reading) -> bool:
    """Whether an English claim names someone or some place that a Vietnamese passage does not: Vietnamese syllables that stand
    nowhere together ("Tran Minh Quan" of Trần Minh Khôi), or foreign words none of which is there.

    Translated names ("the Temple of Literature") are told by their article and by words the glossary knows.
    """
    folded = [fold(w) for w in words]
    row = _RUN.findall(p.row + "|" + extra.row)
    if all(_SYLLABLE.match(w) for w in folded) and not all(glossary.vietnamese(w) or w in STOPWORDS_EN for w in folded):
        # order and middle names may differ: "Hung Nguyen" of Nguyễn Như Hùng
        width = len(folded) + 2
        return not any(set(folded) <= set(row[k : k + width]) for k in range(len(row)))
    if value.kind == "organisation" or c.canon[: value.start].endswith("the "):
        return False
    telling = [w for w in folded if w not in STOPWORDS_EN and w not in _TITLES and w not in _TYPES_EN and len(w) > 1]
    if any(glossary.vietnamese(w) for w in telling) or not telling or (len(telling) < 2 and value.kind != "person"):
        return False
    there = set(row)
    compact = p.compact + " " + extra.compact
    return not any(
        w in there or (len(w) > 4 and w in compact) or any(_alike(w, x) for x in there if len(x) > 3) for w in telling
    )


def _other_half(words: list[str], p: Reading, extra: Reading) -> bool:
    """Whether a name shares a half with a name of the passage whose other half differs ("Emma Carter" of Emily Carter)."""
    folded = [fold(w) for w in words]
    row = p.row + "|" + extra.row
    bag = p.bag()
    telling = [
        w
        for w in folded
        if w not in STOPWORDS_EN and w not in _TITLES and w not in _TYPES_EN and w not in _HONORIFICS
        if f" {w} " in row or (not any(f" {v} " in bag for v in glossary.vietnamese(w)) and f" {w} " not in bag)
    ]
    known = any(glossary.vietnamese(w) for w in telling)
    for i, w in enumerate(telling):
        if f" {w} " in row:
            continue
        for other in (telling[j] for j in (i - 1, i + 1) if 0 <= j < len(telling)):
            for name in p.names:
                parts = _RUN.findall(fold(name.text))
                if (
                    other not in parts
                    or len(parts) < 2
                    or name.kind not in (("person",) if known else ("person", "other"))
                ):
                    continue
                rivals = [x for x in parts if x not in folded and x not in _HONORIFICS]
                if rivals and not any(_alike(w, x) for x in rivals):
                    return True
    return False


def _alike(a: str, b: str) -> bool:
    """Two spellings of one foreign name: "Aleksandr", "Alexander"."""
    return a[:1] == b[:1] and SequenceMatcher(None, a, b).ratio() >= 0.72


def _in_english(words: list[str], value: Value, p: Reading, extra: Reading) -> bool | None:
    """A Vietnamese name in an English text: as it is, or by what its words are there."""
    folded = [fold(w) for w in words]
    if "".join(folded) in p.compact + " " + extra.compact:
        return True
    bag = p.bag() + "|" + extra.bag()
    row = " ".join(folded)
    if len(words) > 1 and value.kind in ("person", "other") and _other_half(words, p, extra):
        return False
    if any(row in v or v in row for v in _rendered(p) if len(v) > 3):
        return True
    if value.kind in ("person", "place"):
        return False
    share = sum(1 for w in folded if f" {w} " in bag) / len(folded)
    if share >= 0.5:
        return True
    return None if share or len(words) == 1 else False


def _rendered(p: Reading) -> set[str]:
    """What the words and phrases of an English text may be called in Vietnamese."""
    return {form for u in p.units for form in u.forms if " " in form}


def _initials(word: str, p: Reading) -> bool:
    """Whether a short form is the initials of words that stand in a row in the passage ("HCC", hành chính công)."""
    letters = "".join(c for c in fold(word) if c.isalpha())
    return len(letters) >= 3 and letters in "".join(fold(w)[0] for _, _, w in p.tokens)


def mentions(value: Value, p: Reading) -> list[Value]:
    """Where the passage names what the claim names."""
    wanted = fold(value.text)
    if value.kind == "document":
        code = re.sub(r"\W", "", "".join(re.findall(r"\d[\w/&-]*", wanted)[:1]))
        return [q for q in p.names if q.kind == "document" and code and code in re.sub(r"\W", "", fold(q.text))]
    return [q for q in p.names if q.kind == value.kind and (fold(q.text) in wanted or wanted in fold(q.text))]
