"""The provider's batch API: what is submitted, what comes back, and each way it can fail."""

from __future__ import annotations

import errno
import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from batch_api import BatchApi
from standin import Body, Reply, answer, error
from test_job import ANSWER, records, write_rows
from typer.testing import CliRunner
from whole_app import app

from summarizer.batch import job_run, provider
from summarizer.batch.job import Job
from summarizer.batch.job_folder import AppendLog
from summarizer.batch.provider import ProviderReport, ProviderRunner
from summarizer.batch.provider_batches import DeferredAnswers
from summarizer.batch.records import JobRecord
from summarizer.digest import Digest, Failure, Usage
from summarizer.errors import ConfigurationError, EndpointError, SummarizerError
from summarizer.llm import connection, throttle
from summarizer.settings import Settings, load_settings

GOOD = json.dumps(
    {
        "summary": "The council of district {n} will spend {n} million crowns on roads.",
        "topics": ["politics and government"],
    }
)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "sleep", lambda _: None)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", *range(6))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "job"


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    from summarizer.batch import estimate
    from summarizer.batch.estimate import Price
    from summarizer.llm import client

    def cost(*_: Any, usage: Usage, **__: Any) -> float:
        return (usage.prompt_tokens + 2 * usage.completion_tokens) / 1e6

    monkeypatch.setattr(client, "cost_usd", cost)
    monkeypatch.setattr(estimate, "price_of", lambda _: Price(prompt=1, completion=2))


def good(body: Body) -> Reply:
    """A summary that needs no mending."""
    number = str(body["messages"]).split("council of district ")[1].split(" ")[0]
    return answer(GOOD.replace("{n}", number))


def to_mend(body: Body) -> Reply:
    """First a summary with a number that the article does not have, then a good one."""
    if len(body["messages"]) > 2:
        return good(body)
    return answer(ANSWER.replace("the money", "99 million crowns"))


def settings_for(api: BatchApi, **more: Any) -> Settings:
    flags = {"cache": False, "max_retries": 0, "model": "big-70b", "length": "12"}
    return load_settings(base_url=api.base_url, **{**flags, **more})


def runner(rows: Path, out: Path, api: BatchApi, **more: Any) -> ProviderRunner:
    settings = settings_for(api)
    job = Job.begin([str(rows)], out, settings=settings)
    return ProviderRunner(job, settings, **more)


def submitted(rows: Path, out: Path, api: BatchApi, **more: Any) -> ProviderReport:
    return runner(rows, out, api, **more).submit()


def collected(rows: Path, out: Path, api: BatchApi, **more: Any) -> ProviderReport:
    wait = more.pop("until_done", False)
    return runner(rows, out, api, wait=lambda _: None, **more).collect(until_done=wait)


def done(report: ProviderReport) -> int:
    return report.state.counts.done


def test_answers_become_digests_like_any_other(rows: Path, out: Path) -> None:
    with BatchApi(good) as api:
        sent = submitted(rows, out, api)
        report = collected(rows, out, api)

    assert (sent.submitted, sent.under_way, done(sent)) == (6, 6, 0)
    assert (done(report), report.under_way, report.unsent) == (6, 0, 0)
    assert (len(api.batches), api.online) == (1, [])
    first = records(out)[0].result
    assert isinstance(first, Digest)
    assert first.summary is not None
    assert first.summary.sentences[0].supported
    assert first.usage.requests == 1


def test_nothing_is_submitted_twice(rows: Path, out: Path) -> None:
    with BatchApi(good) as api:
        submitted(rows, out, api)
        again = submitted(rows, out, api)
        assert (again.submitted, again.under_way) == (0, 6)
        collected(rows, out, api)
        last = submitted(rows, out, api)

    assert (last.submitted, done(last), len(api.batches)) == (0, 6, 1)


def test_large_jobs_are_split_by_number_and_by_size(
    rows: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with BatchApi(good) as api:
        monkeypatch.setattr(provider, "_MOST_REQUESTS", 4)
        submitted(rows, out, api)
        assert [len(content.splitlines()) for content in api.files.values()] == [4, 2]
        assert done(collected(rows, out, api)) == 6
    with BatchApi(good) as api:
        monkeypatch.setattr(provider, "_MOST_BYTES", 10_000)
        submitted(rows, tmp_path / "other", api)
        sizes = [len(content) for content in api.files.values()]
        assert len(sizes) > 1
        assert max(sizes) <= 10_000
        assert len(api.requests) == 6


def test_a_turn_that_mends_goes_into_a_second_batch(rows: Path, out: Path) -> None:
    with BatchApi(to_mend) as api:
        submitted(rows, out, api)
        first = collected(rows, out, api)
        assert (done(first), first.submitted, first.under_way) == (0, 6, 6)
        second = collected(rows, out, api)

    assert (done(second), len(api.batches), api.online) == (6, 2, [])
    found = records(out)[0].result
    assert isinstance(found, Digest)
    assert found.usage.requests == 2


def test_a_turn_that_mends_can_be_asked_at_once(rows: Path, out: Path) -> None:
    with BatchApi(to_mend) as api:
        submitted(rows, out, api)
        report = collected(rows, out, api, repair="online")

    assert (done(report), len(api.batches), len(api.online)) == (6, 1, 6)


def test_waiting_ends_when_all_is_done(rows: Path, out: Path) -> None:
    with BatchApi(to_mend) as api:
        submitted(rows, out, api)
        report = collected(rows, out, api, until_done=True)

    assert (done(report), report.under_way) == (6, 0)


def test_a_batch_that_is_not_done_is_left_alone(rows: Path, out: Path) -> None:
    with BatchApi(good) as api:
        api.status = "in_progress"
        submitted(rows, out, api)
        report = collected(rows, out, api)

    assert (done(report), report.under_way, report.unsent) == (0, 6, 0)


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_what_an_ended_batch_did_not_answer_is_submitted_again_on_demand(
    rows: Path, out: Path, status: str
) -> None:
    with BatchApi(good) as api:
        api.status, api.answered = status, 4
        submitted(rows, out, api)
        first = collected(rows, out, api)
        assert (done(first), first.under_way, first.unsent) == (4, 0, 2)
        assert first.batches[0].status == status
        api.status, api.answered = "completed", None
        assert submitted(rows, out, api).submitted == 2
        assert done(collected(rows, out, api)) == 6

    assert len(api.requests) == 8


def test_a_batch_that_is_refused_as_a_whole_says_why(rows: Path, out: Path) -> None:
    with BatchApi(good) as api:
        api.status, api.problem = "failed", "line 3 is too long"
        submitted(rows, out, api)
        report = collected(rows, out, api)

    assert (done(report), report.unsent) == (0, 6)
    assert (report.batches[0].status, report.batches[0].problem) == ("failed", "line 3 is too long")
    with DeferredAnswers(out) as answers:
        assert answers.batches()[0].problem == "line 3 is too long"


def test_a_request_that_is_refused_is_a_failure_of_its_article(rows: Path, out: Path) -> None:
    too_long = error(400, "maximum context length exceeded", code="context_length_exceeded")

    def reply(body: Body) -> Reply:
        return too_long if "district 3 " in str(body) else good(body)

    with BatchApi(reply) as api:
        submitted(rows, out, api)
        report = collected(rows, out, api, until_done=True)

    assert done(report) == 5
    assert report.state.counts.without_digest == 1
    failed = [r.result for r in records(out) if isinstance(r.result, Failure)]
    assert [f.source for f in failed] == [f"{rows}:4"]


def test_a_request_that_met_an_outage_is_submitted_again(rows: Path, out: Path) -> None:
    def reply(body: Body) -> Reply:
        return error(503) if "district 3 " in str(body) else good(body)

    with BatchApi(reply) as api:
        submitted(rows, out, api)
        first = collected(rows, out, api)
        assert (done(first), first.unsent) == (5, 1)
        api.reply = good
        submitted(rows, out, api)
        assert done(collected(rows, out, api)) == 6


def test_a_batch_whose_id_was_lost_is_found_again(rows: Path, out: Path) -> None:
    """Killed, or cut off, between the provider's yes and our note of it."""
    with BatchApi(good) as api:
        api.lose_answers = 1
        with pytest.raises(EndpointError):
            submitted(rows, out, api)
        again = submitted(rows, out, api)
        assert (again.submitted, again.under_way, len(api.batches)) == (0, 6, 1)
        assert done(collected(rows, out, api)) == 6


def test_a_damaged_line_counts_as_not_answered(rows: Path, out: Path) -> None:
    with BatchApi(good) as api:
        submitted(rows, out, api)
        batch = api.look("batch-0")
        lines = api.files[batch["output_file_id"]].splitlines()
        api.files[batch["output_file_id"]] = b"\n".join([b"{not json", *lines[1:]])
        report = collected(rows, out, api)

    assert (done(report), report.unsent) == (5, 1)


def test_odd_counts_and_numbers_do_not_cost_the_answer(
    rows: Path,
    out: Path,
    priced: None,  # noqa: ARG001
) -> None:
    def odd(body: Body) -> Reply:
        found = json.loads(good(body).content)
        found |= {"usage": {"prompt_tokens": "many", "completion_tokens": None}}
        found["choices"][0]["logprobs"] = {"content": [{"token": "a", "logprob": float("nan")}]}
        return Reply(content=json.dumps(found).encode())

    with BatchApi(odd) as api:
        submitted(rows, out, api)
        report = collected(rows, out, api)

    assert done(report) == 6


@pytest.mark.parametrize("told", [{}, None, {"object": "list", "data": []}])
def test_a_batch_that_is_none_is_told(rows: Path, out: Path, told: Body) -> None:
    with BatchApi(good) as api:
        submitted(rows, out, api)
        api.look = lambda _: told  # type: ignore[method-assign]
        with pytest.raises(EndpointError, match="does not speak the OpenAI protocol"):
            collected(rows, out, api)


def test_what_is_asked_at_once_has_the_limits_of_every_answer(
    rows: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def huge(body: Body) -> Reply:
        reply = to_mend(body)
        is_second = len(body["messages"]) > 2
        return replace(reply, content=reply.content + b" " * (1 << 20)) if is_second else reply

    with BatchApi(huge) as api:
        submitted(rows, out, api)
        monkeypatch.setattr(connection, "_MAX_BYTES", 1 << 20)
        report = collected(rows, out, api, repair="online")

    assert done(report) == 6
    found = records(out)[0].result
    assert isinstance(found, Digest)
    assert "number" in [check.kind for check in found.checks if check.status == "flagged"]


def test_an_endpoint_without_a_batch_api_says_what_to_do(rows: Path, out: Path) -> None:
    with BatchApi(good) as api:
        api.has_batches = False
        with pytest.raises(EndpointError, match="has no batch API") as told:
            submitted(rows, out, api)
    assert told.value.hint == "summarizer batch run asks it one by one"


def test_a_model_on_this_machine_has_none(rows: Path, out: Path) -> None:
    settings = load_settings(model="extractive")
    job = Job.begin([str(rows)], out, settings=settings)
    with pytest.raises(ConfigurationError, match="has no batch API"):
        ProviderRunner(job, settings).submit()


@pytest.mark.usefixtures("priced")
def test_answers_of_a_batch_cost_half(rows: Path, out: Path) -> None:
    with BatchApi(good) as api:
        submitted(rows, out, api)
        report = collected(rows, out, api)

    assert report.state.usage.cost_usd == pytest.approx(6 * (10 + 2 * 5) / 1e6 / 2)


@pytest.mark.usefixtures("priced")
def test_an_answer_that_tells_one_count_costs_half_of_that(rows: Path, out: Path) -> None:
    def told(body: Body) -> Reply:
        found = json.loads(good(body).content) | {"usage": {"prompt_tokens": 10}}
        return Reply(content=json.dumps(found).encode())

    with BatchApi(told) as api:
        submitted(rows, out, api)
        report = collected(rows, out, api)

    assert report.state.usage.cost_usd == pytest.approx(6 * 10 / 1e6 / 2)


@pytest.mark.usefixtures("priced")
def test_what_tells_the_price_is_read_once(
    rows: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = []
    read = job_run.some_articles
    monkeypatch.setattr(job_run, "some_articles", lambda *some: times.append(1) or read(*some))
    with BatchApi(to_mend) as api:
        settings = settings_for(api)
        job = Job.begin([str(rows)], out, settings=settings, max_cost=1)
        ProviderRunner(job, settings).submit()
        times.clear()
        runner = ProviderRunner(job, settings, wait=lambda _: None)
        report = runner.collect(until_done=True)  # looks twice: for the answers, and what mends

    assert (done(report), len(times)) == (6, 1)


def test_what_was_submitted_is_for_its_owner_alone(rows: Path, out: Path) -> None:
    with BatchApi(to_mend) as api:
        submitted(rows, out, api)
        collected(rows, out, api)

    assert {oct(file.stat().st_mode & 0o777) for file in out.iterdir()} == {"0o600"}
    assert not list(out.glob(".requests*"))


def test_a_parameter_that_is_refused_is_left_out_in_the_next_batch(rows: Path, out: Path) -> None:
    def reply(body: Body) -> Reply:
        if "response_format" in body:
            return error(400, "response_format is not supported", param="response_format")
        return good(body)

    with BatchApi(reply) as api:
        submitted(rows, out, api)
        report = collected(rows, out, api, until_done=True)

    assert (done(report), api.online) == (6, [])
    assert len(api.batches) <= 4


def command(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["batch", *map(str, arguments)])


def test_the_commands_tell_what_is_under_way_and_the_next_command(rows: Path, out: Path) -> None:
    with BatchApi(good) as api:
        flags = ["-m", "big-70b", "--base-url", api.base_url, "--length", "12"]
        sent = command("submit", rows, "--out", out, *flags)
        assert (sent.exit_code, sent.stdout) == (0, f"{out}\n")
        assert "submitted now: 6 requests" in sent.stderr
        assert f"summarizer batch collect {out}" in sent.stderr
        api.status, api.answered = "expired", 4
        early = command("collect", out, "--json", "-q")
        assert (early.exit_code, early.stderr) == (12, "")
        told = json.loads(early.stdout)
        assert (told["done"], told["under_way"], told["unsent"]) == (4, 0, 2)
        assert told["batches"][0]["status"] == "expired"
        api.status, api.answered = "completed", None
        assert command("submit", out, "-q").exit_code == 0
        last = command("collect", out, "--wait")
        assert last.exit_code == 0
        assert "6 of 6 articles, 0 failed" in last.stderr


@pytest.mark.parametrize("full", ["records", "answers"])
def test_a_full_disk_is_told_and_nothing_is_lost(
    rows: Path, out: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    append = AppendLog.append

    def no_page(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    def no_room(self: AppendLog[JobRecord], record: JobRecord) -> int:
        if (out / ".reserve").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return append(self, record)

    with BatchApi(good) as api:
        submitted(rows, out, api)
        with monkeypatch.context() as now:
            if full == "records":
                now.setattr(AppendLog, "append", no_room)
            else:
                now.setattr(DeferredAnswers, "ended", no_page)
            with pytest.raises(SummarizerError, match=r"cannot be written: .*(space|full)") as told:
                collected(rows, out, api)
        assert told.value.hint == f"make room, then: summarizer batch collect {out}"
        report = collected(rows, out, api)

    assert (done(report), len(records(out)), len(api.batches)) == (6, 6, 1)


@pytest.mark.usefixtures("priced")
def test_no_more_is_submitted_than_can_be_paid(rows: Path, out: Path) -> None:
    with BatchApi(good) as api:
        settings = settings_for(api)
        job = Job.begin([str(rows)], out, settings=settings, max_cost=0.0012)
        first = ProviderRunner(job, settings).submit()
        again = ProviderRunner(job, settings).submit()
        collected(rows, out, api)
        later = ProviderRunner(job, settings).submit()

    assert 0 < first.submitted < 6
    assert (again.submitted, again.under_way, again.unsent) == (
        0,
        first.submitted,
        6 - first.submitted,
    )
    assert later.submitted > 0  # what was collected cost less than it might have


def test_a_limit_on_a_batch_needs_a_price(rows: Path, out: Path) -> None:
    with BatchApi(good) as api:
        settings = settings_for(api)
        runner = ProviderRunner(
            Job.begin([str(rows)], out, settings=settings, max_cost=1), settings
        )
        with pytest.raises(ConfigurationError, match="no price is known"):
            runner.submit()
