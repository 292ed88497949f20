"""The report of a run as one self-contained HTML page: no script, no font, no request; every text is escaped.

Pure functions from a Run to markup. Holds latency, so two reruns differ here in times only.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from rag.evaluation import plots
from rag.evaluation.metrics import RIGHT, STAGES, Score, Texts
from rag.evaluation.runs import Run
from rag.evaluation.sets import Question
from rag.evaluation.stats import percentile, wilson
from rag.evaluation.summary import tradeoff

_COLUMNS: Mapping[str, str] = {
    "correct": "right",
    "contains": "holds gold",
    "short_contains": "short holds",
    "exact": "EM",
    "f1": "F1",
    "citation_precision": "cite P",
    "citation_recall": "cite R",
    "alce_precision": "ALCE P",
    "alce_recall": "ALCE R",
    "recall@1": "recall@1",
    "recall@10": "recall@10",
    "false_answer": "false ans.",
    "false_refusal": "false ref.",
}
_CARDS = (
    ("correct", "right"),
    ("contains", "answer holds the gold"),
    ("f1", "token F1 of the short answer"),
    ("citation_precision", "citations on gold evidence"),
    ("alce_recall", "statements their citations back"),
    ("recall@1", "evidence at rank 1"),
    ("false_answer", "false answers"),
    ("false_refusal", "false refusals"),
)
_MEANING = {
    "right": "the gold is in the answer and a citation backs it",
    "right refusal": "not in the documents, and said so",
    "not retrieved": "no retrieved passage holds the evidence of what is missing",
    "retrieved, not read": "the evidence was retrieved, the answer lacks the gold",
    "read, wrongly refused": "the evidence was retrieved, the answer was withheld",
    "wrongly refused": "refused; the set names no evidence to look for",
    "unsupported claim": "the right words, but no citation backs them",
    "answered the unanswerable": "the documents do not say it, yet an answer was given",
    "failed": "the program or the model failed",
}
_STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2430;--dim:#566173;--line:#dbe1ea;--soft:#f4f6fa;--a:#0b7285;--band:#0b728526;--here:#c92a2a;
--s0:#0b7285;--s1:#4dabb8;--s2:#e8a317;--s3:#d9620f;--s4:#7048b6;--s5:#9b7fd1;--s6:#c2418d;--s7:#c92a2a;--s8:#68717d;--on:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#12161d;--fg:#e5e9f0;--dim:#a3aebd;--line:#2e3744;--soft:#1a212b;--a:#4cc3d3;--band:#4cc3d326;--here:#ff7b72;
--s0:#2aa5b8;--s1:#1c6f7c;--s2:#d39a22;--s3:#e0762c;--s4:#8f6bd6;--s5:#6a4fa3;--s6:#d661a6;--s7:#e5534b;--s8:#7d8794;--on:#fff}}
*{box-sizing:border-box}body{font:15px/1.55 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;background:var(--bg);color:var(--fg);max-width:1240px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:1.55em;margin:0 0 .2em}h2{font-size:1.15em;margin:2.2em 0 .8em;border-bottom:1px solid var(--line);padding-bottom:.35em}h3{font-size:1em;margin:1.6em 0 .5em}
p.lead,small,figcaption,.dim{color:var(--dim)}p.lead{margin:0 0 1.2em}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:12px}.card{background:var(--soft);border:1px solid var(--line);border-radius:10px;padding:10px 14px}
.card b{display:block;font-size:1.6em;line-height:1.2;font-variant-numeric:tabular-nums}.card span{display:block}.card small{font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%;font-size:.92em}
th,td{padding:5px 6px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:top}th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:var(--bg)}
th{color:var(--dim);font-weight:600}td small{display:block;font-size:.78em}tr.head td{font-weight:600;color:var(--dim);border-bottom:0;padding-top:14px}
.plots{columns:2 400px;column-gap:38px}figure{margin:0 0 26px;break-inside:avoid}figcaption{font-size:.9em;margin-bottom:.5em}figcaption b{color:var(--fg);display:block}
svg{width:100%;height:auto;display:block}svg text{fill:var(--fg);font-size:11.5px}svg .tick{fill:var(--dim);font-size:10.5px}svg .name{fill:var(--dim)}svg .on{fill:var(--on);font-size:10.5px}
.grid{stroke:var(--line)}.bar{fill:var(--a);opacity:.8}.whisker{stroke:var(--fg);fill:none;stroke-width:1.2}.curve{fill:none;stroke:var(--a);stroke-width:2.2;stroke-linejoin:round}.band{fill:var(--band)}.dot{fill:var(--a)}
.here{fill:var(--here);stroke:var(--bg);stroke-width:2}.mark{stroke:var(--here);stroke-dasharray:4 3}
.s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}.s5{fill:var(--s5)}.s6{fill:var(--s6)}.s7{fill:var(--s7)}.s8{fill:var(--s8)}
.legend{list-style:none;margin:.8em 0 0;padding:0;font-size:.86em;display:grid;gap:2px}.legend svg{width:11px;height:11px;display:inline-block;margin-right:7px;vertical-align:-1px}
details{border:1px solid var(--line);border-radius:10px;margin:8px 0;padding:8px 14px}summary{cursor:pointer}summary::marker{color:var(--dim)}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:20px}@media(max-width:720px){.pair{grid-template-columns:1fr}}.pair>div{min-width:0}
blockquote{margin:6px 0;padding:6px 12px;border-left:3px solid var(--a);background:var(--soft);overflow-wrap:anywhere;border-radius:0 6px 6px 0}blockquote.no{border-color:var(--here)}
p.said{overflow-wrap:anywhere;white-space:pre-line;margin:.3em 0}h4{margin:.9em 0 .2em;font-size:.9em;color:var(--dim);font-weight:600}ol{margin:.2em 0;padding-left:1.6em;font-size:.92em}li.hit{font-weight:600;color:var(--a)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;font-size:.92em}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
@media print{details{break-inside:avoid}}
"""


def html(run: Run) -> str:
    """The whole report. Retrieved passages are shown with their beginning where the run has its texts."""
    texts = run.texts
    name = escape(str(run.config["questions"]["name"]))
    summary = run.summary["all"]
    wrong = len(run.scores) - sum(bool(s.correct) for s in run.scores)
    config = run.config
    lead = (
        f"{len(run.questions)} questions ({summary['answerable']} answerable) · reader {config['settings']['llm']} · "
        f"embedder {config['settings']['embedder']} · commit {(config['commit'] or 'unknown')[:12]}"
    )
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>Evaluation: {name}</title><link rel=icon href='data:,'><style>{_STYLE}</style></head><body>",
        f"<h1>Evaluation: {name}</h1><p class=lead>{escape(lead)}</p>",
        "<div class=cards>" + "".join(_card(run, *c) for c in _CARDS) + "</div>",
        "<h2>At a glance</h2><div class=plots>" + "".join(_figures(run)) + "</div>",
        "<h2>Metrics by group</h2><p class=dim>Small print: 95 % Wilson intervals (conservative where a metric is not 0 or 1). "
        "–: does not apply.</p><div class=wide>" + _table(run.summary) + "</div>",
        f"<h2>Questions that went wrong ({wrong})</h2>" + _failures(run, texts),
        "<h2>Configuration</h2><dl>" + _configuration(config) + "</dl>",
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _card(run: Run, metric: str, label: str) -> str:
    row = run.summary["all"]
    interval = row["intervals"].get(metric)
    shown = f"{interval[0]:.1%} – {interval[1]:.1%}" if interval else "does not apply"
    return f"<div class=card><b>{_percent(row[metric])}</b><span>{escape(label)}</span><small>{shown}</small></div>"


# ---- figures --------------------------------------------------------------------------------------------------------
def _figures(run: Run) -> list[str]:
    figures = [
        _figure(
            "Right answers and right refusals by group",
            "Share of questions, with 95 % intervals; n beside the name.",
            plots.bars(_bar_rows(run.summary)),
        ),
        _figure(
            "Where questions went",
            "Which stage lost a question, by language and answerability.",
            plots.stacked(_stage_rows(run.summary)) + _legend(run.summary["all"]["stages"]),
        ),
    ]
    curve = run.summary["all"]["recall_curve"]
    if curve:
        n = sum(bool(s.evidence_ranks) for s in run.scores)
        points = [(float(k), v) for k, v in enumerate(curve, 1)]
        drawn = plots.curve(
            points,
            "passages looked at (k)",
            "recall@k",
            x_range=(1.0, float(len(curve))),
            ticks=[x for x, _ in points],
            band=[wilson(v * n, n) for _, v in points],
            dots=True,
        )
        figures.append(_figure("Recall@k", "Share of the gold evidence that stands in the first k passages.", drawn))
    trade = tradeoff(run.questions, run.scores)
    if trade:
        points = [(x, y) for _, x, y in trade]
        drawn = plots.curve(points, "false refusals", "false answers", here=points[0])
        what = "Raising the bar refuses more of what is answered today; the dot is where the system stands."
        figures.append(_figure("Abstention trade-off", what, drawn))
    times = [s.milliseconds for s in run.scores]
    marks = [(f"p{q}", percentile(times, q)) for q in (50, 95)]
    drawn = plots.histogram(times, "milliseconds a question", marks)
    stages = ", ".join(f"{k} {v['p50']:.1f}" for k, v in run.latency.items() if k != "total")
    figures.append(_figure("Latency", f"Median by stage in ms: {stages}." if stages else "", drawn))
    return figures


def _figure(title: str, caption: str, svg: str) -> str:
    return f"<figure><figcaption><b>{escape(title)}</b>{escape(caption)}</figcaption>{svg}</figure>"


def _bar_rows(summary: Mapping[str, Any]) -> list[tuple[str, int, float, float, float]]:
    rows = []
    for name, row in _groups(summary):
        low, high = row["intervals"]["correct"]
        rows.append((name, row["questions"], row["correct"], low, high))
    return rows


def _stage_rows(summary: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str, int]]]]:
    rows = [("all", summary["all"]), *summary["answerability"].items(), *summary["languages"].items()]
    return [
        (name, [(s, f"s{STAGES.index(s)}", row["stages"][s]) for s in STAGES if s in row["stages"]])
        for name, row in rows
    ]


def _legend(stages: Mapping[str, int]) -> str:
    items = "".join(
        f"<li><svg viewBox='0 0 10 10' aria-hidden=true><rect class=s{STAGES.index(s)} width=10 height=10 rx=2 /></svg>"
        f"{escape(s)} <b>{n}</b> <span class=dim>{escape(_MEANING[s])}</span></li>"
        for s, n in stages.items()
    )
    return f"<ul class=legend>{items}</ul>"


def _groups(summary: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    rows: dict[str, Mapping[str, Any]] = {"all": summary["all"]}
    for kind in ("languages", "answerability", "tags"):
        for name, row in summary[kind].items():
            rows.setdefault(name, row)
    return list(rows.items())


# ---- tables ---------------------------------------------------------------------------------------------------------
def _table(summary: Mapping[str, Any]) -> str:
    head = "<tr><th>group<th>n" + "".join(f"<th>{escape(label)}" for label in _COLUMNS.values()) + "</tr>"
    body = []
    shown: set[str] = set()
    sections = [("", {"all": summary["all"]})]
    sections += [(kind, summary[kind]) for kind in ("languages", "answerability", "tags")]
    for kind, rows in sections:
        rows = {name: row for name, row in rows.items() if name not in shown}
        shown |= set(rows)
        if kind and rows:
            body.append(f"<tr class=head><td colspan={len(_COLUMNS) + 2}>{escape(kind)}</tr>")
        for name, row in rows.items():
            cells = "".join(f"<td>{_cell(row, c)}" for c in _COLUMNS)
            body.append(f"<tr><td>{escape(name)}<td>{row['questions']}{cells}</tr>")
    return f"<table><thead>{head}</thead><tbody>{''.join(body)}</tbody></table>"


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if value is None:
        return "–"
    low, high = row["intervals"][name]
    return f"{value:.3f}<small class=dim>{low:.2f}–{high:.2f}</small>"


def _configuration(config: Mapping[str, Any]) -> str:
    rows: list[tuple[str, Any]] = [
        ("questions", f"{config['questions']['count']}, sha256 {config['questions']['sha256'][:16]}"),
        ("index", config["index"]["content_hash"]),
        ("embedder", config["index"]["embedder"]),
        ("commit", config["commit"] or "–"),
        ("code", config["code"]),
        ("python", config["python"]),
        ("packages", ", ".join(f"{k} {v}" for k, v in config["packages"].items() if v)),
        ("settings", ", ".join(f"{k}={v!r}" for k, v in config["settings"].items() if v != "")),
    ]
    return "".join(f"<dt>{escape(k)}</dt><dd>{escape(str(v))}</dd>" for k, v in rows)


# ---- what went wrong ------------------------------------------------------------------------------------------------
def _failures(run: Run, texts: Texts | None) -> str:
    rows = list(zip(run.questions, run.scores, run.lines, strict=True))
    out = []
    for stage in (s for s in STAGES if s not in RIGHT):
        lost = [r for r in rows if r[1].stage == stage]
        if lost:
            out.append(f"<h3>{escape(stage)} ({len(lost)}) <small>{escape(_MEANING[stage])}</small></h3>")
            out += [_failure(q, s, line, texts) for q, s, line in lost]
    return "".join(out) or "<p>None.</p>"


def _failure(q: Question, s: Score, line: Mapping[str, Any], texts: Texts | None) -> str:
    gold = "; ".join(" / ".join(a) for a in q.answers) if q.answerable else "(not in the documents)"
    evidence = "".join(
        f"<blockquote>{escape(e.quote)}<br><small>{escape(e.source)} · "
        f"{'not retrieved' if rank is None else f'rank {rank}'}</small></blockquote>"
        for e, rank in zip(q.evidence, s.evidence_ranks)
    )
    cited = "".join(
        f"<blockquote{'' if c['supported'] else ' class=no'}>[{c['n']}] {escape(str(c['quote']))}<br>"
        f"<small>{escape(str(c['source']))}{'' if c['supported'] else ' · not supported'}</small></blockquote>"
        for c in line["citations"]
    )
    ranks = {r for r in s.evidence_ranks if r}
    found = "".join(
        f"<li{' class=hit' if rank in ranks else ''}>{escape(_passage(r, texts))} <small>{r['score']:.3f}</small></li>"
        for rank, r in enumerate(line["retrieved"], 1)
    )
    history = "".join(f"<h4>Earlier</h4><p class=said>{escape(a)} → {escape(b)}</p>" for a, b in q.history)
    used = (
        f"<h4>Question used</h4><p class=said>{escape(str(line['query']))}</p>" if line["query"] != q.question else ""
    )
    short = f"<h4>Short</h4><p class=said>{escape(' · '.join(map(str, line['short'])))}</p>" if line["short"] else ""
    return (
        f"<details><summary>{escape(q.id)} · {escape(q.question)} <small>{escape(' '.join(q.tags))}</small></summary>"
        f"{history}{used}<div class=pair>"
        f"<div><h4>Gold</h4><p class=said>{escape(gold)}</p>{'<h4>Evidence</h4>' + evidence if evidence else ''}</div>"
        f"<div><h4>Answer ({escape(s.status)})</h4><p class=said>{escape(str(line['answer'] or line['error'] or ''))}</p>"
        f"{short}{'<h4>Cited</h4>' + cited if cited else ''}</div></div>"
        f"<h4>Retrieved</h4><ol>{found}</ol></details>"
    )


def _passage(r: Mapping[str, Any], texts: Texts | None) -> str:
    where = f"{r['source']}:{r['start']}–{r['end']}"
    text = texts.text(str(r["source"])) if texts else None
    if not text:
        return where
    flat = " ".join(text[r["start"] : r["end"]].split())
    return f"{where} — {flat[:110]}{'…' if len(flat) > 110 else ''}"
