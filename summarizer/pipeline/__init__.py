"""From an article to its digest."""

from summarizer.pipeline.summarizer import Summarizer

__all__ = ["Summarizer"]
