"""What the tabs do, without a browser: asking, stopping, feedback, uploads, settings of a visitor, drafts and runs."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from simple import SimpleService, sample_documents

from rag import Settings
from rag.serve.service import Busy, Choice, Gate
from rag.serve.ui import documents as documents_tab
from rag.serve.ui.chat import Chat
from rag.serve.ui.evaluate import Bench
from rag.serve.ui.labels import Labels

QUESTION = "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?"
VI = Labels("vi")


def visitor(name: str, language: str = "vi", username: str | None = None) -> Any:
    cookies = {"hoidap": name * 24, "hoidap_lang": language}
    return SimpleNamespace(cookies=cookies, headers={}, username=username, session_hash=f"s-{name}")


def made(tmp_path: Path, **settings: Any) -> Chat:
    service = SimpleService(Settings(index=str(tmp_path / "index"), **settings), sample_documents())
    service.open()
    return Chat(service)


def test_a_question_streams_frames_and_is_kept(tmp_path: Path) -> None:
    chat, lan = made(tmp_path), visitor("a")
    frames = list(chat.ask(lan, QUESTION, ""))
    assert not frames[0].done and frames[-1].done
    assert VI["searching"] in frames[0].log and "133 tổ" in frames[-1].log
    conversation = frames[-1].conversation
    assert chat.latest(lan) == conversation
    log, panel = chat.conversation(lan, conversation)
    assert "133 tổ" in log and "<mark>" in panel
    assert QUESTION in chat.listing(lan, conversation)
    again = list(chat.ask(lan, "Thế còn Thanh Hóa?", conversation))
    assert again[-1].log.count("h-turn") == 2 and again[-1].conversation == conversation


def test_visitors_do_not_mix(tmp_path: Path) -> None:
    chat, lan, minh = made(tmp_path), visitor("a"), visitor("b")
    conversation = list(chat.ask(lan, QUESTION, ""))[-1].conversation
    assert "h-turn" not in chat.conversation(minh, conversation)[0]
    assert chat.sources(minh, 1) is None and not chat.rate(minh, 1, True) and not chat.forget(minh, conversation)
    assert chat.edit(minh, 1) is None and list(chat.again(minh, 1, conversation)) == []
    assert chat.latest(minh) == ""
    other = list(chat.ask(minh, QUESTION, conversation))[-1].conversation
    assert other != conversation
    signed_in = visitor("a", username="lan")
    assert chat.latest(signed_in) == ""


def test_stopping_keeps_what_there_is_as_incomplete(tmp_path: Path) -> None:
    chat, lan = made(tmp_path), visitor("a")
    chat.service.pause = 0.05  # type: ignore[attr-defined]
    frames = []
    for frame in chat.ask(lan, QUESTION, ""):
        frames.append(frame)
        if len(frames) == 5:
            chat.stop(lan)
    assert VI["stopped"] in frames[-1].log and frames[-1].done
    (turn,) = chat.chats.turns("visitor:" + _digest("a" * 24), frames[-1].conversation)
    assert turn.answer["complete"] is False and "133 tổ" not in turn.answer["answer"]


def _digest(cookie: str) -> str:
    import hashlib

    return hashlib.sha256(cookie.encode()).hexdigest()[:32]


def test_closing_the_page_keeps_the_turn_and_ends_the_work(tmp_path: Path) -> None:
    chat, lan = made(tmp_path), visitor("a")
    chat.service.pause = 0.05  # type: ignore[attr-defined]
    frames = chat.ask(lan, QUESTION, "")
    for _ in range(4):
        next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert len(chat.chats.conversations("visitor:" + _digest("a" * 24))) == 1


def test_leaving_an_answer_ends_it_and_shows_nothing_more(tmp_path: Path) -> None:
    chat, lan = made(tmp_path), visitor("a")
    chat.service.pause = 0.05  # type: ignore[attr-defined]
    frames = chat.ask(lan, QUESTION, "")
    for _ in range(4):
        next(frames)
    assert chat.is_answering(lan) and not chat.is_answering(visitor("b"))
    rest: list[Any] = []
    reader = threading.Thread(target=lambda: rest.extend(frames))
    reader.start()
    chat.leave(lan)
    # it is over and kept before anything else can be shown
    assert not chat.is_answering(lan)
    (turn,) = chat.chats.turns("visitor:" + _digest("a" * 24), chat.latest(lan))
    assert turn.answer["complete"] is False
    reader.join(5)
    assert rest[-1].left and not any(f.done and not f.left for f in rest)
    chat.leave(lan)
    assert list(chat.ask(lan, QUESTION, ""))[-1].left is False


def test_a_newer_question_takes_the_place_of_the_one_being_answered(tmp_path: Path) -> None:
    chat, lan = made(tmp_path), visitor("a")
    chat.service.pause = 0.05  # type: ignore[attr-defined]
    conversation = list(chat.ask(lan, QUESTION, ""))[-1].conversation
    first = chat.ask(lan, QUESTION, conversation)
    for _ in range(4):
        next(first)
    rest: list[Any] = []
    reader = threading.Thread(target=lambda: rest.extend(first))
    reader.start()
    second = list(chat.ask(lan, "Thế còn Thanh Hóa?", conversation))
    reader.join(5)
    assert rest[-1].left
    assert all(f.log.count("<article") == 3 for f in second), "the one cut short stands before it"


def test_a_verdict_given_while_an_answer_is_written_is_on_the_page_when_it_is_done(tmp_path: Path) -> None:
    chat, lan = made(tmp_path), visitor("a")
    conversation = list(chat.ask(lan, QUESTION, ""))[-1].conversation
    frames = chat.ask(lan, "Thế còn Thanh Hóa?", conversation)
    next(frames)
    assert chat.rate(lan, 1, True)
    assert 'aria-pressed="true"' in list(frames)[-1].log


def test_faults_and_bounds_are_told(tmp_path: Path) -> None:
    chat, lan = made(tmp_path, max_question_chars=50), visitor("a", "en")
    assert list(chat.ask(lan, "   ", "")) == []
    (frame,) = chat.ask(lan, "x" * 60, "")
    assert "at most 50 characters" in frame.log
    assert "the model is down" in list(chat.ask(lan, "explode", ""))[-1].log


def test_a_busy_server_says_so(tmp_path: Path) -> None:
    chat, lan = made(tmp_path, max_concurrency=1), visitor("a")
    chat.service.ask(QUESTION)
    reader = chat.service.rag  # type: ignore[attr-defined]
    reader.gate.clear()
    frames = chat.ask(visitor("b"), QUESTION, "")
    for frame in frames:
        if VI("reading", n=10)[:8] in frame.log:
            break
    assert VI["busy"] in list(chat.ask(lan, QUESTION, ""))[-1].log
    reader.gate.set()


def test_the_gate_counts_workers_and_waiters() -> None:
    gate = Gate(1, 2)
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with gate.enter(5):
            inside.set()
            leave.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(5)
    with pytest.raises(Busy, match="within 0.01 s"), gate.enter(0.01):
        pass
    leave.set()
    thread.join()
    with gate.enter(1):
        pass


def test_rating_commenting_and_exporting(tmp_path: Path) -> None:
    chat, lan = made(tmp_path), visitor("a")
    conversation = list(chat.ask(lan, QUESTION, ""))[-1].conversation
    assert chat.rate(lan, 1, False) and chat.rate(lan, 1, False, "59 và 133")
    assert chat.rate(lan, 1, False)
    assert "59 và 133" in chat.conversation(lan, conversation)[0]
    packed = json.loads(chat.export(lan, conversation, "feedback"))
    assert json.loads(packed["text"])["answers"] == [["59 và 133"]]
    assert QUESTION in json.loads(chat.export(lan, conversation, "md"))["text"]
    assert json.loads(json.loads(chat.export(lan, conversation, "json"))["text"])["turns"][0]["good"] is False


def test_examples_and_followups_have_answers(tmp_path: Path) -> None:
    chat = made(tmp_path)
    chat.suggestions.warm_up()
    for language in ("vi", "en"):
        for example in chat.suggestions.examples(language):
            assert chat.service.ask(example).status == "answered"
    lan = visitor("a")
    conversation = list(chat.ask(lan, QUESTION, ""))[-1].conversation
    offered = chat.followups(lan, conversation)
    turn = chat.chats.turns("visitor:" + _digest("a" * 24), conversation)[-1]
    assert offered is None or ('data-do="suggest"' in offered and f'data-turn="{turn.id}"' in offered)
    assert chat.followups(lan, "none") is None


def test_the_document_viewer(tmp_path: Path) -> None:
    chat, lan = made(tmp_path), visitor("a")
    assert "Hoàng Tùng Phong" in chat.document(lan, "ha-tinh-2022-10.md")
    assert VI["gone"] in chat.document(lan, "nowhere.md")


def test_a_visitor_of_an_open_server_cannot_choose_the_model(tmp_path: Path) -> None:
    chat = made(tmp_path)
    chat.chats.choose("x", {"k": 3, "llm": "openai:a", "llm_base_url": "http://127.0.0.1:1/v1"})
    chat.keys["x"] = "sk-abcdef"
    assert chat.choice("x") == Choice(3, None, None, "openai:a", "http://127.0.0.1:1/v1", "sk-abcdef")
    opened = made(tmp_path / "o", host="0.0.0.0", allow_open=True)
    opened.chats.choose("x", {"k": 3, "llm": "openai:a", "llm_base_url": "http://127.0.0.1:1/v1"})
    assert opened.choice("x") == Choice(k=3)


def uploaded(tmp_path: Path, name: str, text: str) -> Path:
    folder = tmp_path / f"up-{name}"
    folder.mkdir()
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_uploads_are_read_reported_and_deleted(tmp_path: Path) -> None:
    chat = made(tmp_path, max_upload_mb=0.01)
    good = uploaded(tmp_path, "a.txt", "Xã Alpha có 77 cột đèn.")
    empty = uploaded(tmp_path, "b.txt", "  ")
    big = uploaded(tmp_path, "c.txt", "x" * 20_000)
    odd = uploaded(tmp_path, "d.exe", "x")
    *before, last = documents_tab.ingest([good, empty, big, odd], chat.service, VI)
    assert any("<progress" in state for state in before)
    assert VI("upload_done", added=1, updated=0, unchanged=0) in last
    assert VI("skipped", name="b.txt", reason="empty") in last
    assert "c.txt" in last and "d.exe" in last
    assert not any(p.exists() for p in (good, empty, big, odd))
    listed = documents_tab.table(chat.service.documents(), VI)
    assert "a.txt" in listed and VI("documents_n", n=6, passages="98").split(",")[0] in listed
    many = [uploaded(tmp_path, f"{n}.txt", "x") for n in range(60)]
    assert VI("too_many", n=60, most=50) in list(documents_tab.ingest(many, chat.service, VI))[-1]
    assert VI["no_documents"] in documents_tab.table([], VI)


def test_one_document_is_reindexed(tmp_path: Path) -> None:
    chat = made(tmp_path)
    assert chat.service.reindex("ha-tinh-2024.md").added == ("ha-tinh-2024.md",)
    assert len(chat.service.documents()) == 5


def test_drafts_are_accepted_corrected_or_rejected(tmp_path: Path) -> None:
    from rag.evaluation.sets import load

    bench, lan = Bench(made(tmp_path), tmp_path / "eval"), visitor("a")
    shown = bench.draft(lan)
    assert shown.count("h-draft") >= 4
    assert VI("accepted", n=1) in bench.judge(lan, 0, "Câu đã sửa?", "đáp một; đáp hai")
    assert bench.judge(lan, 1, None) == "" and bench.judge(lan, 0, "lại") == "" and bench.judge(lan, 99, "x") == ""
    assert bench.drafts(lan).count("<article") == shown.count("<article") - 2
    (question,) = load(bench.accepted).questions
    assert question.question == "Câu đã sửa?"
    assert not question.answerable or question.answers == (("đáp một",), ("đáp hai",))
    assert (VI["eval_set_own"], "own") in bench.sets(lan)


def test_a_run_of_an_unknown_set_is_an_error(tmp_path: Path) -> None:
    bench, lan = Bench(made(tmp_path), tmp_path / "eval"), visitor("a")
    assert bench.sets(lan) == [] and bench.earlier() == []
    assert VI["eval_none"] in list(bench.run(lan, "", None))[-1][0]
    assert "h-bad" in list(bench.run(lan, "/etc/passwd", None))[-1][0]
    assert bench.report("../../etc") is None


def test_the_page_is_built_with_every_label(tmp_path: Path) -> None:
    from rag.serve.ui.page import build

    chat = made(tmp_path)
    blocks, words = build(chat.service, chat)
    config = json.dumps(blocks.get_config_file(), default=str)
    assert "h-composer" in config and "h-eval-run" in config
    assert set(words.translations) == {"vi", "en"}
