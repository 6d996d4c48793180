"""Forecasts: what a run needs and can find, before anything is spent; and limits on costs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from small_suite import article

from summarizer.articles import Article
from summarizer.batch.estimate import Forecast, Price, extrapolated, forecast
from summarizer.digest import ArticleRef, Digest, Failure, Message, ModelRef, Usage
from summarizer.errors import ConfigurationError, ModelOutputError
from summarizer.evaluation.metrics import Gold
from summarizer.evaluation.run.manifest import (
    Generation,
    Manifest,
    PlannedVariant,
    Variant,
)
from summarizer.evaluation.run.plan import Plan, first_requests, forecasts
from summarizer.evaluation.scores import (
    SampleScores,
    VariantScores,
    detectable_effect,
    least_stories,
    measured_spread,
)
from summarizer.evaluation.suite.definition import Suite
from summarizer.evaluation.suite.samples import Sample, SuiteSamples
from summarizer.llm.messages import count_here
from summarizer.prompts.store import newest_versions
from summarizer.taxonomy import default_taxonomy
from summarizer.worker_pool import Budget


def planned(name: str, provider: str, price: Price | None = None) -> PlannedVariant:
    model = ModelRef.model_validate({"name": name, "provider": provider})
    return PlannedVariant(variant=Variant(name=name, model=name), model=model, price=price)


def manifest(*variants: PlannedVariant, strategy: str = "auto") -> Manifest:
    suite = Suite.model_validate(
        {
            "name": "x",
            "data": "x",
            "matrix": {"models": ["m"]},
            "metrics": {"primary": ["topic_f1"]},
            "settings": {"topic_strategy": strategy},
        }
    )
    return Manifest(
        suite=suite, suite_path="", suite_sha256="", data_sha256="", created="", revision=None,
        packages={}, python="", prompts=newest_versions(None), prompt_sha256={}, taxonomy="",
        taxonomy_sha256="", variants=variants, epochs=1,
    )  # fmt: skip


def counted(variant: PlannedVariant, *texts: str, strategy: str = "auto") -> Forecast:
    asked = first_requests(
        variant,
        manifest(variant, strategy=strategy),
        taxonomy=default_taxonomy(),
        prompts_dir=None,
    )
    return forecast(asked, [Article(text=text) for text in texts], [])


def sample(number: int, text: str) -> Sample:
    return Sample(id=str(number), article=Article(text=text), gold=Gold())


def test_the_first_request_of_each_digest_is_counted_with_its_prompt() -> None:
    text = article(1)
    found = counted(planned("big-70b", "compatible"), text, text)

    assert (found.digests, found.requests, found.measured) == (2, 2, 0)
    assert found.prompt_tokens > 2 * count_here((Message(role="user", content=text),), model=None)
    assert (found.completion_tokens, found.cost_usd, found.seconds) == (None, None, None)


def test_a_small_model_is_first_asked_for_a_summary_alone() -> None:
    small = planned("qwen2.5-coder-0.5b", "embedded")

    scored, listed = counted(small, article(1)), counted(small, article(1), strategy="list")

    # The labels of the taxonomy are in the other prompt.
    assert scored.prompt_tokens < listed.prompt_tokens
    assert scored.cost_usd == 0


def test_the_extractive_engine_asks_nobody() -> None:
    found = counted(planned("extractive", "extractive"), article(1))

    assert (found.requests, found.prompt_tokens, found.cost_usd) == (0, 0, 0)


def test_the_price_is_that_of_the_tokens_that_are_sent() -> None:
    found = counted(planned("m-70b", "compatible", Price(prompt=2, completion=10)), article(1))

    assert found.cost_usd == pytest.approx(found.prompt_tokens * 2 / 1e6)


def test_the_dearest_first_request_is_that_of_the_longest_article() -> None:
    variant = planned("m-70b", "compatible", Price(prompt=2, completion=10))
    asked = first_requests(
        variant, manifest(variant), taxonomy=default_taxonomy(), prompts_dir=None
    )
    long = article(1) * 5

    assert asked.dearest([Article(text=article(1)), Article(text=long)]) == pytest.approx(
        counted(variant, long).cost_usd
    )


def usage(number: int, *, cached: int = 0) -> Usage:
    return Usage(
        requests=2, prompt_tokens=100 * number, completion_tokens=10, cached_responses=cached,
        seconds=3, cost_usd=0.01,
    )  # fmt: skip


def test_three_digests_are_extrapolated_to_all() -> None:
    found = extrapolated([usage(1), usage(2), usage(3)], digests=6)

    assert found == Forecast(6, 3, 12, 1200, 60, pytest.approx(0.06), 18)


def test_few_digests_and_those_from_the_cache_tell_nothing() -> None:
    assert extrapolated([usage(1), usage(2)], digests=6) is None
    assert extrapolated([usage(1), usage(2), usage(3, cached=1)], digests=6) is None


def made(variant: str, number: int) -> Generation:
    digest = Digest(
        article=ArticleRef(
            id="x", source="x", title=None, published=None, author=None, language=None, words=3
        ),
        topics=(),
        summary=None,
        model=ModelRef(name=variant, provider="compatible"), usage=usage(1),
    )  # fmt: skip
    return Generation(sample=str(number), variant=variant, epoch=0, result=digest)


def test_each_variant_is_measured_by_its_own_digests() -> None:
    run = manifest(planned("big-70b", "compatible"), planned("other-70b", "compatible"))
    data = SuiteSamples([sample(number, article(number)) for number in range(5)], None, [])
    failure = Failure.of(ModelOutputError("no JSON"), source="x")
    there = [made("big-70b", number) for number in range(3)]
    there += [one.model_copy(update={"variant": "other-70b", "result": failure}) for one in there]

    found = forecasts(Plan(run, data, []), {one.key: one for one in there}, prompts_dir=None)

    assert (found["big-70b"].measured, found["big-70b"].requests) == (3, 4)
    assert (found["other-70b"].measured, found["other-70b"].digests) == (0, 2)


@pytest.mark.parametrize(("n", "effect"), [(50, 0.081), (100, 0.057), (200, 0.040)])
def test_what_can_be_found_is_that_of_the_design(n: int, effect: float) -> None:
    assert detectable_effect([None] * n) == pytest.approx(effect, abs=0.001)


@pytest.mark.parametrize("told", [[None] * 5, ["x"] * 9 + [None] * 4, []])
def test_five_stories_find_nothing_however_many_articles(told: list[str | None]) -> None:
    assert detectable_effect(told) == math.inf


def test_a_story_that_dominates_finds_less_than_as_many_stories_of_one_size() -> None:
    one_large = detectable_effect(["x"] * 11 + [None] * 9)
    of_one_size = detectable_effect([str(n // 2) for n in range(20)])

    assert one_large > 1.3 * of_one_size


def test_primary_metrics_share_what_is_found() -> None:
    one, three = (detectable_effect([None] * 50, primary=n) for n in (1, 3))

    assert three > 1.1 * one


@pytest.mark.parametrize(("primary", "least"), [(1, 6), (2, 7), (3, 7), (4, 8)])
def test_more_primary_metrics_need_more_stories(primary: int, least: int) -> None:
    assert least_stories(primary) == least


PAID = planned("m", "openai", Price(prompt=1, completion=1))


def test_articles_are_begun_as_long_as_those_under_way_fit_in() -> None:
    budget = Budget(1.0)
    budget.expect(PAID.model, 0.3)

    assert [budget.begin() for _ in range(4)] == [True, True, True, False]
    budget.add(0.1)
    assert budget.spent == 0.1
    assert budget.begin()  # 0.1 + 3 * 0.3
    assert not budget.begin()


def test_a_dearer_article_than_expected_is_what_the_next_may_cost() -> None:
    budget = Budget(1.0)
    budget.expect(PAID.model, 0.1)
    budget.begin()
    budget.add(0.6)

    assert not budget.begin()


def test_what_was_spent_before_counts() -> None:
    budget = Budget(1.0, spent=0.9)
    budget.expect(PAID.model, 0.2)

    assert budget.spent == 0.9
    assert not budget.begin()


def test_a_cheap_variant_after_a_dear_one_is_not_held_up() -> None:
    budget = Budget(1.0, spent=0.6)
    budget.expect(PAID.model, 0.01)

    assert budget.begin()


def test_no_price_keeps_no_limit() -> None:
    with pytest.raises(ConfigurationError, match="no price is known"):
        Budget(1.0).expect(PAID.model, None)


def test_without_a_limit_everything_may_begin() -> None:
    budget = Budget(None, spent=1e6)

    assert budget.begin()


def scored(name: str, values: list[float]) -> VariantScores:
    samples = {
        str(place): SampleScores(fingerprint="", epochs=({"topic_f1": value},))
        for place, value in enumerate(values)
    }
    return VariantScores(name=name, model="m", samples=samples)


def test_the_spread_is_that_of_differences_or_of_the_scores_of_one() -> None:
    a, b = [0.0, 0.5, 1.0, 0.5], [0.2, 0.5, 1.0, 0.9]

    of_one = measured_spread([scored("a", a)], ["topic_f1", "topic_micro_f1"])
    of_two = measured_spread([scored("a", a), scored("b", b)], ["topic_f1"])

    assert of_one == pytest.approx(np.std(a, ddof=1))
    assert of_two == pytest.approx(np.std(np.subtract(b, a), ddof=1))
    assert measured_spread([], ["topic_f1"]) is None
    twice = detectable_effect([None] * 50, spread=0.4)
    assert twice == pytest.approx(2 * detectable_effect([None] * 50))


@pytest.mark.parametrize(("expected", "begins"), [(691, False), (None, True)])
def test_a_cap_on_tokens_holds_for_the_first_digest_of_a_free_model(
    expected: float | None, begins: bool
) -> None:
    tokens = Budget(300)
    tokens.expect(ModelRef(name="qwen", provider="embedded"), expected)

    assert tokens.begin() is begins
