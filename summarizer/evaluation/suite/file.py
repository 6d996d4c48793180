"""Where suites are, and reading them strictly: an error names the key and the keys there are."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from summarizer.errors import ConfigurationError
from summarizer.evaluation.suite.definition import NULL, Suite, SuiteFile
from summarizer.settings import data_root
from summarizer.taxonomy.yaml_file import Plain, PlainYamlError, parse_plain_yaml

FILE_NAME: Final = "suite.yaml"
MAX_BYTES: Final = 1_000_000


def load_suite(name: str | Path) -> SuiteFile:
    """The suite of a name (in ./evals or among ours), of a folder, or of a file.

    Raises:
        ConfigurationError: there is none, or it is malformed; the message names the key.
    """
    path = _locate(str(name))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigurationError(f"suite {str(path)!r} is larger than {MAX_BYTES:,} bytes")
        data = path.read_bytes()
        suite = parse_form(Suite, _without_nulls(parse_plain_yaml(data.decode("utf-8-sig"))))
    except OSError as error:
        raise ConfigurationError(f"cannot read {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"suite {str(path)!r} is not UTF-8 text") from None
    except (PlainYamlError, ValueError) as error:
        raise ConfigurationError(
            f"suite {str(path)!r}: {error}", hint="docs/evals.md shows the format"
        ) from None
    return SuiteFile(path=path, suite=suite, sha256=hashlib.sha256(data).hexdigest())


def suite_files() -> Iterator[Path]:
    """The suites that have a name: those in ./evals first, then ours."""
    seen: set[str] = set()
    for root in _roots():
        for path in sorted(root.glob(f"*/{FILE_NAME}")):
            if path.parent.name not in seen:
                seen.add(path.parent.name)
                yield path


def _roots() -> tuple[Path, Path]:
    return Path("evals"), data_root() / "evals"


def _locate(name: str) -> Path:
    given = Path(name)
    inside = [root / name / FILE_NAME for root in _roots()] if name == given.name else []
    for path in (given / FILE_NAME, given, *inside):
        if path.is_file():
            return path
    known = ", ".join(path.parent.name for path in suite_files())
    raise ConfigurationError(
        f"there is no suite {name!r}",
        hint=f"a folder with a {FILE_NAME}, or one of: {known}" if known else f"make {given}",
    )


def _without_nulls(value: Plain) -> Plain:
    """A key that is null is a key that is not there; but for labels, whose null is a choice."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: child if key == "labels" else _without_nulls(child)
        for key, child in value.items()
        if child not in NULL
    }


M = TypeVar("M", bound=BaseModel)
_SHOWN = 80  # characters of a wrong value


def parse_form(model: type[M], data: Any) -> M:
    """``data`` as a ``model``.

    Raises:
        ValueError: says in one sentence what is wrong, where, and what would be right.
    """
    if not isinstance(data, dict):
        raise ValueError(f"expected keys and values ({', '.join(model.model_fields)})")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ValueError(_sentence(model, error)) from None


def _sentence(model: type[BaseModel], error: ValidationError) -> str:
    errors = error.errors(include_url=False)
    # A key that is misspelt is also missing: say the former.
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    where = tuple(first["loc"])
    name = ".".join(map(str, where))
    if first["type"] == "extra_forbidden":
        known = list(_model_at(model, where[:-1]).model_fields)
        return f"unknown key {name!r}{_meant(str(where[-1]), known)}"
    if first["type"] == "missing":
        return f"key {name!r} is missing"
    problem = first["msg"].removeprefix("Value error, ")
    if not name:
        return problem
    given = first.get("input")
    shown = f", not {given!r:.{_SHOWN}}" if isinstance(given, str | int | float | None) else ""
    return f"key {name!r}: {problem}{shown}"


def _meant(given: str, known: list[str]) -> str:
    close = difflib.get_close_matches(given, known, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"{meant} (allowed: {', '.join(known)})"


def _model_at(model: type[BaseModel], path: Iterable[Any]) -> type[BaseModel]:
    """The model that is found at a path of field names and indices."""
    for step in path:
        field = model.model_fields.get(str(step))
        if field is not None:
            model = next(_models_in(field.annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, tuple, list, dict):
        for argument in get_args(annotation):
            yield from _models_in(argument)
