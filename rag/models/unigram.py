"""The Unigram segmentation of whole words and runs of words, quickly: the same pieces as the `tokenizers` library gives.

Kudo, "Subword Regularization", ACL 2018: of all ways to cut a text into pieces of the vocabulary, the one whose pieces'
scores add up highest, found by dynamic programming from character to character. In text the same words come back all the
time, so here the steps go from word to word: how a word is cut is worked out once (by the library), and the pieces of
several words ("chuyển▁đổi") are kept by their first word. Knows nothing of vectors or files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

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
_Word = tuple[Scores | None, Ids, _Seconds | None, tuple[_Start, ...]]


class Unfit(ValueError):
    """The vocabulary has pieces of a kind that words cannot be told apart by."""


class Words:
    """Segments runs of words ("▁hà▁tĩnh▁có"). Instances may be shared by threads.

    `vocabulary` gives each piece and its score, in order of id; `whole` is the library's segmentation of a text into ids.
    Raises Unfit for a vocabulary where a piece holds a mark anywhere but before each of its words, or is of more than
    three words.
    """

    def __init__(
        self, vocabulary: Iterable[tuple[str, float]], unknown: int, whole: Callable[[str], list[int]]
    ) -> None:
        self._whole = whole
        self._unknown = unknown
        self._scores: list[float] = []
        self._firsts: dict[str, _Seconds] = {}
        self._lasts: set[str] = set()
        self._words: dict[str, _Word] = {}
        self._runs: dict[str, list[int]] = {}
        for number, (piece, score) in enumerate(vocabulary):
            self._scores.append(score)
            if number != unknown and MARK in piece[1:]:
                self._keep(piece, score, number)

    def _keep(self, piece: str, score: float, number: int) -> None:
        nothing, *parts = piece.split(MARK)
        if nothing or not all(parts) or len(parts) > 3:
            raise Unfit(f"piece {piece!r}")
        self._lasts.add(parts[-1])
        seconds = self._firsts.setdefault(parts[0], {})
        own, ids, thirds = seconds.get(parts[1], (None, (), None))
        if len(parts) == 2:
            seconds[parts[1]] = (score, (number,), thirds)
        else:
            thirds = {} if thirds is None else thirds
            thirds[parts[2]] = (score, (number,))
            seconds[parts[1]] = (own, ids, thirds)

    def ids(self, run: str) -> list[int]:
        """The ids of a run of words, each with its mark before it. The list is shared: read it, do not change it."""
        found = self._runs.get(run)
        if found is None:
            found = self._cut(run)
            if len(self._runs) >= _MOST:
                self._runs = {}
            self._runs[run] = found
        return found

    def _cut(self, run: str) -> list[int]:
        words = run.split(MARK)
        del words[0]
        known = self._words
        # For the end of each word the step that got there: how many words it took, and the ids of its pieces.
        steps: list[tuple[int, Ids]] = []
        # The best total at the end of the last word and of the two before it, summed in the library's order.
        third = second = last = 0.0
        seconds: _Seconds | None = None
        thirds: _Thirds | None = None
        several = False
        for word in words:
            held = known.get(word)
            if held is None:
                held = self._word(word)
            scores, chosen, follow, starts = held
            if scores is None:
                return self._whole(run)
            best = last
            for score in scores:
                best += score
            width = 1
            ahead: _Thirds | None = None
            if seconds is not None:
                pair = seconds.get(word)
                if pair is not None:
                    ahead = pair[2]
                    # Of equal ways the library takes the one whose last piece begins first.
                    if pair[0] is not None and second + pair[0] >= best:
                        best, chosen, width = second + pair[0], pair[1], 2
                for start, scores, ids in starts:
                    pair = seconds.get(start)
                    if pair is not None and pair[0] is not None:
                        total = second + pair[0]
                        for score in scores:
                            total += score
                        if total > best:
                            best, chosen, width = total, pair[1] + ids, 2
            if thirds is not None:
                three = thirds.get(word)
                if three is not None and third + three[0] >= best:
                    best, chosen, width = third + three[0], three[1], 3
                for start, scores, ids in starts:
                    three = thirds.get(start)
                    if three is not None:
                        total = third + three[0]
                        for score in scores:
                            total += score
                        if total > best:
                            best, chosen, width = total, three[1] + ids, 3
            if width > 1:
                several = True
            steps.append((width, chosen))
            third, second, last = second, last, best
            seconds, thirds = follow, ahead
        if not several:
            return [i for _, ids in steps for i in ids]
        out: list[Ids] = []
        n = len(words)
        while n:
            width, chosen = steps[n - 1]
            out.append(chosen)
            n -= width
        return [i for ids in reversed(out) for i in ids]

    def _word(self, word: str) -> _Word:
        """How a word is cut with its mark; without scores where a part of it is unknown: the library is asked for the run."""
        scores, ids = self._scored(MARK + word)
        starts = []
        for i in range(1, len(word)):
            if word[:i] in self._lasts:
                rest, rest_ids = self._scored(word[i:])
                if rest is not None:
                    starts.append((word[:i], rest, rest_ids))
        held: _Word = (scores, ids, self._firsts.get(word), tuple(starts))
        if len(self._words) >= _MOST:
            self._words = {}
        if len(word) <= _LONGEST:
            self._words[word] = held
        return held

    def _scored(self, text: str) -> tuple[Scores | None, Ids]:
        ids = self._whole(text)
        return (None if self._unknown in ids else tuple(self._scores[i] for i in ids)), tuple(ids)
