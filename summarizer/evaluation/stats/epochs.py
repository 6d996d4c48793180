"""Repeats of one article: averaged first, then split into article and sampling variance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import harmonic_mean
from typing import Literal, NamedTuple

import numpy as np


def average_epochs(values: Mapping[str, Sequence[float | None]]) -> dict[str, float]:
    """The mean score of each article over its epochs, in the order given.

    Epochs of one article are not further samples: they tell about the model's chance, not about
    other articles. An epoch that is None or NaN is unscored and left out; an article without a
    scored epoch is left out, never 0.

        {"a": [1.0, 0.0], "b": [0.5, None], "c": [None, None]} -> {"a": 0.5, "b": 0.5}
    """
    scored = {article: _scored(epochs) for article, epochs in values.items()}
    return {article: math.fsum(found) / len(found) for article, found in scored.items() if found}


def _scored(epochs: Sequence[float | None]) -> list[float]:
    return [value for value in epochs if value is not None and not math.isnan(value)]


class VarianceSplit(NamedTuple):
    """Where the uncertainty of a mean over articles comes from.

    Attributes:
        between: omega^2, the variance of the articles' expected values.
        within: sigma^2, the variance of an article's epochs.
        epochs: K, the harmonic mean of the number of scored epochs per article.
    """

    between: float
    within: float
    epochs: float


def split_variance(values: Iterable[Sequence[float | None]]) -> VarianceSplit | None:
    """Splits Var(mean) = (omega^2 + sigma^2 / K) / n into its parts.

    Miller, "Adding error bars to evals" (arXiv 2411.00640, section 3); estimated by the analysis
    of variance (one-way random effects): sigma^2 is the pooled variance of the epochs around
    their article's mean, and omega^2 is what the variance of the article means has beyond
    sigma^2 / K, but at least 0.

    Args:
        values: Per article, a score or an A-B difference per epoch; unscored ones are left out.

    Returns:
        None where fewer than two articles are scored, or none of them twice.
    """
    groups = [np.array(found) for epochs in values if (found := _scored(epochs))]
    sizes = [len(group) for group in groups]
    repeats = sum(sizes) - len(sizes)
    if len(groups) < 2 or not repeats:
        return None
    epochs = float(harmonic_mean(sizes))
    of_means = float(np.var([group.mean() for group in groups], ddof=1))
    within = float(sum(np.sum((group - group.mean()) ** 2) for group in groups)) / repeats
    return VarianceSplit(max(0.0, of_means - within / epochs), within, epochs)


class Advice(NamedTuple):
    """How to narrow the interval of the same articles.

    Attributes:
        action: ``raise_epochs`` while the model's chance dominates, ``add_articles`` once the
            articles do.
        epochs: Epochs to run; None where no number of them is enough: the articles show no
            variance of their own, so each doubling halves the variance.
    """

    action: Literal["raise_epochs", "add_articles"]
    epochs: int | None


def advise(split: VarianceSplit) -> Advice:
    """Whether to raise K or to add articles: raise K while sigma^2 / K > omega^2.

    The epochs advised are the least K with sigma^2 / K <= omega^2; from there on even endless
    epochs could not halve the variance again.
    """
    if split.within / split.epochs <= split.between:
        return Advice("add_articles", math.ceil(split.epochs))
    if split.between == 0:
        return Advice("raise_epochs", None)
    return Advice("raise_epochs", math.ceil(split.within / split.between))
