"""Questions worth trying, taken from what is indexed, and what to ask next.

Knows the service's public calls. Every suggestion has been asked of the index beforehand: one that would be refused
is not shown.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from rag.errors import RagError
from rag.serve.service import Choice, Service
from rag.serve.ui.labels import LANGUAGES, Labels
from rag.text.language import detect
from rag.text.names import find_places
from rag.text.normalise import fold, nfc
from rag.types import Answer, DocumentInfo

# Openers for the sample corpus, shown only where the document they ask about is indexed.
_SAMPLES: tuple[tuple[str, str, str], ...] = (
    (
        "ha-tinh-2022-10.md",
        "Hà Tĩnh đã lập thí điểm bao nhiêu tổ chuyển đổi số cộng đồng?",
        "How many community digital transformation teams has Hà Tĩnh piloted?",
    ),
    (
        "thanh-hoa-2024-04.md",
        "Bao nhiêu cơ sở y tế ở Thanh Hóa khám chữa bệnh bằng căn cước công dân gắn chíp?",
        "How many health facilities in Thanh Hóa accept chip-based citizen ID cards?",
    ),
    (
        "hau-giang-2023-01.md",
        "hau giang xep thu may ve chi so chuyen doi so nam 2021",
        "What was Hậu Giang's DTI rank in 2021?",
    ),
    (
        "ha-tinh-2024.md",
        "Doanh thu thương mại điện tử của Hà Tĩnh năm 2024 là bao nhiêu?",
        "What was Hà Tĩnh's e-commerce revenue in 2024?",
    ),
    ("thanh-hoa-2024-09.md", "Mô hình “3 không” là gì?", "What is the “3 no” model in Thanh Hóa?"),
)
_MOST = 4
_TRIED = 12
_READ = 30  # documents from which questions are drafted
_LONG = 110
_GAP = "is missing here"


class Suggestions:
    """Example questions, worked out once for each state of the document list and language."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._known: dict[str, tuple[object, list[str]]] = {}
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Work the examples out once the index is open; meant for a thread of its own."""
        self.service.opened.wait()
        with suppress(RagError):  # whatever is wrong is told to whoever asks a question
            for language in LANGUAGES:
                self.examples(language)

    def examples(self, language: str) -> list[str]:
        """Up to four questions that this index answers."""
        documents = self.service.documents()
        state = tuple((d.source, d.added, d.characters) for d in documents)
        with self._lock:
            known = self._known.get(language)
            if known and known[0] == state:
                return known[1]
            found = self._answered(self._candidates(documents, language), _MOST)
            self._known[language] = (state, found)
            return found

    def after(self, answer: Answer, t: Labels) -> list[str]:
        """Up to three follow-up questions to an answer: the same of another place or another year."""
        if answer.status != "answered" or not answer.complete:
            return []
        history = [(answer.question, answer.text)]
        documents = self.service.documents()
        asked = {fold(nfc(p)) for p in _places(answer.question + " " + answer.query)}
        places = [p for p in _unique(p for d in documents for p in _places(d.title)) if fold(nfc(p)) not in asked]
        years = sorted(
            {(d.date or "")[:4] for d in documents if any(fold(nfc(p)) in asked for p in _places(d.title))} - {""}
        )
        cited = {(c.date or "")[:4] for c in answer.citations}
        wanted = [t("followup_place", place=p) for p in places[:4]]
        wanted += [t("followup_year", year=y) for y in years if y not in cited and y not in answer.question][:2]
        return self._answered(wanted, 3, history)

    def _answered(self, candidates: Iterable[str], most: int, history: Sequence[tuple[str, str]] = ()) -> list[str]:
        found: list[str] = []
        for number, candidate in enumerate(candidates):
            if len(found) == most or number == _TRIED:
                break
            # always by extraction, whatever model answers the page: a suggestion must cost nothing
            answer = self.service.ask(candidate, history, Choice(llm="extractive"))
            if answer.status == "answered":
                found.append(candidate)
        return found

    def _candidates(self, documents: Sequence[DocumentInfo], language: str) -> Iterator[str]:
        """Questions to try, the best kind first; worked out only as far as they are asked for."""
        sources = {d.source.rsplit("/", 1)[-1] for d in documents}
        for source, vi, en in _SAMPLES:
            if source in sources:
                yield vi if language == "vi" else en
        yield from self._drafted(documents, language)
        for short in sorted(self._short_forms())[:_MOST]:
            yield f"{short} là gì?" if language == "vi" else f"What does {short} stand for?"
        for document in documents[:_MOST]:
            if document.title:
                title = document.title.strip(" .?!")
                yield f"{title}: nội dung chính là gì?" if language == "vi" else f"What is said about “{title}”?"

    def _drafted(self, documents: Sequence[DocumentInfo], language: str) -> list[str]:
        """Questions made from the texts themselves, short ones that stand on their own; of each document one in turn."""
        from rag.evaluation.drafts import draft

        step = max(1, len(documents) // _READ)
        read = [self.service.document(d.source) for d in documents[::step][:_READ]]
        made = [q for q in draft(read, limit=_READ, seed=0) if q.answerable and len(q.question) <= _LONG]
        wanted = [q for q in made if _GAP not in q.question and (detect(q.question) == "en") == (language == "en")]
        seen: dict[str, int] = {}
        turn = []
        for question in wanted:
            source = question.evidence[0].source if question.evidence else ""
            seen[source] = seen.get(source, 0) + 1
            turn.append((seen[source], question.question))
        return [text for _, text in sorted(turn, key=lambda pair: pair[0])][: _MOST * 2]

    def _short_forms(self) -> dict[str, str]:
        with self.service.wait(0).store.snapshot() as snapshot:
            return dict(snapshot.abbreviations())


def _places(text: str) -> list[str]:
    return _unique(place.text for place in find_places(text))


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
