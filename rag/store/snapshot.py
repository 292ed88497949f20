"""One committed version of an index, for reading. Knows nothing of how versions are made.

A `Snapshot` is a `View`, the part held in memory, with a read transaction on the truth, so that texts and vectors always
belong to the same version. Ids of passages ascend; arrays "aligned with ids"
have one value for each.
"""

from __future__ import annotations

import functools
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged, UsageError
from rag.store import lexical, schema
from rag.store.files import Array, Damaged, distinct
from rag.store.filters import Filter
from rag.store.lexical import CHANNELS
from rag.store.matches import Matches
from rag.store.segment import Mask
from rag.store.view import View
from rag.types import Document, DocumentInfo, Passage

if TYPE_CHECKING:
    from rag.store.store import Store

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
P = ParamSpec("P")
R = TypeVar("R")


def repairing(method: Callable[Concatenate[Snapshot, P], R]) -> Callable[Concatenate[Snapshot, P], R]:
    """Where a derived file turns out to be damaged, make that segment again from the truth and go on."""

    @functools.wraps(method)
    def wrapped(self: Snapshot, /, *args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(len(self._view.segments) + 1):
            try:
                return method(self, *args, **kwargs)
            except Damaged as exc:
                self._store._repair(self, exc)
        raise IndexDamaged(f"{self._path.parent}: its derived files cannot be made again; ingest into a new folder")

    return wrapped


class Snapshot:
    """One committed version. Thread-safe; cheap to get from `Store.snapshot`, so get one per question.

    Methods raise IndexDamaged when the truth is damaged, and UsageError for ids that are not in this version.
    """

    def __init__(self, store: Store, view: View, link: sqlite3.Connection) -> None:
        self._store = store
        self._view = view
        self._link: sqlite3.Connection | None = link
        self._lock = threading.Lock()
        self._path: Path = store.file

    def close(self) -> None:
        """End the read transaction. Also happens when the snapshot is no longer referenced."""
        with self._lock:
            link, self._link = self._link, None
        if link is not None:
            self._store._give_back(link)

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_link", None) is not None:
            self.close()

    def __len__(self) -> int:
        return len(self._view.ids)

    @property
    def generation(self) -> int:
        """Number of commits so far."""
        return self._view.generation

    @property
    def ids(self) -> Ids:
        """(N,) ids of all passages, ascending."""
        return self._view.ids

    # ---- from the truth -------------------------------------------------------------------------------------------

    def _query(self, sql: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock, schema.sqlite_errors(self._path):
            if self._link is None:
                raise UsageError("this snapshot is closed; take another one with store.snapshot()")
            return self._link.execute(sql, arguments).fetchall()

    def _by_ids(self, select: str, column: str, ids: Iterable[int]) -> list[tuple[Any, ...]]:
        wanted = list(ids)
        rows: list[tuple[Any, ...]] = []
        for i in range(0, len(wanted), 500):
            part = wanted[i : i + 500]
            rows += self._query(f"{select} WHERE {column} IN ({','.join('?' * len(part))})", part)
        return rows

    def passages(self, ids: Iterable[int]) -> list[Passage]:
        """The passages of these ids, in this order."""
        wanted = [int(i) for i in ids]
        rows = {row[0]: row for row in self._by_ids(schema.PASSAGE_SELECT, "id", wanted)}
        if len(rows) < len(set(wanted)):
            missing = next(i for i in wanted if i not in rows)
            self._place(np.asarray([missing]))
            raise IndexDamaged(f"{self._path}: passage {missing} is gone from the stored truth; restore it from a copy")
        numbers = sorted({row[2] for row in rows.values()})
        held = self._view.documents.get(numbers)
        missed = [n for n in numbers if n not in held]
        found = {
            row[0]: schema.to_document(row, self._path) for row in self._by_ids(schema.DOCUMENT_SELECT, "id", missed)
        }
        if len(found) < len(missed):
            raise IndexDamaged(f"{self._path}: a document is gone from the stored truth; restore it from a copy")
        self._view.documents.keep(found)
        held.update(found)
        return [schema.to_passage(rows[i], held[rows[i][2]], self._path) for i in wanted]

    def document(self, source: str) -> Document:
        """The document of that source. Raises UsageError when there is none."""
        rows = self._query(f"{schema.DOCUMENT_SELECT} WHERE source = ?", (source,))
        if not rows:
            raise UsageError(f"no document {source!r} in {self._path.parent}; `rag index info` lists what is there")
        return schema.to_document(rows[0], self._path)

    def passages_of(self, source: str) -> list[Passage]:
        """The passages of a document in the order of the text; empty when there is no such document."""
        rows = self._query(
            "SELECT p.id FROM passages p JOIN documents d ON p.document = d.id WHERE d.source = ? AND p.edition = ? ORDER BY p.id",
            (source, self._view.state.edition),
        )
        return self.passages([r[0] for r in rows])

    def documents(self) -> list[DocumentInfo]:
        """What is stored of each document, by source."""
        rows = self._query(
            "SELECT d.source, d.title, d.date, d.language, count(p.id), d.characters, d.added, d.metadata "
            "FROM documents d LEFT JOIN passages p ON p.document = d.id AND p.edition = ? GROUP BY d.id ORDER BY d.source",
            (self._view.state.edition,),
        )
        return [DocumentInfo(*(*row[:7], json.loads(row[7]))) for row in rows]

    def known(self) -> dict[str, tuple[str, str, str]]:
        """(content hash, text hash, origin) of each document, by source: what tells whether it must be stored again."""
        rows = self._query("SELECT source, content_hash, text_hash, origin FROM documents")
        return {source: (content, text, origin) for source, content, text, origin in rows}

    def abbreviations(self) -> Mapping[str, str]:
        """Short forms that the texts themselves define, each with the meaning that most documents give it."""

        def make() -> dict[str, str]:
            counted = self._query(
                "SELECT short, long, count(*) FROM abbreviations GROUP BY short, long ORDER BY short, count(*), long DESC"
            )
            return {short: long for short, long, _ in counted}

        return self._view.once("abbreviations", make)

    # ---- gathered by id -------------------------------------------------------------------------------------------

    def _place(self, ids: Array) -> tuple[Array, Array]:
        """Number of the segment and row in it of each id. Raises UsageError for an id that is not in this version."""
        view = self._view
        ids = np.asarray(ids, dtype=np.int64)
        if len(view.ids):
            at = np.minimum(np.searchsorted(view.ids, ids), len(view.ids) - 1)
            good = view.ids[at] == ids
        else:
            good = np.zeros(len(ids), dtype=bool)
        if not good.all():
            raise UsageError(
                f"passage id {int(ids[~good][0])} is not in generation {view.generation} of {self._path.parent}"
            )
        owner = np.searchsorted(view.firsts, ids, side="right") - 1
        rows = np.empty(len(ids), dtype=np.int64)
        for number in distinct(owner).tolist():
            here = owner == number
            rows[here] = view.segments[number].rows_of(ids[here])
        return owner, rows

    @repairing
    def vectors(self, ids: Array) -> Floats:
        """(n, d) unit passage vectors in the order of `ids`."""
        owner, rows = self._place(ids)
        if len(owner) and (owner == owner[0]).all():
            return self._view.segments[int(owner[0])].passages.gather(rows)
        out = np.empty((len(rows), self._store.dimension), dtype=np.float32)
        for number in distinct(owner).tolist():
            here = owner == number
            out[here] = self._view.segments[number].passages.gather(rows[here])
        return out

    @repairing
    def sentence_vectors(self, ids: Array) -> tuple[Floats, Ids]:
        """(m, d) unit vectors of the sentences of `ids` in order, and (n + 1,) where each passage's begin."""
        owner, rows = self._place(ids)
        first, last = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
        numbers = distinct(owner).tolist()
        for number in numbers:
            here = owner == number
            at = self._view.segments[number].columns.whole("sentence.at")
            first[here], last[here] = at[rows[here]], at[rows[here] + 1]
        starts = np.concatenate([[0], np.cumsum(last - first)]).astype(np.int64)
        if len(numbers) == 1:
            return self._view.segments[numbers[0]].sentences.gather(lexical.spread(first, last)), starts
        flat = np.empty((int(starts[-1]), self._store.dimension), dtype=np.float32)
        for number in numbers:
            here = owner == number
            target = lexical.spread(starts[:-1][here], starts[1:][here])
            flat[target] = self._view.segments[number].sentences.gather(lexical.spread(first[here], last[here]))
        return flat, starts

    def pieces(self, ids: Array) -> tuple[NDArray[np.uint32], Ids, Ids]:
        """Token ids of the sentences of `ids`: flat, (sentences + 1,) starts into flat, (n + 1,) first sentence of each."""
        return self._pieces(ids, context=False)

    def all_pieces(self, ids: Array) -> tuple[NDArray[np.uint32], Ids, Ids]:
        """Token ids of the contexts and sentences of `ids`: flat, (groups + 1,) starts into flat, (n + 1,) first group of
        each passage, which is its context (maybe empty); its sentences follow. They lie together, so this is one read."""
        return self._pieces(ids, context=True, sentences=True)

    def context_pieces(self, ids: Array) -> tuple[NDArray[np.uint32], Ids]:
        """Token ids of the contexts (title, heading, date) of `ids`: flat, and (n + 1,) starts into flat."""
        flat, starts, _ = self._pieces(ids, context=True, sentences=False)
        return flat, starts

    @repairing
    def _pieces(self, ids: Array, context: bool, sentences: bool = True) -> tuple[NDArray[np.uint32], Ids, Ids]:
        owner, rows = self._place(ids)
        groups: list[tuple[Array, Array, Array]] = []
        counts = np.empty(len(rows), dtype=np.int64)
        numbers = distinct(owner).tolist()
        for number in numbers:
            here = np.flatnonzero(owner == number)
            columns = self._view.segments[number].columns
            at = columns.whole("sentence.at")
            mine = rows[here]
            # Passage i has the groups sentence.at[i] + i (its context) to sentence.at[i + 1] + i (its last sentence).
            first = at[mine] + mine + (0 if context else 1)
            last = (at[mine + 1] if sentences else at[mine]) + mine + 1
            counts[here] = last - first
            groups.append((here, first, last))
        sentence_at = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        lengths = np.empty(int(sentence_at[-1]), dtype=np.int64)
        begins = np.empty(len(lengths), dtype=np.int64)
        for number, (here, first, last) in zip(numbers, groups, strict=True):
            piece_at = self._view.segments[number].columns.whole("piece.at")
            index = lexical.spread(first, last)
            target = lexical.spread(sentence_at[here], sentence_at[here + 1])
            begins[target] = piece_at[index]
            lengths[target] = piece_at[index + 1] - piece_at[index]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        flat = np.empty(int(starts[-1]), dtype=np.uint32)
        for number, (here, _, _) in zip(numbers, groups, strict=True):
            target = lexical.spread(sentence_at[here], sentence_at[here + 1])
            begin, end = begins[target], begins[target] + lengths[target]
            source = self._view.segments[number].columns.touch("piece.flat", begin, end)
            flat[lexical.spread(starts[target], starts[target + 1])] = source[lexical.spread(begin, end)]
        return flat, starts, sentence_at

    # ---- searched -------------------------------------------------------------------------------------------------

    def _wanted(self, number: int, mask: Mask | None) -> Mask | None:
        """Which rows of a segment may be found: the living ones that the mask (aligned with ids) lets through."""
        alive = self._view.alive[number]
        if mask is None:
            return alive
        before = sum(
            s.count if m is None else int(m.sum())
            for s, m in zip(self._view.segments[:number], self._view.alive[:number], strict=True)
        )
        count = self._view.segments[number].count
        if alive is None:
            return np.asarray(mask[before : before + count], dtype=bool)
        out = np.zeros(count, dtype=bool)
        out[np.flatnonzero(alive)] = mask[before : before + int(alive.sum())]
        return out

    @repairing
    def search_vectors(self, q: Floats, k: int, mask: Mask | None = None) -> tuple[Ids, Floats]:
        """Ids and cosines of the `k` passages nearest to the unit vector `q` (d,), best first; fewer when there are fewer.

        `mask` (N,) aligned with ids leaves passages out. Ties go to the smaller id.
        """
        query = self._store.check_query(q)
        ids, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for number, segment in enumerate(self._view.segments):
            rows, found = segment.passages.search(query, k, self._wanted(number, mask))
            ids.append(segment.ids[rows])
            scores.append(found)
        return _best(k, np.concatenate(scores), np.concatenate(ids))

    @repairing
    def search_sentences(self, q: Floats, k: int, mask: Mask | None = None) -> tuple[Ids, Ids, Floats]:
        """Passage ids, sentence numbers within them and cosines of the `k` sentences nearest to `q`, best first."""
        query = self._store.check_query(q)
        ids, numbers, scores = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for number, segment in enumerate(self._view.segments):
            wanted = self._wanted(number, mask)
            alive = None if wanted is None else wanted[segment.sentence_owner]
            rows, found = segment.sentences.search(query, k, alive)
            owners = segment.sentence_owner[rows]
            ids.append(segment.ids[owners])
            numbers.append(rows - segment.columns.whole("sentence.at")[owners])
            scores.append(found)
        flat = np.concatenate(numbers)
        passage, order, score = _best_of(k, np.concatenate(scores), np.concatenate(ids), flat)
        return passage, order, score

    @repairing
    def bm25(self, channel: str, text: str) -> Floats:
        """(N,) BM25 of every passage for the words and word pairs of `text`, aligned with ids.

        `channel` is "exact" (lower-case words) or "folded" (without diacritics).
        """
        return self._view.bm25(_known(channel), text)

    @repairing
    def matches(self, channel: str, text: str) -> Matches:
        """The scores of `bm25` to be asked of some passages, by their positions in ids: cheaper than all of them."""
        return self._view.matches(_known(channel), text)

    def document_frequency(self, word: str, folded: bool = False) -> int:
        """In how many passages a word, or a pair of neighbouring words, stands. 0 for anything longer."""
        return self.document_frequencies([word], folded)[0]

    @repairing
    def document_frequencies(self, words: Sequence[str], folded: bool = False) -> list[int]:
        """The same of several words and pairs: they are looked up in one go."""
        channel = CHANNELS[folded]
        terms = [lexical.phrase_term(word, folded) for word in words]
        flat = np.concatenate([np.empty(0, np.uint64), *terms])
        places = [lexical.ranges(s.columns, channel, flat) for s in self._view.segments]
        counted = iter(self._view.frequencies(channel, flat, places).tolist())
        return [next(counted) if len(term) else 0 for term in terms]

    @repairing
    def frequencies(self, words: Sequence[Sequence[str]]) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
        """In how many passages each of some lists of words stands (n,), as written, in lower case; and, list by list, each
        word right before each of the next list's (n, m). All in one go: a look-up costs more than what is looked up."""
        single = [lexical.word_terms(found) for found in words]
        terms = [*single, *(lexical.pair_terms(a, b) for a, b in pairwise(single))]
        flat = np.concatenate(terms) if terms else np.empty(0, np.uint64)
        places = [lexical.ranges(s.columns, CHANNELS[0], flat) for s in self._view.segments]
        counted = np.split(self._view.frequencies(CHANNELS[0], flat, places), np.cumsum([len(t) for t in terms])[:-1])
        pairs = counted[len(words) :]
        shaped = [found.reshape(len(a), len(b)) for found, (a, b) in zip(pairs, pairwise(words), strict=False)]
        return counted[: len(words)], shaped

    # ---- filters --------------------------------------------------------------------------------------------------

    @repairing
    def mask(
        self,
        sources: Iterable[str] | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Mask:
        """(N,) which passages pass every filter given, aligned with ids.

        `sources` are names or patterns with `*`; dates are ISO at any precision and keep documents whose own date
        overlaps [date_from, date_to] (undated documents drop out); `metadata` asks for equal values, or for one of
        them where the wanted value or the stored one is a list.
        """
        view = self._view
        if sources is None and date_from is None and date_to is None and not metadata:
            return np.ones(len(view.ids), dtype=bool)

        def make() -> tuple[Ids, list[tuple[Any, ...]], Ids]:
            rows = self._query("SELECT id, source, date, metadata FROM documents ORDER BY id")
            pairs = zip(view.segments, view.alive, strict=True)
            owners = [s.columns.whole("documents") if m is None else s.columns.whole("documents")[m] for s, m in pairs]
            return np.asarray([r[0] for r in rows], np.int64), rows, np.concatenate(owners or [np.empty(0, np.int64)])

        numbers, rows, owners = view.once("documents", make)
        passes = Filter(sources, date_from, date_to, metadata)
        good = np.fromiter((passes(row) for row in rows), dtype=bool, count=len(rows))
        if not len(owners):
            return np.zeros(0, dtype=bool)
        at = np.minimum(np.searchsorted(numbers, owners), max(len(numbers) - 1, 0))
        if not len(numbers) or bool((numbers[at] != owners).any()):
            raise IndexDamaged(f"{self._path}: a document is gone from the stored truth; restore it from a copy")
        return good[at]


def _known(channel: str) -> str:
    if channel not in CHANNELS:
        raise UsageError(f"unknown lexical channel {channel!r}; use one of {', '.join(CHANNELS)}")
    return channel


def _best(k: int, scores: Floats, ids: Ids) -> tuple[Ids, Floats]:
    order = np.lexsort((ids, -scores))[: max(k, 0)]
    return ids[order], scores[order]


def _best_of(k: int, scores: Floats, ids: Ids, numbers: Ids) -> tuple[Ids, Ids, Floats]:
    order = np.lexsort((numbers, ids, -scores))[: max(k, 0)]
    return ids[order], numbers[order], scores[order]
