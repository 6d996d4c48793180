"""``PreferenceReport``: what a judge's preferences come to, with what may have swayed them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from pydantic import Field

from summarizer.digest import ModelRef, PromptRef, Value
from summarizer.evaluation.judge.judge import Preference, Winner
from summarizer.evaluation.run.manifest import Stored
from summarizer.evaluation.stats import sign_test, wilson_interval


class PairedSummaries(NamedTuple):
    """The summaries of one article by A and B, and which is preferred.

    Attributes:
        sample: the article.
        story: shared by articles on one event.
        summaries: (A's, B's) of each epoch.
        preferences: the judge's, of each epoch and vote; none of equal summaries.
        complete: whether all that was to be asked is answered.
    """

    sample: str
    story: str | None
    summaries: tuple[tuple[str, str], ...]
    preferences: tuple[Preference, ...]
    complete: bool

    @property
    def lead(self) -> int:
        """Preferences for B less those for A."""
        return sum({"a": -1, "b": 1, "tie": 0}[found.winner] for found in self.preferences)

    @property
    def longer(self) -> float:
        """Words that B has more than A, on average over the epochs."""
        differences = [len(b.split()) - len(a.split()) for a, b in self.summaries]
        return sum(differences) / len(differences)


class PreferredArticle(Stored):
    """Which summary of an article is preferred; over epochs and votes, the more often."""

    sample: str
    winner: Winner
    longer: float = Field(description="Words that B's summary has more than A's.")
    reasons: tuple[tuple[str, str], ...] = Field(description="Of each answer: of both orders.")


class PreferenceReport(Value):
    """A judge's preferences between A, what was, and B, what is new."""

    format: Literal[1] = 1
    a: str
    b: str
    judge: ModelRef
    prompt: PromptRef
    votes: int
    articles: int = Field(description="That have a summary on both sides.")
    unscored: int = Field(description="Of these, articles that the judge gave no answer on.")
    equal: int = Field(description="Articles whose summaries are the same: ties, not asked.")
    wins: int = Field(description="Articles on which B's is preferred, in both orders.")
    ties: int
    losses: int
    story_wins: int = Field(description="Stories that prefer B; articles of one story are one.")
    story_losses: int
    share: float | None = Field(description="Stories that prefer B, of those that prefer either.")
    low: float | None = Field(description="95 % interval of the share (Wilson).")
    high: float | None
    p: float = Field(description="Exact two-sided sign test over stories.")
    flip_rate: float | None = Field(
        description="Share of the answers that preferred a place, first or second."
    )
    longer: float | None = Field(description="Words that B's have more than A's, on average.")
    longer_wins: int = Field(description="Of the articles decided, those won by the longer one.")
    longer_losses: int = Field(description="Of the articles decided, won by the shorter one.")
    warnings: tuple[str, ...] = ()
    preferred: tuple[PreferredArticle, ...]


def preference_report(
    pairs: Iterable[PairedSummaries],
    names: Sequence[str],
    *,
    judge: ModelRef,
    prompt: PromptRef,
    votes: int,
    warnings: Sequence[str],
) -> PreferenceReport:
    """Counts preferences.

    An article that lacks an answer is unscored. A story with several articles counts once, for
    the side that more of its articles prefer: they are about one event, and no independent proof.

    Args:
        pairs: the articles that have a summary on both sides.
        names: of A and of B.
        judge: who was asked.
        prompt: how.
        votes: how often, for each pair.
        warnings: what a reader should know.
    """
    found = list(pairs)
    scored = [pair for pair in found if pair.complete]
    signs = {pair.sample: _sign(pair.lead) for pair in scored}
    stories: defaultdict[tuple[str, str], int] = defaultdict(int)
    for pair in scored:
        unit = ("story", pair.story) if pair.story else ("sample", pair.sample)
        stories[unit] += signs[pair.sample]
    story_wins = sum(lead > 0 for lead in stories.values())
    story_losses = sum(lead < 0 for lead in stories.values())
    decided = story_wins + story_losses
    share = wilson_interval(story_wins, decided) if decided else None
    answers = [answer for pair in scored for answer in pair.preferences]
    agreed = [signs[pair.sample] * _sign(pair.longer) for pair in scored]
    return PreferenceReport(
        a=names[0],
        b=names[1],
        judge=judge,
        prompt=prompt,
        votes=votes,
        articles=len(found),
        unscored=len(found) - len(scored),
        equal=sum(not pair.preferences for pair in scored),
        wins=sum(sign > 0 for sign in signs.values()),
        ties=sum(sign == 0 for sign in signs.values()),
        losses=sum(sign < 0 for sign in signs.values()),
        story_wins=story_wins,
        story_losses=story_losses,
        share=share.estimate if share else None,
        low=share.low if share else None,
        high=share.high if share else None,
        p=sign_test(story_wins, story_losses),
        flip_rate=sum(answer.flipped for answer in answers) / len(answers) if answers else None,
        longer=sum(pair.longer for pair in scored) / len(scored) if scored else None,
        longer_wins=sum(sign > 0 for sign in agreed),
        longer_losses=sum(sign < 0 for sign in agreed),
        warnings=tuple(warnings),
        preferred=tuple(
            PreferredArticle(
                sample=pair.sample,
                winner={1: "b", 0: "tie", -1: "a"}[signs[pair.sample]],
                longer=pair.longer,
                reasons=tuple(answer.reasons for answer in pair.preferences),
            )
            for pair in scored
        ),
    )


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
