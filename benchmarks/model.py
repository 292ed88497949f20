"""How fast the bundled model loads and encodes: `python benchmarks/model.py [--text FILE] [--sentences 20000]`.

Loading is measured in new processes: from an interpreter with numpy to the vector of a first question, without torch.
Sentences are the lines of FILE, or runs of 8 to 30 words out of seeds/, no two of them the same place; a tenth of them
goes first, so that the words of the language are known as they are in a long ingest. Prints one JSON object with machine
and commit; times on the processor (`cpu`) say more than the clock on a shared machine.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from pathlib import Path

from common import ROOT, setting, spread

LOAD = """
import sys, time, numpy
wall, cpu = time.perf_counter(), time.process_time()
from rag.models.static import StaticModel, bundled_path
StaticModel.load(bundled_path()).encode(["Hà Tĩnh có bao nhiêu tổ công nghệ số cộng đồng?"])
print(time.perf_counter() - wall, time.process_time() - cpu)
assert "torch" not in sys.modules
"""


def loading(runs: int) -> dict[str, float]:
    """Medians in milliseconds of `runs` new processes."""
    found = []
    for _ in range(runs + 1):
        out = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True, cwd=ROOT)
        found.append([float(x) for x in out.stdout.split()])
    wall, cpu = (spread([f[i] for f in found[1:]])["p50"] for i in (0, 1))
    return {"wall": wall, "cpu": cpu}


def sentences(number: int, seed: int = 3) -> list[str]:
    """Runs of words out of the sample corpus."""
    words = [p.read_text(encoding="utf-8").split() for p in sorted((ROOT / "seeds").glob("*.*"))]
    draw = random.Random(seed)
    out = []
    for _ in range(number):
        text = draw.choice(words)
        length = draw.randint(8, 30)
        start = draw.randrange(max(len(text) - length, 1))
        out.append(" ".join(text[start : start + length]))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, help="a file with a sentence a line")
    parser.add_argument("--sentences", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    from rag import Settings
    from rag.models.embedders import make_embedder

    embedder = make_embedder(Settings(embedder="bundled"))
    if args.text:
        texts = [line for line in args.text.read_text(encoding="utf-8").splitlines() if line.strip()][: args.sentences]
    else:
        texts = sentences(args.sentences)
    known = len(texts) // 10
    embedder.embed_passages(texts[:known])
    texts = texts[known:]
    wall, cpu = time.perf_counter(), time.process_time()
    embedder.embed_passages(texts)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    result = {
        **setting("model"),
        "load_ms": loading(args.runs),
        "sentences": len(texts),
        "characters_a_sentence": round(sum(map(len, texts)) / len(texts), 1),
        "sentences_per_s": {"wall": round(len(texts) / wall), "cpu": round(len(texts) / cpu)},
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
