from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
from pdf_files import make_pdf

from summarizer.articles import content as worker
from summarizer.articles.content import article_from_bytes
from summarizer.errors import NotAnArticleError, SourceError

TEXT = "The council voted for the new plan on Monday after a debate of nine hours, 31 to 22."
PAGE = f"<html><body><h1>Plan</h1><p>{TEXT}</p>{'<p>Some more words.</p>' * 101}".encode()


@pytest.fixture(autouse=True)
def _no_worker_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(worker, "_MAX_TAGS", 200)
    worker.end_workers()
    yield
    worker.end_workers()


def test_a_large_page_is_read_elsewhere_and_the_worker_is_kept() -> None:
    articles = [article_from_bytes(PAGE, source=name) for name in ("a", "b")]

    assert [article.source for article in articles] == ["a", "b"]
    assert articles[0].text.startswith(TEXT)
    assert len(worker._idle) == 1


def test_a_large_mail_is_read_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_MAX_MAIL", 100)
    mail = f"Message-ID: <1@a.example>\nSubject: Plan\n\n{TEXT}\n{TEXT}".encode()

    assert article_from_bytes(mail, source="a").title == "Plan"
    assert len(worker._idle) == 1


def test_a_small_page_starts_no_process() -> None:
    article_from_bytes(PAGE[:400], source="a")

    assert not worker._idle


def test_errors_come_through() -> None:
    with pytest.raises(NotAnArticleError, match=r"'scan\.pdf' holds no text") as caught:
        article_from_bytes(make_pdf(""), source="scan.pdf")
    assert "OCR" in (caught.value.hint or "")


def test_what_takes_too_long_is_ended_and_the_next_file_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "CPU_SECONDS", 1)
    endless = make_pdf("\n".join([TEXT] * 60_000))
    with pytest.raises(SourceError, match=r"'a\.pdf' takes more than 1 seconds"):
        article_from_bytes(endless, source="a.pdf")

    monkeypatch.setattr(worker, "CPU_SECONDS", 30)
    assert article_from_bytes(make_pdf(TEXT), source="b.pdf").text == TEXT


def test_a_bug_in_the_child_is_an_error_of_the_file() -> None:
    with pytest.raises(SourceError, match=r"'a' cannot be read \(TypeError"):
        worker.read_in_worker(b"", source="a", no_such_argument=1)

    assert len(worker._idle) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_process_leaves_its_parents_worker_alone() -> None:
    article_from_bytes(PAGE, source="a")
    pid = os.fork()
    if pid == 0:
        os._exit(len(worker._idle))

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_no_more_than_the_slots_at_a_time() -> None:
    threads = [
        threading.Thread(target=article_from_bytes, args=(PAGE,), kwargs={"source": "a"})
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 <= len(worker._idle) <= min(4, os.cpu_count() or 1)


def test_pages_beyond_the_time_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from summarizer.articles import documents

    monkeypatch.setattr(documents, "_MAX_CHARACTERS", 10)
    document = documents.read_pdf(make_pdf(TEXT, TEXT, TEXT), source="a.pdf")
    assert document.notes == ("only the first 1 of 3 pages were read",)
