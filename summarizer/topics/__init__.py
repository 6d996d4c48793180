"""Topics of an article: scored label by label, listed in one answer, or by similarity alone."""
