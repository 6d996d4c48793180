"""``Perturbation``: a change of a gold digest that metrics should notice, or should not."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import Literal, NamedTuple

from summarizer.evaluation.metrics import Sample
from summarizer.evaluation.metrics.registry import Subject
from summarizer.evaluation.selftest.golden import Golden

Kind = Literal["fault", "control", "probe"]
# Makes the sample; None where the digest has nothing to change.
Change = Callable[[Golden, random.Random], Sample | None]


class Perturbation(NamedTuple):
    """A change of a gold digest.

    Attributes:
        name: for tables.
        subject: the part of the digest that changes; other metrics are not asked.
        kind: a fault makes a digest worse; a control leaves it as good as it was, and no metric
            may mind; a probe does so too, but in other words, which metrics by words do mind.
        description: one sentence for people.
        change: makes it.
    """

    name: str
    subject: Subject
    kind: Kind
    description: str
    change: Change

    def apply(self, golden: Golden) -> Sample | None:
        """The perturbed sample, the same each time; None where there is nothing to change."""
        lot = hashlib.sha256(f"{self.name}\n{golden.case.id}".encode()).digest()
        return self.change(golden, random.Random(lot))  # noqa: S311 - repeatable, not secret


def untouched(golden: Golden, lot: random.Random) -> Sample:
    """The control of every metric: the same digest, measured again."""
    del lot
    return golden.without_sharing()
