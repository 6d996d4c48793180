from __future__ import annotations

import gzip
import tracemalloc

import pytest

from summarizer.articles.fetch import decompressed
from summarizer.errors import FetchError


def test_a_bomb_never_unfolds_in_memory() -> None:
    bomb = gzip.compress(bytes(50_000_000), mtime=0)

    tracemalloc.start()
    with pytest.raises(FetchError, match="more than 1,000 bytes"):
        list(decompressed([bomb], encoding="gzip", max_bytes=1000, source="a"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000


def test_a_page_in_pieces_of_one_byte() -> None:
    body = b"The council voted for the new plan. " * 50
    data = gzip.compress(body, mtime=0)
    pieces = [data[i : i + 1] for i in range(len(data))]

    found = b"".join(decompressed(pieces, encoding="GZIP", max_bytes=5000, source="a"))

    assert found == body


def test_padding_after_the_end_is_passed_over() -> None:
    data = gzip.compress(b"text", mtime=0) + bytes(20)

    assert b"".join(decompressed([data], encoding="gzip", max_bytes=99, source="a")) == b"text"
