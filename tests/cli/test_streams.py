"""What becomes of a command when its standard output fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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

    assert (done.returncode, done.stderr) == (1, b"error: no space is left on the disk\n")
