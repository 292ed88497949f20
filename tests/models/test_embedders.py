"""Embedders: the base's checks, tiny real model folders with random weights, and hosted embeddings over loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.errors import EmbedderError, MissingDependency, ModelMissing, UsageError
from rag.models import embedders
from rag.models.rerankers import CrossEncoderReranker, make_reranker
from rag.settings import Settings

TEXTS = ["chuyển đổi số ở hà tĩnh", "một con mèo", "Digital transformation", "a"]
WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "query",
    "passage",
    ":",
    "chuyển",
    "đổi",
    "số",
    "ở",
    "hà",
    "tĩnh",
    "một",
    "con",
    "mèo",
    "a",
]


class Scripted(embedders.Embedder):
    """Returns what it is told to."""

    name = "scripted"
    batch_size = 2

    def __init__(self, rows: Any, dimension: int = 2) -> None:
        self.rows, self.size, self.asked = rows, dimension, []

    @property
    def fingerprint(self) -> str:
        return "scripted"

    @property
    def dimension(self) -> int:
        return self.size

    def _embed(self, texts: list[str], query: bool) -> Any:
        self.asked.append((texts, query))
        return self.rows(texts) if callable(self.rows) else self.rows


# ---- the base


def test_rows_are_batched_and_brought_to_length_one():
    made = Scripted(lambda texts: [[3.0, 4.0]] * len(texts))
    assert made.embed_passages(["a", "b", "c"]).tolist() == pytest.approx(np.full((3, 2), [0.6, 0.8]))
    assert made.asked == [(["a", "b"], False), (["c"], False)]
    assert made.embed_queries([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[1.0, np.nan], [1, 0]], "NaN or infinite vector for text 0 of 2: 'first'"),
        ([[1.0, 0], [np.inf, 0]], "NaN or infinite vector for text 1 of 2: 'second'"),
        ([[1.0, 0], [0, 0]], "zero vector for text 1"),
        ([[1.0, 0, 0], [1, 0, 0]], r"shape \(2, 3\) for 2 texts; expected \(2, 2\)"),
        ([[1.0, 0]], r"shape \(1, 2\)"),
        ("words", "no array of numbers"),
    ],
)
def test_bad_vectors_are_refused(rows: Any, told: str):
    with pytest.raises(EmbedderError, match=told):
        Scripted(rows).embed_passages(["first", "second"])


def test_a_question_may_have_no_direction_but_not_nan():
    assert Scripted([[0.0, 0.0]]).embed_queries(["?"]).tolist() == [[0.0, 0.0]]
    with pytest.raises(EmbedderError, match="NaN"):
        Scripted([[np.nan, 0.0]]).embed_queries(["?"])


def test_one_text_is_not_a_list_of_letters():
    with pytest.raises(UsageError, match="wrap it in a list"):
        Scripted([[1.0, 0.0]]).embed_passages("text")


def test_no_tokens_unless_said():
    made = Scripted([[1.0, 0.0]])
    assert not made.has_tokens
    with pytest.raises(EmbedderError, match="no token vectors"):
        made.pieces(["a"])
    with pytest.raises(EmbedderError, match="no token vectors"):
        made.token_table()


# ---- names


def test_names_that_cannot_be():
    with pytest.raises(UsageError, match="embedder '' is empty"):
        embedders.make_embedder(Settings(embedder=" "))
    with pytest.raises(ModelMissing, match="'./nowhere' does not exist"):
        embedders.make_embedder(Settings(embedder="./nowhere"))
    with pytest.raises(UsageError, match="langchain:PROVIDER:MODEL"):
        embedders.make_embedder(Settings(embedder="langchain:openai"))
    with pytest.raises(ModelMissing, match="reranker folder '/no/such/folder'"):
        make_reranker(Settings(reranker="/no/such/folder"))
    assert make_reranker(Settings()) is None


def test_a_hub_name_fails_in_words_when_offline(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    made = embedders.make_embedder(Settings(embedder="nobody/no-such-model"))
    with pytest.raises(ModelMissing, match="'nobody/no-such-model' cannot be loaded"):
        made.embed_queries(["a"])


def test_missing_packages_name_the_pip_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    monkeypatch.setitem(sys.modules, "langchain.embeddings", None)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(MissingDependency, match="pip install sentence-transformers"):
        embedders.make_embedder(Settings(embedder=str(tmp_path))).embed_queries(["a"])
    with pytest.raises(MissingDependency, match="pip install sentence-transformers"):
        CrossEncoderReranker(str(tmp_path)).score("a", ["b"])
    with pytest.raises(MissingDependency, match="pip install langchain"):
        embedders.make_embedder(Settings(embedder="langchain:openai:m")).embed_queries(["a"])


def test_the_adapters_package_is_named():
    with pytest.raises(MissingDependency, match="pip install langchain-cohere"):
        embedders.make_embedder(Settings(embedder="langchain:cohere:m")).embed_queries(["a"])
    with pytest.raises(UsageError, match="nonsense"):
        embedders.make_embedder(Settings(embedder="langchain:nonsense:m")).embed_queries(["a"])


def test_nothing_heavy_is_imported_before_the_first_text():
    code = (
        "import sys; from rag.settings import Settings; from rag.models.embedders import make_embedder; "
        "make_embedder(Settings(embedder='langchain:openai:m')); make_embedder(Settings(embedder='some/e5-name'));"
        "print([m for m in ('torch', 'sentence_transformers', 'langchain', 'langchain_core', 'transformers') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


# ---- sentence-transformers folders


@pytest.fixture(scope="module")
def static_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("static")
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save_pretrained(
        str(folder)
    )
    return folder


@pytest.fixture(scope="module")
def transformer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    bert = tmp_path_factory.mktemp("bert")
    (bert / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    BertTokenizerFast(vocab_file=str(bert / "vocab.txt"), do_lower_case=False).save_pretrained(str(bert))
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(config).save_pretrained(str(bert))
    folder = tmp_path_factory.mktemp("tiny") / "tiny-e5-model"
    word = models.Transformer(str(bert))
    SentenceTransformer(modules=[word, models.Pooling(16)], device="cpu").save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def cross_folder(transformer_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("cross")
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(str(folder))
    AutoTokenizer.from_pretrained(str(transformer_folder)).save_pretrained(str(folder))
    return folder


def test_a_transformer_folder_gives_its_own_vectors(transformer_folder: Path):
    from sentence_transformers import SentenceTransformer

    made = embedders.make_embedder(Settings(embedder=str(transformer_folder)))
    assert isinstance(made, embedders.SentenceTransformerEmbedder)
    assert made.dimension == 16 and not made.has_tokens
    theirs = SentenceTransformer(str(transformer_folder), local_files_only=True)
    # an e5 name brings the prefixes of that family
    wanted = theirs.encode(["query: " + t for t in TEXTS], normalize_embeddings=True)
    np.testing.assert_allclose(made.embed_queries(TEXTS), wanted, atol=1e-5)
    wanted = theirs.encode(["passage: " + t for t in TEXTS], normalize_embeddings=True)
    np.testing.assert_allclose(made.embed_passages(TEXTS), wanted, atol=1e-5)


def test_fingerprint_follows_weights_and_prefixes_and_nothing_else(transformer_folder: Path, tmp_path: Path):
    import shutil

    copy = tmp_path / transformer_folder.name
    shutil.copytree(transformer_folder, copy)

    def fingerprint(**more: str) -> str:
        return embedders.make_embedder(Settings(embedder=str(copy), **more)).fingerprint

    first = embedders.make_embedder(Settings(embedder=str(transformer_folder))).fingerprint
    assert fingerprint() == first
    (copy / "README.md").write_text("another card")
    assert fingerprint() == first
    assert fingerprint(embedder_query_prefix="q: ") != first
    assert fingerprint(embedder_passage_prefix="p: ") != fingerprint(embedder_query_prefix="p: ")
    weights = next(copy.rglob("*.safetensors"))
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(bytes(raw))
    assert fingerprint() != first


def test_a_static_folder_of_ours_opens_without_torch_and_has_tokens(static_folder: Path, tmp_path: Path):
    import shutil

    theirs = embedders.make_embedder(Settings(embedder=str(static_folder)))
    assert isinstance(theirs, embedders.SentenceTransformerEmbedder) and theirs.dimension == 8
    ours = tmp_path / "ours"
    shutil.copytree(static_folder, ours)
    (ours / "config.json").write_text(json.dumps({"fingerprint": "f" * 64}))
    made = embedders.make_embedder(Settings(embedder=str(ours)))
    assert isinstance(made, embedders.StaticEmbedder) and made.has_tokens and made.dimension == 8
    np.testing.assert_allclose(made.embed_passages(TEXTS[:2]), theirs.embed_passages(TEXTS[:2]), atol=1e-5)
    assert not embedders.is_static_folder(ours.parent)


def test_a_folder_that_is_no_model(tmp_path: Path):
    (tmp_path / "notes.bin").write_bytes(b"x")
    with pytest.raises(ModelMissing, match="cannot be loaded"):
        embedders.make_embedder(Settings(embedder=str(tmp_path))).embed_queries(["a"])


def test_cross_encoder_scores_pairs(cross_folder: Path):
    from sentence_transformers import CrossEncoder

    made = make_reranker(Settings(reranker=str(cross_folder)))
    assert made is not None
    wanted = CrossEncoder(str(cross_folder), local_files_only=True).predict([("một con mèo", t) for t in TEXTS])
    np.testing.assert_allclose(made.score("một con mèo", TEXTS), wanted, atol=1e-5)
    assert made.score("a", []).shape == (0,)


def test_a_reranker_must_give_one_number_a_pair(cross_folder: Path):
    made = CrossEncoderReranker(str(cross_folder))
    made.__dict__["_model"] = type("Two", (), {"predict": lambda self, pairs, **_: np.zeros((len(pairs), 2))})()
    with pytest.raises(EmbedderError, match="one number per pair"):
        made.score("a", ["b"])


# ---- the bundled model


def bundled() -> embedders.Embedder:
    try:
        return embedders.make_embedder(Settings())
    except ModelMissing:
        pytest.skip("the bundled model's files are not there")


def test_bundled_vectors_and_tokens_belong_together():
    made = bundled()
    assert made.has_tokens and made.name == "bundled"
    rows = made.embed_passages([*TEXTS, "", "😀😀"])
    assert rows.shape == (6, made.dimension) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    units, norms = made.token_table()
    ids = made.pieces(TEXTS[:1])[0]
    assert ids.dtype == np.uint32
    mean = (units[ids] * norms[ids][:, None]).mean(axis=0)
    np.testing.assert_allclose(rows[0], mean / np.linalg.norm(mean), atol=1e-4)
    assert np.isfinite(made.embed_queries(["", "😀"])).all()


def test_bundled_prefixes_change_the_fingerprint():
    assert bundled().fingerprint != embedders.make_embedder(Settings(embedder_query_prefix="q ")).fingerprint
    assert bundled().fingerprint == embedders.make_embedder(Settings()).fingerprint


# ---- hosted embeddings


class Server(ThreadingHTTPServer):
    """Speaks the embeddings protocol; `fail` makes it answer with an error that repeats the key."""

    fail = 0

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(body)
        if self.server.fail:
            raw = json.dumps({"error": {"message": f"bad key {self.headers['Authorization']}"}}).encode()
            self.send_response(self.server.fail)
        else:
            texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
            rows = [
                {"object": "embedding", "index": i, "embedding": [float(len(t)), 1.0, 0.0]} for i, t in enumerate(texts)
            ]
            raw = json.dumps(
                {"object": "list", "data": rows, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
            ).encode()
            self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_BASE", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_hosted_vectors_over_loopback(hosted: Server):
    made = embedders.make_embedder(Settings(embedder="langchain:openai:m", embedder_passage_prefix="p: "))
    assert made.dimension == 3 and not made.has_tokens
    rows = made.embed_passages(["abc", "abcdef"])
    wanted = np.array([[6.0, 1, 0], [9.0, 1, 0]])
    np.testing.assert_allclose(rows, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)
    assert hosted.seen[-1]["input"] == ["p: abc", "p: abcdef"] and hosted.seen[-1]["model"] == "m"
    np.testing.assert_allclose(made.embed_queries(["abc"])[0], np.array([3.0, 1, 0]) / np.sqrt(10), atol=1e-6)


def test_hosted_failure_is_typed_and_keeps_the_key(hosted: Server):
    hosted.fail = 401
    made = embedders.make_embedder(Settings(embedder="langchain:openai:m"))
    with pytest.raises(EmbedderError, match="'langchain:openai:m' failed") as caught:
        made.embed_queries(["a"])
    assert "sk-very-secret" not in str(caught.value)


def test_hosted_fingerprint_needs_no_call():
    first = embedders.make_embedder(Settings(embedder="langchain:openai:m")).fingerprint
    assert first != embedders.make_embedder(Settings(embedder="langchain:openai:n")).fingerprint
    assert (
        first != embedders.make_embedder(Settings(embedder="langchain:openai:m", embedder_query_prefix="q")).fingerprint
    )
