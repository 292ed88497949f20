"""BM25 against bm25s and against sums done by hand."""

from __future__ import annotations

import bm25s
import numpy as np
import pytest

from rag.scoring import bm25

TEXTS = [
    "Hà Tĩnh có 1.200 tổ công nghệ số cộng đồng",
    "Thanh Hóa chuyển đổi số, chuyển đổi xanh",
    "chuyển đổi",
    "Bạn bán gì ở chợ Hà Tĩnh?",
]


def test_terms_are_words_then_pairs():
    assert bm25.terms("Chuyển đổi số") == ["chuyển", "đổi", "số", "chuyển đổi", "đổi số"]
    assert bm25.terms("Chuyển đổi số", folded=True) == ["chuyen", "doi", "so", "chuyen doi", "doi so"]
    assert bm25.terms("Chuyển đổi số", bigrams=False) == ["chuyển", "đổi", "số"]
    assert bm25.terms("Hoà") == bm25.terms("Hòa") == ["hòa"]
    assert bm25.terms("") == [] == bm25.terms("?!")


def test_ban_is_not_ban():
    assert "bán" in bm25.terms(TEXTS[3]) and "bạn" in bm25.terms(TEXTS[3])
    assert bm25.terms("bán", folded=True) == bm25.terms("bạn", folded=True)


def scores(question: str, folded: bool) -> np.ndarray:
    """The formula of the module, term by term."""
    bags = [bm25.terms(t, folded) for t in TEXTS]
    lengths = np.array([len(b) for b in bags])
    total = np.zeros(len(bags), dtype=np.float32)
    for term in bm25.terms(question, folded):
        counts = np.array([b.count(term) for b in bags])
        total += bm25.idf([int((counts > 0).sum())], len(bags))[0] * bm25.saturation(counts, lengths, lengths.mean())
    return total


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("question", ["chuyển đổi số", "bạn ở Hà Tĩnh", "Thanh Hoá"])
def test_equals_bm25s(question: str, folded: bool):
    other = bm25s.BM25(k1=bm25.K1, b=bm25.B, method="lucene")
    other.index([bm25.terms(t, folded) for t in TEXTS], show_progress=False)
    wanted = other.get_scores([t for t in bm25.terms(question, folded) if t in other.vocab_dict])
    np.testing.assert_allclose(scores(question, folded), wanted, atol=1e-5)


def test_score_stays_under_the_ceiling():
    question = "chuyển đổi số"
    bags = [bm25.terms(t) for t in TEXTS]
    rarities = bm25.idf([sum(term in b for b in bags) for term in bm25.terms(question)], len(bags))
    assert 0 < scores(question, False).max() < bm25.ceiling(rarities)
    assert bm25.ceiling(np.zeros(0)) == 0.0
