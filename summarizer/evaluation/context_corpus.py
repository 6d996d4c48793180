"""The corpus that digests with context see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from summarizer.evaluation.cells import Cell

if TYPE_CHECKING:
    from summarizer.evaluation.run_folder import RunFolder
    from summarizer.settings import Settings


def context_corpus(folder: RunFolder, cell: Cell, *, settings: Settings) -> str | None:
    """The name of the corpus for a cell, made if it is the run's own; None without context.

    The run's own corpus has the articles of the suite with their gold topics as labels. No
    article sees itself, a copy of itself, or anything of a later day: see ``Corpus.related``.
    """
    if not cell.context:
        return None
    suite = folder.manifest.suite
    if not folder.corpus_cases:
        return suite.corpus
    from summarizer.retrieval.corpus import Corpus

    articles = (
        case.article.model_copy(update={"labels": case.gold.topics or ()})
        for case in folder.corpus_cases
    )
    embedding = suite.settings.embedding
    own = settings.model_copy(update={"embedding": embedding})
    with Corpus.open(folder.corpus, settings=own, create=True) as corpus:
        corpus.add(articles)
    return str(folder.corpus)
