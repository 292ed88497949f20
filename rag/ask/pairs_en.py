"""What an English question that compares asks of each of the two things, as a question of its own.

Knows nothing of how the two things are found.
"""

from __future__ import annotations

from rag.ask.compared import QUESTION, Compared, Sides, own_time, tidy

_COMPARE = r"^(?:compare|comparison (?:of|between)|(?:what(?:'s| is) )?the difference (?:between|in)|between|is|are|was|were|which (?:one )?is|what is)\s+"
_MORE = r"\b(?:more|fewer|less|higher|larger|bigger|greater|lower|better|smaller|most|highest|largest|worse|ahead)\b"
_SOONER = r"\b(?:first|earlier|later|before|sooner|after|older|newer|younger|more recent|last)\b"
_WHICH_SIDE = r"^(?:which|who|what|whose)(?: (?:one|of (?:the|these|them)(?: two)?|province|department|article|side|place|figure|number|group|person|man|woman|is|was|are|were|of|came|comes|has|have|had|does|do|did|the)(?=\s|$|[,:]))*[\s,:]*"
_ISSUED = r"\b(?:decisions?|resolutions?|plans?|decrees?|programmes?|programs?|scheme|directive)\b"


def questions(text: Compared, sides: Sides, hint: str) -> tuple[str, ...]:
    """What is asked of each of the two; ``hint`` is the kind of answer that another sentence asks of both, "" for none."""
    asked = text.text
    between = asked[sides.first[1] : sides.joint[0]].strip(" ,;()")
    lead = asked[: sides.first[0]].strip(" ,;")
    tail = text.of(asked[sides.second[1] :].strip(" ,;")).sub(r"\b(?:each|respectively|both)\b", "").text
    things = [
        text.of(asked[a:b].strip(" ,;:")).sub(r"^(?:more |fewer )?(?:the |a |an )?(?=\w)", "").text
        for a, b in (sides.first, sides.second)
    ]
    if own := own_time(asked, sides, between, text.of(things[1])):
        things[0], between = f"{things[0]} {own}", ""
    if between:
        tail = f"{between} {tail}"
    return tuple(tidy(_of_one(text, lead, thing, tail, hint)).rstrip(" ?.,;:") + "?" for thing in things)


def _of_one(text: Compared, lead: str, thing: str, tail: str, hint: str) -> str:
    """The question asked of one of two things: "Who earns more: A or B" → "How much money A earns"."""
    whole = text.of(f"{lead} {tail}")
    compares = whole.search(_MORE) is not None or whole.search(_SOONER) is not None
    side = text.of(lead).match(_WHICH_SIDE)
    if whole.search(_SOONER) and (text.of(thing).search(_ISSUED) or not whole.search(_MORE)):
        deed = text.of(lead[side.end() :] if side else "").sub(_SOONER, "").sub(r"^(?:came|comes|is|was)\b", "").text
        return f"When was {thing} {deed or 'issued'}"
    lead = text.of(lead).sub(r"^compare (?=how\b|what\b)", "").text
    if not compares and text.of(lead).search(QUESTION) and not text.of(lead).match(_COMPARE):
        return f"{lead} {thing} {tail}"  # "What do A and B each grow"
    if whole.search(r"\bmore \w+ly\b"):
        return f"{thing} {whole.sub(_MORE, '').text}"
    before = (
        text.of(lead)
        .sub(r",?\s*\b(?:were|was|are|is|did|does|do|have|has)(?: there)?(?= more| fewer|\W*$)", "")
        .sub(_MORE, "")
        .sub(r",?\s*which (?:one|number|share|figure)?\s*(?:is|was|has)?\W*$", "")
        .sub(r"^(?:did|does|do)\s+", "")
        .sub(_COMPARE, "")
        .text
    )
    core = text.of(tidy(f"{lead[side.end() :] if side else before} {tail}"))
    about = text.of(f"{thing} {core.text}")
    if text.of(thing).search(r"^(?:how (?:many|much)|what|when|who|where)\b"):
        if _what_amount(text, thing):
            return f"How much money is it {thing[5:]}"
        return f"{thing} {core.sub(_MORE, '').text}"
    rest = core.sub(r"\bthan$", "")
    if hint == "rank" or rest.search(r"\b(?:ranks?|ranked|ranking|placed|stands?|position)\b"):
        where = rest.sub(_MORE, "").sub(r"\b(?:ranks?|ranked|ranking|placed|stands?|position)\b", "").text
        return f"What rank does {thing} have {where}"
    bare = rest.sub(_MORE, "").text
    if hint == "date":
        return f"When was {thing} {bare or 'issued'}"
    if hint == "percent" or about.search(
        r"\b(?:relies|rely|depends?|leans?|shares?|rates?|percentage|proportion|percent)\b"
    ):
        return f"What percentage of {thing} {bare}"
    if about.search(r"\b(?:earn(?:s|ed)?|makes? money|income|revenue|turnover|money|value|worth|takes? in)\b"):
        return f"How much money: {thing} {bare}"
    if more := rest.search(r"\b(?:more|fewer) (?=[a-z])"):
        return f"How many {rest.text[more.end() :]} {thing} {rest.text[: more.start()]}"
    if side:
        return f"How many {thing} {bare}"
    left = text.of(tail).sub(_MORE, "").text
    if counted := text.of(before).match(r"^(?:the )?(?:total )?number of "):
        return f"How many {before[counted.end() :]} {thing} {left}"
    return f"How many {thing} {left}{f' ({before})' if before else ''}"


def _what_amount(text: Compared, thing: str) -> bool:
    """ "what the cooperative takes in per year": a sum of money."""
    return text.of(thing).search(r"^what .*\b(?:takes? in|earns?|makes?|sells? for|pays?|brings? in)\b") is not None
