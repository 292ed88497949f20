"""What an English question asks for where its wording tells it and not its question word.

"Name of the director, please", "the number of the decision", "what position did Hau Giang take". Runs on the folded question, in which
places are written as underscores. Knows nothing of documents.
"""

from __future__ import annotations

import re

from rag.ask.question_heads import HEADS, NUMBERED_EN

Told = tuple[str, str, int, int]  # answer type, focus, and where the question word stands

_DO = "does|do|did|has|have|can|could|will"
_CHANGE = r"\b(?:(?:grow|grew|grown)(?= (?:by|to|from|in|over|since|compared|against|between|last|this|year|during|after|up|more|faster)\b|\W*$)|increase[sd]?|rise|rose|risen|climb(?:ed)?|jump(?:ed)?|gain(?:ed)?|improve[sd]?|fall|fell|drop(?:ped)?|decrease[sd]?|go up|went up)\b"
_LESS = r"(?:cut|cuts|reduce[sd]?|limit(?:s|ed)?|save[sd]?|lower(?:s|ed)?|curb(?:s|ed)?)\b"
_PART = r"(?:make up|makes up|made up|account(?:s|ed)? for|represent(?:s|ed)?|constitutes?|contribute[sd]?)\b"
# how much: a growth in figures, a share, or a degree; hardly ever money
_DEGREES = (
    ("number", "tang", rf"\bhow (?:much|many)\b(?=[^?]*{_CHANGE})(?!.*\b(?:or|than)\b)"),
    (
        "percent",
        "",
        rf"\bhow much(?= of (?:the|its|his|her|their|all)\b)|\bhow much(?= of (?:\S+ ){{0,4}}?\S+['’]s )|\bhow much(?= (?:{_DO})\b[^?]*\b{_PART})|\bwhat part(?= of\b)",
    ),
    ("percent", "", r"\bwhat(?= (?:does|do|did)\b[^?]*\b(?:account for|make up)\b)"),
    (
        "number",
        "",
        rf"\bby (?:up to |about |around |roughly )?how much\b|\bhow (?:much|far)(?= (?:{_DO})\b[^?]*\b{_LESS})|\bhow much (?:less|fewer)\b",
    ),
    (
        "amount",
        "",
        r"\bwhat(?= (?:does|do|did)\b[^?]*\b(?:earn|make|take in)\b[^?]*\b(?:year|yearly|annually|months?|monthly|week|weekly)\b)",
    ),
    ("amount", "", r"\bwhat(?= [^?]*\bworth\W*$)"),
    (
        "number",
        "",
        r"\bwhat(?= (?:does|do|did)\b[^?]*\bweigh\b)|\bwhat(?= (?:is|was|were) the (?:\w+ )?weight\b)|\bhow (?:much|heavy)\b(?=[^?]*\b(?:weigh|by weight|in weight|in tonnes|in tons|in kilos)\b)|(?<=in tonnes, )(?:\w+ )?how much\b|(?<=in tons, )(?:\w+ )?how much\b",
    ),
    ("number", "stars", r"\b(?:star rating|how many stars)\b"),
)
# "what is the minimum number of digital enterprises": a count of what follows
_COUNT = r"\b(?:number|count|total) of (?:the |all )?((?:(?!(?:of|in|on|at|by|for|that|who|which|with|to|from|under|are|is|was|were|listed|stuck|issued|registered|sold|made)\b)[\w'’-]+(?: |(?![\w'’-]))){1,6})"
# a place among others; whoever asks for somebody's position names a person and says "hold"
_TABLE = r"(?:rankings?|index|dti|league|table|list|standings?)"
_RANKS = (
    rf"\b(?:what|which) (?:position|place|spot)(?= (?:did|does|do|has|have|was|is)\b[^?]*\b(?:in|on) (?:the )?(?:\w+ ){{0,4}}{_TABLE}\b)",
    r"\b(?:what|which) (?:position|place|spot)(?= (?:did|does|has|was|is) (?:the )?(?:\w+ )?_+)",
    rf"\b(?:what|which)(?= (?:was|is)\b[^?]*\b(?:place|position|spot|standing) (?:in|on) (?:the )?(?:\w+ ){{0,4}}{_TABLE}\b)",
)
_TOP = r"\b(?:which|what)(?= (?:[\w-]+ ){0,3}?group (?:of (?:[\w-]+ ){0,4}?(?:table|ranking|rankings|index|provinces|localities|top|leaders|leading)|does|do|is|did|has|will)\b)(?=[^?]*\b(?:top|leading|national|rank\w*|lead\w*|province)\b)|\b(?:which|what)(?= (?:\w+ ){0,2}top group\b)"
_ROLES = r"\bin (?:what|which) capacity\b|\b(?:what|which) (?:offices?|positions?|posts?)(?= (?:does|do|did|has|is|was)\b[^?]*\b(?:hold|held|occupy|occupied|have|had|serve|in)\W*$)"
_NUMBER = rf"\bnumber of (?:the |a |that |this )?(?:(?!(?:of|in|on|under|by|for|with|to|from|that|which|is|are|was|were|has|have|had|joined|took)\b)[\w'’/-]+ ){{0,6}}?({NUMBERED_EN})\b"
# "what number is the resolution", "under what number did it issue its plan", "the decision's number"
_NUMBER_OF_PAPER = (
    rf"\b(?:what|which) (?:\w+ )?number\b(?! of\b)[^?]*?\b({NUMBERED_EN}|quyet dinh|nghi quyet|ke hoach|chi thi)\b|"
    rf"\b({NUMBERED_EN})(?:['’]s)? (?:official |reference |document )?number\b|\bnumber\b(?: \w+)? of (quyet dinh|nghi quyet|ke hoach|chi thi)\b"
)
_WORDS = r"[\w'’&-]+(?: [\w'’&-]+){{0,{}}}"  # one way to match a run of words: blanks that may be missing take exponential time
_NAME = rf"\bnames? of (?:the |its |their |his |her |a )?({_WORDS.format(5)})"
_CALLED = (
    rf"\bwhat (?:is|are|was|were) (?:the |a )?({_WORDS.format(9)}) (?:called|named)\W*$|\b(?:what|who) (?:is|was) (?:the )?({_WORDS.format(5)})['’]s? (?:full )?name\b|"
    rf"^(?:the )?({_WORDS.format(7)})\W+(?:full )?name\W*$"
)
_NAMED_KINDS = ("person", "organisation", "place")
_KINDS = {head: kind for kind in _NAMED_KINDS for head in HEADS[kind] if head.isascii()}
# words a noun phrase ends before: what follows tells more of it
_AFTER = frozenset(
    "of in at on for from to with that which who whose by under near where is are was were does do did has had behind called named running runs".split()
)


def degree(text: str) -> Told | None:
    """What "how much" and the like ask for in the folded English question ``text``; None where the words around them have to tell."""
    for kind, focus, pattern in _DEGREES:
        if found := re.search(pattern, text):
            return kind, focus, *found.span()
    return None


def told(text: str) -> Told | None:
    """The answer type of the folded English question ``text``, where its wording tells it; None where the question word has to."""
    for pattern in _RANKS:
        if found := re.search(pattern, text):
            return "rank", "", *found.span()
    if found := re.search(_ROLES, text):
        return "role", "", *found.span()
    if found := re.search(_NUMBER, text) or re.search(_NUMBER_OF_PAPER, text):
        paper = next(group for group in found.groups() if group)
        return "decision", paper, found.start(), found.end()
    if (found := re.search(_COUNT, text)) and not re.match(r"(?:dates?|money|sales)\b", found[1]):
        return "number", re.sub(r"\S+['’]s |_+|\band\b", " ", found[1]).strip(), found.start(), found.start()
    if found := re.search(_TOP, text):
        return "rank", "group", *found.span()
    for pattern in (_NAME, _CALLED):
        if found := re.search(pattern, text):
            head = _head(next(group for group in found.groups() if group))
            if head:
                return _KINDS[head], head, found.start(), found.start()
    return None


def _head(phrase: str) -> str:
    """The last noun of a noun phrase, where it tells what kind of thing has the name: "party secretary of …"."""
    head = ""
    for word in re.findall(r"[\w-]+", phrase):
        if word in _AFTER:
            break
        head = word
    return head if head in _KINDS else ""
