"""The torch-free encoder against tiny models made here, against the bundled one, and against the two other loaders."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from rag.errors import EmbedderError, ModelMissing, UsageError
from rag.models.static import StaticModel, bundled_path
from rag.training import export, vocabulary

TEXTS = [
    "Chuyển đổi số ở Hà Tĩnh.",
    "",
    "   \n ",
    "🎉🎉",
    "Hà Tĩnh 🎉 2023: 99,15%",
    "chuyen doi so",
    "x" * 3000,
    "Đường Thủy tại xã Kỳ Anh. " * 150,
    "How many communes are there in Ha Tinh?",
]


@pytest.fixture(scope="module")
def tokenizer():
    text = ["chuyển đổi số ở hà tĩnh năm 2023", "hà tĩnh có 99 xã", "xã kỳ anh chuyển đổi số", "xxxx x", "%"]
    return vocabulary.build(text * 20, ["chuyen doi so o ha tinh"] * 20)


@pytest.fixture(scope="module", params=export.DTYPES)
def tiny(request, tokenizer, tmp_path_factory):
    table = np.random.default_rng(0).normal(size=(tokenizer.get_vocab_size(), 16)).astype(np.float32)
    table[0] = 0
    folder = tmp_path_factory.mktemp("model") / request.param
    export.write(folder, table, tokenizer, request.param)
    return folder, export.stored(table, request.param)


def by_hand(table, tokenizer, text):
    ids = tokenizer.encode(text).ids
    total = table[ids].sum(axis=0) if ids else np.zeros(table.shape[1])
    return total / max(np.linalg.norm(total), 1e-12)


def test_vectors_are_unit_means_of_piece_vectors(tiny, tokenizer):
    folder, table = tiny
    got = StaticModel.load(folder).encode(TEXTS)
    assert got.dtype == np.float32 and got.shape == (len(TEXTS), 16)
    for text, vector in zip(TEXTS, got, strict=True):
        np.testing.assert_allclose(vector, by_hand(table, tokenizer, text), atol=1e-5)


def test_texts_without_known_pieces_have_the_zero_vector(tiny):
    got = StaticModel.load(tiny[0]).encode(["", "  ", "🎉"])
    assert not got.any()
    assert StaticModel.load(tiny[0]).encode([]).shape == (0, 16)


def test_batches_do_not_change_vectors(tiny):
    model = StaticModel.load(tiny[0])
    many = [f"hà tĩnh có {i} xã" if i % 5 else "" for i in range(2500)]
    alone = np.concatenate([model.encode([t]) for t in many[::251]])
    np.testing.assert_allclose(model.encode(many)[::251], alone, atol=1e-6)


def test_a_table_read_from_the_map_and_one_unpacked_agree(tiny):
    mapped, unpacked = StaticModel.load(tiny[0]), StaticModel.load(tiny[0])
    assert unpacked.table.dtype == np.float32
    np.testing.assert_array_equal(mapped.encode(TEXTS), unpacked.encode(TEXTS))


def test_token_vectors_are_unit_and_norms_restore_the_table(tiny):
    folder, table = tiny
    model = StaticModel.load(folder)
    assert model.token_vectors.dtype == model.token_norms.dtype == np.float32
    np.testing.assert_allclose(model.token_vectors * model.token_norms[:, None], table, atol=1e-5)
    lengths = np.linalg.norm(model.token_vectors, axis=1)
    assert lengths[0] == 0 and np.allclose(lengths[1:], 1, atol=1e-5)


def test_pieces_are_the_tokenizers_ids_cut_to_the_bound(tiny, tokenizer):
    model = StaticModel.load(tiny[0])
    got = model.pieces(TEXTS, most=40)
    for text, ids in zip(TEXTS, got, strict=True):
        assert ids.dtype == np.uint32
        assert ids.tolist() == tokenizer.encode(text).ids[:40]


@pytest.mark.parametrize("text", [*TEXTS, "  Hà   Tĩnh,\n\n(99 xã) a_b", "HÀ TĨNH\u00a0năm\t2023"])
def test_offsets_point_at_the_pieces_own_characters(tiny, text):
    spans = StaticModel.load(tiny[0]).offsets(text)
    end = 0
    for _, start, stop in spans:
        assert start < stop <= len(text)
        assert text[start:stop] == text[start:stop].strip()
        assert stop >= end
        end = stop


def test_offsets_name_the_superword(tiny, tokenizer):
    text = "Ở đây, chuyển đổi số ở Hà Tĩnh"
    named = {tokenizer.id_to_token(i): text[a:b] for i, a, b in StaticModel.load(tiny[0]).offsets(text)}
    assert "hà tĩnh" in {v.lower() for v in named.values()} or "Tĩnh" in " ".join(named.values())


def test_the_three_loaders_agree(tiny):
    model2vec = pytest.importorskip("model2vec")
    sentence_transformers = pytest.importorskip("sentence_transformers")
    folder = tiny[0]
    ours = StaticModel.load(folder).encode(TEXTS)
    thin = model2vec.StaticModel.from_pretrained(folder)
    np.testing.assert_allclose(thin.encode(TEXTS), ours, atol=1e-3)
    full = sentence_transformers.SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    np.testing.assert_allclose(full.encode(TEXTS), ours, atol=1e-3)


def test_the_fingerprint_follows_the_content(tiny, tokenizer, tmp_path):
    folder, table = tiny
    assert StaticModel.load(folder).fingerprint == export.fingerprint(folder)
    export.write(tmp_path / "other", table + 0.5, tokenizer, "float32")
    assert StaticModel.load(tmp_path / "other").fingerprint != StaticModel.load(folder).fingerprint


def test_one_model_serves_many_threads(tiny):
    model, want, got = StaticModel.load(tiny[0]), StaticModel.load(tiny[0]).encode(TEXTS), {}

    def work(i):
        got[i] = (model.encode(TEXTS), model.token_norms.sum())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(got) == 8
    for vectors, _ in got.values():
        np.testing.assert_array_equal(vectors, want)


def test_a_missing_folder_or_file_is_named(tmp_path):
    with pytest.raises(ModelMissing, match="missing"):
        StaticModel.load(tmp_path / "nowhere")


def damaged(folder: Path, target: Path) -> Path:
    target.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (target / name).write_bytes((folder / name).read_bytes())
    return target


@pytest.mark.parametrize("spoil", ["cut", "header", "empty", "config", "names"])
def test_damage_is_a_typed_error(tiny, tmp_path, spoil):
    copy = damaged(tiny[0], tmp_path / "copy")
    weights = copy / "model.safetensors"
    data = weights.read_bytes()
    if spoil == "cut":
        weights.write_bytes(data[:-8])
    elif spoil == "header":
        weights.write_bytes(b"\xff" * 64)
    elif spoil == "empty":
        weights.write_bytes(b"")
    elif spoil == "config":
        (copy / "config.json").write_text("{")
    else:
        (copy / "config.json").write_text(json.dumps({}))
    with pytest.raises(EmbedderError):
        StaticModel.load(copy)


def test_an_unknown_dtype_is_refused(tokenizer, tmp_path):
    with pytest.raises(UsageError, match="known: int8"):
        export.write(tmp_path / "m", np.zeros((2, 2), np.float32), tokenizer, "int4")


# ---- the bundled model


@pytest.fixture(scope="module")
def bundled():
    if not (bundled_path() / "config.json").exists():
        pytest.skip("the bundled model is not there")
    return StaticModel.load(bundled_path())


def test_the_bundled_fingerprint_is_that_of_its_files(bundled):
    assert bundled.fingerprint == export.fingerprint(bundled_path())


def test_the_bundled_model_is_small(bundled):
    assert sum(f.stat().st_size for f in bundled_path().rglob("*") if f.is_file()) < 60e6
    assert bundled.dimension == 256


def test_the_bundled_model_is_equal_in_the_three_loaders(bundled):
    model2vec = pytest.importorskip("model2vec")
    sentence_transformers = pytest.importorskip("sentence_transformers")
    ours = bundled.encode(TEXTS)
    np.testing.assert_allclose(model2vec.StaticModel.from_pretrained(bundled_path()).encode(TEXTS), ours, atol=1e-3)
    full = sentence_transformers.SentenceTransformer(str(bundled_path()), device="cpu", local_files_only=True)
    np.testing.assert_allclose(full.encode(TEXTS), ours, atol=1e-3)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("How many people died in the flood?", "Trận lũ làm 12 người chết.", "Trời hôm nay rất đẹp."),
        ("digital transformation", "chuyển đổi số", "chuyển nhà trọn gói"),
        ("chuyen doi so o Ha Tinh", "Chuyển đổi số ở Hà Tĩnh", "Du lịch biển Đà Nẵng"),
        ("đường thủy", "đường thuỷ nội địa", "đường kính trắng"),
        ("The president visited the hospital", "Tổng thống đã đến thăm bệnh viện", "Tổng công ty đã bán cổ phần"),
    ],
)
def test_the_bundled_model_knows_meaning(bundled, question, right, wrong):
    q, r, w = bundled.encode([question, right, wrong])
    assert q @ r > q @ w + 0.1


def test_long_text_is_encoded_whole(bundled):
    long = "Hà Tĩnh có 216 xã. " * 5000
    np.testing.assert_allclose(bundled.encode([long])[0], bundled.encode(["Hà Tĩnh có 216 xã."])[0], atol=1e-3)
