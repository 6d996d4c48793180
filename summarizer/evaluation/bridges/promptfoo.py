"""Reading promptfoo's results (``promptfoo eval -o results.json``, results version 3).

Each column, a provider with a prompt, is a cell. Tests are matched by their variables and their
assertions: indices do not do, since a repeat is a test with an index of its own, and a test that
is inserted moves all others. Repeats of a test become epochs.
Source: promptfoo 0.121.20, ``src/types/index.ts`` (EvaluateSummaryV3, EvaluateResult).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import Field, TypeAdapter

from summarizer.errors import ConfigurationError
from summarizer.evaluation.bridges.log import (
    COST,
    SECONDS,
    TOKENS,
    USAGE,
    Foreign,
    Log,
    parse,
    read_file,
    scored,
)
from summarizer.evaluation.scores import CaseScores, CellScores

VERSION: Final = 3
PASSED: Final = "pass"
SCORE: Final = "score"
_ERROR: Final = 2  # ResultFailureReason: 0 none, 1 an assertion, 2 anything else
_LABEL: Final = 40


class _Provider(Foreign):
    id: str | None = None
    label: str | None = None


class _Prompt(Foreign):
    label: str | None = None
    raw: str = ""


class _Tokens(Foreign):
    total: float | None = None


class _Response(Foreign):
    cached: bool | None = None
    token_usage: _Tokens | None = Field(default=None, alias="tokenUsage")


class _Test(Foreign):
    asserts: Any = Field(default=None, alias="assert")
    threshold: float | None = None
    metadata: dict[str, Any] | None = None


class _Result(Foreign):
    test: int = Field(alias="testIdx")
    column: int = Field(alias="promptIdx")
    provider: _Provider | str = ""
    prompt: _Prompt = _Prompt()
    variables: dict[str, Any] = Field(default={}, alias="vars")
    case: _Test = Field(default=_Test(), alias="testCase")
    response: _Response | None = None
    error: str | None = None
    reason: int | None = Field(default=None, alias="failureReason")
    success: bool
    score: float | None
    named: dict[str, float | None] | None = Field(default=None, alias="namedScores")
    milliseconds: float | None = Field(default=None, alias="latencyMs")
    cost: float | None = None

    @property
    def failed(self) -> bool:
        """Whether there was no answer to judge; ``error`` also tells why an assertion failed."""
        if self.reason is None:  # versions before 0.97
            return self.error is not None and self.response is None
        return self.reason == _ERROR


class _Summary(Foreign):
    version: int
    results: list[_Result]


class _File(Foreign):
    results: _Summary


class _Version(Foreign):
    version: int


class _Head(Foreign):
    results: _Version


_HEAD: Final = TypeAdapter(_Head)
_FILE: Final = TypeAdapter(_File)


def read_promptfoo(path: Path, *, cluster: str | None = None) -> Log:
    """The scores of a file of results.

    Args:
        path: what ``promptfoo eval -o FILE.json`` or ``promptfoo export eval`` wrote.
        cluster: the variable, or key of the tests' metadata, that says which belong together.

    Raises:
        ConfigurationError: it is no such file, of another version, or damaged.
    """
    results = _read(path)
    columns: dict[int, list[_Result]] = {}
    seen: set[tuple[int, int]] = set()
    for result in results:
        if (result.test, result.column) in seen:
            raise ConfigurationError(
                f"{str(path)!r} has two results of test {result.test} in column {result.column}"
            )
        seen.add((result.test, result.column))
        columns.setdefault(result.column, []).append(result)
    cells: dict[str, CellScores] = {}
    for number in sorted(columns):
        name = _unique(_column(columns[number][0]), cells)
        cells[name] = _cell(name, columns[number], cluster)
    names = dict.fromkeys(name for result in results for name in (result.named or {}))
    quality = dict.fromkeys([PASSED, SCORE, *map(_named, names)])
    return Log(
        kind="promptfoo results",
        name=str(path),
        cells=cells,
        directions={**dict.fromkeys(quality, "higher"), **dict.fromkeys(USAGE, "lower")},
    )


def _read(path: Path) -> list[_Result]:
    where = repr(str(path))
    data = read_file(path)
    version = parse(data, _HEAD, where=where).results.version
    if version != VERSION:
        raise ConfigurationError(
            f"{where} has version {version} of promptfoo's results; version {VERSION} is read here",
            hint="promptfoo export eval ID -o FILE.json, of a current promptfoo",
        )
    results = parse(data, _FILE, where=where).results.results
    if not results:
        raise ConfigurationError(f"{where} has no results")
    return results


def _cell(name: str, results: Sequence[_Result], cluster: str | None) -> CellScores:
    tests: dict[str, list[_Result]] = {}
    for result in sorted(results, key=lambda one: one.test):
        tests.setdefault(_test_name(result), []).append(result)
    first = results[0].provider
    model = first if isinstance(first, str) else first.id
    return CellScores(
        name=name,
        model=model or "",
        cases={
            test: CaseScores(
                fingerprint="",  # the name says it all
                story=_story(repeats[0], cluster),
                epochs=tuple(_records(result) for result in repeats),
            )
            for test, repeats in tests.items()
        },
    )


def _records(result: _Result) -> dict[str, float | None] | None:
    """The values of a result, None for unscored; None where there was no answer to judge."""
    if result.failed:
        return None
    response = result.response or _Response()
    fresh = not response.cached and result.milliseconds is not None
    records = {
        PASSED: float(result.success),
        SCORE: result.score,
        **{_named(name): value for name, value in (result.named or {}).items()},
        SECONDS: (result.milliseconds or 0.0) / 1_000 if fresh else None,
        TOKENS: response.token_usage.total if response.token_usage else None,
        COST: result.cost,
    }
    return {name: scored(value) for name, value in records.items()}


def _named(name: str) -> str:
    return f"named.{name}" if name in (PASSED, SCORE, *USAGE) else name


def _test_name(result: _Result) -> str:
    """A name that is the same in every file: the beginning of the variables, and a hash."""
    variables = {key: value for key, value in result.variables.items() if not key.startswith("_")}
    content = [variables, result.case.asserts, result.case.threshold]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    shown = next((value for value in variables.values() if isinstance(value, str)), "")
    return f"{_short(shown)} #{digest}".lstrip()


def _column(result: _Result) -> str:
    provider = result.provider
    who = provider if isinstance(provider, str) else provider.label or provider.id or ""
    prompt = result.prompt
    return " ".join(filter(None, (_short(who), _short(prompt.label or prompt.raw))))


def _unique(name: str, taken: dict[str, CellScores]) -> str:
    number = 2
    found = name
    while found in taken:
        found = f"{name} ({number})"
        number += 1
    return found


def _short(text: str) -> str:
    """The text in one line, cut where it is long."""
    line = " ".join(text[: 4 * _LABEL].split())
    return line if len(line) <= _LABEL else line[: _LABEL - 1] + "…"


def _story(result: _Result, cluster: str | None) -> str | None:
    if cluster is None:
        return None
    value = {**result.variables, **(result.case.metadata or {})}.get(cluster)
    return str(value) if isinstance(value, str | int | float) else None
