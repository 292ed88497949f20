"""Actor and patient: turned round, passive, another one's deed, and what must not be mistaken for these."""

from __future__ import annotations

import pytest

from rag.ask import roles
from rag.ask.claims import check_claim
from rag.ask.facts import read

SUIT = "Hãng Minh Long kiện hãng Đại Phát vì sao chép mẫu mã. Vụ kiện kéo dài hai năm."
LOAN = "The fund lent the village 300 million dong in 2020; the village repaid it in 2022."
MATCH = "Đội Bình Minh thắng đội Hoàng Hôn 2-0 trên sân nhà."
BUILD = "Kiến trúc sư Jean Moreau thiết kế nhà ga năm 1910; Paul Lefèvre giám sát thi công."


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("Hãng Đại Phát kiện hãng Minh Long vì sao chép mẫu mã.", SUIT),
        ("Hãng Minh Long bị hãng Đại Phát kiện.", SUIT),
        ("Dai Phat sued Minh Long.", SUIT),
        ("The village lent the fund 300 million dong.", LOAN),
        ("The fund was lent 300 million dong by the village.", LOAN),
        ("Đội Hoàng Hôn thắng đội Bình Minh 2-0.", MATCH),
        ("Nhà ga do Paul Lefèvre thiết kế.", BUILD),
        ("The station was designed by Paul Lefèvre.", BUILD),
    ],
)
def test_turned_round(claim: str, passage: str) -> None:
    assert roles.turned_round(read(claim), read(passage))
    assert not check_claim(claim, passage).supported


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("Hãng Đại Phát bị hãng Minh Long kiện vì sao chép mẫu mã.", SUIT),
        ("Minh Long sued Dai Phat.", SUIT),
        ("The village was lent 300 million dong by the fund in 2020.", LOAN),
        ("The village repaid the money in 2022.", LOAN),
        ("Đội Hoàng Hôn thua đội Bình Minh.", MATCH),
        ("Nhà ga do Jean Moreau thiết kế.", BUILD),
        ("The station was designed by Jean Moreau.", BUILD),
        ("Cầu Rồng nối quận Hải Châu với quận Sơn Trà.", "Cầu Rồng nối quận Sơn Trà với quận Hải Châu."),
        ("Xã nhận 2 tỷ đồng từ huyện.", "Huyện chuyển 2 tỷ đồng cho xã."),
        ("Hà Tĩnh trồng cam ở Vũ Quang.", "Ở Vũ Quang, người dân Hà Tĩnh trồng cam."),
    ],
)
def test_kept(claim: str, passage: str) -> None:
    assert roles.turned_round(read(claim), read(passage)) == ""


def test_a_claim_says_what_it_was_faulted_for() -> None:
    verdict = check_claim("Hãng Đại Phát kiện hãng Minh Long.", SUIT)
    assert verdict.reasons == ("roles around kiện",)


def test_a_copied_sentence_is_never_turned_round() -> None:
    for passage in (SUIT, LOAN, MATCH, BUILD):
        reading = read(passage)
        for start, end in reading.sentences:
            assert roles.turned_round(read(passage[start:end]), reading) == ""


@pytest.mark.parametrize(
    ("name", "stands"),
    [
        ("Tran Minh Quan", False),
        ("Tran Minh Khoi", True),
        ("Khoi Tran", True),
        ("Emma Carter", False),
        ("Emily Carter", True),
        ("Martin Luther King", False),
        ("Can Loc", False),
        ("Alexander Orlov", True),
    ],
)
def test_persons_and_places_of_an_english_claim(name: str, stands: bool) -> None:
    passage = (
        "Giáo sư Emily Carter, Aleksandr Orlov và bác sĩ Trần Minh Khôi cùng công bố nghiên cứu về sốt rét tại Gia Lai."
    )
    reasons = check_claim(f"According to the study on malaria, {name} published it.", passage).reasons
    assert stands == (not any(name.split()[-1] in r for r in reasons)), reasons
