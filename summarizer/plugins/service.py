"""``Service``: what the operations work with, opened once and shared by all calls."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

from summarizer.closing import Closing
from summarizer.flags import Flags
from summarizer.plugins.access import Access, read_source
from summarizer.progress import step
from summarizer.settings import Settings, load_settings

if TYPE_CHECKING:
    from summarizer.articles import Article
    from summarizer.retrieval.corpus import Corpus
    from summarizer.summarizer import Summarizer


class Service(Closing):
    """One model and what may be read; safe to share between threads. Close it.

    Nothing is started before the first call that needs it.

    Args:
        settings: by default environment, ``summarizer.toml``, defaults.
        access: what sources may lead to; by default text and public web pages.
        verbose: let the embedded engine log to stderr.
        flags: single settings by name, instead of ``settings``.

    Raises:
        ConfigurationError: a setting has a wrong value.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        access: Access | None = None,
        verbose: bool = False,
        **flags: Unpack[Flags],
    ) -> None:
        self.settings = settings or load_settings(**flags)
        self.access = access or Access()
        self._verbose = verbose
        self._lock = threading.Lock()

    def with_access(self, access: Access) -> Service:
        """This service for a caller who may read other sources; it need not be closed."""
        return _Opened(self, access)

    def read(self, source: str) -> Article:
        """The article that ``source`` is or names, as far as access allows (``read_source``)."""
        step("reading the article")
        return read_source(source, access=self.access, settings=self.settings)

    def summarizer(self, **options: Any) -> Summarizer:
        """A summarizer whose summaries follow ``options``, over the one engine of the service.

        Args:
            options: length, style, language; what is not given or None is as in the settings.
        """
        with self._lock:
            shared = self._summarizer
        given = {name: value for name, value in options.items() if value is not None}
        if not given:
            return shared
        from summarizer.plugins.summary_variant import SummaryVariant

        return SummaryVariant(shared, **given)

    @property
    def corpus(self) -> Corpus:
        """The corpus of the settings. Raises CorpusError if there is none."""
        with self._lock:
            return self._corpus

    def close(self) -> None:
        """Give back the engine and the corpus."""
        if "_summarizer" in self.__dict__:
            self._summarizer.close()
        if "_corpus" in self.__dict__:
            self._corpus.close()

    @cached_property
    def _summarizer(self) -> Summarizer:
        from summarizer.summarizer import Summarizer

        return Summarizer(self.settings, verbose=self._verbose, progress=_downloading)

    @cached_property
    def _corpus(self) -> Corpus:
        from summarizer.retrieval.corpus import Corpus

        return Corpus.open(self.settings.corpus, settings=self.settings)


class _Opened(Service):
    """A service with access of its own, on the engine and the corpus of another one."""

    def __init__(self, shared: Service, access: Access) -> None:
        super().__init__(shared.settings, access=access)
        self._shared = shared

    def summarizer(self, **options: Any) -> Summarizer:
        return self._shared.summarizer(**options)

    @property
    def corpus(self) -> Corpus:
        return self._shared.corpus

    def close(self) -> None:
        """Nothing here is ours."""


def _downloading(done: int, total: int) -> None:
    step(f"downloading the model: {100 * done // total} %")
