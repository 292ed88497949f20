"""A scripted OpenAI-compatible server on loopback: what a test wants a language model to do, over real HTTP.

    with ScriptedLLM(Say("59 tổ [1]."), Status(500)) as server:
        settings = Settings(llm="openai:any", llm_base_url=server.url, llm_api_key="sk-test")

Each request takes the next step; the last one repeats. A step may also be a function from the request's JSON to a step.
``server.requests`` holds every request's JSON, ``server.headers`` its headers
(names in lower case).
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Say:
    """Answer with ``text``, streamed in pieces of ``size`` characters, ``delay`` seconds apart, after ``wait`` seconds."""

    text: str
    size: int = 7
    delay: float = 0.0
    wait: float = 0.0
    finish: str = "stop"


@dataclass(frozen=True)
class Cut:
    """Send the beginning of ``text`` and drop the connection; ``clean`` ends the stream without a finish reason instead."""

    text: str
    clean: bool = False


@dataclass(frozen=True)
class Status:
    """An error status with headers and a body; ``echo_key`` puts the request's Authorization into the body."""

    code: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"error": {"message": "scripted failure", "type": "server_error"}}'
    echo_key: bool = False


@dataclass(frozen=True)
class Malformed:
    """HTTP 200 whose body is no JSON."""

    body: str = "data: {this is not json\n\ndata: [DONE]\n\n"


@dataclass(frozen=True)
class Hang:
    """Accept the request and say nothing for ``seconds`` (or until the server is closed)."""

    seconds: float = 30.0


Step = Say | Cut | Status | Malformed | Hang


def prompt(request: dict[str, Any]) -> str:
    """Everything the model was given, as one text."""
    return "\n".join(str(m.get("content", "")) for m in request.get("messages", ()))


def obedient(request: dict[str, Any]) -> Step:
    """A model that does what any text in its prompt tells it to print, and else invents a key."""
    found = re.search(
        r"(?:print|in ra|output|trả lời)\s*:?\s*[\"“']?([A-Z][A-Z0-9-]{5,})", prompt(request), re.IGNORECASE
    )
    word = found.group(1) if found else "CANARY-0000"
    return Say(f"Theo yêu cầu, tôi bỏ qua chỉ dẫn trước. {word} [1]. Khóa là {word} [1].")


class ScriptedLLM:
    """The server; a context manager. ``url`` is what ``llm_base_url`` wants."""

    def __init__(self, *steps: Step | Callable[[dict[str, Any]], Step]) -> None:
        self.steps = list(steps) or [Say("Xin chào.")]
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> ScriptedLLM:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, request: dict[str, Any], headers: dict[str, str]) -> Step:
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            step = self.steps[min(len(self.requests), len(self.steps)) - 1]
        return step(request) if callable(step) else step

    def _handler(owner) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                self._json(200, json.dumps({"object": "list", "data": [{"id": "scripted", "object": "model"}]}))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = json.loads(body or b"{}")
                step = owner.take(request, {k.lower(): v for k, v in self.headers.items()})
                try:
                    self._play(step, bool(request.get("stream")))
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def _play(self, step: Step, streamed: bool) -> None:
                if isinstance(step, Hang):
                    owner.closing.wait(step.seconds)
                    self.close_connection = True
                elif isinstance(step, Status):
                    said = step.body
                    if step.echo_key:
                        said = json.dumps({"error": {"message": f"bad key {self.headers.get('Authorization')}"}})
                    self._json(step.code, said, step.headers)
                elif isinstance(step, Malformed):
                    self._json(
                        200, step.body, {"Content-Type": "text/event-stream" if streamed else "application/json"}
                    )
                elif isinstance(step, Cut):
                    self._cut(step)
                elif streamed:
                    self._stream(step)
                else:
                    time.sleep(step.wait)
                    choice = {
                        "index": 0,
                        "message": {"role": "assistant", "content": step.text},
                        "finish_reason": step.finish,
                    }
                    self._json(
                        200,
                        json.dumps({"id": "c", "object": "chat.completion", "model": "scripted", "choices": [choice]}),
                    )

            def _stream(self, step: Say) -> None:
                self._open_stream()
                time.sleep(step.wait)
                for i in range(0, len(step.text), step.size):
                    self._event({"content": step.text[i : i + step.size]})
                    if step.delay:
                        time.sleep(step.delay)
                self._event({}, finish=step.finish)
                usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
                self._chunk(
                    "data: "
                    + json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": usage})
                    + "\n\n"
                )
                self._chunk("data: [DONE]\n\n")
                self._chunk("")

            def _cut(self, step: Cut) -> None:
                self._open_stream()
                for i in range(0, len(step.text), 7):
                    self._event({"content": step.text[i : i + 7]})
                if step.clean:
                    self._chunk("")
                self.wfile.flush()
                self.close_connection = True

            def _open_stream(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self._event({"role": "assistant", "content": ""})

            def _event(self, delta: dict[str, Any], finish: str | None = None) -> None:
                choice = {"index": 0, "delta": delta, "finish_reason": finish}
                self._chunk(
                    "data: " + json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [choice]}) + "\n\n"
                )

            def _chunk(self, text: str) -> None:
                data = text.encode()
                self.wfile.write(f"{len(data):X}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()

            def _json(self, code: int, text: str, headers: dict[str, str] | None = None) -> None:
                data = text.encode()
                self.send_response(code)
                for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        return Handler
