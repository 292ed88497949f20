"""Each channel against the same written out sentence by sentence."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rag import Index, Retriever
from rag.retrieve import channels as ch
from rag.scoring import fusion, maxsim


@pytest.fixture
def ids(index: Index) -> np.ndarray:
    return index.store.snapshot().ids


QUESTIONS = ("bao nhiêu tổ cộng đồng", "chợ bán cá")


def test_vectors_of_one_and_of_two_sentences(index: Index, ids: np.ndarray):
    snapshot, queries = index.store.snapshot(), index.embedder.embed_queries(QUESTIONS)
    found = ch.dense(snapshot, ids, queries)
    flat, bounds = snapshot.sentence_vectors(ids)
    lengths = set()
    for i, (first, last) in enumerate(itertools.pairwise(bounds)):
        rows = flat[first:last].astype(np.float64)
        lengths.add(len(rows))
        doubles = [a + b for a, b in itertools.pairwise(rows)] + [rows[-1]]
        doubles = [v / np.linalg.norm(v) for v in doubles]
        assert found["sentence"][i] == pytest.approx((rows @ queries.T).max(), abs=1e-3)
        assert found["sentence_pair"][i] == pytest.approx((np.stack(doubles) @ queries.T).max(), abs=2e-3)
        assert found["dense"][i] == pytest.approx((snapshot.vectors(ids)[i] @ queries.T).max(), abs=1e-3)
    assert max(lengths) > 1, "no passage of several sentences: nothing was tested"


@pytest.mark.parametrize("across", [False, True])
def test_tokens_of_one_and_of_two_sentences(index: Index, ids: np.ndarray, across: bool):
    snapshot, embedder = index.store.snapshot(), index.embedder
    asked = ch.tokens(embedder, QUESTIONS[:1])
    found = ch.late(ch.pieces(snapshot, embedder, ids), embedder, asked, np.full(len(ids), across))
    units, _ = embedder.token_table()
    weights = maxsim.importance(asked.norms, across)

    def score(pieces: list[int]) -> float:
        best = (asked.vectors @ np.asarray(units[pieces], dtype=np.float32).T).max(axis=1)
        return float(maxsim.weighted(best[None, :], weights)[0])

    for i, passage in enumerate(snapshot.passages(ids)):
        context = embedder.pieces([passage.context])[0].tolist() if passage.context else []
        sentences = [passage.text[a - passage.start : b - passage.start] for a, b in passage.sentences]
        held = [p.tolist() for p in embedder.pieces(sentences)]
        pairs = [a + b for a, b in itertools.pairwise(held)] or held
        assert found["maxsim"][i] == pytest.approx(score([x for p in held for x in p] + context), abs=1e-3)
        assert found["maxsim_sentence"][i] == pytest.approx(max(score(p + context) for p in held), abs=1e-3)
        assert found["maxsim_pair"][i] == pytest.approx(max(score(p + context) for p in pairs), abs=1e-3)


def test_how_much_of_a_sentence_the_question_says(index: Index, ids: np.ndarray):
    snapshot, embedder = index.store.snapshot(), index.embedder
    asked = ch.tokens(embedder, QUESTIONS)
    cross = np.full(len(ids), True)
    found = ch.late(ch.pieces(snapshot, embedder, ids), embedder, asked, cross, statement=True)
    units, norms = embedder.token_table()

    def both_ways(pieces: list[int], context: list[int], words: slice) -> tuple[float, float]:
        rows, others = asked.vectors[words], np.asarray(units[pieces], dtype=np.float32)
        weights = np.asarray(norms[pieces], dtype=np.float64) ** 2
        best = (others @ rows.T).max(axis=1)
        back = float((np.where(best >= maxsim.FLOOR, best, 0) * weights).sum() / weights.sum())
        whole = np.concatenate([others, np.asarray(units[context], dtype=np.float32)])
        highest = (rows @ whole.T).max(axis=1)
        weights = asked.norms[words].astype(np.float64)
        forth = float((np.where(highest >= maxsim.FLOOR, highest, 0) * weights).sum() / weights.sum())
        return back, 2 * back * forth / max(back + forth, 1e-9)

    wordings = [slice(a, b) for a, b in itertools.pairwise(asked.bounds)]
    for i, passage in enumerate(snapshot.passages(ids)):
        context = embedder.pieces([passage.context])[0].astype(int).tolist() if passage.context else []
        sentences = [passage.text[a - passage.start : b - passage.start] for a, b in passage.sentences]
        told = [both_ways(p.astype(int).tolist(), context, w) for p in embedder.pieces(sentences) for w in wordings]
        assert found["maxsim_reverse"][i] == pytest.approx(max(back for back, _ in told), abs=1e-4)
        assert found["maxsim_f1"][i] == pytest.approx(max(both for _, both in told), abs=1e-4)


def test_what_is_not_a_statement_is_not_scored_as_one(index: Index, ids: np.ndarray):
    held = ch.pieces(index.store.snapshot(), index.embedder, ids)
    asked, none = ch.tokens(index.embedder, QUESTIONS), np.zeros(len(ids), dtype=bool)
    assert set(ch.late(held, index.embedder, asked, none)) == set(fusion.TOKENS)
    nothing = ch.late(held, index.embedder, ch.tokens(index.embedder, ("",)), none, statement=True)
    assert set(nothing) == {*fusion.TOKENS, *fusion.REVERSE} and not any(v.any() for v in nothing.values())


def test_two_sentences_are_never_those_of_two_passages(index: Index, ids: np.ndarray):
    """A pair may not reach over the end of a passage: each passage alone scores as it does among all."""
    snapshot, queries = index.store.snapshot(), index.embedder.embed_queries(QUESTIONS)
    asked, none = ch.tokens(index.embedder, QUESTIONS), np.zeros(len(ids), dtype=bool)
    everything = ch.dense(snapshot, ids, queries) | ch.late(
        ch.pieces(snapshot, index.embedder, ids), index.embedder, asked, none
    )
    for i in range(len(ids)):
        one = ids[i : i + 1]
        alone = ch.dense(snapshot, one, queries) | ch.late(
            ch.pieces(snapshot, index.embedder, one), index.embedder, asked, none[:1]
        )
        assert {n: pytest.approx(float(v[i]), abs=1e-5) for n, v in everything.items()} == {
            n: float(v[0]) for n, v in alone.items()
        }


def test_all_channels_reach_the_hits(index: Index):
    hit = Retriever(index).search(QUESTIONS[0], k=1)[0]
    assert {"sentence_pair", "maxsim_pair"} <= set(hit.channels)
