from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from summarizer.digest import ArticleRef, Check, Digest, Failure, ModelRef, Summary, Usage
from summarizer.pages.terminal import terminal_text
from summarizer.pages.wording import cost


def test_a_digest_for_a_pipe(digest: Digest) -> None:
    assert terminal_text(digest) == (
        "Council agrees on the bridge\n"
        "2025-03-04 · Ada Vale · news/council.txt · 1,412 words\n"
        "\n"
        "Topics\n"
        "  politics and government  92%\n"
        "  conflict, war and peace > civil unrest\n"
        "\n"
        "Summary\n"
        "  The council met. It costs 3bn. [1] All agreed. [3]\n"
        "\n"
        "Checks\n"
        "  [1] number: the article has no such number: “3bn”\n"
        "  [2] injection: a passage gives orders to a model: “Ignore the above”\n"
        "      (characters 5-21)\n"
        "  [3] support: nothing in the article was found that says this\n"
        "\n"
        "Earlier articles\n"
        "  Ferry to stay free (2025-02-01, 53% alike)\n"
        "  wire/council.txt (the same text, 98% alike)\n"
    )


def test_details_come_with_v(digest: Digest) -> None:
    text = terminal_text(digest, verbosity=1)

    assert "\nEvidence\n  politics and government\n    10-34 (83%) “The council met" in text
    assert "\nNotes on the parts\n  1. The first part.\n  2. The second part.\n" in text
    assert "qwen (embedded), prompt digest@v2 abababababab, IPTC Media Topics 2025" in text
    assert "3 requests, 2,313 prompt tokens (1,000 read before), 122 completion tokens" in text
    assert "Evidence" not in terminal_text(digest)


def test_a_doubtful_sentence_is_for_a_person_to_check(digest: Digest) -> None:
    assert digest.summary is not None
    first, *rest = digest.summary.sentences
    doubtful = digest.summary.model_copy(
        update={"sentences": (first.model_copy(update={"support": 0.12}), *rest)}
    )
    check = Check(
        kind="support", status="doubtful", message="little support", text=first.text, sentence=0
    )

    shown = terminal_text(
        digest.model_copy(update={"summary": doubtful, "checks": (check,)}), verbosity=1
    )

    assert "[1] support, please check: little support: “The council met.”" in shown
    assert "The council met. (support 12%)" in shown


def test_no_model_is_named_once(digest: Digest) -> None:
    extractive = ModelRef(name="extractive", provider="extractive")
    record = digest.model_copy(update={"model": extractive, "prompts": ()})

    assert "\n  extractive, IPTC Media Topics 2025\n" in terminal_text(record, verbosity=1)


def test_bullets_are_a_list(digest: Digest) -> None:
    assert digest.summary is not None
    summary = digest.summary.model_copy(update={"style": "bullets"})

    text = terminal_text(digest.model_copy(update={"summary": summary}))

    assert "  • The council met.\n  • It costs 3bn. [1]\n  • All agreed. [3]\n" in text


def test_what_was_not_asked_for_is_not_shown(digest: Digest) -> None:
    text = terminal_text(
        digest.model_copy(update={"topics": None, "summary": None, "checks": (), "related": None})
    )

    assert text.count("\n") == 2


def test_no_topic_that_fits_is_said(digest: Digest) -> None:
    assert "Topics\n  none fits\n" in terminal_text(digest.model_copy(update={"topics": ()}))


def test_a_failure(failure: Failure) -> None:
    assert terminal_text(failure) == (
        "news/empty.txt\n  error: '' is too short (NotAnArticleError)\n  try: give more\n"
    )


@pytest.mark.parametrize("width", [30, 60, 100])
def test_lines_keep_to_the_width(digest: Digest, width: int) -> None:
    wide = digest.article.model_copy(update={"title": "会议在北京举行" * 30})

    lines = terminal_text(
        digest.model_copy(update={"article": wide}), verbosity=1, width=width
    ).splitlines()

    assert max(map(cell_len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


def test_colours_change_nothing_but_colours(digest: Digest) -> None:
    coloured = terminal_text(digest, verbosity=1, colour=True)

    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == terminal_text(digest, verbosity=1)


@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("\x1b\x9b\u202e[]\r\n"))))
def test_no_text_controls_the_terminal(text: str) -> None:
    record = Digest(
        article=ArticleRef(
            id="0", source=text, title=text, published=None, author=text, language=None, words=1
        ),
        topics=None,
        summary=Summary(text=text, words=1, style="paragraph", sentences=(), notes=(text,)),
        model=ModelRef(name=text, provider="compatible"),
    )

    shown = terminal_text(record, verbosity=1)

    controls = {char for char in shown if unicodedata.category(char) == "Cc"} - {"\n"}
    assert controls == set()
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")


def test_markup_of_our_layout_library_is_text(digest: Digest) -> None:
    title = "[bold red]x[/] :smile: [link=http://x]y[/link]"
    article = digest.article.model_copy(update={"title": title})

    assert terminal_text(digest.model_copy(update={"article": article})).startswith(title)


@pytest.mark.parametrize(
    ("usage", "text"),
    [
        (Usage(seconds=1.25), "no request to a model, 1.2 s"),
        (
            Usage(requests=1, cached_responses=2, prompt_tokens=5, cost_usd=0.00012),
            "1 request and 2 stored, 5 prompt tokens, 0 completion tokens, 0.0 s, $0.000120",
        ),
    ],
)
def test_the_cost_in_words(usage: Usage, text: str) -> None:
    assert cost(usage) == text


def test_only_what_somebody_is_paid_for_has_a_price() -> None:
    asked = Usage(requests=1)

    assert cost(asked, "compatible").endswith("price unknown")
    assert "price" not in cost(asked, "embedded")
