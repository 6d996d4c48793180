"""The rows of .jsonl, .csv and .parquet files, one article each, read one at a time."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path, PurePath
from typing import IO, Any, Final, NamedTuple, TextIO, cast

from summarizer.articles.article import FIELD_NAMES, too_large
from summarizer.articles.encoding import bom_encoding, charset_of
from summarizer.articles.feeds import opened, read_json
from summarizer.errors import SourceError, require_extra

PARQUET: Final = ".parquet"
GZIP: Final = ".gz"
_SAMPLE = 200_000
_BLOCK = 4096
_ROWS_AT_A_TIME: Final = 64
_LINES_OF_A_CELL: Final = 1000
_LINES_OF_A_TITLE: Final = 5
_SEPARATOR: Final = re.compile(r"[,;\t|]")
_QUOTED: Final = re.compile(r'"[^"]*"?')


def kind_of(name: str | PurePath) -> str:
    """The ending that tells the kind of a file, in lower case: ".jsonl" of "rows.JSONL.gz"."""
    lower = str(name).lower()
    return PurePath(lower.removesuffix(GZIP)).suffix or PurePath(lower).suffix


@contextmanager
def unpacked(open_file: Callable[[], IO[bytes]]) -> Iterator[IO[bytes]]:
    """The opened file, or what is packed in it with gzip, whatever its name is."""
    with open_file() as file:
        buffered = io.BufferedReader(cast("io.RawIOBase", file))
        packed = buffered.peek(2).startswith(b"\x1f\x8b")
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=buffered) if packed else buffered)


class Row(NamedTuple):
    """A row, or what is wrong with it."""

    line: int  # where it starts in the file, from 1
    record: Mapping[str, Any] | SourceError


def read_rows(
    name: str | Path,
    *,
    max_bytes: int,
    open_file: Callable[[], IO[bytes]] | None = None,
    is_data: Callable[[list[str]], bool] = lambda _: False,
) -> Iterator[Row]:
    """The rows of a file in order, in constant memory; a broken one is a row with its error.

    A row of more than ``max_bytes`` ends the file: nothing tells where the next one starts.
    ``open_file`` opens it, wherever it is. ``is_data`` tells of a table's first row that it names
    no fields; then their names are their numbers.

    Raises:
        MissingExtraError: it is a Parquet file, and nothing that reads one is installed.
    """
    path, name = Path(name), str(name)
    opened_by = open_file or (lambda: path.open("rb"))
    suffix = kind_of(name)
    if suffix == PARQUET:
        yield from _parquet(opened_by, name, max_bytes)
        return
    with unpacked(opened_by) as file:
        sample = b""
        with suppress(EOFError):  # a packed file that is cut: its first rows are there
            while len(sample) < _SAMPLE and (part := file.read(_BLOCK)):
                sample += part
    encoding = bom_encoding(sample[:4]) or charset_of(sample)
    # The module's limit is 128 kB, for the whole process; it is only ever raised here.
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    last = 0
    try:
        with unpacked(opened_by) as file:
            # Bytes that are wrong in this encoding become surrogates; only their row is refused.
            text = io.TextIOWrapper(file, encoding, errors="surrogateescape", newline="")
            lines = _lines(text, name, max_bytes)
            cells = _CELLS.get(suffix)
            # Of a table it is not known what follows a line that is too long.
            found = cells and cells(map(_whole, lines), name)
            rows = _table(found, name, is_data) if found else _jsonl(lines, name)
            for last, record in rows:
                yield Row(last, record)
    except SourceError as error:
        yield Row(last + 1, error)


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
                if any(isinstance(v, str) and len(v) > max_bytes for v in record.values()):
                    record = too_large(f"{name}:{number}", max_bytes, "characters")
                yield Row(number, record)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        message = f"{name!r} is not valid Parquet: {str(error)[:200]}"
        yield Row(number + 1, SourceError(message, hint="the rows after it are not read"))


def _lines(text: TextIO, name: str, max_bytes: int) -> Iterator[str | SourceError]:
    """The lines, with an error in the place of each that is too long."""
    read = partial(text.readline, max_bytes + 1)
    for number, line in enumerate(iter(read, ""), start=1):
        if len(line) <= max_bytes:
            yield line
            continue
        yield too_large(f"{name}:{number}", max_bytes, "characters")
        rest = line
        while rest and not rest.endswith("\n"):
            rest = read()


def _jsonl(lines: Iterator[str | SourceError], name: str) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if isinstance(line, SourceError):
            yield Row(number, line)
            continue
        if not line.strip():
            continue
        if number == 1 and (line.lstrip().startswith("[") or line.strip() == "{"):
            # One list or object for the whole file, whatever its name says.
            for place, record in enumerate(
                read_json(line + "".join(map(_whole, lines)), source=name), start=1
            ):
                yield Row(place, record)
            return
        yield Row(number, _json_object(line, f"{name}:{number}"))


def _whole(line: str | SourceError) -> str:
    if isinstance(line, SourceError):
        raise line
    return line


def _json_object(line: str, source: str) -> Mapping[str, Any] | SourceError:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return SourceError(f"{source!r} is not valid JSON: {error}", hint="repair or remove it")
    if not isinstance(record, dict):
        return SourceError(
            f"{source!r} is {line.strip():.40}, not a JSON object",
            hint='a row is {"title": "...", "text": "..."}',
        )
    return opened(record)


def _table(
    cells: Iterator[tuple[int, list[str]]], name: str, is_data: Callable[[list[str]], bool]
) -> Iterator[Row]:
    """The rows after the first, which holds the names of their fields, or with it."""
    first, header = next((row for row in cells if any(row[1])), (0, []))
    if is_data(header):
        cells = chain([(first, header)], cells)
        header = [str(number) for number in range(1, len(header) + 1)]
    # A second column of one name is told by its number, so that neither hides the other.
    seen = Counter[str]()
    names = []
    for column in header:
        seen[column] += 1
        names.append(column if seen[column] == 1 else f"{column} ({seen[column]})")
    for number, row in cells:
        if any(row) and len(row) > len(names):
            message = f"'{name}:{number}' has {len(row)} cells under {len(names)} names"
            hint = "put text that holds the separator in quotes"
            yield Row(number, SourceError(message, hint=hint))
        elif any(row):
            yield Row(number, dict(zip(names, row, strict=False)))


def _csv_cells(lines: Iterator[str], name: str) -> Iterator[tuple[int, list[str]]]:
    above, header, lines = _below_title(lines)
    # Empty lines, and one of Excel's.
    while header and (not header.strip() or header.lower().startswith("sep=")):
        above, header = above + 1, next(lines, "")
    delimiter = max(",;\t|", key=_QUOTED.sub("", header).count)
    reader = csv.reader(chain([header], lines), delimiter=delimiter, strict=True)
    start = above + 1
    try:
        for cells in reader:
            yield start, cells
            start = above + reader.line_num + 1
    except csv.Error as error:
        message = f"'{name}:{start}' is not valid CSV: {error}"
        raise SourceError(message, hint="the rows after it are not read") from None


def _below_title(lines: Iterator[str]) -> tuple[int, str, Iterator[str]]:
    """The number of lines above the names of the fields, the line of the names, and those below.

    It is the first line, unless that names none of the usual and one of the next ones several.
    """
    head: list[str] = []
    for line in lines:
        head.append(line)
        names = FIELD_NAMES & {cell.strip('" \r\n').lower() for cell in _SEPARATOR.split(line)}
        if names or len(head) > _LINES_OF_A_TITLE:
            above = len(head) - 1 if len(names) > 1 else 0
            return above, head[above], chain(head[above + 1 :], lines)
    return 0, "".join(head[:1]), iter(head[1:])


def _tsv_cells(lines: Iterator[str], _: str) -> Iterator[tuple[int, list[str]]]:
    """A row a line: in these files quotation marks mostly stand for themselves."""
    above, header, lines = _below_title(lines)
    for number, line in _tsv_lines(chain([header], lines)):
        yield above + number, [unquoted(cell) for cell in line.rstrip("\r\n").split("\t")]


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


def unquoted(cell: str) -> str:
    """A cell as a person reads it: in CSV it may be in quotation marks, and those in it doubled."""
    inner = cell[1:-1]
    quoted = len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', "")
    return inner.replace('""', '"') if quoted else cell


_CELLS: Final = {".csv": _csv_cells, ".tsv": _tsv_cells}
ROW_SUFFIXES: Final = frozenset({*_CELLS, ".jsonl", ".ndjson", PARQUET})
