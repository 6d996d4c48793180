"""The judge: a language model that checks claims and key facts, and compares summaries.

An option: every other metric works offline. What is done about a judge's known faults:

- it must give a reason and quote the text before its verdict, and code looks the quotation up:
  "supported" without words of the article does not count;
- verdicts are one of a few words for each claim, never a mark from 1 to 5;
- two summaries are compared in both orders, and one wins only if it wins both;
- ``family_warning`` tells where judge and candidate are relatives: models favour their own kind;
- texts are data in the prompts, but a text may still talk the judge round: see attack_success.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar

from pydantic import Field

from summarizer.batch.estimate import Price, price_of
from summarizer.batch.job_folder import read_log
from summarizer.digest import Failure, ModelRef, PromptRef, Usage, Value
from summarizer.errors import ConfigurationError
from summarizer.evaluation.judge.judge_questions import (
    Better,
    JudgeTask,
    PairAnswer,
    Question,
    judged,
    questions_of,
)
from summarizer.evaluation.metrics import Output
from summarizer.evaluation.metrics.scored_output import ClaimVerdict, FactAnswer
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import Key, Stored
from summarizer.llm.messages import ChatRequest
from summarizer.llm.structured import complete_json
from summarizer.prompts import load_prompt
from summarizer.topics.model_topics import repair_text

if TYPE_CHECKING:
    from summarizer.llm.client import ChatClient
    from summarizer.settings import Settings

T = TypeVar("T")
Winner = Literal["a", "b", "tie"]
# Room for the reason, the quotation and the verdict of one claim.
_TOKENS_EACH: Final = 200
_TASKS: Final[tuple[JudgeTask, ...]] = ("judge", "judge-facts", "judge-pair")


class Preference(Value):
    """Which of two summaries is better.

    Attributes:
        winner: a or b where both orders agree; else a tie.
        flipped: whether the verdict followed the place, not the summary.
        reasons: those of (a, b) and of (b, a).
    """

    winner: Winner
    flipped: bool
    reasons: tuple[str, str]


class Judge:
    """A judge; safe to share between threads.

    Args:
        client: the judging model.
        prompts_dir: prompts of the user's own, of the tasks ``judge``, ``judge-facts`` and
            ``judge-pair``.
        price: of a model whose price is not known, such as that of a gateway.
    """

    def __init__(
        self, client: ChatClient, *, prompts_dir: Path | None = None, price: Price | None = None
    ) -> None:
        self.client = client
        self.price = price_of(client, own=price)
        self._prompts = {task: load_prompt(task, folder=prompts_dir) for task in _TASKS}
        self._repair = load_prompt("repair", folder=prompts_dir)

    def prompt(self, task: JudgeTask) -> PromptRef:
        """The prompt that questions of a task are put with."""
        return self._prompts[task].ref

    def request(self, question: Question[T], *, vote: int = 0) -> ChatRequest:
        """What is sent first; a malformed answer gets a repair turn.

        Args:
            question: what is asked.
            vote: number of the sample, where several are wanted.
        """
        prompt = self._prompts[question.task]
        return ChatRequest(
            messages=prompt.render(**question.variables),
            json_schema=question.schema,
            max_tokens=_TOKENS_EACH * (question.parts + 1),
            # One answer is the most likely one; further votes must be able to differ.
            temperature=prompt.parameters.temperature if vote == 0 else 1.0,
        )

    def ask(self, question: Question[T], *, vote: int = 0) -> T:
        """The judge's answer.

        Args:
            question: what is asked.
            vote: number of the sample, where several are wanted.

        Raises:
            EndpointError: the model cannot be asked.
            ModelOutputError: its answer stays malformed: what was asked is then unscored, not
                wrong.
        """
        return complete_json(
            self.client,
            self.request(question, vote=vote),
            parse=question.parse,
            repair=lambda _, violation: repair_text(self._repair, violation),
            epoch=vote,
        ).value

    def panel(self, votes: int) -> Panel:
        """Who judges digests, where each question has so many answers."""
        prompts = (self.prompt("judge"), self.prompt("judge-facts"))
        return Panel(judge=self.client.model, prompts=prompts, votes=votes)

    def prefer(
        self, question: Question[PairAnswer], swapped: Question[PairAnswer], *, vote: int = 0
    ) -> Preference:
        """Which of two summaries is better, asked as (a, b) and as (b, a); see ``ask``."""
        one, other = self.ask(question, vote=vote), self.ask(swapped, vote=vote)
        winners: dict[Better, tuple[Winner, Winner]]
        winners = {"first": ("a", "b"), "second": ("b", "a"), "equal": ("tie", "tie")}
        first, second = winners[one.better][0], winners[other.better][1]
        return Preference(
            winner=first if first == second else "tie",
            flipped="tie" not in (first, second) and first != second,
            reasons=(one.reason, other.reason),
        )


@contextmanager
def open_judge(settings: Settings, *, price: Price | None = None) -> Iterator[Judge]:
    """The judge that settings choose; nothing is sent before the first question.

    Temperature and seeds are the judge's own, whatever the user's settings are.

    Args:
        settings: the user's, with the judge as model.
        price: of a model whose price is not known.

    Raises:
        ConfigurationError: the model is unknown, or a prompt of the user's own is malformed.
    """
    from summarizer.llm import open_client

    with open_client(settings.model_copy(update={"temperature": None, "epoch": 0})) as client:
        yield Judge(client, prompts_dir=settings.prompts_dir, price=price)


_FAMILIES: Final = (
    ("OpenAI", r"gpt|chatgpt|o[134](?![a-z0-9])|davinci"),
    ("Llama", r"llama|vicuna|alpaca"),
    ("Qwen", r"qwen|qwq|qvq"),
    ("Mistral", r"mistral|mixtral|ministral|codestral|magistral|devstral|pixtral"),
    ("Gemini", r"gemini|gemma"),
)


def model_family(name: str) -> str:
    """The family of a model: a known one, or the first letters of its name.

    >>> model_family("gpt-4o-mini"), model_family("Qwen/Qwen2.5-7B"), model_family("smollm2-135m")
    ('OpenAI', 'Qwen', 'smollm')
    """
    plain = name.casefold().rpartition("/")[2]
    for family, pattern in _FAMILIES:
        if re.search(rf"(?<![a-z])(?:{pattern})", plain):
            return family
    found = re.match(r"[^\W\d_]+", plain)
    return found.group() if found else plain


def family_warning(judge: ModelRef, candidate: str) -> str | None:
    """One sentence where a model is judged by a relative, or None.

    Args:
        judge: the judging model.
        candidate: the name of the model that is judged.
    """
    family = model_family(judge.name)
    if family != model_family(candidate):
        return None
    return (
        f"judge {judge.name!r} and candidate {candidate!r} are both of the {family} family: "
        "models favour their own kind, so judge with another one"
    )


class Panel(Value):
    """Who judges, and how: only what equal panels say can be compared.

    Attributes:
        votes: answers to each question, for all variants alike.
    """

    judge: ModelRef
    prompts: tuple[PromptRef, ...]
    votes: int = Field(ge=1)

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


class Judged(Logged):
    """A judge's answer about a digest, or why there is none. Of two with one key the later counts.

    A failure leaves the digest unscored; it is asked again the next time.

    Attributes:
        subject: hash of what was judged: summary, article, facts.
        relatives: whether judge and judged are models of one family.
    """

    sample: str
    variant: str
    epoch: int = Field(ge=0)
    task: JudgeTask
    subject: str
    vote: int = Field(ge=0)
    panel: Panel
    relatives: bool
    answer: tuple[ClaimVerdict, ...] | tuple[FactAnswer, ...] | Failure

    @property
    def key(self) -> JudgeKey:
        """What it is known by."""
        made = Key(self.sample, self.variant, self.epoch)
        return self.panel.key(made, self.task, self.subject, vote=self.vote)


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
        return judged(output, found)


def panel_of(folder: RunFolder, *, judge: str | None = None) -> Panel | None:
    """Whose answers a run is scored by; None where nobody judged it.

    Args:
        folder: the run.
        judge: the model whose answers count; None: the one that answered last.

    Raises:
        ConfigurationError: it did not judge this run.
    """
    panels = [line.panel for line in read_log(folder.judged, Judged)]
    names = list(dict.fromkeys(panel.judge.name for panel in panels))
    if judge is not None and judge not in names:
        raise ConfigurationError(
            f"{judge!r} did not judge the run {str(folder.path)!r}",
            hint=f"judges: {', '.join(names)}" if names else "summarizer eval judge RUN --model M",
        )
    meant = [panel for panel in panels if judge in (None, panel.judge.name)]
    return meant[-1] if meant else None
