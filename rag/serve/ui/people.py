"""Who is looking at the page, and in which language: read from the request, nothing else."""

from __future__ import annotations

import hashlib
from typing import Any

from rag.serve.guard import COOKIE
from rag.serve.ui.labels import Labels, choose_language


def person(request: Any) -> str:
    """A stable name for the visitor: the login, else the private cookie, else this one page view.

    The cookie itself is a secret (whoever has it sees the conversations), so only its digest is kept.
    """
    if getattr(request, "username", None):
        return f"user:{request.username}"
    cookie = dict(getattr(request, "cookies", None) or {}).get(COOKIE, "")
    if cookie:
        return "visitor:" + hashlib.sha256(cookie.encode()).hexdigest()[:32]
    return f"view:{getattr(request, 'session_hash', '')}"


def labels(request: Any) -> Labels:
    """The words in the visitor's language."""
    cookies = dict(getattr(request, "cookies", None) or {})
    headers = getattr(request, "headers", None)
    accept = headers.get("accept-language", "") if headers is not None else ""
    return Labels(choose_language(cookies, accept))
