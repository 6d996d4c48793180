from __future__ import annotations

import logging
import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from standin import StandIn, answer

from summarizer.errors import ConfigurationError
from summarizer.llm import ChatClient, ChatRequest, response_cache
from summarizer.llm.response_cache import FILE_NAME, ResponseCache, cache_key

OpenFor = Callable[..., ChatClient]
RequestFor = Callable[..., ChatRequest]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ResponseCache]:
    found = ResponseCache(tmp_path)
    yield found
    found.close()


def test_what_was_put_is_got_by_a_later_run(cache: ResponseCache, tmp_path: Path) -> None:
    cache.put("k", "value \u2603")
    cache.close()
    later = ResponseCache(tmp_path)
    assert later.get("k") == "value \u2603"
    assert later.get("other") is None
    later.close()


def test_a_cache_is_for_its_user_alone(cache: ResponseCache, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    cache.put("k", "value")

    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_looking_makes_no_file(cache: ResponseCache, tmp_path: Path) -> None:
    assert cache.get("k") is None
    assert cache.info().entries == 0
    assert cache.clear() == 0
    assert not list(tmp_path.iterdir())


def test_no_folder_is_no_cache() -> None:
    cache = ResponseCache(None)
    cache.put("k", "v")
    assert cache.get("k") is None


def test_clear_drops_everything_and_gives_the_space_back(
    cache: ResponseCache, tmp_path: Path
) -> None:
    for number in range(100):
        cache.put(str(number), "x" * 1000)
    assert cache.info().entries == 100
    assert cache.clear() == 100
    assert cache.info().bytes == 0
    cache.close()
    assert (tmp_path / FILE_NAME).stat().st_size < 50_000


def test_what_was_not_used_for_longest_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_cache, "MAX_BYTES", 1000)
    cache = ResponseCache(tmp_path)
    for name in ("a", "b", "c"):
        cache.put(name, "x" * 300)
    cache.get("a")
    cache._until_check = 0
    cache.put("d", "x" * 300)
    kept = {name for name in "abcd" if cache.get(name)}
    assert kept == {"a", "d"} or kept == {"a", "c", "d"}
    assert cache.info().bytes <= 1000
    cache.close()


def test_another_process_may_empty_the_cache_at_any_moment(
    cache: ResponseCache, tmp_path: Path
) -> None:
    cache.put("a", "x")
    other = sqlite3.connect(tmp_path / FILE_NAME)
    other.execute(
        "CREATE TRIGGER emptied AFTER INSERT ON responses BEGIN DELETE FROM responses; END"
    )
    other.close()
    cache._until_check = 0
    cache.put("b", "x")
    assert cache.info().entries == 0


@pytest.mark.parametrize(
    "damage", [b"this is no database, " * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_corrupt_file_is_set_aside(
    damage: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE_NAME).write_bytes(damage)
    cache = ResponseCache(tmp_path)
    with caplog.at_level(logging.WARNING, logger="summarizer"):
        assert cache.get("k") is None
    cache.put("k", "v")
    assert cache.get("k") == "v"
    assert "corrupt" in caplog.text
    (aside,) = tmp_path.glob("*.corrupt")
    assert aside.read_bytes() == damage
    cache.close()


def test_a_file_that_breaks_later_is_set_aside_too(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path)
    for number in range(200):
        cache.put(str(number), "x" * 1000)
    cache.close()
    file = tmp_path / FILE_NAME
    file.write_bytes(file.read_bytes()[:8192] + b"\xff" * 200_000)
    again = ResponseCache(tmp_path)
    for number in range(200):
        again.get(str(number))
        again.put(str(number), "y")
    assert again.get("7") == "y"
    again.close()


def test_a_table_of_another_program_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = sqlite3.connect(tmp_path / FILE_NAME)
    other.execute("CREATE TABLE responses (name TEXT)")
    other.commit()
    other.close()
    cache = ResponseCache(tmp_path)
    with caplog.at_level(logging.WARNING, logger="summarizer"):
        cache.put("k", "v")
        assert cache.get("k") is None
    assert "not cached" in caplog.text


def test_a_folder_that_is_a_file_costs_only_the_cache(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("in the way")
    cache = ResponseCache(tmp_path / "cache")
    with caplog.at_level(logging.WARNING, logger="summarizer"):
        for _ in range(3):
            cache.put("k", "v")
    assert cache.get("k") is None
    assert caplog.text.count("not cached") == 1


def test_threads_share_a_cache(cache: ResponseCache) -> None:
    def work(number: int) -> None:
        for key in range(50):
            cache.put(f"{number}-{key}", "v")
            assert cache.get(f"{number}-{key}") == "v"

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.info().entries == 400


def _fill(folder: Path, number: int) -> None:
    cache = ResponseCache(folder)
    for key in range(50):
        cache.put(f"{number}-{key}", "v")
    cache.close()


def test_processes_share_a_cache(cache: ResponseCache, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_fill, args=(tmp_path, n)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert cache.info().entries == 150


def test_a_process_that_opens_the_same_new_file_is_waited_for(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE other (name TEXT)")
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO other VALUES ('x')")
    timer = threading.Timer(0.2, other.close)
    timer.start()
    cache = ResponseCache(tmp_path)
    cache.put("k", "v")
    assert cache.get("k") == "v"
    cache.close()
    timer.join()


def test_clearing_a_cache_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ConfigurationError, match="cannot be emptied"):
        ResponseCache(tmp_path).clear()


def test_clearing_takes_what_lies_beside_the_answers(cache: ResponseCache, tmp_path: Path) -> None:
    cache.put("k", "v")
    (tmp_path / "responses.corrupt").write_text("x")
    assert cache.clear() == 1
    assert [path.name for path in tmp_path.glob("*.c*")] == []


def test_what_lies_beside_and_cannot_be_deleted_is_named(tmp_path: Path) -> None:
    (tmp_path / "responses.corrupt").mkdir()
    with pytest.raises(ConfigurationError, match=r"responses\.corrupt"):
        ResponseCache(tmp_path).clear()


def test_a_folder_that_may_not_be_looked_into_costs_only_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", refuse)
    assert ResponseCache(tmp_path).get("k") is None


def test_the_order_of_names_does_not_change_a_key() -> None:
    assert cache_key(a=1, b={"x": 1, "y": 2}) == cache_key(b={"y": 2, "x": 1}, a=1)
    assert cache_key(a=1) != cache_key(a=2)


def test_a_repeated_request_costs_nothing(open_for: OpenFor, request_for: RequestFor) -> None:
    pieces: list[str] = []
    with StandIn(answer("one two three", usage=(9, 0, 3))) as server:
        first = open_for(server, cache=True).complete(request_for())
        again = open_for(server, cache=True).complete(request_for(), on_text=pieces.append)
    assert len(server.requests) == 1
    assert again.text == first.text
    assert pieces == [first.text]
    usage = again.usage
    assert (usage.requests, usage.cached_responses, usage.prompt_tokens) == (0, 1, 0)
    assert (first.usage + usage).prompt_tokens == 9


@pytest.mark.parametrize(
    "change",
    [
        {"text": "other"},
        {"max_tokens": 51},
        {"temperature": 0.5},
        {"seed": 1},
        {"top_logprobs": 1},
        {"json_schema": {"type": "object"}},
    ],
)
def test_whatever_may_change_the_answer_is_in_the_key(
    change: dict[str, object], open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn() as server:
        client = open_for(server, cache=True)
        client.complete(request_for())
        client.complete(request_for(**change))
    assert len(server.requests) == 2


def test_epochs_and_models_have_answers_of_their_own(
    open_for: OpenFor, request_for: RequestFor
) -> None:
    with StandIn() as server:
        client = open_for(server, cache=True)
        client.complete(request_for())
        client.complete(request_for(), epoch=1)
        open_for(server, cache=True, model="other").complete(request_for())
    assert len(server.requests) == 3


def test_no_cache_neither_reads_nor_writes(
    open_for: OpenFor, request_for: RequestFor, tmp_path: Path
) -> None:
    with StandIn() as server:
        for _ in range(2):
            open_for(server, cache=False).complete(request_for())
    assert len(server.requests) == 2
    assert not (tmp_path / "cache").exists()


def test_errors_are_not_kept(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn(answer("", refusal="no"), answer("yes")) as server:
        client = open_for(server, cache=True)
        with pytest.raises(Exception, match="refused"):
            client.complete(request_for())
        assert client.complete(request_for()).text == "yes"


def test_neither_keys_nor_articles_addresses_are_in_the_file(
    open_for: OpenFor, request_for: RequestFor, tmp_path: Path
) -> None:
    with StandIn() as server:
        open_for(server, cache=True, api_key="sk-mine").complete(request_for("the article"))
    files = [f for f in (tmp_path / "cache").iterdir() if f.is_file()]
    content = b"".join(file.read_bytes() for file in files)
    assert b"sk-mine" not in content
    assert b"127.0.0.1" not in content


def test_an_entry_of_another_shape_is_a_miss(open_for: OpenFor, request_for: RequestFor) -> None:
    with StandIn() as server:
        client = open_for(server, cache=True)
        client.complete(request_for())
        client._cache.put(client._key(request_for(), 0), '{"old": "shape"}')
        assert client.complete(request_for()).text == "ok"
    assert len(server.requests) == 2
