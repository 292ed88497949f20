"""Claims against passages: the committed pairs by their bars, and single rules by example."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.ask.claims import check_claim
from rag.types import Passage

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "eval" / "claims.jsonl").read_text(encoding="utf-8").splitlines()
]
PLANTED = ("number", "percent", "date", "name", "place", "decision", "unit-changed")


def test_planted_values_are_caught_and_true_claims_pass() -> None:
    verdicts = [(pair, check_claim(pair["claim"], pair["passage"])) for pair in PAIRS]
    true = [(p, v) for p, v in verdicts if p["supported"]]
    planted = [(p, v) for p, v in verdicts if not p["supported"] and p["kind"] in PLANTED]
    alarms = [p["id"] for p, v in true if not v.supported]
    missed = [p["id"] for p, v in planted if v.supported]
    assert len(true) >= 100 and len(planted) >= 80
    assert len(alarms) <= 0.02 * len(true), alarms
    assert len(missed) <= 0.02 * len(planted), missed


TEAMS = "Đến tháng 10/2022, Hà Tĩnh đã thành lập 59 tổ chuyển đổi số cộng đồng cấp xã và 133 tổ cấp thôn."
DEALS = "Tổng giá trị giao dịch qua 2 sàn là 13.570 triệu đồng, tăng 20% so với năm 2023."
HEAD = "Theo ông Nguyễn Như Hùng - Chủ tịch UBND xã Cẩm Lĩnh (Cẩm Xuyên), gần 70% người trưởng thành đã cài chữ ký số."
ORDER = "UBND tỉnh ban hành Quyết định số 1656/QĐ-UBND ngày 15/8/2022; Sở TT&TT mở cửa từ 7 giờ 30 đến 17 giờ."


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("Hà Tĩnh có 59 tổ CĐS cộng đồng cấp xã.", TEAMS),
        ("Ở Hà Tĩnh, cấp thôn có 133 tổ.", TEAMS),
        ("ha tinh co 59 to chuyen doi so cong dong cap xa", TEAMS),
        ("Tổng cộng Hà Tĩnh có 192 tổ chuyển đổi số cộng đồng.", TEAMS),
        ("As of October 2022, Ha Tinh had set up 59 commune-level teams and 133 hamlet-level ones.", TEAMS),
        ("Năm 2022, Hà Tĩnh có 59 tổ cấp xã.", TEAMS),
        ("Giá trị giao dịch qua hai sàn đạt 13,57 tỷ đồng.", DEALS),
        ("Transactions on the two platforms were worth 13.57 billion dong.", DEALS),
        ("Giao dịch qua 2 sàn đạt khoảng 13,6 tỷ đồng, tăng 20 phần trăm.", DEALS),
        ("Giao dịch qua 2 sàn đạt hơn 13 tỷ đồng.", DEALS),
        ("Ông Hùng là Chủ tịch Ủy ban nhân dân xã Cẩm Lĩnh.", HEAD),
        ("Nguyen Nhu Hung is chairman of the People's Committee of Cam Linh commune.", HEAD),
        ("Quyết định 1656 được tỉnh ban hành ngày 15 tháng 8 năm 2022.", ORDER),
        ("The province issued Decision 1656/QD-UBND on August 15, 2022.", ORDER),
        ("Sở Thông tin và Truyền thông đóng cửa lúc 5 giờ chiều, mở cửa từ 7h30.", ORDER),
    ],
)
def test_true_in_other_words(claim: str, passage: str) -> None:
    verdict = check_claim(claim, passage)
    assert verdict.supported, verdict


@pytest.mark.parametrize(
    ("claim", "passage", "reason"),
    [
        ("Hà Tĩnh có 95 tổ chuyển đổi số cộng đồng cấp xã.", TEAMS, "number 95"),
        ("Hà Tĩnh có 133 tổ cấp xã và 59 tổ cấp thôn.", TEAMS, "another's place"),
        ("Hà Tĩnh có 133 tổ chuyển đổi số cộng đồng cấp xã.", TEAMS, "another's place"),
        ("Đến tháng 11/2022, Hà Tĩnh có 59 tổ cấp xã.", TEAMS, "date"),
        ("By October 2021, Ha Tinh had 59 commune-level teams.", TEAMS, "date"),
        ("Nghệ An có 59 tổ chuyển đổi số cộng đồng cấp xã.", TEAMS, "place Nghệ An"),
        ("Nghe An had 59 commune-level teams.", TEAMS, "place Nghe An"),
        ("Hà Tĩnh chưa thành lập tổ chuyển đổi số cộng đồng cấp xã.", TEAMS, "negation"),
        ("Giá trị giao dịch qua hai sàn đạt 13,57 triệu đồng.", DEALS, "number"),
        ("Giá trị giao dịch qua hai sàn là 13.570 triệu USD.", DEALS, "number"),
        ("Giá trị giao dịch giảm 20% so với năm 2023.", DEALS, "opposite"),
        ("Giao dịch tăng 20 lần so với năm 2023.", DEALS, "number 20"),
        ("Giao dịch qua 3 sàn đạt 13,57 tỷ đồng.", DEALS, "number 3"),
        ("Ông Nguyễn Như Hưng là Chủ tịch UBND xã Cẩm Lĩnh.", HEAD, "Hưng"),
        ("Ông Nguyễn Như Hùng là Chủ tịch UBND xã Cẩm Bình.", HEAD, "Cẩm Bình"),
        ("Tran Van Binh is chairman of Cam Linh commune.", HEAD, "Tran Van Binh"),
        ("Quyết định số 1665/QĐ-UBND được ban hành ngày 15/8/2022.", ORDER, "document"),
        ("Sở mở cửa từ 8 giờ 30.", ORDER, "time"),
        ("Bãi biển Thiên Cầm hút khách mùa hè.", TEAMS, ""),
        ("Người dân trong vùng thích ăn hải sản và đi tắm biển.", TEAMS, "little support"),
    ],
)
def test_what_does_not_stand(claim: str, passage: str, reason: str) -> None:
    verdict = check_claim(claim, passage)
    assert not verdict.supported
    assert reason in "; ".join(verdict.reasons), verdict


def test_a_passage_lends_its_title_and_date() -> None:
    text = "Trên địa bàn tỉnh có 59 tổ cấp xã."
    bare = check_claim("Hà Tĩnh có 59 tổ cấp xã tháng 10/2022.", text)
    assert not bare.supported
    passage = Passage("a.txt", 0, len(text), text, title="Chuyển đổi số ở Hà Tĩnh", date="2022-10")
    assert check_claim("Hà Tĩnh có 59 tổ cấp xã tháng 10/2022.", passage).supported
    assert not check_claim("Nghệ An có 59 tổ cấp xã.", passage).supported
    assert not check_claim("Hà Tĩnh có 10 tổ cấp xã.", passage).supported


def test_a_scorer_stands_in_for_common_words() -> None:
    claim, passage = "Crepuscular lepidopterans loiter beside sconces.", "Bướm đêm lượn quanh đèn lồng."
    assert not check_claim(claim, passage).supported
    assert check_claim(claim, passage, scorer=lambda c, sentences: [0.9] * len(sentences)).supported
    assert not check_claim(claim, passage, scorer=lambda c, sentences: [0.1] * len(sentences)).supported


@pytest.mark.parametrize("claim", ["", "  ", "…", "!!!"])
def test_nothing_claimed_is_nothing_false(claim: str) -> None:
    assert check_claim(claim, TEAMS).supported
