"""``rag doctor``: what is installed, which tier is active, what is missing and the command that adds it.

Looks at package metadata only; imports none of the packages it reports on. Shows no secret.
"""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from rag.errors import RagError
from rag.settings import Resolved

# (distribution, what it is for, the command that adds it)
_PARTS = (
    ("numpy", "vectors", "pip install -c constraints.txt hoidap"),
    ("tokenizers", "bundled embedding model", "pip install -c constraints.txt hoidap"),
    ("faiss-cpu", "vector index", "pip install -c constraints.txt hoidap"),
    (
        "sentence-transformers",
        "other embedding models and rerankers",
        "pip install -c constraints.txt sentence-transformers",
    ),
    ("torch", "transformer models", "pip install torch==2.13.0"),
    ("langchain", "hosted and local LLMs", "pip install -c constraints.txt langchain"),
    ("gradio", "chat page", "pip install -c constraints.txt gradio"),
    ("fastapi", "HTTP API", "pip install -c constraints.txt fastapi"),
    ("pypdf", "PDF documents", "pip install -c constraints.txt pypdf"),
    ("python-docx", "Word documents", "pip install -c constraints.txt python-docx"),
    ("trafilatura", "web pages", "pip install -c constraints.txt trafilatura"),
    ("langchain-openai", "LLM openai:… and compatible servers", "pip install 'hoidap[openai]'"),
    ("langchain-ollama", "LLM ollama:…", "pip install 'hoidap[ollama]'"),
    ("langchain-anthropic", "LLM anthropic:…", "pip install 'hoidap[anthropic]'"),
    ("langchain-google-genai", "LLM google_genai:…", "pip install 'hoidap[google]'"),
    ("llama-cpp-python", "LLM gguf:/path", "pip install 'hoidap[gguf]'"),
)
_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "google_genai": "GOOGLE_API_KEY"}


def examine(resolved: Resolved) -> dict[str, Any]:
    """The report as plain data: ``python``, ``packages``, ``settings`` with origins, ``tiers``, ``index``, ``advice``."""
    settings = resolved.settings
    packages = []
    for name, use, fix in _PARTS:
        try:
            version: str | None = metadata.version(name)
        except metadata.PackageNotFoundError:
            version = None
        packages.append({"name": name, "version": version, "for": use, "add": None if version else fix})
    advice: list[str] = []
    provider = settings.llm.split(":", 1)[0]
    variable = _KEYS.get(provider)
    if variable and not (settings.llm_api_key or os.environ.get(variable) or settings.llm_base_url):
        advice.append(f"llm {settings.llm} needs a key: set {variable} or RAG_LLM_API_KEY")
    index = _index(resolved, advice)
    public = settings.public()
    return {
        "python": platform.python_version(),
        "packages": packages,
        "tiers": {"embedder": settings.embedder, "reranker": settings.reranker or "none", "llm": settings.llm},
        "index": index,
        "settings": {name: {"value": public[name], "origin": resolved.origins[name]} for name in public},
        "advice": advice,
    }


def _index(resolved: Resolved, advice: list[str]) -> dict[str, Any]:
    from rag.index import Index

    path = Path(resolved.settings.index)
    if not path.exists():
        advice.append(f"no index at {path}: build one with 'rag ingest seeds --index {path}'")
        return {"path": str(path), "state": "missing"}
    try:
        with Index.open(path, resolved.settings) as index:
            return {"path": str(path), "state": "ready", **index.info()}
    except RagError as exc:
        advice.append(str(exc))
        return {"path": str(path), "state": "unusable", "error": str(exc)}


def format_report(report: dict[str, Any]) -> str:
    """The report for a terminal."""
    lines = [f"python {report['python']}", "", "packages"]
    for p in report["packages"]:
        state = p["version"] or f"missing — {p['add']}"
        lines.append(f"  {p['name']:24s} {state:44s} {p['for']}")
    lines += ["", "active", *(f"  {k:10s} {v}" for k, v in report["tiers"].items()), "", "index"]
    lines += [f"  {k:14s} {v}" for k, v in report["index"].items()]
    lines += ["", "settings (value, origin)"]
    for name, s in report["settings"].items():
        lines.append(f"  {name:26s} {s['value']!s:30s} {s['origin']}")
    if report["advice"]:
        lines += ["", "to do", *(f"  - {a}" for a in report["advice"])]
    return "\n".join(lines)
