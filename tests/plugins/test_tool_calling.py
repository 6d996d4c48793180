"""OpenAI's tool calling, with scripted answers of a model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import jsonschema
import pytest

import summarizer.plugins
from summarizer.plugins import ToolBelt, openai_tools
from summarizer.plugins.tools import TOOLS


@pytest.fixture
def belt() -> Iterator[ToolBelt]:
    with openai_tools(model="extractive", offline=False) as found:
        yield found


def call(number: int, name: str, arguments: str) -> SimpleNamespace:
    return SimpleNamespace(
        id=f"call_{number}", function=SimpleNamespace(name=name, arguments=arguments)
    )


def test_there_is_a_definition_for_each_tool(belt: ToolBelt) -> None:
    assert [tool["function"]["name"] for tool in belt.definitions] == list(TOOLS)


def test_a_call_is_answered_with_json(belt: ToolBelt, talks: str) -> None:
    found = json.loads(belt.call("digest_article", {"source": talks}))

    assert found["topics"][0]["name"] == "conflict, war and peace"


def test_a_result_says_nothing_that_changes_from_run_to_run(belt: ToolBelt, talks: str) -> None:
    assert belt.call("digest_article", {"source": talks}) == belt.call(
        "digest_article", {"source": talks}
    )


def test_a_call_may_be_written_as_json(belt: ToolBelt, talks: str) -> None:
    written = {"name": "extract_article", "arguments": {"source": talks}}

    jsonschema.validate(written, belt.call_schema)
    assert belt.call_json(json.dumps(written)) == belt.call("extract_article", {"source": talks})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        "[1]",
        '{"name": "extract_article"}',
        '{"name": "a", "arguments": 1}',
        "[" * 100_000,
    ],
)
def test_what_is_no_call_is_an_error(belt: ToolBelt, text: str) -> None:
    assert json.loads(belt.call_json(text))["error"]["message"] == "this is not a call of a tool"


def test_results_are_messages_in_the_order_of_the_calls(belt: ToolBelt, talks: str) -> None:
    calls = [
        call(1, "extract_article", json.dumps({"source": talks})),
        call(2, "extract_article", "{}"),
    ]

    first, second = belt.results(calls)

    assert first["role"] == second["role"] == "tool"
    assert (first["tool_call_id"], second["tool_call_id"]) == ("call_1", "call_2")
    assert json.loads(first["content"])["title"].startswith("Ardenia")
    assert json.loads(second["content"])["error"]["type"] == "ConfigurationError"


def test_a_call_may_be_a_plain_dict(belt: ToolBelt, talks: str) -> None:
    asked = {"name": "extract_article", "arguments": json.dumps({"source": talks})}

    [message] = belt.results([{"id": "call_1", "type": "function", "function": asked}])

    assert message["tool_call_id"] == "call_1"
    assert json.loads(message["content"])["title"].startswith("Ardenia")


def test_a_call_of_a_tool_of_another_kind_is_answered_with_an_error(belt: ToolBelt) -> None:
    custom = {"id": "call_1", "type": "custom", "custom": {"name": "shell", "input": "ls"}}

    [message] = belt.results([custom])

    assert "there is no tool 'shell'" in json.loads(message["content"])["error"]["message"]


def test_an_answer_without_calls_has_no_results(belt: ToolBelt) -> None:
    assert belt.results(None) == []


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("nope", "{}", "ConfigurationError"),
        ("digest_article", "{", "ConfigurationError"),
        ("extract_article", '{"source": "too short"}', "SourceError"),
        ("extract_article", '{"source": "a\\nb"}', "NotAnArticleError"),
        ("extract_article", '{"source": "/etc/passwd"}', "SourceError"),
        ("extract_article", '{"source": "http://169.254.169.254/"}', "UnsafeURLError"),
    ],
)
def test_an_error_is_a_result_with_the_next_step(
    belt: ToolBelt, name: str, arguments: str, kind: str
) -> None:
    error = json.loads(belt.call(name, arguments))["error"]

    assert error["type"] == kind
    assert error["message"]
    assert error["hint"]


def test_even_a_bug_is_a_result(belt: ToolBelt, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("summarizer.plugins.tools.parse_arguments", broken)

    error = json.loads(belt.call("digest_article", "{}"))["error"]

    assert error["type"] == "bug"
    assert "do without this tool" in error["hint"]


@pytest.mark.parametrize("name", summarizer.plugins.__all__)
def test_every_name_can_be_imported_again_and_again(name: str) -> None:
    for _ in range(2):
        assert getattr(summarizer.plugins, name).__name__ == name
    assert name in dir(summarizer.plugins)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        summarizer.plugins.nope  # noqa: B018
