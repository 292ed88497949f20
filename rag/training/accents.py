"""Counts which Vietnamese syllables follow each other: `python -m rag.training.accents --data DIR`.

Reads the training folder and writes ``rag/retrieve/weights/syllables.npz``: what `rag.retrieve.accents` needs to put the
diacritics back into a question, besides the index itself. Arrays: `words` (all words, one string, by blanks, the most frequent
first), `chance` (V,) their probabilities, `pairs` (P,) uint32 keys first · V + second ascending, where V stands for the beginning
of a sentence as first, and `follows` (P,) uint8, -16 · log of the chance that the second follows the first, rounded. Questions
count several times, since questions are what is restored.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rag.text.normalise import canonical, fold, nfc
from rag.training.corpus import lines, records

WORDS = 9_000
PAIRS = 300_000
LEAST = 4
QUESTIONS = 6  # times that a question counts
# How much a form's share of its syllable must be for it to be worth telling apart.
SHARE = 0.002
_WORD = re.compile(r"[^\W\d_]+")
_STOP = re.compile(r"[.!?…;:()\[\]“”\"\n]+")


def texts(folder: Path) -> Iterator[tuple[str, int]]:
    """Vietnamese texts of the training folder, and how often each counts."""
    for row in records(folder / "questions.jsonl.xz"):
        if row.get("lang") in ("vi", "vi-en"):
            yield row["question"], QUESTIONS
        yield row["passage"], 1
    for row in records(folder / "news.jsonl.xz"):
        for value in row.values():
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str):
                    yield text, 1
    for row in records(folder / "wiki-sections.jsonl.xz"):
        yield from ((row[name], 1) for name in ("title", "heading", "body") if row.get(name))
    for row in records(folder / "sections-en-vi.jsonl.xz"):
        yield row["passage_vi"], 1
    for line in lines(folder / "parallel.tsv.xz"):
        cells = line.split("\t")
        if len(cells) > 1:
            yield cells[1], 1


def clauses(text: str) -> Iterator[list[str]]:
    """The words of each clause that is surely Vietnamese and typed with diacritics, in lower case."""
    for clause in _STOP.split(canonical(nfc(text))):
        found = _WORD.findall(clause)
        if len(found) > 2 and sum(1 for w in found if not w.isascii()) * 3 > len(found):
            yield found


def count(folder: Path) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """How often each word stands, and each pair of neighbours ("" before the first of a clause)."""
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    for text, times in texts(folder):
        for found in clauses(text):
            for _ in range(times):
                single.update(found)
                double.update(zip(["", *found], found, strict=False))
    return single, double


def tables(single: Counter[str], double: Counter[tuple[str, str]]) -> dict[str, np.ndarray]:
    """The arrays to be written."""
    of_syllable: Counter[str] = Counter()
    for word, n in single.items():
        of_syllable[fold(word)] += n
    kept = [
        word
        for word, n in sorted(single.items(), key=lambda x: (-x[1], x[0]))
        if len(word) < 8 and n >= SHARE * of_syllable[fold(word)]
    ][:WORDS]
    number = {word: i for i, word in enumerate(kept)} | {"": len(kept)}
    total = sum(single.values())
    starts = Counter({a: 0 for a in number})
    for (a, _), n in double.items():
        if a in starts:
            starts[a] += n
    best = sorted(
        ((n, a, b) for (a, b), n in double.items() if n >= LEAST and a in number and b in number and b),
        key=lambda x: (-x[0], x[1], x[2]),
    )[:PAIRS]
    keys = np.array([number[a] * len(kept) + number[b] for _, a, b in best], dtype=np.uint32)
    chance = np.array([n / starts[a] for n, a, _ in best])
    order = np.argsort(keys)
    return {
        "words": np.array(" ".join(kept)),
        "chance": np.array([single[w] / total for w in kept], dtype=np.float32),
        "pairs": keys[order],
        "follows": np.clip(np.rint(-16 * np.log(chance[order])), 0, 255).astype(np.uint8),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the training folder")
    folder = Path(__file__).parents[1] / "retrieve" / "weights"
    parser.add_argument("--out", type=Path, default=folder / "syllables.npz")
    args = parser.parse_args()
    made = tables(*count(args.data))
    np.savez_compressed(args.out, **made)  # type: ignore[arg-type]
    print(f"{len(made['chance'])} words, {len(made['pairs'])} pairs, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
