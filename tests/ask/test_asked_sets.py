"""The sets of questions asked by others (eval/asked): well formed, and one of them asked over seeds/."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import Index, Rag
from rag.evaluation.sets import Question, load
from rag.text.normalise import contains_answer, strip_markers

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "eval" / "asked").glob("*.jsonl"))
SORTS = {"single", "followup", "compare", "multi", "near-miss", "off-topic"}
LANGUAGES = {"vi", "folded", "en"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_each_set_is_well_formed(path: Path) -> None:
    questions = load(path).questions
    for question in questions:
        assert question.id.startswith(f"{path.stem}-")
        assert len(SORTS & set(question.tags)) == 1 and len(LANGUAGES & set(question.tags)) == 1
        assert question.answerable == (not {"near-miss", "off-topic"} & set(question.tags)) == bool(question.answers)
        assert bool(question.history) == ("followup" in question.tags)
        assert all(0 < len(a.split()) <= 12 for alternatives in question.answers for a in alternatives)
    sorts = [next(iter(SORTS & set(q.tags))) for q in questions]
    assert all(sorts.count(sort) >= 20 for sort in SORTS)


def test_the_sets_ask_different_things() -> None:
    asked = [q.question.casefold() for path in FILES for q in load(path).questions if not q.history]
    assert len(FILES) >= 17 and len(set(asked)) > 0.9 * len(asked)


@pytest.fixture(scope="module")
def over_seeds(tmp_path_factory: pytest.TempPathFactory) -> Rag:
    index = Index.create(tmp_path_factory.mktemp("asked") / "index")
    index.add([ROOT / "seeds"])
    return Rag(index)


def test_one_set_over_our_own_articles(over_seeds: Rag) -> None:
    """The sets are asked of other articles that tell the same facts; here these stand in other words."""
    right: dict[str, list[bool]] = {}
    for question in load(ROOT / "eval" / "asked" / "16.jsonl").questions:
        sort = next(iter(SORTS & set(question.tags)))
        right.setdefault(sort, []).append(_right(over_seeds, question))
    share = {sort: sum(of) / len(of) for sort, of in right.items()}
    assert share["single"] >= 0.85 and share["followup"] >= 0.8 and share["multi"] >= 0.7 and share["compare"] >= 0.65
    assert share["near-miss"] >= 0.75 and share["off-topic"] >= 0.9


def _right(rag: Rag, question: Question) -> bool:
    answer = rag.ask(question.question, history=question.history)
    if not question.answerable:
        return answer.status == "abstained"
    text = strip_markers(answer.text)
    return answer.status == "answered" and all(any(contains_answer(text, a) for a in of) for of in question.answers)
