"""Conversations: kept, private, deletable."""

from __future__ import annotations

import stat
from pathlib import Path

from hypothesis import given
from hypothesis import settings as relaxed
from hypothesis import strategies as st

from rag.serve.chats import Chats
from rag.serve.saved import keep, restore
from rag.types import Answer, Citation, Hit, Passage

ANSWER = {"status": "answered", "answer": "59 tổ [1]"}


def test_turns_are_kept_in_order_across_reopening(tmp_path: Path) -> None:
    chats = Chats(tmp_path / "c.sqlite3")
    first = chats.start("lan", "Câu một")
    a = chats.add("lan", first, "Câu một", ANSWER)
    b = chats.add("lan", first, "Câu hai", ANSWER)
    again = Chats(tmp_path / "c.sqlite3")
    assert [(t.id, t.question) for t in again.turns("lan", first)] == [(a, "Câu một"), (b, "Câu hai")]
    assert again.turns("lan", first)[0].answer == ANSWER
    (listed,) = again.conversations("lan")
    assert (listed.title, listed.turns) == ("Câu một", 2)
    assert b is not None and again.before("lan", b) == [("Câu một", "59 tổ [1]")]


def test_nothing_of_another_person_can_be_reached(tmp_path: Path) -> None:
    chats = Chats(tmp_path / "c.sqlite3")
    mine = chats.start("lan", "x")
    turn = chats.add("lan", mine, "x", ANSWER)
    assert turn is not None
    assert chats.conversations("minh") == [] and chats.turns("minh", mine) == []
    assert chats.turn("minh", turn) is None and not chats.owns("minh", mine)
    assert chats.add("minh", mine, "y", ANSWER) is None
    assert not chats.rate("minh", turn, True) and chats.cut("minh", turn) is None
    assert not chats.delete("minh", mine) and chats.before("minh", turn) == []
    assert chats.rated("minh") == []
    assert len(chats.turns("lan", mine)) == 1


def test_deleting_takes_turns_and_feedback_along(tmp_path: Path) -> None:
    chats = Chats(tmp_path / "c.sqlite3")
    mine = chats.start("lan", "x")
    turn = chats.add("lan", mine, "x", ANSWER)
    assert turn is not None and chats.rate("lan", turn, False, "sai năm")
    assert chats.turn("lan", turn).comment == "sai năm"  # type: ignore[union-attr]
    assert chats.delete("lan", mine)
    assert chats.turns("lan", mine) == [] and chats.rated() == []


def test_the_last_verdict_counts(tmp_path: Path) -> None:
    chats = Chats(tmp_path / "c.sqlite3")
    mine = chats.start("lan", "x")
    turn = chats.add("lan", mine, "x", ANSWER)
    assert turn is not None
    chats.rate("lan", turn, True)
    chats.rate("lan", turn, False, "không phải")
    assert [(t.good, t.comment) for t in chats.rated("lan")] == [(False, "không phải")]


def test_cut_drops_a_turn_and_what_follows(tmp_path: Path) -> None:
    chats = Chats(tmp_path / "c.sqlite3")
    mine = chats.start("lan", "x")
    ids = [chats.add("lan", mine, q, ANSWER) for q in ("a", "b", "c")]
    assert chats.cut("lan", ids[1] or 0) == "b"
    assert [t.question for t in chats.turns("lan", mine)] == ["a"]
    assert chats.cut("lan", 999) is None


def test_choices_and_permissions(tmp_path: Path) -> None:
    chats = Chats(tmp_path / "c.sqlite3")
    assert chats.choices("lan") == {}
    chats.choose("lan", {"k": 5})
    chats.choose("lan", {"k": 7})
    assert chats.choices("lan") == {"k": 7} and chats.choices("minh") == {}
    assert stat.S_IMODE((tmp_path / "c.sqlite3").stat().st_mode) == 0o600


texts = st.text(max_size=40)


@relaxed(deadline=None)
@given(texts, texts, st.sampled_from(["answered", "abstained", "failed"]), st.booleans(), st.integers(0, 10**6))
def test_an_answer_comes_back_as_it_was_kept(question: str, text: str, status: str, complete: bool, start: int) -> None:
    passage = Passage("nguồn.md", start, start + len(text), text, "Tựa", "Mục", "2024", page=3)
    answer = Answer(
        question,
        question,
        status,  # type: ignore[arg-type]
        text,
        ("59",),
        citations=(Citation(1, "nguồn.md", "Tựa", None, text, start, start + len(text), False),)
        if status == "answered"
        else (),
        hits=(Hit(passage, 0.5, 1),),
        timings={"total": 1.25},
        usage={"input_tokens": 3},
        error=None,
        complete=complete,
    )
    back = restore(keep(answer))
    assert back == answer
