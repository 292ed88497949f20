"""Conversations and feedback as files a person can keep.

Pure functions from kept turns to text. Feedback becomes a question set in the format evaluation reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from rag.serve.chats import Turn
from rag.serve.saved import restore
from rag.serve.ui.labels import Labels

UNKNOWN = "(right answer not given)"


def package(name: str, kind: str, text: str) -> str:
    """What the page's script needs to offer a file."""
    return json.dumps({"name": name, "type": kind, "text": text}, ensure_ascii=False)


def markdown(turns: Sequence[Turn], t: Labels) -> str:
    """The conversation as Markdown, with each answer's sources as footnote-like lines."""
    out = [f"# {t['conversation']}", ""]
    for turn in turns:
        answer = restore(turn.answer)
        out += [f"## {_plain(turn.question)}", ""]
        if answer.status != "answered":
            out += [f"*{t[answer.status]}*", ""]
        out += [_plain(answer.text or answer.error or ""), ""]
        if answer.status == "answered" and not answer.complete:
            out += [f"*{t['incomplete']}*", ""]
        for c in answer.citations:
            out.append(f"- [{c.n}] {_plain(c.title or c.source)} ({t.date(c.date)}), `{c.source}`: “{_plain(c.quote)}”")
        if answer.citations:
            out.append("")
    return "\n".join(out)


def as_json(turns: Sequence[Turn]) -> str:
    """The conversation as JSON, answers whole with their citations and passages."""
    items = [
        {"question": t.question, "time": t.created, "good": t.good, "comment": t.comment, "answer": dict(t.answer)}
        for t in turns
    ]
    return json.dumps({"turns": items}, ensure_ascii=False, indent=1) + "\n"


def question_set(rated: Sequence[tuple[Turn, Sequence[tuple[str, str]]]]) -> str:
    """Rated turns, each with what was said before it, as a question set (JSON lines) that evaluation reads.

    Of a good answer the short strings (or the quotes) are the right ones and its quotes the evidence; a good refusal is
    a question without an answer. Of a wrong answer the comment is taken as the right one. Where there is none, the
    answer stands as `UNKNOWN`, which nothing meets: the case fails until a person has filled it in.
    """
    lines = []
    for turn, before in rated:
        answer = restore(turn.answer)
        item: dict[str, object] = {"id": f"feedback-{turn.id}", "question": turn.question}
        if before:
            item["history"] = [list(pair) for pair in before]
        answerable, tags = True, ["feedback", "right" if turn.good else "wrong"]
        if turn.good and answer.status == "abstained":
            answerable, item["answers"] = False, []
        elif turn.good:
            item["answers"] = (
                [[short] for short in answer.short] or [[c.quote] for c in answer.citations] or [[answer.text]]
            )
            item["evidence"] = [{"source": c.source, "quote": c.quote} for c in answer.citations]
        elif turn.comment.strip():
            item["answers"] = [[turn.comment.strip()]]
        else:
            item["answers"] = [[UNKNOWN]]
            tags.append("to-fill-in")
        item["answerable"], item["tags"] = answerable, tags
        note = turn.comment if turn.good else f"answered wrongly: {answer.text}"
        if note.strip():
            item["note"] = note.strip()
        lines.append(json.dumps(item, ensure_ascii=False))
    return "".join(line + "\n" for line in lines)


def _plain(text: str) -> str:
    """One paragraph of Markdown that starts no link, image, tag, or heading of its own."""
    for mark in "\\`*_<>#!":
        text = text.replace(mark, "\\" + mark)
    # a bracket may open a link, but not where it is one of the answer's own [n]
    text = re.sub(r"\[(?!\d+\])", r"\\[", text)
    return " ".join(text.split())
