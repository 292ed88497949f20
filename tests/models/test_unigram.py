"""Word by word the same pieces as the library's own segmentation, whatever the words and the vocabulary."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from rag.models.static import Segmenter, StaticModel, bundled_path
from rag.models.unigram import Unfit, Words

# Few letters and words within words, so that pieces end in the middle of a word and ways are as good as each other.
VOCABULARY = [
    ("<unk>", -30.0),
    *((c, -9.0 - i / 8) for i, c in enumerate("▁abc")),
    *(("▁" + w, -3.0 - len(w) / 4) for w in ("a", "b", "ab", "abc", "ca", "bca")),
    *((w, -6.0) for w in ("ab", "bc", "ca")),
    ("▁a▁b", -4.5),
    ("▁ab▁ab", -5.0),
    ("▁ab▁ca", -6.5),
    ("▁abc▁a", -4.0),
    ("▁a▁b▁c", -8.0),
    ("▁ab▁ab▁ab", -7.0),
    ("▁ca▁bb▁a", -7.0),
]


# One for all examples: reading the vocabulary takes longer than they do.
SEGMENTERS: list[Segmenter] = []


@pytest.fixture(scope="module")
def library() -> Tokenizer:
    return Tokenizer(models.Unigram(VOCABULARY, unk_id=0))


def ids_of(tokenizer: Tokenizer, run: str) -> list[int]:
    return [token.id for token in tokenizer.model.tokenize(run)]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=8))
def test_runs_of_made_up_words_are_cut_as_the_library_cuts_them(words: list[str]) -> None:
    tokenizer = Tokenizer(models.Unigram(VOCABULARY, unk_id=0))
    run = "".join("▁" + w for w in words)
    assert Words(VOCABULARY, 0).ids(run) == ids_of(tokenizer, run)


def test_words_are_remembered_rightly_from_run_to_run(library: Tokenizer) -> None:
    words = Words(VOCABULARY, 0)
    runs = ["▁ab▁ab▁ab▁ab", "▁ab▁ca▁bb▁a", "▁abcz▁a", "▁a▁b▁c▁z", "▁abc▁ab▁abc▁a", "▁ab▁ab▁ab▁ab"]
    for run in runs * 2:
        assert words.ids(run) == ids_of(library, run)


TEXTS = [
    "Hà Tĩnh đã thành lập 133 tổ công nghệ số cộng đồng, gồm 59 tổ cấp xã và 74 tổ cấp thôn.",
    "Doanh thu thương mại điện tử của tỉnh đạt hơn 2.500 tỷ đồng, tăng 15% so với cùng kỳ năm 2023.",
    "the provincial people committee said on monday that one of the most common services is online",
    "uy ban nhan dan tinh ha tinh da ban hanh ke hoach chuyen doi so giai doan nam nam",
    "khoảng nghiêng nghiệp đổig chuyển đổiz zzyzx xúc tiến thương mạiên",
    "les élèves étudient à l'école; 漢字 かな ☃ café",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_bundled_model_cuts_texts_as_the_library_does(text: str) -> None:
    segmenter = StaticModel.load(bundled_path()).segmenter
    assert next(segmenter.ids([text])) == segmenter.tokenizer.encode(text, add_special_tokens=False).ids


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("aàbđ A19%.,\n-", max_size=40), max_size=4))
def test_texts_of_several_sentences_are_cut_as_the_library_does(texts: list[str]) -> None:
    """What stands between full stops is cut on its own and remembered; that changes nothing."""
    segmenter = StaticModel.load(bundled_path()).segmenter if not SEGMENTERS else SEGMENTERS[0]
    SEGMENTERS[:] = [segmenter]
    whole = " ".join(texts)
    for text in [*texts, whole, ". ".join(texts), "\n".join(texts), whole]:
        assert next(segmenter.ids([text])) == segmenter.tokenizer.encode(text, add_special_tokens=False).ids


def test_ordinary_texts_need_no_tokenizers_library() -> None:
    code = (
        "import sys; from rag.models.static import Segmenter, StaticModel, bundled_path as p; m = StaticModel.load(p());"
        "assert m.encode(['Hà Tĩnh có 59 tổ']).any(); assert 'tokenizers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("piece", ["a▁b", "▁a▁", "▁a▁▁b", "▁a▁b▁c▁d"])
def test_pieces_that_words_cannot_be_told_apart_by_are_refused(piece: str) -> None:
    with pytest.raises(Unfit):
        Words([*VOCABULARY, (piece, -5.0)], 0)
