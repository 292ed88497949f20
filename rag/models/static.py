"""The bundled static embedding model without torch: a tokenizer and a table of piece vectors.

A text's vector is the unit-length mean of its pieces' vectors; a piece's own vector serves late interaction. Reads the
model folder that `rag.training` writes (also `SentenceTransformer(path)` and model2vec read it). Knows nothing of prefixes,
indexes or questions.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import EmbedderError, ModelMissing
from rag.models import vocabulary
from rag.models.unigram import Table, Unfit, Words, tabulate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.models.parts import WordParts

    Floats = NDArray[np.float32]
    Ids = NDArray[np.uint32]
    Numbers = NDArray[np.intp]

_DTYPES = {"F32": "<f4", "F16": "<f2", "I8": "<i1"}
FILES = ("config.json", "model.safetensors", "tokenizer.json")

# What the tokenizer's normaliser and pre-tokeniser do to text of ordinary characters (those that NFC leaves alone and that
# fall into the same classes here and there), done by `str` and `re`: four times as fast, and equal by test.
KEPT_SIGNS = "%$€£#+&°"
_ORDINARY = re.compile(
    "[\\x00-\\x7e\\xc0-\\u012f\\u0132-\\u017f\\u01a0-\\u01b0\\u1ea0-\\u1ef9\\xa0\\xab\\xbb\\xb0\\xa3€–—‘’“”…•]*"
)
_RUN = re.compile(rf"[^\W\d_]+(?: [^\W\d_]+)*|\d+|[{KEPT_SIGNS}]")


# What the file of a tokenizer of our make says besides its vocabulary.
_MAKE: dict[str, Any] = {
    "added_tokens": [],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]},
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {
                "type": "Split",
                "pattern": {"Regex": rf"[\p{{L}}\p{{M}}]+(?: [\p{{L}}\p{{M}}]+)*|\p{{N}}+|[{KEPT_SIGNS}]"},
                "behavior": "Removed",
                "invert": True,
            },
            {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False},
        ],
    },
    "post_processor": None,
}
_STOP = ". "
#: Sentences whose piece ids are kept: about one batch of ingest, some ten megabytes.
_RECENT = 30_000


class Segmenter:
    """Texts to piece ids, as the tokenizer does it: word by word where the text is ordinary and the tokenizer of our make.

    `file` is the tokenizer's JSON file, or the tokenizer itself. Of the file only the tables beside it are read where they
    are there (see rag.models.vocabulary), and the library opens it only for a text that needs it.
    """

    def __init__(self, file: Path | Any) -> None:
        held: tuple[Table, int] | None
        if isinstance(file, Path):
            self._file, self._tokenizer = file, None
            raw = file.read_bytes()
            held = vocabulary.read(file.with_name(vocabulary.NAME), raw) or _parsed(raw)
        else:
            self._tokenizer = file
            held = _parsed(file.to_str())
        self._words = None if held is None else Words(*held)
        self._parts = None if held is None else held[0].parts
        # Ingest asks for the vectors of passages, of their sentences, and for the pieces of these: what stands between two
        # full stops is segmented once.
        self._recent: dict[str, Numbers] = {}

    @property
    def tokenizer(self) -> Any:
        """The tokenizer as the library makes it."""
        if self._tokenizer is None:
            from tokenizers import Tokenizer

            tokenizer = Tokenizer.from_file(str(self._file))
            tokenizer.no_padding()
            tokenizer.no_truncation()
            self._tokenizer = tokenizer
        return self._tokenizer

    @property
    def word_parts(self) -> WordParts:
        """The words that the pieces are made of; read with the tables, worked out once where these do not tell."""
        if self._parts is None:
            self._parts = self._made_parts()
        return self._parts

    def _made_parts(self) -> WordParts:
        from rag.models.parts import word_parts

        if self._words is not None:
            return word_parts(self._words.pieces, self._words.each)
        numbers = self.tokenizer.get_vocab()
        return word_parts(sorted(numbers, key=numbers.__getitem__), self.ids)

    def ids(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """The ids of each text, uncut."""
        for numbers in self.arrays(texts):
            yield numbers.tolist()

    def arrays(self, texts: Sequence[str]) -> Iterator[Numbers]:
        """The ids of each text, uncut. The arrays are shared: read them, do not change them."""
        import numpy as np

        words = self._words
        for text in texts:
            if words is None or not _ORDINARY.fullmatch(text):
                numbers = self._by_library(text)
            elif _STOP in text or "\n" in text:
                # No run of words goes over a full stop or a line break.
                parts = [self._part(part, words) for part in text.replace("\n", _STOP).split(_STOP)]
                numbers = np.concatenate(parts)
            else:
                numbers = self._part(text, words)
            yield numbers

    def _part(self, part: str, words: Words) -> Numbers:
        if part[-1:] == ".":
            part = part[:-1]
        numbers = self._recent.get(part)
        if numbers is None:
            found: list[int] = []
            for run in _RUN.findall(part.lower()):
                found += words.spaced(run)
            numbers = self._keep(part, found)
        return numbers

    def _by_library(self, text: str) -> Numbers:
        numbers = self._recent.get(text)
        return (
            self._keep(text, self.tokenizer.encode(text, add_special_tokens=False).ids) if numbers is None else numbers
        )

    def _keep(self, text: str, ids: list[int]) -> Numbers:
        import numpy as np

        numbers = np.array(ids, dtype=np.intp)
        if len(self._recent) >= _RECENT:
            self._recent = {}
        self._recent[text] = numbers
        return numbers


def _parsed(told: bytes | str) -> tuple[Table, int] | None:
    """The vocabulary of a tokenizer of our make and the id of its unknown piece; None for any other tokenizer."""
    tokenizer = json.loads(told)
    model = tokenizer.get("model", {})
    if all(tokenizer.get(part) == made for part, made in _MAKE.items()) and model.get("type") == "Unigram":
        with suppress(Unfit):
            return tabulate(model["vocab"]), model["unk_id"]
    return None


def write_tables(folder: Path) -> bool:
    """Put the tables of a model folder's tokenizer beside it, so that it loads sooner; False where it is not of our make."""
    raw = (folder / "tokenizer.json").read_bytes()
    held = _parsed(raw)
    if held is None:
        return False
    from rag.models.parts import word_parts

    table, unknown = held
    made = replace(table, parts=word_parts(table.pieces, Words(table, unknown).each))
    return vocabulary.write(folder / vocabulary.NAME, raw, made, unknown)


def bundled_path() -> Path:
    """The folder of the model that comes with the package."""
    return Path(__file__).parent / "bundled"


def tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file, memory-mapped read-only.

    Raises EmbedderError when the file is no safetensors file, is cut short or holds a type other than F32, F16, I8.
    """
    import numpy as np

    try:
        data = np.memmap(path, dtype=np.uint8, mode="r")
        size = int.from_bytes(data[:8].tobytes(), "little")
        if len(data) < 8 + size:
            raise ValueError("the header is cut short")
        header = json.loads(data[8 : 8 + size].tobytes())
        found = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            start, end = entry["data_offsets"]
            if 8 + size + end > len(data):
                raise ValueError(f"the array {name!r} is cut short")
            raw = data[8 + size + start : 8 + size + end]
            found[name] = raw.view(_DTYPES[entry["dtype"]]).reshape(entry["shape"])
        return found
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise EmbedderError(
            f"{path} is not a readable weights file ({exc}); reinstall the package or retrain the model"
        ) from exc


class StaticModel:
    """Piece vectors and their tokenizer. Instances may be shared by threads.

    Attributes: `dimension` of the vectors; `fingerprint`, sha256 over weights and tokenizer as recorded when the folder was
    written; `path` of the folder.
    """

    def __init__(self, path: Path, config: dict[str, Any], rows: NDArray[Any], scales: Floats | None) -> None:
        self.path = path
        self.dimension = int(rows.shape[1])
        self.fingerprint = str(config["fingerprint"])
        self._rows, self._scales = rows, scales
        self._lock = threading.Lock()
        self._segmenter: Segmenter | None = None
        self._table: Floats | None = None
        self._unit: tuple[Floats, Floats] | None = None
        self._gathered = 0

    @classmethod
    def load(cls, path: Path | str) -> StaticModel:
        """Open a model folder. The weights are mapped, not read; the tokenizer is parsed at its first use.

        Raises ModelMissing when the folder or one of its files is not there, EmbedderError when they do not fit together.
        """
        folder = Path(path)
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise ModelMissing(
                f"no static model at {folder}: {', '.join(missing)} missing; the folder must hold {', '.join(FILES)}. "
                f"The bundled one is at {bundled_path()}"
            )
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        except ValueError as exc:
            raise EmbedderError(
                f"{folder / 'config.json'} is not JSON ({exc}); reinstall the package or retrain the model"
            ) from exc
        arrays = tensors(folder / "model.safetensors")
        rows = arrays.get("embeddings", arrays.get("embedding.weight"))
        if rows is None or rows.ndim != 2 or "fingerprint" not in config:
            raise EmbedderError(
                f"{folder} is no static model: model.safetensors must hold a matrix `embeddings` or `embedding.weight` "
                f"(found {', '.join(sorted(arrays)) or 'nothing'}) and config.json a `fingerprint`; write it with rag.training"
            )
        return cls(folder, config, rows, arrays.get("weights"))

    def __repr__(self) -> str:
        return f"StaticModel({str(self.path)!r}, {len(self._rows)} pieces x {self.dimension}, {self.fingerprint[:12]})"

    # ---- what a text is made of

    @property
    def segmenter(self) -> Segmenter:
        """Texts to ids; reading the tokenizer's file is most of the time it takes to load a model."""
        if self._segmenter is None:
            with self._lock:
                if self._segmenter is None:
                    self._segmenter = Segmenter(self.path / "tokenizer.json")
        return self._segmenter

    def pieces(self, texts: Sequence[str], most: int = 512) -> list[Ids]:
        """For each text its piece ids (uint32), at most the first `most`."""
        import numpy as np

        return [ids[:most].astype(np.uint32) for ids in self.segmenter.arrays(texts)]

    def offsets(self, text: str) -> list[tuple[int, int, int]]:
        """(piece id, start, end) of every piece, in order; `text[start:end]` is what the piece stands for, without outer spaces."""
        encoding = self.segmenter.tokenizer.encode(text, add_special_tokens=False)
        out = []
        for piece, (start, end) in zip(encoding.ids, encoding.offsets, strict=True):
            while start < end and text[start].isspace():
                start += 1
            while end > start and text[end - 1].isspace():
                end -= 1
            if start < end:
                out.append((piece, start, end))
        return out

    # ---- vectors

    @property
    def table(self) -> Floats:
        """(V, d) float32 vectors of the pieces, as they are summed."""
        if self._table is None:
            with self._lock:
                if self._table is None:
                    import numpy as np

                    table = np.asarray(self._rows, dtype=np.float32)
                    self._table = (
                        table if self._scales is None else table * np.asarray(self._scales, np.float32)[:, None]
                    )
        return self._table

    def _token_vectors(self) -> tuple[Floats, Floats]:
        if self._unit is None:
            unit = _unit(self.table)
            with self._lock:
                self._unit = unit
        return self._unit

    def unit_rows(self, ids: NDArray[Any]) -> tuple[Floats, Floats]:
        """Unit rows (m, d) of pieces and their lengths (m,), as `token_vectors` and `token_norms` hold them.

        The first of them are worked out from the map: one question does not pay for the whole table.
        """
        if self._unit is None and self._gathered < len(self._rows):
            self._gathered += len(ids)
            return _unit(self._vectors(ids))
        units, norms = self._token_vectors()
        return units[ids], norms[ids]

    @property
    def unit_table(self) -> tuple[Rows, Rows]:
        """Unit rows and lengths as tables to gather from: `table[ids]` and `len(table)` work, whatever is held by then."""
        return Rows(self, 0), Rows(self, 1)

    @property
    def token_vectors(self) -> Floats:
        """(V, d) float32 unit rows (a zero row for a piece that matches nothing)."""
        return self._token_vectors()[0]

    @property
    def token_norms(self) -> Floats:
        """(V,) float32 lengths of the piece vectors: the weight of a question's piece in MaxSim."""
        return self._token_vectors()[1]

    def encode(self, texts: Sequence[str]) -> Floats:
        """(n, d) float32 unit-length vectors of the texts; a text without any known piece has the zero vector."""
        import numpy as np

        out = np.zeros((len(texts), self.dimension), np.float32)
        # A few texts are summed from the mapped rows, so that one question does not unpack the whole table.
        table = self.table if self._table is not None or len(texts) > 64 else None
        # One sum per text: `np.add.reduceat` over the rows of a batch takes ten times as long.
        for i, ids in enumerate(self.segmenter.arrays(texts)):
            if not len(ids):
                continue
            rows = self._vectors(ids) if table is None else table.take(ids, axis=0)
            np.add.reduce(rows, axis=0, out=out[i])
        norms = np.sqrt(np.einsum("ij,ij->i", out, out))
        out /= np.maximum(norms, 1e-12)[:, None]
        return out

    def _vectors(self, ids: NDArray[Any]) -> Floats:
        """(m, d) piece vectors from the map, equal to those of `table` bit for bit."""
        import numpy as np

        rows: Floats = self._rows[ids].astype(np.float32)
        return rows if self._scales is None else rows * self._scales[ids].astype(np.float32)[:, None]


class Rows:
    """One of the two tables of `StaticModel.unit_table`; read like an array, by row numbers."""

    def __init__(self, model: StaticModel, which: int) -> None:
        self._model = model
        self._which = which

    def __len__(self) -> int:
        return len(self._model._rows)

    def __getitem__(self, ids: NDArray[Any]) -> Floats:
        held = self._model._unit
        # `take` copies rows in two thirds of the time of `[]`.
        return held[self._which].take(ids, axis=0) if held is not None else self._model.unit_rows(ids)[self._which]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = self._model._token_vectors()[self._which]
        return whole if dtype is None else whole.astype(dtype, copy=bool(copy))


def _unit(table: Floats) -> tuple[Floats, Floats]:
    """Rows (m, d) brought to length 1, and the lengths (m,) they had."""
    import numpy as np

    norms = np.sqrt(np.einsum("ij,ij->i", table, table))
    return table / np.maximum(norms, 1e-12)[:, None], norms
