"""The parts of a report that tell what a comparison found: verdict, metrics, slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from summarizer.evaluation.compare.comparison import Compared, Comparison, SliceCompared
from summarizer.evaluation.figures import MINUS, NONE, interval, number, p_value
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


class GateRow(NamedTuple):
    """A gate of the suite, and what it says of this comparison."""

    metric: str
    margin: str
    outcome: str
    symbol: str
    refusal: str | None


class MetricRow(NamedTuple):
    """A metric of a comparison, as it is shown."""

    name: str
    description: str
    primary: bool
    better_is: str
    a: str
    b: str
    difference: str
    interval: str
    sort: float
    bar: Bar | None
    p: str
    adjusted: bool
    tally: str
    conclusion: str
    symbol: str
    refusal: str | None
    n: int


class SliceRow(NamedTuple):
    """One line of a forest plot."""

    name: str
    n: int
    difference: str
    interval: str
    bar: Bar
    stands_out: bool
    whole: bool


class Forest(NamedTuple):
    """A forest plot: one primary metric on all articles and on each slice."""

    metric: str
    description: str
    better_is: str
    ticks: tuple[str, str, str]
    margin: str | None
    rows: tuple[SliceRow, ...]


def verdict_of(found: Comparison) -> Banner:
    """The banner of a comparison: its decision, and what the primary metrics did."""
    primary = [row for row in found.metrics if row.primary]
    kind = _KINDS[found.decision.outcome]
    headline = found.decision.sentence.rstrip(".")
    return Banner(kind, SYMBOLS[found.decision.outcome], headline, tuple(_lines(found, primary)))


def gates_of(found: Comparison, refusals: Mapping[str, str]) -> list[GateRow]:
    """The gates; ``refusals`` says of a metric why it may not gate."""
    return [
        GateRow(
            metric=row.metric,
            margin=number(row.margin),
            outcome=outcome,
            symbol=SYMBOLS.get(outcome, NONE),
            refusal=refusals.get(row.metric),
        )
        for row in found.metrics
        if row.margin is not None
        for outcome in [_outcome(row) if found.complete else "incomplete"]
    ]


def metric_rows(found: Comparison, refusals: Mapping[str, str]) -> list[MetricRow]:
    """The metrics, the primary ones first; those from 0 to 1 share the scale of their bars."""
    barred = [row for row in found.metrics if _has_bar(row)]
    scale = reach([value for row in barred for value in (row.difference, row.low, row.high)])
    return [
        MetricRow(
            name=row.metric,
            description=METRICS[row.metric].description,
            primary=row.primary,
            better_is=better_is(row.direction),
            a=number(row.a),
            b=number(row.b),
            difference=number(row.difference, signed=True),
            interval=interval(row.low, row.high, signed=True),
            sort=row.difference or 0.0,
            bar=bar(row.difference or 0.0, row.low, row.high, scale=scale, margin=_limit(row))
            if row in barred
            else None,
            p=p_value(row.p if row.p_adjusted is None else row.p_adjusted),
            adjusted=row.p_adjusted is not None,
            tally=NONE if row.wins is None else f"{row.wins} / {row.ties} / {row.losses}",
            conclusion=_conclusion(row),
            symbol=SYMBOLS.get(_conclusion(row), ""),
            refusal=refusals.get(row.metric),
            n=row.n,
        )
        for row in found.metrics
    ]


def forests(found: Comparison) -> list[Forest]:
    """A forest plot for each primary metric that has slices."""
    plots = []
    for row in found.metrics:
        slices = [part for part in found.slices if part.metric == row.metric and part.n >= FEWEST]
        if not slices or row.difference is None:
            continue
        parts: list[Compared | SliceCompared] = [row, *slices]
        scale = reach([v for part in parts for v in (part.difference, part.low, part.high)])
        margin = row.margin
        end = f"{scale:g}"
        plots.append(
            Forest(
                metric=row.metric,
                description=METRICS[row.metric].description,
                better_is=better_is(row.direction),
                ticks=(f"{MINUS}{end}", "0", f"+{end}"),
                margin=None if margin is None else number(margin),
                rows=tuple(_slice_rows(row, slices, scale=scale)),
            )
        )
    return plots


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
        conclusion = f": {_conclusion(row)}" if found.complete else ""
        yield (
            f"{row.metric}: {number(row.difference, signed=True)} "
            f"({_limits(row)}), "
            f"{number(row.a)} in A and {number(row.b)} in B{conclusion}."
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


def _slice_rows(
    row: Compared, slices: Sequence[SliceCompared], *, scale: float
) -> Iterator[SliceRow]:
    limit = _limit(row)
    parts: list[Compared | SliceCompared] = [row, *slices]
    for part in parts:
        is_slice = isinstance(part, SliceCompared)
        yield SliceRow(
            name=part.slice if isinstance(part, SliceCompared) else "all articles",
            n=part.n,
            difference=number(part.difference, signed=True),
            interval=interval(part.low, part.high, signed=True),
            bar=bar(part.difference or 0.0, part.low, part.high, scale=scale, margin=limit),
            stands_out=is_slice and part.p_adjusted is not None and part.p_adjusted < ALPHA,
            whole=not is_slice,
        )


def _limit(row: Compared) -> float | None:
    """The difference at which a gate's margin is used up."""
    if row.margin is None:
        return None
    return row.margin if row.direction == "lower" else -row.margin


def _has_bar(row: Compared) -> bool:
    """The metrics from 0 to 1, whose differences can stand on one scale."""
    return METRICS[row.metric].is_share and row.difference is not None


def _limits(row: Compared) -> str:
    if row.low is None or row.high is None:
        return "no interval"
    return f"95 % interval {interval(row.low, row.high, signed=True)}"


def _outcome(row: Compared) -> str:
    return row.outcome or "unscored"


def _conclusion(row: Compared) -> str:
    return "" if row.direction == "none" or row.difference is None else row.conclusion
