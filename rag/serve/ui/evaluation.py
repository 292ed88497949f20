"""The evaluation tab: choose a set, run it, read and compare the results, judge drafted questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from rag.serve.service import Service
from rag.serve.ui.chat import Chat
from rag.serve.ui.evaluate import Bench

HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build(service: Service, chat: Chat, t: Any, tab: Any, view: Callable[..., Any]) -> None:
    """The tab's components and events."""
    bench = Bench(chat)
    gr.Markdown(t("eval_intro"))
    with gr.Row(elem_id="h-eval-choice"):
        chosen = gr.Dropdown([], label=t("eval_set"), scale=3, elem_id="h-eval-set")
        against = gr.Dropdown([], label=t("eval_compare"), scale=3, elem_id="h-eval-against")
        run = gr.Button(t("eval_run"), variant="primary", scale=1, elem_id="h-eval-run")
        cancel = gr.Button(t("eval_cancel"), scale=1, visible=False, elem_id="h-eval-cancel")
        report = gr.Button(t("eval_report"), scale=1, visible=False, elem_id="h-eval-report")
    results = view(elem_id="h-eval-results")
    finished = gr.State("")
    file = gr.Textbox(visible="hidden")
    with gr.Accordion(t("drafts"), open=False, elem_id="h-drafts"):
        make = gr.Button(t("drafts_make"), size="sm", elem_id="h-drafts-make")
        note = view()
        drafts = view("accept", "reject", elem_id="h-draft-list")

    def on_select(request: gr.Request) -> tuple[Any, Any]:
        sets = bench.sets(request)
        first = sets[0][1] if sets else None
        return gr.update(choices=sets, value=first), gr.update(choices=bench.comparable(request, first), value="")

    def on_choose(name: str | None, request: gr.Request) -> Any:
        return gr.update(choices=bench.comparable(request, name), value="")

    def on_run(name: str | None, other: str | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        yield "", gr.update(visible=False), gr.update(visible=True), gr.update(visible=False), gr.skip(), gr.skip()
        state, done = "", ""
        for frame in bench.run(request, name or "", other):
            state, done = frame
            yield state, gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip()
        runs = gr.update(choices=bench.comparable(request, name))
        yield state, gr.update(visible=True), gr.update(visible=False), gr.update(visible=bool(done)), done, runs

    def on_cancel() -> None:
        bench.cancel()

    def on_report(name: str) -> str:
        return bench.report(name) or ""

    def on_make(request: gr.Request) -> tuple[str, str]:
        return "", bench.draft(request)

    def on_accept(name: str | None, event: gr.EventData, request: gr.Request) -> tuple[str, str, Any]:
        number, question = int(getattr(event, "number", -1)), str(getattr(event, "question", ""))
        said = bench.judge(request, number, question, str(getattr(event, "answer", "")))
        return said, bench.drafts(request), gr.update(choices=bench.sets(request), value=name)

    def on_reject(event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        return bench.judge(request, int(getattr(event, "number", -1)), None), bench.drafts(request)

    tab.select(on_select, None, [chosen, against], **HIDDEN)
    chosen.input(on_choose, [chosen], [against], **HIDDEN)
    run.click(on_run, [chosen, against], [results, run, cancel, report, finished, against], **HIDDEN)
    cancel.click(on_cancel, None, None, concurrency_limit=None, **HIDDEN)
    saved = report.click(on_report, [finished], [file], **HIDDEN)
    saved.then(None, [file], None, js="(file) => { if (file) window.hoidap.save(file); }", **HIDDEN)
    make.click(on_make, None, [note, drafts], **HIDDEN)
    drafts.accept(on_accept, [chosen], [note, drafts, chosen], **HIDDEN)
    drafts.reject(on_reject, None, [note, drafts], **HIDDEN)
