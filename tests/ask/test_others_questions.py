"""What questions of other people showed: English kinds, goods, speakers, longer quotations, first and now, papers and follow-ups."""

from __future__ import annotations

import pytest
from asking import asked
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Document, Index, Rag
from rag.ask.answer_types import wanted
from rag.ask.evidence import speakers
from rag.ask.followup import complete, refers
from rag.ask.goods import goods_asked, goods_told
from rag.ask.kinds_en import degree, told
from rag.ask.mismatch import mismatch
from rag.ask.pairs_set import set_ways
from rag.ask.parts import split
from rag.ask.query import is_small_talk, understand
from rag.ask.quoting import Quote, quote, with_paper
from rag.ask.rules import spelled_out
from rag.ask.short import candidates
from rag.ask.spans import Clause
from rag.ask.widen import widened
from rag.text.language import detect
from rag.types import Hit, Passage


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Name of the director of the honey company, please?", "person"),
        ("What is the name of the deputy chair of the district?", "person"),
        ("The owner of the tea shop - name?", "person"),
        ("I would be grateful for the number of the decision on tea.", "decision"),
        ("number of beehives kept in Na Loc?", "number"),
        ("What's the minimum number of tea shops wanted by 2030?", "number"),
        ("How much does tea make up of the district's income?", "percent"),
        ("What does honey account for in the economy?", "percent"),
        ("Within the delta, what position did Hau Giang take in the tea index?", "rank"),
        ("Which top group does Thanh Hoa want to join?", "rank"),
        ("What position does Mr Le Van Dung hold?", "role"),
        ("In what capacity does Mr Bay speak?", "role"),
        ("What does the shop make each year?", "amount"),
        ("What were all the deals worth?", "amount"),
        ("What is the yearly tea-picking rate?", "percent"),
        ("Who issued Resolution 02 on tea?", "organisation"),
        ("Who signed Resolution 02 on tea?", "person"),
    ],
)
def test_what_english_questions_want(question: str, kind: str) -> None:
    assert wanted(question, "en").kind == kind


@given(st.text(max_size=120))
@settings(max_examples=150, deadline=None)
def test_english_wordings_never_raise_and_point_into_the_text(text: str) -> None:
    for found in (degree(text), told(text)):
        assert found is None or 0 <= found[2] <= found[3] <= len(text)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Quyết định 4216 do ai ban hành?", "organisation"),
        ("Quyết định 4216 do ai ký?", "person"),
        ("Vườn chè làm tới đâu rồi?", "other"),
        ("Chè được bán đi đến đâu?", "place"),
        ("Lực lượng nào làm nòng cốt trong mấy tổ ở đó?", "other"),
        ("Giám đốc Sở Y tế là đồng chí nào?", "person"),
        ("Chủ tịch xã Na Lộc tên gì (xã Na Lộc có người nuôi ong)?", "person"),
        ("SIPRI là tên viết tắt của tổ chức nào?", "definition"),
    ],
)
def test_what_vietnamese_questions_want(question: str, kind: str) -> None:
    assert wanted(question, "vi").kind == kind


def test_what_is_counted() -> None:
    assert wanted("Trong số này mấy cái là OCOP?", "vi").focus == "OCOP".lower()
    assert wanted("How many of Thanh Hoa's 27 districts grow tea?", "en").focus == "districts"
    districts = candidates(asked("How many of the province's districts grow tea?"), "Có 10/27 huyện trồng chè.")
    assert districts[0].text == "10/27" and districts[0].fit >= 0.7
    acts = candidates(asked("Hội đồng thông qua bao nhiêu đạo luật?"), "Hội đồng thông qua năm đạo luật năm 1976.")
    assert [f.text for f in acts if f.fit >= 0.9] == ["năm"]


@pytest.mark.parametrize(
    ("question", "text", "best"),
    [
        ("Quy ra cân nặng là bao nhiêu?", "Tổ bán 1.200 hộp chè (khoảng 1,7 tấn).", "1,7 tấn"),
        ("Giá bán được mấy lần?", "Có 3 món giá bán được gấp đôi so với trước.", "gấp đôi"),
        ("Con đường dài bao nhiêu cây số?", "Đường qua 12 xã, dài 45 km.", "45 km"),
        ("Nghị quyết số 25 do cơ quan nào ban hành?", "HĐND tỉnh ban hành Nghị quyết số 25 về chè.", "HĐND tỉnh"),
    ],
)
def test_the_answer_string(question: str, text: str, best: str) -> None:
    assert max(candidates(asked(question), text), key=lambda f: f.fit).text == best


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What do Mr Bay in Na Loc and Mrs Mai in Cam Mit each grow?",
            ("What does Mr Bay in Na Loc grow?", "What does Mrs Mai in Cam Mit grow?"),
        ),
        (
            "Na Loc vs Cam Mit: how many beehives does each commune keep?",
            ("how many beehives does Na Loc keep?", "how many beehives does Cam Mit keep?"),
        ),
        (
            "Compare the locations: the tea factory versus the honey market",
            ("Where is the tea factory?", "Where is the honey market?"),
        ),
        (
            "How do the posts of Le Van Bay and Tran Thi Mai differ?",
            ("What position does Le Van Bay hold?", "What position does Tran Thi Mai hold?"),
        ),
        (
            "Is the head of the tea board the same person in Na Loc and Cam Mit?",
            ("Who is the head of the tea board in Na Loc?", "Who is the head of the tea board in Cam Mit?"),
        ),
        ("Which commune keeps more beehives, Na Loc or Cam Mit?", ()),
    ],
)
def test_set_ways_of_comparing(question: str, parts: tuple[str, ...]) -> None:
    assert set_ways(question) == parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Hậu Giang có 1.506 nông sản lên sàn rồi, so với Thanh Hóa thì sao, bên nào nhiều hơn?",
            ("Hậu Giang có bao nhiêu nông sản lên sàn?", "Thanh Hóa có bao nhiêu nông sản lên sàn?"),
        ),
        (
            "Ký số ở Thanh Hóa đạt 98%, còn ký số ở Hậu Giang bao nhiêu?",
            ("Ký số ở Thanh Hóa đạt bao nhiêu phần trăm?", "ký số ở Hậu Giang bao nhiêu?"),
        ),
        (
            "Phòng họp không giấy: Hà Tĩnh làm đến đâu còn Hậu Giang làm đến đâu?",
            ("Phòng họp không giấy: Hà Tĩnh làm đến đâu?", "Phòng họp không giấy: Hậu Giang làm đến đâu?"),
        ),
        (
            "Chợ Na Lộc có đông người bán hơn chợ Cẩm Mít không?",
            ("Chợ Na Lộc có bao nhiêu người bán?", "chợ Cẩm Mít có bao nhiêu người bán?"),
        ),
        (
            "Chị Hường và chị Hằng bán gì trên mạng, giống hay khác?",
            ("Chị Hường bán gì trên mạng?", "chị Hằng bán gì trên mạng?"),
        ),
        (
            "Tỷ lệ ký số ở Hậu Giang có bằng Thanh Hóa không?",
            ("Tỷ lệ ký số ở Hậu Giang là bao nhiêu?", "Tỷ lệ ký số ở Thanh Hóa là bao nhiêu?"),
        ),
        (
            "Cơ sở Ong Vàng và công ty Chè Xanh bán qua những kênh nào, khác gì nhau?",
            ("Cơ sở Ong Vàng bán qua những kênh nào?", "công ty Chè Xanh bán qua những kênh nào?"),
        ),
        (
            "Thanh Hóa có bao nhiêu xã, phường và trong đó bao nhiêu nơi trồng chè?",
            ("Thanh Hóa có bao nhiêu xã, phường?", "bao nhiêu xã phường trồng chè (Thanh Hóa)?"),
        ),
        (
            "Quyết định 749/QĐ-TTg và Quyết định 4216/QĐ-UBND của Thanh Hóa, cái nào ra trước?",
            ("Quyết định 749/QĐ-TTg ban hành ngày nào?", "Quyết định 4216/QĐ-UBND của Thanh Hóa ban hành ngày nào?"),
        ),
        ("How many commune and ward level papers are there?", ("How many commune and ward level papers are there?",)),
    ],
)
def test_comparisons_as_others_ask_them(question: str, parts: tuple[str, ...]) -> None:
    assert split(question, understand(question).language) == parts


@pytest.mark.parametrize(
    ("question", "before", "answer", "whole"),
    [
        (
            "Thế còn Chủ tịch?",
            "Phó Chủ tịch UBND tỉnh Hậu Giang là ai?",
            "Bà Ánh",
            "Chủ tịch UBND tỉnh Hậu Giang là ai?",
        ),
        (
            "Thế bên Thanh Hóa?",
            "Giám đốc Sở Y tế Hà Tĩnh tên gì?",
            "Ông Bảy",
            "Giám đốc Sở Y tế Thanh Hóa tên gì?",
        ),
        (
            "Vậy xã, phường thì được mấy cái?",
            "Hà Tĩnh có mấy thủ tục cấp huyện?",
            "131",
            "Hà Tĩnh có mấy thủ tục cấp xã, phường?",
        ),
        ("Cấp xã?", "Hà Tĩnh có mấy thủ tục cấp huyện?", "131", "Hà Tĩnh có mấy thủ tục cấp xã?"),
        (
            "thế kết nối ra bên ngoài thì có mấy cái",
            "Nền tảng có bao nhiêu dịch vụ kết nối nội tỉnh?",
            "11",
            "Nền tảng có bao nhiêu dịch vụ kết nối ra bên ngoài?",
        ),
        (
            "And how about Hau Giang's Resolution No. 02?",
            "When did Ha Tinh issue Resolution No. 05?",
            "2021",
            "When did Hau Giang issue Resolution No. 02?",
        ),
    ],
)
def test_followups_as_others_ask_them(question: str, before: str, answer: str, whole: str) -> None:
    assert complete(question, [(before, answer)]) == whole


def test_a_followup_about_the_thing_that_answered() -> None:
    whole = complete("Nó được mấy sao?", [("Xã Na Lộc có đặc sản gì?", "Bánh gai Ong Vàng.")])
    assert whole.startswith("Nó được mấy sao (") and "Bánh gai Ong Vàng" in whole
    assert refers("Nó được mấy sao?") and refers("Quy ra được mấy tấn?") and not refers("Nấu phở thế nào?")


def test_who_speaks_in_a_quotation() -> None:
    said = speakers(("“Tuần này bán được chè.", "Hàng đi khắp nơi”, chị Lê Thị Ổi nói.", "Xã có 3 chợ."))
    assert said == ("chị Lê Thị Ổi", "", "")
    before = speakers(("Chị Lê Thị Ổi chia sẻ: “Tuần này bán được chè.", "Hàng đi khắp nơi”.", "Xã có 3 chợ."))
    assert before[1] == "Chị Lê Thị Ổi" and before[2] == ""


@given(st.lists(st.text(max_size=40), max_size=6))
def test_speakers_are_one_for_each_sentence(sentences: list[str]) -> None:
    assert len(speakers(tuple(sentences))) == len(sentences)


def test_what_is_sold_and_grown() -> None:
    sold, grown = asked("Chị Ổi bán mặt hàng gì?"), asked("Ông Bảy trồng cây gì?")
    assert goods_asked(sold) and goods_asked(grown) and not goods_asked(asked("Chị Ổi nói gì?"))
    assert goods_told(sold, "Chị chốt vài chục đơn các loại sản phẩm mây tre đan.")
    assert not goods_told(sold, "Các sản phẩm được đưa lên sàn.")
    assert goods_told(grown, "Chúng tôi đi giữa đồi cam vàng.") and not goods_told(grown, "Có 5 hộp bánh.")


def test_short_forms_spelled_out() -> None:
    assert spelled_out(asked("SIPRI là viết tắt của gì?"), "theo Viện hòa bình Stockholm (SIPRI).")
    assert not spelled_out(asked("SIPRI là viết tắt của gì?"), "SIPRI cho biết như vậy.")
    assert not spelled_out(asked("SIPRI ở đâu?"), "theo Viện hòa bình Stockholm (SIPRI).")


def test_another_body_has_another_head() -> None:
    text = "Ông Bảy, Giám đốc Sở Y tế tỉnh Na Lộc, cho biết."
    assert mismatch(asked("Giám đốc Công an tỉnh Na Lộc là ai?"), text, "", "", text) == "another body"
    assert mismatch(asked("Giám đốc Sở Y tế tỉnh Na Lộc là ai?"), text, "", "", text) == ""


def test_a_health_facility_is_no_department_of_health() -> None:
    text = "Có 100% cơ sở y tế nhận hồ sơ qua mạng."
    question = asked("Sở Y tế nhận bao nhiêu phần trăm hồ sơ qua mạng?")
    assert mismatch(question, text, "", "", text) == "another department"


def test_english_questions_with_vietnamese_names() -> None:
    assert detect("Mỹ Lộc (Lê Vạn Hải) and Bình Thành (Võ Văn Trưng): which fruit does each farmer grow?") == "en"
    assert detect("Mỹ Lộc (Lê Vạn Hải) và Bình Thành (Võ Văn Trưng) trồng gì?") == "vi"


@pytest.mark.parametrize("text", ["Are you a real person?", "bạn là người hay máy?", "are you an AI"])
def test_questions_to_the_program_itself(text: str) -> None:
    assert is_small_talk(text)


LONG = "Tổ có năm người, trong đó hai người trông vườn chè, ba người lo việc bán hàng cho cả xã"


def _hit(*sentences: str) -> Hit:
    text = " ".join(sentences)
    spans, at = [], 0
    for sentence in sentences:
        spans.append((at, at + len(sentence)))
        at += len(sentence) + 1
    return Hit(Passage("a.txt", 0, len(text), text, sentences=tuple(spans)), 1.0, 1)


def _commas(sentence: object) -> list[Clause]:
    out, at = [], 0
    text = sentence.text  # type: ignore[attr-defined]
    start = sentence.start  # type: ignore[attr-defined]
    for piece in text.split(", "):
        out.append(Clause(0, start + at, start + at + len(piece), len(piece.split()), 1.0))
        at += len(piece) + 2
    return out


@given(st.integers(0, 30))
def test_a_quotation_grows_no_further_than_there_is_room(room: int) -> None:
    hit = _hit(LONG + ".")
    shown = Quote(0, 0, 15, LONG[:15], False)
    wider = widened(shown, hit, room, _commas)
    assert wider.start <= shown.start and wider.end >= shown.end
    assert wider.text == hit.passage.text[wider.start : wider.end]
    assert len(wider.text.split()) <= len(shown.text.split()) + room


def test_what_is_announced_is_quoted_too() -> None:
    hit = _hit("Ông Bảy cho biết:", "Chè bán rất chạy.")
    wider = widened(Quote(0, 0, 17, "Ông Bảy cho biết:", False), hit, 20, _commas)
    assert wider.text == "Ông Bảy cho biết: Chè bán rất chạy."


def test_what_a_paper_says_stands_behind_its_number() -> None:
    from rag.ask.evidence import Sentence

    text = (
        "Theo Quyết định số 1656/QĐ-UBND ngày 15/8/2022 về việc ban hành danh mục thủ tục hành chính của cả tỉnh và các huyện, "
        "hiện nay toàn tỉnh có 496 thủ tục hành chính cấp tỉnh được làm trọn vẹn trên mạng, 131 thủ tục cấp huyện."
    )
    sentence = Sentence(0, 0, 0, len(text), text, "", "")
    shown = quote(sentence, text.index("hiện nay"), len(text))
    found = with_paper(asked("Quyết định 1656 nói về việc gì?"), shown, sentence, 32)
    assert "danh mục thủ tục" in found.text
    assert with_paper(asked("Có bao nhiêu thủ tục?"), shown, sentence, 32) == shown


@pytest.fixture(scope="module")
def rag(tmp_path_factory: pytest.TempPathFactory) -> Rag:
    index = Index.create(tmp_path_factory.mktemp("others") / "index")
    village = (
        "“Tuần này tôi chốt được vài chục đơn các loại sản phẩm mây tre đan trên mạng. Mọi giao dịch tôi đều dùng điện thoại. "
        "Mỗi tháng tôi có hơn 10 triệu đồng”, chị Lê Thị Ổi ở xã Cẩm Mít nói. Xã Cẩm Mít có 300 hộ nuôi ong. "
        "Lúc đầu, chợ không tiền mặt được làm thí điểm ở 5 xã của huyện. Đến nay đã có 12 xã mở chợ không tiền mặt."
    )
    town = (
        "Cuối năm 2020, Ban Chấp hành Đảng bộ huyện (khóa XIV) ban hành Nghị quyết số 02 về trồng chè. "
        "Sau đó, HĐND huyện ban hành Nghị quyết số 25 về nuôi ong. Xã Na Lộc có 45 hộ nuôi ong."
    )
    index.add(
        [
            Document(source="mit.txt", text=village, title="Cẩm Mít"),
            Document(source="loc.txt", text=town, title="Na Lộc"),
        ]
    )
    return Rag(index)


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("Chị Lê Thị Ổi bán mặt hàng gì?", "mây tre đan"),
        ("Nghị quyết số 02 và Nghị quyết số 25, mỗi cái do cơ quan nào ra?", "HĐND huyện"),
        ("Nghị quyết số 02 và Nghị quyết số 25, mỗi cái do cơ quan nào ra?", "Ban Chấp hành"),
        ("Lúc đầu có mấy xã làm thí điểm chợ không tiền mặt?", "5 xã"),
        ("Hiện nay có mấy xã mở chợ không tiền mặt?", "12 xã"),
    ],
)
def test_read_right(rag: Rag, question: str, held: str) -> None:
    answer = rag.ask(question)
    assert answer.status == "answered" and held in answer.text
    assert len(answer.text.split()) <= 80
