"""``rag eval``: each command end to end over a small corpus, its exit codes and what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rag.cli import main
from rag.evaluation import table
from rag.evaluation.sets import Evidence, Question, load, write
from tests.scripted_llm import Say, ScriptedLLM
from tests.tiny_model import make_model

HA_TINH = """---
title: Hà Tĩnh chuyển đổi số
date: 2022-10
language: vi
---

Tính đến tháng 10/2022, toàn tỉnh Hà Tĩnh đã lập thí điểm 59 tổ chuyển đổi số cộng đồng ở cấp xã.

Ông Lê Văn Dũng, Trưởng phòng Công nghệ thông tin của Sở Thông tin và Truyền thông Hà Tĩnh, nói về các tổ ở cơ sở.
"""
QUESTIONS = [
    Question("a", "Hà Tĩnh đã lập bao nhiêu tổ chuyển đổi số cộng đồng ở cấp xã?", (), (("59",),),
             (Evidence("ha-tinh.md", "lập thí điểm 59 tổ"),), tags=("vi", "number")),
    Question("b", "Thủ đô của Lào là gì?", answerable=False, tags=("vi", "off-topic")),
]  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"), [HA_TINH, *(q.question for q in QUESTIONS)])


@pytest.fixture
def place(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_EMBEDDER", str(model))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "ha-tinh.md").write_text(HA_TINH, encoding="utf-8")
    write(tmp_path / "set.jsonl", QUESTIONS)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    got = capsys.readouterr()
    return got.out, got.err


def run(*extra: str) -> int:
    return main(["eval", "run", "--questions", "set.jsonl", "--corpus", "docs", *extra])


def test_run_writes_its_folder_and_prints_the_summary(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--out", "out") == 0
    out, err = said(capsys)
    assert re.search(r"^all +2 +1\.000", out, re.M) and "where they went: right 1, right refusal 1" in out
    assert err == ""
    names = {p.name for p in (place / "out").iterdir()}
    assert names == {"answers.jsonl", "cache", "config.json", "junit.xml", "report.html", "scores.csv", "summary.json",
                     "summary.md", "timings.json"}  # fmt: skip
    first = {
        n: (place / "out" / n).read_bytes()
        for n in names
        if n.endswith((".json", ".csv", ".xml", ".md")) and n != "timings.json"
    }
    assert run("--out", "again") == 0
    assert first == {n: (place / "again" / n).read_bytes() for n in first}
    page = (place / "out" / "report.html").read_text(encoding="utf-8")
    assert "Evaluation: set" in page


def test_run_with_an_index_and_wrong_arguments(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", "docs", "--index", "idx"]) == 0
    assert main(["eval", "run", "--questions", "set.jsonl", "--index", "idx"]) == 0
    assert main(["eval", "run", "--questions", "set.jsonl", "--index", "idx", "--corpus", "docs"]) == 2
    assert main(["eval", "run", "--questions", "set.jsonl", "--corpus", "nowhere"]) == 2
    assert main(["eval", "run", "--questions", "none.jsonl", "--corpus", "docs"]) == 2
    assert main(["eval", "run", "--questions", "set.jsonl", "--index", "nowhere"]) == 2
    assert main(["eval", "run", "--questions", "set.jsonl", "--corpus", "docs", "--gate", "none.toml"]) == 2
    _, err = said(capsys)
    assert "not both" in err and "no such folder" in err and "none.jsonl" in err and "none.toml" in err


def test_run_says_which_evidence_is_missing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lost = Question("lost", "Bao nhiêu xã?", (), (("9",),), (Evidence("other.md", "9 xã"),))
    write(place / "set.jsonl", [*QUESTIONS, lost])
    assert run() == 0
    assert "evidence of 1 questions is not in the index: lost" in said(capsys)[1]
    write(place / "set.jsonl", [lost])
    assert run() == 2
    assert "give the corpus the questions are about" in said(capsys)[1]


def test_run_and_compare_against_a_gate(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "gate.toml").write_text('[floor]\ncorrect = 0.9\n"vi/recall@1" = 1.0\n[ceiling]\nfalse_answer = 0.0\n')
    assert run("--out", "a", "--gate", "gate.toml") == 0
    assert "ok   correct: 1.0000 (floor 0.9)" in said(capsys)[0]
    (place / "hard.toml").write_text("[floor]\ncorrect = 0.9\n[ceiling]\ntokens = 1\n")
    assert run("--gate", "hard.toml") == 100
    out, err = said(capsys)
    assert "FAIL tokens" in out and "gate 'hard.toml' not met: tokens" in err
    write(
        place / "set.jsonl",
        [QUESTIONS[0], Question("b", "Tổ chuyển đổi số cộng đồng ở Hà Tĩnh?", (), (("131",),), QUESTIONS[0].evidence)],
    )
    assert run("--out", "b") == 0
    said(capsys)
    assert main(["eval", "compare", "a", "b"]) == 0
    out, _ = said(capsys)
    assert "B wins: 0" in out and "B loses: 1" in out and "b: Tổ chuyển đổi số cộng đồng ở Hà Tĩnh?" in out
    (place / "drop.toml").write_text('baseline = "a"\n[max_drop]\ncorrect = 0.1\n')
    assert main(["eval", "compare", "a", "b", "--gate", "drop.toml"]) == 100
    assert main(["eval", "compare", "b", "--gate", "drop.toml"]) == 100, "the baseline that the gate names"
    assert main(["eval", "compare", "a", "--gate", "drop.toml"]) == 0
    said(capsys)
    assert main(["eval", "compare", "a", "b", "--gate", "drop.toml", "--json"]) == 100
    value = json.loads(said(capsys)[0])
    assert value["passed"] is False and value["gate"][0]["name"] == "correct"
    assert [e["id"] for e in value["comparison"]["losses"]] == ["b"]
    assert main(["eval", "compare", "a"]) == 2
    assert main(["eval", "compare", "a", "nowhere"]) == 2
    assert "give a second run" in said(capsys)[1]


def test_claims(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passage = "Tỉnh đã lập 59 tổ ở cấp xã trong năm 2022."
    rows = [
        {
            "id": "a",
            "claim": "Tỉnh lập 59 tổ ở cấp xã.",
            "passage": passage,
            "language": "vi",
            "supported": True,
            "kind": "partial",
        },
        {
            "id": "b",
            "claim": "Tỉnh lập 95 tổ ở cấp xã.",
            "passage": passage,
            "language": "vi",
            "supported": False,
            "kind": "number",
        },
    ]
    (place / "claims.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    assert main(["eval", "claims", "claims.jsonl"]) == 0
    assert re.search(r"all +2 +1\.000 +1\.000 +0\.000 +1\.000", said(capsys)[0])
    assert main(["eval", "claims", "claims.jsonl", "--json"]) == 0
    assert json.loads(said(capsys)[0])["kinds"]["unsupported: number"] == {"claims": 1, "right": 1.0}
    (place / "gate.toml").write_text("[claims.floor]\nprecision = 1.0\n")
    assert main(["eval", "claims", "claims.jsonl", "--gate", "gate.toml"]) == 0
    rows[1]["claim"] = rows[0]["claim"]
    (place / "claims.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (place / "gate.toml").write_text("[claims.floor]\nrecall = 1.0\n")
    said(capsys)
    assert main(["eval", "claims", "claims.jsonl", "--gate", "gate.toml", "--wrong", "5"]) == 100
    out, err = said(capsys)
    assert "b [number] called supported" in out and "not met: recall" in err


def test_check(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["eval", "check", "--questions", "set.jsonl", "--corpus", "docs"]
    assert main(command) == 0
    assert said(capsys) == ("", "2 questions, 0 problems, 0 remarks\n")
    bad = Question("c", "Ai?", (), (("Dũng",),), (Evidence("ha-tinh.md", "ông Hùng"),))
    write(place / "set.jsonl", [*QUESTIONS, bad, QUESTIONS[0]])
    with open(place / "set.jsonl", "a", encoding="utf-8") as file:
        file.write("{\n")
    assert main(command) == 1
    out, err = said(capsys)
    assert [line.split(" ")[2] for line in out.splitlines()] == ["3", "3", "4", "5:"]
    assert (
        "does not stand in 'ha-tinh.md'" in out
        and "duplicate id 'a', first used on line 1" in out
        and "4 problems" in err
    )
    (place / "set.jsonl").write_text("\n")
    assert main(command) == 2


def test_new_drafts_a_set_that_checks_out(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "new", "--corpus", "docs", "--out", "draft.jsonl", "--limit", "20"]) == 0
    assert "read them before use" in said(capsys)[0]
    drafts = load(place / "draft.jsonl").questions
    assert any(q.answers == (("59",),) for q in drafts) and any("Trưởng phòng" in q.question for q in drafts)
    assert main(["eval", "check", "--questions", "draft.jsonl", "--corpus", "docs"]) == 0
    assert main(["eval", "new", "--corpus", "docs", "--out", "draft.jsonl", "--limit", "0"]) == 2
    assert main(["eval", "new", "--corpus", "docs", "--out", "no/draft.jsonl"]) == 2


def test_new_asks_a_model_where_one_is_configured(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = {"question": "Có bao nhiêu tổ ở cấp xã của Hà Tĩnh?", "answer": "59", "quote": "lập thí điểm 59 tổ"}
    with ScriptedLLM(Say(json.dumps(made, ensure_ascii=False))) as server:
        monkeypatch.setenv("RAG_LLM_BASE_URL", server.url)
        monkeypatch.setenv("RAG_LLM_API_KEY", "sk-test")
        assert main(["eval", "new", "--corpus", "docs", "--out", "d.jsonl", "--llm", "openai:any", "--limit", "4"]) == 0
    drafts = load(place / "d.jsonl").questions
    assert [q.question for q in drafts if "llm" in q.tags] == [made["question"]]
    assert len({q.id for q in drafts}) == len(drafts)


def test_import_and_evaluate_what_was_imported(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = "Năm 2020 xã Bình Thành trồng 40 ha lúa. Chủ tịch xã là ông Võ Văn Trưng."
    qas = [
        {
            "id": "x",
            "question": "Xã Bình Thành trồng bao nhiêu ha lúa?",
            "answers": [{"text": "40", "answer_start": 29}],
        },
        {"id": "y", "question": "Thủ đô của Lào là gì?", "answers": [], "is_impossible": True},
    ]
    data = {"data": [{"title": "Bình Thành", "paragraphs": [{"context": context, "qas": qas}]}]}
    (place / "squad.json").write_text(json.dumps(data))
    assert main(["eval", "import", "squad.json", "--out", "got"]) == 0
    assert "2 questions" in said(capsys)[0]
    assert main(["eval", "check", "--questions", "got/questions.jsonl", "--corpus", "got/corpus.jsonl"]) == 0
    assert main(["eval", "run", "--questions", "got/questions.jsonl", "--corpus", "got/corpus.jsonl"]) == 0
    assert re.search(r"^answerable +1 ", said(capsys)[0], re.M)
    (place / "set.csv").write_text("question,answer\nBao nhiêu?,40\n", encoding="utf-8")
    assert main(["eval", "import", "set.csv", "--out", "csv"]) == 0
    assert load(place / "csv" / "questions.jsonl").questions[0].answers == (("40",),)
    (place / "taken").write_text("")
    assert main(["eval", "import", "set.csv", "--out", "taken"]) == 2


def beir(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "qrels").mkdir()
    (folder / "corpus.jsonl").write_text(
        '{"_id": "1", "title": "", "text": "Tỉnh đã lập 59 tổ ở cấp xã."}\n{"_id": "2", "title": "", "text": "Hồ rộng 500 ha."}\n',
        encoding="utf-8",
    )
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "Tỉnh lập bao nhiêu tổ?"}\n', encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\t1\t1\n")
    return folder


def test_beir(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    beir(place / "sets" / "one")
    assert main(["eval", "beir", "sets/one", "--out", "figures"]) == 0
    assert "ndcg@10" in said(capsys)[0] and (place / "figures" / "one.json").is_file()
    assert main(["eval", "beir", "sets/one", "--json"]) == 0
    assert json.loads(said(capsys)[0])["one"]["queries"] == 1
    assert main(["eval", "beir", "nowhere"]) == 2


def test_table(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    beir(place / "sets" / "one")
    beir(place / "sets" / "two")
    folder = place / "eval"
    folder.mkdir()
    write(folder / "seeds.jsonl", QUESTIONS)
    claim = {"id": "a", "claim": "Tỉnh lập 95 tổ.", "passage": "Tỉnh lập 59 tổ.", "language": "vi", "supported": False}
    (folder / "claims.jsonl").write_text(json.dumps(claim) + "\n")
    command = ["eval", "table", "--corpus", "docs", "--eval", "eval"]
    assert main(command) == 2
    (folder / "README.md").write_text(f"# Sets\n\n{table.BEGIN}\n{table.END}\n\nmore\n", encoding="utf-8")
    assert main(command) == 0
    assert main([*command, "--beir", "sets", "--baseline"]) == 0
    text = (folder / "README.md").read_text(encoding="utf-8")
    head, line, row = (x for x in text.splitlines() if x.startswith("|"))
    cells = dict(zip(re.split(r"\s*\|\s*", head), re.split(r"\s*\|\s*", row)))
    assert cells["right"] == "1.000" and cells["one nDCG@10"] == cells["two nDCG@10"] == "1.000"
    assert cells["claims recall"] == "1.000" and cells["claims false alarm"] == "–", "no supported claim to alarm about"
    assert text.startswith("# Sets\n\n") and text.endswith("\n\nmore\n") and line.count("|") == head.count("|")
    assert {p.name for p in (folder / "baselines" / "seeds").iterdir()} == set(table.BASELINE)
    assert main([*command, "--beir", "docs"]) == 2
    assert "no corpus.jsonl in it" in said(capsys)[1]


def test_rows_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"{table.BEGIN}\n{table.END}\n", encoding="utf-8")
    table.add_row(path, {"commit": "a", "embedder": "x", "reader": "r", "right": "0.5"})
    table.add_row(path, {"commit": "b", "embedder": "x", "reader": "r", "right": "0.6", "new": "0.7"})
    table.add_row(path, {"commit": "a", "embedder": "x", "reader": "r", "right": "0.9"})
    rows = [x for x in path.read_text(encoding="utf-8").splitlines() if x.startswith("|")]
    assert rows[0] == "| commit | embedder | reader | right | new |"
    assert rows[2:] == ["| b | x | r | 0.6 | 0.7 |", "| a | x | r | 0.9 | – |"]
