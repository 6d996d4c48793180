from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from plugin_samples import ORDER, SEEDS

from summarizer.plugins import Access, Service


@pytest.fixture
def talks() -> str:
    """An article as text."""
    return (SEEDS / "border-talks.txt").read_text(encoding="utf-8")


@pytest.fixture
def hostile(talks: str) -> str:
    """The same with an order to a model in it."""
    return talks.replace("The ministers", f"{ORDER}\n\nThe ministers", 1)


@pytest.fixture
def folder(tmp_path: Path, talks: str) -> Path:
    """A folder with an article in it, and things beside it that must stay closed."""
    opened = tmp_path / "opened"
    opened.mkdir()
    (opened / "talks.txt").write_text(talks, encoding="utf-8")
    (tmp_path / "secret.txt").write_text(f"A secret of mine. {talks}", encoding="utf-8")
    (opened / "link.txt").symlink_to(tmp_path / "secret.txt")
    (opened / ".env").write_text(f"KEY=secret {talks}", encoding="utf-8")
    return opened


@pytest.fixture
def service(folder: Path) -> Iterator[Service]:
    """A service without a model, for the files of ``folder``."""
    with Service(model="extractive", access=Access.below([folder])) as found:
        yield found
