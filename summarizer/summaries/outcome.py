"""What is wanted of one article, and what was found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from summarizer.context import NO_CONTEXT, Context
from summarizer.digest import Check, PromptRef, Summary, TopicLabel, Usage
from summarizer.errors import EndpointError, ModelOutputError
from summarizer.progress import step
from summarizer.screening.reading import Reading
from summarizer.summaries.checked_draft import without_doubtful
from summarizer.summaries.request import SummaryRequest

if TYPE_CHECKING:
    from summarizer.verification.support import SupportCheck

OnText = Callable[[str], None]


class Task(NamedTuple):
    """What is wanted of one article.

    Attributes:
        topics: whether topics are wanted.
        summary: the summary that is wanted, or None.
        context: what a corpus of earlier articles adds.
        on_text: called with the summary's text as the model writes it.
    """

    topics: bool
    summary: SummaryRequest | None
    context: Context = NO_CONTEXT
    on_text: OnText | None = None


class Outcome(NamedTuple):
    """What an engine found."""

    topics: tuple[TopicLabel, ...] | None
    summary: Summary | None
    checks: tuple[Check, ...] = ()
    prompts: tuple[PromptRef, ...] = ()
    usage: Usage = Usage()


def looked_again(
    outcome: Outcome, support: SupportCheck, *, reading: Reading, request: SummaryRequest
) -> Outcome:
    """The outcome with the support of each sentence; without where the model fails.

    What a calibrated model doubts in a written summary gives way to sentences of the article.
    """
    if outcome.summary is None:
        return outcome
    step("taking a second look at the sentences")
    try:
        sentences, checks, usage = support.look(outcome.summary.sentences)
    except (EndpointError, ModelOutputError) as error:
        failed = missing("second look at the summary", error)
        return outcome._replace(checks=(*outcome.checks, failed))
    summary = outcome.summary.model_copy(update={"sentences": sentences})
    checks = (*outcome.checks, *checks)
    if support.is_calibrated and outcome.prompts:
        summary, checks = without_doubtful(summary, checks, reading=reading, request=request)
    return outcome._replace(
        summary=summary,
        checks=checks,
        prompts=(*outcome.prompts, support.prompt),
        usage=outcome.usage + usage,
    )


def missing(part: str, reason: object) -> Check:
    """The check that tells a reader which half of a digest is not there, and why."""
    message = f"the {part} could not be made: {reason}"
    return Check(kind="missing", status="flagged", message=message, text=part)
