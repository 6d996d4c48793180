"""Outages, rate limits, and many articles that would all meet the same error."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dialects import DIALECTS, FIRST, Played
from standin import Body, Reply, StandIn, answer, error, reset
from typer.testing import CliRunner
from whole_app import app

from summarizer import Digest, Failure, Summarizer
from summarizer.errors import AuthenticationError, EndpointError
from summarizer.llm import ChatClient, ChatRequest, throttle
from summarizer.llm.failures import Fault
from summarizer.llm.throttle import Throttle, one_of_many
from summarizer.progress import listening
from summarizer.worker_pool import in_parallel

OpenFor = Callable[..., ChatClient]
RequestFor = Callable[..., ChatRequest]


class OpenAIError(Exception):
    """As the SDK's: faults are told by the names of their classes."""


class APIStatusError(OpenAIError):
    """As the SDK's."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status_code = status


class Clock:
    """A time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(throttle, "sleep", self.sleep)
        monkeypatch.setattr("summarizer.llm.throttle.time.monotonic", lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def throttle_of(**changes: object) -> Throttle:
    return Throttle(**{"max_retries": 4, "patience": None, **changes})


def down_for(seconds: float, clock: Clock) -> Callable[[], str]:
    start = clock.now

    def send() -> str:
        if clock.now < start + seconds:
            raise Fault(APIStatusError(503))
        return "fine"

    return send


@pytest.mark.parametrize("seconds", [20, 55])
def test_an_outage_is_ridden_out(seconds: float, clock: Clock) -> None:
    assert throttle_of().call(down_for(seconds, clock)) == "fine"


def test_one_article_waits_a_minute_and_many_ten(clock: Clock) -> None:
    with pytest.raises(Fault):
        throttle_of().call(down_for(300, clock))
    assert clock.now < 1061
    with one_of_many():
        assert throttle_of().call(down_for(300, clock)) == "fine"
        with pytest.raises(Fault):
            throttle_of().call(down_for(10_000, clock))


def test_the_patience_can_be_set(clock: Clock) -> None:
    with pytest.raises(Fault):
        throttle_of(patience=5.0).call(down_for(20, clock))
    assert clock.now <= 1005


def test_a_wait_beyond_all_patience_holds_up_no_later_request(clock: Clock) -> None:
    shared = throttle_of()

    def limited() -> None:
        fault = Fault(APIStatusError(429))
        fault.wait = 3600.0
        raise fault

    with pytest.raises(Fault):
        shared.call(limited)
    assert shared.call(lambda: "fine") == "fine"
    assert clock.now == 1000


def test_whoever_stops_waiting_in_an_outage_lets_others_try(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, waits = throttle_of(), []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt
        clock.sleep(seconds)

    monkeypatch.setattr(throttle, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        shared.call(down_for(10_000, clock))
    answers: list[str] = []
    other = threading.Thread(
        target=lambda: answers.append(shared.call(lambda: "fine")), daemon=True
    )
    other.start()
    other.join(5)
    assert answers == ["fine"]


def test_an_outage_that_is_over_counts_no_more(clock: Clock) -> None:
    shared = throttle_of()
    for _ in range(3):
        assert shared.call(down_for(50, clock)) == "fine"


def test_a_request_that_fails_by_itself_ends_no_other(clock: Clock) -> None:
    shared, sent = throttle_of(), []

    def poison() -> str:
        sent.append(clock.now)
        raise Fault(APIStatusError(500))

    with pytest.raises(Fault):
        shared.call(poison)
    assert len(sent) == 5
    assert not shared.has_given_up


def test_without_patience_a_fault_of_its_own_is_still_tried_again(clock: Clock) -> None:
    sent = []

    def broken_once() -> str:
        sent.append(clock.now)
        if len(sent) == 1:
            raise Fault(APIStatusError(500))
        return "fine"

    assert throttle_of(patience=0.0).call(broken_once) == "fine"


def test_a_request_that_waits_for_itself_keeps_no_other_waiting() -> None:
    shared, codes = throttle_of(), iter([429, 409])

    def refused_twice() -> str:
        if (code := next(codes, None)) is None:
            return "late"
        fault = Fault(APIStatusError(code))
        fault.wait = 0.0 if code == 429 else 1.0  # one request at a time, and that one waits
        if code == 409:
            waits.set()
        raise fault

    waits, answers = threading.Event(), []
    with pytest.MonkeyPatch.context() as quick:
        quick.setattr(throttle, "_FIRST_WAIT", 0.0)
        late = threading.Thread(
            target=lambda: answers.append(shared.call(refused_twice)), daemon=True
        )
        late.start()
        assert waits.wait(5)
        answers.append(shared.call(lambda: "soon"))
        late.join(5)
    assert answers == ["soon", "late"]


def test_a_request_that_waits_out_its_refusal_keeps_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared, codes, waits = throttle_of(), iter([429]), threading.Event()

    def refused_once() -> str:
        for code in codes:
            raise Fault(APIStatusError(code))  # one request at a time from now on
        return "late"

    def sleep(_: float) -> None:
        waits.set()
        time.sleep(1.0)

    monkeypatch.setattr(throttle, "sleep", sleep)
    answers: list[str] = []
    late = threading.Thread(target=lambda: answers.append(shared.call(refused_once)), daemon=True)
    late.start()
    assert waits.wait(5)
    answers.append(shared.call(lambda: "soon"))
    late.join(5)
    assert answers == ["soon", "late"]


def test_a_rate_limit_is_found_and_kept(clock: Clock) -> None:
    shared, codes, taken = throttle_of(), [], []

    def send() -> None:
        recent = [at for at in taken if at > clock.now - 1]
        codes.append(429 if len(recent) >= 5 else 200)
        clock.now += 0.01
        if len(recent) >= 5:
            raise Fault(APIStatusError(429))
        taken.append(clock.now)

    for _ in range(200):
        shared.call(send)
    assert codes.count(200) == 200
    assert codes[20:].count(429) <= len(codes[20:]) / 5
    assert clock.now - 1000 < 2 * 200 / 5


def test_many_threads_get_what_a_rate_limit_lets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """20 requests a second are let through, of 50 from 32 threads: 2 s at best."""
    monkeypatch.setattr(throttle, "_FIRST_WAIT", 0.1)
    shared, lock, room, last = throttle_of(), threading.Lock(), 10.0, time.monotonic()

    def send() -> None:
        nonlocal room, last
        with lock:
            room, last = min(10.0, room + 20 * (time.monotonic() - last)), time.monotonic()
            is_answered = room >= 1
            room -= is_answered
        time.sleep(0.02 if is_answered else 0.005)
        if not is_answered:
            raise Fault(APIStatusError(429))

    began = time.monotonic()
    in_parallel(range(50), lambda _: shared.call(send), jobs=32)
    assert time.monotonic() - began < 3.5


def test_in_an_outage_one_at_a_time_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_jitter", lambda _rounds: 0.02)
    shared, lock = throttle_of(), threading.Lock()
    at_once, most, sent, began = 0, 0, 0, time.monotonic()

    def send() -> str:
        nonlocal at_once, most, sent
        with lock:
            sent, number = sent + 1, sent
            # The first requests were on their way when the outage began, and fail one by one.
            is_later = time.monotonic() > began + 1.5
            at_once += is_later
            most = max(most, at_once)
        time.sleep(0.01 + 0.005 * (number if number < 16 else 0))
        with lock:
            at_once -= is_later
        if time.monotonic() < began + 2.5:
            raise Fault(APIStatusError(503))
        return "fine"

    threads = [threading.Thread(target=shared.call, args=(send,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    while time.monotonic() < began + 2.4:
        time.sleep(0.05)
    during = most
    for thread in threads:
        thread.join()
    assert during == 1


def fails_after(count: int, reply: Reply) -> Callable[[Body], Reply]:
    asked = iter(range(10**6))
    played = Played(DIALECTS[0])
    return lambda body: played(body) if next(asked) < count else reply


@pytest.mark.parametrize(
    ("reply", "most"),
    [
        (error(401, "revoked"), 10 + 4),
        (error(402, "pay"), 10 + 4),
        (error(404, "no such model"), 10 + 5 + 4),
        (error(503, "down"), 10 + 3 * 4 + 9),
    ],
    ids=["401", "402", "404", "503"],
)
@pytest.mark.parametrize("jobs", [1, 4])
def test_many_articles_stop_at_what_all_would_meet(jobs: int, reply: Reply, most: int) -> None:
    texts = [FIRST.replace("nine votes", f"{n} votes") for n in range(11, 100)]
    done: list[object] = []
    with StandIn(default=fails_after(10, reply)) as server:
        flags = {"base_url": server.base_url, "model": "m", "cache": False, "retry_seconds": 0.2}
        with Summarizer(**flags) as summarizer, pytest.raises(EndpointError):
            done.extend(summarizer.digest_many(texts, jobs=jobs))
        assert len(server.requests) <= most
    digests = [record for record in done if isinstance(record, Digest)]
    assert len(digests) >= 10 - 2 * jobs
    assert len(done) - len(digests) <= 5 + jobs


@pytest.mark.parametrize(
    "refusal",
    [
        answer("", refusal="I cannot help with that."),
        error(400, "filtered", code="content_filter"),
    ],
    ids=["by the model", "by a filter"],
)
def test_articles_that_are_refused_for_what_they_say_end_no_batch(refusal: Reply) -> None:
    texts = [FIRST.replace("nine votes", f"{n} votes") for n in range(11, 31)]
    played = Played(DIALECTS[0])

    def reply(body: Body) -> Reply:
        is_refused = any(f"{n} votes" in str(body["messages"]) for n in range(13, 25))
        return refusal if is_refused else played(body)

    with (
        StandIn(default=reply) as server,
        Summarizer(base_url=server.base_url, model="m", cache=False) as summarizer,
    ):
        records = list(summarizer.digest_many(texts))
    failed = [isinstance(record, Failure) for record in records]
    assert failed == [False] * 2 + [True] * 12 + [False] * 6


def test_one_article_that_is_rejected_with_all_parameters_ends_no_batch() -> None:
    texts = [FIRST.replace("nine votes", f"{n} votes") for n in range(11, 21)]
    played = Played(DIALECTS[0])

    def reply(body: Body) -> Reply:
        is_odd = "15 votes" in str(body["messages"])
        return error(400, "bad characters in messages") if is_odd else played(body)

    with (
        StandIn(default=reply) as server,
        Summarizer(base_url=server.base_url, model="m", cache=False) as summarizer,
    ):
        records = list(summarizer.digest_many(texts))
    assert [isinstance(r, Failure) for r in records] == [n == 15 for n in range(11, 21)]


def test_the_command_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(11, 20):
        (tmp_path / f"{n}.txt").write_text(FIRST.replace("nine votes", f"{n} votes"))
    with StandIn(default=fails_after(3, error(401, "revoked"))) as server:
        monkeypatch.setenv("SUMMARIZER_BASE_URL", server.base_url)
        arguments = ["summarize", *map(str, sorted(tmp_path.glob("*.txt"))), "--model", "m"]
        result = CliRunner().invoke(app, [*arguments, "--format", "jsonl"])
        assert len(server.requests) == 4
    assert result.exit_code == AuthenticationError.exit_code
    assert len(result.stdout.splitlines()) == 3
    assert "the same command begins anew, `summarizer batch run` goes on" in result.stderr


def test_a_refused_connection_on_this_machine_fails_at_once(
    open_for: OpenFor, request_for: RequestFor, waits: list[float]
) -> None:
    with StandIn() as server:
        client = open_for(server)
    with pytest.raises(EndpointError, match="nothing listens") as caught:
        client.complete(request_for())
    assert waits == []
    assert "ollama serve" in str(caught.value.hint)


def test_a_name_that_nobody_knows_fails_at_once(
    request_for: RequestFor, open_for: OpenFor, waits: list[float]
) -> None:
    with StandIn() as server:
        client = open_for(server, base_url="http://no-such-host.invalid/v1")
        with pytest.raises(EndpointError, match="no address is known for the host"):
            client.complete(request_for())
    assert waits == []


def test_a_reset_in_the_middle_of_many_is_tried_again(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn(answer("one"), reset(), answer("two")) as server:
        client = open_for(server)
        texts = [client.complete(request_for(text)).text for text in ("a", "b")]
    assert texts == ["one", "two"]


@pytest.fixture(autouse=True)
def no_leftovers() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for worker in set(threading.enumerate()) - before:  # of articles that nobody waited for
        worker.join(5)


@pytest.mark.usefixtures("clock")
def test_whoever_waits_is_told_that_a_request_is_sent_again() -> None:
    told: list[str | None] = []
    answers = iter([Fault(APIStatusError(429)), "ok"])

    def send() -> str:
        found = next(answers)
        if isinstance(found, Fault):
            raise found
        return found

    with listening(told.append):
        assert throttle_of().call(send) == "ok"
    assert told == ["the endpoint answered HTTP 429, asking again for at most 60 s"]
