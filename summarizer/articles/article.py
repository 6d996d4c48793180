"""``Article``: the cleaned text that everything else works on; ``Source``: one to come."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pydantic import Field

from summarizer.digest import Value
from summarizer.errors import SourceError, SummarizerError
from summarizer.text import count_words


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

    @property
    def id(self) -> str:
        """The first 16 hex digits of the SHA-256 of title and text."""
        content = f"{self.title or ''}\n{self.text}"
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def words(self) -> int:
        """The number of words, also of a script without spaces."""
        return count_words(self.text)


@dataclass(frozen=True)
class Source:
    """One article to come: a file, a page, standard input, or a row of a table."""

    name: str
    """Path, URL (without secrets), "-", or "file.jsonl:12"."""
    _load: Callable[[], Article]
    _content: Callable[[], bytes] | None = None
    link: str | None = None
    """The http(s) address of the whole of a feed's entry, which may be only an abstract."""

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


def failing_load(error: SummarizerError) -> Article:
    """The load of a source that cannot be read."""
    raise error


def unreadable(source: str, error: Exception) -> SourceError:
    """What a library raised on a damaged or hostile file, as an error of this program."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return SourceError(
        f"{source!r} cannot be read ({what[:200]})",
        hint="save its text as a .txt file; if other programs read it, report this as a bug",
    )
