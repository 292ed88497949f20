"""Citations made exact, whoever wrote the answer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ask.check import Checker
from rag.ask.cite import verify
from rag.ask.draft import Draft
from rag.settings import Settings
from rag.types import Citation, Hit, Passage

TEXT = (
    "Đến tháng 10/2022, Hà Tĩnh đã thành lập 59 tổ chuyển đổi số cộng đồng cấp xã và 133 tổ cấp thôn. Các tổ giúp người dân cài đặt chữ ký số. "
    "Ông Lê Văn Dũng là Trưởng phòng Công nghệ thông tin."
)
OTHER = "Năm 2021, tỉnh Hậu Giang đứng thứ 17/63 về chỉ số chuyển đổi số. Tỉnh có 105 sản phẩm OCOP lên sàn."


def hits() -> list[Hit]:
    return [
        Hit(Passage("ha-tinh.txt", 7, 7 + len(TEXT), TEXT, title="Hà Tĩnh", date="2022-10"), 2.0, 1),
        Hit(Passage("hau-giang.txt", 0, len(OTHER), OTHER, title="Hậu Giang", date="2023"), 1.0, 2),
    ]


def exact(draft: Draft) -> None:
    texts = {"ha-tinh.txt": "x" * 7 + TEXT, "hau-giang.txt": OTHER}
    for c in draft.citations:
        assert texts[c.source][c.start : c.end] == c.quote and f"[{c.n}]" in draft.text
    assert [c.n for c in draft.citations] == list(range(1, len(draft.citations) + 1))


def check(text: str, **changes: object) -> Draft:
    draft = verify(Draft(text), hits(), Settings(**changes))  # type: ignore[arg-type]
    exact(draft)
    return draft


def test_markers_are_numbered_by_first_appearance_and_point_at_sentences() -> None:
    draft = check(
        "Hậu Giang đứng thứ 17/63 [2]. Hà Tĩnh có 59 tổ cấp xã [1]. Ông Lê Văn Dũng là Trưởng phòng [1]. Tỉnh có 105 sản phẩm OCOP [2]."
    )
    assert draft.text == (
        "Hậu Giang đứng thứ 17/63 [1]. Hà Tĩnh có 59 tổ cấp xã [2]. Ông Lê Văn Dũng là Trưởng phòng [3]. Tỉnh có 105 sản phẩm OCOP [4]."
    )
    assert [c.quote.split()[0] for c in draft.citations] == ["Năm", "Đến", "Ông", "Tỉnh"]
    assert all(c.supported for c in draft.citations) and draft.notes == ()
    assert draft.signals["claims"] == draft.signals["supported"] == 4


def test_one_claim_of_two_sentences_cites_both() -> None:
    draft = check("Hà Tĩnh có 59 tổ cấp xã và ông Lê Văn Dũng là Trưởng phòng Công nghệ thông tin [1].")
    assert len(draft.citations) == 2 and all(c.supported for c in draft.citations)


def test_markers_in_any_form() -> None:
    for marker in ("[1, 2]", "[1-2]", "【1】", "[^1]", "[đoạn 1]", "[Passage 1]", "(nguồn 1)"):
        draft = check(f"Hà Tĩnh có 59 tổ cấp xã {marker}.")
        assert draft.text == "Hà Tĩnh có 59 tổ cấp xã [1].", marker
    assert (
        check("Hà Tĩnh có 59 tổ cấp xã. [1] Cấp thôn có 133 tổ. [1]").text
        == "Hà Tĩnh có 59 tổ cấp xã [1]. Cấp thôn có 133 tổ [1]."
    )
    assert check("Theo [1], Hà Tĩnh có 59 tổ cấp xã.").text == "Theo, Hà Tĩnh có 59 tổ cấp xã [1]."


def test_out_of_range_and_wrong_markers() -> None:
    assert check("Hà Tĩnh có 59 tổ cấp xã [0][7][99].").text == "Hà Tĩnh có 59 tổ cấp xã [1]."
    assert check("Hậu Giang đứng thứ 17/63 về chỉ số chuyển đổi số [1].").citations[0].source == "hau-giang.txt"


def test_an_unsupported_claim_beside_a_supported_one() -> None:
    draft = check("Hà Tĩnh có 59 tổ cấp xã [1] và 331 tổ cấp thôn [1].")
    assert draft.text == "Hà Tĩnh có 59 tổ cấp xã [1] và 331 tổ cấp thôn (chưa kiểm chứng) [2]."
    assert [c.supported for c in draft.citations] == [True, False]
    assert len(draft.notes) == 1 and "331" in draft.notes[0]
    assert check("Hà Tĩnh có 59 tổ cấp xã [1] và 331 tổ cấp thôn [1].", verification="drop").text == ""


def test_talk_about_the_answer_is_no_claim() -> None:
    draft = check(
        "Theo các tài liệu:\nHà Tĩnh có 59 tổ cấp xã [1].\nTài liệu không nêu số tổ cấp huyện.\nHy vọng thông tin này hữu ích!"
    )
    assert draft.text == "Theo các tài liệu:\nHà Tĩnh có 59 tổ cấp xã [1].\nTài liệu không nêu số tổ cấp huyện."
    assert draft.signals["claims"] == 1


def test_no_hits_support_nothing() -> None:
    draft = verify(Draft("Hà Tĩnh có 59 tổ cấp xã [1]."), [], Settings())
    assert draft.citations == () and "(chưa kiểm chứng)" in draft.text


def test_an_extractive_draft_passes_untouched() -> None:
    start = TEXT.index("59 tổ")
    quote = TEXT[start : start + 41]
    citation = Citation(1, "ha-tinh.txt", "Hà Tĩnh", "2022-10", quote, 7 + start, 7 + start + 41)
    draft = Draft(f"Hà Tĩnh (10/2022): {quote} [1].", ("59",), (citation,))
    assert verify(draft, hits(), Settings()) == draft


def test_an_extractive_draft_with_a_wrong_figure_or_quote_is_checked_in_full() -> None:
    start = TEXT.index("59 tổ")
    good = Citation(1, "ha-tinh.txt", "Hà Tĩnh", "2022-10", TEXT[start:], 7 + start, 7 + len(TEXT))
    draft = verify(Draft("Hà Tĩnh có 95 tổ cấp xã [1].", ("95",), (good,)), hits(), Settings())
    assert "(chưa kiểm chứng)" in draft.text
    bad = Citation(1, "ha-tinh.txt", "Hà Tĩnh", "2022-10", "x" * 41, 7 + start, 7 + start + 41)
    draft = verify(Draft("Hà Tĩnh có 59 tổ cấp xã [1].", ("59",), (bad,)), hits(), Settings())
    exact(draft)
    assert draft.citations[0].supported and draft.short == ("59",)


WORDS = st.sampled_from(
    [
        "Hà Tĩnh",
        "có",
        "59",
        "133",
        "95",
        "tổ",
        "cấp",
        "xã",
        "[1]",
        "[2]",
        "[3]",
        "[1][2]",
        ".",
        ". ",
        "\n",
        "\n\n",
        ",",
        "và",
        "không",
        "**",
        "17/63",
        "TP.",
        "1.",
        "- ",
        "?",
        ":",
        "…",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=30), st.integers(1, 9))
def test_any_text_streams_to_the_same_checked_text(parts: list[str], size: int) -> None:
    text = " ".join(parts)
    whole = check(text)
    checker = Checker(hits(), Settings(), "vi")
    shown = "".join(checker.feed(text[i : i + size]) for i in range(0, len(text), size)) + checker.end()
    assert shown == checker.text == whole.text
    assert tuple(checker.citations) == whole.citations
