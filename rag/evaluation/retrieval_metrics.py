"""Measures of ranked retrieval, equal to trec_eval's. Knows rankings and judgements; knows nothing of indexes or files.

A run is {query: {document: score}}, judgements are {query: {document: relevance}}. As in trec_eval, scores are single
precision, ties go to the document whose name sorts last, relevance above 0 counts, and nDCG's gain is the relevance
itself with log2(rank + 1) as discount (Järvelin and Kekäläinen, TOIS 2002). As with trec_eval's -c, a judged query that
the run lacks scores 0; queries without judgements are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from rag.errors import EvaluationError

MEASURES = ("ndcg@10", "recall@1", "recall@5", "recall@10", "recall@100", "mrr@10", "map")


def ranking(scores: Mapping[str, float]) -> list[str]:
    """Documents best first; ties by name, last first. Raises EvaluationError for a score that is not a number."""
    for document, score in scores.items():
        if math.isnan(score):
            raise EvaluationError(f"score of document {document!r} is not a number")
    single = {d: float(np.float32(s)) for d, s in scores.items()}
    return sorted(single, key=lambda d: (single[d], d), reverse=True)


def ndcg(ranked: list[str], relevance: Mapping[str, int], k: int) -> float:
    """Normalised discounted cumulative gain of the first k."""
    gain = sum(max(relevance.get(d, 0), 0) / math.log2(i + 2) for i, d in enumerate(ranked[:k]))
    best = sorted((r for r in relevance.values() if r > 0), reverse=True)[:k]
    ideal = sum(r / math.log2(i + 2) for i, r in enumerate(best))
    return gain / ideal if ideal else 0.0


def recall(ranked: list[str], relevance: Mapping[str, int], k: int) -> float:
    """Share of the relevant documents that stand among the first k."""
    relevant = {d for d, r in relevance.items() if r > 0}
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranked: list[str], relevance: Mapping[str, int], k: int) -> float:
    """One over the rank of the first relevant document among the first k, else 0."""
    return next((1.0 / (i + 1) for i, d in enumerate(ranked[:k]) if relevance.get(d, 0) > 0), 0.0)


def average_precision(ranked: list[str], relevance: Mapping[str, int]) -> float:
    """Mean over the relevant documents of the precision at their rank, 0 for those not found."""
    relevant = sum(1 for r in relevance.values() if r > 0)
    found, total = 0, 0.0
    for i, d in enumerate(ranked):
        if relevance.get(d, 0) > 0:
            found += 1
            total += found / (i + 1)
    return total / relevant if relevant else 0.0


def measure(ranked: list[str], relevance: Mapping[str, int]) -> dict[str, float]:
    """All MEASURES of one query."""
    values = {"ndcg@10": ndcg(ranked, relevance, 10), "mrr@10": reciprocal_rank(ranked, relevance, 10)}
    values |= {f"recall@{k}": recall(ranked, relevance, k) for k in (1, 5, 10, 100)}
    values["map"] = average_precision(ranked, relevance)
    return {name: values[name] for name in MEASURES}


def per_query(
    run: Mapping[str, Mapping[str, float]], qrels: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, float]]:
    """MEASURES of every judged query, in order of its id. Raises EvaluationError when nothing is judged."""
    if not qrels:
        raise EvaluationError("no judgements: qrels are empty")
    return {query: measure(ranking(run.get(query, {})), qrels[query]) for query in sorted(qrels)}


def mean(values: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Mean of each measure over queries."""
    return {name: math.fsum(v[name] for v in values.values()) / len(values) for name in MEASURES}
