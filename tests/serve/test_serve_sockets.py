"""The API over real sockets: OpenAI's and LangChain's clients unchanged, clients that go or dawdle."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from live import serving
from simple import SimpleService, sample_documents

from rag import Settings
from rag.serve import start
from rag.serve.start import build

QUESTION = "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?"
KEY = "key-for-tests"


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, SimpleService]]:
    monkeypatch.setattr(start, "HEADER_SECONDS", 0.5)
    monkeypatch.setattr("rag.serve.guard.BODY_SECONDS", 0.5)
    settings = Settings(index=str(tmp_path / "index"), api_keys=(KEY,))
    service = SimpleService(settings, sample_documents())
    with serving(build(settings, ui=False, service=service)) as address:
        service.wait(10)
        yield address, service


def test_the_official_openai_client(live: tuple[str, SimpleService]) -> None:
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(base_url=live[0] + "/v1", api_key=KEY, max_retries=0)
    messages = [{"role": "user", "content": QUESTION}]
    whole = client.chat.completions.create(model="hoidap", messages=messages)
    assert "59 tổ" in whole.choices[0].message.content
    assert whole.citations[0]["source"] == "ha-tinh-2022-10.md"
    text, citations = "", None
    for chunk in client.chat.completions.create(model="hoidap", messages=messages, stream=True):
        text += chunk.choices[0].delta.content or ""
        citations = getattr(chunk, "citations", citations)
    assert text == whole.choices[0].message.content
    assert citations == whole.citations
    assert [m.id for m in client.models.list()] == ["hoidap"]
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=live[0] + "/v1", api_key="wrong", max_retries=0).models.list()
    with pytest.raises(openai.NotFoundError, match="known models: hoidap"):
        client.chat.completions.create(model="gpt-x", messages=messages)


def test_langchain_chat_openai(live: tuple[str, SimpleService]) -> None:
    langchain_openai = pytest.importorskip("langchain_openai")
    model = langchain_openai.ChatOpenAI(base_url=live[0] + "/v1", api_key=KEY, model="hoidap", max_retries=0)
    whole = model.invoke(QUESTION).content
    assert "133 tổ" in whole
    assert "".join(part.content for part in model.stream(QUESTION)) == whole


def test_work_stops_when_the_client_goes(live: tuple[str, SimpleService]) -> None:
    address, service = live
    service.ask(QUESTION)
    assert service.rag is not None
    service.rag.gate.clear()
    for stream in (False, True):
        before = service.metrics.cancelled._value.get()
        connection = http.client.HTTPConnection(urlsplit(address).netloc)
        body = json.dumps({"question": QUESTION, "stream": stream})
        connection.request(
            "POST", "/v1/ask", body, {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        )
        while service.metrics.working._value.get() < 1:
            time.sleep(0.01)
        assert connection.sock is not None
        connection.sock.close()
        time.sleep(0.3)
        service.rag.gate.set()
        deadline = time.monotonic() + 10
        while service.metrics.working._value.get() > 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert service.metrics.cancelled._value.get() == before + 1
        service.rag.gate.clear()
    service.rag.gate.set()


def exchange(address: str, *pieces: bytes, pause: float = 0.0) -> bytes:
    with socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), timeout=10) as sock:
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(pause)
        got = b""
        while part := sock.recv(65536):
            got += part
    return got


def test_slow_headers_get_408(live: tuple[str, SimpleService]) -> None:
    assert exchange(live[0]).startswith(b"HTTP/1.1 408")
    assert exchange(live[0], b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\n").startswith(b"HTTP/1.1 408")


def test_a_slow_body_gets_408(live: tuple[str, SimpleService]) -> None:
    head = (
        f"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    assert exchange(live[0], head.encode()).startswith(b"HTTP/1.1 408")


def test_a_body_announced_as_huge_is_refused_unread(live: tuple[str, SimpleService]) -> None:
    head = (
        f"POST /v1/documents HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {10 << 30}\r\n\r\n"
    )
    assert exchange(live[0], head.encode()).startswith(b"HTTP/1.1 413")


def test_keep_alive_connections_are_not_cut_short(live: tuple[str, SimpleService]) -> None:
    connection = http.client.HTTPConnection(urlsplit(live[0]).netloc)
    for _ in range(3):
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        assert response.status == 200 and response.read() == b'{"status":"ok"}'
        time.sleep(0.6)
