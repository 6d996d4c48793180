"""Looking at data while they come in, without calling chance a difference more often than said.

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
from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
        nodes, weights = _legendre()
        reached = bound * nodes
        density = np.exp(-(((reached[:, np.newaxis] - places) / step) ** 2) / 2)
        places, mass = reached, bound * weights * (density @ mass) / step / math.sqrt(2 * math.pi)
        spent, before = spent + wanted, share
    return tuple(levels)


@cache
def _legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights


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
