"""Answer strings beyond figures: enumerations, names of things, companies, places of a level; and the rules on sentences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ask import listed, rules
from rag.ask.evidence import Abbreviated, Asked, Sentence, ask
from rag.ask.found import Found
from rag.ask.name_fit import companies
from rag.ask.query import understand
from rag.ask.quoting import Quote, with_items
from rag.ask.short import pick

PILLARS = "Với 3 trụ cột chính quyền số, kinh tế số và xã hội số, tỉnh đang chuyển đổi một cách đồng bộ, toàn diện."
NOES = "Tỉnh làm thử mô hình “3 không” (không khai lại thông tin; không dùng tiền mặt và không cần gặp trực tiếp) tại 5 xã."
STEPS = "Vấn đề đầu tiên cần lo là nhận thức, thứ hai là hạ tầng và thứ ba chúng ta nên phát triển kinh tế số."
CHANNELS = "Để mở rộng thị trường, công ty lập website, thành lập bộ phận truyền thông, bán hàng qua các kênh như: Facebook, Lazada, TikTok."
COMPANY = "Công ty TNHH Sản xuất và Thương mại Mật ong rừng Đông đã mở cửa hàng ở phố chợ."
MARKETS = "“Chợ số” đã có ở chợ Sông Cau, chợ Bến Thủy (TP Vinh); xã Đông Hòa (huyện Yên Sơn) và xã Tân Lập cũng làm."


def asked(question: str) -> Asked:
    return ask(understand(question), question, lambda word: 2.0, Abbreviated({"CĐS": "chuyển đổi số"}))


@pytest.mark.parametrize(
    ("question", "text", "short"),
    [
        ("Tỉnh dựa trên những trụ cột nào?", PILLARS, ("chính quyền số", "kinh tế số", "xã hội số")),
        ("What three pillars does it rest on?", PILLARS, ("chính quyền số", "kinh tế số", "xã hội số")),
        ("Ba cái “không” là gì?", NOES, ("không khai lại thông tin", "không dùng tiền mặt", "không cần gặp trực tiếp")),
        ("Công ty bán hàng qua những kênh nào?", CHANNELS, ("Facebook", "Lazada", "TikTok")),
        ("Ứng dụng công dân số của tỉnh tên là gì?", "Người dân dùng ứng dụng công dân số Song Lam-S và thẻ bảo hiểm.", ("Song Lam-S",)),
        ("Ông Hai được phong danh hiệu gì?", "Ông được tôn vinh “Nông dân giỏi 2024” tại hội nghị.", ("Nông dân giỏi 2024",)),
        ("Ông Hai làm cho công ty nào?", COMPANY, ("Công ty TNHH Sản xuất và Thương mại Mật ong rừng Đông",)),
        ("Chợ nào đã làm chợ số?", MARKETS, ("Sông Cau", "Bến Thủy")),
        ("Những xã nào cũng làm?", MARKETS, ("Đông Hòa", "Tân Lập")),
        ("Dây chuyền theo công nghệ nước nào?", "Anh Ba ở xã Đông Hòa dùng dây chuyền tưới của Israel.", ("Israel",)),
        ("Nghị quyết ra đời khi nào?", "Nghị quyết ban hành ngày 2/3/2021 nêu đích đến năm 2030.", ("ngày 2/3/2021",)),
        ("Doanh thu tăng bao nhiêu?", "Doanh thu đạt 250 tỷ đồng, cao hơn năm 2023 là 20%.", ("20%",)),
        ("How much did revenue grow compared with 2023?", "Doanh thu đạt 250 tỷ đồng, tăng 20% so với năm 2023.", ("20%",)),
        ("Có bao nhiêu cơ sở y tế nhận thẻ?", "Đã có 679/679 cơ sở y tế nhận 3.161.227 thẻ.", ("679/679",)),
        ("co bao nhieu co so y te nhan the", "Đã có 679/679 cơ sở y tế nhận 3.161.227 thẻ.", ("679/679",)),
        ("Bao nhiêu thủ tục cấp xã?", "Có 131 thủ tục ở cấp huyện, và ở cấp xã, phường là 67 thủ tục.", ("67",)),
        ("Hiện tỉnh ở tốp mấy cả nước?", "Tỉnh hiện đã lọt tốp 15 và mục tiêu sẽ thuộc tốp 10.", ("tốp 15",)),
        ("Sở KH&CN đạt tỷ lệ bao nhiêu?", "Sở Công Thương đạt 99,15%, các Sở KH&CN, Sở Du lịch đạt 85%.", ("85%",)),
    ],
)  # fmt: skip
def test_short(question: str, text: str, short: tuple[str, ...]) -> None:
    assert tuple(found.text for found, _ in pick(asked(question), text)) == short


def test_ordinals_are_an_enumeration() -> None:
    items = listed.items(asked("Ba việc gì cần quan tâm?"), STEPS)
    assert [i.text.split()[-2:] for i in items] == [["nhận", "thức"], ["hạ", "tầng"], ["tế", "số"]]


@pytest.mark.parametrize(
    ("question", "count"),
    [("ba việc gì cần làm", 3), ("What three pillars hold it?", 3), ("Mô hình \"3 không\" gồm những gì?", 3), ("cần lưu tâm điều nào", 0),
     ("6 tháng đầu năm có gì mới?", 0), ("Năm 2025 có gì?", 0)],
)  # fmt: skip
def test_how_many_things_are_asked_for(question: str, count: int) -> None:
    assert listed.count_asked(question) == count


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="ab ,;:()và“”.như", max_size=120))
def test_items_lie_in_the_text_in_order(text: str) -> None:
    for run in listed.enumerations(text):
        assert all(text[i.start : i.end] == i.text for i in run)
        assert [i.start for i in run] == sorted(i.start for i in run)


def test_a_run_of_clauses_is_no_enumeration() -> None:
    clauses = "Bên cạnh đó, nhiều mô hình đã được triển khai tại địa phương và đang nhân rộng ra các huyện khác."
    assert listed.best_run(asked("Ba mô hình nào?"), clauses)[0] < rules.SURE_RUN
    assert listed.best_run(asked("Ba trụ cột nào?"), PILLARS)[0] >= rules.SURE_RUN


def test_companies_end_before_what_they_do() -> None:
    assert [c.text for c in companies(COMPANY)] == ["Công ty TNHH Sản xuất và Thương mại Mật ong rừng Đông"]
    assert companies("Công ty đã mở cửa hàng.") == []


def sentences(*texts: str) -> list[Sentence]:
    return [Sentence(0, i, 100 * i, 100 * i + len(t), t, texts[i - 1] if i else "", "") for i, t in enumerate(texts)]


def test_a_sentence_that_refers_back_stands_by_the_one_before() -> None:
    both = sentences("Vài nơi làm thử khu dân cư thông minh.", "Mô hình này nối sản xuất với tiêu thụ.")
    scores = rules.carried(asked("Khu dân cư thông minh nhằm gì?"), both, np.array([5.0, 0.0]))
    assert scores.tolist() == [5.0, 5.0 - rules.REFERRED]
    apart = sentences("Vài nơi làm thử khu dân cư thông minh.", "Doanh thu tăng đều.")
    assert rules.carried(asked("Khu dân cư thông minh nhằm gì?"), apart, np.array([5.0, 0.0])).tolist() == [5.0, 0.0]


def test_a_figure_is_carried_only_to_where_it_is() -> None:
    both = sentences("Tổ hợp tác làm nhút mít ở Hương Liên.", "Tổ này có 5 thành viên.")
    scores = rules.carried(asked("Tổ hợp tác nhút mít có bao nhiêu thành viên?"), both, np.array([5.0, 0.0]))
    assert scores[1] > 3.0
    told = sentences("Tổ hợp tác có 7 thành viên.", "Tổ này bán mít.")
    assert rules.carried(asked("Tổ hợp tác có bao nhiêu thành viên?"), told, np.array([5.0, 0.0])).tolist() == [
        5.0,
        0.0,
    ]


def test_an_enumeration_is_quoted_whole() -> None:
    sentence = Sentence(0, 0, 10, 10 + len(NOES), NOES, "", "")
    at = NOES.index("không khai")
    cut = Quote(0, 10 + at, 10 + at + 24, NOES[at : at + 24], True)
    items = listed.items(asked("Ba cái “không” là gì?"), NOES)
    whole = with_items(cut, sentence, items, 60)
    assert "không cần gặp trực tiếp" in whole.text
    assert NOES[whole.start - 10 : whole.end - 10] == whole.text
    assert with_items(cut, sentence, items, 2) == cut
    assert with_items(cut, sentence, [Found(0, 2, "xa", 1.0)], 60) == cut
