"""Every word the page says, in Vietnamese and English.

Knows nothing of components. A visitor's language comes from the cookie that the language switch writes, else from
the browser's own preference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LANGUAGES = ("vi", "en")
COOKIE = "hoidap_lang"

TEXT: dict[str, tuple[str, str]] = {
    # name: (Vietnamese, English)
    "title": ("Hỏi đáp tài liệu", "Ask your documents"),
    "tagline": (
        "Trả lời từ chính tài liệu của bạn, có dẫn nguồn",
        "Answers from your own documents, with their sources",
    ),
    "tab_chat": ("Hỏi đáp", "Chat"),
    "tab_documents": ("Tài liệu", "Documents"),
    "tab_evaluation": ("Đánh giá", "Evaluation"),
    "tab_settings": ("Thiết lập", "Settings"),
    "theme": ("Đổi nền sáng/tối", "Switch light/dark"),
    "language": ("English", "Tiếng Việt"),
    "language_label": ("Switch the page to English", "Chuyển trang sang tiếng Việt"),
    "sign_out": ("Đăng xuất", "Sign out"),
    # chat
    "conversation": ("Cuộc trò chuyện", "Conversation"),
    "conversations": ("Các cuộc trò chuyện", "Conversations"),
    "new": ("Cuộc trò chuyện mới", "New conversation"),
    "no_conversations": ("Chưa có cuộc trò chuyện nào.", "No conversations yet."),
    "delete_conversation": ("Xóa cuộc trò chuyện", "Delete conversation"),
    "sure_conversation": ("Xóa hẳn cuộc trò chuyện này?", "Delete this conversation for good?"),
    "question": ("Câu hỏi của bạn", "Your question"),
    "placeholder": ("Hỏi về tài liệu…", "Ask about the documents…"),
    "send": ("Gửi", "Send"),
    "stop": ("Dừng", "Stop"),
    "welcome": ("Bạn muốn biết điều gì?", "What would you like to know?"),
    "welcome_more": (
        "Câu trả lời chỉ lấy từ {n} tài liệu đã nạp. Bấm vào số [1] để xem đúng câu gốc; gõ không dấu cũng được.",
        "Answers come only from the {n} indexed documents. Click a number [1] to see the very sentence it comes from.",
    ),
    "welcome_empty": (
        "Chưa có tài liệu nào. Hãy tải lên tệp đầu tiên: PDF, Word, văn bản, trang web hay bảng.",
        "There are no documents yet. Upload the first file: PDF, Word, text, a web page or a table.",
    ),
    "to_documents": ("Tải tài liệu lên", "Upload documents"),
    "examples": ("Thử một câu hỏi", "Try a question"),
    "you": ("Bạn", "You"),
    "assistant": ("Trả lời", "Answer"),
    "searching": ("Đang tìm trong tài liệu…", "Searching the documents…"),
    "reading": ("Đang đọc {n} đoạn…", "Reading {n} passages…"),
    "abstained": ("Không có trong tài liệu", "Not in the documents"),
    "nearest": ("Các đoạn gần nhất", "Nearest passages"),
    "failed": ("Chưa trả lời được", "Could not answer"),
    "failed_more": (
        "Đây là lỗi kỹ thuật, không có nghĩa là tài liệu không có thông tin.",
        "This is a technical fault; it does not mean that the documents lack the answer.",
    ),
    "stopped": ("Đã dừng; câu trả lời chưa trọn vẹn.", "Stopped; this answer is incomplete."),
    "incomplete": (
        "Câu trả lời bị cắt giữa chừng, có thể còn thiếu ý.",
        "This answer was cut short and may lack something.",
    ),
    "busy": (
        "Đang có quá nhiều câu hỏi. Hãy thử lại sau ít giây.",
        "Too many questions at once. Try again in a few seconds.",
    ),
    "too_long": ("Câu hỏi quá dài: nhiều nhất {n} ký tự.", "The question is too long: at most {n} characters."),
    "unsupported": ("Chưa kiểm chứng được với nguồn", "Not confirmed by the source"),
    "details": ("Chi tiết", "Details"),
    "query_used": ("Câu truy vấn đã dùng", "Query used"),
    "short_answer": ("Đáp án ngắn", "Short answer"),
    "time": ("Thời gian", "Time"),
    "tokens": ("Số token", "Tokens"),
    "copy": ("Sao chép", "Copy"),
    "copied": ("Đã sao chép", "Copied"),
    "show_sources": ("Nguồn", "Sources"),
    "again": ("Hỏi lại", "Retry"),
    "edit": ("Sửa câu hỏi", "Edit question"),
    "good": ("Câu trả lời đúng", "Good answer"),
    "bad": ("Câu trả lời sai", "Wrong answer"),
    "comment": ("Sai ở đâu? Đáp án đúng là gì?", "What is wrong? What is the right answer?"),
    "send_comment": ("Gửi nhận xét", "Send comment"),
    "thanks": ("Đã ghi nhận, cảm ơn bạn.", "Noted, thank you."),
    "followups": ("Hỏi tiếp", "Ask next"),
    "followup_place": ("Thế còn {place}?", "What about {place}?"),
    "followup_year": ("Thế còn năm {year}?", "What about {year}?"),
    "export": ("Tải về", "Export"),
    "export_md": ("Markdown", "Markdown"),
    "export_json": ("JSON", "JSON"),
    "export_feedback": ("Nhận xét → bộ câu hỏi", "Feedback → question set"),
    # sources
    "sources": ("Nguồn", "Sources"),
    "sources_hint": (
        "Nguồn của câu trả lời hiện ở đây, kèm đúng câu được trích dẫn.",
        "The sources of an answer appear here, with the very sentence it cites.",
    ),
    "cited": ("Được trích dẫn", "Cited"),
    "also": ("Cũng tìm thấy", "Also retrieved"),
    "found": ("Các đoạn tìm thấy", "Passages found"),
    "source_n": ("Nguồn {n}: {title}", "Source {n}: {title}"),
    "page_n": ("trang {n}", "page {n}"),
    "no_date": ("không rõ ngày", "undated"),
    "dates_differ": (
        "Các nguồn thuộc những thời điểm khác nhau: {dates}.",
        "The sources are from different times: {dates}.",
    ),
    "open_document": ("Mở tài liệu tại đoạn này", "Open the document here"),
    "close": ("Đóng", "Close"),
    "back": ("Về câu trả lời", "Back to the answer"),
    "document": ("Tài liệu", "Document"),
    "gone": ("Tài liệu này không còn trong chỉ mục.", "This document is no longer in the index."),
    # documents
    "upload": ("Tải tài liệu lên", "Upload documents"),
    "upload_hint": (
        "Nhiều nhất {files} tệp mỗi lần, mỗi tệp không quá {mb} MB: {types}",
        "At most {files} files at a time, {mb} MB each: {types}",
    ),
    "uploading": ("Đang nạp {done}/{total}: {name}", "Reading {done}/{total}: {name}"),
    "upload_done": (
        "Xong: {added} mới, {updated} cập nhật, {unchanged} không đổi.",
        "Done: {added} new, {updated} updated, {unchanged} unchanged.",
    ),
    "skipped": ("Bỏ qua {name}: {reason}", "Skipped {name}: {reason}"),
    "too_many": ("{n} tệp một lúc; nhiều nhất {most}.", "{n} files at once; at most {most}."),
    "too_big": ("{name}: lớn hơn {mb} MB.", "{name}: larger than {mb} MB."),
    "bad_type": ("{name}: không đọc loại tệp này.", "{name}: this type is not read."),
    "documents_n": ("{n} tài liệu, {passages} đoạn", "{n} documents, {passages} passages"),
    "col_title": ("Tài liệu", "Document"),
    "col_date": ("Ngày", "Date"),
    "col_size": ("Cỡ", "Size"),
    "col_passages": ("Đoạn", "Passages"),
    "col_status": ("Trạng thái", "Status"),
    "col_added": ("Nạp lúc", "Added"),
    "indexed": ("đã lập chỉ mục", "indexed"),
    "characters": ("{n} ký tự", "{n} characters"),
    "view": ("Xem", "View"),
    "delete": ("Xóa", "Delete"),
    "reindex": ("Lập lại chỉ mục", "Re-index"),
    "reindex_all": ("Lập lại toàn bộ chỉ mục", "Re-index everything"),
    "reindexed": ("Đã lập lại chỉ mục: {name}", "Re-indexed: {name}"),
    "deleted": ("Đã xóa: {name}", "Deleted: {name}"),
    "sure_document": ("Xóa tài liệu này khỏi chỉ mục?", "Remove this document from the index?"),
    "no_documents": ("Chưa có tài liệu nào.", "There are no documents yet."),
    # settings
    "settings_intro": ("Chỉ áp dụng cho các câu hỏi của bạn.", "These apply to your questions only."),
    "llm": ("Mô hình trả lời", "Answering model"),
    "llm_hint": (
        "“extractive” trích nguyên văn, không cần mô hình; hoặc openai:TÊN, ollama:TÊN, anthropic:TÊN",
        "“extractive” quotes the sources and needs no model; or openai:NAME, ollama:NAME, anthropic:NAME",
    ),
    "llm_fixed": (
        "Máy chủ này mở cho máy khác nên mô hình do người quản trị chọn.",
        "This server is open to other machines, so its operator chooses the model.",
    ),
    "base_url": ("Địa chỉ máy chủ (tùy chọn)", "Server address (optional)"),
    "api_key": ("Khóa (chỉ giữ trong bộ nhớ đến khi tắt)", "Key (kept in memory only, until the process ends)"),
    "test_llm": ("Thử kết nối", "Test connection"),
    "test_ok": ("Kết nối được: mô hình trả lời trong {s} giây.", "Connected: the model answered in {s} s."),
    "test_none": ("“extractive” không cần kết nối.", "“extractive” needs no connection."),
    "k": ("Số đoạn hiển thị", "Passages shown"),
    "answer_language": ("Ngôn ngữ trả lời", "Answer language"),
    "lang_auto": ("Theo câu hỏi", "As the question"),
    "lang_vi": ("Tiếng Việt", "Vietnamese"),
    "lang_en": ("Tiếng Anh", "English"),
    "verification": ("Ý không được nguồn xác nhận", "Claims the source does not confirm"),
    "verify_mark": ("Đánh dấu", "Mark them"),
    "verify_drop": ("Bỏ đi", "Leave them out"),
    "verify_retry": ("Hỏi lại một lần", "Ask once more"),
    "save": ("Lưu", "Save"),
    "saved": ("Đã lưu.", "Saved."),
    "about_index": ("Chỉ mục", "Index"),
    # evaluation
    "eval_intro": (
        "Đo chất lượng trên một bộ câu hỏi có sẵn đáp án. Các nhận xét và câu hỏi bạn duyệt cũng thành bộ câu hỏi.",
        "Measure quality on questions with known answers. Your feedback and the drafts you accept are sets too.",
    ),
    "eval_set": ("Bộ câu hỏi", "Question set"),
    "eval_set_feedback": ("Nhận xét của bạn", "Your feedback"),
    "eval_set_own": ("Câu hỏi đã duyệt", "Accepted questions"),
    "eval_compare": ("So với lần chạy", "Compare with run"),
    "eval_run": ("Chạy đánh giá", "Run evaluation"),
    "eval_cancel": ("Hủy", "Cancel"),
    "eval_report": ("Tải báo cáo", "Download report"),
    "eval_none": ("Không tìm thấy bộ câu hỏi nào.", "No question set found."),
    "eval_busy": ("Một lần đánh giá khác đang chạy.", "Another evaluation is running."),
    "eval_more": ("Các chỉ số khác", "Other metrics"),
    "eval_no_compare": ("Không so sánh", "No comparison"),
    "eval_cancelled": (
        "Đã hủy sau {done}/{total} câu. Những câu đã trả lời được giữ lại: chạy lại bộ này sẽ làm tiếp từ đó.",
        "Cancelled after {done} of {total} questions. Their answers are kept: running this set again goes on from there.",
    ),
    "eval_before": ("Lần trước", "Before"),
    "eval_now": ("Lần này", "Now"),
    "eval_change": ("Thay đổi", "Change"),
    "eval_progress": ("{done}/{total} câu hỏi", "{done}/{total} questions"),
    "eval_done": ("Xong: {n} câu hỏi.", "Done: {n} questions."),
    "eval_metrics": ("Chỉ số", "Metrics"),
    "eval_by_tag": ("Tỷ lệ đúng theo nhóm", "Right answers by group"),
    "eval_worst": ("Những câu sai", "Questions that went wrong"),
    "eval_gold": ("Đáp án", "Gold"),
    "eval_got": ("Trả lời", "Answer"),
    "eval_evidence": ("Bằng chứng", "Evidence"),
    "eval_compared": ("So với {name}", "Compared with {name}"),
    "not_in": ("(không có trong tài liệu)", "(not in the documents)"),
    "m_correct": ("Đúng", "Right"),
    "m_contains": ("Có đáp án trong câu trả lời", "Answer holds the gold"),
    "m_citation_precision": ("Trích dẫn đúng chỗ", "Citations on the evidence"),
    "m_recall@5": ("Bằng chứng trong 5 đoạn đầu", "Evidence in the top 5"),
    "m_false_answer": ("Trả lời nhầm khi không có", "False answers"),
    "m_false_refusal": ("Từ chối nhầm", "False refusals"),
    "drafts": ("Soạn câu hỏi nháp từ tài liệu", "Draft questions from the documents"),
    "drafts_make": ("Soạn câu hỏi", "Draft questions"),
    "draft_question": ("Câu hỏi", "Question"),
    "drafts_none": (
        "Chưa soạn được câu hỏi nào từ các tài liệu này.",
        "No question could be drafted from these documents.",
    ),
    "draft_needs_answer": ("Hãy điền đáp án trước khi duyệt.", "Fill in the answer before accepting."),
    "draft_answer": (
        "Đáp án (“;” giữa các ý phải có đủ, “ / ” giữa các cách viết đều đúng)",
        "Answer (“;” between parts that must all be there, “ / ” between forms that are all right)",
    ),
    "accept": ("Duyệt", "Accept"),
    "reject": ("Loại", "Reject"),
    "accepted": ("Đã duyệt; bộ câu hỏi có {n} câu.", "Accepted; the set has {n} questions."),
    "error": ("Lỗi: {message}", "Error: {message}"),
}


class Labels:
    """The words of one language: ``labels["send"]``, or ``labels("reading", n=6)`` with values filled in."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "vi"
        self._place = LANGUAGES.index(self.language)

    def __getitem__(self, name: str) -> str:
        return TEXT[name][self._place]

    def __call__(self, name: str, /, **values: object) -> str:
        return TEXT[name][self._place].format(**values)

    def number(self, value: int) -> str:
        """A whole number with the language's thousands mark."""
        text = f"{value:,}"
        return text.replace(",", ".") if self.language == "vi" else text

    def decimal(self, text: str) -> str:
        """A figure written with a point, with the language's decimal mark."""
        return text.replace(".", ",") if self.language == "vi" else text

    def date(self, iso: str | None) -> str:
        """An ISO date of any precision as the language writes it."""
        if not iso:
            return self["no_date"]
        if not re.match(r"\d{4}(-\d\d){0,2}", iso):
            return iso
        parts = iso[:10].split("-")
        if self.language == "vi":
            return "/".join(part.lstrip("0") if len(part) == 2 else part for part in reversed(parts))
        months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
        if len(parts) == 1 or not parts[1].isdigit() or not 1 <= int(parts[1]) <= 12:
            return parts[0]
        month = months[int(parts[1]) - 1]
        return (
            f"{int(parts[2])} {month} {parts[0]}" if len(parts) == 3 and parts[2].isdigit() else f"{month} {parts[0]}"
        )


def choose_language(cookies: Mapping[str, str], accept: str) -> str:
    """The visitor's language: the cookie's, else the first of the browser's that we have, else English for those who
    name other languages and Vietnamese for those who name none."""
    chosen = cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    ranked = []
    for place, item in enumerate(accept.split(",")):
        tag, _, rest = item.strip().partition(";")
        quality = re.fullmatch(r"\s*q=([01](?:\.\d{1,3})?)\s*", rest)
        if tag:
            ranked.append((-float(quality[1]) if quality else -1.0, place, tag[:2].lower()))
    for _, _, tag in sorted(ranked):
        if tag in LANGUAGES:
            return tag
    return "en" if ranked and ranked[0][2] != "*" else "vi"
