"""Thin products are those of numpy, whatever the shapes, and wake no other thread."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.scoring.products import products


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 700), st.integers(1, 300), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_products_are_inner_products(n: int, d: int, t: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.standard_normal((n, d)).astype(np.float32)
    vectors = random.standard_normal((t, d) if t else d).astype(np.float32)
    got = products(rows, vectors)
    assert got.shape == ((n, t) if t else (n,)) and got.dtype == np.float32
    np.testing.assert_allclose(got, rows.astype(np.float64) @ vectors.T.astype(np.float64), atol=2e-3)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts processor time of threads")
def test_no_other_thread_is_woken() -> None:
    # In a process of its own: a thread that was woken once goes on spinning for a while.
    code = """
import time
import numpy as np
from rag.scoring.products import products
rows, vectors = np.ones((4000, 256), np.float32), np.ones((16, 256), np.float32)
products(rows[:10], vectors)
time.sleep(0.3)
everyone, alone = time.process_time(), time.thread_time()
for _ in range(200):
    products(rows, vectors)
print((time.process_time() - everyone) / (time.thread_time() - alone))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.2
