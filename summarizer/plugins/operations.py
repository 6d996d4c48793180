"""What every plug-in can do: five functions with typed requests and results, and our prompts.

The MCP server, the LlamaIndex tools, OpenAI's tool calling and the ``llm`` plug-in call these.

A digest quotes passages that give orders to a model in its checks, so that a person can judge them.
The model that called us must not get by that way what was kept from ours, so it reads none of them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from summarizer.digest import ArticleRef, Check, Digest, RelatedArticle, Style, Value
from summarizer.progress import step
from summarizer.text import first_words

if TYPE_CHECKING:
    from summarizer.articles import Article
    from summarizer.plugins.service import Service
    from summarizer.prompts import Prompt
    from summarizer.retrieval.hybrid import Hit
    from summarizer.retrieval.related import Relative
    from summarizer.summaries.request import OnText
    from summarizer.taxonomy import Taxonomy


def digest_for_model(digest: Digest) -> Digest:
    """The digest with the quotations of its injection checks, and names that are orders, blank."""
    title, author = digest.article.title, line_for_model(digest.article.author)
    if any(check.kind == "injection" and check.text == title for check in digest.checks):
        title = None
    return digest.model_copy(
        update={
            "article": digest.article.model_copy(update={"title": title, "author": author}),
            "checks": tuple(map(check_for_model, digest.checks)),
            "related": digest.related and tuple(map(_related_for_model, digest.related)),
        }
    )


def _related_for_model(one: RelatedArticle) -> RelatedArticle:
    update = {"title": line_for_model(one.title), "topics": _labels_for_model(one.topics)}
    return one.model_copy(update=update)


def check_for_model(check: Check) -> Check:
    """The check; one of an order to a model says where it is, not what it says."""
    if check.kind != "injection":
        return check
    return check.model_copy(update={"text": f"({len(check.text)} characters not shown)"})


def line_for_model(line: str | None) -> str | None:
    """A title, an author or a label; None where it is an order to a model."""
    from summarizer.articles import Article
    from summarizer.screening import screen

    return screen(Article(text="", title=line)).title if line else line


def _labels_for_model(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(label for label in labels if line_for_model(label))


def text_for_model(text: str) -> str:
    """The text without passages that are orders to a model."""
    from summarizer.articles import Article
    from summarizer.screening import screen

    return screen(Article(text=text)).trusted


_SOURCE = "The full text of the article, or its http(s) URL, or the path of a file."
_EXCERPT_WORDS = 60
# What a model is asked or a search looks for: more of it costs minutes and says nothing.
_LONGEST_QUESTION = 1000
# About 25,000 tokens, the most that hosts put into a model's context at a time.
_LONGEST_TEXT = 100_000
_WORDS_A_STEP = 10  # words of the draft between two steps


class ArticleRequest(Value):
    """An article."""

    source: str = Field(min_length=1, description=_SOURCE)


class SummaryOptions(ArticleRequest):
    """An article, and how its summary should be."""

    length: Literal["short", "medium", "long"] | Annotated[int, Field(ge=5, le=2000)] | None = (
        Field(default=None, description="short, medium, long, or a number of words.")
    )
    style: Style | None = Field(default=None, description="Default: paragraph.")
    language: str | None = Field(
        default=None,
        max_length=35,
        description="ISO 639-1 code, such as en; default: the article's language.",
    )
    focus: str | None = Field(
        default=None,
        max_length=_LONGEST_QUESTION,
        description="A question the summary should answer.",
    )


class RelatedRequest(Value):
    """An article or a query, one of them."""

    source: str | None = Field(default=None, min_length=1, description=_SOURCE)
    query: str | None = Field(
        default=None,
        min_length=1,
        max_length=_LONGEST_QUESTION,
        description="Words to search for, instead of an article.",
    )
    limit: int = Field(default=5, ge=1, le=50, description="The most articles to return.")

    @model_validator(mode="after")
    def _one_of_them(self) -> RelatedRequest:
        if (self.source is None) == (self.query is None):
            raise ValueError("give either source or query")
        return self


Relation = Literal["related", "duplicate", "match"]


class FoundArticle(Value):
    """An article of the corpus."""

    key: str = Field(description="How the corpus calls it: its URL, path or content id.")
    title: str | None
    published: date | None
    topics: tuple[str, ...] = Field(description="Its topics as they are in the corpus.")
    relation: Relation = Field(
        description="related to the article, the same text but for small changes, or a match of "
        "the query."
    )
    score: float = Field(ge=0, le=1, description="How alike, or how well it matches.")
    excerpt: str = Field(description="Its beginning; for a query, the passage that matches.")


class FoundArticles(Value):
    """Articles of the corpus, the nearest first."""

    articles: tuple[FoundArticle, ...]


class ExtractedArticle(ArticleRef):
    """A cleaned article."""

    source: str
    language: str | None = Field(description="ISO 639-1 code.")
    text: str = Field(
        description="Its paragraphs, without passages that give orders to a language model; the "
        f"first {_LONGEST_TEXT:,} characters."
    )
    left_out: int = Field(description="How many characters of it were left out.")
    checks: tuple[Check, ...] = Field(default=(), description="What was left out, and why.")


def digest_article(request: SummaryOptions, *, service: Service) -> Digest:
    """Find the news topics of an article and summarize it, each with evidence in the article.

    Raises:
        SummarizerError: see ``Summarizer.digest``; also a source that may not be read.
    """
    article = service.read(request.source)
    return digest_for_model(digest_of(article, request, service=service, on_text=_report_words()))


def digest_of(
    article: Article, options: SummaryOptions, *, service: Service, on_text: OnText
) -> Digest:
    """The digest of an article that was read, with all that is in it, for a person.

    Raises:
        SummarizerError: see ``Summarizer.digest``.
    """
    summarizer = service.summarizer(**_options(options))
    step("writing the summary and finding topics")
    return summarizer.digest(article, focus=options.focus, on_text=on_text)


def classify_topics(request: ArticleRequest, *, service: Service) -> Digest:
    """Find the news topics (IPTC Media Topics, or the user's own) that an article is about.

    Raises:
        SummarizerError: as ``digest_article``.
    """
    article = service.read(request.source)
    step("finding topics")
    return digest_for_model(service.summarizer().classify(article))


def summarize_article(request: SummaryOptions, *, service: Service) -> Digest:
    """Summarize an article in a few sentences, each checked against the article.

    Raises:
        SummarizerError: as ``digest_article``.
    """
    article = service.read(request.source)
    summarizer = service.summarizer(**_options(request))
    step("writing the summary")
    return digest_for_model(
        summarizer.summarize(article, focus=request.focus, on_text=_report_words())
    )


def find_related(request: RelatedRequest, *, service: Service) -> FoundArticles:
    """Find earlier articles of the user's corpus: on the same events as an article, or by query.

    Raises:
        CorpusError: there is no corpus.
        SummarizerError: a source that may not or cannot be read.
    """
    if request.source is None:
        step("searching the corpus")
        hits = service.corpus.search(request.query or "", limit=request.limit)
        return FoundArticles(articles=tuple(_found(hit, hit, "match", hit.passage) for hit in hits))
    article = service.read(request.source)
    step("searching the corpus")
    related = service.corpus.related(article, limit=request.limit)
    return FoundArticles(
        articles=(
            *(_relative(one, "duplicate") for one in related.duplicates),
            *(_relative(one, "related") for one in related.articles),
        )
    )


def _relative(one: Relative, relation: Relation) -> FoundArticle:
    excerpt = first_words(" ".join(one.article.text.split()), _EXCERPT_WORDS).rstrip()
    return _found(one, one.article, relation, excerpt)


def _found(
    one: Hit | Relative, about: Hit | Article, relation: Relation, excerpt: str
) -> FoundArticle:
    return FoundArticle(
        key=one.key,
        title=line_for_model(about.title),
        published=about.published,
        topics=_labels_for_model(about.labels),
        relation=relation,
        score=one.score,
        excerpt=text_for_model(excerpt),
    )


def extract_article(request: ArticleRequest, *, service: Service) -> ExtractedArticle:
    """Get the clean text of an article with its title, date and author; no model is used.

    Raises:
        SummarizerError: a source that may not or cannot be read.
    """
    from summarizer.screening import read_article

    article = service.read(request.source)
    reading = read_article(article, defence=service.settings.defence)
    about = dict(ArticleRef.model_validate(article, from_attributes=True))
    about |= {"title": reading.visible.title, "words": reading.visible.words}
    about["author"] = line_for_model(article.author)
    return ExtractedArticle(
        **about,
        text=reading.visible.text[:_LONGEST_TEXT],
        left_out=max(0, len(reading.visible.text) - _LONGEST_TEXT),
        checks=tuple(map(check_for_model, reading.checks)),
    )


def _options(request: SummaryOptions) -> dict[str, Any]:
    return {"length": request.length, "style": request.style, "language": request.language}


def _report_words() -> OnText:
    """Reports how much of the draft is written; its words are not settled before the checks."""
    words = reported = 0

    def on_text(piece: str) -> None:
        nonlocal words, reported
        words += piece.count(" ")
        if words >= reported + _WORDS_A_STEP:
            reported = words
            step(f"writing: {words} words")

    return on_text


ARTICLE: Final = "article"
_PROMPT_VARIABLES: Final = tomllib.loads(
    Path(__file__).with_name("prompt_variables.toml").read_text(encoding="utf-8")
)
# Values of variables as for a short summary, and what all of them mean.
DEFAULTS: Final[Mapping[str, str]] = _PROMPT_VARIABLES["defaults"]
DESCRIPTIONS: Final[Mapping[str, str]] = _PROMPT_VARIABLES["descriptions"]
# Those that no caller can give as text: lists of ours, empty ones, and the taxonomy's labels.
_LISTS: Final = ("background", "examples")
_LABELS: Final = "labels"


def text_variables(prompt: Prompt) -> tuple[str, ...]:
    """The variables of ``prompt`` that a caller can give as text, in order."""
    return tuple(name for name in prompt.variables if name not in (*_LISTS, _LABELS))


def other_values(prompt: Prompt, taxonomy: Callable[[], Taxonomy]) -> dict[str, Any]:
    """Its other variables: the labels of the taxonomy's first level; nothing for the rest."""
    found: dict[str, Any] = {name: [] for name in _LISTS if name in prompt.variables}
    if _LABELS in prompt.variables:
        found[_LABELS] = [
            {"name": topic.name, "description": topic.description} for topic in taxonomy().roots
        ]
    return found
