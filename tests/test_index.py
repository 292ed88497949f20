"""The public door: adding, changing, removing, rebuilding, with documents from files and an embedder whose calls are counted."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder

from rag import Document, Index, Settings
from rag.errors import EmbedderError, IndexMismatch, IndexMissing, NotAnIndex, UsageError
from rag.models.embedders import Embedder

FIRST = "Đoạn mở đầu nói về Hà Tĩnh. Tỉnh có 59 tổ công nghệ số cộng đồng cấp xã."
PARAGRAPHS = [
    FIRST,
    *(
        f"Đoạn số {n} kể chuyện riêng của huyện thứ {n}. " + "Có nhiều việc đã làm xong trong năm. " * 12
        for n in range(1, 7)
    ),
]


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> FakeEmbedder:
    fake = FakeEmbedder(24)
    monkeypatch.setattr("rag.models.embedders.make_embedder", lambda settings: fake)
    return fake


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("\n\n".join(PARAGRAPHS), encoding="utf-8")
    (folder / "b.txt").write_text("Thanh Hóa có 133 tổ cấp thôn. Bản tin tháng 4 năm 2024.", encoding="utf-8")
    (folder / "sub" / "c.md").write_text("# Hậu Giang\n\nHậu Giang đẩy mạnh chuyển đổi số (CĐS).", encoding="utf-8")
    return folder


def found(index: Index, text: str) -> list[str]:
    """Sources of the passages that hold the words, by the lexical and by the dense channel."""
    with index.store.snapshot() as snapshot:
        scores = snapshot.bm25("exact", text)
        lexical = {p.source for p in snapshot.passages(snapshot.ids[scores > 0])}
        ids, _ = snapshot.search_vectors(index.embedder.embed_queries([text])[0], len(snapshot))
        dense = {p.source for p in snapshot.passages(ids)}
    assert lexical <= dense
    return sorted(lexical)


def test_the_same_folder_twice_adds_nothing(tmp_path: Path, corpus: Path, embedder: FakeEmbedder) -> None:
    with Index.create(tmp_path / "i", Settings()) as index:
        first = index.add([corpus])
        assert first.added == ("a.txt", "b.txt", "sub/c.md") and not first.skipped
        assert first.passages == sum(d.passages for d in index.documents()) > 3
        before, calls = index.content_hash, len(embedder.embedded)
        second = index.add([corpus])
        assert second.unchanged == first.added and not second.added and not second.updated
        assert index.content_hash == before and len(embedder.embedded) == calls
        assert index.verify() == []
        assert found(index, "133") == ["b.txt"]
    with Index.open(tmp_path / "i", Settings()) as index:
        assert index.document("b.txt").text.startswith("Thanh Hóa")
        assert index.store.snapshot().abbreviations()["CĐS"] == "chuyển đổi số"
        info = index.info()
        assert info["documents"] == 3 and info["embedder"] == "fake" and not info["rebuilding"]


def test_one_paragraph_edited_embeds_only_its_passages(tmp_path: Path, corpus: Path, embedder: FakeEmbedder) -> None:
    with Index.create(tmp_path / "i", Settings(chunk_tokens=40)) as index:
        index.add([corpus])
        whole = len(embedder.embedded)
        embedder.embedded.clear()
        (corpus / "a.txt").write_text("\n\n".join([FIRST.replace("59", "61"), *PARAGRAPHS[1:]]), encoding="utf-8")
        report = index.add([corpus])
        assert report.updated == ("a.txt",) and len(report.unchanged) == 2
        assert 0 < len(embedder.embedded) < whole / 3
        assert all("Đoạn số 5" not in text for text in embedder.embedded)
        assert found(index, "59") == [] and found(index, "61") == ["a.txt"]
        assert index.verify() == []
        history = index.content_hash
        kept = answers(index)
    with Index.create(tmp_path / "fresh", Settings(chunk_tokens=40)) as fresh:
        fresh.add([corpus])
        assert fresh.content_hash == history
        assert answers(fresh) == kept, "taken over or made anew, vectors are the same"


def answers(index: Index) -> list[tuple[str, int, float]]:
    with index.store.snapshot() as snapshot:
        ids, scores = snapshot.search_vectors(index.embedder.embed_queries(["tổ công nghệ số"])[0], 8)
        return [(p.source, p.start, round(float(s), 5)) for p, s in zip(snapshot.passages(ids), scores, strict=True)]


def test_a_removed_document_is_gone_everywhere(tmp_path: Path, corpus: Path, embedder: FakeEmbedder) -> None:
    with Index.create(tmp_path / "i", Settings()) as index:
        index.add([corpus])
        report = index.remove(["b.txt", "nobody.txt"])
        assert report.removed == ("b.txt",) and [s.path for s in report.skipped] == ["nobody.txt"]
        assert found(index, "133") == [] and "b.txt" not in {d.source for d in index.documents()}
        with pytest.raises(UsageError, match=r"b\.txt"):
            index.document("b.txt")
        assert index.verify() == []
        assert index.add([corpus]).added == ("b.txt",)


def test_vanished_files_are_pruned_only_when_asked(tmp_path: Path, corpus: Path, embedder: FakeEmbedder) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "z.txt").write_text("Tài liệu của thư mục khác.")
    with Index.create(tmp_path / "i", Settings()) as index:
        index.add([corpus, other, Document("mine", "Tài liệu đưa thẳng vào.")])
        (corpus / "b.txt").rename(corpus / "renamed.txt")
        (corpus / "sub" / "c.md").unlink()
        assert index.add([corpus]).removed == ()
        assert {"b.txt", "sub/c.md"} <= {d.source for d in index.documents()}
        report = index.add([corpus], prune=True)
        assert report.removed == ("b.txt", "sub/c.md") and report.added == ("renamed.txt",)
        assert {d.source for d in index.documents()} == {"a.txt", "renamed.txt", "z.txt", "mine"}
        assert index.verify() == []


def test_copies_in_other_normal_forms_are_one_document(tmp_path: Path, embedder: FakeEmbedder) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    text = "Tỉnh Thanh Hóa đã có 133 tổ công nghệ."
    (folder / "nfc.txt").write_text(unicodedata.normalize("NFC", text), encoding="utf-8")
    (folder / "nfd.txt").write_text(unicodedata.normalize("NFD", text), encoding="utf-8")
    with Index.create(tmp_path / "i", Settings()) as index:
        report = index.add([folder / "nfc.txt"])
        report = index.add([folder])
        assert report.unchanged == ("nfc.txt",) and [s.path for s in report.skipped] == ["nfd.txt"]
        assert "same text" in report.skipped[0].reason
        # Documents that carry their own names stay apart.
        report = index.add([Document("one", text), Document("two", text)])
        assert report.added == ("one", "two")
        for form in ("NFC", "NFD"):
            assert found(index, unicodedata.normalize(form, "Thanh Hóa")) == ["nfc.txt", "one", "two"]
        # A stored file that becomes a copy of another is no longer there with its old text.
        (folder / "other.txt").write_text("Chuyện khác hẳn về 777 việc.")
        index.add([folder])
        (folder / "other.txt").write_text(text)
        assert index.add([folder]).removed == ("other.txt",)
        assert found(index, "777") == [] and index.verify() == []


def test_two_roots_with_the_same_names_stay_apart(tmp_path: Path, embedder: FakeEmbedder) -> None:
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "news.txt").write_text(f"Bản tin của {name}, số liệu riêng.")
    with Index.create(tmp_path / "i", Settings()) as index:
        index.add([tmp_path / "north"])
        report = index.add([tmp_path / "south"])
        assert report.added == ("south/news.txt",) and not report.updated
        assert "north" in index.document("news.txt").text
        assert index.add([tmp_path / "south"]).unchanged == ("south/news.txt",)


def test_bad_inputs_are_skipped_and_the_rest_goes_on(tmp_path: Path, corpus: Path, embedder: FakeEmbedder) -> None:
    (corpus / "empty.txt").write_text("  \n")
    with Index.create(tmp_path / "i", Settings()) as index:
        seen: list[tuple[int, int | None, str]] = []
        report = index.add(
            [corpus, tmp_path / "missing.txt", Document("broken", "vỡ \ud800 chữ")], progress=lambda *a: seen.append(a)
        )
        assert len(report.added) == 3
        assert len(report.skipped) == 3 and all(s.reason for s in report.skipped)
        assert seen and seen[-1][0] >= 3
        assert index.add(corpus / "a.txt").unchanged == ("a.txt",), "one input needs no list"


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path, embedder: FakeEmbedder) -> None:
    documents = [Document(f"d{n}", f"Tài liệu số {n}. Nội dung riêng {n * 7}.") for n in range(30)]

    class Stop(Exception):
        pass

    def stop(done: int, total: int | None, name: str) -> None:
        if done >= 15:
            raise Stop

    with Index.create(tmp_path / "i", Settings(commit_documents=5)) as index:
        with pytest.raises(Stop):
            index.add(documents, progress=stop)
        assert len(index.documents()) == 15 and index.verify() == []
        embedder.embedded.clear()
        report = index.add(documents)
        assert len(report.unchanged) == 15 and len(report.added) == 15
        assert not any("số 3." in t for t in embedder.embedded)
        assert index.info()["segments"] <= 3
        fresh = Index.create(tmp_path / "fresh", Settings())
        fresh.add(list(reversed(documents)))
        assert fresh.content_hash == index.content_hash
        fresh.close()


def test_a_bad_vector_names_the_document_and_stores_nothing_of_it(tmp_path: Path, embedder: FakeEmbedder) -> None:
    right = embedder.embed_passages

    def wrong(texts: Sequence[str]) -> np.ndarray:
        rows = right(texts)
        rows[["hỏng" in t for t in texts]] = np.nan
        return rows

    with Index.create(tmp_path / "i", Settings(commit_documents=1)) as index:
        embedder.embed_passages = wrong  # type: ignore[method-assign]
        with pytest.raises(EmbedderError, match=r"NaN.*'bad' \[0:"):
            index.add([Document("good", "Văn bản lành."), Document("bad", "Văn bản hỏng.")])
        assert [d.source for d in index.documents()] == ["good"]
        embedder.embed_passages = right  # type: ignore[method-assign]


@pytest.mark.parametrize(("value", "kind"), [(np.nan, "NaN or infinite"), (np.inf, "NaN or infinite"), (0.0, "zero")])
def test_what_the_embedders_own_check_finds_is_told_with_its_passage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float, kind: str
) -> None:
    class Faulty(Embedder):
        name = "faulty"
        fingerprint = "faulty"
        dimension = 8
        batch_size = 2

        def _embed(self, texts: list[str], query: bool) -> np.ndarray:
            rows = np.ones((len(texts), 8), dtype=np.float32)
            rows[["hỏng" in t for t in texts]] = value
            if any("mất" in t for t in texts):
                raise EmbedderError("the server is gone")
            return rows

    monkeypatch.setattr("rag.models.embedders.make_embedder", lambda settings: Faulty())
    with Index.create(tmp_path / "i", Settings()) as index:
        good = [Document(f"good{n}", f"Văn bản lành số {n}.") for n in range(5)]
        with pytest.raises(EmbedderError, match=rf"{kind} vector.*\(in 'bad' \[0:\d+\]\)"):
            index.add([*good, Document("bad", "Văn bản hỏng.")])
        assert index.documents() == []
        with pytest.raises(EmbedderError, match=r"server is gone \(in the batch from 'good0' to 'lost'"):
            index.add([*good, Document("lost", "Văn bản mất.")])
        assert len(index.add(good).added) == 5


def test_another_model_is_refused_and_rebuilt_resumably(
    tmp_path: Path, corpus: Path, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(commit_documents=1)
    with Index.create(tmp_path / "i", settings) as index:
        index.add([corpus])
        texts = {d.source: index.document(d.source).text for d in index.documents()}
    old = Index.open(tmp_path / "i", settings)
    other = FakeEmbedder(12, "other")
    monkeypatch.setattr("rag.models.embedders.make_embedder", lambda settings: other)
    with pytest.raises(IndexMismatch, match=r"embedder .*rag index rebuild --index"):
        Index.open(tmp_path / "i", settings)
    with pytest.raises(IndexMismatch):
        Index.create(tmp_path / "i", settings)

    class Stop(Exception):
        pass

    def stop(done: int, total: int | None, name: str) -> None:
        assert total == 3
        if done == 2:
            raise Stop

    with Index.open(tmp_path / "i", settings, check=False) as index:
        with pytest.raises(Stop):
            index.rebuild(progress=stop)
        assert index.info()["rebuilding"]
    assert found(old, "133") == ["b.txt"], "the old version serves meanwhile"
    assert old.verify() == []
    other.embedded.clear()
    with Index.open(tmp_path / "i", settings, check=False) as index:
        report = index.rebuild()
        assert len(report.updated) == 1, "it goes on where it stopped"
        assert index.store.dimension == 12 and not index.info()["rebuilding"]
        assert index.verify() == []
    assert not any("133" in t for t in other.embedded)
    with pytest.raises(IndexMismatch, match="open it again"):
        old.documents()
    old.close()
    with Index.open(tmp_path / "i", settings) as index:
        assert {d.source: index.document(d.source).text for d in index.documents()} == texts
        assert found(index, "133") == ["b.txt"]
        assert index.add([corpus]).added == ()
        rebuilt = index.content_hash
    with Index.create(tmp_path / "fresh", settings) as fresh:
        fresh.add([corpus])
        assert fresh.content_hash == rebuilt


def test_what_is_no_index_is_told_before_a_model_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(settings: Settings) -> None:
        raise AssertionError("the model was loaded")

    monkeypatch.setattr("rag.models.embedders.make_embedder", never)
    with pytest.raises(IndexMissing, match="rag ingest"):
        Index.open(tmp_path / "nowhere", Settings())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("x")
    for make in (Index.open, Index.create):
        with pytest.raises(NotAnIndex, match=r"letter\.txt"):
            make(tmp_path / "full", Settings())


def test_masks(tmp_path: Path, embedder: FakeEmbedder) -> None:
    documents = [
        Document("x/2022", "Tin cũ.", date="2022", metadata={"tags": ["a", "b"], "area": "Hà Tĩnh"}),
        Document("x/2023-05", "Tin giữa.", date="2023-05", metadata={"tags": ["b"]}),
        Document("y/2024-02-01", "Tin mới.", date="2024-02-01"),
        Document("y/undated", "Tin không ngày.", metadata={"area": "Hà Tĩnh", "n": 1}),
    ]
    with Index.create(tmp_path / "i", Settings()) as index:
        index.add(documents)
        snapshot = index.store.snapshot()

        def kept(**filters: object) -> set[str]:
            mask = snapshot.mask(**filters)  # type: ignore[arg-type]
            assert mask.dtype == bool and mask.shape == snapshot.ids.shape
            return {p.source for p in snapshot.passages(snapshot.ids[mask])}

        assert len(kept()) == 4
        assert kept(sources=["x/2022", "nobody"]) == {"x/2022"}
        assert kept(sources=["y/*"]) == {"y/2024-02-01", "y/undated"}
        assert kept(date_from="2023") == {"x/2023-05", "y/2024-02-01"}
        assert kept(date_from="2022-06", date_to="2023-05-20") == {"x/2022", "x/2023-05"}
        assert kept(date_to="2021") == set()
        assert kept(metadata={"tags": "b"}) == {"x/2022", "x/2023-05"}
        assert kept(metadata={"area": "Hà Tĩnh", "n": 1}) == {"y/undated"}
        assert kept(metadata={"tags": ["a", "z"]}) == {"x/2022"}
        with pytest.raises(UsageError, match="ISO"):
            kept(date_from="May 2023")
        snapshot.close()
