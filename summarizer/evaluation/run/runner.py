"""Running: the digests that a run folder lacks, made in parallel, each on the disk at once.

Digests with context see the run's own corpus, or one of the user's; of the latter the articles
that were seen are kept, as it may change or go while the folder must be all that scoring needs.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.articles.article import Article
from summarizer.batch.estimate import MEASURED, Forecast, extrapolated, priced
from summarizer.batch.job_folder import AppendLog, read_log
from summarizer.digest import Digest, Failure, RelatedArticle
from summarizer.errors import ConfigurationError, ModelOutputError
from summarizer.evaluation.run.folder import Report, RunFolder, RunProgress
from summarizer.evaluation.run.manifest import Generation, Key, variant_settings
from summarizer.evaluation.run.plan import first_requests
from summarizer.prompts.store import prompt_hashes
from summarizer.summarizer import Summarizer
from summarizer.worker_pool import Budget, BudgetedPool, Stopped, Worked, attempted

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
        max_tokens: sent and generated, likewise.
        progress: called after every article.
        forecast: called with a variant and what its missing digests need, once three are there.
    """

    def __init__(
        self,
        folder: RunFolder,
        *,
        settings: Settings,
        jobs: int = 1,
        max_cost: float | None = None,
        max_tokens: int | None = None,
        progress: Callable[[RunProgress], None] = lambda _: None,
        forecast: Callable[[str, Forecast], None] = lambda *_: None,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._jobs = jobs
        self._progress = progress
        self._forecast = forecast
        self._made = folder.generations()
        self._total = sum(1 for _ in folder.every_key())
        usages = [made.usage for made in folder.attempts()]
        self._budget = Budget(max_cost, spent=sum(usage.cost_usd or 0.0 for usage in usages))
        self._tokens = Budget(max_tokens, spent=sum(usage.tokens for usage in usages))
        self._pool = BudgetedPool(self._budget, tokens=self._tokens)
        self._session = uuid.uuid4().hex[:12]
        self._warm: set[str] = set()
        self._prices = {name: planned.price for name, planned in folder.manifest.planned.items()}
        self._lock = threading.Lock()
        # Failures that were paid, but that tell of the endpoint alone: no results.
        self._paid_in_vain: list[Generation] = []

    def run(self) -> Report:
        """Make what is missing; what is there stays.

        Ctrl-C, a crash or an error loses at most the articles under way; the next run goes on.

        Raises:
            ConfigurationError: a prompt or model changed since the run began, no price is known
                for a limit on costs, or another process is at the run.
            EndpointError: the endpoint is down, or refuses everything.
        """
        self._check_unchanged()
        keys = self._folder.missing()
        self._expect(keys)
        done = 0
        with (
            self._folder.appending() as log,
            keeping_related(self._folder, settings=self._settings) as keep,
            ExitStack() as opened,
        ):
            makers = self._makers(keys, opened)
            jobs = min((one.engine.workers(self._jobs) for one in makers.values()), default=1)
            work = partial(self._made_of, makers)
            try:
                for made in self._pool.results(keys, work, jobs=jobs):
                    done += 1
                    keep(made.result)
                    log.append(made)
                    self._made[made.key] = made
                    self._progress(self._state(made.variant))
                    if isinstance(made.result, Digest):
                        self._foretell(made.variant)
            finally:
                for made in self._paid_in_vain:
                    log.append(made)
        return self._report(self._pool.refused_by if done < len(keys) else None)

    def _expect(self, keys: Sequence[Key]) -> None:
        """Tell the budgets what the dearest digest may take at least."""
        if not (self._budget.is_limited or self._tokens.is_limited):
            return
        for planned in self._folder.manifest.variants:
            samples = [key.sample for key in keys if key.variant == planned.variant.name]
            if not samples:
                continue
            articles = [self._folder.samples[sample].article for sample in samples]
            requests = first_requests(
                planned,
                self._folder.manifest,
                taxonomy=self._folder.taxonomy,
                prompts_dir=self._settings.prompts_dir,
            )
            longest = max(articles, key=lambda article: article.words)
            made = [m.usage for m in self._made.values() if m.variant == planned.variant.name]
            tokens = (requests.tokens(longest), *(usage.tokens for usage in made))
            self._tokens.expect(planned.model, max(tokens))
            if self._budget.is_limited:
                least = requests.dearest(articles)
                paid = max((usage.cost_usd or 0.0 for usage in made), default=0.0)
                self._budget.expect(planned.model, None if least is None else max(least, paid))

    def _makers(self, keys: Iterable[Key], opened: ExitStack) -> dict[tuple[str, int], Summarizer]:
        """A summarizer for each variant and epoch that something is missing of."""
        manifest = self._folder.manifest
        wanted = dict.fromkeys((key.variant, key.epoch) for key in keys)
        corpus, makers = None, {}
        if any(manifest.planned[name].variant.context for name, _ in wanted):
            corpus = context_corpus(self._folder, settings=self._settings)
        for name, epoch in wanted:
            planned = manifest.planned[name]
            settings = variant_settings(
                self._settings,
                planned.variant,
                manifest.suite.settings,
                prompts=manifest.prompts,
                taxonomy=self._folder.taxonomy_file,
                corpus=corpus,
                epoch=epoch,
            )
            maker = opened.enter_context(Summarizer(settings))
            if maker.engine.model != planned.model:
                raise ConfigurationError(
                    f"{planned.variant.model!r} is another model than when the run began",
                    hint="begin a new run: leave out --out",
                )
            makers[name, epoch] = maker
        return makers

    def _made_of(
        self, makers: Mapping[tuple[str, int], Summarizer], key: Key
    ) -> Worked[Generation]:
        with self._lock:
            warm_up = key.variant not in self._warm
            self._warm.add(key.variant)
        sample = self._folder.samples[key.sample]
        make = partial(_digest, makers[key.variant, key.epoch], sample)
        result, asked, error = attempted(make, source=sample.article.source)
        paid = result.usage if isinstance(result, Digest) else asked
        usage = priced(paid, self._prices.get(key.variant))
        failed = isinstance(result, Failure)
        made = Generation(
            **key._asdict(),
            result=result if failed else result.model_copy(update={"usage": usage}),
            spent=usage if failed else None,
            session=self._session,
            warm_up=warm_up,
        )
        if error is not None and error.stops_batch and usage.tokens:
            with self._lock:
                self._paid_in_vain.append(made)
        return made, error

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
        chosen = (planned.variant.prompts.items() for planned in manifest.variants)
        used = chain(manifest.prompts.items(), *chosen)
        now = prompt_hashes(used, folder=self._settings.prompts_dir)
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


def _digest(summarizer: Summarizer, sample: Sample) -> Digest:
    digest = summarizer.digest(sample.article)
    if digest.missing:  # half a digest would be half a score
        raise ModelOutputError(digest.missing[0].message)
    return digest


def context_corpus(folder: RunFolder, *, settings: Settings) -> str:
    """The name of the corpus that digests with context see, made if it is the run's own.

    The run's own corpus has the articles of the suite with their gold topics as labels. No
    article sees itself, a copy of itself, or anything of a later day: see ``Corpus.related``.
    """
    suite = folder.manifest.suite
    if not folder.corpus_samples:
        return suite.corpus
    from summarizer.retrieval.corpus import Corpus

    articles = (
        sample.article.model_copy(update={"labels": sample.gold.topics or ()})
        for sample in folder.corpus_samples
    )
    own = settings.model_copy(update={"embedding": suite.settings.embedding})
    with Corpus.open(folder.corpus, settings=own, create=True) as corpus:
        corpus.add(articles)
    return str(folder.corpus)


Keep = Callable[[Digest | Failure], None]


@contextmanager
def keeping_related(folder: RunFolder, *, settings: Settings) -> Iterator[Keep]:
    """What is to be called with each result, before the result itself is kept.

    It does nothing without context, and for the run's own corpus, whose articles are in the
    folder.

    Raises:
        CorpusError: there is no such corpus.
    """
    context = any(planned.variant.context for planned in folder.manifest.variants)
    if not context or folder.corpus_samples:
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
