"""Search by words and by meaning at once, through LlamaIndex retrievers.

Vectors alone are never asked: static ones find less than BM25, and no model finds names that it
has not seen.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from summarizer.retrieval.embedding import Embedder, Vectors
from summarizer.retrieval.results import FoundBy, Hit
from summarizer.retrieval.store import Filters, Store, storable

# Passages that each retriever gives to the fusion.
DEPTH: Final = 100
# The best fused score: first in both lists, with k = 60.
_BEST: Final = 2 / 60
# Characters: nobody asks more, and each word costs a look into the index.
_LONGEST_QUERY: Final = 2000


class Found(NamedTuple):
    """An article that a query found, by its best passage."""

    key: str
    start: int
    end: int
    text: str
    score: float  # 0..1
    found_by: tuple[FoundBy, ...]


def search(
    query: str, store: Store, embedder: Embedder, *, limit: int, filters: Filters
) -> tuple[Hit, ...]:
    """The best articles for a query; nothing for one without any word."""
    query = storable(query[:_LONGEST_QUERY])
    if not query.strip():
        return ()
    found = find(query, store, embedder, filters=filters)[:limit]
    entries = store.fetch([item.key for item in found])
    return tuple(
        Hit(
            key=item.key,
            title=entry.article.title,
            published=entry.article.published,
            source=entry.article.source,
            labels=entry.article.labels,
            passage=item.text,
            start=item.start,
            end=item.end,
            score=item.score,
            found_by=item.found_by,
        )
        for item in found
        if (entry := entries.get(item.key))  # it may have been removed since
    )


def find(
    query: str,
    store: Store,
    embedder: Embedder,
    *,
    filters: Filters,
    vector: Vectors | None = None,
) -> list[Found]:
    """All articles of the fused passages, best first; ``vector`` replaces that of the query."""
    from llama_index.core.schema import QueryBundle, TextNode

    from summarizer.retrieval.llama_ingestion import PassageEmbedding
    from summarizer.retrieval.llama_nodes import DenseRetriever, LexicalRetriever, fuse

    dense = DenseRetriever(store, PassageEmbedding(embedder), limit=DEPTH, filters=filters)
    lexical = LexicalRetriever(store, limit=DEPTH, filters=filters)
    bundle = QueryBundle(query, embedding=None if vector is None else vector.tolist())
    articles: dict[str, Found] = {}
    for scored in fuse([dense, lexical], limit=2 * DEPTH).retrieve(bundle):
        node = scored.node
        assert isinstance(node, TextNode)  # noqa: S101 - from our retrievers
        by: list[FoundBy] = []
        if node.node_id in dense.found:
            by.append("dense")
        if node.node_id in lexical.found:
            by.append("lexical")
        key = str(node.metadata["key"])
        if key not in articles:
            articles[key] = Found(
                key=key,
                start=node.start_char_idx or 0,
                end=node.end_char_idx or 0,
                text=node.text,
                score=min(1.0, (scored.score or 0.0) / _BEST),
                found_by=tuple(by),
            )
    return list(articles.values())
