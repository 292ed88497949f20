"""The glossary as loaded from its file."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rag.ask import glossary
from rag.text.normalise import fold


@pytest.mark.parametrize(
    ("english", "vietnamese"),
    [
        ("commune", "xa"),
        ("communes", "xa"),
        ("digital transformation", "chuyen doi so"),
        ("transferred", "chuyen"),
        ("winning", "thang"),
        ("sued", "kien"),
        ("people's committee", "uy ban nhan dan"),
        ("russian", "nga"),
    ],
)
def test_words_and_their_forms(english: str, vietnamese: str) -> None:
    assert vietnamese in glossary.vietnamese(english)


def test_unknown_words_have_none() -> None:
    assert glossary.vietnamese("xylophone") == ()
    assert glossary.vietnamese("") == ()


def test_entries_are_lower_case_and_folded() -> None:
    table = glossary.english()
    assert len(table) > 1200
    for word in table:
        forms = glossary.vietnamese(word)
        assert word == word.lower().strip() and forms
        assert all(form == fold(form) and form.strip() for form in forms), word
        assert len(set(forms)) == len(forms), word


def test_phrases_are_found_longest_first() -> None:
    text = "the provincial people's committee issued it, digital transformations followed"
    found = glossary.english_phrases(text)
    assert [one.text for one in found] == ["provincial people's committee", "digital transformations"]
    assert all(text[one.start : one.end] == one.text for one in found)
    assert glossary.without_phrases(text).split() == ["the", "issued", "it,", "followed"]
    assert glossary.english_phrases("digital transformational") == []


def test_opposites_come_in_pairs_that_share_nothing() -> None:
    for left, right in glossary.opposites():
        assert left and right and not left & right


def test_the_table_is_not_read_before_it_is_needed() -> None:
    code = "from rag.ask import glossary; assert glossary.english.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", code], check=True)
