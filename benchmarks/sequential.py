"""Does deciding while articles come in keep its promises? Simulations with known truth.

    python benchmarks/sequential.py --repeats 2000

At most 80 articles, looked at after every ten (or after every one), with the differences of
``significance.py``. Prints how often two equal prompts are called different, how often a planted
difference is found and how many articles that took, and what the whole rule of ``eval decide``
ships by mistake. All repeats are computed at once, which takes a minute; that the rule is the one
of ``compare.comparison`` is checked on the first repeats of each row, whose number is printed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from significance import NO_DIFFERENCE, header, line, shifted

from summarizer.evaluation.compare.paired import Criteria, compare
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.scores import SampleScores, VariantScores
from summarizer.evaluation.stats.interval import critical_t
from summarizer.evaluation.stats.power import Looks, minimum_detectable_effect

Array = NDArray[np.float64]

N = 80
PERMUTATIONS = 4_000
PRIMARY = ("topic_f1", "key_fact_recall", "faithfulness")
MARGIN = 0.05
TEN, ONE, TWENTY = (list(range(step, N + 1, step)) for step in (10, 1, 20))
ONE = ONE[9:]
CHECKED = 60  # repeats of each row that the rule itself decides, too
# What 80 articles find 4 times of 5 in one look.
EFFECT = minimum_detectable_effect(NO_DIFFERENCE.sd, N)
OUTCOMES = ("unclear", "ship", "do-not-ship")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--part", choices=("tests", "rule"), action="append")
    given = parser.parse_args()
    parts = given.part or ["tests", "rule"]
    if "tests" in parts:
        tests(given.repeats)
    if "rule" in parts:
        rule(given.repeats)


def levels(counts: Sequence[int], alpha: float = 0.05) -> Array:
    """The level of each look."""
    shares = [count / N for count in counts]
    return np.array([Looks(tuple(shares[: k + 1])).level(alpha) for k in range(len(shares))])


def drawn(effect: float, repeats: int, *, seed: int) -> Array:
    """Differences of a metric; shape (repeats, N)."""
    shape = shifted(effect) if effect else NO_DIFFERENCE
    return shape.draw(np.random.default_rng(seed), repeats * N).reshape(repeats, N)


def p_values(values: Array, counts: Sequence[int]) -> Array:
    """Of sign flips at each look; values of shape (repeats, N), p of shape (looks, repeats)."""
    signs = np.random.default_rng(1).choice((-1.0, 1.0), size=(PERMUTATIONS, N))
    found = np.empty((len(counts), len(values)))
    for start in range(0, len(values), 500):
        some = values[start : start + 500]
        flipped = np.zeros((PERMUTATIONS, len(some)))
        done = 0
        for look, count in enumerate(counts):
            flipped += signs[:, done:count] @ some[:, done:count].T
            done = count
            reached = np.abs(flipped) >= np.abs(some[:, :count].sum(1)) - 1e-9
            found[look, start : start + 500] = (reached.sum(0) + 1) / (PERMUTATIONS + 1)
    return found


def first(stops: NDArray[np.bool_], counts: Sequence[int]) -> Array:
    """The articles at the first look that stops; 0: none does. Of shape (repeats,)."""
    return np.where(stops.any(0), np.array(counts)[stops.argmax(0)], 0)


def tests(repeats: int) -> None:
    """How often one metric is called different, in percent, and after how many articles."""
    print(f"{repeats} repeats of at most {N} articles; sd {NO_DIFFERENCE.sd:.3f}")
    header("true difference", ["looks", "found %", "mean articles", "at 80 fixed %"])
    plans = {
        "5 % every time": (TEN, np.full(len(TEN), 0.05)),
        "after every 10": (TEN, levels(TEN)),
        "after every 1": (ONE, levels(ONE)),
    }
    for factor in (0.0, 1.0, 1.5, 2.0):
        values = drawn(factor * EFFECT, repeats, seed=7)
        for name, (counts, limits) in plans.items():
            if factor and name == "5 % every time":
                continue
            p = p_values(values, counts)
            ends = first(p <= limits[:, np.newaxis], counts)
            found = [np.mean(ends > 0), np.mean(p[-1] <= 0.05)]
            line(
                f"{factor * EFFECT:.3f}, {name}",
                [len(counts), 100 * found[0], np.mean(np.where(ends, ends, N)), 100 * found[1]],
            )


def rule(repeats: int) -> None:
    """What ``eval decide`` says of three primary metrics, in percent, with looks after 20."""
    print(f"\nThe rule: three primary metrics, margins of {MARGIN:g}, looks after every 20")
    columns = ["ship", "do not ship", "open", "mean articles", "ship at 80", "as decided"]
    header("true differences", columns)
    for name, effects in {
        "nothing differs": (0.0, 0.0, 0.0),
        "one better": (2 * EFFECT, 0.0, 0.0),
        "one better, one lost its margin": (2 * EFFECT, 0.0, -MARGIN),
        "one better, one lost 2 margins": (2 * EFFECT, 0.0, -2 * MARGIN),
        "one lost 2 margins": (0.0, 0.0, -2 * MARGIN),
    }.items():
        values = [drawn(effect, repeats, seed=8 + k) for k, effect in enumerate(effects)]
        found, articles = decided(values, TWENTY)
        at_once, _ = decided(values, [N])
        checked = [decided_by_rule([one[k] for one in values]) for k in range(CHECKED)]
        same = np.mean([OUTCOMES[found[k]] == one for k, (one, _) in enumerate(checked)])
        shares = [100 * float(np.mean(found == one)) for one in (1, 2, 0)]
        line(
            name,
            [*shares, np.mean(articles), 100 * float(np.mean(at_once == 1)), CHECKED * same],
        )


def decided(values: Sequence[Array], counts: Sequence[int]) -> tuple[NDArray[np.intp], Array]:
    """The place of the decision in OUTCOMES, and after how many articles; of each repeat."""
    p = np.stack([p_values(one, counts) for one in values])
    said = []
    for look, count in enumerate(counts):
        looks = Looks(tuple(one / N for one in counts[: look + 1]))
        some = np.stack([one[:, :count] for one in values])
        mean, error = some.mean(2), some.std(2, ddof=1) / count**0.5
        half = critical_t(looks.level(0.05), count - 1) * error
        better = _holm(p[:, look], looks) & (mean > 0)
        regress = ~better & (mean + half < -MARGIN)
        doubtful = ~better & (mean - half < -MARGIN)
        ship = better.any(0) & ~doubtful.any(0)
        no = regress.any(0) | (~better.any(0) & (mean + half < MARGIN).all(0))
        said.append(np.where(no, 2, np.where(ship, 1, 0)))
    found = np.stack(said)
    ends = first(found > 0, counts)
    last = np.take_along_axis(found, (found > 0).argmax(0)[np.newaxis], 0)[0]
    return last, np.where(ends, ends, N)


def _holm(p: Array, looks: Looks) -> NDArray[np.bool_]:
    """Which are found at 5 % in all; p of shape (metrics, repeats)."""
    order = p.argsort(0)
    limits = np.array([looks.level(0.05 / (len(p) - place)) for place in range(len(p))])
    below = np.take_along_axis(p, order, 0) < limits[:, np.newaxis]
    found = np.zeros_like(below)
    np.put_along_axis(found, order, np.logical_and.accumulate(below, 0), 0)
    return found


def decided_by_rule(differences: Sequence[Array]) -> tuple[str, int]:
    """The decision of the product on one repeat, and after how many articles."""
    for place, count in enumerate(TWENTY):
        looks = Looks(tuple(one / N for one in TWENTY[: place + 1]))
        metrics = [METRICS[name] for name in PRIMARY]
        criteria = Criteria(metrics, PRIMARY, dict.fromkeys(PRIMARY, MARGIN), looks=looks)
        values = [difference[:count] for difference in differences]
        outcome = compare(variant("a", [one * 0 for one in values]), variant("b", values), criteria)
        if outcome.decision.outcome in ("ship", "do-not-ship"):
            return outcome.decision.outcome, count
    return "unclear", N


def variant(name: str, values: Sequence[Array]) -> VariantScores:
    """Scores whose differences from 0 are ``values``, one array for each primary metric."""
    samples = {
        str(place): SampleScores(
            fingerprint="", epochs=(dict(zip(PRIMARY, map(float, row), strict=True)),)
        )
        for place, row in enumerate(zip(*values, strict=True))
    }
    return VariantScores(name=name, model="", samples=samples)


if __name__ == "__main__":
    main()
