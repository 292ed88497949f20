"""Reading BEIR folders, and what one evaluation of one measures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import pytrec_eval
from tiny_model import DOCUMENTS, make_model

from rag import Document, Index, Settings
from rag.errors import EvaluationError
from rag.evaluation import beir
from rag.evaluation.retrieval_metrics import MEASURES

QUERIES = {
    "q1": "Hà Tĩnh có bao nhiêu tổ công nghệ số cộng đồng?",
    "q2": "ban rau o cho",
    "q3": "hồ sơ trực tuyến ở Thanh Hóa",
    "unjudged": "chợ",
}
QRELS = "query-id\tcorpus-id\tscore\nq1\tha-tinh.txt\t1\nq2\tcho.txt\t2\nq2\tban.txt\t1\nq3\tthanh-hoa.txt\t1\n"


def write_set(root: Path, corpus: str | None = None, queries: str | None = None, qrels: str | None = QRELS) -> Path:
    folder = root / "tiny-set"
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": d.source, "title": d.title, "text": d.text} for d in DOCUMENTS]
    asked = [{"_id": i, "text": t} for i, t in QUERIES.items()]
    lines = lambda rows: "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)  # noqa: E731
    (folder / "corpus.jsonl").write_text(lines(rows) if corpus is None else corpus, encoding="utf-8")
    (folder / "queries.jsonl").write_text(lines(asked) if queries is None else queries, encoding="utf-8")
    if qrels is not None:
        (folder / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    texts = [f"{d.title}. {s}" for d in DOCUMENTS for s in d.text.split(". ")]
    return Settings(embedder=str(make_model(tmp_path_factory.mktemp("model"), texts)))


def test_a_folder_is_read_whole(tmp_path: Path):
    data = beir.load(write_set(tmp_path))
    assert data.name == "tiny-set" and len(data.corpus) == 5
    assert data.corpus["cho.txt"] == ("Chợ quê", "Bà con bán rau ở chợ từ sáng sớm. Một người bạn cũ ghé thăm.")
    assert list(data.queries) == ["q1", "q2", "q3"]  # what nobody judged is left out
    assert data.qrels["q2"] == {"cho.txt": 2, "ban.txt": 1} and data.missing == 0


def test_every_stage_is_measured_and_written(tmp_path: Path, settings: Settings):
    folder, out = write_set(tmp_path), tmp_path / "out"
    seen: list[tuple[int, int, str]] = []
    result = beir.evaluate_beir(folder, settings, out=out, progress=lambda *a: seen.append(a))
    assert list(result.stages) == ["lexical", "exact", "dense", "sentences", "maxsim", "fusion"]
    assert (result.documents, result.passages, result.queries) == (5, 5, 3)
    assert seen[-1] == (3, 3, "tiny-set")
    for stage in result.stages.values():
        assert set(stage.measures) == set(MEASURES) and set(stage.ndcg) == {"q1", "q2", "q3"}
        assert all(0 <= v <= 1 for v in stage.measures.values()) and 0 < stage.p50_ms <= stage.p95_ms
    assert result.stages["fusion"].measures["recall@1"] >= 2 / 3
    assert result.stages["fusion"].measures["recall@100"] == 1.0
    kept = json.loads((out / "tiny-set.json").read_text(encoding="utf-8"))
    assert kept["stages"]["lexical"]["measures"] == dict(result.stages["lexical"].measures)
    table = [line.split("\t") for line in (out / "tiny-set.tsv").read_text(encoding="utf-8").splitlines()]
    assert table[0] == ["stage", *MEASURES, "p50_ms", "p95_ms"] and [r[0] for r in table[1:]] == list(result.stages)
    told = beir.format_table(result)
    assert (
        "tiny-set: 3 queries, 5 documents in 5 passages" in told
        and f"{result.stages['fusion'].measures['map']:.4f}" in told
    )


def test_lexical_figures_are_those_of_trec_eval(tmp_path: Path, settings: Settings):
    data = beir.load(write_set(tmp_path))
    index = Index.create(tmp_path / "index", settings)
    index.add([Document(source=i, title=t, text=x) for i, (t, x) in data.corpus.items()])
    snapshot = index.store.snapshot()
    names = [p.source for p in snapshot.passages(snapshot.ids)]
    run = {
        q: {n: float(s) for n, s in zip(names, snapshot.bm25("folded", t)) if s > 0} for q, t in data.queries.items()
    }
    index.close()
    theirs = pytrec_eval.RelevanceEvaluator(
        {q: dict(r) for q, r in data.qrels.items()}, {"ndcg_cut.10", "map"}
    ).evaluate(run)
    mine = beir.evaluate_beir(tmp_path / "tiny-set", settings).stages["lexical"]
    assert mine.measures["ndcg@10"] == pytest.approx(sum(v["ndcg_cut_10"] for v in theirs.values()) / 3, abs=1e-6)
    assert mine.measures["map"] == pytest.approx(sum(v["map"] for v in theirs.values()) / 3, abs=1e-6)


def test_the_same_figures_again(tmp_path: Path, settings: Settings):
    folder = write_set(tmp_path)
    first, second = (beir.evaluate_beir(folder, settings) for _ in range(2))
    assert {n: s.measures for n, s in first.stages.items()} == {n: s.measures for n, s in second.stages.items()}


def test_a_judged_document_that_is_not_there_counts_as_not_found(tmp_path: Path, settings: Settings):
    result = beir.evaluate_beir(write_set(tmp_path, qrels="q1\tha-tinh.txt\t1\nq1\tgone\t1\n"), settings)
    assert result.missing == 1 and "1 judged documents are not in the corpus" in beir.format_table(result)
    assert result.stages["fusion"].measures["recall@100"] == 0.5


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"corpus": "{oops"}, r"corpus.jsonl:1: not JSON"),
        ({"corpus": "[1]\n"}, r"corpus.jsonl:1: expected an object, got list"),
        (
            {"corpus": '{"_id": "a", "text": "x"}\n\n{"_id": "a", "text": "y"}\n'},
            r"corpus.jsonl:3: id 'a' is there twice",
        ),
        ({"corpus": '{"_id": "a"}\n'}, r"corpus.jsonl:1: field 'text' must be a text, got None"),
        ({"corpus": '{"_id": 3, "text": "x"}\n'}, r"corpus.jsonl:1: field '_id' must be a text, got 3"),
        ({"corpus": '{"_id": "", "text": "x"}\n'}, r"field '_id' is empty"),
        ({"corpus": ""}, r"corpus.jsonl is empty"),
        ({"queries": '{"_id": "q1", "text": " "}\n'}, r"queries.jsonl:1: query 'q1' is empty"),
        ({"qrels": "q1\tha-tinh.txt\t1\nq1\tha-tinh.txt\t1\n"}, r"test.tsv:2: document 'ha-tinh.txt' is judged twice"),
        ({"qrels": "q9\tha-tinh.txt\t1\n"}, r"test.tsv:1: query 'q9' is not in queries.jsonl"),
        ({"qrels": "q1\tha-tinh.txt\tyes\n"}, r"test.tsv:1: score 'yes' is not a whole number"),
        ({"qrels": "q1 0 ha-tinh.txt 1\n"}, r"test.tsv:1: expected query-id, corpus-id and score"),
        ({"qrels": "query-id\tcorpus-id\tscore\n"}, r"the judgements are empty"),
        ({"qrels": None}, r"qrels: expected test.tsv or one .tsv file of judgements, found none"),
    ],
)
def test_malformed_folders_name_file_and_line(tmp_path: Path, files: dict[str, str | None], told: str):
    with pytest.raises(EvaluationError, match=told):
        beir.load(write_set(tmp_path, **files))


def test_missing_folders_and_files(tmp_path: Path):
    with pytest.raises(EvaluationError, match="no such folder"):
        beir.load(tmp_path / "nowhere")
    folder = write_set(tmp_path)
    (folder / "queries.jsonl").unlink()
    with pytest.raises(EvaluationError, match=r"queries.jsonl: no such file"):
        beir.load(folder)
    (folder / "queries.jsonl").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(EvaluationError, match="cannot be read as UTF-8"):
        beir.load(folder)


def test_which_judgements(tmp_path: Path):
    folder = write_set(tmp_path)
    (folder / "qrels" / "train.tsv").write_text("q3\tcho.txt\t1\n")
    assert set(beir.load(folder).qrels) == {"q1", "q2", "q3"}  # test.tsv goes before
    (folder / "qrels" / "test.tsv").rename(folder / "qrels" / "dev.tsv")
    with pytest.raises(EvaluationError, match=r"found dev.tsv, train.tsv"):
        beir.load(folder)
    (folder / "qrels" / "dev.tsv").unlink()
    assert beir.load(folder).qrels == {"q3": {"cho.txt": 1}}
