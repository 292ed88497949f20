"""Sentence and clause boundaries in news, law and encyclopaedia prose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import clause_spans, sentence_spans


def sentences(text: str) -> list[str]:
    return [text[a:b] for a, b in sentence_spans(text)]


def clauses(text: str) -> list[str]:
    return [text[a:b] for a, b in clause_spans(text, 0, len(text))]


@pytest.mark.parametrize(
    "parts",
    [
        ["Ông ấy sống ở TP.HCM.", "Sau đó ông về quê."],
        ["TS. Nguyễn Văn A là giám đốc.", "Bà B là phó."],
        ["Giá là 3.000 đồng.", "Tăng 1,5 lần."],
        ["Bán trên Facebook, Zalo v.v.", "Ngoài ra còn có chợ."],
        ["See No. 5 for details.", "It is long."],
        ["The U.S. troops left in 1975.", "The war ended."],
        ["He lived in the U.S.", "It was far away."],
        ["John F. Kennedy was born in 1917.", "He died in 1963."],
        ["E. O. Wilson viết sách.", "Sách hay."],
        ["Vào năm 1990.", "100% người dân biết."],
        ["Mạng xã hội, chợ...", "Anh Tú nói tiếp."],
        ["Ông nói: “Chúng tôi đã làm xong.”", "Mọi người vỗ tay."],
        ["Tại huyện Châu Thành A.", "Sau đó đoàn về."],
        ["Theo khoản 1 Điều 5.", "Bộ trưởng quyết định."],
        ["Cổng dịch vụ dân cư…", "Chuyển đổi số có tác động."],
        ["“Thế à?” ông hỏi lại.", "Không ai đáp."],
        ["Thật không?", "Thật!", "Được."],
        ["Truy cập VnExpress.net và voso.vn để mua.", "Xong."],
        ["Dr. Smith met Prof. Lan at 5 p.m.", "The meeting ended."],
        ["東京は首都です。", "大阪は違います。"],
        ["Đi đến kết thúc (xem phụ lục).", "Hết."],
    ],
)
def test_sentences_on_one_line(parts: list[str]) -> None:
    text = " ".join(parts)
    assert sentences(text) == parts


def test_a_stop_without_a_blank() -> None:
    assert sentences("Mọi việc kết thúc.Sau đó, họ về nhà. Số dân cư…Chuyển đổi số có ích.") == [
        "Mọi việc kết thúc.", "Sau đó, họ về nhà.", "Số dân cư…", "Chuyển đổi số có ích."]  # fmt: skip


def test_law_lines() -> None:
    text = "Điều 5. Đối tượng áp dụng\n1. Luật này áp dụng với công dân. Người nước ngoài theo luật riêng.\na) Người lao động;\nb) Người sử dụng lao động.\nChương II\nQUY ĐỊNH CỤ THỂ"
    assert sentences(text) == [
        "Điều 5. Đối tượng áp dụng",
        "1. Luật này áp dụng với công dân.",
        "Người nước ngoài theo luật riêng.",
        "a) Người lao động;",
        "b) Người sử dụng lao động.",
        "Chương II",
        "QUY ĐỊNH CỤ THỂ",
    ]


def test_law_flattened_to_one_line() -> None:
    text = "Hiệu trưởng 1. Hiệu trưởng là người đứng đầu. 2. Nhiệm vụ gồm: 1. Quản lý; 2. Báo cáo theo Điều 3. Hết."
    found = sentences(text)
    assert found[:3] == ["Hiệu trưởng", "1. Hiệu trưởng là người đứng đầu.", "2. Nhiệm vụ gồm:"]
    assert "1. Quản lý;" in found and found[-1] == "Hết."


def test_lines() -> None:
    assert sentences("một dòng bị\nngắt giữa câu. Câu hai") == ["một dòng bị\nngắt giữa câu.", "Câu hai"]
    assert sentences("Tiêu đề\n\nđoạn văn") == ["Tiêu đề", "đoạn văn"]
    assert sentences("Gồm:\n- một\n- hai") == ["Gồm:", "- một", "- hai"]
    assert sentences("gồm có\n- một\n- hai") == ["gồm có", "- một", "- hai"]
    assert sentences("kết thúc\n”") in (["kết thúc", "”"], ["kết thúc\n”"])
    assert sentences("") == [] and sentences(" \n ") == []


@given(st.text(alphabet="aBcđ Ấ.,;:!?…\n\u00a0()“”\"'0123456789-–", max_size=120))
def test_spans_are_trimmed_ordered_and_cover_all_but_blanks(text: str) -> None:
    last = 0
    covered = []
    for start, end in sentence_spans(text):
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert not text[last:start].strip()
        covered.append((start, end))
        last = end
    assert not text[last:].strip()


@given(st.text(alphabet="aB đ,;:()[]-–0123456789%.", max_size=100))
def test_clauses_lie_in_order_inside(text: str) -> None:
    last = 0
    for start, end in clause_spans(text, 0, len(text)):
        assert last <= start < end <= len(text)
        assert text[start:end].strip() and any(c.isalnum() for c in text[start:end])
        last = end


def test_clauses_of_an_enumeration() -> None:
    text = "Theo Quyết định số 1656, hiện nay có 496 thủ tục hành chính cấp tỉnh, 131 thủ tục cấp huyện và 67 thủ tục cấp xã, phường đủ điều kiện (trả kết quả qua bưu chính công ích)."
    found = clauses(text)
    assert "131 thủ tục cấp huyện" in found
    assert "trả kết quả qua bưu chính công ích" in found
    assert any(c.endswith("496 thủ tục hành chính cấp tỉnh") for c in found)
    assert any(c.startswith("và 67 thủ tục cấp xã, phường") for c in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Tỷ lệ ký số đạt 98%; hệ thống đã xử lý 1.700 kiến nghị",
            ["Tỷ lệ ký số đạt 98%", "hệ thống đã xử lý 1.700 kiến nghị"],
        ),
        (
            "Doanh thu đạt khoảng 250 tỷ đồng, tăng 20% so với năm 2023.",
            ["Doanh thu đạt khoảng 250 tỷ đồng", "tăng 20% so với năm 2023."],
        ),
        (
            "Nền tảng (CĐS) phát triển kinh tế - xã hội của tỉnh",
            ["Nền tảng (CĐS) phát triển kinh tế - xã hội của tỉnh"],
        ),
        ("Ông Nguyễn Như Hùng - Chủ tịch UBND xã Cẩm Lĩnh", ["Ông Nguyễn Như Hùng - Chủ tịch UBND xã Cẩm Lĩnh"]),
        ("Sở Văn hóa, Thể thao và Du lịch đạt 99,15%", ["Sở Văn hóa, Thể thao và Du lịch đạt 99,15%"]),
        (
            "Sở A đạt 100%, Sở B đạt 99,15%, các Sở C, D và E đạt trên 85%",
            ["Sở A đạt 100%", "Sở B đạt 99,15%", "các Sở C, D và E đạt trên 85%"],
        ),
        ("giai đoạn 2021 - 2025", ["giai đoạn 2021 - 2025"]),
        (
            "The factory was opened in 2019, and it has produced 5,000 cars",
            ["The factory was opened in 2019", "and it has produced 5,000 cars"],
        ),
    ],
)
def test_clauses(text: str, expected: list[str]) -> None:
    assert clauses(text) == expected


def test_clauses_keep_to_their_sentence() -> None:
    text = "Câu một; hết. Câu hai; cũng hết."
    start = text.index("Câu hai")
    assert [text[a:b] for a, b in clause_spans(text, start, len(text))] == ["Câu hai", "cũng hết."]
