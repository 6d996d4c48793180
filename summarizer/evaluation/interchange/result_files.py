"""Reading results of promptfoo (``eval -o results.json``, version 3), and tables of scores.

promptfoo: each column, a provider with a prompt, is a variant. Tests are matched by their
variables and their assertions: indices do not do, since a repeat is a test with an index of its
own, and a test that is inserted moves all others. Repeats of a test become epochs.
Source: promptfoo 0.121.20, ``src/types/index.ts`` (EvaluateSummaryV3, EvaluateResult).

A table (``.jsonl`` or ``.csv``) has a row for each sample: ``id``, and columns of numbers, each of
which is a metric. Rows of one id are epochs. Columns that hold no numbers are not scores.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import Field, TypeAdapter

from summarizer.articles.rows import read_rows
from summarizer.errors import ConfigurationError, SourceError
from summarizer.evaluation.interchange.foreign import (
    COST,
    SECONDS,
    TOKENS,
    USAGE,
    Foreign,
    ForeignResults,
    label,
    parse,
    read_file,
    scored,
)
from summarizer.evaluation.scores import SampleScores, VariantScores

VERSION: Final = 3
PASSED: Final = "pass"
SCORE: Final = "score"
_ERROR: Final = 2  # ResultFailureReason: 0 none, 1 an assertion, 2 anything else
_SHOWN: Final = 40  # characters
_MAX_ROW: Final = 5_000_000  # bytes
_WORDS: Final = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}

Records = dict[str, float | None]


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


class _TestResult(Foreign):
    test: int = Field(alias="testIdx")
    column: int = Field(alias="promptIdx")
    provider: _Provider | str = ""
    prompt: _Prompt = _Prompt()
    variables: dict[str, Any] = Field(default={}, alias="vars")
    declared: _Test = Field(default=_Test(), alias="testCase")
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
        """Whether there was no answer to score; ``error`` also tells why an assertion failed."""
        if self.reason is None:  # versions before 0.97
            return self.error is not None and self.response is None
        return self.reason == _ERROR


class _ResultsVersion(Foreign):
    version: int


class _Summary(_ResultsVersion):
    results: list[_TestResult]


class _VersionOnly(Foreign):
    results: _ResultsVersion


class _ResultsFile(Foreign):
    results: _Summary


_VERSION: Final = TypeAdapter(_VersionOnly)
_FILE: Final = TypeAdapter(_ResultsFile)


def read_promptfoo(path: Path, *, cluster: str | None = None) -> ForeignResults:
    """The scores of a file of results.

    Args:
        path: what ``promptfoo eval -o FILE.json`` or ``promptfoo export eval`` wrote.
        cluster: the variable, or key of the tests' metadata, that says which belong together.

    Raises:
        ConfigurationError: it is no such file, of another version, or damaged.
    """
    columns: dict[int, dict[int, _TestResult]] = {}
    for result in (results := _read(path)):
        if result.test in columns.setdefault(result.column, {}):
            raise ConfigurationError(
                f"{str(path)!r} has two results of test {result.test} in column {result.column}"
            )
        columns[result.column][result.test] = result
    variants: dict[str, VariantScores] = {}
    for _, tests in sorted(columns.items()):
        ordered = [tests[number] for number in sorted(tests)]
        name = _unique(_column(ordered[0]), variants)
        variants[name] = _variant(name, ordered, cluster)
    named = (_named(name) for result in results for name in (result.named or {}))
    quality = dict.fromkeys([PASSED, SCORE, *named])
    return ForeignResults(
        kind="promptfoo results",
        name=str(path),
        variants=variants,
        directions={**dict.fromkeys(quality, "higher"), **dict.fromkeys(USAGE, "lower")},
    )


def read_table(path: Path, *, cluster: str | None = None) -> ForeignResults:
    """The scores of a ``.jsonl`` or ``.csv`` file that any tool wrote.

    Args:
        path: the file; its name without the ending is the variant's.
        cluster: the column that says which samples belong together.

    Raises:
        ConfigurationError: it cannot be read, a row has no id, or no column holds numbers.
    """
    epochs: dict[str, list[Mapping[str, Any]]] = {}
    columns: dict[str, None] = {}
    for row in read_rows(path, max_bytes=_MAX_ROW):
        if isinstance(row.record, SourceError):
            raise ConfigurationError(str(row.record), hint=row.record.hint)
        id_ = label(row.record.get("id"))
        if not id_:
            raise ConfigurationError(
                f"{path}:{row.line}: the row has no 'id'", hint="a row is a sample with its scores"
            )
        epochs.setdefault(id_, []).append(row.record)
        columns.update(dict.fromkeys(map(str, row.record)))
    rows = [row for repeats in epochs.values() for row in repeats]
    given = {name: [row.get(name) for row in rows] for name in columns}
    metrics = [
        name
        for name, values in given.items()
        if name not in ("id", "epoch", cluster)
        and any(_number(value) is not None for value in values)
        and all(_number(value) is not None or value in (None, "") for value in values)
    ]
    if not metrics:
        raise ConfigurationError(
            f"no column of {str(path)!r} holds numbers", hint="an id and a column for each metric"
        )
    most = max(map(len, epochs.values()))
    samples = {
        id_: SampleScores(
            fingerprint="",  # the id says it all
            story=label(repeats[0].get(cluster)) if cluster else None,
            epochs=tuple(
                {name: scored(_number(row.get(name))) for name in metrics} for row in repeats
            )
            + (None,) * (most - len(repeats)),
        )
        for id_, repeats in epochs.items()
    }
    return ForeignResults(
        kind="table of scores",
        name=str(path),
        variants={path.stem: VariantScores(name=path.stem, model="", samples=samples)},
        directions={name: "lower" if name in USAGE else "higher" for name in metrics},
    )


def _read(path: Path) -> list[_TestResult]:
    where = repr(str(path))
    data = read_file(path)
    version = parse(data, _VERSION, where=where).results.version
    if version != VERSION:
        raise ConfigurationError(
            f"{where} has version {version} of promptfoo's results; version {VERSION} is read here",
            hint="promptfoo export eval ID -o FILE.json, of a current promptfoo",
        )
    results = parse(data, _FILE, where=where).results.results
    if not results:
        raise ConfigurationError(f"{where} has no results")
    return results


def _variant(name: str, results: Sequence[_TestResult], cluster: str | None) -> VariantScores:
    tests: dict[str, list[_TestResult]] = {}
    for result in results:
        tests.setdefault(_test_name(result), []).append(result)
    provider = results[0].provider
    samples = {}
    for test, repeats in tests.items():
        first = repeats[0]
        known = {**first.variables, **(first.declared.metadata or {})}
        samples[test] = SampleScores(
            fingerprint="",  # the name says it all
            story=label(known.get(cluster)) if cluster else None,
            epochs=tuple(_records(result) for result in repeats),
        )
    model = provider if isinstance(provider, str) else provider.id
    return VariantScores(name=name, model=model or "", samples=samples)


def _records(result: _TestResult) -> Records | None:
    """The values of a result, None for unscored; None where there was no answer to score."""
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


def _test_name(result: _TestResult) -> str:
    """A name that is the same in every file: the beginning of the variables, and a hash."""
    variables = {key: value for key, value in result.variables.items() if not key.startswith("_")}
    content = [variables, result.declared.asserts, result.declared.threshold]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    shown = next((value for value in variables.values() if isinstance(value, str)), "")
    return f"{_short(shown)} #{digest}".lstrip()


def _column(result: _TestResult) -> str:
    provider = result.provider
    who = provider if isinstance(provider, str) else provider.label or provider.id or ""
    prompt = result.prompt
    return " ".join(filter(None, (_short(who), _short(prompt.label or prompt.raw))))


def _unique(name: str, taken: Mapping[str, object]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name} ({number})", number + 1
    return found


def _short(text: str) -> str:
    """The text in one line, cut where it is long."""
    line = " ".join(text[: 4 * _SHOWN].split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _number(value: Any) -> float | None:
    """A score of a table; None where it is no number. Yes and no, true and false are 1 and 0."""
    if isinstance(value, str):
        value = _WORDS.get(value.strip().casefold(), value)
    if not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found
