from __future__ import annotations

import pytest

from summarizer.errors import ConfigurationError
from summarizer.llm import choose_endpoint
from summarizer.llm.endpoint import (
    OPENAI_DEFAULT_MODEL,
    OPENAI_URL,
    choose_embedding_endpoint,
    display_url,
)
from summarizer.settings import load_settings

LOCAL = "http://127.0.0.1:8080/v1"


def test_nothing_set_is_the_embedded_default() -> None:
    endpoint = choose_endpoint(load_settings())
    assert (endpoint.provider, endpoint.model) == ("embedded", "qwen2.5-coder-1.5b")


@pytest.mark.parametrize("model", ["smollm2-135m", "/models/mine.gguf", "Mine.GGUF"])
def test_catalog_names_and_weight_files_are_embedded_whatever_else_is_set(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    endpoint = choose_endpoint(load_settings(model=model, base_url=LOCAL))
    assert (endpoint.provider, endpoint.base_url, endpoint.api_key) == ("embedded", None, None)


def test_base_url_beats_the_openai_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    endpoint = choose_endpoint(load_settings(base_url=LOCAL))
    assert (endpoint.provider, endpoint.base_url, endpoint.model) == ("compatible", LOCAL, None)


def test_the_openai_key_beats_the_embedded_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    endpoint = choose_endpoint(load_settings())
    assert (endpoint.provider, endpoint.base_url) == ("openai", OPENAI_URL)
    assert endpoint.model == OPENAI_DEFAULT_MODEL
    assert endpoint.key_source == "OPENAI_API_KEY"


def test_openai_base_url_alone_is_a_compatible_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", LOCAL)
    endpoint = choose_endpoint(load_settings(model="llama3"))
    assert (endpoint.provider, endpoint.base_url, endpoint.model) == ("compatible", LOCAL, "llama3")


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "OPENAI_BASE_URL"])
def test_an_empty_variable_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, " ")
    assert choose_endpoint(load_settings()).provider == "embedded"


def test_the_openai_key_is_not_for_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    assert choose_endpoint(load_settings(base_url=LOCAL)).api_key is None


def test_the_openai_key_is_for_base_url_where_that_is_the_same_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    monkeypatch.setenv("OPENAI_BASE_URL", LOCAL)
    key = choose_endpoint(load_settings(base_url=LOCAL + "/")).api_key
    assert key is not None
    assert key.get_secret_value() == "sk-env"


def test_the_openai_key_of_another_address_is_not_for_openai_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    monkeypatch.setenv("OPENAI_BASE_URL", LOCAL)
    assert choose_endpoint(load_settings(base_url=OPENAI_URL)).api_key is None


def test_api_key_is_not_for_the_environment_s_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", LOCAL)
    monkeypatch.setenv("SUMMARIZER_API_KEY", "sk-mine")
    assert choose_endpoint(load_settings()).api_key is None


def test_an_unknown_model_without_an_endpoint_says_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match=r"'gpt-9'.*smollm2-135m") as caught:
        choose_endpoint(load_settings(model="gpt-9"))
    assert "OPENAI_API_KEY" in str(caught.value.hint)


def test_extractive_is_no_chat_model() -> None:
    with pytest.raises(ConfigurationError, match="extractive"):
        choose_endpoint(load_settings(model="extractive"))


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://host/v1", "http://", "file:///etc"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        choose_endpoint(load_settings(base_url=url))


def test_keys_and_passwords_are_never_shown() -> None:
    settings = load_settings(base_url="http://me:secret@127.0.0.1/v1?k=1", api_key="sk-mine")
    endpoint = choose_endpoint(settings)
    assert endpoint.display_url == "http://127.0.0.1/v1"
    shown = repr(endpoint) + endpoint.reason
    assert "sk-mine" not in shown
    assert "secret" not in shown


def test_display_url_keeps_the_port() -> None:
    assert display_url("https://a:b@host:8000/v1?x=1#y") == "https://host:8000/v1"


def test_texts_are_embedded_at_azure_without_a_chat_model() -> None:
    settings = load_settings(base_url="https://mine.openai.azure.com", api_key="k")
    endpoint = choose_embedding_endpoint(settings, model="my-embedding")
    assert (endpoint.azure, endpoint.model) == (True, "my-embedding")
