"""Scores of single sentences, as the reader uses them."""

from __future__ import annotations

import numpy as np
import pytest

from rag import Index
from rag.errors import UsageError
from rag.retrieve import SentenceScorer
from rag.text.normalise import fold

SENTENCES = [
    "Người dân dùng dịch vụ công trực tuyến nhiều hơn trước.",
    "Tỉnh đã lập 1.200 tổ công nghệ số cộng đồng.",
    "Bà con bán rau ở chợ từ sáng sớm.",
    "",
    "😀",
]


@pytest.mark.parametrize(
    "question", ["Có bao nhiêu tổ công nghệ số cộng đồng?", "Co bao nhieu to cong nghe so cong dong?"]
)
def test_the_sentence_that_answers_leads_in_every_channel(index: Index, question: str):
    scores = SentenceScorer(index).score(question, SENTENCES)
    assert set(scores) == {"lexical", "dense", "maxsim"}
    for name, values in scores.items():
        assert values.shape == (5,) and values.dtype == np.float32
        assert int(values.argmax()) == 1, name
    assert scores["lexical"].max() <= 1 and scores["lexical"][2] == scores["lexical"][4] == 0


def test_exact_letters_count_more(index: Index):
    scores = SentenceScorer(index).score("bán rau", ["Họ bán rau.", "Họ bạn rau.", fold("Họ bán rau.")])["lexical"]
    assert scores[0] > scores[1] and scores[0] == pytest.approx(1.0)


def test_abbreviations_are_met_spelled_out(index: Index):
    scores = SentenceScorer(index).score("lợi ích của CĐS", ["Chuyển đổi số có lợi ích lớn.", "Chợ có lợi ích lớn."])
    assert scores["lexical"][0] > scores["lexical"][1]


def test_nothing_to_score(index: Index):
    assert all(v.shape == (0,) for v in SentenceScorer(index).score("chợ", []).values())
    with pytest.raises(UsageError, match="empty"):
        SentenceScorer(index).score(" ", SENTENCES)
