"""``summarizer eval trend``: the runs of a suite over time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report_runs import Make, digest, write_run
from typer.testing import CliRunner, Result
from whole_app import app

from summarizer.digest import Digest, PromptRef
from summarizer.errors import ConfigurationError
from summarizer.evaluation.report.trend import Trend, render_trends, trends_of
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.scoring import score_run
from summarizer.evaluation.suite.samples import Sample


def made(version: int) -> Make:
    prompts = (PromptRef(name="digest", version=version, sha256="0" * 64),)

    def make(sample: Sample) -> Digest:
        return digest(sample, prompts=prompts)

    return make


def write(
    runs: Path, name: str, day: int, *, version: int = 1, rows: int = 4, **suite: object
) -> None:
    """A scored run of that day."""
    made_in = runs.parent / f"made-{name}"
    folder = write_run(made_in, {"m": made(version)}, rows=rows, **suite)
    manifest = folder / "manifest.json"
    record = json.loads(manifest.read_text())
    record["created"] = f"2025-03-{day:02}T10:00:00+00:00"
    manifest.write_text(json.dumps(record))
    score_run(RunFolder(folder))
    runs.mkdir(exist_ok=True)
    folder.rename(runs / name)


def only(runs: Path, **choices: object) -> Trend:
    (found,) = trends_of(runs, **choices)  # type: ignore[arg-type]
    return found


def test_runs_come_by_their_beginning_and_systems_by_the_prompts_that_were_used(
    tmp_path: Path,
) -> None:
    write(tmp_path / "runs", "a-later", 9, version=2)
    write(tmp_path / "runs", "b-earlier", 2, version=1)
    points = only(tmp_path / "runs").of("topic_f1")
    assert [(p.number, p.system, p.value, p.n) for p in points] == [
        (1, "m+digest@v1", 1.0, 4),
        (2, "m+digest@v2", 1.0, 4),
    ]
    assert all(point.unlike == () for point in points)


def test_a_variant_with_context_is_a_system_of_its_own(tmp_path: Path) -> None:
    write(tmp_path / "runs", "both", 1)
    manifest = tmp_path / "runs" / "both" / "manifest.json"
    record = json.loads(manifest.read_text())
    record["cells"][0]["cell"]["context"] = True
    manifest.write_text(json.dumps(record))
    systems = [point.system for point in only(tmp_path / "runs").of("topic_f1")]
    assert systems == ["m+digest@v1+context"]


def test_what_differs_from_the_newest_run_is_marked_and_not_plotted(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    write(runs, "fewer", 1, rows=3)
    write(runs, "settings", 2, settings={"length": "60"})
    write(runs, "old-code", 3)
    write(runs, "new", 4)
    results = json.loads((runs / "old-code" / "results.json").read_text())
    results["code_sha256"] = "0" * 64
    (runs / "old-code" / "results.json").write_text(json.dumps(results))
    before = (runs / "old-code" / "results.json").read_bytes()
    found = only(runs)
    assert [point.unlike for point in found.of("topic_f1")] == [
        ("articles",),
        ("settings",),
        ("metrics",),
        (),
    ]
    assert (runs / "old-code" / "results.json").read_bytes() == before, "scored anew"
    page = render_trends([found])
    assert page.count("run 4, m+digest@v1: ") == 2  # one plot for each metric
    assert "run 3, m+digest@v1" not in page
    assert "other metrics" in page


def test_a_metric_of_the_users_choice_and_one_that_does_not_exist(tmp_path: Path) -> None:
    write(tmp_path / "runs", "one", 1)
    assert only(tmp_path / "runs", metrics=["rouge2"]).metrics == ("rouge2",)
    with pytest.raises(ConfigurationError, match="no metric 'rouge9'"):
        trends_of(tmp_path / "runs", metrics=["rouge9"])


def test_a_folder_that_cannot_be_read_is_told_and_left_out(tmp_path: Path) -> None:
    write(tmp_path / "runs", "one", 1)
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "manifest.json").write_text("{")
    told: list[str] = []
    assert len(only(tmp_path / "runs", left_out=told.append).points) == 2
    assert "broken" in told[0]


def test_no_run_is_an_error_that_says_what_next(tmp_path: Path) -> None:
    write(tmp_path / "runs", "one", 1)
    with pytest.raises(ConfigurationError, match="no run of the suite 'other'") as caught:
        trends_of(tmp_path / "runs", suite="other")
    assert "summarizer eval run" in (caught.value.hint or "")


def run_trend(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", "trend", *map(str, arguments)])


def test_the_command_prints_a_table_a_page_and_json(tmp_path: Path) -> None:
    write(tmp_path / "runs", "one", 1)
    page = tmp_path / "trend.html"
    done = run_trend("bridges", "--runs", tmp_path / "runs", "-o", page)
    assert done.exit_code == 0, done.output
    assert "bridges: topic_f1" in done.stdout
    assert "m+digest@v1  1.000" in done.stdout
    assert "<svg" in page.read_text()
    record = json.loads(run_trend("--runs", tmp_path / "runs", "--json").stdout)
    assert record[0]["points"][0]["system"] == "m+digest@v1"


def test_a_page_replaces_no_file_that_runs_and_suites_are_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "runs", "one", 1)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "suite.yaml").write_text("name: bridges")
    run = Path("runs", "one")
    own = [*run.iterdir(), run / "corpus.sqlite", Path("suite.yaml"), Path("rows.csv")]
    before = {path: path.read_bytes() for path in own if path.is_file()}
    for path in own:
        assert run_trend("--runs", "runs", "-o", path).exit_code == 2, path
        report = CliRunner().invoke(app, ["eval", "report", str(run), "-o", str(path)])
        assert report.exit_code == 2, path
    assert {path: path.read_bytes() for path in own if path.is_file()} == before

    for arguments in (["trend", "--runs", "runs"], ["report", str(run)]):
        done = CliRunner().invoke(app, ["eval", *arguments, "-o", "-"])
        assert (done.exit_code, done.stdout[:15].lower()) == (0, "<!doctype html>")
    assert not Path("-").exists()


def test_what_a_model_is_called_stays_text_on_the_page(tmp_path: Path) -> None:
    write(tmp_path / "runs", "one", 1)
    found = only(tmp_path / "runs")
    hostile = found.points[0].model_copy(update={"system": "<script>alert(1)</script>"})
    page = render_trends([found.model_copy(update={"points": (hostile,)})])
    assert "<script>alert" not in page
