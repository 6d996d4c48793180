"""What a judge's answers are kept as, looked up for scoring, and summed up as preferences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field

from summarizer.batch.job_folder import read_log
from summarizer.digest import Failure, ModelRef, PromptRef, Usage, Value
from summarizer.errors import ConfigurationError
from summarizer.evaluation.judge.judge import Preference, Winner
from summarizer.evaluation.judge.judge_questions import JudgeTask, questions_of
from summarizer.evaluation.metrics import Output
from summarizer.evaluation.metrics.scored_output import ClaimVerdict, FactAnswer, Judging
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import Key, Stored
from summarizer.evaluation.stats.significance import sign_test, wilson_interval


class Panel(Value):
    """Who judges, and how: only what equal panels say can be compared."""

    judge: ModelRef
    prompts: tuple[PromptRef, ...]
    votes: int = Field(ge=1, description="Answers to each question, for all variants alike.")

    def prompt(self, task: JudgeTask) -> PromptRef:
        """The prompt of a task."""
        return next(ref for ref in self.prompts if ref.name == task)

    def key(self, made: Key, task: JudgeTask, subject: str, *, vote: int) -> JudgeKey:
        """What one answer is known by."""
        return JudgeKey(made, task, subject, self.judge, self.prompt(task), vote)

    def __str__(self) -> str:
        """Such as "gpt-4.1 (judge@v1, judge-facts@v1, 3 votes)"."""
        versions = ", ".join(f"{ref.name}@v{ref.version}" for ref in self.prompts)
        votes = f", {self.votes} votes" if self.votes > 1 else ""
        return f"{self.judge.name} ({versions}{votes})"


class JudgeKey(NamedTuple):
    """What an answer is known by; one about another summary is another answer."""

    made: Key
    task: JudgeTask
    subject: str
    judge: ModelRef
    prompt: PromptRef
    vote: int


class Logged(Stored):
    """A judge's answer in a log of a run, or why there is none."""

    answer: Any
    usage: Usage = Usage()

    @property
    def key(self) -> Any:
        """What it is known by."""
        raise NotImplementedError

    @property
    def cost_usd(self) -> float | None:
        """US dollars, where they are known."""
        return self.usage.cost_usd


class Judged(Logged):
    """A judge's answer about a digest, or why there is none. Of two with one key the later counts.

    A failure leaves the digest unscored; it is asked again the next time.
    """

    sample: str
    variant: str
    epoch: int = Field(ge=0)
    task: JudgeTask
    subject: str = Field(description="Hash of what was judged: summary, article, facts.")
    vote: int = Field(ge=0)
    panel: Panel
    relatives: bool = Field(description="Whether judge and judged are models of one family.")
    answer: tuple[ClaimVerdict, ...] | tuple[FactAnswer, ...] | Failure

    @property
    def key(self) -> JudgeKey:
        """What it is known by."""
        made = Key(self.sample, self.variant, self.epoch)
        return self.panel.key(made, self.task, self.subject, vote=self.vote)


class PairKey(NamedTuple):
    """What a preference is known by."""

    subject: str
    judge: ModelRef
    prompt: PromptRef
    vote: int


class Preferred(Logged):
    """Which of two digests of an article a judge prefers, or why that is not known."""

    sample: str
    a: str = Field(description="The variant of A, with its run where that is another one.")
    b: str
    epoch: int = Field(ge=0)
    subject: str = Field(description="Hash of what was judged: both summaries and the article.")
    vote: int = Field(ge=0)
    judge: ModelRef
    prompt: PromptRef
    answer: Preference | Failure

    @property
    def key(self) -> PairKey:
        """What it is known by."""
        return PairKey(self.subject, self.judge, self.prompt, self.vote)


class Verdicts:
    """The answers of one panel.

    Args:
        lines: of judge.jsonl, in order.
        panel: whose answers count; those of other judges, prompts and votes do not.
    """

    def __init__(self, lines: Iterable[Judged], panel: Panel) -> None:
        self.panel = panel
        self._answers = {
            line.key: line.answer for line in lines if not isinstance(line.answer, Failure)
        }

    def judged(self, output: Output, made: Key) -> Output:
        """The output with what the panel says of its digest.

        A question counts with all its votes or not at all, so that all digests have as many.
        """
        found = {}
        for task, question in questions_of(output).items():
            votes = [
                self._answers.get(self.panel.key(made, task, question.subject, vote=vote))
                for vote in range(self.panel.votes)
            ]
            found[task] = () if None in votes else tuple(votes)
        judging = Judging(claims=found.get("judge", ()), facts=found.get("judge-facts", ()))
        return output.judged(judging)


def load_verdicts(folder: RunFolder, *, judge: str | None = None) -> Verdicts | None:
    """The answers that a run is scored by; None where nobody judged it.

    Args:
        folder: the run.
        judge: the model whose answers count; None: the one that answered last.

    Raises:
        ConfigurationError: it did not judge this run.
    """
    lines = list(read_log(folder.judged, Judged))
    names = list(dict.fromkeys(line.panel.judge.name for line in lines))
    if judge is not None and judge not in names:
        raise ConfigurationError(
            f"{judge!r} did not judge the run {str(folder.path)!r}",
            hint=f"judges: {', '.join(names)}" if names else "summarizer eval judge RUN --model M",
        )
    panels = [line.panel for line in lines if judge in (None, line.panel.judge.name)]
    return Verdicts(lines, panels[-1]) if panels else None


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
    articles: int = Field(description="That have a summary of both variants.")
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
    the variant that more of its articles prefer: they are about one event, no independent proof.

    Args:
        pairs: the articles that have a summary of both variants.
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
