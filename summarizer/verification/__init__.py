"""Checks done by code: evidence for every summary sentence, and its numbers, dates, names, quotes.

Nothing here asks a model. ``verify_summary`` is the entry; ``verify.Source`` holds a single
claim against any text.
"""

from summarizer.verification.verify import Verification, verify_summary

__all__ = ["Verification", "verify_summary"]
