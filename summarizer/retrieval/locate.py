"""Where a corpus is, and what an article is called in it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

from summarizer.articles.article import Article
from summarizer.errors import CorpusError
from summarizer.retrieval.entries import EmbeddingSpec, Entry
from summarizer.retrieval.store import Store
from summarizer.settings import Settings

DEFAULT_CORPUS: Final = "default"
_POSTGRES: Final = re.compile(r"postgres(ql)?://", re.IGNORECASE)
_WEB: Final = re.compile(r"https?://", re.IGNORECASE)


def corpus_path(name: str | Path, settings: Settings) -> Path:
    """The file that ``name`` means: a path as it is, a plain name in the user's data folder."""
    text = str(name)
    if not text.strip() or "\0" in text:
        raise CorpusError(
            f"{text!r} names no corpus", hint="--corpus NAME, --corpus PATH.sqlite, or a URL"
        )
    if isinstance(name, Path) or "/" in text or "\\" in text or text.endswith(".sqlite"):
        try:
            return Path(text).expanduser()
        except RuntimeError:  # "~name", and no user has that name
            return Path(text)
    return settings.data_dir / "corpora" / f"{text}.sqlite"


def has_default_corpus(settings: Settings) -> bool:
    """Whether the user has a corpus of the default name; cheap."""
    return _is_file(corpus_path(DEFAULT_CORPUS, settings))


def with_default_corpus(settings: Settings) -> Settings:
    """The settings with the user's corpus, if there is one and none is named: for commands."""
    if settings.corpus is None and settings.context and has_default_corpus(settings):
        return settings.model_copy(update={"corpus": DEFAULT_CORPUS})
    return settings


def open_store(name: str | Path, settings: Settings, *, upgrade: bool = False) -> Store:
    """The store that ``name`` means; raises CorpusError if there is none, or of an older format.

    ``upgrade``: one of an older format becomes one of this format, without vectors.
    """
    if _POSTGRES.match(str(name)):
        from summarizer.retrieval.postgres_store import PostgresStore

        return PostgresStore.open(str(name), upgrade=upgrade)
    from summarizer.retrieval.sqlite_file import is_there
    from summarizer.retrieval.sqlite_store import SqliteStore

    path = corpus_path(name, settings)
    if not is_there(path):
        raise CorpusError(
            f"there is no corpus {str(name)!r}",
            hint=f"summarizer index add SOURCES{corpus_option(name)} makes it",
        )
    return SqliteStore.open(path, upgrade=upgrade)


def create_store(name: str | Path, settings: Settings, *, embedding: EmbeddingSpec) -> Store:
    """The store that ``name`` means, made for this embedding unless it exists."""
    if _POSTGRES.match(str(name)):
        from summarizer.retrieval.postgres_store import PostgresStore

        return PostgresStore.create(str(name), embedding=embedding)
    from summarizer.retrieval.sqlite_store import SqliteStore

    return SqliteStore.create(corpus_path(name, settings), embedding=embedding)


def shown(name: str | Path) -> str:
    """The name for messages: without a password in it."""
    text = str(name)
    if not _POSTGRES.match(text):
        return text
    from summarizer.retrieval.postgres_connection import Address

    return Address.of(text).display


def corpus_option(name: str | Path | None) -> str:
    """What a command for this corpus has at its end; nothing for the default one."""
    if name is None or name == DEFAULT_CORPUS:
        return ""
    return f" --corpus {shlex.quote(shown(name))}"


def entry_of(article: Article) -> Entry:
    """The article under its key: its URL, else its resolved path, else its content id.

    Rows of tables without URL, standard input and plain texts have no lasting name: a row moves
    when its table changes.
    """
    entry = Entry.of(article.source, article)
    if _WEB.match(entry.key):
        return entry
    # Standard input is named "-" and a text "text", whatever files there are.
    path = None if entry.key in ("-", "text") else Path(entry.key)
    key = str(path.resolve()) if path and _is_file(path) else entry.article.id
    return Entry.of(key, entry.article)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or no name at all
        return False
