"""``Comparison``: what comparing two variants says, as data; ``compare`` makes it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from summarizer.digest import Value
from summarizer.evaluation.run.manifest import Stored
from summarizer.evaluation.stats.power import MarginOutcome

Test = Literal["sign-flip", "mcnemar", "randomization"]
Conclusion = Literal["better", "worse", "unclear", "same"]


class Flip(Stored):
    """An article on which the two variants differ."""

    sample: str
    a: float
    b: float


class Repeats(Value):
    """What the epochs say of the spread of B - A: Var = (between + within / epochs) / articles."""

    between: float = Field(description="Variance of B - A between articles.")
    within: float = Field(description="Variance of B - A between the epochs of an article.")
    epochs: float = Field(description="Of each article (harmonic mean).")
    advice: Literal["raise_epochs", "add_articles"] = Field(
        description="What would narrow the interval: raise_epochs while within / epochs > between."
    )
    advised: int | None = Field(
        description="Epochs from which on more hardly help; null: these articles do not differ "
        "beyond chance, so each doubling halves the variance."
    )


class Compared(Value):
    """One metric of two variants, on the articles that it scores in both.

    ``difference`` is B - A, so A is what was, and B what is new.
    """

    metric: str
    direction: Literal["higher", "lower", "none"]
    primary: bool
    n: int = Field(description="Articles that are scored in both.")
    clusters: int = Field(description="Independent stories.")
    a: float | None
    b: float | None
    difference: float | None = Field(
        description="B - A; null: no article is scored in both, or these give no value."
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
    def turned(self) -> tuple[list[Flip], list[Flip]]:
        """The articles on which B is better, and those on which it is worse."""
        better = [flip for flip in self.flips if (flip.b > flip.a) != (self.direction == "lower")]
        return better, [flip for flip in self.flips if flip not in better]


class Decision(Value):
    """Whether to ship B, by the rule of ``compare.decision``."""

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
