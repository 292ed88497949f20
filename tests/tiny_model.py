"""Five short documents and a small static model made on the spot, for tests that need no trained weights."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from rag import Document
from rag.text.normalise import fold, nfc
from rag.training.vocabulary import Sizes, build

DOCUMENTS = [
    Document(
        source="ha-tinh.txt",
        title="Chuyển đổi số ở Hà Tĩnh",
        date="2022-10-05",
        language="vi",
        metadata={"topic": "digital", "tags": ["tỉnh", "số"]},
        text="Tỉnh đã lập 1.200 tổ công nghệ số cộng đồng. Người dân dùng dịch vụ công trực tuyến nhiều hơn trước.",
    ),
    Document(
        source="thanh-hoa.txt",
        title="Thanh Hóa thúc đẩy chuyển đổi số",
        date="2024-04",
        language="vi",
        metadata={"topic": "digital"},
        text="Chuyển đổi số (CĐS) giúp nông sản bán chạy. Ủy ban nhân dân tỉnh đặt mục tiêu 90% hồ sơ trực tuyến.",
    ),
    Document(
        source="cho.txt",
        title="Chợ quê",
        date="2023",
        language="vi",
        text="Bà con bán rau ở chợ từ sáng sớm. Một người bạn cũ ghé thăm.",
    ),
    Document(
        source="ban.txt",
        title="Tình bạn",
        date="2021",
        language="vi",
        text="Hai người bạn đi chợ từ sáng sớm. Họ mua rau và nói chuyện.",
    ),
    Document(
        source="english.txt",
        title="Digital transformation",
        date="2023-01",
        language="en",
        text="The province of Hậu Giang set up 75 community digital technology teams. People pay with QR codes.",
    ),
]


def make_model(folder: Path, texts: list[str], pairs: dict[str, str] | None = None) -> Path:
    """A static model over the words of `texts`: a random direction a word, three parts in four of it shared with its
    folded form, and with the other word of `pairs`; longer the rarer the word."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in set(re.findall(r"\w+", nfc(text).lower())):
            for form in {word, fold(word)}:
                counts[form] = counts.get(form, 0) + 1
    tokenizer = build([*texts, *map(fold, texts)], [], Sizes(min_count=1, superwords=0))
    rng = np.random.default_rng(0)
    directions: dict[str, np.ndarray] = {}
    rows = np.zeros((tokenizer.get_vocab_size(), 64), dtype=np.float32)
    for piece, i in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1]):
        word = piece.removeprefix("▁")
        root = fold((pairs or {}).get(word, word))
        shared = directions.setdefault(root, rng.normal(size=64))
        direction = 0.75 * shared + 0.25 * rng.normal(size=64)
        weight = np.log1p(len(texts) / counts[word]) if piece.startswith("▁") and word in counts else 0.01
        rows[i] = direction / np.linalg.norm(direction) * weight
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({"embedding.weight": rows}, str(folder / "model.safetensors"))
    (folder / "config.json").write_text(json.dumps({"fingerprint": "0" * 64}))
    module = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}
    (folder / "modules.json").write_text(json.dumps([module]))
    return folder
