"""Topics of an article: listed by a model in one answer, or by similarity alone."""
