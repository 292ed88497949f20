"""Parts of the training: text variants, counts, alignment, packing, losses, figures."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.models.static import Segmenter
from rag.training import augment, corpus, dictionary, evaluate, negatives, vocabulary
from rag.training.kinds import Kind
from rag.training.ragged import Encoder, Ragged

rows = st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=9), min_size=1, max_size=12)


# ---- text variants


@pytest.mark.parametrize(
    ("text", "want"),
    [("Đường Thủy", "Duong Thuy"), ("Hà Tĩnh 2023", "Ha Tinh 2023"), ("plain", "plain"), ("ĐẮK LẮK", "DAK LAK")],
)
def test_fold(text, want):
    assert augment.fold(text) == want


class Always(random.Random):
    def random(self):
        return 0.0


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("hòa", "hoà"),
        ("hoà", "hòa"),
        ("khỏe", "khoẻ"),
        ("thúy", "thuý"),
        ("Thuỷ", "Thủy"),
        ("hoàn", "hoàn"),
        ("quý", "quý"),
    ],
)
def test_respell_moves_the_tone_mark_of_open_syllables_only(text, want):
    assert augment.respell(text, Always()) == want


def test_respell_swaps_y_and_i_after_some_consonants():
    assert augment.respell("kỹ sư, lý do, bác sĩ, y tế, đi", Always()) == "kĩ sư, lí do, bác sỹ, y tế, đi"


def test_abbreviations_go_both_ways_on_word_borders():
    table = augment.Abbreviator((("UBND", "Ủy ban nhân dân"), ("CĐS", "chuyển đổi số")))
    assert table.swap("Ủy ban nhân dân tỉnh và chuyển đổi số", Always()) == "UBND tỉnh và CĐS"
    assert table.swap("CĐS ở xã", Always()) == "chuyển đổi số ở xã"
    assert table.swap("CĐSX", Always()) == "CĐSX"
    assert augment.Abbreviator(()).swap("CĐS", Always()) == "CĐS"


@given(st.text("abc đê ộ .", min_size=1, max_size=120), st.integers(0, 99), st.booleans())
def test_a_made_question_keeps_words_of_its_sentence_in_order(sentence, seed, english):
    asked = augment.ask(sentence, random.Random(seed), english)
    assert asked.endswith("?")
    words = iter(sentence.split())
    frame = set(" ".join((*augment.VI_LEADS, *augment.VI_TAILS, *augment.EN_LEADS)).replace(",", "").split())
    for word in asked.rstrip("?").split():
        bare = word.strip(".,;:!? ")
        if bare and bare not in frame:
            assert any(w.strip(".,;:!? ") == bare for w in words)


# ---- vocabulary


@pytest.fixture(scope="module")
def tokenizer():
    text = ["chuyển đổi số ở hà tĩnh", "hà tĩnh có 216 xã, phường", "mưa ở xã", "đổi mưa có số"]
    return vocabulary.build(text * 30, ["chuyen doi so o ha tinh"] * 30)


def test_frequent_runs_become_one_piece_and_rare_words_fall_apart(tokenizer):
    assert "▁hà▁tĩnh" in tokenizer.encode("Hà Tĩnh").tokens
    assert len(tokenizer.encode("xãxã").ids) > 1
    assert 0 not in tokenizer.encode("tĩnhhà 612").ids


def test_superwords_never_span_punctuation_or_digits(tokenizer):
    assert "▁hà▁tĩnh" not in tokenizer.encode("Hà, Tĩnh").tokens
    assert tokenizer.encode("a, (b)!").tokens == tokenizer.encode("a b").tokens


@given(st.text(max_size=80) | st.text("aáàbhHàTĩnh đ12%.,_- \n²ªİΣ½̀́🎉中", max_size=60))
@settings(deadline=None)
def test_the_fast_path_gives_the_tokenizers_own_ids(text):
    built = _shared()
    assert next(iter(Segmenter(built).ids([text]))) == built.encode(text).ids


def _shared(cache=[]):  # noqa: B006 one tokenizer for all examples
    if not cache:
        cache.append(vocabulary.build(["chuyển đổi số ở hà tĩnh 12 %", "abc đ á à"] * 30, []))
    return cache[0]


# ---- packing


@given(rows, st.randoms())
def test_ragged_take_is_indexing(data, rng):
    packed = Ragged.of(data)
    order = np.array([rng.randrange(len(data)) for _ in range(7)])
    taken = packed.take(order, 4)
    assert [r.tolist() for r in (taken[i] for i in range(7))] == [data[i][:4] for i in order]
    padded, mask = taken.padded()
    assert [r[m].tolist() for r, m in zip(padded, mask, strict=True)] == [data[i][:4] for i in order]


def test_the_encoder_remembers_and_cuts(tokenizer):
    encoder = Encoder(tokenizer, most=2)
    texts = ["hà tĩnh có 216 xã", "", "hà tĩnh có 216 xã"]
    first, again = encoder(texts, remember=True), encoder(texts)
    assert first.flat.tolist() == again.flat.tolist()
    assert first[0].tolist() == tokenizer.encode(texts[0]).ids[:2] and first[1].tolist() == [0]


# ---- dictionary


def test_words_that_translate_each_other_are_found():
    rng = np.random.default_rng(0)
    english = [rng.choice(20, 5, replace=False).tolist() for _ in range(400)]
    vietnamese = [rng.permutation([w + 100 for w in e]).tolist() for e in english]
    found = dictionary.mine(Ragged.of(english), Ragged.of(vietnamese), 200, least=0.5)
    assert dict(zip(found.english.tolist(), found.vietnamese.tolist(), strict=True)) == {w: w + 100 for w in range(20)}
    assert found.translations()[103][0] == [3]


# ---- losses


def test_late_scores_equal_the_formula():
    torch = pytest.importorskip("torch")
    from rag.training import maxsim
    from rag.training.contrastive import gather

    table = torch.from_numpy(np.random.default_rng(1).normal(size=(30, 8)).astype(np.float32))
    left, right = Ragged.of([[1, 2, 2], [3], [4, 5, 6, 7]]), Ragged.of([[1, 9, 3], [10], [11, 12, 13, 4, 5]])
    _, vectors, (a, b) = gather(table, left, right)
    got = maxsim.late_scores(vectors, left, a, right, b).detach().numpy()
    array = table.numpy()
    norms = np.linalg.norm(array, axis=1)
    unit = array / norms[:, None]
    for i in range(3):
        for j in range(3):
            best = (unit[left[i]] @ unit[right[j]].T).max(axis=1).clip(0)
            assert got[i, j] == pytest.approx((norms[left[i]] * best).sum() / norms[left[i]].sum(), abs=1e-5)


def test_row_adam_is_sparse_adam():
    torch = pytest.importorskip("torch")
    from rag.training.contrastive import RowAdam

    start = torch.from_numpy(np.random.default_rng(2).normal(size=(6, 4)).astype(np.float32))
    ours, theirs = start.clone(), torch.nn.Parameter(start.clone())
    adam, reference = RowAdam(ours), torch.optim.SparseAdam([theirs], lr=0.1)
    for rows_ in ([0, 2], [2, 5], [1, 2]):
        grad = torch.full((2, 4), 0.3) * torch.tensor([[1.0], [-2.0]])
        theirs.grad = torch.sparse_coo_tensor(torch.tensor([rows_]), grad, (6, 4))
        reference.step()
        adam.step(torch.tensor(rows_), grad, 0.1)
    np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), atol=1e-5)


def test_training_pulls_pairs_together():
    torch = pytest.importorskip("torch")
    from rag.training import contrastive, maxsim

    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    words = [rng.choice(40, 4).tolist() for _ in range(256)]
    kind = Kind("toy", Ragged.of(words), Ragged.of([[w + 40 for w in r] for r in words]), batch=64)
    table = torch.randn(80, 16) * 0.1

    def right():
        scorer = evaluate.Scorer(table.numpy(), None)
        return np.mean((scorer.embed(kind.left) @ scorer.embed(kind.right).T).argmax(1) == np.arange(256))

    before = right()
    contrastive.train(table, iter([[kind]] * 10), 10, rng, lr=2e-2)
    after = right()
    maxsim.train(table, [(kind, rng.permutation(256)[:48]) for _ in range(20)])
    assert before < 0.1 and after > 0.7 and right() > 0.7


# ---- hard batches


def hard_kind():
    # rows 2i and 2i + 1 share a word: each is the other's hard negative
    return Kind("toy", Ragged.of([[i] for i in range(40)]), Ragged.of([[i, 100 + i // 2] for i in range(40)]))


def test_neighbours_by_terms_and_by_model():
    kind, every = hard_kind(), np.arange(40)
    table = np.zeros((200, 40), np.float32)
    table[np.arange(40), np.arange(40)] = 1
    table[np.arange(40), np.arange(40) ^ 1] = 0.5
    near = negatives.by_model(kind, table, None, every, 1)[:, 0]
    assert (near == every ^ 1).all()
    asked = Kind("toy", Ragged.of([[i, 100 + i // 2] for i in range(40)]), kind.right)
    assert (negatives.by_terms(asked, every, 1)[:, 0] == every ^ 1).all()
    batches = negatives.hard_batches(kind, table, None, 3, 12, np.random.default_rng(0), terms=True)
    assert len(batches) == 3
    for _, chosen in batches:
        assert len(set(chosen.tolist())) == len(chosen) <= 12


# ---- figures


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "set-vi" / "qrels").mkdir(parents=True)
    passages = ["Hà Tĩnh có 216 xã. Trời mưa to ở miền núi.", "Nghệ An có 460 xã phường.", "Chuyển đổi số ở xã."]
    lines = [json.dumps({"_id": f"d{i}", "title": "", "text": t}) for i, t in enumerate(passages)]
    (tmp_path / "set-vi" / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    asked = [
        {"_id": "q0", "text": "Hà Tĩnh có bao nhiêu xã?"},
        {"_id": "q1", "text": "chuyển đổi số"},
        {"_id": "q2", "text": "không"},
    ]
    (tmp_path / "set-vi" / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    (tmp_path / "set-vi" / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq0\td0\t1\nq1\td2\t1\nq2\td1\t0\n"
    )
    return tmp_path / "set-vi"


def test_a_trial_is_read_and_scored(folder, tokenizer):
    trial = evaluate.read(folder)
    assert len(trial.passages) == 3 and sorted(trial.gold) == [(0,), (2,)]
    table = np.random.default_rng(0).normal(size=(tokenizer.get_vocab_size(), 64)).astype(np.float32)
    results = evaluate.evaluate(table, tokenizer, [trial])
    assert set(results) == {"set-vi", "set-vi folded"}
    assert results["set-vi"]["bm25"] == (1.0, 1.0) and results["set-vi folded"]["bm25"] == (1.0, 1.0)
    assert results["set-vi"]["all"] == (1.0, 1.0)
    assert "set-vi folded" in evaluate.table(results)


def test_figures_of_known_ranks():
    trial = evaluate.Trial("t", ("a", "b"), ("x", "y", "z"), ((0,), (1, 2)))
    scores = np.array([[1.0, 3.0, 2.0], [5.0, 1.0, 4.0]], np.float32)
    recall, ndcg = evaluate.figures(scores, trial)
    assert recall == 0.0 and ndcg == pytest.approx((1 / np.log2(4) + 1 / np.log2(3)) / 2)


def test_bm25_by_hand():
    lexical = evaluate.Lexical(["mưa", "mưa nắng", "gió"])
    idf = np.log1p((3 - 2 + 0.5) / 2.5)
    length = 1 / (5 / 3)  # terms: 1, 3 (with the bigram), 1
    assert lexical.scores(["mua"])[0, 0] == pytest.approx(idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * length)), rel=1e-5)
    assert lexical.scores(["mua"])[0, 2] == 0 and not lexical.scores(["xyz"]).any()


def test_sentences_and_heads():
    assert corpus.sentences("Một câu đủ dài để giữ lại. Ngắn. Một câu nữa cũng đủ dài!") == [
        "Một câu đủ dài để giữ lại.",
        "Một câu nữa cũng đủ dài!",
    ]
    assert corpus.sentences("Ngắn.") == ["Ngắn."]
    assert corpus.head("a b  c d", 3) == "a b c"


def test_the_closed_form_of_the_loss_is_cross_entropy_and_its_gradient():
    torch = pytest.importorskip("torch")
    from torch.nn.functional import cross_entropy, normalize

    from rag.training.contrastive import info_nce

    torch.manual_seed(0)
    left, right = (normalize(torch.randn(9, 5), dim=1).requires_grad_(True) for _ in range(2))
    scores = left @ right.T / 0.05
    want = (cross_entropy(scores, torch.arange(9)) + cross_entropy(scores.T, torch.arange(9))) / 2
    want.backward()
    loss, (a, b) = info_nce(left.detach(), right.detach(), 0.05)
    assert loss == pytest.approx(want.item(), rel=1e-5)
    np.testing.assert_allclose(a.numpy(), left.grad.numpy(), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(b.numpy(), right.grad.numpy(), rtol=1e-3, atol=1e-6)
