"""The ``rag eval`` commands. Each imports what it needs when it runs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import UsageError

if TYPE_CHECKING:
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

    p = sub.add_parser("beir", parents=[common], help="retrieval metrics on a BEIR-layout folder")
    p.add_argument("folder", metavar="DIR")
    p.add_argument("--out", metavar="DIR", help="folder for the results")
    p.set_defaults(run=_beir)


def _run(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.ask.pipeline import Rag
    from rag.evaluation import runs, sets
    from rag.index import Index

    settings = resolved.settings
    questions = sets.load(args.questions)
    if args.corpus and args.index:
        raise UsageError("give either --corpus DIR or --index DIR, not both")
    if args.corpus and not Path(args.corpus).exists():
        raise UsageError(f"--corpus {args.corpus!r}: no such folder; give the folder the questions are about")
    with tempfile.TemporaryDirectory(prefix="rag-eval-") as temporary:
        if args.corpus:
            index = Index.create(Path(temporary) / "index", settings)
            index.add([args.corpus])
        else:
            index = Index.open(settings.index, settings)
        with index:
            rag = Rag(index, llm=settings.llm, settings=settings)
            result = runs.run(questions, rag, out=args.out, workers=args.workers, progress=_progress())
    print(runs.format_summary(result.summary, result.latency))
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
