"""The question understood: language, answer type, parts, abbreviations, names, places, dates, numbers, small talk.

Rules over the question's own words; nothing is looked up in an index. Diacritics that were not typed are never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from rag.ask.answer_types import NUMERIC, wanted
from rag.ask.courtesy import bare
from rag.ask.parts import split
from rag.text.abbreviations import TABLE, Abbreviations
from rag.text.dates import find_dates
from rag.text.language import detect
from rag.text.names import find_names, find_places
from rag.text.normalise import fold, nfc
from rag.text.numbers import find_numbers
from rag.text.stopwords import content_words
from rag.types import Query

_SMALL_TALK = re.compile(
    r"(?:(?:xin )?chao(?: (?:ban|em|anh|chi|bot|ad|moi nguoi|buoi sang|buoi chieu|buoi toi))*|alo|a lo|hello|hi|hey|hi there|hello there|yo|good (?:morning|afternoon|evening|night)|"
    r"(?:xin )?(?:cam on|cam on ban|cam on nhieu|cam on ban nhieu|thanks|thank you|thank you very much|thanks a lot|thank you so much)(?: nhe| nha| a)?|tks|"
    r"tam biet|bye|bye bye|goodbye|see you|hen gap lai|"
    r"(?:ban|em|may|bot) (?:la ai|la (?:nguoi|may|robot|bot|ai|con nguoi)(?: that)?(?: (?:hay|hay la) (?:may|robot|bot|nguoi|ai))?(?: khong| a)?|ten (?:la )?gi|khoe khong|co khoe khong|lam duoc (?:nhung )?gi|giup duoc gi(?: cho toi)?|co the lam gi|bao nhieu tuoi|may tuoi|dang lam gi|an com chua|co nguoi yeu chua|yeu toi khong|thich gi|o dau)|"
    r"who are you|what(?:'s| is) your name|(?:and )?how are (?:you|things)(?: doing)?(?: today)?|how do you do|how(?:'s| is) (?:your|the) day(?: going)?(?: so far)?|how(?:'s| is) it going|what(?:'s| is) up|(?:have|having) a (?:nice|good) day|nice to meet you|what can you do|how old are you|are you (?:an? )?(?:real )?(?:human(?: being)?|robot|bot|person|machine|ai|chatbot)(?: or (?:an? )?\w+)?|are you real|what are you|do you love me|where are you(?: from)?|"
    r"(?:hay )?(?:ke|noi)(?: cho)?(?: toi| minh| em)?(?: nghe)?(?: mot)?(?: cau)? chuyen (?:cuoi|vui)|(?:please )?tell me a (?:joke|story)|(?:hay )?hat (?:mot bai|cho toi nghe).*|sing (?:me )?a song|"
    r"may gio roi|bay gio la may gio|what time is it|hom nay (?:la )?(?:thu may|ngay may|ngay bao nhieu)|ok|okay|oke|vang|da|test|testing|u|uh|ha|hihi|haha|lol)"
)

_SMALL_TALKS = re.compile(f"(?:{_SMALL_TALK.pattern})(?: (?:{_SMALL_TALK.pattern})){{0,2}}")


def understand(question: str, *, abbreviations: Mapping[str, str] | None = None) -> Query:
    """The ``Query`` of a self-contained question.

    ``abbreviations`` are definitions learnt from the documents (short form → long form); they stand beside the built-in
    table. Never raises for any text.
    """
    text = re.sub(r"\s+", " ", nfc(question)).strip()
    found = detect(text)
    language = found if found in ("vi", "vi-folded", "en") else "other"
    reading = "vi-folded" if language == "other" and text.isascii() else ("vi" if language == "other" else language)
    if is_small_talk(text):
        return Query(original=question, text=text, language=language, parts=(text,), chitchat=True)
    plain = bare(text, reading)
    want = wanted(plain, reading)
    parts = split(plain, reading)
    kind = want.kind
    if kind != "comparison" and len(parts) > 1:
        kind = wanted(parts[0], reading).kind
    places = tuple(dict.fromkeys(p.text for p in find_places(text)))
    names = tuple(dict.fromkeys(n.text for n in find_names(text)))
    dates = find_dates(text)
    units = (want.focus,) if want.focus and kind in NUMERIC else ()
    return Query(
        original=question,
        text=text,
        language=language,
        answer_type=kind,
        parts=parts,
        expansions=tuple(v for v in _known(tuple((abbreviations or {}).items())).variants(text) if v != text),
        terms=tuple(dict.fromkeys(content_words(text, reading))),
        entities=names,
        places=places,
        dates=tuple((d.first, d.last) for d in dates),
        numbers=tuple(n.text for n in find_numbers(text, [(d.start, d.end) for d in dates])),
        units=units,
    )


@lru_cache(maxsize=8)
def _known(learnt: tuple[tuple[str, str], ...]) -> Abbreviations:
    return Abbreviations({**TABLE, **dict(learnt)})


def is_small_talk(text: str) -> bool:
    """Greetings, thanks, questions to the program itself, and texts without a letter or digit."""
    bare = re.sub(r"[^\w'\s]", " ", fold(text))
    bare = " ".join(bare.split())
    if not bare:
        return True
    bare = re.sub(r"^(?:da|a|oi|e) (?=\w)|(?: (?:a|oi|nhe|nha|nhi|vay|the|di))+$", "", bare)
    # "Xin chào, bạn là ai?" is two of them in a row
    return _SMALL_TALKS.fullmatch(bare) is not None
