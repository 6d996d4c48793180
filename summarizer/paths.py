"""Where the product's data folders (prompts, seeds, evals) and the user's folders are."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def data_root() -> Path:
    """The folder that holds prompts/, seeds/ and evals/.

    A wheel carries them in ``summarizer/_data``; a checkout has them beside the package.
    """
    packaged = _PACKAGE / "_data"
    return packaged if packaged.is_dir() else _PACKAGE.parent


def user_data_dir() -> Path:
    """Per-user folder for what is expensive to get again: model weights, corpora."""
    return Path(platformdirs.user_data_dir("summarizer", appauthor=False))


def user_cache_dir() -> Path:
    """Per-user folder for what can be deleted at any time: the response cache."""
    return Path(platformdirs.user_cache_dir("summarizer", appauthor=False))


def user_config_file() -> Path:
    """The per-user ``summarizer.toml``."""
    return Path(platformdirs.user_config_dir("summarizer", appauthor=False)) / "summarizer.toml"
