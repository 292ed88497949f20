"""One call of a language model made safe: a deadline that holds, faults told apart, and secrets kept out of logs.

Knows nothing of providers or messages.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from rag.errors import LLMBadOutput, LLMError, LLMIncomplete, LLMTimeout, LLMUnavailable, redact

T = TypeVar("T")


class Deadline:
    """A point in time that all attempts of one answer share."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return max(0.0, self._end - time.monotonic())


# one attempt in a thread of its own, so that a model that hangs cannot hold the answer beyond its deadline


def threaded(start: Callable[[threading.Event], Iterator[T]], deadline: Deadline) -> Generator[T, None, None]:
    """Run ``start(stop)`` in a daemon thread and yield its pieces; raises what it raises, or Late.

    A thread that hangs is left behind: it ends at its own read time-out, or at its next piece, since ``stop`` is set.
    """
    stop = threading.Event()
    channel: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=256)

    def put(kind: str, value: Any) -> bool:
        while not stop.is_set():
            try:
                channel.put((kind, value), timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for piece in start(stop):
                if not put("piece", piece):
                    return
            put("end", None)
        except BaseException as exc:
            put("error", exc)

    threading.Thread(target=work, name="rag-llm", daemon=True).start()
    try:
        while True:
            try:
                kind, value = channel.get(timeout=deadline.left())
            except queue.Empty:
                raise Late() from None
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value
            if deadline.left() <= 0:
                raise Late()
    finally:
        stop.set()


class Late(Exception):
    """The deadline passed while waiting for a piece."""


# what went wrong, and whether trying again may help


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with one attempt: the typed error, whether trying again may help, and the wait the server asks for."""

    error: LLMError
    again: bool = False
    wait: float | None = None

    def as_cut(self, name: str) -> LLMError:
        """The same fault after some text had already come."""
        if isinstance(self.error, LLMTimeout):
            return self.error
        return LLMIncomplete(f"{name}: the stream was cut midway ({self.error})")


def timed_out(name: str, deadline: Deadline, last: object = "") -> LLMTimeout:
    after = f"; last failure: {last}" if str(last) else ""
    return LLMTimeout(f"{name}: no complete answer within {deadline.seconds:g} s (llm_timeout){after}")


def diagnose(exc: Exception, name: str, deadline: Deadline, secrets: Iterable[str], keys: str) -> Fault:
    """Map an exception of any client library by its HTTP status, or by the names of its classes.

    ``keys`` names the variables a refused key may stand in.
    """
    if isinstance(exc, LLMError):
        return Fault(exc)
    if isinstance(exc, Late):
        return Fault(timed_out(name, deadline))
    text = " ".join(redact(f"{type(exc).__name__}: {exc}", secrets).split())[:400]
    status = _status(exc)
    kinds = {c.__name__.lower() for c in type(exc).__mro__}
    if status in (401, 403):
        return Fault(LLMUnavailable(f"{name} refused the key (HTTP {status}); check {keys}: {text}"))
    if status == 404:
        return Fault(
            LLMUnavailable(f"{name}: no such model or address (HTTP 404); check the name and llm_base_url: {text}")
        )
    if status == 429 or (status is not None and status >= 500) or status == 408:
        wait = _retry_after(exc)
        late = f"; asks to wait {wait:g} s" if wait is not None else ""
        return Fault(LLMUnavailable(f"{name} is failing (HTTP {status}{late}): {text}"), again=True, wait=wait)
    if status is not None and 400 <= status < 500:
        return Fault(LLMUnavailable(f"{name} refused the request (HTTP {status}): {text}"))
    if any("timeout" in k for k in kinds):
        return Fault(timed_out(name, deadline, text), again=True)
    if any("json" in k or "decode" in k or "validation" in k for k in kinds) or isinstance(
        exc, (ValueError, TypeError, KeyError, IndexError, AttributeError)
    ):
        return Fault(LLMBadOutput(f"{name}: the answer is malformed: {text}"), again=True)
    if isinstance(exc, OSError) or any(
        "connect" in k or "protocol" in k or "transport" in k or "network" in k for k in kinds
    ):
        return Fault(
            LLMUnavailable(f"{name} cannot be reached; check llm_base_url and the network: {text}"), again=True
        )
    return Fault(LLMUnavailable(f"{name} failed: {text}"), again=True)


def _status(exc: BaseException) -> int | None:
    for value in (
        getattr(exc, "status_code", None),
        getattr(getattr(exc, "response", None), "status_code", None),
        getattr(exc, "code", None),
    ):
        if isinstance(value, int) and 100 <= value < 600:
            return value
    return None


def _retry_after(exc: BaseException) -> float | None:
    """Seconds from a Retry-After header: a number or an HTTP date (RFC 9110, section 10.2.3)."""
    headers = getattr(getattr(exc, "response", None), "headers", None)
    value = headers.get("retry-after") if headers is not None else None
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def backoff(attempt: int) -> float:
    """0.5 s, 1 s, 2 s, … with a little jitter so that many clients do not come back together."""
    return float(min(0.5 * 2.0**attempt, 8.0) * (0.9 + 0.2 * random.random()))


def url_secrets(url: str) -> tuple[str, ...]:
    """The password and query values of an address: they may be keys."""
    if not url:
        return ()
    parts = urlsplit(url)
    return tuple(s for s in (parts.password, *(v for _, v in parse_qsl(parts.query))) if s)


class _Redacting(logging.Filter):
    """Takes the secrets out of log records of the HTTP clients."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        clean = redact(message, self.secrets)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_info, record.exc_text = None, None
        return True


_REDACTING = _Redacting()
_CLIENT_LOGGERS = (
    "httpx",
    "httpx2",
    *(f"httpcore{v}.{part}" for v in ("", "2") for part in ("connection", "http11", "http2")),
    "openai._base_client",
    "openai",
    "anthropic._base_client",
    "anthropic",
    "urllib3.connectionpool",
)


def keep_out_of_logs(secrets: Iterable[str]) -> None:
    """Redact ``secrets`` from what the HTTP clients log."""
    _REDACTING.secrets.update(s for s in secrets if s)
    for name in _CLIENT_LOGGERS:
        logger = logging.getLogger(name)
        if _REDACTING not in logger.filters:
            logger.addFilter(_REDACTING)
