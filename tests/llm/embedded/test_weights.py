from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from summarizer.errors import ConfigurationError, ModelUnavailableError
from summarizer.llm.embedded import weights
from summarizer.llm.embedded.model_catalog import CatalogModel
from summarizer.llm.embedded.weights import (
    ensure_weights,
    is_present,
    remove_weights,
    weights_path,
)
from summarizer.settings import Settings, load_settings


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read to compute a digest."""
    read: list[Path] = []
    compute = weights.compute_sha256
    monkeypatch.setattr(
        weights, "compute_sha256", lambda path: (read.append(path), compute(path))[1]
    )
    return read


def put(model: CatalogModel, content: bytes, settings: Settings) -> Path:
    path = weights_path(model, settings=settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_gguf_path_is_used_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "own.gguf"
    file.write_bytes(b"GGUF and more")

    assert ensure_weights(str(file), settings=load_settings()) == file


def test_a_path_may_start_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own.gguf").write_bytes(b"GGUF")

    assert ensure_weights("~/own.gguf", settings=load_settings()) == tmp_path / "own.gguf"


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"\x10\x00\x00\x00{}")

    with pytest.raises(ConfigurationError, match="not a GGUF file"):
        ensure_weights(str(file), settings=load_settings())


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        ensure_weights(str(tmp_path / "none.gguf"), settings=load_settings())


@pytest.mark.usefixtures("model")
def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match="'tinny'") as caught:
        ensure_weights("tinny", settings=load_settings())

    assert caught.value.hint == "did you mean tiny?"


@pytest.mark.usefixtures("model")
def test_offline_nothing_is_fetched() -> None:
    with pytest.raises(ModelUnavailableError, match="nothing may be downloaded") as caught:
        ensure_weights("tiny", settings=load_settings())

    assert caught.value.hint is not None
    assert "summarizer models pull tiny" in caught.value.hint
    assert "SUMMARIZER_OFFLINE" in caught.value.hint
    assert "--model extractive" in caught.value.hint


def test_offline_a_damaged_file_is_told_as_one(model: CatalogModel, content: bytes) -> None:
    settings = load_settings()
    put(model, content[:-1] + b"?", settings)
    with pytest.raises(ModelUnavailableError, match=r"are damaged: .*published sha256"):
        ensure_weights("tiny", settings=settings)


def test_offline_a_file_that_is_here_is_used(model: CatalogModel, content: bytes) -> None:
    settings = load_settings()
    path = put(model, content, settings)

    assert ensure_weights("tiny", settings=settings) == path


def test_a_file_is_read_once_for_its_digest(
    model: CatalogModel, content: bytes, hashed: list[Path]
) -> None:
    settings = load_settings()
    path = put(model, content, settings)
    for _ in range(3):
        ensure_weights("tiny", settings=settings)

    assert hashed == [path]


def test_a_changed_file_is_read_again_and_refused(model: CatalogModel, content: bytes) -> None:
    settings = load_settings()
    path = put(model, content, settings)
    ensure_weights("tiny", settings=settings)
    path.write_bytes(content[:-1] + b"!")
    os.utime(path, ns=(1, 1))

    with pytest.raises(ModelUnavailableError):
        ensure_weights("tiny", settings=settings)


def test_a_damaged_memo_costs_only_time(
    model: CatalogModel, content: bytes, hashed: list[Path]
) -> None:
    settings = load_settings()
    put(model, content, settings)
    ensure_weights("tiny", settings=settings)
    (memo,) = (settings.data_dir / "models" / ".digests").iterdir()
    for damage in ("", "[]", "{}", '{"state": 1}'):
        memo.write_text(damage)
        ensure_weights("tiny", settings=settings)

    assert len(hashed) == 5


def test_a_read_only_data_folder_still_works(
    model: CatalogModel, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings()
    path = put(model, content, settings)

    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "write_text", refuse)

    assert ensure_weights("tiny", settings=settings) == path


def test_removing_deletes_the_file_and_the_rest_of_a_download(
    model: CatalogModel, content: bytes
) -> None:
    settings = load_settings()
    path = put(model, content, settings)
    path.with_name("tiny.gguf.part").write_bytes(b"12345")

    assert remove_weights(model, settings=settings) == len(content) + 5
    assert not is_present(model, settings=settings)
    assert remove_weights(model, settings=settings) == 0
