"""The recipes: their Python runs against scripted servers, their commands and settings exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from rag.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "docs" / "recipes").glob("*.md"))


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.S)


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_commands_and_settings_exist(path: Path) -> None:
    from rag.cli import parser

    for block in blocks(path, "console"):
        for line in block.splitlines():
            line = re.sub(r"^(RAG_\w+=(\"[^\"]*\"|\S+)\s+)+", "", line.strip().removeprefix("$ "))
            if line.startswith("rag "):
                parser().parse_args(shlex.split(line)[1:])
    for name in re.findall(r"RAG_([A-Z_]+)", path.read_text(encoding="utf-8")):
        assert name.lower() in Settings.__dataclass_fields__, name


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_python_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = blocks(path, "python")
    if not codes:
        pytest.skip("no Python in this recipe")
    from live import serving
    from scripted_llm import Say, ScriptedLLM
    from simple import SimpleService, sample_documents

    from rag.serve.start import build

    monkeypatch.chdir(tmp_path)
    settings = Settings(index=str(tmp_path / "served"))
    service = SimpleService(settings, sample_documents())
    with serving(build(settings, ui=False, service=service)) as address, ScriptedLLM(Say("Có 348 cột đèn [1].")) as llm:
        service.wait(10)
        monkeypatch.setenv("HOIDAP_URL", address)
        monkeypatch.setenv("LLM_URL", llm.url)
        for number, code in enumerate(codes):
            exec(compile(code.replace("index/mine", f"index/mine{number}"), str(path), "exec"), {})
    said = capsys.readouterr().out
    expected = {"own-documents": "Trưởng phòng", "models": "348", "use-from": "59"}[path.stem]
    assert expected in said
