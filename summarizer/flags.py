"""``Flags``: single settings as keyword arguments, so that a type checker sees a misspelt one.

A test holds these names and types against the fields of ``Settings``, which say what they mean.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypedDict

from pydantic import SecretStr

from summarizer.settings import TopicStrategy


class Flags(TypedDict, total=False):
    """One of ``Settings`` by name; None counts as not given."""

    model: str | None
    base_url: str | None
    api_key: SecretStr | str | None
    embedding: str | None
    embedding_base_url: str | None
    embedding_api_key: SecretStr | str | None
    length: str | int | None
    style: Literal["paragraph", "bullets", "headline"] | None
    language: str | None
    topic_strategy: TopicStrategy | None
    check: Literal["auto", "rules", "model"] | None
    check_model: str | None
    max_topics: int | None
    depth: int | None
    taxonomy: Path | str | None
    prompts_dir: Path | str | None
    prompt_versions: dict[str, int] | None
    corpus: str | None
    context: bool | None
    defence: bool | None
    cache: bool | None
    cache_dir: Path | str | None
    data_dir: Path | str | None
    offline: bool | None
    temperature: float | None
    reasoning: Literal["least", "low", "medium", "high"] | None
    epoch: int | None
    timeout: float | None
    max_retries: int | None
    retry_seconds: float | None
    context_length: int | None
    threads: int | None
    slots: int | None
    gpu_layers: int | None
    keep_alive: float | None
    allow_private_urls: bool | None
    max_article_bytes: int | None
