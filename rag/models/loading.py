"""Opening models of sentence-transformers by folder or hub name. Knows nothing of what they are for.

The package, and torch with it, is imported when a model is first opened.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from rag.errors import MissingDependency, ModelMissing, redact


def local_folder(name: str, role: str, instead: str) -> Path | None:
    """The folder that `name` is, or None for a hub name. Raises ModelMissing for a path that is not there.

    `role` ("embedder", "reranker") and `instead`, what else may be given, are for the message.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name.startswith((".", "/", "~", "\\")) or name.count("/") > 1 or "\\" in name:
        raise ModelMissing(f"{role} folder {name!r} does not exist; give {instead}")
    return None


def open_model(kind: str, name: str, folder: Path | None, role: str, instead: str) -> Any:
    """A model of the class `kind` of sentence-transformers, from its folder or, by that library, from the hub.

    Raises MissingDependency without the package, ModelMissing when the model cannot be had.
    """
    try:
        made = getattr(importlib.import_module("sentence_transformers"), kind)
    except ImportError as exc:
        raise MissingDependency(
            f"{role} {name!r} needs sentence-transformers: pip install sentence-transformers"
        ) from exc
    offline = folder is not None or os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")
    try:
        return made(str(folder) if folder is not None else name, local_files_only=offline)
    except Exception as exc:
        told = redact(str(exc), environment_secrets())[:300]
        raise ModelMissing(f"{role} {name!r} cannot be loaded ({type(exc).__name__}: {told}); give {instead}") from exc


def environment_secrets() -> list[str]:
    """Values of environment variables that look like credentials: kept out of every message."""
    return [v for k, v in os.environ.items() if k.upper().endswith(("_KEY", "_TOKEN", "_SECRET", "_PASSWORD"))]
