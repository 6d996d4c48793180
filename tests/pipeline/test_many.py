from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from summarizer.digest import ArticleRef, Digest, Failure, ModelRef
from summarizer.errors import SourceError
from summarizer.pipeline.many import run_many


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


def test_a_bug_is_not_hidden_in_a_record() -> None:
    def task(source: int) -> Digest:
        raise ZeroDivisionError(source)

    with pytest.raises(ZeroDivisionError):
        list(run_many(range(2), task, jobs=2, name=str))


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
