"""The parts of a report that tell what a comparison found: verdict, metrics, slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from summarizer.evaluation.compare.comparison import Compared, Comparison, SliceCompared
from summarizer.evaluation.figures import interval, number
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.report.plots import Bar, bar, reach
from summarizer.evaluation.stats.power import ALPHA

BannerKind = Literal["better", "worse", "unclear", "incomplete"]
SYMBOLS: Final[Mapping[str, str]] = {
    "better": "▲",
    "worse": "▼",
    "unclear": "≈",
    "same": "=",
    "incomplete": "!",
    "ship": "✓",
    "do-not-ship": "✗",
    "pass": "✓",
    "regress": "✗",
    "inconclusive": "?",
}
# The interval of fewer articles says nothing, and would squeeze the others.
FEWEST: Final = 5
_KINDS: Final[Mapping[str, BannerKind]] = {
    "ship": "better",
    "do-not-ship": "worse",
    "unclear": "unclear",
    "incomplete": "incomplete",
}


class Banner(NamedTuple):
    """What the banner says."""

    kind: BannerKind
    symbol: str
    headline: str
    lines: tuple[str, ...]


class Forest(NamedTuple):
    """A forest plot: one primary metric on all articles and on each slice.

    Attributes:
        metric: on all articles.
        scale: the difference at the ends of the bars.
        rows: all articles and each slice, with their bars.
    """

    metric: Compared
    scale: float
    rows: tuple[tuple[Compared | SliceCompared, Bar], ...]


def verdict_of(found: Comparison) -> Banner:
    """The banner of a comparison: its decision, and what the primary metrics did."""
    primary = [row for row in found.metrics if row.primary]
    kind = _KINDS[found.decision.outcome]
    headline = found.decision.sentence.rstrip(".")
    return Banner(kind, SYMBOLS[found.decision.outcome], headline, tuple(_lines(found, primary)))


def bars_of(found: Comparison) -> dict[str, Bar]:
    """The bars of the metrics from 0 to 1, whose differences can stand on one scale."""
    barred = [
        row for row in found.metrics if METRICS[row.metric].is_share and row.difference is not None
    ]
    return dict(zip([row.metric for row in barred], _bars(barred, _scale(barred)), strict=True))


def forests(found: Comparison) -> list[Forest]:
    """A forest plot for each primary metric that has slices."""
    plots = []
    for row in found.metrics:
        slices = [part for part in found.slices if part.metric == row.metric and part.n >= FEWEST]
        if slices and row.difference is not None:
            parts: list[Compared | SliceCompared] = [row, *slices]
            scale = _scale(parts)
            bars = _bars(parts, scale, limit=_limit(row))
            plots.append(Forest(row, scale, tuple(zip(parts, bars, strict=True))))
    return plots


def stands_out(part: Compared | SliceCompared) -> bool:
    """Whether a slice differs after allowing for the number of slices."""
    is_slice = isinstance(part, SliceCompared)
    return is_slice and part.p_adjusted is not None and part.p_adjusted < ALPHA


def better_is(direction: str) -> str:
    """Which values are better, in two words."""
    return {"higher": "higher is better", "lower": "lower is better"}.get(direction, "describes")


def _lines(found: Comparison, primary: Sequence[Compared]) -> Iterator[str]:
    if not found.articles:
        yield "A and B have no article in common."
    elif not found.complete:
        yield (
            f"{found.made_a:.1%} of A's digests and {found.made_b:.1%} of B's are there; "
            "98 % are needed before a difference means anything."
        )
    for row in primary:
        if row.difference is None:
            known = "these articles give it no value" if row.n else "no article is scored in both"
            yield f"{row.metric}: {known}."
            continue
        said = f": {conclusion(row)}" if found.complete else ""
        yield (
            f"{row.metric}: {number(row.difference, signed=True)} "
            f"({_limits(row)}), "
            f"{number(row.a)} in A and {number(row.b)} in B{said}."
        )
    finds = [f"{number(row.detectable)} in {row.metric}" for row in primary if row.detectable]
    if finds:
        yield (
            f"{found.articles:,} articles find a true difference of {', '.join(finds)} "
            "four times of five."
        )
    if found.changed or found.absent:
        yield (
            f"Left out: {len(found.changed):,} articles whose text or gold differ, "
            f"{len(found.absent):,} that only one of the two has."
        )
    yield from found.notes


def _scale(rows: Sequence[Compared | SliceCompared]) -> float:
    return reach([value for row in rows for value in (row.difference, row.low, row.high)])


def _bars(
    rows: Sequence[Compared | SliceCompared], scale: float, *, limit: float | None = None
) -> list[Bar]:
    return [
        bar(
            row.difference or 0.0,
            row.low,
            row.high,
            scale=scale,
            margin=_limit(row) if isinstance(row, Compared) else limit,
        )
        for row in rows
    ]


def _limit(row: Compared) -> float | None:
    """The difference at which a gate's margin is used up."""
    if row.margin is None:
        return None
    return row.margin if row.direction == "lower" else -row.margin


def _limits(row: Compared) -> str:
    if row.low is None or row.high is None:
        return "no interval"
    return f"95 % interval {interval(row.low, row.high, signed=True)}"


def conclusion(row: Compared) -> str:
    """What a metric did; nothing of one that only describes, or that has no value."""
    return "" if row.direction == "none" or row.difference is None else row.conclusion
