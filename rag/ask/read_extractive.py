"""The extractive reader: finds the sentences that answer, cuts them at clause boundaries and quotes them exactly.

Sentences of the hits are scored over many signals with fitted weights (``weights/reader.json``, made by
``rag.training.fit_reader``); their clauses likewise; the stretches with the most answer mass for their length are quoted. Knows
nothing of retrieval order, verification or refusal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.ask import abstain, compare, counted, features, frames, mismatch, quoting, rules, spans, support, weigh
from rag.ask.answer_types import NUMERIC, OPEN, TYPED
from rag.ask.draft import Draft, renumber
from rag.ask.evidence import Abbreviated, Asked, Sentence, ask, idf, names_of, sentences_of, words_of
from rag.ask.goods import goods_asked, goods_told
from rag.ask.listed import items, lined_up, wants_items
from rag.ask.name_fit import another_asked, asks_level
from rag.ask.pieces import pieces
from rag.ask.quoting import Quote, sentence_of
from rag.ask.short import address_asked, candidates, pick
from rag.ask.similar import Similar
from rag.ask.widen import widened
from rag.text.abbreviations import TABLE
from rag.text.names import canonical_place
from rag.text.normalise import canonical, fold
from rag.types import Citation, Hit, Query, Span

if TYPE_CHECKING:
    from rag.index import Index
    from rag.settings import Settings

Floats = NDArray[np.float64]
# somebody is asked for by what he owns or heads, or by his name
_HOLDER_ASKED = re.compile(
    r"\b(?P<owner>do ai lam chu\b|(?:ai (?:la |lam )?)?chu (?:co so|cua hang|xuong|quan|trang trai)\b)|\bai (?:la |lam )?(?:giam doc|chu tich|bi thu|truong thon|truong phong)\b|\b(?:chu|giam doc|chu tich|bi thu)\b[^?]*\bten (?:la )?gi\b"
)
_OWNED = re.compile(
    r"\bchu (?:co so|ho|cua hang|quan|xuong|trang trai|vuon)\b|\blam chu\b|\bgia dinh\b|\bcua (?:ong|ba|anh|chi)\b|\bgiam doc\b"
)
_HOW_MANY = re.compile(r"\b(?:bao nhiêu|bao nhieu)\b(?! (?:phần trăm|phan tram|%))")
Documents = Callable[[str], support.Known]  # what is known of a document, by its source
MAX_TOKENS = 80
SHORTENED = 32  # tokens of a first quotation that makes room for the one that holds the wanted kind
SHARE_WORTH = 0.6  # of the log of a sentence's share, beside the scores of its answer strings
SAME_SENTENCE = 2.5  # added for a later part of a question to a sentence quoted for an earlier one that holds its kind of answer too
OWN_SENTENCE = 0.5  # share of the mass from which a part is quoted from its best sentence
SAME_ANSWER = 20.0  # taken off the sentence that answered the other side of a comparison
SURE_FIT, SURE_SHARE = (
    0.9,
    0.5,
)  # an answer string this fitting in a sentence of this share of the mass needs no second quotation
GOODS_CLAUSE = 2.0  # added to the score of a clause that names goods where these are asked for
READ_HITS = 12
READ_ACROSS = 16  # across languages the right passage may stand further down
CLOSE_SENTENCES = 6
ANY_PLACE = 0.1  # what a name fits at least that may be a place of the kind asked for
_COUNTRY = frozenset(("viet nam", "vietnam"))
FITS = 0.5  # what a place fits at least that is one beside those the question names
GIVING = 0.3  # how much less than the best an answer string may fit and still be one that is given


@dataclass(frozen=True, slots=True)
class Reading:
    """What one single question got from its hits: quotes in order of worth, answer strings, and what it rests on.

    ``probability`` is the best sentence's share of the answer mass; ``signals`` its features by name.
    """

    asked: Asked
    quotes: tuple[Quote, ...]
    short: tuple[str, ...]
    probability: float
    signals: Mapping[str, float]


class ExtractiveReader:
    """Reads answers out of hits. Safe to use from several threads."""

    def __init__(self, index: Index, settings: Settings) -> None:
        self.index, self.settings = index, settings
        self.similar = Similar(index.embedder)
        stored = weigh.table("reader")
        self.scorers = {
            part: weigh.scorer("reader", part, columns)
            for base, columns in (("sentence", features.SENTENCE), ("clause", features.CLAUSE))
            for part in (base, f"{base}_cross")
            if part in stored
        }
        self.policy: Mapping[str, float] = stored["policy"]
        self._documents: tuple[object, dict[str, support.Known]] = (None, {})
        self._abbreviated: tuple[object, Abbreviated] | None = None

    def read(self, query: Query, hits: Sequence[Hit], part_hits: Sequence[Sequence[Hit]] = ()) -> Draft:
        """The answer's draft. ``part_hits`` holds the hits of each of ``query.parts`` where there are several."""
        language = self._language(query)
        if not hits:
            return Draft("", language=language, refused=True)
        if len(query.parts) > 1 and len(part_hits) == len(query.parts):
            room = max(24, 64 // len(query.parts))
            readings: list[Reading] = []
            quoted: set[tuple[str, int]] = set()
            for text, own in zip(query.parts, part_hits):
                reading = self.read_one(query, text, own or hits, room, frozenset(quoted))
                if query.answer_type != "comparison":
                    quoted |= {((own or hits)[q.hit].source, q.start) for q in reading.quotes}
                elif reading.asked.want.kind == "number" and abstain.absent(reading.signals) == "no figure":
                    reading = self._as_share(query, text, own or hits, room) or reading
                readings.append(reading)
            if len(readings) == 2:
                readings = self._apart(query, readings, [own or hits for own in part_hits], room)
            return self._widened(query, readings, [list(own or hits) for own in part_hits], language)
        reading = self.read_one(query, query.parts[0] if len(query.parts) == 1 else query.text, hits)
        return self._compose(query, reading, hits, language)

    def _language(self, query: Query) -> str:
        setting = self.settings.answer_language
        return setting if setting in ("vi", "en") else "en" if query.language == "en" else "vi"

    def _widened(
        self, query: Query, readings: Sequence[Reading], hits: Sequence[Sequence[Hit]], language: str
    ) -> Draft:
        """The draft of several parts, those whose answer is no string that was found quoted at more length where there is room."""
        draft = self._compose_parts(query, readings, hits, language)
        unsure = [i for i, r in enumerate(readings) if r.quotes and not (r.short and r.asked.want.kind in TYPED)]
        # first what only announces something, then each with its share of what is left, then with what the others did not need
        announced = [(1, i) for i in unsure if readings[i].quotes[0].text.rstrip(' ”"').endswith(":")]
        for left, i in [*announced, *zip(range(len(unsure), 0, -1), unsure), *((1, i) for i in unsure)]:
            reading, own = readings[i], hits[i]
            room = MAX_TOKENS - len(draft.text.split())
            wider = widened(
                reading.quotes[0], own[reading.quotes[0].hit], room // left, partial(self._weighed, reading.asked)
            )
            if wider == reading.quotes[0]:
                continue
            changed = [*readings]
            changed[i] = replace(reading, quotes=(wider, *reading.quotes[1:]))
            longer = self._compose_parts(query, changed, hits, language)
            if len(longer.text.split()) <= MAX_TOKENS:
                readings, draft = changed, longer
        return draft

    def _weighed(self, asked: Asked, sentence: Sentence) -> list[spans.Clause]:
        return self._clauses(asked, [sentence], [1.0], self._abbreviations(self.index.store.snapshot()))

    def _as_share(self, query: Query, text: str, hits: Sequence[Hit], room: int) -> Reading | None:
        """What a side of a comparison gets when it is read as asking for a share: "bên nào nhận hồ sơ trực tuyến cao hơn" may mean one."""
        asked = (
            _HOW_MANY.sub(r"\g<0> phần trăm", text)
            if query.language != "en"
            else text.replace("How many", "What percentage")
        )
        if asked == text:
            return None
        reading = self.read_one(query, asked, hits, room)
        return reading if reading.short and not abstain.absent(reading.signals) else None

    def _apart(
        self, query: Query, readings: Sequence[Reading], hits: Sequence[Sequence[Hit]], room: int
    ) -> list[Reading]:
        """Two parts, the less sure one read again where both got the same answer from the same place."""
        first, second = readings
        if first.short != second.short or not first.quotes or not second.quotes:
            return [first, second]
        a, b = first.quotes[0], second.quotes[0]
        if hits[0][a.hit].source != hits[1][b.hit].source or a.end <= b.start or b.end <= a.start:
            return [first, second]
        weaker = int(second.probability < first.probability)
        quote = (a, b)[weaker]
        # another string, of the same sentence or not; where none was found, another sentence
        again = self.read_one(
            query,
            query.parts[weaker],
            hits[weaker],
            room,
            but=() if first.short else (hits[weaker][quote.hit].source, quote.start),
            without=frozenset(canonical(s) for s in first.short),
        )
        if not again.quotes or abstain.absent(again.signals) or bool(again.short) < bool(first.short):
            return [first, second]
        return [again, second] if weaker == 0 else [first, again]

    # one question

    def read_one(
        self,
        query: Query,
        text: str,
        hits: Sequence[Hit],
        budget: int | None = None,
        quoted: frozenset[tuple[str, int]] = frozenset(),
        but: tuple[str, int] | tuple[()] = (),
        without: frozenset[str] = frozenset(),
    ) -> Reading:
        """The best stretches for the single question ``text`` in at most ``budget`` tokens; ``quoted`` are the places (source, start)
        of what earlier parts of the same question were answered with, ``but`` a place that is not to answer,
        ``without`` strings (canonical) that are not to be given."""
        hits = hits[: hits_read(query)]
        asked, sentences, rows, abbreviated = self.rows(query, text, hits, without)
        if not sentences:
            return Reading(asked, (), (), 0.0, {})
        known = self._known()
        scores = self._scorer("sentence", asked)(rows) + self.ruled(asked, sentences, hits, rows, abbreviated)
        scores = rules.carried(asked, sentences, scores)
        if quoted:
            same = [
                any(hits[s.hit].source == at and s.start <= start < s.end for at, start in quoted) for s in sentences
            ]
            scores = scores + SAME_SENTENCE * np.array(
                [a and any(f.fit > 0.5 for f in candidates(asked, s.text)) for a, s in zip(same, sentences)]
            )
        if but:
            scores = scores - SAME_ANSWER * np.array(
                [hits[s.hit].source == but[0] and s.start <= but[1] < s.end for s in sentences]
            )
        shares = weigh.softmax(scores)
        best = int(np.argmax(scores))
        others = compare.rivals(asked, sentences, scores, hits) if budget is None else []
        if others:
            quotes = self._side_by_side(asked, sentences, [best, *others], hits, abbreviated)
        else:
            quotes = self._best_quotes(asked, sentences, shares, abbreviated, budget)
        if not others and budget is None:
            quotes = self._told(asked, sentences, shares, quotes, hits)
        each = bool(others) or (
            asked.want.several and asked.want.kind in ("decision", "person", "place", "organisation")
        )
        short = self._short(asked, sentences, shares, quotes, each)
        signals = {name: float(value) for name, value in zip(features.SENTENCE, rows[best])}
        signals |= {"probability": float(shares[best]), "rivals": float(len(others))}
        # across languages likeness tells too little for the rule that uses this
        named = asked.names or asked.places or asked.dates or asked.language == "en"
        signals["unnamed"] = float(asked.want.kind in OPEN and not named)
        signals["strange"] = float(self._strange(asked, known(hits[sentences[best].hit].source)))
        told = quotes[0].text if quotes else ""
        signals["spelled_out"] = float(rules.spelled_out(asked, told))
        signals |= self._support(asked, sentences[best], told, hits, known, abbreviated, signals)
        signals |= self._lacks(asked, sentences, sentences[best], quotes, hits, known)
        if (
            budget is None
            and not signals["no_figure"]
            and counted.another(asked, [q.text for q in quotes], self.similar)
        ):
            signals["no_figure"] = 1.0
        return Reading(asked, tuple(quotes), short, float(shares[best]), signals)

    def _strange(self, asked: Asked, document: support.Known) -> bool:
        """Whether a question names nobody and nothing, no time, and no place that the document is about: it may be of other things."""
        here = {fold(canonical_place(p)) for p in asked.places}
        names = [n for n in asked.names if " ".join(n) not in asked.places and " ".join(n) not in _COUNTRY]
        if asked.language != "vi" or asked.want.kind not in OPEN:
            return False  # fewer words of other kinds and languages need to stand near
        return not names and not asked.dates and not here & document.places

    def _short(
        self, asked: Asked, sentences: Sequence[Sentence], shares: Floats, quotes: Sequence[Quote], each: bool
    ) -> tuple[str, ...]:
        """The answer strings of the quotation that holds the best ones (of each where values stand side by side)."""
        found: list[tuple[float, list[str]]] = []
        for one in quotes:
            sentence = sentence_of(one, sentences)
            own = quoting.inside(pick(asked, sentence.text), one, sentence) or pick(asked, one.text)
            if own:
                share = float(shares[sentences.index(sentence)]) / max(float(shares.max()), 1e-9)
                worth = max(score - 3.0 * (f.fit < 0.5) for f, score in own) + SHARE_WORTH * math.log(max(share, 0.05))
                found.append((worth, [f.text for f, _ in own]))
        if not each and found:
            found = [max(found, key=lambda one: one[0])]
        return tuple(dict.fromkeys(text for _, texts in found for text in texts))

    def _lacks(
        self,
        asked: Asked,
        sentences: Sequence[Sentence],
        best: Sentence,
        quotes: Sequence[Quote],
        hits: Sequence[Hit],
        known: Documents,
    ) -> dict[str, float]:
        """What the quotations lack that the question cannot do without: a figure, the office asked about, the very thing or year."""
        figures = asked.want.kind in NUMERIC or asked.want.kind == "date"
        quoted = [sentence_of(q, sentences) for q in quotes]
        shown = [best, *quoted]
        held = [features.office(asked, words_of(s.text).folded) for s in shown]
        offices = asked.want.kind == "person" and bool(features.asked_offices(asked))
        faults = [
            bool(mismatch.mismatch(asked, s.text, s.before, s.context, hits[s.hit].passage.text))
            or mismatch.later_than(asked, s.text, s.before, hits[s.hit].date)
            or mismatch.earlier_than(asked, f"{s.before} {s.text}", hits[s.hit].passage.text, hits[s.hit].date)
            or rules.is_far(asked, s, hits, lambda source: known(source).places)
            for s in shown
        ]
        # what answers must fit: of several sentences those that hold a string of the wanted kind, the best one or one like it
        fits = [max((f.fit for f in candidates(asked, s.text)), default=0.0) for s in shown]
        giving = [fault for fit, fault in zip(fits, faults, strict=True) if fit > 0.0 and fit >= max(fits) - GIVING]
        return {
            "no_figure": float(
                figures and not any(_gives(asked, q, s, hits, known) for q, s in zip(quotes, quoted, strict=True))
            ),
            "no_office": float(
                offices and max((h for h, fault in zip(held, faults, strict=True) if not fault), default=0.0) <= 0.0
            ),
            "no_place": float(_no_place(asked, quotes)),
            "no_person": float(
                asked.want.kind == "person"
                and (holder := _HOLDER_ASKED.search(fold(asked.text))) is not None
                and not any(
                    any(n.kind == "person" for n in names_of(q.text))
                    and (holder["owner"] is None or _OWNED.search(fold(q.text)))
                    for q in quotes
                )
            ),
            "mismatch": float(faults[0] or (bool(giving) and all(giving))),
        }

    def _best_quotes(
        self,
        asked: Asked,
        sentences: Sequence[Sentence],
        shares: Floats,
        abbreviated: Abbreviated,
        budget: int | None,
    ) -> list[Quote]:
        """The stretches with the most answer mass: one or two, the second where the first is not sure or lacks the wanted kind."""
        top = int(np.argmax(shares))
        ranked = [int(i) for i in np.argsort(-shares, kind="stable")[:CLOSE_SENTENCES]]
        order = [i for i in ranked if shares[i] > 0.01 or i == top]
        if budget is not None and shares[top] >= OWN_SENTENCE and asked.want.kind in OPEN:
            order = [top]
        clauses = self._clauses(asked, [sentences[i] for i in order], [float(shares[i]) for i in order], abbreviated)
        policy = self.policy
        long = asked.want.several or asked.want.kind in OPEN
        windows = spans.choose(
            clauses,
            int(policy["long_total" if long else "budget"]) if budget is None else budget,
            int(policy["long_budget" if long else "first_budget"]) if budget is None else budget,
            policy["price"],
            policy["long_least" if long else "least"],
            int(policy["long_most" if long else "most"]) if budget is None else 1,
            policy["whole"],
        )
        if not windows and budget is not None:  # a single clause that is longer than its share
            windows = spans.choose(clauses, 2 * budget, 2 * budget, policy["price"], 0.0, 1)
        quotes = [
            quoting.quote(sentences[order[w.sentence]], clauses[w.first].start, clauses[w.last].end) for w in windows
        ]
        if quotes and asked.want.kind in OPEN:
            quotes[0] = quoting.with_paper(
                asked, quotes[0], sentence_of(quotes[0], sentences), budget or int(policy["long_budget"])
            )
        if wants_items(asked):
            room = (int(policy["long_total"]) if budget is None else budget) - sum(len(q.text.split()) for q in quotes)
            quotes = [
                quoting.with_items(q, sentence_of(q, sentences), items(asked, sentence_of(q, sentences).text), room)
                for q in quotes
            ]
        if quotes and asked.want.kind in TYPED and not _has_kind(asked, quotes[0].text):
            other = self._with_kind(asked, sentences, shares, abbreviated, quotes[0])
            if budget is not None:
                return [other] if other else quotes
            if other is None and len(quotes[0].text.split()) > SHORTENED:
                first = self._cut(asked, sentence_of(quotes[0], sentences), abbreviated, SHORTENED)
                other = self._with_kind(asked, sentences, shares, abbreviated, first) if first else None
                quotes = [first, *quotes[1:]] if first and other else quotes
            quotes = [quotes[0], other] if other else quotes
        if quotes and address_asked(asked) and not candidates(asked, quotes[0].text):
            quotes = [quoting.around(quotes[0], sentence_of(quotes[0], sentences), asked), *quotes[1:]]
        if asked.want.several and asked.want.kind in ("person", "organisation", "place"):
            most = MAX_TOKENS - 16 if budget is None else budget + budget // 2
            quotes = [self._with_names(asked, q, sentence_of(q, sentences), most - len(q.text.split())) for q in quotes]
        return quotes

    def _with_names(self, asked: Asked, shown: Quote, sentence: Sentence, room: int) -> Quote:
        """The quotation stretched over the names that are lined up with one it holds: "khắp Hà Nội, Đà Nẵng, …"."""
        held = quoting.inside(pick(asked, sentence.text), shown, sentence)
        return quoting.with_items(shown, sentence, lined_up(sentence.text, held[0][0]), room) if held else shown

    def _cut(self, asked: Asked, sentence: Sentence, abbreviated: Abbreviated, budget: int) -> Quote | None:
        """The best stretch of one sentence in at most ``budget`` tokens."""
        clauses = self._clauses(asked, [sentence], [1.0], abbreviated)
        window = spans.best_window(clauses, budget, self.policy["price"] * 3)
        return quoting.quote(sentence, clauses[window.first].start, clauses[window.last].end) if window else None

    def _told(
        self, asked: Asked, sentences: Sequence[Sentence], shares: Floats, quotes: list[Quote], hits: Sequence[Hit]
    ) -> list[Quote]:
        """One quotation where the first surely answers a single fact; the one that answers first where only it holds the kind asked."""
        if len(quotes) < 2 or asked.want.several or asked.want.kind not in TYPED:
            return quotes
        first, second = quotes[0], quotes[1]
        if max((f.fit for f in candidates(asked, first.text)), default=0.0) >= SURE_FIT:
            share = float(shares[sentences.index(sentence_of(first, sentences))])
            rival = hits[first.hit].source == hits[second.hit].source and any(
                f.fit >= SURE_FIT for f in candidates(asked, second.text)
            )
            return quotes[:1] if share >= SURE_SHARE and not rival else quotes
        if _has_kind(asked, second.text) and not _has_kind(asked, first.text):
            if hits[first.hit].source == hits[second.hit].source:
                return [second, first, *quotes[2:]]
        return quotes

    def _with_kind(
        self, asked: Asked, sentences: Sequence[Sentence], shares: Floats, abbreviated: Abbreviated, first: Quote
    ) -> Quote | None:
        """The best stretch that holds a string of the wanted kind, where the first quotation holds none."""
        top = float(shares.max())
        for i in np.argsort(-shares, kind="stable")[:20]:
            sentence = sentences[int(i)]
            near = (
                sentence.hit == first.hit
                and asked.want.kind in ("organisation", "person", "place")
                and sentence.end <= first.start
            )
            if (shares[i] < top * 0.005 and not near) or not _has_kind(asked, sentence.text):
                continue
            room = max(16, min(40, MAX_TOKENS - 16 - len(first.text.split())))
            found = self._cut(asked, sentence, abbreviated, room)
            if found and _has_kind(asked, found.text):
                return found
            if found := quoting.around_answer(sentence, candidates(asked, sentence.text), pieces(sentence.text), room):
                return found
        return None

    def _side_by_side(
        self,
        asked: Asked,
        sentences: Sequence[Sentence],
        chosen: Sequence[int],
        hits: Sequence[Hit],
        abbreviated: Abbreviated,
    ) -> list[Quote]:
        """One stretch of each chosen sentence, newest document first."""
        out = []
        for i in compare.newest_first(chosen, sentences, hits):
            found = self._cut(asked, sentences[i], abbreviated, 60 // len(chosen))
            if found:
                out.append(found)
        return out

    def rows(
        self, query: Query, text: str, hits: Sequence[Hit], without: frozenset[str] = frozenset()
    ) -> tuple[Asked, list[Sentence], Floats, Abbreviated]:
        """The question as asked, the sentences of its hits and their feature rows; answer strings ``without`` are not looked for."""
        asked, abbreviated = self.asked(query, text)
        if without:
            asked = replace(asked, without=without)
        sentences = sentences_of(hits)
        similar = self.similar.likeness(text, [s.text for s in sentences])
        known = self._known()
        rows = features.sentence_features(
            asked, sentences, hits, similar, abbreviated, lambda source: known(source).places
        )
        return asked, sentences, rows, abbreviated

    def asked(self, query: Query, text: str) -> tuple[Asked, Abbreviated]:
        """What ``text``, the query's or one of its parts, asks for, its words weighed by their rarity in the index."""
        snapshot = self.index.store.snapshot()
        abbreviated = self._abbreviations(snapshot)
        total = max(1, len(snapshot))

        def rarity(word: str) -> float:
            return idf(snapshot.document_frequency(word, folded=True), total)

        return ask(query, text, rarity, abbreviated), abbreviated

    def ruled(
        self, asked: Asked, sentences: Sequence[Sentence], hits: Sequence[Hit], rows: Floats, abbreviated: Abbreviated
    ) -> Floats:
        """(n,): what rules add to the fitted scores of the sentences with these feature ``rows``."""
        known = self._known()
        return rules.offsets(asked, sentences, hits, rows, lambda source: known(source).places, abbreviated)

    def clause_rows(self, asked: Asked, sentence: Sentence, own: Sequence[Span]) -> Floats:
        """Feature rows of the pieces ``own`` of one sentence."""
        similar = self.similar.likeness(asked.text, [sentence.text[a:b] for a, b in own])
        return features.clause_features(
            asked, sentence.text, own, similar, self._abbreviations(self.index.store.snapshot())
        )

    def _scorer(self, part: str, asked: Asked) -> weigh.Scorer:
        """The fitted scorer for the question's language; across languages another one, where it was fitted."""
        cross = f"{part}_cross"
        return self.scorers[cross] if asked.language == "en" and cross in self.scorers else self.scorers[part]

    def _support(
        self,
        asked: Asked,
        sentence: Sentence,
        quote: str,
        hits: Sequence[Hit],
        known: Documents,
        abbreviated: Abbreviated,
        row: Mapping[str, float],
    ) -> dict[str, float]:
        hit = hits[sentence.hit]
        snapshot = self.index.store.snapshot()
        like = self.similar.likeness(asked.text, [sentence.text, sentence.before or sentence.text])
        return support.signals(
            asked,
            sentence.text,
            sentence.before,
            quote,
            hit,
            hits,
            known(hit.source),
            abbreviated,
            lambda word: snapshot.document_frequency(word, folded=True),
            row,
            like,
        )

    def _known(self) -> Documents:
        """What is known of the documents of the present version; kept until another one comes, since it costs milliseconds."""
        snapshot = self.index.store.snapshot()
        generation, kept = self._documents
        if generation != snapshot.generation or len(kept) > 256:
            kept = {}
            self._documents = (snapshot.generation, kept)

        def known(source: str) -> support.Known:
            if source not in kept:
                kept[source] = support.known(snapshot.document(source).text)
            return kept[source]

        return known

    def _abbreviations(self, snapshot: Any) -> Abbreviated:
        generation = snapshot.generation
        if self._abbreviated is None or self._abbreviated[0] != generation:
            self._abbreviated = (generation, Abbreviated({**TABLE, **snapshot.abbreviations()}))
        return self._abbreviated[1]

    def _clauses(
        self, asked: Asked, sentences: Sequence[Sentence], shares: Sequence[float], abbreviated: Abbreviated
    ) -> list[spans.Clause]:
        cut = [pieces(s.text) for s in sentences]
        texts = [s.text[a:b] for s, own in zip(sentences, cut) for a, b in own]
        similar = self.similar.likeness(asked.text, texts)
        out: list[spans.Clause] = []
        at = 0
        for number, (sentence, own, share) in enumerate(zip(sentences, cut, shares)):
            part = similar.part(at, at + len(own))
            at += len(own)
            rows = features.clause_features(asked, sentence.text, own, part, abbreviated)
            scores = self._scorer("clause", asked)(rows)
            if goods_asked(asked):  # what is sold stands in one clause of the sentence
                scores = scores + GOODS_CLAUSE * np.array([goods_told(asked, sentence.text[a:b]) for a, b in own])
            inner = weigh.softmax(scores)
            for (a, b), mass in zip(own, inner):
                piece = sentence.text[a:b]
                out.append(
                    spans.Clause(
                        number, sentence.start + a, sentence.start + b, len(piece.split()), share * float(mass)
                    )
                )
        return out

    # writing it down

    def _compose(self, query: Query, reading: Reading, hits: Sequence[Hit], language: str) -> Draft:
        quotes, short = list(reading.quotes), reading.short
        text, citations = self._written(query, quotes, hits, language)
        while len(text.split()) > MAX_TOKENS and len(quotes) > 1:
            # the quotation that holds the answer string is the last to go; of what is told at length the first says most
            if reading.asked.want.kind in OPEN:
                del quotes[-1]
                short = tuple(s for s in short if any(s in q.text for q in quotes))
                text, citations = self._written(query, quotes, hits, language)
                continue
            held = [any(s in q.text for s in short) for q in quotes]
            del quotes[max(i for i, h in enumerate(held) if not h) if any(held) and not all(held) else -1]
            text, citations = self._written(query, quotes, hits, language)
        return Draft(text, short, citations, language, self._signals(reading))

    def _compose_parts(
        self, query: Query, readings: Sequence[Reading], hits: Sequence[Sequence[Hit]], language: str
    ) -> Draft:
        every: list[Hit] = []
        quotes: list[Quote] = []
        for reading, own in zip(readings, hits):
            for quote in reading.quotes:
                hit = own[quote.hit]
                if any(quoting.covers(q, every[q.hit], quote, hit) for q in quotes):
                    continue
                # one that holds another stands in its place
                held = next((n for n, q in enumerate(quotes) if quoting.covers(quote, hit, q, every[q.hit])), None)
                if held is None:
                    quotes.append(replace(quote, hit=len(every)))
                    every.append(hit)
                else:
                    quotes[held] = replace(quote, hit=quotes[held].hit)
                    every[quotes[held].hit] = hit
        text, citations = self._written(query, quotes, every, language)
        short = tuple(dict.fromkeys(s for reading in readings for s in reading.short))
        # a part that cannot be answered at all refuses the whole; else the surest part speaks for it
        sure = max(
            readings, key=lambda r: (abstain.absent(r.signals) != "", abstain.probability(r.signals, query.language))
        )
        signals = {**self._signals(sure), "parts": float(len(readings))}
        return Draft(text, short, citations, language, signals)

    def _signals(self, reading: Reading) -> dict[str, float]:
        return {**reading.signals, "probability": reading.probability, "found": float(bool(reading.short))}

    def _written(
        self, query: Query, quotes: Sequence[Quote], hits: Sequence[Hit], language: str
    ) -> tuple[str, tuple[Citation, ...]]:
        lines: list[str] = []
        citations: list[Citation] = []
        last_lead = ""
        for n, quote in enumerate(quotes, 1):
            passage = hits[quote.hit].passage
            foreign = "Vietnamese" if language == "en" and passage.language in ("vi", "") else ""
            lead = frames.lead(language, passage.date, _subject(query, quote, hits[quote.hit]), quote.text, foreign)
            if lead == last_lead:
                lead = ""
            else:
                last_lead = lead
            lines.append(f"{lead}{frames.quoted(quote.text)} [{n}]")
            citations.append(
                Citation(n, passage.source, passage.title, passage.date, quote.text, quote.start, quote.end)
            )
        return renumber(" ".join(lines), citations)


def hits_read(query: Query) -> int:
    """How many hits are read for a question."""
    return READ_ACROSS if query.language == "en" else READ_HITS


def _gives(asked: Asked, quote: Quote, sentence: Sentence, hits: Sequence[Hit], known: Documents) -> bool:
    """Whether a quotation gives a figure or date of what is asked."""
    near = f"{sentence.context}. {sentence.before} {sentence.text}"
    hit = hits[sentence.hit]
    return mismatch.told(asked, quote.text, near, hit.passage.text, known(hit.source).joined)


def _no_place(asked: Asked, quotes: Sequence[Quote]) -> bool:
    """Whether no quotation names a place of the kind asked for, or, where one beside those named is asked, none that is a place at all."""
    least = FITS if another_asked(asked) else ANY_PLACE if asks_level(asked) else 0.0
    return least > 0.0 and all(f.fit < least for q in quotes for f in candidates(asked, q.text))


def _has_kind(asked: Asked, text: str) -> bool:
    return any(f.fit >= 0.5 for f in candidates(asked, text))


def _subject(query: Query, quote: Quote, hit: Hit) -> str:
    """The place the question names, when the quotation does not and its passage or title does."""
    held = fold(f"{hit.passage.context}. {hit.passage.text}")
    for place in query.places:
        name = canonical_place(place)
        if fold(name) in held and fold(name) not in fold(quote.text):
            return name
    return ""
