"""How much of a claim's wording a passage holds, and whether one denies or turns round what the other says.

Knows nothing of values or names beyond the readings it is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rag.ask import glossary
from rag.ask.facts import Reading, Unit, flat, matches
from rag.ask.figures import equal
from rag.types import Span

# Words that deny or exclude without "không" or "not".
_NEGATIVE_CUES = re.compile(
    r"\b(?:không|chưa|chẳng|chả|đừng|thiếu|vắng|miễn|trừ|ngoại trừ|hết|ngừng|dừng|từ chối|cấm|bãi bỏ|mất|khó|chỉ|vô|phi|bất|thất bại|giữ nguyên|hủy|thay vì|rời rạc|dưới|ít|hiếm|khong|chua|chang|cam|thieu|mien"
    r"|not|no|never|none|neither|nor|cannot|without|lacks?|lacked|lacking|fail(?:s|ed|ure)?|refus\w*|den(?:y|ied|ies)|unable|unlikely|only|few|free|except|ban(?:ned)?|prohibit\w*|rare|hardly|"
    r"instead|rather|un\w{4,}|in(?:effective|sufficient|complete|correct|valid)|il\w{4,}|non\w*|less|under|below|stop\w*|absen\w*|nonsense|exempt\w*|waive\w*|optional)\b|n['’]t\b"
)
# In one language a denial is looked for by its word: "dưới 6 tuổi" and "miễn phí" deny nothing then.
_NEGATIVE_WORDS = re.compile(
    r"\b(?:không|chưa|chẳng|chả|đừng|thiếu|vắng|trừ|ngừng|dừng|từ chối|cấm|bãi bỏ|vô|phi|bất|thất bại|hủy|thay vì|rời rạc|hiếm|khong|chua|chang|cam|thieu"
    r"|not|no|never|none|neither|nor|cannot|without|lack(?:s|ed|ing)?|fail(?:s|ed|ure)?|refus\w*|den(?:y|ied|ies)|unable|unlikely|except|ban(?:ned)?|prohibit\w*|rare(?:ly)?|hardly|"
    r"instead|rather|un\w{4,}|in(?:effective|sufficient|complete|correct|valid)|non\w*|absen\w*)\b|n['’]t\b"
)
# "trước ngày 30/6", "sau bữa ăn": what follows must agree before two of these contradict each other.
_BEFORE = re.compile(r"\b(?:trước|before|prior to|ahead of|truoc)\s+(?:khi\s+|ngày\s+|the\s+)?(\S+)")
_AFTER = re.compile(r"\b(?:sau|after|following)\s+(?:khi\s+|ngày\s+|the\s+)?(\S+)")


def best_window(c: Reading, p: Reading) -> tuple[Span, float]:
    """The passage's sentence, alone or with the next, that holds most of the claim's content, and that share."""
    if not p.sentences:
        return (0, len(p.text)), 0.0
    everything = c.english == p.english or not c.english
    values = (*c.numbers, *c.dates)
    best, best_score = p.sentences[0], -1.0
    for i, (start, end) in enumerate(p.sentences):
        following = p.sentences[min(i + 1, len(p.sentences) - 1)][1]
        for stop, penalty in ((end, 0.0), (following, 0.04)):
            score = coverage(c.units, p.bag(start, stop), everything) - penalty
            if values:
                inside = [v for v in (*p.numbers, *p.dates) if start <= v.start < stop]
                score += 0.15 * sum(1 for v in values if any(equal(v, w) for w in inside if v.kind == w.kind))
            if score > best_score + 1e-9:
                best, best_score = (start, stop), score
    return best, max(0.0, min(1.0, best_score))


def coverage(units: Iterable[Unit], bag: str, everything: bool) -> float:
    """Share of the units that stand in the bag; across languages those the glossary does not know are left out."""
    known = [u for u in units if everything or len(u.forms) > 2 or matches(u, bag)]
    if not known:
        return 0.0
    return sum(1 for u in known if matches(u, bag)) / len(known)


def support(c: Reading, p: Reading, extra: Reading, best_score: float) -> float:
    """The share of the claim's content in its best window, or most of that in the passage and its context as a whole."""
    whole = coverage(c.units, p.bag() + "|" + extra.bag(), c.english == p.english or not c.english)
    return max(best_score, 0.8 * whole)


def comparable(c: Reading, p: Reading) -> bool:
    """Whether wording can be compared without a model: one language, or enough words that the glossary knows."""
    if c.english == p.english:
        return True
    known = sum(1 for u in c.units if len(u.forms) > 2)
    return known >= 4 and known * 2 >= len(c.units)


def denied(c: Reading, p: Reading, best: Span, share: float) -> bool:
    """Whether one side denies what the other affirms; ``share`` is the support of the best window."""
    if share < 0.3:
        return False
    bag = p.bag(*best)
    if c.english != p.english:
        spoken = bool(c.negations)
        cues = _NEGATIVE_CUES.search(p.canon, *best)
    else:
        # the word that is denied must be spoken of, and denied in its own sentence
        spoken = any(
            n.scope and matches(n.scope[0], bag) and sum(matches(u, bag) for u in n.scope) >= 2 for n in c.negations
        )
        cues = _NEGATIVE_WORDS.search(p.canon, *best)
    if spoken and not cues and not any(antonym(n.scope, bag) for n in c.negations):
        return True
    if c.negations or _NEGATIVE_CUES.search(c.canon):
        return False
    claimed = c.bag()
    for m in p.negations:
        if not best[0] <= m.start < best[1]:
            continue
        scope = m.scope[:3]
        said = [u for u in scope if matches(u, claimed)]
        if not scope or len(said) < len(scope) or antonym(m.scope, claimed) or _affirmed(scope, p, best, m.start):
            continue
        if len(scope) >= 2 or (c.english == p.english and share >= 0.6):
            return True
    return False


def _affirmed(scope: Sequence[Unit], p: Reading, best: Span, at: int) -> bool:
    """Whether the passage says the same elsewhere in the window without denying it."""
    elsewhere = p.bag(best[0], at) + "|" + p.bag(scope[-1].end, best[1])
    return all(matches(u, elsewhere) for u in scope)


def _forms_bag(units: Iterable[Unit]) -> str:
    return "|".join(f" {f} " for u in units for f in u.forms)


def antonym(scope: Iterable[Unit], bag: str) -> bool:
    """ "không tăng" is borne out by "giảm"."""
    words = _forms_bag(scope)
    for left, right in glossary.opposites():
        for a, b in ((left, right), (right, left)):
            if any(f" {x} " in words for x in a) and any(f" {x} " in bag for x in b):
                return True
    return False


def turned(c: Reading, p: Reading, best: Span) -> str:
    """The word of the claim whose contrary, and not itself, stands in the best window; "" where there is none."""
    if c.negations:
        return ""
    claimed, window, whole = c.row, flat(p.folded[best[0] : best[1]]), p.row
    for left, right in glossary.opposites():
        for a, b in ((left, right), (right, left)):
            mine = next((x for x in a if f" {x} " in claimed), "")
            if not mine or any(f" {x} " in claimed for x in b):
                continue
            if any(f" {x} " in window for x in b) and not any(f" {x} " in whole for x in a):
                return mine
    for said_so, contrary in ((_BEFORE, _AFTER), (_AFTER, _BEFORE)):
        claimed_after = {m.group(1).strip(".,;") for m in said_so.finditer(c.canon)}
        said = {m.group(1).strip(".,;") for m in contrary.finditer(p.canon, best[0], best[1])}
        same = {m.group(1).strip(".,;") for m in said_so.finditer(p.canon)}
        if (claimed_after & said) - same:
            return next(iter(sorted((claimed_after & said) - same)))
    return ""
