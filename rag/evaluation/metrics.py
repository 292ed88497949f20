"""Metrics of one answered question. Pure functions over plain values; knows nothing of indexes or files.

Answer metrics follow SQuAD (Rajpurkar et al., EMNLP 2016: exact match, token F1, the best gold alternative) with the
normalisation of :func:`rag.text.normalise.answer_normal`; answers of several parts are aligned one to one as DROP does
(Dua et al., NAACL 2019). Citation precision and recall come twice: against exact gold quotes, and as ALCE defines them
(see :mod:`rag.evaluation.citations`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rag.evaluation.citations import Backing, Entails, backing, statements
from rag.evaluation.sets import Question
from rag.text.normalise import answer_normal, contains_answer, strip_markers

STAGES = (
    "right",
    "right refusal",
    "not retrieved",
    "retrieved, not read",
    "read, wrongly refused",
    "wrongly refused",
    "unsupported claim",
    "answered the unanswerable",
    "failed",
)
"""Where a question went, best first: the two right ones, then the stage that lost it."""
RIGHT = STAGES[:2]
ARTICLES = frozenset({"a", "an", "the"})
Span = tuple[int, int]


class Texts(Protocol):
    """The stored texts answers are checked against."""

    def text(self, source: str) -> str | None:
        """The cleaned text of a document, None when there is no such document."""

    def spans(self, source: str, quote: str) -> Sequence[Span]:
        """Every place where ``quote`` stands in the text of ``source``."""


def tokens(text: str, articles: bool = False) -> list[str]:
    """The tokens answers are compared by. With ``articles`` English ones are dropped, as SQuAD's own script does.

    Only English answers may have them dropped: "an" is half of "Nghệ An".
    """
    kept = answer_normal(text).split()
    return [t for t in kept if t not in ARTICLES] if articles else kept


def exact_match(prediction: str, alternatives: Sequence[str], articles: bool = False) -> float:
    """1.0 when the normalised prediction equals any normalised alternative, else 0.0."""
    got = tokens(prediction, articles)
    return float(any(got == tokens(a, articles) for a in alternatives))


def token_f1(prediction: str, alternatives: Sequence[str], articles: bool = False) -> float:
    """Token-level F1 against the best alternative, in [0, 1]; two empty strings agree."""
    best = 0.0
    got = tokens(prediction, articles)
    for alternative in alternatives:
        gold = tokens(alternative, articles)
        if not got or not gold:
            best = max(best, float(got == gold))
            continue
        same = sum((Counter(got) & Counter(gold)).values())
        if same:
            precision, recall = same / len(got), same / len(gold)
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


def contains_all(text: str, answers: Sequence[Sequence[str]]) -> float:
    """1.0 when every requirement is met by any of its alternatives inside ``text``, else 0.0."""
    plain = strip_markers(text)
    return float(all(any(contains_answer(plain, a) for a in alternatives) for alternatives in answers))


def aligned(
    short: Sequence[str], answers: Sequence[Sequence[str]], metric: Callable[..., float], articles: bool = False
) -> float:
    """The best one-to-one alignment of answer strings and requirements, over the longer of the two lists.

    With one string and one requirement this is SQuAD's metric itself. A string that meets every requirement on its own
    (a total given in place of its parts) may stand for all of them.
    """
    if not short:
        return 0.0
    best = _align([[metric(s, alternatives, articles) for alternatives in answers] for s in short])
    shared = set(answers[0]).intersection(*answers[1:]) if len(answers) > 1 else set()
    if shared:
        best = max(best, _align([[metric(s, sorted(shared), articles)] for s in short]))
    return best


def _align(values: Sequence[Sequence[float]]) -> float:
    """The highest total of a one-to-one alignment of rows and columns, over the longer side (Kuhn and Munkres)."""
    rows = values if len(values) <= len(values[0]) else [list(column) for column in zip(*values)]
    n, m = len(rows), len(rows[0])
    u, v = [0.0] * (n + 1), [0.0] * (m + 1)
    match = [0] * (m + 1)
    for i in range(1, n + 1):
        match[0], j0 = i, 0
        least, before, used = [float("inf")] * (m + 1), [0] * (m + 1), [False] * (m + 1)
        while match[j0]:
            used[j0] = True
            i0, delta, j1 = match[j0], float("inf"), 0
            for j in range(1, m + 1):
                if used[j]:
                    continue
                cost = -rows[i0 - 1][j - 1] - u[i0] - v[j]
                if cost < least[j]:
                    least[j], before[j] = cost, j0
                if least[j] < delta:
                    delta, j1 = least[j], j
            for j in range(m + 1):
                if used[j]:
                    u[match[j]] += delta
                    v[j] -= delta
                else:
                    least[j] -= delta
            j0 = j1
        while j0:
            match[j0] = match[before[j0]]
            j0 = before[j0]
    return math.fsum(rows[match[j] - 1][j - 1] for j in range(1, m + 1) if match[j]) / m


def overlaps(a: Span, b: Span) -> bool:
    """Whether two half-open spans share a character."""
    return a[0] < b[1] and b[0] < a[1]


@dataclass(frozen=True, slots=True)
class Score:
    """The metrics of one question. None means: does not apply to this question.

    ``evidence_ranks`` has one entry per piece of gold evidence: the rank (from 1) of the first retrieved passage that
    holds some of it, or None. ``channel_ranks`` is the rank of the best such passage among the retrieved by each retrieval
    channel's own score, ties counted against it: a channel that is silent ranks it last. ``confidence`` is what the refusal decision can be read from, higher is surer.
    """

    id: str
    status: str
    stage: str
    correct: float
    contains: float | None = None
    short_contains: float | None = None
    exact: float | None = None
    f1: float | None = None
    citation_precision: float | None = None
    citation_recall: float | None = None
    first_citation: float | None = None
    alce_precision: float | None = None
    alce_recall: float | None = None
    quote_exact: float | None = None
    supported: float | None = None
    evidence_ranks: tuple[int | None, ...] = ()
    channel_ranks: tuple[tuple[str, int], ...] = ()
    tokens: int = 0
    confidence: float | None = None
    milliseconds: float = 0.0

    @property
    def evidence_rank(self) -> int | None:
        """Rank of the first retrieved passage with any gold evidence."""
        return min((r for r in self.evidence_ranks if r is not None), default=None)

    def recall(self, k: int) -> float | None:
        """Share of the gold evidence that the first k passages hold; None without gold evidence."""
        if not self.evidence_ranks:
            return None
        return sum(r is not None and r <= k for r in self.evidence_ranks) / len(self.evidence_ranks)

    def reciprocal_rank(self, k: int = 10) -> float | None:
        """One over the rank of the first passage with gold evidence, 0 beyond k; None without gold evidence."""
        if not self.evidence_ranks:
            return None
        rank = self.evidence_rank
        return 1 / rank if rank is not None and rank <= k else 0.0


def score(question: Question, line: Mapping[str, Any], texts: Texts, entails: Entails) -> Score:
    """Score one answer line (the batch format) against its question."""
    status = str(line["status"])
    answered = status == "answered"
    answer = str(line["answer"])
    retrieved = line["retrieved"]
    gold = [(e.source, texts.spans(e.source, e.quote)) for e in question.evidence]
    ranks = tuple(_rank(source, spans, retrieved) for source, spans in gold)
    citations = line["citations"] if answered else []

    precision = recall = first = exact_quotes = supported = None
    backed = Backing(None, None)
    if answered:
        parts = statements(answer)
        backed = backing(parts, {c["n"]: _premise(c, texts) for c in citations}, entails)
        exact_quotes = _share([_stands(c, texts) for c in citations]) or 0.0
        supported = _share([bool(c["supported"]) for c in citations]) or 0.0
        if question.answerable and gold:
            good = [any(_cites(c, s, spans) for s, spans in gold) for c in citations]
            # A marker that names no citation is a citation of nothing.
            dangling = {n for p in parts for n in p.cited} - {c["n"] for c in citations}
            precision = sum(good) / (len(good) + len(dangling)) if good else 0.0
            recall = sum(any(_cites(c, s, spans) for c in citations) for s, spans in gold) / len(gold)
            first = float(bool(good) and good[0])

    contains = short = exact = f1 = None
    if question.answerable:
        contains = short = exact = f1 = 0.0
        if answered:
            strings = [str(s) for s in line["short"]]
            articles = language_of(question) == "en"
            contains = contains_all(answer, question.answers)
            short = contains_all(" ; ".join(strings), question.answers)
            # DROP's exact match: the two sets are equal, or nothing.
            exact = float(aligned(strings, question.answers, exact_match, articles) == 1.0)
            f1 = aligned(strings, question.answers, token_f1, articles)
    # Right words under a citation that backs them in no way are an unsupported claim, whoever vouched for them.
    bad = not citations or not supported or not (precision or backed.recall or not gold)
    stage = _stage(question, status, answer, contains, ranks, bad)
    confidence = line.get("confidence")
    if confidence is None and retrieved:
        confidence = retrieved[0]["score"]
    return Score(
        id=question.id,
        status=status,
        stage=stage,
        correct=float(stage in RIGHT),
        contains=contains,
        short_contains=short,
        exact=exact,
        f1=f1,
        citation_precision=precision,
        citation_recall=recall,
        first_citation=first,
        alce_precision=backed.precision,
        alce_recall=backed.recall,
        quote_exact=exact_quotes,
        supported=supported,
        evidence_ranks=ranks,
        channel_ranks=_channel_ranks(line.get("channels") or [], [r for r in ranks if r]),
        tokens=len(strip_markers(answer).split()),
        confidence=None if confidence is None else float(confidence),
        milliseconds=float(line.get("timings_ms", {}).get("total", 0.0)),
    )


def language_of(question: Question) -> str:
    """ "vi", "folded" (Vietnamese without diacritics), "en" or "other": by its tag, else as detected."""
    for name in ("vi", "folded", "en"):
        if name in question.tags:
            return name
    from rag.text.language import detect

    found = detect(question.question)
    return "folded" if found == "vi-folded" else found


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _stands(citation: Mapping[str, Any], texts: Texts) -> bool:
    text = texts.text(citation["source"])
    return text is not None and text[citation["start"] : citation["end"]] == citation["quote"] != ""


def _cites(citation: Mapping[str, Any], source: str, spans: Sequence[Span]) -> bool:
    return citation["source"] == source and any(overlaps((citation["start"], citation["end"]), s) for s in spans)


def _premise(citation: Mapping[str, Any], texts: Texts) -> str:
    """What a citation lets a reader see: its document's title and date, and the paragraph it stands in."""
    text = texts.text(citation["source"])
    body = str(citation["quote"])
    if text is not None and _stands(citation, texts):
        start = text.rfind("\n", 0, citation["start"]) + 1
        end = text.find("\n", citation["end"])
        body = text[start : end if end >= 0 else len(text)]
    return "\n".join(p for p in (str(citation["title"]), str(citation["date"] or ""), body) if p)


def _rank(source: str, spans: Sequence[Span], retrieved: Sequence[Mapping[str, Any]]) -> int | None:
    for rank, passage in enumerate(retrieved, 1):
        here = (passage["start"], passage["end"])
        if passage["source"] == source and any(overlaps(here, s) for s in spans):
            return rank
    return None


def _channel_ranks(channels: Sequence[Mapping[str, float]], ranks: Sequence[int]) -> tuple[tuple[str, int], ...]:
    """(channel, rank by its score of the best-placed gold passage), pessimistic about ties; () when none was retrieved."""
    if not ranks:
        return ()
    out = []
    for name in sorted({name for passage in channels for name in passage}):
        values = [float(passage.get(name, 0.0)) for passage in channels]
        best = max(values[r - 1] for r in ranks)
        gold = sum(values[r - 1] == best for r in set(ranks))
        out.append((name, sum(v >= best for v in values) - gold + 1))
    return tuple(out)


def _stage(
    question: Question,
    status: str,
    answer: str,
    contains: float | None,
    ranks: Sequence[int | None],
    unsupported: bool,
) -> str:
    if status == "failed":
        return "failed"
    if not question.answerable:
        return "right refusal" if status == "abstained" else "answered the unanswerable"
    if status == "abstained":
        if not ranks:
            return "wrongly refused"
        return "read, wrongly refused" if any(ranks) else "not retrieved"
    if contains:
        return "unsupported claim" if unsupported else "right"
    unmet = [alternatives for alternatives in question.answers if not contains_all(answer, [alternatives])]
    return "not retrieved" if any(_lost(question, a, ranks) for a in unmet) else "retrieved, not read"


def _lost(question: Question, alternatives: Sequence[str], ranks: Sequence[int | None]) -> bool:
    """Whether no evidence of one requirement was retrieved; evidence that names none of its answers counts for all."""
    own = [r for e, r in zip(question.evidence, ranks) if any(contains_answer(e.quote, a) for a in alternatives)]
    own = own or list(ranks)
    return bool(own) and not any(own)
