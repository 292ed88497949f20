"""Numbers that describe how a sentence, or a clause of it, bears on the question. Pure functions over ``evidence`` values.

Knows nothing of weights: ``fit_reader`` and ``fit_asked`` learn them, ``read_extractive`` applies them. The order of the columns is the order of
``SENTENCE`` and ``CLAUSE``; weight files name the columns, so that a file that does not fit is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.ask.answer_types import NUMERIC, TYPED
from rag.ask.evidence import Abbreviated, Asked, Sentence, coverage, dates_of, holds, per_question, words_of
from rag.ask.short import candidates, rank
from rag.ask.similar import Likeness
from rag.text.names import canonical_place
from rag.text.normalise import fold
from rag.types import Hit, Span

Floats = NDArray[np.float64]

SENTENCE = (
    "exact", "folded", "pairs", "context", "dense", "maxsim", "maxsim_near",
    "folded_gap", "pairs_gap", "dense_gap", "maxsim_gap",
    "typed", "typed_best", "untyped_miss", "unit", "names", "names_context", "dates", "dates_clash",
    "first", "short_text", "long_text", "table", "question",
    "rank_1", "rank_inverse", "score_gap", "reason", "definition", "list", "before", "rarest", "novel", "leads", "miss_figure", "office",
)  # fmt: skip
CLAUSE = (
    "folded", "folded_before", "folded_after", "pairs", "dense", "maxsim", "typed", "typed_best", "novel", "length", "first", "last",
    "position", "reason", "list", "only", "hole", "near",
)  # fmt: skip

_REASON = re.compile(
    r"\b(?:vì|do|bởi|nhờ|nhằm|để|nguyên nhân|lý do|khiến|dẫn đến|because|due to|since|so that|in order to|thanks to|as a result|caused)\b",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"(?:như|gồm|bao gồm|là|including|such as)\b[^.;]*,|:\s|,[^,]{2,60},[^,]{2,60}(?:và|and)\b", re.IGNORECASE
)


def sentence_features(
    asked: Asked,
    sentences: Sequence[Sentence],
    hits: Sequence[Hit],
    similar: Likeness,
    abbreviated: Abbreviated,
    about: Callable[[str], frozenset[str]] = lambda source: frozenset(),
) -> Floats:
    """(n, len(SENTENCE)) for the ``sentences``, ``similar`` their likeness to the question, ``about`` the places a document is about:
    its sentences need not name them."""
    n = len(sentences)
    if not n:
        return np.zeros((0, len(SENTENCE)))
    kind = asked.want.kind
    columns: dict[str, NDArray[Any]] = dict.fromkeys(SENTENCE, np.zeros(n))
    words = [words_of(s.text) for s in sentences]
    bags = [bags_of(s.text, s.before, s.context, abbreviated) for s in sentences]
    given = [_given(asked, about(hits[s.hit].source)) for s in sentences]
    if any(given):
        bags = [
            (own.union(words), near.union(words), pairs.union(pairwise(words)))
            for (own, near, pairs), words in zip(bags, given, strict=True)
        ]
    held, around = _held(asked, [own for own, _, _ in bags]), _held(asked, [near for _, near, _ in bags])
    weights = np.array(list(asked.terms.values()))
    folded = held @ weights / asked.weight
    columns["folded"] = folded
    columns["exact"] = (
        np.array([len(asked.exact & w.exact_set) / len(asked.exact) for w in words]) if asked.exact else folded
    )
    if asked.pairs:
        columns["pairs"] = np.array([len(asked.pairs & pairs) / len(asked.pairs) for _, _, pairs in bags])
    columns["context"] = around @ weights / asked.weight - folded
    columns["before"] = _held(asked, [words_of(s.before).folded_set for s in sentences]) @ weights / asked.weight
    rarest = np.argsort(-weights, kind="stable")[:2]
    columns["rarest"] = held[:, rarest].sum(axis=1) / max(1, len(rarest))
    tokens = similar.maxsim()
    columns["dense"], columns["maxsim"] = similar.dense.astype(np.float64), tokens.astype(np.float64)
    columns["maxsim_near"] = similar.maxsim(_with_before(sentences, similar.tokens)) - tokens
    if kind in _CHECKED:
        found = [candidates(asked, s.text) for s in sentences]
        fit = np.array([max((f.fit for f in own), default=0.0) for own in found])
        best = [max(rank(asked, s.text, own), default=0.0) for s, own in zip(sentences, found, strict=True)]
        columns["typed"], columns["typed_best"] = fit > 0.5, np.array(best) / 3.0
        columns["untyped_miss"] = np.array([not own for own in found])
        columns["unit"] = fit * (kind in NUMERIC and bool(asked.focus))
        columns["miss_figure"] = (fit < 0.5) & (kind in _FIGURES)
    if asked.names:
        columns["names"] = np.array([_share(asked.names, own) for own, _, _ in bags])
        columns["names_context"] = np.array([_share(asked.names, near) for _, near, _ in bags]) - columns["names"]
    if asked.dates:
        columns["dates"], columns["dates_clash"] = np.array([_dates(asked, s, hits[s.hit].date) for s in sentences]).T
    length = np.array([len(w.folded) for w in words])
    columns["short_text"], columns["long_text"] = length < 8, np.minimum(length, 90) / 90
    columns["novel"] = np.array([min(1.0, len(w.folded_set - asked.words) / 20) for w in words])
    columns["leads"] = np.array([bool(w.folded) and w.folded[0] in _PRONOUNS for w in words])
    columns["first"] = np.array([s.ordinal == 0 for s in sentences])
    columns["table"] = np.array([s.text.lstrip().startswith("|") for s in sentences])
    columns["question"] = np.array([s.text.rstrip().endswith("?") for s in sentences])
    place = np.array([s.hit for s in sentences])
    columns["rank_1"], columns["rank_inverse"] = place == 0, 1.0 / (1 + place)
    score = np.array([hits[s.hit].score for s in sentences])
    spread = (max(h.score for h in hits) - min(h.score for h in hits)) or 1.0
    columns["score_gap"] = (score - score.max()) / spread
    if kind == "reason":
        columns["reason"] = np.array([_REASON.search(s.text) is not None for s in sentences])
    if kind == "definition":
        columns["definition"] = np.array([_defines(asked, s.text) for s in sentences])
    if kind == "list" or asked.want.several:
        columns["list"] = np.array([_LIST.search(s.text) is not None for s in sentences])
    if asked_offices(asked):
        columns["office"] = np.array([office(asked, w.folded) for w in words])
    for name in ("folded", "pairs", "dense", "maxsim"):
        columns[f"{name}_gap"] = columns[name] - columns[name].max()
    return np.stack([columns[name] for name in SENTENCE], axis=1).astype(np.float64)


def _given(asked: Asked, places: frozenset[str]) -> tuple[str, ...]:
    """The words of the places asked about that are among ``places``; none across languages, where weights were fitted without, nor
    for lists, whose answer is told apart by little else."""
    if asked.language == "en" or asked.want.kind == "list":
        return ()
    return tuple(w for p in asked.places if fold(canonical_place(p)) in places for w in p.split())


def _held(asked: Asked, bags: Sequence[frozenset[str]]) -> NDArray[np.bool_]:
    """(n, terms): whether each bag of words holds each of the question's terms, in whatever wording."""
    if asked.others:
        rows = [[holds(asked, t, bag) for t in asked.terms] for bag in bags]
    else:
        rows = [[t in bag for t in asked.terms] for bag in bags]
    return np.array(rows, dtype=bool).reshape(len(bags), len(asked.terms))


@lru_cache(maxsize=8192)
def bags_of(
    text: str, before: str, context: str, abbreviated: Abbreviated
) -> tuple[frozenset[str], frozenset[str], frozenset[tuple[str, str]]]:
    """Folded words of a sentence, those of it with what stands before and above, and its pairs; abbreviations spelled out.

    Cached like the words themselves: the same passages come again and again.
    """
    words, extra = words_of(text), abbreviated.extra(text)
    own = words.folded_set.union(extra)
    around = own.union(words_of(before).folded_set, words_of(context).folded_set, abbreviated.extra(before))
    return own, around, words.pairs.union(pairwise(extra))


def _with_before(sentences: Sequence[Sentence], best: NDArray[np.float32]) -> NDArray[np.float32]:
    """Best cosines (n, t) of each sentence together with the one before it in the list, where both are of one hit."""
    out = best.copy()
    for i in range(1, len(sentences)):
        if sentences[i].hit == sentences[i - 1].hit:
            out[i] = np.maximum(best[i], best[i - 1])
    return out


_CHECKED = TYPED | {"comparison"}
_PRONOUNS = frozenset("ong ba anh chi ho no day do viec dieu tai theo trong he she they it this these there".split())


_FIGURES = NUMERIC | {"date"}
_TITLES = (
    ("giam", "doc"), ("chu", "tich"), ("bi", "thu"), ("truong", "phong"), ("truong", "thon"), ("truong", "ban"), ("cuc", "truong"), ("bo", "truong"),
    ("thu", "tuong"), ("tong", "thong"), ("hieu", "truong"), ("vien", "truong"),
)  # fmt: skip


_TITLES_EN = {
    "director": ("giam", "doc"), "directors": ("giam", "doc"), "chairs": ("chu", "tich"), "chairman": ("chu", "tich"), "chairwoman": ("chu", "tich"), "chair": ("chu", "tich"), "chairperson": ("chu", "tich"),
    "secretary": ("bi", "thu"), "minister": ("bo", "truong"), "president": ("chu", "tich"),
}  # fmt: skip


# of a department its director, but of a division in it somebody else
_HEADS_EN = re.compile(
    r"\b(?:heads?|headed|leads|led|runs)\b(?! (?:\S+ ){0,6}?(?:division|section|unit|office|centre|center|team)s?\b)[^?]*\bdepartment\b"
)


def office(asked: Asked, words: tuple[str, ...]) -> float:
    """1 when the office asked about stands in the words of a sentence, -1 when only its deputy (or its head) does, else 0."""
    for title, here in asked_offices(asked):
        there = _offices(words, title)
        if not there:
            return 0.0
        return 1.0 if here & there else -1.0
    return 0.0


def other_office(asked: Asked, words: tuple[str, ...]) -> bool:
    """Whether the words of a sentence hold an office and not the one asked about."""
    named = asked_offices(asked)
    return (
        bool(named)
        and not any(_offices(words, title) for title, _ in named)
        and any(_offices(words, title) for title in _TITLES)
    )


@per_question
def asked_offices(asked: Asked) -> list[tuple[tuple[str, str], set[bool]]]:
    """The offices a question names, each with whether a deputy's (True) or the head's (False) is meant."""
    if asked.language == "en":
        words = asked.sequence
        named = [
            (
                ("thu", "tuong") if w == "minister" and words[i - 1 : i] == ("prime",) else _TITLES_EN[w],
                {i > 0 and words[i - 1] in ("vice", "deputy")},
            )
            for i, w in enumerate(words)
            if w in _TITLES_EN
        ]
        heads = _HEADS_EN.search(fold(asked.text)) is not None and "deputy" not in words
        return named or ([(("giam", "doc"), {False})] if heads else [])
    if "sep" in asked.sequence:  # the boss, whatever the office is called
        return [(("giam", "doc"), {False})]
    return [(title, found) for title in _TITLES if (found := _offices(asked.sequence, title))]


def _offices(words: tuple[str, ...], title: tuple[str, str]) -> set[bool]:
    """Whether a title occurs as a deputy's (True) or a head's (False) office in a text."""
    if title[0] not in words:
        return set()
    return {
        i > 0 and words[i - 1] == "pho"
        for i in range(len(words) - 1)
        if words[i] == title[0] and words[i + 1] == title[1]
    }


def _share(names: tuple[tuple[str, ...], ...], words: set[str] | frozenset[str]) -> float:
    return sum(all(w in words for w in name) for name in names) / len(names) if names else 0.0


def _dates(asked: Asked, sentence: Sentence, document: str | None) -> tuple[float, float]:
    """Whether a date of the question meets one of the sentence (1), only the document's (.5), or neither though it has some (clash)."""
    if not asked.dates:
        return 0.0, 0.0
    own = [(d.first, d.last) for d in dates_of(sentence.text)]
    if any(_overlap(a, b) for a in asked.dates for b in own):
        return 1.0, 0.0
    if document and any(a[0][: len(document)] <= document <= a[1][: len(document)] for a in asked.dates):
        return 0.5, 0.0
    return 0.0, float(bool(own))


def _overlap(a: tuple[str, str], b: tuple[str, str]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def _defines(asked: Asked, text: str) -> bool:
    """ "X là …" / "X is …" with X of the question at the front."""
    head = re.split(r"\b(?:là|is|are|means|nghĩa là|được gọi là)\b", text, maxsplit=1)
    return len(head) == 2 and len(head[0].split()) <= 8 and coverage(asked, words_of(head[0]).folded_set) > 0.5


def clause_features(
    asked: Asked,
    text: str,
    clauses: Sequence[Span],
    similar: Likeness,
    abbreviated: Abbreviated,
) -> Floats:
    """(m, len(CLAUSE)) for the ``clauses`` (spans in ``text``, one sentence), ``similar`` their likeness to the question."""
    m = len(clauses)
    out = np.zeros((m, len(CLAUSE)))
    dense, tokens = similar.dense, similar.maxsim()
    found = candidates(asked, text)
    scores = rank(asked, text, found)
    top = max(scores, default=0.0)
    cover: list[float] = []
    sets: list[set[str]] = []
    for start, end in clauses:
        piece = text[start:end]
        own = set(words_of(piece).folded) | set(abbreviated.extra(piece))
        sets.append(own)
        cover.append(coverage(asked, own))
    for j, (start, end) in enumerate(clauses):
        piece = text[start:end]
        words = words_of(piece)
        inside = [(f, s) for f, s in zip(found, scores) if start <= f.start < end]
        row = dict.fromkeys(CLAUSE, 0.0)
        row["folded"] = cover[j]
        row["folded_before"] = cover[j - 1] if j else 0.0
        row["folded_after"] = cover[j + 1] if j + 1 < m else 0.0
        row["pairs"] = len(asked.pairs & words.pairs) / len(asked.pairs) if asked.pairs else 0.0
        row["dense"], row["maxsim"] = dense[j], tokens[j]
        row["typed"] = max((f.fit for f, _ in inside), default=0.0)
        row["typed_best"] = float(any(s >= top - 1e-9 for _, s in inside)) if found else 0.0
        row["novel"] = min(1.0, len(words.folded_set - asked.words) / 12)
        row["length"] = min(1.0, len(words.folded) / 30)
        row["first"], row["last"] = float(j == 0), float(j == m - 1)
        row["position"] = j / max(1, m - 1)
        row["reason"] = float(asked.want.kind == "reason" and _REASON.search(piece) is not None)
        row["list"] = float((asked.want.kind == "list" or asked.want.several) and "," in piece)
        row["only"] = float(m == 1)
        row["hole"] = float(cover[j] == 0.0 and 0 < j < m - 1 and cover[j - 1] > 0 and cover[j + 1] > 0)
        row["near"] = max((c / (1 + abs(j - i)) for i, c in enumerate(cover)), default=0.0)
        out[j] = [row[name] for name in CLAUSE]
    return out


def folded_words(text: str) -> set[str]:
    """The folded words of ``text``."""
    return set(re.findall(r"\w+", fold(text)))
