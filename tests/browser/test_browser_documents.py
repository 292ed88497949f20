"""Documents in the browser: upload, ask, delete; hostile content; login; a model that streams."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted_llm import Say, ScriptedLLM
from visiting import Opener, running

pytestmark = pytest.mark.browser
TEAMS = "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?"
LAMPS = "Xã Đồng Mây có bao nhiêu cột đèn năng lượng mặt trời?"
HOSTILE = """---
title: "<img src=x onerror=window.pwned=1><script>window.pwned=2</script>"
date: "2024-03"
---

Xã Gió Lành có 17 trạm bơm <script>window.pwned=3</script> <img src="http://evil.example/a.png" onerror="window.pwned=4">
<svg onload="window.pwned=5"></svg> [bấm vào](javascript:window.pwned=6) ![ảnh](http://evil.example/?q=leak) `${window.pwned=7}` {{7*7}}
<iframe src="http://evil.example/"></iframe><a href="http://evil.example/b">b</a><style>@import url(http://evil.example/c.css)</style>.
"""


def upload(w: Any, *paths: Path) -> str:
    w.tab("Tài liệu")
    w.page.wait_for_selector("#h-documents table, #h-documents .h-hint", timeout=60_000)
    w.page.set_input_files("#h-upload input[type=file]", [str(p) for p in paths])
    w.page.wait_for_selector("#h-upload-status .h-message:not(:has(~ progress))", timeout=60_000)
    w.page.wait_for_function("() => !document.querySelector('#h-upload-status progress')", timeout=60_000)
    return str(w.page.locator("#h-upload-status").inner_text())


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server of this file's own, since it changes the index."""
    with running(tmp_path_factory.mktemp("own"), RAG_MAX_UPLOAD_MB="1", RAG_MAX_UPLOAD_FILES="5") as where:
        yield where


def test_upload_ask_delete(visit: Opener, own: str, tmp_path: Path) -> None:
    w = visit(own)
    assert w.ask(LAMPS).locator(".h-abstained").count() == 1
    lamps, empty = tmp_path / "đèn đường.txt", tmp_path / "rỗng.txt"
    lamps.write_text(
        "Năm 2024, xã Đồng Mây đã lắp 348 cột đèn năng lượng mặt trời trên các trục đường thôn.", encoding="utf-8"
    )
    empty.write_text(" \n", encoding="utf-8")
    state = upload(w, lamps, empty)
    assert "1 mới" in state and "rỗng.txt" in state
    w.page.wait_for_selector("#h-documents :text('đèn đường.txt')")
    w.shot("documents")
    w.tab("Hỏi đáp")
    turn = w.ask(LAMPS)
    assert "348" in turn.locator(".h-text").inner_text()
    assert "đèn đường.txt" in w.page.locator(".h-card .h-meta").first.inner_text()
    w.tab("Tài liệu")
    w.page.locator("[data-do=remove][data-source='đèn đường.txt']").click()
    w.page.wait_for_selector("#h-upload-status :text('Đã xóa')", timeout=60_000)
    assert w.dialogs
    w.tab("Hỏi đáp")
    assert w.ask(LAMPS).locator(".h-abstained").count() == 1


def test_view_and_reindex_a_document(visit: Opener, own: str) -> None:
    w = visit(own)
    w.tab("Tài liệu")
    w.page.locator("[data-do=view]").first.click()
    w.page.wait_for_selector(".h-dialog .h-document")
    assert "Hà Tĩnh" in w.page.locator(".h-dialog .h-document").inner_text()
    w.page.keyboard.press("Escape")
    w.page.locator("[data-do=reindex]").first.click()
    w.page.wait_for_selector("#h-upload-status .h-good", timeout=60_000)
    w.tab("Hỏi đáp")
    assert "59" in w.ask(TEAMS).locator(".h-text").inner_text()


def test_limits_are_told_before_any_work(visit: Opener, own: str, tmp_path: Path) -> None:
    w = visit(own)
    many = [tmp_path / f"{i}.txt" for i in range(6)]
    for path in many:
        path.write_text("một dòng", encoding="utf-8")
    assert "nhiều nhất 5" in upload(w, *many)


def test_a_hostile_document_stays_text(visit: Opener, own: str, tmp_path: Path) -> None:
    w = visit(own)
    bad = tmp_path / "<b onmouseover=window.pwned=8>.md"
    bad.write_text(HOSTILE, encoding="utf-8")
    upload(w, bad)
    w.tab("Hỏi đáp")
    turn = w.ask("Xã Gió Lành có bao nhiêu trạm bơm?")
    assert "17" in turn.inner_text()
    w.shot("hostile")
    w.page.locator(".h-card [data-do=open]").first.click()
    w.page.wait_for_selector(".h-dialog .h-document")
    w.page.wait_for_timeout(500)
    w.page.keyboard.press("Escape")
    w.ask("<img src=x onerror=window.pwned=9><script>window.pwned=10</script> `${window.pwned=11}`")
    w.open()
    w.page.wait_for_selector(".h-turn")
    assert w.page.evaluate("window.pwned") is None
    ours = "#h-chat, #h-panel, #h-viewer, #h-documents, #h-list"
    for tag in ("script", "img", "iframe", "a", "svg[onload]", "style", "[onerror]", "[onmouseover]"):
        assert w.page.locator(ours).locator(tag).count() == 0, tag
    assert w.outside == []


def test_hostile_text_of_a_model_stays_text(visit: Opener, tmp_path: Path) -> None:
    said = "Hà Tĩnh có 59 tổ [1]. <img src=http://evil.example/x onerror=window.pwned=1> ![a](http://evil.example/?k=1) [b](javascript:window.pwned=2)"
    with (
        ScriptedLLM(Say(said)) as llm,
        running(
            tmp_path, RAG_LLM="openai:scripted", RAG_LLM_BASE_URL=llm.url, RAG_LLM_API_KEY="sk-test-123456"
        ) as where,
    ):
        w = visit(where)
        w.ask(TEAMS)
        w.page.wait_for_timeout(300)
        assert w.page.evaluate("window.pwned") is None
        assert w.page.locator("#h-chat").locator("img, a, script").count() == 0
        assert "sk-test-123456" not in w.page.content()


def test_an_answer_streams_and_can_be_stopped(visit: Opener, tmp_path: Path) -> None:
    pytest.importorskip("langchain_openai")
    sentences = " ".join("Hà Tĩnh đã lập 59 tổ chuyển đổi số cộng đồng ở cấp xã [1]." for _ in range(80))
    with (
        ScriptedLLM(Say(sentences, size=12, delay=0.08)) as llm,
        running(
            tmp_path, RAG_LLM="openai:scripted", RAG_LLM_BASE_URL=llm.url, RAG_LLM_API_KEY="sk-test-123456"
        ) as where,
    ):
        w = visit(where)
        w.page.fill("#h-box textarea", TEAMS)
        w.page.press("#h-box textarea", "Enter")
        w.page.wait_for_selector("#h-stop:visible")
        w.page.wait_for_function(
            "() => document.querySelector('.h-live .h-text')?.textContent.length > 0", timeout=90_000
        )
        lengths = set()
        for _ in range(40):
            lengths.add(len(w.page.locator(".h-turn .h-text").inner_text()))
            if len(lengths) >= 4:
                break
            w.page.wait_for_timeout(150)
        assert len(lengths) >= 4, "the text did not grow while it was written"
        assert w.page.locator(".h-live").count() == 1
        assert w.page.locator("#h-panel .h-card").count() >= 1, "sources come before the text"
        w.shot("streaming")
        w.page.locator("#h-stop").click()
        w.page.wait_for_selector(".h-turn .h-tools", timeout=20_000)
        assert "chưa trọn vẹn" in w.page.locator(".h-turn").inner_text()
        shown = w.page.locator(".h-turn .h-text").inner_text()
        assert len(shown) < len(sentences)


def test_a_model_that_is_down_is_a_fault_not_a_refusal(visit: Opener, tmp_path: Path) -> None:
    pytest.importorskip("langchain_openai")
    with running(
        tmp_path,
        RAG_LLM="openai:scripted",
        RAG_LLM_BASE_URL="http://127.0.0.1:9/v1",
        RAG_LLM_API_KEY="sk-test-123456",
        RAG_LLM_RETRIES="0",
    ) as where:
        w = visit(where)
        turn = w.ask(TEAMS)
        assert turn.locator(".h-failed").count() == 1 and turn.locator(".h-abstained").count() == 0
        assert "sk-test-123456" not in w.page.content()
        w.shot("failed")


def test_login_conversations_by_name_and_sign_out(visit: Opener, tmp_path: Path, chromium: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with running(tmp_path, RAG_USERS="lan:mat-khau-dai,minh:khac-han", RAG_API_KEYS="k-for-tests") as where:

        def sign_in(name: str, password: str) -> Any:
            page = chromium.new_context(locale="vi-VN").new_page()
            page.goto(where)
            page.locator("input").first.fill(name)
            page.locator("input[type=password]").fill(password)
            page.keyboard.press("Enter")
            return page

        page = sign_in("lan", "sai")
        page.wait_for_selector(":text('Sai tên đăng nhập')")
        assert page.get_by_role("heading", name="Đăng nhập").count() == 1
        assert Axe().run(page).response["violations"] == []
        assert page.locator("#h-send").count() == 0
        page.context.close()
        page = sign_in("lan", "mat-khau-dai")
        page.wait_for_selector(".h-welcome", timeout=60_000)
        page.fill("#h-box textarea", TEAMS)
        page.press("#h-box textarea", "Enter")
        page.wait_for_selector(".h-turn .h-tools", timeout=60_000)
        page.context.close()
        page = sign_in("minh", "khac-han")
        page.wait_for_selector(".h-welcome", timeout=60_000)
        page.context.close()
        page = sign_in("lan", "mat-khau-dai")
        page.wait_for_selector(".h-turn", timeout=60_000)
        page.context.close()
