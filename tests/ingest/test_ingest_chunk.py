"""Passages: exact offsets, whole sentences, headings, lists and tables, sizes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ingest.chunk import CHUNKER_VERSION, NORMALISER_VERSION, chunk_document
from rag.ingest.formats.blocks import Block, assemble, table_rows
from rag.text.sentences import sentence_spans
from rag.types import Document, Passage

SENTENCE = "Tỉnh đã đưa hơn {n} sản phẩm lên sàn thương mại điện tử trong năm nay."


def paragraph(sentences: int, n: int = 0) -> str:
    return " ".join(SENTENCE.format(n=f"{n + i}.000") for i in range(sentences))


def made(blocks: list[Block], **fields: object) -> Document:
    laid = assemble(blocks)
    return Document(source="a", text=laid.text, headings=laid.headings, pages=laid.pages, **fields)  # type: ignore[arg-type]


def check(document: Document, passages: tuple[Passage, ...]) -> None:
    last = 0
    for p in passages:
        assert document.text[p.start : p.end] == p.text and p.text == p.text.strip()
        assert p.start >= last
        last = p.end
        assert p.sentences and p.sentences[0][0] == p.start and p.sentences[-1][1] == p.end
        at = p.start
        for start, end in p.sentences:
            assert at <= start < end <= p.end
            at = end
        assert (p.title, p.date, p.language, p.source) == (
            document.title,
            document.date,
            document.language,
            document.source,
        )


def test_one_paragraph_up_to_twice_the_target_stays_whole() -> None:
    document = Document(source="a#1", text=paragraph(20), title="Tên", date="2022", language="vi", metadata={"k": 1})
    assert 240 < len(document.text.split()) <= 320
    (passage,) = chunk_document(document, 160)
    check(document, (passage,))
    assert passage.text == document.text and len(passage.sentences) == 20 and passage.metadata == {"k": 1}
    assert passage.heading == "" and passage.page is None


def test_long_paragraph_is_cut_evenly_between_sentences() -> None:
    document = Document(source="a", text=paragraph(40))
    passages = chunk_document(document, 160)
    check(document, passages)
    sizes = [len(p.text.split()) for p in passages]
    assert len(passages) == 4 and max(sizes) - min(sizes) <= 20
    spans = set(sentence_spans(document.text))
    assert {s for p in passages for s in p.sentences} == spans


def test_short_paragraphs_of_one_section_are_merged_but_not_across_headings() -> None:
    blocks = [Block("Tên bài", level=1)]
    for section in range(3):
        blocks.append(Block(f"Phần {'một hai ba'.split()[section]}", level=2))
        blocks += [Block(paragraph(3, section * 10 + n)) for n in range(4)]
    document = made(blocks, title="Tên bài")
    passages = chunk_document(document, 160)
    check(document, passages)
    assert [p.heading for p in passages] == ["Phần một", "Phần hai", "Phần ba"]
    assert all("Phần" not in p.text for p in passages)


def test_heading_paths_and_headings_that_say_something() -> None:
    blocks = [
        Block("Luật", level=1), Block("Chương I. Quy định chung", level=2), Block("Điều 1. Hiệu lực thi hành của luật này từ năm 2024", level=5),
        Block(paragraph(9)), Block("Điều 2. Bãi bỏ", level=5), Block("Điều 3. Chuyển tiếp", level=5), Block(paragraph(9)), Block("Chương II", level=2),
    ]  # fmt: skip
    document = made(blocks, title="Luật")
    passages = chunk_document(document, 160)
    check(document, passages)
    assert [p.heading for p in passages] == [
        "Chương I. Quy định chung > Điều 1. Hiệu lực thi hành của luật này từ năm 2024",
        "Chương I. Quy định chung > Điều 2. Bãi bỏ",
        "Chương I. Quy định chung > Điều 3. Chuyển tiếp",
        "Chương II",
    ]
    assert passages[0].text.startswith("Điều 1. Hiệu lực")  # it has a figure: citable
    assert passages[1].text == "Điều 2. Bãi bỏ"  # nothing follows it
    assert passages[2].text.startswith("Tỉnh đã đưa")


def test_title_heading_is_left_to_the_title() -> None:
    document = made([Block("Tên bài", level=1), Block(paragraph(3))], title="Tên bài")
    (passage,) = chunk_document(document, 160)
    check(document, (passage,))
    assert passage.text == paragraph(3) and passage.heading == ""


def test_a_list_stays_with_the_line_that_announces_it_and_a_table_together() -> None:
    items = [Block(f"- mục số {n} của danh sách các việc cần làm ngay", tight=n > 0) for n in range(8)]
    rows = [
        Block(line, tight=n > 0)
        for n, line in enumerate(table_rows(["Cơ quan", "Tỷ lệ"], [[f"Sở {n}", f"{n}%"] for n in range(12)]))
    ]
    blocks = [
        Block(paragraph(7)),
        Block("Các việc gồm:"),
        *items,
        Block(paragraph(9, 50)),
        Block("Tỷ lệ như sau:"),
        *rows,
        Block(paragraph(9, 70)),
    ]
    document = made(blocks)
    passages = chunk_document(document, 160)
    check(document, passages)
    first = next(p for p in passages if "Các việc gồm:" in p.text)
    assert "mục số 0" in first.text and "mục số 7" in first.text
    table = next(p for p in passages if "Tỷ lệ như sau:" in p.text)
    assert "Sở 0; Tỷ lệ: 0%" in table.text and "Sở 11; Tỷ lệ: 11%" in table.text


def test_text_without_stops_is_cut_only_beyond_four_targets() -> None:
    whole = Document(source="a", text=" ".join(f"từ{n}" for n in range(600)))
    assert len(chunk_document(whole, 160)) == 1
    endless = Document(source="a", text=" ".join(f"từ{n}" + (";" if n % 50 == 49 else "") for n in range(2000)))
    passages = chunk_document(endless, 160)
    check(endless, passages)
    assert len(passages) >= 6 and max(len(p.text.split()) for p in passages) <= 4 * 160
    assert sum(p.text.endswith(";") or p.end == len(endless.text) for p in passages) >= len(passages) - 1
    assert "".join("".join(p.text.split()) for p in passages).replace(";", "") == "".join(endless.text.split()).replace(
        ";", ""
    )


def test_pages_and_empty_documents() -> None:
    document = made([Block(paragraph(20), page=1), Block(paragraph(20, 30), page=2), Block(paragraph(20, 60), page=4)])
    passages = chunk_document(document, 160)
    check(document, passages)
    assert {p.page for p in passages} == {1, 2, 4}
    assert document.pages[0] == 0 and len(document.pages) == 4
    assert chunk_document(Document(source="a", text="")) == () == chunk_document(Document(source="a", text=" \n "))
    (one,) = chunk_document(made([Block("Một câu.", page=1)]))
    assert one.page == 1
    assert CHUNKER_VERSION and NORMALISER_VERSION


WORDS = st.sampled_from(
    [
        "tỉnh",
        "Hà",
        "Tĩnh",
        "đạt",
        "99,15%",
        "và",
        "3.000",
        "người.",
        "hết;",
        "TP.HCM",
        "gồm:",
        "“nói”",
        "Sở",
        "xong!",
        "1.",
        "a)",
        "(CĐS)",
    ]
)
LINE = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)
BLOCK = st.builds(
    Block, text=LINE, level=st.sampled_from([0, 0, 0, 0, 1, 2, 5]), tight=st.booleans(), page=st.sampled_from([0, 0, 1])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(BLOCK, max_size=30), st.integers(20, 60), st.booleans())
def test_offsets_hold_for_any_document(blocks: list[Block], tokens: int, titled: bool) -> None:
    document = made(blocks, title=next((b.text for b in blocks if b.level), "") if titled else "x")
    passages = chunk_document(document, tokens)
    check(document, passages)
    known = sentence_spans(document.text)
    starts, ends = {s for s, _ in known}, {e for _, e in known}
    covered = bytearray(len(document.text))
    for p in passages:
        assert len(p.text.split()) <= 5 * tokens
        for start, end in p.sentences:
            covered[start:end] = b"\1" * (end - start)
        if all(len(document.text[s:e].split()) <= 4 * tokens for s, e in known):
            assert p.start in starts and p.end in ends
    heads = [(h.start, h.end) for h in document.headings]
    for start, end in known:  # nothing but headings may be left out
        if not any(s < end and start < e for s, e in heads):
            assert all(c or document.text[i].isspace() for i, c in enumerate(covered[start:end], start))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab đ.,;:!?\n0123456789-“”()", max_size=400))
def test_offsets_hold_for_any_text(text: str) -> None:
    document = Document(source="a", text=text)
    check(document, chunk_document(document, 20))
