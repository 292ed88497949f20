"""Settings: one frozen value, filled from arguments, ``RAG_*`` variables, ``rag.toml`` and defaults, in falling order.

Knows nothing of what the settings do. Standard library only, since every command pays for this import.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rag.errors import SettingsError

SECRET_MARKERS = ("key", "password", "token", "secret")
_CHOICES: dict[str, tuple[str, ...]] = {
    "verification": ("mark", "drop", "retry"),
    "answer_language": ("auto", "vi", "en"),
}
_BOUNDS: dict[str, tuple[float, float]] = {
    "k": (1, 1000),
    "context_passages": (1, 100),
    "candidates": (1, 10_000),
    "chunk_tokens": (20, 2_000),
    "max_file_mb": (0.001, 10_000),
    "max_question_chars": (1, 100_000),
    "llm_timeout": (0.1, 3_600),
    "llm_retries": (0, 10),
    "llm_max_tokens": (1, 1_000_000),
    "context_tokens": (256, 2_000_000),
    "lock_timeout": (0, 3_600),
    "port": (0, 65_535),
    "commit_documents": (1, 1_000_000),
    "max_upload_mb": (0.001, 10_000),
    "max_upload_files": (1, 100_000),
    "rate_per_minute": (1, 1_000_000),
    "max_concurrency": (1, 10_000),
    "request_timeout": (0.1, 3_600),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything one can set. ``RAG_<NAME>`` is the environment variable of each field.

    Raises SettingsError for an unknown name, a wrong type or a value out of range.
    """

    # where and with what
    index: str = field(default="index/default", metadata={"help": "folder of the index"})
    embedder: str = field(
        default="bundled",
        metadata={"help": "'bundled', a sentence-transformers name or path, or 'langchain:provider:model'"},
    )
    embedder_query_prefix: str = field(default="", metadata={"help": "text put before each question, e.g. 'query: '"})
    embedder_passage_prefix: str = field(
        default="", metadata={"help": "text put before each passage, e.g. 'passage: '"}
    )
    reranker: str = field(default="", metadata={"help": "a CrossEncoder name or path; empty for none"})
    llm: str = field(
        default="extractive",
        metadata={
            "help": "'extractive', 'openai:MODEL', 'ollama:MODEL', 'anthropic:MODEL', 'google_genai:MODEL', 'hf:/path', 'gguf:/path'"
        },
    )
    llm_base_url: str = field(default="", metadata={"help": "address of an OpenAI-compatible server"})
    llm_api_key: str = field(default="", metadata={"help": "key for the LLM; the provider's own variable works too"})
    llm_timeout: float = field(default=60.0, metadata={"help": "seconds one answer may take, retries included"})
    llm_retries: int = field(default=2, metadata={"help": "how often a failed call is tried again"})
    llm_max_tokens: int = field(default=800, metadata={"help": "longest answer, in the model's tokens"})
    context_tokens: int = field(default=6000, metadata={"help": "token budget for the passages given to the LLM"})
    # ingest
    chunk_tokens: int = field(default=160, metadata={"help": "passage size aimed at, in whitespace-separated tokens"})
    max_file_mb: float = field(default=100.0, metadata={"help": "larger files are skipped, in MB"})
    commit_documents: int = field(default=200, metadata={"help": "documents per committed version while ingesting"})
    lock_timeout: float = field(default=10.0, metadata={"help": "seconds a second writer waits for the first"})
    # retrieve and ask
    k: int = field(default=10, metadata={"help": "passages returned"})
    context_passages: int = field(default=6, metadata={"help": "passages the reader is given"})
    candidates: int = field(default=100, metadata={"help": "passages re-scored per question"})
    answer_language: str = field(default="auto", metadata={"help": "'auto' (the question's), 'vi' or 'en'"})
    verification: str = field(
        default="mark", metadata={"help": "unsupported claims: 'mark', 'drop' or 'retry' (ask once more)"}
    )
    max_question_chars: int = field(default=2000, metadata={"help": "longer questions are refused"})
    # serve
    host: str = field(default="127.0.0.1", metadata={"help": "address the page is bound to"})
    port: int = field(default=7860, metadata={"help": "port of the page and the API"})
    api_keys: tuple[str, ...] = field(default=(), metadata={"help": "keys the API accepts, comma-separated"})
    users: tuple[str, ...] = field(default=(), metadata={"help": "name:password pairs for the page, comma-separated"})
    allow_open: bool = field(default=False, metadata={"help": "allow a bind beyond loopback without keys and login"})
    max_upload_mb: float = field(default=25.0, metadata={"help": "largest uploaded file, in MB"})
    max_upload_files: int = field(default=50, metadata={"help": "files per upload"})
    rate_per_minute: int = field(default=240, metadata={"help": "API requests a minute per client"})
    max_concurrency: int = field(default=16, metadata={"help": "answers worked on at once"})
    request_timeout: float = field(default=120.0, metadata={"help": "seconds one API request may take"})
    seeds: str = field(default="seeds", metadata={"help": "folder the first index is built from"})

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, _coerce(f.name, getattr(self, f.name), f.default))

    def with_(self, **changes: Any) -> Settings:
        """A copy with the given fields changed; None means unchanged. Raises SettingsError as the constructor does."""
        known = {f.name for f in fields(self)}
        for name in changes:
            if name not in known:
                raise SettingsError(f"unknown setting {name!r}; known settings: {', '.join(sorted(known))}")
        return replace(self, **{k: v for k, v in changes.items() if v is not None})

    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown or logged."""
        passwords = tuple(u.split(":", 1)[1] for u in self.users if ":" in u)
        return tuple(s for s in (self.llm_api_key, *self.api_keys, *passwords) if s)

    def public(self) -> dict[str, Any]:
        """All settings as plain data, secrets shown as "***" when set and "" when not."""
        out: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name in ("llm_api_key", "api_keys", "users"):
                value = "***" if value else ""
            out[f.name] = list(value) if isinstance(value, tuple) else value
        return out

    def __repr__(self) -> str:
        changed = {k: v for k, v in self.public().items() if v != _public_default(k)}
        return f"Settings({', '.join(f'{k}={v!r}' for k, v in changed.items())})"


def _public_default(name: str) -> Any:
    default = {f.name: f.default for f in fields(Settings)}[name]
    if name in ("llm_api_key", "api_keys", "users"):
        return ""
    return list(default) if isinstance(default, tuple) else default


def _coerce(name: str, value: Any, default: Any) -> Any:
    """Return ``value`` as the type of ``default``, checked against the allowed values of that setting."""
    try:
        if isinstance(default, bool):
            if isinstance(value, str):
                lowered = value.strip().lower()
                if lowered not in ("1", "true", "yes", "on", "0", "false", "no", "off", ""):
                    raise ValueError
                value = lowered in ("1", "true", "yes", "on")
            value = bool(value)
        elif isinstance(default, int):
            if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
                raise ValueError
            value = int(value)
        elif isinstance(default, float):
            value = float(value)
        elif isinstance(default, tuple):
            items = value.split(",") if isinstance(value, str) else value
            value = tuple(str(v).strip() for v in items if str(v).strip())
        else:
            if not isinstance(value, (str, os.PathLike)):
                raise ValueError
            value = os.fspath(value)
    except (TypeError, ValueError) as exc:
        kind = type(default).__name__
        raise SettingsError(
            f"setting {name}={_shown(name, value)}: expected {kind}; set {name} or RAG_{name.upper()} to one"
        ) from exc
    if name in _BOUNDS and not (_BOUNDS[name][0] <= value <= _BOUNDS[name][1]):
        low, high = _BOUNDS[name]
        raise SettingsError(f"setting {name}={value!r} is out of range: allowed {low:g} to {high:g}")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise SettingsError(f"setting {name}={value!r} is not allowed: use one of {', '.join(_CHOICES[name])}")
    return value


def _shown(name: str, value: Any) -> str:
    return "***" if name in ("llm_api_key", "api_keys", "users") else repr(value)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings with the origin of each value: "argument", "environment RAG_X", "file PATH" or "default"."""

    settings: Settings
    origins: Mapping[str, str]


def resolve(
    arguments: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    folder: str | os.PathLike[str] = ".",
) -> Resolved:
    """Merge the four origins. ``arguments`` with value None are not given.

    Raises SettingsError for a ``rag.toml`` that does not parse or names an unknown setting, or a bad value.
    """
    environ = os.environ if environ is None else environ
    defaults = {f.name: f.default for f in fields(Settings)}
    values: dict[str, Any] = {}
    origins = dict.fromkeys(defaults, "default")
    path = Path(environ.get("RAG_CONFIG") or Path(folder) / "rag.toml")
    if path.is_file():
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise SettingsError(f"{path}: not valid TOML ({exc}); correct the file or remove it") from exc
        for name, value in table.items():
            if name not in defaults:
                raise SettingsError(f"{path}: unknown setting {name!r}; known settings: {', '.join(sorted(defaults))}")
            values[name], origins[name] = value, f"file {path}"
    for name in defaults:
        variable = f"RAG_{name.upper()}"
        if environ.get(variable) is not None:
            values[name], origins[name] = environ[variable], f"environment {variable}"
    for name, value in (arguments or {}).items():
        if value is not None:
            if name not in defaults:
                raise SettingsError(f"unknown setting {name!r}; known settings: {', '.join(sorted(defaults))}")
            values[name], origins[name] = value, "argument"
    return Resolved(Settings(**values), MappingProxyType(origins))


def load(**arguments: Any) -> Settings:
    """The settings in force here: ``resolve`` over the current environment and folder."""
    return resolve(arguments).settings
