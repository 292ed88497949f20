"""Why a file was left out, in the page's language.

The library tells reasons in English. A reason that is not in the table is shown as it is: better a foreign sentence
than none. Knows nothing of how files are read.
"""

from __future__ import annotations

import re

from rag.serve.ui.labels import Labels

# What a reason says somewhere in it → how a Vietnamese reader is told, with what to do.
_VIETNAMESE: tuple[tuple[str, str], ...] = (
    ("nothing but white space|empty file|no text to index", "tệp trống, không có chữ nào"),
    ("no text in the page", "trang không có chữ nào"),
    ("no text layer", "bản quét chỉ có ảnh, chưa có chữ; hãy nhận dạng chữ (OCR) rồi nạp lại"),
    ("fonts do not say", "phông chữ trong tệp không cho biết chữ gì; hãy nhận dạng chữ (OCR) rồi nạp lại"),
    ("encrypted|protected by a password", "tệp có mật khẩu; hãy lưu bản không đặt mật khẩu"),
    ("not a supported format", "không đọc được loại tệp này"),
    ("binary data, not text", "không phải tệp văn bản"),
    ("over the limit of .* MB", "tệp quá lớn"),
    ("pages, over the limit", "quá nhiều trang; hãy chia nhỏ tệp"),
    ("same text as", "trùng nội dung với một tài liệu đã có"),
    ("invalid UTF-8", "không rõ bảng mã; hãy lưu tệp theo UTF-8"),
    ("not a .docx|damaged|cut off|hostile|not an ordinary document", "tệp hỏng hoặc không đúng định dạng"),
    ("not an HTML page|not a CSV table", "nội dung không đúng định dạng của tệp"),
    ("no Word document in it", "trong tệp không có văn bản Word"),
    ("cannot be opened|cannot be read", "không mở được tệp"),
    ("this id occurs earlier", "mã này đã có ở trên trong tệp; các mã phải khác nhau"),
)


def reason(text: str, t: Labels) -> str:
    """The reason as the page's visitor is told it."""
    if t.language == "vi":
        for pattern, said in _VIETNAMESE:
            if re.search(pattern, text):
                return said
    return text
