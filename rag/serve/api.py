"""The HTTP API: ask, search, models, health and metrics, and how failures become responses.

Knows the service and HTTP; the chat-completions and the documents routes stand in files of their own. All work that
computes runs in threads; an answer is given up at the next step once its client has gone or its time is over.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from rag import Settings
from rag.errors import IndexLocked, IndexReadOnly, LLMError, LLMTimeout, MissingDependency, RagError, UsageError, redact
from rag.serve.metrics import CONTENT_TYPE
from rag.serve.service import Busy, Choice, NotReady, Service
from rag.types import Answer, Event, Retrieved, Token
from rag.wire import answer_dict, hit_dict

T = TypeVar("T")
History = Sequence[tuple[str, str]]
_END = object()


class Deadline(RagError):
    """The request's time was over before its answer was whole."""


class Ask(BaseModel):
    """A question with what was said before it."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(max_length=100_000, examples=["Hà Tĩnh có bao nhiêu tổ công nghệ số cộng đồng?"])]
    history: list[tuple[str, str]] = Field(
        default=[], max_length=100, description="[question, answer] pairs, oldest first"
    )
    k: int | None = Field(default=None, ge=1, le=1000, description="passages returned under 'retrieved'")
    answer_language: str | None = Field(default=None, pattern="^(auto|vi|en)$")
    verification: str | None = Field(default=None, pattern="^(mark|drop|retry)$")
    stream: bool = Field(default=False, description="server-sent events: retrieved, token, ..., answer")


class Search(BaseModel):
    """A query over the passages; dates are ISO at any precision."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(max_length=100_000)]
    k: int | None = Field(default=None, ge=1, le=1000)
    sources: list[str] | None = Field(default=None, max_length=1000)
    date_from: str | None = Field(default=None, pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    date_to: str | None = Field(default=None, pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    metadata: dict[str, Any] | None = None


class Workers:
    """Threads for the API's work. Some more than may compute at once, so that a refusal never waits for a thread."""

    def __init__(self, settings: Settings) -> None:
        self.pool = ThreadPoolExecutor(settings.max_concurrency + 8, thread_name_prefix="rag-api")
        self.seconds = settings.request_timeout

    async def finish(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a function in a thread to its end, however long it takes (adding documents)."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, lambda: work(*args, **kwargs))

    async def run(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a function in a thread. Raises Deadline when the request's time is over; the work is then left behind."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self.pool, lambda: work(*args, **kwargs))
        try:
            return await asyncio.wait_for(future, self.seconds)
        except TimeoutError:
            raise Deadline(f"not finished within {self.seconds:g} s") from None

    async def events(
        self, service: Service, question: str, history: History, choice: Choice, k: int | None
    ) -> AsyncIterator[Event]:
        """The events of one answer. Closing this early, or the deadline, stops the work at its next step."""
        loop, stop = asyncio.get_running_loop(), threading.Event()
        queue: asyncio.Queue[Any] = asyncio.Queue()

        def put(item: Any) -> None:
            with suppress(RuntimeError):  # the loop is gone when the process is ending
                loop.call_soon_threadsafe(queue.put_nowait, item)

        def work() -> None:
            try:
                for event in service.stream(question, history, choice, k, stop):
                    put(event)
                put(_END)
            except Exception as exc:
                put(exc)

        deadline = loop.time() + self.seconds
        self.pool.submit(work)
        try:
            while True:
                try:
                    # wait_for would swallow a cancellation that comes together with an event (Python 3.11)
                    async with asyncio.timeout_at(deadline):
                        item = await queue.get()
                except TimeoutError:
                    raise Deadline(f"no whole answer within {self.seconds:g} s") from None
                if item is _END:
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            stop.set()


async def unless_gone(request: Request, work: Awaitable[T]) -> T:
    """Await ``work``; cancel it when the client closes the connection first."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    task, watch = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            raise HTTPException(499, "the client closed the connection")
        return task.result()
    finally:
        watch.cancel()
        task.cancel()


async def whole_answer(events: AsyncIterator[Event]) -> Answer:
    """The last event, which is the answer."""
    answer: Answer | None = None
    try:
        async for event in events:
            if isinstance(event, Answer):
                answer = event
    finally:
        await events.aclose()  # type: ignore[attr-defined]
    if answer is None:
        raise RagError("the answer ended without a result")
    return answer


def status_of(exc: Exception) -> int:
    """The HTTP status of a typed failure."""
    table: tuple[tuple[type[Exception], int], ...] = (
        (Busy, 429),
        (NotReady, 503),
        (Deadline, 504),
        (LLMTimeout, 504),
        (UsageError, 422),
        (MissingDependency, 501),
        (LLMError, 502),
        (IndexLocked, 423),
        (IndexReadOnly, 403),
    )
    return next((status for kind, status in table if isinstance(exc, kind)), 500)


def status_of_answer(answer: Answer) -> int:
    """200 for an answer or an honest refusal; the kind of failure otherwise."""
    if answer.status != "failed":
        return 200
    error = answer.error or ""
    if error.startswith("LLMTimeout"):
        return 504
    if error.startswith("LLM"):
        return 502
    return 422 if error.startswith(("UsageError", "SettingsError")) else 500


def answer_line(answer: Answer) -> dict[str, Any]:
    """An answer as a batch line, and whether it is whole: a model's stream may have been cut, or its limit reached."""
    return {**answer_dict(answer), "complete": answer.complete}


def error_body(message: str, kind: str, code: Any, request: Request) -> dict[str, Any]:
    """The shape of every error: OpenAI's, with the request's id."""
    return {
        "error": {
            "message": message,
            "type": kind,
            "param": None,
            "code": code,
            "request_id": request.scope.get("rag.request_id", ""),
        }
    }


def sse(data: Any, event: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {event}\n" if event else ""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"{head}data: {text}\n\n".encode()


def add_errors(app: FastAPI, settings: Settings) -> None:
    """Turn typed failures into responses; nothing secret and no traceback leaves the process."""

    @app.exception_handler(RagError)
    async def _failed(request: Request, exc: RagError) -> JSONResponse:
        status = status_of(exc)
        headers = {"Retry-After": str(exc.retry_after)} if isinstance(exc, Busy) else {}
        if isinstance(exc, Busy):
            request.app.state.service.metrics.refused.labels("busy").inc()
        if isinstance(exc, NotReady):
            headers["Retry-After"] = "2"
        kind = "rate_limit_error" if status == 429 else "invalid_request_error" if status < 500 else "server_error"
        message = redact(str(exc), settings.secrets())
        return JSONResponse(error_body(message, kind, type(exc).__name__, request), status, headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, exc: RequestValidationError) -> JSONResponse:
        first = exc.errors()[0] if exc.errors() else {"loc": (), "msg": "invalid request"}
        where = ".".join(str(part) for part in first["loc"])
        return JSONResponse(error_body(f"{where}: {first['msg']}", "invalid_request_error", "invalid", request), 422)

    @app.exception_handler(ValidationError)
    async def _malformed(request: Request, exc: ValidationError) -> JSONResponse:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return JSONResponse(error_body(f"{where}: {first['msg']}", "invalid_request_error", "invalid", request), 422)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, exc: HTTPException) -> JSONResponse:
        kind = "not_found_error" if exc.status_code == 404 else "invalid_request_error"
        return JSONResponse(error_body(str(exc.detail), kind, exc.status_code, request), exc.status_code, exc.headers)


def router(service: Service, workers: Workers) -> APIRouter:
    """The routes of this file."""
    routes = APIRouter()

    @routes.get("/healthz", tags=["process"], summary="The process is alive")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/readyz", tags=["process"], summary="The index is open and questions are answered")
    async def readyz() -> JSONResponse:
        if service.ready:
            return JSONResponse({"status": "ready"})
        if service.error is not None:
            return JSONResponse({"status": "failed", "error": type(service.error).__name__}, 503)
        return JSONResponse({"status": "opening"}, 503, {"Retry-After": "2"})

    @routes.get(
        "/metrics", tags=["process"], summary="Counters in Prometheus' text format", response_class=PlainTextResponse
    )
    async def metrics() -> Response:
        return Response(service.metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    @routes.post("/v1/ask", tags=["answers"], summary="One question, one cited answer")
    async def ask(body: Ask, request: Request) -> Response:
        choice = Choice(answer_language=body.answer_language, verification=body.verification)
        events = workers.events(service, body.question, body.history, choice, body.k)
        if body.stream:
            return await streamed(_ask_events(events))
        answer = await unless_gone(request, whole_answer(events))
        return JSONResponse(answer_line(answer), status_of_answer(answer))

    @routes.post("/v1/search", tags=["answers"], summary="Passages for a query, best first")
    async def search(body: Search) -> dict[str, Any]:
        filters: dict[str, Any] = {
            "sources": body.sources,
            "date_from": body.date_from,
            "date_to": body.date_to,
            "metadata": body.metadata,
        }
        filters = {name: value for name, value in filters.items() if value}
        hits = await workers.run(service.search, body.query, body.k, **filters)
        return {"query": body.query, "hits": [hit_dict(h) for h in hits]}

    return routes


async def _ask_events(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    async for event in events:
        if isinstance(event, Retrieved):
            yield sse({"query": event.query, "hits": [hit_dict(h) for h in event.hits]}, "retrieved")
        elif isinstance(event, Token):
            yield sse({"text": event.text}, "token")
        else:
            yield sse(answer_line(event), "answer")


async def streamed(parts: AsyncIterator[bytes]) -> StreamingResponse:
    """A stream of events that has begun: a failure before the first part is an ordinary error response."""
    try:
        first = await anext(parts)
    except StopAsyncIteration:
        first = b""

    async def rest() -> AsyncIterator[bytes]:
        try:
            yield first
            async for part in parts:
                yield part
        except RagError as exc:  # the status line has gone out: the failure becomes the last event
            yield sse({"error": {"message": str(exc), "type": type(exc).__name__}}, "error")
        finally:
            with suppress(Exception):
                await parts.aclose()  # type: ignore[attr-defined]

    return StreamingResponse(
        rest(), media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
