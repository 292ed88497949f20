"""What fifteen further sets of questions showed: numbers of papers, plural "mấy", the present after a beginning, each side with its own
year, figures of another firm, unit or time."""

from __future__ import annotations

import pytest
from asking import asked
from hypothesis import given
from hypothesis import strategies as st

from rag import Index
from rag.ask import counted
from rag.ask.answer_types import wanted
from rag.ask.figure_fit import figures_in, units_asked
from rag.ask.followup import complete, refers
from rag.ask.mismatch import codes_of, earlier_than, mismatch, told
from rag.ask.name_fit import another_asked
from rag.ask.parts import split
from rag.ask.similar import Similar


@pytest.mark.parametrize(
    ("question", "language", "kind"),
    [
        ("What number is the honey board's resolution on tea?", "en", "decision"),
        ("Under what number did the district issue its tea plan?", "en", "decision"),
        ("what is the decision's number (the tea plan of Na Loc issued)?", "en", "decision"),
        ("And the number of the one that the district issued (decision on tea)?", "en", "decision"),
        ("What number of hives joined the plan?", "en", "number"),
        ("How many decisions were issued on tea?", "en", "number"),
        ("How much of Trần Văn Bưởi's honey is sold online?", "en", "percent"),
        ("The dryer cuts losses by up to how much?", "en", "number"),
        ("And how far does it cut losses?", "en", "number"),
        ("How far has the tea plan come?", "en", "other"),
        ("In tonnes, about how much did the honey come to?", "en", "number"),
        ("Where does the electricity for the dryer come from?", "en", "other"),
        ("Where does the honey shop sell online?", "en", "other"),
        ("Where is the honey shop?", "en", "place"),
        ("What does Ms Ổi earn monthly by selling honey?", "en", "amount"),
        ("Who is Tran Van Buoi in Na Loc?", "en", "role"),
        ("What does the tea of Costa Rica taste of?", "en", "other"),
        ("Mấy tổ dệt ở các bản lấy đoàn thể nào làm nòng cốt?", "vi", "organisation"),
        ("Ở Na Lộc mấy chợ nào bán mật ong?", "vi", "place"),
        ("Mấy chị nuôi ong một năm bán được bao nhiêu chai?", "vi", "number"),
        ("Na Lộc có mấy chợ?", "vi", "number"),
        ("Nhà ông Bưởi một năm kiếm được nhiêu?", "vi", "amount"),
        ("Na Lộc hiện nằm trong nhóm bao nhiêu huyện dẫn đầu về chè?", "vi", "rank"),
        ("Cái khó nhất của nghề ong nằm ở đâu?", "vi", "other"),
        ("Chợ mật ong nằm ở đâu?", "vi", "place"),
        ("Kế hoạch trồng chè ra đời ngày tháng năm nào?", "vi", "date"),
        ("Đỉnh Na Lộc cao chừng nào?", "vi", "number"),
    ],
)
def test_kinds(question: str, language: str, kind: str) -> None:
    assert wanted(question, language).kind == kind


@pytest.mark.parametrize(
    ("question", "focus"),
    [
        ("nông sản thì mấy thứ (Hà Tĩnh đưa sản phẩm lên sàn)?", "nông sản"),
        ("Trong số ấy có bao nhiêu là sản phẩm OCOP (Na Lộc)?", "sản phẩm ocop"),
        ("Giờ lên tới bao nhiêu rồi (mô hình ở xã)?", ""),
        ("Nông sản lên sàn của Na Lộc bao nhiêu?", "nông sản"),
    ],
)
def test_what_is_counted(question: str, focus: str) -> None:
    assert wanted(question, "vi").focus == focus


@pytest.mark.parametrize(
    ("question", "language", "parts"),
    [
        (
            "Hà Tĩnh năm 2021 và Hậu Giang năm 2024, tỉnh nào xếp hạng về chè khá hơn?",
            "vi",
            ("Hà Tĩnh năm 2021 xếp hạng về chè thứ mấy?", "Hậu Giang năm 2024 xếp hạng về chè thứ mấy?"),
        ),
        (
            "Hà Tĩnh (theo bài tháng 4) hay Hậu Giang có nhiều vườn chè hơn?",
            "vi",
            ("Hà Tĩnh (theo bài tháng 4) có bao nhiêu vườn chè?", "Hậu Giang có bao nhiêu vườn chè?"),
        ),
        (
            "Tại Hà Tĩnh, ngành chè hay ngành mật ong và sáp đạt tỷ lệ bán qua mạng cao hơn?",
            "vi",
            (
                "Tại Hà Tĩnh ngành chè đạt tỷ lệ bán qua mạng bao nhiêu?",
                "Tại Hà Tĩnh ngành mật ong và sáp đạt tỷ lệ bán qua mạng bao nhiêu?",
            ),
        ),
        (
            "Mô hình vườn mẫu của Hà Tĩnh tăng từ bao nhiêu xã, phường lúc thí điểm lên bao nhiêu hiện nay?",
            "vi",
            (
                "Mô hình vườn mẫu của Hà Tĩnh lúc thí điểm ban đầu có bao nhiêu xã, phường?",
                "Mô hình vườn mẫu của Hà Tĩnh đến nay có bao nhiêu xã, phường?",
            ),
        ),
        (
            "Khoản thu mỗi tháng của chị Trần Thị Ổi và khoản thu mỗi năm của HTX Ong Vàng lần lượt ở mức nào?",
            "vi",
            (
                "Khoản thu mỗi tháng của chị Trần Thị Ổi là bao nhiêu?",
                "khoản thu mỗi năm của HTX Ong Vàng là bao nhiêu?",
            ),
        ),
        (
            "Ha Tinh's tea department and its honey department: which one takes more files online?",
            "en",
            (
                "How many files online does Ha Tinh's tea department take?",
                "How many files online does Ha Tinh's honey department take?",
            ),
        ),
        (
            "Department of Tea and Honey or Department of Silk in Na Loc: which gets more of its files online?",
            "en",
            (
                "How many files online does Department of Tea and Honey get?",
                "How many files online does Department of Silk in Na Loc get?",
            ),
        ),
        (
            "Thanh Hoa in early 2024 or Ha Tinh in late 2024: where do more shops use the app?",
            "en",
            ("How many shops use the app in Thanh Hoa in early 2024?", "How many shops use the app in Ha Tinh in late 2024?"),
        ),
        (
            "How is the drying at Ong Vang different from what Tran Van Buoi has in his shed?",
            "en",
            ("What is the drying at Ong Vang?", "What is the drying Tran Van Buoi has in his shed?"),
        ),
        (
            "What was Hau Giang's tea rank for 2021, and what share of its economy is tea?",
            "en",
            ("What was Hau Giang's tea rank for 2021?", "what share of its economy is tea (Hau Giang's tea rank)?"),
        ),
        (
            "Who runs Thanh Hoa's tea department, and what does he see as the hardest part?",
            "en",
            (
                "Who runs Thanh Hoa's tea department?",
                "what does he see as the hardest part (runs Thanh Hoa's tea department)?",
            ),
        ),
        (
            "How do the tea grower and the honey cooperative differ in the digital tools they use?",
            "en",
            (
                "What digital tools does the tea grower use?",
                "What digital tools does the honey cooperative use?",
            ),
        ),
        (
            "Cho hỏi phó giám đốc Hợp tác xã Na Lộc tên gì, còn bác Bưởi nuôi ong ở huyện nào?",
            "vi",
            ("phó giám đốc Hợp tác xã Na Lộc tên gì?", "bác Bưởi nuôi ong ở huyện nào (Na Lộc)?"),
        ),
    ],
)  # fmt: skip
def test_parts(question: str, language: str, parts: tuple[str, ...]) -> None:
    assert split(question, language) == parts


@pytest.mark.parametrize(
    ("history", "question", "whole"),
    [
        (
            [("Lúc đầu Na Lộc thí điểm vườn mẫu ở mấy xã?", "5 xã.")],
            "Giờ lên tới bao nhiêu rồi?",
            "Giờ lên tới bao nhiêu rồi (Na Lộc vườn mẫu ở xã)?",
        ),
        (
            [("When did Na Loc issue its tea plan?", "Quyết định số 12/QĐ-UBND ngày 1/2/2020.")],
            "What's the number of that decision?",
            "What's the number of that decision (Na Loc issue its tea plan)?",
        ),
        (
            [("Cấp tỉnh có bao nhiêu thủ tục làm qua mạng?", "12 thủ tục.")],
            "Ở cấp huyện, con số tương ứng là bao nhiêu?",
            "cấp huyện có bao nhiêu thủ tục làm qua mạng?",
        ),
        (
            [("Tổ dệt bán được bao nhiêu tấm?", "360 tấm.")],
            "Nếu quy ra khối lượng thì tương đương bao nhiêu?",
            "Nếu quy ra khối lượng thì tương đương bao nhiêu (Tổ dệt bán được tấm)?",
        ),
        (
            [("HTX Ong Vàng ở huyện nào của Hà Tĩnh?", "Huyện Na Lộc.")],
            "Giám đốc ở đó là ai?",
            "Giám đốc ở HTX Ong Vàng là ai?",
        ),
    ],
)
def test_followups(history: list[tuple[str, str]], question: str, whole: str) -> None:
    assert complete(question, history) == whole


def test_a_question_of_the_present_or_of_that_figure_refers_back() -> None:
    assert refers("Giờ lên tới bao nhiêu rồi?") and refers("By how much had that figure grown?")
    assert not refers("Hà Tĩnh có bao nhiêu chợ?")


def test_compounds_are_no_codes() -> None:
    assert codes_of("the 3-no model of the 14th-term board, a 250-billion-dong plan") == []
    assert codes_of("máy PB-204 và biển 38C-045.12") == ["PB-204", "38C-045.12"]


@given(st.integers(1, 99), st.text("abcdefghij", min_size=1, max_size=9))
def test_a_number_and_a_small_word_are_never_a_code(number: int, word: str) -> None:
    assert codes_of(f"the {number}-{word} model") == []


def _fault(question: str, sentence: str, before: str = "") -> str:
    return mismatch(asked(question), sentence, before, "", f"{before} {sentence}")


def test_another_cooperative_or_council_cannot_answer() -> None:
    sentence = "Ông Trần Văn Bưởi, Giám đốc HTX Ong Vàng, cho biết hợp tác xã có 12 thành viên."
    assert _fault("HTX Chè Xanh có bao nhiêu thành viên?", sentence) == "another body"
    assert _fault("HTX Ong Vàng có bao nhiêu thành viên?", sentence) == ""
    chairman = "Ông Trần Văn Bưởi, Chủ tịch UBND huyện, dự buổi khai trương."
    assert _fault("Ai là Chủ tịch HĐND huyện?", chairman) in ("another body", "another code")
    assert _fault("Ai là Chủ tịch UBND huyện?", chairman) == ""


def test_the_adult_population_is_no_population() -> None:
    sentence = "Khoảng 3.000 người cài ứng dụng, gần 70% người trưởng thành."
    assert _fault("What share of the adult population has installed the app?", sentence) == ""
    assert _fault("What is the population of the commune?", sentence.replace("dân", "")) == "another quantity"


def test_digital_citizens_are_no_population() -> None:
    assert _fault("Dân số của huyện là bao nhiêu?", "Huyện có App công dân số Na Lộc-S.") == "another quantity"
    assert _fault("Ứng dụng công dân số của huyện tên gì?", "Huyện có App công dân số Na Lộc-S.") == ""


def test_a_year_long_before_the_document_is_not_told_by_it() -> None:
    question = asked("Năm 2015 chè chiếm bao nhiêu phần trăm?")
    assert earlier_than(question, "Chè chiếm 22,7%.", "Chè chiếm 22,7%.", "2023-01-25")
    assert not earlier_than(question, "Chè chiếm 22,7% năm 2015.", "", "2023-01-25")
    assert not earlier_than(asked("Năm 2022 chè chiếm bao nhiêu phần trăm?"), "Chè chiếm 22,7%.", "", "2023-01-25")
    assert not earlier_than(question, "Chè chiếm 22,7%.", "", None)


def test_a_figure_of_another_firm_is_not_told() -> None:
    sentence = "HTX thu về hơn 6 tỷ đồng mỗi năm."
    assert not told(asked("Công ty sợi tơ xứ Lộc mỗi năm thu bao nhiêu tiền?"), sentence, sentence, sentence, " x ")
    near = f"Công ty sợi tơ xứ Lộc làm ăn tốt. {sentence}"
    assert told(asked("Công ty sợi tơ xứ Lộc mỗi năm thu bao nhiêu tiền?"), sentence, near, near, " x ")


def test_units_of_administration_are_counted_by_their_own_name() -> None:
    def best(question: str, text: str) -> float:
        return max(f.fit for f in figures_in(asked(question), text))

    assert best("Xã Na Lộc có bao nhiêu thôn?", "Có 133 tổ cộng đồng cấp thôn.") < 0.5
    assert best("Xã Na Lộc có bao nhiêu thôn?", "Xã có 12 thôn.") >= 0.9
    assert best("Xã Na Lộc có bao nhiêu hộ dân?", "Khoảng 3.000 người dân đã cài.") < 0.5


def test_figures_of_names_are_no_counts() -> None:
    found = figures_in(asked("Bánh bán bao nhiêu một chiếc?"), "Bánh của nhà ông Bưởi ở thôn Na Lộc 2 được 3 sao.")
    assert "2" not in [f.text for f in found]


def test_units_that_answers_must_have() -> None:
    ages, areas = units_asked(asked("Chị Ổi bao nhiêu tuổi?")), units_asked(asked("Vườn chè rộng bao nhiêu?"))
    assert ages and ages.match("52 tuổi", 2) and not ages.match("52 chai", 2)
    assert areas and areas.match("3 ha", 1) and areas.match("37 kilômét vuông", 2)
    assert units_asked(asked("And how far does it cut losses?")) is None


def test_shares_and_weights_are_no_other_count(bundled_similar: Similar) -> None:
    question = asked("Có bao nhiêu trường thu phí qua mạng?")
    assert counted.another(question, ["có 7.112 đơn vị đăng ký; 100% các trường thu phí qua mạng"], bundled_similar)
    assert not counted.another(asked("Mỏ có bao nhiêu quặng?"), ["trữ lượng 1 tỷ tấn"], bundled_similar)


@pytest.fixture(scope="module")
def bundled_similar(tmp_path_factory: pytest.TempPathFactory) -> Similar:
    return Similar(Index.create(tmp_path_factory.mktemp("similar") / "index").embedder)


def test_another_place_than_the_one_named() -> None:
    assert another_asked(asked("Which other province besides Ha Tinh sells tea?"))
    assert not another_asked(asked("Which province sells tea?"))
