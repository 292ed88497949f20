"""Everyday and official wordings of one thing: "bà con cài app" asks for "người dân cài đặt ứng dụng".

The groups stand in ``data/synonyms.txt`` and are read at the first look-up. Only widens what counts as said: a word of the question
is held by a text that holds another wording of it. Knows nothing of scores or of how questions are read.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files

from rag.ask.evidence import Asked, per_question
from rag.text.normalise import canonical, fold

Phrase = tuple[str, ...]


@cache
def _table(folded: bool) -> dict[Phrase, tuple[Phrase, ...]]:
    """Phrase (accented or folded words) → the folded wordings of the same thing.

    Single syllables are no wordings to look for, since folded they stand everywhere ("mất", "mặt"); units of measure and
    abbreviations are.
    """
    out: dict[Phrase, tuple[Phrase, ...]] = {}
    for line in (files("rag.ask") / "data" / "synonyms.txt").read_text(encoding="utf-8").splitlines():
        group = [p.strip() for p in line.split(",") if p.strip()] if not line.startswith("#") else []
        for phrase in group:
            key = tuple((fold(phrase) if folded else canonical(phrase)).split())
            if folded and len(key) == 1 and len(phrase) < 4:
                continue
            others = ((tuple(fold(p).split()), p) for p in group if p != phrase)
            out[key] = (
                *out.get(key, ()),
                *(
                    o
                    for o, p in others
                    if len(o) > 1 or (p.isupper() and len(p) > 2) or o[0] in ("km", "kg", "app", "online", "internet")
                ),
            )
    return out


def wordings(text: str, folded: bool) -> dict[str, tuple[Phrase, ...]]:
    """For each folded word of ``text`` that belongs to a known phrase, the other wordings of that phrase; longest phrases first."""
    words = (fold(text) if folded else canonical(text)).split()
    words = [w.strip('.,;:!?"“”()') for w in words]
    table = _table(folded)
    out: dict[str, tuple[Phrase, ...]] = {}
    at = 0
    while at < len(words):
        for size in range(min(5, len(words) - at), 0, -1):
            if others := table.get(tuple(words[at : at + size])):
                for word in words[at : at + size]:
                    out[fold(word)] = (*out.get(fold(word), ()), *others)
                at += size - 1
                break
        at += 1
    return out


@per_question
def counted(asked: Asked) -> tuple[Phrase, ...]:
    """Other wordings of what is counted: "sản phẩm" of "bao nhiêu mặt hàng", any kind of person of "bao nhiêu người"."""
    if asked.language == "en" or not asked.focus:
        return ()
    found = wordings(asked.text, asked.text.isascii()).get(asked.focus[0], ())
    return (*found, *(_PERSONS if asked.focus[0] == "nguoi" else _BODIES if asked.focus[:2] in _ANY_BODY else ()))


# "bao nhiêu đơn vị" counts all of these
_ANY_BODY = frozenset({("don", "vi"), ("co", "so")})
_BODIES = tuple(
    tuple(p.split()) for p in "doanh nghiep,ho kinh doanh,ho san xuat,co quan,to chuc,hop tac xa,cong ty".split(",")
)
_PERSONS = tuple(
    tuple(p.split())
    for p in (
        "thanh vien,hoi vien,can bo,cong nhan,lao dong,nguoi lao dong,hoc sinh,sinh vien,giao vien,hoc vien,chuyen gia,ky su,bac si,"
        "dai bieu,dang vien,doan vien,nhan vien,cong dan,khach hang,nong dan,tieu thuong,vien chuc,cong chuc,xa vien,tre em,du khach,luot nguoi,doi tuong"
    ).split(",")
)


@per_question
def widen(asked: Asked) -> Asked:
    """``asked`` with the other wordings of its Vietnamese terms among ``others``."""
    if asked.language == "en":
        return asked
    found = {t: w for t, w in wordings(asked.text, asked.text.isascii()).items() if t in asked.terms}
    if not found:
        return asked
    return replace(asked, others={**asked.others, **{t: (*asked.others.get(t, ()), *w) for t, w in found.items()}})
