"""Days without a year, months in words and times of day, as a comparison of claims reads them."""

from __future__ import annotations

import pytest

from rag.ask import moments


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("Hội nghị họp ngày 7/9.", "--09-07", "--09-07", "day"),
        ("Bão vào bờ chiều 7/9 với gió giật cấp 17.", "--09-07", "--09-07", "day"),
        ("ngày 5 tháng Tám năm 2021", "2021-08-05", "2021-08-05", "day"),
        ("tháng Tám năm 2021", "2021-08-01", "2021-08-31", "month"),
        ("tháng Hai năm 2024", "2024-02-01", "2024-02-29", "month"),
        ("ngày 15/8/2022", "2022-08-15", "2022-08-15", "day"),
    ],
)
def test_dates(text: str, first: str, last: str, precision: str) -> None:
    (date,) = moments.all_dates(text)
    assert (date.first, date.last, date.precision) == (first, last, precision)
    assert text[date.start : date.end] == date.text


@pytest.mark.parametrize(
    "text",
    [
        "Chuyến đi kéo dài ba tháng tám ngày.",
        "Tỷ lệ là 3/4 số hộ.",
        "People under 14 may apply.",
        "Có 25 máy bay ở sân.",
        "Đội nhà thắng 3-1.",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert moments.all_dates(text) == []


@pytest.mark.parametrize(
    ("text", "minutes", "either"),
    [
        ("mở cửa lúc 7 giờ 30", 450, True),
        ("mở cửa lúc 17h30", 1050, False),
        ("closes at 5:30 p.m.", 1050, False),
        ("họp lúc 9 giờ tối", 1260, False),
        ("at 12 a.m.", 0, False),
        ("từ 8 giờ sáng", 480, False),
    ],
)
def test_times_of_day(text: str, minutes: int, either: bool) -> None:
    (clock,) = moments.clocks(text, [])
    assert (clock.minutes, clock.either_half) == (minutes, either)


def test_durations_and_bare_numbers_are_no_times() -> None:
    for text in ("Chuyến bay dài 7 giờ.", "Có 17 người.", "Bài dài 7 gam."):
        assert moments.clocks(text, []) == []


def test_the_same_time_told_in_two_ways() -> None:
    (half_past_five,) = moments.clocks("lúc 5 giờ 30", [])
    (afternoon,) = moments.clocks("lúc 17h30", [])
    (morning,) = moments.clocks("5:30 a.m.", [])
    assert moments.same_time(half_past_five, afternoon) and moments.same_time(half_past_five, morning)
    assert not moments.same_time(morning, afternoon)


def test_possible_days_of_a_source() -> None:
    assert list(moments.possible_days("Tỷ lệ 3/4, ngày 7/9 và 45/60")) == [(3, 4), (7, 9)]
