"""The page for those who cannot see it well or use no mouse, judged by axe-core, and its layout at every width."""

from __future__ import annotations

from typing import Any

import pytest
from visiting import Opener, Watched

pytestmark = pytest.mark.browser
TEAMS = "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?"
OUTSIDE = "Giá vàng SJC hôm nay ở Đà Lạt là bao nhiêu?"
WIDE, PHONE = {"width": 1360, "height": 860}, {"width": 375, "height": 760}


def judged(w: Watched, where: str) -> list[str]:
    """What axe-core finds wrong on the page as it is now, as "where: rule (how bad) element"."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(w.page).response
    assert len(found["passes"]) > 20, "axe-core did not look at the page"
    return [f"{where}: {v['id']} ({v['impact']}) {n['html'][:160]}" for v in found["violations"] for n in v["nodes"]]


@pytest.mark.parametrize(
    ("locale", "dark", "size"),
    [("vi-VN", False, WIDE), ("en-GB", True, WIDE), ("vi-VN", True, PHONE), ("en-GB", False, PHONE)],
)
def test_axe_finds_nothing_wrong_in_any_state(visit: Opener, locale: str, dark: bool, size: dict[str, int]) -> None:
    pytest.importorskip("axe_playwright_python")
    w = visit(locale=locale, color_scheme="dark" if dark else "light", viewport=size)
    wrong = judged(w, "welcome")
    w.ask(TEAMS)
    w.page.locator(".h-details summary").first.click()
    w.page.locator("[data-do=rate][data-good='0']").click()
    w.page.wait_for_selector(".h-comment textarea")
    wrong += judged(w, "answer")
    w.page.locator(".h-card [data-do=open]").first.click()
    w.page.wait_for_selector(".h-dialog .h-document mark")
    wrong += judged(w, "document")
    w.page.keyboard.press("Escape")
    w.ask(OUTSIDE)
    w.page.locator(".h-nearest .h-link").first.click()
    w.page.wait_for_selector(".h-other[open]")
    wrong += judged(w, "refusal")
    for place, selector in ((1, "#h-documents table"), (2, "#h-eval-set"), (3, "#h-save")):
        w.page.get_by_role("tab").nth(place).click()
        w.page.wait_for_selector(selector)
        w.page.wait_for_timeout(300)
        wrong += judged(w, selector)
        w.shot(f"tab-{place}-{locale[:2]}-{'dark' if dark else 'light'}-{size['width']}")
    assert wrong == []


def scrolled(page: Any, selector: str) -> float:
    return float(page.evaluate("selector => document.querySelector(selector).scrollTop", selector))


def test_a_long_conversation_and_its_sources_scroll_by_wheel_and_the_box_stays(visit: Opener) -> None:
    w = visit(viewport={"width": 1360, "height": 640})
    for question in (TEAMS, OUTSIDE, "Ai là Giám đốc Sở Thông tin và Truyền thông Hà Tĩnh?"):
        w.ask(question)
    w.page.wait_for_timeout(400)
    box = w.page.locator("#h-composer").bounding_box()
    assert box and 540 < box["y"] and box["y"] + box["height"] <= 640
    last = w.page.locator(".h-turn").last.locator(".h-text").bounding_box()
    assert last and last["y"] + last["height"] <= box["y"], "the newest answer is in view"
    assert scrolled(w.page, "#h-chat") > 0
    w.page.mouse.move(600, 300)
    w.page.mouse.wheel(0, -5000)
    w.page.wait_for_function("() => document.querySelector('#h-chat').scrollTop === 0")
    w.page.mouse.move(1200, 300)
    w.page.mouse.wheel(0, 5000)
    w.page.wait_for_function("() => document.querySelector('#h-panel').scrollTop > 0")
    after = w.page.locator("#h-composer").bounding_box()
    assert after == box
    w.shot("conversation")


@pytest.mark.parametrize("width", [375, 768, 1000, 1360])
def test_everything_is_reached_at_every_width(visit: Opener, width: int) -> None:
    w = visit(viewport={"width": width, "height": 760})
    w.ask(TEAMS)
    assert w.page.evaluate("document.documentElement.scrollWidth") <= width
    assert all(w.page.get_by_role("tab").nth(n).is_visible() for n in range(4)), "no tab hides in a menu"
    w.page.locator("#h-new").click()
    w.page.wait_for_selector(".h-welcome")
    w.page.locator(".h-conversation").first.click()
    w.page.wait_for_selector(".h-turn")
    assert w.page.locator("#h-exports button").first.is_visible()
    w.tab("Tài liệu")
    w.page.wait_for_selector("#h-documents table")
    w.page.locator("[data-do=view]").first.click()
    w.page.wait_for_selector(".h-dialog .h-document")
    w.page.keyboard.press("Escape")
    w.tab("Hỏi đáp")
    w.page.locator("#h-new").click()
    w.page.wait_for_selector(".h-welcome")
    assert w.page.evaluate("document.documentElement.scrollWidth") <= width
