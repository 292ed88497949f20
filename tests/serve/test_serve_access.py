"""Who may ask: exposure, keys, logins, rates; and the page's dress."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import settings as relaxed
from hypothesis import strategies as st

from rag import Settings
from rag.errors import SettingsError
from rag.serve import access
from rag.serve.guard import dress, policy


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("[::1]", True), ("localhost", True), ("127.9.9.9", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_loopback(host: str, loopback: bool) -> None:
    assert access.is_loopback(host) is loopback


def test_no_exposure_without_keys_and_login() -> None:
    access.check_exposure(Settings())
    access.check_exposure(Settings(host="0.0.0.0", allow_open=True))
    access.check_exposure(Settings(host="0.0.0.0", api_keys=("k",), users=("a:b",)))
    with pytest.raises(SettingsError, match="RAG_API_KEYS and RAG_USERS is not set"):
        access.check_exposure(Settings(host="0.0.0.0"))
    with pytest.raises(SettingsError, match="RAG_USERS is not set"):
        access.check_exposure(Settings(host="192.168.1.5", api_keys=("k",)))
    with pytest.raises(SettingsError, match="name:password") as caught:
        access.check_exposure(Settings(users=("lan-secret",)))
    assert "lan-secret" not in str(caught.value)


def test_login_needs_the_pair() -> None:
    users = ("lan:một:hai", "minh:ba")
    assert access.login(users, "lan", "một:hai") and access.login(users, "minh", "ba")
    assert not access.login(users, "lan", "ba") and not access.login(users, "", "") and not access.login((), "", "")


def test_clients_are_told_apart_without_telling_their_keys() -> None:
    settings = Settings(api_keys=("key-one", "key-two"), users=("lan:mật",))
    one = access.client_of("Bearer key-one", "", settings)
    two = access.client_of("", "key-two", settings)
    assert one and two and one != two and "key-one" not in one
    assert access.client_of("bearer key-one", "", settings) == one
    assert access.client_of("Basic " + base64.b64encode("lan:mật".encode()).decode(), "", settings) == "user:lan"
    for bad in ("", "Bearer", "Bearer ", "Bearer key-on", "Basic x", "Basic /w==", "key-one"):
        assert access.client_of(bad, "", settings) is None
    assert access.client_of("", "", Settings()) == ""


@relaxed(deadline=None)
@given(st.integers(1, 100), st.lists(st.floats(0, 120), max_size=200))
def test_no_client_gets_more_than_its_rate(per_minute: int, gaps: list[float]) -> None:
    rate, now, passed = access.Rate(per_minute), 1000.0, []
    for gap in gaps:
        now += gap
        wait = rate.wait("a", now)
        assert wait >= 0
        if wait == 0:
            passed.append(now)
        else:
            assert rate.wait("a", now) > 0
    for first in passed:
        # within any minute at most what was saved up and what flowed in
        assert sum(first <= t <= first + 60 for t in passed) <= 2 * per_minute + 1


def test_clients_do_not_share_a_bucket() -> None:
    rate = access.Rate(1)
    assert rate.wait("a", 0) == 0 and rate.wait("b", 0) == 0
    assert 0 < rate.wait("a", 1) <= 60 and rate.wait("a", 61) == 0


def test_scripts_of_the_page_carry_the_nonce_and_links_elsewhere_go() -> None:
    page = b'<head><meta property="og:image" content="https://x.example/a.png"/><script>a</script></head><script data-x>b</script>'
    out = dress(page, "N0NCE").decode()
    assert "x.example" not in out
    assert out.count("<script") == out.count('<script nonce="N0NCE"')
    assert "./own/app.css" in out
    assert "'nonce-N0NCE'" in policy("N0NCE") and "'unsafe-inline'" not in policy("x").partition("style-src")[0]
