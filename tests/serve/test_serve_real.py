"""The service over the real index: first run, evaluation, choices."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rag import Settings
from rag.errors import NotAnIndex
from rag.serve.service import Choice, NotReady, Service
from rag.serve.ui.chat import Chat
from rag.serve.ui.evaluate import Bench

ROOT = Path(__file__).parents[2]
QUESTION = "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("real")
    service = Service(Settings(index=str(folder / "index"), seeds=str(ROOT / "seeds")))
    service.open()
    service.wait(0)
    yield service
    service.close()


def test_the_first_run_builds_the_index_from_the_sample_corpus(service: Service) -> None:
    assert {d.source for d in service.documents()} >= {"ha-tinh-2022-10.md", "thanh-hoa-2024-09.md"}
    left = [p.name for p in Path(service.settings.index).parent.iterdir()]
    assert not any("building" in name for name in left)
    answer = service.ask(QUESTION)
    assert answer.status == "answered" and "59" in answer.text and "133" in answer.text


def test_choices_apply_to_one_persons_questions(service: Service) -> None:
    assert len(service.ask(QUESTION, (), Choice(k=3)).hits) == 3
    assert service.reader(Choice()) is service.reader(Choice())
    assert [h.rank for h in service.search("tổ cộng đồng", 2)] == [1, 2]


def test_an_empty_place_for_seeds_gives_an_empty_index(tmp_path: Path) -> None:
    service = Service(Settings(index=str(tmp_path / "i"), seeds=str(tmp_path / "none")))
    with pytest.raises(NotReady):
        service.wait(0)
    service.open()
    assert service.ready and service.documents() == []
    assert service.ask("Có gì không?").status == "abstained"
    service.close()


def test_a_folder_that_is_no_index_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "i").mkdir()
    (tmp_path / "i" / "letter.txt").write_text("x")
    service = Service(Settings(index=str(tmp_path / "i"), seeds=str(ROOT / "seeds")))
    service.open()
    with pytest.raises(NotAnIndex):
        service.wait(0)
    assert (tmp_path / "i" / "letter.txt").read_text() == "x"


def test_an_evaluation_runs_with_progress_and_is_compared(service: Service, tmp_path: Path) -> None:
    lines = (ROOT / "eval" / "seeds.jsonl").read_text(encoding="utf-8").splitlines()[:6]
    (tmp_path / "few.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "other.jsonl").write_text('{"not": "a question"}\n', encoding="utf-8")
    request = SimpleNamespace(cookies={"hoidap_lang": "en"}, headers={}, username=None, session_hash="s")
    bench = Bench(Chat(service), tmp_path)
    ((label, name),) = bench.sets(request)
    assert label == "few (6)"
    frames = list(bench.run(request, name, None))
    assert any("<progress" in state for state, _ in frames)
    results, first = frames[-1]
    assert "Done: 6 questions." in results and "<svg" in results
    assert bench.earlier() == [first]
    assert bench.report(first) is not None
    bench._running.acquire()
    assert "Another evaluation is running" in list(bench.run(request, name, None))[-1][0]
    bench._running.release()
