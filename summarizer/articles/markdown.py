"""Markdown to plain text: what a rendered page would show, headings and lists as they stand."""

from __future__ import annotations

import re
from typing import NamedTuple

from summarizer.articles.frontmatter import Fields, split_front_matter
from summarizer.articles.invisible import visible

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# In parentheses, of which an address may have a pair of its own.
_TARGET = r"\([^()\n]{0,2000}+(?:\([^()\n]{0,500}+\)[^()\n]{0,500}+)?\)"
_IMAGE = re.compile(rf"!\[[^\[\]\n]{{0,500}}+\]{_TARGET}")
_LINK = re.compile(rf"\[([^\[\]\n]{{0,500}}+)\]{_TARGET}")
_REFERENCE = re.compile(r"^\[[^\]\n]{1,200}\]:\s*\S+.*$", re.M)
_HEADING = re.compile(r"^#{1,6}[ \t]++(.*)$", re.M)
_FIRST_HEADING = re.compile(r"\s*+#[ \t]++(?P<title>\S.*)(?:\n|$)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,500}?)(?<=\S)\1")


class Markdown(NamedTuple):
    """The text of a document, and what its front matter or first heading says."""

    text: str
    fields: Fields


def read_markdown(source: str, *, labels_field: str | None = None) -> Markdown:
    """The text without link targets, images, comments (a reader sees none) and heading marks."""
    fields, body = split_front_matter(visible(source).lstrip("\n"), labels_field=labels_field)
    body = _COMMENT.sub("", body)
    first = _FIRST_HEADING.match(body)
    if first:
        body = body[first.end() :]
        fields = fields._replace(title=fields.title or _inline(_heading(first["title"])))
    return Markdown(_HEADING.sub(lambda found: _heading(found[1]), _inline(body)), fields)


def _heading(text: str) -> str:
    """The words of a heading; hashes after a space close it, those of "C#" do not."""
    text = text.rstrip()
    words = text.rstrip("#")
    return words.rstrip() if not words or words[-1] in " \t" else text


def _inline(text: str) -> str:
    for pattern, replacement in ((_IMAGE, ""), (_LINK, r"\1"), (_REFERENCE, ""), (_STRONG, r"\2")):
        text = pattern.sub(replacement, text)
    return text
