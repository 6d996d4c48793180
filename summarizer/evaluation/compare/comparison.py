"""``Comparison``: what comparing two variants says; and the rule that decides, everywhere.

B is shipped if it is better on at least one primary metric and inside its margin on all others:
the other primary metrics, and whatever else has a margin. It is not shipped if a metric is shown
to have lost more than its margin, or if no primary metric can have gained as much as its margin.
Everything else is open, and more articles would tell. A primary metric without a margin may lose
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from pydantic import Field

from summarizer.digest import Value
from summarizer.evaluation.figures import decimal, interval_words, p_value
from summarizer.evaluation.run.manifest import Stored
from summarizer.evaluation.stats.interval import least_p
from summarizer.evaluation.stats.power import ALPHA, MarginOutcome, Repeats, articles_needed

# Below this share of digests, or of articles that both are scored on, what is missing can decide.
COMPLETE: Final = 0.98
_SAME: Final = 1e-9
Test = Literal["sign-flip", "mcnemar", "randomization"]
Conclusion = Literal["better", "worse", "unclear", "same"]


class Flip(Stored):
    """An article on which the two variants differ."""

    sample: str
    a: float
    b: float


class Compared(Value):
    """One metric of two variants, on the articles that it scores in both.

    ``difference`` is B - A, so A is what was, and B what is new.
    """

    metric: str
    direction: Literal["higher", "lower", "none"]
    primary: bool
    n: int = Field(description="Articles that are scored in both.")
    one_sided: int = Field(
        default=0,
        description="Articles with a digest of both that only one of both is scored on: left out. "
        "Not counted of costs, of judges that differ, and where a digest may have nothing of it.",
    )
    clusters: int = Field(default=0, description="Independent stories.")
    a: float | None = None
    b: float | None = None
    difference: float | None = Field(
        default=None,
        description="B - A; null: no article is scored in both, or these give no value.",
    )
    low: float | None = Field(default=None, description="95 % interval of the difference.")
    high: float | None = None
    standard_error: float | None = Field(
        default=None, description="Of the difference; null: the spread is not known."
    )
    p: float | None = Field(default=None, description="Two-sided; allowing for earlier looks.")
    p_adjusted: float | None = Field(
        default=None,
        description="Holm over the primary metrics of all pairs that are compared together; null "
        "for the others.",
    )
    test: Test | None = None
    wins: int | None = Field(default=None, description="Articles on which B is better.")
    ties: int | None = None
    losses: int | None = None
    flips: tuple[Flip, ...] = Field(default=(), description="Losses first, the largest first.")
    detectable: float | None = Field(
        default=None,
        description="Least true difference that so many articles find 4 times of 5, after "
        "adjustment if primary; null: the spread is not known, or the stories are too few.",
    )
    repeats: Repeats | None = Field(
        default=None, description="Null: not repeated in both, no mean over articles, or the same."
    )
    worst: float | None = Field(
        default=None, description="The difference if every missing digest of B were worthless."
    )
    best: float | None = Field(
        default=None, description="The difference if every missing digest of A were worthless."
    )
    margin: float | None = Field(default=None, description="Of the gate, where there is one.")
    outcome: MarginOutcome | None = Field(default=None, description="Against the margin.")
    n_needed: int | None = Field(default=None, description="Articles that would settle it.")
    conclusion: Conclusion = Field(
        description="Whether B is better at the 5 % level, after adjustment if primary; same: "
        "nothing differs on any article, of two stories or more."
    )

    @property
    def gain(self) -> float:
        """B - A, or A - B where less is better; 0 where it is not known."""
        return (-1 if self.direction == "lower" else 1) * (self.difference or 0.0)

    @property
    def verdict(self) -> Conclusion | Literal[""]:
        """The conclusion; nothing of a metric that only describes, or that has no value."""
        return "" if self.direction == "none" or self.difference is None else self.conclusion

    @property
    def is_lopsided(self) -> bool:
        """Whether so many articles are scored in A or B alone that these could decide."""
        return self.n < COMPLETE * (self.n + self.one_sided)

    @property
    def turned(self) -> tuple[list[Flip], list[Flip]]:
        """The articles on which B is better, and those on which it is worse."""
        better = [flip for flip in self.flips if (flip.b > flip.a) != (self.direction == "lower")]
        return better, [flip for flip in self.flips if flip not in better]


class Decision(Value):
    """Whether to ship B, by the rule of ``decide``."""

    outcome: Literal["ship", "do-not-ship", "unclear", "incomplete"]
    sentence: str = Field(description="What to do, and why, for people.")
    reasons: tuple[str, ...] = Field(default=(), description="The figures behind it.")
    more_articles: int | None = Field(
        default=None,
        description="Of unclear: further articles that would tell 4 times of 5, if what is seen "
        "is what is true; null: nobody knows, or more than a million.",
    )

    @property
    def exit_code(self) -> int:
        """0 ship, 10 do not ship, 11 unclear, 12 incomplete."""
        return {"ship": 0, "do-not-ship": 10, "unclear": 11, "incomplete": 12}[self.outcome]


class SliceCompared(Value):
    """One primary metric on the articles of one slice: where to look, not what is so."""

    slice: str
    metric: str
    n: int
    difference: float
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None = Field(description="Benjamini-Hochberg over all slices.")


class Comparison(Value):
    """Two variants compared: A is what was, B what is new."""

    format: Literal[1] = 1
    a: str
    b: str
    articles: int = Field(description="That both have, with the same text and gold.")
    changed: tuple[str, ...] = Field(description="Articles whose text or gold differ: left out.")
    absent: tuple[str, ...] = Field(description="Articles that only one of both has.")
    made_a: float = Field(description="Share of A's digests that are there, 0 to 1.")
    made_b: float
    complete: bool = Field(description="Whether both shares are at least 98 %.")
    decision: Decision = Field(description="Whether to ship B.")
    metrics: tuple[Compared, ...]
    slices: tuple[SliceCompared, ...] = ()
    notes: tuple[str, ...] = Field(default=(), description="What a reader should know.")


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
    deciding = [row for row in found.metrics if row.primary or row.margin is not None]
    if lopsided := [row for row in deciding if row.is_lopsided]:
        return Decision(
            outcome="incomplete",
            sentence="Too little is there to decide: what only one of A and B is scored on could "
            f"turn {_names(lopsided)}.",
            reasons=tuple(map(unscored_reason, lopsided)),
        )
    better = [row for row in primary if row.conclusion == "better"]
    others = [row for row in deciding if row not in better]
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
    more = _needed(better, doubtful, primary, articles=found.articles, level=ALPHA / max(1, tests))
    return _open(better, doubtful, primary, more)


def margin_outcome(rows: Iterable[str | None]) -> MarginOutcome:
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
    return high is not None and high < (row.margin or _SAME)


def _needed(
    better: Sequence[Compared], doubtful: Sequence[Compared], primary: Sequence[Compared],
    *, articles: int, level: float,
) -> int | None:  # fmt: skip
    """Further articles that would settle it 4 times of 5, if what is seen is what is true."""

    def more(row: Compared, distance: float, *, level: float = ALPHA) -> int | None:
        if least_p(row.clusters) > level:
            return None  # so few stories do not tell the spread
        needed = articles_needed(abs(distance), row.standard_error, n=row.n, alpha=level)
        # Only n of the articles are scored, and of further ones as large a part.
        return needed and math.ceil((needed - row.n) * articles / row.n)

    losing = [row for row in doubtful if row.gain < -(row.margin or 0.0)]
    if losing:
        return _least(more(row, row.gain + (row.margin or 0.0)) for row in losing)
    counts = [more(row, row.gain + (row.margin or 0.0)) for row in doubtful]
    if not better:
        gaining = [row for row in primary if row.gain > _SAME]
        counts.append(_least(more(row, row.gain, level=level) for row in gaining))
    known = [count for count in counts if count is not None]
    return max(known) if len(known) == len(counts) and known else None


def _least(counts: Iterable[int | None]) -> int | None:
    return min((count for count in counts if count is not None), default=None)


def told(more: int | None) -> str:
    """How many more articles would tell, for people."""
    if not more:
        return "Not decided"
    return f"About {more:,} more article{'s' if more > 1 else ''} would tell"


def _open(
    better: Sequence[Compared], doubtful: Sequence[Compared], primary: Sequence[Compared],
    more: int | None,
) -> Decision:  # fmt: skip
    if better:
        why = f"B is better on {_names(better)}, but {_names(doubtful)} may have lost too much."
    elif same := _same(primary):
        why = f"{same}, and the articles are too few to tell."
    else:
        why = "B is shown better on no primary metric, and it may yet be."
    return Decision(
        outcome="unclear",
        sentence=f"{told(more)}: {why}",
        reasons=tuple(_loss(row) for row in doubtful if row.difference is not None),
        more_articles=more,
    )


def _ship(better: Sequence[Compared], others: Sequence[Compared]) -> str:
    rest = f", and inside the margin on {_names(others)}" if others else ""
    return f"Ship B: it is better on {_names(better)}{rest}."


def _pointless(primary: Sequence[Compared]) -> str:
    if same := _same(primary):
        return f"Do not ship B: {same}."
    return (
        f"Do not ship B: no gain as large as the margin is possible on {_names(primary)}, "
        "as far as their intervals reach."
    )


def _same(primary: Sequence[Compared]) -> str | None:
    """What to say where no primary metric differs at all; None where one does."""
    if not primary or any(row.conclusion != "same" for row in primary):
        return None
    return f"{_names(primary)} {'is' if len(primary) == 1 else 'are'} the same on every article"


def unscored_reason(row: Compared) -> str:
    """Why a metric decides nothing though digests are there, for people."""
    alone = f"{row.one_sided:,} in only one of both"
    return f"{row.metric}: {row.n:,} articles are scored in both, {alone}"


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
