"""Does deciding while articles come in keep its promises? Simulations with known truth.

    python benchmarks/sequential.py --repeats 2000

At most 80 articles, looked at after every ten (or after every one), with the differences of
``significance.py``. Prints how often two equal prompts are called different, how often a planted
difference is found and how many articles that took, and what the whole rule of ``eval decide``
ships by mistake. Takes some ten minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from significance import NO_DIFFERENCE, Shape, header, line, shifted

from summarizer.evaluation.compare.paired import Criteria, compare
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.scores import SampleScores, VariantScores
from summarizer.evaluation.stats.power import minimum_detectable_effect
from summarizer.evaluation.stats.sequential import Looks
from summarizer.evaluation.stats.significance import sign_flip_permutation

N = 80
PERMUTATIONS = 4_000
PRIMARY = ("topic_f1", "key_fact_recall", "faithfulness")
MARGIN = 0.05
TEN, ONE = list(range(10, N + 1, 10)), list(range(10, N + 1))
# What 80 articles find 4 times of 5 in one look.
EFFECT = minimum_detectable_effect(NO_DIFFERENCE.sd, N)


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


def levels(counts: Sequence[int]) -> list[float]:
    """The level of each look."""
    shares = [count / counts[-1] for count in counts]
    return [Looks(tuple(shares[: place + 1])).level(0.05) for place in range(len(shares))]


def stopped(values: NDArray[np.float64], counts: Sequence[int], limits: Sequence[float]) -> int:
    """The articles at which a difference is found; 0: none is."""
    for count, limit in zip(counts, limits, strict=True):
        if sign_flip_permutation(values[:count], permutations=PERMUTATIONS, seed=count) <= limit:
            return count
    return 0


def tests(repeats: int) -> None:
    """How often one metric is called different, in percent, and after how many articles."""
    print(f"{repeats} repeats of at most {N} articles; sd {NO_DIFFERENCE.sd:.3f}")
    header("true difference", ["looks", "found %", "mean articles", "at 80 fixed %"])
    plans = {
        "5 % every time": (TEN, [0.05] * len(TEN)),
        "after every 10": (TEN, levels(TEN)),
        "after every 1": (ONE, levels(ONE)),
    }
    for factor in (0.0, 1.0, 1.5, 2.0):
        shape: Shape = shifted(factor * EFFECT)
        for name, (counts, limits) in plans.items():
            if factor and name == "5 % every time":
                continue
            generator = np.random.default_rng(7)
            samples = [shape.draw(generator, N) for _ in range(repeats)]
            ends = [stopped(sample, counts, limits) for sample in samples]
            fixed = [stopped(sample, [N], [0.05]) for sample in samples]
            line(
                f"{factor * EFFECT:.3f}, {name}",
                [
                    len(counts),
                    100 * float(np.mean([end > 0 for end in ends])),
                    float(np.mean([end or N for end in ends])),
                    100 * float(np.mean([end > 0 for end in fixed])),
                ],
            )


def rule(repeats: int) -> None:
    """What ``eval decide`` says of three primary metrics, in percent, with looks after 20."""
    print(f"\nThe rule: three primary metrics, margins of {MARGIN:g}, looks after every 20")
    header("true differences", ["ship", "do not ship", "open", "mean articles"])
    for name, effects in {
        "nothing differs": (0.0, 0.0, 0.0),
        "one better": (2 * EFFECT, 0.0, 0.0),
        "one better, one lost its margin": (2 * EFFECT, 0.0, -MARGIN),
        "one better, one lost 2 margins": (2 * EFFECT, 0.0, -2 * MARGIN),
        "one lost 2 margins": (0.0, 0.0, -2 * MARGIN),
    }.items():
        generator = np.random.default_rng(8)
        shapes = [NO_DIFFERENCE if not effect else shifted(effect) for effect in effects]
        found = [decided([shape.draw(generator, N) for shape in shapes]) for _ in range(repeats)]
        outcomes = [outcome for outcome, _ in found]
        shares = [100 * outcomes.count(one) / repeats for one in ("ship", "do-not-ship", "unclear")]
        line(name, [*shares, float(np.mean([articles for _, articles in found]))])


def decided(differences: Sequence[NDArray[np.float64]]) -> tuple[str, int]:
    """The decision, and after how many articles."""
    counts = list(range(20, N + 1, 20))
    for place, count in enumerate(counts):
        looks = Looks(tuple(one / N for one in counts[: place + 1]))
        metrics = [METRICS[name] for name in PRIMARY]
        criteria = Criteria(metrics, PRIMARY, dict.fromkeys(PRIMARY, MARGIN), looks=looks)
        values = [difference[:count] for difference in differences]
        outcome = compare(variant("a", [one * 0 for one in values]), variant("b", values), criteria)
        if outcome.decision.outcome in ("ship", "do-not-ship"):
            return outcome.decision.outcome, count
    return "unclear", N


def variant(name: str, values: Sequence[NDArray[np.float64]]) -> VariantScores:
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
