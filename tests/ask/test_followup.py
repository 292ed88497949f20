"""Follow-ups made whole by rule."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ask.followup import complete, only_added, topic_of

TEAMS = "Hà Tĩnh có bao nhiêu tổ CĐS cộng đồng cấp xã?"


@pytest.mark.parametrize(
    ("question", "before", "answer", "whole"),
    [
        ("Thế còn Thanh Hóa?", TEAMS, "59", "Thanh Hóa có bao nhiêu tổ CĐS cộng đồng cấp xã?"),
        ("Còn cấp thôn thì sao?", TEAMS, "59", "Hà Tĩnh có bao nhiêu tổ CĐS cộng đồng cấp thôn?"),
        ("Cấp thôn thì sao?", TEAMS, "59", "Hà Tĩnh có bao nhiêu tổ CĐS cộng đồng cấp thôn?"),
        ("con cap thon thi sao", "Ha Tinh co bao nhieu to cap xa?", "59", "Ha Tinh co bao nhieu to cap thon?"),
        ("And at hamlet level?", "How many teams at commune level?", "59", "How many teams at hamlet level?"),
        ("What about Hau Giang?", "What is the DTI rank of Thanh Hoa?", "", "What is the DTI rank of Hau Giang?"),
        ("Còn năm 2024?", "Doanh thu năm 2023 là bao nhiêu?", "", "Doanh thu năm 2024 là bao nhiêu?"),
        (
            "Thế còn hợp đồng điện tử?",
            "Có bao nhiêu đơn vị dùng hóa đơn điện tử?",
            "",
            "Có bao nhiêu đơn vị dùng hợp đồng điện tử?",
        ),
        ("Ông ấy giữ chức gì?", "Ai phát biểu?", "Ông Lê Văn Dũng [1]", "Lê Văn Dũng giữ chức gì?"),
    ],
)
def test_completed(question: str, before: str, answer: str, whole: str) -> None:
    assert complete(question, [(before, answer)]) == whole


def test_an_ellipsis_takes_the_topic_along() -> None:
    whole = complete("Tăng bao nhiêu bậc so với năm 2020?", [("Hậu Giang xếp hạng bao nhiêu về DTI năm 2021?", "17")])
    assert whole.startswith("Tăng bao nhiêu bậc so với năm 2020")
    assert "Hậu Giang" in whole and "DTI" in whole and "2021" not in whole


@pytest.mark.parametrize(
    "question", ["Cách nấu phở bò?", "Thanh Hóa có bao nhiêu xã?", "Ai là Chủ tịch UBND tỉnh Hậu Giang?"]
)
def test_a_new_topic_stays_clean(question: str) -> None:
    assert complete(question, [(TEAMS, "59")]) == question


def test_chains() -> None:
    history = [(TEAMS, "59"), ("Thế còn Thanh Hóa?", "không có")]
    assert complete("Còn cấp thôn?", history) == "Thanh Hóa có bao nhiêu tổ CĐS cộng đồng cấp thôn?"


def test_without_history_nothing_changes() -> None:
    assert complete("Thế còn Thanh Hóa?", []) == "Thế còn Thanh Hóa?"


def test_topic() -> None:
    assert topic_of("Thanh Hóa có bao nhiêu xã?") == "Thanh Hóa có xã"


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_never_fails(question: str, before: str, answer: str) -> None:
    assert isinstance(complete(question, [(before, answer)]), str)


@pytest.mark.parametrize(
    ("question", "whole", "only"),
    [
        ("Thu gom rác vào những ngày nào?", "Thu gom rác vào những ngày nào (Chi hội Bình Minh có hội viên)?", True),
        ("Còn Nghệ An?", "Nghệ An có bao nhiêu tổ cộng đồng?", False),
        ("Vì sao?", "Vì sao (Hà Tĩnh đạt thấp)?", False),
        ("Ông ấy làm gì ở đâu?", "Lê Văn Dũng làm gì ở đâu?", False),
    ],
)
def test_a_topic_put_behind_is_told_from_a_slot_put_in(question: str, whole: str, only: bool):
    assert only_added(question, whole) is only
