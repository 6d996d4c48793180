"""The chat client and the embedded engine, with a stand-in for the engine's server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from standin import Reply, StandIn, answer, error

from summarizer.errors import EndpointError
from summarizer.llm import ChatClient, ChatRequest, open_client
from summarizer.llm.embedded import shared, weights
from summarizer.llm.embedded.model_catalog import find_model
from summarizer.progress import listening
from summarizer.settings import load_settings

RequestFor = Callable[..., ChatRequest]
DEAD = "http://127.0.0.1:9/v1"


class Engines:
    """Gives out handles of engines at these addresses, in order, and counts the starts."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses
        self.starts = 0
        self.context_length = 2048

    def start(self, _path: Path, **_: object) -> SimpleNamespace:
        address = self._addresses[min(self.starts, len(self._addresses) - 1)]
        self.starts += 1
        return SimpleNamespace(
            base_url=address, api_key="engine-key", context_length=self.context_length, slots=1
        )


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn(tokenizer=True) as found:
        yield found


@pytest.fixture
def engines(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> Engines:
    found = Engines(server.base_url)
    monkeypatch.setattr(weights, "ensure_weights", lambda name, **_: Path(name))
    monkeypatch.setattr(shared, "shared_server", lambda path, **_: found.start(path))
    return found


def open_engine(*, cache: bool = False, **more: object) -> ChatClient:
    return open_client(load_settings(model="smollm2-135m", cache=cache, **more))


def test_the_engine_is_asked_to_keep_what_it_read(
    server: StandIn, engines: Engines, request_for: RequestFor
) -> None:
    with open_engine() as client:
        client.complete(request_for())
    assert server.bodies[0]["cache_prompt"] is True
    assert server.requests[0].headers["authorization"] == "Bearer engine-key"
    assert engines.starts == 1


@pytest.mark.usefixtures("engines")
def test_the_start_of_the_engine_is_a_stage_that_is_told_once(request_for: RequestFor) -> None:
    told: list[str | None] = []
    with open_engine() as client, listening(told.append):
        for text in ("one", "two"):
            client.complete(request_for(text))

    assert [stage for stage in told if stage] == ["starting the model"]


def test_the_model_is_known_by_its_weights(engines: Engines) -> None:
    with open_engine() as client:
        assert client.model.name == "smollm2-135m"
        assert client.model.sha256 == find_model("smollm2-135m").sha256
        assert client.has_logprobs is True
    assert engines.starts == 0


def test_an_engine_that_died_is_started_again_once(
    server: StandIn, engines: Engines, request_for: RequestFor
) -> None:
    engines._addresses = (DEAD, server.base_url)
    with open_engine() as client:
        assert client.complete(request_for()).text == "ok"
    assert engines.starts == 2


@pytest.mark.usefixtures("waits")
def test_an_engine_that_keeps_dying_is_an_error(engines: Engines, request_for: RequestFor) -> None:
    engines._addresses = (DEAD,)
    with open_engine() as client, pytest.raises(EndpointError, match="embedded engine") as caught:
        client.complete(request_for())
    assert engines.starts <= 3
    assert "memory" in str(caught.value.hint)


@pytest.mark.parametrize("fault", [error(500), error(400), error(501)])
@pytest.mark.usefixtures("engines")
def test_its_other_failures_are_not_tried_again(
    fault: Reply, server: StandIn, request_for: RequestFor
) -> None:
    server.script(fault)
    with open_engine() as client, pytest.raises(EndpointError):
        client.complete(request_for(top_logprobs=2))
    assert len(server.requests) == 1


@pytest.mark.usefixtures("engines")
def test_threads_wait_for_a_slot(server: StandIn, request_for: RequestFor) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def slow(_body: object) -> Reply:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return answer("ok")

    server.script(*[slow] * 8)
    with open_engine() as client:
        threads = [
            threading.Thread(target=client.complete, args=(request_for(f"{n}"),)) for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.requests) == 8
    assert most == 1


def test_stored_answers_need_no_engine(
    server: StandIn, engines: Engines, request_for: RequestFor
) -> None:
    def run() -> tuple[object, ...]:
        with open_engine(cache=True) as client:
            completion = client.complete(request_for())
            count = client.count_tokens(request_for().messages)
            return completion.text, count, client.context_length, client.slots, client.model

    assert run() == run()
    assert engines.starts == 1
    assert len(server.requests) == 1


@pytest.mark.usefixtures("server")
def test_what_the_engine_told_counts_for_the_settings_it_was_started_with(
    engines: Engines,
) -> None:
    """A window of 2,048 of one run is not taken for that of the next, which has the default."""
    with open_engine(cache=True, context_length=2048, slots=3) as client:
        assert (client.context_length, client.slots) == (2048, 1)
    with open_engine(cache=True) as client:
        engines.context_length = 4096
        assert (client.context_length, client.slots) == (4096, 1)


def test_a_window_that_is_larger_than_the_models_is_not_believed(engines: Engines) -> None:
    with open_engine(context_length=100_000) as client:
        assert client.context_length == engines.context_length


@pytest.mark.usefixtures("engines")
def test_reasoning_that_was_allowed_once_is_not_expected_when_it_is_not(
    server: StandIn, request_for: RequestFor
) -> None:
    server.script(answer("<think>Hm.</think>ok"))
    with open_engine(cache=True, reasoning="high") as client:
        client.complete(request_for())
    with open_engine(cache=True) as client:
        assert client.has_logprobs is True
    assert len(server.bodies) == 1


@pytest.mark.live
@pytest.mark.xdist_group("embedded model")
def test_a_killed_engine_comes_back(
    request_for: RequestFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUMMARIZER_DATA_DIR")  # the weights of the user, fetched if need be
    monkeypatch.delenv("SUMMARIZER_OFFLINE")
    with open_engine() as client:
        first = client.complete(request_for("Say yes.", max_tokens=4))
        engine = client._connection.engine
        assert engine is not None
        engine._process.kill()
        assert client.complete(request_for("Say yes.", max_tokens=4)).text == first.text
