"""Reading suites, and the rows of their data: articles with what people say of them.

An error names the key and the keys there are. Data are our own rows (JSON lines, read strictly),
or a table whose columns have any names. Rows of several raters become one.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import Field, field_validator, model_validator

from summarizer.articles.rows import read_rows
from summarizer.errors import ConfigurationError, SourceError, system_errors
from summarizer.evaluation.metrics.scored_output import Injection
from summarizer.evaluation.suite.definition import (
    NULL,
    Data,
    Form,
    Suite,
    SuiteFile,
    TableFields,
    parse_form,
)
from summarizer.settings import data_root
from summarizer.taxonomy.yaml_file import Plain, PlainYamlError, parse_plain_yaml

FILE_NAME: Final = "suite.yaml"
MAX_BYTES: Final = 1_000_000
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def load_suite(name: str | Path) -> SuiteFile:
    """The suite of a name (in ./evals or among ours), of a folder, or of a file.

    A file of rows, such as ``eval label`` writes, or a table whose columns have the usual names
    is a suite of what the rows have gold data for.

    Raises:
        ConfigurationError: there is none, or it is malformed; the message names the key.
    """
    path = _locate(str(name))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigurationError(f"suite {str(path)!r} is larger than {MAX_BYTES:,} bytes")
        if path.suffix.lower() in _SUFFIXES:
            return _suite_of_rows(path)
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
    for root in suite_roots():
        for path in sorted(root.glob(f"*/{FILE_NAME}")):
            if path.parent.name not in seen:
                seen.add(path.parent.name)
                yield path


def suite_roots() -> tuple[Path, Path]:
    """The folders of suites that have a name, and of records: ./evals, then ours."""
    return Path("evals"), data_root() / "evals"


def _locate(name: str) -> Path:
    given = Path(name)
    inside = [root / name / FILE_NAME for root in suite_roots()] if name == given.name else []
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


def _suite_of_rows(path: Path) -> SuiteFile:
    data = Data(path=path.name, format="table" if path.suffix.lower() == ".csv" else "rows")
    rows = [source.row for source in read_source_rows(data, folder=path.parent)]
    gold = {
        "topic_f1": any(row.gold_topics is not None for row in rows),
        "key_fact_recall": any(row.key_facts for row in rows),
    }
    primary = [metric for metric, there in gold.items() if there]
    if not primary:
        raise ConfigurationError(
            f"no row of {str(path)!r} has topics or key facts",
            hint="gold_topics or key_facts, as eval label writes; or data.fields in a suite.yaml",
        )
    wanted = {
        "name": _NOT_IN_NAMES.sub("-", path.stem).strip("-._")[:64] or "rows",
        "data": data.model_dump(),
        "matrix": {"models": ["extractive"]},
        "metrics": {"primary": primary, "report": ["faithfulness", "length_compliance"]},
    }
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return SuiteFile(path=path, suite=parse_form(Suite, wanted), sha256=sha256)


MAX_ROW: Final = 5_000_000  # bytes
_SUFFIXES: Final = (".jsonl", ".csv")
# Where a column is not named, the usual names are tried.
_USUAL: Final[dict[str, tuple[str, ...]]] = {
    "id": ("id", "guid", "uuid"),
    "article": ("text", "body", "content", "article"),
    "title": ("title", "headline"),
    "date": ("date", "published", "published_at"),
    "language": ("language", "lang"),
    "labels": ("gold_topics", "labels", "topics", "label", "topic", "category", "desk", "section"),
    "reference": ("references", "reference", "summary", "highlights"),
    "key_facts": ("key_facts",),
    "story": ("story_id", "story"),
    "slices": ("slices", "slice"),
}
# What separates the values of a column that has several; a reference stays whole.
_SEPARATORS: Final = {"labels": "[;|]", "slices": "[;|]", "key_facts": "\n", "reference": r"\Z(?!)"}
_KEYS: Final = {"labels": "gold_topics", "reference": "references", "story": "story_id"}

Record = Mapping[str, Any]


class Claim(Form):
    """A statement, and whether a person finds it in the article."""

    text: str
    supported: bool


class SampleRow(Form):
    """A line of data.jsonl."""

    id: str = Field(min_length=1, max_length=200, description="Unique in the file.")
    article: str | None = Field(default=None, description="The text; or else:")
    path: str | None = Field(default=None, description="The article's file, seen from this one.")
    gold_topics: tuple[str, ...] | None = Field(
        default=None, description="Ids or names, the most important first; []: no topic fits."
    )
    references: tuple[str, ...] = Field(default=(), description="Summaries by people.")
    key_facts: tuple[str, ...] = Field(default=(), description="Short statements, one fact each.")
    story_id: str | None = Field(default=None, description="Shared by articles on one event.")
    slices: tuple[str, ...] = Field(default=(), description="Kinds that the article belongs to.")
    language: str | None = Field(default=None, description="ISO 639-1; of an inline article.")
    title: str | None = Field(default=None, description="Of an inline article.")
    date: str | None = Field(default=None, description="As published; of an inline article.")
    injection: Injection | None = Field(default=None, description="The order that it carries.")
    claims: tuple[Claim, ...] = Field(default=(), description="Statements that were checked.")
    rater: str | None = Field(
        default=None, description="Who says so; several may say something of one article."
    )

    @field_validator("path")
    @classmethod
    def _is_local(cls, path: str | None) -> str | None:
        if path is not None and ("://" in path or path == "-"):
            raise ValueError("not a file of this machine")
        return path

    @model_validator(mode="after")
    def _has_one_article(self) -> SampleRow:
        if (self.article is None) == (self.path is None):
            raise ValueError(f"row {self.id!r} must have either 'article' or 'path'")
        return self


class SourceRow(NamedTuple):
    """A row, and where it is.

    Attributes:
        where: file and line.
        folder: paths in it are seen from here.
        row: the row.
        fault: why it is left out; None: it is not.
    """

    where: str
    folder: Path
    row: SampleRow
    fault: str | None = None


def agreed(rows: Iterable[SourceRow]) -> Iterator[SourceRow]:
    """One row for each article: of several raters, what most of them say.

    Where they are even, what the first one says. Of two rows of one rater the later counts.

    Raises:
        ConfigurationError: two rows without a rater have one id.
    """
    articles: dict[str, dict[str | None, SourceRow]] = {}
    for source in rows:
        said = articles.setdefault(source.row.id, {})
        first = next(iter(said.values()), source)
        if first is not source and None in (first.row.rater, source.row.rater):
            raise ConfigurationError(
                f"{source.where}: the id {source.row.id!r} is also that of {first.where}",
                hint="every row needs an id of its own",
            )
        said[source.row.rater] = source
    for said in articles.values():
        first, *others = said.values()
        rows_of = [source.row for source in (first, *others)]
        topics = [row.gold_topics for row in rows_of if row.gold_topics is not None]
        facts = _most([row.key_facts for row in rows_of])
        checked = dict.fromkeys(claim.text for row in rows_of for claim in row.claims)
        update = {
            "gold_topics": _most(topics) if topics else None,
            "key_facts": facts,
            "claims": tuple(Claim(text=text, supported=text in facts) for text in checked),
        }
        yield first._replace(row=first.row.model_copy(update=update)) if others else first


def _most(said: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """What more than half of them say; where they are even, what the first one says."""
    counts = Counter(value for values in said for value in set(values))
    values = dict.fromkeys(value for values in said for value in values)
    return tuple(v for v in values if 2 * counts[v] > len(said) - (v in said[0]))


def read_source_rows(data: Data, *, folder: Path) -> Iterator[SourceRow]:
    """The rows of a suite's data, seen from its folder; labels are as the data has them.

    Raises:
        ConfigurationError: they cannot be read in that format; the message names file, line, key.
    """
    path = folder / data.path
    if not path.exists():
        raise ConfigurationError(
            f"the data {str(path)!r} does not exist", hint="check data.path in suite.yaml"
        )
    with system_errors(f"the data {str(path)!r} cannot be read"):
        yield from agreed(_rows(path, data.fields if data.format == "table" else None))


def _rows(path: Path, fields: TableFields | None) -> Iterator[SourceRow]:
    """The rows of a file; ``fields``: of a table, None for rows of ours."""
    columns: list[str] = []
    for where, record in file_records(path):
        if fields is None:
            yield SourceRow(where, path.parent, _checked_row(where, record))
            continue
        if not columns:
            columns = [str(name or "") for name in record]
            _check_columns(fields, columns, where)
        row, fault = _to_row(record, fields, where=where), None
        if not row.article:
            fault = f"{where}: there is no text"
        elif path.suffix.lower() == ".csv" and len(record) < len(columns):
            fault = f"{where}: fewer columns than in the rows before; the file may be cut off"
        yield SourceRow(where, path.parent, row, fault)


def _check_columns(fields: TableFields, columns: Sequence[str], where: str) -> None:
    known = {column.strip().casefold() for column in columns}
    for field, named in fields.model_dump().items():
        if named and named.casefold() not in known:
            raise ConfigurationError(
                f"{where}: no column {named!r} (data.fields.{field})",
                hint=f"the columns are: {', '.join(filter(None, columns[:20]))}",
            )


def _to_row(record: Record, fields: TableFields, *, where: str) -> SampleRow:
    """A record as a row; what has no id gets its place in the file."""
    values: dict[str, Any] = {"id": where.rpartition("/")[2], "article": ""}
    columns = {str(name).strip().casefold(): value for name, value in record.items() if name}
    for field, usual in _USUAL.items():
        names = (named,) if (named := getattr(fields, field)) else usual
        if field == "article" and not any(name.casefold() in columns for name in names):
            raise ConfigurationError(
                f"{where}: no text under {' / '.join(names)}",
                hint="data.fields.article in suite.yaml names the column",
            )
        given = (columns.get(name.casefold()) for name in names)
        value = next((value for value in given if value not in (None, "")), None)
        read = _texts(value, _SEPARATORS[field]) if field in _SEPARATORS else _text(value)
        if read is not None:
            values[_KEYS.get(field, field)] = read
    return _checked_row(where, values)


def file_records(path: Path) -> Iterator[tuple[str, Record]]:
    """Each record with its place, as "file:line"."""
    if path.suffix.lower() not in _SUFFIXES or not path.is_file():
        raise ConfigurationError(
            f"{str(path)!r} is not a {' or '.join(_SUFFIXES)} file",
            hint="benchmarks/datasets.py makes one of some public data sets",
        )
    row = None
    for row in read_rows(path, max_bytes=MAX_ROW):
        if isinstance(row.record, SourceError):
            raise ConfigurationError(str(row.record), hint=row.record.hint)
        yield f"{path}:{row.line}", row.record
    if row is None:
        raise ConfigurationError(f"{str(path)!r} has no rows", hint="a line for each article")


def _checked_row(where: str, values: Mapping[str, Any]) -> SampleRow:
    try:
        return parse_form(SampleRow, dict(values))
    except ValueError as error:
        raise ConfigurationError(
            f"{where}: {error}", hint="evals/README.md describes the rows"
        ) from None


def _text(value: Any) -> str | None:
    """A value as text; numbers as they are written."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def _texts(value: Any, separators: str) -> tuple[str, ...] | None:
    """A list (it may be empty) or text with separators, as texts; None where nothing is given."""
    if value is None:
        return None
    parts = value if isinstance(value, list) else re.split(separators, str(value))
    texts = (str(part).strip() for part in parts if isinstance(part, str | int | float))
    return tuple(dict.fromkeys(text for text in texts if text))
