"""What the requests for one digest need, before they are sent: how many, and of how many tokens.

The constants are means over 415 digests of our articles by qwen2.5-coder-0.5b and 1.5b. Larger
models may need fewer repairs; a run that has some digests corrects all of it (measured_usage).
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from summarizer.context import NO_CONTEXT
from summarizer.digest import Message
from summarizer.llm.families import is_small
from summarizer.llm.tokens import count_here
from summarizer.prompts.prompt import article_variables
from summarizer.prompts.store import PromptSet
from summarizer.summaries.draft import answer_tokens, summary_messages
from summarizer.summaries.one_call import digest_messages
from summarizer.summaries.request import SummaryRequest
from summarizer.taxonomy import Taxonomy, default_taxonomy
from summarizer.topics.listed import label_lines

if TYPE_CHECKING:
    from pathlib import Path

    from summarizer.articles.article import Article
    from summarizer.evaluation.run.manifest import Manifest, PlannedCell

_TOKENS_PER_WORD: Final = 1.4
_TOPIC_TOKENS: Final = 20
# Small models that write plain text go on until the limit cuts them.
_SHARE_OF_LIMIT: Final = 0.85
# Questions that a small model is asked about the topics of a level: 2 to 6, by what the
# similarity shortlists.
_QUESTIONS: Final = 3.2
# Of the topics that are given, so many are looked up one level down.
_TOPICS_GIVEN: Final = 1.5
_REPAIR_TURN: Final = 80
# Background (three excerpts of 60 words) and headlines with topics.
_CONTEXT_TOKENS: Final = 350
# Notes: see summaries.map_reduce; small models write more than they are asked for.
_PART_TOKENS: Final = 2500
_NOTE_TOKENS: Final = 300
_EXCERPT_TOKENS: Final = 1000
_INSTRUCTIONS: Final = 200
# Room that a request leaves for a repair turn: see ``SummaryWriter.fits``.
_SPARE_TOKENS: Final = 200
# Other tokenizers against that of OpenAI, and the system message that a template adds.
_OTHER_FAMILY: Final = 1.05
_TEMPLATE: Final = 20
_OPENAI: Final = "gpt-4o"


class _Repairs(NamedTuple):
    """Repair turns of one request: how many, and the length of such an answer by the first one's.

    An answer in JSON that is cut gets more room the second time.
    """

    share: float
    length: float


_OF_JSON: Final = _Repairs(0.17, 1.5)
_OF_TEXT: Final = _Repairs(0.2, 0.8)  # 0.5b: 0.43, 1.5b: 0.04


class Needs(NamedTuple):
    """Expected means, so no whole numbers."""

    requests: float
    prompt_tokens: float
    completion_tokens: float

    def plus(self, other: Needs) -> Needs:
        """Both."""
        return Needs(*(one + more for one, more in zip(self, other, strict=True)))

    def times(self, factor: float) -> Needs:
        """So many of them."""
        return Needs(*(factor * value for value in self))


class DigestNeeds:
    """Needs of the digests of one cell.

    Args:
        planned: the cell; not of the extractive engine, which asks nobody.
        manifest: the run.
        taxonomy: its labels.
        prompts_dir: prompts of the user's own.
        window: tokens of one request and its answer; None: no article is too long.
    """

    def __init__(
        self,
        planned: PlannedCell,
        *,
        manifest: Manifest,
        taxonomy: Taxonomy,
        prompts_dir: Path | None,
        window: int | None,
    ) -> None:
        self._model = planned.model
        self._conditions = manifest.suite.settings
        self._taxonomy = taxonomy
        self._shelf = PromptSet(prompts_dir, {**manifest.prompts, **planned.cell.prompts})
        self._window = window
        self._context = _CONTEXT_TOKENS if planned.cell.context else 0

    def of(self, article: Article, request: SummaryRequest) -> Needs:
        """What one digest needs on average."""
        if self._is_listed:
            return self._one_answer(article, request)
        return self._summary(article, request).plus(self._questions(article))

    @cached_property
    def _is_listed(self) -> bool:
        if self._conditions.topic_strategy != "auto":
            return self._conditions.topic_strategy == "list"
        return not is_small(self._model)

    @cached_property
    def _levels_below(self) -> int:
        """Levels that are asked about after the first: as in the product, none of IPTC's."""
        depth = self._conditions.depth
        if depth is None:
            depth = 1 if self._taxonomy is default_taxonomy() else None
        levels, found = 0, list(self._taxonomy.roots)
        while found and levels != depth:
            levels += 1
            found = [child for topic in found for child in self._taxonomy.children(topic.id)]
        return max(0, levels - 1)

    def _one_answer(self, article: Article, request: SummaryRequest) -> Needs:
        """Summary and topics in one answer; of a long article, each on its own."""
        prompt = self._shelf["digest"]
        messages = digest_messages(
            prompt,
            article,
            request=request,
            labels=label_lines(self._taxonomy, self._taxonomy.roots),
            max_topics=self._conditions.max_topics,
            context=NO_CONTEXT.variables(prompt),
        )
        sent = self._tokens(messages)
        listed = Needs(1, self._excerpt_tokens(article) + _INSTRUCTIONS, _TOPIC_TOKENS)
        below = listed.times(_TOPICS_GIVEN * self._levels_below)
        if not self._fits(sent, request):
            return self._noted(article, request).plus(listed).plus(below)
        answer = Needs(1, sent + self._context, request.words * _TOKENS_PER_WORD + _TOPIC_TOKENS)
        return _repaired(answer, _OF_JSON).plus(below)

    def _summary(self, article: Article, request: SummaryRequest) -> Needs:
        prompt = self._shelf["summarize"]
        messages = summary_messages(
            prompt, article, request=request, context=NO_CONTEXT.variables(prompt)
        )
        sent = self._tokens(messages)
        if not self._fits(sent, request):
            return self._noted(article, request)
        answer = Needs(1, sent + self._context, self._summary_tokens(request))
        return _repaired(answer, _OF_TEXT)

    def _noted(self, article: Article, request: SummaryRequest) -> Needs:
        """A summary of notes on the parts of a long article."""
        read = self._text_tokens(article)
        parts = math.ceil(read / min(_PART_TOKENS, max(1, self._window or _PART_TOKENS)))
        notes = Needs(parts, read + parts * _INSTRUCTIONS, parts * _NOTE_TOKENS)
        sent = min(parts * _NOTE_TOKENS, read / 2) + _INSTRUCTIONS + self._context
        summary = Needs(1, sent, self._summary_tokens(request))
        return notes.plus(_repaired(summary, _OF_TEXT))

    def _questions(self, article: Article) -> Needs:
        """Yes or no for each topic on the shortlist of each level."""
        topic = self._taxonomy.roots[0]
        short = article.model_copy(update={"text": ""})
        messages = self._shelf["score"].render(
            **article_variables(short),
            topic=topic.name,
            topic_description=topic.description or topic.name,
        )
        sent = self._tokens(messages) + self._excerpt_tokens(article)
        levels = 1 + _TOPICS_GIVEN * self._levels_below
        return Needs(1, sent, 1).times(_QUESTIONS * levels)

    def _summary_tokens(self, request: SummaryRequest) -> float:
        if is_small(self._model):
            return _SHARE_OF_LIMIT * answer_tokens(request.words, tight=True)
        return request.words * _TOKENS_PER_WORD

    def _excerpt_tokens(self, article: Article) -> float:
        """Of the article, or of the central sentences of one that is too long."""
        read = self._text_tokens(article)
        longest = math.inf if self._window is None else self._window - _PART_TOKENS / 2
        return read if read < longest else _EXCERPT_TOKENS

    def _fits(self, sent: float, request: SummaryRequest) -> bool:
        needed = sent + 2 * answer_tokens(request.words) + _SPARE_TOKENS
        return self._window is None or needed <= self._window

    def _text_tokens(self, article: Article) -> float:
        return self._tokens((Message(role="user", content=article.text),))

    def _tokens(self, messages: tuple[Message, ...]) -> float:
        """Near what the model's tokenizer would say: an expectation, where others need a bound."""
        if self._model.provider == "openai":
            return count_here(messages, model=self._model.name)
        return count_here(messages, model=_OPENAI) * _OTHER_FAMILY + _TEMPLATE


def _repaired(answer: Needs, repairs: _Repairs) -> Needs:
    """A request and its repair turns, which repeat the request and the answer."""
    sent = answer.prompt_tokens + answer.completion_tokens + _REPAIR_TURN
    turn = Needs(1, sent, repairs.length * answer.completion_tokens)
    return answer.plus(turn.times(repairs.share))
