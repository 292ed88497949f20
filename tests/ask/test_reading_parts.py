"""The reader's small parts: pieces, windows, answer strings, frames, drafts, weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ask import frames, spans, weigh
from rag.ask.draft import markers, renumber
from rag.ask.evidence import Abbreviated, Asked, Sentence, ask, idf
from rag.ask.pieces import pieces
from rag.ask.query import understand
from rag.ask.quoting import quote
from rag.ask.short import pick
from rag.errors import RagError
from rag.types import Citation

LONG = (
    "Theo Quyết định số 1656/QĐ-UBND ngày 15/8/2022 của UBND tỉnh Hà Tĩnh, hiện nay có 496 thủ tục hành chính cấp tỉnh, 131 thủ tục cấp huyện và "
    "67 thủ tục cấp xã, phường đủ điều kiện đạt mức độ toàn trình (việc thực hiện và giải quyết thủ tục hành chính đều trên môi trường mạng)."
)
TEAMS = "Đến tháng 10/2022, Hà Tĩnh đã thí điểm thành lập 59 tổ chuyển đổi số cộng đồng cấp xã, 133 tổ chuyển đổi số cộng đồng cấp thôn."
OFFICES = "Nhiều ban, ngành đạt tỷ lệ tiếp nhận hồ sơ trực tuyến cao như Sở Thông tin và Truyền thông đạt 100%, Sở Công Thương đạt 99,15%."
PARTS = "Tính đến tháng 10/2022, Hà Tĩnh đã lập thí điểm 59 tổ chuyển đổi số cộng đồng ở cấp xã và 133 tổ ở cấp thôn."
GOALS = "Đến năm 2025 toàn tỉnh có ít nhất 100 doanh nghiệp số, đến năm 2030 có ít nhất 150 doanh nghiệp số."


def asked(question: str) -> Asked:
    query = understand(question)
    return ask(query, question, lambda word: 2.0 if word else 3.0, Abbreviated({"CĐS": "chuyển đổi số"}))


@pytest.mark.parametrize(
    ("question", "text", "short"),
    [
        ("Hà Tĩnh có bao nhiêu tổ CĐS cộng đồng?", TEAMS, ("59", "133")),
        ("Hà Tĩnh có bao nhiêu tổ CĐS cộng đồng cấp xã?", TEAMS, ("59",)),
        ("ha tinh co bao nhieu to chuyen doi so cong dong cap thon", TEAMS, ("133",)),
        ("How many teams at hamlet level?", TEAMS, ("133",)),
        ("how many community digital teams did Hà Tĩnh have by 10/2022", PARTS, ("59", "133")),
        ("How many community digital teams at hamlet level?", PARTS, ("133",)),
        ("den thang 10/2022 ha tinh co bao nhieu to chuyen doi so cong dong cap thon", PARTS, ("133",)),
        ("Có bao nhiêu thủ tục cấp huyện?", LONG, ("131",)),
        ("Có bao nhiêu thủ tục hành chính cấp huyện?", LONG, ("131",)),
        ("Sở Công Thương tiếp nhận hồ sơ trực tuyến đạt tỷ lệ bao nhiêu?", OFFICES, ("99,15%",)),
        ("Quyết định 1656 ban hành ngày nào?", LONG, ("ngày 15/8/2022",)),
        ("Năm 2030 có bao nhiêu doanh nghiệp số?", GOALS, ("150",)),
        ("HTX thu bao nhiêu mỗi năm?", "Mỗi năm, HTX thu về hơn 6 tỷ đồng.", ("6 tỷ đồng",)),
        ("Chiếm bao nhiêu phần trăm?", "Doanh số chiếm 50-60% và đang tăng.", ("50-60%",)),
        ("Ai là giám đốc?", "Ông Lê Văn Dũng, Giám đốc công ty, cho biết như vậy.", ("Lê Văn Dũng",)),
        ("Trang web phản hồi là gì?", "Kênh thông tin: phanhoi.thanhhoa.gov.vn; Zalo.", ("phanhoi.thanhhoa.gov.vn",)),
        ("Quyết định nào nêu danh mục?", LONG, ("Quyết định số 1656/QĐ-UBND",)),
    ],
)
def test_short(question: str, text: str, short: tuple[str, ...]) -> None:
    assert tuple(found.text for found, _ in pick(asked(question), text)) == short


def test_short_never_repeats_the_question() -> None:
    assert not pick(asked("1.200 hộp nặng bao nhiêu?"), "Tổ bán 1.200 hộp.")


@settings(deadline=None)
@given(st.text(alphabet="abc ,;()và0123.", max_size=300))
def test_pieces_lie_in_order_and_hold_every_word(text: str) -> None:
    own = pieces(text)
    at = 0
    for start, end in own:
        assert at <= start < end <= len(text) or not text
        at = end
    held = "".join(text[s:e] for s, e in own)
    assert sorted(c for c in text if c.isalpha()) == sorted(c for c in held if c.isalpha())


def test_pieces_are_short() -> None:
    assert len(pieces(LONG)) > 2
    assert max(len(LONG[a:b].split()) for a, b in pieces(LONG)) < 37


def test_a_short_quotation_is_not_cut() -> None:
    text = (
        "Sau khi Thủ tướng Chính phủ ban hành Quyết định số 749/QĐ-TTg ngày 3/6/2020 phê duyệt “Chương trình Chuyển đổi số Quốc gia đến năm 2025, "
        "định hướng đến năm 2030”, UBND tỉnh Thanh Hóa ban hành Quyết định số 4216/QĐ-UBND về kế hoạch chuyển đổi số trên địa bàn tỉnh đến năm 2025."
    )
    parts = [text[a:b] for a, b in pieces(text)]
    assert len(parts) > 1
    assert all(part.count("“") == part.count("”") for part in parts)


@pytest.mark.parametrize(
    ("text", "at", "shown"),
    [
        ("Bắt đầu (từ 2021 đến 2023); tỷ lệ đạt 98%.", "từ", "(từ 2021 đến 2023); tỷ lệ đạt 98%."),
        ("“Tỉnh đứng thứ hai ở đồng bằng.", "“", "Tỉnh đứng thứ hai ở đồng bằng."),
        ("“Tỉnh” đứng thứ hai.", "“", "“Tỉnh” đứng thứ hai."),
    ],
)
def test_quotes_keep_brackets_and_marks_whole(text: str, at: str, shown: str) -> None:
    sentence = Sentence(0, 0, 7, 7 + len(text), text, "", "")
    assert quote(sentence, 7 + text.index(at), 7 + len(text)).text == shown


def clause(sentence: int, tokens: int, mass: float, at: int = 0) -> spans.Clause:
    return spans.Clause(sentence, at, at + 1, tokens, mass)


def test_the_window_with_most_mass_for_its_length() -> None:
    clauses = [clause(0, 10, 0.1), clause(0, 10, 0.6), clause(0, 30, 0.05), clause(1, 10, 0.2)]
    assert spans.best_window(clauses, 30, 0.005) == spans.Window(0, 1, 0, 20, 0.7)
    assert spans.best_window(clauses, 15, 0.005) == spans.Window(1, 1, 0, 10, 0.6)
    assert spans.best_window(clauses, 5, 0.005) is None


def test_a_second_window_must_be_worth_it() -> None:
    clauses = [clause(0, 10, 0.6), clause(1, 10, 0.2), clause(2, 10, 0.01)]
    assert [w.sentence for w in spans.choose(clauses, 60, 40, 0.001, 0.1)] == [0, 1]
    assert [w.sentence for w in spans.choose(clauses, 60, 40, 0.001, 0.3)] == [0]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40), st.floats(0, 1)), max_size=12), st.integers(1, 90))
def test_windows_keep_the_budget_and_do_not_overlap(made: list[tuple[int, int, float]], budget: int) -> None:
    clauses = [clause(s, t, m, i) for i, (s, t, m) in enumerate(sorted(made, key=lambda c: c[0]))]
    chosen = spans.choose(clauses, budget, budget, 0.001, 0.0, most=3)
    assert sum(w.tokens for w in chosen) <= budget
    used = [i for w in chosen for i in range(w.first, w.last + 1)]
    assert len(used) == len(set(used))


@pytest.mark.parametrize(
    ("date", "language", "words"),
    [("2022-10", "vi", "10/2022"), ("2022-10", "en", "October 2022"), ("2023-01-25", "vi", "25/1/2023"), ("2023-01-25", "en", "25 January 2023"),
     ("2024", "vi", "2024"), (None, "vi", ""), ("soon", "en", "")],
)  # fmt: skip
def test_dates_as_people_write_them(date: str | None, language: str, words: str) -> None:
    assert frames.date_words(date, language) == words


def test_frames_say_only_where_and_when() -> None:
    assert frames.lead("vi", "2022-10", "Hà Tĩnh", "59 tổ") == "Hà Tĩnh (10/2022): "
    assert frames.lead("vi", "2022-10", "Hà Tĩnh", "Hà Tĩnh có 59 tổ vào tháng 10/2022") == ""
    assert "Vietnamese" in frames.lead("en", "2022-10", "", "59 tổ", "Vietnamese")
    assert frames.quoted('nói "vâng"') == '“nói "vâng"”'


def cited(n: int, start: int) -> Citation:
    return Citation(n, "a", "A", None, "q", start, start + 1)


def test_markers_are_numbered_by_first_appearance() -> None:
    text, citations = renumber("b [2] a [1] b [2] x [9].", [cited(1, 0), cited(2, 5)])
    assert text == "b [1] a [2] b [1] x."
    assert [(c.n, c.start) for c in citations] == [(1, 5), (2, 0)]
    assert renumber(text, citations) == (text, citations)
    assert markers(text) == [1, 2, 1]


def test_one_span_has_one_number() -> None:
    text, citations = renumber("a [1][2]", [cited(1, 0), cited(2, 0)])
    assert text == "a [1]" and len(citations) == 1


def test_weights_of_other_columns_are_refused() -> None:
    with pytest.raises(RagError, match="run the fit again"):
        weigh.scorer("reader", "sentence", ["nonsense"])


def test_weights_survive_storage() -> None:
    scorer = weigh.Scorer(("a", "b"), np.zeros(2), np.ones(2), np.array([1.0, -2.0]), 0.5)
    again = weigh.from_data(weigh.to_data(scorer))
    assert again(np.array([[1.0, 1.0]])) == pytest.approx([-0.5])


def test_rarity_falls_with_frequency() -> None:
    assert idf(0, 100) > idf(10, 100) > idf(100, 100) > 0
