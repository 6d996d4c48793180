"""LlamaIndex ingestion: our embeddings and any ``Store`` in its pipeline.

Import this only when a corpus is used: LlamaIndex takes a second to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding  # noqa: TID253
from llama_index.core.ingestion import IngestionPipeline  # noqa: TID253
from llama_index.core.schema import BaseNode, TextNode  # noqa: TID253
from llama_index.core.vector_stores.types import (  # noqa: TID253
    BasePydanticVectorStore,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from pydantic import PrivateAttr

from summarizer.retrieval.embedding import Embedder
from summarizer.retrieval.entries import EmbeddingSpec, Pending
from summarizer.retrieval.passages import searched_text
from summarizer.retrieval.store import Store


class PassageEmbedding(BaseEmbedding):
    """Any ``Embedder`` as LlamaIndex's embedding: questions and passages are told apart."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, *, batch_size: int = 32) -> None:
        super().__init__(model_name=embedder.name, embed_batch_size=batch_size)
        self._embedder = embedder

    def _get_query_embedding(self, query: str) -> list[float]:
        return _floats(self._embedder.embed_queries([query])[0])

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return _floats(self._embedder.embed([text])[0])

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [_floats(row) for row in self._embedder.embed(texts)]


class CorpusVectorStore(BasePydanticVectorStore):
    """A ``Store`` as LlamaIndex's vector store.

    It takes vectors for passages that the store has already: nodes carry the numbers of
    ``Store.pending`` as ids.
    """

    stores_text: bool = True
    _store: Store = PrivateAttr()
    _embedding: EmbeddingSpec = PrivateAttr()

    def __init__(self, store: Store, embedding: EmbeddingSpec) -> None:
        super().__init__(stores_text=True)
        self._store = store
        self._embedding = embedding

    @property
    def client(self) -> Store:
        """The store behind it."""
        return self._store

    def add(self, nodes: Sequence[BaseNode], **_: Any) -> list[str]:
        """Fills the vectors of pending passages, in one transaction."""
        vectors = {
            int(node.node_id): np.asarray(node.get_embedding(), dtype=np.float32) for node in nodes
        }
        self._store.fill(vectors, embedding=self._embedding)
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **_: Any) -> None:
        """Nothing: ``Store.write`` replaces an article and its vectors in one transaction."""

    def query(self, query: VectorStoreQuery, **_: Any) -> VectorStoreQueryResult:
        """Not by vector alone, which finds less than words do: see ``Corpus.search``."""
        raise NotImplementedError("a corpus is searched by Corpus.search")


def embed(pending: Sequence[Pending], store: Store, embedder: Embedder) -> None:
    """Gives passages their vectors, in one transaction."""
    IngestionPipeline(
        transformations=[PassageEmbedding(embedder)],
        vector_store=CorpusVectorStore(
            store, EmbeddingSpec(name=embedder.name, dimension=embedder.dimension)
        ),
        disable_cache=True,
    ).run(
        nodes=[
            TextNode(id_=str(item.passage), text=searched_text(item.title, item.text))
            for item in pending
        ]
    )


def _floats(vector: np.ndarray[Any, np.dtype[np.float32]]) -> list[float]:
    return [float(number) for number in vector]
