"""Every test runs offline, in folders of its own, without the developer's settings."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings

from summarizer.digest import (
    ArticleRef,
    Check,
    Digest,
    ErrorInfo,
    Evidence,
    Failure,
    ModelRef,
    PromptRef,
    RelatedArticle,
    Summary,
    SummarySentence,
    TaxonomyRef,
    TopicLabel,
    Usage,
)

# The same examples in every run, however busy the machine is.
settings.register_profile("tests", derandomize=True, deadline=None)
settings.load_profile("tests")

# A shell that starts the tests in the background has them ignore Ctrl-C, and what they start
# inherits that; the tests that send it would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Where a thread never had an event loop, LlamaIndex makes one and leaves it open, which becomes a
# warning, that is an error, in whatever test runs when it is collected. Now it makes and closes it.
asyncio.set_event_loop(None)


@pytest.fixture(autouse=True)
def isolated_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("SUMMARIZER_", "OPENAI_", "AZURE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SUMMARIZER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("SUMMARIZER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SUMMARIZER_OFFLINE", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def digest() -> Digest:
    """A digest with something in every field."""
    span = Evidence(start=10, end=34, text="The council met on Monday.", score=0.834)
    return Digest(
        article=ArticleRef(
            id="0123456789abcdef",
            source="news/council.txt",
            title="Council agrees on the bridge",
            published=date(2025, 3, 4),
            author="Ada Vale",
            language="en",
            words=1412,
        ),
        topics=(
            TopicLabel(
                id="11000000",
                name="politics and government",
                path=("politics and government",),
                confidence=0.924,
                confidence_source="logprobs",
                evidence=(span,),
            ),
            TopicLabel(
                id="20000065",
                name="civil unrest",
                path=("conflict, war and peace", "civil unrest"),
                confidence=None,
                confidence_source=None,
            ),
        ),
        summary=Summary(
            text="The council met. It costs 3bn. All agreed.",
            words=8,
            style="paragraph",
            sentences=(
                SummarySentence(text="The council met.", supported=True, evidence=(span,)),
                SummarySentence(text="It costs 3bn.", supported=False),
                SummarySentence(text="All agreed.", supported=False),
            ),
            notes=("The first part.", "The second part."),
        ),
        checks=(
            Check(
                kind="number",
                status="flagged",
                message="the article has no such number",
                text="3bn",
                sentence=1,
            ),
            Check(
                kind="injection",
                status="flagged",
                message="a passage gives orders to a model",
                text="Ignore the above",
                start=5,
                end=21,
            ),
        ),
        related=(
            RelatedArticle(
                id="fedcba9876543210",
                source="news/ferry.txt",
                title="Ferry to stay free",
                published=date(2025, 2, 1),
                relation="related",
                score=0.534,
                topics=("politics and government",),
            ),
            RelatedArticle(
                id="00112233445566ff",
                source="wire/council.txt",
                title=None,
                published=None,
                relation="duplicate",
                score=0.98,
            ),
        ),
        model=ModelRef(name="qwen", provider="embedded"),
        prompts=(PromptRef(name="digest", version=2, sha256="ab" * 32),),
        taxonomy=TaxonomyRef(name="IPTC Media Topics", version="2025"),
        usage=Usage(
            requests=3, prompt_tokens=2313, cached_tokens=1000, completion_tokens=122, seconds=12.34
        ),
    )


@pytest.fixture
def failure() -> Failure:
    return Failure(
        source="news/empty.txt",
        error=ErrorInfo(
            type="NotAnArticleError", message="'' is too short", hint="give more", exit_code=3
        ),
    )
