"""A possible answer string inside a text. Knows nothing of questions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A possible answer: its span in the text, and ``fit``, how well it matches what is wanted (0 to 1)."""

    start: int
    end: int
    text: str
    fit: float
