"""A real `app.py` on loopback and a watched page: what the browser tests share."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def running(folder: Path, **variables: str) -> Iterator[str]:
    """`python app.py` in the repository with an index of its own; gives the address once the page is served."""
    port = free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith("RAG_") or k == "RAG_EMBEDDER"}
    env |= {"RAG_INDEX": str(folder / "index"), "RAG_PORT": str(port), "OMP_NUM_THREADS": "1", **variables}
    log = (folder / "app.log").open("w")
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=env, stderr=log, stdout=log)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 240
        while True:
            assert process.poll() is None, (folder / "app.log").read_text()
            assert time.monotonic() < deadline, "the page was not served within four minutes"
            try:
                if urllib.request.urlopen(address + "/readyz", timeout=5).status == 200:
                    break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


@dataclass
class Watched:
    """A page with everything it asked for outside its origin, and every script error."""

    page: Any
    address: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def open(self) -> None:
        self.page.goto(self.address)
        self.page.wait_for_selector(".h-welcome, .h-turn", timeout=60_000)

    def ask(self, question: str) -> Any:
        """Type and send a question; gives the finished turn."""
        before = self.page.locator(".h-turn .h-tools").count()
        self.page.fill("#h-box textarea", question)
        self.page.press("#h-box textarea", "Enter")
        self.page.wait_for_function(
            "n => document.querySelectorAll('.h-turn .h-tools').length > n && !document.querySelector('.h-live')",
            arg=before,
            timeout=60_000,
        )
        self.page.wait_for_selector("#h-send:visible")
        return self.page.locator(".h-turn").last

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def shot(self, name: str) -> None:
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")


Opener = Callable[..., Watched]
