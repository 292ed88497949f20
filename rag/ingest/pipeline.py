"""The ingest flow: inputs → documents → passages → vectors → commits. The only place that knows this order.

Knows nothing of file formats, of how an embedder works or of how the store writes. Work is committed every few hundred
documents or seconds, so a kill loses little, and running it again goes on where it stopped: what is stored unchanged is
recognised by its hash before it is chunked or embedded.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from rag.ingest.changes import Change, Fingerprint, Put, Remove, digest
from rag.ingest.embed import Embeds, Old, Portion, embed_all
from rag.settings import Settings
from rag.types import Document, IngestReport, Passage, Skipped

if TYPE_CHECKING:
    from rag.ingest.beside import Beside
    from rag.store import Store, Writer

Input = str | PathLike[str] | Document
_SECONDS = 5.0
_PASSAGES = 4000
# Passages that go to an embedder together (the second process works on as many while this one commits), and how many
# must have been before its start is worth it.
_PORTION = 800
_LONG = 800
# Portions that may wait for the second process before this one embeds too.
_AHEAD = 3


# Called with the documents done, how many there are in all where that is known, and the name of the latest.
Report = Callable[[int, int | None, str], None]


def fingerprint(embedder: Embeds) -> Fingerprint:
    """What an index made now by this program with this embedder depends on."""
    from rag.ingest.chunk import CHUNKER_VERSION, NORMALISER_VERSION

    return Fingerprint(embedder.fingerprint, str(CHUNKER_VERSION), str(NORMALISER_VERSION), int(embedder.dimension))


def ingest(
    store: Store,
    embedder: Embeds,
    inputs: Iterable[Input],
    settings: Settings,
    progress: Report | None = None,
    prune: bool = False,
) -> IngestReport:
    """Bring the index up to date with `inputs`: files, folders, globs or ready documents.

    With `prune`, documents that came from a folder given again and are no longer in it are removed. Raises
    EmbedderError naming the document when vectors cannot be used, and the index errors; what was committed before stays.
    """
    from rag.ingest.load import read_inputs

    wanted = list(inputs)
    with store.writer(settings.lock_timeout) as writer:
        run = _Run(store, writer, embedder, settings, progress, wanted)
        try:
            for item in read_inputs(wanted, settings):
                run.take(item)
            return run.finish(prune)
        finally:
            run.close()


def remove(store: Store, sources: Iterable[str], settings: Settings) -> IngestReport:
    """Take documents out of the index. Names that are not there are reported as skipped."""
    began = time.monotonic()
    wanted = list(dict.fromkeys(sources))
    with store.writer(settings.lock_timeout) as writer:
        with store.snapshot() as snapshot:
            known = snapshot.known()
        there = [s for s in wanted if s in known]
        writer.commit([Remove(s) for s in there])
    missing = tuple(Skipped(s, "no such document in the index") for s in wanted if s not in known)
    return IngestReport(removed=tuple(there), skipped=missing, seconds=time.monotonic() - began)


def rebuild(store: Store, embedder: Embeds, settings: Settings, progress: Report | None = None) -> IngestReport:
    """Chunk and embed every stored text again for the present embedder and chunker.

    The old edition is read until the new one is whole; after a kill, running it again goes on where it stopped.
    """
    from rag.ingest.chunk import chunk_document

    began = time.monotonic()
    target = fingerprint(embedder)
    done: list[str] = []
    passages = 0
    with store.writer(settings.lock_timeout) as writer:
        edition, todo = writer.begin_edition(target)
        for group in _grouped(todo, max(1, min(settings.commit_documents, 200))):
            documents = [writer.stored(number) for number in group]
            chunked = [(d, tuple(chunk_document(d, settings.chunk_tokens))) for d in documents]
            puts = embed_all(embedder, chunked)
            writer.commit_edition(edition, list(zip(group, puts, strict=True)), target.dimension)
            done += [d.source for d in documents]
            passages += sum(len(p) for _, p in chunked)
            if progress:
                progress(len(done), len(todo), done[-1])
        writer.finish_edition(edition)
    return IngestReport(updated=tuple(done), passages=passages, seconds=time.monotonic() - began)


def _grouped(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for i in range(0, len(items), size):
        yield items[i : i + size]


@dataclass(slots=True)
class _Waiting:
    """A document that is chunked and waits for its batch."""

    document: Document
    passages: tuple[Passage, ...]
    content_hash: str
    text_hash: str
    origin: str


@dataclass(slots=True)
class _Sent:
    """Documents on their way to vectors, which are there once `puts` is."""

    batch: list[_Waiting]
    portion: Portion
    puts: list[Put] | None = None


@dataclass(slots=True)
class _Run:
    """One ingest under way."""

    store: Store
    writer: Writer
    embedder: Embeds
    settings: Settings
    progress: Report | None
    inputs: Sequence[Input]
    began: float = field(default_factory=time.monotonic)
    committed: float = field(default_factory=time.monotonic)
    known: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    by_text: dict[str, str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    origins: dict[str, str] = field(default_factory=dict)
    total: int | None = None
    seen: set[str] = field(default_factory=set)
    later: list[Document] = field(default_factory=list)
    waiting: list[_Waiting] = field(default_factory=list)
    removals: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    passages: int = 0
    held: int = 0
    sent: list[_Sent] = field(default_factory=list)
    embedded: int = 0
    beside: Beside | None = None
    given: _Sent | None = None
    ticks: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        with self.store.snapshot() as snapshot:
            self.known = snapshot.known()
        for source, (_, text, _) in self.known.items():
            if text:
                self.by_text.setdefault(text, source)
        from rag.ingest.load import RECORD_FORMATS, Found, find_inputs

        self.own = {i.source for i in self.inputs if isinstance(i, Document)}
        folders = [Path(fspath(i)).expanduser() for i in self.inputs if not isinstance(i, Document)]
        self.roots = {str(p.resolve()) for p in folders if p.is_dir()}
        if self.roots or self.progress:
            found = [i for i in find_inputs(self.inputs) if not isinstance(i, Skipped)]
            files = [i for i in found if isinstance(i, Found)]
            origins = {i.source: str(i.root.resolve()) for i in files}
            self.origins = {source: root for source, root in origins.items() if root in self.roots}
            # A file of records holds any number of documents.
            self.total = None if any(i.path.suffix.lower() in RECORD_FORMATS for i in files) else len(found)

    # ---- one input ------------------------------------------------------------------------------------------------

    def take(self, item: Document | Skipped, last: bool = False) -> None:
        """Queue a document that is new or changed, and commit when enough wait. `last`: every input has been seen."""
        if isinstance(item, Skipped):
            self.skipped.append(item)
            if item.reason.startswith("same text as") and item.path in self.known:
                self._drop(item.path)
            return
        origin = "" if item.source in self.own else self.origins.get(item.source.split("#", 1)[0], "")
        document = self._told_apart(item, origin)
        source = document.source
        self.seen.add(source)
        content = content_hash(document, self.settings.chunk_tokens)
        held = self.known.get(source)
        if held is not None and held[0] == content:
            self.unchanged.append(source)
            return
        text = "" if source in self.own or "#" in source else digest(document.text)
        twin = self.by_text.get(text) if text else None
        if twin is not None and twin != source and self.known.get(twin, ("", "", ""))[1] == text:
            if twin not in self.seen and not last:
                # The other one may be gone or changed by the end of this run: a file that was renamed.
                self.later.append(item)
                return
            self.skipped.append(Skipped(source, f"same text as {twin!r}"))
            if held is not None:
                # What it said before is no longer there.
                self._drop(source)
            return
        try:
            # Lone surrogates cannot be stored, shown or cited.
            document.text.encode("utf-8")
            source.encode("utf-8")
        except UnicodeEncodeError:
            self.skipped.append(
                Skipped(source.encode("utf-8", "replace").decode(), "text holds broken characters (lone surrogates)")
            )
            return
        from rag.ingest.chunk import chunk_document

        passages = tuple(chunk_document(document, self.settings.chunk_tokens))
        if not passages:
            self.skipped.append(Skipped(source, "no text to index"))
            if held is not None:
                self._drop(source)
            return
        self.waiting.append(_Waiting(document, passages, content, text, origin))
        self.known[source] = (content, text, origin)
        if text:
            self.by_text[text] = source
        (self.added if held is None else self.updated).append(source)
        self.held += len(passages)
        if self.held >= _PORTION:
            self._send()
        if self._due():
            self.flush(everything=self.beside is None or bool(self.removals))

    def _drop(self, source: str) -> None:
        self.removals.append(source)
        self.removed.append(source)
        self.known.pop(source, None)

    def _told_apart(self, document: Document, origin: str) -> Document:
        """The document under a name that no document of another folder has."""
        held = self.known.get(document.source)
        if held is None or not origin or not held[2] or held[2] == origin or Path(held[2]).name == Path(origin).name:
            return document
        return replace(document, source=f"{Path(origin).name}/{document.source}")

    # ---- a batch --------------------------------------------------------------------------------------------------

    def _due(self) -> bool:
        """Whether it is time to commit: all that waits, or with a second process what has its vectors."""
        waiting = [w for s in self.sent for w in s.batch]
        if self.beside is None or self.removals:
            waiting += self.waiting
        else:
            waiting = [w for s in self._ready() for w in s.batch]
        passages = sum(len(w.passages) for w in waiting)
        late = time.monotonic() - self.committed > _SECONDS
        return bool(waiting) and (len(waiting) >= self.settings.commit_documents or passages >= _PASSAGES or late)

    def _send(self) -> None:
        """Send what waits on its way to vectors; a second process begins with it when it has nothing to do."""
        batch, self.waiting, self.held = self.waiting, [], 0
        if not batch:
            return
        changed = set(self.updated)
        olds: dict[str, Old] = {}
        if changed:
            with self.store.snapshot() as snapshot:
                for w in batch:
                    if w.document.source in changed:
                        olds[w.document.source] = Old.of(snapshot, w.document.source)
        portion = Portion(self.embedder, [(w.document, w.passages) for w in batch], olds)
        self.sent.append(_Sent(batch, portion))
        self.embedded += len(portion.texts.passages)
        recipe = getattr(self.embedder, "recipe", None)
        if self.beside is None and recipe is not None:
            from rag.ingest.beside import Beside, idle_ticks

            self.ticks = self.ticks or idle_ticks()
            if self.embedded >= _LONG and Beside.useful(self.ticks):
                self.beside = Beside(recipe, self.embedder.fingerprint)
        self._give()
        if self.beside is not None:
            while sum(s.puts is None for s in self.sent) > _AHEAD:
                self._help()

    def _give(self, wait: bool = False) -> None:
        """Take from the second process what it has done, and give it more."""
        beside = self.beside
        if beside is None:
            return
        if self.given is not None and (wait or beside.ready()):
            answer = beside.result()
            if answer is not None:
                self.given.puts = self.given.portion.puts(answer)
            self.given = None
        if self.given is None:
            left = next((s for s in self.sent if s.puts is None), None)
            if left is not None and beside.offer(left.portion.texts):
                self.given = left

    def _help(self) -> bool:
        """Embed here the first that the second process does not have; False when there is none."""
        here = next((s for s in self.sent if s.puts is None and s is not self.given), None)
        if here is not None:
            here.puts = here.portion.puts(here.portion.made())
            self._give()
        return here is not None

    def _ready(self) -> list[_Sent]:
        return list(takewhile(lambda s: s.puts is not None, self.sent))

    def close(self) -> None:
        """End the second process, if there is one."""
        if self.beside is not None:
            self.beside.close()

    def flush(self, everything: bool = True) -> None:
        """Commit what has its vectors; `everything` embeds the rest before, raising EmbedderError naming the document."""
        if everything:
            self._send()
            while self._help() or self.given is not None:
                self._give(wait=not any(s.puts is None and s is not self.given for s in self.sent))
        done = self._ready()
        self.sent = self.sent[len(done) :]
        changes: list[Change] = [Remove(s) for s in self.removals]
        self.removals = []
        batch: list[_Waiting] = []
        for sent in done:
            batch += sent.batch
            for w, put in zip(sent.batch, sent.puts or (), strict=True):
                changes.append(replace(put, content_hash=w.content_hash, text_hash=w.text_hash, origin=w.origin))
        self.writer.commit(changes, finishing=False)
        self.passages += sum(len(w.passages) for w in batch)
        self.committed = time.monotonic()
        if self.progress and batch:
            done_documents = len(self.added) + len(self.updated) + len(self.unchanged)
            self.progress(done_documents, self.total, batch[-1].document.source)

    def finish(self, prune: bool) -> IngestReport:
        """Commit the rest and report."""
        if prune:
            failed = [s.path for s in self.skipped]
            for source, (_, _, origin) in list(self.known.items()):
                if origin in self.roots and source not in self.seen and not _mentioned(source, failed):
                    self._drop(source)
        for item in self.later:
            self.take(item, last=True)
        self.flush()
        self.writer.finish()
        return IngestReport(
            added=tuple(self.added),
            updated=tuple(self.updated),
            unchanged=tuple(self.unchanged),
            removed=tuple(self.removed),
            skipped=tuple(self.skipped),
            passages=self.passages,
            seconds=time.monotonic() - self.began,
        )


def _mentioned(source: str, paths: Iterable[str]) -> bool:
    """Whether a file that could not be read this time is the one a stored document came from."""
    name = source.split("#", 1)[0]
    return any(p == name or p.endswith("/" + name) for p in paths)


def content_hash(document: Document, chunk_tokens: int = 0) -> str:
    """Hash over everything that decides what is stored of a document, but its name."""
    headings = [[h.start, h.end, h.text, h.level] for h in document.headings]
    rest = [
        document.title,
        document.date,
        document.language,
        headings,
        list(document.pages),
        dict(document.metadata),
        chunk_tokens,
    ]
    return digest(document.text, json.dumps(rest, ensure_ascii=True, sort_keys=True, default=str))
