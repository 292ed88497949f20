"""Retrieval figures of a model over folders in the BEIR layout: BM25, dense, MaxSim, and all together.

`python -m rag.training.evaluate --model DIR --dev DIR` prints them for a model folder.

Scores are over the whole collection, standardised per question before they are added: a yardstick for choosing models,
apart from the product's own retrieval. Knows vectors and ids; knows nothing of training.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.models.static import StaticModel
from rag.training.augment import fold
from rag.training.corpus import sentences
from rag.training.ragged import Ragged, encode

Floats = NDArray[np.float32]
FLOOR = 0.3  # cosines below this are no match


@dataclass(frozen=True)
class Trial:
    """Questions over passages; `gold[i]` are the rows of `passages` that answer question i."""

    name: str
    questions: tuple[str, ...]
    passages: tuple[str, ...]
    gold: tuple[tuple[int, ...], ...]


def read(folder: Path, most: int = 600) -> Trial:
    """At most `most` questions of a BEIR folder, drawn at random with a fixed seed."""
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").open(encoding="utf-8")]
    place = {row["_id"]: i for i, row in enumerate(rows)}
    gold: dict[str, list[int]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, passage, relevance = line.split("\t")
        if int(relevance) > 0:
            gold.setdefault(query, []).append(place[passage])
    asked = [q for q in map(json.loads, (folder / "queries.jsonl").open(encoding="utf-8")) if q["_id"] in gold]
    random.Random(0).shuffle(asked)
    passages = tuple(f"{r.get('title', '')}. {r['text']}".strip(". ") for r in rows)
    asked = asked[:most]
    return Trial(folder.name, tuple(q["text"] for q in asked), passages, tuple(tuple(gold[q["_id"]]) for q in asked))


def terms(text: str) -> list[str]:
    """Folded words and their bigrams."""
    words = re.findall(r"\w+", fold(text.lower()))
    return words + [f"{a} {b}" for a, b in itertools.pairwise(words)]


class Lexical:
    """BM25 (Robertson et al. 1994; k1 1.2, b .75) over folded unigrams and bigrams, as one sparse matrix."""

    def __init__(self, passages: tuple[str, ...] | list[str]) -> None:
        from scipy import sparse  # type: ignore[import-untyped]

        self.index: dict[str, int] = {}
        rows, columns = [], []
        for i, passage in enumerate(passages):
            for term in terms(passage):
                rows.append(i)
                columns.append(self.index.setdefault(term, len(self.index)))
        shape = (len(passages), len(self.index))
        tf = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
        tf.sum_duplicates()
        length = np.asarray(tf.sum(1)).ravel()
        df = np.bincount(tf.indices, minlength=shape[1])
        idf = np.log1p((len(passages) - df + 0.5) / (df + 0.5))
        k = 1.2 * (0.25 + 0.75 * length / length.mean())
        data = tf.data * 2.2 / (tf.data + np.repeat(k, np.diff(tf.indptr))) * idf[tf.indices]
        self.weights = sparse.csr_matrix((data.astype(np.float32), tf.indices, tf.indptr), shape=shape).T.tocsr()

    def scores(self, questions: tuple[str, ...] | list[str]) -> Floats:
        """(questions, passages) scores."""
        from scipy import sparse  # type: ignore[import-untyped]

        pairs = [(i, self.index[t]) for i, q in enumerate(questions) for t in terms(q) if t in self.index]
        rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
        ones = np.ones(len(rows), np.float32)
        asked = sparse.csr_matrix((ones, (rows, columns)), shape=(len(questions), len(self.index)))
        return np.asarray((asked @ self.weights).todense(), dtype=np.float32)


class Scorer:
    """Dense and MaxSim scores of one model, given as its table (V, d) and tokenizer."""

    def __init__(self, table: Floats, tokenizer: Any) -> None:
        self.table, self.tokenizer = table, tokenizer
        self.norms = np.linalg.norm(table, axis=1)
        self.unit = table / np.maximum(self.norms, 1e-9)[:, None]

    def embed(self, rows: Ragged) -> Floats:
        """(n, d) unit-length means."""
        sums = np.add.reduceat(self.table[rows.flat], rows.starts[:-1], axis=0)
        return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def dense(self, questions: Ragged, trial: Trial) -> Floats:
        """cos(question, passage) + the best cos(question, sentence of the passage)."""
        asked = self.embed(questions)
        split = [sentences(p) for p in trial.passages]
        starts = np.cumsum([0] + [len(s) for s in split[:-1]])
        parts = self.embed(encode(self.tokenizer, [s for group in split for s in group], 512))
        whole = self.embed(encode(self.tokenizer, trial.passages, 512))
        return np.asarray(asked @ whole.T + np.maximum.reduceat(asked @ parts.T, starts, axis=1), dtype=np.float32)

    def late(self, questions: Ragged, passages: Ragged) -> Floats:
        """sum_t |e_t| max_s cos(e_t, e_s), cosines under the floor ignored."""
        out = np.empty((len(questions), len(passages)), np.float32)
        distinct, place = np.unique(passages.flat, return_inverse=True)
        held = self.unit[distinct]
        for i in range(len(questions)):
            ids = questions[i]
            best = np.maximum.reduceat((self.unit[ids] @ held.T)[:, place], passages.starts[:-1], axis=1)
            out[i] = self.norms[ids] @ np.where(best > FLOOR, best, 0)
        return out


def standard(scores: Floats) -> Floats:
    """Each row with mean 0 and deviation 1."""
    return np.asarray(
        (scores - scores.mean(1, keepdims=True)) / (scores.std(1, keepdims=True) + 1e-9), dtype=np.float32
    )


def figures(scores: Floats, trial: Trial) -> tuple[float, float]:
    """(R@1, nDCG@10) by the best-ranked right passage of each question."""
    ranks = np.array([1 + (s > s[list(g)].max()).sum() for s, g in zip(scores, trial.gold, strict=True)], float)
    return float(np.mean(ranks == 1)), float(np.mean(np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0)))


def evaluate(
    table: Floats, tokenizer: Any, trials: list[Trial], folded: bool = True
) -> dict[str, dict[str, tuple[float, float]]]:
    """{set: {channel: (R@1, nDCG@10)}}; a Vietnamese set appears once more with its questions folded."""
    scorer, out = Scorer(table, tokenizer), {}
    for trial in trials:
        lexical = Lexical(trial.passages)
        passages = encode(tokenizer, trial.passages, 512)
        variants = {trial.name: trial.questions}
        if folded and sum(fold(q) != q for q in trial.questions) > len(trial.questions) / 2:
            variants[trial.name + " folded"] = tuple(map(fold, trial.questions))
        for name, questions in variants.items():
            asked = encode(tokenizer, questions, 64)
            lex, dense, late = lexical.scores(questions), scorer.dense(asked, trial), scorer.late(asked, passages)
            vectors = standard(dense) + standard(late)
            weight = 0.5 if trial.name.find("en-vi") < 0 else 0.15
            channels = {
                "bm25": lex,
                "dense": dense,
                "maxsim": late,
                "vectors": vectors,
                "all": vectors + weight * standard(lex),
            }
            out[name] = {k: figures(s, trial) for k, s in channels.items()}
    return out


def table(results: dict[str, dict[str, tuple[float, float]]]) -> str:
    """The figures as aligned text: R@1 / nDCG@10 per channel."""
    channels = list(next(iter(results.values()), {}))
    head = f"{'':24s}" + "".join(f"{c:>14s}" for c in channels)
    rows = [f"{n:24s}" + "".join(f"   {r[c][0]:.3f}/{r[c][1]:.3f}" for c in channels) for n, r in results.items()]
    return "\n".join([head, *rows])


def main(arguments: list[str] | None = None) -> int:
    """Print the figures of a model folder."""
    parser = argparse.ArgumentParser(prog="python -m rag.training.evaluate", description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True, help="folder of BEIR folders")
    parser.add_argument(
        "--questions", type=int, default=600, help="at most so many of each set, drawn with a fixed seed"
    )
    options = parser.parse_args(arguments)
    model = StaticModel.load(options.model)
    for path in sorted(options.dev.iterdir()):
        if (path / "corpus.jsonl").exists():
            trial = read(path, options.questions)
            print(table(evaluate(model.table, model.segmenter.tokenizer, [trial])), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
