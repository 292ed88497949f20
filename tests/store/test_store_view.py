"""What a version holds in memory: counts of common terms as a byte each, and documents read lately."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder, fingerprint_of, put

from rag.store import Remove, Store, lexical, matches, view
from rag.store.view import Documents
from rag.types import Document


def test_common_terms_score_as_rare_ones_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a term counts as common, and how many rows are weighed at a time, changes no score beyond rounding."""
    embedder = FakeEmbedder(8)
    random = np.random.default_rng(2)
    texts = [" ".join(random.choice("tổ công nghệ số cộng đồng xã thôn tỉnh huyện".split(), 30)) for _ in range(60)]
    with Store.create(tmp_path / "i", fingerprint_of(embedder)) as store:
        with store.writer() as writer:
            writer.commit([put(Document(f"a{n}", t), embedder) for n, t in enumerate(texts[:40])], finishing=False)
            writer.commit([put(Document(f"b{n}", t), embedder) for n, t in enumerate(texts[40:])], finishing=False)
            writer.commit([Remove("a3"), Remove("b7")], finishing=False)
        with store.snapshot() as snapshot:
            plain = [snapshot.bm25(channel, "tổ công nghệ số ở tỉnh") for channel in lexical.CHANNELS]
        monkeypatch.setattr(view, "_COMMON_FROM", 0)
        monkeypatch.setattr(matches, "_RUN", 7)
        with store.snapshot() as snapshot:
            for _ in range(2):  # made, then remembered
                for before, channel in zip(plain, lexical.CHANNELS, strict=True):
                    np.testing.assert_allclose(snapshot.bm25(channel, "tổ công nghệ số ở tỉnh"), before, rtol=1e-5)


def test_documents_are_forgotten_when_they_grow_too_many() -> None:
    held = Documents(most=10)
    first, second, third = (Document(s, s * 4) for s in "abc")
    held.keep({1: first, 2: second})
    assert held.get([1]) == {1: first}
    held.keep({3: third})
    assert held.get([1, 2, 3]) == {1: first, 3: third}
    held.keep({4: Document("d", "d" * 40)})
    assert held.get([1, 2, 3, 4]) == {}
