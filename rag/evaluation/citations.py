"""Whether an answer's statements are backed by what they cite: precision and recall as ALCE defines them.

ALCE (Gao et al., EMNLP 2023): a statement is recalled when its cited passages together entail it; a citation is precise
when its statement is recalled and it either entails the statement alone or cannot be left out. ``entails(passage,
claim)`` is any judge; the runs use the deterministic one that checks answers. Knows nothing of questions or indexes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rag.text.normalise import strip_markers
from rag.text.sentences import sentence_spans

Entails = Callable[[str, str], bool]
_MARKER = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_LEADING = re.compile(r"(?:\s*\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\])+")
# "According to the Vietnamese source (October 2022): …" says where something stands; only the rest is a claim.
_ATTRIBUTION = re.compile(
    r"^(?:according to (?:the )?(?:\w+ )?(?:sources?|documents?)|theo (?:các )?(?:tài liệu|nguồn))\b[\s,:]*",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“[^”]*”|«[^»]*»|\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer without its markers, and the numbers of the citations it carries, in order."""

    text: str
    cited: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Backing:
    """``recall`` backed statements / statements, ``precision`` needed citations / citations; None where there are none."""

    precision: float | None
    recall: float | None


def statements(answer: str) -> tuple[Statement, ...]:
    """The sentences of an answer with their citations.

    Markers after the full stop belong to the sentence before them; a quotation is one statement however many sentences
    it holds. Words that only name the source are left out, and pieces without a letter or digit are no statements.
    """
    quoted = [m.span() for m in _QUOTED.finditer(answer)]
    ends = [end for _, end in sentence_spans(answer)]
    ends = [e for e in ends if not any(a < e < b for a, b in quoted)]
    # “A. B.” [1] “C.” [2]: a marker group that follows a closing quotation mark ends a statement as a full stop does.
    ends += [m.end() for m in _LEADING.finditer(answer) if any(b == m.start() for _, b in quoted)]
    pieces: list[str] = []
    start = 0
    for end in sorted({*ends, len(answer)}):
        piece = answer[start:end]
        start = end
        lead = _LEADING.match(piece)
        if lead and pieces:
            pieces[-1] += lead.group()
            piece = piece[lead.end() :]
        if piece.strip():
            pieces.append(piece)
    out = []
    for piece in pieces:
        cited = [int(n) for group in _MARKER.findall(piece) for n in re.split(r"\s*[,;]\s*", group)]
        text = _ATTRIBUTION.sub("", " ".join(strip_markers(piece).split()))
        if any(c.isalnum() for c in text):
            out.append(Statement(text, tuple(dict.fromkeys(cited))))
    return tuple(out)


def backing(parts: Sequence[Statement], passages: Mapping[int, str], entails: Entails) -> Backing:
    """ALCE's citation precision and recall of one answer. ``passages`` holds the cited text by marker number.

    A marker without a passage (out of range) backs nothing and counts as an imprecise citation.
    """
    recalled = precise = total = 0
    for part in parts:
        total += len(part.cited)
        known = [n for n in part.cited if n in passages]
        if not known or not entails("\n".join(passages[n] for n in known), part.text):
            continue
        recalled += 1
        for n in known:
            others = [passages[m] for m in known if m != n]
            if not others or entails(passages[n], part.text) or not entails("\n".join(others), part.text):
                precise += 1
    return Backing(precise / total if total else None, recalled / len(parts) if parts else None)
