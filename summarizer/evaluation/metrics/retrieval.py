"""Retrieval metrics: a ranked list of ids against the relevant ones.

Definitions and edge cases as in trec_eval, whose values (by way of ``ir-measures``) the tests
pin: nDCG with linear gain and a logarithmic discount. A query without any relevant document is
unscored. Repeats of an id after its first place are ignored.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence


def recall_at(ranking: Sequence[str], relevant: Collection[str], *, k: int) -> float | None:
    """Share of the relevant ids among the first ``k``, 0 to 1."""
    wanted = set(relevant)
    return len(wanted & set(_distinct(ranking)[:k])) / len(wanted) if wanted else None


def ndcg_at(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float | None:
    """Normalised discounted cumulative gain of the first ``k``, 0 to 1.

    Järvelin and Kekäläinen 2002. ``gains`` maps each relevant id to how relevant it is (1 where
    there are no grades); other ids gain nothing.
    """
    ideal = _dcg(sorted((gain for gain in gains.values() if gain > 0), reverse=True)[:k])
    return _dcg([gains.get(id_, 0.0) for id_ in _distinct(ranking)[:k]]) / ideal if ideal else None


def reciprocal_rank(ranking: Sequence[str], relevant: Collection[str]) -> float | None:
    """1 / rank of the first relevant id, 0 where none is found; its mean is MRR."""
    if not relevant:
        return None
    ranks = (rank for rank, id_ in enumerate(_distinct(ranking), start=1) if id_ in relevant)
    first = next(ranks, None)
    return 1 / first if first else 0.0


def _distinct(ranking: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ranking))


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
