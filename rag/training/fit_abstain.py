"""Fits the decision to refuse: ``python -m rag.training.fit_abstain --data DIR [--questions FILE --corpus DIR]``.

Answerable questions are those of ``DIR/reading-vi`` (with and without diacritics, in English where ``DIR/reading-en-vi`` is there) and of
a question set over a folder of documents. Unanswerable ones are made from them: the paragraph that answers taken away, or only the
sentences that answer; the place, year,
name, office or thing counted exchanged for another; and questions from elsewhere (``DIR/questions.jsonl.xz``). Writes
``rag/ask/weights/abstain.json`` with the weights, the operating points and the cross-validated reliability curve.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.ask import abstain, support, weigh
from rag.ask.query import understand
from rag.ask.read_extractive import READ_HITS, ExtractiveReader
from rag.index import Index
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.text.dates import find_dates
from rag.text.names import PROVINCES, find_names, find_places
from rag.text.normalise import fold, nfc
from rag.text.sentences import sentence_spans
from rag.training.fit_reader import folds, holds, make_index, questions
from rag.training.listwise import fit_logistic
from rag.types import Document

OUT = Path(__file__).parent.parent / "ask" / "weights" / "abstain.json"
_OFFICES = (
    ("Sở Thông tin và Truyền thông", "Sở TT&TT", "Sở Công Thương", "Sở Khoa học và Công nghệ", "Sở Y tế", "Sở Tài chính", "Sở Nội vụ", "Sở Giao thông vận tải", "Sở Xây dựng"),
    ("giám đốc", "phó giám đốc", "chủ tịch", "phó chủ tịch", "bí thư", "trưởng phòng"),
    ("cấp xã", "cấp thôn", "cấp huyện", "cấp tỉnh"),
)  # fmt: skip
_THINGS = (
    "trường học", "bệnh viện", "cây cầu", "giáo viên", "bác sĩ", "khách du lịch", "xe buýt", "nhà máy điện", "con bò", "sân bay", "hồ chứa nước", "vụ án",
    "tấn lúa", "hộ nghèo", "trẻ em", "trạm y tế", "đảng viên", "thư viện", "công viên", "người nước ngoài",
)  # fmt: skip


_AGAINST = frozenset(
    "unknown missing_rarest missing_sentence missing_count places_missing places_other dates_missing dates_other numbers_missing "
    "numbers_missing_document typed_miss unit_miss level_clash head_missing figure_gap person_gap name_gap core_gap second_missing".split()
)
_FREE = frozenset("wants_fact folded_question short_question person figure maxsim_near".split())
SIGNS = np.array([-1.0 if n in _AGAINST else 0.0 if n in _FREE else 1.0 for n in support.NAMES])


@dataclass(frozen=True)
class Case:
    """A question and whether the documents answer it. ``gold`` is the document that does or did; ``without`` hides it."""

    question: str
    answerable: bool
    gold: str
    kind: str
    without: bool = False
    answers: tuple[str, ...] = ()


def swapped(question: str, rng: np.random.Generator, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(kind, question) with one thing exchanged: a place, a year, a name, an office, the thing counted."""
    plain = question.isascii()

    def written(text: str) -> str:
        return fold(text) if plain and question.islower() else text

    places = find_places(question)
    if places:
        place = places[int(rng.integers(len(places)))]
        other = PROVINCES[int(rng.integers(len(PROVINCES)))]
        if fold(other) not in fold(question):
            yield "place", question[: place.start] + written(other) + question[place.end :]
    dates = [d for d in find_dates(question) if re.search(r"\d{4}", d.text)]
    if dates:
        date = dates[int(rng.integers(len(dates)))]
        year = re.search(r"\d{4}", date.text)
        if year:
            shift = int(rng.choice([-13, -9, -7, -4, -2, 3, 5]))
            changed = f"{date.text[: year.start()]}{int(year.group()) + shift}{date.text[year.end() :]}"
            yield "year", question[: date.start] + changed + question[date.end :]
    own = [
        n
        for n in find_names(question)
        if n.kind in ("person", "organisation", "other", "place")
        and n.start > 0
        and not any(p.start <= n.start < p.end for p in places)
    ]
    if own and names:
        name = own[int(rng.integers(len(own)))]
        other = names[int(rng.integers(len(names)))]
        if fold(other) not in fold(question) and fold(name.text) not in fold(other):
            yield "name", question[: name.start] + written(other) + question[name.end :]
    lowered = fold(question)
    for group in _OFFICES:
        for office in group:
            at = lowered.find(fold(office))
            if at >= 0 and (at == 0 or not lowered[at - 1].isalnum()) and "pho " not in lowered[max(0, at - 4) : at]:
                other = group[int(rng.integers(len(group)))]
                if fold(other) not in lowered and not fold(office).endswith(fold(other)):
                    yield "office", question[:at] + written(other) + question[at + len(office) :]
                break
    counted = re.search(r"(bao nhiêu|bao nhieu|mấy) ((?:\w+ ){1,3}\w+)", question, re.IGNORECASE)
    if counted and not re.match(r"phần trăm|phan tram|tiền|tien|năm|ngày|tháng|lần", counted.group(2)):
        thing = _THINGS[int(rng.integers(len(_THINGS)))]
        head = counted.group(2).split()
        keep = " ".join(head[2:]) if len(head) > 2 else ""
        yield "thing", f"{question[: counted.start(2)]}{written(thing)} {keep}{question[counted.end(2) :]}"


def reading_cases(
    folder: Path, variant: str, names: Sequence[str], rng: np.random.Generator, share: float = 1.0
) -> list[Case]:
    """Cases of a reading set: each question as it is, with its paragraph hidden, and with something exchanged."""
    out: list[Case] = []
    for text, answers, gold in questions(folder, variant):
        if rng.random() > share:
            continue
        out.append(Case(text, True, gold, "answerable", answers=answers))
        if rng.random() < 0.4:
            out.append(Case(text, False, gold, "hidden", True, answers))
        for kind, changed in swapped(text, rng, names):
            if rng.random() < (0.35 if kind != "thing" else 0.8):
                out.append(Case(changed, False, gold, kind))
    return out


def cut_rounds(
    folder: Path, where: str, rng: np.random.Generator, rounds: int = 99
) -> Iterator[tuple[Index, list[Case]]]:
    """Indexes whose paragraphs lack the sentences that answer one of their questions each, with these questions: what is left speaks of
    the same things and does not answer, as a near-miss does. At most ``rounds`` indexes."""
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    asked: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for text, answers, gold in questions(folder):
        asked.setdefault(gold, []).append((text, answers))
    english: dict[str, str] = {}
    if (folder.parent / "reading-en-vi").is_dir():
        wordings = {(a, g): q for q, a, g in questions(folder, "en")}
        english = {q: wordings[(a, g)] for q, a, g in questions(folder) if (a, g) in wordings}
    for turn in range(min(rounds, max(map(len, asked.values())))):
        documents, cases = [], []
        for row in rows:
            text = nfc(row["text"])
            own = asked.get(row["_id"], [])
            if turn < len(own):
                question, answers = own[turn]
                kept = [text[a:b] for a, b in sentence_spans(text) if not holds(text[a:b], answers)]
                if not kept:
                    continue
                text = " ".join(kept)
                forms = [question]
                if rng.random() < 0.35:
                    forms.append(fold(question))
                if question in english:
                    forms.append(english[question])
                cases += [Case(q, False, row["_id"], "cut", answers=answers) for q in forms]
            documents.append(Document(row["_id"], text, title=nfc(row["title"]), language="vi"))
        index = Index.create(f"{where}/cut{turn}", Settings())
        index.add(documents)
        yield index, cases
        index.close()


def set_cases(path: Path, names: Sequence[str], rng: np.random.Generator) -> list[Case]:
    """Cases of a question set: its answerable single questions, and what exchanging makes of them."""
    out: list[Case] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if not row.get("answerable") or row.get("history"):
            continue
        gold = (row.get("evidence") or [{"source": ""}])[0]["source"]
        text = nfc(row["question"])
        out.append(Case(text, True, gold, "answerable"))
        for _ in range(2):
            for kind, changed in swapped(text, rng, names):
                out.append(Case(changed, False, gold, kind))
    return list(dict.fromkeys(out))


def elsewhere(path: Path, rng: np.random.Generator, count: int) -> list[Case]:
    """Questions about quite other things."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows = [r for r in rows if 4 <= len(r["question"].split()) <= 25 and r["lang"] in ("vi", "en")]
    chosen = rng.choice(len(rows), size=min(count, len(rows)), replace=False)
    out = []
    for n, i in enumerate(chosen):
        text = nfc(rows[int(i)]["question"])
        out.append(Case(fold(text) if n % 4 == 0 else text, False, f"elsewhere{n % 40}", "elsewhere"))
    return out


def signals_of(index: Index, cases: Sequence[Case]) -> tuple[np.ndarray[Any, np.dtype[np.float64]], list[int]]:
    """Signal rows of the cases that are no small talk and not ruled out by a hard rule, with their places in ``cases``."""
    retriever, reader = Retriever(index), ExtractiveReader(index, index.settings)
    learnt = index.store.snapshot().abbreviations()
    rows, kept = [], []
    for place, case in enumerate(cases):
        query = understand(case.question, abbreviations=learnt)
        if query.chitchat:
            continue
        part_hits = [retriever.search(p, k=READ_HITS + 8) for p in query.parts] if len(query.parts) > 1 else []
        hits = retriever.search(query, k=READ_HITS + 8)
        if case.kind == "cut" and any(holds(h.text, case.answers) for h in hits[:READ_HITS]):
            continue
        if case.without:
            hits = [h for h in hits if h.source != case.gold]
            part_hits = [[h for h in own if h.source != case.gold] for own in part_hits]
            if any(holds(h.text, case.answers) for h in hits[:READ_HITS]):
                continue  # another paragraph says it too
        draft = reader.read(query, hits[:READ_HITS], part_hits)
        if abstain.absent(draft.signals):
            continue
        rows.append([draft.signals.get(name, 0.0) for name in support.NAMES])
        kept.append(place)
    return np.array(rows), kept


def operating_point(chance: np.ndarray[Any, Any], label: np.ndarray[Any, Any], refused: float) -> float:
    """The probability below which at most the share ``refused`` of the answerable questions lies."""
    good = np.sort(chance[label == 1])
    return float(good[int(len(good) * refused)]) if len(good) else 0.5


def reliability(chance: np.ndarray[Any, Any], label: np.ndarray[Any, Any]) -> list[dict[str, float]]:
    """Ten bins: mean probability, share answerable, count."""
    out = []
    place = np.minimum((chance * 10).astype(int), 9)
    for number in range(10):
        chosen = place == number
        if chosen.any():
            out.append(
                {
                    "chance": round(float(chance[chosen].mean()), 3),
                    "answerable": round(float(label[chosen].mean()), 3),
                    "n": int(chosen.sum()),
                }
            )
    return out


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=Path, help="a question set over --corpus")
    parser.add_argument("--corpus", type=Path, help="folder of the documents of --questions")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--hidden", type=int, default=0)
    parser.add_argument("--l2", type=float, default=3e-3)
    parser.add_argument("--refused", type=float, default=0.03, help="share of answerable questions that may be refused")
    parser.add_argument("--rows", type=Path, help="keep the signal rows in this .npz, or read them from it")
    parser.add_argument("--rounds", type=int, default=99, help="indexes with answers cut out, at most")
    parser.add_argument("--share", type=float, default=1.0, help="share of the reading set used")
    options = parser.parse_args(arguments)
    if options.rows and options.rows.is_file():
        kept = np.load(options.rows, allow_pickle=False)
        rows, label, kind, group, english, domain = (
            kept[k] for k in ("rows", "label", "kind", "group", "english", "domain")
        )
    else:
        rows, label, kind, group, english, domain = collect(options)
        if options.rows:
            np.savez(options.rows, rows=rows, label=label, kind=kind, group=group, english=english, domain=domain)
    data: dict[str, Any] = {"points": {}, "reliability": {}, "report": {}}
    for name, chosen in (("same", ~english), ("cross", english)):
        x, y, g, k, dom = rows[chosen], label[chosen].astype(float), group[chosen], kind[chosen], domain[chosen]
        weight = np.where(y == 1, 1.0 / max(1, (y == 1).sum()), 1.0 / max(1, (y == 0).sum())) * np.where(dom, 3.0, 1.0)
        fold_of = folds(list(g))
        place = np.array([fold_of[str(v)] for v in g])
        chance = np.zeros(len(y))
        for f in range(5):
            scorer = fit_logistic(
                x[place != f],
                y[place != f],
                support.NAMES,
                options.l2,
                weight[place != f],
                options.hidden,
                seed=5,
                signs=SIGNS,
            )
            chance[place == f] = 1 / (1 + np.exp(-np.clip(scorer(x[place == f]), -30, 30)))
        whole = fit_logistic(x, y, support.NAMES, options.l2, weight, options.hidden, seed=5, signs=SIGNS)
        data[name] = weigh.to_data(whole)
        point = operating_point(1 / (1 + np.exp(-np.clip(whole(x), -30, 30))), y, options.refused)
        data["points"][name] = round(point, 4)
        data["reliability"][name] = reliability(chance, y)
        data["report"][name] = {
            ("set " if d else "") + str(v): {
                "n": int(((k == v) & (dom == d)).sum()),
                "refused": round(float((chance[(k == v) & (dom == d)] < point).mean()), 3),
            }
            for d in (False, True)
            for v in sorted(set(k[dom == d]))
        }
    print(json.dumps({k: data[k] for k in ("points", "report")}, indent=1))
    options.out.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")


def collect(options: argparse.Namespace) -> tuple[Any, ...]:
    """Signal rows of all cases over both indexes: rows, label, kind, group, english, domain."""
    rng = np.random.default_rng(11)
    parts = []
    with tempfile.TemporaryDirectory() as where:
        folder = options.data / "reading-vi"
        index = make_index(folder, where + "/reading", Settings())
        names = names_in(index)
        cases = reading_cases(folder, "vi", names, rng, options.share)
        cases += reading_cases(folder, "folded", names, rng, options.share / 3)
        if (options.data / "reading-en-vi").is_dir():
            cases += reading_cases(folder, "en", names, rng)
        other = options.data / "questions.jsonl.xz"
        cases += elsewhere(other, rng, 500) if other.is_file() else []
        parts.append((*signals_of(index, cases), cases, False))
        index.close()
        for index, cases in cut_rounds(folder, where, rng, options.rounds):
            parts.append((*signals_of(index, cases), cases, False))
        if options.questions:
            index = Index.create(where + "/set", Settings())
            index.add([options.corpus])
            cases = set_cases(options.questions, names, rng)
            cases += elsewhere(other, rng, 300) if other.is_file() else []
            parts.append((*signals_of(index, cases), cases, True))
            index.close()
    rows = np.concatenate([r for r, *_ in parts])
    chosen = [(cases[i], domain) for _, kept, cases, domain in parts for i in kept]
    return (
        rows,
        np.array([c.answerable for c, _ in chosen]),
        np.array([c.kind for c, _ in chosen]),
        np.array([c.gold for c, _ in chosen]),
        np.array([understand(c.question).language == "en" for c, _ in chosen]),
        np.array([d for _, d in chosen]),
    )


def names_in(index: Index) -> list[str]:
    """Names that stand in the documents, to be put where they do not belong."""
    out: dict[str, None] = {}
    for info in index.documents():
        for name in find_names(index.document(info.source).text):
            if name.kind in ("person", "organisation", "place") and 1 < len(name.text.split()) < 5:
                out.setdefault(name.text)
    return list(out)


if __name__ == "__main__":
    main()
