"""`/v1/chat/completions` and `/v1/models` as OpenAI's clients speak them, with the citations in extra fields.

Knows the shapes of that protocol. What a client sends beyond the questions and answers (temperature, tools, a system
message) does not reach the reader: the answer comes from the documents.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from rag.errors import UsageError
from rag.serve.api import Workers, answer_line, error_body, sse, status_of_answer, streamed, unless_gone, whole_answer
from rag.serve.service import Choice, Service
from rag.types import Answer, Event, Token
from rag.wire import citation_dict

MODEL = "hoidap"


class Message(BaseModel):
    """One message; content is text, or a list of parts of which the text ones are read."""

    model_config = ConfigDict(extra="allow")

    role: str
    content: str | list[dict[str, Any]] | None = None

    def text(self) -> str:
        """The text of the message."""
        if isinstance(self.content, str):
            return self.content
        parts = (part.get("text") for part in self.content or () if part.get("type") == "text")
        return "\n".join(part for part in parts if isinstance(part, str))


class Completion(BaseModel):
    """The request; fields that are not listed are accepted and have no effect."""

    model_config = ConfigDict(extra="allow")

    messages: list[Message] = Field(min_length=1, max_length=400)
    model: str = MODEL
    stream: bool = False
    stream_options: dict[str, Any] | None = None
    n: int | None = Field(default=1, ge=1, le=1, description="one answer per request")


def conversation(messages: list[Message]) -> tuple[str, list[tuple[str, str]]]:
    """The last question and the (question, answer) pairs before it. Raises UsageError when the last is no question."""
    talk = [m for m in messages if m.role in ("user", "assistant")]
    if not talk or talk[-1].role != "user":
        raise UsageError("messages: the last one must have role 'user' and hold the question")
    history: list[tuple[str, str]] = []
    question = ""
    for message in talk[:-1]:
        if message.role == "user":
            question = message.text()
        elif question:
            history.append((question, message.text()))
            question = ""
    return talk[-1].text(), history


def extra(answer: Answer) -> dict[str, Any]:
    """What OpenAI's protocol has no place for; ``answer`` is the checked text that the citations belong to."""
    line = answer_line(answer)
    names = ("status", "complete", "answer", "query", "short", "language", "retrieved", "timings_ms")
    return {name: line[name] for name in names}


def usage(answer: Answer) -> dict[str, int]:
    """Token counts where a model reported them, zeros otherwise."""
    prompt = int(answer.usage.get("input_tokens", answer.usage.get("prompt_tokens", 0)))
    written = int(answer.usage.get("output_tokens", answer.usage.get("completion_tokens", 0)))
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}


def router(service: Service, workers: Workers) -> APIRouter:
    """The routes of this file."""
    routes = APIRouter(prefix="/v1", tags=["openai"])

    def names() -> list[str]:
        llm = service.settings.llm
        return [MODEL] if llm == "extractive" else [MODEL, llm]

    @routes.get("/models", summary="The models one may name")
    async def models() -> dict[str, Any]:
        return {
            "object": "list",
            "data": [{"id": name, "object": "model", "created": 0, "owned_by": "hoidap"} for name in names()],
        }

    @routes.get("/models/{name:path}", summary="One model")
    async def model(name: str, request: Request) -> JSONResponse:
        if name not in names():
            return JSONResponse(_no_model(name, names(), request), 404)
        return JSONResponse({"id": name, "object": "model", "created": 0, "owned_by": "hoidap"})

    @routes.post("/chat/completions", summary="A cited answer in OpenAI's shape; streams with stream=true")
    async def completions(body: Completion, request: Request) -> Response:
        if body.model not in names():
            return JSONResponse(_no_model(body.model, names(), request), 404)
        question, history = conversation(body.messages)
        events = workers.events(service, question, history, Choice(), None)
        identity, created = f"chatcmpl-{secrets.token_hex(12)}", int(time.time())
        head = {"id": identity, "created": created, "model": body.model}
        if body.stream:
            with_usage = bool((body.stream_options or {}).get("include_usage"))
            return await streamed(_chunks(events, head, with_usage))
        answer = await unless_gone(request, whole_answer(events))
        if answer.status == "failed":
            status = status_of_answer(answer)
            kind = "invalid_request_error" if status < 500 else "server_error"
            return JSONResponse(error_body(answer.error or "failed", kind, "failed", request), status)
        citations = [citation_dict(c) for c in answer.citations]
        message = {"role": "assistant", "content": answer.text, "refusal": None, "citations": citations}
        choice = {"index": 0, "message": message, "finish_reason": _finish(answer), "logprobs": None}
        return JSONResponse(
            {
                **head,
                "object": "chat.completion",
                "choices": [choice],
                "usage": usage(answer),
                "citations": citations,
                "rag": extra(answer),
            }
        )

    return routes


async def _chunks(events: AsyncIterator[Event], head: dict[str, Any], with_usage: bool) -> AsyncIterator[bytes]:
    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return sse({**head, "object": "chat.completion.chunk", "choices": [choice], **more})

    shown, begun = "", False
    async for event in events:
        if not begun:
            begun = True
            if not (isinstance(event, Answer) and event.status == "failed"):
                yield chunk({"role": "assistant", "content": ""})
        if isinstance(event, Token):
            shown += event.text
            yield chunk({"content": event.text})
        elif isinstance(event, Answer):
            if event.status == "failed":
                yield sse({"error": {"message": event.error, "type": "server_error", "code": "failed", "param": None}})
                break
            # Only checked sentences are streamed, so what went out is the beginning of the answer, if not all of it. A
            # model that took everything back in the end leaves a refusal, which comes after what cannot be unsaid.
            rest = event.text[len(shown) :] if event.text.startswith(shown) else f"\n\n{event.text}"
            if rest:
                yield chunk({"content": rest})
            citations = [citation_dict(c) for c in event.citations]
            yield chunk({}, _finish(event), citations=citations, rag=extra(event))
            if with_usage:
                yield sse({**head, "object": "chat.completion.chunk", "choices": [], "usage": usage(event)})
    yield sse("[DONE]")


def _finish(answer: Answer) -> str:
    """The protocol's word for an answer that was cut is "length", whatever cut it."""
    return "stop" if answer.complete else "length"


def _no_model(name: str, known: list[str], request: Request) -> dict[str, Any]:
    message = f"no model {name[:100]!r}; known models: {', '.join(known)}"
    return error_body(message, "invalid_request_error", "model_not_found", request)
