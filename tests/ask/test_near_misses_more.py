"""Near-misses told by place, time and kind; parts that got one answer; questions about quite other things."""

from __future__ import annotations

import pytest
from asking import asked

from rag import Document, Index, Rag
from rag.ask.mismatch import later_than, mismatch
from rag.ask.short import candidates


@pytest.mark.parametrize(
    ("question", "sentence", "why"),
    [
        ("Xã Cẩm Bình có bao nhiêu hộ nuôi ong?", "Xã Cẩm Mít có 300 hộ nuôi ong.", "another place"),
        ("Xã Cẩm Mít có bao nhiêu hộ nuôi ong?", "Xã Cẩm Mít có 300 hộ nuôi ong.", ""),
        ("Huyện Na Lộc có bao nhiêu hộ nuôi ong?", "Xã Cẩm Mít có 300 hộ nuôi ong.", ""),
        ("Bao giờ chợ mới xây xong?", "Chợ mới được khởi công năm 2021.", "another time"),
        ("Bao giờ chợ mới xây xong?", "Chợ mới dự kiến mở cửa năm 2026.", ""),
        ("Năm 2025 doanh thu đạt bao nhiêu tỷ đồng?", "Doanh thu đạt 250 tỷ đồng, tăng 20% so với năm 2023.", "another year"),
        ("Năm 2024 doanh thu đạt bao nhiêu tỷ đồng?", "Doanh thu đạt 250 tỷ đồng, tăng 20% so với năm 2023.", ""),
    ],
)  # fmt: skip
def test_another_place_or_time(question: str, sentence: str, why: str) -> None:
    assert mismatch(asked(question), sentence, "", "", sentence) == why


def test_a_document_does_not_tell_of_a_later_year() -> None:
    question = asked("Năm 2024 có bao nhiêu hộ nuôi ong?")
    assert later_than(question, "Có 300 hộ nuôi ong.", "", "2023-01-25")
    assert not later_than(question, "Đến năm 2024 sẽ có 300 hộ nuôi ong.", "", "2023-01-25")
    assert not later_than(question, "Có 300 hộ nuôi ong.", "", "2024-03-01")
    assert not later_than(question, "Có 300 hộ nuôi ong.", "", None)


def test_the_number_of_a_paper_counts_nothing() -> None:
    found = candidates(asked("Có bao nhiêu hộ nuôi ong?"), "Nghị quyết số 25 nói có 300 hộ nuôi ong, thuộc top 20.")
    assert [f.text for f in found] == ["300"]


def test_terms_of_office_in_roman_figures() -> None:
    text = "Ban Chấp hành (khóa XIX) họp lần thứ 4 năm 2021."
    assert [f.text for f in candidates(asked("Nghị quyết này thuộc khóa mấy?"), text)] == ["khóa XIX"]


def test_countries_and_companies_are_what_they_are() -> None:
    abroad = candidates(asked("Mật ong được bán sang những nước nào?"), "Bán qua Lazada và sang Nhật Bản.")
    assert max(abroad, key=lambda f: f.fit).text == "Nhật Bản"
    assert all(f.fit < 0.1 for f in abroad if f.text == "Lazada")
    made = candidates(asked("Which company built the market?"), "Bộ Công Thương và Công ty TNHH Ong Vàng xây chợ.")
    assert max(made, key=lambda f: f.fit).text.startswith("Công ty TNHH Ong Vàng")


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Rag:
    index = Index.create(tmp_path_factory.mktemp("near") / "index")
    village = (
        "Xã Cẩm Mít có 300 hộ nuôi ong và 120 hộ nuôi bò. HTX Ong Vàng do ông Trần Văn Bưởi làm giám đốc. "
        "Hợp tác xã đang tưới vườn vải bằng công nghệ phun sương tự động."
    )
    town = "Xã Na Lộc có 45 hộ nuôi ong. HTX Sao Mai tưới vườn chè bằng vòi nhỏ giọt."
    index.add(
        [
            Document(source="mit.txt", text=village, title="Cẩm Mít"),
            Document(source="loc.txt", text=town, title="Na Lộc"),
        ]
    )
    return Rag(index)


def test_each_side_gets_its_own_answer(rag: Rag) -> None:
    answer = rag.ask("Xã Cẩm Mít có nhiều hộ nuôi ong hay hộ nuôi bò hơn?")
    assert answer.status == "answered"
    assert "300" in answer.text and "120" in answer.text


def test_a_comparison_across_documents(rag: Rag) -> None:
    answer = rag.ask("Số hộ nuôi ong ở xã Cẩm Mít so với số hộ nuôi ong ở xã Na Lộc thì sao?")
    assert answer.status == "answered"
    assert "300" in answer.text and "45" in answer.text
    assert {c.source for c in answer.citations} == {"mit.txt", "loc.txt"}


def test_what_comes_after_the_name_is_said_of_it(rag: Rag) -> None:
    answer = rag.ask("HTX Ong Vàng tưới vườn bằng gì?")
    assert answer.status == "answered" and "phun sương" in answer.text


@pytest.mark.parametrize("question", ["Lá vải bị vàng thì phun thuốc gì?", "Xã Cẩm Bình có bao nhiêu hộ nuôi ong?"])
def test_other_things_are_refused(rag: Rag, question: str) -> None:
    assert rag.ask(question).status == "abstained"


def test_stars_are_no_rank() -> None:
    text = "Bánh được xếp hạng OCOP 3 sao, tỉnh đứng thứ 17/63."
    found = candidates(asked("What rank does the province have?"), text)
    assert max(found, key=lambda f: f.fit).text == "17/63"
    stars = candidates(asked("Bánh được xếp hạng mấy sao?"), text)
    assert next(f for f in stars if f.text.startswith("3")).fit > 0.5
