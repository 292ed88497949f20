"""Measures against pytrec_eval, on random runs and on the odd cases."""

from __future__ import annotations

import random

import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import EvaluationError
from rag.evaluation import retrieval_metrics as rm

THEIRS = {
    "ndcg@10": "ndcg_cut_10",
    "recall@1": "recall_1",
    "recall@5": "recall_5",
    "recall@10": "recall_10",
    "recall@100": "recall_100",
    "map": "map",
}


def reference(run, qrels):
    """pytrec_eval, with an absent query counted as 0 and reciprocal rank over the first ten."""
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.1,5,10,100", "map", "recip_rank"})
    got = evaluator.evaluate(run)
    out = {}
    for query in qrels:
        mine = got.get(query)
        out[query] = {name: mine[other] if mine else 0.0 for name, other in THEIRS.items()}
        reciprocal = mine["recip_rank"] if mine else 0.0
        out[query]["mrr@10"] = reciprocal if reciprocal >= 0.1 - 1e-9 else 0.0
    return out


def agree(run, qrels):
    mine, theirs = rm.per_query(run, qrels), reference(run, qrels)
    assert mine.keys() == theirs.keys()
    for query in mine:
        assert mine[query] == pytest.approx(theirs[query], abs=1e-6), query


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_random_runs_with_ties(seed):
    r = random.Random(seed)
    documents = [f"d{i}" for i in range(r.choice([3, 30, 200]))]
    qrels = {
        f"q{i}": {d: r.choice([0, 0, 1, 2]) for d in r.sample(documents, r.randint(1, len(documents)))}
        for i in range(5)
    }
    run = {}
    for query in qrels:
        found = r.sample(documents, r.randint(1, len(documents)))
        run[query] = {d: r.choice([r.random(), 0.5, 0.25]) for d in found}
    agree(run, qrels)


def test_ties_within_single_precision():
    agree({"q": {"a": 1.0, "b": 1.0 + 1e-9, "c": 0.5}}, {"q": {"a": 1}})


def test_negative_judgements_count_as_not_relevant():
    agree({"q": {"a": 3.0, "b": 2.0, "c": 1.0}}, {"q": {"a": -1, "b": 1, "c": 2}})


def test_a_query_that_found_nothing_scores_zero():
    values = rm.per_query({"q1": {"a": 1.0}, "q2": {}}, {"q1": {"a": 1}, "q2": {"b": 1}, "q3": {"c": 1}})
    assert values["q1"]["ndcg@10"] == 1.0
    assert set(values["q2"].values()) == set(values["q3"].values()) == {0.0}
    assert rm.mean(values)["recall@1"] == pytest.approx(1 / 3)


def test_queries_without_judgements_are_left_out():
    assert list(rm.per_query({"q1": {"a": 1.0}, "other": {"a": 1.0}}, {"q1": {"a": 1}})) == ["q1"]


def test_loud_errors():
    with pytest.raises(EvaluationError, match="no judgements"):
        rm.per_query({}, {})
    with pytest.raises(EvaluationError, match="'a' is not a number"):
        rm.per_query({"q": {"a": float("nan")}}, {"q": {"a": 1}})
