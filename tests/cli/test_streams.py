"""What becomes of a command when its standard output fails."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from summarizer.cli import main
from summarizer.cli.console import write_json

COMMAND = [sys.executable, "-m", "summarizer", "taxonomy", "list"]


def test_a_reader_that_went_away_ends_a_command_quietly() -> None:
    reader, end = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(COMMAND, stdout=end, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(end)

    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_is_an_error_without_a_traceback() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(COMMAND, stdout=full, stderr=subprocess.PIPE, check=False)

    told = [
        b"error: no space is left on the disk",
        b"  try: make room on the disk, or write to another one",
    ]
    assert (done.returncode, done.stderr.splitlines()) == (1, told)


def test_closed_streams_lead_nowhere_and_take_no_files() -> None:
    program = (
        "import os; [os.close(number) for number in (0, 1, 2)]; "
        f"os.execv({sys.executable!r}, {[*COMMAND, '--json']!r})"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)

    assert done.returncode == 0


LATIN = {**os.environ, "PYTHONIOENCODING": "latin-1"}
TAXONOMY = "name: T\nversion: '1'\ntopics:\n  - id: a\n    name: caf\u00e9 \u2026\n"


@pytest.fixture
def taxonomy(tmp_path: Path) -> str:
    path = tmp_path / "desk.yaml"
    path.write_text(TAXONOMY, encoding="utf-8")
    return str(path)


def test_text_is_what_the_locale_can_show(taxonomy: str) -> None:
    command = [*COMMAND, "--taxonomy", taxonomy]
    done = subprocess.run(command, env=LATIN, capture_output=True, check=True)

    assert done.stdout == "a  caf\u00e9 ?\n".encode("latin-1")


def test_json_is_utf8_in_every_locale(taxonomy: str) -> None:
    command = [*COMMAND, "--json", "--taxonomy", taxonomy]
    done = subprocess.run(command, env=LATIN, capture_output=True, check=True)

    assert json.loads(done.stdout.decode("utf-8"))[0]["name"] == "caf\u00e9 \u2026"


def test_json_has_no_characters_that_act_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_json(["\x9b31m\u202e\x1b"])

    shown = capsys.readouterr().out
    assert shown.replace("\n", "").isprintable()
    assert json.loads(shown) == ["\x9b31m\u202e\x1b"]


def test_on_one_terminal_no_bar_is_drawn_into_the_records() -> None:
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "summarizer", "classify", "no.txt", "none.txt"]
    with subprocess.Popen([*command, "-m", "extractive"], stdout=end, stderr=end) as process:
        os.close(end)
        shown = b""
        with suppress(OSError):  # how Linux says that the other end is closed
            while piece := os.read(terminal, 4096):
                shown += piece
        os.close(terminal)

    assert process.returncode == 1
    assert b"there is no file 'none.txt'" in shown
    assert b" articles" not in shown


def test_ctrl_c_while_a_command_loads_ends_it_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "command_line", interrupted)
    monkeypatch.setattr(main.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        main.main()

    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "")
