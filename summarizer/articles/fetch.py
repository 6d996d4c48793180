"""Fetch a page of the public internet, within limits of address, time and size.

Each connection, also after a redirect, goes to an address that has just been checked: the host's
name is resolved once, here, so it cannot change between the check and the connection (DNS
rebinding), while ``Host`` and the TLS certificate are still those of the name. Proxies and
``.netrc`` are not used, for a proxy would resolve the name again.
"""

from __future__ import annotations

import re
import ssl
import time
from typing import NamedTuple

import httpcore
import httpx

from summarizer import __version__
from summarizer.articles.addresses import check_url, redact
from summarizer.articles.connection import CheckedBackend
from summarizer.articles.inflate import decompressed
from summarizer.errors import FetchError, UnsafeURLError
from summarizer.settings import Settings

MAX_SECONDS = 30.0
_MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_TYPES = {
    "text/html", "application/xhtml+xml", "text/plain", "text/markdown", "application/pdf",
    "application/rss+xml", "application/atom+xml", "application/xml", "text/xml",
    "application/json", "application/feed+json", "application/rtf", "text/rtf", "text/vtt",
    "message/rfc822", "application/epub+zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip
_HEADERS = (
    ("User-Agent", f"summarizer/{__version__}"),
    ("Accept", "text/html,application/xhtml+xml,text/plain;q=0.9,application/pdf;q=0.8"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Connection", "close"),
)
_CHARSET = re.compile(r"""(?:^|;)\s*charset\s*=\s*["']?([\w.:-]{1,40})""", re.I)
_HINTS = {
    401: "the page needs a login: save it from your browser, and pass the file",
    402: "the page must be paid for: save it from your browser, and pass the file",
    403: "the site refuses programs: save the page from your browser, and pass the file",
    404: "check the address",
    410: "the page is gone: try an archive's copy",
    429: "the site asks to slow down: try again later",
    451: "the page is blocked for legal reasons",
}


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
                    scheme=url.raw_scheme,
                    host=url.raw_host,
                    port=url.port,
                    target=url.raw_path,
                ),
                headers=[("Host", url.netloc.decode()), *_HEADERS],
            ) as response,
        ):
            headers = httpx.Headers(response.headers)
            if response.status in _REDIRECTS and "location" in headers:
                return _parse(headers["location"], url)
            _check_status(response.status, shown)
            media_type, charset = _check_type(headers, shown)
            data = b"".join(
                decompressed(
                    response.iter_stream(),
                    encoding=headers.get("content-encoding", ""),
                    max_bytes=max_bytes,
                    source=shown,
                )
            )
            return Page(str(url), data, media_type, charset)
    except httpcore.TimeoutException:
        raise FetchError(
            f"{shown!r} took too long", hint="try again later, or pass a saved page"
        ) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
        raise FetchError(
            f"{shown!r} could not be fetched: {error}", hint=_network_hint(error)
        ) from None


def _network_hint(error: Exception) -> str:
    if "CERTIFICATE" in str(error).upper():
        return "the site's certificate is not valid: check the address"
    return "check the address and the network"


def _check_status(status: int, shown: str) -> None:
    if status != 200:
        hint = _HINTS.get(status) or (
            "the site has a fault: try again later" if status >= 500 else "check the address"
        )
        raise FetchError(f"{shown!r} answered with status {status}", hint=hint)


def _check_type(headers: httpx.Headers, shown: str) -> tuple[str, str | None]:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    if media_type and media_type not in _TYPES:
        raise FetchError(
            f"{shown!r} is {media_type!r}, not a page of text", hint="HTML, text and PDF are read"
        )
    charset = _CHARSET.search(parameters)
    return media_type, charset[1] if charset else None
