"""Scoring a run: from its folder alone, whole, and never a zero for what is not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from small_suite import ANSWER, row, write_suite
from standin import StandIn, answer

from summarizer.errors import ConfigurationError
from summarizer.evaluation import scoring
from summarizer.evaluation.compare.operands import criteria_of, load_operand, pairs
from summarizer.evaluation.compare.paired import compare
from summarizer.evaluation.metrics import METRICS, Output
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.plan import Selection, begin, plan_run, take_gold
from summarizer.evaluation.run.runner import Runner
from summarizer.evaluation.scoring import load_results, load_scores, score_run
from summarizer.evaluation.suite.file import load_suite
from summarizer.settings import load_settings


def ran(folder: Path, *, server: StandIn | None = None, **suite: Any) -> RunFolder:
    flags: dict[str, Any] = {"base_url": server.base_url} if server else {}
    settings = load_settings(cache=False, max_retries=0, **flags)
    plan = plan_run(
        load_suite(write_suite(folder / "suite", **suite)), Selection(), settings=settings
    )
    run = begin(plan, folder / "run")
    Runner(run, settings=settings).run()
    return RunFolder.open(folder / "run")


def model_run(folder: Path, *replies: Any, **suite: Any) -> RunFolder:
    suite = {"matrix": {"models": ["big-70b"]}, **suite}
    with StandIn(*replies, default=answer(ANSWER, usage=(100, 0, 20))) as server:
        return ran(folder, server=server, **suite)


def test_every_metric_is_measured_and_what_has_no_gold_is_unscored(tmp_path: Path) -> None:
    result = score_run(ran(tmp_path)).variants["extractive"]

    assert tuple(result.metrics) == tuple(METRICS)
    assert result.made == result.expected
    assert result.metrics["topic_f1"].n == 4
    attack = result.metrics["attack_success"]
    assert (attack.value, attack.n, attack.unscored) == (None, 0, 4)


def test_means_have_an_interval_that_is_clustered(tmp_path: Path) -> None:
    facts = [row(0)["key_facts"], ["The moon is made of green cheese."]]
    rows = [row(number, key_facts=facts[number % 2]) for number in range(4)]
    found = score_run(ran(tmp_path, rows=rows)).variants["extractive"].metrics["key_fact_recall"]

    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


def test_a_failure_is_missing_not_zero(tmp_path: Path) -> None:
    bad = answer("no JSON at all")
    run = model_run(tmp_path, bad, bad)
    result = score_run(run).variants["big-70b"]

    assert result.failures == {"ModelOutputError": 1}
    assert (result.made, result.expected) == (3, 4)
    assert result.metrics["topic_f1"].n == 3
    assert result.metrics["topic_f1"].value == 1.0
    scores = load_scores(run)["big-70b"]
    assert [sample.made for sample in scores.samples.values()] == [0, 1, 1, 1]


def test_what_a_metric_raises_leaves_its_article_unscored_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ran(tmp_path)
    metric = METRICS["topic_f1"]

    def crash(output: Output) -> Any:
        if output.article.title == "Bridge 1 to be rebuilt":
            raise KeyError("nobody foresaw it")
        return metric.record(output)

    monkeypatch.setitem(METRICS, "topic_f1", metric._replace(record=crash))
    result = score_run(run).variants["extractive"]

    assert (result.made, result.failures) == (4, {"bug": 1})
    assert (result.metrics["topic_f1"].n, result.metrics["key_fact_recall"].n) == (3, 4)
    assert result.bugs[0].startswith("topic_f1 of bridge-1: unforeseen KeyError in test_scoring.py")
    scores = load_scores(run)["extractive"]
    criteria = criteria_of(run.manifest.suite)
    assert any(
        "unscored is topic_f1 of bridge-1" in n for n in compare(scores, scores, criteria).notes
    )


def test_a_run_is_scored_anew_when_the_metrics_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ran(tmp_path, rows=2)
    before = score_run(run)
    values = {
        **before.variants,
        "extractive": before.variants["extractive"].model_copy(update={"made": 0}),
    }
    run.results.write_text(before.model_copy(update={"variants": values}).model_dump_json())
    assert load_results(run).variants["extractive"].made == 0

    monkeypatch.setattr(scoring, "metrics_sha256", lambda: "another version")

    assert load_results(run).variants["extractive"].made == 2
    assert load_scores(run)["extractive"].code_sha256 == "another version"


def test_usage_and_prompts_are_those_of_the_digests(tmp_path: Path) -> None:
    result = score_run(model_run(tmp_path)).variants["big-70b"]

    assert (result.usage.requests, result.usage.prompt_tokens) == (4, 400)
    assert [name.partition("@")[0] for name in result.prompts] == ["digest"]
    assert result.metrics["completion_tokens"].value == 20


def test_scores_need_neither_the_suite_nor_a_model(tmp_path: Path) -> None:
    run = model_run(tmp_path)
    (tmp_path / "suite" / "suite.yaml").unlink()
    (tmp_path / "suite" / "data.jsonl").unlink()

    assert score_run(run).variants["big-70b"].metrics["topic_f1"].value == 1.0


def test_scores_hold_no_text(tmp_path: Path) -> None:
    run = ran(tmp_path)
    score_run(run)

    assert "council" not in run.scores.read_text("utf-8")


def test_epochs_are_kept_apart(tmp_path: Path) -> None:
    wrong = answer(ANSWER.replace("politics and government", "sport"))
    run = model_run(tmp_path, wrong, rows=1, epochs=2, settings={"temperature": 1})

    (sample,) = load_scores(run)["big-70b"].samples.values()

    assert sample.records("topic_f1") == [0.0, 1.0]
    assert load_results(run).variants["big-70b"].metrics["topic_f1"].value == 0.5


def test_results_are_made_anew_only_when_something_is(tmp_path: Path) -> None:
    run = ran(tmp_path)
    first = load_results(run)
    stamp = run.results.stat().st_mtime_ns

    assert load_results(run) == first
    assert run.results.stat().st_mtime_ns == stamp
    generations = run.path / "generations.jsonl"
    generations.write_bytes(b"".join(generations.read_bytes().splitlines(keepends=True)[:3]))
    assert load_results(RunFolder.open(run.path)).variants["extractive"].made == 3


def test_slices_have_values_of_their_own(tmp_path: Path) -> None:
    slices = score_run(ran(tmp_path)).variants["extractive"].slices

    assert set(slices) == {"even", "odd"}
    assert slices["even"]["topic_f1"].n == 2


def test_retrieval_is_scored_by_the_story(tmp_path: Path) -> None:
    run = ran(
        tmp_path,
        matrix={"models": ["extractive"], "context": [True]},
        settings={"length": "25", "embedding": "fast"},
    )
    samples = load_scores(run)["extractive+context"].samples

    # bridge-1 follows bridge-0 in one story; bridge-0 has nothing before it.
    assert samples["bridge-1"].records("recall_at_5") == [1.0]
    assert samples["bridge-0"].records("recall_at_5") == []
    assert samples["bridge-3"].records("recall_at_5") == []


def test_labels_of_ones_own_are_scored_by_their_own_taxonomy(tmp_path: Path) -> None:
    table = tmp_path / "suite" / "data.jsonl"
    rows = [row(number, label="Politik", gold_topics=None) for number in range(2)]
    run = ran(tmp_path, rows=rows, data={"path": str(table), "format": "table"})

    found = score_run(run).variants["extractive"].metrics

    assert run.taxonomy.name == "labels of bridges"
    assert found["topic_f1"].n == 2


def test_corrected_gold_is_scored_without_new_digests(tmp_path: Path) -> None:
    run = model_run(tmp_path)
    before = score_run(run).variants["big-70b"].metrics["topic_f1"].value
    corrected = [row(number, gold_topics=["15000000"]) for number in range(4)]
    file = load_suite(write_suite(tmp_path / "suite", rows=corrected))

    changed = take_gold(run, file, settings=load_settings())
    after = load_results(RunFolder.open(run.path)).variants["big-70b"].metrics["topic_f1"].value

    assert (changed, before, after) == (4, 1.0, 0.0)


def test_gold_of_another_text_is_refused(tmp_path: Path) -> None:
    run = ran(tmp_path, rows=1)
    file = load_suite(write_suite(tmp_path / "suite", rows=[row(0, article=row(1)["article"])]))

    with pytest.raises(ConfigurationError, match="'bridge-0' of the run is not that"):
        take_gold(run, file, settings=load_settings())


def test_damaged_scores_are_named(tmp_path: Path) -> None:
    run = ran(tmp_path, rows=1)
    score_run(run)
    run.scores.write_text(json.dumps({"variant": "x"}) + "\n", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="line 1 of"):
        load_scores(run)


def test_sides_are_named_by_folder_and_variant(tmp_path: Path) -> None:
    run = ran(
        tmp_path,
        rows=2,
        matrix={"models": ["extractive"], "context": [False, True]},
        settings={"length": "25", "embedding": "fast"},
    )
    whole, one = load_operand(str(run.path)), load_operand(f"{run.path}:context")

    assert list(whole.variants) == ["extractive", "extractive+context"]
    assert list(one.variants) == ["extractive+context"]
    assert [(a.name, b.name) for a, b in pairs(whole, None)] == [
        ("extractive", "extractive+context")
    ]
    assert [(a.name, b.name) for a, b in pairs(whole, one)] == [("extractive+context",) * 2]
    with pytest.raises(ConfigurationError, match="has one variant"):
        pairs(one, None)


@pytest.mark.parametrize("name", ["", "nope", "nope:variant", "/", ":"])
def test_what_is_no_side_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="neither a run's folder nor a baseline"):
        load_operand(name)


def test_more_metrics_can_be_compared(tmp_path: Path) -> None:
    suite = load_suite(write_suite(tmp_path)).suite

    found = criteria_of(suite, more=("rouge1", "topic_f1"))

    names = [metric.name for metric in found.metrics]
    assert names == ["topic_f1", "key_fact_recall", "topic_micro_f1", "rouge1"]
    with pytest.raises(ConfigurationError, match="'rouge9'"):
        criteria_of(suite, more=("rouge9",))
