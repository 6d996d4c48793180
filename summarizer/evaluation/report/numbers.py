"""Numbers as a report writes them."""

from __future__ import annotations

from summarizer.evaluation.numbers import decimal

MINUS = "\N{MINUS SIGN}"
NONE = "–"


def number(value: float | None, *, signed: bool = False) -> str:
    """A value of a metric, with as many digits as it needs; a dash for none.

    >>> number(0.12345), number(-0.5, signed=True), number(0, signed=True), number(None)
    ('0.123', '−0.500', '0.000', '–')
    """
    if value is None:
        return NONE
    text = decimal(value, "+" if signed else "")
    return "0.000" if text == "+0.000" else text.replace("-", MINUS)


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
