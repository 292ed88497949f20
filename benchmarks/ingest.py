"""How fast documents go in, and how fast the index answers: `python benchmarks/ingest.py --passages 100000`.

The text is made up from a fixed seed: about 6,000 syllables drawn by Zipf's law, documents of ten paragraphs of five
sentences. With `--embedder random` vectors cost next to nothing, so that the figures are those of chunking and storing;
`--embedder bundled` measures the whole flow; `--only-ingest` leaves out the rest. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import setting

from rag.index import Index
from rag.ingest.pipeline import fingerprint
from rag.settings import Settings
from rag.store import Snapshot, Store
from rag.types import Document

ONSETS = "b c ch d đ g gh h k kh l m n ng nh ph qu r s t th tr v x".split()
RHYMES = "a à á ã ạ an àn án ang áng anh ành ao áo ay ây ấy ăn ắn e ê ế en ên inh ính ì í o ó ong òng ông ống ô ổ ơ ờ u ù ung ưng ước ường uân iên iều ượng".split()


class RandomEmbedder:
    """Vectors near a few hundred centres, as those of real text are, and no cost to speak of."""

    name = "random"
    has_tokens = True
    dimension = 256
    fingerprint = "random"

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._centres = self._random.standard_normal((400, self.dimension), dtype=np.float32)
        self._pieces = self._random.integers(0, 60_000, 1_000_000).astype(np.uint32)

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        rows = self._centres[self._random.integers(0, len(self._centres), len(texts))]
        rows = rows + 0.8 * self._random.standard_normal(rows.shape, dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    embed_queries = embed_passages

    def pieces(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [self._pieces[i * 7 % 900_000 :][: max(1, len(t) // 6)] for i, t in enumerate(texts)]


def make_documents(passages: int, seed: int = 0) -> Iterator[Document]:
    """Documents of ten paragraphs, about 100 words each."""
    random = np.random.default_rng(seed)
    syllables = np.asarray([o + r for o in ONSETS for r in RHYMES] * 3)[:6000]
    random.shuffle(syllables)
    weights = 1 / np.arange(10, len(syllables) + 10)
    weights /= weights.sum()
    for number in range(0, passages, 10):
        words = random.choice(syllables, size=(10, 5, 20), p=weights)
        figures = random.integers(1, 10_000, (10, 5))
        paragraphs = []
        for p in range(10):
            sentences = []
            for s in range(5):
                line = " ".join(words[p, s])
                sentences.append(f"{line[0].upper()}{line[1:]} {figures[p, s]}.")
            paragraphs.append(" ".join(sentences))
        title = " ".join(random.choice(syllables, 6, p=weights)).capitalize()
        yield Document(f"d{number // 10:07d}", "\n\n".join(paragraphs), title=title, date="2024-05", language="vi")


def timed(run: Callable[[int], Any], times: int) -> dict[str, float]:
    """p50 and p95 of `run(i)` in milliseconds, the first three calls left out."""
    taken = []
    for i in range(times + 3):
        began = time.perf_counter()
        run(i)
        taken.append((time.perf_counter() - began) * 1000)
    taken = sorted(taken[3:])
    return {"p50": round(statistics.median(taken), 2), "p95": round(taken[int(len(taken) * 0.95)], 2)}


def measure(store: Store, embedder: Any, questions: int = 200) -> dict[str, Any]:
    """Latency of each thing a question asks of the index."""
    snapshot: Snapshot = store.snapshot()
    random = np.random.default_rng(5)
    ids = snapshot.ids
    asked = [p.text.split() for p in snapshot.passages(random.choice(ids, questions + 3).tolist())]
    texts = [" ".join(w[random.integers(0, len(w) - 13) :][:13]) for w in asked]
    queries = np.asarray(embedder.embed_queries(texts), dtype=np.float32)
    chosen = [random.choice(ids, 100, replace=False) for _ in texts]
    out = {
        "snapshot": timed(lambda i: store.snapshot().close(), questions),
        "bm25 exact": timed(lambda i: snapshot.bm25("exact", texts[i]), questions),
        "bm25 folded": timed(lambda i: snapshot.bm25("folded", texts[i]), questions),
        "search_vectors": timed(lambda i: snapshot.search_vectors(queries[i], 100), questions),
        "search_sentences": timed(lambda i: snapshot.search_sentences(queries[i], 100), questions),
        "vectors": timed(lambda i: snapshot.vectors(chosen[i]), questions),
        "sentence_vectors": timed(lambda i: snapshot.sentence_vectors(chosen[i]), questions),
        "pieces": timed(lambda i: snapshot.pieces(chosen[i]), questions),
        "passages(10)": timed(lambda i: snapshot.passages(chosen[i][:10].tolist()), questions),
    }
    snapshot.close()
    return out


def main() -> None:
    """Build, measure, change a little, measure again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=20_000)
    parser.add_argument("--embedder", default="random")
    parser.add_argument("--keep", help="folder of the index, kept; what is there is measured as it is")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--only-ingest", action="store_true")
    args = parser.parse_args()
    folder = Path(args.keep or tempfile.mkdtemp(prefix="rag-bench-"))
    settings = Settings()
    if args.embedder == "random":
        embedder: Any = RandomEmbedder()
    else:
        from rag.models.embedders import make_embedder

        embedder = make_embedder(settings.with_(embedder=args.embedder))
    result: dict[str, Any] = {**setting("ingest"), "passages": args.passages, "embedder": args.embedder}
    try:
        fresh = not (folder / "rag.sqlite3").exists()
        store = Store.create(folder, fingerprint(embedder))
        index = Index(folder, settings, embedder, store)
        if fresh:
            documents = list(make_documents(args.passages))
            cpu = time.process_time()
            if args.profile:
                import cProfile
                import pstats

                with cProfile.Profile() as profile:
                    report = index.add(documents)
                pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(35)
            else:
                report = index.add(documents)
            # On a shared machine the processor time says more than the clock.
            result["ingest_cpu_s"] = round(time.process_time() - cpu, 2)
            result["ingest_s"] = round(report.seconds, 2)
            result["stored_passages"] = report.passages
            result["passages_per_s"] = round(report.passages / report.seconds)
            result["passages_per_cpu_s"] = round(report.passages / result["ingest_cpu_s"])
        if args.only_ingest:
            print(json.dumps(result, indent=1))
            return
        result["info"] = {k: v for k, v in index.info().items() if k in ("passages", "segments", "bytes", "generation")}
        began = time.perf_counter()
        with Store.open(folder) as again, again.snapshot():
            result["open_ms"] = round((time.perf_counter() - began) * 1000, 1)
        result["ms"] = measure(store, embedder)
        result["add_one_s"] = []
        for n in range(5):
            changed = next(make_documents(10, seed=1000 + n))
            result["add_one_s"].append(round(index.add([changed]).seconds, 3))
        result["remove_one_s"] = round(index.remove(["d0000001"]).seconds, 3)
        result["ms_after_changes"] = measure(store, embedder, 50)
        result["max_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps(result, indent=1))
    finally:
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
