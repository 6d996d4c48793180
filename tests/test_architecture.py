"""The shape of the code: who may import whom, who may print, how long things may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import summarizer

PACKAGE = Path(summarizer.__file__).parent

# Each may import only those before it. An import in a function or under TYPE_CHECKING is a
# dependency like any other.
ORDER = [
    "errors",
    "closing",
    "digest",
    "text",
    "settings",
    "taxonomy",
    "articles",
    "chunking",
    "llm",
    "retrieval",
    "screening",
    "prompts",
    "topics",
    "summaries",
    "verification",
    "pipeline",
    "evaluation",
    "plugins",
    "cli",
]
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 60
STREAMS = {"stdout", "__stdout__"}
PRINTERS = {"print", "typer.echo", "typer.secho", "click.echo", "rich.print"}


class Import(NamedTuple):
    module: str
    line: int


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def area(path: Path) -> str:
    """The part of the package that a file belongs to; '' for the package itself."""
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first in ("__init__.py", "__main__.py") else first.removesuffix(".py")


def imports(module: ast.Module) -> Iterator[Import]:
    """Every module that is imported; ``from a import b`` may mean the module ``a.b``."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            assert node.module is not None
            yield from (Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def ours(module: str) -> str | None:
    """The part of our package that an imported module belongs to; '' for the package itself.

    ``summarizer.__version__`` is a text, which anybody may read.
    """
    parts = module.split(".")
    if parts[0] != "summarizer" or parts[1:2] == ["__version__"]:
        return None
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("path", files(), ids=name)
def test_imports_go_down_the_list(path: Path) -> None:
    where = area(path)
    for module, line in imports(tree(path)):
        target = ours(module)
        if target is not None and where not in ("", target):
            assert target in ORDER[: ORDER.index(where)], f"line {line}: {module}"


def test_every_part_has_its_place() -> None:
    assert {area(path) for path in files()} - {""} <= set(ORDER)


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("openai", {"llm"}),
        ("xllamacpp", {"llm"}),
        ("llama_index", {"chunking", "retrieval", "plugins"}),
        ("typer", {"cli"}),
        ("click", {"cli"}),
        ("rich", {"cli"}),
        ("trafilatura", {"articles"}),
        ("mcp", {"plugins"}),
        ("llm", {"plugins"}),
        ("psycopg", {"retrieval"}),
        ("rouge_score", {"evaluation"}),
        ("jinja2", {"prompts", "evaluation"}),
    ],
)
def test_a_package_has_one_home(package: str, allowed: set[str]) -> None:
    users = {
        area(path)
        for path in files()
        for module, _ in imports(tree(path))
        if module.split(".")[0] == package
    }
    assert users <= allowed


def test_verification_is_used_by_pipeline_and_evaluation_alone() -> None:
    users = {
        area(path)
        for path in files()
        for module, _ in imports(tree(path))
        if ours(module) == "verification"
    }
    assert users <= {"verification", "pipeline", "evaluation"}


def prints(module: ast.Module) -> Iterator[int]:
    """The lines that print or touch stdout."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTERS:
            yield node.lineno
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {
            f"sys.{stream}" for stream in STREAMS
        }:
            yield node.lineno


@pytest.mark.parametrize("path", [path for path in files() if area(path) != "cli"], ids=name)
def test_only_the_command_line_prints(path: Path) -> None:
    assert list(prints(tree(path))) == []


@pytest.mark.parametrize("path", files(), ids=name)
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES


@pytest.mark.parametrize("path", files(), ids=name)
def test_a_function_is_short_enough_to_read(path: Path) -> None:
    """A command's parameters are its options, so the signature does not count."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.body[0].lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", files(), ids=name)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "misc", "common"}
    docstring = ast.get_docstring(tree(path))
    assert docstring, "no docstring"
    assert docstring != "TODO"


def source(text: str) -> ast.Module:
    return ast.parse(text)


def test_the_checks_see_what_they_must_see() -> None:
    hidden = source("def f():\n    from summarizer.llm import client\n    import openai.types\n")

    assert [ours(module) for module, _ in imports(hidden)] == ["llm", None]
    assert [module for module, _ in imports(source("from summarizer import cli"))] == [
        "summarizer.cli"
    ]
    assert ours("summarizer.cli") == "cli"
    assert ours("summarizer") == ""
    assert ours("summarizer.__version__") is None
    assert list(prints(source("import sys\nsys.stdout.write('x')\nprint('y')"))) == [3, 2]
