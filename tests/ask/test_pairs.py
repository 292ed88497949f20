"""Questions that set two things beside each other become two questions, however they are worded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ask.compared import Compared
from rag.ask.courtesy import bare
from rag.ask.pair_finder import Finder
from rag.ask.pairs import LONGEST, main_sentence, pair
from rag.ask.parts import split
from rag.ask.query import understand


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Số hộ nuôi ong ở xã Một so với số hộ nuôi bò ở xã Hai thì sao?",
            ("Số hộ nuôi ong ở xã Một là bao nhiêu?", "số hộ nuôi bò ở xã Hai là bao nhiêu?"),
        ),
        (
            "HTX Ong Vàng và HTX Sao Mai dùng phân bón khác nhau chỗ nào?",
            ("HTX Ong Vàng dùng phân bón thế nào?", "HTX Sao Mai dùng phân bón thế nào?"),
        ),
        (
            "So với cấp huyện thì cấp xã ở Hà Tĩnh có ít thủ tục hơn không?",
            ("cấp xã ở Hà Tĩnh có bao nhiêu thủ tục?", "cấp huyện ở Hà Tĩnh có bao nhiêu thủ tục?"),
        ),
        (
            "Mục tiêu trồng rừng của Thanh Hóa năm 2025 khác năm 2030 thế nào?",
            (
                "Mục tiêu trồng rừng của Thanh Hóa năm 2025 thế nào?",
                "Mục tiêu trồng rừng của Thanh Hóa năm 2030 thế nào?",
            ),
        ),
        (
            "Lúc thí điểm và hiện nay số chợ tham gia ở Hậu Giang chênh nhau ra sao?",
            (
                "Lúc thí điểm số chợ tham gia ở Hậu Giang là bao nhiêu?",
                "hiện nay số chợ tham gia ở Hậu Giang là bao nhiêu?",
            ),
        ),
        (
            "Hà Tĩnh hay Hậu Giang, Đảng bộ tỉnh nào ra nghị quyết sớm hơn?",
            ("Đảng bộ Hà Tĩnh ra nghị quyết ngày nào?", "Đảng bộ Hậu Giang ra nghị quyết ngày nào?"),
        ),
        (
            "Hà Tĩnh hay Thanh Hóa có nhiều hộ nuôi ong lấy mật hơn?",
            ("Hà Tĩnh có bao nhiêu hộ nuôi ong lấy mật?", "Thanh Hóa có bao nhiêu hộ nuôi ong lấy mật?"),
        ),
        (
            "Ông Trần Văn Bưởi với bà Lê Thị Na, ai giữ chức cao hơn?",
            ("Ông Trần Văn Bưởi giữ chức gì?", "bà Lê Thị Na giữ chức gì?"),
        ),
        (
            "So sánh giúp em số chợ ở Hà Tĩnh và Thanh Hóa với ạ",
            ("số chợ ở Hà Tĩnh là bao nhiêu?", "số chợ ở Thanh Hóa là bao nhiêu?"),
        ),
        (
            "Sở A và Sở B, sở nào nhận hồ sơ nhiều hơn? Tỷ lệ từng sở?",
            ("Sở A nhận hồ sơ bao nhiêu phần trăm?", "Sở B nhận hồ sơ bao nhiêu phần trăm?"),
        ),
        (
            "Ông Trần Văn Bưởi và ông Lê Văn Mận trồng cây gì khác nhau ạ?",
            ("Ông Trần Văn Bưởi trồng cây gì?", "ông Lê Văn Mận trồng cây gì?"),
        ),
    ],
)
def test_two_things_set_beside_each_other(question: str, parts: tuple[str, ...]) -> None:
    assert pair(question, "vi") == parts
    assert understand(question).parts == parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Which came first, Decision 12 of Hà Tĩnh or Decision 34 of Thanh Hóa? Dates of both?",
            ("When was Decision 12 of Hà Tĩnh issued?", "When was Decision 34 of Thanh Hóa issued?"),
        ),
        (
            "Which province ranks better in education, Hà Tĩnh or Thanh Hóa? Please give both positions.",
            ("What rank does Hà Tĩnh have in education?", "What rank does Thanh Hóa have in education?"),
        ),
        (
            "Who earns more: the Sao Mai cooperative or the Ong Vang cooperative?",
            ("How much money: Sao Mai cooperative earns?", "How much money: Ong Vang cooperative earns?"),
        ),
    ],
)
def test_the_same_in_english(question: str, parts: tuple[str, ...]) -> None:
    assert pair(question, "en") == parts


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Doanh thu năm 2024 tăng bao nhiêu so với năm 2023?", "vi"),
        ("Ai là giám đốc Sở Công Thương và Sở Tài chính ở đâu?", "vi"),
        ("Sở Khoa học và Công nghệ nhận bao nhiêu hồ sơ?", "vi"),
        ("Who heads the Department of Information and Communications?", "en"),
        ("Xã Một có bao nhiêu hộ?", "vi"),
        ("", "vi"),
    ],
)
def test_one_thing_is_no_pair(question: str, language: str) -> None:
    assert pair(question, language) == ()


def test_a_long_question_is_no_pair() -> None:
    question = "Số chợ ở Hà Tĩnh so với số chợ ở Thanh Hóa thì sao" + " và" * LONGEST + "?"
    assert pair(question, "vi") == ()


@pytest.mark.parametrize(
    ("question", "main", "hint"),
    [
        ("A hay B nhiều hơn? Mỗi bên bao nhiêu phần trăm?", "A hay B nhiều hơn?", "percent"),
        ("A hay B ra trước? Cho biết ngày cụ thể.", "A hay B ra trước?", "date"),
        ("Which is larger, A or B? Give both figures.", "Which is larger, A or B?", "number"),
        ("A ở đâu? Ai làm chủ A?", "A ở đâu? Ai làm chủ A?", ""),
    ],
)
def test_what_is_asked_of_both(question: str, main: str, hint: str) -> None:
    assert main_sentence(question, "en" if question.startswith("Which") else "vi") == (main, hint)


def test_later_parts_take_the_name() -> None:
    assert split("Xã Một có bao nhiêu hộ, chủ tịch xã tên là gì?", "vi")[1] == "chủ tịch xã Một tên là gì?"
    parts = split("HTX Sao Mai có bao nhiêu xã viên và doanh thu của hợp tác xã là bao nhiêu?", "vi")
    assert parts[1] == "doanh thu của hợp tác xã Sao Mai là bao nhiêu?"
    # the same of another place, but not another question
    same = split("Hà Tĩnh có bao nhiêu chợ, còn Thanh Hóa có bao nhiêu?", "vi")
    assert same == ("Hà Tĩnh có bao nhiêu chợ?", "Thanh Hóa có bao nhiêu chợ?")
    other = split("Hà Tĩnh ban hành kế hoạch số mấy, còn nghị quyết của Thanh Hóa là số mấy?", "vi")
    assert other[1] == "nghị quyết của Thanh Hóa là số mấy?"


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("Dạ cho em hỏi xã Một có bao nhiêu hộ vậy ạ?", "xã Một có bao nhiêu hộ?"),
        ("Xin cho biết số hộ của xã Một", "số hộ của xã Một"),
        ("Tôi làm báo, muốn hỏi xã Một có bao nhiêu hộ?", "xã Một có bao nhiêu hộ?"),
        ("Xã Một có bao nhiêu hộ? Tôi đang viết bài nên cần số liệu.", "Xã Một có bao nhiêu hộ?"),
        ("Chị Na bán hàng gì ở chợ?", "Chị Na bán hàng gì ở chợ?"),
        ("Ai là chủ tịch?", "Ai là chủ tịch?"),
    ],
)
def test_courtesies_are_left_out(question: str, left: str) -> None:
    assert bare(question, "vi") == left


def test_english_courtesies() -> None:
    assert bare("Could you tell me who runs the Sao Mai cooperative?", "en") == "who runs the Sao Mai cooperative?"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120), st.sampled_from(["vi", "vi-folded", "en"]))
def test_any_text_is_taken_apart_without_a_fault(text: str, language: str) -> None:
    parts = split(text, language)
    assert parts and all(isinstance(part, str) for part in parts)
    assert bare(text, language) is not None
    found = Finder(Compared(text, language), each=False, compared=False).best()
    if found:
        assert 0 <= found.first[0] < found.first[1] <= found.joint[0] < found.joint[1] <= found.second[0]
        assert found.second[1] <= len(text)
