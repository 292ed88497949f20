"""`SentenceScorer`: how well single sentences answer a question, channel by channel. What the extractive reader uses.

Knows the index for the rarity of words and for its embedder; knows nothing of passages or answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.retrieve import channels as ch
from rag.retrieve.accents import restore
from rag.retrieve.rarity import Rarities
from rag.retrieve.wording import shared_words, word
from rag.scoring import bm25, maxsim
from rag.scoring.products import products
from rag.text.abbreviations import Abbreviations
from rag.text.language import detect_document
from rag.types import Query

if TYPE_CHECKING:
    from rag.index import Index
    from rag.store import Snapshot

Floats = NDArray[np.float32]
_ABBREVIATIONS = Abbreviations()


class SentenceScorer:
    """Scores sentences that need not be in the index. Safe to use from several threads."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._rarities = Rarities()

    def score(self, question: str | Query, sentences: Sequence[str]) -> dict[str, Floats]:
        """ "lexical", "dense" and "maxsim", each (n,) in about [0, 1].

        "lexical" is the share of the question's words and word pairs, weighted by their rarity in the index, that a
        sentence holds: the mean of exact and folded matching, or folded alone for a question without diacritics.
        "maxsim" is 0 for embedders without token vectors. Raises UsageError for an empty question.
        """
        n = len(sentences)
        snapshot = self.index.store.snapshot()
        rarities = self._rarities
        if rarities.generation != snapshot.generation:
            rarities = self._rarities = Rarities(snapshot.generation)
        asked = word(question, _ABBREVIATIONS, 1 << 20, partial(restore, snapshot=snapshot))
        none = np.zeros(n, dtype=np.float32)
        if not n:
            return {"lexical": none, "dense": none, "maxsim": none}
        embedder = self.index.embedder
        queries = embedder.embed_queries(asked.texts)
        rows = embedder.embed_passages([s if s.strip() else "." for s in sentences])
        out = {
            "lexical": _lexical(snapshot, rarities, asked.texts, asked.language, sentences),
            "dense": products(rows, queries).max(axis=1),
            "maxsim": none,
        }
        if embedder.has_tokens:
            tokens = ch.tokens(embedder, asked.texts)
            if len(tokens.norms):
                units, _ = embedder.token_table()
                pieces = embedder.pieces(sentences)
                bounds = np.cumsum([0, *(len(p) for p in pieces)])
                flat = np.concatenate(pieces) if bounds[-1] else np.zeros(0, dtype=np.uint32)
                best = maxsim.best_cosines_of_groups(tokens.vectors, units, flat, bounds)
                spoken = detect_document(" ".join(sentences[:20]))
                out["maxsim"] = ch.weigh(best, tokens, bool(spoken and asked.tag and spoken != asked.tag))
        return out


def _lexical(
    snapshot: Snapshot, rarities: Rarities, texts: Sequence[str], language: str, sentences: Sequence[str]
) -> Floats:
    best = np.zeros(len(sentences), dtype=np.float32)
    for text in texts:
        content = shared_words(text, "vi" if language == "vi-folded" and not text.isascii() else language) or text
        shares = []
        # A wording without diacritics can only match folded.
        for folded in (True,) if language == "vi-folded" and text.isascii() else (True, False):
            terms = sorted(set(bm25.terms(content, folded)))
            if not terms:
                continue
            rarity = rarities.of(snapshot, terms, folded)
            held = [set(bm25.terms(s, folded)) for s in sentences]
            match = np.array([[t in h for t in terms] for h in held], dtype=np.float32)
            shares.append(match @ rarity / np.float32(max(float(rarity.sum()), 1e-9)))
        if shares:
            best = np.maximum(best, np.mean(shares, axis=0, dtype=np.float32))
    return best
