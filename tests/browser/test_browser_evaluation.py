"""The evaluation tab as a stranger uses it: drafts judged, a set run, compared, cancelled and resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_browser_access import judged
from visiting import Opener, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server of this file's own, since it keeps runs and questions."""
    folder = tmp_path_factory.mktemp("eval")
    with running(folder) as where:
        yield where, folder


def choose(w: Any, box: str, text: str) -> None:
    w.page.locator(f"{box} input").click()
    w.page.locator("[role=option]", has_text=text).first.click()


def run(w: Any) -> str:
    w.page.evaluate("document.querySelector('.h-evaluation')?.setAttribute('data-before', '')")
    w.page.locator("#h-eval-run").click()
    w.page.wait_for_selector("#h-eval-results .h-evaluation:not([data-before])", timeout=120_000)
    w.page.wait_for_selector("#h-eval-run:visible")
    return str(w.page.locator("#h-eval-results").inner_text())


def test_drafts_are_judged_and_become_a_set_that_runs_and_is_compared(visit: Opener, own: Any) -> None:
    from rag.evaluation.sets import load

    where, folder = own
    w = visit(where)
    w.tab("Đánh giá")
    w.page.locator("#h-drafts button").first.click()
    w.page.locator("#h-drafts-make").click()
    w.page.wait_for_selector(".h-draft", timeout=60_000)
    drafts = w.page.locator(".h-draft").count()
    assert drafts >= 4
    w.shot("drafts")
    assert judged(w, "drafts") == []
    w.page.locator(".h-draft [data-do=reject]").first.click()
    w.page.wait_for_function("n => document.querySelectorAll('.h-draft').length === n", arg=drafts - 1)
    first = w.page.locator(".h-draft").first
    first.locator("textarea").first.fill("Câu hỏi đã sửa: có bao nhiêu tổ ở cấp xã?")
    first.locator("textarea").last.fill("59 / năm mươi chín; 133")
    first.locator("[data-do=accept]").click()
    w.page.wait_for_selector("#h-drafts .h-message:has-text('bộ câu hỏi có 1 câu')")
    w.page.locator(".h-draft textarea").nth(1).fill(" ")
    w.page.locator(".h-draft [data-do=accept]").first.click()
    w.page.wait_for_selector("#h-drafts .h-message:has-text('Hãy điền đáp án')")
    assert w.page.locator(".h-draft").count() == drafts - 2, "a draft without an answer stays to be judged"
    w.page.locator(".h-draft [data-do=accept]").nth(1).click()
    w.page.wait_for_selector("#h-drafts .h-message:has-text('bộ câu hỏi có 2 câu')")
    kept = load(folder / "index.questions.jsonl").questions
    assert kept[0].question.startswith("Câu hỏi đã sửa") and kept[0].answers == (("59", "năm mươi chín"), ("133",))

    choose(w, "#h-eval-set", "Câu hỏi đã duyệt")
    assert "Xong: 2 câu hỏi" in run(w)
    choose(w, "#h-eval-against", "·")
    text = run(w)
    assert "So với" in text and "Lần trước" in text and "+0 −0" in text
    assert judged(w, "results") == []
    w.shot("evaluation")
    with w.page.expect_download() as download:
        w.page.locator("#h-eval-report").click()
    assert "<html" in Path(download.value.path()).read_text(encoding="utf-8").lower()


def test_a_cancelled_run_says_what_is_kept_and_goes_on_from_there(visit: Opener, own: Any) -> None:
    where, folder = own
    w = visit(where)
    w.tab("Đánh giá")
    choose(w, "#h-eval-set", "seeds")

    def cancelled_after(least: int) -> tuple[int, int]:
        w.page.locator("#h-eval-run").click()
        w.page.wait_for_function(
            "least => Number(document.querySelector('#h-eval-results progress')?.value || 0) > least",
            arg=least,
            timeout=60_000,
        )
        first = int(w.page.evaluate("document.querySelector('#h-eval-results progress').value"))
        w.page.locator("#h-eval-cancel").click()
        message = w.page.locator("#h-eval-results .h-message:has-text('Đã hủy sau')")
        message.wait_for(timeout=60_000)
        w.page.wait_for_selector("#h-eval-run:visible")
        return first, int(str(message.inner_text()).split("/")[0].rsplit(" ", 1)[1])

    _, done = cancelled_after(0)
    assert done >= 1
    w.shot("cancelled")
    again, more = cancelled_after(0)
    assert again >= done and more >= again, "the second run began where the first was cancelled"
    (unfinished,) = [p for p in (folder / "index.runs").glob("seeds-*")]
    assert not (unfinished / "summary.json").exists()
