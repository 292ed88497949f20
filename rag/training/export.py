"""Writes the model folder: a sentence-transformers `StaticEmbedding` with a `Normalize` behind it. Knows no training.

The folder is read by `SentenceTransformer(path)`, by model2vec's `StaticModel.from_pretrained(path)` and by
`rag.models.static.StaticModel.load(path)`. Weights are stored as int8 rows with one float32 scale per piece (arrays
`embeddings` and `weights`, the layout that the three share) or as float32; float16 rows would give float16 vectors in
sentence-transformers, with NaN for an empty text.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import UsageError
from rag.models.static import write_tables

DTYPES = ("int8", "float32")
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"},
    {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
]


def fingerprint(folder: Path) -> str:
    """sha256 over weights and tokenizer, in that order."""
    digest = hashlib.sha256()
    for name in ("model.safetensors", "tokenizer.json"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def arrays(table: NDArray[np.float32], dtype: str) -> dict[str, NDArray[Any]]:
    """The arrays to store for `table` (V, d)."""
    if dtype not in DTYPES:
        raise UsageError(f"unknown dtype {dtype!r} for stored weights; known: {', '.join(DTYPES)}")
    if dtype != "int8":
        return {"embeddings": np.ascontiguousarray(table.astype(dtype))}
    scale = np.abs(table).max(axis=1) / 127
    rows = np.rint(table / np.maximum(scale, 1e-12)[:, None]).astype(np.int8)
    return {"embeddings": np.ascontiguousarray(rows), "weights": scale.astype(np.float32)}


def stored(table: NDArray[np.float32], dtype: str) -> NDArray[np.float32]:
    """`table` as it reads back from a folder of that dtype."""
    kept = arrays(table, dtype)
    rows = kept["embeddings"].astype(np.float32)
    return rows * kept["weights"][:, None] if "weights" in kept else rows


def write(
    folder: Path, table: NDArray[np.float32], tokenizer: Any, dtype: str = "int8", about: dict[str, Any] | None = None
) -> None:
    """Write `table` (V, d) and its tokenizer; the configuration, which holds the fingerprint, is written last."""
    from safetensors.numpy import save_file

    kept = arrays(table, dtype)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "1_Normalize").mkdir(exist_ok=True)
    save_file(kept, str(folder / "model.safetensors"))
    (folder / "model.safetensors").chmod(0o644)
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    write_tables(folder)
    _json(folder / "modules.json", MODULES)
    _json(folder / "1_Normalize" / "config.json", {})
    _json(
        folder / "config_sentence_transformers.json",
        {
            "model_type": "SentenceTransformer",
            "similarity_fn_name": "cosine",
            "prompts": {},
            "default_prompt_name": None,
        },
    )
    size, dimension = table.shape
    config = {"model_type": "model2vec", "architectures": ["StaticModel"], "hidden_dim": dimension, "vocabulary": size}
    config |= {"embedding_dtype": dtype, "normalize": True, "max_length": None, **(about or {})}
    _json(folder / "config.json", config | {"fingerprint": fingerprint(folder)})


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
