"""How long an answer takes beyond its search: `python benchmarks/answer.py [--index DIR] [--questions FILE]`.

Asks the extractive reader the questions of FILE (JSON lines with "question"; default eval/seed.jsonl or the first set in
eval/) over DIR (default: a temporary index of seeds/), twice, and reports the second time: p50 and p95 in milliseconds of
each stage and of reading and verifying together, by the clock, and processor time of the whole. Prints one JSON object
with machine and commit.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from common import ROOT, setting, spread

from rag import Index, Rag


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--most", type=int, default=100)
    args = parser.parse_args()
    chosen = args.questions or next(p for p in sorted((ROOT / "eval").glob("*.jsonl")) if '"question"' in p.read_text())
    lines = chosen.read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines if line.strip()][: args.most]
    with tempfile.TemporaryDirectory() as temporary:
        index = Index.open(args.index) if args.index else Index.create(Path(temporary) / "index")
        if not args.index:
            index.add([ROOT / "seeds"])
        rag = Rag(index, llm="extractive")
        for question in questions:
            rag.ask(question)
        stages: dict[str, list[float]] = {}
        cpu = []
        for question in questions:
            began = time.process_time()
            answer = rag.ask(question)
            cpu.append(time.process_time() - began)
            told = {name: ms / 1000 for name, ms in answer.timings.items()}
            told["read and verify"] = sum(told.get(name, 0.0) for name in ("read", "verify", "decide"))
            for name, seconds in told.items():
                stages.setdefault(name, []).append(seconds)
        index.close()
    result = {
        **setting("answer"),
        "questions": len(questions),
        "set": chosen.name,
        "ms": {name: spread(values) for name, values in stages.items()},
        "cpu_ms": spread(cpu),
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
