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
import tomllib
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import urlsplit

from summarizer.closing import Closing
from summarizer.errors import ModelUnavailableError, system_errors
from summarizer.llm.embedded.model_catalog import usable_cores
from summarizer.llm.embedded.weights import check_gguf
from summarizer.settings import Settings


def start_failure(
    model: Path, answer: dict[str, Any], *, status: int | None, log: str
) -> ModelUnavailableError:
    """The error for a child that did not start.

    Args:
        model: The weight file.
        answer: The child's handshake, empty if it sent none.
        status: The child's exit status, negative for a signal; None while it runs.
        log: What it wrote to stderr.
    """
    reason, detail, why = answer.get("error"), answer.get("detail", ""), _last_error(log)
    if reason == "import":
        kind = "no_libgomp" if "libgomp" in detail else "not_installed"
    elif reason == "timeout":
        kind = "too_slow"
    elif status == -signal.SIGKILL or re.search(r"alloc|out of memory", why):
        kind = "no_memory"
    elif "bind" in why:
        kind = "cannot_listen"
    elif "initialize the context" in why:
        kind = "too_many_slots"
    else:
        kind = "not_loaded"
        ended = f"it ended with status {status}" if status is not None else "no answer"
        why = why or detail or ended
    known = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    facts = {"model": str(model), "detail": detail, "why": why, "smaller": known["smaller"]}
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


class EmbeddedServer(Closing):
    """A llama.cpp server in a child process, reached over HTTP on the loopback interface.

    Attributes:
        model: The weight file.
        name: The model's name in the API: the file's name without its suffix.
        base_url: ``http://127.0.0.1:PORT/v1``.
        api_key: The key that the server asks for.
        context_length: Tokens of one request, prompt and answer together.
        slots: Requests that are served at the same time; more of them wait in line.
    """

    def __init__(self, process: subprocess.Popen[str], *, config: dict[str, Any]) -> None:
        self._process = process
        self.model = Path(config["model"])
        self.name: str = config["alias"]
        self.api_key: str = config["api_key"]
        self.slots: int = config["slots"]
        self.base_url = ""
        self.context_length: int = config["context_length"]

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
            settings: ``threads``, ``slots``, ``context_length``, ``gpu_layers`` and ``reasoning``
                count.
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
            server = cls(process, config=config)
            try:
                server._shake_hands(config, log)
            except BaseException:
                server.close()
                raise
        return server

    @property
    def alive(self) -> bool:
        """Whether the server answers, or is only too busy to.

        A killed process drops its connections a moment before its port is closed, and before its
        parent can see that it ended; so it is asked.
        """
        return self._process.poll() is None and is_answering(self.base_url)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def wait(self) -> int:
        """Block until the child process ends; its exit status."""
        return self._process.wait()

    def close(self) -> None:
        """End the child process, whatever it is doing; a second call does nothing."""
        self._close_pipes()
        try:
            self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def abandon(self) -> None:
        """Let go of a server that is not this process's to end.

        After a fork, in the new process: the pipe must be closed here too, or the server would
        outlive the process it belongs to. And one that outlives the process on purpose.
        """
        self._close_pipes()
        self._process.returncode = 0  # Nothing to wait for.

    def _shake_hands(self, config: dict[str, Any], log: IO[bytes]) -> None:
        """Send the configuration, and take the address or the reason of the failure."""
        process = self._process
        assert process.stdin is not None  # noqa: S101 - for the type checker: both are pipes
        assert process.stdout is not None  # noqa: S101
        seconds = _START_SECONDS + self.model.stat().st_size / _SLOWEST_DISK_BYTES_PER_SECOND
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, give_up)
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
        if "url" not in answer:
            if late.is_set():
                answer = {"error": "timeout", "detail": f"no answer in {seconds:.0f} s"}
            status = _status(process)
            log.seek(0)
            text = log.read().decode("utf-8", errors="replace")
            raise start_failure(self.model, answer, status=status, log=text)
        self.base_url = f"{answer['url']}/v1"
        self.context_length = answer["context_length"]

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except BrokenPipeError:
                pass  # It ended before it read what was left for it.


def is_answering(base_url: str) -> bool:
    """Whether the server at an address answers, or is only too busy to."""
    address = urlsplit(base_url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=_HEALTH_SECONDS)
    try:
        connection.request("GET", "/health")
        connection.getresponse()
    except TimeoutError:
        return True
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


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


def _status(process: subprocess.Popen[str]) -> int | None:
    try:
        return process.wait(_CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        return None
