from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar

import pytest

from summarizer.articles import Article, Source
from summarizer.digest import ArticleRef, Digest, Failure, ModelRef
from summarizer.errors import EndpointError, SourceError
from summarizer.worker_pool import (
    Budget,
    BudgetedPool,
    as_completed,
    in_parallel,
    is_worth_starting,
    run_many,
)


def digest(source: int) -> Digest:
    article = ArticleRef(
        id="x", source=str(source), title=None, published=None, author=None, language=None, words=1
    )
    return Digest(
        article=article, topics=None, summary=None, model=ModelRef(name="m", provider="extractive")
    )


def sources_of(records: list[Digest | Failure]) -> list[str]:
    return [r.source if isinstance(r, Failure) else r.article.source for r in records]


@pytest.mark.parametrize("jobs", [1, 4])
def test_records_come_in_the_order_of_the_sources(jobs: int) -> None:
    gate = threading.Event()

    def task(source: int) -> Digest:
        if source == 0 and jobs > 1:
            gate.wait(5)
        if source == 2:
            gate.set()
        return digest(source)

    assert sources_of(list(run_many(range(9), task, jobs=jobs, name=str))) == list("012345678")


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_failure_is_a_record_and_the_rest_go_on(jobs: int) -> None:
    def task(source: int) -> Digest:
        if source == 1:
            raise SourceError("no such file: 'x'", hint="look again")
        return digest(source)

    records = list(run_many(range(3), task, jobs=jobs, name=lambda n: f"row {n}"))
    failure = records[1]
    assert isinstance(failure, Failure)
    assert (failure.source, failure.error.type, failure.error.exit_code) == (
        "row 1",
        "SourceError",
        3,
    )
    assert isinstance(records[2], Digest)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bug_ends_its_own_item_alone_and_asks_to_be_reported(jobs: int) -> None:
    def task(source: int) -> Digest:
        if source == 1:
            raise ZeroDivisionError("x over 0")
        return digest(source)

    first, bug, last = run_many(range(3), task, jobs=jobs, name=str)

    assert isinstance(bug, Failure)
    assert bug.error.type == "bug"
    assert "ZeroDivisionError in test_worker_pool.py, line " in bug.error.message
    assert "x over 0" in bug.error.message
    assert "report it" in str(bug.error.hint)
    assert sources_of([first, last]) == ["0", "2"]


def test_results_in_parallel_keep_the_order_of_the_items() -> None:
    gate = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            gate.wait(5)
        if item == 2:
            gate.set()
        return item * 10

    assert in_parallel(range(4), work, jobs=2) == [0, 10, 20, 30]


def test_a_worker_has_the_context_of_its_caller() -> None:
    told: ContextVar[str] = ContextVar("told", default="nothing")
    told.set("who waits")

    assert in_parallel(range(2), lambda _: told.get(), jobs=2) == ["who waits"] * 2


def test_sources_are_read_no_further_than_needed() -> None:
    read: list[int] = []

    def endless() -> Iterator[int]:
        number = 0
        while True:
            read.append(number)
            yield number
            number += 1

    records = run_many(endless(), digest, jobs=2, name=str)
    for _ in range(3):
        next(records)
    records.close()  # type: ignore[attr-defined]
    assert len(read) < 20


def test_ctrl_c_hands_on_what_had_to_wait_for_an_earlier_article() -> None:
    finished = threading.Event()

    def task(source: int) -> Digest:
        if source == 0:
            finished.wait(5)
        if source == 3:
            finished.set()
            raise KeyboardInterrupt  # where Ctrl-C comes, the consumer is waiting, too
        return digest(source)

    late: list[Digest | Failure] = []
    with pytest.raises(KeyboardInterrupt):
        list(run_many(range(4), task, jobs=2, name=str, out_of_turn=late.append))
    assert set(sources_of(late)) >= {"1"}


def test_what_is_done_when_the_endpoint_is_down_comes_in_order_too() -> None:
    done = [threading.Event() for _ in range(3)]
    down = EndpointError("down")
    down.stops_batch = True

    def task(source: int) -> Digest:
        after = {1: done[2], 3: done[1]}.get(source, done[0] if source == 0 else None)
        if after is not None:
            after.wait(5)
        if source == 3:
            time.sleep(0.05)  # the result of the one before is on its way
            raise down
        done[source].set()
        return digest(source)

    found = []
    with pytest.raises(EndpointError):
        found.extend(record for record in run_many(range(4), task, jobs=4, name=str))
    assert sources_of(found) == ["1", "2"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_came_before_sources_that_fail_is_given_out(jobs: int) -> None:
    def rows() -> Iterator[int]:
        yield from range(2)
        raise ValueError("row 2 cannot be read")

    found = []
    with pytest.raises(ValueError, match="row 2"):
        found.extend(record for record in run_many(rows(), digest, jobs=jobs, name=str))
    assert sources_of(found) == ["0", "1"]


def test_results_behind_a_slow_article_are_bounded() -> None:
    slow = threading.Event()
    begun: list[int] = []

    def task(source: int) -> Digest:
        begun.append(source)
        if source == 0:
            slow.wait(0.5)
        return digest(source)

    records = run_many(range(1000), task, jobs=2, name=str)
    next(records)
    assert len(begun) < 20


@pytest.mark.parametrize("jobs", [1, 2])
def test_nothing_begins_that_may_not(jobs: int) -> None:
    left = iter([True, True, False])

    done = as_completed(range(5), str, jobs=jobs, may_begin=lambda: next(left, False))

    assert sorted(done) == ["0", "1"]


def test_a_closed_generator_waits_for_no_worker() -> None:
    stuck = threading.Event()

    def work(item: int) -> int:
        return item if item == 0 else stuck.wait(30)

    results = as_completed(range(2), work, jobs=2)
    assert next(results) == 0
    began = time.monotonic()
    results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - began < 5
    stuck.set()


def test_a_name_with_bytes_of_another_encoding_can_be_written_as_json() -> None:
    def missing(_: str) -> Digest:
        raise SourceError("there is no file")

    (record,) = run_many(["caf\udce9.txt"], missing, jobs=1, name=str)

    assert isinstance(record, Failure)
    assert Failure.model_validate_json(record.model_dump_json()).source == "caf\ufffd.txt"


def test_an_item_without_money_left_takes_no_tokens() -> None:
    money, tokens = Budget(1.0, spent=1.0), Budget(250)
    tokens.expect(ModelRef(name="m", provider="embedded"), 100)
    pool = BudgetedPool(money, tokens=tokens)
    for _ in range(4):
        assert not pool.may_begin()
    assert pool.refused_by == "max-cost"


@pytest.mark.parametrize("code", [0xDCFF, 0xD800])
def test_half_a_character_ends_no_batch(code: int) -> None:
    lone = chr(code)

    def fail(_: str) -> Digest:
        try:
            raise PermissionError(13, "Permission denied", f"/articles/{lone}")
        except PermissionError:
            raise SourceError(f"no {lone}") from None

    (record,) = run_many([f"a{lone}"], fail, jobs=1, name=str)
    assert isinstance(record, Failure)
    assert record.source == "a\ufffd"
    assert "/articles/\ufffd" in str(record.error.hint)
    assert Failure.model_validate_json(record.model_dump_json()) == record


def test_a_source_that_was_looked_at_is_read_once() -> None:
    reads = []

    def read() -> Article:
        reads.append(1)
        return Article(text="The council voted.")

    source = Source("a.txt", read)

    assert is_worth_starting([source])
    assert source.load().text == "The council voted."
    assert len(reads) == 1
