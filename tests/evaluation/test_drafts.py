"""Drafted questions: natural, answerable as promised, near-misses that the corpus cannot answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.evaluation.drafts import draft, draft_with_llm
from rag.evaluation.sets import Question, check
from rag.text.names import find_places
from rag.text.normalise import contains_answer, fold
from rag.types import Document

ROOT = Path(__file__).resolve().parents[2]


def article(name: str) -> Document:
    head, body = (ROOT / "seeds" / name).read_text(encoding="utf-8").split("---\n", 2)[1:]
    meta = {k: v.strip('"') for k, v in (line.split(": ", 1) for line in head.splitlines())}
    return Document(name, body.strip(), title=meta["title"], date=meta["date"], language="vi")


SEEDS = [article(p.name) for p in sorted((ROOT / "seeds").glob("*.md")) if p.name != "README.md"]
TEXTS = {d.source: d.text for d in SEEDS}


def one(text: str, title: str = "", language: str = "vi") -> dict[str, str]:
    """{question: answer} of everything drafted from one text."""
    found = draft([Document("d", text, title=title, language=language)], limit=100, near_misses=0)
    return {q.question: q.answers[0][0] for q in found}


@pytest.mark.parametrize(
    ("text", "title", "question", "answer"),
    [
        (
            "Tính đến tháng 10/2022, toàn tỉnh Hà Tĩnh đã lập thí điểm 59 tổ chuyển đổi số cộng đồng.",
            "",
            "Tính đến tháng 10/2022, toàn tỉnh Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?",
            "59",
        ),
        # a place for a sentence that names none; no "gần bao nhiêu"
        (
            "Trong năm nay người dân gửi lên gần 450 kiến nghị về đường sá.\nNgười dân gửi lên gần 450 kiến nghị về đường sá.",
            "Thanh Hóa lắng nghe",
            "Ở Thanh Hóa, người dân gửi lên bao nhiêu kiến nghị về đường sá?",
            "450",
        ),
        ("Nông nghiệp chiếm 22,73% cơ cấu kinh tế của Hậu Giang.", "", "Nông nghiệp chiếm bao nhiêu phần trăm cơ cấu kinh tế của Hậu Giang?", "22,73%"),
        (
            "Ngày 3/6/2020, Thủ tướng Chính phủ ký Quyết định số 749/QĐ-TTg về chuyển đổi số.",
            "",
            "Thủ tướng Chính phủ ký Quyết định số 749/QĐ-TTg về chuyển đổi số vào ngày nào?",
            "Ngày 3/6/2020",
        ),
        (
            "Ngày 15/8/2022, UBND tỉnh Hà Tĩnh ban hành Quyết định số 1656/QĐ-UBND.",
            "",
            "Ngày 15/8/2022, UBND tỉnh Hà Tĩnh ban hành văn bản nào?",
            "Quyết định số 1656/QĐ-UBND",
        ),
        (
            "Ông Đỗ Hữu Quyết, Giám đốc Sở Tư pháp tỉnh Thanh Hóa, cho rằng cái khó vẫn nằm ở nhận thức.",
            "",
            "Giám đốc Sở Tư pháp tỉnh Thanh Hóa là ai?",
            "Đỗ Hữu Quyết",
        ),
        (
            "Chị Lê Thị Hường, xã Hoằng Thịnh, huyện Hoằng Hóa, bán đồ mây tre đan qua mạng.",
            "",
            "Ai ở xã Hoằng Thịnh, huyện Hoằng Hóa bán đồ mây tre đan qua mạng?",
            "Lê Thị Hường",
        ),
        ("Tỉnh đặt mục tiêu cao cho chuyển đổi số (CĐS) trong nhiều năm tới.", "", "CĐS là viết tắt của cụm từ nào?", "chuyển đổi số"),
        (
            "VNeID là ứng dụng định danh điện tử do Bộ Công an phát triển.",
            "",
            "VNeID là gì?",
            "ứng dụng định danh điện tử do Bộ Công an phát triển.",
        ),
    ],
    ids=lambda x: x[:24],
)  # fmt: skip
def test_vietnamese_templates(text: str, title: str, question: str, answer: str) -> None:
    found = one(text, title)
    assert question in found, found
    assert found[question].strip(" .") == answer.strip(" .")


@pytest.mark.parametrize(
    "text",
    [
        "Tới nay, mô hình này đã có ở 227 xã, phường trong vùng.",
        "Năm vừa rồi chị bán được gần 1.200 hộp nhút mít cho khách.",
        "Thương mại điện tử hiện chiếm 50-60% doanh số của công ty.",
        "| Sở Công Thương | 99,15% | hồ sơ trực tuyến của năm |",
        "## Kết quả trên 3 trụ cột của chuyển đổi số tỉnh nhà",
        "Giám đốc công ty Nguyễn Văn Tú nói về bạn hàng mới.",
        "Từ tháng 12/2021 đến tháng 12/2023, tỉnh họp nhiều lần.",
        "Có phải tỉnh đã lập 59 tổ ở cấp xã hay không?",
        'Mô hình "3 không tiền mặt" đang được làm thử ở nhiều nơi.',
    ],
)
def test_what_nobody_could_answer_is_left_out(text: str) -> None:
    assert one(text) == {}


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("There are about 1,200 farms in the northern valley.", "How many farms are there in the northern valley?", "1,200"),
        ("The bridge was opened on August 15, 2022.", "When was the bridge opened?", "August 15, 2022"),
        ("The lake froze on 3 March 2021 for the first time.", "Which date is missing here: “The lake froze on … for the first time”?", "3 March 2021"),
        ("The lake covers 1,200 hectares of the old crater.", "Which number is missing here: “The lake covers … hectares of the old crater”?", "1,200"),
    ],
    ids=lambda x: x[:24],
)  # fmt: skip
def test_english_templates(text: str, question: str, answer: str) -> None:
    assert one(text, language="en").get(question) == answer


def test_drafts_over_the_articles_hold_what_they_promise() -> None:
    drafts = draft(SEEDS, limit=80, seed=1)
    assert len(drafts) == 80 and [q.id for q in drafts[:2]] == ["draft-0001", "draft-0002"]
    assert check(drafts, TEXTS.get) == []
    answerable = [q for q in drafts if q.answerable]
    assert len(answerable) == 60
    assert {q.tags[1] for q in answerable} >= {"number", "percent", "date", "person", "decision", "definition"}
    for q in answerable:
        assert q.question.endswith("?") and q.question[0].isupper() and "  " not in q.question
        assert not contains_answer(q.question, q.answers[0][0]), "answers itself"
    assert len({q.question for q in drafts}) == 80


def test_near_misses_ask_what_the_corpus_does_not_say() -> None:
    corpus = fold(" ".join(d.title + " " + d.text for d in SEEDS))
    misses = [q for q in draft(SEEDS, limit=120, seed=3) if not q.answerable]
    assert len(misses) >= 20 and all(q.tags[:2] == ("draft", "near-miss") and not q.answers for q in misses)
    kinds = {q.tags[2] for q in misses}
    assert kinds == {"place", "year", "office"}
    for q in misses:
        if q.tags[2] == "place":
            assert any(fold(p.text) not in corpus for p in find_places(q.question)), q.question


def test_the_same_seed_gives_the_same_drafts() -> None:
    assert draft(SEEDS, limit=30, seed=7) == draft(SEEDS, limit=30, seed=7)
    assert draft(SEEDS, limit=30, seed=7) != draft(SEEDS, limit=30, seed=8)


def test_an_empty_corpus_gives_nothing() -> None:
    assert draft([], limit=5) == [] and draft([Document("d", "", language="vi")]) == []


def test_a_model_is_believed_only_where_its_quote_stands() -> None:
    quote = "tỉnh đã lập 59 tổ"
    document = Document("d", f"Năm 2022 {quote} ở cấp xã.", language="vi")
    good = {"question": "Tỉnh đã lập bao nhiêu tổ?", "answer": "59", "quote": quote}
    bad = [
        {**good, "quote": "tỉnh đã lập 60 tổ"},
        {**good, "answer": "60"},
        {**good, "question": " "},
        {"question": "x"},
        [1],
    ]
    asked: list[str] = []

    def complete(prompt: str) -> str:
        asked.append(prompt)
        return "Here you are:\n" + "\n".join(json.dumps(x) + "," for x in [*bad, good]) + "\nnull"

    (made,) = draft_with_llm([document], complete)
    assert made == Question("draft-0001", good["question"], (), (("59",),), made.evidence, True, ("draft", "llm"))
    assert made.evidence[0].quote == quote and document.text in asked[0] and "not instructions" in asked[0]
