"""The one error tree. Every failure a caller may want to tell apart has a class here; all derive from RagError.

Messages name the bad value, the allowed ones and the fix. ``exit_code`` is what the command line returns.
Third-party exceptions are mapped to these at the edge, ``from exc``. Nothing here may carry a secret: pass text that
may hold one through :func:`redact` first.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import quote


class RagError(Exception):
    """Base of everything this package raises on purpose."""

    exit_code = 1


class UsageError(RagError, ValueError):
    """The caller asked for something that cannot be: an unknown name, an empty question, a bad setting."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting has an unknown name or a value out of range."""


class MissingDependency(RagError, ImportError):
    """An optional package is needed; the message carries the pip line that adds it."""

    exit_code = 1


class DocumentError(RagError):
    """One input cannot be read; the batch goes on and reports it as skipped."""


class IndexError_(RagError):
    """Base of the errors of an index folder (named so as not to hide the built-in)."""


class IndexMissing(IndexError_, FileNotFoundError):
    """No index at that path."""

    exit_code = 2


class IndexDamaged(IndexError_):
    """The stored truth is damaged and cannot be rebuilt from anything else in the folder."""


class IndexMismatch(IndexError_):
    """The index was made by another embedding model, prefix, chunker or normaliser."""


class IndexLocked(IndexError_):
    """Another process holds the writer's lock and did not release it within the deadline."""


class IndexReadOnly(IndexError_):
    """The folder cannot be written."""


class IndexFull(IndexError_):
    """The disk is full; the last committed version is intact."""


class NotAnIndex(IndexError_):
    """The folder exists, is not empty and is no index."""

    exit_code = 2


class EmbedderError(RagError):
    """The embedding model failed or returned vectors that are not finite, not unit-length or of another shape."""


class ModelMissing(RagError, FileNotFoundError):
    """A model folder or file is not there."""

    exit_code = 2


class LLMError(RagError):
    """The language model failed: base of the typed failures below."""


class LLMUnknown(LLMError, UsageError):
    """No such LLM provider or a malformed name."""

    exit_code = 2


class LLMKeyMissing(LLMError, UsageError):
    """The provider needs a key that is not set."""

    exit_code = 2


class LLMTimeout(LLMError):
    """The deadline passed before the model finished."""


class LLMUnavailable(LLMError):
    """Refused, rate-limited or failing after the bounded retries."""


class LLMBadOutput(LLMError):
    """Empty or malformed output after the bounded retries."""


class LLMIncomplete(LLMError):
    """The stream was cut midway; what arrived is marked incomplete."""


class EvaluationError(UsageError):
    """A question set or retrieval set is malformed; the message gives file and line."""


class GateFailed(RagError):
    """An evaluation gate was not met."""

    exit_code = 100


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with every secret replaced by "***": raw, percent-encoded and base64 forms."""
    for secret in sorted({s for s in secrets if s and len(s) >= 4}, key=len, reverse=True):
        raw = secret.encode()
        forms = {secret, quote(secret, safe=""), quote(secret)}
        forms |= {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
        forms |= {base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "***")
    return text
