from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summarizer.articles.article import Article
from summarizer.chunking import Chunk, chunk_article


def words(text: str) -> int:
    return len(text.split())


def pieces(text: str) -> int:
    """A stand-in for a subword tokenizer: up to four letters, or one other character, each."""
    return len(re.findall(r"[^\W_]{1,4}|\S", text))


def skewed(text: str) -> int:
    """Digits cost far more than letters, as in real vocabularies."""
    return sum(3 if char.isdigit() else 1 for char in text if not char.isspace())


NOISE = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from(
            " \n\n\t.,;:!?。！？…\u00a0\u2028\u200b\u0301é😀👩‍🚀中文字العربية0123456789"
        ),
    ),
    max_size=400,
)
PROSE = st.lists(
    st.lists(
        st.sampled_from(
            ["It rained.", "Mr. Lee left at 3.15 p.m.", "No!", "雨が降った。", "a,b;c"]
        ),
        max_size=8,
    ).map(" ".join),
    max_size=8,
).map("\n\n".join)


@given(
    text=st.one_of(NOISE, PROSE),
    max_tokens=st.integers(1, 60),
    count=st.sampled_from([words, pieces, skewed, len]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_covered_in_order_within_the_budget(
    text: str, max_tokens: int, count: Callable[[str], int]
) -> None:
    chunks = chunk_article(Article(text=text), max_tokens=max_tokens, count_tokens=count)

    cursor = 0
    for chunk in chunks:
        assert text.startswith(chunk.text, chunk.start)
        assert text[cursor : chunk.start].strip() == ""
        assert chunk.text == chunk.text.strip() != ""
        assert count(chunk.text) <= max_tokens or len(chunk.text) == 1
        cursor = chunk.start + len(chunk.text)
    assert text[cursor:].strip() == ""


def test_an_article_that_fits_is_one_chunk_and_one_count() -> None:
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return words(text)

    chunks = chunk_article(Article(text=" It rained. \n"), max_tokens=10, count_tokens=count)

    assert chunks == (Chunk(1, "It rained."),)
    assert len(counted) == 1


def test_the_budget_itself_is_allowed() -> None:
    assert len(chunk_article(Article(text="a b c"), max_tokens=3, count_tokens=words)) == 1


@pytest.mark.parametrize("text", ["", "  \n\n\t "])
def test_no_text_gives_no_chunks(text: str) -> None:
    assert chunk_article(Article(text=text), max_tokens=3, count_tokens=words) == ()


@pytest.fixture
def long_article() -> Article:
    sentence = "The council of Vale met on day {} and agreed on nothing at all, as it does."
    paragraphs = [" ".join(sentence.format(7 * p + s) for s in range(7)) for p in range(60)]
    return Article(text="\n\n".join(paragraphs))


def test_chunks_end_with_sentences(long_article: Article) -> None:
    chunks = chunk_article(long_article, max_tokens=500, count_tokens=pieces)

    assert len(chunks) > 5
    assert all(chunk.text.startswith("The council") for chunk in chunks)
    assert all(chunk.text.endswith("as it does.") for chunk in chunks)


def test_chunks_are_of_about_equal_size(long_article: Article) -> None:
    total = pieces(long_article.text)
    for max_tokens in (total - 1, total // 2 + 1, total // 2, total // 3, total // 7):
        chunks = chunk_article(long_article, max_tokens=max_tokens, count_tokens=pieces)
        sizes = [pieces(chunk.text) for chunk in chunks]
        assert len(sizes) <= total / (0.9 * max_tokens) + 1
        assert min(sizes) >= 0.5 * max(sizes), (max_tokens, sizes)


def test_tokens_are_counted_once_for_the_text_and_once_for_each_chunk(
    long_article: Article,
) -> None:
    calls = 0

    def count(text: str) -> int:
        nonlocal calls
        calls += 1
        return pieces(text)

    chunks = chunk_article(long_article, max_tokens=500, count_tokens=count)

    assert calls == 1 + len(chunks)


def test_a_part_that_is_denser_than_the_rest_is_split_again() -> None:
    table = " ".join(str(number) for number in range(100_000, 100_300))
    text = "\n\n".join(["Plain words only here." * 40, table, "Plain words only here." * 40])

    chunks = chunk_article(Article(text=text), max_tokens=700, count_tokens=skewed)

    assert all(skewed(chunk.text) <= 700 for chunk in chunks)


def test_a_long_run_without_white_space_is_cut() -> None:
    chunks = chunk_article(Article(text="x" * 5_000), max_tokens=300, count_tokens=pieces)

    assert "".join(chunk.text for chunk in chunks) == "x" * 5_000
    assert all(pieces(chunk.text) <= 300 for chunk in chunks)


def test_a_character_above_the_budget_is_kept() -> None:
    chunks = chunk_article(Article(text="😀😀"), max_tokens=1, count_tokens=lambda t: 3 * len(t))

    assert [chunk.text for chunk in chunks] == ["😀", "😀"]


def test_a_budget_of_nothing_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="positive"):
        chunk_article(Article(text="a"), max_tokens=0, count_tokens=words)
