"""Embeddings (and, later, the corpus index)."""
