"""Language models behind one small adapter: messages in, pieces of text out, inside one deadline.

Hosted and served models go through LangChain's ``init_chat_model``; a local transformers folder ("hf:/path") and a local
GGUF file ("gguf:/path") have adapters of their own in ``llms_local``. This module knows nothing of passages, prompts or
citations. Nothing of LangChain is imported before a model is made.

What the base class promises for every adapter: one total deadline (``settings.llm_timeout``) over all attempts, bounded
retries with exponential backoff that honour Retry-After inside that deadline, third-party exceptions mapped to
``rag.errors.LLMError`` with every secret redacted, and a stream that was cut told apart from one that ended.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from rag.errors import (
    LLMBadOutput,
    LLMError,
    LLMIncomplete,
    LLMKeyMissing,
    LLMUnavailable,
    LLMUnknown,
    MissingDependency,
    redact,
)
from rag.models.llm_calls import (
    Deadline,
    Fault,
    backoff,
    diagnose,
    keep_out_of_logs,
    threaded,
    timed_out,
    url_secrets,
)
from rag.settings import Settings

Message = tuple[str, str]  # (role, text); role is "system", "user" or "assistant"
ALLOWED = (
    "'extractive', 'openai:MODEL', 'ollama:MODEL', 'anthropic:MODEL', 'google_genai:MODEL' "
    "(or another LangChain provider), 'hf:/path/to/folder', 'gguf:/path/to/file.gguf'"
)
_NO_USAGE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Provider:
    """A LangChain provider: the pip package that adds it and the variables its key may stand in (none: needs no key)."""

    package: str
    keys: tuple[str, ...] = ()


PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        "openai": Provider("langchain-openai", ("OPENAI_API_KEY",)),
        "azure_openai": Provider("langchain-openai", ("AZURE_OPENAI_API_KEY",)),
        "ollama": Provider("langchain-ollama"),
        "anthropic": Provider("langchain-anthropic", ("ANTHROPIC_API_KEY",)),
        "google_genai": Provider("langchain-google-genai", ("GOOGLE_API_KEY", "GEMINI_API_KEY")),
        "google_vertexai": Provider("langchain-google-vertexai"),
        "mistralai": Provider("langchain-mistralai", ("MISTRAL_API_KEY",)),
        "groq": Provider("langchain-groq", ("GROQ_API_KEY",)),
        "cohere": Provider("langchain-cohere", ("COHERE_API_KEY",)),
        "deepseek": Provider("langchain-deepseek", ("DEEPSEEK_API_KEY",)),
        "fireworks": Provider("langchain-fireworks", ("FIREWORKS_API_KEY",)),
        "together": Provider("langchain-together", ("TOGETHER_API_KEY",)),
        "xai": Provider("langchain-xai", ("XAI_API_KEY",)),
        "perplexity": Provider("langchain-perplexity", ("PPLX_API_KEY",)),
        "openrouter": Provider("langchain-openrouter", ("OPENROUTER_API_KEY",)),
        "nvidia": Provider("langchain-nvidia-ai-endpoints", ("NVIDIA_API_KEY",)),
        "upstage": Provider("langchain-upstage", ("UPSTAGE_API_KEY",)),
        "bedrock_converse": Provider("langchain-aws"),
        "bedrock": Provider("langchain-aws"),
        "litellm": Provider("langchain-litellm"),
    }
)
# These tell why they stopped, so a stream of theirs that ends without a reason was cut.
_TELLS_ITS_END = ("openai", "azure_openai", "ollama", "anthropic", "google_genai", "mistralai", "groq", "deepseek")
_END_FIELDS = ("finish_reason", "stop_reason", "done_reason")


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of output. ``finish`` is "" until the model says why it stopped: "stop", "length", …"""

    text: str
    finish: str = ""
    usage: Mapping[str, int] = field(default_factory=lambda: _NO_USAGE)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole output with its token counts ("input_tokens", "output_tokens") where the model reports them."""

    text: str
    finish: str = ""
    usage: Mapping[str, int] = field(default_factory=lambda: _NO_USAGE)


class ChatModel(ABC):
    """Base of the adapters. An adapter implements ``_attempt`` only; retries, deadline and errors are handled here."""

    #: whether a stream that ends without a finish reason must have been cut
    tells_its_end = False
    #: where its key may be set, for the message of a refused one
    keys = "RAG_LLM_API_KEY"

    def __init__(self, name: str, settings: Settings, secrets: Iterable[str] = ()) -> None:
        self.name = name
        self.settings = settings
        self._secrets = (*settings.secrets(), *secrets)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({redact(self.name, self._secrets)!r})"

    @abstractmethod
    def _attempt(self, messages: Sequence[Message], stop: threading.Event, left: float) -> Iterator[Piece]:
        """One call: yield pieces as they come; ``stop`` is set when nobody listens any more, ``left`` seconds remain."""

    def redact(self, text: str) -> str:
        """``text`` without any secret this model holds."""
        return redact(text, self._secrets)

    def stream(self, messages: Sequence[Message], *, deadline: Deadline | None = None) -> Iterator[Piece]:
        """Yield pieces of one answer.

        An attempt that fails before it brought any text is repeated, at most ``settings.llm_retries`` times.
        Raises LLMTimeout (deadline passed), LLMUnavailable (refused or failing), LLMBadOutput (empty or malformed),
        LLMIncomplete (cut after some text had come).
        """
        deadline = deadline or Deadline(self.settings.llm_timeout)
        failure: LLMError = LLMUnavailable(f"{self.name}: no attempt was made")
        for attempt in range(self.settings.llm_retries + 1):
            began, finish, fault = False, "", None
            pieces = threaded(lambda stop: self._attempt(messages, stop, deadline.left()), deadline)
            try:
                for piece in pieces:
                    finish = piece.finish or finish
                    if began or piece.text.strip():
                        began = True
                        yield piece
                    elif piece.usage or piece.finish:
                        yield Piece("", piece.finish, piece.usage)
            except Exception as exc:
                fault = diagnose(exc, self.name, deadline, self._secrets, self.keys)
            finally:
                pieces.close()
            # Errors are raised out here so that no provider exception, which may hold the key, stays in the chain.
            if fault is None:
                if began and (finish or not self.tells_its_end):
                    return
                if began:
                    raise LLMIncomplete(f"{self.name}: the stream ended before the model had finished")
                fault = Fault(LLMBadOutput(f"{self.name}: the model returned an empty answer"), again=True)
            elif began:
                raise fault.as_cut(self.name)
            failure = fault.error
            wait = fault.wait if fault.wait is not None else backoff(attempt)
            if not fault.again or attempt == self.settings.llm_retries:
                break
            if wait >= deadline.left():
                failure = fault.error if fault.wait is not None else timed_out(self.name, deadline, fault.error)
                break
            time.sleep(wait)
        raise failure

    def complete(self, messages: Sequence[Message], *, deadline: Deadline | None = None) -> Reply:
        """The whole answer at once; raises as ``stream`` does."""
        text, finish, usage = [], "", dict[str, int]()
        for piece in self.stream(messages, deadline=deadline):
            text.append(piece.text)
            finish = piece.finish or finish
            usage = add_usage(usage, piece.usage)
        return Reply("".join(text), finish, usage)


def add_usage(total: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Token counts summed by name."""
    out = dict(total)
    for name, value in more.items():
        out[name] = out.get(name, 0) + int(value)
    return out


def make_llm(name: str, settings: Settings) -> ChatModel:
    """The chat model called ``name``: "provider:model", "hf:/folder" or "gguf:/file".

    Raises LLMUnknown for another form or provider, LLMKeyMissing where the provider's key is not set,
    MissingDependency with the pip line where its package is not installed, ModelMissing where a path is not there.
    """
    kind, _, rest = name.partition(":")
    kind, rest = kind.strip(), rest.strip()
    if not kind or not rest:
        raise LLMUnknown(f"unknown LLM {name!r}; allowed: {ALLOWED}")
    if kind in ("hf", "gguf"):
        from rag.models import llms_local

        return llms_local.TransformersModel(rest, settings) if kind == "hf" else llms_local.GgufModel(rest, settings)
    if kind not in PROVIDERS:
        raise LLMUnknown(
            f"unknown LLM provider {kind!r} in {name!r}; allowed: {ALLOWED}; providers: {', '.join(sorted(PROVIDERS))}"
        )
    return LangChainModel(kind, rest, settings)


def as_llm(value: Any, settings: Settings) -> ChatModel:
    """``value`` as a chat model: a name (see ``make_llm``), one of ours, or a LangChain chat model made by the caller.

    Raises LLMUnknown for anything else, and what ``make_llm`` raises.
    """
    if isinstance(value, str):
        return make_llm(value, settings)
    if isinstance(value, ChatModel):
        return value
    if callable(getattr(value, "stream", None)) and callable(getattr(value, "invoke", None)):
        return ReadyModel(value, settings)
    raise LLMUnknown(f"llm={type(value).__name__} is no chat model; allowed: {ALLOWED}, or a LangChain chat model")


class LangChainModel(ChatModel):
    """Any chat model that ``langchain.chat_models.init_chat_model`` makes."""

    def __init__(self, provider: str, model: str, settings: Settings) -> None:
        known = PROVIDERS[provider]
        key = settings.llm_api_key or next((os.environ[k] for k in known.keys if os.environ.get(k)), "")
        super().__init__(f"{provider}:{model}", settings, (key, *url_secrets(settings.llm_base_url)))
        self.tells_its_end = provider in _TELLS_ITS_END
        self.keys = " or ".join((ChatModel.keys, *known.keys))
        if known.keys and not key:
            if not settings.llm_base_url:
                raise LLMKeyMissing(
                    f"{self.name} needs a key: set {' or '.join(known.keys)} (or RAG_LLM_API_KEY), "
                    "or RAG_LLM_BASE_URL for a server of your own"
                )
            key = "none"  # a server of one's own mostly asks for none, but the client insists on one
        keep_out_of_logs(self._secrets)
        self._model = self._make(provider, model, key, settings)

    def _make(self, provider: str, model: str, key: str, settings: Settings) -> Any:
        pip = f"pip install langchain {PROVIDERS[provider].package}"
        try:
            importlib.import_module(PROVIDERS[provider].package.replace("-", "_"))
            from langchain.chat_models import init_chat_model
        except ImportError as exc:
            raise MissingDependency(f"{self.name} needs a package that is not installed ({exc}); {pip}") from exc
        problem = ""
        try:
            return init_chat_model(model, model_provider=provider, **_options(provider, key, settings))
        except ImportError as exc:
            raise MissingDependency(f"{self.name} needs a package that is not installed ({exc}); {pip}") from exc
        except Exception as exc:
            problem = self.redact(f"{type(exc).__name__}: {exc}")
        raise LLMUnknown(f"{self.name} cannot be set up: {problem}; allowed: {ALLOWED}")

    def _attempt(self, messages: Sequence[Message], stop: threading.Event, left: float) -> Iterator[Piece]:
        chunks = self._model.stream([(role, text) for role, text in messages])
        try:
            for chunk in chunks:
                told = chunk.response_metadata or {}
                finish = next((str(told[f]) for f in _END_FIELDS if told.get(f)), "")
                yield Piece(_chunk_text(chunk), finish, _usage(chunk))
                if stop.is_set():
                    return
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()


class ReadyModel(LangChainModel):
    """A LangChain chat model that the caller made, with the caller's own limits."""

    def __init__(self, model: Any, settings: Settings) -> None:
        ChatModel.__init__(self, type(model).__name__, settings, _keys_of(model))
        keep_out_of_logs(self._secrets)
        self._model = model


def _keys_of(model: Any) -> Iterator[str]:
    """The values of a model's secret fields."""
    for value in vars(model).values():
        reveal = getattr(value, "get_secret_value", None)
        if callable(reveal):
            yield str(reveal())


def _options(provider: str, key: str, settings: Settings) -> dict[str, Any]:
    """Keyword arguments for one provider's chat model: temperature 0, no retries of its own, our limits."""
    options: dict[str, Any] = {"temperature": 0.0}
    if provider == "ollama":
        options |= {"num_predict": settings.llm_max_tokens, "client_kwargs": {"timeout": settings.llm_timeout}}
        if settings.llm_base_url:
            options["base_url"] = settings.llm_base_url
        return options
    options |= {"timeout": settings.llm_timeout, "max_retries": 0, "max_tokens": settings.llm_max_tokens}
    if provider in ("bedrock", "bedrock_converse", "litellm", "google_vertexai"):
        del options["timeout"], options["max_retries"]
    if key:
        options["api_key"] = key
    if settings.llm_base_url:
        options["azure_endpoint" if provider == "azure_openai" else "base_url"] = settings.llm_base_url
    if provider in ("openai", "azure_openai"):
        # LangChain asks for token counts only from the provider's own address; compatible servers give them too.
        options["stream_usage"] = True
        if provider == "openai" and settings.llm_base_url:
            options["use_responses_api"] = False
    return options


def _chunk_text(chunk: Any) -> str:
    content = chunk.content
    if isinstance(content, str):
        return content
    parts = [p if isinstance(p, str) else p.get("text", "") for p in content if isinstance(p, (str, dict))]
    return "".join(p for p in parts if isinstance(p, str))


def _usage(chunk: Any) -> Mapping[str, int]:
    told = getattr(chunk, "usage_metadata", None) or {}
    return {k: int(told[k]) for k in ("input_tokens", "output_tokens") if told.get(k)}
