"""Who did what to whom: a claim that turns actor and patient round, or gives a deed to another named actor.

A word that claim and passage share is taken as the deed; what stands before it acts, what stands after it is acted on, and
"được", "bị", "do", "bởi" or an English passive with "by" turn that round. Nothing is parsed: a claim is faulted only where all that
acts in it is acted on in the passage, or where both name an actor of one kind and no name agrees. Knows nothing of values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.ask import glossary
from rag.ask.facts import Reading, Unit, Value, flat
from rag.text.normalise import fold
from rag.types import Span

_ENDS = re.compile(r"[;:()\n!?]|[.](?=\s|\Z)|\s[-–—]\s")
_PASSIVE = re.compile(
    r"\b(?:được(?! biết)|bị(?! đơn| cáo| hại| can| thương)|do(?! đó| vậy| vay| đo)|duoc(?! biet)|bi(?! don| cao| hai| can| thu))\b"
)
_GAINED = re.compile(r"(?:nhận|đạt|thu|giành|có|mua|bán|làm|huy động|tự|lý|nhan|dat|giải quyết)\s*\Z")
_BOUND_BY = re.compile(r"\b(?:bởi|by)\b")
_BE = re.compile(
    r"\b(?:is|are|was|were|be|been|being|got|gets)\b(?:\s+(?:\w+ly|also|then|not|first|later|twice|once)\b){0,2}\s*\Z"
)
_PARTICIPLE = re.compile(
    r"(?:\w+ed|\w+wn|\w+en|made|sold|held|led|built|paid|lent|sent|won|lost|bought|taught|told|found|set|put|cut|hit|met|sung|kept|left|given)\Z"
)
# deeds without a direction, and words that join equals: nothing is turned round by changing the order of these
_MUTUAL = re.compile(
    r"\b(?:cách|giáp|nối|gặp|ký|hợp tác|phối hợp|liên kết|liên doanh|kết nối|kết hôn|cưới|giữa|cùng|lẫn nhau|bằng|tương đương|giống|khác|so với|hơn|đối đầu|hòa"
    r"|between|border\w*|connect\w*|link\w*|meet\w*|met|married|cooperat\w*|differ\w*|equal\w*|and|than|each other|together|jointly|from)\b"
)
_BOUND = re.compile(r"(?:\b(?:là|gồm|as)|[-–—,])\s*\Z")
_IS = re.compile(r"\blà\b")
_VERB = re.compile(
    r"(?:\w+(?:ed|s|ing)|beat|wrote|gave|sent|took|ate|ran|drove|chose|drew|grew|knew|rose|saw|sang|spoke|stole|threw|wore|became|began|came|fought|lent|paid|sold|held|led|built|won|lost|bought|taught|told|found|kept|left|met|caught|brought|fed|struck|shot)\Z"
)
_AUXILIARY = re.compile(r"\b(?:to|will|would|shall|must|may|can|could|should|did|does|do|has|have|had|not)\s+\Z")
_COPULA = re.compile(r"\b(?:là|gồm|as)\s*\Z")
# nouns that stand between two others in either order: offices, levels, places, measures
_NOUNS = frozenset(
    "giám đốc chủ tịch bí thư trưởng phó phòng ban sở bộ ủy hội cục chi nhánh tỉnh huyện xã phường thôn thành phố quận thị trấn năm tháng ngày đồng triệu tỷ "
    "nghìn người con ông bà anh cô phần trăm giá trị số lượng diện tích tỉ lệ tổng mức hạng vị thứ ha km tấn lần việc nghề doanh chiếc cái dự án đề "
    "director chairman head secretary minister president chief department ministry province district commune city company number total level year percent".split()
)
_NOUNS_FOLDED = frozenset(fold(w) for w in _NOUNS) - frozenset("ban thang tra".split())
# deeds of which one is the other seen from the far side: "A bán cho B" is "B mua của A"
_CONVERSE = tuple(
    (frozenset(a.split()), frozenset(b.split()))
    for a, b in (
        ("xuat export", "nhap import"),
        ("ban sell", "mua buy"),
        ("thang beat defeat", "thua lose"),
        ("day teach", "hoc learn"),
        ("giao trao tang gui chuyen cap hand give send transfer award", "nhan receive get"),
        ("truoc before", "sau after"),
    )
)
_ADDRESS = frozenset("ong ba anh chi co chu thay".split())
_RECEIVE = re.compile(r"\b(?:nhận|tiếp nhận|được|bị|receiv\w+|got|gets)\s*\Z")
_HONORIFIC = re.compile(r"\b(?:ông|bà|anh|chị|cô|chú|thầy|mr|mrs|ms|dr)\.?\s+\Z")


@dataclass(frozen=True, slots=True)
class Deed:
    """A shared word at ``at`` with the folded content words that act and are acted on, and the names among them."""

    at: int
    agent: frozenset[str]
    patient: frozenset[str]
    nearest: str
    sequence: tuple[str, ...]
    agents: tuple[Value, ...]
    patients: tuple[Value, ...]
    passive: bool

    def seen_from_there(self) -> Deed:
        """The same with actor and patient exchanged."""
        return replace(
            self,
            agent=self.patient,
            patient=self.agent,
            agents=self.patients,
            patients=self.agents,
            nearest="",
            sequence=(),
        )


def turned_round(c: Reading, p: Reading) -> str:
    """The deed of the claim whose actor and patient have changed places, or that another one did; "" where there is none."""
    for unit, pairs in _deeds(c, p):
        if all(_reversed(mine, theirs, c, p) or _another(mine, theirs, c, p) for mine, theirs in pairs):
            return c.text[unit.start : unit.end]
    return ""


def agree(c: Reading, p: Reading) -> bool:
    """Whether claim and passage name two different actors of one deed in the same parts, whatever the voice."""
    for _, pairs in _deeds(c, p):
        for mine, theirs in pairs:
            if not (mine.agents and mine.patients and theirs.agents and theirs.patients):
                continue
            if _shared(mine.agents, theirs.agents) and _shared(mine.patients, theirs.patients):
                return True
    return False


def _deeds(c: Reading, p: Reading) -> Iterator[tuple[Unit, list[tuple[Deed, Deed]]]]:
    """The words of the claim that may be deeds, each with how claim and passage tell who does it to whom."""
    for unit in _verbs(c, p):
        if not _may_act(unit, c) or (mine := _deed(unit, c, tight=True)) is None:
            continue
        contrary = _converse(unit)
        pairs: list[tuple[Deed, Deed]] = []
        seen_back: list[tuple[Deed, Deed]] = []
        for u in _verbs(p, c):
            if not _may_act(u, p):
                continue
            same = bool(u.forms & unit.forms) and not _spelled_otherwise(unit, u, c, p)
            if (same or u.forms & contrary) and (theirs := _deed(u, p, tight=False)) is not None:
                (pairs if same else seen_back).append((mine if same else mine.seen_from_there(), theirs))
        if pairs := pairs or seen_back:
            # of several places with the word those count that share most with the claim
            told = [sum(_in(w, d.agent | d.patient, c, p) for w in mine.agent | mine.patient) for _, d in pairs]
            yield unit, [pair for pair, n in zip(pairs, told, strict=True) if n == max(told)]


def _spelled_otherwise(a: Unit, b: Unit, c: Reading, p: Reading) -> bool:
    """Whether two Vietnamese words differ in their accents: "tra" is not "trả"."""
    return (
        c.accented
        and p.accented
        and not c.english
        and not p.english
        and c.canon[a.start : a.end] != p.canon[b.start : b.end]
    )


def _verbs(r: Reading, other: Reading) -> list[Unit]:
    """The content words of a reading; across languages also the runs of words that render an English one ("phỏng vấn")."""
    if r.english or not other.english:
        return r.units
    words = [(s, e, r.folded[s:e]) for s, e, _ in r.tokens]
    out = list(r.units)
    for form in {f for u in other.units for f in u.forms if " " in f}:
        parts = form.split()
        for i in range(len(words) - len(parts) + 1):
            if [w for _, _, w in words[i : i + len(parts)]] == parts:
                out.append(Unit(words[i][0], words[i + len(parts) - 1][1], frozenset((form,))))
    return out


def _converse(unit: Unit) -> frozenset[str]:
    forms = {glossary.stem(f) for f in unit.forms} | unit.forms
    for left, right in _CONVERSE:
        if forms & left:
            return right
        if forms & right:
            return left
    return frozenset()


def _may_act(unit: Unit, r: Reading) -> bool:
    """Whether a content word may be a deed: no part of a name, no office, level or measure."""
    if any(v.start < unit.end and unit.start < v.end for v in (*r.names, *r.places)):
        return False
    word = r.folded[unit.start : unit.end]
    if (
        r.english
        and not _VERB.match(word.split()[0])
        and not _AUXILIARY.search(r.canon[: unit.start])
        and not _PARTICIPLE.match(word)
    ):
        return False
    nouns = word in _NOUNS_FOLDED if r.english or not r.accented else r.canon[unit.start : unit.end] in _NOUNS
    return not nouns and not word.isdigit() and len(word) > 1 and not _MUTUAL.fullmatch(r.canon[unit.start : unit.end])


def _segment(at: int, r: Reading, tight: bool) -> Span:
    """The run of words around ``at``: its sentence up to strong marks, in a claim up to the comma before as well."""
    low, high = r.sentence_of(at)
    for m in _ENDS.finditer(r.text, low, high):
        if (
            m.group().strip() in "-–—"
            and r.text[m.start() - 1 : m.start()].isalpha()
            and r.text[m.end() : m.end() + 1].isupper()
        ):
            continue  # "liên quân Áo - Nga"
        if m.end() <= at:
            low = m.end()
        elif m.start() >= at:
            high = m.start()
            break
    if tight:
        comma = max((e for _, e, mark in r.breaks if mark == "," and low < e <= at), default=low)
        if any(comma <= u.start < at for u in r.units):
            low = comma
    return low, high


def _deed(unit: Unit, r: Reading, tight: bool) -> Deed | None:
    """The word with what acts and what is acted on around it; None where either side is not told."""
    low, high = _segment(unit.start, r, tight)
    if tight and _IS.search(r.canon, low, high):
        return None
    if (_BOUND if tight else _COPULA).search(r.canon[low : unit.start]) or (
        _RECEIVE.search(r.canon[low : unit.start]) and tight and not r.english
    ):
        return None
    before, after = (low, unit.start), (unit.end, high)
    passive = False
    if r.english:
        if _BE.search(r.canon[low : unit.start]) and _PARTICIPLE.search(r.canon[unit.start : unit.end]):
            passive = True
            by = _BOUND_BY.search(r.canon, *after)
            before, after = ((by.end(), high), before) if by else ((low, low), before)
    else:
        mark = max(_PASSIVE.finditer(r.canon, low, unit.start), key=lambda m: m.start(), default=None)
        if mark is not None and not _GAINED.search(r.canon[low : mark.start()]):
            passive = True
            own = (mark.end(), unit.start)
            by = _BOUND_BY.search(r.canon, *after)
            if not _words(own, r) and by:
                own = (by.end(), high)
            before, after = own, (low, mark.start())
        elif (by := re.search(r"\bbởi\b", r.canon[unit.end : high])) is not None:
            passive = True
            before, after = (unit.end + by.end(), high), before
    agent, patient = _words(before, r), _words(after, r)
    if not patient or (not agent and not passive):
        return None
    inside = [u for u in r.units if before[0] <= u.start and u.end <= before[1]]
    sequence = tuple(r.folded[u.start : u.end] for u in inside)
    return Deed(
        unit.start,
        agent,
        patient,
        sequence[-1] if sequence else "",
        sequence,
        _names(before, r),
        _names(after, r),
        passive,
    )


def _words(span: Span, r: Reading) -> frozenset[str]:
    inside = (r.folded[u.start : u.end] for u in r.units if span[0] <= u.start and u.end <= span[1])
    return frozenset(w for w in inside if w not in _ADDRESS)


def _names(span: Span, r: Reading) -> tuple[Value, ...]:
    return tuple(v for v in r.names if span[0] <= v.start and v.end <= span[1])


def _reversed(c: Deed, p: Deed, cr: Reading, pr: Reading) -> bool:
    """All that acts in the claim is acted on in the passage, and who acts there is acted on in the claim."""
    if not c.agent or not p.agent:
        return False
    # words of both sides tell them not apart: "Công ty A kiện Công ty B"
    both = (c.agent & c.patient) | (p.agent & p.patient) | _beside(c, p, cr, pr)
    agent, patient = c.agent - both, c.patient - both
    acts, acted = p.agent - both, p.patient - both
    if not agent or not acts or _same(agent, acts, cr, pr):
        return False
    if not all(_in(w, acted, cr, pr) or _belongs(w, c, cr, pr) for w in agent) or not _same(agent, acted, cr, pr):
        return False
    crossed = {w for w in acts if _in(w, patient, pr, cr)}
    named = {w for v in p.agents for w in fold(v.text).split()}
    return bool(crossed) and (p.nearest not in acts or p.nearest in crossed or bool(crossed & named))


def _belongs(word: str, c: Deed, cr: Reading, pr: Reading) -> bool:
    """Whether a word only fills out the one before it: "hộ kinh doanh" of what the passage also calls so, or unknown across languages."""
    if cr.english != pr.english:
        return cr.english and not glossary.vietnamese(word) and f" {word} " not in pr.row
    return any(b == word and f" {a} {b} " in pr.row for a, b in pairwise(c.sequence))


def _another(c: Deed, p: Deed, cr: Reading, pr: Reading) -> bool:
    """Both name a person (or a body) as actor, or as the one acted on, and no word of these names agrees, though the rest does."""
    for mine, theirs, far, sides in (
        (c.agents, p.agents, p.patients, (c.patient, p.patient)),
        (c.patients, p.patients, p.agents, (c.agent, p.agent)),
    ):
        for kind in ("person", "organisation") if cr.english == pr.english else ("person",):
            own = [v for v in mine if _kind(v, cr) == kind]
            others = [v for v in theirs if _kind(v, pr) == kind]
            if len(own) != 1 or not others or _shared(own, (*theirs, *far)):
                continue
            near = _beside(c, p, cr, pr)
            if _same(sides[0] - near or sides[0], sides[1] - near or sides[1], cr, pr):
                return True
    return False


def _beside(c: Deed, p: Deed, cr: Reading, pr: Reading) -> frozenset[str]:
    """The words right beside the deed on one side in both Vietnamese texts, which are halves of it ("bàn giao")."""
    if cr.english or pr.english or c.passive != p.passive:
        return frozenset()
    return frozenset(a for a, b in zip(_neighbours(c.at, cr), _neighbours(p.at, pr), strict=True) if a and a == b)


def _neighbours(at: int, r: Reading) -> tuple[str, str]:
    place = next((i for i, u in enumerate(r.units) if u.start == at), None)
    if place is None:
        return "", ""
    return tuple(
        r.folded[r.units[i].start : r.units[i].end] if 0 <= i < len(r.units) else "" for i in (place - 1, place + 1)
    )  # type: ignore[return-value]


def _kind(v: Value, r: Reading) -> str:
    """What a name names as far as its form tells: two capitalised words, or one after "ông", are a person's."""
    if v.kind in ("person", "organisation"):
        return v.kind
    words = v.text.split()
    if v.kind == "other" and not any(v.start < q.end and q.start < v.end for q in r.places):
        if _HONORIFIC.search(r.canon[max(0, v.start - 8) : v.start]) or _HONORIFIC.match(
            r.canon[v.start : v.end] + " "
        ):
            return "person"
        if 2 <= len(words) <= 4 and all(
            w[:1].isupper() and w[1:].islower() and not glossary.vietnamese(w.lower()) for w in words
        ):
            return "person"
    return ""


def _shared(mine: Iterable[Value], theirs: Iterable[Value]) -> bool:
    """Whether a name of one side has a telling word in common with one of the other."""
    words = {w for v in theirs for w in flat(fold(v.text)).split()}
    return any(w in words for v in mine for w in flat(fold(v.text)).split()[-2:])


def _in(word: str, there: frozenset[str], own: Reading, other: Reading) -> bool:
    """Whether a folded word of one text stands among words of the other, or what the glossary calls it does."""
    if word in there:
        return True
    if own.english == other.english:
        return False
    if own.english:
        forms = next((u.forms for u in own.units if own.folded[u.start : u.end] == word), frozenset())
        return any(all(part in there for part in form.split()) for form in forms)
    return any(
        word in form.split() for u in other.units if other.folded[u.start : u.end] in there for form in u.forms if form
    )


def _same(mine: frozenset[str], theirs: frozenset[str], own: Reading, other: Reading) -> bool:
    return any(_in(w, theirs, own, other) for w in mine)
