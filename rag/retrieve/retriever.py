"""`Retriever`: the passages of an index that answer a question, best first.

Candidates come from both lexical channels, passage vectors and sentence vectors; each candidate is then scored by every
channel and the scores are fused by one rule. Knows nothing of readers, citations or the page.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import UsageError
from rag.models.rerankers import Reranker, make_reranker
from rag.retrieve import channels as ch
from rag.retrieve.accents import restore
from rag.retrieve.proximity import MOST as MOST_LOOKED_FOR
from rag.retrieve.proximity import proximity, terms
from rag.retrieve.rarity import Rarities
from rag.retrieve.wording import Wording, word
from rag.scoring import fusion
from rag.text.abbreviations import Abbreviations
from rag.types import Hit, Query

if TYPE_CHECKING:
    from rag.index import Index
    from rag.settings import Settings
    from rag.store import Snapshot

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
RERANKED = 50
MOST_RESTORED = 256
# In a smaller index handing work to another thread costs more than it saves.
THREADED_FROM = 20_000
_ABBREVIATIONS = Abbreviations()


@dataclass(frozen=True, slots=True)
class Scored:
    """Candidates with every channel's scores: `positions` (n,) in snapshot.ids, arrays (n,) by channel, `fused` (n,)."""

    positions: NDArray[np.int64]
    channels: Mapping[str, Floats]
    fused: Floats


@dataclass(frozen=True, slots=True)
class _Known:
    """What is worked out once for a generation of the index."""

    generation: int
    abbreviations: Abbreviations
    rarities: Rarities
    languages: Mapping[str, Mask | None]
    restored: dict[str, str] = field(default_factory=dict)


class Retriever:
    """Searches one index; safe to use from several threads.

    `settings` default to the index's own; `reranker` to the one that they name, if any.
    """

    def __init__(self, index: Index, settings: Settings | None = None, reranker: Reranker | None = None) -> None:
        self.index = index
        self.settings = settings or index.settings
        self._reranker: Reranker | None = reranker or make_reranker(self.settings)
        self._weights = fusion.load("tokens" if index.embedder.has_tokens else "vectors")
        self._known: _Known | None = None
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    def search(
        self,
        question: str | Query,
        k: int | None = None,
        *,
        query: Query | None = None,
        sources: Iterable[str] | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> list[Hit]:
        """The `k` best passages (fewer when the index or the filters leave fewer), best first.

        `query` is the question as understood, where that is known. `sources` are names or patterns with ``*``; dates
        are ISO and inclusive; `metadata` asks for equal values. Raises UsageError for an empty or overlong question
        or k below 1.
        """
        k = self.settings.k if k is None else k
        if k < 1:
            raise UsageError(f"k={k}: ask for at least 1 passage")
        snapshot = self.index.store.snapshot()
        asked = self.wording(query or question, snapshot)
        mask = self._mask(snapshot, sources, date_from, date_to, metadata)
        scored = self.score(snapshot, asked, k, mask)
        hits = self._hits(snapshot, scored, max(k, RERANKED) if self._reranker else k)
        if self._reranker is not None and hits:
            hits = self._reranked(asked.texts[0], hits, self._reranker)
        return hits[:k]

    def accented(self, text: str) -> str:
        """A Vietnamese text (NFC) typed without diacritics with those it most likely has, of the same length."""
        snapshot = self.index.store.snapshot()
        return self._restored(text, snapshot, self._learnt(snapshot))

    def wording(self, question: str | Query, snapshot: Snapshot | None = None) -> Wording:
        """How a question would be searched for. Raises UsageError as `search` does."""
        snapshot = snapshot or self.index.store.snapshot()
        known = self._learnt(snapshot)
        restorer = partial(self._restored, snapshot=snapshot, known=known)
        return word(question, known.abbreviations, self.settings.max_question_chars, restorer)

    def score(self, snapshot: Snapshot, asked: Wording, k: int, mask: Mask | None = None) -> Scored:
        """All candidates for `k` hits with their channels and fused scores, in order of position."""
        embedder = self.index.embedder
        home = fusion.FOLDED if asked.language == "vi-folded" else fusion.SAME
        away = fusion.STATEMENT if asked.statement else fusion.CROSS
        cross = self._cross(snapshot, asked)
        queries = embedder.embed_queries(asked.scored)
        most = max(self.settings.candidates, k)
        near = self._nearest(snapshot, queries, most // 2, mask)
        found_words = self._lexical(snapshot, asked, cross, mask, most // 2)
        words = {
            name: values if isinstance(values, ch.Everywhere) else ch.Everywhere(values)
            for name, values in found_words.items()
        }
        positions = self._candidates(snapshot, words, near, most, mask)
        ids = snapshot.ids[positions]
        found = {name: values.at(positions) for name, values in words.items()}
        if len(ids):
            vectors = snapshot.vectors(ids)
            found |= ch.dense(snapshot, ids, queries, vectors)
            if embedder.has_tokens:
                if len(ids) > most:  # token vectors cost most, so only the best by the other channels get that far
                    rough = fusion.fuse(found, cross[positions], fusion.load("vectors"), home, away)
                    kept = np.sort(fusion.top(rough, most))
                    positions, ids, vectors = positions[kept], ids[kept], vectors[kept]
                    found = {name: values[kept] for name, values in found.items()}
                there = cross[positions]
                held, tokens = ch.pieces(snapshot, embedder, ids), ch.tokens(embedder, asked.scored)
                found |= ch.late(held, embedder, tokens, there, asked.statement and bool(there.any()))
                if not there.all():
                    found |= self._proximity(snapshot, asked, held)
                    found[fusion.NEIGHBOURS] = fusion.neighbours(found, there, self._weights, vectors, home)
        return Scored(positions, found, fusion.fuse(found, cross[positions], self._weights, home, away))

    # ---- steps

    def _restored(self, text: str, snapshot: Snapshot, known: _Known) -> str:
        """`text` with its diacritics; remembered, since a question is searched for and read."""
        held = known.restored.get(text)
        if held is None:
            if len(known.restored) >= MOST_RESTORED:
                known.restored.clear()
            held = known.restored[text] = restore(text, snapshot)
        return held

    def _learnt(self, snapshot: Snapshot) -> _Known:
        known = self._known
        if known is None or known.generation != snapshot.generation:
            learnt = snapshot.abbreviations()
            table = _ABBREVIATIONS.with_(learnt) if learnt else _ABBREVIATIONS
            known = _Known(snapshot.generation, table, Rarities(snapshot.generation), _languages(snapshot))
            with self._lock:
                self._known = known
        return known

    def _cross(self, snapshot: Snapshot, asked: Wording) -> Mask:
        """(N,) which passages are known to be in another language than the question."""
        out = np.zeros(len(snapshot), dtype=bool)
        if asked.tag:
            for tag, mask in self._learnt(snapshot).languages.items():
                if tag and tag != asked.tag:
                    out = out | (True if mask is None else mask)
        return out

    def _lexical(
        self, snapshot: Snapshot, asked: Wording, cross: Mask, mask: Mask | None, most: int
    ) -> Mapping[str, Floats | ch.Everywhere]:
        """Both lexical channels (N,), or what gives the `most` best and any other; passages in another language are
        asked for the words that languages share."""
        if not cross.any():
            if mask is None and len(snapshot) >= THREADED_FROM:
                return {name: ch.WhereAsked(snapshot, name, asked.scored, most) for name in fusion.LEXICAL}
            return {name: ch.lexical(snapshot, name, asked.scored, mask) for name in fusion.LEXICAL}
        out: dict[str, Floats] = {}
        shared = (asked.shared,) if asked.shared else ()
        # Where few passages are in the question's language, its commonest words look rare and would weigh much.
        texts = shared if shared and float(cross.mean()) > 0.5 else asked.scored
        rarities = self._learnt(snapshot).rarities
        for name in fusion.LEXICAL:
            there = ch.lexical(snapshot, name, shared, cross if mask is None else cross & mask)
            if not cross.all():
                here = ~cross if mask is None else ~cross & mask
                there = np.where(cross, there, ch.lexical(snapshot, name, texts, here, rarities))
            out[name] = there
        return out

    def _proximity(self, snapshot: Snapshot, asked: Wording, held: ch.Pieces) -> dict[str, Floats]:
        """How near to each other the question's words stand in the candidates; nothing where tokens do not tell words."""
        embedder, rarities = self.index.embedder, self._learnt(snapshot).rarities
        parts = embedder.word_parts()
        if parts is None:
            return {}
        told = [terms(snapshot, embedder, rarities, parts, text) for text in asked.scored[:MOST_LOOKED_FOR]]
        return proximity(held, parts, told)

    def _nearest(
        self, snapshot: Snapshot, queries: Floats, most: int, mask: Mask | None
    ) -> tuple[Callable[[], list[NDArray[np.int64]]], Callable[[], list[NDArray[np.int64]]]]:
        """What gives the ids of the passages of the sentences nearest to each of the queries, and of the nearest passages.

        In a large index the latter take as long as all words, so they are searched for on another thread meanwhile. More
        threads would wait for the interpreter, or for a processor, longer than they save.
        """

        def passages() -> list[NDArray[np.int64]]:
            return [snapshot.search_vectors(vector, most, mask)[0] for vector in queries]

        def sentences() -> list[NDArray[np.int64]]:
            return [snapshot.search_sentences(vector, most, mask)[0] for vector in queries]

        # Of a few that pass the filter all are candidates: then nothing is searched for.
        if len(snapshot) < THREADED_FROM or _cores() < 2 or (mask is not None and int(mask.sum()) <= 2 * most):
            return sentences, passages
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_cores(), "rag-search")
        return sentences, self._threads.submit(passages).result

    def _candidates(
        self,
        snapshot: Snapshot,
        words: Mapping[str, ch.Everywhere],
        near: Sequence[Callable[[], list[NDArray[np.int64]]]],
        most: int,
        mask: Mask | None,
    ) -> NDArray[np.int64]:
        """Positions, ascending: all that pass the filter when they are few, else the best of each channel."""
        allowed = None if mask is None else np.flatnonzero(mask)
        count = len(snapshot) if allowed is None else len(allowed)
        if count <= most:
            return np.arange(count) if allowed is None else allowed
        parts = [values.best(most // 2, allowed) for values in words.values()]
        parts += [np.searchsorted(snapshot.ids, ids) for find in near for ids in find()]
        chosen = np.zeros(len(snapshot), dtype=bool)
        chosen[np.concatenate(parts)] = True
        lacking = most - int(chosen.sum())
        if lacking > 0:  # k was large, or channels agreed: fill up in order of position
            rest = np.flatnonzero(~chosen) if allowed is None else allowed[~chosen[allowed]]
            chosen[rest[:lacking]] = True
        return np.flatnonzero(chosen)

    def _mask(
        self,
        snapshot: Snapshot,
        sources: Iterable[str] | None,
        date_from: str | None,
        date_to: str | None,
        metadata: Mapping[str, Any] | None,
    ) -> Mask | None:
        if sources is None and date_from is None and date_to is None and not metadata:
            return None
        return snapshot.mask(sources=sources, date_from=date_from, date_to=date_to, metadata=metadata)

    def _hits(self, snapshot: Snapshot, scored: Scored, k: int) -> list[Hit]:
        """The first k as hits; passages that tie with the last one are looked at too, so that the order is total."""
        n = len(scored.positions)
        if not n:
            return []
        edge = np.partition(scored.fused, n - min(k, n))[n - min(k, n)]
        chosen = np.flatnonzero(scored.fused >= edge)
        passages = snapshot.passages(snapshot.ids[scored.positions[chosen]])
        ranked = fusion.order(scored.fused[chosen], [p.source for p in passages], [p.start for p in passages])
        return [
            Hit(
                passages[i],
                round(float(scored.fused[chosen[i]]), 6),
                rank,
                MappingProxyType(ch.at(scored.channels, int(chosen[i]))),
            )
            for rank, i in enumerate(ranked[:k], 1)
        ]

    def _reranked(self, question: str, hits: list[Hit], reranker: Reranker) -> list[Hit]:
        scores = reranker.score(question, [h.passage.indexed_text for h in hits])
        ranked = fusion.order(scores, [h.source for h in hits], [h.start for h in hits])
        return [
            replace(
                hits[i],
                score=round(float(scores[i]), 6),
                rank=rank,
                channels=MappingProxyType({**hits[i].channels, "fused": hits[i].score}),
            )
            for rank, i in enumerate(ranked, 1)
        ]


def _cores() -> int:
    """How many processors this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _languages(snapshot: Snapshot) -> dict[str, Mask | None]:
    """Which passages are in which language; None stands for all, so that an index of one language costs nothing.

    Documents too short or too odd to tell are taken to be in the language of most others.
    """
    sources: dict[str, list[str]] = {}
    for info in snapshot.documents():
        sources.setdefault(info.language, []).append(info.source)
    if sources.get("") and len(sources) > 1:
        most = max((tag for tag in sources if tag), key=lambda tag: (len(sources[tag]), tag))
        sources[most] += sources.pop("")
    if len(sources) <= 1:
        return dict.fromkeys(sources)
    return {tag: _named(snapshot, names) for tag, names in sources.items()}


def _named(snapshot: Snapshot, names: list[str]) -> Mask:
    # A source with a star in its name would be read as a pattern; it then also stands for what it matches.
    return snapshot.mask(sources=names)
