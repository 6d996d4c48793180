"""The product as a plug-in: for MCP hosts, LlamaIndex, tool-calling APIs and the ``llm`` tool.

One implementation (``operations``) behind thin adapters; names are imported on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from summarizer.plugins.llamaindex import (
        CorpusRetriever,
        SummarizerToolSpec,
        TopicSummaryExtractor,
    )
    from summarizer.plugins.service import Access, Service
    from summarizer.plugins.tools import ToolBelt, openai_tools

_HOMES = {
    "Access": "service",
    "CorpusRetriever": "llamaindex",
    "Service": "service",
    "SummarizerToolSpec": "llamaindex",
    "ToolBelt": "tools",
    "TopicSummaryExtractor": "llamaindex",
    "openai_tools": "tools",
}

__all__ = [
    "Access",
    "CorpusRetriever",
    "Service",
    "SummarizerToolSpec",
    "ToolBelt",
    "TopicSummaryExtractor",
    "openai_tools",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
