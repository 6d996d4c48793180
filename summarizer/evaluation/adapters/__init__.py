"""Adapters: somebody's data as rows; one module for each format, chosen by ``data.format``."""

from summarizer.evaluation.adapters.formats import read_source_rows

__all__ = ["read_source_rows"]
