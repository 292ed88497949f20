"""The table of syllables and their neighbours, counted over a small folder laid out like the real one."""

from __future__ import annotations

import json
import lzma
from collections import Counter
from pathlib import Path

import numpy as np

from rag.training import accents


def folder_of(tmp_path: Path) -> Path:
    def write(name: str, rows: list[str]) -> None:
        with lzma.open(tmp_path / name, "wt", encoding="utf-8") as out:
            out.write("\n".join(rows))

    question = {"question": "Có bao nhiêu tổ số?", "passage": "Có hai tổ số ở đó.", "lang": "vi"}
    write("questions.jsonl.xz", [json.dumps(question, ensure_ascii=False)])
    news = {"title": "Tổ số đã lập", "abstract": "", "paragraphs": ["Có tổ số mới. this is no Vietnamese text"]}
    write("news.jsonl.xz", [json.dumps(news, ensure_ascii=False)])
    write("wiki-sections.jsonl.xz", [json.dumps({"title": "Hà Nội", "heading": "", "body": "Hà Nội có hồ."})])
    write("sections-en-vi.jsonl.xz", [json.dumps({"passage_vi": "Nước có hồ rộng."})])
    write("parallel.tsv.xz", ["There is a lake.\tCó một hồ nước.\tx", "broken line"])
    return tmp_path


def test_what_is_counted(tmp_path: Path) -> None:
    single, double = accents.count(folder_of(tmp_path))
    assert single["tổ"] == accents.QUESTIONS + 3
    assert double["tổ", "số"] == accents.QUESTIONS + 3
    assert double["", "có"] == accents.QUESTIONS + 3
    assert "this" not in single and double["mới", "this"] == 0


def test_what_is_written_can_be_read_back() -> None:
    single = Counter({"tổ": 60, "to": 30, "số": 50, "tô": 0, "số_": 1})
    double = Counter({("", "tổ"): 20, ("tổ", "số"): 45, ("to", "số"): 3, ("số", "tổ"): 5})
    made = accents.tables(single, double)
    words = str(made["words"]).split()
    assert words[:3] == ["tổ", "số", "to"] and np.isclose(made["chance"][0], 60 / 141)
    assert (np.diff(made["pairs"].astype(np.int64)) > 0).all()
    follows = dict(zip(made["pairs"].tolist(), made["follows"].tolist(), strict=True))
    assert len(follows) == 3, "a pair seen three times is left out"
    assert follows[0 * len(words) + 1] == round(-16 * np.log(45 / 45))
    assert follows[len(words) * len(words) + 0] == round(-16 * np.log(20 / 20))
