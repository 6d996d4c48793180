"""Strict reading of files that people write: an error names the key, and the keys there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

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
            model = next(_models(field.annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, tuple, list, dict):
        for argument in get_args(annotation):
            yield from _models(argument)
