"""The shape of the code: who may import whom, who may print, how long things may be."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from rooms import code_lines, importers, modules

import summarizer

PACKAGE = Path(summarizer.__file__).parent

# Each may import only those before it. An import in a function or under TYPE_CHECKING is a
# dependency like any other.
ORDER = [
    "errors",
    "closing",
    "progress",
    "digest",
    "settings",
    "text",
    "flags",
    "taxonomy",
    "articles",
    "chunking",
    "llm",
    "worker_pool",
    "retrieval",
    "screening",
    "prompts",
    "verification",
    "topics",
    "context",
    "summaries",
    "engines",
    "llm_engine",
    "summarizer",
    "batch",
    "briefing",
    "pages",
    "evaluation",
    "plugins",
    "web",
    "cli",
]
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 60
# What is above the aim today: these numbers only go down.
FILES = 227
LINES_OF_CODE = 31_992
MODULES_WITH_ONE_IMPORTER = 45
STEMS_USED_TWICE = 6
CLASS_NAMES_USED_TWICE = 3
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


@cache
def imports(module: ast.Module) -> list[Import]:
    """Every module that is imported; ``from a import b`` may mean the module ``a.b``."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            assert node.module is not None
            found += [Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found


def ours(module: str) -> str | None:
    """The part of our package that an imported module belongs to; '' for the package itself.

    ``summarizer.__version__`` is a text, which anybody may read.
    """
    parts = module.split(".")
    if parts[0] != "summarizer" or parts[1:2] == ["__version__"]:
        return None
    return parts[1] if len(parts) > 1 else ""


def test_imports_go_down_the_list() -> None:
    wrong = [
        f"{name(path)}:{line} imports {module}"
        for path in files()
        if (where := area(path))
        for module, line in imports(tree(path))
        if ours(module) not in (None, where, *ORDER[: ORDER.index(where)])
    ]
    assert wrong == []


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
        ("rich", {"cli", "pages"}),
        ("trafilatura", {"articles"}),
        ("mcp", {"plugins"}),
        ("llm", {"plugins"}),
        ("psycopg", {"retrieval"}),
        ("rouge_score", {"evaluation"}),
        ("jinja2", {"prompts", "pages"}),
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


def test_verification_is_used_by_what_makes_and_measures_digests_alone() -> None:
    users = {
        area(path)
        for path in files()
        for module, _ in imports(tree(path))
        if ours(module) == "verification"
    }
    assert users <= {
        "verification",
        "summaries",
        "engines",
        "llm_engine",
        "summarizer",
        "plugins",
        "evaluation",
    }


def prints(module: ast.Module) -> Iterator[int]:
    """The lines that print or touch stdout."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTERS:
            yield node.lineno
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {
            f"sys.{stream}" for stream in STREAMS
        }:
            yield node.lineno


def test_only_the_command_line_prints() -> None:
    found = [
        f"{name(path)}:{line}"
        for path in files()
        if area(path) != "cli"
        for line in prints(tree(path))
    ]
    assert found == []


def long_functions(module: ast.Module) -> Iterator[str]:
    """A command's parameters are its options, so the signature does not count."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.body[0].lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield f"{node.name} has {lines} lines"


def test_files_and_functions_are_short_enough_to_read() -> None:
    found = [f"{name(path)}: {text}" for path in files() for text in long_functions(tree(path))]
    for path in files():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_FILE_LINES:
            found.append(f"{name(path)} has {lines} lines")
    assert found == []


def test_a_module_says_what_it_is_for() -> None:
    vague = {"utils", "util", "helpers", "misc", "common"}
    assert [name(path) for path in files() if path.stem in vague] == []
    assert [name(path) for path in files() if not ast.get_docstring(tree(path))] == []


def twice(names: list[str]) -> dict[str, int]:
    return {found: count for found, count in Counter(names).items() if count > 1}


def test_the_package_does_not_grow() -> None:
    """What a change adds, it takes away elsewhere."""
    assert len(files()) <= FILES
    assert sum(map(code_lines, files())) <= LINES_OF_CODE


def test_most_modules_have_more_than_one_user() -> None:
    """One with a single user and few lines belongs into that user."""
    small = [module for module, users in importers(PACKAGE).items() if len(users) == 1]
    assert len(small) <= MODULES_WITH_ONE_IMPORTER, small


def test_a_name_means_one_module_and_one_class() -> None:
    stems = twice([path.stem for path in modules(PACKAGE).values()])
    classes = twice(
        [
            node.name
            for path in files()
            for node in tree(path).body
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        ]
    )
    assert len(stems) <= STEMS_USED_TWICE, stems
    assert len(classes) <= CLASS_NAMES_USED_TWICE, classes


def test_a_test_file_has_a_name_of_its_own() -> None:
    """Two of one name in folders without ``__init__.py`` are an error of the whole suite alone."""
    assert twice([path.name for path in Path(__file__).parent.rglob("test_*.py")]) == {}


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


def test_the_limits_see_what_is_too_long() -> None:
    body = "    x = 1\n" * (MAX_FUNCTION_LINES + 1)

    assert list(long_functions(source(f"def f():\n{body}"))) == ["f has 61 lines"]
    assert twice(["a", "b", "a"]) == {"a": 2}
