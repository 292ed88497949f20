"""How near to each other, and how near to a passage's beginning, the words of a question stand in it.

Two channels after the proximity of query terms (Tao and Zhai, "An exploration of proximity measures in information
retrieval", SIGIR 2007): `window`, the share of the question's words, weighted by rarity, that stands together within
WINDOW words; and `lead`, the share that stands in the title or within the first LEAD words after it. Words are compared
without diacritics, by the stored pieces: nothing is read but what MaxSim reads. Knows nothing of how channels are weighed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.models.embedders import Embedder
from rag.models.parts import WordParts
from rag.retrieve.channels import Pieces
from rag.retrieve.rarity import Rarities
from rag.scoring import fusion
from rag.text.normalise import fold, words

if TYPE_CHECKING:
    from rag.store import Snapshot

WINDOW = 20
LEAD = 25
# Wordings that are looked for: each is a pass over the candidates, and later ones differ little.
MOST = 2

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
Terms = tuple[NDArray[np.uint32], Floats]


def terms(snapshot: Snapshot, embedder: Embedder, rarities: Rarities, parts: WordParts, text: str) -> Terms:
    """The numbers (t,) of the word parts of `text`, each once, and their shares (t,) of its weight, which add up to 1.

    A word weighs as much as it is rare in the index, divided evenly among its parts; a part in several words as in the
    one where it weighs most. Without any known word t is 0.
    """
    asked = list(dict.fromkeys(words(text)))
    weights: dict[int, float] = {}
    rarity = rarities.of(snapshot, [fold(word) for word in asked], True).tolist()
    pieces = embedder.pieces(asked)
    numbers, begins = parts.of(np.concatenate([np.zeros(0, dtype=np.uint32), *pieces]))
    ends = begins[np.cumsum([len(found) for found in pieces], dtype=np.int64)].tolist()
    for first, last, weight in zip([0, *ends], ends, rarity, strict=False):
        for number in numbers[first:last].tolist():
            weights[number] = max(weights.get(number, 0.0), weight / (last - first))
    shares = np.fromiter(weights.values(), dtype=np.float32, count=len(weights))
    total = float(shares.sum())
    if total <= 0.0:
        return np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.float32)
    return np.fromiter(weights, dtype=np.uint32, count=len(weights)), shares / np.float32(total)


def proximity(held: Pieces, parts: WordParts, wordings: Sequence[Terms]) -> dict[str, Floats]:
    """`window` and `lead` (n,) of n passages in [0, 1], of the wording that suits each best."""
    n = len(held.groups) - 1
    out = {name: np.zeros(n, dtype=np.float32) for name in fusion.PROXIMITY}
    # Of the distinct pieces: the parts, where each one's begin, and how many it has.
    numbers, begins = parts.of(held.numbers)
    counts = np.diff(begins)
    # Places are counted in parts, through all passages; a passage's own begin and end, and its first after the title.
    ends = np.zeros(len(held.place) + 1, dtype=np.int64)
    np.cumsum(counts.take(held.place), out=ends[1:])
    edges = ends[held.starts[held.groups]]
    titles = ends[held.starts[held.groups[:-1] + 1]] if n else edges[:0]
    for asked, shares in wordings:
        if not len(asked):
            continue
        term = np.full(parts.size, -1, dtype=np.int32)
        term[asked] = np.arange(len(asked), dtype=np.int32)
        of_part = term[numbers]
        telling = np.logical_or.reduceat(of_part >= 0, begins[:-1]) if len(numbers) else np.zeros(0, dtype=bool)
        hits = np.flatnonzero(telling.take(held.place))
        if len(hits):
            # The parts of the pieces that have a word of the question: their places, and which word they are.
            piece = held.place[hits]
            many = counts[piece]
            offset = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
            which = of_part[np.repeat(begins[piece], many) + offset]
            at = (np.repeat(ends[hits], many) + offset)[which >= 0]
            found = _found(at, which[which >= 0], shares, edges, titles)
            for name, values in zip(fusion.PROXIMITY, found, strict=True):
                np.maximum(out[name], values, out=out[name])
    return out


def _found(at: Ids, which: NDArray[np.int32], shares: Floats, edges: Ids, titles: Ids) -> tuple[Floats, Floats]:
    """Both channels (n,) from the places `at` (h,), ascending, and numbers (h,) of the words that are found there.

    `edges` (n + 1,) are the places where passages begin, and the end of the last; `titles` (n,) where their titles end.
    """
    n, weight = len(titles), shares[which]
    owner = np.searchsorted(edges, at, side="right") - 1
    # The same words side by side, each in order of place: what follows is the next of its kind.
    order = np.argsort(which.astype(np.int16), kind="stable")  # of small numbers a radix sort
    again = which[order[1:]] == which[order[:-1]]
    behind = np.full(len(at), np.iinfo(np.int64).max)
    behind[order[:-1][again]] = at[order[1:][again]]
    # A word counts from where it stands until it is a window behind, stands again, or the passage ends.
    until = np.minimum(np.minimum(at + WINDOW, behind), edges[owner + 1])
    size = int(edges[-1]) + 1
    covered = np.cumsum(np.bincount(at, weight, size) - np.bincount(until, weight, size))
    window = np.zeros(n, dtype=np.float32)
    filled = np.flatnonzero(np.diff(edges))
    window[filled] = np.maximum.reduceat(covered[:-1], edges[:-1][filled])
    # Of each word in each passage its first counts, if it stands early enough.
    first = np.ones(len(at), dtype=bool)
    first[order[1:][again & (owner[order[1:]] == owner[order[:-1]])]] = False
    early = first & (at < titles[owner] + LEAD)
    lead = np.bincount(owner[early], weight[early], n)
    return window, np.asarray(lead, dtype=np.float32)
