"""Jobs: what is digested, recorded once, gone on with, and refused."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from standin import Body, Reply, StandIn, answer, error

from summarizer.batch.estimate import FirstRequests, estimate_job
from summarizer.batch.job import Job
from summarizer.batch.job_folder import AppendLog, alone
from summarizer.batch.job_run import JobReport, JobRunner, job_status
from summarizer.batch.records import JobRecord, JobRecords
from summarizer.digest import Digest, Failure
from summarizer.errors import ConfigurationError, EndpointError, SourceError, SummarizerError
from summarizer.llm import throttle
from summarizer.settings import Settings, load_settings

ANSWER = json.dumps(
    {"summary": "The council will spend the money on roads.", "topics": ["politics and government"]}
)

_WITH_REPAIR = 3  # messages: the turn that mends an answer repeats it


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "sleep", lambda _: None)


def text(number: int) -> str:
    return (
        f"The council of district {number} will spend {number} million crowns on roads. "
        "The mayor said so on Monday. Opponents asked for more time to read the plan."
    )


def write_rows(path: Path, *numbers: int) -> Path:
    rows = [{"title": f"Budget {number}", "text": text(number)} for number in numbers]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", *range(6))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "job"


def settings_for(server: StandIn, **more: Any) -> Settings:
    flags = {"cache": False, "max_retries": 0, "model": "big-70b", "base_url": server.base_url}
    return load_settings(**{**flags, **more})


def run(
    rows: Path | list[Path], out: Path, settings: Settings, *, limit: int | None = None, **more: Any
) -> JobReport:
    paths = [str(path) for path in (rows if isinstance(rows, list) else [rows])]
    job = Job.begin(paths, out, settings=settings, limit=limit, max_cost=more.pop("max_cost", None))
    return JobRunner(job, settings, **more).run()


def records(out: Path) -> list[JobRecord]:
    with JobRecords(out) as found:
        return list(found.in_order())


def asked(server: StandIn) -> Counter[str]:
    """How often each district was asked about."""
    first = [body["messages"] for body in server.bodies if len(body["messages"]) < _WITH_REPAIR]
    return Counter(str(m).split("council of district ")[1].split(" ")[0] for m in first)


def test_every_article_gets_its_digest_in_the_order_of_the_sources(rows: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        report = run(rows, out, settings_for(server), jobs=3)

    assert (report.stopped, report.state.total, report.state.counts.done) == (None, 6, 6)
    found = records(out)
    assert [record.item for record in found] == [f"{rows}:{n}" for n in range(1, 7)]
    assert all(isinstance(record.result, Digest) for record in found)


def test_what_is_there_is_not_asked_for_again(rows: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        run(rows, out, settings_for(server), limit=4)
        report = run(rows, out, settings_for(server), limit=6)

    assert asked(server) == dict.fromkeys("012345", 1)
    assert report.state.counts.done == 6


def test_an_article_that_comes_twice_is_digested_once_and_recorded_for_both(
    tmp_path: Path, out: Path
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 1, 2, 1)
    copy = write_rows(tmp_path / "copy.jsonl", 2)
    with StandIn(default=answer(ANSWER)) as server:
        run([rows, copy, copy], out, settings_for(server), jobs=4)

    assert asked(server) == {"1": 1, "2": 1}
    found = {record.item: record for record in records(out)}
    assert set(found) == {
        f"{rows}:1", f"{rows}:2", f"{rows}:3", f"{copy}:1", f"{copy}:1#2",
    }  # fmt: skip
    # Either thread may come first.
    again, first = sorted((found[f"{rows}:1"], found[f"{rows}:3"]), key=lambda r: not r.repeats)
    assert (again.repeats, again.usage.cost_usd) == (first.item, None)
    assert isinstance(again.result, Digest)
    assert again.result.article.source == again.item
    assert again.result.usage.requests == 0


def test_a_row_that_changed_or_moved_is_told_from_one_that_is_done(
    tmp_path: Path, out: Path
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 1, 2)
    with StandIn(default=answer(ANSWER)) as server:
        run(rows, out, settings_for(server))
        write_rows(rows, 3, 1, 2)
        run(rows, out, settings_for(server))

    assert asked(server) == {"1": 1, "2": 1, "3": 1}
    titles = [r.result.article.title for r in records(out) if isinstance(r.result, Digest)]
    assert titles == ["Budget 3", "Budget 1", "Budget 2"]


def test_what_repeats_another_article_names_it_where_it_is_now(tmp_path: Path, out: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 1, 2, 2)
    with StandIn(default=answer(ANSWER)) as server:
        run(rows, out, settings_for(server))
        write_rows(rows, 3, 4, 1, 2, 2)  # no row has what the row of its number had
        report = run(rows, out, settings_for(server))

    copies = [record.repeats for record in records(out)]
    assert copies == [None, None, None, None, f"{rows}:4"]
    assert report.state.counts.repeats == job_status(Job.open(out)).counts.repeats == 1


def failing(number: int, reply: Reply) -> Callable[[Body], Reply]:
    return lambda body: reply if f"district {number} " in str(body["messages"]) else answer(ANSWER)


def test_a_failure_that_may_pass_is_tried_again(rows: Path, out: Path) -> None:
    with StandIn(default=failing(2, error(500))) as server:
        first = run(rows, out, settings_for(server))
    with StandIn(default=answer(ANSWER)) as server:
        again = Job.open(out)
        second = JobRunner(again, settings_for(server)).run()

    assert (first.state.counts.transient, first.state.counts.done) == (1, 5)
    assert (second.state.counts.without_digest, second.state.counts.done) == (0, 6)
    assert asked(server) == {"2": 1}


def test_a_failure_that_lasts_is_tried_again_on_demand_alone(rows: Path, out: Path) -> None:
    with StandIn(default=failing(2, answer("no JSON"))) as server:
        first = run(rows, out, settings_for(server))
        run(rows, out, settings_for(server))
        assert asked(server)["2"] == 1
        run(rows, out, settings_for(server), retry_failed=True)
        assert asked(server)["2"] == 2
    assert (first.state.counts.failed, first.state.counts.transient) == (1, 0)
    assert dict(first.state.counts.kinds) == {"ModelOutputError": 1}


def test_sources_that_cannot_be_read_are_failures_of_their_own(tmp_path: Path, out: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"text": text(1)}) + "\n{broken\n", "utf-8")
    with StandIn(default=answer(ANSWER)) as server:
        report = run([rows, tmp_path / "missing.txt"], out, settings_for(server))

    assert (report.state.counts.done, report.state.counts.failed) == (1, 2)
    assert dict(report.state.counts.kinds) == {"SourceError": 2}


def test_a_second_process_is_refused(rows: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        run(rows, out, settings_for(server), limit=1)
        with (
            alone(out / ".lock", hint=""),
            pytest.raises(ConfigurationError, match="another process is at work in") as refused,
        ):
            run(rows, out, settings_for(server))
        assert job_status(Job.open(out)).running is False
    assert refused.value.hint == f"wait for it, or look at it: summarizer batch status {out}"


def test_a_torn_last_line_is_digested_again_and_nothing_else(rows: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        run(rows, out, settings_for(server))
        (log,) = out.glob("records-*.jsonl")
        log.write_bytes(log.read_bytes()[:-40])
        run(rows, out, settings_for(server))

    assert sum(asked(server).values()) == 7
    assert log.read_bytes().count(b"\n") == 6
    assert len(records(out)) == 6


def test_a_full_disk_keeps_what_is_under_way(
    rows: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room that was held is enough for it; then the job ends, and goes on from there."""
    append, added = AppendLog.append, []

    def full(self: AppendLog[JobRecord], record: JobRecord) -> int:
        if len(added) == 2 and (out / ".reserve").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        added.append(record.item)
        return append(self, record)

    monkeypatch.setattr(AppendLog, "append", full)
    with StandIn(default=answer(ANSWER)) as server:
        with pytest.raises(SummarizerError, match="No space left on device") as told:
            run(rows, out, settings_for(server), jobs=2)
        assert told.value.hint == f"make room, then: summarizer batch run {out}"
        paid = sum(asked(server).values())
        assert len(records(out)) == paid < 6
        monkeypatch.setattr(AppendLog, "append", append)
        run(rows, out, settings_for(server))
    assert asked(server) == dict.fromkeys("012345", 1)


def test_a_log_on_a_full_disk_has_no_half_line(tmp_path: Path) -> None:
    class Full:
        """A file that takes ten bytes more."""

        def __init__(self, file: Any) -> None:
            self._file, self._left = file, 10

        def write(self, data: bytes) -> int:
            if not self._left:
                raise OSError(errno.ENOSPC, "No space left on device")
            written = self._file.write(data[: self._left])
            self._left = 0
            return int(written)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    failed = Failure.of(SourceError("no text"), source="a")
    record = JobRecord(item="a", position=0, fingerprint="", at=0.0, result=failed)
    with AppendLog[JobRecord](tmp_path / "log.jsonl") as log:
        log.append(record)
        whole = (tmp_path / "log.jsonl").read_bytes()
        log._file = Full(log._file)
        with pytest.raises(OSError, match="No space"):
            log.append(record)

    assert (tmp_path / "log.jsonl").read_bytes() == whole


def test_a_pause_between_two_runs_is_none_of_the_rate(tmp_path: Path) -> None:
    failed = Failure.of(SourceError("no text"), source="a")
    with AppendLog[JobRecord](tmp_path / "failures.jsonl") as log:
        for number, at in enumerate((1000.0, 1010.0, 1020.0, 9000.0, 9010.0, 9020.0)):
            log.append(
                JobRecord(item=str(number), position=number, fingerprint="", at=at, result=failed)
            )

    with JobRecords(tmp_path) as found:
        assert found.per_minute() == pytest.approx(6 / 40 * 60)


def test_what_is_under_way_is_finished_when_the_job_is_to_stop(rows: Path, out: Path) -> None:
    stopping = threading.Event()

    def reply(_: Body) -> Reply:
        stopping.set()
        return answer(ANSWER, delay=0.05)

    with StandIn(default=reply) as server:
        report = run(rows, out, settings_for(server), jobs=2, stopping=stopping)
        assert report.stopped == "asked"
        assert 1 <= report.state.counts.done == sum(asked(server).values()) <= 2
        run(rows, out, settings_for(server))
    assert asked(server) == dict.fromkeys("012345", 1)


def test_an_endpoint_that_refuses_the_key_ends_the_job(rows: Path, out: Path) -> None:
    with StandIn(default=error(401)) as server, pytest.raises(EndpointError):
        run(rows, out, settings_for(server))
    with StandIn(default=answer(ANSWER)) as server:
        assert JobRunner(Job.open(out), settings_for(server)).run().state.counts.done == 6


def test_costs_have_their_limit(rows: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from summarizer.llm import client

    monkeypatch.setattr(client, "cost_usd", lambda *_, **__: 0.5)  # and a turn that mends
    monkeypatch.setattr(FirstRequests, "dearest", lambda *_: 0.0)
    with StandIn(default=answer(ANSWER)) as server:
        report = run(rows, out, settings_for(server), max_cost=3.5)
        assert (report.stopped, report.state.counts.done) == ("max-cost", 3)
        report = run(rows, out, settings_for(server))
        assert (report.stopped, report.state.counts.done) == ("max-cost", 3)
        report = run(rows, out, settings_for(server), max_cost=10.0)
        assert (report.stopped, report.state.counts.done) == (None, 6)


def test_answers_that_stay_malformed_are_paid_for(
    rows: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from summarizer.llm import client

    monkeypatch.setattr(client, "cost_usd", lambda *_, **__: 0.5)
    monkeypatch.setattr(FirstRequests, "dearest", lambda *_: 0.0)
    with StandIn(default=answer("")) as server:
        settings = settings_for(server)
        report = run(rows, out, settings, max_cost=3.5)
        assert (report.stopped, report.state.counts.failed) == ("max-cost", 3)
        assert (report.state.usage.cost_usd, len(server.requests)) == (3.0, 6)
        again = run(rows, out, settings)
        assert (again.stopped, again.state.usage.cost_usd) == ("max-cost", 3.0)
        assert len(server.requests) == 6


def test_a_limit_on_costs_needs_a_price(rows: Path, out: Path) -> None:
    with (
        StandIn(default=answer(ANSWER)) as server,
        pytest.raises(ConfigurationError, match="no price is known"),
    ):
        run(rows, out, settings_for(server), max_cost=1.0)


def test_another_question_needs_another_folder(rows: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        run(rows, out, settings_for(server))
        with pytest.raises(ConfigurationError, match=r"differs in: length"):
            run(rows, out, settings_for(server, length="long"))
        with pytest.raises(ConfigurationError, match=r"differs in: sources"):
            run([rows, rows], out, settings_for(server))


def test_a_folder_with_something_else_is_left_alone(rows: Path, out: Path) -> None:
    out.mkdir()
    (out / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(ConfigurationError, match="is not empty, and no job"):
        Job.begin([str(rows)], out, settings=load_settings(model="extractive"))


def test_a_job_of_a_version_with_other_settings_says_what_to_do(
    rows: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Job.begin([str(rows)], out, settings=load_settings(model="extractive"))
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    manifest["settings"]["topic_strategy"] = "score"
    (out / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    monkeypatch.setattr("summarizer.batch.job._trusted", lambda manifest: manifest)

    with pytest.raises(ConfigurationError, match=r"cannot go on: setting 'topic_strategy'") as told:
        Job.open(out).settings()
    assert "begin a new one: another --out FOLDER" in str(told.value.hint)


def test_what_is_wrong_with_the_settings_of_now_is_not_the_jobs_fault(
    rows: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Job.begin([str(rows)], out, settings=load_settings(model="extractive"))
    monkeypatch.chdir(tmp_path)
    Path("summarizer.toml").write_text("base_url = 'http://one.example/v1'\n", "utf-8")

    with pytest.raises(ConfigurationError, match=r"^summarizer.toml .* may not set") as told:
        Job.open(out).settings()
    assert "summarizer trust" in str(told.value.hint)


def test_the_estimate_of_a_job_to_come_is_by_its_own_topics(
    rows: Path, out: Path, tmp_path: Path
) -> None:
    topics = "".join(f"- {{id: t{n}, name: a topic with a long name {n}}}\n" for n in range(200))
    own = tmp_path / "own.yaml"
    own.write_text(f"name: mine\nversion: '1'\ntopics:\n{topics}", "utf-8")
    settings = load_settings(model="big-70b", base_url="http://127.0.0.1:9/v1", taxonomy=own)
    needed = []
    for keep in (False, True):
        job = Job.begin([str(rows)], out, settings=settings, keep=keep)
        needed.append(estimate_job(job, settings, jobs=1).needs.prompt_tokens)

    assert needed[0] == needed[1]


def test_a_job_that_somebody_else_prepared_is_refused(rows: Path, out: Path) -> None:
    """It names files to read and an address to send them to."""
    settings = load_settings(model="extractive")
    Job.begin([str(rows)], out, settings=settings)
    assert Job.open(out).settings().model == "extractive"
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    manifest["settings"]["base_url"] = "https://collector.example/v1"
    (out / "manifest.json").write_text(json.dumps(manifest), "utf-8")

    with pytest.raises(ConfigurationError, match="was not begun by you here"):
        Job.open(out).settings()


@pytest.mark.parametrize("name", ["records-00000.jsonl", "failures.jsonl", ".reserve", ".lock"])
def test_no_link_in_a_folder_is_followed(rows: Path, out: Path, name: str) -> None:
    """Who made the folder chose where the link leads."""
    target = out.with_name("file-of-the-user")
    settings = load_settings(model="extractive")
    Job.begin([str(rows)], out, settings=settings)
    (out / name).symlink_to(target)

    with suppress(SummarizerError):
        run(rows, out, settings)

    assert not target.exists()


def test_no_secret_reaches_the_folder(rows: Path, out: Path) -> None:
    with StandIn(default=answer(ANSWER)) as server:
        url = server.base_url.replace("127.0.0.1", "me:very-secret@127.0.0.1")
        run(rows, out, settings_for(server, api_key="sk-very-secret"))
        settings = load_settings(model="extractive", base_url=url, api_key="sk-very-secret")
        Job.begin([str(rows)], out.with_name("other"), settings=settings)

    written = [*out.iterdir(), *out.with_name("other").iterdir()]
    assert all(b"very-secret" not in file.read_bytes() for file in written)


def test_the_folder_is_for_its_owner_alone(rows: Path, out: Path) -> None:
    before = os.umask(0)
    try:
        run(rows, out, load_settings(model="extractive"))
    finally:
        os.umask(before)

    assert out.stat().st_mode & 0o777 == 0o700
    assert {oct(file.stat().st_mode & 0o777) for file in out.iterdir()} == {"0o600"}


def test_standard_input_is_refused(out: Path) -> None:
    with pytest.raises(ConfigurationError, match="standard input is there only once"):
        Job.begin(["-"], out, settings=load_settings(model="extractive"))
