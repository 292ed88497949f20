"""Near-misses that wording gives away, and their true counterparts."""

from __future__ import annotations

import pytest
from asking import asked

from rag.ask import synonyms
from rag.ask.abstain import absent
from rag.ask.evidence import holds
from rag.ask.mismatch import codes_of, mismatch, told

FARMS = "Với tỷ trọng nông nghiệp chiếm 22,73% trong cơ cấu kinh tế, nông nghiệp là một trong bốn trụ cột."
APP = "Hiện số người dân cài ứng dụng di động là hơn 67.500 lượt người."
CHAIR = "Theo ông Nguyễn Như Hùng - Chủ tịch UBND xã Cẩm Lĩnh, các tổ đã tích cực hỗ trợ người dân."
HEAD = "Chủ tịch UBND xã Nguyễn Như Hùng nói công đầu thuộc về các tổ."
PUMPS = "Máy bơm mã PB-204 công suất 15 kW, đặt tại trạm Cẩm Hưng."
PLATE = "Xe tải biển số 38C-045.12 của ông Lê Văn Tám hết niên hạn ngày 31/12/2023."
RANK = "Chỉ số chuyển đổi số năm 2021 của tỉnh xếp thứ 17/63."


@pytest.mark.parametrize(
    ("question", "sentence", "why"),
    [
        ("Tỷ trọng công nghiệp là bao nhiêu phần trăm?", FARMS, "sibling"),
        ("ty trong cong nghiep trong co cau kinh te", FARMS, "sibling"),
        ("What share of the economy is industry?", FARMS, "sibling"),
        ("Tỷ trọng nông nghiệp là bao nhiêu phần trăm?", FARMS, ""),
        ("What share of the economy is agriculture?", FARMS, ""),
        ("How many people live in Hậu Giang?", APP, "another quantity"),
        ("What is the population of Hậu Giang?", APP, "another quantity"),
        ("Chủ tịch UBND tỉnh là ai?", HEAD, "another place"),
        ("Dân số Hậu Giang là bao nhiêu?", APP, "another quantity"),
        ("App có bao nhiêu lượt cài trên iPhone?", APP, "another quantity"),
        ("App có bao nhiêu lượt cài?", APP, ""),
        ("Giá một hộp là bao nhiêu?", "Tổ bán được 1.200 hộp.", "another quantity"),
        ("Tổng giá trị là bao nhiêu?", "Hai sàn ghi nhận 13.570 triệu đồng.", ""),
        ("Quyết định 1656 do ai ký?", "Ông Lê Văn An công bố quyết định.", "another quantity"),
        ("Chủ tịch UBND huyện Hương Khê là ai?", CHAIR, "another place"),
        ("Chủ tịch UBND xã Cẩm Lĩnh là ai?", CHAIR, ""),
        ("Chủ tịch UBND xã Cẩm Lĩnh là ai?", HEAD, ""),
        ("Who is the director of the Department of Health?", "Giám đốc Sở Công Thương Lê Văn An cho biết.", "another department"),
        ("Who is the director of the Department of Health?", "Giám đốc Sở Y tế Lê Văn An cho biết.", ""),
        ("Máy bơm PB-204 công suất bao nhiêu?", PUMPS, ""),
        ("may bom pb204 cong suat bao nhieu", PUMPS, ""),
        ("Máy bơm PB-209 công suất bao nhiêu?", PUMPS, "another code"),
        ("What is the power of pump PB-300?", PUMPS, "another code"),
        ("Xe 38C-045.12 của ai?", PLATE, ""),
        ("Xe 38C-045.13 của ai?", PLATE, "another code"),
        ("Năm 2023 tỉnh xếp thứ mấy?", RANK, "another year"),
        ("Năm 2021 tỉnh xếp thứ mấy?", RANK, ""),
        ("Tỉnh nào đứng đầu vùng về chuyển đổi số?", "Hậu Giang đứng thứ hai trong vùng.", "sibling"),
        ("Tỉnh nào đứng thứ hai trong vùng?", "Hậu Giang đứng thứ hai trong vùng.", ""),
        ("Đoạn kênh ở Đô Lương có bề ngang bao nhiêu?", "Đoạn kênh rộng chừng 3m ở Đô Lương.", ""),
        ("nguoi vo gia cu bao nhieu tuoi", "Người vô gia cư 69 tuổi.", ""),
        ("Từ quốc lộ 14B vào rừng đi ghe bao lâu?", "Từ QL14B phải mất một giờ đi ghe.", ""),
        ("Mỗi tháng chị Nguyễn Thị Hằng thu nhập bao nhiêu?", "Chị Lê Thị Hường thu nhập 10 triệu đồng/tháng.", "another person"),
        ("Mỗi tháng chị Lê Thị Hường thu nhập bao nhiêu?", "Chị Hường thu nhập 10 triệu đồng/tháng.", ""),
        ("Năm 2024 doanh thu tăng bao nhiêu phần trăm?", "Doanh thu tăng 20% so với năm 2023.", ""),
    ],
)  # fmt: skip
def test_mismatch(question: str, sentence: str, why: str) -> None:
    assert mismatch(asked(question), sentence, "", "", sentence) == why


def test_codes_are_neither_dates_nor_measures() -> None:
    assert codes_of("Hợp đồng 17/2024/HĐ-XD, xe 38C-045.12 và chuyến VN1265") == [
        "17/2024/HĐ-XD",
        "38C-045.12",
        "VN1265",
    ]
    assert codes_of("Ngày 15/8/2022, lúc 7h30, 99,15% và 12kg ở khu 3, tháng 9/2024, quý III, thứ 2nd") == []


def test_a_code_said_elsewhere_in_the_passage_is_another_s() -> None:
    passage = f"{PUMPS} Máy bơm mã PB-207 công suất 22 kW."
    assert mismatch(asked("Máy bơm PB-207 công suất bao nhiêu?"), PUMPS, "", "", passage) == "another code"
    assert mismatch(asked("Trạm Cẩm Hưng có máy bơm PB-204 không?"), PUMPS, "", "", passage) == ""


@pytest.mark.parametrize(
    ("question", "quote", "given"),
    [
        ("Máy bơm công suất bao nhiêu?", PUMPS, True),
        ("How many tonnes of rice does the Tan Long cooperative sell?", "Tổ của chị Sửu bán 1,7 tấn nhút.", False),
        ("HTX Tân Long bán bao nhiêu tấn gạo?", "HTX Tân Long bán 300 tấn gạo.", True),
        ("Tàu rời ga lúc mấy giờ?", "Tàu rời ga lúc 19 giờ 25.", True),
        ("Tàu rời ga lúc mấy giờ?", "Tàu rời ga rất đúng giờ.", False),
        ("Tàu rời ga lúc mấy giờ?", "Tàu rời ga vào khoảng nửa đêm.", True),
        ("Cuộc điều tra ông Yan kéo dài bao lâu?", "Ông Yan, 45 tuổi, bị điều tra.", False),
        ("Cuộc điều tra ông Yan kéo dài bao lâu?", "Cuộc điều tra ông Yan kéo dài 3 năm.", True),
        ("How far is the station from the town?", "Ga cách thị trấn 12 km, khánh thành năm 2019.", True),
        ("Trạm khánh thành ngày nào?", "Trạm khánh thành năm 2019.", False),
        ("Trạm khánh thành ngày nào?", "Trạm khánh thành ngày 3/2/2019.", True),
        ("When was the carrier Admiral Kuznetsov overhauled?", "Tàu Đô đốc Kuznetsov được đại tu năm 2012.", True),
        (
            "When was Resolution No. 02 on digital transformation adopted?",
            "Cuối năm 2020, Nghị quyết số 02 ra đời.",
            True,
        ),
    ],
)
def test_a_figure_must_be_of_the_thing_named(question: str, quote: str, given: bool) -> None:
    assert told(asked(question), quote, quote, quote, "") is given


def test_everyday_wordings_are_held_by_official_ones() -> None:
    wide = synonyms.widen(asked("Ở xã có bao nhiêu bà con đã cài app?"))
    bag = set("khoang 3 000 nguoi dan cai dat ung dung".split())
    assert holds(wide, "ba", bag) and holds(wide, "app", bag) and not holds(wide, "xa", bag)
    assert synonyms.wordings("james cook qua doi nam nao", True)["qua"]
    english = asked("How many people live there?")
    assert synonyms.widen(english) is english


def test_a_mismatch_refuses() -> None:
    assert absent({"mismatch": 1.0}) == "another thing"
    assert absent({"mismatch": 0.0}) == ""
