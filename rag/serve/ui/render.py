"""Answers and sources as HTML.

Pure functions from frozen values to strings. Every text that comes from a document, a question or a model passes
through ``escape`` and nothing of it is ever read as markup: no link, image or tag of theirs comes to life. Buttons
carry what they do in ``data-do``; the page's script and the component listen for that.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape

from rag.serve.chats import Conversation, Turn
from rag.serve.saved import restore
from rag.serve.ui.labels import TEXT, Labels
from rag.types import Answer, Citation, Document, Hit

_MARKER = re.compile(r"\[(\d{1,4})\]")
_AROUND = 60_000
_LONG_WORD = 24
_NEAREST = tuple(f" {name}: " for name in TEXT["nearest"])


def attributes(**values: object) -> str:
    """HTML attributes, escaped; ``data_do`` is written data-do, None is left out."""
    return "".join(f' {k.replace("_", "-")}="{escape(str(v))}"' for k, v in values.items() if v is not None)


def button(do: str, text: str, /, *, css: str = "h-tool", label: str | None = None, **data: object) -> str:
    """A button that does ``do``; ``text`` must be safe already, ``label`` is what a screen reader says."""
    known = {f"data_{k}": v for k, v in data.items()}
    return f'<button type="button" class="{css}"{attributes(data_do=do, aria_label=label, title=label, **known)}>{text}</button>'


def answer_text(answer: Answer, turn: int | str, t: Labels) -> str:
    """The answer with its markers as chips and its short strings in bold; a marker without a citation stays text."""
    cited = {c.n: c for c in answer.citations}
    short = re.compile("|".join(rf"(?<!\w){re.escape(s)}(?!\w)" for s in answer.short if s.strip()) or r"(?!)")
    out, last = [], 0
    for marker in _MARKER.finditer(answer.text):
        citation = cited.get(int(marker[1]))
        if citation is None and turn == "live":
            out.append(_bold(answer.text[last : marker.start()], short))
            out.append(f'<span class="h-chip h-coming">{int(marker[1])}</span>')
            last = marker.end()
            continue
        if citation is None:
            continue
        # the last word before a chip stays on its line
        before = answer.text[last : marker.start()]
        head, space, word = before.rstrip().rpartition(" ")
        css = "h-chip" if citation.supported else "h-chip h-unsure"
        label = t("source_n", n=citation.n, title=citation.title or citation.source)
        if not citation.supported:
            label += f" – {t['unsupported']}"
        chip = button("cite", str(citation.n), css=css, label=label, turn=turn, n=citation.n)
        if len(word) > _LONG_WORD:
            head, space, word = before, "", ""
        out.append(f'{_bold(head + space, short)}<span class="h-keep">{_bold(word, short)}{chip}</span>')
        last = marker.end()
    out.append(_bold(answer.text[last:], short))
    return "".join(out)


def _bold(text: str, short: re.Pattern[str]) -> str:
    out, last = [], 0
    for found in short.finditer(text):
        out.append(f"{escape(text[last : found.start()])}<strong>{escape(found[0])}</strong>")
        last = found.end()
    return "".join(out) + escape(text[last:])


def turn(
    number: int | str,
    question: str,
    answer: Answer | None,
    t: Labels,
    *,
    note: str = "",
    live: bool = False,
    good: bool | None = None,
    comment: str = "",
) -> str:
    """One question with its answer. ``live``: still being written. ``note`` is a line about the state of things."""
    parts = [
        f'<article class="h-turn"{attributes(data_turn=number)}>',
        f'<div class="h-question"><span class="h-hidden">{t["you"]}: </span>{escape(question)}</div>',
    ]
    status = "live" if live or answer is None else answer.status
    parts.append(f'<div class="h-answer h-{status}"><span class="h-hidden">{t["assistant"]}: </span>')
    if answer is not None and not live and answer.status != "answered":
        parts.append(f'<p class="h-badge">{_ICONS[answer.status]}{t[answer.status]}</p>')
    if answer is not None and (answer.text or answer.status != "failed"):
        shown = answer if live else _without_list(answer)
        parts.append(f'<div class="h-text">{answer_text(shown, number, t)}{_CARET if live else ""}</div>')
    if answer is not None and not live and answer.status == "failed":
        parts.append(f'<p class="h-text">{t["failed_more"]}</p><p class="h-error">{escape(answer.error or "")}</p>')
    if answer is not None and not live and answer.status == "abstained" and answer.hits:
        parts.append(f'<p class="h-label">{t["nearest"]}</p><ul class="h-nearest">')
        for hit in answer.hits[:3]:
            place = button(
                "sources",
                f"{escape(hit.title or hit.source)} <small>{escape(t.date(hit.date))}</small>",
                css="h-link",
                turn=number,
                hit=hit.rank,
            )
            parts.append(f"<li>{place}<span>{escape(_beginning(hit.text))}</span></li>")
        parts.append("</ul>")
    if answer is not None and not live and not note and not answer.complete and answer.status == "answered":
        note = t["incomplete"]
    if note:
        parts.append(f'<p class="h-note" role="status">{escape(note)}</p>')
    if answer is not None and not live:
        parts += [_tools(number, answer, t, good, comment), _details(answer, t)]
    parts.append("</div></article>")
    return "".join(parts)


def saved_turn(value: Turn, t: Labels) -> str:
    """A turn of a kept conversation."""
    return turn(value.id, value.question, restore(value.answer), t, good=value.good, comment=value.comment)


def followups(number: int, offered: Sequence[str], t: Labels) -> str:
    """Questions to ask next; the page's script puts them under the turn of that number while it is the last one."""
    chips = "".join(button("suggest", escape(f), css="h-suggest", text=f) for f in offered)
    return f'<div class="h-followups"{attributes(data_turn=number)}><span class="h-label">{t["followups"]}</span>{chips}</div>'


def log(turns: Iterable[str], t: Labels) -> str:
    """The conversation as a live region: a screen reader hears what is added."""
    return f'<section class="h-log" role="log" aria-live="polite"{attributes(aria_label=t["conversation"])}>{"".join(turns)}</section>'


def welcome(examples: Sequence[str], documents: int, t: Labels) -> str:
    """What an empty conversation shows: what this is, and questions to try."""
    if not documents:
        go = button("documents", t["to_documents"], css="h-go")
        return f'<section class="h-welcome"><h2>{t["welcome"]}</h2><p>{t["welcome_empty"]}</p>{go}</section>'
    more = t("welcome_more", n=t.number(documents))
    chips = "".join(button("suggest", escape(e), css="h-example", text=e) for e in examples)
    tried = f'<p class="h-label">{t["examples"]}</p><div class="h-examples">{chips}</div>' if examples else ""
    return f'<section class="h-welcome"><h2>{t["welcome"]}</h2><p>{escape(more)}</p>{tried}</section>'


def sources(
    answer: Answer | None, number: int | str, t: Labels, focus: int | None = None, hit: int | None = None
) -> str:
    """The sources panel of one answer: cited passages first, then the other retrieved ones.

    ``focus`` is the citation to scroll to, ``hit`` the rank of a retrieved passage to open.
    """
    if answer is None or not (answer.hits or answer.citations):
        return f'<section class="h-sources h-empty"><h2>{t["sources"]}</h2><p class="h-hint">{t["sources_hint"]}</p></section>'
    cards = [_cited_card(c, answer.hits, number, t) for c in answer.citations]
    used = {(h.source, h.start) for c in answer.citations if (h := _home(c, answer.hits))}
    others = [h for h in answer.hits if (h.source, h.start) not in used]
    dates = sorted({c.date for c in answer.citations if c.date})
    differ = (
        f'<p class="h-note">{escape(t("dates_differ", dates=", ".join(t.date(d) for d in dates)))}</p>'
        if len(dates) > 1
        else ""
    )
    rest = "".join(_other_card(h, number, t, opened=h.rank == hit) for h in others)
    # before the answer is whole nothing is cited yet, and a refusal cites nothing: then these are just what was found
    name = t["also"] if cards else t["nearest"] if answer.status == "abstained" else t["found"]
    more = f"<h2>{name} <small>{len(others)}</small></h2>{rest}" if others else ""
    head = f"<h2>{t['cited']} <small>{len(cards)}</small></h2>{differ}" if cards else ""
    return (
        f'<section class="h-sources"{attributes(data_turn=number, data_focus=focus, data_hit=hit)}>'
        f"{head}{''.join(cards)}{more}</section>"
    )


def viewer(document: Document | None, start: int, end: int, stamp: int, t: Labels) -> str:
    """The whole document in a dialog, marked at [start, end). A very long one shows the part around that place."""
    close = button("close", "✕", css="h-close", label=t["close"])
    if document is None:
        body = f'<p class="h-hint">{t["gone"]}</p>'
        title = t["document"]
        about = ""
    else:
        title = document.title or document.source
        about = " · ".join([t.date(document.date), document.source])
        body = f'<div class="h-document" tabindex="0">{_document_text(document, start, end)}</div>'
    return (
        f'<div class="h-veil" data-do="close" data-stamp="{stamp}"><div class="h-dialog" role="dialog" aria-modal="true"'
        f'{attributes(aria_label=title)}><header><div><h2>{escape(title)}</h2><p class="h-meta">{escape(about)}</p></div>{close}'
        f"</header>{body}</div></div>"
    )


def conversations(found: Sequence[Conversation], current: str, t: Labels) -> str:
    """The list of earlier conversations."""
    if not found:
        return f'<nav class="h-conversations"{attributes(aria_label=t["conversations"])}><p class="h-hint">{t["no_conversations"]}</p></nav>'
    rows = []
    for item in found:
        here = ' aria-current="true"' if item.id == current else ""
        drop = button(
            "forget",
            "✕",
            css="h-drop",
            label=f"{t['delete_conversation']}: {item.title}",
            id=item.id,
            sure=t["sure_conversation"],
        )
        name = f'<button type="button" class="h-conversation"{attributes(data_do="pick", data_id=item.id)}{here}>{escape(item.title)}</button>'
        rows.append(f"<li>{name}{drop}</li>")
    return f'<nav class="h-conversations"{attributes(aria_label=t["conversations"])}><ul>{"".join(rows)}</ul></nav>'


def table(inner: str, label: str, css: str = "h-table") -> str:
    """A table that may be wider than the page: its box scrolls, and can be reached by keyboard to do so."""
    return f'<div class="{css}" tabindex="0" role="region"{attributes(aria_label=label)}><table>{inner}</table></div>'


def message(text: str, kind: str = "note") -> str:
    """A line of status: kind is note, good or bad."""
    return f'<p class="h-message h-{kind}" role="status">{escape(text)}</p>' if text else ""


# parts

_THUMB = (
    '<svg viewBox="0 0 24 24" width="17" height="17" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">'
    '<path d="M7 11v10H3V11zM7 11l5-8c1.7 0 3 1.3 3 3l-1 4h6l-2 11H7" stroke-linejoin="round"/></svg>'
)
_CARET = '<span class="h-caret" aria-hidden="true"></span>'
_ICONS: Mapping[str, str] = {
    "abstained": '<span aria-hidden="true">∅ </span>',
    "failed": '<span aria-hidden="true">⚠ </span>',
    "answered": "",
}


def _without_list(answer: Answer) -> Answer:
    """A refusal without the nearest passages it ends with: they follow as a list that one can open."""
    if answer.status != "abstained" or not answer.hits:
        return answer
    ends = [place for lead in _NEAREST if (place := answer.text.rfind(lead)) > 0]
    return replace(answer, text=answer.text[: min(ends)]) if ends else answer


def _tools(number: int | str, answer: Answer, t: Labels, good: bool | None, comment: str) -> str:
    pressed = {True: "true", False: "false"}
    thumbs = "".join(
        f'<button type="button" class="h-tool"{attributes(data_do="rate", data_turn=number, data_good=int(value), aria_label=t[name], title=t[name], aria_pressed=pressed[good is value])}>{icon}</button>'
        for value, name, icon in (
            (True, "good", _THUMB),
            (False, "bad", _THUMB.replace("<svg", '<svg style="rotate: 180deg"')),
        )
    )
    tools = [
        button("copy", t["copy"], copied=t["copied"]),
        button("sources", t["show_sources"], turn=number) if answer.hits else "",
        button("again", t["again"], turn=number),
        button("edit", t["edit"], turn=number),
    ]
    form = ""
    if good is False:
        form = (
            f'<div class="h-comment"><label{attributes(**{"for": f"comment-{number}"})}>{t["comment"]}</label>'
            f'<textarea rows="2" maxlength="4000"{attributes(id=f"comment-{number}")}>{escape(comment)}</textarea>'
            f"{button('comment', t['send_comment'], turn=number)}</div>"
        )
    return f'<div class="h-tools">{"".join(tools)}<span class="h-thumbs">{thumbs}</span></div>{form}'


def _details(answer: Answer, t: Labels) -> str:
    rows = [(t["query_used"], answer.query)]
    if answer.short:
        rows.append((t["short_answer"], "; ".join(answer.short)))
    if answer.timings:
        rows.append((t["time"], " · ".join(f"{name} {ms:.0f} ms" for name, ms in answer.timings.items())))
    if answer.usage:
        rows.append((t["tokens"], ", ".join(f"{name} {n}" for name, n in answer.usage.items())))
    body = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f'<details class="h-details"><summary>{t["details"]}</summary><dl>{body}</dl></details>'


def _home(citation: Citation, hits: Sequence[Hit]) -> Hit | None:
    """The retrieved passage a citation stands in."""
    for hit in hits:
        if hit.source == citation.source and hit.start <= citation.start and citation.end <= hit.end:
            return hit
    return None


def _meta(source: str, date: str | None, page: int | None, heading: str, t: Labels) -> str:
    parts = [t.date(date), source]
    if page is not None:
        parts.append(t("page_n", n=page))
    if heading:
        parts.append(heading)
    return f'<p class="h-meta">{" · ".join(escape(p) for p in parts)}</p>'


def _cited_card(citation: Citation, hits: Sequence[Hit], number: int | str, t: Labels) -> str:
    home = _home(citation, hits)
    if home is None:
        text = f"<mark>{escape(citation.quote)}</mark>"
        meta = _meta(citation.source, citation.date, None, "", t)
    else:
        passage = home.passage
        text = _marked(passage.text, citation.start - passage.start, citation.end - passage.start)
        meta = _meta(citation.source, citation.date, passage.page, passage.heading, t)
    unsure = "" if citation.supported else f'<p class="h-note">{t["unsupported"]}</p>'
    open_it = button(
        "open", t["open_document"], css="h-link", source=citation.source, start=citation.start, end=citation.end
    )
    back = button("back", t["back"], css="h-link h-back", turn=number)
    return (
        f'<article class="h-card" tabindex="-1"{attributes(id=f"card-{number}-{citation.n}")}>'
        f'<h3><span class="h-number">{citation.n}</span>{escape(citation.title or citation.source)}</h3>{meta}{unsure}'
        f'<p class="h-passage">{text}</p><p class="h-card-tools">{open_it}{back}</p></article>'
    )


def _other_card(hit: Hit, number: int | str, t: Labels, opened: bool) -> str:
    passage = hit.passage
    open_it = button("open", t["open_document"], css="h-link", source=hit.source, start=hit.start, end=hit.end)
    return (
        f'<details class="h-card h-other"{" open" if opened else ""} data-rank="{hit.rank}"><summary><span class="h-title">'
        f"{escape(hit.title or hit.source)}</span>{_meta(hit.source, hit.date, passage.page, passage.heading, t)}</summary>"
        f'<p class="h-passage">{escape(passage.text)}</p><p class="h-card-tools">{open_it}</p></details>'
    )


def _marked(text: str, start: int, end: int) -> str:
    start, end = max(0, start), min(len(text), end)
    return f"{escape(text[:start])}<mark>{escape(text[start:end])}</mark>{escape(text[end:])}"


def _document_text(document: Document, start: int, end: int) -> str:
    text = document.text
    low, high = 0, len(text)
    if len(text) > 2 * _AROUND:
        low, high = max(0, start - _AROUND), min(len(text), end + _AROUND)
    before, after = ("… " if low else ""), (" …" if high < len(text) else "")
    # Cut at every place where something begins or ends; each piece then carries what holds over the whole of it.
    heads = [(h.start, h.end) for h in document.headings if low <= h.start < h.end <= high]
    shown = (start, end) if low <= start < end <= high else (low, low)
    cuts = sorted({low, high, *shown, *(place for head in heads for place in head)})
    out = [before]
    for begin, stop in itertools.pairwise(cuts):
        piece = escape(text[begin:stop])
        if any(a <= begin and stop <= b for a, b in heads):
            piece = f"<strong>{piece}</strong>"
        if shown[0] <= begin and stop <= shown[1]:
            piece = f"<mark>{piece}</mark>"
        out.append(piece)
    return "".join([*out, after])


def _beginning(text: str, length: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0] + "…"
