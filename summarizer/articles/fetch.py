"""Fetch a page of the public internet, within limits of address, time and size.

An article's URL may come from anybody, and this program may run inside a network with services
that trust their neighbours: so only addresses of the public internet are allowed, and a name is
judged by the addresses it stands for.

Each connection, also after a redirect, goes to an address that has just been checked: the host's
name is resolved once, here, so it cannot change between the check and the connection (DNS
rebinding), while ``Host`` and the TLS certificate are still those of the name. Proxies and
``.netrc`` are not used, for a proxy would resolve the name again.
"""

from __future__ import annotations

import gzip
import io
import re
import socket
import ssl
import time
import zlib
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, NamedTuple

import httpcore
import httpx

from summarizer import __version__
from summarizer.articles.article import redact, too_large
from summarizer.articles.tables import any_of, names_in
from summarizer.errors import FetchError, UnsafeURLError
from summarizer.settings import Settings

# All IPv6 unicast addresses in use (RFC 4291; IANA has handed out nothing else).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
# 6to4 relays anycast; benchmark and documentation ranges that older Pythons call global.
_EXTRA = [ip_network(network) for network in names_in("networks")["not_public"]]


def is_public(address: str) -> bool:
    """The address is one of the public internet, also behind IPv6 forms of an IPv4 address.

    >>> is_public("8.8.8.8"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        nat64 = any(ip in network for network in _NAT64)
        inner = IPv4Address(int(ip) & 0xFFFFFFFF) if nat64 else ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST:
            return False
    return (
        ip.is_global
        and not ip.is_multicast
        and not any(ip in net for net in _EXTRA if net.version == ip.version)
    )


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host, all of which may be connected to.

    Raises UnsafeURLError if one of them may not, FetchError if there are none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(
            f"the host {host!r} is not known: {error}", hint="check the address and the network"
        ) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_private:
        for address in addresses:
            if not is_public(address):
                raise UnsafeURLError(
                    f"the host {host!r} is at {address}, which is not a public address",
                    hint="--allow-private-urls allows it, if you trust the address",
                )
    return addresses


def check_url(url: httpx.URL, *, allow_private: bool, given: str = "") -> None:
    """Raises UnsafeURLError for a URL that must not be fetched, whatever its host.

    ``given`` is how it was written: file:///x is file:/x once it is parsed.
    """
    port = url.port or 443
    # The system takes the rest of a division by 65,536: 65561 would be 25.
    no_port = url.port is not None and not 0 < url.port < 65536
    # Other services below 1024 (mail, shells, file shares) may read a request as orders.
    other_port = not allow_private and port < 1024 and port not in {80, 443}
    for wrong, what, hint in (
        (
            url.scheme not in {"http", "https"},
            "is not an http or https URL",
            "pass a local file by its path, without a scheme",
        ),
        (url.userinfo, "has a user name or password in it", "remove what is before the @"),
        (not url.host, "names no host", "https://example.org/article"),
        (no_port, f"asks for port {url.port}, which does not exist", "check the address"),
        (
            other_port,
            f"asks for port {port}, where no web pages are",
            "--allow-private-urls allows it, if you trust the address",
        ),
    ):
        if wrong:
            raise UnsafeURLError(f"{redact(given or str(url))!r} {what}", hint=hint)


class CheckedBackend(httpcore.SyncBackend):
    """Resolves a host itself, refuses addresses that are not public, and connects to the rest.

    ``deadline`` is a time of ``time.monotonic``. A limit for each read alone would let a server
    that sends a byte now and then hold the program for hours.
    """

    def __init__(self, *, allow_private: bool, deadline: float) -> None:
        self._allow_private = allow_private
        self._deadline = deadline

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
                stream = super().connect_tcp(
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
            if encoding == "deflate" and not data.startswith(b"\x1f\x8b"):
                data = _inflated(data, max_bytes + 1)
            else:
                with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                    data = file.read(max_bytes + 1)
        except (OSError, EOFError, zlib.error):
            raise FetchError(
                f"{source!r} arrived incomplete or damaged", hint="try again"
            ) from None
    if len(data) > max_bytes:
        raise too_large(source, max_bytes, kind=FetchError)
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

    url: str  # the address after all redirects
    data: bytes
    media_type: str  # lower case, without parameters; empty where the server names none
    charset: str | None


def fetch(url: str, *, settings: Settings, max_seconds: float = MAX_SECONDS) -> Page:
    """The page at ``url``.

    Raises UnsafeURLError for an address that is not allowed, FetchError for everything that goes
    wrong on the way: unknown host, refused connection, bad certificate, status 4xx or 5xx, too
    many redirects, another type than text, more than ``settings.max_article_bytes`` after
    decompression, or ``max_seconds`` for all of it.
    """
    current = _parse(url)
    check_url(current, allow_private=settings.allow_private_urls, given=url)
    if settings.offline:
        raise FetchError(
            f"{redact(url)!r} is not fetched: downloads are off",
            hint="unset SUMMARIZER_OFFLINE, or pass a saved page",
        )
    backend = CheckedBackend(
        allow_private=settings.allow_private_urls, deadline=time.monotonic() + max_seconds
    )
    for _ in range(_MAX_REDIRECTS + 1):
        answer = _get(current, backend, settings.max_article_bytes)
        if isinstance(answer, Page):
            return answer
        current = answer
        check_url(current, allow_private=settings.allow_private_urls)
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
            if response.status != 200:
                later = "the site has a fault: try again later"
                hint = later if response.status >= 500 else "check the address"
                raise FetchError(
                    f"{shown!r} answered with status {response.status}",
                    hint=_HINTS.get(response.status, hint),
                )
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


def _check_type(headers: httpx.Headers, shown: str) -> tuple[str, str | None]:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    if media_type and not _TYPES.fullmatch(media_type):
        raise FetchError(
            f"{shown!r} is {media_type!r}, not a page of text", hint="HTML, text and PDF are read"
        )
    charset = _CHARSET.search(parameters)
    return media_type, charset[1] if charset else None
