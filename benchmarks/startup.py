"""How much sooner `rag ask` prints its answer than a program that only imports the usual libraries returns.

    python benchmarks/startup.py [--index DIR] [--runs 5]

Both are whole processes started anew, interleaved, medians of the same number of runs; the ratio is the figure.
An index over seeds/ is built first when none is given. Prints JSON with machine, commit and figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
QUESTION = "how many community digital teams did Hà Tĩnh have by 10/2022"
IMPORTS = "import sentence_transformers, faiss, langchain_core.runnables"


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", help="built index (default: a temporary one over seeds/)")
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        index = args.index or str(Path(temporary) / "index")
        if not args.index:
            subprocess.run(
                [sys.executable, "-m", "rag", "ingest", "seeds", "--index", index],
                check=True,
                cwd=ROOT,
                stdout=sys.stderr,
            )
        ask = [sys.executable, "-m", "rag", "ask", QUESTION, "--index", index]
        imports = [sys.executable, "-c", IMPORTS]
        seconds(ask), seconds(imports)  # warm the disk cache for both alike
        pairs = [(seconds(ask), seconds(imports)) for _ in range(args.runs)]
    mine, theirs = (statistics.median(p[i] for p in pairs) for i in (0, 1))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT
    ).stdout.strip()
    result = {
        "benchmark": "startup",
        "commit": commit,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "rag_ask_s": round(mine, 3),
        "imports_s": round(theirs, 3),
        "ratio": round(theirs / mine, 2),
        "runs": args.runs,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
