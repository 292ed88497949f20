"""The HTTP API over the small reader: shapes, streams, documents, keys, limits and errors, through real ASGI calls."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from simple import SimpleService, sample_documents

from rag import Settings
from rag.serve.start import build
from rag.types import Document

QUESTION = "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?"


def make(tmp_path: Path, documents: Any = None, **settings: Any) -> tuple[TestClient, SimpleService]:
    chosen = Settings(index=str(tmp_path / "index"), **settings)
    service = SimpleService(chosen, sample_documents() if documents is None else documents)
    client = TestClient(build(chosen, ui=False, service=service), raise_server_exceptions=False)
    service.wait(10)
    return client, service


@pytest.fixture
def api(tmp_path: Path) -> Iterator[TestClient]:
    client, _ = make(tmp_path)
    with client:
        yield client


def events(text: str) -> list[tuple[str, Any]]:
    out = []
    for block in text.strip().split("\n\n"):
        name, data = "", ""
        for line in block.split("\n"):
            key, _, value = line.partition(": ")
            name, data = (value, data) if key == "event" else (name, value)
        out.append((name, data if data == "[DONE]" else json.loads(data)))
    return out


def test_ask_gives_the_answer_line_with_exact_quotes(api: TestClient) -> None:
    line = api.post("/v1/ask", json={"question": QUESTION}).json()
    assert line["status"] == "answered"
    assert "59 tổ" in line["answer"] and "133 tổ" in line["answer"]
    (citation,) = line["citations"]
    text = api.get("/v1/documents", params={"source": citation["source"]}).json()["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert citation["source"] == "ha-tinh-2022-10.md"
    assert line["error"] is None and line["timings_ms"]["total"] == 3.0


def test_a_refusal_has_no_citation_and_status_200(api: TestClient) -> None:
    response = api.post("/v1/ask", json={"question": "Thủ đô nước Pháp tên gì, sông nào chảy qua?"})
    assert response.status_code == 200
    assert response.json()["status"] == "abstained" and response.json()["citations"] == []


def test_a_failure_is_not_a_refusal(api: TestClient) -> None:
    response = api.post("/v1/ask", json={"question": "explode"})
    assert response.status_code == 502
    assert response.json()["status"] == "failed" and response.json()["answer"] == ""
    assert api.post("/v1/ask", json={"question": "  "}).status_code == 422


def test_ask_streams_retrieved_then_tokens_then_the_same_answer(api: TestClient) -> None:
    response = api.post("/v1/ask", json={"question": QUESTION, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    got = events(response.text)
    assert got[0][0] == "retrieved" and got[-1][0] == "answer"
    assert "".join(data["text"] for name, data in got if name == "token") == got[-1][1]["answer"]
    assert got[-1][1] == api.post("/v1/ask", json={"question": QUESTION}).json()


def test_history_reaches_the_reader(api: TestClient) -> None:
    line = api.post("/v1/ask", json={"question": "Thế còn Thanh Hóa?", "history": [["q1", "a1"]]}).json()
    assert line["query"] == "q1 Thế còn Thanh Hóa?"


def test_search_gives_passages_in_order(api: TestClient) -> None:
    found = api.post("/v1/search", json={"query": QUESTION, "k": 3}).json()["hits"]
    assert [h["rank"] for h in found] == [1, 2, 3]
    assert found[0]["source"] == "ha-tinh-2022-10.md" and "59 tổ" in found[0]["text"]
    assert found[0]["score"] >= found[1]["score"] >= found[2]["score"]
    assert api.post("/v1/search", json={"query": " "}).status_code == 422
    assert api.post("/v1/search", json={"query": "x" * 3000}).status_code == 422


def test_chat_completions_in_openai_shape(api: TestClient) -> None:
    body = {"model": "hoidap", "messages": [{"role": "system", "content": "x"}, {"role": "user", "content": QUESTION}]}
    got = api.post("/v1/chat/completions", json=body).json()
    assert got["object"] == "chat.completion"
    message = got["choices"][0]["message"]
    assert message["role"] == "assistant" and "59 tổ" in message["content"]
    assert got["choices"][0]["finish_reason"] == "stop"
    assert got["citations"][0]["source"] == "ha-tinh-2022-10.md" == message["citations"][0]["source"]
    assert got["rag"]["status"] == "answered"
    body["stream"] = True
    body["stream_options"] = {"include_usage": True}  # type: ignore[assignment]
    chunks = [data for _, data in events(api.post("/v1/chat/completions", json=body).text)]
    assert chunks[-1] == "[DONE]"
    assert chunks[-2]["usage"]["total_tokens"] == 0 and chunks[-2]["choices"] == []
    text = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks[:-2])
    assert text == message["content"]
    assert chunks[-3]["choices"][0]["finish_reason"] == "stop" and chunks[-3]["citations"] == got["citations"]


def test_a_refusal_streams_its_text(api: TestClient) -> None:
    body = {"messages": [{"role": "user", "content": "Thủ đô nước Pháp tên gì?"}], "stream": True}
    chunks = [data for _, data in events(api.post("/v1/chat/completions", json=body).text)]
    text = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks[:-1])
    assert text == "Không có trong tài liệu." and chunks[-2]["rag"]["status"] == "abstained"


def test_chat_completions_errors_have_openai_shape(api: TestClient) -> None:
    def post(**body: Any) -> Any:
        return api.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "x"}], **body})

    missing = post(model="gpt-9")
    assert missing.status_code == 404 and missing.json()["error"]["code"] == "model_not_found"
    assert post(messages=[]).status_code == 422
    assert post(messages=[{"role": "assistant", "content": "x"}]).json()["error"]["type"] == "invalid_request_error"
    failed = post(messages=[{"role": "user", "content": "explode"}])
    assert failed.status_code == 502 and "the model is down" in failed.json()["error"]["message"]
    assert post(n=2).status_code == 422


def test_content_parts_and_history_of_a_conversation(api: TestClient) -> None:
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "câu trước"},
                {"type": "image_url", "image_url": {"url": "http://x/"}},
            ],
        },
        {"role": "assistant", "content": "trả lời trước"},
        {"role": "user", "content": "Thế còn Thanh Hóa?"},
    ]
    got = api.post("/v1/chat/completions", json={"messages": messages}).json()
    assert got["rag"]["query"] == "câu trước Thế còn Thanh Hóa?"


def test_models(api: TestClient) -> None:
    assert [m["id"] for m in api.get("/v1/models").json()["data"]] == ["hoidap"]
    assert api.get("/v1/models/hoidap").json()["id"] == "hoidap"
    assert api.get("/v1/models/other").status_code == 404


def test_documents_are_added_listed_replaced_and_removed(api: TestClient) -> None:
    files = [("files", ("báo cáo.txt", "Xã Alpha có 77 cột đèn chiếu sáng công cộng.".encode(), "text/plain"))]
    report = api.post("/v1/documents", files=files).json()
    assert report["added"] == ["báo cáo.txt"] and report["skipped"] == []
    assert api.post("/v1/documents", files=files).json()["updated"] == ["báo cáo.txt"]
    asked = {"question": "Xã Alpha có bao nhiêu cột đèn chiếu sáng công cộng?"}
    assert "77" in api.post("/v1/ask", json=asked).json()["answer"]
    listed = {d["source"] for d in api.get("/v1/documents").json()["documents"]}
    assert "báo cáo.txt" in listed and "ha-tinh-2024.md" in listed
    gone = api.delete("/v1/documents", params={"source": "báo cáo.txt"}).json()
    assert gone["removed"] == ["báo cáo.txt"]
    assert api.post("/v1/ask", json=asked).json()["status"] == "abstained"
    assert api.delete("/v1/documents", params={"source": "báo cáo.txt"}).status_code == 404
    assert api.delete("/v1/documents").status_code == 422


def test_texts_are_added_as_json_and_removed_by_body(api: TestClient) -> None:
    body = {
        "documents": [{"source": "a", "text": "Huyện Beta trồng 12 héc ta sen.", "title": "Sen", "date": "2024-05"}]
    }
    assert api.post("/v1/documents", json=body).json()["added"] == ["a"]
    assert api.get("/v1/documents", params={"source": "a"}).json()["text"] == "Huyện Beta trồng 12 héc ta sen."
    assert api.request("DELETE", "/v1/documents", json={"sources": ["a"]}).json()["removed"] == ["a"]
    assert api.get("/v1/documents", params={"source": "a"}).status_code == 404
    assert (
        api.post("/v1/documents", json={"documents": [{"source": "u", "url": "http://127.0.0.1/x"}]}).status_code == 422
    )
    assert api.post("/v1/documents", content=b"x", headers={"content-type": "text/plain"}).status_code == 415


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\x\\y.txt", "y.txt"),
        ("a\x00b\u202e.txt", "ab.txt"),
        ("đề án.txt", "đề án.txt"),
        ("x" * 400 + ".txt", "x" * 196 + ".txt"),
    ],
)
def test_upload_names_are_confined(name: str, kept: str) -> None:
    from rag.serve.api_documents import safe_name

    assert safe_name(name) == kept


@pytest.mark.parametrize("name", ["", "..", "/", "\u200b", "ệ" * 300])
def test_names_with_nothing_usable_are_refused(name: str) -> None:
    from rag.errors import UsageError
    from rag.serve.api_documents import safe_name

    with pytest.raises(UsageError, match="file name"):
        safe_name(name)


def test_upload_limits_hold_before_any_work(tmp_path: Path) -> None:
    client, service = make(tmp_path, [], max_upload_mb=0.01, max_upload_files=2)
    with client:

        def send(*files: tuple[str, bytes]) -> Any:
            return client.post("/v1/documents", files=[("files", f) for f in files])

        assert send(("a.exe", b"x")).status_code == 415
        assert send(("a.txt", b"x" * 20_000)).status_code == 413
        assert send(("a.txt", b"x"), ("b.txt", b"x"), ("c.txt", b"x")).status_code in (400, 413)
        assert send(*((f"{i}.txt", b"x") for i in range(10_000))).status_code in (400, 413)
        assert service.documents() == []
        assert not service.uploads.exists() or not any(service.uploads.iterdir())


def test_a_large_body_is_refused_with_and_without_its_length(api: TestClient) -> None:
    assert api.post("/v1/ask", content=b"x" * (3 << 20)).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000

    assert api.post("/v1/ask", content=endless()).status_code == 413


def test_keys_are_needed_where_they_are_set(tmp_path: Path) -> None:
    client, _ = make(tmp_path, api_keys=("right-key-1", "right-key-2"), users=("lan:mật-khẩu",))
    with client:

        def status(**headers: str) -> int:
            return client.post("/v1/ask", json={"question": QUESTION}, headers=headers).status_code

        assert status() == 401
        assert status(Authorization="Bearer wrong") == 401
        assert status(Authorization="Bearer right-key-2") == 200
        assert status(**{"X-API-Key": "right-key-1"}) == 200
        basic = base64.b64encode("lan:mật-khẩu".encode()).decode()
        assert status(Authorization=f"Basic {basic}") == 200
        assert status(Authorization="Basic !!!") == 401
        assert client.get("/metrics").status_code == 401
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/documents").headers["www-authenticate"] == "Bearer"


def test_rate_limit_names_the_wait(tmp_path: Path) -> None:
    client, _ = make(tmp_path, rate_per_minute=3)
    with client:
        codes = [client.get("/v1/models") for _ in range(4)]
        assert [c.status_code for c in codes] == [200, 200, 200, 429]
        assert 1 <= int(codes[-1].headers["retry-after"]) <= 20
        assert codes[-1].json()["error"]["type"] == "rate_limit_error"


def test_too_many_at_once_are_turned_away_at_once(tmp_path: Path) -> None:
    client, service = make(tmp_path, max_concurrency=2)
    with client:
        service.ask(QUESTION)
        assert service.rag is not None
        service.rag.gate.clear()
        results: list[int] = []
        threads = [
            threading.Thread(
                target=lambda: results.append(client.post("/v1/ask", json={"question": QUESTION}).status_code)
            )
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        while len(results) < 4:
            threading.Event().wait(0.01)
        busy = client.post("/v1/ask", json={"question": QUESTION})
        assert busy.status_code == 429 and busy.headers["retry-after"] == "1"
        service.rag.gate.set()
        for thread in threads:
            thread.join()
        assert sorted(results) == [200, 200, 429, 429, 429, 429]


def test_answers_over_a_small_index_take_turns_unless_one_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.serve.service.os.cpu_count", lambda: 2)
    client, service = make(tmp_path)
    with client:

        def beside_another(patience: float) -> tuple[bool, bool]:
            """Whether an answer ends while another one is being worked on, and whether it ends after that."""
            monkeypatch.setattr("rag.serve.service._PATIENCE", patience)
            other, ended = service.stream(QUESTION), threading.Event()
            next(other)
            thread = threading.Thread(target=lambda: (service.ask(QUESTION), ended.set()))
            thread.start()
            meanwhile = ended.wait(30 if patience < 1 else 0.3)
            list(other)
            thread.join(30)
            return meanwhile, ended.is_set()

        assert beside_another(60.0) == (False, True)
        assert beside_another(0.01) == (True, True)


def test_the_deadline_ends_a_request(tmp_path: Path) -> None:
    client, service = make(tmp_path, request_timeout=1)
    with client:
        service.ask(QUESTION)
        assert service.rag is not None
        service.rag.gate.clear()
        assert client.post("/v1/ask", json={"question": QUESTION}).status_code == 504
        late = client.post("/v1/ask", json={"question": QUESTION, "stream": True})
        assert events(late.text)[-1][0] == "error"
        service.rag.gate.set()


def test_not_ready_and_failed_openings_say_so(tmp_path: Path) -> None:
    settings = Settings(index=str(tmp_path / "i"))

    class Broken(SimpleService):
        def _open_index(self) -> Any:
            raise ValueError("the disk is on fire")

    service = Broken(settings)
    with TestClient(build(settings, ui=False, service=service), raise_server_exceptions=False) as client:
        service.opened.wait(5)
        assert client.get("/readyz").status_code == 503
        failed = client.post("/v1/ask", json={"question": "x"})
        assert failed.status_code == 500 and "fire" not in failed.text

    class Slow(SimpleService):
        def _open_index(self) -> Any:
            threading.Event().wait(3)
            return super()._open_index()

    slow = Slow(settings)
    with TestClient(build(settings, ui=False, service=slow), raise_server_exceptions=False) as client:
        assert client.get("/readyz").json() == {"status": "opening"}
        assert client.post("/v1/ask", json={"question": "x"}).status_code == 503
        assert client.get("/healthz").json() == {"status": "ok"}


def test_metrics_count_without_content(api: TestClient) -> None:
    api.post("/v1/ask", json={"question": QUESTION})
    api.post("/v1/ask", json={"question": "Thủ đô nước Pháp tên gì?"})
    text = api.get("/metrics").text
    assert 'rag_answers_total{status="answered"} 1.0' in text
    assert 'rag_answers_total{status="abstained"} 1.0' in text
    assert 'rag_http_requests_total{method="POST",route="/v1/ask",status="200"} 2.0' in text
    assert "rag_documents 5.0" in text
    assert "Hà Tĩnh" not in text and "Pháp" not in text


def test_logs_have_ids_and_no_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client, _ = make(tmp_path, api_keys=("sk-very-secret-key",))
    with client:
        response = client.post(
            "/v1/ask?token=abc",
            json={"question": QUESTION},
            headers={"Authorization": "Bearer sk-very-secret-key", "X-Request-Id": "trace-7"},
        )
    assert response.headers["x-request-id"] == "trace-7"
    logged = capsys.readouterr().err
    line = json.loads([row for row in logged.splitlines() if "/v1/ask" in row][-1])
    assert line["request_id"] == "trace-7" and line["status"] == 200 and line["path"] == "/v1/ask"
    assert "Hà Tĩnh" not in logged and "secret" not in logged and "abc" not in logged


def test_other_sites_and_other_host_names_are_refused(api: TestClient) -> None:
    body = {"question": QUESTION}
    assert api.post("/v1/ask", json=body, headers={"Origin": "http://evil.example"}).status_code == 403
    assert api.post("/v1/ask", json=body, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert api.post("/v1/ask", json=body, headers={"Origin": "http://testserver"}).status_code == 200
    assert api.get("/v1/documents", headers={"Host": "rebound.example"}).status_code == 421
    assert "access-control-allow-origin" not in api.get("/v1/models").headers


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=http://x/",
        "/monitoring",
        "/gradio_api/runs",
        "/../etc",
        "/v1/%2e%2e",
    ],
)
def test_nothing_else_is_served(api: TestClient, path: str) -> None:
    assert api.get(path).status_code == 404


def test_every_response_carries_the_policy(api: TestClient) -> None:
    for path in ("/v1/models", "/nowhere", "/docs", "/own/app.css"):
        headers = api.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "'unsafe-inline'" not in headers["content-security-policy"].partition("style-src")[0]
        assert headers["x-content-type-options"] == "nosniff"


def test_docs_are_local_and_complete(api: TestClient) -> None:
    page = api.get("/docs").text
    assert "http://" not in page and "https://" not in page
    for path in api.get("/openapi.json").json()["paths"]:
        assert path in page


def test_hostile_document_text_is_data(tmp_path: Path) -> None:
    client, _ = make(tmp_path, [Document("<b>x", "Tỉnh Gamma <script>alert(1)</script> có 9 cầu vượt.", "<img src=x>")])
    with client:
        line = client.post("/v1/ask", json={"question": "Tỉnh Gamma có bao nhiêu cầu vượt?"})
        assert line.headers["content-type"] == "application/json"
        assert line.json()["citations"][0]["title"] == "<img src=x>"
