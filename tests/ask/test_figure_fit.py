"""How well the figures of a sentence fit what a question counts or measures."""

from __future__ import annotations

import pytest
from asking import asked

from rag.ask.figure_fit import figures_in, units_asked, words_after


@pytest.mark.parametrize(
    ("question", "text", "best"),
    [
        ("Có bao nhiêu tổ cấp xã?", "Tỉnh có 59 tổ cấp xã và 496 thủ tục.", "59"),
        ("Xe chạy bao lâu?", "Xe 12 chỗ chạy 3 giờ.", "3 giờ"),
        ("How far is the station?", "Ga xây năm 2019, cách thị trấn 12 km.", "12 km"),
        ("Ông ấy bao tuổi?", "Ông 45 tuổi, có 3 con.", "45 tuổi"),
        ("Doanh thu là bao nhiêu tiền?", "20% doanh thu, tức 250 tỷ đồng.", "250 tỷ đồng"),
        ("Tỷ lệ là bao nhiêu phần trăm?", "20% doanh thu, tức 250 tỷ đồng.", "20%"),
    ],
)
def test_the_figure_of_what_is_asked_fits_best(question: str, text: str, best: str) -> None:
    found = figures_in(asked(question), text)
    top = max(found, key=lambda f: f.fit)
    assert top.text == best and text[top.start : top.end] == best
    assert all(f.fit < top.fit for f in found if f is not top)


def test_ordinals_versions_and_what_the_question_states_are_no_figures() -> None:
    text = "Trong cuộc cách mạng lần thứ 4, chợ 4.0 có 59 quầy."
    assert [f.text for f in figures_in(asked("Chợ có bao nhiêu quầy?"), text)] == ["59"]
    assert figures_in(asked("59 quầy của chợ bán bao nhiêu món?"), text) == []


def test_units_are_those_of_the_question_word() -> None:
    assert units_asked(asked("Có bao nhiêu tổ?")) is None
    pattern = units_asked(asked("Đi mất bao lâu?"))
    assert pattern is not None and pattern.match(" rưỡi giờ") and not pattern.match(" tuổi")
    assert words_after("co 59 to cap xa, 133 to", 5) == ("to", "cap", "xa")
