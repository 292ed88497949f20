"""The command: `python -m rag.training --data DIR [--dev DIR] --out DIR [--seed N]`. Knows the order of the stages."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from rag.training import contrastive, dictionary, evaluate, export, maxsim, negatives, vocabulary
from rag.training.augment import fold
from rag.training.corpus import Corpus, head, read
from rag.training.kinds import Drawer, Kind
from rag.training.ragged import encode

# Shares of the second stage's batches.
LATE_MIX = {
    "windows": 0.14,
    "asked_pairs": 0.14,
    "glossed": 0.16,
    "cloze": 0.18,
    "news": 0.07,
    "wiki": 0.09,
    "questions": 0.1,
    "sections": 0.06,
    "human": 0.06,
}


def say(begin: float, text: str) -> None:
    """A progress line on standard error."""
    print(f"[{time.time() - begin:6.0f} s] {text}", file=sys.stderr, flush=True)


def texts(corpus: Corpus) -> Iterator[str]:
    """What the vocabulary is counted over: human translations three times, passages cut to their first words."""
    for e, v in corpus.human:
        yield from (e, v, e, v, e, v)
    for e, v in corpus.machine:
        yield from (e, v)
    yield from vietnamese(corpus)
    for r in corpus.questions:
        yield from (r["question"], head(r["passage"], 120))
    for r in corpus.sections[::3]:
        yield from (head(r["passage_en"], 60), head(r["passage_vi"], 60))


def vietnamese(corpus: Corpus) -> Iterator[str]:
    """Running Vietnamese text: titles and heads of news and encyclopaedia."""
    for n in corpus.news:
        yield n["title"]
        yield head(n["paragraphs"][-1] if n["paragraphs"] else n["abstract"], 70)
    for w in corpus.wiki:
        yield f"{w['title']}. {w.get('heading') or ''}. {head(w['body'], 70)}"


def late_plan(
    kinds: list[Kind], table: Any, tokenizer: Any, steps: int, size: int, rng: np.random.Generator
) -> list[Any]:
    """Batches of the second stage: two of three are hard ones."""
    plan: list[Any] = []
    for kind in kinds:
        share = round(steps * LATE_MIX.get(kind.name, 0.0))
        if not share:
            continue
        same = kind.name in ("cloze", "news", "wiki", "questions")
        hard = (
            negatives.hard_batches(kind, table, tokenizer, share * 2 // 3, size, rng, terms=same) if kind.query else []
        )
        plan += hard + [(kind, rng.permutation(len(kind.left))[:size]) for _ in range(share - len(hard))]
    return [plan[i] for i in rng.permutation(len(plan))]


def main(arguments: list[str] | None = None) -> int:
    """Run all stages; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m rag.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the training text")
    parser.add_argument("--dev", type=Path, help="folder of BEIR folders to report figures on")
    parser.add_argument("--out", type=Path, required=True, help="model folder to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dimension", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--late-steps", type=int, default=900, help="batches of the second stage")
    parser.add_argument("--questions", type=int, default=300, help="of each dev set, at most")
    parser.add_argument("--dtype", choices=export.DTYPES, default="int8", help="of the stored weights")
    parser.add_argument(
        "--keep", type=Path, help="folder for the tokenizer and the table after every epoch, to look at"
    )
    options = parser.parse_args(arguments)

    import torch

    # One thread: sums come out in one order, so the same seed gives the same weights.
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.set_float32_matmul_precision("medium")  # bfloat16 products where the processor has them
    torch.manual_seed(options.seed)
    rng, begin = np.random.default_rng(options.seed), time.time()
    corpus = read(options.data, random.Random(options.seed))
    say(
        begin,
        f"read {len(corpus.human)} human and {len(corpus.machine)} machine pairs, {len(corpus.news)} news, {len(corpus.wiki)} wiki",
    )
    folded = (fold(t) for i, t in enumerate(vietnamese(corpus)) if i % 3 == 0)
    tokenizer = vocabulary.build(texts(corpus), folded)
    size = tokenizer.get_vocab_size()
    say(begin, f"{size} pieces")
    pairs = [*corpus.human, *corpus.machine]
    words = dictionary.mine(
        encode(tokenizer, [e for e, _ in pairs], 40), encode(tokenizer, [v for _, v in pairs], 40), size
    )
    say(begin, f"{len(words.score)} word pairs")
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(options.keep / "tokenizer.json"))
    drawer = Drawer(corpus, tokenizer, words)

    table = torch.randn(size, options.dimension) * 0.1

    def keep(name: str) -> None:
        if options.keep is not None:
            np.save(options.keep / name, table.numpy())

    def epochs() -> Iterator[list[Kind]]:
        for epoch in range(options.epochs):
            yield drawer.draw(random.Random(options.seed * 1000 + epoch))
            keep(f"epoch{epoch}.npy")

    contrastive.train(table, epochs(), options.epochs, rng)
    trials = (
        [evaluate.read(p, options.questions) for p in sorted(options.dev.iterdir()) if (p / "corpus.jsonl").exists()]
        if options.dev
        else []
    )
    say(begin, "first stage done\n" + evaluate.table(evaluate.evaluate(table.numpy(), tokenizer, trials)))

    kinds = drawer.draw(random.Random(options.seed * 1000 + 999))
    half = options.late_steps // 2
    for part in range(2):  # hard negatives are mined again halfway
        plan = late_plan(kinds, table.numpy(), tokenizer, half, 256, rng)
        say(begin, f"second stage, part {part + 1}: {len(plan)} batches")
        maxsim.train(table, plan, lr=1e-3 if part == 0 else 5e-4)
    table[0] = 0  # the unknown piece matches nothing
    weights = table.numpy()
    export.write(options.out, weights, tokenizer, options.dtype, {"seed": options.seed})
    report = evaluate.table(evaluate.evaluate(export.stored(weights, options.dtype), tokenizer, trials))
    say(begin, "done\n" + report)
    print(report)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
