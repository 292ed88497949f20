"""Batches whose rows are hard for one another, found with the model itself and with BM25. Knows kinds and tables; no files.

In-batch negatives are only as hard as the batch. Rows whose passages are near a question's own (by the current vectors, or
by BM25 terms) are put into the same batch, so that each serves as the other's hard negative.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.training.evaluate import Scorer
from rag.training.kinds import Kind
from rag.training.ragged import Index, Ragged

Floats = NDArray[np.float32]


def by_model(kind: Kind, table: Floats, tokenizer: Any, rows: Index, near: int) -> Index:
    """(rows, near) for each row the rows whose passages the model ranks highest for its question, its own left out.

    Candidates that outscore the right passage by far are likelier unlabelled answers than negatives, and are skipped.
    """
    scorer = Scorer(table, tokenizer)
    asked, held = scorer.embed(kind.left.take(rows)), scorer.embed(kind.right.take(rows))
    out = np.empty((len(rows), near), np.int64)
    for i in range(0, len(rows), 1024):
        scores = asked[i : i + 1024] @ held.T
        own = scores[np.arange(len(scores)), np.arange(i, i + len(scores))]
        scores[scores > np.maximum(own, 0.0)[:, None] + 0.05] = -1
        scores[np.arange(len(scores)), np.arange(i, i + len(scores))] = -1
        out[i : i + 1024] = np.argpartition(-scores, near, axis=1)[:, :near]
    return out


def by_terms(kind: Kind, rows: Index, near: int) -> Index:
    """(rows, near) for each row the rows whose passages BM25 over pieces ranks highest for its question, its own left out."""
    from scipy import sparse  # type: ignore[import-untyped]

    def bags(side: Ragged) -> Any:
        width = int(max(kind.left.flat.max(), kind.right.flat.max())) + 1
        m = sparse.csr_matrix((np.ones(len(side.flat), np.float32), side.flat, side.starts), shape=(len(side), width))
        m.sum_duplicates()
        return m

    asked, tf = bags(kind.left.take(rows)), bags(kind.right.take(rows))
    length = np.asarray(tf.sum(1)).ravel()
    df = np.bincount(tf.indices, minlength=tf.shape[1])
    idf = np.log1p((len(rows) - df + 0.5) / (df + 0.5))
    k = 1.2 * (0.25 + 0.75 * length / length.mean())
    tf.data = (tf.data * 2.2 / (tf.data + np.repeat(k, np.diff(tf.indptr))) * idf[tf.indices]).astype(np.float32)
    weights = tf.T.tocsr()
    out = np.empty((len(rows), near), np.int64)
    for i in range(0, len(rows), 512):
        scores = np.asarray((asked[i : i + 512] @ weights).todense())
        scores[np.arange(len(scores)), np.arange(i, i + len(scores))] = -1
        out[i : i + 512] = np.argpartition(-scores, near, axis=1)[:, :near]
    return out


def hard_batches(
    kind: Kind, table: Floats, tokenizer: Any, count: int, size: int, rng: np.random.Generator, terms: bool
) -> list[tuple[Kind, Index]]:
    """`count` batches of `size` rows: seeds drawn at random, each with three neighbours that are hard for it."""
    pool = min(len(kind.left), max(count * size // 2, 16_000), 30_000)
    rows = rng.permutation(len(kind.left))[:pool]
    near = by_model(kind, table, tokenizer, rows, 6)
    if terms:
        near = np.concatenate([near, by_terms(kind, rows, 4)], axis=1)
    out = []
    for _ in range(count):
        seeds = rng.permutation(pool)[: size // 3]
        picks = near[seeds[:, None], rng.integers(0, near.shape[1], (len(seeds), 3))]
        chosen = np.unique(np.concatenate([seeds, picks.ravel()]))
        out.append((kind, rows[rng.permutation(chosen)[:size]]))
    return out
