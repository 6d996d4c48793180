"""Forecasts: what a run needs and can find, before anything is spent; and limits on costs."""

from __future__ import annotations

import pytest
from small_suite import article

from summarizer.articles import Article
from summarizer.digest import Digest, Failure, ModelRef
from summarizer.errors import ConfigurationError
from summarizer.evaluation.budget import Budget
from summarizer.evaluation.cases import Case
from summarizer.evaluation.cells import Cell, newest_prompts
from summarizer.evaluation.estimate import (
    Estimate,
    detectable_effect,
    estimate_cells,
    estimate_digest,
    stories,
)
from summarizer.evaluation.metrics import Gold
from summarizer.evaluation.records import Key, Manifest, PlannedCell, Price
from summarizer.evaluation.suite import Suite
from summarizer.taxonomy import default_taxonomy


def planned(name: str, provider: str, price: Price | None = None) -> PlannedCell:
    model = ModelRef.model_validate({"name": name, "provider": provider})
    return PlannedCell(cell=Cell(name=name, model=name), model=model, price=price)


def manifest(*cells: PlannedCell, strategy: str = "auto") -> Manifest:
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
        taxonomy_sha256="", cells=cells, epochs=1,
    )  # fmt: skip


def estimate(cell: PlannedCell, *, strategy: str = "auto", times: int = 1) -> Estimate:
    return estimate_digest(
        cell,
        Article(text=article(1) * times),
        manifest=manifest(cell, strategy=strategy),
        taxonomy=default_taxonomy(),
        prompts_dir=None,
    )


def test_a_large_model_is_asked_once() -> None:
    found = estimate(planned("big-70b", "compatible"))

    assert found.requests == 1
    assert found.prompt_tokens > 300
    assert (found.cost_usd, found.seconds) == (None, None)


def test_a_small_model_is_asked_label_by_label() -> None:
    small = estimate(planned("qwen2.5-coder-0.5b", "embedded"))
    listed = estimate(planned("qwen2.5-coder-0.5b", "embedded"), strategy="list")

    assert (small.requests, listed.requests) == (5, 1)
    assert (small.cost_usd, listed.cost_usd) == (0.0, 0.0)
    assert small.seconds is not None


def test_the_extractive_engine_asks_nobody() -> None:
    found = estimate(planned("extractive", "extractive"))

    assert found._replace(seconds=None) == Estimate(0, 0, 0, 0.0, None)


def test_longer_articles_need_more_tokens() -> None:
    cell = planned("big-70b", "compatible")

    assert estimate(cell, times=5).prompt_tokens > estimate(cell).prompt_tokens + 100


def test_the_price_is_that_of_the_tokens() -> None:
    cell = planned("gpt-4.1-mini", "openai", Price(prompt=1.0, completion=10.0))
    found = estimate(cell)

    expected = (found.prompt_tokens + 10 * found.completion_tokens) / 1e6
    assert found.cost_usd == pytest.approx(expected)


def test_cells_are_summed_over_what_is_to_be_made() -> None:
    one, other = planned("big-70b", "compatible"), planned("extractive", "extractive")
    case = Case(id="a", article=Article(text=article(1)), gold=Gold())
    keys = [Key("a", "big-70b", 0), Key("a", "big-70b", 1)]

    found = estimate_cells(
        manifest(one, other), {"a": case}, keys=keys, taxonomy=default_taxonomy(), prompts_dir=None
    )

    assert [(name, digests) for name, (digests, _) in found.items()] == [
        ("big-70b", 2),
        ("extractive", 0),
    ]
    assert found["big-70b"][1].requests == 2


def cases(*told: str | None) -> list[Case]:
    return [
        Case(id=str(n), article=Article(text=article(n)), gold=Gold(), story=story)
        for n, story in enumerate(told)
    ]


def test_articles_of_one_story_count_as_one() -> None:
    assert stories(cases("x", "x", None, None, "y")) == 4


@pytest.mark.parametrize(("n", "effect"), [(50, 0.081), (100, 0.057), (200, 0.040)])
def test_what_can_be_found_is_that_of_the_design(n: int, effect: float) -> None:
    assert detectable_effect(cases(*[None] * n)) == pytest.approx(effect, abs=0.001)


def digest(cost: float | None) -> Digest:
    record = {
        "article": {
            "id": "0", "source": "x", "title": None, "published": None, "author": None,
            "language": None, "words": 1,
        },
        "topics": None,
        "summary": None,
        "model": {"name": "m", "provider": "openai"},
        "usage": {"requests": 1, "cost_usd": cost},
    }  # fmt: skip
    return Digest.model_validate(record)


PAID = planned("m", "openai", Price(prompt=1, completion=1))


def test_articles_are_begun_as_long_as_those_under_way_fit_in() -> None:
    budget = Budget(1.0, spent=[])
    budget.expect(PAID, 0.3)

    assert [budget.begin() for _ in range(4)] == [True, True, True, False]
    budget.add(digest(0.1))
    assert budget.spent == 0.1
    assert budget.begin()  # 0.1 + 3 * 0.3
    assert not budget.begin()


def test_a_dearer_article_than_expected_is_what_the_next_may_cost() -> None:
    budget = Budget(1.0, spent=[])
    budget.expect(PAID, 0.1)
    budget.begin()
    budget.add(digest(0.6))

    assert not budget.begin()


def test_what_was_spent_before_counts() -> None:
    failed = Failure.model_validate(
        {"source": "x", "error": {"type": "E", "message": "m", "hint": None, "exit_code": 5}}
    )
    budget = Budget(1.0, spent=[digest(0.9), digest(None), failed])
    budget.expect(PAID, 0.2)

    assert budget.spent == 0.9
    assert not budget.begin()


def test_a_cheap_cell_after_a_dear_one_is_not_held_up() -> None:
    budget = Budget(1.0, spent=[digest(0.6)])
    budget.expect(PAID, 0.01)

    assert budget.begin()


def test_no_price_keeps_no_limit() -> None:
    with pytest.raises(ConfigurationError, match="no price is known"):
        Budget(1.0, spent=[]).expect(PAID, None)


def test_without_a_limit_everything_may_begin() -> None:
    budget = Budget(None, spent=[digest(1e6)])

    assert budget.begin()
