"""Plain text to an ``Article``: front matter, cleaning, gate, language."""

from __future__ import annotations

from summarizer.articles import gate
from summarizer.articles.article import Article
from summarizer.articles.cleaning import clean
from summarizer.articles.frontmatter import Fields, split_front_matter
from summarizer.articles.invisible import visible
from summarizer.articles.language import detect_language


def article_from_text(text: str, *, source: str = "text", title: str | None = None) -> Article:
    """The article in ``text``, which may be a dump of a page with what was around it.

    Raises NotAnArticleError for text that is none: empty, too short, binary, or a stub.
    """
    return build_article(text, Fields(title=title), source=source)


def build_article(
    text: str, fields: Fields, *, source: str, labels_field: str | None = None
) -> Article:
    """The article in ``text``; what ``fields`` say counts more than what the text says."""
    gate.refuse_garbage(text, source=source)
    front, body = split_front_matter(visible(text).lstrip("\n"), labels_field=labels_field)
    gate.refuse_stub(body, source=source)
    title = fields.title or front.title
    cleaned = clean(body, title=title)
    gate.refuse_fragment(cleaned.text, source=source, title=title or cleaned.title)
    return Article(
        text=cleaned.text,
        title=title or cleaned.title,
        published=fields.published or front.published or cleaned.published,
        author=fields.author or front.author or cleaned.author,
        language=detect_language(cleaned.text) or fields.language or front.language,
        source=source,
        labels=fields.labels or front.labels,
    )
