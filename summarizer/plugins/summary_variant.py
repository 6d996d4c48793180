"""Summarizers that share one engine, and differ in what their summaries are like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from summarizer.summarizer import Summarizer

if TYPE_CHECKING:
    from summarizer.context import Context
    from summarizer.engines import Engine
    from summarizer.screening.reading import Reading
    from summarizer.taxonomy import Taxonomy
    from summarizer.verification.support import SupportCheck


class SummaryVariant(Summarizer):
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
