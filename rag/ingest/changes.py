"""What one commit is made of, and what an index was made with. Knows nothing of files or SQL.

A writer is handed `Put` and `Remove` values; everything it needs to index a document is inside, so the store never
calls an embedder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from rag.errors import EmbedderError, UsageError
from rag.types import Document, Passage

Floats = NDArray[np.float32]
Pieces = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the stored vectors and passages depend on. Two indexes may share vectors only if these are equal."""

    embedder: str
    chunker: str
    normaliser: str
    dimension: int

    def to_json(self) -> str:
        """One line of JSON with sorted keys; equal fingerprints give equal text."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Fingerprint:
        """The inverse of `to_json`. Raises ValueError or KeyError on anything else."""
        data = json.loads(text)
        return cls(str(data["embedder"]), str(data["chunker"]), str(data["normaliser"]), int(data["dimension"]))

    def differences(self, other: Fingerprint) -> str:
        """The fields that differ, as "embedder 'a' (index) / 'b' (now)"; empty when equal."""
        told = []
        for f in fields(self):
            mine, theirs = getattr(self, f.name), getattr(other, f.name)
            if mine != theirs:
                told.append(f"{f.name} {mine!r} (index) / {theirs!r} (now)")
        return ", ".join(told)


@dataclass(frozen=True, slots=True)
class Put:
    """Add a document, or replace the one of the same source.

    For n passages with m sentences in all: `vectors` (n, d), `sentence_vectors` (m, d) in passage order,
    `sentence_counts` (n,) summing to m, `pieces` m arrays of token ids, `context_pieces` n arrays. Embedders without
    token vectors give empty sequences for the last two. `content_hash` tells whether the document changed;
    `text_hash` whether another source holds the same text; `origin` is the folder it came from, if any.
    """

    document: Document
    passages: Sequence[Passage]
    vectors: Floats
    sentence_vectors: Floats
    sentence_counts: Sequence[int]
    pieces: Sequence[Pieces] = ()
    context_pieces: Sequence[Pieces] = ()
    content_hash: str = ""
    text_hash: str = ""
    origin: str = ""

    def check(self, dimension: int) -> None:
        """Raise UsageError for shapes that do not fit together, EmbedderError for a vector no search can use."""
        n, m = len(self.passages), int(sum(self.sentence_counts))
        shapes = (np.shape(self.vectors), np.shape(self.sentence_vectors), len(self.sentence_counts))
        if shapes != ((n, dimension), (m, dimension), n):
            raise UsageError(
                f"{self.document.source!r}: shapes {shapes} do not fit {n} passages with {m} sentences of "
                f"{dimension} dimensions; give vectors (n, d), sentence_vectors (m, d) and n sentence_counts"
            )
        if (len(self.pieces), len(self.context_pieces)) not in ((m, n), (0, 0)):
            raise UsageError(
                f"{self.document.source!r}: {len(self.pieces)} sentence pieces and {len(self.context_pieces)} context "
                f"pieces do not fit {m} sentences and {n} passages"
            )
        text = self.document.text
        for passage in self.passages:
            if text[passage.start : passage.end] != passage.text:
                raise UsageError(
                    f"{self.document.source!r}: passage [{passage.start}:{passage.end}] is not what the text says there"
                )
        owners = np.repeat(np.arange(n), np.asarray(self.sentence_counts, dtype=np.int64))
        for rows, whose in ((self.vectors, np.arange(n)), (self.sentence_vectors, owners)):
            bad = first_unusable(np.asarray(rows, dtype=np.float32))
            if bad is not None:
                passage = self.passages[int(whose[bad[0]])]
                raise EmbedderError(
                    f"the embedder gave a {bad[1]} vector for {self.document.source!r} "
                    f"[{passage.start}:{passage.end}]; nothing of this document was stored"
                )


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a document out of every channel. A source that is not there is left alone."""

    source: str


Change = Put | Remove


def first_unusable(rows: Floats) -> tuple[int, str] | None:
    """Index and kind ("NaN or infinite", "zero", "not unit-length") of the first bad row of (n, d), or None."""
    if rows.size == 0:
        return None
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    # A NaN or an infinity anywhere makes the norm NaN or infinite.
    good = np.abs(norms - 1.0) < 1e-2
    if bool(good.all()):
        return None
    row = int(np.flatnonzero(~good)[0])
    if not np.isfinite(norms[row]):
        return row, "NaN or infinite"
    return row, "zero" if norms[row] < 1e-6 else "not unit-length"


def digest(*parts: str | bytes) -> str:
    """128-bit blake2b over length-prefixed parts, as hex."""
    h = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        h.update(len(data).to_bytes(8, "little"))
        h.update(data)
    return h.hexdigest()
