"""The values that every part speaks; above all the Digest of an article.

A Digest has the topics and the summary of one article, with evidence, checks and cost.

``Digest.model_dump_json()`` is the public JSON format. Its JSON Schema is published by
``summarizer schema``; a change of the schema needs a new ``SCHEMA_VERSION``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from summarizer.errors import SummarizerError
from summarizer.progress import holding

SCHEMA_VERSION: Final = "1.4"
_Version = Literal["1.1", "1.2", "1.3", "1.4"]

Style = Literal["paragraph", "bullets", "headline"]
CheckKind = Literal[
    "support",
    "context",
    "number",
    "date",
    "name",
    "quotation",
    "language",
    "length",
    "topic",
    "injection",
    "missing",
    "source",
    "focus",
]
# doubtful: nobody measured how far it can be believed; a person should look.
CheckStatus = Literal["flagged", "repaired", "doubtful"]
Role = Literal["system", "user", "assistant"]


class Value(BaseModel):
    """The base of every value: frozen, closed to unknown fields, free of I/O."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(Value):
    """One chat message: what prompts render to and models are sent."""

    role: Role
    content: str


class Evidence(Value):
    """A span of the article. ``article.text[start:end] == text``, always."""

    start: int = Field(ge=0, description="First character in the cleaned article text.")
    end: int = Field(gt=0, description="One past the last character.")
    text: str = Field(description="Exactly the article's characters from start to end.")
    score: float = Field(ge=0, le=1, description="How well the span supports the claim (0 to 1).")


class TopicLabel(Value):
    """A topic that was assigned to the article."""

    id: str = Field(description="Identifier in the taxonomy, such as '11000000'.")
    name: str
    path: tuple[str, ...] = Field(description="Names from the top of the taxonomy to the topic.")
    confidence: float | None = Field(
        ge=0, le=1, description="Probability that the topic fits; null where nothing measured it."
    )
    confidence_source: Literal["logprobs", "similarity", "combined"] | None = Field(
        description="What the confidence was computed from (combined: several of these and the "
        "votes of labelled neighbours); never a number the model wrote."
    )
    evidence: tuple[Evidence, ...] = ()


class SummarySentence(Value):
    """One sentence (or bullet) of the summary with what supports it in the article."""

    text: str
    supported: bool | None = Field(
        description="False where the checks found no support in the article; null where that is "
        "not known, as of a sentence in another language, of which numbers and dates alone are "
        "checked."
    )
    evidence: tuple[Evidence, ...] = ()
    support: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Probability that the article says this, by a model's yes or no to the "
        "sentence and its passages; null where no model was asked.",
    )


class Summary(Value):
    """A summary, its sentences in order, and the notes it was reduced from (long articles)."""

    text: str
    words: int = Field(ge=0)
    style: Style
    language: str | None = Field(default=None, description="ISO 639-1 code of the summary.")
    focus: str | None = None
    sentences: tuple[SummarySentence, ...]
    notes: tuple[str, ...] = Field(default=(), description="Notes on the parts of a long article.")


class Check(Value):
    """Something a check found: a claim without support, a passage that gives orders, ..."""

    kind: CheckKind
    status: CheckStatus
    message: str = Field(description="One sentence for a person.")
    text: str = Field(description="The words in question.")
    sentence: int | None = Field(default=None, description="Index of the summary sentence.")
    start: int | None = Field(default=None, description="Offset in the article, where it has one.")
    end: int | None = None


class RelatedArticle(Value):
    """An article of the corpus that the digest's own article was compared with."""

    id: str = Field(description="As in ArticleRef.")
    source: str
    title: str | None
    published: date | None
    relation: Literal["related", "duplicate"] = Field(
        description="duplicate: the same text but for small changes; no model was shown it."
    )
    score: float = Field(ge=0, le=1, description="How alike the two articles are.")
    topics: tuple[str, ...] = Field(default=(), description="Its topics as they are in the corpus.")


class Usage(Value):
    """What the digest cost. Sums over all requests."""

    requests: int = Field(default=0, ge=0, description="Requests that were sent to the model.")
    cached_responses: int = Field(default=0, ge=0, description="Answers taken from the disk cache.")
    prompt_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(
        default=0, ge=0, description="Prompt tokens the server had read before."
    )
    completion_tokens: int = Field(default=0, ge=0)
    reasoning_tokens: int = Field(
        default=0,
        ge=0,
        description="Completion tokens that the model reasoned with, and nobody reads; estimated "
        "where the server shows its reasoning and does not count it.",
    )
    seconds: float = Field(default=0.0, ge=0)
    cost_usd: float | None = Field(
        default=None, description="Null where no price is known, never 0."
    )

    @property
    def tokens(self) -> int:
        """That were sent and generated."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        """Both usages together; the cost is known only where both are known."""
        costs = (self.cost_usd, other.cost_usd)
        known = [cost for cost in costs if cost is not None]
        blank = [u for u in (self, other) if u.requests == 0 and u.cost_usd is None]
        cost = sum(known) if known and len(known) + len(blank) >= 2 else None
        names = type(self).model_fields.keys() - {"cost_usd"}
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Usage(**sums, cost_usd=cost)


_meter: ContextVar[list[Usage] | None] = ContextVar("meter", default=None)


@contextmanager
def metered() -> Iterator[list[Usage]]:
    """The usage of each answer in the block, also of one that is of no use."""
    usages: list[Usage] = []
    try:
        with holding(_meter, usages):
            yield usages
    finally:
        for usage in usages:
            count_usage(usage)


def count_usage(usage: Usage) -> None:
    """Count an answer in the ``metered`` blocks around it."""
    usages = _meter.get()
    if usages is not None:
        usages.append(usage)


class ModelRef(Value):
    """The model that answered."""

    name: str
    provider: Literal["openai", "compatible", "embedded", "extractive"]
    sha256: str | None = Field(default=None, description="Hash of the weights (embedded models).")


class PromptRef(Value):
    """A prompt version that was used."""

    name: str
    version: int
    sha256: str


class TaxonomyRef(Value):
    """The taxonomy that the topics come from."""

    name: str
    version: str


class ArticleRef(Value):
    """What the digest says of its article (the text itself is not repeated)."""

    id: str = Field(description="First 16 hex digits of the SHA-256 of title and text.")
    source: str = Field(description="File path, URL, '-' for standard input, or 'text'.")
    title: str | None
    published: date | None
    author: str | None
    language: str | None
    words: int


class Digest(Value):
    """Topics and summary of one article.

    Either is null where it was not asked for. Where it was asked for and could not be had, it is
    null and a check of the kind ``missing`` says why.
    """

    # 1.1 had no checks "missing" and "source"; 1.2 no support, no check "focus", nothing doubtful;
    # in 1.3 a translated sentence was supported, not null.
    schema_version: _Version = SCHEMA_VERSION
    article: ArticleRef
    topics: tuple[TopicLabel, ...] | None = Field(
        description="Empty: no topic of the taxonomy fits."
    )
    summary: Summary | None
    checks: tuple[Check, ...] = ()
    related: tuple[RelatedArticle, ...] | None = Field(
        default=None, description="Null where no corpus was used; else the nearest first."
    )
    model: ModelRef
    prompts: tuple[PromptRef, ...] = ()
    taxonomy: TaxonomyRef | None = None
    usage: Usage = Usage()

    @property
    def sentences(self) -> tuple[SummarySentence, ...]:
        """Those of its summary; the whole of one that is not in sentences."""
        if self.summary is None:
            return ()
        return self.summary.sentences or (SummarySentence(text=self.summary.text, supported=True),)

    @property
    def missing(self) -> tuple[Check, ...]:
        """One check each for the topics and the summary that were asked for and are not there."""
        return tuple(check for check in self.checks if check.kind == "missing")


def readable(text: str) -> str:
    """``text`` without what no JSON can hold, such as another encoding's bytes in a file's name."""
    return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


class ErrorInfo(Value):
    """An error as data."""

    type: str = Field(
        description="Name of the error class, such as 'NotAnArticleError'; 'bug' for an error "
        "that nobody foresaw."
    )
    message: str
    hint: str | None
    exit_code: int

    @classmethod
    def of(cls, error: Exception) -> ErrorInfo:
        """An error that we raised on purpose, or one that nobody foresaw."""
        kind = type(error).__name__
        message, hint = readable(str(error)), readable(getattr(error, "hint", None) or "") or None
        if isinstance(error, SummarizerError):
            return cls(type=kind, message=message, hint=hint, exit_code=error.exit_code)
        place, where = error.__traceback__, ""
        while place is not None:
            where = f" in {Path(place.tb_frame.f_code.co_filename).name}, line {place.tb_lineno}"
            place = place.tb_next
        return cls(
            type="bug",
            message=f"unforeseen {kind}{where}: {message}",
            hint="unless it is in a function of yours, this is a bug in summarizer: report it, "
            "with this message and the article if you may, where you got summarizer from",
            exit_code=1,
        )


class Failure(Value):
    """The record of a source that could not be digested."""

    schema_version: _Version = SCHEMA_VERSION
    source: str
    error: ErrorInfo

    @classmethod
    def of(cls, error: Exception, *, source: str) -> Failure:
        """An error as the record of its source."""
        return cls(source=readable(source), error=ErrorInfo.of(error))


def usage_of(result: Digest | Failure, spent: Usage | None) -> Usage:
    """What a result cost: a digest says so itself, of a failure it is written beside it."""
    return result.usage if isinstance(result, Digest) else spent or Usage()
