"""Where records go: JSON, JSON lines, tables, Markdown, HTML or text, on stdout or in a file."""

from __future__ import annotations

import csv
import glob
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

from summarizer.cli import console
from summarizer.digest import Digest, Failure
from summarizer.errors import ConfigurationError, SummarizerError, require_extra, system_errors

if TYPE_CHECKING:
    from summarizer.articles import Article
    from summarizer.batch.records import JobRecord
    from summarizer.cli.options import FormatName
    from summarizer.pages.digests import DigestPage

_PIPE_WIDTH, _MAX_WIDTH = 80, 100
RECORD_ENDINGS: Final[dict[str, FormatName]] = {
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
}
# The columns of a table, with their types in Parquet.
_COLUMNS: Final = {
    "item": "string", "id": "string", "source": "string", "title": "string", "published": "date32",
    "author": "string", "language": "string", "words": "int64", "topics": "string",
    "topic_ids": "string", "confidences": "float64", "summary": "string",
    "unsupported_sentences": "int64", "checks": "int64", "repeats": "string", "model": "string",
    "prompt_tokens": "int64", "completion_tokens": "int64", "cost_usd": "float64",
    "error": "string", "message": "string", "row_id": "string",
}  # fmt: skip
_LISTS: Final = {"topics": "name", "topic_ids": "id", "confidences": "confidence"}
# What no command writes, and no article is read from.
_UNWRITTEN: Final = {".doc", ".gz", ".ods", ".ppt", ".pptx", ".xls", ".xlsx", ".zip"}
_ROWS_AT_A_TIME: Final = 1000
# A spreadsheet runs a cell that begins so as a formula, whoever wrote the article.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_Format = TypeVar("_Format", bound=str)


def format_of(path: Path | None, endings: Mapping[str, _Format], default: _Format) -> _Format:
    """The format that the name of the output asks for.

    Raises ConfigurationError for the ending of another kind of file, such as .pdf.
    """
    from summarizer.articles.sources import SUFFIXES

    suffix = path.suffix.lower() if path else ""
    if suffix in SUFFIXES | _UNWRITTEN and suffix not in (*endings, ".txt"):
        raise ConfigurationError(
            f"the output {str(path)!r} ends in {suffix}, which is not written",
            hint=f"name a file that ends in {' '.join(endings)}",
        )
    return endings.get(suffix, default)


def to_json(record: Digest | Failure) -> str:
    """The record as indented JSON, without a final line feed."""
    return console.escape_json(record.model_dump_json(indent=2))


def to_jsonl(record: Digest | Failure) -> str:
    """The record as JSON in one line, without a final line feed."""
    return console.escape_json(record.model_dump_json())


def article_text(article: Article) -> str:
    """An article for people: title, day, author and topics, and what it says."""
    day = article.published.isoformat() if article.published else None
    about = " | ".join(filter(None, (day, article.author, "; ".join(article.labels))))
    head = "\n".join(filter(None, (article.title, about)))
    return (f"{head}\n\n" if head else "") + article.text + "\n"


def article_json(article: Article, *, indent: int | None = 2) -> str:
    """An article as JSON, with its id and how many words it has."""
    record = {"id": article.id, **article.model_dump(mode="json"), "words": article.words}
    return console.escape_json(json.dumps(record, ensure_ascii=False, indent=indent)) + "\n"


class OutputWriter:
    """Writes records one by one, each flushed; a context manager.

    A page is written when the block ends, because its list of articles comes first. Several
    records as JSON are an array, whose end is written however the block ends. A file takes its
    name when the block ends, so that nobody reads half a record; a block that fails before its
    first record leaves an older file alone, one that fails later keeps its records, whole ones.
    A reader that closes the pipe (``| head``) ends the program quietly, as SIGPIPE would.

    Attributes:
        records: written so far.

    Raises ConfigurationError, before any work is done, for a path that cannot be written or is one
    of the ``sources``, and SummarizerError later where the disk is full.
    """

    def __init__(
        self,
        output_format: FormatName,
        path: Path | None,
        *,
        several: bool,
        verbosity: int,
        sources: Sequence[str] = (),
    ) -> None:
        self.is_for_people = output_format == "text" and path is None
        self.is_page = output_format == "html"
        self._format = output_format
        self._path = None if path is None else checked_output(path, sources)
        where = "the output" if self._path is None else f"the output {str(self._path)!r}"
        self._problem = f"{where} cannot be written"
        self._array = several and output_format == "json"
        self._verbosity = verbosity
        self.records = 0
        self._size = 0  # of what is written, without half a record
        self._page: DigestPage | None = None
        if self.is_page:
            from summarizer.pages.digests import DigestPage

            self._page = DigestPage()

    def __enter__(self) -> OutputWriter:
        # The error itself would name the file that is not there yet.
        with system_errors(self._problem, hint="name a file where you may write"):
            self._stream, self._part = self._open()
        return self

    def write(self, record: Digest | Failure, article: Article | None = None) -> None:
        """Add a record; a page shows ``article`` beside it."""
        if self._page is not None:
            self._page.add(record, article)
        else:
            self._write(self._separator() + self._render(record))
        self.records += 1

    def write_text(self, text: str) -> None:
        """Add a text as it is; on a terminal without what acts on one."""
        if self._array:
            text = self._separator() + text.rstrip("\n")
        self._write(console.printable(text) if self._stream.isatty() else text)
        self.records += 1

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if self._array:
                self._write("\n]\n" if self.records else "[\n]\n")
            if self._page is not None and self.records:
                self._write(self._page.html())
        finally:
            if self._path is not None:
                self._close(self._path, is_whole=kind is None)

    def _close(self, path: Path, *, is_whole: bool) -> None:
        with system_errors(self._problem):
            self._stream.close()
            if self._part is None or not self._part.exists():  # of a page that failed
                return
            if self.records == 0 and not is_whole:
                self._part.unlink()
            else:
                if path.exists():
                    shutil.copymode(path, self._part)
                self._part.replace(path)

    def _open(self) -> tuple[IO[str], Path | None]:
        if self._path is None:
            console.prepare_stdout(data=self._format != "text")
            return sys.stdout, None
        part = None
        if not self._path.exists() or self._path.is_file():
            # Without a dot before it: after a SIGKILL it is what a user looks for.
            part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        return (part or self._path).open("w", encoding="utf-8"), part

    def _terminal(self) -> tuple[bool, int]:
        if not self._stream.isatty():
            return False, _PIPE_WIDTH
        # https://no-color.org: any value but the empty one.
        colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return colour, min(shutil.get_terminal_size().columns, _MAX_WIDTH)

    def _separator(self) -> str:
        if self._array:
            return ",\n" if self.records else "[\n"
        if self.records == 0 or self._format == "jsonl":
            return ""
        return {"text": "\n" + "-" * 20 + "\n\n", "markdown": "\n---\n\n"}.get(self._format, "")

    def _render(self, record: Digest | Failure) -> str:
        if self._format == "json":
            return to_json(record) + ("" if self._array else "\n")
        if self._format == "jsonl":
            return to_jsonl(record) + "\n"
        if self._format == "markdown":
            from summarizer.pages.document import render_markdown

            return render_markdown(record, verbosity=self._verbosity)
        from summarizer.pages.terminal import terminal_text

        colour, width = self._terminal()
        return terminal_text(record, verbosity=self._verbosity, width=width, colour=colour)

    def _write(self, text: str) -> None:
        try:
            with system_errors(self._problem):
                self._stream.write(text)
                self._stream.flush()
        except (BrokenPipeError, SummarizerError):
            console.abandon(self._stream)
            if self._part is not None:
                self._take_back(self._part)
            self._array = False
            raise
        if self._part is not None:
            self._size = self._part.stat().st_size

    def _take_back(self, part: Path) -> None:
        """Of a write that failed nothing stays: neither half a record nor half a page."""
        if self._page is not None:
            part.unlink()
            return
        os.truncate(part, self._size)
        if self._array and self.records:
            with part.open("a") as file:
                file.write("\n]\n")


def write_csv(records: Iterable[JobRecord], file: IO[bytes]) -> None:
    """A row for each record; lists are joined by "; "."""
    stream = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.DictWriter(stream, _COLUMNS)
    writer.writeheader()
    for row in map(_cells, records):
        cells = {name: "; ".join(map(str, row[name] or ())) for name in _LISTS}
        writer.writerow({name: _harmless(cell) for name, cell in {**row, **cells}.items()})
    stream.detach()


def write_parquet(records: Iterable[JobRecord], file: IO[bytes]) -> None:
    """A row for each record, with lists as lists.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    require_extra("pyarrow", what="Parquet", extra="parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {name: pa.type_for_alias(kind) for name, kind in _COLUMNS.items()}
    schema = pa.schema({**kinds, **{name: pa.list_(kinds[name]) for name in _LISTS}})
    with pq.ParquetWriter(file, schema) as writer:
        cells = map(_cells, records)
        while rows := list(islice(cells, _ROWS_AT_A_TIME)):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _cells(record: JobRecord) -> dict[str, Any]:
    """The cells of a record by their columns; None where there is nothing."""
    row: dict[str, Any] = dict.fromkeys(_COLUMNS)
    row |= {name: getattr(record, name) for name in ("item", "row_id", "repeats")}
    digest = record.result
    if isinstance(digest, Failure):
        return row | {
            "source": digest.source, "error": digest.error.type, "message": digest.error.message
        }  # fmt: skip
    about = {*type(digest.article).model_fields} & {*_COLUMNS}
    row |= {name: getattr(digest.article, name) for name in about}
    for name, field in _LISTS.items():
        row[name] = [getattr(topic, field) for topic in digest.topics or ()]
    if digest.summary is not None:
        row["summary"] = digest.summary.text
        row["unsupported_sentences"] = sum(s.supported is False for s in digest.summary.sentences)
    row |= {"checks": len(digest.checks), "model": digest.model.name}
    row |= digest.usage.model_dump(include={"prompt_tokens", "completion_tokens", "cost_usd"})
    if digest.missing:
        row |= {"error": "incomplete", "message": digest.missing[0].message}
    return row


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def checked_output(path: Path, sources: Sequence[str]) -> Path:
    """Where the file really is (a link stays a link).

    Raises ConfigurationError where it cannot be written, or would replace one of the sources or a
    part of a job, a run or a suite.
    """
    from summarizer.batch.job_folder import is_own_file

    if path == Path("-"):
        raise ConfigurationError("'-' is no file to write here", hint="name one: ./- for that name")
    with system_errors(f"the output {str(path)!r:.200} cannot be written"):  # of too long a name
        if path.exists() and not path.is_file() and not path.is_dir():
            return path  # a device or a pipe, which its name leads to: there need be no file of it
    path = path.resolve()
    if path.is_file() and any(_is_among(path, source) for source in sources):
        raise ConfigurationError(
            f"the output {str(path)!r} is one of the sources, and would replace it",
            hint="name another file",
        )
    if is_own_file(path):
        raise ConfigurationError(
            f"{str(path.parent)!r} is made of {path.name!r}, among others, which stays",
            hint="name another file",
        )
    if path.is_dir():
        raise ConfigurationError(f"the output {str(path)!r} is a folder", hint="name a file")
    if not path.parent.is_dir():
        raise ConfigurationError(
            f"the folder of the output {str(path)!r} does not exist",
            hint=f"mkdir -p '{path.parent}'",
        )
    return path


def _is_among(path: Path, source: str) -> bool:
    from summarizer.articles.sources import SUFFIXES

    named = [source, *(glob.glob(source, recursive=True) if glob.has_magic(source) else ())]  # noqa: PTH207
    places = [Path(name).resolve() for name in named]
    in_folder = any(place in path.parents for place in places)
    return path in places or (in_folder and path.suffix.lower() in SUFFIXES)
