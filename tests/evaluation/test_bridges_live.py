"""Inspect itself reads what we write, and we read what Inspect writes (make test-live)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from small_suite import write_suite

from summarizer.evaluation.bridges.compare_logs import Choices, compare_logs
from summarizer.evaluation.bridges.inspect_export import export_inspect
from summarizer.evaluation.bridges.inspect_logs import read_inspect_log
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.plan import Selection, begin, plan_run
from summarizer.evaluation.run.runner import Runner
from summarizer.evaluation.scoring import load_scores
from summarizer.evaluation.suite.file import load_suite
from summarizer.settings import load_settings

pytestmark = pytest.mark.live
SESSION = Path(__file__).with_name("inspect_session.py")
# Of an environment of its own, which make test-live makes.
PYTHON = os.environ.get(
    "INSPECT_PYTHON", str(Path(__file__).parents[2] / ".venv" / "inspect" / "bin" / "python")
)


def inspect(*arguments: object, home: Path) -> Any:
    done = subprocess.run(
        [PYTHON, str(SESSION), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=home,
        env={**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "share")},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    settings = load_settings(cache=False)
    suite = load_suite(write_suite(tmp_path / "suite", epochs=2))
    folder = begin(plan_run(suite, Selection(), settings=settings), tmp_path / "run")
    Runner(folder, settings=settings).run()
    return folder


def test_inspect_reads_our_log_and_we_read_it_again(run: RunFolder, tmp_path: Path) -> None:
    scores = load_scores(run)["extractive"]
    path = tmp_path / "ours.eval"
    export_inspect(run, scores, path)

    found = inspect("read", path, home=tmp_path)

    f1 = [
        records["topic_f1"] for case in scores.cases.values() for records in case.epochs if records
    ]
    assert (found["status"], found["samples"], found["summaries"]) == ("success", 8, 8)
    assert sorted(found["topic_f1"]) == pytest.approx(sorted(f1))
    assert found["mean"] == pytest.approx(sum(f1) / len(f1))
    assert "Topics: " in found["first"]
    assert found["errors"] == []
    # Inspect's own files of it: Zstandard in one, all in one in the other.
    for again in found["again"].values():
        (comparison,) = compare_logs(str(path), again, Choices())
        assert comparison.articles == 4
        assert {row.difference for row in comparison.metrics} == {0}


def test_we_read_inspects_logs(tmp_path: Path) -> None:
    made = inspect("eval", tmp_path / "logs", home=tmp_path)
    logs = [read_inspect_log(Path(path)) for path in made["paths"]]

    for log, means in zip(logs, made["means"], strict=True):
        (cell,) = log.cells.values()
        assert cell.name == "sayings by mockllm/model"
        for name, theirs in (("exact", "exact.exact"), ("parts.second", "parts.second")):
            values = [
                records[name] for case in cell.cases.values() for records in case.epochs if records
            ]
            assert sum(values) / len(values) == pytest.approx(means[theirs], abs=1e-3)

    (found,) = compare_logs(*made["paths"], Choices())
    exact = next(row for row in found.metrics if row.metric == "exact")
    assert (found.made_a, found.made_b) == (1, 5 / 6)
    assert (exact.n, exact.losses, exact.wins) == (5, 2, 0)
    assert "length: unscored are 2 results of A, 2 of B" in found.notes
