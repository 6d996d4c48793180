"""Plain text to an ``Article``: front matter, cleaning, gate, language."""

from __future__ import annotations

from summarizer.articles import gate
from summarizer.articles.article import Article
from summarizer.articles.cleaning import clean
from summarizer.articles.frontmatter import Fields, split_front_matter
from summarizer.articles.invisible import visible
from summarizer.articles.language import detect_language

# Characters of a headline, byline or label. The longest of 3,380 headlines has 152; a page, a row
# or a PDF may put a book there, which would fill the prompts.
_LONGEST = 300


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
) -> Article:
    """The article in ``text``; what ``fields`` say counts more than what the text says."""
    gate.refuse_garbage(text, source=source)
    front, body = split_front_matter(visible(text).lstrip("\n"), labels_field=labels_field)
    gate.refuse_stub(body, source=source)
    fields = fields.over(front)
    title = _line(fields.title)
    cleaned = clean(body, title=title)
    title = title or cleaned.title
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


def _line(value: str | None) -> str | None:
    """A field as one line that a reader can see; one of another length is cut."""
    line = " ".join(visible(value or "").split())
    if len(line) <= _LONGEST:
        return line or None
    cut = line[: _LONGEST - 1]
    return (cut.rpartition(" ")[0] if " " in cut[_LONGEST // 2 :] else cut) + "…"
