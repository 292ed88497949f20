"""The whole command over a small folder made here: it runs, is deterministic, and what it writes can be loaded."""

from __future__ import annotations

import json
import lzma
import random

import numpy as np
import pytest

from rag.models.static import StaticModel

pytest.importorskip("torch")
pytest.importorskip("scipy")

WORDS = {"red": "đỏ", "house": "nhà", "river": "sông", "school": "trường", "rain": "mưa", "rice": "gạo", "road": "đường",
         "doctor": "bác sĩ", "forest": "rừng", "market": "chợ", "village": "làng", "fish": "cá"}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("data"), random.Random(0)

    def sentence():
        chosen = rng.choices(sorted(WORDS), k=8)
        return " ".join(chosen), " ".join(WORDS[w] for w in chosen)

    def paragraph(side):
        return " ".join(sentence()[side].capitalize() + " đây là." for _ in range(3))

    def write(name, rows):
        with lzma.open(folder / name, "wt", encoding="utf-8") as stream:
            stream.writelines(row + "\n" for row in rows)

    sources = ("EnViCorpora/ALT-wiki", "d2l-vn", "mdn-vi", "tamnd-brain/languages/latin")
    write("parallel.tsv.xz", ["\t".join((*sentence(), sources[i % 4])) for i in range(400)])
    section = {"title_en": "river", "title_vi": "sông", "heading_en": "fish", "heading_vi": "cá", "source": "mdn-vi"}
    write(
        "sections-en-vi.jsonl.xz",
        [json.dumps(section | {"passage_en": paragraph(0), "passage_vi": paragraph(1)}) for _ in range(40)],
    )
    langs = (("vi", "x"), ("en", "MedQuAD/1"), ("en-vi", "x"))
    write(
        "questions.jsonl.xz",
        [
            json.dumps(
                {
                    "question": sentence()[i % 2],
                    "passage": paragraph(1),
                    "lang": langs[i % 3][0],
                    "source": langs[i % 3][1],
                }
            )
            for i in range(60)
        ],
    )
    write(
        "wiki-sections.jsonl.xz",
        [json.dumps({"title": "làng", "heading": "chợ", "body": paragraph(1)}) for _ in range(120)],
    )
    write(
        "news.jsonl.xz",
        [
            json.dumps({"title": sentence()[1], "abstract": paragraph(1), "paragraphs": [paragraph(1), paragraph(1)]})
            for _ in range(120)
        ],
    )
    (folder / "abbreviations_curated.tsv").write_text("BS\tbác sĩ\n", encoding="utf-8")
    (folder / "abbreviations_mined.tsv").write_text("CL\tchợ làng\t5\nXX\tmột lần\t1\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def dev(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dev") / "toy-en-vi"
    (folder / "qrels").mkdir(parents=True)
    passages = [f"{a} {b}" for a in list(WORDS.values())[:4] for b in list(WORDS.values())[4:8]]
    (folder / "corpus.jsonl").write_text(
        "\n".join(json.dumps({"_id": str(i), "text": t}) for i, t in enumerate(passages))
    )
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "red rain"}))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\t0\t1\n")
    return folder.parent


def run(data, out, *options):
    from rag.training.__main__ import main

    assert main(["--data", str(data), "--out", str(out), "--late-steps", "20", "--dimension", "32", *options]) == 0
    return StaticModel.load(out)


def test_the_command_gives_the_same_model_for_the_same_seed(data, tmp_path):
    keep = tmp_path / "keep"
    first = run(data, tmp_path / "a", "--epochs", "1", "--keep", str(keep))
    again = run(data, tmp_path / "b", "--epochs", "1")
    other = run(data, tmp_path / "c", "--epochs", "1", "--seed", "1")
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert first.dimension == 32 and not first.table[0].any()
    assert np.load(keep / "epoch0.npy").shape == first.table.shape


def test_the_command_teaches_translations(data, dev, tmp_path, capsys):
    model = run(data, tmp_path / "a", "--epochs", "20", "--dev", str(dev))
    assert "toy-en-vi" in capsys.readouterr().out
    english, vietnamese = model.encode(list(WORDS)), model.encode(list(WORDS.values()))
    assert np.mean((english @ vietnamese.T).argmax(1) == np.arange(len(WORDS))) > 0.7


def test_rare_mined_abbreviations_are_left_out(data):
    from rag.training.corpus import abbreviations

    assert abbreviations(data) == (("BS", "bác sĩ"), ("CL", "chợ làng"))


def test_figures_and_trade_offs_are_printed_for_a_model_folder(data, dev, tmp_path, capsys):
    from rag.training import evaluate, tradeoff

    run(data, tmp_path / "a", "--epochs", "1")
    assert evaluate.main(["--model", str(tmp_path / "a"), "--dev", str(dev)]) == 0
    assert tradeoff.main(["--model", str(tmp_path / "a"), "--dev", str(dev)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ") and "int8" in line]
    assert [line.split("|")[1].strip() for line in lines] == ["32", "24", "16", "8", "32", "32", "32"]
    pieces = [int(line.split("|")[2].replace(",", "")) for line in lines]
    assert pieces[0] == pieces[1] > pieces[4] > pieces[6] * 0.9


def test_narrowing_keeps_products_of_rows_that_lie_in_few_directions():
    from rag.training.tradeoff import narrow

    table = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32) @ np.random.default_rng(1).normal(
        size=(3, 12)
    ).astype(np.float32)
    assert narrow(table, 12) is table
    np.testing.assert_allclose(narrow(table, 3) @ narrow(table, 3).T, table @ table.T, rtol=1e-3, atol=1e-3)


def test_pruned_text_falls_to_smaller_pieces():
    from rag.training import vocabulary
    from rag.training.tradeoff import prune

    tokenizer = vocabulary.build(["chuyển đổi số ở hà tĩnh", "hà tĩnh mưa số đổi"] * 30, [])
    size = tokenizer.get_vocab_size()
    table = np.arange(size, dtype=np.float32)[:, None]
    cut, smaller = prune(table, tokenizer, size - 4)
    assert len(cut) == smaller.get_vocab_size() == size - 4
    assert all(tokenizer.get_vocab()[p] == cut[i, 0] for p, i in smaller.get_vocab().items())
    assert 0 not in smaller.encode("chuyển đổi số ở hà tĩnh").ids
