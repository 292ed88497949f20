"""One open index and what the page and the API do with it: answer, search, add and remove documents.

Knows the library's public door and nothing of HTTP or Gradio. Everything here may be called from any thread. How many
answers are worked on at once is bounded here, so the page and the API share one bound.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag import Index, Rag, Settings
from rag.errors import IndexMismatch, IndexMissing, RagError, UsageError
from rag.retrieve.retriever import THREADED_FROM
from rag.serve.chats import Chats
from rag.serve.metrics import Metrics
from rag.types import Answer, Document, DocumentInfo, Event, Hit, IngestReport

Progress = Callable[..., None]
CHOICES = ("k", "answer_language", "verification", "llm", "llm_base_url")
_KEPT_READERS = 8
_SMALL_INDEX = 20_000
_PATIENCE = 0.2  # seconds that an answer waits for the one before it, which takes a tenth of that


class Busy(RagError):
    """Too much work at once; try again after ``retry_after`` seconds."""

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotReady(RagError):
    """The index is still being opened."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person may set for their own questions; None means the settings of the process."""

    k: int | None = None
    answer_language: str | None = None
    verification: str | None = None
    llm: str | None = None
    llm_base_url: str | None = None
    llm_api_key: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Choice:
        """The known names of ``values``; others are ignored."""
        return cls(**{name: values[name] for name in CHOICES if values.get(name) not in (None, "")})


class Gate:
    """Lets ``workers`` in at once, keeps ``limit - workers`` waiting and turns the rest away with Busy."""

    def __init__(self, workers: int, limit: int) -> None:
        self.limit = max(1, limit)
        self._slots = threading.BoundedSemaphore(max(1, min(workers, self.limit)))
        self._lock = threading.Lock()
        self._inside = 0

    @contextmanager
    def enter(self, timeout: float) -> Iterator[None]:
        """Wait at most ``timeout`` seconds for a place. Raises Busy when there is none."""
        with self._lock:
            if self._inside >= self.limit:
                raise Busy(f"{self.limit} answers are being worked on already; try again in a moment")
            self._inside += 1
        try:
            if not self._slots.acquire(timeout=timeout):
                raise Busy(f"no answer could be started within {timeout:g} s; try again in a moment", 5)
            try:
                yield
            finally:
                self._slots.release()
        finally:
            with self._lock:
                self._inside -= 1


class Service:
    """The open index with its readers, conversations and counters.

    ``open`` must have finished before anything else is asked; ``ready`` says whether it has.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.index: Index | None = None
        self.error: Exception | None = None
        self.opened = threading.Event()
        path = Path(settings.index)
        self.chats = Chats(path.with_name(path.name + ".chats.sqlite3"))
        self.uploads = path.with_name(f".{path.name}.uploads")
        # An extractive answer is pure computation: more at once than there are cores only makes all of them slower.
        self._computing = Gate(os.cpu_count() or 1, settings.max_concurrency)
        self._turn = threading.Lock()
        self._waiting_for_models = Gate(settings.max_concurrency, settings.max_concurrency)
        self._passages = 0
        self._readers: OrderedDict[tuple[Any, ...], Rag] = OrderedDict()
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    # opening

    def open(self) -> None:
        """Open the index, building it from the sample corpus when there is none, and warm it up.

        Never raises: a failure is kept in ``error`` for whoever waits.
        """
        try:
            self.index = self._open_index()
            self._count()
            self._warm_up(self.index)
        except Exception as exc:
            self.error = exc
        finally:
            self.opened.set()

    @property
    def ready(self) -> bool:
        return self.opened.is_set() and self.index is not None

    def wait(self, timeout: float | None = None) -> Index:
        """The index once it is open. Raises what opening raised, or NotReady after ``timeout`` seconds."""
        if not self.opened.wait(timeout):
            raise NotReady("the index is still being opened; try again in a moment")
        if self.error is not None:
            raise self.error
        assert self.index is not None
        return self.index

    def close(self) -> None:
        """Release the index; questions after this fail."""
        if self.index is not None:
            self.index.close()
            self.index = None
        shutil.rmtree(self.uploads, ignore_errors=True)

    def _open_index(self) -> Index:
        try:
            return Index.open(self.settings.index, self.settings)
        except IndexMissing:
            return self._build_index()
        except IndexMismatch as exc:
            if self.settings.embedder != "bundled":
                raise
            return self._renew_index(exc)

    def _renew_index(self, mismatch: IndexMismatch) -> Index:
        """After an upgrade with another bundled model: embed a small index again at once; a large one is left to a
        person, since it takes long (the error names the command)."""
        index = Index.open(self.settings.index, self.settings, check=False)
        try:
            if sum(d.passages for d in index.documents()) > _SMALL_INDEX:
                raise mismatch
            _say(f"{self.settings.index} was made by another version of the bundled model: embedding its texts again")
            index.rebuild()
        except BaseException:
            index.close()
            raise
        index.close()
        return Index.open(self.settings.index, self.settings)

    def _build_index(self) -> Index:
        """Build beside the final place and rename, so that a build cut short leaves nothing that looks like an index."""
        final = Path(self.settings.index)
        seeds = Path(self.settings.seeds)
        draft = final.with_name(f".{final.name}.building-{os.getpid()}")
        shutil.rmtree(draft, ignore_errors=True)
        final.parent.mkdir(parents=True, exist_ok=True)
        try:
            with Index.create(draft, self.settings) as index:
                if seeds.is_dir():
                    _say(f"no index at {final}: building it from {seeds}")
                    report = index.add([seeds])
                    for skipped in report.skipped:
                        _say(f"skipped {skipped.path}: {skipped.reason}")
                    _say(f"indexed {len(report.added)} documents, {report.passages} passages in {report.seconds:.1f} s")
                else:
                    _say(f"no index at {final} and no folder {seeds}: starting with an empty one")
            if final.is_dir():
                final.rmdir()
            draft.rename(final)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return Index.open(final, self.settings)

    def _warm_up(self, index: Index) -> None:
        """Load what the first question would otherwise wait for."""
        documents = index.documents()
        if documents:
            self._reader(index, Choice(llm="extractive")).ask(documents[0].title or "?", k=1)

    # asking

    def reader(self, choice: Choice) -> Rag:
        """The `Rag` for a choice; the ones used last are kept. Raises what `Rag` raises for an unusable model."""
        return self._reader(self.wait(0), choice)

    def _reader(self, index: Index, choice: Choice) -> Rag:
        key = (
            choice.answer_language,
            choice.verification,
            choice.llm or self.settings.llm,
            choice.llm_base_url,
            choice.llm_api_key,
        )
        with self._lock:
            if key in self._readers:
                self._readers.move_to_end(key)
                return self._readers[key]
        settings = self.settings.with_(
            answer_language=choice.answer_language,
            verification=choice.verification,
            llm=choice.llm,
            llm_base_url=choice.llm_base_url,
            llm_api_key=choice.llm_api_key,
        )
        reader = Rag(index, settings=settings)
        with self._lock:
            self._readers[key] = reader
            while len(self._readers) > _KEPT_READERS:
                self._readers.popitem(last=False)
        return reader

    def stream(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        choice: Choice | None = None,
        k: int | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        """The events of one answer, the `Answer` last. Stops without one when ``stop`` is set or the caller closes it.

        Raises Busy when too many are asking, NotReady while opening, and what an unusable model raises.
        """
        choice = choice or Choice()
        reader = self.reader(choice)
        bound = self._compute() if reader.llm is None else self._waiting_for_models.enter(self.settings.request_timeout)
        started = time.perf_counter()
        finished = False
        with bound:
            self.metrics.working.inc()
            events = reader.stream(question, history, k or choice.k)
            try:
                for event in events:
                    if stop is not None and stop.is_set():
                        return
                    if isinstance(event, Answer):
                        finished = True
                        self.metrics.answers.labels(event.status).inc()
                        self.metrics.answer_seconds.observe(time.perf_counter() - started)
                    yield event
            finally:
                with suppress(Exception):
                    events.close()  # type: ignore[attr-defined]
                if not finished:
                    self.metrics.cancelled.inc()
                self.metrics.working.dec()

    def ask(self, question: str, history: Sequence[tuple[str, str]] = (), choice: Choice | None = None) -> Answer:
        """One whole answer; raises as ``stream`` does."""
        answer: Answer | None = None
        for event in self.stream(question, history, choice):
            if isinstance(event, Answer):
                answer = event
        assert answer is not None
        return answer

    def search(self, question: str, k: int | None = None, **filters: Any) -> list[Hit]:
        """Passages for a question, best first. ``filters``: sources, date_from, date_to, metadata."""
        if not question.strip():
            raise UsageError("the query is empty: type one")
        if len(question) > self.settings.max_question_chars:
            raise UsageError(
                f"the query has {len(question)} characters; at most {self.settings.max_question_chars} are allowed"
            )
        with self._compute():
            return self.reader(Choice()).retriever.search(question, k or self.settings.k, **filters)

    @contextmanager
    def _compute(self) -> Iterator[None]:
        """A place among those that compute, over a small index one after the other. Raises Busy when there is none.

        Hardly anything of an answer over a small index leaves the interpreter, so that two at once only take turns and
        both end late. One that takes unusually long does not hold up the rest.
        """
        with self._computing.enter(self.settings.request_timeout):
            alone = self._passages < THREADED_FROM and self._turn.acquire(timeout=_PATIENCE)
            try:
                yield
            finally:
                if alone:
                    self._turn.release()

    # documents

    def documents(self) -> list[DocumentInfo]:
        """Every document, by source."""
        return sorted(self.wait(0).documents(), key=lambda d: d.source)

    def document(self, source: str) -> Document:
        """One document with its text. Raises UsageError when there is none such."""
        return self.wait(0).document(source)

    def add(
        self, inputs: Iterable[str | os.PathLike[str] | Document], progress: Progress | None = None
    ) -> IngestReport:
        """Add or update documents; one writer at a time."""
        index = self.wait(0)
        with self._writing:
            report = index.add(list(inputs), progress=progress)
        self._count()
        return report

    def remove(self, sources: Sequence[str]) -> IngestReport:
        """Remove documents by source; they are gone from every answer that starts after this returns."""
        index = self.wait(0)
        with self._writing:
            report = index.remove(list(sources))
        self._count()
        return report

    def reindex(self, source: str) -> IngestReport:
        """Chunk and embed one document's stored text again. Raises UsageError when there is none such."""
        index = self.wait(0)
        document = index.document(source)
        with self._writing:
            index.remove([source])
            report = index.add([document])
        self._count()
        return report

    def _count(self) -> None:
        if self.index is not None:
            documents = self.index.documents()
            self._passages = sum(d.passages for d in documents)
            self.metrics.documents.set(len(documents))
            self.metrics.passages.set(self._passages)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
