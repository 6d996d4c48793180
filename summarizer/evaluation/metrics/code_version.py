"""Which version of the metrics computed a score: the hash of their code.

Comments, docstrings, layout and imports are no part of it: they change no value, and what is
imported is hashed where it is.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

_PACKAGE: Final = Path(__file__).resolve().parents[2]
# The files, inside the package, that the values of metrics depend on.
METRICS_CODE: Final = (
    "evaluation/metrics/*.py",
    "verification/**/*.py",
    "verification/*.toml",
    "text.py",
)


@cache
def metrics_sha256() -> str:
    """The hash of the code that scores depend on."""
    return hash_code(METRICS_CODE)


def hash_code(patterns: Sequence[str]) -> str:
    """The hash of the package's files that match the glob patterns: Python's shape, or data."""
    digest = hashlib.sha256()
    for pattern in patterns:
        for file in sorted(_PACKAGE.glob(pattern)):
            name = file.relative_to(_PACKAGE).as_posix()
            content = file.read_bytes()
            shape = code_shape(content).encode() if file.suffix == ".py" else content
            digest.update(b"%b\n%b\n" % (name.encode(), shape))
    return digest.hexdigest()


def code_shape(source: bytes) -> str:
    """Python code as it is parsed, without docstrings and imports.

    It is the same in every version of Python, which ``ast.dump`` is not.
    """
    return _shape(ast.parse(source))


def _shape(node: Any) -> str:
    if isinstance(node, list):
        kept = (item for item in node if not isinstance(item, ast.Import | ast.ImportFrom))
        return f"[{','.join(map(_shape, kept))}]"
    if not isinstance(node, ast.AST):
        return ascii(node)
    fields = (f"{name}={_shape(value)}" for name, value in _fields(node))
    return f"{type(node).__name__}({','.join(fields)})"


def _fields(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """The fields that are set: newer versions have more of them, and leave them empty."""
    for name, value in ast.iter_fields(node):
        if name == "body" and _is_documented(node):
            value = value[1:]
        if value not in (None, []):
            yield name, value


def _is_documented(node: ast.AST) -> bool:
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None
