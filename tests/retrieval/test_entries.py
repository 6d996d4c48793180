from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.articles.article import Article
from summarizer.retrieval.entries import LEAD_CHARACTERS, lead_passage, lead_text
from summarizer.retrieval.ingestion import PASSAGE_WORDS, split_passages

SENTENCE = "The council of the northern district voted on Monday to mend the old harbour wall. "

texts = st.one_of(
    st.text(max_size=3000),
    st.lists(
        st.sampled_from([SENTENCE, "No. ", "\n\n", "港の壁を直す。", "a" * 700, " \t", "Ja! "]),
        max_size=60,
    ).map("".join),
)


@settings(deadline=None)  # the splitter is loaded by the first example
@given(text=texts)
def test_passages_are_in_order_and_hold_everything_but_white_space(text: str) -> None:
    passages = split_passages(Article(text=text))

    assert [passage.number for passage in passages] == list(range(len(passages)))
    assert all(first.end <= second.start for first, second in pairwise(passages))
    covered = "".join(text[passage.start : passage.end] for passage in passages)
    assert "".join(covered.split()) == "".join(text.split())


@settings(deadline=None)
@given(text=texts)
def test_a_passage_has_no_white_space_around_it(text: str) -> None:
    for passage in split_passages(Article(text=text)):
        assert text[passage.start : passage.end] == text[passage.start : passage.end].strip()


@settings(deadline=None)
@given(text=texts)
def test_passages_fit_the_embedding(text: str) -> None:
    lead, *rest = split_passages(Article(text=text))

    assert lead.end - lead.start <= LEAD_CHARACTERS
    assert all(len(text[p.start : p.end].split()) <= PASSAGE_WORDS for p in rest)


def test_a_passage_ends_with_a_sentence() -> None:
    article = Article(text=SENTENCE * 40, language="en")

    passages = split_passages(article)

    assert len(passages) > 2
    assert all(article.text[p.start : p.end].endswith("wall.") for p in passages)


def test_a_text_without_spaces_is_cut_by_its_bytes() -> None:
    article = Article(text="港の壁を直す計画。" * 400)

    assert max(p.end - p.start for p in split_passages(article)) <= LEAD_CHARACTERS * 2


def test_an_article_without_text_has_a_lead() -> None:
    assert split_passages(Article(text=" \n", title="Harbour wall mended")) == ((0, 0, 0),)
    assert lead_text(Article(text="", title="Harbour wall mended")) == "Harbour wall mended. "


def test_the_lead_is_the_first_passage_of_all() -> None:
    article = Article(text="  " + SENTENCE * 40)

    assert lead_passage(article) == split_passages(article)[0]


@pytest.mark.parametrize("title", [None, ""])
def test_without_title_the_lead_is_the_text_alone(title: str | None) -> None:
    assert lead_text(Article(text="It rained.", title=title)) == "It rained."
