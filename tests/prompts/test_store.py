"""Finding prompts: versions, and a user's folder before ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from summarizer.errors import PromptError
from summarizer.prompts import store
from summarizer.prompts.store import (
    find_prompt,
    list_prompts,
    load_prompt,
    prompts_folder,
    update_lock,
    verify_lock,
)

WritePrompt = Callable[..., Path]


@pytest.fixture
def ours(write_prompt: WritePrompt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the prompts that ship: digest v1, v2, v10 and classify v1."""
    for version in (1, 2, 10):
        write_prompt(f"# user\nOurs {version}", version=version, variables="[]")
    write_prompt("# user\nOurs", task="classify", variables="[]")
    folder = (tmp_path / "prompts").rename(tmp_path / "ours")
    monkeypatch.setattr(store, "prompts_folder", lambda: folder)
    return folder


def text(prompt: store.Prompt) -> str:
    return prompt.render()[0].content


@pytest.mark.usefixtures("ours")
def test_the_newest_version_is_the_highest_number() -> None:
    assert load_prompt("digest").version == 10


@pytest.mark.usefixtures("ours")
def test_a_version_can_be_asked_for() -> None:
    assert text(load_prompt("digest", version=2)) == "Ours 2"


@pytest.mark.usefixtures("ours")
def test_a_users_folder_comes_first_whatever_its_version(
    write_prompt: WritePrompt, tmp_path: Path
) -> None:
    write_prompt("# user\nTheirs", version=2, variables="[]")
    folder = tmp_path / "prompts"

    assert text(load_prompt("digest", folder=folder)) == "Theirs"
    assert text(load_prompt("digest", version=2, folder=folder)) == "Theirs"
    assert text(load_prompt("digest", version=1, folder=folder)) == "Ours 1"
    assert text(load_prompt("classify", folder=folder)) == "Ours"
    assert [(file.task, file.version) for file in list_prompts(folder=folder)] == [
        ("classify", 1),
        ("digest", 2),
    ]


@pytest.mark.usefixtures("ours")
def test_an_unknown_task_names_those_there_are() -> None:
    with pytest.raises(PromptError, match="'nope'; there are: classify, digest"):
        load_prompt("nope")


@pytest.mark.usefixtures("ours")
def test_an_unknown_version_is_an_error() -> None:
    with pytest.raises(PromptError, match="'digest' has no version 3"):
        load_prompt("digest", version=3)


@pytest.mark.parametrize("task", ["../ours/digest", "/etc", "", ".", "digest/..", "Digest"])
@pytest.mark.usefixtures("ours")
def test_a_task_is_not_a_path(task: str) -> None:
    with pytest.raises(PromptError, match="no prompt"):
        find_prompt(task)


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="no prompts folder"):
        list_prompts(folder=tmp_path / "nope")


@pytest.mark.parametrize("act", [list_prompts, verify_lock, update_lock])
def test_a_folder_without_prompts_is_not_taken_for_one(
    write_prompt: WritePrompt, act: Callable[..., object]
) -> None:
    """The folder of one task is a likely slip; our prompts would be used in its place."""
    with pytest.raises(PromptError, match="there are no prompts in"):
        act(folder=write_prompt().parent)


@pytest.mark.parametrize("name", ["v0.md", "v01.md", "v1.md~", "v1.txt", "notes.md", "v-1.md"])
def test_other_files_are_no_versions(write_prompt: WritePrompt, tmp_path: Path, name: str) -> None:
    path = write_prompt()
    path.rename(path.with_name(name))

    assert list(store.files_in(tmp_path / "prompts")) == []


@pytest.mark.parametrize(("task", "version"), [("digest", 2), ("classify", 1)])
def test_path_and_front_matter_must_agree(
    write_prompt: WritePrompt, tmp_path: Path, task: str, version: int
) -> None:
    head = "task: digest\nversion: 1\ndescription: A test.\nvariables: [article]"
    write_prompt(task=task, version=version, head=head)

    with pytest.raises(PromptError, match="front matter says 'digest' version 1"):
        load_prompt(task, version=version, folder=tmp_path / "prompts")


def test_a_file_above_the_limit_is_refused(write_prompt: WritePrompt, tmp_path: Path) -> None:
    write_prompt("# user\n{{ article }}" + "x" * store.MAX_FILE_BYTES)

    with pytest.raises(PromptError, match="larger than"):
        load_prompt("digest", folder=tmp_path / "prompts")


def test_our_prompts_lie_beside_the_package() -> None:
    assert prompts_folder().name == "prompts"
