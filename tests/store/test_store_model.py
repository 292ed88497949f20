"""Random adds, changes, removals and reopenings against a brute-force model of the same documents."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from brute import Brute
from fakes import FakeEmbedder, fingerprint_of, put
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.store import Remove, Snapshot, Store
from rag.types import Document

EMBEDDER = FakeEmbedder(16)
WORDS = [
    "tổ",
    "to",
    "công",
    "nghệ",
    "số",
    "Hà",
    "Tĩnh",
    "Thanh",
    "Hóa",
    "đất",
    "dat",
    "59",
    "xã",
    "bán",
    "bạn",
    "𝟙",
    "x",
]
LINE = st.lists(st.sampled_from(WORDS), min_size=0, max_size=7).map(" ".join)
TEXT = st.lists(
    st.tuples(LINE, st.booleans(), LINE).map(lambda t: t[0] + (". " if t[1] else " ") + t[2]), max_size=4
).map("\n".join)
SOURCES = [f"d{i}" for i in range(7)]
STEP = st.one_of(
    st.tuples(
        st.just("commit"),
        st.lists(
            st.one_of(
                st.tuples(st.just("put"), st.sampled_from(SOURCES), TEXT, LINE),
                st.tuples(st.just("remove"), st.sampled_from(SOURCES), st.just(""), st.just("")),
            ),
            max_size=5,
        ),
        st.booleans(),
    ),
    st.tuples(st.just("reopen"), st.just([]), st.booleans()),
    st.tuples(st.just("finish"), st.just([]), st.booleans()),
)


def assert_equal(snapshot: Snapshot, brute: Brute) -> None:
    passages = snapshot.passages(snapshot.ids)
    keys = [(p.source, p.start) for p in passages]
    assert sorted(keys) == sorted(brute.rows())
    assert {(p.source, p.start): p.text for p in passages} == brute.texts()
    assert list(snapshot.ids) == sorted(set(snapshot.ids.tolist()))
    assert {d.source for d in snapshot.documents()} == set(brute.puts)
    for channel in ("exact", "folded"):
        for question in ("tổ công nghệ số", "dat Ha Tinh 59", "bán", "zzz", ""):
            expected = brute.bm25(channel, question)
            found = snapshot.bm25(channel, question)
            assert found.shape == (len(keys),) and found.dtype == np.float32
            np.testing.assert_allclose(found, [expected[k] for k in keys], rtol=2e-6, atol=1e-6)
        for word in ("tổ", "Hà Tĩnh", "zzz"):
            assert snapshot.document_frequency(word, channel == "folded") == brute.frequency(word, channel)
    query = EMBEDDER.embed_queries(["tổ công nghệ 59"])[0]
    expected_vectors = brute.vectors()
    ids, scores = snapshot.search_vectors(query, 3)
    best = sorted((float(v @ query) for v in expected_vectors.values()), reverse=True)[:3]
    np.testing.assert_allclose(scores, best, atol=1e-5)
    by_id = dict(zip(snapshot.ids.tolist(), keys, strict=True))
    np.testing.assert_allclose([expected_vectors[by_id[i]] @ query for i in ids.tolist()], scores, atol=1e-5)
    np.testing.assert_array_equal(
        snapshot.vectors(snapshot.ids), [expected_vectors[k] for k in keys] or np.empty((0, 16))
    )
    expected_sentences = brute.sentences()
    ids, numbers, scores = snapshot.search_sentences(query, 4)
    best = sorted((float(v @ query) for v in expected_sentences.values()), reverse=True)[:4]
    np.testing.assert_allclose(scores, best, atol=1e-5)
    for i, number, score in zip(ids.tolist(), numbers.tolist(), scores, strict=True):
        np.testing.assert_allclose(expected_sentences[(*by_id[i], number)] @ query, score, atol=1e-5)
    assert_gathered(snapshot, brute, keys)


def assert_gathered(snapshot: Snapshot, brute: Brute, keys: list[tuple[str, int]]) -> None:
    """Gathering in any order, with repetitions, gives each passage's own rows."""
    order = np.random.default_rng(0).permutation(len(keys))
    order = np.concatenate([order, order[:1]])
    ids = snapshot.ids[order]
    flat, starts = snapshot.sentence_vectors(ids)
    pieces, at, first = snapshot.pieces(ids)
    context, context_at = snapshot.context_pieces(ids)
    every, every_at, group = snapshot.all_pieces(ids)
    assert len(starts) == len(first) == len(context_at) == len(ids) + 1
    expected = brute.sentences()
    passages = snapshot.passages(ids)
    for n, passage in enumerate(passages):
        rows = [expected[passage.source, passage.start, j] for j in range(len(passage.sentences))]
        np.testing.assert_array_equal(flat[starts[n] : starts[n + 1]], np.asarray(rows).reshape(-1, 16))
        texts = [passage.text[s - passage.start : e - passage.start] for s, e in passage.sentences]
        held = [pieces[at[j] : at[j + 1]].tolist() for j in range(int(first[n]), int(first[n + 1]))]
        assert held == [p.tolist() for p in EMBEDDER.pieces(texts)]
        assert context[context_at[n] : context_at[n + 1]].tolist() == EMBEDDER.pieces([passage.context])[0].tolist()
        groups = [every[every_at[j] : every_at[j + 1]].tolist() for j in range(int(group[n]), int(group[n + 1]))]
        assert groups == [p.tolist() for p in EMBEDDER.pieces([passage.context, *texts])]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, min_size=1, max_size=8))
def test_any_history_equals_the_brute_force_model(
    steps: list[tuple[str, list[tuple[str, str, str, str]], bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(Path(folder) / "i", fingerprint_of(EMBEDDER))
        brute = Brute()
        for kind, changes, finishing in steps:
            if kind == "reopen":
                store.close()
                store = Store.open(Path(folder) / "i", fingerprint_of(EMBEDDER))
                continue
            with store.writer() as writer:
                if kind == "finish":
                    writer.finish()
                else:
                    made = [_change(*c) for c in changes]
                    writer.commit(made, finishing=finishing)
                    for change in made:
                        if isinstance(change, Remove):
                            brute.puts.pop(change.source, None)
                        else:
                            brute.puts[change.document.source] = change
            with store.snapshot() as snapshot:
                assert_equal(snapshot, brute)
        assert store.verify() == []
        # The same documents, stored in one go in another order, are the same content.
        other = Store.create(Path(folder) / "other", fingerprint_of(EMBEDDER))
        with other.writer() as writer:
            writer.commit([brute.puts[s] for s in sorted(brute.puts, reverse=True)])
        assert other.content_hash() == store.content_hash()
        assert other.verify() == []
        a, b = store.snapshot(), other.snapshot()
        for channel in ("exact", "folded"):
            left = dict(zip(_keys(a), a.bm25(channel, "tổ công Hà Tĩnh").tolist(), strict=True))
            right = dict(zip(_keys(b), b.bm25(channel, "tổ công Hà Tĩnh").tolist(), strict=True))
            assert left == right, "bit for bit, whatever the history"
        a.close()
        b.close()
        store.close()
        other.close()


def _keys(snapshot: Snapshot) -> list[tuple[str, int]]:
    return [(p.source, p.start) for p in snapshot.passages(snapshot.ids)]


def _change(kind: str, source: str, text: str, title: str):  # type: ignore[no-untyped-def]
    return Remove(source) if kind == "remove" else put(Document(source, text, title=title), EMBEDDER)
