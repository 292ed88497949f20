"""Question sets as first-class objects: reading, checking and writing ``eval/*.jsonl``.

Knows the format, not how questions are answered.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import EvaluationError
from rag.text.language import detect
from rag.text.normalise import contains_answer, nfc

_FIELDS = {"id", "question", "history", "answers", "evidence", "answerable", "tags", "note"}
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of text that holds the answer: an exact quote of the text of ``source``."""

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
    """Something wrong with one line of a question set.

    ``kind`` is one of "format", "duplicate", "no evidence", "evidence not in corpus", "answer not in evidence".
    ``remark`` marks what only a person can decide: an answer in another language than its evidence.
    """

    line: int
    id: str
    kind: str
    message: str
    remark: bool = False

    def __str__(self) -> str:
        who = f" ({self.id})" if self.id else ""
        return f"line {self.line}{who}: {'remark: ' if self.remark else ''}{self.message}"


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A named list of questions, in file order."""

    name: str
    questions: tuple[Question, ...]

    def __len__(self) -> int:
        return len(self.questions)


def load(path: str | os.PathLike[str]) -> QuestionSet:
    """Read a question set.

    Raises EvaluationError naming file and line of everything that is not of the format: bad JSON, unknown or missing
    fields, wrong types, duplicate ids, an answerable question without answers; and for a file that is missing or empty.
    """
    questions, problems = inspect(path)
    if problems:
        shown = "\n".join(f"{path}:{p.line}: {p.message}" for p in problems[:_SHOWN])
        more = f"\n… and {len(problems) - _SHOWN} more; 'rag eval check' lists them" if len(problems) > _SHOWN else ""
        raise EvaluationError(shown + more)
    if not questions:
        raise EvaluationError(f"question set {str(path)!r} is empty; write one question object a line")
    return QuestionSet(Path(path).stem, questions)


def inspect(path: str | os.PathLike[str]) -> tuple[tuple[Question, ...], list[Problem]]:
    """Read what can be read and list what is wrong with the rest. Raises EvaluationError for a file that is no text."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise EvaluationError(f"question set {str(path)!r}: {exc.strerror}; give a JSONL file of questions") from exc
    except UnicodeDecodeError as exc:
        raise EvaluationError(f"question set {str(path)!r} is not UTF-8 (byte {exc.start}); save it as UTF-8") from exc
    questions: list[Question] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    # Only "\n" ends a line: JSON strings may hold U+2028 and its kind as they are.
    for number, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            question = _parse(raw, number)
        except _Bad as bad:
            problems.append(Problem(number, bad.id, "format", str(bad)))
            continue
        first = seen.setdefault(question.id, number)
        if first != number:
            message = f"duplicate id {question.id!r}, first used on line {first}; give each question its own"
            problems.append(Problem(number, question.id, "duplicate", message))
            continue
        questions.append(question)
    return tuple(questions), problems


class _Bad(Exception):
    """A line that is not of the format; ``id`` as far as it is known."""

    def __init__(self, message: str, id: str = "") -> None:
        super().__init__(message)
        self.id = id


def _parse(raw: str, number: int) -> Question:
    try:
        item = json.loads(raw)
    except json.JSONDecodeError as exc:
        raise _Bad(f"not valid JSON ({exc.msg} at column {exc.colno})") from exc
    if not isinstance(item, dict):
        raise _Bad(f"expected an object, found {type(item).__name__}")
    name = item.get("id") if isinstance(item.get("id"), str) else ""
    problem = _problem(item)
    if problem:
        raise _Bad(problem, name or "")
    return Question(
        id=item["id"],
        question=item["question"],
        history=tuple((h[0], h[1]) for h in item.get("history", [])),
        answers=tuple(tuple(a) for a in item.get("answers", [])),
        evidence=tuple(Evidence(e["source"], nfc(e["quote"])) for e in item.get("evidence", [])),
        answerable=item.get("answerable", True),
        tags=tuple(item.get("tags", [])),
        note=item.get("note", ""),
        line=number,
    )


def _problem(item: dict[str, Any]) -> str:
    """What is wrong with a line, "" when nothing is."""
    unknown = sorted(set(item) - _FIELDS)
    if unknown:
        return f"unknown field {unknown[0]!r}; known: {', '.join(sorted(_FIELDS))}"
    for name in ("id", "question"):
        if not isinstance(item.get(name), str) or not item[name].strip():
            return f"{name} must be a non-empty string"
    answers = item.get("answers", [])
    if not (isinstance(answers, list) and all(isinstance(a, list) and a and all(map(_said, a)) for a in answers)):
        return 'answers must be a list of lists of non-empty strings, e.g. [["59", "192"], ["133"]]'
    history = item.get("history", [])
    if not (
        isinstance(history, list)
        and all(isinstance(h, list) and len(h) == 2 and all(isinstance(x, str) for x in h) for h in history)
    ):
        return "history must be a list of [question, answer] pairs"
    evidence = item.get("evidence", [])
    if not (
        isinstance(evidence, list)
        and all(isinstance(e, dict) and _said(e.get("source")) and _said(e.get("quote")) for e in evidence)
    ):
        return 'evidence must be a list of {"source", "quote"} objects with a non-empty quote'
    answerable = item.get("answerable", True)
    if not isinstance(answerable, bool):
        return f"answerable must be true or false, found {answerable!r}"
    if answerable and not answers:
        return 'an answerable question needs answers; set "answerable": false if the documents do not answer it'
    if not answerable and answers:
        return "an unanswerable question has answers; remove them or set answerable to true"
    tags = item.get("tags", [])
    if not (isinstance(tags, list) and all(isinstance(t, str) for t in tags)):
        return "tags must be a list of strings"
    if not isinstance(item.get("note", ""), str):
        return "note must be a string"
    return ""


def _said(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def check(questions: Iterable[Question], text_of: Callable[[str], str | None]) -> list[Problem]:
    """Compare a set with its corpus. ``text_of(source)`` gives a document's text, or None if there is no such document.

    Finds: answerable questions without evidence, evidence whose document is missing or whose quote is not in it, and
    requirements none of whose alternatives stands in the evidence. Where question and evidence are in different
    languages the last is only a remark, since the gold may be a translation.
    """
    problems: list[Problem] = []
    for q in questions:
        if q.answerable and not q.evidence:
            message = "answerable but without evidence; quote the sentence that answers it"
            problems.append(Problem(q.line, q.id, "no evidence", message))
        for e in q.evidence:
            text = text_of(e.source)
            if text is None:
                message = f"evidence source {e.source!r} is not in the corpus"
                problems.append(Problem(q.line, q.id, "evidence not in corpus", message))
            elif not find_quote(text, e.quote):
                message = f"evidence does not stand in {e.source!r}: {e.quote[:60]!r}"
                problems.append(Problem(q.line, q.id, "evidence not in corpus", message))
        quotes = "\n".join(e.quote for e in q.evidence)
        foreign = bool(quotes) and (detect(q.question) == "en") != (detect(quotes) == "en")
        for alternatives in q.answers if quotes else ():
            if not any(contains_answer(quotes, a) for a in alternatives):
                message = f"answer {alternatives[0]!r} does not stand in its evidence"
                problems.append(Problem(q.line, q.id, "answer not in evidence", message, remark=foreign))
    return problems


def find_quote(text: str, quote: str) -> list[tuple[int, int]]:
    """Every (start, end) where ``quote`` stands in ``text``; failing that, where it does but for line breaks and blanks."""
    spans: list[tuple[int, int]] = []
    at = text.find(quote)
    while at >= 0 and quote:
        spans.append((at, at + len(quote)))
        at = text.find(quote, at + len(quote))
    if spans or not quote.split():
        return spans
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    return [m.span() for m in re.finditer(pattern, text)]


def write(path: str | os.PathLike[str], questions: Iterable[Question]) -> int:
    """Write questions as JSONL; returns how many. Raises EvaluationError where the file cannot be written."""
    lines = [json.dumps(q.as_dict(), ensure_ascii=False) for q in questions]
    try:
        Path(path).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    except OSError as exc:
        raise EvaluationError(f"{str(path)!r}: {exc.strerror}; give a file that can be written") from exc
    return len(lines)
