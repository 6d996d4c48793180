"""Summaries: written by a model in one go, over the parts of a long article, or extracted."""
