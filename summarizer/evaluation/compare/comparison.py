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

from summarizer.digest import Value
from summarizer.evaluation.figures import interval_words, number, p_value
from summarizer.evaluation.run.manifest import Stored
from summarizer.evaluation.stats.interval import least_p
from summarizer.evaluation.stats.power import ALPHA, MarginOutcome, Repeats, articles_needed

# Below this share of digests, or of articles that both are scored on, what is missing can decide.
COMPLETE: Final = 0.98
SAME: Final = 1e-9  # values that differ by less are equal
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

    Attributes:
        n: articles that are scored in both.
        one_sided: articles with a digest of both that only one of both is scored on: left out. Not
            counted of costs, of judges that differ, and where a digest may have nothing of it.
        clusters: independent stories.
        difference: B - A; null: no article is scored in both, or these give no value.
        low: 95 % interval of the difference.
        standard_error: of the difference; null: the spread is not known.
        p: two-sided; allowing for earlier looks.
        p_adjusted: Holm over the primary metrics of all pairs that are compared together; null for
            the others.
        wins: articles on which B is better.
        flips: losses first, the largest first.
        detectable: least true difference that so many articles find 4 times of 5, after adjustment
            if primary; null: the spread is not known, or the stories are too few.
        repeats: null: not repeated in both, no mean over articles, or the same.
        worst: the difference if every missing digest of B were worthless.
        best: the difference if every missing digest of A were worthless.
        margin: of the gate, where there is one.
        outcome: against the margin.
        n_needed: articles that would settle it.
        conclusion: whether B is better at the 5 % level, after adjustment if primary; same: nothing
            differs on any article, of two stories or more.
    """

    metric: str
    direction: Literal["higher", "lower", "none"]
    primary: bool
    n: int
    one_sided: int = 0
    clusters: int = 0
    a: float | None = None
    b: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    test: Test | None = None
    wins: int | None = None
    ties: int | None = None
    losses: int | None = None
    flips: tuple[Flip, ...] = ()
    detectable: float | None = None
    repeats: Repeats | None = None
    worst: float | None = None
    best: float | None = None
    margin: float | None = None
    outcome: MarginOutcome | None = None
    n_needed: int | None = None
    conclusion: Conclusion

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
    """Whether to ship B, by the rule of ``decide``.

    Attributes:
        sentence: what to do, and why, for people.
        reasons: the figures behind it.
        more_articles: of unclear: further articles that would tell 4 times of 5, if what is seen is
            what is true; null: nobody knows, or more than a million.
    """

    outcome: Literal["ship", "do-not-ship", "unclear", "incomplete"]
    sentence: str
    reasons: tuple[str, ...] = ()
    more_articles: int | None = None

    @property
    def exit_code(self) -> int:
        """0 ship, 10 do not ship, 11 unclear, 12 incomplete."""
        return {"ship": 0, "do-not-ship": 10, "unclear": 11, "incomplete": 12}[self.outcome]


class SliceCompared(Value):
    """One primary metric on the articles of one slice: where to look, not what is so.

    Attributes:
        p_adjusted: Benjamini-Hochberg over all slices.
    """

    slice: str
    metric: str
    n: int
    difference: float
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None


class Comparison(Value):
    """Two variants compared: A is what was, B what is new.

    Attributes:
        articles: that both have, with the same text and gold.
        changed: articles whose text or gold differ: left out.
        absent: articles that only one of both has.
        made_a: share of A's digests that are there, 0 to 1.
        complete: whether both shares are at least 98 %.
        decision: whether to ship B.
        notes: what a reader should know.
    """

    format: Literal[1] = 1
    a: str
    b: str
    articles: int
    changed: tuple[str, ...]
    absent: tuple[str, ...]
    made_a: float
    made_b: float
    complete: bool
    decision: Decision
    metrics: tuple[Compared, ...]
    slices: tuple[SliceCompared, ...] = ()
    notes: tuple[str, ...] = ()


def decide(found: Comparison, *, tests: int) -> Decision:
    """What a comparison says of shipping B.

    Args:
        found: the comparison, with adjusted p-values.
        tests: how many p-values were adjusted together.
    """
    deciding = [row for row in found.metrics if row.primary or row.margin is not None]
    lopsided = [row for row in deciding if row.is_lopsided]
    if not found.complete or lopsided:
        why = f"{found.made_a:.1%} of A's and {found.made_b:.1%} of B's results."
        if found.complete:
            why = f"what only one of A and B is scored on could turn {_names(lopsided)}."
        return Decision(
            outcome="incomplete",
            sentence=f"Too little is there to decide: {why}",
            reasons=tuple(map(unscored_reason, lopsided if found.complete else ())),
        )
    primary = [row for row in deciding if row.primary]
    better = [row for row in primary if row.conclusion == "better"]
    others = [row for row in deciding if row not in better]
    harmed = [row for row in others if _margin_outcome(row) == "regress"]
    doubtful = [row for row in others if _margin_outcome(row) == "inconclusive"]
    if harmed:
        sentence = f"Do not ship B: {_names(harmed)} lost more than accepted."
        return Decision(outcome="do-not-ship", sentence=sentence, reasons=_losses(harmed))
    if better and not doubtful:
        rest = f", and inside the margin on {_names(others)}" if others else ""
        return Decision(
            outcome="ship",
            sentence=f"Ship B: it is better on {_names(better)}{rest}.",
            reasons=tuple(
                f"{_change(row)}, adjusted p {p_value(row.p_adjusted)}" for row in better
            ),
        )
    same = _same(primary)
    # Without a margin, no gain at all would be enough.
    if primary and not better and all(_gained(row)[1] < (row.margin or SAME) for row in primary):
        why = same or (
            f"no gain as large as the margin is possible on {_names(primary)}, as far as their "
            "intervals reach"
        )
        return Decision(outcome="do-not-ship", sentence=f"Do not ship B: {why}.")
    level = ALPHA / max(1, tests)
    more = _needed(doubtful, () if better else primary, articles=found.articles, level=level)
    why = "B is shown better on no primary metric, and it may yet be."
    if better:
        why = f"B is better on {_names(better)}, but {_names(doubtful)} may have lost too much."
    elif same:
        why = f"{same}, and the articles are too few to tell."
    reasons = _losses(row for row in doubtful if row.difference is not None)
    sentence = f"{told(more)}: {why}"
    return Decision(outcome="unclear", sentence=sentence, reasons=reasons, more_articles=more)


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
    least, most = _gained(row)
    if least >= -SAME:
        return "pass"
    return "regress" if most < -SAME else "inconclusive"


def _gained(row: Compared) -> tuple[float, float]:
    """The least and the most that B may have gained."""
    low = -math.inf if row.low is None else row.low
    high = math.inf if row.high is None else row.high
    return (-high, -low) if row.direction == "lower" else (low, high)


def _needed(
    doubtful: Sequence[Compared], primary: Sequence[Compared], *, articles: int, level: float
) -> int | None:
    """Further articles that would settle it 4 times of 5, if what is seen is what is true.

    Args:
        doubtful: the metrics that may have lost too much.
        primary: those of which one must still gain; empty: one has.
        articles: that there are.
        level: of a gain's p-value.
    """

    def more(row: Compared, distance: float, level: float = ALPHA) -> int | None:
        if least_p(row.clusters) > level:
            return None  # so few stories do not tell the spread
        needed = articles_needed(abs(distance), row.standard_error, n=row.n, alpha=level)
        # Only n of the articles are scored, and of further ones as large a part.
        return needed and math.ceil((needed - row.n) * articles / row.n)

    kept = [(row, row.gain + (row.margin or 0.0)) for row in doubtful]
    if any(distance < 0 for _, distance in kept):
        return _least(more(row, distance) for row, distance in kept if distance < 0)
    counts = [more(row, distance) for row, distance in kept]
    if primary:
        counts.append(_least(more(row, row.gain, level) for row in primary if row.gain > SAME))
    known = [count for count in counts if count is not None]
    return max(known) if len(known) == len(counts) and known else None


def _least(counts: Iterable[int | None]) -> int | None:
    return min((count for count in counts if count is not None), default=None)


def told(more: int | None) -> str:
    """How many more articles would tell, for people."""
    if not more:
        return "Not decided"
    return f"About {more:,} more article{'s' if more > 1 else ''} would tell"


def _same(primary: Sequence[Compared]) -> str | None:
    """What to say where no primary metric differs at all; None where one does."""
    if not primary or any(row.conclusion != "same" for row in primary):
        return None
    return f"{_names(primary)} {'is' if len(primary) == 1 else 'are'} the same on every article"


def unscored_reason(row: Compared) -> str:
    """Why a metric decides nothing though digests are there, for people."""
    alone = f"{row.one_sided:,} in only one of both"
    return f"{row.metric}: {row.n:,} articles are scored in both, {alone}"


def _losses(rows: Iterable[Compared]) -> tuple[str, ...]:
    return tuple(
        f"{_change(row)}, "
        f"{'no loss is accepted' if row.margin is None else f'margin {row.margin:g}'}"
        for row in rows
    )


def _change(row: Compared) -> str:
    difference = number(row.difference or 0.0, "+")
    return f"{row.metric}: {difference} ({interval_words(row.low, row.high, '+')})"


def _names(rows: Sequence[Compared]) -> str:
    names = [row.metric for row in rows]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
