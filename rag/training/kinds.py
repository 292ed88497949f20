"""Training pairs, kind by kind, drawn anew for every epoch. Knows the corpus and the tokenizer; knows nothing of vectors.

Each kind is batched on its own, so that its in-batch negatives are of one sort. Vietnamese queries are folded now and
then (`FOLDED` of them), since people type without diacritics.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.training.augment import Abbreviator, ask, fold, respell
from rag.training.corpus import Corpus, head, sentences
from rag.training.dictionary import Dictionary
from rag.training.ragged import Encoder, Ragged

FOLDED = 0.25
RESPELT = 0.04
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Kind:
    """Row i of `left` belongs to row i of `right`; every other row of a batch is a negative. `query` says that left asks right."""

    name: str
    left: Ragged
    right: Ragged
    batch: int = 2048
    temperature: float = 0.05
    query: bool = True


class Drawer:
    """Draws the kinds of one epoch from the corpus with the generator given."""

    def __init__(self, corpus: Corpus, tokenizer: Any, dictionary: Dictionary) -> None:
        self.corpus, self.encoder = corpus, Encoder(tokenizer)
        self.abbreviator = Abbreviator(corpus.abbreviations)
        self.dictionary = dictionary
        self.glosses = dictionary.translations()
        self.english_pieces = set(dictionary.english.tolist())
        self._pieces = tokenizer.get_vocab()
        self._names = {i: p for p, i in self._pieces.items()}

    def vary(self, text: str, rng: random.Random, folded: float = FOLDED) -> str:
        """A Vietnamese query as someone may type it."""
        if rng.random() < 0.05:
            text = self.abbreviator.swap(text, rng)
        if rng.random() < RESPELT:
            text = respell(text, rng)
        return fold(text) if rng.random() < folded else text

    # ---- pairs of texts

    def human(self, rng: random.Random) -> Pairs:
        return [(e, self.vary(v, rng, 0.08)) for e, v in self.corpus.human for _ in range(3)]

    def machine(self, rng: random.Random) -> Pairs:
        return [(e, self.vary(v, rng, 0.05)) for e, v in self.corpus.machine]

    def windows(self, rng: random.Random) -> Pairs:
        """An English sentence, whole or made a question -> two to five Vietnamese sentences around it, and the reverse."""
        out: Pairs = []
        for run in self.corpus.windows:
            for _ in range(4):
                n = rng.randint(2, 5)
                start = rng.randint(0, len(run) - n)
                part = run[start : start + n]
                e, v = rng.choice(part)
                draw = rng.random()
                if draw < 0.45:
                    out.append((ask(e, rng, english=True), " ".join(p[1] for p in part)))
                elif draw < 0.75:
                    out.append((e, " ".join(p[1] for p in part)))
                else:
                    out.append((self.vary(ask(v, rng), rng), " ".join(p[0] for p in part)))
        return out

    def asked_pairs(self, rng: random.Random) -> Pairs:
        """A question made of one side of a human sentence pair -> its translation."""
        out: Pairs = []
        for e, v in self.corpus.human:
            if len(e.split()) > 6:
                out.append((ask(e, rng, english=True), v) if rng.random() < 0.7 else (self.vary(ask(v, rng), rng), e))
        return out

    def news(self, rng: random.Random) -> Pairs:
        return [
            (self.vary(r["title"], rng), head(rng.choice(r["paragraphs"]), 110))
            for r in self.corpus.news
            if r["paragraphs"]
        ]

    def wiki(self, rng: random.Random) -> Pairs:
        out = []
        for r in self.corpus.wiki:
            name = f"{r['title']} {r.get('heading') or ''}".strip()
            if rng.random() < 0.3:
                name = f"{rng.choice(('', '', 'thông tin về', 'giới thiệu'))} {name} {rng.choice(('là gì', 'như thế nào', 'là ai', 'ra sao'))}?".strip()
            out.append((self.vary(name, rng), head(r["body"], 110)))
        return out

    def questions(self, rng: random.Random) -> Pairs:
        out = []
        for r in self.corpus.questions:
            if r["source"].startswith("MedQuAD") and rng.random() < 0.5:
                continue
            query = self.vary(r["question"], rng) if r["lang"].startswith("vi") else r["question"]
            out.append((query, head(r["passage"], 120)))
        return out

    def sections(self, rng: random.Random) -> Pairs:
        """Heading, or a sentence made a question, of one language -> the section in the other."""
        out: Pairs = []
        for r in self.corpus.sections:
            if rng.random() < 0.3:
                continue
            english = rng.random() < 0.65
            if rng.random() < 0.5:
                a = f"{r['title_en']} {r['heading_en']}" if english else f"{r['title_vi']} {r['heading_vi']}"
            else:
                a = ask(rng.choice(sentences(head(r["passage_en" if english else "passage_vi"], 100))), rng, english)
            out.append((a if english else self.vary(a, rng), head(r["passage_vi" if english else "passage_en"], 110)))
        return out

    def spellings(self, rng: random.Random) -> Pairs:
        """Folded or otherwise spelt sentences <-> the same as written."""
        out: Pairs = []
        for r in rng.sample(self.corpus.news, min(30_000, len(self.corpus.news))):
            text = r["title"] if rng.random() < 0.4 else rng.choice(sentences(r["abstract"] or r["title"]))
            out.append((self._respelt(text, rng), text))
        for r in rng.sample(self.corpus.wiki, min(20_000, len(self.corpus.wiki))):
            text = head(rng.choice(sentences(head(r["body"], 110))), 30)
            out.append((self._respelt(text, rng), text))
        for _, v in rng.sample(self.corpus.human, min(15_000, len(self.corpus.human))):
            out.append((self._respelt(v, rng), v))
        return out

    def _respelt(self, text: str, rng: random.Random) -> str:
        if rng.random() < 0.15:
            swapped = self.abbreviator.swap(text, rng)
            if swapped != text:
                return fold(swapped) if rng.random() < 0.3 else swapped
        return fold(text) if rng.random() < 0.85 else respell(text, rng)

    # ---- pairs of ids

    def cloze(self, rng: random.Random) -> tuple[Ragged, Ragged]:
        """A sentence made a question -> its paragraph; half of the time the sentence itself is left out of it."""
        queries, kept = [], []
        bodies = [(r["title"], r["body"]) for r in self.corpus.wiki]
        bodies += [("", p) for r in self.corpus.news for p in r["paragraphs"][-1:]]
        for title, body in bodies:
            parts = sentences(head(body, 110))
            if len(parts) < 2 or rng.random() < 0.25:
                continue
            at = rng.randrange(len(parts))
            query = ask(parts[at], rng)
            if title and title not in query.lower() and rng.random() < 0.5:
                query = f"{query} {title}"
            queries.append(self.vary(query, rng))
            kept.append(parts if rng.random() < 0.5 else parts[:at] + parts[at + 1 :])
        rows = iter(self.encoder.rows([s for parts in kept for s in parts], remember=True))
        return self.encoder(queries), Ragged.of([np.concatenate([next(rows) for _ in parts]) for parts in kept])

    def words(self, rng: random.Random) -> tuple[Ragged, Ragged]:
        """The aligned dictionary, its strong pairs twice."""
        d = self.dictionary
        twice = np.concatenate([np.arange(len(d.score)), np.flatnonzero(d.score > 0.3)])
        return Ragged.of([[i] for i in d.english[twice].tolist()]), Ragged.of(
            [[i] for i in d.vietnamese[twice].tolist()]
        )

    def gloss(self, ids: list[int], rng: random.Random) -> list[int]:
        """Vietnamese pieces word for word in English; names and unknown words stay, mostly without their diacritics."""
        out: list[int] = []
        for i in ids:
            known = self.glosses.get(i)
            if known and rng.random() < 0.95:
                out += rng.choices(*known)
            elif i in self.english_pieces or rng.random() < 0.3:
                out.append(i)
            else:
                out.append(self._pieces.get(fold(self._names[i]), i))
        return out

    def glossed(self, rng: random.Random) -> tuple[Ragged, Ragged]:
        """English glosses of a Vietnamese title or question-shaped sentence -> the Vietnamese paragraph."""
        texts, passages = [], []
        for r in rng.sample(self.corpus.news, min(50_000, len(self.corpus.news))):
            if r["paragraphs"]:
                body = head(rng.choice(r["paragraphs"]), 110)
                texts.append(r["title"] if rng.random() < 0.4 else ask(rng.choice(sentences(body)), rng))
                passages.append(body)
        for r in self.corpus.wiki:
            if rng.random() < 0.7:
                body = head(r["body"], 110)
                name = f"{r['title']} {r.get('heading') or ''}"
                asked = ask(rng.choice(sentences(body)), rng)
                texts.append(name if rng.random() < 0.3 else f"{asked} {r['title']}" if rng.random() < 0.4 else asked)
                passages.append(body)
        rows = self.encoder.rows(texts)
        return Ragged.of([self.gloss(row.tolist(), rng) for row in rows]), self.encoder(passages, remember=True)

    # ---- an epoch

    def draw(self, rng: random.Random) -> list[Kind]:
        """All kinds of one epoch."""
        texts: list[tuple[str, Callable[[random.Random], Pairs], int]] = [
            ("human", self.human, 2048),
            ("machine", self.machine, 2048),
            ("windows", self.windows, 1024),
            ("asked_pairs", self.asked_pairs, 2048),
            ("news", self.news, 2048),
            ("wiki", self.wiki, 2048),
            ("questions", self.questions, 512),
            ("sections", self.sections, 1024),
            ("spellings", self.spellings, 2048),
        ]
        kinds = []
        for name, make, batch in texts:
            pairs = make(rng)
            # Sides that are passages or English sentences come again in every epoch.
            left = self.encoder([x for x, _ in pairs], remember=name in ("human", "machine"))
            right = self.encoder([y for _, y in pairs], remember=name not in ("human", "machine", "windows"))
            kinds.append(Kind(name, left, right, batch, query=name not in ("human", "machine", "spellings")))
        kinds.append(Kind("words", *self.words(rng), 4096, query=False))
        kinds.append(Kind("cloze", *self.cloze(rng), 2048))
        kinds.append(Kind("glossed", *self.glossed(rng), 2048))
        return [kind for kind in kinds if len(kind.left)]
