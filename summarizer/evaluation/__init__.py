"""Is one prompt, model or setting better than another, and how sure is that."""
