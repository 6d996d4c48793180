"""Student's t distribution from the incomplete beta function, so that scipy is not needed."""

from __future__ import annotations

import math
import sys
from functools import lru_cache
from typing import Final

# A p-value is never 0: what underflows becomes the least positive float.
LEAST_P: Final = sys.float_info.min
# From here on t and normal probabilities differ by less than 1e-7.
_NORMAL_FROM: Final = 1e7
_EPSILON: Final = 1e-15
_TINY: Final = 1e-300


def least_p(clusters: int) -> float:
    """The least two-sided p that exchanging A and B of so many stories gives: 2^(1-G)."""
    return max(math.ldexp(1.0, 1 - clusters), LEAST_P)


def incomplete_beta(x: float, *, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b), for 0 <= x <= 1 and a, b > 0.

    The continued fraction of DLMF 8.17.22 (https://dlmf.nist.gov/8.17.E22) converges fast below
    the mean of the distribution; above it, I_x(a, b) = 1 - I_{1-x}(b, a) is used.
    """
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, a=b, b=a)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return math.exp(log_front) / (a * _beta_fraction(x, a=a, b=b))


def _beta_fraction(x: float, *, a: float, b: float) -> float:
    """The continued fraction 1 + d1/(1 + d2/(1 + ...)), by the modified Lentz method."""
    value, numerator, denominator = 1.0, 1.0, 0.0
    # About sqrt(max(a, b)) steps are needed.
    for step in range(1, 100 + 20 * int(math.sqrt(max(a, b)))):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        denominator = 1 / (1 + term * denominator or _TINY)
        numerator = 1 + term / numerator or _TINY
        change = numerator * denominator
        value *= change
        if abs(change - 1) < _EPSILON:
            break
    return value


def two_sided_t(t: float, df: float) -> float:
    """P(|T| >= |t|) for Student's T with ``df`` > 0 degrees of freedom (DLMF 8.17, A&S 26.5.27).

    The degrees of freedom need not be whole. Never 0.
    """
    if df > _NORMAL_FROM:
        return max(math.erfc(abs(t) / math.sqrt(2)), LEAST_P)
    ratio = abs(t) / math.sqrt(df)
    if ratio < 1:
        square = ratio * ratio
        return 1 - incomplete_beta(square / (1 + square), a=0.5, b=df / 2)
    # Not 1 / (1 + ratio^2): the square of a huge t overflows.
    inverse = 1 / ratio
    return max(incomplete_beta(inverse**2 / (1 + inverse**2), a=df / 2, b=0.5), LEAST_P)


@lru_cache(maxsize=1024)
def critical_t(alpha: float, df: float) -> float:
    """The t with P(|T| >= t) = ``alpha``, by bisection: the half width of an interval in errors.

    ``critical_t(0.05, 29)`` is 2.045.
    """
    low, high = 0.0, 1.0
    while two_sided_t(high, df) > alpha:
        low, high = high, 2 * high
    while high - low > 4 * sys.float_info.epsilon * high:
        middle = (low + high) / 2
        if two_sided_t(middle, df) > alpha:
            low = middle
        else:
            high = middle
    return (low + high) / 2
