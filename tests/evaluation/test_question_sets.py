"""Question sets: every problem with its line, round trips, checks against a corpus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import EvaluationError
from rag.evaluation.sets import Evidence, Question, check, find_quote, inspect, load, write

GOOD = {"id": "a", "question": "Ai?", "answers": [["x"]], "evidence": [{"source": "d", "quote": "x y"}], "tags": ["vi"]}


def put(path: Path, *lines: object) -> Path:
    path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not valid JSON"),
        ("[1]", "expected an object, found list"),
        ({**GOOD, "colour": 1}, "unknown field 'colour'"),
        ({**GOOD, "id": " "}, "id must be a non-empty string"),
        ({**GOOD, "question": 5}, "question must be a non-empty string"),
        ({**GOOD, "answers": ["59"]}, "answers must be a list of lists"),
        ({**GOOD, "answers": [[]]}, "answers must be a list of lists"),
        ({**GOOD, "answers": [["  "]]}, "answers must be a list of lists"),
        ({**GOOD, "history": [["only a question"]]}, "history must be"),
        ({**GOOD, "evidence": [{"source": "d"}]}, "evidence must be"),
        ({**GOOD, "evidence": [{"source": "d", "quote": ""}]}, "evidence must be"),
        ({**GOOD, "answerable": "no"}, "answerable must be true or false, found 'no'"),
        ({**GOOD, "answers": []}, "an answerable question needs answers"),
        ({**GOOD, "answerable": False}, "an unanswerable question has answers"),
        ({**GOOD, "tags": "vi"}, "tags must be a list"),
        ({**GOOD, "note": 3}, "note must be a string"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: object, message: str) -> None:
    path = put(tmp_path / "set.jsonl", {**GOOD, "id": "first"}, "", line)
    with pytest.raises(EvaluationError) as caught:
        load(path)
    assert f"{path}:3: " in str(caught.value) and message in str(caught.value)


def test_every_problem_is_listed_with_its_line(tmp_path: Path) -> None:
    path = put(tmp_path / "set.jsonl", GOOD, "{", {**GOOD, "question": ""}, GOOD, {**GOOD, "id": "b"})
    questions, problems = inspect(path)
    assert [q.id for q in questions] == ["a", "b"] and [q.line for q in questions] == [1, 5]
    assert [(p.line, p.kind) for p in problems] == [(2, "format"), (3, "format"), (4, "duplicate")]
    assert "first used on line 1" in problems[2].message and "line 4 (a): " in str(problems[2])
    with pytest.raises(EvaluationError) as caught:
        load(path)
    assert all(f":{n}: " in str(caught.value) for n in (2, 3, 4))


def test_a_long_list_of_problems_is_cut(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="and 4 more; 'rag eval check' lists them"):
        load(put(tmp_path / "set.jsonl", *["{"] * 9))


def test_files_that_are_no_set(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="No such file"):
        load(tmp_path / "none.jsonl")
    with pytest.raises(EvaluationError, match="is empty"):
        load(put(tmp_path / "empty.jsonl", ""))
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "\xff"}')
    with pytest.raises(EvaluationError, match="not UTF-8"):
        load(tmp_path / "latin.jsonl")


def test_line_separators_inside_a_string_end_no_line(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps({**GOOD, "question": "Ai\u2028là\x85ai?"}, ensure_ascii=False) + "\n", encoding="utf-8")
    assert load(path).questions[0].question == "Ai\u2028là\x85ai?"


TEXT = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)


@given(
    st.lists(
        st.builds(
            lambda q, h, a, e, t, n: Question("", q, tuple(h), tuple(map(tuple, a)), tuple(e), bool(a), tuple(t), n),
            TEXT,
            st.lists(st.tuples(TEXT, TEXT), max_size=2),
            st.lists(st.lists(TEXT, min_size=1, max_size=3), max_size=3),
            st.lists(st.builds(Evidence, TEXT, st.sampled_from(["59 tổ", "a\nb", "“x”"])), max_size=2),
            st.lists(TEXT, max_size=3),
            st.sampled_from(["", "note"]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_written_is_read_again(questions: list[Question]) -> None:
    import tempfile

    wanted = [Question(f"q{i}", *_rest(q), line=i + 1) for i, q in enumerate(questions)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "set.jsonl"
        assert write(path, wanted) == len(wanted)
        got = load(path)
    assert got.name == "set" and got.questions == tuple(wanted)


def _rest(q: Question) -> tuple[object, ...]:
    return (q.question, q.history, q.answers, q.evidence, q.answerable, q.tags, q.note)


def test_write_names_the_file_it_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="give a file that can be written"):
        write(tmp_path / "no" / "set.jsonl", [])


CORPUS = {"d": "Tỉnh có 59 tổ.\nGiám đốc là ông Dũng.", "e": "The lake covers 1,200 hectares."}


@pytest.mark.parametrize(
    ("question", "kind", "part"),
    [
        (Question("a", "?", (), (("59",),)), "no evidence", "quote the sentence"),
        (Question("a", "?", (), (("59",),), (Evidence("x", "59 tổ"),)), "evidence not in corpus", "source 'x'"),
        (Question("a", "?", (), (("59",),), (Evidence("d", "59 xã"),)), "evidence not in corpus", "does not stand in 'd'"),
        (Question("a", "Bao nhiêu tổ?", (), (("60", "61"),), (Evidence("d", "Tỉnh có 59 tổ."),)), "answer not in evidence", "'60'"),
    ],
)  # fmt: skip
def test_check_against_a_corpus(question: Question, kind: str, part: str) -> None:
    problems = check([question], CORPUS.get)
    assert [p.kind for p in problems] == [kind] and part in problems[0].message and not problems[0].remark


def test_check_finds_nothing_wrong() -> None:
    good = [
        Question("a", "Bao nhiêu tổ?", (), (("59", "192"),), (Evidence("d", "59 tổ"),)),
        Question("b", "Diện tích hồ?", (), (("1.200",),), (Evidence("e", "1,200 hectares"),)),
        Question("c", "Thủ đô Lào?", answerable=False),
    ]
    assert check(good, CORPUS.get) == []


def test_a_translated_answer_is_a_remark() -> None:
    q = Question(
        "a", "Who is the director of the department?", (), (("Mr Dung",),), (Evidence("d", "Giám đốc là ông Dũng."),)
    )
    (problem,) = check([q], CORPUS.get)
    assert problem.remark and problem.kind == "answer not in evidence" and "remark: " in str(problem)


def test_find_quote() -> None:
    assert find_quote("a b a b", "a b") == [(0, 3), (4, 7)]
    assert find_quote("59 tổ\n  ở xã", "59 tổ ở xã") == [(0, 12)]
    assert find_quote("abc", "x") == [] and find_quote("abc", "") == [] and find_quote("a b", "  ") == []
