"""Kills an ingest at random moments and looks at what is left: `python benchmarks/kill.py --kills 50`.

A child process ingests 500 documents from a folder and is sent SIGKILL somewhere between its first write and its last.
The index is then opened, verified in full (SQLite's own check, every checksum, counts of texts, vectors and postings)
and compared with the documents: each one is there whole or not at all. The same index is used until the ingest is
complete, then a new one is begun. Prints one JSON object; exits 1 if any kill left damage.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.index import Index
from rag.ingest.pipeline import fingerprint
from rag.settings import Settings
from rag.store import Store


class HashEmbedder:
    """A vector that depends on the text alone, at no cost."""

    name = "hash"
    has_tokens = True
    dimension = 64
    fingerprint = "hash"

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        raw = b"".join(hashlib.blake2b(t.encode(), digest_size=64).digest() for t in texts)
        rows = np.frombuffer(raw, np.uint8).reshape(-1, 64).astype(np.float32) - 127.5
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def pieces(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [np.arange(len(t) % 9, dtype=np.uint32) for t in texts]


def open_index(folder: Path) -> Index:
    embedder = HashEmbedder()
    settings = Settings(commit_documents=20)
    return Index(folder, settings, embedder, Store.create(folder, fingerprint(embedder)))  # type: ignore[arg-type]


def write_corpus(folder: Path, documents: int) -> dict[str, str]:
    folder.mkdir()
    texts = {}
    for n in range(documents):
        lines = [f"Tài liệu {n} đoạn {i}. Số liệu riêng là {n * 131 + i} trường hợp." for i in range(1 + n % 5)]
        name = f"d{n:04d}.txt"
        (folder / name).write_text("\n\n".join(lines), encoding="utf-8")
        texts[name] = "\n\n".join(lines)
    return texts


def examine(folder: Path, texts: dict[str, str]) -> tuple[list[str], int]:
    """What is wrong with the index, and how many documents it holds."""
    if not (folder / "rag.sqlite3").exists():
        return [], 0
    with open_index(folder) as index:
        told = index.verify()
        held = {d.source: d for d in index.documents()}
        with index.store.snapshot() as snapshot:
            passages = snapshot.passages(snapshot.ids)
            for source in held:
                mine = [p for p in passages if p.source == source]
                text = snapshot.document(source).text
                if text != texts.get(source):
                    told.append(f"{source}: its text is not the file's")
                if not mine or any(text[p.start : p.end] != p.text for p in mine):
                    told.append(f"{source}: {len(mine)} passages, not whole")
                if mine[-1].end != len(text):
                    told.append(f"{source}: its last passage is missing")
            if len(passages) != sum(d.passages for d in held.values()):
                told.append("passages and documents do not add up")
            word = texts[next(iter(held))].split()[1] if held else ""
            scores = snapshot.bm25("folded", f"tai lieu {word} doan")
            if held and not (scores > 0).all():
                told.append("a passage is missing from the postings")
        return told, len(held)


def main() -> int:
    """Run the kills; 0 when none left damage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", nargs=2, metavar=("INDEX", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        with open_index(Path(args.child[0])) as index:
            print("ready", flush=True)
            index.add([args.child[1]])
        return 0
    pick = random.Random(args.seed)
    damage: list[str] = []
    counts: list[int] = []
    finished = killed = 0
    with tempfile.TemporaryDirectory() as temporary:
        corpus, folder = Path(temporary) / "docs", Path(temporary) / "index"
        texts = write_corpus(corpus, args.documents)
        full = time.monotonic()
        with open_index(Path(temporary) / "once") as index:
            index.add([corpus])
            expected = index.content_hash
        full = time.monotonic() - full
        while killed < args.kills:
            command = [sys.executable, __file__, "--child", str(folder), str(corpus)]
            child = subprocess.Popen(
                command, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
            )
            assert child.stdout is not None
            child.stdout.readline()
            try:
                child.wait(pick.uniform(0, full * 0.6))
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.wait()
                killed += 1
            told, held = examine(folder, texts)
            damage += [f"kill {killed}: {t}" for t in told]
            counts.append(held)
            if child.returncode == 0:
                finished += 1
                with open_index(folder) as index:
                    if index.content_hash != expected:
                        damage.append(f"kill {killed}: the finished index differs from one made in one go")
                shutil.rmtree(folder)
    print(json.dumps({"kills": killed, "damage": damage, "ingests_completed": finished, "documents_found": counts}))
    return 1 if damage else 0


if __name__ == "__main__":
    sys.exit(main())
