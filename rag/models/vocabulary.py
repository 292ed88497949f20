"""The tokenizer's vocabulary as tables that need no parsing: a file beside ``tokenizer.json``, made from it and checked by it.

Reading the JSON file and sorting its pieces took two thirds of the time in which the model loads. The tables say the same;
where they are missing, damaged or made from another tokenizer, they are not used. Knows nothing of how text is cut.

The file: `_MAGIC`, the length of a JSON header (4 bytes), the header, then the parts whose lengths in bytes the header
gives: pieces and last words (UTF-8, a line each), distinct scores (float64), which of them each piece has, the ids
of the pieces of several words (both uint32), and, unless an earlier version wrote it, the numbers of the words that the pieces
are made of (uint32) and how many each piece has (uint8).
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any

from rag.models.unigram import Table

NAME = "vocabulary.bin"
_MAGIC = b"RAGVOC01"
_PARTS = ("pieces", "lasts", "levels", "scores", "joined")
_WORDS = ("words", "counts")


def write(path: Path, tokenizer: bytes, table: Table, unknown: int) -> bool:
    """Write the tables made from the content of a tokenizer's file; False, and no file, where they cannot be written."""
    import numpy as np

    lines = ["\n".join(table.pieces), "\n".join(sorted(table.lasts))]
    if any("\n" in piece for piece in table.pieces) or not table.pieces:
        return False
    levels, which = np.unique(np.asarray(table.scores, dtype="<f8"), return_inverse=True)
    parts = [
        *(line.encode("utf-8", "surrogatepass") for line in lines),
        levels.tobytes(),
        which.astype("<u4").tobytes(),
        np.asarray(table.joined, dtype="<u4").tobytes(),
    ]
    names: tuple[str, ...] = _PARTS
    counts = np.zeros(0) if table.parts is None else np.diff(table.parts.bounds)
    if table.parts is not None and counts.max() < 256:
        names = (*_PARTS, *_WORDS)
        parts += [table.parts.numbers.astype("<u4").tobytes(), counts.astype("u1").tobytes()]
    header = {
        "tokenizer": [len(tokenizer), zlib.crc32(tokenizer)],
        "unknown": unknown,
        "lengths": dict(zip(names, map(len, parts), strict=True)),
        "crc": zlib.crc32(b"".join(parts)),
    }
    told = json.dumps(header).encode()
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(b"".join([_MAGIC, len(told).to_bytes(4, "little"), told, *parts]))
    os.replace(temporary, path)
    return True


def read(path: Path, tokenizer: bytes) -> tuple[Table, int] | None:
    """The tables and the id of the unknown piece; None where there are none that were made from this tokenizer."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    start = len(_MAGIC) + 4
    try:
        body = start + int.from_bytes(data[len(_MAGIC) : start], "little")
        header: dict[str, Any] = json.loads(data[start:body]) if data.startswith(_MAGIC) else {}
        if header.get("tokenizer") != [len(tokenizer), zlib.crc32(tokenizer)]:
            return None
        rest = memoryview(data)[body:]
        if zlib.crc32(rest) != header["crc"]:
            return None
        parts: dict[str, bytes] = {}
        for name in (*_PARTS, *(name for name in _WORDS if name in header["lengths"])):
            length = header["lengths"][name]
            parts[name], rest = bytes(rest[:length]), rest[length:]
        return _table(parts), int(header["unknown"])
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def _table(parts: dict[str, bytes]) -> Table:
    import numpy as np

    from rag.models.parts import WordParts

    pieces, lasts = (parts[name].decode("utf-8", "surrogatepass") for name in ("pieces", "lasts"))
    scores = np.frombuffer(parts["levels"], "<f8")[np.frombuffer(parts["scores"], "<u4")]
    joined = np.frombuffer(parts["joined"], "<u4")
    words = None
    if all(name in parts for name in _WORDS):
        bounds = np.concatenate([[0], np.cumsum(np.frombuffer(parts["counts"], "u1"), dtype=np.int64)])
        words = WordParts(np.frombuffer(parts["words"], "<u4"), bounds)
    return Table(
        pieces.split("\n"),
        scores.tolist(),
        joined.tolist(),
        frozenset(lasts.split("\n")) if lasts else frozenset(),
        words,
    )
