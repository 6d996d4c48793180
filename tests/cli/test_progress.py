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

from summarizer.cli import console as progress
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
    with progress.progress_line(quiet=True) as line:
        line.update(1, 3)
        time.sleep(0.05)

    assert lines == []


def test_a_batch_tells_what_is_done_what_failed_and_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    line = progress.ProgressLine("digests")
    for done in range(1, 13):
        line.update(done, 300, failed=4, note="$0.02")
    now += 15

    assert str(line) == "12 of 300 digests, 4 failed, $0.02, about 6 min left"


def test_what_was_done_before_does_not_count_as_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    line = progress.ProgressLine()
    now += 60
    line.update(201, 301)

    assert str(line) == "201 of 301, about 1.7 h left"


def test_what_comes_before_the_first_is_done_tells_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    line = progress.ProgressLine("passages embedded")
    for stored in range(1, 4):
        now += 20
        line.update(0, 100 * stored)
    assert str(line) == "0 of 300 passages embedded, 60 s"
    now += 2
    line.update(10, 300)

    assert str(line) == "10 of 300 passages embedded, about 58 s left"


def test_a_batch_of_unknown_size_tells_how_long_it_took() -> None:
    line = progress.ProgressLine("articles")
    line.update(1)

    assert str(line) == "1 articles, 0 s"


def test_the_stages_before_the_first_is_done_are_told_of_any_number_at_a_time() -> None:
    line = progress.ProgressLine("articles", stages=False)
    assert str(line) == ""
    line.hear("downloading the model, 12 % of 1.1 GB")
    assert str(line) == "downloading the model, 12 % of 1.1 GB, 0 s"
    line.update(1, 4)

    assert str(line) == "1 of 4 articles, about 0 s left"


def test_a_batch_of_one_at_a_time_tells_the_stage(lines: list[str]) -> None:
    with progress.progress_line() as line:
        progress.count_in_background(line, lambda: 4)
        step("reading 786 tokens")
        line.update(1)
        until(lambda: any("of 4" in line for line in lines))

    assert re.fullmatch(r"1 of 4, about 0 s left: reading 786 tokens", lines[-1])


def test_a_batch_finds_out_how_many_there_are(lines: list[str]) -> None:
    with progress.progress_line(stages=False) as line:
        progress.count_in_background(line, lambda: 7)
        until(lambda: any("0 of 7" in line for line in lines))

    assert line.total == 7
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
