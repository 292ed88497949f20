"""What a smaller model would cost: `python -m rag.training.tradeoff --model DIR --dev DIR` prints size against figures.

Smaller variants are made from the trained model, without training again: dimensions by principal components of the piece
vectors, pieces by leaving out the least frequent superwords and words (their text then falls to smaller pieces), storage by
rounding. A model trained at the smaller size would be a little better than these figures say.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.models.static import StaticModel
from rag.training import evaluate, export

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Variant:
    """How to shrink: `dimension` and `pieces` at most; storage `dtype`."""

    dimension: int
    pieces: int
    dtype: str


def narrow(table: Floats, dimension: int) -> Floats:
    """(V, dimension) coordinates along the principal directions of the uncentred rows; scalar products are kept best."""
    if dimension >= table.shape[1]:
        return table
    _, directions = np.linalg.eigh(table.T.astype(np.float64) @ table)
    return np.asarray(table @ directions[:, ::-1][:, :dimension], dtype=np.float32)


def prune(table: Floats, tokenizer: Any, pieces: int) -> tuple[Floats, Any]:
    """Leave out the least likely whole words and superwords until `pieces` remain; sub-word fall-backs all stay."""
    from tokenizers import Tokenizer

    state = json.loads(tokenizer.to_str())
    vocab = state["model"]["vocab"]
    if len(vocab) <= pieces:
        return table, tokenizer
    likely = [i for i, (p, _) in enumerate(vocab) if p.startswith("▁") and len(p) > 5]
    drop = set(sorted(likely, key=lambda i: vocab[i][1])[: len(vocab) - pieces])
    kept = [i for i in range(len(vocab)) if i not in drop]
    state["model"]["vocab"] = [vocab[i] for i in kept]
    return table[kept], Tokenizer.from_str(json.dumps(state))


def rounded(table: Floats, dtype: str) -> Floats:
    """The table as it reads back from storage."""
    return np.asarray(table.astype(np.float16), np.float32) if dtype == "float16" else export.stored(table, dtype)


def megabytes(table: Floats, tokenizer: Any, dtype: str) -> float:
    """Weights and tokenizer on disk."""
    size = {"int8": 1, "float16": 2, "float32": 4}[dtype]
    weights = table.size * size + (len(table) * 4 if dtype == "int8" else 0)
    return (weights + len(tokenizer.to_str().encode())) / 1e6


def main(arguments: list[str] | None = None) -> int:
    """Print one row a variant: size, then nDCG@10 of vectors alone on each set."""
    parser = argparse.ArgumentParser(prog="python -m rag.training.tradeoff", description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True, help="folder of BEIR folders")
    parser.add_argument("--questions", type=int, default=300, help="at most so many of each set")
    options = parser.parse_args(arguments)
    model = StaticModel.load(options.model)
    tokenizer, full = model.segmenter.tokenizer, len(model.table)
    whole = model.dimension
    variants = [Variant(whole, full, d) for d in ("float32", "float16", "int8")]
    variants += [Variant(whole * k // 8, full, "int8") for k in (6, 4, 2)]
    variants += [Variant(whole, full * k // 8, "int8") for k in (7, 6, 4)]
    trials = [
        evaluate.read(p, options.questions) for p in sorted(options.dev.iterdir()) if (p / "corpus.jsonl").exists()
    ]
    print("| dimensions | pieces | stored as | MB | " + " | ".join(t.name for t in trials) + " |")
    print("|---" * (4 + len(trials)) + "|")
    for v in variants:
        table, cut = prune(narrow(model.table, v.dimension), tokenizer, v.pieces)
        results = evaluate.evaluate(rounded(table, v.dtype), cut, trials, folded=False)
        figures = " | ".join(f"{results[t.name]['vectors'][1]:.3f}" for t in trials)
        print(
            f"| {v.dimension} | {len(table):,} | {v.dtype} | {megabytes(table, cut, v.dtype):.0f} | {figures} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
