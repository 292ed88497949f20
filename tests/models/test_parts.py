"""Pieces of several words are made of the pieces of each; diacritics do not tell pieces apart."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
from tiny_model import DOCUMENTS, make_model

from rag.models import vocabulary
from rag.models.parts import word_parts
from rag.models.static import Segmenter, StaticModel, _parsed, bundled_path, write_tables
from rag.models.unigram import Words
from rag.text.normalise import fold

PIECES = ["<unk>", "▁hà", "▁ha", "▁tĩnh", "▁hà▁tĩnh", "▁t", "ỉnh", "▁ha▁tỉnh", "▁HÀ", "à▁b"]


def cut(words: list[str]) -> list[list[int]]:
    known = {"hà": [1], "ha": [2], "tĩnh": [3], "tỉnh": [5, 6], "à": [0], "b": [0]}
    return [known[word] for word in words]


def test_a_piece_of_several_words_is_made_of_theirs() -> None:
    found = word_parts(PIECES, cut)
    numbers, bounds = found.of(np.array([4, 7, 1, 2, 8, 3]))
    told = [numbers[a:b].tolist() for a, b in itertools.pairwise(bounds)]
    ha, tinh, t, inh = (int(found.of(np.array([i]))[0][0]) for i in (1, 3, 5, 6))
    assert told == [[ha, tinh], [ha, t, inh], [ha], [ha], [ha], [tinh]]
    assert len({ha, tinh, t, inh}) == 4 and numbers.max() < found.size == len(PIECES)
    assert found.of(np.array([], dtype=np.int64))[0].tolist() == []


def test_the_parts_of_the_bundled_pieces_spell_them() -> None:
    model = StaticModel.load(bundled_path())
    raw = json.loads((bundled_path() / "tokenizer.json").read_text(encoding="utf-8"))
    pieces = [piece for piece, _ in raw["model"]["vocab"]]
    found = model.segmenter.word_parts
    numbers, bounds = found.of(np.arange(len(pieces)))
    name: dict[int, str] = {}
    for i in np.flatnonzero(np.diff(bounds) == 1).tolist():
        assert name.setdefault(int(numbers[bounds[i]]), fold(pieces[i])) == fold(pieces[i])
    several = np.flatnonzero(np.diff(bounds) > 1).tolist()
    assert len(several) > 10_000
    for i in several:
        assert "".join(name[n] for n in numbers[bounds[i] : bounds[i + 1]].tolist()) == fold(pieces[i])


def test_parts_are_read_with_the_tables_and_else_worked_out(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model", [d.text for d in DOCUMENTS])
    unread = Segmenter(folder / "tokenizer.json").word_parts
    by_library = Segmenter(Segmenter(folder / "tokenizer.json").tokenizer).word_parts
    assert write_tables(folder)
    read = Segmenter(folder / "tokenizer.json").word_parts
    for made in (unread, by_library):
        assert made.numbers.tolist() == read.numbers.tolist() and made.bounds.tolist() == read.bounds.tolist()


def test_tables_without_parts_are_read_as_before(tmp_path: Path) -> None:
    """As an earlier version wrote them: the segmentation is read, the parts are worked out."""
    folder = make_model(tmp_path / "model", [d.text for d in DOCUMENTS])
    raw = (folder / "tokenizer.json").read_bytes()
    held = _parsed(raw)
    assert held is not None and held[0].parts is None
    assert vocabulary.write(folder / vocabulary.NAME, raw, *held)
    read = vocabulary.read(folder / vocabulary.NAME, raw)
    assert read is not None and read == held and read[0].parts is None
    made = Segmenter(folder / "tokenizer.json").word_parts
    assert made.numbers.tolist() == word_parts(held[0].pieces, Words(*held).each).numbers.tolist()
