from __future__ import annotations

from pathlib import Path

import pytest

from summarizer.topics import topic_vectors


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_vectors, "user_cache_dir", lambda: tmp_path / "kept")
