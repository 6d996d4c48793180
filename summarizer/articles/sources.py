"""From what a user names (paths, folders, patterns, URLs, "-") to articles, one at a time."""

from __future__ import annotations

import glob
import json
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from summarizer.articles.addresses import redact
from summarizer.articles.article import Article, Source, failing_load, unreadable
from summarizer.articles.cloud import CLOUD, cloud_files
from summarizer.articles.content import article_from_bytes, read_records
from summarizer.articles.feeds import LINK, EntryLink, Record, has_text
from summarizer.articles.rows import SUFFIXES as ROW_SUFFIXES
from summarizer.articles.rows import (
    article_from_row,
    kind_of,
    read_opened_rows,
    read_rows,
    unpacked,
)
from summarizer.errors import SourceError, SummarizerError, UnsafeURLError
from summarizer.settings import Settings

SUFFIXES = ROW_SUFFIXES | {
    ".txt", ".md", ".html", ".htm", ".xhtml", ".pdf", ".rtf", ".docx", ".odt", ".epub", ".eml",
    ".mht", ".mhtml", ".mbox", ".srt", ".vtt", ".sbv", ".json", ".xml", ".rss", ".atom",
}  # fmt: skip
# Files of these kinds may hold any number of articles, or none.
_RECORD_SUFFIXES = {".json", ".xml", ".rss", ".atom", ".mbox"}
_FEED_URL = re.compile(
    r"https?://[^?#]*(?:\.(?:xml|rss|atom)|/(?:rss|feeds?|atom)/?)(?:[?#].*)?", re.I
)
_HTTP = re.compile(r"https?://", re.I)
_SCHEME = re.compile(r"(?P<name>[a-z][a-z0-9+.-]+)://|(?:file|data|javascript|mailto):", re.I)
# Files of a folder that are named among those passed over.
_NAMED = 5
# What a .gz file raises beside OSError.
_DAMAGED = (EOFError, zlib.error)
_LIMIT_HINT = "set SUMMARIZER_MAX_ARTICLE_BYTES to a larger number"


class Columns(NamedTuple):
    """Names of fields in the rows of tables and in front matter."""

    text: str | None = None
    labels: str | None = None


def expand(
    sources: Sequence[str],
    *,
    settings: Settings,
    text_field: str | None = None,
    labels_field: str | None = None,
    on_passed_over: Callable[[str], None] = lambda _: None,
    cloud: bool = False,
    feeds: bool = False,
) -> Iterator[Source]:
    """The articles that ``sources`` name, in order, found and read only as they are asked for.

    ``labels_field`` names the field of a row or of a front matter that becomes the ``labels``.
    ``on_passed_over`` is told, in one sentence, which files of a folder are of no kind that is
    read. ``cloud`` allows s3://, gs:// and az:// addresses, which are read with the user's own
    credentials. ``feeds``: any address may be one of a feed; it is fetched when its turn comes.

    A source that leads to nothing (a missing file, a folder without articles, a pattern that
    matches no file) is a Source whose ``load`` says so, so that no name is passed over.
    """
    columns = Columns(text_field, labels_field)
    for source in sources:
        try:
            if source == "-":
                yield from _expand_stdin(settings, columns)
            elif cloud and CLOUD.fullmatch(source):
                yield from _expand_cloud(source, settings, columns)
            elif _FEED_URL.fullmatch(source) or (feeds and _HTTP.match(source)):
                yield from _expand_url(source, settings, columns)
            elif _SCHEME.match(source):
                yield Source(redact(source), partial(_load_url, source, settings))
            else:
                yield from _expand_path(source, settings, columns, on_passed_over)
        except SummarizerError as error:
            yield Source(source, partial(failing_load, error))
        except Exception as error:
            yield Source(source, partial(failing_load, unreadable(source, error)))


def load(source: str, *, settings: Settings, text_field: str | None = None) -> Article:
    """The article of ``source``, which must name exactly one.

    Raises SourceError (or one of its kinds), also where the source holds several articles.
    """
    found = list(islice(expand([source], settings=settings, text_field=text_field), 2))
    if len(found) > 1:
        raise SourceError(
            f"{source!r} holds more than one article", hint="name one file, or use expand()"
        )
    return found[0].load()


def _expand_path(
    name: str, settings: Settings, columns: Columns, on_passed_over: Callable[[str], None]
) -> Iterator[Source]:
    path = Path(name)
    try:
        if not name:
            yield _failing(name, "the name of a source is empty", hint="pass a file or a URL")
        elif path.is_dir():
            yield from _expand_folder(path, settings, columns, on_passed_over)
        elif path.exists():
            yield from _expand_file(path, settings, columns)
        elif glob.has_magic(name):
            yield from _expand_pattern(name, settings, columns)
        else:
            yield _failing(name, f"there is no file {name!r}", hint="check the path")
    except (OSError, ValueError) as error:
        yield _failing(name, f"{name!r} cannot be read: {_reason(error)}", hint="check the path")


def _expand_folder(
    folder: Path, settings: Settings, columns: Columns, on_passed_over: Callable[[str], None]
) -> Iterator[Source]:
    unreadable: list[OSError] = []
    passed_over: list[str] = []
    found = False
    for path in _files(folder, unreadable.append):
        sources = _expand_file(path, settings, columns)
        # A folder may hold settings and lists in JSON and XML beside its articles.
        if kind_of(path) not in SUFFIXES or (
            kind_of(path) in _RECORD_SUFFIXES and not _has_articles(path, settings)
        ):
            passed_over.append(_shown(path.relative_to(folder)))
            continue
        found = True
        yield from sources
    for error in unreadable:
        found = True
        at = str(error.filename)
        yield _failing(at, f"{at!r} cannot be read: {_reason(error)}", hint="check its permissions")
    if passed_over:
        names = ", ".join(passed_over[:_NAMED]) + (", ..." if len(passed_over) > _NAMED else "")
        count = f"{len(passed_over)} file{'s' if len(passed_over) > 1 else ''}"
        on_passed_over(f"{count} passed over: {names}")
    if not found:
        yield _failing(
            str(folder),
            f"the folder {str(folder)!r} has no articles",
            hint=f"articles are files that end in {' '.join(sorted(SUFFIXES))}",
        )


def _files(folder: Path, on_error: Callable[[OSError], object]) -> Iterator[Path]:
    """The files of a folder and those inside it, sorted, but for hidden ones and named pipes."""
    for parent, folders, files in os.walk(folder, onerror=on_error):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in sorted(files):
            path = Path(parent, file)
            # A named pipe would be waited for.
            if not file.startswith(".") and path.is_file():
                yield path


def _has_articles(path: Path, settings: Settings) -> bool:
    try:
        data = _read_file(path, settings)
        records = read_records(data, source=str(path), suffix=kind_of(path))
    except SourceError:
        return False
    return any(has_text(record) for record in records or ())


def _expand_pattern(pattern: str, settings: Settings, columns: Columns) -> Iterator[Source]:
    paths = [Path(match) for match in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207
    files = [path for path in paths if path.is_file()]
    for path in files:
        yield from _expand_file(path, settings, columns)
    if not files:
        yield _failing(pattern, f"no file matches {pattern!r}", hint="check the pattern")


def _expand_file(path: Path, settings: Settings, columns: Columns) -> Iterator[Source]:
    if kind_of(path) in _RECORD_SUFFIXES:
        about = {"suffix": kind_of(path)}
        try:
            yield from _expand_bytes(_read_file(path, settings), _shown(path), columns, **about)
        except SourceError as error:
            yield Source(_shown(path), partial(failing_load, error))
        return
    if kind_of(path) not in ROW_SUFFIXES:
        load_file = partial(_load_file, path, settings, columns)
        yield Source(_shown(path), load_file, path.read_bytes)
        return
    empty = True
    try:
        for row in read_rows(path, max_bytes=settings.max_article_bytes):
            empty = False
            yield _row_source(f"{_shown(path)}:{row.line}", row.record, columns)
    # ValueError: UTF-16 has no replacement for half a character.
    except (OSError, ValueError, *_DAMAGED) as error:
        empty = False
        yield _failing(
            str(path), f"{str(path)!r} cannot be read: {_reason(error)}", hint="check the file"
        )
    if empty:
        yield _failing(str(path), f"{str(path)!r} has no rows", hint="check the file")


def _row_source(name: str, record: Record | SourceError, columns: Columns) -> Source:
    if isinstance(record, SourceError):
        return Source(name, partial(failing_load, record), str(record).encode)
    load_row = partial(
        article_from_row,
        record,
        source=name,
        text_field=columns.text,
        labels_field=columns.labels,
    )
    content = lambda: json.dumps(record, default=str).encode()  # noqa: E731
    link = record.get(LINK)
    # Anything else could name a file of this machine, or have a row lead to a page.
    leads_on = isinstance(link, EntryLink) and _HTTP.match(link)
    return Source(name, load_row, content, str(link) if leads_on else None)


def _expand_bytes(data: bytes, name: str, columns: Columns, **about: Any) -> Iterator[Source]:
    """The articles of a file that may hold several; ``about`` as for ``article_from_bytes``."""
    kind = {key: about[key] for key in ("suffix", "media_type") if key in about}
    records = read_records(data, source=name, **kind)
    if records is None:
        about["labels_field"] = columns.labels
        yield Source(name, partial(article_from_bytes, data, source=name, **about))
    elif len(records) == 1:
        yield _row_source(name, records[0], columns)
    else:
        for number, record in enumerate(records, start=1):
            yield _row_source(f"{name}:{number}", record, columns)


def _expand_cloud(address: str, settings: Settings, columns: Columns) -> Iterator[Source]:
    for file in cloud_files(address):
        suffix = kind_of(file.name)
        if suffix in ROW_SUFFIXES:
            limit = settings.max_article_bytes
            for row in read_opened_rows(file.open, name=file.name, max_bytes=limit):
                yield _row_source(f"{file.name}:{row.line}", row.record, columns)
        elif suffix in SUFFIXES:
            with unpacked(file.open, file.name) as opened:
                data = opened.read(settings.max_article_bytes + 1)
            _check_size(data, file.name, settings)
            yield from _expand_bytes(data, file.name, columns, suffix=suffix)


def _expand_stdin(settings: Settings, columns: Columns) -> Iterator[Source]:
    data = sys.stdin.buffer.read(settings.max_article_bytes + 1)
    try:
        _check_size(data, "-", settings)
        yield from _expand_bytes(data, "-", columns)
    except SourceError as error:
        yield Source("-", partial(failing_load, error))


def _expand_url(url: str, settings: Settings, columns: Columns) -> Iterator[Source]:
    """The entries of what the address says is a feed: it is fetched now, and once."""
    try:
        data, about = _fetch(url, settings)
        yield from _expand_bytes(data, redact(url), columns, **about)
    except SourceError as error:
        yield Source(redact(url), partial(failing_load, error))


def _load_file(path: Path, settings: Settings, columns: Columns) -> Article:
    return article_from_bytes(
        _read_file(path, settings),
        source=_shown(path),
        suffix=kind_of(path),
        labels_field=columns.labels,
    )


def _read_file(path: Path, settings: Settings) -> bytes:
    try:
        with unpacked(lambda: path.open("rb"), path) as file:
            data = file.read(settings.max_article_bytes + 1)
    except OSError as error:
        raise SourceError(
            f"{str(path)!r} cannot be read: {_reason(error)}", hint="check its permissions"
        ) from None
    except _DAMAGED as error:
        raise SourceError(f"{str(path)!r} is damaged: {error}", hint="pack it again") from None
    _check_size(data, str(path), settings)
    return data


def _load_url(url: str, settings: Settings) -> Article:
    data, about = _fetch(url, settings)
    return article_from_bytes(data, source=redact(url), **about)


def _fetch(url: str, settings: Settings) -> tuple[bytes, dict[str, str | None]]:
    """What is at an address, and what is said about it, as ``article_from_bytes`` takes it."""
    if not _HTTP.match(url):
        raise UnsafeURLError(
            f"{redact(url)!r} is not an http or https URL",
            hint="pass a local file by its path, without a scheme",
        )
    from summarizer.articles.fetch import fetch

    page = fetch(url, settings=settings)
    about = {"media_type": page.media_type, "charset": page.charset, "url": page.url}
    return page.data, about


def _check_size(data: bytes, name: str, settings: Settings) -> None:
    if len(data) > settings.max_article_bytes:
        raise SourceError(
            f"{name!r} has more than {settings.max_article_bytes:,} bytes", hint=_LIMIT_HINT
        )


def _failing(name: str, message: str, *, hint: str) -> Source:
    return Source(name, partial(failing_load, SourceError(message, hint=hint)))


def _shown(path: Path) -> str:
    """The path as text that can be printed: bytes of another encoding become question marks."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
