"""Many tests at once: p-values adjusted so that each can be held against one threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for the family-wise error: any false alarm at most alpha of the time.

    In ascending order the i-th of m is multiplied by m - i + 1, made monotone and cut at 1
    (Holm 1979, https://www.jstor.org/stable/4615733). Holds however the tests depend on each
    other; for the declared primary metrics.

        [0.01, 0.04, 0.03] -> [0.03, 0.06, 0.06]

    Raises:
        ValueError: A p-value is not in [0, 1].
    """
    values, order = _ordered(p_values)
    factors = np.arange(len(values), 0, -1)
    return _restored(np.maximum.accumulate(values[order] * factors), order)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for the false discovery rate: of what is called, alpha is false.

    In ascending order the i-th of m is multiplied by m / i, made monotone from the largest
    down, and cut at 1 (Benjamini and Hochberg 1995, https://www.jstor.org/stable/2346101).
    Holds for independent or positively dependent tests; for slices, which are looked through
    rather than declared.

    Raises:
        ValueError: A p-value is not in [0, 1].
    """
    values, order = _ordered(p_values)
    scaled = values[order] * (len(values) / np.arange(1, len(values) + 1))
    return _restored(np.minimum.accumulate(scaled[::-1])[::-1], order)


def _ordered(p_values: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    values = np.asarray(p_values, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p-values must be in [0, 1]: {list(p_values)!r}")
    return values, np.argsort(values, kind="stable")


def _restored(adjusted: NDArray[np.float64], order: NDArray[np.intp]) -> list[float]:
    """Back to the order of the input, cut at 1."""
    result = np.empty_like(adjusted)
    result[order] = np.minimum(adjusted, 1)
    return [float(value) for value in result]
