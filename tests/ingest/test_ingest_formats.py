"""HTML, PDF and Word documents, honest and hostile."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import docx
import pytest
from made_files import bomb_pdf, lie_about_size, make_pdf, rewrite_zip, write_objects

from rag.errors import DocumentError
from rag.ingest import sandbox
from rag.ingest.formats import docx as word
from rag.ingest.formats import pdf
from rag.ingest.load import read_inputs
from rag.types import Document, Skipped


def one(path: Path) -> Document:
    (made,) = read_inputs([path])
    assert isinstance(made, Document), made
    return made


def why(path: Path) -> str:
    (made,) = read_inputs([path])
    assert isinstance(made, Skipped), made
    assert made.path == path.name
    return made.reason


# ---- PDF ------------------------------------------------------------------------------------------------------------
PAGES = [
    [
        "UBND TỈNH HÀ TĨNH – BÁO CÁO", "", "Hà Tĩnh, ngày 15 tháng 8 năm 2022", "Đến tháng 10/2022, trên địa bàn tỉnh Hà Tĩnh đã thí điểm thành lập",
        "59 tổ chuyển đổi số cộng đồng cấp xã, 133 tổ chuyển đổi số cộng đồng", "cấp thôn. Sở Công Thương đạt 99,15%.", "Điều 5. Đối tượng áp dụng",
        "Luật này áp dụng với mọi công dân cư trú trên địa bàn của toàn tỉnh này,", "trừ trường hợp pháp luật có quy định khác về thủ tục hành", "Trang 1",
    ],
    ["UBND TỈNH HÀ TĨNH – BÁO CÁO", "chính công. Trang thứ hai nói về kinh tế số.", "Trang 2"],
    ["UBND TỈNH HÀ TĨNH – BÁO CÁO", "Trang thứ ba nói về xã hội số của tỉnh.", "Trang 3"],
]  # fmt: skip


def test_pdf_text_pages_title_and_date(tmp_path: Path) -> None:
    path = make_pdf(
        tmp_path / "bc.pdf",
        PAGES,
        {"Title": "Báo cáo chuyển đổi số", "Author": "Sở TT&TT", "CreationDate": "D:20220901101500"},
    )
    made = one(path)
    assert made.title == "Báo cáo chuyển đổi số" and made.date == "2022-08-15" and made.language == "vi"
    assert made.metadata == {"pages": 3, "created": "2022-09-01", "author": "Sở TT&TT"}
    assert (
        "đã thí điểm thành lập 59 tổ chuyển đổi số cộng đồng cấp xã, 133 tổ chuyển đổi số cộng đồng cấp thôn."
        in made.text
    )
    assert "thủ tục hành chính công." in made.text  # a sentence that runs over the page
    assert "BÁO CÁO" not in made.text and "Trang 1" not in made.text
    assert [h.text for h in made.headings] == ["Điều 5. Đối tượng áp dụng"]
    assert len(made.pages) == 3 and made.pages[0] == 0 and made.text[made.pages[2] :].startswith("Trang thứ ba")


@pytest.mark.parametrize("title", ["Microsoft Word - bc.docx", "untitled", "x.pdf"])
def test_pdf_with_a_title_that_is_none(tmp_path: Path, title: str) -> None:
    path = make_pdf(tmp_path / "ten-tep.pdf", [["Một câu duy nhất có trong tệp này, đủ dài để đọc."]], {"Title": title})
    assert one(path).title == "ten-tep"


def test_scanned_pdf_has_no_text_layer(tmp_path: Path) -> None:
    assert "no text layer (2 pages" in why(make_pdf(tmp_path / "scan.pdf", [[], []]))


def test_pdf_without_a_letter_map(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", [["\ue001\ue002\ue003 abcdefghij \ue004\ue005"]])
    assert "fonts do not say which letters" in why(path)


def test_pdf_in_an_old_font(tmp_path: Path) -> None:
    made = one(make_pdf(tmp_path / "a.pdf", [["Céng hßa x· héi chñ nghÜa ViÖt Nam ®éc lËp tù do h¹nh phóc."]]))
    assert (
        made.text == "Cộng hòa xã hội chủ nghĩa Việt Nam độc lập tự do hạnh phúc."
        and made.metadata["encoding"] == "TCVN3 font"
    )


def test_damaged_pdfs_are_skipped_and_the_batch_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\nrubbish")
    (tmp_path / "b.pdf").write_bytes(b"not a pdf at all" * 100)
    circle = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>",
        b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>",
    ]
    write_objects(tmp_path / "c.pdf", circle, b"/Root 1 0 R")
    data = make_pdf(tmp_path / "d.pdf", PAGES).read_bytes()
    at = data.rindex(b"startxref")
    (tmp_path / "d.pdf").write_bytes(
        data[:at].replace(b"trailer << /Size", b"trailer << /Prev %d /Size" % data.rindex(b"xref\n0")) + data[at:]
    )
    (tmp_path / "z.txt").write_text("Tệp lành.", encoding="utf-8")
    found = {i.source if isinstance(i, Document) else i.path: i for i in read_inputs([tmp_path])}
    assert isinstance(found["z.txt"], Document)
    assert all(isinstance(found[n], Skipped) for n in ("a.pdf", "b.pdf", "c.pdf"))
    assert (
        isinstance(found["d.pdf"], Document) or "damaged" in found["d.pdf"].reason
    )  # a circular /Prev ends, one way or the other


def test_decompression_bomb_ends_in_the_child(tmp_path: Path) -> None:
    reason = why(bomb_pdf(tmp_path / "bomb.pdf", megabytes=100))
    assert any(word in reason for word in ("stopped", "damaged", "hostile", "memory"))


def test_caps_of_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_pdf(tmp_path / "a.pdf", [["Một câu có trong tệp."]])
    with pytest.raises(DocumentError, match="over 0.01 s and was stopped"):
        sandbox.run("pdf", path, wall_seconds=0.01)
    with pytest.raises(DocumentError, match="memory|stopped"):
        sandbox.run("pdf", path, memory_mb=24)
    with pytest.raises(DocumentError, match="over 0 MB of text"):
        sandbox.run("pdf", path, output_mb=0)
    with pytest.raises(DocumentError, match="no sandboxed parser 'os'"):
        sandbox.run("os", path)
    assert "processor time" in sandbox._ended(-24, "", 60, 1024)
    assert "memory" in sandbox._ended(1, "MemoryError", 60, 1024) and "exit status 3" in sandbox._ended(3, "", 60, 1024)


def test_extract_in_process(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", PAGES, {"Title": "Tên"})
    raw = pdf.extract(str(path))
    assert (
        len(raw["pages"]) == 3 and "59 tổ" in raw["pages"][0] and raw["info"] == {"title": "Tên"} and raw["failed"] == 0
    )
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7\n")
    with pytest.raises(DocumentError, match="damaged PDF"):
        pdf.extract(str(tmp_path / "x.pdf"))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /Filter /Standard /V 1 /R 2 /O <" + b"00" * 32 + b"> /U <" + b"11" * 32 + b"> /P -4 >>",
    ]
    write_objects(tmp_path / "e.pdf", objects, b"/Root 1 0 R /Encrypt 3 0 R /ID [<00> <00>]")
    with pytest.raises(DocumentError, match="password"):
        pdf.extract(str(tmp_path / "e.pdf"))


def test_hyphens_at_line_ends(tmp_path: Path) -> None:
    lines = [
        "The community digital teams of the province were estab-",
        "lished in 2022 and cover all of the villages in that",
        "area.",
    ]
    assert (
        "established in 2022 and cover all of the villages in that area."
        in one(make_pdf(tmp_path / "a.pdf", [lines])).text
    )


# ---- Word -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def document(tmp_path: Path) -> Path:
    made = docx.Document()
    made.add_heading("Báo cáo chuyển đổi số", 0)
    made.add_paragraph("Thanh Hóa, ngày 3 tháng 6 năm 2020")
    made.add_heading("Chính quyền số", 1)
    made.add_paragraph("Đến tháng 10/2022, tỉnh có 59 tổ.")
    made.add_paragraph("mục một", style="List Bullet")
    made.add_paragraph("mục hai", style="List Bullet")
    table = made.add_table(rows=3, cols=3)
    for i, row in enumerate(
        [("Cơ quan", "Tỷ lệ", "Ghi chú"), ("Sở Công Thương", "99,15%", ""), ("Sở TT&TT", "100%", "tốt")]
    ):
        for j, value in enumerate(row):
            table.cell(i, j).text = value
    merged = made.add_table(rows=2, cols=2)
    merged.cell(0, 0).merge(merged.cell(0, 1)).text = "Chung"
    merged.cell(1, 0).text, merged.cell(1, 1).text = "a", "b"
    layout = made.add_table(rows=1, cols=2)
    layout.cell(0, 0).text, layout.cell(0, 1).text = "Nơi nhận", "Chủ tịch"
    made.core_properties.author = "Văn phòng"
    made.save(str(tmp_path / "b.docx"))
    return tmp_path / "b.docx"


def test_word_document(document: Path) -> None:
    made = one(document)
    assert (made.title, made.date, made.metadata["author"]) == ("Báo cáo chuyển đổi số", "2020-06-03", "Văn phòng")
    assert [(h.level, h.text) for h in made.headings] == [(1, "Báo cáo chuyển đổi số"), (1, "Chính quyền số")]
    assert "- mục một\n- mục hai" in made.text
    assert "Cơ quan: Sở Công Thương; Tỷ lệ: 99,15%\nCơ quan: Sở TT&TT; Tỷ lệ: 100%; Ghi chú: tốt" in made.text
    assert "Chung: a; b" in made.text and "Nơi nhận\n\nChủ tịch" in made.text
    for h in made.headings:
        assert made.text[h.start : h.end] == h.text


def test_word_bombs_are_refused_before_they_are_inflated(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = rewrite_zip(document, tmp_path / "many.docx", {}, [(f"x/{n}.bin", b"a") for n in range(10_000)])
    dense = rewrite_zip(document, tmp_path / "dense.docx", {}, [("word/big.xml", b"a" * 30_000_000)])
    lying = lie_about_size(
        rewrite_zip(document, tmp_path / "lying.docx", {}, [("word/big.xml", b"a" * 900_000)]), "word/big.xml", 100
    )

    def inflate(*args: object, **kwargs: object) -> None:
        raise AssertionError("inflated")

    monkeypatch.setattr(zipfile.ZipFile, "open", inflate)
    monkeypatch.setattr(zipfile.ZipFile, "read", inflate)
    assert "over the limit of 3000" in why(many)
    assert "over 150:1" in why(dense)
    assert "two different sizes" in why(lying)


def test_word_documents_that_are_none(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "no.docx").write_bytes(b"no zip")
    assert "not a .docx" in why(tmp_path / "no.docx")
    with zipfile.ZipFile(tmp_path / "empty.docx", "w") as archive:
        archive.writestr("a.txt", "a")
    assert "no Word document" in why(tmp_path / "empty.docx")
    body = zipfile.ZipFile(document).read("word/document.xml")
    assert "damaged .docx" in why(rewrite_zip(document, tmp_path / "cut.docx", {"word/document.xml": body[:200]}))
    data = bytearray(document.read_bytes())
    at = data.find(b"PK\x03\x04", 10)
    data[at : at + 4] = b"XXXX"
    (tmp_path / "header.docx").write_bytes(bytes(data))
    assert "has no header" in why(tmp_path / "header.docx")
    monkeypatch.setattr(word, "MAX_BYTES", 1000)
    assert "inflates to over" in why(document)


def test_encrypted_and_overlapping_parts(document: Path, tmp_path: Path) -> None:
    data = bytearray(document.read_bytes())
    first = data.find(b"PK\x01\x02")
    flagged = bytearray(data)
    flagged[first + 8] |= 1
    (tmp_path / "locked.docx").write_bytes(bytes(flagged))
    assert "encrypted" in why(tmp_path / "locked.docx")
    second = data.find(b"PK\x01\x02", first + 4)
    offset = struct.unpack("<I", data[first + 42 : first + 46])[0]
    data[second + 42 : second + 46] = struct.pack("<I", offset + 1)
    (tmp_path / "over.docx").write_bytes(bytes(data))
    assert "overlap" in why(tmp_path / "over.docx") or "damaged" in why(tmp_path / "over.docx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_in_word_documents_are_refused(document: Path, tmp_path: Path, encoding: str) -> None:
    body = zipfile.ZipFile(document).read("word/document.xml").decode()
    body = body.replace("?>", '?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>', 1).replace(
        "UTF-8", encoding.upper()
    )
    assert "declares a document type" in why(
        rewrite_zip(document, tmp_path / "x.docx", {"word/document.xml": body.encode(encoding)})
    )


# ---- HTML -----------------------------------------------------------------------------------------------------------
ARTICLE = """<html lang="vi-VN"><head><title>Bài thử - Báo X</title><meta charset="{charset}">
<meta property="article:published_time" content="2022-10-05T08:00:00+07:00"><meta name="author" content="Nguyễn An">
<script>var x = "độc hại";</script></head><body><nav><a href="/">Trang chủ</a><a href="/tin">Tin tức</a></nav><article>
<h1>Bài thử về chuyển đổi số</h1><p>Đến tháng 10/2022, trên địa bàn tỉnh Hà Tĩnh đã thí điểm thành lập 59 tổ chuyển đổi số cộng đồng
cấp xã, 133 tổ chuyển đổi số cộng đồng cấp thôn.</p><h2>Bảng số liệu</h2><p>Dưới đây là số liệu của các sở, ban, ngành trong tỉnh.</p>
<table><tr><th>Cơ quan</th><th>Tỷ lệ</th></tr><tr><td>Sở Công Thương</td><td>99,15%</td></tr><tr><td>Sở TT&amp;TT</td><td>100%</td></tr></table>
<ul><li>Mục một của danh sách</li><li>Mục hai của danh sách</li></ul><p>Nhiều đơn vị, địa phương cũng đang triển khai phòng họp không giấy tờ.</p>
<img src="http://evil/x.png" onerror="alert(1)"></article><footer>Bản quyền 2019 thuộc Báo X</footer></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_web_page(tmp_path: Path, charset: str) -> None:
    (tmp_path / "a.html").write_bytes(ARTICLE.format(charset=charset).encode(charset))
    made = one(tmp_path / "a.html")
    assert (made.title, made.date, made.language) == ("Bài thử về chuyển đổi số", "2022-10-05", "vi")
    assert made.metadata["author"] == "Nguyễn An"
    assert [h.text for h in made.headings] == ["Bài thử về chuyển đổi số", "Bảng số liệu"]
    assert "thành lập 59 tổ chuyển đổi số cộng đồng cấp xã, 133 tổ" in made.text
    assert "Cơ quan: Sở Công Thương; Tỷ lệ: 99,15%\nCơ quan: Sở TT&TT; Tỷ lệ: 100%" in made.text
    assert "- Mục một của danh sách\n- Mục hai của danh sách" in made.text
    assert not any(word in made.text for word in ("Trang chủ", "Bản quyền", "độc hại", "evil", "<"))


def test_small_page_and_its_stem(tmp_path: Path) -> None:
    (tmp_path / "nho.html").write_text(
        "<div>Một câu ngắn.<br>Câu hai <b>đậm</b>.<ol><li>a</li></ol><table><tr><td>X</td><td>Y</td></tr><tr><td>1</td><td>2</td></tr></table></div>",
        encoding="utf-8",
    )
    made = one(tmp_path / "nho.html")
    assert (
        made.title == "nho" and made.text == "Một câu ngắn.\n\nCâu hai đậm.\n\n- a\n\nX: 1; Y: 2" and made.date is None
    )


def test_legacy_page_and_empty_pages(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(
        '<meta charset="windows-1252"><p>Le café est à côté de la gare du village.</p>'.encode("cp1252")
    )
    assert one(tmp_path / "a.html").text == "Le café est à côté de la gare du village."
    (tmp_path / "b.html").write_text("<html><body><script>1</script></body></html>")
    assert "no text" in why(tmp_path / "b.html")
    (tmp_path / "c.html").write_text("<!DOCTYPE html>")
    assert why(tmp_path / "c.html")


def test_no_file_is_read_and_no_entity_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.dat"
    secret.write_text("canary-4711")
    for name, head in (("a.html", ""), ("b.xhtml", '<?xml version="1.0"?>')):
        lols = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        (tmp_path / name).write_text(
            f'{head}<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY l0 "lol">{lols}]><html><body><p>Xin chào &x; &l9; thế giới</p>'
            f'<iframe src="file://{secret}"></iframe><object data="file://{secret}"></object></body></html>',
            encoding="utf-8",
        )
        made = one(tmp_path / name)
        assert (
            "canary" not in made.text and "lollol" not in made.text and "Xin chào" in made.text and len(made.text) < 100
        )
