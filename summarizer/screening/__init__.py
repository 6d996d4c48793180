"""Defence against orders hidden in an article: ``neutralise`` its marks, ``screen`` its words."""

from summarizer.screening.disguise import neutralise
from summarizer.screening.orders import Passage, Screening, screen

__all__ = ["Passage", "Screening", "neutralise", "screen"]
