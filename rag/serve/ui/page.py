"""The page: its components and their wiring, mounted at "/" of the API's application.

Knows Gradio; what happens on an event is in `chat`, `documents`, `settings` and `evaluation`. Gradio is untyped
enough that its objects are Any here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import gradio as gr

from rag.serve.quick import one_application
from rag.serve.service import Service
from rag.serve.ui import documents as documents_tab
from rag.serve.ui import evaluation as evaluation_tab
from rag.serve.ui import render
from rag.serve.ui import settings as settings_tab
from rag.serve.ui.chat import Chat, Frame
from rag.serve.ui.labels import LANGUAGES, TEXT
from rag.serve.ui.people import labels
from rag.serve.ui.theme import make_theme
from rag.wire import answer_dict, hit_dict

# Clicks on anything with data-do become events of the component; a few are the script's own business.
LISTEN = """
const known = [%s];
element.addEventListener("click", (event) => {
  const target = event.target.closest("[data-do]");
  if (!target || !element.contains(target)) return;
  const data = window.hoidap ? window.hoidap.clicked(target, event) : {...target.dataset};
  if (data && known.includes(target.dataset.do)) trigger(target.dataset.do, data);
});
watch("value", () => window.hoidap && window.hoidap.shown(element));
window.hoidap && window.hoidap.shown(element);
"""
QUEUE_SLEEP = 0.01
HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def view(*events: str, value: str = "", elem_id: str | None = None, classes: str = "") -> Any:
    """A piece of HTML made by `render` whose buttons raise the named events."""
    listen = LISTEN % ", ".join(f'"{event}"' for event in events)
    return gr.HTML(value, js_on_load=listen, elem_id=elem_id, elem_classes=classes or None, apply_default_css=False)


def words() -> Any:
    """Every label for Gradio's own components, chosen by the browser."""
    return gr.I18n(**{language: {name: pair[i] for name, pair in TEXT.items()} for i, language in enumerate(LANGUAGES)})


def build(service: Service, chat: Chat) -> tuple[Any, Any]:
    """The Blocks and their words."""
    t = words()
    with gr.Blocks(title="hoidap", analytics_enabled=False, fill_width=True, fill_height=True) as blocks:
        view(elem_id="h-header", value=_header(service))
        current = gr.State("")
        with gr.Tabs(elem_id="h-tabs"):
            with gr.Tab(t("tab_chat"), id="chat"):
                _chat_tab(chat, t, current, blocks)
            with gr.Tab(t("tab_documents"), id="documents") as tab:
                documents_tab.build(service, chat, t, tab, view)
            with gr.Tab(t("tab_evaluation"), id="evaluation") as tab:
                evaluation_tab.build(service, chat, t, tab, view)
            with gr.Tab(t("tab_settings"), id="settings") as tab:
                settings_tab.build(service, chat, t, tab)
        if has_mcp():
            _tools(service)
    return blocks, t


def has_mcp() -> bool:
    """Whether the extra that Gradio's MCP server needs is installed."""
    return find_spec("mcp") is not None


def _tools(service: Service) -> None:
    """Offer `search` and `ask` as MCP tools; the guard asks for a key where keys are set."""

    def search(question: str, k: int = 8) -> str:
        """Find the passages of the indexed documents that are nearest to a question.

        Args:
            question: what to look for, in Vietnamese or English
            k: how many passages to return
        """
        hits = service.search(question, max(1, min(int(k), 50)))
        return json.dumps([hit_dict(hit) for hit in hits], ensure_ascii=False)

    def ask(question: str) -> str:
        """Answer a question from the indexed documents, with citations; says so when they do not hold the answer.

        Args:
            question: a question in Vietnamese or English
        """
        return json.dumps(answer_dict(service.ask(question)), ensure_ascii=False)

    gr.api(search, api_name="search")
    gr.api(ask, api_name="ask")


def _chat_tab(chat: Chat, t: Any, current: Any, blocks: Any) -> None:
    with gr.Row(elem_id="h-main", equal_height=True):
        with gr.Column(scale=2, min_width=200, elem_id="h-left"):
            new = gr.Button(t("new"), size="sm", elem_id="h-new")
            listing = view("pick", "forget", elem_id="h-list")
            with gr.Accordion(t("export"), open=False, elem_id="h-exports"):
                exports = {kind: gr.Button(t(f"export_{kind}"), size="sm") for kind in ("md", "json", "feedback")}
        with gr.Column(scale=6, min_width=300, elem_id="h-center"):
            log = view("suggest", "cite", "sources", "again", "edit", "rate", "comment", elem_id="h-chat")
            offered = view(elem_id="h-offered")  # not seen itself: the script shows it in the log, where it belongs
            with gr.Row(elem_id="h-composer"):
                box = gr.Textbox(
                    label=t("question"),
                    placeholder=t("placeholder"),
                    lines=1,
                    max_lines=6,
                    show_label=False,
                    container=False,
                    scale=8,
                    elem_id="h-box",
                    autofocus=True,
                )
                send = gr.Button(t("send"), variant="primary", scale=1, min_width=80, elem_id="h-send")
                stop = gr.Button(t("stop"), variant="stop", scale=1, min_width=80, visible=False, elem_id="h-stop")
        with gr.Column(scale=4, min_width=280, elem_id="h-right"):
            panel = view("open", elem_id="h-panel")
    viewer = view(elem_id="h-viewer")
    file = gr.Textbox(visible="hidden", elem_id="h-file")

    outputs = [log, panel, current, listing, box, send, stop]

    def running(frames: Iterator[Frame], request: gr.Request, clear: bool = True) -> Iterator[tuple[Any, ...]]:
        """Turn the chat's frames into component updates: the box empties first; send comes back when it is done."""
        skip, first, over = gr.skip(), True, False
        for frame in frames:
            names, emptied, sending, stopping = skip, skip, skip, skip
            if first:
                emptied = gr.update(value="") if clear else skip
                sending, stopping = gr.update(visible=False), gr.update(visible=True)
            if frame.left:
                if not chat.is_answering(request):
                    sending, stopping = gr.update(visible=True), gr.update(visible=False)
                yield skip, skip, skip, skip, emptied, sending, stopping
                return
            if frame.done and not over:
                names, sending, stopping = (
                    chat.listing(request, frame.conversation),
                    gr.update(visible=True),
                    gr.update(visible=False),
                )
            first, over = False, frame.done
            yield frame.log, frame.sources, frame.conversation, names, emptied, sending, stopping

    def on_send(question: str, conversation: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        yield from running(chat.ask(request, question or "", conversation), request)

    def on_suggest(conversation: str, event: gr.EventData, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        yield from running(chat.ask(request, str(getattr(event, "text", "")), conversation), request, clear=False)

    def on_again(conversation: str, event: gr.EventData, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        yield from running(chat.again(request, getattr(event, "turn", 0), conversation), request, clear=False)

    def on_edit(conversation: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        chat.leave(request)
        question = chat.edit(request, getattr(event, "turn", 0))
        if question is None:
            return gr.skip(), gr.skip(), gr.skip()
        return *chat.conversation(request, conversation), question

    def on_stop(request: gr.Request) -> None:
        chat.stop(request)

    def on_sources(event: gr.EventData, request: gr.Request) -> Any:
        found = chat.sources(request, getattr(event, "turn", 0), getattr(event, "n", None), getattr(event, "hit", None))
        return gr.skip() if found is None else found

    def on_rate(conversation: str, event: gr.EventData, request: gr.Request) -> Any:
        chat.rate(request, getattr(event, "turn", 0), str(getattr(event, "good", "")) == "1")
        return rated(conversation, request)

    def on_comment(conversation: str, event: gr.EventData, request: gr.Request) -> Any:
        if chat.rate(request, getattr(event, "turn", 0), False, str(getattr(event, "text", ""))):
            gr.Info(labels(request)["thanks"], duration=3, title="hoidap")
        return rated(conversation, request)

    def rated(conversation: str, request: gr.Request) -> Any:
        """The log with its verdicts; an answer being written brings them along when it is done."""
        return gr.skip() if chat.is_answering(request) else chat.conversation(request, conversation)[0]

    def on_open(event: gr.EventData, request: gr.Request) -> str:
        return chat.document(
            request, str(getattr(event, "source", "")), getattr(event, "start", 0), getattr(event, "end", 0)
        )

    def show(conversation: str, request: gr.Request) -> tuple[Any, ...]:
        chat.leave(request)
        return *chat.conversation(request, conversation), conversation, chat.listing(request, conversation)

    def on_load(request: gr.Request) -> tuple[Any, ...]:
        return show(chat.latest(request), request)

    def on_new(request: gr.Request) -> tuple[Any, ...]:
        return show("", request)

    def on_pick(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        return show(str(getattr(event, "id", "")), request)

    def on_forget(conversation: str, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        gone = str(getattr(event, "id", ""))
        chat.forget(request, gone)
        return show("" if gone == conversation else conversation, request)

    def on_answered(conversation: str, request: gr.Request) -> Any:
        found = chat.followups(request, conversation)
        return gr.skip() if found is None else found

    asking = {"concurrency_limit": None, **HIDDEN}
    for asked in (
        gr.on([send.click, box.submit], on_send, [box, current], outputs, **asking),
        log.suggest(on_suggest, [current], outputs, **asking),
        log.again(on_again, [current], outputs, **asking),
    ):
        asked.then(on_answered, [current], [offered], **HIDDEN)
    log.edit(on_edit, [current], [log, panel, box], **HIDDEN)
    stop.click(on_stop, None, None, concurrency_limit=None, **HIDDEN)
    log.cite(on_sources, None, [panel], **HIDDEN)
    log.sources(on_sources, None, [panel], **HIDDEN)
    log.rate(on_rate, [current], [log], **HIDDEN)
    log.comment(on_comment, [current], [log], **HIDDEN)
    panel.open(on_open, None, [viewer], **HIDDEN)
    shown = [log, panel, current, listing]
    blocks.load(on_load, None, shown, **HIDDEN)
    new.click(on_new, None, shown, **HIDDEN)
    listing.pick(on_pick, None, shown, **HIDDEN)
    listing.forget(on_forget, [current], shown, **HIDDEN)

    def saving(kind: str) -> Any:
        def on_export(conversation: str, request: gr.Request) -> str:
            return chat.export(request, conversation, kind)

        return on_export

    for kind, pressed in exports.items():
        done = pressed.click(saving(kind), [current], [file], **HIDDEN)
        done.then(None, [file], None, js="(file) => { window.hoidap.save(file); }", **HIDDEN)


def mount(app: Any, service: Service) -> Any:
    """Put the page at "/" of a FastAPI application and return it."""
    settings = service.settings
    chat = Chat(service)
    with one_application():
        blocks, t = build(service, chat)
        blocks.queue(
            default_concurrency_limit=settings.max_concurrency, max_size=settings.max_concurrency * 8, api_open=False
        )

    # How long Gradio's queue sleeps between two looks for work: a thousand looks a second take a twentieth of a core.
    blocks._queue.sleep_when_free = QUEUE_SLEEP
    blocks._queue.progress_update_sleep_when_free = 0.2

    from rag.serve.access import login

    def allowed(name: str, password: str) -> bool:
        return login(settings.users, name, password)

    from rag.serve.start import icon

    app = gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        auth=allowed if settings.users else None,
        footer_links=[],
        run_history=False,
        favicon_path=icon(),
        show_error=False,
        max_file_size=int(settings.max_upload_mb * 1024 * 1024),
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=has_mcp(),
        i18n=t,
        theme=make_theme(),
    )
    blocks.app = app.routes[-1].app
    app.state.suggestions = chat.suggestions
    return app


def _header(service: Service) -> str:
    """The bar at the top. Its words come in both languages; the style sheet shows the one in use."""

    def both(name: str) -> str:
        return "".join(f'<span lang="{language}">{TEXT[name][i]}</span>' for i, language in enumerate(LANGUAGES))

    out = f'<a class="h-tool" href="logout">{both("sign_out")}</a>' if service.settings.users else ""
    return (
        f'<header class="h-header"><div><h1>{both("title")}</h1><p>{both("tagline")}</p></div><div class="h-switches">'
        f"{render.button('language', both('language'))}{render.button('theme', '◐', label=TEXT['theme'][0])}{out}</div></header>"
    )
