"""Postings of words and word pairs, and BM25 over them. Knows nothing of SQL, files or which passages are alive.

A term is a 48-bit hash, so building, merging and looking up are sorts and searches over arrays. At ten million different
terms the chance that any two share a hash is about one in six, and the harm one wrong posting list of ten million.
BM25: Robertson and Walker, SIGIR 1994, in the form Lucene uses (see rag.scoring.bm25).
"""

from __future__ import annotations

import re
from array import array
from codecs import charmap_build, charmap_decode, charmap_encode
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.scoring.bm25 import K1, B
from rag.store.files import Array, Columns, distinct
from rag.text.normalise import VIETNAMESE_LETTERS, canonical, fold, nfc, words

CHANNELS = ("exact", "folded")
_BITS = np.uint64(16)
_CHUNK = 1 << 16
_MASK = (1 << 48) - 1
_FORGET = 400_000
Hashes = NDArray[np.uint64]


def hash_word(word: str) -> int:
    """48-bit hash of a single word, the same on every machine."""
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=6).digest(), "little")


def hash_pairs(first: Hashes, second: Hashes) -> Hashes:
    """48-bit hashes of word pairs from the hashes of their words; order matters. Mixing as in MurmurHash3."""
    mixed: Hashes = np.multiply(first, np.uint64(0x9E3779B97F4A7C15), dtype=np.uint64)
    other: Hashes = np.bitwise_xor(second, np.left_shift(second, np.uint64(17)))
    mixed += np.multiply(other, np.uint64(0xC2B2AE3D27D4EB4F), dtype=np.uint64)
    mixed ^= np.right_shift(mixed, np.uint64(33))
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= np.right_shift(mixed, np.uint64(29))
    return np.bitwise_and(mixed, np.uint64(_MASK))


def _page() -> tuple[Any, bytes, str]:
    """An 8-bit code page of what Vietnamese text is made of, and its table that turns whatever is no word into blanks."""
    letters = [chr(i) for i in range(128)] + list(VIETNAMESE_LETTERS) + list("“”‘’«»–—…•·°×§\u00a0")
    page = "".join(letters + ["\ufffe"] * (256 - len(letters)))
    return charmap_build(page), bytes(i if re.match(r"\w", c) else 32 for i, c in enumerate(page)), page


_ENCODE, _BLANKS, _PAGE = _page()


def _tokens(text: str) -> Sequence[bytes | str]:
    """The words of a text, told apart but not yet in canonical form: bytes of the code page, or words where it ends.

    Splitting bytes takes a fifth of the time of the regular expression. Tone marks are placed once for each different
    word later on, which gives the same words as `rag.text.normalise.words`, since that placement looks at no other word.
    """
    try:
        return charmap_encode(nfc(text).lower(), "strict", _ENCODE)[0].translate(_BLANKS).split()
    except UnicodeEncodeError:
        return words(text)


class _Numbers(dict[bytes | str, int]):
    """Gives each new word the next number and keeps its two hashes."""

    def __init__(self) -> None:
        super().__init__()
        self.exact = array("Q")
        self.folded = array("Q")

    def __missing__(self, token: bytes | str) -> int:
        number = self[token] = len(self)
        word = canonical(charmap_decode(token, "strict", _PAGE)[0]) if isinstance(token, bytes) else token
        self.exact.append(hash_word(word))
        self.folded.append(hash_word(fold(word)))
        return number


class Vocabulary:
    """Remembers the two hashes of each word seen, so that a text costs one look-up a word."""

    def __init__(self) -> None:
        self._numbers = _Numbers()

    def encode(self, texts: Iterable[str]) -> tuple[dict[str, Hashes], NDArray[np.int64]]:
        """Hashes of the words of all texts, one after the other, for each channel, and the words in each text."""
        if len(self._numbers) > _FORGET:
            self._numbers = _Numbers()
        numbers = self._numbers
        flat: list[int] = []
        counts: list[int] = []
        for text in texts:
            found = _tokens(text)
            counts.append(len(found))
            flat += [numbers[w] for w in found]
        index = np.asarray(flat, dtype=np.int64)
        hashes: dict[str, Hashes] = {
            "exact": np.array(numbers.exact, dtype=np.uint64)[index],
            "folded": np.array(numbers.folded, dtype=np.uint64)[index],
        }
        return hashes, np.asarray(counts, dtype=np.int64)


def query_terms(text: str, channel: str) -> Hashes:
    """The distinct terms of a question, words and pairs, sorted."""
    found = words(text)
    if channel == "folded":
        found = [fold(w) for w in found]
    single = word_terms(found)
    return distinct(np.concatenate([single, hash_pairs(single[:-1], single[1:])]))


def phrase_term(text: str, folded: bool) -> Hashes:
    """The one term of a word or a pair of words; empty for anything longer or shorter."""
    found = [fold(w) if folded else w for w in words(text)]
    single = word_terms(found)
    if len(single) == 1:
        return single
    return hash_pairs(single[:1], single[1:]) if len(single) == 2 else single[:0]


def word_terms(found: Sequence[str]) -> Hashes:
    """(n,) the terms of words."""
    return np.asarray([hash_word(w) for w in found], dtype=np.uint64)


def pair_terms(first: Hashes, second: Hashes) -> Hashes:
    """(n · m,) the terms of each of n words followed by each of m, row by row; words as `word_terms` gives them."""
    return hash_pairs(np.repeat(first, len(second)), np.tile(second, len(first)))


def build(texts: Sequence[str], vocabulary: Vocabulary) -> dict[str, Array]:
    """Columns of the postings of n texts.

    `lengths` (n,) terms in each text (words and pairs; the same for both channels); for each channel C `C.terms` sorted
    hashes, `C.at` (terms + 1,) where each list starts, `C.rows` and `C.counts` the lists.
    """
    parts: list[dict[str, Array]] = []
    for i in range(0, max(len(texts), 1), _CHUNK):
        hashes, counts = vocabulary.encode(texts[i : i + _CHUNK])
        parts.append(_build_chunk(hashes, counts))
    return parts[0] if len(parts) == 1 else merge([(p, None) for p in parts])


def _build_chunk(hashes: dict[str, Hashes], counts: NDArray[np.int64]) -> dict[str, Array]:
    n = len(counts)
    rows = np.repeat(np.arange(n, dtype=np.uint64), counts)
    out: dict[str, Array] = {"lengths": (counts + np.maximum(counts - 1, 0)).astype(np.uint32)}
    inside = rows[:-1] == rows[1:]
    for channel in CHANNELS:
        single = hashes[channel]
        pairs = hash_pairs(single[:-1], single[1:])
        keys = np.concatenate([(single << _BITS) | rows, (pairs[inside] << _BITS) | rows[:-1][inside]])
        keys.sort()
        first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, np.int64)
        tf = np.diff(np.concatenate([first, [len(keys)]]))
        keys = keys[first]
        term = keys >> _BITS
        starts = np.flatnonzero(np.concatenate([[True], term[1:] != term[:-1]])) if len(term) else first
        out[f"{channel}.terms"] = term[starts]
        out[f"{channel}.at"] = np.concatenate([starts, [len(term)]]).astype(np.int64)
        out[f"{channel}.rows"] = (keys & np.uint64(0xFFFF)).astype(np.uint16)
        out[f"{channel}.counts"] = _narrow(tf)
    return out


def _narrow(counts: Array) -> Array:
    top = int(counts.max(initial=0))
    return counts.astype(np.uint8 if top < 1 << 8 else np.uint16 if top < 1 << 16 else np.uint32)


def merge(parts: Sequence[tuple[dict[str, Array], NDArray[np.bool_] | None]]) -> dict[str, Array]:
    """Join the postings of several runs of texts, in order, leaving out the texts whose mask is False.

    Costs a pass over the postings and a sort of the terms, not of the postings.
    """
    lengths = [p["lengths"] if alive is None else p["lengths"][alive] for p, alive in parts]
    total = sum(len(x) for x in lengths)
    kind = np.uint16 if total <= _CHUNK else np.uint32
    offsets = np.cumsum([0, *(len(x) for x in lengths)])
    out: dict[str, Array] = {"lengths": np.concatenate(lengths)}
    for channel in CHANNELS:
        lists = [_living(p, alive, channel) for p, alive in parts]
        terms = np.concatenate([t for t, _, _, _ in lists])
        # Several sorted runs: a sort is faster here than the hashing of np.unique.
        terms.sort(kind="stable")
        terms = terms[np.concatenate([[True], terms[1:] != terms[:-1]])] if len(terms) else terms
        places = [np.searchsorted(terms, t) for t, _, _, _ in lists]
        sizes = np.zeros(len(terms), dtype=np.int64)
        for place, (_, at, _, _) in zip(places, lists, strict=True):
            sizes[place] += np.diff(at)
        starts = np.concatenate([[0], np.cumsum(sizes)])
        rows = np.empty(int(starts[-1]), dtype=kind)
        top = max((int(c.max(initial=0)) for _, _, _, c in lists), default=0)
        counts = np.empty(len(rows), dtype=_narrow(np.asarray([top])).dtype)
        cursor = starts[:-1].copy()
        for place, offset, (_, at, r, c) in zip(places, offsets, lists, strict=False):
            widths = np.diff(at)
            target = np.repeat(cursor[place] - at[:-1], widths)
            target += np.arange(len(r))
            rows[target] = np.add(r, offset, dtype=kind, casting="unsafe")
            counts[target] = c
            cursor[place] += widths
        kept = np.flatnonzero(sizes)
        out[f"{channel}.terms"] = terms[kept]
        out[f"{channel}.at"] = np.concatenate([starts[:-1][kept], starts[-1:]])
        out[f"{channel}.rows"] = rows
        out[f"{channel}.counts"] = counts
    return out


def _living(part: dict[str, Array], alive: NDArray[np.bool_] | None, channel: str) -> tuple[Array, Array, Array, Array]:
    terms, at, rows, counts = (part[f"{channel}.{name}"] for name in ("terms", "at", "rows", "counts"))
    if alive is None or bool(alive.all()):
        return terms, at, rows, counts
    keep = alive[rows]
    renumbered = np.cumsum(alive) - 1
    before = np.concatenate([[0], np.cumsum(keep)])
    return terms, before[at], renumbered[rows[keep]].astype(rows.dtype), counts[keep]


def ranges(columns: Columns, channel: str, terms: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the list of each term starts and ends; equal where the term does not occur."""
    known = columns.whole(f"{channel}.terms")
    at = columns.whole(f"{channel}.at")
    if not len(known):
        return np.zeros(len(terms), np.int64), np.zeros(len(terms), np.int64)
    place = np.searchsorted(known, terms)
    found = known[np.minimum(place, len(known) - 1)] == terms
    place = np.where(found, place, 0)
    return np.where(found, at[place], 0), np.where(found, at[place + 1], 0)


def gather(columns: Columns, channel: str, starts: Array, ends: Array) -> tuple[Array, Array]:
    """Rows and counts of the lists [starts, ends), one after the other."""
    rows = columns.touch(f"{channel}.rows", starts, ends)
    counts = columns.touch(f"{channel}.counts", starts, ends)
    index = spread(starts, ends)
    return rows[index], counts[index]


def spread(starts: Array, ends: Array) -> NDArray[np.int64]:
    """The numbers of all ranges [start, end), one after the other."""
    widths = ends - starts
    total = int(widths.sum())
    if not total:
        return np.empty(0, dtype=np.int64)
    out = np.repeat(starts - np.concatenate([[0], np.cumsum(widths)[:-1]]), widths)
    out += np.arange(total)
    return np.asarray(out, dtype=np.int64)


def norms(lengths: Array, mean: float) -> NDArray[np.float32]:
    """k1 (1 - b + b length / mean) for each text: what a count is weighed against."""
    # The product is left in float64 and rounded once, so that the value does not depend on how texts are grouped.
    return np.asarray(K1 * (1.0 - B + B * lengths.astype(np.float64) / max(mean, 1e-9)), dtype=np.float32)
