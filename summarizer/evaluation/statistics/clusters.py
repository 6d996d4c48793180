"""Which articles belong together: outlets that cover one story are not independent samples."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
from numpy.typing import NDArray


def cluster_codes(clusters: Iterable[Hashable] | None, n: int) -> NDArray[np.intp]:
    """A number 0, 1, ... for the cluster of each of ``n`` articles, in order of appearance.

    An article whose label is None belongs to no story and is a cluster of its own; without
    labels every article is.

        ["war", None, "war", None] -> [0, 1, 0, 2]

    Raises:
        ValueError: There is not one label per article.
    """
    labels = [None] * n if clusters is None else list(clusters)
    if len(labels) != n:
        raise ValueError(f"{len(labels)} cluster labels for {n} articles")
    keys = [object() if label is None else label for label in labels]
    number = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys], dtype=np.intp)


def cluster_members(codes: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The indices of the articles of each cluster."""
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def cluster_sizes(clusters: Iterable[Hashable] | None, n: int) -> NDArray[np.intp]:
    """The number of articles of each cluster; arguments as of ``cluster_codes``."""
    return np.bincount(cluster_codes(clusters, n))


def satterthwaite_df(sizes: NDArray[np.intp]) -> float:
    """Degrees of freedom of the CR2 error of a mean, from the cluster sizes; at most G - 1.

    With h_g = n_g / n, the adjusted residual sums of independent articles of equal variance have
    the covariances P_gg = n_g and P_gh = -n_g n_h / (n sqrt((1 - h_g)(1 - h_h))); df is the
    square of sum_g P_gg by the sum of all squared P_gh. Bell and McCaffrey (2002), as in
    Pustejovsky and Tipton (2018, https://doi.org/10.1080/07350015.2016.1247004).

        [1, 1, 1, 1] -> 3.0        [5, 1, 1, 1] -> 1.8
    """
    if len(sizes) == 1:
        return 0.0
    n = sizes.sum()
    products = sizes**2 / (1 - sizes / n)
    off_diagonal = (products.sum() ** 2 - np.sum(products**2)) / n**2
    return float(n**2 / (np.sum(sizes**2) + off_diagonal))
