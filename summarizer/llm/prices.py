"""What a request cost, from the dated price list of the ``genai-prices`` package.

The list is data inside that package; it is never fetched. An unknown price is None, not 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

    from summarizer.llm.endpoint import Endpoint


def cost_usd(
    endpoint: Endpoint,
    *,
    model: str,
    prompt_tokens: int,
    cached_tokens: int,
    completion_tokens: int,
) -> float | None:
    """US dollars for one request, or None where no price is known.

    Args:
        endpoint: who is paid; the embedded engine has no price.
        model: the model's name at that endpoint.
        prompt_tokens: all tokens sent, those in ``cached_tokens`` included.
        cached_tokens: the part of the prompt that the server had read before.
        completion_tokens: tokens generated.
    """
    found = _look_up(
        endpoint,
        model,
        tokens=(prompt_tokens, min(cached_tokens, prompt_tokens), completion_tokens),
    )
    return (float(found.total_price) or None) if found else None


def known_context_length(endpoint: Endpoint, *, model: str) -> int | None:
    """The window of a hosted model, in tokens, where the list has it."""
    found = _look_up(endpoint, model, tokens=(0, 0, 0))
    return found.model.context_window if found else None


def _look_up(
    endpoint: Endpoint, model: str, *, tokens: tuple[int, int, int]
) -> PriceCalculation | None:
    if endpoint.base_url is None:
        return None
    from genai_prices import Usage, calc_price

    prompt, cached, completion = tokens
    usage = Usage(input_tokens=prompt, cache_read_tokens=cached, output_tokens=completion)
    try:
        if endpoint.provider == "openai":
            return calc_price(usage, model, provider_id="openai")
        return calc_price(usage, model, provider_api_url=endpoint.base_url)
    except (LookupError, ValueError):
        return None
