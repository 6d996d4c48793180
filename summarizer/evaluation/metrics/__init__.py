"""Metrics: what is measured of a digest, each a plain function of plain values.

A function returns numbers, or None for "unscored" (nothing to measure, or no gold to measure it
by), which is never 0. ``registry.METRICS`` names them all and says how each is read.
"""

from summarizer.evaluation.metrics.output import Gold, Sample
from summarizer.evaluation.metrics.registry import JUDGED, METRICS, Metric

__all__ = ["JUDGED", "METRICS", "Gold", "Metric", "Sample"]
