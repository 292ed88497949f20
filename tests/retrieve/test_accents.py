"""Diacritics put back into a question: by general text, by the index's own names, and never more than the marks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Document, Index, Retriever, Settings
from rag.retrieve import accents
from rag.scoring import fusion
from rag.text.normalise import canonical, fold


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    index = Index.create(tmp_path_factory.mktemp("accents") / "index", Settings())
    texts = [
        "Ông Trương Đình Bưởi trồng cà gai leo ở thôn Nà Lốc.",
        "Bà Đặng Thị Ổi dệt thổ cẩm ở bản Pác Ngòi, mỗi tháng bán được 30 tấm.",
    ]
    index.add([Document(f"d{i}", text) for i, text in enumerate(texts)])
    return Retriever(index)


@pytest.mark.parametrize(
    "question",
    [
        "Hà Tĩnh có bao nhiêu tổ công nghệ số cộng đồng?",
        "Tỷ lệ hồ sơ trực tuyến là bao nhiêu phần trăm?",
        "Ai là chủ tịch ủy ban nhân dân tỉnh?",
        "Vì sao người dân phải di dời trước mùa mưa bão?",
        "Ông Trương Đình Bưởi trồng cây gì?",
        "Bà Đặng Thị Ổi dệt thổ cẩm ở đâu?",
        "Nhà máy có mấy máy tính?",
    ],
)
def test_a_question_gets_its_diacritics_back(retriever: Retriever, question: str) -> None:
    assert canonical(retriever.accented(fold(question))) == canonical(question)


def test_capitals_figures_and_stops_stay(retriever: Retriever) -> None:
    assert retriever.accented("DEN nam 2022, Ha TINH co 2.500 nguoi?") == "ĐẾN năm 2022, Hà TĨNH có 2.500 người?"


@settings(deadline=None, max_examples=50)
@given(st.text(st.sampled_from("abcdeghiklmnopqrstuvxy  ?,.0123456789đêô"), max_size=80))
def test_nothing_but_marks_is_changed(retriever: Retriever, text: str) -> None:
    restored = retriever.accented(text)
    assert len(restored) == len(text) and fold(restored) == fold(text)


def test_the_table_knows_the_language() -> None:
    table = accents.language()
    assert set(table.forms["bao"]) >= {"bao", "bảo", "báo", "bão"}
    assert table.numbers["của"] < table.numbers["cua"] if "cua" in table.numbers else True
    after = table.after(["", "phần", "không có"], ["trăm", "tram", "không"])
    assert after.shape == (3, 3) and after[1, 0] > 0.01 and after[1, 1] == 0.0
    assert (after[2] == 0.0).all() and after[0, 2] > 0.0


def test_an_empty_index_is_no_hindrance(tmp_path: Path) -> None:
    retriever = Retriever(Index.create(tmp_path / "index", Settings()))
    assert retriever.accented("bao nhieu nguoi dan") == "bao nhiêu người dân"
    assert retriever.accented("") == ""


def test_a_long_question_gets_them_back_to_its_end(retriever: Retriever) -> None:
    question = "Bà Đặng Thị Ổi dệt thổ cẩm ở đâu, "
    for times in (5, 25):
        assert canonical(retriever.accented(fold(question * times))) == canonical(question * times)


@pytest.mark.parametrize(
    "question", ["Bà Đặng Thị Ổi dệt thổ cẩm ở đâu?", "UBND tỉnh có bao nhiêu phần trăm hồ sơ trực tuyến?"]
)
def test_a_question_that_got_them_back_is_scored_as_if_typed_with_them(retriever: Retriever, question: str) -> None:
    asked = retriever.wording(fold(question))
    assert canonical(asked.restored[0]) == canonical(question)
    assert asked.scored == asked.restored == retriever.wording(asked.restored[0]).texts
    assert fold(question) in asked.texts and fold(question) not in asked.scored
    snapshot = retriever.index.store.snapshot()
    typed = retriever.wording(asked.restored[0])
    assert typed.scored == typed.texts and not typed.restored
    found, wanted = retriever.score(snapshot, asked, 5), retriever.score(snapshot, typed, 5)
    for name, values in wanted.channels.items():
        if name != fusion.NEIGHBOURS:  # which is made of the others by the pair's weights
            assert found.channels[name] == pytest.approx(values, abs=1e-6), name


def test_a_question_that_cannot_get_any_is_scored_as_typed(retriever: Retriever) -> None:
    assert retriever.wording("xyzzy qwertz").scored == ("xyzzy qwertz",)
    assert retriever.wording("how many people").scored == ("how many people",)
