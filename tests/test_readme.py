"""What the README shows is what happens: its Python runs, its commands and settings exist, its answer is the real one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from rag.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    if "answer" in names:
        assert names["answer"].status == "answered"  # type: ignore[attr-defined]
        assert "5/3/2025" in names["answer"].text  # type: ignore[attr-defined]


def test_commands_parse() -> None:
    from rag.cli import parser

    seen = 0
    for block in blocks("console"):
        for line in block.splitlines():
            line = line.strip().removeprefix("$ ").split("  #")[0].strip()
            if line.startswith("rag "):
                parser().parse_args(shlex.split(line)[1:])
                seen += 1
    assert seen >= 6


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^\$ make (\w+)", README, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_settings_named_exist() -> None:
    table = README.split("## One setting away")[1].split("##")[0]
    named = set(re.findall(r"`RAG_([A-Z_]+)`", table)) - {"*"}
    fields = set(Settings.__dataclass_fields__)
    assert {n.lower() for n in named if n != "_"} <= fields
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \|", table, re.M)[2:]
    for row in rows:
        for name in re.findall(r"`([a-z_]+)`", row):
            assert name in fields, name


def test_no_link_leads_nowhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_the_answer_shown_is_the_real_one(tmp_path: Path) -> None:
    from rag import Index, Rag
    from rag.wire import answer_text

    shown = README.split("<!-- answer -->")[1].split("<!-- /answer -->")[0]
    question = re.search(r'rag ask "(.+?)"', shown)
    assert question, "the README shows no answer"
    with Index.create(tmp_path / "index") as index:
        index.add([ROOT / "seeds"])
        answer = Rag(index).ask(question.group(1))
    printed = shown.split("```")[1].split("\n", 2)[2].strip()
    assert answer_text(answer).strip() == printed
