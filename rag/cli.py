"""The ``rag`` command: results on stdout, progress and logs on stderr.

Exit codes: 0 done, 1 the program failed, 2 usage, 100 an evaluation gate failed. Knows only the public door of the
package; each command imports what it needs, so that ``rag ask`` pays for nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from rag.errors import IndexMissing, RagError, UsageError, redact
from rag.settings import Resolved, resolve

if TYPE_CHECKING:
    from rag.ask.pipeline import Rag
    from rag.index import Index


class _Parser(argparse.ArgumentParser):
    """Usage errors end with exit code 2 and one line, not with the whole help text."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see '{self.prog} --help'\n")


def _common() -> _Parser:
    common = _Parser(add_help=False)
    common.add_argument("--index", metavar="DIR", help="index folder (default index/default, or RAG_INDEX)")
    common.add_argument("--llm", metavar="NAME", help="extractive, openai:MODEL, ollama:MODEL, hf:/path, gguf:/path …")
    common.add_argument("--embedder", metavar="NAME", help="bundled, or a sentence-transformers name or path")
    return common


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    from rag import __version__

    common = _common()
    top = _Parser(prog="rag", description="Cited answers from your own documents.")
    top.add_argument("--version", action="version", version=f"hoidap {__version__}")
    sub = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    p = sub.add_parser("ingest", parents=[common], help="add files, folders or globs to the index")
    p.add_argument("paths", nargs="+", metavar="PATH", help="file, folder, glob, or - for a text on standard input")
    p.add_argument("--prune", action="store_true", help="remove documents that vanished from the given folders")
    p.add_argument("--json", action="store_true", help="print the report as JSON")
    p.set_defaults(run=_ingest)

    p = sub.add_parser("ask", parents=[common], help="ask a question, or a batch of them")
    p.add_argument("question", nargs="?", help="the question, or - to read it from standard input")
    p.add_argument("--batch", metavar="FILE", help="JSONL of {id, question, history}; - reads standard input")
    p.add_argument("-k", type=int, metavar="N", help="passages listed as retrieved (default 10)")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.set_defaults(run=_ask)

    p = sub.add_parser("search", parents=[common], help="show the passages found for a question")
    p.add_argument("question", help="the question, or - to read it from standard input")
    p.add_argument("-k", type=int, metavar="N", help="passages shown (default 10)")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.add_argument("--source", action="append", metavar="NAME", help="only this document (repeatable)")
    p.add_argument("--from", dest="date_from", metavar="DATE", help="only documents dated from YYYY[-MM[-DD]] on")
    p.add_argument("--to", dest="date_to", metavar="DATE", help="only documents dated up to YYYY[-MM[-DD]]")
    p.set_defaults(run=_search)

    p = sub.add_parser("chat", parents=[common], help="a conversation in the terminal")
    p.add_argument("-k", type=int, metavar="N", help="passages retrieved")
    p.set_defaults(run=_chat)

    p = sub.add_parser("serve", parents=[common], help="the chat page and the HTTP API")
    p.add_argument("--host", metavar="ADDR", help="address to bind (default 127.0.0.1)")
    p.add_argument("--port", type=int, metavar="N", help="port (default 7860)")
    p.set_defaults(run=_serve)

    p = sub.add_parser("index", parents=[common], help="look after the index")
    p.add_argument("action", choices=["info", "verify", "rebuild", "remove"], help="what to do")
    p.add_argument("sources", nargs="*", metavar="SOURCE", help="documents to remove, by source")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.set_defaults(run=_index)

    p = sub.add_parser("eval", help="run, compare and draft evaluations")
    from rag.evaluation.cli import add_commands

    add_commands(p, common, _Parser)

    p = sub.add_parser("doctor", parents=[common], help="what is installed, which tier is active, what is missing")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.set_defaults(run=_doctor)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises for what the tree of RagError covers."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    # The products of one question are small: sharing them out costs more than it saves, on a busy machine several times.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    resolved: Resolved | None = None
    try:
        args = parser().parse_args(argv)
        names = ("index", "llm", "embedder", "host", "port")
        resolved = resolve({name: getattr(args, name, None) for name in names})
        return int(args.run(args, resolved) or 0)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2 if stop.code else 0
    except RagError as exc:
        secrets = resolved.settings.secrets() if resolved else ()
        print(f"rag: {redact(str(exc), (*secrets, *_environment_secrets()))}", file=sys.stderr)
        return exc.exit_code
    except BrokenPipeError:
        # The reader of our output went away (``rag … | head``): nothing left to say, and no traceback at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except KeyboardInterrupt:
        print("rag: interrupted; what was committed is kept", file=sys.stderr)
        return 130


def _environment_secrets() -> tuple[str, ...]:
    return tuple(v for k, v in os.environ.items() if v and k.endswith(("_API_KEY", "_TOKEN", "_SECRET")))


# ---------------------------------------------------------------- ingest
def _ingest(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.types import Document
    from rag.wire import report_dict

    path = Path(resolved.settings.index)
    inputs: list[str | Document] = []
    missing: list[str] = []
    for item in args.paths:
        if item == "-":
            inputs.append(Document(source="stdin.txt", text=sys.stdin.read()))
        elif any(c in item for c in "*?[") or os.path.lexists(item):
            inputs.append(item)
        else:
            missing.append(item)
    for item in missing:
        print(f"rag: {item!r}: no such file or folder; give an existing file, folder or glob", file=sys.stderr)
    if not inputs:
        return 2
    with _open_or_create(path, resolved) as index:
        report = index.add(inputs, progress=_progress(), prune=args.prune)
        total = index.info()["documents"]
    for skipped in report.skipped:
        print(f"skipped {skipped.path}: {skipped.reason}", file=sys.stderr)
    if not any((report.added, report.updated, report.unchanged, report.removed, report.skipped)):
        names = ", ".join(repr(p) for p in args.paths)
        raise UsageError(
            f"no documents found in {names}; give files of type .txt .md .html .pdf .docx .jsonl .csv or a folder of them"
        )
    if args.json:
        _print_json(report_dict(report))
    else:
        counts = {name: len(getattr(report, name)) for name in ("added", "updated", "unchanged", "removed", "skipped")}
        print(", ".join(f"{n} {name}" for name, n in counts.items()) + f"; {total} documents in {path}")
    return 2 if missing else 0


def _open_or_create(path: Path, resolved: Resolved) -> Index:
    from rag.index import Index

    try:
        return Index.open(path, resolved.settings)
    except IndexMissing:
        return Index.create(path, resolved.settings)


def _progress() -> Any:
    """A one-line counter on stderr, only where a person looks at it."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int | None, name: str) -> None:
        of = f"/{total}" if total else ""
        print(f"\r\x1b[K{done}{of} {name[-60:]}", end="", file=sys.stderr, flush=True)

    return show


# ---------------------------------------------------------------- ask
def _rag(resolved: Resolved) -> Rag:
    from rag.ask.pipeline import Rag
    from rag.index import Index

    settings = resolved.settings
    return Rag(Index.open(settings.index, settings), llm=settings.llm, settings=settings)


def _ask(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.wire import answer_dict, answer_text

    if (args.question is None) == (args.batch is None):
        raise UsageError('give either a question or --batch FILE, for example: rag ask "Giám đốc Sở TT&TT là ai?"')
    if args.k is not None and args.k < 1:
        raise UsageError(f"-k {args.k}: must be at least 1")
    if args.batch is not None:
        return _batch(args, resolved)
    question = sys.stdin.read() if args.question == "-" else args.question
    if not question.strip():
        raise UsageError('the question is empty; write one, for example: rag ask "Giám đốc Sở TT&TT là ai?"')
    answer = _rag(resolved).ask(question, k=args.k)
    if args.json:
        _print_json(answer_dict(answer))
    else:
        print(answer_text(answer))
    return 1 if answer.status == "failed" else 0


def _batch(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.wire import answer_dict, failed_line

    if args.batch == "-":
        lines: IO[str] = sys.stdin
    else:
        try:
            lines = open(args.batch, encoding="utf-8-sig")
        except OSError as exc:
            raise UsageError(
                f"--batch {args.batch!r}: {exc.strerror}; give a JSONL file or - for standard input"
            ) from exc
    rag = _rag(resolved)
    for item, problem in _batch_items(lines):
        if problem:
            line = failed_line(item.get("id"), str(item.get("question") or ""), problem)
        else:
            answer = rag.ask(item["question"], history=item["history"], k=args.k)
            line = answer_dict(answer, item.get("id"))
        print(json.dumps(line, ensure_ascii=False), flush=True)
    return 0


def _batch_items(lines: IO[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each non-empty line as (item, problem); a malformed one still gets its answer line."""
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            item = json.loads(raw)
        except json.JSONDecodeError as exc:
            yield {}, f"line {number}: not valid JSON ({exc.msg}); write one object a line"
            continue
        if not isinstance(item, dict):
            yield {}, f"line {number}: expected an object with id and question, found {type(item).__name__}"
            continue
        question, history = item.get("question"), item.get("history") or []
        if not isinstance(question, str) or not question.strip():
            yield item, f'line {number}: the question is empty or no string; write "question": "…"'
            continue
        pairs = isinstance(history, list) and all(
            isinstance(h, list | tuple) and len(h) == 2 and all(isinstance(x, str) for x in h) for h in history
        )
        if not pairs:
            yield item, f"line {number}: history must be a list of [question, answer] pairs of strings"
            continue
        yield {**item, "history": [(q, a) for q, a in history]}, ""


def _search(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.index import Index
    from rag.retrieve import Retriever
    from rag.wire import hit_dict

    question = sys.stdin.read() if args.question == "-" else args.question
    if not question.strip():
        raise UsageError('the question is empty; write one, for example: rag search "tổ chuyển đổi số cộng đồng"')
    if args.k is not None and args.k < 1:
        raise UsageError(f"-k {args.k}: must be at least 1")
    with Index.open(resolved.settings.index, resolved.settings) as index:
        hits = Retriever(index).search(
            question, k=args.k, sources=args.source, date_from=args.date_from, date_to=args.date_to
        )
    if args.json:
        _print_json({"query": question, "hits": [hit_dict(h) for h in hits]})
        return 0
    for hit in hits:
        date = f" ({hit.date})" if hit.date else ""
        print(f"{hit.rank:3d}  {hit.score:8.4f}  {hit.title or hit.source}{date} — {hit.source}:{hit.start}-{hit.end}")
        print("     " + " ".join(hit.text.split()))
    return 0


def _chat(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.types import Answer, Token
    from rag.wire import answer_text

    rag = _rag(resolved)
    history: list[tuple[str, str]] = []
    print("Ask away; an empty line or Ctrl-D ends the conversation.", file=sys.stderr)
    while True:
        try:
            question = input("> ").strip()
        except EOFError:
            question = ""
        if not question:
            return 0
        streamed = ""
        for event in rag.stream(question, history=history, k=args.k):
            if isinstance(event, Token):
                streamed += event.text
                print(event.text, end="", flush=True)
            elif isinstance(event, Answer):
                full = answer_text(event)
                # What streamed is the answer's beginning as a rule; print only the rest, or all of it when revised.
                print(
                    full[len(streamed) :]
                    if streamed and full.startswith(streamed)
                    else ("\n" if streamed else "") + full
                )
                if event.status == "answered":
                    history.append((question, event.text))


def _serve(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.serve import serve

    serve(resolved.settings)
    return 0


# ---------------------------------------------------------------- index
def _index(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.index import Index
    from rag.wire import report_dict

    settings = resolved.settings
    if args.action == "remove" and not args.sources:
        raise UsageError("rag index remove needs the sources to remove; 'rag index info' lists them")
    if args.action == "rebuild":
        with Index.open(settings.index, settings, check=False) as index:
            report = index.rebuild(progress=_progress())
        if args.json:
            _print_json(report_dict(report))
        else:
            print(f"rebuilt {settings.index}: {report.passages} passages embedded again")
        return 0
    with Index.open(settings.index, settings) as index:
        if args.action == "info":
            info = index.info()
            if args.json:
                _print_json(info)
            else:
                for name, value in info.items():
                    print(f"{name:14s} {value}")
                for d in index.documents():
                    print(f"  {d.source}  {d.title}  {d.date or '-'}  {d.passages} passages")
            return 0
        if args.action == "verify":
            problems = index.verify()
            if args.json:
                _print_json({"problems": problems})
            else:
                print("\n".join(problems) if problems else "no problems found")
            return 1 if problems else 0
        known = {d.source for d in index.documents()}
        unknown = [s for s in args.sources if s not in known]
        if unknown:
            raise UsageError(
                f"no document {', '.join(map(repr, unknown))} in {settings.index}; 'rag index info' lists them"
            )
        report = index.remove(args.sources)
        _print_json(report_dict(report)) if args.json else print(f"{len(report.removed)} removed")
    return 0


def _doctor(args: argparse.Namespace, resolved: Resolved) -> int:
    from rag.doctor import examine, format_report

    report = examine(resolved)
    if args.json:
        _print_json(report)
    else:
        print(format_report(report))
    return 0


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
