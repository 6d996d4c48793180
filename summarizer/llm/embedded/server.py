"""The embedded server as its parent sees it: its process, its cores, why it did not start."""

from __future__ import annotations

import json
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, Self
from urllib.parse import urljoin

from summarizer.closing import Closing
from summarizer.errors import ModelUnavailableError, system_errors
from summarizer.llm.embedded.model_catalog import usable_cores
from summarizer.llm.embedded.weights import check_gguf
from summarizer.settings import Settings


def _start_failure(
    model: str, answer: dict[str, Any], *, status: int, log: str
) -> ModelUnavailableError:
    """The error for a child that did not start.

    Args:
        model: The weight file.
        answer: The child's handshake, empty if it sent none.
        status: The child's exit status, negative for a signal.
        log: What it wrote to stderr.
    """
    detail, why = answer.get("detail", ""), _last_error(log)
    file = Path(__file__).with_suffix(".toml")
    known = tomllib.loads(file.read_text(encoding="utf-8"))
    smaller = known.pop("smaller")
    if answer.get("error") == "import":
        kind = "no_libgomp" if "libgomp" in detail else "not_installed"
    elif answer.get("error") == "timeout":
        kind = "too_slow"
    elif status == -signal.SIGKILL:
        kind = "no_memory"
    else:
        kind = next(k for k, told in known.items() if "log" in told and re.search(told["log"], why))
    why = why or detail or f"it ended with status {status}"
    facts = {"model": model, "detail": detail, "why": why, "smaller": smaller}
    told = {name: text.format_map(facts) for name, text in known[kind].items()}
    return ModelUnavailableError(told["message"], hint=told["hint"])


def _last_error(log: str) -> str:
    """The first reason in llama.cpp's log, which later lines only repeat.

    A line is ``0.00.021.642 E llama_model_load: error loading model: tensor ... corrupted``.
    """
    found = re.search(r"^[\d.]+ E \S+ *\S*: (?:error loading model: )?(.+)$", log, re.MULTILINE)
    return found[1].strip() if found else ""


_CHILD = Path(__file__).with_name("child.py")
# Tokens per slot: instructions, an article of about 2,000 words, and the answer.
_CONTEXT_LENGTH = 4096
# On 2 cores one slot served more articles than two or four (7.6 against 6.3 per minute): reading
# is bound by the cores. Where there are more of them, slots share the reading of the weights.
_CORES_PER_SLOT = 4
_MOST_SLOTS = 8
# Errors only: the reason of a failed start. Information would be 3.
_QUIET, _VERBOSE = 1, 3
_START_SECONDS = 60.0
_SLOWEST_DISK_BYTES_PER_SECOND = 10e6
_CLOSE_SECONDS = 3.0
_HEALTH_SECONDS = 5.0


def served_as(settings: Settings) -> dict[str, Any]:
    """Those of the settings that say how a server serves its model."""
    names = {"context_length", "threads", "slots", "gpu_layers", "reasoning"}
    return settings.model_dump(mode="json", include=names)


class ServerRecord(NamedTuple):
    """A server that runs, as it told of itself."""

    model: str
    alias: str
    api_key: str
    slots: int
    url: str
    context_length: int
    pid: int
    file: Path | None = None  # where this is written, of a server that outlives its command


class Server(Closing):
    """A llama.cpp server, reached over HTTP on the loopback interface.

    Attributes:
        name: The model's name in the API: the file's name without its suffix.
        base_url: ``http://127.0.0.1:PORT/v1``.
        api_key: The key that the server asks for.
        context_length: Tokens of one request, prompt and answer together.
        slots: Requests that are served at the same time; more of them wait in line.
        pid: Its process id.
    """

    def __init__(self, record: ServerRecord) -> None:
        self.name, self.base_url = record.alias, f"{record.url}/v1"
        self.api_key, self.pid = record.api_key, record.pid
        self.context_length, self.slots = record.context_length, record.slots

    @property
    def alive(self) -> bool:
        """Whether the server answers, or is only too busy to.

        A killed process drops its connections a moment before its port is closed, and before its
        parent can see that it ended; so it is asked.
        """
        import httpx

        url = urljoin(self.base_url, "/health")
        try:
            # Without the certificates of the world, which take 30 ms to read: this is no TLS.
            httpx.get(url, timeout=_HEALTH_SECONDS, trust_env=False, verify=False)  # noqa: S501
        except httpx.TimeoutException:
            return True
        except httpx.HTTPError:
            return False
        return True

    def abandon(self) -> None:
        """Let go of a server that is not this process's to end."""
        self.close()


class EmbeddedServer(Server):
    """A server in a child process."""

    def __init__(self, process: subprocess.Popen[str], record: ServerRecord) -> None:
        super().__init__(record)
        self._process = process

    @classmethod
    def start(
        cls,
        model: Path,
        *,
        settings: Settings,
        verbose: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        keep: dict[str, Any] | None = None,
    ) -> Self:
        """Start the server and wait until it answers.

        Args:
            model: A GGUF file.
            settings: those of ``served_as`` count.
            verbose: Let the engine log to stderr.
            host: The address to listen on.
            port: The port to listen on; 0 takes a free one.
            api_key: The key to ask for; by default a random one.
            keep: The files and seconds of a server that outlives this process; see shared.py.

        Raises:
            ConfigurationError: ``model`` is not a readable GGUF file.
            ModelUnavailableError: The engine is not installed properly, or cannot load the file.
        """
        check_gguf(model)
        cores = usable_cores()
        config = {
            "model": str(model),
            "alias": model.stem,
            "host": host,
            "port": port,
            "api_key": api_key or secrets.token_urlsafe(32),
            "slots": settings.slots or max(1, min(_MOST_SLOTS, cores // _CORES_PER_SLOT)),
            "threads": settings.threads or cores,
            "context_length": settings.context_length or _CONTEXT_LENGTH,
            "gpu_layers": settings.gpu_layers,
            "reasoning": settings.reasoning != "least",
            "keep": keep,
            "verbosity": _VERBOSE if verbose else _QUIET,
        }
        with tempfile.TemporaryFile() as log:
            process = _spawn(None if verbose else log)
            try:
                return cls(process, _shake_hands(process, config, log))
            except BaseException:
                _end(process)
                raise

    @property
    def alive(self) -> bool:
        """See Server."""
        return self._process.poll() is None and super().alive

    def wait(self) -> int:
        """Block until the child process ends; its exit status."""
        return self._process.wait()

    def close(self) -> None:
        """End the child process, whatever it is doing; a second call does nothing."""
        _end(self._process)

    def abandon(self) -> None:
        """Let go of a server that is not this process's to end.

        After a fork, in the new process: the pipe must be closed here too, or the server would
        outlive the process it belongs to. And one that outlives the process on purpose.
        """
        _close_pipes(self._process)
        self._process.returncode = 0  # Nothing to wait for.


def _spawn(log: IO[bytes] | None) -> subprocess.Popen[str]:
    """The child process; ``log`` takes its stderr, None lets it through."""
    with system_errors("cannot start the embedded engine", ModelUnavailableError):
        return subprocess.Popen(  # noqa: S603 - our interpreter, our script
            [sys.executable, "-P", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            # Ctrl-C in the terminal is for us; the child ends when we close its stdin.
            start_new_session=True,
        )


def _shake_hands(
    process: subprocess.Popen[str], config: dict[str, Any], log: IO[bytes]
) -> ServerRecord:
    """Send the configuration, and take what the server tells of itself, or why it failed."""
    assert process.stdin is not None  # noqa: S101 - for the type checker: both are pipes
    assert process.stdout is not None  # noqa: S101
    size = Path(config["model"]).stat().st_size
    seconds = _START_SECONDS + size / _SLOWEST_DISK_BYTES_PER_SECOND
    end = time.monotonic() + seconds
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        process.stdin.write(f"{json.dumps(config)}\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:
        line = ""
    finally:
        timer.cancel()
    answer = json.loads(line) if line else {}
    if "url" in answer:
        return ServerRecord(**answer)
    if time.monotonic() >= end:
        answer = {"error": "timeout", "detail": f"no answer in {seconds:.0f} s"}
    _end(process)
    log.seek(0)
    text = log.read().decode("utf-8", errors="replace")
    raise _start_failure(config["model"], answer, status=process.returncode, log=text)


def _end(process: subprocess.Popen[str]) -> None:
    _close_pipes(process)
    try:
        process.wait(_CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _close_pipes(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):  # It ended before it read what was left for it.
                pipe.close()
