"""We read what Inspect itself writes (make test-live)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from summarizer.evaluation.interchange.compare_files import Choices, compare_files
from summarizer.evaluation.interchange.inspect_logs import read_inspect_log

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


def test_we_read_inspects_logs(tmp_path: Path) -> None:
    made = inspect(tmp_path / "logs", home=tmp_path)
    logs = [read_inspect_log(Path(path)) for path in made["paths"]]

    for log, means in zip(logs, made["means"], strict=True):
        (variant,) = log.variants.values()
        assert variant.name == "sayings by mockllm/model"
        for name, theirs in (("exact", "exact.exact"), ("parts.second", "parts.second")):
            values = [
                records[name]
                for sample in variant.samples.values()
                for records in sample.epochs
                if records
            ]
            assert sum(values) / len(values) == pytest.approx(means[theirs], abs=1e-3)

    (found,) = compare_files(*made["paths"], Choices())
    exact = next(row for row in found.metrics if row.metric == "exact")
    assert (found.made_a, found.made_b) == (1, 5 / 6)
    assert (exact.n, exact.losses, exact.wins) == (5, 2, 0)
    assert "length: unscored are 2 results of A, 2 of B" in found.notes
