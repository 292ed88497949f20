"""Every way of searching vectors against plain inner products: small, FAISS exact, FAISS cells; with and without masks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder, fingerprint_of, put

from rag.store import Remove, Store, dense
from rag.store.files import Columns
from rag.types import Document


def rows_of(n: int, d: int = 24, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    rows = random.standard_normal((30, d))[random.integers(0, 30, n)] + 0.7 * random.standard_normal((n, d))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def true_best(rows: np.ndarray, query: np.ndarray, k: int, alive: np.ndarray | None = None) -> list[tuple[int, float]]:
    scores = rows.astype(np.float32) @ query
    found = [(i, float(s)) for i, s in enumerate(scores) if alive is None or alive[i]]
    return sorted(found, key=lambda t: (-t[1], t[0]))[:k]


@pytest.fixture(params=["numpy", "exact", "cells"])
def matrix(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dense.Matrix:
    rows = rows_of(3000)
    columns = {"vectors": rows}
    about = {}
    if request.param != "numpy":
        monkeypatch.setattr(dense, "FAISS_FROM", 1000)
        monkeypatch.setattr(dense, "_FEW", 50)
    if request.param == "cells":
        made = dense.make_cells(rows, rows_of(100, seed=3))
        assert made is not None and made.recall >= dense.RECALL
        columns[dense.cells_name("vectors")] = made.data
        about = {"vectors": {"probes": made.probes}}
    found = dense.Matrix(Columns("x", columns), "vectors", about)
    assert found.way == request.param
    return found


def test_best_rows_and_their_true_scores(matrix: dense.Matrix) -> None:
    rows = rows_of(3000)
    hits = wanted = 0
    for query in rows_of(30, seed=9).astype(np.float32):
        for k in (1, 10, 5000):
            got, scores = matrix.search(query, k)
            expected = true_best(rows, query, k)
            assert len(got) == len(set(got.tolist())) and (got >= 0).all()
            np.testing.assert_allclose(scores, rows[got].astype(np.float32) @ query, atol=1e-5)
            assert (np.diff(scores) <= 0).all()
            if k <= 10:
                hits += len(set(got.tolist()) & {i for i, _ in expected})
                wanted += k
            if matrix.way != "cells":
                np.testing.assert_allclose(scores, [s for _, s in expected], atol=1e-5)
    assert hits / wanted >= (0.95 if matrix.way == "cells" else 0.999)


@pytest.mark.parametrize("share", [0.0, 0.005, 0.3, 1.0])
def test_masked_rows_are_never_found(matrix: dense.Matrix, share: float) -> None:
    rows = rows_of(3000)
    alive = np.random.default_rng(1).random(3000) < share
    for query in rows_of(10, seed=9).astype(np.float32):
        got, scores = matrix.search(query, 20, alive)
        assert alive[got].all()
        assert len(got) == min(20, int(alive.sum())) or matrix.way == "cells"
        if matrix.way != "cells" or share < 0.01:
            np.testing.assert_allclose(scores, [s for _, s in true_best(rows, query, 20, alive)], atol=1e-5)


def test_nothing_asked_nothing_found(matrix: dense.Matrix) -> None:
    ids, scores = matrix.search(np.ones(24, np.float32), 0)
    assert len(ids) == len(scores) == 0


def test_equal_scores_go_to_the_smaller_row() -> None:
    rows = np.tile(rows_of(1), (50, 1))
    found, _ = dense.Matrix(Columns("x", {"v": rows}), "v").search(rows[0].astype(np.float32), 5)
    assert found.tolist() == [0, 1, 2, 3, 4]


def test_cells_that_miss_too_much_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "RECALL", 1.01)
    assert dense.make_cells(rows_of(2000), rows_of(50, seed=2)) is None


def test_a_store_of_faiss_segments_equals_one_of_numpy_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = FakeEmbedder(16)
    texts = ["\n".join(f"mục {i} của tài liệu {n}. số {i * n}" for i in range(20)) for n in range(40)]
    puts = [put(Document(f"d{n}", text), embedder) for n, text in enumerate(texts)]
    query = embedder.embed_queries(["mục 7 của tài liệu 12"])[0]
    answers = []
    for way in ("numpy", "faiss"):
        if way == "faiss":
            monkeypatch.setattr(dense, "FAISS_FROM", 100)
            monkeypatch.setattr(dense, "CELLS_FROM", 500)
            monkeypatch.setattr(dense, "_FEW", 10)
        with Store.create(tmp_path / way, fingerprint_of(embedder)) as store:
            with store.writer() as writer:
                writer.commit(puts)
                writer.commit([Remove("d3"), Remove("d12")], finishing=False)
            with store.snapshot() as snapshot:
                mask = snapshot.mask(sources=["d1*"])
                answers.append(
                    [
                        snapshot.search_vectors(query, 5)[1],
                        snapshot.search_vectors(query, 5, mask)[1],
                        snapshot.search_sentences(query, 5)[2],
                        snapshot.search_sentences(query, 5, mask)[2],
                    ]
                )
                assert {p.source[:2] for p in snapshot.passages(snapshot.search_vectors(query, 5, mask)[0])} == {"d1"}
            info = store.info()
            assert info["vector_search"] == (["numpy"] if way == "numpy" else ["cells"])
            assert info["recall@10"] >= 0.97
            assert store.verify() == []
    for small, large in zip(*answers, strict=True):
        np.testing.assert_allclose(small, large, atol=0.02)


def test_a_small_index_answers_without_importing_faiss(tmp_path: Path) -> None:
    embedder = FakeEmbedder(16)
    with Store.create(tmp_path / "i", fingerprint_of(embedder)) as store, store.writer() as writer:
        writer.commit([put(Document("a", "một hai ba"), embedder)])
    script = (
        "import sys, numpy as np\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from rag.store import Store\n"
        "s = Store.open(sys.argv[1]).snapshot()\n"
        "assert len(s.search_vectors(np.ones(16, np.float32), 3)[0]) == 1\n"
        "assert len(s.search_sentences(np.ones(16, np.float32), 3)[0]) == 1\n"
        "s.bm25('exact', 'hai')\n"
        "print(sorted({'faiss', 'torch', 'transformers', 'pickle'} & set(sys.modules) - {'pickle'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path / "i"], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("d", [24, 64, 256])
def test_codes_of_a_byte_find_exactly_what_the_numbers_themselves_do(d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where d is a multiple of 64 some processors multiply bytes with bytes, and the question must be one of whole numbers.
    monkeypatch.setattr(dense, "FAISS_FROM", 1000)
    rows = rows_of(4000, d)
    rows[100:400] = rows[7]  # more equals than are looked at first
    matrix = dense.Matrix(Columns("x", {"v": rows}), "v")
    assert matrix.way == "exact"
    asked = [*rows_of(20, d, seed=4).astype(np.float32), rows[7].astype(np.float32), np.zeros(d, np.float32)]
    for query in asked:
        _, scores = matrix.search(query, 30)
        np.testing.assert_allclose(scores, [s for _, s in true_best(rows, query, 30)], atol=1e-5)
    assert matrix.search(asked[20], 5)[0].tolist() == [7, 100, 101, 102, 103]


def test_halves_are_widened_to_the_bit() -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    np.testing.assert_array_equal(dense.widen(halves).view(np.uint32), halves.astype(np.float32).view(np.uint32))
