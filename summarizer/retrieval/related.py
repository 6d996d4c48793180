"""Articles of a corpus that tell about the same as a given one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from summarizer.articles.article import Article
from summarizer.retrieval.embedding import Embedder, Vectors, load_embedder
from summarizer.retrieval.hybrid import by_article, find
from summarizer.retrieval.locate import entry_of
from summarizer.retrieval.passages import lead_text
from summarizer.retrieval.results import Related, Relative
from summarizer.retrieval.shingles import is_near_duplicate, shingles
from summarizer.retrieval.similarity import similarity
from summarizer.retrieval.store import Entry, Filters, Store

# An article made from a plain text may not say its language.
_ENGLISH: Final = ("en", None)
# Articles whose similarity is computed: the best of the fused ranking.
_CANDIDATES: Final = 30
# Of 180,000 pairs of BBC articles 0.4 % are above it: the same story or an affair of the same
# people. From 0.3 to 0.4 they share the section and the kind of event (two injured players). Of
# Lee's pairs those above it have a human similarity of 0.88 on average.
MIN_SIMILARITY: Final = 0.45


def related(
    article: Article, store: Store, embedder: Embedder, *, limit: int, filters: Filters
) -> Related:
    """The most similar articles, and near-duplicates, not later than the article."""
    entry = entry_of(article)
    lead = lead_text(entry.article)
    if not lead.strip():
        return Related()
    vector = embedder.embed([lead])[0]
    days = [day for day in (article.published, filters.until) if day]
    filters = filters.model_copy(
        update={"until": min(days, default=None), "exclude": filters.exclude | {entry.key}}
    )
    found = find(lead, store, embedder, filters=filters, vector=vector)
    keys = [item.key for item in by_article(found)[:_CANDIDATES]]
    # An article that is known by its content is itself wherever that content is; one with an
    # address or a path has copies.
    itself = entry.hashes.content if entry.key == entry.article.id else None
    entries = {
        key: other for key, other in store.fetch(keys).items() if other.hashes.content != itself
    }
    scores = _scores(entry.article, vector, entries, store)
    ranked = sorted(entries, key=lambda key: (-scores[key], key))
    articles: list[Relative] = []
    duplicates: list[Relative] = []
    told = [shingles(entry.article)]
    for key in ranked:
        relative = Relative(key=key, article=entries[key].article, score=scores[key])
        words = shingles(relative.article)
        if is_near_duplicate(told[0], words):
            duplicates.append(relative)
        # A report that several papers carried is told once.
        elif scores[key] >= MIN_SIMILARITY and not any(
            is_near_duplicate(other, words) for other in told
        ):
            articles.append(relative)
            told.append(words)
    return Related(articles=tuple(articles[:limit]), duplicates=tuple(duplicates[:limit]))


def _scores(
    article: Article, vector: Vectors, entries: Mapping[str, Entry], store: Store
) -> dict[str, float]:
    """The similarity of each entry with the article, whose lead has the vector."""
    static = _static_cosines(article, {key: entry.article for key, entry in entries.items()})
    leads = store.leads(entries)
    name = store.embedding.name
    return {
        key: similarity(
            float(leads[key] @ vector) if key in leads else None,
            embedding=name,
            static=static.get(key),
        )
        for key in entries
    }


def _static_cosines(article: Article, others: Mapping[str, Article]) -> dict[str, float]:
    """The cosines of wordllama vectors with those that are English, if the article is."""
    english = {key: other for key, other in others.items() if other.language in _ENGLISH}
    if article.language not in _ENGLISH or not english:
        return {}
    own, *rest = load_embedder("wordllama").embed(
        [lead_text(article), *(lead_text(other) for other in english.values())]
    )
    return {key: float(vector @ own) for key, vector in zip(english, rest, strict=True)}
