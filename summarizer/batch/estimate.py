"""What digests will need: tokens, dollars and time, before more is spent.

Digests that were made are the measure: three are extrapolated to all. Before them, the tokens of
the first request of each digest are counted, through the prompts that are sent. Jobs and runs of
evals ask ``forecast`` alike.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

from summarizer.articles import Article, Source
from summarizer.batch.job import Job
from summarizer.batch.records import JobRecords
from summarizer.context import NO_CONTEXT
from summarizer.digest import Digest, Message, ModelRef, Usage, Value
from summarizer.llm import ChatClient, open_client
from summarizer.llm.families import is_small
from summarizer.llm.messages import count_here
from summarizer.llm.served import cost_usd
from summarizer.prompts.store import PromptSet
from summarizer.settings import Settings, TopicStrategy
from summarizer.summaries.draft import summary_messages
from summarizer.summaries.request import SummaryRequest
from summarizer.summarizer import Summarizer
from summarizer.taxonomy import Taxonomy
from summarizer.topics.model_topics import label_lines

# Digests that are measured before the others are extrapolated.
MEASURED: Final = 3
_MILLION: Final = 1_000_000
_DRAWN: Final = 200
_A_FEW: Final = 20
_TIMED: Final = 10  # articles that are digested to tell the time, where that costs nothing
_ASSUMED_TOKENS: Final = 60.0  # a second that an endpoint writes, where nothing was measured
_ASSUMED_WAIT: Final = 0.5  # seconds before it begins to


class Price(Value):
    """US dollars for a million tokens."""

    prompt: float
    completion: float

    def of(self, prompt: float, completion: float) -> float:
        """US dollars for so many tokens that are sent, and so many that are written."""
        return (prompt * self.prompt + completion * self.completion) / _MILLION


def price_of(client: ChatClient, *, own: Price | None = None) -> Price | None:
    """What a million tokens cost at the client's endpoint; None where it is not known.

    Args:
        client: the model.
        own: the user's word for it where no list has the price; not of a model on this machine.
    """
    prompt, completion = (
        cost_usd(client.endpoint, model=client.model.name, usage=usage)
        for usage in (Usage(prompt_tokens=_MILLION), Usage(completion_tokens=_MILLION))
    )
    if prompt is None or completion is None:
        return None if client.model.provider == "embedded" else own
    return Price(prompt=prompt, completion=completion)


def priced(usage: Usage, price: Price | None) -> Usage:
    """The usage with its cost by this price, where no list has one."""
    if price is None or usage.cost_usd is not None or not usage.requests:
        return usage
    cost = price.of(usage.prompt_tokens, usage.completion_tokens)
    return usage.model_copy(update={"cost_usd": cost})


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
    sums = (None if None in values else sum(values) for values in zip(*parts, strict=True))
    return Forecast._make(sums)._replace(measured=min(part.measured for part in parts))


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


@dataclass(frozen=True)
class FirstRequests:
    """The first request of each digest, and how many tokens it has.

    Attributes:
        model: what is asked.
        price: what it takes; None where that is not known, or nothing is paid.
        request: the summary that is wanted of an article.
        strategy: how topics are asked for.
        max_topics: most topics an article gets.
        taxonomy: the labels.
        prompts: what is sent.
    """

    model: ModelRef
    price: Price | None
    request: Callable[[Article], SummaryRequest]
    strategy: TopicStrategy
    max_topics: int
    taxonomy: Taxonomy
    prompts: PromptSet

    def dearest(self, articles: Iterable[Article], written: float = 0) -> float | None:
        """US dollars for the dearest first request and so many tokens of its answer."""
        return self.cost(max(map(self.tokens, articles), default=0), written)

    def cost(self, sent: float, written: float = 0) -> float | None:
        """US dollars for so many tokens; None: no price is known."""
        if self.model.provider in ("embedded", "extractive"):
            return 0.0
        return self.price.of(sent, written) if self.price else None

    def tokens(self, article: Article) -> int:
        """How many it sends for an article."""
        if self.model.provider == "extractive":
            return 0
        name = self.model.name if self.model.provider == "openai" else None
        return count_here(self._messages(article), model=name)

    def _messages(self, article: Article) -> tuple[Message, ...]:
        request = self.request(article)
        small = is_small(self.model) and self.strategy == "auto"
        labels: dict[str, Any] = {}
        if small or self.strategy == "similarity":
            prompt = self.prompts["summarize"]
        else:
            prompt = self.prompts["digest"]
            lines = label_lines(self.taxonomy, self.taxonomy.roots)
            labels = {"labels": lines, "max_topics": self.max_topics}
        context = NO_CONTEXT.variables(prompt)
        return summary_messages(prompt, article, request=request, **labels, **context)


def forecast(
    asked: FirstRequests,
    articles: Sequence[Article],
    usages: Iterable[Usage],
    *,
    digests: int | None = None,
) -> Forecast:
    """What digests need, by those that were made; fewer than three: the least, by first requests.

    Args:
        asked: the first request of each.
        articles: those to digest, or some of them.
        usages: what digests took that were made.
        digests: how many are to be made; None: one of each article.
    """
    digests = len(articles) if digests is None else digests
    if measured := extrapolated(usages, digests=digests):
        return measured
    tokens = sum(map(asked.tokens, articles)) * digests / (len(articles) or 1)
    requests = 0 if asked.model.provider == "extractive" else digests
    return Forecast(digests, 0, requests, tokens, None, asked.cost(tokens), None)


class JobEstimate(NamedTuple):
    """What the articles need that have no digest yet.

    Attributes:
        articles: how many.
        unreadable: those of them that are no article, or cannot be read, by those drawn.
        drawn: articles that were read to tell.
        needs: their digests; whole numbers, and the seconds with so many jobs.
        is_assumed: whether the seconds rest on an assumed speed of the endpoint.
    """

    articles: int
    unreadable: int
    drawn: int
    needs: Forecast
    is_assumed: bool = False


def estimate_job(job: Job, settings: Settings, *, jobs: int) -> JobEstimate:
    """What the rest of a job needs; nothing is sent to a model.

    Args:
        job: the job.
        settings: the settings in force.
        jobs: articles at a time.

    Raises:
        SummarizerError: a prompt or the model is not there.
    """
    settings = job.pinned(settings)
    count, drawn = survey(job, settings, seconds=None)
    articles = [source.load() for source in drawn if source.is_readable()]
    with JobRecords(job.path) as records, Summarizer(settings) as summarizer:
        job.leave_out_gone(records)
        left = max(0, (count or 0) - records.counts().items)
        digests = round(left * len(articles) / len(drawn)) if drawn else left
        usages: Sequence[Usage] = records.usages
        is_free = settings.model == "extractive"
        if is_free and len(usages) < MEASURED:  # some are made, to tell the time
            made = summarizer.digest_many(articles[:_TIMED])
            usages = [digest.usage for digest in made if isinstance(digest, Digest)]
        asked = first_requests(summarizer)
        needs = forecast(asked, articles, usages, digests=digests)
        assumed = not needs.measured and asked.model.provider not in ("extractive", "embedded")
        # Tokens of a summary and of the topics' names in JSON, about.
        written = sum(1.4 * summarizer.summary_request(one).words + 30 for one in articles)
    if needs.seconds is not None and not is_free:
        needs = needs._replace(seconds=needs.seconds / jobs)
    elif not needs.measured and not is_free:
        written *= digests / (len(articles) or 1)
        cost = asked.cost(needs.prompt_tokens, written)
        seconds = (written / _ASSUMED_TOKENS + digests * _ASSUMED_WAIT) / jobs if assumed else None
        needs = needs._replace(completion_tokens=written, cost_usd=cost, seconds=seconds)
    needs = needs._replace(
        requests=round(needs.requests),
        prompt_tokens=round(needs.prompt_tokens),
        completion_tokens=round(needs.completion_tokens or 0),
    )
    return JobEstimate(left, left - digests, len(drawn), needs, assumed)


def survey(
    job: Job, settings: Settings, *, seconds: float | None = 5.0
) -> tuple[int | None, list[Source]]:
    """How many articles a job has, and some drawn by lot, unread.

    Args:
        job: the job.
        settings: the settings in force.
        seconds: how long counting may take; None: as long as it does.

    Returns:
        None for the count where it took longer, or where addresses would have to be fetched.
    """
    if seconds is not None and any("://" in source for source in job.manifest.sources):
        return None, []
    began, draw = time.monotonic(), random.Random(0)  # noqa: S311 - the same ones each time
    drawn: list[Source] = []
    count = 0
    for count, source in enumerate(job.sources(settings), start=1):
        place = draw.randrange(count)
        if len(drawn) < _DRAWN:
            drawn.append(source)
        elif place < _DRAWN:
            drawn[place] = source
        if seconds is not None and time.monotonic() - began > seconds:
            return None, drawn
    return count, drawn


def some_articles(job: Job, settings: Settings, sample: Sequence[Source]) -> list[Article]:
    """A few to tell what the dearest may cost; the job's first, where ``survey`` drew none."""
    few = islice(sample or job.sources(settings), _A_FEW)
    return [source.load() for source in few if source.is_readable()]


def first_requests(summarizer: Summarizer) -> FirstRequests:
    """The first request of each digest, with its price."""
    settings, price = summarizer.settings, None
    if settings.model != "extractive":
        with open_client(settings) as client:
            price = price_of(client)
    return FirstRequests(
        summarizer.engine.model,
        price=price,
        request=summarizer.summary_request,
        strategy=settings.topic_strategy,
        max_topics=settings.max_topics,
        taxonomy=summarizer.taxonomy,
        prompts=PromptSet(settings.prompts_dir, settings.prompt_versions),
    )
