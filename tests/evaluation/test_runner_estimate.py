"""Forecasts: what a run needs and can find, before anything is spent; and limits on costs."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from small_suite import article

from summarizer.articles import Article
from summarizer.digest import Digest, ModelRef, Usage
from summarizer.errors import ConfigurationError
from summarizer.evaluation.estimate import (
    Estimate,
    Estimator,
    detectable_effect,
    estimate_digest,
    estimate_variants,
    least_stories,
    stories,
)
from summarizer.evaluation.measured_usage import corrections
from summarizer.evaluation.metrics import Gold
from summarizer.evaluation.run.manifest import Generation, Key, Manifest, PlannedVariant, Price
from summarizer.evaluation.run.variants import Variant, newest_prompts
from summarizer.evaluation.run.workers import Budget
from summarizer.evaluation.suite.definition import Suite
from summarizer.evaluation.suite.samples import Sample
from summarizer.taxonomy import default_taxonomy, load_taxonomy


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
        packages={}, python="", prompts=newest_prompts(None), prompt_sha256={}, taxonomy="",
        taxonomy_sha256="", variants=variants, epochs=1,
    )  # fmt: skip


def estimate(variant: PlannedVariant, *, strategy: str = "auto", times: int = 1) -> Estimate:
    return estimate_digest(
        variant,
        Article(text=article(1) * times),
        manifest=manifest(variant, strategy=strategy),
        taxonomy=default_taxonomy(),
        prompts_dir=None,
    )


def test_a_large_model_is_asked_once_and_at_times_again() -> None:
    found = estimate(planned("big-70b", "compatible"))

    assert 1 < found.requests < 1.5
    assert found.prompt_tokens > 300
    assert (found.cost_usd, found.seconds) == (None, None)


def test_a_small_model_is_asked_label_by_label() -> None:
    small = estimate(planned("qwen2.5-coder-0.5b", "embedded"))
    listed = estimate(planned("qwen2.5-coder-0.5b", "embedded"), strategy="list")

    assert small.requests > 4
    assert listed.requests < 1.5
    assert (small.cost_usd, listed.cost_usd) == (0.0, 0.0)
    assert small.seconds is not None


@pytest.mark.parametrize("strategy", ["list", "score"])
def test_notes_are_taken_on_an_article_that_is_longer_than_the_window(strategy: str) -> None:
    embedded, hosted = planned("qwen2.5-coder-0.5b", "embedded"), planned("q-0.5b", "compatible")

    long = [estimate(variant, strategy=strategy, times=80) for variant in (embedded, hosted)]

    assert long[0].requests > long[1].requests + 1
    assert long[1].requests == pytest.approx(estimate(hosted, strategy=strategy).requests)


def test_the_window_is_that_of_the_user() -> None:
    variant = planned("big-70b", "compatible")
    asked = {
        window: Estimator(
            variant,
            manifest=manifest(variant),
            taxonomy=default_taxonomy(),
            prompts_dir=None,
            context_length=window,
        )
        .digest(Article(text=article(1) * 30))
        .requests
        for window in (2000, 8000)
    }

    assert asked[2000] > asked[8000]


def test_context_is_read_too() -> None:
    variant = planned("big-70b", "compatible")
    told = variant.model_copy(
        update={"variant": variant.variant.model_copy(update={"context": True})}
    )

    assert estimate(told).prompt_tokens > estimate(variant).prompt_tokens + 300


def test_levels_of_ones_own_taxonomy_are_asked_about_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "desks.yaml"
    path.write_text(
        "name: Desks\nversion: '1'\ntopics:\n"
        "  - {id: a, name: Sport}\n  - {id: b, name: Football, parent: a}\n",
        encoding="utf-8",
    )
    variant = planned("qwen2.5-coder-0.5b", "embedded")
    two = Estimator(
        variant, manifest=manifest(variant), taxonomy=load_taxonomy(path), prompts_dir=None
    ).digest(Article(text=article(1)))

    assert two.requests > estimate(variant).requests + 3


def test_the_extractive_engine_asks_nobody() -> None:
    found = estimate(planned("extractive", "extractive"))

    assert found._replace(seconds=None) == Estimate(0, 0, 0, 0.0, None)


def test_longer_articles_need_more_tokens() -> None:
    variant = planned("big-70b", "compatible")

    assert estimate(variant, times=5).prompt_tokens > estimate(variant).prompt_tokens + 100


def test_the_price_is_that_of_the_tokens() -> None:
    variant = planned("gpt-4.1-mini", "openai", Price(prompt=1.0, completion=10.0))
    found = estimate(variant)

    expected = (found.prompt_tokens + 10 * found.completion_tokens) / 1e6
    assert found.cost_usd == pytest.approx(expected)


BIG, OTHER = planned("big-70b", "compatible"), planned("extractive", "extractive")


def estimators(*variants: PlannedVariant) -> dict[str, Estimator]:
    return {
        variant.variant.name: Estimator(
            variant, manifest=manifest(*variants), taxonomy=default_taxonomy(), prompts_dir=None
        )
        for variant in variants
    }


def test_variants_are_summed_over_what_is_to_be_made() -> None:
    sample = Sample(id="a", article=Article(text=article(1)), gold=Gold())
    keys = [Key("a", "big-70b", 0), Key("a", "big-70b", 1)]

    found = estimate_variants(estimators(BIG, OTHER), {"a": sample}, keys=keys)

    assert [(name, digests) for name, (digests, _) in found.items()] == [
        ("big-70b", 2),
        ("extractive", 0),
    ]
    assert found["big-70b"][1].requests == pytest.approx(2 * estimate(BIG).requests)


def digest(usage: Usage) -> Digest:
    record = {
        "article": {
            "id": "0", "source": "x", "title": None, "published": None, "author": None,
            "language": None, "words": 1,
        },
        "topics": None,
        "summary": None,
        "model": {"name": "m", "provider": "openai"},
        "usage": usage,
    }  # fmt: skip
    return Digest.model_validate(record)


def made(variant: PlannedVariant, n: int, **usage: float) -> list[Generation]:
    """Digests of ``n`` articles that all needed the same."""
    used = digest(Usage.model_validate(usage))
    return [
        Generation(sample=str(number), variant=variant.variant.name, epoch=0, result=used)
        for number in range(n)
    ]


def corrected(
    variant: PlannedVariant, *generations: Generation, variants: int = 1
) -> Estimate | None:
    """The estimate of two more digests of a variant, in a run that has these."""
    twin = variant.model_copy(
        update={"variant": variant.variant.model_copy(update={"name": "twin"})}
    )
    those = (variant, twin)[:variants]
    told = {sample.id: sample for sample in samples(*[None] * 10)}
    found = corrections(manifest(*those), estimators(*those), made=generations, samples=told)
    correction = found.get(those[-1].variant.name)
    return (
        correction.apply(estimate(variant).plus(estimate(variant)), digests=2)
        if correction
        else None
    )


def test_what_was_measured_takes_the_place_of_what_was_assumed() -> None:
    usage = {"requests": 3, "prompt_tokens": 5000, "completion_tokens": 400, "seconds": 7.0}
    found = corrected(BIG, *made(BIG, 6, **usage))

    assert found is not None
    assert found.requests == pytest.approx(6, rel=0.05)
    assert found.prompt_tokens == pytest.approx(10_000, rel=0.05)
    assert found.completion_tokens == pytest.approx(800, rel=0.05)
    assert found.cost_usd is None
    assert found.seconds == pytest.approx(14.0)


def test_another_variant_of_the_model_tells_too() -> None:
    assert corrected(BIG, *made(BIG, 6, requests=3, seconds=1), variants=2) is not None


def test_few_digests_and_those_from_the_cache_tell_nothing() -> None:
    assert corrected(BIG, *made(BIG, 4, requests=3)) is None
    assert corrected(BIG, *made(BIG, 6, requests=1, cached_responses=2)) is None


def test_prices_are_those_that_were_paid() -> None:
    variant = planned("gpt-4.1-mini", "openai", Price(prompt=1.0, completion=10.0))
    expected = estimate(variant).cost_usd
    assert expected is not None

    found = corrected(variant, *made(variant, 6, requests=1, cost_usd=expected / 2))

    assert found is not None
    assert found.cost_usd == pytest.approx(expected, rel=0.05)


def samples(*told: str | None) -> list[Sample]:
    return [
        Sample(id=str(n), article=Article(text=article(n)), gold=Gold(), story=story)
        for n, story in enumerate(told)
    ]


def test_articles_of_one_story_count_as_one() -> None:
    assert stories(samples("x", "x", None, None, "y")) == 4


@pytest.mark.parametrize(("n", "effect"), [(50, 0.081), (100, 0.057), (200, 0.040)])
def test_what_can_be_found_is_that_of_the_design(n: int, effect: float) -> None:
    assert detectable_effect(samples(*[None] * n)) == pytest.approx(effect, abs=0.001)


@pytest.mark.parametrize("told", [[None] * 5, ["x"] * 9 + [None] * 4, []])
def test_five_stories_find_nothing_however_many_articles(told: list[str | None]) -> None:
    assert detectable_effect(samples(*told)) == math.inf


def test_a_story_that_dominates_finds_less_than_as_many_stories_of_one_size() -> None:
    one_large = detectable_effect(samples(*["x"] * 11, *[None] * 9))
    of_one_size = detectable_effect(samples(*[str(n // 2) for n in range(20)]))

    assert one_large > 1.3 * of_one_size


@pytest.mark.parametrize(("primary", "least"), [(1, 6), (2, 7), (3, 7), (4, 8)])
def test_more_primary_metrics_need_more_stories(primary: int, least: int) -> None:
    assert least_stories(primary) == least


PAID = planned("m", "openai", Price(prompt=1, completion=1))


def test_articles_are_begun_as_long_as_those_under_way_fit_in() -> None:
    budget = Budget(1.0, spent=[])
    budget.expect(PAID.model, 0.3)

    assert [budget.begin() for _ in range(4)] == [True, True, True, False]
    budget.add(0.1)
    assert budget.spent == 0.1
    assert budget.begin()  # 0.1 + 3 * 0.3
    assert not budget.begin()


def test_a_dearer_article_than_expected_is_what_the_next_may_cost() -> None:
    budget = Budget(1.0, spent=[])
    budget.expect(PAID.model, 0.1)
    budget.begin()
    budget.add(0.6)

    assert not budget.begin()


def test_what_was_spent_before_counts() -> None:
    budget = Budget(1.0, spent=[0.9, None])
    budget.expect(PAID.model, 0.2)

    assert budget.spent == 0.9
    assert not budget.begin()


def test_a_cheap_variant_after_a_dear_one_is_not_held_up() -> None:
    budget = Budget(1.0, spent=[0.6])
    budget.expect(PAID.model, 0.01)

    assert budget.begin()


def test_no_price_keeps_no_limit() -> None:
    with pytest.raises(ConfigurationError, match="no price is known"):
        Budget(1.0, spent=[]).expect(PAID.model, None)


def test_without_a_limit_everything_may_begin() -> None:
    budget = Budget(None, spent=[1e6])

    assert budget.begin()
