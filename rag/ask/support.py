"""How far the evidence bears the question: signals for the decision to answer or to refuse.

Computed for one question and one sentence with what is known of its passage and document. Knows nothing of thresholds or weights.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rag.ask import synonyms
from rag.ask.answer_types import NUMERIC
from rag.ask.evidence import Abbreviated, Asked, coverage, dates_of, folded_places_of, holds, places_of, words_of
from rag.ask.features import asked_offices
from rag.ask.short import candidates, levels_in, question_levels, rank
from rag.ask.similar import Likeness
from rag.text.names import canonical_place
from rag.text.normalise import fold
from rag.types import Hit

NAMES = (
    "quote_cover", "sentence_cover", "near_cover", "passage_cover", "document_cover", "pair_cover", "passage_pairs",
    "core_sentence", "core_near", "core_passage", "unknown", "missing_rarest", "missing_sentence", "missing_count",
    "name_sentence", "name_near", "name_passage", "name_document", "places_missing", "places_other",
    "dates_missing", "dates_other", "dates_met", "numbers_missing", "numbers_missing_document",
    "wants_fact", "typed_miss", "typed_fit", "answer_score", "unit_miss", "focus_sentence", "focus_near", "office", "office_tail", "level_clash",
    "dense", "maxsim", "maxsim_near", "meaning", "meaning_strict", "meaning_worst", "meaning_near",
    "probability", "score", "margin", "rivals", "folded_question", "short_question", "person", "figure",
    "exact_near", "exact_passage", "head_missing", "figure_gap", "person_gap", "name_gap", "core_gap", "second_missing",
)  # fmt: skip
_TITLE = re.compile(
    r"\b(?:giam doc|chu tich|bi thu|truong phong|truong ban|truong thon|cuc truong|bo truong|thu tuong|vien truong|hieu truong|chanh van phong|doi truong|director|chairman|chairwoman|head|secretary|minister)\b"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a document: its folded words in one string with blanks around each, as a set, and the places it is about."""

    joined: str
    words: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    places: frozenset[str]


def known(text: str) -> Known:
    """``Known`` of a document's text."""
    folded = re.findall(r"\w+", fold(text))
    return Known(f" {' '.join(folded)} ", frozenset(folded), frozenset(pairwise(folded)), main_places(text[:20_000]))


def main_places(text: str) -> frozenset[str]:
    """The places a document is about: those named about as often as the one named most; folded, one spelling each."""
    counts = Counter(fold(canonical_place(p.text)) for p in places_of(text))
    if not counts:
        return frozenset()
    most = counts.most_common(1)[0][1]
    return frozenset(name for name, n in counts.items() if n >= max(1, min(3, most * 0.34)))


def signals(
    asked: Asked,
    sentence: str,
    before: str,
    quote: str,
    hit: Hit,
    hits: Sequence[Hit],
    document: Known,
    abbreviated: Abbreviated,
    frequency: Callable[[str], int],
    row: Mapping[str, float],
    like: Likeness,
) -> dict[str, float]:
    """The values of NAMES. ``row`` holds the sentence's features; ``frequency`` the number of passages with a folded word; ``like`` the
    likeness of the sentence and of the one before it (two rows)."""
    asked = synonyms.widen(asked)
    passage = hit.passage
    own, own_pairs = _bag(sentence, abbreviated)
    context, context_pairs = _bag(passage.context, abbreviated)
    previous, previous_pairs = _bag(before, abbreviated)
    body, body_pairs = _bag(passage.text, abbreviated)
    near, whole = own | context | previous, body | context
    near_pairs, whole_pairs = own_pairs | context_pairs | previous_pairs, body_pairs | context_pairs
    places = {word for name in document.places for word in name.split()}
    everywhere = whole | document.words
    terms, total = asked.terms, asked.weight
    top = max(terms.values(), default=1.0) or 1.0
    out = dict.fromkeys(NAMES, 0.0)
    out["quote_cover"] = coverage(asked, _bag(quote, abbreviated)[0] | places)
    out["sentence_cover"] = coverage(asked, own | places)
    out["near_cover"] = coverage(asked, near | places)
    out["passage_cover"] = coverage(asked, whole | places)
    out["document_cover"] = coverage(asked, everywhere | places)
    if asked.pairs:
        out["pair_cover"] = len(asked.pairs & near_pairs) / len(asked.pairs)
        out["passage_pairs"] = len(asked.pairs & whole_pairs) / len(asked.pairs)
    named = {w for name in asked.names for w in name} | {w for place in asked.places for w in place.split()}
    core = {t: w for t, w in terms.items() if t not in named and not t.isdigit()}
    weight = sum(core.values())
    for key, bag in (("core_sentence", own), ("core_near", near), ("core_passage", whole)):
        out[key] = sum(w for t, w in core.items() if holds(asked, t, bag)) / weight if weight else 1.0
    out["unknown"] = sum(w for t, w in terms.items() if not frequency(t) and t not in asked.others) / total
    out["missing_rarest"] = max((w for t, w in terms.items() if not holds(asked, t, whole | places)), default=0.0) / top
    out["missing_sentence"] = (
        max((w for t, w in terms.items() if not holds(asked, t, near | places)), default=0.0) / top
    )
    out["missing_count"] = min(6, sum(not holds(asked, t, near | places) for t in terms)) / 6
    for key, words, pairs in (
        ("name_sentence", own, own_pairs),
        ("name_near", near, near_pairs),
        ("name_passage", whole, whole_pairs),
        ("name_document", everywhere, whole_pairs | document.pairs),
    ):
        out[key] = _named(asked, words, pairs, document.places)
    held = folded_places_of(f"{passage.context}. {passage.text}") | document.places
    joined = f" {' '.join(words_of(f'{passage.context} {passage.text}').folded)} "
    lost = [p for p in asked.places if fold(canonical_place(p)) not in held and not (" " in p and f" {p} " in joined)]
    out["places_missing"] = float(bool(lost) and len(lost) == len(asked.places))
    here = folded_places_of(sentence)
    out["places_other"] = float(
        bool(asked.places and here and not here & {fold(canonical_place(p)) for p in asked.places})
    )
    out |= _dates(asked, sentence, before, passage.text, passage.date, document.words)
    digits = [w for w in terms if w.isdigit() and not any(w in (d[0][:4], d[1][:4]) for d in asked.dates)]
    out["numbers_missing"] = float(any(d not in whole for d in digits))
    out["numbers_missing_document"] = float(any(d not in everywhere for d in digits))
    strings = candidates(asked, sentence)
    scores = rank(asked, sentence, strings)
    fit = max((f.fit for f in strings), default=0.0)
    wants = asked.want.kind in NUMERIC | {"date", "person", "place", "organisation", "decision", "role"}
    out["wants_fact"] = float(wants)
    out["typed_miss"] = float(wants and fit < 0.5)
    out["typed_fit"] = fit if wants else 0.0
    out["answer_score"] = max(scores, default=0.0) / 4.0 if wants else 0.5
    out["unit_miss"] = float(asked.want.kind == "number" and bool(asked.focus) and fit < 0.6)
    focus = {w for w in asked.focus if w in asked.lookup} or set(asked.focus)
    out["focus_sentence"] = len(focus & own) / len(focus) if focus else 1.0
    out["focus_near"] = len(focus & near) / len(focus) if focus else 1.0
    out["office_tail"] = _office_tail(asked, sentence)
    out["level_clash"] = _level_clash(asked, sentence)
    for name in ("dense", "maxsim", "maxsim_near", "office", "rivals", "probability"):
        out[name] = row.get(name, 0.0)
    out |= _meaning(like)
    out["score"] = hits[0].score
    out["margin"] = hits[0].score - hits[min(3, len(hits) - 1)].score
    out["folded_question"] = float(asked.language == "vi-folded")
    out["short_question"] = float(len(terms) <= 3)
    out["person"] = float(asked.want.kind in ("person", "role"))
    out["figure"] = float(asked.want.kind in NUMERIC)
    exact_near = words_of(sentence).exact_set | words_of(before).exact_set | words_of(passage.context).exact_set
    exact_whole = words_of(passage.text).exact_set | words_of(passage.context).exact_set
    for key, bag in (("exact_near", exact_near), ("exact_passage", exact_whole)):
        folded = near if key == "exact_near" else whole
        said = sum(w in bag or w in places or _otherwise_said(asked, w, folded) for w in asked.exact)
        out[key] = said / len(asked.exact) if asked.exact else out["near_cover"]
    out["head_missing"] = float(
        bool(asked.heads)
        and not asked.heads & near
        and not any(near.issuperset(words) for words in synonyms.counted(asked))
    )
    out["figure_gap"] = out["figure"] * (1.0 - out["focus_near"])
    out["person_gap"] = out["person"] * (1.0 - out["office_tail"])
    out["name_gap"] = 1.0 - out["name_near"] if out["person"] or out["figure"] else 0.0
    out["core_gap"] = (1.0 - out["core_near"]) ** 2
    gone = sorted((w for t, w in terms.items() if not holds(asked, t, near | places)), reverse=True)
    out["second_missing"] = gone[1] / top if len(gone) > 1 else 0.0
    return out


def _otherwise_said(asked: Asked, word: str, bag: frozenset[str]) -> bool:
    """Whether a text holds another wording of an accented word of the question."""
    return any(all(w in bag for w in words) for words in asked.others.get(fold(word), ()))


def _bag(text: str, abbreviated: Abbreviated) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """Folded words and pairs of a text, its abbreviations spelled out beside."""
    words = words_of(text)
    if not abbreviated.extra(text):
        return words.folded_set, words.pairs
    spelled = words_of(abbreviated.spelled(text))
    return words.folded_set | spelled.folded_set, words.pairs | spelled.pairs


def _named(
    asked: Asked, words: frozenset[str] | set[str], pairs: frozenset[tuple[str, str]], places: frozenset[str]
) -> float:
    """How much of the least present name of the question stands there: share of its neighbours, or of its words when it has one."""
    least = 1.0
    for name in asked.names:
        if not name or " ".join(name) in places:
            continue
        inner = list(pairwise(name))
        share = sum(p in pairs for p in inner) / len(inner) if inner else float(name[0] in words)
        least = min(least, share)
    return least


def _meaning(like: Likeness) -> dict[str, float]:
    """Share of the question's tokens, by weight, that the sentence means (cosine .5, .7), the least of its heavy ones, and with the
    sentence before."""
    if not len(like.weights) or not len(like.tokens):
        return {}
    weights = like.weights / max(float(like.weights.sum()), 1e-9)
    best = like.tokens[0]
    both = like.tokens.max(axis=0)
    heavy = np.argsort(-weights, kind="stable")[: max(1, min(4, len(weights) // 2))]
    return {
        "meaning": float(weights @ (best >= 0.5)),
        "meaning_strict": float(weights @ (best >= 0.7)),
        "meaning_worst": float(both[heavy].min()),
        "meaning_near": float(weights @ (both >= 0.5)),
    }


def _dates(
    asked: Asked, sentence: str, before: str, passage: str, document: str | None, words: frozenset[str]
) -> dict[str, float]:
    """Whether a period of the question is met nowhere (missing), whether the sentence gives another one (other) or the same (met)."""
    if not asked.dates:
        return {}
    own = [(d.first, d.last) for d in dates_of(sentence)]
    around = [(d.first, d.last) for d in (*dates_of(before), *dates_of(passage))]
    if document:
        around.append((f"{document}-01-01"[:10] if len(document) == 4 else document, f"{document}-99-99"[:10]))
    missing = other = 0.0
    for wanted in asked.dates:
        if not any(wanted[0] <= b and a <= wanted[1] for a, b in own + around):
            missing = 1.0 if not {wanted[0][:4], wanted[1][:4]} & words else max(missing, 0.4)
        if own and not any(wanted[0] <= b and a <= wanted[1] for a, b in own):
            other = 1.0
    met = any(w[0] <= b and a <= w[1] for w in asked.dates for a, b in own)
    return {"dates_missing": missing, "dates_other": other, "dates_met": float(met)}


def _office_tail(asked: Asked, sentence: str) -> float:
    """Of the words after an office in the question ("giám đốc | sở y tế"), the share that follows the same office in the sentence.

    1 when the question names no office; 0 when the sentence does not name it.
    """
    question = fold(asked.text)
    found = _TITLE.search(question)
    if found is None:
        return 1.0
    wanted = re.findall(r"\w+", question[found.end() :])[:4]
    wanted = [w for w in wanted if w not in ("cua", "la", "ai", "of", "the", "is", "who")][:3]
    text = fold(sentence)
    if asked.language == "en":
        return _english_tail(asked, text)
    best = 0.0
    for match in re.finditer(rf"\b{found.group()}\b", text):
        after = re.findall(r"\w+", text[match.end() :])[:9]
        best = max(best, sum(w in after for w in wanted) / len(wanted) if wanted else 1.0)
    return best


def _english_tail(asked: Asked, text: str) -> float:
    """The same for an English question: the words after the Vietnamese office that render what the question names."""
    offices = asked_offices(asked)
    others = [t for t in asked.others if t not in _OFFICE_WORDS]
    if not offices or not others:
        return 1.0
    commune = any(w in asked.sequence for w in ("commune", "district", "village", "ward", "hamlet"))
    best = 0.0
    for match in re.finditer(rf"\b{' '.join(offices[0][0])}\b", text):
        after = set(re.findall(r"\w+", text[match.end() :])[:9])
        share = sum(any(all(w in after for w in words) for words in asked.others[t]) for t in others) / len(others)
        if asked.places and not commune and after & {"xa", "huyen", "phuong", "thon"}:
            share *= 0.3
        best = max(best, share)
    return best


_OFFICE_WORDS = frozenset(
    "director chairman chairwoman chair chairperson secretary minister president head vice deputy province provincial".split()
)


def _level_clash(asked: Asked, sentence: str) -> float:
    """1 when the question names an administrative level and the sentence only others."""
    levels = question_levels(asked)
    if not levels:
        return 0.0
    there = levels_in(sentence)
    return float(bool(there) and not there & levels)
