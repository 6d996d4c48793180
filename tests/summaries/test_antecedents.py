from __future__ import annotations

import pytest

from summarizer.articles.article import Article
from summarizer.summaries.antecedents import Standing, antecedents

FIRST = "The spokesman Ebrahim Zolfaqari met ministers of Iran in Tehran."
SECOND = "Shops in Port Ellery fear a loss."


@pytest.mark.parametrize(
    ("sentence", "needed"),
    [
        ("It covers 240 kilometres.", (1,)),
        ("The boxing drama was named best picture.", (1,)),
        ("In March he left the city.", (1,)),
        ("Talks begin when Zolfaqari returns.", (0,)),
        ("The 27-year-old was on holiday in Thailand.", (1,)),
        ("Ana Reyes will then run the shops.", (1,)),
        ("The shops open in May.", ()),
        ("The rest will come from a loan.", (1,)),
        ("Trams start in May.", ()),
    ],
)
def test_a_sentence_needs_the_one_that_introduces_what_it_refers_to(
    sentence: str, needed: tuple[int, ...]
) -> None:
    assert antecedents([FIRST, SECOND, sentence], "en")[2] == needed


def test_a_chain_of_pronouns_needs_its_beginning_alone() -> None:
    assert antecedents([SECOND, "They lost trade.", "They closed early."], "en") == [(), (0,), (0,)]


def test_the_first_sentence_needs_none() -> None:
    assert antecedents(["It covers 240 kilometres."], "en") == [()]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("de", "Er wohnt in Bern."), ("fr", "Il habite Lyon."), ("es", "Ella vive en Lima.")],
)
def test_other_languages_have_pronouns(language: str, sentence: str) -> None:
    assert antecedents([SECOND, sentence], language)[1] == (0,)


def test_a_bare_name_at_the_beginning_leans_on_the_sentence_that_introduces_it() -> None:
    sentences = [
        "Brigadier General Amir Zolfaqari met his colleagues in Ankara on Monday.",
        "Zolfaqari made the remarks after the meetings.",
    ]

    assert antecedents(sentences, "en") == [(), (0,)]


def test_a_count_of_a_bare_noun_leans_on_what_was_told_before() -> None:
    told = ["Volunteers treated 164 runners for exhaustion.", "In 2025 there were 38 cases."]
    assert antecedents(told, "en") == [(), (0,)]
    assert antecedents([told[0], "There were 38 cases of heat stroke in the city."], "en")[1] == ()


def test_a_pronoun_leans_on_the_sentence_before_it_and_on_what_that_one_leans_on() -> None:
    told = [
        "Parlo sued 45 banks on Monday.",
        "The firm failed, and Enrico Bondi became its head.",
        "He blames the auditors.",
    ]
    assert antecedents(told, "en") == [(), (0,), (0, 1)]


def test_a_surname_leans_on_a_sentence_that_leans_on_another() -> None:
    told = [SECOND, "Their speaker, Dolphy Souza, wants a bridge.", "Mr Souza met the mayor."]
    assert antecedents(told, "en")[2] == (0, 1)


def test_a_quoted_i_is_somebodys_and_a_quotation_does_not_stand_first() -> None:
    said = 'Former defender Danny Hale called the talk "the worst I have ever heard from him".'
    quotation = '"I have never heard anything like it in all of my years as a defender," said Hale.'
    bare = "In all of my years as a defender I have never heard anything like that."
    article = Article(text=f"{said} {quotation} {bare}", language="en")
    standing = Standing(article)

    spans = [(article.text.index(one), article.text.index(one) + len(one)) for one in (said, bare)]
    quoted = (article.text.index(quotation), article.text.index(quotation) + len(quotation))

    assert [one.text for one in standing.group(spans[0], (), ())] == [said]
    assert standing.group(spans[1], (), ()) == []
    assert standing.group(quoted, (), ()) == []
