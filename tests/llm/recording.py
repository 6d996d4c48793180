"""Cassettes: conversations with the embedded engine, recorded once over real HTTP.

Requests match on method, path and body (as JSON, whatever its order), so a changed prompt
does not find its old answer. The port is another one each time and does not count. Keys,
headers and timings are not kept. Record again with

    SUMMARIZER_RECORD=1 pytest tests/llm/test_recorded.py
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import vcr

from summarizer.llm.embedded import shared, weights

CASSETTES = Path(__file__).parents[1] / "cassettes"
RECORDING = bool(os.environ.get("SUMMARIZER_RECORD"))
_KEPT_HEADERS = ("content-type",)
_TIMINGS = ("timings", "created", "id", "system_fingerprint")


def path_of(module: str, test: str) -> Path:
    """The cassette of a test: cassettes/MODULE/TEST.yaml."""
    return CASSETTES / module / f"{test}.yaml"


@contextmanager
def play(path: Path) -> Iterator[None]:
    """Play ``path``; every request must be in it, and all of it must be played."""
    player = vcr.VCR(
        record_mode="all" if RECORDING else "none",
        match_on=("method", "path", "body"),
        before_record_request=_scrub_request,
        before_record_response=_scrub_response,
        decode_compressed_response=True,
    )
    if RECORDING:
        path.unlink(missing_ok=True)
    with player.use_cassette(str(path)) as tape:
        yield
    assert RECORDING or tape.all_played, f"{path.name} holds more than the test asks for"


def engine(model: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make ``model`` available: the real engine to record from, an address to replay at."""
    if RECORDING:
        monkeypatch.delenv("SUMMARIZER_DATA_DIR")
        monkeypatch.delenv("SUMMARIZER_OFFLINE")
    else:
        monkeypatch.setattr(weights, "ensure_weights", lambda name, **_: Path(name))
        monkeypatch.setattr(shared, "shared_server", lambda _path, **_: _Replayed())
    return model


class _Replayed:
    """What the handle of a running engine says."""

    base_url = "http://127.0.0.1:9/v1"
    api_key = "replayed"
    context_length = 4096
    slots = 1
    alive = True


def _scrub_request(request: Any) -> Any:
    request.uri = f"http://127.0.0.1{request.path}"
    request.headers = {k: v for k, v in request.headers.items() if k.lower() in _KEPT_HEADERS}
    return request


def _scrub_response(response: dict[str, Any]) -> dict[str, Any]:
    headers = response["headers"]
    response["headers"] = {k: v for k, v in headers.items() if k.lower() in _KEPT_HEADERS}
    text = response["body"]["string"].decode()
    lines = [_without_timings(line) for line in text.split("\n")]
    response["body"]["string"] = "\n".join(lines).encode()
    return response


def _without_timings(line: str) -> str:
    """A line of a body, be it JSON or a server-sent event, without what changes every time."""
    prefix = "data: " if line.startswith("data: ") else ""
    try:
        value = json.loads(line.removeprefix(prefix))
    except json.JSONDecodeError:
        return line
    if not isinstance(value, dict):
        return line
    kept = {name: part for name, part in value.items() if name not in _TIMINGS}
    return prefix + json.dumps(kept)
