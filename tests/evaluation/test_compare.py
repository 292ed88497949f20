"""Comparison of runs, and the gate."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rag.errors import EvaluationError
from rag.evaluation import compare as comparing
from rag.evaluation import runs
from rag.evaluation.compare import compare, format_comparison, read_run
from rag.evaluation.gate import check_gate, read_gate
from rag.evaluation.summary import metric_of
from tests.evaluation.eval_fakes import FakeRag, entails
from tests.evaluation.test_eval_runs import SET


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    base = tmp_path_factory.mktemp("runs")
    runs.run(SET, FakeRag(), out=base / "a", entails=entails)  # type: ignore[arg-type]
    runs.run(SET, FakeRag(least=5), out=base / "b", entails=entails)  # type: ignore[arg-type]
    return base / "a", base / "b"


def test_what_is_written_is_read_back(folders: tuple[Path, Path]) -> None:
    again = runs.run(SET, FakeRag(), out=folders[0], entails=entails)  # type: ignore[arg-type]
    stored = read_run(folders[0])
    assert list(stored.scores) == [q.id for q in SET.questions] and stored.summary == again.summary
    for s in again.scores:
        kept = stored.scores[s.id]
        assert (kept.stage, kept.evidence_ranks, kept.tokens, kept.f1) == (s.stage, s.evidence_ranks, s.tokens, s.f1)
    assert stored.questions["q2"] == "Giám đốc Sở là ai?" and stored.answers["q1"]["status"] == "answered"


def test_comparison(folders: tuple[Path, Path]) -> None:
    result = compare(read_run(folders[0]), read_run(folders[1]))
    assert result.wins == () and {e.id for e in result.losses} == {"q5", "q2", "q3"} - {
        i for i, s in read_run(folders[1]).scores.items() if s.correct
    }
    by = {d.metric: d for d in result.differences}
    lost = len(result.losses)
    assert by["correct"].a == 1.0 and by["correct"].b == pytest.approx(1 - lost / 5) and by["correct"].n == 5
    assert by["false_refusal"].b == pytest.approx(lost / 4) and by["false_refusal"].n == 4
    assert by["recall@1"].p == 1.0 and (by["recall@1"].low, by["recall@1"].high) == (0.0, 0.0)
    assert by["correct"].low <= by["correct"].b - by["correct"].a <= by["correct"].high
    text = format_comparison(result)
    assert f"B loses: {lost}" in text and result.losses[0].question in text and "wrongly refused" in text
    assert f"… and {lost - 1} more" in format_comparison(result, most=1)
    assert compare(read_run(folders[1]), read_run(folders[0])).wins != ()


def test_questions_only_one_run_has(folders: tuple[Path, Path], tmp_path: Path) -> None:
    part = runs.QuestionSet("part", SET.questions[:2])
    runs.run(part, FakeRag(), out=tmp_path, entails=entails)  # type: ignore[arg-type]
    result = compare(read_run(tmp_path), read_run(folders[0]))
    assert result.only_a == () and result.only_b == ("q3", "q4", "q5")
    assert "not compared: 0 only in A, 3 only in B" in format_comparison(result)
    (tmp_path / "scores.csv").write_text(
        (tmp_path / "scores.csv").read_text(encoding="utf-8").replace("q1", "z1").replace("q2", "z2")
    )
    with pytest.raises(EvaluationError, match="share no question id"):
        compare(read_run(tmp_path), read_run(folders[0]))


def test_a_significant_difference_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    worse = comparing._difference("correct", [(1.0, 0.0)] * 20 + [(1.0, 1.0)] * 5, 0)
    assert worse.significant and worse.high < 0
    text = format_comparison(comparing.Comparison((worse,), (), (), (), ()))
    assert "worse" in text
    rise = comparing._difference("false_answer", [(0.0, 1.0)] * 20, 0)
    assert "worse" in format_comparison(comparing.Comparison((rise,), (), (), (), ()))
    better = comparing._difference("f1", [(0.0, 1.0)] * 20, 0)
    assert "better" in format_comparison(comparing.Comparison((better,), (), (), (), ()))


@pytest.mark.parametrize("name", ["scores.csv", "summary.json", "config.json", "answers.jsonl"])
def test_a_damaged_run_names_its_file(folders: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folders[0], copy)
    (copy / name).write_text("question,id\nx,y\n" if name == "scores.csv" else "[", encoding="utf-8")
    with pytest.raises(EvaluationError, match=f"{name} is damaged"):
        read_run(copy)
    (copy / name).unlink()
    if name in ("scores.csv", "summary.json"):
        with pytest.raises(EvaluationError, match="made by 'rag eval run"):
            read_run(copy)
    else:
        assert read_run(copy).scores, "a committed baseline may lack it"


# ---- gate -----------------------------------------------------------------------------------------------------------
def gate_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


SUMMARY = {
    "all": {"correct": 0.9, "false_answer": 0.1, "f1": None, "questions": 5},
    "tags": {"en": {"correct": 0.5}},
    "languages": {"vi": {"correct": 0.95}},
    "answerability": {"answerable": {"correct": 0.8}},
}


def test_floors_ceilings_and_drops(tmp_path: Path) -> None:
    gate = read_gate(
        gate_file(
            tmp_path / "gate.toml",
            'baseline = "base"\n[floor]\ncorrect = 0.9\n"en/correct" = 0.6\n"vi/correct" = 0.9\nf1 = 0.1\nnone = 0\n'
            "[ceiling]\nfalse_answer = 0.1\n[max_drop]\ncorrect = 0.02\nfalse_answer = 0.02\nf1 = 0.1\n",
        )
    )
    assert gate.baseline == tmp_path / "base"
    before = {"all": {"correct": 0.93, "false_answer": 0.05, "f1": 0.5}}
    verdicts = {(c.name, c.rule.split()[0]): c.passed for c in check_gate(gate, SUMMARY, before)}
    assert verdicts == {
        ("correct", "floor"): True, ("en/correct", "floor"): False, ("vi/correct", "floor"): True,
        ("f1", "floor"): False, ("none", "floor"): False, ("false_answer", "ceiling"): True,
        ("correct", "max_drop"): False, ("false_answer", "max_drop"): False, ("f1", "max_drop"): False,
    }  # fmt: skip
    kinder = {"all": {"correct": 0.91, "false_answer": 0.09, "f1": 0.5}}
    assert [c.passed for c in check_gate(gate, SUMMARY, kinder) if c.rule.startswith("max_drop")] == [True, True, False]
    texts = [str(c) for c in check_gate(gate, SUMMARY, None)]
    assert any(t.startswith("ok   correct: 0.9000 (floor 0.9)") for t in texts)
    assert any(t.startswith("FAIL f1: no value") for t in texts) and any("no baseline value" in t for t in texts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[floor", "not valid TOML"),
        ("[roof]\ncorrect = 1", "unknown table 'roof'"),
        ("floor = 3", "unknown table 'floor'"),
        ('[floor]\ncorrect = "high"', "is no number"),
        ("[floor]\ncorrect = true", "is no number"),
        ("[floor]\nen.correct = 0.5", "is no number; quote names"),
        ("baseline = 3\n[floor]\ncorrect = 1", "no folder name"),
        ("[claims.floor]\nprecision = 0.9", "sets no bound"),
        ("[floor]\ncorrect = 1\n[claims]\nroof = 1", r"\[claims\]: unknown table 'roof'"),
        ("claims = 1\n[floor]\ncorrect = 1", "expected a table"),
    ],
)
def test_a_gate_that_says_nothing_or_nonsense(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        read_gate(gate_file(tmp_path / "gate.toml", text))


def test_gate_sections(tmp_path: Path) -> None:
    path = gate_file(tmp_path / "gate.toml", "[floor]\ncorrect = 1\n[claims.floor]\nprecision = 0.9\n")
    assert read_gate(path).floor == {"correct": 1} and read_gate(path, "claims").floor == {"precision": 0.9}
    with pytest.raises(EvaluationError, match="unknown section 'other'"):
        read_gate(path, "other")
    with pytest.raises(EvaluationError, match="No such file"):
        read_gate(tmp_path / "none.toml")


def test_metric_names() -> None:
    assert metric_of(SUMMARY, "correct") == 0.9 and metric_of(SUMMARY, "en/correct") == 0.5
    assert metric_of(SUMMARY, "vi/correct") == 0.95 and metric_of(SUMMARY, "answerable/correct") == 0.8
    assert (
        metric_of(SUMMARY, "f1") is None
        and metric_of(SUMMARY, "xx/correct") is None
        and metric_of(SUMMARY, "x") is None
    )


def test_a_baseline_needs_no_answers(folders: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("scores.csv", "summary.json", "config.json"):
        shutil.copy(folders[0] / name, tmp_path / name)
    result = compare(read_run(tmp_path), read_run(folders[1]))
    assert result.losses and result.losses[0].a[1] == "" and json.dumps([e.id for e in result.losses])
