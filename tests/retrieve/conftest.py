"""A small real index over a small static model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_model import DOCUMENTS, make_model

from rag import Document, Index, Settings


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [f"{d.title}. {s}" for d in DOCUMENTS for s in d.text.split(". ")] + [
        "how many teams did a market friend sell"
    ]
    pairs = {"teams": "tổ", "market": "chợ", "friend": "bạn", "community": "cộng"}
    return make_model(tmp_path_factory.mktemp("model"), texts, pairs)


@pytest.fixture
def make_index(model: Path, tmp_path: Path) -> Iterator[Callable[..., Index]]:
    made: list[Index] = []

    def make(documents: list[Document] = DOCUMENTS, **settings: object) -> Index:
        index = Index.create(tmp_path / f"index{len(made)}", Settings(embedder=str(model), **settings))  # type: ignore[arg-type]
        report = index.add(documents)
        assert not report.skipped
        made.append(index)
        return index

    yield make
    for index in made:
        index.close()


@pytest.fixture
def index(make_index: Callable[..., Index]) -> Index:
    return make_index()
