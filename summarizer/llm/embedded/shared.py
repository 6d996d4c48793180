"""One server per process and model, started on first need."""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path

from summarizer.llm.embedded.server import EmbeddedServer
from summarizer.settings import Settings

_servers: dict[Path, EmbeddedServer] = {}
_lock = threading.Lock()


def shared_server(model: Path, *, settings: Settings, verbose: bool = False) -> EmbeddedServer:
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
        server = EmbeddedServer.start(path, settings=settings, verbose=verbose)
        _servers[path] = server
        return server


@atexit.register
def close_shared_servers() -> None:
    """End all servers of this process."""
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
