"""Embedders: texts in, unit vectors out, whatever makes them. Knows nothing of indexes or of what the texts are for.

One method makes a plug-in: `Embedder._embed`. The base batches, checks shape and finiteness, and brings rows to length 1.
Heavy packages (torch, sentence-transformers, LangChain) are imported when an adapter first embeds.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from rag.errors import EmbedderError, MissingDependency, ModelMissing, UsageError, redact
from rag.models.loading import environment_secrets, local_folder, open_model
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.models.parts import WordParts

Floats = NDArray[np.float32]
Pieces = NDArray[np.uint32]

# Families whose cards ask for prefixes, by a part of the model's name; a set prefix goes before.
KNOWN_PREFIXES: dict[str, tuple[str, str]] = {"e5-": ("query: ", "passage: ")}
# Files of a model folder that do not change its vectors.
_UNREAD_SUFFIXES = (".md", ".txt", ".png", ".jpg", ".onnx", ".h5", ".msgpack", ".ot", ".xml")
_KEPT_NAMES = ("vocab.txt", "merges.txt")


class Embedder(ABC):
    """What the rest of the program may ask of an embedding model.

    `name` is what the setting said; `fingerprint` changes whenever the vectors may (model, revision, prefixes,
    normalisation); `dimension` is the length of a row; `has_tokens` tells whether `pieces` and `token_table` work.
    """

    name: str
    has_tokens: bool = False
    batch_size: int = 1024

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Text that tells two embedders apart whose vectors must not be mixed."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Length of one vector."""

    @abstractmethod
    def _embed(self, texts: list[str], query: bool) -> Any:
        """Vectors (n, d) of a batch of at least one text, in any float type and of any length."""

    def embed_passages(self, texts: Sequence[str]) -> Floats:
        """Unit rows (n, d). Raises EmbedderError for a wrong shape, or a row that is NaN, infinite or zero."""
        return self._all(texts, query=False)

    def embed_queries(self, texts: Sequence[str]) -> Floats:
        """Unit rows (n, d); a question without any known token may be a zero row. Raises EmbedderError as above."""
        return self._all(texts, query=True)

    def pieces(self, texts: Sequence[str]) -> list[Pieces]:
        """Token ids of each text, rows of `token_table`. Raises EmbedderError where `has_tokens` is false."""
        raise EmbedderError(f"embedder {self.name!r} has no token vectors; ask has_tokens first")

    def token_table(self) -> tuple[Floats, Floats]:
        """(V, d) unit rows and (V,) their lengths before. Raises EmbedderError where `has_tokens` is false."""
        raise EmbedderError(f"embedder {self.name!r} has no token vectors; ask has_tokens first")

    def word_parts(self) -> WordParts | None:
        """The words that tokens are made of, by rows of `token_table`; None where that is not known, and passages are not
        scored by how near to each other the question's words stand."""
        return None

    def _all(self, texts: Sequence[str], query: bool) -> Floats:
        if isinstance(texts, str):
            raise UsageError("expected a sequence of texts, got one text; wrap it in a list")
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for i in range(0, len(texts), self.batch_size):
            batch = list(texts[i : i + self.batch_size])
            out[i : i + len(batch)] = self._checked(self._embed(batch, query), batch, query)
        return out

    def _checked(self, raw: Any, batch: list[str], query: bool) -> Floats:
        try:
            rows = np.asarray(raw, dtype=np.float32)
        except (TypeError, ValueError) as exc:
            raise EmbedderError(f"embedder {self.name!r} returned no array of numbers: {exc}") from exc
        if rows.shape != (len(batch), self.dimension):
            raise EmbedderError(
                f"embedder {self.name!r} returned shape {rows.shape} for {len(batch)} texts; "
                f"expected {(len(batch), self.dimension)}"
            )
        finite: NDArray[np.bool_] = np.asarray(np.isfinite(rows).all(axis=1))
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
        bad: NDArray[np.bool_] = ~finite if query else ~finite | (norms < 1e-12)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            kind = "zero" if finite[row] else "NaN or infinite"
            raise EmbedderError(
                f"embedder {self.name!r} returned a {kind} vector for text {row} of {len(batch)}: {batch[row][:60]!r}"
            )
        return np.asarray(rows / np.maximum(norms, 1e-12)[:, None], dtype=np.float32)


class StaticEmbedder(Embedder):
    """The bundled model, or any StaticEmbedding folder: no torch, and token vectors for MaxSim."""

    has_tokens = True

    def __init__(
        self, folder: Path | None = None, name: str = "bundled", query_prefix: str = "", passage_prefix: str = ""
    ) -> None:
        from rag.models.static import StaticModel, bundled_path

        self.name = name
        self._model = StaticModel.load(folder if folder is not None else bundled_path())
        self._prefixes = (query_prefix, passage_prefix)

    @property
    def recipe(self) -> dict[str, Any] | None:
        """The arguments that make the same embedder in another process; None for a subclass, which may do otherwise."""
        if type(self) not in (StaticEmbedder, BundledEmbedder):
            return None
        query, passage = self._prefixes
        folder = self._model.path.absolute()
        return {"folder": folder, "name": self.name, "query_prefix": query, "passage_prefix": passage}

    @property
    def fingerprint(self) -> str:
        return _fingerprint("static", self._model.fingerprint, self._prefixes)

    @property
    def dimension(self) -> int:
        return int(self._model.dimension)

    def _embed(self, texts: list[str], query: bool) -> Floats:
        prefix = self._prefixes[0 if query else 1]
        rows = np.asarray(self._model.encode([prefix + t for t in texts] if prefix else texts), dtype=np.float32)
        if not query:
            # A passage of nothing but unknown signs has no direction of its own: it gets a fixed one, near to nothing.
            empty = ~rows.any(axis=1)
            if empty.any():
                rows = rows.copy()
                rows[empty] = self._nowhere
        return rows

    @cached_property
    def _nowhere(self) -> Floats:
        row = np.ones(self.dimension, dtype=np.float32)
        row[1::2] = -1.0
        return row

    def pieces(self, texts: Sequence[str]) -> list[Pieces]:
        return [np.asarray(p, dtype=np.uint32) for p in self._model.pieces(list(texts))]

    def word_parts(self) -> WordParts | None:
        return self._model.segmenter.word_parts

    def token_table(self) -> tuple[Floats, Floats]:
        units, norms = self._model.unit_table
        # They are read by row numbers only, as the arrays are that they stand for.
        return cast("Floats", units), cast("Floats", norms)


class BundledEmbedder(StaticEmbedder):
    """The Vietnamese-English model that comes with the package. Raises ModelMissing when its files are gone."""


class SentenceTransformerEmbedder(Embedder):
    """Any sentence-transformers model, by local folder or by hub name (the latter fetched by that library).

    Raises MissingDependency without the package, ModelMissing when the model cannot be had, EmbedderError when it fails.
    """

    batch_size = 256

    def __init__(self, name: str, query_prefix: str = "", passage_prefix: str = "") -> None:
        self.name = name
        self._folder = local_folder(
            name, "embedder", "'bundled', an existing sentence-transformers folder or a hub name"
        )
        if not query_prefix and not passage_prefix:
            query_prefix, passage_prefix = next(
                (p for part, p in KNOWN_PREFIXES.items() if part in Path(name).name.lower()), ("", "")
            )
        self._prefixes = (query_prefix, passage_prefix)

    @cached_property
    def _model(self) -> Any:
        instead = "'bundled', a sentence-transformers folder, or a hub name while the hub can be reached"
        return open_model("SentenceTransformer", self.name, self._folder, "embedder", instead)

    @cached_property
    def fingerprint(self) -> str:  # type: ignore[override]
        if self._folder is not None:
            return _fingerprint("sentence-transformers", folder_hash(self._folder), self._prefixes)
        config = getattr(getattr(self._model[0], "auto_model", None), "config", None)
        revision = getattr(config, "_commit_hash", None) or "unknown"
        return _fingerprint("sentence-transformers", f"{self.name}@{revision}", self._prefixes)

    @cached_property
    def dimension(self) -> int:  # type: ignore[override]
        for method in ("get_embedding_dimension", "get_sentence_embedding_dimension"):
            size = getattr(self._model, method, lambda: None)()
            if size:
                return int(size)
        return int(np.asarray(self._raw(["a"], query=True)).shape[-1])

    def _embed(self, texts: list[str], query: bool) -> Any:
        return self._raw(texts, query)

    def _raw(self, texts: list[str], query: bool) -> Any:
        prefix = self._prefixes[0 if query else 1]
        # Without a prefix of ours the model's own prompts apply, which encode_query and encode_document look up.
        method = self._model.encode_query if query else self._model.encode_document
        extra = {"prompt": prefix} if prefix else {}
        try:
            return method(texts, batch_size=32, show_progress_bar=False, convert_to_numpy=True, **extra)
        except Exception as exc:
            raise EmbedderError(f"embedder {self.name!r} failed: {type(exc).__name__}: {str(exc)[:300]}") from exc


class LangChainEmbedder(Embedder):
    """Hosted or local embeddings through LangChain: "langchain:provider:model".

    Keys and addresses come from the provider's own environment variables. Raises MissingDependency with the pip line,
    UsageError for an unknown provider, EmbedderError for a failed call (keys never in the message).
    """

    batch_size = 256

    def __init__(
        self, name: str, query_prefix: str = "", passage_prefix: str = "", secrets: Sequence[str] = ()
    ) -> None:
        self.name = name
        parts = name.split(":", 2)
        if len(parts) != 3 or not all(parts):
            raise UsageError(
                f"embedder {name!r} is malformed; write langchain:PROVIDER:MODEL, e.g. langchain:openai:text-embedding-3-small"
            )
        self._provider, self._model_name = parts[1], parts[2]
        self._prefixes = (query_prefix, passage_prefix)
        self._secrets = tuple(secrets)

    @cached_property
    def _model(self) -> Any:
        try:
            from langchain.embeddings import init_embeddings
        except ImportError as exc:
            raise MissingDependency(f"embedder {self.name!r} needs LangChain: pip install langchain") from exc
        # The OpenAI adapter would fetch a tokenizer to cut long texts; our passages are short, and other servers
        # that speak this protocol take text only.
        extra: dict[str, Any] = {"check_embedding_ctx_length": False} if self._provider == "openai" else {}
        try:
            return init_embeddings(self._model_name, provider=self._provider, **extra)
        except ImportError as exc:
            package = "langchain-" + self._provider.replace("_", "-")
            raise MissingDependency(f"embedder {self.name!r} needs its adapter: pip install {package}") from exc
        except Exception as exc:
            raise UsageError(f"embedder {self.name!r} cannot be set up: {self._told(exc)}") from exc

    @property
    def fingerprint(self) -> str:
        return _fingerprint("langchain", f"{self._provider}:{self._model_name}", self._prefixes)

    @cached_property
    def dimension(self) -> int:  # type: ignore[override]
        return len(self._call(lambda m: m.embed_query("a")))

    def _embed(self, texts: list[str], query: bool) -> Any:
        prefixed = [self._prefixes[0 if query else 1] + t for t in texts]
        if query:
            return self._call(lambda m: [m.embed_query(t) for t in prefixed])
        return self._call(lambda m: m.embed_documents(prefixed))

    def _call(self, run: Callable[[Any], Any]) -> Any:
        model = self._model
        try:
            return run(model)
        except Exception as exc:
            raise EmbedderError(f"embedder {self.name!r} failed: {self._told(exc)}") from exc

    def _told(self, exc: Exception) -> str:
        return redact(f"{type(exc).__name__}: {str(exc)[:300]}", [*self._secrets, *environment_secrets()])


def make_embedder(settings: Settings) -> Embedder:
    """The embedder that `settings.embedder` names: "bundled", a folder or hub name, or "langchain:provider:model".

    Raises UsageError, ModelMissing or MissingDependency; the message names the value and the fix.
    """
    name = settings.embedder.strip()
    prefixes = (settings.embedder_query_prefix, settings.embedder_passage_prefix)
    if not name:
        raise UsageError(
            "embedder '' is empty; give 'bundled', a sentence-transformers name or path, or 'langchain:provider:model'"
        )
    if name == "bundled":
        return BundledEmbedder(None, name, *prefixes)
    if name.startswith("langchain:"):
        return LangChainEmbedder(name, *prefixes, secrets=settings.secrets())
    folder = Path(name).expanduser()
    if is_static_folder(folder):
        return StaticEmbedder(folder, name, *prefixes)
    return SentenceTransformerEmbedder(name, *prefixes)


def is_static_folder(folder: Path) -> bool:
    """Whether a folder is a sentence-transformers model of one StaticEmbedding (and perhaps a Normalize) as we write it.

    One written by another program has no recorded fingerprint; it is opened through sentence-transformers.
    """
    try:
        recorded = "fingerprint" in json.loads((folder / "config.json").read_text(encoding="utf-8"))
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        kinds = [str(m["type"]).rsplit(".", 1)[-1] for m in modules]
        place = folder / str(modules[0].get("path") or "")
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return False
    return (
        recorded
        and kinds[0] == "StaticEmbedding"
        and set(kinds[1:]) <= {"Normalize"}
        and place == folder
        and (folder / "model.safetensors").is_file()
        and (folder / "tokenizer.json").is_file()
    )


def folder_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of the files of a model folder that can change its vectors.

    Raises ModelMissing when a file cannot be read.
    """
    total = hashlib.sha256()
    try:
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        for path in files:
            relative = path.relative_to(folder).as_posix()
            if any(part.startswith(".") for part in path.relative_to(folder).parts):
                continue
            if path.suffix.lower() in _UNREAD_SUFFIXES and path.name not in _KEPT_NAMES:
                continue
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            total.update(f"{relative}\0{digest}\n".encode())
    except OSError as exc:
        raise ModelMissing(f"embedder folder {str(folder)!r} cannot be read: {exc}") from exc
    return total.hexdigest()[:32]


def _fingerprint(kind: str, model: str, prefixes: tuple[str, str]) -> str:
    told = json.dumps([kind, model, *prefixes, "l2"], ensure_ascii=False)
    return f"{kind}:{hashlib.sha256(told.encode()).hexdigest()[:32]}"
