"""Stands in for xllamacpp in the server's child process: the weights say how it behaves."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

TRAINED_FOR = 8192
REFUSALS = {
    "damaged": "llama_model_load: error loading model: tensor is not within the file",
    "too many slots": "llama_init_from_model: failed to initialize the context: n_seq_max",
    "little memory": "ggml_aligned_malloc: insufficient memory (attempted to allocate 76800.00 MB)",
}


class CommonParams(SimpleNamespace):
    """Parameters, by name."""

    def __init__(self) -> None:
        super().__init__(
            model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace()
        )


class Server:
    """Answers every GET with its parameters."""

    def __init__(self, params: Any) -> None:
        behave(Path(params.model.path).read_bytes().removeprefix(b"GGUF").decode())
        print("the engine writes on stdout", flush=True)  # noqa: T201 - as native code does

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers["Authorization"] != f"Bearer {params.api_keys[0]}":
                    self.send_error(401)
                    return
                meta = {"n_ctx": min(params.n_ctx // params.n_parallel, TRAINED_FOR)}
                record = {"data": [{"meta": meta}], "params": vars(params)}
                body = json.dumps(record, default=vars_or_list).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                pass

        try:
            server = ThreadingHTTPServer((params.hostnames[0], params.port), Handler)
        except OSError:
            refuse("start: couldn't bind HTTP server socket")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.listening_address = f"http://{params.hostnames[0]}:{server.server_port}"


def behave(wish: str) -> None:
    """Fail in the way that the weights name."""
    if wish in REFUSALS:
        refuse(REFUSALS[wish])
    if wish == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if wish == "slow":
        time.sleep(60)
    if wish == "no libgomp":
        raise ImportError("libgomp.so.1: cannot open shared object file")


def refuse(reason: str) -> NoReturn:
    """Fail as the engine does: the log says why, the exception does not."""
    sys.stderr.write(f"0.00.021.642 E {reason}\n0.00.040.516 E srv    load_model: failed\n")
    raise RuntimeError("Failed to init server, please check the input params.")


def vars_or_list(value: Any) -> Any:
    """What JSON does not know by itself."""
    return list(value) if isinstance(value, set) else vars(value)
