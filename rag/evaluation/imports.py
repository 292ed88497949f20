"""Question sets from elsewhere: SQuAD-format JSON and CSV. Knows the two formats, nothing of how questions are asked."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

from rag.errors import EvaluationError
from rag.evaluation.sets import Evidence, Question
from rag.text.normalise import nfc
from rag.text.sentences import sentence_spans


def from_squad(
    path: str | os.PathLike[str], corpus: str = "corpus.jsonl"
) -> tuple[list[Question], list[dict[str, str]]]:
    """Read SQuAD 1.1 or 2.0 JSON: the questions and the corpus rows (``_id``, ``title``, ``text``) they refer to.

    A question's evidence is the sentence that holds the first gold span; its source is ``<corpus>#<row id>``, as an
    ingested corpus file of that name gives it. Raises EvaluationError naming what is missing.
    """
    data = _json(Path(path))
    questions: list[Question] = []
    rows: list[dict[str, str]] = []
    try:
        for article in data["data"]:
            for paragraph in article["paragraphs"]:
                row = {
                    "_id": f"p{len(rows)}",
                    "title": str(article.get("title", "")),
                    "text": nfc(paragraph["context"]),
                }
                rows.append(row)
                for qa in paragraph["qas"]:
                    questions.append(_squad_question(qa, row, paragraph["context"], corpus))
    except (KeyError, TypeError, AttributeError) as exc:
        raise EvaluationError(
            f"{path}: not SQuAD format (missing or misplaced {exc}); expected data/paragraphs/qas"
        ) from exc
    return questions, rows


def _squad_question(qa: dict[str, Any], row: dict[str, str], context: str, corpus: str) -> Question:
    gold = list(dict.fromkeys(str(a["text"]) for a in qa.get("answers") or [] if str(a["text"]).strip()))
    answerable = bool(gold) and not qa.get("is_impossible", False)
    evidence: tuple[Evidence, ...] = ()
    if answerable:
        at = len(nfc(context[: int(qa["answers"][0].get("answer_start", 0))]))
        span = next(((a, b) for a, b in sentence_spans(row["text"]) if a <= at < b), (0, len(row["text"])))
        evidence = (Evidence(f"{corpus}#{row['_id']}", row["text"][span[0] : span[1]]),)
    answers = (tuple(nfc(g) for g in gold),) if answerable else ()
    return Question(str(qa["id"]), nfc(str(qa["question"])), (), answers, evidence, answerable, ("squad",))


def from_csv(path: str | os.PathLike[str]) -> list[Question]:
    """Read a CSV with a header: ``question`` and optionally ``id, answer, source, quote, answerable, tags``.

    In ``answer``, "|" parts alternatives and ";;" parts requirements; ``tags`` are space-separated. Raises
    EvaluationError naming file and line.
    """
    questions: list[Question] = []
    seen: set[str] = set()
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if "question" not in (reader.fieldnames or ()):
                raise EvaluationError(
                    f"{path}:1: no column 'question'; columns found: {', '.join(reader.fieldnames or ())}"
                )
            for row in reader:
                where = f"{path}:{reader.line_num}"
                cells = {k: v or "" for k, v in row.items() if k}
                question = _csv_question(cells, where, len(questions) + 1)
                if question.id in seen:
                    raise EvaluationError(f"{where}: duplicate id {question.id!r}; give each question its own")
                seen.add(question.id)
                questions.append(question)
    except OSError as exc:
        raise EvaluationError(f"{str(path)!r}: {exc.strerror}; give a CSV file with a column 'question'") from exc
    except (UnicodeDecodeError, csv.Error) as exc:
        raise EvaluationError(f"{str(path)!r}: not a UTF-8 CSV file ({exc})") from exc
    return questions


def _csv_question(row: dict[str, str], where: str, number: int) -> Question:
    if not row["question"].strip():
        raise EvaluationError(f"{where}: the question is empty")
    flag = row.get("answerable", "").strip().lower()
    if flag not in ("", "true", "false", "1", "0", "yes", "no"):
        raise EvaluationError(f"{where}: answerable is {flag!r}; use true or false")
    groups = [g for g in row.get("answer", "").split(";;") if g.strip()]
    answers = tuple(tuple(a.strip() for a in g.split("|") if a.strip()) for g in groups)
    answerable = flag in ("true", "1", "yes") if flag else bool(answers)
    if answerable and not answers:
        raise EvaluationError(f"{where}: an answerable question needs an answer; set answerable to false otherwise")
    quote, source = row.get("quote", "").strip(), row.get("source", "").strip()
    evidence = (Evidence(source, nfc(quote)),) if quote and source else ()
    if not answerable and answers:
        raise EvaluationError(f"{where}: an unanswerable question has an answer; remove it or set answerable to true")
    name = row.get("id", "").strip() or f"q{number:04d}"
    return Question(
        name, row["question"].strip(), (), answers, evidence, answerable, tuple(row.get("tags", "").split())
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise EvaluationError(f"{str(path)!r}: {exc.strerror}; give a SQuAD-format JSON file") from exc
    except ValueError as exc:
        raise EvaluationError(f"{str(path)!r}: not valid JSON ({exc})") from exc
