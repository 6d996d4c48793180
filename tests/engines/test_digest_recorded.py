"""A whole digest by the default embedded model, recorded over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import recording

from summarizer import Digest, Summarizer
from summarizer.articles import Article, load
from summarizer.settings import data_root, load_settings


@pytest.fixture
def talks() -> Article:
    return load(str(data_root() / "seeds" / "border-talks.txt"), settings=load_settings())


@pytest.fixture
def digest(
    request: pytest.FixtureRequest, talks: Article, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Digest]:
    recording.engine("qwen2.5-coder-1.5b", monkeypatch)
    path = recording.path_of(request.path.stem, request.node.originalname)
    with recording.play(path), Summarizer(cache=False) as summarizer:
        yield summarizer.digest(talks)


def test_the_default_model_finds_topics_and_writes_a_supported_summary(
    digest: Digest, talks: Article
) -> None:
    assert digest.topics is not None
    assert digest.summary is not None
    assert digest.topics[0].id in {"11000000", "02000000", "16000000"}
    assert digest.topics[0].confidence_source == "similarity"
    assert "Ardenia" in digest.summary.text
    assert 43 <= digest.summary.words <= 57
    for sentence in digest.summary.sentences:
        assert sentence.supported
        for span in sentence.evidence:
            assert talks.text[span.start : span.end] == span.text
    # The article is read once: every request but the first finds it in the server's cache.
    article_tokens = 500
    assert digest.usage.cached_tokens >= (digest.usage.requests - 1) * article_tokens
