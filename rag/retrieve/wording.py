"""What a question says to an index: its language, its wordings, and the words that may match across languages.

Knows nothing of scores. A question gets more than one wording when it holds abbreviations ("CĐS") or their long forms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rag.errors import UsageError
from rag.text.abbreviations import Abbreviations
from rag.text.language import detect
from rag.text.normalise import nfc, words
from rag.text.stopwords import STOPWORDS_EN, STOPWORDS_VI, STOPWORDS_VI_FOLDED
from rag.types import Query

MOST_WORDINGS = 4
_LETTERS = re.compile(r"[^\W\d_]+")
# What an English question, or a request, opens with; and the prepositions that may stand before its question word.
_ASKING = frozenset(
    "what who whom whose where when which how why did does do was were has have had is are am can could will would should "
    "may might shall name list tell give find show explain describe define compare summarize summarise".split()
)
_ASKED = frozenset(("what", "which", "whom", "whose", "how"))
_BEFORE = frozenset(
    "in on at by for from of to with about during under after before until since through into as against".split()
)
FEWEST_WORDS = 5
_STOP = {"vi": STOPWORDS_VI, "vi-folded": STOPWORDS_VI_FOLDED, "en": STOPWORDS_EN}


@dataclass(frozen=True, slots=True)
class Wording:
    """A question as it is searched for.

    `texts` are its wordings, the question itself first (at least one). Of a question typed without diacritics `restored`
    are those that got them back, which also stand first in `texts`; these alone are scored: what is typed without matches
    passages that say something else oftener than a wrong mark misses the right one. `language` is "vi", "vi-folded", "en"
    or "other"; `tag` the language that passages are compared with ("vi", "en" or ""). `shared` holds the words that can
    stand unchanged in a passage of another language (names, numbers, short forms), possibly "".
    """

    texts: tuple[str, ...]
    language: str
    shared: str
    restored: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        return {"vi": "vi", "vi-folded": "vi", "en": "en"}.get(self.language, "")

    @property
    def scored(self) -> tuple[str, ...]:
        """The wordings that passages are scored by."""
        return self.restored or self.texts

    @property
    def statement(self) -> bool:
        """Whether it says something instead of asking; known of English alone, and in doubt it asks."""
        return self.language == "en" and not asks(self.texts[0])


def word(
    question: str | Query,
    abbreviations: Abbreviations,
    longest: int,
    restore: Callable[[str], str] | None = None,
) -> Wording:
    """The wording of a question; `restore` puts diacritics back into one typed without (the text itself where it cannot).

    Raises UsageError when it is no text, blank, or longer than `longest` characters."""
    text = question.text if isinstance(question, Query) else question
    if not isinstance(text, str):
        raise UsageError(f"a question is a text, not {type(text).__name__}")
    text = nfc(text).strip()
    if not text:
        raise UsageError("the question is empty; ask something")
    if len(text) > longest:
        raise UsageError(f"the question has {len(text)} characters; at most {longest} are allowed (max_question_chars)")
    if isinstance(question, Query):
        language, more = question.language, question.expansions or abbreviations.variants(text)
    else:
        language, more = detect(text), abbreviations.variants(text)
    first: list[str] = [text]
    restored: tuple[str, ...] = ()
    if language == "vi-folded" and restore is not None and (accented := restore(text)) != text:
        variants = abbreviations.variants(accented)
        first, more, restored = [accented, text], (*variants, *more), _distinct([accented, *variants])
    return Wording(_distinct([*first, *more]), language, shared_words(text, language), restored)


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """The first few different texts."""
    return tuple(dict.fromkeys(nfc(t) for t in texts if t.strip()))[:MOST_WORDINGS]


def asks(text: str) -> bool:
    """Whether an English text is, or may be, a question or a request: it has a question mark, few words, or opens with
    what questions open with."""
    found = _LETTERS.findall(text.lower())
    if "?" in text or len(found) < FEWEST_WORDS:
        return True
    return found[0] in _ASKING or (found[0] in _BEFORE and found[1] in _ASKED)


def shared_words(text: str, language: str) -> str:
    """The text without the stop words of its language: what may stand in a passage of another language as it is."""
    stop = _STOP.get(language, frozenset())
    return " ".join(w for w in words(text) if w not in stop)
