"""A corpus file that is damaged, or made by a stranger, is refused in our words or works."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from corpus_files import article

from summarizer.errors import CorpusError, SummarizerError
from summarizer.retrieval.corpus import Corpus

ARTICLES = 12
PAGE = 4096

# What somebody may write into the tables; every one is noticed by a check or on opening.
STATEMENTS = {
    "labels that are no JSON": "UPDATE articles SET labels = '[\"a'",
    "labels that are an object": "UPDATE articles SET labels = '{\"a\": 1}'",
    "labels that are numbers": "UPDATE articles SET labels = '[1, 2]'",
    "labels that are null": "UPDATE articles SET labels = 'null'",
    "labels without end": "UPDATE articles SET labels = printf('%.*c', 200000, '[')",
    "labels in bytes": "UPDATE articles SET labels = x'5b22ff225d'",
    "a date that is none": "UPDATE articles SET published = '2026-02-31'",
    "a date that is a number": "UPDATE articles SET published = 20260231.5",
    "a date beyond all calendars": "UPDATE articles SET published = '99999-01-01'",
    "a language in bytes": "UPDATE articles SET language = x'ff'",
    "a title in bytes": "UPDATE articles SET title = x'fffe'",
    "a title that is another": "UPDATE articles SET title = 'Another one'",
    "a hash that is a number": "UPDATE articles SET content_hash = 5",
    "text in bytes": "UPDATE passages SET body = x'00ff'",
    "text that is a number": "UPDATE passages SET body = 12",
    "text that is not UTF-8": "UPDATE passages SET body = CAST(x'c328' AS TEXT)",
    "text that is another": "UPDATE passages SET body = upper(body)",
    "passages that are missing": "DELETE FROM passages WHERE number > 0",
    "passages of no article": "UPDATE passages SET article = article + 100",
    "articles that are missing": "DELETE FROM articles",
    "places in words": "UPDATE passages SET \"start\" = 'first', \"end\" = 'last'",
    "codes that are too short": "UPDATE vectors SET codes = x'01'",
    "codes that are too long": "UPDATE vectors SET codes = zeroblob(100000)",
    "codes in text": "UPDATE vectors SET codes = 'codes'",
    "codes with a flipped bit": "UPDATE vectors"
    " SET codes = CAST(x'7f' || substr(codes, 2) AS BLOB)",
    "a scale in words": "UPDATE vectors SET scale = 'large'",
    "a scale without end": "UPDATE vectors SET scale = 9e999",
    "a scale below zero": "UPDATE vectors SET scale = -scale",
    "a checksum in words": "UPDATE vectors SET checksum = 'sum'",
    "vectors of no passage": "UPDATE vectors SET passage = passage + 100000",
    "an embedding that does not exist": "UPDATE corpus SET embedding = 'gpt'",
    "an embedding in bytes": "UPDATE corpus SET embedding = x'ff'",
    "a dimension of nothing": "UPDATE corpus SET dimension = 0",
    "a dimension beyond memory": "UPDATE corpus SET dimension = 9223372036854775807",
    "a dimension in words": "UPDATE corpus SET dimension = 'many'",
    "another dimension": "UPDATE corpus SET dimension = 384",
    "a revision in words": "UPDATE corpus SET revision = 'last', epoch = 'first'",
    "no record of itself": "DELETE FROM corpus",
    "waiting passages that do not exist": "INSERT INTO pending VALUES (99999, 0)",
    "a words index of other texts": "INSERT INTO words (rowid, title, body)"
    " VALUES (99999, 'a', 'b')",
    "a words index without texts": "DELETE FROM words_data WHERE id > 10",
    "a words index in bytes": "UPDATE words_data SET block = x'00'",
    "a planted trigger": "CREATE TRIGGER t AFTER INSERT ON articles"
    " BEGIN DELETE FROM passages; END",
    "a planted view": "CREATE VIEW v AS SELECT 1",
    "a planted table": "CREATE TABLE more (x)",
    "a planted index": "CREATE INDEX more ON articles (title)",
    "a table that is missing": "DROP TABLE pending",
    "a column more": "ALTER TABLE articles ADD COLUMN more TEXT",
    "a view for a table": "DROP TABLE removed; CREATE VIEW removed AS SELECT 1 passage, 2 revision",
    "a view without end": "DROP VIEW searched; CREATE VIEW searched AS WITH RECURSIVE r(id) AS"
    " (SELECT 1 UNION ALL SELECT id FROM r) SELECT id, '' AS title, '' AS body FROM r",
    "another format": "PRAGMA user_version = 77",
    "a file of another program": "PRAGMA application_id = 1",
    "a schema that is no SQL": "PRAGMA writable_schema = ON;"
    " UPDATE sqlite_master SET sql = 'CREATE TABLE' WHERE name = 'articles'",
    "a root page far away": "PRAGMA writable_schema = ON;"
    " UPDATE sqlite_master SET rootpage = 99999 WHERE name = 'passages'",
}
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut in the middle": lambda whole: whole[: len(whole) // 2],
    "cut inside a page": lambda whole: whole[:-100],
    "zeros behind the header": lambda whole: whole[:100] + bytes(len(whole) - 100),
    "text": lambda _: b"no database at all " * 500,
    "another page size": lambda whole: whole[:16] + b"\x02\x00" + whole[18:],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus without fault, all in one file."""
    path = tmp_path_factory.mktemp("whole") / "corpus.sqlite"
    with Corpus.open(path, embedding="fast", create=True) as corpus:
        corpus.add(article(number) for number in range(ARTICLES))
        assert corpus.faults() == []
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def file(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "corpus.sqlite"))


def used(file: Path) -> list[str]:
    """Everything that a user does with a corpus; what was refused, in our words."""
    refused: list[str] = []
    uses: tuple[Callable[[Corpus], object], ...] = (
        Corpus.stats,
        Corpus.articles,
        lambda corpus: corpus.get(article(1).source),
        lambda corpus: corpus.search("harbour dues in ward 3"),
        lambda corpus: corpus.related(article(ARTICLES)),
        lambda corpus: corpus.neighbours(article(ARTICLES)),
        lambda corpus: corpus.add([article(1), article(3, version=1), article(ARTICLES)]),
        lambda corpus: corpus.remove([article(2).source]),
        Corpus.faults,
        Corpus.rebuild,
    )
    for use in uses:
        try:
            with Corpus.open(file) as corpus:
                use(corpus)
        except SummarizerError as error:
            refused.append(str(error))
    return refused


def noticed(file: Path) -> bool:
    try:
        with Corpus.open(file) as corpus:
            return corpus.faults() != []
    except CorpusError:
        return True


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_whatever_is_written_into_the_tables_is_noticed_in_our_words(
    file: Path, statement: str
) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(statement)

    assert noticed(file)
    refused = used(file)  # raises what is not ours
    assert not any("pydantic" in said for said in refused)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_the_bytes_are_the_errors_are_ours(
    file: Path, change: Callable[[bytes], bytes]
) -> None:
    file.write_bytes(change(file.read_bytes()))

    assert noticed(file)
    used(file)


def pages(file: Path) -> Iterator[int]:
    """Those that hold something."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
    yield from range(1, file.stat().st_size // PAGE, 3)


def test_a_flipped_page_is_noticed_wherever_it_is(file: Path, whole: Path) -> None:
    unnoticed = []
    for page in pages(whole):
        content = bytearray(whole.read_bytes())
        start = page * PAGE
        content[start : start + PAGE] = bytes(255 - byte for byte in content[start : start + PAGE])
        file.write_bytes(content)
        if not noticed(file):
            unnoticed.append(page)
        used(file)
        file.with_name(file.name + "-wal").unlink(missing_ok=True)
        file.with_name(file.name + "-shm").unlink(missing_ok=True)

    assert unnoticed == []


def test_damaged_text_is_not_handed_out(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE passages SET body = replace(body, 'weeks', 'months')")
        connection.commit()

    with Corpus.open(file) as corpus, pytest.raises(CorpusError, match="is damaged"):
        corpus.get(article(1).source)


def test_damaged_vectors_are_mended_by_a_rebuild(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(STATEMENTS["codes with a flipped bit"])
        connection.commit()

    with Corpus.open(file) as corpus:
        with pytest.raises(CorpusError, match="a vector is damaged"):
            corpus.search("harbour dues")
        corpus.rebuild()
        assert corpus.faults() == []
        assert corpus.search("harbour dues")


def test_a_corpus_of_format_1_is_embedded_anew_by_a_rebuild(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "DROP TABLE vectors;"
            "CREATE TABLE vectors (\n    passage INTEGER PRIMARY KEY, article INTEGER NOT NULL,"
            " number INTEGER NOT NULL,\n    revision INTEGER NOT NULL, scale REAL NOT NULL,"
            " codes BLOB NOT NULL\n);"
            "CREATE INDEX vectors_revision ON vectors (revision);"
            "CREATE INDEX vectors_article ON vectors (article);"
            "PRAGMA user_version = 1"
        )

    with pytest.raises(CorpusError, match="an older version") as refused:
        Corpus.open(file)
    with Corpus.open(file, upgrade=True) as corpus:
        report = corpus.rebuild()
        assert corpus.faults() == []

    assert "summarizer index rebuild" in str(refused.value.hint)
    with Corpus.open(file) as corpus:
        assert report.embedded == corpus.stats().passages > 0
        assert corpus.get(article(1).source) == article(1)


def test_a_corpus_is_for_its_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "corpus.sqlite"
    with Corpus.open(file, embedding="fast", create=True) as corpus:
        corpus.add([article(1)])
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}

    assert modes == dict.fromkeys(
        ("corpus.sqlite", "corpus.sqlite-wal", "corpus.sqlite-shm"), 0o600
    )
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
