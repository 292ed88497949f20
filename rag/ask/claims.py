"""Does a passage bear out a claim? Values, names and polarity must stand in it; the rest must be said in similar words.

Works on strings (or a passage with its title and date) and knows nothing of answers, markers or models: an optional
``scorer`` adds the similarity of sentences. What is checked, in this order:

1. every number, percentage, date, time, document number, person, place and organisation of the claim stands in the passage,
   after normalisation (13.570 triệu = 13,57 tỷ; 15/8/2022 = August 15, 2022; Ha Tinh = Hà Tĩnh);
2. none of them stands there in another one's place ("133 tổ cấp xã" where the passage has 59 of these);
3. what the passage denies is not affirmed, nor the other way round, and directions (tăng, giảm) agree;
4. enough of the claim's content words are in the passage, or the sentences are close in meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rag.ask import roles, swaps, wording
from rag.ask.facts import Reading, Value, read
from rag.ask.figures import dates_like, numbers_like, times_like
from rag.ask.named import mentions, named, state
from rag.types import Passage


class SentenceSimilarity(Protocol):
    """What ``scorer`` may be: arrays of one similarity a sentence, by channel; "dense" is a cosine."""

    def score(self, question: str, sentences: Sequence[str]) -> Mapping[str, Any]: ...


Scorer = SentenceSimilarity | Callable[[str, Sequence[str]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``supported`` is the decision; ``reasons`` name what does not stand ("number 60", "date 3/2020", "person Lê A",
    "negation", "little support"); ``score`` in [0, 1] is the support of the wording."""

    supported: bool
    reasons: tuple[str, ...] = ()
    score: float = 1.0

    def __bool__(self) -> bool:
        return self.supported


# Set on parallel news, retold articles and the claim pairs of eval/; see tests/ask/test_claims.py.
SUPPORT = {"same": 0.34, "across": 0.25, "with_values": 0.2}
SEMANTIC = 0.4  # of 600 translated pairs the bundled model puts 97 % above it, and under 0.1 % of mismatched ones


def check_claim(
    claim: str, passage: str | Passage, language: str | None = None, scorer: Scorer | None = None
) -> Verdict:
    """Whether ``passage`` supports ``claim``. ``language`` is accepted for symmetry; it is detected from the text.

    A Passage lends its title, heading and date as context: they may supply a place, organisation or date that the text
    leaves unsaid, never a number or a person.
    """
    if isinstance(passage, Passage):
        return check(claim, (passage.text,), context=passage.context, scorer=scorer)
    return check(claim, (passage,), scorer=scorer)


def check(claim: str, passages: Sequence[str], *, context: str = "", scorer: Scorer | None = None) -> Verdict:
    """``check_claim`` against several passages together, with ``context`` as what goes without saying."""
    c = read(claim.strip())
    if not c.units and not c.numbers and not c.dates:
        return Verdict(True)
    p, extra = read("\n".join(passages)), read(context)
    reasons, matched = _values(c, p, extra)
    hard = len(matched)
    if not reasons:
        wrong = swaps.misplaced(matched, c, p)
        if wrong is not None and not (wrong.kind in ("person", "place", "organisation") and roles.agree(c, p)):
            reasons.append(f"{wrong.kind} {wrong.text} in another's place")
    best, share = wording.best_window(c, p)
    if not reasons and wording.denied(c, p, best, share):
        reasons.append("negation")
    if not reasons and (word := wording.turned(c, p, best)) and not roles.agree(c, p):
        reasons.append(f"opposite of {word}")
    if not reasons and (word := roles.turned_round(c, p)):
        reasons.append(f"roles around {word}")
    score = share
    if not reasons:
        score = wording.support(c, p, extra, share)
        if score < _needed(c, p, hard) and not _near(claim, c, p, hard, scorer):
            reasons.append("little support")
    return Verdict(not reasons, tuple(reasons), round(min(max(score, 0.0), 1.0), 3))


def _values(c: Reading, p: Reading, extra: Reading) -> tuple[list[str], list[swaps.Matched]]:
    """What of the claim's values does not stand in the passage, and where the others do."""
    reasons: list[str] = []
    matched: list[swaps.Matched] = []
    for value in (*c.numbers, *c.dates, *c.times):
        found: list[Value] | None
        if value.kind == "number":
            found = numbers_like(value, c, p)
        elif value.kind == "date":
            found = dates_like(value, c, p, extra)
        else:
            found = times_like(value, p)
        if found is None:
            reasons.append(f"{value.kind} {value.text}")
        elif value.kind != "time":
            matched.append((value, found))
    for value in named(c):
        told = state(value, c, p, extra)
        if told is False:
            reasons.append(f"{value.kind} {value.text}")
        elif told and value.kind != "other" and (found := mentions(value, p)):
            matched.append((value, found))
    return reasons, matched


def _needed(c: Reading, p: Reading, hard: int) -> float:
    if hard:
        return SUPPORT["with_values"]
    return SUPPORT["same"] if c.english == p.english else SUPPORT["across"]


def _near(claim: str, c: Reading, p: Reading, hard: int, scorer: Scorer | None) -> bool:
    """Whether the claim is close in meaning where its words are not; without a scorer, whether that cannot be told and
    enough of its values stand."""
    if scorer is None:
        return not wording.comparable(c, p) and hard > 0
    sentences = [p.text[s:e] for s, e in p.sentences] or [p.text]
    told: Any = scorer.score(claim, sentences) if hasattr(scorer, "score") else scorer(claim, sentences)
    if isinstance(told, Mapping):
        told = told.get("dense", ())
    return max((float(x) for x in told), default=0.0) >= SEMANTIC
