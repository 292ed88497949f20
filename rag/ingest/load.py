"""Finds the inputs, gives each its source name, and yields documents: cleaned, titled, dated, with their language.

Knows nothing of chunks or storage. A file that cannot be read is yielded as Skipped, by name and reason; the rest goes on.
"""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from importlib import import_module
from pathlib import Path

from rag.errors import DocumentError, RagError
from rag.ingest.clean import count_invisible, newlines
from rag.ingest.decode import decode
from rag.ingest.formats.blocks import Parsed, assemble
from rag.ingest.formats.records import BadRecord, Record
from rag.settings import Settings
from rag.text.language import detect_document
from rag.text.normalise import is_plain, nfc
from rag.types import Document, Heading, Skipped

Input = str | os.PathLike[str] | Document

TEXT_FORMATS = {".txt": "plain", ".text": "plain", ".md": "markdown", ".markdown": "markdown", ".mdown": "markdown"}
BINARY_FORMATS = {".html": "html", ".htm": "html", ".xhtml": "html", ".pdf": "pdf", ".docx": "docx"}
RECORD_FORMATS = frozenset([".jsonl", ".ndjson", ".csv", ".tsv"])
SUPPORTED = tuple(sorted({*TEXT_FORMATS, *BINARY_FORMATS, *RECORD_FORMATS}))
"""Extensions that can be read."""
_CONVERT = {".doc": "save it as .docx", ".odt": "save it as .docx", ".rtf": "save it as .docx", ".xls": "save it as .csv",
            ".xlsx": "save it as .csv", ".ppt": "save it as .pdf", ".pptx": "save it as .pdf", ".json": "write one object a line as .jsonl",
            ".xml": "save it as .html or .txt", ".epub": "save it as .html"}  # fmt: skip
_LITTER = frozenset(["thumbs.db", "desktop.ini", "__macosx", "__pycache__", "node_modules"])
_MAX_SOURCE_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: where it is, the source name it gets, and the folder it was found through."""

    path: Path
    source: str
    root: Path


def read_inputs(inputs: Iterable[Input] | Input, settings: Settings | None = None) -> Iterator[Document | Skipped]:
    """Documents of ``inputs``: files, folders (recursive), globs and ready Documents, in that order and sorted by path.

    A document's source is its path below the given folder, or the file's name; a record's is ``file.jsonl#id``; files
    of two roots that would share a source have their folder's name put before it. Hidden files and README* inside
    folders are left alone. Two files with the same text (after normalisation) are one document, the first.
    """
    settings = settings or Settings()
    if isinstance(inputs, (str, os.PathLike, Document)):
        inputs = [inputs]
    seen: dict[bytes, str] = {}
    for item in find_inputs(inputs):
        if isinstance(item, Skipped):
            yield item
        elif isinstance(item, Document):
            yield ready_document(item)
        else:
            yield from _unique(read_file(item.path, item.source, settings), seen)


def find_inputs(inputs: Iterable[Input]) -> list[Found | Document | Skipped]:
    """What :func:`read_inputs` will read, without opening any file: every source is known and unique beforehand."""
    items: list[Found | Document | Skipped] = []
    taken: set[str] = set()
    for entry in inputs:
        if isinstance(entry, Document):
            items.append(entry)
            continue
        for item in _expand(os.fspath(entry)):
            if isinstance(item, Found):
                real = os.path.realpath(item.path)
                if real in taken:
                    continue
                taken.add(real)
            items.append(item)
    return _told_apart(items)


def _expand(name: str) -> Iterator[Found | Skipped]:
    shown = nfc(name).replace("\0", "\\0")
    if not name.strip() or "\0" in name:
        yield Skipped(shown, "not a path: empty or with a NUL character")
        return
    path = Path(name).expanduser()
    try:
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield Found(path, nfc(path.name), path.parent)
        elif any(c in name for c in "*?["):
            yield from _matches(name)
        elif path.exists():
            yield Skipped(shown, "not a regular file or folder")
        else:
            yield Skipped(shown, "no such file or folder")
    except OSError as exc:
        yield Skipped(shown, f"cannot be opened: {exc.strerror or exc}")


def _walk(root: Path) -> Iterator[Found | Skipped]:
    inside = os.path.realpath(root)
    problems: list[OSError] = []
    for folder, names, files in os.walk(root, onerror=problems.append):
        names[:] = sorted(n for n in names if not _hidden(n))
        for name in sorted(files):
            if _hidden(name) or name.lower().startswith("readme"):
                continue
            path = Path(folder) / name
            relative = nfc(path.relative_to(root).as_posix())
            if path.is_symlink():
                real = os.path.realpath(path)
                if real != inside and not real.startswith(inside + os.sep):
                    yield Skipped(relative, "a symbolic link that leaves the folder")
                    continue
            if not path.is_file():
                yield Skipped(relative, "not a regular file, or a broken link")
                continue
            yield Found(path, relative, root)
        for name in list(names):
            if (Path(folder) / name).is_symlink():
                names.remove(name)
                yield Skipped(
                    nfc((Path(folder) / name).relative_to(root).as_posix()),
                    "a linked folder; name it on its own to read it",
                )
    for problem in problems:
        yield Skipped(str(problem.filename), f"cannot be opened: {problem.strerror}")


def _matches(pattern: str) -> Iterator[Found | Skipped]:
    fixed = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    root = Path(fixed if fixed.endswith(os.sep) else os.path.dirname(fixed) or ".")
    found = sorted(glob.glob(os.path.expanduser(pattern), recursive=True))
    files = [Path(f) for f in found if os.path.isfile(f) and not os.path.basename(f).lower().startswith("readme")]
    if not found:
        yield Skipped(nfc(pattern), "no file matches")
    for path in files:
        try:
            relative = path.relative_to(root.expanduser()).as_posix()
        except ValueError:
            relative = path.name
        yield Found(path, nfc(relative), root)


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in _LITTER


def _told_apart(items: list[Found | Document | Skipped]) -> list[Found | Document | Skipped]:
    """Put folder names before sources that two roots share, one more at a time until all differ."""
    for depth in range(1, 12):
        counts = Counter(i.source for i in items if not isinstance(i, Skipped))
        shared = {s for s, n in counts.items() if n > 1}
        if not any(isinstance(i, Found) and i.source in shared for i in items):
            break
        changed: list[Found | Document | Skipped] = []
        for item in items:
            if isinstance(item, Found) and item.source in shared:
                parts = Path(os.path.abspath(item.root)).parts[1:]
                if depth <= len(parts):
                    item = replace(item, source=f"{nfc(parts[-depth])}/{item.source}")
            changed.append(item)
        items = changed
    return items


def read_file(
    path: str | os.PathLike[str], source: str | None = None, settings: Settings | None = None
) -> Iterator[Document | Skipped]:
    """The documents of one file, or Skipped with the reason. Never raises for a bad file."""
    path = Path(path)
    settings = settings or Settings()
    source = nfc(path.name) if source is None else source
    suffix = path.suffix.lower()
    try:
        if suffix not in TEXT_FORMATS and suffix not in BINARY_FORMATS and suffix not in RECORD_FORMATS:
            fix = _CONVERT.get(suffix, "")
            raise DocumentError(
                f"{suffix or 'no extension'} is not a supported format{'; ' + fix if fix else ''} (supported: {' '.join(SUPPORTED)})"
            )
        size = path.stat().st_size
        if size > settings.max_file_mb * 1_000_000:
            raise DocumentError(
                f"{size / 1e6:.1f} MB is over the limit of {settings.max_file_mb:g} MB; raise max_file_mb or split the file"
            )
        yield from _parsed(path, source, suffix)
    except DocumentError as exc:
        yield Skipped(source, str(exc))
    except OSError as exc:
        yield Skipped(source, f"cannot be read: {exc.strerror or exc}")
    except RagError as exc:
        yield Skipped(source, str(exc))
    except (RecursionError, MemoryError, ValueError) as exc:
        yield Skipped(source, f"damaged {suffix} file: {type(exc).__name__}: {exc}"[:300])


def _parsed(path: Path, source: str, suffix: str) -> Iterator[Document | Skipped]:
    stem = nfc(path.stem)
    if suffix in BINARY_FORMATS:
        parser = import_module(f"rag.ingest.formats.{BINARY_FORMATS[suffix]}")
        parsed: Parsed = parser.parse(path)
        yield _document(source, parsed, stem)
        return
    text, encoding = decode(path.read_bytes())
    if suffix in RECORD_FORMATS:
        yield from _records(text, source, suffix, stem)
        return
    parse: Callable[..., Parsed] = import_module(f"rag.ingest.formats.{TEXT_FORMATS[suffix]}").parse
    parsed = parse(text, stem=stem)
    hidden = count_invisible(text)
    notes: dict[str, object] = {}
    if encoding not in ("utf-8", "utf-16", "utf-32", "ascii"):
        notes["encoding"] = encoding
    if hidden:
        notes["invisible_removed"] = hidden
    yield _document(source, replace(parsed, metadata={**parsed.metadata, **notes}) if notes else parsed, stem)


def _document(source: str, parsed: Parsed, stem: str) -> Document:
    laid = assemble(parsed.blocks, parsed.cleaned)
    if not laid.text:
        raise DocumentError("no text in it")
    title = parsed.title or stem
    return Document(
        source=source,
        text=laid.text,
        title=title,
        date=parsed.date,
        language=parsed.language or detect_document(laid.text),
        metadata=parsed.metadata,
        headings=laid.headings,
        pages=laid.pages,
    )


def _records(text: str, source: str, suffix: str, stem: str) -> Iterator[Document | Skipped]:
    from rag.ingest.formats.records import json_lines, rows

    records = json_lines(text) if suffix in (".jsonl", ".ndjson") else rows(text)
    if isinstance(records, Parsed):
        yield _document(source, records, stem)
        return
    used: set[str] = set()
    count = 0
    for record in records:
        count += 1
        if isinstance(record, BadRecord):
            yield Skipped(f"{source}#{record.id}", record.reason)
        elif record.id in used:
            yield Skipped(f"{source}#{record.id}", "this id occurs earlier in the file; ids must differ")
        else:
            used.add(record.id)
            yield _record_document(f"{source}#{nfc(record.id)}", record)
    if not count:
        raise DocumentError("nothing but white space")


def _record_document(source: str, record: Record) -> Document:
    matter = record.matter
    metadata: dict[str, object] = matter.metadata
    if not is_plain(record.text):
        hidden = count_invisible(record.text)
        if hidden:  # the text is taken as it is, so they are only flagged
            metadata = {**metadata, "invisible_characters": hidden}
    return Document(
        source=source,
        text=record.text,
        title=matter.title,
        date=matter.date,
        language=matter.language or detect_document(record.text),
        metadata=metadata,
    )


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def ready_document(document: Document) -> Document | Skipped:
    """A Document handed in by a program, with NFC text and a language; Skipped when it cannot be stored.

    Headings and pages refer to the text as given; they are mapped when normalisation changes it.
    """
    source = document.source
    if not source or not source.strip():
        return Skipped(source, "a document needs a source name")
    if _CONTROL.search(source) or len(source.encode("utf-8", "surrogatepass")) > _MAX_SOURCE_BYTES:
        return Skipped(
            source[:80].replace("\0", "\\0"), f"source name with control characters or over {_MAX_SOURCE_BYTES} bytes"
        )
    if ".." in re.split(r"[\\/]", source):
        return Skipped(source, "source name with '..'; name it relative to its folder")
    if _SURROGATE.search(document.text):
        return Skipped(source, "text with lone surrogates; decode it as UTF-8 first")
    text = newlines(document.text)
    if not text.strip():
        return Skipped(source, "nothing but white space")
    changes: dict[str, object] = {}
    if text != document.text:
        changes["text"] = text

        def moved(offset: int) -> int:
            return len(newlines(document.text[:offset]))

        changes["headings"] = tuple(
            Heading(moved(h.start), moved(h.end), text[moved(h.start) : moved(h.end)], h.level)
            for h in document.headings
        )
        changes["pages"] = tuple(moved(p) for p in document.pages)
    if nfc(source) != source:
        changes["source"] = nfc(source)
    if nfc(document.title) != document.title:
        changes["title"] = nfc(document.title)
    if not document.language:
        changes["language"] = detect_document(text)
    return replace(document, **changes) if changes else document  # type: ignore[arg-type]


def _unique(documents: Iterable[Document | Skipped], seen: dict[bytes, str]) -> Iterator[Document | Skipped]:
    for document in documents:
        if isinstance(document, Document) and "#" not in document.source:
            key = blake2b(document.text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            first = seen.setdefault(key, document.source)
            if first != document.source:
                yield Skipped(document.source, f"same text as {first}")
                continue
        yield document
