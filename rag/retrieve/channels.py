"""The scores of candidate passages, channel by channel, each on a scale that does not depend on the collection.

Knows snapshots and embedders; knows nothing of how channels are weighed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.models.embedders import Embedder
from rag.scoring import fusion, maxsim

if TYPE_CHECKING:
    from rag.store import Snapshot

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token vectors of the wordings: unit rows (t, d), weights (t,), and which rows belong to which wording."""

    vectors: Floats
    weights: Floats
    bounds: tuple[int, ...]


def lexical(snapshot: Snapshot, channel: str, texts: tuple[str, ...], mask: NDArray[np.bool_] | None = None) -> Floats:
    """(N,) BM25 in [0, 1], as a share of the best that a wording gets among the passages of `mask`; the highest share
    over all wordings, aligned with snapshot.ids."""
    best = np.zeros(len(snapshot), dtype=np.float32)
    for text in texts:
        np.maximum(best, fusion.share(snapshot.bm25(channel, text), mask), out=best)
    return best


def dense(snapshot: Snapshot, ids: Ids, queries: Floats) -> dict[str, Floats]:
    """Cosines (n,) of passages and of their best sentences with the nearest wording; `queries` (w, d) unit rows."""
    whole = np.asarray((snapshot.vectors(ids) @ queries.T).max(axis=1), dtype=np.float32)
    flat, bounds = snapshot.sentence_vectors(ids)
    single = whole.copy()
    filled = np.flatnonzero(np.diff(bounds))
    if len(filled):
        near = np.asarray((flat @ queries.T).max(axis=1), dtype=np.float32)
        single[filled] = np.maximum.reduceat(near, bounds[:-1][filled])
    return {"dense": whole, "sentence": single}


def tokens(embedder: Embedder, texts: tuple[str, ...]) -> Tokens:
    """Token vectors of the wordings; a wording without tokens has none."""
    units, norms = embedder.token_table()
    pieces = embedder.pieces(texts)
    bounds = np.cumsum([0, *(len(p) for p in pieces)])
    flat = np.concatenate(pieces).astype(np.int64) if bounds[-1] else np.zeros(0, dtype=np.int64)
    weights = maxsim.importance(np.asarray(norms[flat], dtype=np.float32))
    return Tokens(np.asarray(units[flat], dtype=np.float32), weights, tuple(bounds.tolist()))


def late(snapshot: Snapshot, embedder: Embedder, ids: Ids, asked: Tokens) -> dict[str, Floats]:
    """MaxSim (n,) of whole passages, and of their best sentence together with the passage's context."""
    n = len(ids)
    empty = np.zeros(n, dtype=np.float32)
    if not n or not len(asked.weights):
        return {"maxsim": empty, "maxsim_sentence": empty}
    units, _ = embedder.token_table()
    flat, starts, sentence_at = snapshot.pieces(ids)
    context, context_starts = snapshot.context_pieces(ids)
    # One call for both, so that each distinct piece is multiplied once: sentences first, then contexts.
    bounds = np.concatenate([starts, starts[-1] + context_starts[1:]])
    best = maxsim.best_cosines_of_groups(asked.vectors, units, np.concatenate([flat, context]), bounds)
    of_sentence, of_context = best[: len(starts) - 1], best[len(starts) - 1 :]
    counts = np.diff(sentence_at)
    together = np.maximum(of_sentence, np.repeat(of_context, counts, axis=0))
    whole, filled = of_context.copy(), np.flatnonzero(counts)
    if len(filled):
        whole[filled] = np.maximum.reduceat(together, sentence_at[:-1][filled], axis=0)
    passage, single = empty, empty
    for first, last in zip(asked.bounds, asked.bounds[1:], strict=False):
        if last <= first:
            continue
        weights = asked.weights[first:last]
        score = maxsim.weighted(whole[:, first:last], weights)
        passage = np.maximum(passage, score)
        alone = score.copy()
        if len(filled):
            per_sentence = maxsim.weighted(together[:, first:last], weights)
            alone[filled] = np.maximum.reduceat(per_sentence, sentence_at[:-1][filled])
        single = np.maximum(single, alone)
    return {"maxsim": passage, "maxsim_sentence": single}


def at(channels: Mapping[str, Floats], position: int) -> dict[str, float]:
    """The channels of one candidate as plain numbers."""
    return {name: round(float(values[position]), 6) for name, values in channels.items()}
