"""Claim sets and the figures of a judge over them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import EvaluationError
from rag.evaluation.claims import Claim, format_verdicts, judge_all, load

GOOD = {"id": "a", "claim": "c", "passage": "p", "language": "vi", "supported": True, "kind": "paraphrase"}


def put(path: Path, *lines: object) -> Path:
    path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not a claim"),
        ("[]", "not a claim"),
        ({"id": "b"}, "not a claim"),
        ({**GOOD, "id": ""}, "must be non-empty strings"),
        ({**GOOD, "claim": 4, "id": "b"}, "must be non-empty strings"),
        ({**GOOD, "id": "b", "supported": "yes"}, "supported must be true or false"),
        (GOOD, "duplicate id 'a', first used on line 1"),
    ],
)
def test_a_malformed_claim_is_named(tmp_path: Path, line: object, message: str) -> None:
    path = put(tmp_path / "claims.jsonl", GOOD, line)
    with pytest.raises(EvaluationError) as caught:
        load(path)
    assert f"{path}:2: " in str(caught.value) and message in str(caught.value)


def test_files_that_are_no_claims(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="No such file"):
        load(tmp_path / "none.jsonl")
    with pytest.raises(EvaluationError, match="is empty"):
        load(put(tmp_path / "empty.jsonl"))
    (tmp_path / "bad.jsonl").write_bytes(b"\xff")
    with pytest.raises(EvaluationError, match="not UTF-8"):
        load(tmp_path / "bad.jsonl")


def test_figures() -> None:
    claims = [Claim(str(i), "c", "p", "vi" if i < 6 else "en", i % 2 == 0, "k") for i in range(10)]
    # unsupported: 1 3 5 7 9; called unsupported: 1 3 5 (caught), 0 (a false alarm)
    called = {"1", "3", "5", "0"}
    by_id = iter(claims)
    result = judge_all(claims, lambda claim, passage, language: next(by_id).id not in called)
    everything = result.summary["all"]
    assert (everything["precision"], everything["recall"], everything["false_alarm"], everything["accuracy"]) == (
        0.75,
        0.6,
        0.2,
        0.7,
    )
    assert everything["claims"] == 10 and everything["supported"] == 5
    assert result.summary["languages"]["vi"]["recall"] == 1.0 and result.summary["languages"]["en"]["recall"] == 0.0
    assert result.summary["languages"]["en"]["precision"] is None, "nothing was called unsupported"
    assert result.summary["kinds"] == {
        "supported: k": {"claims": 5, "right": 0.8},
        "unsupported: k": {"claims": 5, "right": 0.6},
    }
    text = format_verdicts(result, most=9)
    assert "0.750" in text and "7 [k] called supported" in text and "0 [k] called unsupported" in text


def test_the_judge_sees_claim_passage_and_language(tmp_path: Path) -> None:
    claims = load(put(tmp_path / "c.jsonl", GOOD, {**GOOD, "id": "b", "claim": "d", "supported": False}))
    seen: list[tuple[str, str, str]] = []

    def judge(claim: str, passage: str, language: str) -> bool:
        seen.append((claim, passage, language))
        return claim == "c"

    result = judge_all(claims, judge)
    assert seen == [("c", "p", "vi"), ("d", "p", "vi")] and result.verdicts == (True, False)
    assert result.summary["all"]["accuracy"] == 1.0 and result.summary["all"]["false_alarm"] == 0.0
