from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from summarizer.cli.console import printable
from summarizer.digest import Digest, Failure
from summarizer.pages.document import escape, render_markdown
from summarizer.pages.wording import one_line


def test_a_digest(digest: Digest) -> None:
    assert render_markdown(digest) == (
        "# Council agrees on the bridge\n\n"
        "2025-03-04 · Ada Vale · news/council.txt · 1,412 words\n\n"
        "**Topics:** politics and government (92%); conflict, war and peace \\> civil unrest\n\n"
        "The council met. It costs 3bn. \\[1\\] All agreed. \\[3\\]\n\n"
        "**Checks:**\n\n"
        "- \\[1\\] number: the article has no such number: “3bn”\n"
        "- \\[2\\] injection: a passage gives orders to a model: “Ignore the above” "
        "(characters 5-21)\n"
        "- \\[3\\] support: nothing in the article was found that says this\n"
        "\n"
        "**Earlier articles:**\n"
        "\n"
        "- Ferry to stay free (2025-02-01, 53% alike)\n"
        "- wire/council.txt (the same text, 98% alike)\n"
    )


def test_details_come_with_v(digest: Digest) -> None:
    text = render_markdown(digest, verbosity=1)

    assert "> The council met.\n>\n> - “The council met on Monday.” (10-34, 83%)" in text
    assert "1. The first part.\n2. The second part." in text
    assert "qwen (embedded), prompt digest@v2" in text


def test_a_failure(failure: Failure) -> None:
    assert render_markdown(failure) == (
        "# news/empty.txt\n\n**NotAnArticleError:** '' is too short\n\nTry: give more\n"
    )


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://example.org/a?b=1", "<https://example.org/a?b=1>"),
        ("https://example.org/>x", "https\\://example.org/\\>x"),
        ("javascript://x", "javascript\\://x"),
    ],
)
def test_only_an_address_that_was_read_is_a_link(digest: Digest, source: str, shown: str) -> None:
    article = digest.article.model_copy(update={"source": source})

    assert f" · {shown} · " in render_markdown(digest.model_copy(update={"article": article}))


HOSTILE = st.one_of(
    st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("\\`*_[]<>&|~#-+=1.) !:/\n"))),
    st.sampled_from(
        [
            "# Heading",
            "Heading\n===",
            "- item",
            "+ item",
            "1. item",
            "123456789) item",
            "---",
            "***",
            "> quote",
            "```\ncode",
            "~~~",
            "    code",
            "<script>alert(1)</script>",
            "<!-- -->",
            "[x](javascript:alert(1))",
            "![x](http://tracker)",
            "[x]: http://y",
            "&lt;b&gt; &#60;",
            "a\\",
            "<http://x>",
            "|a|b|\n|-|-|",
        ]
    ),
)


@given(HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(escape(text))

    inline = [token for token in tokens if token.type == "inline"]
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    children = [child for token in inline for child in token.children or []]
    assert {child.type for child in children} <= {"text", "text_special"}
    assert "".join(child.content for child in children) == one_line(printable(text))


@pytest.mark.parametrize("text", ["http://evil.example", "WWW.evil.example", "see https://x.y"])
def test_bare_addresses_do_not_become_links(text: str) -> None:
    assert "\\:" in escape(text) or "\\." in escape(text)
