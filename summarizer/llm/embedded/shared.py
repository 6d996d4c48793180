"""One server per process and model, started on first need; or per user, for a while.

With the setting ``keep_alive`` a server outlives the command that started it. What the next
command needs to find it is in a folder of its own, which nobody else may look into:

    NAME.json   address and key; locked by the server for as long as it lives, so that a record
                without that lock is none, and a port that was reused is never asked
    NAME.users  locked (shared) by every process that uses it; the server ends when nobody has
                locked it for so many minutes
    NAME.lock   held while a server is looked for and started: two commands start one

The locks are the kernel's, which gives them back when a process ends, however it does. A file
that another user owns or could have written is refused.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import signal
import stat
import threading
import time
from pathlib import Path

from summarizer.errors import ConfigurationError, ModelUnavailableError, system_errors
from summarizer.llm.embedded.server import EmbeddedServer, Server, ServerRecord, served_as
from summarizer.settings import Settings

# A server whose command was killed while it was loading is waited for.
_LOADING_SECONDS = 600.0
_POLL_SECONDS = 0.05
_ANOTHER_FOLDER = "SUMMARIZER_DATA_DIR names another folder; SUMMARIZER_KEEP_ALIVE=0 needs none"

_lock = threading.Lock()


class KeptServer(Server):
    """A server that this process uses, and does not own."""

    def __init__(self, record: ServerRecord, users: int) -> None:
        super().__init__(record)
        self._record = record.file
        self._users: int | None = users  # the handle whose lock says that it is used

    @property
    def alive(self) -> bool:
        """See Server."""
        return self._record is not None and _is_locked(self._record) and super().alive

    def close(self) -> None:
        """Use it no more."""
        if self._users is not None:
            os.close(self._users)
            self._users = None


_servers: dict[Path, Server] = {}


def shared_server(model: Path, *, settings: Settings, verbose: bool = False) -> Server:
    """The server of this process for ``model``; started now if there is none, or if it died.

    Ask again before each request rather than keeping the address: a server that died is
    replaced by one with another port and key. Closed when the process ends, however it ends.
    The settings of the first call count.

    Raises what ``EmbeddedServer.start`` raises.
    """
    path = model.resolve()
    with _lock:
        server = _servers.get(path)
        if server is not None and server.alive:
            return server
        if server is not None:
            server.close()
        if settings.keep_alive and not verbose:  # the log of a kept one would go nowhere
            server = _kept_server(path, settings)
        else:
            server = EmbeddedServer.start(path, settings=settings, verbose=verbose)
        _servers[path] = server
        return server


def kept_servers(settings: Settings) -> list[ServerRecord]:
    """The servers of this user that outlived their commands."""
    found = (_record(file) for file in sorted((settings.data_dir / "engines").glob("*.json")))
    return [record for record in found if record is not None]


def stop(record: ServerRecord) -> None:
    """End a kept server, also while it is used: its users start another one."""
    if record.file is None or not _is_locked(record.file):
        return
    # The pid is the server's as long as it holds the lock. It has nothing to put in order.
    with contextlib.suppress(ProcessLookupError):
        os.kill(record.pid, signal.SIGKILL)
    record.file.unlink(missing_ok=True)


def _kept_server(path: Path, settings: Settings) -> KeptServer:
    """The server that was kept for ``path`` and these settings, or a new one to keep."""
    import fcntl

    from filelock import FileLock

    file = _folder(settings) / f"{_name(path, settings)}.json"
    users_file = file.with_suffix(".users")
    users = _open_private(users_file, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits for a server that is about to end
        with FileLock(file.with_suffix(".lock"), mode=0o600):
            record = _record(file, wait=True)
            if record is None:
                file.unlink(missing_ok=True)
                keep = {"record": str(file), "users": str(users_file)}
                seconds = {"seconds": 60 * settings.keep_alive}
                EmbeddedServer.start(path, settings=settings, keep=keep | seconds).abandon()
                record = _record(file, wait=True)
        if record is None:
            raise ModelUnavailableError("the embedded engine ended as soon as it had started")
        return KeptServer(record, users)
    except BaseException:
        os.close(users)
        raise


def _name(path: Path, settings: Settings) -> str:
    """Names what makes a server this one: the file in its present state, and how it is served."""
    state = path.stat()
    served = sorted(served_as(settings).items())
    parts = [str(path), state.st_size, state.st_mtime_ns, served]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _folder(settings: Settings) -> Path:
    folder = settings.data_dir / "engines"
    with system_errors(f"cannot write to {str(folder)!r}", hint=_ANOTHER_FOLDER):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.stat()
    if state.st_uid != os.getuid() or state.st_mode & 0o022:
        raise ConfigurationError(f"others may write to {str(folder)!r}", hint=_ANOTHER_FOLDER)
    return folder


def _record(file: Path, *, wait: bool = False) -> ServerRecord | None:
    """What ``file`` tells of a server that lives; None where none does, or the file is not ours.

    Args:
        file: a record.
        wait: let a server that has locked its record, and is loading, write it.
    """
    give_up = time.monotonic() + (_LOADING_SECONDS if wait else 0.0)
    while _is_locked(file):
        with contextlib.suppress(OSError, ValueError, TypeError, ConfigurationError):
            handle = _open_private(file, os.O_RDONLY)
            with open(handle, encoding="utf-8") as text:  # noqa: PTH123 - an open handle
                return ServerRecord(**json.loads(text.read()))._replace(file=file)
        if time.monotonic() >= give_up:
            break
        time.sleep(_POLL_SECONDS)
    return None


def _open_private(file: Path, flags: int) -> int:
    """A handle of a file that is this user's alone."""
    with system_errors(f"cannot open {str(file)!r}"):
        handle = os.open(file, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    state = os.fstat(handle)
    private = not state.st_mode & 0o077 and stat.S_ISREG(state.st_mode)
    if state.st_uid != os.getuid() or not private:
        os.close(handle)
        raise ConfigurationError(
            f"{str(file)!r} is not yours alone: it is not used", hint=_ANOTHER_FOLDER
        )
    return handle


def _is_locked(file: Path) -> bool:
    """Whether the server that the record is of lives; not where the record is not ours."""
    import fcntl

    try:
        handle = _open_private(file, os.O_RDWR)
    except ConfigurationError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


@atexit.register
def close_shared_servers() -> None:
    """End all servers of this process, and let go of those that are kept."""
    with _lock:
        while _servers:
            _servers.popitem()[1].close()


def _forget_after_fork() -> None:
    """A forked process starts servers of its own; the lock may have been held in the old one."""
    global _lock
    _lock = threading.Lock()
    while _servers:
        _servers.popitem()[1].abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
