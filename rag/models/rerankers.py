"""Rerankers: a second, slower look at question and passage together. Knows nothing of indexes.

None by default; any sentence-transformers CrossEncoder by folder or hub name. torch is imported at the first score.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import EmbedderError, MissingDependency, ModelMissing, redact
from rag.models.embedders import _looks_like_path, _tokens
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
        self._folder = Path(name).expanduser() if Path(name).expanduser().is_dir() else None
        if self._folder is None and _looks_like_path(name):
            raise ModelMissing(
                f"reranker folder {name!r} does not exist; give a CrossEncoder folder or hub name, or '' for none"
            )

    @cached_property
    def _model(self) -> Any:
        try:
            from sentence_transformers import CrossEncoder
        except ImportError as exc:
            raise MissingDependency(
                f"reranker {self.name!r} needs sentence-transformers: pip install sentence-transformers"
            ) from exc
        offline = self._folder is not None or os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")
        target = str(self._folder) if self._folder is not None else self.name
        try:
            return CrossEncoder(target, local_files_only=offline)
        except Exception as exc:
            raise ModelMissing(
                f"reranker {self.name!r} cannot be loaded ({type(exc).__name__}: {redact(str(exc), _tokens())[:300]}); "
                "give a CrossEncoder folder, a hub name while the hub can be reached, or '' for none"
            ) from exc

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
