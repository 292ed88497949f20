"""A long ingest shares its vectors with a second process: the same index, whatever becomes of that process."""

from __future__ import annotations

import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tiny_model import DOCUMENTS, make_model

from rag import Document, Index, Settings
from rag.ingest import beside, pipeline
from rag.ingest.beside import Beside
from rag.ingest.embed import Made, Texts, made
from rag.models.embedders import StaticEmbedder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="only where pipes can be waited for")
TEXTS = Texts(["Hà Tĩnh. Tỉnh có 133 tổ.", "Họ bán rau."], ["Tỉnh có 133 tổ.", "Họ bán rau.", "?"], ["Hà Tĩnh"])
DOCS = [Document(f"{n}-{d.source}", f"{d.text} Lần {n}.", title=d.title) for n in range(6) for d in DOCUMENTS]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"), [f"{d.title}. {d.text}" for d in DOCUMENTS], {})


@pytest.fixture
def embedder(model: Path) -> StaticEmbedder:
    return StaticEmbedder(model, str(model))


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> list[Beside]:
    """Every ingest has a second process, from the first passages on, and waits for it. Gives those that were made."""
    started: list[Beside] = []
    begin = Beside.__init__

    def begun(self: Beside, *arguments: Any) -> None:
        begin(self, *arguments)
        started.append(self)

    monkeypatch.setattr(Beside, "__init__", begun)
    monkeypatch.setattr(Beside, "useful", staticmethod(lambda since: True))
    monkeypatch.setattr(Beside, "_readable", lambda self, child: bool(select.select([child.stdout], [], [], 60)[0]))
    monkeypatch.setattr(pipeline, "_LONG", 1)
    monkeypatch.setattr(pipeline, "_PORTION", 3)
    return started


def contents(folder: Path, model: Path, documents: list[Document], **more: Any) -> dict[str, Any]:
    """What an index of these documents holds, but for the hour."""
    with Index.create(folder, Settings(embedder=str(model), **more)) as index:
        assert len(index.add(documents).added) == len(documents)
    link = sqlite3.connect(folder / "rag.sqlite3")
    kept = "id, source, content_hash, text_hash, digest, text"
    rows = {t: link.execute(f"SELECT * FROM {t} ORDER BY 1").fetchall() for t in ("passages", "vectors")}
    rows["documents"] = link.execute(f"SELECT {kept} FROM documents ORDER BY 1").fetchall()
    link.close()
    return rows


def same(one: Made, other: Made) -> bool:
    return all(
        getattr(one, name).dtype == getattr(other, name).dtype
        and getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in Made.__slots__
    )


def gone(pid: int) -> bool:
    """Whether a process that is no child of ours ends by and by."""
    for _ in range(600):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("commit", [1, 4, 200])
def test_the_index_is_the_same(tmp_path: Path, model: Path, patient: list[Beside], commit: int, monkeypatch) -> None:
    answers: list[Made | None] = []
    result = Beside.result
    monkeypatch.setattr(Beside, "result", lambda self: answers.append(result(self)) or answers[-1])
    shared = contents(tmp_path / "a", model, DOCS, commit_documents=commit)
    assert len(patient) == 1 and answers and None not in answers
    monkeypatch.setattr(Beside, "useful", staticmethod(lambda since: False))
    assert contents(tmp_path / "b", model, DOCS, commit_documents=commit) == shared
    assert len(patient) == 1


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_that_dies_is_done_without(
    tmp_path: Path, model: Path, patient: list[Beside], end: int, monkeypatch
) -> None:
    expected = contents(tmp_path / "a", model, DOCS)
    offer = Beside.offer

    def offered(self: Beside, texts: Texts) -> bool:
        if self._child is not None and self._there():
            self._child.send_signal(end)
            self._child.wait()
        return offer(self, texts)

    monkeypatch.setattr(Beside, "offer", offered)
    assert contents(tmp_path / "b", model, DOCS) == expected
    assert len(patient) == 2


def test_a_child_that_cannot_start_is_done_without(
    tmp_path: Path, model: Path, patient: list[Beside], monkeypatch
) -> None:
    expected = contents(tmp_path / "a", model, DOCS)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    assert contents(tmp_path / "b", model, DOCS) == expected
    assert len(patient) == 2


def test_changes_and_removals_in_a_long_run(tmp_path: Path, model: Path, patient: list[Beside]) -> None:
    """A document that is changed, emptied and given again within one run ends as the last word on it says."""
    first, *others = DOCS
    changed = Document(first.source, first.text + " Thêm một câu.", title=first.title)
    with Index.create(tmp_path / "i", Settings(embedder=str(model), commit_documents=3)) as index:
        index.add(DOCS)
        index.add(
            [Document(first.source, "  "), *others[:5], changed, *[Document("n" + d.source, d.text) for d in others]]
        )
        assert index.document(first.source).text == changed.text
        assert not index.verify()
        assert {d.source for d in index.documents()} == {d.source for d in DOCS} | {"n" + d.source for d in others}


def test_no_child_is_left_behind(tmp_path: Path, model: Path, patient: list[Beside], monkeypatch) -> None:
    pids: list[int] = []
    offer = Beside.offer

    def offered(self: Beside, texts: Texts) -> bool:
        if self._child is not None:
            pids.append(self._child.pid)
        if len(pids) > 1:
            raise KeyboardInterrupt
        return offer(self, texts)

    monkeypatch.setattr(Beside, "offer", offered)
    with Index.create(tmp_path / "a", Settings(embedder=str(model), commit_documents=4)) as index:
        with pytest.raises(KeyboardInterrupt):
            index.add(DOCS)
        assert pids and all(gone(pid) for pid in pids)
        monkeypatch.setattr(Beside, "offer", offer)
        index.add(DOCS)
        assert not index.verify() and len(index.documents()) == len(DOCS)


def test_the_child_answers_as_the_embedder_does_and_leaves_ctrl_c_alone(embedder: StaticEmbedder, patient) -> None:
    child = Beside(embedder.recipe, embedder.fingerprint)
    try:
        assert child.offer(TEXTS) and not child.offer(TEXTS)
        found = child.result()
        assert found is not None and same(found, made(embedder, TEXTS))
        assert child._child is not None
        os.kill(child._child.pid, signal.SIGINT)
        assert child.offer(TEXTS) and child.ready()
        found = child.result()
        assert found is not None and same(found, made(embedder, TEXTS))
    finally:
        child.close()
    assert not child.offer(TEXTS) and child.result() is None


def test_a_child_of_another_model_is_sent_away(embedder: StaticEmbedder, patient: list[Beside]) -> None:
    child = Beside(embedder.recipe, "static:another")
    assert not child.offer(TEXTS)
    assert child._child is None


def test_a_child_that_fails_leaves_the_work(embedder: StaticEmbedder, patient: list[Beside]) -> None:
    child = Beside({**embedder.recipe, "folder": Path("/nowhere")}, embedder.fingerprint)
    assert not child.offer(TEXTS)
    child.close()


def test_the_child_ends_with_its_parent(embedder: StaticEmbedder) -> None:
    code = (
        "import sys, time; from pathlib import Path; from rag.ingest.beside import Beside\n"
        f"b = Beside({{'folder': Path({str(embedder.recipe['folder'])!r})}}, '')\n"
        "print(b._child.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


def test_short_ingests_start_nothing(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a second process for a handful of passages")

    monkeypatch.setattr(beside.subprocess, "Popen", never)
    monkeypatch.setattr(Beside, "useful", staticmethod(lambda since: True))
    assert contents(tmp_path / "a", model, DOCS)["passages"]


def test_an_embedder_of_ones_own_stays_here(model: Path) -> None:
    class Own(StaticEmbedder):
        pass

    assert Own(model).recipe is None
    assert (
        StaticEmbedder(**StaticEmbedder(model, "x", "q: ", "p: ").recipe).recipe
        == StaticEmbedder(model, "x", "q: ", "p: ").recipe
    )


@pytest.mark.parametrize(("idle", "right"), [(10, False), (60, True), (34, False), (36, True)])
def test_only_an_idle_core_is_used(monkeypatch: pytest.MonkeyPatch, idle: int, right: bool) -> None:
    """Of two cores, one was in use all the time; the other must have been idle for most of it."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(beside, "idle_ticks", lambda: (1000 + idle, 5100))
    assert Beside.useful((1000, 5000)) is right
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert not Beside.useful((1000, 5000))


@pytest.mark.parametrize(("load", "right"), [(0.2, True), (1.2, True), (1.9, False), (3.0, False)])
def test_where_idleness_is_not_told_the_load_counts(monkeypatch: pytest.MonkeyPatch, load: float, right: bool) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    for ticks in (None, (1, 1)):
        monkeypatch.setattr(beside, "idle_ticks", lambda ticks=ticks: ticks)
        assert Beside.useful((1, 1)) is right


def test_made_without_passages_is_empty(embedder: StaticEmbedder) -> None:
    found = made(embedder, Texts([], [], []))
    assert found.vectors.shape == found.sentences.shape == (0, embedder.dimension)
    assert np.array_equal(found.piece_at, [0]) and not len(found.pieces)
