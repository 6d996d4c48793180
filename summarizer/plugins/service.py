"""``Service``: what the operations work with, opened once and shared by all calls.

``Access`` says what the programs that call us may have read: files below some folders, public web
pages. The caller is a language model or a program that one steers, and both may be led by an
article they have read. So a source is text unless it looks like a name; a name leads to a file only
below a folder that the *user* opened, and to a page only by the rules for URLs.
"""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, Unpack

import anyio
from pydantic import Field

from summarizer.closing import Closing
from summarizer.digest import Value
from summarizer.errors import ConfigurationError, SourceError, UnsafeURLError, system_errors
from summarizer.flags import Flags
from summarizer.plugins.serving import WorkerThreads
from summarizer.progress import Cancelled, listening, step
from summarizer.settings import Settings, load_settings

if TYPE_CHECKING:
    from summarizer.articles import Article
    from summarizer.retrieval.corpus import Corpus
    from summarizer.summarizer import Summarizer

T = TypeVar("T")
R = TypeVar("R")
_OTHER_CALLS: Final = 4  # threads for what needs no model
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://|(?:file|data|javascript|mailto|about):", re.I)
_SHOWN: Final = 200  # characters of a name in an error
_TEXT_HINT: Final = "pass the article's text itself"
_NO_ROOT_HINT: Final = f"{_TEXT_HINT}, or its URL; files need a folder that the user opened"


class Access(Value):
    """Which sources may be read besides text."""

    roots: tuple[Path, ...] = Field(
        default=(), description="Folders below which files may be read, resolved."
    )
    urls: bool = Field(default=True, description="Whether public web pages may be fetched.")

    @classmethod
    def below(cls, folders: Iterable[Path], *, urls: bool = True) -> Access:
        """Access to the files below ``folders``.

        Raises:
            ConfigurationError: one is not a folder, or it is the root of the file system.
        """
        roots = []
        for folder in folders:
            hint = "name a folder that has articles"
            with system_errors(f"{str(folder)!r} cannot be opened", hint=hint):
                if not folder.is_dir():
                    raise ConfigurationError(f"{str(folder)!r} is not a folder", hint=hint)
                root = folder.resolve()
            if root == Path(root.anchor):
                whole = f"{str(folder)!r} would open the whole file system"
                raise ConfigurationError(whole, hint=hint)
            roots.append(root)
        return cls(roots=tuple(roots), urls=urls)


def read_source(source: str, *, access: Access, settings: Settings) -> Article:
    """The article in a text, or at the file or the web page that ``source`` names.

    Raises:
        UnsafeURLError: an address that may not be fetched.
        SourceError: a file outside the open folders or without an article, or a failed fetch.
    """
    from summarizer.articles.article import is_no_name

    name = source.strip()
    # A short text with spaces is a name here: whether a file has it is not for the caller to learn.
    if is_no_name(name):
        return _from_text(source, settings)
    from summarizer.articles import load

    if _ADDRESS.match(name):
        return _fetched(name, access=access, settings=settings)
    root, path = _find(name, access.roots)
    article = load(str(path), settings=settings)
    # Where the folder is on this machine is not for a model that may run elsewhere.
    return article.model_copy(update={"source": article.source.removeprefix(f"{root}/")})


def is_file_name(source: str) -> bool:
    """Whether ``source`` could only be the name of a file."""
    from summarizer.articles.article import is_no_name

    name = source.strip()
    return not is_no_name(name) and not _ADDRESS.match(name)


def _from_text(text: str, settings: Settings) -> Article:
    from summarizer.articles import article_from_text

    if len(text.encode(errors="replace")) > settings.max_article_bytes:
        raise SourceError(
            f"the text has more than {settings.max_article_bytes:,} bytes",
            hint="pass a part of it",
        )
    return article_from_text(text)


def _fetched(url: str, *, access: Access, settings: Settings) -> Article:
    from summarizer.articles import load

    if not access.urls:
        raise UnsafeURLError(f"{_shown(url)} is not fetched: no addresses are", hint=_TEXT_HINT)
    # Private addresses are for the user's own command line, not for what a model asks for.
    strict = settings.model_copy(update={"allow_private_urls": False})
    try:
        return load(url, settings=strict)
    except UnsafeURLError as error:
        raise UnsafeURLError(
            str(error), hint=f"{_TEXT_HINT}, or the http(s) address of a public page"
        ) from None


def _find(name: str, roots: tuple[Path, ...]) -> tuple[Path, Path]:
    """A root and a file below it. One message for all others: it does not tell what there is."""
    for root in roots:
        try:
            path = (root / name).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            continue
        # The real path counts, after symbolic links; a hidden file is no article, but may be a key.
        is_hidden = any(part.startswith(".") for part in path.parts[len(root.parts) :])
        if path.is_relative_to(root) and path.is_file() and not is_hidden:
            return root, path
    where = ", ".join(map(str, roots))
    raise SourceError(
        f"{_shown(name)} is neither an article's text nor a file that may be read",
        hint=f"{_TEXT_HINT}, or a file below {where}" if roots else _NO_ROOT_HINT,
    )


def _shown(name: str) -> str:
    return repr(name if len(name) <= _SHOWN else name[:_SHOWN] + "…")


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
        self._owner = self  # of the engine and the corpus; a copy has them from it
        self._lock = threading.Lock()

    def with_access(self, access: Access) -> Service:
        """This service for a caller who may read other sources; it need not be closed."""
        other = copy.copy(self)
        other.access = access
        return other

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
            shared = self._owner._summarizer
        return shared.with_settings(**options) if options else shared

    @property
    def corpus(self) -> Corpus:
        """The corpus of the settings. Raises CorpusError if there is none."""
        with self._lock:
            return self._owner._corpus

    def close(self) -> None:
        """Give back the engine and the corpus."""
        for part in ("_summarizer", "_corpus"):
            if self._owner is self and part in vars(self):
                getattr(self, part).close()

    @cached_property
    def _summarizer(self) -> Summarizer:
        from summarizer.summarizer import Summarizer

        return Summarizer(self.settings, verbose=self._verbose)

    @cached_property
    def _corpus(self) -> Corpus:
        from summarizer.retrieval.corpus import Corpus

        return Corpus.open(self.settings.corpus, settings=self.settings)


class ServiceThreads:
    """Threads for the work of a service: as many as its model serves well, a few for the rest.

    Args:
        service: whose model says how many articles at a time are worth working on.
        jobs: at most so many.
    """

    def __init__(self, service: Service, *, jobs: int) -> None:
        self._service = service
        self._jobs = jobs
        self._others = WorkerThreads(_OTHER_CALLS)
        self._opening = anyio.Lock()
        self._model: WorkerThreads | None = None

    async def run(
        self,
        work: Callable[[], T],
        *,
        uses_model: bool,
        on_step: Callable[[str], None] = lambda _: None,
    ) -> T:
        """The result of ``work()``, which ends at its next step if nobody waits for it any more.

        Args:
            work: called in a thread.
            uses_model: whether it takes one of the model's places.
            on_step: hears of its steps, in that thread.
        """
        over = threading.Event()

        def hear(message: str | None) -> None:
            if over.is_set():
                raise Cancelled
            if message is not None:
                on_step(message)

        def heard(body: Callable[[], R]) -> R:
            with listening(hear):
                hear(None)
                return body()

        def width() -> int:
            return self._service.summarizer().engine.workers(self._jobs)

        try:
            threads = self._others
            if uses_model:
                async with self._opening:
                    if self._model is None:
                        count = await self._others.run(lambda: heard(width))
                        self._model = WorkerThreads(count)
                    threads = self._model
            return await threads.run(lambda: heard(work))
        finally:
            over.set()
