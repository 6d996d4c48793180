"""The main job, whole: a sample article, the default model, real HTTP."""

from __future__ import annotations

import pytest

from summarizer import Summarizer
from summarizer.articles import load
from summarizer.settings import data_root, load_settings, user_data_dir

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("embedded model")]


def test_the_default_model_digests_a_sample_article(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUMMARIZER_OFFLINE")
    monkeypatch.setenv("SUMMARIZER_DATA_DIR", str(user_data_dir()))
    talks = load(str(data_root() / "seeds" / "border-talks.txt"), settings=load_settings())
    with Summarizer(cache=False) as summarizer:
        digest = summarizer.digest(talks)
    assert digest.model.provider == "embedded"
    assert digest.topics
    assert digest.summary is not None
    assert "Ardenia" in digest.summary.text
    for sentence in digest.summary.sentences:
        for span in sentence.evidence:
            assert talks.text[span.start : span.end] == span.text
