"""Metrics: what is measured of a digest, each a plain function of plain values.

A function returns numbers, or None for "unscored" (nothing to measure, or no gold to measure it
by), which is never 0. ``registry.METRICS`` names them all and says how each is read.
"""

from summarizer.evaluation.metrics.registry import JUDGED, METRICS, Metric
from summarizer.evaluation.metrics.scored_output import Gold, Output

__all__ = ["JUDGED", "METRICS", "Gold", "Metric", "Output"]
