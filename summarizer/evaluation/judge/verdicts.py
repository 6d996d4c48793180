"""What a judge's answers are kept as, and looked up for scoring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import Field

from summarizer.batch.job_folder import read_log
from summarizer.digest import Failure, ModelRef, PromptRef, Usage, Value
from summarizer.errors import ConfigurationError
from summarizer.evaluation.judge.judge import Preference
from summarizer.evaluation.judge.judge_questions import JudgeTask, questions_of
from summarizer.evaluation.metrics import Output
from summarizer.evaluation.metrics.judged import ClaimVerdict, FactAnswer, Judging
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import Key, Stored


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


class Judged(Stored):
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
    usage: Usage = Usage()

    @property
    def key(self) -> JudgeKey:
        """What it is known by."""
        made = Key(self.sample, self.variant, self.epoch)
        return self.panel.key(made, self.task, self.subject, vote=self.vote)

    @property
    def cost_usd(self) -> float | None:
        """US dollars, where they are known."""
        return self.usage.cost_usd


class PairKey(NamedTuple):
    """What a preference is known by."""

    subject: str
    judge: ModelRef
    prompt: PromptRef
    vote: int


class Preferred(Stored):
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
    usage: Usage = Usage()

    @property
    def key(self) -> PairKey:
        """What it is known by."""
        return PairKey(self.subject, self.judge, self.prompt, self.vote)

    @property
    def cost_usd(self) -> float | None:
        """US dollars, where they are known."""
        return self.usage.cost_usd


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
