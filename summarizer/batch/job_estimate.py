"""What a job will need, before it spends: its articles counted, some of them drawn and measured."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

from summarizer.articles import Article, Source
from summarizer.batch.estimate import FirstRequests, extrapolated, price_of
from summarizer.batch.job import Job
from summarizer.batch.records import JobRecords
from summarizer.digest import Digest
from summarizer.engines import LlmEngine
from summarizer.errors import SummarizerError
from summarizer.settings import Settings
from summarizer.summarizer import Summarizer

_DRAWN: Final = 200
_A_FEW: Final = 20
_TIMED: Final = 10  # articles that are digested to tell the time, where that costs nothing
_ASSUMED_TOKENS: Final = 60.0  # a second that an endpoint writes, where nothing was measured
_ASSUMED_WAIT: Final = 0.5  # seconds before it begins to
_SECONDS: Final = 5.0


class JobEstimate(NamedTuple):
    """What the articles need that have no digest yet.

    Attributes:
        articles: how many.
        unreadable: those of them that are no article, or cannot be read, by those drawn.
        drawn: articles that were read to tell.
        measured: digests it was extrapolated from; 0: the first request of each was counted.
        requests: to the model.
        prompt_tokens: that are sent.
        completion_tokens: that are written.
        cost_usd: US dollars; None where no price is known.
        seconds: with so many jobs; None where nothing was measured and nothing can be assumed.
        is_assumed: whether the seconds rest on an assumed speed of the endpoint.
    """

    articles: int
    unreadable: int
    drawn: int
    measured: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    seconds: float | None
    is_assumed: bool


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
    articles = list(loaded(drawn))
    with JobRecords(job.path) as records, Summarizer(settings) as summarizer:
        left = max(0, (count or 0) - records.counts().items)
        share = len(articles) / len(drawn) if drawn else 1.0
        digests = round(left * share)
        about = partial(JobEstimate, left, left - digests, len(drawn))
        measured = extrapolated(records.usages, digests=digests)
        if measured is not None:
            return about(
                measured.measured,
                round(measured.requests),
                round(measured.prompt_tokens),
                round(measured.completion_tokens or 0),
                measured.cost_usd,
                (measured.seconds or 0.0) / jobs,
                is_assumed=False,
            )
        if not isinstance(summarizer.engine, LlmEngine):
            seconds = _timed(summarizer, articles[:_TIMED]) * digests
            return about(0, 0, 0, 0, 0.0, seconds, is_assumed=False)
        return _counted(summarizer, settings, articles, about, digests=digests, jobs=jobs)


def survey(
    job: Job, settings: Settings, *, seconds: float | None = _SECONDS
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
    return list(loaded(islice(sample or job.sources(settings), _A_FEW)))


def loaded(sources: Iterable[Source]) -> Iterator[Article]:
    """The articles of those sources that can be read."""
    for source in sources:
        try:
            yield source.load()
        except SummarizerError:
            continue


def first_requests(summarizer: Summarizer, settings: Settings) -> FirstRequests:
    """The first request of each digest, with its price."""
    from summarizer.llm import open_client
    from summarizer.prompts.store import PromptSet

    price = None
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


def _counted(
    summarizer: Summarizer,
    settings: Settings,
    articles: list[Article],
    about: Callable[..., JobEstimate],
    *,
    digests: int,
    jobs: int,
) -> JobEstimate:
    """What the first request of each digest needs, and about what is written in answer."""
    asked = first_requests(summarizer, settings)
    found = asked.forecast(articles)
    factor = digests / len(articles) if articles else 0.0
    written = factor * sum(_answer_tokens(summarizer, article) for article in articles)
    cost = None if found.cost_usd is None else found.cost_usd * factor + asked.answer_cost(written)
    is_endpoint = summarizer.engine.model.provider != "embedded"
    seconds = (written / _ASSUMED_TOKENS + digests * _ASSUMED_WAIT) / jobs
    return about(
        0,
        digests,
        round(found.prompt_tokens * factor),
        round(written),
        cost,
        seconds if is_endpoint else None,
        is_assumed=is_endpoint,
    )


def _answer_tokens(summarizer: Summarizer, article: Article) -> float:
    """Tokens of a summary and of the topics' names in JSON, about."""
    return 1.4 * summarizer.summary_request(article).words + 30


def _timed(summarizer: Summarizer, articles: list[Article]) -> float:
    """Seconds for one article where no model is asked."""
    times = [
        digest.usage.seconds
        for digest in summarizer.digest_many(articles)
        if isinstance(digest, Digest)
    ]
    return sum(times) / len(times) if times else 0.0
