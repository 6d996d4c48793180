"""The plug-in of the ``llm`` command line tool, through its own command line, offline."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import llm
import pytest
from click.testing import CliRunner, Result
from llm.cli import cli
from llm.plugins import pm
from plugin_samples import ORDER

from summarizer.plugins.tools import TOOLS

Run = Callable[..., Result]


class Scripted(llm.Model):
    """A model that calls a tool once, where it has tools, and says what it was told."""

    model_id = "scripted"
    supports_tools = True
    can_stream = False

    def __init__(self) -> None:
        self.prompts: list[Any] = []
        self.call: tuple[str, dict[str, Any]] | None = None

    def execute(self, prompt: Any, stream: bool, response: Any, conversation: Any) -> Iterator[str]:  # noqa: ARG002 - llm's signature
        self.prompts.append(prompt)
        if self.call and not prompt.tool_results:
            name, arguments = self.call
            response.add_tool_call(llm.ToolCall(tool_call_id="1", name=name, arguments=arguments))
            yield ""
        elif prompt.tool_results:
            yield prompt.tool_results[0].output
        else:
            yield f"SYSTEM: {prompt.system}\nPROMPT: {prompt.prompt}"


@pytest.fixture
def model() -> Iterator[Scripted]:
    found = Scripted()

    class Plugin:
        __name__ = "scripted"

        @llm.hookimpl
        def register_models(self, register: Callable[..., None]) -> None:
            register(found)

    pm.register(Plugin(), name="scripted")
    yield found
    pm.unregister(name="scripted")


@pytest.fixture
def run(model: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs ``llm`` with the scripted model."""
    assert model.prompts == []
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path / "llm"))
    monkeypatch.setenv("SUMMARIZER_MODEL", "extractive")

    def invoke(*arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(cli, list(arguments), input=stdin)

    return invoke


def ask(run: Run, *arguments: str, stdin: str = "") -> str:
    done = run("-m", "scripted", "--no-stream", "--no-log", *arguments, stdin=stdin)
    assert done.exit_code == 0, done.output
    return done.output


def test_llm_finds_the_plug_in(run: Run) -> None:
    plugins = json.loads(run("plugins").output)

    (ours,) = [plugin for plugin in plugins if plugin["name"] == "summarizer-llm"]
    assert set(ours["hooks"]) == {
        "register_fragment_loaders",
        "register_template_loaders",
        "register_tools",
    }


def test_the_tools_are_listed(run: Run) -> None:
    listed = run("tools", "list").output

    assert "Articles(" in listed
    assert "digest_article(*, source, length=None, style=None, language=None, focus=None)" in listed


def test_a_model_calls_a_tool(run: Run, model: Scripted, talks: str) -> None:
    model.call = ("digest_article", {"source": talks, "length": 30})

    found = json.loads(ask(run, "-T", "Articles", "What is it about?"))

    assert found["topics"][0]["name"] == "conflict, war and peace"
    assert {tool.name for tool in model.prompts[0].tools} == set(TOOLS)


def test_a_wrong_argument_of_whatever_name_is_an_error_to_read(run: Run, model: Scripted) -> None:
    model.call = ("digest_article", {"source": "x", "name": "y"})

    assert json.loads(ask(run, "-T", "Articles", "What is it about?"))["error"]["type"]


def test_files_are_closed_unless_a_folder_is_opened(
    run: Run, model: Scripted, folder: Path
) -> None:
    model.call = ("extract_article", {"source": "talks.txt"})

    closed = json.loads(ask(run, "-T", "Articles", "What is it about?"))
    opened = json.loads(ask(run, "-T", f'Articles(root="{folder}")', "What is it about?"))

    assert closed["error"]["type"] == "SourceError"
    assert opened["title"].startswith("Ardenia")


def test_an_article_as_a_fragment(run: Run, folder: Path) -> None:
    said = ask(run, "-f", f"article:{folder / 'talks.txt'}", "Who met?")

    assert "Ardenia and Kovaria Agree on Joint Border Patrols\n\n2025-03-12\n\nLODENSK" in said
    assert "your comment" not in said  # cleaned
    assert said.rstrip().endswith("Who met?")


def test_orders_in_an_article_are_left_out_of_a_fragment(
    run: Run, hostile: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    named = f"---\nauthor: {ORDER}\n---\n{hostile}"
    (tmp_path / "hostile.txt").write_text(named, encoding="utf-8")

    said = ask(run, "-f", f"article:{tmp_path / 'hostile.txt'}", "Who met?")

    assert ORDER not in said
    assert "passages that give orders to a model" in caplog.text


@pytest.mark.parametrize("source", ["missing.txt", "http://127.0.0.1:9/"])
def test_an_article_that_cannot_be_read_is_an_error_with_the_next_step(
    run: Run, source: str
) -> None:
    done = run("-m", "scripted", "-f", f"article:{source}", "Who met?")

    assert done.exit_code != 0
    assert "(try: " in done.output
    assert "Traceback" not in done.output


def test_a_prompt_as_a_template(run: Run, talks: str) -> None:
    said = ask(run, "-t", "summarizer:summarize@v2", stdin=talks)

    assert said.startswith("SYSTEM: You are a careful news editor.")
    assert "<article>" in said
    assert talks.strip() in said
    assert "about 50 words in all" in said
    assert "$" not in said


def test_its_variables_are_parameters(run: Run, talks: str) -> None:
    arguments = ("-p", "words", "33", "-p", "language", "French")

    said = ask(run, "-t", "summarizer:summarize@v2", *arguments, stdin=talks)

    assert "about 33 words in all" in said
    assert "Write in French." in said


def test_the_newest_version_is_the_default(run: Run, talks: str) -> None:
    said = ask(run, "-t", "summarizer:digest", stdin=talks)

    assert "politics and government" in said  # the labels of the taxonomy


def test_a_missing_variable_is_named(run: Run, talks: str) -> None:
    done = run("-m", "scripted", "-t", "summarizer:judge-pair@v1", stdin=talks)

    assert done.exit_code != 0
    assert "first" in done.output


@pytest.fixture
def own_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the user's prompt price@v1."""
    monkeypatch.setenv("SUMMARIZER_PROMPTS_DIR", str(tmp_path / "prompts"))

    def write(body: str) -> None:
        (tmp_path / "prompts" / "price").mkdir(parents=True)
        (tmp_path / "prompts" / "price" / "v1.md").write_text(
            "---\ntask: price\nversion: 1\ndescription: d\nvariables: [article, words]\n---\n"
            f"# user\n{body}\n"
        )

    return write


def test_dollars_in_prompts_and_articles_are_only_dollars(
    run: Run, own_prompt: Callable[[str], None]
) -> None:
    own_prompt("At $5 or $input: {{ article }}, {{ words }}x")

    said = ask(run, "-t", "summarizer:price@v1", stdin="It cost $words.")

    assert "PROMPT: At $5 or $input: It cost $words., 50x" in said


def test_a_prompt_of_several_turns_is_no_template(
    run: Run, own_prompt: Callable[[str], None]
) -> None:
    """Only its last one would be left."""
    own_prompt("{{ article }}\n# assistant\nWell.\n# user\nIn {{ words }} words.")

    done = run("-m", "scripted", "-t", "summarizer:price@v1", stdin="x")

    assert done.exit_code != 0
    assert "has several turns" in done.output


@pytest.mark.parametrize("ref", ["nope", "digest@v99", "digest@2", "repair@v1", ""])
def test_a_prompt_that_there_is_not_is_an_error_with_the_next_step(run: Run, ref: str) -> None:
    done = run("-m", "scripted", "-t", f"summarizer:{ref}", stdin="x")

    assert done.exit_code != 0
    assert "Could not load template" in done.output
    assert "(try: " in done.output
