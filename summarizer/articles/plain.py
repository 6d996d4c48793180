"""Plain text and Markdown to an ``Article``: front matter, headers, cleaning, gate, language."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from summarizer.articles import gate
from summarizer.articles.article import Article
from summarizer.articles.cleaning import clean
from summarizer.articles.dates import dates_in
from summarizer.articles.encoding import visible
from summarizer.articles.fields import Fields, split_front_matter
from summarizer.articles.language import detect_language
from summarizer.articles.messages import read_chat, unquote

# Characters of a headline, byline or label. The longest of 3,380 headlines has 152; a page, a row
# or a PDF may put a book there, which would fill the prompts.
_LONGEST = 300
# What is left of a page when its tags are gone; "AT&amp;T" is nobody's spelling.
_ENTITY = re.compile(
    r"&(?:amp|quot|apos|nbsp|[mn]dash|[lr][sd]?quo|hellip|[aeiouAEIOU](?:uml|acute|grave|circ)|szlig|#\d{2,6}|#x[\da-fA-F]{2,6});"
)
# A word that is divided at the end of a line, of which a text has several.
_DIVIDED = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zß-öø-ÿ])")
_MIN_DIVIDED = 2
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# In parentheses, of which an address may have a pair of its own.
_TARGET = r"\([^()\n]{0,2000}+(?:\([^()\n]{0,500}+\)[^()\n]{0,500}+)?\)"
_IMAGE = re.compile(rf"!\[[^\[\]\n]{{0,500}}+\]{_TARGET}")
_LINK = re.compile(rf"\[([^\[\]\n]{{0,500}}+)\]{_TARGET}")
_REFERENCE = re.compile(r"^\[[^\]\n]{1,200}\]:\s*\S+.*$", re.M)
_HEADING = re.compile(r"^#{1,6}[ \t]++(.*)$", re.M)
_FIRST_HEADING = re.compile(r"\s*+#[ \t]++(?P<title>\S.*)(?:\n|$)")
_TABLE_RULE = re.compile(
    r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+(?:[ \t]*:?-{2,}:?)?[ \t]*\n", re.M
)
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,500}?)(?<=\S)\1")


def article_from_text(text: str, *, source: str = "text", title: str | None = None) -> Article:
    """The article in ``text``, which may be a dump of a page with what was around it.

    Raises NotAnArticleError for text that is none: empty, too short, binary, or a stub.
    """
    return build_article(text, Fields(title=title), source=source)


def build_article(
    text: str,
    fields: Fields,
    *,
    source: str,
    labels_field: str | None = None,
    notes: tuple[str, ...] = (),
    row: bool = False,
) -> Article:
    """The article in ``text``; what ``fields`` say counts more than what the text says.

    A ``row`` of a data file was chosen by whoever made the file: it may be short or a list, as
    items of a wire are, but not empty.
    """
    gate.refuse_garbage(text, source=source)
    front, body = split_front_matter(visible(text).lstrip("\n"), labels_field=labels_field)
    fields = fields.over(front)
    with dates_in(body):
        for read in (read_chat, unquote):
            found, body = read(body)
            fields = fields.over(found)
        body = _spelled_out(body)
        gate.refuse_stub(body, source=source)
        title = _line(fields.title)
        cleaned = clean(body, title=title)
    title = title or cleaned.title
    if not (row and cleaned.text.strip()):
        gate.refuse_fragment(cleaned.text, source=source, title=title)
    return Article(
        text=cleaned.text,
        title=title,
        published=fields.published or cleaned.published,
        author=_line(fields.author) or cleaned.author,
        language=detect_language(cleaned.text) or fields.language,
        source=source,
        labels=tuple(dict.fromkeys(filter(None, map(_line, fields.labels)))),
        notes=notes,
    )


def _spelled_out(text: str) -> str:
    """Without character references and words divided at the end of a line."""
    if _ENTITY.search(text):
        text = visible(html.unescape(text))
    if len(_DIVIDED.findall(text)) >= _MIN_DIVIDED:
        text = _DIVIDED.sub("", text)
    return text


def _line(value: str | None) -> str | None:
    """A field as one line that a reader can see; one of another length is cut."""
    line = " ".join(visible(value or "").split())
    if len(line) <= _LONGEST:
        return line or None
    cut = line[: _LONGEST - 1]
    return (cut.rpartition(" ")[0] if " " in cut[_LONGEST // 2 :] else cut) + "…"


class Markdown(NamedTuple):
    """The text of a document, and what its front matter or first heading says."""

    text: str
    fields: Fields


def read_markdown(source: str, *, labels_field: str | None = None) -> Markdown:
    """The text without link targets, images, comments (a reader sees none) and heading marks."""
    fields, body = split_front_matter(visible(source).lstrip("\n"), labels_field=labels_field)
    body = _TABLE_RULE.sub("", _COMMENT.sub("", body))
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
