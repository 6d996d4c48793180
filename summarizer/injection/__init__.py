"""Defence against orders hidden in an article: ``neutralise`` its marks, ``screen`` its words."""

from summarizer.injection.neutral import neutralise
from summarizer.injection.screening import Passage, Screening, screen

__all__ = ["Passage", "Screening", "neutralise", "screen"]
