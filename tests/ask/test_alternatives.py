"""Questions of two alternatives, other wordings of what is counted, and what the figures of a text must be said of."""

from __future__ import annotations

import pytest
from asking import asked

from rag.ask import synonyms
from rag.ask.answer_types import wanted
from rag.ask.evidence import Sentence
from rag.ask.figure_fit import figures_in
from rag.ask.followup import complete
from rag.ask.found import Found
from rag.ask.mismatch import mismatch
from rag.ask.parts import split
from rag.ask.pieces import pieces
from rag.ask.quoting import around_answer


@pytest.mark.parametrize(
    ("question", "language", "parts"),
    [
        (
            "Which came earlier: the Alpha plan of the province or the Beta resolution of the party? Give the dates.",
            "en",
            ("When was Alpha plan of the province issued?", "When was Beta resolution of the party issued?"),
        ),
        (
            "In Xa Mot, were more new firms helped, or more households trained to sell online?",
            "en",
            ("How many new firms helped (In Xa Mot)?", "How many households trained to sell online (In Xa Mot)?"),
        ),
        (
            "Who relies more on online sales, the weaving group in Na Loc or the honey company in Pac Ngoi?",
            "en",
            (
                "What percentage of weaving group in Na Loc relies on online sales?",
                "What percentage of honey company in Pac Ngoi relies on online sales?",
            ),
        ),
        (
            "Số hộ nuôi ong ở xã Một so với số cơ sở dệt ở xã Hai thì bên nào đông hơn?",
            "vi",
            ("Số hộ nuôi ong ở xã Một là bao nhiêu?", "số cơ sở dệt ở xã Hai là bao nhiêu?"),
        ),
        (
            "Tỷ lệ ký số ở Hậu Giang và Thanh Hóa chênh nhau thế nào?",
            "vi",
            ("Tỷ lệ ký số ở Hậu Giang là bao nhiêu?", "Tỷ lệ ký số ở Thanh Hóa là bao nhiêu?"),
        ),
        (
            "Did Xa Mot help more new firms, or more households? Give both figures.",
            "en",
            ("How many new firms (Xa Mot help)?", "How many households (Xa Mot help)?"),
        ),
        (
            "Số người cài ứng dụng ở Hậu Giang và số hộ nuôi ong ở xã Một, bên nào đông hơn và là bao nhiêu?",
            "vi",
            ("Số người cài ứng dụng ở Hậu Giang là bao nhiêu?", "số hộ nuôi ong ở xã Một là bao nhiêu?"),
        ),
        (
            "So tiền ông Bưởi kiếm trong một năm với tiền bà Ổi kiếm mỗi tháng.",
            "vi",
            ("tiền ông Bưởi kiếm trong một năm là bao nhiêu?", "tiền bà Ổi kiếm mỗi tháng là bao nhiêu?"),
        ),
        (
            "Hậu Giang có bao nhiêu sản phẩm OCOP, so với Thanh Hóa thì sao?",
            "vi",
            ("Hậu Giang có bao nhiêu sản phẩm OCOP?", "Thanh Hóa có bao nhiêu sản phẩm OCOP?"),
        ),
        (
            "Hậu Giang hay Thanh Hóa nhận giấy tờ qua mạng nhiều hơn, cụ thể mỗi nơi mấy phần trăm?",
            "vi",
            (
                "Hậu Giang nhận giấy tờ qua mạng mấy phần trăm?",
                "Thanh Hóa nhận giấy tờ qua mạng mấy phần trăm?",
            ),
        ),
        (
            "Giám đốc hãng Ong Vàng là ai, và hãng này bán trên những trang nào?",
            "vi",
            ("Giám đốc hãng Ong Vàng là ai?", "hãng Ong Vàng bán trên những trang nào?"),
        ),
        (
            "Ở xã Một có bao nhiêu cơ sở dệt, tổng cộng bao nhiêu tấm?",
            "vi",
            ("Ở xã Một có bao nhiêu cơ sở dệt?", "tổng cộng bao nhiêu tấm (Ở xã Một có cơ sở dệt)?"),
        ),
    ],
)
def test_alternatives_become_questions_of_their_own(question: str, language: str, parts: tuple[str, ...]) -> None:
    assert split(question, language) == parts


@pytest.mark.parametrize(
    ("question", "language", "kind", "focus"),
    [
        ("Tổ hợp tác gồm mấy người vậy ạ?", "vi", "number", "người"),
        ("Có bao nhiêu hàng OCOP trên sàn?", "vi", "number", "hàng ocop"),
        ("Tăng bao nhiêu hàng năm?", "vi", "number", "tăng"),
        ("Công ty Xứ Thanh năm 2023 doanh thu bao nhiêu tỷ đồng?", "vi", "amount", "tỷ đồng"),
        ("cong ty nam 2023 doanh thu bao nhieu ty dong", "vi-folded", "amount", "ty dong"),
        ("Tỷ lệ ký số trong cơ quan nhà nước là bao nhiêu?", "vi", "percent", ""),
    ],
)
def test_what_is_asked_for(question: str, language: str, kind: str, focus: str) -> None:
    found = wanted(question, language)
    assert (found.kind, found.focus) == (kind, focus)


@pytest.mark.parametrize(
    ("question", "text", "best"),
    [
        ("Huyện có bao nhiêu mặt hàng OCOP?", "Huyện có 12 xã, 105 sản phẩm OCOP và 30 cửa hàng.", "105"),
        ("Tổ hợp tác có mấy người?", "Năm 2022 tổ bán 1.200 hộp. Tổ có 5 thành viên.", "5"),
        ("Đã xử lý bao nhiêu ý kiến?", "Hệ thống có 40 cán bộ, đã xử lý 1.700 phản ánh của dân.", "1.700"),
    ],
)
def test_the_figure_of_what_is_counted_in_other_words(question: str, text: str, best: str) -> None:
    found = figures_in(asked(question), text)
    assert max(found, key=lambda f: f.fit).text.startswith(best)
    assert synonyms.counted(asked(question))


@pytest.mark.parametrize(
    ("question", "sentence", "before", "why"),
    [
        (
            "Doanh thu năm 2022 là bao nhiêu?",
            "Doanh thu đạt 250 tỷ đồng, tăng 20% so với năm 2023.",
            "",
            "another year",
        ),
        ("Doanh thu năm 2024 là bao nhiêu?", "Doanh thu đạt 250 tỷ đồng, tăng 20% so với năm 2023.", "", ""),
        ("Chỉ số PCI của tỉnh đứng thứ mấy?", "Tỉnh đứng thứ 17 về chỉ số chuyển đổi số.", "", "another code"),
        ("Chỉ số DTI của tỉnh đứng thứ mấy?", "Tỉnh đứng thứ 17 về chỉ số chuyển đổi số (DTI).", "", ""),
    ],
)
def test_what_a_sentence_is_not_about(question: str, sentence: str, before: str, why: str) -> None:
    assert mismatch(asked(question), sentence, before, "", sentence) == why


def test_a_quotation_around_the_answer() -> None:
    text = "Xã có bánh lá của gia đình ông Nam ở thôn Hai là sản phẩm được xếp hạng OCOP 3 sao, đã lên mạng, bán ở nhiều nơi."
    sentence = Sentence(0, 0, 100, 100 + len(text), text, "", "")
    at = text.index("3 sao")
    found = around_answer(sentence, [Found(at, at + 5, "3 sao", 0.9)], pieces(text), 24)
    assert found is not None and "3 sao" in found.text and text[found.start - 100 : found.end - 100] == found.text
    assert around_answer(sentence, [], pieces(text), 24) is None


def test_a_chain_of_followups_keeps_the_first_topic() -> None:
    history = [
        ("Nhóm dệt của bà Ổi ở Pác Ngòi một năm bán được bao nhiêu tấm?", "360 tấm."),
        ("Tính ra cân nặng là bao nhiêu?", "Khoảng 90 kg."),
    ]
    assert complete("Nhóm đó có mấy người?", history) == (
        "Nhóm đó có mấy người (Nhóm dệt của bà Ổi ở Pác Ngòi một năm bán được tấm)?"
    )
    assert complete("Giờ thì có mấy huyện tham gia rồi?", [("Mô hình “3 không” thử ở bao nhiêu nơi?", "5 xã.")]) == (
        "Giờ thì có mấy huyện tham gia rồi (Mô hình “3 không” thử ở nơi)?"
    )
