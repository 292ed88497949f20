"""Fits the extractive reader's weights: ``python -m rag.training.fit_reader --data DIR``.

DIR holds ``reading-vi/`` in the BEIR layout with answer spans in ``queries.jsonl`` (and, where there is one, ``reading-en-vi/``: English
questions with the same ids). Questions are answered over an index of the set's own paragraphs, so that the features are those of real
use, wrong paragraphs included. Writes ``rag/ask/weights/reader.json`` and prints the cross-validated figures (folds by paragraph).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.ask import features, weigh
from rag.ask.pieces import pieces
from rag.ask.query import understand
from rag.ask.read_extractive import READ_HITS, ExtractiveReader
from rag.index import Index
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.text.normalise import contains_answer, fold, nfc
from rag.training.listwise import Listed, fit_lists
from rag.types import Document, Hit, Query

POLICY = {"budget": 66, "first_budget": 48, "long_budget": 60, "price": 0.002, "least": 0.1, "most": 2, "whole": 0.05}
OUT = Path(__file__).parent.parent / "ask" / "weights" / "reader.json"


@dataclass(frozen=True)
class Item:
    """A question with its answers, the paragraph that holds them, and the hits found for it."""

    query: Query
    answers: tuple[str, ...]
    gold: str
    hits: tuple[Hit, ...]


def questions(folder: Path, variant: str = "vi") -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(question, answers, paragraph id) of a reading set; ``variant`` "folded" drops the diacritics of the questions, "en" takes
    the English wordings."""
    gold: dict[str, str] = {}
    for path in sorted((folder / "qrels").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            query, paragraph, grade = line.split("\t")[:3]
            if int(grade) > 0:
                gold[query] = paragraph
    english = {}
    if variant == "en":
        path = folder.parent / "reading-en-vi" / "queries.jsonl"
        english = {row["_id"]: row["text"] for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = nfc(row["text"])
        if variant == "en":
            if row["_id"] not in english:
                continue
            text = english[row["_id"]]
        yield (fold(text) if variant == "folded" else text), tuple(row["answers"]), gold[row["_id"]]


def make_index(folder: Path, where: str, settings: Settings) -> Index:
    """An index of a reading set's paragraphs, one document each."""
    index = Index.create(where, settings)
    rows = map(json.loads, (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines())
    index.add([Document(row["_id"], nfc(row["text"]), title=nfc(row["title"]), language="vi") for row in rows])
    return index


def items(index: Index, folder: Path, variant: str = "vi") -> list[Item]:
    """The set's questions with their hits."""
    retriever = Retriever(index)
    out = []
    for text, answers, gold in questions(folder, variant):
        query = understand(text, abbreviations=index.store.snapshot().abbreviations())
        out.append(Item(query, answers, gold, tuple(retriever.search(query, k=READ_HITS))))
    return out


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether one of the answers stands in the text."""
    return any(contains_answer(text, a) for a in answers)


def sentence_list(reader: ExtractiveReader, item: Item) -> Listed | None:
    """The sentences of an item's hits, the ones of its paragraph that hold the answer as target; None when none does."""
    _, sentences, rows, _ = reader.rows(item.query, item.query.text, item.hits)
    good = np.array(
        [item.hits[s.hit].source == item.gold and holds(s.text, item.answers) for s in sentences], dtype=float
    )
    if not good.any():
        return None
    # of several sentences with the answer the likeliest evidence is the one with most of the question in it
    column = features.SENTENCE.index("folded")
    good *= np.exp(4 * rows[:, column])
    return Listed(rows, good / good.sum(), item.gold)


def clause_list(reader: ExtractiveReader, item: Item) -> list[Listed]:
    """The pieces of the sentence that holds the answer, those it overlaps as target."""
    asked, sentences, rows, _ = reader.rows(item.query, item.query.text, item.hits)
    column = features.SENTENCE.index("folded")
    holding = [
        (rows[i, column], s)
        for i, s in enumerate(sentences)
        if item.hits[s.hit].source == item.gold and holds(s.text, item.answers)
    ]
    if not holding:
        return []
    sentence = max(holding, key=lambda pair: pair[0])[1]
    own = pieces(sentence.text)
    if len(own) < 2:
        return []
    target = np.zeros(len(own))
    for answer in item.answers:
        at = fold(sentence.text).find(fold(nfc(answer)))
        if at < 0:
            target += [float(contains_answer(sentence.text[a:b], answer)) for a, b in own]
            continue
        end = at + len(answer)
        target += [max(0, min(b, end) - max(a, at)) / max(1, len(answer)) for a, b in own]
    if target.sum() <= 0:
        return []
    return [Listed(reader.clause_rows(asked, sentence, own), target / target.sum(), item.gold)]


def folds(groups: Sequence[str], n: int = 5) -> dict[str, int]:
    """Fold of each group, by order of a fixed shuffle."""
    names = sorted(set(groups))
    order = np.random.default_rng(7).permutation(len(names))
    return {names[int(i)]: k % n for k, i in enumerate(order)}


def measure(reader: ExtractiveReader, found: Sequence[Item]) -> dict[str, float]:
    """Share of answers that hold the gold span, over all and where the right paragraph is first; tokens of the answers."""
    all_right, first_right, first, tokens = 0, 0, 0, []
    for item in found:
        draft = reader.read(item.query, item.hits)
        right = len(draft.text.split()) <= 80 and holds(draft.text, item.answers)
        tokens.append(len(draft.text.split()))
        all_right += right
        if item.hits and item.hits[0].source == item.gold:
            first += 1
            first_right += right
    return {
        "all": all_right / len(found),
        "first": first_right / max(1, first),
        "n_first": first,
        "n": len(found),
        "tokens": float(np.median(tokens)),
    }


def fit(lists: Sequence[Listed], names: Sequence[str], hidden: int, l2: float) -> weigh.Scorer:
    return fit_lists(lists, names, l2=l2, hidden=hidden, seed=3)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reading-vi/ (and reading-en-vi/)")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--hidden", type=int, default=0, help="tanh units of the sentence scorer")
    parser.add_argument("--l2", type=float, default=2e-3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as where:
        index = make_index(options.data / "reading-vi", where + "/index", Settings())
        reader = ExtractiveReader(index, index.settings)
        report: dict[str, Any] = {}
        variants = ["vi", "folded"] + (["en"] if (options.data / "reading-en-vi").is_dir() else [])
        found = {v: items(index, options.data / "reading-vi", v) for v in variants}
        sentence = {v: [one for item in found[v] if (one := sentence_list(reader, item))] for v in variants}
        clause = {v: [one for item in found[v] for one in clause_list(reader, item)] for v in variants}
        fold_of = folds([item.gold for item in found["vi"]])
        models = {"": ["vi", "folded"], "_cross": ["en"] if "en" in variants else []}
        data: dict[str, Any] = {"policy": POLICY}
        for suffix, own in models.items():
            if not own:
                continue
            totals: dict[str, list[Mapping[str, float]]] = {v: [] for v in own}
            for k in range(5):
                train = [one for v in own for one in sentence[v] if fold_of[one.group] != k]
                train_clauses = [one for v in own for one in clause[v] if fold_of[one.group] != k]
                reader.scorers = {
                    **reader.scorers,
                    "sentence" + suffix: fit(train, features.SENTENCE, options.hidden, options.l2),
                    "clause" + suffix: fit(train_clauses, features.CLAUSE, 0, options.l2),
                }
                for v in own:
                    totals[v].append(measure(reader, [i for i in found[v] if fold_of[i.gold] == k]))
            for v in own:
                n, n_first = sum(t["n"] for t in totals[v]), sum(t["n_first"] for t in totals[v])
                report[v] = {
                    "all": round(sum(t["all"] * t["n"] for t in totals[v]) / n, 4),
                    "first": round(sum(t["first"] * t["n_first"] for t in totals[v]) / n_first, 4),
                    "questions": int(n),
                    "tokens": float(np.median([t["tokens"] for t in totals[v]])),
                }
            data["sentence" + suffix] = weigh.to_data(
                fit([one for v in own for one in sentence[v]], features.SENTENCE, options.hidden, options.l2)
            )
            data["clause" + suffix] = weigh.to_data(
                fit([one for v in own for one in clause[v]], features.CLAUSE, 0, options.l2)
            )
        data["report"] = report
        print(json.dumps(report, indent=1))
        options.out.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")
        index.close()


if __name__ == "__main__":
    main()
