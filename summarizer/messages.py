"""Chat messages: what prompts render to and what models are sent."""

from __future__ import annotations

from typing import Literal

from summarizer.values import Value

Role = Literal["system", "user", "assistant"]


class Message(Value):
    """One chat message."""

    role: Role
    content: str
