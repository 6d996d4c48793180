"""Plots: what may explain a difference instead (length, copying), and what quality costs.

Charts are coordinates, which the templates draw as inline SVG.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from summarizer.digest import Digest
from summarizer.evaluation.figures import number, typographic
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.report.variants import ReportVariant
from summarizer.evaluation.stats.interval import scipy_stats

WIDTH: Final = 360
HEIGHT: Final = 256
# Room for the numbers; macros.html.j2 draws the axes there.
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 24, 12, 40
# Values that differ by less are one, and have no scale of their own.
_ALIKE: Final = 1e-9
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


class Bar(NamedTuple):
    """An interval on a scale of 0 to 1000, with no difference at 500; None: it is not known."""

    low: float | None
    mean: float
    high: float | None
    margin: float | None


class Tick(NamedTuple):
    """A number on an axis."""

    at: float
    text: str


class Datum(NamedTuple):
    """A point of a scatter plot.

    Attributes:
        x: its value; in a ``Scatter`` pixels from the left of the drawing.
        y: likewise, from the top.
        series: which symbol.
        title: what it is, for people.
        low: end of the error bar, if it has one.
        high: the other end.
    """

    x: float
    y: float
    series: int
    title: str
    low: float | None = None
    high: float | None = None


class Scatter(NamedTuple):
    """A scatter plot."""

    points: tuple[Datum, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def reach(values: Sequence[float | None]) -> float:
    """How far from 0 a symmetric scale must go to show all values; a round number.

    >>> reach([-0.13, 0.02, None])
    0.15
    """
    most = max((abs(value) for value in values if value is not None), default=0.0)
    if most == 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(most))
    for step in (1, 1.5, 2, 3, 4, 5, 7.5, 10):
        if most <= step * unit * (1 + 1e-9):
            return round(step * unit, 12)
    return most


def bar(
    mean: float, low: float | None, high: float | None, *, scale: float, margin: float | None
) -> Bar:
    """An interval around 0 on a scale from -``scale`` to ``scale``."""

    def at(value: float) -> float:
        return round(500 + 500 * max(-1.0, min(1.0, value / scale)), 1)

    return Bar(
        low=None if low is None else at(low),
        mean=at(mean),
        high=None if high is None else at(high),
        margin=at(margin) if margin is not None and abs(margin) <= scale else None,
    )


def scatter(data: Sequence[Datum], *, x_ticks: Sequence[float] | None = None) -> Scatter | None:
    """The plot of these points; None without any. ``x_ticks``: instead of round numbers."""
    if not data:
        return None
    ys = [value for d in data for value in (d.y, d.low, d.high) if value is not None]
    x_ticks, y_ticks = x_ticks or ticks([d.x for d in data]), ticks(ys)

    def x(value: float) -> float:
        return _place(value, x_ticks, _LEFT, WIDTH - _RIGHT)

    def y(value: float) -> float:
        return _place(value, y_ticks, HEIGHT - _BOTTOM, _TOP)

    return Scatter(
        points=tuple(
            d._replace(
                x=x(d.x),
                y=y(d.y),
                low=None if d.low is None else y(d.low),
                high=None if d.high is None else y(d.high),
            )
            for d in data
        ),
        x_ticks=tuple(Tick(x(value), label(value, x_ticks)) for value in x_ticks),
        y_ticks=tuple(Tick(y(value), label(value, y_ticks)) for value in y_ticks),
    )


def ticks(values: Sequence[float], *, most: int = 6) -> list[float]:
    """Round numbers, evenly spaced, that enclose the values; at least two.

    >>> ticks([3, 48])
    [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    """
    low, high = min(values), max(values)
    if high - low <= max(abs(low), abs(high)) * _ALIKE or high - low < _ALIKE:
        half = max(abs(low), abs(high)) / 2
        half = half if half > _ALIKE else 0.5
        low, high = low - half, high + half
    unit = 10.0 ** math.floor(math.log10((high - low) / most))
    for step in _STEPS:
        width = step * unit
        first, last = math.floor(low / width + 1e-9), math.ceil(high / width - 1e-9)
        if last - first < most:
            break
    return [round(number * width, 12) for number in range(first, last + 1)]


def label(value: float, others: Sequence[float]) -> str:
    """A tick's number with as many decimals as its neighbours need."""
    gap = others[1] - others[0]
    decimals = max(0, -math.floor(math.log10(gap) + 1e-9))
    if round(gap, decimals) != round(gap, 12):
        decimals += 1
    return f"{value:,.{decimals}f}"


def _place(value: float, axis: Sequence[float], start: float, end: float) -> float:
    share = (value - axis[0]) / (axis[-1] - axis[0])
    return round(start + (end - start) * share, 1)


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's rho, ties with their mean rank; None where one of the two does not vary."""
    xs, ys = zip(*pairs, strict=True) if pairs else ((), ())
    if len(pairs) < 3 or len(set(xs)) == 1 or len(set(ys)) == 1:
        return None
    return float(scipy_stats().spearmanr(xs, ys).statistic)


_COPYING: Final = "density"


class Plot(NamedTuple):
    """A scatter plot with its words."""

    title: str
    x_title: str
    chart: Scatter
    notes: tuple[str, ...]


def confound_plots(sides: Sequence[ReportVariant], primary: Sequence[str]) -> list[Plot]:
    """Length against each primary metric of summaries, and copying against the first of them."""
    names = [
        name for name in primary if METRICS[name].subject == "summary" and METRICS[name].is_additive
    ]
    words = [_words(side) for side in sides]
    found = [_plot(sides, words, name, x_title="words in the summary") for name in names]
    if "faithfulness" in names:
        copied = [side.scores.values(METRICS[_COPYING]) for side in sides]
        title = "density of copying (mean length of copied runs)"
        found.append(_plot(sides, copied, "faithfulness", x_title=title))
    return [plot for plot in found if plot is not None]


def cost_plots(variants: Sequence[ReportVariant], metric: str) -> list[Plot]:
    """Quality against seconds, and against dollars where a price is known."""
    found = []
    for cost, x_title in (
        ("latency_p50", "median seconds for an article"),
        ("cost_usd", "US dollars for an article"),
    ):
        data = []
        for series, variant in enumerate(variants):
            x, y = variant.result.metrics[cost].value, variant.result.metrics[metric]
            if x is not None and y.value is not None:
                title = f"{variant.name}: {number(x)}, {metric} {number(y.value)}"
                data.append(Datum(x, y.value, series, title, y.low, y.high))
        if len(data) > 1 and (chart := scatter(data)):
            found.append(Plot(f"{metric} against {x_title}", x_title, chart, ()))
    return found


def _plot(
    sides: Sequence[ReportVariant], xs: Sequence[dict[str, float]], metric: str, *, x_title: str
) -> Plot | None:
    data, notes = [], []
    for series, (side, values) in enumerate(zip(sides, xs, strict=True)):
        scores = side.scores.values(METRICS[metric])
        shared = [name for name in scores if name in values]
        letter = "AB"[series]
        data += [Datum(values[name], scores[name], series, f"{letter}: {name}") for name in shared]
        rho = rank_correlation([(values[name], scores[name]) for name in shared])
        if rho is not None:
            notes.append(
                f"{letter}: rank correlation {typographic(number(rho, '+'))}, n = {len(shared)}"
            )
    chart = scatter(data)
    if chart is None:
        return None
    return Plot(f"{metric} against {x_title}", x_title, chart, tuple(notes))


def _words(variant: ReportVariant) -> dict[str, float]:
    return {
        name: float(output.summary.words)
        for name in variant.scores.samples
        if isinstance(output := variant.output(name), Digest) and output.summary
    }
