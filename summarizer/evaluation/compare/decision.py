"""The rule that decides, everywhere: ship B if it is better somewhere and harmed nothing.

B is shipped if it is better on at least one primary metric and inside its margin on all others:
the other primary metrics, and whatever else has a margin. It is not shipped if a metric is shown
to have lost more than its margin, or if no primary metric can have gained as much as its margin.
Everything else is open, and more articles would tell. A primary metric without a margin may lose
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from pydantic import Field

from summarizer.digest import Value
from summarizer.evaluation.compare.comparison import Compared, Comparison, Decision
from summarizer.evaluation.figures import decimal, interval_words, p_value
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.scores import VariantScores, measure
from summarizer.evaluation.stats.power import ALPHA, MarginOutcome, articles_needed
from summarizer.evaluation.suite.definition import COMPLETENESS

_SAME: Final = 1e-9


def decide(found: Comparison, *, tests: int) -> Decision:
    """What a comparison says of shipping B.

    Args:
        found: the comparison, with adjusted p-values.
        tests: how many p-values were adjusted together.
    """
    if not found.complete:
        return Decision(
            outcome="incomplete",
            sentence=f"Too little is there to decide: {found.made_a:.1%} of A's and "
            f"{found.made_b:.1%} of B's results.",
        )
    primary = [row for row in found.metrics if row.primary]
    better = [row for row in primary if row.conclusion == "better"]
    others = [
        row
        for row in found.metrics
        if row not in better and (row.primary or row.margin is not None)
    ]
    outcomes = {row.metric: _margin_outcome(row) for row in others}
    harmed = [row for row in others if outcomes[row.metric] == "regress"]
    doubtful = [row for row in others if outcomes[row.metric] == "inconclusive"]
    if harmed:
        return Decision(
            outcome="do-not-ship",
            sentence=f"Do not ship B: {_names(harmed)} lost more than accepted.",
            reasons=tuple(_loss(row) for row in harmed),
        )
    if better and not doubtful:
        return Decision(
            outcome="ship", sentence=_ship(better, others), reasons=tuple(map(_gain, better))
        )
    if not better and primary and all(map(_cannot_matter, primary)):
        return Decision(outcome="do-not-ship", sentence=_pointless(primary))
    needed = _needed(better, doubtful, primary, level=ALPHA / max(1, tests))
    return _open(found, better, doubtful, needed)


def margin_outcome(rows: Iterable[MarginOutcome | None]) -> MarginOutcome:
    """The worst of several outcomes: the gate's half of the rule; None: nothing is scored."""
    outcomes = set(rows)
    if "regress" in outcomes:
        return "regress"
    return "pass" if outcomes <= {"pass"} else "inconclusive"


def _margin_outcome(row: Compared) -> MarginOutcome:
    """The row against its margin; without one, nothing may be lost."""
    if row.margin is not None:
        return row.outcome or "inconclusive"
    low, high = _gain_limits(row)
    if low is not None and low >= -_SAME:
        return "pass"
    return "regress" if high is not None and high < -_SAME else "inconclusive"


def _gain_limits(row: Compared) -> tuple[float | None, float | None]:
    """The interval of B's gain: of B - A, or of A - B where less is better."""
    if row.direction != "lower" or row.low is None or row.high is None:
        return row.low, row.high
    return -row.high, -row.low


def _cannot_matter(row: Compared) -> bool:
    """Whether B cannot have gained as much as the margin; without one, anything at all."""
    _, high = _gain_limits(row)
    if row.conclusion == "same":
        return True
    return high is not None and high < (row.margin or _SAME)


def _needed(
    better: Sequence[Compared], doubtful: Sequence[Compared], primary: Sequence[Compared],
    *, level: float,
) -> int | None:  # fmt: skip
    """Articles in all that would settle it 4 times of 5, if what is seen is what is true."""
    losing = [row for row in doubtful if row.gain < -(row.margin or 0.0)]
    if losing:
        return _least(_articles(row, row.gain + (row.margin or 0.0)) for row in losing)
    counts = [_articles(row, row.gain + (row.margin or 0.0)) for row in doubtful]
    if not better:
        gaining = [row for row in primary if row.gain > _SAME]
        counts.append(_least(_articles(row, row.gain, level=level) for row in gaining))
    known = [count for count in counts if count is not None]
    return max(known) if len(known) == len(counts) and known else None


def _articles(row: Compared, distance: float, *, level: float = ALPHA) -> int | None:
    return articles_needed(abs(distance), row.standard_error, n=row.n, alpha=level)


def _least(counts: Iterable[int | None]) -> int | None:
    return min((count for count in counts if count is not None), default=None)


def _open(
    found: Comparison,
    better: Sequence[Compared],
    doubtful: Sequence[Compared],
    needed: int | None,
) -> Decision:
    more = max(needed - found.articles, 1) if needed else None
    told = f"About {more:,} more articles would tell" if more else "Not decided"
    if better:
        why = f"B is better on {_names(better)}, but {_names(doubtful)} may have lost too much."
    else:
        why = "B is shown better on no primary metric, and it may yet be."
    return Decision(
        outcome="unclear",
        sentence=f"{told}: {why}",
        reasons=tuple(_loss(row) for row in doubtful if row.difference is not None),
        more_articles=more,
    )


def _ship(better: Sequence[Compared], others: Sequence[Compared]) -> str:
    rest = f", and inside the margin on {_names(others)}" if others else ""
    return f"Ship B: it is better on {_names(better)}{rest}."


def _pointless(primary: Sequence[Compared]) -> str:
    if all(row.conclusion == "same" for row in primary):
        are = "is" if len(primary) == 1 else "are"
        return f"Do not ship B: {_names(primary)} {are} the same on every article."
    return (
        f"Do not ship B: no gain as large as the margin is possible on {_names(primary)}, "
        "as far as their intervals reach."
    )


def _gain(row: Compared) -> str:
    p = 1.0 if row.p_adjusted is None else row.p_adjusted
    return f"{row.metric}: {_change(row)}, adjusted p {p_value(p)}"


def _loss(row: Compared) -> str:
    accepted = "no loss is accepted" if row.margin is None else f"margin {row.margin:g}"
    return f"{row.metric}: {_change(row)}, {accepted}"


def _change(row: Compared) -> str:
    return f"{decimal(row.difference or 0.0, '+')} ({interval_words(row.low, row.high, '+')})"


def _names(rows: Sequence[Compared]) -> str:
    names = [row.metric for row in rows]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


class Limited(Value):
    """A metric of a variant against its limit.

    The value decides, not its interval: a limit says what may be shipped, and what was measured
    is over it or is not. The interval tells how far the next articles may be from it.
    """

    metric: str
    direction: Literal["higher", "lower"] = Field(description="higher: the limit is the least.")
    limit: float
    value: float | None = Field(description="Null: no article is scored.")
    low: float | None = Field(default=None, description="95 % interval of the value.")
    high: float | None = None
    n: int = Field(description="Articles.")
    outcome: Literal["pass", "regress", "inconclusive", "incomplete"]


def check_limits(
    scores: VariantScores, limits: Mapping[str, float], *, seed: int
) -> tuple[Limited, ...]:
    """Each metric of a variant against its limit, the limit itself included.

    Args:
        scores: the variant, with all its articles.
        limits: metric -> the worst value that is acceptable.
        seed: of the bootstrap of the intervals.
    """
    found = []
    for name, limit in limits.items():
        metric = METRICS[name]
        measured = measure(scores, metric, seed=seed)
        direction: Literal["higher", "lower"] = "lower" if metric.direction == "lower" else "higher"
        row = Limited(
            metric=name,
            direction=direction,
            limit=limit,
            value=measured.value,
            low=measured.low,
            high=measured.high,
            n=measured.n,
            outcome="inconclusive",
        )
        if measured.value is not None:
            over = is_beyond(measured.value, limit, direction=direction)
            row = row.model_copy(update={"outcome": "regress" if over else "pass"})
        found.append(row)
    return tuple(found)


def check_completeness(share: float, limit: float, *, articles: int) -> Limited:
    """The share of the digests that are there against the share that must be."""
    return Limited(
        metric=COMPLETENESS,
        direction="higher",
        limit=limit,
        value=share,
        n=articles,
        outcome="incomplete" if is_beyond(share, limit, direction="higher") else "pass",
    )


def is_beyond(value: float, limit: float, *, direction: Literal["higher", "lower"]) -> bool:
    """Whether a value is worse than its limit by more than rounding.

    >>> is_beyond(0.1 + 0.2, 0.3, direction="lower")
    False
    """
    worse = limit - value if direction == "higher" else value - limit
    return worse > 1e-9
