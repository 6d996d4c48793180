"""Files at s3://, gs:// and az:// addresses, by fsspec, with the credentials of the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Final, NamedTuple

from summarizer.errors import MissingExtraError, SourceError, require_extra

CLOUD: Final = re.compile(r"(?:s3|gs|gcs|az|abfss?)://\S+", re.IGNORECASE)
_MAGIC: Final = re.compile(r"[*?[]")


class CloudFile(NamedTuple):
    """A file by its address; ``open`` gives it as a stream."""

    name: str
    open: Callable[[], IO[bytes]]


def cloud_files(address: str) -> Iterator[CloudFile]:
    """The files that an address names: itself, those below it, or those that match a pattern.

    Raises:
        MissingExtraError: nothing is installed that reads there.
        SourceError: there is nothing, or it may not be read.
    """
    require_extra("fsspec", what="an address of a cloud", extra="cloud")
    import fsspec  # type: ignore[import-untyped]

    scheme = address.partition("://")[0].lower()
    try:
        system, path = fsspec.core.url_to_fs(address)
    except ImportError:
        raise MissingExtraError(f"an address with {scheme}://", extra="cloud") from None
    name = partial("{}://{}".format, scheme)
    try:
        if _MAGIC.search(path):
            paths = sorted(system.glob(path))
        else:
            paths = sorted(system.find(path)) if system.isdir(path) else [path]
        if not paths or not system.exists(paths[0]):
            raise SourceError(f"there is nothing at {address!r}", hint="check the address")
    except (OSError, ValueError) as error:
        raise SourceError(
            f"{address!r} cannot be read: {str(error)[:200]}",
            hint="check the address, and the credentials in the environment",
        ) from None
    for found in paths:
        yield CloudFile(name(found.lstrip("/")), partial(system.open, found, "rb"))
