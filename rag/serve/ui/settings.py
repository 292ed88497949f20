"""The settings tab: what a visitor may choose for their own questions, and a test of the model's connection."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from rag.errors import RagError, redact
from rag.serve.service import Choice, Service
from rag.serve.ui import render
from rag.serve.ui.chat import Chat
from rag.serve.ui.people import labels, person

HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build(service: Service, chat: Chat, t: Any, tab: Any) -> None:
    """The tab's components and events."""
    defaults = service.settings
    mine = chat.may_choose_model
    with gr.Column(elem_id="h-settings"):
        gr.Markdown(t("settings_intro"))
        llm = gr.Textbox(
            label=t("llm"), info=t("llm_hint") if mine else t("llm_fixed"), value=defaults.llm, interactive=mine
        )
        with gr.Row():
            base_url = gr.Textbox(label=t("base_url"), interactive=mine, placeholder="http://127.0.0.1:8000/v1")
            api_key = gr.Textbox(label=t("api_key"), type="password", interactive=mine)
        test = gr.Button(t("test_llm"), size="sm", interactive=mine, elem_id="h-test")
        with gr.Row():
            k = gr.Slider(1, 30, value=min(30, defaults.k), step=1, label=t("k"))
            language = gr.Radio(
                [(t("lang_auto"), "auto"), (t("lang_vi"), "vi"), (t("lang_en"), "en")],
                value=defaults.answer_language,
                label=t("answer_language"),
            )
            verification = gr.Radio(
                [(t("verify_mark"), "mark"), (t("verify_drop"), "drop"), (t("verify_retry"), "retry")],
                value=defaults.verification,
                label=t("verification"),
            )
        save = gr.Button(t("save"), variant="primary", elem_id="h-save")
        status = gr.HTML("", apply_default_css=False)

    fields = [llm, base_url, k, language, verification]

    def on_select(request: gr.Request) -> tuple[Any, ...]:
        kept = chat.chats.choices(person(request))
        return (
            kept.get("llm") or defaults.llm,
            kept.get("llm_base_url") or "",
            kept.get("k") or min(30, defaults.k),
            kept.get("answer_language") or defaults.answer_language,
            kept.get("verification") or defaults.verification,
        )

    def on_save(
        llm: str, base_url: str, api_key: str, k: float, language: str, verification: str, request: gr.Request
    ) -> str:
        words, who = labels(request), person(request)
        values: dict[str, Any] = {"k": int(k), "answer_language": language, "verification": verification}
        if mine:
            values |= {"llm": llm.strip(), "llm_base_url": base_url.strip()}
            if api_key:
                chat.keys[who] = api_key
        try:
            service.reader(Choice.of(values) if not api_key else _with_key(values, api_key))
        except RagError as exc:
            return render.message(words("error", message=_clean(exc, api_key)), "bad")
        chat.chats.choose(who, values)
        return render.message(words["saved"], "good")

    def on_test(llm: str, base_url: str, api_key: str, request: gr.Request) -> str:
        words = labels(request)
        if not mine:
            return render.message(words["llm_fixed"])
        if llm.strip() == "extractive":
            return render.message(words["test_none"])
        key = api_key or chat.keys.get(person(request), "")
        begun = time.perf_counter()
        try:
            reader = service.reader(_with_key({"llm": llm.strip(), "llm_base_url": base_url.strip()}, key))
            for _ in reader.llm.stream([("user", "Reply with the word OK.")]):
                break
        except RagError as exc:
            return render.message(words("error", message=_clean(exc, key)), "bad")
        except Exception as exc:
            return render.message(words("error", message=_clean(exc, key)), "bad")
        return render.message(words("test_ok", s=f"{time.perf_counter() - begun:.1f}"), "good")

    def _clean(exc: Exception, key: str) -> str:
        return redact(f"{type(exc).__name__}: {exc}", [*defaults.secrets(), key])

    tab.select(on_select, None, fields, **HIDDEN)
    save.click(on_save, [llm, base_url, api_key, k, language, verification], [status], **HIDDEN)
    test.click(on_test, [llm, base_url, api_key], [status], **HIDDEN)


def _with_key(values: dict[str, Any], key: str) -> Choice:
    choice = Choice.of(values)
    return Choice(choice.k, choice.answer_language, choice.verification, choice.llm, choice.llm_base_url, key or None)
