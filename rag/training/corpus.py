"""Reads the training folder into plain records. Knows the files' layout; knows nothing of tokens or models.

The folder holds xz-compressed UTF-8 text: `parallel.tsv.xz` (English, Vietnamese, source), `sections-en-vi.jsonl.xz`,
`questions.jsonl.xz`, `wiki-sections.jsonl.xz`, `news.jsonl.xz`, and `abbreviations_*.tsv` (short form, expansion[, count]).
"""

from __future__ import annotations

import json
import lzma
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Sources translated by people (or by law/phrase experts): they get more weight than machine translation.
HUMAN = ("EnViCorpora", "StarDict", "ALQAC", "d2l", "OSM", "MLYearning", "huggingface")
# Glosses of dead or invented languages, and web reference pages: useful, but many; at most this many rows each.
CAPS = {"mdn-vi": 40_000, "tamnd-brain/practice": 10_000, "sindarin": 0, "latin": 0, "esperanto": 2_000}
SENTENCE_END = re.compile(r"(?<=[.!?…;])\s+|\n+")


@dataclass(frozen=True)
class Corpus:
    """Everything that training reads. Pairs are (English, Vietnamese); `windows` are runs of consecutive sentence pairs."""

    human: tuple[tuple[str, str], ...]
    machine: tuple[tuple[str, str], ...]
    windows: tuple[tuple[tuple[str, str], ...], ...]
    sections: tuple[dict[str, str], ...]
    questions: tuple[dict[str, str], ...]
    wiki: tuple[dict[str, str], ...]
    news: tuple[dict[str, Any], ...]
    abbreviations: tuple[tuple[str, str], ...]


def lines(path: Path) -> Iterator[str]:
    """Lines of an xz file without their line ends."""
    with lzma.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield line.rstrip("\n")


def records(path: Path) -> Iterator[dict[str, Any]]:
    """JSON objects of an xz-compressed JSONL file."""
    return (json.loads(line) for line in lines(path))


def sentences(text: str) -> list[str]:
    """Sentences of at least 16 characters, or the whole text where there is none."""
    return [s for s in SENTENCE_END.split(text) if len(s) > 15] or [text]


def head(text: str, words: int) -> str:
    """The first `words` words."""
    return " ".join(text.split()[:words])


def read(folder: Path, rng: random.Random) -> Corpus:
    """Read the whole folder; caps on single sources are filled at random by `rng`."""
    human: list[tuple[str, str]] = []
    ordered: list[tuple[str, str]] = []
    by_source: dict[str, list[tuple[str, str]]] = {}
    for line in lines(folder / "parallel.tsv.xz"):
        english, vietnamese, source = line.split("\t")
        if source.startswith(HUMAN):
            human.append((english, vietnamese))
            if source.endswith("ALT-wiki"):
                ordered.append((english, vietnamese))
        else:
            key = next((k for k in CAPS if k in source), "")
            by_source.setdefault(key, []).append((english, vietnamese))
    machine: list[tuple[str, str]] = []
    for key, pairs in by_source.items():
        cap = CAPS.get(key, len(pairs))
        machine += pairs if len(pairs) <= cap else rng.sample(pairs, cap)
    # ALT keeps the order of its articles, so neighbouring rows make paragraphs (article borders are rare among them).
    windows = tuple(tuple(ordered[i : i + 6]) for i in range(0, len(ordered) - 5, 3))
    return Corpus(
        tuple(human),
        tuple(machine),
        windows,
        tuple(records(folder / "sections-en-vi.jsonl.xz")),
        tuple(records(folder / "questions.jsonl.xz")),
        tuple(records(folder / "wiki-sections.jsonl.xz")),
        tuple(records(folder / "news.jsonl.xz")),
        abbreviations(folder),
    )


def abbreviations(folder: Path) -> tuple[tuple[str, str], ...]:
    """(short form, expansion) from the curated table and from mined rows seen at least three times."""
    found: dict[tuple[str, str], None] = {}
    for path in sorted(folder.glob("abbreviations_*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            short, expansion, *count = line.split("\t")
            if not count or int(count[0]) >= 3:
                found[short.strip(), expansion.strip()] = None
    return tuple(found)
