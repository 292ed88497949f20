"""Products of a question's few vectors with many rows, on the calling thread alone. Knows nothing of what the rows mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# OpenBLAS hands a product with more multiplications than this to all its threads (65,536 times its factor of 4); for
# matrices as thin as these that costs more than it saves, and the woken threads go on spinning for milliseconds on the
# processors that the other searches of the same question need.
_ALONE = 1 << 18


def products(rows: Floats, vectors: Floats) -> Floats:
    """Inner products (n, t) of `rows` (n, d) and `vectors` (t, d), both float32; (n,) for a single vector (d,)."""
    n, d = rows.shape
    t = 1 if vectors.ndim == 1 else len(vectors)
    block = min(max(_ALONE // max(2 * d * t, 1), 1), 64)
    right = vectors.T
    if n <= block:
        return np.asarray(rows @ right, dtype=np.float32)
    out = np.empty((n, *vectors.shape[:-1]), dtype=np.float32)
    whole = n - n % block
    np.matmul(rows[:whole].reshape(-1, block, d), right, out=out[:whole].reshape(-1, block, *vectors.shape[:-1]))
    np.matmul(rows[whole:], right, out=out[whole:])
    return out
