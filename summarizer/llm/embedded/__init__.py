"""The embedded engine: model catalog, weights, and the llama.cpp server in a child process."""

from __future__ import annotations

from summarizer.llm.embedded.model_catalog import DEFAULT_MODEL, CatalogModel, catalog, find_model
from summarizer.llm.embedded.server import EmbeddedServer
from summarizer.llm.embedded.shared import shared_server
from summarizer.llm.embedded.weights import ensure_weights

__all__ = [
    "DEFAULT_MODEL",
    "CatalogModel",
    "EmbeddedServer",
    "catalog",
    "ensure_weights",
    "find_model",
    "shared_server",
]
