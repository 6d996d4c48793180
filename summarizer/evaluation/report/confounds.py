"""What may explain a difference instead: length, copying; and what quality costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from summarizer.digest import Digest
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.report.charts import Datum, Scatter, rank_correlation, scatter
from summarizer.evaluation.report.numbers import NONE, dollars, interval, number
from summarizer.evaluation.report.source import ReportCell

_COPYING: Final = "density"


class Plot(NamedTuple):
    """A scatter plot with its words."""

    title: str
    x_title: str
    y_title: str
    chart: Scatter
    notes: tuple[str, ...]


class CostRow(NamedTuple):
    """What a cell made and what it took."""

    series: int
    cell: str
    model: str
    made: str
    failures: str
    requests: str
    tokens: str
    dollars: str
    p50: str
    p95: str
    quality: str


def confound_plots(sides: Sequence[ReportCell], primary: Sequence[str]) -> list[Plot]:
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


def cost_rows(cells: Sequence[ReportCell], metric: str) -> list[CostRow]:
    """A line for each cell; ``metric`` stands for its quality."""
    rows = []
    for series, cell in enumerate(cells):
        result = cell.result
        value = {name: found.value for name, found in result.metrics.items()}
        quality = result.metrics[metric]
        tokens = (value["prompt_tokens"], value["completion_tokens"])
        rows.append(
            CostRow(
                series=series,
                cell=cell.name,
                model=result.model.name,
                made=f"{result.made:,} of {result.expected:,}",
                failures=", ".join(f"{n:,} {kind}" for kind, n in result.failures.items()) or NONE,
                requests=NONE if value["requests"] is None else f"{value['requests']:.1f}",
                tokens=" + ".join(NONE if n is None else f"{n:,.0f}" for n in tokens),
                dollars=dollars(value["cost_usd"]),
                p50=number(value["latency_p50"]),
                p95=number(value["latency_p95"]),
                quality=f"{number(quality.value)} ({interval(quality.low, quality.high)})",
            )
        )
    return rows


def cost_plots(cells: Sequence[ReportCell], metric: str) -> list[Plot]:
    """Quality against seconds, and against dollars where a price is known."""
    found = []
    for name, x_title in (
        ("latency_p50", "median seconds for an article"),
        ("cost_usd", "US dollars for an article"),
    ):
        data = list(_cost_data(cells, metric, name))
        chart = scatter(data)
        if chart is not None and len(data) > 1:
            found.append(Plot(f"{metric} against {x_title}", x_title, metric, chart, ()))
    return found


def _cost_data(cells: Sequence[ReportCell], metric: str, cost: str) -> Iterator[Datum]:
    for series, cell in enumerate(cells):
        x, y = cell.result.metrics[cost].value, cell.result.metrics[metric]
        if x is not None and y.value is not None:
            title = f"{cell.name}: {number(x)}, {metric} {number(y.value)}"
            yield Datum(x, y.value, series, title, y.low, y.high)


def _plot(
    sides: Sequence[ReportCell], xs: Sequence[dict[str, float]], metric: str, *, x_title: str
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
                f"{letter}: rank correlation {number(rho, signed=True)}, n = {len(shared)}"
            )
    chart = scatter(data)
    if chart is None:
        return None
    return Plot(f"{metric} against {x_title}", x_title, metric, chart, tuple(notes))


def _words(cell: ReportCell) -> dict[str, float]:
    outputs = ((name, cell.output(name)) for name in cell.scores.cases)
    return {
        name: float(output.summary.words)
        for name, output in outputs
        if isinstance(output, Digest) and output.summary
    }
