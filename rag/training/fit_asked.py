"""Fits what sentences are scored by, and when to refuse, on questions asked over documents beside the reading set:
``python -m rag.training.fit_asked --data DIR --asked DIR --corpus DIR``.

DIR of ``--data`` holds ``reading-vi/`` (and, where there is one, ``reading-en-vi/``), as for ``fit_reader``; ``--asked`` holds question sets
(``*.jsonl`` as described in ``eval/README.md``), each by other writers, and ``--corpus`` the documents they are asked of. What rules add to
a sentence's score is held fixed. First the sentence scorers are written to ``weights/reader.json`` (its clauses and policy are kept), then
the refusal, over the signals of the reader that has them, to ``weights/abstain.json``. Every figure printed is of questions of sets that
were left out of the fit.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.ask import abstain, features, support, weigh
from rag.ask.pipeline import Rag
from rag.ask.read_extractive import ExtractiveReader
from rag.evaluation.sets import Question, load
from rag.index import Index
from rag.settings import Settings
from rag.text.normalise import contains_answer, fold
from rag.training import fit_abstain, fit_reader
from rag.training.listwise import Listed, fit_lists, fit_logistic
from rag.types import Query

Floats = NDArray[np.float64]
FOLDS = 5
READING_SET = "reading "  # what the groups of the reading set begin with: its paragraphs, each a group
HIDDEN, L2 = 12, 3e-3  # of the sentence scorers
LEAN = 0.2  # what a Vietnamese question counts for the scorer across languages
# what an unanswerable question counts in the fit of the refusal; each kind of index then counts its answerable ones as much
COUNTS = {"other": 1.0, "near": 0.3, "other of reading": 0.5, "made within": 0.05, "made across": 0.3}
READING = {"same": 2.0, "cross": 1.0}  # what the reading set counts beside the asked questions
REFUSAL_L2 = {"same": 1e-2, "cross": 3e-3}
# within one language the decision does without likeness: it costs nothing there, and other embedders' cosines have other scales
LIKENESS = frozenset("dense maxsim maxsim_near meaning meaning_strict meaning_worst meaning_near".split())
REFUSED = {
    "same": 0.0225,
    "cross": 0.04,
}  # share of rightly read questions of the reading set that the operating point refuses


@dataclass(frozen=True)
class Read:
    """A question that was read: the set it is of, its language kind ("same" or "cross"), what it is, and the signals of its draft.

    ``sort`` is "right", "near" or "other", for the reading set "right of reading", "other of reading" or what was made of it."""

    group: str
    across: str
    sort: str
    signals: Mapping[str, float]


def sets(folder: Path) -> Iterator[tuple[str, Question]]:
    """The questions of all sets in ``folder``, each with its set's name."""
    for path in sorted(folder.glob("*.jsonl")):
        for question in load(path).questions:
            yield path.stem, question


def variants(question: Question) -> Iterator[str]:
    """The wordings a single question is read in: as it is and, of a Vietnamese one with diacritics, without."""
    yield question.question
    if "vi" in question.tags and fold(question.question) != question.question:
        yield fold(question.question)


def asked_lists(rag: Rag, folder: Path) -> list[tuple[str, Listed]]:
    """("vi", "folded" or "en", list) of each single answerable question of the sets."""
    out = []
    for name, question in sets(folder):
        if not question.answerable or question.history or "single" not in question.tags:
            continue
        for text in variants(question):
            query, hits, _ = rag.found(text)
            if len(query.parts) < 2:
                found = _listed(rag.reader, query, hits, name, None, question.answers)
                out += [(_variant(query), found)] if found else []
    return out


def reading_lists(rag: Rag, folder: Path) -> list[tuple[str, Listed]]:
    """The same of the reading set's questions, whose answer must stand in the paragraph they were asked of."""
    out = []
    for variant in _variants(folder):
        for text, answers, gold in fit_reader.questions(folder, variant):
            query, hits, _ = rag.found(text)
            if len(query.parts) < 2:
                found = _listed(rag.reader, query, hits, f"{READING_SET}{gold}", gold, (answers,))
                out += [(_variant(query), found)] if found else []
    return out


def _variants(folder: Path) -> tuple[str, ...]:
    """The wordings in which the reading set of ``folder`` is asked."""
    return ("vi", "folded", "en") if (folder.parent / "reading-en-vi").is_dir() else ("vi", "folded")


def of_reading(group: str) -> bool:
    """Whether a group of questions is of the reading set."""
    return group.startswith(READING_SET)


def _variant(query: Query) -> str:
    return {"en": "en", "vi-folded": "folded"}.get(query.language, "vi")


def _listed(
    reader: ExtractiveReader,
    query: Query,
    hits: Sequence[Any],
    group: str,
    gold: str | None,
    answers: Sequence[Sequence[str]],
) -> Listed | None:
    """A question's sentences, those that hold its answers as target; None where none does. A list of several answers is told by the
    sentence that holds most of them."""
    asked, sentences, rows, abbreviated = reader.rows(query, query.parts[0] if query.parts else query.text, hits)
    good = np.array(
        [
            (gold is None or hits[s.hit].source == gold)
            * sum(any(contains_answer(s.text, a) for a in alternatives) for alternatives in answers)
            / max(1, len(answers))
            for s in sentences
        ],
        dtype=float,
    )
    if not good.any():
        return None
    good = fit_reader.likeliest(good, rows)
    return Listed(rows, good / good.sum(), group, 1.0, reader.ruled(asked, sentences, hits, rows, abbreviated))


def _balanced(lists: Sequence[tuple[str, Listed]], own: Mapping[str, float]) -> list[Listed]:
    """The lists of the wanted variants, the reading set's counting as much in all as the asked ones."""
    chosen = [(one, own[variant]) for variant, one in lists if variant in own]
    total = {True: 0.0, False: 0.0}
    for one, weight in chosen:
        total[of_reading(one.group)] += weight
    return [replace(one, weight=weight / total[of_reading(one.group)]) for one, weight in chosen]


def _fold_of(groups: Sequence[str]) -> dict[str, int]:
    return fit_reader.folds(groups, FOLDS)


def fit_sentences(lists: Sequence[tuple[str, Listed]]) -> tuple[dict[str, weigh.Scorer], dict[str, Any]]:
    """The scorers "sentence" and "sentence_cross", and the share of questions whose best sentence is right, sets and paragraphs left out."""
    scorers: dict[str, weigh.Scorer] = {}
    report: dict[str, Any] = {}
    fold_of = _fold_of([one.group for _, one in lists])
    for part, own in (
        ("sentence", {"vi": 1.0, "folded": 1.0}),
        ("sentence_cross", {"en": 1.0, "vi": LEAN, "folded": LEAN}),
    ):
        right: dict[str, list[bool]] = {}
        for k in range(FOLDS):
            scorer = _fit([(v, one) for v, one in lists if fold_of[one.group] != k], own)
            for variant, one in lists:
                if own.get(variant) == 1.0 and fold_of[one.group] == k:
                    best = int(np.argmax(scorer(one.rows) + (0.0 if one.offset is None else one.offset)))
                    name = f"{variant}, {'reading' if of_reading(one.group) else 'asked'}"
                    right.setdefault(name, []).append(bool(one.target[best] > 0))
        report |= {name: {"right": round(float(np.mean(of)), 4), "questions": len(of)} for name, of in right.items()}
        scorers[part] = _fit(lists, own)
    return scorers, report


def _fit(lists: Sequence[tuple[str, Listed]], own: Mapping[str, float]) -> weigh.Scorer:
    return fit_lists(_balanced(lists, own), features.SENTENCE, l2=L2, hidden=HIDDEN, seed=3)


def asked_reads(rag: Rag, folder: Path) -> Iterator[Read]:
    """What the reader made of the sets' questions, but where it read wrongly what can be answered."""
    for name, question in sets(folder):
        texts = list(variants(question)) if question.answerable and not question.history else [question.question]
        for text in texts:
            if (draft := _draft(rag, text, question.history)) is None:
                continue
            across, written, signals = draft
            if question.answerable:
                if all(any(contains_answer(written, a) for a in alternatives) for alternatives in question.answers):
                    yield Read(name, across, "right", signals)
            else:
                yield Read(name, across, "near" if "near-miss" in question.tags else "other", signals)


def _draft(rag: Rag, text: str, history: Sequence[tuple[str, str]] = ()) -> tuple[str, str, Mapping[str, float]] | None:
    """Kind of language, text and signals of a question's draft; None for small talk and where a rule refuses whatever the rest says."""
    query, hits, by_part = rag.found(text, history)
    if query.chitchat or not hits:
        return None
    draft = rag.reader.read(query, hits, by_part)
    if abstain.absent(draft.signals):
        return None
    return ("cross" if query.language == "en" else "same"), draft.text, draft.signals


def reading_reads(rag: Rag, folder: Path, asked: Path) -> Iterator[Read]:
    """The same of the reading set, its paragraphs asked the asked sets' questions of other things too."""
    for variant in _variants(folder):
        for number, (text, answers, gold) in enumerate(fit_reader.questions(folder, variant)):
            if variant == "folded" and number % 3:
                continue
            draft = _draft(rag, text)
            if draft and fit_reader.holds(draft[1], answers):
                yield Read(f"{READING_SET}{gold}", draft[0], "right of reading", draft[2])
    for name, question in sets(asked):
        if "off-topic" in question.tags and (draft := _draft(rag, question.question)):
            yield Read(f"{READING_SET}{name}", draft[0], "other of reading", draft[2])


def made_reads(folder: Path, where: str) -> Iterator[Read]:
    """Unanswerable questions made of the reading set: its paragraph hidden, its answer cut out, a name or year exchanged."""
    rng = np.random.default_rng(11)
    index = fit_reader.make_index(folder, f"{where}/made", Settings())
    names = fit_abstain.names_in(index)
    whole = [(index, fit_abstain.reading_cases(folder, "vi", names, rng, 0.5))]
    for own, cases in chain(whole, fit_abstain.cut_rounds(folder, where, rng, 2)):
        cases = [case for case in cases if not case.answerable]
        rows, kept = fit_abstain.signals_of(own, cases)
        for row, place in zip(rows, kept, strict=True):
            signals = dict(zip(support.NAMES, map(float, row), strict=True))
            yield Read(f"{READING_SET}{cases[place].gold}", "same", "made", signals)


def fit_refusal(reads: Sequence[Read]) -> dict[str, Any]:
    """The data of ``weights/abstain.json``: weights, operating points, and the reliability curve of sets left out."""
    data: dict[str, Any] = {"points": {}, "reliability": {}, "report": {}}
    fold_of = _fold_of([one.group for one in reads])
    for across in ("same", "cross"):
        own = [one for one in reads if one.across == across]
        unused = LIKENESS if across == "same" else frozenset[str]()
        x = np.array([[one.signals.get(n, 0.0) * (n not in unused) for n in support.NAMES] for one in own])
        y = np.array([one.sort.startswith("right") for one in own], dtype=float)
        weights = _weights(own, across)
        place = np.array([fold_of[one.group] for one in own])
        score = np.zeros(len(own))
        for k in range(FOLDS):
            left = place != k
            score[~left] = _refusal(x[left], y[left], weights[left], across)(x[~left])
        chance = 1.0 / (1.0 + np.exp(-np.clip(score, -30, 30)))
        sort = np.array([one.sort for one in own])
        point = fit_abstain.operating_point(
            chance[sort == "right of reading"], np.ones(int((sort == "right of reading").sum())), REFUSED[across]
        )
        data[across] = weigh.to_data(_refusal(x, y, weights, across))
        data["points"][across] = round(point, 4)
        data["reliability"][across] = fit_abstain.reliability(chance, y)
        data["report"][across] = {
            name: {
                "n": int((sort == name).sum()),
                "refused": round(float((chance[sort == name] < point).mean()), 3),
            }
            for name in sorted(set(sort))
        }
    return data


def _weights(own: Sequence[Read], across: str) -> Floats:
    """What each question counts: the answerable of the asked sets 1 in all, the unanswerable too; the same of the reading set, times READING."""
    made = "made within" if across == "same" else "made across"
    weights = np.array([COUNTS.get(made if one.sort == "made" else one.sort, 1.0) for one in own])
    reading = np.array([of_reading(one.group) for one in own])
    right = np.array([one.sort.startswith("right") for one in own])
    for of_reading in (True, False):
        for answered in (True, False):
            chosen = (reading == of_reading) & (right == answered)
            if chosen.any():
                weights[chosen] *= (READING[across] if of_reading else 1.0) / weights[chosen].sum()
    return weights


def _refusal(x: Floats, y: Floats, weights: Floats, across: str) -> weigh.Scorer:
    return fit_logistic(x, y, support.NAMES, REFUSAL_L2[across], weights, seed=5, signs=fit_abstain.SIGNS)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with reading-vi/ (and reading-en-vi/)")
    parser.add_argument("--asked", type=Path, required=True, help="folder of question sets")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the documents they are asked of")
    parser.add_argument("--only", choices=["reader", "refusal"], help="fit one of the two")
    options = parser.parse_args(arguments)
    folder = options.data / "reading-vi"
    with tempfile.TemporaryDirectory() as where:
        reading = fit_reader.make_index(folder, f"{where}/reading", Settings())
        corpus = Index.create(f"{where}/corpus", Settings())
        corpus.add([options.corpus])
        over_reading, over_corpus = Rag(reading), Rag(corpus)
        if options.only != "refusal":
            lists = [*asked_lists(over_corpus, options.asked), *reading_lists(over_reading, folder)]
            scorers, report = fit_sentences(lists)
            data = {**weigh.table("reader"), **{part: weigh.to_data(one) for part, one in scorers.items()}}
            data["report"] = report
            print(json.dumps(report, indent=1))
            fit_reader.OUT.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")
            for rag in (over_reading, over_corpus):
                rag.reader.scorers = {**rag.reader.scorers, **scorers}
        if options.only != "reader":
            reads = [*asked_reads(over_corpus, options.asked), *reading_reads(over_reading, folder, options.asked)]
            refusal = fit_refusal([*reads, *made_reads(folder, where)])
            print(json.dumps({k: refusal[k] for k in ("points", "report")}, indent=1))
            fit_abstain.OUT.write_text(json.dumps(refusal, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
