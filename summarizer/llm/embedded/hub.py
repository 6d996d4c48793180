"""Weights from the publisher's repository on a Hugging Face hub, resumed by HTTP ranges.

The address is ``<hub>/<owner>/<name>/resolve/main/<file>``. HF_ENDPOINT names another hub, as
for the hub's own tools; a mirror needs no trust, because the sha256 is checked.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from summarizer.llm.embedded.models import CatalogModel, Progress, SourceFailure

if TYPE_CHECKING:
    import httpx

_DEFAULT_HUB = "https://huggingface.co"
# A hub behind a firewall must fail fast, because the next source may be reachable.
_CONNECT_SECONDS = 5.0
_READ_SECONDS = 30.0
# Connections lost in a row without one new byte before the hub is given up.
_FRUITLESS_ATTEMPTS = 2


def fetch(model: CatalogModel, part: Path, *, progress: Progress) -> None:
    """Complete ``part`` to the size of the file of ``model``.

    Raises SourceFailure; what was received stays in ``part``.
    """
    import httpx

    hub = (os.environ.get("HF_ENDPOINT") or _DEFAULT_HUB).rstrip("/")
    url = f"{hub}/{model.repo}/resolve/main/{model.file}"
    timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
    fruitless = 0
    try:
        opened = httpx.Client(timeout=timeout, follow_redirects=True)
    except (ImportError, ValueError, OSError) as error:  # a proxy or certificates of no use
        raise SourceFailure(str(error)) from None
    with opened as client:
        while (before := _size(part)) < model.size_bytes:
            try:
                _receive(client, url, model, part, progress=progress)
            except httpx.HTTPError as error:
                fruitless = 0 if _size(part) > before else fruitless + 1
                if fruitless == _FRUITLESS_ATTEMPTS or isinstance(error, httpx.ConnectError):
                    reason = str(error) or type(error).__name__
                    raise SourceFailure(f"{httpx.URL(url).host}: {reason}") from None
            except httpx.InvalidURL as error:
                raise SourceFailure(f"HF_ENDPOINT {hub!r} is not a URL: {error}") from None


def _receive(
    client: httpx.Client, url: str, model: CatalogModel, part: Path, *, progress: Progress
) -> None:
    """Append what one response carries; it ends early when the connection does."""
    start = _size(part)
    # The bytes of the file are wanted, not a compressed form of them.
    headers = {"Range": f"bytes={start}-", "Accept-Encoding": "identity"}
    with client.stream("GET", url, headers=headers) as response:
        _check(response, start=start, size=model.size_bytes)
        with part.open("ab" if response.status_code == 206 else "wb") as file:
            done = file.tell()
            for chunk in response.iter_raw():  # As they come: an interruption loses nothing.
                done += len(chunk)
                if done > model.size_bytes:
                    raise SourceFailure("it sends more bytes than the file has")
                file.write(chunk)
                progress(done, model.size_bytes)
    if done == start and response.status_code == 206:
        raise SourceFailure("it sent an empty answer")


def _check(response: httpx.Response, *, start: int, size: int) -> None:
    """Refuse what is not the wanted range, or not a file of the published size."""
    where = response.url.host
    if response.status_code not in (200, 206):
        raise SourceFailure(f"{where} answered {response.status_code} {response.reason_phrase}")
    if response.status_code == 200:
        # Without a length it may be any page, such as a hotel's; it would replace what is here.
        offered = response.headers.get("content-length", "an unknown number of")
        if offered != str(size):
            raise SourceFailure(f"{where} has a file of {offered} bytes instead of {size}")
        return
    content_range = response.headers.get("content-range", "")
    if re.fullmatch(rf"bytes {start}-\d+/({size}|\*)", content_range) is None:
        raise SourceFailure(f"{where} sent the range {content_range!r}, not {start}- of {size}")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
