"""Start-up: check the address, open the index while the page is imported, and serve both from one process.

The only module of this package that knows the order of these steps.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import Settings, __version__
from rag.serve.access import check_exposure
from rag.serve.quick import import_gradio, no_collection
from rag.serve.service import Service

if TYPE_CHECKING:
    from fastapi import FastAPI

HEADER_SECONDS = 10.0


def _stay_local() -> None:
    """Before Gradio is imported: no telemetry, no hub look-ups, no notices about versions."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ["GRADIO_SHARE"] = "False"
    os.environ["GRADIO_RUN_HISTORY"] = "False"
    # Many people ask small questions at once: each product on one core (see `rag.cli.main`).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def build(settings: Settings | None = None, *, ui: bool = True, service: Service | None = None) -> FastAPI:
    """The application: guard, API and (with ``ui``) page. The index opens in a thread that starts here."""
    settings = settings or _settings()
    check_exposure(settings)
    _stay_local()
    service = service or Service(settings)
    opening = threading.Thread(target=service.open, name="rag-open", daemon=True)
    if not service.opened.is_set():
        opening.start()

    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse
    from starlette.staticfiles import StaticFiles

    from rag.serve import api, api_documents, api_openai, docs_page
    from rag.serve.guard import Guard

    workers = api.Workers(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if ui:  # now that the page is served: earlier it would only have come later
            threading.Thread(target=app.state.suggestions.warm_up, name="rag-examples", daemon=True).start()
        yield
        workers.pool.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(service.close)

    app = FastAPI(
        title="hoidap",
        version=__version__,
        description="Cited question answering over your own documents.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    app.include_router(api.router(service, workers))
    app.include_router(api_openai.router(service, workers))
    app.include_router(api_documents.router(service, workers))
    api.add_errors(app, settings)
    app.mount("/own", StaticFiles(directory=str(files("rag.serve") / "assets")), name="own")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(docs_page.render(app.openapi()))

    if ui:
        # another embedder or a reranker loads its own libraries in the thread that opens the index
        import_gradio(alone=settings.embedder == "bundled" and not settings.reranker)
        from rag.serve.ui.page import mount

        app = mount(app, service)
    app.add_middleware(Guard, settings=settings, metrics=service.metrics)  # type: ignore[arg-type]
    return app


def run(settings: Settings | None = None) -> None:
    """Serve until interrupted. Raises the typed error of an index that cannot be opened."""
    settings = settings or _settings()
    check_exposure(settings)
    service = Service(settings)
    with no_collection():
        app = build(settings, service=service)
        service.wait()

        import uvicorn

    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=slow_guard(),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
    )
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host
    print(f"open http://{shown}:{settings.port}/", file=sys.stderr, flush=True)
    uvicorn.Server(config).run()


def slow_guard() -> type[asyncio.Protocol]:
    """uvicorn's HTTP/1.1 protocol that answers 408 to a connection whose request headers take too long."""
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class SlowGuard(H11Protocol):
        """Counts the time from a connection's start, or a request's first byte, to the end of the head."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._patience: asyncio.TimerHandle | None = None
            self._watch(waiting=True)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            # Between requests keep-alive's own limit holds; part of a request's head starts the clock again.
            self._watch(waiting=self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0]))

        def _watch(self, waiting: bool) -> None:
            if waiting and self._patience is None:
                self._patience = self.loop.call_later(HEADER_SECONDS, self._too_slow)
            elif not waiting and self._patience is not None:
                self._patience.cancel()
                self._patience = None

        def _too_slow(self) -> None:
            if not self.transport.is_closing():
                self.transport.write(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                self.transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            self._watch(waiting=False)
            super().connection_lost(exc)

    return SlowGuard


def _settings() -> Settings:
    from rag.settings import load

    return load()


def icon() -> str:
    """The page's icon, as a path."""
    return str(Path(str(files("rag.serve") / "assets")) / "icon.png")
