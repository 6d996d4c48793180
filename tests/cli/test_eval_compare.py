"""``summarizer eval score|compare|gate`` as a user and a CI server meet them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from standin import StandIn, answer
from typer.testing import CliRunner, Result
from whole_app import app

from summarizer.evaluation import scores

TEXT = (
    "The council of {place} voted on Tuesday to rebuild the bridge that the flood took away.\n\n"
    "The work will take two years, the mayor said. She promised that the ferry would stay free."
)
SUMMARY = (
    "The council voted on Tuesday to rebuild the bridge that the flood took away. "
    "The work will take two years, the mayor said."
)
PLACES = ("Ardenholm", "Ravnsund", "Velmar", "Kessary", "Tessaly", "Orle", "Sedmir", "Dunmarch")


def reply(topic: str) -> Any:
    return answer(json.dumps({"summary": SUMMARY, "topics": [topic]}))


GOOD, BAD = reply("politics and government"), reply("sport")


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def write_suite(folder: Path, **changes: Any) -> None:
    folder.mkdir(exist_ok=True)
    rows = [
        {
            "id": place.lower(),
            "article": TEXT.format(place=place),
            "gold_topics": ["11000000"],
            "key_facts": ["The council voted on Tuesday.", "The work will take two years."],
        }
        for place in PLACES
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "data.jsonl").write_text(text, encoding="utf-8")
    suite = {
        "name": "bridges",
        "data": "data.jsonl",
        "matrix": {"models": ["big-70b"]},
        "settings": {"length": "25"},
        "metrics": {"primary": ["topic_f1"], "report": ["key_fact_recall"]},
        "gates": [{"metric": "topic_f1", "margin": 0.05}],
        **changes,
    }
    (folder / "suite.yaml").write_text(yaml.safe_dump(suite), encoding="utf-8")


def make(out: str, *replies: Any, default: Any = GOOD) -> Result:
    with StandIn(*replies, default=default) as server:
        return evaluate("run", "suite", "--out", out, "--base-url", server.base_url, "--no-cache")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three runs: good, bad on every article, and one that misses a digest."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SUMMARIZER_CACHE_DIR", str(folder / "cache"))
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        write_suite(folder / "suite")
        garbage = answer("no JSON at all")
        for result in (make("good"), make("bad", default=BAD)):
            assert result.exit_code == 0, result.stderr
        assert make("partly", garbage, garbage).exit_code == 12
        assert evaluate("gate", "good", "--baseline", "base.json", "--update").exit_code == 0
    return folder


@pytest.fixture(autouse=True)
def at_the_runs(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("good", "bad", "partly", "suite"):
        shutil.copytree(runs / name, tmp_path / name)
    shutil.copy(runs / "base.json", tmp_path)
    monkeypatch.chdir(tmp_path)


def test_scores_are_shown_by_metric() -> None:
    result = evaluate("score", "bad")

    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "big-70b: 8 of 8 digests"
    assert [line.split()[:2] for line in lines[2:]] == [
        ["topic_f1", "0.000"],
        ["key_fact_recall", lines[3].split()[1]],
    ]


def test_all_scores_can_be_shown() -> None:
    assert "novel_bigrams" in evaluate("score", "bad", "--all").stdout


def test_scores_as_json_are_the_results() -> None:
    found = json.loads(evaluate("score", "partly", "--json").stdout)

    assert found["cells"]["big-70b"]["failures"] == {"ModelOutputError": 1}
    assert found == json.loads(Path("partly/results.json").read_text("utf-8"))


def test_gold_can_be_corrected() -> None:
    path = Path("suite/data.jsonl")
    path.write_text(path.read_text("utf-8").replace("11000000", "15000000"), encoding="utf-8")

    result = evaluate("score", "bad", "--gold", "suite")

    assert "the gold of 8 articles changed" in result.stderr
    assert result.stdout.splitlines()[2].split()[:2] == ["topic_f1", "1.000"]


def test_a_run_that_grew_until_it_was_decided_was_looked_at_in_every_comparison() -> None:
    def p_value() -> float:
        (found,) = json.loads(evaluate("compare", "good", "bad", "--json").stdout)
        return float(found["metrics"][0]["p"])

    once = p_value()
    looks = json.dumps({"planned": 16, "articles": [4, 8]})
    (Path("bad") / "looks.json").write_text(looks, encoding="utf-8")
    often = p_value()
    (Path("bad") / "looks.json").rename(Path("good") / "looks.json")

    assert once < often == p_value()


def test_a_comparison_is_a_table_with_a_verdict() -> None:
    result = evaluate("compare", "good", "bad")

    assert result.exit_code == 0, result.stderr
    row = next(line for line in result.stdout.splitlines() if line.startswith("topic_f1*"))
    assert row.split()[1:5] == ["8", "1.000", "0.000", "-1.000"]
    assert row.split()[-1] == "worse"
    assert "0/0/8" in row
    assert "topic_f1: regress at a margin of 0.05" in result.stdout
    assert "Do not ship B: topic_f1 lost more than accepted." in result.stdout
    assert "B worse on: ardenholm 1.000 > 0.000" in result.stdout
    assert "and 4 more" in result.stdout


def test_runs_without_a_common_article_are_no_comparison() -> None:
    rows = Path("suite/data.jsonl").read_text("utf-8").replace('"id": "', '"id": "other-')
    Path("suite/data.jsonl").write_text(rows, encoding="utf-8")
    assert make("other").exit_code == 0

    result = evaluate("compare", "good", "other")

    assert result.exit_code == 2
    assert "'good' and 'other' have no article in common" in result.stderr


def test_a_comparison_with_a_baseline_has_the_run_as_b() -> None:
    lines = evaluate("compare", "bad", "--baseline", "base.json").stdout.splitlines()
    row = next(line for line in lines if line.startswith("topic_f1*"))

    assert row.split()[1:5] == ["8", "1.000", "0.000", "-1.000"]


def test_the_margin_may_be_named() -> None:
    accepted = evaluate("compare", "good", "bad", "--margin", "topic_f1=1")

    assert "topic_f1: pass at a margin of 1" in accepted.stdout
    assert "key_fact_recall" in accepted.stdout
    refused = evaluate("compare", "good", "bad", "--margin", "topic_f1")
    assert refused.exit_code == 2
    assert "METRIC=LOSS" in refused.stderr


def test_a_baseline_may_be_a_side_of_its_own() -> None:
    assert (
        evaluate("compare", "base.json", "bad").stdout
        == evaluate("compare", "bad", "--baseline", "base.json").stdout
    )


def test_a_comparison_as_json_is_a_list() -> None:
    (found,) = json.loads(evaluate("compare", "good", "bad", "--json").stdout)

    assert (found["a"], found["b"], found["articles"]) == ("big-70b", "big-70b", 8)
    assert found["metrics"][0]["conclusion"] == "worse"


def test_other_metrics_can_be_compared() -> None:
    assert "novel_bigrams" in evaluate("compare", "good", "bad", "--metric", "novel_bigrams").stdout


def test_all_pairs_of_a_run_are_compared() -> None:
    write_suite(Path("suite"), matrix={"models": ["big-70b", "huge-90b", "vast-200b"]})
    assert make("three").exit_code == 0

    heads = [
        line[3:] for line in evaluate("compare", "three").stdout.splitlines() if line[:3] == "B  "
    ]
    one = evaluate("compare", "three:huge", "three:vast")

    assert heads == ["huge-90b", "vast-200b", "vast-200b"]
    assert one.stdout.splitlines()[:2] == ["A  huge-90b", "B  vast-200b"]


def test_an_incomplete_side_is_not_compared() -> None:
    result = evaluate("compare", "good", "partly")

    assert result.exit_code == 12
    assert result.stdout == ""
    assert "87.5%" in result.stderr
    assert "--allow-incomplete" in result.stderr


def test_an_incomplete_side_is_compared_with_its_bounds_where_that_is_wanted() -> None:
    result = evaluate("compare", "good", "partly", "--allow-incomplete")

    assert result.exit_code == 0
    assert "with all that is missing, B - A is between -0.125 and +0.000" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("compare", "good"), "has one variant"),
        (("compare", "nope", "good"), "neither a run's folder nor a baseline"),
        (("compare", "good:x", "bad"), "there is no variant 'x'"),
        (("compare", "base.json", "base.json"), "one of the two must be a run"),
        (("compare", "good", "bad", "--metric", "x"), "there is no metric 'x'"),
        (("compare", "good", "bad", "--baseline", "base.json"), "either a second run or"),
        (("score", "suite"), "is not the folder of a run"),
        (("gate", "good", "--baseline", "none.json"), "there is no baseline 'none.json'"),
        (("gate", "base.json", "--baseline", "base.json"), "is not the folder of a run"),
    ],
)
def test_mistakes_are_configuration_errors(arguments: tuple[str, ...], words: str) -> None:
    result = evaluate(*arguments)

    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize(("run", "code"), [("good", 0), ("bad", 10), ("partly", 12)])
def test_the_gate_has_exit_codes(run: str, code: int) -> None:
    result = evaluate("gate", run, "--baseline", "base.json")

    assert result.exit_code == code, result.stderr
    outcome = {0: "pass", 10: "regress", 12: "incomplete"}[code]
    assert result.stdout.splitlines()[-1] == f"bridges: {outcome}"


def test_the_gate_is_inconclusive_where_it_cannot_tell() -> None:
    assert make("mixed", BAD, default=GOOD).exit_code == 0

    result = evaluate("gate", "mixed", "--baseline", "base.json")

    assert result.exit_code == 11
    assert "articles would settle it" in result.stdout


def test_the_gate_writes_for_ci_servers() -> None:
    Path("summary.md").write_text("before\n", encoding="utf-8")
    result = evaluate(
        "gate", "bad", "--baseline", "base.json", "--json",
        "--junit", "junit.xml", "--markdown", "summary.md",
    )  # fmt: skip

    assert json.loads(result.stdout)["outcome"] == "regress"
    assert 'failures="1"' in Path("junit.xml").read_text("utf-8")
    assert Path("summary.md").read_text("utf-8").startswith("before\n## ❌ eval bridges: regress")


def test_a_metric_that_fails_its_self_test_may_not_gate() -> None:
    write_suite(Path("suite"), gates=[{"metric": "chrf", "margin": 0.1}])
    assert make("chrf").exit_code == 0

    result = evaluate("gate", "chrf", "--baseline", "base.json")

    assert result.exit_code == 2
    assert "'chrf' may not gate" in result.stderr


def test_the_baseline_is_not_lowered_by_accident() -> None:
    before = Path("base.json").read_bytes()
    refused = evaluate("gate", "bad", "--baseline", "base.json", "--update")

    assert refused.exit_code == 10
    assert "topic_f1 1.0000 -> 0.0000" in refused.stderr
    assert Path("base.json").read_bytes() == before
    wanted = evaluate("gate", "bad", "--baseline", "base.json", "--update", "--allow-regression")
    assert wanted.exit_code == 0
    assert evaluate("gate", "bad", "--baseline", "base.json").exit_code == 0


def test_the_baseline_of_another_suite_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "measured_spread", lambda *_: 0.1)
    forecast = ["run", "suite", "--model", "extractive", "--dry-run"]
    assert evaluate("gate", "good", "--update").exit_code == 0
    assert "as the baseline has it" in evaluate(*forecast).stdout
    path = Path("suite", "baseline.json")
    before = path.read_text("utf-8").replace('"suite": "', '"suite": "other-')
    path.write_text(before, encoding="utf-8")

    for words in (["gate", "good", "--update"], ["gate", "good"]):
        refused = evaluate(*words)
        assert refused.exit_code == 2
        assert "is the baseline of suite 'other-" in refused.stderr
    assert path.read_text("utf-8") == before
    assert "which is assumed" in evaluate(*forecast).stdout


def test_a_part_of_a_run_is_no_baseline() -> None:
    result = evaluate("gate", "partly", "--baseline", "new.json", "--update")

    assert result.exit_code == 12
    assert not Path("new.json").exists()


def test_a_variant_that_the_baseline_does_not_have_is_named() -> None:
    write_suite(Path("suite"), matrix={"models": ["big-70b", "huge-90b"]})
    assert make("two").exit_code == 0

    result = evaluate("gate", "two", "--baseline", "base.json")

    assert result.exit_code == 2
    assert "the baseline has no variant 'huge-90b'" in result.stderr
    one = evaluate("gate", "two:huge", "--baseline", "base.json")
    assert one.exit_code == 0, one.stderr


def test_a_suite_of_limits_alone_needs_no_baseline() -> None:
    write_suite(Path("suite"), gates=[{"metric": "topic_f1", "limit": 0.9}])
    assert make("well").exit_code == 0
    assert make("badly", default=BAD).exit_code == 0

    passed, failed = evaluate("gate", "well"), evaluate("gate", "badly")

    assert passed.exit_code == 0, passed.stderr
    assert "topic_f1: pass, 1.000, at least 0.9" in passed.stdout
    assert failed.exit_code == 10
    assert "regress: topic_f1: regress, 0.000" in failed.stdout
    refused = evaluate("gate", "well", "--baseline", "base.json")
    assert refused.exit_code == 2
    assert "has only limits" in refused.stderr


def test_a_limit_counts_beside_the_margins() -> None:
    write_suite(
        Path("suite"),
        gates=[
            {"metric": "topic_f1", "margin": 0.05},
            {"metric": "latency_p95", "limit": 0},
            {"metric": "completeness", "limit": 1.0},
        ],
    )
    assert make("well").exit_code == 0

    result = evaluate("gate", "well", "--baseline", "base.json")

    assert result.exit_code == 10
    assert "topic_f1: pass at a margin of 0.05" in result.stdout
    assert "completeness: pass, 1.000, at least 1" in result.stdout
    assert "regress: latency_p95: regress" in result.stdout


def test_a_self_test_on_record_that_is_out_of_date_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from summarizer.evaluation.selftest import record

    monkeypatch.setattr(record, "code_sha256", lambda: "other")
    result = evaluate("gate", "good", "--baseline", "base.json", "--json")

    assert "changed since the self-test" in result.stderr
    assert json.loads(result.stdout)["warnings"]


def test_one_variant_can_become_the_baseline() -> None:
    result = evaluate("gate", "good:big", "--baseline", "new.json", "--update")

    assert result.exit_code == 0, result.stderr
    assert "new.json is the baseline of big-70b" in result.stderr


def test_a_gate_without_a_baseline_says_how_to_make_one() -> None:
    result = evaluate("gate", "good", "--baseline", "none.json")

    assert result.exit_code == 2
    assert "there is no baseline 'none.json'" in result.stderr
    assert "--update" in result.stderr


def test_inconclusive_may_pass() -> None:
    lines = Path("good/generations.jsonl").read_text("utf-8").splitlines(keepends=True)
    bad = Path("bad/generations.jsonl").read_text("utf-8").splitlines(keepends=True)
    Path("bad/generations.jsonl").write_text("".join(lines[:7] + bad[7:]), encoding="utf-8")

    refused = evaluate("gate", "bad", "--baseline", "base.json")
    passed = evaluate("gate", "bad", "--baseline", "base.json", "--pass-inconclusive")

    assert (refused.exit_code, passed.exit_code) == (11, 0)
    assert "no loss is known, nor ruled out" in passed.stderr
