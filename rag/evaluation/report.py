"""Reports of a run: JUnit XML, a Markdown summary and one self-contained HTML page. Pure functions from a Run to text.

The HTML loads nothing: styles and plots (inline SVG) are in the page, and every text is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from rag.errors import UsageError
from rag.evaluation import plots
from rag.evaluation.metrics import STAGES, Score
from rag.evaluation.stats import wilson
from rag.evaluation.runs import Run
from rag.evaluation.sets import Question

_COLUMNS = (
    ("correct", "right"),
    ("contains", "contains gold"),
    ("short_contains", "short holds gold"),
    ("exact", "EM"),
    ("f1", "F1"),
    ("citation_precision", "citation precision"),
    ("citation_recall", "citation recall"),
    ("first_citation", "first citation right"),
    ("recall@1", "recall@1"),
    ("recall@10", "recall@10"),
    ("false_answer", "false answers"),
    ("false_refusal", "false refusals"),
)
_CONTROL = {c: None for c in range(32) if c not in (9, 10, 13)}


def write(run: Run) -> list[Path]:
    """Write report.html, summary.md and junit.xml into the run's folder; returns the paths. Needs a run with a folder."""
    if run.folder is None:
        raise UsageError("this run has no folder; give one with out=… to keep its reports")
    paths = []
    for name, text in (("report.html", html(run)), ("summary.md", markdown(run)), ("junit.xml", junit(run))):
        path = run.folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def junit(run: Run) -> str:
    """JUnit XML: one test case a question; a wrong answer is a failure, a failed one an error. Holds no time."""
    failures = sum(s.correct < 1 and s.status != "failed" for s in run.scores)
    errors = sum(s.status == "failed" for s in run.scores)
    name = quoteattr(str(run.config["questions"]["name"]))
    out = ['<?xml version="1.0" encoding="UTF-8"?>']
    out.append(f'<testsuite name={name} tests="{len(run.scores)}" failures="{failures}" errors="{errors}">')
    for q, s, line in zip(run.questions, run.scores, run.lines, strict=True):
        case = f"  <testcase classname={name} name={quoteattr(_xml(f'{q.id}: {q.question}'))}"
        if s.correct:
            out.append(case + "/>")
            continue
        kind = "error" if s.status == "failed" else "failure"
        body = f"gold: {gold_text(q)}\nanswer: {line['answer'] or line['error']}"
        out.append(
            f"{case}>\n    <{kind} message={quoteattr(s.stage)}>{xml_escape(_xml(body))}</{kind}>\n  </testcase>"
        )
    out.append("</testsuite>")
    return "\n".join(out) + "\n"


def _xml(text: str) -> str:
    """XML 1.0 has no place for most control characters."""
    return text.translate(_CONTROL)


def gold_text(question: Question) -> str:
    """The gold answers in words: alternatives by "/", requirements by ";"."""
    return "; ".join(" / ".join(a) for a in question.answers) if question.answerable else "(not in the documents)"


def markdown(run: Run) -> str:
    """A short summary with a table by tag. Holds no time."""
    rows = [("all", run.summary["all"]), *run.summary["tags"].items()]
    names = [n for n, _ in _COLUMNS]
    out = [f"# Evaluation: {run.config['questions']['name']}", ""]
    out.append(f"{len(run.questions)} questions, index `{run.config['index']['content_hash'][:12]}`, ")
    out[-1] += f"reader `{run.config['settings']['llm']}`, embedder `{run.config['settings']['embedder']}`."
    out += ["", "| tag | n | " + " | ".join(label for _, label in _COLUMNS) + " |"]
    out.append("|" + "---|" * (len(_COLUMNS) + 2))
    for tag, row in rows:
        out.append(f"| {tag} | {row['questions']} | " + " | ".join(_cell(row[n]) for n in names) + " |")
    out += ["", "| where it went | questions |", "|---|---|"]
    out += [f"| {stage} | {count} |" for stage, count in run.summary["all"]["stages"].items()]
    return "\n".join(out) + "\n"


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


_STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1d2430;--dim:#5a6472;--line:#d9dee6;--soft:#f4f6f9;--accent:#0b6e69;--bad:#b3261e;--good:#1b6e3c}
@media(prefers-color-scheme:dark){:root{--bg:#14181f;--fg:#e6eaf0;--dim:#a5afbd;--line:#313a47;--soft:#1d232c;--accent:#5cc8c0;--bad:#ff8a80;--good:#7bd39b}}
body{font:15px/1.55 system-ui,sans-serif;background:var(--bg);color:var(--fg);max-width:1100px;margin:0 auto;padding:24px}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em;border-bottom:1px solid var(--line);padding-bottom:.3em}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}.wide{overflow-x:auto}
th,td{padding:4px 9px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th:first-child,td:first-child{text-align:left}
th{color:var(--dim);font-weight:600}dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:18px}figure{margin:0}figcaption{color:var(--dim);font-size:.9em}
svg{width:100%;height:auto}svg text{fill:var(--fg);font-size:11px}.axis{stroke:var(--line)}.bar{fill:var(--accent)}.err{stroke:var(--fg)}.curve{fill:none;stroke:var(--accent);stroke-width:2}.dot{fill:var(--bad)}
details{border:1px solid var(--line);border-radius:8px;margin:8px 0;padding:8px 12px}summary{cursor:pointer}.stage{color:var(--bad);font-size:.85em}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:14px}@media(max-width:700px){.pair{grid-template-columns:1fr}}blockquote{margin:4px 0;padding:4px 10px;border-left:3px solid var(--accent);background:var(--soft);overflow-wrap:anywhere}
.cards{display:flex;flex-wrap:wrap;gap:12px}.card{background:var(--soft);border-radius:8px;padding:10px 16px}.card b{display:block;font-size:1.5em}
"""


def html(run: Run) -> str:
    """The whole report as one page that opens offline. Holds latency, so it differs between reruns only there."""
    summary = run.summary["all"]
    name = escape(str(run.config["questions"]["name"]))
    cards = [
        ("right", summary["correct"]),
        ("answer contains gold", summary["contains"]),
        ("first citation right", summary["first_citation"]),
        ("false answers", summary["false_answer"]),
        ("false refusals", summary["false_refusal"]),
    ]
    parts = [
        f"<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Evaluation {name}</title>",
        f"<link rel=icon href='data:,'><style>{_STYLE}</style></head><body><h1>Evaluation: {name}</h1>",
        "<div class=cards>"
        + "".join(f"<div class=card><b>{_percent(v)}</b>{escape(k)}</div>" for k, v in cards)
        + "</div>",
        "<h2>What was asked of what</h2><dl>" + _configuration(run.config) + "</dl>",
        "<h2>Metrics by tag</h2><div class=wide>" + _table(run) + "</div>",
        "<h2>Plots</h2><div class=plots>" + _plots(run) + "</div>",
        "<h2>Questions that went wrong</h2>" + _failures(run),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _configuration(config: Mapping[str, Any]) -> str:
    rows: list[tuple[str, Any]] = [
        ("questions", f"{config['questions']['count']} (sha256 {config['questions']['sha256'][:12]})")
    ]
    rows += [("index", config["index"]["content_hash"][:16]), ("embedder", config["index"]["embedder"][:40])]
    rows += [(k, config["settings"][k]) for k in ("llm", "k", "context_passages", "verification", "answer_language")]
    rows += [("python", config["python"]), ("commit", config["commit"] or "–")]
    rows.append(("packages", ", ".join(f"{k} {v}" for k, v in config["packages"].items() if v)))
    return "".join(f"<dt>{escape(str(k))}</dt><dd>{escape(str(v))}</dd>" for k, v in rows)


def _table(run: Run) -> str:
    rows = [("all", run.summary["all"]), *run.summary["tags"].items()]
    head = "<tr><th>tag<th>n" + "".join(f"<th>{escape(label)}" for _, label in _COLUMNS) + "</tr>"
    body = "".join(
        f"<tr><td>{escape(tag)}<td>{row['questions']}" + "".join(f"<td>{_cell(row[n])}" for n, _ in _COLUMNS) + "</tr>"
        for tag, row in rows
    )
    return f"<table>{head}{body}</table>"


def _plots(run: Run) -> str:
    bars = []
    for tag, row in [("all", run.summary["all"]), *run.summary["tags"].items()]:
        n = row["questions"]
        low, high = wilson(row["correct"] * n, n)
        bars.append((tag, row["correct"], low, high))
    ranked = [s.evidence_rank for q, s in zip(run.questions, run.scores, strict=True) if q.evidence]
    recall = [(k, sum(r is not None and r <= k for r in ranked) / len(ranked)) for k in range(1, 11)] if ranked else []
    stages = [(s, float(run.summary["all"]["stages"].get(s, 0))) for s in STAGES if run.summary["all"]["stages"].get(s)]
    figures = [
        ("Right answers by tag, with 95 % Wilson intervals", plots.bars(bars)),
        ("Recall@k: a passage with the gold evidence among the first k", plots.curve(recall, "k", "recall")),
        ("Where each question went", plots.counts(stages)),
        ("Latency: share of questions answered within t ms", plots.curve(_cdf(run.scores), "ms", "share")),
    ]
    trade = tradeoff(run.questions, run.lines, run.scores)
    if trade:
        here = (run.summary["all"]["false_refusal"] or 0.0, run.summary["all"]["false_answer"] or 0.0)
        figures.insert(
            2,
            (
                "Abstention: false answers against false refusals as the bar rises; the dot is where it stands",
                plots.curve(trade, "false refusals", "false answers", here),
            ),
        )
    return "".join(f"<figure>{svg}<figcaption>{escape(text)}</figcaption></figure>" for text, svg in figures)


def _cdf(scores: Sequence[Score]) -> list[tuple[float, float]]:
    ordered = sorted(s.milliseconds for s in scores)
    return [(ms, (i + 1) / len(ordered)) for i, ms in enumerate(ordered)]


def tradeoff(
    questions: Sequence[Question], lines: Sequence[Mapping[str, Any]], scores: Sequence[Score]
) -> list[tuple[float, float]]:
    """(false refusals, false answers) for each bar on the confidence of the top passage, from never to always refusing.

    What is refused stays refused; a rising bar on the best retrieval score refuses more. Empty without both kinds.
    """
    yes = [(q, line, s) for q, line, s in zip(questions, lines, scores, strict=True) if q.answerable]
    no = [(q, line, s) for q, line, s in zip(questions, lines, scores, strict=True) if not q.answerable]
    if not yes or not no:
        return []

    def confidence(line: Mapping[str, Any], s: Score) -> float:
        if s.status != "answered":
            return float("-inf")
        return float(line["retrieved"][0]["score"]) if line["retrieved"] else float("-inf")

    a = [confidence(line, s) for _, line, s in yes]
    b = [confidence(line, s) for _, line, s in no]
    points = []
    for bar in sorted({x for x in a + b if x != float("-inf")} | {float("inf")}):
        points.append((sum(x < bar for x in a) / len(a), sum(x >= bar for x in b) / len(b)))
    return sorted(set(points))


def _failures(run: Run) -> str:
    out = []
    for q, s, line in zip(run.questions, run.scores, run.lines, strict=True):
        if s.correct:
            continue
        evidence = "".join(
            f"<blockquote>{escape(e.quote)}<br><small>{escape(e.source)}</small></blockquote>" for e in q.evidence
        )
        cited = "".join(
            f"<blockquote>[{c['n']}] {escape(c['quote'])}<br><small>{escape(c['source'])}</small></blockquote>"
            for c in line["citations"]
        )
        found = "".join(
            f"<li>{escape(r['source'])}:{r['start']}–{r['end']} <small>({r['score']:.3f})</small></li>"
            for r in line["retrieved"][:5]
        )
        rank = s.evidence_rank if s.evidence_rank else "not among the retrieved"
        out.append(
            f"<details><summary>{escape(q.id)}: {escape(q.question)} <span class=stage>{escape(s.stage)}</span></summary>"
            f"<p>Question used: {escape(str(line['query']))} · rank of the evidence: {rank}</p><div class=pair>"
            f"<div><b>Gold</b><p>{escape(gold_text(q))}</p>{evidence}</div>"
            f"<div><b>Answer ({escape(s.status)})</b><p>{escape(str(line['answer'] or line['error'] or ''))}</p>{cited}</div></div>"
            f"<p>Retrieved:</p><ol>{found}</ol></details>"
        )
    return "".join(out) or "<p>None.</p>"
