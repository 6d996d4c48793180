"""``summarizer eval compare`` of other tools' results, as users meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inspect_logs import samples, write_eval
from small_suite import write_suite
from typer.testing import CliRunner, Result
from whole_app import app

from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.plan import Selection, begin, plan_run
from summarizer.evaluation.run.runner import Runner
from summarizer.evaluation.suite.file import load_suite
from summarizer.settings import load_settings

PROMPTFOO = Path(__file__).parents[1] / "data" / "promptfoo"


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two articles by the extractive engine."""
    folder = tmp_path_factory.mktemp("run")
    settings = load_settings(cache=False)
    suite = load_suite(write_suite(folder / "suite", rows=2))
    run = begin(plan_run(suite, Selection(), settings=settings), folder / "out")
    Runner(run, settings=settings).run()
    return run.path


@pytest.fixture
def run(made: Path) -> RunFolder:
    return RunFolder.open(made)


def test_of_less_is_better_too_the_lower_bound_stands_first(tmp_path: Path) -> None:
    a = write_eval(tmp_path / "a.eval", samples({"wrong": [0.5] * 8}))
    b = write_eval(tmp_path / "b.eval", samples({"wrong": [..., *[0.5] * 7]}))
    result = evaluate("compare", a, b, "--lower", "wrong", "--allow-incomplete")

    assert "wrong: with all that is missing, B - A is between -0.062 and +0.062" in result.stdout


def test_what_is_too_incomplete_to_compare_says_which_id_is_doubled(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("id,f1\n1,1\n2,0\n3,1\n2,0\n")
    result = evaluate("compare", table, table)

    assert result.exit_code == 12
    assert "A: '2' has 2 rows (epochs), and 2 ids have fewer" in result.stderr


def test_promptfoo_is_compared_as_a_table() -> None:
    result = evaluate(
        "compare", PROMPTFOO / "before.json", PROMPTFOO / "after.json", "--metric", "score"
    )

    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[2] == "   6 samples"
    assert next(line for line in lines if line.startswith("score*")).endswith("better")
    assert "article" not in result.stdout


def test_the_example_of_the_docs_is_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROMPTFOO)
    page = (Path(__file__).parents[2] / "docs" / "eval-bridges.md").read_text(encoding="utf-8")
    command, _, shown = page.partition("```console\n$ summarizer ")[2].partition("\n")
    printed = evaluate(*command.split()[1:]).stdout

    assert printed.startswith(shown.partition("...\n```")[0])


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
    write_eval(tmp_path / "a.eval", samples({"f1": [1.0] * 8}))

    for other in (PROMPTFOO / "after.json", run.path):
        result = evaluate("compare", tmp_path / "a.eval", other)
        assert result.exit_code == 2
        assert result.stderr.startswith("error: ")


def test_options_of_logs_are_not_for_runs(run: RunFolder) -> None:
    result = evaluate("compare", run.path, run.path, "--cluster", "story")

    assert result.exit_code == 2
    assert "are for files of other tools" in result.stderr


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


def test_tables_of_scores_are_compared(tmp_path: Path) -> None:
    rows = [f"{number},{number / 10}" for number in range(8)]
    (tmp_path / "a.csv").write_text("id,quality\n" + "\n".join(rows))
    better = [f"{number},{number / 10 + 0.1}" for number in range(8)]
    (tmp_path / "b.csv").write_text("id,quality\n" + "\n".join(better))

    result = evaluate("compare", tmp_path / "a.csv", tmp_path / "b.csv")

    assert result.exit_code == 0, result.output
    assert "   8 samples" in result.stdout
    assert next(line for line in result.stdout.splitlines() if "quality*" in line).endswith(
        "better"
    )
