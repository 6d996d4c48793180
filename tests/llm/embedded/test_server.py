from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from processes import is_gone, wait_until

from summarizer.errors import ConfigurationError, ModelUnavailableError
from summarizer.llm.embedded import server as server_module
from summarizer.llm.embedded.server import EmbeddedServer, Server, ServerRecord
from summarizer.llm.embedded.shared import close_shared_servers, shared_server
from summarizer.settings import load_settings

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True)
def no_server_is_left() -> Any:
    yield
    close_shared_servers()


def start(weights: Path, **options: Any) -> EmbeddedServer:
    return EmbeddedServer.start(weights, settings=load_settings(), **options)


def params(server: EmbeddedServer, key: str | None = None) -> dict[str, Any]:
    """The parameters of the running engine, over HTTP."""
    response = httpx.get(
        f"{server.base_url}/models",
        headers={"Authorization": f"Bearer {key or server.api_key}"},
        trust_env=False,
    )
    return dict(response.raise_for_status().json()["params"])


def test_it_serves_on_loopback_with_a_random_key(weights: Path) -> None:
    with start(weights) as server, start(weights) as other:
        assert server.base_url.startswith("http://127.0.0.1:")
        assert server.base_url.endswith("/v1")
        assert server.name == "own"
        assert params(server)["model_alias"] == ["own"]
        assert server.api_key != other.api_key
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            params(server, key="guess")


def test_the_key_is_not_visible_to_other_users(weights: Path) -> None:
    with start(weights) as server:
        for name in ("cmdline", "environ"):
            assert server.api_key not in Path(f"/proc/{server.pid}/{name}").read_text()


def test_slots_and_threads_follow_the_cores(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, slots in ((1, 1), (2, 1), (8, 2), (64, 8)):
        monkeypatch.setattr(server_module, "usable_cores", lambda cores=cores: cores)
        with start(weights) as server:
            seen = params(server)
        assert (seen["n_parallel"], seen["cpuparams"]["n_threads"]) == (slots, cores)
        assert seen["n_ctx"] == 4096 * slots
        assert server.context_length == 4096


def test_settings_decide_slots_threads_and_context(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMARIZER_SLOTS", "3")
    monkeypatch.setenv("SUMMARIZER_THREADS", "1")
    monkeypatch.setenv("SUMMARIZER_CONTEXT_LENGTH", "2048")
    with start(weights) as server:
        seen = params(server)

    assert (seen["n_parallel"], seen["n_ctx"], server.context_length) == (3, 3 * 2048, 2048)
    assert seen["cpuparams_batch"]["n_threads"] == 1


def test_layers_go_to_a_gpu_as_the_engine_decides_or_the_user(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start(weights) as server:
        assert "n_gpu_layers" not in params(server)
    monkeypatch.setenv("SUMMARIZER_GPU_LAYERS", "0")
    with start(weights) as server:
        assert params(server)["n_gpu_layers"] == 0


@pytest.mark.parametrize(("wish", "told"), [("least", "false"), ("low", "true")])
def test_chat_templates_are_told_whether_to_think(
    weights: Path, wish: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMARIZER_REASONING", wish)
    with start(weights) as server:
        assert params(server)["default_template_kwargs"] == {"enable_thinking": told}


def test_the_window_is_what_the_model_has(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUMMARIZER_CONTEXT_LENGTH", "100000")
    with start(weights) as server:
        assert server.context_length == 8192


def test_close_ends_the_process_and_may_be_repeated(weights: Path) -> None:
    server = start(weights)
    server.close()
    server.close()

    assert not server.alive
    assert is_gone(server.pid)


def test_close_ends_a_process_that_hangs(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_CLOSE_SECONDS", 0.1)
    server = start(weights)
    os.kill(server.pid, signal.SIGSTOP)
    server.close()

    assert is_gone(server.pid)


def test_ctrl_c_does_not_reach_it(weights: Path) -> None:
    with start(weights) as server:
        os.kill(server.pid, signal.SIGINT)
        assert params(server)
        assert os.getsid(server.pid) != os.getsid(0)


@pytest.mark.parametrize(
    ("wish", "message", "hint"),
    [
        ("damaged", "tensor is not within the file", "damaged, incomplete"),
        ("killed", "ran out of memory", "smaller model"),
        ("little memory", "ran out of memory", "smaller context"),
        ("too many slots", "cannot make room", "SUMMARIZER_SLOTS"),
        ("no libgomp", "libgomp", "apt-get install libgomp1"),
    ],
)
def test_a_failed_start_says_why(weights: Path, wish: str, message: str, hint: str) -> None:
    weights.write_bytes(b"GGUF" + wish.encode())

    with pytest.raises(ModelUnavailableError, match=message) as caught:
        start(weights)
    assert caught.value.hint is not None
    assert hint in caught.value.hint


def test_a_start_that_takes_too_long_is_ended(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.write_bytes(b"GGUFslow")
    monkeypatch.setattr(server_module, "_START_SECONDS", 0.5)

    with pytest.raises(ModelUnavailableError, match="in time"):
        start(weights)


def test_a_port_in_use_is_named(weights: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ModelUnavailableError, match="cannot listen"):
            start(weights, port=port)


def test_without_the_engine_the_package_is_named(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "site" / "xllamacpp.py").write_text("raise ImportError('No module named x')")

    with pytest.raises(ModelUnavailableError, match="cannot be imported") as caught:
        start(weights)
    assert caught.value.hint == "pip install xllamacpp"


def test_a_file_of_another_format_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "own.gguf"
    file.write_bytes(b"PK\x03\x04")

    with pytest.raises(ConfigurationError, match="not a GGUF file"):
        start(file)


def test_its_logs_are_silent_unless_asked_for(
    weights: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with start(weights) as quiet:
        assert params(quiet)["verbosity"] == 1
    assert capfd.readouterr() == ("", "")

    with start(weights, verbose=True) as loud:
        assert params(loud)["verbosity"] == 3
    assert capfd.readouterr() == ("", "the engine writes on stdout\n")


# Shared by the threads of a process


def shared(weights: Path) -> EmbeddedServer:
    return shared_server(weights, settings=load_settings())


def test_threads_share_one_server(weights: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        servers = list(pool.map(lambda _: shared(weights), range(4)))

    assert len({server.pid for server in servers}) == 1


def test_a_server_that_died_is_replaced(weights: Path) -> None:
    first = shared(weights)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()

    second = shared(weights)

    assert second.pid != first.pid
    assert params(second)


def test_a_server_that_is_dying_is_replaced(weights: Path) -> None:
    first = shared(weights)
    # The port is closed, but the process has not ended yet.
    first.base_url = "http://127.0.0.1:9/v1"

    assert shared(weights).pid != first.pid
    assert is_gone(first.pid)


def test_each_model_has_a_server_of_its_own(weights: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")

    assert shared(weights).pid != shared(other).pid


START = """
import os, signal, sys, time
from pathlib import Path
from summarizer.llm.embedded.shared import shared_server
from summarizer.settings import load_settings
def start():
    return shared_server(Path(sys.argv[1]), settings=load_settings())
server = start()
print(server.pid, flush=True)
"""


def run(script: str, weights: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", START + script, str(weights)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    "end",
    ["", "raise SystemExit(3)", "os._exit(0)", "os.kill(os.getpid(), signal.SIGTERM)"],
)
def test_it_ends_with_its_process(weights: Path, end: str) -> None:
    with run(end, weights) as process:
        out, err = process.communicate(timeout=30)

    assert err == ""
    wait_until(lambda: is_gone(int(out)))


def test_it_ends_with_a_killed_process(weights: Path) -> None:
    with run("time.sleep(60)", weights) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert not is_gone(pid)
        process.kill()

        wait_until(lambda: is_gone(pid))


def test_a_forked_process_starts_a_server_of_its_own(weights: Path) -> None:
    script = """
child = os.fork()
if child == 0:
    print(start().pid, flush=True)
    sys.exit(0)
os.waitpid(child, 0)
print(server.alive, flush=True)
"""
    with run(script, weights) as process:
        out, err = process.communicate(timeout=30)
    first, second, alive = out.split()

    assert err == ""
    assert (first != second, alive) == (True, "True")
    wait_until(lambda: is_gone(int(first)) and is_gone(int(second)))


def test_it_does_not_outlive_its_process_in_a_fork(weights: Path) -> None:
    script = """
child = os.fork()
if child == 0:
    os.close(1), os.close(2)
    time.sleep(60)
    os._exit(0)
print(child, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    with run(script, weights) as process:
        server, child = map(int, process.communicate(timeout=30)[0].split())

    try:
        wait_until(lambda: is_gone(server))
    finally:
        os.kill(child, signal.SIGKILL)


def test_asking_whether_a_server_lives_reads_no_certificates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> str:
        raise FileNotFoundError("cacert.pem")

    monkeypatch.setattr("certifi.where", missing)
    record = ServerRecord("m.gguf", "m", "key", 1, "http://127.0.0.1:1", 4096, 1)
    assert not Server(record).alive
