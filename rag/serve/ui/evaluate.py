"""What the evaluation tab does: which question sets there are, running one, drafts, and showing the results.

Knows the evaluation package and how to render; components are in `evaluation`. Runs are kept beside the index, so that
a later one can be compared with them. One run at a time: it takes the processor from those who ask.
"""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from rag.errors import EvaluationError, RagError, redact
from rag.serve.ui import export, render
from rag.serve.ui.chat import Chat
from rag.serve.ui.labels import Labels
from rag.serve.ui.people import labels, person

METRICS = ("correct", "contains", "citation_precision", "recall@5", "false_answer", "false_refusal")
OWN, FEEDBACK = "own", "feedback"
MOST_WRONG = 30
DRAFTS = 12


class Bench:
    """Question sets, runs and drafts of one server."""

    def __init__(self, chat: Chat, folder: Path = Path("eval")) -> None:
        self.chat, self.service, self.folder = chat, chat.service, folder
        index = Path(self.service.settings.index)
        self.runs = index.with_name(index.name + ".runs")
        self.accepted = index.with_name(index.name + ".questions.jsonl")
        self._drafts: dict[str, list[Any]] = {}
        self._running = threading.Lock()
        self._cancel = threading.Event()

    # sets and runs

    def sets(self, request: Any) -> list[tuple[str, str]]:
        """(label, name) of every set that can be run now."""
        from rag.evaluation.sets import load

        t, out = labels(request), []
        for path in sorted(self.folder.glob("*.jsonl")):
            try:
                out.append((f"{path.stem} ({len(load(path))})", str(path)))
            except EvaluationError:
                continue  # another kind of JSON lines
        if self.accepted.exists():
            out.append((t["eval_set_own"], OWN))
        if self.chat.chats.rated(person(request)):
            out.append((t["eval_set_feedback"], FEEDBACK))
        return out

    def earlier(self) -> list[str]:
        """Names of the kept runs that were finished, newest first."""
        return sorted((p.parent.name for p in self.runs.glob("*/summary.json")), key=_time_of, reverse=True)

    def comparable(self, request: Any, name: str | None) -> list[tuple[str, str]]:
        """(label, name) of the finished runs of one set, newest first, after the choice of none."""
        t = labels(request)
        stem = self._stem(request, name)
        out = [(t["eval_no_compare"], "")]
        for run in self.earlier():
            if _stem_of(run) == stem:
                summary = json.loads((self.runs / run / "summary.json").read_text(encoding="utf-8"))
                share = _percent(summary["all"].get("correct"), t)
                out.append((f"{_when(run, t)} · {share}", run))
        return out

    def _stem(self, request: Any, name: str | None) -> str:
        """How the folders of a set's runs begin; feedback is each person's own."""
        if name == OWN:
            return self.accepted.stem
        if name == FEEDBACK:
            return "feedback-" + hashlib.sha256(person(request).encode()).hexdigest()[:12]
        return Path(name or "").stem

    def run(self, request: Any, name: str, against: str | None) -> Iterator[tuple[str, str]]:
        """Run a set; yields (state of things as HTML, name of the finished run or "")."""
        t = labels(request)
        if not name:
            yield render.message(t["eval_none"], "bad"), ""
            return
        if not self._running.acquire(blocking=False):
            yield render.message(t["eval_busy"], "bad"), ""
            return
        self._cancel.clear()
        at = (0, 0)
        events: queue.Queue[Any] = queue.Queue()
        try:
            work = threading.Thread(target=self._work, args=(request, name, events), name="rag-evaluate", daemon=True)
            work.start()
            while True:
                event = events.get()
                if isinstance(event, tuple):
                    at = event
                    line = t("eval_progress", done=event[0], total=event[1])
                    bar = (
                        f'<progress max="{event[1]}" value="{event[0]}"{render.attributes(aria_label=line)}></progress>'
                    )
                    yield render.message(line) + bar, ""
                elif isinstance(event, EvaluationError) and self._cancel.is_set():
                    yield render.message(t("eval_cancelled", done=at[0], total=at[1])), ""
                    return
                elif isinstance(event, Exception):
                    message = redact(str(event), self.service.settings.secrets())
                    yield render.message(t("error", message=message), "bad"), ""
                    return
                else:
                    yield self._results(event, against, t), event.folder.name
                    return
        finally:
            self._cancel.set()
            self._running.release()

    def cancel(self) -> None:
        """Stop the run in progress after its present question; what it answered is kept for the next."""
        self._cancel.set()

    def report(self, name: str) -> str | None:
        """The whole report of a finished run as a file to save."""
        path = self.runs / Path(name).name / "report.html"
        return (
            export.package(f"{path.parent.name}.html", "text/html", path.read_text(encoding="utf-8"))
            if path.is_file()
            else None
        )

    def _work(self, request: Any, name: str, events: queue.Queue[Any]) -> None:
        try:
            from rag.evaluation import page, runs

            questions = self._set(request, name)
            reader = self.service.reader(self.chat.choice(person(request)))
            stem = self._stem(request, name)
            out = self._unfinished(stem) or self.runs / f"{stem}-{time.strftime('%Y%m%d-%H%M%S')}"
            shown = 0.0

            def progress(done: int, total: int, _: str) -> None:
                nonlocal shown
                if done == total or self._cancel.is_set() or time.monotonic() - shown > 0.3:
                    shown = time.monotonic()
                    events.put((done, total))

            finished = runs.run(questions, reader, out=out, progress=progress, cancelled=self._cancel.is_set)
            (out / "report.html").write_text(page.html(finished), encoding="utf-8")
            events.put(finished)
        except Exception as exc:
            events.put(exc)

    def _unfinished(self, stem: str) -> Path | None:
        """The folder of the set's run that was cancelled last: what was answered there is not asked again."""
        found = [p for p in self.runs.glob(f"{stem}-*") if p.is_dir() and not (p / "summary.json").exists()]
        found = [p for p in found if _stem_of(p.name) == stem]
        return max(found, key=lambda p: _time_of(p.name), default=None)

    def _set(self, request: Any, name: str) -> Any:
        from rag.evaluation.sets import load

        known = {value for _, value in self.sets(request)}
        if name not in known:
            raise EvaluationError(f"no question set {name!r}")
        if name == FEEDBACK:
            who = person(request)
            path = self.runs / f"{self._stem(request, name)}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            rated = [(turn, self.chat.chats.before(who, turn.id)) for turn in self.chat.chats.rated(who)]
            path.write_text(export.question_set(rated), encoding="utf-8")
            try:
                return load(path)
            finally:
                path.unlink()
        return load(self.accepted if name == OWN else Path(name))

    # drafts

    def draft(self, request: Any) -> str:
        """Draft questions from the documents, for a person to judge."""
        from rag.evaluation.drafts import draft

        documents = [self.service.document(d.source) for d in self.service.documents()]
        self._drafts[person(request)] = draft(documents, limit=DRAFTS, seed=int(time.time()))
        return self.drafts(request) or render.message(labels(request)["drafts_none"])

    def drafts(self, request: Any) -> str:
        """The drafts that are still to be judged."""
        t = labels(request)
        return "".join(_draft(i, q, t) for i, q in enumerate(self._drafts.get(person(request), ())) if q is not None)

    def judge(self, request: Any, number: int, question: str | None, answer: str = "") -> str:
        """Accept a draft (with its question and answer as corrected) or, with ``question`` None, reject it."""
        t, found = labels(request), self._drafts.get(person(request), [])
        if not 0 <= number < len(found) or found[number] is None:
            return ""
        draft, found[number] = found[number], None
        if question is None:
            return ""
        kept = self.accepted.read_text(encoding="utf-8").splitlines() if self.accepted.exists() else []
        answers = draft.answers
        if draft.answerable and answer.strip() != _gold(draft):
            answers = _answers(answer)
        if draft.answerable and not answers:
            found[number] = draft
            return render.message(t["draft_needs_answer"], "bad")
        tags = tuple(tag for tag in draft.tags if tag != "draft")
        item = replace(
            draft, id=f"own-{time.time_ns()}", question=question.strip() or draft.question, answers=answers, tags=tags
        )
        kept.append(json.dumps(item.as_dict(), ensure_ascii=False))
        self.accepted.write_text("\n".join(kept) + "\n", encoding="utf-8")
        return render.message(t("accepted", n=len(kept)), "good")

    # showing

    def _results(self, run: Any, against: str | None, t: Labels) -> str:
        from rag.evaluation import plots

        row = run.summary["all"]
        cards = "".join(
            f'<div class="h-figure"><b>{_percent(row.get(m), t)}</b><span>{t["m_" + m]}</span></div>' for m in METRICS
        )
        groups: dict[str, Mapping[str, Any]] = {"all": row, **run.summary["languages"], **run.summary["tags"]}
        bars = plots.bars(
            [
                (n, r["questions"], r["correct"], *r["intervals"]["correct"])
                for n, r in groups.items()
                if r.get("correct") is not None
            ]
        )
        head = "".join(f'<th scope="col">{t["m_" + m]}</th>' for m in METRICS)
        body = "".join(
            f'<tr><th scope="row">{escape(n)} <small>{r["questions"]}</small></th>'
            + "".join(f"<td>{_percent(r.get(m), t)}</td>" for m in METRICS)
            + "</tr>"
            for n, r in groups.items()
        )
        wrong = [z for z in zip(run.questions, run.scores, run.lines, strict=True) if not z[1].correct]
        worst = "".join(_wrong(q, s.stage, line, t) for q, s, line in wrong[:MOST_WRONG])
        return (
            f'<section class="h-evaluation">{render.message(t("eval_done", n=len(run.questions)), "good")}'
            f'<div class="h-cards">{cards}</div>{self._compared(run, against, t)}'
            f'<h2>{t["eval_by_tag"]}</h2><div class="h-plot">{bars}</div><h2>{t["eval_metrics"]}</h2>'
            f"{render.table(f'<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody>', t['eval_metrics'])}"
            f"<h2>{t['eval_worst']} <small>{len(wrong)}</small></h2>{worst}</section>"
        )

    def _compared(self, run: Any, against: str | None, t: Labels) -> str:
        from rag.evaluation.compare import compare, read_run

        if not against or against not in self.earlier():
            return ""
        try:
            result = compare(read_run(self.runs / against), read_run(run.folder))
        except RagError as exc:
            return render.message(t("error", message=str(exc)), "bad")
        rows = {d.metric: _difference(d, t) for d in result.differences}
        main = "".join(row for metric, row in rows.items() if metric in METRICS)
        rest = "".join(row for metric, row in rows.items() if metric not in METRICS)
        names = (t["eval_before"], t["eval_now"], t["eval_change"], "95 %", "p")
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        against = escape(t("eval_compared", name=_when(against, t)))
        head = f"<thead><tr><td></td>{head}</tr></thead>"
        return (
            f"<h2>{against} <small>+{len(result.wins)} −{len(result.losses)}</small></h2>"
            + render.table(f"{head}<tbody>{main}</tbody>", t["eval_compare"])
            + f'<details class="h-details"><summary>{t["eval_more"]}</summary>'
            + render.table(f"{head}<tbody>{rest}</tbody>", t["eval_more"])
            + "</details>"
        )


def _difference(d: Any, t: Labels) -> str:
    name = t["m_" + d.metric] if d.metric in METRICS else d.metric
    cells = (
        f"{d.a:.3f}",
        f"{d.b:.3f}",
        f"{d.b - d.a:+.3f}",
        f"{d.low:+.3f} … {d.high:+.3f}",
        f"{d.p:.3f}{' *' if d.significant else ''}",
    )
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{t.decimal(cell)}</td>" for cell in cells)}</tr>'


def _draft(number: int, question: Any, t: Labels) -> str:
    evidence = "".join(
        f"<blockquote>{escape(e.quote)}<br><small>{escape(e.source)}</small></blockquote>" for e in question.evidence
    )
    answer = (
        f"<label>{t['draft_answer']}<textarea rows='1'>{escape(_gold(question))}</textarea></label>"
        if question.answerable
        else f'<p class="h-hint">{t["not_in"]}</p>'
    )
    tools = render.button("accept", t["accept"], css="h-link", number=number)
    tools += render.button("reject", t["reject"], css="h-link h-danger", number=number)
    return (
        f'<article class="h-card h-draft"><label>{t["draft_question"]}<textarea rows="2">{escape(question.question)}</textarea>'
        f'</label>{answer}<div class="h-pair">{evidence}</div><p class="h-card-tools">{tools}</p></article>'
    )


def _wrong(question: Any, stage: str, line: Mapping[str, Any], t: Labels) -> str:
    gold = _gold(question) if question.answerable else t["not_in"]
    evidence = "".join(
        f"<blockquote>{escape(e.quote)} <small>{escape(e.source)}</small></blockquote>" for e in question.evidence
    )
    cited = "".join(
        f"<blockquote>[{c['n']}] {escape(str(c['quote']))} <small>{escape(str(c['source']))}</small></blockquote>"
        for c in line["citations"]
    )
    return (
        f'<details class="h-card"><summary>{escape(question.question)} <small>{escape(stage)}</small></summary><div class="h-pair">'
        f"<div><p><b>{t['eval_gold']}</b></p><p>{escape(gold)}</p>{evidence}</div>"
        f"<div><p><b>{t['eval_got']}</b></p><p>{escape(str(line['answer'] or line['error'] or ''))}</p>{cited}</div></div></details>"
    )


def _answers(text: str) -> tuple[tuple[str, ...], ...]:
    """What ``_gold`` shows, read back: all of "a; b" are wanted, either of "a / b" will do."""
    wanted = ([either.strip() for either in part.split(" / ")] for part in text.split(";"))
    return tuple(found for part in wanted if (found := tuple(either for either in part if either)))


def _when(run: str, t: Labels) -> str:
    """A run's time as a person reads it, from its name."""
    stamp = _time_of(run)
    return f"{t.date(f'{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}')} {stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}"


def _gold(question: Any) -> str:
    return "; ".join(" / ".join(alternatives) for alternatives in question.answers)


def _percent(value: Any, t: Labels) -> str:
    return "–" if value is None else t.decimal(f"{value:.1%}")


def _stem_of(name: str) -> str:
    """A run's name without the time behind it."""
    return name[: -len("-YYYYmmdd-HHMMSS")]


def _time_of(name: str) -> str:
    return name[-15:]
