"""Decompression that stops at a limit: a few bytes may stand for gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from summarizer.errors import FetchError

_GZIP = b"\x1f\x8b"
_DETECT = zlib.MAX_WBITS | 32  # gzip or zlib, by its header
_RAW = -zlib.MAX_WBITS


def decompressed(
    chunks: Iterable[bytes], *, encoding: str, max_bytes: int, source: str
) -> Iterator[bytes]:
    """The body of a response whose Content-Encoding is ``encoding``, piece by piece.

    Raises FetchError beyond ``max_bytes`` of output, for damaged or incomplete data, and for
    any other encoding than gzip and deflate.
    """
    encoding = encoding.strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise FetchError(f"{source!r} is compressed with {encoding!r}", hint="pass a saved page")
    inflater = _Inflater() if encoding not in {"", "identity"} else None
    left = max_bytes
    try:
        for chunk in chunks:
            part = inflater.feed(chunk, left + 1) if inflater else chunk
            left -= len(part)
            if left < 0:
                raise FetchError(
                    f"{source!r} has more than {max_bytes:,} bytes",
                    hint="set SUMMARIZER_MAX_ARTICLE_BYTES to a larger number",
                )
            yield part
        damaged = inflater is not None and not inflater.complete
    except zlib.error:
        damaged = True
    if damaged:
        raise FetchError(f"{source!r} arrived incomplete or damaged", hint="try again")


class _Inflater:
    """gzip (also several members), zlib, and the bare deflate that some servers send."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None

    @property
    def complete(self) -> bool:
        """The compressed data has ended where it should, or never began."""
        return self._stream is None or self._stream.eof

    def feed(self, data: bytes, limit: int) -> bytes:
        """At most ``limit`` bytes of what ``data`` stands for."""
        output = b""
        while data and len(output) < limit:
            if self._stream is None:
                self._stream = zlib.decompressobj(_DETECT if _has_header(data) else _RAW)
            elif self._stream.eof:
                if not _GZIP.startswith(data[:2]):
                    break  # padding after the last member
                self._stream = zlib.decompressobj(_DETECT)
            output += self._stream.decompress(data, limit - len(output))
            data = self._stream.unused_data or self._stream.unconsumed_tail
        return output


def _has_header(data: bytes) -> bool:
    """The data starts as gzip or zlib (RFC 1950: method 8, and a multiple of 31)."""
    if _GZIP.startswith(data[:2]):
        return True
    return data[0] & 0x0F == 8 and (len(data) == 1 or int.from_bytes(data[:2]) % 31 == 0)
