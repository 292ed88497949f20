"""To answer or to refuse: a fitted decision over the signals of ``support``, a few hard rules, and what a refusal says.

The weights, the operating point and the reliability curve stand in ``weights/abstain.json``, made by
``rag.training.fit_asked``. Knows nothing of how a draft was read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.ask import frames, support, weigh
from rag.ask.draft import Draft
from rag.types import Hit, Query

if TYPE_CHECKING:
    from rag.settings import Settings


# of the neighbouring words of a question without diacritics, whose single words may be any: the share its passage must hold more of
FEW_PAIRS = 0.05
UNLIKE = 0.23  # cosine of a question and a sentence of which one in twenty answerable open questions falls short
# the same where none of the rarest words stand near: the likeness, and the share of the words that stands near, which it must reach
STRANGE, STRANGE_COVER = 0.25, 0.4
WHOLE = 0.8  # of the operating point, where nothing that was asked is missing


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to answer, the probability that the evidence answers, and why not: "absent place", "absent name", "weak", "nothing", "reader"."""

    answer: bool
    probability: float
    reason: str = ""


def decide(query: Query, hits: Sequence[Hit], draft: Draft, *, by_model: bool = False) -> Decision:
    """Answer or refuse. A draft by a language model is trusted to have refused by itself; the rest is for quotations."""
    if not hits:
        return Decision(False, 0.0, "nothing")
    if draft.refused or not draft.text.strip():
        return Decision(False, 0.0, "reader")
    if by_model:
        return Decision(True, 1.0)
    reason = absent(draft.signals)
    chance = probability(draft.signals, query.language)
    if reason:
        return Decision(False, min(chance, 0.05), reason)
    point = float(weigh.table("abstain")["points"][_kind(query.language)])
    if draft.signals.get("spelled_out", 0.0):  # "chuyển đổi số (CĐS)" tells what CĐS stands for, whatever else is said
        return Decision(True, max(chance, point))
    if _whole(draft.signals):
        point *= WHOLE
    return Decision(chance >= point, chance, "" if chance >= point else "weak")


def _whole(signals: Mapping[str, float]) -> bool:
    """Whether the sentence holds all that is asked but names, its passage the names too, and an answer of the kind asked for."""
    return (
        signals.get("typed_fit", 0.0) >= 0.8
        and signals.get("core_near", 0.0) >= 0.99
        and signals.get("passage_cover", 0.0) >= 0.95
    )


def _elsewhere(signals: Mapping[str, float]) -> bool:
    """Whether an open question names nothing, its rarest words and much of the rest stand nowhere near, and the sentence means something
    else: everyday questions share words with any text."""
    if (
        signals.get("strange", 0.0)
        and signals.get("missing_rarest", 0.0) >= 0.99
        and signals.get("near_cover", 1.0) < STRANGE_COVER
        and signals.get("dense", 1.0) < STRANGE
    ):
        return True
    return bool(
        signals.get("unnamed", 0.0)
        and signals.get("missing_rarest", 0.0) >= 0.7
        and signals.get("near_cover", 1.0) < 0.6
        and signals.get("dense", 1.0) < UNLIKE
    )


def absent(signals: Mapping[str, float]) -> str:
    """What refuses whatever the rest says: a place that no evidence holds; for a person, only the deputy (or head) of the office
    asked about, or neither; a figure of another year or administrative level than the one asked about; for a question without diacritics, hardly any of its words side by side; the sibling of what is asked; a figure, date or kind of place asked for where none is quoted."""
    if signals.get("places_missing", 0.0) >= 1.0:
        return "absent place"
    if signals.get("person", 0.0) and signals.get("office", 0.0) < 0.0:
        return "another office"
    if signals.get("figure", 0.0) and signals.get("level_clash", 0.0):
        return "another level"
    if signals.get("figure", 0.0) and signals.get("dates_missing", 0.0) >= 1.0 and signals.get("dates_other", 0.0):
        return "another year"
    if signals.get("mismatch", 0.0):
        return "another thing"
    if _elsewhere(signals):
        return "other things"
    if (
        signals.get("folded_question", 0.0)
        and not signals.get("short_question", 0.0)
        and signals.get("passage_pairs", 0.0) <= FEW_PAIRS
    ):
        return "other words"
    if signals.get("no_figure", 0.0):
        return "no figure"
    if signals.get("no_office", 0.0):
        return "no such office"
    if signals.get("no_person", 0.0):
        return "no person"
    if signals.get("no_place", 0.0):
        return "no place"
    return ""


def probability(signals: Mapping[str, float], language: str) -> float:
    """The fitted chance that the evidence answers."""
    score = weigh.scorer("abstain", _kind(language), support.NAMES)
    row = np.array([[signals.get(name, 0.0) for name in support.NAMES]])
    return 1.0 / (1.0 + math.exp(-float(np.clip(score(row)[0], -30, 30))))


def _kind(language: str) -> str:
    return "cross" if language == "en" else "same"


def small_talk(query: Query, settings: Settings) -> str:
    """A polite answer to a greeting: what can be asked here."""
    if _english(query, settings):
        return "Hello! I answer questions from the documents in this index and cite where each answer stands. Ask me something about them."
    return "Xin chào! Tôi trả lời câu hỏi dựa trên các tài liệu trong kho này và dẫn nguồn cho từng ý. Bạn hãy hỏi một điều có trong tài liệu."


def refusal(query: Query, hits: Sequence[Hit], settings: Settings) -> str:
    """What was looked for, that it is not in the documents, and which passages come nearest. Holds no marker."""
    near: list[str] = []
    english = _english(query, settings)
    for hit in hits:
        when = frames.date_words(hit.date, "en" if english else "vi")
        name = hit.title or hit.source
        name = f"“{name}”" + (f" ({when})" if when else "")
        if name not in near:
            near.append(name)
        if len(near) == 3:
            break
    asked = query.text.strip().rstrip("?").strip()
    if english:
        text = f"The documents do not answer this: “{asked}”."
        return text + (f" Nearest passages: {'; '.join(near)}." if near else "")
    text = f"Không tìm thấy trong tài liệu: “{asked}”."
    return text + (f" Các đoạn gần nhất: {'; '.join(near)}." if near else "")


def _english(query: Query, settings: Settings) -> bool:
    if settings.answer_language in ("vi", "en"):
        return settings.answer_language == "en"
    return query.language == "en"
