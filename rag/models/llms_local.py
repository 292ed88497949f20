"""Language models on this machine: a transformers folder and a GGUF file.

Knows nothing of retries or deadlines (the base class has them) and downloads nothing: a path that is not there is an
error, and every loader is told to look at local files only.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.errors import LLMUnavailable, MissingDependency, ModelMissing
from rag.models.llms import ChatModel, Message, Piece
from rag.settings import Settings


class TransformersModel(ChatModel):
    """A causal language model from a local transformers folder, on the CPU or the GPU transformers finds.

    The folder's own chat template is used where it has one. A prompt that would not fit the model's positions is cut
    from the left of its passages' side, i.e. its beginning is kept out, never its end with the question.
    """

    tells_its_end = True

    def __init__(self, path: str, settings: Settings) -> None:
        folder = Path(path).expanduser()
        if not (folder / "config.json").is_file():
            raise ModelMissing(f"hf:{path}: no transformers model there (a folder with config.json is needed)")
        super().__init__(f"hf:{path}", settings)
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        try:
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as exc:
            raise MissingDependency(
                f"hf:{path} needs transformers and torch ({exc}); pip install transformers torch==2.13.0"
            ) from exc
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
            self._model: Any = AutoModelForCausalLM.from_pretrained(str(folder), local_files_only=True)
        except Exception as exc:
            raise LLMUnavailable(f"hf:{path} cannot be loaded: {type(exc).__name__}: {exc}") from exc
        self._model.eval()
        self._lock = threading.Lock()  # one generation at a time: the model and its cache are not shared

    def _attempt(self, messages: Sequence[Message], stop: threading.Event, left: float) -> Iterator[Piece]:
        from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

        class Stopped(StoppingCriteria):  # type: ignore[misc]
            def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> bool:
                return stop.is_set()

        ids = self._tokenizer(self._prompt(messages), return_tensors="pt")["input_ids"]
        positions = int(getattr(self._model.config, "max_position_embeddings", 0) or 0)
        new = self.settings.llm_max_tokens
        if positions:
            new = max(1, min(new, positions // 2))
            ids = ids[:, -(positions - new) :]
        streamer = TextIteratorStreamer(
            self._tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=max(left, 1.0)
        )
        outcome: dict[str, Any] = {}

        def generate() -> None:
            try:
                with self._lock:
                    outcome["ids"] = self._model.generate(
                        ids,
                        attention_mask=ids.new_ones(ids.shape),
                        max_new_tokens=new,
                        do_sample=False,
                        streamer=streamer,
                        stopping_criteria=StoppingCriteriaList([Stopped()]),
                        pad_token_id=self._pad(),
                    )
            except BaseException as exc:
                outcome["error"] = exc
                streamer.end()

        worker = threading.Thread(target=generate, name="rag-generate", daemon=True)
        worker.start()
        for text in streamer:
            if text:
                yield Piece(text)
            if stop.is_set():
                return
        worker.join()
        if "error" in outcome:
            raise outcome["error"]
        made = int(outcome["ids"].shape[1] - ids.shape[1])
        usage = {"input_tokens": int(ids.shape[1]), "output_tokens": made}
        yield Piece("", "length" if made >= new else "stop", usage)

    def _pad(self) -> int:
        for name in ("pad_token_id", "eos_token_id"):
            value = getattr(self._tokenizer, name, None)
            if isinstance(value, int):
                return value
        return 0

    def _prompt(self, messages: Sequence[Message]) -> str:
        turns = [{"role": role, "content": text} for role, text in messages]
        if getattr(self._tokenizer, "chat_template", None):
            try:
                return str(self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
            except Exception:  # some templates know no system role
                system = "\n\n".join(t["content"] for t in turns if t["role"] == "system")
                rest = [t for t in turns if t["role"] != "system"]
                rest[0] = {"role": "user", "content": f"{system}\n\n{rest[0]['content']}"}
                return str(self._tokenizer.apply_chat_template(rest, tokenize=False, add_generation_prompt=True))
        return "\n\n".join(t["content"] for t in turns) + "\n\n"


class GgufModel(ChatModel):
    """A local GGUF file through llama-cpp-python."""

    tells_its_end = True

    def __init__(self, path: str, settings: Settings) -> None:
        file = Path(path).expanduser()
        if not file.is_file():
            raise ModelMissing(f"gguf:{path}: no such file")
        super().__init__(f"gguf:{path}", settings)
        try:
            from llama_cpp import Llama
        except ImportError as exc:
            raise MissingDependency(
                f"gguf:{path} needs llama-cpp-python ({exc}); pip install llama-cpp-python"
            ) from exc
        window = settings.context_tokens + settings.llm_max_tokens + 1024
        try:
            self._model: Any = Llama(model_path=str(file), n_ctx=window, verbose=False)
        except Exception as exc:
            raise LLMUnavailable(f"gguf:{path} cannot be loaded: {type(exc).__name__}: {exc}") from exc
        self._lock = threading.Lock()

    def _attempt(self, messages: Sequence[Message], stop: threading.Event, left: float) -> Iterator[Piece]:
        turns = [{"role": role, "content": text} for role, text in messages]
        with self._lock:
            for part in self._model.create_chat_completion(
                messages=turns, stream=True, temperature=0.0, max_tokens=self.settings.llm_max_tokens
            ):
                choice = part["choices"][0]
                yield Piece(choice.get("delta", {}).get("content") or "", choice.get("finish_reason") or "")
                if stop.is_set():
                    return
