"""Values for the variables of our prompts, for those who use the prompts without our pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from summarizer.prompts import Prompt, PromptFile
    from summarizer.taxonomy import Taxonomy

ARTICLE: Final = "article"
# As for a short summary; what is missing here must be given.
DEFAULTS: Final[Mapping[str, str]] = {
    "title": "",
    "published": "",
    "words": "50",
    "sentences": "4",
    "style": "paragraph",
    "language": "the language of the article",
    "focus": "",
    "max_topics": "3",
    "part": "1",
    "parts": "1",
}
DESCRIPTIONS: Final[Mapping[str, str]] = {
    "article": "The text of the article.",
    "title": "Its headline.",
    "published": "The day it was published, such as 2025-03-12.",
    "words": "How long the summary should be, in words.",
    "sentences": "How many sentences (or bullets) the summary should have.",
    "style": "paragraph, bullets or headline.",
    "language": "Name of the language to write in.",
    "focus": "A question that the summary should answer.",
    "max_topics": "The most topics to choose.",
    "topic": "Name of the topic in question.",
    "topic_description": "What the topic covers.",
    "part": "Number of this part of the article, from 1.",
    "parts": "How many parts the article has.",
}
# Those that no caller can give as text: lists of ours, empty ones, and the taxonomy's labels.
_LISTS: Final = ("background", "examples")
_LABELS: Final = "labels"


def offered_prompts(folder: Path | None) -> list[PromptFile]:
    """The prompts that can be used alone: those on an article. Raises PromptError."""
    from summarizer.prompts import list_prompts

    return [file for file in list_prompts(folder=folder) if ARTICLE in file.load().variables]


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
