"""Many id sequences of different lengths in one flat array. Knows nothing of what the ids mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.models.static import Segmenter

Ids = NDArray[np.int32]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Ragged:
    """`flat[starts[i]:starts[i + 1]]` is row i; `starts` has one entry more than there are rows."""

    flat: Ids
    starts: Index

    @classmethod
    def of(cls, rows: Iterable[Sequence[int] | Ids]) -> Ragged:
        """Pack rows of ids."""
        arrays = [np.asarray(row, dtype=np.int32) for row in rows]
        lengths = np.fromiter(map(len, arrays), dtype=np.int64, count=len(arrays))
        flat = np.concatenate(arrays) if arrays else np.zeros(0, np.int32)
        return cls(flat, np.concatenate([[0], lengths.cumsum()]).astype(np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, i: int) -> Ids:
        return self.flat[self.starts[i] : self.starts[i + 1]]

    @property
    def lengths(self) -> Index:
        """(n,) row lengths."""
        return np.diff(self.starts)

    def take(self, rows: Index, most: int | None = None) -> Ragged:
        """The given rows, in that order, each cut to its first `most` ids."""
        lengths = self.lengths[rows]
        if most is not None:
            lengths = np.minimum(lengths, most)
        starts = np.concatenate([[0], lengths.cumsum()])
        at = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths) + np.repeat(self.starts[rows], lengths)
        return Ragged(self.flat[at], starts)

    def padded(self) -> tuple[Ids, NDArray[np.bool_]]:
        """(n, longest) ids with zeros behind, and the mask of real ones."""
        lengths = self.lengths
        mask = np.arange(max(1, int(lengths.max(initial=0))))[None, :] < lengths[:, None]
        out = np.zeros(mask.shape, np.int32)
        out[mask] = self.flat
        return out, mask


class Encoder:
    """Texts to ids by one tokenizer, remembering texts that will come again (tokenising costs more than training does)."""

    def __init__(self, tokenizer: Any, most: int = 192) -> None:
        self.segmenter, self.most = Segmenter(tokenizer), most
        self._known: dict[str, Ids] = {}

    def rows(self, texts: Sequence[str], remember: bool = False) -> list[Ids]:
        """Ids of each text, cut to `most`; a text without any token is the single unknown id 0."""
        if remember:
            fresh = [t for t in dict.fromkeys(texts) if t not in self._known]
            self._known.update(zip(fresh, self.rows(fresh), strict=True))
            return [self._known[t] for t in texts]
        return [np.array(ids[: self.most] or [0], dtype=np.int32) for ids in self.segmenter.ids(texts)]

    def __call__(self, texts: Sequence[str], remember: bool = False) -> Ragged:
        """The same, packed."""
        return Ragged.of(self.rows(texts, remember))


def encode(tokenizer: Any, texts: Sequence[str], most: int = 192) -> Ragged:
    """Ids of the texts, each cut to `most`."""
    return Encoder(tokenizer, most)(texts)
