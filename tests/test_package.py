"""The wheel: what it carries, and that it answers from any folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that the checkout stays clean."""
    folder = tmp_path_factory.mktemp("build")
    for name in ("pyproject.toml", "README.md", "LICENSE", "index", "seeds", "eval"):
        if (ROOT / name).is_dir():
            (folder / name).mkdir()
            (folder / name / "x.py").write_text("", encoding="utf-8")
        else:
            shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "rag", folder / "rag", ignore=shutil.ignore_patterns("__pycache__"))
    program = "from setuptools.build_meta import build_wheel; print(build_wheel('out'))"
    (folder / "out").mkdir()
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "out" / done.stdout.split()[-1]


def test_wheel_carries_the_package_and_the_model_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {n.split("/")[0] for n in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"rag"}
    for needed in ("rag/py.typed", "rag/models/bundled/modules.json", "rag/ask/pipeline.py", "rag/serve/start.py"):
        assert needed in names
    weights = [n for n in names if n.startswith("rag/models/bundled/") and n.endswith(".safetensors")]
    tokenizer = [n for n in names if n.startswith("rag/models/bundled/") and n.endswith("tokenizer.json")]
    assert len(weights) == len(tokenizer) == 1
    size = sum(i.file_size for i in zipfile.ZipFile(wheel).infolist() if i.filename.startswith("rag/models/bundled/"))
    assert size < 60e6
    committed = {str(p.relative_to(ROOT)) for p in (ROOT / "rag").rglob("*.json") if "bundled" not in p.parts}
    assert committed <= set(names), "data files that the wheel leaves behind"


def test_installed_wheel_answers_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (tmp_path / "note.txt").write_text("Cuộc họp tổ dân phố số 4 dời sang ngày 5/3/2025.\n", encoding="utf-8")
    program = (
        f"import rag; assert rag.__file__.startswith({str(site)!r}), rag.__file__\n"
        "index = rag.Index.create('idx'); index.add(['note.txt'])\n"
        "a = rag.Rag(index).ask('Cuộc họp tổ dân phố số 4 dời sang ngày nào?'); print(a.status, a.text)"
    )
    environ = {**os.environ, "PYTHONPATH": str(site), "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("answered") and "5/3/2025" in done.stdout


def test_metadata() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == "hoidap"
    assert project["scripts"] == {"rag": "rag.cli:main"}
    assert project["requires-python"] == ">=3.11,<3.14"
    import rag

    assert project["version"] == rag.__version__


def test_every_requirement_is_pinned() -> None:
    """What `pip install -c constraints.txt` takes is the same tomorrow."""
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {Requirement(line).name.lower().replace("_", "-") for line in lines if line and not line.startswith("#")}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    missing = sorted({Requirement(r).name.lower().replace("_", "-") for r in wanted} - pins)
    assert not missing, f"add to constraints.txt: {missing}"
    assert "torch==2.13.0" in lines
