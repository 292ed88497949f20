"""The scores of candidate passages, channel by channel, each on a scale that does not depend on the collection.

Knows snapshots and embedders; knows nothing of how channels are weighed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.models.embedders import Embedder
from rag.retrieve.rarity import Rarities
from rag.scoring import fusion, maxsim
from rag.scoring.products import products
from rag.store.files import distinct

if TYPE_CHECKING:
    from rag.store import Snapshot

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
FULL = 0.3


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token vectors of the wordings: unit rows (t, d), their lengths (t,), and which rows belong to which wording."""

    vectors: Floats
    norms: Floats
    bounds: tuple[int, ...]


class Everywhere:
    """A lexical channel worked out for every passage: `values` (N,)."""

    def __init__(self, values: Floats) -> None:
        self.values = values

    def at(self, positions: Ids) -> Floats:
        """(n,) the values at these positions."""
        return self.values[positions]

    def best(self, k: int, allowed: Ids | None = None) -> Ids:
        """Positions of the `k` highest values above 0, in no particular order; only of those `allowed`, if given."""
        chosen = self.values if allowed is None else self.values[allowed]
        best = fusion.top(chosen, k)
        if allowed is not None:
            best = allowed[best]
        return np.asarray(best[self.values[best] > 0.0])


class WhereAsked(Everywhere):
    """The same channel over all passages of a large index, worked out only for those that are asked for.

    Every value and every choice is the same as that of `lexical` without a mask (see rag.store.matches). `most` is how
    many of the best will be asked for.
    """

    def __init__(self, snapshot: Snapshot, channel: str, texts: tuple[str, ...], most: int) -> None:
        self._matches = [snapshot.matches(channel, text) for text in texts]
        self._most = max(most, 1)
        near = [found.best(self._most) for found in self._matches]
        self._near = [positions for positions, _ in near]
        self._tops = [np.float32(scores.max(initial=0.0)) for _, scores in near]

    @cached_property
    def values(self) -> Floats:  # type: ignore[override]
        """(N,) the whole channel."""
        return self._highest([found.everywhere() for found in self._matches])

    def at(self, positions: Ids) -> Floats:
        return self._highest([found.at(positions) for found in self._matches])

    def best(self, k: int, allowed: Ids | None = None) -> Ids:
        if allowed is not None or k > self._most:
            return super().best(k, allowed)
        # What is among the k best by its highest share is among the k best by that wording.
        positions = self._near[0] if len(self._near) == 1 else distinct(np.concatenate(self._near))
        values = self.at(positions)
        chosen = fusion.top(values, k)
        return np.asarray(positions[chosen[values[chosen] > 0.0]])

    def _highest(self, scores: Sequence[Floats]) -> Floats:
        best = np.zeros(len(scores[0]), dtype=np.float32)
        for found, top in zip(scores, self._tops, strict=True):
            if top > 0.0:
                np.maximum(best, found / top, out=best)
        return best


def lexical(
    snapshot: Snapshot,
    channel: str,
    texts: tuple[str, ...],
    mask: NDArray[np.bool_] | None = None,
    rarities: Rarities | None = None,
) -> Floats:
    """(N,) BM25 in [0, 1], as a share of the best that a wording gets among the passages of `mask`; the highest share
    over all wordings, aligned with snapshot.ids.

    With `rarities` the best itself counts in full only when it meets the share FULL of the question's weight: where
    the other passages are in another language, the best of the few may well be no match at all.
    """
    best: Floats | None = None
    for text in texts:
        scores = snapshot.bm25(channel, text)
        share = fusion.share(scores, mask)
        if rarities is not None:
            most = rarities.ceiling(snapshot, text, channel == "folded")
            top = float((scores if mask is None else scores[mask]).max(initial=0.0))
            share *= np.float32(min(1.0, top / most / FULL) if most > 0.0 else 0.0)
        best = share if best is None else np.maximum(best, share, out=best)
    return np.zeros(len(snapshot), dtype=np.float32) if best is None else best


def dense(snapshot: Snapshot, ids: Ids, queries: Floats, vectors: Floats | None = None) -> dict[str, Floats]:
    """Cosines (n,) of passages, of their best sentence and of their best two neighbouring sentences with the nearest
    wording; `queries` (w, d) unit rows, `vectors` (n, d) those of the passages where they are at hand."""
    whole = products(snapshot.vectors(ids) if vectors is None else vectors, queries).max(axis=1)
    flat, bounds = snapshot.sentence_vectors(ids)
    near = products(flat, queries)
    after = _after(len(flat), bounds)
    # The cosine with the sum of two unit vectors, from their own cosines: no sum is ever formed. A sentence that has none
    # after it is taken twice.
    beside = np.ones(len(flat), dtype=np.float32)
    np.einsum("ij,ij->i", flat[:-1], flat[1:], out=beside[:-1])
    beside[after == np.arange(len(flat))] = 1.0
    lengths = np.sqrt(np.maximum(2.0 + 2.0 * beside, 1e-6))
    double = (near + near[after]).max(axis=1) / lengths
    return {
        "dense": whole,
        "sentence": _highest(near.max(axis=1), bounds, whole),
        "sentence_pair": _highest(np.asarray(double, dtype=np.float32), bounds, whole),
    }


def tokens(embedder: Embedder, texts: tuple[str, ...]) -> Tokens:
    """Token vectors of the wordings; a wording without tokens has none."""
    units, norms = embedder.token_table()
    pieces = embedder.pieces(texts)
    bounds = np.cumsum([0, *(len(p) for p in pieces)])
    flat = np.concatenate(pieces).astype(np.int64) if bounds[-1] else np.zeros(0, dtype=np.int64)
    lengths = np.asarray(norms[flat], dtype=np.float32)
    return Tokens(np.asarray(units[flat], dtype=np.float32), lengths, tuple(bounds.tolist()))


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of n passages, each passage's context and then its sentences: `numbers` (u,) the distinct ones, `place`
    (m,) of each piece in them, `starts` (g + 1,) of the contexts and sentences, `groups` (n + 1,) the first of each
    passage, its context."""

    numbers: Ids
    place: NDArray[np.int32]
    starts: Ids
    groups: Ids


def pieces(snapshot: Snapshot, embedder: Embedder, ids: Ids) -> Pieces:
    """The pieces of the passages `ids` (n,)."""
    units, _ = embedder.token_table()
    flat, starts, groups = snapshot.all_pieces(ids)
    return Pieces(*maxsim.distinct(flat, len(units)), starts, groups)


def late(
    held: Pieces, embedder: Embedder, asked: Tokens, cross: NDArray[np.bool_], statement: bool = False
) -> dict[str, Floats]:
    """MaxSim (n,) of whole passages, of their best sentence and of their best two neighbouring sentences, sentences
    taken together with the passage's context.

    `cross` (n,) tells which passages are in another language than the question. For a `statement` also the channels
    REVERSE: of the sentence, without the context, that it says most of; and of the best harmonic mean with MaxSim.
    """
    n, names = len(held.groups) - 1, (*fusion.TOKENS, *(fusion.REVERSE if statement else ()))
    if not n or not len(asked.norms):
        return {name: np.zeros(n, dtype=np.float32) for name in names}
    units, norms = embedder.token_table()
    cosines = products(np.asarray(units[held.numbers], dtype=np.float32), asked.vectors)
    best = maxsim.best_of_groups(cosines, held.place, held.starts, maxsim.FLOOR)
    of_context, of_sentence = best[held.groups[:-1]], np.delete(best, held.groups[:-1], axis=0)
    sentence_at = held.groups - np.arange(n + 1)
    together = np.maximum(of_sentence, np.repeat(of_context, np.diff(sentence_at), axis=0))
    whole = _highest(together, sentence_at, of_context)
    double = np.maximum(together, together[_after(len(together), sentence_at)])
    passage, single, pair = (weigh(rows, asked, False) for rows in (whole, together, double))
    if cross.any():
        owners = np.repeat(cross, np.diff(sentence_at))
        passage = np.where(cross, weigh(whole, asked, True), passage)
        single = np.where(owners, weigh(together, asked, True), single)
        pair = np.where(owners, weigh(double, asked, True), pair)
    found = {
        "maxsim": passage,
        "maxsim_sentence": _highest(single, sentence_at, passage),
        "maxsim_pair": _highest(pair, sentence_at, passage),
    }
    if statement:
        weights = maxsim.importance(np.asarray(norms[held.numbers], dtype=np.float32))
        found |= _reverse(cosines, weights, together, held, asked)
    return found


def _reverse(cosines: Floats, weights: Floats, together: Floats, held: Pieces, asked: Tokens) -> dict[str, Floats]:
    """The channels REVERSE (n,): `cosines` (u, t) and `weights` (u,) of the distinct pieces, `together` (s, t) the best
    cosines of the sentences with their contexts. Of several wordings the one that suits a passage best."""
    n = len(held.groups) - 1
    contexts, sentence_at = held.groups[:-1], held.groups - np.arange(n + 1)
    none = np.zeros(n, dtype=np.float32)
    out = {name: none for name in fusion.REVERSE}
    for first, last in zip(asked.bounds, asked.bounds[1:], strict=False):
        if last > first:
            every = maxsim.reverse(cosines[:, first:last], weights, held.place, held.starts)
            back = np.delete(every, contexts)
            forth = maxsim.weighted(together[:, first:last], maxsim.importance(asked.norms[first:last], True))
            for name, values in zip(fusion.REVERSE, (back, maxsim.f1(back, forth)), strict=True):
                out[name] = np.maximum(out[name], _highest(values, sentence_at, none))
    return out


def _after(n: int, bounds: Ids) -> Ids:
    """(n,) the row behind each of n rows within its group between `bounds`; the last one of a group is its own."""
    rows = np.arange(1, n + 1)
    last = bounds[1:][np.diff(bounds) > 0] - 1
    rows[last] = last
    return rows


def weigh(best: Floats, asked: Tokens, across: bool) -> Floats:
    """MaxSim (m,) of m texts from their best cosines (m, t): that of the wording which suits each best."""
    out = np.zeros(len(best), dtype=np.float32)
    for first, last in zip(asked.bounds, asked.bounds[1:], strict=False):
        if last > first:
            weights = maxsim.importance(asked.norms[first:last], across)
            np.maximum(out, maxsim.weighted(best[:, first:last], weights), out=out)
    return out


def _highest(values: Floats, bounds: Ids, otherwise: Floats) -> Floats:
    """The highest of each group of rows between `bounds` (n + 1,); `otherwise` (n, ...) for empty groups."""
    out, filled = otherwise.copy(), np.flatnonzero(np.diff(bounds))
    if len(filled):
        out[filled] = np.maximum.reduceat(values, bounds[:-1][filled], axis=0)
    return out


def at(channels: Mapping[str, Floats], position: int) -> dict[str, float]:
    """The channels of one candidate as plain numbers."""
    return {name: round(float(values[position]), 6) for name, values in channels.items()}
