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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

POLICY = {
    "budget": 74,  # tokens quoted in all
    "long_total": 76,  # the same for lists and reasons
    "first_budget": 56,  # tokens of the first stretch
    "long_budget": 62,  # of lists and reasons
    "price": 0.002,  # what a token costs in answer mass
    "least": 0.04,  # mass a further stretch must hold
    "long_least": 0.03,
    "most": 2,  # stretches
    "long_most": 3,
    "whole": 0.05,  # what a whole sentence is worth
}
LIKELIEST = 4.0  # what the question's words and their likeness count there
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


def likeliest(good: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of several sentences with the answer (``good``) the likeliest evidence is the one with most of the question in it."""
    held = rows[:, features.SENTENCE.index("folded")] + rows[:, features.SENTENCE.index("maxsim")]
    return np.asarray(good * np.exp(LIKELIEST * held), dtype=np.float64)


def lists_of(reader: ExtractiveReader, item: Item) -> tuple[Listed | None, Listed | None]:
    """An item's sentences with those of its paragraph that hold the answer as target, and the pieces of the likeliest of
    these with the ones the answer overlaps as target; None where there is nothing to learn."""
    asked, sentences, rows, _ = reader.rows(item.query, item.query.text, item.hits)
    good = np.array(
        [item.hits[s.hit].source == item.gold and holds(s.text, item.answers) for s in sentences], dtype=float
    )
    if not good.any():
        return None, None
    good = likeliest(good, rows)
    sentence = sentences[int(np.argmax(good))]
    listed = Listed(rows, good / good.sum(), item.gold)
    own = pieces(sentence.text)
    target = np.zeros(len(own))
    for answer in item.answers:
        at = fold(sentence.text).find(fold(nfc(answer)))
        end = at + len(answer)
        if at < 0:
            target += [float(contains_answer(sentence.text[a:b], answer)) for a, b in own]
        else:
            target += [max(0, min(b, end) - max(a, at)) / max(1, len(answer)) for a, b in own]
    if len(own) < 2 or target.sum() <= 0:
        return listed, None
    return listed, Listed(reader.clause_rows(asked, sentence, own), target / target.sum(), item.gold)


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


def weighed(
    lists: Mapping[str, Sequence[Listed]], own: Mapping[str, float], fold_of: Mapping[str, int], without: int = -1
) -> list[Listed]:
    """The lists of several variants, each with the variant's weight, without those of one fold."""
    return [
        replace(one, weight=weight) for v, weight in own.items() for one in lists[v] if fold_of[one.group] != without
    ]


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
        lists = {v: [lists_of(reader, item) for item in found[v]] for v in variants}
        sentence = {v: [one for one, _ in lists[v] if one] for v in variants}
        clause = {v: [one for _, one in lists[v] if one] for v in variants}
        fold_of = folds([item.gold for item in found["vi"]])
        # the few English questions lean on the Vietnamese ones
        models = {"": {"vi": 1.0, "folded": 1.0}, "_cross": {"en": 1.0, "vi": 0.2} if "en" in variants else {}}
        data: dict[str, Any] = {"policy": POLICY}
        for suffix, own in models.items():
            if not own:
                continue
            totals: dict[str, list[Mapping[str, float]]] = {v: [] for v in own}
            for k in range(5):
                train = weighed(sentence, own, fold_of, k)
                train_clauses = weighed(clause, own, fold_of, k)
                reader.scorers = {
                    **reader.scorers,
                    "sentence" + suffix: fit(train, features.SENTENCE, options.hidden, options.l2),
                    "clause" + suffix: fit(train_clauses, features.CLAUSE, 0, options.l2),
                }
                for v in (v for v, weight in own.items() if weight == 1.0):
                    totals[v].append(measure(reader, [i for i in found[v] if fold_of[i.gold] == k]))
            for v in (v for v, weight in own.items() if weight == 1.0):
                n, n_first = sum(t["n"] for t in totals[v]), sum(t["n_first"] for t in totals[v])
                report[v] = {
                    "all": round(sum(t["all"] * t["n"] for t in totals[v]) / n, 4),
                    "first": round(sum(t["first"] * t["n_first"] for t in totals[v]) / n_first, 4),
                    "questions": int(n),
                    "tokens": float(np.median([t["tokens"] for t in totals[v]])),
                }
            data["sentence" + suffix] = weigh.to_data(
                fit(weighed(sentence, own, fold_of), features.SENTENCE, options.hidden, options.l2)
            )
            data["clause" + suffix] = weigh.to_data(fit(weighed(clause, own, fold_of), features.CLAUSE, 0, options.l2))
        data["report"] = report
        print(json.dumps(report, indent=1))
        options.out.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")
        index.close()


if __name__ == "__main__":
    main()
