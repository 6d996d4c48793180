"""The server's own process: llama.cpp's HTTP server on one model, until the parent is gone.

Run as a script, so that it loads nothing of the package. stdin carries one JSON line, the
configuration, and then stays open for as long as the parent lives. With ``keep`` in the
configuration the server outlives its parent instead, until nobody has used it for so long.
stdout carries one JSON line back: the fields of a ``ServerRecord``, or
``{"error": reason, "detail": text}``.

A process of its own, because llama.cpp's destructor can dead-lock at exit, its logs go to file
descriptors 1 and 2, and a crash must not take the caller along. It ends by ``os._exit`` only.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.request
from typing import Any


def main() -> None:
    """Serve until stdin ends."""
    # Ctrl-C is for the parent, which then closes stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Idle OpenMP threads yield their core early. When another process wants the core, decoding is
    # 13 to 20 times faster with it, and nothing is lost otherwise. Read when libgomp is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
    config = json.loads(sys.stdin.readline())
    handshake = os.dup(1)
    os.dup2(2, 1)
    server = None  # Must stay referenced: it serves for as long as it lives.
    keep = config["keep"]
    try:
        record = _claim(keep["record"]) if keep else None
        server, answer = _start(config)
        if record is not None:
            os.write(record, json.dumps(answer).encode())
    except ImportError as error:
        answer = {"error": "import", "detail": str(error)}
    except Exception as error:
        answer = {"error": "start", "detail": str(error)}
    os.write(handshake, f"{json.dumps(answer)}\n".encode())
    os.close(handshake)
    if server is None:
        os._exit(1)
    if keep:
        _outlive(keep["users"], keep["seconds"])
    sys.stdin.read()
    os._exit(0)


def _claim(record: str) -> int:
    """Create the record, and lock it: it is valid for as long as it is locked.

    The kernel gives the lock back when this process ends, however it does.
    """
    import fcntl

    handle = os.open(record, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _outlive(users: str, seconds: float) -> None:
    """End this process when nobody has held a lock on ``users`` for so many seconds."""
    import fcntl

    handle = os.open(users, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    used = time.monotonic()
    while True:
        time.sleep(min(1.0, seconds / 4))
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            used = time.monotonic()
            continue
        if time.monotonic() - used >= seconds:
            os._exit(0)  # with the lock: who comes now waits for this, and starts another
        fcntl.flock(handle, fcntl.LOCK_UN)


def _start(config: dict[str, Any]) -> tuple[object, dict[str, Any]]:
    """The running server, which lives as long as the object, and the handshake's answer."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = config["model"]
    params.model_alias = {config["alias"]}
    params.hostnames = [config["host"]]
    params.port = config["port"]
    params.api_keys = [config["api_key"]]
    params.n_parallel = config["slots"]
    params.n_ctx = config["context_length"] * config["slots"]  # llama.cpp divides it again.
    params.cpuparams.n_threads = config["threads"]
    params.cpuparams_batch.n_threads = config["threads"]
    # A request that is given up ends at the next batch: as fast as 2048, and quick to cancel.
    params.n_batch = params.n_ubatch = 256
    params.cache_ram_mib = 256
    params.ui = params.endpoint_slots = params.endpoint_props = False
    params.verbosity = config["verbosity"]
    if config["gpu_layers"] is not None:  # else as many as a GPU has room for
        params.n_gpu_layers = config["gpu_layers"]
    # Chat templates that think by default are told not to; others do not know the name.
    params.default_template_kwargs = {"enable_thinking": json.dumps(config["reasoning"])}
    server = xllamacpp.Server(params)
    answer = {name: config[name] for name in ("model", "alias", "api_key", "slots")}
    answer |= {"url": server.listening_address, "pid": os.getpid()}
    answer["context_length"] = _context_length(answer["url"], config["api_key"])
    return server, answer


def _context_length(url: str, api_key: str) -> int:
    """The tokens of one slot's window: what was asked for, or less if the model has less."""
    request = urllib.request.Request(  # noqa: S310 - our own loopback server
        f"{url}/v1/models", headers={"Authorization": f"Bearer {api_key}"}
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=30) as response:
        return int(json.load(response)["data"][0]["meta"]["n_ctx"])


if __name__ == "__main__":
    main()
