"""Values of metrics as people read them, on the terminal, in gates and in reports."""

from __future__ import annotations

import math
from typing import Final

# Smaller values are what rounding leaves of 0.
_NOTHING: Final = 1e-9


def decimal(value: float, sign: str = "") -> str:
    """Three decimals: fewer for large values, and two digits that mean something for small ones.

    A share needs no more, but an article costs $0.0004.

    Args:
        value: finite.
        sign: "+" writes a plus, too.

    >>> decimal(0.12345), decimal(0.5, "+"), decimal(0.00042), decimal(16.61), decimal(1234.5)
    ('0.123', '+0.500', '0.00042', '16.6', '1,234')
    """
    size = abs(value)
    if size < _NOTHING:
        value, places = 0.0, 3
    elif size < 0.01:
        places = 1 - math.floor(math.log10(size))
    else:
        places = 3 if size < 10 else 1 if size < 100 else 0
    return f"{value:{sign},.{places}f}"
