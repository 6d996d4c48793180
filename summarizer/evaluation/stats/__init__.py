"""Is the difference real: intervals, tests, power and the verdict, as pure functions on arrays.

    average_epochs -> paired_difference -> holm -> verdict        a metric that is a mean
                      bootstrap_interval                          micro- and macro-F1
                      exact_mcnemar, sign_test, wilson_interval   yes or no

The unit is the article; articles on one story form a cluster. numpy is all that is needed.
Misuse (no values, a NaN, labels of another length) raises ``ValueError``.
"""

from __future__ import annotations

from summarizer.evaluation.stats.epochs import (
    Advice,
    VarianceSplit,
    advise,
    average_epochs,
    split_variance,
)
from summarizer.evaluation.stats.interval import Interval, paired_difference
from summarizer.evaluation.stats.power import (
    MarginOutcome,
    MarginVerdict,
    minimum_detectable_effect,
    required_n,
    verdict,
)
from summarizer.evaluation.stats.resampling import (
    approximate_randomization,
    bootstrap_interval,
    sign_flip_permutation,
)
from summarizer.evaluation.stats.significance import (
    Proportion,
    benjamini_hochberg,
    exact_mcnemar,
    holm,
    sign_test,
    wilson_interval,
)

__all__ = [
    "Advice",
    "Interval",
    "MarginOutcome",
    "MarginVerdict",
    "Proportion",
    "VarianceSplit",
    "advise",
    "approximate_randomization",
    "average_epochs",
    "benjamini_hochberg",
    "bootstrap_interval",
    "exact_mcnemar",
    "holm",
    "minimum_detectable_effect",
    "paired_difference",
    "required_n",
    "sign_flip_permutation",
    "sign_test",
    "split_variance",
    "verdict",
    "wilson_interval",
]
