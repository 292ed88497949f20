"""What a search returns, over a small real index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from tiny_model import DOCUMENTS

from rag import Document, Index, Retriever, Settings
from rag.errors import UsageError
from rag.ingest.pipeline import fingerprint, ingest
from rag.models.embedders import Embedder
from rag.store import Store
from rag.text.normalise import fold
from rag.types import Query


def sources(hits: Sequence[object]) -> list[str]:
    return [h.source for h in hits]  # type: ignore[attr-defined]


def test_the_passage_that_answers_comes_first(index: Index):
    hits = Retriever(index).search("Hà Tĩnh có bao nhiêu tổ công nghệ số cộng đồng?")
    assert hits[0].source == "ha-tinh.txt"
    assert [h.rank for h in hits] == list(range(1, len(hits) + 1))
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    document = index.document("ha-tinh.txt")
    assert document.text[hits[0].start : hits[0].end] == hits[0].text
    assert {"folded", "exact", "dense", "sentence", "maxsim"} <= set(hits[0].channels)
    assert 0 < hits[0].channels["folded"] <= 1 and 0 < hits[0].channels["maxsim"] <= 1


def test_more_than_there_is(index: Index):
    hits = Retriever(index).search("chuyển đổi số", k=500)
    assert sorted(sources(hits)) == sorted(d.source for d in DOCUMENTS)
    assert all(h.passage.id > 0 for h in hits)
    assert len(Retriever(index).search("chuyển đổi số", k=2)) == 2


def test_an_empty_index_gives_nothing(make_index: Callable[..., Index]):
    assert Retriever(make_index([])).search("chuyển đổi số") == []


@pytest.mark.parametrize("question", ["", "   ", "\n"])
def test_no_question(index: Index, question: str):
    with pytest.raises(UsageError, match="empty"):
        Retriever(index).search(question)


def test_bad_arguments(index: Index):
    with pytest.raises(UsageError, match="k=0"):
        Retriever(index).search("a", k=0)
    with pytest.raises(UsageError, match="2001 characters; at most 2000"):
        Retriever(index).search("a" * 2001)
    with pytest.raises(UsageError, match="not int"):
        Retriever(index).search(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("question", ["😀😀", "?!", "xyzzy qwertz", "的 是", "\u200b"])
def test_questions_without_any_known_word_stay_bounded(index: Index, question: str):
    hits = Retriever(index).search(question, k=3)
    assert len(hits) == 3 and all(np.isfinite(h.score) for h in hits)


def test_without_diacritics_the_same_passage_comes_first(index: Index):
    retriever = Retriever(index)
    for question in (
        "Hà Tĩnh lập bao nhiêu tổ công nghệ số cộng đồng?",
        "mục tiêu hồ sơ trực tuyến của tỉnh Thanh Hóa",
    ):
        assert retriever.search(question)[0].source == retriever.search(fold(question))[0].source


def test_exact_letters_rank_above_folded_ones(make_index: Callable[..., Index]):
    texts = {"a": "Họ bán rau ở đây.", "b": "Họ bạn rau ở đây.", "c": "Họ bàn rau ở đây."}
    retriever = Retriever(make_index([Document(source=s, text=t, language="vi") for s, t in texts.items()]))
    assert sources(retriever.search("bán rau"))[0] == "a"
    assert sources(retriever.search("bạn rau"))[0] == "b"
    assert sources(retriever.search("bàn rau"))[0] == "c"


def test_a_paragraph_that_does_not_name_its_place_is_found_by_the_title(index: Index):
    assert Retriever(index).search("tổ công nghệ ở Hà Tĩnh")[0].source == "ha-tinh.txt"
    assert Retriever(index).search("Hà Tĩnh")[0].source == "ha-tinh.txt"


def test_abbreviations_both_ways(make_index: Callable[..., Index]):
    documents = [
        Document(source="short", text="Tỉnh đẩy mạnh CĐS trong năm nay.", language="vi"),
        Document(source="long", text="Tỉnh đẩy mạnh chuyển đổi số trong năm nay.", language="vi"),
        Document(source="other", text="Tỉnh đẩy mạnh trồng rừng trong năm nay.", language="vi"),
        Document(source="learnt", text="Sở đã mở Trung tâm Điều hành Thông minh (ĐHTM).", language="vi"),
        Document(source="uses", text="Trung tâm Điều hành Thông minh nhận phản ánh.", language="vi"),
    ]
    retriever = Retriever(make_index(documents))
    for question in ("đẩy mạnh CĐS", "đẩy mạnh chuyển đổi số"):
        assert set(sources(retriever.search(question, k=2))) == {"short", "long"}
    assert retriever.wording("CĐS là gì").texts == ("CĐS là gì", "chuyển đổi số là gì")


def test_filters(index: Index):
    retriever = Retriever(index)
    assert sources(retriever.search("chợ", sources=["ha-tinh.txt", "ban.txt"]))[0] == "ban.txt"
    assert set(sources(retriever.search("chợ", sources="*h*.txt"))) == {
        "ha-tinh.txt",
        "thanh-hoa.txt",
        "cho.txt",
        "english.txt",
    }
    assert sources(retriever.search("chuyển đổi số", date_from="2024")) == ["thanh-hoa.txt"]
    assert set(sources(retriever.search("chuyển đổi số", date_to="2022"))) == {"ha-tinh.txt", "ban.txt"}
    assert set(sources(retriever.search("số", metadata={"topic": "digital"}))) == {"ha-tinh.txt", "thanh-hoa.txt"}
    assert sources(retriever.search("số", metadata={"tags": "tỉnh"})) == ["ha-tinh.txt"]
    assert retriever.search("số", sources=["nowhere.txt"]) == []
    with pytest.raises(UsageError, match="not ISO"):
        retriever.search("số", date_from="soon")


def test_an_english_question_finds_the_vietnamese_passage(make_index: Callable[..., Index]):
    vietnamese = make_index([d for d in DOCUMENTS if d.language == "vi"])
    assert Retriever(vietnamese).search("how many community teams")[0].source == "ha-tinh.txt"
    assert set(sources(Retriever(vietnamese).search("friend market", k=2))) == {"ban.txt", "cho.txt"}


def test_a_stray_passage_in_the_questions_language_gets_nothing_for_that_alone(make_index: Callable[..., Index]):
    documents = [
        *(d for d in DOCUMENTS if d.language == "vi"),
        Document(
            source="stray", text="The committee of the school will meet to discuss what to do about it.", language="en"
        ),
    ]
    hits = Retriever(make_index(documents)).search("how many community teams are there in the market of the friend")
    assert {h.source: h.channels["folded"] for h in hits}["stray"] == 0


def test_a_mixed_index_answers_in_both_languages(index: Index):
    retriever = Retriever(index)
    assert (
        retriever.search("How many community digital technology teams did Hậu Giang set up?")[0].source == "english.txt"
    )
    assert retriever.search("Hà Tĩnh đã lập bao nhiêu tổ công nghệ số cộng đồng?")[0].source == "ha-tinh.txt"


def test_words_of_another_language_do_not_match_by_accident(make_index: Callable[..., Index]):
    """Folded, "to" is a team and "an" is peace: English stop words must not pull such passages up."""
    documents = [
        Document(source="noise", text="Tổ an là do to an la do ở đó.", language="vi"),
        Document(source="name", text="Ông Nguyễn Văn Hòa sinh năm 1974.", language="vi"),
    ]
    retriever = Retriever(make_index(documents))
    hits = retriever.search("What is an answer to do with Nguyễn Văn Hòa 1974?")
    folded = {h.source: h.channels["folded"] for h in hits}
    assert folded["name"] > 0.2 and folded["noise"] == 0
    assert retriever.wording("What is an answer to 1974?").shared == "answer 1974"


def test_a_query_as_understood(index: Index):
    query = Query(original="còn chợ?", text="chợ quê bán rau", language="vi", expansions=("chợ quê bán rau củ",))
    retriever = Retriever(index)
    assert retriever.search(query)[0].source == "cho.txt"
    assert retriever.search("ignored", query=query)[0].source == "cho.txt"
    assert retriever.wording(query).texts == ("chợ quê bán rau", "chợ quê bán rau củ")


def test_ties_are_ordered_by_source_then_start(make_index: Callable[..., Index]):
    text = "Cùng một câu.\n\n" * 3
    names = ["c", "a", "b"]
    first = make_index([Document(source=s, text=text, language="vi") for s in names])
    second = make_index([Document(source=s, text=text, language="vi") for s in reversed(names)])
    told = [[(h.source, h.start) for h in Retriever(i).search("câu", k=20)] for i in (first, second)]
    assert told[0] == told[1] == sorted(told[0])


def test_a_changed_index_is_seen_at_once(index: Index):
    retriever = Retriever(index)
    assert "cho.txt" in sources(retriever.search("bán rau ở chợ"))
    index.remove(["cho.txt"])
    assert "cho.txt" not in sources(retriever.search("bán rau ở chợ", k=50))
    index.add([Document(source="new.txt", text="Bán rau ở chợ nổi Cái Răng.", language="vi")])
    assert retriever.search("bán rau ở chợ nổi")[0].source == "new.txt"


def test_many_passages_give_the_same_as_scoring_all(make_index: Callable[..., Index]):
    words = "chuyển đổi số tỉnh tổ cộng đồng rau chợ bạn bán người dân dịch vụ công trực tuyến nông sản".split()
    rng = np.random.default_rng(1)
    documents = [
        Document(source=f"d{i:03}", text=" ".join(rng.choice(words, 12)) + ".", language="vi") for i in range(400)
    ]
    index = make_index(documents)
    few, all_ = Retriever(index), Retriever(index, index.settings.with_(candidates=1000))
    for question in ("chuyển đổi số", "người dân bán rau ở chợ", "dịch vụ công"):
        wanted = sources(all_.search(question, k=5))
        assert len(set(wanted) & set(sources(few.search(question, k=5)))) >= 4
    assert len(few.search("rau", k=150)) == 150


class Reversed:
    """Likes best what came last."""

    name = "reversed"

    def score(self, question: str, texts: Sequence[str]) -> np.ndarray:
        assert question == "chuyển đổi số"
        return np.arange(len(texts), dtype=np.float32)


def test_a_reranker_has_the_last_word(index: Index):
    plain = Retriever(index).search("chuyển đổi số", k=5)
    again = Retriever(index, reranker=Reversed()).search("chuyển đổi số", k=5)
    assert sources(again) == sources(plain)[::-1]
    assert [h.rank for h in again] == [1, 2, 3, 4, 5]
    assert again[0].score == 4.0 and again[0].channels["fused"] == plain[-1].score


class Letters(Embedder):
    """Counts of letters: an embedder without token vectors."""

    name = "letters"
    fingerprint = "letters"  # type: ignore[assignment]
    dimension = 26  # type: ignore[assignment]

    def _embed(self, texts: list[str], query: bool) -> list[list[float]]:
        return [[fold(t).count(chr(97 + i)) + 0.01 for i in range(26)] for t in texts]


def test_an_embedder_without_token_vectors(tmp_path: Path):
    embedder = Letters()
    index = Index(tmp_path, Settings(), embedder, Store.create(tmp_path / "i", fingerprint(embedder)))
    ingest(index.store, embedder, DOCUMENTS, index.settings)
    hits = Retriever(index).search("Hà Tĩnh có bao nhiêu tổ công nghệ số cộng đồng?")
    assert hits[0].source == "ha-tinh.txt"
    assert "maxsim" not in hits[0].channels and "sentence" in hits[0].channels
    index.close()


@pytest.mark.parametrize(
    "question", ["Hà Tĩnh lập bao nhiêu tổ CĐS cộng đồng?", "chuyen doi so", "chuyển đổi số", "xyzzy", "how many teams"]
)
@pytest.mark.parametrize("candidates", [2, 6])
def test_a_large_index_is_searched_for_the_same_hits(
    make_index: Callable[..., Index], monkeypatch: pytest.MonkeyPatch, question: str, candidates: int
):
    """In a large index words are weighed only where that may matter: the same hits and scores."""
    index = make_index(candidates=candidates)
    expected = Retriever(index).search(question, k=5)
    monkeypatch.setattr("rag.retrieve.retriever.THREADED_FROM", 0)
    monkeypatch.setattr("rag.store.view._COMMON_FROM", 0)
    found = Retriever(Index.open(index.path, index.settings)).search(question, k=5)
    assert [(h.passage.id, h.score, dict(h.channels)) for h in found] == [
        (h.passage.id, h.score, dict(h.channels)) for h in expected
    ]
