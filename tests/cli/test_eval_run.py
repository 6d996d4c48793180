"""``summarizer eval run|list|show|schema`` as a user meets them."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from standin import StandIn, answer, hang
from typer.testing import CliRunner, Result
from whole_app import app

from summarizer.batch.job_folder import AppendLog
from summarizer.settings import user_config_file

TEXT = (
    "The council of {place} voted on Tuesday to rebuild the bridge that the flood took away.\n\n"
    "The work will take two years, the mayor said. She promised that the ferry would stay free."
)
ANSWER = json.dumps(
    {
        "summary": "The council voted on Tuesday to rebuild the bridge that the flood took away. "
        "The work will take two years, the mayor said.",
        "topics": ["politics and government"],
    }
)
PLACES = ("Ardenholm", "Ravnsund", "Velmar", "Kessary")


def write_suite(folder: Path, **changes: Any) -> Path:
    folder.mkdir(parents=True)
    rows = [
        {"id": place, "article": TEXT.format(place=place), "gold_topics": ["11000000"]}
        for place in PLACES
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "data.jsonl").write_text(text, encoding="utf-8")
    suite = {
        "name": "bridges",
        "description": "Four bridges.",
        "data": "data.jsonl",
        "matrix": {"models": ["extractive"]},
        "settings": {"length": "25"},
        "metrics": {"primary": ["topic_f1"]},
        "gates": [{"metric": "topic_f1", "margin": 0.05}],
        **changes,
    }
    (folder / "suite.yaml").write_text(yaml.safe_dump(suite), encoding="utf-8")
    return folder


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_suite(tmp_path / "evals" / "bridges")


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


@pytest.mark.usefixtures("suite")
def test_a_run_prints_its_folder_and_nothing_else() -> None:
    result = evaluate("run", "bridges", "-j", 2)

    assert result.exit_code == 0, result.stderr
    folder = Path(result.stdout.strip())
    assert folder.parts[0] == "runs"
    assert folder.name.startswith("bridges-")
    assert len((folder / "generations.jsonl").read_text("utf-8").splitlines()) == 4
    assert "4 of 4 digests, 0 failures" in result.stderr


@pytest.mark.usefixtures("suite")
def test_a_dry_run_spends_nothing_and_says_what_it_would() -> None:
    with StandIn(default=answer(ANSWER)) as server:
        result = evaluate(
            "run", "bridges", "--dry-run", "--model", "extractive", "--model", "big-70b",
            "--base-url", server.base_url,
        )  # fmt: skip
        assert server.requests == server.others == []

    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "extractive: 4 digests, no requests"
    assert lines[1].startswith("big-70b: 4 digests, at least 4 requests")
    assert "price unknown" in lines[1]
    assert lines[2].startswith("in all: 8 digests, at least 4 requests")
    assert lines[3].startswith("4 stories show no difference, however large: it takes ")
    assert not Path("runs").exists()


def test_a_run_goes_on_where_it_was(suite: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        base = ("--model", "big-70b", "--base-url", server.base_url)
        first = evaluate("run", suite, *base, "--limit", 2, "--out", "r")
        second = evaluate("run", suite, *base, "--out", "r")
        third = evaluate("run", "r", "--base-url", server.base_url)

        assert len(server.requests) == 4
    assert [result.exit_code for result in (first, second, third)] == [0, 0, 0]
    assert "2 of 2 digests" in first.stderr
    assert "4 of 4 digests" in second.stderr
    assert third.stdout == "r\n"


def test_a_run_goes_on_as_it_began(suite: Path) -> None:
    evaluate("run", suite, "--out", "r")
    result = evaluate("run", "r", "--epochs", 2)

    assert result.exit_code == 2
    assert "--out r" in result.stderr


def test_less_than_98_percent_is_12(suite: Path) -> None:
    bad = answer("no JSON at all")
    with StandIn(bad, bad, default=answer(ANSWER)) as server:
        result = evaluate("run", suite, "--model", "big-70b", "--base-url", server.base_url)

    assert result.exit_code == 12
    assert "3 of 4 digests, 1 failures" in result.stderr


def test_a_prompt_choice_may_name_several_tasks(suite: Path) -> None:
    result = evaluate(
        "run", suite, "--dry-run", "--model", "qwen2.5-coder-0.5b",
        "--prompt", "summarize@v1,repair@v1", "--prompt", "summarize@v2",
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    names = [line.partition(":")[0] for line in result.stdout.splitlines()]
    assert names[:2] == [
        "qwen2.5-coder-0.5b+repair@v1+summarize@v1",
        "qwen2.5-coder-0.5b+summarize@v2",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nope",), "there is no suite 'nope'"),
        (("bridges", "--prompt", "digest@v99"), "has no version 99"),
        (("bridges", "--prompt", "nope@v1"), "no prompt for the task 'nope'"),
        (("bridges", "--model", "gpt-9"), "not in the catalog"),
        (("bridges", "--slice", "long"), "in the slice 'long'"),
    ],
)
@pytest.mark.usefixtures("suite")
def test_mistakes_are_told_before_anything_is_made(arguments: tuple[str, ...], words: str) -> None:
    result = evaluate("run", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"length": "poem"}, "length 'poem' is neither"),
        ({"language": "klingon"}, "unknown language 'klingon'"),
        ({"embedding": "nope"}, "there is no embedding 'nope'"),
    ],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_wrong_settings_of_a_suite_are_told_before_anything_is_made(
    tmp_path: Path, settings: dict[str, str], words: str, dry: tuple[str, ...]
) -> None:
    matrix = {"models": ["extractive"], "context": [True]}
    suite = write_suite(tmp_path / "wrong", settings=settings, matrix=matrix)
    result = evaluate("run", suite, "--out", tmp_path / "run", *dry)

    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_says_how_to_go_on(suite: Path, tmp_path: Path) -> None:
    with StandIn(answer(ANSWER), default=hang(30)) as server:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "summarizer", "eval", "run", str(suite), "--out", "r"),
                *("--base-url", server.base_url, "--model", "big-70b", "--no-cache", "-j", "2"),
            ],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        log = tmp_path / "r" / "generations.jsonl"
        while not (log.exists() and log.stat().st_size) and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130, stderr
    assert "summarizer eval run r --jobs 2 --base-url http://127.0.0.1" in stderr
    assert "Traceback" not in stderr
    assert len(log.read_text("utf-8").splitlines()) == 1


@pytest.mark.usefixtures("suite")
def test_the_list_has_suites_and_runs() -> None:
    evaluate("run", "bridges", "--limit", 1, "--out", "runs/mine")

    text = evaluate("list").stdout
    found = json.loads(evaluate("list", "--json").stdout)

    assert "bridges      Four bridges." in text
    assert "runs/mine  1 of 1 digests, 1 variant" in text
    assert {"bridges", "news", "smoke"} <= {item["name"] for item in found["suites"]}
    assert found["runs"][0]["cells"] == ["extractive"]


@pytest.mark.usefixtures("suite")
def test_a_damaged_run_does_not_hide_the_others() -> None:
    evaluate("run", "bridges", "--limit", 1, "--out", "runs/mine")
    Path("runs/broken").mkdir()
    Path("runs/broken/manifest.json").write_text("{", encoding="utf-8")

    result = evaluate("list")

    assert "runs/mine" in result.stdout
    assert "runs/broken" in result.stderr


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize("command", ["run", "score", "show", "report", "compare", "gate"])
def test_a_run_of_a_version_with_other_settings_says_what_to_do(command: str) -> None:
    evaluate("run", "bridges", "--out", "r", "--limit", 1)
    manifest = Path("r/manifest.json")
    found = json.loads(manifest.read_text("utf-8"))
    found["suite"]["settings"]["topic_strategy"] = "score"
    manifest.write_text(json.dumps(found), "utf-8")
    result = evaluate(command, "r")

    assert result.exit_code == 2
    said = "suite.settings.topic_strategy: 'auto', 'similarity' or 'list' is wanted"
    assert f"error: 'r/manifest.json' is not a manifest of this version: {said}" in result.stderr
    assert "try: begin a new run: summarizer eval run SUITE --out ANOTHER" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("suite")
def test_a_full_disk_ends_a_run_that_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    append = AppendLog.append
    kept: list[Any] = []

    def full(self: AppendLog[Any], record: Any) -> int:
        if len(kept) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        kept.append(record)
        return append(self, record)

    monkeypatch.setattr(AppendLog, "append", full)
    # The stream of a test has no number that could lead elsewhere.
    monkeypatch.setattr("summarizer.cli.console.abandon", lambda _: None)
    ended = evaluate("run", "bridges", "--out", "r")
    monkeypatch.setattr(AppendLog, "append", append)
    again = evaluate("run", "r")

    assert ended.exit_code == 1
    assert "error: no space is left on the disk" in ended.stderr
    assert "what was made is kept, go on with:\n  summarizer eval run r\n" in ended.stderr
    assert "Traceback" not in ended.output
    assert again.exit_code == 0
    assert len(Path("r/generations.jsonl").read_text("utf-8").splitlines()) == 4


@pytest.mark.usefixtures("suite")
def test_show_tells_what_a_suite_and_a_run_are() -> None:
    evaluate("run", "bridges", "--out", "r")

    suite = evaluate("show", "bridges").stdout
    run = evaluate("show", "r").stdout

    assert "4 on 4 stories" in suite
    assert "topic_f1, margin 0.05" in suite
    assert "4 of 4, 0 failures" in run
    assert json.loads(evaluate("show", "bridges", "--json").stdout)["name"] == "bridges"
    assert json.loads(evaluate("show", "r", "--json").stdout)["suite"]["name"] == "bridges"


def test_the_json_of_a_suite_needs_none_of_its_data(suite: Path) -> None:
    (suite / "data.jsonl").unlink()

    shown = evaluate("show", "bridges", "--json")

    assert shown.exit_code == 0, shown.stderr
    assert json.loads(shown.stdout)["name"] == "bridges"


@pytest.mark.parametrize("kind", ["suite", "row"])
def test_the_schema_is_json(kind: str) -> None:
    assert json.loads(evaluate("schema", kind).stdout)["additionalProperties"] is False


def test_going_on_needs_no_option_again(suite: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        options = ("--model", "big-70b", "--base-url", server.base_url, "--no-cache")
        mine = suite / "prompts"
        mine.mkdir()
        (mine / "lock.json").write_text("{}", encoding="utf-8")
        evaluate("run", suite, *options, "--out", "r", "--prompts-dir", mine, "--limit", 1)
        generations = Path("r/generations.jsonl")
        generations.write_text("", encoding="utf-8")

        again = evaluate("run", "r")

        assert again.exit_code == 0, again.stderr
        assert len(server.requests) == 2  # not from the cache
    asked = json.loads(Path("r/manifest.json").read_text("utf-8"))["asked"]
    assert asked == {"base_url": server.base_url, "prompts_dir": str(mine), "cache": False}


def test_a_folder_of_somebody_else_sends_nothing_to_another_machine(suite: Path) -> None:
    evaluate("run", suite, "--out", "r", "--limit", 1)
    manifest = Path("r/manifest.json")
    record = json.loads(manifest.read_text("utf-8"))
    record["asked"]["base_url"] = "https://gateway.example/v1"
    manifest.write_text(json.dumps(record), encoding="utf-8")

    result = evaluate("run", "r")

    assert result.exit_code == 2
    assert "summarizer eval run r --base-url https://gateway.example/v1" in result.stderr


@pytest.mark.parametrize("where", ["user's file", "environment"])
def test_a_folder_of_somebody_else_gets_no_key(
    where: str, suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == "environment":
        monkeypatch.setenv("SUMMARIZER_API_KEY", "sk-mine")
    else:
        mine = user_config_file()
        mine.parent.mkdir(parents=True)
        mine.write_text('base_url = "https://mine.example/v1"\napi_key = "sk-mine"', "utf-8")
    with StandIn(default=answer(ANSWER)) as server:
        options = ("--model", "big-70b", "--base-url", server.base_url, "--no-cache")
        evaluate("run", suite, *options, "--out", "r", "--limit", 1)
        Path("r/generations.jsonl").write_text("", encoding="utf-8")
        server.requests.clear()

        result = evaluate("run", "r")

        assert not server.requests
    assert result.exit_code == 2
    assert f"summarizer eval run r --base-url {server.base_url}" in result.stderr


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize("command", [("run",), ("run", "--dry-run"), ("decide",)])
def test_a_limit_that_cannot_be_kept_leaves_no_run_behind(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        words = ["--model", "big-70b", "--model", "huge-90b", "--base-url", server.base_url]
        refused = evaluate(*command, "bridges", *words, "--max-cost", 1, "--out", "new")

    assert refused.exit_code == 2
    assert "no price is known for 'big-70b'" in refused.stderr
    assert "--price IN,OUT" in refused.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("suite")
def test_a_choice_of_prompts_that_nothing_reads_is_told() -> None:
    result = evaluate("decide", "bridges", "--prompt", "digest@v1", "--prompt", "digest@v2")

    assert result.exit_code == 2
    assert "--prompt changes nothing of 'extractive'" in result.stderr


@pytest.mark.usefixtures("suite")
def test_a_price_has_two_numbers() -> None:
    result = evaluate("run", "bridges", "--price", "1")

    assert result.exit_code == 2
    assert "IN,OUT" in result.stderr


@pytest.mark.usefixtures("suite")
def test_a_broken_suite_does_not_hide_the_others(suite: Path) -> None:
    (suite.parent / "broken").mkdir()
    (suite.parent / "broken" / "suite.yaml").write_text("name: [", encoding="utf-8")

    result = evaluate("list")

    assert result.exit_code == 0
    assert "bridges      Four bridges." in result.stdout
    assert "broken" in result.stderr


def test_rows_without_a_text_or_a_label_are_told_and_stop_nothing(suite: Path) -> None:
    rows = [f'{n},"{TEXT.format(place=place)}",politics' for n, place in enumerate(PLACES)]
    rows += ['7,"",politics', f'8,"{TEXT}",', "9,The council of Ardenholm voted"]
    text = "\n".join(["id,text,labels", *rows])
    (suite / "data.csv").write_text(text, encoding="utf-8")
    file = yaml.safe_load((suite / "suite.yaml").read_text("utf-8"))
    file["data"] = {"path": "data.csv", "format": "table"}
    (suite / "suite.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")

    result = evaluate("run", suite, "--dry-run")

    assert result.exit_code == 0, result.stderr
    told = " ".join(result.stderr.split())
    assert "there is no text" in told
    assert "the file may be cut off" in told
    assert "1 of 7 rows have no topics" in told
    assert "extractive: 5 digests" in result.stdout
