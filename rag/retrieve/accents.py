"""Puts the diacritics back into a question typed without them, by what the index itself says.

Each syllable has a handful of accented forms (``weights/syllables.json``); of these the chain is chosen that is most
likely by how many passages hold each form and each pair of neighbours: the Viterbi path of a bigram model of the index.
Knows the index's counts; knows nothing of scores. Words the index does not hold stay as they were typed.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rag.retrieve.rarity import Rarities
from rag.text.normalise import fold, words

if TYPE_CHECKING:
    from rag.store import Snapshot

MOST_FORMS = 6
MOST_WORDS = 64
# How much the chain counts against the single word.
PAIRS = 0.9


@lru_cache(maxsize=1)
def forms() -> dict[str, tuple[str, ...]]:
    """Accented forms of each Vietnamese syllable written without diacritics, the frequent ones first."""
    table = json.loads(Path(__file__).with_name("weights").joinpath("syllables.json").read_text(encoding="utf-8"))
    return {plain: tuple(found.split()) for plain, found in table.items()}


def restore(text: str, snapshot: Snapshot, rarities: Rarities) -> str:
    """The words of `text` with the diacritics they most likely have in this index, in lower case; "" where none change."""
    typed = words(text)[:MOST_WORDS]
    if not typed or not len(snapshot):
        return ""
    table = forms()
    options: list[list[tuple[str, int]]] = []
    for word in typed:
        found = dict.fromkeys((word, *table.get(fold(word), ()))) if word.isascii() else {word: None}
        counted = zip(found, rarities.counts(snapshot, list(found), False), strict=True)
        known = sorted(((w, n) for w, n in counted if n), key=lambda x: (-x[1], x[0]))[:MOST_FORMS]
        options.append(known or [(word, 0)])
    total = len(snapshot) + 1.0
    paths = [{w: (math.log(n + 0.1), "") for w, n in options[0]}]
    for before, here in pairwise(options):
        pairs = rarities.counts(snapshot, [f"{a} {b}" for a, _ in before for b, _ in here], False)
        step: dict[str, tuple[float, str]] = {}
        for j, (word, n) in enumerate(here):
            step[word] = max(
                (
                    paths[-1][a][0]
                    + math.log(PAIRS * pairs[i * len(here) + j] / (m + 1) + (1 - PAIRS) * (n + 0.01) / total),
                    a,
                )
                for i, (a, m) in enumerate(before)
            )
        paths.append(step)
    word = max(paths[-1], key=lambda w: (paths[-1][w][0], w))
    chain = [word]
    for step in reversed(paths[1:]):
        word = step[word][1]
        chain.append(word)
    chain.reverse()
    return " ".join(chain) if chain != typed else ""
