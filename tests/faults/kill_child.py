"""A process that writes to an index and may be killed: `kill_child.py INDEX DOCUMENTS [STEP_NUMBER]`.

Each document says its own name in every line, so that a mixed-up version would show. With STEP_NUMBER it sends itself
SIGKILL at that step of its commits (see Writer), else it prints "ready" and writes until it is done or killed.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from fakes import FakeEmbedder, fingerprint_of, put

from rag.store import Remove, Store
from rag.types import Document


def document(number: int, version: int = 0) -> Document:
    lines = [f"tài liệu {number} bản {version} dòng {i}. số {number * 31 + i}" for i in range(1 + number % 4)]
    return Document(f"d{number}", "\n".join(lines), title=f"Bài {number}")


def main(folder: str, documents: int, step_number: int = -1) -> None:
    embedder = FakeEmbedder(16)
    store = Store.create(folder, fingerprint_of(embedder))
    puts = [put(document(n), embedder) for n in range(documents)]
    seen = 0

    def step(name: str) -> None:
        nonlocal seen
        seen += 1
        if seen == step_number:
            os.kill(os.getpid(), signal.SIGKILL)

    print("ready", flush=True)
    with store.writer(step=step) as writer:
        for at in range(0, documents, 5):
            changes = [*puts[at : at + 5]]
            if at >= 10:
                # Every commit also removes one document and changes another: a version has both or neither.
                changes += [Remove(f"d{at - 10}"), put(document(at - 9, version=1), embedder)]
            writer.commit(changes, finishing=at % 15 == 0)
        writer.finish()
    print(f"steps {seen}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *(int(a) for a in sys.argv[3:]))
