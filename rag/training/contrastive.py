"""First stage: mean-pooled vectors trained by in-batch negatives, symmetric cross-entropy over cosines / temperature.

The loss is that of Oord et al. 2018 (InfoNCE) in both directions. Only rows of pieces in the batch are touched: they are
gathered into a small dense table, and Adam's moments are kept per row.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from rag.training.kinds import Kind
from rag.training.ragged import Ragged


class RowAdam:
    """Adam (Kingma and Ba 2015) over the rows of a table that a batch touched."""

    def __init__(self, table: Any, beta1: float = 0.9, beta2: float = 0.999) -> None:
        import torch

        self.table, self.beta1, self.beta2, self.steps = table, beta1, beta2, 0
        self.mean, self.square = torch.zeros_like(table), torch.zeros_like(table)

    def step(self, rows: Any, grad: Any, lr: float) -> None:
        """Move `rows` (m,) of the table against `grad` (m, d)."""
        self.steps += 1
        mean = self.mean[rows].mul_(self.beta1).add_(grad, alpha=1 - self.beta1)
        square = self.square[rows].mul_(self.beta2).addcmul_(grad, grad, value=1 - self.beta2)
        self.mean[rows], self.square[rows] = mean, square
        rate = lr / (1 - self.beta1**self.steps)
        scale = square.div_(1 - self.beta2**self.steps).sqrt_().add_(1e-8)
        self.table[rows] -= mean.mul_(rate).div_(scale)


def gather(table: Any, *sides: Ragged) -> tuple[Any, Any, list[Any]]:
    """(rows used, their vectors as a leaf that takes gradients, per side its ids renumbered to those rows)."""
    import torch

    rows, places = np.unique(np.concatenate([s.flat for s in sides]), return_inverse=True)
    index = torch.from_numpy(rows.astype(np.int64))
    cuts = np.cumsum([len(s.flat) for s in sides])[:-1]
    return (
        index,
        table[index].requires_grad_(True),
        [torch.from_numpy(p.astype(np.int64)) for p in np.split(places, cuts)],
    )


def pool(vectors: Any, ids: Any, side: Ragged) -> Any:
    """(n, d) unit-length means of the vectors of each row's ids."""
    import torch
    from torch.nn import functional

    starts = torch.from_numpy(side.starts[:-1])
    return functional.normalize(functional.embedding_bag(ids, vectors, starts, mode="mean"), dim=1)


def info_nce(left: Any, right: Any, temperature: float) -> tuple[float, tuple[Any, Any]]:
    """Mean of the two directions' cross-entropies over unit rows (n, d) whose row i belong together, and its gradients.

    In closed form: with e_ij = exp(s_ij - 1/t), which cannot overflow since cosines are at most 1, the gradient of s is
    (e/row sums + e/column sums - 2I) / 2n. One exponential instead of two softmaxes forth and back halves a step's time.
    """
    n = len(left)
    scores = (left @ right.T).div_(temperature)
    own = scores.diagonal().clone()
    e = scores.sub_(1 / temperature).exp_()
    rows, columns = e.sum(1), e.sum(0)
    loss = ((rows.log() + columns.log()) / 2 + 1 / temperature - own).mean().item()
    grad = e.mul_(1 / rows[:, None] + 1 / columns[None, :])
    grad.diagonal().sub_(2)
    grad.mul_(1 / (2 * n * temperature))
    return loss, (grad @ right, grad.T @ left)


def train(table: Any, epochs: Any, count: int, rng: np.random.Generator, lr: float = 5e-3, most: int = 128) -> None:
    """Train `table` (V, d) in place. `epochs` yields `count` lists of kinds."""
    import torch

    adam, step, total, begin = RowAdam(table), 0, 0, time.time()
    for epoch, kinds in enumerate(epochs):
        plan = batches(kinds, rng)
        total = total or count * len(plan)
        losses: dict[str, list[float]] = {}
        for kind, rows in plan:
            left, right = kind.left.take(rows, most), kind.right.take(rows, most)
            index, vectors, (a, b) = gather(table, left, right)
            asked, held = pool(vectors, a, left), pool(vectors, b, right)
            loss, grads = info_nce(asked.detach(), held.detach(), kind.temperature)
            torch.autograd.backward([asked, held], list(grads))
            step += 1
            adam.step(index, vectors.grad, lr * min(1.0, step / 50) * max(0.0, 1 - step / total) + 1e-5)
            losses.setdefault(kind.name, []).append(loss)
        report = " ".join(f"{k}={np.mean(v[-20:]):.3f}" for k, v in losses.items())
        print(f"epoch {epoch}: {len(plan)} batches, {time.time() - begin:.0f} s; {report}", file=sys.stderr, flush=True)


def batches(kinds: list[Kind], rng: np.random.Generator) -> list[tuple[Kind, np.ndarray[Any, np.dtype[np.int64]]]]:
    """All kinds cut into batches of one kind each, in random order."""
    plan = []
    for kind in kinds:
        order = rng.permutation(len(kind.left))
        plan += [(kind, order[i : i + kind.batch]) for i in range(0, max(1, len(order) - kind.batch // 2), kind.batch)]
    return [plan[i] for i in rng.permutation(len(plan))]
