"""Normal forms: lengths, one tone placement, and the equalities that answers are judged by."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.normalise import (
    VIETNAMESE_LETTERS,
    answer_normal,
    canonical,
    contains_answer,
    fold,
    is_plain,
    nfc,
    parse_number,
    strip_markers,
    word_spans,
    words,
)

VIETNAMESE = st.text(
    alphabet=VIETNAMESE_LETTERS + VIETNAMESE_LETTERS.upper() + "abcdefghijklmnopqrstuvwxyz ABC.,;:0123456789“”–\n",
    max_size=80,
)


@given(st.text(max_size=60))
def test_fold_and_canonical_preserve_length_of_nfc(text: str) -> None:
    s = nfc(text)
    assert len(fold(s)) == len(s)
    assert len(canonical(s)) == len(s)


@given(VIETNAMESE)
def test_fold_is_the_same_on_both_paths_and_ascii_for_vietnamese(text: str) -> None:
    s = nfc(text)
    slow = "".join(fold(c + "\u4e00")[0] for c in s)  # a character off the code page forces the slow path
    assert fold(s) == slow
    assert all(c.isascii() for c, original in zip(fold(s), s, strict=True) if original.isalpha())
    assert fold(fold(s)) == fold(s)


@given(VIETNAMESE)
def test_nfd_and_nfc_give_the_same_words(text: str) -> None:
    assert words(unicodedata.normalize("NFD", text)) == words(nfc(text))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đắk Lắk", "dak lak"),
        ("Thừa Thiên Huế", "thua thien hue"),
        ("ĐƯỜNG", "duong"),
        ("İstanbul", "i" + "stanbul"),
        ("Ω", "ω"),
        ("ﬁ", "ﬁ"),
    ],
)
def test_fold_letters(text: str, folded: str) -> None:
    assert fold(text).replace("\u0307", "")[-len(folded) :] == folded or fold(text)[1:] == folded[1:]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("Thuý", "THÚY"),
        ("khoẻ", "khỏe"),
        ("qúy", "quý"),
        ("loè", "lòe"),
        ("Hoà Bình", "hòa bình"),
        ("uỷ ban", "ủy ban"),
        ("tuỳ", "tùy"),
    ],
)
def test_tone_marks_have_one_place(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize("text", ["quý", "hoàn", "toán", "thuyết", "của", "quỳ", "oàn", "goòng"])
def test_canonical_leaves_other_words_alone(text: str) -> None:
    assert canonical(text) == text


def test_words_and_spans() -> None:
    text = "Hoà Bình: 1.200 hộp (TT&TT)"
    assert words(text) == ["hòa", "bình", "1", "200", "hộp", "tt", "tt"]
    assert [text[a:b] for a, b in word_spans(text)] == ["Hoà", "Bình", "1", "200", "hộp", "TT", "TT"]


@pytest.mark.parametrize(
    "same",
    [
        ("1.200", "1,200", "1200"),
        ("99,15%", "99.15 %", "99,15 phần trăm", "99.15 percent", "99.15 per cent"),
        (
            "15/8/2022",
            "15/08/2022",
            "August 15, 2022",
            "ngày 15 tháng 8 năm 2022",
            "15 August 2022",
            "2022-08-15",
            "15-8-2022",
            "15.8.2022",
            "Aug. 15, 2022",
        ),
        ("10/2022", "tháng 10/2022", "tháng 10 năm 2022", "October 2022", "tháng 10-2022"),
        ("năm 2022", "2022"),
        ("70%", "70 phần trăm", "70 percent"),
        ("6 tỉ đồng", "6 tỷ đồng"),
        ("Hoà", "Hòa", "HÒA"),
        ("7.744.376", "7,744,376", "7744376"),
        ("1.234,56", "1,234.56", "1234.56"),
        ("Quyết định 424/QĐ-UBND", "quyết định 424 QĐ UBND."),
        ("ngày 18/9", "18 tháng 9", "September 18", "18 September"),
        ("1,50", "1.5"),
    ],
)
def test_answers_that_are_the_same(same: tuple[str, ...]) -> None:
    assert len({answer_normal(s) for s in same}) == 1, {s: answer_normal(s) for s in same}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.200", "120"),
        ("99,15%", "99,15"),
        ("15/8/2022", "8/15"),
        ("tháng 9/2022", "tháng 10/2022"),
        ("bán", "bạn"),
        ("0,125", "125"),
        ("3,5", "35"),
    ],
)
def test_answers_that_differ(one: str, other: str) -> None:
    assert answer_normal(one) != answer_normal(other)


@given(st.text(max_size=60))
def test_answer_normal_is_idempotent_enough_to_contain_itself(text: str) -> None:
    normal = answer_normal(text)
    assert normal == " ".join(normal.split())
    if normal:
        assert contains_answer(text, text)


@pytest.mark.parametrize(
    ("text", "alternative", "inside"),
    [
        ("Đến tháng 10/2022 có 59 tổ và 133 tổ.", "59", True),
        ("Đến tháng 10/2022 có 159 tổ.", "59", False),
        ("đạt 1.200 hộp", "1,200", True),
        ("đạt 12.200 hộp", "200", False),
        ("ngày 15/8/2022", "năm 2022", True),
        ("ngày 15/8/2022", "tháng 8/2022", True),
        ("hạng 17/63", "17/63", True),
        ("Ông Đỗ Hữu Quyết, Giám đốc", "đỗ hữu quyết", True),
        ("đạt 53.5%", "53", False),
        ("What?!", "?!", True),
        ("gì", "", False),
    ],
)
def test_contains_answer_on_token_boundaries(text: str, alternative: str, inside: bool) -> None:
    assert contains_answer(text, alternative) is inside


@pytest.mark.parametrize(
    ("digits", "plain"),
    [
        ("3.000", "3000"),
        ("1,7", "1.7"),
        ("0.125", "0.125"),
        ("1.234.567,8", "1234567.8"),
        ("12", "12"),
        ("99,150", "99150"),
        ("1.2.3", "1.2.3"),
        ("2,50", "2.5"),
        ("1,000,000.25", "1000000.25"),
    ],
)
def test_parse_number(digits: str, plain: str) -> None:
    assert parse_number(digits) == plain


def test_markers_go() -> None:
    assert strip_markers("Có 59 tổ [1][2]. Còn lại [3, 4].") == "Có 59 tổ. Còn lại."
    assert strip_markers("mảng [a] và [1234]") == "mảng [a] và [1234]"


def test_is_plain() -> None:
    assert is_plain("Hà Tĩnh – “59” tổ") and is_plain("abc")
    assert not is_plain("Hà\u200bTĩnh") and not is_plain("東京 à")
