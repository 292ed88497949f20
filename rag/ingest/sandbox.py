"""Runs a parser that may be fed a hostile file in a process of its own, with caps on time, memory and output.

Knows nothing of formats. The child gets a module of ``rag.ingest.formats`` and a path, calls its ``extract(path)`` and
writes the JSON value it returns; the parent ends it at the deadline and goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rag.errors import DocumentError

CPU_SECONDS = 60
WALL_SECONDS = 120
MEMORY_MB = 1024
OUTPUT_MB = 64
_ALLOWED = frozenset(["pdf"])


def run(
    module: str,
    path: str | os.PathLike[str],
    *,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
    memory_mb: int = MEMORY_MB,
    output_mb: int = OUTPUT_MB,
) -> Any:
    """What ``rag.ingest.formats.<module>.extract(path)`` returns, computed in a capped child process.

    Raises DocumentError with the child's own reason, or naming the cap that ended it.
    """
    if module not in _ALLOWED:
        raise DocumentError(f"no sandboxed parser {module!r}; allowed: {', '.join(sorted(_ALLOWED))}")
    here = str(Path(__file__).resolve().parents[2])
    code = f"import sys; sys.path.insert(0, {here!r}); from rag.ingest.sandbox import child; child()"
    arguments = [
        sys.executable,
        "-c",
        code,
        module,
        os.fspath(os.path.abspath(path)),
        str(cpu_seconds),
        str(memory_mb),
        str(output_mb),
    ]
    env = {
        k: v
        for k, v in os.environ.items()
        if k in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
    }
    try:
        done = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=wall_seconds, env=env, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise DocumentError(
            f"reading it took over {wall_seconds:g} s and was stopped; the file may be damaged or hostile"
        ) from exc
    if done.returncode == 0 and done.stdout:
        try:
            answer = json.loads(done.stdout)
        except ValueError as exc:
            raise DocumentError("the parser's output was cut off; the file may be damaged or hostile") from exc
        if "error" in answer:
            raise DocumentError(str(answer["error"]))
        return answer["value"]
    raise DocumentError(_ended(done.returncode, done.stderr.decode("utf-8", "replace"), cpu_seconds, memory_mb))


def _ended(code: int, stderr: str, cpu_seconds: int, memory_mb: int) -> str:
    if code in (-24, -9):  # SIGXCPU, SIGKILL after the hard limit
        return f"reading it took over {cpu_seconds} s of processor time and was stopped; the file may be damaged or hostile"
    if "MemoryError" in stderr or code in (-6, -11, 137):
        return f"reading it took over {memory_mb} MB of memory and was stopped; the file may be damaged or hostile"
    last = stderr.strip().splitlines()[-1][:200] if stderr.strip() else f"exit status {code}"
    return f"the parser stopped: {last}"


def child() -> None:
    """Entry point of the child: argv is module, path, CPU seconds, memory in MB, output in MB."""
    module, path, cpu, memory, output = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    _limit(cpu, memory, output)
    from importlib import import_module

    try:
        result = {"value": import_module(f"rag.ingest.formats.{module}").extract(path)}
    except DocumentError as exc:
        result = {"error": str(exc)}
    except MemoryError:
        result = {
            "error": f"reading it took over {memory} MB of memory and was stopped; the file may be damaged or hostile"
        }
    except RecursionError:
        result = {"error": "objects nested in a circle or too deep; the file is damaged or hostile"}
    except Exception as exc:  # whatever a parser throws at a damaged file becomes that file's reason
        result = {"error": f"damaged file: {type(exc).__name__}: {exc}"[:300]}
    data = json.dumps(result, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if len(data) > output * 1_000_000:
        data = json.dumps({"error": f"over {output} MB of text; split the file"}).encode()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _limit(cpu: int, memory: int, output: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's deadline still holds
        return
    size = memory * 1024 * 1024
    for kind, value in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, size),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            hard = resource.getrlimit(kind)[1]
            limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(
                kind, (limit, limit + 1 if kind == resource.RLIMIT_CPU and hard == resource.RLIM_INFINITY else limit)
            )
        except (ValueError, OSError):
            continue
