"""English questions of two things put in one of a few set ways: what is asked of each, as a question of its own.

"What do A and B each grow?", "A and B: who speaks for each one?", "Compare the locations: A versus B". Rules over the words of the
question; knows nothing of documents. Everything else is left to ``pair_finder``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from rag.ask.compared import tidy
from rag.text.names import find_places

_AND = r"(?:and|versus|vs\.?|or|&|as against)"
_KINDS_OF_THINGS = (
    "one|side|of them|of the two|of these|province|district|commune|ward|village|hamlet|farmer|grower|cooperative|company|firm|man|woman|person|place|department|agency|"
    "group|shop|article|decision|resolution|document|paper|plan|team|level|model|platform|app|school|product|market|official|director|seller|trader"
)
_EACH = rf"\beach(?: (?:{_KINDS_OF_THINGS})\b)?"
# "A and B: which fruit does each farmer grow"
_TOPIC = re.compile(
    rf"^(?:between |for |in |of |comparing )?(?P<a>[^:?]+?) {_AND} (?P<b>[^:?]+?)\s*(?:[:,;]|\s[-–—])\s*(?:and )?(?P<asked>(?:how|what|which|who|where|when)\b[^?]*(?:{_EACH}|which(?= *$))[^?]*)$",
    re.IGNORECASE,
)
_EACH_DO = re.compile(
    rf"^(?P<lead>(?:[^?]*?, )?(?:what|how much|how many [\w ]+?|which [\w ]+?|where|when|how)) (?P<do>do|did|are|were|have) (?P<a>[^?:;—–]+?) {_AND} (?P<b>[^?:;—–]+?),? (?:each|both|respectively) (?P<rest>[^?]+)$",
    re.IGNORECASE,
)
_ONE = {"do": "does", "are": "is", "were": "was", "have": "has"}
# what is compared is no quantity: where things are, what somebody is, what something is called
_COMPARE = re.compile(
    rf"^(?:compare|(?:what(?:'s| is) the )?(?:comparison|difference) (?:of|between|in)) (?:the |their )?(?P<noun>[\w-]+(?: [\w-]+)??)(?: of| for| at|:) (?P<a>[^?]+?) (?:{_AND}|with|to) (?P<b>[^?]+)$",
    re.IGNORECASE,
)
_DIFFER = re.compile(
    rf"^how (?:do|does|did) (?:the )?(?P<what>[\w' -]+?) (?:of|in|at|for) (?P<a>[^?]+?) {_AND} (?P<b>[^?]+?) differ(?: (?:in|by)(?: their| its)? (?P<noun>[^?]+?))?$",
    re.IGNORECASE,
)
_SAME = re.compile(
    rf"^(?:is|are) (?P<what>the [^?]+?) the same(?: (?P<noun>person|man|woman|one|thing|figure|number|rank))? (?:in|at|for) (?P<a>[^?]+?) {_AND} (?P<b>[^?]+)$",
    re.IGNORECASE,
)
_HOW_COMPARE = re.compile(r"^how (?:does|do|did) (?P<a>[^?]+?) compare (?:with|to) (?P<b>[^?]+)$", re.IGNORECASE)
_WHEN = re.compile(
    rf"^when (?P<be>were|was|are|is) (?P<a>[^?]+?) {_AND} (?P<b>[^?]+?),? (?P<deed>issued|adopted|approved|passed|released|signed|launched|founded|set up|opened|published)$",
    re.IGNORECASE,
)
# "Share of sales made online: A versus B"
_LABEL = re.compile(
    rf"^(?P<noun>(?!(?:between|compare|in|for|which|who|what|how|when|where|is|are|do|does|did)\b)[^:?]{{4,60}}): (?P<a>[^:?,]+?),? {_AND} (?P<b>[^:?]+)$",
    re.IGNORECASE,
)
_LABEL_ASKED = {
    "percent": "What percentage is the {noun} of {thing}", "number": "What is the number of {noun} of {thing}",
    "date": "When was the {noun} of {thing}", "rank": "What rank does {thing} have in {noun}",
}  # fmt: skip
_AGAINST = r"(?:versus|vs\.?|compared (?:with|to)|in comparison (?:with|to)|as against|as opposed to|against|unlike|while|whereas)"
# "how many goods were listed on A, versus goods of the other kind put on B"
_MANY_AGAINST = re.compile(
    rf"^(?P<a>[^?]*\bhow (?:many|much)\b[^?]*?),? {_AGAINST} (?:the )?(?P<b>(?!(?:in|at|on|for|by|of|to|from|now|today)\b)(?=\S+ \S+ \S)[a-z][^?]*|[A-Z]{{2,}} [^?]*)$"
)
_DEED = (
    r"(?:use|sell|have|grow|do|say|said|call|offer|make|get|earn|produce|plan|provide|want|need|run|make up|raise|plant|farm|rely|depend|advise|recommend|suggest|"
    r"handle|receive|process|reach|cost|cover|face|hold|aim|promise|report|work|help|teach|buy|ship|advertise|promote|market)"
)
# "what do the robots do versus the workers"
_DO_AGAINST = re.compile(
    rf"^(?P<lead>(?:(?! and )[^?])*?\b(?:what|which|how|where|when|who)\b(?: [\w-]+){{0,4}}?) (?P<do>do|does|did) (?P<a>(?:(?!{_DEED}\b)[^?,])+?) (?P<deed>{_DEED}\b[^?]*?),? (?!while |whereas ){_AGAINST} (?P<b>(?!(?:in|at|on|for|by|of|to|from|now|today)\b)[^?]+)$",
    re.IGNORECASE,
)
# "did more firms get support, or did more households get help"
_EACH_MORE = re.compile(
    r"^(?:did|do|does|have|has|are|were) (?:more|fewer) (?P<a>[^?]+?),? or (?:did|do|does|have|has|are|were) (?:more|fewer) (?P<b>[^?]+)$",
    re.IGNORECASE,
)
# "Are A and B communes in the same district of P", "Do A and B work in the same office"
_IN_SAME = re.compile(
    rf"^(?P<be>do|does|did|are|were|is) (?P<a>[^?,]+?) {_AND} (?P<b>[^?,]+?) (?P<deed>(?:(?:work|live|belong|serve|sit|come|sell|stand|lie) )?(?:in|at|for|to|from|on)) the same (?P<noun>[\w-]+(?: [\w-]+)?)(?P<rest> (?:of|in) [^?]+)?$",
    re.IGNORECASE,
)
# "Do A and B communes have the same chairman, or a different one each"
_HAVE_SAME = re.compile(
    rf"^(?:do|does|did) (?P<a>[^?,]+?) {_AND} (?P<b>[^?,]+?) have the same (?P<noun>[^?,]+?)(?:,? or [^?]*)?$",
    re.IGNORECASE,
)
_KINDS_OF_PLACES = r"(?:communes|districts|provinces|villages|wards|hamlets|towns|departments)"
# "difference between the posts held by A and B"
_POSTS = re.compile(
    rf"^(?:what(?:'s| is) the )?(?:difference|comparison) (?:between|in|of) the (?P<noun>posts|positions|jobs|roles|titles|offices)(?: (?:held by|of|that))? (?P<a>[^?,]+?) {_AND} (?P<b>[^?,]+?)(?: hold| have)?$",
    re.IGNORECASE,
)
# "Which X did it in A, and was it the same in B?"
_SAME_IN = re.compile(
    r"^(?P<lead>(?:which|what|who|how|when|where)\b[^?,]+?) in (?P<a>[A-ZĐ][^?,]*?),? and (?:was|is|were|are) it (?:also )?(?:the )?same in (?P<b>[A-ZĐ][^?,]*)$",
    re.IGNORECASE,
)
# "did more people install the app or the card"
_MORE_OF = re.compile(
    r"^(?:did|do|does|have|has|are|were|was|is) (?:more|fewer) (?P<left>[^?]+?) or (?P<b>(?P<head>the|in|at|on|from|to|for|with|by|a|an) [^?]+)$",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\b(?:numbers?|shares?|rates?|percentages?|amounts?|prices?|costs?|budgets?|uptake|coverage|totals?|counts?|incomes?|revenues?|turnovers?|values?|sums?|figures?|goals?|targets?|levels?|earnings|sales|how many|how much|what|\d+)\b",
    re.IGNORECASE,
)
_ASKED_OF = (
    (re.compile(r"locations?|places?|sites?", re.IGNORECASE), "Where is {}"),
    (re.compile(r"positions?|jobs?|titles?|roles?|offices?|posts?|functions?", re.IGNORECASE), "What position does {} hold"),
    (re.compile(r"names?", re.IGNORECASE), "What is the name of {}"),
    (re.compile(r"ranks?|rankings?|standings?", re.IGNORECASE), "What rank does {} have"),
    (re.compile(r"dates?|issue dates?", re.IGNORECASE), "When was {} issued"),
)  # fmt: skip


_PLURAL = re.compile(r"^[\w-]+(?: [\w-]+){0,2}?s\b")
# "or" parts two things more surely than "and", which stands inside names too
_OF_TWO = r"^(?P<a>(?:(?! or | versus | vs )[^:;?])+),? (?:or|versus|vs\.?) (?P<b>[^:;?]+?)\s*[:;,]\s*"
_OF_BOTH = rf"^(?P<a>(?:(?! or | versus | vs )[^:;?])+?),? {_AND} (?P<b>(?:(?! or | versus | vs )[^:;?])+?)\s*[:;,]\s*"
# "A and B: which one takes more filings online", "A versus B: who gets the bigger share of files"
_TAKES_MORE = r"(?:which|who)(?: (?:one|side|of (?:them|the two)|department|province))? (?P<verb>(?!is\b|was\b|are\b|were\b|ranks?\b)\w+) (?:the )?(?:more|bigger|larger|higher|greater|fewer|lower|smaller)(?: of)? (?P<rest>[^?]+)$"
_WHICH_MORE = tuple(re.compile(sides + _TAKES_MORE, re.IGNORECASE) for sides in (_OF_TWO, _OF_BOTH))
# "A or B: where do more businesses use it"
_WHERE_MORE = tuple(
    re.compile(rf"{sides}where (?:do|did|are|were|is) (?:there )?(?:more|fewer) (?P<rest>[^?]+)$", re.IGNORECASE)
    for sides in (_OF_TWO, _OF_BOTH)
)
# "How is the watering at A different from what B has", "how does the system used by A differ from that used by B"
_DIFFERS_FROM = re.compile(
    r"^how(?:['’]s| is| are| was| does| do| did) (?P<what>(?:the )?[\w -]+?) (?P<a>(?:used (?:by|at|in)|at|of|in|for|by) [^?]+?) (?:differ|differs|different) from (?:that |those |the one |what )?(?P<b>[^?]+)$",
    re.IGNORECASE,
)
_AMOUNT_OF = r"(?:the )?(?:number|share|value|amount|percentage|total|proportion) of"
# "In P, compare the number of X with the number of Y"
_TWO_NUMBERS = re.compile(
    rf"^(?:(?P<where>(?:in|for|at) [^,?]+), )?compare (?P<a>{_AMOUNT_OF} [^?]+?) (?:with|to|and|against) (?P<b>{_AMOUNT_OF} [^?]+)$",
    re.IGNORECASE,
)
# "Compare the part of sales that comes from the web: A and B"
_COMPARE_LABEL = re.compile(rf"^compare (?P<noun>[^:?]{{4,90}}): (?P<a>[^?]+?),? {_AND} (?P<b>[^?]+)$", re.IGNORECASE)
_QUANTITY_OF = re.compile(
    r"\b(?:part|share|proportion|percentage|portion|number|value|rate|amount|income|revenue)s? of\b", re.IGNORECASE
)
_PART_OF = re.compile(r"^(?:the )?(?:part|share|proportion|percentage|portion) of", re.IGNORECASE)


# "How do A and B differ in the tools they use"
_DIFFER_IN = re.compile(
    rf"^how (?:do|does|did) (?P<a>[^?]+?) {_AND} (?P<b>[^?]+?) differ in (?:the |their )?(?P<noun>[\w -]+?)(?: (?:that )?they (?P<verb>\w+))?$",
    re.IGNORECASE,
)


def _more_ways(asked: str) -> tuple[str, ...]:
    """Two questions for one that asks which of two is more, or sets two amounts or ways of doing beside each other; else ()."""
    if found := _first(_WHICH_MORE, asked):
        verb, rest = found["verb"], found["rest"]
        share = _PART_OF.match(rest)
        asks = "What percentage of" if share else "How many"
        rest = rest[share.end() :].strip() if share else re.sub(r"^(?:its|their|the) ", "", rest)
        return _of_each(_sides(found), lambda side: f"{asks} {rest} does {side} {_plain_verb(verb)}")
    if found := _first(_WHERE_MORE, asked):
        rest = found["rest"]
        return _of_each(_sides(found), lambda side: f"How many {rest} in {side}")
    if found := _DIFFERS_FROM.match(asked):
        what = found["what"]
        return _both(found, lambda side: f"What is {what} {side}")
    if (found := _DIFFER_IN.match(asked)) and found["verb"]:
        noun, verb = found["noun"], found["verb"]
        return _both(found, lambda thing: f"What {noun} does {thing} {verb}")
    if found := _TWO_NUMBERS.match(asked):
        where = f" {found['where']}" if found["where"] else ""
        return _both(found, lambda side: f"What is {side}{where}")
    if (found := _COMPARE_LABEL.match(asked)) and _QUANTITY_OF.search(found["noun"]):
        noun = found["noun"]
        part = _PART_OF.match(noun)
        asks = f"What percentage of {noun[part.end() :].strip()}" if part else f"What is {noun}"
        return _of_each(_sides(found), lambda side: f"{asks} of {re.sub(r'^(?:the|a) ', '', side)}")
    return ()


def _first(patterns: Iterable[re.Pattern[str]], asked: str) -> re.Match[str] | None:
    return next(filter(None, (pattern.match(asked) for pattern in patterns)), None)


def _sides(found: re.Match[str]) -> tuple[str, str]:
    """The two things, "its" of the second said by the owner the first names: "Ha Tinh's trade department and its science department"."""
    first, second = found["a"].strip(" ,"), found["b"].strip(" ,")
    owner = re.match(r"(?:[A-ZĐ]\S* ?){1,4}?['’]s ", first)
    if owner:
        second = re.sub(r"^(?:its|their|the same province['’]s) ", owner.group(), second)
    return first, second


def _plain_verb(verb: str) -> str:
    """ "get" of "gets", "have" of "has"."""
    return {"has": "have", "had": "have", "does": "do"}.get(verb.lower(), re.sub(r"(?<=[^s])s$", "", verb))


def set_ways(question: str, hint: str = "") -> tuple[str, ...]:
    """Two questions for one put in one of these ways, else (); ``hint`` is the kind of answer asked of both, where it was told."""
    asked = question.strip(" ?.!")
    found: re.Match[str] | None
    if more := _more_ways(asked):
        return more
    if found := _EACH_DO.match(asked):
        verb, lead, rest = _ONE.get(found["do"].lower(), found["do"]), found["lead"], found["rest"]
        return _both(found, lambda thing: f"{lead} {verb} {thing} {rest}")
    if found := _TOPIC.match(asked):
        of_each = found["asked"]
        return _both(
            found, lambda thing: re.sub(rf"{_EACH}|\bwhich$", lambda _: thing, of_each, count=1, flags=re.IGNORECASE)
        )
    if found := _WHEN.match(asked):
        be, deed = _ONE.get(found["be"].lower(), found["be"]), found["deed"]
        return _both(found, lambda thing: f"When {be} {thing} {deed}")
    if (found := _LABEL.match(asked)) and not find_places(found["noun"]):
        noun = found["noun"] if found["noun"][1:2].isupper() else found["noun"][0].lower() + found["noun"][1:]
        if (
            not hint
            and _PLURAL.match(noun)
            and not any(p.match(noun) for p, _ in _ASKED_OF)
            and not _QUANTITY.search(noun)
        ):
            return _both(found, lambda thing: f"How many {noun} does {thing} have")
        wording = _LABEL_ASKED.get(hint, "What is the {noun} of {thing}")
        return _both(found, lambda thing: wording.format(noun=noun, thing=thing))
    if found := _MANY_AGAINST.match(asked):
        return (f"{found['a']}?", f"How many {found['b']}?")
    if (found := _DO_AGAINST.match(asked)) and not re.search(_NOT_SIDES, found["a"]):
        lead, deed = found["lead"], found["deed"]
        return _both(found, lambda thing: f"{lead} {_do(thing)} {thing} {deed}")
    if found := _EACH_MORE.match(asked):
        return _both(found, lambda thing: f"How many {thing}")
    if found := _POSTS.match(asked):
        where = _where(found["b"])
        return _both(found, lambda thing: f"What position does {thing.removesuffix(where)} hold{where}")
    if found := _IN_SAME.match(asked):
        which, rest, deed, kind = found["noun"], found["rest"] or "", found["deed"], _kind_of_place(found["b"])
        if re.match(r"(?:are|were|is)$", found["be"], re.IGNORECASE):
            return _both(found, lambda thing: f"Which {which}{rest} does {_bare(thing)} {kind} belong to")
        return _both(found, lambda thing: f"Which {which}{rest} does {thing} {deed}")
    if found := _HAVE_SAME.match(asked):
        noun, kind = found["noun"], _kind_of_place(found["b"])
        return _both(found, lambda thing: f"Who is the {noun} of {_bare(thing)} {kind}")
    if found := _SAME_IN.match(asked):
        lead = found["lead"]
        return _both(found, lambda thing: f"{lead} in {thing}")
    if (found := _MORE_OF.match(asked)) and (at := found["left"].lower().rfind(f" {found['head'].lower()} ")) > 0:
        left = found["left"]
        return (f"How many {left}?", f"How many {left[:at]} {found['b']}?")
    if (found := _SAME.match(asked)) and found["noun"]:
        who = {"person": "Who is", "man": "Who is", "woman": "Who is"}.get(found["noun"].lower(), "What is")
        what = found["what"]
        return _both(found, lambda thing: f"{who} {what} in {thing}")
    if found := _DIFFER.match(asked):
        noun = found["noun"] or ""
        what = found["what"]
        return _both(found, lambda thing: _of_noun(noun, f"the {what} of {thing}"))
    if (found := _COMPARE.match(asked)) and not _QUANTITY.search(f"{found['noun']} {found['a']}"):
        noun = found["noun"]
        return _both(found, lambda thing: _of_noun(noun, thing))
    if found := _HOW_COMPARE.match(asked):
        amounts = [_QUANTITY.search(found[side]) is not None for side in "ab"]
        if amounts[0] == amounts[1]:
            asks = "What percentage is" if _SHARE.search(asked) else "What is" if amounts[0] else "How is"
            return _both(found, lambda thing: f"{asks} {thing}")
    return ()


_SHARE = re.compile(r"\b(?:shares?|rates?|percentages?|proportions?|uptake|coverage)\b", re.IGNORECASE)


def _where(named: str) -> str:
    """Where somebody is named: " in Hậu Giang" of "Hồ Thu Ánh in Hậu Giang"; "" where it is not said."""
    found = re.search(r" (?:in|at|of) [^?]+$", named)
    return found.group() if found else ""


def _bare(named: str) -> str:
    """ "Hương Liên" of "Hương Liên communes"."""
    return re.sub(rf" {_KINDS_OF_PLACES}$", "", named)


def _kind_of_place(named: str) -> str:
    """The kind of place two are said to be: "commune" of "Hương Liên communes"; "" where none is."""
    found = re.search(rf" ({_KINDS_OF_PLACES})$", named)
    return found[1][:-1] if found else ""


# a clause that is set against another year or place of the same thing is left to ``pair_finder``
_NOT_SIDES = r"\b(?:or|and|versus|vs)\b"


def _do(thing: str) -> str:
    """The auxiliary that goes with ``thing``."""
    return (
        "do"
        if re.search(r"(?<!s)s$", thing.split(" (")[0].split(" of ")[0].split(" in ")[0]) and thing[:1].islower()
        else "does"
    )


def _of_noun(noun: str, thing: str) -> str:
    if not noun:
        what, _, of = thing.removeprefix("the ").partition(" of ")
        wording = next((w for pattern, w in _ASKED_OF if of and pattern.fullmatch(what)), "")
        return wording.format(of) if wording else f"What is {thing}"
    wording = next((w for pattern, w in _ASKED_OF if pattern.fullmatch(noun)), "")
    return wording.format(thing) if wording else f"What is the {noun} of {thing}"


def _both(found: re.Match[str], wording: Callable[[str], str]) -> tuple[str, ...]:
    return _of_each((found["a"].strip(" ,;"), found["b"].strip(" ,;")), wording)


def _of_each(things: Iterable[str], wording: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(tidy(wording(thing)).rstrip(" ?.,;:") + "?" for thing in things)
