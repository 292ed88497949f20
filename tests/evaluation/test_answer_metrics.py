"""Answer, citation and stage metrics against SQuAD's and ALCE's definitions and hand-made values."""

from __future__ import annotations

import re
import string
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation import metrics
from rag.evaluation.citations import Backing, Statement, backing, statements
from rag.evaluation.metrics import aligned, contains_all, exact_match, language_of, score, token_f1
from rag.evaluation.runs import IndexTexts
from rag.evaluation.sets import Evidence, Question
from rag.text.normalise import answer_normal
from tests.evaluation.eval_fakes import FakeIndex, entails


# ---- SQuAD ----------------------------------------------------------------------------------------------------------
def squad_tokens(text: str) -> list[str]:
    """The published definition: lower case, punctuation out, articles out, blanks collapsed."""
    text = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def squad_em(prediction: str, golds: list[str]) -> float:
    return float(max(squad_tokens(prediction) == squad_tokens(g) for g in golds))


def squad_f1(prediction: str, golds: list[str]) -> float:
    best = 0.0
    for gold in golds:
        p, g = squad_tokens(prediction), squad_tokens(gold)
        if not p or not g:
            best = max(best, float(p == g))
            continue
        same = sum((Counter(p) & Counter(g)).values())
        if same:
            best = max(best, 2 * (same / len(p)) * (same / len(g)) / (same / len(p) + same / len(g)))
    return best


@pytest.mark.parametrize(
    ("prediction", "golds"),
    [
        ("The Department of Health", ["department of health"]),
        ("a lake", ["the lake", "lake Tahoe"]),
        ("Denver Broncos", ["Denver", "the Denver Broncos won"]),
        ("in the city of Da Nang", ["Da Nang"]),
        ("59 teams", ["59"]),
        ("nothing shared", ["quite other"]),
        ("", ["something"]),
        ("the", ["a"]),
        ("Đỗ Hữu Quyết", ["Đỗ Hữu Quyết"]),
        ("ông Đỗ Hữu Quyết", ["Đỗ Hữu Quyết", "Quyết"]),
        ("huyện Hoằng Hóa, tỉnh Thanh Hóa", ["Hoằng Hóa"]),
        ("tổ tổ tổ công nghệ", ["tổ công nghệ số"]),
        ("yes yes", ["yes"]),
    ],
)
def test_em_and_f1_equal_the_reference_definition(prediction: str, golds: list[str]) -> None:
    assert exact_match(prediction, golds, articles=True) == squad_em(prediction, golds)
    assert token_f1(prediction, golds, articles=True) == pytest.approx(squad_f1(prediction, golds))


@given(st.lists(st.sampled_from("xã tỉnh số 59 133 Quyết the lake".split()), max_size=6),
       st.lists(st.sampled_from("xã tỉnh số 59 133 Quyết the lake".split()), max_size=6))  # fmt: skip
def test_f1_equals_the_reference_on_any_words(a: list[str], b: list[str]) -> None:
    prediction, gold = " ".join(a), " ".join(b)
    assert token_f1(prediction, [gold], articles=True) == pytest.approx(squad_f1(prediction, [gold]))
    assert exact_match(prediction, [gold], articles=True) == squad_em(prediction, [gold])


def test_articles_are_dropped_in_english_only() -> None:
    assert exact_match("the lake", ["lake"], articles=True) == 1.0
    assert exact_match("Nghệ An", ["Nghệ"]) == 0.0
    assert token_f1("Nghệ An", ["Nghệ"]) == pytest.approx(2 / 3)


# ---- normalisation of the contract ----------------------------------------------------------------------------------
SAME = [
    ("1.200", "1,200", "1200"),
    ("99,15%", "99.15 %", "99,15 phần trăm", "99.15 percent"),
    ("15/8/2022", "15/08/2022", "August 15, 2022", "ngày 15 tháng 8 năm 2022", "15 August 2022"),
    ("70%", "70 phần trăm", "70 percent", "70 per cent"),
    ("6 tỉ đồng", "6 tỷ đồng"),
    ("Hoà Bình", "Hòa Bình", "HÒA BÌNH"),
    ("thuỷ sản", "thủy sản"),
    ("tháng 10/2022", "tháng 10 năm 2022", "10/2022", "October 2022"),
    ("tie\u0302\u0301ng Vie\u0323\u0302t", "tiếng Việt"),
    ("“VNeID”", "VNeID", "vneid."),
]


@pytest.mark.parametrize("group", SAME, ids=lambda g: g[0])
def test_forms_that_are_one_answer(group: tuple[str, ...]) -> None:
    for a, b in permutations(group, 2):
        assert answer_normal(a) == answer_normal(b), (a, b)
        assert exact_match(a, [b]) == token_f1(a, [b]) == 1.0
        assert contains_all(f"Theo tài liệu, {a} là đúng [1].", [[b]]) == 1.0, (a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [("59", "590"), ("1.200", "1.2"), ("99,15%", "99,1%"), ("15/8/2022", "15/9/2022"), ("bán", "bạn"), ("70%", "7%")],
)
def test_forms_that_are_not(a: str, b: str) -> None:
    assert exact_match(a, [b]) == 0.0
    assert contains_all(f"Có {a} ở đây.", [[b]]) == 0.0


def test_contains_needs_every_requirement_by_any_alternative() -> None:
    answers = [["59", "192"], ["133", "192"]]
    assert contains_all("59 tổ cấp xã và 133 tổ cấp thôn [1]", answers) == 1.0
    assert contains_all("tổng cộng 192 tổ", answers) == 1.0
    assert contains_all("59 tổ cấp xã", answers) == 0.0
    assert contains_all("xem [59] và [133]", answers) == 0.0, "markers are no answer"


# ---- answers of several parts ---------------------------------------------------------------------------------------
def test_alignment() -> None:
    parts = [["59", "192"], ["133", "192"]]
    assert aligned(["59", "133"], parts, exact_match) == 1.0
    assert aligned(["133", "59"], parts, exact_match) == 1.0
    assert aligned(["192"], parts, exact_match) == 1.0
    assert aligned(["59"], parts, exact_match) == 0.5
    assert aligned(["59", "133", "7"], parts, exact_match) == pytest.approx(2 / 3)
    assert aligned([], parts, exact_match) == 0.0
    assert aligned(["59", "60"], [["59"]], exact_match) == 0.5


@given(st.lists(st.lists(st.sampled_from("a b c d".split()), min_size=1, max_size=3).map(" ".join), min_size=1, max_size=4),
       st.lists(st.lists(st.sampled_from("a b c d".split()), min_size=1, max_size=3).map(" ".join), min_size=1, max_size=4, unique=True))  # fmt: skip
def test_alignment_is_the_best_of_all(short: list[str], gold: list[str]) -> None:
    long, other, swap = (short, gold, False) if len(short) >= len(gold) else (gold, short, True)
    best = 0.0
    for chosen in permutations(long, len(other)):
        pairs = [(b, a) if swap else (a, b) for a, b in zip(chosen, other)]
        best = max(best, sum(token_f1(p, [g]) for p, g in pairs))
    assert aligned(short, [[g] for g in gold], token_f1) == pytest.approx(best / len(long))


# ---- ALCE -----------------------------------------------------------------------------------------------------------
def holds(passage: str, claim: str) -> bool:
    return set(claim.split()) <= set(passage.split())


@pytest.mark.parametrize(
    ("parts", "passages", "precision", "recall"),
    [
        ([("a b", (1,))], {1: "a b c"}, 1.0, 1.0),
        ([("a b", (1,))], {1: "a"}, 0.0, 0.0),
        # two passages only together: both are needed
        ([("a b", (1, 2))], {1: "a", 2: "b"}, 1.0, 1.0),
        # the second adds nothing and says nothing of it: imprecise
        ([("a b", (1, 2))], {1: "a b", 2: "z"}, 0.5, 1.0),
        # each entails it alone: both precise
        ([("a b", (1, 2))], {1: "a b", 2: "b a"}, 1.0, 1.0),
        # an uncited statement costs recall only
        ([("a", (1,)), ("b", ())], {1: "a"}, 1.0, 0.5),
        # a citation out of range backs nothing and is imprecise
        ([("a", (1, 9))], {1: "a"}, 0.5, 1.0),
        ([("a", (9,))], {1: "a"}, 0.0, 0.0),
        # an unrecalled statement makes all its citations imprecise
        ([("a q", (1, 2)), ("b", (2,))], {1: "a", 2: "b"}, 1 / 3, 0.5),
        ([("a", ())], {}, None, 0.0),
        ([], {}, None, None),
    ],
)
def test_alce(parts, passages, precision, recall) -> None:  # type: ignore[no-untyped-def]
    assert backing([Statement(*p) for p in parts], passages, holds) == Backing(precision, recall)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("“A một. B hai.” [1] “C ba.” [2]", [("“A một. B hai.”", (1,)), ("“C ba.”", (2,))]),
        ("It was built in 1990. [1] Then more [2]. Tail", [("It was built in 1990.", (1,)), ("Then more.", (2,)), ("Tail", ())]),
        ("A đạt 5%. [1][2]", [("A đạt 5%.", (1, 2))]),
        ("Hà Tĩnh: “a b” [1] Thanh Hóa: “c d” [2]", [("Hà Tĩnh: “a b”", (1,)), ("Thanh Hóa: “c d”", (2,))]),
        ("một [1, 3].", [("một.", (1, 3))]),
        ("According to the Vietnamese source (May 2022): “x y” [1]", [("(May 2022): “x y”", (1,))]),
        ("Theo tài liệu 10/2022: “x y” [1]", [("10/2022: “x y”", (1,))]),
        ("[1]", []),
        ("", []),
    ],
)  # fmt: skip
def test_statements(answer: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(s.text, s.cited) for s in statements(answer)] == expected


# ---- one scored line ------------------------------------------------------------------------------------------------
INDEX = FakeIndex()
TEXTS = IndexTexts(INDEX)  # type: ignore[arg-type]
FIRST = "Hà Tĩnh đã lập 59 tổ cấp xã và 133 tổ cấp thôn."
SECOND = "Giám đốc Sở là ông Lê Văn Dũng."
HEADS = Question(
    "q1",
    "Hà Tĩnh có bao nhiêu tổ?",
    (),
    (("59", "192"), ("133", "192")),
    (Evidence("ha-tinh.md", FIRST),),
    True,
    ("vi",),
)


def cite(n: int, quote: str, source: str = "ha-tinh.md", shift: int = 0, supported: bool = True) -> dict[str, object]:
    start = INDEX.document(source).text.index(quote) + shift
    return {"n": n, "source": source, "title": "t", "date": None, "quote": quote, "start": start,
            "end": start + len(quote), "supported": supported}  # fmt: skip


def passage(quote: str, source: str = "ha-tinh.md", value: float = 1.0) -> dict[str, object]:
    start = INDEX.document(source).text.index(quote)
    return {"source": source, "start": start, "end": start + len(quote), "score": value}


def line(status: str = "answered", answer: str = "", citations=(), retrieved=(), short=(), **more):  # type: ignore[no-untyped-def]
    return {"id": "q1", "question": "?", "query": "?", "status": status, "answer": answer, "short": list(short),
            "language": "vi", "citations": list(citations), "retrieved": list(retrieved),
            "timings_ms": {"total": 3.0}, "error": None, **more}  # fmt: skip


def test_a_right_answer() -> None:
    s = score(
        HEADS,
        line("answered", f"“{FIRST}” [1]", [cite(1, FIRST)], [passage(SECOND), passage(FIRST)], ["59", "133"]),
        TEXTS,
        entails,
    )
    assert (s.stage, s.correct, s.contains, s.short_contains, s.exact, s.f1) == ("right", 1.0, 1.0, 1.0, 1.0, 1.0)
    assert (s.citation_precision, s.citation_recall, s.first_citation, s.alce_precision, s.alce_recall) == (
        1,
        1,
        1,
        1,
        1,
    )
    assert (s.quote_exact, s.supported, s.evidence_ranks, s.evidence_rank) == (1.0, 1.0, (2,), 2)
    assert (s.recall(1), s.recall(2), s.reciprocal_rank()) == (0.0, 1.0, 0.5)
    assert s.confidence == 1.0 and s.milliseconds == 3.0 and s.tokens == len(FIRST.split())


def test_a_quote_that_is_not_at_its_offsets_is_counted() -> None:
    s = score(HEADS, line("answered", f"“{FIRST}” [1]", [cite(1, FIRST, shift=2)], [passage(FIRST)]), TEXTS, entails)
    assert s.quote_exact == 0.0


def test_a_marker_out_of_range_costs_citation_precision() -> None:
    s = score(HEADS, line("answered", f"“{FIRST}” [1][7]", [cite(1, FIRST)], [passage(FIRST)]), TEXTS, entails)
    assert s.citation_precision == 0.5 and s.citation_recall == 1.0


def test_right_words_under_another_citation_are_an_unsupported_claim() -> None:
    s = score(HEADS, line("answered", f"“{FIRST}” [1]", [cite(1, SECOND)], [passage(FIRST)]), TEXTS, entails)
    assert s.stage == "unsupported claim" and s.correct == 0.0 and s.contains == 1.0
    assert (s.citation_precision, s.citation_recall, s.alce_recall, s.alce_precision) == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({"citations": []}, "unsupported claim"),
        ({"citations": [cite(1, FIRST, supported=False)]}, "unsupported claim"),
        ({"answer": "“59 tổ” [1]"}, "retrieved, not read"),
        ({"answer": "“59 tổ” [1]", "retrieved": [passage(SECOND)]}, "not retrieved"),
        ({"status": "abstained", "answer": "Không có.", "citations": []}, "read, wrongly refused"),
        ({"status": "abstained", "answer": "Không có.", "citations": [], "retrieved": []}, "not retrieved"),
        ({"status": "failed", "answer": "", "citations": []}, "failed"),
    ],
)
def test_stages_of_an_answerable_question(changes: dict[str, object], stage: str) -> None:
    base = {"answer": f"“{FIRST}” [1]", "citations": [cite(1, FIRST)], "retrieved": [passage(FIRST)]}
    s = score(HEADS, line(**{**base, **changes}), TEXTS, entails)  # type: ignore[arg-type]
    assert s.stage == stage and s.correct == 0.0


def test_a_part_whose_evidence_was_not_retrieved() -> None:
    both = Question(
        "q", "?", (), (("59",), ("Lê Văn Dũng",)), (Evidence("ha-tinh.md", FIRST), Evidence("ha-tinh.md", SECOND))
    )
    s = score(both, line("answered", "“59” [1]", [cite(1, FIRST)], [passage(FIRST)]), TEXTS, entails)
    assert s.stage == "not retrieved" and s.evidence_ranks == (1, None) and s.recall(10) == 0.5
    s = score(both, line("answered", "“Lê Văn Dũng” [1]", [cite(1, SECOND)], [passage(FIRST)]), TEXTS, entails)
    assert s.stage == "retrieved, not read", "59 was there to be read"


def test_an_unanswerable_question() -> None:
    q = Question("q", "Thủ đô Lào?", answerable=False)
    s = score(q, line("abstained", "Không có trong tài liệu."), TEXTS, entails)
    assert s.stage == "right refusal" and s.correct == 1.0
    assert (s.contains, s.exact, s.f1, s.citation_precision, s.evidence_ranks, s.recall(5)) == (
        None,
        None,
        None,
        None,
        (),
        None,
    )
    s = score(q, line("answered", f"“{FIRST}” [1]", [cite(1, FIRST)]), TEXTS, entails)
    assert s.stage == "answered the unanswerable" and s.correct == 0.0 and s.alce_recall == 1.0


def test_an_answerable_question_without_evidence() -> None:
    q = Question("q", "?", (), (("59",),))
    s = score(q, line("answered", f"“{FIRST}” [1]", [cite(1, FIRST)]), TEXTS, entails)
    assert s.stage == "right" and s.citation_precision is None and s.recall(1) is None
    assert score(q, line("abstained", "Không."), TEXTS, entails).stage == "wrongly refused"


def test_an_empty_retrieval_scores_nothing() -> None:
    s = score(HEADS, line("abstained", "Không."), TEXTS, entails)
    assert s.recall(10) == s.reciprocal_rank() == 0.0 and s.confidence is None


def test_a_confidence_of_the_answer_goes_before_the_retrieval_score() -> None:
    s = score(HEADS, line("abstained", "Không.", (), [passage(FIRST)], confidence=0.25), TEXTS, entails)
    assert s.confidence == 0.25


def test_ranks_by_channel_count_ties_against_it() -> None:
    channels = [{"exact": 2.0, "dense": 0.1, "off": 0.0}, {"exact": 3.0, "dense": 0.5, "off": 0.0}]
    found = [passage(SECOND), passage(FIRST)]
    s = score(HEADS, line("abstained", "Không.", (), found, channels=channels), TEXTS, entails)
    assert s.channel_ranks == (("dense", 1), ("exact", 1), ("off", 2))
    s = score(HEADS, line("abstained", "Không.", (), found[:1], channels=channels[:1]), TEXTS, entails)
    assert s.channel_ranks == (), "not retrieved"
    both = Question("q", "?", (), (("59",),), (Evidence("ha-tinh.md", FIRST), Evidence("ha-tinh.md", SECOND)))
    s = score(both, line("abstained", "Không.", (), found, channels=channels), TEXTS, entails)
    assert dict(s.channel_ranks) == {"dense": 1, "exact": 1, "off": 1}, "both are gold"


def test_language_by_tag_or_as_detected() -> None:
    assert language_of(Question("q", "x", tags=("number", "folded"))) == "folded"
    assert language_of(Question("q", "Giám đốc Sở là ai?")) == "vi"
    assert language_of(Question("q", "Who is the director of the department?")) == "en"
    assert language_of(Question("q", "giam doc so thong tin va truyen thong la ai")) == "folded"


def test_stages_are_all_named() -> None:
    assert set(metrics.RIGHT) < set(metrics.STAGES) and len(metrics.STAGES) == 9
