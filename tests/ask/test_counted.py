"""Whether the figure quoted counts what was asked."""

from __future__ import annotations

import pytest
from asking import asked

from rag.ask.counted import another
from rag.ask.similar import Similar
from rag.models.embedders import make_embedder
from rag.settings import Settings


@pytest.fixture(scope="module")
def similar() -> Similar:
    return Similar(make_embedder(Settings()))


TEAMS = "Tỉnh đã lập 133 tổ chuyển đổi số cộng đồng cấp thôn."
ROOMS = "Tỉnh đã bố trí máy tính cho công chức; hệ thống họp trực tuyến có 98 điểm cầu."


@pytest.mark.parametrize(
    ("question", "quote", "other"),
    [
        ("Có bao nhiêu thành viên trong các tổ cấp thôn?", TEAMS, True),
        ("Có bao nhiêu tổ chuyển đổi số cấp thôn?", TEAMS, False),
        ("How many computers did the province provide?", ROOMS, True),
        ("Có bao nhiêu điểm cầu họp trực tuyến?", ROOMS, False),
        ("Đã có bao nhiêu bà con cài ứng dụng?", "Khoảng 3.000 người dân đã cài ứng dụng.", False),
        ("Có bao nhiêu chiến cơ sang Iran?", "Không quân chạy sang Iran với khoảng 115 chiếc.", False),
        ("Ông sống bao nhiêu năm?", "Ông mất ở tuổi 39.", False),
        ("Ai lập các tổ?", TEAMS, False),
        ("Có bao nhiêu thành viên trong các tổ cấp thôn?", "Các tổ hoạt động tốt.", False),
    ],
)
def test_what_a_figure_counts(similar: Similar, question: str, quote: str, other: bool) -> None:
    assert another(asked(question), [quote], similar) is other
