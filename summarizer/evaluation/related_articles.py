"""The related articles of a corpus that is not the run's own: kept as the digests saw them.

Such a corpus may change or go; the run's folder must be all that scoring needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.articles.article import Article
from summarizer.digest import Digest, Failure, RelatedArticle
from summarizer.evaluation.cells import Cell
from summarizer.evaluation.log import AppendLog, read_log

if TYPE_CHECKING:
    from summarizer.evaluation.run_folder import RunFolder
    from summarizer.retrieval.corpus import Corpus
    from summarizer.settings import Settings

Keep = Callable[[Digest | Failure], None]


@contextmanager
def keeping_related(folder: RunFolder, cell: Cell, *, settings: Settings) -> Iterator[Keep]:
    """What is to be called with each result of a cell, before the result itself is kept.

    It does nothing without context, and for the run's own corpus, whose articles are in the
    folder.

    Raises:
        CorpusError: there is no such corpus.
    """
    if not cell.context or folder.corpus_cases:
        yield lambda _: None
        return
    from summarizer.retrieval.corpus import Corpus

    suite = folder.manifest.suite
    own = settings.model_copy(update={"embedding": suite.settings.embedding})
    kept = {article.id for article in read_log(folder.related, Article)}
    with (
        Corpus.open(suite.corpus, settings=own) as corpus,
        AppendLog[Article](folder.related) as log,
    ):

        def keep(result: Digest | Failure) -> None:
            related = result.related if isinstance(result, Digest) else None
            for reference in related or ():
                if reference.relation == "related" and reference.id not in kept:
                    article = _article(corpus, reference)
                    if article is not None:
                        log.append(article)
                        kept.add(article.id)

        yield keep


def _article(corpus: Corpus, reference: RelatedArticle) -> Article | None:
    """The article; None where it changed since it was found, or was added from another folder."""
    for key in (reference.source, str(Path(reference.source).resolve()), reference.id):
        found = corpus.get(key)
        if found is not None and found.id == reference.id:
            return found
    return None
