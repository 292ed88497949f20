"""Cited question answering over your own documents.

    from rag import Index, Rag
    answer = Rag(Index.open("index/default")).ask("Hà Tĩnh có bao nhiêu tổ CĐS cộng đồng?")

Importing this package loads nothing heavy; each public name is imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.ask.pipeline import Rag
    from rag.errors import RagError
    from rag.index import Index
    from rag.retrieve import Retriever
    from rag.settings import Settings
    from rag.types import Answer, Citation, Document, Hit, IngestReport, Passage, Query

__version__ = "0.1.0"

_WHERE = {
    "Rag": "rag.ask.pipeline",
    "RagError": "rag.errors",
    "Index": "rag.index",
    "Retriever": "rag.retrieve",
    "Settings": "rag.settings",
    "Answer": "rag.types",
    "Citation": "rag.types",
    "Document": "rag.types",
    "Hit": "rag.types",
    "IngestReport": "rag.types",
    "Passage": "rag.types",
    "Query": "rag.types",
}
__all__ = [
    "Answer",
    "Citation",
    "Document",
    "Hit",
    "Index",
    "IngestReport",
    "Passage",
    "Query",
    "Rag",
    "RagError",
    "Retriever",
    "Settings",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'rag' has no attribute {name!r}; public names: {', '.join(sorted(_WHERE))}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
