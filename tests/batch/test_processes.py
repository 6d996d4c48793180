"""Jobs that share their work between processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from standin import Body, Reply, StandIn, answer, error
from test_job import ANSWER, asked, out, records, rows, run, settings_for, text

from summarizer.articles import Article
from summarizer.batch import processes
from summarizer.batch.job_folder import is_transient
from summarizer.batch.processes import Processes
from summarizer.digest import Digest, Failure, metered
from summarizer.errors import AuthenticationError, SummarizerError

__all__ = ["out", "rows"]

ARTICLE = Article(title="Budget 1", text=text(1))


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn(default=answer(ANSWER)) as server:
        yield server


@pytest.mark.parametrize(
    ("provider", "jobs", "articles", "wanted"),
    [
        ("openai", 8, 1000, 1),
        ("compatible", 16, 1000, 2),
        ("compatible", 16, None, 2),
        ("compatible", 640, 1000, 4),
        ("compatible", 64, 20, 1),
        ("extractive", 2, 1000, 2),
        ("embedded", 64, 1000, 1),
    ],
)
def test_processes_are_started_where_they_gain_time(
    provider: str, jobs: int, articles: int | None, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "usable_cores", lambda: 4)

    assert processes._useful(jobs, articles, provider=provider) == wanted


def test_two_processes_record_every_article_once(
    rows: Path, out: Path, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "usable_cores", lambda: 2)
    monkeypatch.setattr(processes, "_JOBS_ASKING", 1)
    monkeypatch.setattr(processes, "_FEWEST", 1)
    started = []
    start = processes._Child
    monkeypatch.setattr(processes, "_Child", lambda settings: started.append(1) or start(settings))
    monkeypatch.chdir(rows.parent)
    Path("pydantic.py").write_text("raise SystemExit('imported from the working folder')")

    report = run(rows, out, settings_for(server), jobs=2)

    assert (len(started), report.state.counts.done) == (2, 6)
    assert asked(server) == dict.fromkeys("012345", 1)
    found = records(out)
    assert [record.item for record in found] == [f"{rows}:{n}" for n in range(1, 7)]
    assert sum(record.usage.requests for record in found) == len(server.requests)


def test_what_a_process_reports_is_the_error_and_what_it_cost(server: StandIn) -> None:
    server.script(answer("no JSON at all"), error(401, "wrong key"))

    with (
        Processes(settings_for(server), count=1) as made,
        metered() as usages,
        pytest.raises(AuthenticationError, match="key") as refused,
    ):
        made.digest(ARTICLE)

    assert refused.value.hint
    assert sum(usage.requests for usage in usages) == 1


def test_an_article_whose_process_is_killed_is_digested_by_another(server: StandIn) -> None:
    with Processes(settings_for(server), count=1) as made:
        server.script(_killing(made))
        digest = made.digest(ARTICLE)

    assert isinstance(digest, Digest)


def test_an_article_that_ends_every_process_is_a_failure_that_may_pass(server: StandIn) -> None:
    with Processes(settings_for(server), count=1) as made:
        server.script(_killing(made), _killing(made))
        with pytest.raises(SummarizerError, match="ended without a word, twice") as ended:
            made.digest(ARTICLE)

    assert is_transient(Failure.of(ended.value, source="a"))


def test_what_nobody_foresaw_is_told_with_its_place() -> None:
    class Broken:
        def digest(self, _: Article) -> Digest:
            raise KeyError("nobody foresaw this")

    result, _ = processes._digested(Broken(), ARTICLE)  # type: ignore[arg-type]

    assert isinstance(result, RuntimeError)
    assert "KeyError in test_processes.py" in str(result)


def test_a_process_whose_parent_ends_at_once_ends_without_a_word() -> None:
    program = "from summarizer.batch.processes import serve; serve()"
    done = subprocess.run(
        [sys.executable, "-c", program], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")


def _killing(made: Processes) -> object:
    """A step of the stand-in that kills the process which asks."""

    def kill(_: Body) -> Reply:
        child = made._children[0]
        os.kill(child._process.pid, signal.SIGKILL)
        return answer(ANSWER)

    return kill
