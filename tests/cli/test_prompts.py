from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner
from whole_app import app

from summarizer.prompts.store import read_lock

ARTICLE = "The council of Vale met on Monday. It agreed on a new bridge over the river.\n" * 8


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder with digest v1 and v2."""
    folder = tmp_path / "mine"
    (folder / "digest").mkdir(parents=True)
    for version, verb in ((1, "Sum up"), (2, "Summarize")):
        (folder / "digest" / f"v{version}.md").write_text(
            f"---\ntask: digest\nversion: {version}\ndescription: A short one.\n"
            "variables: [article, words]\n---\n"
            f"# system\n{verb} in {{{{ words }}}} words.\n# user\n{{{{ article | untrusted }}}}\n"
        )
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["prompts", *arguments])


def test_list_shows_the_prompts_in_force(folder: Path) -> None:
    lines = run("list", "--prompts-dir", str(folder)).stdout.splitlines()

    ours = [line for line in lines if line.startswith("digest@")]
    assert [line.split() for line in ours] == [
        ["digest@v1", "new", "A", "short", "one."],
        ["digest@v2", "new", "A", "short", "one."],
    ]


def test_list_as_json(folder: Path) -> None:
    run("lock", "--prompts-dir", str(folder))
    (folder / "digest" / "v1.md").write_bytes((folder / "digest" / "v1.md").read_bytes() + b"\n")

    records = json.loads(run("list", "--json", "--prompts-dir", str(folder)).stdout)

    states = {(r["task"], r["version"]): r["state"] for r in records if r["task"] == "digest"}
    assert states == {("digest", 1): "changed", ("digest", 2): "released"}


def test_the_setting_names_the_folder_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_PROMPTS_DIR", str(folder))

    assert "A short one." in run("list").stdout


def test_show_prints_the_file(folder: Path) -> None:
    shown = run("show", "digest", "--prompts-dir", str(folder)).stdout

    assert shown == (folder / "digest" / "v2.md").read_text()


def test_show_does_not_control_the_terminal(folder: Path) -> None:
    path = folder / "digest" / "v2.md"
    path.write_text(path.read_text() + "\x1b[31m\x9b31m\u202e")

    assert run("show", "digest", "--prompts-dir", str(folder)).stdout.endswith("[31m31m")


def test_diff_shows_what_changed(folder: Path) -> None:
    lines = run("diff", "digest@v1", "digest@v2", "--prompts-dir", str(folder)).stdout.splitlines()

    assert lines[:2] == ["--- digest@v1", "+++ digest@v2"]
    assert "-Sum up in {{ words }} words." in lines
    assert "+Summarize in {{ words }} words." in lines


def test_render_prints_the_messages(folder: Path) -> None:
    result = run(
        "render", "digest", "--set", "words=60", "--set", "article=It rained.",
        "--prompts-dir", str(folder),
    )  # fmt: skip

    assert result.stdout == "# system\nSummarize in 60 words.\n\n# user\nIt rained.\n"


def test_render_takes_an_article_from_a_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ARTICLE)

    result = run(
        "render", "digest@v1", "--article", str(tmp_path / "a.txt"), "--set", "words=60", "--json",
        "--prompts-dir", str(folder),
    )  # fmt: skip

    system, user = json.loads(result.stdout)
    assert system == {"role": "system", "content": "Sum up in 60 words."}
    assert user["role"] == "user"
    assert user["content"].startswith("The council of Vale")


def test_a_value_is_json_where_it_can_be(folder: Path) -> None:
    (folder / "digest" / "v3.md").write_text(
        "---\ntask: digest\nversion: 3\ndescription: d\nvariables: [topics]\n---\n"
        "# user\n{% for topic in topics %}\n{{ topic.name | untrusted }}\n{% endfor %}\n"
    )

    result = run(
        "render", "digest", "--set", 'topics=[{"name": "Sport"}, {"name": "Art"}]',
        "--prompts-dir", str(folder),
    )  # fmt: skip

    assert result.stdout == "# user\nSport\nArt\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "nope"], "no prompt for the task 'nope'"),
        (["show", "digest@2"], "'digest@2' is not a prompt"),
        (["show", "digest@v9"], "has no version 9"),
        (["render", "digest"], "missing 'article', 'words'"),
        (["render", "digest", "--set", "words"], "expected NAME=VALUE"),
        (["render", "digest", "--set", "wrods=1"], "unknown 'wrods'"),
        (["lock", "--check"], "not in lock.json: digest/v1, digest/v2"),
    ],
)
def test_mistakes_have_a_message_and_exit_code_2(
    folder: Path, arguments: list[str], message: str
) -> None:
    result = run(*arguments, "--prompts-dir", str(folder))

    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_a_folder_that_does_not_exist_is_a_mistake(tmp_path: Path) -> None:
    for command in ("list", "lock"):
        result = run(command, "--prompts-dir", str(tmp_path / "no"))
        assert result.exit_code == 2
        assert "no prompts folder" in result.stderr


def test_lock_releases_new_versions_once(folder: Path) -> None:
    assert run("lock", "--prompts-dir", str(folder)).stdout == "digest/v1\ndigest/v2\n"
    assert run("lock", "--prompts-dir", str(folder)).stdout == ""
    assert sorted(read_lock(folder)) == ["digest/v1", "digest/v2"]
    assert run("lock", "--check", "--prompts-dir", str(folder)).exit_code == 0


def test_lock_refuses_a_changed_release(folder: Path) -> None:
    run("lock", "--prompts-dir", str(folder))
    path = folder / "digest" / "v1.md"
    path.write_text(path.read_text().replace("Sum up", "Shorten"))

    for arguments in (["lock"], ["lock", "--check"]):
        result = run(*arguments, "--prompts-dir", str(folder))
        assert result.exit_code == 2
        assert "digest/v1 was changed" in result.stderr


def test_the_command_in_the_docs_gives_every_variable_of_the_newest_prompt() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "prompts.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^\$ summarizer prompts (render summarize .*)$", page, re.MULTILINE)
    command = command.replace("--prompts-dir my-prompts ", "")

    result = run(*shlex.split(command.replace("seeds/", f"{root}/seeds/")))

    assert result.exit_code == 0, result.output
