"""Second stage: the same vectors refined as token vectors of late interaction. Knows kinds of pairs; knows no files.

The score is the one of retrieval: MaxSim (Khattab and Zaharia 2020) where each query token weighs as much as its vector is
long, sum_t |e_t| max_s cos(e_t, e_s) / sum_t |e_t|. Similarities are computed once per pair of distinct pieces, so a batch of
hundreds of passages is one matrix product. The mean-pooled loss is kept beside it, so that pooled vectors stay good.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from rag.training.contrastive import RowAdam, gather, pool
from rag.training.kinds import Kind
from rag.training.ragged import Index, Ragged


def best_matches(similar: Any, passages: Any, mask: Any, chunk: int = 64) -> Any:
    """(query pieces, passages) highest similarity; gradients flow to the winning piece alone.

    `similar` (query pieces, passage pieces); `passages` (n, longest) columns of it, `mask` the real ones.
    """
    import torch

    with torch.no_grad():
        winners = []
        for i in range(0, len(passages), chunk):
            columns = passages[i : i + chunk]
            values = similar[:, columns.flatten()].view(len(similar), *columns.shape)
            values = values.masked_fill(~mask[None, i : i + chunk], -2.0)
            place = values.argmax(2)
            winners.append(columns.expand(len(similar), -1, -1).gather(2, place[..., None])[..., 0])
        winner = torch.cat(winners, 1)
    return similar.gather(1, winner)


def late_scores(vectors: Any, left: Ragged, a: Any, right: Ragged, b: Any) -> Any:
    """(queries, passages) MaxSim scores in [0, 1] of ragged sides whose ids `a`, `b` number the rows of `vectors`."""
    import torch
    from torch.nn.functional import normalize

    asked, slot = torch.unique(a, return_inverse=True)
    held, place = torch.unique(b, return_inverse=True)
    similar = normalize(vectors[asked], dim=1) @ normalize(vectors[held], dim=1).T
    table, mask = Ragged(place.numpy().astype(np.int32), right.starts).padded()
    best = best_matches(similar, torch.from_numpy(table.astype(np.int64)), torch.from_numpy(mask)).clamp(min=0)
    norms = vectors[asked].norm(dim=1)
    row = torch.from_numpy(np.repeat(np.arange(len(left)), left.lengths))
    weights = torch.zeros(len(left), len(asked)).index_put((row, slot), norms[slot], accumulate=True)
    return (weights / weights.sum(1, keepdim=True)) @ best


def train(
    table: Any,
    plan: list[tuple[Kind, Index]],
    lr: float = 1e-3,
    late_temperature: float = 0.04,
    mean_temperature: float = 0.05,
    mean_weight: float = 0.5,
    longest: tuple[int, int] = (32, 96),
    watch: Callable[[int], None] | None = None,
) -> None:
    """Refine `table` (V, d) in place over a plan of batches; rows of a batch may be hard for one another."""
    import torch
    from torch.nn.functional import cross_entropy

    adam, begin, losses = RowAdam(table), time.time(), []
    for step, (kind, rows) in enumerate(plan):
        left, right = kind.left.take(rows, longest[0]), kind.right.take(rows, longest[1])
        index, vectors, (a, b) = gather(table, left, right)
        target = torch.arange(len(rows))
        late = late_scores(vectors, left, a, right, b) / late_temperature
        mean = pool(vectors, a, left) @ pool(vectors, b, right).T / mean_temperature
        loss = (
            cross_entropy(late, target)
            + mean_weight * (cross_entropy(mean, target) + cross_entropy(mean.T, target)) / 2
        )
        loss = loss + 0.5 * cross_entropy(late.T, target)
        loss.backward()
        adam.step(index, vectors.grad, lr * min(1.0, step / 20) * (1 - step / len(plan)) + 1e-6)
        losses.append(loss.item())
        if step % 100 == 99:
            print(
                f"maxsim {step + 1}/{len(plan)}: {np.mean(losses[-100:]):.3f}, {time.time() - begin:.0f} s",
                file=sys.stderr,
                flush=True,
            )
        if watch is not None:
            watch(step)
