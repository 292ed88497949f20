"""The first five minutes of a stranger, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scripted_llm import Say, ScriptedLLM
from visiting import Opener, running

pytestmark = pytest.mark.browser
TEAMS = "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?"
OUTSIDE = "Giá vàng SJC hôm nay ở Đà Lạt là bao nhiêu?"


def in_view(page: Any, selector: str) -> bool:
    """Whether an element comes to be inside the window, not hidden behind the edge of a scrolling parent: scrolling takes its time."""
    from playwright.sync_api import TimeoutError as Waited

    try:
        page.wait_for_function(
            """selector => {
              const box = document.querySelector(selector).getBoundingClientRect();
              if (box.bottom <= 0 || box.top >= innerHeight) return false;
              const at = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 8));
              return Boolean(at && at.closest(selector));
            }""",
            arg=selector,
            timeout=10_000,
        )
    except Waited:
        return False
    return True


def test_a_first_question_from_an_example(visit: Opener) -> None:
    w = visit()
    w.shot("welcome")
    examples = w.page.locator(".h-example")
    assert examples.count() >= 2
    examples.first.click()
    w.page.wait_for_selector(".h-turn .h-tools", timeout=60_000)
    assert w.page.locator(".h-answered .h-chip").count() >= 1
    assert w.page.locator(".h-card:not(.h-other)").count() >= 1


def test_the_answer_its_chip_and_the_highlighted_sentence(visit: Opener) -> None:
    w = visit(viewport={"width": 1360, "height": 620})
    turn = w.ask(TEAMS)
    text = turn.locator(".h-text").inner_text()
    assert "59" in text and "133" in text
    w.shot("answer")
    w.page.locator("#h-panel").evaluate("panel => { panel.scrollTop = panel.scrollHeight; }")
    turn.locator(".h-chip").first.click()
    w.page.wait_for_function("() => document.activeElement.classList.contains('h-card')")
    assert in_view(w.page, ".h-card.h-shown mark")
    marked = w.page.locator(".h-card.h-shown mark").inner_text()
    assert "59 tổ" in marked or "133 tổ" in marked
    assert "10/2022" in w.page.locator(".h-card.h-shown .h-meta").inner_text()
    w.shot("citation")


def test_the_document_opens_at_the_place(visit: Opener) -> None:
    w = visit()
    w.ask(TEAMS)
    w.page.locator(".h-card [data-do=open]").first.click()
    w.page.wait_for_selector(".h-dialog .h-document mark")
    assert in_view(w.page, ".h-dialog mark")
    assert "59 tổ" in w.page.locator(".h-dialog mark").inner_text()
    w.shot("document")
    w.page.keyboard.press("Escape")
    w.page.wait_for_selector(".h-veil", state="hidden")


def test_a_refusal_looks_like_one_and_cites_nothing(visit: Opener) -> None:
    w = visit()
    turn = w.ask(OUTSIDE)
    assert turn.locator(".h-abstained").count() == 1
    assert "Không có trong tài liệu" in turn.locator(".h-badge").inner_text()
    assert turn.locator(".h-chip").count() == 0
    w.shot("refusal")


def test_a_followup_is_understood_from_what_was_said(visit: Opener) -> None:
    w = visit()
    first = w.ask("Ai là Giám đốc Sở Thông tin và Truyền thông Hà Tĩnh?")
    assert "Đậu Tùng Lâm" in first.inner_text()
    second = w.ask("Thế còn Thanh Hóa?")
    assert "Đỗ Hữu Quyết" in second.inner_text()
    second.locator(".h-details summary").click()
    second.locator(".h-details[open] dd", has_text="Thanh Hóa").first.wait_for(state="visible")
    w.shot("followup")
    # an older answer gets its own sources back
    first = w.page.locator(".h-turn").first
    first.locator(".h-chip").first.click()
    w.page.wait_for_function(
        "() => document.querySelector('.h-card.h-shown mark')?.textContent.includes('Đậu Tùng Lâm')"
    )


def test_what_is_open_stays_open_when_the_log_is_drawn_anew(visit: Opener) -> None:
    w = visit()
    turn = w.ask(TEAMS)
    turn.locator(".h-details summary").click()
    turn.locator("[data-do=rate][data-good='1']").focus()
    w.page.keyboard.press("Enter")
    w.page.wait_for_selector("[data-do=rate][data-good='1'][aria-pressed=true]")
    turn.locator(".h-details[open] dd").first.wait_for(state="visible")
    w.page.wait_for_function("() => document.activeElement.dataset.good === '1'")
    turn.locator(".h-details summary").click()
    w.page.locator("[data-do=rate][data-good='0']").click()
    w.page.wait_for_selector("[data-do=rate][data-good='0'][aria-pressed=true]")
    w.page.wait_for_function("() => !document.querySelector('.h-details[open]')")


def test_what_to_ask_next_stands_under_the_answer_it_was_made_for_only(visit: Opener) -> None:
    w = visit()
    w.ask("Ai là Giám đốc Sở Thông tin và Truyền thông Hà Tĩnh?")
    w.page.wait_for_selector(".h-turn .h-followups .h-suggest")
    # another conversation, with the questions for the last answer still at hand: as when they come late
    w.page.locator("#h-new").click()
    w.page.wait_for_selector(".h-welcome")
    assert w.page.locator("#h-offered .h-suggest").count() >= 1
    assert w.page.locator(".h-suggest:visible").count() == 0
    w.page.locator(".h-conversation").first.click()
    w.page.wait_for_selector(".h-turn .h-followups .h-suggest:visible")
    w.page.locator("[data-do=rate][data-good='1']").click()
    w.page.wait_for_selector("[data-do=rate][data-good='1'][aria-pressed=true]")
    w.page.locator(".h-turn .h-suggest").first.click()
    w.page.wait_for_function("() => document.querySelectorAll('.h-turn .h-tools').length === 2")
    assert w.page.locator(".h-turn").first.locator(".h-suggest").count() == 0


def test_a_conversation_left_while_it_is_answered_stays_left(visit: Opener, tmp_path: Path) -> None:
    words = "Hà Tĩnh đã thành lập thí điểm 59 tổ chuyển đổi số cộng đồng cấp xã và 133 tổ cấp thôn [1]. " * 12
    with (
        ScriptedLLM(Say(words, size=9, delay=0.05)) as llm,
        running(tmp_path, RAG_LLM="openai:any", RAG_LLM_BASE_URL=llm.url, RAG_LLM_API_KEY="sk-test") as address,
    ):
        w = visit(address)
        w.page.fill("#h-box textarea", TEAMS)
        w.page.press("#h-box textarea", "Enter")
        w.page.wait_for_function("() => document.querySelector('.h-live .h-text')?.textContent.includes('59')")
        w.page.locator("#h-new").click()
        w.page.wait_for_selector(".h-welcome")
        w.page.wait_for_selector("#h-send:visible")
        w.page.wait_for_timeout(700)
        assert w.page.locator(".h-welcome").count() == 1 and w.page.locator(".h-turn").count() == 0
        w.page.locator(".h-conversation").first.click()
        w.page.wait_for_selector(".h-turn .h-note")
        assert "59" in w.page.locator(".h-turn .h-text").inner_text()
        # asking an earlier question again ends the one being answered and takes its place
        w.page.fill("#h-box textarea", "Thế còn Thanh Hóa?")
        w.page.press("#h-box textarea", "Enter")
        w.page.wait_for_function("() => document.querySelector('.h-live .h-text')?.textContent.length > 40")
        w.page.locator(".h-turn [data-do=again]").first.click()
        w.page.wait_for_function(
            "() => document.querySelectorAll('.h-turn').length === 1 "
            "&& document.querySelector('.h-live .h-text')?.textContent.length > 40"
        )
        w.page.locator("#h-stop").click()
        w.page.wait_for_selector(".h-turn .h-tools")
        w.page.wait_for_selector("#h-send:visible")
        assert w.page.locator(".h-question").all_inner_texts() == [f"Bạn:\n{TEAMS}"]


def test_conversations_survive_a_reload_and_are_private(visit: Opener) -> None:
    w = visit()
    w.ask(TEAMS)
    w.open()
    assert TEAMS in w.page.locator(".h-question").inner_text()
    assert w.page.locator(".h-card mark").count() >= 1
    stranger = visit()
    assert stranger.page.locator(".h-turn").count() == 0
    assert stranger.page.locator(".h-conversation").count() == 0
    w.page.locator("#h-new").click()
    w.page.wait_for_selector(".h-welcome")
    w.page.locator(".h-conversation").first.click()
    w.page.wait_for_selector(".h-turn")
    w.page.locator(".h-drop").first.click()
    w.page.wait_for_selector(".h-welcome")
    assert w.dialogs and w.page.locator(".h-conversation").count() == 0


def test_retry_and_edit(visit: Opener) -> None:
    w = visit()
    w.ask(TEAMS)
    number = w.page.locator(".h-turn").get_attribute("data-turn")
    w.page.locator("[data-do=again]").click()
    w.page.wait_for_function(
        "n => { const t = document.querySelectorAll('.h-turn'); return t.length === 1 && t[0].dataset.turn !== n "
        "&& t[0].dataset.turn !== 'live' && t[0].querySelector('.h-tools'); }",
        arg=number,
        timeout=60_000,
    )
    w.page.locator("[data-do=edit]").click()
    w.page.wait_for_function("q => document.querySelector('#h-box textarea').value === q", arg=TEAMS)
    w.page.wait_for_selector(".h-turn", state="detached")


def test_copy_gives_the_text_with_its_markers(visit: Opener) -> None:
    w = visit(permissions=["clipboard-read", "clipboard-write"])
    w.ask(TEAMS)
    w.page.locator("[data-do=copy]").click()
    w.page.wait_for_function("() => navigator.clipboard.readText().then(t => t.includes('[1]'))")


def test_feedback_becomes_a_question_set(visit: Opener, tmp_path: Path) -> None:
    from rag.evaluation.sets import load

    w = visit()
    w.ask(TEAMS)
    w.page.locator("[data-do=rate][data-good='0']").click()
    w.page.wait_for_selector(".h-comment textarea")
    w.page.fill(".h-comment textarea", "59 và 133 tổ")
    w.page.locator("[data-do=comment]").click()
    w.page.wait_for_function("() => document.querySelector('.h-comment textarea').value === '59 và 133 tổ'")
    w.page.wait_for_timeout(500)
    w.page.locator("#h-exports button").first.click()
    with w.page.expect_download() as download:
        w.page.get_by_role("button", name="Nhận xét → bộ câu hỏi").click()
    path = tmp_path / "feedback.jsonl"
    download.value.save_as(path)
    (question,) = load(path).questions
    assert question.question == TEAMS and question.answers == (("59 và 133 tổ",),)
    assert "wrong" in question.tags
    with w.page.expect_download() as download:
        w.page.get_by_role("button", name="JSON").click()
    saved = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert saved["turns"][0]["good"] is False
    with w.page.expect_download() as download:
        w.page.get_by_role("button", name="Markdown").click()
    assert TEAMS in Path(download.value.path()).read_text(encoding="utf-8")


def test_dark_light_and_languages(visit: Opener) -> None:
    w = visit()
    light = w.page.evaluate("getComputedStyle(document.body).backgroundColor")
    w.page.locator("[data-do=theme]").click()
    w.page.wait_for_function("light => getComputedStyle(document.body).backgroundColor !== light", arg=light)
    w.ask(TEAMS)
    w.shot("dark")
    w.page.locator("[data-do=language]").click()
    w.page.wait_for_selector("#h-send:has-text('Send')", timeout=60_000)
    w.page.wait_for_selector(".h-turn")
    assert w.page.get_by_role("tab", name="Documents").count() == 1
    assert "dark" in (w.page.locator("body").get_attribute("class") or "")
    assert w.page.locator("html").get_attribute("lang") == "en"
    english = visit(locale="en-GB")
    assert english.page.locator("#h-send").inner_text() == "Send"
    assert "What would you like to know?" in english.page.locator(".h-welcome").inner_text()
    english.shot("english")
    other = visit(locale="fr-FR")
    assert other.page.locator("#h-send").inner_text() == "Send"


def test_a_phone(visit: Opener) -> None:
    w = visit(viewport={"width": 375, "height": 760}, has_touch=True, is_mobile=True)
    turn = w.ask(TEAMS)
    assert w.page.evaluate("document.documentElement.scrollWidth") <= 375
    assert in_view(w.page, "#h-send")
    w.shot("phone")
    turn.locator(".h-chip").first.tap()
    w.page.wait_for_timeout(900)
    assert in_view(w.page, ".h-card.h-shown mark")
    w.shot("phone-source")
    w.page.locator(".h-card.h-shown .h-back").tap()
    w.page.wait_for_timeout(900)
    assert in_view(w.page, ".h-turn .h-chip")


def test_keyboard_alone(visit: Opener) -> None:
    w = visit()
    w.page.focus("#h-box textarea")
    w.page.keyboard.type(TEAMS)
    w.page.keyboard.press("Enter")
    w.page.wait_for_selector(".h-turn .h-tools", timeout=60_000)
    w.page.locator(".h-chip").first.focus()
    w.page.keyboard.press("Enter")
    w.page.wait_for_function("() => document.activeElement.classList.contains('h-card')")
    w.page.keyboard.press("Tab")
    w.page.keyboard.press("Enter")
    w.page.wait_for_selector(".h-dialog mark")
    assert w.page.evaluate("document.activeElement.className") == "h-close"
    w.page.keyboard.press("Escape")
    w.page.wait_for_selector(".h-veil", state="hidden")
    assert w.page.evaluate("document.activeElement.dataset.do") == "open"


def test_everything_one_can_press_has_a_name(visit: Opener) -> None:
    w = visit()
    w.ask(TEAMS)
    nameless = w.page.evaluate(
        """() => [...document.querySelectorAll('button, a[href], textarea, input, [role=button]')]
          .filter(e => e.offsetParent !== null)
          .filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.title || e.placeholder
                         || e.labels?.length || e.getAttribute('aria-labelledby')))
          .map(e => e.outerHTML.slice(0, 200))"""
    )
    assert nameless == []


@pytest.mark.parametrize("dark", [False, True])
def test_contrast_of_our_own_text_is_AA(visit: Opener, dark: bool) -> None:
    w = visit(color_scheme="dark" if dark else "light")
    w.ask(TEAMS)
    w.ask(OUTSIDE)
    weak = w.page.evaluate(
        """() => {
          const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
          const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
          const rgb = c => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
                             return [...canvas.getImageData(0, 0, 1, 1).data]; };
          const lum = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
          const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255]; };
          const out = [];
          for (const e of document.querySelectorAll('[class*="h-"], [class*="h-"] *, [role=tab], #h-send')) {
            const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
            if (!own || e.offsetParent === null || getComputedStyle(e).visibility === 'hidden') continue;
            const a = lum(rgb(getComputedStyle(e).color)), b = lum(ground(e));
            const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            if (ratio < 4.5) out.push([e.className, e.textContent.slice(0, 40), ratio.toFixed(2)]);
          }
          return out;
        }"""
    )
    assert weak == []
