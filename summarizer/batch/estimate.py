"""What digests will need: tokens, dollars and time, before more is spent.

Digests that were made are the measure: three are extrapolated to all. Before them, the tokens of
the first request of each digest are counted, through the prompts that are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from summarizer.context import NO_CONTEXT
from summarizer.digest import ModelRef, Usage, Value
from summarizer.llm.abilities import is_small
from summarizer.llm.tokens import count_here
from summarizer.summaries.draft import summary_messages
from summarizer.summaries.one_call import digest_messages
from summarizer.summaries.request import SummaryRequest
from summarizer.topics.model_topics import label_lines

if TYPE_CHECKING:
    from summarizer.articles.article import Article
    from summarizer.digest import Message
    from summarizer.llm.client import ChatClient
    from summarizer.prompts.store import PromptSet
    from summarizer.taxonomy import Taxonomy

# Digests that are measured before the others are extrapolated.
MEASURED: Final = 3
_MILLION: Final = 1_000_000


class Price(Value):
    """US dollars for a million tokens."""

    prompt: float
    completion: float


def price_of(client: ChatClient) -> Price | None:
    """What a million tokens cost at the client's endpoint; None where it is not known."""
    from summarizer.llm.served import cost_usd

    def price(prompt: int, completion: int) -> float | None:
        return cost_usd(
            client.endpoint,
            model=client.model.name,
            prompt_tokens=prompt,
            cached_tokens=0,
            completion_tokens=completion,
        )

    prompt, completion = price(_MILLION, 0), price(0, _MILLION)
    if prompt is None or completion is None:
        return None
    return Price(prompt=prompt, completion=completion)


class Forecast(NamedTuple):
    """What the missing digests of a variant need.

    Attributes:
        digests: how many are missing.
        measured: how many digests it was extrapolated from; 0: the first requests were counted,
            so requests, tokens and cost are the least that there will be.
        requests: to the model.
        prompt_tokens: that are sent.
        completion_tokens: that are generated; None where nothing was measured.
        cost_usd: US dollars; None where no price is known, 0 for models on this machine.
        seconds: with one article at a time; None where nothing was measured.
    """

    digests: int
    measured: int
    requests: float
    prompt_tokens: float
    completion_tokens: float | None
    cost_usd: float | None
    seconds: float | None


def total(found: Iterable[Forecast]) -> Forecast:
    """What all need together; unknown where one of them is."""
    parts = list(found)
    completion, costs, seconds = (
        sum(value for value in values if value is not None) if None not in values else None
        for values in (
            [part.completion_tokens for part in parts],
            [part.cost_usd for part in parts],
            [part.seconds for part in parts],
        )
    )
    return Forecast(
        digests=sum(part.digests for part in parts),
        measured=min(part.measured for part in parts),
        requests=sum(part.requests for part in parts),
        prompt_tokens=sum(part.prompt_tokens for part in parts),
        completion_tokens=completion,
        cost_usd=costs,
        seconds=seconds,
    )


def extrapolated(usages: Iterable[Usage], *, digests: int) -> Forecast | None:
    """What so many digests need, by those that were made; None for fewer than three of these.

    A digest with an answer from the cache does not show all that it needs, and does not count.
    """
    fresh = [usage for usage in usages if not usage.cached_responses]
    if len(fresh) < MEASURED:
        return None
    total = sum(fresh, Usage())
    factor = digests / len(fresh)
    return Forecast(
        digests=digests,
        measured=len(fresh),
        requests=total.requests * factor,
        prompt_tokens=total.prompt_tokens * factor,
        completion_tokens=total.completion_tokens * factor,
        cost_usd=None if total.cost_usd is None else total.cost_usd * factor,
        seconds=total.seconds * factor,
    )


class FirstRequests:
    """The first request of each digest, and how many tokens it has.

    Args:
        model: what is asked.
        price: what it takes; None where that is not known, or nothing is paid.
        request: the summary that is wanted of an article.
        strategy: how topics are asked for.
        max_topics: most topics an article gets.
        taxonomy: the labels.
        prompts: what is sent.
    """

    def __init__(
        self,
        model: ModelRef,
        *,
        price: Price | None,
        request: Callable[[Article], SummaryRequest],
        strategy: Literal["auto", "score", "list"],
        max_topics: int,
        taxonomy: Taxonomy,
        prompts: PromptSet,
    ) -> None:
        self._model = model
        self._price = price
        self._request = request
        self._strategy = strategy
        self._max_topics = max_topics
        self._taxonomy = taxonomy
        self._prompts = prompts

    def forecast(self, articles: Iterable[Article]) -> Forecast:
        """The least that the digests of these articles need."""
        count = tokens = 0
        for article in articles:
            count += 1
            tokens += self._tokens(article)
        requests = 0 if self._model.provider == "extractive" else count
        return Forecast(count, 0, requests, tokens, None, self.cost(tokens), None)

    def dearest(self, articles: Iterable[Article]) -> float | None:
        """US dollars for the dearest first request; None: no price is known."""
        return self.cost(max(map(self._tokens, articles), default=0))

    def cost(self, tokens: float) -> float | None:
        """US dollars for so many tokens that are sent."""
        if self._model.provider in ("embedded", "extractive"):
            return 0.0
        return tokens * self._price.prompt / 1e6 if self._price else None

    def answer_cost(self, tokens: float) -> float:
        """US dollars for so many tokens that are written; 0 where no price is known or paid."""
        return tokens * self._price.completion / 1e6 if self._price else 0.0

    def _tokens(self, article: Article) -> int:
        if self._model.provider == "extractive":
            return 0
        name = self._model.name if self._model.provider == "openai" else None
        return count_here(self._messages(article), model=name)

    def _messages(self, article: Article) -> tuple[Message, ...]:
        request = self._request(article)
        small = is_small(self._model) and self._strategy == "auto"
        if small or self._strategy == "score":
            prompt = self._prompts["summarize"]
            context = NO_CONTEXT.variables(prompt)
            return summary_messages(prompt, article, request=request, context=context)
        prompt = self._prompts["digest"]
        return digest_messages(
            prompt,
            article,
            request=request,
            labels=label_lines(self._taxonomy, self._taxonomy.roots),
            max_topics=self._max_topics,
            context=NO_CONTEXT.variables(prompt),
        )
