"""What a judge's calibration is worth with few labels: coverage, bias and width, simulated.

    python benchmarks/judge_labels.py [--repeats 2000]

Articles of three statements, three quarters of which are true (more in one article, fewer in
another: beta(6, 2)); people say what is true, and a judge calls wrong what is wrong with the
probability TPR, and what is right with FPR. ``clustered_share``, ``krippendorff_alpha`` and
``corrected_mean`` say what they would say to a user with so many labelled articles of 200; the
truth is known. With ``--judge-errs-by-article`` the judge's errors come together, too.
"""

from __future__ import annotations

import argparse
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.evaluation.stats import agreement
from summarizer.evaluation.stats.agreement import (
    clustered_share,
    corrected_mean,
    krippendorff_alpha,
)
from summarizer.evaluation.stats.interval import paired_difference

LABELLED: Final = (5, 10, 20, 30, 40, 100)
JUDGES: Final = ((0.97, 0.01), (0.9, 0.05), (0.6, 0.1), (0.5, 0.02))
ARTICLES, STATEMENTS, TRUE = 200, 3, 0.75
ALPHAS: Final = 300  # repeats of alpha, whose interval is a bootstrap
Statements = NDArray[np.bool_]


class Drawn(NamedTuple):
    """What is so, and what the judge says, statement by statement of each article."""

    true: Statements
    said: Statements


def draw(generator: np.random.Generator, judge: tuple[float, float], *, together: bool) -> Drawn:
    """One world."""
    caught, alarms = judge
    likely = generator.beta(6, 2, ARTICLES)
    true = generator.random((ARTICLES, STATEMENTS)) < likely[:, np.newaxis]
    lots = generator.random((ARTICLES, 1 if together else STATEMENTS))
    return Drawn(true, np.where(true, lots >= alarms, lots >= caught))


def shares(worlds: list[Drawn], n: int, judge: tuple[float, float]) -> list[str]:
    """For TPR and FPR: coverage, width, and how often there is no value."""
    cells = []
    for of_true, rate in ((False, judge[0]), (True, judge[1])):
        found = []
        for world in worlds:
            chosen = world.true[:n] == of_true
            articles = np.nonzero(chosen)[0]
            found.append(clustered_share(list(~world.said[:n][chosen]), list(articles)))
        there = [one for one in found if one is not None]
        covered = np.mean([one.low <= rate <= one.high for one in there])
        width = np.mean([one.high - one.low for one in there])
        cells.append(f"{covered:6.1%} {width:5.2f} {1 - len(there) / len(found):6.1%}")
    return cells


def means(worlds: list[Drawn], n: int) -> str:
    """Of the corrected mean: coverage, bias, width; and the width by the labels alone."""
    covered, errors, widths, alone, none = [], [], [], [], 0
    for world in worlds:
        people, said = world.true.mean(1), world.said.mean(1)
        found = corrected_mean(people[:n], said[:n], said[n:])
        if found is None or found.low is None or found.high is None:
            none += 1
            continue
        covered.append(found.low <= TRUE <= found.high)
        errors.append(found.mean - TRUE)
        widths.append(found.high - found.low)
        labels = paired_difference(people[:n])
        if labels.low is not None and labels.high is not None:
            alone.append(labels.high - labels.low)
    return (
        f"{np.mean(covered):6.1%} {np.mean(errors):+7.4f} {np.mean(widths):5.2f} "
        f"{np.mean(alone):5.2f} {none / len(worlds):6.1%}"
    )


def alphas(worlds: list[Drawn], n: int, truth: float) -> str:
    """Of alpha: coverage of its interval, its spread, and how often it is 0.667 by chance."""
    found = [
        krippendorff_alpha(
            [[t, s] for t, s in zip(w.true[:n].ravel(), w.said[:n].ravel(), strict=True)],
            clusters=list(np.repeat(range(n), STATEMENTS)),
        )
        for w in worlds[:ALPHAS]
    ]
    there = [one for one in found if one.alpha is not None]
    known = [one for one in there if one.low is not None and one.high is not None]
    covered = np.mean([one.low <= truth <= one.high for one in known])  # type: ignore[operator]
    passed = np.mean([one.alpha >= 0.667 for one in there])  # type: ignore[operator]
    surely = np.mean([one.low >= 0.667 for one in known])  # type: ignore[operator]
    return f"{covered:6.1%} {np.std([one.alpha for one in there]):5.2f} {passed:6.1%} {surely:6.1%}"


def true_alpha(generator: np.random.Generator, judge: tuple[float, float]) -> float:
    """Alpha of very many statements."""
    worlds = [draw(generator, judge, together=False) for _ in range(200)]
    true = np.concatenate([world.true.ravel() for world in worlds])
    said = np.concatenate([world.said.ravel() for world in worlds])
    share = (true.mean() + said.mean()) / 2
    return float(1 - (true != said).mean() / (2 * share * (1 - share)))


def main() -> None:
    """Print a table for each judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=2_000)
    parser.add_argument("--judge-errs-by-article", action="store_true")
    arguments = parser.parse_args()
    agreement.LEAST_LABELLED = 2  # type: ignore[misc] # what it refuses is what is measured
    generator = np.random.default_rng(17)
    for judge in JUDGES:
        truth = true_alpha(generator, judge)
        print(f"TPR {judge[0]}, FPR {judge[1]}, alpha {truth:.3f}; 95 % intervals")
        print(
            "labelled    TPR: covers width   none    FPR: covers width   none"
            "    mean: covers    bias width alone   none    alpha: covers    sd >=.667 low>=.667"
        )
        together = arguments.judge_errs_by_article
        worlds = [draw(generator, judge, together=together) for _ in range(arguments.repeats)]
        for n in LABELLED:
            caught, alarms = shares(worlds, n, judge)
            print(
                f"{n:8}         {caught}         {alarms}         {means(worlds, n)}"
                f"           {alphas(worlds, n, truth)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
