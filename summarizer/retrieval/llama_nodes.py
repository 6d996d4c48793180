"""Passages as LlamaIndex nodes, and the retrievers that find them, over any ``Store``.

Import this only when a corpus is used: LlamaIndex takes a second to load.
"""

from __future__ import annotations

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding  # noqa: TID253
from llama_index.core.llms import MockLLM  # noqa: TID253
from llama_index.core.retrievers import BaseRetriever, QueryFusionRetriever  # noqa: TID253
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES  # noqa: TID253
from llama_index.core.schema import (  # noqa: TID253
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from summarizer.retrieval.query_words import words_of
from summarizer.retrieval.store import Filters, Match, Store


def to_node(match: Match) -> TextNode:
    """The passage as a node; its id is the store's number, its metadata the key and title."""
    return TextNode(
        id_=str(match.passage),
        text=match.text,
        start_char_idx=match.start,
        end_char_idx=match.end,
        metadata={"key": match.key, "title": match.title, "passage": match.number},
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=match.key)},
    )


class StoreRetriever(BaseRetriever):
    """A retriever over a store.

    Attributes:
        found: the nodes that it found last, by id, with their scores; fusion forgets them.
    """

    def __init__(self, store: Store, *, limit: int, filters: Filters) -> None:
        self._store, self._limit, self._filters = store, limit, filters
        self.found: dict[str, float] = {}
        super().__init__()

    def _nodes(self, matches: list[Match]) -> list[NodeWithScore]:
        self.found = {str(match.passage): match.score for match in matches}
        return [NodeWithScore(node=to_node(match), score=match.score) for match in matches]


class DenseRetriever(StoreRetriever):
    """The passages whose vectors are nearest to that of the query."""

    def __init__(
        self, store: Store, embedding: BaseEmbedding, *, limit: int, filters: Filters
    ) -> None:
        super().__init__(store, limit=limit, filters=filters)
        self._embedding = embedding

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        vector = query_bundle.embedding
        if vector is None:
            vector = self._embedding.get_query_embedding(query_bundle.query_str)
        query = np.asarray(vector, dtype=np.float32)
        return self._nodes(self._store.dense(query, limit=self._limit, filters=self._filters))


class LexicalRetriever(StoreRetriever):
    """The passages that match the query's words best."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        words = words_of(query_bundle.query_str)
        return self._nodes(self._store.lexical(words, limit=self._limit, filters=self._filters))


def fuse(retrievers: list[BaseRetriever], *, limit: int) -> QueryFusionRetriever:
    """Reciprocal rank fusion (Cormack et al., 2009, k = 60): 1.3 ms for two lists of 100."""
    return QueryFusionRetriever(
        retrievers,
        mode=FUSION_MODES.RECIPROCAL_RANK,
        num_queries=1,
        similarity_top_k=limit,
        use_async=False,
        # It is never asked; without one LlamaIndex wants a key for OpenAI.
        llm=MockLLM(),
    )
