"""What stands in front of every request: identity, limits, headers, and a line in the log.

One ASGI layer. Knows paths and headers, nothing of questions or documents; what it logs holds no content, no query
string and no secret. The page's own routes come from Gradio; only those a page needs are let through.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from rag import Settings
from rag.serve.access import Rate, client_of, is_loopback
from rag.serve.metrics import Metrics

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "hoidap"
BODY_SECONDS = 20.0
SMALL_BODY = 2 * 1024 * 1024
OPEN = ("/healthz", "/readyz")
_OURS = re.compile(r"/(v1/[\w/.-]*|healthz|readyz|metrics|docs|openapi\.json|own/[\w/.-]+)")
# The routes of Gradio that the page uses. The rest (files, proxying, monitoring, run history, code editing) is closed:
# in particular, nothing uploaded is ever served back.
_PAGE = re.compile(
    r"/(|config/?|theme\.css|robots\.txt|favicon\.ico|manifest\.json|pwa_icon(/\d+)?|login/?|logout/?|login_check/?|"
    r"(assets|static|svelte)/[\w./@+-]+|"
    r"gradio_api/(queue/(join|data)|upload|upload_progress|heartbeat/\w+|startup-events|cancel|reset/?|info/?|theme\.css|"
    r"app_id/?|login_check/?|user/?|token/?|component_server|mcp[\w/.-]*))"
)
_HEAD = (
    b'<link rel="stylesheet" href="./own/app.css"><script src="./own/early.js"></script>'
    b'<script src="./own/app.js"></script>'
)
_SAFE = ("GET", "HEAD", "OPTIONS")
# A build's files carry a digest in their names: what is behind such a name never changes.
_FOREVER = re.compile(r"/assets/[\w./@+-]*-[\w-]{8,12}\.[a-z0-9]+")


class BodyRefused(Exception):
    """The body is larger than its path allows, or did not arrive in time."""


def policy(nonce: str) -> str:
    """The Content-Security-Policy of every response: this origin only, no inline handlers, no plug-ins, no frames.

    ``'unsafe-eval'`` is there because Gradio compiles its templates with `Function`; markup cannot make use of it.
    """
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; "
        "worker-src 'self' blob:; object-src 'none'; frame-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'self'"
    )


class Guard:
    """The outermost ASGI layer. ``log`` gets one JSON line per request (standard error by default)."""

    def __init__(
        self, app: App, settings: Settings, metrics: Metrics, log: Callable[[str], None] | None = None
    ) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics
        self.log = log or (lambda line: print(line, file=sys.stderr, flush=True))
        self.rate = Rate(settings.rate_per_minute)
        self.upload_bytes = int(settings.max_upload_mb * 1024 * 1024 * 4) + SMALL_BODY
        # A page on another site could have its name resolve to 127.0.0.1 and then read an open local server; a Host
        # check stops that. With a login or keys there is nothing to read without them.
        self.check_host = is_loopback(settings.host) and not (
            settings.api_keys or settings.users or settings.allow_open
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            # the page speaks HTTP and server-sent events only
            await send({"type": "websocket.close", "code": 1008})
            return
        await _Request(self, scope, receive, send).run()

    def turn_away(
        self, scope: Scope, headers: dict[str, str], request: _Request
    ) -> tuple[int, str, dict[str, str]] | None:
        """Status, message and headers when a request may not go on; None when it may."""
        path, method = scope["path"], scope["method"]
        ours = _OURS.fullmatch(path) is not None
        if not ours and _PAGE.fullmatch(path) is None:
            return 404, f"no such page: {path[:200]}", {}
        host = headers.get("host", "")
        if self.check_host and _host_name(host) not in (
            "localhost",
            "127.0.0.1",
            "::1",
            "testserver",
            self.settings.host,
        ):
            return 421, "this server answers to localhost only; set a login and keys to serve it under another name", {}
        if method not in _SAFE and (
            headers.get("sec-fetch-site") == "cross-site" or _foreign(headers.get("origin"), host)
        ):
            return 403, "a request from another site is not allowed", {}
        limit = self.upload_bytes if path in ("/v1/documents", "/gradio_api/upload") else SMALL_BODY
        length = headers.get("content-length", "0")
        if not length.isdigit():
            return 400, "Content-Length is not a number", {}
        request.limit = limit
        if path in OPEN or not (path.startswith(("/v1/", "/gradio_api/mcp")) or path == "/metrics"):
            return (413, _too_large(limit), {}) if int(length) > limit else None
        client = client_of(headers.get("authorization", ""), headers.get("x-api-key", ""), self.settings)
        if client is None:
            self.metrics.refused.labels("key").inc()
            return 401, "a valid key is needed: send 'Authorization: Bearer KEY'", {"www-authenticate": "Bearer"}
        scope["rag.client"] = client
        if int(length) > limit:
            self.metrics.refused.labels("size").inc()
            return 413, _too_large(limit), {}
        wait = self.rate.wait(client or (scope.get("client") or ("",))[0]) if path != "/metrics" else 0.0
        if wait > 0:
            self.metrics.refused.labels("rate").inc()
            seconds = max(1, math.ceil(wait))
            return (
                429,
                f"more than {self.settings.rate_per_minute} requests a minute; try again in {seconds} s",
                {"retry-after": str(seconds)},
            )
        return None


class _Request:
    """One request on its way through the guard."""

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
        self.guard, self.scope, self._receive, self._send = guard, scope, receive, send
        self.headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope.get("headers", ())}
        given = self.headers.get("x-request-id", "")
        self.id = given if re.fullmatch(r"[\w.-]{1,64}", given) else secrets.token_hex(8)
        self.nonce = secrets.token_urlsafe(16)
        self.status, self.started, self.received, self.limit = 0, False, 0, SMALL_BODY
        self._whole = self._answered = False
        self._fault: tuple[int, str, str] | None = None
        self._page: list[bytes] | None = None
        self._start: Message | None = None
        self._new_cookie = ""

    async def run(self) -> None:
        begun = time.perf_counter()
        scope = self.scope
        scope["rag.request_id"] = self.id
        try:
            refused = self.guard.turn_away(scope, self.headers, self)
            if refused:
                await self._refuse(*refused)
            else:
                self._identify()
                self._speed_up()
                await self.guard.app(scope, self._body, self._reply)
        except Exception as exc:
            if self._fault:
                await self._blame()
                return
            self._log("error", begun, error=type(exc).__name__)
            if self.started:
                raise
            await self._refuse(500, "internal error; the log has it under this request id", {})
        finally:
            self._count(begun)

    def _identify(self) -> None:
        """Give a visitor without a login a random name of their own, kept in a cookie that scripts cannot read."""
        try:
            known = SimpleCookie(self.headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            known = None
        if self.scope["path"] == "/" and not (known and re.fullmatch(r"[\w-]{20,64}", known.value)):
            self._new_cookie = secrets.token_urlsafe(24)

    def _speed_up(self) -> None:
        """Nobody on this machine gains by a file that is compressed for them anew; a proxy in front does it by itself."""
        client = (self.scope.get("client") or ("",))[0]
        if self.scope["path"].startswith(("/assets/", "/static/")) and client and is_loopback(client):
            self.scope["headers"] = [(k, v) for k, v in self.scope["headers"] if k.lower() != b"accept-encoding"]

    async def _body(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), BODY_SECONDS)
        except TimeoutError:
            self._fault = (408, "slow", f"the request's body did not arrive within {BODY_SECONDS:g} s")
            raise BodyRefused from None
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self.received > self.limit:
                self._fault = (413, "size", _too_large(self.limit))
                raise BodyRefused
        return message

    async def _blame(self) -> None:
        """Answer for a body that was refused; whatever the application made of it is dropped."""
        assert self._fault is not None
        if not self._answered:
            self._answered = True
            self.guard.metrics.refused.labels(self._fault[1]).inc()
            await self._refuse(self._fault[0], self._fault[2], {"connection": "close"})

    async def _reply(self, message: Message) -> None:
        if self._fault:
            await self._blame()
            return
        if message["type"] == "http.response.start":
            self.status, self.started = message["status"], True
            headers = [(k, v) for k, v in message.get("headers", ()) if k.lower() not in (b"server",)]
            headers += self._headers()
            html = any(k.lower() == b"content-type" and v.startswith(b"text/html") for k, v in headers)
            message = {**message, "headers": headers}
            if html:
                self._page, self._start = [], message
                return
        elif message["type"] == "http.response.body" and self._page is not None:
            self._page.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            assert self._start is not None
            body = dress(b"".join(self._page), self.nonce)
            kept = [(k, v) for k, v in self._start["headers"] if k.lower() != b"content-length"]
            length = (b"content-length", str(len(body)).encode())
            await self._send({**self._start, "headers": [*kept, length]})
            await self._send({"type": "http.response.body", "body": body})
            return
        await self._send(message)

    def _headers(self) -> list[tuple[bytes, bytes]]:
        values = {
            "x-request-id": self.id,
            "content-security-policy": policy(self.nonce),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "x-frame-options": "SAMEORIGIN",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
        }
        if self.status == 200 and _FOREVER.fullmatch(self.scope["path"]):
            values["cache-control"] = "public, max-age=31536000, immutable"
        if self._new_cookie:
            secure = "; Secure" if self.scope.get("scheme") == "https" else ""
            values["set-cookie"] = (
                f"{COOKIE}={self._new_cookie}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}"
            )
        return [(k.encode(), v.encode()) for k, v in values.items()]

    async def _refuse(self, status: int, message: str, headers: dict[str, str]) -> None:
        if self.started and self._page is None:
            return
        self.status, self.started, self._page = status, True, None
        body = json.dumps(
            {"error": {"message": message, "type": _kind(status), "param": None, "code": status, "request_id": self.id}}
        ).encode()
        all_headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        all_headers += [(k.encode(), v.encode()) for k, v in headers.items()] + self._headers()
        await self._send({"type": "http.response.start", "status": status, "headers": all_headers})
        await self._send({"type": "http.response.body", "body": body})

    def _count(self, begun: float) -> None:
        path = self.scope["path"]
        ours = _OURS.fullmatch(path) is not None
        if ours and path not in OPEN and path != "/metrics":
            route = getattr(self.scope.get("route"), "path", None) or (
                "/v1/other" if path.startswith("/v1/") else "/other"
            )
            self.guard.metrics.requests.labels(route, self.scope["method"], str(self.status)).inc()
            self.guard.metrics.request_seconds.labels(route).observe(time.perf_counter() - begun)
        if ours or self.status >= 400:
            self._log("request", begun)

    def _log(self, event: str, begun: float, **more: Any) -> None:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "event": event,
            "request_id": self.id,
            "method": self.scope["method"],
            "path": self.scope["path"][:200],
            "status": self.status,
            "ms": round((time.perf_counter() - begun) * 1000, 1),
            "client": self.scope.get("rag.client", ""),
            **more,
        }
        self.guard.log(json.dumps(line, ensure_ascii=False))


def dress(page: bytes, nonce: str) -> bytes:
    """Add our style and scripts to Gradio's page, take out its links to elsewhere, and give its scripts the nonce."""
    page = re.sub(rb'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>', b"", page)
    page = page.replace(b"<head>", b"<head>" + _HEAD, 1)
    return re.sub(rb"<script(?=[\s>])", b'<script nonce="' + nonce.encode() + b'"', page)


def _too_large(limit: int) -> str:
    return f"the request is larger than {limit // (1024 * 1024)} MB"


def _kind(status: int) -> str:
    return {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}.get(
        status, "server_error" if status >= 500 else "invalid_request_error"
    )


def _host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _foreign(origin: str | None, host: str) -> bool:
    """Whether an Origin header names another site than the Host header."""
    if origin is None:
        return False
    return origin.partition("://")[2].lower() != host.lower()
