"""Is the difference real: intervals, tests, power and the verdict, as pure functions on arrays.

    average_epochs -> paired_difference -> holm -> verdict        a metric that is a mean
                      bootstrap_interval                          micro- and macro-F1
                      exact_mcnemar, sign_test, wilson_interval   yes or no

The unit is the article; articles on one story form a cluster. numpy is all that is needed.
Misuse (no values, a NaN, labels of another length) raises ``ValueError``.
"""

from summarizer.evaluation.statistics.bootstrap import bootstrap_interval
from summarizer.evaluation.statistics.epochs import (
    Advice,
    VarianceSplit,
    advise,
    average_epochs,
    split_variance,
)
from summarizer.evaluation.statistics.interval import Interval
from summarizer.evaluation.statistics.multiplicity import benjamini_hochberg, holm
from summarizer.evaluation.statistics.paired import paired_difference
from summarizer.evaluation.statistics.permutation import (
    approximate_randomization,
    sign_flip_permutation,
)
from summarizer.evaluation.statistics.power import minimum_detectable_effect, required_n
from summarizer.evaluation.statistics.proportions import (
    Proportion,
    exact_mcnemar,
    sign_test,
    wilson_interval,
)
from summarizer.evaluation.statistics.verdict import Outcome, Verdict, verdict

__all__ = [
    "Advice",
    "Interval",
    "Outcome",
    "Proportion",
    "VarianceSplit",
    "Verdict",
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
