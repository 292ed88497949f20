"""Check what a language model wrote, sentence by sentence, and cite each claim with the very sentence that supports it.

Every sentence is split into claims at its markers; ``claims`` decides whether the passages bear each one out. A supported
claim is cited wherever it stands, whatever the model pointed at; a claim that no passage supports is marked, or dropped, by
``settings.verification``. Knows nothing of prompts or models.

It goes from left to right and never looks ahead of a sentence, so that a growing text can be streamed: what was made of its
earlier whole sentences does not change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.ask import injection
from rag.ask.claims import Scorer, Verdict, check
from rag.ask.draft import MARKER, Draft
from rag.ask.facts import Reading, matches, read
from rag.ask.tidy import plain
from rag.errors import redact
from rag.settings import Settings
from rag.text.normalise import fold, nfc
from rag.text.sentences import sentence_spans
from rag.types import Citation, Hit, Passage, Span

MARKS = {"vi": "(chưa kiểm chứng)", "en": "(unverified)"}
_RECITE = 0.5  # a claim moves to a passage it does not cite only where that passage says this much of it
_EMPTY_TALK = re.compile(
    r"\b(?:hy vong|mong rang)\b.{0,60}\b(?:huu ich|giup|thong tin)|\bneu (?:ban )?can (?:them|biet)|\bhope this helps|\blet me know|\bfeel free to|\bxin chao\b|^\W*(?:hello|hi)\b"
)
_ABOUT_SOURCES = re.compile(
    r"\b(?:tai lieu|doan trich|doan van|nguon|van ban|thong tin (?:duoc )?cung cap|ngu canh)\b.{0,40}\b(?:khong|chua)\b.{0,12}\b(?:co|neu|de cap|cho biet|noi|cung cap|chua)"
    r"|\b(?:documents?|passages?|sources?|texts?|context|information provided)\b.{0,30}\b(?:do(?:es)? not|don't|doesn't|did not|no)\b"
    r"|\bkhong (?:co|tim thay) (?:thong tin|du lieu|so lieu)\b|\b(?:no|not enough) information\b"
)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """A passage as evidence: its text with suspicious sentences blanked, same offsets."""

    passage: Passage
    text: str
    reading: Reading
    context: str


@dataclass(frozen=True, slots=True)
class _Finding:
    """Where a claim stands: the passages that bear it out, best first; none where it is unsupported."""

    verdict: Verdict
    evidence: tuple[_Evidence, ...]


class Checker:
    """Checks one answer as it grows: ``feed`` its pieces, then ``end``. ``text``, ``citations``, ``notes``, ``claims`` and
    ``supported`` (how many claims were checked and borne out) grow with it and are never taken back."""

    def __init__(self, hits: Sequence[Hit], settings: Settings, language: str, scorer: Scorer | None = None) -> None:
        self.citations: list[Citation] = []
        self.notes: list[str] = []
        self.claims = self.supported = 0
        self.text = ""
        self._settings, self._scorer = settings, scorer
        self._secrets = settings.secrets()
        self._raw, self._at, self._gap = "", 0, ""
        self._language = "en" if language == "en" else "vi"
        self._evidence: list[_Evidence] = []
        planted: set[str] = set()
        for hit in hits:
            text = injection.blank(hit.passage.text)
            planted |= injection.planted_words(hit.passage.text)
            context = injection.blank(hit.passage.context)
            self._evidence.append(_Evidence(hit.passage, text, read(text), context))
        clean = " ".join(e.text for e in self._evidence)
        self._planted = {w for w in planted if w not in clean}
        self._numbers: dict[tuple[str, int, int, bool], int] = {}
        self._clean = clean

    def feed(self, piece: str) -> str:
        """Take in more of the answer; what of its checked text may be shown now (whole sentences only)."""
        self._raw += nfc(piece)
        return self._advance(last=False)

    def end(self) -> str:
        """The rest of the checked text once the answer is complete."""
        return self._advance(last=True)

    def draft(self, draft: Draft) -> Draft:
        """``draft`` with the checked text and all that was found about it."""
        signals = {**draft.signals, "claims": float(self.claims), "supported": float(self.supported)}
        return replace(
            draft,
            text=self.text,
            citations=tuple(self.citations),
            signals=signals,
            notes=(*draft.notes, *self.notes),
            short=tuple(s for s in draft.short if s in self.text),
        )

    def _advance(self, last: bool) -> str:
        """Check every sentence that can no longer change: one that another has begun after."""
        before = len(self.text)
        text = self._raw
        # spans of the whole text: where a sentence begins may depend on what stands before it ("1." after a marker is no list item)
        raw = sentence_spans(text)
        if not last and raw and re.fullmatch(r"\[[\d\s,;\[\]-]*", text[raw[-1][0] :]):
            raw = raw[:-1]  # markers on their way: they may belong to the sentence before
        spans = _with_markers(text, raw)
        done = [(max(start, self._at), end) for start, end in (spans if last else spans[:-1]) if end > self._at]
        for start, end in done:
            gap, self._at = text[self._at : start], end
            checked = self.check_sentence(redact(text[start:end], self._secrets))
            if checked:
                self._gap += gap
                breaks = min(self._gap.count("\n"), 2)
                self.text += (("\n" * breaks or " ") if self.text else "") + checked
                self._gap = ""
            elif "\n" in gap:
                self._gap += gap
        return self.text[before:]

    def check_sentence(self, raw: str) -> str:
        """The checked form of one sentence, "" where it is dropped."""
        sentence, urls = plain(raw)
        if any(u not in self._clean for u in urls):
            sentence = " ".join(w for w in sentence.split() if not any(u in w for u in urls if u not in self._clean))
        if not re.search(r"\w", MARKER.sub("", sentence)):
            return ""
        if self._foul(sentence):
            self.notes.append("left out: text planted in a document for language models")
            return ""
        folded = fold(MARKER.sub("", sentence))
        words = read(MARKER.sub("", sentence))
        if not words.numbers and not words.dates:
            if _EMPTY_TALK.search(folded):
                return ""
            if _ABOUT_SOURCES.search(folded) or sentence.rstrip().endswith((":", "?")):
                return MARKER.sub("", sentence).replace("  ", " ").strip()
            if len(words.units) < 3 and not words.names:
                return MARKER.sub("", sentence).replace("  ", " ").strip()
        pieces = self._split(sentence)
        findings = [self._find(piece, cited) for piece, cited in pieces]
        self.claims += len(pieces)
        self.supported += sum(f.verdict.supported for f in findings)
        if any(not f.verdict.supported for f in findings) and len(pieces) > 1:
            # a piece torn out of its sentence may have lost what it speaks of: the whole decides then
            whole = self._find(MARKER.sub("", sentence), tuple(dict.fromkeys(n for _, cited in pieces for n in cited)))
            if whole.verdict.supported:
                findings = [f if f.verdict.supported else whole for f in findings]
        for (piece, _), f in zip(pieces, findings, strict=True):
            if not f.verdict.supported:
                self.notes.append(f'no passage supports "{piece.strip()}" ({", ".join(f.verdict.reasons)})')
        if self._settings.verification == "drop" and any(not f.verdict.supported for f in findings):
            return ""
        return "".join(self._write(piece, cited, f) for (piece, cited), f in zip(pieces, findings, strict=True)).strip()

    # parts of a sentence

    def _split(self, sentence: str) -> list[tuple[str, tuple[int, ...]]]:
        """Claims of a sentence with the hits they cite: text up to each run of markers; the rest goes with the last."""
        pieces: list[tuple[str, tuple[int, ...]]] = []
        at = 0
        pending = ""
        for m in re.finditer(r"(?:\s*\[\d{1,3}\])+", sentence):
            piece = pending + sentence[at : m.start()]
            at = m.end()
            cited = tuple(
                dict.fromkeys(n for n in map(int, re.findall(r"\d+", m.group())) if 1 <= n <= len(self._evidence))
            )
            if self._slight(piece) and not (pieces and not piece.strip(" ,.;:")):
                pending = piece  # "Theo [1], …": the marker belongs to what follows
                rest = sentence[at:]
                if re.search(r"\w", MARKER.sub("", rest)):
                    later = re.search(r"\[\d", rest)
                    if later is None:
                        return [*pieces, (pending + rest, cited)]
                    continue
            pending = ""
            pieces.append((piece, cited))
        rest = pending + sentence[at:]
        if rest.strip():
            if pieces and (self._slight(rest) or not re.search(r"\w", rest)):
                piece, cited = pieces[-1]
                pieces[-1] = (piece + rest if piece else rest, cited)
            elif pieces:
                pieces.append((rest, pieces[-1][1]))
            else:
                pieces.append((rest, ()))
        return pieces

    def _slight(self, piece: str) -> bool:
        r = read(piece)
        return not r.numbers and not r.dates and not r.names and len(r.units) < 3

    def _foul(self, sentence: str) -> bool:
        """Whether the sentence carries text that a document planted for language models, or a key nobody wrote."""
        if not self._planted:
            return False
        words = set(re.findall(r"[\w-]+", sentence))
        hit = words & self._planted
        if any(injection.code_like(w) for w in hit):
            return True
        return len(hit) >= 3 and len(hit) * 2 >= len(words)

    # evidence

    def _find(self, piece: str, cited: tuple[int, ...]) -> _Finding:
        claim = piece.strip(" \t,;:-–")
        mine = [self._evidence[n - 1] for n in cited]
        if not self._evidence:
            return _Finding(Verdict(False, ("no passage",), 0.0), ())
        verdicts = [(self._check(claim, (e,)), e) for e in mine]
        good = [(v, e) for v, e in verdicts if v.supported]
        if good:
            best = max(good, key=lambda x: x[0].score)
            return _Finding(best[0], (best[1],))
        if len(mine) > 1:
            together = self._check(claim, tuple(mine))
            if together.supported:
                return _Finding(together, tuple(mine))
        others = [(self._check(claim, (e,)), e) for e in self._evidence if e not in mine]
        floor = max([_RECITE, *(v.score for v, _ in verdicts if not v.supported)]) if mine else 0.0
        good = [(v, e) for v, e in others if v.supported and v.score >= floor]
        if good:
            best = max(good, key=lambda x: x[0].score)
            return _Finding(best[0], (best[1],))
        sources = {e.passage.source for e in mine} or {e.passage.source for e in self._evidence}
        for source in sorted(sources):
            family = tuple(e for e in self._evidence if e.passage.source == source)
            if len(family) > max(1, len(mine)):
                together = self._check(claim, family)
                if together.supported and together.score >= _RECITE:
                    return _Finding(together, family)
        failed = max(verdicts or others, key=lambda x: x[0].score)
        return _Finding(
            replace(failed[0], supported=False, reasons=failed[0].reasons or ("little support",)), (failed[1],)
        )

    def _check(self, claim: str, evidence: tuple[_Evidence, ...]) -> Verdict:
        context = ". ".join(dict.fromkeys(e.context for e in evidence if e.context))
        return check(claim, tuple(e.text for e in evidence), context=context, scorer=self._scorer)

    # writing

    def _write(self, piece: str, cited: tuple[int, ...], f: _Finding) -> str:
        body, tail = re.match(r"(.*?)([\s.!?…;:,]*)\Z", piece, re.DOTALL).groups()  # type: ignore[union-attr]
        spans = self._sentences(body, f)
        numbers = []
        for passage, (start, end) in spans:
            quote = passage.text[start - passage.start : end - passage.start]
            numbers.append(
                self._number(
                    Citation(0, passage.source, passage.title, passage.date, quote, start, end, f.verdict.supported)
                )
            )
        mark = "" if f.verdict.supported else f" {MARKS[self._language]}"
        chips = "".join(f" [{n}]" for n in dict.fromkeys(numbers))
        return f"{body}{mark}{chips}{tail}"

    def _number(self, c: Citation) -> int:
        key = (c.source, c.start, c.end, c.supported)
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers) + 1
            self.citations.append(replace(c, n=self._numbers[key]))
        return self._numbers[key]

    def _sentences(self, piece: str, f: _Finding) -> list[tuple[Passage, Span]]:
        """The fewest sentences of the supporting passages that hold what the claim states; neighbours are one span."""
        c = read(piece.strip(" \t,;:-–"))
        wanted = [("number", str(v.amount)) for v in c.numbers] + [("date", v.date.iso) for v in c.dates if v.date]
        wanted += [("name", fold(v.text)) for v in c.names]
        pool = [
            (e, s)
            for e in f.evidence
            for s in _spans(e.passage)
            if e.text[s[0] - e.passage.start : s[1] - e.passage.start].strip()
        ]
        if not pool:
            return []
        scored = []
        for i, (e, s) in enumerate(pool):
            r = read(e.text[s[0] - e.passage.start : s[1] - e.passage.start])
            verdict = (
                check(piece, (r.text,), context=e.context + ". " + e.text)
                if f.verdict.supported
                else Verdict(False, (), 0.0)
            )
            bag = r.bag()
            shared = sum(1 for u in c.units if matches(u, bag))
            holds = {w for w in wanted if _holds(w, c, r)}
            scored.append((verdict.supported, len(holds), shared, -i, e, s, holds))
        scored.sort(key=lambda x: x[:4], reverse=True)
        first = scored[0]
        if not f.verdict.supported or (first[0] and not set().union(*(x[6] for x in scored)) - first[6]):
            return [(first[4].passage, first[5])]
        picked, missing = [first], set().union(*(x[6] for x in scored)) - first[6]
        while missing and len(picked) < 3:
            best = max((x for x in scored if x not in picked), key=lambda x: (len(x[6] & missing), x[2]), default=None)
            if best is None or not best[6] & missing:
                break
            picked.append(best)
            missing -= best[6]
        return _joined([(x[4].passage, x[5]) for x in picked])


def _with_markers(text: str, spans: list[Span]) -> list[Span]:
    """Sentence spans where markers that follow a full stop go with the sentence before them."""
    out: list[Span] = []
    for start, end in spans:
        m = re.match(r"(?:\[\d{1,3}\]\s*)+", text[start:end])
        if m and out and "\n" not in text[out[-1][1] : start]:
            out[-1] = (out[-1][0], start + len(m.group().rstrip()))
            start += m.end()
            if start >= end:
                continue
        out.append((start, end))
    return out


def _holds(wanted: tuple[str, str], c: Reading, r: Reading) -> bool:
    kind, value = wanted
    if kind == "number":
        return any(str(v.amount) == value for v in r.numbers)
    if kind == "date":
        return any(v.date is not None and v.date.iso.startswith(value[:7]) for v in r.dates)
    return value.replace(" ", "") in r.compact


def _spans(p: Passage) -> list[Span]:
    if p.sentences:
        return list(p.sentences)
    return [(p.start + s, p.start + e) for s, e in sentence_spans(p.text)]


def _joined(spans: list[tuple[Passage, Span]]) -> list[tuple[Passage, Span]]:
    """Neighbouring sentences of one passage become one span."""
    out: list[tuple[Passage, Span]] = []
    for passage, (start, end) in sorted(spans, key=lambda x: (x[0].source, x[0].start, x[1][0])):
        if out and out[-1][0] is passage:
            between = passage.text[out[-1][1][1] - passage.start : start - passage.start]
            if not between.strip():
                out[-1] = (passage, (out[-1][1][0], end))
                continue
        out.append((passage, (start, end)))
    return out
