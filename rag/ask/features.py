"""Numbers that describe how a sentence, or a clause of it, bears on the question. Pure functions over ``evidence`` values.

Knows nothing of weights: ``fit_reader`` learns them, ``read_extractive`` applies them. The order of the columns is the order of
``SENTENCE`` and ``CLAUSE``; weight files name the columns, so that a file that does not fit is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.ask.answer_types import NUMERIC
from rag.ask.evidence import Abbreviated, Asked, Sentence, coverage, dates_of, holds, per_question, words_of
from rag.ask.short import candidates, rank
from rag.ask.similar import Likeness
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
) -> Floats:
    """(n, len(SENTENCE)) for the ``sentences``, ``similar`` their likeness to the question."""
    n = len(sentences)
    out = np.zeros((n, len(SENTENCE)))
    if not n:
        return out
    dense, tokens = similar.dense, similar.maxsim()
    near = similar.maxsim(_with_before(sentences, similar.tokens))
    best_score = max((hits[s.hit].score for s in sentences), default=1.0)
    spread = (max(h.score for h in hits) - min(h.score for h in hits)) or 1.0
    rarest = sorted(asked.terms, key=lambda t: -asked.terms[t])[:2]
    typed_scores: list[float] = []
    for i, sentence in enumerate(sentences):
        words = words_of(sentence.text)
        extra = abbreviated.extra(sentence.text)
        own = words.folded_set | set(extra)
        around = (
            own
            | words_of(sentence.before).folded_set
            | words_of(sentence.context).folded_set
            | set(abbreviated.extra(sentence.before))
        )
        pairs = words.pairs | set(pairwise(extra))
        found = candidates(asked, sentence.text)
        scores = rank(asked, sentence.text, found)
        best = max(scores, default=0.0)
        typed_scores.append(best)
        fit = max((f.fit for f in found), default=0.0)
        wants = asked.want.kind in _CHECKED
        row = dict.fromkeys(SENTENCE, 0.0)
        row["exact"] = len(asked.exact & words.exact_set) / len(asked.exact) if asked.exact else coverage(asked, own)
        row["folded"] = coverage(asked, own)
        row["pairs"] = len(asked.pairs & pairs) / len(asked.pairs) if asked.pairs else 0.0
        row["context"] = coverage(asked, around) - row["folded"]
        row["dense"], row["maxsim"], row["maxsim_near"] = dense[i], tokens[i], near[i] - tokens[i]
        row["typed"] = float(fit > 0.5) if wants else 0.0
        row["typed_best"] = best / 3.0 if wants else 0.0
        row["untyped_miss"] = float(wants and not found)
        row["unit"] = fit if asked.want.kind in NUMERIC and asked.focus else 0.0
        row["names"] = _share(asked.names, own)
        row["names_context"] = _share(asked.names, around) - row["names"]
        row["dates"], row["dates_clash"] = _dates(asked, sentence, hits[sentence.hit].date)
        row["first"] = float(sentence.ordinal == 0)
        length = len(words.folded)
        row["short_text"], row["long_text"] = float(length < 8), min(length, 90) / 90
        row["table"] = float(sentence.text.lstrip().startswith("|"))
        row["question"] = float(sentence.text.rstrip().endswith("?"))
        row["rank_1"] = float(sentence.hit == 0)
        row["rank_inverse"] = 1.0 / (1 + sentence.hit)
        row["score_gap"] = (hits[sentence.hit].score - best_score) / spread
        row["reason"] = float(asked.want.kind == "reason" and _REASON.search(sentence.text) is not None)
        row["definition"] = float(asked.want.kind == "definition" and _defines(asked, sentence.text))
        row["list"] = float(
            (asked.want.kind == "list" or asked.want.several) and _LIST.search(sentence.text) is not None
        )
        row["before"] = coverage(asked, words_of(sentence.before).folded_set)
        row["rarest"] = sum(holds(asked, t, own) for t in rarest) / max(1, len(rarest))
        row["novel"] = min(1.0, len(words.folded_set - asked.words) / 20)
        row["leads"] = float(bool(words.folded) and words.folded[0] in _PRONOUNS)
        row["miss_figure"] = float(wants and fit < 0.5 and asked.want.kind in _FIGURES)
        row["office"] = office(asked, words.folded)
        out[i] = [row[name] for name in SENTENCE]
    for gap, source in (
        ("folded_gap", "folded"),
        ("pairs_gap", "pairs"),
        ("dense_gap", "dense"),
        ("maxsim_gap", "maxsim"),
    ):
        column = out[:, SENTENCE.index(source)]
        out[:, SENTENCE.index(gap)] = column - column.max()
    return out


def _with_before(sentences: Sequence[Sentence], best: NDArray[np.float32]) -> NDArray[np.float32]:
    """Best cosines (n, t) of each sentence together with the one before it in the list, where both are of one hit."""
    out = best.copy()
    for i in range(1, len(sentences)):
        if sentences[i].hit == sentences[i - 1].hit:
            out[i] = np.maximum(best[i], best[i - 1])
    return out


_CHECKED = NUMERIC | {"date", "person", "organisation", "place", "decision", "role", "comparison"}
_PRONOUNS = frozenset("ong ba anh chi ho no day do viec dieu tai theo trong he she they it this these there".split())


_FIGURES = NUMERIC | {"date"}
_TITLES = (
    ("giam", "doc"), ("chu", "tich"), ("bi", "thu"), ("truong", "phong"), ("truong", "thon"), ("truong", "ban"), ("cuc", "truong"), ("bo", "truong"),
    ("thu", "tuong"), ("tong", "thong"), ("hieu", "truong"), ("vien", "truong"),
)  # fmt: skip


_TITLES_EN = {
    "director": ("giam", "doc"), "chairs": ("chu", "tich"), "chairman": ("chu", "tich"), "chairwoman": ("chu", "tich"), "chair": ("chu", "tich"), "chairperson": ("chu", "tich"),
    "secretary": ("bi", "thu"), "minister": ("bo", "truong"), "president": ("chu", "tich"),
}  # fmt: skip


def office(asked: Asked, words: tuple[str, ...]) -> float:
    """1 when the office asked about stands in the words of a sentence, -1 when only its deputy (or its head) does, else 0."""
    for title, here in asked_offices(asked):
        there = _offices(words, title)
        if not there:
            return 0.0
        return 1.0 if here & there else -1.0
    return 0.0


@per_question
def asked_offices(asked: Asked) -> list[tuple[tuple[str, str], set[bool]]]:
    """The offices a question names, each with whether a deputy's (True) or the head's (False) is meant."""
    if asked.language == "en":
        words = asked.sequence
        return [
            (_TITLES_EN[w], {i > 0 and words[i - 1] in ("vice", "deputy")})
            for i, w in enumerate(words)
            if w in _TITLES_EN
        ]
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
