"""What an index must answer, worked out the slow and obvious way from plain Python values."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np

from rag.ingest.changes import Put
from rag.text.normalise import fold, words


def terms(text: str, channel: str) -> list[str]:
    singles = words(text)
    if channel == "folded":
        singles = [fold(w) for w in singles]
    return singles + [f"{a} {b}" for a, b in pairwise(singles)]


class Brute:
    """Documents by source, and every search over them."""

    def __init__(self) -> None:
        self.puts: dict[str, Put] = {}

    def rows(self) -> list[tuple[str, int]]:
        return [(p.source, p.start) for put in self.puts.values() for p in put.passages]

    def texts(self) -> dict[tuple[str, int], str]:
        return {(p.source, p.start): p.text for put in self.puts.values() for p in put.passages}

    def vectors(self) -> dict[tuple[str, int], np.ndarray]:
        return {
            (p.source, p.start): np.asarray(v, np.float16).astype(np.float32)
            for put in self.puts.values()
            for p, v in zip(put.passages, put.vectors, strict=True)
        }

    def sentences(self) -> dict[tuple[str, int, int], np.ndarray]:
        out = {}
        for put in self.puts.values():
            at = 0
            for passage, count in zip(put.passages, put.sentence_counts, strict=True):
                for number in range(count):
                    row = np.asarray(put.sentence_vectors[at], np.float16).astype(np.float32)
                    out[passage.source, passage.start, number] = row
                    at += 1
        return out

    def bm25(self, channel: str, text: str) -> dict[tuple[str, int], float]:
        bags = {
            (p.source, p.start): Counter(terms(p.indexed_text, channel))
            for put in self.puts.values()
            for p in put.passages
        }
        n = len(bags)
        if not n:
            return {}
        mean = sum(sum(b.values()) for b in bags.values()) / n
        out = dict.fromkeys(bags, 0.0)
        for term in set(terms(text, channel)):
            df = sum(term in b for b in bags.values())
            idf = math.log(1 + (n - df + 0.5) / (df + 0.5))
            for key, bag in bags.items():
                tf = bag[term]
                if tf:
                    out[key] += idf * tf / (tf + 1.2 * (0.25 + 0.75 * sum(bag.values()) / mean))
        return out

    def frequency(self, word: str, channel: str) -> int:
        bags = [set(terms(p.indexed_text, channel)) for put in self.puts.values() for p in put.passages]
        term = terms(word, channel)[-1]
        return sum(term in b for b in bags)
