"""promptfoo's results: real files of its echo provider, and files that are damaged.

``tests/data/promptfoo`` has what promptfoo 0.121.20 wrote for six notes of ours, two repeats each,
under one wording of the prompt and under another, of which only the second has "not there".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from summarizer.errors import ConfigurationError
from summarizer.evaluation.compare.comparison import Compared, Comparison
from summarizer.evaluation.interchange import result_files
from summarizer.evaluation.interchange.compare_files import Choices, compare_files, is_foreign
from summarizer.evaluation.interchange.result_files import read_promptfoo

DATA = Path(__file__).parents[1] / "data" / "promptfoo"
BEFORE, AFTER = DATA / "before.json", DATA / "after.json"
Change = Callable[[dict[str, Any]], Any]


def compared(a: Path, b: Path, **choices: Any) -> Comparison:
    (found,) = compare_files(str(a), str(b), Choices(**choices))
    return found


def row(found: Comparison, name: str) -> Compared:
    return next(row for row in found.metrics if row.metric == name)


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    def change(*changes: Change, source: Path = BEFORE) -> Path:
        """The file with something else in it; a change is of each result."""
        record = json.loads(source.read_text(encoding="utf-8"))
        for result in record["results"]["results"]:
            for one in changes:
                one(result)
        path = tmp_path / "changed.json"
        path.write_text(json.dumps(record), encoding="utf-8")
        return path

    return change


def test_real_results_are_compared() -> None:
    found = compared(BEFORE, AFTER)

    assert (found.a, found.b) == (f"{BEFORE}: echo v1", f"{AFTER}: echo v2")
    assert found.articles == 6
    audience = row(found, "audience")
    assert (audience.a, audience.b, audience.wins) == (0, 1, 6)
    assert audience.p == pytest.approx(2 / 2**6)
    assert row(found, "score").difference == pytest.approx(0.5)
    assert row(found, "pass").test == "mcnemar"
    assert row(found, "subject").difference == 0


def test_repeats_are_epochs() -> None:
    (variant,) = read_promptfoo(BEFORE).variants.values()

    assert {len(sample.epochs) for sample in variant.samples.values()} == {2}


def test_tests_are_matched_by_their_variables_not_their_index(
    changed: Callable[..., Path],
) -> None:
    moved = changed(lambda result: result.update(testIdx=99 - result["testIdx"]))

    assert row(compared(BEFORE, moved), "score").losses == 0


def test_other_assertions_are_another_test(changed: Callable[..., Path]) -> None:
    other = changed(lambda result: result["testCase"]["assert"].pop())

    with pytest.raises(ConfigurationError, match="0 samples are the same") as caught:
        compared(BEFORE, other)
    assert "variables and assertions" in str(caught.value.hint)


def test_an_error_is_missing_not_a_failure(changed: Callable[..., Path]) -> None:
    def fail(result: dict[str, Any]) -> None:
        if result["testIdx"] == 0:
            result.update(failureReason=2, error="timeout", score=0, success=False)

    found = compared(BEFORE, changed(fail))

    assert (found.made_b, found.complete) == (11 / 12, False)
    assert row(found, "score").difference == 0


def test_a_failed_assertion_is_no_error() -> None:
    (variant,) = read_promptfoo(BEFORE).variants.values()
    results = json.loads(BEFORE.read_text(encoding="utf-8"))["results"]["results"]

    assert all(result["error"] for result in results)
    assert variant.made == 12


def test_scores_that_are_null_are_unscored(changed: Callable[..., Path]) -> None:
    other = changed(lambda result: result["namedScores"].update(subject=None))
    found = compared(BEFORE, other)

    assert row(found, "subject").n == 0
    assert found.notes == ("subject: unscored are 0 results of A, 12 of B",)


def test_answers_from_the_cache_took_no_time(changed: Callable[..., Path]) -> None:
    cached = changed(lambda result: result["response"].update(cached=True))

    assert row(compared(cached, AFTER), "usage.seconds").n == 0


def test_a_named_score_does_not_hide_the_score(changed: Callable[..., Path]) -> None:
    other = changed(lambda result: result["namedScores"].update({"score": 7}))

    assert "named.score" in read_promptfoo(other).metrics
    assert row(compared(other, other), "score").a == pytest.approx(5 / 12)


def test_the_columns_of_one_file_are_compared_with_each_other(tmp_path: Path) -> None:
    records = [json.loads(path.read_text(encoding="utf-8")) for path in (BEFORE, AFTER)]
    for result in records[1]["results"]["results"]:
        records[0]["results"]["results"].append({**result, "promptIdx": 1})
    path = tmp_path / "both.json"
    path.write_text(json.dumps(records[0]), encoding="utf-8")

    (found,) = compare_files(str(path), None, Choices())
    assert row(found, "score").difference == pytest.approx(0.5)
    (named,) = compare_files(f"{path}:v2", f"{path}:v1", Choices())
    assert row(named, "score").difference == pytest.approx(-0.5)


def test_the_cluster_is_metadata_or_a_variable() -> None:
    assert row(compared(BEFORE, AFTER, cluster="place"), "score").clusters == 5
    assert row(compared(BEFORE, AFTER, cluster="note"), "score").clusters == 6


@pytest.mark.parametrize("version", [2, 4])
def test_another_version_is_refused(version: int, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"evalId": "e", "results": {"version": version, "table": {}}}))

    assert is_foreign(str(path))
    with pytest.raises(ConfigurationError, match=f"version {version} of promptfoo's results"):
        read_promptfoo(path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda result: result.pop("success"), r"results\.results\.0\.success: it is missing"),
        (lambda result: result.pop("failureReason"), r"0\.failureReason: it is missing"),
        (lambda result: result.update(score="high"), r"results\.results\.0\.score"),
        (lambda result: result.update(vars=[1]), r"results\.results\.0\.vars"),
        (lambda result: result.update(testIdx=None), r"results\.results\.0\.testIdx"),
    ],
)
def test_damage_is_named(change: Change, problem: str, changed: Callable[..., Path]) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        read_promptfoo(changed(change))


def test_nan_is_unscored_where_a_file_has_it(changed: Callable[..., Path]) -> None:
    path = changed(lambda result: result.update(score=float("nan"), cost=float("inf")))

    assert row(compared(path, path), "score").n == 0


def test_a_file_without_results_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"evalId": null, "results": {"version": 3, "results": []}}')

    with pytest.raises(ConfigurationError, match="has no results"):
        read_promptfoo(path)


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_files, "MAX_BYTES", 1_000)

    with pytest.raises(ConfigurationError, match="holds more than"):
        read_promptfoo(BEFORE)


def test_names_that_users_see_are_short_and_in_one_line(changed: Callable[..., Path]) -> None:
    long = "a\nb " * 50_000

    def lengthen(result: dict[str, Any]) -> None:
        result.update(vars={"note": long})
        result["prompt"].update(label=long)
        result["testIdx"] += 1

    (variant,) = read_promptfoo(changed(lengthen)).variants.values()

    assert all(len(name) < 60 and "\n" not in name for name in (variant.name, *variant.samples))
