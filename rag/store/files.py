"""Files that are whole or absent: atomic writes, checked columns, and the writer's lock. Knows nothing of what is in them.

A column file holds named numpy arrays, each in blocks with a CRC-32; a footer with a CRC of its own lists them. Columns
are mapped, not read, and a block is checked when it is first used, so opening costs the same whatever the size.
"""

from __future__ import annotations

import errno
import fcntl
import json
import mmap
import os
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexFull, IndexLocked, IndexReadOnly

Array = NDArray[Any]
MAGIC = b"RAGCOL01"
BLOCK = 1 << 18
_ALIGN = 64
_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_DENIED = (errno.EROFS, errno.EACCES, errno.EPERM)


class Damaged(Exception):
    """A derived file is missing, cut short or altered. Never leaves the store: the file is rebuilt."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name
        self.why = why


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Map the operating system's refusals to IndexFull and IndexReadOnly."""
    try:
        yield
    except OSError as exc:
        if exc.errno in _FULL:
            raise IndexFull(
                f"no space left while writing {path} ({exc.strerror}); the last committed version is intact: free some space and run it again"
            ) from exc
        if exc.errno in _DENIED:
            raise IndexReadOnly(f"{path} cannot be written ({exc.strerror}); give the folder write permission") from exc
        raise


def sync_folder(folder: Path) -> None:
    """Make renames and new names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def distinct(values: Array) -> Array:
    """The different values (n,), ascending: what np.unique gives, which imports a good part of numpy at its first call."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


class Columns:
    """Named arrays, in memory or mapped from a column file and checked block by block as they are used.

    `mapped` is False for arrays that never were in a file: they need no check.
    """

    def __init__(self, name: str, arrays: Mapping[str, Array], sums: Mapping[str, list[int]] | None = None) -> None:
        self.name = name
        self._arrays = dict(arrays)
        self._sums = {k: np.asarray(v, dtype=np.uint32) for k, v in (sums or {}).items()}
        self._pending = {k: np.ones(len(v), dtype=bool) for k, v in self._sums.items()}
        self._left = {k: len(v) for k, v in self._sums.items()}
        self.mapped = sums is not None

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def names(self) -> tuple[str, ...]:
        return tuple(self._arrays)

    def shape(self, name: str) -> tuple[int, ...]:
        return self._arrays[name].shape

    def whole(self, name: str) -> Array:
        """The array, every block checked. Raises Damaged."""
        if self._left.get(name):
            self._check(name, np.flatnonzero(self._pending[name]))
        return self._arrays[name]

    def unchecked(self, name: str) -> Array:
        """The array as it lies in the file, for use together with `touch`."""
        return self._arrays[name]

    def touch(self, name: str, starts: Array, ends: Array) -> Array:
        """The array, with the blocks under rows [starts, ends) checked. Raises Damaged."""
        array = self._arrays[name]
        if self._left.get(name):
            width = array.itemsize * int(np.prod(array.shape[1:], dtype=np.int64))
            pending = self._pending[name]
            first = np.asarray(starts, dtype=np.int64) * width // BLOCK
            last = np.maximum(np.asarray(ends, dtype=np.int64) * width - 1, 0) // BLOCK
            if int((last - first).max(initial=0)) <= 1:
                wanted = distinct(np.concatenate([first, last]))
            else:
                wanted = distinct(np.concatenate([np.arange(a, b + 1) for a, b in zip(first, last, strict=True)]))
            wanted = wanted[wanted < len(pending)]
            self._check(name, wanted[pending[wanted]])
        return array

    def _check(self, name: str, blocks: Array) -> None:
        raw = np.ascontiguousarray(self._arrays[name]).reshape(-1).view(np.uint8)
        sums = self._sums[name]
        for block in blocks.tolist():
            if zlib.crc32(raw[block * BLOCK : (block + 1) * BLOCK].data) != int(sums[block]):
                raise Damaged(self.name, f"column {name}, block {block}: checksum differs")
        # Two threads may check the same block; both find the same, so the flags need no lock.
        self._pending[name][blocks] = False
        self._left[name] = int(self._pending[name].sum())


def write_columns(path: Path, arrays: Mapping[str, Array], about: Mapping[str, Any]) -> tuple[int, int]:
    """Write a column file by way of a temporary file, fsync and rename. Returns (size, CRC-32 of the footer).

    Raises IndexFull or IndexReadOnly; the temporary file is gone then.
    """
    temporary = path.with_name(path.name + ".tmp")
    listed: list[dict[str, Any]] = []
    with writing(path):
        try:
            with temporary.open("wb") as stream:
                stream.write(MAGIC)
                for name, array in arrays.items():
                    data = np.ascontiguousarray(array)
                    raw = data.reshape(-1).view(np.uint8)
                    stream.write(b"\0" * (-stream.tell() % _ALIGN))
                    entry = {"name": name, "dtype": data.dtype.str, "shape": list(data.shape), "at": stream.tell()}
                    entry["sums"] = [zlib.crc32(raw[i : i + BLOCK].data) for i in range(0, len(raw), BLOCK)]
                    listed.append(entry)
                    stream.write(raw.data)
                footer = json.dumps({**about, "arrays": listed}).encode()
                total = zlib.crc32(footer)
                stream.write(footer)
                stream.write(len(footer).to_bytes(8, "little") + total.to_bytes(4, "little") + MAGIC)
                size = stream.tell()
                stream.flush()
                os.fsync(stream.fileno())
            temporary.rename(path)
            sync_folder(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return size, total


def open_columns(path: Path, size: int, total: int) -> tuple[Columns, dict[str, Any]]:
    """Map a column file that must have this size and footer sum. Returns it and what its footer says of it.

    Raises FileNotFoundError when it is not there, Damaged when it is not the file that was written.
    """
    name = path.name
    with path.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size != size:
            raise Damaged(name, f"expected {size} bytes")
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    tail = mapped[size - 20 :]
    length = int.from_bytes(tail[:8], "little")
    if tail[12:] != MAGIC or length > size - 28 or mapped[:8] != MAGIC:
        raise Damaged(name, "not a column file")
    footer = mapped[size - 20 - length : size - 20]
    if zlib.crc32(footer) != total or int.from_bytes(tail[8:12], "little") != total:
        raise Damaged(name, "footer checksum differs")
    about = json.loads(footer)
    arrays: dict[str, Array] = {}
    sums: dict[str, list[int]] = {}
    for entry in about.pop("arrays"):
        dtype = np.dtype(entry["dtype"])
        count = int(np.prod(entry["shape"], dtype=np.int64))
        flat = np.frombuffer(mapped, dtype, count, entry["at"]) if count else np.empty(0, dtype)
        arrays[entry["name"]] = flat.reshape(entry["shape"])
        sums[entry["name"]] = entry["sums"]
    return Columns(name, arrays, sums), about


@contextmanager
def locked(path: Path, timeout: float) -> Iterator[None]:
    """Hold the writer's lock. The kernel drops it with the process, so a lock is never stale.

    Raises IndexLocked after `timeout` seconds, naming the holder's pid, and IndexReadOnly where no lock can be made.
    """
    with writing(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        deadline = time.monotonic() + timeout
        pause = 0.005
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                left = deadline - time.monotonic()
                if left <= 0:
                    holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
                    raise IndexLocked(
                        f"{path.parent} is locked by pid {holder}, which is writing to it; waited {timeout:g} s: "
                        "try again when it is done, or raise the setting lock_timeout"
                    ) from None
                time.sleep(min(pause, left))
                pause = min(pause * 2, 0.1)
        with writing(path):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        # Closing releases the lock; the file stays, since unlinking it would let two writers hold different files.
        os.close(handle)
