"""Fetch a page of the public internet, within limits of address, time and size.

Each connection, also after a redirect, goes to an address that has just been checked: the host's
name is resolved once, here, so it cannot change between the check and the connection (DNS
rebinding), while ``Host`` and the TLS certificate are still those of the name. Proxies and
``.netrc`` are not used, for a proxy would resolve the name again.
"""

from __future__ import annotations

import gzip
import io
import re
import ssl
import time
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import httpcore
import httpx

from summarizer import __version__
from summarizer.articles.addresses import check_url, redact, resolve
from summarizer.articles.tables import any_of, names_in
from summarizer.errors import FetchError, UnsafeURLError
from summarizer.settings import Settings


class CheckedBackend(httpcore.NetworkBackend):
    """Resolves a host itself, refuses addresses that are not public, and connects to the rest.

    ``deadline`` is a time of ``time.monotonic``. A limit for each read alone would let a server
    that sends a byte now and then hold the program for hours.
    """

    def __init__(self, *, allow_private: bool, deadline: float) -> None:
        self._allow_private = allow_private
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 (the deadline is the limit)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers."""
        failure: Exception | None = None
        for address in resolve(host, port, allow_private=self._allow_private):
            try:
                stream = self._sockets.connect_tcp(
                    address, port, left(self._deadline), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure or httpcore.ConnectError("no address")


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every operation ends by the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, left(self._deadline))
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def left(deadline: float) -> float:
    """The seconds until ``deadline``. Raises httpcore.ReadTimeout if there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("the time for this page is over")
    return seconds


def decompressed(chunks: Iterable[bytes], *, encoding: str, max_bytes: int, source: str) -> bytes:
    """The body of a response whose Content-Encoding is ``encoding``.

    gzip is asked for; some servers send deflate unasked. Raises FetchError beyond ``max_bytes``,
    for damaged or incomplete data, and for any other encoding.
    """
    encoding = encoding.strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise FetchError(f"{source!r} is compressed with {encoding!r}", hint="pass a saved page")
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            break
    data = bytes(body)
    if data and encoding not in {"", "identity"} and len(data) <= max_bytes:
        try:
            if encoding == "deflate":
                data = _inflated(data, max_bytes + 1)
            else:
                with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                    data = file.read(max_bytes + 1)
        except (OSError, EOFError, zlib.error):
            raise FetchError(
                f"{source!r} arrived incomplete or damaged", hint="try again"
            ) from None
    if len(data) > max_bytes:
        raise FetchError(
            f"{source!r} has more than {max_bytes:,} bytes",
            hint="set SUMMARIZER_MAX_ARTICLE_BYTES to a larger number",
        )
    return data


def _inflated(data: bytes, limit: int) -> bytes:
    """At most ``limit`` bytes of deflate: the format of zlib, or without its header, as many do."""
    # Two bytes of zlib's header are a multiple of 31 (RFC 1950).
    has_header = data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0
    inflate = zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
    found = inflate.decompress(data, limit)
    if not inflate.eof and len(found) < limit:
        raise EOFError
    return found


MAX_SECONDS = 30.0
_MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_TYPES = re.compile(any_of("http", "types"))
_HEADERS = (
    ("User-Agent", f"summarizer/{__version__}"),
    ("Accept", "text/html,application/xhtml+xml,text/plain;q=0.9,application/pdf;q=0.8"),
    ("Accept-Encoding", "gzip"),
    ("Connection", "close"),
)
_CHECK = "check the address and the network"
_CHARSET = re.compile(r"""(?:^|;)\s*charset\s*=\s*["']?([\w.:-]{1,40})""", re.I)
_HINTS = {int(status): hints[0] for status, hints in names_in("status").items()}


class Page(NamedTuple):
    """What a server delivered, decompressed."""

    url: str
    """The address after all redirects."""
    data: bytes
    media_type: str
    """Lower case, without parameters; empty where the server names none."""
    charset: str | None


def fetch(url: str, *, settings: Settings, max_seconds: float = MAX_SECONDS) -> Page:
    """The page at ``url``.

    Raises UnsafeURLError for an address that is not allowed, FetchError for everything that goes
    wrong on the way: unknown host, refused connection, bad certificate, status 4xx or 5xx, too
    many redirects, another type than text, more than ``settings.max_article_bytes`` after
    decompression, or ``max_seconds`` for all of it.
    """
    if settings.offline:
        raise FetchError(
            f"{redact(url)!r} is not fetched: downloads are off",
            hint="unset SUMMARIZER_OFFLINE, or pass a saved page",
        )
    backend = CheckedBackend(
        allow_private=settings.allow_private_urls, deadline=time.monotonic() + max_seconds
    )
    current = _parse(url)
    for _ in range(_MAX_REDIRECTS + 1):
        check_url(current, allow_private=settings.allow_private_urls)
        answer = _get(current, backend, settings.max_article_bytes)
        if isinstance(answer, Page):
            return answer
        current = answer
    raise FetchError(
        f"{redact(url)!r} redirects more than {_MAX_REDIRECTS} times",
        hint="pass the address that your browser ends at",
    )


def _parse(url: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        parsed = base.join(url) if base is not None else httpx.URL(url)
        # The host is decoded only now, and not every name in it is one: "xn--a".
        _ = parsed.host
        return parsed
    except (httpx.InvalidURL, ValueError) as error:
        # The text of the error may repeat the URL.
        raise UnsafeURLError(
            f"{redact(url)!r} is not a valid URL ({type(error).__name__})",
            hint="https://example.org/article",
        ) from None


def _get(url: httpx.URL, backend: CheckedBackend, max_bytes: int) -> Page | httpx.URL:
    """The page, or the address that the server redirects to."""
    shown = redact(str(url))
    context = httpx.create_ssl_context() if url.scheme == "https" else None
    try:
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend) as pool,
            pool.stream(
                "GET",
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=[("Host", url.netloc.decode()), *_HEADERS],
            ) as response,
        ):
            headers = httpx.Headers(response.headers)
            if response.status in _REDIRECTS and "location" in headers:
                return _parse(headers["location"], url)
            _check_status(response.status, shown)
            media_type, charset = _check_type(headers, shown)
            data = decompressed(
                response.iter_stream(),
                encoding=headers.get("content-encoding", ""),
                max_bytes=max_bytes,
                source=shown,
            )
            return Page(str(url), data, media_type, charset)
    except httpcore.TimeoutException:
        raise FetchError(
            f"{shown!r} took too long", hint="try again later, or pass a saved page"
        ) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
        wrong = "CERTIFICATE" in str(error).upper()
        hint = "the site's certificate is not valid: check the address" if wrong else _CHECK
        raise FetchError(f"{shown!r} could not be fetched: {error}", hint=hint) from None


def _check_status(status: int, shown: str) -> None:
    if status != 200:
        hint = _HINTS.get(status) or (
            "the site has a fault: try again later" if status >= 500 else "check the address"
        )
        raise FetchError(f"{shown!r} answered with status {status}", hint=hint)


def _check_type(headers: httpx.Headers, shown: str) -> tuple[str, str | None]:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    if media_type and not _TYPES.fullmatch(media_type):
        raise FetchError(
            f"{shown!r} is {media_type!r}, not a page of text", hint="HTML, text and PDF are read"
        )
    charset = _CHARSET.search(parameters)
    return media_type, charset[1] if charset else None
