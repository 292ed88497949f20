"""Inputs, source names, encodings, and what is skipped and why."""

from __future__ import annotations

import codecs
import json
import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import DocumentError
from rag.ingest.decode import decode, font_repairer, from_tcvn3, from_vni, vietnamese_share
from rag.ingest.load import find_inputs, read_file, read_inputs, ready_document
from rag.settings import Settings
from rag.types import Document, Heading, Skipped

TEXT = "Chuyển đổi số là xu thế tất yếu của tỉnh Hà Tĩnh. Người dân được hưởng lợi từ những giá trị của công nghệ, Đảng và Nhà nước hỗ trợ."


def read(*inputs: object, **settings: object) -> tuple[dict[str, Document], dict[str, str]]:
    documents: dict[str, Document] = {}
    skipped: dict[str, str] = {}
    for item in read_inputs(inputs, Settings(**settings)):  # type: ignore[arg-type]
        if isinstance(item, Skipped):
            skipped[item.path] = item.reason
        else:
            assert item.source not in documents
            documents[item.source] = item
    return documents, skipped


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_folder_is_read_recursively_with_relative_sources(tmp_path: Path) -> None:
    write(tmp_path, {
        "b.txt": "Bài thứ hai về kinh tế số.", "sub/a.md": "# Tiêu đề\n\nĐoạn văn.", "README.md": "không đọc", "sub/readme.txt": "không đọc",
        ".hidden/x.txt": "ẩn", ".y.txt": "ẩn", "~$b.docx": "khóa", "photo.png": b"\x89PNG", "old.doc": b"\xd0\xcf", "none": "?",
    })  # fmt: skip
    documents, skipped = read(tmp_path)
    assert set(documents) == {"b.txt", "sub/a.md"}
    assert documents["b.txt"].title == "b" and documents["sub/a.md"].title == "Tiêu đề"
    assert set(skipped) == {"photo.png", "old.doc", "none"}
    assert "save it as .docx" in skipped["old.doc"] and ".pdf" in skipped["photo.png"]


def test_named_files_globs_and_repeats(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a.txt": "một hai ba", "b.txt": "bốn năm sáu", "d/c.txt": "bảy tám chín", "README.md": "đọc khi được gọi tên"},
    )
    documents, _ = read(tmp_path / "a.txt", str(tmp_path / "*.txt"), str(tmp_path / "**" / "*.txt"))
    assert set(documents) == {"a.txt", "b.txt", "d/c.txt"}
    assert set(read(tmp_path / "README.md")[0]) == {"README.md"}
    assert set(read(str(tmp_path / "*.md"))[0]) == set()
    one = list(read_inputs(tmp_path / "a.txt"))
    assert [d.source for d in one if isinstance(d, Document)] == ["a.txt"]


def test_missing_inputs_are_reported(tmp_path: Path) -> None:
    _, skipped = read(tmp_path / "nope", str(tmp_path / "*.pdf"), "", "a\0b", "x" * 300)
    assert len(skipped) == 5
    assert skipped[str(tmp_path / "nope")] == "no such file or folder"
    assert skipped[str(tmp_path / "*.pdf")] == "no file matches"
    assert "NUL" in skipped["a\\0b"]


def test_two_roots_with_the_same_names_are_told_apart(tmp_path: Path) -> None:
    for n, folder in enumerate(("one", "two", "deep/one")):
        write(
            tmp_path / folder, {"a.txt": f"Bài số {n} nói về việc thứ {n}.", f"only{n}.txt": f"Chỉ có ở thư mục {n}."}
        )
    documents, skipped = read(tmp_path / "one", tmp_path / "two")
    assert set(documents) == {"one/a.txt", "two/a.txt", "only0.txt", "only1.txt"} and not skipped
    documents, _ = read(tmp_path / "one" / "a.txt", tmp_path / "two" / "a.txt")
    assert set(documents) == {"one/a.txt", "two/a.txt"}
    documents, _ = read(tmp_path / "one", tmp_path / "deep" / "one")
    assert {s for s in documents if s.endswith("/a.txt")} == {f"{tmp_path.name}/one/a.txt", "deep/one/a.txt"}


def test_links_stay_inside_the_folder(tmp_path: Path) -> None:
    write(tmp_path, {"root/a.txt": "bên trong", "secret/s.txt": "bên ngoài"})
    os.symlink(tmp_path / "secret" / "s.txt", tmp_path / "root" / "out.txt")
    os.symlink(tmp_path / "secret", tmp_path / "root" / "linked")
    os.symlink(tmp_path / "gone.txt", tmp_path / "root" / "broken.txt")
    os.symlink(tmp_path / "root" / "a.txt", tmp_path / "root" / "in.txt")
    documents, skipped = read(tmp_path / "root")
    assert set(documents) == {"a.txt"}
    assert (
        "leaves the folder" in skipped["out.txt"] and "linked folder" in skipped["linked"] and "broken.txt" in skipped
    )


@pytest.mark.parametrize(
    "content", [b"", b"  \n\t\n ", b"\0\0\0", b"\x7fELF\x01\x02\x00\x00\x10\xff\xfe" * 50, bytes(range(256)) * 20]
)
def test_empty_and_binary_text_files_are_skipped(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, {"bad.txt": content, "good.txt": TEXT})
    documents, skipped = read(tmp_path)
    assert set(documents) == {"good.txt"}
    assert any(word in skipped["bad.txt"] for word in ("empty", "white space", "binary"))


def cp1258(text: str) -> bytes:
    """As Windows writes it: base letters with their hats, tone marks as combining characters."""
    out = []
    for c in text:
        try:
            out.append(c.encode("cp1258"))
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", c)
            tone = next(p for p in parts if p in "\u0300\u0301\u0303\u0309\u0323")
            out.append(unicodedata.normalize("NFC", parts.replace(tone, "")).encode("cp1258") + tone.encode("cp1258"))
    return b"".join(out)


def tcvn3(text: str) -> bytes:
    table = {from_tcvn3(bytes([b])): b for b in range(0xA1, 0xFF)}
    return bytes(table.get(c, ord(c) if ord(c) < 128 else table.get(c.lower(), 63)) for c in text)


def vni(text: str) -> bytes:
    letters: dict[str, bytes] = {}
    for base in [
        b"a",
        b"e",
        b"i",
        b"o",
        b"u",
        b"y",
        b"A",
        b"E",
        b"O",
        b"U",
        b"Y",
        b"\xf4",
        b"\xf6",
        b"\xd4",
        b"\xd6",
        b"",
    ]:
        for mark in [b"", *(bytes([m]) for m in range(0xC0, 0x100))]:
            made = from_vni(base + mark)
            if len(made) == 1:
                letters.setdefault(made, base + mark)
    return b"".join(letters.get(c, c.encode("ascii", "replace")) for c in text)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-32"), "utf-32"),
        (unicodedata.normalize("NFD", TEXT).encode(), "utf-8"),
        (cp1258(TEXT), "cp1258"),
        (tcvn3(TEXT), "TCVN3"),
        (vni(TEXT), "VNI"),
        (tcvn3(TEXT).decode("cp1252").encode(), "TCVN3 font"),
        (vni(TEXT).decode("cp1252").encode(), "VNI font"),
    ],
)
def test_every_encoding_gives_the_same_text(tmp_path: Path, data: bytes, name: str) -> None:
    text, encoding = decode(data)
    assert encoding == name
    assert unicodedata.normalize("NFC", text) == TEXT
    documents, _ = read(write(tmp_path, {"a.txt": data}))
    assert documents["a.txt"].text == TEXT and documents["a.txt"].language == "vi"
    assert documents["a.txt"].metadata.get("encoding") == (None if name in ("utf-8", "utf-16", "utf-32") else name)


def test_known_legacy_phrases() -> None:
    assert from_tcvn3("Céng hßa x· héi chñ nghÜa ViÖt Nam".encode("cp1252")) == "Cộng hòa xã hội chủ nghĩa Việt Nam"
    assert from_vni("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam".encode("cp1252")) == "Cộng hòa xã hội chủ nghĩa Việt Nam"
    repair = font_repairer("Céng hßa x· héi chñ nghÜa ViÖt Nam ®éc lËp tù do h¹nh phóc")
    assert repair is not None and repair.convert("ViÖt Nam – 東 ViÖt") == "Việt Nam – 東 Việt"
    assert font_repairer("Le café à Paris est très bon, déjà vu, où êtes-vous né") is None
    assert vietnamese_share("chuyển đổi số") == (1.0, 3)


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode()[:60] + b"\xff\xfe" + TEXT.encode()[60:],
        codecs.BOM_UTF16_LE + b"a\0b",
        "привет мир, как дела".encode()[:-1],
    ],
)
def test_damaged_unicode_is_reported_never_replaced(tmp_path: Path, data: bytes) -> None:
    documents, skipped = read(write(tmp_path, {"a.txt": data}))
    assert not documents and "UTF-8" in skipped["a.txt"]


def test_western_text_in_its_own_page() -> None:
    text, encoding = decode(("Le café est à côté de l'hôtel où naît l'été. " * 5).encode("cp1252"))
    assert "café est à côté" in text and "\ufffd" not in text and encoding


@given(st.binary(max_size=300))
def test_decode_gives_whole_text_or_says_why(data: bytes) -> None:
    try:
        text, _ = decode(data)
    except DocumentError as exc:
        assert str(exc)
    else:
        assert "\ufffd" not in text or b"\xef\xbf\xbd" in data or b"\xfd\xff" in data or b"\xff\xfd" in data


def test_nfc_and_nfd_copies_are_one_document(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": unicodedata.normalize("NFC", TEXT), "b.txt": unicodedata.normalize("NFD", TEXT)})
    documents, skipped = read(tmp_path)
    assert set(documents) == {"a.txt"} and skipped == {"b.txt": "same text as a.txt"}
    lines = [
        json.dumps({"_id": i, "text": unicodedata.normalize(form, TEXT)}) for i, form in (("x", "NFC"), ("y", "NFD"))
    ]
    documents, _ = read(write(tmp_path / "r", {"c.jsonl": "\n".join(lines)}))
    assert documents["c.jsonl#x"].text == documents["c.jsonl#y"].text == TEXT


def test_invisible_characters_go_and_are_counted(tmp_path: Path) -> None:
    dirty = "Hà\u200b Tĩnh\u202e có 59\ufeff tổ\U000e0041 cộng\u00a0đồng."
    documents, _ = read(write(tmp_path, {"a.txt": dirty, "b.md": dirty + " Thêm."}))
    assert documents["a.txt"].text == "Hà Tĩnh có 59 tổ cộng đồng."
    assert documents["b.md"].text == "Hà Tĩnh có 59 tổ cộng đồng. Thêm."
    assert documents["a.txt"].metadata["invisible_removed"] == 4


def test_size_limit(tmp_path: Path) -> None:
    _, skipped = read(write(tmp_path, {"a.txt": "x " * 2000}), max_file_mb=0.001)
    assert "over the limit of 0.001 MB" in skipped["a.txt"]


def test_json_lines(tmp_path: Path) -> None:
    rows = [
        {
            "_id": "d1",
            "title": "Tiêu đề",
            "text": "Dòng một\r\nDòng hai  có  hai dấu cách",
            "date": "15/8/2022",
            "lang": "vi",
            "nguồn": "báo",
        },
        {"_id": 7, "title": "", "text": "Không tiêu đề", "metadata": {"page": 3, "tags": ["a", "b"]}},
        {"_id": "d1", "text": "trùng"},
        {"_id": "d3", "title": "Chỉ có tiêu đề", "text": ""},
        {"_id": "d4", "text": " "},
        {"contents": "không có id"},
        {"_id": "d6", "title": "không có văn bản"},
        {"_id": "d7", "text": "Hà\u200bTĩnh"},
    ]
    lines = [json.dumps(r, ensure_ascii=False) for r in rows] + ["{not json", "[1]", ""]
    documents, skipped = read(write(tmp_path, {"s/c.jsonl": "\n".join(lines)}))
    first = documents["s/c.jsonl#d1"]
    assert (first.text, first.title, first.date, first.language) == (
        "Dòng một\nDòng hai  có  hai dấu cách",
        "Tiêu đề",
        "2022-08-15",
        "vi",
    )
    assert first.metadata == {"nguồn": "báo"}
    second = documents["s/c.jsonl#7"]
    assert second.title == "" and second.metadata == {"page": 3, "tags": ["a", "b"]} and second.date is None
    assert documents["s/c.jsonl#d3"].text == "Chỉ có tiêu đề"
    assert documents["s/c.jsonl#6"].text == "không có id"
    assert (
        documents["s/c.jsonl#d7"].text == "Hà\u200bTĩnh"
        and documents["s/c.jsonl#d7"].metadata["invisible_characters"] == 1
    )
    assert set(skipped) == {"s/c.jsonl#d1", "s/c.jsonl#d4", "s/c.jsonl#d6", "s/c.jsonl#line 9", "s/c.jsonl#line 10"}


def test_csv_records_and_tables(tmp_path: Path) -> None:
    write(tmp_path, {
        "r.csv": '_id,title,text,Date,loại\nd1,Tên,"Văn bản, có phẩy\nhai dòng",2022-10,tin\nd2,,Khác,,\n',
        "t.csv": "Cơ quan;Tỷ lệ\nSở Công Thương;99,15%\nSở TT&TT;100%\n",
        "bad.csv": "_id,text\n1,a,b\n", "tab.tsv": "id\ttext\n1\tMột\n", "none.csv": "\n\n", "head.csv": "a,b\n",
    })  # fmt: skip
    documents, skipped = read(tmp_path)
    first = documents["r.csv#d1"]
    assert (first.text, first.title, first.date, dict(first.metadata)) == (
        "Văn bản, có phẩy\nhai dòng",
        "Tên",
        "2022-10",
        {"loại": "tin"},
    )
    assert documents["r.csv#d2"].title == "" and documents["r.csv#d2"].metadata == {}
    assert documents["t.csv"].text == "Cơ quan: Sở Công Thương; Tỷ lệ: 99,15%\nCơ quan: Sở TT&TT; Tỷ lệ: 100%"
    assert (
        documents["t.csv"].title == "t" and documents["tab.tsv#1"].text == "Một" and documents["head.csv"].text == "a,b"
    )
    assert "3 cells under 2 headers" in skipped["bad.csv#row 1"] and "none.csv" in skipped


def test_ready_documents() -> None:
    nfd = unicodedata.normalize("NFD", "Tiêu đề\r\nĐoạn văn tiếng Việt")
    at = nfd.index("\r\n")
    given_ = Document(source="x", text=nfd, headings=(Heading(0, at, nfd[:at]),), pages=(0, at + 2))
    made = ready_document(given_)
    assert isinstance(made, Document)
    assert made.text == "Tiêu đề\nĐoạn văn tiếng Việt" and made.language == "vi"
    assert made.text[made.headings[0].start : made.headings[0].end] == "Tiêu đề" and made.text[
        made.pages[1] :
    ].startswith("Đoạn")
    same = Document(source="x", text="Xin chào", language="vi")
    assert ready_document(same) is same


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", "a"),
        ("  ", "a"),
        ("a\0b", "a"),
        ("a\nb", "a"),
        ("../../etc/x", "a"),
        ("a\\..\\b", "a"),
        ("x" * 2000, "a"),
        ("ok", " \n"),
        ("ok", "a\ud800b"),
    ],
)
def test_unusable_documents_are_skipped(source: str, text: str) -> None:
    made = ready_document(Document(source=source, text=text))
    assert isinstance(made, Skipped) and made.reason


def test_unreadable_file_is_skipped_not_raised(tmp_path: Path) -> None:
    assert [type(d) for d in read_file(tmp_path / "gone.txt")] == [Skipped]
    fifo = tmp_path / "pipe.txt"
    os.mkfifo(fifo)
    assert [type(d) for d in find_inputs([fifo, tmp_path])] == [Skipped, Skipped]


def test_the_same_folder_gives_the_same_documents(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": TEXT, "b/c.md": "# Một\n\nHai"})

    def both() -> Iterable[object]:
        return list(read_inputs([tmp_path]))

    assert both() == both()
