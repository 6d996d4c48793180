"""Chat models: the client, structured answers, the response cache, the embedded engine."""

from __future__ import annotations

from summarizer.llm.client import ChatClient, open_client
from summarizer.llm.endpoint import choose_endpoint
from summarizer.llm.messages import ChatRequest
from summarizer.llm.structured import complete_json, parse_json

__all__ = [
    "ChatClient",
    "ChatRequest",
    "choose_endpoint",
    "complete_json",
    "open_client",
    "parse_json",
]
