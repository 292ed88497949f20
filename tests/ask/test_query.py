"""Questions understood: types, parts, abbreviations, small talk."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ask.answer_types import wanted
from rag.ask.parts import MAX_PARTS, split
from rag.ask.query import is_small_talk, understand


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng?", "number"),
        ("ha tinh co bao nhieu to chuyen doi so cong dong", "number"),
        ("How many teams does Ha Tinh have?", "number"),
        ("Tỷ lệ hồ sơ trực tuyến của tỉnh là bao nhiêu?", "percent"),
        ("bao nhieu phan tram nguoi dan cai chu ky so", "percent"),
        ("What percentage of people installed it?", "percent"),
        ("Doanh thu thương mại điện tử năm 2024 là bao nhiêu?", "amount"),
        ("Thu nhập trung bình hằng năm của HTX Gia Phúc?", "amount"),
        ("How much does the cooperative earn?", "amount"),
        ("Hậu Giang xếp thứ mấy về chỉ số DTI?", "rank"),
        ("Hậu Giang đứng thứ bao nhiêu năm 2021?", "rank"),
        ("What rank does Thanh Hoa aim for?", "rank"),
        ("Nghị quyết được ban hành khi nào?", "date"),
        ("Nghi quyet duoc ban hanh ngay nao", "date"),
        ("When was the decision signed?", "date"),
        ("Chế độ được thành lập vào năm nào?", "date"),
        ("Ai là Giám đốc Sở TT&TT?", "person"),
        ("giam doc so tt&tt la ai", "person"),
        ("Who is the director?", "person"),
        ("Lê Văn Dũng là ai?", "role"),
        ("Bà Hồ Thu Ánh giữ chức vụ gì?", "role"),
        ("What position does he hold?", "role"),
        ("HTX Gia Phúc thuộc xã nào?", "place"),
        ("Khu công nghệ đặt ở đâu?", "place"),
        ("Where is the park?", "place"),
        ("Sở nào nhận 99,15% hồ sơ?", "organisation"),
        ("Which department received the most?", "organisation"),
        ("Quyết định nào phê duyệt đề án?", "decision"),
        ("Quyết định số bao nhiêu phê duyệt Đề án?", "decision"),
        ("HĐND ban hành nghị quyết số mấy về đô thị?", "decision"),
        ("Vì sao Hậu Giang cần chuyển đổi số?", "reason"),
        ("Why was it delayed?", "reason"),
        ("LGSP là gì?", "definition"),
        ("Hà Tĩnh và Thanh Hóa, tỉnh nào có nhiều sản phẩm hơn?", "comparison"),
        ("So sánh số sản phẩm của Thanh Hóa và Hậu Giang", "comparison"),
        ("Which is higher, Hau Giang or Thanh Hoa?", "comparison"),
        ("Mạng 5G đã phủ sóng toàn tỉnh chưa?", "yesno"),
        ("Is 5G available?", "yesno"),
        ("Tăng bao nhiêu so với năm 2023?", "number"),
        ("Tỉnh sắp ban hành đề án chuyển đổi số nào?", "decision"),
        ("What is the number of the Ha Tinh Party Committee resolution on it?", "decision"),
        ("Nhờ đâu vụ lật xe không có ai bị thương?", "reason"),
        ("sep da pha them thu gi vao ca phe", "other"),
        ("Dân cư của Đồng Nai là bao nhiêu?", "number"),
        ("xe bien Nghe An mat lai thuoc loai bao nhieu cho", "number"),
        ("Tài tử nào đóng vai Lưu Bị?", "person"),
        ("Số đơn vị cấp xã của Thanh Hóa?", "number"),
    ],
)
def test_answer_type(question: str, kind: str) -> None:
    assert understand(question).answer_type == kind


def test_so_voi_is_no_comparison() -> None:
    assert understand("Tăng bao nhiêu bậc so với năm 2020?").answer_type == "number"


@pytest.mark.parametrize(
    ("question", "focus"),
    [
        ("Có bao nhiêu thủ tục cấp huyện đủ điều kiện?", "thủ tục cấp huyện đủ điều kiện"),
        ("Số đơn vị cấp xã của Thanh Hóa?", "đơn vị cấp xã"),
        ("Nghị quyết số mấy về đô thị?", ""),
        ("Đã đưa bao nhiêu mặt hàng nông sản lên sàn?", "mặt hàng nông sản lên sàn"),
        ("Xã có bao nhiêu máy tính được trang bị?", "máy tính"),
    ],
)
def test_focus(question: str, focus: str) -> None:
    want = wanted(question, "vi")
    assert want.focus == focus if want.kind == "number" else want.kind == "decision"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Hà Tĩnh có bao nhiêu tổ?", ("Hà Tĩnh có bao nhiêu tổ?",)),
        (
            "Hà Tĩnh có bao nhiêu tổ cấp xã và bao nhiêu tổ cấp thôn?",
            ("Hà Tĩnh có bao nhiêu tổ cấp xã?", "Hà Tĩnh có bao nhiêu tổ cấp thôn?"),
        ),
        (
            "Ai là giám đốc Sở Công Thương và Sở Tài chính ở đâu?",
            ("Ai là giám đốc Sở Công Thương?", "Sở Tài chính ở đâu?"),
        ),
        (
            "Hà Tĩnh và Thanh Hóa, tỉnh nào có nhiều sản phẩm OCOP hơn?",
            ("Hà Tĩnh có bao nhiêu sản phẩm OCOP?", "Thanh Hóa có bao nhiêu sản phẩm OCOP?"),
        ),
        (
            "Tỷ lệ của Sở Thông tin và Truyền thông và Sở Công Thương là bao nhiêu?",
            ("Tỷ lệ của Sở Thông tin và Truyền thông là bao nhiêu?", "Tỷ lệ của Sở Công Thương là bao nhiêu?"),
        ),
        ("Ai là giám đốc? Sở ở đâu?", ("Ai là giám đốc?", "Sở ở đâu?")),
    ],
)
def test_parts(question: str, parts: tuple[str, ...]) -> None:
    assert understand(question).parts == parts


def test_a_name_with_and_in_it_is_one_thing() -> None:
    question = "Sở Thông tin và Truyền thông có bao nhiêu phòng?"
    assert understand(question).parts == (question,)


def test_abbreviations_of_the_table_and_of_the_documents() -> None:
    assert "Hà Tĩnh có tổ chuyển đổi số?" in understand("Hà Tĩnh có tổ CĐS?").expansions
    assert any("quản lý xyz" in e for e in understand("XYZQ là gì?", abbreviations={"XYZQ": "quản lý xyz"}).expansions)


def test_what_a_question_names() -> None:
    query = understand("Hà Tĩnh đạt tỷ lệ bao nhiêu trong 6 tháng đầu năm 2022?")
    assert query.places == ("Hà Tĩnh",)
    assert query.dates == (("2022-01-01", "2022-06-30"),)
    assert query.language == "vi"
    assert query.numbers == ()


@pytest.mark.parametrize(
    "text",
    [
        "xin chào",
        "Hello!",
        "cảm ơn bạn nhé",
        "Bạn là ai?",
        "tell me a joke",
        "🙂🙂",
        "hi there",
        "Hôm nay thứ mấy?",
        "Xin chào, bạn là ai?",
    ],
)
def test_small_talk(text: str) -> None:
    assert understand(text).chitchat


@pytest.mark.parametrize(
    "text", ["Ai là giám đốc?", "Cách nấu phở bò?", "Chào hàng là gì?", "hello world in Python là gì"]
)
def test_no_small_talk(text: str) -> None:
    assert not is_small_talk(text)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_understood(text: str) -> None:
    query = understand(text)
    assert 1 <= len(query.parts) <= MAX_PARTS
    assert query.original == text


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from("Hà Tĩnh và Thanh Hóa bao nhiêu ai hay , ? cấp xã năm 2020 so sánh hơn or and who".split()),
        max_size=25,
    )
)
def test_splitting_never_fails(words: list[str]) -> None:
    question = " ".join(words) or "x"
    for language in ("vi", "vi-folded", "en"):
        assert 1 <= len(split(question, language)) <= MAX_PARTS
