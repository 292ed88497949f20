"""Names that hold an "và", an "and" or a comma of their own, so that nothing is cut there: "Sở Khoa học và Công nghệ".

Knows nothing of what is cut, or why.
"""

from __future__ import annotations

import re

from rag.text.names import find_names

# ministries and departments whose own name holds "và"
_WITH_AND = re.compile(
    r"thông tin và truyền thông|khoa học và công nghệ|nông nghiệp và phát triển nông thôn|tài nguyên và môi trường|giáo dục và đào tạo|"
    r"kế hoạch và đầu tư|văn hóa, thể thao và du lịch|văn hóa và thể thao|thương binh và xã hội|sản xuất và thương mại|"
    r"thong tin va truyen thong|khoa hoc va cong nghe|nong nghiep va phat trien nong thon|tai nguyen va moi truong|giao duc va dao tao|"
    r"ke hoach va dau tu|van hoa, the thao va du lich|thuong binh va xa hoi|"
    r"information and communications?|science and technology|agriculture and rural development|natural resources and environment|education and training|planning and investment|industry and trade|culture, sports and tourism",
    re.IGNORECASE,
)


def guarded(question: str) -> str:
    """Same length, with the "và" and commas inside fixed names made unreadable, so that no cut falls there."""
    out = question
    for found in _WITH_AND.finditer(question):
        out = out[: found.start()] + re.sub(r"[,\s]", "_", found.group()) + out[found.end() :]
    for name in find_names(question):
        if name.kind in ("organisation", "document"):
            out = out[: name.start] + re.sub(r"[,\s]", "_", out[name.start : name.end]) + out[name.end :]
    return out
