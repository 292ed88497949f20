"""Runs: byte-identical reruns, resuming after a kill, the cache by configuration, parallel order, loud errors."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import EvaluationError
from rag.evaluation import report, runs
from rag.evaluation.sets import Evidence, Question, QuestionSet
from rag.settings import Settings
from rag.types import Document
from tests.evaluation.eval_fakes import DOCUMENTS, FakeIndex, FakeRag, entails

ROOT = Path(__file__).resolve().parents[2]
SET = QuestionSet(
    "small",
    (
        Question(
            "q1",
            "Hà Tĩnh đã lập bao nhiêu tổ cấp xã?",
            (),
            (("59",),),
            (Evidence("ha-tinh.md", "59 tổ cấp xã"),),
            tags=("vi", "number"),
        ),
        Question(
            "q2",
            "Giám đốc Sở là ai?",
            (),
            (("Lê Văn Dũng",),),
            (Evidence("ha-tinh.md", "ông Lê Văn Dũng"),),
            tags=("vi", "person"),
        ),
        Question(
            "q3",
            "How many hectares does the lake cover?",
            (),
            (("1200",),),
            (Evidence("lake.md", "1,200 hectares"),),
            tags=("en", "number"),
        ),
        Question("q4", "Sao Hỏa?", answerable=False, tags=("vi", "off-topic")),
        Question(
            "q5",
            "When did it freeze?",
            (("the lake on August", "…"),),
            (("15/8/2022",),),
            (Evidence("lake.md", "August 15, 2022"),),
            tags=("en", "followup"),
        ),
    ),
)
SAME = ("config.json", "summary.json", "scores.csv", "junit.xml", "summary.md")


def go(out: Path | None = None, rag: FakeRag | None = None, questions: QuestionSet = SET, **more):  # type: ignore[no-untyped-def]
    return runs.run(questions, rag or FakeRag(), out=out, entails=entails, **more)  # type: ignore[arg-type]


def without_times(path: Path) -> list[dict[str, object]]:
    lines = [json.loads(raw) for raw in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line.pop("timings_ms")
    return lines


def test_a_run_and_what_it_writes(tmp_path: Path) -> None:
    result = go(tmp_path)
    assert [s.stage for s in result.scores] == ["right", "right", "right", "right refusal", "right"]
    everything = result.summary["all"]
    assert everything["correct"] == 1.0 and everything["recall@1"] == 1.0 and everything["false_answer"] == 0.0
    assert set(result.summary["tags"]) == {"vi", "en", "number", "person", "off-topic", "followup"}
    assert set(result.summary["languages"]) == {"vi", "en"}
    assert set(result.summary["answerability"]) == {"answerable", "unanswerable"}
    rows = list(csv.DictReader((tmp_path / "scores.csv").open(encoding="utf-8")))
    assert [r["id"] for r in rows] == ["q1", "q2", "q3", "q4", "q5"]
    assert rows[0]["tags"] == "vi number" and rows[0]["contains"] == "1" and rows[3]["contains"] == ""
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["index"] == {"content_hash": "fake-2", "embedder": "fake-embedder"}
    assert config["settings"]["llm"] == "extractive" and config["packages"]["numpy"] and len(config["code"]) == 16
    assert config["questions"]["count"] == 5 and len(config["key"]) == 16
    lines = (tmp_path / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(x)["id"] for x in lines] == ["q1", "q2", "q3", "q4", "q5"]
    assert set(json.loads((tmp_path / "timings.json").read_text())) == {"retrieve", "total"}
    assert "where they went: right 4, right refusal 1" in runs.format_summary(result.summary, result.latency)


def test_a_rerun_is_byte_identical_but_for_times(tmp_path: Path) -> None:
    for name in ("one", "two"):
        rag = FakeRag()
        rag.clock = 100.0 if name == "two" else 0.0
        report.write(go(tmp_path / name, rag))
    for name in SAME:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    one, two = (tmp_path / n / "answers.jsonl" for n in ("one", "two"))
    assert one.read_bytes() != two.read_bytes() and without_times(one) == without_times(two)


def test_answers_are_kept_and_not_asked_for_again(tmp_path: Path) -> None:
    rag = FakeRag()
    first = go(tmp_path, rag)
    assert len(rag.asked) == 5
    again = go(tmp_path, rag)
    assert len(rag.asked) == 5 and again.summary == first.summary and again.lines == first.lines
    go(tmp_path, rag, fresh=True)
    assert len(rag.asked) == 10


def test_another_configuration_asks_anew_and_the_old_answers_stay(tmp_path: Path) -> None:
    go(tmp_path)
    other = FakeRag(settings=Settings(k=2))
    assert len(go(tmp_path, other).lines[0]["retrieved"]) == 2 and len(other.asked) == 5
    changed = FakeRag(FakeIndex((*DOCUMENTS, Document("new.md", "Một văn bản mới.", "mới"))))
    go(tmp_path, changed)
    assert len(changed.asked) == 5, "another index"
    back = FakeRag()
    go(tmp_path, back)
    assert back.asked == [], "kept under its own key"
    assert len(list((tmp_path / "cache").glob("*.jsonl"))) == 3
    settled = FakeRag(settings=Settings(port=9, index="elsewhere"))
    go(tmp_path, settled)
    assert settled.asked == [], "settings that cannot change an answer do not count"


def test_a_grown_set_asks_only_what_is_new(tmp_path: Path) -> None:
    go(tmp_path, questions=QuestionSet("small", SET.questions[:3]))
    rag = FakeRag()
    edited = replace(SET.questions[0], answers=(("133",),), id="renamed")
    result = go(tmp_path, rag, QuestionSet("small", (edited, *SET.questions[1:])))
    assert rag.asked == ["Sao Hỏa?", "When did it freeze?"]
    assert result.lines[0]["id"] == "renamed"


def test_failed_answers_are_asked_again(tmp_path: Path) -> None:
    rag = FakeRag()
    rag.crash = {SET.questions[0].question}
    rag.fail = {SET.questions[1].question}
    result = go(tmp_path, rag)
    assert [s.stage for s in result.scores[:3]] == ["failed", "failed", "right"]
    assert result.lines[0]["error"] == "RuntimeError: boom" and result.summary["all"]["failed"] == 2
    rag = FakeRag()
    assert go(tmp_path, rag).summary["all"]["failed"] == 0
    assert rag.asked == [q.question for q in SET.questions[:2]]


def test_cancelling_keeps_what_was_answered(tmp_path: Path) -> None:
    rag = FakeRag()
    with pytest.raises(EvaluationError, match="cancelled after 2 of 5 questions; run it again to resume"):
        go(tmp_path, rag, cancelled=lambda: len(rag.asked) >= 2)
    assert not (tmp_path / "summary.json").exists()
    seen: list[tuple[int, int, str]] = []
    go(tmp_path, rag, progress=lambda *a: seen.append(a))
    assert len(rag.asked) == 5 and seen == [(3, 5, "q3"), (4, 5, "q4"), (5, 5, "q5")]


KILLED = """
import sys, time
from tests.evaluation.eval_fakes import FakeRag, entails
from tests.evaluation.test_eval_runs import SET
from rag.evaluation import runs
class Slow(FakeRag):
    def ask(self, question, history=(), k=None):
        if len(self.asked) == 3:
            print("three", flush=True)
            time.sleep(60)
        return super().ask(question, history, k)
runs.run(SET, Slow(), out=sys.argv[1], entails=entails)
"""


def test_a_killed_run_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "killed")], stdout=subprocess.PIPE, cwd=ROOT, env=environment
    )
    assert child.stdout is not None and child.stdout.readline() == b"three\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    (cache,) = (tmp_path / "killed" / "cache").glob("*.jsonl")
    with cache.open("a", encoding="utf-8") as file:
        file.write('{"asked": "abc", "stat')  # the line a kill cut short
    rag = FakeRag()
    report.write(go(tmp_path / "killed", rag))
    assert len(rag.asked) == 2
    report.write(go(tmp_path / "whole"))
    for name in SAME:
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert without_times(tmp_path / "killed" / "answers.jsonl") == without_times(tmp_path / "whole" / "answers.jsonl")
    go(tmp_path / "killed", rag)
    assert len(rag.asked) == 2, "the cache is whole again"


class Uneven(FakeRag):
    """The first question takes longest."""

    def ask(self, question, history=(), k=None):  # type: ignore[no-untyped-def]
        if question == SET.questions[0].question:
            time.sleep(0.2)
        return super().ask(question, history, k)


def test_parallel_workers_keep_the_order(tmp_path: Path) -> None:
    parallel = Uneven()
    report.write(go(tmp_path / "four", parallel, workers=4))
    assert parallel.asked[0] != SET.questions[0].question, "others were answered meanwhile"
    report.write(go(tmp_path / "one"))
    for name in SAME:
        assert (tmp_path / "four" / name).read_bytes() == (tmp_path / "one" / name).read_bytes(), name


def test_a_wrong_index_is_said_at_once() -> None:
    rag = FakeRag(FakeIndex((Document("other.md", "Chuyện khác.", "khác"),)))
    with pytest.raises(EvaluationError, match="none of the evidence of question set 'small' is in this index"):
        go(rag=rag)
    assert rag.asked == []


def test_missing_evidence_is_listed() -> None:
    result = go(rag=FakeRag(FakeIndex(DOCUMENTS[:1])))
    assert result.missing_evidence == ("q3", "q5")
    assert result.scores[2].evidence_ranks == (None,) and result.scores[2].recall(10) == 0.0


def test_loud_errors(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="id 'q1' is used twice"):
        go(questions=QuestionSet("s", (SET.questions[0], SET.questions[0])))
    with pytest.raises(EvaluationError, match="workers=0"):
        go(workers=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(EvaluationError, match="give a folder that can be written"):
        go(tmp_path / "file")


def test_the_key_counts_the_model_that_reads() -> None:
    rag = FakeRag()
    plain = runs.configuration(SET, rag)  # type: ignore[arg-type]
    rag.llm = type("Model", (), {"name": "openai:x"})()
    other = runs.configuration(SET, rag)  # type: ignore[arg-type]
    assert other["settings"]["llm"] == "openai:x" and runs.key_of(plain) != runs.key_of(other)
    assert runs.key_of({**plain, "commit": "other", "questions": {}}) == runs.key_of(plain)
    assert runs.key_of({**plain, "code": "other"}) != runs.key_of(plain)


def test_no_secret_reaches_the_folder(tmp_path: Path) -> None:
    secret = "sk-very-secret-1"
    rag = FakeRag(settings=Settings(llm_api_key=secret, api_keys=(secret,)))
    rag.llm = type("Model", (), {"name": f"openai:x?key={secret}"})()
    go(tmp_path, rag)
    assert all(secret not in p.read_text(encoding="utf-8") for p in tmp_path.rglob("*") if p.is_file())
