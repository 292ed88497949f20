"""Measure the server: time to the page, first token, one user against many, memory.

    python benchmarks/serve.py [--users 16] [--seconds 300] [--think 1.0] [--out FILE.json]

Starts `app.py` on a free loopback port with an index of its own (built from the sample corpus beforehand, so that the
first figure is that of an installed machine), asks over HTTP, and prints one JSON object. Times are wall seconds;
``stolen_s`` is the processor time that the host took from the machine meanwhile, which no program can make up for;
``page_cpu_s`` is what the process itself used until the page was served, which depends less on what else the machine does.
Where Playwright and a Chromium are installed the page itself is measured too: the time from the command until a person
can type (``page_usable_s``), and from pressing Enter until the answer's first words stand on the page.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = [
    "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?",
    "Ai là Giám đốc Sở Thông tin và Truyền thông Hà Tĩnh?",
    "hau giang xep thu may ve chi so chuyen doi so nam 2021",
    "Thanh Hóa có bao nhiêu cơ sở y tế khám chữa bệnh bằng căn cước công dân gắn chíp?",
    "What was Hà Tĩnh's e-commerce revenue in 2024?",
    "Giá vàng SJC hôm nay là bao nhiêu?",
    "Doanh thu thương mại điện tử của Hà Tĩnh năm 2024 là bao nhiêu?",
    "Mô hình 3 không của Thanh Hóa là gì?",
]


def start(folder: Path) -> tuple[subprocess.Popen[bytes], int, float, float]:
    """The process, its port, and wall and CPU seconds until its page is served."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    env = {**os.environ, "RAG_INDEX": str(folder / "index"), "RAG_PORT": str(port), "RAG_RATE_PER_MINUTE": "1000000"}
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                break
        except OSError:
            if process.poll() is not None:
                raise SystemExit("app.py ended before its page was served") from None
            time.sleep(0.02)
    wall = time.perf_counter() - begun
    times = psutil.Process(process.pid).cpu_times()
    return process, port, wall, times.user + times.system


def ask(port: int, question: str) -> tuple[int, float]:
    """Status and seconds of one whole answer."""
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", "/v1/ask", json.dumps({"question": question}), {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, time.perf_counter() - begun


def first_token(port: int, question: str) -> float:
    """Seconds to the first token of a streamed answer."""
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    body = json.dumps({"question": question, "stream": True})
    connection.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    while line := response.readline():
        if line.startswith((b"event: token", b"event: answer")):
            break
    connection.close()
    return time.perf_counter() - begun


def crowd(port: int, users: int, seconds: float, think: float) -> tuple[list[float], Counter[int]]:
    """Whole answers of many users at once, each pausing ``think`` seconds on average between questions."""
    taken: list[float] = []
    statuses: Counter[int] = Counter()
    lock, end = threading.Lock(), time.perf_counter() + seconds

    def user(seed: int) -> None:
        rnd = random.Random(seed)
        while time.perf_counter() < end:
            time.sleep(rnd.expovariate(1 / think) if think else 0)
            status, took = ask(port, rnd.choice(QUESTIONS))
            with lock:
                statuses[status] += 1
                if status == 200:
                    taken.append(took)

    threads = [threading.Thread(target=user, args=(n,)) for n in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken, statuses


PAGE_TOKEN = """() => {
  const log = document.querySelector("#h-chat");
  window.turns = log.querySelectorAll(".h-turn").length;
  window.first = null;
  window.pressed = null;
  document.querySelector("#h-box textarea").addEventListener("keydown", (event) => {
    if (event.key === "Enter") window.pressed = performance.now();
  }, {capture: true, once: true});
  new MutationObserver((_, watch) => {
    const turns = log.querySelectorAll(".h-turn");
    if (turns.length <= window.turns) return;
    const text = turns[turns.length - 1].querySelector(".h-text");
    if (text && text.textContent.trim()) { window.first = performance.now() - window.pressed; watch.disconnect(); }
  }).observe(log, {childList: true, subtree: true, characterData: true});
}"""


def in_a_browser(folder: Path) -> dict[str, Any]:
    """Seconds from the command to a page one can type in, and the first words of answers, in Chromium; {} without one."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        usable = []
        for _ in range(3):
            begun = time.perf_counter()
            process, port, _, _ = start(folder)
            page = browser.new_context(locale="vi-VN").new_page()
            page.goto(f"http://127.0.0.1:{port}/")
            page.wait_for_selector(".h-welcome .h-example", timeout=60_000)
            usable.append(time.perf_counter() - begun)
            if len(usable) < 3:
                process.terminate()
                process.wait()
        first = []
        try:
            for question in QUESTIONS * 2:
                page.evaluate(PAGE_TOKEN)
                page.fill("#h-box textarea", question)
                page.press("#h-box textarea", "Enter")
                page.wait_for_function("() => window.first !== null", timeout=60_000)
                first.append(page.evaluate("window.first") / 1000)
                page.wait_for_selector("#h-send:visible")
        finally:
            process.terminate()
            process.wait()
            browser.close()
    return {"page_usable_s": round(statistics.median(usable), 2), "page_first_token": spread(first)}


def machine() -> dict[str, Any]:
    """Where and of what this was measured."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    changed = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=ROOT, capture_output=True, text=True).stdout
    model = ""
    if Path("/proc/cpuinfo").exists():
        names = [x for x in Path("/proc/cpuinfo").read_text().splitlines() if x.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else ""
    return {
        "commit": found.stdout.strip() + (" and changes" if changed.strip() else ""),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cpu": model or platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def stolen() -> float | None:
    """Processor seconds that the host took from this machine since it started (Linux); None where that is not told."""
    if not Path("/proc/stat").exists():
        return None
    ticks = int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8])
    return ticks / os.sysconf("SC_CLK_TCK")


def spread(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(values)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))] * 1000, 1),
        "n": len(ordered),
    }


def _since(before: float | None) -> float | None:
    now = stolen()
    return None if before is None or now is None else round(now - before, 1)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--users", type=int, default=16)
    options.add_argument("--seconds", type=float, default=300.0)
    options.add_argument("--think", type=float, default=1.0, help="mean pause of a user between questions, in seconds")
    options.add_argument("--out", type=Path)
    args = options.parse_args()
    result: dict[str, Any] = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process, _, wall, _ = start(folder)
        result["first_run_page_s"] = round(wall, 2)
        process.terminate()
        process.wait()
        result |= in_a_browser(folder)
        process, port, wall, cpu = start(folder)
        result["page_s"], result["page_cpu_s"] = round(wall, 2), round(cpu, 2)
        memory = psutil.Process(process.pid)
        try:
            for question in QUESTIONS:
                ask(port, question)
            result["first_token"] = spread([first_token(port, q) for q in QUESTIONS * 4])
            taken = stolen()
            alone, _ = crowd(port, 1, min(20.0, args.seconds), args.think / 4)
            result["one_user"] = {**spread(alone), "stolen_s": _since(taken)}
            result["rss_before_mb"] = memory.memory_info().rss >> 20
            taken = stolen()
            together, statuses = crowd(port, args.users, args.seconds, args.think)
            result["many_users"] = {
                **spread(together),
                "users": args.users,
                "seconds": args.seconds,
                "think_s": args.think,
                "stolen_s": _since(taken),
            }
            result["statuses"] = {str(code): n for code, n in sorted(statuses.items())}
            result["rss_after_mb"] = memory.memory_info().rss >> 20
            result["load_after"] = round(os.getloadavg()[0], 2)
            result["p95_ratio"] = round(result["many_users"]["p95_ms"] / result["one_user"]["p95_ms"], 2)
        finally:
            process.terminate()
            process.wait()
    text = json.dumps(result, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
