"""The Unigram segmentation of whole words and runs of words, quickly: the same pieces as the `tokenizers` library gives.

Kudo, "Subword Regularization", ACL 2018: of all ways to cut a text into pieces of the vocabulary, the one whose pieces'
scores add up highest, found by dynamic programming from character to character. In text the same words come back all the
time, so here the steps go from word to word: how a word is cut is worked out once, and the pieces of several words
("chuyển▁đổi") are kept by their first word. Knows nothing of vectors or files.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.models.parts import WordParts

MARK = "▁"
#: Words and runs that are remembered; some tens of megabytes when all are.
_MOST = 200_000
_LONGEST = 24

Scores = tuple[float, ...]
Ids = tuple[int, ...]
# Pieces of three words by the third; pieces of two by the second, with those of three that begin with both.
_Thirds = dict[str, tuple[float, Ids]]
_Seconds = dict[str, tuple[float | None, Ids, _Thirds | None]]
# What a word's beginning is that may end a piece of several words, and how the rest of the word is then cut.
_Start = tuple[str, Scores, Ids]
# Of a word: the score of its first piece and those of the rest, its ids, what may follow, and its beginnings; the sets
# hold the second words and the beginnings, since mostly none of the latter is among the former.
_Follow = tuple[_Seconds, frozenset[str]]
_Word = tuple[float | None, Scores, Ids, _Follow | None, frozenset[str]]


class Unfit(ValueError):
    """The vocabulary has pieces of a kind that words cannot be told apart by."""


@dataclass(frozen=True, slots=True)
class Table:
    """A vocabulary as `Words` reads it: `pieces` and their `scores` by id; `joined`, the ids of the pieces of several words
    in order of these pieces; `lasts`, the last words of such pieces; `parts`, the words they are all made of, where that
    has been worked out.

    Plain lists: with a pair for each piece the garbage collector would take half the time of reading a vocabulary.
    """

    pieces: list[str]
    scores: list[float]
    joined: list[int]
    lasts: frozenset[str]
    parts: WordParts | None = field(default=None, compare=False)


def tabulate(vocabulary: Sequence[tuple[str, float]]) -> Table:
    """The table of pieces and scores given in order of id.

    Raises Unfit where a piece holds a mark anywhere but before each of its words, or is of more than three words.
    """
    pieces = [piece for piece, _ in vocabulary]
    joined = [number for number, piece in enumerate(pieces) if piece.rfind(MARK) > 0]
    for number in joined:
        parts = pieces[number].split(MARK)
        if parts[0] or "" in parts[1:] or len(parts) > 4:
            raise Unfit(f"piece {pieces[number]!r}")
    lasts = frozenset(pieces[number].rpartition(MARK)[2] for number in joined)
    return Table(pieces, [score for _, score in vocabulary], sorted(joined, key=pieces.__getitem__), lasts)


class Words:
    """Segments runs of words ("▁hà▁tĩnh▁có"). Instances may be shared by threads.

    `vocabulary` is a table, or gives each piece and its score in order of id: then raises Unfit as `tabulate` does.
    """

    def __init__(self, vocabulary: Sequence[tuple[str, float]] | Table, unknown: int) -> None:
        table = vocabulary if isinstance(vocabulary, Table) else tabulate(vocabulary)
        self._unknown = unknown
        self._pieces, self._scores, self._joined, self._lasts = table.pieces, table.scores, table.joined, table.lasts
        self._numbers = dict(zip(table.pieces, range(len(table.pieces)), strict=True))
        self._words: dict[str, _Word] = {}
        self._begun: dict[str, tuple[_Start, ...]] = {}
        self._runs: dict[str, list[int]] = {}
        self._longest = max(map(len, table.pieces), default=0)
        # What the library takes for a character that is in no piece.
        self._lost = min(table.scores, default=0.0) - 10.0

    def _seconds(self, first: str) -> _Seconds | None:
        """The pieces of several words that begin with this one."""
        pieces, joined = self._pieces, self._joined
        begin = MARK + first + MARK
        at = bisect_left(joined, begin, key=pieces.__getitem__)
        seconds: _Seconds = {}
        while at < len(joined) and pieces[joined[at]].startswith(begin):
            piece = pieces[joined[at]]
            at += 1
            number = self._numbers[piece]
            score = self._scores[number]
            _, _, second, *rest = piece.split(MARK)
            own, ids, thirds = seconds.get(second, (None, (), None))
            if rest:
                thirds = {} if thirds is None else thirds
                thirds[rest[0]] = (score, (number,))
            else:
                own, ids = score, (number,)
            seconds[second] = (own, ids, thirds)
        return seconds or None

    def ids(self, run: str) -> list[int]:
        """The ids of a run of words, each with its mark before it. The list is shared: read it, do not change it."""
        return self.spaced(run[len(MARK) :].replace(MARK, " "))

    @property
    def pieces(self) -> list[str]:
        """The pieces in order of id."""
        return self._pieces

    def each(self, words: list[str]) -> list[list[int]]:
        """The ids of each of some words."""
        return [self.spaced(word) for word in words]

    def spaced(self, run: str) -> list[int]:
        """The ids of a run of words with single blanks between them; shared likewise."""
        found = self._runs.get(run)
        if found is None:
            found = self._cut(run)
            if len(self._runs) >= _MOST:
                self._runs = {}
            self._runs[run] = found
        return found

    def _cut(self, run: str) -> list[int]:
        known = self._words
        # For the end of each word the ids of the last piece or pieces of the best way there, and how many words they are
        # of where that is more than one.
        chosen: list[Ids] = []
        wide: dict[int, int] = {}
        # The best total at the end of the last word and of the two before it, summed in the library's order.
        third = second = last = 0.0
        before: _Follow | None = None
        thirds: _Thirds | None = None
        for at, word in enumerate(run.split(" ")):
            held = known.get(word)
            if held is None:
                held = self._word(word)
            score, scores, own, follow, begins = held
            if score is None:
                return self._whole(MARK + run.replace(" ", MARK))
            best = last + score
            for score in scores:
                best += score
            ahead: _Thirds | None = None
            if before is not None:
                seconds, among = before
                pair = seconds.get(word)
                if pair is not None:
                    ahead = pair[2]
                    # Of equal ways the library takes the one whose last piece begins first.
                    if pair[0] is not None and second + pair[0] >= best:
                        best, own = second + pair[0], pair[1]
                        wide[at] = 2
                if begins and not begins.isdisjoint(among):
                    for start, scores, ids in self._starts(word):
                        pair = seconds.get(start)
                        if pair is not None and pair[0] is not None:
                            total = second + pair[0]
                            for score in scores:
                                total += score
                            if total > best:
                                best, own = total, pair[1] + ids
                                wide[at] = 2
            if thirds is not None:
                three = thirds.get(word)
                if three is not None and third + three[0] >= best:
                    best, own = third + three[0], three[1]
                    wide[at] = 3
                if begins and not begins.isdisjoint(thirds):
                    for start, scores, ids in self._starts(word):
                        three = thirds.get(start)
                        if three is not None:
                            total = third + three[0]
                            for score in scores:
                                total += score
                            if total > best:
                                best, own = total, three[1] + ids
                                wide[at] = 3
            chosen.append(own)
            third, second, last = second, last, best
            before, thirds = follow, ahead
        if wide:
            kept: list[Ids] = []
            at = len(chosen) - 1
            while at >= 0:
                kept.append(chosen[at])
                at -= wide.get(at, 1)
            kept.reverse()
            chosen = kept
        return list(chain.from_iterable(chosen))

    def _word(self, word: str) -> _Word:
        """How a word is cut with its mark; without scores where a part of it is unknown: then runs go by characters."""
        scores, ids = self._scored(MARK + word)
        seconds = self._seconds(word)
        follow = None if seconds is None else (seconds, frozenset(seconds))
        lasts = self._lasts
        begins = frozenset([word[:i] for i in range(1, len(word)) if word[:i] in lasts])
        held: _Word = (None, (), ids, follow, begins)
        if scores is not None:
            held = (scores[0], scores[1:], ids, follow, begins)
        if len(self._words) >= _MOST:
            self._words = {}
        if len(word) <= _LONGEST:
            self._words[word] = held
        return held

    def _starts(self, word: str) -> tuple[_Start, ...]:
        """The beginnings of a word that may end a piece of several words, the shortest first; worked out when asked for."""
        held = self._begun.get(word)
        if held is None:
            starts = []
            for i in range(1, len(word)):
                if word[:i] in self._lasts:
                    rest, ids = self._scored(word[i:])
                    if rest is not None:
                        starts.append((word[:i], rest, ids))
            held = tuple(starts)
            if len(self._begun) >= _MOST:
                self._begun = {}
            self._begun[word] = held
        return held

    def _scored(self, text: str) -> tuple[Scores | None, Ids]:
        steps = self._characters(text)
        unknown = any(number == self._unknown for _, number in steps)
        return (None if unknown else tuple(score for score, _ in steps)), tuple(number for _, number in steps)

    def _whole(self, run: str) -> list[int]:
        """A run from character to character; unknown characters side by side are one unknown piece."""
        out: list[int] = []
        for _, number in self._characters(run):
            if number != self._unknown or not out or out[-1] != number:
                out.append(number)
        return out

    def _characters(self, text: str) -> list[tuple[float, int]]:
        """Score and id of the pieces of the best way through a text, as the library finds it."""
        n, numbers = len(text), self._numbers
        totals = [0.0] * (n + 1)
        steps: list[tuple[int, float, int] | None] = [None] * (n + 1)
        for at in range(n):
            here, alone = totals[at], False
            for end in range(at + 1, min(n, at + self._longest) + 1):
                number = numbers.get(text[at:end])
                if number is not None:
                    total = self._scores[number] + here
                    if steps[end] is None or total > totals[end]:
                        totals[end], steps[end] = total, (at, self._scores[number], number)
                    alone = alone or end == at + 1
            if not alone:
                total = self._lost + here
                if steps[at + 1] is None or total > totals[at + 1]:
                    totals[at + 1], steps[at + 1] = total, (at, self._lost, self._unknown)
        out: list[tuple[float, int]] = []
        while n:
            step = steps[n]
            assert step is not None
            n = step[0]
            out.append(step[1:])
        out.reverse()
        return out
