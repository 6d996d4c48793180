"""Asking a judge what it has not said yet: in parallel, each answer on the disk at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Protocol, TypeVar

from summarizer.batch.estimate import price_of
from summarizer.batch.job_folder import read_log
from summarizer.batch.pool import (
    Budget,
    BudgetedPool,
    Paid,
    Report,
    RunProgress,
    Stopped,
    Worked,
)
from summarizer.digest import Failure, Usage
from summarizer.errors import SummarizerError
from summarizer.evaluation.judge.judge import Judge, Judgement
from summarizer.evaluation.judge.judge_questions import Question
from summarizer.evaluation.judge.verdicts import Logged
from summarizer.evaluation.run.folder import RunFolder
from summarizer.llm.tokens import count_here
from summarizer.worker_pool import failure

if TYPE_CHECKING:
    from summarizer.batch.estimate import Price
    from summarizer.settings import Settings

# What a verdict with its reason and its quotation mostly takes.
_TOKENS_ANSWERED: Final = 80


class Answered(Paid, Protocol):
    """A line of a judge's log."""

    @property
    def answer(self) -> Any:
        """What the judge says, or a Failure."""


Line = TypeVar("Line", bound=Answered)
Kept = TypeVar("Kept", bound=Logged)


class JudgeNeeds(NamedTuple):
    """What questions need; ``cost_usd`` is None where no price is known."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None


class Inquiry(NamedTuple, Generic[Line]):
    """Something that a judge is to be asked, and the line that its answer becomes.

    Attributes:
        variant: whose digest it is about.
        questions: what is sent, without repair turns.
        ask: asks.
        line: the line of an answer, or of the failure to get one.
    """

    variant: str
    questions: tuple[Question[Any], ...]
    ask: Callable[[], Judgement[Any]]
    line: Callable[[Any, Usage], Line]


@contextmanager
def open_judge(settings: Settings) -> Iterator[Judge]:
    """The judge that settings choose; nothing is sent before the first question.

    Temperature and seeds are the judge's own, whatever the user's settings are.

    Args:
        settings: the user's, with the judge as model.

    Raises:
        ConfigurationError: the model is unknown, or a prompt of the user's own is malformed.
    """
    from summarizer.llm import open_client

    own = settings.model_copy(update={"temperature": None, "epoch": 0})
    with open_client(own) as client:
        yield Judge(client, prompts_dir=settings.prompts_dir)


def estimate(judge: Judge, inquiries: Sequence[Inquiry[Any]]) -> JudgeNeeds:
    """What the inquiries need; repair turns come on top. Sends no question."""
    price = price_of(judge.client)
    found = [
        _needs(judge, question, price=price)
        for inquiry in inquiries
        for question in inquiry.questions
    ]
    costs = [needs.cost_usd for needs in found if needs.cost_usd is not None]
    return JudgeNeeds(
        requests=len(found),
        prompt_tokens=sum(needs.prompt_tokens for needs in found),
        completion_tokens=sum(needs.completion_tokens for needs in found),
        cost_usd=sum(costs) if len(costs) == len(found) else None,
    )


def ask_all(
    judge: Judge,
    inquiries: Sequence[Inquiry[Line]],
    keep: Callable[[Line], object],
    *,
    jobs: int,
    done: int = 0,
    spent: Iterable[Line] = (),
    max_cost: float | None = None,
    progress: Callable[[RunProgress], None],
) -> Report:
    """Ask, and write down, what is missing.

    Ctrl-C, a crash or an error loses at most what is under way; the next time goes on.

    Args:
        judge: who is asked.
        inquiries: what is missing.
        keep: puts an answer where it is safe.
        jobs: questions at a time.
        done: how many answers are there already.
        spent: lines that were paid before.
        max_cost: US dollars, together with what was spent; None: no limit.
        progress: called after every answer.

    Raises:
        ConfigurationError: no price is known for a limit on costs.
        EndpointError: the endpoint is down, or refuses everything.
    """
    budget = Budget(max_cost, spent=(line.cost_usd for line in spent))
    if budget.is_limited and inquiries:
        budget.expect(judge.client.model, _dearest(judge, inquiries))
    made, failed, total = done, 0, done + len(inquiries)

    def work(inquiry: Inquiry[Line]) -> Worked[Line]:
        try:
            found = inquiry.ask()
        except SummarizerError as error:
            return inquiry.line(failure(error, source=inquiry.variant), Usage()), error
        return inquiry.line(found.value, found.usage), None

    for line in BudgetedPool(budget).results(inquiries, work, jobs=_workers(judge, jobs)):
        keep(line)
        failed += isinstance(line.answer, Failure)
        made += not isinstance(line.answer, Failure)
        progress(RunProgress(made + failed, total, failed, judge.client.model.name, budget.spent))
    stopped: Stopped | None = "max-cost" if made + failed < total else None
    return Report(total, made, failed, budget.spent, stopped)


class Asking(ABC, Generic[Kept]):
    """Questions to a judge whose answers are kept in a log of a run.

    Args:
        folder: the run.
        log: the file of the answers in it.
        line: of the log.
        judge: who is asked.
    """

    def __init__(self, folder: RunFolder, log: Path, line: type[Kept], judge: Judge) -> None:
        self._folder = folder
        self._path = log
        self._kept = line
        self._judge = judge

    @property
    @abstractmethod
    def _items(self) -> Sequence[tuple[Any, ...]]:
        """All that is asked, answered or not; each begins with the key of its answer."""

    @abstractmethod
    def _inquiry(self, item: Any) -> Inquiry[Kept]:
        """One of the items, to be asked."""

    @cached_property
    def missing(self) -> list[Inquiry[Kept]]:
        """What is still to be asked, in order."""
        return [self._inquiry(item) for item in self._items if item[0] not in self._there]

    @cached_property
    def _asked_before(self) -> list[Kept]:
        """The lines of the log, failures included."""
        return list(read_log(self._path, self._kept))

    @cached_property
    def _there(self) -> dict[Any, Kept]:
        """The answers."""
        return {
            line.key: line for line in self._asked_before if not isinstance(line.answer, Failure)
        }

    def run(
        self,
        *,
        jobs: int = 1,
        max_cost: float | None = None,
        progress: Callable[[RunProgress], None] = lambda _: None,
    ) -> Report:
        """Ask what is missing; see ``ask_all``.

        Raises:
            ConfigurationError: another process is at it, or no price is known for a limit.
            EndpointError: the endpoint is down, or refuses everything.
        """
        missing = self.missing
        with self._folder.judging(self._path, self._kept) as log:
            report = ask_all(
                self._judge,
                missing,
                log.append,
                done=len(self._items) - len(missing),
                spent=self._asked_before,
                jobs=jobs,
                max_cost=max_cost,
                progress=progress,
            )
        for name in ("_asked_before", "_there", "missing"):
            self.__dict__.pop(name, None)
        return report


def _workers(judge: Judge, jobs: int) -> int:
    """Questions at a time: the embedded engine has its slots, an endpoint gets what is asked."""
    slots = judge.client.slots
    return jobs if slots is None else min(jobs, slots)


def _dearest(judge: Judge, inquiries: Sequence[Inquiry[Line]]) -> float | None:
    """US dollars for the dearest inquiry, roughly; None where no price is known."""
    costs = [estimate(judge, [inquiry]).cost_usd for inquiry in inquiries]
    known = [cost for cost in costs if cost is not None]
    return max(known) if len(known) == len(costs) else None


def _needs(judge: Judge, question: Question[Any], *, price: Price | None) -> JudgeNeeds:
    messages, model = judge.request(question).messages, judge.client.model
    sent = count_here(messages, model=model.name if model.provider == "openai" else None)
    answered = _TOKENS_ANSWERED * question.parts
    cost = (sent * price.prompt + answered * price.completion) / 1e6 if price else None
    return JudgeNeeds(1, sent, answered, 0.0 if model.provider == "embedded" else cost)
