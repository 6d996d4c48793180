"""What digests saw of a corpus of the user's stays with the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_suite import ANSWER, write_suite
from standin import StandIn, answer

from summarizer.articles import Article
from summarizer.batch.job_folder import read_log
from summarizer.evaluation.run.folder import RunFolder
from summarizer.evaluation.run.plan import Selection, begin, plan_run
from summarizer.evaluation.run.runner import Runner
from summarizer.evaluation.scoring import score_run
from summarizer.evaluation.suite.file import load_suite
from summarizer.retrieval.corpus import Corpus
from summarizer.settings import load_settings

ARCHIVE = (
    "Ferrymen at the lost bridge of Ardenholm went on strike over unpaid wages on Monday. The "
    "council wants the bridge rebuilt for millions of euros after the flood took it away, and "
    "until then the ferry is free of charge.\n\nThe mayor promised them their money."
)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "archive.sqlite"
    with Corpus.open(path, embedding="fast", create=True) as made:
        made.add([Article(text=ARCHIVE, title="Ferrymen strike", source="http://news.test/1")])
    return path


def ran(folder: Path, corpus: Path, selection: Selection | None = None) -> RunFolder:
    suite = write_suite(
        folder / "suite",
        rows=2,
        matrix={"models": ["big-70b"], "context": [True]},
        corpus=str(corpus),
        settings={"length": "25", "embedding": "fast"},
        metrics={"primary": ["topic_f1"], "report": ["context_only_share"]},
    )
    with StandIn(default=answer(ANSWER)) as server:
        settings = load_settings(cache=False, max_retries=0, base_url=server.base_url)
        plan = plan_run(load_suite(suite), selection or Selection(), settings=settings)
        run = begin(plan, folder / "run")
        Runner(run, settings=settings).run()
    return RunFolder.open(folder / "run")


def kept(run: RunFolder) -> list[Article]:
    return list(read_log(run.related, Article))


def test_related_articles_are_scored_after_the_corpus_is_gone(tmp_path: Path, corpus: Path) -> None:
    run = ran(tmp_path, corpus)
    corpus.unlink()

    found = score_run(run).variants["big-70b+context"].metrics["context_only_share"]

    assert (found.n, found.unscored) == (2, 0)


def test_each_is_kept_once(tmp_path: Path, corpus: Path) -> None:
    run = ran(tmp_path, corpus, Selection(limit=1))
    assert [found.title for found in kept(run)] == ["Ferrymen strike"]

    run = ran(tmp_path, corpus)
    assert len(run.generations()) == 2
    assert len(kept(run)) == 1


@pytest.mark.parametrize("source", ["text", "a.txt", "http://news.test/1"])
def test_articles_are_found_by_whatever_key_they_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("x", encoding="utf-8")
    path = tmp_path / "archive.sqlite"
    with Corpus.open(path, embedding="fast", create=True) as made:
        made.add([Article(text=ARCHIVE, title="Ferrymen strike", source=source)])

    assert len(kept(ran(tmp_path, path))) == 1


def test_the_runs_own_corpus_is_in_the_folder_anyway(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path / "suite",
        matrix={"models": ["extractive"], "context": [True]},
        settings={"length": "25", "embedding": "fast"},
    )
    settings = load_settings(cache=False)
    run = begin(plan_run(load_suite(suite), Selection(), settings=settings), tmp_path / "run")
    Runner(run, settings=settings).run()

    assert not run.related.exists()


def test_growing_without_context_leaves_the_runs_corpus_alone(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path / "suite",
        matrix={"models": ["extractive"]},
        settings={"length": "25", "embedding": "fast"},
    )
    settings = load_settings(cache=False)

    def grown(**chosen: Any) -> RunFolder:
        plan = plan_run(load_suite(suite), Selection(**chosen), settings=settings)
        return begin(plan, tmp_path / "run")

    grown(context=(True,), limit=2)
    run = grown(context=(False,))

    assert len(run.corpus_samples) == 4
