"""The adapter of language models against a scripted server, over real HTTP, and local folders made here."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from pathlib import Path

import pytest

from rag.errors import (
    LLMBadOutput,
    LLMError,
    LLMIncomplete,
    LLMKeyMissing,
    LLMTimeout,
    LLMUnavailable,
    LLMUnknown,
    MissingDependency,
    ModelMissing,
)
from rag.models.llms import Deadline, make_llm
from rag.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1]))
from scripted_llm import Cut, Hang, Malformed, Say, ScriptedLLM, Status

KEY = "sk-very/secret+key-0123456789"
ASK = [("system", "Trả lời ngắn."), ("user", "Có bao nhiêu tổ?")]


def settings(server: ScriptedLLM, **more: object) -> Settings:
    return Settings(llm_base_url=server.url, llm_api_key=KEY, llm_timeout=10.0, llm_retries=1).with_(**more)


def test_streams_pieces_and_counts_tokens() -> None:
    with ScriptedLLM(Say("Có 59 tổ cấp xã [1].", size=4)) as server:
        llm = make_llm("openai:any", settings(server))
        pieces = list(llm.stream(ASK))
        assert "".join(p.text for p in pieces) == "Có 59 tổ cấp xã [1]."
        assert len([p for p in pieces if p.text]) == 5
        reply = llm.complete(ASK)
    assert reply.text == "Có 59 tổ cấp xã [1]." and reply.finish == "stop"
    assert reply.usage == {"input_tokens": 11, "output_tokens": 7}
    sent = server.requests[0]
    assert [m["role"] for m in sent["messages"]] == ["system", "user"]
    assert sent["messages"][1]["content"] == "Có bao nhiêu tổ?"
    assert sent["temperature"] == 0.0
    assert KEY not in str(server.requests)


def test_first_piece_arrives_before_the_last_is_made() -> None:
    with ScriptedLLM(Say("một hai ba bốn năm sáu bảy tám", size=4, delay=0.05)) as server:
        stream = make_llm("openai:any", settings(server)).stream(ASK)
        next(stream)
        assert len(server.requests) == 1
        stream.close()


@pytest.mark.parametrize("code", [500, 503, 429])
def test_a_passing_failure_is_tried_again(code: int) -> None:
    with ScriptedLLM(Status(code), Say("được")) as server:
        assert make_llm("openai:any", settings(server)).complete(ASK).text == "được"
        assert len(server.requests) == 2


def test_retry_after_is_honoured() -> None:
    with ScriptedLLM(Status(429, {"Retry-After": "1"}), Say("được")) as server:
        began = time.monotonic()
        assert make_llm("openai:any", settings(server)).complete(ASK).text == "được"
        assert time.monotonic() - began >= 1.0


def test_retry_after_beyond_the_deadline_fails_at_once() -> None:
    with ScriptedLLM(Status(429, {"Retry-After": "3600"})) as server:
        with pytest.raises(LLMUnavailable, match=r"HTTP 429; asks to wait 3600 s"):
            make_llm("openai:any", settings(server)).complete(ASK)
        assert len(server.requests) == 1


def test_repeated_failure_is_bounded() -> None:
    with ScriptedLLM(Status(500)) as server:
        with pytest.raises(LLMUnavailable, match="HTTP 500"):
            make_llm("openai:any", settings(server)).complete(ASK)
        assert len(server.requests) == 2


def test_a_refused_request_is_not_repeated() -> None:
    with ScriptedLLM(Status(400)) as server:
        with pytest.raises(LLMUnavailable, match="HTTP 400"):
            make_llm("openai:any", settings(server)).complete(ASK)
        assert len(server.requests) == 1


def test_unknown_model_says_so() -> None:
    with ScriptedLLM(Status(404)) as server:
        with pytest.raises(LLMUnavailable, match="no such model or address"):
            make_llm("openai:nope", settings(server)).complete(ASK)


def test_a_hanging_model_ends_at_the_deadline() -> None:
    with ScriptedLLM(Hang(20)) as server:
        with pytest.raises(LLMTimeout, match=r"within 0\.5 s"):
            make_llm("openai:any", settings(server, llm_timeout=0.5)).complete(ASK)


def test_a_dripping_model_ends_at_the_deadline_too() -> None:
    with ScriptedLLM(Say("x" * 400, size=1, delay=0.1)) as server:
        with pytest.raises(LLMTimeout):
            make_llm("openai:any", settings(server, llm_timeout=0.7)).complete(ASK)


def test_deadline_is_shared_by_all_attempts() -> None:
    with ScriptedLLM(Status(500)) as server:
        llm = make_llm("openai:any", settings(server, llm_retries=10, llm_timeout=1.2))
        with pytest.raises(LLMTimeout, match="HTTP 500"):
            llm.complete(ASK)
        assert 1 < len(server.requests) < 5


def test_a_deadline_may_be_given() -> None:
    with ScriptedLLM(Hang(20)) as server:
        with pytest.raises(LLMTimeout):
            make_llm("openai:any", settings(server)).complete(ASK, deadline=Deadline(0.3))


@pytest.mark.parametrize("step", [Malformed(), Say(""), Say("  \n ")])
def test_malformed_or_empty_output(step: object) -> None:
    with ScriptedLLM(step) as server:  # type: ignore[arg-type]
        with pytest.raises(LLMBadOutput):
            make_llm("openai:any", settings(server)).complete(ASK)
        assert len(server.requests) == 2


def test_empty_then_good() -> None:
    with ScriptedLLM(Say(""), Say("được")) as server:
        assert make_llm("openai:any", settings(server)).complete(ASK).text == "được"


@pytest.mark.parametrize("clean", [False, True])
def test_a_cut_stream_is_told(clean: bool) -> None:
    with ScriptedLLM(Cut("Hà Tĩnh có 59 tổ", clean=clean)) as server:
        got = []
        with pytest.raises(LLMIncomplete):
            for piece in make_llm("openai:any", settings(server)).stream(ASK):
                got.append(piece.text)
        assert "".join(got) == "Hà Tĩnh có 59 tổ"
        assert len(server.requests) == 1


def test_cut_before_any_text_is_tried_again() -> None:
    with ScriptedLLM(Cut(""), Say("được")) as server:
        assert make_llm("openai:any", settings(server)).complete(ASK).text == "được"


def test_nobody_listens() -> None:
    settings_ = Settings(llm_base_url="http://127.0.0.1:9/v1", llm_retries=0, llm_timeout=5)
    with pytest.raises(LLMUnavailable, match="cannot be reached"):
        make_llm("openai:any", settings_).complete(ASK)


def test_a_key_echoed_by_the_server_never_shows(caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedLLM(Status(401, echo_key=True)) as server, caplog.at_level(logging.DEBUG):
        llm = make_llm("openai:any", settings(server))
        with pytest.raises(LLMUnavailable) as caught:
            llm.complete(ASK)
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    shown = "".join(traceback.format_exception(caught.value)) + repr(llm) + caplog.text
    seen: list[BaseException] = []
    exc: BaseException | None = caught.value
    while exc is not None and exc not in seen:
        seen.append(exc)
        shown += str(exc) + repr(exc)
        exc = exc.__cause__ or exc.__context__
    assert KEY not in shown and KEY[3:15] not in shown
    assert "HTTP 401" in str(caught.value) and "RAG_LLM_API_KEY" in str(caught.value)


def test_a_key_in_the_address_never_shows(caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedLLM(Status(403)) as server, caplog.at_level(logging.DEBUG):
        address = server.url.replace("http://", "http://me:pa55-word-in-url@")
        with pytest.raises(LLMError) as caught:
            make_llm("openai:any", Settings(llm_base_url=address, llm_retries=0)).complete(ASK)
    assert "pa55-word-in-url" not in "".join(traceback.format_exception(caught.value)) + caplog.text


@pytest.mark.parametrize("name", ["gpt", "foo:bar", "openai:", ":x", "", "extractive"])
def test_unknown_names_list_the_allowed_forms(name: str) -> None:
    with pytest.raises(LLMUnknown, match=r"openai:MODEL.*hf:/path.*gguf:/path") as caught:
        make_llm(name, Settings())
    assert repr(name) in str(caught.value) or repr(name.split(":")[0]) in str(caught.value)


def test_missing_key_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(LLMKeyMissing, match="OPENAI_API_KEY"):
        make_llm("openai:gpt-any", Settings())


def test_the_providers_own_variable_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-environment")
    with ScriptedLLM(Status(401, echo_key=True)) as server:
        with pytest.raises(LLMUnavailable) as caught:
            make_llm("openai:any", Settings(llm_base_url=server.url)).complete(ASK)
    assert server.headers[0]["authorization"] == "Bearer sk-from-environment"
    assert "sk-from-environment" not in str(caught.value)


def test_missing_package_gives_the_pip_line() -> None:
    with pytest.raises(MissingDependency, match="pip install langchain langchain-upstage"):
        make_llm("upstage:solar", Settings(llm_api_key="k" * 8))


def test_missing_paths() -> None:
    with pytest.raises(ModelMissing, match="no transformers model"):
        make_llm("hf:/nowhere/model", Settings())
    with pytest.raises(ModelMissing, match="no such file"):
        make_llm("gguf:/nowhere/model.gguf", Settings())


def test_gguf_needs_its_package(tmp_path: Path) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(b"GGUF")
    try:
        import llama_cpp  # noqa: F401
    except ImportError:
        with pytest.raises(MissingDependency, match="pip install llama-cpp-python"):
            make_llm(f"gguf:{file}", Settings())
    else:
        with pytest.raises(LLMUnavailable):
            make_llm(f"gguf:{file}", Settings())


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random-weight Llama of a few thousand parameters with a word tokenizer of fifty words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

    folder = tmp_path_factory.mktemp("tiny-llama")
    words = ["<unk>", "<s>", "</s>"] + "có bao nhiêu tổ cấp xã thôn trả lời ngắn ? . , hà tĩnh một hai ba".split()
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    ).save_pretrained(folder)
    set_seed(3)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=64,
        bos_token_id=1,
        eos_token_id=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def test_a_local_transformers_folder_answers(tiny_folder: Path) -> None:
    llm = make_llm(f"hf:{tiny_folder}", Settings(llm_max_tokens=6, llm_retries=0))
    reply = llm.complete([("system", "trả lời ngắn"), ("user", "hà tĩnh có bao nhiêu tổ ?")])
    assert reply.finish in ("stop", "length")
    assert reply.usage["input_tokens"] == 10 and 1 <= reply.usage["output_tokens"] <= 6
    assert reply.text.strip()
    assert llm.complete([("system", "trả lời ngắn"), ("user", "hà tĩnh có bao nhiêu tổ ?")]).text == reply.text


def test_a_long_prompt_keeps_its_end(tiny_folder: Path) -> None:
    llm = make_llm(f"hf:{tiny_folder}", Settings(llm_max_tokens=5, llm_retries=0))
    assert llm.complete([("user", "có " * 500 + "tổ ?")]).usage["input_tokens"] == 59


def test_a_broken_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(LLMUnavailable, match="cannot be loaded"):
        make_llm(f"hf:{tmp_path}", Settings())
