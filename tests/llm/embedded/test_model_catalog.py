from __future__ import annotations

import os
from pathlib import Path

import pytest

from summarizer.llm.embedded import model_catalog
from summarizer.llm.embedded.model_catalog import DEFAULT_MODEL, Wheels, catalog, find_model


def test_the_default_is_in_the_catalog_and_comes_first() -> None:
    assert find_model(DEFAULT_MODEL) == catalog()[0]


def test_names_and_files_are_unique() -> None:
    assert len({model.name for model in catalog()}) == len(catalog())
    assert len({model.file for model in catalog()}) == len(catalog())


def test_an_unknown_name_is_not_found() -> None:
    assert find_model("gpt-4o") is None


def test_the_parts_in_wheels_add_up_to_the_file() -> None:
    for model in catalog():
        if model.wheels is None or model.size_bytes is None:
            continue
        before_last = (model.wheels.parts - 1) * model.wheels.part_bytes
        assert before_last < model.size_bytes <= before_last + model.wheels.part_bytes


def test_parts_are_ordered_by_number_not_by_name() -> None:
    wheels = Wheels(package="p{part}", parts=11, version="1", part_bytes=1)

    assert wheels.requirements[1] == "p2==1"
    assert wheels.requirements[-2:] == ("p10==1", "p11==1")


@pytest.fixture
def quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "cpu.max"
    monkeypatch.setattr(model_catalog, "_CGROUP", tmp_path)
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

    assert model_catalog.usable_cores() == expected


def test_without_a_container_the_affinity_counts(quota: Path) -> None:
    assert not quota.exists()
    assert model_catalog.usable_cores() == 8


def test_what_was_read_of_files_is_free_in_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_catalog, "_CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("900000\n")
    (tmp_path / "memory.stat").write_text("anon 200000\ninactive_file 700000\n")

    assert model_catalog.usable_memory() == 800_000
