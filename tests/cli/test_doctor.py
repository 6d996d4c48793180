from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from standin import StandIn, answer, error

from summarizer.cli.main import app
from summarizer.llm import throttle

WHITE = answer('{"white": true}', logprobs=[{"{": -0.1}])


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "sleep", lambda _: None)


def test_it_tells_what_the_model_can_do() -> None:
    with StandIn(default=WHITE, models=[{"id": "mine", "max_model_len": 2048}]) as server:
        result = CliRunner().invoke(app, ["doctor", "--base-url", server.base_url, "--json"])
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert found["model"] == "mine"
    assert found["findings"].pop("seconds") >= 0
    assert found["findings"] == {
        "model": "mine",
        "schema_mode": "json_schema",
        "logprobs": True,
        "tokenizer": "tiktoken (o200k_base)",
        "context_length": 2048,
    }
    assert len(server.requests) == 1


def test_it_is_readable() -> None:
    with StandIn(default=WHITE) as server:
        result = CliRunner().invoke(app, ["doctor", "--base-url", server.base_url])
    lines = dict(line.split(None, 1) for line in result.stdout.splitlines())
    assert lines["model"] == "stand-in"
    assert lines["why"] == f"base_url is set to {server.base_url}"
    assert lines["answers"].startswith("yes, in ")
    assert lines["JSON"] == "enforced by JSON Schema"


def test_a_stored_answer_proves_nothing() -> None:
    with StandIn(default=WHITE) as server:
        for _ in range(2):
            CliRunner().invoke(app, ["doctor", "--base-url", server.base_url])
    assert len(server.requests) == 2


def test_an_endpoint_that_fails_is_exit_code_4_with_the_next_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUMMARIZER_API_KEY", "sk-mine")
    with StandIn(default=error(401, "wrong key sk-mine")) as server:
        result = CliRunner().invoke(app, ["doctor", "--base-url", server.base_url, "-m", "x"])
    assert result.exit_code == 4
    assert "answers   no: " in result.stdout
    assert "refused the API key" in result.stdout
    assert "SUMMARIZER_API_KEY" in result.stdout
    assert "sk-mine" not in result.output


def test_weights_that_are_missing_are_not_fetched() -> None:
    result = CliRunner().invoke(app, ["doctor", "--model", "smollm2-135m"])
    assert result.exit_code == 4
    assert "not fetched" in result.stdout
    assert "summarizer models pull smollm2-135m" in result.stdout


def test_a_wrong_configuration_is_exit_code_2() -> None:
    result = CliRunner().invoke(app, ["doctor", "--model", "gpt-9"])
    assert result.exit_code == 2
    assert "'gpt-9'" in result.stderr


def test_the_extractive_engine_needs_nothing() -> None:
    result = CliRunner().invoke(app, ["doctor", "--model", "extractive"])
    assert result.exit_code == 0
    assert "needs no model" in result.stdout


def test_hostile_names_do_not_reach_the_terminal() -> None:
    with StandIn(default=WHITE, models=[{"id": "evil\x1b[31m"}]) as server:
        result = CliRunner().invoke(app, ["doctor", "--base-url", server.base_url])
    assert "\x1b" not in result.output
