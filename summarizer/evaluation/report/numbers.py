"""Numbers as a report writes them."""

from __future__ import annotations

MINUS = "\N{MINUS SIGN}"
NONE = "–"


def number(value: float | None, *, signed: bool = False) -> str:
    """Three decimals, fewer for large values; a dash for none.

    >>> number(0.12345), number(-0.5, signed=True), number(1234.5), number(None)
    ('0.123', '−0.500', '1,234', '–')
    """
    if value is None:
        return NONE
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 3
    text = f"{size:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def interval(low: float | None, high: float | None, *, signed: bool = False) -> str:
    """The limits of an interval; a dash where there is none."""
    if low is None or high is None:
        return NONE
    return f"{number(low, signed=signed)} to {number(high, signed=signed)}"


def p_value(value: float | None) -> str:
    """A p-value to three decimals, and never 0."""
    if value is None:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def dollars(value: float | None) -> str:
    """US dollars; a dash where they are not known."""
    if value is None:
        return NONE
    return f"${value:.4f}" if 0 < value < 1 else f"${value:,.2f}"
