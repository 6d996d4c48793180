"""Markdown to plain text: what a rendered page would show, headings and lists as they stand."""

from __future__ import annotations

import re
from typing import NamedTuple

from summarizer.articles.frontmatter import Fields, split_front_matter
from summarizer.articles.invisible import visible

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]\n]{0,500}\]\([^)\n]{0,2000}\)")
_LINK = re.compile(r"\[([^\]\n]{1,500})\]\([^)\n]{0,2000}\)")
_REFERENCE = re.compile(r"^\[[^\]\n]{1,200}\]:\s*\S+.*$", re.M)
_HEADING = re.compile(r"^#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$", re.M)
_FIRST_HEADING = re.compile(r"\s*#[ \t]+(?P<title>.+?)[ \t]*#*[ \t]*(?:\n|$)")
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
        fields = fields._replace(title=fields.title or _inline(first["title"]))
    return Markdown(_HEADING.sub(r"\1", _inline(body)), fields)


def _inline(text: str) -> str:
    for pattern, replacement in ((_IMAGE, ""), (_LINK, r"\1"), (_REFERENCE, ""), (_STRONG, r"\2")):
        text = pattern.sub(replacement, text)
    return text
