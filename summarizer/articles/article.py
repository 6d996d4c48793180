"""``Article``: the cleaned text that everything else works on."""

from __future__ import annotations

import hashlib
from datetime import date

from pydantic import Field

from summarizer.digest import Value
from summarizer.text import count_words


class Article(Value):
    """A cleaned article. All character offsets in a digest refer to ``text``."""

    text: str = Field(description="The body: paragraphs separated by one empty line.")
    title: str | None = None
    published: date | None = None
    author: str | None = None
    language: str | None = Field(default=None, description="ISO 639-1 code.")
    source: str = Field(default="text", description="Path, URL, '-' or 'text'.")
    labels: tuple[str, ...] = Field(
        default=(), description="Topics that came with it, as names or ids; where asked for."
    )
    notes: tuple[str, ...] = Field(
        default=(), description="What a person should know of how it was read; a sentence each."
    )

    @property
    def id(self) -> str:
        """The first 16 hex digits of the SHA-256 of title and text."""
        content = f"{self.title or ''}\n{self.text}"
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def words(self) -> int:
        """The number of words, also of a script without spaces."""
        return count_words(self.text)
