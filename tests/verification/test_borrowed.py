"""Claims that come from a related article and not from the article itself."""

from __future__ import annotations

from datetime import date

import pytest

from summarizer.articles.article import Article
from summarizer.verification import verify_summary

ARTICLE = Article(
    text=(
        "Rescuers found a man alive on Tuesday under the landslide that buried part of a village. "
        "He had spent two days in the cellar of the bakery. Doctors said that he was stable.\n\n"
        "The search for two others goes on."
    ),
    title="Man found alive under landslide",
    published=date(2025, 11, 11),
    language="en",
)
EARLIER = Article(
    text=(
        "A landslide cut off the village of Sankt Orban on Sunday. It destroyed 14 houses, and "
        "mayor Ulla Brandt said that three people were missing. "
        "The railway to the valley will stay closed until spring."
    ),
    title="Landslide cuts off village",
    published=date(2025, 11, 9),
    language="en",
)


def kinds(*sentences: str) -> list[str]:
    found = verify_summary(sentences, ARTICLE, related=[EARLIER])
    return [check.kind for check in found.checks]


def test_a_claim_of_the_article_is_not_borrowed() -> None:
    assert kinds("Rescuers found a man alive under the landslide.") == []


@pytest.mark.parametrize(
    "claim",
    [
        "Rescuers found a man alive under the landslide, which destroyed 14 houses.",
        "Rescuers found a man alive in Sankt Orban.",
        "The railway to the valley will stay closed until spring.",
        "Mayor Ulla Brandt said that three people were missing.",
    ],
)
def test_a_claim_of_the_earlier_report_is_borrowed(claim: str) -> None:
    assert kinds(claim) == ["context"]


def test_a_claim_of_neither_is_unsupported() -> None:
    assert "context" not in kinds("The government of Norland bought ninety ferries in Kelder.")
    assert kinds("The government of Norland bought ninety ferries in Kelder.") != []


def test_a_borrowed_sentence_is_not_supported_and_names_its_origin() -> None:
    claim = "The railway to the valley will stay closed until spring."

    found = verify_summary([claim], ARTICLE, related=[EARLIER])

    assert not found.sentences[0].supported
    assert found.checks[0].message == (
        "only the related article 'Landslide cuts off village' says this, not the article"
    )
    assert (found.checks[0].text, found.checks[0].sentence) == (claim, 0)


def test_without_related_articles_it_is_unsupported_as_before() -> None:
    claim = "The railway to the valley will stay closed until spring."

    assert [check.kind for check in verify_summary([claim], ARTICLE).checks] == ["support"]


def test_an_article_in_another_language_lends_nothing() -> None:
    french = EARLIER.model_copy(update={"language": "fr"})

    found = verify_summary(["Rescuers found a man in Sankt Orban."], ARTICLE, related=[french])

    assert [check.kind for check in found.checks] == ["name"]
