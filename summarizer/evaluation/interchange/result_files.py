"""``ForeignResults``: the scores that another tool wrote. promptfoo's results, tables of scores.

promptfoo (``eval -o results.json``, version 3): each column, a provider with a prompt, is a
variant. Tests are matched by their variables and their assertions: indices do not do, since a
repeat is a test with an index of its own, and a test that is inserted moves all others. Repeats
become epochs. Source: promptfoo 0.121.20, ``src/types/index.ts`` (EvaluateSummaryV3).

A table (``.jsonl`` or ``.csv``) has a row for each sample: ``id``, and columns of numbers, each of
which is a metric. Rows of one id are epochs. Columns that hold no numbers are not scores.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, AliasChoices, AliasPath, BaseModel, Field

from summarizer.errors import ConfigurationError, data_errors, system_errors
from summarizer.evaluation.scores import SampleScores, VariantScores
from summarizer.evaluation.suite.file import Record, file_records

M = TypeVar("M", bound=BaseModel)
# What answers cost, for every tool alike; a scorer has no name with such a beginning.
SECONDS: Final = "usage.seconds"
TOKENS: Final = "usage.tokens"
COST: Final = "usage.cost_usd"
USAGE: Final = (SECONDS, TOKENS, COST)
# Parsed, a file takes up to twenty times its size.
MAX_BYTES: Final = 128 * 2**20
_LARGEST: Final = 1e100
_PROMPTFOO_VERSION: Final = 3
_PASSED: Final = "pass"
_SCORE: Final = "score"
_ERROR: Final = 2  # ResultFailureReason: 0 none, 1 an assertion, 2 anything else
_SHOWN: Final = 40  # characters
# What stands in a table where there is no value; "nan" is a number, and unscored as well.
_NO_VALUE: Final = ("", "n/a", "na", "none", "null", "-")
_WORDS: Final = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}


class ForeignResults(NamedTuple):
    """The results in one file.

    Attributes:
        kind: what such a file is called.
        name: the file, as it was given.
        variants: the scores: one variant in an Inspect log and in a table, and one for each
            column of promptfoo's results.
        metrics: in the order of the file.
        notes: what a reader should know.
    """

    kind: Literal["Inspect log", "promptfoo results", "table of scores"]
    name: str
    variants: dict[str, VariantScores]
    metrics: list[str]
    notes: tuple[str, ...] = ()


def number(value: object) -> float | None:
    """A score as a number, which may be NaN; None where it is none. True and "yes" are 1."""
    if isinstance(value, str):
        value = _WORDS.get(value.strip().casefold(), value)
    if not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def scored(value: float | None) -> float | None:
    """The number; None, which means unscored, for NaN, infinity and what is beyond 1e100.

    The squares of larger values overflow, and nothing measures them.
    """
    return float(value) if value is not None and abs(value) <= _LARGEST else None


def label(value: object) -> str | None:
    """A value that says which samples belong together, as text; None for what is no label."""
    return str(value) if isinstance(value, str | int | float) else None


Amount = Annotated[float | None, AfterValidator(scored)]


def parse(data: bytes, shape: type[M], path: Path) -> M:
    """JSON from elsewhere, as far as it has the shape that is needed.

    Raises:
        ConfigurationError: it is not JSON, or of another shape.
    """
    with data_errors(f"{str(path)!r} is damaged"):
        return shape.model_validate_json(data)


class _Version(BaseModel):
    version: int = Field(validation_alias=AliasChoices("version", AliasPath("results", "version")))


def parse_version(
    data: bytes, shape: type[M], path: Path, *, known: int, what: str, hint: str
) -> M:
    """``parse``, where JSON that is of another version than is known is refused."""
    version = parse(data, _Version, path).version
    if version != known:
        raise ConfigurationError(
            f"{str(path)!r} has version {version} of {what}; version {known} is read here",
            hint=hint,
        )
    return parse(data, shape, path)


def read_file(path: Path, *, hint: str | None = None) -> bytes:
    """A file of JSON from elsewhere.

    Raises:
        ConfigurationError: it cannot be read, or is too large; ``hint`` says how it gets smaller.
    """
    with system_errors(f"cannot read {str(path)!r}"), path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise too_large(path, hint=hint)
    return data


def too_large(path: Path, *, hint: str | None = None) -> ConfigurationError:
    """What to say of a file that would not fit into memory."""
    size = MAX_BYTES // 2**20
    return ConfigurationError(f"{str(path)!r} holds more than {size} MiB of JSON", hint=hint)


class _Provider(BaseModel):
    id: str | None = None
    label: str | None = None


class _Prompt(BaseModel):
    label: str | None = None
    raw: str = ""


class _TestResult(BaseModel):
    test: int = Field(alias="testIdx")
    column: int = Field(alias="promptIdx")
    provider: _Provider | str = ""
    prompt: _Prompt = _Prompt()
    variables: dict[str, Any] = Field(default={}, alias="vars")
    declared: dict[str, Any] = Field(default={}, alias="testCase")
    response: dict[str, Any] | None = None
    tokens: Amount = Field(
        default=None, validation_alias=AliasPath("response", "tokenUsage", "total")
    )
    reason: int = Field(alias="failureReason")
    success: bool
    score: Amount
    named: dict[str, Amount] | None = Field(default=None, alias="namedScores")
    milliseconds: Amount = Field(default=None, alias="latencyMs")
    cost: Amount = None

    @property
    def model(self) -> str:
        """The provider's id."""
        return self.provider if isinstance(self.provider, str) else self.provider.id or ""

    @property
    def variant(self) -> str:
        """The provider and the prompt, for people."""
        who = (not isinstance(self.provider, str) and self.provider.label) or self.model
        return " ".join(filter(None, map(_short, (who, self.prompt.label or self.prompt.raw))))

    @property
    def sample(self) -> str:
        """A name that is the same in every file: the beginning of the variables, and a hash."""
        variables = {key: value for key, value in self.variables.items() if key[:1] != "_"}
        content = [variables, self.declared.get("assert"), self.declared.get("threshold")]
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
        shown = next((value for value in variables.values() if isinstance(value, str)), "")
        return f"{_short(shown)} #{digest}".lstrip()

    @property
    def records(self) -> dict[str, float | None] | None:
        """The values of a result, None for unscored; None where there was no answer to score."""
        if self.reason == _ERROR:
            return None
        fresh = self.milliseconds is not None and not (self.response or {}).get("cached")
        return {
            _PASSED: float(self.success),
            _SCORE: self.score,
            **{_named(name): value for name, value in (self.named or {}).items()},
            SECONDS: (self.milliseconds or 0.0) / 1_000 if fresh else None,
            TOKENS: self.tokens,
            COST: self.cost,
        }


class _ResultsFile(BaseModel):
    results: list[_TestResult] = Field(validation_alias=AliasPath("results", "results"))


def read_promptfoo(path: Path, *, cluster: str | None = None) -> ForeignResults:
    """The scores of a file of results.

    Args:
        path: what ``promptfoo eval -o FILE.json`` or ``promptfoo export eval`` wrote.
        cluster: the variable, or key of the tests' metadata, that says which belong together.

    Raises:
        ConfigurationError: it is no such file, of another version, or damaged.
    """
    hint = "promptfoo export eval ID -o FILE.json, of a current promptfoo"
    data = read_file(path)
    results = parse_version(
        data, _ResultsFile, path, known=_PROMPTFOO_VERSION, what="promptfoo's results", hint=hint
    ).results
    if not results:
        raise ConfigurationError(f"{str(path)!r} has no results")
    columns: dict[int, dict[str, list[_TestResult]]] = {}
    for result in sorted(results, key=lambda one: (one.column, one.test)):
        columns.setdefault(result.column, {}).setdefault(result.sample, []).append(result)
    variants: dict[str, VariantScores] = {}
    for repeats in columns.values():
        result = next(iter(repeats.values()))[0]
        names = (f"{result.variant} ({number})" for number in count(2))
        name = next(one for one in chain([result.variant], names) if one not in variants)
        samples = {sample: _promptfoo_sample(of, cluster) for sample, of in repeats.items()}
        variants[name] = VariantScores(name=name, model=result.model, samples=samples)
    named = (_named(name) for result in results for name in (result.named or {}))
    metrics = list(dict.fromkeys([_PASSED, _SCORE, *named, *USAGE]))
    return ForeignResults("promptfoo results", str(path), variants, metrics)


def _promptfoo_sample(repeats: list[_TestResult], cluster: str | None) -> SampleScores:
    known = {**repeats[0].variables, **(repeats[0].declared.get("metadata") or {})}
    return SampleScores(
        fingerprint="",  # the name says it all
        story=label(known.get(cluster)) if cluster else None,
        epochs=tuple(result.records for result in repeats),
    )


def _named(name: str) -> str:
    return f"named.{name}" if name in (_PASSED, _SCORE, *USAGE) else name


def _short(text: str) -> str:
    """The text in one line, cut where it is long."""
    line = " ".join(text[: 4 * _SHOWN].split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def read_table(path: Path, *, cluster: str | None = None) -> ForeignResults:
    """The scores of a ``.jsonl`` or ``.csv`` file that any tool wrote.

    Args:
        path: the file; its name without the ending is the variant's.
        cluster: the column that says which samples belong together.

    Raises:
        ConfigurationError: it cannot be read, a row has no id, or no column holds numbers.
    """
    epochs: dict[str, list[Record]] = {}
    columns: dict[str, dict[str, object]] = {}  # name -> place -> value
    for where, record in file_records(path):
        names = (name for name in record if str(name).strip().casefold() == "id")
        id_ = label(record.get(next(names, "id")))
        if not id_:
            raise ConfigurationError(
                f"{where}: the row has no 'id'", hint="a row is a sample with its scores"
            )
        epochs.setdefault(id_, []).append(record)
        for name, value in record.items():
            if str(name).strip().casefold() in ("id", "epoch") or name == cluster:
                continue
            values = columns.setdefault(str(name), {})
            if value is not None and str(value).strip().casefold() not in _NO_VALUE:
                values[where] = value
    metrics, notes = _metrics_among(columns)
    if not metrics:
        others = ", ".join(f"{name}{'' if columns[name] else ' (empty)'}" for name in columns)
        raise ConfigurationError(
            f"no column of {str(path)!r} holds numbers: {others or 'there is only the id'}",
            hint=notes[0] if notes else "an id and a column for each metric",
        )
    often, repeated = max(epochs.items(), key=lambda one: len(one[1]))
    most = len(repeated)
    if short := sum(len(repeats) < most for repeats in epochs.values()):
        notes.append(f"{_short(often)!r} has {most} rows (epochs), and {short:,} ids have fewer")
    samples = {
        id_: SampleScores(
            fingerprint="",  # the id says it all
            story=label(repeats[0].get(cluster)) if cluster else None,
            epochs=(
                *({name: scored(number(row.get(name))) for name in metrics} for row in repeats),
                *[None] * (most - len(repeats)),
            ),
        )
        for id_, repeats in epochs.items()
    }
    variant = VariantScores(name=path.stem, model="", samples=samples)
    return ForeignResults("table of scores", str(path), {path.stem: variant}, metrics, tuple(notes))


def _metrics_among(columns: Mapping[str, Mapping[str, object]]) -> tuple[list[str], list[str]]:
    """The columns of numbers; and of those with numbers and something else, what that is."""
    metrics, notes = [], []
    for name, values in columns.items():
        others = [where for where, value in values.items() if number(value) is None]
        if values and not others:
            metrics.append(name)
        elif len(others) < len(values):
            shown = _short(str(values[others[0]]))
            notes.append(f"{name} is not compared: {others[0]} has {shown!r}, which is no number")
    return metrics, notes
