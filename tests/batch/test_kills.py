"""A job that is killed in earnest; benchmarks/batch_kills.py does it thirty times."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path

import pytest
from batch_kills import trial, write_rows

from summarizer.batch.records import JobRecords

pytestmark = pytest.mark.live


def test_a_job_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", 60)
    with trial(tmp_path, "job", jobs=4) as job:
        codes = [job.end_after(answers, signal.SIGKILL) for answers in (3, 11, 17)]
        assert codes == [-signal.SIGKILL] * 3
        assert job.start().wait() == 0
        paid = Counter(job.asked())

    logs = [log.read_text("utf-8").splitlines() for log in job.out.glob("records-*.jsonl")]
    items = [json.loads(line)["item"] for lines in logs for line in lines]
    assert sorted(items) == sorted({f"{tmp_path / 'rows.jsonl'}:{n}" for n in range(1, 61)})
    with JobRecords(job.out) as records:
        assert records.counts().done == 60
    assert paid.total() - len(paid) <= 3 * 4  # what was under way
