"""Kills, damage, full disks, locks and planted files: what an index folder must survive."""

from __future__ import annotations

import json
import os
import pickle
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder, fingerprint_of, put
from kill_child import document

from rag.errors import (
    EmbedderError,
    IndexDamaged,
    IndexError_,
    IndexFull,
    IndexLocked,
    IndexMismatch,
    IndexMissing,
    IndexReadOnly,
    NotAnIndex,
    UsageError,
)
from rag.store import Put, Remove, Snapshot, Store
from rag.store.files import Damaged, open_columns, write_columns
from rag.store.segment import to_merge
from rag.types import Document, Passage

HERE = Path(__file__).parent
EMBEDDER = FakeEmbedder(16)
FINGERPRINT = fingerprint_of(EMBEDDER)


def build(folder: Path, documents: int = 12, commits: int = 3) -> None:
    with Store.create(folder, FINGERPRINT) as store, store.writer() as writer:
        each = documents // commits
        for at in range(0, documents, each):
            writer.commit([put(document(n), EMBEDDER) for n in range(at, at + each)], finishing=False)


def answers(snapshot: Snapshot) -> dict[str, object]:
    """Every kind of answer, by source and offset instead of by id."""
    keys = [(p.source, p.start, p.text) for p in snapshot.passages(snapshot.ids)]
    by_id = dict(zip(snapshot.ids.tolist(), keys, strict=True))
    query = EMBEDDER.embed_queries(["bài 7 dòng 2 số 219"])[0]
    ids, scores = snapshot.search_vectors(query, 10)
    passages, numbers, sentence_scores = snapshot.search_sentences(query, 10)
    return {
        "keys": sorted(keys),
        "exact": sorted(zip(keys, snapshot.bm25("exact", "tài liệu 7 dòng 2").tolist(), strict=True)),
        "folded": sorted(zip(keys, snapshot.bm25("folded", "tai lieu 7 dong 2").tolist(), strict=True)),
        "vectors": [(by_id[i], s) for i, s in zip(ids.tolist(), np.round(scores, 5).tolist(), strict=True)],
        "sentences": sorted(
            (by_id[i], n, s)
            for i, n, s in zip(passages.tolist(), numbers.tolist(), np.round(sentence_scores, 5).tolist(), strict=True)
        ),
        "pieces": [a.tolist() for a in snapshot.pieces(snapshot.ids)],
    }


def committed_versions(documents: int) -> list[dict[str, str]]:
    """The texts after each commit of kill_child, by source."""
    versions: list[dict[str, str]] = [{}]
    held: dict[str, str] = {}
    for at in range(0, documents, 5):
        for n in range(at, min(at + 5, documents)):
            held[f"d{n}"] = document(n).text
        if at >= 10:
            held.pop(f"d{at - 10}", None)
            held[f"d{at - 9}"] = document(at - 9, version=1).text
        versions.append(dict(held))
    return versions


def assert_whole(folder: Path, documents: int) -> int:
    """The index holds exactly one committed version; returns which."""
    with Store.open(folder, FINGERPRINT) as store:
        with store.snapshot() as snapshot:
            held = {d.source: snapshot.document(d.source).text for d in snapshot.documents()}
            versions = committed_versions(documents)
            assert held in versions
            for source in list(held)[:3]:
                ids, _ = snapshot.search_vectors(EMBEDDER.embed_queries([held[source].split("\n")[0]])[0], 1)
                assert snapshot.passages(ids)[0].source in held
        assert store.verify() == []
        # A writer after the kill goes on without complaint, and leaves no stray file.
        with store.writer() as writer:
            writer.commit([put(Document("after", "sau khi dừng"), EMBEDDER)])
            writer.commit([Remove("after")])
            names = {r[0] for r in writer._link.execute("SELECT name FROM segments")}
        assert {p.name for p in store.segments_folder.iterdir()} == names
        assert store.verify() == []
    return versions.index(held)


# ---- kills ----------------------------------------------------------------------------------------------------------


def run_child(folder: Path, documents: int, *more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(HERE / "kill_child.py"), str(folder), str(documents), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.mark.parametrize("step", [1, 2, 3, 4, 7, 10, 14, 19, 24, 28])
def test_killed_at_a_step_of_a_commit_leaves_the_old_or_the_new_version(tmp_path: Path, step: int) -> None:
    child = run_child(tmp_path / "i", 40, str(step))
    assert child.wait(60) == -signal.SIGKILL
    version = assert_whole(tmp_path / "i", 40)
    # Four steps to a commit: rows written, segment written, before commit, after commit.
    assert version == step // 4


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_a_random_moment_leaves_a_committed_version(tmp_path: Path, seed: int) -> None:
    child = run_child(tmp_path / "i", 400)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    time.sleep(random.Random(seed).uniform(0.0, 0.6))
    child.send_signal(signal.SIGKILL)
    child.wait(60)
    assert_whole(tmp_path / "i", 400)


def test_killed_while_it_is_made_leaves_no_index_or_an_empty_one(tmp_path: Path) -> None:
    folder = tmp_path / "i"
    folder.mkdir()
    (folder / "rag.sqlite3.new").write_bytes(b"half written")
    with pytest.raises(IndexMissing, match="rag ingest"):
        Store.open(folder)
    with Store.create(folder, FINGERPRINT) as store:
        assert store.verify() == [] and len(store.snapshot()) == 0


# ---- damage ---------------------------------------------------------------------------------------------------------


def files_of(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*.seg"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, object]]]:
    folder = tmp_path_factory.mktemp("sound") / "i"
    build(folder)
    with Store.open(folder) as store, store.snapshot() as snapshot:
        yield folder, answers(snapshot)


def test_a_derived_file_cut_short_anywhere_is_made_again(tmp_path: Path, sound: tuple[Path, dict[str, object]]) -> None:
    folder, expected = sound
    size = (folder / files_of(folder)[0]).stat().st_size
    for keep in (0, 1, 7, 100, size // 2, size - 20, size - 1):
        copy = tmp_path / f"cut{keep}"
        shutil.copytree(folder, copy)
        os.truncate(copy / files_of(copy)[0], keep)
        with Store.open(copy, FINGERPRINT) as store:
            assert any("seg" in p for p in store.verify())
            with store.snapshot() as snapshot:
                assert answers(snapshot) == expected
            with store.writer():
                pass
            assert store.verify() == [], "the next writer makes it again on disk"
            with store.snapshot() as snapshot:
                assert answers(snapshot) == expected


def test_derived_files_gone_are_made_again(tmp_path: Path, sound: tuple[Path, dict[str, object]]) -> None:
    folder, expected = sound
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    shutil.rmtree(copy / "segments")
    with Store.open(copy, FINGERPRINT) as store:
        with store.snapshot() as snapshot:
            assert answers(snapshot) == expected
        with store.writer() as writer:
            writer.commit([Remove("d1")])
        assert store.verify() == []


def test_a_flipped_bit_in_a_derived_file_is_found_and_mended(
    tmp_path: Path, sound: tuple[Path, dict[str, object]]
) -> None:
    folder, expected = sound
    name = files_of(folder)[0]
    size = (folder / name).stat().st_size
    places = random.Random(1)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    good = (copy / name).read_bytes()
    unused = 0
    for _ in range(60):
        data = bytearray(good)
        at = places.randrange(size)
        data[at] ^= 1 << places.randrange(8)
        (copy / name).write_bytes(data)
        with Store.open(copy, FINGERPRINT, read_only=True) as store:
            with store.snapshot() as snapshot:
                assert answers(snapshot) == expected, f"byte {at}"
            # Bytes between two columns mean nothing; every other one is covered by a checksum.
            unused += store.verify() == []
    assert unused < 10


def test_a_file_of_another_generation_in_the_place_of_this_one(
    tmp_path: Path, sound: tuple[Path, dict[str, object]]
) -> None:
    folder, expected = sound
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    names = files_of(copy)
    shutil.copy(copy / names[0], copy / names[1])
    with Store.open(copy) as store, store.snapshot() as snapshot:
        assert answers(snapshot) == expected


def test_a_damaged_truth_is_reported_never_answered_from(tmp_path: Path, sound: tuple[Path, dict[str, object]]) -> None:
    folder, expected = sound
    name = "rag.sqlite3"
    good = (folder / name).read_bytes()
    places = random.Random(2)
    # A small database is mostly empty pages, where damage means nothing.
    used = np.flatnonzero(np.frombuffer(good, np.uint8)[:-600]).tolist()
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    found = 0
    for turn in range(60):
        for extra in ("-wal", "-shm"):
            (copy / (name + extra)).unlink(missing_ok=True)
        if turn % 6 == 0:
            (copy / name).write_bytes(good[: places.randrange(len(good))])
        else:
            data = bytearray(good)
            # A page torn in the middle, or one flipped bit.
            at = places.choice(used)
            if turn % 2:
                data[at] ^= 1 << places.randrange(8)
            else:
                data[at : at + 600] = bytes(600)
            (copy / name).write_bytes(data)
        try:
            with Store.open(copy, FINGERPRINT) as store, store.snapshot() as snapshot:
                told = answers(snapshot)
                assert told == expected, f"turn {turn}: a wrong answer from a damaged file"
                found += bool(store.verify())
        except IndexError_ as exc:
            assert str(copy) in str(exc)
            found += 1
    assert found > 40


def test_an_empty_or_foreign_database_is_no_index(tmp_path: Path) -> None:
    folder = tmp_path / "i"
    folder.mkdir()
    (folder / "rag.sqlite3").write_bytes(b"")
    with pytest.raises(IndexError_):
        Store.open(folder)
    (folder / "rag.sqlite3").write_bytes(b"this is no database" * 500)
    with pytest.raises(IndexDamaged, match="damaged"):
        Store.open(folder)


def test_column_files_refuse_what_was_not_written(tmp_path: Path) -> None:
    arrays = {"a": np.arange(100_000), "none": np.empty((0, 4), np.float16), "b": np.ones((3, 2), np.float32)}
    size, total = write_columns(tmp_path / "x", arrays, {"count": 3})
    columns, about = open_columns(tmp_path / "x", size, total)
    assert about == {"count": 3}
    for name, array in arrays.items():
        np.testing.assert_array_equal(columns.whole(name), array)
    np.testing.assert_array_equal(columns.touch("a", np.asarray([5]), np.asarray([9]))[5:9], np.arange(5, 9))
    with pytest.raises(Damaged):
        open_columns(tmp_path / "x", size, total ^ 1)
    data = bytearray((tmp_path / "x").read_bytes())
    data[-200_000] ^= 4
    (tmp_path / "x").write_bytes(data)
    columns, _ = open_columns(tmp_path / "x", size, total)
    with pytest.raises(Damaged, match="checksum"):
        columns.whole("a")
    assert columns.whole("b").sum() == 6


# ---- planted files --------------------------------------------------------------------------------------------------


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.mkdir, ("/nonexistent/never",))


def test_a_planted_pickle_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "i"
    build(folder)
    for name in ("index.pkl", "segments/index.pkl", "docstore.pkl", "segments/00000001.pkl", "segments/x.npy"):
        (folder / name).write_bytes(pickle.dumps(Bomb()))

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("something was unpickled")

    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(pickle, "loads", refuse)
    with Store.open(folder, FINGERPRINT) as store:
        with store.snapshot() as snapshot:
            assert len(answers(snapshot)["keys"]) > 0  # type: ignore[arg-type]
        with store.writer() as writer:
            writer.commit([Remove("d1")])
        assert store.verify() == []
    assert (folder / "segments/index.pkl").exists(), "foreign files are left alone"


# ---- fingerprint ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [FakeEmbedder(16, "other"), FakeEmbedder(16, prefix="query: "), FakeEmbedder(17)])
def test_another_model_or_prefix_is_refused_naming_the_rebuild(tmp_path: Path, other: FakeEmbedder) -> None:
    build(tmp_path / "i")
    for make in (Store.open, Store.create):
        with pytest.raises(IndexMismatch, match=r"embedder .*rag index rebuild --index"):
            make(tmp_path / "i", fingerprint_of(other))
    with Store.open(tmp_path / "i", FINGERPRINT) as store:
        assert store.verify() == []


def test_another_chunker_or_normaliser_is_refused(tmp_path: Path) -> None:
    build(tmp_path / "i")
    for field in ("chunker", "normaliser"):
        from dataclasses import replace

        with pytest.raises(IndexMismatch, match=field):
            Store.open(tmp_path / "i", replace(FINGERPRINT, **{field: "2"}))


def test_a_folder_that_is_no_index_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/a.txt").write_text("a")
    with pytest.raises(NotAnIndex, match=r"a\.txt"):
        Store.create(tmp_path / "letters", FINGERPRINT)
    with pytest.raises(NotAnIndex):
        Store.open(tmp_path / "letters")
    with pytest.raises(NotAnIndex, match="file"):
        Store.create(tmp_path / "letters/a.txt", FINGERPRINT)
    assert [p.name for p in (tmp_path / "letters").iterdir()] == ["a.txt"]
    with pytest.raises(IndexMissing):
        Store.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


# ---- locks, readers -------------------------------------------------------------------------------------------------


def test_a_second_writer_waits_then_names_the_first(tmp_path: Path) -> None:
    build(tmp_path / "i")
    with Store.open(tmp_path / "i") as first, Store.open(tmp_path / "i") as second, first.writer():
        began = time.monotonic()
        with pytest.raises(IndexLocked, match=f"locked by pid {os.getpid()}"), second.writer(timeout=0.2):
            pass
        assert time.monotonic() - began >= 0.2
        with second.snapshot() as snapshot:
            assert len(snapshot) > 0, "readers do not wait"


def test_two_writers_lose_no_update(tmp_path: Path) -> None:
    build(tmp_path / "i", 3)

    def write(name: str) -> None:
        with Store.open(tmp_path / "i") as store:
            for n in range(8):
                with store.writer(timeout=30) as writer:
                    writer.commit([put(Document(f"{name}{n}", f"văn bản {name} {n}"), EMBEDDER)])

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    with Store.open(tmp_path / "i") as store:
        assert {d.source for d in store.snapshot().documents()} >= {f"{name}{n}" for name in "ab" for n in range(8)}
        assert store.verify() == []


def test_a_lock_left_by_a_killed_process_is_no_lock(tmp_path: Path) -> None:
    child = run_child(tmp_path / "i", 20, "3")
    child.wait(60)
    with Store.open(tmp_path / "i") as store, store.writer(timeout=0):
        pass


def test_readers_answer_from_one_version_while_a_writer_commits(tmp_path: Path) -> None:
    """All documents of a version carry its number: a reader that saw two versions at once would mix them."""
    folder = tmp_path / "i"
    texts = ["\n".join(f"phiên bản v{v} mục {i}" for i in range(3)) for v in range(12)]
    with Store.create(folder, FINGERPRINT) as store:
        versions = [[put(Document(f"s{n}", text), EMBEDDER) for n in range(6)] for text in texts]
        with store.writer() as writer:
            writer.commit(versions[0])
        stop = threading.Event()
        wrong: list[str] = []
        seen: set[str] = set()

        def read(own: Store) -> None:
            query = EMBEDDER.embed_queries(["phiên bản mục 1"])[0]
            while not stop.is_set():
                with own.snapshot() as snapshot:
                    scores = snapshot.bm25("exact", "phiên bản mục 1")
                    ids, _ = snapshot.search_vectors(query, 30)
                    found = {p.text.split()[2] for p in snapshot.passages(ids)}
                    found |= {snapshot.document(d.source).text.split()[2] for d in snapshot.documents()}
                    snapshot.sentence_vectors(ids)
                    if len(found) != 1 or len(ids) != 18 or len(scores) != 18 or not (scores > 0).all():
                        wrong.append(f"{found} {len(ids)} {len(scores)}")
                    seen.update(found)

        stores = [store, store, Store.open(folder), Store.open(folder)]
        threads = [threading.Thread(target=read, args=(s,)) for s in stores]
        for t in threads:
            t.start()
        with Store.open(folder) as own, own.writer() as writer:
            for number, version in enumerate(versions[1:]):
                writer.commit(version, finishing=number % 3 == 0)
                time.sleep(0.02)
        stop.set()
        for t in threads:
            t.join()
        assert wrong == []
        assert len(seen) > 2
        with store.snapshot() as snapshot:
            assert "v11" in snapshot.document("s0").text
        for s in stores[2:]:
            s.close()


def test_a_held_snapshot_keeps_its_version(tmp_path: Path) -> None:
    build(tmp_path / "i")
    with Store.open(tmp_path / "i") as store:
        old = store.snapshot()
        before = answers(old)
        with store.writer() as writer:
            writer.commit([Remove(f"d{n}") for n in range(12)])
            writer.commit([put(Document("new", "hoàn toàn mới"), EMBEDDER)])
        assert answers(old) == before
        with store.snapshot() as new:
            assert [d.source for d in new.documents()] == ["new"]
        old.close()
        with pytest.raises(UsageError, match="closed"):
            old.document("d1")


def test_other_processes_see_new_commits(tmp_path: Path) -> None:
    build(tmp_path / "i")
    with Store.open(tmp_path / "i", read_only=True) as reader:
        before = reader.snapshot().generation
        script = (
            "import sys; sys.path[:0] = sys.argv[2:]\n"
            "from rag.store import Store, Remove\n"
            "store = Store.open(sys.argv[1])\n"
            "with store.writer() as w: w.commit([Remove('d2')])\n"
        )
        subprocess.run([sys.executable, "-c", script, tmp_path / "i", HERE.parents[1]], check=True)
        with reader.snapshot() as snapshot:
            assert snapshot.generation > before
            assert "d2" not in {d.source for d in snapshot.documents()}


# ---- space and permissions ------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_the_old_version_and_no_temporary_files(tmp_path: Path) -> None:
    folder = tmp_path / "i"
    build(folder)
    with Store.open(folder) as store, store.snapshot() as snapshot:
        before = answers(snapshot)
    big = [put(Document(f"big{n}", "\n".join(f"dòng rất dài {n} {i}" for i in range(40))), EMBEDDER) for n in range(60)]
    held = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (60_000, 150_000, 300_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, held[1]))
        try:
            with Store.open(folder) as store, pytest.raises(IndexFull, match="space"), store.writer() as writer:
                writer.commit(big)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, held)
        assert not list(folder.rglob("*.tmp"))
        with Store.open(folder) as store:
            assert store.verify() == []
            with store.snapshot() as snapshot:
                assert answers(snapshot) == before
    with Store.open(folder) as store:
        with store.writer() as writer:
            writer.commit(big)
        assert store.verify() == [] and len(store.snapshot().documents()) == 72


def test_a_folder_without_write_permission_answers_and_refuses_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "i"
    build(folder)
    with Store.open(folder) as store, store.snapshot() as snapshot:
        before = answers(snapshot)
    shutil.rmtree(folder / "segments")
    names = sorted(p.name for p in folder.iterdir())
    folder.chmod(0o555)
    # The superuser may write anywhere, so the question itself is answered as it would be for anybody else.
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    try:
        with Store.open(folder, FINGERPRINT) as store:
            assert store.read_only
            with store.snapshot() as snapshot:
                assert answers(snapshot) == before, "derived files are made in memory"
            with pytest.raises(IndexReadOnly, match="permission"), store.writer():
                pass
    finally:
        folder.chmod(0o755)
    assert sorted(p.name for p in folder.iterdir()) == names


# ---- bad vectors and bad values -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind"), [(np.nan, "NaN"), (np.inf, "NaN or infinite"), (0.0, "zero"), (3.0, "unit-length")]
)
@pytest.mark.parametrize("where", ["vectors", "sentence_vectors"])
def test_an_unusable_vector_is_rejected_with_its_passage(tmp_path: Path, value: float, kind: str, where: str) -> None:
    from dataclasses import replace

    good = put(document(7), EMBEDDER)
    rows = np.array(getattr(good, where))
    rows[-1] = value
    with Store.create(tmp_path / "i", FINGERPRINT) as store, store.writer() as writer:
        last = good.passages[-1]
        with pytest.raises(EmbedderError, match=rf"{kind}.*'d7' \[{last.start}:{last.end}\]"):
            writer.commit([put(document(1), EMBEDDER), replace(good, **{where: rows})])
        assert len(store.snapshot()) == 0
        assert store.verify() == []


def test_changes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    good = put(document(7), EMBEDDER)
    with Store.create(tmp_path / "i", FINGERPRINT) as store, store.writer() as writer:
        for bad in (
            replace(good, vectors=good.vectors[:, :3]),
            replace(good, sentence_counts=[1]),
            replace(good, pieces=good.pieces[:1]),
            replace(good, passages=[Passage("d7", 0, 3, "xyz"), *good.passages[1:]]),
        ):
            with pytest.raises(UsageError, match="d7"):
                writer.commit([bad])
        assert writer.commit([]) == 0
        assert writer.commit([Remove("nobody")]) == 1
    with Store.open(tmp_path / "i") as store:
        with store.snapshot() as snapshot:
            with pytest.raises(UsageError, match="exact"):
                snapshot.bm25("both", "x")
            with pytest.raises(UsageError, match="nobody"):
                snapshot.document("nobody")
            with pytest.raises(UsageError, match="id 99"):
                snapshot.passages([99])
            with pytest.raises(UsageError, match="16"):
                snapshot.search_vectors(np.ones(3, np.float32), 3)
            with pytest.raises(UsageError, match="finite"):
                snapshot.search_vectors(np.full(16, np.nan, np.float32), 3)
            ids, scores = snapshot.search_vectors(np.ones(16, np.float32), 10)
            assert len(ids) == len(scores) == 0
            assert isinstance(json.dumps(store.info()), str)
    with pytest.raises(UsageError, match="closed"):
        store.snapshot()


def test_segments_stay_few() -> None:
    sizes: list[tuple[int, int]] = []
    copied = 0
    for _ in range(500):
        taken = to_merge(sizes, 1000)
        total = 1000 + sum(alive for _, alive in sizes[len(sizes) - taken :])
        copied += total
        sizes = [*sizes[: len(sizes) - taken], (total, total)]
        assert len(sizes) < 30
    assert copied < 500 * 1000 * 5
    taken = to_merge(sizes, 0, finishing=True)
    sizes = [*sizes[: len(sizes) - taken], (sum(a for _, a in sizes[len(sizes) - taken :]),) * 2]
    assert len(sizes) <= 6
    assert to_merge([(1000, 10)], 0, finishing=True) == 1, "a segment of nothing but removed passages is made anew"


_ = Put
