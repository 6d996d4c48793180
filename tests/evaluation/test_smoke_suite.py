"""The smoke suite, run with the extractive engine and held against its committed baseline."""

from __future__ import annotations

from pathlib import Path

from summarizer.evaluation.compare.gating import gate, rules_of
from summarizer.evaluation.compare.operands import load_baseline
from summarizer.evaluation.run.plan import Selection, begin, plan_run
from summarizer.evaluation.run.runner import Runner
from summarizer.evaluation.scores import metrics_sha256
from summarizer.evaluation.scoring import load_scores
from summarizer.evaluation.suite.file import load_suite
from summarizer.settings import data_root, load_settings

BASELINE = data_root() / "evals" / "smoke" / "baseline.json"


def test_the_extractive_engine_is_as_good_as_it_was(tmp_path: Path) -> None:
    """Where it got better, or the gold did: summarizer eval run smoke && eval gate RUN --update."""
    settings = load_settings()
    plan = plan_run(load_suite("smoke"), Selection(models=["extractive"]), settings=settings)
    folder = begin(plan, tmp_path / "run")
    Runner(folder, settings=settings, jobs=2).run()

    now = load_scores(folder)["extractive"]
    # Also after a change of the metrics, whose scores would be refused.
    then = load_baseline(BASELINE).variants["extractive"]
    pairs = [(then.model_copy(update={"code_sha256": now.code_sha256}), now)]
    report = gate("smoke", pairs, rules_of(plan.manifest.suite))

    assert report.outcome == "pass", report.variants[0].reasons


def test_the_baseline_is_of_this_version_of_the_metrics() -> None:
    """`make records` brings it up to date."""
    assert load_baseline(BASELINE).variants["extractive"].code_sha256 == metrics_sha256()


def test_the_baseline_holds_no_text() -> None:
    baseline = load_baseline(BASELINE)
    records = [
        record
        for sample in baseline.variants["extractive"].samples.values()
        for records in sample.epochs
        for record in (records or {}).values()
    ]
    assert records
    assert not any(isinstance(record, str) for record in records)
