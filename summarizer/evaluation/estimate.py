"""What a run will cost, before anything is spent: requests, tokens, dollars, minutes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from summarizer.articles.article import Article
from summarizer.classification.listed import label_lines
from summarizer.evaluation.cases import Case
from summarizer.evaluation.records import Key, Manifest, PlannedCell
from summarizer.evaluation.statistics import minimum_detectable_effect
from summarizer.evaluation.suite import Suite
from summarizer.llm.tokens import count_here
from summarizer.messages import Message
from summarizer.pipeline.context import NO_CONTEXT
from summarizer.pipeline.model_size import is_small
from summarizer.pipeline.one_call import digest_messages
from summarizer.pipeline.shelf import PromptShelf
from summarizer.summarization.draft import summary_messages
from summarizer.summarization.request import SummaryRequest, target_words
from summarizer.taxonomy import Taxonomy

# The spread of the differences between articles that is assumed where nothing was measured:
# that of per-article F1 and recall between two models is mostly 0.15 to 0.3.
ASSUMED_SPREAD: Final = 0.2
# Seconds per article on 2 cores, with a cold cache; endpoints differ too much for a guess.
_SECONDS: Final = {"extractive": 0.4, "embedded": 8.0}
# Questions that a small model is asked about topics: 2 to 6, by what the similarity shortlists.
_QUESTIONS: Final = 4
_TOKENS_PER_WORD: Final = 1.4
_TOPIC_TOKENS: Final = 30


class Estimate(NamedTuple):
    """What digests need. Repair turns, notes on long articles and context come on top.

    Attributes:
        cost_usd: None where a price is not known; 0 for models on this machine.
        seconds: with one article at a time; None for endpoints.
    """

    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    seconds: float | None

    def plus(self, other: Estimate) -> Estimate:
        """Both; unknown where one is unknown."""
        return Estimate(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            _sum(self.cost_usd, other.cost_usd),
            _sum(self.seconds, other.seconds),
        )


NOTHING: Final = Estimate(0, 0, 0, 0.0, 0.0)


def estimate_digest(
    planned: PlannedCell,
    article: Article,
    *,
    manifest: Manifest,
    taxonomy: Taxonomy,
    prompts_dir: Path | None,
) -> Estimate:
    """What one digest needs.

    Args:
        planned: the cell.
        article: what is digested.
        manifest: the run.
        taxonomy: its labels.
        prompts_dir: prompts of the user's own.
    """
    seconds = _SECONDS.get(planned.model.provider)
    if planned.model.provider == "extractive":
        return NOTHING._replace(seconds=seconds)
    conditions = manifest.suite.settings
    shelf = PromptShelf(prompts_dir, {**manifest.prompts, **planned.cell.prompts})
    request = summary_request(manifest.suite, article)
    listed = not is_small(planned.model)
    if conditions.topic_strategy != "auto":
        listed = conditions.topic_strategy == "list"
    if listed:
        prompt = shelf["digest"]
        messages = digest_messages(
            prompt,
            article,
            request=request,
            labels=label_lines(taxonomy, taxonomy.roots),
            max_topics=conditions.max_topics,
            context=NO_CONTEXT.variables(prompt),
        )
        requests, sent, answered = 1, _tokens(messages, planned), _TOPIC_TOKENS
    else:
        prompt = shelf["summarize"]
        messages = summary_messages(
            prompt, article, request=request, context=NO_CONTEXT.variables(prompt)
        )
        requests, answered = 1 + _QUESTIONS, _QUESTIONS
        sent = requests * _tokens(messages, planned)
    answered += math.ceil(request.words * _TOKENS_PER_WORD)
    return Estimate(requests, sent, answered, _cost(planned, sent, answered), seconds)


def estimate_cells(
    manifest: Manifest,
    cases: Mapping[str, Case],
    *,
    keys: Iterable[Key],
    taxonomy: Taxonomy,
    prompts_dir: Path | None,
) -> dict[str, tuple[int, Estimate]]:
    """For each cell, how many digests are still to be made, and what they need together.

    Args:
        manifest: the run.
        cases: its articles by id.
        keys: what is to be made.
        taxonomy: its labels.
        prompts_dir: prompts of the user's own.
    """
    cells = {planned.cell.name: planned for planned in manifest.cells}
    found = dict.fromkeys(cells, (0, NOTHING))
    for key in keys:
        digests, total = found[key.cell]
        one = estimate_digest(
            cells[key.cell],
            cases[key.case].article,
            manifest=manifest,
            taxonomy=taxonomy,
            prompts_dir=prompts_dir,
        )
        found[key.cell] = digests + 1, total.plus(one)
    return found


def detectable_effect(cases: Iterable[Case], *, spread: float = ASSUMED_SPREAD) -> float:
    """The least difference of two cells that is found 4 times of 5; infinite for one story.

    Args:
        cases: the articles.
        spread: standard deviation of the differences between articles.
    """
    found = list(cases)
    return minimum_detectable_effect(spread, len(found), clusters=stories(found))


def stories(cases: Iterable[Case]) -> int:
    """How many stories the articles tell; one without a story is one of its own."""
    return len({("story", case.story) if case.story else ("case", case.id) for case in cases})


def summary_request(suite: Suite, article: Article) -> SummaryRequest:
    """The summary that a suite asks for."""
    conditions = suite.settings
    return SummaryRequest(
        words=target_words(conditions.length, style=conditions.style, article_words=article.words),
        style=conditions.style,
        language=conditions.language,
    )


def _tokens(messages: tuple[Message, ...], planned: PlannedCell) -> int:
    model = planned.model.name if planned.model.provider == "openai" else None
    return count_here(messages, model=model)


def _cost(planned: PlannedCell, sent: int, answered: int) -> float | None:
    if planned.model.provider == "embedded":
        return 0.0
    price = planned.price
    return (sent * price.prompt + answered * price.completion) / 1e6 if price else None


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
