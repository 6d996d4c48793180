"""The report of runs as one HTML file."""

from summarizer.evaluation.report.page import MOST_ARTICLES, render_report

__all__ = ["MOST_ARTICLES", "render_report"]
