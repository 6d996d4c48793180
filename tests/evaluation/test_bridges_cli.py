"""``summarizer eval export`` and ``eval compare`` of other tools' results, as users meet them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest
from small_suite import write_suite
from typer.testing import CliRunner, Result

from summarizer.cli.main import app
from summarizer.errors import ConfigurationError
from summarizer.evaluation.bridges.inspect_export import export_inspect
from summarizer.evaluation.bridges.inspect_logs import read_inspect_log
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.plan import Selection, begin, plan_run
from summarizer.evaluation.run.runner import Runner
from summarizer.evaluation.scoring import load_scores
from summarizer.evaluation.suite.file import load_suite
from summarizer.settings import load_settings

PROMPTFOO = Path(__file__).parents[1] / "data" / "promptfoo"


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four articles, two epochs, by the extractive engine."""
    folder = tmp_path_factory.mktemp("run")
    settings = load_settings(cache=False)
    suite = load_suite(write_suite(folder / "suite", epochs=2))
    run = begin(plan_run(suite, Selection(), settings=settings), folder / "out")
    Runner(run, settings=settings).run()
    return run.path


@pytest.fixture
def run(made: Path) -> RunFolder:
    return RunFolder.open(made)


def test_a_run_is_the_same_as_itself_after_the_round_trip(run: RunFolder, tmp_path: Path) -> None:
    path = tmp_path / "run.eval"
    exported = evaluate("export", run.path, "--format", "inspect", "-o", path)
    assert exported.exit_code == 0, exported.output
    assert exported.stdout == ""
    assert f"{path}: 8 samples for inspect of extractive" in exported.stderr

    found = evaluate("compare", path, path, "--json")
    assert found.exit_code == 0, found.output
    (comparison,) = json.loads(found.stdout)
    ours = {row["metric"]: row for row in comparison["metrics"]}
    assert {row["difference"] for row in ours.values()} == {0}
    assert (comparison["articles"], comparison["complete"]) == (4, True)

    (direct,) = json.loads(evaluate("compare", run.path, run.path, "--json").stdout)
    for row in direct["metrics"]:
        if row["metric"] in ("topic_f1", "key_fact_recall"):
            same = ("a", "primary", "direction", "n", "clusters", "p_adjusted")
            assert {name: ours[row["metric"]][name] for name in same} == {
                name: row[name] for name in same
            }


def test_the_same_run_gives_the_same_bytes(run: RunFolder, tmp_path: Path) -> None:
    for name in ("a.eval", "b.eval"):
        evaluate("export", run.path, "-o", tmp_path / name)

    assert (tmp_path / "a.eval").read_bytes() == (tmp_path / "b.eval").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.eval", "b.eval"]


def test_a_log_says_what_it_is(run: RunFolder, tmp_path: Path) -> None:
    evaluate("export", run.path, "-o", tmp_path / "a.eval")
    with ZipFile(tmp_path / "a.eval") as log:
        names = log.namelist()
        header = json.loads(log.read("header.json"))
        sample = json.loads(log.read("samples/bridge-0_epoch_2.json"))

    assert names[-2:] == ["summaries.json", "header.json"]
    assert (header["version"], header["status"]) == (2, "success")
    assert header["eval"]["model"] == "extractive/extractive"
    assert header["eval"]["config"]["epochs"] == 2
    assert [score["name"] for score in header["results"]["scores"]] == [
        "topic_f1", "key_fact_recall", "topic_micro_f1",
    ]  # fmt: skip
    assert sample["input"].startswith("Bridge 0 to be rebuilt\n\nThe council of Ardenholm")
    assert "Topics: politics and government (11000000)" in sample["target"]
    assert set(sample["scores"]) == {"topic_f1", "key_fact_recall"}
    assert sample["metadata"]["digest"]["summary"]["text"] in sample["output"]["completion"]


def test_a_folder_takes_a_log_of_every_cell(run: RunFolder, tmp_path: Path) -> None:
    result = evaluate("export", run.path, "-o", tmp_path / "logs")

    assert result.exit_code == 0, result.output
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["extractive.eval"]


@pytest.mark.parametrize(
    ("run_name", "output", "problem"),
    [
        ("nothing", "a.eval", "is not the folder of a run"),
        (None, "missing/a.eval", "cannot write"),
    ],
)
def test_export_refuses(
    run: RunFolder, run_name: str | None, output: str, problem: str, tmp_path: Path
) -> None:
    result = evaluate("export", run_name or run.path, "-o", tmp_path / output)

    assert result.exit_code == 2
    assert problem in result.stderr


def test_promptfoo_is_compared_as_a_table() -> None:
    result = evaluate(
        "compare", PROMPTFOO / "before.json", PROMPTFOO / "after.json", "--metric", "score"
    )

    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[2] == "   6 samples"
    assert next(line for line in lines if line.startswith("score*")).endswith("better")
    assert "article" not in result.stdout


def test_incomplete_results_exit_with_12(tmp_path: Path) -> None:
    record = json.loads((PROMPTFOO / "after.json").read_text(encoding="utf-8"))
    record["results"]["results"][0]["failureReason"] = 2
    part = tmp_path / "part.json"
    part.write_text(json.dumps(record), encoding="utf-8")

    refused = evaluate("compare", PROMPTFOO / "before.json", part)
    assert refused.exit_code == 12
    assert "91.7%; 98 % are needed" in refused.stderr
    assert "of its results" in refused.stderr
    assert evaluate("compare", PROMPTFOO / "before.json", part, "--allow-incomplete").exit_code == 0


def test_two_tools_are_not_compared(run: RunFolder, tmp_path: Path) -> None:
    evaluate("export", run.path, "-o", tmp_path / "a.eval")

    for other in (PROMPTFOO / "after.json", run.path):
        result = evaluate("compare", tmp_path / "a.eval", other)
        assert result.exit_code == 2
        assert result.stderr.startswith("error: ")


def test_options_of_logs_are_not_for_runs(run: RunFolder) -> None:
    result = evaluate("compare", run.path, run.path, "--cluster", "story")

    assert result.exit_code == 2
    assert "are for the logs of other tools" in result.stderr


def test_what_a_file_says_does_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    record = json.loads((PROMPTFOO / "after.json").read_text(encoding="utf-8"))
    for result in record["results"]["results"]:
        result["vars"] = {"note": "\x1b]0;owned\x07" + result["vars"]["note"]}
        result["namedScores"] = {"\x1b[2Jx": 1}
    evil = tmp_path / "evil.json"
    evil.write_text(json.dumps(record), encoding="utf-8")

    result = evaluate("compare", evil, evil)
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output


def test_failures_are_samples_with_an_error_and_what_is_not_there_is_not_made_up(
    run: RunFolder, tmp_path: Path
) -> None:
    part = tmp_path / "part"
    shutil.copytree(run.path, part)
    lines = (part / "generations.jsonl").read_text(encoding="utf-8").splitlines()
    failed = json.loads(lines[0])
    error = {"type": "RefusalError", "message": "no", "hint": None, "exit_code": 5}
    failed["result"] = {"schema_version": "1.1", "source": "text", "error": error}
    kept = [json.dumps(failed), *lines[1:-1]]
    (part / "generations.jsonl").write_text("".join(line + "\n" for line in kept))

    result = evaluate("export", part, "-o", tmp_path / "part.eval")
    assert result.exit_code == 0, result.output
    with ZipFile(tmp_path / "part.eval") as log:
        header = json.loads(log.read("header.json"))
        summaries = json.loads(log.read("summaries.json"))
    assert header["status"] == "cancelled"
    assert (header["results"]["total_samples"], header["results"]["completed_samples"]) == (8, 6)
    assert summaries[0]["error"] == "RefusalError: no"
    assert "scores" not in summaries[0]
    (cell,) = read_inspect_log(tmp_path / "part.eval").cells.values()
    assert (cell.made, cell.expected) == (6, 8)


def test_stories_are_clusters_on_both_sides_of_the_bridge(run: RunFolder, tmp_path: Path) -> None:
    evaluate("export", run.path, "-o", tmp_path / "a.eval")
    (cell,) = read_inspect_log(tmp_path / "a.eval").cells.values()

    assert [case.story for case in cell.cases.values()] == ["first", "first", None, None]


def test_a_log_of_nothing_is_not_written(run: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "empty")
    (tmp_path / "empty" / "generations.jsonl").write_text("")

    result = evaluate("export", tmp_path / "empty", "-o", tmp_path / "a.eval")
    assert (result.exit_code, "has no digests" in result.stderr) == (2, True)
    assert not (tmp_path / "a.eval").exists()


def test_a_name_that_inspect_would_not_know_is_refused(run: RunFolder, tmp_path: Path) -> None:
    cell = load_scores(run)["extractive"]

    with pytest.raises(ConfigurationError, match="no name of an Inspect log"):
        export_inspect(run, cell, tmp_path / "a.json")
