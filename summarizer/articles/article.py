"""``Article``: the cleaned text that everything else works on; and what comes before one."""

from __future__ import annotations

import gzip
import hashlib
import html
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import Field, field_validator

from summarizer.articles.dates import to_date
from summarizer.articles.tables import names_in
from summarizer.digest import Value
from summarizer.errors import SourceError, SummarizerError
from summarizer.text import count_words, encodable, iso_639_1

_HEADING: Final = 80  # characters of an article without a title
# What may be shown of no address.
_USER = re.compile(r"(?<=//)[^/?#]*@")
_PARAMETER = re.compile(r"(?<=[?&;#])([^=?&;#]*+)=[^&;#]*+")
_SECRET = re.compile(r"token|key|secret|password|passwd|pwd|auth|sig|session", re.I)
_BY: Final = re.compile(r"^by\s+", re.I)
_NAMES: Final = names_in("field")
TEXT_FIELDS: Final = _NAMES["text"]
FIELD_NAMES: Final = frozenset({"id", *TEXT_FIELDS}).union(
    *(_NAMES[field] for field in ("title", "published", "author", "language", "url"))
)
_LINES: Final = _NAMES["line"]
# The field of a record for the topics that a news agency gave it.
SUBJECTS: Final = "iptc subject codes"
# What reading a .gz file raises where it is cut or wrong.
DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error)


class Article(Value):
    """A cleaned article. All character offsets in a digest refer to ``text``."""

    text: str = Field(description="The body: paragraphs separated by one empty line.")
    title: str | None = None
    published: date | None = None
    author: str | None = None
    language: str | None = Field(default=None, description="ISO 639-1 code.")
    source: str = Field(default="text", description="Path, URL, '-' or 'text'.")
    labels: tuple[str, ...] = Field(
        default=(), description="Topics that came with it, as names or ids; where asked for."
    )
    notes: tuple[str, ...] = Field(
        default=(), description="What a person should know of how it was read; a sentence each."
    )

    @field_validator("text", "title", "author")
    @classmethod
    def _encodable(cls, value: str | None) -> str | None:
        return value and encodable(value)

    @property
    def id(self) -> str:
        """The first 16 hex digits of the SHA-256 of title and text."""
        content = f"{self.title or ''}\n{self.text}"
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def words(self) -> int:
        """The number of words, also of a script without spaces."""
        return count_words(self.text)

    @property
    def heading(self) -> str:
        """The title, or the first words; many languages put no spaces between words."""
        line = self.title or " ".join(self.text[: 4 * _HEADING].split())
        if self.title or len(line) <= _HEADING:
            return line
        start = line[:_HEADING]
        whole, _, part = start.rpartition(" ")
        return f"{start if len(part) > len(whole) else whole} ..."


def redact(url: str) -> str:
    """The URL as it may be shown: without user, password, and values that look like keys.

    >>> redact("https://me:pw@news.example/a?id=1&token=abc")
    'https://***@news.example/a?id=1&token=***'
    """
    shown = _USER.sub("***@", url)
    return _PARAMETER.sub(lambda p: f"{p[1]}=***" if _SECRET.search(p[1]) else p[0], shown)


class Fields(NamedTuple):
    """What a front matter, a table row or a page says about its article."""

    title: str | None = None
    published: date | None = None
    author: str | None = None
    language: str | None = None
    url: str | None = None
    labels: tuple[str, ...] = ()
    unread: str | None = None  # what stands for the day, and is none

    def over(self, other: Fields) -> Fields:
        """These fields, and those of ``other`` where these say nothing."""
        return other._replace(**{name: value for name, value in self._asdict().items() if value})

    @classmethod
    def of(cls, record: Mapping[Any, Any], *, labels_field: str | None = None) -> Fields:
        """The known fields of a record, whatever the case of their names, with spaces or without.

        ``labels_field`` names the one with the article's topics: a list, or text with semicolons.
        """
        lower = {str(name).strip().lower(): value for name, value in record.items()}
        # "Pub Date" is pub_date.
        lower = {re.sub(r"\s+", "_", name): value for name, value in lower.items()} | lower

        def first(field: str) -> Any:
            return next((lower[name] for name in _NAMES[field] if lower.get(name)), None)

        day = to_date(written := first("published"))
        return cls(
            title=_as_line(first("title")),
            published=day,
            author=_BY.sub("", _as_line(first("author")) or "") or None,
            language=iso_639_1(first("language")),
            url=_as_line(first("url")),
            labels=_labels(lower.get(labels_field.strip().lower() if labels_field else SUBJECTS)),
            unread=str(written)[:60] if written and not day else None,
        )


def _as_line(value: Any) -> str | None:
    if isinstance(value, dict):  # {"name": "Ann Lee"}, {"rendered": "..."}
        value = next((value[name] for name in _LINES if name in value), None)
        value = html.unescape(value) if isinstance(value, str) else value
    if isinstance(value, list):
        value = ", ".join(filter(None, map(_as_line, value)))
    if not isinstance(value, str | int):
        return None
    return " ".join(str(value).split()) or None


def _labels(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else str(value or "").split(";")
    return tuple(label for label in map(_as_line, parts) if label)


class Document(NamedTuple):
    """The text of a file or page before it is cleaned, and what came with it."""

    text: str
    fields: Fields = Fields()
    notes: tuple[str, ...] = ()  # what a person should know of how it was read
    made: date | None = None  # the file: its day, where the text tells none


@dataclass(eq=False)
class Source:
    """One article to come: a file, a page, standard input, or a row of a table."""

    name: str  # path, URL (without secrets), "-", or "file.jsonl:12"
    _load: Callable[[], Article]
    _content: Callable[[], bytes] | None = None
    # The http(s) address of the whole of a feed's entry, which may be only an abstract.
    link: str | None = None
    row_id: str | None = None  # what its row is called in its own file

    def fingerprint(self) -> str:
        """16 hex digits of what is in it, cheaper than to load it; "" where only loading tells."""
        try:
            content = self._content() if self._content else b""
        except OSError:
            return ""
        return hashlib.sha256(content).hexdigest()[:16] if content else ""

    def load(self) -> Article:
        """Read and clean it.

        Raises SourceError (or one of its kinds) if that is not possible; nothing else, whatever is
        in the file.
        """
        try:
            return self._load()
        except SummarizerError:
            raise
        # Libraries raise whatever a damaged or hostile file leads them to.
        except Exception as error:
            raise unreadable(self.name, error) from error

    def is_readable(self) -> bool:
        """Whether ``load`` gives an article; the next call of it gives the same one."""
        try:
            article = self.load()
        except SummarizerError:
            return False
        self._load = lambda: article
        return True

    @classmethod
    def of(cls, article: Article) -> Source:
        """One that has been read."""
        return cls(article.source, lambda: article, article.model_dump_json().encode)


def too_large(
    source: str, limit: int, unit: str = "bytes", kind: type[SourceError] = SourceError
) -> SourceError:
    """What has more than ``limit`` bytes or characters."""
    return kind(
        f"{source!r} has more than {limit:,} {unit}",
        hint="set SUMMARIZER_MAX_ARTICLE_BYTES to a larger number",
    )


def failing(name: str, error: Exception) -> Source:
    """A source that cannot be read; loading it says why."""
    found = error if isinstance(error, SummarizerError) else unreadable(name, error)

    def load() -> Article:
        raise found

    return Source(name, load, str(found).encode)


def unreadable(source: str, error: Exception) -> SourceError:
    """What the system or a library raised on a damaged or hostile file, as an error of ours."""
    if isinstance(error, OSError) and error.strerror:
        message = f"{source!r} cannot be read: {error.strerror}"
        return SourceError(message, hint="check the path and its permissions")
    if isinstance(error, DAMAGED):
        return SourceError(f"{source!r} is damaged: {error}", hint="pack it again")
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return SourceError(
        f"{source!r} cannot be read ({what[:200]})",
        hint="save its text as a .txt file; if other programs read it, report this as a bug",
    )


# What Python code gives as a source: the text of an article, a path, a URL, an Article.
Given = str | Path | Article
_URL: Final = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_LONGEST_PATH: Final = 1024  # characters
_LONGEST_NAME: Final = 20  # words
_STOP: Final = re.compile(r"[。！？]$")  # a language without spaces
_PATH_END: Final = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$|[\\/]\S*$")


def check_source(source: object, name: str) -> None:
    """Raise SourceError for what is no source: an empty cell of a table, a number."""
    if _is_missing(source):
        raise SourceError(f"{name} is empty", hint="leave it out")
    if not isinstance(source, Given):
        raise SourceError(
            f"{name} has the wrong type: {type(source).__name__}",
            hint="pass the text of an article, a path, a URL, or an Article",
        )


def _is_missing(source: object) -> bool:
    """Whether it is None, NaN, pandas' NA, or a text without a character."""
    if isinstance(source, str):
        return not source.strip()
    try:
        return source is None or bool(source != source)
    except TypeError:  # NA says neither yes nor no
        return True
    except ValueError:  # an array
        return False


def name_of_row(row: tuple[int, Given]) -> str:
    """What a failure calls a numbered source."""
    number, source = row
    name = source.source if isinstance(source, Article) else str(source)
    return name if isinstance(source, Given) and name.strip() else f"row {number}"


def is_no_name(source: str) -> bool:
    """Whether a string is too long to name anything, whatever there is to be named."""
    return "\n" in source or len(source) > _LONGEST_PATH or len(source.split()) > _LONGEST_NAME


def is_text(source: str) -> bool:
    """Whether a string is an article itself: neither a URL nor what a path looks like.

    A short text with spaces may be either: it is a path where it ends like one or is there.
    """
    if _URL.match(source):
        return False
    if is_no_name(source):
        return True
    spaced = re.search(r"\s", source.strip()) is not None or _STOP.search(source) is not None
    return spaced and not _PATH_END.search(source) and not Path(source).exists()
