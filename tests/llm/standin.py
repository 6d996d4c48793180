"""A stand-in for an OpenAI-compatible server: scripted answers and faults on the loopback.

    with StandIn(error(429, headers={"retry-after": "1"}), answer("hello")) as server:
        ...  # the first request meets the fault, the second the answer; then `default`

A step is a Reply, or a function from the request's body to one.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Body = dict[str, Any]
_SCRIPTED = ("/chat/completions", "/embeddings")


@dataclass(frozen=True)
class Reply:
    """What the server does with one request."""

    status: int = 200
    content: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    events: tuple[bytes, ...] = ()  # server-sent events, where a stream was asked for
    delay: float = 0.0  # seconds before the first byte
    cut: bool = False  # announce more bytes than are sent, then close
    reset: bool = False  # close the connection without an answer
    endless: bytes = b""  # sent over and over until the client is gone
    opening: bytes | None = None  # sent in place of the head, before what is endless
    pause: float = 0.0  # seconds between two of them, or after an event


Step = Reply | Callable[[Body], Reply]


def answer(
    text: str,
    *,
    finish_reason: str = "stop",
    logprobs: Sequence[Mapping[str, float]] | None = None,
    refusal: str | None = None,
    usage: tuple[int, int, int] = (10, 0, 5),
    pieces: int = 3,
    delay: float = 0.0,
) -> Reply:
    """A chat completion.

    Args:
        text: the answer.
        finish_reason: why it ended.
        logprobs: for each token, the log-probability of each alternative, the chosen one first.
        refusal: text of a refusal.
        usage: prompt tokens, those of them that were cached, completion tokens.
        pieces: length of a piece, in characters, where the answer is streamed.
        delay: seconds until it comes.
    """
    shown = _logprobs(logprobs)
    counts = _usage(usage)
    whole = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "stand-in",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": text, "refusal": refusal},
                "logprobs": shown,
            }
        ],
        "usage": counts,
    }
    deltas: list[Body] = [{"role": "assistant", "content": "", "refusal": refusal}]
    deltas += [{"content": text[i : i + pieces]} for i in range(0, len(text), pieces)]
    events = [_event(delta=delta) for delta in deltas]
    events += [_event(delta={}, finish_reason=finish_reason, logprobs=shown)]
    events += [_event(usage=counts), b"data: [DONE]\n\n"]
    content = json.dumps(whole).encode()
    return Reply(content=content, events=tuple(events), delay=delay)


def embeddings(*rows: Sequence[float | None], order: Sequence[int] | None = None) -> Reply:
    """Vectors for the texts of a request; ``order``: the order in which they are listed."""
    data = [
        {"object": "embedding", "index": i, "embedding": list(rows[i])}
        for i in (order if order is not None else range(len(rows)))
    ]
    return _json({"object": "list", "model": "stand-in", "data": data})


def error(
    status: int,
    message: str = "a scripted error",
    *,
    headers: Mapping[str, str] | None = None,
    **fields: Any,
) -> Reply:
    """An error as OpenAI and llama-server phrase it; ``fields``: code, type, param, n_ctx, ..."""
    content = json.dumps({"error": {"message": message, **fields}}).encode()
    return Reply(status=status, content=content, headers=headers or {})


def hang(seconds: float) -> Reply:
    """No answer for some time."""
    return replace(answer("late"), delay=seconds)


def reset() -> Reply:
    """The connection is reset instead of an answer."""
    return Reply(reset=True)


def truncated(text: str = "cut") -> Reply:
    """Half of an answer's body, then the connection closes."""
    return replace(answer(text), cut=True)


def dying_stream(text: str, *, after: int) -> Reply:
    """A stream that breaks off after some events; the first is the role."""
    whole = answer(text)
    return replace(whole, events=whole.events[:after], cut=True)


def raw(content: str, *, content_type: str = "application/json", status: int = 200) -> Reply:
    """Any body."""
    return Reply(status=status, content=content.encode(), content_type=content_type)


def endless(part: bytes, *, content_type: str = "application/json", pause: float = 0.0) -> Reply:
    """An answer that does not end."""
    return Reply(endless=part, content_type=content_type, pause=pause)


def endless_head(opening: bytes, part: bytes) -> Reply:
    """An answer whose status line and headers do not end."""
    return Reply(opening=opening, endless=part, pause=0.05)


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Body


class StandIn:
    """The server; ``requests`` are those for answers or embeddings, ``others`` the rest."""

    def __init__(
        self,
        *script: Step,
        default: Step | None = None,
        models: Sequence[Body] | Reply = ({"id": "stand-in"},),
        tokenizer: bool | Reply = False,  # whether it counts tokens, as llama-server does
    ) -> None:
        self.requests: list[Request] = []
        self.others: list[Request] = []
        self._script = deque(script)
        self._default = default if default is not None else answer("ok")
        self._models = models
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stand_in = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def base_url(self) -> str:
        """Address of the API, with /v1."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def script(self, *steps: Step) -> None:
        """Add steps for the coming requests."""
        with self._lock:
            self._script.extend(steps)

    @property
    def bodies(self) -> list[Body]:
        """The bodies of ``requests``."""
        return [request.body for request in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, request: Request) -> Reply:
        """What to do with ``request``."""
        if request.method == "POST" and request.path.partition("?")[0].endswith(_SCRIPTED):
            with self._lock:
                self.requests.append(request)
                step = self._script.popleft() if self._script else self._default
            return step(request.body) if callable(step) else step
        with self._lock:
            self.others.append(request)
        if request.path == "/v1/models":
            page = {"object": "list", "data": self._models}
            return self._models if isinstance(self._models, Reply) else _json(page)
        return self._tokens(request) or error(404, "no such page")

    def _tokens(self, request: Request) -> Reply | None:
        """A token is a word; each message has one more."""
        if isinstance(self._tokenizer, Reply):
            return self._tokenizer
        if not self._tokenizer or request.path != "/v1/chat/completions/input_tokens":
            return None
        messages = request.body["messages"]
        return _json({"input_tokens": sum(len(m["content"].split()) + 1 for m in messages)})


class _Server(ThreadingHTTPServer):
    # Handlers of kept-open connections end with their clients.
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    stand_in: StandIn

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self._serve(json.loads(self.rfile.read(length)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silence."""

    def _serve(self, body: Body) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.stand_in.reply(Request(self.command, self.path, headers, body))
        if reply.delay:
            self.server.stand_in.closing.wait(reply.delay)
        if reply.reset:
            # Linger 0: the kernel sends RST.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif reply.endless:
            self._endless(reply)
        elif body.get("stream") and reply.events:
            self._stream(reply)
        else:
            self._whole(reply)

    def _whole(self, reply: Reply) -> None:
        self._head(reply, {"content-length": str(len(reply.content))})
        half = len(reply.content) // 2
        self.wfile.write(reply.content[:half] if reply.cut else reply.content)
        self.close_connection = self.close_connection or reply.cut

    def _endless(self, reply: Reply) -> None:
        chunk = reply.endless
        if reply.opening is None:
            self._head(reply, {"transfer-encoding": "chunked"})
            chunk = f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n"
        self.wfile.write(reply.opening or b"")
        while not self.server.stand_in.closing.wait(reply.pause):
            self.wfile.write(chunk)

    def _stream(self, reply: Reply) -> None:
        streamed = replace(reply, content_type="text/event-stream")
        self._head(streamed, {"transfer-encoding": "chunked"})
        for event in reply.events:
            self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            self.wfile.flush()
            time.sleep(reply.pause)
        if reply.cut:
            time.sleep(
                max(0.01, reply.pause)
            )  # so that the events arrive before the end of the connection
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _head(self, reply: Reply, more: Mapping[str, str]) -> None:
        self.send_response(reply.status)
        self.send_header("content-type", reply.content_type)
        for name, value in {**reply.headers, **more}.items():
            self.send_header(name, value)
        self.end_headers()


def _json(value: Any) -> Reply:
    return Reply(content=json.dumps(value).encode())


def _event(
    *,
    delta: Body | None = None,
    finish_reason: str | None = None,
    logprobs: Body | None = None,
    usage: Body | None = None,
) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": logprobs}
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "stand-in",
        "choices": [choice] if delta is not None else [],
        "usage": usage,
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _logprobs(tokens: Sequence[Mapping[str, float]] | None) -> Body | None:
    if tokens is None:
        return None
    content = []
    for alternatives in tokens:
        listed = [{"token": t, "logprob": p, "bytes": None} for t, p in alternatives.items()]
        content.append({**listed[0], "top_logprobs": listed})
    return {"content": content, "refusal": None}


def _usage(counts: tuple[int, int, int]) -> Body:
    prompt, cached, completion = counts
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
