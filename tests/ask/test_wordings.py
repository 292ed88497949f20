"""Everyday wordings: what they ask for, how they come apart, and which answers they rule out."""

from __future__ import annotations

import pytest
from asking import asked

from rag.ask.abstain import absent
from rag.ask.answer_types import wanted
from rag.ask.features import office
from rag.ask.mismatch import mismatch, told
from rag.ask.name_fit import asks_level
from rag.ask.parts import MAX_PARTS, split
from rag.ask.short import candidates
from rag.text.language import detect
from rag.text.normalise import fold


@pytest.mark.parametrize(
    ("question", "language", "kind"),
    [
        ("Nghị quyết của Huyện ủy về cây chè mang số mấy?", "vi", "decision"),
        ("Huyện có số xã là mấy?", "vi", "number"),
        ("Lễ hội nhằm hưởng ứng ngày gì?", "vi", "other"),
        ("Nghị quyết được ban hành ngày nào?", "vi", "date"),
        ("The district office received more than what percentage of its mail online?", "en", "percent"),
        ("Is it more than last year?", "en", "comparison"),
        ("Where did Lam Giang come among the delta provinces?", "en", "rank"),
        ("Where did the goods come from?", "en", "place"),
        ("By how much does the new pump cut water use?", "en", "number"),
        ("What is the number of the party's 2020 resolution on tea?", "en", "decision"),
        ("Which decision number approved the plan?", "en", "decision"),
        ("Chị Ổi bán mật ong kiếm được mỗi tháng bao nhiêu?", "vi", "amount"),
        ("Bán trên mạng chiếm bao nhiêu phần trong doanh số?", "vi", "percent"),
        ("What budget did the province set aside?", "en", "amount"),
        ("How much does the new pump cut water use?", "en", "number"),
        ("How much does the pump cost?", "en", "amount"),
        ("By what percentage did revenue rise in 2024 compared with 2023?", "en", "percent"),
        ("How does the revenue of Hau Giang compare with that of Thanh Hoa?", "en", "comparison"),
        ("Nghị quyết của tỉnh về cây chè mang số hiệu nào?", "vi", "decision"),
        ("Số thẻ đã được đồng bộ là bao nhiêu?", "vi", "number"),
    ],
)
def test_what_is_asked_for(question: str, language: str, kind: str) -> None:
    assert wanted(question, language).kind == kind


@pytest.mark.parametrize(
    ("question", "language", "parts"),
    [
        (
            "Trên sàn Chợ Quê, Thanh Hóa có bao nhiêu gian hàng và Hậu Giang có bao nhiêu?",
            "vi",
            (
                "Trên sàn Chợ Quê, Thanh Hóa có bao nhiêu gian hàng?",
                "Trên sàn Chợ Quê, Hậu Giang có bao nhiêu gian hàng?",
            ),
        ),
        (
            "Nghị quyết về cây chè của Tỉnh ủy Hà Tĩnh và của Tỉnh ủy Hậu Giang mang số mấy?",
            "vi",
            (
                "Nghị quyết về cây chè của Tỉnh ủy Hà Tĩnh mang số mấy?",
                "Nghị quyết về cây chè của Tỉnh ủy Hậu Giang mang số mấy?",
            ),
        ),
        (
            "Hậu Giang bán nhiều mật ong hay hạt điều hơn? Cho xin con số từng loại",
            "vi",
            ("Hậu Giang bán bao nhiêu mật ong?", "Hậu Giang bán bao nhiêu hạt điều?"),
        ),
        (
            "Doanh thu du lịch của Hà Tĩnh với tổng giá trị xuất khẩu ở Thanh Hóa là bao nhiêu?",
            "vi",
            ("Doanh thu du lịch của Hà Tĩnh là bao nhiêu?", "tổng giá trị xuất khẩu ở Thanh Hóa là bao nhiêu?"),
        ),
        (
            "Bao nhiêu hộ trồng chè ở xã Một, so với số hộ nuôi ong ở xã Hai?",
            "vi",
            ("Bao nhiêu hộ trồng chè ở xã Một?", "số hộ nuôi ong ở xã Hai là bao nhiêu?"),
        ),
        (
            "Kiến nặng bao nhiêu so với tổng sinh khối?",
            "vi",
            ("Kiến nặng bao nhiêu so với tổng sinh khối?",),
        ),
        (
            "How do Hậu Giang and Thanh Hóa compare in the tourism ranking?",
            "en",
            ("What is the tourism ranking of Hậu Giang?", "What is the tourism ranking of Thanh Hóa?"),
        ),
        (
            "Who heads the Department of Health in Hậu Giang, and who heads the one in Thanh Hóa?",
            "en",
            ("Who heads the Department of Health in Hậu Giang?", "who heads the Department of Health in Thanh Hóa?"),
        ),
        (
            "bà Lê Thị Ổi và ông Trần Văn Bưởi giữ chức vụ gì?",
            "vi",
            ("bà Lê Thị Ổi giữ chức vụ gì?", "ông Trần Văn Bưởi giữ chức vụ gì?"),
        ),
        (
            "Thanh Hóa có bao nhiêu xã? Theo giám đốc Sở Y tế thì khó nhất là gì?",
            "vi",
            ("Thanh Hóa có bao nhiêu xã?", "Theo giám đốc Sở Y tế thì khó nhất là gì (Thanh Hóa)?"),
        ),
    ],
)
def test_how_questions_come_apart(question: str, language: str, parts: tuple[str, ...]) -> None:
    assert split(question, language) == parts


@pytest.mark.parametrize(
    ("question", "sentence", "why"),
    [
        ("Quyết định 424 được ký ngày mấy?", "Quyết định số 1656 được ký ngày 15/8/2022.", "another document"),
        ("Quyết định 424 được ký ngày mấy?", "Quyết định số 424/QĐ-UBND được ký ngày 15/8/2022.", ""),
        ("Nghị quyết số 05 có từ ngày nào?", "Nghị quyết số 5 có từ ngày 1/2/2021.", ""),
        ("Mỗi tháng chị Nguyễn Thị Hằng thu nhập bao nhiêu?", "Chị Lê Thị Hường bán hàng, thu nhập 10 triệu đồng.", "another person"),
        ("Which province came first in the index?", "Hậu Giang đứng ở vị trí thứ hai của đồng bằng.", "sibling"),
        ("Who chairs Lam Son district?", "Theo ông Lê Văn Ổi - Chủ tịch UBND xã Cẩm Lĩnh, mọi việc đều tốt.", "another place"),
        ("Who chairs Cam Linh commune?", "Theo ông Lê Văn Ổi - Chủ tịch UBND xã Cẩm Lĩnh, mọi việc đều tốt.", ""),
        ("Doanh thu tăng bao nhiêu phần trăm so với năm 2023?", "Doanh thu tăng 20% so với năm 2023.", ""),
        ("Năm 2024 có bao nhiêu lượt?", "Có 7.744 lượt (từ tháng 12/2021 đến tháng 12/2023).", "another year"),
        ("Năm 2022 có bao nhiêu lượt?", "Có 7.744 lượt (từ tháng 12/2021 đến tháng 12/2023).", ""),
        ("HTX được thành lập năm nào?", "Giám đốc HTX là nông dân xuất sắc năm 2024.", "another quantity"),
        ("HTX được thành lập năm nào?", "HTX ra đời năm 2019.", ""),
        ("Đề án có kinh phí bao nhiêu?", "Doanh thu đạt 250 tỷ đồng.", "sibling"),
        ("Sở Y tế nhận bao nhiêu phần trăm hồ sơ?", "Sở Công Thương đạt 99,15%.", "another department"),
        ("Sở Công Thương nhận bao nhiêu phần trăm hồ sơ?", "Sở Công Thương đạt 99,15%.", ""),
        ("Xã có bao nhiêu dân cài ứng dụng?", "Có 3.000 người dân cài ứng dụng.", ""),
        ("Xã có bao nhiêu dân?", "Có 3.000 người dân cài ứng dụng.", "another quantity"),
        ("How much water does Mr. Le Van Oi's pump save?", "Ông Lê Văn Ổi tiết kiệm được 80% lượng nước.", ""),
        ("Who is the chairman of the Thanh Hoa People's Committee?", "Chủ tịch UBND xã Định Long Lê Văn Ổi cho biết.", "another place"),
        ("Who is the chairman of the Thanh Hoa People's Committee?", "Chủ tịch UBND tỉnh Lê Văn Ổi cho biết.", ""),
    ],
)  # fmt: skip
def test_what_a_sentence_cannot_answer(question: str, sentence: str, why: str) -> None:
    assert mismatch(asked(question), sentence, "", "", sentence) == why


@pytest.mark.parametrize(
    ("question", "text", "given"),
    [
        ("Ông Ổi trồng bao nhiêu công dưa lưới?", "Trồng dưa lưới, ông Ổi tiết kiệm được 80% lượng nước.", False),
        ("Công nghệ tưới giúp ông Ổi tiết kiệm bao nhiêu nước?", "Ông Ổi tiết kiệm được 80% lượng nước tưới.", True),
        ("How much did Ong Vang cooperative earn?", "HTX Mật Ngọt thu về 6 tỷ đồng.", False),
        ("How much did Ong Vang cooperative earn?", "HTX Ong Vàng thu về 6 tỷ đồng.", True),
        ("What share of Hậu Giang households have fibre internet?", "Tại Hậu Giang, 22% là đất trồng lúa.", False),
        ("What share of Hậu Giang households have internet?", "Tại Hậu Giang, 22% hộ gia đình có internet.", True),
    ],
)
def test_figures_told_of_what_is_asked(question: str, text: str, given: bool) -> None:
    assert told(asked(question), text, text, text, f" {fold(text)} ") is given


def test_documents_of_the_kind_asked_for_fit_best() -> None:
    text = "Quyết định số 424/QĐ-UBND và Nghị quyết số 05-NQ/TU"
    for question in ("What is the number of the resolution on tea?", "Nghị quyết về cây chè mang số mấy?"):
        decision, resolution = candidates(asked(question), text)
        assert resolution.fit > decision.fit, question


def test_who_heads_a_department_is_its_director() -> None:
    head = asked("Who heads the Department of Health?")
    assert office(head, tuple(fold("Giám đốc Sở Y tế Lê Văn Ổi").split())) == 1.0
    assert office(head, tuple(fold("Phó Giám đốc Sở Y tế Lê Văn Bưởi").split())) == -1.0
    assert office(asked("Which goods does the Department of Health sell?"), ("giam", "doc")) == 0.0


def test_what_only_says_where_it_is_told_is_left_out() -> None:
    plain, told_in = asked("Chủ tịch xã Cẩm Lĩnh là ai?"), asked("Chủ tịch xã Cẩm Lĩnh được nhắc tới trong bài là ai?")
    assert set(told_in.terms) == set(plain.terms)


def test_a_brand_is_a_name_whatever_its_letters_mean() -> None:
    assert ("vines",) in asked("How much did the VinES battery plant cost?").names


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Chị Lê Thị Ổi ở Pác Ngòi và anh Trần Văn Bưởi ở Na Lộc bán mặt hàng gì?",
            ("Chị Lê Thị Ổi ở Pác Ngòi bán mặt hàng gì?", "anh Trần Văn Bưởi ở Na Lộc bán mặt hàng gì?"),
        ),
        (
            "HTX Ong Vàng và ông Trần Văn Bưởi, vậy mỗi bên dùng máy gì?",
            ("HTX Ong Vàng dùng máy gì?", "ông Trần Văn Bưởi dùng máy gì?"),
        ),
        (
            "Hai quyết định năm 2020 của Bộ Y tế và của UBND tỉnh, cái nào ra trước?",
            (
                "quyết định năm 2020 của Bộ Y tế ban hành ngày nào?",
                "quyết định năm 2020 của UBND tỉnh ban hành ngày nào?",
            ),
        ),
        (
            "Nghị quyết của tỉnh và nghị quyết của huyện, cái nào ban hành trước?",
            ("Nghị quyết của tỉnh ban hành ngày nào?", "nghị quyết của huyện ban hành ngày nào?"),
        ),
        (
            "App Hậu Giang có bao nhiêu lượt cài và tỉnh đã đưa mấy sản phẩm OCOP lên sàn?",
            ("App Hậu Giang có bao nhiêu lượt cài?", "tỉnh đã đưa mấy sản phẩm OCOP lên sàn (Hậu Giang)?"),
        ),
    ],
)
def test_the_same_asked_of_two(question: str, parts: tuple[str, ...]) -> None:
    assert split(question, "vi") == parts


@pytest.mark.parametrize(
    ("question", "focus"),
    [
        ("How many OCOP and local speciality products were listed?", "ocop local speciality products"),
        ("How many communes and wards are there?", "communes wards"),
    ],
)
def test_what_is_counted_in_english(question: str, focus: str) -> None:
    assert wanted(question, "en").focus == focus


def test_a_fraction_is_a_rank_only_where_it_is_said_to_be() -> None:
    both = candidates(asked("Tỉnh xếp thứ mấy?"), "Tỉnh xếp thứ 17/63, có 10/27 huyện tham gia.")
    assert [f.fit for f in both] == [1.0, 0.6]


def test_which_questions_need_the_name_of_a_place() -> None:
    assert asks_level(asked("Khu dân cư nằm ở xã nào?")) and asks_level(asked("Xuất khẩu sang những nước nào?"))
    assert not asks_level(asked("Thủ tục cấp xã nào đủ điều kiện?")) and not asks_level(asked("Trụ sở đặt ở đâu?"))


def test_a_level_nobody_asked_for_is_refused() -> None:
    assert absent({"figure": 1.0, "level_clash": 1.0}) == "another level"
    assert absent({"figure": 1.0, "level_clash": 0.0}) == ""
    assert absent({"no_place": 1.0}) == "no place"


def test_the_kind_of_document_behind_its_number() -> None:
    assert wanted("Nghị quyết của tỉnh về cây chè mang số hiệu nào?", "vi").focus == "nghị quyết"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What position does Lê Văn Ổi hold in Hà Tĩnh?", "en"),
        ("Who is Lê Văn Ổi?", "en"),
        ("Ai là Lê Văn Ổi?", "vi"),
        ("Lê Văn Ổi giữ chức gì ở Hà Tĩnh?", "vi"),
    ],
)
def test_names_do_not_make_a_question_vietnamese(question: str, language: str) -> None:
    assert detect(question) == language


def test_a_long_question_is_not_searched_for_set_ways_of_asking() -> None:
    endless = "Hai quyết định " + "của a và của b, " * 600 + "cái nào ra trước?"
    assert len(split(endless, "vi")) <= MAX_PARTS


def test_a_comparison_is_told_by_the_opening_of_a_question() -> None:
    question = "Hà Tĩnh và Thanh Hóa, tỉnh nào có nhiều sản phẩm hơn?"
    assert wanted(question, "vi").kind == wanted(question + " Tôi hỏi cho con." * 2000, "vi").kind == "comparison"
