"""LlamaIndex: tools of an agent, a corpus as retriever, topics and summaries in a pipeline.

Import this only where LlamaIndex is used: it takes a second to load.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, Unpack

from llama_index.core.extractors import BaseExtractor  # noqa: TID253
from llama_index.core.retrievers import BaseRetriever  # noqa: TID253
from llama_index.core.schema import (  # noqa: TID253
    BaseNode,
    MetadataMode,
    NodeWithScore,
    QueryBundle,
    TextNode,
)
from llama_index.core.tools import ToolMetadata  # noqa: TID253
from llama_index.core.tools.tool_spec.base import BaseToolSpec  # noqa: TID253
from pydantic import Field, PrivateAttr, field_validator

from summarizer.articles import Article, article_from_text
from summarizer.digest import Digest
from summarizer.errors import NotAnArticleError
from summarizer.flags import Flags
from summarizer.plugins.service import Access
from summarizer.plugins.tools import TOOLS, ToolBelt, openai_tools
from summarizer.retrieval.corpus import Corpus
from summarizer.summarizer import Summarizer

_SEPARATOR: Final = "; "  # names of topics have commas
_log = logging.getLogger(__name__)


class SummarizerToolSpec(BaseToolSpec):
    """The tools of an agent: ``SummarizerToolSpec(model="extractive").to_tool_list()``.

    A call returns JSON; one that fails returns ``{"error": {...}}`` for the model to read.

    Args:
        access: what sources may lead to; by default text and public web pages.
        settings: single settings by name, such as ``model``; the rest as on the command line.

    Raises:
        ConfigurationError: a setting has a wrong value.
    """

    def __init__(self, *, access: Access | None = None, **settings: Unpack[Flags]) -> None:
        self._belt = openai_tools(access=access, **settings)
        self.spec_functions = list(TOOLS)
        for name in TOOLS:
            setattr(self, name, partial(_call, self._belt, name))

    def get_metadata_from_fn_name(
        self,
        fn_name: str,
        spec_functions: list[str | tuple[str, str]] | None = None,  # noqa: ARG002 - LlamaIndex's
    ) -> ToolMetadata:
        """Name, description and schema as every plug-in has them."""
        tool = TOOLS[fn_name]
        return _Metadata(description=tool.description, name=fn_name, fn_schema=tool.request)

    def close(self) -> None:
        """Give back the engine."""
        self._belt.close()


class CorpusRetriever(BaseRetriever):
    """The articles of a corpus for a query engine, by words and by meaning, best first.

    A node has an article's best passage, its offsets there, and its title, source, date and topics
    as metadata.

    Args:
        corpus: is searched, and closed by whoever opened it.
        limit: the most articles.
    """

    def __init__(self, corpus: Corpus, *, limit: int = 10) -> None:
        super().__init__()
        self._corpus = corpus
        self._limit = limit

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._corpus.search(query_bundle.query_str, limit=self._limit)
        return [
            NodeWithScore(
                node=TextNode(
                    id_=f"{hit.key}:{hit.start}",
                    text=hit.passage,
                    start_char_idx=hit.start,
                    end_char_idx=hit.end,
                    metadata={
                        "title": hit.title,
                        "source": hit.source,
                        "published": hit.published and hit.published.isoformat(),
                        "topics": _SEPARATOR.join(hit.labels),
                    },
                ),
                score=hit.score,
            )
            for hit in hits
        ]


class TopicSummaryExtractor(BaseExtractor):
    """Adds ``topics``, ``topic_ids`` and ``summary`` to the metadata of nodes.

    They are texts, because many vector stores take no lists; topics are separated by "; ". Put it
    before the splitter for one digest of each document, after it for one of each chunk. A node
    that is no article (too short, a table) gets none of them, and what a node has of them stays.
    Close it.
    """

    topics: bool = Field(default=True, description="Add topics and topic_ids.")
    summary: bool = Field(default=True, description="Add the summary.")
    settings: dict[str, Any] = Field(
        default={}, description="Single settings by name, such as model or length."
    )
    _summarizer: Summarizer | None = PrivateAttr(default=None)

    @field_validator("settings")
    @classmethod
    def _check_settings(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Refuses a wrong one at once, not when loaders and splitters have run."""
        Summarizer(**settings)
        return settings

    @classmethod
    def class_name(cls) -> str:
        """Its name in LlamaIndex's serialized pipelines."""
        return "TopicSummaryExtractor"

    async def aextract(self, nodes: Sequence[BaseNode]) -> list[dict[str, str]]:
        """The metadata of each node, in order.

        Raises:
            SummarizerError: the model failed; with ``raise_on_error=False`` nodes stay as they are.
        """
        if self._summarizer is None:
            self._summarizer = Summarizer(**self.settings)
        summarizer = self._summarizer
        workers = await asyncio.to_thread(lambda: summarizer.engine.workers(self.num_workers))
        limit = asyncio.Semaphore(workers)

        async def one(node: BaseNode) -> dict[str, str]:
            async with limit:
                return await asyncio.to_thread(self._metadata, node, summarizer)

        return await asyncio.gather(*map(one, nodes))

    def close(self) -> None:
        """Give back the engine."""
        if self._summarizer is not None:
            self._summarizer.close()
            self._summarizer = None

    def _metadata(self, node: BaseNode, summarizer: Summarizer) -> dict[str, str]:
        try:
            article = article_from_text(node.get_content(MetadataMode.NONE), source=node.node_id)
            digest = self._digest(article, summarizer)
        except NotAnArticleError as error:
            _log.info("node %s: %s", node.node_id, error)
            return {}
        found: dict[str, str] = {}
        if digest.topics is not None:
            found["topics"] = _SEPARATOR.join(topic.name for topic in digest.topics)
            found["topic_ids"] = _SEPARATOR.join(topic.id for topic in digest.topics)
        if digest.summary is not None:
            found["summary"] = digest.summary.text
        return {name: value for name, value in found.items() if name not in node.metadata}

    def _digest(self, article: Article, summarizer: Summarizer) -> Digest:
        if self.topics and self.summary:
            return summarizer.digest(article)
        return summarizer.classify(article) if self.topics else summarizer.summarize(article)


class _Metadata(ToolMetadata):
    """A tool's metadata with the schema that all plug-ins show."""

    def get_parameters_dict(self) -> dict[str, Any]:
        return TOOLS[self.get_name()].input_schema()


def _call(belt: ToolBelt, name: str, /, **arguments: Any) -> str:
    return belt.call(name, arguments)
