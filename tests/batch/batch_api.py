"""A stand-in for OpenAI's Batch API: files, batches, and each way in which they can end."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from standin import Reply

Body = dict[str, Any]


class BatchApi:
    """The server.

    Attributes:
        reply: answers a request of a batch, or one that is asked at once.
        status: what a batch becomes when it is looked at.
        answered: how many requests of a batch get their answer; None: all.
        online: bodies that were asked at once.
        has_batches: whether there is a batch API at all.
        lose_answers: how many times a batch is made and its maker never hears of it.
    """

    def __init__(self, reply: Callable[[Body], Reply]) -> None:
        self.reply = reply
        self.status = "completed"
        self.answered: int | None = None
        self.problem = ""
        self.online: list[Body] = []
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Body] = {}
        self.has_batches = True
        self.lose_answers = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.api = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def requests(self) -> list[Body]:
        """The bodies of all requests in all batches."""
        lines = [line for batch in self.batches.values() for line in self._lines(batch)]
        return [line["body"] for line in lines]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def upload(self, content: bytes) -> Body:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return {"id": name, "object": "file", "bytes": len(content), "created_at": 1,
                "filename": "x.jsonl", "purpose": "batch", "status": "processed"}  # fmt: skip

    def create(self, asked: Body) -> Body:
        name = f"batch-{len(self.batches)}"
        self.batches[name] = {
            "id": name, "object": "batch", "created_at": 1, "status": "validating",
            "endpoint": asked["endpoint"], "completion_window": "24h",
            "input_file_id": asked["input_file_id"], "metadata": asked.get("metadata"),
        }  # fmt: skip
        return self.batches[name]

    def look(self, name: str) -> Body:
        batch = self.batches[name]
        if batch["status"] == "validating":
            batch["status"] = self.status
            if self.status == "failed":
                batch["errors"] = {"object": "list", "data": [{"message": self.problem}]}
            elif self.status in ("completed", "expired", "cancelled"):
                self._answer(batch)
        total = len(self._lines(batch))
        done = self.answered if self.answered is not None else total
        batch["request_counts"] = {"total": total, "completed": min(done, total), "failed": 0}
        return batch

    def _lines(self, batch: Body) -> list[Body]:
        return [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]

    def _answer(self, batch: Body) -> None:
        good, bad = [], []
        for number, line in enumerate(reversed(self._lines(batch))):  # in another order
            found: Body = {"id": f"r{number}", "custom_id": line["custom_id"], "error": None}
            if self.answered is not None and number >= self.answered:
                code = {"code": "batch_expired", "message": "was not answered in time"}
                bad.append({**found, "response": None, "error": code})
                continue
            reply = self.reply(line["body"])
            body = json.loads(reply.content)
            found["response"] = {"status_code": reply.status, "request_id": "x", "body": body}
            (good if reply.status == 200 else bad).append(found)
        for name, lines in (("output_file_id", good), ("error_file_id", bad)):
            if lines:
                text = "".join(json.dumps(line) + "\n" for line in lines)
                batch[name] = self.upload(text.encode())["id"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def api(self) -> BatchApi:
        return self.server.api  # type: ignore[attr-defined,no-any-return]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if match := re.fullmatch(r"/v1/files/([\w-]+)/content", path):
            self._send(200, self.api.files[match[1]])
        elif not self.api.has_batches:
            self._send(404, b'{"error": {"message": "no such page"}}')
        elif path == "/v1/batches":
            data = list(self.api.batches.values())
            self._json({"object": "list", "data": data, "has_more": False})
        elif match := re.fullmatch(r"/v1/batches/([\w-]+)", path):
            self._json(self.api.look(match[1]))
        else:
            self._send(404, b'{"error": {"message": "no such page"}}')

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/v1/chat/completions":
            self.api.online.append(json.loads(data))
            reply = self.api.reply(json.loads(data))
            self._send(reply.status, reply.content)
        elif not self.api.has_batches:
            self._send(404, b'{"error": {"message": "no such page"}}')
        elif self.path == "/v1/files":
            self._json(self.api.upload(self._uploaded(data)))
        elif self.path == "/v1/batches":
            batch = self.api.create(json.loads(data))
            if self.api.lose_answers:
                self.api.lose_answers -= 1
                self._send(500, b'{"error": {"message": "lost"}}')
            else:
                self._json(batch)
        else:
            self._send(404, b'{"error": {"message": "no such page"}}')

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silence."""

    def _uploaded(self, data: bytes) -> bytes:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = BytesParser().parsebytes(head + data).get_payload()
        for part in parts:
            if part.get_param("name", header="content-disposition") == "file":  # type: ignore[union-attr]
                return bytes(part.get_payload(decode=True))  # type: ignore[union-attr,arg-type]
        raise AssertionError("no file")

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
