"""A second process that works out vectors while this one chunks, stores and embeds on its own.

Python runs on one core at a time, and the vectors are most of the work of a long ingest. The child is given texts and gives
back arrays; it never sees the index, so ending it anywhere loses nothing: whoever asked works the same out by itself.
It is started by its own command (no fork, no import of the caller's program), lives only as long as the pipe to it, and
leaves Ctrl-C to its parent. Knows nothing of documents, passages or storage.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from rag.ingest.embed import Embeds, Made, Texts, made

_HEAD = 8
# How much of a core must be idle, and how long (in all cores' clock ticks of 10 ms) that must have been looked at.
_IDLE = 0.7
_FEW_TICKS = 20
Ticks = tuple[int, int]


def idle_ticks() -> Ticks | None:
    """The clock ticks that the machine's cores were idle, and all ticks, since it started; None where that is not told."""
    try:
        with open("/proc/stat", encoding="ascii") as stream:
            told = [int(n) for n in stream.readline().split()[1:9]]
        return told[3] + told[4], sum(told)
    except (OSError, ValueError, IndexError):
        return None


class Beside:
    """The child of one ingest, with at most one piece of work at a time. Not for sharing between threads.

    `recipe` says how the child makes the embedder (see `StaticEmbedder.recipe`); `fingerprint` is what it must have.
    Nothing here raises when the child cannot be started or dies: `offer` then says False, and `result` None.
    """

    def __init__(self, recipe: Mapping[str, Any], fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self._child: subprocess.Popen[bytes] | None = None
        self._greeted = self.busy = False
        here = str(Path(__file__).resolve().parents[2])
        code = f"import sys; sys.path.insert(0, {here!r}); from rag.ingest.beside import child; child()"
        with contextlib.suppress(OSError, ValueError):
            self._child = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._send(dict(recipe))

    @staticmethod
    def useful(since: Ticks | None = None) -> bool:
        """Whether a second core is there and was idle since `idle_ticks` was asked, and there are pipes to be waited for.

        On a busy machine two processes only take turns, and the second one's start is lost.
        """
        if os.name != "posix" or not sys.executable:
            return False
        if hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) < 2:
            return False
        cores, now = os.cpu_count() or 1, idle_ticks()
        if since is not None and now is not None and now[1] - since[1] >= _FEW_TICKS:
            return cores * (now[0] - since[0]) / (now[1] - since[1]) >= _IDLE
        return os.getloadavg()[0] <= cores - 1 + _IDLE / 2

    def offer(self, texts: Texts) -> bool:
        """Give the child these texts, if it is there and has nothing to do."""
        if self.busy or not self._there():
            return False
        self.busy = self._send(texts)
        return self.busy

    def ready(self) -> bool:
        """Whether `result` would not have to wait."""
        return self.busy and (self._child is None or self._readable(self._child))

    def result(self) -> Made | None:
        """What came of the texts last offered; None where the child did not do it."""
        self.busy = False
        found = self._receive()
        if isinstance(found, Made):
            return found
        self.close()
        return None

    def close(self) -> None:
        """End the child, whatever it is doing."""
        child, self._child = self._child, None
        self.busy = False
        if child is not None:
            child.kill()
            for pipe in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):
                    assert pipe is not None
                    pipe.close()
            child.wait()

    def _there(self) -> bool:
        """Whether the child has said that it is ready, with the right model."""
        if self._child is None or (not self._greeted and not self._readable(self._child)):
            return False
        if not self._greeted:
            self._greeted = True
            if self._receive() != self._fingerprint:
                self.close()
        return self._child is not None

    def _readable(self, child: subprocess.Popen[bytes]) -> bool:
        # One answer at a time is under way, so none waits in the buffer behind the pipe.
        return child.stdout is not None and bool(select.select([child.stdout], [], [], 0)[0])

    def _send(self, value: object) -> bool:
        try:
            if self._child is not None and self._child.stdin is not None:
                _write(self._child.stdin, value)
                return True
        except OSError:
            self.close()
        return False

    def _receive(self) -> Any:
        if self._child is None or self._child.stdout is None:
            return None
        try:
            return _read(self._child.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            return None


def _write(stream: IO[bytes], value: object) -> None:
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(len(data).to_bytes(_HEAD, "little") + data)
    stream.flush()


def _read(stream: IO[bytes]) -> Any:
    """The next value on a pipe between these two processes. Raises EOFError when the other end has gone."""
    head = stream.read(_HEAD)
    if len(head) < _HEAD:
        raise EOFError
    size = int.from_bytes(head, "little")
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)


def child() -> None:
    """Entry point of the child: the recipe first, then texts, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # Nothing that a library prints may get among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Whatever goes wrong, the parent does the work itself and tells what there is to tell.
    with contextlib.suppress(Exception):
        embedder = _embedder(_read(sys.stdin.buffer))
        _write(answers, embedder.fingerprint)
        while True:
            _write(answers, made(embedder, _read(sys.stdin.buffer)))


def _embedder(recipe: Mapping[str, Any]) -> Embeds:
    from rag.models.embedders import StaticEmbedder

    return StaticEmbedder(**recipe)
