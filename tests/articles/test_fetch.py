from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
import zlib
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from growth import assert_linear
from web_server import respond, serve

from summarizer import __version__
from summarizer.articles.fetch import decompressed, fetch
from summarizer.errors import FetchError, SourceError, UnsafeURLError
from summarizer.settings import Settings

PRIVATE = Settings(offline=False, allow_private_urls=True, max_article_bytes=200_000)
PUBLIC = Settings(offline=False)
BODY = b"<html><p>The toll doubles.</p></html>"


def test_a_page_and_what_it_is() -> None:
    with serve(respond(BODY, content_type="text/HTML; Charset=ISO-8859-1")) as url:
        page = fetch(f"{url}/a?b=c#d", settings=PRIVATE)

    assert (page.data, page.media_type, page.charset) == (BODY, "text/html", "ISO-8859-1")


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        ("text/html", None),
        ("text/html; charset=", None),
        ("text/html; charset='koi8-r'", "koi8-r"),
        ("text/html; boundary=x; charset=koi8-r; x=y", "koi8-r"),
    ],
)
def test_the_charset_of_the_header(content_type: str, charset: str | None) -> None:
    with serve(respond(BODY, content_type=content_type)) as url:
        assert fetch(url, settings=PRIVATE).charset == charset


def test_the_request_names_the_program_and_the_host() -> None:
    seen: dict[str, str] = {}

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.update(request.headers.items(), path=request.path)
        respond(BODY)(request)

    with serve(answer) as url:
        fetch(f"{url}/ä b?q=ü", settings=PRIVATE)

    assert seen["User-Agent"] == f"summarizer/{__version__}"
    assert seen["Host"] == url.removeprefix("http://")
    assert seen["Accept-Encoding"] == "gzip"
    assert seen["path"] == "/%C3%A4%20b?q=%C3%BC"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("gzip", gzip.compress(BODY[:9], mtime=0) + gzip.compress(BODY[9:], mtime=0)),
        ("identity", BODY),
    ],
    ids=["gzip", "two members", "identity"],
)
def test_compressed_pages(encoding: str, body: bytes) -> None:
    with serve(respond(body, Content_Encoding=encoding)) as url:
        assert fetch(url, settings=PRIVATE).data == BODY


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(BODY, mtime=0)[:-12],
        gzip.compress(BODY, mtime=0)[:15],
        b"\x1f\x8b no gzip at all",
        b"\xff" * 40,
    ],
    ids=["no trailer", "cut", "no gzip", "noise"],
)
def test_damaged_compression(body: bytes) -> None:
    with (
        serve(respond(body, Content_Encoding="gzip")) as url,
        pytest.raises(FetchError, match="incomplete or damaged"),
    ):
        fetch(url, settings=PRIVATE)


def test_a_bomb_never_unfolds_in_memory() -> None:
    bomb = gzip.compress(bytes(50_000_000), mtime=0)

    tracemalloc.start()
    with pytest.raises(FetchError, match="more than 100,000 bytes"):
        decompressed([bomb], encoding="gzip", max_bytes=100_000, source="a")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000


def test_a_page_in_pieces_of_one_byte() -> None:
    body = b"The council voted for the new plan. " * 50
    data = gzip.compress(body, mtime=0)
    pieces = [data[i : i + 1] for i in range(len(data))]

    assert decompressed(pieces, encoding="GZIP", max_bytes=5000, source="a") == body


def test_padding_after_the_end_is_passed_over() -> None:
    data = gzip.compress(b"text", mtime=0) + bytes(20)

    assert decompressed([data], encoding="gzip", max_bytes=99, source="a") == b"text"


def test_a_line_end_after_deflate_is_passed_over() -> None:
    data = zlib.compress(b"text") + b"\r\n"

    assert decompressed([data], encoding="deflate", max_bytes=99, source="a") == b"text"


def test_many_empty_members_take_no_longer_than_their_size() -> None:
    def unpack(members: int) -> None:
        data = gzip.compress(b"", mtime=0) * members
        assert decompressed([data], encoding="gzip", max_bytes=10_000_000, source="a") == b""

    assert_linear(unpack, 100_000)


@pytest.mark.parametrize("wbits", [zlib.MAX_WBITS, -zlib.MAX_WBITS])
def test_deflate_that_nobody_asked_for(wbits: int) -> None:
    """With the header of zlib, as the standard says, and without it, as many servers send it."""
    packer = zlib.compressobj(wbits=wbits)
    data = packer.compress(BODY * 50) + packer.flush()

    def unpack(data: bytes, limit: int = 5000) -> bytes:
        return decompressed([data], encoding="deflate", max_bytes=limit, source="a")

    assert unpack(data) == BODY * 50
    with pytest.raises(FetchError, match="more than 99 bytes"):
        unpack(data, 99)
    with pytest.raises(FetchError, match="incomplete or damaged"):
        unpack(data[:-8])


def test_other_compression_is_refused() -> None:
    with (
        serve(respond(BODY, Content_Encoding="br")) as url,
        pytest.raises(FetchError, match="compressed with 'br'"),
    ):
        fetch(url, settings=PRIVATE)


def test_a_bomb_is_stopped_early() -> None:
    bomb = gzip.compress(bytes(100_000_000))
    started = time.monotonic()
    with (
        serve(respond(bomb, Content_Encoding="gzip")) as url,
        pytest.raises(FetchError, match="more than 200,000 bytes"),
    ):
        fetch(url, settings=PRIVATE)
    assert time.monotonic() - started < 5


def test_a_page_larger_than_the_limit() -> None:
    with (
        serve(respond(b"a" * 200_001)) as url,
        pytest.raises(FetchError, match="more than 200,000 bytes"),
    ):
        fetch(url, settings=PRIVATE)


def test_a_page_cut_short() -> None:
    with (
        serve(respond(BODY, length=500)) as url,
        pytest.raises(FetchError, match="could not be fetched"),
    ):
        fetch(url, settings=PRIVATE)


@pytest.mark.parametrize(
    ("status", "hint"),
    [(404, "check the address"), (403, "save the page"), (429, "later"), (503, "later"), (204, "")],
)
def test_a_bad_status_is_named_with_the_next_step(status: int, hint: str) -> None:
    with serve(respond(status=status)) as url, pytest.raises(FetchError) as caught:
        fetch(url, settings=PRIVATE)

    assert f"status {status}" in str(caught.value)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("content_type", ["image/png", "application/zip", "video/mp4"])
def test_other_types_are_refused(content_type: str) -> None:
    with (
        serve(respond(BODY, content_type=content_type)) as url,
        pytest.raises(FetchError, match=content_type),
    ):
        fetch(url, settings=PRIVATE)


def _drip(request: BaseHTTPRequestHandler) -> None:
    """A byte now and then: never quiet for long, never done."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
    for _ in range(200):
        request.wfile.write(b"x")
        time.sleep(0.05)


def _drip_body(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 999\r\n\r\n"
    )
    for _ in range(200):
        request.wfile.write(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize("slow", [_drip, _drip_body, lambda _: time.sleep(3)])
def test_the_limit_of_time_is_for_the_whole_page(slow: Any) -> None:
    started = time.monotonic()
    with serve(slow) as url, pytest.raises(FetchError, match="took too long"):
        fetch(url, settings=PRIVATE, max_seconds=0.4)
    assert time.monotonic() - started < 2


def _redirecting(location: str) -> Any:
    def answer(request: BaseHTTPRequestHandler) -> None:
        if request.path == "/end":
            respond(BODY)(request)
        else:
            respond(status=302, Location=location)(request)

    return answer


def test_a_redirect_is_followed() -> None:
    with serve(_redirecting("/end")) as url:
        page = fetch(f"{url}/start", settings=PRIVATE)

    assert (page.url, page.data) == (f"{url}/end", BODY)


def test_redirects_end_somewhere() -> None:
    with (
        serve(_redirecting("/again")) as url,
        pytest.raises(FetchError, match="redirects more than 5 times"),
    ):
        fetch(url, settings=PRIVATE)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://a.example/", "http://a:b@c.example/"]
)
def test_a_redirect_to_what_is_not_allowed(location: str) -> None:
    with serve(_redirecting(location)) as url, pytest.raises(UnsafeURLError):
        fetch(url, settings=PRIVATE)


class _Names:
    """Stands in for the resolver: a name has one address after the other."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    def __call__(self, host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        self.asked.append(name)
        found = self.addresses.get(name.partition(".")[0])
        address = (found.pop(0) if len(found) > 1 else found[0]) if found else name
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


def test_each_redirect_is_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "summarizer.articles.fetch.is_public", lambda address: address == "127.0.0.1"
    )
    with (
        serve(_redirecting("http://169.254.169.254/latest/meta-data")) as url,
        pytest.raises(UnsafeURLError, match=r"169\.254\.169\.254"),
    ):
        fetch(url, settings=PUBLIC)


def test_a_redirect_to_this_machine_is_refused() -> None:
    with serve(respond(BODY)) as url, pytest.raises(UnsafeURLError, match=r"127\.0\.0\.1"):
        fetch(url, settings=PUBLIC)


def test_the_address_that_was_checked_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serve(respond(BODY)) as url:
        port = url.rpartition(":")[2]
        names = _Names(paper=["127.0.0.1", "10.255.255.1"])
        monkeypatch.setattr("socket.getaddrinfo", names)
        page = fetch(f"http://paper.example:{port}/", settings=PRIVATE)

    assert page.data == BODY
    assert names.asked.count("paper.example") == 1


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serve(respond(BODY)) as url:
        assert fetch(url, settings=PRIVATE).data == BODY


def test_a_refused_connection() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(FetchError, match="could not be fetched"):
            fetch(f"http://127.0.0.1:{port}/", settings=PRIVATE)


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1", "http://a b/", "https://x:99999/", "http://\x00/"]
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(SourceError):
        fetch(url, settings=PRIVATE)


def test_errors_do_not_show_secrets() -> None:
    with serve(respond(status=404)) as url, pytest.raises(FetchError) as caught:
        fetch(f"{url}/a?token=hunter2", settings=PRIVATE)
    assert "hunter2" not in str(caught.value)


def test_offline_nothing_is_fetched() -> None:
    with pytest.raises(FetchError, match="downloads are off"):
        fetch("https://news.example/a", settings=Settings(offline=True))
