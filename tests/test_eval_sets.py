"""The committed articles and question sets keep their promises (see eval/README.md and seeds/README.md)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
ARTICLES = sorted(p.name for p in SEEDS.glob("*.md") if p.name != "README.md")
LANGUAGES = {"vi", "folded", "en"}
KINDS = {
    *("number", "date", "person", "place", "decision", "rank", "definition", "list", "abbr", "multi", "compare"),
    *("conflict", "total", "followup", "new-topic", "near-miss", "off-topic", "yes-no", "newest", "typo"),
}
SUPPORTED_KINDS = {
    *("paraphrase", "number-format", "date-format", "unit", "abbreviation", "partial", "inference", "translation"),
    "passive",
}
UNSUPPORTED_KINDS = {
    *("number", "percent", "date", "unit-changed", "name", "place", "negation", "role", "comparison", "added"),
    "decision",
}

# The published facts each article has to retell: figures, dates, document numbers, names, addresses.
FACTS: dict[str, list[str]] = {
    "ha-tinh-2024.md": """VinES|Vũng Áng|Cẩm Lĩnh|Cẩm Xuyên|3.000|70%|Nguyễn Như Hùng|Hương Khê|Nguyễn Thị Sửu|Hương Liên|1.200
        1,7 tấn|90%|5 thành viên|Hà Nội|Đà Nẵng|TP Hồ Chí Minh|Can Lộc|Nông dân Việt Nam xuất sắc năm 2024|Lê Vạn Hải
        Gia Phúc|Mỹ Lộc|6 tỷ đồng|250 tỷ đồng|20%|2023|VietGAP|GlobalGAP|OCOP|7.112|100%|Đậu Tùng Lâm|VNeID|Đề án 06
        2030|2025|khóa XIX|05-NQ/TU|22/10/2021|2021-2025|LGSP|mạng truyền số liệu chuyên dùng cấp II
        cơ sở dữ liệu đất đai|cơ sở dữ liệu quốc gia về dân cư""",
    "ha-tinh-2022-10.md": """lần thứ 4|424/QĐ-UBND|2021 - 2025|lần thứ XIX|2030|53%|6 tháng đầu năm|Hoàng Tùng Phong
        Trung tâm Phục vụ hành chính công|1656/QĐ-UBND|15/8/2022|496|131|67|100%|99,15%|85%|Sở Khoa học và Công nghệ
        Sở Văn hóa, Thể thao và Du lịch|phòng họp không giấy tờ|khu dân cư thông minh|tháng 10/2022|59|133|Lê Văn Dũng
        Trưởng Phòng Công nghệ thông tin|Ngày Chuyển đổi số quốc gia|Khỏe trong môi trường thực để khỏe trong môi trường số
        ngân hàng số""",
    "thanh-hoa-2024-04.md": """Lê Văn Phượng|Quang Trung|Hoằng Đồng|Hoằng Hóa|Lê Thị Hường|Hoằng Thịnh|10 triệu đồng
        Nguyễn Thị Hằng|4.0|Quốc Đại Craft|Định Long|Yên Định|Nguyễn Đăng Ngọc|Tổ công nghệ số cộng đồng|Nam Hương
        Trịnh Văn Nam|Tân Ngữ 2|OCOP 3 sao|PostMart.vn|749/QĐ-TTg|3/6/2020|4216/QĐ-UBND|6/10/2020|7.744.376
        tháng 12/2021|tháng 12/2023|98%|1.700|93%|679/679|3.161.227|6.821|840|105.000|854.000|44.174|voso.vn|portmart.vn
        87.271|187|114.396|32.877|13.570 triệu đồng|Thanh Hoa-S|Mobifone Smart Travel|VSSiD|VNeID
        phanhoi.thanhhoa.gov.vn|Zalo OA""",
    "hau-giang-2023-01.md": """năm 2020|khóa XIV|Nghị quyết số 02|2021-2025|2030|Nghị quyết số 25|2020-2025|năm 2022
        Tuần lễ thúc đẩy Chuyển đổi số phát triển kinh tế vùng - Hậu Giang|Cloud|98 điểm cầu|100%|4G|5G|Vị Thanh
        Thành phố Hồ Chí Minh|Hồ Thu Ánh|LGSP|Trung tâm Điều hành đô thị thông minh|22,73%|bốn trụ cột|Võ Văn Trưng
        Bình Thành|Phụng Hiệp|Israel|80%|90%|Nguyễn Văn Thích|Tân Long|mức độ 4|99%|105 sản phẩm OCOP|1.506|Vỏ sò|Postmart
        67.500|DTI|17/63|11 bậc|Đồng Văn Thanh|Phó Bí thư Tỉnh ủy|Chợ 4.0|Thạnh Xuân|Gạch Ròi|Châu Thành A|tốp 20
        Nguyễn Phú Tiến|Phó Cục trưởng|thứ hai ở đồng bằng""",
    "thanh-hoa-2024-09.md": """tốp 15|tốp 10|2025|Yến sào xứ Thanh|Facebook, Lazada, TikTok, Alibaba|Nguyễn Văn Tú|50-60%
        3 không|2023|5 xã, phường|10/27|227|100%|90%|gần 450|Ngày không bút|Điện Biên|Quảng Thắng|Hoằng Thái|Hoằng Hóa
        Định Long|Yên Định|6 tháng đầu năm 2024|54.620|11.902|tháng 3/2024|342,78 triệu|429|lgsp.thanhhoa.gov.vn
        11 dịch vụ|15 dịch vụ|558|100 doanh nghiệp số|150 doanh nghiệp số|2030|Đỗ Hữu Quyết|GRDP""",
}


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / "eval" / name).read_text(encoding="utf-8").splitlines()]


def front_matter(name: str) -> tuple[dict[str, str], str]:
    head, body = re.fullmatch(r"---\n(.*?)\n---\n(.*)", (SEEDS / name).read_text(encoding="utf-8"), re.S).groups()  # type: ignore[union-attr]
    return {k: v.strip('"') for k, v in (line.split(": ", 1) for line in head.splitlines())}, body


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


QUESTIONS = lines("seeds.jsonl")
CLAIMS = lines("claims.jsonl")
ANSWERABLE = [q for q in QUESTIONS if q["answerable"]]
BODIES = {name: front_matter(name)[1] for name in ARTICLES}


@pytest.mark.parametrize("name", ARTICLES)
def test_front_matter(name: str) -> None:
    meta, body = front_matter(name)
    assert set(meta) == {"title", "date", "language", "source"}
    assert meta["language"] == "vi" and meta["title"] and meta["source"]
    assert re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", meta["date"])
    assert unicodedata.is_normalized("NFC", body)
    assert f"({name})" in (SEEDS / "README.md").read_text(encoding="utf-8"), "listed in seeds/README.md"
    row = next(r for r in (SEEDS / "README.md").read_text(encoding="utf-8").splitlines() if f"({name})" in r)
    assert meta["title"] in row and f"| {meta['date']} |" in row


def test_every_published_fact_is_retold() -> None:
    assert set(FACTS) == set(ARTICLES)
    missing = [
        (name, fact)
        for name, facts in FACTS.items()
        for fact in re.split(r"[|\n]\s*", facts)
        if not re.search(rf"(?<!\w){re.escape(plain(fact))}(?!\w)", plain(BODIES[name]))
    ]
    assert missing == []


def test_ids_and_questions_are_unique() -> None:
    for rows in (QUESTIONS, CLAIMS):
        assert [k for k, n in Counter(r["id"] for r in rows).items() if n > 1] == []
    asked = Counter((plain(q["question"]), json.dumps(q.get("history"))) for q in QUESTIONS)
    assert [k for k, n in asked.items() if n > 1] == []


@pytest.mark.parametrize("item", QUESTIONS, ids=lambda q: q["id"])
def test_question(item: dict[str, Any]) -> None:
    assert set(item) <= {"id", "question", "history", "answers", "evidence", "answerable", "tags"}
    tags = set(item["tags"])
    assert len(tags) == len(item["tags"]) and len(tags & LANGUAGES) == 1 and tags - LANGUAGES <= KINDS
    assert ("followup" in tags) == ("history" in item)
    for turn in item.get("history", []):
        assert len(turn) == 2 and all(turn)
    if "folded" in tags:
        assert item["question"].isascii()
    if not item["answerable"]:
        assert item["answers"] == [] and "evidence" not in item and len(tags & {"near-miss", "off-topic"}) == 1
        return
    assert item["answers"] and item["evidence"] and not tags & {"near-miss", "off-topic"}
    for e in item["evidence"]:
        assert any(e["quote"] in line for line in BODIES[e["source"]].splitlines()), e
    quotes = plain(" \n ".join(e["quote"] for e in item["evidence"]))
    for requirement in item["answers"]:
        assert requirement and all(requirement)
        assert any(re.search(rf"(?<!\w){re.escape(plain(a))}(?!\w)", quotes) for a in requirement), requirement
    for requirement in item["answers"]:
        # An alternative number that stands nowhere in the evidence is a total of parts, and says so by its tag.
        sums = [a for a in requirement if re.fullmatch(r"\d+", a) and not re.search(rf"(?<!\d){a}(?!\d)", quotes)]
        assert not sums or "total" in tags, sums
        for a in sums:
            assert int(a) == sum(int(n) for n in re.findall(r"\d+", " ".join(r[0] for r in item["answers"])))


def test_question_counts() -> None:
    counts = Counter(tag for q in QUESTIONS for tag in q["tags"])
    floors = {"vi": 120, "folded": 20, "en": 30, "abbr": 12, "followup": 15, "compare": 10, "multi": 12, "list": 8}
    floors |= {"date": 10, "number": 80, "person": 20, "place": 10, "decision": 8, "rank": 8, "near-miss": 40}
    assert {k: (counts[k], n) for k, n in floors.items() if counts[k] < n} == {}
    assert counts["off-topic"] >= 15 and len(ANSWERABLE) >= 150
    used = Counter(e["source"] for q in ANSWERABLE for e in q["evidence"])
    assert set(used) == set(ARTICLES) and min(used.values()) >= 20


@pytest.mark.parametrize("item", CLAIMS, ids=lambda c: c["id"])
def test_claim(item: dict[str, Any]) -> None:
    assert set(item) == {"id", "claim", "passage", "language", "supported", "kind"}
    assert item["language"] in {"vi", "en"} and item["claim"] != item["passage"]
    assert item["kind"] in (SUPPORTED_KINDS if item["supported"] else UNSUPPORTED_KINDS)


def test_claims_are_balanced() -> None:
    assert len(CLAIMS) >= 220
    for rows in (CLAIMS, [c for c in CLAIMS if c["language"] == "en"], [c for c in CLAIMS if c["language"] == "vi"]):
        assert 0.42 <= sum(c["supported"] for c in rows) / len(rows) <= 0.58
    assert sum(c["language"] == "en" for c in CLAIMS) >= 60
    assert len({c["passage"] for c in CLAIMS}) >= 35
    assert [k for k, n in Counter((c["claim"], c["passage"]) for c in CLAIMS).items() if n > 1] == []
    kinds = Counter(c["kind"] for c in CLAIMS if not c["supported"])
    assert all(kinds[k] >= 5 for k in UNSUPPORTED_KINDS), kinds
