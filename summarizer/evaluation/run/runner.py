"""Running: the digests that a run folder lacks, made in parallel, each on the disk at once.

Digests with context see the run's own corpus, or one of the user's; of the latter the articles
that were seen are kept, as it may change or go while the folder must be all that scoring needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.articles.article import Article
from summarizer.batch.estimate import MEASURED, Forecast, extrapolated
from summarizer.batch.job_folder import AppendLog, read_log
from summarizer.batch.pool import (
    Budget,
    BudgetedPool,
    Report,
    RunProgress,
    Stopped,
    Worked,
)
from summarizer.digest import Digest, Failure, RelatedArticle
from summarizer.errors import ConfigurationError, ModelOutputError, SummarizerError
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.forecast import first_requests
from summarizer.evaluation.run.manifest import Generation, PlannedVariant
from summarizer.evaluation.run.plan import prompt_hashes
from summarizer.evaluation.run.variants import Variant, variant_settings
from summarizer.summarizer import Summarizer
from summarizer.worker_pool import failure

if TYPE_CHECKING:
    from summarizer.evaluation.suite.samples import Sample
    from summarizer.retrieval.corpus import Corpus
    from summarizer.settings import Settings


class Runner:
    """Makes what is missing of a run.

    Args:
        folder: the run.
        settings: the user's: endpoints, keys, limits, cache.
        jobs: articles at a time.
        max_cost: US dollars, together with what the run cost before; None: no limit.
        progress: called after every article.
        forecast: called with a variant and what its missing digests need, once three are there.
        download: called with bytes here and in all while weights are downloaded.
    """

    def __init__(
        self,
        folder: RunFolder,
        *,
        settings: Settings,
        jobs: int = 1,
        max_cost: float | None = None,
        progress: Callable[[RunProgress], None] = lambda _: None,
        forecast: Callable[[str, Forecast], None] = lambda *_: None,
        download: Callable[[int, int], None] | None = None,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._jobs = jobs
        self._progress = progress
        self._forecast = forecast
        self._download = download
        self._made = folder.generations()
        self._total = sum(1 for _ in folder.every_key())
        self._budget = Budget(max_cost, spent=(made.cost_usd for made in self._made.values()))
        self._pool = BudgetedPool(self._budget)

    def run(self) -> Report:
        """Make everything that is missing; what is there stays.

        Ctrl-C, a crash or an error loses at most the articles under way; the next run goes on.

        Raises:
            ConfigurationError: a prompt or model changed since the run began, no price is known
                for a limit on costs, or another process is at the run.
            EndpointError: the endpoint is down, or refuses everything.
        """
        self._check_unchanged()
        stopped: Stopped | None = None
        variants = {planned.variant.name: planned for planned in self._folder.manifest.variants}
        with self._folder.appending() as log:
            missing = groupby(self._folder.missing(), key=lambda key: (key.variant, key.epoch))
            for (name, epoch), keys in missing:
                samples = [self._folder.samples[key.sample] for key in keys]
                if self._budget.is_limited:
                    requests = first_requests(
                        variants[name],
                        self._folder.manifest,
                        taxonomy=self._folder.taxonomy,
                        prompts_dir=self._settings.prompts_dir,
                    )
                    dearest = requests.dearest(sample.article for sample in samples)
                    self._budget.expect(variants[name].model, dearest)
                if not self._batch(variants[name], epoch, samples, log):
                    stopped = "max-cost"
                    break
        return self._report(stopped)

    def _batch(
        self, planned: PlannedVariant, epoch: int, samples: list[Sample], log: AppendLog[Generation]
    ) -> bool:
        """Digests of one variant and epoch; whether the budget sufficed."""
        settings = variant_settings(
            self._settings,
            planned.variant,
            self._folder.manifest.suite.settings,
            prompts=self._folder.manifest.prompts,
            taxonomy=self._folder.taxonomy_file,
            corpus=context_corpus(self._folder, planned.variant, settings=self._settings),
            epoch=epoch,
        )
        with (
            keeping_related(self._folder, planned.variant, settings=self._settings) as keep,
            Summarizer(settings, progress=self._download) as summarizer,
        ):
            if summarizer.engine.model != planned.model:
                raise ConfigurationError(
                    f"{planned.variant.model!r} is another model than when the run began",
                    hint="begin a new run: leave out --out",
                )
            work = partial(_digest, summarizer, planned.variant.name, epoch)
            jobs = summarizer.engine.workers(self._jobs)
            done = 0
            for made in self._pool.results(samples, work, jobs=jobs):
                done += 1
                keep(made.result)
                log.append(made)
                self._made[made.key] = made
                self._progress(self._state(planned.variant.name))
                self._foretell(planned.variant.name)
        return done == len(samples)

    def _foretell(self, variant: str) -> None:
        """Tell what a variant's missing digests need, when exactly enough are there to say so."""
        mine = [made for key, made in self._made.items() if key.variant == variant]
        usages = [made.result.usage for made in mine if isinstance(made.result, Digest)]
        total = sum(key.variant == variant for key in self._folder.every_key())
        found = extrapolated(usages, digests=total - len(mine))
        if found and found.measured == MEASURED and found.digests and found.requests:
            self._forecast(variant, found)

    def _check_unchanged(self) -> None:
        manifest = self._folder.manifest
        variants = [planned.variant for planned in manifest.variants]
        now = prompt_hashes(manifest.prompts, variants, folder=self._settings.prompts_dir)
        changed = [name for name, sha in now.items() if manifest.prompt_sha256[name] != sha]
        if changed:
            raise ConfigurationError(
                f"the prompt {changed[0]} changed since the run began",
                hint="begin a new run: leave out --out",
            )

    def _state(self, variant: str) -> RunProgress:
        failed = sum(isinstance(made.result, Failure) for made in self._made.values())
        return RunProgress(len(self._made), self._total, failed, variant, self._budget.spent)

    def _report(self, stopped: Stopped | None) -> Report:
        made = sum(isinstance(made.result, Digest) for made in self._made.values())
        return Report(self._total, made, len(self._made) - made, self._budget.spent, stopped)


def _digest(summarizer: Summarizer, variant: str, epoch: int, sample: Sample) -> Worked[Generation]:
    try:
        digest = summarizer.digest(sample.article)
        if digest.missing:  # half a digest would be half a score
            raise ModelOutputError(digest.missing[0].message)
        result: Digest | Failure = digest
        error = None
    except SummarizerError as failed:
        result, error = failure(failed, source=sample.article.source), failed
    return Generation(sample=sample.id, variant=variant, epoch=epoch, result=result), error


def context_corpus(folder: RunFolder, variant: Variant, *, settings: Settings) -> str | None:
    """The name of the corpus for a variant, made if it is the run's own; None without context.

    The run's own corpus has the articles of the suite with their gold topics as labels. No
    article sees itself, a copy of itself, or anything of a later day: see ``Corpus.related``.
    """
    if not variant.context:
        return None
    suite = folder.manifest.suite
    if not folder.corpus_samples:
        return suite.corpus
    from summarizer.retrieval.corpus import Corpus

    articles = (
        sample.article.model_copy(update={"labels": sample.gold.topics or ()})
        for sample in folder.corpus_samples
    )
    embedding = suite.settings.embedding
    own = settings.model_copy(update={"embedding": embedding})
    with Corpus.open(folder.corpus, settings=own, create=True) as corpus:
        corpus.add(articles)
    return str(folder.corpus)


Keep = Callable[[Digest | Failure], None]


@contextmanager
def keeping_related(folder: RunFolder, variant: Variant, *, settings: Settings) -> Iterator[Keep]:
    """What is to be called with each result of a variant, before the result itself is kept.

    It does nothing without context, and for the run's own corpus, whose articles are in the
    folder.

    Raises:
        CorpusError: there is no such corpus.
    """
    if not variant.context or folder.corpus_samples:
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
