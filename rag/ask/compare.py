"""Sources that speak of different times or disagree: which other sentences answer the same question with another value.

Works on sentences, their shares and feature rows; knows nothing of how they are quoted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.ask.answer_types import NUMERIC
from rag.ask.evidence import Asked, Sentence, coverage, numbers_of, words_of
from rag.ask.short import pick
from rag.types import Hit

CLOSE = 2.5  # how far below the best sentence's score a rival may lie
COVER = 0.75  # share of the best sentence's coverage a rival needs


def rivals(
    asked: Asked, sentences: Sequence[Sentence], scores: NDArray[np.float64], hits: Sequence[Hit], most: int = 2
) -> list[int]:
    """Sentences of other documents that give another value of the same thing as the best one; at most ``most``.

    Only for undated questions after a number, where the thing counted stands beside the value in both.
    """
    if asked.want.kind not in NUMERIC or asked.dates or not len(scores):
        return []
    best = int(np.argmax(scores))
    value = _value(asked, sentences[best])
    if value is None:
        return []
    cover = _cover(asked, sentences[best])
    sources = {hits[sentences[best].hit].source}
    passages = {sentences[best].hit}
    values = {value}
    out: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        sentence = sentences[int(i)]
        source = hits[sentence.hit].source
        if scores[best] - scores[int(i)] > CLOSE or len(out) == most:
            break
        if sentence.hit in passages or _cover(asked, sentence) < COVER * cover:
            continue
        if source in sources and not _exactly(asked, sentence):
            continue
        other = _value(asked, sentence)
        sources.add(source)
        passages.add(sentence.hit)
        if other is None or other in values:
            continue
        values.add(other)
        out.append(int(i))
    return out


def newest_first(chosen: Sequence[int], sentences: Sequence[Sentence], hits: Sequence[Hit]) -> list[int]:
    """The chosen sentences by the date of their documents, newest first; undated ones last, ties in the given order."""
    return sorted(chosen, key=lambda i: hits[sentences[i].hit].date or "", reverse=True)


def _cover(asked: Asked, sentence: Sentence) -> float:
    return coverage(asked, words_of(sentence.text).folded_set)


def _exactly(asked: Asked, sentence: Sentence) -> bool:
    """Whether a sentence counts the very thing asked for, all its words beside the number."""
    found = pick(asked, sentence.text, limit=1)
    return bool(found) and bool(asked.focus) and found[0][0].fit >= 0.99


def _value(asked: Asked, sentence: Sentence) -> str | None:
    """The value a sentence gives for what is asked, where what is counted stands beside it."""
    found = pick(asked, sentence.text, limit=1)
    if not found or found[0][0].fit < 0.7:
        return None
    numbers = numbers_of(found[0][0].text)
    return str(numbers[0].value) if numbers else found[0][0].text
