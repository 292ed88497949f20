"""`Index`: the public door to a folder of documents made searchable. Knows nothing of questions or answers."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rag.settings import Settings, load
from rag.types import Document, DocumentInfo, IngestReport

if TYPE_CHECKING:
    from rag.ingest.pipeline import Input, Report
    from rag.models.embedders import Embedder
    from rag.store.store import Store


class Index:
    """An index folder together with the embedder that made it.

    Attributes: `path`, `settings`, `embedder`, `store`. May be shared between threads. Use `Index.open` or
    `Index.create`; as a context manager it closes itself.
    """

    def __init__(self, path: Path, settings: Settings, embedder: Embedder, store: Store) -> None:
        self.path = path
        self.settings = settings
        self.embedder = embedder
        self.store = store

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        settings: Settings | None = None,
        *,
        check: bool = True,
        read_only: bool = False,
    ) -> Self:
        """Open the index in `path`; `settings` default to those in force here.

        Raises IndexMissing, NotAnIndex, IndexDamaged, and IndexMismatch when the embedder, chunker or normaliser is not
        the one it was made with; `check=False` opens it all the same, for `rebuild`.
        """
        from rag.ingest.pipeline import fingerprint
        from rag.store.store import Store

        settings = settings or load()
        # What is wrong with the folder is told before a model is loaded.
        store = Store.open(path, read_only=read_only)
        try:
            embedder = _embedder(settings)
            if check:
                store.require(fingerprint(embedder))
        except BaseException:
            store.close()
            raise
        return cls(Path(path), settings, embedder, store)

    @classmethod
    def create(cls, path: str | os.PathLike[str], settings: Settings | None = None) -> Self:
        """Make an index in a new or empty folder, or open the one that is there.

        Raises NotAnIndex for a folder that holds something else, and what `open` raises.
        """
        from rag.ingest.pipeline import fingerprint
        from rag.store.store import Store

        settings = settings or load()
        Store.check_place(path)
        embedder = _embedder(settings)
        return cls(Path(path), settings, embedder, Store.create(path, fingerprint(embedder)))

    def add(self, inputs: Input | Iterable[Input], progress: Report | None = None, prune: bool = False) -> IngestReport:
        """Add or bring up to date files, folders, globs and `Document` values; a bad file is skipped and reported.

        `progress(done, total or None, name)` is called after each commit. With `prune`, documents that were
        read from a folder given here and are no longer in it are removed. Safe to interrupt: run it again to go on.
        """
        from rag.ingest.pipeline import ingest

        listed = [inputs] if isinstance(inputs, (str, os.PathLike, Document)) else inputs
        return ingest(self.store, self.embedder, listed, self.settings, progress, prune)

    def remove(self, sources: str | Iterable[str]) -> IngestReport:
        """Take documents out by source. Unknown names are reported as skipped."""
        from rag.ingest.pipeline import remove

        return remove(self.store, [sources] if isinstance(sources, str) else sources, self.settings)

    def rebuild(self, progress: Report | None = None) -> IngestReport:
        """Chunk and embed all stored texts again for the present settings; goes on where an interrupted run stopped.

        The old version is read until the new one is whole. Other programs that have it open must open it again then.
        """
        from rag.ingest.pipeline import rebuild

        return rebuild(self.store, self.embedder, self.settings, progress)

    def documents(self) -> list[DocumentInfo]:
        """All documents, by source."""
        with self.store.snapshot() as snapshot:
            return snapshot.documents()

    def document(self, source: str) -> Document:
        """The document of that source. Raises UsageError when there is none."""
        with self.store.snapshot() as snapshot:
            return snapshot.document(source)

    def verify(self) -> list[str]:
        """Read everything and say what is wrong, one line a problem; an empty list means whole."""
        return self.store.verify()

    def info(self) -> dict[str, Any]:
        """Plain data about the index: path, generation, documents, passages, embedder, bytes and more."""
        return {"path": str(self.path), "embedder": self.embedder.name, **self.store.info()}

    @property
    def content_hash(self) -> str:
        """Hash over what is indexed, whatever the order it was added in."""
        return self.store.content_hash()

    def close(self) -> None:
        """Let go of every file."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Index({str(self.path)!r}, embedder={self.embedder.name!r})"


def _embedder(settings: Settings) -> Embedder:
    from rag.models.embedders import make_embedder

    return make_embedder(settings)
