"""Versioned prompts: found, parsed, rendered, and kept as they were released.

    prompts/<task>/v<N>.md --> load_prompt("digest") --> Prompt.render(article=...) --> messages

The file format is described in docs/prompts.md.
"""

from summarizer.prompts.prompt import Parameters, Prompt, Section
from summarizer.prompts.store import (
    PromptFile,
    find_prompt,
    list_prompts,
    load_prompt,
    newest_versions,
    parse_ref,
    prompt_hashes,
    prompts_folder,
    read_lock,
    update_lock,
    verify_lock,
)

__all__ = [
    "Parameters",
    "Prompt",
    "PromptFile",
    "Section",
    "find_prompt",
    "list_prompts",
    "load_prompt",
    "newest_versions",
    "parse_ref",
    "prompt_hashes",
    "prompts_folder",
    "read_lock",
    "update_lock",
    "verify_lock",
]
