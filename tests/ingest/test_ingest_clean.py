"""Page noise goes, the article stays; title and date are found where the text states them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.clean import clean_inline, clean_lines, date_line, newlines, page, stated_date, strip_invisible
from rag.ingest.formats.markdown import inline
from rag.ingest.load import read_inputs
from rag.types import Document

BODY = [
    "Chuyển đổi số đang mở ra cơ hội để một tỉnh còn nhiều khó khăn có thể đuổi kịp các tỉnh, thành phố trong khu vực đồng bằng.",
    "Hiện số người dân cài ứng dụng di động của tỉnh là hơn 67.500 lượt người, tăng mạnh so với năm trước đó rất nhiều lần.",
    "Đến nay, tỉnh đã đạt được những kết quả tích cực trên cả ba trụ cột là chính quyền số, kinh tế số và xã hội số của tỉnh.",
    "Để quá trình này đạt nhiều kết quả hơn nữa, các cấp ủy, chính quyền tiếp tục quán triệt và chỉ đạo thực hiện có hiệu quả.",
]


def load(tmp_path: Path, text: str, name: str = "tep.txt") -> Document:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (made,) = read_inputs([tmp_path / name])
    assert isinstance(made, Document), made
    return made


def test_a_copied_page_with_everything_around_it(tmp_path: Path) -> None:
    lines = [
        "• Click để copy", "", "Bước chuyển của một tỉnh nghèo", "", "25/01/2023 | 06:06 GMT+7", "Nghe Podcast:",
        "/uploads/Audio/News/2023/01/25/bước chuyển.mp3", "\u00a0", BODY[0], "\u00a0", "“Quả đầu mùa”", "", BODY[1], "", BODY[2], "",
        "Bước chuyển của một tỉnh nghèo", "Hơn 67.500 lượt người đã cài ứng dụng.", "", BODY[3], "", "", "TRẦN VĂN NAM", "Viết bình luận mới",
        "Tin cùng chuyên mục", "Các tin khác", "Xem thêm >>",
    ]  # fmt: skip
    made = load(tmp_path, "\n".join(lines))
    assert made.title == "Bước chuyển của một tỉnh nghèo" and made.date == "2023-01-25"
    assert made.metadata["author"] == "TRẦN VĂN NAM"
    assert [h.text for h in made.headings] == ["Bước chuyển của một tỉnh nghèo", "“Quả đầu mùa”"]
    assert made.text == "\n\n".join(
        [
            "Bước chuyển của một tỉnh nghèo",
            BODY[0],
            "“Quả đầu mùa”",
            BODY[1],
            BODY[2],
            "Hơn 67.500 lượt người đã cài ứng dụng.",
            BODY[3],
        ]
    )
    for heading in made.headings:
        assert made.text[heading.start : heading.end] == heading.text


def test_teasers_of_other_articles_are_cut_with_their_dates(tmp_path: Path) -> None:
    teasers = ["Bài và ảnh: LÊ VĂN AN", "", "Tin mới", ""]
    for n in range(3):
        teasers += [
            f"Bão số {n}: người dân di dời",
            f"Bão số {n}: người dân di dời",
            "",
            f"Ngày 1{n}-9, lãnh đạo tỉnh đã ký công điện về bão số {n}.",
            "",
        ]
    made = load(tmp_path, "\n\n".join(["Thanh Hóa đột phá", *BODY]) + "\n\n" + "\n".join(teasers))
    assert made.title == "Thanh Hóa đột phá" and made.date is None and made.metadata == {"author": "LÊ VĂN AN"}
    assert made.text.endswith(BODY[3]) and "Bão" not in made.text


def test_a_section_called_latest_news_is_kept_where_the_article_goes_on(tmp_path: Path) -> None:
    long = " ".join(BODY)
    made = load(tmp_path, f"Mở đầu bản tin của tỉnh.\n\nTin mới\n\n{long}\n\n{long} Hết.")
    assert BODY[0] in made.text


def test_date_before_the_title_on_one_line(tmp_path: Path) -> None:
    made = load(tmp_path, " date 2024-04 Lan tỏa câu chuyện\n\n" + "\n\n".join(BODY))
    assert (made.title, made.date) == ("Lan tỏa câu chuyện", "2024-04")
    assert made.text.startswith("Lan tỏa câu chuyện\n\nChuyển đổi số")


def test_text_that_states_nothing_gets_its_stem(tmp_path: Path) -> None:
    made = load(tmp_path, "\n".join(BODY), "000_8eb1.txt")
    assert (made.title, made.date, made.headings) == ("000_8eb1", None, ())
    assert made.text == "\n\n".join(BODY)


def test_repeated_caption_goes_but_a_caption_with_news_stays(tmp_path: Path) -> None:
    caption = "Tỉnh đã đạt được những kết quả tích cực trên cả ba trụ cột là chính quyền số, kinh tế số và xã hội số."
    text = "\n\n".join(
        [
            BODY[0],
            "Với quyết tâm lớn, " + caption[0].lower() + caption[1:],
            caption,
            "Nhân viên đang trực tại bộ phận một cửa của xã.",
            BODY[3],
        ]
    )
    made = load(tmp_path, text)
    assert made.text.count("kết quả tích cực") == 1 and "bộ phận một cửa" in made.text


def test_names_in_a_list_are_not_bylines(tmp_path: Path) -> None:
    made = load(tmp_path, "Danh sách trúng cử\n\nNguyễn Văn An\n\nTrần Thị Bình")
    assert "Trần Thị Bình" in made.text and "author" not in made.metadata


def test_words_of_buttons_stay_in_a_list(tmp_path: Path) -> None:
    made = load(
        tmp_path,
        "Các kênh bán hàng trực tuyến của công ty gồm có:\n- Facebook\n- Zalo\n\nCookie là gì\n\nCookie là tệp nhỏ do trang ghi lại.",
    )
    assert "- Facebook\n- Zalo" in made.text and "Cookie là gì" in made.text
    made = load(tmp_path, "Chia sẻ\nFacebook\nZalo\n\n" + BODY[0] + "\n\n" + BODY[1], "b.txt")
    assert made.text == BODY[0] + "\n\n" + BODY[1]


def test_official_document_date_and_articles(tmp_path: Path) -> None:
    text = (
        "ỦY BAN NHÂN DÂN TỈNH\n\nHà Tĩnh, ngày 15 tháng 8 năm 2022\n\nQUYẾT ĐỊNH\n\nChương I\nQUY ĐỊNH CHUNG\n\nĐiều 1. Phạm vi điều chỉnh\n"
        "Quyết định này quy định về thủ tục hành chính đủ điều kiện toàn trình trên địa bàn toàn tỉnh và các cấp.\n"
        "Điều 2. Quyết định có hiệu lực từ ngày ký.\nĐiều 3. Chánh Văn phòng chịu trách nhiệm thi hành."
    )
    made = load(tmp_path, text)
    assert made.date == "2022-08-15"
    assert [h.text for h in made.headings if h.text.startswith(("Chương", "Điều"))] == [
        "Chương I. QUY ĐỊNH CHUNG", "Điều 1. Phạm vi điều chỉnh", "Điều 2. Quyết định có hiệu lực từ ngày ký.", "Điều 3. Chánh Văn phòng chịu trách nhiệm thi hành."]  # fmt: skip


def test_hard_wrapped_text_is_joined(tmp_path: Path) -> None:
    text = (
        "Chuyển đổi số đang mở ra cơ hội lớn để một tỉnh còn\nnhiều khó khăn có thể đuổi kịp Hà Nội và các tỉnh bạn.\nViệc này đã được Tỉnh ủy Hà Tĩnh và các sở, ngành bàn\n"
        "kỹ tại hội nghị tháng trước."
    )
    made = load(tmp_path, text)
    assert "\n" not in made.text and "tỉnh còn nhiều khó khăn" in made.text


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("25/01/2023 | 06:06 GMT+7", "2023-01-25"), ("Thứ tư, 25/01/2023, 06:06 (GMT+7)", "2023-01-25"), ("Cập nhật lúc 10:30, ngày 5/6/2021", "2021-06-05"),
        ("Published: August 15, 2022", "2022-08-15"), ("Ngày đăng: 15-8-2022", "2022-08-15"), ("Tháng 9 năm 2024", "2024-09"), ("2024", "2024"),
        ("Ngày 18-9, tỉnh đã ký công điện", None), ("Năm 2022 là năm thắng lợi", None), ("ngày 18-9", None), ("không có ngày", None), ("từ 5/6/2021 đến 7/6/2021", None),
    ],
)  # fmt: skip
def test_date_lines(line: str, iso: str | None) -> None:
    assert date_line(line) == iso


def test_stated_date() -> None:
    assert stated_date(["BÁO CÁO", "Thanh Hóa, ngày 3 tháng 6 năm 2020", "15/8/2022"]) == "2020-06-03"
    assert stated_date(["BÁO CÁO", "Năm qua có 15/8/2022"]) is None


@given(st.text(max_size=100))
def test_cleaning_is_idempotent_and_nfc(text: str) -> None:
    cleaned = clean_lines(text)
    assert clean_lines(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert strip_invisible(cleaned) == cleaned and "\r" not in cleaned and "\n\n\n" not in cleaned
    assert "\n\n" not in clean_inline(text)


@given(st.lists(st.text(alphabet="aăB .,:/0123-•\n", max_size=30), max_size=12))
def test_page_only_takes_lines_away(lines: list[str]) -> None:
    text = clean_lines("\n".join(lines))
    found = page(text)
    assert "".join("".join(found.lines).split()) in "".join(text.split()) or len("".join(found.lines)) <= len(text)


def test_newlines_change_nothing_else() -> None:
    assert newlines("a\r\nb\rc  d\u200b") == "a\nb\nc  d\u200b"


def test_markdown_document(tmp_path: Path) -> None:
    text = """---
title: "Bài: có dấu hai chấm"
date: "2022-10"
language: vi
source: 'Báo ''X'''
tags: [a, b]
---
# Bài

Đoạn **đậm** và *nghiêng*, [liên kết](http://x.y/a_(b)), ![ảnh](http://evil/x.png) `mã_nguồn`, snake_case_name, 2 * 3 * 4.
dòng tiếp theo.

Tiêu đề con
-----------

| Cơ quan | Tỷ lệ |
|---|---:|
| Sở Công Thương | 99,15% |
| Sở **TT&TT** | 100% |
| trống | |

- mục một
  viết tiếp
- mục hai

1. thứ nhất
2. thứ hai

> Trích dẫn

```python
x = 1  # giữ nguyên
```
<!-- ẩn -->
***
Hết &amp; hết.<br>[^1]

[^1]: chú thích
"""
    made = load(tmp_path, text, "a.md")
    assert (made.title, made.date, made.language) == ("Bài: có dấu hai chấm", "2022-10", "vi")
    assert made.metadata == {"source": "Báo 'X'", "tags": ["a", "b"]}
    assert [(h.level, h.text) for h in made.headings] == [(1, "Bài"), (2, "Tiêu đề con")]
    assert "Đoạn đậm và nghiêng, liên kết, mã_nguồn, snake_case_name, 2 * 3 * 4. dòng tiếp theo." in made.text
    assert "Cơ quan: Sở Công Thương; Tỷ lệ: 99,15%\nCơ quan: Sở TT&TT; Tỷ lệ: 100%\nCơ quan: trống" in made.text
    assert "- mục một viết tiếp\n- mục hai" in made.text and "1. thứ nhất\n2. thứ hai" in made.text
    assert "Trích dẫn" in made.text and "x = 1 # giữ nguyên" in made.text and "Hết & hết." in made.text
    assert "evil" not in made.text and "ẩn" not in made.text and "```" not in made.text and ">" not in made.text


@pytest.mark.parametrize("matter", ["- không phải bảng", "a: b: c\n  d", "key: [", "tiêu đề"])
def test_front_matter_that_is_none_never_stops_a_file(tmp_path: Path, matter: str) -> None:
    made = load(tmp_path, f"---\n{matter}\n---\nNội dung bài viết.", "a.md")
    assert "Nội dung bài viết." in made.text and made.title == "a"


def test_front_matter_in_yaml(tmp_path: Path) -> None:
    made = load(
        tmp_path,
        "---\ntitle: >\n  Tiêu đề\n  dài\ndate: 2022-10-05\nkeys:\n  - a\n  - {b: 2021-01-01}\nn: 5\n---\nBài.",
        "a.md",
    )
    assert made.title == "Tiêu đề dài" and made.date == "2022-10-05"
    assert made.metadata == {"keys": ["a", {"b": "2021-01-01"}], "n": 5}
    made = load(tmp_path, "---\ndate: hôm qua\n# lời dặn\n---\nBài.", "b.md")
    assert made.date is None and made.metadata == {"date": "hôm qua"}


def test_markdown_inline() -> None:
    assert (
        inline(r"\*không\* _nghiêng_ __đậm__ ~~bỏ~~ <b>x</b> [a][1] <https://x.y>")
        == "*không* nghiêng đậm bỏ  x  a https://x.y"
    )
    assert inline("``a`b``") == "a`b"
