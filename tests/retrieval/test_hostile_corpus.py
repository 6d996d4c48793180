"""Texts and queries that were made to break an index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus_files import faults
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summarizer.articles.article import Article
from summarizer.retrieval.corpus import Corpus

TEXTS = {
    "nul": "before\0after the storm",
    "surrogate": "half of \ud83d a face in the storm",
    "one endless word": "storm " + "x" * 200_000,
    "endless without space": "嵐" * 20_000 + " storm",
    "control characters": "".join(map(chr, range(32))) + " storm",
    "a query": '"storm" AND NOT title:* OR NEAR(a b, 3) -- \'; DROP TABLE articles;',
    "right to left": "عاصفة في البحر storm",
    "white space": " \n\n\t ",
    "empty": "",
    "lines": "storm\n" * 5000,
}
QUERIES = [
    '"',
    "'",
    '"unfinished',
    "AND",
    "OR NOT",
    "NEAR(a b",
    "title:storm",
    "-storm",
    "storm*",
    "^storm",
    "a AND (b OR",
    "{title body} : storm",
    "\0",
    "\ud83d",
    "嵐",
    "%_\\",
    "storm " * 5000,
    "x" * 100_000,
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corpus") / "hostile.sqlite"


@pytest.fixture(scope="module")
def corpus(file: Path) -> Iterator[Corpus]:
    with Corpus.open(file, embedding="fast", create=True) as opened:
        report = opened.add(
            Article(text=text, title=name, source=f"https://news.example/{name}")
            for name, text in TEXTS.items()
        )
        assert report.added == len(TEXTS)
        yield opened


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_is_kept_character_by_character(corpus: Corpus, name: str) -> None:
    stored = corpus.get(f"https://news.example/{name}")

    assert stored is not None
    assert len(stored.text) == len(TEXTS[name])
    # Half a character is none in an article already.
    assert stored.text == TEXTS[name].replace("\0", "\ufffd").replace("\ud83d", "?")


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_has_relatives(corpus: Corpus, name: str) -> None:
    article = Article(text=TEXTS[name], title=name, source=f"https://news.example/{name}")

    found = corpus.related(article)

    assert article.source not in {item.key for item in (*found.articles, *found.duplicates)}


@pytest.mark.parametrize("query", QUERIES)
def test_no_query_is_an_error(corpus: Corpus, query: str) -> None:
    assert len(corpus.search(query, limit=3)) <= 3


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(max_size=60))
def test_no_query_at_all_is_an_error(corpus: Corpus, query: str) -> None:
    for hit in corpus.search(query, limit=5):
        stored = corpus.get(hit.key)
        assert stored is not None
        assert stored.text[hit.start : hit.end] == hit.passage


@pytest.mark.usefixtures("corpus")
def test_the_file_is_whole(file: Path) -> None:
    assert faults(file) == []


@pytest.mark.parametrize("key", ["\0", "\ud83d", "' OR 1=1 --", "x" * 10_000, ""])
def test_any_key_may_be_asked_for(corpus: Corpus, key: str) -> None:
    assert corpus.get(key) is None
    assert corpus.remove([key]) == 0


@pytest.mark.parametrize("source", ["\0", "x" * 10_000, "a/\0/b", "~", "/", ".", "http://\ud83d"])
def test_any_source_has_a_key(tmp_path: Path, source: str) -> None:
    with Corpus.open(tmp_path / "c.sqlite", embedding="fast", create=True) as corpus:
        assert corpus.add([Article(text="A storm.", source=source)]).added == 1
        assert corpus.add([Article(text="A storm.", source=source)]).unchanged == 1


@pytest.mark.parametrize("name", ["", " ", "\0", "a\0b"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    from summarizer.errors import CorpusError

    with pytest.raises(CorpusError, match="names no corpus"):
        Corpus.open(name, create=True)


def test_an_endless_title_is_cut(corpus: Corpus) -> None:
    title = "storm " * 50_000
    article = Article(text="A storm. " * 5000, title=title, source="https://news.example/title")
    before = corpus.stats().bytes
    corpus.add([article])
    again = corpus.add([article])
    found = corpus.get(article.source)
    corpus.remove([article.source])

    assert again.unchanged == 1
    assert found is not None
    assert found.title == title[:1000]
    assert corpus.stats().bytes - before < 2_000_000
