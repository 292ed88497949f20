"""What a question is taken to be, and the pair of weights that follows from it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tiny_model import DOCUMENTS

from rag import Document, Index, Retriever
from rag.retrieve.wording import Wording, asks
from rag.scoring import fusion
from rag.training.fit_fusion import pair_of

STATEMENT = "The province set up seventy five community teams to help people"


@pytest.mark.parametrize(
    "text",
    [
        "The province set up 75 teams?",
        "how many teams were set up in the province",
        "In what year did the province set up teams",
        "At which market do friends meet on Sunday mornings",
        "Tell me about the teams of the province",
        "could the province set up more teams this year",
        "community teams province",
        "transformation of Thanh Hóa",
        "75 1.200 90%",
        "",
    ],
)
def test_a_question_a_request_or_a_few_words_ask(text: str):
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        STATEMENT,
        "In 2022 the province set up 75 community teams.",
        "At the market, people pay with QR codes.",
        "People who meet at the market know what they want to buy.",
    ],
)
def test_a_sentence_says_something(text: str):
    assert not asks(text)


def test_only_an_english_text_is_known_to_say_something():
    assert Wording((STATEMENT,), "en", "").statement
    assert not Wording(("how many teams did the province set up",), "en", "").statement
    for language in ("vi", "vi-folded", "other"):
        assert not Wording((STATEMENT,), language, "").statement


@pytest.mark.parametrize(
    ("text", "language", "across", "pair"),
    [
        (STATEMENT, "en", True, fusion.STATEMENT),
        (f"{STATEMENT}?", "en", True, fusion.CROSS),
        (STATEMENT, "en", False, fusion.SAME),
        ("Tỉnh đã lập 75 tổ công nghệ số cộng đồng.", "vi", True, fusion.CROSS),
        ("chuyen doi so", "vi-folded", False, fusion.FOLDED),
    ],
)
def test_the_pair_of_a_question(text: str, language: str, across: bool, pair: str):
    assert pair_of(Wording((text,), language, ""), across) == pair


def fused(index: Index, question: str, here: str, there: str) -> None:
    """Asserts that passages of the question's language are weighed as `here`, the others as `there`."""
    retriever, snapshot = Retriever(index), index.store.snapshot()
    asked = retriever.wording(question, snapshot)
    scored = retriever.score(snapshot, asked, 5)
    weights = fusion.load("tokens")
    spoken = [p.language for p in snapshot.passages(snapshot.ids[scored.positions])]
    for i, language in enumerate(spoken):
        pair = weights.of(here if language == asked.tag else there)
        wanted = sum(w * float(scored.channels[name][i]) for name, w in pair.items())
        assert scored.fused[i] == pytest.approx(wanted, abs=1e-5)
    assert len(set(spoken)) == 2


def test_passages_are_weighed_by_language_and_by_what_is_asked(make_index: Callable[..., Index]):
    index = make_index(DOCUMENTS)
    fused(index, STATEMENT, fusion.SAME, fusion.STATEMENT)
    fused(index, f"{STATEMENT}?", fusion.SAME, fusion.CROSS)
    fused(index, "Tỉnh đã lập bao nhiêu tổ công nghệ số?", fusion.SAME, fusion.CROSS)
    fused(index, "tinh da lap bao nhieu to cong nghe so?", fusion.FOLDED, fusion.CROSS)


def test_a_statement_finds_the_sentence_that_says_the_same(make_index: Callable[..., Index]):
    documents = [*(d for d in DOCUMENTS if d.language == "vi"), Document("long", DOCUMENTS[2].text + " Họ vui. " * 20)]
    scored = Retriever(make_index(documents)).search("friend friend market market community teams community teams")
    assert {"maxsim_reverse", "maxsim_f1"} <= set(scored[0].channels)
    assert all(np.isfinite(h.score) for h in scored)
