"""What a model's stream that is cut, unsupported or taken back looks like over the API and on the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

pytest.importorskip("langchain_openai")
from scripted_llm import Cut, Say, ScriptedLLM

from rag import Settings
from rag.serve.service import Service
from rag.serve.start import build
from rag.serve.ui.chat import Chat
from rag.types import Answer, Retrieved

ROOT = Path(__file__).parents[2]
TEAMS = "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?"
GOOD = "Tính đến tháng 10/2022, toàn tỉnh Hà Tĩnh đã lập thí điểm 59 tổ chuyển đổi số cộng đồng ở cấp xã [1]."
BAD = "Năm 2031, tỉnh Cà Mau đã lập 4.875 tổ [1]."


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("honest") / "index"
    service = Service(Settings(index=str(path), seeds=str(ROOT / "seeds")))
    service.open()
    service.wait(0)
    service.close()
    yield str(path)


def served(index: str, llm: ScriptedLLM, **more: Any) -> tuple[TestClient, Service]:
    settings = Settings(
        index=index, llm="openai:scripted", llm_base_url=llm.url, llm_api_key="sk-test-1", llm_retries=0, **more
    )
    service = Service(settings)
    service.open()
    return TestClient(build(settings, ui=False, service=service)), service


def chunks(client: TestClient) -> list[dict[str, Any]]:
    body = {"model": "hoidap", "stream": True, "messages": [{"role": "user", "content": TEAMS}]}
    lines = client.post("/v1/chat/completions", json=body).text.split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


def content(found: list[dict[str, Any]]) -> str:
    return "".join(c["choices"][0]["delta"].get("content", "") for c in found)


def test_a_cut_stream_is_told_in_every_shape(index: str) -> None:
    with ScriptedLLM(Cut(f"{GOOD} Ngoài ra, tỉnh còn")) as llm:
        client, service = served(index, llm)
        whole = client.post("/v1/ask", json={"question": TEAMS}).json()
        assert whole["status"] == "answered" and whole["complete"] is False and "59" in whole["answer"]
        found = chunks(client)
        last = found[-1]
        assert last["choices"][0]["finish_reason"] == "length"
        assert last["rag"]["complete"] is False and last["rag"]["answer"] == content(found)
        body = {"model": "hoidap", "messages": [{"role": "user", "content": TEAMS}]}
        plain = client.post("/v1/chat/completions", json=body).json()
        assert plain["choices"][0]["finish_reason"] == "length" and plain["rag"]["complete"] is False

        chat = Chat(service)
        request = SimpleNamespace(cookies={"hoidap_lang": "en"}, headers={}, username="lan", session_hash="s")
        *_, frame = chat.ask(request, TEAMS, "")
        for shown in (frame.log, chat.conversation(request, frame.conversation)[0]):
            assert "cut short" in shown and "Stopped" not in shown
        assert "cut short" in json.loads(chat.export(request, frame.conversation, "md"))["text"]
        service.close()


def test_a_whole_answer_says_so(index: str) -> None:
    with ScriptedLLM(Say(GOOD)) as llm:
        client, service = served(index, llm)
        found = chunks(client)
        assert found[-1]["choices"][0]["finish_reason"] == "stop" and found[-1]["rag"]["complete"] is True
        assert client.post("/v1/ask", json={"question": TEAMS}).json()["complete"] is True
        service.close()


@pytest.mark.parametrize("policy", ["mark", "drop", "retry"])
def test_nothing_is_streamed_before_it_is_checked(index: str, policy: str) -> None:
    """An unsupported sentence never goes out bare, however small the pieces in which the model says it."""
    with ScriptedLLM(Say(f"{GOOD} {BAD} {GOOD}", size=3)) as llm:
        client, service = served(index, llm, verification=policy)
        found = chunks(client)
        so_far = ""
        for chunk in found:
            so_far += chunk["choices"][0]["delta"].get("content", "")
            if "4.875" in so_far and policy != "drop":
                assert "(chưa" in so_far or "[chưa" in so_far, so_far
        if policy == "drop":
            assert "4.875" not in so_far
        assert so_far == found[-1]["rag"]["answer"]
        assert "59" in so_far
        service.close()


def test_what_was_taken_back_in_the_end_is_told_after_what_went_out(
    index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text cannot be recalled from a client: a refusal at the end comes as the last words, and the status says it."""
    from rag.types import Token

    with ScriptedLLM(Say(GOOD)) as llm:
        client, service = served(index, llm)

        def turned(*_: Any, **__: Any) -> Iterator[Any]:
            yield Retrieved("q", ())
            yield Token("Một câu đã gửi đi.")
            yield Answer("q", "q", "abstained", "Không có trong tài liệu.")

        monkeypatch.setattr(service, "stream", turned)
        found = chunks(client)
        assert content(found) == "Một câu đã gửi đi.\n\nKhông có trong tài liệu."
        assert found[-1]["rag"]["status"] == "abstained" and found[-1]["citations"] == []
        service.close()
