"""How near words stand to each other, against going through every passage word by word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_model import DOCUMENTS

from rag import Document, Index, Retriever, Settings
from rag.ingest.pipeline import fingerprint, ingest
from rag.models.embedders import StaticEmbedder
from rag.models.parts import WordParts
from rag.retrieve import channels as ch
from rag.retrieve.proximity import LEAD, WINDOW, Terms, proximity, terms
from rag.retrieve.rarity import Rarities
from rag.scoring import maxsim
from rag.store import Store

SIZE = 9
PARTS = WordParts(
    np.array([0, 1, 2, 1, 3, 4, 4, 2, 0, 5, 6, 3], dtype=np.uint32), np.array([0, 1, 2, 4, 5, 6, 9, 10, 11, 12])
)
PASSAGES = st.lists(st.lists(st.lists(st.integers(0, SIZE - 1), max_size=40), min_size=1, max_size=4), max_size=5)
WORDINGS = st.lists(st.dictionaries(st.integers(0, 8), st.integers(1, 9), max_size=5), max_size=3)


def made(passages: list[list[list[int]]]) -> ch.Pieces:
    """Pieces of passages, each its context and then its sentences."""
    groups = [group for passage in passages for group in passage]
    flat = np.array([piece for group in groups for piece in group], dtype=np.int64)
    starts = np.cumsum([0, *map(len, groups)])
    return ch.Pieces(*maxsim.distinct(flat, SIZE), starts, np.cumsum([0, *map(len, passages)]))


def shares(weights: dict[int, int]) -> Terms:
    values = np.array(list(weights.values()), dtype=np.float32)
    return np.array(list(weights), dtype=np.uint32), values / max(values.sum(), 1)


def slow(passages: list[list[list[int]]], parts: WordParts, asked: Terms) -> tuple[list[float], list[float]]:
    """The best of all windows, and the beginning, as sets of words."""
    weight = dict(zip(asked[0].tolist(), asked[1].tolist(), strict=True))

    def words(pieces: list[int]) -> list[int]:
        return parts.of(np.array(pieces, dtype=np.int64))[0].tolist()

    def held(found: list[int]) -> float:
        return sum(weight.get(word, 0.0) for word in set(found))

    window, lead = [], []
    for context, *sentences in passages:
        whole = words(context) + [word for sentence in sentences for word in words(sentence)]
        window.append(max((held(whole[i : i + WINDOW]) for i in range(len(whole))), default=0.0))
        lead.append(held(whole[: len(words(context)) + LEAD]))
    return window, lead


@settings(max_examples=150, deadline=None)
@given(PASSAGES, WORDINGS)
def test_equals_going_through_every_window(passages: list[list[list[int]]], wordings: list[dict[int, int]]):
    asked = [shares(weights) for weights in wordings]
    found = proximity(made(passages), PARTS, asked)
    told = [slow(passages, PARTS, one) for one in asked]
    for i in range(len(passages)):
        assert found["window"][i] == pytest.approx(max((w[i] for w, _ in told), default=0.0), abs=1e-5)
        assert found["lead"][i] == pytest.approx(max((lead[i] for _, lead in told), default=0.0), abs=1e-5)
    assert len(found["window"]) == len(found["lead"]) == len(passages)


def test_over_an_index(index: Index):
    snapshot, embedder = index.store.snapshot(), index.embedder
    parts = embedder.word_parts()
    assert parts is not None
    asked = terms(snapshot, embedder, Rarities(snapshot.generation), parts, "bao nhiêu tổ công nghệ ở Hà Tĩnh")
    found = proximity(ch.pieces(snapshot, embedder, snapshot.ids), parts, [asked])
    passages = []
    for p in snapshot.passages(snapshot.ids):
        texts = [p.context, *(p.text[a - p.start : b - p.start] for a, b in p.sentences)]
        passages.append([pieces.tolist() for pieces in embedder.pieces(texts)])
    window, lead = slow(passages, parts, asked)
    assert found["window"] == pytest.approx(window, abs=1e-5) and found["lead"] == pytest.approx(lead, abs=1e-5)
    assert max(window) > 0.3 and max(lead) > 0.3


def test_a_word_weighs_as_much_as_it_is_rare_whatever_its_diacritics(index: Index):
    snapshot, embedder, rarities = index.store.snapshot(), index.embedder, Rarities()
    parts = embedder.word_parts()
    assert parts is not None
    numbers, weights = terms(snapshot, embedder, rarities, parts, "Chợ chợ tỉnh nghệ")
    assert len(numbers) == len(set(numbers.tolist())) == 3 and weights.sum() == pytest.approx(1.0)
    rarity = rarities.of(snapshot, ["cho", "tinh", "nghe"], True)
    assert weights == pytest.approx(rarity / rarity.sum(), abs=1e-6)
    plain, _ = terms(snapshot, embedder, rarities, parts, "cho tinh nghe")
    assert plain.tolist() == numbers.tolist()
    assert len(terms(snapshot, embedder, rarities, parts, "?!")[0]) == 0


def test_the_words_together_come_before_the_same_words_apart(make_index: Callable[..., Index]):
    filler = "Bà con bán rau và nói chuyện từ sáng sớm. " * 8
    documents = [
        Document("apart", f"Tỉnh đã lập tổ cộng đồng. {filler}Công nghệ số giúp nông sản.", language="vi"),
        Document("together", f"{filler}Tỉnh đã lập tổ cộng đồng. Công nghệ số giúp nông sản. ", language="vi"),
    ]
    hits = Retriever(make_index(documents)).search("tổ cộng đồng công nghệ số")
    window = {h.source: h.channels["window"] for h in hits}
    assert window["together"] == pytest.approx(1.0, abs=1e-3) and window["apart"] < 0.8
    lead = {h.source: h.channels["lead"] for h in hits}
    assert lead["apart"] > lead["together"]
    assert {"window", "lead", "neighbours"} <= set(hits[0].channels)


class Wordless(StaticEmbedder):
    """Token vectors without word parts, as of another make."""

    def word_parts(self) -> None:
        return None


def test_tokens_that_do_not_tell_words_are_no_hindrance(model: Path, tmp_path: Path):
    embedder = Wordless(model, str(model))
    index = Index(tmp_path, Settings(), embedder, Store.create(tmp_path / "i", fingerprint(embedder)))
    ingest(index.store, embedder, DOCUMENTS, index.settings)
    hits = Retriever(index).search("Hà Tĩnh có bao nhiêu tổ công nghệ số cộng đồng?")
    assert hits[0].source == "ha-tinh.txt"
    assert "window" not in hits[0].channels and {"maxsim", "neighbours"} <= set(hits[0].channels)
    index.close()
