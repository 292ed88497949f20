"""A question as the reader asks it, for tests of single rules: every word is as rare as any other."""

from __future__ import annotations

from rag.ask.evidence import Abbreviated, Asked, ask
from rag.ask.query import understand


def asked(question: str) -> Asked:
    return ask(understand(question), question, lambda word: 2.0 if word else 3.0, Abbreviated({}))
