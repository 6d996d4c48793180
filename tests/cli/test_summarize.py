from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from standin import Reply, StandIn, answer, error, hang
from typer.testing import CliRunner, Result
from whole_app import app

from summarizer.progress import step

STORY = (
    "Bridge to be rebuilt\n\n"
    "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away.\n\n"
    "The work will cost 4 million euros and take two years, mayor Petra Lindqvist said. "
    "She promised that the ferry would stay free of charge until the bridge opens.\n\n"
    "Opponents on the council had asked for a referendum. Their motion failed by nine votes to six."
)
ANSWER = json.dumps(
    {
        "summary": "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood "
        "took away. The work will cost 4 million euros and take two years.",
        "topics": ["politics and government"],
    }
)


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "bridge.txt"
    path.write_text(STORY, encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def extractive(*arguments: object) -> Result:
    return run("summarize", "--model", "extractive", *arguments)


def with_server(server: StandIn, *arguments: object) -> Result:
    base = ("--base-url", server.base_url, "--model", "big-70b", "--length", "25")
    return run("summarize", *base, *arguments)


def test_a_file_becomes_a_digest(story: Path) -> None:
    result = extractive(story)
    assert result.exit_code == 0
    assert "Bridge to be rebuilt" in result.stdout
    assert "council" in result.stdout


def test_json_is_one_object_for_one_source(story: Path) -> None:
    record = json.loads(extractive(story, "--json").stdout)
    assert record["schema_version"] == "1.4"
    assert record["article"]["title"] == "Bridge to be rebuilt"


def test_several_sources_give_a_record_each_in_order_and_exit_1_on_a_failure(
    story: Path, tmp_path: Path
) -> None:
    result = extractive(story, tmp_path / "missing.txt", story, "--json", "-j", 2)
    assert result.exit_code == 1
    records = json.loads(result.stdout)
    assert [record.get("error", {}).get("type") for record in records] == [
        None,
        "SourceError",
        None,
    ]
    assert "missing.txt" in result.stderr


def test_jsonl_has_one_line_a_record(story: Path) -> None:
    result = extractive(story, story, "--format", "jsonl")
    assert len([json.loads(line) for line in result.stdout.splitlines()]) == 2


def test_classify_has_topics_and_no_summary(story: Path) -> None:
    record = json.loads(run("classify", "--model", "extractive", story, "--json").stdout)
    assert record["summary"] is None
    assert record["topics"]


def test_the_output_can_go_to_a_file(story: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    result = extractive(story, "--json", "-o", path)
    assert result.stdout == ""
    assert json.loads(path.read_text(encoding="utf-8"))["summary"]


def test_a_model_behind_an_endpoint_is_asked(story: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        result = with_server(server, story, "--json")
    assert json.loads(result.stdout)["topics"][0]["id"] == "11000000"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("missing.txt",), 3, "missing.txt"),
        (("--length", "tiny", "{story}"), 2, "'tiny'"),
        (("--language", "q!", "{story}"), 2, "'q!'"),
        (("--taxonomy", "nowhere.yaml", "{story}"), 2, "nowhere.yaml"),
        (("file:///etc/passwd",), 3, "file"),
        (("http://127.0.0.1:9/x",), 3, "127.0.0.1"),
        (("--json", "--format", "jsonl", "{story}"), 2, "contradict"),
        (("--style", "haiku", "{story}"), 2, "haiku"),
    ],
)
def test_mistakes_are_told_in_one_line_with_their_exit_code(
    story: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    result = extractive(*(argument.format(story=story) for argument in arguments))
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_wrong_choice_is_told_without_the_word_of_a_library(story: Path) -> None:
    told = run("summarize", story, "--style", "prose").stderr

    assert "Invalid value for '--style': 'prose' is not one of 'paragraph'" in told


@pytest.mark.parametrize(
    ("source", "next_step"),
    [
        ("www.example.org/story", "an address begins with https://"),
        ("127.0.0.1:8000/story.html", "an address begins with https://"),
        ("The mayor of Marlow resigned", "a text goes to standard input, and - is its name"),
    ],
)
def test_what_was_meant_by_no_file_is_guessed(source: str, next_step: str) -> None:
    assert next_step in extractive(source).stderr


def test_a_dead_endpoint_is_exit_code_4(story: Path) -> None:
    result = run("summarize", "--base-url", "http://127.0.0.1:9/v1", "--model", "big-70b", story)
    assert result.exit_code == 4
    assert "127.0.0.1:9" in result.stderr


def test_a_refused_key_is_exit_code_4_at_once(story: Path) -> None:
    with StandIn(default=error(401, "bad key")) as server:
        assert with_server(server, story).exit_code == 4
    assert len(server.requests) == 1


def test_an_unusable_answer_is_exit_code_5(story: Path) -> None:
    with StandIn(default=answer("no json at all")) as server:
        assert with_server(server, story).exit_code == 5


def test_an_unknown_model_is_exit_code_2(story: Path) -> None:
    result = run("summarize", "--model", "no-such-model", story)
    assert result.exit_code == 2
    assert "no-such-model" in result.stderr


def test_weights_that_may_not_be_downloaded_name_the_next_step(story: Path) -> None:
    result = run("summarize", story)
    assert result.exit_code in (2, 4)
    assert "extractive" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_the_records_so_far_and_exits_130(
    sent: signal.Signals, story: Path, tmp_path: Path
) -> None:
    path = tmp_path / "records.jsonl"
    with StandIn(answer(ANSWER), default=hang(30)) as server:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "summarizer", "summarize", str(story), str(story)),
                *("--base-url", server.base_url, "--model", "big-70b", "--length", "25"),
                *("--no-cache", "--format", "jsonl", "-o", str(path)),
            ],
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stderr=subprocess.PIPE,
        )
        try:
            while len(server.requests) < 2 and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(sent)
            _, stderr = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 130, stderr
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_waits_for_no_request_and_keeps_what_came_out_of_turn(tmp_path: Path) -> None:
    names = ["slow-1", "b", "c", "d", "slow-2"]
    for name in names:
        (tmp_path / name).with_suffix(".txt").write_text(f"{name}\n\n{STORY}", encoding="utf-8")
    path = tmp_path / "records.jsonl"

    def reply(body: dict[str, Any]) -> Reply:
        return hang(60) if "slow-" in body["messages"][-1]["content"] else answer(ANSWER)

    with StandIn(default=reply) as server:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "summarizer", "summarize", "-j", "2"),
                *(str(tmp_path / f"{name}.txt") for name in names),
                *("--base-url", server.base_url, "--model", "big-70b", "--length", "25"),
                *("--format", "jsonl", "-o", str(path)),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            while len(server.requests) < len(names) and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            began = time.monotonic()
            _, stderr = process.communicate(timeout=50)
        finally:
            process.kill()
        assert time.monotonic() - began < 20  # on a busy machine; no request ends before 60

    assert process.returncode == 130, stderr
    assert len(path.read_text(encoding="utf-8").splitlines()) >= 2
    assert "stopped; articles written:" in stderr
    assert f"(kept in {path}); the same command begins anew" in stderr
    assert "`summarizer batch run` goes on" in stderr


def test_a_corpus_that_is_missing_is_told_once(story: Path) -> None:
    result = extractive(story, story, "--corpus", "nope", "--format", "jsonl")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("there is no corpus 'nope'") == 1


def test_half_a_digest_is_written_and_exits_1(story: Path) -> None:
    wrong = json.loads(ANSWER) | {"topics": ["bridges"]}
    with StandIn(default=answer(json.dumps(wrong))) as server:
        result = with_server(server, "--json", story)
    record = json.loads(result.stdout)
    assert result.exit_code == 1
    assert record["topics"] is None
    assert record["summary"]["text"] == wrong["summary"]
    assert [check["kind"] for check in record["checks"]] == ["missing"]
    assert "the topics could not be made: 'bridges' is not one of the topics" in result.stderr


def test_halves_of_digests_count_as_failures_among_several(story: Path) -> None:
    wrong = json.loads(ANSWER) | {"topics": ["bridges"]}
    with StandIn(default=answer(json.dumps(wrong))) as server:
        result = with_server(server, "--format", "jsonl", story, story)
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2


def test_an_output_that_ends_in_html_is_a_page(story: Path, tmp_path: Path) -> None:
    out = tmp_path / "digest.html"

    result = extractive(story, "-o", out)

    assert result.exit_code == 0, result.output
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "Bridge to be rebuilt" in out.read_text(encoding="utf-8")


def test_a_page_of_several_articles_has_those_that_failed_too(story: Path, tmp_path: Path) -> None:
    result = extractive(story, tmp_path / "missing.txt", "--format", "html")

    assert result.exit_code == 1
    assert "Digests of 2 articles" in result.stdout
    assert "missing.txt" in result.stdout
    assert 'class="own' in result.stdout  # the text is there, with its evidence


@pytest.mark.parametrize(
    ("name", "begins"), [("a.json", "{\n"), ("a.jsonl", '{"'), ("a.md", "# "), ("a.txt", "Bridge")]
)
def test_the_name_of_the_output_says_its_format(
    story: Path, tmp_path: Path, name: str, begins: str
) -> None:
    extractive(story, "-o", tmp_path / name)

    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


@pytest.mark.parametrize("command", ["summarize", "classify", "briefing"])
def test_no_command_writes_over_an_article(command: str, story: Path) -> None:
    before = story.read_text(encoding="utf-8")

    result = run(command, story, "-m", "extractive", "-o", story)

    assert (result.exit_code, "would replace it" in result.stderr) == (2, True)
    assert story.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    "command", ["summarize", "classify", "briefing", "index add", "batch run --out job"]
)
def test_no_model_is_fetched_where_no_source_can_be_read(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUMMARIZER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SUMMARIZER_OFFLINE", "true")
    monkeypatch.delenv("SUMMARIZER_MODEL", raising=False)
    result = run(*command.split(), "gone.txt", "gone_too.txt")
    assert result.exit_code in {1, 3}
    assert "there is no file" in result.output
    assert "weights" not in result.output


def test_a_model_that_is_fetched_for_several_articles_shows_it(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(_: object, jobs: int) -> int:
        step("downloading the model, 1 %")
        time.sleep(0.2)
        return jobs

    monkeypatch.setattr("summarizer.cli.console._SILENCE", 0.02)
    monkeypatch.setattr("summarizer.engines.ExtractiveEngine.workers", fetched)
    assert "downloading the model, 1 %" in extractive(story, story).stderr
