"""Diacritics put back into a question: by general text, by the index's own names, and never more than the marks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Document, Index, Retriever, Settings
from rag.retrieve import accents
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
