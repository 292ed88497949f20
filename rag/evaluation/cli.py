"""The ``rag eval`` commands. Each imports what it needs when it runs."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import EvaluationError, GateFailed, UsageError

if TYPE_CHECKING:
    from rag.evaluation.gate import Gate, GateCheck
    from rag.index import Index
    from rag.settings import Resolved


def add_commands(parser: argparse.ArgumentParser, common: argparse.ArgumentParser, factory: Any) -> None:
    """Add run, compare, claims, beir, table, check, new and import to the ``rag eval`` parser."""
    sub = parser.add_subparsers(dest="what", metavar="WHAT", required=True, parser_class=factory)

    p = sub.add_parser("run", parents=[common], help="ask a question set and score the answers")
    p.add_argument("--questions", required=True, metavar="FILE", help="question set (JSONL)")
    p.add_argument("--corpus", metavar="DIR", help="folder to index for this run, instead of --index")
    p.add_argument("--out", metavar="DIR", help="folder for results and reports; resumes what is there")
    p.add_argument("--fresh", action="store_true", help="ask everything anew, whatever --out holds")
    p.add_argument("--workers", type=int, default=1, metavar="N", help="questions asked at once (hosted LLMs)")
    p.add_argument("--gate", metavar="FILE", help="gate file; exit 100 when a bound is broken")
    p.set_defaults(run=_run)

    p = sub.add_parser("compare", help="compare two run folders; with --gate, exit 100 when a bound is broken")
    p.add_argument("a", metavar="A", help="run folder, or committed baseline")
    p.add_argument("b", metavar="B", nargs="?", help="run folder to judge (default: A alone, against the gate)")
    p.add_argument("--gate", metavar="FILE", help="TOML with [floor], [ceiling] and [max_drop]")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.set_defaults(run=_compare)

    p = sub.add_parser("claims", help="how well the check of claims tells supported from unsupported")
    p.add_argument("file", metavar="FILE", help="claim set (JSONL)")
    p.add_argument("--gate", metavar="FILE", help="gate file, of which [claims.…] counts; exit 100 when broken")
    p.add_argument("--wrong", type=int, default=0, metavar="N", help="show the first N wrong verdicts")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.set_defaults(run=_claims)

    p = sub.add_parser("beir", parents=[common], help="retrieval metrics on a BEIR-layout folder")
    p.add_argument("folders", nargs="+", metavar="DIR", help="folder with corpus.jsonl, queries.jsonl and qrels/")
    p.add_argument("--out", metavar="DIR", help="folder for the results")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.set_defaults(run=_beir)

    p = sub.add_parser("table", parents=[common], help="add this commit's figures to the results table of eval/")
    p.add_argument("--eval", default="eval", metavar="DIR", help="folder with the sets and README.md (default eval)")
    p.add_argument("--corpus", default="seeds", metavar="DIR", help="what seeds.jsonl asks about (default seeds)")
    p.add_argument("--beir", action="append", default=[], metavar="DIR", help="BEIR-layout folder, or a folder of them")
    p.add_argument("--baseline", action="store_true", help="also renew the committed baseline the gate counts from")
    p.set_defaults(run=_table)

    p = sub.add_parser("check", parents=[common], help="validate a question set against its corpus")
    p.add_argument("--questions", required=True, metavar="FILE")
    p.add_argument("--corpus", metavar="DIR", help="folder the questions are about (else --index)")
    p.set_defaults(run=_check)

    p = sub.add_parser("new", parents=[common], help="draft questions from a corpus")
    p.add_argument("--corpus", metavar="DIR", help="folder to draft from (else --index)")
    p.add_argument("--out", required=True, metavar="FILE", help="question set to write")
    p.add_argument("--limit", type=int, default=100, metavar="N", help="how many (default 100)")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="another seed, another choice")
    p.set_defaults(run=_new)

    p = sub.add_parser("import", help="turn SQuAD-format JSON or CSV into a question set")
    p.add_argument("file", metavar="FILE", help=".json (SQuAD) or .csv")
    p.add_argument("--out", required=True, metavar="DIR", help="folder for questions.jsonl and corpus.jsonl")
    p.set_defaults(run=_import)


@contextmanager
def corpus_index(corpus: str | None, resolved: Resolved) -> Iterator[Index]:
    """The index to work on: a temporary one over ``corpus``, or the configured one when that is None."""
    from rag.index import Index

    settings = resolved.settings
    if corpus is None:
        with Index.open(settings.index, settings) as index:
            yield index
        return
    if not Path(corpus).exists():
        raise UsageError(f"--corpus {corpus!r}: no such folder; give the folder the questions are about")
    with (
        tempfile.TemporaryDirectory(prefix="rag-eval-") as temporary,
        Index.create(Path(temporary) / "index", settings) as index,
    ):
        report = index.add([corpus])
        for skipped in report.skipped:
            print(f"skipped {skipped.path}: {skipped.reason}", file=sys.stderr)
        yield index


def _index(args: argparse.Namespace, resolved: Resolved) -> Any:
    if args.corpus and args.index:
        raise UsageError("give either --corpus DIR or --index DIR, not both")
    return corpus_index(args.corpus, resolved)


def _run(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.ask.pipeline import Rag
    from rag.evaluation import report, runs, sets

    gate, baseline = _gate(args.gate)
    questions = sets.load(args.questions)
    with _index(args, resolved) as index:
        rag = Rag(index, llm=resolved.settings.llm, settings=resolved.settings)
        result = runs.run(questions, rag, out=args.out, workers=args.workers, progress=_progress(), fresh=args.fresh)
        if args.out:
            report.write(result)
    if result.missing_evidence:
        names = ", ".join(result.missing_evidence[:10])
        print(f"evidence of {len(result.missing_evidence)} questions is not in the index: {names}", file=sys.stderr)
    print(runs.format_summary(result.summary, result.latency))
    return _judged(args.gate, gate, result.summary, baseline)


def _gate(path: str | None, section: str = "") -> tuple[Gate | None, Any]:
    """The gate and the summary of the baseline it names. Read before the work, so that a bad file costs no run."""
    from rag.evaluation.compare import read_run
    from rag.evaluation.gate import read_gate

    if path is None:
        return None, None
    gate = read_gate(path, section)
    return gate, read_run(gate.baseline).summary if gate.baseline else None


def _judged(path: str | None, gate: Gate | None, summary: Any, baseline: Any) -> int:
    from rag.evaluation.gate import check_gate

    if gate is not None:
        checks = check_gate(gate, summary, baseline)
        for check in checks:
            print(check)
        _raise_failed(path, checks)
    return 0


def _raise_failed(path: str | None, checks: list[GateCheck]) -> None:
    failed = ", ".join(dict.fromkeys(c.name for c in checks if not c.passed))
    if failed:
        raise GateFailed(f"gate {path!r} not met: {failed}")


def _compare(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.evaluation import compare
    from rag.evaluation.gate import check_gate

    if args.b is None and not args.gate:
        raise UsageError("give a second run to compare with, or --gate FILE to judge the one")
    gate, baseline = _gate(args.gate)
    a = compare.read_run(args.a)
    b = compare.read_run(args.b) if args.b else None
    comparison = compare.compare(a, b) if b else None
    judged = b or a
    checks = check_gate(gate, judged.summary, a.summary if b else baseline) if gate else []
    if args.json:
        value = {
            "comparison": asdict(comparison) if comparison else None,
            "gate": [asdict(c) for c in checks],
            "passed": all(c.passed for c in checks),
        }
        print(json.dumps(value, ensure_ascii=False, indent=2))
    else:
        if comparison:
            print(compare.format_comparison(comparison))
        for c in checks:
            print(c)
    _raise_failed(args.gate, checks)
    return 0


def _claims(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.evaluation import claims

    gate, baseline = _gate(args.gate, "claims")
    result = claims.judge_all(claims.load(args.file), claims.checker())
    if args.json:
        print(json.dumps(result.summary, ensure_ascii=False, indent=2))
    else:
        print(claims.format_verdicts(result, most=args.wrong))
    return _judged(args.gate, gate, result.summary, baseline)


def _check(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.evaluation import runs, sets

    questions, problems = sets.inspect(args.questions)
    with _index(args, resolved) as index:
        problems += sets.check(questions, runs.IndexTexts(index).text)
    problems.sort(key=lambda p: p.line)
    for problem in problems:
        print(f"{args.questions}: {problem}")
    errors = sum(not p.remark for p in problems)
    print(f"{len(questions)} questions, {errors} problems, {len(problems) - errors} remarks", file=sys.stderr)
    if not questions and not problems:
        raise EvaluationError(f"question set {args.questions!r} is empty; write one question object a line")
    return 1 if errors else 0


def _new(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.evaluation import drafts, sets

    if args.limit < 1:
        raise UsageError(f"--limit {args.limit}: must be at least 1")
    with _index(args, resolved) as index:
        documents = [index.document(d.source) for d in index.documents()]
    questions = drafts.draft(documents, limit=args.limit, seed=args.seed)
    if resolved.settings.llm != "extractive":
        from rag.models.llms import make_llm

        llm = make_llm(resolved.settings.llm, resolved.settings)
        made = drafts.draft_with_llm(documents, lambda prompt: llm.complete([("user", prompt)]).text)
        questions = drafts.numbered([*questions, *made])
    count = sets.write(args.out, questions)
    print(f"{count} drafts in {args.out}; read them before use: accept, correct or delete each line")
    return 0


def _import(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.evaluation import imports, sets

    out = Path(args.out)
    if args.file.lower().endswith(".csv"):
        questions, rows = imports.from_csv(args.file), list[dict[str, str]]()
    else:
        questions, rows = imports.from_squad(args.file)
    try:
        out.mkdir(parents=True, exist_ok=True)
        if rows:
            corpus = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
            (out / "corpus.jsonl").write_text(corpus, encoding="utf-8")
    except OSError as exc:
        raise UsageError(f"--out {args.out!r}: {exc.strerror}; give a folder that can be written") from exc
    print(f"{sets.write(out / 'questions.jsonl', questions)} questions in {out / 'questions.jsonl'}")
    if rows:
        print(f"{len(rows)} texts in {out / 'corpus.jsonl'}; evaluate with --corpus {out / 'corpus.jsonl'}")
    return 0


def _beir(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.evaluation.beir import evaluate_beir, format_table

    results = {}
    for folder in args.folders:
        result = evaluate_beir(folder, resolved.settings, out=args.out, progress=_progress())
        results[result.name] = result.to_json()
        if not args.json:
            print(format_table(result))
    if args.json:
        print(json.dumps(results, ensure_ascii=False, indent=2))
    return 0


def _table(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.evaluation import table

    with corpus_index(args.corpus, resolved) as index:
        row = table.measure(Path(args.eval), index, resolved.settings, args.beir, baseline=args.baseline)
    path = Path(args.eval) / "README.md"
    table.add_row(path, row)
    print(f"{path}: " + ", ".join(f"{k} {v}" for k, v in row.items()))
    return 0


def _progress() -> Any:
    if not sys.stderr.isatty():
        return None
    return lambda done, total, name: print(f"\r\x1b[K{done}/{total} {name}", end="", file=sys.stderr, flush=True)
