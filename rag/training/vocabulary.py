"""A Unigram tokenizer whose vocabulary is built from counts: words, superwords, folded superwords and sub-word fall-backs.

Unigram training over text that is not split at spaces does not finish in practice; choosing the pieces by count and by
normalised pointwise mutual information (Bouma 2009) does, and a Viterbi path over those pieces prefers "chuyển▁đổi" to two
syllables by itself. Knows nothing of vectors.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rag.models.static import KEPT_SIGNS  # other punctuation carries nothing for retrieval and is dropped

WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")


@dataclass(frozen=True)
class Sizes:
    """How many pieces of each sort (upper bounds; the sum bounds the model's size)."""

    words: int = 41_000
    superwords: int = 26_000
    folded_words: int = 2_000
    folded_superwords: int = 6_000
    parts: int = 6_000
    characters: int = 500
    min_count: int = 5


def count(texts: Iterable[str]) -> tuple[Counter[str], Counter[tuple[str, ...]]]:
    """Counts of lowercased words, and of runs of two and three letter-words."""
    one: Counter[str] = Counter()
    many: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        words = WORD.findall(unicodedata.normalize("NFC", text).lower())
        one.update(words)
        run: list[str] = []
        for word in [*words, "."]:
            if word.isalpha():
                run.append(word)
            elif run:
                many.update(itertools.pairwise(run))
                many.update(zip(run, run[1:], run[2:], strict=False))
                run = []
    return one, many


def superwords(
    one: Counter[str], many: Counter[tuple[str, ...]], most: int, min_count: int
) -> list[tuple[tuple[str, ...], int]]:
    """The most frequent word runs whose normalised PMI says that they belong together."""
    total = sum(one.values())
    found = []
    for gram, n in many.items():
        if n < (3 if len(gram) == 2 else 4) * min_count:
            continue
        p = n / total
        npmi = (math.log(p) - sum(math.log(one[w] / total) for w in gram)) / (-math.log(p) * (len(gram) - 1))
        if npmi > (0.35 if len(gram) == 2 else 0.45):
            found.append((gram, n))
    found.sort(key=lambda item: (-item[1] * len(item[0]), item[0]))
    return found[:most]


def build(texts: Iterable[str], folded: Iterable[str], sizes: Sizes = Sizes()) -> Any:
    """A `tokenizers.Tokenizer` over the pieces counted in `texts`, with pieces of `folded` (text without diacritics) added."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    one, many = count(texts)
    total = sum(one.values())
    vocab: dict[str, float] = {}
    frequent = sorted(one.items(), key=lambda item: (-item[1], item[0]))
    for word, n in frequent[: sizes.words]:
        if n >= sizes.min_count and (word.isalnum() or word in KEPT_SIGNS):
            vocab["▁" + word] = math.log(n / total)
    for gram, n in superwords(one, many, sizes.superwords, sizes.min_count):
        vocab["▁" + "▁".join(gram)] = math.log(n / total) + 2.0
    one_folded, many_folded = count(folded)
    total_folded = sum(one_folded.values()) or 1
    fresh = [
        (w, n)
        for w, n in sorted(one_folded.items(), key=lambda i: (-i[1], i[0]))
        if "▁" + w not in vocab and w.isalpha()
    ]
    for word, n in fresh[: sizes.folded_words]:
        vocab["▁" + word] = math.log(n / total_folded) - 1.5
    for gram, n in superwords(one_folded, many_folded, sizes.folded_superwords, sizes.min_count):
        vocab.setdefault("▁" + "▁".join(gram), math.log(n / total_folded) + 0.5)

    parts: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    for word, n in one.items():
        characters.update(dict.fromkeys(word, n))
        if (len(word) > 3 and word.isalpha()) or (len(word) > 2 and word.isdigit()):
            for size in (2, 3, 4, 5):
                if len(word) > size:
                    parts["▁" + word[:size]] += n
                    parts[word[-size:]] += n
    for part, _ in sorted(parts.items(), key=lambda item: (-item[1], item[0]))[: sizes.parts]:
        vocab.setdefault(part, -16.0)
    letters = [c for c, _ in sorted(characters.items(), key=lambda i: (-i[1], i[0])) if c.isalnum() or c in KEPT_SIGNS]
    for letter in letters[: sizes.characters]:
        vocab.setdefault(letter, -18.0)
        vocab.setdefault("▁" + letter, -18.0)
    vocab.setdefault("▁", -20.0)
    ranked = sorted(vocab.items(), key=lambda item: (-item[1], item[0]))
    tokenizer = Tokenizer(models.Unigram([("<unk>", -30.0), *((p, round(s, 3)) for p, s in ranked)], unk_id=0))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            # Kept: runs of letter-words joined by single spaces, which superwords can span; numbers; a few signs. One pass,
            # and \p classes rather than [^\W\d_], because splitting is most of the time it takes to encode.
            pre_tokenizers.Split(
                Regex(rf"[\p{{L}}\p{{M}}]+(?: [\p{{L}}\p{{M}}]+)*|\p{{N}}+|[{KEPT_SIGNS}]"), "removed", invert=True
            ),
            pre_tokenizers.Metaspace(split=False, prepend_scheme="always"),
        ]
    )
    return tokenizer
