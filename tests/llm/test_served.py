from __future__ import annotations

import pytest

from summarizer.digest import Usage
from summarizer.llm.endpoint import Endpoint
from summarizer.llm.served import cost_usd, known_context_length

OPENAI = Endpoint("openai", None, "https://api.openai.com/v1", "test")
LOCAL = Endpoint("compatible", None, "http://127.0.0.1:8080/v1", "test")
EMBEDDED = Endpoint("embedded", None, None, "test")


def price(endpoint: Endpoint, model: str, *, cached: int = 0) -> float | None:
    usage = Usage(prompt_tokens=1000, cached_tokens=cached, completion_tokens=100)
    return cost_usd(endpoint, model=model, usage=usage)


def test_a_known_model_has_a_price() -> None:
    assert price(OPENAI, "gpt-4o-mini") == pytest.approx(1000 * 0.15e-6 + 100 * 0.60e-6)


def test_cached_tokens_are_cheaper() -> None:
    assert price(OPENAI, "gpt-4o-mini", cached=900) < price(OPENAI, "gpt-4o-mini")


def test_more_cached_tokens_than_tokens_do_no_harm() -> None:
    assert price(OPENAI, "gpt-4o-mini", cached=5000) is not None


@pytest.mark.parametrize("endpoint", [LOCAL, EMBEDDED])
def test_an_unknown_price_is_none_and_never_zero(endpoint: Endpoint) -> None:
    assert price(endpoint, "gpt-4o-mini") is None


def test_an_unknown_model_has_no_price() -> None:
    assert price(OPENAI, "gpt-from-the-future") is None
    assert known_context_length(OPENAI, model="gpt-from-the-future") is None


def test_a_known_model_has_a_window() -> None:
    assert known_context_length(OPENAI, model="gpt-4o-mini") == 128_000
