"""The rows of .jsonl and .csv files, one article each, read one at a time."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from summarizer.articles.addresses import redact
from summarizer.articles.article import Article
from summarizer.articles.content import article_from_bytes
from summarizer.articles.encoding import bom_encoding, charset_of
from summarizer.articles.fields import to_fields
from summarizer.articles.html import is_fragment, is_html, read_fragment
from summarizer.articles.invisible import visible
from summarizer.articles.plain import build_article
from summarizer.errors import SourceError

TEXT_FIELDS: Final = (
    "text", "body", "content", "article", "articlebody", "full_text", "content_text",
    "content_html", "html", "maintext", "article_text", "fulltext", "story", "texte", "texto",
    "testo", "inhalt", "текст",
)  # fmt: skip
_SAMPLE = 200_000
_WRONG_BYTES = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of them
_URL = re.compile(r"https?://\S{1,2000}")


class Row(NamedTuple):
    """A row, or what is wrong with it."""

    line: int
    """Where it starts in the file, from 1."""
    record: Mapping[str, Any] | SourceError


def read_rows(path: Path, *, max_bytes: int) -> Iterator[Row]:
    """The rows of a file in order, in constant memory; a broken one is a row with its error.

    A row of more than ``max_bytes`` ends the file: nothing tells where the next one starts.
    """
    with path.open("rb") as file:
        encoding = bom_encoding(file.read(4)) or charset_of(_sample(path))
    # Bytes that are wrong in this encoding become surrogates, and only their row is refused.
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as text:
        yield from _READERS[path.suffix.lower()](text, path, max_bytes)


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


def _sample(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_SAMPLE)


def _lines(text: TextIO, path: Path, max_bytes: int) -> Iterator[str]:
    while line := text.readline(max_bytes + 1):
        if len(line) > max_bytes:
            raise SourceError(
                f"a row of {str(path)!r} has more than {max_bytes:,} characters",
                hint="set SUMMARIZER_MAX_ARTICLE_BYTES to a larger number",
            )
        yield line


def _jsonl(text: TextIO, path: Path, max_bytes: int) -> Iterator[Row]:
    number = 0
    try:
        for number, line in enumerate(_lines(text, path, max_bytes), start=1):
            if line.strip():
                yield Row(number, _json_object(line, f"{path}:{number}"))
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


def _csv(text: TextIO, path: Path, max_bytes: int) -> Iterator[Row]:
    # The module's limit is 128 kB, for the whole process; it is only ever raised here.
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    start = 1
    try:
        lines = _lines(text, path, max_bytes)
        header = next(lines, "")
        delimiter = max(",;\t|", key=header.count)
        reader = csv.reader(chain([header], lines), delimiter=delimiter, strict=True)
        names = next(reader, [])
        start = reader.line_num + 1
        for cells in reader:
            if any(cells):
                yield Row(start, _csv_record(names, cells, f"{path}:{start}"))
            start = reader.line_num + 1
    except SourceError as error:
        yield Row(start, error)
    except csv.Error as error:
        yield Row(
            start,
            SourceError(
                f"'{path}:{start}' is not valid CSV: {error}", hint="the rows after it are not read"
            ),
        )


def _tsv(text: TextIO, path: Path, max_bytes: int) -> Iterator[Row]:
    """A row a line: in these files quotation marks mostly stand for themselves."""
    names: list[str] | None = None
    number = 0
    try:
        for number, line in enumerate(_lines(text, path, max_bytes), start=1):
            cells = [_unquoted(cell) for cell in line.rstrip("\r\n").split("\t")]
            if names is None:
                names = cells
            elif any(cells):
                yield Row(number, _csv_record(names, cells, f"{path}:{number}"))
    except SourceError as error:
        yield Row(number + 1, error)


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
SUFFIXES: Final = frozenset(_READERS)
