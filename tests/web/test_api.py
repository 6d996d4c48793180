"""The HTTP API: its answers, its problems, its limits."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from standin import StandIn, answer
from test_digest_page import STORY

from summarizer.articles import Article
from summarizer.digest import Digest
from summarizer.plugins.service import Access, Service
from summarizer.plugins.serving import HttpOptions
from summarizer.progress import step
from summarizer.settings import data_root, load_settings
from summarizer.web.admission import Admission
from summarizer.web.app import Limits, create_app
from summarizer.web.problems import BusyError, TimeLimitError

JSON = {"Content-Type": "application/json"}
HERE = {"base_url": "http://localhost"}
MODEL_ANSWER = json.dumps(
    {
        "summary": "The council of Ardenholm voted on Tuesday to rebuild the bridge that the flood "
        "took away. The work will cost 4 million euros and take two years.",
        "topics": ["politics and government"],
    }
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    settings = load_settings(
        model="extractive", data_dir=tmp_path, embedding="wordllama", offline=False
    )
    with Service(settings, access=Access()) as found:
        yield found


@contextmanager
def client_of(
    service: Service, *, limits: Limits | None = None, **options: Any
) -> Iterator[Callable[..., httpx.Response]]:
    """Sends one request."""
    app = create_app(service, HttpOptions(**options), limits or Limits())

    def send(method: str, path: str, **request: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, **HERE) as client:
                return await client.request(method, path, **request)

        return asyncio.run(ask())

    yield send


def post(service: Service, path: str, **body: Any) -> httpx.Response:
    with client_of(service) as send:
        return send("POST", path, json=body)


def is_problem(found: httpx.Response, status: int) -> dict[str, Any]:
    assert found.status_code == status, found.text
    assert found.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = found.json()
    assert problem["status"] == status
    return problem


def test_a_digest_is_the_public_format(service: Service) -> None:
    found = post(service, "/v1/digest", source=STORY, length=20)

    digest = Digest.model_validate_json(found.content)
    assert digest.topics
    assert digest.summary
    assert "BANANA" not in found.text  # as for every program: an order to a model is not passed on


def test_topics_and_summaries_alone(service: Service) -> None:
    assert post(service, "/v1/classify", source=STORY).json()["summary"] is None
    assert post(service, "/v1/summarize", source=STORY).json()["topics"] is None


def test_an_article_is_extracted(service: Service) -> None:
    assert post(service, "/v1/extract", source=STORY).json()["title"] == "Bridge to be rebuilt"


def test_the_corpus_is_searched(service: Service) -> None:
    is_problem(post(service, "/v1/search", query="bridge"), 404)
    from summarizer.retrieval.corpus import Corpus

    with Corpus.open(settings=service.settings, create=True) as corpus:
        corpus.add([Article(text="The ferry to the island stays free of charge.", title="Ferry")])

    (match,) = post(service, "/v1/search", query="ferry").json()["articles"]
    assert match["title"] == "Ferry"


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"source": "no-such-file.txt"}, 422, "urn:summarizer:SourceError"),
        ({"source": "file:///etc/passwd"}, 403, "urn:summarizer:UnsafeURLError"),
        ({"source": "http://127.0.0.1:1/"}, 403, "urn:summarizer:UnsafeURLError"),
        ({"source": STORY, "language": "xx-klingon"}, 400, "urn:summarizer:ConfigurationError"),
        ({"sorce": STORY}, 422, "about:blank"),
        ({"source": STORY, "length": "huge"}, 422, "about:blank"),
    ],
)
def test_errors_are_problems(
    service: Service, body: dict[str, Any], status: int, kind: str
) -> None:
    problem = is_problem(post(service, "/v1/digest", **body), status)

    assert problem["type"] == kind
    assert problem["detail"]
    assert problem["title"]


def test_what_is_not_there_and_what_is_no_json_are_problems(service: Service) -> None:
    with client_of(service) as send:
        is_problem(send("GET", "/nowhere"), 404)
        is_problem(send("GET", "/v1/digest"), 405)
        is_problem(send("POST", "/v1/digest", content=b"{"), 422)


@pytest.mark.parametrize(
    ("request_", "hint"),
    [
        ({"content": b'{"source": "a text"}'}, "send JSON, as application/json"),
        ({"content": b"{", "headers": JSON}, "send JSON, as application/json"),
        ({"content": b'{"source": "\xff"}', "headers": JSON}, "send JSON, as application/json"),
        ({"content": b"[" * 5_000, "headers": JSON}, "send JSON, as application/json"),
        ({"content": b"1" * 5_000, "headers": JSON}, "send JSON, as application/json"),
        ({"json": {"sorce": "a text"}}, "GET /openapi.json has the schema"),
        ({"json": [1]}, "GET /openapi.json has the schema"),
        ({"content": b"null", "headers": JSON}, "GET /openapi.json has the schema"),
    ],
)
def test_a_request_that_cannot_be_read_names_the_next_step(
    service: Service, request_: dict[str, Any], hint: str
) -> None:
    with client_of(service) as send:
        assert is_problem(send("POST", "/v1/digest", **request_), 422)["hint"] == hint


@pytest.mark.parametrize("asked", [{}, {"query": "a bridge", "source": "a text"}])
def test_json_that_is_not_as_the_schema_says_is_not_told_to_be_no_json(
    service: Service, asked: dict[str, str]
) -> None:
    with client_of(service) as send:
        problem = is_problem(send("POST", "/v1/search", json=asked), 422)
    assert problem["hint"] == "GET /openapi.json has the schema"


class StrayError(Exception):
    headers: ClassVar = {"X-Other": "secret"}  # as of an answer of somebody else's server


@pytest.mark.parametrize("bug", [ZeroDivisionError, StrayError])
def test_a_bug_is_a_problem_that_tells_nothing(
    bug: type[Exception], service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise bug("secret")

    monkeypatch.setattr("summarizer.summarizer.read_article", broken)
    found = post(service, "/v1/digest", source=STORY)

    is_problem(found, 500)
    assert "secret" not in found.text
    assert "x-other" not in found.headers


def test_a_dead_model_is_a_problem(tmp_path: Path) -> None:
    with StandIn() as server:
        address = server.base_url
    settings = load_settings(model="m", base_url=address, data_dir=tmp_path)
    with Service(settings) as service:
        problem = is_problem(post(service, "/v1/digest", source=STORY), 502)

    assert "nothing listens" in problem["detail"]
    assert problem["hint"]


def test_the_schema_has_our_models(service: Service) -> None:
    with client_of(service) as send:
        schema = send("GET", "/openapi.json").json()

    assert set(schema["paths"]) >= {
        "/v1/digest", "/v1/classify", "/v1/summarize", "/v1/search", "/v1/extract", "/health",
        "/metrics",
    }  # fmt: skip
    digest = schema["paths"]["/v1/digest"]["post"]
    assert digest["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/SummaryOptions"
    )
    assert digest["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/Digest"
    )
    for status in ("401", "404", "421", "429"):
        assert "application/problem+json" in digest["responses"][status]["content"]


def test_requests_are_counted(service: Service) -> None:
    with client_of(service) as send:
        send("POST", "/v1/extract", json={"source": STORY})
        send("GET", "/some/secret/path")
        metrics = send("GET", "/metrics").text

    assert 'summarizer_requests_total{path="/v1/extract",status="200"} 1.0' in metrics
    assert "secret" not in metrics
    assert "summarizer_inside 0.0" in metrics


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "localhost.evil.example:80"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:9999", "host": "localhost:8766"}, 403),
        ({"origin": "http://localhost:9999", "host": "127.0.0.1:8766"}, 403),
        ({"origin": "http://localhost:99999", "host": "localhost:8766"}, 403),
        ({"origin": "http://localhost:8766", "host": "localhost:8766"}, 200),
        ({"origin": "http://localhost", "host": "localhost:80"}, 200),
        ({"origin": "https://my-name", "host": "localhost:8766"}, 200),
        ({"host": "[::1]:8766"}, 200),
        ({"host": "my-name:1"}, 200),
    ],
)
def test_only_our_names_and_pages_may_ask(
    service: Service, headers: dict[str, str], status: int
) -> None:
    with client_of(service, allowed_hosts=["my-name"]) as send:
        assert send("GET", "/health", headers=headers).status_code == status


def test_a_token_opens_all_but_the_empty_page(service: Service) -> None:
    token = "a-token-of-some-length"
    with client_of(service, token=token) as send:
        for path in ("/", "/page.js", "/page.css", "/health"):
            assert send("GET", path).status_code == 200
        assert "economy" not in send("GET", "/").text  # the names of the user's topics are his
        for path in ("/metrics", "/openapi.json", "/page/corrections.jsonl", "/page/article?key=a"):
            is_problem(send("GET", path), 401)
        is_problem(send("GET", "/page/topics"), 401)
        body = {"json": {"source": STORY}}
        is_problem(send("POST", "/v1/digest", **body), 401)
        allowed = {"authorization": f"Bearer {token}"}
        assert send("POST", "/v1/digest", headers=allowed, **body).status_code == 200


def test_answers_tell_browsers_to_run_nothing_else(service: Service) -> None:
    with client_of(service) as send:
        page, refused = send("GET", "/"), send("GET", "/", headers={"origin": "http://x.example"})

    for found in (page, refused):
        policy = found.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert found.headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in page.text
    assert " style=" not in page.text


def test_a_large_body_is_refused_whatever_it_says_of_its_size(service: Service) -> None:
    limits = Limits(most_bytes=10_000)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 1000

    with client_of(service, limits=limits) as send:
        headers = {"content-type": "application/json"}
        is_problem(send("POST", "/v1/digest", content=b"x" * 20_000, headers=headers), 413)
        is_problem(send("POST", "/v1/digest", content=pieces(), headers=headers), 413)
        is_problem(send("POST", "/page/file?name=a.txt", content=pieces()), 413)


def events(found: httpx.Response) -> list[tuple[str, Any]]:
    parts = [part.split("\n") for part in found.text.strip().split("\n\n")]
    return [(head.removeprefix("event: "), json.loads(data[6:])) for head, data in parts]


def test_a_stream_has_steps_text_and_the_digest(tmp_path: Path) -> None:
    with StandIn(answer(MODEL_ANSWER)) as server:
        settings = load_settings(model="big-70b", base_url=server.base_url, data_dir=tmp_path)
        with Service(settings) as service:
            found = events(post(service, "/page/digest", source=STORY, length=25))

    kinds = [kind for kind, _ in found]
    assert kinds[0] == "step"
    assert kinds[-1] == "digest"
    steps = [data["step"] for kind, data in found if kind == "step"]
    assert [word for word in steps if word.startswith("reading ") and word.endswith(" tokens")]
    assert "writing" in steps
    assert "".join(data for kind, data in found if kind == "text").startswith("The council")
    assert "Bridge to be rebuilt" in found[-1][1]["html"]


def test_a_stream_ends_with_what_went_wrong(service: Service) -> None:
    kind, problem = events(post(service, "/page/digest", source="nothing.txt"))[-1]

    assert kind == "problem"
    assert problem["status"] == 422


@pytest.fixture
def corrected(service: Service) -> Callable[[], httpx.Response]:
    """Digests the story, and says that it is about sport."""
    from summarizer.retrieval.corpus import Corpus

    with Corpus.open(settings=service.settings, create=True):
        pass

    def correct() -> httpx.Response:
        with client_of(service) as send:
            made = events(send("POST", "/page/digest", json={"source": STORY}))[-1][1]
            asked = {"article": made["id"], "topics": ["sport"]}
            return send("POST", "/page/topics", json=asked)

    return correct


def test_corrections_are_private_and_outlive_a_crash(
    service: Service, corrected: Callable[[], httpx.Response]
) -> None:
    file = service.settings.data_dir / "corrections.jsonl"
    assert corrected().json() == {"topics": ["sport"]}
    assert file.stat().st_mode & 0o77 == 0
    with file.open("a") as torn:
        torn.write('{"id": "x", "artic')

    with client_of(service) as send:
        (before,) = send("GET", "/page/corrections.jsonl").text.splitlines()
        corrected()
        (after,) = send("GET", "/page/corrections.jsonl").text.splitlines()

    assert before == after
    assert json.loads(after)["gold_topics"] == ["15000000"]


def test_corrections_that_cannot_be_kept_are_no_bug(
    service: Service, corrected: Callable[[], httpx.Response]
) -> None:
    (service.settings.data_dir / "corrections.jsonl").mkdir()

    assert "cannot write" in is_problem(corrected(), 400)["detail"]
    with client_of(service) as send:
        problem = is_problem(send("GET", "/page/corrections.jsonl"), 400)
    assert "cannot read" in problem["detail"]


def test_a_file_has_the_length_that_was_chosen(service: Service) -> None:
    talks = (data_root() / "seeds" / "border-talks.txt").read_bytes()
    with client_of(service) as send:
        made = [
            events(send("POST", f"/page/file?name=a.txt{more}", content=talks))[-1]
            for more in ("&length=short", "&length=long")
        ]
        is_problem(send("POST", "/page/file?name=a.txt&length=huge", content=b"x"), 422)

    short, long = (data["html"].count('<li id="') for _, data in made)
    assert short < long


def test_fifty_requests_at_once_are_all_answered(service: Service) -> None:
    app = create_app(service, HttpOptions(), Limits(jobs=4, waiting=100))

    async def ask_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, timeout=120, **HERE) as client:
            texts = [f"{STORY} The vote was number {number}." for number in range(50)]
            requests = [client.post("/v1/digest", json={"source": text}) for text in texts]
            return await asyncio.gather(*requests)

    found = asyncio.run(ask_all())

    assert {answer.status_code for answer in found} == {200}
    assert len({answer.json()["article"]["id"] for answer in found}) == 50


def test_what_finds_no_place_is_told_when_to_come_again(service: Service) -> None:
    async def check() -> BusyError:
        queue = Admission(service, jobs=1, waiting=1, seconds=60)
        release = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait() -> None:
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result()

        tasks = [asyncio.create_task(queue.run(wait, uses_model=True)) for _ in range(2)]
        await asyncio.sleep(0.1)
        with pytest.raises(BusyError) as caught:
            await queue.run(wait, uses_model=True)
        assert queue.inside == 2
        release.set()
        await asyncio.gather(*tasks)
        assert queue.inside == 0
        return caught.value

    assert asyncio.run(check()).seconds >= 1


def test_a_full_queue_answers_429(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: Any, **__: Any) -> None:
        raise BusyError(7)

    monkeypatch.setattr(Admission, "run", full)
    found = post(service, "/v1/digest", source=STORY)

    is_problem(found, 429)
    assert found.headers["retry-after"] == "7"


def test_work_that_takes_too_long_is_ended_at_its_next_step(service: Service) -> None:
    ended: list[float] = []

    def endless() -> None:
        try:
            while True:
                time.sleep(0.01)
                step("on and on")
        finally:
            ended.append(time.monotonic())

    async def check() -> None:
        queue = Admission(service, jobs=1, waiting=1, seconds=0.3)
        with pytest.raises(TimeLimitError):
            await queue.run(endless, uses_model=False)
        await asyncio.sleep(0.2)

    asyncio.run(check())
    assert ended


def test_the_command_ends_gracefully(tmp_path: Path) -> None:
    """What is under way on SIGTERM is answered, if that takes no more than 5 s."""
    slow, slower = (replace(answer(MODEL_ANSWER), delay=delay) for delay in (2, 60))
    with StandIn(slow, slower) as server:
        command = [
            sys.executable, "-m", "summarizer", "serve", "--port", "0", "--model", "big-70b",
            "--base-url", server.base_url,
        ]  # fmt: skip
        environment = {
            **os.environ,
            "SUMMARIZER_DATA_DIR": str(tmp_path),
            "SUMMARIZER_EMBEDDING": "wordllama",
            "SUMMARIZER_CACHE": "false",
        }
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert process.stderr is not None
        line = process.stderr.readline()
        address = line.split()[2].rstrip(",")
        assert address.startswith("http://127.0.0.1:"), line

        async def ask() -> list[httpx.Response]:
            async with httpx.AsyncClient(timeout=60) as client:
                tasks = []
                for path in ("v1/digest", "page/digest"):
                    body = {"source": STORY, "length": 25}
                    tasks.append(asyncio.create_task(client.post(f"{address}{path}", json=body)))
                    while len(server.requests) < len(tasks):
                        await asyncio.sleep(0.05)
                process.send_signal(signal.SIGTERM)
                return await asyncio.gather(*tasks)

        given, cut = asyncio.run(ask())
        process.wait(timeout=5)
        process.stderr.close()

    assert given.status_code == 200
    kind, problem = events(cut)[-1]
    assert (kind, problem["status"]) == ("problem", 503)


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--host", "192.0.2.1"], "clients need a token"), (["--token", "short"], "shorter than 16")],
)
def test_an_open_address_needs_a_token(tmp_path: Path, options: list[str], message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "summarizer", "serve", "--model", "extractive", *options],
        capture_output=True, text=True, check=False,
        env={**os.environ, "SUMMARIZER_DATA_DIR": str(tmp_path)},
    )  # fmt: skip

    assert done.returncode == 2
    assert message in done.stderr
    assert "SUMMARIZER_MCP_TOKEN" not in done.stderr
