"""LlamaIndex ingestion: documents, node parser, embedding, vector store, over any ``Store``.

Import this only when a corpus is used: LlamaIndex takes a second to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding  # noqa: TID253
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline  # noqa: TID253
from llama_index.core.node_parser import NodeParser  # noqa: TID253
from llama_index.core.schema import (  # noqa: TID253
    BaseNode,
    Document,
    NodeRelationship,
    TextNode,
)
from llama_index.core.storage.docstore import SimpleDocumentStore  # noqa: TID253
from llama_index.core.vector_stores.types import (  # noqa: TID253
    BasePydanticVectorStore,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from pydantic import PrivateAttr

from summarizer.retrieval.embedding import Embedder
from summarizer.retrieval.passages import searched_text, split_passages
from summarizer.retrieval.store import (
    EmbeddingSpec,
    Entry,
    Passage,
    Pending,
    Record,
    Store,
)


class EntryDocument(Document):
    """An entry as LlamaIndex sees it: its id is the key, its hash that of the content.

    The inherited hash covers the metadata: new labels would embed an article anew.
    """

    entry: Entry

    @classmethod
    def of(cls, entry: Entry) -> EntryDocument:
        """The document of an entry."""
        return cls(id_=entry.key, text=entry.article.text, entry=entry)

    @property
    def hash(self) -> str:
        """The SHA-256 of title and text."""
        return self.entry.hashes.content


class PassageParser(NodeParser):
    """Documents to passages, with exact character offsets."""

    def _parse_nodes(
        self, nodes: Sequence[BaseNode], show_progress: bool = False, **_: Any
    ) -> list[BaseNode]:
        del show_progress  # LlamaIndex's own bar; ours is the caller's
        return [
            TextNode(
                id_=f"{document.id_}#{passage.number}",
                text=document.text[passage.start : passage.end],
                start_char_idx=passage.start,
                end_char_idx=passage.end,
                relationships={NodeRelationship.SOURCE: document.as_related_node_info()},
            )
            for document in nodes
            if isinstance(document, EntryDocument)
            for passage in split_passages(document.entry.article)
        ]

    def _postprocess_parsed_nodes(
        self,
        nodes: list[BaseNode],
        parent_doc_map: dict[str, Document],  # noqa: ARG002 - LlamaIndex's signature
    ) -> list[BaseNode]:
        """Keeps the offsets: the inherited search finds repeated text in the wrong place."""
        return nodes


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
        """Nothing: ``Store.write`` replaces an article and its vectors in one transaction.

        A pipeline deletes before it has parsed the new text; a crash in between would lose the
        article.
        """

    def query(self, query: VectorStoreQuery, **_: Any) -> VectorStoreQueryResult:
        """Not by vector alone, which finds less than words do: see ``Corpus.search``."""
        raise NotImplementedError("a corpus is searched by Corpus.search")


def parse(entries: Sequence[Entry], store: Store, embedding: EmbeddingSpec) -> list[Record]:
    """Those entries that are new or whose content changed, as passages without vectors.

    The document store knows the recorded hashes of these entries only, and is thrown away:
    nothing is written before ``Store.write`` takes the whole batch.
    """
    docstore = SimpleDocumentStore()
    recorded = store.hashes([entry.key for entry in entries])
    docstore.set_document_hashes({key: hashes.content for key, hashes in recorded.items()})
    nodes = IngestionPipeline(
        transformations=[PassageParser()],
        docstore=docstore,
        docstore_strategy=DocstoreStrategy.UPSERTS,
        # Without one, the pipeline ignores the strategy.
        vector_store=CorpusVectorStore(store, embedding),
        disable_cache=True,
    ).run(documents=[EntryDocument.of(entry) for entry in entries], store_doc_text=False)
    passages: dict[str, list[Passage]] = {}
    for node in nodes:
        assert isinstance(node, TextNode)  # noqa: S101 - from our parser
        found = passages.setdefault(str(node.ref_doc_id), [])
        found.append(Passage(len(found), node.start_char_idx or 0, node.end_char_idx or 0))
    return [
        Record(entry, tuple(passages[entry.key]), {}) for entry in entries if entry.key in passages
    ]


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
