"""What is told while articles are digested."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from standin import StandIn, answer
from test_summarize import ANSWER, STORY

from summarizer.cli import progress
from summarizer.progress import step


def until(condition: object, *, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.01)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said where stderr is no terminal; a line comes every hundredth of a second."""
    said: list[str] = []
    monkeypatch.setattr(progress, "say", said.append)
    monkeypatch.setattr(progress, "_SILENCE", 0.01)
    return said


def test_off_a_terminal_the_stage_is_a_plain_line_now_and_then(lines: list[str]) -> None:
    with progress.article_progress(quiet=False, with_draft=True) as on_text:
        step("topic 3 of 5")
        until(lambda: lines)

    assert on_text is None
    assert re.fullmatch(r"topic 3 of 5, \d+ s", lines[-1])
    before = len(lines)
    time.sleep(0.05)
    assert len(lines) <= before + 1


def test_quiet_is_quiet(lines: list[str]) -> None:
    with progress.article_progress(quiet=True, with_draft=True):
        step("writing")
        time.sleep(0.05)
    with progress.batch_progress(shown=False, stages=True, count=lambda: 3):
        time.sleep(0.05)

    assert lines == []


def test_a_batch_tells_what_is_done_what_failed_and_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    found = progress.BatchProgress()
    found.total = 300
    for number in range(12):
        found.advance(failed=number < 4)
    now += 15

    assert found.line() == "12 of 300, 4 failed, about 6 min left"


def test_a_batch_of_unknown_size_tells_how_long_it_took() -> None:
    found = progress.BatchProgress()
    found.advance(failed=False)

    assert found.line() == "1 articles, 0 s"


def test_a_batch_of_one_at_a_time_tells_the_stage(lines: list[str]) -> None:
    with progress.batch_progress(shown=True, stages=True, count=lambda: 4) as found:
        step("reading 786 tokens")
        found.advance(failed=False)
        until(lambda: any("of 4" in line for line in lines))

    assert re.fullmatch(r"1 of 4, about 0 s left: reading 786 tokens", lines[-1])


def test_a_batch_finds_out_how_many_there_are(lines: list[str]) -> None:
    with progress.batch_progress(shown=True, stages=False, count=lambda: 7) as found:
        until(lambda: any("0 of 7" in line for line in lines))

    assert found.total == 7
    assert re.fullmatch(r"0 of 7, \d+ s", lines[-1])


def on_a_terminal(*arguments: object) -> str:
    """What a command shows on a terminal."""
    main, side = pty.openpty()
    command = [sys.executable, "-m", "summarizer", *map(str, arguments)]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(command, stdout=side, stderr=side, env=environment)
    os.close(side)
    shown = b""
    while True:
        try:
            piece = os.read(main, 10_000)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        shown += piece
    process.wait()
    os.close(main)
    return shown.decode(errors="replace")


def test_a_terminal_shows_stage_seconds_and_draft(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    slow = replace(answer(ANSWER, pieces=40), delay=0.5, pause=0.4)
    with StandIn(slow) as server:
        shown = on_a_terminal(
            "summarize", path, "--base-url", server.base_url, "--model", "big-70b",
            "--length", "25", "--no-context", "--no-cache",
        )  # fmt: skip

    assert " tokens, " in shown
    assert "reading " in shown
    assert "writing, " in shown
    assert "The council of Ardenholm" in shown
