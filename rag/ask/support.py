"""How far the evidence bears the question: signals for the decision to answer or to refuse.

Computed for one question and one passage with what is known of its document. Knows nothing of thresholds or weights.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from rag.ask.answer_types import NUMERIC
from rag.ask.evidence import Abbreviated, Asked, coverage, dates_of, holds, places_of, words_of
from rag.ask.short import candidates
from rag.text.names import canonical_place
from rag.text.normalise import fold
from rag.types import Hit

NAMES = (
    "quote_cover", "sentence_cover", "near_cover", "passage_cover", "document_cover", "pair_cover", "passage_pairs",
    "unknown", "missing_rarest", "missing_sentence", "missing_count", "names_missing", "names_missing_passage", "places_missing", "places_other",
    "dates_missing", "dates_other", "numbers_missing", "numbers_missing_document", "typed_miss", "typed_fit", "unit_miss", "office_miss",
    "dense", "maxsim", "maxsim_near", "probability", "score", "margin", "folded_question", "short_question", "wants_fact", "focus_cover",
)  # fmt: skip
_OFFICE = re.compile(
    r"\b(?:pho |nguyen )?(?:tong )?(?:giam doc|chu tich|bi thu|truong phong|truong ban|truong thon|cuc truong|bo truong|thu tuong|vien truong|hieu truong|chanh van phong|doi truong)\b"
)


def main_places(text: str) -> frozenset[str]:
    """The places a document is about: those named at least twice, or the one named most; folded, one spelling each."""
    counts = Counter(fold(canonical_place(p.text)) for p in places_of(text))
    if not counts:
        return frozenset()
    most = counts.most_common(1)[0][1]
    return frozenset(name for name, n in counts.items() if n >= max(1, min(3, most * 0.34)))


def signals(
    asked: Asked,
    sentence: str,
    before: str,
    quote: str,
    hit: Hit,
    hits: Sequence[Hit],
    document_text: str,
    document_words: frozenset[str],
    document_places: frozenset[str],
    abbreviated: Abbreviated,
    frequency: Callable[[str], int],
    row: Mapping[str, float],
) -> dict[str, float]:
    """The values of NAMES. ``row`` holds the sentence's features; ``frequency`` the number of passages with a folded word."""
    passage = hit.passage
    own = words_of(sentence).folded_set | set(abbreviated.extra(sentence))
    context = words_of(passage.context).folded_set | set(abbreviated.extra(passage.context))
    near = own | context | words_of(before).folded_set | set(abbreviated.extra(before))
    whole = words_of(passage.text).folded_set | context | set(abbreviated.extra(passage.text))
    places = {word for name in document_places for word in name.split()}
    quoted = words_of(quote).folded_set | set(abbreviated.extra(quote))
    everywhere = whole | document_words
    terms = asked.terms
    total = asked.weight
    top = max(terms.values(), default=1.0) or 1.0
    out = dict.fromkeys(NAMES, 0.0)
    out["quote_cover"] = coverage(asked, quoted)
    out["sentence_cover"] = coverage(asked, own | places)
    out["near_cover"] = coverage(asked, near | places)
    out["passage_cover"] = coverage(asked, whole | places)
    out["document_cover"] = coverage(asked, everywhere | places)
    sentence_pairs = words_of(sentence).pairs | set(pairwise(abbreviated.extra(sentence)))
    passage_pairs = sentence_pairs | words_of(passage.text).pairs | words_of(passage.context).pairs
    if asked.pairs:
        out["pair_cover"] = len(asked.pairs & sentence_pairs) / len(asked.pairs)
        out["passage_pairs"] = len(asked.pairs & passage_pairs) / len(asked.pairs)
    out["unknown"] = sum(w for t, w in terms.items() if not frequency(t) and t not in asked.others) / total
    out["missing_rarest"] = max((w for t, w in terms.items() if not holds(asked, t, whole | places)), default=0.0) / top
    out["missing_sentence"] = (
        max((w for t, w in terms.items() if not holds(asked, t, near | places)), default=0.0) / top
    )
    out["missing_count"] = min(6, sum(not holds(asked, t, near | places) for t in terms)) / 6
    here_text = _joined(f"{passage.context} {passage.text}") + " " + " ".join(abbreviated.extra(passage.text)) + " "
    named = [n for n in asked.names if not _phrase(n, here_text) and " ".join(n) not in document_places]
    out["names_missing"] = float(bool([n for n in named if not _phrase(n, document_text)]))
    out["names_missing_passage"] = float(bool(named))
    held = {fold(canonical_place(p.text)) for p in places_of(f"{passage.context}. {passage.text}")} | document_places
    lost = [
        p for p in asked.places if fold(canonical_place(p)) not in held and not _phrase(tuple(p.split()), here_text)
    ]
    out["places_missing"] = float(bool(lost))
    here = {fold(canonical_place(p.text)) for p in places_of(sentence)}
    out["places_other"] = float(
        bool(asked.places and here and not here & {fold(canonical_place(p)) for p in asked.places})
    )
    out |= _dates(asked, sentence, before, passage.text, passage.date)
    digits = [w for w in terms if w.isdigit() and not any(w in (d[0][:4], d[1][:4]) for d in asked.dates)]
    out["numbers_missing"] = float(any(d not in whole for d in digits))
    out["numbers_missing_document"] = float(any(d not in everywhere for d in digits))
    found = candidates(asked, sentence)
    fit = max((f.fit for f in found), default=0.0)
    wants = asked.want.kind in NUMERIC | {"date", "person", "place", "organisation", "decision", "role"}
    out["wants_fact"] = float(wants)
    out["typed_miss"] = float(wants and fit < 0.5)
    out["typed_fit"] = fit if wants else 0.0
    out["unit_miss"] = float(asked.want.kind == "number" and bool(asked.focus) and fit < 0.6)
    if asked.focus:
        out["focus_cover"] = len(set(asked.focus) & near) / len(set(asked.focus))
    out["office_miss"] = _office_miss(asked, sentence)
    for name in ("dense", "maxsim", "maxsim_near"):
        out[name] = row.get(name, 0.0)
    out["probability"] = row.get("probability", 0.0)
    out["score"] = hits[0].score
    out["margin"] = hits[0].score - hits[min(3, len(hits) - 1)].score
    out["folded_question"] = float(asked.language == "vi-folded")
    out["short_question"] = float(len(terms) <= 3)
    return out


def _joined(text: str) -> str:
    return f" {' '.join(words_of(text).folded)} "


def _phrase(words: tuple[str, ...], joined: str) -> bool:
    """Whether a name's words stand side by side in a text made by ``_joined``."""
    plain = " ".join(re.findall(r"\w+", " ".join(words)))
    return f" {plain} " in joined


def _dates(asked: Asked, sentence: str, before: str, passage: str, document: str | None) -> dict[str, float]:
    """Whether a period of the question is met nowhere (missing), and whether the sentence gives another one (other)."""
    if not asked.dates:
        return {}
    own = [(d.first, d.last) for d in (*dates_of(sentence), *dates_of(before))]
    around = [(d.first, d.last) for d in dates_of(passage)]
    if document:
        around.append(
            (
                document.ljust(4) + "-01-01"[len(document) - 4 :] if len(document) < 10 else document,
                document + "-12-31"[len(document) - 4 :] if len(document) < 10 else document,
            )
        )
    missing = other = 0.0
    for wanted in asked.dates:
        if not any(wanted[0] <= b and a <= wanted[1] for a, b in own + around):
            missing = 1.0
        if own and not any(wanted[0] <= b and a <= wanted[1] for a, b in own):
            other = 1.0
    return {"dates_missing": missing, "dates_other": other}


def _office_miss(asked: Asked, sentence: str) -> float:
    """1 when the question names an office ("giám đốc sở y tế") whose words do not stand together in the sentence."""
    question = fold(asked.text)
    found = _OFFICE.search(question)
    if found is None:
        return 0.0
    text = fold(sentence)
    title = found.group()
    if title not in text:
        return 1.0
    after = re.findall(r"\w+", question[found.end() :])[:3]
    after = [w for w in after if w not in ("cua", "la", "tinh", "ai", "huyen", "xa")]
    tail = text[text.index(title) + len(title) :][:80]
    return float(bool(after) and after[0] not in tail) or (0.5 if len(after) > 1 and after[1] not in tail else 0.0)
