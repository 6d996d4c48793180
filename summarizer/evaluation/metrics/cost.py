"""What the digests cost: tokens, requests, money, and how long they took.

What came from the disk cache was paid and waited for in an earlier run, and a digest does not
record how much, so a digest with any cached answer is unscored here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from summarizer.digest import Usage


class Cost(NamedTuple):
    """The cost of one digest; ``usd`` is None where no price is known."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None
    seconds: float


class Latency(NamedTuple):
    """Median and 95th percentile, in seconds."""

    p50: float
    p95: float


def cost(usage: Usage) -> Cost | None:
    """The cost of a digest; None where some of it was paid by an earlier run."""
    if usage.cached_responses:
        return None
    return Cost(
        requests=usage.requests,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        usd=usage.cost_usd,
        seconds=usage.seconds,
    )


def latency(seconds: Sequence[float]) -> Latency | None:
    """Percentiles, interpolated linearly; None without a value."""
    return Latency(*np.percentile(seconds, (50, 95)).tolist()) if len(seconds) else None
