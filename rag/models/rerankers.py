"""Rerankers: a second, slower look at question and passage together. Knows nothing of indexes.

None by default; any sentence-transformers CrossEncoder by folder or hub name. torch is imported at the first score.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import EmbedderError
from rag.models.loading import local_folder, open_model
from rag.settings import Settings


class Reranker(Protocol):
    """What retrieval asks of a reranker."""

    name: str

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One score per text (n,), higher is better."""
        ...


class CrossEncoderReranker:
    """A CrossEncoder with one output per pair.

    Raises MissingDependency without sentence-transformers, ModelMissing when the model cannot be had, EmbedderError
    when it fails or gives anything but one finite number per pair.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._folder = local_folder(name, "reranker", "a CrossEncoder folder or hub name, or '' for none")

    @cached_property
    def _model(self) -> Any:
        instead = "a CrossEncoder folder, a hub name while the hub can be reached, or '' for none"
        return open_model("CrossEncoder", self.name, self._folder, "reranker", instead)

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros(0, dtype=np.float32)
        model = self._model
        try:
            raw = model.predict(
                [(question, t) for t in texts], batch_size=32, show_progress_bar=False, convert_to_numpy=True
            )
        except Exception as exc:
            raise EmbedderError(f"reranker {self.name!r} failed: {type(exc).__name__}: {str(exc)[:300]}") from exc
        scores = np.asarray(raw, dtype=np.float32)
        if scores.shape != (len(texts),) or not np.isfinite(scores).all():
            raise EmbedderError(
                f"reranker {self.name!r} returned shape {scores.shape} for {len(texts)} pairs (or numbers that are not "
                "finite); it must give one number per pair"
            )
        return scores


def make_reranker(settings: Settings) -> Reranker | None:
    """The reranker that `settings.reranker` names; None when it is empty. Raises ModelMissing for a missing folder."""
    name = settings.reranker.strip()
    return CrossEncoderReranker(name) if name else None
