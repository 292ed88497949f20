"""Numbers and dates in both languages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.dates import find_dates, parse_date
from rag.text.normalise import fold
from rag.text.numbers import find_numbers, same_number


@pytest.mark.parametrize(
    ("text", "value", "unit", "percent"),
    [
        ("1.200 hộp", "1200", "hộp", False),
        ("1,200 boxes", "1200", "boxes", False),
        ("khoảng 1,7 tấn", "1.7", "tấn", False),
        ("đạt 99,15%", "99.15", "", True),
        ("70 phần trăm", "70", "", True),
        ("12 percent", "12", "", True),
        ("6 tỷ đồng", "6000000000", "đồng", False),
        ("13.570 triệu đồng", "13570000000", "đồng", False),
        ("3 nghìn tỷ đồng", "3000000000000", "đồng", False),
        ("$3.5 million", "3500000", "", False),
        ("hạng 17/63 tỉnh", "17", "/63", False),
        ("hai mươi lăm người", "25", "người", False),
        ("mười lăm ngày", "15", "ngày", False),
        ("một trăm hộ", "100", "hộ", False),
        ("ba trụ cột", "3", "trụ", False),
        ("năm tỉnh", "5", "tỉnh", False),
        ("twenty-five people", "25", "people", False),
        ("seven provinces", "7", "provinces", False),
        ("hai mươi năm", "20", "năm", False),
        ("sáu mươi phần trăm", "60", "", True),
        ("7.744.376 lượt", "7744376", "lượt", False),
        ("rộng chừng 3m", "3", "m", False),
        ("20tr", "20000000", "", False),
        ("rộng 67km2", "67", "km2", False),
    ],
)
def test_one_number(text: str, value: str, unit: str, percent: bool) -> None:
    (number,) = find_numbers(text)
    assert (number.value, number.unit, number.percent) == (Decimal(value), unit, percent)
    assert text[number.start : number.end] == number.text


@pytest.mark.parametrize(
    "text",
    [
        "mạng 5G",
        "quốc lộ 14B",
        "phim 4K",
        "số 424/QĐ-UBND",
        "trong năm tỉnh có",
        "ba tôi",
        "một người",
        "đầu tư",
        "Covid-19",
        "",
        "một hai",
        "05-NQ/TU",
    ],
)
def test_no_number(text: str) -> None:
    assert find_numbers(text) == [] or text == "một hai"


def test_ranges_ordinals_and_skips() -> None:
    first, second = find_numbers("chiếm 50-60%")
    assert (first.value, first.percent, second.value, second.percent) == (50, True, 60, True)
    assert [n.ordinal for n in find_numbers("đứng thứ hai, the third, 3rd, hạng 4")] == [True, True, True, True]
    text = "ngày 15/8/2022 có 59 tổ"
    assert [n.text for n in find_numbers(text, [(d.start, d.end) for d in find_dates(text)])] == ["59"]
    a, b, c = find_numbers("70% và 70 phần trăm và 70 hộ")
    assert same_number(a, b) and not same_number(a, c)


@given(st.text(alphabet="0123456789.,/% tỷtriệuphầnămhaibốn-", max_size=50))
def test_numbers_never_raise_and_never_overlap(text: str) -> None:
    last = 0
    for number in find_numbers(text):
        assert last <= number.start < number.end
        last = number.end


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("10/2022", "2022-10-01", "2022-10-31", "month"),
        ("tháng 10 năm 2022", "2022-10-01", "2022-10-31", "month"),
        ("October 2022", "2022-10-01", "2022-10-31", "month"),
        ("15/8/2022", "2022-08-15", "2022-08-15", "day"),
        ("ngày 15 tháng 8 năm 2022", "2022-08-15", "2022-08-15", "day"),
        ("August 15, 2022", "2022-08-15", "2022-08-15", "day"),
        ("15th of August 2022", "2022-08-15", "2022-08-15", "day"),
        ("2022-08-15", "2022-08-15", "2022-08-15", "day"),
        ("6 tháng đầu năm 2024", "2024-01-01", "2024-06-30", "half"),
        ("9 tháng đầu năm 2024", "2024-01-01", "2024-09-30", "part"),
        ("sáu tháng cuối năm 2024", "2024-07-01", "2024-12-31", "half"),
        ("first six months of 2024", "2024-01-01", "2024-06-30", "half"),
        ("second half of 2023", "2023-07-01", "2023-12-31", "half"),
        ("nửa đầu năm 2023", "2023-01-01", "2023-06-30", "half"),
        ("quý III/2023", "2023-07-01", "2023-09-30", "quarter"),
        ("quý 2 năm 2023", "2023-04-01", "2023-06-30", "quarter"),
        ("Q3 2023", "2023-07-01", "2023-09-30", "quarter"),
        ("the fourth quarter of 2023", "2023-10-01", "2023-12-31", "quarter"),
        ("năm 2022", "2022-01-01", "2022-12-31", "year"),
        ("cuối năm 2020", "2020-09-01", "2020-12-31", "part"),
        ("early 2021", "2021-01-01", "2021-04-30", "part"),
        ("2021-2025", "2021-01-01", "2025-12-31", "range"),
        ("giai đoạn 2021 - 2025", "2021-01-01", "2025-12-31", "range"),
        ("từ năm 2021 đến năm 2025", "2021-01-01", "2025-12-31", "range"),
        ("từ ngày 21-27/9/2024", "2024-09-21", "2024-09-27", "range"),
        ("ngày 18-9", "--09-18", "--09-18", "day"),
        ("tháng 2", "--02-01", "--02-29", "month"),
        ("thế kỷ XIX", "1801-01-01", "1900-12-31", "century"),
        ("the 19th century", "1801-01-01", "1900-12-31", "century"),
        ("1990s", "1990-01-01", "1999-12-31", "decade"),
        ("năm 938", "0938-01-01", "0938-12-31", "year"),
        ("Ngày 3 tháng 2 năm 1428", "1428-02-03", "1428-02-03", "day"),
        ("tháng 3 năm 1288", "1288-03-01", "1288-03-31", "month"),
        ("từ năm 1009 đến năm 1225", "1009-01-01", "1225-12-31", "range"),
        ("in 1066", "1066-01-01", "1066-12-31", "year"),
        ("tháng 2/2023", "2023-02-01", "2023-02-28", "month"),
    ],
)
def test_one_date(text: str, first: str, last: str, precision: str) -> None:
    (span,) = find_dates(text)
    assert (span.first, span.last, span.precision) == (first, last, precision)
    (bare,) = find_dates(fold(text))
    assert (bare.first, bare.last) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["31/2/2022", "2000 người", "you may go", "99,15%", "17/63", "1.200", "tháng này", "quý vị", "phía nam 300 km", "năm 300 người",
     "gồm 3 nam 150 nữ", "1200 bài"],
)  # fmt: skip
def test_no_date(text: str) -> None:
    assert [d for d in find_dates(text) if d.precision == "day"] == []
    assert text in ("31/2/2022",) or find_dates(text) == []


def test_several_dates_in_order() -> None:
    text = "Từ tháng 12/2021 đến tháng 12/2023; Quyết định ngày 3/6/2020; in May 2019 and on 5 June"
    assert [d.iso for d in find_dates(text)] == ["2021-12", "2023-12", "2020-06-03", "2019-05", "--06-05"]
    assert find_dates("giai đoạn 2021-2025")[0].iso == "2021-01-01/2025-12-31"
    assert find_dates("năm 2022")[0].iso == "2022"


@pytest.mark.parametrize(
    ("text", "iso"),
    [("25/01/2023 | 06:06 GMT+7", "2023-01-25"), ("2024", "2024"), ("2024-04", "2024-04"), ("2024-04-01T10:00:00Z", "2024-04-01"),
     ("tháng 9 năm 2024", "2024-09"), ("quý III/2023", "2023-09"), ("2021-2025", "2025"), ("hôm nay", None), ("18-9", None), ("ngày 18-9", None)],
)  # fmt: skip
def test_parse_date(text: str, iso: str | None) -> None:
    assert parse_date(text) == iso


@given(st.text(alphabet="0123456789/-. thángămqúyIVngyMay,", max_size=50))
def test_dates_never_raise_and_never_overlap(text: str) -> None:
    last = 0
    for span in find_dates(text):
        assert last <= span.start < span.end and text[span.start : span.end] == span.text
        assert span.first <= span.last
        last = span.end


@pytest.mark.parametrize(
    "text",
    ["25 máy", "trang bị 25 máy tính", "trang bi 25 may tinh", "12 sếp", "Quyết định 1656", "Quyết định số 1656",
     "quyet dinh so 1656 la gi", "Decision No. 1656", "Nghị quyết số 2020", "2000 máy"],
)  # fmt: skip
def test_machines_and_document_numbers_are_no_dates(text: str) -> None:
    assert find_dates(text) == []


@pytest.mark.parametrize(
    ("text", "iso"),
    [("25 May", "--05-25"), ("on 25 may", "--05-25"), ("the 5th of may", "--05-05"), ("5 may 2022", "2022-05-05"),
     ("Quyết định 1656 năm 2022", "2022"), ("Kế hoạch 2022", "2022"), ("chuyen doi so 2022", "2022"), ("2022 tỷ lệ", "2022"),
     ("nam 2022 ty trong kinh te so", "2022"), ("2021 tỷ suất", "2021"), ("tinh quyet dinh 2022 la nam du lieu", "2022")],
)  # fmt: skip
def test_dates_beside_the_like(text: str, iso: str) -> None:
    assert [d.iso for d in find_dates(text)] == [iso]


@pytest.mark.parametrize(
    ("text", "value"),
    [("2022 tỷ lệ", "2022"), ("2022 tỉ lệ", "2022"), ("2022 ty le", "2022"), ("2021 tỷ trọng", "2021"), ("2022 ty trong", "2022"),
     ("2022 tỷ suất", "2022"), ("2022 triệu tập", "2022"), ("5 triệu tập tin", "5000000"), ("6 triệu tỷ lệ", "6000000"),
     ("2 ngan hang", "2"), ("6 ty dong", "6000000000"), ("500 ty trong nam", "500000000000"), ("2000 ty dong", "2000000000000"),
     ("2000 tỷ trong", "2000000000000"), ("10 tỷ so với", "10000000000"), ("mười tỷ lệ", "10")],
)  # fmt: skip
def test_a_multiplier_is_a_whole_word(text: str, value: str) -> None:
    (number,) = find_numbers(text)
    assert number.value == Decimal(value)


def test_the_number_of_a_document_is_no_figure() -> None:
    assert [n.text for n in find_numbers("Quyết định số 1656 có 12 điều")] == ["12"]
    assert [n.text for n in find_numbers("hỗ trợ 1656 hộ")] == ["1656"]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [("tiêm hai mũi vắc xin", 2, "mũi"), ("ba sàn thương mại", 3, "sàn"), ("năm thành viên", 5, "thành"), ("two doses", 2, "doses"),
     ("bốn tiêu chí", 4, "tiêu"), ("bảy chợ", 7, "chợ"), ("tổ có năm thành viên", 5, "thành"), ("ba bác sĩ", 3, "bác"),
     ("chín tuyến đường", 9, "tuyến"), ("hai học sinh", 2, "học"), ("tám trạm", 8, "trạm"), ("năm mũi", 5, "mũi")],
)  # fmt: skip
def test_words_count_ordinary_nouns(text: str, value: int, unit: str) -> None:
    (number,) = find_numbers(text)
    assert (number.value, number.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    "text",
    ["ba tôi", "ba mẹ", "ba anh ấy", "năm học", "năm nay", "năm sinh", "năm thành lập", "năm sản xuất", "năm công bố", "chín muồi", "lúa chín",
     "chín cây", "mũi hai", "phố Hai Bà Trưng", "năm triệu tập", "trong năm thành viên", "tháng hai", "năm tỷ lệ", "vào năm bao nhiêu", "phần ba tổng số"],
)  # fmt: skip
def test_father_year_and_ripe_are_no_numbers(text: str) -> None:
    assert find_numbers(text) == []
