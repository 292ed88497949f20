"""The chat page and the HTTP API, in one process.

Knows the library only by its public door (`from rag import ...`). Importing this package loads neither Gradio nor
FastAPI: both are imported when `serve` is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.settings import Settings

__all__ = ["create_app", "serve"]


def serve(settings: Settings | None = None) -> None:
    """Open the chat page and the API on ``settings.host``:``settings.port`` and serve until interrupted.

    Builds the index from ``settings.seeds`` when there is none. Raises SettingsError when the address is reachable
    from other machines and no keys and login are set, and the typed error of an index that cannot be opened.
    """
    from rag.serve.start import run

    run(settings)


def create_app(settings: Settings | None = None, *, ui: bool = True) -> Any:
    """The ASGI application (a FastAPI object) that `serve` runs, for another server or for tests.

    ``ui=False`` leaves the page out and imports no Gradio. The index is opened by the application's start-up.
    """
    from rag.serve.start import build

    return build(settings, ui=ui)
