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
from typing import Any

TRAINED_FOR = 8192
REFUSAL = "0.00.021.642 E llama_model_load: error loading model: tensor is not within the file\n"


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
        print("the engine writes on stdout")  # noqa: T201 - as native code does

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

        server = ThreadingHTTPServer((params.hostnames[0], params.port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.listening_address = f"http://{params.hostnames[0]}:{server.server_port}"


def behave(wish: str) -> None:
    """Fail in the way that the weights name."""
    if wish == "damaged":
        sys.stderr.write(REFUSAL)
        raise RuntimeError("Failed to init server, please check the input params.")
    if wish == "no memory":
        os.kill(os.getpid(), signal.SIGKILL)
    if wish == "slow":
        time.sleep(60)
    if wish == "no libgomp":
        raise ImportError("libgomp.so.1: cannot open shared object file")


def vars_or_list(value: Any) -> Any:
    """What JSON does not know by itself."""
    return list(value) if isinstance(value, set) else vars(value)
