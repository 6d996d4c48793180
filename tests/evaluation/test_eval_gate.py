"""The gate: verdicts, exit codes, baselines, and what it writes for others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from summarizer.cli.evaluation_gate import junit_xml, markdown_of
from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.gating import GateReport, Rules, gate, lowered
from summarizer.evaluation.compare.operands import Baseline, load_baseline, write_baseline
from summarizer.evaluation.compare.paired import Criteria
from summarizer.evaluation.metrics import METRICS
from summarizer.evaluation.run.manifest import Revision
from summarizer.evaluation.scores import SampleScores, VariantScores

METRIC = METRICS["topic_f1"]


def variant(values: Sequence[Any], *, name: str = "m") -> VariantScores:
    samples = {
        f"sample-{place:03}": SampleScores(
            fingerprint="f", epochs=(None if value is ... else {"topic_f1": value},)
        )
        for place, value in enumerate(values)
    }
    return VariantScores(name=name, model="m", samples=samples)


def report(
    before: Sequence[Any], after: Sequence[Any], *, margin: float = 0.05, **options: Any
) -> GateReport:
    return gate("bridges", [(variant(before), variant(after))], rules(margin), **options)


def rules(margin: float = 0.05) -> Rules:
    return Rules(Criteria([METRIC], ["topic_f1"], {"topic_f1": margin}))


SPREAD = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0] * 8


@pytest.mark.parametrize(
    ("after", "outcome", "code"),
    [
        (SPREAD, "pass", 0),
        ([value - 0.01 for value in SPREAD], "pass", 0),
        ([value - 0.2 for value in SPREAD], "regress", 10),
        (SPREAD[::-1], "inconclusive", 11),
        ([...] * 2 + SPREAD[2:], "incomplete", 12),
    ],
)
def test_verdicts_have_codes(after: Sequence[Any], outcome: str, code: int) -> None:
    found = report(SPREAD, after)

    assert (found.outcome, found.exit_code) == (outcome, code)


def test_a_baseline_that_lacks_digests_is_incomplete() -> None:
    assert report([...] * 2 + SPREAD[2:], SPREAD).outcome == "incomplete"


def test_one_margin_that_is_open_leaves_the_variant_open() -> None:
    values = {"topic_f1": [SPREAD, SPREAD], "rouge1": [SPREAD, SPREAD[::-1]]}
    before, after = (
        VariantScores(
            name="m",
            model="m",
            samples={
                str(n): SampleScores(
                    fingerprint="f", epochs=({name: v[side][n] for name, v in values.items()},)
                )
                for n in range(len(SPREAD))
            },
        )
        for side in range(2)
    )
    both = [METRICS[name] for name in values]
    found = gate("x", [(before, after)], Rules(Criteria(both, [], dict.fromkeys(values, 0.05))))

    assert [row.outcome for row in found.variants[0].gates] == ["pass", "inconclusive"]
    assert found.outcome == "inconclusive"


def test_a_run_of_part_of_the_suite_is_incomplete() -> None:
    found = report(SPREAD, SPREAD[:10])

    assert found.outcome == "incomplete"
    assert "38 articles of the baseline are missing" in found.variants[0].reasons[0]


def test_articles_that_changed_make_it_incomplete_and_say_what_to_do() -> None:
    before, after = variant(SPREAD), variant(SPREAD)
    changed = {
        name: sample.model_copy(update={"fingerprint": "g"})
        for name, sample in after.samples.items()
    }

    found = gate("bridges", [(before, after.model_copy(update={"samples": changed}))], rules())

    assert found.outcome == "incomplete"
    assert "--update" in found.variants[0].reasons[0]


def test_new_articles_do_not_matter_until_the_baseline_has_them() -> None:
    assert report(SPREAD, [*SPREAD, 0.0, 0.0]).outcome == "pass"


def test_incomplete_runs_are_judged_where_that_is_wanted() -> None:
    found = report(SPREAD, [...] * 2 + SPREAD[2:], allow_incomplete=True)

    assert found.outcome == "pass"
    row = found.variants[0].gates[0]
    assert row.worst is not None
    assert row.worst < -0.01


def test_a_gate_whose_metric_scores_nothing_does_not_pass() -> None:
    found = report([None] * 5, [None] * 5)

    assert found.outcome == "inconclusive"
    assert "topic_f1: no article is scored" in found.variants[0].reasons


@pytest.mark.parametrize(
    ("articles", "outcome"), [(2, "inconclusive"), (5, "inconclusive"), (6, "pass")]
)
def test_a_few_articles_that_are_equal_are_no_evidence(articles: int, outcome: str) -> None:
    values = SPREAD[:articles]

    found = report(values, values)

    assert found.outcome == outcome
    assert found.variants[0].gates[0].low == (0 if outcome == "pass" else None)


def test_a_baseline_of_another_version_of_the_metrics_is_refused() -> None:
    old, new = (variant(SPREAD).model_copy(update={"code_sha256": code}) for code in ("old", "new"))

    with pytest.raises(ConfigurationError, match="different versions of the metrics") as caught:
        gate("bridges", [(old, new)], rules())
    assert "--update --allow-regression" in str(caught.value.hint)


def test_what_the_run_alone_is_not_scored_on_lets_nothing_pass() -> None:
    found = report(SPREAD, [*SPREAD[:-8], *[None] * 8])

    assert found.variants[0].gates[0].outcome == "pass"
    assert found.outcome == "inconclusive"
    assert "40 articles are scored in both, 8 in only one" in found.variants[0].reasons[0]


def test_one_story_settles_nothing() -> None:
    assert report([0.5], [0.5]).outcome == "inconclusive"


def test_the_worst_variant_counts() -> None:
    good = (variant(SPREAD), variant(SPREAD))
    bad = (variant(SPREAD, name="n"), variant([value - 0.3 for value in SPREAD], name="n"))

    found = gate("bridges", [good, bad], rules())

    assert [item.outcome for item in found.variants] == ["pass", "regress"]
    assert found.outcome == "regress"


def test_a_suite_without_gates_has_nothing_to_hold_against() -> None:
    with pytest.raises(ConfigurationError, match="has no gates"):
        gate("bridges", [(variant(SPREAD), variant(SPREAD))], Rules(Criteria([METRIC], [], {})))


def test_any_loss_at_all_is_seen_before_a_baseline_is_lowered() -> None:
    assert lowered(report(SPREAD, SPREAD)) == []
    assert lowered(report(SPREAD, [min(1.0, value + 0.1) for value in SPREAD])) == []
    (line,) = lowered(report(SPREAD, [value - 0.001 for value in SPREAD]))
    assert line == "m: topic_f1 0.7500 -> 0.7490"


def baseline(**variants: VariantScores) -> Baseline:
    return Baseline(
        suite="bridges",
        created="2025-11-24T00:00:00+00:00",
        revision=Revision(sha="0" * 40, dirty=False),
        variants=variants,
    )


def test_a_baseline_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    found = baseline(m=variant(SPREAD), n=variant([..., None, 1]))
    write_baseline(found, path)

    assert load_baseline(path) == found


def test_a_baseline_has_a_line_for_each_article(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    write_baseline(baseline(m=variant([0.5, 1.0])), path)

    assert [line for line in path.read_text("utf-8").splitlines() if "sample-001" in line] == [
        '    "sample-001": { "fingerprint": "f", "story": null, "slices": [], '
        '"epochs": [ { "topic_f1": 1.0 } ]}'
    ]


@pytest.mark.parametrize("text", ["{}", "[1]", "no", '{"format": 2}'])
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match="is not a baseline"):
        load_baseline(path)


def test_a_baseline_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_baseline(tmp_path / "none.json")
    assert "--update" in str(caught.value.hint)


def test_junit_tells_failures_from_errors() -> None:
    regress = ET.fromstring(junit_xml(report(SPREAD, [value - 0.2 for value in SPREAD])))  # noqa: S314
    unclear = ET.fromstring(junit_xml(report(SPREAD, SPREAD[::-1])))  # noqa: S314
    passed = ET.fromstring(junit_xml(report(SPREAD, SPREAD)))  # noqa: S314

    counts = [
        tuple(root[0].get(name) for name in ("tests", "failures", "errors"))
        for root in (passed, regress, unclear)
    ]
    assert counts == [("1", "0", "0"), ("1", "1", "0"), ("1", "0", "1")]
    failure = regress.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message", "").startswith("regress: topic_f1 0.750 -> 0.550")


HOSTILE = 'a\x00\x1b[31m<b>&"|`[x](http://e)\ud800\n# x'


def hostile() -> GateReport:
    name = HOSTILE.encode("utf-8", "replace").decode()
    return gate(name, [(variant([1, 0], name=name), variant([0, 1], name=name))], rules())


def test_hostile_names_stay_text_in_xml() -> None:
    root = ET.fromstring(junit_xml(hostile()))  # noqa: S314

    assert '<b>&"' in str(root[0].get("name"))
    assert root.find(".//b") is None


def test_hostile_names_stay_text_in_markdown() -> None:
    text = markdown_of(hostile())

    assert "<b>" not in text
    assert "[x](" not in text
    assert "\n# x" not in text


def test_markdown_has_a_row_for_each_metric() -> None:
    text = markdown_of(report(SPREAD, [value - 0.2 for value in SPREAD]))

    assert text.startswith("## ❌ eval bridges: regress\n")
    row = "| **topic_f1** | 0.750 | 0.550 | -0.200 | -0.200 to -0.200 | 0.05 | ❌ regress |"
    assert row in text


def test_the_report_is_json_with_its_outcome() -> None:
    found = json.loads(report(SPREAD, SPREAD).model_dump_json())

    assert (found["format"], found["outcome"]) == (1, "pass")
    assert found["cells"][0]["comparison"]["metrics"][0]["margin"] == 0.05
