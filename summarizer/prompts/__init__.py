"""Versioned prompts: found, parsed, rendered, and kept as they were released.

    prompts/<task>/v<N>.md --> load_prompt("digest") --> Prompt.render(article=...) --> messages

The file format is described in docs/prompts.md.
"""

from summarizer.prompts.prompt import Prompt
from summarizer.prompts.store import load_prompt

__all__ = ["Prompt", "load_prompt"]
