"""Numbers as people read them: on the terminal, in gates and in reports."""

from __future__ import annotations

import math
import re
from typing import Final

# Smaller values are what rounding leaves of 0.
_NOTHING: Final = 1e-9
_SIGNED_ZERO: Final = re.compile(r"\+0\.000(?!\d)")


def number(value: float | None, sign: str = "") -> str:
    """Three decimals: fewer for large values, and two digits that mean something for small ones.

    A share needs no more, but an article costs $0.0004.

    Args:
        value: finite; None: a dash.
        sign: "+" writes a plus, too.

    >>> number(0.12345), number(0.5, "+"), number(0.00042), number(16.61), number(1234.5)
    ('0.123', '+0.500', '0.00042', '16.6', '1,234')
    """
    if value is None:
        return "-"
    size = abs(value)
    if size < _NOTHING:
        value, places = 0.0, 3
    elif size < 0.01:
        places = 1 - math.floor(math.log10(size))
    else:
        places = 3 if size < 10 else 1 if size < 100 else 0
    return f"{value:{sign},.{places}f}"


def interval(low: float | None, high: float | None, sign: str = "") -> str:
    """The limits of an interval; a dash where there is none."""
    return "-" if low is None or high is None else f"{number(low, sign)} to {number(high, sign)}"


def interval_words(low: float | None, high: float | None, sign: str = "") -> str:
    """An interval in a sentence."""
    if low is None or high is None:
        return "no interval"
    return f"95 % interval {number(low, sign)} to {number(high, sign)}"


def p_value(value: float | None) -> str:
    """A p-value to three decimals, and never 0; a dash for none."""
    if value is None:
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def typographic(figure: str) -> str:
    """A figure with the dash and the minus of a page, and without the sign of nothing.

    >>> typographic("-"), typographic("-0.500"), typographic("+0.000 to +0.00042")
    ('–', '−0.500', '0.000 to +0.00042')
    """
    return (
        "–" if figure == "-" else _SIGNED_ZERO.sub("0.000", figure).replace("-", "\N{MINUS SIGN}")
    )


def dollars(value: float | None) -> str:
    """US dollars to the cent, or to the hundredth of one; a dash where they are not known.

    >>> dollars(0), dollars(0.01234), dollars(12.345)
    ('$0', '$0.0123', '$12.35')
    """
    if not value:
        return "–" if value is None else "$0"
    return f"${value:.4f}" if value < 1 else f"${value:,.2f}"
