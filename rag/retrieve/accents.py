"""Puts the diacritics back into a question typed without them, by what Vietnamese and the index itself say.

Each syllable has a handful of accented forms; of these the chain is chosen that is most likely: the Viterbi path of a bigram
model, half of it counted over general text (``weights/syllables.npz``, written by `rag.training.accents`), half of it over the
passages of the index, which know the names and the subject. Knows counts; knows nothing of scores. Words that neither knows
stay as they were typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.text.normalise import fold

if TYPE_CHECKING:
    from rag.store import Snapshot

MOST_FORMS = 12
MOST_WORDS = 256
# How much the neighbour counts against the single word, and the index against general text.
PAIRS = 0.98
INDEX = 0.5
# Passages of which the index counts half of that: a few say little about the language.
HALF = 500
# Passages that a word must be in before its neighbours there count in full.
FEW = 4.0
_UNSEEN = 1e-7
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Language:
    """General text: the number and chance of each word, and the chance that one follows another; `forms` are those of each
    syllable written without diacritics, the frequent ones first."""

    numbers: dict[str, int]
    chance: NDArray[np.float32]
    pairs: NDArray[np.uint32]
    follows: NDArray[np.uint8]
    forms: dict[str, tuple[str, ...]]

    def alone(self, word: str) -> float:
        """The chance of a word, whatever stands before it."""
        number = self.numbers.get(word)
        return _UNSEEN if number is None else float(self.chance[number])

    def after(self, before: list[str], here: list[str]) -> NDArray[np.float64]:
        """(len(before), len(here)) chances that the one follows the other; "" is the beginning, 0 where never seen."""
        size = len(self.chance)
        first = np.array([size if w == "" else self.numbers.get(w, -1) for w in before], dtype=np.int64)
        second = np.array([self.numbers.get(w, -1) for w in here], dtype=np.int64)
        # of the table's own type, or it would be converted whole for each look-up; what is not known is sorted out below
        keys = np.maximum(first[:, None] * size + second[None, :], 0).astype(self.pairs.dtype)
        place = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
        known = (self.pairs[place] == keys) & (first[:, None] >= 0) & (second[None, :] >= 0)
        return np.where(known, np.exp(self.follows[place].astype(np.float64) / -16.0), 0.0)


@lru_cache(maxsize=1)
def language() -> Language:
    """The table of general text, read at its first use."""
    with np.load(Path(__file__).with_name("weights") / "syllables.npz") as held:
        known = str(held["words"]).split(" ")
        forms: dict[str, list[str]] = {}
        for word in known:
            forms.setdefault(fold(word), []).append(word)
        return Language(
            {word: i for i, word in enumerate(known)},
            held["chance"],
            held["pairs"],
            held["follows"],
            {plain: tuple(found) for plain, found in forms.items()},
        )


def restore(text: str, snapshot: Snapshot) -> str:
    """`text` (NFC) with the diacritics it most likely has, of the same length, everything else as it was typed."""
    found = list(_WORD.finditer(text))[:MOST_WORDS]
    chain = _chain([m.group().lower() for m in found], snapshot)
    out = list(text)
    for place, word in zip(found, chain, strict=True):
        if len(word) == place.end() - place.start():
            typed = place.group()
            out[place.start() : place.end()] = [
                a.upper() if b.isupper() else a for a, b in zip(word, typed, strict=True)
            ]
    return "".join(out)


def _chain(typed: list[str], snapshot: Snapshot) -> list[str]:
    if not typed:
        return []
    general, total = language(), len(snapshot) + 1.0
    index = INDEX * len(snapshot) / (len(snapshot) + HALF)
    fixed = _fixed(typed)
    options: list[list[str]] = []
    for at, word in enumerate(typed):
        found = [word]
        if at in fixed:
            found = [fixed[at]]
        elif word.isascii():
            found = list(dict.fromkeys((word, *general.forms.get(word, ()))))[:MOST_FORMS]
        options.append(found)
    counts, told = snapshot.frequencies(options)
    chances = [
        index * (n + 0.01) / total + (1 - index) * np.array([general.alone(w) for w in found])
        for n, found in zip(counts, options, strict=True)
    ]
    score = np.log(PAIRS * general.after([""], options[0])[0] + (1 - PAIRS) * chances[0])
    back: list[NDArray[np.int64]] = []
    for at, (before, here) in enumerate(pairwise(options)):
        after = index * told[at] / (counts[at][:, None] + FEW) + (1 - index) * general.after(before, here)
        ways = score[:, None] + np.log(PAIRS * after + (1 - PAIRS) * chances[at + 1][None, :])
        back.append(ways.argmax(axis=0))
        score = ways.max(axis=0)
    best = int(score.argmax())
    chain = [options[-1][best]]
    for here, came in zip(reversed(options[:-1]), reversed(back), strict=True):
        best = int(came[best])
        chain.append(here[best])
    chain.reverse()
    return chain


# What questions are asked with: rare in the texts that are counted, and never anything else in a question.
_ASKING = (
    "bao nhiêu,bao lâu,bao giờ,bao xa,khi nào,lúc nào,như thế nào,thế nào,tại sao,vì sao,ở đâu,tại đâu,là ai,là gì,là bao,để làm gì,cái gì,"
    "những ai,những gì,của ai,thứ mấy,hạng mấy,mấy giờ,mấy người,phải không,hay không,được không"
).split(",")


@lru_cache(maxsize=1)
def _phrases() -> dict[str, list[tuple[list[str], list[str]]]]:
    out: dict[str, list[tuple[list[str], list[str]]]] = {}
    for phrase in sorted(_ASKING, key=lambda p: (-len(p.split()), p)):
        plain = fold(phrase).split()
        out.setdefault(plain[0], []).append((plain, phrase.split()))
    return out


def _fixed(typed: list[str]) -> dict[int, str]:
    """The words, by place, whose form is certain."""
    out: dict[int, str] = {}
    for at, word in enumerate(typed):
        for plain, accented in _phrases().get(word, ()):
            if at not in out and typed[at : at + len(plain)] == plain:
                out |= {at + i: form for i, form in enumerate(accented)}
                break
        if (
            at not in out
            and word == "may"
            and not _MACHINE & {*typed[at + 1 : at + 2], *(f"{w} " for w in typed[at - 1 : at])}
        ):
            out[at] = "mấy"
    return out


# what "may" is "máy" before, and (with a blank) behind: "máy tính", "nhà máy"
_MACHINE = frozenset(
    "tinh,tre,moc,bay,in,anh,quay,chu,cay,bom,phat,lanh,giat,xuc,say,tho,chieu,tro,quet,gat,keo,ui,tien,ep,khoan,hut,nha ,xe ,thang ,dan ,bang ,thiet ,chay ,ngoi ,dong ".split(
        ","
    )
)
