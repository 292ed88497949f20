"""A language model's text made plain: no markup but [n], whatever form its markers took.

Works on one sentence at a time and knows nothing of passages.
"""

from __future__ import annotations

import re

_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"(?<!\!)\[([^\]\d][^\]]*)\]\((?:[^)\s]*)(?:\s+\"[^\"]*\")?\)")
_NUMBERED_LINK = re.compile(r"\[(\d{1,3})\]\([^)]*\)")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_URL = re.compile(r"\b(?:https?|ftp|file|javascript|data):[^\s<>\"')\]]+", re.IGNORECASE)
_WORDED = re.compile(
    r"[\[【〔(]\s*(?:đoạn|nguồn|tài liệu|trích dẫn|passage|source|doc(?:ument)?|ref(?:erence)?|citation)\s*(?:số\s*)?#?\s*(\d{1,3})\s*[\]】〕)]",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[【〔](\d{1,3})(?:[†:][^】〕]*)?[】〕]")
_FOOTNOTE = re.compile(r"\[\^(\d{1,3})\]")
_MANY = re.compile(r"\[\s*(\d{1,3}(?:\s*(?:[,;–-]|và|and|&)\s*\d{1,3})+)\s*\]")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+")
_QUOTE = re.compile(r"^\s*>\s?")
_BULLET = re.compile(r"^\s*[*•·▪◦+]\s+")
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|\*|___|__|`+|~~)(?=\S)(.+?)(?<=\S)\1")


def plain(sentence: str) -> tuple[str, list[str]]:
    """The sentence without markup, markers as [n], and the addresses it holds."""
    s = _IMAGE.sub("", sentence)
    s = _NUMBERED_LINK.sub(r"[\1]", s)
    s = _LINK.sub(r"\1", s)
    s = _TAG.sub("", s)
    s = _WORDED.sub(r"[\1]", s)
    s = _BRACKETS.sub(r"[\1]", s)
    s = _FOOTNOTE.sub(r"[\1]", s)
    s = _MANY.sub(_each, s)
    s = _HEADING.sub("", s)
    s = _QUOTE.sub("", s)
    s = _BULLET.sub("- ", s)
    for _ in range(2):
        s = _EMPHASIS.sub(r"\2", s)
    s = re.sub(r"\*\*|```\w*|`", "", s)
    s = re.sub(r"[ \t]{2,}", " ", s)
    s = re.sub(r"\s+([.,;!?])", r"\1", s)
    return s, _URL.findall(s)


def _each(match: re.Match[str]) -> str:
    """ "[1, 3-5]" as "[1][3][4][5]"."""
    out: list[int] = []
    for part in re.split(r"\s*(?:[,;&]|và|and)\s*", match.group(1)):
        ends = [int(n) for n in re.split(r"\s*[–-]\s*", part) if n]
        out += range(ends[0], min(ends[-1], ends[0] + 20) + 1) if len(ends) > 1 else ends
    return "".join(f"[{n}]" for n in out)
