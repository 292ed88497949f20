"""Fits the weights of the fusion rule: `python -m rag.training.fit_fusion --dev DIR [--write]`.

Every folder of `--dev` in the BEIR layout is indexed and asked through the product's own retriever; the channels of the
candidates are kept, and the weights that give the judged passages the highest share under a softmax (listwise maximum
likelihood: Cao et al., "Learning to rank", ICML 2007) are found by gradient descent, each folder counting alike, none
of them negative. From there each weight in turn is moved for as long as mean nDCG@10 itself rises (coordinate ascent:
Metzler and Croft, "Linear feature-based models for information retrieval", Information Retrieval 2007). Vietnamese
questions are asked with and without their diacritics. The weights of each pair of languages are found on the sets of that
pair and may use the channels that the retriever works out for it; those for questions across languages on statements too,
with the channels of questions; those for questions whose diacritics were restored on questions typed with them too, which
they are to be like. The channel `neighbours` is worked out with the weights that stand in the file: write, and fit again,
until they stay as they are. Also told: each folder's nDCG@10 with weights fitted on the other
folders. `--write` puts the weights into `rag/scoring/fusion.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag import Document, Index, Retriever, Settings
from rag.evaluation.beir import ROWS_WHOLE, BeirSet, load
from rag.evaluation.retrieval_metrics import ndcg, recall
from rag.retrieve.wording import Wording
from rag.scoring import fusion
from rag.text.normalise import fold

Floats = NDArray[np.float64]
RULES = {"tokens": fusion.CHANNELS, "vectors": (*fusion.LEXICAL, *fusion.DENSE)}
_EVERYWHERE = (*fusion.LEXICAL, *fusion.DENSE, *fusion.TOKENS)
_AT_HOME = (*_EVERYWHERE, *fusion.PROXIMITY, fusion.NEIGHBOURS)
COLUMNS = {
    fusion.SAME: _AT_HOME,
    fusion.FOLDED: _AT_HOME,
    fusion.CROSS: _EVERYWHERE,
    fusion.STATEMENT: (*_EVERYWHERE, *fusion.REVERSE),
}
"""The channels that passages of a pair of languages have."""
FITTED_ON = {
    fusion.SAME: (fusion.SAME,),
    fusion.FOLDED: (fusion.SAME, fusion.FOLDED),
    fusion.CROSS: (fusion.CROSS, fusion.STATEMENT),
    fusion.STATEMENT: (fusion.STATEMENT,),
}
"""Sets of which pairs the weights of a pair are found on."""
STANDARDISED = {"tokens": (), "vectors": fusion.DENSE}
RIDGE = 1e-3
DEPTH = 100
DISCOUNTS = 1 / np.log2(np.arange(2, 12))


@dataclass(frozen=True, slots=True)
class Question:
    """Candidates of one question: channels (n, c), source of each, gains by source, and the pair of languages."""

    channels: Floats
    sources: tuple[str, ...]
    gains: dict[str, int]
    pair: str

    @property
    def gold(self) -> NDArray[np.bool_]:
        return np.array([self.gains.get(s, 0) > 0 for s in self.sources], dtype=bool)


def observe(data: BeirSet, index: Index, folded: bool = False, most: int = 1000) -> list[Question]:
    """The candidates of a set's questions, scored by the retriever; every `len / most`-th question when there are more."""
    retriever, snapshot = Retriever(index, index.settings.with_(candidates=DEPTH)), index.store.snapshot()
    passages = [p for i in range(0, len(snapshot), 1000) for p in snapshot.passages(snapshot.ids[i : i + 1000])]
    step = max(1, len(data.queries) // most)
    out = []
    for query, text in list(data.queries.items())[::step]:
        asked = retriever.wording(fold(text) if folded else text, snapshot)
        scored = retriever.score(snapshot, asked, 10)
        table = np.stack([scored.channels.get(c, np.zeros(len(scored.fused))) for c in fusion.CHANNELS], axis=1)
        told = [passages[i].language for i in scored.positions.tolist()]
        cross = bool(asked.tag) and sum(bool(t) and t != asked.tag for t in told) * 2 > len(told)
        sources = tuple(passages[i].source for i in scored.positions.tolist())
        out.append(Question(table.astype(np.float64), sources, dict(data.qrels[query]), pair_of(asked, cross)))
    return out


def pair_of(asked: Wording, cross: bool) -> str:
    """Which of fusion.PAIRS a question is, `cross` where most passages are in another language."""
    if cross:
        return fusion.STATEMENT if asked.statement else fusion.CROSS
    return fusion.FOLDED if asked.language == "vi-folded" else fusion.SAME


def fit(sets: Sequence[Sequence[Question]], used: Sequence[int], steps: int = 150) -> Floats:
    """Weights (c,) that are not negative; `used` are the columns that may weigh anything. Each set counts alike."""
    groups = []
    for questions in sets:
        kept = [q for q in questions if q.gold.any() and not q.gold.all()]
        if kept:
            flat = np.concatenate([q.channels for q in kept])[:, used]
            starts = np.cumsum([0, *(len(q.sources) for q in kept[:-1])])
            groups.append((flat, starts, np.concatenate([q.gold for q in kept]), len(kept)))
    w = np.full(len(used), 3.0)
    momentum, spread = np.zeros_like(w), np.zeros_like(w)
    for step in range(1, steps + 1):
        gradient = 2 * RIDGE * w
        for flat, starts, gold, count in groups:
            sizes = np.diff([*starts, len(flat)])
            scores = flat @ w
            scores -= np.repeat(np.maximum.reduceat(scores, starts), sizes)
            weight = np.exp(scores)
            share = weight / np.repeat(np.add.reduceat(weight, starts), sizes)
            right = np.where(gold, weight, 0.0)
            aim = right / np.repeat(np.maximum(np.add.reduceat(right, starts), 1e-300), sizes)
            gradient += (share - aim) @ flat / count / len(groups)
        momentum = 0.9 * momentum + 0.1 * gradient  # Adam (Kingma and Ba, ICLR 2015)
        spread = 0.99 * spread + 0.01 * gradient**2
        rate = 0.5 * (1 - step / (steps + 1))
        w -= rate * (momentum / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.99**step)) + 1e-9)
        w = np.maximum(w, 0.0)
    full = np.zeros(len(fusion.CHANNELS))
    full[list(used)] = w
    return full


@dataclass(frozen=True, slots=True)
class Packed:
    """A set's questions as arrays: channels (q, n, c), gains (q, n), and the gain that a perfect order has (q,)."""

    channels: NDArray[np.float32]
    gains: NDArray[np.float32]
    best: NDArray[np.float32]

    @classmethod
    def of(cls, questions: Sequence[Question]) -> Packed:
        """Candidates that a question has fewer of than others are filled up with ones that come last."""
        longest = max(DEPTH, max(len(q.sources) for q in questions))
        channels = np.full((len(questions), longest, len(fusion.CHANNELS)), -1e3, dtype=np.float32)
        gains = np.zeros((len(questions), longest), dtype=np.float32)
        best = np.zeros(len(questions), dtype=np.float32)
        for i, q in enumerate(questions):
            channels[i, : len(q.sources)] = q.channels
            gains[i, : len(q.sources)] = [q.gains.get(s, 0) for s in q.sources]
            ideal = sorted((g for g in q.gains.values() if g > 0), reverse=True)[:10]
            best[i] = sum(g * d for g, d in zip(ideal, DISCOUNTS, strict=False))
        return cls(channels, gains, best)

    def ndcg(self, weights: Floats) -> float:
        """Mean nDCG@10 under weights (c,), where each candidate is a document of its own."""
        scores = self.channels @ weights.astype(np.float32)
        first = np.argpartition(-scores, 10, axis=1)[:, :10]
        order = np.argsort(-np.take_along_axis(scores, first, axis=1), axis=1, kind="stable")
        gains = np.take_along_axis(self.gains, np.take_along_axis(first, order, axis=1), axis=1)
        return float(np.mean((gains * DISCOUNTS).sum(axis=1) / np.maximum(self.best, 1e-9)))


def ascend(sets: Sequence[Packed], weights: Floats, used: Sequence[int], rounds: int = 3) -> Floats:
    """`weights` (c,) moved one at a time by ever smaller factors while the sets' mean nDCG@10 rises; they add up to 1."""
    w = weights / max(float(weights.sum()), 1e-9)
    best = float(np.mean([s.ndcg(w) for s in sets]))
    for factor in (1.6, 1.25, 1.1) * rounds:
        for i in used:
            for times in (factor, 1 / factor):
                tried = w.copy()
                tried[i] = max(tried[i], 0.004) * times
                tried /= tried.sum()
                value = float(np.mean([s.ndcg(tried) for s in sets]))
                if value > best + 1e-5:
                    w, best = tried, value
    return w


def learn(sets: Sequence[tuple[Sequence[Question], Packed]], used: Sequence[int]) -> Floats:
    """Weights (c,) that make the judged passages likely, then moved to where nDCG@10 is highest."""
    return ascend([packed for _, packed in sets], fit([questions for questions, _ in sets], used), used)


def measure(questions: Iterable[Question], weights: Floats) -> tuple[float, float]:
    """Mean nDCG@10 and recall@1 under the weights (c,)."""
    values = []
    for q in questions:
        scores = q.channels @ weights
        ranked: list[str] = list(dict.fromkeys(q.sources[i] for i in np.argsort(-scores, kind="stable").tolist()))
        values.append((ndcg(ranked, q.gains, 10), recall(ranked, q.gains, 1)))
    first, second = np.mean(values, axis=0).tolist()
    return first, second


def main(arguments: list[str] | None = None) -> int:
    """Observe, fit, tell, and write if asked."""
    parser = argparse.ArgumentParser(prog="python -m rag.training.fit_fusion", description=__doc__)
    parser.add_argument("--dev", type=Path, required=True, help="folder of folders in the BEIR layout")
    parser.add_argument("--embedder", default="bundled")
    parser.add_argument("--most", type=int, default=1000, help="questions of a folder at most")
    parser.add_argument("--only", nargs="*", default=None, help="columns that may weigh anything (default: all)")
    parser.add_argument(
        "--twice", nargs="*", default=[], help="folders that count double: those most like ordinary use"
    )
    parser.add_argument("--write", action="store_true", help="put the weights into rag/scoring/fusion.json")
    options = parser.parse_args(arguments)
    sets: dict[str, list[Question]] = {}
    settings = Settings(embedder=options.embedder, **ROWS_WHOLE)
    for folder in sorted(p for p in options.dev.iterdir() if (p / "corpus.jsonl").is_file()):
        data = load(folder)
        with tempfile.TemporaryDirectory() as place, Index.create(Path(place) / "index", settings) as index:
            index.add([Document(source=i, text=text, title=title) for i, (title, text) in data.corpus.items()])
            sets[folder.name] = observe(data, index, most=options.most)
            if majority(sets[folder.name]) == fusion.SAME:
                sets[f"{folder.name}, folded"] = observe(data, index, folded=True, most=options.most)
        print(f"observed {folder.name}", file=sys.stderr, flush=True)
    table: dict[str, dict[str, Any]] = {}
    for rule, names in RULES.items():
        table[rule] = {"standardised": list(STANDARDISED[rule])}
        scaled = {n: [scale(q, STANDARDISED[rule]) for q in questions] for n, questions in sets.items()}
        for pair in fusion.PAIRS:
            mine = {n: q for n, q in scaled.items() if majority(q) in FITTED_ON[pair]}
            used = columns(names, pair, options.only)
            if not mine:
                raise SystemExit(f"no folder has questions of the kind {pair!r}; all of {fusion.PAIRS} are needed")
            counted = {n: 2 if n.split(",")[0] in options.twice else 1 for n in mine}
            packed = {n: (q, Packed.of(q)) for n, q in mine.items()}
            weights = learn([packed[n] for n in mine for _ in range(counted[n])], used)
            table[rule][pair] = readable(weights)
            print(f"{rule}, {pair}: {table[rule][pair]}")
            for name, questions in mine.items():
                others = [packed[n] for n in mine if n != name for _ in range(counted[n])]
                left_out = measure(questions, learn(others, used)) if others else (float("nan"),) * 2
                lexical = measure(questions, np.array([c == "folded" for c in fusion.CHANNELS], dtype=float))
                told = [f"{x:.4f} {y:.4f}" for x, y in (lexical, measure(questions, weights), left_out)]
                print(
                    f"  {name:24s} folded BM25 {told[0]}   all {told[1]}   fitted on the others {told[2]}", flush=True
                )
    if options.write:
        path = Path(fusion.__file__).with_name("fusion.json")
        path.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {path}")
    return 0


def columns(names: Sequence[str], pair: str, only: Sequence[str] | None = None) -> list[int]:
    """Numbers of the channels among `names` that weigh something for a pair, or of those in `only`."""
    chosen = [c in names and c in COLUMNS[pair] and (not only or c in only) for c in fusion.CHANNELS]
    return np.flatnonzero(chosen).tolist()


def scale(question: Question, standardised: Sequence[str]) -> Question:
    """The question with the named channels standardised over its candidates."""
    channels = question.channels.copy()
    for name in standardised:
        i = fusion.CHANNELS.index(name)
        channels[:, i] = fusion.standardise(channels[:, i].astype(np.float32))
    return replace(question, channels=channels)


def majority(questions: Sequence[Question]) -> str:
    """The pair of languages of most questions of a set."""
    counts = {pair: sum(q.pair == pair for q in questions) for pair in fusion.PAIRS}
    return max(counts, key=lambda pair: counts[pair])


def readable(weights: Any) -> dict[str, float]:
    """Weights by channel, scaled so that they add up to 1, three digits; those of nothing left out."""
    total = max(float(np.sum(weights)), 1e-9)
    return {c: round(float(w) / total, 3) for c, w in zip(fusion.CHANNELS, weights) if round(float(w) / total, 3) > 0}


if __name__ == "__main__":
    raise SystemExit(main())
