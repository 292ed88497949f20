"""Question sets as first-class objects: loading, validating and writing ``eval/*.jsonl``.

Knows the format, not how questions are answered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rag.errors import EvaluationError
from rag.text.normalise import contains_answer, nfc

_FIELDS = {"id", "question", "history", "answers", "evidence", "answerable", "tags", "note"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that holds the answer: an exact quote of the text of ``source``."""

    source: str
    quote: str


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a question set. ``answers`` is a tuple of requirements, each a tuple of alternatives."""

    id: str
    question: str
    history: tuple[tuple[str, str], ...] = ()
    answers: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    answerable: bool = True
    tags: tuple[str, ...] = ()
    note: str = ""
    line: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The line as written to a file; empty optional fields are left out."""
        out: dict[str, Any] = {"id": self.id, "question": self.question}
        if self.history:
            out["history"] = [list(h) for h in self.history]
        out["answers"] = [list(a) for a in self.answers]
        if self.evidence:
            out["evidence"] = [{"source": e.source, "quote": e.quote} for e in self.evidence]
        out["answerable"] = self.answerable
        out["tags"] = list(self.tags)
        if self.note:
            out["note"] = self.note
        return out


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one line of a question set."""

    line: int
    id: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line} ({self.id}): {self.message}"


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A named list of questions, in file order."""

    name: str
    questions: tuple[Question, ...]
    origin: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return len(self.questions)


def load(path: str | os.PathLike[str]) -> QuestionSet:
    """Read a question set.

    Raises EvaluationError naming file and line for anything that is not of the format: bad JSON, unknown or missing
    fields, wrong types, duplicate ids, an answerable question without answers.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise EvaluationError(f"question set {str(path)!r}: {exc.strerror}; give a JSONL file of questions") from exc
    except UnicodeDecodeError as exc:
        raise EvaluationError(f"question set {str(path)!r} is not UTF-8 (byte {exc.start}); save it as UTF-8") from exc
    questions: list[Question] = []
    seen: dict[str, int] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip():
            continue
        question = _parse(raw, number, path)
        if question.id in seen:
            raise EvaluationError(
                f"{path}:{number}: duplicate id {question.id!r}, first used on line {seen[question.id]}"
            )
        seen[question.id] = number
        questions.append(question)
    if not questions:
        raise EvaluationError(f"question set {str(path)!r} is empty; write one question object a line")
    return QuestionSet(path.stem, tuple(questions))


def _parse(raw: str, number: int, path: Path) -> Question:
    def bad(message: str) -> EvaluationError:
        return EvaluationError(f"{path}:{number}: {message}")

    try:
        item = json.loads(raw)
    except json.JSONDecodeError as exc:
        raise bad(f"not valid JSON ({exc.msg} at column {exc.colno})") from exc
    if not isinstance(item, dict):
        raise bad(f"expected an object, found {type(item).__name__}")
    unknown = set(item) - _FIELDS
    if unknown:
        raise bad(f"unknown field {sorted(unknown)[0]!r}; known: {', '.join(sorted(_FIELDS))}")
    for name in ("id", "question"):
        if not isinstance(item.get(name), str) or not item[name].strip():
            raise bad(f"{name} must be a non-empty string")
    answers = item.get("answers", [])
    if not (
        isinstance(answers, list)
        and all(isinstance(a, list) and a and all(isinstance(x, str) and x.strip() for x in a) for a in answers)
    ):
        raise bad('answers must be a list of lists of non-empty strings, e.g. [["59", "192"], ["133"]]')
    history = item.get("history", [])
    if not (
        isinstance(history, list)
        and all(isinstance(h, list) and len(h) == 2 and all(isinstance(x, str) for x in h) for h in history)
    ):
        raise bad("history must be a list of [question, answer] pairs")
    evidence = item.get("evidence", [])
    if not (
        isinstance(evidence, list)
        and all(
            isinstance(e, dict) and isinstance(e.get("source"), str) and isinstance(e.get("quote"), str) and e["quote"]
            for e in evidence
        )
    ):
        raise bad('evidence must be a list of {"source", "quote"} objects with a non-empty quote')
    answerable = item.get("answerable", True)
    if not isinstance(answerable, bool):
        raise bad(f"answerable must be true or false, found {answerable!r}")
    if answerable and not answers:
        raise bad('an answerable question needs answers; set "answerable": false if the documents do not answer it')
    tags = item.get("tags", [])
    if not (isinstance(tags, list) and all(isinstance(t, str) for t in tags)):
        raise bad("tags must be a list of strings")
    return Question(
        id=item["id"],
        question=item["question"],
        history=tuple((h[0], h[1]) for h in history),
        answers=tuple(tuple(a) for a in answers),
        evidence=tuple(Evidence(e["source"], nfc(e["quote"])) for e in evidence),
        answerable=answerable,
        tags=tuple(tags),
        note=str(item.get("note", "")),
        line=number,
    )


def check(questions: Iterable[Question], text_of: Callable[[str], str | None]) -> list[Problem]:
    """Compare a set with its corpus. ``text_of(source)`` gives a document's text, or None if there is no such document.

    Finds: evidence whose document is missing, quotes that are not in it, answerable questions without evidence, and
    answers none of whose alternatives stands in any evidence quote (totals and translations are legitimate; they are
    reported so that a person can decide).
    """
    problems: list[Problem] = []
    for q in questions:
        if q.answerable and not q.evidence:
            problems.append(
                Problem(q.line, q.id, "answerable but without evidence; quote the sentence that answers it")
            )
        for e in q.evidence:
            text = text_of(e.source)
            if text is None:
                problems.append(Problem(q.line, q.id, f"evidence source {e.source!r} is not in the corpus"))
            elif e.quote not in text:
                problems.append(Problem(q.line, q.id, f"evidence is not a sentence of {e.source!r}: {e.quote[:60]!r}"))
        quotes = " ".join(e.quote for e in q.evidence)
        if q.evidence and "en" not in q.tags:
            for alternatives in q.answers:
                if not any(contains_answer(quotes, a) for a in alternatives):
                    problems.append(Problem(q.line, q.id, f"answer {alternatives[0]!r} does not stand in its evidence"))
    return problems


def write(path: str | os.PathLike[str], questions: Iterable[Question]) -> int:
    """Write questions as JSONL; returns how many."""
    lines = [json.dumps(q.as_dict(), ensure_ascii=False) for q in questions]
    Path(path).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return len(lines)
