"""The committed gate of eval/: this build passes it, and deliberately broken builds fail it by the metric that should."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag import Answer, Index, Rag, Retriever, Settings
from rag.ask.draft import Draft
from rag.ask.read_extractive import ExtractiveReader
from rag.evaluation import claims, runs, sets
from rag.evaluation.compare import read_run
from rag.evaluation.gate import check_gate, read_gate
from rag.types import Citation

ROOT = Path(__file__).resolve().parents[1]
GATE = ROOT / "eval" / "gate.toml"
QUESTIONS = sets.load(ROOT / "eval" / "seeds.jsonl")
# Whole runs of the set, of about fifteen seconds each on a machine with nothing else to do.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.create(tmp_path_factory.mktemp("gate") / "index", Settings()) as index:
        report = index.add([ROOT / "seeds"])
        assert len(report.added) == 5, "the articles, and not the README beside them"
        yield index


class Recorded:
    """The build as it is, with its answers kept, so that they need not be made twice."""

    def __init__(self, rag: Rag) -> None:
        self.rag, self.index, self.settings, self.llm = rag, rag.index, rag.settings, rag.llm
        self.kept: dict[Any, Answer] = {}

    def ask(self, question: str, history: Any = (), k: int | None = None) -> Answer:
        key = (question, history)
        if key not in self.kept:
            self.kept[key] = self.rag.ask(question, history, k)
        return self.kept[key]


@pytest.fixture(scope="module")
def build(index: Index) -> Recorded:
    return Recorded(Rag(index))


@pytest.fixture(scope="module")
def run(build: Recorded) -> runs.Run:
    return runs.run(QUESTIONS, build)  # type: ignore[arg-type]


def failing(summary: Mapping[str, Any]) -> set[str]:
    """The metrics for which the committed gate is not met."""
    gate = read_gate(GATE)
    assert gate.baseline is not None
    return {c.name for c in check_gate(gate, summary, read_run(gate.baseline).summary) if not c.passed}


def test_this_build_passes_the_gate(run: runs.Run) -> None:
    assert run.missing_evidence == () and len(run.scores) == len(QUESTIONS)
    assert failing(run.summary) == set()


def test_the_baseline_is_of_these_questions() -> None:
    gate = read_gate(GATE)
    assert gate.baseline is not None
    baseline = read_run(gate.baseline)
    assert list(baseline.scores) == [q.id for q in QUESTIONS.questions], "renew it: rag eval table --baseline"
    assert baseline.config["settings"]["llm"] == "extractive" and baseline.config["settings"]["embedder"] == "bundled"


def test_the_check_of_claims_passes_the_gate() -> None:
    result = claims.judge_all(claims.load(ROOT / "eval" / "claims.jsonl"), claims.checker())
    assert {c.name for c in check_gate(read_gate(GATE, "claims"), result.summary) if not c.passed} == set()


@pytest.mark.parametrize(
    ("yes", "metrics"), [(True, {"recall", "accuracy"}), (False, {"precision", "accuracy", "false_alarm"})]
)
def test_a_check_that_always_says_the_same_is_caught(yes: bool, metrics: set[str]) -> None:
    result = claims.judge_all(claims.load(ROOT / "eval" / "claims.jsonl"), lambda *_: yes)
    failed = {c.name for c in check_gate(read_gate(GATE, "claims"), result.summary) if not c.passed}
    assert metrics <= failed


class FirstSentence(ExtractiveReader):
    """Quotes the first sentence of the best passage, whatever was asked."""

    def read(self, query: Any, hits: Any, part_hits: Any = ()) -> Draft:
        draft = super().read(query, hits, part_hits)
        if not hits:
            return draft
        p = hits[0].passage
        start, end = p.sentences[0] if p.sentences else (p.start, p.end)
        quote = p.text[start - p.start : end - p.start]
        return replace(
            draft,
            text=f"“{quote}” [1]",
            short=(quote,),
            citations=(Citation(1, p.source, p.title, p.date, quote, start, end),),
        )


def test_a_reader_that_returns_the_first_sentence_is_caught(index: Index, run: runs.Run) -> None:
    rag = Rag(index)
    rag.reader = FirstSentence(index, rag.settings)
    broken = runs.run(QUESTIONS, rag)
    failed = failing(broken.summary)
    assert {"correct", "contains", "f1", "citation_precision", "citation_recall"} <= failed
    assert not failed & {"recall@1", "recall@10"}, "retrieval is not to blame"
    assert broken.summary["all"]["stages"]["retrieved, not read"] > run.summary["all"]["stages"]["retrieved, not read"]


class Wordless(Retriever):
    """Both lexical channels say nothing."""

    def _lexical(self, *arguments: Any) -> dict[str, Any]:
        return {name: np.zeros_like(values) for name, values in super()._lexical(*arguments).items()}


def test_a_lexical_channel_that_is_off_is_caught(index: Index) -> None:
    rag = Rag(index)
    rag.retriever = Wordless(index, rag.settings)
    # Over five articles the other channels make up for it, so the fused recall says little; the channel's own says all.
    failed = failing(runs.run(QUESTIONS, rag).summary)
    assert {"recall@1 by exact", "recall@1 by folded"} <= failed
    assert not failed & {"recall@1 by dense", "recall@10", "quote_exact"}


class Shifted:
    """Every marker points to the passage retrieved one rank below the one it should."""

    def __init__(self, build: Recorded) -> None:
        self.build, self.index, self.settings, self.llm = build, build.index, build.settings, build.llm

    def ask(self, question: str, history: Any = (), k: int | None = None) -> Answer:
        answer = self.build.ask(question, history, k)
        return replace(answer, citations=tuple(self.shifted(c, answer) for c in answer.citations))

    def shifted(self, c: Citation, answer: Answer) -> Citation:
        hits = answer.hits
        rank = next((i for i, h in enumerate(hits) if h.source == c.source and h.start <= c.start < h.end), -1)
        p = hits[(rank + 1) % len(hits)].passage
        start, end = p.sentences[0] if p.sentences else (p.start, p.end)
        return Citation(
            c.n, p.source, p.title, p.date, p.text[start - p.start : end - p.start], start, end, c.supported
        )


def test_citations_shifted_by_one_are_caught(build: Recorded, run: runs.Run) -> None:
    failed = failing(runs.run(QUESTIONS, Shifted(build)).summary)  # type: ignore[arg-type]
    assert {"citation_precision", "citation_recall", "alce_recall", "alce_precision", "correct"} <= failed
    assert not failed & {"contains", "f1", "recall@1", "quote_exact"}, "text, retrieval and quotes are as before"


class OffByOne(Shifted):
    """Offsets begin one character late."""

    def shifted(self, c: Citation, answer: Answer) -> Citation:
        return replace(c, start=c.start + 1, end=c.end + 1)


def test_offsets_off_by_one_are_caught(build: Recorded, run: runs.Run) -> None:
    failed = failing(runs.run(QUESTIONS, OffByOne(build)).summary)  # type: ignore[arg-type]
    assert "quote_exact" in failed and not failed & {"contains", "f1", "recall@1"}
