"""The least difference a comparison can find, the articles it takes, and looking more than once.

The power of the two-sided paired t test is computed from the noncentral t distribution, which
is exact for normally distributed differences. For the mostly tied differences of real metrics
it is an approximation: a difference promised to be found 80 % of the time was found by the t
test in 80-86 % of samples of 30 to 200 articles, but in 71-75 % where many small gains hide a
few large losses (``benchmarks/significance.py``).

Whoever tests after every batch at 5 % finds something in 17 % of comparisons of equals. Here the
5 % are spent little by little: after a share t of the planned articles, no more than 5 % * t^2
has been spent (Kim and DeMets 1987, https://doi.org/10.1093/biomet/74.1.149, in the scheme of Lan
and DeMets 1983, https://doi.org/10.1093/biomet/70.3.659, which holds however often one looks).
What a look may spend becomes a level for its own p-value, whatever test gave that ("significance
level approach", Jennison and Turnbull 2000, Group Sequential Methods, sections 3.3, 7.2 and
9.2). Intervals at these levels cover the truth in all looks together (repeated confidence
intervals, ibid. chapter 9). ``benchmarks/sequential.py`` simulates it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from statistics import harmonic_mean
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import computed_field

from summarizer.digest import Value
from summarizer.evaluation.stats.interval import Interval, critical_t

# How often a difference is to be found: 4 times of 5.
_FOUND: Final = 0.8


def t_test_power(noncentrality: float, df: float, *, alpha: float = 0.05) -> float:
    """P(|T| > t) at the critical t, for noncentral T: how often the effect will be found.

    T = (Z + delta) / s with Z normal and s^2 = chi^2_df / df, so that, conditional on s, the
    power is a normal probability; the mean over s is taken by Gauss-Legendre quadrature
    (Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 2, chapter 31). The
    noncentral t of scipy 1.17 is NaN for 59 of 216 combinations of df (1 to 99,999), level and
    noncentrality (0 to 40), and equal within 1e-7 elsewhere.

    Args:
        noncentrality: delta = effect * sqrt(n) / sd.
        df: Degrees of freedom, at least 1.
        alpha: Two-sided level of the test.
    """
    critical = critical_t(alpha, df)
    from scipy.special import ndtr

    nodes, weights = _legendre(400)
    spread = 10 / math.sqrt(2 * df)
    low, high = max(0.0, 1 - spread), 1 + spread
    s = (high - low) / 2 * nodes + (high + low) / 2
    # The density of s up to its constant, which dividing by the sum restores.
    log_density = (df - 1) * np.log(s) - df * s**2 / 2
    density = weights * np.exp(log_density - log_density.max())
    missed = ndtr(critical * s - noncentrality) - ndtr(-critical * s - noncentrality)
    return float(1 - np.sum(density * missed) / np.sum(density))


@cache
def _legendre(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def minimum_detectable_effect(
    sd: float, n: int, *, power: float = _FOUND, alpha: float = 0.05, df: float | None = None
) -> float:
    """The least true difference that a paired comparison finds with this power.

    About 2.80 * sd / sqrt(n) at 80 % and many articles (Miller, arXiv 2411.00640, section 5);
    the factor is 3.07 for 12 articles, because the t test needs more. Infinite for one article.

    Args:
        sd: Standard deviation of the per-article differences; where stories cluster, an earlier
            run's ``standard_error * sqrt(n)``, which holds the design effect.
        n: Number of articles.
        power: Probability of finding the difference.
        alpha: Two-sided level of the test.
        df: Degrees of freedom of the error, as ``satterthwaite_df`` gives them for stories;
            n - 1 unless said otherwise.
    """
    if df is None:
        df = n - 1
    if df == 0:
        return math.inf
    return sd * _noncentrality(df, power=power, alpha=alpha) / math.sqrt(n)


@cache
def _noncentrality(df: float, *, power: float, alpha: float) -> float:
    """The noncentrality at which the test has the power."""
    from scipy.optimize import brentq

    high = 1.0
    while t_test_power(high, df, alpha=alpha) < power:
        high *= 2
    return float(brentq(lambda x: t_test_power(x, df, alpha=alpha) - power, 0, high, rtol=1e-9))


_NO_SUITE: Final = 10**12  # has so many articles


def required_n(effect: float, sd: float, *, alpha: float = 0.05) -> int:
    """The least number of articles with which a difference is found 4 times of 5.

    Args:
        effect: The true mean difference, not 0; its sign does not matter.
        sd: Standard deviation of the per-article differences, as for
            ``minimum_detectable_effect``.
        alpha: Two-sided level of the test.
    """
    if sd == 0:
        return 2

    def enough(n: int) -> bool:
        return t_test_power(abs(effect) * math.sqrt(n) / sd, n - 1, alpha=alpha) >= _FOUND

    numbers = range(2, _NO_SUITE)
    return numbers[bisect_left(numbers, True, key=enough)]


# The level of all decisions: how often equals may be called different.
ALPHA: Final = 0.05
MarginOutcome = Literal["pass", "regress", "inconclusive"]
# Beyond this no suite will grow; the difference sits on the margin.
_MOST_ARTICLES: Final = 1_000_000


class MarginVerdict(NamedTuple):
    """What an interval says about a margin.

    Attributes:
        outcome: ``pass``, ``regress``, or ``inconclusive``: no evidence is not no regression.
        n_needed: Articles that would settle an inconclusive verdict 4 times of 5, if the true
            difference is the one seen; None where it is settled, where the spread is not
            known, and where more than a million would be needed.
    """

    outcome: MarginOutcome
    n_needed: int | None


def verdict(interval: Interval, margin: float) -> MarginVerdict:
    """Whether the candidate is no worse than the baseline by more than ``margin``.

    pass if low >= -margin, regress if high < -margin, else inconclusive: a non-inferiority test
    by the confidence interval (Piaggio et al. 2012, CONSORT extension,
    https://doi.org/10.1001/jama.2012.87802). Higher must be better: for cost or latency, give
    the negated difference.

    Args:
        interval: Of candidate minus baseline.
        margin: The loss that is still acceptable, in the metric's unit, 0 or more.
    """
    if interval.low is not None and interval.low >= -margin:
        return MarginVerdict("pass", None)
    if interval.high is not None and interval.high < -margin:
        return MarginVerdict("regress", None)
    distance = abs(interval.mean + margin)
    needed = articles_needed(
        distance, interval.standard_error, n=interval.n, alpha=1 - interval.confidence
    )
    return MarginVerdict("inconclusive", needed)


def articles_needed(
    distance: float, standard_error: float | None, *, n: int, alpha: float = ALPHA
) -> int | None:
    """Articles that show a difference of ``distance`` 4 times of 5: at least one more than ``n``.

    Args:
        distance: what is to be shown not to be 0.
        standard_error: of the ``n`` articles that there are; None: not known.
        n: articles so far.
        alpha: two-sided level.

    Returns:
        None where the error is not known, and where more than a million would be needed.
    """
    if standard_error is None:
        return None
    # The error holds the design effect of the clusters, so it scales as if there were none.
    sd = standard_error * math.sqrt(n)
    if minimum_detectable_effect(sd, _MOST_ARTICLES, alpha=alpha) >= distance:
        return None
    return max(required_n(distance, sd, alpha=alpha), n + 1)


class Repeats(Value):
    """What the epochs say of the spread of B - A: Var = (between + within / epochs) / articles.

    Attributes:
        between: variance of B - A between articles.
        within: variance of B - A between the epochs of an article.
        epochs: of each article (harmonic mean).
    """

    between: float
    within: float
    epochs: float

    @computed_field(  # type: ignore[prop-decorator]
        description="What would narrow the interval: raise_epochs while within / epochs > between."
    )
    @property
    def advice(self) -> Literal["raise_epochs", "add_articles"]:
        """From there on even endless epochs could not halve the variance again."""
        return "raise_epochs" if self.within / self.epochs > self.between else "add_articles"


def split_variance(values: Iterable[Sequence[float]]) -> Repeats | None:
    """Splits Var(mean) = (omega^2 + sigma^2 / K) / n into its parts.

    Miller, "Adding error bars to evals" (arXiv 2411.00640, section 3); estimated by the analysis
    of variance (one-way random effects): sigma^2 is the pooled variance of the epochs around
    their article's mean, and omega^2 is what the variance of the article means has beyond
    sigma^2 / K, but at least 0.

    Args:
        values: Per article, a score or an A-B difference per epoch.

    Returns:
        None where fewer than two articles are scored, or none of them twice.
    """
    groups = [np.array(epochs) for epochs in values if len(epochs)]
    sizes = [len(group) for group in groups]
    repeats = sum(sizes) - len(sizes)
    if len(groups) < 2 or not repeats:
        return None
    epochs = float(harmonic_mean(sizes))
    of_means = float(np.var([group.mean() for group in groups], ddof=1))
    within = float(sum(np.sum((group - group.mean()) ** 2) for group in groups)) / repeats
    return Repeats(between=max(0.0, of_means - within / epochs), within=within, epochs=epochs)


# Of the spending alpha * t^2: early looks are cheap, the last one keeps most of the power.
_POWER: Final = 2.0
_NODES: Final = 160
# Sequential p-values are found to within a percent, between these.
_LEAST_ALPHA: Final = 1e-7
_MOST_ALPHA: Final = 0.5
_STEPS: Final = 14


class Looks(NamedTuple):
    """The looks at data so far, of which the last is the one that is made now.

    Attributes:
        shares: of the planned articles, at each look; ascending, in (0, 1].
    """

    shares: tuple[float, ...] = (1.0,)

    def level(self, alpha: float) -> float:
        """The level of this look's own p-value at which all looks together keep ``alpha``."""
        return alpha if self.shares == (1.0,) else _levels(self.shares, alpha)[-1]

    def p_value(self, p: float) -> float:
        """The p-value of this look that allows for all of them: the least alpha that finds it.

        Liu and Anderson 2008, https://doi.org/10.1198/016214508000000986. Above 0.5 it is 1.
        """
        if self.shares == (1.0,):
            return p
        if p > self.level(_MOST_ALPHA):
            return 1.0
        low, high = math.log(_LEAST_ALPHA), math.log(_MOST_ALPHA)
        for _ in range(_STEPS):
            middle = (low + high) / 2
            low, high = (low, middle) if p <= self.level(math.exp(middle)) else (middle, high)
        return max(p, math.exp(high))


ONE_LOOK: Final = Looks()


@lru_cache(maxsize=4096)
def _levels(shares: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    """The two-sided level of each look.

    With S(t) a Brownian motion, the bound b of the k-th look makes |S(t_k)| >= b, where no
    earlier look found anything, as probable as what it may spend. The density of S where nothing
    was found is carried from look to look by Gauss-Legendre quadrature (Armitage, McPherson and
    Rowe 1969, https://doi.org/10.2307/2343787).
    """
    from scipy.special import ndtr

    levels: list[float] = []
    places, mass = np.zeros(1), np.ones(1)
    spent, before = 0.0, 0.0
    for share in shares:
        step = math.sqrt(share - before)
        wanted = alpha * share**_POWER - spent
        bound = _bound(places, mass, step=step, wanted=wanted)
        levels.append(2 * float(ndtr(-bound / math.sqrt(share))))
        nodes, weights = _legendre(_NODES)
        reached = bound * nodes
        density = np.exp(-(((reached[:, np.newaxis] - places) / step) ** 2) / 2)
        places, mass = reached, bound * weights * (density @ mass) / step / math.sqrt(2 * math.pi)
        spent, before = spent + wanted, share
    return tuple(levels)


def _bound(
    places: NDArray[np.float64], mass: NDArray[np.float64], *, step: float, wanted: float
) -> float:
    """The bound that S leaves with the wanted probability in this step."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    def leaving(bound: float) -> float:
        beyond = ndtr((places - bound) / step) + ndtr((-bound - places) / step)
        return float(beyond @ mass) - wanted

    return float(brentq(leaving, 0.0, 40.0, xtol=1e-9))
