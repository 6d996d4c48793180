"""The five operations, without a model."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from plugin_samples import ORDER

from summarizer import Article, Summarizer, Taxonomy
from summarizer.errors import CorpusError
from summarizer.plugins.operations import (
    ArticleRequest,
    RelatedRequest,
    SummaryOptions,
    classify_topics,
    digest_article,
    extract_article,
    find_related,
    summarize_article,
)
from summarizer.plugins.service import Service
from summarizer.progress import Cancelled, listening
from summarizer.retrieval.corpus import Corpus


def test_a_digest_has_topics_and_a_summary(talks: str, service: Service) -> None:
    digest = digest_article(SummaryOptions(source=talks), service=service)

    assert digest.topics
    assert digest.topics[0].name == "conflict, war and peace"
    assert digest.summary is not None
    assert "Ardenia" in digest.summary.text


def test_options_are_for_one_call(talks: str, service: Service) -> None:
    bullets = digest_article(
        SummaryOptions(source=talks, length=80, style="bullets"), service=service
    )
    plain = digest_article(SummaryOptions(source=talks), service=service)

    assert bullets.summary is not None
    assert plain.summary is not None
    assert bullets.summary.style == "bullets"
    assert plain.summary.style == "paragraph"
    assert bullets.summary.words > plain.summary.words


def test_topics_alone(talks: str, service: Service) -> None:
    digest = classify_topics(ArticleRequest(source=talks), service=service)

    assert digest.topics
    assert digest.summary is None


def test_a_summary_alone(service: Service) -> None:
    digest = summarize_article(SummaryOptions(source="talks.txt"), service=service)

    assert digest.topics is None
    assert digest.summary is not None
    assert digest.article.source == "talks.txt"


def test_the_text_with_what_is_known_of_it(talks: str, service: Service) -> None:
    found = extract_article(ArticleRequest(source=talks), service=service)

    assert found.title == "Ardenia and Kovaria Agree on Joint Border Patrols"
    assert found.published == date(2025, 3, 12)
    assert found.words == len(found.text.split())
    assert found.checks == ()


def test_an_order_in_an_article_reaches_no_caller(hostile: str, service: Service) -> None:
    extracted = extract_article(ArticleRequest(source=hostile), service=service)
    digest = digest_article(SummaryOptions(source=hostile), service=service)

    assert [check.kind for check in extracted.checks] == ["injection"]
    assert ORDER in hostile
    for result in (extracted, digest):
        assert "previous instructions" not in result.model_dump_json()
        assert "characters not shown" in result.model_dump_json()


def test_a_title_that_is_an_order_reaches_no_caller(talks: str, service: Service) -> None:
    source = f"---\ntitle: {ORDER}\nauthor: {ORDER}\n---\n{talks}"
    assert service.read(source).title == service.read(source).author == ORDER

    extracted = extract_article(ArticleRequest(source=source), service=service)
    digest = digest_article(SummaryOptions(source=source), service=service)

    assert extracted.title is extracted.author is None
    assert digest.article.title is digest.article.author is None
    assert "previous instructions" not in digest.model_dump_json()


def test_a_huge_text_is_cut_and_says_so(talks: str, service: Service) -> None:
    """No host would put it into its model's context."""
    paragraphs = [f"Report {number}. The ferry left at noon, he said." for number in range(3000)]
    source = "\n\n".join(paragraphs)
    whole = len(service.read(source).text)

    cut = extract_article(ArticleRequest(source=source), service=service)
    short = extract_article(ArticleRequest(source=talks), service=service)

    assert len(cut.text) == 100_000
    assert cut.left_out == whole - 100_000
    assert short.left_out == 0


def test_the_steps_are_told(talks: str, service: Service) -> None:
    steps: list[str] = []
    with listening(steps.append):
        digest_article(SummaryOptions(source=talks), service=service)

    assert steps == [
        "reading the article",
        "writing the summary and finding topics",
        "choosing topics",
        "choosing sentences",
    ]


def test_a_listener_can_stop_the_work(talks: str, service: Service) -> None:
    def stop(_: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled), listening(stop):
        digest_article(SummaryOptions(source=talks), service=service)


@pytest.fixture
def corpus(talks: str, service: Service) -> None:
    """A corpus of two articles; the title of one is an order to a model."""
    about = Article(text=talks, title="Joint patrols", published=date(2025, 3, 1), source="a")
    other = Article(
        text="The bakery on the square sells rye bread. " * 5 + ORDER,
        title=ORDER,
        labels=("bakery", ORDER),
        source="b",
    )
    with Corpus.open(settings=service.settings, embedding="wordllama", create=True) as found:
        found.add([about, other])


@pytest.mark.usefixtures("corpus")
def test_a_query_finds_articles(service: Service) -> None:
    found = find_related(RelatedRequest(query="rye bread", limit=1), service=service)

    (match,) = found.articles
    assert match.relation == "match"
    assert "rye bread" in match.excerpt
    assert match.title is None
    assert match.topics == ("bakery",)
    assert "previous instructions" not in found.model_dump_json()


@pytest.mark.usefixtures("corpus")
def test_an_article_finds_its_like(talks: str, service: Service) -> None:
    found = find_related(RelatedRequest(source=f"News from the border\n\n{talks}"), service=service)

    assert found.articles[0].title == "Joint patrols"
    assert found.articles[0].relation == "duplicate"
    assert len(found.articles[0].excerpt.split()) <= 60


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize("length", [None, 40])
def test_a_digest_knows_the_corpus(length: int | None, talks: str, service: Service) -> None:
    source = f"News from the border\n\n{talks}"

    with Service(service.settings.model_copy(update={"corpus": "default"})) as asked:
        digest = digest_article(SummaryOptions(source=source, length=length), service=asked)

    assert digest.related
    assert digest.related[0].title == "Joint patrols"


def test_without_a_corpus_the_error_says_how_to_make_one(service: Service) -> None:
    with pytest.raises(CorpusError) as caught:
        find_related(RelatedRequest(query="rye bread"), service=service)

    assert caught.value.hint is not None
    assert "summarizer index" in caught.value.hint


@pytest.mark.parametrize("fields", [{}, {"source": "a", "query": "b"}])
def test_related_to_an_article_or_to_a_query(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either source or query"):
        RelatedRequest(**fields)


def test_nothing_is_opened_before_it_is_needed(folder: Path, tmp_path: Path) -> None:
    with Service(model="extractive") as service:
        service.read((folder / "talks.txt").read_text(encoding="utf-8"))

    assert not (tmp_path / "data").exists()


def test_options_of_a_call_leave_the_taxonomy_as_it_was_read(service: Service) -> None:
    """The engine's topics are from it, whatever has become of the file."""
    assert service.summarizer(length="long").taxonomy is service.summarizer().taxonomy


def test_the_engine_of_a_service_is_the_summarizers_own_but_for_its_client() -> None:
    """``WatchedSummarizer`` builds it again; it must not fall behind."""
    flags = {"base_url": "http://127.0.0.1:9/v1", "model": "m", "max_topics": 5, "depth": 2}
    with Summarizer(**flags) as plain, Service(**flags) as service:
        expected, found = vars(plain.engine), vars(service.summarizer().engine)

        assert expected.keys() == found.keys()
        for name, value in expected.items():
            if isinstance(value, int | str | Taxonomy):
                assert found[name] == value
            else:
                assert isinstance(found[name], type(value))
