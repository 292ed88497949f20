"""The ``rag eval`` commands. Each imports what it needs when it runs."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import GateFailed, UsageError

if TYPE_CHECKING:
    from rag.index import Index
    from rag.settings import Resolved


def add_commands(parser: argparse.ArgumentParser, common: argparse.ArgumentParser, factory: Any) -> None:
    """Add run, compare, beir and their options to the ``rag eval`` parser."""
    sub = parser.add_subparsers(dest="what", metavar="WHAT", required=True, parser_class=factory)

    p = sub.add_parser("run", parents=[common], help="ask a question set and score the answers")
    p.add_argument("--questions", required=True, metavar="FILE", help="question set (JSONL)")
    p.add_argument("--corpus", metavar="DIR", help="folder to index for this run, instead of --index")
    p.add_argument("--out", metavar="DIR", help="folder for the results; resumes what is there")
    p.add_argument("--workers", type=int, default=1, metavar="N", help="questions asked at once (hosted LLMs)")
    p.set_defaults(run=_run)

    p = sub.add_parser("compare", help="compare two run folders; with --gate, exit 100 when a bound is broken")
    p.add_argument("a", metavar="A", help="run folder, or committed baseline")
    p.add_argument("b", metavar="B", nargs="?", help="run folder to judge (default: A alone, against the gate)")
    p.add_argument("--gate", metavar="FILE", help="TOML with [floor], [ceiling] and [max_drop]")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.set_defaults(run=_compare)

    p = sub.add_parser("check", parents=[common], help="validate a question set, with --corpus also against its texts")
    p.add_argument("--questions", required=True, metavar="FILE")
    p.add_argument("--corpus", metavar="DIR", help="folder the questions are about (else --index)")
    p.set_defaults(run=_check)

    p = sub.add_parser("new", parents=[common], help="draft questions from a corpus")
    p.add_argument("--corpus", metavar="DIR", help="folder to draft from (else --index)")
    p.add_argument("--out", required=True, metavar="FILE", help="question set to write")
    p.add_argument("--limit", type=int, default=100, metavar="N")
    p.add_argument("--seed", type=int, default=0, metavar="N")
    p.set_defaults(run=_new)

    p = sub.add_parser("import", help="turn SQuAD-format JSON or CSV into a question set")
    p.add_argument("file", metavar="FILE", help=".json (SQuAD) or .csv")
    p.add_argument("--out", required=True, metavar="DIR", help="folder for questions.jsonl and corpus.jsonl")
    p.set_defaults(run=_import)

    p = sub.add_parser("beir", parents=[common], help="retrieval metrics on a BEIR-layout folder")
    p.add_argument("folder", metavar="DIR")
    p.add_argument("--out", metavar="DIR", help="folder for the results")
    p.set_defaults(run=_beir)


@contextmanager
def _index(args: argparse.Namespace, resolved: Resolved) -> Iterator[Index]:
    """The index to work on: --index, or a temporary one over --corpus."""
    from rag.index import Index

    settings = resolved.settings
    if args.corpus and args.index:
        raise UsageError("give either --corpus DIR or --index DIR, not both")
    if args.corpus and not Path(args.corpus).exists():
        raise UsageError(f"--corpus {args.corpus!r}: no such folder; give the folder the questions are about")
    if not args.corpus:
        with Index.open(settings.index, settings) as index:
            yield index
        return
    with (
        tempfile.TemporaryDirectory(prefix="rag-eval-") as temporary,
        Index.create(Path(temporary) / "index", settings) as index,
    ):
        report = index.add([args.corpus])
        for skipped in report.skipped:
            print(f"skipped {skipped.path}: {skipped.reason}", file=sys.stderr)
        yield index


def _run(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.ask.pipeline import Rag
    from rag.evaluation import report, runs, sets

    questions = sets.load(args.questions)
    with _index(args, resolved) as index:
        rag = Rag(index, llm=resolved.settings.llm, settings=resolved.settings)
        result = runs.run(questions, rag, out=args.out, workers=args.workers, progress=_progress())
    if args.out:
        report.write(result)
    print(runs.format_summary(result.summary, result.latency))
    return 0


def _compare(args: argparse.Namespace, resolved: Resolved) -> int:
    from dataclasses import asdict

    from rag.evaluation import compare

    a = compare.read_run(args.a)
    b = compare.read_run(args.b) if args.b else None
    if b is None and not args.gate:
        raise UsageError("give a second run to compare with, or --gate FILE to judge the one")
    comparison = compare.compare(a, b) if b else None
    judged = b or a
    checks = (
        compare.check_gate(compare.read_gate(args.gate), judged.summary, a.summary if b else None) if args.gate else []
    )
    passed = all(c.passed for c in checks)
    if args.json:
        value = {
            "comparison": asdict(comparison) if comparison else None,
            "gate": [asdict(c) for c in checks],
            "passed": passed,
        }
        print(json.dumps(value, ensure_ascii=False, indent=2))
    else:
        if comparison:
            print(compare.format_comparison(comparison))
        for c in checks:
            print(c)
    if not passed:
        failed = ", ".join(c.name for c in checks if not c.passed)
        raise GateFailed(f"gate {args.gate!r} not met: {failed}")
    return 0


def _check(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.errors import RagError
    from rag.evaluation import sets

    questions = sets.load(args.questions)
    with _index(args, resolved) as index:
        known = {d.source for d in index.documents()}

        def text_of(source: str) -> str | None:
            try:
                return index.document(source).text if source in known else None
            except RagError:
                return None

        problems = sets.check(questions.questions, text_of)
    for problem in problems:
        print(f"{args.questions}: {problem}")
    print(f"{len(questions)} questions, {len(problems)} remarks", file=sys.stderr)
    return 1 if problems else 0


def _new(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.evaluation import drafts, sets

    with _index(args, resolved) as index:
        documents = [index.document(d.source) for d in index.documents()]
    questions = drafts.draft(documents, limit=args.limit, seed=args.seed)
    if resolved.settings.llm != "extractive":
        from rag.models.llms import make_llm

        llm = make_llm(resolved.settings.llm, resolved.settings)
        made = drafts.draft_with_llm(documents, lambda prompt: llm.complete(prompt))
        questions = [replace(q, id=f"draft-{i:04d}") for i, q in enumerate([*questions, *made], 1)]
    count = sets.write(args.out, questions)
    print(f"{count} drafts in {args.out}; read them before use: accept, correct or delete each line")
    return 0


def _import(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.evaluation import imports, sets

    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    if args.file.lower().endswith(".csv"):
        questions = imports.from_csv(args.file)
    else:
        questions, rows = imports.from_squad(args.file)
        corpus = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
        (out / "corpus.jsonl").write_text(corpus, encoding="utf-8")
    print(f"{sets.write(out / 'questions.jsonl', questions)} questions in {out / 'questions.jsonl'}")
    return 0


def _beir(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.evaluation.beir import evaluate_beir, format_table

    result = evaluate_beir(args.folder, resolved.settings, out=args.out)
    print(format_table(result))
    return 0


def _progress() -> Any:
    if not sys.stderr.isatty():
        return None
    return lambda done, total, name: print(f"\r\x1b[K{done}/{total} {name}", end="", file=sys.stderr, flush=True)
