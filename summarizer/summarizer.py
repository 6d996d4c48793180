"""``Summarizer``: the product as a Python object."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

from summarizer.articles import Article
from summarizer.articles.article import Given, check_source, name_of_row
from summarizer.articles.sources import article_of
from summarizer.closing import Closing
from summarizer.context import NO_CONTEXT, Context, ContextFinder
from summarizer.digest import ArticleRef, Check, Digest, Failure, TaxonomyRef, Usage, metered
from summarizer.engines import Engine, ExtractiveEngine
from summarizer.errors import ConfigurationError, SummarizerError
from summarizer.flags import Flags
from summarizer.progress import step
from summarizer.screening import Reading, read_article
from summarizer.settings import FlagsAlone, Settings, load_settings
from summarizer.summaries.answer_text import in_final_form
from summarizer.summaries.checked_draft import translation_checks
from summarizer.summaries.request import OnText, SummaryRequest, Task, language_name, target_words

if TYPE_CHECKING:
    from summarizer.llm.client import ChatClient
    from summarizer.prompts.store import PromptSet
    from summarizer.summaries.second_look import SupportCheck
    from summarizer.taxonomy import Taxonomy
    from summarizer.topics.topic_head import TopicHead


class Summarizer(Closing):
    """Digests articles. Safe to share between threads; close it, or use it in a ``with`` block.

    Example:
        >>> with Summarizer(model="extractive") as summarizer:  # doctest: +SKIP
        ...     digest = summarizer.digest("article.txt")
        ...     print(digest.topics[0].name, digest.summary.text)

    Args:
        settings: all settings at once; by default environment, ``summarizer.toml``, defaults.
        verbose: let the embedded engine log to stderr.
        progress: called with bytes here and bytes in all while model weights are downloaded.
        flags: single settings by name, such as ``model="extractive"`` or ``length="medium"``;
            ``corpus="default"`` uses the machine's corpus, and without it none is used.

    Raises:
        ConfigurationError: a setting has a wrong value.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        verbose: bool = False,
        progress: Callable[[int, int], None] | None = None,
        **flags: Unpack[Flags],
    ) -> None:
        if not isinstance(settings, Settings | None) or (settings is not None and flags):
            raise TypeError("give either settings or single flags, such as model='extractive'")
        self.settings = settings or load_settings(**flags)
        check_values(self.settings)
        self._verbose = verbose
        self._progress = progress
        self._lock = threading.Lock()
        self._closed = threading.Event()  # one for all copies

    def with_settings(self, **changed: Any) -> Summarizer:
        """This one with another length, style or language of summaries; None leaves one as it is.

        It uses the same engine, so it need not be closed, and cannot be used when this one is.

        Raises:
            ConfigurationError: a setting has a wrong value, or is one that the engine has already.
        """
        checked = load_settings(FlagsAlone, **changed)
        if fixed := changed.keys() - {"length", "style", "language"}:
            raise ConfigurationError(
                f"setting {min(fixed)!r} cannot be changed on an open engine",
                hint="open a new Summarizer with it",
            )
        given = {name: getattr(checked, name) for name in changed if changed[name] is not None}
        settings = self.settings.model_copy(update=given)
        check_values(settings)
        _ = self.engine, self.support_check  # made once, for both
        other = copy.copy(self)
        other.settings = settings
        return other

    def digest(
        self, source: Given, *, focus: str | None = None, on_text: OnText | None = None
    ) -> Digest:
        """Topics and summary of one article.

        Args:
            source: the text of an article, a file's path, a URL, or an Article.
            focus: a question that the summary should answer.
            on_text: called with the summary's text as the model writes it, sentence by sentence
                (a draft: the digest's summary may differ after repair).

        Raises:
            SourceError: the source cannot be read or is no article.
            EndpointError: the model cannot be reached.
            ModelOutputError: the model's answer is unusable.
        """
        return self._run(source, topics=True, summary=True, focus=focus, on_text=on_text)

    def classify(self, source: Given) -> Digest:
        """Topics alone; the digest's ``summary`` is None. See ``digest``."""
        return self._run(source, topics=True, summary=False)

    def summarize(
        self, source: Given, *, focus: str | None = None, on_text: OnText | None = None
    ) -> Digest:
        """Summary alone; the digest's ``topics`` is None. See ``digest``."""
        return self._run(source, topics=False, summary=True, focus=focus, on_text=on_text)

    def digest_many(
        self,
        sources: Iterable[Given],
        *,
        jobs: int = 1,
        task: Callable[[Given], Digest] | None = None,
    ) -> Iterator[Digest | Failure]:
        """Digests in the order of ``sources``; one that fails gives a Failure, the rest go on.

        Args:
            sources: as for ``digest``; read lazily, so there may be any number of them.
            jobs: articles at a time.
            task: what to do with each; ``self.digest`` by default.

        Raises ValueError for fewer jobs than one, and TypeError for one source in place of several.
        """
        if jobs < 1:
            raise ValueError(f"jobs is {jobs}, and must be at least 1")
        if isinstance(sources, str | bytes | Article):
            raise TypeError("sources is one source: give it to digest(), or put it in a list")
        from summarizer.worker_pool import run_many

        work = task or self.digest

        def checked(row: tuple[int, Given]) -> Digest:
            number, source = row
            check_source(source, f"row {number}")
            return work(source)

        return run_many(
            enumerate(sources, start=1),
            checked,
            jobs=self.engine.workers(jobs),
            name=name_of_row,
        )

    def summary_request(self, article: Article, *, focus: str | None = None) -> SummaryRequest:
        """The summary that the settings ask for of an article."""
        style = self.settings.style
        words = target_words(self.settings.length, style=style, article_words=article.words)
        return SummaryRequest(
            words=words, style=style, language=self.settings.language, focus=focus
        )

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The labels in force."""
        from summarizer.taxonomy import load_taxonomy

        return load_taxonomy(self.settings.taxonomy)

    @cached_property
    def _head(self) -> TopicHead | None:
        """What ``taxonomy fit`` learnt about the labels."""
        from summarizer.topics.topic_head import head_beside

        path = self.settings.taxonomy
        return head_beside(path, self.taxonomy) if path else None

    @property
    def engine(self) -> Engine:
        """What answers; made on first use, once, with the corpus that is to be looked into.

        Raises CorpusError where there is none, so that it is not told for every article.
        """
        if self._closed.is_set():
            raise SummarizerError("Summarizer is closed", hint="use it inside its with block")
        with self._lock:
            _ = self._finder
            return self._engine

    @property
    def support_check(self) -> SupportCheck | None:
        """What takes a second look at each summary sentence; None where the rules are to do.

        Raises ConfigurationError where a model was named for it that cannot do it.
        """
        with self._lock:
            return self._support_check

    def close(self) -> None:
        """End the embedded engine's use and close connections; it cannot be used after that."""
        self._closed.set()
        for part in ("_engine", "_checking_client", "_finder"):
            made = self.__dict__.get(part)
            if made is not None:
                made.close()

    @cached_property
    def _engine(self) -> Engine:
        from summarizer.topics.similarity import TopicScorer

        settings = self.settings
        # Of IPTC's levels the first, of a user's own all.
        depth = settings.depth or (None if settings.taxonomy else 1)
        scorer = TopicScorer(self.taxonomy, self._head, max_topics=settings.max_topics, depth=depth)
        if self.settings.model == "extractive":
            return ExtractiveEngine(scorer)
        from summarizer.llm_engine import LlmEngine

        return LlmEngine(scorer, self._client, self.settings.topic_strategy, self._prompts)

    @cached_property
    def _prompts(self) -> PromptSet:
        from summarizer.prompts.store import PromptSet

        return PromptSet(self.settings.prompts_dir, self.settings.prompt_versions)

    @cached_property
    def _client(self) -> ChatClient:
        return self._open_client(self.settings)

    def _open_client(self, settings: Settings) -> ChatClient:
        from summarizer.llm import open_client

        return open_client(settings, verbose=self._verbose, progress=self._progress)

    @cached_property
    def _support_check(self) -> SupportCheck | None:
        settings = self.settings
        if settings.check == "rules":
            return None
        asked = settings.check == "model" or settings.check_model is not None
        own = settings.model != "extractive" and settings.check_model in (None, settings.model)
        if not asked and not own:
            return None
        from summarizer.summaries.second_look import SupportCheck, is_calibrated

        client = self._client if own else self._checking_client
        if not asked and not is_calibrated(client.endpoint):
            return None
        if not client.has_logprobs:
            raise ConfigurationError(
                f"{client.model.name!r} gives no log-probabilities, so it cannot be asked about "
                "the sentences of a summary",
                hint="name another model with --check-model, or use --check rules",
            )
        return SupportCheck(client, self._prompts["support"])

    @cached_property
    def _checking_client(self) -> ChatClient:
        """The client of another model than the summary's."""
        return self._open_client(
            self.settings.model_copy(update={"model": self.settings.check_model})
        )

    def _run(
        self,
        source: Given,
        *,
        topics: bool,
        summary: bool,
        focus: str | None = None,
        on_text: OnText | None = None,
    ) -> Digest:
        started = time.perf_counter()
        article = article_of(source, settings=self.settings)
        reading = read_article(article, defence=self.settings.defence)
        request = self.summary_request(article, focus=focus) if summary else None
        engine = self.engine
        if request and on_text:
            language = request.language or article.language
            on_text = in_final_form(on_text, style=request.style, language=language)
        task = Task(reading, request, topics, self._context(reading), on_text)
        translated = translation_checks(task) if request else ()
        with metered() as usages:  # what came to nothing was paid, too
            # Passages of another language cannot be found by words.
            support = self.support_check if request and not translated else None
            outcome = engine.run(task)
            if support is not None:
                outcome = support.looked_again(outcome, task)
        seconds = round(time.perf_counter() - started, 3)
        return Digest(
            article=ArticleRef.model_validate(article, from_attributes=True),
            topics=outcome.topics,
            summary=outcome.summary,
            checks=(*outcome.checks, *translated, *reading.checks, *_source_checks(article)),
            related=task.context.related,
            model=engine.model,
            prompts=tuple(dict.fromkeys(outcome.prompts)),
            taxonomy=self._taxonomy_ref if topics else None,
            usage=sum(usages, Usage()).model_copy(update={"seconds": seconds}),
        )

    @cached_property
    def _taxonomy_ref(self) -> TaxonomyRef:
        """With a hash of what was learnt, as of a build: '3+1f09ab34'."""
        learnt = f"+{self._head.digest}" if self._head else ""
        return TaxonomyRef(name=self.taxonomy.name, version=f"{self.taxonomy.version}{learnt}")

    @cached_property
    def _finder(self) -> ContextFinder | None:
        """Looks into the corpus; None where there is none, or it is not wanted."""
        name = self.settings.corpus
        if name is None or not self.settings.context:
            return None
        from summarizer.retrieval.corpus import Corpus

        corpus = Corpus.open(name, settings=self.settings, embedding=self.settings.embedding)
        return ContextFinder(corpus, self.taxonomy, defence=self.settings.defence)

    def _context(self, reading: Reading) -> Context:
        with self._lock:
            finder = self._finder
        if finder is None:
            return NO_CONTEXT
        step("looking for earlier articles")
        return finder.find(reading)


def check_values(settings: Settings) -> None:
    """Wrong values are told now, not after the first article was read."""
    target_words(settings.length, style=settings.style, article_words=1)
    language_name(settings.language)


def _source_checks(article: Article) -> tuple[Check, ...]:
    """What had to be decided when the article was read."""
    return tuple(
        Check(kind="source", status="flagged", message=note, text="") for note in article.notes
    )
