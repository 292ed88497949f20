"""Who may ask, and how often: keys, logins, rates, and the addresses that need them.

Pure functions and small objects; knows nothing of HTTP frameworks. Secrets are compared in constant time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence

from rag import Settings
from rag.errors import SettingsError

_MANY_CLIENTS = 10_000


def is_loopback(host: str) -> bool:
    """Whether a bind address is reached from this machine only. An unknown name counts as reachable from outside."""
    name = host.strip().strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_exposure(settings: Settings) -> None:
    """Raise SettingsError when other machines could reach the page or the API without a login or a key."""
    for user in settings.users:
        name, colon, password = user.partition(":")
        if not (name and colon and password):
            raise SettingsError("setting users: each entry is name:password; one has no name, colon or password")
    if is_loopback(settings.host) or settings.allow_open:
        return
    missing = [
        name for name, value in (("RAG_API_KEYS", settings.api_keys), ("RAG_USERS", settings.users)) if not value
    ]
    if missing:
        raise SettingsError(
            f"host={settings.host!r} is reachable from other machines, but {' and '.join(missing)} is not set: "
            "set RAG_API_KEYS=key,... and RAG_USERS=name:password,... , or bind to 127.0.0.1, "
            "or set RAG_ALLOW_OPEN=1 to serve everyone who can reach it"
        )


def same(given: str, expected: str) -> bool:
    """Equality in time that does not depend on where two strings differ, nor on their lengths."""
    return hmac.compare_digest(hashlib.sha256(given.encode()).digest(), hashlib.sha256(expected.encode()).digest())


def login(users: Sequence[str], name: str, password: str) -> bool:
    """Whether a name and password are one of ``users`` ("name:password"); looks at all of them always."""
    found = False
    for user in users:
        known, _, secret = user.partition(":")
        found |= same(name, known) & same(password, secret)
    return found


def client_of(authorization: str, api_key: str, settings: Settings) -> str | None:
    """Who a request comes from, by its ``Authorization`` or ``X-API-Key`` header; None when it may not ask.

    Accepts "Bearer KEY", "Basic base64(name:password)" of a page login, or the key alone. The name returned holds no
    secret. When neither keys nor logins are set everyone may ask, as "".
    """
    if not settings.api_keys and not settings.users:
        return ""
    scheme, _, value = authorization.partition(" ")
    key = value.strip() if scheme.lower() == "bearer" else api_key
    found: str | None = None
    for known in settings.api_keys:
        if same(key, known):
            found = "key:" + hashlib.sha256(known.encode()).hexdigest()[:12]
    if scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return found
        if login(settings.users, name, password):
            found = "user:" + name
    return found


class Rate:
    """A bucket of ``per_minute`` requests for each client, filled steadily."""

    def __init__(self, per_minute: int) -> None:
        self.capacity = float(per_minute)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, client: str, now: float | None = None) -> float:
        """Take one request from the client's bucket: 0 when it may go on, else the seconds until one is there."""
        now = time.monotonic() if now is None else now
        with self._lock:
            left, last = self._buckets.pop(client, (self.capacity, now))
            left = min(self.capacity, left + (now - last) * self.capacity / 60.0)
            wait = 0.0 if left >= 1 else (1 - left) * 60.0 / self.capacity
            self._buckets[client] = (left - 1 if wait == 0 else left, now)
            while len(self._buckets) > _MANY_CLIENTS:
                self._buckets.popitem(last=False)
        return wait
