from __future__ import annotations

import os
from pathlib import Path

import pytest

from summarizer.llm.embedded import machine


@pytest.fixture
def quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "cpu.max"
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    return file


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max 100000\n", 8),
        ("200000 100000\n", 2),
        ("50000 100000\n", 1),
        ("6400000 100000\n", 8),
        ("nonsense", 8),
        ("1 0", 8),
    ],
)
def test_a_containers_quota_counts(quota: Path, text: str, expected: int) -> None:
    quota.write_text(text)

    assert machine.usable_cores() == expected


def test_without_a_container_the_affinity_counts(quota: Path) -> None:
    assert not quota.exists()
    assert machine.usable_cores() == 8
