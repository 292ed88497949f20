"""The fast splitting of words gives the words of the one normaliser; postings join to what they would be in one piece."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag.store import lexical
from rag.text.normalise import fold, words

LETTERS = "aàáâãăạảấầeèéẹêếiìíoòóôốơớuùúưứyýỳđĐÀHÒQqKİßﬁ²½_0123 .,;-–“”\n\t\x1c\u00a0𝟙字\u0301\u0300"
TEXT = st.one_of(st.text(alphabet=LETTERS, max_size=60), st.text(max_size=40))


@given(st.lists(TEXT, max_size=6))
def test_hashes_are_those_of_the_words(texts: list[str]) -> None:
    hashes, counts = lexical.Vocabulary().encode(texts)
    expected = [words(t) for t in texts]
    assert counts.tolist() == [len(w) for w in expected]
    flat = [w for found in expected for w in found]
    assert hashes["exact"].tolist() == [lexical.hash_word(w) for w in flat]
    assert hashes["folded"].tolist() == [lexical.hash_word(fold(w)) for w in flat]


@given(st.lists(st.tuples(TEXT, st.booleans()), min_size=1, max_size=8), st.data())
def test_joined_postings_are_those_of_the_living_texts(texts: list[tuple[str, bool]], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(texts)))
    parts = []
    for part in (texts[:cut], texts[cut:]):
        built = lexical.build([t for t, _ in part], lexical.Vocabulary())
        parts.append((built, np.asarray([alive for _, alive in part], dtype=bool)))
    joined = lexical.merge(parts)
    whole = lexical.build([t for t, alive in texts if alive], lexical.Vocabulary())
    assert joined.keys() == whole.keys()
    for name, array in whole.items():
        np.testing.assert_array_equal(joined[name], array, err_msg=name)


def test_more_texts_than_a_row_number_of_16_bits_holds() -> None:
    texts = [f"a{i % 7} b" for i in range(70_000)]
    built = lexical.build(texts, lexical.Vocabulary())
    assert built["exact.rows"].dtype == np.uint32
    columns = lexical.Columns("x", built)
    term = np.asarray([lexical.hash_word("a3")], dtype=np.uint64)
    rows, counts = lexical.gather(columns, "exact", *lexical.ranges(columns, "exact", term))
    assert rows.tolist() == list(range(3, 70_000, 7))
    assert set(counts.tolist()) == {1}


def test_terms_of_a_question() -> None:
    assert len(lexical.query_terms("tổ công nghệ tổ công", "exact")) == 3 + 3
    assert lexical.query_terms("Hoà Bình", "exact").tolist() == lexical.query_terms("hòa bình", "exact").tolist()
    assert lexical.query_terms("Đắk", "folded").tolist() == lexical.query_terms("dak", "exact").tolist()
    assert len(lexical.query_terms("?!", "exact")) == 0
    assert len(lexical.phrase_term("một hai ba", folded=False)) == 0
