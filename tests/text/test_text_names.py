"""Names, places, abbreviations, languages, content words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.abbreviations import TABLE, Abbreviations, learn
from rag.text.language import detect, detect_document
from rag.text.names import PROVINCES, canonical_place, find_names, find_places
from rag.text.normalise import fold
from rag.text.stopwords import content_words


def kinds(text: str) -> dict[str, str]:
    return {n.text: n.kind for n in find_names(text)}


def test_names_of_a_news_sentence() -> None:
    text = (
        "Theo Quyết định số 1656/QĐ-UBND, ông Đỗ Hữu Quyết, Giám đốc Sở Thông tin và Truyền thông tỉnh Thanh Hóa, "
        "đã gặp Nguyễn Đăng Ngọc tại xã Định Long để bàn về Facebook và CĐS."
    )
    found = kinds(text)
    assert found["Quyết định số 1656/QĐ-UBND"] == "document"
    assert found["Đỗ Hữu Quyết"] == "person" and found["Nguyễn Đăng Ngọc"] == "person"
    assert found["Sở Thông tin và Truyền thông"] == "organisation"
    assert found["Thanh Hóa"] == "place" and found["Định Long"] == "place"
    assert "Facebook" in found and "CĐS" in found and "Giám" not in found and "Theo" not in found


def test_an_office_and_a_person_side_by_side_are_told_apart() -> None:
    found = kinds(
        "Giám đốc Sở TT&TT Hà Tĩnh Đậu Tùng Lâm và Chủ tịch UBND xã Nguyễn Như Hùng, Phó Giám đốc (khóa XIX), dự hội nghị."
    )
    assert found["Hà Tĩnh"] == "place" and found["Đậu Tùng Lâm"] == found["Nguyễn Như Hùng"] == "person"
    assert not {"XIX", "Phó Giám", "Giám"} & set(found)


def test_sentence_openers_are_no_names() -> None:
    assert kinds("Tỉnh đã làm xong. Người dân vui. The people came.") == {}
    assert kinds("Nghị quyết số 05-NQ/TU được ban hành.") == {"Nghị quyết số 05-NQ/TU": "document"}
    assert kinds("Barack Obama visited Hanoi").keys() >= {"Barack Obama"}
    assert kinds("Thành phố TP Thanh Hóa lớn").get("TP Thanh Hóa") == "place"


@given(st.text(alphabet="aĐ BcÁ-&.,0123/QĐUBND\n", max_size=60))
def test_names_are_ordered_spans(text: str) -> None:
    last = 0
    for name in find_names(text):
        assert last <= name.start < name.end and text[name.start : name.end] == name.text
        last = name.end


@pytest.mark.parametrize("province", PROVINCES)
def test_every_province_is_found_in_each_spelling(province: str) -> None:
    for text in (
        f"Tại {province}, mọi việc tốt đẹp.",
        f"o tinh {fold(province)} co gi",
        f"ở {province.upper()} thì sao?",
    ):
        assert [canonical_place(p.text) for p in find_places(text)] == [canonical_place(province)], text


def test_places_need_their_own_accents() -> None:
    assert [p.text for p in find_places("Hà Tĩnh, nam định và TP.HCM")] == ["Hà Tĩnh", "nam định", "TP.HCM"]
    assert find_places("sống trong hòa bình và ấm no") == []
    assert [p.text for p in find_places("bác liễu và bà Nga")] == ["Nga"]
    assert find_places("nga lao hue") == []
    assert canonical_place("tp.hcm") == "Thành phố Hồ Chí Minh"
    assert canonical_place("Hogwarts") == "Hogwarts"


def test_learn_definitions() -> None:
    text = (
        "Về chuyển đổi số (CĐS), Sở Thông tin và Truyền thông (TT&TT) dùng TMĐT (thương mại điện tử), tổ công nghệ số cộng đồng (CNSCĐ). "
        "Thẻ căn cước công dân (CCCD) và Đồng bằng sông Cửu Long (ĐBSCL). Tăng mạnh (GRDP). Không phải (ABC)."
    )
    learnt = learn(text)
    assert learnt["CĐS"] == "chuyển đổi số"
    assert learnt["TT&TT"] == "Thông tin và Truyền thông"
    assert learnt["TMĐT"] == "thương mại điện tử"
    assert learnt["CNSCĐ"] == "công nghệ số cộng đồng"
    assert learnt["CCCD"] == "căn cước công dân"
    assert "GRDP" not in learnt and "ABC" not in learnt
    assert learn("không có ngoặc") == {}


def test_variants_both_ways() -> None:
    short = Abbreviations(TABLE)
    assert short.variants("Tổ CĐS cộng đồng") == ("Tổ chuyển đổi số cộng đồng",)
    assert short.variants("Giám đốc Sở TT&TT") == ("Giám đốc Sở Thông tin và Truyền thông",)
    assert "to cds cong dong" in short.variants("to chuyen doi so cong dong")
    assert short.expand("ubnd tinh") == "Ủy ban nhân dân tinh"
    assert short.shorten("hội đồng nhân dân tỉnh") == "HĐND tỉnh"
    assert short.variants("không có gì") == ()
    assert short.with_({"XYZ": "xa yêu zui"}).expand("về XYZ") == "về xa yêu zui"
    assert short.expand("tp lớn") == "tp lớn"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hà Tĩnh có bao nhiêu tổ CĐS cộng đồng?", "vi"),
        ("den thang 10/2022 ha tinh co bao nhieu to chuyen doi so cong dong cap thon", "vi-folded"),
        ("giam doc so tt&tt thanh hoa la ai", "vi-folded"),
        ("How many community digital teams did Hà Tĩnh have by 10/2022?", "en"),
        ("who is the director of Sở TT&TT Thanh Hóa", "en"),
        ("And at hamlet level?", "en"),
        ("hello", "en"),
        ("日本の首都は", "other"),
        ("Quelle est la capitale de la France ?", "other"),
        ("Berlin ist die Hauptstadt von Deutschland", "other"),
        ("123?", "other"),
        ("", "other"),
        ("Thế còn Thanh Hóa?", "vi"),
        ("the con thanh hoa thi sao", "vi-folded"),
        ("tăng bao nhiêu", "vi"),
        ("Cach nau pho bo", "vi-folded"),
        ("à", "other"),
        ("kiem soat nguon lay nhiem co nghia la gi?", "vi-folded"),
        ("test nhanh covid-19 bao lau thi co ket qua?", "vi-folded"),
        ("neu toi co thai hoac dang cho con bu sua me thi sao?", "vi-folded"),
        ("da nang lien tiep chay rung", "vi-folded"),
        ("What share of complaints on the Phan hoi Thanh Hoa software were handled on time?", "en"),
        ("what is the hotline number of the phan hoi thanh hoa feedback system?", "en"),
        ("can I go to Ha Tinh", "en"),
        ("Quanti abitanti ha la provincia di Ha Tinh?", "other"),
        ("Apa ibu kota Vietnam?", "other"),
    ],
)
def test_language_of_a_question(text: str, language: str) -> None:
    assert detect(text) == language


def test_language_of_a_document() -> None:
    vietnamese = "Chuyển đổi số là xu thế tất yếu, không thể không làm và không thể đứng ngoài cuộc. "
    english = "The factory was built in the north of the country and it has been used for many years by the people. "
    assert detect_document(vietnamese * 3) == "vi"
    assert detect_document(english * 3) == "en"
    assert detect_document(english) == "en" and detect_document("Xin chào các bạn") == "vi"
    assert detect_document("12 34") == ""
    assert detect_document(fold(vietnamese) * 3) == "vi"
    assert detect_document("東京は日本の首都です。" * 5) == ""
    assert detect_document(english[:-2] + " café naïve " + english) == "en"


def test_content_words() -> None:
    assert content_words("Hà Tĩnh có bao nhiêu tổ cộng đồng?") == ["hà", "tĩnh", "tổ", "cộng", "đồng"]
    assert content_words("ha tinh co bao nhieu to", "vi-folded") == ["ha", "tinh", "to"] or "tinh" in content_words(
        "ha tinh co bao nhieu to", "vi-folded"
    )
    assert content_words("How many teams are there?", "en") == ["teams"]
    assert content_words("là gì", "vi") == ["là", "gì"]


@pytest.mark.parametrize(
    ("text", "name"),
    [("Xã Cẩm Bình có bao nhiêu hộ?", "Cẩm Bình"), ("Xã Cẩm Bình", "Cẩm Bình"), ("Huyện Đức Thọ ở đâu?", "Đức Thọ"),
     ("Hôm qua mưa. Phường Tân An có gì?", "Tân An"), ("tại xã Cẩm Bình có", "Cẩm Bình")],
)  # fmt: skip
def test_a_commune_at_the_start_is_a_place(text: str, name: str) -> None:
    assert kinds(text) == {name: "place"}


@pytest.mark.parametrize(
    "text",
    ["Cổng Dịch vụ công quốc gia", "trên Cổng Dịch vụ công", "Trên Cổng Dịch vụ công có gì?", "Cổng Dịch (vụ công)",
     "Cổng Dịch vụ Công trực tuyến", "Xã Hội"],
)  # fmt: skip
def test_a_portal_is_nobody(text: str) -> None:
    assert not [n for n in find_names(text) if n.kind == "person"]
    assert "Cổng Dịch" not in kinds(text) or "(" in text


@pytest.mark.parametrize(
    ("text", "place"),
    [("dan so thanh pho ho chi minh la bao nhieu", "Thành phố Hồ Chí Minh"), ("TP.HCM", "Thành phố Hồ Chí Minh"),
     ("tp hcm co gi", "Thành phố Hồ Chí Minh"), ("Tp.Hồ Chí Minh", "Thành phố Hồ Chí Minh"), ("Sài Gòn", "Thành phố Hồ Chí Minh"),
     ("o sai gon", "Thành phố Hồ Chí Minh"), ("can tho", "Cần Thơ"), ("Hanoi", "Hà Nội"), ("Bà Rịa-Vũng Tàu", "Bà Rịa - Vũng Tàu"),
     ("den thang 10/2022 ha tinh co bao nhieu to cong nghe so", "Hà Tĩnh"), ("giam doc so tttt hau giang la ai", "Hậu Giang"),
     ("ở tỉnh hòa bình có", "Hòa Bình"), ("tại long an", "Long An"), ("tinh dien bien cua viet", "Điện Biên"), ("Đak Lak", "Đắk Lắk"),
     ("can tho lam gi de ho tro", "Cần Thơ"), ("hai phong thi sao", "Hải Phòng")],
)  # fmt: skip
def test_places_in_any_spelling(text: str, place: str) -> None:
    assert [canonical_place(p.text) for p in find_places(text)] == [place]


@pytest.mark.parametrize(
    "text", ["dien bien dich benh", "danh gia lai", "an ninh binh yen", "bao cao bang van ban", "nguyen van son la ai", "lao dong thap", "cao bằng"]
)  # fmt: skip
def test_folded_words_that_are_no_places(text: str) -> None:
    assert find_places(text) == []


def test_how_a_vietnamese_syllable_is_built() -> None:
    from rag.text.language import _SYLLABLE

    words = """nghiêng khuya Quỳnh rượu nguyệt thuyền khuỷu ngoằn ngoèo xoong quýt giếng huých hoạch khuếch tuổi uống ướp
        yêu yểng ý à quả gì nghề nghĩ thoăn thoắt suýt luân luật quang oan uể oải khoèo chuếnh choáng loét huênh hoang"""
    assert [w for w in words.split() if not _SYLLABLE.fullmatch(fold(w.lower()))] == []
    foreign = "what which were teams ling shi share city markets virut of is from with many did rank quy3 ngi_"
    assert [w for w in foreign.split() if _SYLLABLE.fullmatch(w)] == []
