"""Import of SQuAD-format JSON and of CSV."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from rag.errors import EvaluationError
from rag.evaluation.imports import from_csv, from_squad
from rag.evaluation.sets import Evidence, check

CONTEXT = "Tỉnh đã lập 59 tổ ở cấp xã. Giám đốc Sở là ông Lê Văn Dũng. Ông Dũng nói về 59 tổ ấy."


def squad(path: Path, *qas: dict[str, Any], context: str = CONTEXT) -> Path:
    data = {"version": "2.0", "data": [{"title": "Bài", "paragraphs": [{"context": context, "qas": list(qas)}]}]}
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path


def qa(id: str, question: str, *answers: str, context: str = CONTEXT, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "question": question,
        "answers": [{"text": a, "answer_start": context.find(a)} for a in answers],
        **more,
    }


def test_squad(tmp_path: Path) -> None:
    path = squad(
        tmp_path / "set.json",
        qa("a", "Bao nhiêu tổ?", "59 tổ", "59", "59 tổ"),
        qa("b", "Giám đốc là ai?", "Lê Văn Dũng"),
        qa("c", "Thủ đô Lào?", is_impossible=True),
        qa("d", "Có bẫy không?", "59", is_impossible=True),
        qa("e", "Không có gì?"),
    )
    questions, rows = from_squad(path)
    assert rows == [{"_id": "p0", "title": "Bài", "text": CONTEXT}]
    a, b, *rest = questions
    assert a.answers == (("59 tổ", "59"),) and a.evidence == (
        Evidence("corpus.jsonl#p0", "Tỉnh đã lập 59 tổ ở cấp xã."),
    )
    assert b.evidence[0].quote == "Giám đốc Sở là ông Lê Văn Dũng." and b.answerable and b.tags == ("squad",)
    assert [(q.answerable, q.answers, q.evidence) for q in rest] == [(False, (), ())] * 3
    assert check(questions, {"corpus.jsonl#p0": CONTEXT}.get) == []


def test_squad_offsets_count_in_the_text_as_it_was(tmp_path: Path) -> None:
    loose = unicodedata.normalize("NFD", CONTEXT)
    item = qa("a", "Ai?", unicodedata.normalize("NFD", "Lê Văn Dũng"), context=loose)
    questions, rows = from_squad(squad(tmp_path / "set.json", item, context=loose))
    assert rows[0]["text"] == CONTEXT and questions[0].answers == (("Lê Văn Dũng",),)
    assert questions[0].evidence[0].quote == "Giám đốc Sở là ông Lê Văn Dũng."


def test_the_evidence_is_the_sentence_of_the_gold_offset_not_of_the_first_match(tmp_path: Path) -> None:
    last = {"text": "59 tổ", "answer_start": CONTEXT.rfind("59 tổ")}
    questions, _ = from_squad(squad(tmp_path / "s.json", {"id": "a", "question": "?", "answers": [last]}))
    assert questions[0].evidence[0].quote == "Ông Dũng nói về 59 tổ ấy."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("{}", "not SQuAD format"),
        ('{"data": [{"paragraphs": [{"context": "x", "qas": [{"id": "a"}]}]}]}', "not SQuAD format"),
        ('{"data": 3}', "not SQuAD format"),
        ("[]", "not SQuAD format"),
    ],
)
def test_what_is_not_squad(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "set.json").write_text(text)
    with pytest.raises(EvaluationError, match=message):
        from_squad(tmp_path / "set.json")


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text(
        "\ufeffid,question,answer,source,quote,answerable,tags\n"
        'a,"Bao nhiêu tổ, ở đâu?",59|192;;133|192,d.md,"59 tổ và\n133 tổ",,vi number\n'
        ",Thủ đô Lào?,,,,no,\n"
        ",Ai?,Dũng,,,yes,\n",
        encoding="utf-8",
    )
    a, b, c = from_csv(path)
    assert a.id == "a" and a.answers == (("59", "192"), ("133", "192")) and a.tags == ("vi", "number")
    assert a.evidence == (Evidence("d.md", "59 tổ và\n133 tổ"),) and a.question == "Bao nhiêu tổ, ở đâu?"
    assert (b.id, b.answerable, b.answers) == ("q0002", False, ()) and (c.id, c.answers, c.evidence) == (
        "q0003",
        (("Dũng",),),
        (),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,frage\na,b\n", "set.csv:1: no column 'question'; columns found: id, frage"),
        ("", "no column 'question'"),
        ("question,answer\n ,59\n", "set.csv:2: the question is empty"),
        ("question,answer\nx,59\ny,5,9,1\nz,,\n", ""),
        ("question,answerable\nx,maybe\n", "set.csv:2: answerable is 'maybe'; use true or false"),
        ("question,answerable\nx,yes\n", "set.csv:2: an answerable question needs an answer"),
        ("question,answer,answerable\nx,59,no\n", "set.csv:2: an unanswerable question has an answer"),
        ("id,question,answer\na,x,1\na,y,2\n", "set.csv:3: duplicate id 'a'"),
    ],
)
def test_csv_lines_that_are_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "set.csv").write_text(text, encoding="utf-8")
    if not message:
        assert len(from_csv(tmp_path / "set.csv")) == 3
        return
    with pytest.raises(EvaluationError, match=message):
        from_csv(tmp_path / "set.csv")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="give a CSV file"):
        from_csv(tmp_path / "none.csv")
    with pytest.raises(EvaluationError, match="give a SQuAD-format JSON file"):
        from_squad(tmp_path / "none.json")
    (tmp_path / "bad.csv").write_bytes(b"question\n\xff\n")
    with pytest.raises(EvaluationError, match="not a UTF-8 CSV file"):
        from_csv(tmp_path / "bad.csv")
