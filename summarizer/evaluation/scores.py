"""Scores: what metrics took from each digest, by which code, and the value of a variant."""

from __future__ import annotations

import ast
import hashlib
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cache
from itertools import combinations, count
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from summarizer.digest import Value
from summarizer.evaluation.judge.judge import Panel
from summarizer.evaluation.metrics import METRICS, Metric
from summarizer.evaluation.metrics.registry import Record
from summarizer.evaluation.run.manifest import Stored
from summarizer.evaluation.stats.interval import (
    Interval,
    cluster_sizes,
    least_p,
    paired_difference,
    satterthwaite_df,
)
from summarizer.evaluation.stats.power import ALPHA, minimum_detectable_effect
from summarizer.evaluation.stats.significance import bootstrap_interval


class SampleScores(Stored):
    """The scores of one article in one variant.

    Attributes:
        fingerprint: of article and gold: scores compare where it is equal.
        epochs: for each epoch metric -> record, null: unscored; null: there is no digest.
        sessions: the process that made each epoch; null: none, or not known.
        bugs: metrics that failed on it, and why.
    """

    fingerprint: str
    story: str | None = None
    slices: tuple[str, ...] = ()
    epochs: tuple[dict[str, Any] | None, ...]

    sessions: tuple[str | None, ...] = ()
    bugs: tuple[str, ...] = ()

    @property
    def made(self) -> int:
        """Epochs that have a digest."""
        return sum(records is not None for records in self.epochs)

    def records(self, metric: str) -> list[Record]:
        """The records that are scored, of all epochs."""
        found = (records.get(metric) for records in self.epochs if records is not None)
        return [record for record in found if record is not None]


class VariantScores(Stored):
    """The scores of one variant: one side of a comparison.

    Attributes:
        prompts: prompts that its digests used, such as digest@v1.
        judge: whose answers the judge's metrics are of; null: nobody's.
        code_sha256: version of the metrics that scored it; null: it is not known, or not ours.
        samples: by the article's id.
    """

    name: str
    model: str
    prompts: tuple[str, ...] = ()
    judge: Panel | None = None
    code_sha256: str | None = None
    samples: dict[str, SampleScores]

    @property
    def results(self) -> list[dict[str, Any]]:
        """The records of each digest that is there."""
        epochs = (records for sample in self.samples.values() for records in sample.epochs)
        return [records for records in epochs if records is not None]

    @property
    def made(self) -> int:
        """Digests that are there."""
        return len(self.results)

    @property
    def expected(self) -> int:
        """Digests that there should be."""
        return sum(len(sample.epochs) for sample in self.samples.values())

    @property
    def share(self) -> float:
        """The share of the digests that are there, 0 to 1."""
        return self.made / self.expected if self.expected else 0.0

    @property
    def bugs(self) -> tuple[str, ...]:
        """The metrics that failed on an article, which they leave unscored."""
        return tuple(bug for sample in self.samples.values() for bug in sample.bugs)

    def rows(self, metric: Metric) -> dict[str, list[Record]]:
        """For each article that the metric scored, its records."""
        found = {name: sample.records(metric.name) for name, sample in self.samples.items()}
        return {name: records for name, records in found.items() if records}

    def values(self, metric: Metric) -> dict[str, float]:
        """For each article that an additive metric scored, the mean over its epochs."""
        return {name: fmean(records) for name, records in self.rows(metric).items()}

    def of(self, names: Iterable[str]) -> VariantScores:
        """The same with only these articles."""
        kept = {name: self.samples[name] for name in names if name in self.samples}
        return self.model_copy(update={"samples": kept})

    def slice_names(self) -> list[str]:
        """The slices of the articles, in order."""
        return sorted({name for sample in self.samples.values() for name in sample.slices})

    def in_slice(self, name: str) -> VariantScores:
        """The same with only the articles of a slice."""
        return self.of(id_ for id_, sample in self.samples.items() if name in sample.slices)

    def clusters(self, names: Sequence[str]) -> list[Hashable]:
        """The story of each article; None for one that has none."""
        return [self.samples[name].story for name in names]


# Two processes meet another machine, or another hour: their times are not compared.
TIMED: Final = ("latency_p50", "latency_p95")
RESAMPLES: Final = 1_000
Rows = Sequence[Sequence[Record]]


class Measured(Value):
    """A metric of a variant.

    Attributes:
        value: null: no article was scored.
        low: 95 % interval, clustered by story.
        n: articles that were scored.
        unscored: articles with a digest that the metric does not score.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int
    unscored: int


def measure(scores: VariantScores, metric: Metric, *, seed: int, interval: bool = True) -> Measured:
    """The value of a metric over the articles of a variant.

    Args:
        scores: the variant.
        metric: the metric.
        seed: of the bootstrap.
        interval: also compute an interval; for metrics that are no mean it takes time.
    """
    rows = scores.rows(metric)
    unscored = sum(sample.made > 0 for sample in scores.samples.values()) - len(rows)
    if not rows:
        return Measured(value=None, n=0, unscored=unscored)
    clusters = scores.clusters(list(rows))
    found: Interval | None = None
    if metric.is_additive:
        found = paired_difference(list(scores.values(metric).values()), clusters=clusters)
    elif interval:
        found = bootstrap_interval(
            statistic_of(metric, list(rows.values())),
            np.arange(len(rows)),
            clusters=clusters,
            resamples=RESAMPLES,
            seed=seed,
        )
    value = found.mean if found else metric.combine(list(rows.values()))
    if value is not None and math.isnan(value):
        value = None
    low, high = (found.low, found.high) if found else (None, None)
    if low is not None and high is not None and metric.values != "any":
        # What is beyond cannot be, so no truth is left out.
        low, high = max(0.0, low), min(1.0 if metric.values == "share" else math.inf, high)
    return Measured(value=value, low=low, high=high, n=len(rows), unscored=unscored)


def statistic_of(metric: Metric, rows: Rows) -> Callable[[NDArray[np.float64]], float]:
    """A metric as a function of the places of articles in ``rows``; NaN where it has no value.

    Resampling moves rows of numbers, records are any JSON: so it moves their places.
    """

    def statistic(places: NDArray[np.float64]) -> float:
        value = metric.combine([rows[int(place)] for place in places])
        return math.nan if value is None else value

    return statistic


# The standard deviation of the differences between articles where nothing was measured: that of
# F1 and recall between two models is mostly 0.15 to 0.3.
ASSUMED_SPREAD: Final = 0.2


def measured_spread(variants: Sequence[VariantScores], metrics: Iterable[str]) -> float | None:
    """The standard deviation of differences between articles, of the metric with the largest.

    Of two variants or more, it is that of the differences between each two. Of one alone, it is
    that of its scores: the differences between two systems whose scores correlate at 1/2, a usual
    value, spread as much as these. None where no article is scored twice.
    """
    found = []
    for metric in (METRICS[name] for name in metrics if METRICS[name].is_additive):
        values = [variant.values(metric) for variant in variants]
        samples = [list(one.values()) for one in values]
        if len(values) > 1:
            samples = [
                [b[name] - a[name] for name in a if name in b] for a, b in combinations(values, 2)
            ]
        found += [float(np.std(sample, ddof=1)) for sample in samples if len(sample) > 1]
    return max(found, default=None)


def detectable_effect(
    told: Sequence[str | None], *, primary: int = 1, spread: float = ASSUMED_SPREAD
) -> float:
    """The least difference of two variants that is found 4 times of 5.

    Infinite for fewer than ``least_stories``.

    Args:
        told: the story of each article; None: one of its own.
        primary: how many primary metrics share the 5 %.
        spread: the standard deviation of differences between articles.
    """
    sizes = cluster_sizes(told, len(told))
    if len(sizes) < least_stories(primary):
        return math.inf
    df, alpha = satterthwaite_df(sizes), ALPHA / primary
    return minimum_detectable_effect(spread, len(told), df=df, alpha=alpha)


def least_stories(primary: int = 1) -> int:
    """How many stories can show that one of so many primary metrics differs at all.

    Exchanging A and B of G stories gives no p below 2^(1-G), however large the difference.
    """
    return next(number for number in count(1) if least_p(number) <= ALPHA / primary)


# Which version of the metrics computed a score: the hash of their code. Comments, docstrings,
# layout and imports are no part of it: they change no value, and what is imported is hashed where
# it is.
_PACKAGE: Final = Path(__file__).resolve().parents[1]
# The files, inside the package, that the values of metrics depend on.
METRICS_CODE: Final = (
    "evaluation/metrics/*.py",
    "verification/**/*.py",
    "verification/*.toml",
    "text.py",
)


@cache
def metrics_sha256() -> str:
    """The hash of the code that scores depend on."""
    return hash_code(METRICS_CODE)


def hash_code(patterns: Sequence[str]) -> str:
    """The hash of the package's files that match the glob patterns: Python's shape, or data."""
    digest = hashlib.sha256()
    for pattern in patterns:
        for file in sorted(_PACKAGE.glob(pattern)):
            name = file.relative_to(_PACKAGE).as_posix()
            content = file.read_bytes()
            shape = code_shape(content).encode() if file.suffix == ".py" else content
            digest.update(b"%b\n%b\n" % (name.encode(), shape))
    return digest.hexdigest()


def code_shape(source: bytes) -> str:
    """Python code as it is parsed, without docstrings and imports.

    It is the same in every version of Python, which ``ast.dump`` is not.
    """
    return _shape(ast.parse(source))


def _shape(node: Any) -> str:
    if isinstance(node, list):
        kept = (item for item in node if not isinstance(item, ast.Import | ast.ImportFrom))
        return f"[{','.join(map(_shape, kept))}]"
    if not isinstance(node, ast.AST):
        return ascii(node)
    fields = (f"{name}={_shape(value)}" for name, value in _fields(node))
    return f"{type(node).__name__}({','.join(fields)})"


def _fields(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """The fields that are set: newer versions have more of them, and leave them empty."""
    for name, value in ast.iter_fields(node):
        if name == "body" and _is_documented(node):
            value = value[1:]
        if value not in (None, []):
            yield name, value


def _is_documented(node: ast.AST) -> bool:
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None
