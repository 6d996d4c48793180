"""Calls that nobody waits for any more, while the model still writes."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp_sessions import COMMAND, Session, connected, environment, http, http_server, stdio
from standin import Reply, StandIn, answer

ANSWER = (
    '{"summary": "Ardenia and Kovaria will send joint patrols along the border.",'
    ' "topics": ["conflict, war and peace"]}'
)


class SlowModel(StandIn):
    """Its first answer comes when it is released, and is one that would need a repair turn."""

    def __init__(self) -> None:
        super().__init__(self._late, default=answer(ANSWER))
        self.released = threading.Event()

    def _late(self, _: dict[str, Any]) -> Reply:
        assert self.released.wait(60)
        return answer("no JSON at all, and many words of it, so that the text comes in pieces")

    def asked_about(self, words: str) -> int:
        """How many requests were about an article with these words."""
        return sum(words in json.dumps(body) for body in self.bodies)


@pytest.fixture
def model() -> Iterator[SlowModel]:
    with SlowModel() as found:
        yield found
        found.released.set()


@pytest.fixture(params=["stdio", "http", "older http"])
def session(request: pytest.FixtureRequest, model: SlowModel, tmp_path: Path) -> Iterator[Session]:
    """A server that sends one article at a time to the model."""
    arguments = ("--base-url", model.base_url, "--model", "stand-in", "--jobs", "1")
    if request.param == "stdio":
        with stdio(*arguments, folder=tmp_path) as found:
            yield found
        return
    mode = "legacy" if "older" in request.param else "auto"
    with (
        http_server(*arguments, folder=tmp_path) as url,
        connected(http(url), mode=mode) as found,
    ):
        yield found


def marked(article: str, words: str) -> str:
    """The article with these words in the middle."""
    return article.replace("The ministers", f"{words} said that the ministers", 1)


def give_up(session: Session, source: str, *, when: Callable[[], object]) -> None:
    """Ask for a digest, and cancel the call as soon as ``when`` holds."""

    async def call(client: Client) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "digest_article", {"source": source})
            with anyio.fail_after(300):
                while not when():
                    await anyio.sleep(0.01)
            group.cancel_scope.cancel()

    session.do(call)


def let_it_know(session: Session, talks: str) -> None:
    """What was cancelled before is known to a server that has answered this."""
    for _ in range(2):
        assert not session.call("extract_article", source=talks).is_error


def test_the_server_answers_others_meanwhile(
    session: Session, model: SlowModel, talks: str
) -> None:
    give_up(session, talks, when=lambda: model.requests)

    assert not session.call("extract_article", source=talks).is_error
    assert not model.released.is_set()


def test_a_cancelled_call_is_not_worked_on(session: Session, model: SlowModel, talks: str) -> None:
    """Its late answer would need a repair turn, which is never asked for."""
    give_up(session, marked(talks, "Witness zero"), when=lambda: model.requests)
    let_it_know(session, talks)
    model.released.set()

    result = session.call("digest_article", source=talks)  # has to wait for the other one's place

    assert not result.is_error
    assert model.asked_about("Witness zero") == 1


def test_a_call_that_is_cancelled_while_it_waits_never_begins(
    session: Session, model: SlowModel, talks: str
) -> None:
    give_up(session, talks, when=lambda: model.requests)
    for number in range(10):
        turns = iter(range(5))
        give_up(
            session,
            marked(talks, f"Witness {number}"),
            when=lambda turns=turns: next(turns, None) == 4,
        )
    let_it_know(session, talks)
    model.released.set()

    assert not session.call("digest_article", source=talks).is_error
    assert model.asked_about("Witness") == 0


def test_the_server_ends_although_a_call_is_under_way(
    model: SlowModel, tmp_path: Path, talks: str
) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    params = {"name": "digest_article", "arguments": {"source": talks}, "_meta": meta}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    with subprocess.Popen(
        [*COMMAND, "--base-url", model.base_url, "--model", "stand-in"],
        env=environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(call) + "\n")
        process.stdin.flush()
        anyio.run(_wait_for, lambda: model.requests)
        process.stdin.close()

        assert process.wait(timeout=120) == 0
        assert not model.released.is_set()


async def _wait_for(condition: Callable[[], object]) -> None:
    with anyio.fail_after(300):
        while not condition():
            await anyio.sleep(0.01)
