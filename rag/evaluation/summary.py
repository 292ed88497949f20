"""From the scores of a run to its summary: means with intervals, by tag, language and answerability; latency.

Pure functions; knows nothing of files. Figures are rounded to six decimals, so that a summary is the same bytes wherever
it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rag.evaluation.metrics import STAGES, Score, language_of
from rag.evaluation.sets import Question
from rag.evaluation.stats import mean, percentile, wilson

MEANS: Mapping[str, Callable[[Score], float | None]] = {
    "correct": lambda s: s.correct,
    "contains": lambda s: s.contains,
    "short_contains": lambda s: s.short_contains,
    "exact": lambda s: s.exact,
    "f1": lambda s: s.f1,
    "citation_precision": lambda s: s.citation_precision,
    "citation_recall": lambda s: s.citation_recall,
    "first_citation": lambda s: s.first_citation,
    "alce_precision": lambda s: s.alce_precision,
    "alce_recall": lambda s: s.alce_recall,
    "quote_exact": lambda s: s.quote_exact,
    "supported": lambda s: s.supported,
    "recall@1": lambda s: s.recall(1),
    "recall@3": lambda s: s.recall(3),
    "recall@5": lambda s: s.recall(5),
    "recall@10": lambda s: s.recall(10),
    "mrr@10": lambda s: s.reciprocal_rank(10),
}
"""Every metric that is a mean over the questions it applies to, in the order reports show them. All lie in [0, 1]."""
RATES = ("false_answer", "false_refusal", "refusal_precision", "refusal_recall")
LOWER_IS_BETTER = frozenset({"false_answer", "false_refusal", "failed", "tokens", "false_alarm"})
CURVE = 10


def aggregate(questions: Sequence[Question], scores: Sequence[Score]) -> dict[str, Any]:
    """Means over the questions a metric applies to, abstention rates and where the questions went.

    Rates: ``false_answer`` unanswerable questions answered / unanswerable; ``false_refusal`` answerable ones refused /
    answerable; ``refusal_precision`` right refusals / refusals; ``refusal_recall`` right refusals / unanswerable.
    ``recall@1 by …`` is how often a retrieval channel's own score puts gold evidence first among the retrieved passages, so that
    a channel that fell silent shows though the others make up for it. ``intervals`` holds 95 % Wilson intervals; ``recall_curve`` recall@1 … @10; None where there is nothing to count.
    """
    pairs = list(zip(questions, scores, strict=True))
    out: dict[str, Any] = {"questions": len(pairs), "answerable": sum(q.answerable for q, _ in pairs)}
    intervals: dict[str, list[float]] = {}
    for name, of in MEANS.items():
        _put(out, intervals, name, [of(s) for s in scores])
    for channel in sorted({c for s in scores for c, _ in s.channel_ranks}):
        first = [float(dict(s.channel_ranks).get(channel) == 1) if s.evidence_ranks else None for s in scores]
        _put(out, intervals, f"recall@1 by {channel}", first)
    refused = [s.status == "abstained" for s in scores]
    rates: dict[str, list[float | None]] = {
        "false_answer": [float(s.status == "answered") for q, s in pairs if not q.answerable],
        "false_refusal": [float(s.status == "abstained") for q, s in pairs if q.answerable],
        "refusal_precision": [float(not q.answerable) for (q, _), no in zip(pairs, refused) if no],
        "refusal_recall": [float(no) for (q, _), no in zip(pairs, refused) if not q.answerable],
    }
    for name, values in rates.items():
        _put(out, intervals, name, values)
    length = mean(float(s.tokens) for s in scores if s.status == "answered")
    out["tokens"] = None if length is None else round(length, 6)
    out["failed"] = sum(s.status == "failed" for s in scores)
    out["stages"] = {stage: n for stage in STAGES if (n := sum(s.stage == stage for s in scores))}
    curve = [mean(s.recall(k) for s in scores) for k in range(1, CURVE + 1)]
    out["recall_curve"] = [round(v, 6) for v in curve if v is not None]
    out["intervals"] = intervals
    return out


def _put(out: dict[str, Any], intervals: dict[str, list[float]], name: str, values: Sequence[float | None]) -> None:
    kept = [v for v in values if v is not None]
    value = mean(kept)
    out[name] = None if value is None else round(value, 6)
    if kept:
        intervals[name] = [round(x, 6) for x in wilson(sum(kept), len(kept))]


def summarise(questions: Sequence[Question], scores: Sequence[Score]) -> dict[str, Any]:
    """The aggregate of all questions and of each tag, language and answerability, groups in alphabetical order."""
    return {
        "all": aggregate(questions, scores),
        "tags": _groups(questions, scores, lambda q: q.tags),
        "languages": _groups(questions, scores, lambda q: (language_of(q),)),
        "answerability": _groups(questions, scores, lambda q: ("answerable" if q.answerable else "unanswerable",)),
    }


def _groups(
    questions: Sequence[Question], scores: Sequence[Score], names_of: Callable[[Question], Sequence[str]]
) -> dict[str, dict[str, Any]]:
    chosen: dict[str, list[tuple[Question, Score]]] = {}
    for q, s in zip(questions, scores, strict=True):
        for name in dict.fromkeys(names_of(q)):
            chosen.setdefault(name, []).append((q, s))
    return {name: aggregate([q for q, _ in rows], [s for _, s in rows]) for name, rows in sorted(chosen.items())}


def metric_of(summary: Mapping[str, Any], name: str) -> float | None:
    """``metric`` of all questions, or ``group/metric`` of a tag, language or "answerable"/"unanswerable"; else None."""
    group, _, metric = name.rpartition("/")
    row = summary.get("all", {})
    if group:
        row = next(
            (
                summary[kind][group]
                for kind in ("tags", "languages", "answerability", "kinds")
                if group in summary.get(kind, {})
            ),
            {},
        )
    value = row.get(metric)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def latency(lines: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Percentiles of milliseconds a question, in all ("total") and by stage; only these differ between reruns."""
    stages: dict[str, list[float]] = {}
    for line in lines:
        for stage, value in line.get("timings_ms", {}).items():
            stages.setdefault(stage, []).append(float(value))
    return {
        stage: {f"p{q}": round(percentile(values, q), 2) for q in (50, 90, 95, 99)}
        for stage, values in sorted(stages.items())
    }


def tradeoff(questions: Sequence[Question], scores: Sequence[Score]) -> list[tuple[float, float, float]]:
    """(bar, false refusals, false answers) for each bar on the confidence, from never to always refusing.

    What was refused stays refused; a rising bar refuses more of what was answered. Empty unless both kinds of question
    are there. The first point is where the system stands.
    """
    yes = [_confidence(s) for q, s in zip(questions, scores, strict=True) if q.answerable]
    no = [_confidence(s) for q, s in zip(questions, scores, strict=True) if not q.answerable]
    if not yes or not no:
        return []
    infinity = float("inf")
    bars = sorted({x for x in yes + no if x > -infinity} | {infinity})
    return [(bar, sum(x < bar for x in yes) / len(yes), sum(x >= bar for x in no) / len(no)) for bar in bars]


def _confidence(s: Score) -> float:
    return s.confidence if s.status == "answered" and s.confidence is not None else float("-inf")
