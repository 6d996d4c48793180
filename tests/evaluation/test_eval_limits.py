"""Limits: values that decide without a baseline, and with one beside margins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from summarizer.cli.evaluation_gate import junit_xml, markdown_of
from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.gating import (
    GateReport,
    Rules,
    check_gates,
    gate,
    lowered,
    rules_of,
)
from summarizer.evaluation.compare.paired import Criteria
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.scores import SampleScores, VariantScores
from summarizer.evaluation.selftest import record
from summarizer.evaluation.suite.definition import Suite


def variant(metric: str, values: Sequence[Any]) -> VariantScores:
    """A variant with these records; ...: there is no digest."""
    samples = {
        f"sample-{place:03}": SampleScores(
            fingerprint="f", epochs=(None if value is ... else {metric: value},)
        )
        for place, value in enumerate(values)
    }
    return VariantScores(name="m", model="m", samples=samples)


def limits(complete: float | None = None, **limits: float) -> Rules:
    return Rules(Criteria([METRICS[name] for name in limits], [], {}), limits, complete)


def alone(metric: str, values: Sequence[Any], limit: float, **options: Any) -> GateReport:
    return gate("x", [(None, variant(metric, values))], limits(**{metric: limit}), **options)


@pytest.mark.parametrize(
    ("metric", "values", "limit", "outcome"),
    [
        ("topic_f1", [0.7, 0.9], 0.8, "pass"),  # the limit itself is within
        ("topic_f1", [0.7, 0.9], 0.81, "regress"),  # higher is better: a floor
        ("attack_success", [0, 1, 0, 0], 0.25, "pass"),  # lower is better: a ceiling
        ("attack_success", [0, 1, 0, 0], 0.2, "regress"),
        ("off_taxonomy_rate", [[1, 2], [0, 3]], 0.2, "pass"),  # no mean over articles
        ("off_taxonomy_rate", [[1, 2], [0, 3]], 0.19, "regress"),
        ("cost_usd", [0.01, 0.03], 0.02, "pass"),
        ("latency_p95", [1.0, 1.0, 9.0], 5.0, "regress"),
        ("cost_usd", [None, None], 0.02, "inconclusive"),  # no price is known
    ],
)
def test_the_value_decides(metric: str, values: list[Any], limit: float, outcome: str) -> None:
    found = alone(metric, values, limit)

    assert found.outcome == outcome
    assert found.variants[0].comparison is None


def test_what_is_over_a_limit_says_by_how_much_and_how_sure_it_is() -> None:
    (reason,) = alone("topic_f1", [0.5, 0.6, 0.7, 0.8], 0.9).variants[0].reasons

    assert reason.startswith("topic_f1: regress, 0.650 (95 % interval 0.4")
    assert reason.endswith("), at least 0.9")


def test_an_incomplete_run_is_not_judged() -> None:
    values = [1.0] * 9 + [...]

    assert alone("topic_f1", values, 0.5).outcome == "incomplete"
    assert alone("topic_f1", values, 0.5, allow_incomplete=True).outcome == "pass"


@pytest.mark.parametrize(("least", "outcome"), [(0.9, "pass"), (0.95, "incomplete")])
def test_a_suite_may_say_how_much_must_be_there(least: float, outcome: str) -> None:
    rules = limits(least, topic_f1=0.5)
    found = gate("x", [(None, variant("topic_f1", [1.0] * 9 + [...]))], rules)

    assert found.outcome == outcome
    complete, _ = found.variants[0].limits
    assert (complete.metric, complete.value, complete.outcome) == ("completeness", 0.9, outcome)
    assert "90.0% of the digests are there" in found.variants[0].reasons


def test_completeness_alone_is_a_gate() -> None:
    digests = variant("topic_f1", [1.0] * 9 + [...])

    assert gate("x", [(None, digests)], limits(0.9)).exit_code == 0
    assert gate("x", [(None, digests)], limits(1.0)).exit_code == 12


@pytest.mark.parametrize(
    ("after", "made", "outcome"),
    [
        ([1.0] * 8 + [...] * 4, 8 / 12, "incomplete"),  # all that failed is new
        ([1.0] * 7, 1.0, "pass"),  # the run is whole, if not of all that the baseline has
    ],
)
def test_completeness_is_of_the_digests_that_the_run_planned(
    after: list[Any], made: float, outcome: str
) -> None:
    rules = Rules(Criteria([METRICS["topic_f1"]], [], {"topic_f1": 0.05}), complete=1.0)

    found = gate("x", [(variant("topic_f1", [1.0] * 8), variant("topic_f1", after))], rules)

    (complete,) = found.variants[0].limits
    assert (complete.value, found.variants[0].made) == (made, made)
    assert (complete.outcome, found.outcome) == (outcome, "incomplete")


SPREAD = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0] * 8


@pytest.mark.parametrize(
    ("loss", "limit", "outcome"),
    [(0.0, 0.7, "pass"), (0.2, 0.5, "regress"), (0.0, 0.8, "regress"), (0.2, 0.8, "regress")],
)
def test_margin_and_limit_must_both_hold(loss: float, limit: float, outcome: str) -> None:
    metric = METRICS["topic_f1"]
    rules = Rules(Criteria([metric], ["topic_f1"], {"topic_f1": 0.05}), {"topic_f1": limit})
    after = variant("topic_f1", [value - loss for value in SPREAD])

    found = gate("x", [(variant("topic_f1", SPREAD), after)], rules)

    assert found.outcome == outcome
    assert len(found.variants[0].gates) == len(found.variants[0].limits) == 1


COSTS = [0.010, 0.012, 0.014, 0.016] * 10


def against(metric: str, before: Sequence[float], after: Sequence[float], margin: float) -> Any:
    rules = Rules(Criteria([METRICS[metric]], [], {metric: margin}))
    return gate("x", [(variant(metric, before), variant(metric, after))], rules)


@pytest.mark.parametrize(("factor", "outcome"), [(0.8, "pass"), (1.05, "pass"), (2.0, "regress")])
def test_cost_is_gated_by_a_margin(factor: float, outcome: str) -> None:
    found = against("cost_usd", COSTS, [factor * cost for cost in COSTS], 0.002)

    assert found.outcome == outcome


SECONDS = [1.0, 1.2, 1.4, 1.6, 2.0] * 10


def test_times_of_two_runs_are_gated_by_a_limit_not_by_a_margin() -> None:
    found = against("latency_p95", SECONDS, [4 * second for second in SECONDS], 1.0)

    assert found.outcome == "inconclusive"
    assert (
        "times of two runs are not compared, a limit can gate them" in found.variants[0].reasons[0]
    )
    assert lowered(found) == []
    assert alone("latency_p95", SECONDS, 1.5).outcome == "regress"


def test_any_rise_of_the_cost_holds_up_a_new_baseline() -> None:
    assert lowered(against("cost_usd", COSTS, [1.001 * cost for cost in COSTS], 0.002))


def suite(*gates: dict[str, Any]) -> Suite:
    return Suite.model_validate(
        {
            "name": "x",
            "data": "x",
            "matrix": {"models": ["m"]},
            "metrics": {"primary": ["topic_f1"]},
            "gates": gates,
        }
    )


def test_rules_are_those_of_the_suite() -> None:
    rules = rules_of(
        suite(
            {"metric": "topic_f1", "margin": 0.05, "limit": 0.6},
            {"metric": "off_taxonomy_rate", "limit": 0.02},
            {"metric": "completeness", "limit": 0.9},
        )
    )

    assert rules.criteria.margins == {"topic_f1": 0.05}
    assert rules.limits == {"topic_f1": 0.6, "off_taxonomy_rate": 0.02}
    assert (rules.complete, rules.needs_baseline) == (0.9, True)
    assert not rules_of(suite({"metric": "topic_f1", "limit": 0.5})).needs_baseline


def test_a_limit_on_a_metric_that_fails_its_self_test_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'chrf' may not gate"):
        check_gates(limits(chrf=0.1))


def test_a_self_test_of_other_code_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "code_sha256", lambda: "other")
    (warning,) = check_gates(limits(topic_f1=0.5))
    found = alone("topic_f1", [0.9, 0.9], 0.5, warnings=[warning])

    assert "changed since the self-test" in warning
    assert found.outcome == "pass"
    assert json.loads(found.model_dump_json())["warnings"] == [warning]
    assert "changed since the self-test" in markdown_of(found)
    assert "changed since the self-test" in junit_xml(found)


def test_limits_are_test_samples() -> None:
    found = alone("off_taxonomy_rate", [[1, 2], [0, 3]], 0.02)
    root = ET.fromstring(junit_xml(found))  # noqa: S314

    assert [root[0].get(name) for name in ("tests", "failures", "errors")] == ["1", "1", "0"]
    failure = root.find("testsuite/testcase[@name='off_taxonomy_rate limit']/failure")
    assert failure is not None
    assert failure.get("message", "").startswith("regress: off_taxonomy_rate 0.200 (")
    assert failure.get("message", "").endswith("), limit ≤ 0.02")


def test_limits_are_a_table_in_markdown() -> None:
    text = markdown_of(alone("topic_f1", [0.9, 1.0] * 20, 0.9))

    assert text.startswith("## ✅ eval x: pass\n\n**m**: pass, 40 articles, 100.0% complete\n")
    assert "| topic_f1 | 0.950 | 0.934 to 0.966 | ≥ 0.9 | ✅ pass |" in text
    assert "| baseline |" not in text
