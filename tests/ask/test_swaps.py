"""Values of a passage in each other's place."""

from __future__ import annotations

import pytest

from rag.ask import swaps
from rag.ask.facts import Value, read
from rag.ask.figures import dates_like, numbers_like
from rag.ask.named import mentions, named

TEAMS = "Đến tháng 10/2022, tỉnh có 59 tổ cấp xã và 133 tổ cấp thôn."
YEARS = "Nhà máy khởi công năm 2018 và vận hành năm 2021."
STAFF = "Bà Lê Thu Hà làm giám đốc, ông Phạm Văn Tú làm kế toán trưởng của công ty."
PARTS = "Trong 28 cơ sở bị kiểm tra, 3 cơ sở bị thu hồi giấy phép."


def misplaced(claim: str, passage: str) -> str:
    c, p = read(claim), read(passage)
    matched: list[tuple[Value, list[Value]]] = [(v, numbers_like(v, c, p) or []) for v in c.numbers]
    matched += [(v, dates_like(v, c, p, read("")) or []) for v in c.dates]
    matched += [(v, mentions(v, p)) for v in named(c)]
    found = swaps.misplaced([m for m in matched if m[1]], c, p)
    return found.text if found else ""


@pytest.mark.parametrize(
    ("claim", "passage", "value"),
    [
        ("Tỉnh có 133 tổ cấp xã.", TEAMS, "133"),
        ("Tỉnh có 133 tổ cấp xã và 59 tổ cấp thôn.", TEAMS, "133"),
        ("Nhà máy vận hành năm 2018.", YEARS, "năm 2018"),
        ("Có 28 cơ sở bị thu hồi giấy phép.", PARTS, "28"),
    ],
)
def test_in_another_s_place(claim: str, passage: str, value: str) -> None:
    assert misplaced(claim, passage) == value


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("Tỉnh có 59 tổ cấp xã.", TEAMS),
        ("Cấp thôn có 133 tổ, cấp xã có 59 tổ.", TEAMS),
        ("Cấp xã và cấp thôn lần lượt có 59 và 133 tổ.", TEAMS),
        ("Nhà máy vận hành năm 2021, ba năm sau khi khởi công.", YEARS),
        ("Ông Phạm Văn Tú làm kế toán trưởng.", STAFF),
        ("Có 3 trong 28 cơ sở bị thu hồi giấy phép.", PARTS),
    ],
)
def test_in_its_own_place(claim: str, passage: str) -> None:
    assert misplaced(claim, passage) == ""
