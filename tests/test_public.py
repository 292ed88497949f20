"""One public door: the names the package exports, and where they lead."""

from __future__ import annotations

import dataclasses

import pytest

import rag


def test_exported_names() -> None:
    assert sorted(rag.__all__) == rag.__all__
    assert set(rag.__all__) == {
        "Answer", "Citation", "Document", "Hit", "Index", "IngestReport", "Passage", "Query", "Rag", "RagError",
        "Retriever", "Settings", "__version__",
    }  # fmt: skip


@pytest.mark.parametrize("name", [n for n in rag.__all__ if n != "__version__"])
def test_each_name_is_there(name: str) -> None:
    assert getattr(rag, name).__name__ == name


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Chatbot'; public names: .*Rag"):
        _ = rag.Chatbot
    assert dir(rag) == sorted(rag.__all__)


@pytest.mark.parametrize("name", ["Document", "Passage", "Hit", "Citation", "Answer", "Query", "Settings"])
def test_values_are_frozen(name: str) -> None:
    cls = getattr(rag, name)
    assert cls.__dataclass_params__.frozen
    values = {"Document": {"source": "a", "text": "b"}, "Settings": {}}
    if name in values:
        value = cls(**values[name])
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, dataclasses.fields(cls)[0].name, "x")


def test_passage_context_names_what_the_paragraph_leaves_unsaid() -> None:
    p = rag.Passage(
        source="a.md", start=0, end=9, text="Tỉnh đạt.", title="Hà Tĩnh số", heading="Kinh tế", date="2022-10"
    )
    assert p.context == "Hà Tĩnh số. Kinh tế. 2022-10"
    assert p.indexed_text == "Hà Tĩnh số. Kinh tế. 2022-10. Tỉnh đạt."
    bare = rag.Passage(source="a.md", start=0, end=9, text="Tỉnh đạt.")
    assert bare.indexed_text == "Tỉnh đạt."
