"""The MCP tools with the official client, where the extra is installed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from live import serving
from simple import SimpleService, sample_documents

from rag import Settings
from rag.serve.start import build

mcp = pytest.importorskip("mcp", reason="the extra 'mcp' is not installed (it pins its own pydantic)")
QUESTION = "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?"


def test_search_and_ask_are_tools_and_keys_hold(tmp_path: Path) -> None:
    from mcp.client.streamable_http import streamablehttp_client

    settings = Settings(index=str(tmp_path / "index"), api_keys=("key-1",))
    service = SimpleService(settings, sample_documents())

    async def talk(address: str, headers: dict[str, str]) -> tuple[set[str], Any, Any]:
        async with (
            streamablehttp_client(address + "/gradio_api/mcp/", headers=headers) as (read, write, _),
            mcp.ClientSession(read, write) as session,
        ):
            await session.initialize()
            names = {tool.name for tool in (await session.list_tools()).tools}
            hits = await session.call_tool("search", {"question": QUESTION, "k": 2})
            answer = await session.call_tool("ask", {"question": QUESTION})
            return names, json.loads(hits.content[0].text), json.loads(answer.content[0].text)

    with serving(build(settings, service=service)) as address:
        service.wait(10)
        names, hits, answer = asyncio.run(talk(address, {"Authorization": "Bearer key-1"}))
        assert names == {"search", "ask"}
        assert len(hits) == 2 and hits[0]["source"] == "ha-tinh-2022-10.md"
        assert answer["status"] == "answered" and "59 tổ" in answer["answer"]
        with pytest.raises(BaseExceptionGroup):
            asyncio.run(talk(address, {}))
