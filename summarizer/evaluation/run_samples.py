"""``RunSamples``: the digests of a run, each beside all that it is measured against."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from summarizer.articles import Article
from summarizer.digest import Digest, Failure
from summarizer.evaluation.estimate import summary_request
from summarizer.evaluation.log import read_log
from summarizer.evaluation.metrics import Sample
from summarizer.evaluation.records import Generation
from summarizer.evaluation.run_folder import RunFolder

if TYPE_CHECKING:
    from summarizer.evaluation.cases import Case


def labelled_depth(folder: RunFolder) -> int | None:
    """Levels that a run labels: IPTC's first, all of a user's own, as in the product."""
    depth = folder.manifest.suite.settings.depth
    return depth or (1 if folder.taxonomy_file is None else None)


class RunSamples:
    """Samples of the digests of one run."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def sample(self, case: Case, made: Generation | None) -> Sample | None:
        """A digest as a sample; None where there is no digest."""
        if made is None or isinstance(made.result, Failure):
            return None
        return Sample(
            article=case.article,
            digest=made.result,
            gold=case.gold.model_copy(update={"relevant": self._relevant(case, made.result)}),
            taxonomy=self._folder.taxonomy,
            depth=labelled_depth(self._folder),
            request=summary_request(self._folder.manifest.suite, case.article),
            related=tuple(
                self._articles[other.id]
                for other in made.result.related or ()
                if other.relation == "related" and other.id in self._articles
            ),
        )

    @cached_property
    def _corpus(self) -> dict[str, Case]:
        return {case.article.id: case for case in self._folder.corpus_cases}

    @cached_property
    def _articles(self) -> dict[str, Article]:
        """What digests may have seen, of whatever corpus."""
        kept = {article.id: article for article in read_log(self._folder.related, Article)}
        return kept | {id_: case.article for id_, case in self._corpus.items()}

    def _relevant(self, case: Case, digest: Digest) -> dict[str, float] | None:
        """The articles of the same story that the digest could have seen."""
        if digest.related is None or case.story is None:
            return None
        day = case.article.published
        return {
            id_: 1.0
            for id_, other in self._corpus.items()
            if other.story == case.story
            and id_ != case.article.id
            and (day is None or other.article.published is None or other.article.published <= day)
        } or None
