"""The documents tab: upload with progress, list, view, delete, re-index."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from rag.errors import RagError, redact
from rag.serve.api_documents import TYPES
from rag.serve.service import Service
from rag.serve.ui import render
from rag.serve.ui.chat import Chat
from rag.serve.ui.labels import Labels
from rag.serve.ui.people import labels
from rag.serve.ui.reasons import reason
from rag.types import DocumentInfo

HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def table(found: Sequence[DocumentInfo], t: Labels) -> str:
    """The list of documents."""
    if not found:
        return f'<p class="h-hint">{t["no_documents"]}</p>'
    passages = sum(d.passages for d in found)
    head = "".join(
        f'<th scope="col">{t[c]}</th>'
        for c in ("col_title", "col_date", "col_size", "col_passages", "col_status", "col_added")
    )
    rows = "".join(_row(d, t) for d in found)
    caption = t("documents_n", n=t.number(len(found)), passages=t.number(passages))
    columns = f'<thead><tr>{head}<th><span class="h-hidden">…</span></th></tr></thead>'
    return render.table(f"<caption>{caption}</caption>{columns}<tbody>{rows}</tbody>", caption, "h-table h-rows")


def _row(d: DocumentInfo, t: Labels) -> str:
    name = d.title or d.source
    tools = render.button("view", t["view"], css="h-link", label=f"{t['view']}: {name}", source=d.source)
    tools += render.button("reindex", t["reindex"], css="h-link", label=f"{t['reindex']}: {name}", source=d.source)
    tools += render.button(
        "remove",
        t["delete"],
        css="h-link h-danger",
        label=f"{t['delete']}: {name}",
        source=d.source,
        sure=t["sure_document"],
    )
    size = t("characters", n=t.number(d.characters))
    cells = {
        "col_date": escape(t.date(d.date)),
        "col_size": size,
        "col_passages": t.number(d.passages),
        "col_status": t["indexed"],
        "col_added": escape(t.date(d.added)),
    }
    row = "".join(f"<td{render.attributes(data_name=t[column])}>{cell}</td>" for column, cell in cells.items())
    below = f"<small>{escape(d.source)}</small>" if name != d.source else ""
    return f'<tr><th scope="row">{escape(name)}{below}</th>{row}<td>{tools}</td></tr>'


def refusals(paths: Sequence[Path], service: Service, t: Labels) -> tuple[list[Path], list[str]]:
    """The files that may be read, and why the others may not; nothing has been read yet."""
    settings = service.settings
    if len(paths) > settings.max_upload_files:
        return [], [t("too_many", n=len(paths), most=settings.max_upload_files)]
    good, lines = [], []
    for path in paths:
        if path.suffix.lower() not in TYPES:
            lines.append(t("bad_type", name=path.name))
        elif path.stat().st_size > settings.max_upload_mb * 1024 * 1024:
            lines.append(t("too_big", name=path.name, mb=f"{settings.max_upload_mb:g}"))
        else:
            good.append(path)
    return good, lines


def ingest(paths: Sequence[Path], service: Service, t: Labels) -> Iterator[str]:
    """Add files one by one; yields the state of things as HTML after each. The uploaded copies are deleted."""
    try:
        good, lines = refusals(paths, service, t)
        notes = [render.message(line, "bad") for line in lines]
        added = updated = unchanged = 0
        for done, path in enumerate(good):
            line = t("uploading", done=done + 1, total=len(good), name=path.name)
            bar = f'<progress max="{len(good)}" value="{done}"{render.attributes(aria_label=line)}></progress>'
            yield f"{''.join(notes)}{render.message(line)}{bar}"
            try:
                report = service.add([path])
            except RagError as exc:
                notes.append(
                    render.message(
                        t("skipped", name=path.name, reason=reason(redact(str(exc), service.settings.secrets()), t)),
                        "bad",
                    )
                )
                continue
            added, updated, unchanged = (
                added + len(report.added),
                updated + len(report.updated),
                unchanged + len(report.unchanged),
            )
            notes += [
                render.message(t("skipped", name=Path(s.path).name, reason=reason(s.reason, t)), "bad")
                for s in report.skipped
            ]
        if good:
            notes.append(render.message(t("upload_done", added=added, updated=updated, unchanged=unchanged), "good"))
        yield "".join(notes)
    finally:
        for path in paths:
            # each upload lies in a folder of its own
            shutil.rmtree(path.parent, ignore_errors=True)


def build(service: Service, chat: Chat, t: Any, tab: Any, view: Callable[..., Any]) -> None:
    """The tab's components and events."""
    settings = service.settings
    hint = gr.HTML("", apply_default_css=False)
    upload = gr.File(label=t("upload"), file_count="multiple", file_types=list(TYPES), height=150, elem_id="h-upload")
    status = view(elem_id="h-upload-status")
    listing = view("view", "reindex", "remove", elem_id="h-documents")
    viewer = view(elem_id="h-document-viewer")

    def listed(request: gr.Request) -> str:
        return table(service.documents(), labels(request))

    def on_select(request: gr.Request) -> tuple[str, str]:
        words = labels(request)
        mb = f"{settings.max_upload_mb:g}"
        line = words("upload_hint", files=settings.max_upload_files, mb=mb, types=" ".join(TYPES))
        return f'<p class="h-hint">{escape(line)}</p>', table(service.documents(), words)

    def on_upload(given: list[str] | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        for state in ingest([Path(p) for p in given or ()], service, labels(request)):
            yield gr.skip(), state, gr.skip()
        yield gr.update(value=None), gr.skip(), listed(request)

    def on_view(event: gr.EventData, request: gr.Request) -> str:
        return chat.document(request, str(getattr(event, "source", "")))

    def changing(event: gr.EventData, request: gr.Request, change: Callable[[str], Any], done: str) -> tuple[str, str]:
        words, source = labels(request), str(getattr(event, "source", ""))
        try:
            change(source)
            state = render.message(words(done, name=source), "good")
        except RagError as exc:
            state = render.message(words("error", message=redact(str(exc), settings.secrets())), "bad")
        return state, listed(request)

    def on_remove(event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        return changing(event, request, lambda source: service.remove([source]), "deleted")

    def on_reindex(event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        return changing(event, request, service.reindex, "reindexed")

    tab.select(on_select, None, [hint, listing], **HIDDEN)
    upload.upload(on_upload, [upload], [upload, status, listing], concurrency_limit=2, **HIDDEN)
    listing.view(on_view, None, [viewer], **HIDDEN)
    listing.remove(on_remove, None, [status, listing], **HIDDEN)
    listing.reindex(on_reindex, None, [status, listing], **HIDDEN)
