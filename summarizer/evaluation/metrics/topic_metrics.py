"""Topic metrics: the topics that were given against the gold topics, both as sets of ids.

Per-article scores are averaged over articles, so paired tests apply to them; micro- and macro-F1
are made of counts over all articles. A label that is not in the taxonomy counts as a false
positive like any other wrong one (scikit-learn's ``MultiLabelBinarizer`` would drop it), and how
many there are is a figure of its own.

Calibration: whether confidences say how often topics are right, and whether they rank articles.
Only the topics that were given have a confidence, so it is that of what a reader sees, not of
every label of the taxonomy. None where no confidence was measured.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from summarizer.errors import TaxonomyError

if TYPE_CHECKING:
    from summarizer.taxonomy import Taxonomy


class Counts(NamedTuple):
    """True positives, false positives and false negatives of one article or of many."""

    tp: int
    fp: int
    fn: int


def set_f1(predicted: Collection[str], gold: Collection[str]) -> float:
    """F1 of two sets of ids, 0 to 1; 1 where both are empty.

    >>> set_f1(["politics", "sport"], ["politics"])
    0.6666666666666666
    """
    counts = count(predicted, gold)
    return _f1(counts) if sum(counts) else 1.0


def jaccard(predicted: Collection[str], gold: Collection[str]) -> float:
    """Shared ids of all ids, 0 to 1; 1 where both sets are empty."""
    counts = count(predicted, gold)
    return counts.tp / sum(counts) if sum(counts) else 1.0


def exact_match(predicted: Collection[str], gold: Collection[str]) -> float:
    """1 where the two sets are equal, else 0."""
    return float(set(predicted) == set(gold))


def first_topic_accuracy(predicted: Sequence[str], gold: Collection[str]) -> float:
    """1 where the first topic is one of the gold topics, or where both have none; else 0."""
    return float(predicted[0] in gold) if predicted else float(not gold)


def cardinality_error(predicted: Collection[str], gold: Collection[str]) -> int:
    """How many more topics were given than there are gold topics; negative for fewer.

    An edit of a prompt often moves F1 only through the number of topics: read the two together.
    """
    return len(set(predicted)) - len(set(gold))


def off_taxonomy(predicted: Collection[str], taxonomy: Taxonomy) -> set[str]:
    """The ids that are no topics of the taxonomy (retired ones with a successor are)."""
    return {topic for topic in predicted if _known(topic, taxonomy) is None}


def canonical(ids: Iterable[str], taxonomy: Taxonomy, *, depth: int | None = None) -> list[str]:
    """The ids as they are compared: in order, without repeats, retired ones replaced.

    Unknown ids stay, to be counted as wrong.

    Args:
        ids: topic ids.
        taxonomy: where they are from.
        depth: levels that the labeller chose from; a deeper id becomes its ancestor there.
    """
    found = []
    for topic in ids:
        path = _lineage(topic, taxonomy)
        found.append(path[: depth or len(path)][-1])
    return list(dict.fromkeys(found))


def with_ancestors(ids: Iterable[str], taxonomy: Taxonomy) -> set[str]:
    """The ids with all their ancestors. The virtual root above the first level is not one."""
    return {ancestor for topic in ids for ancestor in _lineage(topic, taxonomy)}


def hierarchical_f1(predicted: Collection[str], gold: Collection[str], taxonomy: Taxonomy) -> float:
    """F1 of the two sets with their ancestors: a sibling or a parent is half right.

    Kiritchenko, Matwin and Famili 2005 (hF, beta = 1), here per article. Deep taxonomies give
    high values for little, as ancestors agree easily.
    """
    return set_f1(with_ancestors(predicted, taxonomy), with_ancestors(gold, taxonomy))


def count(predicted: Collection[str], gold: Collection[str]) -> Counts:
    """The counts of one article."""
    given, right = set(predicted), set(gold)
    return Counts(len(given & right), len(given - right), len(right - given))


def micro_f1(articles: Iterable[Iterable[int]]) -> float | None:
    """F1 of the counts (tp, fp, fn) of all articles; None where there is neither label nor gold."""
    total = Counts(*map(sum, zip((0, 0, 0), *articles, strict=True)))
    return _f1(total) if sum(total) else None


def macro_f1(
    articles: Iterable[Sequence[tuple[Collection[str], Collection[str]]]], *, min_support: int = 1
) -> float | None:
    """Mean F1 over the labels that at least ``min_support`` articles have as gold.

    Args:
        articles: (predicted ids, gold ids) of each epoch of each; epochs are averaged within the
            article, as the gold ids of one are those of all.
        min_support: the F1 of a label with very few gold articles is mostly chance.
    """
    tp: defaultdict[str, float] = defaultdict(float)
    given: defaultdict[str, float] = defaultdict(float)
    support: Counter[str] = Counter()
    for epochs in articles:
        support.update({label for _, gold in epochs for label in gold})
        for predicted, gold in epochs:
            for label in set(predicted):
                given[label] += 1 / len(epochs)
                tp[label] += (label in gold) / len(epochs)
    scores = [
        2 * tp[label] / (given[label] + total)
        for label, total in support.items()
        if total >= min_support
    ]
    return sum(scores) / len(scores) if scores else None


def _f1(counts: Counts) -> float:
    return 2 * counts.tp / (2 * counts.tp + counts.fp + counts.fn)


def _known(topic: str, taxonomy: Taxonomy) -> str | None:
    try:
        return taxonomy.topic(topic).id
    except TaxonomyError:
        return None


def _lineage(topic: str, taxonomy: Taxonomy) -> list[str]:
    """The ids from the first level down to the topic; an unknown id is alone."""
    known = _known(topic, taxonomy)
    path = []
    parent = known
    while parent is not None:
        path.append(parent)
        parent = taxonomy.topic(parent).parent
    return path[::-1] or [topic]


MAX_BINS: Final = 10
_MIN_IN_BIN: Final = 5


def brier_score(topics: Sequence[Sequence[float]]) -> float | None:
    """Mean squared difference of confidence and correctness (Brier 1950); 0 is best, 1 worst.

    Args:
        topics: (confidence, 0 to 1; whether it is a gold topic) of each topic that was given.
    """
    if not topics:
        return None
    confidence, correct = np.asarray(topics, dtype=float).T
    return float(np.mean((confidence - correct) ** 2))


def expected_calibration_error(topics: Sequence[Sequence[float]]) -> float | None:
    """Mean distance of confidence and accuracy in bins of equal size; 0 is best.

    Up to ten bins with at least five topics each; topics of one confidence share a bin. The
    estimate is biased upwards, the more the fewer topics there are (Kumar et al. 2019,
    https://arxiv.org/abs/1909.10155): compare it between runs of equal size, never gate on it.

    Args:
        topics: as of ``brier_score``.
    """
    if not topics:
        return None
    confidence, correct = np.asarray(sorted(topics, key=lambda topic: topic[0]), dtype=float).T
    bins = max(1, min(MAX_BINS, len(topics) // _MIN_IN_BIN))
    ends = np.linspace(0, len(topics), bins + 1).round().astype(int)
    # A boundary inside a run of equal confidences moves to the end of the run.
    ends[1:] = np.searchsorted(confidence, confidence[ends[1:] - 1], side="right")
    error = 0.0
    for start, end in pairwise(ends):
        if end > start:
            gap = confidence[start:end].mean() - correct[start:end].mean()
            error += abs(gap) * (end - start) / len(topics)
    return float(error)


def risk_coverage_area(articles: Sequence[tuple[float, float]]) -> float | None:
    """Mean loss over all coverages if only the most confident articles were answered (AURC).

    El-Yaniv and Wiener 2010 (https://jmlr.org/papers/v11/el-yaniv10a.html); the area as in
    Geifman et al. 2019; lower is better. Articles of one confidence have no order: each counts
    as their mean.

    Args:
        articles: (confidence, such as that of its first topic; loss, such as 1 - F1, 0 to 1).
    """
    if not articles:
        return None
    certain, losses = np.asarray(articles, dtype=float).T
    _, group, size = np.unique(certain, return_inverse=True, return_counts=True)
    mean = np.bincount(group, weights=losses) / size
    ordered = mean[group][np.argsort(-certain, kind="stable")]
    return float((np.cumsum(ordered) / np.arange(1, len(ordered) + 1)).mean())
