from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))
from standin import Body, Reply, StandIn, answer, error
from whole_app import app

from summarizer.llm import throttle

YES, NO = {"yes": -0.1, "no": -3.0}, {"no": -0.1, "yes": -3.0}


def knows(body: Body) -> Reply:
    """A model that knows its colours."""
    if "response_format" in body:
        return answer('{"white": true}', logprobs=[{"{": -0.1}])
    first = YES if "white" in body["messages"][-1]["content"] else NO
    return answer(next(iter(first)), logprobs=[first])


def ask(server: StandIn, *flags: str) -> Any:
    result = CliRunner().invoke(app, ["doctor", "--base-url", server.base_url, "--json", *flags])
    return json.loads(result.stdout)["findings"]


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "sleep", lambda _: None)


def test_it_tells_what_the_model_can_do() -> None:
    with StandIn(default=knows, models=[{"id": "mine", "max_model_len": 2048}]) as server:
        result = CliRunner().invoke(app, ["doctor", "--base-url", server.base_url, "--json"])
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert found["model"] == "mine"
    assert found["findings"].pop("seconds") >= 0
    assert found["findings"] == {
        "model": "mine",
        "schema_mode": "json_schema",
        "logprobs": True,
        "yes_white": 0.948,
        "yes_black": 0.052,
        "topics": "list",  # its size is not known
        "tokenizer": "tiktoken (o200k_base)",
        "context_length": 2048,
    }
    assert len(server.requests) == 4


def test_a_small_model_is_not_asked_about_topics() -> None:
    with StandIn(default=knows, models=[{"id": "qwen-4b"}]) as server:
        assert ask(server)["topics"] == "similarity"


@pytest.mark.parametrize("first", [None, [{"Snow": -0.1, "The": -2.0}]])
def test_without_logprobs_nobody_knows_p_of_yes(first: list[dict[str, float]] | None) -> None:
    white = answer('{"white": true}', logprobs=first)
    with StandIn(default=white, models=[{"id": "qwen-4b"}]) as server:
        found = ask(server)
    assert (found["logprobs"], found["yes_white"]) == (False, None)


def test_answers_that_are_always_yes_are_told() -> None:
    with StandIn(default=answer("yes", logprobs=[YES]), models=[{"id": "qwen-4b"}]) as server:
        result = CliRunner().invoke(app, ["doctor", "--base-url", server.base_url])
    assert "poor ones (snow is white: 0.95, black: 0.95)" in result.stdout


def test_it_is_readable() -> None:
    with StandIn(default=knows) as server:
        result = CliRunner().invoke(app, ["doctor", "--base-url", server.base_url])
    lines = dict(line.split(None, 1) for line in result.stdout.splitlines())
    assert lines["model"] == "stand-in"
    assert lines["why"] == f"base_url is set to {server.base_url}"
    assert lines["answers"].startswith("yes, in ")
    assert lines["JSON"] == "enforced by JSON Schema"


def test_a_stored_answer_proves_nothing() -> None:
    with StandIn(default=knows) as server:
        for _ in range(2):
            CliRunner().invoke(app, ["doctor", "--base-url", server.base_url])
    assert len(server.requests) == 8


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
    with StandIn(default=knows, models=[{"id": "evil\x1b[31m"}]) as server:
        result = CliRunner().invoke(app, ["doctor", "--base-url", server.base_url])
    assert "\x1b" not in result.output
