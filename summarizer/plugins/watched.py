"""Summarizers for a ``Service``: one that stops when nobody waits for it, and variants of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from summarizer.llm.client import ChatClient
from summarizer.llm.endpoint import choose_endpoint
from summarizer.progress import alive
from summarizer.summarizer import Summarizer

if TYPE_CHECKING:
    from summarizer.context import Context
    from summarizer.engines import Engine
    from summarizer.llm.exchange import OnText
    from summarizer.llm.messages import ChatRequest, Completion
    from summarizer.screening.reading import Reading
    from summarizer.settings import Settings
    from summarizer.taxonomy import Taxonomy
    from summarizer.verification.support import SupportCheck


class WatchedSummarizer(Summarizer):
    """Its model is asked through a client that calls ``progress.alive``."""

    def _open_client(self, settings: Settings) -> ChatClient:
        return _WatchedClient(
            choose_endpoint(settings),
            settings,
            verbose=self._verbose,
            progress=self._progress,
        )


class Variant(Summarizer):
    """A summarizer with settings of its own for summaries, on the engine of another one."""

    def __init__(self, shared: Summarizer, **options: Any) -> None:
        super().__init__(shared.settings.model_copy(update=options))
        self._shared = shared

    @property
    def engine(self) -> Engine:
        """The other one's."""
        return self._shared.engine

    @property
    def support_check(self) -> SupportCheck | None:
        """The other one's."""
        return self._shared.support_check

    @property
    def taxonomy(self) -> Taxonomy:
        """The other one's: the engine has its topics from it."""
        return self._shared.taxonomy

    def _context(self, reading: Reading) -> Context:
        # The corpus is opened once, by the other one.
        return self._shared._context(reading)

    def close(self) -> None:
        """The engine is not ours."""


class _WatchedClient(ChatClient):
    """Looks up before every request and at every piece of a streamed answer."""

    def complete(
        self, request: ChatRequest, *, on_text: OnText | None = None, epoch: int = 0
    ) -> Completion:
        alive()
        return super().complete(
            request, on_text=None if on_text is None else _watched(on_text), epoch=epoch
        )


def _watched(on_text: OnText) -> OnText:
    def receive(piece: str) -> None:
        alive()
        on_text(piece)

    return receive
