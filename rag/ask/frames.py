"""The words around a quotation: where and when it was said, in the language of the question. Never a claim of its own.

Knows nothing of how quotations are chosen.
"""

from __future__ import annotations

import re

from rag.text.normalise import fold

_EN_MONTHS = "January February March April May June July August September October November December".split()


def date_words(date: str | None, language: str) -> str:
    """An ISO date at any precision as people write it: "2022-10" → "10/2022" (vi), "October 2022" (en); "" for none."""
    if not date:
        return ""
    parts = date[:10].split("-")
    if not all(p.isdigit() for p in parts):
        return ""
    if language == "en":
        if len(parts) == 1:
            return parts[0]
        month = _EN_MONTHS[int(parts[1]) - 1] if 1 <= int(parts[1]) <= 12 else parts[1]
        return f"{month} {parts[0]}" if len(parts) == 2 else f"{int(parts[2])} {month} {parts[0]}"
    return "/".join(str(int(p)) if i < len(parts) - 1 else p for i, p in enumerate(reversed(parts)))


def quoted(text: str) -> str:
    """``text`` in quotation marks; line breaks become blanks only in the shown text, the citation keeps the exact span."""
    shown = re.sub(r"\s*\n\s*", " ", text).strip()
    return f"“{shown}”" if "“" not in shown and "”" not in shown else f'"{shown}"' if '"' not in shown else f"«{shown}»"


def lead(language: str, date: str | None, subject: str, quote: str, foreign: str = "") -> str:
    """What stands before a quotation: the subject a cut has lost, and the date of the source; possibly ""."""
    when = date_words(date, language)
    if when and (when in quote or (len(when) == 4 and when in quote)):
        when = ""
    subject = subject if subject and fold(subject) not in fold(quote) else ""
    if language == "en":
        head = ", ".join(p for p in (subject, when) if p)
        source = f"the {foreign} source" if foreign else "the source"
        return f"According to {source}" + (f" ({head})" if head else "") + ": "
    if subject and when:
        return f"{subject} ({when}): "
    if subject:
        return f"{subject}: "
    return f"Theo tài liệu {when}: " if when else ""
