"""How fast a question is searched, step by step: `python benchmarks/query.py --passages 100000 [--keep DIR]`.

The passages are those of `ingest.py`; questions are runs of 13 words out of them. Wall time, p50 and p95 in milliseconds,
of the whole search with k = 10 and of its steps, and of MaxSim alone over 100 candidates. Prints one JSON object with
machine and commit. `--embedder` takes what the setting takes; the bundled model is the default.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from common import setting
from ingest import make_documents, timed

from rag import Index, Retriever, Settings
from rag.retrieve import channels as ch
from rag.text.normalise import fold

WORDS = 13


def make_questions(index: Index, number: int, seed: int = 5) -> list[str]:
    """Runs of words out of the passages, drawn at random."""
    random = np.random.default_rng(seed)
    snapshot = index.store.snapshot()
    words = [p.text.split() for p in snapshot.passages(random.choice(snapshot.ids, number).tolist())]
    return [" ".join(w[random.integers(0, max(len(w) - WORDS, 1)) :][:WORDS]) for w in words]


def measure(index: Index, questions: list[str]) -> dict[str, Any]:
    """Latency of the search, of the same without diacritics, and of its steps one by one."""
    retriever, embedder, snapshot = Retriever(index), index.embedder, index.store.snapshot()
    times = len(questions) - 3
    asked = [retriever.wording(q, snapshot) for q in questions]
    folded = [fold(q) for q in questions]
    random = np.random.default_rng(7)
    hundred = [random.choice(snapshot.ids, min(100, len(snapshot)), replace=False) for _ in questions]
    vectors = [embedder.embed_queries(a.texts) for a in asked]
    out = {
        "search": timed(lambda i: retriever.search(questions[i], k=10), times),
        "search, no diacritics": timed(lambda i: retriever.search(folded[i], k=10), times),
        "understand": timed(lambda i: retriever.wording(questions[i], snapshot), times),
        "embed": timed(lambda i: embedder.embed_queries(asked[i].texts), times),
        "lexical": timed(lambda i: [ch.lexical(snapshot, c, asked[i].texts) for c in ("folded", "exact")], times),
        "search_vectors": timed(lambda i: snapshot.search_vectors(vectors[i][0], 50), times),
        "search_sentences": timed(lambda i: snapshot.search_sentences(vectors[i][0], 50), times),
        "dense of 100": timed(lambda i: ch.dense(snapshot, hundred[i], vectors[i]), times),
        "passages of 10": timed(lambda i: snapshot.passages(hundred[i][:10]), times),
    }
    if embedder.has_tokens:
        same = np.zeros(len(hundred[0]), dtype=bool)
        tokens = [ch.tokens(embedder, a.texts) for a in asked]
        out["maxsim of 100"] = timed(
            lambda i: ch.late(ch.pieces(snapshot, embedder, hundred[i]), embedder, tokens[i], same), times
        )
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--embedder", default="bundled")
    parser.add_argument("--keep", help="folder of the index, kept; what is there is measured as it is")
    args = parser.parse_args()
    folder = Path(args.keep or tempfile.mkdtemp(prefix="rag-bench-"))
    try:
        with Index.create(folder, Settings(embedder=args.embedder)) as index:
            if not index.info()["passages"]:
                index.add(make_documents(args.passages))
            result = {
                **setting("query"),
                "passages": index.info()["passages"],
                "embedder": index.embedder.name,
                "ms": measure(index, make_questions(index, args.questions + 3)),
            }
        print(json.dumps(result, ensure_ascii=False, indent=1))
    finally:
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
