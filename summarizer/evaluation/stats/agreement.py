"""How far raters agree beyond chance, and what the errors of a judge do to a mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from summarizer.evaluation.stats.interval import (
    Interval,
    cluster_sizes,
    paired_difference,
    t_interval,
)
from summarizer.evaluation.stats.significance import Proportion, bootstrap_interval

V = TypeVar("V", bound=Hashable)
_Z: Final = 1.959963984540054  # of a 95 % interval
_RESAMPLES: Final = 1_000
LEAST_LABELLED: Final = 30


class Agreement(NamedTuple):
    """Krippendorff's alpha: 1 is agreement, 0 what chance gives.

    Attributes:
        alpha: None where no unit has two ratings, or all ratings are the same.
        low: 95 % interval; None where ``alpha`` is, and for one cluster.
        high: its other end.
        units: that two raters or more rated.
    """

    alpha: float | None
    low: float | None
    high: float | None
    units: int


def unequal(one: object, other: object) -> float:
    """The distance of nominal values: 0 where they are equal, else 1."""
    return float(one != other)


def masi_distance(one: frozenset[str], other: frozenset[str]) -> float:
    """How unlike two sets are: Passonneau 2006 (http://www.lrec-conf.org/proceedings/lrec2006).

    1 - Jaccard * M, where M is 1 for equal sets, 2/3 where one holds the other, 1/3 where they
    overlap; two empty sets are equal.

    >>> round(masi_distance(frozenset("ab"), frozenset("a")), 3)
    0.667
    """
    if one == other:
        return 0.0
    shared = one & other
    weight = 2 / 3 if shared in (one, other) else 1 / 3
    return 1 - weight * len(shared) / len(one | other)


def krippendorff_alpha(
    units: Sequence[Sequence[V]],
    distance: Callable[[V, V], float] = unequal,
    *,
    clusters: Sequence[Hashable] | None = None,
) -> Agreement:
    """The agreement of any number of raters, some of whom may have rated less than others.

        alpha = 1 - (observed disagreement within units) / (disagreement of any two ratings)

    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011,
    https://repository.upenn.edu/asc_papers/43). The interval is that of ``bootstrap_interval``
    over units.

    Args:
        units: the ratings of each unit; one with a single rating tells nothing.
        distance: of two ratings, from 0 to 1, 0 for equal ones; 1 for all others: nominal.
        clusters: of each unit, such as the article of a sentence.
    """
    rated = [place for place, unit in enumerate(units) if len(unit) > 1]
    values = list(dict.fromkeys(value for place in rated for value in units[place]))
    if len(values) < 2:
        return Agreement(None, None, None, len(rated))
    apart = np.array([[distance(one, other) for other in values] for one in values])
    places = {value: place for place, value in enumerate(values)}
    counts = np.zeros((len(rated), len(values)))
    for row, place in enumerate(rated):
        for value in units[place]:
            counts[row, places[value]] += 1
    observed = np.einsum("uv,vw,uw->u", counts, apart, counts) / (counts.sum(1) - 1)

    def alpha(drawn: NDArray[np.float64]) -> float:
        chosen = drawn.astype(np.intp)
        total = counts[chosen].sum(0)
        expected = total @ apart @ total / (total.sum() - 1)
        return float(1 - observed[chosen].sum() / expected) if expected else 1.0

    found = bootstrap_interval(
        alpha,
        np.arange(len(rated)),
        clusters=None if clusters is None else [clusters[place] for place in rated],
        resamples=_RESAMPLES,
        seed=0,
    )
    high = None if found.high is None else min(1.0, found.high)
    return Agreement(found.mean, found.low, high, len(rated))


def clustered_share(hits: Sequence[bool], clusters: Sequence[Hashable]) -> Proportion | None:
    """The share of hits with Wilson's interval, at as many cases as the clusters are worth.

    n is divided by the design effect: what clustering adds to the variance (Dean and Pagano 2015,
    https://doi.org/10.1093/jssam/smv024). Without spread nothing tells it, and each cluster
    counts once. None without cases.
    """
    if not hits:
        return None
    found = paired_difference(np.array(hits, dtype=float), clusters=clusters)
    share, n = found.mean, float(len(hits))
    error = found.standard_error
    n = min(n, share * (1 - share) / error**2) if error else float(found.clusters)
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Proportion(value=share, low=low, high=high, n=len(hits))


def corrected_mean(
    labels: Sequence[float],
    judged: Sequence[float],
    others: Sequence[float],
    *,
    stories: Sequence[Hashable] | None = None,
    other_stories: Sequence[Hashable] | None = None,
) -> Interval | None:
    """The mean of what people would say, where a judge has seen all articles and people a part.

        mean(others) + mean(labels - judged)

    Prediction-powered inference (Angelopoulos et al. 2023, https://arxiv.org/abs/2301.09633):
    whatever the judge's errors are, they are measured on the labelled articles and taken off. In
    simulation (benchmarks/judge_labels.py) its intervals cover the truth in 94 to 98 % of repeats
    from 30 labelled articles on, and its bias is below 0.003; with 10 in 91 %, so there is none.

    Args:
        labels: what people say of each labelled article.
        judged: what the judge says of the same articles.
        others: what the judge says of the articles that nobody labelled, drawn like these.
        stories: of the labelled articles.
        other_stories: of the others.

    Returns:
        None for fewer than 30 labelled articles, or one other.
    """
    if len(labels) < LEAST_LABELLED or len(others) < 2:
        return None
    errors = np.array(labels, dtype=float) - np.array(judged, dtype=float)
    rest = paired_difference(errors, clusters=stories)
    known = paired_difference(others, clusters=other_stories)
    spreads = (rest.standard_error, known.standard_error)
    found = t_interval(
        known.mean + rest.mean,
        None if None in spreads else math.hypot(*(one or 0.0 for one in spreads)),
        sizes=cluster_sizes(stories, len(labels)),
        confidence=rest.confidence,
    )
    return found._replace(n=len(labels) + len(others))
