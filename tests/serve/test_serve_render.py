"""What the page shows: escaped, marked at the right place, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.serve.chats import Conversation, Turn
from rag.serve.saved import keep
from rag.serve.ui import export, render
from rag.serve.ui.labels import TEXT, Labels, choose_language
from rag.types import Answer, Citation, Document, Heading, Hit, Passage

VI, EN = Labels("vi"), Labels("en")
TEXT_OF_PASSAGE = "Mở đầu. Toàn tỉnh có 59 tổ cấp xã. Kết."
QUOTE = "Toàn tỉnh có 59 tổ cấp xã."
START = 100 + TEXT_OF_PASSAGE.index(QUOTE)
PASSAGE = Passage("a.md", 100, 100 + len(TEXT_OF_PASSAGE), TEXT_OF_PASSAGE, "Bài A", "Mục 2", "2022-10", page=3)
OTHER = Passage("b.md", 0, 9, "Đoạn khác", "Bài B", date="2024")
CITATION = Citation(1, "a.md", "Bài A", "2022-10", QUOTE, START, START + len(QUOTE))
ANSWER = Answer(
    "Bao nhiêu tổ?", "Bao nhiêu tổ?", "answered", "Có 59 tổ. [1] Và [7].", ("59",), citations=(CITATION,),
    hits=(Hit(PASSAGE, 1.0, 1), Hit(OTHER, 0.5, 2)), timings={"total": 12.0},
)  # fmt: skip


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def marked(html: str) -> str:
    return "".join(re.findall(r"<mark>(.*?)</mark>", html, re.S))


def test_markers_become_chips_only_where_there_is_a_citation() -> None:
    html = render.answer_text(ANSWER, 5, VI)
    chips = [attrs for tag, attrs in Tags(html).found if tag == "button"]
    assert [(c["data-do"], c["data-turn"], c["data-n"]) for c in chips] == [("cite", "5", "1")]
    assert chips[0]["aria-label"] == "Nguồn 1: Bài A"
    assert "[7]" in html and "<strong>59</strong>" in html


def test_an_unconfirmed_claim_is_marked() -> None:
    unsure = replace(ANSWER, citations=(replace(CITATION, supported=False),))
    assert "h-unsure" in render.answer_text(unsure, 5, VI)
    assert VI["unsupported"] in render.sources(unsure, 5, VI)


def test_sources_highlight_exactly_the_quote_and_split_cited_from_retrieved() -> None:
    html = render.sources(ANSWER, 5, VI, focus=1)
    assert marked(html) == QUOTE
    cited, _, also = html.partition(VI["also"])
    assert "10/2022 · a.md · trang 3 · Mục 2" in cited and "b.md" not in cited
    assert "Đoạn khác" in also and "a.md" not in also
    assert 'id="card-5-1"' in html and 'data-focus="1"' in html


def test_sources_of_different_dates_are_pointed_out() -> None:
    later = replace(CITATION, n=2, source="b.md", date="2024", quote="Đoạn", start=0, end=4)
    html = render.sources(replace(ANSWER, citations=(CITATION, later)), 5, VI)
    assert "10/2022, 2024" in html


def test_a_citation_outside_the_passages_shows_its_quote() -> None:
    html = render.sources(replace(ANSWER, hits=()), 5, VI)
    assert marked(html) == QUOTE


def test_a_refusal_and_a_fault_look_different() -> None:
    refused = render.turn(1, "q", replace(ANSWER, status="abstained", citations=(), text="Không thấy."), VI)
    failed = render.turn(1, "q", replace(ANSWER, status="failed", citations=(), text="", error="LLMTimeout: late"), VI)
    assert "h-abstained" in refused and VI["abstained"] in refused and "Đoạn khác" in refused
    assert "h-failed" in failed and "LLMTimeout: late" in failed and VI["abstained"] not in failed


def test_the_viewer_marks_the_place_and_headings() -> None:
    text = "Đầu đề\n\nMột câu. Hai câu."
    document = Document("a.md", text, "Tựa", headings=(Heading(0, 6, "Đầu đề"),))
    at = text.index("Hai")
    html = render.viewer(document, at, at + 8, 1, VI)
    assert marked(html) == "Hai câu." and "<strong>Đầu đề</strong>" in html
    assert Tags(html).text.count("Một câu.") == 1
    assert VI["gone"] in render.viewer(None, 0, 0, 2, VI)


@settings(deadline=None)
@given(st.text(max_size=200), st.integers(0, 220), st.integers(0, 220), st.integers(0, 200), st.integers(0, 200))
def test_the_viewer_shows_every_text_unchanged(text: str, start: int, end: int, a: int, b: int) -> None:
    heads = (Heading(min(a, b), max(a, b), ""),) if max(a, b) <= len(text) and a != b else ()
    html = render._document_text(Document("s", text, headings=heads), start, end)
    parser = Tags(html.replace("\r", " "))
    assert parser.text == text.replace("\r", " ")
    assert {tag for tag, _ in parser.found} <= {"mark", "strong"}
    if 0 <= start < end <= len(text):
        assert Tags(marked(html.replace("\r", " "))).text == text[start:end].replace("\r", " ")


def test_a_very_long_document_is_cut_around_the_place() -> None:
    document = Document("s", "a" * 300_000 + "ĐÂY" + "b" * 300_000)
    html = render.viewer(document, 300_000, 300_003, 1, VI)
    assert marked(html) == "ĐÂY" and len(html) < 200_000


HOSTILE = st.text(st.sampled_from(list("<>\"'&`$[]()!/ =onerrorscriptimg1234{}\\\n")), max_size=60)


@settings(deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_nothing_of_a_text_becomes_markup(a: str, b: str, c: str) -> None:
    passage = Passage(a, 0, len(b), b, c, a, b)
    citation = Citation(1, a, c, b, b, 0, len(b))
    for status in ("answered", "abstained", "failed"):
        answer = Answer(a, b, status, f"{c} [1]", (b,), "vi", (citation,), (Hit(passage, 1.0, 1),), error=a)  # type: ignore[arg-type]
        html = (
            render.log([render.turn("1", a, answer, VI, note=b, good=False, comment=c)], VI)
            + render.followups(1, (a, b), VI)
            + render.sources(answer, "1", VI)
            + render.viewer(Document(a, b, c), 0, 1, 1, VI)
            + render.conversations([Conversation(a, b, 0.0, 0.0, 1)], c, VI)
            + render.welcome([a, b], 2, VI)
            + render.message(c)
        )
        allowed = set(
            "article section div p span button details summary dl dt dd h2 h3 small ul li nav mark strong header label textarea svg path".split()
        )
        for tag, attributes in Tags(html).found:
            assert tag in allowed
            assert not any(name.startswith("on") or name in ("href", "src") for name in attributes)
            if tag == "button":
                assert attributes["type"] == "button"


def test_markdown_export_starts_no_markup_of_the_text() -> None:
    turn = Turn(1, "<b> # `x` ![a](http://x/)", keep(replace(ANSWER, text="[tên](javascript:x) <i> [1]")), 0.0)
    text = export.markdown([turn], EN)
    assert "\\<b\\>" in text and "\\[tên](javascript" in text and "\\!" in text
    assert "[1]" in text and f"“{QUOTE}”" in text


def test_feedback_becomes_cases_that_evaluation_reads(tmp_path: object) -> None:
    from pathlib import Path

    from rag.evaluation.sets import load

    refused = replace(ANSWER, status="abstained", citations=(), short=(), text="Không thấy.")
    turns = [
        (Turn(1, "đúng", keep(ANSWER), 0.0, True), []),
        (Turn(2, "sai có lời", keep(ANSWER), 0.0, False, "133"), [("trước", "đáp")]),
        (Turn(3, "sai không lời", keep(ANSWER), 0.0, False), []),
        (Turn(4, "từ chối đúng", keep(refused), 0.0, True), []),
    ]
    path = Path(str(tmp_path)) / "feedback.jsonl"
    path.write_text(export.question_set(turns), encoding="utf-8")
    right, wrong, unknown, refusal = load(path).questions
    assert right.answers == (("59",),) and right.evidence[0].quote == QUOTE
    assert wrong.answers == (("133",),) and wrong.history == (("trước", "đáp"),)
    assert unknown.answers == ((export.UNKNOWN,),) and "to-fill-in" in unknown.tags
    assert not refusal.answerable


@pytest.mark.parametrize(
    ("cookies", "accept", "expected"),
    [
        ({}, "", "vi"),
        ({}, "vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ({}, "en-GB,en;q=0.9,vi;q=0.1", "en"),
        ({}, "fr-FR,fr;q=0.9", "en"),
        ({}, "fr,vi;q=0.5", "vi"),
        ({}, "*", "vi"),
        ({"hoidap_lang": "en"}, "vi", "en"),
        ({"hoidap_lang": "xx"}, "vi", "vi"),
    ],
)
def test_the_language_of_a_visitor(cookies: dict[str, str], accept: str, expected: str) -> None:
    assert choose_language(cookies, accept) == expected


def test_every_label_stands_in_both_languages_with_the_same_blanks() -> None:
    for name, (vi, en) in TEXT.items():
        assert vi and en, name
        assert sorted(re.findall(r"{(\w+)}", vi)) == sorted(re.findall(r"{(\w+)}", en)) or name == "welcome_more"


@pytest.mark.parametrize(
    ("iso", "vi", "en"),
    [
        ("2022", "2022", "2022"),
        ("2022-10", "10/2022", "Oct 2022"),
        ("2023-01-05", "5/1/2023", "5 Jan 2023"),
        ("2023-01-05T10:00:00Z", "5/1/2023", "5 Jan 2023"),
        (None, "không rõ ngày", "undated"),
        ("rằm tháng bảy", "rằm tháng bảy", "rằm tháng bảy"),
    ],
)
def test_dates(iso: str | None, vi: str, en: str) -> None:
    assert VI.date(iso) == vi and EN.date(iso) == en


def test_numbers() -> None:
    assert VI.number(1234567) == "1.234.567" and EN.number(1234567) == "1,234,567"
