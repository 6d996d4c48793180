"""``trends_of``: metrics over the runs of a suite, by model and prompt version; and their page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from summarizer import __version__
from summarizer.digest import Value
from summarizer.errors import ConfigurationError, SummarizerError
from summarizer.evaluation.compare.operands import check_metrics
from summarizer.evaluation.figures import interval, number
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.report.plots import Datum, Plot, scatter
from summarizer.evaluation.run.folder import MANIFEST, RunFolder
from summarizer.evaluation.scores import Measured
from summarizer.evaluation.scoring import Results, load_results
from summarizer.evaluation.suite.definition import Conditions
from summarizer.pages.document import render_page

Unlike = Literal["metrics", "articles", "settings", "judge"]
Row = tuple[str, ...]
_Section = tuple[str, Plot | None, list[tuple[str, str]], list[Row]]


class TrendPoint(Value):
    """A metric of one variant in one run.

    Attributes:
        number: of the run, in the order of their beginnings, from 1.
        system: model, prompt versions that its digests used, and whether with context.
        low: 95 % interval.
        n: articles that were scored.
        unlike: what differs from the newest run, so that the values are not comparable: code of the
            metrics, articles or gold, settings of the suite, judge.
    """

    run: str
    number: int
    created: str
    system: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unlike: tuple[Unlike, ...]


class Trend(Value):
    """The runs of a suite over time.

    Attributes:
        points: the oldest first.
    """

    format: Literal[1] = 1
    suite: str
    metrics: tuple[str, ...]
    points: tuple[TrendPoint, ...]

    def of(self, metric: str) -> list[TrendPoint]:
        """The points of a metric."""
        return [point for point in self.points if point.metric == metric]


class _Run(NamedTuple):
    """A run, with what its values depend on besides model and prompts."""

    folder: RunFolder
    results: Results
    articles: dict[str, str]
    settings: tuple[Conditions, str]


def trends_of(
    runs: Path,
    *,
    suite: str | None = None,
    metrics: Sequence[str] = (),
    left_out: Callable[[str], None] = lambda _: None,
) -> list[Trend]:
    """The trend of each suite that has runs, or of one.

    Scores stay as they are on the disk: those of other metric code are marked, not made anew.

    Args:
        runs: the folder of the runs.
        suite: its name; None: all.
        metrics: what is shown; empty: the primary metrics of the newest run.
        left_out: called with one sentence for each folder that cannot be read.

    Raises:
        ConfigurationError: there is no run of the suite, or no such metric.
    """
    check_metrics(metrics)
    suites: defaultdict[str, list[_Run]] = defaultdict(list)
    for path in sorted(runs.glob(f"*/{MANIFEST}")):
        try:
            run = _loaded(RunFolder(path.parent))
        except SummarizerError as error:
            left_out(str(error))
            continue
        name = run.folder.manifest.suite.name
        if suite in (None, name):
            suites[name].append(run)
    if not suites:
        what = "run" if suite is None else f"run of the suite {suite!r}"
        raise ConfigurationError(
            f"there is no {what} in {str(runs)!r}", hint="summarizer eval run SUITE, or --runs DIR"
        )
    return [_trend(name, found, metrics) for name, found in sorted(suites.items())]


def _loaded(folder: RunFolder) -> _Run:
    manifest = folder.manifest
    articles = {name: sample.fingerprint for name, sample in folder.samples.items()}
    settings = (manifest.suite.settings, manifest.taxonomy_sha256)
    return _Run(folder, load_results(folder, any_code=True), articles, settings)


def _trend(suite: str, runs: list[_Run], metrics: Sequence[str]) -> Trend:
    runs.sort(key=lambda run: run.folder.manifest.created)
    names = tuple(metrics) or runs[-1].folder.manifest.suite.metrics.primary
    judges = [one.judge for run in runs for one in run.results.variants.values() if one.judge]
    newest, judge = runs[-1], judges[-1] if judges else None
    points = []
    for place, run in enumerate(runs, start=1):
        for planned in run.folder.manifest.variants:
            result = run.results.variants[planned.variant.name]
            context = ["context"] * planned.variant.context
            for name in names:
                found = result.metrics.get(name) or Measured(value=None, n=0, unscored=0)
                differs: dict[Unlike, bool] = {
                    "metrics": run.results.code_sha256 != newest.results.code_sha256,
                    "articles": run.articles != newest.articles,
                    "settings": run.settings != newest.settings,
                    "judge": METRICS[name].is_judged and result.judge not in (None, judge),
                }
                point = TrendPoint(
                    run=str(run.folder.path),
                    number=place,
                    created=run.folder.manifest.created,
                    system="+".join((result.model.name, *result.prompts, *context)),
                    metric=name,
                    unlike=tuple(what for what, other in differs.items() if other),
                    **found.model_dump(exclude={"unscored"}),
                )
                points.append(point)
    return Trend(suite=suite, metrics=names, points=tuple(points))


def render_trends(trends: Sequence[Trend]) -> str:
    """One page that needs no network: for each metric a plot and a table of all runs.

    A plot holds only what can be compared with the newest run; the table marks the rest.
    """
    shown = [(trend, [_section(trend, name) for name in trend.metrics]) for trend in trends]
    return render_page(
        "trend.html.j2", folder=Path(__file__).parent, styles=["report.css"], trends=shown,
        version=__version__,
    )  # fmt: skip


def _section(trend: Trend, metric: str) -> _Section:
    """The metric, its plot, the plot's legend, and its rows."""
    points = trend.of(metric)
    systems = list(dict.fromkeys(point.system for point in trend.points))
    data = [
        Datum(
            float(point.number), point.value, systems.index(point.system),
            f"run {point.number}, {point.system}: {number(point.value)}", point.low, point.high,
        )
        for point in points
        if point.value is not None and not point.unlike
    ]  # fmt: skip
    last = trend.points[-1].number
    chart = scatter(data, x_ticks=range(last + 2) if last < 10 else None)
    plot = Plot(f"{metric} by run", "number of the run", chart, ()) if chart else None
    return metric, plot, [(system, system) for system in systems], list(map(row_of, points))


def row_of(point: TrendPoint) -> Row:
    """Run, when, system, value, interval, articles, and what makes it another measurement."""
    return (
        str(point.number),
        point.created[:16].replace("T", " "),
        point.system,
        number(point.value),
        interval(point.low, point.high),
        f"{point.n:,}",
        f"other {', '.join(point.unlike)}" if point.unlike else "",
    )
