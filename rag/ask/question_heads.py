"""Nouns that tell what a question asks for: "tỉnh nào" a place, "which department" an organisation.

Data alone; ``rag.ask.answer_types`` reads it.
"""

from __future__ import annotations

# nouns before "nào" / "gì" (vi) or after "which" / "what" (en), by the answer type they ask for
HEADS: dict[str, tuple[str, ...]] = {
    "date": (
        "năm", "ngày", "tháng", "quý", "thời gian", "thời điểm", "khi", "lúc", "giai đoạn", "thế kỷ", "thế kỉ", "thập niên", "thập kỷ",
        "mùa", "hôm", "dịp", "thời kỳ", "thời kì", "niên đại", "nhiệm kỳ",
        "year", "date", "day", "month", "time", "period", "century", "decade", "quarter",
    ),
    "place": (
        "tỉnh", "thành phố", "huyện", "xã", "phường", "thị trấn", "thị xã", "quận", "thôn", "làng", "bản", "địa phương", "nơi",
        "nước", "quốc gia", "vùng", "khu vực", "địa điểm", "châu lục", "châu", "đảo", "chợ", "bang", "lãnh thổ", "miền", "vị trí", "địa danh",
        "tp", "thủ đô", "khu kinh tế", "khu công nghiệp", "khu", "ấp", "con sông", "sông", "biển", "núi", "chỗ", "địa bàn", "đâu",
        "province", "city", "district", "commune", "ward", "town", "village", "hamlet", "country", "place", "region", "area", "market",
        "island", "state", "location", "locality", "continent", "river", "sea", "capital",
    ),
    "organisation": (
        "cơ quan", "đơn vị", "tổ chức", "đoàn thể", "công ty", "sở", "bộ", "ban", "ngành", "doanh nghiệp", "đảng", "trường", "hợp tác xã", "htx",
        "nhà máy", "hãng", "tập đoàn", "viện", "trung tâm", "ngân hàng", "bệnh viện", "đội", "phe", "đại học", "trường đại học",
        "câu lạc bộ", "hiệp hội", "báo", "đài", "tờ báo", "liên minh",
        "agency", "department", "company", "organisation", "organization", "office", "ministry", "enterprise", "cooperative", "party",
        "school", "university", "unit", "factory", "body", "institution", "bank", "hospital", "team", "group",
    ),
    "decision": (
        "quyết định", "nghị quyết", "kế hoạch", "đề án", "văn bản", "chỉ thị", "nghị định", "thông tư", "luật", "đạo luật", "chương trình",
        "hiệp định", "hiệp ước", "công văn", "số hiệu",
        "decision", "resolution", "plan", "scheme", "directive", "decree", "circular", "law", "act", "project", "programme", "program", "treaty", "document",
    ),
    "person": (
        "người", "ông", "bà", "anh", "chị", "đồng chí", "cô", "chú", "bác", "nhân vật", "vua", "vị vua", "vị", "nhà khoa học", "nhà văn", "tác giả", "đạo diễn", "ca sĩ",
        "cầu thủ", "tướng", "tổng thống", "thủ tướng", "hoàng đế", "lãnh đạo", "nhà lãnh đạo", "diễn viên", "nông dân", "cán bộ", "giám đốc",
        "chủ tịch", "tài tử", "nghệ sĩ", "nhà thám hiểm", "họa sĩ", "nhạc sĩ",
        "person", "man", "woman", "official", "leader", "author", "king", "president", "director", "chairman", "chairwoman", "spokesman", "spokeswoman", "farmer", "explorer",
        "head", "chief", "secretary", "chair", "minister", "owner", "boss", "manager", "grower", "seller", "expert", "resident", "speaker", "principal", "villager",
    ),
    "role": (
        "chức vụ", "chức", "chức danh", "vai trò", "cương vị", "nghề", "nghề nghiệp", "chức trách",
        "position", "role", "post", "title", "job", "occupation",
    ),
    "rank": ("hạng", "thứ hạng", "thứ", "bậc", "rank", "ranking"),
    "percent": ("tỷ lệ", "tỉ lệ", "phần trăm", "tỷ trọng", "tỉ trọng", "percentage", "percent", "share", "portion", "fraction", "proportion", "rate"),
    "amount": ("số tiền", "giá", "mức giá", "doanh thu", "kinh phí", "giá trị", "mức lương", "amount", "price", "revenue", "sum", "cost", "value", "turnover", "income",
        "ngân sách", "budget", "funding", "salary", "wage"),
    "number": ("con số", "số", "số lượng", "mức", "độ tuổi", "tuổi", "number", "figure", "age"),
    "reason": ("lý do", "lí do", "nguyên nhân", "nguyên do", "reason", "cause"),
}  # fmt: skip

# documents that have a number, and how a text calls them (folded)
DOCUMENTS_EN = {
    "decision": "quyet dinh", "resolution": "nghi quyet", "plan": "ke hoach", "decree": "nghi dinh", "directive": "chi thi", "circular": "thong tu",
}  # fmt: skip
NUMBERED_EN = "|".join(DOCUMENTS_EN)
