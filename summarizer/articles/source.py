"""``Source``: one article to come, which is read only when it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from summarizer.articles.article import Article
from summarizer.errors import SourceError, SummarizerError


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
