"""What is wanted of one article, and what was found."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from summarizer.context import NO_CONTEXT, Context
from summarizer.digest import Check, PromptRef, Summary, TopicLabel, Usage
from summarizer.summaries.request import SummaryRequest

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
