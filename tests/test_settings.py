"""Settings: order of origins, types, ranges, and that nothing secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import SettingsError, redact
from rag.settings import Settings, resolve


def test_falling_order_of_origins(tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_text('k = 3\nllm = "ollama:a"\nport = 1234\n', encoding="utf-8")
    environ = {"RAG_LLM": "ollama:b", "RAG_PORT": "2345"}
    found = resolve({"port": 3456, "host": None}, environ, tmp_path)
    assert (found.settings.k, found.settings.llm, found.settings.port) == (3, "ollama:b", 3456)
    assert found.origins["k"] == f"file {tmp_path / 'rag.toml'}"
    assert found.origins["llm"] == "environment RAG_LLM"
    assert found.origins["port"] == "argument"
    assert found.origins["host"] == "default"
    assert found.settings.host == "127.0.0.1"


def test_every_default_is_valid_and_documented() -> None:
    import dataclasses

    assert Settings() == Settings(**{f.name: f.default for f in dataclasses.fields(Settings)})
    assert all(f.metadata["help"] for f in dataclasses.fields(Settings))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"k": 0}, r"setting k=0 is out of range: allowed 1 to 1000"),
        ({"k": "many"}, r"setting k='many': expected int; set k or RAG_K"),
        ({"k": 2.5}, r"setting k=2.5: expected int"),
        ({"k": True}, r"setting k=True: expected int"),
        ({"verification": "maybe"}, r"setting verification='maybe' is not allowed: use one of mark, drop, retry"),
        ({"allow_open": "perhaps"}, r"setting allow_open='perhaps': expected bool"),
        ({"llm": 5}, r"setting llm=5: expected str"),
    ],
)
def test_a_bad_value_is_named(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings(**values)  # type: ignore[arg-type]


def test_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="unknown setting 'kk'; known settings: .*k"):
        resolve({"kk": 1}, {}, tmp_path)
    with pytest.raises(SettingsError, match="unknown setting 'kk'"):
        Settings().with_(kk=1)
    (tmp_path / "rag.toml").write_text("kk = 1", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"rag.toml: unknown setting 'kk'"):
        resolve({}, {}, tmp_path)
    (tmp_path / "rag.toml").write_text("k = = 1", encoding="utf-8")
    with pytest.raises(SettingsError, match="not valid TOML"):
        resolve({}, {}, tmp_path)


def test_text_values_are_read(tmp_path: Path) -> None:
    environ = {"RAG_ALLOW_OPEN": "yes", "RAG_API_KEYS": "one, two,", "RAG_LLM_TIMEOUT": "2.5", "RAG_K": "7"}
    s = resolve({}, environ, tmp_path).settings
    assert (s.allow_open, s.api_keys, s.llm_timeout, s.k) == (True, ("one", "two"), 2.5, 7)
    assert s.with_(k=None).k == 7
    assert s.with_(k=8).k == 8


def test_secrets_never_show() -> None:
    s = Settings(llm_api_key="sk-canary/1", api_keys=("key-canary",), users=("an:pass-canary",))
    assert set(s.secrets()) == {"sk-canary/1", "key-canary", "pass-canary"}
    for shown in (repr(s), str(s.public())):
        assert "canary" not in shown
    with pytest.raises(SettingsError) as caught:
        Settings(llm_api_key=12345)  # type: ignore[arg-type]
    assert "12345" not in str(caught.value)


def test_redact_covers_raw_percent_encoded_and_base64() -> None:
    import base64
    from urllib.parse import quote

    secret = "sk/canary+1=="
    forms = [secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()]
    text = " | ".join(forms)
    assert redact(text, [secret]) == "*** | *** | ***"
    assert redact("unchanged", ["", "abc"]) == "unchanged"
