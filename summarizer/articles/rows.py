"""The rows of .jsonl, .csv and .parquet files, one article each, read one at a time."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path, PurePath
from typing import IO, Any, Final, NamedTuple, TextIO, cast

from summarizer.articles.addresses import redact
from summarizer.articles.article import Article
from summarizer.articles.content import article_from_bytes
from summarizer.articles.encoding import bom_encoding, charset_of, visible
from summarizer.articles.fields import TEXT_FIELDS, to_fields
from summarizer.articles.html import is_fragment, is_html, read_fragment
from summarizer.articles.plain import build_article
from summarizer.errors import SourceError, require_extra

PARQUET: Final = ".parquet"
GZIP: Final = ".gz"
_SAMPLE = 200_000
_BLOCK = 4096
_ROWS_AT_A_TIME: Final = 64
_LINES_OF_A_CELL: Final = 1000
_WRONG_BYTES = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of them
_URL = re.compile(r"https?://\S{1,2000}")


def kind_of(name: str | PurePath) -> str:
    """The ending that tells the kind of a file, in lower case: ".jsonl" of "rows.JSONL.gz"."""
    lower = str(name).lower()
    return PurePath(lower.removesuffix(GZIP)).suffix or PurePath(lower).suffix


@contextmanager
def unpacked(open_file: Callable[[], IO[bytes]], name: str | PurePath) -> Iterator[IO[bytes]]:
    """The opened file, or what is in it where its name ends in .gz."""
    with open_file() as file:
        packed = str(name).lower().endswith(GZIP)
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file


class Row(NamedTuple):
    """A row, or what is wrong with it."""

    line: int
    """Where it starts in the file, from 1."""
    record: Mapping[str, Any] | SourceError


def read_rows(path: Path, *, max_bytes: int) -> Iterator[Row]:
    """The rows of a file in order, in constant memory; a broken one is a row with its error.

    A row of more than ``max_bytes`` ends the file: nothing tells where the next one starts.
    """
    yield from read_opened_rows(lambda: path.open("rb"), name=str(path), max_bytes=max_bytes)


def read_opened_rows(
    open_file: Callable[[], IO[bytes]], *, name: str, max_bytes: int
) -> Iterator[Row]:
    """``read_rows`` of what ``open_file`` opens, wherever it is.

    Raises:
        MissingExtraError: it is a Parquet file, and nothing that reads one is installed.
    """
    suffix = kind_of(name)
    if suffix == PARQUET:
        yield from _parquet(open_file, name, max_bytes)
        return
    with unpacked(open_file, name) as file:
        sample = b""
        with suppress(EOFError):  # a packed file that is cut: its first rows are there
            while len(sample) < _SAMPLE and (part := file.read(_BLOCK)):
                sample += part
    encoding = bom_encoding(sample[:4]) or charset_of(sample)
    # Bytes that are wrong in this encoding become surrogates, and only their row is refused.
    with unpacked(open_file, name) as file:
        text = io.TextIOWrapper(file, encoding, errors="surrogateescape", newline="")
        yield from _READERS[suffix](text, name, max_bytes)


def article_from_row(
    record: Mapping[str, Any],
    *,
    source: str,
    text_field: str | None,
    labels_field: str | None = None,
) -> Article:
    """The article of one row; its text is in ``text_field``, or in text, body, content, article."""
    names = {str(name).strip().lower(): name for name in record if name}
    wanted = (text_field.strip().lower(),) if text_field else TEXT_FIELDS
    column = next((names[name] for name in wanted if name in names), None)
    if column is None:
        raise SourceError(
            f"{source!r} has no field {text_field or ' / '.join(TEXT_FIELDS[:4])!r}",
            hint=f"--text-field NAME, one of: {', '.join(map(str, list(record)[:20]))}",
        )
    text = _joined(record[column])
    if not isinstance(text, str):
        raise SourceError(
            f"field {column!r} of {source!r} is {type(text).__name__}, not text",
            hint="--text-field NAME names the field with the article",
        )
    fields = to_fields(record, labels_field=labels_field)
    if any(map(_WRONG_BYTES.search, (text, fields.title or "", fields.author or ""))):
        raise SourceError(f"{source!r} is not in the encoding of its file", hint="save it as UTF-8")
    if fields.url and _URL.fullmatch(fields.url) and visible(fields.url) == fields.url:
        source = redact(fields.url)
    if is_html(text):
        page = text.encode("utf-8", "replace")
        return article_from_bytes(
            page, source=source, media_type="text/html", url=fields.url, fields=fields
        )
    if is_fragment(text):
        text, found = read_fragment(text)
        fields = fields.over(found)
    return build_article(text, fields, source=source, row=True)


def _joined(value: Any) -> Any:
    """A text that is in parts, or in an object of its own, as programs hand it out."""
    if isinstance(value, dict):
        inner = ("rendered", "text", "content", "html", "value")
        value = next((value[name] for name in inner if name in value), value)
    if isinstance(value, list) and value:
        parts = [part.get("text", "") if isinstance(part, dict) else part for part in value]
        if all(isinstance(part, str) for part in parts):
            # The messages of a chat are cut at each link; paragraphs are longer.
            return ("" if any(isinstance(part, dict) for part in value) else "\n\n").join(parts)
    return value


def _parquet(open_file: Callable[[], IO[bytes]], name: str, max_bytes: int) -> Iterator[Row]:
    require_extra("pyarrow", what="a Parquet file", extra="parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with open_file() as file:
            batches = pq.ParquetFile(file).iter_batches(batch_size=_ROWS_AT_A_TIME)
            records = (record for batch in batches for record in batch.to_pylist())
            for number, record in enumerate(records, start=1):
                yield Row(number, _of_size(record, f"{name}:{number}", max_bytes))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        message = f"{name!r} is not valid Parquet: {str(error)[:200]}"
        yield Row(number + 1, SourceError(message, hint="the rows after it are not read"))


def _of_size(
    record: Mapping[str, Any], source: str, max_bytes: int
) -> Mapping[str, Any] | SourceError:
    if any(isinstance(value, str) and len(value) > max_bytes for value in record.values()):
        return SourceError(
            f"{source!r} has more than {max_bytes:,} characters",
            hint="set SUMMARIZER_MAX_ARTICLE_BYTES to a larger number",
        )
    return record


def _lines(text: TextIO, name: str, max_bytes: int) -> Iterator[str]:
    while line := text.readline(max_bytes + 1):
        if len(line) > max_bytes:
            raise SourceError(
                f"a row of {name!r} has more than {max_bytes:,} characters",
                hint="set SUMMARIZER_MAX_ARTICLE_BYTES to a larger number",
            )
        yield line


def _jsonl(text: TextIO, name: str, max_bytes: int) -> Iterator[Row]:
    number = 0
    try:
        for number, line in enumerate(_lines(text, name, max_bytes), start=1):
            if line.strip():
                yield Row(number, _json_object(line, f"{name}:{number}"))
    except SourceError as error:
        yield Row(number + 1, error)


def _json_object(line: str, source: str) -> Mapping[str, Any] | SourceError:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return SourceError(f"{source!r} is not valid JSON: {error}", hint="repair or remove it")
    if not isinstance(record, dict):
        return SourceError(
            f"{source!r} is {type(record).__name__}, not a JSON object",
            hint='a row is {"title": "...", "text": "..."}',
        )
    return record


def _csv(text: TextIO, name: str, max_bytes: int) -> Iterator[Row]:
    # The module's limit is 128 kB, for the whole process; it is only ever raised here.
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    start = 1
    try:
        lines = _lines(text, name, max_bytes)
        header = next(lines, "")
        if header.lower().startswith("sep="):  # a line of Excel's
            header = next(lines, "")
        delimiter = max(",;\t|", key=header.count)
        reader = csv.reader(chain([header], lines), delimiter=delimiter, strict=True)
        names = next(reader, [])
        start = reader.line_num + 1
        for cells in reader:
            if any(cells):
                yield Row(start, _csv_record(names, cells, f"{name}:{start}"))
            start = reader.line_num + 1
    except SourceError as error:
        yield Row(start, error)
    except csv.Error as error:
        yield Row(
            start,
            SourceError(
                f"'{name}:{start}' is not valid CSV: {error}", hint="the rows after it are not read"
            ),
        )


def _tsv(text: TextIO, name: str, max_bytes: int) -> Iterator[Row]:
    """A row a line: in these files quotation marks mostly stand for themselves."""
    names: list[str] | None = None
    number = 0
    try:
        for number, line in _tsv_lines(_lines(text, name, max_bytes)):
            cells = [_unquoted(cell) for cell in line.rstrip("\r\n").split("\t")]
            if names is None:
                names = cells
            elif any(cells):
                yield Row(number, _csv_record(names, cells, f"{name}:{number}"))
    except SourceError as error:
        yield Row(number + 1, error)


def _tsv_lines(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """The rows with their numbers; a last cell in quotes goes on over lines without a tab.

    Where no line closes it, its quotation mark stands for itself, and each line for a row.
    """
    held: list[tuple[int, str]] = []  # from a quotation mark on that is not closed
    for number, line in enumerate(lines, start=1):
        if held and "\t" not in line and len(held) < _LINES_OF_A_CELL:
            held.append((number, line))
            if line.count('"') % 2:
                yield held[0][0], "".join(text for _, text in held)
                held = []
            continue
        yield from held
        last = line.rpartition("\t")[2]
        held = [(number, line)] if last.startswith('"') and last.count('"') % 2 else []
        if not held:
            yield number, line
    yield from held


def _unquoted(cell: str) -> str:
    inner = cell[1:-1]
    quoted = len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', "")
    return inner.replace('""', '"') if quoted else cell


def _csv_record(names: list[str], cells: list[str], source: str) -> Mapping[str, Any] | SourceError:
    if len(cells) > len(names):
        return SourceError(
            f"{source!r} has {len(cells)} cells under {len(names)} names",
            hint="put text that holds the separator in quotes",
        )
    return dict(zip(names, cells, strict=False))


_READERS: Final = {".jsonl": _jsonl, ".ndjson": _jsonl, ".csv": _csv, ".tsv": _tsv}
SUFFIXES: Final = frozenset(_READERS) | {PARQUET}
