"""How many files the package has, how large they are, and how many one command runs through.

    python benchmarks/rooms.py [CHECKOUT]

Lines of code are lines that are neither blank nor comment nor docstring. A command is traced in a
process of its own: the files of the package in which a function runs, and the pairs of caller and
callee, as ``file:function``, that lie in two of them.
"""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

_LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER, tokenize.ENCODING,
}  # fmt: skip

_TRACER = """
import atexit, json, os, sys, threading
package, out = sys.argv[1:3]
files, switches = set(), set()
def watch(frame, event, argument):
    code = frame.f_code
    # Of all code, only functions are "optimized" (flag 1): no modules, no bodies of classes.
    if event != "call" or not code.co_filename.startswith(package) or not code.co_flags & 1:
        return
    files.add(code.co_filename)
    caller = frame.f_back
    while caller is not None and not caller.f_code.co_filename.startswith(package):
        caller = caller.f_back
    if caller is not None and caller.f_code.co_filename != code.co_filename:
        above = caller.f_code
        switches.add((above.co_filename, above.co_name, code.co_filename, code.co_name))
def write():
    sys.setprofile(None)
    with open(out, "w") as file:
        json.dump([len(files), len(switches)], file)
atexit.register(write)
threading.setprofile(watch)
sys.setprofile(watch)
sys.argv = ["summarizer", *sys.argv[3:]]
from summarizer.cli.main import main
main()
"""


def modules(package: Path) -> dict[str, Path]:
    """Every module by its full name, without the ``__init__`` and ``__main__`` files."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        if path.stem not in ("__init__", "__main__"):
            parts = path.relative_to(package.parent).with_suffix("").parts
            found[".".join(parts)] = path
    return found


def importers(package: Path) -> dict[str, set[str]]:
    """The files of the package that import each module, anywhere in them."""
    found: dict[str, set[str]] = {name: set() for name in modules(package)}
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in _imported(node):
                if name in found:
                    found[name].add(str(path))
    return found


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def code_lines(path: Path) -> int:
    """The lines of a file that hold code."""
    text = path.read_text(encoding="utf-8")
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _LAYOUT:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                lines -= set(range(body[0].lineno, (body[0].end_lineno or 0) + 1))
    return len(lines)


def traced(package: Path, *command: str) -> tuple[int, int]:
    """Files in which ``summarizer COMMAND`` runs, and its calls from one into another."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "trace.json"
        environment = {
            "SUMMARIZER_CACHE_DIR": f"{folder}/cache",
            "SUMMARIZER_DATA_DIR": f"{folder}/data",
            "XDG_CONFIG_HOME": f"{folder}/config",
            "PYTHONPATH": str(package.parent),
        }
        subprocess.run(
            [sys.executable, "-c", _TRACER, str(package), str(out), *command],
            check=True,
            capture_output=True,
            cwd=folder,
            env=os.environ | environment,
        )
        files, switches = json.loads(out.read_text())
    return files, switches


def main() -> None:
    """Print the table."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1]).resolve()
    package = root / "summarizer"
    files = {path: code_lines(path) for path in package.rglob("*.py")}
    largest = max(files, key=lambda path: files[path])
    by_one = [name for name, users in importers(package).items() if len(users) == 1]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    tests = list((root / "tests").rglob("*.py"))
    rows = [
        ("files", f"{len(files)}"),
        ("lines of code", f"{sum(files.values()):,}"),
        ("lines of code of the median file", f"{median(files.values()):.0f}"),
        ("lines of the median file", f"{median(lengths.values()):.0f}"),
        ("lines of code of the largest file", f"{files[largest]} ({largest.relative_to(package)})"),
        ("lines of the largest file", f"{max(lengths.values())}"),
        ("modules", f"{len(modules(package))}"),
        ("modules with one importer", f"{len(by_one)}"),
        ("test files, lines of code", f"{len(tests)}, {sum(map(code_lines, tests)):,}"),
    ]
    article = str(root / "seeds" / "border-talks.txt")
    for name, command in (
        ("summarize", ("summarize", article, "--model", "extractive")),
        ("eval run", ("eval", "run", "smoke", "--model", "extractive", "--out", "run")),
    ):
        touched, switches = traced(package, *command)
        rows.append((f"files that one extractive {name} runs in", f"{touched}"))
        rows.append((f"calls between files in one extractive {name}", f"{switches}"))
    for title, value in rows:
        print(f"{title:48} {value}")


if __name__ == "__main__":
    main()
