"""The `rag` command over real files: outputs, exit codes, one clear line for each kind of bad input."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rag import Index
from rag.cli import main

ROOT = Path(__file__).resolve().parents[1]
THREE = {
    "en": ("how many community digital teams did Hà Tĩnh have by 10/2022", ("59", "133")),
    "folded": ("den thang 10/2022 ha tinh co bao nhieu to chuyen doi so cong dong cap thon", ("133",)),
    "vi": ("Giám đốc Sở TT&TT Thanh Hóa là ai?", ("Đỗ Hữu Quyết",)),
}
LINE_KEYS = [
    "id",
    "question",
    "query",
    "status",
    "answer",
    "short",
    "language",
    "citations",
    "retrieved",
    "timings_ms",
    "error",
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "index"
    with Index.create(path) as made:
        made.add([ROOT / "seeds"])
    return path


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(list(argv))
    out, err = capsys.readouterr()
    return code, out, err


def one_line(err: str) -> str:
    """The whole of stderr is one line that names the fault."""
    lines = [line for line in err.splitlines() if line.strip()]
    assert len(lines) == 1, err
    return lines[0]


@pytest.mark.parametrize("name", list(THREE))
def test_the_three_questions(index: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    question, gold = THREE[name]
    code, out, _ = run(capsys, "ask", question, "--index", str(index), "--json")
    line = json.loads(out)
    assert code == 0 and line["status"] == "answered"
    assert list(line) == LINE_KEYS
    for answer in gold:
        assert answer in line["answer"] and answer in line["short"]
    assert line["citations"] and line["citations"][0]["supported"]
    with Index.open(index) as opened:
        for c in line["citations"]:
            assert opened.document(c["source"]).text[c["start"] : c["end"]] == c["quote"]


def test_a_person_reads_text_and_citations(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "ask", THREE["vi"][0], "--index", str(index))
    assert code == 0
    assert "Đỗ Hữu Quyết" in out and "[1]" in out and "thanh-hoa-2024-09.md:" in out


def test_batch_gives_one_line_each_in_order(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items: list[Any] = [{"id": f"q{i}", "question": q} for i, (q, _) in enumerate(THREE.values())]
    items.append({"id": "follow", "question": "Còn cấp xã thì sao?", "history": [[THREE["folded"][0], "133 tổ [1]"]]})
    items.append({"id": "empty", "question": "   "})
    items.append({"id": "history", "question": "x?", "history": "no list"})
    items.append({"id": "phở", "question": "Cách nấu phở bò?"})
    raw = "\n".join(json.dumps(i, ensure_ascii=False) for i in items) + "\n{broken\n\n[1]\n"
    path = tmp_path / "batch.jsonl"
    path.write_text(raw, encoding="utf-8")
    code, out, _ = run(capsys, "ask", "--batch", str(path), "--json", "-k", "4", "--index", str(index))
    lines = [json.loads(x) for x in out.splitlines()]
    assert code == 0
    assert [line["id"] for line in lines] == ["q0", "q1", "q2", "follow", "empty", "history", "phở", None, None]
    assert [line["status"] for line in lines] == ["answered"] * 4 + ["failed"] * 2 + ["abstained"] + ["failed"] * 2
    assert all(list(line) == LINE_KEYS for line in lines)
    assert all(isinstance(line["answer"], str) for line in lines)
    assert "59" in lines[3]["answer"] and "xã" in lines[3]["query"]
    assert len(lines[0]["retrieved"]) == 4
    assert lines[6]["citations"] == [] and lines[6]["answer"]
    assert "question is empty" in lines[4]["error"] and "history must be" in lines[5]["error"]
    assert "line 8: not valid JSON" in lines[7]["error"] and "line 10: expected an object" in lines[8]["error"]


def test_search(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "search", "tổ chuyển đổi số cộng đồng cấp thôn", "-k", "3", "--index", str(index), "--json"
    )
    hits = json.loads(out)["hits"]
    assert code == 0 and [h["rank"] for h in hits] == [1, 2, 3]
    assert hits[0]["source"] == "ha-tinh-2022-10.md" and "133 tổ" in hits[0]["text"]
    code, out, _ = run(
        capsys, "search", "tổ công nghệ số", "--source", "hau-giang-2023-01.md", "--index", str(index), "--json"
    )
    assert {h["source"] for h in json.loads(out)["hits"]} == {"hau-giang-2023-01.md"}
    code, out, _ = run(capsys, "search", "chuyển đổi số", "--from", "2024", "--index", str(index), "--json")
    assert {h["date"][:4] for h in json.loads(out)["hits"]} == {"2024"}
    code, out, _ = run(capsys, "search", "chuyển đổi số", "-k", "1", "--index", str(index))
    assert out.startswith("  1 ")


def test_ingest_reports_and_is_idempotent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs = tmp_path / "docs"
    shutil.copytree(ROOT / "seeds", docs)
    (docs / "empty.txt").write_text("", encoding="utf-8")
    (docs / "noise.txt").write_bytes(bytes(range(256)) * 40)
    index = str(tmp_path / "index")
    code, out, err = run(capsys, "ingest", str(docs), "--index", index, "--json")
    report = json.loads(out)
    assert code == 0 and len(report["added"]) == 5
    assert {Path(s["path"]).name for s in report["skipped"]} == {"empty.txt", "noise.txt"}
    assert "skipped" in err and "empty.txt" in err
    code, out, _ = run(capsys, "ingest", str(docs), "--index", index, "--json")
    assert code == 0 and len(json.loads(out)["unchanged"]) == 5 and not json.loads(out)["added"]
    (docs / "ha-tinh-2024.md").unlink()
    code, out, _ = run(capsys, "ingest", str(docs), "--index", index, "--json", "--prune")
    assert json.loads(out)["removed"] == ["ha-tinh-2024.md"]
    code, out, _ = run(capsys, "index", "info", "--index", index, "--json")
    assert code == 0 and json.loads(out)["documents"] == 4
    code, out, _ = run(capsys, "index", "verify", "--index", index)
    assert (code, out.strip()) == (0, "no problems found")
    code, out, _ = run(capsys, "index", "remove", "hau-giang-2023-01.md", "--index", index)
    assert (code, out.strip()) == (0, "1 removed")
    code, _, err = run(capsys, "index", "remove", "no.md", "--index", index)
    assert code == 2 and "'no.md'" in one_line(err)
    code, out, _ = run(capsys, "index", "rebuild", "--index", index)
    assert code == 0


def test_doctor(index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LLM_API_KEY", "sk-canary-123")
    monkeypatch.setenv("RAG_K", "7")
    code, out, _ = run(capsys, "doctor", "--index", str(index))
    assert code == 0 and "sk-canary-123" not in out
    assert "environment RAG_K" in out and "faiss-cpu" in out
    code, out, _ = run(capsys, "doctor", "--index", str(index), "--json")
    report = json.loads(out)
    assert report["settings"]["k"] == {"value": 7, "origin": "environment RAG_K"}
    assert report["settings"]["index"]["origin"] == "argument"
    assert report["index"]["documents"] == 5 and report["tiers"]["llm"] == "extractive"


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["ask", "hỏi gì?", "--index", "{missing}"], 2, ["{missing}", "rag ingest"]),
        (["ask", "  ", "--index", "{index}"], 2, ["question is empty"]),
        (["ask", "--index", "{index}"], 2, ["question or --batch"]),
        (["ask", "x?", "-k", "0", "--index", "{index}"], 2, ["-k 0"]),
        (["ask", "x?", "--index", "{index}", "--llm", "nonsense:model"], 2, ["nonsense", "extractive", "openai:"]),
        (["ask", "x?", "--index", "{index}", "--llm", "openai:gpt-x"], 2, ["OPENAI_API_KEY"]),
        (["ask", "x?", "--index", "{index}", "--llm", "hf:/no/such/folder"], 2, ["/no/such/folder"]),
        (["ask", "x?", "--index", "{index}", "--embedder", "/no/such/model"], None, ["/no/such/model"]),
        (["ask", "--batch", "{missing}.jsonl", "--index", "{index}"], 2, ["{missing}.jsonl", "JSONL"]),
        (["search", " ", "--index", "{index}"], 2, ["question is empty"]),
        (["ingest", "{missing}", "--index", "{fresh}"], 2, ["{missing}", "no such file"]),
        (["ingest", "{empty}", "--index", "{fresh}"], 2, ["{empty}", "no documents found", ".pdf"]),
        (["index", "info", "--index", "{empty}"], 2, ["{empty}"]),
        (["index", "remove", "--index", "{index}"], 2, ["sources to remove"]),
        (["nonsense"], 2, ["nonsense"]),
        (["eval", "run", "--questions", "{missing}.jsonl", "--index", "{index}"], 2, ["{missing}.jsonl"]),
    ],
)
def test_bad_input_gets_one_line_and_its_code(
    argv: list[str], code: int | None, words: list[str], index: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (tmp_path / "empty").mkdir()
    places = {"index": index, "missing": tmp_path / "missing", "empty": tmp_path / "empty", "fresh": tmp_path / "fresh"}
    got, out, err = run(capsys, *(a.format(**places) for a in argv))
    line = one_line(err)
    assert out == "" and "Traceback" not in err
    assert got == code if code is not None else got in (1, 2)
    for word in words:
        assert word.format(**places) in line


def test_index_of_another_model_names_the_rebuild(
    index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_EMBEDDER_PASSAGE_PREFIX", "passage: ")
    code, _, err = run(capsys, "ask", "x?", "--index", str(index))
    assert code == 1
    assert "rag index rebuild" in one_line(err)


def test_the_process_reads_standard_input_and_survives_a_closed_pipe(index: Path) -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    ask = [sys.executable, "-m", "rag", "ask", "-", "--index", str(index)]
    done = subprocess.run(ask, input=THREE["vi"][0], capture_output=True, encoding="utf-8", cwd=ROOT, env=environ)
    assert done.returncode == 0 and "Đỗ Hữu Quyết" in done.stdout
    piped = f"'{sys.executable}' -m rag search 'chuyển đổi số' -k 50 --json --index '{index}' | head -c 10; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", piped], capture_output=True, encoding="utf-8", cwd=ROOT, env=environ)
    assert "Traceback" not in done.stderr


def test_chat_keeps_the_history(index: Path) -> None:
    talk = "Đến tháng 10/2022 Hà Tĩnh có bao nhiêu tổ chuyển đổi số cộng đồng cấp thôn?\nCòn cấp xã thì sao?\n\n"
    done = subprocess.run(
        [sys.executable, "-m", "rag", "chat", "--index", str(index)],
        input=talk, capture_output=True, encoding="utf-8", cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.split("> ")[1:3]
    assert "133" in first and "59" in second


def test_ask_loads_nothing_heavy(index: Path) -> None:
    program = (
        "import sys; from rag.cli import main\n"
        f"code = main(['ask', {THREE['vi'][0]!r}, '--index', {str(index)!r}])\n"
        "heavy = ('torch', 'transformers', 'sentence_transformers', 'gradio', 'langchain', 'langchain_core', 'faiss', 'pydantic', 'fastapi')\n"
        "print(code, [m for m in heavy if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", cwd=ROOT)
    assert done.stderr.strip() == "0 []"
