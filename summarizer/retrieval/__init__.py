"""Embeddings, and the corpus index: earlier articles, searched by words and by meaning.

``corpus`` is the way in; ``store`` says what any store must do.
"""
