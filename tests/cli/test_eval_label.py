"""``summarizer eval label`` on a real terminal, by real keys."""

from __future__ import annotations

import json
import os
import pty
import select
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from report_runs import digest, write_run
from typer.testing import CliRunner
from whole_app import app

from summarizer.evaluation.suite.file import load_suite
from summarizer.evaluation.suite.samples import load_samples
from summarizer.settings import load_settings

TOLD = "On Tuesday the council voted to rebuild it."
NOT_TOLD = "The mayor resigned on Friday."
SECONDS = 60


class Session(NamedTuple):
    """What a terminal showed, and how the command ended."""

    shown: str
    exit_code: int


def typed(folder: Path, *keys: str, rater: str = "ann", source: str = "run") -> Session:
    """The command on a terminal of its own; each text of keys when the screen waits for one."""
    command = ["-m", "summarizer", "eval", "label", source, "-o", "labels.jsonl", "--rater", rater]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, *command])  # noqa: S606 - our own command
    shown, left = b"", list(keys)
    deadline = time.monotonic() + SECONDS
    waiting = 0
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # how Linux says that the other end is closed
            break
        if not data:
            break
        shown += data
        if left and shown.count(b". quit") > waiting:
            waiting = shown.count(b". quit")
            os.write(terminal, left.pop(0).encode())
    os.close(terminal)
    return Session(shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_run(tmp_path, {"m": lambda sample: digest(sample, TOLD, NOT_TOLD)}, rows=3)
    return tmp_path


def rows(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "labels.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_keys_make_rows_that_a_suite_is_made_of(folder: Path) -> None:
    done = typed(folder, "2", "a", "\n", "/sport\n", "+It rains.\n", "\n", ">")
    assert done.exit_code == 0, done.shown
    assert "2 of 3 articles labelled by ann" in done.shown
    first, second = rows(folder)
    assert first["rater"] == "ann"
    assert first["gold_topics"][0] == "11000000"
    assert len(first["gold_topics"]) == 2
    assert first["key_facts"] == [TOLD]
    assert first["claims"] == [
        {"text": TOLD, "supported": True},
        {"text": NOT_TOLD, "supported": False},
    ]
    assert second["gold_topics"] == ["11000000", "15000000"]
    assert second["key_facts"] == ["It rains."]
    suite = load_suite(folder / "labels.jsonl")
    assert suite.suite.metrics.primary == ("topic_f1", "key_fact_recall")
    assert len(load_samples(suite, settings=load_settings()).samples) == 2


def test_what_stands_in_the_article_is_checked_and_the_rest_has_its_passage(tmp_path: Path) -> None:
    words = (
        "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood took away."
    )
    write_run(tmp_path, {"m": lambda sample: digest(sample, words, TOLD)}, rows=1)
    done = typed(tmp_path, "\n")
    assert done.exit_code == 0, done.shown
    assert rows(tmp_path)[0]["key_facts"] == [words]
    screen = " ".join(done.shown.split())
    assert "| word for word in the article b [ ] On Tuesday the council" in screen
    assert f"rebuild it. | {words[:40]}" in screen


def test_a_name_that_is_typed_says_what_came_of_it(folder: Path) -> None:
    shown = typed(folder, "/sport\n", "/sport\n", "/zebra\n", "/and\n", ".").shown
    assert "sport [x]" in shown
    assert "sport [ ]" in shown
    assert "no topic has 'zebra' in its name" in shown
    assert "'and' is in several names, type one of them: " in shown


def test_nothing_is_lost_on_ctrl_c_and_the_same_command_goes_on(folder: Path) -> None:
    stopped = typed(folder, "1", "\n", "ab", "\x03")
    assert stopped.exit_code == 130
    assert (
        "go on with:\r\n  summarizer eval label run --output labels.jsonl --rater ann"
        in stopped.shown
    )
    assert len(rows(folder)) == 1
    done = typed(folder, "\n", "\n")
    assert done.exit_code == 0, done.shown
    first, second, third = rows(folder)
    assert first["gold_topics"] == []
    assert second["key_facts"] == [TOLD, NOT_TOLD], "the keys before Ctrl-C"
    assert third["key_facts"] == []
    assert [path.name for path in folder.glob(".labels*draft*")] == []


def test_back_corrects_and_keys_typed_ahead_count(folder: Path) -> None:
    done = typed(folder, "a\n<b\n.")
    assert done.exit_code == 0
    first, again = rows(folder)
    assert first["id"] == again["id"]
    assert again["key_facts"] == [TOLD, NOT_TOLD]
    assert "(labelled)" in done.shown


def test_arrow_keys_and_keys_that_mean_nothing_do_nothing(folder: Path) -> None:
    typed(folder, "\x1b[3~\x1b[BzQ\x7f\n.")
    assert rows(folder)[0]["gold_topics"] == ["11000000"]
    assert rows(folder)[0]["key_facts"] == []


def test_a_second_rater_and_the_agreement_of_both(folder: Path) -> None:
    typed(folder, "a\na\na\n")
    typed(folder, "a\nab\n1\n", rater="ben")
    assert len(rows(folder)) == 6
    labels = str(folder / "labels.jsonl")
    done = CliRunner().invoke(app, ["eval", "label", labels, "--agreement"])
    assert done.exit_code == 0, done.output
    assert "3 articles labelled by ann, ben" in done.stdout
    record = json.loads(
        CliRunner().invoke(app, ["eval", "label", labels, "--agreement", "--json"]).stdout
    )
    assert record["claims"]["units"] == 6
    assert record["claims"]["alpha"] == pytest.approx(1 - 11 * 4 / 72)
    assert len(record["differ"]) == 2


def test_without_a_terminal_or_a_rater_one_line_says_why(folder: Path) -> None:
    run = str(folder / "run")
    done = CliRunner().invoke(app, ["eval", "label", run, "-o", str(folder / "x.jsonl")])
    assert done.exit_code == 2
    assert "--rater NAME" in done.stderr
    done = CliRunner().invoke(
        app, ["eval", "label", run, "-o", str(folder / "x.jsonl"), "--rater", "ann"]
    )
    assert done.exit_code == 2
    assert "takes a terminal" in done.stderr


def test_the_agreement_in_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["eval", "label", str(tmp_path / "no.jsonl"), "--agreement"])
    assert (done.exit_code, "there is no file" in done.stderr) == (2, True)


def test_labels_go_to_no_file_of_something_else(folder: Path) -> None:
    gold = folder / "gold.jsonl"
    gold.write_text('{"id": "a", "article": "The bridge opens in May.", "gold_topics": []}\n')
    for path in (gold, folder / "run" / "cases.jsonl", folder / "run" / "scores.jsonl"):
        before = path.read_bytes() if path.exists() else None
        command = ["eval", "label", str(folder / "run"), "-o", str(path), "--rater", "ann"]
        done = CliRunner().invoke(app, command)
        assert (done.exit_code, "name another file" in done.stderr) == (2, True), done.stderr
        assert (path.read_bytes() if path.exists() else None) == before
