"""Metrics of one answered question and their aggregation. Pure functions over plain values.

Answer metrics follow SQuAD (Rajpurkar et al. 2016: exact match, token F1, maximum over gold alternatives) with the
normalisation of :func:`rag.text.normalise.answer_normal`; citation precision and recall follow the idea of ALCE
(Gao et al. 2023) with exact gold quotes in place of a judge.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.evaluation.sets import Question
from rag.text.normalise import answer_normal, contains_answer, strip_markers

STAGES = (
    "right",
    "right refusal",
    "not retrieved",
    "retrieved, not read",
    "read, wrongly refused",
    "wrongly refused",
    "unsupported claim",
    "answered the unanswerable",
    "failed",
)


def exact_match(prediction: str, alternatives: Sequence[str]) -> float:
    """1.0 when the normalised prediction equals any normalised alternative, else 0.0."""
    wanted = answer_normal(prediction)
    return float(any(wanted == answer_normal(a) for a in alternatives))


def token_f1(prediction: str, alternatives: Sequence[str]) -> float:
    """Token-level F1 against the best alternative, in [0, 1]; two empty strings agree."""
    best = 0.0
    got = answer_normal(prediction).split()
    for alternative in alternatives:
        gold = answer_normal(alternative).split()
        if not got or not gold:
            best = max(best, float(got == gold))
            continue
        same = sum((Counter(got) & Counter(gold)).values())
        if same:
            precision, recall = same / len(got), same / len(gold)
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


def contains_all(text: str, answers: Sequence[Sequence[str]]) -> float:
    """1.0 when every requirement is met by any of its alternatives inside ``text``, else 0.0."""
    plain = strip_markers(text)
    return float(all(any(contains_answer(plain, a) for a in alternatives) for alternatives in answers))


def _best_short(short: Sequence[str], alternatives: Sequence[str], metric: Any) -> float:
    candidates = [*short, " ".join(short)] if short else [""]
    return max(float(metric(candidate, alternatives)) for candidate in candidates)


def _overlaps(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


@dataclass(frozen=True, slots=True)
class Score:
    """The metrics of one question. None means: does not apply to this question."""

    id: str
    status: str
    stage: str
    correct: float
    contains: float | None
    short_contains: float | None
    exact: float | None
    f1: float | None
    citation_precision: float | None
    citation_recall: float | None
    first_citation: float | None
    supported: float | None
    evidence_rank: int | None
    tokens: int
    milliseconds: float

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def score(question: Question, line: Mapping[str, Any], span_of: Any) -> Score:
    """Score one answer line (the batch format) against its question.

    ``span_of(source, quote)`` gives the (start, end) of an evidence quote in the stored text, or None.
    """
    status = str(line["status"])
    answered = status == "answered"
    text = str(line["answer"])
    gold = [(e.source, span_of(e.source, e.quote)) for e in question.evidence]
    gold = [(source, span) for source, span in gold if span]
    rank = _evidence_rank(gold, line["retrieved"])
    citations = line["citations"] if answered else []

    precision = recall = first = supported = None
    if question.answerable and answered and gold:
        good = [
            any(c["source"] == s and _overlaps((c["start"], c["end"]), span) for s, span in gold) for c in citations
        ]
        covered = [
            any(c["source"] == s and _overlaps((c["start"], c["end"]), span) for c in citations) for s, span in gold
        ]
        precision = sum(good) / len(good) if good else 0.0
        recall = sum(covered) / len(covered)
        first = float(bool(citations) and citations[0]["source"] in {s for s, _ in gold})
    if answered:
        supported = sum(bool(c["supported"]) for c in citations) / len(citations) if citations else 0.0

    contains = short = exact = f1 = None
    if question.answerable:
        contains = contains_all(text, question.answers) if answered else 0.0
        joined = " ; ".join(line["short"])
        short = (
            float(all(any(contains_answer(joined, a) for a in alt) for alt in question.answers)) if answered else 0.0
        )
        n = len(question.answers)
        exact = sum(_best_short(line["short"], alt, exact_match) for alt in question.answers) / n if answered else 0.0
        f1 = sum(_best_short(line["short"], alt, token_f1) for alt in question.answers) / n if answered else 0.0
    stage = _stage(question, status, contains, rank, bool(gold), citations)
    return Score(
        id=question.id,
        status=status,
        stage=stage,
        correct=float(stage in ("right", "right refusal")),
        contains=contains,
        short_contains=short,
        exact=exact,
        f1=f1,
        citation_precision=precision,
        citation_recall=recall,
        first_citation=first,
        supported=supported,
        evidence_rank=rank,
        tokens=len(strip_markers(text).split()),
        milliseconds=float(line.get("timings_ms", {}).get("total", 0.0)),
    )


def _evidence_rank(gold: Sequence[tuple[str, tuple[int, int]]], retrieved: Sequence[Mapping[str, Any]]) -> int | None:
    for rank, passage in enumerate(retrieved, 1):
        span = (passage["start"], passage["end"])
        if any(passage["source"] == source and _overlaps(span, where) for source, where in gold):
            return rank
    return None


def _stage(
    question: Question, status: str, contains: float | None, rank: int | None, gold: bool, citations: Sequence[Any]
) -> str:
    if status == "failed":
        return "failed"
    if not question.answerable:
        return "right refusal" if status == "abstained" else "answered the unanswerable"
    if status == "abstained":
        if not gold:
            return "wrongly refused"
        return "not retrieved" if rank is None else "read, wrongly refused"
    if contains:
        return "unsupported claim" if citations and not any(c["supported"] for c in citations) else "right"
    return "not retrieved" if gold and rank is None else "retrieved, not read"


def wilson(successes: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The Wilson score interval of a proportion (Wilson 1927), 95 % by default."""
    if n == 0:
        return (0.0, 1.0)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return (max(0.0, centre - half), min(1.0, centre + half))


def _mean(values: Iterable[float | None]) -> float | None:
    kept = [v for v in values if v is not None]
    return sum(kept) / len(kept) if kept else None


def percentile(values: Sequence[float], q: float) -> float:
    """Linear-interpolated percentile, q in [0, 100]; 0.0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    at = (len(ordered) - 1) * q / 100
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def aggregate(questions: Sequence[Question], scores: Sequence[Score]) -> dict[str, Any]:
    """Means over questions to which a metric applies, abstention rates and failure stages.

    Rates: ``false_answer`` unanswerable questions answered / unanswerable; ``false_refusal`` answerable ones refused /
    answerable; ``refusal_precision`` right refusals / refusals; ``refusal_recall`` right refusals / unanswerable.
    """
    pairs = list(zip(questions, scores, strict=True))
    yes = [s for q, s in pairs if q.answerable]
    no = [s for q, s in pairs if not q.answerable]
    refused_yes = sum(s.status == "abstained" for s in yes)
    refused_no = sum(s.status == "abstained" for s in no)
    refused = refused_yes + refused_no
    ranked = [s for q, s in pairs if q.evidence]
    right = sum(s.correct for s in scores)
    low, high = wilson(right, len(scores))
    return {
        "questions": len(pairs),
        "answerable": len(yes),
        "correct": _mean(s.correct for s in scores),
        "correct_low": low,
        "correct_high": high,
        "contains": _mean(s.contains for s in scores),
        "short_contains": _mean(s.short_contains for s in scores),
        "exact": _mean(s.exact for s in scores),
        "f1": _mean(s.f1 for s in scores),
        "citation_precision": _mean(s.citation_precision for s in scores),
        "citation_recall": _mean(s.citation_recall for s in scores),
        "first_citation": _mean(s.first_citation for s in scores),
        "supported": _mean(s.supported for s in scores),
        "recall@1": _mean(float(s.evidence_rank == 1) for s in ranked),
        "recall@3": _mean(float(s.evidence_rank is not None and s.evidence_rank <= 3) for s in ranked),
        "recall@5": _mean(float(s.evidence_rank is not None and s.evidence_rank <= 5) for s in ranked),
        "recall@10": _mean(float(s.evidence_rank is not None and s.evidence_rank <= 10) for s in ranked),
        "mrr@10": _mean(1 / s.evidence_rank if s.evidence_rank and s.evidence_rank <= 10 else 0.0 for s in ranked),
        "false_answer": 1 - refused_no / len(no) if no else None,
        "false_refusal": refused_yes / len(yes) if yes else None,
        "refusal_precision": refused_no / refused if refused else None,
        "refusal_recall": refused_no / len(no) if no else None,
        "failed": sum(s.status == "failed" for s in scores),
        "tokens": _mean(float(s.tokens) for s in scores if s.status == "answered"),
        "stages": {
            stage: sum(s.stage == stage for s in scores) for stage in STAGES if any(s.stage == stage for s in scores)
        },
    }


def by_tag(questions: Sequence[Question], scores: Sequence[Score]) -> dict[str, dict[str, Any]]:
    """The aggregate of each tag, in alphabetical order."""
    tags = sorted({t for q in questions for t in q.tags})
    out = {}
    for tag in tags:
        chosen = [(q, s) for q, s in zip(questions, scores, strict=True) if tag in q.tags]
        out[tag] = aggregate([q for q, _ in chosen], [s for _, s in chosen])
    return out


def latency(scores: Sequence[Score]) -> dict[str, float]:
    """Percentiles of milliseconds a question; kept apart because only these differ between reruns."""
    values = [s.milliseconds for s in scores]
    return {f"p{q}": round(percentile(values, q), 2) for q in (50, 90, 95, 99)}
