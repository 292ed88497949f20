"""Questions as plain users put them: what they tell of themselves, before or after, from how many to how many, names lined up, goals."""

from __future__ import annotations

import pytest
from asking import asked
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Document, Index, Rag
from rag.ask.answer_types import wanted
from rag.ask.courtesy import bare
from rag.ask.figure_fit import figures_in
from rag.ask.followup import complete, of_what_was_said, topic_of
from rag.ask.listed import enumerations, lined_up
from rag.ask.mismatch import told
from rag.ask.pairs_set import set_ways
from rag.ask.parts import split
from rag.ask.query import is_small_talk, understand
from rag.ask.short import candidates, pick
from rag.text.dates import find_dates
from rag.text.language import detect
from rag.text.names import find_names
from rag.text.normalise import fold


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("Cháu là sinh viên làm tiểu luận: chợ Na Lộc có mấy hộ bán?", "chợ Na Lộc có mấy hộ bán?"),
        ("Cần số liệu quý 1/2024: bao nhiêu hộ bán ở chợ?", "quý 1/2024: bao nhiêu hộ bán ở chợ?"),
        ("Tôi ở Hà Tĩnh, chợ nào đông nhất?", "Tôi ở Hà Tĩnh, chợ nào đông nhất?"),
        ("Ký ngày nào bạn nhỉ?", "Ký ngày nào?"),
    ],
)
def test_what_askers_tell_of_themselves(question: str, left: str) -> None:
    assert bare(question, "vi") == left


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("Reporter here: which ministry keeps the bees?", "which ministry keeps the bees?"),
        ("For my school report, how many hives are there?", "how many hives are there?"),
        ("pls tell me the two honey markets of Na Loc", "the two honey markets of Na Loc"),
        (
            "I'm writing about Ha Tinh, how many hives are there?",
            "I'm writing about Ha Tinh, how many hives are there?",
        ),
    ],
)
def test_what_english_askers_tell_of_themselves(question: str, left: str) -> None:
    assert bare(question, "en") == left


@pytest.mark.parametrize(
    ("question", "language", "kind"),
    [
        ("Sao chị Ổi lại phải bán chè qua mạng nhỉ?", "vi", "reason"),
        ("Lấy điện ở đâu mà chạy mấy thứ đó?", "vi", "place"),
        ("Năm 2024 chợ chè mang về bao nhiêu doanh thu?", "vi", "amount"),
        ("Bánh gai bán bao nhiêu một chiếc?", "vi", "amount"),
        ("Công an xã làm việc dựa vào cơ sở dữ liệu nào?", "vi", "other"),
        ("Kể giúp mình mấy nền tảng số của xã", "vi", "list"),
        ("Lực lượng chính trong các tổ là ai?", "vi", "other"),
        ("Hậu Giang đứng vị trí nào trong vùng?", "vi", "rank"),
        ("so nao cua ha tinh nhan ho so nhieu nhat?", "vi-folded", "organisation"),
        ("Which national day does the commune celebrate?", "en", "other"),
        ("Which cashless market model is used there?", "en", "other"),
        ("Who forms the core of the tea teams?", "en", "other"),
        ("How old is Mr Bay of the Gia Phuc cooperative?", "en", "number"),
        ("How much tea revenue was expected in 2024?", "en", "amount"),
        ("What can a patient show when seeing who comes?", "en", "other"),
        ("Where did Hau Giang come?", "en", "rank"),
    ],
)
def test_what_is_wanted(question: str, language: str, kind: str) -> None:
    assert wanted(question, language).kind == kind


def test_what_is_counted_stands_elsewhere() -> None:
    assert wanted("Thủ tục cấp xã ở Na Lộc thì có mấy cái?", "vi").focus == "thủ tục"
    assert wanted("Of the goods put on the market, how many are OCOP?", "en").focus == "ocop"
    assert wanted("Traceability stamps in Na Loc, how many were stuck on?", "en").focus == "traceability stamps"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Hàng OCOP trên chợ mạng: Hậu Giang mấy sản phẩm, Thanh Hóa mấy sản phẩm, ai hơn?",
            ("Hàng OCOP trên chợ mạng: Hậu Giang mấy sản phẩm?", "Hàng OCOP trên chợ mạng: Thanh Hóa mấy sản phẩm?"),
        ),
        (
            "Kế hoạch trồng chè của Thanh Hóa ra trước hay sau Nghị quyết 05 của Hà Tĩnh?",
            ("Kế hoạch trồng chè của Thanh Hóa ban hành ngày nào?", "Nghị quyết 05 của Hà Tĩnh ban hành ngày nào?"),
        ),
        (
            "So với lúc mới thí điểm, mô hình chợ số ở Thanh Hóa đã mở rộng từ bao nhiêu lên bao nhiêu xã, phường?",
            (
                "mô hình chợ số ở Thanh Hóa lúc thí điểm ban đầu có bao nhiêu xã, phường?",
                "mô hình chợ số ở Thanh Hóa đến nay có bao nhiêu xã, phường?",
            ),
        ),
        (
            "Mục tiêu số xưởng chè năm 2030 so với năm 2025 tăng từ bao nhiêu lên bao nhiêu?",
            ("Mục tiêu số xưởng chè năm 2025 là bao nhiêu?", "Mục tiêu số xưởng chè năm 2030 là bao nhiêu?"),
        ),
        (
            "Thanh Hóa có bao nhiêu xã, so với số xã đã mở chợ số thì sao?",
            ("Thanh Hóa có bao nhiêu xã?", "số xã đã mở chợ số là bao nhiêu?"),
        ),
        (
            "Ông Trần Văn Bưởi và bà Lê Thị Mận, ai làm ở tỉnh, chức vụ mỗi người là gì?",
            ("Ông Trần Văn Bưởi giữ chức vụ gì?", "bà Lê Thị Mận giữ chức vụ gì?"),
        ),
        (
            "Ba trụ cột của Hà Tĩnh và Hậu Giang có giống nhau không?",
            ("Ba trụ cột của Hà Tĩnh gồm những gì?", "Ba trụ cột của Hậu Giang gồm những gì?"),
        ),
        (
            "Xã Na Lộc (Hà Tĩnh) với xã Cẩm Mít (Thanh Hóa), chủ tịch mỗi xã là ai?",
            ("Xã Na Lộc (Hà Tĩnh), chủ tịch là ai?", "xã Cẩm Mít (Thanh Hóa), chủ tịch là ai?"),
        ),
        (
            "Chị Mận và chị Bưởi ở Na Lộc bán mặt hàng khác nhau như thế nào trên mạng?",
            ("Chị Mận bán mặt hàng gì trên mạng?", "chị Bưởi ở Na Lộc bán mặt hàng gì trên mạng?"),
        ),
        (
            "Sở Công Thương Hà Tĩnh nhận được mấy phần trăm hồ sơ, và Hậu Giang có bao nhiêu lượt cài?",
            ("Sở Công Thương Hà Tĩnh nhận được mấy phần trăm hồ sơ?", "Hậu Giang có bao nhiêu lượt cài?"),
        ),
        (
            "Hậu Giang đứng thứ mấy cả nước, và đứng vị trí nào trong vùng?",
            ("Hậu Giang đứng thứ mấy cả nước?", "Hậu Giang đứng vị trí nào trong vùng?"),
        ),
        (
            "Thanh Hóa mở chợ “3 không” từ năm nào, và hiện có bao nhiêu xã áp dụng?",
            ("Thanh Hóa mở chợ “3 không” từ năm nào?", "hiện có bao nhiêu xã áp dụng (Thanh Hóa, “3 không”)?"),
        ),
        (
            "Name the head of the tea board, and say which commune Trần Thị Mận is from.",
            ("What is the name of the head of the tea board?", "which commune Trần Thị Mận is from?"),
        ),
    ],
)
def test_taken_apart(question: str, parts: tuple[str, ...]) -> None:
    assert split(question, understand(question).language) == parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("At the tea plant, what do the robots do versus the workers?", ("At the tea plant, what do the robots do?", "At the tea plant, what do the workers do?")),
        ("Did more people install the tea app or the honey app in Na Loc?", ("How many people install the tea app?", "How many people install the honey app in Na Loc?")),
        ("Are Na Loc and Cam Mit communes in the same district of Ha Tinh?", ("Which district of Ha Tinh does Na Loc commune belong to?", "Which district of Ha Tinh does Cam Mit commune belong to?")),
        ("Do Le Van Bay and Tran Thi Mai work in the same office?", ("Which office does Le Van Bay work in?", "Which office does Tran Thi Mai work in?")),
        ("Do Na Loc and Cam Mit communes have the same chairman, or a different one each?", ("Who is the chairman of Na Loc commune?", "Who is the chairman of Cam Mit commune?")),
        ("What is the difference between the posts held by Le Van Bay and Tran Thi Mai in Ha Tinh?", ("What position does Le Van Bay hold in Ha Tinh?", "What position does Tran Thi Mai hold in Ha Tinh?")),
        ("Which body issued the tea plan in Ha Tinh, and was it the same in Hau Giang?", ("Which body issued the tea plan in Ha Tinh?", "Which body issued the tea plan in Hau Giang?")),
        ("How does the signing rate in Na Loc compare with the card uptake in Cam Mit?", ("What percentage is the signing rate in Na Loc?", "What percentage is the card uptake in Cam Mit?")),
        ("Did more firms get help, or did more households get loans?", ("How many firms get help?", "How many households get loans?")),
        ("Resolution 05 and Decision 424: which body issued which?", ("which body issued Resolution 05?", "which body issued Decision 424?")),
    ],
)  # fmt: skip
def test_set_english_ways(question: str, parts: tuple[str, ...]) -> None:
    assert set_ways(question) == parts


def test_an_amount_against_something_else_is_left_to_the_finder() -> None:
    assert set_ways("How does the signing rate in Na Loc compare with Cam Mit?") == ()
    assert understand("How does the signing rate in Na Loc compare with Cam Mit?").parts


WORDS = "how does compare with to versus the a in of or and each which what more did do are same Na Loc Cam Mit rate app people tea , : ?".split()


@given(st.lists(st.sampled_from(WORDS), max_size=14))
@settings(max_examples=400, deadline=None)
def test_any_english_words_are_taken_apart_without_a_fault(words: list[str]) -> None:
    question = " ".join(words)
    set_ways(question)
    assert split(question, "en")


VIETNAMESE = "số chợ xã Na Lộc Cẩm Mít so với hay và bao nhiêu từ lên mấy nào hơn trước sau ai là ông Bảy chị Ổi khác nhau thế nào hai , ? : năm 2025 2030 mỗi".split()


@given(st.lists(st.sampled_from(VIETNAMESE), max_size=16), st.booleans())
@settings(max_examples=400, deadline=None)
def test_any_vietnamese_words_are_taken_apart_without_a_fault(words: list[str], folded: bool) -> None:
    question = fold(" ".join(words)) if folded else " ".join(words)
    assert split(question, "vi-folded" if folded else "vi")
    complete(question, [(" ".join(reversed(words)) or "x", "Ông Bảy, 12 xã.")])


@pytest.mark.parametrize(
    ("question", "before", "answer", "whole"),
    [
        ("Thứ hai và thứ ba là gì?", "Ông Bảy khuyên xã lo gì đầu tiên?", "Nhận thức.", "Ông Bảy khuyên xã lo gì Thứ hai và thứ ba?"),
        ("Còn nghị quyết số 25?", "Nghị quyết số 02 về trồng chè của Na Lộc do ai ban hành?", "Đảng bộ", "nghị quyết số 25 của Na Lộc do ai ban hành?"),
        ("Ký ngày nào?", "Quyết định 1656 của Hà Tĩnh là về cái gì?", "Thủ tục", "Ký ngày nào (Quyết định 1656 của Hà Tĩnh)?"),
        ("Có từ khi nào?", "Hậu Giang có nghị quyết nào về trồng chè?", "Nghị quyết 02", "Có từ khi nào (Hậu Giang có về trồng chè)?"),
        ("And the goal for 2025?", "Where is Thanh Hoa in the tea ranking?", "Top 15", "What is the goal for 2025 (Thanh Hoa in the tea ranking)?"),
        ("Ai cho biết chuyện này?", "Khẩu hiệu của Ngày Chè ở Hà Tĩnh là gì?", "Uống chè", "Ai cho biết chuyện này (Khẩu hiệu của Ngày Chè ở Hà Tĩnh: Uống chè)?"),
    ],
)  # fmt: skip
def test_followups(question: str, before: str, answer: str, whole: str) -> None:
    assert complete(question, [(before, answer)]) == whole


def test_what_was_said_before() -> None:
    assert of_what_was_said("Ai cho biết chuyện này?") and of_what_was_said("What share of that was sold online?")
    assert not of_what_was_said("Xã có mấy chợ?") and not of_what_was_said("What is that?")
    assert topic_of("Chị Mận bán gì ở chợ?") == "Chị Mận bán ở chợ"


def test_periods_without_the_word_year() -> None:
    for text in ("6 tháng đầu 2024", "nửa đầu 2024", "H1 2024", "6 tháng đầu năm 2024"):
        assert [(d.first, d.last) for d in find_dates(text)] == [("2024-01-01", "2024-06-30")], text
    assert find_dates("6 tháng đầu 2.024 hộ vay vốn")[0].first == "--01-01"


@given(st.integers(1900, 2100), st.sampled_from(["6 tháng đầu ", "nửa đầu ", "H1 "]))
def test_first_halves_of_any_year(year: int, words: str) -> None:
    found = find_dates(f"{words}{year}")
    assert (found[0].first, found[0].last) == (f"{year}-01-01", f"{year}-06-30")


def test_periods_and_days_are_told_apart() -> None:
    text = "Nghị quyết ban hành ngày 2/3/2021 cho giai đoạn 2021-2025, định hướng đến năm 2030."
    best = {
        q: max(candidates(asked(q), text), key=lambda f: f.fit).text
        for q in ("Cho giai đoạn nào?", "Ban hành ngày nào?")
    }
    assert best == {"Cho giai đoạn nào?": "giai đoạn 2021-2025", "Ban hành ngày nào?": "ngày 2/3/2021"}
    until = candidates(asked("Đề án kéo dài đến năm nào?"), "Từ năm 2025 có nền tảng; đề án đến năm 2030 đã xong.")
    assert max(until, key=lambda f: f.fit).text == "năm 2030"


def test_a_day_of_another_paper_is_none() -> None:
    question = asked("Nghị quyết số 25 ban hành ngày nào?")
    other = "Ngày 2/3/2020, tỉnh ban hành Nghị quyết số 02 về chè."
    assert not told(question, other, other, other, f" {other} ")
    mine = other.replace("số 02", "số 25")
    assert told(question, mine, mine, mine, f" {mine} ")


def test_names_lined_up_are_given_together() -> None:
    text = "Mứt chè đi khắp Hà Nội, Đà Nẵng, TP Hồ Chí Minh."
    found = pick(asked("Mứt chè bán tới những thành phố nào?"), text)
    assert [f.text for f, _ in found] == ["Hà Nội", "Đà Nẵng", "TP Hồ Chí Minh"]
    assert [i.text for i in lined_up(text, found[0][0])] == ["Hà Nội", "Đà Nẵng", "TP Hồ Chí Minh"]


@given(st.text(alphabet="AÁbc, .“”và", max_size=60))
@settings(deadline=None)
def test_what_is_lined_up_holds_the_name(text: str) -> None:
    for run in enumerations(text):
        for item in run:
            assert any(i.start <= item.start and item.end <= i.end for i in lined_up(text, item))


def test_projects_need_no_number() -> None:
    text = "Đề án “Chè sạch của ngành nông nghiệp tỉnh” chuẩn bị được ban hành."
    assert candidates(asked("Ngành nông nghiệp có đề án nào sắp ban hành?"), text)[0].fit == 1.0
    assert candidates(asked("Đề án chè của tỉnh số mấy?"), text)[0].fit < 1.0


def test_figures() -> None:
    tops = figures_in(asked("Tỉnh nằm trong tốp mấy?"), "Tỉnh đã lọt tốp 15 cả nước.")
    assert tops[0].text == "tốp 15"
    farm = figures_in(
        asked("Xã đưa bao nhiêu nông sản lên sàn?"), "Đưa 87.271 sản phẩm nông sản lên sàn, 429 sản phẩm OCOP."
    )
    assert max(farm, key=lambda f: f.fit).text == "87.271"
    share = figures_in(asked("Hồ sơ trực tuyến đạt bao nhiêu?"), "Hồ sơ trực tuyến đạt 53%.")
    assert share[0].fit >= 0.5


def test_possessives_and_bodies_are_no_persons() -> None:
    names = {n.text: n.kind for n in find_names("What is Lê Văn Dũng's job at the Hà Tĩnh Department?")}
    assert names["Lê Văn Dũng"] == "person" and names.get("Hà Tĩnh Department", "organisation") == "organisation"
    assert not [
        f
        for f in candidates(asked("Ai là giám đốc công ty?"), "Công ty TNHH Sản xuất Chè Xanh ở đây.")
        if "TNHH" in f.text
    ]


def test_english_with_vietnamese_words_in_it() -> None:
    assert detect("Name the director, and say which commune Nguyễn Thị Sửu, the nhút mít seller, is from.") == "en"
    assert detect("Do Hoàng Tùng Phong and Lê Văn Dũng of Hà Tĩnh work in the same office?") == "en"
    assert detect("Nhút mít của chị Nguyễn Thị Sửu bán ở which chợ?") == "vi"


@pytest.mark.parametrize("text", ["Hi there, how's your day going?", "how is it going", "have a nice day"])
def test_small_talk(text: str) -> None:
    assert is_small_talk(text)


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Rag:
    index = Index.create(tmp_path_factory.mktemp("plain") / "index")
    index.add(
        [
            Document(
                source="chợ.md",
                text="Chỉ vài năm trước, người lạc quan nhất ở xã Na Lộc cũng không nghĩ mứt chè đi khắp Hà Nội, Đà Nẵng, TP Hồ Chí Minh. "
                "Cơ sở Ong Vàng ở xã Na Lộc bán mật qua chợ mạng. Ông Trần Văn Bưởi, Phó Cục trưởng Cục Chè, cho biết: Na Lộc làm rất tốt. "
                "Vấn đề đầu tiên cần quan tâm là nhận thức, thứ hai là đường sá. "
                "Nghị quyết số 07 ngày 2/3/2021 nói về trồng chè giai đoạn 2021-2025.",
                language="vi",
            ),
            Document(
                source="khác.md", text="Thị trấn Cẩm Mít có 300 hộ nuôi ong và 12 cửa hàng mật. " * 3, language="vi"
            ),
        ]
    )
    return Rag(index)


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("Mứt chè Na Lộc bán tới những thành phố nào?", ("Hà Nội", "Đà Nẵng", "Hồ Chí Minh")),
        ("Theo ông Trần Văn Bưởi, vấn đề đầu tiên Na Lộc phải để tâm là gì?", ("nhận thức",)),
        ("Nghị quyết 07 ra ngày nào và cho giai đoạn nào?", ("2/3/2021", "2021-2025")),
    ],
)
def test_read_right(rag: Rag, question: str, held: tuple[str, ...]) -> None:
    answer = rag.ask(question)
    assert answer.status == "answered" and all(part in answer.text for part in held), answer.text
    for citation in answer.citations:
        text = rag.index.store.snapshot().document(citation.source).text
        assert text[citation.start : citation.end] == citation.quote


@pytest.mark.parametrize(
    "question", ["Cơ sở Ong Vàng do ai làm chủ?", "Điện thoại bị vô nước phải làm sao?", "Cách nấu phở bò thế nào?"]
)
def test_what_is_not_told_is_refused(rag: Rag, question: str) -> None:
    assert rag.ask(question).status == "abstained"
