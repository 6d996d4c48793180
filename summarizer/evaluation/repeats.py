"""More epochs or more articles: what would narrow the interval of a difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from summarizer.evaluation.comparison import Repeats
from summarizer.evaluation.metrics import Metric
from summarizer.evaluation.scores import CaseScores, CellScores
from summarizer.evaluation.statistics import advise, split_variance


def repeats_of(
    a: CellScores, b: CellScores, metric: Metric, names: Sequence[str]
) -> Repeats | None:
    """The parts of the variance of B - A, and what follows.

    Args:
        a: what was.
        b: what is new.
        metric: one that is a mean over articles; others give None.
        names: the articles that both score.

    Returns:
        None where no article has two epochs in both, or nothing differs.
    """
    if not metric.is_additive:
        return None
    split = split_variance(list(_differences(a.cases[n], b.cases[n], metric)) for n in names)
    if split is None or split.between == split.within == 0:
        return None
    advice = advise(split)
    return Repeats(
        between=split.between,
        within=split.within,
        epochs=split.epochs,
        advice=advice.action,
        advised=advice.epochs,
    )


def _differences(a: CaseScores, b: CaseScores, metric: Metric) -> Iterator[float]:
    """B - A of each epoch that both score; epochs of one number are independent of the others."""
    for before, after in zip(a.epochs, b.epochs, strict=False):
        x, y = ((records or {}).get(metric.name) for records in (before, after))
        if x is not None and y is not None:
            yield y - x
