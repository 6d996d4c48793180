"""``JudgeRun``: what a judge is to say of the digests of a run, and what it has said."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property, partial
from typing import Any

from summarizer.digest import Usage
from summarizer.evaluation.judge.asking import Asking, Inquiry
from summarizer.evaluation.judge.judge import Judge, family_warning
from summarizer.evaluation.judge.judge_questions import JudgeTask, Question, questions_of
from summarizer.evaluation.judge.verdicts import Judged, JudgeKey, Panel
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.manifest import Key
from summarizer.evaluation.scoring import RunOutputs
from summarizer.evaluation.suite.samples import drawn


def panel_of(judge: Judge, *, votes: int) -> Panel:
    """The panel that this judge is."""
    prompts = (judge.prompt("judge"), judge.prompt("judge-facts"))
    return Panel(judge=judge.client.model, prompts=prompts, votes=votes)


class JudgeRun(Asking[Judged]):
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
        super().__init__(folder, folder.judged, Judged, judge)
        self._limit = limit
        self._panel = panel_of(judge, votes=votes)
        planned = [
            p for p in folder.manifest.variants if not variants or p.variant.name in variants
        ]
        self._models = {p.variant.name: p.model for p in planned}

    @property
    def warnings(self) -> list[str]:
        """One sentence for each variant whose model is of the judge's family."""
        found = (self._relative(variant) for variant in self._models)
        return list(dict.fromkeys(filter(None, found)))

    @cached_property
    def _items(self) -> list[tuple[JudgeKey, Question[Any]]]:
        return list(self._asked())

    def _asked(self) -> Iterator[tuple[JudgeKey, Question[Any]]]:
        """All that the judge is asked, whether it has answered or not.

        All variants of one article come together, so that what a limit on costs leaves undone is
        undone for all of them, and so that a server reads the article once.
        """
        outputs = RunOutputs(self._folder)
        made = self._folder.generations()
        manifest = self._folder.manifest
        chosen = drawn(self._folder.samples, limit=self._limit, seed=manifest.suite.seed)
        tasks: tuple[JudgeTask, ...] = ("judge", "judge-facts")
        for sample in chosen:
            keys = [
                Key(sample, variant, n) for variant in self._models for n in range(manifest.epochs)
            ]
            found = {
                key: outputs.output(self._folder.samples[sample], made.get(key)) for key in keys
            }
            questions = {key: questions_of(output) for key, output in found.items() if output}
            for task in tasks:
                for key in questions:
                    question = questions[key].get(task)
                    for vote in range(self._panel.votes if question else 0):
                        assert question is not None  # noqa: S101 - for the type checker
                        yield self._panel.key(key, task, question.subject, vote=vote), question

    def _inquiry(self, item: tuple[JudgeKey, Question[Any]]) -> Inquiry[Judged]:
        key, question = item
        return Inquiry(
            variant=key.made.variant,
            questions=(question,),
            ask=partial(self._judge.ask, question, vote=key.vote),
            line=partial(self._line, key),
        )

    def _line(self, key: JudgeKey, answer: Any, usage: Usage) -> Judged:
        sample, variant, epoch = key.made
        return Judged(
            sample=sample,
            variant=variant,
            epoch=epoch,
            task=key.task,
            subject=key.subject,
            vote=key.vote,
            panel=self._panel,
            relatives=self._relative(variant) is not None,
            answer=answer,
            usage=usage,
        )

    def _relative(self, variant: str) -> str | None:
        return family_warning(self._panel.judge, self._models[variant].name)
