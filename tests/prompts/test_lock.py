"""A released prompt never changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from summarizer.errors import PromptError
from summarizer.prompts.store import read_lock, update_lock, verify_lock

WritePrompt = Callable[..., Path]


@pytest.fixture
def folder(write_prompt: WritePrompt, tmp_path: Path) -> Path:
    """A folder with the released digest/v1."""
    write_prompt()
    folder = tmp_path / "prompts"
    assert update_lock(folder) == ["digest/v1"]
    return folder


def test_the_lock_holds_the_hash_of_the_files_bytes(folder: Path) -> None:
    sha256 = hashlib.sha256((folder / "digest" / "v1.md").read_bytes()).hexdigest()

    assert json.loads((folder / "lock.json").read_text()) == {"digest/v1": sha256}
    verify_lock(folder)


def test_a_new_version_is_added(folder: Path, write_prompt: WritePrompt) -> None:
    before = read_lock(folder)
    write_prompt(version=2)

    with pytest.raises(PromptError, match=r"not in lock\.json: digest/v2"):
        verify_lock(folder)
    assert update_lock(folder) == ["digest/v2"]
    verify_lock(folder)
    assert read_lock(folder) | before == read_lock(folder)


def test_nothing_new_leaves_the_file_alone(folder: Path) -> None:
    lock = folder / "lock.json"
    before = lock.stat().st_mtime_ns

    assert update_lock(folder) == []
    assert lock.stat().st_mtime_ns == before


@pytest.mark.parametrize("act", [verify_lock, update_lock])
def test_a_changed_release_is_refused(folder: Path, act: Callable[[Path], object]) -> None:
    path = folder / "digest" / "v1.md"
    path.write_text(path.read_text() + "\n")

    with pytest.raises(PromptError, match="digest/v1 was changed") as caught:
        act(folder)
    assert "next version" in (caught.value.hint or "")


@pytest.mark.parametrize("act", [verify_lock, update_lock])
def test_a_removed_release_is_refused(folder: Path, act: Callable[[Path], object]) -> None:
    (folder / "digest" / "v1.md").unlink()

    with pytest.raises(PromptError, match="digest/v1 is missing"):
        act(folder)


def test_a_malformed_prompt_is_not_released(folder: Path, write_prompt: WritePrompt) -> None:
    write_prompt("# user\n{{ unknown }}", version=2)

    with pytest.raises(PromptError, match=r"not (declared|used)"):
        update_lock(folder)
    assert "digest/v2" not in read_lock(folder)


@pytest.mark.parametrize("text", ["[]", "{", '{"digest/v1": 1}', "[" * 100_000])
def test_a_broken_lock_is_refused(folder: Path, text: str) -> None:
    (folder / "lock.json").write_text(text)

    with pytest.raises(PromptError, match="not a JSON object"):
        verify_lock(folder)


def test_a_lock_that_cannot_be_written_is_a_user_error(
    write_prompt: WritePrompt, tmp_path: Path
) -> None:
    write_prompt()
    folder = tmp_path / "prompts"
    (folder / "lock.json").mkdir()

    with pytest.raises(PromptError, match="cannot write"):
        update_lock(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["digest", "lock.json"]
