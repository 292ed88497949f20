"""The best passages and single scores, found by bounds, are those of weighing every passage, to the bit."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder, fingerprint_of, put
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.scoring import fusion
from rag.scoring.bm25 import idf
from rag.store import Remove, Store, lexical, view
from rag.store.matches import Common, Kept, Matches
from rag.types import Document


def made(seed: int, n: int, commons: int, rare: int, cuts: int, dead: int) -> Matches:
    """Scores over n rows in `cuts` + 1 segments, `dead` of the rows not living."""
    random = np.random.default_rng(seed)
    norms = lexical.norms(random.integers(1, 60, n), 30.0)
    starts = [0, *np.sort(random.choice(np.arange(1, n), cuts, replace=False)).tolist(), n]
    kept = Kept(1 << 20)
    columns = []
    for number in range(commons):
        counts = random.poisson(random.uniform(0.1, 2.0), n).astype(np.uint8)
        lists = [
            (a, np.flatnonzero(counts[a:b]).astype(np.uint16), counts[a:b][counts[a:b] > 0])
            for a, b in pairwise(starts)
            if counts[a:b].any()
        ]
        if lists:
            columns.append(Common(lists, idf([int((counts > 0).sum()) + n], 17 * n)[0], norms, ("c", number), kept))
    rows = np.sort(random.choice(n, min(rare, n), replace=False))
    # Few values, so that many passages tie.
    sums = random.choice(np.asarray([0.5, 1.0, 2.5, 8.0], np.float32), len(rows))
    places = None if not dead else np.sort(random.choice(n, n - dead, replace=False))
    return Matches(columns, rows, sums, norms, places)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(5, 400),
    st.integers(0, 12),
    st.integers(0, 120),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(1, 60),
)
def test_the_best_are_those_of_all(seed: int, n: int, commons: int, rare: int, cuts: int, dead: int, k: int) -> None:
    arguments = (seed, n, commons, rare, cuts, dead)
    whole = made(*arguments).everywhere()
    asked = made(*arguments)
    positions, scores = asked.best(k)
    assert np.all(np.diff(positions) > 0)
    assert scores.tobytes() == whole[positions].tobytes()
    best = fusion.top(whole, k)
    right = set(best[whole[best] > 0].tolist())
    chosen = positions[fusion.top(scores, k)]
    assert {p for p in chosen.tolist() if whole[p] > 0} == right
    edge = np.sort(whole)[-min(k, len(whole))]
    assert set(np.flatnonzero((whole >= edge) & (whole > 0)).tolist()) <= set(positions.tolist())
    some = np.random.default_rng(seed).permutation(len(whole))[:50]
    # Before and after the best were asked for, and after all were.
    assert made(*arguments).at(some).tobytes() == whole[some].tobytes()
    assert asked.at(some).tobytes() == whole[some].tobytes()
    asked.everywhere()
    assert asked.at(some).tobytes() == whole[some].tobytes()


@pytest.mark.parametrize("question", ["tổ công nghệ số ở tỉnh", "tổ tổ", "hiếm1 công nghệ", "không có", ""])
def test_a_view_tells_the_same_either_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    embedder = FakeEmbedder(8)
    random = np.random.default_rng(2)
    words = "tổ công nghệ số cộng đồng xã thôn tỉnh huyện".split()
    texts = [f"{' '.join(random.choice(words, 30))} hiếm{n % 9}" for n in range(90)]
    monkeypatch.setattr(view, "_COMMON_FROM", 5)
    with Store.create(tmp_path / "i", fingerprint_of(embedder)) as store:
        with store.writer() as writer:
            writer.commit([put(Document(f"a{n}", t), embedder) for n, t in enumerate(texts[:60])], finishing=False)
            writer.commit([put(Document(f"b{n}", t), embedder) for n, t in enumerate(texts[60:])], finishing=False)
            writer.commit([Remove("a3"), Remove("b7")], finishing=False)
        with store.snapshot() as snapshot:
            for channel in lexical.CHANNELS:
                whole = snapshot.bm25(channel, question)
                found = snapshot.matches(channel, question)
                positions, scores = found.best(5)
                assert scores.tobytes() == whole[positions].tobytes()
                assert set(fusion.top(whole, 5)[whole[fusion.top(whole, 5)] > 0].tolist()) <= set(positions.tolist())
                assert found.at(np.arange(len(whole))).tobytes() == whole.tobytes()


def test_columns_are_forgotten_when_they_grow_too_many() -> None:
    kept = Kept(100)
    for name in "abc":
        kept.once(name, lambda: np.zeros(40, np.uint8))
    assert kept.get("a") is None and kept.get("b") is not None and kept.get("c") is not None
    kept.once("d", lambda: np.zeros(400, np.uint8))
    assert kept.get("c") is None and kept.get("d") is not None
