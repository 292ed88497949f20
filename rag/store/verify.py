"""A full check of an index folder. Knows nothing of repairing: it only reads and reports."""

from __future__ import annotations

import sqlite3
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import IndexError_
from rag.store import lexical, schema
from rag.store.files import Damaged
from rag.store.schema import SegmentRow, State
from rag.store.segment import from_truth, open_segment, read_all

if TYPE_CHECKING:
    from rag.store.store import Store


def problems(store: Store) -> list[str]:
    """Everything that is wrong with an index, one line each."""
    link = store._connection()
    try:
        link.execute("BEGIN")
        state = schema.read_state(link, store.file)
        told = [
            f"{store.file.name}: {row[0]}"
            for row in link.execute("PRAGMA integrity_check(20)").fetchall()
            if row[0] != "ok"
        ]
        told += _rows(store, link, state)
        if not told:
            for row in schema.segment_rows(link, state.edition):
                told += _segment(store, link, row)
            told += _coverage(store, link, state)
        return told
    finally:
        store._give_back(link)


def _rows(store: Store, link: sqlite3.Connection, state: State) -> list[str]:
    """Checksums and counts of the truth."""
    told: list[str] = []
    documents = 0
    for row in link.execute(schema.DOCUMENT_SELECT):
        documents += 1
        try:
            schema.to_document(row, store.file)
        except IndexError_ as exc:
            told.append(str(exc))
    count = link.execute("SELECT count(*) FROM passages WHERE edition = ?", (state.edition,)).fetchone()[0]
    if count != state.passages:
        told.append(f"{store.file.name}: {state.passages} passages recorded, {count} stored")
    orphans = link.execute("SELECT count(*) FROM passages WHERE document NOT IN (SELECT id FROM documents)").fetchone()[
        0
    ]
    if orphans:
        told.append(f"{store.file.name}: {orphans} passages without a document")
    bare = link.execute("SELECT count(*) FROM passages WHERE id NOT IN (SELECT passage FROM vectors)").fetchone()[0]
    extra = link.execute("SELECT count(*) FROM vectors WHERE passage NOT IN (SELECT id FROM passages)").fetchone()[0]
    if bare or extra:
        told.append(f"{store.file.name}: {bare} passages without vectors, {extra} vectors without a passage")
    return told


def _segment(store: Store, link: sqlite3.Connection, row: SegmentRow) -> list[str]:
    """A derived file against its checksums and against what the truth says it should hold."""
    try:
        held = read_all(open_segment(store.segments_folder, row).columns)
    except FileNotFoundError:
        return [
            f"{store.segments_folder.name}/{row.name}: missing (made again from {store.file.name} at the next writing)"
        ]
    except Damaged as exc:
        return [f"{store.segments_folder.name}/{exc} (made again from {store.file.name} at the next writing)"]
    try:
        truth = from_truth(link, store.file, row.edition, row.first, row.last, store.dimension)
    except IndexError_ as exc:
        return [str(exc)]
    alive = np.isin(held["ids"], truth["ids"])
    dead = link.execute(
        "SELECT count(*) FROM tombstones WHERE edition = ? AND passage BETWEEN ? AND ?",
        (row.edition, row.first, row.last),
    ).fetchone()[0]
    where = f"{store.segments_folder.name}/{row.name}"
    if int(alive.sum()) != len(truth["ids"]) or int((~alive).sum()) != dead:
        return [f"{where}: {len(held['ids'])} passages, {dead} removed, but {len(truth['ids'])} stored"]
    told = []
    for channel in lexical.CHANNELS:
        rows = held[f"{channel}.rows"]
        if int(alive[rows].sum()) != len(truth[f"{channel}.rows"]):
            told.append(f"{where}: the {channel} postings do not agree with the texts")
    if int(np.diff(held["sentence.at"])[alive].sum()) != len(truth["sentence.vectors"]):
        told.append(f"{where}: the sentence vectors do not agree with the stored ones")
    if not np.array_equal(held["vectors"][alive], truth["vectors"]):
        told.append(f"{where}: the passage vectors do not agree with the stored ones")
    return told


def _coverage(store: Store, link: sqlite3.Connection, state: State) -> list[str]:
    """Every passage in exactly one segment."""
    rows = schema.segment_rows(link, state.edition)
    told = []
    for a, b in pairwise(rows):
        if b.first <= a.last:
            told.append(f"{store.segments_folder.name}: {a.name} and {b.name} overlap")
    covered = sum(
        link.execute(
            "SELECT count(*) FROM passages WHERE edition = ? AND id BETWEEN ? AND ?", (r.edition, r.first, r.last)
        ).fetchone()[0]
        for r in rows
    )
    if covered != state.passages:
        told.append(f"{store.file.name}: {state.passages} passages, {covered} of them indexed")
    return told
