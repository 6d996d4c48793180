"""Servers that outlive the command that started them, with a stand-in for the engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import is_gone, wait_until
from typer.testing import CliRunner, Result
from whole_app import app

from summarizer.errors import ConfigurationError, ModelUnavailableError
from summarizer.llm.embedded.server import Server
from summarizer.llm.embedded.shared import (
    close_shared_servers,
    kept_servers,
    shared_server,
    stop,
)
from summarizer.settings import load_settings

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Servers outlive their commands for a minute; none outlives the test."""
    monkeypatch.setenv("SUMMARIZER_KEEP_ALIVE", "1")
    yield
    close_shared_servers()
    for record in kept_servers(load_settings()):
        stop(record)


def use(weights: Path) -> Server:
    return shared_server(weights, settings=load_settings())


def another_command(weights: Path) -> int:
    """What another process finds or starts, by its process id; it ends at once."""
    return int(started(weights).communicate(timeout=30)[0])


def started(weights: Path, then: str = "") -> subprocess.Popen[str]:
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from summarizer.llm.embedded.shared import shared_server\n"
        "from summarizer.settings import load_settings\n"
        "server = shared_server(Path(sys.argv[1]), settings=load_settings())\n"
        f"print(server.pid, flush=True)\n{then}"
    )
    command = [sys.executable, "-W", "error", "-c", script, str(weights)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def record_file() -> Path:
    (file,) = (load_settings().data_dir / "engines").glob("*.json")
    return file


def models(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["models", *arguments])


def test_the_next_command_finds_it(weights: Path) -> None:
    first = another_command(weights)

    assert not is_gone(first)
    assert another_command(weights) == first
    assert use(weights).pid == first
    assert use(weights).alive


def test_it_is_off_by_default(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUMMARIZER_KEEP_ALIVE")

    wait_until(lambda: is_gone(another_command(weights)))
    assert kept_servers(load_settings()) == []


def test_only_the_user_can_read_address_and_key(weights: Path) -> None:
    key = use(weights).api_key

    assert key in record_file().read_text()
    for path, mode in ((record_file(), 0o600), (record_file().parent, 0o700)):
        assert path.stat().st_mode & 0o777 == mode


def test_two_commands_at_once_start_one(weights: Path) -> None:
    both = [started(weights), started(weights)]

    first, second = (process.communicate(timeout=30)[0] for process in both)
    assert first == second


def test_it_ends_when_nobody_has_used_it_for_so_long(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMARIZER_KEEP_ALIVE", str(0.5 / 60))
    used = use(weights)
    with started(weights, "time.sleep(60)") as other:
        assert int(other.stdout.readline() if other.stdout else "") == used.pid
        close_shared_servers()
        time.sleep(1)
        assert not is_gone(used.pid)  # the other one uses it
        other.kill()

    wait_until(lambda: is_gone(used.pid))
    # Its memory goes before its locks do.
    wait_until(lambda: kept_servers(load_settings()) == [])


def test_a_killed_command_leaves_it_usable(weights: Path) -> None:
    with started(weights, "time.sleep(60)") as command:
        pid = int(command.stdout.readline() if command.stdout else "")
        command.kill()

    assert another_command(weights) == pid


def test_a_killed_server_is_replaced(weights: Path) -> None:
    first = use(weights).pid
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: is_gone(first))

    assert another_command(weights) != first
    assert use(weights).pid != first


def test_a_stale_record_is_not_trusted(weights: Path) -> None:
    record = record_of(weights)
    text = record.read_text()
    stop(kept_servers(load_settings())[0])
    # Another server may listen at that port by now, and its owner would get articles and key.
    record.write_text(text)
    record.chmod(0o600)

    assert kept_servers(load_settings()) == []
    assert use(weights).base_url != f"{json.loads(text)['url']}/v1"


def record_of(weights: Path) -> Path:
    another_command(weights)
    return record_file()


@pytest.mark.parametrize("mode", [0o644, 0o620])
def test_a_file_that_others_may_open_is_not_trusted(weights: Path, mode: int) -> None:
    record_of(weights).chmod(mode)
    assert kept_servers(load_settings()) == []
    record_file().chmod(0o600)


def test_another_users_file_is_not_trusted(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_of(weights)
    with monkeypatch.context() as patch:
        patch.setattr(os, "getuid", lambda: 12345)
        assert kept_servers(load_settings()) == []
        with pytest.raises(ConfigurationError, match="others may write to"):
            use(weights)


def test_a_link_is_not_followed(weights: Path, tmp_path: Path) -> None:
    record = record_of(weights)
    moved = record.rename(tmp_path / "moved.json")
    record.symlink_to(moved)
    assert kept_servers(load_settings()) == []
    record.unlink()
    moved.rename(record)


def test_other_settings_or_weights_are_another_server(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = another_command(weights)
    monkeypatch.setenv("SUMMARIZER_CONTEXT_LENGTH", "2048")
    second = another_command(weights)
    monkeypatch.delenv("SUMMARIZER_CONTEXT_LENGTH")
    os.utime(weights, ns=(1, 1))

    assert len({first, second, another_command(weights)}) == 3


def test_a_failed_start_says_why_and_leaves_nothing(weights: Path) -> None:
    weights.write_bytes(b"GGUFdamaged")

    with pytest.raises(ModelUnavailableError, match="tensor is not within the file"):
        use(weights)
    assert kept_servers(load_settings()) == []


def test_ps_shows_it_and_stop_ends_it(weights: Path) -> None:
    pid = another_command(weights)

    shown = models("ps").stdout
    assert f"own  process {pid}  http://127.0.0.1:" in shown
    assert json.loads(record_file().read_text())["api_key"] not in shown
    assert models("stop", "another").stderr == "nothing to stop\n"
    assert models("stop", "own").stderr == "stopped own\n"
    wait_until(lambda: is_gone(pid))
    assert models("ps").stdout == ""


def test_a_server_that_hangs_is_stopped(weights: Path) -> None:
    pid = another_command(weights)
    os.kill(pid, signal.SIGSTOP)

    models("stop")

    wait_until(lambda: is_gone(pid))
