"""The tables beside a tokenizer say what the tokenizer's file says, or are not used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.models import vocabulary
from rag.models.static import FILES, Segmenter, StaticModel, bundled_path, write_tables
from rag.models.unigram import MARK, Words, tabulate

WORDS = st.lists(st.text("aăbđ", min_size=1, max_size=3), min_size=1, max_size=3)
PIECES = st.lists(
    st.tuples(
        st.one_of(WORDS.map(lambda ws: "".join(MARK + w for w in ws)), st.text("aăbđ", min_size=1, max_size=3)),
        st.integers(-30_000, -1).map(lambda n: n / 1000),
    ),
    max_size=30,
    unique_by=lambda pair: pair[0],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The bundled model's small files, and its weights by a link."""
    for name in (*FILES, vocabulary.NAME):
        if name.endswith(".safetensors"):
            (tmp_path / name).symlink_to(bundled_path() / name)
        else:
            shutil.copy(bundled_path() / name, tmp_path / name)
    return tmp_path


def test_the_bundled_tables_are_those_of_the_bundled_tokenizer() -> None:
    raw = (bundled_path() / "tokenizer.json").read_bytes()
    model = json.loads(raw)["model"]
    held = vocabulary.read(bundled_path() / vocabulary.NAME, raw)
    assert held is not None, "run rag.models.static.write_tables(bundled_path()) after changing the tokenizer"
    table, unknown = held
    assert unknown == model["unk_id"]
    assert list(zip(table.pieces, table.scores, strict=True)) == [tuple(pair) for pair in model["vocab"]]
    assert table == tabulate(model["vocab"])


@settings(max_examples=100, deadline=None)
@given(PIECES, st.lists(WORDS, max_size=4))
def test_tables_come_back_as_written_and_cut_alike(tmp_path_factory: pytest.TempPathFactory, pieces, runs) -> None:
    made = [("<unk>", -30.0), *pieces]
    path, told = tmp_path_factory.getbasetemp() / vocabulary.NAME, b"some tokenizer"
    assert vocabulary.write(path, told, tabulate(made), 0)
    held = vocabulary.read(path, told)
    assert held == (tabulate(made), 0)
    parsed, read = Words(made, 0), Words(*held)
    for words in runs:
        run = "".join(MARK + w for w in words)
        assert parsed.ids(run) == read.ids(run)


@pytest.mark.parametrize("damage", ["gone", "cut", "flipped", "empty", "foreign", "tokenizer"])
def test_tables_that_do_not_fit_are_not_used(folder: Path, damage: str) -> None:
    texts = ["Hà Tĩnh đã thành lập 133 tổ công nghệ số cộng đồng.", "the provincial people's committee"]
    right = list(StaticModel.load(bundled_path()).segmenter.ids(texts))
    file, tokenizer = folder / vocabulary.NAME, folder / "tokenizer.json"
    data = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "flipped":
        file.write_bytes(data[:-100] + bytes([data[-100] ^ 1]) + data[-99:])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "foreign":
        file.write_bytes(b"PK\x03\x04" + data[4:])
    else:
        tokenizer.write_bytes(tokenizer.read_bytes() + b"\n")
    assert vocabulary.read(file, tokenizer.read_bytes()) is None
    assert list(Segmenter(tokenizer).ids(texts)) == right


def test_tables_are_written_for_a_tokenizer_of_our_make_only(folder: Path) -> None:
    (folder / vocabulary.NAME).unlink()
    assert write_tables(folder)
    assert (folder / vocabulary.NAME).read_bytes() == (bundled_path() / vocabulary.NAME).read_bytes()
    (folder / vocabulary.NAME).unlink()
    told = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    told["normalizer"] = None
    (folder / "tokenizer.json").write_text(json.dumps(told), encoding="utf-8")
    assert not write_tables(folder)
    assert not (folder / vocabulary.NAME).exists()


def test_pieces_with_line_breaks_are_left_to_the_json_file(tmp_path: Path) -> None:
    assert not vocabulary.write(tmp_path / vocabulary.NAME, b"", tabulate([("<unk>", -30.0), ("a\nb", -1.0)]), 0)
    assert not list(tmp_path.iterdir())
