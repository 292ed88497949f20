"""Sources that speak of different times or disagree: the values they give for the same question, side by side.

Knows nothing of how a reading was made; works on the sentences and shares it carries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.types import Hit, Query

if TYPE_CHECKING:
    from rag.ask.read_extractive import Quote, Reading


def rivals(query: Query, reading: Reading, hits: Sequence[Hit]) -> list[tuple[Quote, tuple[str, ...]]]:
    """Quotations with their answer strings, newest first, when other documents give other values; empty otherwise."""
    return []
