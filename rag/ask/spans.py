"""Which stretches of text to quote: the contiguous clauses with the most answer mass for their length.

Works on probabilities and token counts alone; knows nothing of questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: sentence number, span in the document, whitespace tokens, and the probability that it holds the answer."""

    sentence: int
    start: int
    end: int
    tokens: int
    mass: float


@dataclass(frozen=True, slots=True)
class Window:
    """Clauses ``first`` … ``last`` (indices into the list they were chosen from), contiguous in one sentence."""

    first: int
    last: int
    sentence: int
    tokens: int
    mass: float


def best_window(
    clauses: Sequence[Clause], budget: int, price: float, taken: Sequence[Window] = (), whole: float = 0.0
) -> Window | None:
    """The window of at most ``budget`` tokens with the highest mass minus ``price`` per token; None if none fits.

    ``whole`` is added for a window that is a whole sentence. Clauses in ``taken`` are out of bounds. Ties go to the
    earlier, then the shorter window.
    """
    used = {i for w in taken for i in range(w.first, w.last + 1)}
    best: tuple[float, Window] | None = None
    for first, clause in enumerate(clauses):
        if first in used:
            continue
        tokens, mass = 0, 0.0
        for last in range(first, len(clauses)):
            here = clauses[last]
            if here.sentence != clause.sentence or last in used:
                break
            tokens += here.tokens
            mass += here.mass
            if tokens > budget and last > first:
                break
            if tokens > budget:
                break
            starts = first == 0 or clauses[first - 1].sentence != clause.sentence
            ends = last + 1 == len(clauses) or clauses[last + 1].sentence != clause.sentence
            value = mass - price * tokens + (whole if starts and ends else 0.0)
            if best is None or value > best[0] + 1e-12:
                best = (value, Window(first, last, clause.sentence, tokens, mass))
    return best[1] if best else None


def choose(
    clauses: Sequence[Clause],
    budget: int,
    first_budget: int,
    price: float,
    least: float,
    most: int = 2,
    whole: float = 0.0,
) -> list[Window]:
    """Up to ``most`` windows: the best of ``first_budget`` tokens, then others from what is left while worth ``least`` mass."""
    chosen: list[Window] = []
    room = budget
    while len(chosen) < most:
        window = best_window(clauses, min(room, first_budget) if not chosen else room, price, chosen, whole)
        if window is None or (chosen and window.mass < least):
            break
        chosen.append(window)
        room -= window.tokens
    return chosen
