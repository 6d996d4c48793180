"""Comparing two variants: what is paired, what is left out, which tests decide, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

from summarizer.cli.evaluation_compare import comparison_text
from summarizer.evaluation.compare import differences
from summarizer.evaluation.compare.comparison import Compared, Comparison
from summarizer.evaluation.compare.paired import Criteria, compare, compare_pairs
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.scores import SampleScores, VariantScores, measure
from summarizer.evaluation.stats.interval import paired_difference
from summarizer.evaluation.stats.power import Looks
from summarizer.evaluation.stats.significance import sign_flip_permutation

Value = float | None | Sequence[float | None]


def variant(
    name: str,
    metric: str = "topic_f1",
    values: Sequence[Any] = (),
    *,
    stories: Sequence[str | None] | None = None,
    prompts: tuple[str, ...] = (),
    **more: Sequence[Any],
) -> VariantScores:
    """A variant of one epoch; a value ``...`` is a digest that is not there."""
    columns = {metric: values, **more}
    samples = {}
    for place in range(len(values)):
        records = {key: column[place] for key, column in columns.items()}
        missing = ... in records.values()
        samples[f"sample-{place:03}"] = SampleScores(
            fingerprint="f",
            story=stories[place] if stories else None,
            slices=("even",) if place % 2 == 0 else ("odd",),
            epochs=(None if missing else records,),
        )
    return VariantScores(name=name, model="m", prompts=prompts, samples=samples)


def criteria(*names: str, margin: float | None = None, primary: int = 9) -> Criteria:
    metrics = [METRICS[name] for name in names or ("topic_f1",)]
    margins = {} if margin is None else {metric.name: margin for metric in metrics}
    return Criteria(metrics, [metric.name for metric in metrics[:primary]], margins)


def only(found: Comparison) -> Compared:
    (row,) = found.metrics
    return row


A = [0.5, 0.5, 1.0, 0.0, 0.6, 0.7]


@pytest.mark.parametrize(
    ("metric", "values", "low", "high"),
    [
        ("novel_bigrams", [0.0, 0.0, 0.1], 0.0, None),
        ("coverage", [1.0, 1.0, 0.9], None, 1.0),
        ("density", [0.0, 0.0, 90.0], 0.0, None),
    ],
)
def test_an_interval_ends_where_values_do(
    metric: str, values: list[float], low: float | None, high: float | None
) -> None:
    found = measure(variant("a", metric, values), METRICS[metric], seed=0)

    assert low in (None, found.low)
    assert high in (None, found.high)


def test_what_may_be_negative_has_an_interval_that_may() -> None:
    found = measure(
        variant("a", "topic_cardinality_error", [0.0, 0.0, 1.0]),
        METRICS["topic_cardinality_error"],
        seed=0,
    )

    assert found.low is not None
    assert found.low < 0


B = [1.0, 0.5, 1.0, 0.5, 0.4, 0.9]


def test_the_difference_is_b_minus_a_over_articles() -> None:
    row = only(compare(variant("a", values=A), variant("b", values=B), criteria()))

    assert (row.a, row.b) == pytest.approx((0.55, 0.716667), abs=1e-6)
    assert row.difference == pytest.approx(np.mean(B) - np.mean(A))
    assert (row.wins, row.ties, row.losses, row.n) == (3, 2, 1, 6)


def test_interval_and_p_are_those_of_the_statistics() -> None:
    stories = ["x", "x", None, None, "y", "y"]
    row = only(compare(variant("a", values=A, stories=stories), variant("b", values=B), criteria()))
    differences = np.array(B) - np.array(A)
    interval = paired_difference(differences, clusters=stories)

    assert (row.low, row.high) == pytest.approx((interval.low, interval.high))
    assert row.clusters == 4
    assert row.p == sign_flip_permutation(differences, clusters=stories, seed=0)
    assert row.test == "sign-flip"


def test_flips_name_the_losses_first() -> None:
    row = only(compare(variant("a", values=A), variant("b", values=B), criteria()))

    assert [flip.sample for flip in row.flips] == [
        "sample-004",
        "sample-000",
        "sample-003",
        "sample-005",
    ]
    assert (row.flips[0].a, row.flips[0].b) == (0.6, 0.4)


def test_less_is_better_where_the_metric_says_so() -> None:
    a = variant("a", "unsupported_share", [0.5] * 12)
    b = variant("b", "unsupported_share", [0.2, 0.1] * 6)
    row = only(compare(a, b, criteria("unsupported_share", margin=0.1)))

    assert row.difference == pytest.approx(-0.35)
    assert (row.wins, row.losses) == (12, 0)
    assert (row.conclusion, row.outcome) == ("better", "pass")
    worse = only(compare(b, a, criteria("unsupported_share", margin=0.1)))
    assert (worse.conclusion, worse.outcome) == ("worse", "regress")


def test_epochs_are_averaged_within_the_article() -> None:
    def repeated(name: str, epochs: Sequence[float | None]) -> VariantScores:
        records = tuple({"topic_f1": value} for value in epochs)
        sample = SampleScores(fingerprint="f", epochs=records)
        return VariantScores(name=name, model="m", samples={"one": sample, "two": sample})

    row = only(compare(repeated("a", [0, 1]), repeated("b", [1, 1, None]), criteria()))

    assert (row.a, row.b, row.n) == (0.5, 1.0, 2)


def test_an_article_that_one_side_does_not_score_is_left_out_not_zero() -> None:
    a = variant("a", "number_support", [1.0, None, 0.5])
    b = variant("b", "number_support", [1.0, 0.0, None])
    row = only(compare(a, b, criteria("number_support")))

    assert (row.n, row.a, row.b) == (1, 1.0, 1.0)


def test_a_metric_that_scores_nothing_is_no_zero_either() -> None:
    row = only(compare(variant("a", values=[None] * 3), variant("b", values=[1, 1, 1]), criteria()))

    assert (row.n, row.a, row.b, row.difference, row.outcome) == (0, None, None, None, None)
    assert row.conclusion == "unclear"


def test_articles_whose_text_or_gold_changed_are_left_out_and_named() -> None:
    b = variant("b", values=B)
    changed = b.samples["sample-001"].model_copy(update={"fingerprint": "other"})
    found = compare(
        variant("a", values=A),
        b.model_copy(update={"samples": {**b.samples, "sample-001": changed}}),
        criteria(),
    )

    assert found.changed == ("sample-001",)
    assert (found.articles, only(found).n) == (5, 5)


def test_articles_of_one_side_alone_are_named() -> None:
    found = compare(variant("a", values=A[:4]), variant("b", values=B), criteria())

    assert found.absent == ("sample-004", "sample-005")
    assert found.complete


def test_yes_and_no_of_independent_articles_is_mcnemars() -> None:
    a = variant("a", "attack_success", [1, 1, 1, 1, 1, 0, 0, 0])
    b = variant("b", "attack_success", [0, 0, 0, 0, 0, 0, 0, 1])
    row = only(compare(a, b, criteria("attack_success")))

    assert row.test == "mcnemar"
    assert row.p == pytest.approx(0.21875)  # 2 * P(at most 1 of 6)


def test_yes_and_no_of_one_story_is_not() -> None:
    stories = ["x"] * 4 + [None] * 4
    a = variant("a", "attack_success", [1, 1, 1, 1, 1, 0, 0, 0], stories=stories)
    b = variant("b", "attack_success", [0] * 8)

    assert only(compare(a, b, criteria("attack_success"))).test == "sign-flip"


def test_a_metric_that_is_no_mean_is_resampled() -> None:
    a = variant("a", "topic_micro_f1", [[1, 1, 1]] * 10)
    b = variant("b", "topic_micro_f1", [[2, 0, 0]] * 10)
    row = only(compare(a, b, criteria("topic_micro_f1")))

    assert (row.a, row.b) == (0.5, 1.0)
    assert row.test == "randomization"
    assert row.wins is None
    assert row.p is not None
    assert row.p < 0.01
    assert row.conclusion == "better"


@pytest.mark.parametrize(
    ("epochs", "advice"),
    [
        # Every article gains in one epoch what it loses in the next.
        ([[0.9, 0.1], [0.1, 0.9], [0.8, 0.3], [0.2, 0.8]] * 2, "raise_epochs"),
        ([[0.89, 0.51], [0.11, 0.49]] * 4, "raise_epochs"),
        ([[0.9, 0.8], [0.1, 0.2], [0.8, 0.9], [0.2, 0.1]] * 2, "add_articles"),
    ],
)
def test_repeats_say_whether_epochs_or_articles_would_tell(
    epochs: list[list[float]], advice: str
) -> None:
    found = only(compare(of_epochs("a", [[0.5, 0.5]] * 8), of_epochs("b", epochs), criteria()))

    assert found.repeats is not None
    assert found.repeats.epochs == 2
    assert found.repeats.advice == advice
    (line,) = [
        line for line in comparison_text(one_row(found), flips=0).splitlines() if "epochs" in line
    ]
    assert advice.replace("_", " ") in line


def test_one_epoch_or_no_difference_advises_nothing() -> None:
    assert only(compare(variant("a", values=A), variant("b", values=B), criteria())).repeats is None
    same = of_epochs("a", [[0.5, 0.5]] * 8)
    assert only(compare(same, same, criteria())).repeats is None
    once, twice = of_epochs("a", [[0.5]] * 8), of_epochs("b", [[0.9, 0.1]] * 8)
    assert only(compare(once, twice, criteria())).repeats is None


def of_epochs(name: str, values: list[list[float]]) -> VariantScores:
    samples = {
        str(place): SampleScores(fingerprint="f", epochs=tuple({"topic_f1": v} for v in epochs))
        for place, epochs in enumerate(values)
    }
    return VariantScores(name=name, model="m", samples=samples)


def one_row(row: Compared) -> Comparison:
    side = variant("a", values=A)
    return compare(side, side, criteria()).model_copy(update={"metrics": (row,)})


def test_three_epochs_are_no_three_articles_for_macro_f1() -> None:
    def repeated(name: str, predicted: str) -> VariantScores:
        records = tuple({"topic_macro_f1": [[predicted], ["x"]]} for _ in range(3))
        sample = SampleScores(fingerprint="f", epochs=records)
        return VariantScores(name=name, model="m", samples=dict.fromkeys(("one", "two"), sample))

    row = only(compare(repeated("a", "x"), repeated("b", "y"), criteria("topic_macro_f1")))

    assert (row.n, row.a, row.difference) == (2, None, None)
    assert measure(repeated("a", "x"), METRICS["topic_macro_f1"], seed=0).value is None


def test_lists_of_labels_are_resampled_too() -> None:
    right = [[["x"], ["x"]], [["y"], ["y"]]] * 5
    wrong = [[["y"], ["x"]], [["x"], ["y"]]] * 5
    row = only(
        compare(
            variant("a", "topic_macro_f1", wrong),
            variant("b", "topic_macro_f1", right),
            criteria("topic_macro_f1"),
        )
    )
    assert (row.a, row.b) == (0.0, 1.0)


def test_primaries_are_adjusted_for_their_number_and_others_are_not() -> None:
    a = variant("a", "topic_f1", [0.2] * 6, key_fact_recall=[0.2] * 6, rouge1=[0.2] * 6)
    b = variant("b", "topic_f1", [0.3] * 6, key_fact_recall=[0.3] * 6, rouge1=[0.3] * 6)
    found = compare(a, b, criteria("topic_f1", "key_fact_recall", "rouge1", primary=2))

    assert [row.p for row in found.metrics] == [pytest.approx(2 / 64)] * 3
    assert [row.p_adjusted for row in found.metrics[:2]] == [pytest.approx(4 / 64)] * 2
    assert found.metrics[2].p_adjusted is None
    assert [row.conclusion for row in found.metrics] == ["unclear", "unclear", "better"]


def test_missing_digests_make_a_comparison_incomplete_and_bound_it() -> None:
    a = variant("a", values=[0.5] * 10)
    b = variant("b", values=[0.5] * 8 + [..., ...])
    found = compare(a, b, criteria())

    assert (found.made_a, found.made_b, found.complete) == (1.0, 0.8, False)
    row = only(found)
    assert row.difference == 0
    assert (row.worst, row.best) == pytest.approx((-0.1, 0.1))


def test_bounds_are_as_wide_as_what_both_sides_miss() -> None:
    a = variant("a", "unsupported_share", [..., 0.5, 0.5, 0.5])
    b = variant("b", "unsupported_share", [0.5, ..., 0.5, 0.5])
    row = only(compare(a, b, criteria("unsupported_share")))

    # Less is better: at worst what A misses is 0 and what B misses is 1.
    assert row.worst == pytest.approx((0.5 + 1 + 0.5 + 0.5) / 4 - (0 + 0.5 + 0.5 + 0.5) / 4)
    assert row.worst is not None
    assert row.best == pytest.approx(-row.worst)


def test_bounds_leave_alone_what_a_metric_does_not_apply_to() -> None:
    a = variant("a", "attack_success", [0.0, None])
    b = variant("b", "attack_success", [0.0, ...])

    row = only(compare(a, b, criteria("attack_success")))

    assert (row.worst, row.best) == (0.0, 0.0)


def test_bounds_hold_the_difference_of_what_is_paired() -> None:
    a = variant("a", "number_support", [None, 1.0, ..., 0.5])
    b = variant("b", "number_support", [1.0, 1.0, 0.5, 0.5])

    row = only(compare(a, b, criteria("number_support")))

    # Three articles: the first is unscored in A, so it is no part of the difference.
    assert row.worst == pytest.approx((0 - 0.5 + 0) / 3)
    assert row.best == pytest.approx((0 + 0.5 + 0) / 3)


def test_nothing_missing_needs_no_bounds() -> None:
    row = only(compare(variant("a", values=A), variant("b", values=B), criteria()))

    assert (row.worst, row.best) == (None, None)


def test_the_detectable_difference_shrinks_with_the_articles() -> None:
    few = only(compare(variant("a", values=A), variant("b", values=B), criteria()))
    many = only(compare(variant("a", values=A * 10), variant("b", values=B * 10), criteria()))

    assert few.detectable is not None
    assert many.detectable is not None
    assert many.detectable < few.detectable / 3


def test_equal_variants_detect_nothing_and_pass() -> None:
    row = only(compare(variant("a", values=A), variant("b", values=A), criteria(margin=0.05)))

    assert (row.detectable, row.outcome, row.conclusion, row.p) == (None, "pass", "same", 1.0)


@pytest.mark.parametrize(
    ("metric", "a", "b", "stories"),
    [
        ("topic_f1", [0.5], [0.5], None),
        ("topic_f1", [0.5, 0.5], [1.0, 0.0], ["x", "x"]),
        ("topic_f1", [0.5] * 4, [1.0, 0.0] * 2, ["x", "x", "y", "y"]),
        ("topic_f1", [None] * 4, [None] * 4, None),
        ("topic_micro_f1", [[1, 1, 1]], [[1, 1, 1]], None),
        ("topic_micro_f1", [[1, 1, 0], [0, 1, 1]] * 2, [[0, 1, 1], [1, 1, 0]] * 2, [*"xxyy"]),
    ],
    ids=[
        "one article",
        "cancelled in one story",
        "cancelled in two",
        "unscored",
        "one article, no mean",
        "cancelled, no mean",
    ],
)
def test_without_a_difference_variants_are_not_yet_the_same(
    metric: str, a: list[Any], b: list[Any], stories: list[str] | None
) -> None:
    one, other = variant("a", metric, a, stories=stories), variant("b", metric, b, stories=stories)
    row = only(compare(one, other, criteria(metric, margin=0.05)))

    assert row.conclusion == "unclear"
    assert (row.low, row.high, row.detectable) == (None, None, None)
    assert row.outcome in ("inconclusive", None)


def test_articles_that_cancel_in_every_one_of_many_stories_are_no_pass() -> None:
    stories = [str(n // 2) for n in range(40)]
    a, b = variant("a", values=[0.5] * 40, stories=stories), variant("b", values=[1.0, 0.0] * 20)
    row = only(compare(a, b, criteria(margin=0.05)))

    assert (row.difference, row.p, row.wins, row.losses) == (0, 1, 20, 20)
    assert (row.conclusion, row.outcome, row.low) == ("unclear", "inconclusive", None)


def test_one_large_story_makes_more_undetectable_than_the_number_of_stories_says() -> None:
    one_large = [*["x"] * 12, *[str(n) for n in range(6)]]
    a = variant("a", values=[0.5] * 18, stories=one_large)
    b = variant("b", values=[0.6, 0.4, 0.3] * 6)
    row = only(compare(a, b, criteria()))
    interval = paired_difference(np.array([0.1, -0.1, -0.2] * 6), clusters=one_large)
    assert interval.standard_error is not None

    usual = interval.standard_error * 2.45 * 1.3  # t of 6 degrees of freedom, and power
    assert interval.df < 2
    assert row.detectable is not None
    assert row.detectable > 1.5 * usual


@pytest.mark.parametrize(
    ("metric", "a", "b"),
    [
        ("topic_micro_f1", [[1, 1, 1], [2, 0, 0]], [[1, 1, 1], [2, 0, 0]]),
        ("off_taxonomy_rate", [[0, 1], [0, 2]], [[0, 3], [0, 2]]),
    ],
)
def test_variants_are_the_same_where_a_metric_that_is_no_mean_never_differs(
    metric: str, a: list[Any], b: list[Any]
) -> None:
    row = only(compare(variant("a", metric, a), variant("b", metric, b), criteria(metric)))

    assert row.conclusion == "same"


@pytest.mark.parametrize("stories", [[None] * 5, ["v", "v", "w", "x", "y", "z"]])
def test_five_stories_however_alike_show_nothing(stories: list[str | None]) -> None:
    n = len(stories)
    a = variant("a", "topic_exact_match", [1.0] * n, stories=stories)
    b = variant("b", "topic_exact_match", [0.0] * n, stories=stories)
    row = only(compare(a, b, criteria("topic_exact_match", margin=0.05)))

    assert row.p == pytest.approx(2 / 2**5)
    assert (row.low, row.high, row.detectable) == (None, None, None)
    assert (row.conclusion, row.outcome) == ("unclear", "inconclusive")


def test_few_stories_find_no_difference_however_large() -> None:
    few = only(compare(variant("a", values=A[:5]), variant("b", values=B[:5]), criteria()))
    more = only(compare(variant("a", values=A), variant("b", values=B), criteria()))

    assert few.detectable is None
    assert more.detectable is not None


def test_what_several_primaries_find_is_larger_as_their_p_is_adjusted() -> None:
    found = compare(
        variant("a", values=A * 5, key_fact_recall=A * 5, rouge1=A * 5),
        variant("b", values=B * 5, key_fact_recall=B * 5, rouge1=B * 5),
        criteria("topic_f1", "key_fact_recall", "rouge1", primary=2),
    )
    first, second, reported = (row.detectable for row in found.metrics)

    assert first is not None
    assert reported is not None
    assert first == second
    assert first > 1.05 * reported


def test_values_without_an_interval_are_still_shown() -> None:
    gold = [["x"], ["x"], ["x"], ["y"]]
    a = variant("a", "topic_macro_f1", [[[], labels] for labels in gold])
    b = variant("b", "topic_macro_f1", [[labels, labels] for labels in gold])
    row = only(compare(a, b, criteria("topic_macro_f1", margin=0.1)))

    # A resample of four articles may hold no label three times.
    assert (row.a, row.b, row.difference, row.n) == (0.0, 1.0, 1.0, 4)
    assert (row.low, row.high, row.outcome) == (None, None, "inconclusive")
    assert row.p == 4 / 2**4  # whichever of them has the y


def test_a_metric_without_a_value_says_of_how_many_articles() -> None:
    side = variant("a", "topic_macro_f1", [[["x"], ["x"]], [["y"], ["y"]]])
    row = only(compare(side, side, criteria("topic_macro_f1")))

    assert (row.n, row.difference, row.conclusion) == (2, None, "unclear")


def test_too_few_articles_are_inconclusive_and_say_how_many_would_do() -> None:
    row = only(compare(variant("a", values=A), variant("b", values=A[::-1]), criteria(margin=0.05)))

    assert row.outcome == "inconclusive"
    assert row.n_needed is not None
    assert row.n_needed > 100


def test_slices_are_compared_by_the_primary_means() -> None:
    a = variant("a", values=[0.5] * 8)
    b = variant("b", values=[1.0, 0.5] * 4)
    found = compare(a, b, criteria("topic_f1", "rouge1", primary=1))

    by_name = {row.slice: row for row in found.slices}
    assert set(by_name) == {"even", "odd"}
    assert by_name["even"].difference == 0.5
    assert by_name["odd"].difference == 0
    assert by_name["even"].p_adjusted == pytest.approx(2 * 2 / 16)


def test_a_choice_of_prompt_that_nothing_used_is_noted() -> None:
    a = variant("m+digest@v1", values=A, prompts=("summarize@v1", "repair@v1"))
    b = variant("m+digest@v2", values=A, prompts=("summarize@v1", "repair@v1"))

    notes = compare(a, b, criteria()).notes

    assert len(notes) == 2
    assert notes[0].startswith("no digest of m+digest@v1 used digest@v1")


def test_a_choice_that_was_used_is_not_noted() -> None:
    a = variant("m+digest@v1", values=A, prompts=("digest@v1",))
    b = variant("m+digest@v2", values=A, prompts=("digest@v2",))

    assert compare(a, b, criteria()).notes == ()


def noisy(name: str, generator: np.random.Generator, *, shift: float = 0.0) -> VariantScores:
    """A variant of 40 articles with its own sampling noise around difficulties that all share."""
    difficulty = np.random.default_rng(7).uniform(0.2, 0.8, size=(40, 2))
    scores = np.clip(difficulty + shift + generator.normal(0, 0.2, size=(40, 2)), 0, 1)
    return variant(name, values=scores[:, 0].tolist(), key_fact_recall=scores[:, 1].tolist())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the permutations: p-values to a thousandth are enough to count those below 5 %."""
    fewer = partial(sign_flip_permutation, permutations=1_000)
    monkeypatch.setattr(differences, "sign_flip_permutation", fewer)


@pytest.mark.usefixtures("quick")
def test_the_same_thing_twice_is_called_a_difference_at_most_5_percent_of_the_time() -> None:
    generator = np.random.default_rng(20251124)
    both = criteria("topic_f1", "key_fact_recall")
    called = 0
    for _ in range(200):
        found = compare(noisy("a", generator), noisy("b", generator), both)
        called += any(row.conclusion != "unclear" for row in found.metrics)

    assert called <= 16  # 5 % of 200, and two standard errors of that
    assert called >= 1  # else it is not a test


@pytest.mark.usefixtures("quick")
def test_a_planted_regression_is_found_at_the_promised_power() -> None:
    generator = np.random.default_rng(20251125)
    found = 0
    first = only(compare(noisy("a", generator), noisy("b", generator), criteria()))
    assert first.detectable is not None
    for _ in range(200):
        row = only(compare(noisy("a", generator), noisy("b", generator, shift=-0.125), criteria()))
        found += row.conclusion == "worse"

    # sd of the differences: 0.2 * sqrt(2) = 0.283; 2.88 * 0.283 / sqrt(40) = 0.129
    assert first.detectable == pytest.approx(0.129, abs=0.03)
    assert 0.70 * 200 <= found <= 0.88 * 200


def timed(name: str, sessions: Sequence[str | None]) -> VariantScores:
    seconds = [1.0, 2.0, 3.0, 4.0]
    found = variant(name, "latency_p95", seconds)
    samples = {
        key: sample.model_copy(update={"sessions": (session,)})
        for (key, sample), session in zip(found.samples.items(), sessions, strict=True)
    }
    return found.model_copy(update={"samples": samples})


def test_times_are_compared_where_one_process_made_both() -> None:
    a = timed("a", ["x", "x", "x", None])
    row = only(compare(a, timed("b", ["x", "x", "y", None]), criteria("latency_p95")))

    assert row.n == 2


def test_times_of_two_runs_are_not_compared_and_a_note_says_so() -> None:
    found = compare(timed("a", ["x"] * 4), timed("b", ["y"] * 4), criteria("latency_p95"))

    assert only(found).difference is None
    assert any("not made in turns" in note for note in found.notes)


def test_the_interval_of_a_share_stays_between_0_and_1() -> None:
    high = measure(variant("a", values=[1.0] * 7 + [0.6]), METRICS["topic_f1"], seed=0)
    low = measure(variant("a", values=[0.0] * 7 + [0.4]), METRICS["topic_f1"], seed=0)
    cost = measure(variant("a", "cost_usd", [0.0] * 7 + [4.0]), METRICS["cost_usd"], seed=0)

    assert high.high == 1.0
    assert low.low == 0.0
    assert cost.low == 0.0
    assert cost.high is not None
    assert cost.high > 1


def test_early_looks_widen_the_interval_and_raise_p() -> None:
    a, b = variant("a", values=A * 4), variant("b", values=B * 4)
    plain = only(compare(a, b, criteria(margin=0.1)))
    early = only(compare(a, b, criteria(margin=0.1)._replace(looks=Looks((0.25, 0.5)))))

    assert None not in (plain.low, early.low, plain.p, early.p)
    assert (early.low or 0) < (plain.low or 0)
    assert (early.p or 0) > 2 * (plain.p or 0)


def test_more_tests_need_more_articles() -> None:
    a, b = variant("a", values=A * 2), variant("b", values=[*A[:-1], 0.9] * 2)
    one = compare(a, b, criteria()).decision
    three = compare_pairs([(a, b)] * 3, criteria())[0].decision

    assert (one.outcome, three.outcome) == ("unclear", "unclear")
    assert (three.more_articles or 0) > (one.more_articles or 0) > 0
