"""Asking a judge what it has not said yet: in parallel, within limits, each answer kept at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

from summarizer.batch.estimate import Forecast, Price, priced
from summarizer.batch.job_folder import AppendLog, alone, read_log
from summarizer.digest import Failure, Usage
from summarizer.evaluation.judge.judge import Judge, Judged, JudgeKey, Logged, family_warning
from summarizer.evaluation.judge.judge_questions import JudgeTask, Question, questions_of
from summarizer.evaluation.run.folder import Report, RunFolder, RunProgress
from summarizer.evaluation.run.manifest import Key
from summarizer.evaluation.scoring import RunOutputs
from summarizer.evaluation.suite.samples import drawn
from summarizer.llm.messages import count_here
from summarizer.worker_pool import Budget, BudgetedPool, Worked, attempted

_TASKS: Final[tuple[JudgeTask, ...]] = ("judge", "judge-facts")
_TOKENS_ANSWERED: Final = 80  # that a verdict with its reason and its quotation mostly takes

Kept = TypeVar("Kept", bound=Logged)
K = TypeVar("K")


@dataclass(frozen=True, kw_only=True)
class How:
    """How a judge is asked.

    Attributes:
        jobs: questions at a time; the embedded engine has its slots.
        max_cost: US dollars, together with what was paid before; None: no limit.
        max_tokens: sent and generated, likewise.
        progress: called after every answer.
    """

    jobs: int = 1
    max_cost: float | None = None
    max_tokens: int | None = None
    progress: Callable[[RunProgress], None] = lambda _: None


UNLIMITED: Final = How()


class Inquiry(NamedTuple):
    """Something that a judge is to be asked.

    Attributes:
        source: what a failure is known by.
        questions: what is sent, without repair turns.
        ask: asks.
    """

    source: str
    questions: tuple[Question[Any], ...]
    ask: Callable[[], Any]


class Answered(NamedTuple, Generic[K]):
    """What a judge says of the inquiry of a key, or why that is not known."""

    key: K
    answer: Any
    usage: Usage


def estimate(judge: Judge, inquiries: Collection[Inquiry]) -> Forecast:
    """What the answers need; repair turns come on top. Sends no question."""
    model = judge.client.model
    name = model.name if model.provider == "openai" else None
    questions = [question for inquiry in inquiries for question in inquiry.questions]
    sent = sum(count_here(judge.request(one).messages, model=name) for one in questions)
    answered = _TOKENS_ANSWERED * sum(question.parts for question in questions)
    price = Price(prompt=0, completion=0) if model.provider == "embedded" else judge.price
    cost = price.of(sent, answered) if price else None
    return Forecast(len(inquiries), 0, len(questions), sent, answered, cost, None)


def ask_all(
    judge: Judge,
    inquiries: Mapping[K, Inquiry],
    keep: Callable[[Answered[K]], object],
    how: How,
    *,
    done: int = 0,
    spent: Sequence[Usage] = (),
    before: Sequence[Usage] = (),
) -> Report:
    """Ask, and write down, what is missing.

    Args:
        judge: who is asked.
        inquiries: what is missing.
        keep: puts an answer where it is safe.
        how: so many at a time, within these limits.
        done: how many answers are there already.
        spent: what was paid before.
        before: what earlier answers of this judge took; another one may be dearer.

    Raises:
        ConfigurationError: no price is known for a limit on costs.
        EndpointError: the endpoint is down, or refuses everything.
    """
    paid = [priced(usage, judge.price) for usage in spent]
    budget = Budget(how.max_cost, spent=sum(usage.cost_usd or 0.0 for usage in paid))
    tokens = Budget(how.max_tokens, spent=sum(usage.tokens for usage in paid))
    _expect(judge, inquiries.values(), budget, tokens, before=before)
    made, failed, total = done, 0, done + len(inquiries)

    def work(item: tuple[K, Inquiry]) -> Worked[Answered[K]]:
        key, inquiry = item
        answer, usage, error = attempted(inquiry.ask, source=inquiry.source)
        return Answered(key, answer, priced(usage, judge.price)), error

    pool = BudgetedPool(budget, tokens=tokens)
    slots = judge.client.slots
    workers = how.jobs if slots is None else min(how.jobs, slots)
    for found in pool.results(inquiries.items(), work, jobs=workers):
        keep(found)
        failed += isinstance(found.answer, Failure)
        made += not isinstance(found.answer, Failure)
        state = RunProgress(made + failed, total, failed, judge.client.model.name, budget.spent)
        how.progress(state)
    stopped = pool.refused_by if made + failed < total else None
    return Report(total, made, failed, budget.spent, stopped)


def answers_of(
    judge: Judge, inquiries: Mapping[K, Inquiry], how: How, *, spent: Sequence[Usage] = ()
) -> tuple[dict[K, Any], Report]:
    """The answers without the failures; the response cache remembers them. See ``ask_all``."""
    found: list[Answered[K]] = []
    report = ask_all(judge, inquiries, found.append, how, spent=spent)
    return {one.key: one.answer for one in found if not isinstance(one.answer, Failure)}, report


class Asking(ABC, Generic[K, Kept]):
    """Questions to a judge whose answers are kept in a log.

    Args:
        log: the file of the answers.
        line: of the log.
        judge: who is asked.
        models: of what is judged, by variant.
    """

    def __init__(
        self, log: Path, line: type[Kept], judge: Judge, *, models: Mapping[str, str]
    ) -> None:
        self._path = log
        self._kept = line
        self._judge = judge
        own = judge.client.model
        self._relatives = {name: family_warning(own, model) for name, model in models.items()}

    @property
    def warnings(self) -> list[str]:
        """One sentence for each variant whose model is of the judge's family."""
        return list(dict.fromkeys(filter(None, self._relatives.values())))

    @cached_property
    @abstractmethod
    def _inquiries(self) -> dict[K, Inquiry]:
        """All that is asked, answered or not, by the key of its answer."""

    @abstractmethod
    def _line(self, key: K, answer: Any, usage: Usage) -> Kept:
        """The line of an answer, or of the failure to get one."""

    @property
    def missing(self) -> dict[K, Inquiry]:
        """What is still to be asked, in order."""
        there = self._there
        return {key: inquiry for key, inquiry in self._inquiries.items() if key not in there}

    @property
    def spent(self) -> list[Usage]:
        """What the answers in the log took, failures included."""
        return [line.usage for line in self._log]

    @property
    def _there(self) -> dict[K, Kept]:
        """The answers."""
        return {line.key: line for line in self._log if not isinstance(line.answer, Failure)}

    @property
    def _log(self) -> list[Kept]:
        return list(read_log(self._path, self._kept))

    def run(self, how: How = UNLIMITED) -> Report:
        """Ask what is missing; see ``ask_all``.

        Raises:
            ConfigurationError: another process is at it, or no price is known for a limit.
            EndpointError: the endpoint is down, or refuses everything.
        """
        # Digests may be made meanwhile: they have a lock of their own.
        with (
            alone(self._path.with_name(".judge.lock"), hint="wait until it is done"),
            AppendLog[Kept](self._path) as log,
        ):
            missing, model = self.missing, self._judge.client.model
            return ask_all(
                self._judge,
                missing,
                lambda found: log.append(self._line(*found)),
                how,
                done=len(self._inquiries) - len(missing),
                spent=self.spent,
                before=[line.usage for line in self._log if line.key.judge == model],
            )


class JudgeRun(Asking[JudgeKey, Judged]):
    """Has a judge's verdicts on claims and key facts written into a run's judge.jsonl.

    Args:
        folder: the run.
        judge: who is asked.
        variants: whose digests are judged; empty: all.
        votes: answers to each question.
        limit: so many articles, drawn by lot, always the same ones; None: all.
    """

    def __init__(
        self,
        folder: RunFolder,
        judge: Judge,
        *,
        variants: Collection[str] = (),
        votes: int = 1,
        limit: int | None = None,
    ) -> None:
        models = {name: planned.model.name for name, planned in folder.manifest.planned.items()}
        chosen = {name: models[name] for name in models if not variants or name in variants}
        super().__init__(folder.judged, Judged, judge, models=chosen)
        self._folder = folder
        self._limit = limit
        self._panel = judge.panel(votes)

    @cached_property
    def _inquiries(self) -> dict[JudgeKey, Inquiry]:
        """All variants of one article come together.

        So what a limit on costs leaves undone is undone for all of them, and a server reads the
        article once.
        """
        outputs, manifest = RunOutputs(self._folder), self._folder.manifest
        panel, found = self._panel, {}
        for name in drawn(self._folder.samples, limit=self._limit, seed=manifest.suite.seed):
            asked = {}
            for variant, epoch in product(self._relatives, range(manifest.epochs)):
                key = Key(name, variant, epoch)
                if output := outputs.output(key):
                    asked[key] = questions_of(output)
            for task, key in product(_TASKS, asked):
                if question := asked[key].get(task):
                    for vote in range(panel.votes):
                        ask = partial(self._judge.ask, question, vote=vote)
                        inquiry = Inquiry(key.variant, (question,), ask)
                        found[panel.key(key, task, question.subject, vote=vote)] = inquiry
        return found

    def _line(self, key: JudgeKey, answer: Any, usage: Usage) -> Judged:
        return Judged(
            **key.made._asdict(),
            task=key.task,
            subject=key.subject,
            vote=key.vote,
            panel=self._panel,
            relatives=self._relatives[key.made.variant] is not None,
            answer=answer,
            usage=usage,
        )


def _expect(
    judge: Judge,
    inquiries: Collection[Inquiry],
    budget: Budget,
    tokens: Budget,
    *,
    before: Sequence[Usage],
) -> None:
    """Tell the budgets what the dearest inquiry may take, by the text and by those before."""
    if not inquiries or not (budget.is_limited or tokens.is_limited):
        return
    model, needs = judge.client.model, [estimate(judge, [inquiry]) for inquiry in inquiries]
    needed = [one.prompt_tokens + (one.completion_tokens or 0) for one in needs]
    tokens.expect(model, max([*needed, *(usage.tokens for usage in before)]))
    if budget.is_limited:
        costs = [one.cost_usd for one in needs if one.cost_usd is not None]
        paid = [priced(usage, judge.price).cost_usd or 0.0 for usage in before]
        budget.expect(model, max([*costs, *paid]) if costs else None)
