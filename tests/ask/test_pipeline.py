"""The asking flow end to end over a small index: answers, refusals, failures, streams."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tiny_model import make_model

from rag import Answer, Document, Index, Rag, Settings
from rag.errors import LLMIncomplete, LLMTimeout
from rag.types import Retrieved, Token

HA_TINH = (
    "Đến tháng 10/2022, trên địa bàn tỉnh Hà Tĩnh đã thí điểm thành lập 59 tổ chuyển đổi số cộng đồng cấp xã, 133 tổ chuyển đổi số cộng đồng cấp thôn.\n\n"
    "Ông Lê Văn Dũng, Trưởng phòng Công nghệ thông tin của Sở Thông tin và Truyền thông Hà Tĩnh, cho biết tỉnh sẽ mở nhiều hoạt động."
)
DOCUMENTS = [
    Document("ha-tinh.txt", HA_TINH, title="Chuyển đổi số ở Hà Tĩnh", date="2022-10", language="vi"),
    Document(
        "thanh-hoa-1.txt",
        "Tỉnh Thanh Hóa đưa 187 sản phẩm OCOP lên sàn thương mại điện tử. Nông dân vui mừng vì hàng bán chạy.",
        title="Thanh Hóa thúc đẩy chuyển đổi số",
        date="2024-04",
        language="vi",
    ),
    Document(
        "thanh-hoa-2.txt",
        "Tỉnh Thanh Hóa đưa 429 sản phẩm OCOP lên sàn thương mại điện tử. Các huyện đều có hàng.",
        title="Thanh Hóa hướng tới tốp 10",
        date="2024-09",
        language="vi",
    ),
    Document(
        "hau-giang.txt",
        "Hậu Giang đưa 105 sản phẩm OCOP lên sàn. Năm 2021 tỉnh Hậu Giang đứng thứ hạng 17/63 tỉnh, thành phố về chỉ số chuyển đổi số.",
        title="Hậu Giang chuyển đổi số",
        date="2023-01-25",
        language="vi",
    ),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    texts = [f"{d.title}. {s}" for d in DOCUMENTS for s in d.text.split(". ")] + ["how many products teams does have"]
    model = make_model(tmp_path_factory.mktemp("model"), texts, {"teams": "tổ", "products": "phẩm"})
    made = Index.create(tmp_path_factory.mktemp("index"), Settings(embedder=str(model)))
    assert not made.add(DOCUMENTS).skipped
    yield made
    made.close()


@pytest.fixture(scope="module")
def rag(index: Index) -> Rag:
    return Rag(index)


def check_exact(answer: Answer, index: Index) -> None:
    for citation in answer.citations:
        assert index.document(citation.source).text[citation.start : citation.end] == citation.quote
        assert f"[{citation.n}]" in answer.text
    assert len(answer.text.split()) <= 80


def test_both_parts_of_a_total_are_shown(rag: Rag, index: Index) -> None:
    answer = rag.ask("Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng?")
    assert answer.status == "answered"
    assert answer.short == ("59", "133")
    assert answer.citations[0].source == "ha-tinh.txt"
    assert answer.language == "vi"
    check_exact(answer, index)


def test_a_question_without_diacritics(rag: Rag, index: Index) -> None:
    answer = rag.ask("ha tinh co bao nhieu to chuyen doi so cong dong cap thon")
    assert answer.short == ("133",)
    check_exact(answer, index)


def test_values_of_two_dates_stand_side_by_side_newest_first(rag: Rag, index: Index) -> None:
    answer = rag.ask("Thanh Hóa đưa bao nhiêu sản phẩm OCOP lên sàn thương mại điện tử?")
    assert [c.source for c in answer.citations] == ["thanh-hoa-2.txt", "thanh-hoa-1.txt"]
    assert answer.short == ("429", "187")
    assert "9/2024" in answer.text and "4/2024" in answer.text
    check_exact(answer, index)


def test_a_comparison_answers_each_part_from_its_own_source(rag: Rag, index: Index) -> None:
    answer = rag.ask("So sánh số sản phẩm OCOP lên sàn của Thanh Hóa và Hậu Giang")
    assert {c.source[:5] for c in answer.citations} == {"thanh", "hau-g"}
    assert "105" in answer.text
    check_exact(answer, index)


def test_a_follow_up_is_made_whole_and_shown(rag: Rag) -> None:
    answer = rag.ask("Còn cấp thôn thì sao?", [("Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng cấp xã?", "59 [1]")])
    assert answer.query == "Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng cấp thôn?"
    assert answer.question == "Còn cấp thôn thì sao?"
    assert answer.short == ("133",)


def test_a_place_that_is_not_there_is_refused(rag: Rag) -> None:
    answer = rag.ask("Nghệ An có bao nhiêu tổ chuyển đổi số cộng đồng?")
    assert answer.status == "abstained"
    assert answer.citations == () and answer.short == () and "[" not in answer.text
    assert "Nghệ An" in answer.text and "Hà Tĩnh" in answer.text
    assert answer.hits


def test_a_refusal_speaks_the_language_of_the_question(rag: Rag) -> None:
    assert rag.ask("How many teams does Quang Tri province have?").text.startswith("The documents do not answer")


@pytest.mark.parametrize("question", ["xin chào", "hello", "🙂"])
def test_small_talk_is_declined_politely(rag: Rag, question: str) -> None:
    answer = rag.ask(question)
    assert answer.status == "abstained" and answer.text and not answer.citations


@pytest.mark.parametrize(
    ("question", "error"), [("", "UsageError"), ("  ", "UsageError"), ("x" * 1_000_000, "UsageError")]
)
def test_questions_that_cannot_be_asked(rag: Rag, question: str, error: str) -> None:
    answer = rag.ask(question)
    assert answer.status == "failed" and answer.error is not None and answer.error.startswith(error)
    assert answer.text == "" and len(answer.question) <= 2000


def test_k_larger_than_the_index_and_k_below_one(rag: Rag) -> None:
    assert 0 < len(rag.ask("Hà Tĩnh có bao nhiêu tổ?", k=500).hits) < 20
    assert rag.ask("Hà Tĩnh có bao nhiêu tổ?", k=0).status == "failed"


def test_a_crash_is_a_failure_and_no_refusal(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Rag(index)
    monkeypatch.setattr(broken, "reader", None)
    answer = broken.ask("Hà Tĩnh có bao nhiêu tổ?")
    assert answer.status == "failed" and answer.error is not None and "AttributeError" in answer.error
    assert not answer.complete


def test_an_empty_index_refuses(index: Index, tmp_path: Path) -> None:
    with Index.create(tmp_path / "empty", index.settings) as empty:
        assert Rag(empty).ask("Hà Tĩnh có bao nhiêu tổ?").status == "abstained"


def test_the_stream_ends_with_the_same_answer(rag: Rag) -> None:
    events = list(rag.stream("Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng?"))
    assert isinstance(events[0], Retrieved) and isinstance(events[-1], Answer)
    assert "".join(e.text for e in events if isinstance(e, Token)) == events[-1].text
    assert events[-1].text == rag.ask("Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng?").text


def test_async_and_batch_give_the_same(rag: Rag) -> None:
    question = "Hậu Giang đứng thứ bao nhiêu năm 2021?"

    async def both() -> tuple[Answer, list[Any]]:
        return await rag.aask(question), [e async for e in rag.astream(question)]

    answer, events = asyncio.run(both())
    batch = list(rag.batch([question, {"id": 1, "question": question, "history": [["a?", "b"]]}, {"question": ""}]))
    assert answer.text == batch[0].text == events[-1].text
    assert [b.status for b in batch] == ["answered", "answered", "failed"]


class Scripted:
    """A language model that says what it is told to."""

    name = "scripted"

    def __init__(self, *turns: Sequence[str] | Exception) -> None:
        self.turns = list(turns)
        self.messages: list[Any] = []


def scripted(monkeypatch: pytest.MonkeyPatch, index: Index, *turns: Any, **settings: Any) -> Rag:
    from rag.ask import read_llm

    rag = Rag(index, settings=index.settings.with_(**settings))
    rag.llm = Scripted(*turns)

    def stream(
        query: Any, hits: Any, llm: Scripted, _settings: Any, *, complaint: str = "", usage: Any = None, **_: Any
    ) -> Iterator[str]:
        llm.messages.append(complaint)
        for piece in llm.turns.pop(0):
            if isinstance(piece, Exception):
                raise piece
            yield piece

    monkeypatch.setattr(read_llm, "stream", stream)
    return rag


def test_a_model_s_answer_streams_verified(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    rag = scripted(monkeypatch, index, ["Hà Tĩnh có 59 tổ ", "cấp xã [1]. Tỉnh có 133 tổ", " cấp thôn [1]."])
    events = list(rag.stream("Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng?"))
    answer = events[-1]
    assert isinstance(answer, Answer) and answer.status == "answered"
    tokens = [e.text for e in events if isinstance(e, Token)]
    assert "".join(tokens) == answer.text
    assert answer.citations and answer.citations[0].source == "ha-tinh.txt"
    check_exact(answer, index)


def test_a_cut_stream_is_incomplete(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = scripted(monkeypatch, index, ["Hà Tĩnh có 59 tổ cấp xã [1].", LLMIncomplete("cut")]).ask(
        "Hà Tĩnh có bao nhiêu tổ?"
    )
    assert answer.status == "answered" and not answer.complete


@pytest.mark.parametrize("fault", [LLMIncomplete("cut"), LLMTimeout("60 s passed")])
def test_what_a_model_said_before_it_broke_off_goes_out_incomplete(
    index: Index, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    rag = scripted(monkeypatch, index, ["Đến tháng 10/2022, Hà Tĩnh có 59 tổ cấp xã [1]. Tỉnh có 133 tổ", fault])
    events = list(rag.stream("Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng?"))
    answer = events[-1]
    assert isinstance(answer, Answer) and answer.status == "answered" and not answer.complete and answer.error is None
    assert "".join(e.text for e in events if isinstance(e, Token)) == answer.text
    assert "59 tổ cấp xã [1]" in answer.text
    check_exact(answer, index)


def test_a_refusal_cut_short_says_so(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = scripted(monkeypatch, index, ["Không có trong tài liệu", LLMIncomplete("cut")]).ask(
        "Ai là giám đốc sân bay?"
    )
    assert answer.status == "abstained" and not answer.complete


def test_a_model_that_hangs_is_a_typed_failure(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = scripted(monkeypatch, index, [LLMTimeout("60 s passed")]).ask("Hà Tĩnh có bao nhiêu tổ?")
    assert answer.status == "failed" and answer.error == "LLMTimeout: 60 s passed"


def test_a_model_s_refusal_is_a_refusal(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    rag = scripted(monkeypatch, index, ["Không có trong tài liệu."])
    from rag.ask import read_llm

    monkeypatch.setattr(read_llm, "is_refusal", lambda text: "Không có" in text)
    answer = rag.ask("Ai là giám đốc bệnh viện?")
    assert answer.status == "abstained" and not answer.citations


def test_a_key_in_an_error_is_masked(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    rag = scripted(monkeypatch, index, [LLMTimeout("key sk-verysecret refused")], llm_api_key="sk-verysecret")
    assert "verysecret" not in str(rag.ask("Hà Tĩnh có bao nhiêu tổ?"))


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rag]:
    made = Index.create(tmp_path_factory.mktemp("village"), Settings())
    made.add(
        [
            Document(
                "chi-hoi.txt", "Chi hội phụ nữ Bình Minh có 48 hội viên. Chi hội họp vào tối thứ Năm tuần đầu tháng."
            ),
            Document(
                "rac.txt",
                "Tổ tự quản thu gom rác vào các ngày thứ Ba và thứ Bảy hằng tuần. Mỗi hộ đóng 30.000 đồng một tháng.",
            ),
        ]
    )
    yield Rag(made)
    made.close()


def test_a_new_question_is_not_lost_behind_the_earlier_topic(village: Rag) -> None:
    history = [("Chi hội Bình Minh có bao nhiêu hội viên?", "48 hội viên [1]")]
    answer = village.ask("Thu gom rác vào những ngày nào?", history)
    assert answer.status == "answered" and "rac.txt" == answer.citations[0].source
    assert "thứ Ba và thứ Bảy" in answer.text


def test_a_greeting_stays_one_whatever_was_asked_before(village: Rag) -> None:
    answer = village.ask("xin chào", [("Chi hội Bình Minh có bao nhiêu hội viên?", "48 hội viên [1]")])
    assert answer.query == "xin chào" and answer.text.startswith("Xin chào!")


def test_what_is_nowhere_is_refused_after_any_question(village: Rag) -> None:
    answer = village.ask(
        "Sân bóng mở cửa lúc mấy giờ?", [("Chi hội Bình Minh có bao nhiêu hội viên?", "48 hội viên [1]")]
    )
    assert answer.status == "abstained" and answer.citations == ()
