"""What Python code gives as a source: the text of an article, a path, a URL, an Article."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from summarizer.articles import Article, article_from_text, load
from summarizer.errors import SourceError
from summarizer.settings import Settings

Source = str | Path | Article
_URL: Final = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_LONGEST_PATH: Final = 1024  # characters
_LONGEST_NAME: Final = 20  # words
_STOP: Final = re.compile(r"[。！？]$")  # a language without spaces
_PATH_END: Final = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$|[\\/]\S*$")


def article_of(source: Source, *, settings: Settings) -> Article:
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


def check_source(source: object, name: str) -> None:
    """Raise SourceError for what is no source: an empty cell of a table, a number."""
    if isinstance(source, Article | Path):
        return
    if _is_missing(source):
        raise SourceError(f"{name} is empty", hint="leave it out")
    if not isinstance(source, str):
        raise SourceError(
            f"{name} has the wrong type: {type(source).__name__}",
            hint="pass the text of an article, a path, a URL, or an Article",
        )


def _is_missing(source: object) -> bool:
    """Whether it is None, NaN, pandas' NA, or a text without a character."""
    try:
        return (
            source is None or source != source or (isinstance(source, str) and not source.strip())
        )
    except TypeError:  # NA says neither yes nor no
        return True
    except ValueError:  # an array
        return False


def name_of_row(row: tuple[int, Source]) -> str:
    """What a failure calls a numbered source."""
    number, source = row
    if isinstance(source, Article):
        return source.source
    return (
        str(source) if isinstance(source, str | Path) and str(source).strip() else f"row {number}"
    )


def is_text(source: str) -> bool:
    """Whether a string is an article itself: neither a URL nor what a path looks like.

    A short text with spaces may be either: it is a path where it ends like one or is there.
    """
    if _URL.match(source):
        return False
    if "\n" in source or len(source) > _LONGEST_PATH or len(source.split()) > _LONGEST_NAME:
        return True
    spaced = re.search(r"\s", source.strip()) is not None or _STOP.search(source) is not None
    return spaced and not _PATH_END.search(source) and not Path(source).exists()
