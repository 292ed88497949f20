"""Imports inside rag/ point down the list of the design only, and `import rag` loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "rag"

# A part may import the parts above it. Names as in the design's list.
ORDER = [
    "types",
    "errors",
    "settings",
    "wire",
    "text",
    "scoring",
    "models",
    "ingest",
    "store",
    "index",
    "retrieve",
    "ask",
    "evaluation",
    "serve",
    "training",
    "langchain",
    "doctor",
    "cli",
    "__main__",
]


def part_of(module: str) -> str | None:
    pieces = module.split(".")
    return pieces[1] if pieces[0] == "rag" and len(pieces) > 1 else None


def imports_of(path: Path) -> set[str]:
    """Every rag.* module a file imports at run time (blocks under TYPE_CHECKING are for the type checker only)."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for child in node.orelse:
                visit(child)
            return
        if isinstance(node, ast.Import):
            found.update(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module == "rag":
                found.update(f"rag.{a.name}" for a in node.names)
            else:
                found.add(node.module)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return {m for m in found if m == "rag" or m.startswith("rag.")}


FILES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    own = relative.parts[0].removesuffix(".py")
    assert own in ORDER, f"{own} has no place in the list; add it to the design and to this test"
    upper = {
        name for name in imports_of(path) if (part := part_of(name)) in ORDER and ORDER.index(part) > ORDER.index(own)
    }
    # the public facades are reached lazily through `rag` by name only from these outer parts
    assert not upper, f"{relative} imports {sorted(upper)}, which stand below it in the list"


def test_every_part_exists() -> None:
    present = {p.relative_to(PACKAGE).parts[0].removesuffix(".py") for p in FILES}
    assert present <= set(ORDER)


HEAVY = ("torch", "faiss", "gradio", "transformers", "langchain", "langchain_core", "numpy", "tokenizers", "pydantic")


def loaded_by(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_import_loads_nothing_heavy() -> None:
    assert loaded_by("import rag") == set()


def test_text_and_command_line_load_nothing_heavy() -> None:
    assert loaded_by("import rag.cli, rag.text.normalise, rag.settings; rag.cli.parser()") == set()
