"""The rule that decides: better on one primary metric, and inside its margin on all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from test_compare import variant

from summarizer.evaluation.compare.comparison import Comparison, Decision, told
from summarizer.evaluation.compare.paired import Criteria, compare, compare_pairs
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.scores import VariantScores

N = 40
SAME = [0.5] * N
BETTER = [0.7, 0.8] * (N // 2)
WORSE = [0.2, 0.3] * (N // 2)
# No mean difference, but too scattered to say that nothing is lost.
SCATTERED = [0.0, 1.0] * (N // 2)
SLIGHTLY_LOWER = [0.48, 0.5] * (N // 2)
PRIMARY = ("topic_f1", "faithfulness")


def both(f1: Sequence[float], faithfulness: Sequence[float], name: str = "b") -> VariantScores:
    return variant(name, "topic_f1", f1, faithfulness=faithfulness)


BASE = both(SAME, SAME, "a")


def compared(
    b: VariantScores, margins: Mapping[str, float] | None = None, *, a: VariantScores = BASE
) -> Comparison:
    margins = {"topic_f1": 0.05, "faithfulness": 0.03} if margins is None else margins
    return compare(a, b, Criteria([METRICS[name] for name in PRIMARY], PRIMARY, margins))


def decided(
    b: VariantScores, margins: Mapping[str, float] | None = None, *, a: VariantScores = BASE
) -> Decision:
    return compared(b, margins, a=a).decision


def test_better_somewhere_and_inside_the_margin_elsewhere_is_shipped() -> None:
    found = decided(both(BETTER, SLIGHTLY_LOWER))

    assert (found.outcome, found.exit_code) == ("ship", 0)
    assert found.sentence == (
        "Ship B: it is better on topic_f1, and inside the margin on faithfulness."
    )


def test_better_is_not_enough_where_another_primary_metric_may_be_hurt() -> None:
    found = decided(both(BETTER, SCATTERED))

    assert (found.outcome, found.exit_code) == ("unclear", 11)
    assert "B is better on topic_f1, but faithfulness may have lost too much" in found.sentence
    assert found.more_articles
    assert found.more_articles > 1_000  # a loss of 0.03 hides well in a spread of 0.5


def test_a_loss_beyond_the_margin_outweighs_a_gain() -> None:
    found = decided(both(BETTER, WORSE))

    assert (found.outcome, found.exit_code) == ("do-not-ship", 10)
    assert "faithfulness lost more than accepted" in found.sentence
    assert "-0.250" in found.reasons[0]


def test_a_loss_within_the_margin_is_accepted_though_it_is_certain() -> None:
    found = compared(both(BETTER, SLIGHTLY_LOWER))

    assert found.metrics[1].conclusion == "worse"
    assert found.decision.outcome == "ship"


def test_without_a_margin_no_loss_is_accepted() -> None:
    assert decided(both(BETTER, SLIGHTLY_LOWER), {}).outcome == "do-not-ship"
    assert decided(both(BETTER, SAME), {}).outcome == "ship"


def test_the_same_outputs_are_nothing_to_ship() -> None:
    found = decided(both(SAME, SAME))

    assert found.outcome == "do-not-ship"
    assert "the same on every article" in found.sentence


def test_gains_that_cannot_reach_the_margin_are_nothing_to_ship() -> None:
    tiny = [0.49, 0.51] * (N // 2)

    assert decided(both(tiny, tiny)).outcome == "do-not-ship"
    assert decided(both(tiny, SCATTERED)).outcome == "unclear"


def test_less_may_be_better() -> None:
    names = ("unsupported_share",)
    criteria = Criteria([METRICS[name] for name in names], names, {"unsupported_share": 0.02})
    high, low = (variant(key, names[0], values) for key, values in (("a", BETTER), ("b", WORSE)))

    assert compare(high, low, criteria).decision.outcome == "ship"
    assert compare(low, high, criteria).decision.outcome == "do-not-ship"


def test_a_margin_on_a_metric_that_is_not_primary_counts() -> None:
    criteria = Criteria([METRICS[name] for name in PRIMARY], PRIMARY[:1], {"faithfulness": 0.03})

    assert compare(BASE, both(BETTER, WORSE), criteria).decision.outcome == "do-not-ship"
    assert compare(BASE, both(BETTER, SAME), criteria).decision.outcome == "ship"


def test_what_is_missing_decides_nothing() -> None:
    missing = variant("b", "topic_f1", [..., *BETTER[1:]], faithfulness=[..., *SAME[1:]])

    assert decided(missing).outcome == "incomplete"
    assert decided(missing).exit_code == 12


def test_the_articles_named_are_those_that_would_show_the_gain() -> None:
    # A gain of 0.1 with a spread of 0.5 needs about 200 articles at 5 %, more at 2.5 %.
    gain = [0.0, 0.2, 1.0, 1.2] * (N // 4)
    found = decided(both(gain, SAME))

    assert found.outcome == "unclear"
    assert found.more_articles == pytest.approx(200, rel=0.5)


def test_pairs_that_are_compared_together_are_adjusted_together() -> None:
    # p is 0.022 alone: enough for one pair, too much for three.
    values = [0.6 if place < 14 else 0.4 if place < 18 else 0.5 for place in range(N)]
    criteria = Criteria([METRICS["topic_f1"]], ("topic_f1",), {})
    a, b = variant("a", values=SAME), variant("b", values=values)
    alone = compare(a, b, criteria).metrics[0]
    assert alone.p is not None
    assert alone.p < 0.05

    first, *_ = compare_pairs([(a, b), (a, b), (a, b)], criteria)

    assert first.metrics[0].p_adjusted == pytest.approx(min(1, 3 * alone.p))
    assert (alone.conclusion, first.metrics[0].conclusion) == ("better", "unclear")


def test_what_only_one_of_both_is_scored_on_decides_nothing() -> None:
    # Half of B's summaries are in another language, so that nothing scores them.
    half = [*SAME[: N // 2], *[None] * (N // 2)]
    found = compared(both(BETTER, half))

    assert found.complete
    assert (found.decision.outcome, found.decision.exit_code) == ("incomplete", 12)
    assert "could turn faithfulness" in found.decision.sentence
    assert found.decision.reasons == (
        "faithfulness: 20 articles are scored in both, 20 in only one of both",
    )


def test_a_summary_without_a_number_is_no_doubt_of_its_numbers() -> None:
    names = ("topic_f1", "number_support")
    criteria = Criteria([METRICS[name] for name in names], names[:1], {"number_support": 0.02})
    a = variant("a", "topic_f1", SAME, number_support=[1.0] * N)
    b = variant("b", "topic_f1", BETTER, number_support=[*[1.0] * (N - 8), *[None] * 8])

    assert compare(a, b, criteria).decision.outcome == "ship"


def test_one_article_in_a_hundred_that_is_not_scored_in_both_is_accepted() -> None:
    a, b = (both([value] * 100, [0.5] * 100, name) for name, value in (("a", 0.5), ("b", 0.7)))
    lone = b.samples["sample-000"].epochs[0]
    assert lone is not None
    lone["faithfulness"] = None

    assert decided(b, a=a).outcome == "ship"


def test_two_articles_that_are_equal_show_nothing() -> None:
    few = both(SAME[:2], SAME[:2])

    found = decided(few, a=few)

    assert (found.outcome, found.more_articles) == ("unclear", None)
    assert found.sentence.startswith("Not decided: ")


def test_a_spread_that_nobody_knows_foretells_nothing() -> None:
    found = compared(both([0.9, 0.1], [0.5, 0.5]), a=both([0.5, 0.4], [0.5, 0.5]))

    assert found.decision.more_articles is None
    assert found.metrics[0].low == -1  # two shares differ by no more


def test_articles_that_a_metric_does_not_score_are_counted_in_what_would_tell() -> None:
    gain = [0.0, 0.2, 1.0, 1.2] * (N // 4)
    alone = decided(both(gain, SAME)).more_articles
    padding: list[float | None] = [None] * N
    a = variant("a", "topic_f1", [*SAME, *padding], faithfulness=SAME * 2)
    b = variant("b", "topic_f1", [*gain, *padding], faithfulness=SAME * 2)

    assert alone is not None
    assert decided(b, a=a).more_articles == 2 * alone


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (None, "Not decided"),
        (1, "About 1 more article would tell"),
        (1200, "About 1,200 more articles would tell"),
    ],
)
def test_what_would_tell_is_said_in_words(more: int | None, words: str) -> None:
    assert told(more) == words
