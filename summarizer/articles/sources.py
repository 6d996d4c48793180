"""From what a user names (paths, folders, patterns, URLs, "-") to articles, one at a time."""

from __future__ import annotations

import glob
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Final

from summarizer.articles.article import (
    DAMAGED,
    FIELD_NAMES,
    Article,
    Given,
    Source,
    check_source,
    failing,
    is_text,
    redact,
    too_large,
)
from summarizer.articles.content import (
    About,
    article_from_bytes,
    article_from_record,
    article_from_text,
    articles_from_bytes,
    read_records,
)
from summarizer.articles.dates import first_day
from summarizer.articles.feeds import LINK, EntryLink, Record, has_text
from summarizer.articles.rows import ROW_SUFFIXES, kind_of, read_rows, unpacked
from summarizer.articles.tables import any_of, names_in
from summarizer.digest import readable
from summarizer.errors import MissingExtraError, SourceError
from summarizer.settings import Settings
from summarizer.text import count_words

SUFFIXES = ROW_SUFFIXES | {*names_in("files")["suffixes"]}
# Files of these kinds may hold any number of articles, or none; the others one at least.
_RECORD_SUFFIXES = {".json", ".js", ".xml", ".rss", ".atom", ".mbox"}
_OF_SEVERAL = _RECORD_SUFFIXES | {".eml", ".epub"}
_SAVED_CHAT = re.compile(r"(?:^|[\\/])messages\d*\.html$", re.I)
_FEED_URL = re.compile(any_of("http", "feed"), re.I)
_HTTP = re.compile(r"https?://", re.I)
_CLOUD: Final = re.compile(r"(?:s3|gs|gcs|az|abfss?)://\S+", re.I)
_SCHEME = re.compile(r"(?P<name>[a-z][a-z0-9+.-]+)://|(?:file|data|javascript|mailto):", re.I)
# Files of a folder that are named among those passed over.
_NAMED: Final = 5
# What the first row of a table has in a cell where it is one of the articles.
_SENTENCE: Final = re.compile(r"(?:\S+\s+){5}.*[.!。।؟][\"'”’»)]*\s*", re.S)
_WORDS_OF_NO_NAME: Final = 20

Open = Callable[[], IO[bytes]]  # opens a file, wherever it is


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
    reader = _Reader(settings, text_field, labels_field, on_passed_over, cloud, feeds)
    for place, source in enumerate(sources):
        if source == "-" and source in sources[:place]:
            yield failing(source, SourceError("standard input was read", hint="name '-' once"))
        else:
            yield from _guarded(redact(source), reader.sources(source))


def load(source: str, *, settings: Settings, text_field: str | None = None) -> Article:
    """The article of ``source``, which must name exactly one.

    Raises SourceError (or one of its kinds), also where the source holds several articles.
    """
    found = list(islice(expand([source], settings=settings, text_field=text_field), 2))
    if len(found) > 1:
        raise SourceError(
            f"{source!r} holds more than one article, and one is wanted here",
            hint="save that one in a file of its own",
        )
    return found[0].load()


def _guarded(name: str, sources: Iterator[Source]) -> Iterator[Source]:
    """The sources; after an error one more, whose ``load`` raises it."""
    try:
        yield from sources
    except Exception as error:
        yield failing(name, error)


def no_file(name: str) -> SourceError:
    """What is told of a source that is not there."""
    return SourceError(
        f"there is no file {name!r}",
        hint="check the path; an address begins with https://; a text goes to standard input, and "
        "- is its name",
    )


@dataclass(frozen=True)
class _Reader:
    """How sources are read: the arguments of ``expand``."""

    settings: Settings
    text_field: str | None
    labels_field: str | None
    on_passed_over: Callable[[str], None]
    cloud: bool
    feeds: bool

    def sources(self, name: str) -> Iterator[Source]:
        """The articles that one name stands for. Raises SummarizerError or OSError."""
        if name == "-":
            yield from self._records(self._read(lambda: sys.stdin.buffer, name), name, About())
        elif self.cloud and _CLOUD.fullmatch(name):
            yield from self._of_cloud(name)
        elif _FEED_URL.fullmatch(name) or (self.feeds and _HTTP.match(name)):
            yield from self._records(*self._fetch(name))
        elif _SCHEME.match(name):
            yield Source(redact(name), lambda: self._load_url(name))
        else:
            yield from self._of_path(name)

    def _of_path(self, name: str) -> Iterator[Source]:
        path = Path(name)
        if not name:
            raise SourceError("the name of a source is empty", hint="pass a file or a URL")
        if path.is_dir():
            yield from self._of_folder(path)
        elif path.exists():
            yield from self._of_file(path)
        elif glob.has_magic(name):
            paths = map(Path, sorted(glob.glob(name, recursive=True)))  # noqa: PTH207
            files = [found for found in paths if found.is_file()]
            if not files:
                raise SourceError(f"no file matches {name!r}", hint="check the pattern")
            for file in files:
                yield from self._of_file(file)
        else:
            raise no_file(name)

    def _of_folder(self, folder: Path) -> Iterator[Source]:
        unreadable: list[OSError] = []
        passed_over: list[str] = []
        found = False
        for path in _files(folder, unreadable.append):
            # A folder may hold settings and lists in JSON and XML beside its articles.
            # A named pipe would be waited for, and a link may lead nowhere.
            if (
                not path.is_file()
                or kind_of(path) not in SUFFIXES
                or (kind_of(path) in _RECORD_SUFFIXES and not self._has_articles(path))
            ):
                passed_over.append(readable(str(path.relative_to(folder))))
                continue
            found = True
            yield from self._of_file(path)
        yield from (failing(str(error.filename), error) for error in unreadable)
        if passed_over:
            names = ", ".join(passed_over[:_NAMED]) + (", ..." if len(passed_over) > _NAMED else "")
            count = f"{len(passed_over)} file{'s' if len(passed_over) > 1 else ''}"
            self.on_passed_over(f"{count} passed over: {names}")
        if not found and not unreadable:
            raise SourceError(
                f"the folder {str(folder)!r} has no articles",
                hint=f"articles are files that end in {' '.join(sorted(SUFFIXES))}",
            )

    def _has_articles(self, path: Path) -> bool:
        try:
            data = self._read(lambda: path.open("rb"), str(path))
            records = read_records(data, source=str(path), about=About(kind_of(path)))
        except (OSError, SourceError, *DAMAGED):
            return False
        return any(has_text(record) for record in records or ())

    def _of_file(self, path: Path) -> Iterator[Source]:
        name = readable(str(path))
        if _is_output(path):
            error = f"{name!r} is where the output goes"
            return iter([failing(name, SourceError(error, hint="send it to another folder"))])
        return _guarded(name, self._opened(name, lambda: path.open("rb"), path.read_bytes))

    def _of_cloud(self, address: str) -> Iterator[Source]:
        """The files at an address: itself, those below it, or those that match a pattern."""
        import fsspec  # type: ignore[import-untyped]

        scheme = address.partition("://")[0].lower()
        try:
            system, path = fsspec.core.url_to_fs(address)
        except ImportError:
            raise MissingExtraError(f"an address with {scheme}://", extra="cloud") from None
        try:
            paths = sorted(system.glob(path) if glob.has_magic(path) else system.find(path))
        except FileNotFoundError:
            paths = []
        except (OSError, ValueError) as error:
            raise SourceError(
                f"{address!r} cannot be read: {str(error)[:200]}",
                hint="check the address, and the credentials in the environment",
            ) from None
        if not paths:
            raise SourceError(f"there is nothing at {address!r}", hint="check the address")
        for found in paths:
            name = f"{scheme}://{found.lstrip('/')}"
            if kind_of(name) in SUFFIXES:
                yield from _guarded(name, self._opened(name, partial(system.open, found, "rb")))

    def _opened(
        self, name: str, open_file: Open, whole: Callable[[], bytes] | None = None
    ) -> Iterator[Source]:
        """The articles of a file."""
        kind = kind_of(name)
        if kind in ROW_SUFFIXES:
            empty = True
            limit = self.settings.max_article_bytes
            for row in read_rows(name, max_bytes=limit, open_file=open_file, is_data=self._is_data):
                empty = False
                yield self._record(f"{name}:{row.line}", row.record)
            if empty:
                raise SourceError(f"{name!r} has no rows", hint="check the file")
        elif kind in _OF_SEVERAL or _SAVED_CHAT.search(name):
            yield from self._records(self._read(open_file, name), name, About(kind))
        else:
            about = About(kind, labels_field=self.labels_field)
            yield Source(
                name,
                lambda: article_from_bytes(self._read(open_file, name), source=name, about=about),
                whole,
            )

    def _is_data(self, cells: list[str]) -> bool:
        """Whether a table's first row is an article, not the names of the fields."""
        given = {name.strip().lower() for name in (self.text_field, self.labels_field) if name}
        if not (FIELD_NAMES | given).isdisjoint(cell.strip().lower() for cell in cells):
            return False
        return first_day(cells) is not None or any(
            _HTTP.match(cell) or _SENTENCE.fullmatch(cell) or count_words(cell) >= _WORDS_OF_NO_NAME
            for cell in cells
        )

    def _records(self, data: bytes, name: str, about: About) -> Iterator[Source]:
        """The articles of bytes that may hold several."""
        records = read_records(data, source=name, about=about)
        about = about._replace(labels_field=self.labels_field)
        if records is None:
            articles = articles_from_bytes(data, source=name, about=about)
            for number, article in enumerate(articles, start=1):
                one = name if len(articles) == 1 else f"{name}:{number}"
                yield Source.of(article.model_copy(update={"source": one}))
            return
        for number, record in enumerate(records, start=1):
            yield self._record(name if len(records) == 1 else f"{name}:{number}", record)

    def _record(self, name: str, record: Record | SourceError) -> Source:
        if isinstance(record, SourceError):
            return failing(name, record)
        load_row = partial(
            article_from_record,
            record,
            source=name,
            text_field=self.text_field,
            labels_field=self.labels_field,
        )
        link = record.get(LINK)
        # Anything else could name a file of this machine, or have a row lead to a page.
        leads_on = isinstance(link, EntryLink) and _HTTP.match(link)
        return Source(
            name,
            load_row,
            lambda: json.dumps(record, default=str).encode(),
            str(link) if leads_on else None,
            _id_of(record),
        )

    def _read(self, open_file: Open, name: str) -> bytes:
        with unpacked(open_file) as file:
            data = file.read(self.settings.max_article_bytes + 1)
        if len(data) > self.settings.max_article_bytes:
            raise too_large(name, self.settings.max_article_bytes)
        return data

    def _load_url(self, url: str) -> Article:
        data, name, about = self._fetch(url)
        return article_from_bytes(data, source=name, about=about)

    def _fetch(self, url: str) -> tuple[bytes, str, About]:
        """What is at an address, the address as it may be shown, and what the server says."""
        from summarizer.articles.fetch import fetch

        page = fetch(url, settings=self.settings)
        return page.data, redact(url), About(page.media_type, page.charset, page.url)


def _is_output(path: Path) -> bool:
    """Whether standard output goes to this file, whose rows would never end."""
    with suppress(OSError):
        return os.path.samestat(path.stat(), os.fstat(1)) and path.is_file()
    return False


def _id_of(record: Record) -> str | None:
    """What a row of a data file is called in it; None where it has no ``id``."""
    id_ = next((record[name] for name in record if str(name).strip().lower() == "id"), None)
    return readable(str(id_)) if isinstance(id_, str | int) else None


def _files(folder: Path, on_error: Callable[[OSError], object]) -> Iterator[Path]:
    """The files of a folder and those inside it, sorted, but for hidden ones."""
    for parent, folders, files in os.walk(folder, onerror=on_error):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, file) for file in sorted(files) if not file.startswith("."))


def article_of(source: Given, *, settings: Settings) -> Article:
    """The article that ``source`` is or names.

    Raises:
        SourceError: it is nothing of the kind, or cannot be read.
    """
    check_source(source, "the source")
    if isinstance(source, Article):
        return source
    if isinstance(source, str) and is_text(source):
        return article_from_text(source)
    return load(str(source), settings=settings)
